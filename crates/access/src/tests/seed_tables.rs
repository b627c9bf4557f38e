//! The tables of the two seed documents, in their own words (`golden/seed_tables.csv`), read by a small interpreter that
//! knows nothing of [`crate::table::Reach`] or of the facts: two readings of the same words have to agree.
//!
//! The last column holds what binds a row beyond its cells: `project:ID` (it also needs the job's library project) and
//! `own:ID` (owners keep it when the printer is closed to them), with the id of the rule that says so.

use domain::{Plan, Role};

use super::grid::{Asset, GroupIs, Outcome, PrinterIs, ProjectIs, TeamIs, World, assets, rule};

struct SeedRow {
    id: String,
    actions: Vec<String>,
    cells: [String; 3],
    bounds: Vec<String>,
}

fn fields(line: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => out.push(String::new()),
            other => out.last_mut().unwrap().push(other),
        }
    }
    out
}

fn seed_rows() -> Vec<SeedRow> {
    include_str!("../../golden/seed_tables.csv")
        .lines()
        .skip(1)
        .map(|line| {
            let fields = fields(line);
            let [id, actions, guest, member, admin, bounds] = <[String; 6]>::try_from(fields).unwrap();
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
            SeedRow { id, actions: words(&actions), cells: [guest, member, admin], bounds: words(&bounds) }
        })
        .collect()
}

/// "Has access to", from the three lists of the general explanation (ROL-04 to ROL-09, ROL-13 to ROL-15, LIB-01).
fn printer_access(role: Role, printer: PrinterIs) -> bool {
    match (role, printer) {
        (Role::Admin, _) | (_, PrinterIs::Shared) => true,
        (Role::Member, PrinterIs::Added) => true,
        (Role::Guest, PrinterIs::Added) | (_, PrinterIs::Unshared) => false,
    }
}

fn project_access(role: Role, project: ProjectIs) -> bool {
    match project {
        ProjectIs::Created | ProjectIs::Shared => true,
        ProjectIs::SharedWithOthers => role == Role::Admin,
        ProjectIs::Private => false,
    }
}

fn team_access(role: Role, team: TeamIs) -> bool {
    match (role, team) {
        (Role::Admin, _) | (_, TeamIs::Inside) | (Role::Member, TeamIs::Created) => true,
        (Role::Guest, TeamIs::Created) | (_, TeamIs::Neither) => false,
    }
}

/// A group is seen by whoever may use one of its printers (AMB-07), and by the Member who made it.
fn group_access(role: Role, group: GroupIs) -> bool {
    match (role, group) {
        (Role::Admin, _) | (_, GroupIs::WithShared) | (Role::Member, GroupIs::Created | GroupIs::WithAdded) => true,
        (Role::Guest, GroupIs::Created | GroupIs::WithAdded) | (_, GroupIs::Neither) => false,
    }
}

/// The third question of ROL-02, for the asset itself.
fn access(role: Role, asset: Asset) -> bool {
    match asset {
        Asset::Organization => true,
        Asset::Printer(printer) | Asset::Job { printer, .. } => printer_access(role, printer),
        Asset::Group(group) => group_access(role, group),
        Asset::Project(project) => project_access(role, project),
        Asset::Team(team) => team_access(role, team),
    }
}

/// What a cell says, word by word.
fn says(cell: &str, role: Role, asset: Asset, action: &str) -> bool {
    match (cell, asset) {
        ("No", _) => false,
        // "every Yes is still bounded by ROL-02 point 3" (AMB-06, AMB-08).
        (
            "Yes" | "Only if they have access" | "Yes for all projects" | "Share to a team and the whole organization",
            _,
        ) => access(role, asset),
        ("Only printers that are shared with them", Asset::Printer(printer)) => printer == PrinterIs::Shared,
        ("Printers they added themselves or those that are shared with them", Asset::Printer(printer)) => {
            matches!(printer, PrinterIs::Added | PrinterIs::Shared)
        }
        ("All printers in the organization", Asset::Printer(_)) => true,
        ("Only for own print jobs*", Asset::Job { own, .. }) => own,
        // Notices: the organization's row is the scope "own print jobs", a printer's row is the wider scope.
        ("Only for own print jobs*", asset) => asset == Asset::Organization,
        ("Can choose between own print jobs and print jobs from printers they can access", asset) => {
            asset == Asset::Organization || access(Role::Member, asset)
        }
        ("Can choose between own print jobs and print jobs from all printers in organization", _) => true,
        ("Projects they created themselves and projects that are shared with them.", Asset::Project(project)) => {
            matches!(project, ProjectIs::Created | ProjectIs::Shared)
        }
        ("Projects they created themselves and all projects that are shared with someone", Asset::Project(project)) => {
            matches!(project, ProjectIs::Created | ProjectIs::Shared | ProjectIs::SharedWithOthers)
        }
        ("Only if they created it", Asset::Project(project)) => project == ProjectIs::Created,
        ("Only if they created it, and they have access", Asset::Project(project)) => {
            project == ProjectIs::Created && access(role, asset)
        }
        ("Only if they created it and only share to a team", Asset::Project(project)) => {
            project == ProjectIs::Created && action == "project.share_team"
        }
        // What a person finds there: Members and Admins by printer (AMB-07), Guests their own jobs only (JOB-08).
        ("Each print job on the approval page", Asset::Job { own, printer, .. }) => match role {
            Role::Guest => own,
            Role::Member | Role::Admin => printer_access(role, printer),
        },
        (sentence, _) if sentence.contains(" role") => {
            sentence.contains(&format!("'{}'", role.name())) && access(role, asset)
        }
        (cell, asset) => panic!("the interpreter does not know {cell:?} about {asset:?}"),
    }
}

/// The cell, and what binds beyond it.
fn expected(row: &SeedRow, role: Role, asset: Asset, action: &str) -> bool {
    let cell = match role {
        Role::Guest => &row.cells[0],
        Role::Member => &row.cells[1],
        Role::Admin => &row.cells[2],
    };
    let bound = |name: &str| row.bounds.iter().any(|bound| bound.starts_with(name));
    let mut yes = says(cell, role, asset, action);
    if let Asset::Job { own, project, .. } = asset {
        yes = yes || (own && bound("own:"));
        yes = yes && (!bound("project:") || project.is_none_or(|project| project_access(role, project)));
    }
    yes
}

/// All roles and relations of one row, on each plan that has everything.
fn agrees(id: &str) {
    let rows = seed_rows();
    let row = rows.iter().find(|row| row.id == id).unwrap_or_else(|| panic!("{id} is not in seed_tables.csv"));
    assert!(!row.actions.is_empty());
    for action in &row.actions {
        for role in Role::ALL {
            for asset in assets(action) {
                for plan in [Plan::Professional, Plan::Excellence, Plan::Education] {
                    let world = World { plan, ..World::new(role, asset) };
                    let decided = world.decide(rule(action));
                    assert_eq!(
                        decided == Outcome::Allow,
                        expected(row, role, asset, action),
                        "{id} {action}: {role:?}, {asset:?}, {plan:?}: the table decides {decided:?}, the seed says {:?}",
                        row.cells
                    );
                }
            }
        }
    }
}

macro_rules! seed_tests {
    ($($name:ident = $id:literal;)+) => {
        $(#[test] fn $name() { agrees($id); })+
        const TESTED: &[&str] = &[$($id),+];
    };
}

seed_tests! {
    prn_01_see_printers_and_start_print_jobs = "PRN-01";
    prn_02_members_and_admins_add_and_delete_printers = "PRN-02";
    prn_03_members_and_admins_share_printers = "PRN-03";
    prn_04_members_and_admins_update_firmware = "PRN-04";
    prn_05_only_admins_touch_the_firewall = "PRN-05";
    prn_06_members_and_admins_download_printer_reports = "PRN-06";
    prn_07_members_and_admins_turn_printers_on_and_off = "PRN-07";
    prn_08_members_and_admins_rename_printers = "PRN-08";
    prn_09_members_and_admins_sync_material_profiles = "PRN-09";
    job_01_everyone_sends_print_jobs = "JOB-01";
    job_02_guests_reprint_only_own_print_jobs = "JOB-02";
    job_03_guests_do_not_reroute = "JOB-03";
    job_04_guests_abort_only_own_print_jobs = "JOB-04";
    job_05_guests_do_not_pause_even_own_print_jobs = "JOB-05";
    job_06_guests_do_not_reorder = "JOB-06";
    ntf_01_scope_of_notices = "NTF-01";
    lib_01_admins_see_projects_shared_with_someone = "LIB-01";
    lib_02_everyone_prints_from_projects_they_see = "LIB-02";
    lib_03_everyone_creates_projects = "LIB-03";
    lib_04_guests_delete_only_projects_they_created = "LIB-04";
    lib_05_guests_share_only_projects_they_created = "LIB-05";
    lib_06_guests_share_only_to_a_team = "LIB-06";
    lib_07_guests_upload_only_to_projects_they_created = "LIB-07";
    lib_08_guests_edit_only_projects_they_created = "LIB-08";
    lib_09_only_admins_download_project_reports = "LIB-09";
    org_01_only_admins_invite = "ORG-01";
    org_02_only_admins_remove_people = "ORG-02";
    org_03_only_admins_change_roles = "ORG-03";
    org_04_members_create_and_change_teams_they_can_access = "ORG-04";
    apr_05_only_admins_turn_approval_on = "APR-05";
    apr_12_members_and_admins_approve = "APR-12";
    apr_15_members_and_admins_reject = "APR-15";
    apr_19_copy_to_a_library_project = "APR-19";
}

#[test]
fn rol_19_every_row_of_the_seeds_tables_is_here_and_tested() {
    let numbered =
        |letters: &'static str, n: u32| (1..=n).map(move |number| format!("{letters}-{number:02}")).collect::<Vec<_>>();
    let mut wanted = Vec::new();
    for (letters, n) in [("PRN", 9), ("JOB", 6), ("NTF", 1), ("LIB", 9), ("ORG", 4)] {
        wanted.extend(numbered(letters, n));
    }
    wanted.extend(["APR-05", "APR-12", "APR-15", "APR-19"].map(str::to_owned));
    let rows: Vec<String> = seed_rows().into_iter().map(|row| row.id).collect();
    assert_eq!(rows, wanted);
    assert_eq!(TESTED, wanted);
}

#[test]
fn amb_06_the_interpreter_is_not_blind() {
    // It has to say no where a cell is changed: else agreement would prove nothing.
    let lie = SeedRow {
        id: "PRN-05".to_owned(),
        actions: vec!["printer.firewall".to_owned()],
        cells: ["No", "Yes", "Yes"].map(str::to_owned),
        bounds: Vec::new(),
    };
    let shared = Asset::Printer(PrinterIs::Shared);
    assert!(expected(&lie, Role::Member, shared, "printer.firewall"));
    assert_ne!(World::new(Role::Member, shared).decide(rule("printer.firewall")), Outcome::Allow);
}
