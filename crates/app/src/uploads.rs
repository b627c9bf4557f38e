//! Print files on their way in: announced, sent in pieces, durable, looked into, and only then a row.

use std::fmt::Display;

use access::permit;
use access::permit_in;
use access::table::SendJob;
use bytes::Bytes;
use domain::{FileId, UploadId, clean_file_name};
use files::FileError;
use futures_util::Stream;
use inspect::{Inspector, NotPrintable};
use store::accounts::SignedIn;
use store::files::{self as rows, File, Upload};
use store::idempotency::Key;
use store::new_id;

use crate::{App, Error, principal, read, write};

/// How far an upload is.
#[derive(Debug, Clone)]
pub struct Progress {
    /// The upload.
    pub upload: Upload,
    /// Bytes that are stored.
    pub received: u64,
    /// Its file, when complete and accepted.
    pub file: Option<File>,
}

/// The answer to a piece.
#[derive(Debug, Clone)]
pub struct Sent {
    /// Bytes that are stored now.
    pub received: u64,
    /// Set with the last piece.
    pub file: Option<File>,
}

impl App {
    /// Announces a file: name, size, quota and disk are checked before the first byte.
    ///
    /// # Errors
    /// A name or kind that is not taken, too large, quota or disk full.
    pub async fn announce_upload(
        &self,
        me: &SignedIn,
        name: &str,
        size: u64,
        key: Option<&str>,
    ) -> Result<Upload, Error> {
        let who = principal(me)?;
        let name = clean_file_name(name).map_err(|e| Error::label("name", e))?;
        inspect::accepts(&name)?;
        if size == 0 {
            return Err(NotPrintable::Empty.into());
        }
        if size > self.config().upload_max {
            return Err(Error::TooLarge(self.config().upload_max));
        }
        if !self.blobs().has_room(size).await? {
            return Err(FileError::DiskFull { received: 0 }.into());
        }
        let (quota, lives) = (self.config().quota, self.config().upload_lives_s);
        let announced = i64::try_from(size).map_err(|_| Error::TooLarge(self.config().upload_max))?;
        let key = key.map(|key| Key::new(key, &format!("upload\n{name}\n{size}")));
        write!(self, |tx| {
            store::organizations::lock_settings(&mut tx, who.org).await?;
            let permit = permit_in::<SendJob>(&mut tx, who, who.org).await?;
            Ok(rows::announce(&mut tx, &permit, &name, announced, quota, lives, key.as_ref()).await?)
        })
    }

    /// One piece. With the last byte the file is made durable, looked into, and then becomes a row.
    ///
    /// # Errors
    /// A wrong offset (go on from `received`), too many bytes, a broken body (what arrived is kept), disk full, or content
    /// that is not printable.
    pub async fn send_piece<S, E>(&self, me: &SignedIn, id: UploadId, offset: u64, body: S) -> Result<Sent, Error>
    where
        S: Stream<Item = Result<Bytes, E>> + Send,
        E: Display,
    {
        let upload = self.own_upload(me, id).await?;
        if let Some(why) = upload.refused {
            return Err(store::Error::Rule("not_accepted", why).into());
        }
        let size = u64::try_from(upload.size).unwrap_or(0);
        if upload.file.is_some() {
            // A repeated last piece whose answer was lost: the same answer again.
            let done = self.upload_progress(me, id).await?;
            return Ok(Sent { received: size, file: done.file });
        }
        let received = match self.blobs().append(id, offset, size, body).await {
            Ok(received) => received.received,
            Err(FileError::Offset { received }) if received == size => size,
            Err(error) => return Err(error.into()),
        };
        if received < size {
            return Ok(Sent { received, file: None });
        }
        let file = self.accept_upload(me, &upload, size).await?;
        Ok(Sent { received, file: Some(file) })
    }

    async fn own_upload(&self, me: &SignedIn, id: UploadId) -> Result<Upload, Error> {
        let who = principal(me)?;
        let mut conn = read!(self);
        let permit = permit::<SendJob>(&mut conn, who, who.org).await?;
        Ok(rows::upload(&mut conn, &permit, id).await?)
    }

    async fn accept_upload(&self, me: &SignedIn, upload: &Upload, size: u64) -> Result<File, Error> {
        let who = principal(me)?;
        let sealed = self.blobs().seal(who.org, upload.id, size).await?;
        let inspector = self
            .blobs()
            .scan(who.org, sealed.sha256, Inspector::new(), |inspector, bytes| inspector.feed(bytes))
            .await?;
        let inspected = match tokio::task::spawn_blocking(move || inspector.finish()).await {
            Ok(Ok(inspected)) => inspected,
            Ok(Err(refusal)) => {
                let why = refusal.to_string();
                write!(self, |tx| {
                    let permit = permit_in::<SendJob>(&mut tx, who, who.org).await?;
                    Ok(rows::refuse(&mut tx, &permit, upload.id, &why).await?)
                })?;
                // What is refused once is always refused: no file row can ever name these bytes.
                self.blobs().remove(who.org, sealed.sha256).await?;
                return Err(refusal.into());
            }
            Err(error) => return Err(Error::Internal(format!("looking into a file: {error}"))),
        };
        let thumbnail = match &inspected.thumbnail {
            Some(png) => Some(self.blobs().put_bytes(who.org, png).await?.sha256),
            None => None,
        };
        let facts = serde_json::to_string(&inspected.facts).map_err(|e| Error::Internal(e.to_string()))?;
        let file = File {
            id: FileId(new_id()),
            name: upload.name.clone(),
            extension: inspect::accepts(&upload.name)?.to_owned(),
            size: upload.size,
            upload_sha: sealed.sha256,
            // Plain G-code is sent as it came; containers will differ here.
            send_sha: sealed.sha256,
            facts,
            thumbnail,
        };
        write!(self, Upload, |tx| {
            let permit = permit_in::<SendJob>(&mut tx, who, who.org).await?;
            rows::complete(&mut tx, &permit, upload.id, &file).await?;
            Ok(rows::of_upload(&mut tx, &permit, upload.id).await?)
        })
    }

    /// How far an upload is: where to go on after a lost connection.
    ///
    /// # Errors
    /// Not found.
    pub async fn upload_progress(&self, me: &SignedIn, id: UploadId) -> Result<Progress, Error> {
        let upload = self.own_upload(me, id).await?;
        if upload.file.is_none() {
            let received = self.blobs().received(id).await?;
            return Ok(Progress { upload, received, file: None });
        }
        let who = principal(me)?;
        let mut conn = read!(self);
        let permit = permit::<SendJob>(&mut conn, who, who.org).await?;
        let file = rows::of_upload(&mut conn, &permit, id).await?;
        Ok(Progress { received: u64::try_from(upload.size).unwrap_or(0), upload, file: Some(file) })
    }

    /// Removes what unfinished uploads left on the disk, now and then; runs until the process ends.
    pub async fn tidy(&self, every: std::time::Duration) {
        let lives = std::time::Duration::from_secs(u64::try_from(self.config().upload_lives_s).unwrap_or(86_400));
        loop {
            match self.blobs().sweep(lives).await {
                Ok(0) => {}
                Ok(n) => tracing::info!(n, "removed unfinished uploads"),
                Err(error) => tracing::warn!(%error, "tidying up"),
            }
            tokio::time::sleep(every).await;
        }
    }

    /// Gives an upload up.
    ///
    /// # Errors
    /// Not found.
    pub async fn discard_upload(&self, me: &SignedIn, id: UploadId) -> Result<(), Error> {
        let who = principal(me)?;
        self.own_upload(me, id).await?;
        write!(self, |tx| {
            let permit = permit_in::<SendJob>(&mut tx, who, who.org).await?;
            Ok(rows::discard(&mut tx, &permit, id).await?)
        })?;
        self.blobs().discard(id).await?;
        Ok(())
    }
}
