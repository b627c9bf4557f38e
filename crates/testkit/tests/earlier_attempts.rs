//! An attempt that no machine has proven not started: a person said so, while its printer did not answer. Its start may still wait
//! somewhere, so its name is fenced before the next attempt starts anything (S2).

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is a failed test")]

use std::time::Duration;

use testkit::{Farm, Fault, Machine, Uuid, Value, both_engines, json};
use tokio::time::Instant;

fn starts(machine: &Machine, job: &Value) -> usize {
    let ours = format!("imp-{}-", job["number"]);
    machine.ledger().iter().filter(|entry| entry.name.contains(&ours)).count()
}

/// The process dies while a start is on its way that comes true after `late`; the printer is removed and does not answer for
/// a minute; a person says that it did not print, and the job goes to another printer. The job, and when its start was there.
async fn a_start_that_waits_somewhere(farm: &Farm, from: (Uuid, &Machine), to: Uuid, late: u64) -> (Value, Instant) {
    from.1.fault(Fault::LateStart { ms: late });
    let floor = farm.dispatch();
    let job = farm.guest().send_job(from.0, "moved away").await;
    farm.member().approve(&job).await.done();
    farm.until_zero("SELECT COUNT(*) - 1 AS n FROM print_job WHERE state = 'intent'").await;
    while !from.1.state().faults.is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let sent = Instant::now();
    drop(floor);
    from.1.fault(Fault::Unreachable { ms: 60_000, silent: false });
    farm.admin().delete(&format!("/printers/{}", from.0)).await.done();
    farm.admin().act(&job, "resolve", json!({ "outcome": "did_not_print", "plate_is_clear": true })).await.done();
    farm.admin().reroute(&job, to).await.done();
    (job, sent)
}

both_engines! {
    /// The printer is back from the Trash: its silence is no proof. The job waits until it answers; then its name is fenced.
    async fn s2_an_earlier_start_is_fenced_before_the_next_attempt(farm) {
        let ((one, first), (two, second)) = (farm.bench("Bench 1").await, farm.bench("Bench 2").await);
        let (job, sent) = a_start_that_waits_somewhere(farm, (one, &first), two, 7000).await;
        farm.admin().post(&format!("/printers/{one}/restore"), json!({})).await.done();
        let _floor = farm.dispatch();
        tokio::time::sleep(Duration::from_millis(1200)).await;
        assert!(second.ledger().is_empty(), "{:?}", second.ledger());
        first.fault(Fault::Unreachable { ms: 0, silent: false }); // it answers again
        farm.member().wait_status(&job, "finished").await;
        tokio::time::sleep_until(sent + Duration::from_millis(7800)).await;
        assert_eq!((starts(&first, &job), starts(&second, &job)), (0, 1));
    }

    /// A printer that was taken away for good does not answer: the person's word is all there is, and the job goes on.
    async fn s2_a_removed_printer_that_is_off_keeps_no_job(farm) {
        let ((one, first), (two, second)) = (farm.bench("Bench 1").await, farm.bench("Bench 2").await);
        let (job, _) = a_start_that_waits_somewhere(farm, (one, &first), two, 60_000).await;
        let _floor = farm.dispatch();
        farm.member().wait_status(&job, "finished").await;
        assert_eq!((starts(&first, &job), starts(&second, &job)), (0, 1));
    }
}
