//! The store against the pure state machine: the same random operations, legal or not, give the same job, the same plate and
//! the same refusal in `domain` and in both databases. What is compared is read by a query of this test, not by the store.
//!
//! Both engines get the same sequence, drawn from one seed: SQLite all of it, PostgreSQL its first fifth, because it takes four
//! times as long for one; at that place both must have come the same way. `MACHINE_TRANSITIONS` (default 100000; 1000000 in
//! `make test-long`) says how many moves of jobs the sequence has. `MACHINE_SEED` repeats a run.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is a failed test")]

mod floor;
mod mirror;
mod op;
mod perform;

use std::collections::{BTreeMap, HashSet};
use std::io::Write;
use std::sync::LazyLock;
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

/// The way that a run has come by a place: operations, and their fingerprint.
#[derive(Debug, PartialEq, Eq)]
struct Way {
    operations: u64,
    trail: u64,
}

/// Runs the sequence of `seed` for so many transitions; the way by the place `fifth`.
async fn same_on(engine: Engine, seed: u64, transitions: u64, fifth: u64) -> Way {
    let farm = Farm::start(engine, Setup::new().fake_clock().network("10.77.0.0/16")).await;
    let mut floor = Floor::new(&farm, Dice(seed)).await;
    let began = Instant::now();
    let (mut operations, mut way) = (0, None);
    for batches in 1.. {
        if floor.moved >= transitions {
            break;
        }
        let mut tx = farm.db().write().await.unwrap();
        for _ in 0..batch(engine) {
            floor.happens(&mut tx).await;
            operations += 1;
            if floor.moved >= fifth && way.is_none() {
                way = Some(Way { operations, trail: floor.trail() });
            }
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
    way.expect("it came as far")
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

/// So many transitions, and the seed of the sequence: the same for every test of a run.
fn sequence() -> (u64, u64) {
    static SEED: LazyLock<u64> = LazyLock::new(|| {
        let seed = number("MACHINE_SEED")
            .unwrap_or_else(|| u64::from_le_bytes(Uuid::new_v4().as_bytes()[..8].try_into().unwrap()));
        say(&format!("MACHINE_SEED={seed} repeats this run"));
        seed
    });
    (number("MACHINE_TRANSITIONS").unwrap_or(100_000), *SEED)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_machine_and_sqlite_agree() {
    let (all, seed) = sequence();
    same_on(Engine::Sqlite, seed, all, all / 5).await;
}

/// The first fifth of what SQLite gets above; SQLite goes this part of the way a second time, to show that it is the same.
#[test]
fn the_machine_and_postgres_agree() {
    let (all, seed) = sequence();
    let fifth = all / 5;
    // A thread and a runtime for each, so that neither waits for the other.
    let ways = [Engine::Sqlite, Engine::Postgres].map(|engine| {
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            runtime.block_on(same_on(engine, seed, fifth, fifth))
        })
    });
    let [sqlite, postgres] = ways.map(|way| way.join().expect("they agree"));
    assert_eq!(sqlite, postgres, "the two engines were not given the same sequence");
    say(&format!("the same {} operations on both engines for the first {fifth} transitions", sqlite.operations));
}
