//! Who may do what: one of the three files to read first is [`table`].
//!
//! allow = plan has the feature AND the role reaches the action AND the asset is accessible (ROL-02), on every way in.
//! This crate alone loads the facts and alone can make a [`Permit`] or a [`Visible`]; repositories take these instead of
//! a bare id, so a forgotten check does not compile. It changes nothing in the database.

#[cfg(feature = "bench")]
mod bench;
mod decide;
mod facts;
mod groups;
mod permit;
mod projects;
pub mod table;
mod teams;
#[cfg(test)]
mod tests;

#[cfg(feature = "bench")]
#[doc(hidden)]
pub use bench::decision_ns;
pub use decide::{Denial, Failed, Remedy};
pub use facts::Target;
pub use facts::{JobRights, PrinterRights, Who};
pub use groups::PrinterGroupRights;
pub use permit::{Denied, Permit, Principal, Visible, permissions, permit, permit_in, visible, visible_in, why_not};
pub use projects::ProjectRights;
pub use table::{Action, Rule};
pub use teams::TeamRights;
