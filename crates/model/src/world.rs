//! The state that is searched: small, comparable, and kept in one form for all states that differ in nothing that matters.

use domain::State;

use crate::{Floor, Weak};

/// Names of one job that can matter at the same time. [`World::full`] says if that was ever too few.
pub const NAMES: usize = 4;
/// No server, no attempt.
pub const NONE: u8 = 9;

/// What printers remember.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Each start, durably.
    A,
    /// A print that ended in order; and a push channel tells of starts as long as it is unbroken.
    B,
}

/// What became of an attempt on its printer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Life {
    /// It never started.
    Never,
    /// It runs.
    Running,
    /// It ran.
    Ended {
        /// The printer knows.
        recorded: bool,
        /// To the end.
        well: bool,
    },
}

/// One try to print, under one name on one printer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Attempt {
    /// Something can still refer to it.
    pub used: bool,
    /// Where.
    pub printer: u8,
    /// Which bytes lie under the name.
    pub bytes: u8,
    /// The file can be started.
    pub file: bool,
    /// Starts on their way.
    pub starts: u8,
    /// A fence on its way that nobody waits for.
    pub fence: bool,
    /// What became of it.
    pub life: Life,
    /// On record, and no evidence that it did not start.
    pub open: bool,
}

impl Attempt {
    /// An empty place.
    pub const FREE: Self = Self {
        used: false,
        printer: 0,
        bytes: 0,
        file: false,
        starts: 0,
        fence: false,
        life: Life::Never,
        open: false,
    };
}

/// An authorization: version, bytes, printer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Slip {
    /// Version.
    pub version: u8,
    /// Bytes.
    pub bytes: u8,
    /// Printer.
    pub printer: u8,
}

/// A print job: what the database knows, its names, and what really happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Job {
    /// Its state.
    pub state: State,
    /// The chosen printer.
    pub printer: u8,
    /// Version; the bytes of a version have its number.
    pub version: u8,
    /// Bytes to send.
    pub bytes: u8,
    /// What may be printed.
    pub slip: Option<Slip>,
    /// The undo window is open.
    pub window: bool,
    /// The server that has it.
    pub owner: u8,
    /// Somebody asked to stop it.
    pub abort: bool,
    /// It needed approval when it was accepted.
    pub gate: bool,
    /// It is still for a printer group; a choice by hand ends that.
    pub group: bool,
    /// Of a group: which approver authorized it, or nobody but the submitter.
    pub by: u8,
    /// The newest attempt's place in `names`.
    pub current: u8,
    /// Attempts that can still matter, older ones first.
    pub names: [Attempt; NAMES],
    /// Not in any database: how often it physically started (3 means more).
    pub prints: u8,
    /// Not in any database: which bytes on which printer are approved, by whoever had the right and saw exactly that.
    pub approved: u8,
}

/// A printer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Printer {
    /// The database: plate not confirmed clear.
    pub dirty: bool,
    /// The database: the job whose newest run the plate waits for.
    pub run: u8,
    /// The database: removed.
    pub removed: bool,
    /// The world: something lies on the plate.
    pub occupied: bool,
}

/// Where a worker is in the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Pc {
    /// No worker.
    Idle,
    /// D2: claimed just now.
    Fresh,
    /// Taken over before an intent, or a guard of D4 failed: gives it back.
    GiveBack,
    /// D3 is over: bytes read back, printer seen idle.
    Ready,
    /// D4 committed: holds the one leave to start.
    Ticket,
    /// D5: waits for the answer.
    Await,
    /// D6: reads back.
    Back {
        /// The printer refused the start.
        refused: bool,
    },
    /// Saw it running.
    SawRunning,
    /// Found in the record.
    SawEnded {
        /// To the end.
        well: bool,
    },
    /// R1.
    Fence,
    /// R2.
    Read,
    /// R3: not seen.
    NotSeen {
        /// Absence proves it.
        complete: bool,
    },
    /// Only without the right order: read, not fenced yet.
    ReadFirst {
        /// Absence proves it.
        complete: bool,
    },
    /// D7.
    Follow,
    /// D7: the record says how it ended.
    Ended {
        /// To the end.
        well: bool,
    },
    /// D7: the printer forgot it.
    Gone,
}

/// One worker: a server's for a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Worker {
    /// Where it is.
    pub pc: Pc,
    /// The attempt's place in the job's names.
    pub name: u8,
    /// Its token is the job's: not from an older lease.
    pub current: bool,
    /// Its push channel is unbroken since before the intent.
    pub witness: bool,
    /// The printer refused its start.
    pub refused: bool,
}

impl Worker {
    /// None.
    pub const IDLE: Self = Self { pc: Pc::Idle, name: NONE, current: false, witness: false, refused: false };
    /// There is one.
    #[must_use]
    pub fn works(&self) -> bool {
        self.pc != Pc::Idle
    }
}

/// What went wrong at the moment it happened, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Bad(pub u16);

/// The whole floor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct World {
    /// Jobs; the second is not there if there is only one.
    pub jobs: [Option<Job>; 2],
    /// By server, by job.
    pub workers: [[Worker; 2]; 2],
    /// Printers.
    pub printers: [Printer; 2],
    /// Faults so far.
    pub faults: u8,
    /// The first approver was made a Guest.
    pub demoted: bool,
    /// Only with [`Weak::RoleBefore`]: the first approver's right was looked at.
    pub looked: bool,
    /// Only with [`Weak::GateAtDispatch`]: approval was switched off.
    pub approval_off: bool,
    /// The first job's submitter left.
    pub left: bool,
    /// A printer was removed once; it may come back.
    pub removed_once: bool,
    /// What went wrong.
    pub bad: Bad,
    /// More names than the model has room for: the search would not be exhaustive.
    pub full: bool,
}

impl World {
    /// The job, which must be there.
    #[must_use]
    pub fn job(&self, j: usize) -> &Job {
        self.jobs[j].as_ref().unwrap_or(&NO_JOB)
    }
    /// Changes the job, if it is there.
    pub fn job_mut(&mut self, j: usize) -> &mut Job {
        self.jobs[j].get_or_insert(NO_JOB)
    }
    /// An attempt.
    #[must_use]
    pub fn name(&self, j: usize, name: u8) -> Attempt {
        self.job(j).names.get(usize::from(name)).copied().unwrap_or(Attempt::FREE)
    }
    /// Changes an attempt.
    pub fn with_name(&mut self, j: usize, name: u8, change: impl FnOnce(&mut Attempt)) {
        if let Some(attempt) = self.job_mut(j).names.get_mut(usize::from(name)) {
            change(attempt);
        }
    }
    /// The job and name that runs on a printer.
    #[must_use]
    pub fn running(&self, printer: u8) -> Option<(usize, u8)> {
        (0..2).zip(&self.jobs).find_map(|(j, job)| {
            let names = job.as_ref()?.names.iter();
            (0..)
                .zip(names)
                .find(|(_, a)| a.used && a.printer == printer && a.life == Life::Running)
                .map(|(n, _)| (j, n))
        })
    }
    /// The worker whose token is the job's, if it still works.
    #[must_use]
    pub fn holder(&self, j: usize) -> Option<usize> {
        (0..2).find(|s| self.workers[*s][j].works() && self.workers[*s][j].current)
    }

    /// One form for states that differ in nothing that anybody can notice: forgets names that nothing refers to any more,
    /// and swaps the servers if the other order is smaller.
    #[must_use]
    pub fn tidy(mut self, floor: &Floor) -> Self {
        for j in 0..floor.jobs {
            self.tidy_job(floor, j);
        }
        if self.workers[1] < self.workers[0] {
            self.workers.swap(0, 1);
            for job in self.jobs.iter_mut().flatten() {
                job.owner = if job.owner == NONE { NONE } else { 1 - job.owner };
            }
        }
        self
    }

    fn tidy_job(&mut self, floor: &Floor, j: usize) {
        let job = *self.job(j);
        let mut new = job;
        let awaited = |n: u8| self.workers.iter().any(|of| of[j].name == n && of[j].pc == Pc::Await);
        let mut keep = [Attempt::FREE; NAMES];
        let mut moved = [NONE; NAMES];
        let mut next = 0;
        for (n, mut attempt) in (0_u8..).zip(job.names) {
            if !attempt.used {
                continue;
            }
            if !attempt.file && !awaited(n) && !floor.lacks(Weak::SameName) {
                attempt.starts = 0; // it can only be refused, and nobody would hear it
            }
            let held = self.workers.iter().any(|of| of[j].works() && of[j].name == n);
            let on_record = job.current == n && (job.state.is_active() || job.state == State::Attention);
            let late = attempt.starts > 0 || attempt.fence || attempt.life == Life::Running;
            if held || on_record || late || (floor.lacks(Weak::SameName) && attempt.life != Life::Never) {
                keep[next] = attempt;
                moved[usize::from(n)] = u8::try_from(next).unwrap_or(NONE);
                next += 1;
            }
        }
        let place = |n: u8| moved.get(usize::from(n)).copied().unwrap_or(NONE);
        new.names = keep;
        new.current = if job.state.is_active() || job.state == State::Attention { place(job.current) } else { NONE };
        if !job.state.is_active() || self.holder(j).is_none() {
            new.owner = NONE; // asked only together with the token, which nobody holds
        }
        if matches!(job.state, State::Held | State::SentBack) || job.state.is_end() {
            new.window = false; // an approval sets it anew
            new.by = NONE;
        }
        new.group &= !job.state.is_end();
        if !new.group {
            new.by = NONE; // asked only by who moves a job of a group
        }
        self.jobs[j] = Some(new);
        for of in &mut self.workers {
            if !of[j].works() {
                of[j] = Worker::IDLE;
            }
            of[j].name = place(of[j].name);
        }
    }
}

const NO_JOB: Job = Job {
    state: State::Withdrawn,
    printer: 0,
    version: 0,
    bytes: 0,
    slip: None,
    window: false,
    owner: NONE,
    abort: false,
    gate: false,
    group: false,
    by: NONE,
    current: NONE,
    names: [Attempt::FREE; NAMES],
    prints: 0,
    approved: 0,
};
