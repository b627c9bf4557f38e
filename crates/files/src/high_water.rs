//! How far the journals had come, kept beside the database: so that a database which was replaced by an older backup is
//! noticed. One small file, replaced as a whole and flushed each time; several processes share it under a lock.
//!
//! It never goes back by itself. It is not part of a backup, and must not be brought back with one.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::{Mark, OrgId, Sha256};
use fail_point::fail_point;

use crate::{FileError, blocking, folder};

/// The file. Clones are the same one.
#[derive(Debug, Clone)]
pub struct HighWater {
    path: Arc<PathBuf>,
}

impl HighWater {
    /// The file at `path`; it need not exist. Its folder has to.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self { path: Arc::new(path) }
    }

    /// What is remembered. `None`: there is no file, or it cannot be understood.
    ///
    /// # Errors
    /// [`FileError::Io`].
    pub async fn read(&self) -> Result<Option<Vec<Mark>>, FileError> {
        let path = Arc::clone(&self.path);
        blocking(move || Ok(load(&path)?.map(|marks| marks.into_values().collect()))).await
    }

    /// Remembers these rows durably, unless later ones of the same journals are remembered already.
    ///
    /// # Errors
    /// [`FileError::DiskFull`], [`FileError::Io`]; then the old content is still there.
    pub async fn raise(&self, marks: Vec<Mark>) -> Result<(), FileError> {
        self.change(marks, |old, new| new.seq > old.seq).await
    }

    /// Remembers these rows durably, whatever is remembered of these journals: an Admin has accepted what the database says.
    ///
    /// # Errors
    /// [`FileError::DiskFull`], [`FileError::Io`]; then the old content is still there.
    pub async fn accept(&self, marks: Vec<Mark>) -> Result<(), FileError> {
        self.change(marks, |old, new| old != new).await
    }

    async fn change(&self, marks: Vec<Mark>, replaces: fn(&Mark, &Mark) -> bool) -> Result<(), FileError> {
        let path = Arc::clone(&self.path);
        blocking(move || {
            let lock = File::options()
                .create(true)
                .write(true)
                .truncate(false)
                .mode(0o600)
                .open(beside(&path, "lock"))
                .map_err(FileError::io("open the lock of the high-water mark"))?;
            lock.lock().map_err(FileError::io("lock the high-water mark"))?;
            let found = load(&path)?;
            let missing = found.is_none();
            let mut all = found.unwrap_or_default();
            let mut changed = missing;
            for mark in marks {
                if all.get(&mark.org).is_none_or(|old| replaces(old, &mark)) {
                    all.insert(mark.org, mark);
                    changed = true;
                }
            }
            if changed { store(&path, &all) } else { Ok(()) }
        })
        .await
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.to_owned().into_os_string();
    name.push(".");
    name.push(ending);
    name.into()
}

fn load(path: &Path) -> Result<Option<BTreeMap<OrgId, Mark>>, FileError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(text.lines().map(|line| parse(line).map(|mark| (mark.org, mark))).collect()),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidData) => Ok(None),
        Err(error) => Err(FileError::io("read the high-water mark")(error)),
    }
}

fn parse(line: &str) -> Option<Mark> {
    let mut words = line.split(' ');
    let (org, seq, hash) = (words.next()?, words.next()?, words.next()?);
    Some(Mark { org: OrgId(org.parse().ok()?), seq: seq.parse().ok()?, hash: Sha256::from_hex(hash)? })
}

fn store(path: &Path, marks: &BTreeMap<OrgId, Mark>) -> Result<(), FileError> {
    let text: String = marks.values().map(|m| format!("{} {} {}\n", m.org, m.seq, m.hash.hex())).collect();
    let new = beside(path, "new");
    File::options()
        .create(true)
        .write(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
        .map_err(FileError::io("write the high-water mark"))?;
    fail_point!(Remember, Before);
    fs::rename(&new, path).map_err(FileError::io("replace the high-water mark"))?;
    fail_point!(Remember, Uncommitted);
    path.parent().map_or(Ok(()), folder::flush)?;
    fail_point!(Remember, After);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(org: u128, seq: i64, hash: u8) -> Mark {
        Mark { org: OrgId(uuid::Uuid::from_u128(org)), seq, hash: Sha256([hash; 32]) }
    }

    #[tokio::test]
    async fn it_never_goes_back_unless_it_is_told_to() {
        let folder = tempfile::tempdir().unwrap();
        let high = HighWater::new(folder.path().join("high-water"));
        assert_eq!(high.read().await.unwrap(), None);
        high.raise(vec![]).await.unwrap();
        assert_eq!(high.read().await.unwrap(), Some(vec![]), "an empty database is remembered as one");
        high.raise(vec![mark(1, 5, 5), mark(2, 7, 7)]).await.unwrap();
        high.raise(vec![mark(1, 4, 4), mark(2, 8, 8)]).await.unwrap();
        assert_eq!(high.read().await.unwrap(), Some(vec![mark(1, 5, 5), mark(2, 8, 8)]));
        high.accept(vec![mark(2, 3, 3)]).await.unwrap();
        assert_eq!(high.read().await.unwrap(), Some(vec![mark(1, 5, 5), mark(2, 3, 3)]));
    }

    #[tokio::test]
    async fn what_cannot_be_understood_is_no_memory() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("high-water");
        let high = HighWater::new(path.clone());
        for text in ["nonsense\n", "\u{0}\u{0}\u{0}", "00000000-0000-0000-0000-000000000001 5 short\n"] {
            fs::write(&path, text).unwrap();
            assert_eq!(high.read().await.unwrap(), None, "{text:?}");
        }
    }
}
