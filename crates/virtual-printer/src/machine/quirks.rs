//! What a make of printer does wrong, always: see [`crate::Quirk`]. A printer without quirks never comes here.

use super::{Machine, Refused, State};
use crate::{
    Quirk,
    ledger::now_ms,
    storage::{Incoming, Stored},
};

impl Machine {
    pub(crate) fn has(&self, quirk: Quirk) -> bool {
        self.quirks.contains(&quirk)
    }

    /// A start that a sound printer would refuse; `true` if it was taken (it may have started something).
    pub(super) fn odd_start(&self, state: &mut State, path: &str) -> bool {
        if state.files.get(path).is_none() {
            if self.has(Quirk::StartsMissing) && state.print.is_none() {
                let mut bytes = Incoming::new();
                bytes.take(b"G28\n");
                state.files.put(path, bytes.finish(now_ms() / 1000));
                self.start_now(state, path, "api");
                return true;
            }
            return self.has(Quirk::NodsAtMissing);
        }
        if state.print.is_none() {
            return false;
        }
        if self.has(Quirk::StartsWhileBusy) {
            self.end(state, "cancelled");
            self.start_now(state, path, "api");
            return true;
        }
        if self.has(Quirk::QueuesStarts) {
            state.waiting.push(path.to_owned());
            return true;
        }
        false
    }

    pub(super) fn remember_to_repeat(&self, state: &mut State, path: &str, how: &str) {
        if self.has(Quirk::StartsTwice) && how == "api" {
            state.waiting.push(path.to_owned());
        }
    }

    pub(super) fn start_what_waits(&self, state: &mut State) {
        if state.print.is_none() && !state.waiting.is_empty() {
            let path = state.waiting.remove(0);
            self.start_now(state, &path, "again");
        }
    }

    /// Where a moved file is afterwards, and what it remembers.
    pub(super) fn put_moved(&self, state: &mut State, from: &str, to: &str, mut file: Stored) {
        if self.has(Quirk::MoveLosesRecord) {
            file.prints = None;
        }
        if self.has(Quirk::MoveLeavesFile) {
            state.files.put(from, file.clone());
        }
        state.files.put(to, file);
    }

    /// The file of a start that is being executed, if this printer holds on to it.
    pub(crate) fn hold(&self, path: &str) -> Option<Stored> {
        self.has(Quirk::HoldsFile).then(|| self.lock().files.get(path).cloned()).flatten()
    }

    pub(crate) fn start_held(&self, path: &str, held: Option<Stored>) -> Result<(), Refused> {
        if let Some(file) = held {
            self.lock().files.put(path, file);
        }
        self.select(path, true)
    }

    /// The durable record of the file with this name; `None` if this printer keeps none.
    pub(crate) fn history(&self, path: &str) -> Option<Option<String>> {
        let state = self.lock();
        self.durable_history.then(|| state.files.noted(path).map(ToOwned::to_owned))
    }
}
