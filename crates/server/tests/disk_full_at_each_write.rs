//! The disk is full from the n-th write on, for each of the first 500 writes of the real server: at its first start, and
//! while it accepts, decides and prints. The write really fails with ENOSPC inside of the process: `real/full.c` stands
//! between the program and the C library. After each n the server is killed (-9) and started again with room on the disk.
//!
//! Whatever was answered with 2xx is there, whole; the printer never got what nobody approved; nothing was printed twice;
//! and the server works again without help (dispatch.md 2.8, S1, S2).
//!
//! Settings: `IMPRIMATUR_TEST_WRITES` (500), `IMPRIMATUR_TEST_SEED` (fresh, printed). Needs `cc` (`make setup`); no root.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is a failed test")]

mod real;

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use real::{Options, Person, Server, Told, gcode, id, machine, starts};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use virtual_printer::Handle;

/// Servers that are tried at the same time, each with its own share of the writes.
const LANES: i64 = 4;

/// After the first failed write people go on for this many acts.
const ACTS_WHILE_FULL: usize = 3;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} has to be a number")))
}

/// The library that makes writes fail, made anew from its source.
fn library(folder: &Path) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real/full.c");
    let made = folder.join("full.so");
    let done =
        Command::new("cc").args(["-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-o"]).arg(&made).arg(source).status();
    assert!(done.is_ok_and(|status| status.success()), "no C compiler: run `make setup`");
    made
}

/// The disk of one data folder: the file of three numbers that `full.c` shares with its process.
struct Disk(PathBuf);

impl Disk {
    fn new(path: PathBuf) -> Self {
        let disk = Self(path);
        disk.full_from(0);
        disk
    }

    /// The n-th write from now fails, and each after it; 0: there is room.
    fn full_from(&self, n: i64) {
        let numbers: Vec<u8> = [n, 0, 0].iter().flat_map(|n| n.to_ne_bytes()).collect();
        // Written in place: the process has this very file in its memory.
        if self.0.exists() {
            let file = fs::OpenOptions::new().write(true).open(&self.0).unwrap();
            std::os::unix::fs::FileExt::write_all_at(&file, &numbers, 0).unwrap();
        } else {
            fs::write(&self.0, numbers).unwrap();
        }
    }

    /// Writes since then, and how many of them failed.
    fn seen(&self) -> (i64, i64) {
        let bytes = fs::read(&self.0).unwrap();
        let number = |at: usize| i64::from_ne_bytes(bytes[at..at + 8].try_into().unwrap());
        (number(8), number(16))
    }

    fn options(&self, library: &Path, data: &Path, printers: &[String]) -> Options {
        let mut options = Options::quick(printers);
        for (name, value) in [("LD_PRELOAD", library), ("FULL_FOLDER", data), ("FULL_CONTROL", self.0.as_path())] {
            options.environment.insert(name.into(), value.display().to_string());
        }
        options
    }
}

/// What the client knows of one job that was accepted.
#[derive(Debug, Clone)]
struct Known {
    job: Value,
    bytes: Vec<u8>,
    /// Somebody asked to approve it: an answer that failed may still have been one.
    asked: bool,
    /// The last act that was acknowledged.
    acknowledged: &'static str,
    /// An act whose answer failed: it may have happened.
    unsure: Option<&'static str>,
}

fn is_ok(told: &Told) -> bool {
    told.as_ref().is_some_and(|(status, _)| status.is_success())
}

/// A refusal has to be one that people can act on; anything else is a fault.
fn refused_well(told: &Told) {
    if let Some((status, body)) = told
        && !status.is_success()
    {
        let code = body["code"].as_str().unwrap_or("");
        assert!(matches!(code, "disk_full" | "internal" | "busy"), "a full disk was answered with {status} {body}");
    }
}

/// One server, its disk, its printer, and everything that anybody was ever told.
struct Lane {
    data: PathBuf,
    disk: Disk,
    options: Options,
    server: Option<Server>,
    admin: Person,
    guest: Person,
    printer: String,
    machine: Handle,
    known: HashMap<String, Known>,
    random: u64,
}

impl Lane {
    async fn new(library: &Path, folder: &Path, number: i64, seed: u64) -> Self {
        let data = folder.join(format!("data-{number}"));
        let disk = Disk::new(folder.join(format!("disk-{number}")));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let options = disk.options(library, &data, &[listener.local_addr().unwrap().to_string()]);
        let machine = machine(listener, Duration::from_millis(40));
        let server = Server::start(&data, &options, true);
        let admin = Person::first_admin(&server).await;
        admin.ok(Method::PUT, "/settings", json!({ "version": 1, "undo_window_s": 0 })).await;
        let guest = admin.invited("Gil Guest", "guest").await;
        let printer = admin.bench("Bench 1", &machine).await;
        let random = seed ^ u64::try_from(number).unwrap().wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        Self {
            data,
            disk,
            options,
            server: Some(server),
            admin,
            guest,
            printer,
            machine,
            known: HashMap::new(),
            random,
        }
    }

    /// Xorshift: good enough to mix acts.
    fn dice(&mut self, sides: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % sides
    }

    /// One n: the disk fills at the n-th write from here, people go on for a while, then the power fails.
    async fn round(&mut self, n: i64) {
        self.disk.full_from(n);
        let (mut act, mut after) = (0, 0);
        while after < ACTS_WHILE_FULL {
            self.act(&format!("write {n} act {act}")).await;
            act += 1;
            after += usize::from(self.disk.seen().1 > 0);
            assert!(act < 400, "write {n} was never reached");
        }
        self.server = None;
        if self.dice(4) == 0 {
            // Started while the disk is still full: it may refuse, it must not spoil anything.
            drop(Server::try_start(&self.data, &self.options, false));
        }
        self.disk.full_from(0);
        self.start();
        self.judge(n).await;
    }

    fn start(&mut self) {
        let server = Server::start(&self.data, &self.options, false);
        self.admin = self.admin.at(&server);
        self.guest = self.guest.at(&server);
        self.server = Some(server);
    }

    /// A Guest sends a job, and somebody decides about it.
    async fn act(&mut self, name: &str) {
        let bytes = gcode(name);
        let Some(upload) = self.guest.try_upload(&bytes, "part.gcode").await else { return };
        let told = self.guest.told(
            Method::POST,
            "/print-jobs",
            json!({ "upload": upload, "printer": self.printer, "name": name }),
        );
        let told = told.await;
        refused_well(&told);
        let Some((_, job)) = told.filter(|told| told.0.is_success()) else { return };
        let mut known = Known { job: job.clone(), bytes, asked: false, acknowledged: "sent", unsure: None };
        let path = |verb: &str| format!("/print-jobs/{}/{verb}", id(&job));
        let (done, told) = match self.dice(6) {
            0 | 1 => {
                known.asked = true;
                ("approved", self.admin.approve(&job).await)
            }
            2 => ("rejected", self.admin.told(Method::POST, &path("reject"), json!({ "reason": "no" })).await),
            3 => ("withdrawn", self.guest.told(Method::POST, &path("withdraw"), json!({})).await),
            _ => ("sent", None),
        };
        refused_well(&told);
        if is_ok(&told) {
            known.acknowledged = done;
        } else if done != "sent" {
            known.unsure = Some(done);
        }
        self.known.insert(id(&job).to_owned(), known);
        if self.dice(3) == 0 {
            let run = match self.admin.told(Method::GET, &format!("/printers/{}", self.printer), Value::Null).await {
                Some((status, shown)) if status.is_success() => shown["plate"]["run"].clone(),
                _ => return,
            };
            // Refused while it prints; then the next act tries again.
            self.admin
                .told(Method::POST, &format!("/printers/{}/plate-clear", self.printer), json!({ "run": run }))
                .await;
        }
    }

    /// With room on the disk: everything that was acknowledged is there and whole. Then the floor is tidied for the next n.
    async fn judge(&mut self, n: i64) {
        let ours = format!("write {n} ");
        let mut waiting = Vec::new();
        for known in self.known.values().filter(|known| known.job["name"].as_str().unwrap().starts_with(&ours)) {
            let path = format!("/print-jobs/{}", id(&known.job));
            let now = self.admin.get(&path).await;
            let status = now["status"].as_str().unwrap();
            let fits = |act: &str| match act {
                "sent" => status == "needs_approval",
                "rejected" => status == "rejected",
                "withdrawn" => status == "withdrawn",
                _ => !matches!(status, "needs_approval" | "rejected" | "withdrawn"),
            };
            let fine = fits(known.acknowledged) || known.unsure.is_some_and(fits);
            assert!(fine, "write {n}: acknowledged as {}, and it is {status}", known.acknowledged);
            assert_eq!(self.admin.bytes(&format!("{path}/file")).await, known.bytes, "write {n}: the file is whole");
            if matches!(status, "needs_approval" | "queued") {
                waiting.push(path);
            }
        }
        self.no_wrong_start(n);
        self.answer_questions().await;
        // The queue must not grow from round to round; a few stay for the printer.
        for path in waiting.iter().skip(2) {
            self.guest.told(Method::POST, &format!("{path}/withdraw"), json!({})).await;
        }
    }

    /// The printer's ledger against what people said: nothing unapproved, nothing twice, only the approved bytes.
    fn no_wrong_start(&self, n: i64) {
        for known in self.known.values() {
            let times = starts(&self.machine, &known.job);
            let name = &known.job["name"];
            assert!(times == 0 || known.asked, "write {n}: {name} was printed without approval");
            assert!(times <= 1, "write {n}: {name} was printed {times} times");
        }
        let approved: Vec<String> =
            self.known.values().filter(|k| k.asked).map(|k| hex::encode(Sha256::digest(&k.bytes))).collect();
        for entry in self.machine.ledger() {
            assert!(approved.contains(&entry.sha256), "write {n}: bytes that nobody approved: {entry:?}");
        }
    }

    /// A person who goes to the printer and looks.
    async fn answer_questions(&self) {
        let page = self.admin.get("/print-jobs?tab=printing&limit=200").await;
        for job in page["items"].as_array().unwrap().iter().filter(|job| job["status"] == "needs_attention") {
            let outcome = if starts(&self.machine, job) > 0 { "printed" } else { "did_not_print" };
            let answer = json!({ "outcome": outcome, "plate_is_clear": true });
            self.admin.told(Method::POST, &format!("/print-jobs/{}/resolve", id(job)), answer).await;
        }
    }

    /// At the end: what is approved and still there prints, each once.
    async fn drain(&mut self) -> usize {
        let until = tokio::time::Instant::now() + Duration::from_secs(60);
        loop {
            self.answer_questions().await;
            let shown = self.admin.get(&format!("/printers/{}", self.printer)).await;
            let run = json!({ "run": shown["plate"]["run"] });
            self.admin.told(Method::POST, &format!("/printers/{}/plate-clear", self.printer), run).await;
            let counts = self.admin.get("/print-jobs/counts").await;
            if counts["queue"] == 0 && counts["printing"] == 0 {
                break;
            }
            assert!(tokio::time::Instant::now() < until, "not everything was printed: {counts}");
            tokio::time::sleep(Duration::from_millis(60)).await;
        }
        self.no_wrong_start(0);
        for known in self.known.values() {
            let now = self.admin.get(&format!("/print-jobs/{}", id(&known.job))).await;
            let times = usize::from(now["status"] == "finished");
            assert_eq!(starts(&self.machine, &known.job), times, "finished means printed: {now}");
        }
        self.server = None;
        let (whole, said) = self.options.run(&["check"], &self.data, &[]);
        assert!(whole, "{said}");
        self.machine.ledger().len()
    }
}

/// The first start on an empty folder with a disk that is full from the n-th write on, then another with room. Whether the
/// first one was refused; `None`: the start has fewer writes.
async fn first_start(library: &Path, folder: &Path, n: i64) -> Option<bool> {
    let data = folder.join(format!("start-{n}"));
    let disk = Disk::new(folder.join(format!("start-{n}.disk")));
    disk.full_from(n);
    let options = disk.options(library, &data, &[]);
    let started = Server::try_start(&data, &options, true);
    let (seen, failed) = disk.seen();
    if started.is_ok() && failed == 0 {
        assert!(seen > 0 && seen < n, "the first start has {seen} writes");
        return None;
    }
    if let Err(said) = &started {
        assert!(!said.contains("panicked"), "write {n}: {said}");
    }
    let refused = started.is_err();
    drop(started);
    disk.full_from(0);
    let server = Server::start(&data, &options, true);
    Person::first_admin(&server).await;
    drop(server);
    fs::remove_dir_all(&data).unwrap();
    Some(refused)
}

/// The server's first start, with a disk that is full from each of its writes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn s2_a_first_start_survives_a_disk_that_is_full_at_any_write() {
    let folder = tempfile::tempdir().unwrap();
    let library = library(folder.path());
    let writes = i64::try_from(setting("IMPRIMATUR_TEST_WRITES", 500)).unwrap();
    let mut lanes = tokio::task::JoinSet::new();
    for number in 1..=LANES {
        let (library, folder) = (library.clone(), folder.path().to_owned());
        lanes.spawn(async move {
            let (mut tried, mut refused) = (0, 0);
            for n in (number..=writes).step_by(usize::try_from(LANES).unwrap()) {
                let Some(no) = first_start(&library, &folder, n).await else { break };
                tried += 1;
                refused += i32::from(no);
            }
            (tried, refused)
        });
    }
    let (mut tried, mut refused) = (0, 0);
    while let Some(lane) = lanes.join_next().await {
        let lane = lane.unwrap();
        (tried, refused) = (tried + lane.0, refused + lane.1);
    }
    println!("first start: {tried} writes failed, {refused} starts refused, all started when there was room");
    assert!(refused > 0);
}

/// Each of the first 500 writes of a server at work.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn s2_nothing_is_lost_on_a_disk_that_is_full_at_any_write() {
    let folder = tempfile::tempdir().unwrap();
    let library = library(folder.path());
    let writes = i64::try_from(setting("IMPRIMATUR_TEST_WRITES", 500)).unwrap();
    let seed = setting("IMPRIMATUR_TEST_SEED", u64::from(std::process::id()).wrapping_mul(0x2545_F491_4F6C_DD1D));
    println!("IMPRIMATUR_TEST_SEED={seed}");
    let mut lanes = tokio::task::JoinSet::new();
    for number in 0..LANES {
        let (library, folder) = (library.clone(), folder.path().to_owned());
        lanes.spawn(async move {
            let mut lane = Lane::new(&library, &folder, number, seed).await;
            let mut rounds = 0;
            for n in (1..=writes).filter(|n| n % LANES == number) {
                lane.round(n).await;
                rounds += 1;
            }
            (rounds, lane.known.len(), lane.drain().await)
        });
    }
    let (mut rounds, mut jobs, mut prints) = (0, 0, 0);
    while let Some(lane) = lanes.join_next().await {
        let lane = lane.unwrap();
        (rounds, jobs, prints) = (rounds + lane.0, jobs + lane.1, prints + lane.2);
    }
    println!("{rounds} writes failed, {jobs} jobs accepted, {prints} printed: 0 lost, 0 printed twice, 0 unapproved");
    assert_eq!(rounds, writes);
    assert!(prints > 0 || writes < 300, "the writes of a whole print were never reached");
}
