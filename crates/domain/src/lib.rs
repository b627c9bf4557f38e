//! The field's words: ids, roles, plans, value types and the life of a print job.
//!
//! Pure: no I/O, no clock, no framework. Everything else depends on this crate; it depends on nothing of ours.

mod ids;
pub mod job;
mod mark;
mod names;
mod people;
mod scopes;
mod time;

pub use ids::{
    AccountId, ClientId, FileId, GrantId, InvitationId, JobId, OrgId, PrinterGroupId, PrinterId, ProjectFileId,
    ProjectId, RunId, SessionId, TeamId, TokenId, UploadId,
};
pub use job::{Job, Move, Outcome, Refusal, State, must_wait};
pub use mark::Mark;
pub use names::{NameError, RemoteName, clean_file_name, clean_label, composed};
pub use people::{Feature, Plan, Role};
pub use scopes::{Scope, ScopeError, Scopes};
pub use time::Micros;

/// A SHA-256, as 32 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sha256(pub [u8; 32]);

impl Sha256 {
    /// Lower-case hexadecimal.
    #[must_use]
    pub fn hex(&self) -> String {
        hex::encode(self.0)
    }
    /// From 64 hexadecimal digits.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let mut out = [0; 32];
        hex::decode_to_slice(text, &mut out).ok()?;
        Some(Self(out))
    }
    /// From exactly 32 bytes.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        Some(Self(bytes.try_into().ok()?))
    }
}
