//! The invariants of docs/dispatch.md 2.10, checked against what is stored: `queries` ask the tables, `replay` goes through
//! the journal as if everything happened again, `journal::verify` follows its chain. Each must find nothing, at any time.
//!
//! Reads only, and shares no code with what it checks. Ask it on a connection of [`sql::Db::snapshot`]: then servers may
//! write meanwhile.

mod queries;
mod replay;

use sql::Conn;

use crate::{Error, journal};

/// What is checked, beside the journal's chain: the invariant, and what it would mean if a row broke it.
pub fn rules() -> impl Iterator<Item = (&'static str, &'static str)> {
    queries::CHECKS.iter().map(|(name, meaning, _)| (*name, *meaning)).chain(replay::RULES.iter().copied())
}

/// Sentences about what is broken, each with the invariant's name; empty if all is well.
///
/// # Errors
/// The database.
pub async fn broken(conn: &mut Conn) -> Result<Vec<String>, Error> {
    let mut problems = queries::broken(conn).await?;
    problems.extend(replay::broken(conn).await?);
    problems.extend(journal::verify(conn).await?.into_iter().map(|problem| format!("I10: {problem}")));
    Ok(problems)
}
