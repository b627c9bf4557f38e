//! The real server as a process of its own: started, told where to end, killed.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

use fail_point::{Point, name};

/// How a server is started.
#[derive(Debug)]
pub(crate) struct Recipe {
    pub(crate) binary: PathBuf,
    pub(crate) folder: PathBuf,
    pub(crate) database: String,
}

/// A running server.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
    /// The secret of the first start.
    pub(crate) setup: Option<String>,
    passes: PathBuf,
    panics: Arc<Mutex<Vec<String>>>,
}

/// What a server that ended left behind.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Fail points that it passed.
    pub(crate) passed: Vec<String>,
    /// The fail point that it ended at.
    pub(crate) killed_at: Option<String>,
    pub(crate) status: ExitStatus,
    /// Panics in its log: each is a fault.
    pub(crate) panics: Vec<String>,
}

impl Recipe {
    /// Starts one, and waits until it listens. `number` names its log.
    pub(crate) fn start(&self, number: usize, kill: Option<(Point, u64)>, first: bool) -> Result<Server, String> {
        let passes = self.folder.join(format!("passes-{number}"));
        drop(std::fs::remove_file(&passes));
        let mut command = Command::new(&self.binary);
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--database", &self.database])
            .arg("--config")
            .arg(self.folder.join("imprimatur.toml"))
            .arg("--data")
            .arg(self.folder.join("data"))
            .env("NO_COLOR", "1")
            .env("FAIL_POINT_PASSES", &passes)
            .env_remove("FAIL_POINT_KILL")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        if let Some((point, at)) = kill {
            command.env("FAIL_POINT_KILL", format!("{}:{at}", name(point)));
        }
        let mut child = command.spawn().map_err(|e| format!("{}: {e}", self.binary.display()))?;
        let lines = BufReader::new(child.stderr.take().ok_or("no log")?).lines();
        let log = File::options().create(true).append(true).open(self.folder.join(format!("server-{number}.log")));
        let mut log = log.map_err(|e| e.to_string())?;
        let panics = Arc::<Mutex<Vec<String>>>::default();
        let (heard, hears) = mpsc::channel();
        let notes = Arc::clone(&panics);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                drop(writeln!(log, "{line}"));
                if line.contains("panicked at") {
                    notes.lock().unwrap_or_else(PoisonError::into_inner).push(line.clone());
                }
                drop(heard.send(line));
            }
        });
        let mut server = Server { child, url: String::new(), setup: None, passes, panics };
        let until = Instant::now() + Duration::from_secs(30);
        while server.url.is_empty() || (first && server.setup.is_none()) {
            let left = until.saturating_duration_since(Instant::now());
            let line = hears.recv_timeout(left).map_err(|_| {
                format!("the server did not start; see server-{number}.log in {}", self.folder.display())
            })?;
            if let Some((_, token)) = line.split_once("/setup?token=") {
                server.setup = Some(token.trim().to_owned());
            }
            if let Some(at) = line.find("http://127.0.0.1:").filter(|_| server.url.is_empty()) {
                let end = line[at + 17..].find(|c: char| !c.is_ascii_digit()).map_or(line.len(), |n| at + 17 + n);
                server.url = line[at..end].to_owned();
            }
        }
        Ok(server)
    }

    /// The operator's own check, with the same binary.
    pub(crate) fn check(&self) -> Result<(), String> {
        let out = Command::new(&self.binary)
            .args(["check", "--database", &self.database])
            .arg("--config")
            .arg(self.folder.join("imprimatur.toml"))
            .arg("--data")
            .arg(self.folder.join("data"))
            .output()
            .map_err(|e| e.to_string())?;
        if out.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&out.stderr).into_owned()) }
    }
}

impl Server {
    pub(crate) fn has_ended(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(Some(_)))
    }

    /// SIGKILL, if it still runs; then what it left behind.
    pub(crate) fn kill(mut self) -> Ended {
        drop(self.child.kill());
        let status = self.child.wait().unwrap_or_default();
        let text = std::fs::read_to_string(&self.passes).unwrap_or_default();
        let mut ended = Ended { passed: Vec::new(), killed_at: None, status, panics: Vec::new() };
        for line in text.lines() {
            match line.split_once(' ') {
                Some(("pass", point)) => ended.passed.push(point.to_owned()),
                Some(("kill", point)) => ended.killed_at = Some(point.to_owned()),
                _ => {}
            }
        }
        ended.panics = self.panics.lock().unwrap_or_else(PoisonError::into_inner).clone();
        ended
    }
}

impl Ended {
    /// It ended as it was meant to: by SIGKILL, or at its fail point.
    pub(crate) fn as_meant(&self) -> bool {
        const SIGABRT: i32 = 6;
        const SIGKILL: i32 = 9;
        match self.status.signal() {
            Some(SIGKILL) => true,
            Some(SIGABRT) => self.killed_at.is_some(),
            _ => false,
        }
    }
}

/// A build that can kill itself says so; any other would make every fail point a check that cannot fail.
pub(crate) fn is_armed(binary: &Path) -> Result<bool, String> {
    let bytes = std::fs::read(binary).map_err(|e| format!("{}: {e}", binary.display()))?;
    let mark = b"FAIL_POINT_PASSES";
    Ok(bytes.windows(mark.len()).any(|window| window == mark))
}
