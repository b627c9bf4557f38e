//! The server under measurement: the real binary in a process of its own, and what the kernel says of it.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use sqlx::{Connection, PgConnection, Row};

/// Clock ticks of `/proc/PID/stat`; Linux has always said 100 to programs.
const TICKS: f64 = 100.0;

pub struct Running {
    child: Child,
    pub url: String,
    pub database: String,
    /// From the start of the process to the first answer of the health endpoint.
    pub start: Duration,
    lines: mpsc::Receiver<String>,
}

impl Running {
    /// Starts `imprimatur serve` on a free port of loopback and waits for its first answer. `settings` are environment variables.
    pub fn start(binary: &Path, data: &Path, database: &str, settings: &[(&str, &str)]) -> Self {
        let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        let mut command = Command::new(binary);
        command.args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--database", database, "--data"]).arg(data);
        command.current_dir(data).env("RUST_LOG", "error").envs(settings.iter().copied());
        let begin = Instant::now();
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let url = format!("http://127.0.0.1:{port}");
        while !healthy(port) {
            assert!(begin.elapsed() < Duration::from_secs(120), "the server does not answer");
            if child.try_wait().unwrap().is_some() {
                panic!("the server has ended: {}", std::io::read_to_string(child.stderr.take().unwrap()).unwrap());
            }
            std::thread::sleep(Duration::from_micros(500));
        }
        let start = begin.elapsed();
        let (send, lines) = mpsc::channel();
        let errors = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || {
            for line in errors.lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    break;
                }
            }
        });
        Self { child, url, database: database.to_owned(), start, lines }
    }

    /// The secret of the first set-up, from what the server told its operator.
    pub fn setup_token(&self) -> String {
        loop {
            let line = self.lines.recv_timeout(Duration::from_secs(5)).unwrap();
            if let Some((_, token)) = line.split_once("/setup?token=") {
                return token.trim().to_owned();
            }
        }
    }

    /// Processor time of the process in seconds.
    pub fn cpu(&self) -> f64 {
        cpu_of(self.child.id()).unwrap()
    }

    /// Processor time of the database's own processes for this server, in seconds; nothing for SQLite.
    pub async fn database_cpu(&self) -> f64 {
        if !self.database.starts_with("postgres") {
            return 0.0;
        }
        let mut connection = PgConnection::connect(&self.database).await.unwrap();
        let query = "SELECT pid FROM pg_stat_activity WHERE application_name = 'imprimatur'";
        let rows = sqlx::query(query).fetch_all(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        rows.iter().filter_map(|row| cpu_of(u32::try_from(row.get::<i32, _>(0)).unwrap())).sum()
    }

    /// Forgets how high the memory once was (signing up hashes a password, in 64 MB).
    pub fn forget_highest(&self) {
        std::fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5").unwrap();
    }

    /// Resident memory now and at its highest, in megabytes.
    pub fn memory(&self) -> (f64, f64) {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let value = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.trim().trim_end_matches(" kB").trim().parse::<f64>().unwrap() / 1024.0
        };
        (value("VmRSS:"), value("VmHWM:"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn cpu_of(process: u32) -> Option<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    let ticks: f64 = rest.split_whitespace().skip(11).take(2).map(|text| text.parse::<f64>().unwrap_or(0.0)).sum();
    Some(ticks / TICKS)
}

fn healthy(port: u16) -> bool {
    use std::io::{Read, Write};
    let Ok(mut stream) = std::net::TcpStream::connect(("127.0.0.1", port)) else { return false };
    let request = format!("GET /api/v1/health HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    let mut answer = String::new();
    stream.write_all(request.as_bytes()).is_ok()
        && stream.read_to_string(&mut answer).is_ok()
        && answer.starts_with("HTTP/1.1 200")
}
