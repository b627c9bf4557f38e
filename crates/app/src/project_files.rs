//! Files of library projects, printing them, and print jobs meeting projects: copying one into a project, asking its submitter to
//! share.

use access::table::{CopyJobToProject, EditProject, PrintFromProject, SeeProject, SendJob, UploadToProject};
use access::{permit, permit_in};
use domain::{JobId, ProjectFileId, ProjectId, UploadId, clean_label};
use store::accounts::SignedIn;
use store::idempotency::Key;
use store::jobs::{self, JobView, NewJob};
use store::projects::files::{self as rows, Added, FileView};
use store::projects::{self, trash, viewers};
use store::{Tx, former, organizations};

use crate::printing::{OpenedFile, Target, check_key, message, seen, without_extension};
use crate::{App, Error, principal, read, write};

/// A print of a project's file.
#[derive(Debug, Clone)]
pub struct PrintRequest {
    /// The project.
    pub project: ProjectId,
    /// Its file.
    pub file: ProjectFileId,
    /// Which version; the newest if `None`.
    pub version: Option<i64>,
    /// The chosen printer or group.
    pub target: Target,
    /// Name for people; the file's name if `None`.
    pub name: Option<String>,
    /// For the approver.
    pub note: Option<String>,
    /// The same key gives the first answer again.
    pub idempotency_key: String,
}

async fn file_now(tx: &mut Tx, who: access::Principal, project: ProjectId, added: Added) -> Result<FileView, Error> {
    let permit = permit::<SeeProject>(tx, who, project).await?;
    Ok(rows::version(tx, &permit, added.file, Some(added.version)).await?)
}

impl App {
    /// The newest version of each file.
    ///
    /// # Errors
    /// Not found.
    pub async fn project_files(&self, me: &SignedIn, id: ProjectId) -> Result<Vec<FileView>, Error> {
        let mut conn = read!(self);
        let permit = permit::<SeeProject>(&mut conn, principal(me)?, id).await?;
        Ok(rows::list(&mut conn, &permit).await?)
    }

    /// All versions of a file.
    ///
    /// # Errors
    /// Not found.
    pub async fn project_file_versions(
        &self,
        me: &SignedIn,
        id: ProjectId,
        file: ProjectFileId,
    ) -> Result<Vec<FileView>, Error> {
        let mut conn = read!(self);
        let permit = permit::<SeeProject>(&mut conn, principal(me)?, id).await?;
        Ok(rows::versions(&mut conn, &permit, file).await?)
    }

    /// Puts a completed upload into the project that it was announced for (LIB-07): a new file, or the next version of the file
    /// with this name.
    ///
    /// # Errors
    /// No right; the upload is not complete.
    pub async fn add_project_file(&self, me: &SignedIn, id: ProjectId, upload: UploadId) -> Result<FileView, Error> {
        let who = principal(me)?;
        write!(self, |tx| {
            projects::hold(&mut tx, who.org, id).await?;
            let permit = permit_in::<UploadToProject>(&mut tx, who, id).await?;
            let added = rows::add(&mut tx, &permit, upload).await?;
            file_now(&mut tx, who, id, added).await
        })
    }

    /// Removes a file to the Trash, or brings it back.
    ///
    /// # Errors
    /// No right; not there; its name was taken meanwhile.
    pub async fn remove_project_file(
        &self,
        me: &SignedIn,
        id: ProjectId,
        file: ProjectFileId,
        removed: bool,
    ) -> Result<(), Error> {
        let who = principal(me)?;
        write!(self, |tx| {
            projects::hold(&mut tx, who.org, id).await?;
            let permit = permit_in::<EditProject>(&mut tx, who, id).await?;
            match removed {
                true => rows::remove(&mut tx, &permit, file).await?,
                false => rows::restore(&mut tx, &permit, file).await?,
            }
            Ok(())
        })
    }

    /// The bytes of a version; of the newest if none is named.
    ///
    /// # Errors
    /// Not found.
    pub async fn project_file(
        &self,
        me: &SignedIn,
        id: ProjectId,
        file: ProjectFileId,
        version: Option<i64>,
    ) -> Result<OpenedFile, Error> {
        let who = principal(me)?;
        let mut conn = read!(self);
        let permit = permit::<SeeProject>(&mut conn, who, id).await?;
        let found = rows::version(&mut conn, &permit, file, version).await?;
        let (file, size) = self.blobs().open_read(who.org, found.sha).await?;
        Ok(OpenedFile { name: found.name, file, size })
    }

    /// The picture of a version, a PNG of our own making.
    ///
    /// # Errors
    /// Not found.
    pub async fn project_file_picture(
        &self,
        me: &SignedIn,
        id: ProjectId,
        file: ProjectFileId,
        version: Option<i64>,
    ) -> Result<OpenedFile, Error> {
        let who = principal(me)?;
        let mut conn = read!(self);
        let permit = permit::<SeeProject>(&mut conn, who, id).await?;
        let found = rows::version(&mut conn, &permit, file, version).await?;
        let (file, size) = self.blobs().open_read(who.org, found.thumbnail.ok_or(Error::NotFound)?).await?;
        Ok(OpenedFile { name: found.name, file, size })
    }

    /// Prints a file of a project (LIB-02): accepted like any print request, and never lost from there on.
    ///
    /// # Errors
    /// No right; a model; the printer is gone.
    pub async fn print_project_file(&self, me: &SignedIn, request: &PrintRequest) -> Result<JobView, Error> {
        let who = principal(me)?;
        check_key(&request.idempotency_key)?;
        let note = message("note", request.note.as_deref())?;
        let name = request.name.as_deref().map(|n| clean_label(n).map_err(|e| Error::label("name", e))).transpose()?;
        let PrintRequest { project, file, version, target, .. } = request;
        let content = format!("project job\n{project}\n{file}\n{version:?}\n{target}\n{name:?}\n{note:?}");
        let key = Key::new(request.idempotency_key.clone(), &content);
        fail_point::fail_point!(Accept, Before);
        write!(self, Accept, |tx| {
            organizations::hold_settings(&mut tx, who.org).await?;
            let send = permit_in::<SendJob>(&mut tx, who, who.org).await?;
            if let Some(first) = key.first(&mut tx, send.who()).await? {
                return seen(&mut tx, who, JobId(first)).await;
            }
            let (printer, group) = target.printer(&mut tx, who).await?;
            let from = permit_in::<PrintFromProject>(&mut tx, who, *project).await?;
            let chosen = rows::to_print(&mut tx, &from, *file, *version).await?;
            let name = name.clone().unwrap_or_else(|| without_extension(chosen.name()));
            let new = NewJob { name, note: note.clone(), key: key.clone(), group };
            let id = jobs::print_from_project(&mut tx, &from, &send, &printer, &chosen, new).await?;
            seen(&mut tx, who, id).await
        })
    }

    /// Copies the file of a print job into a project (APR-19, AMB-45). The job stays as it is; its submitter stays the author.
    ///
    /// # Errors
    /// No right to the job's file, or to upload to the project.
    pub async fn copy_job_to_project(&self, me: &SignedIn, id: JobId, project: ProjectId) -> Result<FileView, Error> {
        let who = principal(me)?;
        write!(self, |tx| {
            projects::hold(&mut tx, who.org, project).await?;
            let to = permit_in::<UploadToProject>(&mut tx, who, project).await?;
            let job = permit_in::<CopyJobToProject>(&mut tx, who, id).await?;
            let added = rows::copy(&mut tx, &job, &to).await?;
            file_now(&mut tx, who, project, added).await
        })
    }

    /// Who would be able to open the file of a print job, and is not yet, after [`App::copy_job_to_project`] (AMB-46).
    ///
    /// # Errors
    /// As [`App::copy_job_to_project`].
    pub async fn copy_job_effect(&self, me: &SignedIn, id: JobId, project: ProjectId) -> Result<Vec<String>, Error> {
        let who = principal(me)?;
        let mut conn = read!(self);
        let to = permit::<UploadToProject>(&mut conn, who, project).await?;
        let job = permit::<CopyJobToProject>(&mut conn, who, id).await?;
        Ok(viewers::gains_by_copy(&mut conn, &job, &to).await?)
    }

    /// Ends what was in the Trash for 30 days: rooms and bytes are given back, print jobs of such a project count as having none,
    /// and people who were removed are in none of their teams any more.
    ///
    /// # Errors
    /// The database; the disk.
    pub async fn end_old_trash(&self) -> Result<(), Error> {
        let due = {
            let mut conn = read!(self);
            trash::due(&mut conn).await?
        };
        for org in due {
            // By itself: each writes to the journal at its end, and that is locked last (the global order of locks).
            write!(self, |tx| {
                organizations::lock_settings(&mut tx, org).await?;
                Ok(former::purge(&mut tx, org).await?)
            })?;
            write!(self, |tx| {
                // Nobody adds a file with the same bytes meanwhile: they need this lock, too (see `uploads`).
                organizations::lock_settings(&mut tx, org).await?;
                for sha in trash::purge(&mut tx, org).await? {
                    self.blobs().remove(org, sha).await?;
                }
                Ok(())
            })?;
        }
        self.forget_printed().await
    }

    /// Forgets the files of print jobs that ended long ago, if the operator wants that.
    async fn forget_printed(&self) -> Result<(), Error> {
        let days = self.config().job_files_days;
        if days <= 0 {
            return Ok(());
        }
        let due = {
            let mut conn = read!(self);
            store::files::printed_long_ago(&mut conn, days).await?
        };
        for org in due {
            write!(self, |tx| {
                // Whoever prints one of them again shares this lock.
                organizations::lock_settings(&mut tx, org).await?;
                for sha in store::files::forget_printed(&mut tx, org, days).await? {
                    self.blobs().remove(org, sha).await?;
                }
                Ok(())
            })?;
        }
        Ok(())
    }
}
