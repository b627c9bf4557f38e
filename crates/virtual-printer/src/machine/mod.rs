//! The machine: what is selected, what prints, how warm it is, and what happens when something goes wrong.
//!
//! One lock around everything. Time passes in [`Machine::tick`]. No HTTP here.

mod events;
mod quirks;
mod views;

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::sync::broadcast;

use crate::{
    Options, Quirk, Speed,
    faults::{Fault, Order},
    ledger::{Ledger, LedgerEntry, now_ms},
    storage::{Storage, Stored},
    wire::Gate,
};
pub use views::{FileView, Snapshot};

/// How long pausing and cancelling take.
const A_MOMENT: Duration = Duration::from_millis(60);

/// A refusal: HTTP status and words.
pub(crate) type Refused = (u16, &'static str);

const NOT_FOUND: Refused = (404, "The requested URL was not found on the server");

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Printing,
    Pausing(Instant),
    Paused,
    Cancelling(Instant),
}

struct Print {
    path: String,
    entry: usize,
    total: Duration,
    /// Printed before the last pause.
    before: Duration,
    since: Instant,
    phase: Phase,
}

impl Print {
    fn done(&self, now: Instant) -> Duration {
        match self.phase {
            Phase::Paused => self.before,
            _ => (self.before + now.saturating_duration_since(self.since)).min(self.total),
        }
    }
}

struct Heat {
    from: f64,
    target: f64,
    since: Instant,
    /// Seconds until two thirds of the way are gone.
    slowness: f64,
}

impl Heat {
    fn now(&self, now: Instant) -> f64 {
        let goal = self.target.max(22.0);
        let gone = now.saturating_duration_since(self.since).as_secs_f64();
        goal + (self.from - goal) * (-gone / self.slowness).exp()
    }

    fn aim(&mut self, target: f64) {
        let now = Instant::now();
        *self = Self { from: self.now(now), target, since: now, slowness: self.slowness };
    }
}

/// A record that is written a moment after the end of its print, under the path the file had then.
struct Pending {
    due: Instant,
    path: String,
    success: bool,
    seconds: f64,
}

struct State {
    files: Storage,
    ledger: Ledger,
    selected: Option<String>,
    /// The last print ran to its end and is still selected.
    completed: bool,
    print: Option<Print>,
    pending: Vec<Pending>,
    serial: bool,
    serial_error: bool,
    nozzle: Heat,
    bed: Heat,
    orders: Vec<Order>,
    boots: u64,
    session: String,
    speed: Speed,
    /// Starts that wait for the end of the running print (only with a quirk).
    waiting: Vec<String>,
}

/// The machine behind the protocol.
pub(crate) struct Machine {
    state: Mutex<State>,
    gate: Arc<Gate>,
    durable_history: bool,
    quirks: Vec<Quirk>,
    record_delay: Duration,
    events: broadcast::Sender<Arc<Value>>,
}

impl Machine {
    pub(crate) fn open(options: Options, gate: Arc<Gate>) -> io::Result<Self> {
        let now = Instant::now();
        let cold = |slowness| Heat { from: 22.0, target: 0.0, since: now, slowness };
        let state = State {
            files: Storage::open(options.folder)?,
            ledger: Ledger::open(options.ledger.as_deref())?,
            selected: None,
            completed: false,
            print: None,
            pending: Vec::new(),
            serial: true,
            serial_error: false,
            nozzle: cold(2.0),
            bed: cold(4.0),
            orders: Vec::new(),
            boots: 1,
            session: uuid::Uuid::new_v4().simple().to_string(),
            speed: options.speed,
            waiting: Vec::new(),
        };
        Ok(Self {
            state: Mutex::new(state),
            gate,
            durable_history: options.durable_history,
            quirks: options.quirks,
            record_delay: options.record_delay,
            events: broadcast::channel(256).0,
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.pass_time(&mut state);
        state
    }

    /// Lets time pass.
    pub(crate) fn tick(&self) {
        drop(self.lock());
    }

    fn pass_time(&self, state: &mut State) {
        let now = Instant::now();
        if let Some(print) = &mut state.print {
            match print.phase {
                Phase::Cancelling(until) if now >= until => self.end(state, "cancelled"),
                Phase::Pausing(until) if now >= until => {
                    print.before = print.done(now);
                    print.phase = Phase::Paused;
                    self.tell(state, "PrintPaused");
                }
                Phase::Printing if print.done(now) >= print.total => self.end(state, "finished"),
                _ => (),
            }
        }
        let (due, later) = std::mem::take(&mut state.pending).into_iter().partition(|pending| pending.due <= now);
        state.pending = later;
        for Pending { path, success, seconds, .. } in due {
            state.files.record(&path, success, seconds, now_ms());
        }
        self.start_what_waits(state);
    }

    /// Ends the print. A power loss leaves no record, unless the history is durable; nor does a serial link that drops
    /// while the print is paused, in OctoPrint.
    fn end(&self, state: &mut State, end: &str) {
        let Some(print) = state.print.take() else { return };
        let now = Instant::now();
        state.ledger.end(print.entry, end);
        let seconds = print.done(now).as_secs_f64();
        let success = end == "finished";
        let path = print.path;
        let unrecorded = end == "failed" && print.phase == Phase::Paused;
        if end != "power_loss" && !unrecorded {
            state.pending.push(Pending { due: now + self.record_delay, path: path.clone(), success, seconds });
            let kinds: &[&str] = match end {
                "finished" => &["PrintDone"],
                "cancelled" => &["PrintCancelled", "PrintFailed"],
                _ => &["PrintFailed"],
            };
            for kind in kinds {
                self.event(state, kind, &path);
            }
        } else if self.durable_history {
            // Class A: whatever ended it, the record says that it began.
            state.files.record(&path, false, seconds, now_ms());
        }
        // A power loss writes nothing: that the record was begun is what tells of it later.
        if self.durable_history && end != "power_loss" {
            state.files.note(&path, end);
        }
        state.completed = success;
        state.nozzle.aim(0.0);
        state.bed.aim(0.0);
    }

    /// The physical start: the machine moves from here on.
    fn start_now(&self, state: &mut State, path: &str, how: &str) {
        let Some(file) = state.files.get(path) else { return };
        let total = match state.speed {
            Speed::Whole(time) => time,
            Speed::Times(factor) => {
                Duration::try_from_secs_f64(file.seconds / factor.max(1e-6)).unwrap_or(Duration::from_secs(3600))
            }
        };
        let sha256 = file.sha256.clone();
        if self.durable_history {
            state.files.note(path, "in_progress");
        }
        let entry = state.ledger.start(path, &sha256, how);
        let now = Instant::now();
        state.selected = Some(path.to_owned());
        state.completed = false;
        self.event(state, "FileSelected", path);
        state.print = Some(Print {
            path: path.to_owned(),
            entry,
            total,
            before: Duration::ZERO,
            since: now,
            phase: Phase::Printing,
        });
        state.nozzle.aim(210.0);
        state.bed.aim(60.0);
        self.event(state, "PrintStarted", path);
        self.remember_to_repeat(state, path, how);
    }

    /// `select` with or without `print`.
    pub(crate) fn select(&self, path: &str, print: bool) -> Result<(), Refused> {
        let mut state = self.lock();
        if print && self.odd_start(&mut state, path) {
            return Ok(());
        }
        if state.files.get(path).is_none() {
            return Err(NOT_FOUND);
        }
        // The same words when there is no serial link: OctoPrint asks only whether it is ready.
        if !state.serial || state.print.is_some() {
            return Err((409, "Printer is already printing, cannot select a new file"));
        }
        if print {
            self.start_now(&mut state, path, "api");
        } else {
            state.selected = Some(path.to_owned());
            state.completed = false;
            self.event(&state, "FileSelected", path);
        }
        Ok(())
    }

    /// `pause` (with its action) or `cancel`.
    pub(crate) fn job_command(&self, command: &str, action: Option<&str>) -> Result<(), Refused> {
        let mut state = self.lock();
        if !state.serial {
            return Err((409, "Printer is not operational"));
        }
        let now = Instant::now();
        let Some(print) = &mut state.print else {
            return Err((409, "Printer is neither printing nor paused, the command cannot be performed"));
        };
        let paused = matches!(print.phase, Phase::Paused | Phase::Pausing(_));
        let action = match action.unwrap_or("toggle") {
            "toggle" if paused => "resume",
            "toggle" => "pause",
            other => other,
        };
        match (command, action) {
            // Asked again, it goes on stopping: whoever asks every few milliseconds would otherwise never see the end.
            ("cancel", _) if matches!(print.phase, Phase::Cancelling(_)) => (),
            ("cancel", _) => print.phase = Phase::Cancelling(now + A_MOMENT),
            ("pause", "pause") if print.phase == Phase::Printing => print.phase = Phase::Pausing(now + A_MOMENT),
            ("pause", "resume") if print.phase == Phase::Paused => {
                print.since = now;
                print.phase = Phase::Printing;
                self.tell(&state, "PrintResumed");
            }
            ("pause", "pause" | "resume") => (),
            ("pause", _) => return Err((400, "Unknown action")),
            _ => return Err((400, "Unknown command")),
        }
        Ok(())
    }

    pub(crate) fn connection(&self, command: &str) -> Result<(), Refused> {
        match command {
            "connect" => self.happen(&mut self.lock(), &Fault::SerialConnect),
            "disconnect" => {
                let mut state = self.lock();
                self.end(&mut state, "failed");
                state.serial = false;
                state.selected = None;
            }
            _ => return Err((400, "Unknown command")),
        }
        Ok(())
    }

    fn busy_with(state: &State, path: &str) -> bool {
        state.print.as_ref().is_some_and(|print| print.path == path)
    }

    pub(crate) fn put(&self, path: &str, file: Stored, no_overwrite: bool) -> Result<(), Refused> {
        let mut state = self.lock();
        if Self::busy_with(&state, path) {
            return Err((409, "Trying to overwrite file that is currently being printed"));
        }
        if no_overwrite && state.files.get(path).is_some() {
            return Err((409, "File already exists and noOverwrite was set"));
        }
        state.files.put(path, file);
        self.event(&state, "Upload", path);
        Ok(())
    }

    pub(crate) fn add_folder(&self, path: &str) {
        self.lock().files.add_folder(path);
    }

    pub(crate) fn move_file(&self, from: &str, to: &str) -> Result<(), Refused> {
        let mut state = self.lock();
        if state.files.get(from).is_none() {
            return Err(NOT_FOUND);
        }
        if state.files.get(to).is_some() || state.files.has_folder(to) {
            return Err((409, "File or folder does already exist"));
        }
        if Self::busy_with(&state, from) && !self.has(Quirk::MovesRunningFile) {
            return Err((409, "Trying to move a file or folder that is currently in use"));
        }
        self.deselect(&mut state, from);
        if !state.files.has_folder(to.rsplit_once('/').map_or("", |(folder, _)| folder)) {
            return Err((500, "Could not move the file"));
        }
        if let Some(file) = state.files.remove(from) {
            self.put_moved(&mut state, from, to, file);
        }
        Ok(())
    }

    pub(crate) fn delete(&self, path: &str) -> Result<(), Refused> {
        let mut state = self.lock();
        if state.files.get(path).is_none() {
            return Err(NOT_FOUND);
        }
        if Self::busy_with(&state, path) {
            return Err((409, "Trying to delete a file that is currently in use"));
        }
        self.deselect(&mut state, path);
        state.files.remove(path);
        Ok(())
    }

    fn deselect(&self, state: &mut State, path: &str) {
        if state.selected.as_deref() == Some(path) {
            state.selected = None;
            state.completed = false;
        }
    }

    pub(crate) fn set_speed(&self, speed: Speed) {
        self.lock().speed = speed;
    }

    pub(crate) fn ledger(&self) -> Vec<LedgerEntry> {
        self.lock().ledger.entries()
    }

    /// Rises with every power loss: what was under way before one is gone.
    pub(crate) fn boots(&self) -> u64 {
        self.lock().boots
    }

    pub(crate) fn session(&self) -> String {
        self.lock().session.clone()
    }

    pub(crate) fn listen(&self) -> broadcast::Receiver<Arc<Value>> {
        self.events.subscribe()
    }

    fn tell(&self, state: &State, kind: &str) {
        if let Some(print) = &state.print {
            self.event(state, kind, &print.path);
        }
    }

    fn event(&self, state: &State, kind: &str, path: &str) {
        let name = path.rsplit('/').next().unwrap_or(path);
        let size = state.files.get(path).map(|file| file.size);
        let payload = json!({"name": name, "path": path, "origin": "local", "size": size});
        let _ = self.events.send(Arc::new(json!({"event": {"type": kind, "payload": payload}})));
    }
}
