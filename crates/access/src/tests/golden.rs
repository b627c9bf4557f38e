//! `golden/permissions.txt`: every action, role, relation and plan, for people to read and for changes to show.

use std::fmt::Write as _;
use std::path::Path;

use domain::{Plan, Role};

use super::grid::{Asset, GroupIs, PrinterIs, ProjectIs, TeamIs, World, assets};
use crate::table::{Area, Condition, Rule, TABLE};

const HEAD: &str = "\
Who may do what: every action, for each role, relation to the asset, and plan.
Written by `UPDATE_GOLDEN=1 cargo test -p access`; a test compares it with what is decided. Do not edit.

  allow    yes
  hidden   answered as if it did not exist
  plan     no: the organization's plan lacks it         (Guests frozen): a Guest on a plan without Guests sends nothing
  role     no: the role does not reach it               (own job): this organization forbids approving own print jobs
  access   no: the asset is not theirs nor shared       (project): the job's library project is closed to them
                                                        (printer): an own job, on a printer that is closed to them
A cell without a plan's name holds on every plan. \"any ...\" stands for all values that the action was asked for.

  printer  added: by this person, shared with none of their teams; shared: with them; neither: another's, not shared
  project  own: created by this person, shared with nobody; shared: with them; others': another's, shared with teams
           of other people only; private: another's, shared with nobody
";

/// One line: labels of the relation, then the cells of the three roles.
#[derive(Clone, PartialEq, Eq)]
struct Line {
    labels: Vec<String>,
    cells: [String; 3],
}

fn cells(rule: &Rule, asset: Asset, elsewhere: bool, self_approval_forbidden: bool) -> [String; 3] {
    Role::ALL.map(|role| {
        let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
        for plan in Plan::ALL {
            let word = World { role, plan, asset, elsewhere, self_approval_forbidden }.decide(rule).word();
            match groups.iter_mut().find(|(known, _)| *known == word) {
                Some((_, plans)) => plans.push(plan.name()),
                None => groups.push((word, vec![plan.name()])),
            }
        }
        groups.sort_by_key(|(_, plans)| std::cmp::Reverse(plans.len()));
        let mut parts = groups.into_iter();
        let mut cell = parts.next().map(|(word, _)| word).unwrap_or_default();
        for (word, plans) in parts {
            let _ = write!(cell, "; {}: {word}", plans.join(", "));
        }
        cell
    })
}

/// Merges lines that differ in one label only, innermost label first: "no project" and "own project" and ...
fn merge(lines: &[Line], any: &[&str]) -> Vec<Line> {
    let Some((any_here, any_below)) = any.split_first() else {
        return lines.to_vec();
    };
    let mut groups: Vec<(Vec<String>, Vec<Line>)> = Vec::new();
    let mut firsts: Vec<&String> = Vec::new();
    for line in lines {
        if !firsts.contains(&&line.labels[0]) {
            firsts.push(&line.labels[0]);
        }
    }
    for first in &firsts {
        let below: Vec<Line> = lines
            .iter()
            .filter(|line| line.labels[0] == **first)
            .map(|line| Line { labels: line.labels[1..].to_vec(), cells: line.cells.clone() })
            .collect();
        let below = merge(&below, any_below);
        match groups.iter_mut().find(|(_, known)| *known == below) {
            Some((names, _)) => names.push((*first).clone()),
            None => groups.push((vec![(*first).clone()], below)),
        }
    }
    let all = groups.len() == 1 && firsts.len() > 1;
    groups
        .into_iter()
        .flat_map(|(names, below)| {
            let name = if all { (*any_here).to_owned() } else { names.join(" / ") };
            below.into_iter().map(move |line| Line {
                labels: std::iter::once(name.clone()).chain(line.labels).collect(),
                cells: line.cells,
            })
        })
        .collect()
}

fn printer_label(printer: PrinterIs) -> &'static str {
    match printer {
        PrinterIs::Added => "added",
        PrinterIs::Shared => "shared",
        PrinterIs::Unshared => "neither",
    }
}

fn project_label(project: ProjectIs) -> &'static str {
    match project {
        ProjectIs::Created => "own",
        ProjectIs::Shared => "shared",
        ProjectIs::SharedWithOthers => "others'",
        ProjectIs::Private => "private",
    }
}

fn labels(asset: Asset, forbidden: bool) -> (Vec<String>, &'static [&'static str]) {
    let one = |text: &str| vec![text.to_owned()];
    match asset {
        Asset::Organization => (one("their organization"), &["their organization"]),
        Asset::Printer(printer) => (one(&format!("printer {}", printer_label(printer))), &["any printer"]),
        Asset::Group(group) => {
            let text = match group {
                GroupIs::Created => "group they created",
                GroupIs::WithAdded => "group with a printer added",
                GroupIs::WithShared => "group with a printer shared",
                GroupIs::Neither => "another group",
            };
            (one(text), &["any group"])
        }
        Asset::Project(project) => (one(&format!("project {}", project_label(project))), &["any project"]),
        Asset::Team(team) => {
            let text = match team {
                TeamIs::Created => "team they created",
                TeamIs::Inside => "team they are in",
                TeamIs::Neither => "another team",
            };
            (one(text), &["any team"])
        }
        Asset::Job { own, printer, project } => {
            let owner = match (own, forbidden) {
                (true, false) => "own job",
                (true, true) => "own job, forbidden by the organization",
                (false, _) => "another's job",
            };
            let project = project.map_or_else(|| "no project".to_owned(), |p| format!("project {}", project_label(p)));
            (
                vec![owner.to_owned(), format!("printer {}", printer_label(printer)), project],
                &["any job", "any printer", "any project"],
            )
        }
    }
}

fn text() -> String {
    let mut out = HEAD.to_owned();
    let mut area = None::<Area>;
    for rule in TABLE {
        if area != Some(rule.area) {
            let name = rule.area.name();
            let _ = write!(out, "\n\n{name}\n{}\n", "=".repeat(name.len()));
            area = Some(rule.area);
        }
        let mut lines = Vec::new();
        let mut any: &[&str] = &[];
        let assets = assets(rule.key);
        let forbids = rule.when.contains(&Condition::NotOwnIfForbidden);
        for asset in &assets {
            for forbidden in [false, true] {
                if forbidden && !(forbids && matches!(asset, Asset::Job { own: true, .. })) {
                    continue;
                }
                let (labels, names) = labels(*asset, forbidden);
                any = names;
                lines.push(Line { labels, cells: cells(rule, *asset, false, forbidden) });
            }
        }
        let mut lines = merge(&lines, any);
        let elsewhere: Vec<[String; 3]> = assets.iter().map(|asset| cells(rule, *asset, true, false)).collect();
        assert!(elsewhere.windows(2).all(|pair| pair[0] == pair[1]), "{}: another organization leaks", rule.key);
        lines.push(Line { labels: vec!["of another organization".to_owned()], cells: elsewhere[0].clone() });

        let _ = write!(out, "\n{}  --  {}  [{}]\n", rule.key, rule.title, rule.source);
        let first = lines.iter().map(|line| line.labels.join(", ").chars().count()).max().unwrap_or(0);
        let width =
            |column: usize| lines.iter().map(|line| line.cells[column].chars().count()).max().unwrap_or(0).max(6);
        let (guest, member) = (width(0), width(1));
        let _ = writeln!(out, "  {:first$} | {:guest$} | {:member$} | Admin", "", "Guest", "Member");
        for line in &lines {
            let [g, m, a] = &line.cells;
            let _ = writeln!(out, "  {:first$} | {g:guest$} | {m:member$} | {a}", line.labels.join(", "));
        }
    }
    out
}

#[test]
fn rol_02_the_whole_matrix_is_as_the_golden_file_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/permissions.txt");
    let now = text();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &now).unwrap();
        return;
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    if now == known {
        return;
    }
    let mut hint = String::new();
    let mut heading = "";
    let mut shown = 0;
    let (old, new): (Vec<&str>, Vec<&str>) = (known.lines().collect(), now.lines().collect());
    for index in 0..old.len().max(new.len()) {
        let (was, is) = (old.get(index).copied().unwrap_or(""), new.get(index).copied().unwrap_or(""));
        if is.contains("  --  ") {
            heading = is;
        }
        if was != is && shown < 20 {
            let _ = writeln!(hint, "line {} under {heading}\n  - {was}\n  + {is}", index + 1);
            shown += 1;
        }
    }
    panic!(
        "golden/permissions.txt is not what is decided now.\n{hint}\nIf this is meant: UPDATE_GOLDEN=1 cargo test -p access, \
         then read the difference with git diff before committing it."
    );
}
