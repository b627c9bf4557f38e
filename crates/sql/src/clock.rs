//! Where time comes from: the database, or a test that turns the hands.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use domain::Micros;

/// The database's clock, or one that a test turns: stopped, too fast, forward and back.
#[derive(Debug, Clone, Default)]
pub struct Clock(Option<Arc<Mutex<Hands>>>);

/// What a fake clock showed at some moment, and how much faster than the real time it goes from there.
#[derive(Debug)]
struct Hands {
    shown: i64,
    since: Instant,
    pace: u32,
}

impl Hands {
    fn read(&self) -> i64 {
        let passed = self.since.elapsed().saturating_mul(self.pace);
        self.shown.saturating_add(i64::try_from(passed.as_micros()).unwrap_or(i64::MAX))
    }
}

impl Clock {
    /// A clock that stands still until a test moves it.
    #[must_use]
    pub fn fake(start: Micros) -> Self {
        Self(Some(Arc::new(Mutex::new(Hands { shown: start.0, since: Instant::now(), pace: 0 }))))
    }
    /// Turns a fake clock forward; does nothing to the real one.
    pub fn advance(&self, by: Duration) {
        self.turn(i64::try_from(by.as_micros()).unwrap_or(i64::MAX));
    }
    /// Turns a fake clock back.
    pub fn turn_back(&self, by: Duration) {
        self.turn(-i64::try_from(by.as_micros()).unwrap_or(i64::MAX));
    }
    /// Lets a fake clock go this many times as fast as the real time; 0 stops it.
    pub fn go(&self, pace: u32) {
        if let Some(mut hands) = self.hands() {
            *hands = Hands { shown: hands.read(), since: Instant::now(), pace };
        }
    }
    fn turn(&self, by: i64) {
        if let Some(mut hands) = self.hands() {
            hands.shown = hands.shown.saturating_add(by);
        }
    }
    fn hands(&self) -> Option<MutexGuard<'_, Hands>> {
        self.0.as_ref().map(|hands| hands.lock().unwrap_or_else(PoisonError::into_inner))
    }
    pub(crate) fn fixed(&self) -> Option<Micros> {
        self.hands().map(|hands| Micros(hands.read()))
    }
    /// The operating system's time: SQLite's clock is its process's clock.
    #[expect(clippy::disallowed_methods, reason = "this is where SQLite's clock is read")]
    pub(crate) fn system() -> Micros {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hands_turn_both_ways_and_run() {
        let clock = Clock::fake(Micros(1_000));
        clock.advance(Duration::from_micros(500));
        assert_eq!(clock.fixed(), Some(Micros(1_500)));
        clock.turn_back(Duration::from_secs(1));
        assert_eq!(clock.fixed(), Some(Micros(-998_500)));
        clock.go(100);
        std::thread::sleep(Duration::from_millis(2));
        assert!(clock.fixed() >= Some(Micros(-798_500)));
        clock.go(0);
        assert_eq!(clock.fixed(), clock.fixed());
        assert_eq!(Clock::default().fixed(), None);
    }
}
