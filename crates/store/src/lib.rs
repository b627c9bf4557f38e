//! Repositories: what is remembered, and every change of it together with its journal row.
//!
//! Functions take a `Permit<Action>` or a `Visible<T>` (crate `access`), never a bare id plus a hope. They run inside the
//! caller's transaction and never commit. A print job changes state in [`jobs`] only, by the machine in `domain::job`.

pub mod accounts;
mod by_name;
pub mod consequence;
pub mod dispatch;
mod error;
pub mod files;
pub mod former;
pub mod idempotency;
pub mod invariants;
pub mod invitations;
pub mod jobs;
pub mod join_links;
pub mod journal;
pub mod limits;
pub mod mail;
pub mod oauth;
pub mod organizations;
pub mod people;
pub mod printer_groups;
pub mod printers;
pub mod projects;
pub mod requests;
pub mod restored;
pub mod shares;
pub mod teams;
pub mod tokens;
pub mod trash;

pub use error::Error;
pub use sql::{Clock, Conn, Db, EngineName, Tx};

/// A fresh id that sorts by its time.
#[must_use]
pub fn new_id() -> uuid::Uuid {
    uuid::Uuid::now_v7()
}

/// The pattern for `LIKE .. {escape}` that finds what has this text in it; empty finds everything.
pub(crate) fn containing(text: &str) -> String {
    let text =
        domain::composed(text.trim()).to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    if text.is_empty() { text } else { format!("%{text}%") }
}

/// One row more than the page has was asked for: drops it, and says whether it was there.
pub(crate) fn cut(rows: &mut Vec<sql::Row>, limit: i64) -> bool {
    let limit = usize::try_from(limit).unwrap_or(0);
    let more = rows.len() > limit;
    rows.truncate(limit);
    more
}

/// The ids that a statement found.
pub(crate) fn ids(rows: &[sql::Row]) -> Result<Vec<uuid::Uuid>, sql::Error> {
    rows.iter().map(|row| row.get("id")).collect()
}

/// What [`access::Visible`] filters: print jobs.
#[derive(Debug)]
pub struct Jobs;
/// What [`access::Visible`] filters: printers.
#[derive(Debug)]
pub struct Printers;
/// What [`access::Visible`] filters: printer groups.
#[derive(Debug)]
pub struct PrinterGroups;
/// What [`access::Visible`] filters: library projects.
#[derive(Debug)]
pub struct Projects;
/// What [`access::Visible`] filters: teams.
#[derive(Debug)]
pub struct Teams;
/// What [`access::Visible`] filters: the Trash.
#[derive(Debug)]
pub struct Trash;
/// What [`access::Visible`] filters: people.
#[derive(Debug)]
pub struct People;
/// What [`access::Visible`] filters: the journal as events.
#[derive(Debug)]
pub struct Events;

/// Two numbers that move whenever any journal or any printer moves; carries no content.
///
/// # Errors
/// The database.
pub async fn pulse(conn: &mut Conn) -> Result<(i64, i64), Error> {
    let row = conn
        .one(
            "SELECT (SELECT CAST(COALESCE(SUM(seq), 0) AS BIGINT) FROM journal_head) AS seq, \
             (SELECT COALESCE(MAX(changed_at), 0) FROM printer_live) AS live",
            &[],
        )
        .await?;
    Ok((row.get("seq")?, row.get("live")?))
}
