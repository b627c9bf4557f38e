//! The store against the pure state machine: the same random operations, legal or not, give the same job, the same plate and
//! the same refusal in `domain` and in both databases. What is compared is read by a query of this test, not by the store.
//!
//! `MACHINE_TRANSITIONS` (default 100000; 1000000 in `make test-long`) says how many moves of jobs on both engines together:
//! four fifths on SQLite, one fifth on PostgreSQL. `MACHINE_SEED` repeats a run.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is a failed test")]

mod floor;
mod mirror;
mod op;
mod perform;

use std::collections::{BTreeMap, HashSet};
use std::io::Write;
use std::time::Instant;

use domain::State;
use domain::job::TABLE;
use testkit::{Engine, Farm, Setup, Uuid};

use crate::floor::Floor;
use crate::op::Dice;

/// Operations in one transaction: many where a commit waits for the disk, few where old row versions pile up until it.
fn batch(engine: Engine) -> usize {
    match engine {
        Engine::Sqlite => 200,
        Engine::Postgres => 20,
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

/// Straight to the output, which a passing test's `println` is not.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "store against machine: {line}").unwrap();
}

async fn same_on(engine: Engine) {
    let all = number("MACHINE_TRANSITIONS").unwrap_or(100_000);
    // PostgreSQL takes four times as long for one: each statement goes over a socket.
    let transitions = match engine {
        Engine::Sqlite => all - all / 5,
        Engine::Postgres => all / 5,
    };
    let seed = number("MACHINE_SEED")
        .unwrap_or_else(|| u64::from_le_bytes(Uuid::new_v4().as_bytes()[..8].try_into().unwrap()));
    say(&format!("{engine:?}: MACHINE_SEED={seed} repeats this run"));
    let farm = Farm::start(engine, Setup::new().fake_clock().network("10.77.0.0/16")).await;
    let mut floor = Floor::new(&farm, Dice(seed)).await;
    let began = Instant::now();
    for batches in 1.. {
        if floor.moved >= transitions {
            break;
        }
        let mut tx = farm.db().write().await.unwrap();
        for _ in 0..batch(engine) {
            floor.happens(&mut tx).await;
        }
        tx.commit().await.unwrap();
        if batches % (200 / batch(engine)) == 0 {
            floor.time_passes(&farm);
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    say(&format!(
        "{engine:?}: {} transitions and {} refusals the same in {seconds:.1} s; {} jobs",
        floor.moved, floor.refused, floor.accepted
    ));
    if transitions >= 10_000 {
        got_everywhere(floor.moves(), &floor.kinds);
    }
    farm.check().await;
}

/// Every row of the machine's table was taken, and every kind of refusal given.
fn got_everywhere(moves: &HashSet<(domain::Move, State, State)>, kinds: &BTreeMap<String, u64>) {
    // A restored backup moves all jobs of an organization at once; it has tests of its own.
    let wanted = TABLE.iter().filter(|(what, ..)| *what != domain::Move::HoldRestored);
    let missing: Vec<_> = wanted.filter(|row| !moves.contains(*row)).collect();
    assert!(missing.is_empty(), "never happened: {missing:?}");
    for kind in [
        "WrongState",
        "NotMine",
        "UndoWindow",
        "Changed",
        "AlreadyDecided",
        "Unavailable",
        "Rule",
        "Trigger",
        "NotGiven",
        "PlateNotClear",
        "Removed",
        "Disabled",
    ] {
        assert!(kinds.keys().any(|seen| seen.contains(kind)), "never refused as {kind}: {kinds:#?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_machine_and_sqlite_agree() {
    same_on(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_machine_and_postgres_agree() {
    same_on(Engine::Postgres).await;
}
