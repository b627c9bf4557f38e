//! The table and docs/requirements.md name each other correctly.

use std::collections::BTreeSet;

use crate::table::{TABLE, TARGETS};

const REQUIREMENTS: &str = include_str!("../../../../docs/requirements.md");

/// Ids at the start of a table row: `| PRN-01 | ...`.
fn ids() -> Vec<&'static str> {
    REQUIREMENTS
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" |").next())
        .filter(|id| {
            id.split_once('-').is_some_and(|(letters, number)| {
                letters.len() == 3
                    && letters.chars().all(|c| c.is_ascii_uppercase())
                    && number.len() == 2
                    && number.chars().all(|c| c.is_ascii_digit())
            })
        })
        .collect()
}

#[test]
fn all_85_rows_and_what_follows_from_them_are_listed_once() {
    let ids = ids();
    let once: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(once.len(), ids.len(), "an id is listed twice");
    let counted = |letters: &str| ids.iter().filter(|id| id.starts_with(letters)).count();
    let seeds = [
        ("ROL", 20),
        ("PLN", 2),
        ("APR", 21),
        ("PRN", 11),
        ("JOB", 8),
        ("NTF", 1),
        ("LIB", 10),
        ("ORG", 6),
        ("ACC", 6),
    ];
    for (letters, n) in seeds {
        assert_eq!(counted(letters), n, "{letters}");
    }
    assert_eq!(seeds.iter().map(|(_, n)| n).sum::<usize>(), 85);
    assert_eq!(counted("CMP"), 11);
    assert_eq!(counted("AMB"), 50);
}

#[test]
fn every_row_has_a_source_that_exists() {
    let ids: BTreeSet<&str> = ids().into_iter().collect();
    for rule in TABLE {
        assert!(!rule.source.is_empty(), "{} has no source", rule.key);
        for id in rule.source.split(", ") {
            assert!(ids.contains(id), "{}: {id} is not in docs/requirements.md", rule.key);
        }
    }
}

#[test]
fn every_bound_of_the_seed_tables_exists() {
    let ids: BTreeSet<&str> = ids().into_iter().collect();
    for line in include_str!("../../golden/seed_tables.csv").lines().skip(1) {
        let (id, bounds) = (line.split(',').next().unwrap(), line.rsplit(',').next().unwrap());
        assert!(ids.contains(id), "{id}");
        for bound in bounds.split_whitespace() {
            assert!(ids.contains(bound.split_once(':').unwrap().1), "{id}: {bound}");
        }
    }
}

#[test]
fn keys_and_titles_are_unique_and_well_formed() {
    let keys: BTreeSet<&str> = TABLE.iter().map(|rule| rule.key).collect();
    let titles: BTreeSet<&str> = TABLE.iter().map(|rule| rule.title).collect();
    assert_eq!(keys.len(), TABLE.len(), "two rows share a key");
    assert_eq!(titles.len(), TABLE.len(), "two rows share a title");
    for rule in TABLE {
        let (thing, verb) = rule.key.split_once('.').unwrap();
        for word in [thing, verb] {
            assert!(!word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{}", rule.key);
        }
        assert!(rule.title.starts_with(char::is_uppercase) && !rule.title.ends_with('.'), "{}", rule.title);
    }
    assert_eq!(TARGETS.len(), TABLE.len());
}

#[test]
fn no_role_reaches_further_than_a_higher_one() {
    use crate::table::Reach;
    let far = |reach| match reach {
        Reach::No => 0,
        Reach::Own => 1,
        Reach::Accessible => 2,
        Reach::All => 3,
    };
    for rule in TABLE {
        assert!(far(rule.guest) <= far(rule.member) && far(rule.member) <= far(rule.admin), "{}", rule.key);
    }
}
