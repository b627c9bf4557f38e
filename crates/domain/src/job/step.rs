//! The guards and effects of each transition. Pure; the caller holds the locks and persists the result.

use uuid::Uuid;

use super::{Authorization, Job, Lease, Move, Outcome, PrinterFacts, Refusal, State, TABLE};
use crate::{Micros, PrinterId, Sha256};

/// What is asked of a job, with everything its guards need.
#[derive(Debug, Clone, Copy)]
pub enum Command {
    /// Approve what was shown.
    Approve {
        /// Version on the approver's screen.
        version: i64,
        /// Hash on the approver's screen.
        send_sha: Sha256,
        /// Printer on the approver's screen, if the client said it: a job that was moved meanwhile is not approved unseen.
        printer: Option<PrinterId>,
        /// Id of the authorization row written with it.
        authorization: Uuid,
        /// End of the undo window.
        not_before: Micros,
    },
    /// Reject.
    Reject,
    /// Send back to the submitter.
    SendBack,
    /// The approver takes the sending back back.
    UndoSendBack,
    /// The submitter's next version.
    Resubmit {
        /// Bytes received.
        upload_sha: Sha256,
        /// Bytes that will be sent.
        send_sha: Sha256,
    },
    /// Take the approval back.
    TakeBack,
    /// The submitter left.
    HoldFormerPerson,
    /// A backup was restored.
    HoldRestored,
    /// Take it away.
    Withdraw,
    /// Another printer.
    Reroute {
        /// The new target.
        printer: PrinterId,
        /// Id of the authorization row for it; used only when the job is queued.
        authorization: Uuid,
    },
    /// Another printer of its group. The caller makes sure that it is one, and that whoever authorized the job may use it.
    Assign {
        /// The new target under its lock. While the job is held, only which printer it is counts.
        printer: PrinterFacts,
        /// Id of the authorization row for it; used only when the job is queued.
        authorization: Uuid,
        /// The database's time.
        now: Micros,
    },
    /// D1.
    Claim {
        /// The claiming server.
        owner: Uuid,
        /// End of the lease.
        until: Micros,
        /// The database's time.
        now: Micros,
        /// The printer under its lock.
        printer: PrinterFacts,
    },
    /// Give it back.
    Release {
        /// The worker's token.
        token: i64,
        /// Not again before this moment: a printer that does not answer must not be asked in a tight loop.
        again_at: Micros,
    },
    /// D4.
    Intend {
        /// The worker's token.
        token: i64,
        /// The worker's server.
        owner: Uuid,
        /// Hash of the bytes that were sent to the printer.
        sent_sha: Sha256,
        /// The printer under its lock; `busy` must not count this job.
        printer: PrinterFacts,
    },
    /// D6.
    SeenPrinting {
        /// The worker's token.
        token: i64,
    },
    /// R3: certainly not started.
    NotStarted {
        /// The worker's token.
        token: i64,
        /// Not again before this moment: a printer that refuses every start must not be asked in a tight loop.
        again_at: Micros,
    },
    /// R3: nobody can know.
    CannotKnow {
        /// The worker's token; `None` when an Admin removed the printer, or a backup was restored.
        token: Option<i64>,
    },
    /// D7.
    End {
        /// The worker's token.
        token: i64,
        /// By evidence.
        outcome: Outcome,
    },
    /// A person's answer in *attention*.
    Resolve {
        /// `None`: it did not print. Else how it ended.
        printed: Option<Outcome>,
        /// The person confirms that the plate is clear.
        plate_is_clear: bool,
    },
}

/// What happens to the printer's plate together with a transition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bed {
    /// Nothing.
    Keep,
    /// A print may be on it from now on.
    Dirty,
    /// Clear again.
    Clear,
}

/// A transition that may be stored.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// Which transition.
    pub what: Move,
    /// The job as it must be stored.
    pub job: Job,
    /// The plate.
    pub bed: Bed,
}

impl Command {
    /// The transition that this command asks for.
    #[must_use]
    pub const fn what(&self) -> Move {
        match self {
            Self::Approve { .. } => Move::Approve,
            Self::Reject => Move::Reject,
            Self::SendBack => Move::SendBack,
            Self::UndoSendBack => Move::UndoSendBack,
            Self::Resubmit { .. } => Move::Resubmit,
            Self::TakeBack => Move::TakeBack,
            Self::HoldFormerPerson => Move::HoldFormerPerson,
            Self::HoldRestored => Move::HoldRestored,
            Self::Withdraw => Move::Withdraw,
            Self::Reroute { .. } => Move::Reroute,
            Self::Assign { .. } => Move::Assign,
            Self::Claim { .. } => Move::Claim,
            Self::Release { .. } => Move::Release,
            Self::Intend { .. } => Move::Intend,
            Self::SeenPrinting { .. } => Move::SeenPrinting,
            Self::NotStarted { .. } => Move::NotStarted,
            Self::CannotKnow { .. } => Move::CannotKnow,
            Self::End { .. } => Move::End,
            Self::Resolve { printed: None, .. } => Move::ResolveNotPrinted,
            Self::Resolve { printed: Some(Outcome::Finished), .. } => Move::ResolvePrinted,
            Self::Resolve { .. } => Move::ResolveFailed,
        }
    }
}

impl Job {
    /// The only way from one state to the next.
    ///
    /// # Errors
    /// [`Refusal`]; then nothing may be stored.
    pub fn step(&self, command: Command) -> Result<Step, Refusal> {
        let what = command.what();
        let to = self.next(what, command)?;
        let mut job = Self { state: to, state_version: self.state_version + 1, ..*self };
        let mut bed = Bed::Keep;
        match command {
            Command::Approve { version, send_sha, printer, authorization, not_before } => {
                let moved = printer.is_some_and(|shown| shown != self.printer);
                if version != self.version || send_sha != self.send_sha || moved {
                    return Err(Refusal::Changed);
                }
                job.authorization = Some(job.authorize(authorization));
                job.not_before = not_before;
            }
            Command::Resubmit { upload_sha, send_sha } => {
                job.version += 1;
                job.upload_sha = upload_sha;
                job.send_sha = send_sha;
            }
            Command::Reroute { printer, authorization } => {
                job.printer = printer;
                if self.state == State::Queued {
                    if !self.dispatchable() {
                        return Err(Refusal::NotAuthorized);
                    }
                    job.authorization = Some(job.authorize(authorization));
                }
            }
            Command::Assign { printer, authorization, now } => {
                job.printer = printer.printer;
                if self.state == State::Queued {
                    if !self.dispatchable() {
                        return Err(Refusal::NotAuthorized);
                    }
                    printer.ready().map_err(Refusal::Printer)?;
                    if self.must_wait(now) {
                        return Err(Refusal::UndoWindow);
                    }
                    job.authorization = Some(job.authorize(authorization));
                }
            }
            Command::Claim { owner, until, now, printer } => {
                self.may_go_to(&printer)?;
                if self.must_wait(now) {
                    return Err(Refusal::UndoWindow);
                }
                job.attempt += 1;
                job.lease = Lease { owner: Some(owner), token: self.lease.token + 1, until };
            }
            Command::Intend { token, owner, sent_sha, printer } => {
                self.owned_by(token)?;
                if self.lease.owner != Some(owner) {
                    return Err(Refusal::NotMine);
                }
                self.may_go_to(&printer)?;
                if sent_sha != self.send_sha {
                    return Err(Refusal::NotAuthorized);
                }
                bed = Bed::Dirty;
            }
            Command::NotStarted { token, again_at } => {
                self.owned_by(token)?;
                job.not_before = again_at;
                bed = Bed::Clear;
            }
            Command::Release { token, again_at } => {
                self.owned_by(token)?;
                job.not_before = again_at;
            }
            Command::SeenPrinting { token } | Command::End { token, .. } => {
                self.owned_by(token)?;
            }
            Command::CannotKnow { token } => {
                if let Some(token) = token {
                    self.owned_by(token)?;
                }
            }
            Command::Resolve { plate_is_clear: true, .. } => bed = Bed::Clear,
            Command::Reject
            | Command::SendBack
            | Command::UndoSendBack
            | Command::TakeBack
            | Command::HoldFormerPerson
            | Command::HoldRestored
            | Command::Withdraw
            | Command::Resolve { .. } => {}
        }
        job.settle(self);
        Ok(Step { what, job, bed })
    }

    /// A server takes over a job whose lease ran out, without changing its state: the old worker's token is void.
    ///
    /// # Errors
    /// [`Refusal::WrongState`] unless the job is active.
    pub fn take_over(&self, owner: Uuid, until: Micros) -> Result<Self, Refusal> {
        if !self.state.is_active() {
            return Err(Refusal::WrongState(self.state));
        }
        let lease = Lease { owner: Some(owner), token: self.lease.token + 1, until };
        Ok(Self { lease, state_version: self.state_version + 1, ..*self })
    }

    fn next(&self, what: Move, command: Command) -> Result<State, Refusal> {
        let wanted = match command {
            Command::End { outcome: Outcome::Finished, .. } => Some(State::Finished),
            Command::End { outcome: Outcome::Failed, .. } => Some(State::Failed),
            Command::End { outcome: Outcome::Aborted, .. } => Some(State::Aborted),
            // A stop that was asked for in the unclear phase is kept: what did not start is not started any more.
            Command::NotStarted { .. } | Command::Resolve { printed: None, .. } => {
                Some(if self.abort_requested { State::Aborted } else { State::Queued })
            }
            _ => None,
        };
        TABLE
            .iter()
            .find(|(row, from, to)| *row == what && *from == self.state && wanted.is_none_or(|state| state == *to))
            .map(|(_, _, to)| *to)
            .ok_or(Refusal::WrongState(self.state))
    }

    const fn authorize(&self, id: Uuid) -> Authorization {
        Authorization { id, version: self.version, send_sha: self.send_sha, printer: self.printer }
    }

    fn owned_by(&self, token: i64) -> Result<(), Refusal> {
        if self.lease.token == token { Ok(()) } else { Err(Refusal::NotMine) }
    }

    fn may_go_to(&self, printer: &PrinterFacts) -> Result<(), Refusal> {
        if !self.dispatchable() || printer.printer != self.printer {
            return Err(Refusal::NotAuthorized);
        }
        printer.ready().map_err(Refusal::Printer)
    }

    /// What holds for every transition by the state it leads to, whatever the command.
    fn settle(&mut self, before: &Self) {
        if matches!(self.state, State::Held | State::SentBack) {
            // dispatch.md 2.1: every transition into these voids the authorization.
            self.authorization = None;
        }
        if before.state.is_active() && !self.state.is_active() {
            // The worker that still holds the old token can change nothing any more.
            self.lease = Lease { owner: None, token: before.lease.token + 1, until: Micros(0) };
        }
        if self.state != State::Attention && !self.state.is_active() {
            self.abort_requested = false;
        }
    }
}
