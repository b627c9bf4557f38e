//! Files on their way in: announced, sent in pieces, durable, looked into, and only then a row. An upload is for a print job, or
//! for one library project, which takes models too. Models are kept as they came; only G-code is looked into and printed.

use std::fmt::Display;

use access::table::{SeeOrganization, SendJob, UploadToProject};
use access::{Principal, permit, permit_in};
use bytes::Bytes;
use domain::{FileId, ProjectId, UploadId, clean_file_name};
use files::{FileError, Sealed};
use futures_util::Stream;
use inspect::{Inspected, Inspector, NotPrintable};
use store::accounts::SignedIn;
use store::files::{self as rows, File, Upload, Uploader};
use store::idempotency::Key;
use store::{Conn, Tx, new_id, organizations};

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

/// The right to bring bytes in, for what they are for; with locks, for changing.
async fn uploader(tx: &mut Tx, who: Principal, project: Option<ProjectId>) -> Result<Uploader, Error> {
    Ok(match project {
        Some(project) => Uploader::to_project(&permit_in::<UploadToProject>(tx, who, project).await?),
        None => Uploader::to_print(&permit_in::<SendJob>(tx, who, who.org).await?),
    })
}

/// The same for reading: also tells what the upload is for.
async fn uploader_of(conn: &mut Conn, who: Principal, id: UploadId) -> Result<(Uploader, Option<ProjectId>), Error> {
    let see = permit::<SeeOrganization>(conn, who, who.org).await?;
    let project = rows::purpose(conn, &see, id).await?;
    let by = match project {
        Some(project) => Uploader::to_project(&permit::<UploadToProject>(conn, who, project).await?),
        None => Uploader::to_print(&permit::<SendJob>(conn, who, who.org).await?),
    };
    Ok((by, project))
}

/// The kind and the extension of a file by its name.
fn kind_of(name: &str, project: Option<ProjectId>) -> Result<(&'static str, &'static str), Error> {
    match inspect::model(name).filter(|_| project.is_some()) {
        Some(extension) => Ok((rows::MODEL, extension)),
        None => Ok((rows::PRINT, inspect::accepts(name)?)),
    }
}

impl App {
    /// Announces a file: name, size, quota and disk are checked before the first byte. With a project, also whether the person
    /// may upload to it (LIB-07).
    ///
    /// # Errors
    /// A name or kind that is not taken, too large, quota or disk full.
    pub async fn announce_upload(
        &self,
        me: &SignedIn,
        name: &str,
        size: u64,
        project: Option<ProjectId>,
        key: Option<&str>,
    ) -> Result<Upload, Error> {
        let who = principal(me)?;
        let name = clean_file_name(name).map_err(|e| Error::label("name", e))?;
        let (kind, _) = kind_of(&name, project)?;
        if size == 0 {
            return Err(NotPrintable::Empty.into());
        }
        let most = if kind == rows::MODEL { self.config().model_max } else { self.config().upload_max };
        if size > most {
            return Err(Error::TooLarge(most));
        }
        if !self.blobs().has_room(size).await? {
            return Err(FileError::DiskFull { received: 0 }.into());
        }
        let (quota, lives) = (self.config().quota, self.config().upload_lives_s);
        let announced = i64::try_from(size).map_err(|_| Error::TooLarge(most))?;
        let content = match project {
            Some(project) => format!("upload\n{name}\n{size}\n{project}"),
            None => format!("upload\n{name}\n{size}"),
        };
        let key = key.map(|key| Key::new(key, &content));
        write!(self, |tx| {
            organizations::lock_settings(&mut tx, who.org).await?;
            let by = uploader(&mut tx, who, project).await?;
            Ok(rows::announce(&mut tx, &by, &name, announced, quota, lives, key.as_ref()).await?)
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
        let (upload, project) = self.own_upload(me, id).await?;
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
        // It goes on when whoever sent the last byte does not wait for the answer: it is theirs, and lies in the store already.
        let (app, me) = (self.clone(), me.clone());
        let accepting = tokio::spawn(async move { app.accept_upload(&me, &upload, project, size).await });
        let file = accepting.await.map_err(|error| Error::Internal(format!("accepting an upload: {error}")))??;
        Ok(Sent { received, file: Some(file) })
    }

    async fn own_upload(&self, me: &SignedIn, id: UploadId) -> Result<(Upload, Option<ProjectId>), Error> {
        let who = principal(me)?;
        let mut conn = read!(self);
        let (by, project) = uploader_of(&mut conn, who, id).await?;
        Ok((rows::upload(&mut conn, &by, id).await?, project))
    }

    async fn accept_upload(
        &self,
        me: &SignedIn,
        upload: &Upload,
        project: Option<ProjectId>,
        size: u64,
    ) -> Result<File, Error> {
        let who = principal(me)?;
        let (kind, extension) = kind_of(&upload.name, project)?;
        let sealed = self.blobs().seal(who.org, upload.id, size).await?;
        let inspected = match kind {
            rows::MODEL => Inspected::default(),
            _ => self.inspected(who, upload, project, &sealed).await?,
        };
        let thumbnail = match &inspected.thumbnail {
            Some(png) => Some(self.blobs().put_bytes(who.org, png).await?.sha256),
            None => None,
        };
        let facts = serde_json::to_string(&inspected.facts).map_err(|e| Error::Internal(e.to_string()))?;
        let file = File {
            id: FileId(new_id()),
            name: upload.name.clone(),
            extension: extension.to_owned(),
            size: upload.size,
            upload_sha: sealed.sha256,
            // Plain G-code is sent as it came; containers will differ here.
            send_sha: sealed.sha256,
            facts,
            thumbnail,
            kind,
        };
        write!(self, Upload, |tx| {
            let by = uploader(&mut tx, who, project).await?;
            // The same bytes may have been refused as G-code a moment ago, or purged from the Trash, and be gone: whoever takes
            // them away holds the organization's lock, and so does this from here on. Then they are sent again.
            if let Err(FileError::NotFound) = self.blobs().open_read(who.org, file.upload_sha).await {
                return Err(FileError::Offset { received: 0 }.into());
            }
            rows::complete(&mut tx, &by, upload.id, &file).await?;
            Ok(rows::of_upload(&mut tx, &by, upload.id).await?)
        })
    }

    /// Looks into G-code; what is refused is remembered with the upload, and its bytes go.
    async fn inspected(
        &self,
        who: Principal,
        upload: &Upload,
        project: Option<ProjectId>,
        sealed: &Sealed,
    ) -> Result<Inspected, Error> {
        let inspector = self
            .blobs()
            .scan(who.org, sealed.sha256, Inspector::new(), |inspector, bytes| inspector.feed(bytes))
            .await?;
        let refusal = match tokio::task::spawn_blocking(move || inspector.finish()).await {
            Ok(Ok(inspected)) => return Ok(inspected),
            Ok(Err(refusal)) => refusal,
            Err(error) => return Err(Error::Internal(format!("looking into a file: {error}"))),
        };
        let why = refusal.to_string();
        write!(self, |tx| {
            // What is refused as G-code once is always refused, but a project may keep the same bytes as a model. Whoever adds
            // such a row shares this lock; so the bytes go before it is given back, or stay.
            organizations::lock_settings(&mut tx, who.org).await?;
            let by = uploader(&mut tx, who, project).await?;
            if rows::refuse(&mut tx, &by, upload.id, sealed.sha256, &why).await? {
                self.blobs().remove(who.org, sealed.sha256).await?;
            }
            Ok(())
        })?;
        Err(refusal.into())
    }

    /// How far an upload is: where to go on after a lost connection.
    ///
    /// # Errors
    /// Not found.
    pub async fn upload_progress(&self, me: &SignedIn, id: UploadId) -> Result<Progress, Error> {
        let (upload, _) = self.own_upload(me, id).await?;
        if upload.file.is_none() {
            let received = self.blobs().received(id).await?;
            return Ok(Progress { upload, received, file: None });
        }
        let who = principal(me)?;
        let mut conn = read!(self);
        let (by, _) = uploader_of(&mut conn, who, id).await?;
        let file = rows::of_upload(&mut conn, &by, id).await?;
        Ok(Progress { received: u64::try_from(upload.size).unwrap_or(0), upload, file: Some(file) })
    }

    /// Removes what unfinished uploads left on the disk and what was in the Trash long enough, now and then; runs until the process
    /// ends.
    pub async fn tidy(&self, every: std::time::Duration) {
        let lives = std::time::Duration::from_secs(u64::try_from(self.config().upload_lives_s).unwrap_or(86_400));
        loop {
            match self.blobs().sweep(lives).await {
                Ok(0) => {}
                Ok(n) => tracing::info!(n, "removed unfinished uploads"),
                Err(error) => tracing::warn!(%error, "tidying up"),
            }
            if let Err(error) = self.end_old_trash().await {
                tracing::warn!(%error, "ending the Trash");
            }
            if let Err(error) = self.sweep_tokens().await {
                tracing::warn!(%error, "forgetting old tokens");
            }
            tokio::time::sleep(every).await;
        }
    }

    /// Gives one's own upload up.
    ///
    /// # Errors
    /// Not found.
    pub async fn discard_upload(&self, me: &SignedIn, id: UploadId) -> Result<(), Error> {
        let who = principal(me)?;
        write!(self, |tx| {
            // Whoever uses the file shares this lock, so its bytes go before it is given back, or stay.
            organizations::lock_settings(&mut tx, who.org).await?;
            let permit = permit_in::<SeeOrganization>(&mut tx, who, who.org).await?;
            if let Some(sha) = rows::discard(&mut tx, &permit, id).await? {
                self.blobs().remove(who.org, sha).await?;
            }
            Ok(())
        })?;
        self.blobs().discard(id).await?;
        Ok(())
    }
}
