//! A database of its own for each test, gone at its end.

use std::path::Path;

use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// The two engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// A file in the test's folder.
    Sqlite,
    /// A database on the server that `IMPRIMATUR_TEST_POSTGRES` names.
    Postgres,
}

/// The address of an empty database; gone when this is dropped.
#[derive(Debug)]
pub struct Place {
    pub(crate) address: String,
    postgres: Option<(String, String)>,
}

impl Place {
    /// Where a server finds it.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Makes one.
    ///
    /// # Panics
    /// There is no PostgreSQL to make it on.
    pub async fn new(engine: Engine, folder: &Path) -> Self {
        match engine {
            Engine::Sqlite => Self { address: folder.join("farm.db").display().to_string(), postgres: None },
            Engine::Postgres => {
                let server = std::env::var("IMPRIMATUR_TEST_POSTGRES").expect(
                    "no PostgreSQL: run the tests through `make test`, or `scripts/with-postgres.sh cargo test ...`",
                );
                let name = format!("test_{}", uuid::Uuid::new_v4().simple());
                execute(&server, format!("CREATE DATABASE {name}")).await;
                Self { address: beside(&server, &name), postgres: Some((server, name)) }
            }
        }
    }
}

impl Drop for Place {
    /// Also after a failed test; in a thread, because a runtime cannot wait inside of itself.
    fn drop(&mut self) {
        let Some((server, name)) = self.postgres.take() else { return };
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(execute(&server, format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")));
        });
        if dropped.join().is_err() {
            eprintln!("the test's database could not be dropped");
        }
    }
}

async fn execute(server: &str, statement: String) {
    let mut connection = PgConnection::connect(server).await.expect("the server of IMPRIMATUR_TEST_POSTGRES answers");
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await.expect("may make and drop databases");
    connection.close().await.ok();
}

/// The same server, another database: the last part of the path changes.
fn beside(server: &str, name: &str) -> String {
    let (before, query) = server.split_once('?').map_or((server, None), |(before, query)| (before, Some(query)));
    let authority = before.find("://").map_or(0, |at| at + 3);
    let end = before.get(authority..).and_then(|rest| rest.find('/')).map_or(before.len(), |at| authority + at);
    let base = before.get(..end).unwrap_or(before);
    match query {
        Some(query) => format!("{base}/{name}?{query}"),
        None => format!("{base}/{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::beside;

    #[test]
    fn only_the_database_of_an_address_changes() {
        assert_eq!(beside("postgres://me@127.0.0.1:5432/postgres", "x"), "postgres://me@127.0.0.1:5432/x");
        assert_eq!(beside("postgres://me@127.0.0.1:5432", "x"), "postgres://me@127.0.0.1:5432/x");
        assert_eq!(beside("postgres://h/db?sslmode=disable", "x"), "postgres://h/x?sslmode=disable");
    }
}
