//! Bytes on their way: opening with a lock (one writer, over processes too), dropping, sweeping. Only files that this
//! store named are ever removed.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use domain::UploadId;

use crate::{BlobStore, FileError, blocking};

/// Opens a part for appending and reading, locked; `None` if it does not exist.
///
/// The lock belongs to the file, and a sealed part is renamed: so after locking, the name must still lead to the
/// file that was opened.
pub(crate) fn open_locked(path: &Path, create: bool) -> Result<Option<File>, FileError> {
    for _ in 0..3 {
        let opened = OpenOptions::new().read(true).append(true).create(create).mode(0o600).open(path);
        let file = match opened {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(FileError::io("open an upload")(error)),
        };
        if let Some(file) = claim(file, path)? {
            return Ok(Some(file));
        }
    }
    Err(FileError::Busy)
}

/// Locks an open part; `None` if its name leads elsewhere by now (it was sealed or removed after it was opened).
fn claim(file: File, path: &Path) -> Result<Option<File>, FileError> {
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(FileError::Busy),
        Err(TryLockError::Error(error)) => return Err(FileError::io("lock an upload")(error)),
    }
    let ours = file.metadata().map_err(FileError::io("look at an upload"))?;
    match fs::metadata(path) {
        Ok(named) => Ok((named.ino() == ours.ino() && named.dev() == ours.dev()).then_some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(FileError::io("look at an upload")(error)),
    }
}

impl BlobStore {
    /// Bytes of an upload that are stored: where its sender goes on. 0 for an unknown upload.
    ///
    /// # Errors
    /// [`FileError::Io`].
    pub async fn received(&self, upload: UploadId) -> Result<u64, FileError> {
        let path = self.inner.part(upload);
        blocking(move || match fs::metadata(path) {
            Ok(found) => Ok(found.len()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(FileError::io("look at an upload")(error)),
        })
        .await
    }

    /// Forgets an upload and its bytes. Fine if there are none.
    ///
    /// # Errors
    /// [`FileError::Busy`] while somebody writes to it; [`FileError::Io`].
    pub async fn discard(&self, upload: UploadId) -> Result<(), FileError> {
        let inner = Arc::clone(&self.inner);
        blocking(move || {
            let path = inner.part(upload);
            if let Some(_locked) = open_locked(&path, false)? {
                fs::remove_file(&path).map_err(FileError::io("remove an upload"))?;
            }
            inner.running().remove(&upload);
            Ok(())
        })
        .await
    }

    /// Removes uploads that nobody wrote to for `older_than`; says how many. Those being written are left alone.
    ///
    /// # Errors
    /// [`FileError::Io`] if the folder cannot be read.
    pub async fn sweep(&self, older_than: Duration) -> Result<u64, FileError> {
        let inner = Arc::clone(&self.inner);
        blocking(move || {
            #[expect(
                clippy::disallowed_methods,
                reason = "files are dated by the operating system, not by the database"
            )]
            let now = SystemTime::now();
            let mut removed = 0;
            for entry in fs::read_dir(inner.uploads()).map_err(FileError::io("list uploads"))? {
                let entry = entry.map_err(FileError::io("list uploads"))?;
                let name = entry.file_name();
                let Some((id, kind)) = name.to_str().and_then(|name| name.rsplit_once('.')) else { continue };
                let Ok(id) = id.parse::<uuid::Uuid>() else { continue };
                let Ok(written) = entry.metadata().and_then(|found| found.modified()) else { continue };
                if !matches!(kind, "part" | "tmp") || now.duration_since(written).unwrap_or_default() < older_than {
                    continue;
                }
                if let Ok(Some(_locked)) = open_locked(&entry.path(), false) {
                    fs::remove_file(entry.path()).map_err(FileError::io("remove an upload"))?;
                    inner.running().remove(&UploadId(id));
                    removed += 1;
                }
            }
            Ok(removed)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_was_sealed_meanwhile_is_not_claimed() {
        let folder = tempfile::tempdir().unwrap();
        let (part, blob) = (folder.path().join("a.part"), folder.path().join("blob"));
        let open = || File::options().append(true).create(true).open(&part).unwrap();
        let early = open();
        fs::rename(&part, &blob).unwrap();
        assert!(claim(early, &part).unwrap().is_none(), "the name is gone");
        let early = open();
        fs::rename(&part, &blob).unwrap();
        let new = open();
        assert!(claim(early, &part).unwrap().is_none(), "the name is another file");
        let held = claim(new, &part).unwrap();
        assert!(held.is_some());
        assert!(matches!(claim(open(), &part), Err(FileError::Busy)));
        drop(held);
        assert!(open_locked(&part, false).unwrap().is_some());
    }
}
