//! A server's side: claims, take-overs, and a worker's way through the protocol. The order of the steps follows
//! `app/src/dispatch/worker.rs` (`work`, `deliver`, `read_back`, `monitor`) and `recovery.rs` (`recover`); the transactions
//! are those of `store/src/dispatch.rs`.
//!
//! Left out, because nothing rests on them: the first look of D3, and the removal of files (files stay for ever here). One
//! reading stands for the two of R2, since the record is right at once here (A5).

use domain::job::Command;
use domain::{Outcome, Refusal, State};

use crate::printer::{Evidence, wrong};
use crate::real::{NOW, OLD, TOKEN, WINDOW_ENDS, bit, load, server};
use crate::world::NONE;
use crate::{Class, Floor, Life, Pc, Slip, Weak, Worker, World};

/// Which way a worker goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Way {
    /// The next step.
    Next,
    /// The next step without a push channel.
    Blind,
    /// The next step; a removed printer does not answer.
    NoAnswerFromRemoved,
    /// Gives the job back.
    GiveBack,
    /// Waits no longer for an answer.
    TimeOut,
    /// Carries a wish to stop to the printer.
    Cancel,
    /// Noticed that the job is another's: stops.
    Stop,
    /// The same, and fences what it may have started.
    FenceAndStop,
    /// The same, but the fence is carried out at some later time.
    LateFenceAndStop,
    /// Only with [`Weak::StartAgain`].
    StartAgain,
}

impl World {
    /// Moves a job of the group before any claim, as `store::printer_groups::assign`: whenever the other printer could start it,
    /// also if its own could.
    pub fn assign(&mut self, floor: &Floor, j: usize) -> Option<()> {
        let job = *self.job(j);
        let right = job.by != 0 || !self.demoted;
        if !job.group || !(right || floor.lacks(Weak::AssignForAnybody)) {
            return None;
        }
        let to = 1 - job.printer;
        match job.state {
            State::Queued => {
                let printer = self.facts_at(floor, j, to);
                self.transact(j, Command::Assign { printer, authorization: uuid::Uuid::nil(), now: NOW }).ok()?;
            }
            State::Claimed if floor.lacks(Weak::AssignClaimed) => {
                let forged = self.job_mut(j);
                forged.printer = to;
                forged.slip = Some(Slip { version: job.version, bytes: job.bytes, printer: to });
            }
            // The machine moves a held job, too: that is a part of its approval.
            _ => return None,
        }
        self.job_mut(j).approved = bit(job.bytes, to);
        if !right {
            self.wrong(wrong::NO_RIGHT);
        }
        Some(())
    }

    /// D1.
    pub fn claim(&mut self, floor: &Floor, s: usize, j: usize) -> Option<()> {
        let job = *self.job(j);
        if floor.lacks(Weak::GateAtDispatch) && job.state == State::Held && self.approval_off {
            let forged = self.job_mut(j);
            forged.state = State::Queued;
            forged.slip = Some(Slip { version: job.version, bytes: job.bytes, printer: job.printer });
        }
        let now = if floor.lacks(Weak::NoUndoWindow) { WINDOW_ENDS } else { NOW };
        let owner = server(u8::try_from(s).unwrap_or(NONE));
        let printer = self.facts(floor, j);
        self.transact(j, Command::Claim { owner, until: NOW, now, printer }).ok()?;
        if job.window {
            self.wrong(wrong::WINDOW);
        }
        self.workers[s][j] = Worker { pc: Pc::Fresh, name: self.job(j).current, current: true, ..Worker::IDLE };
        Some(())
    }

    /// Takes over, by the product's own `take_over`. If its worker lives, its lease ran out too early: a fault.
    pub fn take_over(&mut self, floor: &Floor, s: usize, j: usize) -> Option<()> {
        if self.holder(j).is_some() {
            self.faults += 1;
        }
        let taken = load(self.job(j)).take_over(server(u8::try_from(s).unwrap_or(NONE)), NOW).ok()?;
        self.put(j, &taken);
        let pc = match taken.state {
            State::Claimed => Pc::GiveBack,
            State::Intent => recovery(floor),
            _ => Pc::Follow,
        };
        self.workers[s][j] = Worker { pc, name: self.job(j).current, current: true, ..Worker::IDLE };
        Some(())
    }

    /// A process dies.
    pub fn crash(&mut self, floor: &Floor, s: usize) {
        for j in 0..floor.jobs {
            let worker = self.workers[s][j];
            if floor.late_fence && worker.pc == Pc::Fence {
                self.with_name(j, worker.name, |a| a.fence = true);
            }
            self.workers[s][j] = Worker::IDLE;
        }
    }

    /// The ways that are open to a worker.
    pub fn ways(&self, floor: &Floor, s: usize, j: usize, give: &mut impl FnMut(Way)) {
        let worker = self.workers[s][j];
        match worker.pc {
            Pc::Idle => return,
            Pc::GiveBack => give(Way::GiveBack),
            Pc::Fresh => {
                give(Way::Next);
                if floor.class == Class::B {
                    give(Way::Blind);
                }
                if floor.removal {
                    give(Way::NoAnswerFromRemoved);
                }
                give(Way::GiveBack);
            }
            Pc::Ready => {
                give(Way::Next);
                give(Way::GiveBack);
            }
            Pc::Await => {
                give(Way::TimeOut);
                if floor.lacks(Weak::StartAgain) && self.name(j, worker.name).starts < 2 {
                    give(Way::StartAgain);
                }
            }
            Pc::Back { .. } => {
                give(Way::Next);
                give(Way::TimeOut);
            }
            Pc::Follow => {
                give(Way::Next);
                if self.job(j).abort && worker.current {
                    give(Way::Cancel);
                }
            }
            _ => give(Way::Next),
        }
        if !worker.current {
            give(Way::Stop);
            if matches!(worker.pc, Pc::Ticket | Pc::Back { .. } | Pc::Fence) {
                give(Way::FenceAndStop);
                if floor.late_fence {
                    give(Way::LateFenceAndStop);
                }
            }
        }
    }

    /// A worker's step. `None`: nothing comes of it.
    pub fn work(&mut self, floor: &Floor, s: usize, j: usize, way: Way) -> Option<()> {
        let worker = self.workers[s][j];
        let name = worker.name;
        let next = match way {
            Way::Stop => Pc::Idle,
            Way::FenceAndStop => {
                self.fence_arrives(floor, j, name);
                Pc::Idle
            }
            Way::LateFenceAndStop => {
                self.with_name(j, name, |a| a.fence = true);
                Pc::Idle
            }
            Way::GiveBack => {
                self.worker_transaction(floor, s, j, |token| Command::Release { token, again_at: NOW });
                Pc::Idle
            }
            Way::TimeOut if worker.pc == Pc::Await => Pc::Back { refused: false },
            Way::TimeOut => recovery(floor),
            Way::StartAgain => {
                self.with_name(j, name, |a| a.starts += 1);
                Pc::Await
            }
            Way::Cancel => {
                let printer = self.name(j, name).printer;
                if self.running(printer) != Some((j, name)) {
                    return None;
                }
                self.print_cancelled(printer);
                Pc::Follow
            }
            Way::Next | Way::Blind | Way::NoAnswerFromRemoved => self.step_of(floor, s, j, way)?,
        };
        self.workers[s][j].pc = next;
        Some(())
    }

    fn step_of(&mut self, floor: &Floor, s: usize, j: usize, way: Way) -> Option<Pc> {
        let worker = self.workers[s][j];
        let name = worker.name;
        Some(match worker.pc {
            Pc::Idle | Pc::GiveBack | Pc::Await => return None,
            Pc::Fresh => {
                self.prepare(floor, j, name, way)?;
                self.workers[s][j].witness = floor.class == Class::B && way != Way::Blind;
                Pc::Ready
            }
            Pc::Ready => self.intend(floor, s, j),
            Pc::Ticket => {
                self.with_name(j, name, |a| a.starts += 1);
                Pc::Await
            }
            Pc::Back { refused } => self.look_back(floor, s, j, refused)?,
            Pc::SawRunning => {
                if floor.lacks(Weak::NoIntentOnRecord) {
                    self.intend(floor, s, j);
                }
                let ok = self.worker_transaction(floor, s, j, |token| Command::SeenPrinting { token });
                if ok { Pc::Follow } else { Pc::Idle }
            }
            Pc::SawEnded { well } => {
                if floor.lacks(Weak::NoIntentOnRecord) {
                    self.intend(floor, s, j);
                }
                let ok = self.worker_transaction(floor, s, j, |token| Command::SeenPrinting { token });
                if ok { Pc::Ended { well } } else { Pc::Idle }
            }
            Pc::Fence if self.fence_arrives(floor, j, name) => Pc::SawRunning,
            Pc::Fence => Pc::Read,
            Pc::Read => match self.evidence(floor, j, name, worker.witness) {
                Evidence::Running => Pc::SawRunning,
                Evidence::Ended { well } => Pc::SawEnded { well },
                Evidence::NotSeen { complete } if floor.lacks(Weak::ReadThenFence) => Pc::ReadFirst { complete },
                // A no to the only start stands in for a push channel where there is none.
                Evidence::NotSeen { complete } => {
                    Pc::NotSeen { complete: complete || worker.refused && !worker.witness }
                }
            },
            Pc::ReadFirst { .. } if self.fence_arrives(floor, j, name) => Pc::SawRunning,
            Pc::ReadFirst { complete } => Pc::NotSeen { complete },
            Pc::NotSeen { complete: true } => {
                if self.worker_transaction(floor, s, j, |token| Command::NotStarted { token, again_at: NOW }) {
                    self.with_name(j, name, |a| a.open = false);
                    self.hold_if_former(floor, j);
                }
                Pc::Idle
            }
            Pc::NotSeen { complete: false } | Pc::Gone => {
                self.worker_transaction(floor, s, j, |token| Command::CannotKnow { token: Some(token) });
                Pc::Idle
            }
            Pc::Follow => match self.evidence(floor, j, name, false) {
                Evidence::Running => return None,
                Evidence::Ended { well } => Pc::Ended { well },
                Evidence::NotSeen { .. } => Pc::Gone,
            },
            Pc::Ended { well } => {
                let outcome = match (well, self.job(j).abort) {
                    (true, _) => Outcome::Finished,
                    (false, true) => Outcome::Aborted,
                    (false, false) => Outcome::Failed,
                };
                if self.worker_transaction(floor, s, j, |token| Command::End { token, outcome }) {
                    self.with_name(j, name, |a| a.open = false);
                }
                Pc::Idle
            }
        })
    }

    /// D2 and D3: earlier attempts that a person called not printed are fenced; then the bytes are sent and read back, and
    /// the printer is seen idle.
    fn prepare(&mut self, floor: &Floor, j: usize, name: u8, way: Way) -> Option<()> {
        for (n, earlier) in (0_u8..).zip(self.job(j).names) {
            if n == name || !earlier.used || !earlier.open {
                continue;
            }
            let silent = way == Way::NoAnswerFromRemoved && self.printers[usize::from(earlier.printer)].removed;
            if !silent && self.fence_arrives(floor, j, n) {
                return None; // in use: it is given back
            }
        }
        let printer = self.name(j, name).printer;
        if self.running(printer).is_some() {
            return None;
        }
        self.with_name(j, name, |a| a.file = true);
        Some(())
    }

    /// D4.
    fn intend(&mut self, floor: &Floor, s: usize, j: usize) -> Pc {
        let worker = self.workers[s][j];
        if floor.lacks(Weak::NoIntentOnRecord) && worker.pc == Pc::Ready {
            return Pc::Ticket;
        }
        let owner = u8::try_from(s).unwrap_or(NONE);
        let mut world = *self;
        let memory = floor.lacks(Weak::IntentFromMemory);
        if memory {
            let attempt = self.name(j, worker.name);
            let job = world.job_mut(j);
            (job.state, job.owner) = (State::Claimed, owner);
            (job.bytes, job.printer) = (attempt.bytes, attempt.printer);
            job.slip = Some(Slip { version: job.version, bytes: attempt.bytes, printer: attempt.printer });
        }
        let no_token = floor.lacks(Weak::NoToken);
        if no_token {
            world.job_mut(j).owner = owner;
        }
        let token = if worker.current || no_token || memory { TOKEN } else { OLD };
        let (owner, printer) = (server(owner), world.facts(floor, j));
        let sent_sha = crate::real::sha(self.name(j, worker.name).bytes);
        match world.transact(j, Command::Intend { token, owner, sent_sha, printer }) {
            Ok(_) => {
                if matches!(self.job(j).state, State::Rejected | State::Withdrawn) {
                    world.wrong(wrong::DECIDED_AGAINST);
                }
                *self = world;
                Pc::Ticket
            }
            Err(Refusal::Printer(_) | Refusal::NotAuthorized) => Pc::GiveBack,
            Err(_) => Pc::Idle,
        }
    }

    /// D6.
    fn look_back(&self, floor: &Floor, s: usize, j: usize, refused: bool) -> Option<Pc> {
        let worker = self.workers[s][j];
        match self.evidence(floor, j, worker.name, worker.witness) {
            Evidence::Running => Some(Pc::SawRunning),
            Evidence::Ended { well } => Some(Pc::SawEnded { well }),
            // It may be the answer to another request: over the fence, like any other.
            Evidence::NotSeen { .. } if refused => Some(recovery(floor)),
            Evidence::NotSeen { .. } => None,
        }
    }

    /// A worker's transaction with its token. `false`: refused, the worker stops.
    fn worker_transaction(&mut self, floor: &Floor, s: usize, j: usize, command: impl FnOnce(i64) -> Command) -> bool {
        let token = if self.workers[s][j].current || floor.lacks(Weak::NoToken) { TOKEN } else { OLD };
        self.transact(j, command(token)).is_ok()
    }

    /// A name whose print the printer has forgotten.
    #[must_use]
    pub fn forgotten(&self, j: usize) -> bool {
        self.job(j).names.iter().any(|a| a.used && matches!(a.life, Life::Ended { recorded: false, .. }))
    }
}

/// Where the way begins when an answer was lost.
fn recovery(floor: &Floor) -> Pc {
    match floor.weak {
        Weak::NoReadBack => Pc::NotSeen { complete: true },
        Weak::NoFence | Weak::ReadThenFence => Pc::Read,
        _ => Pc::Fence,
    }
}
