//! Several server processes and one fleet: on PostgreSQL they share it without doubling anything; SQLite refuses a second.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is a failed test")]

use std::collections::BTreeSet;
use std::time::Duration;

use testkit::{Engine, Farm, Machine, Setup, Speed, Uuid, Value, run};

const PRINTERS: usize = 3;
const JOBS: usize = 15;

async fn fleet(farm: &Farm) -> Vec<(Uuid, Machine)> {
    let mut fleet = Vec::new();
    for n in 0..PRINTERS {
        let (printer, machine) = farm.bench(&format!("Bench {n}")).await;
        machine.set_speed(Speed::Whole(Duration::from_millis(150)));
        fleet.push((printer, machine));
    }
    fleet
}

/// A scripted person: takes prints off the plates until all jobs have ended.
async fn tend(farm: &Farm, fleet: &[(Uuid, Machine)], jobs: &[Value]) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    loop {
        let mut open = 0;
        for job in jobs {
            let now = farm.admin().job(job).await.ok();
            if now["status"] != "finished" {
                open += 1;
            }
        }
        if open == 0 {
            return;
        }
        assert!(tokio::time::Instant::now() < deadline, "{open} jobs are not finished");
        for (printer, _) in fleet {
            let seen = farm.admin().printer(*printer).await.ok();
            if seen["status"] == "plate_not_clear" && seen["current"].is_null() {
                let path = format!("/printers/{printer}/plate-clear");
                farm.admin().post(&path, testkit::json!({ "run": seen["plate"]["run"] })).await.done();
            }
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s2_two_servers_share_one_fleet_without_doubling() {
    run(Engine::Postgres, Setup::new(), async |farm: &Farm| {
        let fleet = fleet(farm).await;
        let second = farm.second_server().await;
        let (_one, _two) = (farm.dispatch(), second.dispatch());
        let mut jobs = Vec::new();
        for n in 0..JOBS {
            let printer = fleet[n % PRINTERS].0;
            // Accepted by one process, approved through the other.
            let job = farm.guest().send_job(printer, &format!("part {n}")).await;
            jobs.push(farm.member().at(&second).approve(&job).await.ok());
        }
        tend(farm, &fleet, &jobs).await;
        let starts: Vec<String> =
            fleet.iter().flat_map(|(_, machine)| machine.ledger()).map(|entry| entry.sha256).collect();
        let different: BTreeSet<&String> = starts.iter().collect();
        assert_eq!((starts.len(), different.len()), (JOBS, JOBS), "each job once");
        let owners =
            farm.number("SELECT COUNT(DISTINCT actor) AS n FROM journal WHERE kind = 'job.approved'", &[]).await;
        assert_eq!(owners, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s2_a_server_that_dies_is_taken_over_by_the_other() {
    run(Engine::Postgres, Setup::new(), async |farm: &Farm| {
        let (printer, machine) = farm.bench("Bench 1").await;
        machine.set_speed(Speed::Whole(Duration::from_secs(2)));
        let second = farm.second_server().await;
        let one = farm.dispatch();
        let job = farm.member().send_job(printer, "orphan").await;
        farm.member().wait_status(&job, "printing").await;
        one.crash().await;
        let _two = second.dispatch();
        farm.member().wait_status(&job, "finished").await;
        assert_eq!(machine.ledger().len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_refuses_a_second_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("imprimatur.db").display().to_string();
    let _first = sql::Db::open(&path, sql::Clock::default()).await.unwrap();
    let Err(error) = sql::Db::open(&path, sql::Clock::default()).await else { panic!("opened twice") };
    assert!(error.to_string().contains("in use by another server process"), "{error}");
}
