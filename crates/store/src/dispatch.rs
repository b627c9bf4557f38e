//! The dispatcher's side of the database: claims, leases, the start intent, and what evidence said (dispatch.md 2.5).
//!
//! Nothing here talks to a printer. [`Ticket`] is the only thing the printer port accepts, and only [`claim`] and
//! [`take_over`] make one; a start needs a [`StartTicket`], and only [`intend`] makes that.

use access::Permit;
use access::table::ResolveJob;
use domain::job::{Command, LONGEST_WAIT_S, PrinterFacts};
use domain::{Job, JobId, Mark, Micros, OrgId, Outcome, PrinterId, Refusal, RemoteName, RunId, Sha256, State};
use serde_json::json;
use sql::{Conn, Db, Row, Tx, params};
use uuid::Uuid;

use crate::jobs::{Locked, With, apply, lock};
use crate::{Error, new_id};

/// Which server process this is.
#[derive(Debug, Clone, Copy)]
pub struct Server {
    /// Fresh at each start.
    pub id: Uuid,
    /// The boot epoch (SQLite: voids older leases at once).
    pub epoch: i64,
    /// Lease length in milliseconds.
    pub lease_ms: i64,
}

/// A job that this server owns by lease and token, with where and what to send.
#[derive(Debug, Clone)]
pub struct Ticket {
    job: Job,
    number: i64,
    extension: String,
    size: i64,
    connection: Connection,
    remote: Option<RemoteName>,
    fresh: bool,
}

impl Ticket {
    /// Claimed by this very process just now, as against taken over from another worker.
    #[must_use]
    pub fn is_fresh_claim(&self) -> bool {
        self.fresh
    }
    /// The job under its token.
    #[must_use]
    pub fn job(&self) -> &Job {
        &self.job
    }
    /// Number for the remote name.
    #[must_use]
    pub fn number(&self) -> i64 {
        self.number
    }
    /// Extension of the remote name.
    #[must_use]
    pub fn extension(&self) -> &str {
        &self.extension
    }
    /// Bytes.
    #[must_use]
    pub fn size(&self) -> i64 {
        self.size
    }
    /// Where.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.connection
    }
    /// The remote name of the attempt on record (after an intent).
    #[must_use]
    pub fn remote(&self) -> Option<&RemoteName> {
        self.remote.as_ref()
    }
    /// The authorized bytes.
    #[must_use]
    pub fn send_sha(&self) -> Sha256 {
        self.job.send_sha
    }
}

/// Leave to start one attempt, once: made by the intent transaction, consumed by the port.
#[derive(Debug)]
pub struct StartTicket {
    remote: RemoteName,
    connection: Connection,
    mark: Mark,
}

impl StartTicket {
    /// The file to start.
    #[must_use]
    pub fn remote(&self) -> &RemoteName {
        &self.remote
    }
    /// Where.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.connection
    }
    /// The journal's row of the intent: the data folder has to remember it before the start is sent.
    #[must_use]
    pub fn mark(&self) -> Mark {
        self.mark
    }
}

/// How to reach a printer. The secret is still sealed.
#[derive(Debug, Clone)]
pub struct Connection {
    /// Printer.
    pub printer: PrinterId,
    /// Its organization.
    pub org: OrgId,
    /// Family.
    pub family: String,
    /// Address as entered.
    pub address: String,
    /// Sealed key.
    pub sealed_secret: Vec<u8>,
}

/// Registers a server process; on SQLite the new epoch voids all older leases.
///
/// # Errors
/// The database.
pub async fn boot(db: &Db, lease_ms: i64) -> Result<Server, Error> {
    let mut tx = db.write().await?;
    let row = tx.one("UPDATE meta SET boot_epoch = boot_epoch + 1 WHERE id = 1 RETURNING boot_epoch", &[]).await?;
    let epoch = row.get("boot_epoch")?;
    if db.engine() == sql::EngineName::Sqlite {
        tx.exec("UPDATE print_job SET lease_until = 0 WHERE state IN ('claimed', 'intent', 'printing')", &[]).await?;
    }
    tx.commit().await?;
    Ok(Server { id: new_id(), epoch, lease_ms })
}

/// Heads of queues whose printers are free now.
///
/// # Errors
/// The database.
pub async fn candidates(conn: &mut Conn) -> Result<Vec<JobId>, Error> {
    let now = conn.now().await?;
    let rows = conn
        .all(
            "SELECT j.id, j.printer FROM print_job j JOIN printer p ON p.id = j.printer JOIN organization o ON o.id = j.org \
             WHERE j.state = 'queued' AND j.authorization_id IS NOT NULL AND (j.not_before <= $1 OR j.not_before > $2) AND p.enabled = 1 AND p.removed_at IS NULL \
             AND p.bed = 'clear' AND o.suspended = 0 AND o.held_back IS NULL AND (SELECT hold_all FROM meta) = 0 AND (SELECT dispatch_stopped FROM meta) IS NULL \
             AND NOT EXISTS (SELECT 1 FROM print_job b WHERE b.printer = j.printer AND b.state IN ('claimed', 'intent', 'printing', 'attention')) \
             AND NOT EXISTS (SELECT 1 FROM print_job k WHERE k.printer = j.printer AND k.state = 'queued' AND k.authorization_id IS NOT NULL \
               AND (k.not_before <= $1 OR k.not_before > $2) AND (k.queue_pos, k.id) < (j.queue_pos, j.id)) ORDER BY j.queue_pos LIMIT 100",
            params![now, now.plus_secs(LONGEST_WAIT_S)],
        )
        .await?;
    Ok(rows.iter().map(|row| row.get("id")).collect::<Result<_, _>>()?)
}

/// D1. `None` if somebody else was quicker or it is not possible any more.
///
/// # Errors
/// The database.
pub async fn claim(tx: &mut Tx, server: &Server, id: JobId) -> Result<Option<Ticket>, Error> {
    let Some(row) = tx.opt("SELECT printer FROM print_job WHERE id = $1", params![id]).await? else {
        return Ok(None);
    };
    let printer: PrinterId = row.get("printer")?;
    // A free printer row first, then its job: the global lock order, and no waiting for another server's claim.
    if tx.opt("SELECT id FROM printer WHERE id = $1 {skip_locked}", params![printer]).await?.is_none() {
        return Ok(None);
    }
    let locked = match lock(tx, id, true).await {
        Ok(locked) => locked,
        Err(Error::NotFound | Error::Db(sql::Error::Busy)) => return Ok(None),
        Err(error) => return Err(error),
    };
    let now = tx.now().await?;
    let facts = printer_facts(tx, &locked.job).await?;
    let until = now.plus_millis(server.lease_ms);
    let command = Command::Claim { owner: server.id, until, now, printer: facts };
    match apply(tx, &locked, command, With::default()).await {
        Ok((step, _)) => Ok(Some(Ticket { fresh: true, ..ticket(tx, &locked, step.job).await? })),
        Err(Error::Refused(_) | Error::Changed) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Gives a claimed job back; nothing was started.
///
/// # Errors
/// A refusal when the job is no longer this server's.
pub async fn release(tx: &mut Tx, ticket: &Ticket, why: &str, wait_ms: i64) -> Result<(), Error> {
    let locked = lock(tx, ticket.job.id, false).await?;
    let again_at = tx.now().await?.plus_millis(wait_ms.min(LONGEST_WAIT_S * 1_000));
    let with = With { data: Some(json!({ "why": why })), ..With::default() };
    apply(tx, &locked, Command::Release { token: ticket.job.lease.token, again_at }, with).await.map(drop)
}

/// D4, the point of no return: all guards again, the plate dirty, the attempt on record.
///
/// # Errors
/// A refusal: somebody else owns the job, it was withdrawn, or a guard fails. Then nothing may be started.
pub async fn intend(
    tx: &mut Tx,
    server: &Server,
    ticket: &Ticket,
    remote: &RemoteName,
    sent_sha: Sha256,
    pre_state: &str,
) -> Result<(Ticket, StartTicket), Error> {
    let locked = lock(tx, ticket.job.id, true).await?;
    let facts = printer_facts(tx, &locked.job).await?;
    let now = tx.now().await?;
    let run = RunId(new_id());
    // The triggers check the authorization once more while the job is still claimed.
    if locked.job.state == State::Claimed {
        tx.exec(
            "INSERT INTO attempt (job, n, printer, remote_name, run, lease_token, send_sha, intent_at, pre_state) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            params![
                locked.job.id,
                locked.job.attempt,
                locked.job.printer,
                remote.as_str(),
                run,
                ticket.job.lease.token,
                sent_sha,
                now,
                pre_state
            ],
        )
        .await?;
    }
    let command = Command::Intend { token: ticket.job.lease.token, owner: server.id, sent_sha, printer: facts };
    let with = With {
        run: Some(run),
        data: Some(json!({ "remote": remote.as_str(), "send_sha": sent_sha.hex() })),
        ..With::default()
    };
    let (step, seq) = apply(tx, &locked, command, with).await?;
    let mark = crate::journal::mark(tx, locked.job.org, seq).await?;
    let start = StartTicket { remote: remote.clone(), connection: ticket.connection.clone(), mark };
    let ticket = Ticket { job: step.job, remote: Some(remote.clone()), ..ticket.clone() };
    Ok((ticket, start))
}

/// D6: a read-back shows exactly this attempt's name.
///
/// # Errors
/// A refusal when the job is no longer this server's.
pub async fn seen_printing(tx: &mut Tx, ticket: &Ticket, evidence: &str) -> Result<Ticket, Error> {
    evidence_row(tx, ticket, None, evidence).await?;
    move_on(tx, ticket, Command::SeenPrinting { token: ticket.job.lease.token }, evidence).await
}

/// R3: it certainly did not start; back to the queue, the plate clear again.
///
/// # Errors
/// A refusal when the job is no longer this server's.
pub async fn not_started(tx: &mut Tx, ticket: &Ticket, evidence: &str, wait_ms: i64) -> Result<(), Error> {
    evidence_row(tx, ticket, Some("not_started"), evidence).await?;
    let again_at = tx.now().await?.plus_millis(wait_ms.min(LONGEST_WAIT_S * 1_000));
    move_on(tx, ticket, Command::NotStarted { token: ticket.job.lease.token, again_at }, evidence).await?;
    crate::jobs::hold_if_undecided(tx, ticket.job.id, None).await
}

/// An earlier attempt of a job whose start may still be on its way.
#[derive(Debug, Clone)]
pub struct Unfenced {
    /// Its file.
    pub remote: RemoteName,
    /// Its printer.
    pub connection: Connection,
    /// That printer was removed: nobody can be made to answer for it.
    pub removed: bool,
}

/// Earlier attempts that no machine has proven not started (a person said so, or nobody could know). Before the next
/// attempt their names are fenced: a request that still waits somewhere must not come true later.
///
/// # Errors
/// The database.
pub async fn unfenced(conn: &mut Conn, ticket: &Ticket) -> Result<Vec<Unfenced>, Error> {
    let rows = conn
        .all(
            "SELECT t.remote_name, p.id, p.org, p.family, p.address, p.secret, p.removed_at FROM attempt t JOIN printer p ON p.id = t.printer \
             WHERE t.job = $1 AND t.n < $2 AND (t.outcome IS NULL OR t.outcome IN ('unknown', 'did_not_print'))",
            params![ticket.job.id, ticket.job.attempt],
        )
        .await?;
    rows.iter().filter_map(|row| read_unfenced(row).transpose()).collect()
}

/// The newest attempt of a job in question, if no server has fenced it: its printer was removed under it, or a backup was
/// restored.
///
/// # Errors
/// The database.
pub async fn unanswered(conn: &mut Conn, permit: &Permit<ResolveJob>) -> Result<Option<Unfenced>, Error> {
    let row = conn
        .opt(
            "SELECT t.remote_name, p.id, p.org, p.family, p.address, p.secret, p.removed_at FROM print_job j \
             JOIN attempt t ON t.job = j.id AND t.n = j.attempt JOIN printer p ON p.id = t.printer \
             WHERE j.id = $1 AND j.state = 'attention' AND t.outcome IS NULL",
            params![permit.target()],
        )
        .await?;
    row.map_or(Ok(None), |row| read_unfenced(&row))
}

fn read_unfenced(row: &Row) -> Result<Option<Unfenced>, Error> {
    let Some(remote) = RemoteName::parse(&row.get::<String>("remote_name")?) else { return Ok(None) };
    let connection = Connection {
        printer: row.get("id")?,
        org: row.get("org")?,
        family: row.get("family")?,
        address: row.get("address")?,
        sealed_secret: row.get("secret")?,
    };
    Ok(Some(Unfenced { remote, connection, removed: row.get::<Option<i64>>("removed_at")?.is_some() }))
}

/// R3: nobody can know; a person has to say.
///
/// # Errors
/// A refusal when the job is no longer this server's.
pub async fn cannot_know(tx: &mut Tx, ticket: &Ticket, evidence: &str) -> Result<(), Error> {
    evidence_row(tx, ticket, Some("unknown"), evidence).await?;
    let locked = lock(tx, ticket.job.id, true).await?;
    let row = tx.one("SELECT class FROM printer WHERE id = $1", params![locked.job.printer]).await?;
    // With the class of this moment: a printer of class A must never lead here (invariant I7).
    let data = Some(json!({ "evidence": evidence, "class": row.get::<String>("class")? }));
    let command = Command::CannotKnow { token: Some(ticket.job.lease.token) };
    apply(tx, &locked, command, With { data, ..With::default() }).await.map(drop)
}

/// D7: it ended, by evidence. The plate stays dirty.
///
/// # Errors
/// A refusal when the job is no longer this server's.
pub async fn ended(tx: &mut Tx, ticket: &Ticket, outcome: Outcome, evidence: &str) -> Result<(), Error> {
    let word = match outcome {
        Outcome::Finished => "finished",
        Outcome::Failed => "failed",
        Outcome::Aborted => "aborted",
    };
    evidence_row(tx, ticket, Some(word), evidence).await?;
    move_on(tx, ticket, Command::End { token: ticket.job.lease.token, outcome }, evidence).await.map(drop)
}

/// What people wish of a job that this server works on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wishes {
    /// `pause`, `resume` or `abort`, until carried out.
    pub wish: Option<String>,
    /// Somebody asked to stop it.
    pub abort: bool,
}

/// Heartbeat: prolongs the lease and reads wishes. `None`: the job is no longer this server's; stop at once.
///
/// # Errors
/// The database.
pub async fn heartbeat(tx: &mut Tx, server: &Server, ticket: &Ticket) -> Result<Option<Wishes>, Error> {
    let now = tx.now().await?;
    let row = tx
        .opt(
            "UPDATE print_job SET lease_until = $3 WHERE id = $1 AND lease_token = $2 AND lease_owner = $4 \
             AND state IN ('claimed', 'intent', 'printing') RETURNING wish, abort_requested",
            params![ticket.job.id, ticket.job.lease.token, now.plus_millis(server.lease_ms), server.id],
        )
        .await?;
    row.map(|row| Ok(Wishes { wish: row.get("wish")?, abort: row.get("abort_requested")? })).transpose()
}

/// Reads wishes without a beat. `None`: the job is no longer this worker's.
///
/// # Errors
/// The database.
pub async fn wishes(conn: &mut Conn, ticket: &Ticket) -> Result<Option<Wishes>, Error> {
    let row = conn
        .opt(
            "SELECT wish, abort_requested FROM print_job WHERE id = $1 AND lease_token = $2 \
             AND state IN ('claimed', 'intent', 'printing')",
            params![ticket.job.id, ticket.job.lease.token],
        )
        .await?;
    row.map(|row| Ok(Wishes { wish: row.get("wish")?, abort: row.get("abort_requested")? })).transpose()
}

/// A wish was carried out (or cannot be).
///
/// # Errors
/// The database.
pub async fn wish_done(tx: &mut Tx, ticket: &Ticket, wish: &str) -> Result<(), Error> {
    tx.exec(
        "UPDATE print_job SET wish = NULL WHERE id = $1 AND lease_token = $2 AND wish = $3",
        params![ticket.job.id, ticket.job.lease.token, wish],
    )
    .await?;
    Ok(())
}

/// A lease that ends later than this was written before the clock was turned back; it counts as over (dispatch.md 2.6).
fn longest_lease(server: &Server, now: Micros) -> Micros {
    now.plus_millis(server.lease_ms.saturating_mul(10))
}

/// Jobs whose worker is gone: lease over by the database's clock.
///
/// # Errors
/// The database.
pub async fn orphans(conn: &mut Conn, server: &Server) -> Result<Vec<JobId>, Error> {
    let now = conn.now().await?;
    let rows = conn
        .all(
            "SELECT id FROM print_job WHERE state IN ('claimed', 'intent', 'printing') AND (lease_until < $1 OR lease_until > $2) LIMIT 100",
            params![now, longest_lease(server, now)],
        )
        .await?;
    Ok(rows.iter().map(|row| row.get("id")).collect::<Result<_, _>>()?)
}

/// Takes over an orphan: a new token voids the old worker, whoever and wherever it is.
///
/// # Errors
/// The database.
pub async fn take_over(tx: &mut Tx, server: &Server, id: JobId) -> Result<Option<Ticket>, Error> {
    let now = tx.now().await?;
    let locked = match lock(tx, id, true).await {
        Ok(locked) => locked,
        Err(Error::NotFound | Error::Db(sql::Error::Busy)) => return Ok(None),
        Err(error) => return Err(error),
    };
    if locked.job.lease.until >= now && locked.job.lease.until <= longest_lease(server, now) {
        return Ok(None);
    }
    let Ok(job) = locked.job.take_over(server.id, now.plus_millis(server.lease_ms)) else { return Ok(None) };
    let changed = tx
        .exec(
            "UPDATE print_job SET lease_owner = $3, lease_token = $4, lease_until = $5, lease_epoch = $6, state_version = $7 \
             WHERE id = $1 AND state_version = $2",
            params![
                job.id,
                locked.job.state_version,
                server.id,
                job.lease.token,
                job.lease.until,
                server.epoch,
                job.state_version
            ],
        )
        .await?;
    if changed == 1 { ticket(tx, &locked, job).await.map(Some) } else { Ok(None) }
}

async fn move_on(tx: &mut Tx, ticket: &Ticket, command: Command, evidence: &str) -> Result<Ticket, Error> {
    let locked = lock(tx, ticket.job.id, true).await?;
    let with = With { data: Some(json!({ "evidence": evidence })), ..With::default() };
    let (step, _) = apply(tx, &locked, command, with).await?;
    Ok(Ticket { job: step.job, ..ticket.clone() })
}

async fn evidence_row(tx: &mut Tx, ticket: &Ticket, outcome: Option<&str>, evidence: &str) -> Result<(), Error> {
    // Locks come in the global order also here: printer, job, then the attempt row that hangs on the job.
    lock(tx, ticket.job.id, true).await?;
    tx.exec(
        "UPDATE attempt SET outcome = COALESCE($3, outcome), evidence = $4 WHERE job = $1 AND n = $2",
        params![ticket.job.id, ticket.job.attempt, outcome, evidence],
    )
    .await?;
    Ok(())
}

/// The job's printer as the guards are told of it; the caller has locked it, where that matters.
pub(crate) async fn printer_facts(tx: &mut Tx, job: &Job) -> Result<PrinterFacts, Error> {
    let row = tx
        .one(
            "SELECT p.enabled, p.removed_at, p.bed, o.suspended, o.held_back, m.hold_all, m.dispatch_stopped, \
             CASE WHEN EXISTS (SELECT 1 FROM print_job b WHERE b.printer = p.id AND b.id <> $2 \
               AND b.state IN ('claimed', 'intent', 'printing', 'attention')) THEN 1 ELSE 0 END AS busy \
             FROM printer p JOIN organization o ON o.id = p.org JOIN meta m ON m.id = 1 WHERE p.id = $1 AND p.org = $3",
            params![job.printer, job.id, job.org],
        )
        .await?;
    Ok(PrinterFacts {
        printer: job.printer,
        enabled: row.get("enabled")?,
        removed: row.get::<Option<i64>>("removed_at")?.is_some(),
        plate_clear: row.get::<String>("bed")? == "clear",
        busy: row.get("busy")?,
        hold_all: row.get::<bool>("hold_all")?
            || row.get::<bool>("suspended")?
            || row.get::<Option<String>>("held_back")?.is_some()
            || row.get::<Option<String>>("dispatch_stopped")?.is_some(),
    })
}

async fn ticket(tx: &mut Tx, locked: &Locked, job: Job) -> Result<Ticket, Error> {
    let row = tx
        .one(
            "SELECT p.family, p.address, p.secret, f.extension, f.size, t.remote_name FROM printer p \
             JOIN file f ON f.id = $2 LEFT JOIN attempt t ON t.job = $3 AND t.n = $4 WHERE p.id = $1",
            params![job.printer, locked.file, job.id, job.attempt],
        )
        .await?;
    Ok(Ticket {
        job,
        number: locked.number,
        extension: row.get("extension")?,
        size: row.get("size")?,
        connection: Connection {
            printer: job.printer,
            org: job.org,
            family: row.get("family")?,
            address: row.get("address")?,
            sealed_secret: row.get("secret")?,
        },
        remote: row.get::<Option<String>>("remote_name")?.as_deref().and_then(RemoteName::parse),
        fresh: false,
    })
}

/// Maps a lost race to `false`: the worker must stop without touching anything.
#[must_use]
pub fn lost(error: &Error) -> bool {
    matches!(error, Error::Refused(Refusal::NotMine | Refusal::WrongState(_)) | Error::Changed | Error::NotFound)
}
