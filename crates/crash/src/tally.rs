//! Which fail points were passed, and at which a server ended; and which one is next.

use std::collections::BTreeMap;

use fail_point::{ALL, Point, Step, name};
use testkit::Engine;

use crate::chance::Chance;

/// Numbers of one fail point on one engine.
#[derive(Debug, Default, Clone, Copy)]
struct Count {
    passed: u64,
    ended: u64,
    tried: u64,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Tally(BTreeMap<(String, bool), Count>);

fn key(point: &str, engine: Engine) -> (String, bool) {
    (point.to_owned(), engine == Engine::Postgres)
}

impl Tally {
    fn of(&self, point: Point, engine: Engine) -> Count {
        self.0.get(&key(&name(point), engine)).copied().unwrap_or_default()
    }

    pub(crate) fn passed(&mut self, point: &str, engine: Engine) {
        self.0.entry(key(point, engine)).or_default().passed += 1;
    }

    pub(crate) fn ended(&mut self, point: &str, engine: Engine) {
        self.0.entry(key(point, engine)).or_default().ended += 1;
    }

    /// The fail point that was the end of a server least often, and at which of its passes to end this time.
    pub(crate) fn next(&mut self, engine: Engine, chance: &Chance, orphans: bool) -> (Point, u64) {
        let mut points: Vec<Point> = ALL.to_vec();
        chance.shuffle(&mut points);
        // Nothing is taken over unless a server ended in the middle of a job.
        points.retain(|point| point.0 != Step::TakeOver || orphans);
        points.sort_by_key(|point| {
            let count = self.of(*point, engine);
            (count.ended > 0, count.tried, count.ended)
        });
        let point = points[0];
        self.0.entry(key(&name(point), engine)).or_default().tried += 1;
        let again = self.of(point, engine).ended > 0;
        (point, if again { chance.between(1, 3) } else { 1 })
    }

    /// Fail points at which no server has ended yet on this engine.
    pub(crate) fn missing(&self, engine: Engine) -> Vec<String> {
        ALL.iter().filter(|point| self.of(**point, engine).ended == 0).map(|point| name(*point)).collect()
    }

    /// Names that servers wrote and that are not in the list.
    pub(crate) fn unlisted(&self) -> Vec<String> {
        let known: Vec<String> = ALL.iter().map(|point| name(*point)).collect();
        self.0.keys().filter(|(point, _)| !known.contains(point)).map(|(point, _)| point.clone()).collect()
    }

    pub(crate) fn table(&self) -> String {
        let mut text = format!("{:<24} {:>18} {:>18}\n", "fail point", "SQLite", "PostgreSQL");
        text.push_str(&format!("{:<24} {:>9} {:>8} {:>9} {:>8}\n", "", "passed", "ended", "passed", "ended"));
        for point in ALL {
            let (one, two) = (self.of(*point, Engine::Sqlite), self.of(*point, Engine::Postgres));
            // The last pass is the one at which the server ended.
            text.push_str(&format!(
                "{:<24} {:>9} {:>8} {:>9} {:>8}\n",
                name(*point),
                one.passed + one.ended,
                one.ended,
                two.passed + two.ended,
                two.ended
            ));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_that_was_never_the_end_is_missing() {
        let mut tally = Tally::default();
        assert_eq!(tally.missing(Engine::Sqlite).len(), ALL.len());
        tally.passed("Intent.After", Engine::Sqlite);
        assert!(tally.missing(Engine::Sqlite).contains(&"Intent.After".to_owned()), "passing is not ending");
        tally.ended("Intent.After", Engine::Sqlite);
        assert!(!tally.missing(Engine::Sqlite).contains(&"Intent.After".to_owned()));
        let other = tally.missing(Engine::Postgres);
        assert!(other.contains(&"Intent.After".to_owned()), "an end on one engine is none on the other");
        tally.passed("Nothing.After", Engine::Sqlite);
        assert_eq!(tally.unlisted(), ["Nothing.After"]);
    }

    #[test]
    fn points_that_were_not_the_end_come_first() {
        let chance = Chance::new(1);
        let mut tally = Tally::default();
        for _ in 0..ALL.len() {
            let (point, at) = tally.next(Engine::Sqlite, &chance, true);
            assert_eq!(at, 1);
            tally.ended(&name(point), Engine::Sqlite);
        }
        assert!(tally.missing(Engine::Sqlite).is_empty());
    }
}
