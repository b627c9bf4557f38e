//! What each printer last said, in memory: only changes go to the database, and a sign of life now and then.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::PrinterId;

/// Observation, problem, and when it was stored.
type Said = (Option<String>, Option<String>, Instant);

#[derive(Default)]
pub(crate) struct Words(Mutex<HashMap<PrinterId, Said>>);

impl Words {
    /// Whether this is news, or `refresh` has passed since the last time.
    pub(crate) fn changed(
        &self,
        printer: PrinterId,
        observation: Option<&str>,
        problem: Option<&str>,
        refresh: Duration,
    ) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let same = known.get(&printer).is_some_and(|(seen, fault, at)| {
            seen.as_deref() == observation && fault.as_deref() == problem && at.elapsed() < refresh
        });
        if !same {
            known.insert(printer, (observation.map(str::to_owned), problem.map(str::to_owned), Instant::now()));
        }
        !same
    }

    /// What was remembered is not what the database has: it could not be stored, or another server wrote over it. The next look is
    /// news again.
    pub(crate) fn forget(&self, printer: PrinterId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&printer);
    }
}
