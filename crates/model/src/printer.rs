//! The printers and the network to them, as assumed in docs/dispatch.md (A1, A3 to A5) and as their classes differ.

use domain::State;

use crate::real::bit;
use crate::{Attempt, Class, Floor, Life, Pc, Weak, World};

/// What a printer says about a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// It runs.
    Running,
    /// It ran.
    Ended {
        /// To the end.
        well: bool,
    },
    /// No trace.
    NotSeen {
        /// A trace would have to be there.
        complete: bool,
    },
}

/// Bits of [`crate::Bad`].
pub mod wrong {
    /// I1.
    pub const UNAPPROVED: u16 = 1;
    /// I2.
    pub const NO_RIGHT: u16 = 1 << 1;
    /// I3.
    pub const DECIDED_AGAINST: u16 = 1 << 2;
    /// I4.
    pub const TWICE: u16 = 1 << 3;
    /// I5.
    pub const PLATE: u16 = 1 << 4;
    /// APR-07.
    pub const WINDOW: u16 = 1 << 5;
}

impl World {
    /// The names that one name on a printer stands for: itself, or all of the job's if they share one.
    fn same(&self, floor: &Floor, j: usize, name: u8) -> impl Iterator<Item = Attempt> {
        let (all, printer) = (floor.lacks(Weak::SameName), self.name(j, name).printer);
        (0_u8..)
            .zip(self.job(j).names)
            .filter(move |(n, a)| a.used && (*n == name || all && a.printer == printer))
            .map(|(_, a)| a)
    }

    /// A start arrives. `true`: it was refused.
    pub fn start_arrives(&mut self, floor: &Floor, j: usize, name: u8) -> bool {
        let printer = self.name(j, name).printer;
        if self.running(printer).is_some() || !self.same(floor, j, name).any(|a| a.file) {
            return true;
        }
        let attempt = self.name(j, name);
        let job = *self.job(j);
        if job.approved & bit(attempt.bytes, printer) == 0 {
            self.wrong(wrong::UNAPPROVED);
        }
        if matches!(job.state, State::Rejected | State::Withdrawn) {
            self.wrong(wrong::DECIDED_AGAINST);
        }
        if job.prints > 0 {
            self.wrong(wrong::TWICE);
        }
        let plate = &mut self.printers[usize::from(printer)];
        let occupied = plate.occupied;
        plate.occupied = true;
        if occupied {
            self.wrong(wrong::PLATE);
        }
        self.job_mut(j).prints = (job.prints + 1).min(3);
        self.with_name(j, name, |a| a.life = Life::Running);
        false
    }

    /// A fence arrives. `true`: the name is in use.
    pub fn fence_arrives(&mut self, floor: &Floor, j: usize, name: u8) -> bool {
        if self.same(floor, j, name).any(|a| a.life == Life::Running) {
            return true;
        }
        self.with_name(j, name, |a| {
            a.file = false;
            if let Life::Ended { well, .. } = a.life
                && floor.lacks(Weak::FenceErases)
            {
                a.life = Life::Ended { recorded: false, well };
            }
        });
        false
    }

    /// The printer is asked about a name.
    #[must_use]
    pub fn evidence(&self, floor: &Floor, j: usize, name: u8, witness: bool) -> Evidence {
        if self.same(floor, j, name).any(|a| a.life == Life::Running) {
            return Evidence::Running;
        }
        let ended = self.same(floor, j, name).find_map(|a| match a.life {
            Life::Ended { recorded: true, well } => Some(Evidence::Ended { well }),
            _ => None,
        });
        let touched = self.same(floor, j, name).any(|a| a.life != Life::Never);
        let complete = match floor.class {
            Class::A => true,
            // The push channel told of the start.
            Class::B if floor.lacks(Weak::TrustNoRestart) => witness,
            Class::B => witness && !touched,
        };
        ended.unwrap_or(Evidence::NotSeen { complete: complete || floor.lacks(Weak::TrustNoHistory) })
    }

    /// The print on this printer ends in order.
    pub fn print_ends(&mut self, printer: u8) {
        self.print_stops(printer, true, true);
    }

    /// A person's wish to stop reaches the printer.
    pub fn print_cancelled(&mut self, printer: u8) {
        self.print_stops(printer, true, false);
    }

    /// The printer loses power: the print is spoiled, and the push channels of all workers break.
    pub fn power_cut(&mut self, floor: &Floor, printer: u8) {
        self.print_stops(printer, floor.class == Class::A, false);
        for s in 0..floor.servers {
            for j in 0..floor.jobs {
                if self.name(j, self.workers[s][j].name).printer == printer {
                    self.workers[s][j].witness = false;
                }
            }
        }
    }

    /// The serial link is lost while the print is paused: the print is spoiled, nothing is recorded, nothing restarts.
    pub fn link_lost(&mut self, printer: u8) {
        self.print_stops(printer, false, false);
    }

    fn print_stops(&mut self, printer: u8, recorded: bool, well: bool) {
        if let Some((j, name)) = self.running(printer) {
            self.with_name(j, name, |a| a.life = Life::Ended { recorded, well });
        }
    }

    /// A start that waited in the network arrives; the worker that waits for the answer gets it.
    pub fn deliver(&mut self, floor: &Floor, j: usize, name: u8, keep_a_copy: bool) {
        if !keep_a_copy {
            self.with_name(j, name, |a| a.starts -= 1);
        }
        let refused = self.start_arrives(floor, j, name);
        for s in 0..floor.servers {
            let worker = &mut self.workers[s][j];
            if worker.pc == Pc::Await && worker.name == name {
                worker.pc = Pc::Back { refused };
                worker.refused = refused;
            }
        }
    }
}
