//! What can go wrong with stored bytes. Sentences here are for logs; the API words its own answers.

use std::io;

/// A failed operation of the [`BlobStore`](crate::BlobStore).
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The chunk does not start where the upload ends. The sender goes on from `received`.
    #[error("the upload has {received} bytes")]
    Offset {
        /// Bytes that are stored.
        received: u64,
    },
    /// More bytes came than the upload announced; everything of this chunk was dropped again.
    #[error("more than the announced {announced} bytes")]
    TooLong {
        /// Bytes that the upload announced.
        announced: u64,
    },
    /// Another writer is at this upload right now.
    #[error("another writer is at this upload")]
    Busy,
    /// The disk (or its quota) is full. What is stored is whole; the sender can go on from `received` later.
    #[error("the disk is full")]
    DiskFull {
        /// Bytes of the upload that are stored.
        received: u64,
    },
    /// A chunk without bytes.
    #[error("the chunk is empty")]
    EmptyChunk,
    /// The body broke off. What came before is kept; the sender can go on from `received`.
    #[error("the body broke off: {reason}")]
    Broken {
        /// Bytes of the upload that are stored.
        received: u64,
        /// What the body's stream said.
        reason: String,
    },
    /// The upload is not complete.
    #[error("the upload has {received} of {announced} bytes")]
    Incomplete {
        /// Bytes that are stored.
        received: u64,
        /// Bytes that the upload announced.
        announced: u64,
    },
    /// No such upload or blob.
    #[error("no such file")]
    NotFound,
    /// The operating system refused.
    #[error("{doing}: {source}")]
    Io {
        /// What was tried.
        doing: &'static str,
        /// The system's answer.
        source: io::Error,
    },
}

impl FileError {
    /// Words a system error; a missing file becomes [`FileError::NotFound`], a full disk [`FileError::DiskFull`].
    pub(crate) fn io(doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| match source.kind() {
            io::ErrorKind::NotFound => Self::NotFound,
            kind if is_full(kind) => Self::DiskFull { received: 0 },
            _ => Self::Io { doing, source },
        }
    }
}

/// The disk or the quota of its user is used up.
pub(crate) const fn is_full(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge)
}
