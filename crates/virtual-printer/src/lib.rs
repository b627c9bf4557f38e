//! A printer that is not there: it speaks the part of OctoPrint's protocol that a print server uses, prints in
//! accelerated time, writes every physical start into a ledger, and misbehaves on command.
//!
//! For tests, demonstrations and bug reports. It listens only where its caller bound the listener (loopback), knows
//! nothing of Imprimatur, and its answers follow what a real OctoPrint 1.11.8 was seen to answer (docs/printers.md).

mod api;
mod control;
mod faults;
mod files;
mod ledger;
mod machine;
mod push;
mod quirks;
mod storage;
mod wire;

use std::{io, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use tokio::{net::TcpListener, task::JoinHandle};

pub use faults::{Fault, Order};
pub use ledger::LedgerEntry;
pub use machine::{FileView, Snapshot};
pub use quirks::Quirk;

use machine::Machine;
use wire::Gate;

/// How long a print takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Speed {
    /// Every print takes this long, whatever the file says.
    Whole(Duration),
    /// The file's own estimate (`;TIME:`, `; estimated printing time`, else its lines) divided by this.
    Times(f64),
}

/// What the printer is like.
#[derive(Debug, Clone)]
pub struct Options {
    /// The key that clients must send.
    pub api_key: String,
    /// How long prints take.
    pub speed: Speed,
    /// `true`: a record is written at the start and survives a power loss, as "interrupted" (class A); it is told at
    /// `/virtual/history/<file>`, because OctoPrint has no such thing. `false`: at the end only (class B, like OctoPrint).
    pub durable_history: bool,
    /// What is wrong with it, always.
    pub quirks: Vec<Quirk>,
    /// How long after the end of a print its record is written; OctoPrint does it a moment later, in a thread.
    pub record_delay: Duration,
    /// Where the list of files and their records are kept, so that they survive the process. `None`: in memory.
    pub folder: Option<PathBuf>,
    /// Where the ledger is kept (appended and synced), so that it survives the process. `None`: in memory.
    pub ledger: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            api_key: "virtual-printer-key".to_owned(),
            speed: Speed::Whole(Duration::from_secs(2)),
            durable_history: false,
            quirks: Vec::new(),
            record_delay: Duration::from_millis(10),
            folder: None,
            ledger: None,
        }
    }
}

/// The printer: see [`VirtualPrinter::start`].
#[derive(Debug, Clone, Copy)]
pub struct VirtualPrinter;

/// What the parts share.
struct Shared {
    machine: Machine,
    gate: Arc<Gate>,
    api_key: String,
}

impl VirtualPrinter {
    /// Switches a printer on that answers on `listener` until the handle is dropped.
    ///
    /// # Errors
    /// The folder or the ledger cannot be opened.
    pub fn start(listener: TcpListener, options: Options) -> io::Result<Handle> {
        let address = listener.local_addr()?;
        let gate = Arc::new(Gate::default());
        let shared = Arc::new(Shared {
            api_key: options.api_key.clone(),
            machine: Machine::open(options, gate.clone())?,
            gate: gate.clone(),
        });
        let app = axum::Router::new()
            .merge(api::routes(&shared))
            .merge(files::routes(&shared))
            .merge(push::routes())
            .merge(control::routes())
            .with_state(shared.clone())
            .into_make_service_with_connect_info::<wire::Line>();
        let server = tokio::spawn(async move {
            let _ = axum::serve(wire::GatedListener::new(listener, gate), app).await;
        });
        let ticking = shared.clone();
        let clock = tokio::spawn(async move {
            let mut timer = tokio::time::interval(Duration::from_millis(10));
            timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            loop {
                timer.tick().await;
                ticking.machine.tick();
            }
        });
        Ok(Handle { address, shared, tasks: [server, clock] })
    }
}

/// The way to a running printer that no client has. Dropping it switches the printer off for good.
pub struct Handle {
    address: SocketAddr,
    shared: Arc<Shared>,
    tasks: [JoinHandle<()>; 2],
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handle").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Handle {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The key that clients must send.
    #[must_use]
    pub fn api_key(&self) -> &str {
        &self.shared.api_key
    }

    /// Every physical start since the ledger began, oldest first.
    #[must_use]
    pub fn ledger(&self) -> Vec<LedgerEntry> {
        self.shared.machine.ledger()
    }

    /// What the machine does now.
    #[must_use]
    pub fn state(&self) -> Snapshot {
        self.shared.machine.snapshot()
    }

    /// Misbehave once (at the next occasion, or at once if the fault is an event).
    pub fn fault(&self, fault: Fault) {
        self.order(Order { fault, sticky: false });
    }

    /// Misbehave at every occasion until [`Handle::clear_faults`].
    pub fn always(&self, fault: Fault) {
        self.order(Order { fault, sticky: true });
    }

    /// The same as `POST /_virtual/faults`.
    pub fn order(&self, order: Order) {
        self.shared.machine.order(order);
    }

    /// Behave again.
    pub fn clear_faults(&self) {
        self.shared.machine.clear_faults();
    }

    /// Changes how long prints take from the next start on.
    pub fn set_speed(&self, speed: Speed) {
        self.shared.machine.set_speed(speed);
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
        self.shared.gate.cut_all();
    }
}
