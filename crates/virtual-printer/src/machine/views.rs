//! How the machine looks from outside: OctoPrint's JSON, and the snapshot for tests.

use std::time::Instant;

use serde::Serialize;
use serde_json::{Value, json};

use super::{Machine, Phase, State};
use crate::faults::Order;

/// What the machine does now.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Snapshot {
    /// OctoPrint's word for the state, such as `Printing`.
    pub state: String,
    /// The file that prints or is paused.
    pub printing: Option<String>,
    /// The selected file.
    pub selected: Option<String>,
    /// 0 to 100.
    pub percent: Option<f64>,
    /// Every file.
    pub files: Vec<FileView>,
    /// Starts with 1 and rises with every power loss.
    pub boots: u64,
    /// The orders that wait for their occasion.
    pub faults: Vec<Order>,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileView {
    /// Its path.
    pub path: String,
    /// Its size.
    pub size: u64,
    /// SHA-256 of its bytes.
    pub sha256: String,
}

fn text(state: &State) -> &'static str {
    match (&state.print, state.serial) {
        (None, false) if state.serial_error => "Offline after error",
        (_, false) => "Offline",
        (None, true) => "Operational",
        (Some(print), true) => match print.phase {
            Phase::Printing => "Printing",
            Phase::Pausing(_) => "Pausing",
            Phase::Paused => "Paused",
            Phase::Cancelling(_) => "Cancelling",
        },
    }
}

fn flags(state: &State) -> Value {
    let phase = state.print.as_ref().map(|print| print.phase);
    let pausing = matches!(phase, Some(Phase::Pausing(_)));
    let cancelling = matches!(phase, Some(Phase::Cancelling(_)));
    json!({
        "operational": state.serial,
        "printing": phase == Some(Phase::Printing) || pausing || cancelling,
        "pausing": pausing,
        "paused": phase == Some(Phase::Paused),
        "cancelling": cancelling,
        "resuming": false,
        "finishing": false,
        "error": false,
        "closedOrError": !state.serial,
        "ready": state.serial && phase.is_none(),
        "sdReady": false,
    })
}

fn state_json(state: &State) -> Value {
    json!({"text": text(state), "flags": flags(state), "error": ""})
}

fn percent(state: &State) -> Option<f64> {
    match &state.print {
        Some(print) => {
            let done = print.done(Instant::now()).as_secs_f64();
            Some((100.0 * done / print.total.as_secs_f64().max(1e-9)).min(100.0))
        }
        None => state.completed.then_some(100.0),
    }
}

fn job(state: &State, nameless: bool) -> Value {
    let file = state.selected.as_ref().filter(|_| !nameless).map(|path| {
        let file = state.files.get(path);
        json!({
            "name": path.rsplit('/').next(), "display": path.rsplit('/').next(), "path": path, "origin": "local",
            "size": file.map(|file| file.size), "date": file.map(|file| file.date),
        })
    });
    let nothing = || json!({"name": null, "display": null, "path": null, "origin": null, "size": null, "date": null});
    json!({
        "file": file.unwrap_or_else(nothing),
        "estimatedPrintTime": null, "averagePrintTime": null, "lastPrintTime": null, "filament": null,
        "user": state.selected.as_ref().map(|_| "virtual"),
    })
}

fn progress(state: &State) -> Value {
    let done = state.print.as_ref().map(|print| print.done(Instant::now()));
    let left = state.print.as_ref().zip(done).map(|(print, done)| (print.total - done).as_secs_f64().ceil());
    json!({
        "completion": percent(state),
        "filepos": null,
        "printTime": done.map(|done| done.as_secs()),
        "printTimeLeft": left.map(|left| left as u64),
        "printTimeLeftOrigin": left.map(|_| "linear"),
    })
}

impl Machine {
    /// `/api/job`.
    pub(crate) fn job_json(&self) -> Value {
        let nameless = self.has(crate::Quirk::NamesNothing);
        let state = self.lock();
        json!({"job": job(&state, nameless), "progress": progress(&state), "state": text(&state)})
    }

    /// `/api/printer`; `None` while there is no serial link.
    pub(crate) fn printer_json(&self) -> Option<Value> {
        let state = self.lock();
        if !state.serial {
            return None;
        }
        let now = Instant::now();
        let celsius = |c: f64| (c * 10.0).round() / 10.0;
        let heat = |heat: &super::Heat| json!({"actual": celsius(heat.now(now)), "target": heat.target, "offset": 0});
        Some(json!({
            "state": state_json(&state),
            "temperature": {"tool0": heat(&state.nozzle), "bed": heat(&state.bed)},
        }))
    }

    /// `/api/connection`.
    pub(crate) fn connection_json(&self) -> Value {
        let state = self.lock();
        json!({
            "current": {"state": text(&state), "port": state.serial.then_some("VIRTUAL"), "baudrate": 115_200},
            "options": {"ports": ["VIRTUAL"], "baudrates": [115_200]},
        })
    }

    /// One file, as `/api/files/local/<path>` shows it.
    pub(crate) fn file_json(&self, path: &str) -> Option<Value> {
        let state = self.lock();
        let file = state.files.get(path)?;
        let mut json = json!({
            "name": path.rsplit('/').next(), "display": path.rsplit('/').next(), "path": path, "origin": "local",
            "type": "machinecode", "typePath": ["machinecode", "gcode"],
            "size": file.size, "hash": file.sha1, "date": file.date,
            "refs": {"resource": format!("/api/files/local/{path}"), "download": format!("/downloads/files/local/{path}")},
        });
        if let (Some(prints), Some(object)) = (&file.prints, json.as_object_mut()) {
            object.insert("prints".to_owned(), json!(prints));
        }
        Some(json)
    }

    pub(crate) fn files_json(&self) -> Value {
        let paths: Vec<String> = self.lock().files.all().map(|(path, _)| path.clone()).collect();
        let files: Vec<Value> = paths.iter().filter_map(|path| self.file_json(path)).collect();
        json!({"files": files, "free": 1_u64 << 33, "total": 1_u64 << 34})
    }

    /// What the push channel sends: everything at once.
    pub(crate) fn current_json(&self) -> Value {
        let nameless = self.has(crate::Quirk::NamesNothing);
        let state = self.lock();
        json!({"state": state_json(&state), "job": job(&state, nameless), "progress": progress(&state), "temps": [], "logs": []})
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        let state = self.lock();
        Snapshot {
            state: text(&state).to_owned(),
            printing: state.print.as_ref().map(|print| print.path.clone()),
            selected: state.selected.clone(),
            percent: percent(&state),
            files: (state.files.all())
                .map(|(path, file)| FileView { path: path.clone(), size: file.size, sha256: file.sha256.clone() })
                .collect(),
            boots: state.boots,
            faults: state.orders.clone(),
        }
    }
}
