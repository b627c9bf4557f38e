//! The files on the printer: what they are, not their bytes. Size, hashes, an estimated time and the print record.
//!
//! Bytes are hashed as they arrive and dropped: a fleet of these with large files costs nothing, and the ledger still
//! names exactly what was received.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::PathBuf,
};

use serde::{Deserialize, Serialize};
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// The record of prints, as OctoPrint shows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Prints {
    success: u32,
    failure: u32,
    last: Last,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Last {
    date: f64,
    success: bool,
    #[serde(rename = "printTime", skip_serializing_if = "Option::is_none")]
    print_time: Option<f64>,
}

/// One file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Stored {
    pub(crate) size: u64,
    pub(crate) sha1: String,
    pub(crate) sha256: String,
    pub(crate) date: u64,
    pub(crate) seconds: f64,
    pub(crate) prints: Option<Prints>,
}

#[derive(Default, Serialize, Deserialize)]
struct Index {
    files: BTreeMap<String, Stored>,
    folders: BTreeSet<String>,
    /// Class A only: by bare file name, wherever the file is now, what became of its last start.
    #[serde(default)]
    history: BTreeMap<String, String>,
}

/// All files.
pub(crate) struct Storage {
    index: Index,
    kept_in: Option<PathBuf>,
}

impl Storage {
    pub(crate) fn open(folder: Option<PathBuf>) -> io::Result<Self> {
        let Some(folder) = folder else { return Ok(Self { index: Index::default(), kept_in: None }) };
        fs::create_dir_all(&folder)?;
        let kept_in = folder.join("files.json");
        let index = match fs::read(&kept_in) {
            Ok(bytes) => serde_json::from_slice(&bytes)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Index::default(),
            Err(error) => return Err(error),
        };
        let mut storage = Self { index, kept_in: Some(kept_in) };
        storage.interrupt();
        Ok(storage)
    }

    fn save(&self) {
        let Some(path) = &self.kept_in else { return };
        let next = path.with_extension("next");
        let bytes = serde_json::to_vec(&self.index).unwrap_or_default();
        if let Err(error) = fs::write(&next, bytes).and_then(|()| fs::rename(&next, path)) {
            tracing::error!(%error, "the files of the virtual printer cannot be kept");
        }
    }

    pub(crate) fn get(&self, path: &str) -> Option<&Stored> {
        self.index.files.get(path)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = (&String, &Stored)> {
        self.index.files.iter()
    }

    pub(crate) fn has_folder(&self, path: &str) -> bool {
        path.is_empty() || self.index.folders.contains(path)
    }

    pub(crate) fn add_folder(&mut self, path: &str) {
        let mut so_far = String::new();
        for part in path.split('/').filter(|part| !part.is_empty()) {
            if !so_far.is_empty() {
                so_far.push('/');
            }
            so_far.push_str(part);
            self.index.folders.insert(so_far.clone());
        }
        self.save();
    }

    pub(crate) fn put(&mut self, path: &str, file: Stored) {
        if let Some((folder, _)) = path.rsplit_once('/') {
            self.add_folder(folder);
        }
        self.index.files.insert(path.to_owned(), file);
        self.save();
    }

    pub(crate) fn remove(&mut self, path: &str) -> Option<Stored> {
        let file = self.index.files.remove(path);
        self.save();
        file
    }

    pub(crate) fn keep_only(&mut self, path: Option<&str>) {
        self.index.files.retain(|name, _| Some(name.as_str()) == path);
        self.save();
    }

    /// Class A: what was printing when the power went is "interrupted" now.
    pub(crate) fn interrupt(&mut self) {
        for status in self.index.history.values_mut().filter(|status| *status == "in_progress") {
            *status = "interrupted".to_owned();
        }
        self.save();
    }

    /// Class A: the start or the end of a print of the file with this name.
    pub(crate) fn note(&mut self, path: &str, status: &str) {
        self.index.history.insert(bare(path).to_owned(), status.to_owned());
        self.save();
    }

    /// Class A: what became of the last start.
    pub(crate) fn noted(&self, path: &str) -> Option<&str> {
        self.index.history.get(bare(path)).map(String::as_str)
    }

    /// Loses every record, the durable ones too.
    pub(crate) fn forget(&mut self) {
        self.index.history.clear();
        self.index.files.values_mut().for_each(|file| file.prints = None);
        self.save();
    }

    /// Adds to the record. A file that is not there (any more) under this path gets none, as in OctoPrint.
    pub(crate) fn record(&mut self, path: &str, success: bool, print_time: f64, date_ms: u64) {
        if let Some(file) = self.index.files.get_mut(path) {
            let (done, failed) = file.prints.as_ref().map_or((0, 0), |prints| (prints.success, prints.failure));
            file.prints = Some(Prints {
                success: done + u32::from(success),
                failure: failed + u32::from(!success),
                last: Last { date: date_ms as f64 / 1000.0, success, print_time: success.then_some(print_time) },
            });
            self.save();
        }
    }
}

fn bare(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Takes the bytes of an upload as they come.
pub(crate) struct Incoming {
    size: u64,
    sha1: Sha1,
    sha256: Sha256,
    lines: u64,
    line: Vec<u8>,
    seconds: Option<f64>,
    /// Turns the last byte around: the size stays, the bytes do not.
    pub(crate) corrupt: bool,
}

impl Incoming {
    pub(crate) fn new() -> Self {
        Self {
            size: 0,
            sha1: Sha1::new(),
            sha256: Sha256::new(),
            lines: 0,
            line: Vec::new(),
            seconds: None,
            corrupt: false,
        }
    }

    pub(crate) fn take(&mut self, bytes: &[u8]) {
        self.size += bytes.len() as u64;
        self.sha1.update(bytes);
        self.sha256.update(bytes);
        for byte in bytes {
            if *byte == b'\n' {
                self.lines += 1;
                self.seconds = self.seconds.or_else(|| estimate(&String::from_utf8_lossy(&self.line)));
                self.line.clear();
            } else if self.line.len() < 200 {
                self.line.push(*byte);
            }
        }
    }

    pub(crate) fn finish(mut self, date: u64) -> Stored {
        if self.corrupt {
            self.sha1.update(b"!");
            self.sha256.update(b"!");
        }
        Stored {
            size: self.size,
            sha1: hex::encode(self.sha1.finalize()),
            sha256: hex::encode(self.sha256.finalize()),
            date,
            // Without an estimate: twenty milliseconds a line, at least a second.
            seconds: self.seconds.unwrap_or((self.lines as f64 * 0.02).max(1.0)),
            prints: None,
        }
    }
}

/// `;TIME:3600` or `; estimated printing time (normal mode) = 1d 2h 3m 4s`.
fn estimate(line: &str) -> Option<f64> {
    if let Some(seconds) = line.trim().strip_prefix(";TIME:") {
        return seconds.trim().parse().ok().filter(|seconds: &f64| seconds.is_finite() && *seconds > 0.0);
    }
    let (_, text) = line.strip_prefix("; estimated printing time (normal mode)")?.split_once('=')?;
    text.split_whitespace()
        .map(|part| {
            let (number, unit) = part.split_at(part.len().checked_sub(1)?);
            let factor = match unit {
                "d" => 86_400.0,
                "h" => 3600.0,
                "m" => 60.0,
                "s" => 1.0,
                _ => return None,
            };
            number.parse::<f64>().ok().map(|number| number * factor)
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn print_times_are_read_from_the_file() {
        assert_eq!(estimate(";TIME:3600"), Some(3600.0));
        assert_eq!(estimate("; estimated printing time (normal mode) = 1h 2m 3s"), Some(3723.0));
        assert_eq!(estimate("; estimated printing time (normal mode) = soon"), None);
        assert_eq!(estimate("G1 X1"), None);
    }

    #[test]
    fn files_and_their_records_survive_the_process() {
        let folder = tempfile::tempdir().unwrap();
        let mut storage = Storage::open(Some(folder.path().to_owned())).unwrap();
        let mut incoming = Incoming::new();
        incoming.take(b"G28\nG1 X1\n");
        storage.put("a/b.gcode", incoming.finish(1));
        storage.record("a/b.gcode", true, 2.0, 3000);
        drop(storage);
        let again = Storage::open(Some(folder.path().to_owned())).unwrap();
        let file = again.get("a/b.gcode").unwrap();
        assert_eq!((file.size, file.prints.as_ref().unwrap().success), (10, 1));
        assert!(again.has_folder("a"));
    }
}
