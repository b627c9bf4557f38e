//! Connections and transactions. No statement lives here; no engine shows outside.

use std::ops::{Deref, DerefMut};

use domain::Micros;
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgConnection;
use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Postgres, Sqlite, Transaction};

use crate::patience::Patience;
use crate::{Clock, EngineName, Error, Gate, Row, Val};

pub(crate) enum Inner {
    SqliteRead(PoolConnection<Sqlite>),
    SqliteTx(Transaction<'static, Sqlite>),
    PgRead(PoolConnection<Postgres>),
    PgTx(Transaction<'static, Postgres>),
}

enum Raw<'c> {
    Sqlite(&'c mut SqliteConnection),
    Pg(&'c mut PgConnection),
}

/// Something that can be asked.
pub struct Conn {
    inner: Inner,
    clock: Clock,
    patience: Patience,
}

// Microseconds since 1970, of the moment and not of the transaction's beginning.
macro_rules! pg_now {
    () => {
        "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)"
    };
}

macro_rules! bind {
    ($query:expr, $params:expr) => {{
        let mut query = $query;
        for value in $params {
            query = match value.clone() {
                Val::Int(v) => query.bind(v),
                Val::Text(v) => query.bind(v),
                Val::Uuid(v) => query.bind(v),
                Val::Bytes(v) => query.bind(v),
            };
        }
        query
    }};
}

impl Conn {
    pub(crate) fn new(inner: Inner, clock: Clock, patience: Patience) -> Self {
        Self { inner, clock, patience }
    }

    /// Which engine answers; for the few statements whose plans differ.
    #[must_use]
    pub fn engine(&self) -> EngineName {
        match self.inner {
            Inner::SqliteRead(_) | Inner::SqliteTx(_) => EngineName::Sqlite,
            Inner::PgRead(_) | Inner::PgTx(_) => EngineName::Postgres,
        }
    }

    fn raw(&mut self) -> Raw<'_> {
        match &mut self.inner {
            Inner::SqliteRead(c) => Raw::Sqlite(c),
            Inner::SqliteTx(c) => Raw::Sqlite(c),
            Inner::PgRead(c) => Raw::Pg(c),
            Inner::PgTx(c) => Raw::Pg(c),
        }
    }

    /// The database's time, read now. All rules about time use this and nothing else.
    ///
    /// # Errors
    /// The database did not answer.
    pub async fn now(&mut self) -> Result<Micros, Error> {
        if let Some(fixed) = self.clock.fixed() {
            return Ok(fixed);
        }
        match self.engine() {
            EngineName::Sqlite => Ok(Clock::system()),
            EngineName::Postgres => self.one(concat!("SELECT ", pg_now!(), " AS now"), &[]).await?.get("now"),
        }
    }

    /// The same time, of a statement that reads `{now} AS now` besides: it saves the message of [`Conn::now`] to PostgreSQL.
    ///
    /// # Errors
    /// [`Error::Column`]: the statement does not.
    pub fn now_of(&self, row: &Row) -> Result<Micros, Error> {
        match (self.clock.fixed(), self.engine()) {
            (Some(fixed), _) => Ok(fixed),
            (None, EngineName::Sqlite) => Ok(Clock::system()),
            (None, EngineName::Postgres) => row.get("now"),
        }
    }

    /// All rows.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn all(&mut self, sql: &'static str, params: &[Val]) -> Result<Vec<Row>, Error> {
        let (text, patience) = (spell(sql, self.engine()), self.patience.clone());
        Ok(match self.raw() {
            Raw::Sqlite(c) => {
                let rows = bind!(sqlx::query(AssertSqlSafe(text)), params).fetch_all(c).await?;
                rows.into_iter().map(Row::Sqlite).collect()
            }
            Raw::Pg(c) => {
                let rows = patience.wait(bind!(sqlx::query(AssertSqlSafe(text)), params).fetch_all(c)).await?;
                rows.into_iter().map(Row::Postgres).collect()
            }
        })
    }

    /// One row or none.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn opt(&mut self, sql: &'static str, params: &[Val]) -> Result<Option<Row>, Error> {
        let (text, patience) = (spell(sql, self.engine()), self.patience.clone());
        Ok(match self.raw() {
            Raw::Sqlite(c) => bind!(sqlx::query(AssertSqlSafe(text)), params).fetch_optional(c).await?.map(Row::Sqlite),
            Raw::Pg(c) => patience
                .wait(bind!(sqlx::query(AssertSqlSafe(text)), params).fetch_optional(c))
                .await?
                .map(Row::Postgres),
        })
    }

    /// The row that must be there.
    ///
    /// # Errors
    /// [`Error::NoRow`] if it is not.
    pub async fn one(&mut self, sql: &'static str, params: &[Val]) -> Result<Row, Error> {
        self.opt(sql, params).await?.ok_or(Error::NoRow)
    }
}

/// A transaction that may write. Dropped without [`Tx::commit`], it changes nothing.
pub struct Tx(Conn, Option<Gate>);

impl Tx {
    pub(crate) fn new(conn: Conn, gate: Option<Gate>) -> Self {
        Self(conn, gate)
    }

    /// Runs a statement; the number of rows it changed.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn exec(&mut self, sql: &'static str, params: &[Val]) -> Result<u64, Error> {
        let (text, patience) = (spell(sql, self.0.engine()), self.0.patience.clone());
        Ok(match self.0.raw() {
            Raw::Sqlite(c) => bind!(sqlx::query(AssertSqlSafe(text)), params).execute(c).await?.rows_affected(),
            Raw::Pg(c) => {
                patience.wait(bind!(sqlx::query(AssertSqlSafe(text)), params).execute(c)).await?.rows_affected()
            }
        })
    }

    /// Runs several statements without parameters (migrations).
    pub(crate) async fn script(&mut self, text: String) -> Result<(), Error> {
        match self.0.raw() {
            Raw::Sqlite(c) => sqlx::raw_sql(AssertSqlSafe(text)).execute(c).await.map(drop)?,
            Raw::Pg(c) => sqlx::raw_sql(AssertSqlSafe(text)).execute(c).await.map(drop)?,
        }
        Ok(())
    }

    /// Makes it durable. Only after `Ok` may anybody be told "done".
    ///
    /// # Errors
    /// See [`Error`]; then nothing has changed (or, if the connection broke during the commit, it is unknown).
    pub async fn commit(self) -> Result<(), Error> {
        if let Some(gate) = &self.1 {
            gate.pass().await;
        }
        match self.0.inner {
            Inner::SqliteTx(tx) => tx.commit().await?,
            Inner::PgTx(tx) => self.0.patience.wait(tx.commit()).await?,
            Inner::SqliteRead(_) | Inner::PgRead(_) => {}
        }
        Ok(())
    }
}

impl Deref for Tx {
    type Target = Conn;
    fn deref(&self) -> &Conn {
        &self.0
    }
}
impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.0
    }
}

/// Replaces the tokens in braces by the engine's words.
pub(crate) fn spell(sql: &'static str, engine: EngineName) -> String {
    if !sql.contains('{') {
        return sql.to_owned();
    }
    let words: [(&str, &str); 7] = match engine {
        EngineName::Sqlite => [
            ("{for_update}", ""),
            ("{for_share}", ""),
            ("{skip_locked}", ""),
            ("{uuid}", "BLOB"),
            ("{bytes}", "BLOB"),
            ("{escape}", "ESCAPE '\\'"),
            // The clock is in this process.
            ("{now}", "NULL"),
        ],
        EngineName::Postgres => [
            ("{for_update}", "FOR UPDATE"),
            ("{for_share}", "FOR SHARE"),
            ("{skip_locked}", "FOR UPDATE SKIP LOCKED"),
            ("{uuid}", "UUID"),
            ("{bytes}", "BYTEA"),
            // The backslash is its own way; told to, it would prepare the pattern again for each row.
            ("{escape}", ""),
            ("{now}", pg_now!()),
        ],
    };
    id_lists(&words.into_iter().fold(sql.to_owned(), |text, (token, word)| text.replace(token, word)), engine)
}

/// `{ids:$3}` stands for the rows (column `id`) of the list that [`Val::ids`] made of parameter `$3`.
fn id_lists(text: &str, engine: EngineName) -> String {
    let (before, after) = match engine {
        EngineName::Sqlite => ("(SELECT unhex(value) AS id FROM json_each(", "))"),
        EngineName::Postgres => {
            // An array, because of one the planner expects ten rows. Of a hundred it would read whole tables and join them.
            ("(SELECT list.id FROM unnest(CAST(translate(", ", '[]\"', '{}') AS UUID[])) AS list (id))")
        }
    };
    let mut parts = text.split("{ids:");
    let mut spelled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (parameter, rest) = part.split_once('}').unwrap_or((part, ""));
        for piece in [before, parameter, after, rest] {
            spelled.push_str(piece);
        }
    }
    spelled
}
