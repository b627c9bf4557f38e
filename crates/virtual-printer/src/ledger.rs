//! The ledger of physical starts: append-only, the truth that tests compare with what a server believes.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, Write},
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};

/// One physical start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// The path of the file at the moment of the start.
    pub name: String,
    /// SHA-256 of the bytes that were printed, lower-case hexadecimal.
    pub sha256: String,
    /// Milliseconds since 1970.
    pub started_at: u64,
    /// Milliseconds since 1970; `None` while it prints, and for ever if the process was killed.
    pub ended_at: Option<u64>,
    /// Who started it: `api` or `panel`.
    pub how: String,
    /// How it ended: `finished`, `cancelled`, `failed` or `power_loss`.
    pub end: Option<String>,
}

/// A line of the file.
#[derive(Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "snake_case")]
enum Line {
    Start { n: usize, name: String, sha256: String, at: u64, how: String },
    End { n: usize, at: u64, end: String },
}

/// The entries and the file they are kept in.
pub(crate) struct Ledger {
    entries: Vec<LedgerEntry>,
    file: Option<File>,
}

pub(crate) fn now_ms() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "a printer has its own clock")]
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

impl Ledger {
    /// Reads what is there and goes on behind it.
    pub(crate) fn open(path: Option<&Path>) -> io::Result<Self> {
        let Some(path) = path else { return Ok(Self { entries: Vec::new(), file: None }) };
        let mut file = OpenOptions::new().create(true).read(true).append(true).open(path)?;
        let mut entries = Vec::new();
        let mut torn = false;
        for text in BufReader::new(&file).lines() {
            // A torn line can only be the last one: its start was never acknowledged to anybody.
            let Ok(line) = serde_json::from_str(&text?) else {
                torn = true;
                continue;
            };
            torn = false;
            apply(&mut entries, line);
        }
        if torn {
            file.write_all(b"\n")?;
        }
        Ok(Self { entries, file: Some(file) })
    }

    /// Notes a start before anything moves; gives its number.
    pub(crate) fn start(&mut self, name: &str, sha256: &str, how: &str) -> usize {
        let n = self.entries.len();
        self.write(Line::Start { n, name: name.into(), sha256: sha256.into(), at: now_ms(), how: how.into() });
        n
    }

    pub(crate) fn end(&mut self, n: usize, end: &str) {
        self.write(Line::End { n, at: now_ms(), end: end.into() });
    }

    pub(crate) fn entries(&self) -> Vec<LedgerEntry> {
        self.entries.clone()
    }

    fn write(&mut self, line: Line) {
        if let Some(file) = &mut self.file {
            let mut bytes = serde_json::to_vec(&line).unwrap_or_default();
            bytes.push(b'\n');
            if let Err(error) = file.write_all(&bytes).and_then(|()| file.sync_all()) {
                tracing::error!(%error, "the ledger of the virtual printer cannot be written");
            }
        }
        apply(&mut self.entries, line);
    }
}

fn apply(entries: &mut Vec<LedgerEntry>, line: Line) {
    match line {
        Line::Start { name, sha256, at, how, .. } => {
            entries.push(LedgerEntry { name, sha256, started_at: at, ended_at: None, how, end: None });
        }
        Line::End { n, at, end } => {
            if let Some(entry) = entries.get_mut(n) {
                entry.ended_at = Some(at);
                entry.end = Some(end);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ledger_is_read_back_after_a_kill_also_with_a_torn_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger");
        let mut ledger = Ledger::open(Some(&path)).unwrap();
        let first = ledger.start("a.gcode", "aa", "api");
        ledger.end(first, "finished");
        ledger.start("b.gcode", "bb", "panel");
        drop(ledger);
        OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"line\":\"sta").unwrap();
        let mut again = Ledger::open(Some(&path)).unwrap();
        assert_eq!(again.entries().len(), 2);
        assert_eq!(again.entries()[0].end.as_deref(), Some("finished"));
        assert_eq!(again.entries()[1].ended_at, None);
        again.start("c.gcode", "cc", "api");
        drop(again);
        assert_eq!(Ledger::open(Some(&path)).unwrap().entries().len(), 3);
    }
}
