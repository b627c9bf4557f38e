//! Typed ids: a printer's id cannot be given where a job's is wanted.

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub uuid::Uuid);
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { self.0.fmt(f) }
        }
        impl From<uuid::Uuid> for $name { fn from(id: uuid::Uuid) -> Self { Self(id) } }
    )+};
}

ids! {
    /// A person's account, across organizations.
    AccountId,
    /// An organization.
    OrgId,
    /// A team of an organization.
    TeamId,
    /// A printer.
    PrinterId,
    /// Equal printers as one target.
    PrinterGroupId,
    /// A library project.
    ProjectId,
    /// A print job.
    JobId,
    /// A stored print file.
    FileId,
    /// A file of a library project, with all its versions.
    ProjectFileId,
    /// Bytes on their way.
    UploadId,
    /// A signed-in browser.
    SessionId,
    /// A one-time invitation.
    InvitationId,
    /// An API token.
    TokenId,
    /// A registered application of others.
    ClientId,
    /// What a person let an application do.
    GrantId,
    /// One run of a printer: what "plate is clear" refers to.
    RunId,
}
