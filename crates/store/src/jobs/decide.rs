//! What people decide about a print job. Each function: permit, lock, one step of the machine, journal.

use access::table::{
    AbortJob, ApproveJob, ChangeRole, PauseJob, RejectJob, RerouteJob, ResolveJob, ResubmitJob, SeePrinter,
    SendBackJob, TakeBackJob,
};
use access::{Permit, Who};
use domain::job::{Command, NotReady};
use domain::{AccountId, Job, JobId, Micros, OrgId, Outcome, PrinterGroupId, PrinterId, Refusal, Sha256, State};
use serde_json::json;
use sql::{Tx, params};

use super::{Locked, With, apply, lock, write_authorization};
use crate::dispatch::printer_facts;
use crate::files::File;
use crate::{Error, new_id, printer_groups};

/// What the approver was shown.
#[derive(Debug, Clone, Copy)]
pub struct Decision {
    /// Version on the screen.
    pub version: i64,
    /// Hash on the screen.
    pub send_sha: Sha256,
    /// Printer on the screen, if the client says it: a job that was moved meanwhile is not approved unseen.
    pub printer: Option<PrinterId>,
}

/// Approves (APR-14). The job goes to the printer that the submitter chose, after the undo window; of a group, to one that
/// both may use.
///
/// # Errors
/// [`Error::AlreadyDecided`], [`Error::Changed`], [`Error::PrinterUnavailable`].
pub async fn approve(tx: &mut Tx, permit: &Permit<ApproveJob>, shown: Decision) -> Result<(), Error> {
    let mut locked = lock(tx, permit.target(), false).await?;
    if locked.job.state != State::Held {
        return Err(already(tx, &locked).await?);
    }
    let mut shown = shown;
    match locked.group {
        Some(group) => {
            if shown.printer.is_some_and(|printer| printer != locked.job.printer) {
                return Err(Refusal::Changed.into());
            }
            let printer = assign_for_approval(tx, permit, &mut locked, group).await?;
            shown.printer = shown.printer.map(|_| printer);
        }
        None => printer_takes(tx, &locked).await?,
    }
    let now = tx.now().await?;
    let window: i64 = tx
        .one("SELECT undo_window_s FROM organization WHERE id = $1", params![locked.job.org])
        .await?
        .get("undo_window_s")?;
    let command = Command::Approve {
        version: shown.version,
        send_sha: shown.send_sha,
        printer: shown.printer,
        authorization: new_id(),
        not_before: now.plus_secs(window),
    };
    let who = permit.who();
    let data = json!({ "send_sha": locked.job.send_sha.hex(), "role": who.role().word(), "undo_s": window });
    let with = With { actor: Some(who.account()), data: Some(data), ..With::default() };
    let (step, seq) = apply(tx, &locked, command, with).await?;
    write_authorization(tx, &step.job, "approval", (who.account(), who.role()), now, seq).await
}

/// Chooses the printer of a job that was sent to a group, and moves it there; the printer.
async fn assign_for_approval(
    tx: &mut Tx,
    permit: &Permit<ApproveJob>,
    locked: &mut Locked,
    group: PrinterGroupId,
) -> Result<PrinterId, Error> {
    let Some(to) = printer_groups::for_approval(tx, permit, locked, group).await? else {
        return Err(Error::PrinterUnavailable(
            "no_printer_in_group",
            "None of the printers of this group that both you and the submitter may use is on. Turn one on, share one, or move the job \
             to another printer."
                .into(),
        ));
    };
    if to == locked.job.printer {
        return Ok(to);
    }
    let now = tx.now().await?;
    let printer = printer_facts(tx, &Job { printer: to, ..locked.job }).await?;
    let data = json!({ "from_printer": locked.job.printer.0, "to_printer": to.0, "group": group.0 });
    let command = Command::Assign { printer, authorization: new_id(), now };
    let (step, _) = apply(tx, locked, command, With { data: Some(data), ..With::default() }).await?;
    locked.job = step.job;
    Ok(to)
}

/// Rejects: straight to history, final (APR-15).
///
/// # Errors
/// [`Error::AlreadyDecided`]; a rule if the organization wants a reason.
pub async fn reject(tx: &mut Tx, permit: &Permit<RejectJob>, reason: Option<String>) -> Result<(), Error> {
    if reason.is_none() && reason_required(tx, permit.who()).await? {
        return Err(Error::rule("reason_needed", "This organization asks for a reason. Say why the job is rejected."));
    }
    let locked = lock(tx, permit.target(), false).await?;
    if !matches!(locked.job.state, State::Held | State::SentBack) {
        return Err(already(tx, &locked).await?);
    }
    person_step(tx, &locked, Command::Reject, permit.who(), reason).await
}

/// Sends back with a message; the submitter answers with version n+1 of the same request.
///
/// # Errors
/// [`Error::AlreadyDecided`]; the rule `submitter_left`.
pub async fn send_back(tx: &mut Tx, permit: &Permit<SendBackJob>, message: String) -> Result<(), Error> {
    const THERE: &str = "SELECT account FROM membership WHERE org = $1 AND account = $2 AND removed_at IS NULL";
    let locked = lock(tx, permit.target(), false).await?;
    if locked.job.state != State::Held {
        return Err(already(tx, &locked).await?);
    }
    if tx.opt(THERE, params![locked.job.org, locked.job.submitter]).await?.is_none() {
        return Err(Error::rule(
            "submitter_left",
            "Whoever sent this print job has left, so nobody could send it again. Approve it, or reject it.",
        ));
    }
    person_step(tx, &locked, Command::SendBack, permit.who(), Some(message)).await
}

/// The approver takes the sending back back.
///
/// # Errors
/// [`Error::AlreadyDecided`] or a refusal.
pub async fn undo_send_back(tx: &mut Tx, permit: &Permit<SendBackJob>) -> Result<(), Error> {
    let locked = lock(tx, permit.target(), false).await?;
    person_step(tx, &locked, Command::UndoSendBack, permit.who(), None).await
}

/// Takes an approval back, until the start intent commits.
///
/// # Errors
/// A refusal when it is too late.
pub async fn take_back(tx: &mut Tx, permit: &Permit<TakeBackJob>) -> Result<(), Error> {
    let locked = lock(tx, permit.target(), false).await?;
    let approved = tx
        .opt("SELECT id FROM print_job WHERE id = $1 AND decision = 'approved'", params![permit.target()])
        .await?
        .is_some();
    // One that was held again (a demotion, a removal, a restored backup) never needed an approval at first, and has one.
    if !locked.gate_required && !approved {
        return Err(Error::rule(
            "never_needed_approval",
            "This print job never needed approval, so there is none to take back. Withdraw it instead.",
        ));
    }
    person_step(tx, &locked, Command::TakeBack, permit.who(), None).await
}

/// The submitter's next version; the same request, the same place (the gate is not asked again).
///
/// # Errors
/// A refusal unless the job was sent back.
pub async fn resubmit(
    tx: &mut Tx,
    permit: &Permit<ResubmitJob>,
    file: &File,
    note: Option<String>,
) -> Result<(), Error> {
    file.printable()?;
    let locked = lock(tx, permit.target(), false).await?;
    let now = tx.now().await?;
    let command = Command::Resubmit { upload_sha: file.upload_sha, send_sha: file.send_sha };
    tx.exec(
        "INSERT INTO job_version (job, version, file, upload_sha, send_sha, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
        params![locked.job.id, locked.job.version + 1, file.id, file.upload_sha, file.send_sha, now],
    )
    .await?;
    let with = With {
        actor: Some(permit.who().account()),
        message: note,
        file: Some(file.id),
        data: Some(json!({ "send_sha": file.send_sha.hex() })),
        ..With::default()
    };
    apply(tx, &locked, command, with).await.map(drop)
}

/// Takes a job away before it prints. Somebody else's held job is rejected instead, and told as that (REQUIREMENTS,
/// decisions).
///
/// # Errors
/// A refusal when it prints already or has ended.
pub async fn withdraw(tx: &mut Tx, permit: &Permit<AbortJob>) -> Result<(), Error> {
    let locked = lock(tx, permit.target(), false).await?;
    let who = permit.who();
    let held = matches!(locked.job.state, State::Held | State::SentBack);
    let command = if held && locked.job.submitter != who.account() { Command::Reject } else { Command::Withdraw };
    if matches!(command, Command::Reject) && reason_required(tx, who).await? {
        return Err(Error::rule("reason_needed", "This organization asks for a reason. Reject the job and say why."));
    }
    person_step(tx, &locked, command, who, None).await
}

/// Asks the server that prints it to stop: best effort, the name is checked before the stop command.
///
/// # Errors
/// A refusal unless it is starting or printing.
pub async fn abort(tx: &mut Tx, permit: &Permit<AbortJob>) -> Result<(), Error> {
    let locked = lock(tx, permit.target(), false).await?;
    flag(tx, &locked, permit.who(), "abort", &[State::Intent, State::Printing]).await
}

/// Pauses (JOB-05).
///
/// # Errors
/// A refusal unless it prints.
pub async fn pause(tx: &mut Tx, permit: &Permit<PauseJob>) -> Result<(), Error> {
    let locked = lock(tx, permit.target(), false).await?;
    flag(tx, &locked, permit.who(), "pause", &[State::Printing]).await
}

/// Resumes (JOB-05).
///
/// # Errors
/// A refusal unless it prints.
pub async fn resume(tx: &mut Tx, permit: &Permit<PauseJob>) -> Result<(), Error> {
    let locked = lock(tx, permit.target(), false).await?;
    flag(tx, &locked, permit.who(), "resume", &[State::Printing]).await
}

/// Moves a held or queued job to another printer (JOB-03): the state stays; a queued one gets a new authorization for
/// the same bytes.
///
/// # Errors
/// A refusal in any other state; [`Error::PrinterUnavailable`] if the new printer cannot take jobs.
pub async fn reroute(tx: &mut Tx, permit: &Permit<RerouteJob>, to: &Permit<SeePrinter>) -> Result<(), Error> {
    let locked = lock(tx, permit.target(), false).await?;
    if locked.job.printer == to.target() {
        return Ok(());
    }
    usable(tx, to.target()).await?;
    let now = tx.now().await?;
    let who = permit.who();
    let with = With {
        actor: Some(who.account()),
        queue_pos: (locked.job.state == State::Queued).then_some(now.0),
        data: Some(json!({ "from_printer": locked.job.printer.0, "to_printer": to.target().0 })),
        ..With::default()
    };
    let command = Command::Reroute { printer: to.target(), authorization: new_id() };
    let (step, seq) = apply(tx, &locked, command, with).await?;
    if step.job.state == State::Queued {
        write_authorization(tx, &step.job, "reroute", (who.account(), who.role()), now, seq).await?;
    }
    Ok(())
}

/// A person's answer to *attention*.
///
/// # Errors
/// A refusal in any other state.
pub async fn resolve(
    tx: &mut Tx,
    permit: &Permit<ResolveJob>,
    printed: Option<Outcome>,
    plate_is_clear: bool,
) -> Result<(), Error> {
    let locked = lock(tx, permit.target(), true).await?;
    let command = Command::Resolve { printed, plate_is_clear };
    let answer = match printed {
        None => "did_not_print",
        Some(Outcome::Finished) => "printed",
        Some(_) => "failed",
    };
    tx.exec(
        "UPDATE attempt SET outcome = $3, evidence = 'a person said so' WHERE job = $1 AND n = $2",
        params![locked.job.id, locked.job.attempt, answer],
    )
    .await?;
    // The journal says who cleared a plate, also when it was cleared with an answer.
    let data = Some(json!({ "plate_is_clear": plate_is_clear }));
    apply(tx, &locked, command, With { actor: Some(permit.who().account()), data, ..With::default() }).await?;
    hold_if_undecided(tx, locked.job.id, Some(permit.who().account())).await
}

async fn reason_required(tx: &mut Tx, who: Who) -> Result<bool, Error> {
    let row = tx.one("SELECT reject_reason_required AS r FROM organization WHERE id = $1", params![who.org()]).await?;
    Ok(row.get("r")?)
}

/// A job that comes back to the queue from the unclear phase needs a decision again, in the same transaction, if it would have been held
/// meanwhile: its submitter has left (AMB-41), or is a Guest now whose jobs nobody approved - demoted where that holds them, or removed and
/// come back as one.
pub(crate) async fn hold_if_undecided(tx: &mut Tx, job: JobId, actor: Option<AccountId>) -> Result<(), Error> {
    const STAYS: &str = "SELECT m.role FROM membership m JOIN organization o ON o.id = m.org JOIN print_job j ON j.id = $3 \
        WHERE m.org = $1 AND m.account = $2 AND m.removed_at IS NULL AND (m.role <> 'guest' OR o.approval_on = 0 \
          OR (o.hold_on_demotion = 0 AND m.created_at <= j.created_at) \
          OR EXISTS (SELECT 1 FROM job_authorization z WHERE z.job = j.id AND z.kind = 'approval'))";
    let locked = lock(tx, job, true).await?;
    if locked.job.state != State::Queued {
        return Ok(());
    }
    let stays = tx.opt(STAYS, params![locked.job.org, locked.job.submitter, job]).await?;
    if stays.is_none() {
        const HERE: &str = "SELECT role FROM membership WHERE org = $1 AND account = $2 AND removed_at IS NULL";
        let here = tx.opt(HERE, params![locked.job.org, locked.job.submitter]).await?;
        let data = here.map(|_| json!({ "why": "demoted" }));
        apply(tx, &locked, Command::HoldFormerPerson, With { actor, data, ..With::default() }).await?;
    }
    Ok(())
}

/// The submitter left: queued jobs need a decision again, in the removal's own transaction (AMB-41). How many.
///
/// # Errors
/// The database.
pub(crate) async fn hold_former_person(
    tx: &mut Tx,
    org: OrgId,
    person: AccountId,
    by: AccountId,
) -> Result<i64, Error> {
    let mut count = 0;
    for locked in unfinished(tx, org, person).await? {
        count += hold(tx, &locked, With { actor: Some(by), ..With::default() }).await?;
    }
    Ok(count)
}

/// The submitter became a Guest, and the organization wants what nobody has approved to be decided: in the change's own
/// transaction. What a person approved stays queued. How many.
///
/// # Errors
/// The database.
pub(crate) async fn hold_demoted_person(
    tx: &mut Tx,
    permit: &Permit<ChangeRole>,
    person: AccountId,
) -> Result<i64, Error> {
    const APPROVED: &str = "SELECT id FROM job_authorization WHERE job = $1 AND kind = 'approval' LIMIT 1";
    let mut count = 0;
    for locked in unfinished(tx, permit.who().org(), person).await? {
        if tx.opt(APPROVED, params![locked.job.id]).await?.is_none() {
            let data = Some(json!({ "why": "demoted" }));
            let with = With { actor: Some(permit.who().account()), data, ..With::default() };
            count += hold(tx, &locked, with).await?;
        }
    }
    Ok(count)
}

/// All print jobs of a person that have not ended, locked: all printers, then all jobs, before the first journal row, which
/// is the global lock order also over several jobs. Not only those that are queued by now: one that is being approved (or
/// answered for) this very moment still looks held here, and has to be waited for.
async fn unfinished(tx: &mut Tx, org: OrgId, person: AccountId) -> Result<Vec<Locked>, Error> {
    tx.all(
        "SELECT id FROM printer WHERE id IN (SELECT printer FROM print_job WHERE org = $1 AND submitter = $2 \
         AND state IN ('held', 'sent_back', 'queued', 'claimed', 'intent', 'printing', 'attention')) ORDER BY id {for_share}",
        params![org, person],
    )
    .await?;
    let rows = tx
        .all(
            "SELECT id FROM print_job WHERE org = $1 AND submitter = $2 \
             AND state IN ('held', 'sent_back', 'queued', 'claimed', 'intent', 'printing', 'attention') ORDER BY id {for_update}",
            params![org, person],
        )
        .await?;
    let mut jobs = Vec::with_capacity(rows.len());
    for row in rows {
        jobs.push(lock(tx, row.get::<JobId>("id")?, false).await?);
    }
    Ok(jobs)
}

async fn hold(tx: &mut Tx, locked: &Locked, with: With) -> Result<i64, Error> {
    match apply(tx, locked, Command::HoldFormerPerson, with).await {
        Ok(_) => Ok(1),
        // Held: it waits already. Started: it goes on, the page says so.
        Err(Error::Refused(Refusal::WrongState(_))) => Ok(0),
        Err(error) => Err(error),
    }
}

/// A printer is removed while it may be printing: nobody will watch it any more, so a person has to say (dispatch.md 2.4).
///
/// # Errors
/// The database.
pub async fn printer_removed(tx: &mut Tx, permit: &Permit<access::table::DeletePrinter>) -> Result<(), Error> {
    let row = tx
        .opt(
            "SELECT id FROM print_job WHERE printer = $1 AND state IN ('intent', 'printing')",
            params![permit.target()],
        )
        .await?;
    if let Some(row) = row {
        let locked = lock(tx, row.get::<JobId>("id")?, true).await?;
        let with = With {
            actor: Some(permit.who().account()),
            data: Some(json!({ "why": "printer_removed" })),
            ..With::default()
        };
        apply(tx, &locked, Command::CannotKnow { token: None }, with).await?;
    }
    Ok(())
}

async fn person_step(
    tx: &mut Tx,
    locked: &Locked,
    command: Command,
    who: Who,
    message: Option<String>,
) -> Result<(), Error> {
    let with = With { actor: Some(who.account()), message, ..With::default() };
    apply(tx, locked, command, with).await.map(drop)
}

/// A wish that the server which prints the job carries out; not a state.
async fn flag(tx: &mut Tx, locked: &Locked, who: Who, wish: &'static str, states: &[State]) -> Result<(), Error> {
    if !states.contains(&locked.job.state) {
        return Err(Refusal::WrongState(locked.job.state).into());
    }
    let abort = wish == "abort";
    tx.exec(
        "UPDATE print_job SET wish = $2, abort_requested = CASE WHEN $3 = 1 THEN 1 ELSE abort_requested END WHERE id = $1",
        params![locked.job.id, wish, abort],
    )
    .await?;
    let kind = match wish {
        "abort" => "job.abort_requested",
        "pause" => "job.pause_requested",
        _ => "job.resume_requested",
    };
    let entry = crate::journal::Entry::new(kind, Some(who.account())).job(locked.job.id).printer(locked.job.printer);
    crate::journal::append(tx, locked.job.org, entry).await.map(drop)
}

/// Who decided first, and when (AMB-27).
async fn already(tx: &mut Tx, locked: &Locked) -> Result<Error, Error> {
    let row = tx
        .one(
            "SELECT j.decision, j.decided_at, a.name FROM print_job j LEFT JOIN account a ON a.id = j.decided_by WHERE j.id = $1",
            params![locked.job.id],
        )
        .await?;
    let (decision, at): (Option<String>, Option<Micros>) = (row.get("decision")?, row.get("decided_at")?);
    Ok(match (decision, at) {
        // Who took it away did not decide about it; an approval before that is not the reason.
        (Some(decision), Some(at)) if locked.job.state != State::Withdrawn => {
            Error::AlreadyDecided { decision, by: row.get::<Option<String>>("name")?.unwrap_or_default(), at }
        }
        _ => Refusal::WrongState(locked.job.state).into(),
    })
}

/// Approve refuses with the exact reason and the person reroutes first (AMB-29).
async fn printer_takes(tx: &mut Tx, locked: &Locked) -> Result<(), Error> {
    usable(tx, locked.job.printer).await?;
    // The chosen printer was taken away from the submitter while the job was held. After an explicit reroute by an
    // approver it may stand on any printer.
    const Q: &str = concat!(
        "SELECT m.role AS role, p.name AS printer, a.name AS person, j.rerouted_by AS rerouted_by, ",
        "CASE WHEN p.added_by = $2 THEN 1 ELSE 0 END AS added, CASE WHEN ",
        access::shared_printer_sql!(),
        " THEN 1 ELSE 0 END AS shared FROM print_job j JOIN printer p ON p.id = j.printer JOIN account a ON a.id = j.submitter \
          LEFT JOIN membership m ON m.org = $1 AND m.account = $2 AND m.removed_at IS NULL WHERE j.id = $3"
    );
    let row = tx.one(Q, params![locked.job.org, locked.job.submitter, locked.job.id]).await?;
    let role: Option<domain::Role> = row.get("role")?;
    let rerouted: Option<AccountId> = row.get("rerouted_by")?;
    let (added, shared): (bool, bool) = (row.get("added")?, row.get("shared")?);
    let can = match role {
        Some(domain::Role::Admin) => true,
        Some(domain::Role::Member) => added || shared,
        Some(domain::Role::Guest) => shared,
        None => true, // a former person's job stays decidable
    };
    if !can && rerouted.is_none() {
        let (printer, person): (String, String) = (row.get("printer")?, row.get("person")?);
        return Err(Error::PrinterUnavailable(
            "printer_unshared",
            format!("{printer} is no longer shared with {person}. Move the job to another printer, then approve it."),
        ));
    }
    Ok(())
}

/// For whoever prints a job of theirs again and has its printer no more.
#[must_use]
pub fn lost_printer(name: &str) -> Error {
    let text = format!("{name} is not shared with you any more. Choose another printer.");
    Error::PrinterUnavailable("printer_unshared", text)
}

async fn usable(tx: &mut Tx, printer: PrinterId) -> Result<(), Error> {
    let row = tx.one("SELECT name, enabled, removed_at FROM printer WHERE id = $1", params![printer]).await?;
    let name: String = row.get("name")?;
    if row.get::<Option<i64>>("removed_at")?.is_some() {
        return Err(Error::PrinterUnavailable(
            NotReady::Removed.word(),
            format!("{name} was removed. Move the job to another printer, then approve it."),
        ));
    }
    if !row.get::<bool>("enabled")? {
        return Err(Error::PrinterUnavailable(
            NotReady::Disabled.word(),
            format!("{name} is turned off. Turn it on, or move the job to another printer."),
        ));
    }
    Ok(())
}
