//! The core story against a real OctoPrint with its virtual printer: what the driver relies on is shown, not assumed.
//!
//! Run by `make test`, or by hand: `scripts/octoprint.py -- cargo test -p printers --test octoprint_real`.
#![expect(clippy::disallowed_methods, reason = "the tests of a driver send starts")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod story;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use domain::RemoteName;
use printers::{Driver, Evidence, Fault, Fence, Outcome, PrinterState, Reply, Timeouts, Verified};
use serde_json::json;
use story::*;
use tempfile::NamedTempFile;
use tokio::sync::{Mutex, MutexGuard};

/// One machine: one test at a time.
static MACHINE: Mutex<()> = Mutex::const_new(());

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: run this through `make test` (scripts/octoprint.py starts a real OctoPrint)")
    })
}

struct Real {
    driver: Arc<dyn Driver>,
    address: String,
    key: String,
    _alone: MutexGuard<'static, ()>,
}

impl Real {
    async fn idle() -> Self {
        let alone = MACHINE.lock().await;
        let url = variable("IMPRIMATUR_TEST_OCTOPRINT");
        let key = variable("IMPRIMATUR_TEST_OCTOPRINT_KEY");
        let address = url.trim_start_matches("http://").to_owned();
        let driver = driver(&address, &key, timeouts());
        let real = Self { driver, address, key, _alone: alone };
        // What an earlier test left behind.
        if real.driver.observe().await.unwrap().state == PrinterState::NotReady {
            real.post("/api/connection", json!({"command": "connect"})).await;
        }
        real.post("/api/job", json!({"command": "cancel"})).await;
        until_idle(&*real.driver).await;
        real
    }

    async fn post(&self, path: &str, body: serde_json::Value) -> u16 {
        let url = format!("http://{}{path}", self.address);
        let request = reqwest::Client::new().post(url).header("X-Api-Key", &self.key).json(&body);
        request.send().await.unwrap().status().as_u16()
    }

    /// `kill`, `terminate` or `restart`: answered when the machine is operational again.
    async fn control(&self, action: &str) {
        let url = format!("{}/{action}", variable("IMPRIMATUR_TEST_OCTOPRINT_CONTROL"));
        reqwest::Client::new().post(url).send().await.unwrap().error_for_status().unwrap();
    }

    async fn uploaded(&self, file: NamedTempFile) -> (RemoteName, NamedTempFile) {
        let name = name(1);
        assert_eq!(self.driver.upload(&name, &expected(file.path())).await, Reply::Sent);
        assert_eq!(self.driver.verify(&name, &expected(file.path())).await, Ok(Verified::Same));
        (name, file)
    }
}

fn short() -> NamedTempFile {
    gcode(20, 20)
}

fn long() -> NamedTempFile {
    gcode(1200, 100)
}

/// OctoPrint holds a new file for a moment to analyse it; a fence waits as the dispatcher would.
async fn fenced(driver: &dyn Driver, name: &RemoteName) -> Fence {
    for _ in 0..600 {
        match driver.fence(name).await {
            Fence::Unreachable => tokio::time::sleep(Duration::from_millis(50)).await,
            fence => return fence,
        }
    }
    Fence::Unreachable
}

#[tokio::test]
async fn a_print_from_upload_to_its_record() {
    let real = Real::idle().await;
    let driver = &*real.driver;
    let product = driver.identify().await.unwrap().product;
    assert!(product.starts_with("OctoPrint 1."), "{product}");
    // OctoPrint asks the machine for its temperatures some seconds after it was connected.
    until(driver, "warm", |seen| seen.nozzle_c.is_some() && seen.bed_c.is_some()).await;
    let (name, file) = real.uploaded(short()).await;
    let untouched = driver.observe().await.unwrap();
    assert_eq!((untouched.state, untouched.running), (PrinterState::Idle, None), "an upload starts nothing");
    assert_eq!(driver.start(&name).await, Reply::Sent);
    let seen = until_running(driver, &name).await;
    assert_eq!(seen.state, PrinterState::Printing);
    assert_eq!(driver.fence(&name).await, Fence::InUse);
    assert_eq!(driver.evidence_since(&name, None).await, Ok(Evidence::Running));
    assert_eq!(until_ended(driver, &name).await, Evidence::Ended(Outcome::Finished));
    assert_eq!(until_idle(driver).await.running, None);
    assert_eq!(fenced(driver, &name).await, Fence::Fenced);
    assert_eq!(driver.evidence_since(&name, None).await, Ok(Evidence::Ended(Outcome::Finished)), "moved, not lost");
    assert!(matches!(driver.start(&name).await, Reply::Refused(_)));
    assert_eq!(driver.remove(&name).await, Reply::Sent);
    assert_eq!(driver.verify(&name, &expected(file.path())).await, Ok(Verified::Missing));
}

#[tokio::test]
async fn a_wrong_key_is_refused() {
    let real = Real::idle().await;
    let stranger = story::driver(&real.address, "0123456789abcdef0123456789abcdef", timeouts());
    assert_eq!(stranger.identify().await, Err(Fault::BadCredential));
    assert_eq!(stranger.observe().await, Err(Fault::BadCredential));
    let refused = Reply::Refused(Fault::BadCredential.to_string());
    assert_eq!(stranger.upload(&name(1), &expected(short().path())).await, refused);
    assert_eq!(stranger.start(&name(1)).await, refused);
    assert!(stranger.witness().await.is_none());
}

#[tokio::test]
async fn an_upload_never_overwrites_and_a_bad_extension_is_refused() {
    let real = Real::idle().await;
    let (name, file) = real.uploaded(short()).await;
    let other = gcode(3, 3);
    assert!(matches!(real.driver.upload(&name, &expected(other.path())).await, Reply::Refused(_)));
    assert_eq!(real.driver.verify(&name, &expected(file.path())).await, Ok(Verified::Same));
    assert_eq!(real.driver.verify(&name, &expected(other.path())).await, Ok(Verified::Different));
    let odd = RemoteName::new(1, [0; 4], 1, "txt");
    assert!(matches!(real.driver.upload(&odd, &expected(other.path())).await, Reply::Refused(_)));
}

#[tokio::test]
async fn a_busy_printer_refuses_a_second_start_and_the_first_goes_on() {
    let real = Real::idle().await;
    let driver = &*real.driver;
    let (first, _one) = real.uploaded(long()).await;
    let (second, _two) = real.uploaded(short()).await;
    assert_eq!(driver.start(&first).await, Reply::Sent);
    until_running(driver, &first).await;
    assert!(matches!(driver.start(&second).await, Reply::Refused(_)));
    for reply in [driver.cancel(&second).await, driver.pause(&second).await] {
        assert!(matches!(reply, Reply::Refused(_)), "{reply:?}");
    }
    assert_eq!(fenced(driver, &second).await, Fence::Fenced, "another file can be fenced while one prints");
    until_running(driver, &first).await;
    assert_eq!(driver.cancel(&first).await, Reply::Sent);
}

/// What runs within three seconds of two starts, if anything: under load OctoPrint was seen to let the two spoil each
/// other, so that neither prints.
async fn the_winner(driver: &dyn Driver) -> Option<String> {
    for _ in 0..150 {
        if let Some(name) = driver.observe().await.ok().and_then(|seen| seen.running) {
            return Some(name);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    None
}

#[tokio::test]
async fn two_starts_at_the_same_moment_are_at_most_one_print() {
    let real = Real::idle().await;
    let driver = &*real.driver;
    let mut printed = 0;
    for round in 0..6 {
        let witness = driver.witness().await.unwrap();
        let (one, _a) = real.uploaded(long()).await;
        let (two, _b) = real.uploaded(long()).await;
        let (first, second) = tokio::join!(driver.start(&one), driver.start(&two));
        let winner = the_winner(driver).await;
        let mut over = 0;
        let losers = [&one, &two].into_iter().filter(|name| winner.as_deref() != Some(name.as_str()));
        for loser in losers {
            let fence = fenced(driver, loser).await;
            let evidence = driver.evidence_since(loser, Some(&*witness)).await.unwrap();
            println!("round {round}: answers {first:?} and {second:?}; the loser: {fence:?}, {evidence:?}");
            assert_eq!(fence, Fence::Fenced);
            // Not complete if the loser was selected for a moment: OctoPrint then prints what was selected last.
            match evidence {
                Evidence::NotSeen { .. } => {}
                // Spoiled by the other, one was seen to be over at once; OctoPrint has it as a finished print.
                Evidence::Ended(_) => over += 1,
                Evidence::Running => panic!("a fenced file runs"),
            }
        }
        assert!(over + usize::from(winner.is_some()) <= 1, "two prints of two starts at once");
        match winner {
            Some(winner) => {
                printed += 1;
                let winner = if winner == one.as_str() { one } else { two };
                until_running(driver, &winner).await;
                driver.cancel(&winner).await;
            }
            None => assert_eq!(driver.observe().await.unwrap().running, None, "both are fenced: nothing can start now"),
        }
        until_idle(driver).await;
    }
    assert!(printed > 0, "no round printed anything");
}

#[tokio::test]
async fn the_fence_prevents_a_start_and_absence_is_proven_while_the_witness_holds() {
    let real = Real::idle().await;
    let driver = &*real.driver;
    let (name, _file) = real.uploaded(short()).await;
    let witness = driver.witness().await.unwrap();
    assert_eq!(fenced(driver, &name).await, Fence::Fenced);
    assert!(matches!(driver.start(&name).await, Reply::Refused(_)));
    assert_eq!(driver.fence(&name).await, Fence::Fenced, "again");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(witness.unbroken());
    let evidence = driver.evidence_since(&name, Some(&*witness)).await;
    assert_eq!(evidence, Ok(Evidence::NotSeen { complete: true }));
    assert_eq!(driver.evidence_since(&name, None).await, Ok(Evidence::NotSeen { complete: false }));
    assert_eq!(driver.observe().await.unwrap().state, PrinterState::Idle);
    assert_eq!(driver.remove(&name).await, Reply::Sent);
}

#[tokio::test]
async fn a_start_whose_answer_is_not_awaited_is_settled_by_the_fence() {
    let real = Real::idle().await;
    let driver = &*real.driver;
    for ms in [1, 3, 10, 30] {
        let time = Duration::from_millis(ms);
        let limits = Timeouts { connect: Duration::from_secs(1), call: time, upload: time };
        let hasty = story::driver(&real.address, &real.key, limits);
        let witness = driver.witness().await.unwrap();
        let (name, _file) = real.uploaded(long()).await;
        let reply = hasty.start(&name).await;
        let fence = fenced(driver, &name).await;
        let evidence = driver.evidence_since(&name, Some(&*witness)).await.unwrap();
        println!("start given up after {ms} ms: {reply:?}, {fence:?}, {evidence:?}");
        match fence {
            Fence::InUse => assert_eq!(evidence, Evidence::Running),
            Fence::Fenced => {
                assert_ne!(evidence, Evidence::Running);
                tokio::time::sleep(Duration::from_millis(500)).await;
                assert_eq!(driver.observe().await.unwrap().state, PrinterState::Idle);
            }
            Fence::Unreachable => panic!("no fence"),
        }
        driver.cancel(&name).await;
        until_idle(driver).await;
    }
}

#[tokio::test]
async fn pause_resume_and_cancel_act_on_the_expected_file_only() {
    let real = Real::idle().await;
    let driver = &*real.driver;
    let (name, _file) = real.uploaded(long()).await;
    assert!(matches!(driver.cancel(&name).await, Reply::Refused(_)), "nothing prints");
    driver.start(&name).await;
    until_running(driver, &name).await;
    assert!(matches!(driver.cancel(&story::name(9)).await, Reply::Refused(_)));
    assert_eq!(driver.pause(&name).await, Reply::Sent);
    let seen = until(driver, "paused", |seen| seen.state == PrinterState::Paused).await;
    assert_eq!(seen.running.as_deref(), Some(name.as_str()));
    assert_eq!(driver.fence(&name).await, Fence::InUse, "a paused print is in use");
    assert_eq!(driver.pause(&name).await, Reply::Sent, "pause is no toggle");
    assert_eq!(driver.observe().await.unwrap().state, PrinterState::Paused);
    assert_eq!(driver.resume(&name).await, Reply::Sent);
    until(driver, "printing", |seen| seen.state == PrinterState::Printing).await;
    assert_eq!(driver.cancel(&name).await, Reply::Sent);
    until_idle(driver).await;
    assert_eq!(until_ended(driver, &name).await, Evidence::Ended(Outcome::Failed));
}

#[tokio::test]
async fn the_end_of_a_print_is_known_although_the_fence_comes_at_the_same_moment() {
    let real = Real::idle().await;
    let driver = &*real.driver;
    for round in 0..5 {
        let (name, _file) = real.uploaded(gcode(5, 10)).await;
        let witness = driver.witness().await.unwrap();
        assert_eq!(driver.start(&name).await, Reply::Sent);
        let fence = loop {
            match driver.fence(&name).await {
                Fence::Fenced => break Fence::Fenced,
                _ => tokio::time::sleep(Duration::from_millis(1)).await,
            }
        };
        let at_once = driver.evidence_since(&name, Some(&*witness)).await.unwrap();
        let until = Instant::now() + Duration::from_secs(30);
        let later = loop {
            let later = driver.evidence_since(&name, Some(&*witness)).await.unwrap();
            if matches!(later, Evidence::Ended(_)) || Instant::now() > until {
                break later;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        let record = story::driver(&real.address, &real.key, timeouts()).evidence_since(&name, None).await.unwrap();
        println!("round {round}: {fence:?}, at once {at_once:?}, later {later:?}, by the record alone {record:?}");
        assert_ne!(at_once, Evidence::NotSeen { complete: true });
        assert_eq!(later, Evidence::Ended(Outcome::Finished));
    }
}

#[tokio::test]
async fn a_lost_serial_link_is_not_ready_and_the_print_has_failed() {
    let real = Real::idle().await;
    let driver = &*real.driver;
    let (name, _file) = real.uploaded(long()).await;
    driver.start(&name).await;
    until_running(driver, &name).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(real.post("/api/printer/command", json!({"command": "!!DEBUG:drop_connection"})).await, 204);
    let seen = until(driver, "not ready", |seen| seen.state == PrinterState::NotReady).await;
    assert_eq!(seen.running, None);
    assert!(matches!(driver.start(&name).await, Reply::Refused(_)));
    assert_eq!(until_ended(driver, &name).await, Evidence::Ended(Outcome::Failed));
    assert_eq!(real.post("/api/connection", json!({"command": "connect"})).await, 204);
    until_idle(driver).await;
}

#[tokio::test]
async fn a_print_that_broke_off_while_paused_is_never_taken_for_one_that_did_not_start() {
    let real = Real::idle().await;
    let driver = &*real.driver;
    let (name, _file) = real.uploaded(long()).await;
    let witness = driver.witness().await.unwrap();
    driver.start(&name).await;
    until_running(driver, &name).await;
    driver.pause(&name).await;
    until(driver, "paused", |seen| seen.state == PrinterState::Paused).await;
    assert_eq!(real.post("/api/printer/command", json!({"command": "!!DEBUG:drop_connection"})).await, 204);
    until(driver, "not ready", |seen| seen.state == PrinterState::NotReady).await;
    assert_eq!(fenced(driver, &name).await, Fence::Fenced);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(witness.unbroken());
    let evidence = driver.evidence_since(&name, Some(&*witness)).await;
    println!("{evidence:?}");
    assert_eq!(evidence, Ok(Evidence::NotSeen { complete: false }), "no record, but the start was told");
}

#[tokio::test]
async fn a_restart_breaks_the_witness_and_absence_proves_nothing() {
    let real = Real::idle().await;
    let driver = &*real.driver;
    for action in ["kill", "terminate"] {
        let (name, file) = real.uploaded(long()).await;
        let witness = driver.witness().await.unwrap();
        assert_eq!(driver.start(&name).await, Reply::Sent);
        until_running(driver, &name).await;
        assert!(witness.unbroken());
        real.control(action).await;
        assert!(!witness.unbroken());
        assert_eq!(driver.observe().await.unwrap().running, None, "the job is forgotten");
        assert_eq!(driver.verify(&name, &expected(file.path())).await, Ok(Verified::Same), "the file is not");
        assert_eq!(fenced(driver, &name).await, Fence::Fenced);
        let evidence = driver.evidence_since(&name, Some(&*witness)).await;
        println!("{action}: {evidence:?}");
        assert_eq!(evidence, Ok(Evidence::NotSeen { complete: false }), "{action}");
        let fresh = driver.witness().await.unwrap();
        assert!(fresh.unbroken() && !witness.unbroken());
    }
}

#[tokio::test]
async fn a_printer_that_is_away_is_unreachable() {
    let real = Real::idle().await;
    let driver = &*real.driver;
    let gone = async {
        loop {
            if driver.observe().await == Err(Fault::Unreachable) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let (_, ()) = tokio::join!(real.control("restart"), gone);
    until_idle(driver).await;
}

#[tokio::test]
async fn a_real_printer_answers_with_the_status_codes_that_the_virtual_one_imitates() {
    let real = Real::idle().await;
    codes::compare(&real.address, &real.key).await;
}
