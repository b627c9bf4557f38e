//! Use cases: what people and the server do. A transaction begins and ends here, and nowhere else.
//!
//! Each use case takes the signed-in person, makes the permit inside its own transaction, calls repositories, commits, and
//! wakes whoever waits for news. It knows no HTTP and no SQL. The dispatcher is [`dispatch`], the third file to read.

mod accounts;
mod config;
pub mod demo;
pub mod dispatch;
mod drivers;
mod error;
mod events;
mod former;
mod invitations;
mod invite_list;
mod letters;
mod mail;
pub mod oauth;
mod organization;
mod passwords;
mod printer_groups;
mod printers;
mod printing;
mod project_files;
mod projects;
mod requests;
mod restored;
mod rights;
mod seal;
mod secrets;
mod teams;
mod tokens;
mod trouble;
mod uploads;
mod words;

use std::sync::Arc;

use domain::OrgId;
use sql_error::is_busy;
use store::Db;

pub use accounts::{FirstRun, Session};
pub use config::{Config, PasswordCost, SignInLimits, TokenRules};
pub use error::Error;
pub use events::News;
pub use invitations::{Invited, JoinLinkNow};
pub use invite_list::{MOST_ROWS, Outcome, Row};
pub use mail::MailOut;
pub use organization::{Effect, PeoplePage, SettingsChange};
pub use printer_groups::PrinterGroupPage;
pub use printers::{TestRequest, Tested};
pub use printing::{BulkItem, BulkResult, JobApprovers, JobRequest, OpenedFile, Target};
pub use project_files::PrintRequest;
pub use projects::{ProjectJobs, ShareRequest, Sharing};
pub use requests::{Answer, Asset, asked_for, page_of};
pub use seal::Seal;
pub use teams::TeamPage;
pub use trouble::Trouble;
pub use uploads::{Progress, Sent};

/// Everything a use case needs. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

struct Parts {
    db: Db,
    blobs: files::BlobStore,
    high_water: files::HighWater,
    config: Config,
    passwords: passwords::Passwords,
    seal: Seal,
    drivers: drivers::Drivers,
    news: events::NewsBoard,
    words: words::Words,
}

impl App {
    /// Puts the parts together.
    #[must_use]
    pub fn new(
        db: Db,
        (blobs, high_water): (files::BlobStore, files::HighWater),
        seal: Seal,
        networks: ::printers::Networks,
        config: Config,
    ) -> Self {
        let passwords = passwords::Passwords::new(config.password_cost);
        let drivers = drivers::Drivers::new(networks, config.printer_timeouts);
        Self(Arc::new(Parts {
            db,
            blobs,
            high_water,
            config,
            passwords,
            seal,
            drivers,
            news: events::NewsBoard::new(),
            words: words::Words::default(),
        }))
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// The database, for the operator's commands and tests.
    #[must_use]
    pub fn db(&self) -> &Db {
        &self.0.db
    }

    pub(crate) fn blobs(&self) -> &files::BlobStore {
        &self.0.blobs
    }

    /// Something has changed in this process: look now instead of at the next tick.
    pub(crate) fn wake(&self) {
        self.0.news.wake();
    }
}

/// The active organization of a signed-in person.
pub(crate) fn principal(me: &store::accounts::SignedIn) -> Result<access::Principal, Error> {
    me.principal().ok_or(Error::NoOrganization)
}

pub(crate) fn org(me: &store::accounts::SignedIn) -> Result<OrgId, Error> {
    principal(me).map(|principal| principal.org)
}

mod sql_error {
    use crate::Error;
    /// Another writer was in the way, or the same new row was written twice at once: the same transaction may succeed now.
    pub(crate) fn is_busy(error: &Error) -> bool {
        matches!(error, Error::Store(store::Error::Db(sql::Error::Busy | sql::Error::Constraint(_))))
    }
}

pub(crate) fn may_retry(error: &Error) -> bool {
    is_busy(error)
}

/// Runs a block in a write transaction and commits; up to five tries when another writer was in the way. Only after the
/// commit is anything answered or woken. A step of the protocol may be named: then there are fail points around its commit.
macro_rules! write {
    ($app:expr, $step:ident, |$tx:ident| $body:expr) => {
        $crate::write!(@ $app, $tx, $body, fail_point::fail_point!($step, Uncommitted), fail_point::fail_point!($step, After))
    };
    ($app:expr, |$tx:ident| $body:expr) => {
        $crate::write!(@ $app, $tx, $body, (), ())
    };
    (@ $app:expr, $tx:ident, $body:expr, $uncommitted:expr, $after:expr) => {{
        let app: &$crate::App = $app;
        let mut tries = 0;
        loop {
            let mut $tx = app.db().write().await.map_err(store::Error::from)?;
            let done: Result<_, $crate::Error> = async { $body }.await;
            let done = match done {
                Ok(value) => {
                    $uncommitted;
                    match $tx.commit().await {
                        Ok(()) => {
                            $after;
                            Ok(value)
                        }
                        Err(error) => Err($crate::Error::from(store::Error::from(error))),
                    }
                }
                Err(error) => Err(error),
            };
            match done {
                Ok(value) => {
                    app.wake();
                    break Ok(value);
                }
                Err(error) if tries < 4 && $crate::may_retry(&error) => tries += 1,
                Err(error) => break Err(error),
            }
        }
    }};
}
pub(crate) use write;

/// A connection for reading.
macro_rules! read {
    ($app:expr) => {
        $app.db().read().await.map_err(store::Error::from)?
    };
}
pub(crate) use read;
