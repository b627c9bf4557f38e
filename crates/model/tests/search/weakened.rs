//! Each measure carries weight: without it, the same search finds how a promise is broken. The ways shown are short, not always the shortest.

use crate::common::{say, search, search_for};
use model::{Class, Floor, Weak};

const APPROVED: &str = "I1 a start has an approval for these bytes on this printer";
const RIGHT: &str = "I2 whoever approved had the right at the commit";
const DECIDED: &str = "I3 nothing starts after it was rejected or withdrawn";
const ONCE: &str = "I4 a job physically starts at most once";
const PLATE: &str = "I5 nothing starts on an occupied plate";
const ACTIVE: &str = "I8 at most one active job on a printer";
const WINDOW: &str = "APR-07 nothing is claimed in the undo window";

/// What is taken away, where, and what has to break.
fn table() -> Vec<(Weak, Floor, &'static str)> {
    let (a, b) = (Floor::alone(Class::A, 2), Floor::alone(Class::B, 2));
    let people = Floor::decisions(Class::A, 1);
    vec![
        (Weak::NoIntentOnRecord, a, ONCE),
        (Weak::NoReadBack, a, ONCE),
        (Weak::NoFence, a, ONCE),
        (Weak::ReadThenFence, a, ONCE),
        (Weak::FenceErases, a, ONCE),
        (Weak::SameName, a, ONCE),
        (Weak::NoToken, a, ONCE),
        (Weak::StartAgain, a, ONCE),
        (Weak::NetworkRepeats, a, ONCE),
        (Weak::TrustNoHistory, b, ONCE),
        (Weak::TrustNoRestart, b, ONCE),
        (Weak::IdleIsClear, Floor::queue(Class::A, 0), PLATE),
        (Weak::NotBusy, Floor::queue(Class::A, 0), ACTIVE),
        (Weak::NoCompare, people, APPROVED),
        (Weak::RoleBefore, people, RIGHT),
        (Weak::GateAtDispatch, people, APPROVED),
        (Weak::TakeBackKeepsClaim, people, APPROVED),
        (Weak::NoUndoWindow, people, WINDOW),
        (Weak::IntentFromMemory, people, DECIDED),
        (Weak::FormerPersonGoesOn, people.with_leaver(), APPROVED),
        (Weak::AssignClaimed, people.with_group(), APPROVED),
        (Weak::AssignForAnybody, people.with_group(), RIGHT),
        (Weak::AnswerWithoutFence, people.with_removal(), DECIDED),
    ]
}

#[test]
fn every_measure_that_is_taken_away_breaks_a_promise() {
    let mut surprises = Vec::new();
    for (weak, floor, promise) in table() {
        let found = search_for(&format!("without {weak:?}"), floor.without(weak), promise);
        let broken: Vec<_> = found.steps.keys().collect();
        match found.steps.get(promise) {
            Some(steps) => say(&format!("    {promise}: broken in {} steps: {}", steps.len(), steps.join(", "))),
            None => surprises.push(format!("{weak:?} should break {promise:?}, but broke {broken:?}")),
        }
    }
    assert!(surprises.is_empty(), "{surprises:#?}");
}

/// The same floors with nothing taken away are safe: it is the measure, not the floor. (Those with a leaver, a removal or a
/// group are in `protocol.rs`.)
#[test]
fn the_same_floors_are_safe_with_every_measure() {
    let mut seen = Vec::new();
    for (_, floor, _) in table() {
        let key = format!("{floor:?}");
        if floor.leaver || floor.removal || floor.group || seen.contains(&key) {
            continue;
        }
        let found = search("nothing taken away", floor);
        let broken: Vec<_> = found.always.iter().filter(|name| found.steps.contains_key(*name)).collect();
        assert!(broken.is_empty(), "{broken:?} on {floor:?}");
        seen.push(key);
    }
}
