//! The table, the tests and docs/requirements.md name each other correctly: every rule is proven by a test that has its id in its
//! name or by a row of the table (all of which are asked by `testkit/tests/every_operation`), or it is said why it is not.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

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
    let ours = include_str!("../../golden/other_rows.csv").lines().skip(1);
    for line in include_str!("../../golden/seed_tables.csv").lines().skip(1).chain(ours) {
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

/// Where the list of proofs begins in the document; it is written by this test.
const PROVEN: &str = "## Where each rule is proven\n";

/// The ids in the name of a test: `cmp_04_05_amb_20_...` has CMP-04, CMP-05 and AMB-20.
fn ids_in(name: &str, known: &BTreeSet<&str>) -> Vec<String> {
    let (mut letters, mut found) = ("", Vec::new());
    for word in name.split('_') {
        let id = format!("{}-{word}", letters.to_uppercase());
        if known.iter().any(|id| id[..3] == word.to_uppercase()) {
            letters = word;
        } else if known.contains(id.as_str()) {
            found.push(id);
        } else {
            letters = "";
        }
    }
    found
}

/// Names of functions in tests (and those that `seed_tests!` makes), with the file they are in.
fn tests() -> Vec<(String, String)> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut folders: Vec<PathBuf> = vec![crates.to_path_buf()];
    let mut tests = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let file = path.strip_prefix(crates).unwrap().display().to_string().replace('\\', "/");
                for line in text.lines().map(str::trim_start) {
                    let function = line.split_once("fn ").map(|(_, rest)| rest).filter(|_| !line.starts_with("//"));
                    let made = line.split_once(" = \"").map(|(name, _)| name);
                    if let Some(name) = function.or(made) {
                        let end = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(name.len());
                        tests.push((name[..end].to_owned(), file.clone()));
                    }
                }
            }
        }
    }
    tests
}

/// `| APR-04 | why |` below the heading about what no test proves.
fn reasons() -> BTreeMap<&'static str, &'static str> {
    let (_, rest) = REQUIREMENTS.split_once("## Not proven by a test\n").unwrap();
    let rest = rest.split("\n## ").next().unwrap();
    let rows = rest.lines().filter_map(|line| line.strip_prefix("- ")?.split_once(": "));
    rows.collect()
}

#[test]
fn every_rule_is_proven_or_it_is_said_why_not() {
    let known: BTreeSet<&str> = ids().into_iter().collect();
    let mut where_: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, file) in tests() {
        for id in ids_in(&name, &known) {
            where_.entry(id).or_default().insert(file.clone());
        }
    }
    let mut rows: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for rule in TABLE {
        for id in rule.source.split(", ") {
            rows.entry(id).or_default().push(rule.key);
        }
    }
    let (reasons, mut lines, mut holes) = (reasons(), String::new(), Vec::new());
    for id in ids() {
        let mut proofs: Vec<String> = where_.get(id).into_iter().flatten().cloned().collect();
        proofs.extend(rows.get(id).map(|keys| format!("every_operation: {}", keys.join(", "))));
        match (proofs.is_empty(), reasons.contains_key(id)) {
            (false, false) => writeln!(lines, "- {id}: {}", proofs.join("; ")).unwrap(),
            (true, true) => {}
            (true, false) => holes.push(format!("{id} has no test and no row of the table")),
            (false, true) => holes.push(format!("{id} is proven by {proofs:?}: take its reason away")),
        }
    }
    for id in reasons.keys() {
        assert!(known.contains(id), "{id} is no rule");
    }
    assert!(holes.is_empty(), "{holes:#?}");
    let (before, listed) = REQUIREMENTS.split_once(PROVEN).unwrap();
    let (head, listed) = listed.split_once("\n- ").unwrap_or((listed, ""));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/requirements.md");
        std::fs::write(path, format!("{before}{PROVEN}{}\n\n{lines}", head.trim_end())).unwrap();
        return;
    }
    // What is listed is there. More may have come since: it is listed when the list is written anew.
    let listed = format!("- {listed}");
    let listed: BTreeMap<&str, &str> =
        listed.lines().filter_map(|line| line.strip_prefix("- ")?.split_once(": ")).collect();
    for (id, proofs) in lines.lines().filter_map(|line| line.strip_prefix("- ")?.split_once(": ")) {
        let now: BTreeSet<&str> = proofs.split([';', ',', ':']).map(str::trim).collect();
        let known = listed.get(id).copied().unwrap_or_default();
        let gone: Vec<&str> = known.split([';', ',', ':']).map(str::trim).filter(|word| !now.contains(word)).collect();
        assert!(gone.is_empty(), "docs/requirements.md, {id}: {gone:?}; UPDATE_GOLDEN=1 cargo test -p access");
    }
}

#[test]
fn ids_are_read_from_names() {
    let known: BTreeSet<&str> = ids().into_iter().collect();
    let read = |name: &str| ids_in(name, &known).join(" ");
    assert_eq!(read("apr_16_17_18_cmp_04_a_reprint"), "APR-16 APR-17 APR-18 CMP-04");
    assert_eq!(read("amb_39_two_admins_who_04"), "AMB-39");
    assert_eq!(read("i8_one_active_job_on_a_printer"), "");
    assert_eq!(read("rol_99_none"), "");
}
