//! From the approval to the start at a printer.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::Plan;
use crate::report::{Report, Target, percentile};
use crate::server::Running;
use crate::writes::{machine, person, printer, set_up};

const JOBS: usize = 12;

#[expect(clippy::disallowed_methods, reason = "the printer's ledger has the time of this machine")]
fn now_ms() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64() * 1e3
}

/// The settings are the defaults. The printer gets the file after the approval: a file is never at a printer before.
pub async fn approve_to_start(plan: &Plan, report: &mut Report) {
    report.title("Approve (undo window 0) to start at a virtual printer, with the sending of a small file in between");
    let (mut medians, mut slowest) = (Vec::new(), Vec::new());
    for _ in 0..plan.rounds.min(3) {
        let folder = tempfile::tempdir().unwrap();
        let machine = machine().await;
        let address = machine.address().to_string();
        let database = folder.path().join("bench.db").display().to_string();
        let exceptions = format!("[\"{address}\"]");
        let settings = [("IMPRIMATUR_PRINTER_EXCEPTIONS", exceptions.as_str()), ("IMPRIMATUR_OBSERVE_MS", "100")];
        let server = Running::start(&plan.binary, folder.path(), &database, &settings);
        let admin = set_up(&server).await;
        let guest = person(&server, &admin, "gil", "guest").await;
        let printer = printer(&admin, &address, machine.api_key()).await;
        let mut waits = Vec::new();
        for n in 0..JOBS {
            let shown = admin.get(&format!("/printers/{printer}")).await;
            admin.post(&format!("/printers/{printer}/plate-clear"), &json!({ "run": shown["plate"]["run"] })).await;
            let upload = guest.upload("bench.gcode", testkit::gcode(&format!("job {n}"))).await;
            let job = guest.post("/print-jobs", &json!({ "upload": upload["id"], "printer": printer })).await;
            let path = format!("/print-jobs/{}", job["id"].as_str().unwrap());
            let begin = now_ms();
            admin
                .post(&format!("{path}/approve"), &json!({ "version": job["version"], "send_sha": job["send_sha"] }))
                .await;
            let started = started(&machine, n).await;
            waits.push(started - begin);
            until_done(&admin, &path).await;
        }
        medians.push(percentile(&waits, 0.5));
        slowest.push(percentile(&waits, 0.99));
    }
    report.row("median of 12", "ms", &medians, Target::None);
    report.row("p99 (the slowest of 12)", "ms", &slowest, Target::Below(50.0));
}

/// When the printer began its next print.
async fn started(machine: &testkit::Machine, n: usize) -> f64 {
    loop {
        if let Some(entry) = machine.ledger().get(n) {
            #[expect(clippy::cast_precision_loss, reason = "milliseconds")]
            return entry.started_at as f64;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

async fn until_done(admin: &crate::client::Browser, path: &str) {
    for _ in 0..600 {
        let job: Value = admin.get(path).await;
        if job["status"] == "clear_plate" || job["status"] == "finished" || job["ended_at"].is_string() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the print did not end");
}
