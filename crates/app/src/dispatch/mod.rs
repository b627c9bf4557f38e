//! The dispatcher: one of the three files to read first (with the permission table and the job states).
//!
//! It takes authorized jobs to printers, each exactly once. Every step is one transaction of `store::dispatch`, or one call
//! to a printer, never both; the order of the steps is the protocol D1 to D7 and R1 to R3 (docs/dispatch.md). Any process
//! may run it, several at once: a job belongs to whoever holds its token.
//!
//! - this file: looks for work, moves jobs of printer groups to free printers, starts one worker a job, takes over jobs whose
//!   worker is gone
//! - `worker.rs`: the protocol itself
//! - `recovery.rs`: fence, read, decide
//! - `port.rs`: the only place that sends a start
//! - `watcher.rs`: looks at printers that are not printing for us

mod heart;
mod port;
mod recovery;
mod watcher;
mod worker;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use domain::{JobId, PrinterId};
use fail_point::fail_point;
use store::dispatch::{self as rows, Server, Ticket};
use store::printer_groups;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::{App, Error, read};

/// Runs until the process ends or `stop` turns true; workers in the middle of a step simply stop, as at a crash.
///
/// # Errors
/// The database cannot be reached at the start.
pub async fn run(app: App, mut stop: watch::Receiver<bool>) -> Result<(), Error> {
    let lease_ms = i64::try_from(app.config().lease.as_millis()).unwrap_or(30_000);
    let server = rows::boot(app.db(), lease_ms).await?;
    let dispatcher = Dispatcher { app: app.clone(), server, working: Arc::default() };
    let mut workers = JoinSet::new();
    let mut news = app.0.news.changes();
    tokio::select! {
        _ = stop.wait_for(|stop| *stop) => {}
        () = watcher::run(&app) => {}
        () = async {
            loop {
                if let Err(error) = dispatcher.look_for_work(&mut workers).await {
                    tracing::warn!(%error, "looking for work");
                }
                while workers.try_join_next().is_some() {}
                let tick = tokio::time::sleep(app.config().tick);
                tokio::select! { () = tick => {}, _ = news.changed() => {} }
            }
        } => {}
    }
    workers.shutdown().await;
    Ok(())
}

struct Dispatcher {
    app: App,
    server: Server,
    /// Jobs that a worker of this process has now.
    working: Arc<Mutex<HashSet<JobId>>>,
}

impl Dispatcher {
    async fn look_for_work(&self, workers: &mut JoinSet<()>) -> Result<(), Error> {
        let app = &self.app;
        let (orphans, movable) = {
            let mut conn = read!(app);
            (rows::orphans(&mut conn, &self.server).await?, printer_groups::movable(&mut conn).await?)
        };
        for id in orphans {
            if self.is_working(id) {
                continue; // our own worker lives; its heartbeat was only late
            }
            if let Some(ticket) = self.take_over(id).await? {
                tracing::info!(job = ticket.number(), state = ticket.job().state.word(), "taking over");
                self.start(workers, ticket);
            }
        }
        self.spread(movable).await?;
        let candidates = {
            let mut conn = read!(app);
            rows::candidates(&mut conn).await?
        };
        for id in candidates {
            if self.is_working(id) {
                continue;
            }
            if let Some(ticket) = self.claim(id).await? {
                self.start(workers, ticket);
            }
        }
        Ok(())
    }

    /// Moves queued jobs of groups to printers that are free, before they are claimed there: one job a printer.
    async fn spread(&self, movable: Vec<(JobId, PrinterId)>) -> Result<(), Error> {
        let (mut moved, mut taken) = (HashSet::new(), HashSet::new());
        for (id, printer) in movable {
            if moved.contains(&id) || taken.contains(&printer) {
                continue;
            }
            fail_point!(Assign, Before);
            let mut tx = self.app.db().write().await.map_err(store::Error::from)?;
            if printer_groups::assign(&mut tx, id, printer).await? {
                fail_point!(Assign, Uncommitted);
                tx.commit().await.map_err(store::Error::from)?;
                fail_point!(Assign, After);
                moved.insert(id);
                taken.insert(printer);
                self.app.wake();
            }
        }
        Ok(())
    }

    // Not through `write!`: a claim that another server won is no news, and must not wake this very loop again.

    /// D1.
    async fn claim(&self, id: JobId) -> Result<Option<Ticket>, Error> {
        fail_point!(Claim, Before);
        let mut tx = self.app.db().write().await.map_err(store::Error::from)?;
        let ticket = rows::claim(&mut tx, &self.server, id).await?;
        fail_point!(Claim, Uncommitted);
        tx.commit().await.map_err(store::Error::from)?;
        fail_point!(Claim, After);
        Ok(ticket)
    }

    async fn take_over(&self, id: JobId) -> Result<Option<Ticket>, Error> {
        fail_point!(TakeOver, Before);
        let mut tx = self.app.db().write().await.map_err(store::Error::from)?;
        let ticket = rows::take_over(&mut tx, &self.server, id).await?;
        fail_point!(TakeOver, Uncommitted);
        tx.commit().await.map_err(store::Error::from)?;
        fail_point!(TakeOver, After);
        Ok(ticket)
    }

    fn is_working(&self, id: JobId) -> bool {
        self.working.lock().unwrap_or_else(PoisonError::into_inner).contains(&id)
    }

    fn start(&self, workers: &mut JoinSet<()>, ticket: Ticket) {
        let id = ticket.job().id;
        self.working.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        let (app, server) = (self.app.clone(), self.server);
        let at_work = AtWork { id, working: Arc::clone(&self.working) };
        app.wake();
        workers.spawn(async move {
            let at_work = at_work;
            let number = ticket.number();
            if let Err(error) = worker::work(&app, server, ticket).await {
                // The lease runs out and the job is taken over; nothing is lost by stopping here.
                tracing::warn!(job = number, %error, "worker stopped");
            }
            drop(at_work);
            app.wake();
        });
    }
}

/// A job that a worker of this process has; ends with the worker, however that ends.
struct AtWork {
    id: JobId,
    working: Arc<Mutex<HashSet<JobId>>>,
}

impl Drop for AtWork {
    fn drop(&mut self) {
        self.working.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}
