//! Rules that no single row says: they come from combining rows (docs/requirements.md, CMP and AMB).

use domain::{Plan, Role};

use super::grid::{
    Asset, GROUPS, GroupIs, Outcome, PRINTERS, PROJECTS, PrinterIs, ProjectIs, TeamIs, World, ask, jobs, rule,
};
use crate::decide::Failed;
use crate::table::{Condition, TABLE};

const LOCKED: Outcome = Outcome::Deny(Failed::Access, Some(Condition::ProjectOpen));
const PRINTER_CLOSED: Outcome = Outcome::Deny(Failed::Access, Some(Condition::PrinterOpen));
const BY_ROLE: Outcome = Outcome::Deny(Failed::Role, None);
const BY_PLAN: Outcome = Outcome::Deny(Failed::Plan, None);
const FROZEN: Outcome = Outcome::Deny(Failed::Plan, Some(Condition::NotFrozen));

fn theirs(project: Option<ProjectIs>) -> Asset {
    Asset::Job { own: false, printer: PrinterIs::Shared, project }
}
fn own(project: Option<ProjectIs>) -> Asset {
    Asset::Job { own: true, printer: PrinterIs::Shared, project }
}
fn on_plan(plan: Plan, key: &str, role: Role, asset: Asset) -> Outcome {
    World { plan, ..World::new(role, asset) }.decide(rule(key))
}

#[test]
fn cmp_01_private_project_job_cannot_be_approved_by_anyone() {
    // Others do not see the project, Admins included; its owner, a Guest, has not the role.
    assert_eq!(ask("job.approve", Role::Member, theirs(Some(ProjectIs::Private))), LOCKED);
    assert_eq!(ask("job.approve", Role::Admin, theirs(Some(ProjectIs::Private))), LOCKED);
    assert_eq!(ask("job.approve", Role::Guest, own(Some(ProjectIs::Created))), BY_ROLE);
}

#[test]
fn cmp_02_shared_with_a_team_it_is_open_to_every_admin_and_to_members_of_that_team() {
    assert_eq!(ask("project.share_team", Role::Guest, Asset::Project(ProjectIs::Created)), Outcome::Allow);
    assert_eq!(ask("project.share_organization", Role::Guest, Asset::Project(ProjectIs::Created)), BY_ROLE);
    assert_eq!(ask("job.approve", Role::Admin, theirs(Some(ProjectIs::SharedWithOthers))), Outcome::Allow);
    assert_eq!(ask("job.approve", Role::Member, theirs(Some(ProjectIs::SharedWithOthers))), LOCKED);
    assert_eq!(ask("job.approve", Role::Member, theirs(Some(ProjectIs::Shared))), Outcome::Allow);
}

#[test]
fn cmp_03_a_guest_in_no_team_cannot_share_but_others_can_put_them_in_one() {
    // Sharing with a team also asks whether the team is theirs to see (AMB-12).
    for team in [TeamIs::Created, TeamIs::Neither] {
        assert_eq!(ask("team.see", Role::Guest, Asset::Team(team)), Outcome::Hidden);
    }
    assert_eq!(ask("team.create", Role::Guest, Asset::Organization), BY_ROLE);
    assert_eq!(ask("team.change", Role::Member, Asset::Team(TeamIs::Inside)), Outcome::Allow);
    assert_eq!(ask("team.change", Role::Admin, Asset::Team(TeamIs::Neither)), Outcome::Allow);
    assert_eq!(ask("team.see", Role::Guest, Asset::Team(TeamIs::Inside)), Outcome::Allow);
    // Or the file is sent outside of the project.
    assert_eq!(ask("job.approve", Role::Member, theirs(None)), Outcome::Allow);
}

#[test]
fn cmp_06_a_guest_withdraws_or_aborts_an_own_job_but_does_not_pause_it() {
    for project in [None, Some(ProjectIs::Private)] {
        assert_eq!(ask("job.abort", Role::Guest, own(project)), Outcome::Allow);
        assert_eq!(ask("job.pause", Role::Guest, own(project)), BY_ROLE);
    }
}

#[test]
fn cmp_07_members_approve_but_only_admins_make_approval_effective() {
    assert_eq!(ask("job.approve", Role::Member, theirs(None)), Outcome::Allow);
    assert_eq!(ask("organization.approval", Role::Member, Asset::Organization), BY_ROLE);
    assert_eq!(ask("printer.firewall", Role::Member, Asset::Printer(PrinterIs::Added)), BY_ROLE);
    assert_eq!(ask("organization.approval", Role::Admin, Asset::Organization), Outcome::Allow);
    assert_eq!(ask("printer.firewall", Role::Admin, Asset::Printer(PrinterIs::Unshared)), Outcome::Allow);
}

#[test]
fn cmp_08_a_member_removes_a_printer_that_another_added_if_it_is_shared_with_them() {
    assert_eq!(ask("printer.delete", Role::Member, Asset::Printer(PrinterIs::Shared)), Outcome::Allow);
    assert_eq!(ask("printer.delete", Role::Member, Asset::Printer(PrinterIs::Unshared)), Outcome::Hidden);
}

#[test]
fn cmp_09_members_download_printer_reports_but_no_project_reports() {
    assert_eq!(ask("printer.report", Role::Member, Asset::Printer(PrinterIs::Shared)), Outcome::Allow);
    for project in [ProjectIs::Created, ProjectIs::Shared] {
        assert_eq!(ask("project.report", Role::Member, Asset::Project(project)), BY_ROLE);
        assert_eq!(ask("project.report", Role::Admin, Asset::Project(project)), Outcome::Allow);
    }
}

#[test]
fn cmp_10_an_unshared_printer_takes_start_sight_and_notices_from_guests() {
    assert_eq!(ask("printer.see", Role::Guest, Asset::Printer(PrinterIs::Shared)), Outcome::Allow);
    assert_eq!(ask("printer.see", Role::Guest, Asset::Printer(PrinterIs::Unshared)), Outcome::Hidden);
}

#[test]
fn cmp_11_a_members_right_over_others_jobs_ends_at_printer_access_an_admins_does_not() {
    for rule in TABLE.iter().filter(|rule| rule.key.starts_with("job.") && rule.key != "job.resubmit") {
        if super::grid::assets(rule.key) == jobs() {
            let far = Asset::Job { own: false, printer: PrinterIs::Unshared, project: None };
            assert_eq!(ask(rule.key, Role::Member, far), Outcome::Hidden, "{}", rule.key);
            assert_eq!(ask(rule.key, Role::Admin, far), Outcome::Allow, "{}", rule.key);
        }
    }
}

#[test]
fn amb_07_a_member_sees_by_printer_and_approves_by_printer_and_project() {
    for printer in PRINTERS {
        for project in std::iter::once(None).chain(PROJECTS.into_iter().map(Some)) {
            let job = Asset::Job { own: false, printer, project };
            let sees = printer != PrinterIs::Unshared;
            let open = matches!(project, None | Some(ProjectIs::Created | ProjectIs::Shared));
            let seen = if sees { Outcome::Allow } else { Outcome::Hidden };
            assert_eq!(ask("job.see", Role::Member, job), seen, "{job:?}");
            let approves = match (sees, open) {
                (false, _) => Outcome::Hidden,
                (true, false) => LOCKED,
                (true, true) => Outcome::Allow,
            };
            assert_eq!(ask("job.approve", Role::Member, job), approves, "{job:?}");
        }
    }
}

#[test]
fn amb_08_private_projects_of_others_stay_private_for_admins_too() {
    for key in TABLE.iter().map(|rule| rule.key).filter(|key| key.starts_with("project.") && *key != "project.create") {
        assert_eq!(ask(key, Role::Admin, Asset::Project(ProjectIs::Private)), Outcome::Hidden, "{key}");
        assert_eq!(ask(key, Role::Admin, Asset::Project(ProjectIs::SharedWithOthers)), Outcome::Allow, "{key}");
    }
}

#[test]
fn amb_09_what_reads_the_file_of_a_locked_job_is_locked_and_the_rest_is_not() {
    for role in [Role::Member, Role::Admin] {
        for key in ["job.approve", "job.reprint", "job.copy_to_project", "job.open_file"] {
            assert_eq!(ask(key, role, theirs(Some(ProjectIs::Private))), LOCKED, "{key}");
        }
        for key in ["job.see", "job.reject", "job.send_back", "job.abort", "job.pause"] {
            assert_eq!(ask(key, role, theirs(Some(ProjectIs::Private))), Outcome::Allow, "{key}");
        }
    }
}

#[test]
fn apr_20_a_locked_job_is_seen_and_becomes_decidable_by_sharing_alone() {
    assert_eq!(ask("job.see", Role::Member, theirs(Some(ProjectIs::SharedWithOthers))), Outcome::Allow);
    assert_eq!(ask("job.approve", Role::Member, theirs(Some(ProjectIs::SharedWithOthers))), LOCKED);
    assert_eq!(ask("job.approve", Role::Member, theirs(Some(ProjectIs::Shared))), Outcome::Allow);
}

#[test]
fn apr_12_guest_cannot_approve_own_job() {
    for project in std::iter::once(None).chain(PROJECTS.into_iter().map(Some)) {
        for key in ["job.approve", "job.reject", "job.send_back", "job.take_back"] {
            assert_eq!(ask(key, Role::Guest, own(project)), BY_ROLE, "{key}");
            assert_eq!(ask(key, Role::Guest, theirs(project)), Outcome::Hidden, "{key}");
        }
    }
}

#[test]
fn job_08_a_guest_neither_sees_nor_touches_others_jobs() {
    for rule in TABLE.iter().filter(|rule| super::grid::assets(rule.key) == jobs()) {
        for asset in jobs().into_iter().filter(|asset| matches!(asset, Asset::Job { own: false, .. })) {
            assert_eq!(ask(rule.key, Role::Guest, asset), Outcome::Hidden, "{} {asset:?}", rule.key);
        }
    }
}

#[test]
fn amb_18_the_promoted_guest_may_approve_unless_the_organization_forbids_it() {
    let forbidding =
        |role, asset| World { self_approval_forbidden: true, ..World::new(role, asset) }.decide(rule("job.approve"));
    for role in [Role::Member, Role::Admin] {
        assert_eq!(ask("job.approve", role, own(None)), Outcome::Allow);
        let no = Outcome::Deny(Failed::Role, Some(Condition::NotOwnIfForbidden));
        assert_eq!(forbidding(role, own(None)), no);
        assert_eq!(forbidding(role, theirs(None)), Outcome::Allow);
    }
}

#[test]
fn amb_35_an_own_job_stays_with_its_owner_when_the_printer_is_closed_to_them() {
    let far = Asset::Job { own: true, printer: PrinterIs::Unshared, project: None };
    for role in [Role::Guest, Role::Member] {
        for key in ["job.see", "job.abort", "job.open_file"] {
            assert_eq!(ask(key, role, far), Outcome::Allow, "{key}");
        }
        assert_eq!(ask("notify.own", role, Asset::Organization), Outcome::Allow);
    }
    // Sight and withdrawal, not power over a printer that is not theirs any more.
    for key in
        ["job.approve", "job.take_back", "job.reject", "job.send_back", "job.reroute", "job.pause", "job.resolve"]
    {
        assert_eq!(ask(key, Role::Member, far), PRINTER_CLOSED, "{key}");
        assert_eq!(ask(key, Role::Admin, far), Outcome::Allow, "{key}");
    }
}

#[test]
fn rol_07_rol_13_a_printer_that_a_guest_once_added_is_theirs_only_if_shared() {
    assert_eq!(ask("printer.see", Role::Member, Asset::Printer(PrinterIs::Added)), Outcome::Allow);
    assert_eq!(ask("printer.see", Role::Guest, Asset::Printer(PrinterIs::Added)), Outcome::Hidden);
}

#[test]
fn pln_01_guests_are_made_only_on_plans_with_guests() {
    for (plan, outcome) in [
        (Plan::Essentials, BY_PLAN),
        (Plan::Professional, Outcome::Allow),
        (Plan::Excellence, Outcome::Allow),
        (Plan::Education, Outcome::Allow),
    ] {
        assert_eq!(on_plan(plan, "organization.give_guest_role", Role::Admin, Asset::Organization), outcome);
        // The other roles do not depend on the plan.
        assert_eq!(on_plan(plan, "organization.invite", Role::Admin, Asset::Organization), Outcome::Allow);
        assert_eq!(on_plan(plan, "organization.change_role", Role::Admin, Asset::Organization), Outcome::Allow);
    }
    assert_eq!(ask("organization.give_guest_role", Role::Member, Asset::Organization), BY_ROLE);
}

#[test]
fn pln_02_approval_needs_the_plan_and_then_an_admin() {
    for role in Role::ALL {
        assert_eq!(on_plan(Plan::Essentials, "organization.approval", role, Asset::Organization), BY_PLAN);
        let with_plan = if role == Role::Admin { Outcome::Allow } else { BY_ROLE };
        for plan in [Plan::Professional, Plan::Excellence, Plan::Education] {
            assert_eq!(on_plan(plan, "organization.approval", role, Asset::Organization), with_plan);
        }
    }
}

#[test]
fn amb_37_the_fleet_report_needs_both_plan_and_role() {
    let key = "printer.fleet_report";
    assert_eq!(on_plan(Plan::Essentials, key, Role::Admin, Asset::Organization), BY_PLAN);
    assert_eq!(ask(key, Role::Guest, Asset::Organization), BY_ROLE);
    assert_eq!(ask(key, Role::Member, Asset::Organization), Outcome::Allow);
    // The report of one printer does not.
    let printer = Asset::Printer(PrinterIs::Shared);
    assert_eq!(on_plan(Plan::Essentials, "printer.report", Role::Member, printer), Outcome::Allow);
}

#[test]
fn amb_38_after_a_downgrade_guests_are_frozen_and_held_jobs_stay_decidable() {
    let shared = Asset::Project(ProjectIs::Shared);
    for (key, asset) in [
        ("job.send", Asset::Organization),
        ("job.resubmit", own(None)),
        ("job.reprint", own(None)),
        ("project.print", shared),
    ] {
        assert_eq!(on_plan(Plan::Essentials, key, Role::Guest, asset), FROZEN, "{key}");
        assert_eq!(on_plan(Plan::Essentials, key, Role::Member, asset), Outcome::Allow, "{key}");
        assert_eq!(ask(key, Role::Guest, asset), Outcome::Allow, "{key}");
    }
    // Reading and withdrawing stay.
    for (key, asset) in [
        ("job.see", own(None)),
        ("job.open_file", own(None)),
        ("job.abort", own(None)),
        ("project.see", shared),
        ("printer.see", Asset::Printer(PrinterIs::Shared)),
        ("notify.own", Asset::Organization),
    ] {
        assert_eq!(on_plan(Plan::Essentials, key, Role::Guest, asset), Outcome::Allow, "{key}");
    }
    for role in [Role::Member, Role::Admin] {
        for key in ["job.approve", "job.reject", "job.send_back", "job.take_back"] {
            assert_eq!(on_plan(Plan::Essentials, key, role, theirs(None)), Outcome::Allow, "{key}");
        }
    }
}

#[test]
fn rol_02_asked_in_order_hidden_plan_role_access() {
    // Of another organization: hidden, whatever else would be wrong.
    let mut world = World { plan: Plan::Essentials, ..World::new(Role::Guest, Asset::Organization) };
    world.elsewhere = true;
    assert_eq!(world.decide(rule("organization.approval")), Outcome::Hidden);
    // Plan before role.
    world.elsewhere = false;
    assert_eq!(world.decide(rule("organization.approval")), BY_PLAN);
    // Role before access.
    assert_eq!(ask("job.approve", Role::Guest, own(Some(ProjectIs::Private))), BY_ROLE);
    // Plan before access, also for what a condition says.
    let frozen_and_locked = own(Some(ProjectIs::Private));
    assert_eq!(on_plan(Plan::Essentials, "job.reprint", Role::Guest, frozen_and_locked), FROZEN);
}

#[test]
fn amb_29_take_back_and_reroute_are_for_whoever_could_approve() {
    for asset in jobs() {
        for role in Role::ALL {
            for key in ["job.take_back", "job.reroute"] {
                assert_eq!(ask(key, role, asset), ask("job.approve", role, asset), "{key} {role:?} {asset:?}");
            }
        }
    }
}

#[test]
fn rol_10_rol_17_the_plate_is_cleared_by_whoever_may_change_the_printer() {
    for printer in PRINTERS.map(Asset::Printer) {
        for role in Role::ALL {
            assert_eq!(ask("printer.clear_plate", role, printer), ask("printer.rename", role, printer));
        }
    }
}

#[test]
fn prn_10_the_security_of_printers_is_for_admins() {
    for printer in PRINTERS.map(Asset::Printer) {
        for role in [Role::Guest, Role::Member] {
            let answer = ask("printer.firewall", role, printer);
            assert!(matches!(answer, BY_ROLE | Outcome::Hidden), "{role:?} {printer:?} {answer:?}");
        }
        assert_eq!(ask("printer.firewall", Role::Admin, printer), Outcome::Allow);
    }
}

#[test]
fn amb_01_a_guest_changes_own_projects_and_no_others() {
    for key in ["project.edit", "project.delete", "project.upload", "project.share_team"] {
        assert_eq!(ask(key, Role::Guest, Asset::Project(ProjectIs::Created)), Outcome::Allow, "{key}");
        let no = Outcome::Deny(Failed::Access, None);
        assert_eq!(ask(key, Role::Guest, Asset::Project(ProjectIs::Shared)), no, "{key}");
    }
}

#[test]
fn amb_02_a_guest_administrates_no_printer() {
    for rule in TABLE.iter().filter(|rule| rule.key.starts_with("printer.") && rule.key != "printer.see") {
        for asset in super::grid::assets(rule.key) {
            assert_ne!(ask(rule.key, Role::Guest, asset), Outcome::Allow, "{} {asset:?}", rule.key);
        }
    }
}

#[test]
fn amb_04_a_member_changes_what_is_shared_with_them_and_what_is_their_own() {
    for printer in [PrinterIs::Added, PrinterIs::Shared] {
        assert_eq!(ask("printer.rename", Role::Member, Asset::Printer(printer)), Outcome::Allow);
    }
    assert_eq!(ask("printer.rename", Role::Member, Asset::Printer(PrinterIs::Unshared)), Outcome::Hidden);
    for project in [ProjectIs::Created, ProjectIs::Shared] {
        assert_eq!(ask("project.edit", Role::Member, Asset::Project(project)), Outcome::Allow);
    }
    assert_eq!(ask("project.edit", Role::Member, Asset::Project(ProjectIs::Private)), Outcome::Hidden);
}

#[test]
fn amb_11_who_created_a_team_as_a_member_and_is_a_guest_now_has_it_only_while_in_it() {
    assert_eq!(ask("team.see", Role::Member, Asset::Team(TeamIs::Created)), Outcome::Allow);
    assert_eq!(ask("team.see", Role::Guest, Asset::Team(TeamIs::Created)), Outcome::Hidden);
    assert_eq!(ask("team.see", Role::Guest, Asset::Team(TeamIs::Inside)), Outcome::Allow);
}

#[test]
fn org_04_a_printer_group_is_for_whoever_may_use_one_of_its_printers() {
    for group in GROUPS {
        let asset = Asset::Group(group);
        let member = if group == GroupIs::Neither { Outcome::Hidden } else { Outcome::Allow };
        for key in ["printer_group.see", "printer_group.change"] {
            assert_eq!(ask(key, Role::Member, asset), member, "{key} {group:?}");
            assert_eq!(ask(key, Role::Admin, asset), Outcome::Allow, "{key} {group:?}");
        }
        let seen = group == GroupIs::WithShared;
        assert_eq!(ask("printer_group.see", Role::Guest, asset) == Outcome::Allow, seen, "{group:?}");
        assert_eq!(ask("printer_group.change", Role::Guest, asset), if seen { BY_ROLE } else { Outcome::Hidden });
    }
    assert_eq!(ask("printer_group.create", Role::Guest, Asset::Organization), BY_ROLE);
    assert_eq!(ask("printer_group.create", Role::Member, Asset::Organization), Outcome::Allow);
}
