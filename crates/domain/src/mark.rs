//! One row of one organization's journal, named so that nobody can mistake it for a row of another history.

use crate::{OrgId, Sha256};

/// A row of a journal: its number, and the hash of its chain up to here. A journal that has exactly this row has everything
/// that led to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// Whose journal.
    pub org: OrgId,
    /// Number.
    pub seq: i64,
    /// Hash of the chain.
    pub hash: Sha256,
}
