//! Appending a chunk: bytes go to the disk while the next ones arrive, the hash runs along, and at every way out
//! (also when the request is dropped) the file is a true beginning of the upload.

use std::fmt::Display;
use std::fs::File;
use std::io::Write;
use std::pin::{Pin, pin};
use std::sync::Arc;

use bytes::Bytes;
use domain::UploadId;
use futures_util::{Stream, StreamExt};
use sha2::Digest;

use crate::error::is_full;
use crate::parts::open_locked;
use crate::{BlobStore, FileError, Inner, Running, blocking, ended, folder, start_blocking};

/// Bytes that are written at once; twice that much is held in memory.
const BATCH: usize = 512 * 1024;

/// The state of an upload after a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// Bytes that are stored, all chunks together. Durable unless the upload is complete (sealing then sees to it).
    pub received: u64,
}

impl BlobStore {
    /// Appends one chunk of an upload. `offset` is where the chunk starts, `limit` the announced size of the whole
    /// upload in bytes. The first chunk (offset 0) makes the upload.
    ///
    /// # Errors
    /// - [`FileError::Offset`]: the upload does not end at `offset`; nothing was read from the body.
    /// - [`FileError::Busy`]: another writer; nothing was read from the body.
    /// - [`FileError::EmptyChunk`]: the body had no bytes.
    /// - [`FileError::TooLong`]: more than `limit`; the upload is cut back to `offset`.
    /// - [`FileError::Broken`]: the body broke off; what arrived is kept, durably.
    /// - [`FileError::DiskFull`]: the upload ends after the last batch that left [`crate::KEEP_FREE`] bytes.
    /// - [`FileError::Io`]: the upload may have grown by a part of the chunk; ask [`BlobStore::received`].
    pub async fn append<S, E>(&self, upload: UploadId, offset: u64, limit: u64, body: S) -> Result<Received, FileError>
    where
        S: Stream<Item = Result<Bytes, E>> + Send,
        E: Display,
    {
        let inner = Arc::clone(&self.inner);
        let mut writer = blocking(move || Writer::open(inner, upload, offset)).await?;
        let mut body = pin!(body);
        let mut room = limit.saturating_sub(offset);
        let mut batch = fill(body.as_mut(), &mut room).await;
        if batch.pieces.is_empty() && matches!(batch.end, Some(End::Whole)) {
            return Err(FileError::EmptyChunk);
        }
        loop {
            let pieces = std::mem::take(&mut batch.pieces);
            let writing = start_blocking(move || writer.write(&pieces).map(|()| writer));
            let Some(end) = batch.end else {
                batch = fill(body.as_mut(), &mut room).await;
                writer = ended(writing.await)?;
                continue;
            };
            let mut writer = ended(writing.await)?;
            return blocking(move || match end {
                End::Whole if writer.length == limit => Ok(Received { received: limit }),
                End::Whole => writer.flush().map(|()| Received { received: writer.length }),
                End::TooLong => writer.cut_to_start().and(Err(FileError::TooLong { announced: limit })),
                End::Broken(reason) => {
                    writer.flush()?;
                    Err(FileError::Broken { received: writer.length, reason })
                }
            })
            .await;
        }
    }
}

/// Why no more bytes come.
enum End {
    Whole,
    TooLong,
    Broken(String),
}

struct Batch {
    pieces: Vec<Bytes>,
    end: Option<End>,
}

/// Collects the next batch. `room` are the bytes that may still come.
async fn fill<E: Display>(mut body: Pin<&mut (impl Stream<Item = Result<Bytes, E>> + Send)>, room: &mut u64) -> Batch {
    let mut pieces = Vec::new();
    let mut size = 0;
    while size < BATCH {
        match body.next().await {
            None => return Batch { pieces, end: Some(End::Whole) },
            Some(Err(error)) => return Batch { pieces, end: Some(End::Broken(error.to_string())) },
            Some(Ok(piece)) if piece.len() as u64 > *room => return Batch { pieces, end: Some(End::TooLong) },
            Some(Ok(piece)) => {
                *room -= piece.len() as u64;
                size += piece.len();
                if !piece.is_empty() {
                    pieces.push(piece);
                }
            }
        }
    }
    Batch { pieces, end: None }
}

/// The one who holds an upload. All methods block.
#[derive(Debug)]
struct Writer {
    inner: Arc<Inner>,
    upload: UploadId,
    file: File,
    length: u64,
    /// Of `length` bytes; `None`: this process has not seen them all.
    hash: Option<sha2::Sha256>,
    start: u64,
    start_hash: Option<sha2::Sha256>,
}

impl Writer {
    fn open(inner: Arc<Inner>, upload: UploadId, offset: u64) -> Result<Self, FileError> {
        let Some(file) = open_locked(&inner.part(upload), offset == 0)? else {
            return Err(FileError::Offset { received: 0 });
        };
        let length = file.metadata().map_err(FileError::io("look at an upload"))?.len();
        if length != offset {
            return Err(FileError::Offset { received: length });
        }
        let known = inner.running().remove(&upload).filter(|running| running.length == length);
        let hash = if length == 0 { Some(sha2::Sha256::new()) } else { known.map(|running| running.hash) };
        Ok(Self { inner, upload, file, length, start: length, start_hash: hash.clone(), hash })
    }

    fn write(&mut self, pieces: &[Bytes]) -> Result<(), FileError> {
        let size: u64 = pieces.iter().map(|piece| piece.len() as u64).sum();
        // Several uploads may each have had room when they began.
        if folder::free_bytes(&self.inner.root)? < size.saturating_add(self.inner.keep_free) {
            return Err(FileError::DiskFull { received: self.length });
        }
        let mut written = 0;
        for piece in pieces {
            if let Err(error) = self.file.write_all(piece) {
                // An unknown part of the piece is in the file: back to the last whole batch.
                let full = is_full(error.kind());
                self.cut(self.length)?;
                return Err(if full {
                    FileError::DiskFull { received: self.length }
                } else {
                    FileError::io("write an upload")(error)
                });
            }
            written += piece.len() as u64;
        }
        if let Some(hash) = &mut self.hash {
            pieces.iter().for_each(|piece| hash.update(piece));
        }
        self.length += written;
        Ok(())
    }

    /// Makes what is stored survive a power cut.
    fn flush(&mut self) -> Result<(), FileError> {
        self.file.sync_data().map_err(FileError::io("flush an upload"))
    }

    fn cut(&mut self, length: u64) -> Result<(), FileError> {
        self.file.set_len(length).map_err(FileError::io("cut an upload"))
    }

    fn cut_to_start(&mut self) -> Result<(), FileError> {
        self.cut(self.start)?;
        self.length = self.start;
        self.hash = self.start_hash.take();
        Ok(())
    }
}

impl Drop for Writer {
    /// Hands the running hash back before the lock goes, also when the request was dropped.
    fn drop(&mut self) {
        if let Some(hash) = self.hash.take() {
            self.inner.running().insert(self.upload, Running { length: self.length, hash });
        }
    }
}
