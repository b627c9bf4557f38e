//! Everything that leaves doubt about a start: lost answers, late starts, power losses, people at the panel. What the
//! driver answers then, against the virtual printer. The names say what is proven.
#![expect(clippy::disallowed_methods, reason = "the tests of a driver send starts")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod story;

use std::time::Duration;

use printers::{Evidence, Fault as DriverFault, Fence, Outcome, PrinterState, Reply, Verified};
use story::{peer::*, *};
use virtual_printer::{Fault, Options};

#[tokio::test]
async fn a_lost_answer_is_unknown_and_the_read_back_finds_it_running() {
    let (handle, driver) = printer(LONG).await;
    let (name, _file) = uploaded(&*driver).await;
    handle.fault(Fault::LoseStartAnswer);
    assert_eq!(driver.start(&name).await, Reply::Unknown);
    assert_eq!(driver.fence(&name).await, Fence::InUse);
    assert_eq!(driver.evidence_since(&name, None).await, Ok(Evidence::Running));
    assert_eq!(starts(&handle), [name.as_str()]);
}

#[tokio::test]
async fn a_lost_start_is_provably_not_started_after_the_fence() {
    let (handle, driver) = printer(LONG).await;
    let (name, _file) = uploaded(&*driver).await;
    let witness = driver.witness().await.unwrap();
    handle.fault(Fault::LoseStart);
    assert_eq!(driver.start(&name).await, Reply::Unknown);
    assert_eq!(driver.fence(&name).await, Fence::Fenced);
    let evidence = driver.evidence_since(&name, Some(&*witness)).await;
    assert_eq!(evidence, Ok(Evidence::NotSeen { complete: true }));
    let evidence = driver.evidence_since(&name, None).await;
    assert_eq!(evidence, Ok(Evidence::NotSeen { complete: false }), "without a witness nothing is proven");
    assert!(starts(&handle).is_empty());
}

#[tokio::test]
async fn a_start_that_was_given_up_happens_later_if_there_is_no_fence() {
    let (handle, driver) = printer(LONG).await;
    let (name, _file) = uploaded(&*driver).await;
    handle.fault(Fault::LateStart { ms: 300 });
    assert_eq!(driver.start(&name).await, Reply::Unknown);
    assert_eq!(driver.observe().await.unwrap().state, PrinterState::Idle);
    until_running(&*driver, &name).await;
    assert_eq!(starts(&handle), [name.as_str()]);
}

#[tokio::test]
async fn the_fence_stops_a_start_that_is_still_under_way() {
    let (handle, driver) = printer(LONG).await;
    let (name, _file) = uploaded(&*driver).await;
    let witness = driver.witness().await.unwrap();
    handle.fault(Fault::LateStart { ms: 300 });
    assert_eq!(driver.start(&name).await, Reply::Unknown);
    assert_eq!(driver.fence(&name).await, Fence::Fenced);
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert!(starts(&handle).is_empty());
    let evidence = driver.evidence_since(&name, Some(&*witness)).await;
    assert_eq!(evidence, Ok(Evidence::NotSeen { complete: true }));
}

#[tokio::test]
async fn a_start_that_takes_too_long_is_unknown_and_executed_at_most_once() {
    let (handle, driver) = printer(LONG).await;
    let (name, _file) = uploaded(&*driver).await;
    handle.always(Fault::DelayStart { ms: 800 });
    assert_eq!(impatient(&handle).start(&name).await, Reply::Unknown);
    until_running(&*driver, &name).await;
    tokio::time::sleep(Duration::from_millis(1000)).await;
    assert_eq!(starts(&handle), [name.as_str()], "no retry below the driver");
}

#[tokio::test]
async fn a_yes_without_a_print_is_no_proof() {
    let (handle, driver) = printer(LONG).await;
    let (name, _file) = uploaded(&*driver).await;
    let witness = driver.witness().await.unwrap();
    handle.fault(Fault::IgnoreStart);
    assert_eq!(driver.start(&name).await, Reply::Sent);
    assert_eq!(driver.observe().await.unwrap().running, None);
    assert_eq!(driver.fence(&name).await, Fence::Fenced);
    let evidence = driver.evidence_since(&name, Some(&*witness)).await;
    assert_eq!(evidence, Ok(Evidence::NotSeen { complete: true }));
}

#[tokio::test]
async fn a_busy_printer_refuses_a_second_start_and_the_first_goes_on() {
    let (handle, driver) = printer(LONG).await;
    let (first, _one) = uploaded(&*driver).await;
    let (second, _two) = uploaded(&*driver).await;
    assert_eq!(driver.start(&first).await, Reply::Sent);
    assert!(matches!(driver.start(&second).await, Reply::Refused(_)));
    assert_eq!(driver.fence(&second).await, Fence::Fenced, "another file can be fenced while one prints");
    until_running(&*driver, &first).await;
    assert_eq!(starts(&handle), [first.as_str()]);
}

#[tokio::test]
async fn the_fence_keeps_the_record_of_a_finished_print() {
    let (_handle, driver) = printer(SHORT).await;
    let (name, _file) = uploaded(&*driver).await;
    driver.start(&name).await;
    until_ended(&*driver, &name).await;
    assert_eq!(driver.fence(&name).await, Fence::Fenced);
    assert_eq!(driver.evidence_since(&name, None).await, Ok(Evidence::Ended(Outcome::Finished)));
    assert!(matches!(driver.start(&name).await, Reply::Refused(_)), "a fenced file cannot be started");
}

#[tokio::test]
async fn a_record_that_the_fence_overtakes_is_told_by_the_push_channel() {
    let slow_record = Options { record_delay: Duration::from_millis(500), ..options(SHORT) };
    for watched in [true, false] {
        let (_handle, driver) = printer_with(slow_record.clone()).await;
        let (name, _file) = uploaded(&*driver).await;
        let witness = if watched { driver.witness().await } else { None };
        driver.start(&name).await;
        until_idle(&*driver).await;
        assert_eq!(driver.fence(&name).await, Fence::Fenced);
        tokio::time::sleep(Duration::from_millis(700)).await;
        let evidence = driver.evidence_since(&name, witness.as_deref()).await.unwrap();
        match watched {
            true => assert_eq!(evidence, Evidence::Ended(Outcome::Finished)),
            false => assert_eq!(evidence, Evidence::NotSeen { complete: false }),
        }
    }
}

#[tokio::test]
async fn after_a_power_loss_absence_proves_nothing() {
    let (handle, driver) = printer(LONG).await;
    let (name, _file) = uploaded(&*driver).await;
    let witness = driver.witness().await.unwrap();
    driver.start(&name).await;
    until_running(&*driver, &name).await;
    assert!(witness.unbroken());
    handle.fault(Fault::PowerLoss { ms: 200 });
    assert_eq!(driver.observe().await, Err(DriverFault::Unreachable));
    until_idle(&*driver).await;
    assert!(!witness.unbroken());
    let later = driver.witness().await.unwrap();
    assert_eq!(driver.fence(&name).await, Fence::Fenced);
    let evidence = driver.evidence_since(&name, Some(&*witness)).await;
    assert_eq!(evidence, Ok(Evidence::NotSeen { complete: false }));
    assert!(later.unbroken() && !witness.unbroken(), "a new witness does not mend an old one");
    assert_eq!(handle.ledger()[0].end.as_deref(), Some("power_loss"));
    assert_eq!(handle.state().boots, 2);
}

#[tokio::test]
async fn a_durable_history_tells_the_print_that_a_power_loss_ended() {
    let (handle, driver) = printer_with(Options { durable_history: true, ..options(LONG) }).await;
    let (name, _file) = uploaded(&*driver).await;
    handle.fault(Fault::PowerLossAfterStart { ms: 200 });
    assert_eq!(driver.start(&name).await, Reply::Unknown);
    until_idle(&*driver).await;
    assert_eq!(driver.evidence_since(&name, None).await, Ok(Evidence::Ended(Outcome::Failed)));
    assert_eq!(starts(&handle), [name.as_str()]);
}

#[tokio::test]
async fn a_witness_breaks_when_the_connection_does_even_if_the_printer_runs_on() {
    let (handle, driver) = printer(LONG).await;
    let witness = driver.witness().await.unwrap();
    let again = driver.witness().await.unwrap();
    assert!(witness.unbroken() && again.unbroken());
    handle.fault(Fault::Unreachable { ms: 200, silent: false });
    assert!(driver.witness().await.is_none(), "away");
    until_idle(&*driver).await;
    assert!(!witness.unbroken() && !again.unbroken());
}

#[tokio::test]
async fn a_witness_counts_only_with_the_driver_that_gave_it() {
    let (handle, one) = printer(LONG).await;
    let other = driver(&handle.address().to_string(), handle.api_key(), timeouts());
    let (name, _file) = uploaded(&*one).await;
    let witness = one.witness().await.unwrap();
    one.fence(&name).await;
    let evidence = other.evidence_since(&name, Some(&*witness)).await;
    assert_eq!(evidence, Ok(Evidence::NotSeen { complete: false }));
}

#[tokio::test]
async fn a_silent_printer_is_unreachable_within_the_time_limit() {
    let (handle, _) = printer(LONG).await;
    let driver = impatient(&handle);
    handle.fault(Fault::Unreachable { ms: 60_000, silent: true });
    let since = std::time::Instant::now();
    assert_eq!(driver.observe().await, Err(DriverFault::Unreachable));
    assert_eq!(driver.start(&name(1)).await, Reply::Unknown);
    assert_eq!(driver.fence(&name(1)).await, Fence::Unreachable);
    assert!(driver.witness().await.is_none());
    assert!(since.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn our_file_started_at_the_panel_is_running_also_under_its_fenced_name() {
    let (handle, driver) = printer(LONG).await;
    let (name, _file) = uploaded(&*driver).await;
    assert_eq!(driver.fence(&name).await, Fence::Fenced);
    handle.fault(Fault::PanelStart { name: Some(format!("imp-fenced/{name}")) });
    assert_eq!(driver.evidence_since(&name, None).await, Ok(Evidence::Running));
    assert_eq!(handle.ledger()[0].how, "panel");
}

#[tokio::test]
async fn lost_files_are_missing_and_count_as_fenced() {
    let (handle, driver) = printer(LONG).await;
    let (name, file) = uploaded(&*driver).await;
    handle.fault(Fault::LoseFiles);
    assert_eq!(driver.verify(&name, &expected(file.path())).await, Ok(Verified::Missing));
    assert_eq!(driver.fence(&name).await, Fence::Fenced);
    assert!(matches!(driver.start(&name).await, Reply::Refused(_)));
    assert_eq!(driver.remove(&name).await, Reply::Sent);
}

#[tokio::test]
async fn a_not_found_from_something_else_is_no_fence() {
    let address = parrot(http("404 Not Found", "<html>proxy</html>")).await;
    let driver = driver(&address.to_string(), "k", timeouts());
    assert_eq!(driver.fence(&name(1)).await, Fence::Unreachable);
}

#[tokio::test]
async fn a_not_found_for_the_file_is_believed_only_from_octoprint_itself() {
    let address = answering(|request| match request.contains("multipart/form-data") {
        true => http("201 Created", "{}"),
        false => http("404 Not Found", "Not found"),
    });
    let driver = driver(&address.await.to_string(), "k", timeouts());
    assert_eq!(driver.fence(&name(1)).await, Fence::Unreachable);
}

#[tokio::test]
async fn a_yes_to_something_else_is_no_fence_and_another_files_record_is_not_ours() {
    let other = r#"{"path":"imp-1-00000000-1.gcode","size":1,"prints":{"last":{"success":true}}}"#;
    let address = answering(move |request| match request.starts_with("GET") {
        true => http("200 OK", other),
        false => http("201 Created", other),
    });
    let driver = driver(&address.await.to_string(), "k", timeouts());
    assert_eq!(driver.fence(&name(1)).await, Fence::Unreachable);
    assert!(driver.evidence_since(&name(1), None).await.is_err());
    assert!(driver.verify(&name(1), &expected(gcode(1, 1).path())).await.is_err());
}

#[tokio::test]
async fn a_fence_can_be_repeated_until_it_is_acknowledged() {
    let (handle, driver) = printer(LONG).await;
    let (name, _file) = uploaded(&*driver).await;
    handle.fault(Fault::LoseMove);
    assert_eq!(driver.fence(&name).await, Fence::Unreachable);
    handle.fault(Fault::LoseMoveAnswer);
    assert_eq!(driver.fence(&name).await, Fence::Unreachable);
    assert_eq!(driver.fence(&name).await, Fence::Fenced);
    assert_eq!(driver.fence(&name).await, Fence::Fenced);
}

#[tokio::test]
async fn a_print_that_broke_off_while_paused_is_never_taken_for_one_that_did_not_start() {
    let (handle, driver) = printer(LONG).await;
    let (name, _file) = uploaded(&*driver).await;
    let witness = driver.witness().await.unwrap();
    driver.start(&name).await;
    until_running(&*driver, &name).await;
    driver.pause(&name).await;
    until(&*driver, "paused", |seen| seen.state == PrinterState::Paused).await;
    handle.fault(Fault::SerialDrop);
    assert_eq!(driver.fence(&name).await, Fence::Fenced);
    assert!(witness.unbroken(), "OctoPrint itself runs on");
    let evidence = driver.evidence_since(&name, Some(&*witness)).await;
    assert_eq!(evidence, Ok(Evidence::NotSeen { complete: false }), "no record, but the start was told");
    assert_eq!(starts(&handle), [name.as_str()]);
}
