//! One print job as people see it. The lists are in `list/`, which shows the same rows.

use std::collections::HashMap;

use access::table::{OpenJobFile, SeeJob, SeePrinter};
use access::{
    JobRights, Permit, Who, groups_of_printers_sql, job_rights_sql, may_use_printer_sql, my_teams_sql,
    printers_of_member_sql,
};
use domain::{AccountId, JobId, Micros, PrinterGroupId, PrinterId, ProjectId, Role, RunId, Sha256, State};
use serde_json::Value;
use sql::{Conn, Row, Val, params};
use uuid::Uuid;

use crate::Error;

/// One job with everything a page shows of it.
#[derive(Debug)]
pub struct JobView {
    /// Id.
    pub id: JobId,
    /// State.
    pub state: State,
    /// Goes up at each transition.
    pub state_version: i64,
    /// 1, then one more for each resubmission.
    pub version: i64,
    /// The bytes that will be sent.
    pub send_sha: Sha256,
    /// Who sent it.
    pub submitter: AccountId,
    /// Its library project.
    pub project: Option<ProjectId>,
    /// The chosen printer.
    pub printer: PrinterId,
    /// Not before this moment (undo window).
    pub not_before: Micros,
    /// Number of the newest attempt; 0 before the first.
    pub attempt: i64,
    /// A person asked to stop it.
    pub abort_requested: bool,
    /// Number in the organization.
    pub number: i64,
    /// Name.
    pub name: String,
    /// Note of the submitter.
    pub note: Option<String>,
    /// Submitter's name.
    pub submitter_name: String,
    /// Submitter's role now; `None` for a former person.
    pub submitter_role: Option<Role>,
    /// Printer's name.
    pub printer_name: String,
    /// The printer is turned on.
    pub printer_enabled: bool,
    /// The printer was removed.
    pub printer_removed: bool,
    /// Its plate is clear.
    pub printer_clear: bool,
    /// The run its plate waits for.
    pub printer_run: Option<RunId>,
    /// Another job is active on it; told of queued jobs only.
    pub printer_busy: bool,
    /// What it last said (JSON); not told of jobs that have ended.
    pub live: Option<Value>,
    /// Problem with the printer.
    pub live_problem: Option<String>,
    /// The submitter may still use the printer; told of held jobs only.
    pub submitter_has_printer: bool,
    /// The printer group that it was sent to, if that is still there.
    pub group: Option<(PrinterGroupId, String)>,
    /// One of its group's printers can take it, that this person and the submitter may use; told of held jobs only.
    pub group_ready: bool,
    /// Approved for another printer than the submitter's choice.
    pub rerouted: bool,
    /// First facts of the file, the JSON as it is stored.
    pub facts: String,
    /// Size in bytes.
    pub size: i64,
    /// Its bytes were forgotten, a while after it had ended.
    pub file_gone: bool,
    /// Picture in the file store.
    pub thumbnail: Option<Sha256>,
    /// Needed approval when it was accepted.
    pub gate_required: bool,
    /// Accepted.
    pub created_at: Micros,
    /// Waits since.
    pub held_since: Option<Micros>,
    /// In this state since.
    pub state_at: Micros,
    /// First seen printing.
    pub started_at: Option<Micros>,
    /// Ended.
    pub ended_at: Option<Micros>,
    /// Its run, for the plate.
    pub run: Option<RunId>,
    /// Last decision: word, who, when, message.
    pub decision: Option<(String, AccountId, String, Micros, Option<String>)>,
    /// The original of a reprint.
    pub reprint_of: Option<(JobId, i64)>,
    /// Place in the queue, from 1.
    pub position: Option<i64>,
    /// Sort key of the queue.
    pub queue_pos: i64,
    /// A person's wish that is being carried out.
    pub wish: Option<String>,
    /// Nothing of the organization starts; told of queued jobs only.
    pub hold_all: bool,
    /// Name of its library project, unless that is in the Trash.
    pub project_name: Option<String>,
    /// What this person may do.
    pub rights: JobRights,
    /// The database's time when this was read.
    pub now: Micros,
}

/// What is shown of the jobs in the list `$3`; `$1` is the organization, `$2` the person who looks. Which they are is found first, by
/// a statement of its own: so PostgreSQL knows that they are few (of a limit that is a parameter it expects a tenth of all rows, and
/// would join whole tables), and every list shares one plan. What only a waiting job is asked (why it waits) is looked up for those
/// only: a page of the history has fifty rows that need none of it.
const SHOWN: &str = concat!(
    "WITH my_team (team) AS (",
    my_teams_sql!(),
    ") SELECT {now} AS now, j.id, j.number, j.name, j.note, j.project, j.printer, j.version, j.send_sha, j.state, j.state_version, \
     j.not_before, j.attempt, j.abort_requested, j.gate_required, j.created_at, j.held_since, j.state_at, j.started_at, j.ended_at, \
     j.run, j.decision, j.decided_by, j.decided_at, j.wish, j.rerouted_by, j.reprint_of, j.queue_pos, \
     CASE WHEN pr.removed_at IS NULL THEN pr.name END AS project_name, \
     sm.role AS submitter_role, p.name AS printer_name, p.enabled AS p_enabled, p.removed_at AS p_removed, p.bed AS p_bed, \
     p.bed_run AS p_run, \
     CASE WHEN j.state IN ('finished', 'failed', 'aborted', 'rejected', 'withdrawn') THEN NULL ELSE pl.observation END AS live, \
     pl.problem AS live_problem, f.facts AS f_facts, f.size AS f_size, \
     f.thumbnail_sha AS f_thumbnail, CASE WHEN f.removed_at IS NULL THEN 0 ELSE 1 END AS f_gone, d.name AS decided_name, dt.body AS decision_text, o.number AS original_number, \
     CASE WHEN j.state = 'queued' THEN (SELECT CASE WHEN m.hold_all = 1 OR h.held_back IS NOT NULL THEN 1 ELSE 0 END FROM meta m, organization h WHERE h.id = $1) \
     ELSE 0 END AS hold_all, \
     CASE WHEN j.state = 'queued' AND EXISTS (SELECT 1 FROM print_job b WHERE b.printer = j.printer AND b.id <> j.id \
       AND b.state IN ('claimed', 'intent', 'printing', 'attention')) THEN 1 ELSE 0 END AS p_busy, \
     CASE WHEN j.state = 'held' AND (p.added_by = j.submitter OR EXISTS (SELECT 1 FROM printer_share s WHERE s.printer = p.id AND \
       (s.grantee = $1 OR s.grantee IN (SELECT tm.team FROM team_member tm JOIN team t ON t.id = tm.team \
       WHERE tm.account = j.submitter AND t.removed_at IS NULL)))) THEN 1 ELSE 0 END AS s_shared, \
     jg.id AS group_id, jg.name AS group_name, \
     CASE WHEN j.state = 'held' AND jg.id IS NOT NULL AND EXISTS (SELECT 1 FROM (SELECT j.printer AS id UNION ALL \
       SELECT gm.printer FROM printer_group_member gm WHERE gm.printer_group = jg.id) c JOIN printer p ON p.id = c.id \
       WHERE p.removed_at IS NULL AND p.enabled = 1 AND ",
    may_use_printer_sql!("p", "$2", "$1", "SELECT team FROM my_team"),
    " AND (sm.role IS NULL OR ",
    may_use_printer_sql!("p", "j.submitter", "$1"),
    ")) THEN 1 ELSE 0 END AS group_ready, \
     CASE WHEN j.state = 'queued' THEN (SELECT COUNT(*) FROM print_job q WHERE q.printer = j.printer AND q.state = 'queued' \
       AND (q.queue_pos, q.id) <= (j.queue_pos, j.id)) END AS place, ",
    job_rights_sql!("SELECT team FROM my_team"),
    " FROM {ids:$3} found CROSS JOIN print_job j \
     JOIN printer p ON p.id = j.printer JOIN account a ON a.id = j.submitter JOIN file f ON f.id = j.file \
     LEFT JOIN membership sm ON sm.org = j.org AND sm.account = j.submitter AND sm.removed_at IS NULL \
     LEFT JOIN project pr ON pr.id = j.project LEFT JOIN printer_live pl ON pl.printer = p.id \
     LEFT JOIN account d ON d.id = j.decided_by \
     LEFT JOIN journal_text dt ON dt.org = j.org AND dt.seq = j.decision_seq LEFT JOIN print_job o ON o.id = j.reprint_of \
     LEFT JOIN printer_group jg ON jg.id = j.printer_group AND jg.removed_at IS NULL WHERE j.id = found.id AND j.org = $1"
);

/// The jobs with these ids, in their order.
pub(super) async fn shown(conn: &mut Conn, who: Who, ids: &[Uuid]) -> Result<Vec<JobView>, Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = conn.all(SHOWN, params![who.org(), who.account(), Val::ids(ids)]).await?;
    let Some(now) = rows.first().map(|row| conn.now_of(row)).transpose()? else { return Ok(Vec::new()) };
    let place: HashMap<Uuid, usize> = ids.iter().enumerate().map(|(place, id)| (*id, place)).collect();
    let mut jobs = rows.iter().map(|row| read(row, &who, now)).collect::<Result<Vec<_>, _>>()?;
    jobs.sort_by_key(|job| place.get(&job.id.0).copied());
    Ok(jobs)
}

/// How a statement with [`seen`] begins: the printers that a Member may use, which it asks for twice.
macro_rules! mine {
    () => {
        concat!("WITH mine (printer) AS (", printers_of_member_sql!(), ") ")
    };
}
pub(super) use mine;

/// The rule of SeeJob as a filter; `$3` is the role. Used by every list and count that is not told by its source.
macro_rules! seen {
    () => {
        concat!(
            "(j.submitter = $2 OR $3 = 'admin' OR ($3 = 'member' AND (j.printer IN (SELECT printer FROM mine) OR \
              (j.printer_group IS NOT NULL AND j.state IN ('held', 'sent_back') AND j.printer_group IN (",
            groups_of_printers_sql!("SELECT printer FROM mine"),
            ")))))"
        )
    };
}
pub(super) use seen;

fn read(row: &Row, eyes: &Who, now: Micros) -> Result<JobView, sql::Error> {
    let json = |text: Option<String>| text.and_then(|text| serde_json::from_str::<Value>(&text).ok());
    let decision = match (row.get::<Option<String>>("decision")?, row.get::<Option<AccountId>>("decided_by")?) {
        (Some(word), Some(by)) => {
            let message = json(row.get("decision_text")?)
                .and_then(|text| text.get("message").and_then(|m| m.as_str().map(str::to_owned)));
            let name: Option<String> = row.get("decided_name")?;
            Some((word, by, name.unwrap_or_default(), row.get("decided_at")?, message))
        }
        _ => None,
    };
    let reprint_of = match (row.get::<Option<JobId>>("reprint_of")?, row.get::<Option<i64>>("original_number")?) {
        (Some(id), Some(number)) => Some((id, number)),
        _ => None,
    };
    let group = match (row.get::<Option<PrinterGroupId>>("group_id")?, row.get::<Option<String>>("group_name")?) {
        (Some(id), Some(name)) => Some((id, name)),
        _ => None,
    };
    let role: Option<Role> = row.get("submitter_role")?;
    let rights = JobRights::read(row, *eyes)?;
    Ok(JobView {
        id: row.get("id")?,
        state: row.get("state")?,
        state_version: row.get("state_version")?,
        version: row.get("version")?,
        send_sha: row.get("send_sha")?,
        submitter: rights.submitter(),
        project: row.get("project")?,
        printer: row.get("printer")?,
        not_before: row.get("not_before")?,
        attempt: row.get("attempt")?,
        abort_requested: row.get("abort_requested")?,
        number: row.get("number")?,
        name: row.get("name")?,
        note: row.get("note")?,
        submitter_name: row.get("r_owner")?,
        submitter_role: role,
        printer_name: row.get("printer_name")?,
        printer_enabled: row.get("p_enabled")?,
        printer_removed: row.get::<Option<i64>>("p_removed")?.is_some(),
        printer_clear: row.get::<String>("p_bed")? == "clear",
        printer_run: row.get("p_run")?,
        printer_busy: row.get("p_busy")?,
        live: json(row.get("live")?),
        live_problem: row.get("live_problem")?,
        submitter_has_printer: role.is_none_or(|r| r == Role::Admin) || row.get::<bool>("s_shared")?,
        group,
        group_ready: row.get("group_ready")?,
        rerouted: row.get::<Option<AccountId>>("rerouted_by")?.is_some(),
        facts: row.get("f_facts")?,
        size: row.get("f_size")?,
        file_gone: row.get("f_gone")?,
        thumbnail: row.get("f_thumbnail")?,
        gate_required: row.get("gate_required")?,
        created_at: row.get("created_at")?,
        held_since: row.get("held_since")?,
        state_at: row.get("state_at")?,
        started_at: row.get("started_at")?,
        ended_at: row.get("ended_at")?,
        run: row.get("run")?,
        decision,
        reprint_of,
        position: row.get("place")?,
        queue_pos: row.get("queue_pos")?,
        wish: row.get("wish")?,
        hold_all: row.get("hold_all")?,
        project_name: row.get("project_name")?,
        rights,
        now,
    })
}

/// The queue of one printer: what prints now first, then in order. Only jobs that this person may see.
///
/// # Errors
/// The database.
pub async fn queue_of(conn: &mut Conn, permit: &Permit<SeePrinter>) -> Result<Vec<JobView>, Error> {
    const Q: &str = concat!(
        mine!(),
        "SELECT j.id FROM print_job j WHERE j.org = $1 AND j.printer = $4 AND \
         j.state IN ('queued', 'claimed', 'intent', 'printing', 'attention') AND ",
        seen!(),
        " ORDER BY CASE WHEN j.state = 'queued' THEN 1 ELSE 0 END, j.queue_pos, j.id LIMIT 200"
    );
    let who = permit.who();
    let found = conn.all(Q, params![who.org(), who.account(), who.role(), permit.target()]).await?;
    shown(conn, who, &crate::ids(&found)?).await
}

/// One job.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn detail(conn: &mut Conn, permit: &Permit<SeeJob>) -> Result<JobView, Error> {
    shown(conn, permit.who(), &[permit.target().0]).await?.pop().ok_or(Error::NotFound)
}

/// Reprints of this job that this person may see, oldest first: id, number, who, when (AMB-22: an approver is warned of them).
///
/// # Errors
/// The database.
pub async fn reprints(
    conn: &mut Conn,
    permit: &Permit<SeeJob>,
) -> Result<Vec<(JobId, i64, AccountId, String, Micros)>, Error> {
    const Q: &str = concat!(
        mine!(),
        "SELECT j.id, j.number, j.submitter, a.name, j.created_at FROM print_job j JOIN account a ON a.id = j.submitter \
         WHERE j.org = $1 AND j.reprint_of = $4 AND ",
        seen!(),
        " ORDER BY j.created_at LIMIT 50"
    );
    let who = permit.who();
    let rows = conn.all(Q, params![who.org(), who.account(), who.role(), permit.target()]).await?;
    let read = |row: &Row| {
        Ok::<_, sql::Error>((
            row.get("id")?,
            row.get("number")?,
            row.get("submitter")?,
            row.get("name")?,
            row.get("created_at")?,
        ))
    };
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

/// The valid authorization as evidence: kind, who, role, when, hash, printer. No hash of a file that is not theirs to see (AMB-10).
///
/// # Errors
/// [`Error::NotFound`] if there is none.
pub async fn record(
    conn: &mut Conn,
    permit: &Permit<SeeJob>,
) -> Result<(String, String, Role, Micros, Option<Sha256>, String), Error> {
    let told = detail(conn, permit).await?.rights.content_open();
    let row = conn
        .opt(
            "SELECT z.kind, c.name, z.actor_role, z.decided_at, z.send_sha, p.name AS printer FROM print_job j \
             JOIN job_authorization z ON z.id = j.authorization_id JOIN account c ON c.id = z.actor JOIN printer p ON p.id = z.printer \
             WHERE j.org = $1 AND j.id = $2",
            params![permit.who().org(), permit.target()],
        )
        .await?
        .ok_or(Error::NotFound)?;
    Ok((
        row.get("kind")?,
        row.get("name")?,
        row.get("actor_role")?,
        row.get("decided_at")?,
        row.get::<Option<Sha256>>("send_sha")?.filter(|_| told),
        row.get("printer")?,
    ))
}

/// Name, bytes and picture of a job's file. Of an old print job the bytes may have been forgotten.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn file_of(
    conn: &mut Conn,
    permit: &Permit<OpenJobFile>,
) -> Result<(String, Option<Sha256>, Option<Sha256>), Error> {
    let row = conn
        .opt(
            "SELECT f.name, CASE WHEN f.removed_at IS NULL THEN f.upload_sha END AS sha, f.thumbnail_sha FROM print_job j \
             JOIN file f ON f.id = j.file WHERE j.org = $1 AND j.id = $2",
            params![permit.who().org(), permit.target()],
        )
        .await?
        .ok_or(Error::NotFound)?;
    Ok((row.get("name")?, row.get("sha")?, row.get("thumbnail_sha")?))
}
