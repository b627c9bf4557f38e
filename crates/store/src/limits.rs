//! What the operator allows one organization besides the features of its plan: people, printers, storage. Unlimited unless set, by
//! `imprimatur admin limit` alone. A lower limit takes nothing away: it stops what would come on top.

use access::Permit;
use access::table::SeeOrganization;
use domain::OrgId;
use serde_json::json;
use sql::{Conn, Tx, params};

use crate::Error;
use crate::journal::{self, Entry};
use crate::organizations::Founding;

/// The limits of an organization; `None` is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// People in it.
    pub people: Option<i64>,
    /// Printers, those in the Trash not counted.
    pub printers: Option<i64>,
    /// Megabytes of files.
    pub storage_mb: Option<i64>,
}

/// How much of it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Used {
    /// People.
    pub people: i64,
    /// Printers.
    pub printers: i64,
    /// Bytes of files.
    pub storage: i64,
}

macro_rules! people {
    () => {
        "SELECT COUNT(*) AS n FROM membership m WHERE m.org = $1 AND m.removed_at IS NULL"
    };
}
macro_rules! printers {
    () => {
        "SELECT COUNT(*) AS n FROM printer p WHERE p.org = $1 AND p.removed_at IS NULL"
    };
}

async fn limits(conn: &mut Conn, org: OrgId) -> Result<Limits, Error> {
    const Q: &str = "SELECT most_people, most_printers, most_storage_mb FROM organization WHERE id = $1";
    let row = conn.opt(Q, params![org]).await?.ok_or(Error::NotFound)?;
    Ok(Limits {
        people: row.get("most_people")?,
        printers: row.get("most_printers")?,
        storage_mb: row.get("most_storage_mb")?,
    })
}

/// The limits, and how much is used.
///
/// # Errors
/// The database.
pub async fn load(conn: &mut Conn, permit: &Permit<SeeOrganization>) -> Result<(Limits, Used), Error> {
    const STORAGE: &str =
        "SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) AS n FROM file WHERE org = $1 AND removed_at IS NULL";
    let org = permit.target();
    let people = conn.one(people!(), params![org]).await?.get("n")?;
    let printers = conn.one(printers!(), params![org]).await?.get("n")?;
    let storage = conn.one(STORAGE, params![org]).await?.get("n")?;
    Ok((limits(conn, org).await?, Used { people, printers, storage }))
}

/// For the operator; never reachable over HTTP.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn of(conn: &mut Conn, _leave: &Founding, org: OrgId) -> Result<Limits, Error> {
    limits(conn, org).await
}

/// The operator changes the limits; never reachable over HTTP.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn set(tx: &mut Tx, leave: &Founding, org: OrgId, wanted: Limits) -> Result<(), Error> {
    tx.opt("SELECT id FROM organization WHERE id = $1 {for_update}", params![org]).await?.ok_or(Error::NotFound)?;
    if of(tx, leave, org).await? == wanted {
        return Ok(());
    }
    let Limits { people, printers, storage_mb } = wanted;
    tx.exec(
        "UPDATE organization SET most_people = $2, most_printers = $3, most_storage_mb = $4 WHERE id = $1",
        params![org, people, printers, storage_mb],
    )
    .await?;
    let data = json!({ "people": people, "printers": printers, "storage_mb": storage_mb });
    journal::append(tx, org, Entry::new("organization.limits_changed", None).data(data)).await.map(drop)
}

/// After a person came in: that they are not too many.
///
/// # Errors
/// The rule `limit_reached`: then nothing of it is kept.
pub(crate) async fn not_too_many_people(tx: &mut Tx, org: OrgId) -> Result<(), Error> {
    let Some(most) = limits(tx, org).await?.people else { return Ok(()) };
    not_more(tx, org, people!(), most, "people").await
}

/// After a printer was added or brought back: that they are not too many.
///
/// # Errors
/// The rule `limit_reached`: then nothing of it is kept.
pub(crate) async fn not_too_many_printers(tx: &mut Tx, org: OrgId) -> Result<(), Error> {
    let Some(most) = limits(tx, org).await?.printers else { return Ok(()) };
    not_more(tx, org, printers!(), most, "printers").await
}

async fn not_more(tx: &mut Tx, org: OrgId, count: &'static str, most: i64, what: &str) -> Result<(), Error> {
    // Two at once wait here for one another, so that both cannot take the last place.
    tx.one("SELECT seq FROM journal_head WHERE org = $1 {for_update}", params![org]).await?;
    if tx.one(count, params![org]).await?.get::<i64>("n")? <= most {
        return Ok(());
    }
    Err(Error::rule(
        "limit_reached",
        format!(
            "This organization has as many {what} as it may have: {most}. The operator of this server can allow more."
        ),
    ))
}
