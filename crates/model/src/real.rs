//! A database transaction: the product's own `Job::step`, and what `store::jobs::apply` stores with it.
//!
//! Tokens grow without end, and are only ever compared for being the same. So a job's token is written as [`TOKEN`], an
//! older one as [`OLD`]; when a step raises it, every worker that held it holds an old one from then on. Times are 0
//! ("now") and 1 (the end of an undo window that is still open).

use domain::job::{Authorization, Bed, Command, Lease, PrinterFacts, Step};
use domain::{AccountId, JobId, Micros, OrgId, PrinterId, Refusal, Sha256, State};
use uuid::Uuid;

use crate::world::{NAMES, NONE};
use crate::{Attempt, Bad, Floor, Job, Slip, Weak, World};

/// The job's token.
pub const TOKEN: i64 = 1;
/// A token of an older lease.
pub const OLD: i64 = 0;
/// Now.
pub const NOW: Micros = Micros(0);
/// The end of an undo window.
pub const WINDOW_ENDS: Micros = Micros(1);

/// A server's id.
#[must_use]
pub fn server(s: u8) -> Uuid {
    Uuid::from_u128(u128::from(s) + 1)
}
/// A printer's id.
#[must_use]
pub fn printer(p: u8) -> PrinterId {
    PrinterId(Uuid::from_u128(u128::from(p)))
}
/// The hash of bytes.
#[must_use]
pub fn sha(bytes: u8) -> Sha256 {
    Sha256([bytes; 32])
}
/// The bit of bytes on a printer, in [`Job::approved`].
#[must_use]
pub fn bit(bytes: u8, printer: u8) -> u8 {
    1 << (bytes.saturating_sub(1) * 2 + printer)
}

fn small(number: u128) -> u8 {
    u8::try_from(number).unwrap_or(NONE)
}

/// The job as the product knows it.
#[must_use]
pub fn load(job: &Job) -> domain::Job {
    domain::Job {
        id: JobId(Uuid::nil()),
        org: OrgId(Uuid::nil()),
        submitter: AccountId(Uuid::nil()),
        project: None,
        printer: printer(job.printer),
        version: i64::from(job.version),
        upload_sha: sha(job.bytes),
        send_sha: sha(job.bytes),
        state: job.state,
        state_version: 0,
        authorization: job.slip.map(|slip| Authorization {
            id: Uuid::nil(),
            version: i64::from(slip.version),
            send_sha: sha(slip.bytes),
            printer: printer(slip.printer),
        }),
        not_before: if job.window { WINDOW_ENDS } else { NOW },
        attempt: 0,
        lease: Lease { owner: (job.owner != NONE).then(|| server(job.owner)), token: TOKEN, until: NOW },
        abort_requested: job.abort,
    }
}

impl World {
    /// One transaction: a step of the machine, stored. `Err`: rolled back.
    ///
    /// # Errors
    /// The machine's refusal.
    pub fn transact(&mut self, j: usize, command: Command) -> Result<Step, Refusal> {
        let step = load(self.job(j)).step(command)?;
        self.store(j, &step);
        Ok(step)
    }

    /// What `store::jobs::store` writes.
    pub fn store(&mut self, j: usize, step: &Step) {
        let before = *self.job(j);
        self.put(j, &step.job);
        if step.job.attempt > 0 {
            self.new_name(j);
        }
        let target = self.job(j).printer;
        match step.bed {
            Bed::Keep => {}
            Bed::Dirty => {
                for printer in &mut self.printers {
                    if usize::from(printer.run) == j {
                        printer.run = NONE; // the job has a newer run now
                    }
                }
                let printer = &mut self.printers[usize::from(target)];
                printer.dirty = true;
                printer.run = small(j as u128);
                self.with_name(j, before.current, |attempt| attempt.open = true);
            }
            Bed::Clear => {
                let printer = &mut self.printers[usize::from(target)];
                if usize::from(printer.run) == j {
                    printer.dirty = false;
                }
            }
        }
    }

    /// The job's fields as the product gave them; a new token makes every other one old.
    pub fn put(&mut self, j: usize, new: &domain::Job) {
        let job = self.job_mut(j);
        job.state = new.state;
        job.printer = small(new.printer.0.as_u128());
        job.version = small(new.version.unsigned_abs().into());
        job.bytes = new.send_sha.0[0];
        job.slip = new.authorization.map(|a| Slip {
            version: small(a.version.unsigned_abs().into()),
            bytes: a.send_sha.0[0],
            printer: small(a.printer.0.as_u128()),
        });
        job.window = new.not_before > NOW;
        job.owner = new.lease.owner.map_or(NONE, |owner| small(owner.as_u128() - 1));
        job.abort = new.abort_requested;
        if new.lease.token != TOKEN {
            for of in &mut self.workers {
                of[j].current = false;
            }
        }
    }

    fn new_name(&mut self, j: usize) {
        let job = self.job_mut(j);
        let free = (0..NAMES).find(|n| !job.names[*n].used);
        match free {
            Some(n) => {
                job.names[n] = Attempt { used: true, printer: job.printer, bytes: job.bytes, ..Attempt::FREE };
                job.current = small(n as u128);
            }
            None => self.full = true,
        }
    }

    /// The printer as `store::dispatch::printer_facts` reads it under its lock.
    #[must_use]
    pub fn facts(&self, floor: &Floor, j: usize) -> PrinterFacts {
        self.facts_at(floor, j, self.job(j).printer)
    }

    /// The same of a printer that the job does not have yet.
    #[must_use]
    pub fn facts_at(&self, floor: &Floor, j: usize, target: u8) -> PrinterFacts {
        let row = self.printers[usize::from(target)];
        let in_the_way =
            |other: &Job| other.printer == target && (other.state.is_active() || other.state == State::Attention);
        let busy = (0..floor.jobs).any(|other| other != j && in_the_way(self.job(other)));
        PrinterFacts {
            printer: printer(target),
            enabled: true,
            removed: row.removed,
            plate_clear: !row.dirty,
            busy: busy && !floor.lacks(Weak::NotBusy),
            hold_all: false,
        }
    }

    /// Remembers what went wrong.
    pub fn wrong(&mut self, what: u16) {
        self.bad = Bad(self.bad.0 | what);
    }
}
