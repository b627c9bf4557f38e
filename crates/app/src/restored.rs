//! Noticing that an older backup was put back, and what an Admin says to it (dispatch.md 2.8).
//!
//! The data folder remembers rows of the journals: at the latest a moment after each change, and always before a start is
//! sent. A database that lacks such a row holds back everything of that organization.

use std::time::Duration;

use access::permit_in;
use access::table::ChangeSettings;
use domain::{Mark, OrgId};
use store::accounts::SignedIn;
use store::organizations::Founding;
use store::restored::{self, Why};

use crate::{App, Error, principal, read, write};

impl App {
    /// Compares what the data folder remembers with the database. Before anything is served or dispatched.
    ///
    /// # Errors
    /// The database or the folder cannot be used.
    pub async fn compare_high_water(&self) -> Result<(), Error> {
        // In this order: another process that starts for the first time writes the file before it says so in the database, and
        // the database is never behind a file that was read before it.
        let kept = {
            let mut conn = read!(self);
            restored::mark_kept(&mut conn).await?
        };
        let marks = self.0.high_water.read().await?;
        let (behind, free, heads) = {
            let mut conn = read!(self);
            let behind = restored::behind(&mut conn, marks.as_deref().unwrap_or(&[])).await?;
            (behind, restored::free(&mut conn).await?, restored::heads(&mut conn).await?)
        };
        let (held, why) = match marks {
            Some(_) => (behind, Why::Restored),
            None if kept => (free, Why::NoMark),
            None => (Vec::new(), Why::NoMark),
        };
        for org in &held {
            tracing::error!(%org, why = why.word(), "the database is older than what this data folder remembers: nothing starts until an Admin has looked");
            self.hold_back(*org, why).await?;
        }
        let known: Vec<Mark> = heads.into_iter().filter(|mark| !held.contains(&mark.org)).collect();
        self.0.high_water.raise(known).await?;
        if !kept {
            let done: Result<(), Error> = write!(self, |tx| Ok(restored::set_mark_kept(&mut tx).await?));
            done?;
        }
        Ok(())
    }

    /// Keeps the data folder's memory up to date; runs until the process ends. Also notices a database that was replaced under
    /// the running server.
    pub async fn keep_high_water(&self, every: Duration) {
        let mut last = Vec::new();
        loop {
            tokio::time::sleep(every).await;
            match self.remember(&last).await {
                Ok(heads) => last = heads,
                Err(error) => tracing::warn!(%error, "remembering how far the journals have come"),
            }
        }
    }

    /// Remembers what has moved since `last`; where the journals are now.
    async fn remember(&self, last: &[Mark]) -> Result<Vec<Mark>, Error> {
        let heads = self.heads().await?;
        let went_back = |head: &Mark| last.iter().any(|old| old.org == head.org && old.seq > head.seq);
        if heads.iter().any(went_back) {
            self.compare_high_water().await?;
        } else {
            let moved: Vec<Mark> = heads.iter().filter(|head| !last.contains(head)).copied().collect();
            if !moved.is_empty() {
                self.0.high_water.raise(moved).await?;
            }
        }
        Ok(heads)
    }

    async fn heads(&self) -> Result<Vec<Mark>, Error> {
        let mut conn = read!(self);
        Ok(restored::heads(&mut conn).await?)
    }

    async fn hold_back(&self, org: OrgId, why: Why) -> Result<(), Error> {
        write!(self, |tx| Ok(restored::hold_back(&mut tx, org, why).await?))
    }

    /// An Admin has looked, and printing goes on.
    ///
    /// # Errors
    /// No right; [`Error::PasswordNeeded`].
    pub async fn release(&self, me: &SignedIn) -> Result<(), Error> {
        let who = principal(me)?;
        write!(self, |tx| {
            let permit = permit_in::<ChangeSettings>(&mut tx, who, who.org).await?;
            self.fresh_password(me)?;
            let mark = restored::release(&mut tx, &permit).await?;
            // Before the commit: if that fails, the organization is still held back, and nothing is lost.
            Ok(self.0.high_water.accept(mark.into_iter().collect()).await?)
        })
    }

    /// The operator holds every organization back: the whole data folder was put back, so it remembers nothing newer.
    ///
    /// # Errors
    /// The database.
    pub async fn hold_everything(&self, _leave: &Founding) -> Result<usize, Error> {
        let free = {
            let mut conn = read!(self);
            restored::free(&mut conn).await?
        };
        for org in &free {
            self.hold_back(*org, Why::Operator).await?;
        }
        Ok(free.len())
    }

    /// The operator lets an organization go.
    ///
    /// # Errors
    /// There is none with this id; the database.
    pub async fn release_by_operator(&self, leave: &Founding, org: OrgId) -> Result<(), Error> {
        write!(self, |tx| {
            let mark = restored::release_by_operator(&mut tx, leave, org).await?;
            Ok(self.0.high_water.accept(mark.into_iter().collect()).await?)
        })
    }
}
