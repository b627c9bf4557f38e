//! A full disk under the whole server: clear refusals, nothing that was accepted is lost, and work goes on when there is
//! room again. Mounts a small tmpfs, so it runs as root only, by name (`make test` does).

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is a failed test")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

/// A tmpfs that is unmounted again, whatever happens.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(folder: &Path, megabytes: u32) -> Self {
        let done = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={megabytes}m"), "tmpfs"])
            .arg(folder)
            .status()
            .expect("mount");
        assert!(done.success(), "this test mounts a small disk: run it as root, through `make test`");
        Self(folder.to_owned())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

struct Server {
    child: Child,
    url: String,
    token: Option<String>,
}

impl Server {
    /// Starts the binary and reads from its log where it listens, and the set-up link of a first start.
    fn start(data: &Path, first: bool) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_imprimatur"))
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .env("IMPRIMATUR_PASSWORD_MEMORY_KIB", "1024")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (mut url, mut token) = (String::new(), None);
        while url.is_empty() || (first && token.is_none()) {
            let line = lines.next().expect("the server ended").unwrap();
            if let Some((_, rest)) = line.split_once("/setup?token=") {
                token = Some(rest.trim().to_owned());
            }
            if let Some(at) = line.find("http://127.0.0.1:")
                && url.is_empty()
            {
                let port = line[at + 17..].split(|c: char| !c.is_ascii_digit()).next().unwrap();
                url = format!("http://127.0.0.1:{port}");
            }
        }
        std::thread::spawn(move || lines.for_each(|line| println!("{}", line.unwrap_or_default())));
        Self { child, url, token }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Person {
    client: Client,
    url: String,
    cookie: String,
}

impl Person {
    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        bytes: Option<Vec<u8>>,
    ) -> (StatusCode, Value) {
        let mut request = self
            .client
            .request(method, format!("{}/api/v1{path}", self.url))
            .header("x-imprimatur", "1")
            .header("idempotency-key", format!("{:?}", std::time::Instant::now()))
            .header("cookie", &self.cookie);
        if let Some(body) = body {
            request = request.json(&body);
        }
        if let Some(bytes) = bytes {
            request = request.body(bytes);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status();
        (status, answer.json().await.unwrap_or(Value::Null))
    }

    async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        self.call(Method::POST, path, Some(body), None).await
    }
}

/// Different bytes for each `seed`: equal ones are stored only once.
fn gcode(seed: usize, megabytes: usize) -> Vec<u8> {
    let mut text = format!(";FLAVOR:Marlin\n;TIME:60\n; {seed}\nG28\n").into_bytes();
    while text.len() < megabytes * 1_000_000 {
        text.extend_from_slice(b"G1 X10.123 Y20.456 E0.789 F1800\n");
    }
    text
}

async fn upload(person: &Person, bytes: Vec<u8>) -> (StatusCode, Value) {
    let announce = json!({ "name": "part.gcode", "size": bytes.len() });
    let (status, upload) = person.post("/uploads", announce).await;
    if !status.is_success() {
        return (status, upload);
    }
    let path = format!("/uploads/{}?offset=0", upload["id"].as_str().unwrap());
    person.call(Method::PUT, &path, None, Some(bytes)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_clearly_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let _disk = SmallDisk::mount(folder.path(), 110);
    let data = folder.path().join("data");
    let server = Server::start(&data, true);
    let mut person = Person { client: Client::new(), url: server.url.clone(), cookie: String::new() };
    let first = json!({
        "token": server.token.as_ref().unwrap(), "organization": "Small lab", "name": "Ada", "email": "ada@lab.example",
        "password": "a long enough one", "approval": true,
    });
    let answer = person
        .client
        .post(format!("{}/api/v1/setup", server.url))
        .header("x-imprimatur", "1")
        .json(&first)
        .send()
        .await
        .unwrap();
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    person.cookie = cookie;
    let (status, printer) = person
        .post(
            "/printers",
            json!({ "name": "Bench 1", "family": "octoprint", "address": "192.168.77.77", "api_key": "k", "share_with_organization": true }),
        )
        .await;
    assert_eq!(status, StatusCode::CREATED, "{printer}");

    // Uploads are refused before the first byte, while there is still room for the database.
    let mut accepted = Vec::new();
    let refused = loop {
        let (status, answer) = upload(&person, gcode(accepted.len(), 8)).await;
        if !status.is_success() {
            break (status, answer);
        }
        let (status, job) =
            person.post("/print-jobs", json!({ "upload": answer["id"], "printer": printer["id"] })).await;
        assert_eq!(status, StatusCode::CREATED, "{job}");
        accepted.push(job["id"].as_str().unwrap().to_owned());
        assert!(accepted.len() < 14, "the disk never filled");
    };
    assert_eq!((refused.0.as_u16(), refused.1["code"].as_str()), (507, Some("disk_full")), "{refused:?}");
    assert!(!accepted.is_empty());

    // The very last block: what cannot be made durable is not answered with success.
    let ballast = folder.path().join("ballast");
    let _ = fs::write(&ballast, vec![1_u8; 110_000_000]);
    let mut full = None;
    for n in 0..400 {
        let note = format!("{n} {}", "x".repeat(1500));
        let target = json!({ "message": note });
        let path = format!("/print-jobs/{}/send-back", accepted[n % accepted.len()]);
        let (status, answer) = person.post(&path, target).await;
        if status.as_u16() == 507 {
            full = Some(answer);
            break;
        }
        let account = json!({ "email": format!("{n}@lab.example"), "name": format!("Person {n}"), "password": "a long enough one" });
        let (status, answer) = person.post("/accounts", account).await;
        if status.as_u16() == 507 {
            full = Some(answer);
            break;
        }
    }
    assert_eq!(full.expect("the database never met the full disk")["code"], "disk_full");

    // Room again: everything that was accepted is there, and the server goes on without help.
    fs::remove_file(&ballast).unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    for id in &accepted {
        let (status, job) = person.call(Method::GET, &format!("/print-jobs/{id}"), None, None).await;
        assert_eq!(status, StatusCode::OK, "{job}");
    }
    let (status, done) = person.post(&format!("/print-jobs/{}/withdraw", accepted[0]), json!({})).await;
    assert!(status.is_success(), "{done}");

    // A restart finds a whole database.
    drop(server);
    let again = Server::start(&data, false);
    person.url.clone_from(&again.url);
    for id in &accepted {
        let (status, _) = person.call(Method::GET, &format!("/print-jobs/{id}"), None, None).await;
        assert_eq!(status, StatusCode::OK);
    }
    drop(again);
    let check = Command::new(env!("CARGO_BIN_EXE_imprimatur")).args(["check", "--data"]).arg(&data).output().unwrap();
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
}
