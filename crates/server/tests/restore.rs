//! An older backup is put back under the real server, on both engines: it starts held back, says so, and nothing that may
//! have been printed, withdrawn or decided since is printed without a person's answer (dispatch.md 2.4 and 2.8, S1, S2).

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is a failed test")]

mod real;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use real::{Options, Person, Server, id, machine, starts};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tokio::net::TcpListener;
use virtual_printer::Handle;

/// A database whose states can be kept and put back while no server runs.
enum Place {
    Sqlite(PathBuf),
    Postgres { server: String, name: String },
}

impl Place {
    async fn postgres() -> Self {
        let server = std::env::var("IMPRIMATUR_TEST_POSTGRES")
            .expect("no PostgreSQL: run the tests through `make test`, or `scripts/with-postgres.sh cargo test ...`");
        let name = format!("restore_{}", uuid::Uuid::new_v4().simple());
        execute(&server, format!("CREATE DATABASE {name}")).await;
        Self::Postgres { server, name }
    }

    fn address(&self) -> Option<String> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres { server, name } => Some(format!("{}/{name}", server.rsplit_once('/').unwrap().0)),
        }
    }

    /// Keeps the state as it is now.
    async fn keep(&self, state: &str) {
        match self {
            Self::Sqlite(data) => copy(data, &data.join(state)),
            Self::Postgres { server, name } => {
                execute(server, format!("CREATE DATABASE {name}_{state} TEMPLATE {name}")).await;
            }
        }
    }

    /// Puts a kept state back. The data folder stays as it is: files, master key, high-water mark.
    async fn put_back(&self, state: &str) {
        match self {
            Self::Sqlite(data) => copy(&data.join(state), data),
            Self::Postgres { server, name } => {
                execute(server, format!("DROP DATABASE {name} WITH (FORCE)")).await;
                execute(server, format!("CREATE DATABASE {name} TEMPLATE {name}_{state}")).await;
            }
        }
    }

    async fn drop_all(&self, states: &[&str]) {
        if let Self::Postgres { server, name } = self {
            for suffix in states.iter().map(|state| format!("_{state}")).chain([String::new()]) {
                execute(server, format!("DROP DATABASE IF EXISTS {name}{suffix} WITH (FORCE)")).await;
            }
        }
    }
}

async fn execute(server: &str, statement: String) {
    let mut connection = PgConnection::connect(server).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

/// The files of an SQLite database, as they are when its process is gone.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for ending in ["", "-wal", "-shm"] {
        let name = format!("imprimatur.db{ending}");
        let _ = fs::remove_file(to.join(&name));
        if from.join(&name).exists() {
            fs::copy(from.join(&name), to.join(&name)).unwrap();
        }
    }
}

async fn session(person: &Person) -> Value {
    person.get("/session").await["organization"]["held_back"].clone()
}

async fn status(person: &Person, job: &Value) -> Value {
    person.get(&format!("/print-jobs/{}", id(job))).await
}

/// Long enough for a dispatcher that looks for work twenty times a second to do wrong.
async fn a_while() {
    tokio::time::sleep(Duration::from_millis(700)).await;
}

/// Each printer with one job: what its job was in the backup, and what it became afterwards.
struct Floor {
    admin: Person,
    guest: Person,
    printers: Vec<(String, Handle)>,
}

impl Floor {
    fn ledger(&self) -> Vec<usize> {
        self.printers.iter().map(|(_, machine)| machine.ledger().len()).collect()
    }

    fn at(&mut self, server: &Server) {
        self.admin = self.admin.at(server);
        self.guest = self.guest.at(server);
    }

    async fn clear_all(&self) {
        for (printer, _) in &self.printers {
            let shown = self.admin.get(&format!("/printers/{printer}")).await;
            let run = json!({ "run": shown["plate"]["run"] });
            self.admin.told(Method::POST, &format!("/printers/{printer}/plate-clear"), run).await;
        }
    }
}

async fn floor(server: &Server, listeners: Vec<TcpListener>) -> Floor {
    let admin = Person::first_admin(server).await;
    admin.ok(Method::PUT, "/settings", json!({ "version": 1, "undo_window_s": 0 })).await;
    let guest = admin.invited("Gil Guest", "guest").await;
    let mut printers = Vec::new();
    for (n, listener) in listeners.into_iter().enumerate() {
        // The last one prints so long that the backup is taken meanwhile.
        let machine = machine(listener, Duration::from_millis(if n == 3 { 2_500 } else { 100 }));
        printers.push((admin.bench(&format!("Bench {n}"), &machine).await, machine));
    }
    Floor { admin, guest, printers }
}

async fn an_older_backup(place: &Place, data: &Path) {
    let mut listeners = Vec::new();
    for _ in 0..4 {
        listeners.push(TcpListener::bind(("127.0.0.1", 0)).await.unwrap());
    }
    let addresses: Vec<String> = listeners.iter().map(|l| l.local_addr().unwrap().to_string()).collect();
    let options = Options { database: place.address(), ..Options::quick(&addresses) };
    let server = Server::start(data, &options, true);
    let mut floor = floor(&server, listeners).await;

    // In the backup: one waits behind a turned-off printer, one will be withdrawn, one needs approval, one is printing.
    for n in [0, 1] {
        let path = format!("/printers/{}", floor.printers[n].0);
        floor.admin.ok(Method::PATCH, &path, json!({ "enabled": false })).await;
    }
    let printed = floor.admin.job(&floor.printers[0].0, "printed since").await;
    let withdrawn = floor.admin.job(&floor.printers[1].0, "withdrawn since").await;
    let approved = floor.guest.job(&floor.printers[2].0, "approved since").await;
    let printing = floor.admin.job(&floor.printers[3].0, "printing then").await;
    floor.admin.wait(&printing, "printing").await;
    drop(server);
    place.keep("backup").await;

    // Since then all four went on, and one more was accepted that the backup does not know.
    let server = Server::start(data, &options, false);
    floor.at(&server);
    assert_eq!(session(&floor.admin).await, Value::Null, "nothing was put back yet");
    floor.admin.post(&format!("/print-jobs/{}/withdraw", id(&withdrawn)), json!({})).await;
    for n in [0, 1] {
        let path = format!("/printers/{}", floor.printers[n].0);
        floor.admin.ok(Method::PATCH, &path, json!({ "enabled": true })).await;
    }
    assert!(floor.admin.approve(&approved).await.unwrap().0.is_success());
    for job in [&printed, &approved, &printing] {
        floor.admin.wait(job, "finished").await;
    }
    let before = floor.ledger();
    assert_eq!(before, [1, 0, 1, 1]);
    tokio::time::sleep(Duration::from_millis(700)).await;
    drop(server);
    place.keep("newest").await;

    place.put_back("backup").await;
    let server = Server::start(data, &options, false);
    floor.at(&server);
    let held = session(&floor.guest).await;
    assert!(held["text"].as_str().unwrap().contains("older backup"), "everybody is told: {held}");
    for (job, expected) in [
        (&printed, "needs_approval"),
        (&withdrawn, "needs_approval"),
        (&approved, "needs_approval"),
        (&printing, "needs_attention"),
    ] {
        assert_eq!(status(&floor.admin, job).await["status"], expected, "{}", job["name"]);
    }
    floor.clear_all().await;
    a_while().await;
    assert_eq!(floor.ledger(), before, "nothing starts by itself");

    // Deciding is possible, printing is not, also after another crash.
    for n in [0, 1] {
        let path = format!("/printers/{}", floor.printers[n].0);
        floor.admin.ok(Method::PATCH, &path, json!({ "enabled": true })).await;
    }
    assert!(floor.admin.approve(&withdrawn).await.unwrap().0.is_success());
    a_while().await;
    drop(server);
    let server = Server::start(data, &options, false);
    floor.at(&server);
    floor.clear_all().await;
    a_while().await;
    assert_eq!(status(&floor.admin, &withdrawn).await["reason"]["code"], "hold_all");
    assert_eq!(floor.ledger(), before, "not before an Admin has looked");

    // The answers of people, and then an Admin lets it go.
    floor.admin.post(&format!("/print-jobs/{}/withdraw", id(&printed)), json!({})).await;
    floor.admin.post(&format!("/print-jobs/{}/reject", id(&approved)), json!({ "reason": "it is on the shelf" })).await;
    let answer = json!({ "outcome": "printed", "plate_is_clear": true });
    floor.admin.post(&format!("/print-jobs/{}/resolve", id(&printing)), answer).await;
    let (refused, _) = floor.guest.told(Method::POST, "/settings/release", json!({})).await.unwrap();
    assert_eq!(refused, StatusCode::FORBIDDEN);
    floor.admin.post("/settings/release", json!({})).await;
    assert_eq!(session(&floor.admin).await, Value::Null);
    floor.admin.wait(&withdrawn, "finished").await;
    let new = floor.admin.job(&floor.printers[2].0, "afterwards").await;
    floor.admin.wait(&new, "finished").await;
    for (job, n) in [(&printed, 0), (&withdrawn, 1), (&printing, 3)] {
        assert_eq!(starts(&floor.printers[n].1, job), 1, "{}", job["name"]);
    }
    drop(server);
    let server = Server::start(data, &options, false);
    floor.at(&server);
    assert_eq!(session(&floor.admin).await, Value::Null, "a release is kept");
    drop(server);

    // The same backup once more, the newer state of the history that was given up, and a lost data folder: each time held.
    for state in ["backup", "newest"] {
        place.put_back(state).await;
        let server = Server::start(data, &options, false);
        floor.at(&server);
        assert!(!session(&floor.admin).await.is_null(), "{state}");
        let organization = floor.admin.get("/session").await["organization"]["id"].as_str().unwrap().to_owned();
        drop(server);
        let (checked, said) = options.run(&["check"], data, &[]);
        assert!(checked, "{said}");
        let (released, said) = options.run(&["admin"], data, &["release", &organization]);
        assert!(released, "{said}");
        let server = Server::start(data, &options, false);
        floor.at(&server);
        assert!(session(&floor.admin).await.is_null(), "the operator let it go");
        drop(server);
    }
    fs::remove_file(data.join("high-water")).unwrap();
    let server = Server::start(data, &options, false);
    floor.at(&server);
    assert!(session(&floor.admin).await["text"].as_str().unwrap().contains("data folder"));
    floor.admin.post("/settings/release", json!({})).await;
    drop(server);
    let (held, said) = options.run(&["admin"], data, &["hold"]);
    assert!(held, "{said}");
    let server = Server::start(data, &options, false);
    floor.at(&server);
    assert!(session(&floor.admin).await["text"].as_str().unwrap().contains("operator"));
    drop(server);
    let (checked, said) = options.run(&["check"], data, &[]);
    assert!(checked, "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s2_an_older_backup_starts_held_back_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    an_older_backup(&Place::Sqlite(data.clone()), &data).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s2_an_older_backup_starts_held_back_postgres() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::postgres().await;
    an_older_backup(&place, &folder.path().join("data")).await;
    place.drop_all(&["backup", "newest"]).await;
}
