//! What S2 rests on (dispatch.md, A2): a commit is on the disk before it is answered. Each connection says so of itself,
//! whatever the database's own settings are.

#![allow(clippy::unwrap_used, reason = "a failure here is a failed test")]

use sql::{Clock, Db};
use sqlx::{Connection, PgConnection, Row};
use testkit::{Engine, Place};

#[tokio::test]
async fn s2_a_commit_of_sqlite_is_flushed() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(Engine::Sqlite, folder.path()).await;
    let db = Db::open(place.address(), Clock::default()).await.unwrap();
    let mut tx = db.write().await.unwrap();
    let synchronous: i64 = tx.one("PRAGMA synchronous", &[]).await.unwrap().get("synchronous").unwrap();
    assert_eq!(synchronous, 2, "FULL: the log is flushed at each commit");
    let journal: String = tx.one("PRAGMA journal_mode", &[]).await.unwrap().get("journal_mode").unwrap();
    assert_eq!(journal, "wal");
}

#[tokio::test]
async fn s2_a_commit_of_postgres_is_flushed_whatever_the_server_would_do() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(Engine::Postgres, folder.path()).await;
    let mut plain = PgConnection::connect(place.address()).await.unwrap();
    let off =
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$";
    sqlx::raw_sql(off).execute(&mut plain).await.unwrap();
    plain.close().await.unwrap();
    let mut plain = PgConnection::connect(place.address()).await.unwrap();
    let default: String = sqlx::query("SHOW synchronous_commit").fetch_one(&mut plain).await.unwrap().get(0);
    plain.close().await.unwrap();
    assert_eq!(default, "off", "else this test would show nothing");
    let db = Db::open(place.address(), Clock::default()).await.unwrap();
    let mut tx = db.write().await.unwrap();
    let ours: String = tx.one("SHOW synchronous_commit", &[]).await.unwrap().get("synchronous_commit").unwrap();
    assert_eq!(ours, "on");
}
