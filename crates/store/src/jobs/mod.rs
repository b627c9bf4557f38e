//! Print jobs in the database. `apply` is the only statement in the program that moves a job; it stores what
//! `domain::Job::step` gave and nothing else, with its journal row.

mod decide;
mod list;
mod project;
mod queue;
mod submit;
mod view;

pub use decide::{
    Decision, abort, approve, lost_printer, pause, printer_removed, reject, reroute, resolve, resubmit, resume,
    send_back, take_back, undo_send_back, withdraw,
};
pub(crate) use decide::{hold_demoted_person, hold_former_person, hold_if_undecided};
pub use list::{Counts, Filter, Listed, Tab, counts, list};
pub use project::{Approvers, approvers, of_project};
pub use queue::{Direction, move_in_queue};
pub use submit::{NewJob, Source, print_from_project, reprint, submit};
pub use view::{JobView, detail, file_of, queue_of, record, reprints};

use domain::job::{Authorization, Command, Lease, Step};
use domain::{AccountId, FileId, Job, JobId, Micros, Move, PrinterGroupId, PrinterId, RunId, State};
use serde_json::{Value, json};
use sql::{Row, Tx, params};

use crate::Error;
use crate::journal::{self, Entry};

/// A job under its lock, with what [`apply`] needs beside the machine's own fields.
#[derive(Debug, Clone)]
pub(crate) struct Locked {
    pub job: Job,
    pub number: i64,
    pub name: String,
    pub file: FileId,
    pub gate_required: bool,
    /// The printer group that it was sent to, if that is still there.
    pub group: Option<PrinterGroupId>,
}

pub(crate) fn read_job(row: &Row) -> Result<Job, sql::Error> {
    let authorization = match row.get::<Option<uuid::Uuid>>("authorization_id")? {
        None => None,
        Some(id) => Some(Authorization {
            id,
            version: row.get("z_version")?,
            send_sha: row.get("z_send_sha")?,
            printer: row.get("z_printer")?,
        }),
    };
    Ok(Job {
        id: row.get("id")?,
        org: row.get("org")?,
        submitter: row.get("submitter")?,
        project: row.get("project")?,
        printer: row.get("printer")?,
        version: row.get("version")?,
        upload_sha: row.get("upload_sha")?,
        send_sha: row.get("send_sha")?,
        state: row.get("state")?,
        state_version: row.get("state_version")?,
        authorization,
        not_before: row.get("not_before")?,
        attempt: row.get("attempt")?,
        lease: Lease { owner: row.get("lease_owner")?, token: row.get("lease_token")?, until: row.get("lease_until")? },
        abort_requested: row.get("abort_requested")?,
    })
}

/// Locks the printer, then the job (the global order of dispatch.md 2.7), and loads the job.
pub(crate) async fn lock(tx: &mut Tx, id: JobId, whole_printer: bool) -> Result<Locked, Error> {
    const Q: &str = concat!(
        "SELECT j.id, j.org, j.number, j.name, j.submitter, j.project, j.printer, j.version, j.file, j.upload_sha, ",
        "j.send_sha, j.state, j.state_version, j.authorization_id, j.not_before, j.attempt, j.lease_owner, j.lease_token, ",
        "j.lease_until, j.abort_requested, j.gate_required, jg.id AS live_group, z.version AS z_version, z.send_sha AS z_send_sha, z.printer AS z_printer ",
        "FROM print_job j LEFT JOIN job_authorization z ON z.id = j.authorization_id ",
        "LEFT JOIN printer_group jg ON jg.id = j.printer_group AND jg.removed_at IS NULL WHERE j.id = $1"
    );
    let row = tx.opt("SELECT printer FROM print_job WHERE id = $1", params![id]).await?.ok_or(Error::NotFound)?;
    let printer: PrinterId = row.get("printer")?;
    let lock_printer = if whole_printer {
        "SELECT id FROM printer WHERE id = $1 {for_update}"
    } else {
        "SELECT id FROM printer WHERE id = $1 {for_share}"
    };
    tx.one(lock_printer, params![printer]).await?;
    tx.one("SELECT id FROM print_job WHERE id = $1 {for_update}", params![id]).await?;
    let row = tx.one(Q, params![id]).await?;
    let job = read_job(&row)?;
    if job.printer != printer {
        // It was rerouted between the two statements: the caller's next try locks the right printer.
        return Err(sql::Error::Busy.into());
    }
    Ok(Locked {
        job,
        number: row.get("number")?,
        name: row.get("name")?,
        file: row.get("file")?,
        gate_required: row.get("gate_required")?,
        group: row.get("live_group")?,
    })
}

/// What goes with a transition beside the machine's own fields.
#[derive(Debug, Default)]
pub(crate) struct With {
    pub actor: Option<AccountId>,
    /// Message of a person.
    pub message: Option<String>,
    /// The new file of a resubmission.
    pub file: Option<FileId>,
    /// The run that starts with an intent.
    pub run: Option<RunId>,
    /// Place in the queue, when it enters one.
    pub queue_pos: Option<i64>,
    /// More for the journal.
    pub data: Option<Value>,
}

/// Takes one step of the machine and stores it, with its journal row. The journal's sequence number.
pub(crate) async fn apply(tx: &mut Tx, before: &Locked, command: Command, with: With) -> Result<(Step, i64), Error> {
    let step = before.job.step(command)?;
    let seq = store(tx, before, &step, with).await?;
    Ok((step, seq))
}

async fn store(tx: &mut Tx, before: &Locked, step: &Step, with: With) -> Result<i64, Error> {
    let now = tx.now().await?;
    let (old, new) = (&before.job, &step.job);
    let decided = matches!(step.what, Move::Approve | Move::Reject | Move::SendBack | Move::TakeBack);
    let ended = new.state.is_end();
    let queue_pos = with.queue_pos.or((new.state == State::Queued && old.state == State::Held).then_some(now.0));
    // The printer row was locked before the job (see `lock`), so its plate may be changed here.
    match step.bed {
        domain::job::Bed::Keep => {}
        domain::job::Bed::Dirty => {
            tx.exec(
                "UPDATE printer SET bed = 'dirty', bed_run = $2, bed_foreign = 0 WHERE id = $1",
                params![new.printer, with.run],
            )
            .await?;
        }
        domain::job::Bed::Clear => {
            tx.exec(
                "UPDATE printer SET bed = 'clear' WHERE id = $1 AND bed_foreign = 0 \
                 AND bed_run = (SELECT run FROM print_job WHERE id = $2)",
                params![new.printer, new.id],
            )
            .await?;
        }
    }
    let changed = tx
        .exec(
            "UPDATE print_job SET state = $3, state_version = $4, authorization_id = $5, not_before = $6, attempt = $7, \
             lease_owner = $8, lease_token = $9, lease_until = $10, abort_requested = $11, printer = $12, version = $13, \
             file = COALESCE($14, file), upload_sha = $15, send_sha = $16, queue_pos = COALESCE($17, queue_pos), state_at = $18, \
             ended_at = COALESCE($19, ended_at), run = COALESCE($20, run), wish = NULL, \
             held_since = CASE WHEN $23 = 1 THEN COALESCE(held_since, $18) WHEN $3 = 'held' AND state <> 'sent_back' AND state <> 'held' THEN $18 ELSE held_since END, \
             started_at = CASE WHEN $3 = 'printing' THEN $18 ELSE started_at END, \
             rerouted_by = COALESCE($21, rerouted_by), printer_group = CASE WHEN $22 = 1 THEN NULL ELSE printer_group END \
             WHERE id = $1 AND state_version = $2",
            params![
                old.id,
                old.state_version,
                new.state,
                new.state_version,
                new.authorization.map(|a| a.id),
                new.not_before,
                new.attempt,
                new.lease.owner,
                new.lease.token,
                new.lease.until,
                new.abort_requested,
                new.printer,
                new.version,
                with.file,
                new.upload_sha,
                new.send_sha,
                queue_pos,
                now,
                ended.then_some(now),
                with.run,
                if step.what == Move::Reroute { with.actor } else { None },
                // Whoever moves it by hand has chosen a printer.
                step.what == Move::Reroute,
                // An approval that is taken back was no answer: it has waited all the time.
                step.what == Move::TakeBack
            ],
        )
        .await?;
    if changed != 1 {
        return Err(Error::Changed);
    }
    let mut data =
        json!({ "from": old.state.word(), "to": new.state.word(), "version": new.version, "attempt": new.attempt });
    if let (Some(Value::Object(more)), Value::Object(all)) = (with.data, &mut data) {
        all.extend(more);
    }
    let mut text = json!({ "name": before.name });
    if let (Some(message), Value::Object(all)) = (&with.message, &mut text) {
        all.insert("message".into(), json!(message));
    }
    let entry = Entry::new(step.what.word(), with.actor).job(old.id).printer(new.printer).data(data).text(text);
    let seq = journal::append(tx, old.org, entry).await?;
    if matches!(step.what, Move::UndoSendBack | Move::HoldFormerPerson | Move::HoldRestored) {
        // It waits as if nobody had decided yet; who had, stays in the journal.
        tx.exec(
            "UPDATE print_job SET decision = NULL, decided_by = NULL, decided_at = NULL, decision_seq = NULL WHERE id = $1",
            params![old.id],
        )
        .await?;
    }
    if decided {
        tx.exec(
            "UPDATE print_job SET decision = $2, decided_by = $3, decided_at = $4, decision_seq = $5 WHERE id = $1",
            params![old.id, step.what.word().trim_start_matches("job."), with.actor, now, seq],
        )
        .await?;
    }
    Ok(seq)
}

/// Writes the authorization row that `new` names (append-only; dispatch.md 2.1).
pub(crate) async fn write_authorization(
    tx: &mut Tx,
    new: &Job,
    kind: &'static str,
    actor: (AccountId, domain::Role),
    at: Micros,
    seq: i64,
) -> Result<(), Error> {
    let Some(auth) = new.authorization else {
        return Err(Error::Refused(domain::Refusal::NotAuthorized));
    };
    tx.exec(
        "INSERT INTO job_authorization (id, job, version, kind, actor, actor_role, upload_sha, send_sha, printer, decided_at, journal_seq) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        params![
            auth.id,
            new.id,
            auth.version,
            kind,
            actor.0,
            actor.1,
            new.upload_sha,
            auth.send_sha,
            auth.printer,
            at,
            seq
        ],
    )
    .await?;
    Ok(())
}
