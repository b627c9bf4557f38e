//! How the things that are called stand to people, and which questions of the oracle make an operation's answer.

use testkit::{Plan, Role, Uuid, Value};

use crate::operations::Thing;
use crate::oracle::{Answer, Asker, Oracle, Printer, Project, Shares, Stands, Team};

/// With whom a thing is shared.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sharing {
    pub organization: bool,
    /// A team, and who is in it (the same person twice, if nobody else).
    pub team: Option<(Uuid, [Uuid; 2])>,
    /// That team is in the Trash.
    pub team_in_trash: bool,
}

impl Sharing {
    pub const NOBODY: Self = Self { organization: false, team: None, team_in_trash: false };
    pub const ALL: Self = Self { organization: true, ..Self::NOBODY };

    pub fn with(team: (Uuid, [Uuid; 2])) -> Self {
        Self { team: Some(team), ..Self::NOBODY }
    }

    fn seen_by(self, person: Uuid) -> Shares {
        let inside = self.team.is_some_and(|(_, people)| people.contains(&person)) && !self.team_in_trash;
        match (self.organization, self.team) {
            (true, _) if inside => Shares::OrganizationAndTeam,
            (true, _) => Shares::Organization,
            (false, None) => Shares::Nobody,
            (false, Some(_)) if self.team_in_trash => Shares::TeamInTrash,
            (false, Some(_)) if inside => Shares::Team,
            (false, Some(_)) => Shares::TeamOfOthers,
        }
    }
}

/// A printer: who added it, and with whom it is shared.
#[derive(Debug, Clone, Copy)]
pub struct Bench {
    pub id: Uuid,
    pub name: &'static str,
    pub added_by: Uuid,
    pub shares: Sharing,
    pub elsewhere: bool,
}

impl Bench {
    fn seen_by(self, person: Uuid) -> Printer {
        Printer { mine: self.added_by == person, shares: self.shares.seen_by(person) }
    }
}

/// A team: who created it, and who is in it beside the Admin.
#[derive(Debug, Clone, Copy)]
pub struct Crew {
    pub id: Uuid,
    pub created_by: Uuid,
    pub inside: Option<Uuid>,
    pub in_trash: bool,
    pub elsewhere: bool,
}

/// A library project with a file: who created it, and with whom it is shared.
#[derive(Debug, Clone, Copy)]
pub struct Shelf {
    pub id: Uuid,
    pub file: Uuid,
    pub created_by: Uuid,
    pub shares: Sharing,
    pub in_trash: bool,
    pub elsewhere: bool,
}

impl Shelf {
    fn seen_by(self, person: Uuid) -> Project {
        let (mine, shares) = (self.created_by == person, self.shares.seen_by(person));
        Project { mine, shares, in_trash: self.in_trash }
    }
}

/// A thing with what the expectation needs of it.
#[derive(Debug, Clone)]
pub enum Case {
    Plain,
    Id(String),
    /// The same of another organization.
    Foreign(String),
    Printer(Bench),
    /// A printer group, made by whoever added its only printer: it stands to people as that does.
    Group {
        id: Uuid,
        bench: Bench,
    },
    Job {
        job: Value,
        owner: Uuid,
        bench: Bench,
        from: Option<Shelf>,
    },
    /// An upload, or something else that only its owner sees.
    Upload {
        id: Uuid,
        owner: Uuid,
    },
    Project {
        shelf: Shelf,
        job: Option<Uuid>,
    },
    Team {
        crew: Crew,
        admin: Uuid,
    },
}

impl Case {
    /// What stands for `{id}` in the path.
    pub fn id(&self) -> String {
        match self {
            Self::Plain => String::new(),
            Self::Id(id) | Self::Foreign(id) => id.clone(),
            Self::Printer(bench) => bench.id.to_string(),
            Self::Group { id, .. } => id.to_string(),
            Self::Job { job, .. } => job["id"].as_str().unwrap().to_owned(),
            Self::Upload { id, .. } => id.to_string(),
            Self::Team { crew, .. } => crew.id.to_string(),
            Self::Project { shelf, job } => job.unwrap_or(shelf.id).to_string(),
        }
    }

    /// Another organization's.
    pub fn elsewhere(&self) -> bool {
        match self {
            Self::Printer(bench) | Self::Group { bench, .. } | Self::Job { bench, .. } => bench.elsewhere,
            Self::Project { shelf, .. } => shelf.elsewhere,
            Self::Team { crew, .. } => crew.elsewhere,
            Self::Foreign(_) => true,
            Self::Plain | Self::Id(_) | Self::Upload { .. } => false,
        }
    }
}

/// Whoever may see anything of a kind may ask for the list of it: a list is a filter.
const FILTERS: [&str; 5] = ["printer_group.see", "printer.see", "job.see", "project.see", "team.see"];

/// How the thing itself stands to this person.
pub fn stands(case: &Case, person: Uuid) -> Stands {
    if case.elsewhere() {
        return Stands::Elsewhere;
    }
    match case {
        Case::Plain | Case::Id(_) | Case::Foreign(_) | Case::Upload { .. } => Stands::Organization,
        Case::Printer(bench) => Stands::Printer(bench.seen_by(person)),
        Case::Group { bench, .. } => Stands::Group(bench.seen_by(person)),
        Case::Team { crew, .. } => {
            let (mine, inside) = (crew.created_by == person, crew.inside == Some(person));
            Stands::Team(Team { mine, inside, in_trash: crew.in_trash })
        }
        Case::Project { shelf, .. } => Stands::Project(shelf.seen_by(person)),
        Case::Job { owner, bench, from, .. } => {
            let project = from.map(|shelf| shelf.seen_by(person));
            Stands::Job { mine: *owner == person, printer: bench.seen_by(person), project }
        }
    }
}

/// What the oracle says to this operation: all questions that the operation asks, and the first no.
pub fn expected(
    oracle: &Oracle,
    (method, path, action, thing): (&str, &str, &str, Thing),
    case: &Case,
    (person, role, plan): (Uuid, Role, Plan),
) -> Answer {
    let asker = Asker { role: Some(role), plan, own_forbidden: false };
    let here = Stands::Organization;
    let it = stands(case, person);
    // Whoever may not do it to anybody's reads that; whoever may does not find it.
    if let Case::Foreign(_) = case {
        return match oracle.says(action, asker, here) {
            Answer::Allowed => Answer::NotFound,
            no => no,
        };
    }
    let questions = match case {
        Case::Plain if FILTERS.contains(&action) => return Answer::Allowed,
        // The join link makes Guests, so it needs a plan with them.
        Case::Plain if (method, path) == ("PUT", "/join-link") => {
            vec![(action, here), ("organization.give_guest_role", here)]
        }
        // Who comes back comes back with their role, here as a Guest.
        Case::Id(_) if (method, path) == ("POST", "/people/{id}/restore") => {
            vec![(action, here), ("organization.give_guest_role", here)]
        }
        Case::Plain | Case::Id(_) | Case::Foreign(_) => vec![(action, here)],
        Case::Upload { owner, .. } if *owner != person => return Answer::NotFound,
        Case::Upload { .. } => vec![(action, here)],
        Case::Printer(_) => match thing {
            Thing::Request => vec![(action, here), ("printer.see", it)],
            _ => vec![(action, it)],
        },
        Case::Group { .. } => vec![(action, it)],
        Case::Team { crew, .. } => {
            if crew.in_trash && thing != Thing::RemovedTeam {
                return of_the_trash(path, oracle.says("team.change", asker, it), oracle.says(action, asker, it));
            }
            vec![(action, it)]
        }
        Case::Project { shelf, .. } => {
            let project = it;
            if shelf.in_trash && thing == Thing::Project {
                // Whoever may not send at all reads that first: it is the same for any project.
                return match oracle.says("job.send", asker, here) {
                    no if path.ends_with("/print") && no != Answer::Allowed => no,
                    _ => {
                        let back = oracle.says("project.delete", asker, project);
                        of_the_trash(path, back, oracle.says(action, asker, project))
                    }
                };
            }
            match thing {
                // The job is the Guest's, on a printer of all.
                Thing::JobIntoProject => vec![("project.upload", project)],
                _ if path.ends_with("/print") => vec![("job.send", here), (action, project)],
                _ => vec![(action, project)],
            }
        }
        Case::Job { bench, .. } => {
            let printer = if bench.elsewhere { it } else { Stands::Printer(bench.seen_by(person)) };
            match thing {
                Thing::JobsPrinter => vec![("job.see", it), (action, printer)],
                // On a printer that its owner has no more, it has to be another one: 409, and no secret.
                Thing::JobAndPrinter => vec![("job.send", here), (action, it)],
                _ if path.ends_with("/resubmit") => vec![(action, it), ("job.send", here)],
                _ => vec![(action, it)],
            }
        }
    };
    let mut answers = questions.into_iter().map(|(action, stands)| oracle.says(action, asker, stands));
    answers.find(|answer| *answer != Answer::Allowed).unwrap_or(Answer::Allowed)
}

/// Of a thing in the Trash: why one may (not) bring it back is told to whoever is told of it at all; for everything else it is
/// not there, also for whoever may bring it back.
fn of_the_trash(path: &str, back: Answer, asked: Answer) -> Answer {
    match asked {
        _ if path.ends_with("/permissions") && back != Answer::NotFound => Answer::Allowed,
        Answer::Allowed => Answer::NotFound,
        no => no,
    }
}

/// As the calls say it.
pub fn word(answer: Answer) -> String {
    match answer {
        Answer::Allowed => "allowed".to_owned(),
        Answer::NotFound => "not_found".to_owned(),
        Answer::Denied(question) => format!("denied by {}", question.word()),
    }
}
