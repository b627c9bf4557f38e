//! Opens the database by its address: a file path is SQLite, `postgres://...` is PostgreSQL.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::Connection;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};

use crate::conn::Inner;
use crate::patience::Patience;
use crate::{Clock, Conn, Error, Gate, Tx, migrate};

/// The two engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EngineName {
    /// Embedded, one process.
    Sqlite,
    /// A server, many processes.
    Postgres,
}

#[derive(Clone)]
enum Engine {
    Sqlite { read: SqlitePool, write: SqlitePool, _only_process: Option<Arc<File>> },
    Postgres(PgPool),
}

/// A database.
#[derive(Clone)]
pub struct Db {
    engine: Engine,
    clock: Clock,
    gate: Option<Gate>,
    patience: Patience,
}

impl Db {
    /// Opens a database to look into it, also while servers use it: nothing is made, brought up to date or written.
    ///
    /// # Errors
    /// [`Error::Open`]: it is not there, or another version wrote it.
    pub async fn open_to_read(address: &str, clock: Clock) -> Result<Self, Error> {
        let patience = Patience::default();
        let engine = match place(address) {
            Place::Postgres => postgres(address, &patience).await?,
            Place::Sqlite(path) => sqlite_to_read(path).await?,
        };
        let db = Self { engine, clock, gate: None, patience };
        migrate::is_current(&db).await?;
        Ok(db)
    }

    /// Opens (for SQLite also creates) the database and brings its tables up to date.
    ///
    /// # Errors
    /// [`Error::Open`] with a sentence for the operator, among others when another process has the SQLite file.
    pub async fn open(address: &str, clock: Clock) -> Result<Self, Error> {
        let patience = Patience::default();
        let engine = match place(address) {
            Place::Postgres => postgres(address, &patience).await?,
            Place::Sqlite(path) => sqlite(path).await?,
        };
        let db = Self { engine, clock, gate: None, patience };
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

    /// The same database with a gate in front of its commits; for tests.
    #[must_use]
    pub fn with_gate(self, gate: Gate) -> Self {
        Self { gate: Some(gate), ..self }
    }

    /// The same database, whose answers are waited for no longer than this; for tests.
    #[must_use]
    pub fn with_patience(self, longest: Duration) -> Self {
        Self { patience: self.patience.of(longest), ..self }
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
            Engine::Postgres(pool) => Inner::PgRead(self.patience.wait(pool.acquire()).await?),
        };
        Ok(Conn::new(inner, self.clock.clone(), self.patience.clone()))
    }

    /// A connection that reads one moment only, however many queries it asks: for checks that compare tables while servers
    /// write.
    ///
    /// # Errors
    /// No connection within the time limit.
    pub async fn snapshot(&self) -> Result<Conn, Error> {
        let inner = match &self.engine {
            // The first query fixes the moment (WAL).
            Engine::Sqlite { read, .. } => Inner::SqliteTx(read.begin_with("BEGIN DEFERRED").await?),
            Engine::Postgres(pool) => {
                let mut moment = pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
                // Whoever checks may look at files in between for long.
                sqlx::query("SET LOCAL idle_in_transaction_session_timeout = 0").execute(&mut *moment).await?;
                Inner::PgTx(moment)
            }
        };
        Ok(Conn::new(inner, self.clock.clone(), self.patience.clone()))
    }

    /// A transaction to write with. Keep it short; no network call inside.
    ///
    /// # Errors
    /// No connection within the time limit.
    pub async fn write(&self) -> Result<Tx, Error> {
        let inner = match &self.engine {
            // IMMEDIATE: a deferred transaction that reads first and writes later fails under load (dispatch.md 2.7).
            Engine::Sqlite { write, .. } => Inner::SqliteTx(write.begin_with("BEGIN IMMEDIATE").await?),
            Engine::Postgres(pool) => Inner::PgTx(self.patience.wait(pool.begin()).await?),
        };
        Ok(Tx::new(Conn::new(inner, self.clock.clone(), self.patience.clone()), self.gate.clone()))
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

enum Place<'a> {
    Sqlite(&'a Path),
    Postgres,
}

fn place(address: &str) -> Place<'_> {
    if address.starts_with("postgres://") || address.starts_with("postgresql://") {
        Place::Postgres
    } else {
        Place::Sqlite(Path::new(address.strip_prefix("sqlite:").unwrap_or(address)))
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
            // There is no network that could have gone away.
            .test_before_acquire(false)
            // On a full disk SQLite rolls back by itself, and the driver then still counts a transaction: such a
            // connection would refuse every later one. It is closed, and a fresh one takes its place.
            .before_acquire(|conn, _| Box::pin(async move { Ok(!conn.is_in_transaction()) }))
    };
    let write = pool(1).connect_with(options.clone()).await?;
    // The plates of a thousand printers and their print jobs lie on more pages than the 2 MB that SQLite keeps by itself.
    let reading = options.read_only(true).create_if_missing(false).pragma("cache_size", "-8000");
    let read = pool(4).connect_with(reading).await?;
    Ok(Engine::Sqlite { read, write, _only_process: Some(Arc::new(lock)) })
}

/// Reading does not disturb the one process that writes (WAL), so it needs no lock; nothing can be written.
async fn sqlite_to_read(path: &Path) -> Result<Engine, Error> {
    let options = SqliteConnectOptions::new().filename(path).read_only(true).busy_timeout(Duration::from_secs(20));
    let pool = SqlitePoolOptions::new().max_connections(2).connect_with(options).await;
    let read = pool.map_err(|e| Error::Open(format!("cannot read {}: {e}", path.display())))?;
    Ok(Engine::Sqlite { write: read.clone(), read, _only_process: None })
}

async fn postgres(address: &str, patience: &Patience) -> Result<Engine, Error> {
    let patience = patience.clone();
    let options = PgConnectOptions::from_str(address)
        .map_err(|e| Error::Open(format!("the PostgreSQL address cannot be read: {e}")))?
        .application_name("imprimatur")
        // More than there are statements: one that is forgotten would be planned again.
        .statement_cache_capacity(512)
        // Compiling a statement takes seconds where a list takes milliseconds; the planner's guess of its cost can be far off.
        // Planning a list's statement takes three times as long as running it, and values do not change how it is to be run:
        // every text begins with an index that bounds it (docs/performance.md). So each is planned once a connection.
        .options([
            ("synchronous_commit", "on"),
            ("lock_timeout", "20000"),
            // A process that was frozen in the middle of a transaction, or cut off, gives its locks back.
            ("idle_in_transaction_session_timeout", "120000"),
            ("tcp_keepalives_idle", "60"),
            ("tcp_keepalives_interval", "10"),
            ("tcp_keepalives_count", "3"),
            ("jit", "off"),
            ("plan_cache_mode", "force_generic_plan"),
            // What is asked often is in memory, where one row costs what its neighbour costs. By the default, made for disks that
            // turn, a table of a thousand printers was read whole for each team of a page.
            ("random_page_cost", "1.1"),
        ]);
    let pool = PgPoolOptions::new()
        .max_connections(8)
        .acquire_timeout(Duration::from_secs(20))
        // Whether a connection still lives is asked after a pause only: for each request it would be a message there and back.
        .test_before_acquire(false)
        .before_acquire({
            let patience = patience.clone();
            move |connection, known| {
                let patience = patience.clone();
                Box::pin(
                    async move { Ok(known.idle_for < Duration::from_secs(2) || patience.answers(connection).await) },
                )
            }
        })
        .after_release(move |connection, _| {
            let patience = patience.clone();
            Box::pin(async move { patience.lives(connection).await })
        })
        .connect_with(options)
        .await
        .map_err(|e| Error::Open(format!("cannot connect to PostgreSQL: {e}")))?;
    Ok(Engine::Postgres(pool))
}
