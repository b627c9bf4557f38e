//! What the journal tells, row by row. Pure; knows the rules by heart instead of asking the state machine.

use std::collections::{HashMap, HashSet};

use serde_json::Value;
use uuid::Uuid;

/// What can be wrong: the invariant, and what it means.
pub(super) type Rule = (&'static str, &'static str);

macro_rules! rules {
    ($($name:ident = $invariant:literal, $meaning:literal;)+) => {
        $(pub(super) const $name: Rule = ($invariant, $meaning);)+
        /// All of them: a test breaks each.
        pub(in crate::invariants) const RULES: &[Rule] = &[$($name),+];
    };
}
rules! {
    ROLE_AT_ACCEPTANCE = "I2", "accepted from somebody who did not have that role";
    GATE = "I2", "a print request that should have waited for approval, or should not";
    ACCEPTED_TWICE = "I6", "a job that was accepted twice";
    NEVER_ACCEPTED = "I10", "a transition of a job that was never accepted";
    FROM_ELSEWHERE = "I10", "a transition from a state that the job was not in";
    AFTER_THE_END = "I3", "something happened to a job after its end";
    VERSION_BY_ANOTHER = "I2", "a new version by somebody else";
    ASKED_FOR_CLASS_A = "I7", "a printer that remembers every start, and a person was asked all the same";
    ANSWERED_WITHOUT_RIGHT = "I2", "a question that was answered by somebody who had no right to";
    NEVER_SEEN_PRINTING = "I6", "finished, and it was never seen printing";
    DECIDED_WITHOUT_RIGHT = "I2", "approved or moved by somebody who had no right to";
    ASSIGNED_WITHOUT_RIGHT = "I2", "moved within its group to a printer that its submitter, or who authorized it, might not use";
    ROLE_AT_APPROVAL = "I2", "approved in a role that the person did not have";
    STARTED_UNAUTHORIZED = "I1", "a start without an authorization for these bytes on this printer";
    STARTED_TWICE = "I4", "a start while an earlier one may have printed";
    PLATE_NOT_CLEAR = "I5", "a start while the plate was not clear";
    UNKNOWN_JOB = "I10", "a job that the journal does not know";
    TRANSITION_UNTOLD = "I10", "a transition without a row in the journal";
    MOVED_UNTOLD = "I10", "a job was moved to another printer without a row in the journal";
    BYTES_UNTOLD = "I10", "the bytes of a job were exchanged without a row in the journal";
    AUTHORIZATION_UNTOLD = "I2", "an authorization that nobody gave by the journal";
    PLATE_UNTOLD = "I5", "a plate counts as clear, and nobody said so by the journal";
}

/// A row of the journal.
pub(super) struct Act {
    pub seq: i64,
    pub kind: String,
    pub actor: Option<Uuid>,
    pub job: Option<Uuid>,
    pub printer: Option<Uuid>,
    pub person: Option<Uuid>,
    pub data: Value,
}

impl Act {
    fn text(&self, key: &str) -> &str {
        self.data.get(key).and_then(Value::as_str).unwrap_or_default()
    }
    fn number(&self, key: &str) -> i64 {
        self.data.get(key).and_then(Value::as_i64).unwrap_or_default()
    }
    fn yes(&self, key: &str) -> bool {
        self.data.get(key).and_then(Value::as_bool).unwrap_or(false)
    }
}

/// Printer, person: shared through a team.
pub(super) type Team = (Uuid, Uuid);

#[derive(Default)]
pub(super) struct Printer {
    added_by: Option<Uuid>,
    shared: bool,
    /// Teams that it is shared with, by id; who is in them has no books here.
    teams: HashSet<String>,
    pub clear: bool,
    /// The job whose print made the plate dirty; `None`: a foreign print, or nobody knows.
    dirty_by: Option<Uuid>,
}

impl Printer {
    /// Shared with everybody, or with a team: these books do not know who is in one, and are never too strict.
    fn open(&self) -> bool {
        self.shared || !self.teams.is_empty()
    }
}

#[derive(Default)]
pub(super) struct Job {
    submitter: Option<Uuid>,
    pub state: String,
    pub version: i64,
    pub attempt: i64,
    pub sha: String,
    pub printer: Option<Uuid>,
    /// What may be printed now: bytes and printer.
    pub authorized: Option<(String, Option<Uuid>)>,
    /// Who said so.
    by: Option<Uuid>,
    /// Attempts that may have started and that nothing has shown not to have.
    open: i64,
}

/// The books.
pub(super) struct World {
    teams: HashSet<Team>,
    roles: HashMap<Uuid, String>,
    approval_on: bool,
    pub printers: HashMap<Uuid, Printer>,
    pub jobs: HashMap<Uuid, Job>,
    pub problems: Vec<String>,
}

impl World {
    pub(super) fn new(teams: Vec<Team>) -> Self {
        Self {
            teams: teams.into_iter().collect(),
            roles: HashMap::new(),
            approval_on: false,
            printers: HashMap::new(),
            jobs: HashMap::new(),
            problems: Vec::new(),
        }
    }

    fn wrong(&mut self, (invariant, what): Rule, act: &Act) {
        let about = act.job.or(act.printer).unwrap_or_default();
        self.problems.push(format!("{invariant}: {what}: {about} (row {})", act.seq));
    }

    /// The books and the tables differ.
    pub(super) fn differs(&mut self, (invariant, what): Rule, about: Uuid, how: &str) {
        self.problems.push(format!("{invariant}: {what}: {about}{how}"));
    }

    fn role(&self, person: Option<Uuid>) -> &str {
        person.and_then(|id| self.roles.get(&id)).map_or("nobody", String::as_str)
    }

    /// A Member or an Admin, and the job's printer is open to them.
    fn may_decide(&self, person: Option<Uuid>, printer: Option<Uuid>) -> bool {
        let (Some(person), Some(printer)) = (person, printer) else { return false };
        let known = self.printers.get(&printer);
        match self.role(Some(person)) {
            "admin" => true,
            "member" => {
                known.is_some_and(|known| known.open() || known.added_by == Some(person))
                    || self.teams.contains(&(printer, person))
            }
            _ => false,
        }
    }

    /// The printer is open to them.
    fn may_use(&self, person: Option<Uuid>, printer: Option<Uuid>) -> bool {
        let (Some(who), Some(id)) = (person, printer) else { return false };
        let shared = self.printers.get(&id).is_some_and(Printer::open) || self.teams.contains(&(id, who));
        self.may_decide(person, printer) || (self.role(person) == "guest" && shared)
    }

    /// One row happens.
    pub(super) fn happens(&mut self, act: &Act) {
        match act.kind.as_str() {
            "organization.founded" => {
                self.approval_on = act.yes("approval_on");
                self.people(act, "admin");
            }
            "person.joined" => self.people(act, act.text("role")),
            "person.role_changed" => self.people(act, act.text("to")),
            "person.restored" => self.people(act, act.text("role")),
            "person.removed" | "person.left" => self.people(act, "nobody"),
            "settings.approval_on" => self.approval_on = true,
            "settings.approval_off" => self.approval_on = false,
            kind if kind.starts_with("printer.") => self.printer(act),
            "job.accepted" | "job.reprinted" => self.accepted(act),
            _ if act.job.is_some() && act.data.get("to").is_some() => self.moves(act),
            _ => {}
        }
    }

    fn people(&mut self, act: &Act, role: &str) {
        if let Some(person) = act.person {
            self.roles.insert(person, role.to_owned());
        }
    }

    fn printer(&mut self, act: &Act) {
        let Some(id) = act.printer else { return };
        let printer = self.printers.entry(id).or_default();
        match act.kind.as_str() {
            "printer.added" => {
                let shared = act.yes("shared_with_all");
                *printer = Printer { added_by: act.actor, shared, ..Printer::default() };
            }
            kind @ ("printer.shared" | "printer.unshared") => {
                let shared = kind == "printer.shared";
                // Older rows name nobody: they are about everybody.
                if act.data.get("organization").is_none() || act.yes("organization") {
                    printer.shared = shared;
                }
                let teams = act.data.get("teams").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
                for team in teams.iter().filter_map(Value::as_str) {
                    if shared {
                        printer.teams.insert(team.to_owned());
                    } else {
                        printer.teams.remove(team);
                    }
                }
            }
            "printer.plate_clear" => printer.clear = true,
            "printer.foreign_print" => (printer.clear, printer.dirty_by) = (false, None),
            _ => {}
        }
    }

    fn accepted(&mut self, act: &Act) {
        let Some(id) = act.job else { return };
        let role = act.text("role").to_owned();
        if self.role(act.actor) != role {
            self.wrong(ROLE_AT_ACCEPTANCE, act);
        }
        let held = role == "guest" && self.approval_on;
        if held != act.yes("gate") || (act.text("to") == "held") != held {
            self.wrong(GATE, act);
        }
        let sha = act.text("send_sha").to_owned();
        let job = Job {
            submitter: act.actor,
            state: act.text("to").to_owned(),
            version: act.number("version"),
            attempt: 0,
            printer: act.printer,
            authorized: (!held).then(|| (sha.clone(), act.printer)),
            by: act.actor,
            sha,
            open: 0,
        };
        if self.jobs.insert(id, job).is_some() {
            self.wrong(ACCEPTED_TWICE, act);
        }
    }

    fn moves(&mut self, act: &Act) {
        let Some((id, mut job)) = act.job.and_then(|id| Some((id, self.jobs.remove(&id)?))) else {
            return self.wrong(NEVER_ACCEPTED, act);
        };
        let to = act.text("to").to_owned();
        if job.state != act.text("from") {
            self.wrong(FROM_ELSEWHERE, act);
        }
        if ["finished", "failed", "aborted", "rejected", "withdrawn"].contains(&job.state.as_str()) {
            self.wrong(AFTER_THE_END, act);
        }
        job.version = act.number("version");
        job.attempt = act.number("attempt");
        match act.kind.as_str() {
            "job.approved" | "job.rerouted" => self.authorizes(act, &mut job),
            "job.assigned" => self.assigns(act, &mut job),
            "job.resubmitted" => {
                act.text("send_sha").clone_into(&mut job.sha);
                if act.actor != job.submitter {
                    self.wrong(VERSION_BY_ANOTHER, act);
                }
            }
            "job.starting" => self.starts(act, id, &mut job),
            "job.not_started" => {
                job.open -= 1;
                self.clears(id, act.printer);
            }
            "job.resolved_not_printed" => job.open -= 1,
            "job.attention"
                if act.text("class") == "A" && !["printer_removed", "restored"].contains(&act.text("why")) =>
            {
                self.wrong(ASKED_FOR_CLASS_A, act);
            }
            _ => {}
        }
        if act.kind.starts_with("job.resolved_") {
            if !self.may_decide(act.actor, act.printer) {
                self.wrong(ANSWERED_WITHOUT_RIGHT, act);
            }
            if act.yes("plate_is_clear") {
                self.clears(id, act.printer);
            }
        }
        if to == "finished" && !["printing", "attention"].contains(&job.state.as_str()) {
            self.wrong(NEVER_SEEN_PRINTING, act);
        }
        if ["held", "sent_back"].contains(&to.as_str()) {
            job.authorized = None;
        }
        job.state = to;
        self.jobs.insert(id, job);
    }

    fn authorizes(&mut self, act: &Act, job: &mut Job) {
        // A reroute is decided by somebody who sees the old printer, and has the right to the new one.
        if !self.may_decide(act.actor, job.printer) || !self.may_decide(act.actor, act.printer) {
            self.wrong(DECIDED_WITHOUT_RIGHT, act);
        }
        if act.kind == "job.rerouted" {
            job.printer = act.printer;
            if job.authorized.is_some() {
                job.authorized = Some((job.sha.clone(), act.printer));
                job.by = act.actor;
            }
            return;
        }
        let role = act.text("role").to_owned();
        if self.role(act.actor) != role {
            self.wrong(ROLE_AT_APPROVAL, act);
        }
        job.authorized = Some((act.text("send_sha").to_owned(), act.printer));
        job.by = act.actor;
    }

    /// The server chose another printer of the job's group: only one that the submitter and who authorized the job could use.
    fn assigns(&mut self, act: &Act, job: &mut Job) {
        job.printer = act.printer;
        if job.authorized.is_none() {
            return;
        }
        let by = act.data.get("for").and_then(Value::as_str).and_then(|id| id.parse().ok());
        if by != job.by || !self.may_use(by, act.printer) || !self.may_use(job.submitter, act.printer) {
            self.wrong(ASSIGNED_WITHOUT_RIGHT, act);
        }
        job.authorized = Some((job.sha.clone(), act.printer));
    }

    /// The start intent: from here on a print may be on the plate.
    fn starts(&mut self, act: &Act, id: Uuid, job: &mut Job) {
        if job.authorized.as_ref() != Some(&(act.text("send_sha").to_owned(), act.printer)) {
            self.wrong(STARTED_UNAUTHORIZED, act);
        }
        if job.open > 0 {
            self.wrong(STARTED_TWICE, act);
        }
        job.open += 1;
        let Some(printer) = act.printer else { return };
        let plate = self.printers.entry(printer).or_default();
        let clear = std::mem::replace(&mut plate.clear, false);
        plate.dirty_by = Some(id);
        if !clear {
            self.wrong(PLATE_NOT_CLEAR, act);
        }
    }

    /// The plate is clear again, unless something else was printed on it meanwhile.
    fn clears(&mut self, job: Uuid, printer: Option<Uuid>) {
        if let Some(plate) = printer.and_then(|id| self.printers.get_mut(&id))
            && plate.dirty_by == Some(job)
        {
            plate.clear = true;
        }
    }
}
