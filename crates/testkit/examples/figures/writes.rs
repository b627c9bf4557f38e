//! An authorised write against the bare commit rate of the same disk, and uploads.

use std::time::Instant;

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use testkit::Uuid;

use crate::Plan;
use crate::client::Browser;
use crate::report::{Report, Target};
use crate::server::Running;

const PASSWORD: &str = "a good long password";
const COMMITS: usize = 300;
const MEGABYTES: f64 = 105.0;

/// A new installation with an Admin, as a person would set it up.
pub async fn set_up(server: &Running) -> Browser {
    let body = json!({
        "token": server.setup_token(), "organization": "Bench", "name": "Ada", "email": "ada@bench.example", "password": PASSWORD,
        "approval": true,
    });
    let admin = Browser::new(&server.url).enter("/setup", &body).await;
    let mut settings = json!({ "undo_window_s": 0 });
    settings["version"] = admin.get("/settings").await["version"].clone();
    admin.send(Method::PUT, "/settings", &settings).await;
    admin
}

/// One more person, by invitation.
pub async fn person(server: &Running, admin: &Browser, name: &str, role: &str) -> Browser {
    let link = admin.post("/invitations", &json!({ "role": role })).await;
    let body = json!({ "name": name, "email": format!("{name}@bench.example"), "password": PASSWORD });
    let person = Browser::new(&server.url).enter("/accounts", &body).await;
    let secret = link["link"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    person.post(&format!("/invitations/{secret}/accept"), &json!({})).await;
    person
}

/// A printer that is shared with all.
pub async fn printer(admin: &Browser, address: &str, key: &str) -> Uuid {
    let request = json!({
        "name": "Bench", "family": "octoprint", "address": address, "api_key": key, "share_with_organization": true,
    });
    admin.post("/printers", &request).await["id"].as_str().unwrap().parse().unwrap()
}

/// Durable commits a second of one small row, by the same engine, settings and disk as ours: the limit.
async fn bare(folder: &std::path::Path) -> f64 {
    let options = SqliteConnectOptions::new()
        .filename(folder.join(format!("{}.db", Uuid::new_v4())))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::raw_sql("CREATE TABLE t (n BIGINT PRIMARY KEY, word TEXT)").execute(&mut connection).await.unwrap();
    let begin = Instant::now();
    for n in 0..COMMITS {
        let mut tx = connection.begin_with("BEGIN IMMEDIATE").await.unwrap();
        sqlx::query("INSERT INTO t (n, word) VALUES ($1, 'a word')")
            .bind(i64::try_from(n).unwrap())
            .execute(&mut *tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }
    rate(begin)
}

#[expect(clippy::cast_precision_loss, reason = "a small count")]
fn rate(begin: Instant) -> f64 {
    COMMITS as f64 / begin.elapsed().as_secs_f64()
}

/// Print requests of a Guest, sent by HTTP from eight connections: rights, gate, job, version, key, journal, durable.
async fn ours(guest: &Browser, upload: &str, printer: Uuid) -> f64 {
    let begin = Instant::now();
    let mut tasks = Vec::new();
    for _ in 0..8 {
        let (guest, body) = (guest.clone(), json!({ "upload": upload, "printer": printer, "name": "bench" }));
        tasks.push(tokio::spawn(async move {
            for _ in 0..COMMITS / 8 {
                guest.post("/print-jobs", &body).await;
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    rate(begin)
}

pub async fn write(plan: &Plan, report: &mut Report) {
    report.title(
        "Authorised write: a print request by HTTP on SQLite (FULL), in turn with bare commits on the same disk",
    );
    let folder = tempfile::tempdir().unwrap();
    let machine = machine().await;
    let address = machine.address().to_string();
    let database = folder.path().join("bench.db").display().to_string();
    let settings = [("IMPRIMATUR_PRINTER_EXCEPTIONS", format!("[\"{address}\"]"))];
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let server = Running::start(&plan.binary, folder.path(), &database, &settings);
    let admin = set_up(&server).await;
    let guest = person(&server, &admin, "gil", "guest").await;
    let printer = printer(&admin, &address, machine.api_key()).await;
    let upload = guest.upload("bench.gcode", testkit::gcode("bench")).await;
    let upload = upload["id"].as_str().unwrap();
    let (mut limits, mut rates, mut shares) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..plan.rounds {
        limits.push(bare(folder.path()).await);
        rates.push(ours(&guest, upload, printer).await);
        shares.push(100.0 * rates.last().unwrap() / limits.last().unwrap());
    }
    report.row("bare commits a second", "/s", &limits, Target::None);
    report.row("print requests a second", "/s", &rates, Target::None);
    report.row("share of the bare commit rate", "%", &shares, Target::Above(50.0));
}

/// A virtual printer.
pub async fn machine() -> testkit::Machine {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let speed = testkit::Speed::Whole(std::time::Duration::from_millis(50));
    virtual_printer::VirtualPrinter::start(listener, testkit::MachineOptions { speed, ..Default::default() }).unwrap()
}

/// About 105 MB of a toolpath; another `n` gives other bytes.
fn toolpath(n: usize) -> Vec<u8> {
    let mut text = testkit::gcode(&format!("upload {n}"));
    let mut line = 0_u64;
    while text.len() < 105_000_000 {
        line += 1;
        text.extend(
            format!(
                "G1 X{}.{:03} Y{}.{:03} E0.0{}\n",
                line % 180,
                line % 997,
                line / 180 % 180,
                line % 991,
                line % 9000
            )
            .bytes(),
        );
        if line.is_multiple_of(20_000) {
            text.extend(format!(";LAYER:{}\nG1 Z{}.2 F600\n", line / 20_000, line / 20_000).bytes());
        }
    }
    text
}

pub async fn upload(plan: &Plan, report: &mut Report) {
    report.title("Upload of 105 MB by HTTP: received, hashed, durable, inspected");
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("bench.db").display().to_string();
    let quota = [("IMPRIMATUR_QUOTA_PERSON_MB", "100000"), ("IMPRIMATUR_QUOTA_ORGANIZATION_MB", "100000")];
    let server = Running::start(&plan.binary, folder.path(), &database, &quota);
    let admin = set_up(&server).await;
    let (mut speeds, mut cpus, mut growths) = (Vec::new(), Vec::new(), Vec::new());
    for n in 0..plan.rounds {
        let bytes = toolpath(n);
        server.forget_highest();
        let (cpu, before) = (server.cpu(), server.memory().0);
        let begin = Instant::now();
        let done: Value = admin.upload("large.gcode", bytes).await;
        assert_eq!(done["complete"], true, "{done}");
        speeds.push(MEGABYTES / begin.elapsed().as_secs_f64());
        cpus.push((server.cpu() - cpu) * 100.0 / MEGABYTES);
        growths.push((server.memory().1 - before).max(0.0));
    }
    report.row("speed", "MB/s", &speeds, Target::Above(197.0));
    report.row("CPU for 100 MB", "CPU-s", &cpus, Target::Below(0.6));
    report.row("memory above what it was before the upload", "MB", &growths, Target::Below(16.0));
}
