//! What people do: decisions about the Guest's job, plates, and answers to *attention*. They tell the truth, and look at the
//! printer before they answer; whatever they were shown may be old.
//!
//! After `store/src/jobs/decide.rs` and `store/src/printers.rs`; rights are two approvers, of whom the first can be made a
//! Guest.

use domain::job::Command;
use domain::{Outcome, State};
use uuid::Uuid;

use crate::printer::wrong;
use crate::real::{NOW, WINDOW_ENDS, bit, printer, sha};
use crate::world::NONE;
use crate::{Attempt, Floor, Job, Life, Printer, Slip, Weak, Worker, World};

/// One deed of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Deed {
    /// Approves what was shown: possibly an older version, or before it was moved.
    Approve {
        /// 0 or 1.
        by: u8,
        /// Version on the screen.
        version: u8,
        /// Printer on the screen.
        printer: u8,
        /// Of a group: the server chooses the other printer for it.
        moves: bool,
    },
    /// Only with [`Weak::RoleBefore`]: the first approver's right is looked at.
    Look,
    /// The first approver becomes a Guest.
    Demote,
    /// Rejects.
    Reject,
    /// Sends back.
    SendBack,
    /// Takes the sending back back.
    UndoSendBack,
    /// The submitter's second version.
    Resubmit,
    /// Takes the approval back.
    TakeBack,
    /// Takes the job away.
    Withdraw,
    /// Moves the job to the other printer.
    Reroute,
    /// Asks to stop it.
    Stop,
    /// The undo window ends.
    WindowEnds,
    /// The submitter leaves.
    Leave,
    /// Takes the print off the plate and says so.
    Clear(u8),
    /// Answers *attention*; takes the print off the plate and says so, or not.
    Answer {
        /// The job.
        job: usize,
        /// The plate is clear.
        clear: bool,
    },
    /// An Admin removes the printer.
    Remove(u8),
    /// An Admin brings it back.
    Restore(u8),
    /// Only with [`Weak::GateAtDispatch`]: approval is switched off.
    ApprovalOff,
}

impl World {
    /// The beginning: all jobs accepted, all plates clear. `gate`: the first job needs approval.
    #[must_use]
    pub fn accepted(floor: &Floor, gate: bool) -> Self {
        let job = |held: bool| Job {
            state: if held { State::Held } else { State::Queued },
            printer: 0,
            version: 1,
            bytes: 1,
            slip: (!held).then_some(Slip { version: 1, bytes: 1, printer: 0 }),
            window: false,
            owner: NONE,
            abort: false,
            gate: held,
            group: false,
            by: NONE,
            current: NONE,
            names: [Attempt::FREE; crate::world::NAMES],
            prints: 0,
            approved: if held { 0 } else { bit(1, 0) },
        };
        Self {
            jobs: [Some(Job { group: floor.group, ..job(gate) }), (floor.jobs > 1).then(|| job(false))],
            workers: [[Worker::IDLE; 2]; 2],
            printers: [Printer { dirty: false, run: NONE, removed: false, occupied: false }; 2],
            faults: 0,
            demoted: false,
            looked: false,
            approval_off: false,
            left: false,
            removed_once: false,
            bad: crate::Bad::default(),
            full: false,
        }
    }

    /// What people can do now. What the machine refuses is among it.
    pub fn deeds(&self, floor: &Floor, give: &mut impl FnMut(Deed)) {
        for (p, plate) in (0_u8..).zip(self.printers).take(floor.printers) {
            if plate.dirty && self.running(p).is_none() {
                give(Deed::Clear(p));
            }
            if plate.removed {
                give(Deed::Restore(p));
            } else if floor.removal && !self.removed_once {
                give(Deed::Remove(p));
            }
        }
        for job in 0..floor.jobs {
            if self.job(job).state == State::Attention {
                give(Deed::Answer { job, clear: true });
                give(Deed::Answer { job, clear: false });
            }
        }
        if !floor.people {
            return;
        }
        let job = self.job(0);
        if job.window {
            give(Deed::WindowEnds);
        }
        for by in 0..2 {
            for version in 1..=job.version {
                for (printer, _) in (0_u8..).zip(self.printers).take(floor.printers) {
                    give(Deed::Approve { by, version, printer, moves: false });
                    if job.group {
                        give(Deed::Approve { by, version, printer, moves: true });
                    }
                }
            }
        }
        for deed in [Deed::Reject, Deed::SendBack, Deed::UndoSendBack, Deed::Resubmit, Deed::TakeBack, Deed::Withdraw] {
            give(deed);
        }
        give(Deed::Stop);
        if floor.printers > 1 {
            give(Deed::Reroute);
        }
        if floor.leaver && !self.left {
            give(Deed::Leave);
        }
        if !self.demoted {
            give(Deed::Demote);
            if floor.lacks(Weak::RoleBefore) {
                give(Deed::Look);
            }
        }
        if floor.lacks(Weak::GateAtDispatch) {
            give(Deed::ApprovalOff);
        }
    }

    /// Does it. `None`: refused.
    pub fn deed(&mut self, floor: &Floor, deed: Deed) -> Option<()> {
        match deed {
            Deed::Approve { by, version, printer, moves } => self.approve(floor, by, version, (printer, moves))?,
            Deed::Look => self.looked = true,
            Deed::Demote => self.demoted = true,
            Deed::Reject => self.decide(Command::Reject)?,
            Deed::SendBack => self.decide(Command::SendBack)?,
            Deed::UndoSendBack => self.decide(Command::UndoSendBack)?,
            Deed::Resubmit => {
                let next = self.job(0).version + 1;
                if next > 2 || self.left {
                    return None; // two versions show everything that more would
                }
                self.decide(Command::Resubmit { upload_sha: sha(next), send_sha: sha(next) })?;
            }
            Deed::TakeBack => {
                if !self.job(0).gate {
                    return None; // it never needed approval
                }
                if floor.lacks(Weak::TakeBackKeepsClaim) && self.job(0).state == State::Claimed {
                    self.job_mut(0).approved = 0;
                } else {
                    self.decide(Command::TakeBack)?;
                }
            }
            Deed::Withdraw => self.decide(Command::Withdraw)?,
            Deed::Reroute => {
                let to = 1 - self.job(0).printer;
                if self.printers[usize::from(to)].removed {
                    return None;
                }
                let step =
                    self.transact(0, Command::Reroute { printer: printer(to), authorization: Uuid::nil() }).ok()?;
                self.job_mut(0).group = false; // a choice by hand
                if step.job.state == State::Queued {
                    self.job_mut(0).approved = bit(self.job(0).bytes, to);
                }
            }
            Deed::Stop => {
                if !matches!(self.job(0).state, State::Intent | State::Printing) {
                    return None;
                }
                self.job_mut(0).abort = true;
            }
            Deed::WindowEnds => self.job_mut(0).window = false,
            Deed::Leave => {
                self.left = true;
                self.hold_if_former(floor, 0);
            }
            Deed::Clear(p) => {
                let on_it = |job: &Job| {
                    job.printer == p && matches!(job.state, State::Intent | State::Printing | State::Attention)
                };
                if (0..floor.jobs).any(|j| on_it(self.job(j))) {
                    return None;
                }
                let plate = &mut self.printers[usize::from(p)];
                (plate.dirty, plate.occupied) = (false, false);
            }
            Deed::Answer { job, clear } => self.answer(floor, job, clear)?,
            Deed::Remove(p) => {
                self.printers[usize::from(p)].removed = true;
                self.removed_once = true;
                for j in 0..floor.jobs {
                    if self.job(j).printer == p && matches!(self.job(j).state, State::Intent | State::Printing) {
                        self.transact(j, Command::CannotKnow { token: None }).ok()?;
                    }
                }
            }
            Deed::Restore(p) => self.printers[usize::from(p)].removed = false,
            Deed::ApprovalOff => self.approval_off = true,
        }
        Some(())
    }

    fn decide(&mut self, command: Command) -> Option<()> {
        let step = self.transact(0, command).ok()?;
        if step.job.state == State::Held {
            self.job_mut(0).approved = 0; // whatever was approved needs a decision again
        }
        Some(())
    }

    /// Of a group the server may choose the other printer, in the same transaction, after what was shown was compared.
    fn approve(&mut self, floor: &Floor, by: u8, version: u8, (shown, moves): (u8, bool)) -> Option<()> {
        let right = by == 1 || !self.demoted;
        let passed = if floor.lacks(Weak::RoleBefore) && by == 0 { self.looked } else { right };
        if moves {
            if (version, shown) != (self.job(0).version, self.job(0).printer) {
                return None;
            }
            let printer = self.facts_at(floor, 0, 1 - shown);
            self.transact(0, Command::Assign { printer, authorization: Uuid::nil(), now: NOW }).ok()?;
        }
        let shown = if moves { 1 - shown } else { shown };
        let now = *self.job(0);
        if !passed || self.printers[usize::from(now.printer)].removed {
            return None;
        }
        let (as_version, as_printer) =
            if floor.lacks(Weak::NoCompare) { (now.version, now.printer) } else { (version, shown) };
        self.transact(
            0,
            Command::Approve {
                version: i64::from(as_version),
                send_sha: sha(as_version),
                printer: Some(printer(as_printer)),
                authorization: Uuid::nil(),
                not_before: WINDOW_ENDS,
            },
        )
        .ok()?;
        if now.group {
            self.job_mut(0).by = by;
        }
        if right {
            self.job_mut(0).approved = bit(version, shown);
        } else {
            self.wrong(wrong::NO_RIGHT);
        }
        Some(())
    }

    fn answer(&mut self, floor: &Floor, j: usize, clear: bool) -> Option<()> {
        let job = *self.job(j);
        if self.running(job.printer).is_some() {
            return None; // the person waits until it has ended
        }
        let printed = match self.name(j, job.current).life {
            Life::Never => None,
            Life::Ended { well: true, .. } => Some(Outcome::Finished),
            Life::Ended { .. } | Life::Running => Some(Outcome::Failed),
        };
        // Whatever was sent for this attempt must not come true after the answer (`App::resolve`).
        if printed.is_none() && !floor.lacks(Weak::AnswerWithoutFence) && self.fence_arrives(floor, j, job.current) {
            return None;
        }
        if clear {
            self.printers[usize::from(job.printer)].occupied = false;
        } else if printed.is_none() && !self.printers[usize::from(job.printer)].occupied {
            return None; // who sees an empty plate says so
        }
        self.transact(j, Command::Resolve { printed, plate_is_clear: clear }).ok()?;
        if printed.is_some() {
            self.with_name(j, job.current, |attempt| attempt.open = false);
        }
        self.hold_if_former(floor, j);
        Some(())
    }

    /// A job whose submitter left needs a decision again when it is, or comes back, in the queue.
    pub fn hold_if_former(&mut self, floor: &Floor, j: usize) {
        if j != 0 || !self.left {
            return;
        }
        let waits = matches!(self.job(0).state, State::Queued | State::Claimed);
        if waits {
            self.job_mut(0).approved = 0;
            if !floor.lacks(Weak::FormerPersonGoesOn) {
                let held = self.transact(0, Command::HoldFormerPerson);
                debug_assert!(held.is_ok(), "{held:?}");
            }
        }
    }
}
