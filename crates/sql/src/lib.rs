//! One SQL text for two engines, SQLite and PostgreSQL; the only crate that knows which one runs.
//!
//! A [`Conn`] asks, a [`Tx`] changes. Statements are `'static` texts with `$1` parameters. A few tokens in braces stand for
//! what the engines spell differently: `{for_update}`, `{for_share}` and `{skip_locked}` (row locks; SQLite has one
//! writer and needs none), `{uuid}` and `{bytes}` (types, in migrations), `{ids:$3}` (the rows of a list of ids), `{now}` (the time, read by [`Conn::now_of`]). Numbers are BIGINT, truth is 0 or 1, times
//! are microseconds, JSON is text.

mod clock;
mod conn;
mod db;
mod gate;
mod migrate;
mod patience;
mod value;

pub use clock::Clock;
pub use conn::{Conn, Tx};
pub use db::{Db, EngineName};
pub use gate::{Gate, Stop};
pub use value::{Column, Row, Val};

/// Why the database could not do it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A unique rule or a trigger said no.
    #[error("the database refused: {0}")]
    Constraint(String),
    /// Another writer was in the way; the same call may work at once.
    #[error("the database is busy")]
    Busy,
    /// No space left.
    #[error("the disk is full")]
    DiskFull,
    /// The row that must be there is not.
    #[error("no such row")]
    NoRow,
    /// A stored value cannot be read.
    #[error("column {0} cannot be read")]
    Column(&'static str),
    /// Another server process has this SQLite database open, or the folder cannot be used.
    #[error("{0}")]
    Open(String),
    /// Anything else.
    #[error("database error: {0}")]
    Other(String),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        if let sqlx::Error::RowNotFound = error {
            return Self::NoRow;
        }
        if matches!(error, sqlx::Error::PoolTimedOut) {
            return Self::Busy;
        }
        let Some(db) = error.as_database_error() else {
            return Self::Other(error.to_string());
        };
        let code = db.code().unwrap_or_default().into_owned();
        match code.as_str() {
            // PostgreSQL: serialization failure, deadlock, lock not available.
            "40001" | "40P01" | "55P03" => Self::Busy,
            "53100" | "13" => Self::DiskFull,
            // SQLite: BUSY and its extended codes.
            "5" | "261" | "517" | "6" => Self::Busy,
            _ if db.is_unique_violation()
                || db.is_foreign_key_violation()
                || db.is_check_violation()
                // raised by our triggers: P0001 on PostgreSQL, 1811 (constraint, trigger) on SQLite
                || code == "P0001"
                || code == "1811" =>
            {
                Self::Constraint(db.message().to_owned())
            }
            _ => Self::Other(error.to_string()),
        }
    }
}

/// Parameters of a statement, each through [`Val::from`].
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => { &[$($crate::Val::from($value)),*] };
}
