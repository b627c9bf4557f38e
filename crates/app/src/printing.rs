//! Print jobs as people act on them.

use ::printers::Fence;
use access::table::{
    AbortJob, ApproveJob, OpenJobFile, PauseJob, RejectJob, ReorderQueue, ReprintJob, RerouteJob, ResolveJob,
    ResubmitJob, SeeJob, SeePrinter, SeePrinterGroup, SendBackJob, SendJob, TakeBackJob,
};
use access::{Permit, Principal, permit, permit_in, visible};
use domain::{
    AccountId, JobId, Micros, Outcome, PrinterGroupId, PrinterId, ProjectId, Role, Sha256, UploadId, clean_label,
};
use store::accounts::SignedIn;
use store::files::{self as rows, Uploader};
use store::idempotency::Key;
use store::jobs::{self, Approvers, Counts, Decision, Direction, Filter, JobView, Listed, NewJob};
use store::journal::{self, Line};
use store::printer_groups::{self, Chosen};
use store::{Jobs, Tx, dispatch, organizations};

use crate::projects::Sharing;
use crate::{App, Error, principal, read, write};

/// Longest note, message or reason, in characters.
const LONGEST_MESSAGE: usize = 2_000;

/// Where to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// On this printer.
    Printer(PrinterId),
    /// On one of this group's: the server chooses.
    Group(PrinterGroupId),
}

/// As it stands in the content of an idempotency key.
impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Printer(printer) => printer.fmt(f),
            Self::Group(group) => f.write_fmt(format_args!("group {group}")),
        }
    }
}

impl Target {
    /// The printer, with the sender's right to it. Of a group, which of its printers, in the same transaction.
    pub(crate) async fn printer(
        self,
        tx: &mut Tx,
        who: Principal,
    ) -> Result<(Permit<SeePrinter>, Option<Chosen>), Error> {
        match self {
            Self::Printer(printer) => Ok((permit_in::<SeePrinter>(tx, who, printer).await?, None)),
            Self::Group(group) => {
                let group = permit_in::<SeePrinterGroup>(tx, who, group).await?;
                let chosen = printer_groups::for_request(tx, &group).await?;
                Ok((permit_in::<SeePrinter>(tx, who, chosen.printer()).await?, Some(chosen)))
            }
        }
    }
}

/// A print request.
#[derive(Debug, Clone)]
pub struct JobRequest {
    /// A completed upload.
    pub upload: UploadId,
    /// The chosen printer or group.
    pub target: Target,
    /// Name for people; the file's name if `None`.
    pub name: Option<String>,
    /// For the approver.
    pub note: Option<String>,
    /// The same key gives the first answer again.
    pub idempotency_key: String,
}

/// One of several jobs to approve.
#[derive(Debug, Clone, Copy)]
pub struct BulkItem {
    /// Job.
    pub id: JobId,
    /// What was shown.
    pub shown: Decision,
}

/// What became of it.
#[derive(Debug)]
pub struct BulkResult {
    /// Job.
    pub id: JobId,
    /// `Err` says why not.
    pub outcome: Result<(), Error>,
}

/// Who can approve a print job, and how the asker could help if nobody can (APR-21).
#[derive(Debug)]
pub struct JobApprovers {
    /// Who can.
    pub approvers: Approvers,
    /// The job.
    pub job: JobView,
    /// The job's project as the asker sees it; `None` if there is none, or not for them.
    pub sharing: Option<(ProjectId, Sharing)>,
}

/// A file for download.
#[derive(Debug)]
pub struct OpenedFile {
    /// Name, a label only.
    pub name: String,
    /// Bytes.
    pub file: tokio::fs::File,
    /// Size.
    pub size: u64,
}

/// A note, message or reason: trimmed, without control characters but line breaks; `None` if empty.
pub(crate) fn message(field: &'static str, text: Option<&str>) -> Result<Option<String>, Error> {
    let Some(text) = text.map(str::trim).filter(|t| !t.is_empty()) else { return Ok(None) };
    if text.chars().count() > LONGEST_MESSAGE {
        return Err(Error::Invalid(field, "The text is longer than 2,000 characters.".into()));
    }
    if text.chars().any(|c| c.is_control() && c != '\n') {
        return Err(Error::Invalid(field, "The text has control characters.".into()));
    }
    Ok(Some(text.to_owned()))
}

pub(crate) fn check_key(text: &str) -> Result<(), Error> {
    if text.is_empty() || text.len() > 100 {
        return Err(Error::Invalid("Idempotency-Key", "Send an Idempotency-Key of 1 to 100 characters.".into()));
    }
    Ok(())
}

/// The job as it is now, for the answer: read in the same transaction, so that a right that is lost a moment later cannot turn
/// a done act into "not found".
pub(crate) async fn seen(tx: &mut Tx, who: Principal, id: JobId) -> Result<JobView, Error> {
    let permit = permit::<SeeJob>(tx, who, id).await?;
    Ok(jobs::detail(tx, &permit).await?)
}

/// Use cases that take one permit for one job and call one repository function.
macro_rules! job_actions {
    ($($(#[$doc:meta])* $name:ident$(($step:ident))?: $action:ty, $call:path;)+) => {
        impl App {$(
            $(#[$doc])*
            ///
            /// # Errors
            /// No right, or the job's state does not allow it.
            pub async fn $name(&self, me: &SignedIn, id: JobId) -> Result<JobView, Error> {
                let who = principal(me)?;
                $(fail_point::fail_point!($step, Before);)?
                write!(self, $($step,)? |tx| {
                    let permit = permit_in::<$action>(&mut tx, who, id).await?;
                    let see = access::permit::<SeeJob>(&mut tx, who, id).await?;
                    $call(&mut tx, &permit).await?;
                    Ok(jobs::detail(&mut tx, &see).await?)
                })
            }
        )+}
    };
}

job_actions! {
    /// The approver takes the sending back back.
    undo_send_back: SendBackJob, jobs::undo_send_back;
    /// Takes an approval back, until the start intent.
    take_back(TakeBack): TakeBackJob, jobs::take_back;
    /// Takes a job away before it prints.
    withdraw(Withdraw): AbortJob, jobs::withdraw;
    /// Stops a print.
    abort: AbortJob, jobs::abort;
    /// Pauses a print.
    pause: PauseJob, jobs::pause;
    /// Resumes a print.
    resume: PauseJob, jobs::resume;
}

impl App {
    /// Accepts a print request: from here on it is never lost. Idempotent by its key.
    ///
    /// # Errors
    /// No right; the upload is not complete; the printer is gone.
    pub async fn submit(&self, me: &SignedIn, request: &JobRequest) -> Result<JobView, Error> {
        let who = principal(me)?;
        check_key(&request.idempotency_key)?;
        let note = message("note", request.note.as_deref())?;
        let name = request.name.as_deref().map(|n| clean_label(n).map_err(|e| Error::label("name", e))).transpose()?;
        let key = Key::new(
            request.idempotency_key.clone(),
            &format!("job\n{}\n{}\n{name:?}\n{note:?}", request.upload, request.target),
        );
        fail_point::fail_point!(Accept, Before);
        write!(self, Accept, |tx| {
            organizations::hold_settings(&mut tx, who.org).await?;
            let send = permit_in::<SendJob>(&mut tx, who, who.org).await?;
            // Asked before anything that may have changed since: what was accepted stays accepted.
            if let Some(first) = key.first(&mut tx, send.who()).await? {
                return seen(&mut tx, who, JobId(first)).await;
            }
            let (printer, group) = request.target.printer(&mut tx, who).await?;
            let file = rows::of_upload(&mut tx, &Uploader::to_print(&send), request.upload).await?;
            let name = name.clone().unwrap_or_else(|| without_extension(&file.name));
            let new = NewJob { name, note: note.clone(), key: key.clone(), group };
            let id = jobs::submit(&mut tx, &send, &printer, &file, new).await?;
            seen(&mut tx, who, id).await
        })
    }

    /// Prints a job again as the actor's own (APR-16 to APR-18); on the same printer unless another is named.
    ///
    /// # Errors
    /// No right; the printer is gone.
    pub async fn reprint(
        &self,
        me: &SignedIn,
        id: JobId,
        printer: Option<PrinterId>,
        idempotency_key: String,
    ) -> Result<JobView, Error> {
        let who = principal(me)?;
        check_key(&idempotency_key)?;
        let key = Key::new(idempotency_key, &format!("reprint\n{id}\n{printer:?}"));
        write!(self, |tx| {
            organizations::hold_settings(&mut tx, who.org).await?;
            let send = permit_in::<SendJob>(&mut tx, who, who.org).await?;
            if let Some(first) = key.first(&mut tx, send.who()).await? {
                return seen(&mut tx, who, JobId(first)).await;
            }
            let permit = permit_in::<ReprintJob>(&mut tx, who, id).await?;
            let target = match printer {
                Some(printer) => permit_in::<SeePrinter>(&mut tx, who, printer).await?,
                None => {
                    let see = access::permit::<SeeJob>(&mut tx, who, id).await?;
                    let job = jobs::detail(&mut tx, &see).await?;
                    // The job names its printer to them: that they have lost it is no secret.
                    match permit_in::<SeePrinter>(&mut tx, who, job.printer).await {
                        Err(access::Denied::Hidden) => return Err(jobs::lost_printer(&job.printer_name).into()),
                        other => other?,
                    }
                }
            };
            let id = jobs::reprint(&mut tx, &permit, &send, &target, key.clone()).await?;
            seen(&mut tx, who, id).await
        })
    }

    /// Lets it be printed.
    ///
    /// # Errors
    /// No right; decided already; changed; the printer cannot take it.
    pub async fn approve(&self, me: &SignedIn, id: JobId, shown: Decision) -> Result<JobView, Error> {
        let who = principal(me)?;
        fail_point::fail_point!(Approve, Before);
        write!(self, Approve, |tx| {
            let permit = permit_in::<ApproveJob>(&mut tx, who, id).await?;
            jobs::approve(&mut tx, &permit, shown).await?;
            seen(&mut tx, who, id).await
        })
    }

    /// Approves several, each for itself: one that cannot be approved does not stop the others.
    ///
    /// # Errors
    /// Not in an organization: then there is nothing that could be approved.
    pub async fn approve_several(&self, me: &SignedIn, items: &[BulkItem]) -> Result<Vec<BulkResult>, Error> {
        principal(me)?;
        let mut results = Vec::with_capacity(items.len());
        for item in items {
            results.push(BulkResult { id: item.id, outcome: self.approve(me, item.id, item.shown).await.map(drop) });
        }
        Ok(results)
    }

    /// Rejects; straight to history.
    ///
    /// # Errors
    /// No right; decided already.
    pub async fn reject(&self, me: &SignedIn, id: JobId, reason: Option<&str>) -> Result<JobView, Error> {
        let who = principal(me)?;
        let reason = message("reason", reason)?;
        fail_point::fail_point!(Reject, Before);
        write!(self, Reject, |tx| {
            let permit = permit_in::<RejectJob>(&mut tx, who, id).await?;
            // Of a group the job may be on a printer that is not theirs: then they see it no more, but for this answer.
            let see = access::permit::<SeeJob>(&mut tx, who, id).await?;
            jobs::reject(&mut tx, &permit, reason.clone()).await?;
            Ok(jobs::detail(&mut tx, &see).await?)
        })
    }

    /// Sends back with a message.
    ///
    /// # Errors
    /// No message; no right; decided already.
    pub async fn send_back(&self, me: &SignedIn, id: JobId, text: &str) -> Result<JobView, Error> {
        let who = principal(me)?;
        let text = message("message", Some(text))?
            .ok_or_else(|| Error::Invalid("message", "Say what has to change; the submitter reads it.".into()))?;
        write!(self, SendBack, |tx| {
            let permit = permit_in::<SendBackJob>(&mut tx, who, id).await?;
            jobs::send_back(&mut tx, &permit, text.clone()).await?;
            seen(&mut tx, who, id).await
        })
    }

    /// The submitter's next version of a job that was sent back.
    ///
    /// # Errors
    /// Not the owner; not sent back; the upload is not complete.
    pub async fn resubmit(
        &self,
        me: &SignedIn,
        id: JobId,
        upload: UploadId,
        note: Option<&str>,
    ) -> Result<JobView, Error> {
        let who = principal(me)?;
        let note = message("note", note)?;
        write!(self, |tx| {
            let permit = permit_in::<ResubmitJob>(&mut tx, who, id).await?;
            let send = permit_in::<SendJob>(&mut tx, who, who.org).await?;
            let file = rows::of_upload(&mut tx, &Uploader::to_print(&send), upload).await?;
            jobs::resubmit(&mut tx, &permit, &file, note.clone()).await?;
            seen(&mut tx, who, id).await
        })
    }

    /// Moves a job to another printer.
    ///
    /// # Errors
    /// No right to the job or to the printer; it has started.
    pub async fn reroute(&self, me: &SignedIn, id: JobId, printer: PrinterId) -> Result<JobView, Error> {
        let who = principal(me)?;
        write!(self, |tx| {
            let permit = permit_in::<RerouteJob>(&mut tx, who, id).await?;
            let to = permit_in::<SeePrinter>(&mut tx, who, printer).await?;
            jobs::reroute(&mut tx, &permit, &to).await?;
            seen(&mut tx, who, id).await
        })
    }

    /// Moves a job in its printer's queue.
    ///
    /// # Errors
    /// No right; not in the queue.
    pub async fn move_in_queue(&self, me: &SignedIn, id: JobId, direction: Direction) -> Result<JobView, Error> {
        let who = principal(me)?;
        write!(self, |tx| {
            // Not locked: the printer comes before the job in the lock order, and the repository looks again.
            let see = permit::<SeeJob>(&mut tx, who, id).await?;
            let printer = jobs::detail(&mut tx, &see).await?.printer;
            let permit = permit_in::<ReorderQueue>(&mut tx, who, printer).await?;
            jobs::move_in_queue(&mut tx, &permit, id, direction).await?;
            seen(&mut tx, who, id).await
        })
    }

    /// A person says what happened, when no machine can know. Before "it did not print" counts, whatever was sent for the
    /// attempt is fenced: a start that is still on its way must not come true after the answer.
    ///
    /// # Errors
    /// No right; no question is open; the printer runs it.
    pub async fn resolve(
        &self,
        me: &SignedIn,
        id: JobId,
        printed: Option<Outcome>,
        plate_is_clear: bool,
    ) -> Result<JobView, Error> {
        let who = principal(me)?;
        if printed.is_none() {
            self.fence_before_the_answer(who, id).await?;
        }
        write!(self, Resolve, |tx| {
            let permit = permit_in::<ResolveJob>(&mut tx, who, id).await?;
            jobs::resolve(&mut tx, &permit, printed, plate_is_clear).await?;
            seen(&mut tx, who, id).await
        })
    }

    /// Only a printer that was removed under a job, and a restored backup, leave an attempt without a fence. If the printer does
    /// not answer either, the person's word is all there is; the next attempt tries the fence again.
    async fn fence_before_the_answer(&self, who: Principal, id: JobId) -> Result<(), Error> {
        let open = {
            let mut conn = read!(self);
            let permit = permit::<ResolveJob>(&mut conn, who, id).await?;
            dispatch::unanswered(&mut conn, &permit).await?
        };
        let Some(attempt) = open else { return Ok(()) };
        let driver = self.0.drivers.of(&attempt.connection, &self.0.seal)?;
        if driver.fence(&attempt.remote).await == Fence::InUse {
            let why = "The printer is printing this job. Wait until it has ended, then say how it ended.";
            return Err(store::Error::Rule("printing_after_all", why.into()).into());
        }
        Ok(())
    }

    /// A page of a tab.
    ///
    /// # Errors
    /// Not in an organization.
    pub async fn jobs(&self, me: &SignedIn, filter: &Filter) -> Result<Listed, Error> {
        let mut conn = read!(self);
        let eyes = visible::<Jobs>(&mut conn, principal(me)?).await?;
        Ok(jobs::list(&mut conn, &eyes, filter).await?)
    }

    /// Numbers on the tabs.
    ///
    /// # Errors
    /// Not in an organization.
    pub async fn job_counts(&self, me: &SignedIn) -> Result<Counts, Error> {
        let mut conn = read!(self);
        let eyes = visible::<Jobs>(&mut conn, principal(me)?).await?;
        Ok(jobs::counts(&mut conn, &eyes).await?)
    }

    /// One job, with its reprints.
    ///
    /// # Errors
    /// Not found.
    pub async fn job_with_reprints(
        &self,
        me: &SignedIn,
        id: JobId,
    ) -> Result<(JobView, Vec<(JobId, i64, AccountId, String, Micros)>), Error> {
        let mut conn = read!(self);
        let permit = permit::<SeeJob>(&mut conn, principal(me)?, id).await?;
        Ok((jobs::detail(&mut conn, &permit).await?, jobs::reprints(&mut conn, &permit).await?))
    }

    /// What happened to a job, newest first.
    ///
    /// # Errors
    /// Not found.
    pub async fn timeline(&self, me: &SignedIn, id: JobId) -> Result<Vec<Line>, Error> {
        let mut conn = read!(self);
        let permit = permit::<SeeJob>(&mut conn, principal(me)?, id).await?;
        Ok(journal::timeline(&mut conn, &permit).await?)
    }

    /// Who can approve it now, and whether its project keeps somebody from it (APR-21).
    ///
    /// # Errors
    /// Not found.
    pub async fn approvers(&self, me: &SignedIn, id: JobId) -> Result<JobApprovers, Error> {
        let who = principal(me)?;
        let (approvers, job) = {
            let mut conn = read!(self);
            let permit = permit::<SeeJob>(&mut conn, who, id).await?;
            let job = jobs::detail(&mut conn, &permit).await?;
            (jobs::approvers(&mut conn, &permit).await?, job)
        };
        let sharing = match job.project {
            Some(project) => match self.project_shares(me, project).await {
                Ok(sharing) => Some((project, sharing)),
                Err(Error::NotFound) => None,
                Err(error) => return Err(error),
            },
            None => None,
        };
        Ok(JobApprovers { approvers, job, sharing })
    }

    /// The valid authorization as evidence.
    ///
    /// # Errors
    /// Not found.
    pub async fn record(
        &self,
        me: &SignedIn,
        id: JobId,
    ) -> Result<(String, String, Role, Micros, Option<Sha256>, String), Error> {
        let mut conn = read!(self);
        let permit = permit::<SeeJob>(&mut conn, principal(me)?, id).await?;
        Ok(jobs::record(&mut conn, &permit).await?)
    }

    /// The file of a job.
    ///
    /// # Errors
    /// No right to its project; not found.
    pub async fn job_file(&self, me: &SignedIn, id: JobId) -> Result<OpenedFile, Error> {
        let who = principal(me)?;
        let mut conn = read!(self);
        let permit = permit::<OpenJobFile>(&mut conn, who, id).await?;
        let (name, sha, _) = jobs::file_of(&mut conn, &permit).await?;
        let sha = sha.ok_or_else(|| store::Error::Rule("file_gone", rows::GONE.into()))?;
        let (file, size) = self.blobs().open_read(who.org, sha).await?;
        Ok(OpenedFile { name, file, size })
    }

    /// The picture of a job, a PNG of our own making.
    ///
    /// # Errors
    /// No right to its project; not found.
    pub async fn job_picture(&self, me: &SignedIn, id: JobId) -> Result<OpenedFile, Error> {
        let who = principal(me)?;
        let mut conn = read!(self);
        let permit = permit::<OpenJobFile>(&mut conn, who, id).await?;
        let (name, _, picture) = jobs::file_of(&mut conn, &permit).await?;
        let (file, size) = self.blobs().open_read(who.org, picture.ok_or(Error::NotFound)?).await?;
        Ok(OpenedFile { name, file, size })
    }

    /// Decisions and ends of the own jobs, and up to where they were read.
    ///
    /// # Errors
    /// Not in an organization.
    pub async fn notices(&self, me: &SignedIn) -> Result<(Vec<Line>, i64), Error> {
        let mut conn = read!(self);
        let eyes = visible::<Jobs>(&mut conn, principal(me)?).await?;
        Ok(journal::notices(&mut conn, &eyes).await?)
    }

    /// Remembers what was read.
    ///
    /// # Errors
    /// Not in an organization.
    pub async fn notices_read(&self, me: &SignedIn, seq: i64) -> Result<(), Error> {
        let who = principal(me)?;
        write!(self, |tx| {
            let eyes = visible::<Jobs>(&mut tx, who).await?;
            Ok(journal::mark_read(&mut tx, &eyes, seq).await?)
        })
    }
}

pub(crate) fn without_extension(name: &str) -> String {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned()
}
