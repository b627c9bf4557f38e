//! Whole blobs: sealing an upload, small bytes of our own, reading and checking. A blob is never changed.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::{OrgId, Sha256, UploadId};
use fail_point::fail_point;
use sha2::Digest;

use crate::parts::open_locked;
use crate::{BlobStore, FileError, Inner, blocking, folder};

/// Bytes that are read at once.
const PIECE: usize = 256 * 1024;

/// A blob that is whole and durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// SHA-256 of its bytes.
    pub sha256: Sha256,
    /// Bytes.
    pub size: u64,
    /// Where it lies.
    pub path: PathBuf,
}

impl BlobStore {
    /// Makes a blob of a complete upload of `size` bytes. If the organization has these bytes already, the blob that is
    /// there stays and the upload goes.
    ///
    /// # Errors
    /// [`FileError::Incomplete`] unless exactly `size` bytes were received; [`FileError::NotFound`] for an unknown (or
    /// already sealed) upload; [`FileError::Busy`]; [`FileError::DiskFull`]; [`FileError::Io`]. The upload stays as it
    /// was and can be sealed again.
    pub async fn seal(&self, org: OrgId, upload: UploadId, size: u64) -> Result<Sealed, FileError> {
        let inner = Arc::clone(&self.inner);
        blocking(move || {
            let part = inner.part(upload);
            let mut file = open_locked(&part, false)?.ok_or(FileError::NotFound)?;
            let received = file.metadata().map_err(FileError::io("look at an upload"))?.len();
            if received != size {
                return Err(FileError::Incomplete { received, announced: size });
            }
            let known = inner.running().get(&upload).filter(|running| running.length == size).cloned();
            let sha256 = match known {
                Some(running) => digest(running.hash),
                None => {
                    file.rewind().map_err(FileError::io("read an upload"))?;
                    hash_of(&mut file)?
                }
            };
            let shelved = file.sync_all().map_err(FileError::io("flush an upload"));
            fail_point!(Blob, Before);
            let path =
                shelved.and_then(|()| shelve(&inner, org, sha256, size, &part)).map_err(|error| match error {
                    FileError::DiskFull { .. } => FileError::DiskFull { received },
                    other => other,
                })?;
            inner.running().remove(&upload);
            Ok(Sealed { sha256, size, path })
        })
        .await
    }

    /// Stores bytes of our own making (a thumbnail) as durably as an upload.
    ///
    /// # Errors
    /// [`FileError::DiskFull`], [`FileError::Io`]; nothing is left behind.
    pub async fn put_bytes(&self, org: OrgId, bytes: &[u8]) -> Result<Sealed, FileError> {
        let inner = Arc::clone(&self.inner);
        let bytes = bytes.to_vec();
        blocking(move || {
            let size = bytes.len() as u64;
            let sha256 = digest(sha2::Sha256::new_with_prefix(&bytes));
            let temporary = inner.uploads().join(format!("{}.tmp", uuid::Uuid::new_v4()));
            let write = || {
                let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
                file.write_all(&bytes)?;
                file.sync_all()
            };
            let stored = write()
                .map_err(FileError::io("write bytes"))
                .and_then(|()| shelve(&inner, org, sha256, size, &temporary));
            if stored.is_err() {
                // Best effort: the sweep takes what stays.
                drop(fs::remove_file(&temporary));
            }
            Ok(Sealed { sha256, size, path: stored? })
        })
        .await
    }

    /// Opens a blob for reading, with its size in bytes.
    ///
    /// # Errors
    /// [`FileError::NotFound`], [`FileError::Io`].
    pub async fn open_read(&self, org: OrgId, sha: Sha256) -> Result<(tokio::fs::File, u64), FileError> {
        let path = self.path(org, sha);
        let (file, size) = blocking(move || open(&path)).await?;
        Ok((tokio::fs::File::from_std(file), size))
    }

    /// Lends a blob's bytes in order to `step`, which may block (an inspector), and gives `state` back at the end.
    ///
    /// # Errors
    /// [`FileError::NotFound`], [`FileError::Io`].
    pub async fn scan<T: Send + 'static>(
        &self,
        org: OrgId,
        sha: Sha256,
        mut state: T,
        mut step: impl FnMut(&mut T, &[u8]) + Send + 'static,
    ) -> Result<T, FileError> {
        let path = self.path(org, sha);
        blocking(move || {
            let (mut file, _) = open(&path)?;
            read_pieces(&mut file, |piece| step(&mut state, piece))?;
            Ok(state)
        })
        .await
    }

    /// Reads a blob from the disk and tells whether its bytes still have its hash.
    ///
    /// # Errors
    /// [`FileError::NotFound`], [`FileError::Io`].
    pub async fn verify(&self, org: OrgId, sha: Sha256) -> Result<bool, FileError> {
        let path = self.path(org, sha);
        blocking(move || {
            let (mut file, _) = open(&path)?;
            Ok(hash_of(&mut file)? == sha)
        })
        .await
    }

    /// Removes a blob; `false` if there was none. The caller makes sure that nothing refers to it and that no upload of
    /// the same bytes is being sealed.
    ///
    /// # Errors
    /// [`FileError::Io`].
    pub async fn remove(&self, org: OrgId, sha: Sha256) -> Result<bool, FileError> {
        let path = self.path(org, sha);
        blocking(move || match fs::remove_file(&path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(FileError::io("remove a blob")(error)),
        })
        .await
    }
}

/// Moves a flushed file to its place among the blobs, durably.
fn shelve(inner: &Inner, org: OrgId, sha: Sha256, size: u64, from: &Path) -> Result<PathBuf, FileError> {
    let path = inner.blob(org, sha);
    let shelf = path.parent().unwrap_or(&inner.root);
    folder::ensure(shelf)?;
    // Other bytes under the same hash are damage: the good ones take their place.
    let whole = fs::metadata(&path).is_ok_and(|found| found.len() == size)
        && File::open(&path).ok().and_then(|mut file| hash_of(&mut file).ok()) == Some(sha);
    match whole {
        true => fs::remove_file(from).map_err(FileError::io("remove an upload"))?,
        false => {
            fs::set_permissions(from, Permissions::from_mode(0o400)).map_err(FileError::io("protect a blob"))?;
            fs::rename(from, &path).map_err(FileError::io("name a blob"))?;
        }
    }
    fail_point!(Blob, Uncommitted);
    folder::flush(shelf)?;
    fail_point!(Blob, After);
    Ok(path)
}

fn open(path: &Path) -> Result<(File, u64), FileError> {
    let file = File::open(path).map_err(FileError::io("open a blob"))?;
    let size = file.metadata().map_err(FileError::io("look at a blob"))?.len();
    Ok((file, size))
}

fn read_pieces(file: &mut File, mut step: impl FnMut(&[u8])) -> Result<(), FileError> {
    let mut piece = vec![0; PIECE];
    loop {
        match file.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(read) => step(&piece[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(FileError::io("read a blob")(error)),
        }
    }
}

fn hash_of(file: &mut File) -> Result<Sha256, FileError> {
    let mut hash = sha2::Sha256::new();
    read_pieces(file, |piece| hash.update(piece))?;
    Ok(digest(hash))
}

fn digest(hash: sha2::Sha256) -> Sha256 {
    Sha256(hash.finalize().into())
}
