//! A connection to PostgreSQL that falls silent and stays open (a firewall that forgot it, a frozen machine): whoever waits on it is told,
//! and everybody goes on by other connections.

#![allow(clippy::unwrap_used, reason = "a failure here is a failed test")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sql::{Clock, Db, Error};
use testkit::{Engine, Place};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Passes bytes on in both directions. Connections older than the last call of [`Wire::silence`] still take bytes and pass none.
#[derive(Clone, Default)]
struct Wire {
    made: Arc<AtomicUsize>,
    silent_before: Arc<AtomicUsize>,
}

impl Wire {
    async fn start(self, to: String) -> u16 {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            loop {
                let (near, _) = listener.accept().await.unwrap();
                let far = TcpStream::connect(&to).await.unwrap();
                let number = self.made.fetch_add(1, Ordering::SeqCst);
                let (near_read, near_write) = near.into_split();
                let (far_read, far_write) = far.into_split();
                tokio::spawn(pass(near_read, far_write, number, Arc::clone(&self.silent_before)));
                tokio::spawn(pass(far_read, near_write, number, Arc::clone(&self.silent_before)));
            }
        });
        port
    }

    fn silence(&self) {
        self.silent_before.store(self.made.load(Ordering::SeqCst), Ordering::SeqCst);
    }
}

async fn pass(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    number: usize,
    silent_before: Arc<AtomicUsize>,
) {
    let mut bytes = [0; 4096];
    while let Ok(n) = from.read(&mut bytes).await {
        if n == 0 {
            break;
        }
        if number >= silent_before.load(Ordering::SeqCst) && to.write_all(&bytes[..n]).await.is_err() {
            break;
        }
    }
    // A silent connection stays open.
    if number < silent_before.load(Ordering::SeqCst) {
        std::future::pending::<()>().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_falls_silent_stops_nobody_for_long() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(Engine::Postgres, folder.path()).await;
    let (before, rest) = place.address().split_once('@').unwrap();
    let (server, name) = rest.split_once('/').unwrap();
    let wire = Wire::default();
    let port = wire.clone().start(server.to_owned()).await;
    let db = Db::open(&format!("{before}@127.0.0.1:{port}/{name}"), Clock::default()).await.unwrap();
    let db = db.with_patience(Duration::from_secs(1));
    // Eight connections, two of them in the middle of a transaction.
    let mut open = Vec::new();
    for _ in 0..6 {
        open.push(db.read().await.unwrap());
    }
    let (mut asked, committed) = (db.write().await.unwrap(), db.write().await.unwrap());
    drop(open);
    tokio::time::sleep(Duration::from_millis(200)).await;
    wire.silence();
    let begin = Instant::now();
    let told = asked.one("SELECT 1 AS one", &[]).await.unwrap_err();
    assert!(matches!(&told, Error::Other(why) if why.contains("does not answer")), "{told:?}");
    // Not a word that would have it tried again: it may have been done.
    let told = committed.commit().await.unwrap_err();
    assert!(matches!(told, Error::Other(_)), "{told:?}");
    drop(asked);
    // Each of the others may be met once; then all are new.
    let mut failed = 0;
    let mut right = 0;
    while right < 16 {
        let answer = async { db.read().await?.one("SELECT 1 AS one", &[]).await?.get::<i64>("one") };
        match answer.await {
            Ok(1) => right += 1,
            _ => failed += 1,
        }
        assert!(failed <= 8, "a silent connection came back");
    }
    assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
    println!("{failed} questions failed, then {right} were answered, after {:?}", begin.elapsed());
}
