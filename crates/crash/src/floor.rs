//! What stays while servers come and go: people, virtual printers with their ledgers, and the clients' record.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fail_point::{Point, Step};
use tokio::net::TcpListener;
use virtual_printer::{Fault, Handle, Options, Speed, VirtualPrinter};

use crate::book::Book;
use crate::chance::Chance;
use crate::client::Person;
use crate::judge::Start;

/// How many printers there are.
pub(crate) const PRINTERS: usize = 3;

/// Everything outside of the servers.
pub(crate) struct Floor {
    pub(crate) people: Vec<Person>,
    pub(crate) machines: Vec<Handle>,
    /// The printers' ids, in the order of `machines`.
    pub(crate) printers: Mutex<Vec<String>>,
    /// The printer group with all of them.
    group: Mutex<String>,
    pub(crate) servers: Mutex<Vec<String>>,
    book: Mutex<Book>,
    /// Few jobs, and all for the group: else no printer is ever free while a job waits for another one.
    quiet: AtomicBool,
}

impl Floor {
    pub(crate) async fn new(chance: &Chance) -> Result<Arc<Self>, String> {
        let mut machines = Vec::new();
        for _ in 0..PRINTERS {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(|e| e.to_string())?;
            let speed = Speed::Whole(Duration::from_millis(chance.between(120, 350)));
            let machine = VirtualPrinter::start(listener, Options { speed, ..Options::default() });
            machines.push(machine.map_err(|e| e.to_string())?);
        }
        let people = vec![
            Person::new("Ada", false),
            Person::new("Mo", false),
            Person::new("Gil", true),
            Person::new("Gus", true),
        ];
        let (printers, group) = (Mutex::default(), Mutex::default());
        let (servers, book) = (Mutex::default(), Mutex::default());
        Ok(Arc::new(Self { people, machines, printers, group, servers, book, quiet: AtomicBool::new(false) }))
    }

    pub(crate) fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn printers(&self) -> Vec<String> {
        self.printers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// So many jobs at most that have not ended.
    pub(crate) fn enough(&self) -> usize {
        if self.quiet.load(Ordering::SeqCst) { 4 } else { 12 }
    }

    /// Where a print job is sent to: a printer, or as often the group.
    pub(crate) fn target(&self, chance: &Chance) -> (&'static str, String) {
        if !self.quiet.load(Ordering::SeqCst) && chance.percent(50) {
            return ("printer", chance.pick(&self.printers()).clone());
        }
        ("printer_group", self.group.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    pub(crate) fn is_grouped(&self, group: String) {
        *self.group.lock().unwrap_or_else(PoisonError::into_inner) = group;
    }

    /// A server that runs now, if any.
    pub(crate) fn server(&self, chance: &Chance) -> Option<String> {
        let servers = self.servers.lock().unwrap_or_else(PoisonError::into_inner);
        if servers.is_empty() { None } else { Some(chance.pick(&servers).clone()) }
    }

    /// Every physical start of a file of ours, in order of time. What people start at the panel is their own file.
    pub(crate) fn starts(&self) -> Vec<Start> {
        let mut starts = Vec::new();
        for machine in &self.machines {
            for entry in machine.ledger().into_iter().filter(|entry| entry.how == "api") {
                starts.push(Start { name: entry.name, sha: entry.sha256, at: entry.started_at, end: entry.end });
            }
        }
        starts.sort_by_key(|start| start.at);
        starts
    }

    /// Every file on a printer: name and hash.
    pub(crate) fn files(&self) -> Vec<(String, String)> {
        let files = self.machines.iter().flat_map(|machine| machine.state().files);
        files.map(|file| (file.path, file.sha256)).collect()
    }

    /// What each printer will do wrong in a round: what leads to the fail point, or anything.
    pub(crate) fn misbehave(&self, chance: &Chance, points: &[Point]) {
        self.quiet.store(points.iter().any(|point| point.0 == Step::Assign), Ordering::SeqCst);
        for machine in &self.machines {
            machine.clear_faults();
            machine.fault(Fault::SerialConnect);
            if let Some(point) = points.iter().find(|point| !towards(point.0, chance).is_empty()) {
                towards(point.0, chance).into_iter().for_each(|fault| machine.fault(fault));
            } else if chance.percent(55) {
                machine.fault(any(chance));
            }
        }
    }

    /// Behave again, for good.
    pub(crate) fn behave(&self) {
        self.quiet.store(false, Ordering::SeqCst);
        for machine in &self.machines {
            machine.clear_faults();
            machine.fault(Fault::SerialConnect);
        }
    }
}

/// Faults without which the step is not reached.
fn towards(step: Step, chance: &Chance) -> Vec<Fault> {
    match step {
        Step::Release => vec![chance.pick(&[Fault::RefuseUpload, Fault::CorruptUpload]).clone()],
        Step::Fence | Step::Read | Step::NotStarted => {
            vec![chance.pick(&[Fault::IgnoreStart, Fault::LoseStart, Fault::LateStart { ms: 900 }]).clone()]
        }
        Step::Ask | Step::Resolve => vec![Fault::PowerLossAfterStart { ms: chance.between(50, 300) }],
        _ => Vec::new(),
    }
}

fn any(chance: &Chance) -> Fault {
    let ms = chance.between(50, 1200);
    let short = chance.between(50, 400);
    chance
        .pick(&[
            Fault::LoseStartAnswer,
            Fault::LoseStart,
            Fault::DelayStart { ms },
            Fault::LateStart { ms },
            Fault::RefuseStart,
            Fault::IgnoreStart,
            Fault::PowerLossAfterStart { ms: short },
            Fault::SwallowUploadAnswer,
            Fault::CorruptUpload,
            Fault::RefuseUpload,
            Fault::LoseMove,
            Fault::LoseMoveAnswer,
            Fault::PowerLoss { ms: short },
            Fault::Unreachable { ms: short, silent: true },
            Fault::Unreachable { ms: short, silent: false },
            Fault::PanelStart { name: None },
            Fault::LoseFiles,
            Fault::SerialDrop,
        ])
        .clone()
}
