//! Print files and thumbnails on a local disk, found by the hash of their bytes.
//!
//! `uploads/<upload>.part` are bytes on their way, `blobs/<organization>/<two hex>/<sha256>` are whole. Paths are made
//! of our own ids and hashes only: no text from a person or a file ever becomes one. The store knows no database, no
//! permissions and no formats; who may read what, quotas and when a blob may go are decided above it.
//!
//! Beside the store, [`HighWater`] remembers how far the journals had come.
//!
//! Order of a finished upload: bytes, `fsync`, rename, `fsync` of the folder, and only then the caller's row. A blob
//! that can be seen is whole and survives a power cut.

mod append;
mod blobs;
mod error;
mod folder;
mod high_water;
mod parts;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{OrgId, Sha256, UploadId};
use tokio::task::{JoinError, JoinHandle};

pub use append::Received;
pub use blobs::Sealed;
pub use error::FileError;
pub use high_water::HighWater;

/// The store. Cheap to clone; all clones are one store. Several processes may share a root.
#[derive(Debug, Clone)]
pub struct BlobStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    root: PathBuf,
    /// Bytes of the disk that uploads leave alone.
    keep_free: u64,
    /// SHA-256 of what was written so far, for uploads that this process has seen from their first byte. Lost hashes
    /// (restart, another process) are reckoned anew from the disk when the upload is sealed.
    running: Mutex<HashMap<UploadId, Running>>,
}

/// A hash on its way.
#[derive(Debug, Clone)]
struct Running {
    /// Bytes that went in.
    length: u64,
    hash: sha2::Sha256,
}

impl Inner {
    fn running(&self) -> MutexGuard<'_, HashMap<UploadId, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn part(&self, upload: UploadId) -> PathBuf {
        self.uploads().join(format!("{upload}.part"))
    }

    fn uploads(&self) -> PathBuf {
        self.root.join("uploads")
    }

    fn blob(&self, org: OrgId, sha: Sha256) -> PathBuf {
        let name = sha.hex();
        let shelf = name.get(..2).unwrap_or_default();
        self.root.join("blobs").join(org.to_string()).join(shelf).join(&name)
    }
}

impl BlobStore {
    /// Opens the store and makes its folders, readable by this user only.
    ///
    /// # Errors
    /// [`FileError::Io`] if a folder cannot be made or written.
    pub async fn open(root: impl Into<PathBuf>) -> Result<Self, FileError> {
        Self::open_keeping(root, KEEP_FREE).await
    }

    /// The same, with another reserve than [`KEEP_FREE`].
    ///
    /// # Errors
    /// As [`BlobStore::open`].
    pub async fn open_keeping(root: impl Into<PathBuf>, keep_free: u64) -> Result<Self, FileError> {
        let root = root.into();
        blocking(move || {
            folder::ensure(&root)?;
            folder::ensure(&root.join("uploads"))?;
            folder::ensure(&root.join("blobs"))?;
            Ok(Self { inner: Arc::new(Inner { root, keep_free, running: Mutex::default() }) })
        })
        .await
    }

    /// Where a blob lies, whether it exists or not.
    #[must_use]
    pub fn path(&self, org: OrgId, sha: Sha256) -> PathBuf {
        self.inner.blob(org, sha)
    }

    /// The root folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.inner.root
    }

    /// Bytes that can still be written on the disk of the store by this user.
    ///
    /// # Errors
    /// [`FileError::Io`].
    pub async fn free_bytes(&self) -> Result<u64, FileError> {
        let inner = Arc::clone(&self.inner);
        blocking(move || folder::free_bytes(&inner.root)).await
    }

    /// Whether an upload of this size can be taken, so that a full disk is said before the first byte. Leaves
    /// [`KEEP_FREE`] bytes for the database. It knows nothing of other uploads that are still on their way; so
    /// [`BlobStore::append`] looks again, and leaves the same room.
    ///
    /// # Errors
    /// [`FileError::Io`].
    pub async fn has_room(&self, bytes: u64) -> Result<bool, FileError> {
        Ok(self.free_bytes().await? >= bytes.saturating_add(self.inner.keep_free))
    }
}

/// Bytes of the disk that uploads leave alone: the database writes there, and without it nobody could make room.
pub const KEEP_FREE: u64 = 64 * 1024 * 1024;

/// Starts file work where blocking is fine. The work goes on to its end even if the caller goes away.
fn start_blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, FileError> + Send + 'static,
) -> JoinHandle<Result<T, FileError>> {
    tokio::task::spawn_blocking(work)
}

/// The result of started file work.
fn ended<T>(work: Result<Result<T, FileError>, JoinError>) -> Result<T, FileError> {
    work.unwrap_or_else(|stopped| {
        Err(FileError::Io { doing: "file work stopped", source: std::io::Error::other(stopped) })
    })
}

/// Runs file work and waits for it.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, FileError> + Send + 'static,
) -> Result<T, FileError> {
    ended(start_blocking(work).await)
}
