//! The one error of the use cases.

use access::{Denial, Denied};

/// Why a use case refused. Nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No valid session.
    #[error("not signed in")]
    NotSignedIn,
    /// The account is in no organization (ACC-04).
    #[error("You are not in an organization yet. Ask an Admin for an invitation.")]
    NoOrganization,
    /// The password must be given again first.
    #[error("For this step, give your password again.")]
    PasswordNeeded,
    /// No token may do this: the person's own browser is needed.
    #[error("A token may not do this. Sign in with a browser.")]
    BrowserNeeded,
    /// The token does not live (any more), or never did.
    #[error("This token is not valid: it was revoked, has expired, or is not complete. Make a new one in the browser.")]
    InvalidToken,
    /// The token lacks the scope for this.
    #[error("This token lacks the scope \u{201c}{}\u{201d}. Make a token that has it.", .0.word())]
    Scope(domain::Scope),
    /// E-mail address or password is wrong; which one is not said.
    #[error("E-mail address or password is wrong.")]
    WrongPassword,
    /// Somebody who is signed in gave another password than their own.
    #[error("That is not your password. Nothing was changed.")]
    WrongOwnPassword,
    /// Too many failed tries; seconds to wait.
    #[error("Too many failed tries. Try again in {0} seconds.")]
    TooMany(i64),
    /// Not there, or not for this person.
    #[error("not found")]
    NotFound,
    /// A no with its reason (ROL-02).
    #[error("{}", .0.why)]
    Denied(Denial),
    /// Input that cannot be used: the field, and a sentence that says what to do.
    #[error("{1}")]
    Invalid(&'static str, String),
    /// A repository refused.
    #[error(transparent)]
    Store(store::Error),
    /// The bytes.
    #[error(transparent)]
    File(#[from] files::FileError),
    /// The content of an upload is not printable.
    #[error(transparent)]
    NotPrintable(#[from] inspect::NotPrintable),
    /// Larger than the configured limit, in bytes.
    #[error("The file is larger than the limit of {} MB.", .0 / 1_000_000)]
    TooLarge(u64),
    /// A printer could not be asked.
    #[error(transparent)]
    Printer(#[from] ::printers::Fault),
    /// A fault of ours; the text is for the log only.
    #[error("{0}")]
    Internal(String),
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::NotFound => Self::NotFound,
            other => Self::Store(other),
        }
    }
}

impl From<Denied> for Error {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Hidden => Self::NotFound,
            Denied::Denied(denial) => Self::Denied(denial),
            Denied::Db(error) => Self::Store(error.into()),
        }
    }
}

impl Error {
    pub(crate) fn label(field: &'static str, error: domain::NameError) -> Self {
        Self::Invalid(field, error.to_string())
    }
}
