//! The real binary in a test, and people who call it over HTTP. Killed like a process in a power cut, never stopped nicely.

#![allow(dead_code, reason = "each test that uses this module uses another part of it")]

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

pub const PASSWORD: &str = "a good long password";

/// How a server is started.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The environment: settings, and what else a test needs.
    pub environment: HashMap<String, String>,
    /// `postgres://...`; SQLite in the data folder otherwise.
    pub database: Option<String>,
}

impl Options {
    /// Numbers that make a test quick and the protocol the same; these printers may be used.
    pub fn quick(printers: &[String]) -> Self {
        let mut options = Self::default();
        for (name, value) in [
            ("PASSWORD_MEMORY_KIB", "256"),
            ("LEASE_MS", "1000"),
            ("TICK_MS", "50"),
            ("OBSERVE_MS", "50"),
            ("WATCH_MS", "300"),
            ("READ_BACK_MS", "600"),
            ("SETTLE_MS", "100"),
            ("RECORD_MS", "400"),
            ("AGAIN_MS", "200"),
        ] {
            options.environment.insert(format!("IMPRIMATUR_{name}"), value.into());
        }
        options.environment.insert("IMPRIMATUR_PRINTER_EXCEPTIONS".into(), json!(printers).to_string());
        options
    }

    fn command(&self, words: &[&str], data: &Path) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_imprimatur"));
        command.args(words).arg("--data").arg(data).envs(&self.environment).env("RUST_BACKTRACE", "0");
        if let Some(database) = &self.database {
            command.args(["--database", database]);
        }
        command
    }

    /// Runs another command of the program to its end: whether it succeeded, and what it said.
    pub fn run(&self, words: &[&str], data: &Path, after: &[&str]) -> (bool, String) {
        let output = self.command(words, data).args(after).output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// A running server. Dropped, it is killed (-9).
#[derive(Debug)]
pub struct Server {
    child: Child,
    pub url: String,
    /// The secret of the set-up link, at a first start.
    pub token: Option<String>,
}

impl Server {
    /// Starts it and reads from its log where it listens. `Err`: it ended, and this is what it said.
    pub fn try_start(data: &Path, options: &Options, first: bool) -> Result<Self, String> {
        let mut child =
            options.command(&["serve", "--listen", "127.0.0.1:0"], data).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (mut url, mut token, mut said) = (String::new(), None, String::new());
        while url.is_empty() || (first && token.is_none()) {
            let Some(Ok(line)) = lines.next() else {
                child.wait().unwrap();
                return Err(said);
            };
            if let Some((_, rest)) = line.split_once("/setup?token=") {
                token = Some(rest.trim().to_owned());
            }
            if let Some((_, rest)) = line.split_once("http://127.0.0.1:")
                && url.is_empty()
            {
                let port = rest.split(|c: char| !c.is_ascii_digit()).next().unwrap();
                url = format!("http://127.0.0.1:{port}");
            }
            said.push_str(&line);
            said.push('\n');
        }
        let told = std::env::var_os("IMPRIMATUR_TEST_LOG").is_some();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if told {
                    println!("{line}");
                }
            }
        });
        Ok(Self { child, url, token })
    }

    pub fn start(data: &Path, options: &Options, first: bool) -> Self {
        Self::try_start(data, options, first).unwrap_or_else(|said| panic!("the server did not start:\n{said}"))
    }

    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Somebody with a session.
#[derive(Debug, Clone)]
pub struct Person {
    client: Client,
    pub url: String,
    cookie: String,
}

/// An answer, or `None` if there was none: the process died, or took too long.
pub type Told = Option<(StatusCode, Value)>;

impl Person {
    pub fn nobody(server: &Server) -> Self {
        let client = Client::builder().no_proxy().pool_max_idle_per_host(0).timeout(Duration::from_secs(20)).build();
        Self { client: client.unwrap(), url: server.url.clone(), cookie: String::new() }
    }

    /// The first Admin, by the set-up link.
    pub async fn first_admin(server: &Server) -> Self {
        let mut person = Self::nobody(server);
        let body = json!({
            "token": server.token, "organization": "The lab", "name": "Ada Admin", "email": "ada@lab.example",
            "password": PASSWORD, "approval": true,
        });
        person.enter("/setup", body).await;
        person
    }

    /// A new account that this Admin invites.
    pub async fn invited(&self, name: &str, role: &str) -> Self {
        let mut person = Self { cookie: String::new(), ..self.clone() };
        let email = format!("{}@lab.example", name.to_lowercase().replace(' ', "."));
        person.enter("/accounts", json!({ "email": email, "name": name, "password": PASSWORD })).await;
        let link = self.ok(Method::POST, "/invitations", json!({ "role": role })).await;
        let secret = link["link"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        person.ok(Method::POST, &format!("/invitations/{secret}/accept"), json!({})).await;
        person
    }

    async fn enter(&mut self, path: &str, body: Value) {
        let request = self.client.post(format!("{}/api/v1{path}", self.url)).header("x-imprimatur", "1").json(&body);
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        self.cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    }

    /// The same person at a server that was started again.
    pub fn at(&self, server: &Server) -> Self {
        Self { url: server.url.clone(), ..self.clone() }
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client
            .request(method, format!("{}/api/v1{path}", self.url))
            .header("x-imprimatur", "1")
            .header("cookie", &self.cookie)
    }

    async fn send(request: reqwest::RequestBuilder) -> Told {
        let answer = request.send().await.ok()?;
        let status = answer.status();
        Some((status, answer.json().await.unwrap_or(Value::Null)))
    }

    /// What was answered, if anything.
    pub async fn told(&self, method: Method, path: &str, body: Value) -> Told {
        let key = format!("{path} {:?}", std::time::Instant::now());
        Self::send(self.request(method, path).header("idempotency-key", key).json(&body)).await
    }

    /// Reads; it must work.
    pub async fn get(&self, path: &str) -> Value {
        let (status, body) = Self::send(self.request(Method::GET, path)).await.expect("an answer");
        assert!(status.is_success(), "GET {path}: {status} {body}");
        body
    }

    /// The bytes of a file; it must work.
    pub async fn bytes(&self, path: &str) -> Vec<u8> {
        let answer = self.request(Method::GET, path).send().await.unwrap();
        assert!(answer.status().is_success(), "GET {path}: {}", answer.status());
        answer.bytes().await.unwrap().to_vec()
    }

    /// Does something that must work.
    pub async fn ok(&self, method: Method, path: &str, body: Value) -> Value {
        let (status, body) = self.told(method, path, body).await.expect("an answer");
        assert!(status.is_success(), "{path}: {status} {body}");
        body
    }

    pub async fn post(&self, path: &str, body: Value) -> Value {
        self.ok(Method::POST, path, body).await
    }

    /// Uploads whole; the upload's id if it was taken.
    pub async fn try_upload(&self, bytes: &[u8], name: &str) -> Option<String> {
        let announce = json!({ "name": name, "size": bytes.len() });
        let (status, upload) = self.told(Method::POST, "/uploads", announce).await?;
        let id = upload["id"].as_str().filter(|_| status.is_success())?.to_owned();
        let request = self.request(Method::PUT, &format!("/uploads/{id}?offset=0")).body(bytes.to_vec());
        let (status, sent) = Self::send(request).await?;
        (status.is_success() && sent["complete"] == true).then_some(id)
    }

    /// Sends a print job; it must be taken.
    pub async fn job(&self, printer: &str, name: &str) -> Value {
        let upload = self.try_upload(&gcode(name), &format!("{name}.gcode")).await.expect("the upload is taken");
        self.post("/print-jobs", json!({ "upload": upload, "printer": printer, "name": name })).await
    }

    pub async fn approve(&self, job: &Value) -> Told {
        let shown = json!({ "version": job["version"], "send_sha": job["send_sha"] });
        self.told(Method::POST, &format!("/print-jobs/{}/approve", id(job)), shown).await
    }

    /// Adds a virtual printer for everybody, its plate clear; its id.
    pub async fn bench(&self, name: &str, machine: &virtual_printer::Handle) -> String {
        let request = json!({
            "name": name, "family": "octoprint", "address": machine.address().to_string(), "api_key": machine.api_key(),
            "share_with_organization": true,
        });
        let printer = id(&self.post("/printers", request).await).to_owned();
        self.clear(&printer).await;
        printer
    }

    /// Says that the plate is clear, for the run that is shown.
    pub async fn clear(&self, printer: &str) {
        let shown = self.get(&format!("/printers/{printer}")).await;
        self.post(&format!("/printers/{printer}/plate-clear"), json!({ "run": shown["plate"]["run"] })).await;
    }

    /// Waits until a job has this status.
    pub async fn wait(&self, job: &Value, status: &str) -> Value {
        let until = tokio::time::Instant::now() + Duration::from_secs(30);
        loop {
            let seen = self.get(&format!("/print-jobs/{}", id(job))).await;
            if seen["status"] == status {
                return seen;
            }
            assert!(tokio::time::Instant::now() < until, "never {status}: {seen}");
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }
}

/// The id in something that the API gave.
pub fn id(of: &Value) -> &str {
    of["id"].as_str().unwrap_or_else(|| panic!("no id in {of}"))
}

/// A small print file; another seed, other bytes.
pub fn gcode(seed: &str) -> Vec<u8> {
    format!(";FLAVOR:Marlin\n;TIME:60\n; {seed}\nG28\nG1 X10 Y10 E1 F1800\nG1 X20 Y10 E2\n").into_bytes()
}

/// How often the printer physically started this job, by its own ledger.
pub fn starts(machine: &virtual_printer::Handle, job: &Value) -> usize {
    let ours = format!("imp-{}-", job["number"]);
    machine.ledger().iter().filter(|entry| entry.name.contains(&ours)).count()
}

/// A virtual printer whose prints take this long, under an address that was bound before the server knew it.
pub fn machine(listener: tokio::net::TcpListener, print: Duration) -> virtual_printer::Handle {
    let speed = virtual_printer::Speed::Whole(print);
    virtual_printer::VirtualPrinter::start(listener, virtual_printer::Options { speed, ..Default::default() }).unwrap()
}
