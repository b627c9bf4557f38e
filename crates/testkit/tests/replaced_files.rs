//! The stored file is replaced under the server's hands: before, while and after it is sent, and between two attempts. Other
//! bytes than the approved ones never start, and never lie whole on a printer (S1); and when the right ones are back, the job
//! prints once. The judge is what the printer has and what its ledger says.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is a failed test")]

use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use testkit::{Farm, Fault, Machine, Setup, Uuid, Value, both_engines, json, params};

/// More than a network holds on to: when the printer reads nothing, most of it is still on the disk.
const LARGE: usize = 16 * 1024 * 1024;

/// A printer may be slow to take a file here.
fn patient() -> Setup {
    Setup::new().config(|config| config.printer_timeouts.upload = Duration::from_secs(10))
}

/// The stored file of a job, which this test may write.
fn stored(farm: &Farm, job: &Value) -> PathBuf {
    let sha = job["send_sha"].as_str().unwrap();
    let blob = farm.folder().join("files/blobs").join(farm.org().to_string()).join(&sha[..2]).join(sha);
    std::fs::set_permissions(&blob, std::fs::Permissions::from_mode(0o600)).unwrap();
    blob
}

/// Turns the last bytes of a file into others: size and beginning stay.
fn spoil(blob: &Path) {
    let mut file = std::fs::OpenOptions::new().write(true).open(blob).unwrap();
    file.seek(SeekFrom::End(-9)).unwrap();
    file.write_all(b"M112 M112").unwrap();
}

async fn approved(farm: &Farm, printer: Uuid, bytes: &[u8]) -> Value {
    let upload = farm.guest().upload(bytes, "part.gcode").await;
    let request = json!({ "upload": upload, "printer": printer, "name": "part" });
    let job = farm.guest().submit(&Uuid::new_v4().to_string(), request).await.ok();
    farm.member().approve(&job).await.ok()
}

/// The next fault that waits for an upload has met it.
async fn met(machine: &Machine) {
    let until = tokio::time::Instant::now() + Duration::from_secs(15);
    while !machine.state().faults.is_empty() {
        assert!(tokio::time::Instant::now() < until, "nothing was sent");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Why the job was given back, in order.
async fn given_back(farm: &Farm, job: &Value) -> Vec<String> {
    let id: Uuid = job["id"].as_str().unwrap().parse().unwrap();
    let rows =
        farm.rows("SELECT data FROM journal WHERE job = $1 AND kind = 'job.released' ORDER BY seq", params![id]).await;
    rows.iter().map(|row| row.get("data").unwrap()).collect()
}

/// It was given back as a job whose file is damaged is, and nothing but the approved bytes is or was on the printer.
async fn refused_as_damaged(farm: &Farm, machine: &Machine, job: &Value, before: usize) {
    let until = tokio::time::Instant::now() + Duration::from_secs(15);
    while given_back(farm, job).await.len() <= before {
        assert!(tokio::time::Instant::now() < until, "never given back: {}", farm.member().job(job).await);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let why = given_back(farm, job).await;
    assert!(why[before].contains("the stored file is missing or damaged"), "{why:?}");
    assert_eq!(machine.ledger(), [], "nothing started");
    let sha = job["send_sha"].as_str().unwrap();
    assert!(machine.state().files.iter().all(|file| file.sha256 == sha), "{:?}", machine.state().files);
    assert_eq!(farm.member().job(job).await.ok()["status"], "queued");
}

/// With the right bytes back it prints, once, and those.
async fn prints_when_mended(farm: &Farm, machine: &Machine, job: &Value, blob: &Path, bytes: &[u8]) {
    std::fs::write(blob, bytes).unwrap();
    farm.member().wait_status(job, "finished").await;
    let ledger = machine.ledger();
    assert_eq!(ledger.len(), 1, "{ledger:?}");
    assert_eq!(ledger[0].sha256, job["send_sha"].as_str().unwrap());
}

both_engines! {
    /// In the middle of the sending: the file that is open is written to, behind what has left already.
    async fn s1_a_file_that_is_replaced_while_it_is_sent_is_never_started(farm, patient()) {
        let (printer, machine) = farm.bench("Bench 1").await;
        let mut bytes = testkit::gcode("large");
        bytes.resize(LARGE, b'\n');
        let job = approved(farm, printer, &bytes).await;
        let blob = stored(farm, &job);
        machine.fault(Fault::DelayUpload { ms: 1500 });
        let _floor = farm.dispatch();
        met(&machine).await;
        spoil(&blob);
        refused_as_damaged(farm, &machine, &job, 0).await;
        assert_eq!(machine.state().files, [], "it did not arrive whole");
        prints_when_mended(farm, &machine, &job, &blob, &bytes).await;
    }

    /// After the right bytes have arrived, before they are read back: what the printer has cannot be compared with this file.
    async fn s1_a_file_that_is_replaced_before_it_is_read_back_is_never_started(farm, patient()) {
        let (printer, machine) = farm.bench("Bench 1").await;
        let bytes = testkit::gcode("read back");
        let job = approved(farm, printer, &bytes).await;
        let blob = stored(farm, &job);
        machine.fault(Fault::DelayUploadAnswer { ms: 800 });
        let _floor = farm.dispatch();
        while machine.state().files.is_empty() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        spoil(&blob);
        refused_as_damaged(farm, &machine, &job, 0).await;
        prints_when_mended(farm, &machine, &job, &blob, &bytes).await;
    }

    /// After the approval, before a first attempt, and again between a first attempt and the second.
    async fn s1_an_approval_whose_file_was_replaced_prints_nothing_else(farm) {
        let (printer, machine) = farm.bench("Bench 1").await;
        let bytes = testkit::gcode("replaced later");
        let job = approved(farm, printer, &bytes).await;
        let blob = stored(farm, &job);
        spoil(&blob);
        machine.fault(Fault::RefuseStart);
        let floor = farm.dispatch();
        refused_as_damaged(farm, &machine, &job, 0).await;
        let tries = "SELECT COUNT(*) AS n FROM attempt";
        assert_eq!(farm.number(tries, &[]).await, 0, "nothing was tried with other bytes");
        // The right ones are back: the first attempt is made, and refused by the printer.
        std::fs::write(&blob, &bytes).unwrap();
        let until = tokio::time::Instant::now() + Duration::from_secs(15);
        while farm.number(tries, &[]).await == 0 {
            assert!(tokio::time::Instant::now() < until, "never tried");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        spoil(&blob);
        let before = given_back(farm, &job).await.len();
        refused_as_damaged(farm, &machine, &job, before).await;
        assert_eq!(farm.number(tries, &[]).await, 1, "no second attempt with other bytes");
        prints_when_mended(farm, &machine, &job, &blob, &bytes).await;
        assert_eq!(farm.number(tries, &[]).await, 2);
        assert!(floor.is_running());
    }
}
