//! The dispatch protocol searched through: every reachable state of the real state machine, with crashes, lost and late
//! messages, lost leases and power cuts (docs/dispatch.md 2.11). For tests only; nothing of the product depends on it.
//!
//! What is the product's own code: every database transaction calls `domain::Job::step` or `Job::take_over`
//! (see [`real`]), so the table of moves, tokens, authorizations and guards are those that run in production. What is
//! written here again, because it is not pure: the order of a worker's steps ([`server`], after
//! `app/src/dispatch/worker.rs` and `recovery.rs`), what the store adds to a step ([`real`], [`people`], after
//! `store/src/jobs` and `store/src/dispatch.rs`), and the world around it ([`printer`]).
//!
//! A transaction is one step. Whatever crosses the network is at least two: a start can come true at any later time, or
//! never; an answer to a question is from an earlier moment than what is done with it.

mod action;
pub mod liveness;
pub mod people;
pub mod printer;
mod properties;
pub mod real;
pub mod server;
mod weak;
mod world;

pub use action::Action;
pub use properties::{broken, settled};
pub use weak::Weak;
pub use world::{Attempt, Bad, Class, Job, Life, Pc, Printer, Slip, Worker, World};

/// What is searched: how many of everything, and which measure is taken away.
#[derive(Debug, Clone, Copy)]
pub struct Floor {
    /// Server processes on one database, 1 or 2.
    pub servers: usize,
    /// Print jobs, 1 or 2. The first is a Guest's and waits for approval (or not, if approval was off); the second is a
    /// Member's and may print at once.
    pub jobs: usize,
    /// Printers, 1 or 2.
    pub printers: usize,
    /// How many crashes, lost messages, lost leases of a living worker and power cuts together.
    pub faults: u8,
    /// What the printers remember.
    pub class: Class,
    /// People decide: approve, send back, take back, withdraw, reroute, stop. Without, only plates and questions.
    pub people: bool,
    /// The submitter may leave the organization.
    pub leaver: bool,
    /// An Admin may remove a printer and bring it back.
    pub removal: bool,
    /// The first job was sent to a printer group of both printers: servers may move it while it is queued.
    pub group: bool,
    /// A fence may be carried out late, after whoever sent it is gone.
    pub late_fence: bool,
    /// The measure that is taken away.
    pub weak: Weak,
}

impl Floor {
    /// One Guest's job, 2 servers, 2 approvers, 2 printers.
    #[must_use]
    pub const fn decisions(class: Class, faults: u8) -> Self {
        Self {
            servers: 2,
            jobs: 1,
            printers: 2,
            faults,
            class,
            people: true,
            leaver: false,
            removal: false,
            group: false,
            late_fence: false,
            weak: Weak::Nothing,
        }
    }
    /// Two jobs in one printer's queue, 2 servers; nobody decides anything.
    #[must_use]
    pub const fn queue(class: Class, faults: u8) -> Self {
        Self { jobs: 2, printers: 1, people: false, ..Self::decisions(class, faults) }
    }
    /// One Member's job on one printer, 2 servers; nobody decides anything. Small, for short counterexamples.
    #[must_use]
    pub const fn alone(class: Class, faults: u8) -> Self {
        Self { jobs: 1, ..Self::queue(class, faults) }
    }
    /// An Admin removes a printer while it may be printing.
    #[must_use]
    pub const fn with_removal(self) -> Self {
        Self { removal: true, ..self }
    }
    /// The Guest's job is for a group of both printers.
    #[must_use]
    pub const fn with_group(self) -> Self {
        Self { group: true, ..self }
    }
    /// The submitter may leave.
    #[must_use]
    pub const fn with_leaver(self) -> Self {
        Self { leaver: true, ..self }
    }
    /// Fences may be late, too.
    #[must_use]
    pub const fn with_late_fences(self) -> Self {
        Self { late_fence: true, ..self }
    }
    /// The same without one measure.
    #[must_use]
    pub const fn without(self, weak: Weak) -> Self {
        Self { weak, ..self }
    }
    /// Whether this measure is taken away.
    #[must_use]
    pub fn lacks(&self, weak: Weak) -> bool {
        self.weak == weak
    }
}
