//! A worker holds its job by a lease, kept alive by its heart (dispatch.md 2.3): as long as it lives nobody else takes the job, and
//! when it is gone somebody does. The same heart carries people's wishes.

#![allow(clippy::unwrap_used, reason = "a failed test says where")]

use std::collections::BTreeSet;
use std::time::Duration;

use testkit::{Engine, Farm, Setup, Speed, Value, both_engines, json, params, run};

fn id(job: &Value) -> testkit::Uuid {
    job["id"].as_str().unwrap().parse().unwrap()
}

/// Why a job went back to the queue, each time.
async fn released(farm: &Farm, job: &Value) -> Vec<String> {
    let rows = "SELECT data FROM journal WHERE job = $1 AND kind = 'job.released' ORDER BY seq";
    let rows = farm.rows(rows, params![id(job)]).await;
    let why = |row: &testkit::Row| {
        let data: Value = serde_json::from_str(&row.get::<String>("data").unwrap()).unwrap();
        data["why"].as_str().unwrap().to_owned()
    };
    rows.iter().map(why).collect()
}

/// Goes up each time that somebody takes the job.
async fn token(farm: &Farm, job: &Value) -> i64 {
    farm.number("SELECT lease_token AS n FROM print_job WHERE id = $1", params![id(job)]).await
}

/// A Member's job that is being printed for so long.
async fn printing(farm: &Farm, whole: Duration) -> (Value, testkit::Machine, testkit::Dispatching) {
    let (printer, machine) = farm.bench("Bench 1").await;
    machine.set_speed(Speed::Whole(whole));
    let floor = farm.dispatch();
    let job = farm.member().send_job(printer, "long").await;
    farm.member().wait_status(&job, "printing").await;
    (job, machine, floor)
}

/// Leases of three seconds, a print of eight, and a second process that looks for orphans all the time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s2_a_worker_that_lives_keeps_its_job() {
    let setup = Setup::new().config(|config| config.lease = Duration::from_secs(3));
    run(Engine::Postgres, setup, async |farm: &Farm| {
        let (job, machine, _floor) = printing(farm, Duration::from_secs(8)).await;
        let taken = token(farm, &job).await;
        let second = farm.second_server().await;
        let _other = second.dispatch();
        while machine.state().printing.is_some() {
            assert_eq!(token(farm, &job).await, taken, "nobody took it over");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        farm.member().wait_status(&job, "finished").await;
        assert_eq!(machine.ledger().len(), 1);
    })
    .await;
}

/// The server ends and its process lives on: whatever kept the lease must have ended with the worker.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s2_a_worker_that_ends_lets_go_of_its_job() {
    run(Engine::Postgres, Setup::new(), async |farm: &Farm| {
        let (job, machine, floor) = printing(farm, Duration::from_secs(2)).await;
        let taken = token(farm, &job).await;
        let second = farm.second_server().await;
        floor.crash().await;
        let _other = second.dispatch();
        farm.member().wait_status(&job, "finished").await;
        assert!(token(farm, &job).await > taken, "it was taken over");
        assert_eq!(machine.ledger().len(), 1);
    })
    .await;
}

both_engines! {
    /// Its worker was gone before anything was started: it is given back, with the reason, and claimed anew.
    async fn s2_what_was_claimed_and_not_started_is_given_back(farm) {
        let (printer, machine) = farm.bench("Bench 1").await;
        let job = farm.member().send_job(printer, "boat").await;
        let gone = store::dispatch::boot(farm.db(), 1).await.unwrap();
        let mut tx = farm.db().write().await.unwrap();
        let claim = store::dispatch::claim(&mut tx, &gone, domain::JobId(id(&job))).await.unwrap();
        tx.commit().await.unwrap();
        assert!(claim.is_some());
        let _floor = farm.dispatch();
        farm.member().wait_status(&job, "finished").await;
        assert_eq!(released(farm, &job).await, ["taken over before the start"]);
        assert_eq!(machine.ledger().len(), 1);
    }

    /// A printer whose key cannot be read any more, and a stored file that is gone: the job waits twelve times as long as after a
    /// passing trouble, and says why.
    async fn s2_what_only_an_admin_can_mend_is_not_tried_all_the_time(farm) {
        let (printer, machine) = farm.bench("Bench 1").await;
        let (other, second) = farm.bench("Bench 2").await;
        let sealed = "UPDATE printer SET secret = $2 WHERE id = $1";
        farm.exec(sealed, params![printer, vec![7_u8; 60]]).await;
        let job = farm.member().send_job(printer, "no key").await;
        let lost = farm.member().send_job(other, "no file").await;
        let sha = lost["send_sha"].as_str().unwrap().to_owned();
        std::fs::remove_file(farm.folder().join("files/blobs").join(farm.org().to_string()).join(&sha[..2]).join(&sha)).unwrap();
        let _floor = farm.dispatch();
        for (job, why) in [(&job, ""), (&lost, "the stored file is missing or damaged")] {
            while released(farm, job).await.is_empty() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            let waits = "SELECT j.not_before - y.at AS n FROM print_job j JOIN journal y ON y.job = j.id AND y.kind = 'job.released' \
                WHERE j.id = $1 ORDER BY y.seq LIMIT 1";
            let waits = farm.number(waits, params![id(job)]).await;
            assert!((2_000_000..3_000_000).contains(&waits), "12 times 0.2 s, not {waits} microseconds");
            assert!(released(farm, job).await[0].contains(why));
            assert_eq!(farm.member().job(job).await.ok()["status"], "queued");
        }
        assert!(farm.admin().printer(printer).await.ok()["last_error"]["code"] == "unusable");
        assert!(machine.ledger().is_empty() && second.ledger().is_empty());
    }

    /// PRN-01: what a printer does is shown in whole degrees and percents, as it changes; and that it does not answer.
    async fn prn_01_a_printer_shows_what_it_does(farm) {
        let (job, machine, _floor) = printing(farm, Duration::from_secs(20)).await;
        let printer = job["printer"]["id"].as_str().unwrap().parse().unwrap();
        let mut percents = BTreeSet::new();
        let until = tokio::time::Instant::now() + Duration::from_secs(20);
        while percents.len() < 4 {
            assert!(tokio::time::Instant::now() < until, "it does not go on: {percents:?}");
            let live = farm.member().printer(printer).await.ok()["live"].clone();
            for value in ["percent", "nozzle_c", "bed_c"] {
                let shown = live[value].as_f64().unwrap_or_default();
                assert!(shown.fract() == 0.0, "{value} {shown}");
            }
            percents.insert(live["percent"].as_f64().unwrap_or_default() as i64);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        machine.fault(testkit::Fault::Unreachable { ms: 5_000, silent: false });
        while farm.member().printer(printer).await.ok()["status"] != "offline" {
            assert!(tokio::time::Instant::now() < until, "it answers still");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// A lease is written every third of its length, not all the time: on a Raspberry Pi each write is one for its card.
    async fn a_lease_is_written_three_times_in_its_length(farm, Setup::new().config(|config| config.lease = Duration::from_secs(3))) {
        let (job, _machine, _floor) = printing(farm, Duration::from_secs(60)).await;
        let mut seen = BTreeSet::new();
        let until = tokio::time::Instant::now() + Duration::from_secs(4);
        while tokio::time::Instant::now() < until {
            let lease = "SELECT lease_until AS n FROM print_job WHERE id = $1";
            seen.insert(farm.number(lease, params![id(&job)]).await);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!((3..=6).contains(&seen.len()), "{seen:?}");
    }

    /// JOB-04, JOB-05: a wish reaches the printer long before the next beat, and is carried out once.
    async fn job_05_a_wish_does_not_wait_for_the_next_beat(farm, Setup::new().config(|config| config.lease = Duration::from_secs(600))) {
        let (job, machine, _floor) = printing(farm, Duration::from_secs(60)).await;
        farm.member().act(&job, "pause", json!({})).await.done();
        farm.member().wait_status(&job, "paused").await;
        farm.until_zero("SELECT COUNT(*) AS n FROM print_job WHERE wish IS NOT NULL").await;
        farm.member().act(&job, "abort", json!({})).await.done();
        farm.member().wait_status(&job, "aborted").await;
        assert_eq!(machine.ledger().len(), 1);
    }
}
