//! Folders: made with mode 0700, and flushed so that names in them survive a power cut.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use crate::FileError;

/// Makes a folder and its parents if missing, durably.
pub(crate) fn ensure(path: &Path) -> Result<(), FileError> {
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => parent(path).map_or(Ok(()), flush),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            if fs::metadata(path).map_err(FileError::io("look at a folder"))?.is_dir() {
                Ok(())
            } else {
                Err(FileError::Io { doing: "make a folder", source: error })
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => match parent(path) {
            Some(above) => {
                ensure(above)?;
                DirBuilder::new().mode(0o700).create(path).map_err(FileError::io("make a folder"))?;
                flush(above)
            }
            None => Err(FileError::Io { doing: "make a folder", source: error }),
        },
        Err(error) => Err(FileError::io("make a folder")(error)),
    }
}

fn parent(path: &Path) -> Option<&Path> {
    path.parent().map(|above| if above.as_os_str().is_empty() { Path::new(".") } else { above })
}

/// Flushes the names in a folder.
pub(crate) fn flush(path: &Path) -> Result<(), FileError> {
    File::open(path).and_then(|folder| folder.sync_all()).map_err(FileError::io("flush a folder"))
}

/// Bytes that this user can still write on the folder's disk.
pub(crate) fn free_bytes(path: &Path) -> Result<u64, FileError> {
    let disk = rustix::fs::statvfs(path)
        .map_err(|error| FileError::Io { doing: "ask for free space", source: io::Error::from(error) })?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}
