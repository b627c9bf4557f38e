//! What must come out, reckoned from the words of the requirements: the seeds' tables and, in the same words, the rows that
//! are ours (`crates/access/golden/*.csv`). It may not know the code that decides: nothing of `access` is used here.

use std::collections::BTreeMap;

use testkit::{Plan, Role};

const SEEDS: &str = include_str!("../../../access/golden/seed_tables.csv");
const OURS: &str = include_str!("../../../access/golden/other_rows.csv");

/// Plans with Guests, approval and the fleet report (PLN-01, PLN-02, AMB-37). The fourth, Essentials, has none of them.
const FULL_PLANS: [Plan; 3] = [Plan::Professional, Plan::Excellence, Plan::Education];
/// What only those plans have (PLN-01, PLN-02, AMB-37).
const IN_FULL_PLANS: [&str; 3] = ["organization.approval", "organization.give_guest_role", "printer.fleet_report"];
/// What a Guest on a plan without Guests does not do: send, resubmit, reprint, print from a project (AMB-38).
const NOT_WHEN_FROZEN: [&str; 4] = ["job.send", "job.resubmit", "job.reprint", "project.print"];
/// What an organization may forbid with one's own job (AMB-18).
const NOT_OWN_IF_FORBIDDEN: &str = "job.approve";
/// What is still there of a thing in the Trash: the right that brings it back. A removed printer keeps its page (AMB-42).
const IN_THE_TRASH: [&str; 2] = ["project.delete", "team.change"];

/// With whom a thing is shared, seen from one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shares {
    Nobody,
    Organization,
    /// A team that they are in.
    Team,
    OrganizationAndTeam,
    /// A team that they are not in.
    TeamOfOthers,
    /// A team that they were in, and that is in the Trash.
    TeamInTrash,
}

impl Shares {
    fn with_me(self) -> bool {
        matches!(self, Self::Organization | Self::Team | Self::OrganizationAndTeam)
    }
    fn with_someone(self) -> bool {
        self.with_me() || self == Self::TeamOfOthers
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Printer {
    /// They added it.
    pub mine: bool,
    pub shares: Shares,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Project {
    /// They created it.
    pub mine: bool,
    pub shares: Shares,
    pub in_trash: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Team {
    /// They created it.
    pub mine: bool,
    pub inside: bool,
    pub in_trash: bool,
}

/// How a person stands to a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stands {
    Organization,
    Printer(Printer),
    /// A printer group, made by whoever added its only printer.
    Group(Printer),
    Job {
        mine: bool,
        printer: Printer,
        project: Option<Project>,
    },
    Project(Project),
    Team(Team),
    /// It is another organization's, whatever else it is.
    Elsewhere,
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asker {
    /// `None`: not in the organization (any more).
    pub role: Option<Role>,
    pub plan: Plan,
    /// The organization forbids approving one's own job.
    pub own_forbidden: bool,
}

/// What must come of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    Allowed,
    /// As if it did not exist.
    NotFound,
    /// No, and which of the three questions of ROL-02 said so.
    Denied(Question),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    Plan,
    Role,
    Access,
}

impl Question {
    pub fn word(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Role => "role",
            Self::Access => "access",
        }
    }
}

/// One line of the tables.
struct Line {
    guest: String,
    member: String,
    admin: String,
    /// Needs the job's library project, too (APR-20, AMB-09).
    project: bool,
    /// Stays with the owner of a job when its printer is closed to them (AMB-35).
    own: bool,
}

impl Line {
    fn cell(&self, role: Role) -> &str {
        match role {
            Role::Guest => &self.guest,
            Role::Member => &self.member,
            Role::Admin => &self.admin,
        }
    }
}

/// The tables, by action.
pub struct Oracle(BTreeMap<String, Line>);

impl Oracle {
    pub fn read() -> Self {
        let mut lines = BTreeMap::new();
        for line in SEEDS.lines().skip(1).chain(OURS.lines().skip(1)) {
            let [_, actions, guest, member, admin, bounds] = <[String; 6]>::try_from(fields(line)).unwrap();
            for action in actions.split_whitespace() {
                let bound = |word: &str| bounds.split_whitespace().any(|bound| bound.starts_with(word));
                let (guest, member, admin) = (guest.clone(), member.clone(), admin.clone());
                let new = Line { guest, member, admin, project: bound("project:"), own: bound("own:") };
                // LIB-05 and LIB-06 say the same of sharing with a team, in two tables.
                let same = |old: &Line| Role::ALL.into_iter().all(|role| old.cell(role) == new.cell(role));
                assert!(lines.get(action).is_none_or(same), "{action} is told twice, differently");
                lines.insert(action.to_owned(), new);
            }
        }
        Self(lines)
    }

    pub fn actions(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Hidden, plan, role, access: in this order (ROL-02).
    pub fn says(&self, action: &str, asker: Asker, stands: Stands) -> Answer {
        let line = self.0.get(action).unwrap_or_else(|| panic!("no table has the action {action}"));
        let Some(role) = asker.role else { return Answer::NotFound };
        if !seen(role, stands, action) {
            return Answer::NotFound;
        }
        let full = FULL_PLANS.contains(&asker.plan);
        if !full && (IN_FULL_PLANS.contains(&action) || role == Role::Guest && NOT_WHEN_FROZEN.contains(&action)) {
            return Answer::Denied(Question::Plan);
        }
        let cell = line.cell(role);
        if for_another_role(cell, role, action) {
            return Answer::Denied(Question::Role);
        }
        let mut yes = covers(cell, role, stands);
        if let Stands::Job { mine, project, .. } = stands {
            yes = yes || (mine && line.own);
            yes = yes && (!line.project || project.is_none_or(|project| project_access(role, project)));
        }
        if !yes {
            return Answer::Denied(Question::Access);
        }
        let own = matches!(stands, Stands::Job { mine: true, .. });
        if own && asker.own_forbidden && action == NOT_OWN_IF_FORBIDDEN {
            return Answer::Denied(Question::Role);
        }
        Answer::Allowed
    }
}

/// ROL-04, ROL-07, ROL-13.
fn printer_access(role: Role, printer: Printer) -> bool {
    match role {
        Role::Admin => true,
        Role::Member => printer.mine || printer.shares.with_me(),
        Role::Guest => printer.shares.with_me(),
    }
}

/// ROL-04, ROL-08, ROL-14, LIB-01; AMB-08: an Admin's "all" are all that are shared with someone. A job's lock follows the
/// shares also while the project is in the Trash.
fn project_access(role: Role, project: Project) -> bool {
    match role {
        Role::Admin => project.mine || project.shares.with_someone(),
        Role::Member | Role::Guest => project.mine || project.shares.with_me(),
    }
}

/// ROL-04, ROL-09, ROL-15.
fn team_access(role: Role, team: Team) -> bool {
    match role {
        Role::Admin => true,
        Role::Member => team.mine || team.inside,
        Role::Guest => team.inside,
    }
}

/// Whether the thing exists for this person.
fn seen(role: Role, stands: Stands, action: &str) -> bool {
    let there = |in_trash: bool| !in_trash || IN_THE_TRASH.contains(&action);
    match stands {
        Stands::Elsewhere => false,
        Stands::Organization => true,
        Stands::Printer(printer) | Stands::Group(printer) => printer_access(role, printer),
        Stands::Project(project) => there(project.in_trash) && project_access(role, project),
        Stands::Team(team) => there(team.in_trash) && team_access(role, team),
        // Own jobs stay (AMB-35); others' are seen by whoever has the printer (AMB-07), but not by Guests (JOB-08).
        Stands::Job { mine, printer, .. } => mine || (role != Role::Guest && printer_access(role, printer)),
    }
}

/// The cell says no to this role, whatever it is about.
fn for_another_role(cell: &str, role: Role, action: &str) -> bool {
    match cell {
        "No" => true,
        "Only if they created it and only share to a team" => action == "project.share_organization",
        // The wider scope of notices: all print jobs of a printer.
        "Only for own print jobs*" => action == "notify.printer",
        sentence if sentence.contains(" role") => !sentence.contains(&format!("'{}'", role.name())),
        _ => false,
    }
}

/// The cell says yes about this thing.
fn covers(cell: &str, role: Role, stands: Stands) -> bool {
    // "every Yes is still bounded by ROL-02 point 3" (AMB-06, AMB-08).
    let access = match stands {
        Stands::Organization => true,
        Stands::Printer(printer) | Stands::Group(printer) | Stands::Job { printer, .. } => {
            printer_access(role, printer)
        }
        Stands::Project(project) => project_access(role, project),
        Stands::Team(team) => team_access(role, team),
        Stands::Elsewhere => false,
    };
    match (cell, stands) {
        (
            "Yes" | "Only if they have access" | "Yes for all projects" | "Share to a team and the whole organization",
            _,
        ) => access,
        ("All printers in the organization", Stands::Printer(_)) => true,
        ("Only printers that are shared with them", Stands::Printer(printer)) => printer.shares.with_me(),
        ("Printers they added themselves or those that are shared with them", Stands::Printer(printer)) => {
            printer.mine || printer.shares.with_me()
        }
        ("Only for own print jobs*", Stands::Job { mine, .. }) => mine,
        ("Only for own print jobs*", Stands::Organization) => true,
        ("Can choose between own print jobs and print jobs from printers they can access", _) => access,
        ("Can choose between own print jobs and print jobs from all printers in organization", _) => true,
        ("Projects they created themselves and projects that are shared with them.", Stands::Project(project)) => {
            project.mine || project.shares.with_me()
        }
        (
            "Projects they created themselves and all projects that are shared with someone",
            Stands::Project(project),
        ) => project.mine || project.shares.with_someone(),
        ("Only if they created it" | "Only if they created it and only share to a team", Stands::Project(project)) => {
            project.mine
        }
        ("Only if they created it, and they have access", Stands::Project(project)) => project.mine && access,
        // What one finds on that page: one's own, and others' by their printer.
        ("Each print job on the approval page", Stands::Job { mine, .. }) => mine || (role != Role::Guest && access),
        (sentence, _) if sentence.contains(" role") => access,
        (cell, stands) => panic!("no meaning is known for {cell:?} about {stands:?}"),
    }
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
