//! The proof of the permissions (ROL-02, ACC-01, ACC-06): every operation of the API, asked for every role, plan, relation and
//! credential, against an oracle that knows the seeds' tables and not the code that decides.
//!
//! `decisions` asks all cells of the functions behind a request; `http` sends each operation as everybody for each relation, with a
//! session, with tokens and with nothing, over real HTTP; `lists` compares every list with what the details answer. An operation without an entry in `operations.rs` fails.

#![expect(clippy::unwrap_used, reason = "a failed test says where")]

mod answers;
mod api;
mod callers;
mod cases;
mod decisions;
mod http;
mod lists;
mod operations;
mod oracle;
mod rows;
mod scopes;
mod world;

use std::io::Write;

use testkit::{Engine, Farm, Setup};

/// Printers are at addresses where nobody answers.
fn setup() -> Setup {
    Setup::new().minutes(20).network("10.77.0.0/16")
}

/// All of it on one engine, both parts at once. The rows behind the decisions are made by hand, without the history that the
/// invariants ask for: they have a farm of their own.
async fn proof(engine: Engine) {
    let begun = std::time::Instant::now();
    let decisions = async { decisions::all(&Farm::start(engine, Setup::new()).await).await };
    let http = async {
        let mut calls = Ok(0);
        testkit::run(engine, setup(), async |farm: &Farm| calls = http::all(farm).await).await;
        calls
    };
    let (cells, calls) = tokio::join!(decisions, http);
    let wrong: Vec<_> = [&cells, &calls].into_iter().filter_map(|part| part.as_ref().err()).collect();
    assert!(wrong.is_empty(), "{engine:?}: {}", wrong.iter().map(|w| w.as_str()).collect::<Vec<_>>().join("\n\n"));
    // Straight to the output, which a passing test's `println` is not.
    let said = writeln!(
        std::io::stdout().lock(),
        "{engine:?}: {} cells through the decision interface, {} calls over HTTP, in {} seconds",
        cells.unwrap(),
        calls.unwrap(),
        begun.elapsed().as_secs()
    );
    said.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rol_02_acc_01_acc_06_sqlite() {
    proof(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rol_02_acc_01_acc_06_postgres() {
    proof(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acc_01_every_list_is_the_filter_of_its_details_sqlite() {
    testkit::run(Engine::Sqlite, setup().machines(10), lists::all).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acc_01_every_list_is_the_filter_of_its_details_postgres() {
    testkit::run(Engine::Postgres, setup().machines(10), lists::all).await;
}
