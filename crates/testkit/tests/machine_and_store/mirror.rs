//! What must be in the database, kept by the pure state machine alone. Reads no database.

use std::collections::HashSet;

use domain::job::{Bed, Command, PrinterFacts};
use domain::{Job, Micros, Move, PrinterId, Refusal, State};
use store::dispatch::Ticket;
use testkit::Uuid;

use crate::perform::Leaves;

/// How an operation ends, on either side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Done.
    Done,
    /// Done, and there was nothing to do.
    Nothing,
    /// The machine's refusal.
    Refused(Refusal),
    /// Somebody decided first.
    AlreadyDecided,
    /// The printer cannot take jobs, by the code.
    Unavailable(&'static str),
    /// A rule, by its code.
    Rule(&'static str),
    /// A plate click for an older run.
    Changed,
    /// The database's own guard, before the machine was asked.
    Trigger,
    /// A claim, take-over or beat that was not given; the store says no more.
    NotGiven,
}

/// A print job.
#[derive(Debug)]
pub struct MirrorJob {
    pub job: Job,
    pub number: i64,
    pub gate: bool,
    pub decided: bool,
    pub wish: Option<&'static str>,
    pub run: Option<Uuid>,
    /// Index of its owner in the people.
    pub owner: usize,
    /// It was sent to the group.
    pub group: bool,
    /// The newest tickets that workers hold, older leases too.
    pub tickets: Vec<Ticket>,
    pub leaves: Leaves,
}

/// A printer.
#[derive(Debug, Clone, Copy)]
pub struct MirrorPrinter {
    pub id: PrinterId,
    /// Its number, which its name has.
    pub n: usize,
    /// It is in the group.
    pub group: bool,
    pub enabled: bool,
    pub removed: bool,
    pub clear: bool,
    pub run: Option<Uuid>,
    pub foreign: bool,
}

/// Everything.
#[derive(Debug)]
pub struct Mirror {
    pub jobs: Vec<MirrorJob>,
    pub printers: Vec<MirrorPrinter>,
    pub now: Micros,
    /// The leaver is gone.
    pub left: bool,
    /// Rows of the machine's table that were taken.
    pub taken: HashSet<(Move, State, State)>,
}

/// Which person is the one who leaves and comes back.
pub const LEAVER: usize = 2;

pub fn active_or_asked(state: State) -> bool {
    state.is_active() || state == State::Attention
}

impl Mirror {
    pub fn printer(&self, id: PrinterId) -> &MirrorPrinter {
        self.printers.iter().find(|printer| printer.id == id).expect("a known printer")
    }

    pub fn printer_mut(&mut self, id: PrinterId) -> &mut MirrorPrinter {
        self.printers.iter_mut().find(|printer| printer.id == id).expect("a known printer")
    }

    /// What the guards are to be told of the job's printer.
    pub fn facts(&self, j: usize) -> PrinterFacts {
        self.facts_on(j, self.jobs[j].job.printer)
    }

    /// The same, if the job were on this printer.
    pub fn facts_on(&self, j: usize, on: PrinterId) -> PrinterFacts {
        let printer = self.printer(on);
        let busy =
            |(other, it): (usize, &MirrorJob)| other != j && it.job.printer == on && active_or_asked(it.job.state);
        PrinterFacts {
            printer: on,
            enabled: printer.enabled,
            removed: printer.removed,
            plate_clear: printer.clear,
            busy: self.jobs.iter().enumerate().any(busy),
            hold_all: false,
        }
    }

    /// One step of the pure machine, kept if it is legal.
    pub fn step(&mut self, j: usize, command: Command) -> Result<(), Refusal> {
        let step = self.jobs[j].job.step(command)?;
        self.taken.insert((step.what, self.jobs[j].job.state, step.job.state));
        let it = &mut self.jobs[j];
        it.job = step.job;
        it.wish = None;
        match step.what {
            Move::Approve | Move::Reject | Move::SendBack | Move::TakeBack => {
                it.decided = true;
            }
            Move::UndoSendBack | Move::HoldFormerPerson | Move::HoldRestored => it.decided = false,
            _ => {}
        }
        let run = it.run;
        let printer = self.printer_mut(step.job.printer);
        match step.bed {
            Bed::Keep => {}
            // Its run's id is the store's to make: it is taken over from there.
            Bed::Dirty => (printer.clear, printer.foreign) = (false, false),
            Bed::Clear => printer.clear |= !printer.foreign && printer.run.is_some() && printer.run == run,
        }
        Ok(())
    }

    /// The same, as a kind.
    pub fn stepped(&mut self, j: usize, command: Command) -> Kind {
        self.step(j, command).map_or_else(Kind::Refused, |()| Kind::Done)
    }

    /// A job that comes back to the queue needs a decision again if its submitter has left.
    pub fn hold_if_former(&mut self, j: usize) {
        if self.left && self.jobs[j].owner == LEAVER && self.jobs[j].job.state == State::Queued {
            self.step(j, Command::HoldFormerPerson).expect("a queued job can be held");
        }
    }

    /// Which printer a job of the group gets: of those that are there and on the one with the fewest open jobs, by name. `of`: for
    /// the approval of this job, which may stay where it is.
    pub fn choose(&self, of: Option<usize>) -> Option<PrinterId> {
        let now = of.map(|j| self.jobs[j].job.printer);
        let open = |printer: &MirrorPrinter| {
            let waits = |state| matches!(state, State::Held | State::Queued) || active_or_asked(state);
            let on_it =
                |(j, it): &(usize, &MirrorJob)| Some(*j) != of && it.job.printer == printer.id && waits(it.job.state);
            self.jobs.iter().enumerate().filter(on_it).count()
        };
        let fits = |p: &&MirrorPrinter| (p.group || Some(p.id) == now) && p.enabled && !p.removed;
        let rank = |p: &&MirrorPrinter| (open(p), Some(p.id) != now, format!("printer {}", p.n));
        self.printers.iter().filter(fits).min_by_key(rank).map(|p| p.id)
    }

    /// Something is queued on this printer.
    pub fn queue(&self, on: PrinterId) -> bool {
        self.jobs.iter().any(|it| it.job.printer == on && it.job.state == State::Queued)
    }

    /// Whether a printer takes new approvals and moves.
    pub fn usable(&self, id: PrinterId) -> Result<(), Kind> {
        let printer = self.printer(id);
        if printer.removed {
            Err(Kind::Unavailable("printer_removed"))
        } else if !printer.enabled {
            Err(Kind::Unavailable("printer_disabled"))
        } else {
            Ok(())
        }
    }
}
