//! The outbox: letters that follow from rows of the journal, and who sends them. The server's own hand, like the dispatcher's;
//! no request reaches it. It knows neither addresses of servers nor words.
//!
//! A row of the journal becomes at most one letter for each who is concerned (`UNIQUE (org, seq, part)`), and its position moves in
//! the same transaction. A letter is claimed for a while by the process that sends it: a crash may repeat it, and never loses it.

use std::collections::HashMap;

use domain::{AccountId, InvitationId, JobId, Micros, OrgId, Role};
use sql::{Conn, Row, Tx, params};
use uuid::Uuid;

use crate::requests::{ASKED, Place};
use crate::{Error, new_id};

/// A letter is tried for so long after what it tells; then it is old news.
const GIVE_UP_S: i64 = 24 * 3600;
/// So many rows are looked through at once.
const AT_ONCE: i64 = 500;

/// A row of the journal that somebody is written to about.
#[derive(Debug, Clone)]
pub struct Found {
    org: OrgId,
    seq: i64,
    at: Micros,
    kind: String,
    job: Option<JobId>,
    invitation: Option<InvitationId>,
    undo_s: i64,
}

/// A letter about one row of the journal.
#[derive(Debug, Clone, Copy)]
struct Part {
    part: i64,
    person: Option<AccountId>,
}

/// What is new in the journals since `seen`, and how far they were looked through. `seen` is what this process knows; what
/// it does not know, the database does.
///
/// # Errors
/// The database.
pub async fn look(conn: &mut Conn, seen: &HashMap<OrgId, i64>) -> Result<(Vec<Found>, HashMap<OrgId, i64>), Error> {
    let (mut found, mut looked) = (Vec::new(), HashMap::new());
    let heads = conn
        .all(
            "SELECT h.org, h.seq, COALESCE(p.seq, 0) AS position, o.undo_window_s FROM journal_head h \
             JOIN organization o ON o.id = h.org LEFT JOIN mail_position p ON p.org = h.org WHERE h.seq > COALESCE(p.seq, 0)",
            &[],
        )
        .await?;
    for row in heads {
        let (org, head): (OrgId, i64) = (row.get("org")?, row.get("seq")?);
        let position: i64 = row.get("position")?;
        let from = seen.get(&org).copied().unwrap_or(0).max(position);
        if from >= head {
            continue;
        }
        let undo_s: i64 = row.get("undo_window_s")?;
        let rows = conn
            .all(
                "SELECT seq, at, kind, job, data FROM journal WHERE org = $1 AND seq > $2 AND seq <= $3 AND kind IN \
                 ('person.invited', 'person.invitation_sent_again', 'job.approved', 'job.rejected', 'job.sent_back', 'help.asked') \
                 ORDER BY seq LIMIT $4",
                params![org, from, head, AT_ONCE],
            )
            .await?;
        let mut last = head;
        if i64::try_from(rows.len()).unwrap_or(AT_ONCE) >= AT_ONCE
            && let Some(row) = rows.last()
        {
            last = row.get("seq")?;
        }
        looked.insert(org, last);
        for row in rows {
            found.extend(Found::read(&row, org, undo_s)?);
        }
    }
    Ok((found, looked))
}

impl Found {
    /// Nothing for an invitation that is handed over by hand.
    fn read(row: &Row, org: OrgId, window: i64) -> Result<Option<Self>, sql::Error> {
        let (seq, at, kind): (i64, Micros, String) = (row.get("seq")?, row.get("at")?, row.get("kind")?);
        if kind == ASKED {
            return Ok(Some(Self { org, seq, at, kind, job: None, invitation: None, undo_s: 0 }));
        }
        let data: serde_json::Value = serde_json::from_str(&row.get::<String>("data")?).unwrap_or_default();
        let job: Option<JobId> = row.get("job")?;
        let invitation = data.get("invitation").and_then(|id| id.as_str()).and_then(|id| id.parse().ok());
        if job.is_none() && data.get("mail").and_then(serde_json::Value::as_bool) != Some(true) {
            return Ok(None);
        }
        let undo_s = match job {
            None => 0,
            // The window that the approver had, whatever the setting is by now.
            Some(_) => data.get("undo_s").and_then(serde_json::Value::as_i64).unwrap_or(window),
        };
        Ok(Some(Self { org, seq, at, kind, job, invitation: invitation.map(InvitationId), undo_s }))
    }
}

/// Makes letters of what was found and moves the positions; a second process that found the same adds nothing.
///
/// # Errors
/// The database.
pub async fn collect(tx: &mut Tx, found: &[Found], looked: &HashMap<OrgId, i64>) -> Result<(), Error> {
    for one in found {
        for Part { part, person } in parts(tx, one).await? {
            tx.exec(
                "INSERT INTO mail (id, org, seq, part, person, kind, job, invitation, due_at, give_up_at) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (org, seq, part) DO NOTHING",
                params![
                    new_id(),
                    one.org,
                    one.seq,
                    part,
                    person,
                    one.kind.clone(),
                    one.job,
                    one.invitation,
                    one.at.plus_secs(one.undo_s),
                    one.at.plus_secs(GIVE_UP_S)
                ],
            )
            .await?;
        }
    }
    for (org, seq) in looked {
        tx.exec(
            "INSERT INTO mail_position (org, seq) VALUES ($1, $2) \
             ON CONFLICT (org) DO UPDATE SET seq = excluded.seq WHERE mail_position.seq < excluded.seq",
            params![*org, *seq],
        )
        .await?;
    }
    Ok(())
}

/// One letter, but to everybody who was asked a letter of their own: nobody reads who else was.
async fn parts(tx: &mut Tx, found: &Found) -> Result<Vec<Part>, Error> {
    if found.kind != ASKED {
        return Ok(vec![Part { part: 0, person: None }]);
    }
    const TO: &str = "SELECT account FROM help_request_to WHERE org = $1 AND seq = $2 ORDER BY account";
    let rows = tx.all(TO, params![found.org, found.seq]).await?;
    let part = |(part, row): (i64, &Row)| Ok(Part { part, person: Some(row.get("account")?) });
    Ok((0..).zip(&rows).map(part).collect::<Result<_, sql::Error>>()?)
}

/// A letter that this process is to send now.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// Id; a repeated letter has the same.
    pub id: Uuid,
    /// The how-manieth try.
    pub attempts: i64,
    org: OrgId,
    seq: i64,
    kind: String,
    job: Option<JobId>,
    invitation: Option<InvitationId>,
    person: Option<AccountId>,
    give_up_at: Micros,
}

/// Claims the letter that is due first, for `lease_s` seconds.
///
/// # Errors
/// The database.
pub async fn claim(tx: &mut Tx, lease_s: i64) -> Result<Option<Claimed>, Error> {
    let now = tx.now().await?;
    let row = tx
        .opt(
            "SELECT id, org, seq, kind, job, invitation, person, attempts, give_up_at FROM mail \
             WHERE ended_at IS NULL AND due_at <= $1 AND claimed_until <= $1 ORDER BY due_at, id LIMIT 1 {skip_locked}",
            params![now],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let claimed = Claimed {
        id: row.get("id")?,
        attempts: row.get::<i64>("attempts")? + 1,
        org: row.get("org")?,
        seq: row.get("seq")?,
        kind: row.get("kind")?,
        job: row.get("job")?,
        invitation: row.get("invitation")?,
        person: row.get("person")?,
        give_up_at: row.get("give_up_at")?,
    };
    tx.exec(
        "UPDATE mail SET claimed_until = $2, attempts = $3 WHERE id = $1",
        params![claimed.id, now.plus_secs(lease_s), claimed.attempts],
    )
    .await?;
    Ok(Some(claimed))
}

/// Whether any letter is due: spares the write when there is none.
///
/// # Errors
/// The database.
pub async fn any_due(conn: &mut Conn) -> Result<bool, Error> {
    let now = conn.now().await?;
    const DUE: &str = "SELECT id FROM mail WHERE ended_at IS NULL AND due_at <= $1 AND claimed_until <= $1 LIMIT 1";
    Ok(conn.opt(DUE, params![now]).await?.is_some())
}

/// Who is written to.
#[derive(Debug, Clone)]
pub struct To {
    /// Address.
    pub email: String,
    /// Name, if it is known.
    pub name: Option<String>,
}

/// What a letter tells.
#[derive(Debug, Clone)]
pub enum Content {
    /// Somebody is invited.
    Invitation {
        /// Whom.
        to: To,
        /// Which.
        id: InvitationId,
        /// Into what.
        organization: String,
        /// By whom.
        by: String,
        /// As what.
        role: Role,
        /// The link's secret, sealed.
        sealed: Vec<u8>,
        /// It dies.
        expires_at: Micros,
    },
    /// A print job was decided about.
    Decision {
        /// Its submitter.
        to: To,
        /// `approved`, `rejected` or `sent_back`.
        decision: String,
        /// The job.
        job: JobId,
        /// Its number.
        number: i64,
        /// Its name.
        name: String,
        /// Where it is to be printed.
        printer: String,
        /// Who decided.
        by: String,
        /// What they wrote.
        message: Option<String>,
        /// In which organization.
        organization: String,
    },
    /// Somebody is asked for help with a no.
    Help {
        /// Who is asked.
        to: To,
        /// Who asks.
        by: String,
        /// What they could not do: an action's key.
        action: String,
        /// What would help.
        wish: String,
        /// Where it can be done.
        place: Place,
        /// What the thing there is called.
        name: String,
        /// In which organization.
        organization: String,
    },
}

/// What the letter tells, if it is still true: a decision that was taken back, or a link that is dead, is told to nobody. Nor is
/// one's own decision.
///
/// # Errors
/// The database.
pub async fn content(conn: &mut Conn, letter: &Claimed) -> Result<Option<Content>, Error> {
    if conn.now().await? > letter.give_up_at {
        return Ok(None);
    }
    match (letter.job, letter.invitation, letter.person) {
        (Some(job), ..) => decision(conn, letter, job).await,
        (None, Some(id), _) => invitation(conn, letter, id).await,
        (None, None, Some(person)) => help(conn, letter, person).await,
        (None, None, None) => Ok(None),
    }
}

async fn invitation(conn: &mut Conn, letter: &Claimed, id: InvitationId) -> Result<Option<Content>, Error> {
    let now = conn.now().await?;
    let row = conn
        .opt(
            "SELECT i.email, i.name, i.role, i.expires_at, i.mail_secret, a.name AS by_name, o.name AS organization FROM invitation i \
             JOIN account a ON a.id = i.created_by JOIN organization o ON o.id = i.org \
             WHERE i.id = $1 AND i.org = $2 AND i.used_at IS NULL AND i.withdrawn_at IS NULL AND i.expires_at > $3 \
             AND i.email IS NOT NULL AND i.mail_secret IS NOT NULL AND o.suspended = 0",
            params![id, letter.org, now],
        )
        .await?;
    let read = |row: Row| {
        Ok::<_, sql::Error>(Content::Invitation {
            to: To { email: row.get("email")?, name: row.get("name")? },
            id,
            organization: row.get("organization")?,
            by: row.get("by_name")?,
            role: row.get("role")?,
            sealed: row.get("mail_secret")?,
            expires_at: row.get("expires_at")?,
        })
    };
    Ok(row.map(read).transpose()?)
}

async fn decision(conn: &mut Conn, letter: &Claimed, job: JobId) -> Result<Option<Content>, Error> {
    let row = conn
        .opt(
            "SELECT j.number, j.name, p.name AS printer, a.email, a.name AS to_name, d.name AS by_name, o.name AS organization, x.body \
             FROM print_job j JOIN printer p ON p.id = j.printer JOIN account a ON a.id = j.submitter \
             JOIN account d ON d.id = j.decided_by JOIN organization o ON o.id = j.org \
             JOIN membership m ON m.org = j.org AND m.account = j.submitter AND m.removed_at IS NULL \
             LEFT JOIN journal_text x ON x.org = j.org AND x.seq = $3 \
             WHERE j.id = $1 AND j.org = $2 AND j.decision_seq = $3 AND j.decided_by <> j.submitter AND o.suspended = 0",
            params![job, letter.org, letter.seq],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let text: serde_json::Value =
        row.get::<Option<String>>("body")?.and_then(|body| serde_json::from_str(&body).ok()).unwrap_or_default();
    Ok(Some(Content::Decision {
        to: To { email: row.get("email")?, name: row.get("to_name")? },
        decision: letter.kind.trim_start_matches("job.").to_owned(),
        job,
        number: row.get("number")?,
        name: row.get("name")?,
        printer: row.get("printer")?,
        by: row.get("by_name")?,
        message: text.get("message").and_then(|m| m.as_str()).map(str::to_owned),
        organization: row.get("organization")?,
    }))
}

/// Nothing if it was answered meanwhile, or if one of both has left.
async fn help(conn: &mut Conn, letter: &Claimed, person: AccountId) -> Result<Option<Content>, Error> {
    let row = conn
        .opt(
            "SELECT h.place, h.place_id, y.data, x.body, a.email, a.name AS to_name, b.name AS by_name, o.name AS organization \
             FROM help_request_to h JOIN journal y ON y.org = h.org AND y.seq = h.seq \
             JOIN help_request r ON r.org = h.org AND r.seq = h.seq AND r.account = y.actor \
             JOIN account a ON a.id = h.account JOIN membership m ON m.org = h.org AND m.account = h.account AND m.removed_at IS NULL \
             JOIN account b ON b.id = y.actor JOIN membership n ON n.org = h.org AND n.account = y.actor AND n.removed_at IS NULL \
             JOIN organization o ON o.id = h.org AND o.suspended = 0 LEFT JOIN journal_text x ON x.org = h.org AND x.seq = h.seq \
             WHERE h.org = $1 AND h.seq = $2 AND h.account = $3",
            params![letter.org, letter.seq, person],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let Some(place) = Place::read(&row)? else { return Ok(None) };
    let parse = |text: Option<String>| -> serde_json::Value {
        text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
    };
    let (data, text) = (parse(row.get("data")?), parse(row.get("body")?));
    let word = |of: &serde_json::Value, key: &str| of.get(key).and_then(|v| v.as_str()).unwrap_or_default().to_owned();
    Ok(Some(Content::Help {
        to: To { email: row.get("email")?, name: row.get("to_name")? },
        by: row.get("by_name")?,
        action: word(&data, "action"),
        wish: word(&data, "wish"),
        name: word(&text, place.kind.word()),
        place,
        organization: row.get("organization")?,
    }))
}

/// How a try ended.
#[derive(Debug, Clone)]
pub enum Ended<'a> {
    /// The mail server took it.
    Sent,
    /// It is not true any more.
    Dropped,
    /// Never: why.
    Failed(&'a str),
    /// Not now: why, and in how many seconds again.
    Later(&'a str, i64),
}

/// Remembers how a try ended. The sealed link of an invitation is forgotten when its letter is through, unless it was made
/// anew meanwhile.
///
/// # Errors
/// The database.
pub async fn ended(tx: &mut Tx, letter: &Claimed, sealed: Option<&[u8]>, how: Ended<'_>) -> Result<(), Error> {
    let now = tx.now().await?;
    let (outcome, problem) = match how {
        Ended::Sent => ("sent", None),
        Ended::Dropped => ("dropped", None),
        Ended::Failed(why) => ("failed", Some(why)),
        Ended::Later(why, after_s) if now.plus_secs(after_s) <= letter.give_up_at => {
            tx.exec(
                "UPDATE mail SET due_at = $2, claimed_until = 0, problem = $3 WHERE id = $1 AND ended_at IS NULL",
                params![letter.id, now.plus_secs(after_s), why],
            )
            .await?;
            return Ok(());
        }
        Ended::Later(why, _) => ("failed", Some(why)),
    };
    tx.exec(
        "UPDATE mail SET ended_at = $2, outcome = $3, problem = $4, claimed_until = 0 WHERE id = $1 AND ended_at IS NULL",
        params![letter.id, now, outcome, problem],
    )
    .await?;
    if let (Some(id), Some(sealed)) = (letter.invitation, sealed) {
        tx.exec(
            "UPDATE invitation SET mail_secret = NULL WHERE id = $1 AND mail_secret = $2",
            params![id, sealed.to_vec()],
        )
        .await?;
    }
    Ok(())
}
