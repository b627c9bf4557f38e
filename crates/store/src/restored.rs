//! After an older backup was put back: finding it out, holding everything back, and letting it go again (dispatch.md 2.8).
//!
//! The data folder remembers rows of the journals ([`Mark`]). A journal that lacks such a row is an older state, or another
//! history, and nobody knows what the printers have done since. So nothing of that organization starts, every job that could
//! have been printed meanwhile needs a person, and every plate may have something on it.

use access::Permit;
use access::table::ChangeSettings;
use domain::job::Command;
use domain::{AccountId, JobId, Mark, OrgId, PrinterId, RunId, State};
use serde_json::json;
use sql::{Conn, Tx, params};

use crate::jobs::{With, apply, lock};
use crate::journal::{self, Entry};
use crate::organizations::Founding;
use crate::{Error, new_id};

/// Why an organization is held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Its journal lacks a row that the data folder remembers.
    Restored,
    /// The data folder remembers nothing, and it did once.
    NoMark,
    /// The operator said so.
    Operator,
}

impl Why {
    /// The word in the database.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Restored => "restored",
            Self::NoMark => "no_mark",
            Self::Operator => "operator",
        }
    }
}

/// The newest row of each journal, of organizations that are not held back.
///
/// # Errors
/// The database.
pub async fn heads(conn: &mut Conn) -> Result<Vec<Mark>, Error> {
    let rows = conn
        .all(
            "SELECT h.org, h.seq, h.hash FROM journal_head h JOIN organization o ON o.id = h.org \
             WHERE o.held_back IS NULL AND h.seq > 0 ORDER BY h.org",
            &[],
        )
        .await?;
    let read = |row: &sql::Row| Ok(Mark { org: row.get("org")?, seq: row.get("seq")?, hash: row.get("hash")? });
    Ok(rows.iter().map(read).collect::<Result<_, sql::Error>>()?)
}

/// Organizations whose journals lack the row that is remembered of them, and that are not held back yet.
///
/// # Errors
/// The database.
pub async fn behind(conn: &mut Conn, marks: &[Mark]) -> Result<Vec<OrgId>, Error> {
    let mut behind = Vec::new();
    for mark in marks {
        let row = conn
            .opt(
                "SELECT CASE WHEN EXISTS (SELECT 1 FROM journal y WHERE y.org = o.id AND y.seq = $2 AND y.hash = $3) THEN 1 ELSE 0 END \
                 AS follows FROM organization o WHERE o.id = $1 AND o.held_back IS NULL",
                params![mark.org, mark.seq, mark.hash],
            )
            .await?;
        if let Some(row) = row
            && !row.get::<bool>("follows")?
        {
            behind.push(mark.org);
        }
    }
    Ok(behind)
}

/// All organizations that are not held back.
///
/// # Errors
/// The database.
pub async fn free(conn: &mut Conn) -> Result<Vec<OrgId>, Error> {
    let rows = conn.all("SELECT id FROM organization WHERE held_back IS NULL ORDER BY id", &[]).await?;
    Ok(rows.iter().map(|row| row.get("id")).collect::<Result<_, _>>()?)
}

/// Whether a data folder has remembered anything of this database yet.
///
/// # Errors
/// The database.
pub async fn mark_kept(conn: &mut Conn) -> Result<bool, Error> {
    Ok(conn.one("SELECT mark_kept FROM meta WHERE id = 1", &[]).await?.get("mark_kept")?)
}

/// From now on the data folder remembers.
///
/// # Errors
/// The database.
pub async fn set_mark_kept(tx: &mut Tx) -> Result<(), Error> {
    tx.exec("UPDATE meta SET mark_kept = 1 WHERE id = 1", &[]).await.map(drop).map_err(Error::from)
}

/// Holds an organization back. What was queued needs a decision again, what may have been started needs an answer, and every
/// plate has to be looked at. Does nothing to one that is held back already.
///
/// # Errors
/// The database.
pub async fn hold_back(tx: &mut Tx, org: OrgId, why: Why) -> Result<(), Error> {
    let now = tx.now().await?;
    let locked = tx.opt("SELECT held_back FROM organization WHERE id = $1 {for_update}", params![org]).await?;
    if locked.ok_or(Error::NotFound)?.get::<Option<String>>("held_back")?.is_some() {
        return Ok(());
    }
    tx.exec("UPDATE organization SET held_back = $2, held_back_at = $3 WHERE id = $1", params![org, why.word(), now])
        .await?;
    // The global order: all printers, all jobs, then the journal.
    let printers = tx.all("SELECT id, bed FROM printer WHERE org = $1 ORDER BY id {for_update}", params![org]).await?;
    let jobs = tx
        .all(
            "SELECT id FROM print_job WHERE org = $1 AND state IN ('queued', 'claimed', 'intent', 'printing') ORDER BY id {for_update}",
            params![org],
        )
        .await?;
    let mut plates = 0;
    for row in printers {
        if row.get::<String>("bed")? == "clear" {
            // Another run than any page shows: a click that is on its way says nothing about what is on the plate now.
            let other = "UPDATE printer SET bed = 'dirty', bed_run = $2, bed_foreign = 0 WHERE id = $1";
            tx.exec(other, params![row.get::<PrinterId>("id")?, RunId(new_id())]).await?;
            plates += 1;
        }
    }
    let (mut held, mut asked) = (0, 0);
    for row in jobs {
        let locked = lock(tx, row.get::<JobId>("id")?, true).await?;
        let command = match locked.job.state {
            State::Queued | State::Claimed => {
                held += 1;
                Command::HoldRestored
            }
            _ => {
                asked += 1;
                Command::CannotKnow { token: None }
            }
        };
        let with = With { data: Some(json!({ "why": why.word() })), ..With::default() };
        apply(tx, &locked, command, with).await?;
    }
    let data = json!({ "why": why.word(), "held": held, "asked": asked, "plates": plates });
    journal::append(tx, org, Entry::new("organization.held_back", None).data(data)).await.map(drop)
}

/// An Admin has looked: printing goes on. The row of the journal that says so; the data folder has to remember it.
///
/// # Errors
/// The database.
pub async fn release(tx: &mut Tx, permit: &Permit<ChangeSettings>) -> Result<Option<Mark>, Error> {
    let who = permit.who();
    let_go(tx, who.org(), Some(who.account())).await
}

/// The operator lets it go (`imprimatur admin`); never reachable over HTTP.
///
/// # Errors
/// The database.
pub async fn release_by_operator(tx: &mut Tx, _leave: &Founding, org: OrgId) -> Result<Option<Mark>, Error> {
    let_go(tx, org, None).await
}

async fn let_go(tx: &mut Tx, org: OrgId, actor: Option<AccountId>) -> Result<Option<Mark>, Error> {
    let locked = tx.opt("SELECT held_back FROM organization WHERE id = $1 {for_update}", params![org]).await?;
    let Some(why) = locked.ok_or(Error::NotFound)?.get::<Option<String>>("held_back")? else { return Ok(None) };
    tx.exec("UPDATE organization SET held_back = NULL, held_back_at = NULL WHERE id = $1", params![org]).await?;
    let seq = journal::append(tx, org, Entry::new("organization.released", actor).data(json!({ "why": why }))).await?;
    journal::mark(tx, org, seq).await.map(Some)
}
