//! The journal: audit ledger, event stream, outbox and timeline at once; one row for each change, in its transaction.
//!
//! The organization's head row is locked last, so numbers are gapless and in commit order (dispatch.md 2.1). Hashed rows
//! hold ids and digests; names and messages lie in `journal_text`, which can be erased without breaking the chain.

use access::{
    Visible, candidate_of_job_sql, groups_of_member_sql, shared_printer_sql, visible_project_sql, visible_team_sql,
};
use domain::{AccountId, JobId, Mark, Micros, OrgId, PrinterId, ProjectId, TeamId};
use serde_json::{Value, json};
use sha2::{Digest, Sha256 as Hasher};
use sql::{Conn, Row, Tx, params};
use uuid::Uuid;

use crate::requests::{ASKED, Place, PlaceKind};
use crate::{Error, Events, Jobs};

/// What happened, about to be written.
#[derive(Debug)]
pub struct Entry {
    kind: &'static str,
    actor: Option<AccountId>,
    job: Option<JobId>,
    printer: Option<PrinterId>,
    person: Option<AccountId>,
    team: Option<TeamId>,
    project: Option<ProjectId>,
    data: Value,
    text: Option<Value>,
}

impl Entry {
    /// `kind` is a stable word such as `job.approved`; `actor` is `None` for the server itself.
    #[must_use]
    pub fn new(kind: &'static str, actor: Option<AccountId>) -> Self {
        Self {
            kind,
            actor,
            job: None,
            printer: None,
            person: None,
            team: None,
            project: None,
            data: json!({}),
            text: None,
        }
    }
    /// About a print job.
    #[must_use]
    pub fn job(mut self, job: JobId) -> Self {
        self.job = Some(job);
        self
    }
    /// About a printer.
    #[must_use]
    pub fn printer(mut self, printer: PrinterId) -> Self {
        self.printer = Some(printer);
        self
    }
    /// About a person.
    #[must_use]
    pub fn person(mut self, person: AccountId) -> Self {
        self.person = Some(person);
        self
    }
    /// About a team.
    #[must_use]
    pub fn team(mut self, team: TeamId) -> Self {
        self.team = Some(team);
        self
    }
    /// About a library project.
    #[must_use]
    pub fn project(mut self, project: ProjectId) -> Self {
        self.project = Some(project);
        self
    }
    /// Ids, numbers and words of ours; never names or free text.
    #[must_use]
    pub fn data(mut self, data: Value) -> Self {
        self.data = data;
        self
    }
    /// Names and messages of people.
    #[must_use]
    pub fn text(mut self, text: Value) -> Self {
        self.text = Some(text);
        self
    }
}

/// Appends; the sequence number. Locks the organization's head until the transaction ends: call it last.
///
/// # Errors
/// The database.
pub async fn append(tx: &mut Tx, org: OrgId, entry: Entry) -> Result<i64, Error> {
    let head = tx.one("SELECT seq, hash FROM journal_head WHERE org = $1 {for_update}", params![org]).await?;
    let seq = head.get::<i64>("seq")? + 1;
    let previous: Vec<u8> = head.get("hash")?;
    let at = tx.now().await?;
    let data = entry.data.to_string();
    let text = entry.text.map(|text| (Uuid::new_v4().as_bytes().to_vec(), text.to_string()));
    let digest = text.as_ref().map(|(salt, body)| text_digest(salt, body));
    let row = Hashed {
        org,
        seq,
        at,
        kind: entry.kind,
        actor: entry.actor,
        job: entry.job,
        printer: entry.printer,
        person: entry.person,
        team: entry.team,
        project: entry.project,
        data: &data,
        text_digest: digest.as_deref(),
    };
    let hash = row.hash(&previous);
    tx.exec(
        "INSERT INTO journal (org, seq, at, kind, actor, job, printer, person, data, text_digest, hash, team, project) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        params![
            org,
            seq,
            at,
            entry.kind,
            entry.actor,
            entry.job,
            entry.printer,
            entry.person,
            data.clone(),
            digest.clone(),
            hash.clone(),
            entry.team,
            entry.project
        ],
    )
    .await?;
    if let Some((salt, body)) = text {
        tx.exec(
            "INSERT INTO journal_text (org, seq, salt, body) VALUES ($1, $2, $3, $4)",
            params![org, seq, salt, body],
        )
        .await?;
    }
    tx.exec("UPDATE journal_head SET seq = $2, hash = $3 WHERE org = $1", params![org, seq, hash]).await?;
    Ok(seq)
}

/// One row as a mark; what a data folder remembers of a journal.
pub(crate) async fn mark(conn: &mut Conn, org: OrgId, seq: i64) -> Result<Mark, Error> {
    let row = conn.one("SELECT hash FROM journal WHERE org = $1 AND seq = $2", params![org, seq]).await?;
    Ok(Mark { org, seq, hash: row.get("hash")? })
}

/// Takes the organization's next print job number. Locks the journal head: call it last, like [`append`].
pub(crate) async fn next_job_number(tx: &mut Tx, org: OrgId) -> Result<i64, Error> {
    let row = tx.one("UPDATE journal_head SET jobs = jobs + 1 WHERE org = $1 RETURNING jobs", params![org]).await?;
    Ok(row.get("jobs")?)
}

/// The first row of a new organization's chain hangs on this.
pub(crate) async fn begin(tx: &mut Tx, org: OrgId) -> Result<(), Error> {
    let start = Hasher::digest(org.0.as_bytes()).to_vec();
    tx.exec("INSERT INTO journal_head (org, seq, hash, jobs) VALUES ($1, 0, $2, 0)", params![org, start]).await?;
    Ok(())
}

struct Hashed<'a> {
    org: OrgId,
    seq: i64,
    at: Micros,
    kind: &'a str,
    actor: Option<AccountId>,
    job: Option<JobId>,
    printer: Option<PrinterId>,
    person: Option<AccountId>,
    team: Option<TeamId>,
    project: Option<ProjectId>,
    data: &'a str,
    text_digest: Option<&'a [u8]>,
}

impl Hashed<'_> {
    fn hash(&self, previous: &[u8]) -> Vec<u8> {
        let line = format!(
            "{}\n{}\n{}\n{}\n{:?}\n{:?}\n{:?}\n{:?}\n{}\n{}",
            self.org,
            self.seq,
            self.at.0,
            self.kind,
            self.actor.map(|id| id.0),
            self.job.map(|id| id.0),
            self.printer.map(|id| id.0),
            self.person.map(|id| id.0),
            self.data,
            self.text_digest.map(hex::encode).unwrap_or_default(),
        );
        let mut hasher = Hasher::new();
        hasher.update(previous);
        hasher.update(line.as_bytes());
        // Rows from before teams and projects had a column of their own keep their hash.
        if self.team.is_some() || self.project.is_some() {
            let more = format!("\n{:?}\n{:?}", self.team.map(|id| id.0), self.project.map(|id| id.0));
            hasher.update(more.as_bytes());
        }
        hasher.finalize().to_vec()
    }
}

fn text_digest(salt: &[u8], body: &str) -> Vec<u8> {
    let mut hasher = Hasher::new();
    hasher.update(salt);
    hasher.update(body.as_bytes());
    hasher.finalize().to_vec()
}

/// Verifies the chains of all organizations (invariant I10); sentences about what does not fit, empty if all is well.
///
/// # Errors
/// The database.
pub async fn verify(conn: &mut Conn) -> Result<Vec<String>, Error> {
    let mut problems = Vec::new();
    for head in conn.all("SELECT org, seq, hash FROM journal_head", &[]).await? {
        let org: OrgId = head.get("org")?;
        let mut hash = Hasher::digest(org.0.as_bytes()).to_vec();
        let mut seq = 0;
        let rows = conn
            .all(
                "SELECT j.*, t.salt, t.body FROM journal j LEFT JOIN journal_text t ON t.org = j.org AND t.seq = j.seq \
                 WHERE j.org = $1 ORDER BY j.seq",
                params![org],
            )
            .await?;
        for row in rows {
            seq += 1;
            let kind: String = row.get("kind")?;
            let data: String = row.get("data")?;
            let digest: Option<Vec<u8>> = row.get("text_digest")?;
            let hashed = Hashed {
                org,
                seq: row.get("seq")?,
                at: row.get("at")?,
                kind: &kind,
                actor: row.get("actor")?,
                job: row.get("job")?,
                printer: row.get("printer")?,
                person: row.get("person")?,
                team: row.get("team")?,
                project: row.get("project")?,
                data: &data,
                text_digest: digest.as_deref(),
            };
            hash = hashed.hash(&hash);
            if hashed.seq != seq || row.get::<Vec<u8>>("hash")? != hash {
                problems.push(format!("journal of {org}: row {seq} does not continue the chain"));
                break;
            }
            if let (Some(salt), Some(body)) = (row.get::<Option<Vec<u8>>>("salt")?, row.get::<Option<String>>("body")?)
                && Some(text_digest(&salt, &body)) != digest
            {
                problems.push(format!("journal of {org}: the text of row {seq} was changed"));
            }
        }
        if seq != head.get::<i64>("seq")? || hash != head.get::<Vec<u8>>("hash")? {
            problems.push(format!("journal of {org}: the head does not fit the last row"));
        }
    }
    Ok(problems)
}

/// A line of a job's timeline or a person's notices.
#[derive(Debug, Clone)]
pub struct Line {
    /// Sequence number.
    pub seq: i64,
    /// When.
    pub at: Micros,
    /// Kind.
    pub kind: String,
    /// Who; `None` is the server.
    pub actor: Option<(AccountId, String)>,
    /// Ids and words.
    pub data: Value,
    /// Names and messages.
    pub text: Value,
    /// The job: id, number, name.
    pub job: Option<(JobId, i64, String)>,
    /// Of a request to this person: where they can do something about it.
    pub place: Option<Place>,
}

impl Line {
    fn read(row: &Row) -> Result<Self, sql::Error> {
        let parse = |text: Option<String>| text.and_then(|t| serde_json::from_str(&t).ok()).unwrap_or(Value::Null);
        let actor: Option<AccountId> = row.get("actor")?;
        let job: Option<JobId> = row.get("job")?;
        Ok(Self {
            seq: row.get("seq")?,
            at: row.get("at")?,
            kind: row.get("kind")?,
            actor: match actor {
                Some(id) => Some((id, row.get::<Option<String>>("actor_name")?.unwrap_or_default())),
                None => None,
            },
            data: parse(row.get("data")?),
            text: parse(row.get("body")?),
            job: match job {
                Some(id) => Some((id, row.get("job_number")?, row.get("job_name")?)),
                None => None,
            },
            place: None,
        })
    }
}

macro_rules! line_columns {
    () => {
        "SELECT y.seq, y.at, y.kind, y.actor, y.job, y.data, x.body, aa.name AS actor_name, k.number AS job_number, k.name AS job_name"
    };
}
macro_rules! line_joins {
    () => {
        "LEFT JOIN journal_text x ON x.org = y.org AND x.seq = y.seq LEFT JOIN account aa ON aa.id = y.actor \
         LEFT JOIN print_job k ON k.id = y.job "
    };
}

/// Everything that happened to one print job, newest first. Steps between servers and printers are left out, and what the submitter
/// wrote to whom the job is locked (AMB-10).
///
/// # Errors
/// The database.
pub async fn timeline(conn: &mut Conn, permit: &access::Permit<access::table::SeeJob>) -> Result<Vec<Line>, Error> {
    const Q: &str = concat!(
        line_columns!(),
        " FROM journal y ",
        line_joins!(),
        "WHERE y.org = $1 AND y.job = $2 AND y.kind NOT IN ('job.claimed', 'job.released') ORDER BY y.seq DESC LIMIT 200"
    );
    let rights = crate::jobs::detail(conn, permit).await?.rights;
    let rows = conn.all(Q, params![permit.who().org(), permit.target()]).await?;
    let mut lines: Vec<Line> = rows.iter().map(Line::read).collect::<Result<_, _>>()?;
    if !rights.content_open() {
        let written =
            lines.iter_mut().filter(|line| line.actor.as_ref().is_some_and(|(who, _)| *who == rights.submitter()));
        for text in written.filter_map(|line| line.text.as_object_mut()) {
            text.remove("message");
        }
    }
    Ok(lines)
}

/// Decisions and ends of a person's own print jobs, made by others, what they were asked for, and projects of theirs that an Admin
/// claimed while they were away (AMB-41), newest first; and the last
/// sequence they have read. Only of their newest 500 jobs: the question is asked with every page, and may not read the
/// journal to its beginning.
///
/// # Errors
/// The database.
pub async fn notices(conn: &mut Conn, eyes: &Visible<Jobs>) -> Result<(Vec<Line>, i64), Error> {
    const Q: &str = concat!(
        line_columns!(),
        " FROM (SELECT t.seq FROM (SELECT id FROM print_job WHERE org = $1 AND submitter = $2 ORDER BY created_at DESC, id DESC LIMIT 500) own \
         CROSS JOIN journal t WHERE t.job = own.id AND t.org = $1 AND (t.actor IS NULL OR t.actor <> $2) AND t.kind IN \
         ('job.approved', 'job.rejected', 'job.sent_back', 'job.send_back_undone', 'job.taken_back', 'job.ended', 'job.attention', 'job.rerouted', 'job.share_asked', \
          'job.resolved_printed', 'job.resolved_failed', 'job.resolved_not_printed') ORDER BY t.seq DESC LIMIT 50) told CROSS JOIN journal y ",
        line_joins!(),
        "WHERE y.org = $1 AND y.seq = told.seq ORDER BY y.seq DESC"
    );
    const CLAIMED: &str = concat!(
        line_columns!(),
        " FROM journal y ",
        line_joins!(),
        "WHERE y.org = $1 AND y.person = $2 AND y.kind = 'escrow.claimed' ORDER BY y.seq DESC LIMIT 50"
    );
    let (org, me) = (eyes.who().org(), eyes.who().account());
    let mut rows = conn.all(Q, params![org, me]).await?;
    rows.extend(conn.all(CLAIMED, params![org, me]).await?);
    let mut lines = rows.iter().map(Line::read).collect::<Result<Vec<_>, _>>()?;
    lines.extend(asked_of(conn, org, me).await?);
    lines.sort_unstable_by_key(|line| std::cmp::Reverse(line.seq));
    lines.truncate(50);
    let mark = conn.opt("SELECT seq FROM notice_mark WHERE org = $1 AND account = $2", params![org, me]).await?;
    Ok((lines, mark.map(|row| row.get("seq")).transpose()?.unwrap_or(0)))
}

/// What a person was asked for (ACC-02), newest first. The print job it is about only if that is where they are sent.
async fn asked_of(conn: &mut Conn, org: OrgId, me: AccountId) -> Result<Vec<Line>, Error> {
    const Q: &str = concat!(
        line_columns!(),
        ", h.place, h.place_id FROM help_request_to h JOIN journal y ON y.org = h.org AND y.seq = h.seq ",
        line_joins!(),
        "WHERE h.org = $1 AND h.account = $2 ORDER BY h.seq DESC LIMIT 50"
    );
    let mut lines = Vec::new();
    for row in conn.all(Q, params![org, me]).await? {
        let place = Place::read(&row)?;
        let line = Line::read(&row)?;
        let at_the_job = place.is_some_and(|place| place.kind == PlaceKind::Job);
        lines.push(Line { job: line.job.filter(|_| at_the_job), place, ..line });
    }
    Ok(lines)
}

/// Remembers what a person has read.
///
/// # Errors
/// The database.
pub async fn mark_read(tx: &mut Tx, eyes: &Visible<Jobs>, seq: i64) -> Result<(), Error> {
    tx.exec(
        "INSERT INTO notice_mark (org, account, seq) VALUES ($1, $2, $3) \
         ON CONFLICT (org, account) DO UPDATE SET seq = excluded.seq WHERE notice_mark.seq < excluded.seq",
        params![eyes.who().org(), eyes.who().account(), seq],
    )
    .await?;
    Ok(())
}

/// One live event.
#[derive(Debug, Clone)]
pub struct Event {
    /// Sequence number: the client's `Last-Event-ID`.
    pub seq: i64,
    /// Kind.
    pub kind: String,
    /// About this job.
    pub job: Option<JobId>,
    /// About this printer.
    pub printer: Option<PrinterId>,
    /// About this team.
    pub team: Option<TeamId>,
    /// About this library project.
    pub project: Option<ProjectId>,
    /// About a person (roles, people).
    pub person: bool,
}

/// What may give or take sight of something. Whoever does not see the thing itself (any more) is told only that what they
/// may see could have changed: so an unshared printer leaves their page at once.
fn changes_access(kind: &str) -> bool {
    kind.starts_with("team.")
        || kind.starts_with("printer_group.")
        || matches!(
            kind,
            "printer.shared"
                | "printer.unshared"
                | "printer.removed"
                | "printer.restored"
                | "project.shared"
                | "project.unshared"
                | "project.removed"
                | "project.restored"
        )
}

/// The newest sequence number.
///
/// # Errors
/// The database.
pub async fn newest(conn: &mut Conn, eyes: &Visible<Events>) -> Result<i64, Error> {
    let row = conn.one("SELECT seq FROM journal_head WHERE org = $1", params![eyes.who().org()]).await?;
    Ok(row.get("seq")?)
}

/// Events after `after` that this person may see, and up to which sequence was looked. The same visibility as the lists:
/// jobs by SeeJob, printers by SeePrinter; tokens and claims of projects for their owners and Admins; requests for those who were
/// asked; people and settings for everyone in the organization.
///
/// # Errors
/// The database.
pub async fn events(conn: &mut Conn, eyes: &Visible<Events>, after: i64) -> Result<(Vec<Event>, i64), Error> {
    const Q: &str = concat!(
        "SELECT y.seq, y.kind, y.job, y.printer, y.team, y.project, CASE WHEN y.person IS NULL THEN 0 ELSE 1 END AS about_person, \
         CASE WHEN y.kind = 'help.asked' THEN (CASE WHEN y.actor = $2 OR EXISTS (SELECT 1 FROM help_request_to h WHERE h.org = y.org \
           AND h.seq = y.seq AND h.account = $2) THEN 1 ELSE 0 END) \
         WHEN y.job IS NOT NULL THEN (CASE WHEN k.submitter = $2 THEN 1 WHEN $3 = 'guest' THEN 0 WHEN $3 = 'admin' THEN 1 \
           WHEN p.added_by = $2 THEN 1 WHEN ",
        shared_printer_sql!(),
        " THEN 1 WHEN ",
        candidate_of_job_sql!("k", "p.added_by = $2"),
        " THEN 1 WHEN ",
        candidate_of_job_sql!("k", shared_printer_sql!()),
        " THEN 1 ELSE 0 END) WHEN y.printer IS NOT NULL THEN (CASE WHEN $3 = 'admin' THEN 1 WHEN $3 = 'member' AND p.added_by = $2 THEN 1 WHEN ",
        shared_printer_sql!(),
        " THEN 1 ELSE 0 END) WHEN y.team IS NOT NULL THEN (CASE WHEN y.person = $2 OR ",
        visible_team_sql!(),
        " THEN 1 ELSE 0 END) WHEN y.project IS NOT NULL THEN (CASE WHEN ",
        visible_project_sql!(),
        " THEN 1 ELSE 0 END) WHEN y.kind LIKE 'token.%' OR y.kind LIKE 'escrow.%' THEN \
           (CASE WHEN $3 = 'admin' OR y.actor = $2 OR y.person = $2 THEN 1 ELSE 0 END) \
         ELSE 1 END AS seen, \
         CASE WHEN p.id IS NOT NULL AND y.kind <> 'help.asked' AND ($3 = 'admin' OR ($3 = 'member' AND p.added_by = $2) OR ",
        shared_printer_sql!(),
        ") THEN 1 ELSE 0 END AS printer_seen, \
         CASE WHEN k.printer_group IS NOT NULL AND $3 = 'member' AND k.printer_group IN (",
        groups_of_member_sql!(),
        ") THEN 1 ELSE 0 END AS group_seen \
         FROM journal y LEFT JOIN print_job k ON k.id = y.job LEFT JOIN printer p ON p.id = COALESCE(k.printer, y.printer) \
         LEFT JOIN team t ON t.id = y.team LEFT JOIN project pr ON pr.id = y.project \
         WHERE y.org = $1 AND y.seq > $4 ORDER BY y.seq LIMIT 500"
    );
    let who = eyes.who();
    let rows = conn.all(Q, params![who.org(), who.account(), who.role(), after]).await?;
    let mut last = after;
    let mut events = Vec::new();
    for row in rows {
        last = row.get("seq")?;
        let seen: bool = row.get("seen")?;
        let printer_seen: bool = row.get("printer_seen")?;
        let mut kind: String = row.get("kind")?;
        // What is about a group, and not about a printer in it, names nothing: who sees the group asks again.
        if kind.starts_with("printer_group.") && row.get::<Option<PrinterId>>("printer")?.is_none() {
            "access.changed".clone_into(&mut kind);
        }
        if !seen && !printer_seen {
            // A job of a group that they could decide about may be with a printer by now that is not theirs.
            if changes_access(&kind) || row.get::<bool>("group_seen")? {
                let kind = "access.changed".to_owned();
                events.push(Event {
                    seq: last,
                    kind,
                    job: None,
                    printer: None,
                    team: None,
                    project: None,
                    person: false,
                });
            }
            continue;
        }
        if kind == ASKED {
            // For those who were asked, and whoever asked. About what is in the notice, as far as it is for their eyes.
            events.push(Event { seq: last, kind, job: None, printer: None, team: None, project: None, person: false });
            continue;
        }
        // Of a job that is not theirs, a Guest learns only that the printer's state or queue moved.
        events.push(Event {
            seq: last,
            kind: if seen { kind } else { "printer.changed".to_owned() },
            job: if seen { row.get("job")? } else { None },
            printer: row.get("printer")?,
            team: row.get("team")?,
            project: row.get("project")?,
            person: row.get("about_person")?,
        });
    }
    Ok((events, last))
}
