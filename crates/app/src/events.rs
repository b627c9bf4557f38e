//! News: wakes whoever waits when the journal or a printer moved, in this process or another.

use std::time::Duration;

use access::visible;
use domain::{Micros, PrinterId};
use store::accounts::SignedIn;
use store::journal::{self, Event};
use store::{Events, printers};
use tokio::sync::watch;

use crate::{App, Error, principal, read};

/// A counter that moves when there may be something new. Carries no content: everyone asks the database with their own eyes.
pub(crate) struct NewsBoard {
    /// Anything, telemetry too: for event streams.
    sender: watch::Sender<u64>,
    /// Changes by people and by the dispatcher: for the dispatcher, which telemetry must not wake.
    changes: watch::Sender<u64>,
}

impl NewsBoard {
    pub(crate) fn new() -> Self {
        Self { sender: watch::Sender::new(0), changes: watch::Sender::new(0) }
    }
    pub(crate) fn wake(&self) {
        self.changes.send_modify(|n| *n = n.wrapping_add(1));
        self.telemetry();
    }
    pub(crate) fn telemetry(&self) {
        self.sender.send_modify(|n| *n = n.wrapping_add(1));
    }
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }
    pub(crate) fn listen(&self) -> watch::Receiver<u64> {
        self.sender.subscribe()
    }
}

/// What is new for one person.
#[derive(Debug, Default)]
pub struct News {
    /// Journal events, in order.
    pub events: Vec<Event>,
    /// Up to which sequence was looked.
    pub seq: i64,
    /// Printers that said something.
    pub printers: Vec<PrinterId>,
    /// Up to which moment was looked.
    pub at: Micros,
}

impl App {
    /// Waits for a sign of news.
    #[must_use]
    pub fn listen(&self) -> watch::Receiver<u64> {
        self.0.news.listen()
    }

    /// Where a new event stream begins: the newest sequence, and now.
    ///
    /// # Errors
    /// Not in an organization.
    pub async fn news_start(&self, me: &SignedIn) -> Result<(i64, Micros), Error> {
        let mut conn = read!(self);
        let eyes = visible::<Events>(&mut conn, principal(me)?).await?;
        Ok((journal::newest(&mut conn, &eyes).await?, conn.now().await.map_err(store::Error::from)?))
    }

    /// What happened since, as far as this person may see it now; the same `Visible` as the lists.
    ///
    /// # Errors
    /// Not in the organization any more: the stream ends.
    pub async fn news(&self, me: &SignedIn, after: i64, since: Micros) -> Result<News, Error> {
        let mut conn = read!(self);
        let eyes = visible::<Events>(&mut conn, principal(me)?).await?;
        let (events, seq) = journal::events(&mut conn, &eyes, after).await?;
        let (printers, at) = printers::changed(&mut conn, &eyes, since).await?;
        Ok(News { events, seq, printers, at })
    }

    /// Looks for what other processes changed and wakes the listeners; runs until the process ends.
    pub async fn watch_news(&self, every: Duration) {
        let mut last = (0, 0);
        loop {
            tokio::time::sleep(every).await;
            if self.0.news.sender.receiver_count() == 0 {
                continue;
            }
            match self.pulse().await {
                Ok(now) if now != last => {
                    last = now;
                    self.wake();
                }
                Ok(_) => {}
                Err(error) => tracing::debug!(%error, "looking for news"),
            }
        }
    }

    async fn pulse(&self) -> Result<(i64, i64), Error> {
        let mut conn = read!(self);
        Ok(store::pulse(&mut conn).await?)
    }
}
