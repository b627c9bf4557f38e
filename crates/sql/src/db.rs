//! Opens the database by its address: a file path is SQLite, `postgres://...` is PostgreSQL.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use domain::Micros;
use sqlx::Connection;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};

use crate::conn::Inner;
use crate::{Conn, Error, Tx, migrate};

/// The two engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EngineName {
    /// Embedded, one process.
    Sqlite,
    /// A server, many processes.
    Postgres,
}

/// Where time comes from: the database, or a test that turns the hands.
#[derive(Debug, Clone, Default)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// A clock that stands still until a test moves it.
    #[must_use]
    pub fn fake(start: Micros) -> Self {
        Self(Some(Arc::new(AtomicI64::new(start.0))))
    }
    /// Moves a fake clock; does nothing to the real one.
    pub fn advance(&self, by: Duration) {
        if let Some(now) = &self.0 {
            now.fetch_add(i64::try_from(by.as_micros()).unwrap_or(i64::MAX), Ordering::SeqCst);
        }
    }
    pub(crate) fn fixed(&self) -> Option<Micros> {
        self.0.as_ref().map(|now| Micros(now.load(Ordering::SeqCst)))
    }
    /// The operating system's time: SQLite's clock is its process's clock.
    #[expect(clippy::disallowed_methods, reason = "this is where SQLite's clock is read")]
    pub(crate) fn system() -> Micros {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

#[derive(Clone)]
enum Engine {
    Sqlite { read: SqlitePool, write: SqlitePool, _only_process: Arc<File> },
    Postgres(PgPool),
}

/// A database.
#[derive(Clone)]
pub struct Db {
    engine: Engine,
    clock: Clock,
}

impl Db {
    /// Opens (for SQLite also creates) the database and brings its tables up to date.
    ///
    /// # Errors
    /// [`Error::Open`] with a sentence for the operator, among others when another process has the SQLite file.
    pub async fn open(address: &str, clock: Clock) -> Result<Self, Error> {
        let engine = if address.starts_with("postgres://") || address.starts_with("postgresql://") {
            postgres(address).await?
        } else {
            sqlite(Path::new(address.strip_prefix("sqlite:").unwrap_or(address))).await?
        };
        let db = Self { engine, clock };
        let mut tries = 0;
        loop {
            match migrate::run(&db).await {
                // Two processes that start first at the same time may both want to make the first table.
                Err(Error::Constraint(_) | Error::Busy) if tries < 5 => {
                    tries += 1;
                    tokio::time::sleep(Duration::from_millis(300)).await;
                }
                done => return done.map(|()| db),
            }
        }
    }

    /// Which engine this is.
    #[must_use]
    pub fn engine(&self) -> EngineName {
        match self.engine {
            Engine::Sqlite { .. } => EngineName::Sqlite,
            Engine::Postgres(_) => EngineName::Postgres,
        }
    }

    /// A connection to read with.
    ///
    /// # Errors
    /// No connection within the time limit.
    pub async fn read(&self) -> Result<Conn, Error> {
        let inner = match &self.engine {
            Engine::Sqlite { read, .. } => Inner::SqliteRead(read.acquire().await?),
            Engine::Postgres(pool) => Inner::PgRead(pool.acquire().await?),
        };
        Ok(Conn::new(inner, self.clock.clone()))
    }

    /// A transaction to write with. Keep it short; no network call inside.
    ///
    /// # Errors
    /// No connection within the time limit.
    pub async fn write(&self) -> Result<Tx, Error> {
        let inner = match &self.engine {
            // IMMEDIATE: a deferred transaction that reads first and writes later fails under load (dispatch.md 2.7).
            Engine::Sqlite { write, .. } => Inner::SqliteTx(write.begin_with("BEGIN IMMEDIATE").await?),
            Engine::Postgres(pool) => Inner::PgTx(pool.begin().await?),
        };
        Ok(Tx::new(Conn::new(inner, self.clock.clone())))
    }

    /// Closes all connections.
    pub async fn close(&self) {
        match &self.engine {
            Engine::Sqlite { read, write, .. } => {
                read.close().await;
                write.close().await;
            }
            Engine::Postgres(pool) => pool.close().await,
        }
    }
}

async fn sqlite(path: &Path) -> Result<Engine, Error> {
    let open = |text: String| Error::Open(text);
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)
            .map_err(|e| open(format!("cannot create the folder {}: {e}", folder.display())))?;
    }
    let mut lock_path = PathBuf::from(path).into_os_string();
    lock_path.push(".lock");
    let lock = File::options()
        .create(true)
        .write(true)
        .truncate(false)
        .open(&lock_path)
        .map_err(|e| open(format!("cannot open {}: {e}", path.display())))?;
    lock.try_lock().map_err(|_| {
        open(format!(
            "{} is in use by another server process. SQLite serves one process; for several use --database postgres://...",
            path.display()
        ))
    })?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(20))
        .statement_cache_capacity(256);
    let pool = |n| {
        SqlitePoolOptions::new()
            .max_connections(n)
            .acquire_timeout(Duration::from_secs(20))
            // On a full disk SQLite rolls back by itself, and the driver then still counts a transaction: such a
            // connection would refuse every later one. It is closed, and a fresh one takes its place.
            .before_acquire(|conn, _| Box::pin(async move { Ok(!conn.is_in_transaction()) }))
    };
    let write = pool(1).connect_with(options.clone()).await?;
    let read = pool(4).connect_with(options.read_only(true).create_if_missing(false)).await?;
    Ok(Engine::Sqlite { read, write, _only_process: Arc::new(lock) })
}

async fn postgres(address: &str) -> Result<Engine, Error> {
    let options = PgConnectOptions::from_str(address)
        .map_err(|e| Error::Open(format!("the PostgreSQL address cannot be read: {e}")))?
        .application_name("imprimatur")
        // Compiling a statement takes seconds where a list takes milliseconds; the planner's guess of its cost can be far off.
        .options([("synchronous_commit", "on"), ("lock_timeout", "20000"), ("jit", "off")]);
    let pool = PgPoolOptions::new()
        .max_connections(8)
        .acquire_timeout(Duration::from_secs(20))
        .connect_with(options)
        .await
        .map_err(|e| Error::Open(format!("cannot connect to PostgreSQL: {e}")))?;
    Ok(Engine::Postgres(pool))
}
