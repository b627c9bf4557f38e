//! The one error of this layer.

use domain::{Micros, Refusal};

/// Why a repository refused. Nothing has changed if the caller drops the transaction.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not there (or not for this person; the caller answers the same).
    #[error("not found")]
    NotFound,
    /// The state machine said no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Somebody else decided first (AMB-27).
    #[error("already decided")]
    AlreadyDecided {
        /// The decision's word.
        decision: String,
        /// Name of who decided.
        by: String,
        /// When.
        at: Micros,
    },
    /// The row has changed since it was shown.
    #[error("it has changed in the meantime")]
    Changed,
    /// The chosen printer cannot take the job; a stable code and a sentence (AMB-29).
    #[error("{1}")]
    PrinterUnavailable(&'static str, String),
    /// A rule about the data, with a stable code and a sentence for a person.
    #[error("{1}")]
    Rule(&'static str, String),
    /// The same idempotency key came with other content.
    #[error("this Idempotency-Key was used for another request")]
    KeyReused,
    /// The database.
    #[error(transparent)]
    Db(#[from] sql::Error),
}

impl Error {
    /// Another writer was in the way; the same may work in a moment.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        matches!(self, Self::Db(sql::Error::Busy))
    }

    pub(crate) fn rule(code: &'static str, sentence: impl Into<String>) -> Self {
        Self::Rule(code, sentence.into())
    }
}
