//! Accepting a print request: the one moment that decides whether it needs approval (APR-07, APR-08).

use access::Permit;
use access::table::{PrintFromProject, ReprintJob, SeePrinter, SendJob};
use domain::job::{Authorization, Lease};
use domain::{FileId, Job, JobId, Micros, ProjectFileId, ProjectId, Role, State};
use serde_json::json;
use sql::{Tx, params};

use super::write_authorization;
use crate::files::File;
use crate::idempotency::Key;
use crate::journal::{self, Entry};
use crate::printer_groups::Chosen;
use crate::projects::files::Printable;
use crate::{Error, new_id};

/// Where a print request came from (JOB-07: all of these are the sender's own).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The browser or any other client of the API.
    Api,
    /// A reprint.
    Reprint,
    /// A file of a library project.
    Project,
}

/// What is asked for.
#[derive(Debug)]
pub struct NewJob {
    /// Name for people, cleaned.
    pub name: String,
    /// A note for the approver.
    pub note: Option<String>,
    /// The same key gives the first answer again; the caller has asked it already, and it is remembered here.
    pub key: Key,
    /// The printer was chosen among those of a group, which stays the job's target.
    pub group: Option<Chosen>,
}

/// Accepts a print request. The gate is `guest and approval on`, read from the locked organization row; stored on the job
/// and never asked again.
///
/// # Errors
/// [`Error::KeyReused`]; [`Error::PrinterUnavailable`] for a removed printer.
pub async fn submit(
    tx: &mut Tx,
    permit: &Permit<SendJob>,
    printer: &Permit<SeePrinter>,
    file: &File,
    new: NewJob,
) -> Result<JobId, Error> {
    let asked = Asked { source: Source::Api, reprint_of: None, project: None, project_file: None };
    create(tx, permit, printer, file, new, asked).await
}

/// Prints a file of a project (LIB-02): the actor's own job (JOB-07), which stays locked to those who see the project (APR-20)
/// and waits for approval like any other (CMP-04).
///
/// # Errors
/// As [`submit`].
pub async fn print_from_project(
    tx: &mut Tx,
    from: &Permit<PrintFromProject>,
    permit: &Permit<SendJob>,
    printer: &Permit<SeePrinter>,
    chosen: &Printable,
    new: NewJob,
) -> Result<JobId, Error> {
    if chosen.project != from.target() {
        return Err(Error::NotFound);
    }
    let asked = Asked {
        source: Source::Project,
        reprint_of: None,
        project: Some(from.target()),
        project_file: Some((chosen.file, chosen.version)),
    };
    create(tx, permit, printer, &chosen.bytes, new, asked).await
}

/// Prints a job again: a new job, the actor's own; the original is not touched (APR-16 to APR-18). It comes from the same
/// library project: printing again must not open a file to people who do not see the project (APR-20).
///
/// # Errors
/// As [`submit`].
pub async fn reprint(
    tx: &mut Tx,
    permit: &Permit<ReprintJob>,
    send: &Permit<SendJob>,
    printer: &Permit<SeePrinter>,
    key: Key,
) -> Result<JobId, Error> {
    let row = tx
        .one(
            "SELECT name, file, project, project_file, project_file_version FROM print_job WHERE id = $1 AND org = $2",
            params![permit.target(), permit.who().org()],
        )
        .await?;
    let file = crate::files::load(tx, row.get::<FileId>("file")?).await?;
    let new = NewJob { name: row.get("name")?, note: None, key, group: None };
    let of = (row.get::<Option<ProjectFileId>>("project_file")?, row.get::<Option<i64>>("project_file_version")?);
    let asked = Asked {
        source: Source::Reprint,
        reprint_of: Some(permit.target()),
        project: row.get("project")?,
        project_file: of.0.zip(of.1),
    };
    create(tx, send, printer, &file, new, asked).await
}

struct Asked {
    source: Source,
    reprint_of: Option<JobId>,
    project: Option<ProjectId>,
    project_file: Option<(ProjectFileId, i64)>,
}

async fn create(
    tx: &mut Tx,
    permit: &Permit<SendJob>,
    printer: &Permit<SeePrinter>,
    file: &File,
    new: NewJob,
    asked: Asked,
) -> Result<JobId, Error> {
    file.printable()?;
    if new.group.is_some_and(|chosen| chosen.printer() != printer.target()) {
        return Err(Error::NotFound);
    }
    let group = new.group.map(|chosen| chosen.group());
    let who = permit.who();
    let org = tx
        .one("SELECT approval_on, settings_version FROM organization WHERE id = $1 {for_share}", params![who.org()])
        .await?;
    let approval_on: bool = org.get("approval_on")?;
    let settings_version: i64 = org.get("settings_version")?;
    let target =
        tx.one("SELECT name, removed_at FROM printer WHERE id = $1 {for_share}", params![printer.target()]).await?;
    if target.get::<Option<i64>>("removed_at")?.is_some() {
        let name: String = target.get("name")?;
        return Err(Error::PrinterUnavailable(
            "printer_removed",
            format!("{name} was removed from the organization. Choose another printer."),
        ));
    }
    let held = who.role() == Role::Guest && approval_on;
    let now = tx.now().await?;
    let number = journal::next_job_number(tx, who.org()).await?;
    let job = fresh(permit, printer, file, held, asked.project);
    tx.exec(
        "INSERT INTO print_job (id, org, number, name, note, submitter, printer, source, reprint_of, version, file, upload_sha, \
         send_sha, state, state_version, authorization_id, gate_required, gate_settings_version, gate_role, idem_key, queue_pos, \
         created_at, held_since, state_at, project, project_file, project_file_version, printer_group, name_key) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, $10, $11, $12, $13, 1, $14, $15, $16, $17, $18, $19, $19, $20, $19, \
         $21, $22, $23, $24, $25)",
        params![
            job.id,
            job.org,
            number,
            new.name.clone(),
            new.note.clone(),
            job.submitter,
            job.printer,
            match asked.source {
                Source::Api => "api",
                Source::Reprint => "reprint",
                Source::Project => "project",
            },
            asked.reprint_of,
            file.id,
            job.upload_sha,
            job.send_sha,
            job.state,
            job.authorization.map(|a| a.id),
            held,
            settings_version,
            who.role(),
            new.key.as_str(),
            now,
            held.then_some(now),
            job.project,
            asked.project_file.map(|(id, _)| id),
            asked.project_file.map(|(_, version)| version),
            group,
            new.name.to_lowercase()
        ],
    )
    .await?;
    tx.exec(
        "INSERT INTO job_version (job, version, file, upload_sha, send_sha, created_at) VALUES ($1, 1, $2, $3, $4, $5)",
        params![job.id, file.id, job.upload_sha, job.send_sha, now],
    )
    .await?;
    new.key.remember(tx, who, job.id.0).await?;
    let kind = if asked.reprint_of.is_some() { "job.reprinted" } else { "job.accepted" };
    let mut data = json!({
        "to": job.state.word(), "version": 1, "number": number, "send_sha": job.send_sha.hex(), "gate": held,
        "role": who.role().word(), "settings_version": settings_version, "reprint_of": asked.reprint_of.map(|id| id.0),
    });
    if let (Some(group), Some(data)) = (group, data.as_object_mut()) {
        data.insert("group".into(), json!(group.0));
    }
    let entry = Entry::new(kind, Some(who.account()))
        .job(job.id)
        .printer(job.printer)
        .data(data)
        .text(json!({ "name": new.name, "message": new.note }));
    let seq = journal::append(tx, job.org, entry).await?;
    if job.authorization.is_some() {
        write_authorization(tx, &job, "auto", (who.account(), who.role()), now, seq).await?;
    }
    Ok(job.id)
}

fn fresh(
    permit: &Permit<SendJob>,
    printer: &Permit<SeePrinter>,
    file: &File,
    held: bool,
    project: Option<ProjectId>,
) -> Job {
    let authorization =
        (!held).then(|| Authorization { id: new_id(), version: 1, send_sha: file.send_sha, printer: printer.target() });
    Job {
        id: JobId(new_id()),
        org: permit.who().org(),
        submitter: permit.who().account(),
        project,
        printer: printer.target(),
        version: 1,
        upload_sha: file.upload_sha,
        send_sha: file.send_sha,
        state: if held { State::Held } else { State::Queued },
        state_version: 1,
        authorization,
        not_before: Micros(0),
        attempt: 0,
        lease: Lease { owner: None, token: 0, until: Micros(0) },
        abort_requested: false,
    }
}
