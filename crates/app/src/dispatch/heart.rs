//! Keeps a job's lease alive while its worker is busy, and carries people's wishes to it.

use std::sync::Arc;

use store::dispatch::{self as rows, Server, Ticket, Wishes};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

use crate::{App, Error, read, write};

/// Beats until dropped.
pub(super) struct Heart {
    wishes: watch::Receiver<Option<Wishes>>,
    task: JoinHandle<()>,
}

impl Heart {
    pub(super) fn start(app: &App, server: Server, ticket: &Ticket) -> Self {
        let (sender, wishes) = watch::channel(Some(Wishes::default()));
        let (app, ticket) = (app.clone(), Arc::new(ticket.clone()));
        let every = app.config().lease / 3;
        let task = tokio::spawn(async move {
            let mut changes = app.0.news.changes();
            // Whoever claimed has just written the lease: the first beat is due a third of its length later.
            let mut beats = tokio::time::interval(every);
            beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
            beats.reset();
            loop {
                // The lease needs a write only every third of its length; a wish is looked for when something changed.
                let due = tokio::select! {
                    biased;
                    _ = beats.tick() => true,
                    _ = changes.changed() => false,
                };
                let heard = if due { beat(&app, &server, &ticket).await } else { look(&app, &ticket).await };
                match heard {
                    Ok(Some(wishes)) => {
                        sender.send_replace(Some(wishes));
                    }
                    Ok(None) => {
                        sender.send_replace(None);
                        return;
                    }
                    Err(error) => tracing::warn!(job = ticket.number(), %error, "heartbeat"),
                }
            }
        });
        Self { wishes, task }
    }

    /// The job is no longer this worker's: it must stop before its next step (which would fail anyway).
    pub(super) fn lost(&self) -> bool {
        self.wishes.borrow().is_none()
    }

    /// Ends when the job is no longer this worker's.
    pub(super) async fn until_lost(&self) {
        let mut wishes = self.wishes.clone();
        if wishes.wait_for(Option::is_none).await.is_err() {
            // The heart itself is gone: nothing keeps the lease alive any more.
            tracing::debug!("a heart stopped");
        }
    }

    pub(super) fn wishes(&self) -> Wishes {
        self.wishes.borrow().clone().unwrap_or_default()
    }
}

impl Drop for Heart {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Not through `write!`: a beat is no news, and must wake nobody.
async fn beat(app: &App, server: &Server, ticket: &Ticket) -> Result<Option<Wishes>, Error> {
    let mut tx = app.db().write().await.map_err(store::Error::from)?;
    let wishes = rows::heartbeat(&mut tx, server, ticket).await?;
    tx.commit().await.map_err(store::Error::from)?;
    Ok(wishes)
}

async fn look(app: &App, ticket: &Ticket) -> Result<Option<Wishes>, Error> {
    let mut conn = read!(app);
    Ok(rows::wishes(&mut conn, ticket).await?)
}

/// A wish was carried out.
pub(super) async fn done(app: &App, ticket: &Ticket, wish: &str) -> Result<(), Error> {
    write!(app, |tx| Ok(rows::wish_done(&mut tx, ticket, wish).await?))
}
