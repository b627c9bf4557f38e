//! How long an answer of PostgreSQL is waited for. A connection can fall silent and stay open: behind a firewall that forgot it, or a machine
//! that was frozen. Whoever waits on it would wait for ever, and the dispatcher with them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sqlx::postgres::PgConnection;
use sqlx::{Connection, Error as DriverError};

use crate::Error;

/// Longer than any statement of ours takes, and than the 20 seconds that a lock is waited for.
const LONGEST: Duration = Duration::from_secs(60);
/// How long a connection that comes back has to answer, once one fell silent.
const ANSWER: Duration = Duration::from_secs(5);

/// Waits for answers, and knows whether one never came. Clones know it of each other.
#[derive(Debug, Clone)]
pub(crate) struct Patience {
    longest: Duration,
    was_silent: Arc<AtomicBool>,
}

impl Default for Patience {
    fn default() -> Self {
        Self { longest: LONGEST, was_silent: Arc::default() }
    }
}

impl Patience {
    /// The same with another limit; for tests.
    pub(crate) fn of(self, longest: Duration) -> Self {
        Self { longest, ..self }
    }

    /// The answer, if it comes in time. What did not come may have been done: a commit that is given up counts as unknown, and is
    /// nothing that is tried again by itself.
    pub(crate) async fn wait<T>(&self, asked: impl Future<Output = Result<T, DriverError>>) -> Result<T, Error> {
        match tokio::time::timeout(self.longest, asked).await {
            Ok(answer) => Ok(answer?),
            Err(_) => {
                self.was_silent.store(true, Ordering::Relaxed);
                Err(Error::Other("the database does not answer".into()))
            }
        }
    }

    /// Whether a connection that nobody used for a while still lives.
    pub(crate) async fn answers(&self, connection: &mut PgConnection) -> bool {
        tokio::time::timeout(ANSWER.min(self.longest), connection.ping()).await.is_ok_and(|answer| answer.is_ok())
    }

    /// Whether a connection may go back to the pool, which would ask it without a limit. Asked only when one fell silent before.
    pub(crate) async fn lives(&self, connection: &mut PgConnection) -> Result<bool, DriverError> {
        if !self.was_silent.load(Ordering::Relaxed) {
            return Ok(true);
        }
        match tokio::time::timeout(ANSWER.min(self.longest), connection.ping()).await {
            Ok(answer) => answer.map(|()| true),
            // An error closes it at once: it would not answer a farewell either.
            Err(_) => Err(DriverError::PoolTimedOut),
        }
    }
}
