//! The methods of the OctoPrint driver against the virtual printer, without doubt about a start. The names say what is
//! proven; octoprint_recovery.rs has the doubtful cases.
#![expect(clippy::disallowed_methods, reason = "the tests of a driver send starts")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod story;

use std::{sync::Arc, time::Duration};

use domain::RemoteName;
use printers::{Evidence, Expected, Fault as DriverFault, Fence, Outcome, PrinterState, Reply, Verified};
use sha2::{Digest, Sha256};
use story::{peer::*, *};
use virtual_printer::{Fault, Options};

#[tokio::test]
async fn a_printer_says_what_it_is() {
    let (_handle, driver) = printer(LONG).await;
    assert_eq!(driver.identify().await.unwrap().product, "OctoPrint 1.11.8");
    let seen = driver.observe().await.unwrap();
    assert_eq!((seen.state, seen.running, seen.text.as_str()), (PrinterState::Idle, None, "Operational"));
    assert!(seen.nozzle_c.is_some() && seen.bed_c.is_some());
}

#[tokio::test]
async fn a_wrong_key_is_told_apart_from_a_printer_that_is_away() {
    let (handle, _) = printer(LONG).await;
    let address = handle.address().to_string();
    let stranger = driver(&address, "wrong", timeouts());
    assert_eq!(stranger.identify().await, Err(DriverFault::BadCredential));
    assert_eq!(stranger.observe().await, Err(DriverFault::BadCredential));
    assert!(stranger.witness().await.is_none());
    let unspeakable = driver(&address, "not\na header", timeouts());
    assert_eq!(unspeakable.identify().await, Err(DriverFault::BadCredential));
    drop(handle);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let gone = driver(&address, "any", timeouts());
    assert_eq!(gone.identify().await, Err(DriverFault::Unreachable));
}

#[tokio::test]
async fn another_device_is_recognized_and_its_page_is_not_repeated() {
    for answer in [
        http("200 OK", "<html>router</html>"),
        http("404 Not Found", "<html>router</html>"),
        http("302 Found\r\nLocation: http://127.0.0.1:1/", ""),
        http("200 OK", r#"{"api":"0.1","server":"1.5.0","text":"OctoPrint (Moonraker v0.3)"}"#),
    ] {
        let address = parrot(answer).await;
        let driver = driver(&address.to_string(), "k", timeouts());
        assert_eq!(driver.identify().await, Err(DriverFault::WrongDevice));
        assert!(driver.observe().await.is_err());
    }
}

#[tokio::test]
async fn an_endless_answer_is_cut_off() {
    let version = r#"{"api":"0.1","server":"1.11.8","text":"OctoPrint 1.11.8"}"#;
    let address = parrot(http("200 OK", &format!("{version}{}", " ".repeat(2_000_000)))).await;
    let driver = driver(&address.to_string(), "k", timeouts());
    assert_eq!(driver.identify().await, Err(DriverFault::WrongDevice));
}

#[tokio::test]
async fn an_address_outside_of_the_policy_is_never_contacted() {
    let (handle, _) = printer(LONG).await;
    let networks = Arc::new(printers::Networks::private());
    let address = printers::Address::parse(&handle.address().to_string(), 80).unwrap();
    let driver = printers::connect("octoprint", address, handle.api_key().into(), networks, timeouts()).unwrap();
    assert!(matches!(driver.identify().await, Err(DriverFault::AddressNotAllowed(_))));
    assert!(matches!(driver.start(&name(1)).await, Reply::Refused(_)));
    assert!(driver.witness().await.is_none());
    assert_eq!(driver.fence(&name(1)).await, Fence::Unreachable);
}

#[tokio::test]
async fn the_key_is_not_in_the_debug_output() {
    let networks = Arc::new(printers::Networks::private());
    let address = printers::Address::parse("10.1.2.3", 80).unwrap();
    let driver = printers::octoprint::OctoPrint::new(address, "sesame".into(), networks, timeouts());
    assert!(!format!("{driver:?}").contains("sesame"));
}

#[tokio::test]
async fn a_print_from_upload_to_its_record_is_one_physical_start_of_our_bytes() {
    let (handle, driver) = printer(Duration::from_secs(2)).await;
    let (name, file) = uploaded(&*driver).await;
    assert!(starts(&handle).is_empty(), "an upload starts nothing");
    assert_eq!(driver.start(&name).await, Reply::Sent);
    let seen = until_running(&*driver, &name).await;
    assert_eq!(seen.state, PrinterState::Printing);
    assert!(seen.percent.is_some() && seen.time_left_s.is_some());
    assert_eq!(driver.evidence_since(&name, None).await, Ok(Evidence::Running));
    assert_eq!(until_idle(&*driver).await.running, None);
    assert_eq!(until_ended(&*driver, &name).await, Evidence::Ended(Outcome::Finished));
    let ledger = handle.ledger();
    assert_eq!(ledger.len(), 1);
    assert_eq!(ledger[0].sha256, hex::encode(Sha256::digest(std::fs::read(file.path()).unwrap())));
    assert_eq!((ledger[0].name.as_str(), ledger[0].end.as_deref()), (name.as_str(), Some("finished")));
    assert_eq!(driver.remove(&name).await, Reply::Sent);
    assert_eq!(driver.verify(&name, &expected(file.path())).await, Ok(Verified::Missing));
}

#[tokio::test]
async fn an_upload_never_overwrites() {
    let (_handle, driver) = printer(LONG).await;
    let (name, file) = uploaded(&*driver).await;
    let other = gcode(3, 3);
    assert!(matches!(driver.upload(&name, &expected(other.path())).await, Reply::Refused(_)));
    assert_eq!(driver.verify(&name, &expected(file.path())).await, Ok(Verified::Same));
    assert_eq!(driver.verify(&name, &expected(other.path())).await, Ok(Verified::Different));
}

#[tokio::test]
async fn an_upload_without_an_answer_is_unknown_and_can_be_verified() {
    let (handle, driver) = printer(LONG).await;
    let (name, file) = (name(1), gcode(10, 1));
    handle.fault(Fault::SwallowUploadAnswer);
    assert_eq!(driver.upload(&name, &expected(file.path())).await, Reply::Unknown);
    assert_eq!(driver.verify(&name, &expected(file.path())).await, Ok(Verified::Same));
    assert!(starts(&handle).is_empty());
}

#[tokio::test]
async fn other_bytes_of_the_same_size_are_different_by_their_hash() {
    let (handle, driver) = printer(LONG).await;
    let (name, file) = (name(1), gcode(10, 1));
    handle.fault(Fault::CorruptUpload);
    assert_eq!(driver.upload(&name, &expected(file.path())).await, Reply::Sent);
    assert_eq!(driver.verify(&name, &expected(file.path())).await, Ok(Verified::Different));
}

#[tokio::test]
async fn without_a_hash_the_size_decides() {
    let file = gcode(10, 1);
    let size = expected(file.path()).size;
    for (said, verified) in [(size, Verified::Same), (size - 1, Verified::Different)] {
        let name = name(1);
        let address = parrot(http("200 OK", &format!(r#"{{"path":"{name}","size":{said}}}"#))).await;
        let driver = driver(&address.to_string(), "k", timeouts());
        assert_eq!(driver.verify(&name, &expected(file.path())).await, Ok(verified));
    }
}

#[tokio::test]
async fn a_refused_upload_says_why_and_a_missing_local_file_is_refused() {
    let (handle, driver) = printer(LONG).await;
    handle.fault(Fault::RefuseUpload);
    let file = gcode(1, 1);
    let Reply::Refused(reason) = driver.upload(&name(1), &expected(file.path())).await else { panic!("not refused") };
    assert!(reason.contains("409"), "{reason}");
    let nowhere = Expected { path: "/nowhere/x".as_ref(), ..expected(file.path()) };
    assert!(matches!(driver.upload(&name(1), &nowhere).await, Reply::Refused(_)));
    let odd = RemoteName::new(1, [0; 4], 1, "txt");
    assert!(matches!(driver.upload(&odd, &expected(file.path())).await, Reply::Refused(_)), "415 for a bad extension");
}

#[tokio::test]
async fn a_refused_start_says_why_and_starts_nothing() {
    let (handle, driver) = printer(LONG).await;
    let (name, _file) = uploaded(&*driver).await;
    handle.fault(Fault::RefuseStart);
    assert!(matches!(driver.start(&name).await, Reply::Refused(_)));
    assert!(matches!(driver.start(&story::name(2)).await, Reply::Refused(_)), "a missing file");
    assert!(starts(&handle).is_empty());
}

#[tokio::test]
async fn a_foreign_print_is_seen_by_its_name_and_never_cancelled_as_ours() {
    let (handle, driver) = printer(LONG).await;
    let (name, _file) = uploaded(&*driver).await;
    handle.fault(Fault::PanelStart { name: None });
    let seen = driver.observe().await.unwrap();
    assert_eq!((seen.state, seen.running.as_deref()), (PrinterState::Printing, Some("panel.gcode")));
    assert!(matches!(driver.start(&name).await, Reply::Refused(_)));
    for reply in [driver.cancel(&name).await, driver.pause(&name).await, driver.resume(&name).await] {
        assert!(matches!(reply, Reply::Refused(_)), "{reply:?}");
    }
    assert_eq!(driver.fence(&name).await, Fence::Fenced);
    assert_eq!(driver.evidence_since(&name, None).await, Ok(Evidence::NotSeen { complete: false }));
    assert_eq!(handle.state().printing.as_deref(), Some("panel.gcode"));
}

#[tokio::test]
async fn pause_resume_and_cancel_act_on_the_expected_file_only() {
    let (handle, driver) = printer(LONG).await;
    let (name, _file) = uploaded(&*driver).await;
    assert!(matches!(driver.cancel(&name).await, Reply::Refused(_)), "nothing prints");
    driver.start(&name).await;
    until_running(&*driver, &name).await;
    assert_eq!(driver.pause(&name).await, Reply::Sent);
    let seen = until(&*driver, "paused", |seen| seen.state == PrinterState::Paused).await;
    assert_eq!(seen.running.as_deref(), Some(name.as_str()));
    assert_eq!(driver.pause(&name).await, Reply::Sent, "pause is no toggle");
    assert_eq!(driver.observe().await.unwrap().state, PrinterState::Paused);
    assert_eq!(driver.fence(&name).await, Fence::InUse, "a paused print is in use");
    assert_eq!(driver.resume(&name).await, Reply::Sent);
    until(&*driver, "printing", |seen| seen.state == PrinterState::Printing).await;
    assert_eq!(driver.cancel(&name).await, Reply::Sent);
    until_idle(&*driver).await;
    assert_eq!(until_ended(&*driver, &name).await, Evidence::Ended(Outcome::Failed));
    assert_eq!(handle.ledger()[0].end.as_deref(), Some("cancelled"));
}

#[tokio::test]
async fn a_lost_serial_link_is_not_ready_and_the_print_has_failed() {
    let (handle, driver) = printer(LONG).await;
    let (name, _file) = uploaded(&*driver).await;
    driver.start(&name).await;
    until_running(&*driver, &name).await;
    handle.fault(Fault::SerialDrop);
    let seen = driver.observe().await.unwrap();
    assert_eq!((seen.state, seen.running), (PrinterState::NotReady, None));
    assert_eq!(seen.text, "Offline after error");
    assert!(matches!(driver.start(&name).await, Reply::Refused(_)));
    assert_eq!(until_ended(&*driver, &name).await, Evidence::Ended(Outcome::Failed));
    handle.fault(Fault::SerialConnect);
    until_idle(&*driver).await;
}

#[tokio::test]
async fn a_cancel_at_the_panel_is_a_failed_print() {
    let (handle, driver) = printer(LONG).await;
    let (name, _file) = uploaded(&*driver).await;
    driver.start(&name).await;
    handle.fault(Fault::PanelCancel);
    assert_eq!(until_ended(&*driver, &name).await, Evidence::Ended(Outcome::Failed));
}

#[tokio::test]
async fn remove_takes_the_file_wherever_it_is_but_not_while_it_prints() {
    let (handle, driver) = printer(LONG).await;
    let (name, _file) = uploaded(&*driver).await;
    driver.start(&name).await;
    assert!(matches!(driver.remove(&name).await, Reply::Refused(_)));
    driver.cancel(&name).await;
    until_idle(&*driver).await;
    assert_eq!(driver.fence(&name).await, Fence::Fenced);
    assert_eq!(driver.remove(&name).await, Reply::Sent);
    assert!(handle.state().files.is_empty());
}

#[tokio::test]
async fn temperatures_rise_and_progress_grows() {
    let (_handle, driver) = printer(Duration::from_secs(2)).await;
    let (name, _file) = uploaded(&*driver).await;
    driver.start(&name).await;
    let early = until_running(&*driver, &name).await;
    tokio::time::sleep(Duration::from_millis(600)).await;
    let later = driver.observe().await.unwrap();
    assert!(later.nozzle_c > early.nozzle_c && later.bed_c > early.bed_c);
    assert!(later.percent > early.percent && later.time_left_s <= early.time_left_s);
}

#[tokio::test]
async fn ledger_and_files_survive_the_process_and_are_shown_over_http() {
    let folder = tempfile::tempdir().unwrap();
    let kept = Options {
        folder: Some(folder.path().join("files")),
        ledger: Some(folder.path().join("ledger")),
        ..options(LONG)
    };
    let (handle, driver) = printer_with(kept.clone()).await;
    let (name, file) = uploaded(&*driver).await;
    driver.start(&name).await;
    drop(handle);
    let (handle, driver) = printer_with(kept).await;
    assert_eq!(starts(&handle), [name.as_str()]);
    assert_eq!(driver.verify(&name, &expected(file.path())).await, Ok(Verified::Same));
    let url = format!("http://{}/_virtual", handle.address());
    let ledger = reqwest::get(format!("{url}/ledger")).await.unwrap().json::<serde_json::Value>().await.unwrap();
    assert_eq!(ledger[0]["name"], name.as_str());
    let order = serde_json::json!({"fault": "refuse_start", "sticky": true});
    let client = reqwest::Client::new();
    client.post(format!("{url}/faults")).json(&order).send().await.unwrap().error_for_status().unwrap();
    assert!(matches!(driver.start(&name).await, Reply::Refused(_)));
    assert!(matches!(driver.start(&name).await, Reply::Refused(_)), "sticky");
    client.delete(format!("{url}/faults")).send().await.unwrap().error_for_status().unwrap();
    assert_eq!(driver.start(&name).await, Reply::Sent);
    let state = reqwest::get(format!("{url}/state")).await.unwrap().json::<serde_json::Value>().await.unwrap();
    assert_eq!(state["printing"], name.as_str());
    let loss = serde_json::json!({"fault": "power_loss", "ms": 100});
    client.post(format!("{url}/faults")).json(&loss).send().await.unwrap().error_for_status().unwrap();
    until_idle(&*driver).await;
    assert_eq!(handle.ledger()[1].end.as_deref(), Some("power_loss"));
}

#[tokio::test]
async fn the_virtual_printer_answers_with_the_status_codes_of_a_real_one() {
    let (handle, _) = printer(LONG).await;
    codes::compare(&handle.address().to_string(), handle.api_key()).await;
}

#[tokio::test]
async fn a_print_can_be_brought_to_its_end_on_command() {
    let (handle, driver) = printer(LONG).await;
    let (name, _file) = uploaded(&*driver).await;
    driver.start(&name).await;
    until_running(&*driver, &name).await;
    handle.fault(Fault::Finish);
    assert_eq!(until_ended(&*driver, &name).await, Evidence::Ended(Outcome::Finished));
}
