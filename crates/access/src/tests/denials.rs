//! A no says which question failed, in a sentence, and who can do something about it (ACC-02).

use std::collections::{BTreeMap, BTreeSet};

use domain::{Plan, Role};

use super::grid::{Asset, OWNER, Outcome, PrinterIs, ProjectIs, World, assets, rule};
use crate::decide::{Denial, Failed, Remedy};
use crate::table::{Condition, Rule, TABLE};

fn every_world(rule: &Rule) -> Vec<World> {
    let mut worlds = Vec::new();
    for asset in assets(rule.key) {
        for role in Role::ALL {
            for plan in Plan::ALL {
                for self_approval_forbidden in [false, true] {
                    worlds.push(World { plan, self_approval_forbidden, ..World::new(role, asset) });
                }
            }
        }
    }
    worlds
}

#[test]
fn acc_02_every_no_has_a_sentence_and_names_who_can() {
    let mut kinds: BTreeMap<String, u32> = BTreeMap::new();
    for rule in TABLE {
        for world in every_world(rule) {
            let outcome = world.decide(rule);
            let Some(denial) = world.denial(rule) else {
                assert!(!matches!(outcome, Outcome::Deny(..)));
                continue;
            };
            let about = format!("{} {world:?}: {denial:?}", rule.key);
            *kinds.entry(outcome.word()).or_default() += 1;
            assert_eq!(denial.action, rule.key);
            assert_eq!(Outcome::Deny(denial.failed, None).word(), outcome.word().split(' ').next().unwrap(), "{about}");
            assert!(denial.why.ends_with('.') && denial.why.len() > 20, "{about}");
            assert!(
                !denial.why.contains("  ") && !denial.why.contains("the plan ;") && !denial.why.contains("{"),
                "{about}"
            );
            assert!(!denial.who_can.is_empty() && denial.who_can.iter().all(|who| !who.is_empty()), "{about}");
            names_the_right_people(rule, world, &denial, &about);
        }
    }
    let kinds: Vec<&str> = kinds.keys().map(String::as_str).collect();
    assert_eq!(
        kinds,
        ["access", "access (printer)", "access (project)", "plan", "plan (Guests frozen)", "role", "role (own job)"]
    );
}

/// Whoever is named by role could really do it, in the same place; and nobody is sent to themselves.
fn names_the_right_people(rule: &Rule, world: World, denial: &Denial, about: &str) {
    let open = |role: Role| {
        let asset = match world.asset {
            Asset::Job { own: true, project, .. } => Asset::Job { own: false, printer: PrinterIs::Shared, project },
            other => other,
        };
        World { role, plan: Plan::Professional, asset, ..world }.decide(rule) != Outcome::Deny(Failed::Role, None)
    };
    // What would help fits what failed.
    match denial.remedy {
        Remedy::Plan(feature) => {
            assert_eq!(denial.failed, Failed::Plan, "{about}");
            assert!(!world.plan.has(feature), "{about}");
        }
        Remedy::ShareProject | Remedy::SharePrinter => assert_eq!(denial.failed, Failed::Access, "{about}"),
        Remedy::Act => assert_ne!(denial.failed, Failed::Plan, "{about}"),
    }
    // A no by plan names whoever answers for the plan, which is not who may do the action.
    if denial.failed != Failed::Plan {
        for (word, role) in [("a Guest", Role::Guest), ("a Member", Role::Member), ("an Admin", Role::Admin)] {
            if denial.who_can.iter().any(|who| who == word) {
                assert!(open(role), "{word} cannot: {about}");
                assert!(role > world.role || denial.failed != Failed::Role, "{about}");
                assert!(denial.why.contains(role.name()), "{about}");
            }
        }
    }
    if matches!(world.asset, Asset::Job { own: true, .. }) {
        assert!(!denial.why.contains(OWNER), "an owner is sent to themselves: {about}");
    }
}

fn denial(key: &str, world: World) -> Denial {
    world.denial(rule(key)).unwrap_or_else(|| panic!("{key} is no denial: {:?}", world.decide(rule(key))))
}

#[test]
fn acc_02_plan() {
    let world = World { plan: Plan::Essentials, ..World::new(Role::Admin, Asset::Organization) };
    let no = denial("organization.approval", world);
    assert_eq!(no.failed.word(), "plan");
    assert_eq!(
        no.why,
        "To turn print job approval on and off, your organization needs the plan Professional, Excellence or Education; it has Essentials. Ask \
         the operator of this server."
    );
    assert_eq!(no.who_can, ["the operator of this server"]);
}

#[test]
fn acc_02_role() {
    let no = denial("printer.firewall", World::new(Role::Member, Asset::Printer(PrinterIs::Added)));
    assert_eq!(no.failed.word(), "role");
    assert_eq!(no.why, "Only an Admin can turn the printer firewall on and off. You are a Member.");
    assert_eq!(no.who_can, ["an Admin"]);
    let own = Asset::Job { own: true, printer: PrinterIs::Shared, project: None };
    let no = denial("job.approve", World::new(Role::Guest, own));
    assert_eq!(no.why, "Only a Member or an Admin can approve print jobs. You are a Guest.");
    assert_eq!(no.who_can, ["a Member", "an Admin"]);
}

#[test]
fn acc_02_access_to_what_is_shared_but_not_own() {
    // A Guest's "only if they created it": the project is shared with them, so the sentence may not say otherwise.
    let no = denial("project.edit", World::new(Role::Guest, Asset::Project(ProjectIs::Shared)));
    assert_eq!(no.failed.word(), "access");
    assert_eq!(no.why, "This is not your own, so you cannot edit library projects. Ask Anna or an Admin.");
    assert_eq!(no.who_can, [OWNER, "an Admin"]);
}

#[test]
fn acc_02_what_only_the_owner_can_do_names_only_the_owner() {
    let theirs = Asset::Job { own: false, printer: PrinterIs::Shared, project: None };
    for role in [Role::Member, Role::Admin] {
        let no = denial("job.resubmit", World::new(role, theirs));
        assert_eq!(no.who_can, [OWNER]);
        assert!(!no.why.contains("Admin"), "{}", no.why);
    }
}

#[test]
fn apr_20_a_locked_job_names_the_submitter() {
    let theirs = Asset::Job { own: false, printer: PrinterIs::Shared, project: Some(ProjectIs::Private) };
    let no = denial("job.approve", World::new(Role::Admin, theirs));
    assert_eq!(no.failed.word(), "access");
    assert!(no.why.contains("comes from a library project that is not shared with you"), "{}", no.why);
    assert!(no.why.contains("Ask Anna to share the project with you"), "{}", no.why);
    assert_eq!(no.who_can, [OWNER]);
}

#[test]
fn apr_20_the_submitter_of_a_job_whose_project_was_lost_is_not_sent_to_themselves() {
    let own = Asset::Job { own: true, printer: PrinterIs::Shared, project: Some(ProjectIs::Private) };
    let no = denial("job.reprint", World::new(Role::Guest, own));
    assert_eq!(no.failed.word(), "access");
    assert_eq!(no.who_can, ["the person who created the project"]);
}

#[test]
fn amb_35_a_closed_printer_is_named_as_the_reason() {
    let own = Asset::Job { own: true, printer: PrinterIs::Unshared, project: None };
    let no = denial("job.pause", World::new(Role::Member, own));
    assert_eq!(no.failed.word(), "access");
    assert!(no.why.contains("on a printer that is not shared with you"), "{}", no.why);
    assert_eq!(no.who_can, ["a Member who can access the printer", "an Admin"]);
}

#[test]
fn amb_18_forbidden_self_approval_names_another_person() {
    let own = Asset::Job { own: true, printer: PrinterIs::Shared, project: None };
    let no = denial("job.approve", World { self_approval_forbidden: true, ..World::new(Role::Admin, own) });
    assert_eq!(no.failed.word(), "role");
    assert_eq!(no.who_can, ["another Member", "another Admin"]);
    assert!(no.why.contains("nobody approves their own print job"), "{}", no.why);
}

#[test]
fn amb_38_a_frozen_guest_reads_why() {
    let world = World { plan: Plan::Essentials, ..World::new(Role::Guest, Asset::Organization) };
    let no = denial("job.send", world);
    assert_eq!(no.failed.word(), "plan");
    assert_eq!(no.who_can, ["an Admin", "the operator of this server"]);
    assert!(no.why.contains("no Guests") && no.why.contains("Professional, Excellence or Education"), "{}", no.why);
}

#[test]
fn every_condition_and_every_failed_word_is_reached() {
    let mut words = BTreeSet::new();
    let mut conditions = Vec::new();
    for rule in TABLE {
        for world in every_world(rule) {
            if let Outcome::Deny(failed, condition) = world.decide(rule) {
                words.insert(failed.word());
                if let Some(condition) = condition
                    && !conditions.contains(&condition)
                {
                    conditions.push(condition);
                }
            }
        }
    }
    assert_eq!(words.into_iter().collect::<Vec<_>>(), ["access", "plan", "role"]);
    for condition in
        [Condition::PrinterOpen, Condition::ProjectOpen, Condition::NotOwnIfForbidden, Condition::NotFrozen]
    {
        assert!(conditions.contains(&condition), "{condition:?} never decides anything");
    }
}
