//! The life of a print job: one of the three files to read first.
//!
//! [`TABLE`] is the whole picture; [`Job::step`] is the only way from one state to the next. It is pure: it takes the
//! job as loaded under its lock and a [`Command`] with everything the guards need, and gives the job as it must be
//! stored. `store::jobs` persists exactly that and nothing else. Protocol and reasons: `docs/dispatch.md`.
//!
//! Two promises rest here. **S1**: [`Job::dispatchable`] is false in every state a person still has to decide about.
//! **S2**: an accepted job only ever reaches an end through a decision, or through evidence from the printer.

mod step;
#[cfg(test)]
mod tests;

pub use step::{Bed, Command, Step};

use crate::{AccountId, JobId, Micros, OrgId, PrinterId, ProjectId, Sha256};
use uuid::Uuid;

/// Where a print job is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Waits for a Member or an Admin (APR-08).
    Held,
    /// Waits for the submitter, who was asked for a new version.
    SentBack,
    /// May be printed; waits for its printer.
    Queued,
    /// A server has taken it and sends the bytes. Nothing was started.
    Claimed,
    /// The start may have been sent. Only evidence leads out of here.
    Intent,
    /// The printer was seen printing exactly this attempt.
    Printing,
    /// No machine can know what happened: a person has to say.
    Attention,
    /// Printed to the end.
    Finished,
    /// The printer stopped it.
    Failed,
    /// A person stopped it while printing.
    Aborted,
    /// A person decided against it (APR-15). Final.
    Rejected,
    /// Its owner took it away before it printed.
    Withdrawn,
}

impl State {
    /// All states.
    pub const ALL: [Self; 12] = [
        Self::Held,
        Self::SentBack,
        Self::Queued,
        Self::Claimed,
        Self::Intent,
        Self::Printing,
        Self::Attention,
        Self::Finished,
        Self::Failed,
        Self::Aborted,
        Self::Rejected,
        Self::Withdrawn,
    ];
    /// The word in the database.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::SentBack => "sent_back",
            Self::Queued => "queued",
            Self::Claimed => "claimed",
            Self::Intent => "intent",
            Self::Printing => "printing",
            Self::Attention => "attention",
            Self::Finished => "finished",
            Self::Failed => "failed",
            Self::Aborted => "aborted",
            Self::Rejected => "rejected",
            Self::Withdrawn => "withdrawn",
        }
    }
    /// Reads [`State::word`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
    /// Nothing leads out of an end.
    #[must_use]
    pub const fn is_end(self) -> bool {
        matches!(self, Self::Finished | Self::Failed | Self::Aborted | Self::Rejected | Self::Withdrawn)
    }
    /// A server works on it: it holds the printer (at most one such job per printer, invariant I8).
    #[must_use]
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Claimed | Self::Intent | Self::Printing)
    }
}

/// How a print ended, by evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// To the end.
    Finished,
    /// Stopped by the printer.
    Failed,
    /// Stopped because a person asked for it.
    Aborted,
}

/// The name of a transition; also the kind of its journal row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Move {
    /// An approver lets it be printed (APR-14).
    Approve,
    /// An approver decides against it (APR-15).
    Reject,
    /// An approver asks for a new version.
    SendBack,
    /// The approver takes the sending back back.
    UndoSendBack,
    /// The submitter sends the new version.
    Resubmit,
    /// An approver takes the approval back.
    TakeBack,
    /// The submitter left the organization: the job needs a decision again (AMB-41).
    HoldFormerPerson,
    /// A backup was restored: what happened to the job since is not known, so it needs a decision again.
    HoldRestored,
    /// The owner, or a Member, takes it away.
    Withdraw,
    /// Another printer becomes the target (JOB-03).
    Reroute,
    /// The server chooses another printer of the job's group.
    Assign,
    /// D1: a server takes it.
    Claim,
    /// The server gives it back; nothing was started.
    Release,
    /// D4: the point of no return.
    Intend,
    /// D6: the printer was seen printing it.
    SeenPrinting,
    /// R3: it certainly did not start.
    NotStarted,
    /// R3: nobody can know.
    CannotKnow,
    /// D7: it ended, by evidence.
    End,
    /// A person says it did not print.
    ResolveNotPrinted,
    /// A person says it printed.
    ResolvePrinted,
    /// A person says it failed.
    ResolveFailed,
}

impl Move {
    /// The word in the journal.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Approve => "job.approved",
            Self::Reject => "job.rejected",
            Self::SendBack => "job.sent_back",
            Self::UndoSendBack => "job.send_back_undone",
            Self::Resubmit => "job.resubmitted",
            Self::TakeBack => "job.taken_back",
            Self::HoldFormerPerson => "job.held_former_person",
            Self::HoldRestored => "job.held_restored",
            Self::Withdraw => "job.withdrawn",
            Self::Reroute => "job.rerouted",
            Self::Assign => "job.assigned",
            Self::Claim => "job.claimed",
            Self::Release => "job.released",
            Self::Intend => "job.starting",
            Self::SeenPrinting => "job.printing",
            Self::NotStarted => "job.not_started",
            Self::CannotKnow => "job.attention",
            Self::End => "job.ended",
            Self::ResolveNotPrinted => "job.resolved_not_printed",
            Self::ResolvePrinted => "job.resolved_printed",
            Self::ResolveFailed => "job.resolved_failed",
        }
    }
}

/// Every transition there is: `(move, from, to)`. The database refuses any other (`job_move`, same rows).
pub const TABLE: &[(Move, State, State)] = {
    use State::{
        Aborted, Attention, Claimed, Failed, Finished, Held, Intent, Printing, Queued, Rejected, SentBack, Withdrawn,
    };
    &[
        (Move::Approve, Held, Queued),
        (Move::Reject, Held, Rejected),
        (Move::Reject, SentBack, Rejected),
        (Move::SendBack, Held, SentBack),
        (Move::UndoSendBack, SentBack, Held),
        (Move::Resubmit, SentBack, Held),
        (Move::TakeBack, Queued, Held),
        (Move::TakeBack, Claimed, Held),
        (Move::HoldFormerPerson, Queued, Held),
        (Move::HoldFormerPerson, Claimed, Held),
        (Move::HoldRestored, Queued, Held),
        (Move::HoldRestored, Claimed, Held),
        (Move::Withdraw, Held, Withdrawn),
        (Move::Withdraw, SentBack, Withdrawn),
        (Move::Withdraw, Queued, Withdrawn),
        (Move::Withdraw, Claimed, Withdrawn),
        (Move::Reroute, Held, Held),
        (Move::Reroute, Queued, Queued),
        (Move::Assign, Held, Held),
        (Move::Assign, Queued, Queued),
        (Move::Claim, Queued, Claimed),
        (Move::Release, Claimed, Queued),
        (Move::Intend, Claimed, Intent),
        (Move::SeenPrinting, Intent, Printing),
        (Move::NotStarted, Intent, Queued),
        (Move::NotStarted, Intent, Aborted),
        (Move::CannotKnow, Intent, Attention),
        (Move::CannotKnow, Printing, Attention),
        (Move::End, Printing, Finished),
        (Move::End, Printing, Failed),
        (Move::End, Printing, Aborted),
        (Move::ResolveNotPrinted, Attention, Queued),
        (Move::ResolveNotPrinted, Attention, Aborted),
        (Move::ResolvePrinted, Attention, Finished),
        (Move::ResolveFailed, Attention, Failed),
    ]
};

/// Why a transition was refused. Nothing has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No such transition from this state.
    #[error("the print job is {}", .0.word())]
    WrongState(State),
    /// The job is not what the person was shown (version or bytes differ).
    #[error("the print job has changed")]
    Changed,
    /// No valid authorization for exactly these bytes, this version and this printer.
    #[error("the print job is not authorized")]
    NotAuthorized,
    /// The undo window is still open.
    #[error("the undo window is still open")]
    UndoWindow,
    /// The printer cannot take a job now.
    #[error("the printer cannot take it: {}", .0.word())]
    Printer(NotReady),
    /// Another server owns the job by now: a worker from an older lease.
    #[error("another server owns the job")]
    NotMine,
}

/// Why a printer cannot take a job: the reason shown on a waiting job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NotReady {
    /// It was removed from the organization.
    Removed,
    /// An Admin or a Member turned it off.
    Disabled,
    /// A finished print may still be on the plate.
    PlateNotClear,
    /// Another job has it.
    Busy,
    /// A backup was restored: nothing starts until an Admin has looked.
    HoldAll,
}

impl NotReady {
    /// The stable code in the API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Removed => "printer_removed",
            Self::Disabled => "printer_disabled",
            Self::PlateNotClear => "plate_not_clear",
            Self::Busy => "printer_busy",
            Self::HoldAll => "hold_all",
        }
    }
}

/// What the guards ask of the printer, as loaded under its lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PrinterFacts {
    /// Which printer this is; must be the job's target.
    pub printer: PrinterId,
    /// Turned on.
    pub enabled: bool,
    /// In the Trash.
    pub removed: bool,
    /// The plate is confirmed clear.
    pub plate_clear: bool,
    /// Another job is active on it.
    pub busy: bool,
    /// The organization is in hold-all (restore) mode, suspended, or dispatch has stopped itself.
    pub hold_all: bool,
}

impl PrinterFacts {
    /// `Ok` if the printer can take a job now, else the first reason why not.
    ///
    /// # Errors
    /// The reason.
    pub const fn ready(&self) -> Result<(), NotReady> {
        if self.removed {
            Err(NotReady::Removed)
        } else if !self.enabled {
            Err(NotReady::Disabled)
        } else if self.hold_all {
            Err(NotReady::HoldAll)
        } else if self.busy {
            Err(NotReady::Busy)
        } else if !self.plate_clear {
            Err(NotReady::PlateNotClear)
        } else {
            Ok(())
        }
    }
}

/// The valid authorization of a job: what exactly may be printed, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Authorization {
    /// Its row.
    pub id: Uuid,
    /// The version it is about.
    pub version: i64,
    /// The bytes it is about.
    pub send_sha: Sha256,
    /// The printer it is about.
    pub printer: PrinterId,
}

/// Which server works on a job. Expiry is an optimisation for take-over, never a safety condition: the token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// The server process.
    pub owner: Option<Uuid>,
    /// Goes up at each claim, take-over and void; a worker with an older token can change nothing.
    pub token: i64,
    /// By the database's clock.
    pub until: Micros,
}

/// No job waits longer for its next try, or for the end of its undo window, than this many seconds.
pub const LONGEST_WAIT_S: i64 = 3600;

/// A print job as its transitions see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Job {
    /// Id.
    pub id: JobId,
    /// Organization.
    pub org: OrgId,
    /// Owner (JOB-07).
    pub submitter: AccountId,
    /// Library project it was printed from.
    pub project: Option<ProjectId>,
    /// The chosen printer.
    pub printer: PrinterId,
    /// 1, then one more for each resubmission.
    pub version: i64,
    /// Bytes received.
    pub upload_sha: Sha256,
    /// Bytes that will be sent: the chosen toolpath.
    pub send_sha: Sha256,
    /// State.
    pub state: State,
    /// Goes up at each transition.
    pub state_version: i64,
    /// The valid authorization, if any.
    pub authorization: Option<Authorization>,
    /// Not before this moment (undo window).
    pub not_before: Micros,
    /// Number of the newest attempt; 0 before the first.
    pub attempt: i64,
    /// Who works on it.
    pub lease: Lease,
    /// A person asked to stop it.
    pub abort_requested: bool,
}

/// Whether the moment before which nothing may start is still to come. One that lies further ahead than anything is ever
/// set to was written before the clock was turned back, and does not count (dispatch.md 2.6).
#[must_use]
pub const fn must_wait(not_before: Micros, now: Micros) -> bool {
    now.0 < not_before.0 && not_before.0 <= now.plus_secs(LONGEST_WAIT_S).0
}

impl Job {
    /// [`must_wait`], of this job.
    #[must_use]
    pub const fn must_wait(&self, now: Micros) -> bool {
        must_wait(self.not_before, now)
    }

    /// The definition of dispatch.md 2.1: a valid authorization whose version, bytes and printer are the job's own.
    #[must_use]
    pub fn dispatchable(&self) -> bool {
        self.authorization.is_some_and(|auth| {
            auth.version == self.version && auth.send_sha == self.send_sha && auth.printer == self.printer
        })
    }
}
