//! One job on its way to its printer: D2 to D7. Where a step has its own name in docs/dispatch.md, so has it here.

use std::sync::Arc;
use std::time::Duration;

use ::printers::{Driver, Evidence, Expected, Fault, Fence, Observation, PrinterState, Reply, Verified, Witness};
use domain::{Outcome, Refusal, RemoteName, State};
use fail_point::fail_point;
use store::dispatch::{self as rows, Server, Ticket, lost};

use super::heart::{self, Heart};
use super::{port, recovery, watcher};
use crate::trouble::UNUSABLE;
use crate::{App, Error, read, seal, write};

/// What every step needs.
pub(super) struct Bench<'a> {
    pub app: &'a App,
    pub server: Server,
    pub driver: Arc<dyn Driver>,
    pub heart: Heart,
}

/// Works on a job until it ends, is given back, or belongs to somebody else.
pub(super) async fn work(app: &App, server: Server, ticket: Ticket) -> Result<(), Error> {
    let driver = match app.0.drivers.of(ticket.connection(), &app.0.seal) {
        Ok(driver) => driver,
        Err(error) if ticket.job().state == State::Claimed => {
            // Nothing was started: back to the queue, with the reason, not so soon again.
            let wait_ms = i64::try_from((app.config().again * 12).as_millis()).unwrap_or(60_000);
            let why = error.to_string();
            watcher::problem(app, ticket.connection().printer, UNUSABLE).await;
            return write!(app, |tx| Ok(rows::release(&mut tx, &ticket, &why, wait_ms).await?));
        }
        Err(error) => return Err(error),
    };
    let heart = Heart::start(app, server, &ticket);
    let bench = Bench { app, server, driver, heart };
    match ticket.job().state {
        State::Claimed if ticket.is_fresh_claim() => bench.deliver(ticket).await,
        // Taken over before an intent: nothing was started. A new claim gives a new attempt and a new name.
        State::Claimed => bench.give_back(&ticket, "taken over before the start", Duration::ZERO).await,
        State::Intent => recovery::recover(&bench, ticket, None, None).await,
        State::Printing => bench.monitor(ticket).await,
        _ => Ok(()),
    }
}

impl Bench<'_> {
    /// D2 to D6.
    async fn deliver(&self, ticket: Ticket) -> Result<(), Error> {
        let again = self.app.config().again;
        if let Some(why) = self.earlier_attempts_in_the_way(&ticket).await? {
            return self.give_back(&ticket, &why, again).await;
        }
        // D3, a first look before the bytes are sent: a convenience, the proof does not rest on it.
        match self.driver.observe().await {
            Err(fault) => return self.not_reachable(&ticket, &fault).await,
            Ok(seen) if seen.state != PrinterState::Idle => return self.not_idle(&ticket, &seen).await,
            Ok(_) => {}
        }
        // The bytes on disk must still be the authorized ones: a file that was replaced is not sent. It may be replaced from
        // now on as well, so the driver hashes what leaves, and what it compares the printer's copy with.
        if !self.is_sound(&ticket).await {
            return self.damaged(&ticket).await;
        }
        let path = self.app.blobs().path(ticket.connection().org, ticket.send_sha());
        // D2
        let mut random = [0; 4];
        seal::random(&mut random)?;
        let remote = RemoteName::new(ticket.number(), random, ticket.job().attempt, ticket.extension());
        let size = u64::try_from(ticket.size()).unwrap_or(0);
        let file = Expected { size, sha256: ticket.send_sha(), path: &path };
        fail_point!(Send, Before);
        let sent = tokio::select! {
            sent = self.driver.upload(&remote, &file) => sent,
            // Withdrawn or taken back: nothing was started, so the rest of the bytes need not go.
            () = self.heart.until_lost() => return Ok(()),
        };
        fail_point!(Send, After);
        if let Reply::Refused(why) = sent {
            return self.not_delivered(&ticket, &format!("the printer refused the file: {why}")).await;
        }
        match self.driver.verify(&remote, &file).await {
            Ok(Verified::Same) => {}
            Ok(Verified::Different | Verified::Missing) => {
                self.clean_up(&remote).await;
                return self.not_delivered(&ticket, "the file did not arrive whole").await;
            }
            Err(fault) => return self.not_reachable(&ticket, &fault).await,
        }
        // D3 again, after the time the bytes took.
        fail_point!(Look, Before);
        let before = match self.driver.observe().await {
            Ok(seen) if seen.state == PrinterState::Idle => seen,
            Ok(seen) => {
                self.clean_up(&remote).await;
                return self.not_idle(&ticket, &seen).await;
            }
            Err(fault) => return self.not_reachable(&ticket, &fault).await,
        };
        if self.heart.lost() {
            self.clean_up(&remote).await;
            return Ok(());
        }
        fail_point!(Look, After);
        // Proof of no restart has to begin before the intent.
        let witness = self.driver.witness().await;
        // D4, the point of no return.
        fail_point!(Intent, Before);
        let sha = ticket.send_sha();
        let intent: Result<_, Error> =
            write!(self.app, Intent, |tx| Ok(
                rows::intend(&mut tx, &self.server, &ticket, &remote, sha, &before.text).await?
            ));
        let (ticket, start) = match intent {
            Ok(intent) => intent,
            Err(Error::Store(store::Error::Refused(Refusal::Printer(_) | Refusal::NotAuthorized))) => {
                self.clean_up(&remote).await;
                return self.give_back(&ticket, "the printer is not free any more", Duration::ZERO).await;
            }
            Err(Error::Store(error)) if lost(&error) => {
                self.clean_up(&remote).await;
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        if self.heart.lost() {
            // The printer was removed this very moment: a person is asked already, so nothing may start any more.
            return self.fence_and_leave(&remote).await;
        }
        // D5, once.
        fail_point!(Start, Before);
        let answer = port::start(&self.app.0.high_water, &*self.driver, start).await;
        fail_point!(Start, After);
        match answer {
            Ok(reply) => self.read_back(ticket, &remote, reply, witness).await,
            Err(error) => {
                // Nothing was sent. The intent is on record, so its name is fenced like any other.
                tracing::error!(job = ticket.number(), %error, "not started: the start could not be remembered");
                recovery::recover(self, ticket, witness, None).await
            }
        }
    }

    /// A person was asked, or another server took over, after the intent: whatever they decide, this attempt's name must not
    /// come true later. Fencing is always safe: a running file stays as it is, and one that has not started must not start.
    pub(super) async fn fence_and_leave(&self, remote: &RemoteName) -> Result<(), Error> {
        let until = tokio::time::Instant::now() + self.app.config().lease * 4;
        while self.driver.fence(remote).await == Fence::Unreachable && tokio::time::Instant::now() < until {
            tokio::time::sleep(self.pause()).await;
        }
        Ok(())
    }

    /// Fences what a person (not evidence) declared as not started, before the job is sent again; says why it must wait.
    async fn earlier_attempts_in_the_way(&self, ticket: &Ticket) -> Result<Option<String>, Error> {
        let app = self.app;
        let open = {
            let mut conn = read!(app);
            rows::unfenced(&mut conn, ticket).await?
        };
        for attempt in open {
            let driver = app.0.drivers.of(&attempt.connection, &app.0.seal)?;
            match driver.fence(&attempt.remote).await {
                Fence::Fenced => {}
                Fence::InUse => return Ok(Some("an earlier attempt is printing after all".to_owned())),
                // A printer that was removed and does not answer cannot be asked; a person has said what happened there.
                Fence::Unreachable if attempt.removed => {}
                Fence::Unreachable => return Ok(Some("the printer of an earlier attempt does not answer".to_owned())),
            }
        }
        Ok(None)
    }

    /// D6: only a read-back that shows this remote name proves a start.
    async fn read_back(
        &self,
        ticket: Ticket,
        remote: &RemoteName,
        reply: Reply,
        witness: Option<Box<dyn Witness>>,
    ) -> Result<(), Error> {
        let until = tokio::time::Instant::now() + self.app.config().read_back;
        loop {
            if self.heart.lost() {
                return self.fence_and_leave(remote).await;
            }
            if let Ok(seen) = self.driver.observe().await {
                if seen.running.as_deref() == Some(remote.as_str()) {
                    let ticket = self.seen(&ticket, "seen as the running file").await?;
                    self.tell(&ticket, &seen).await;
                    return self.monitor(ticket).await;
                }
                // A refusal also goes over the fence: it may be the answer to another request, and our start still be on
                // its way.
                if let Reply::Refused(why) = &reply {
                    let connection = ticket.connection().clone();
                    recovery::recover(self, ticket, witness, Some(why)).await?;
                    // Something else may be what it refused us for: then the plate is dirty again.
                    return match self.driver.observe().await {
                        Ok(seen) => watcher::looked(self.app, &connection, &seen).await,
                        Err(_) => Ok(()),
                    };
                }
                // A short print may be over before it was ever seen running.
                if seen.running.is_none()
                    && let Ok(Evidence::Ended(outcome)) = self.driver.evidence_since(remote, None).await
                {
                    let ticket = self.seen(&ticket, "found in the printer's record").await?;
                    return self.end(&ticket, outcome).await;
                }
            }
            if tokio::time::Instant::now() >= until {
                break;
            }
            tokio::time::sleep(self.pause()).await;
        }
        recovery::recover(self, ticket, witness, None).await
    }

    /// D7: follows the print by its name until the printer's record says how it ended.
    pub(super) async fn monitor(&self, ticket: Ticket) -> Result<(), Error> {
        let Some(remote) = ticket.remote().cloned() else {
            return Err(Error::Internal("a printing job without an attempt".into()));
        };
        let mut gone_since = None;
        loop {
            if self.heart.lost() {
                return Ok(());
            }
            match self.driver.observe().await {
                Ok(seen) if seen.running.as_deref() == Some(remote.as_str()) => {
                    gone_since = None;
                    self.tell(&ticket, &seen).await;
                    self.grant_wish(&ticket, &remote, seen.state).await?;
                }
                Ok(seen) => {
                    self.tell(&ticket, &seen).await;
                    match self.driver.evidence_since(&remote, None).await {
                        Ok(Evidence::Ended(outcome)) => return self.end(&ticket, outcome).await,
                        Ok(Evidence::Running) | Err(_) => gone_since = None,
                        Ok(Evidence::NotSeen { .. }) => {
                            let since = *gone_since.get_or_insert_with(tokio::time::Instant::now);
                            if since.elapsed() >= self.app.config().record {
                                let why = "it was printing, then the printer forgot it (a restart or a power cut)";
                                return self.ask(&ticket, why).await;
                            }
                        }
                    }
                }
                Err(fault) => watcher::problem(self.app, ticket.connection().printer, &fault.stored()).await,
            }
            tokio::time::sleep(self.pause()).await;
        }
    }

    async fn grant_wish(&self, ticket: &Ticket, remote: &RemoteName, state: PrinterState) -> Result<(), Error> {
        let wishes = self.heart.wishes();
        if wishes.abort {
            self.driver.cancel(remote).await;
            return Ok(());
        }
        let Some(wish) = wishes.wish else { return Ok(()) };
        match (wish.as_str(), state) {
            ("pause", PrinterState::Printing) => drop(self.driver.pause(remote).await),
            ("resume", PrinterState::Paused) => drop(self.driver.resume(remote).await),
            // The printer is where the person wants it to be.
            _ => heart::done(self.app, ticket, &wish).await?,
        }
        Ok(())
    }

    /// How often a printer is looked at; quick enough for the read-back of a test.
    pub(super) fn pause(&self) -> Duration {
        self.app.config().observe
    }

    pub(super) async fn seen(&self, ticket: &Ticket, evidence: &str) -> Result<Ticket, Error> {
        fail_point!(Seen, Before);
        write!(self.app, Seen, |tx| Ok(rows::seen_printing(&mut tx, ticket, evidence).await?))
    }

    pub(super) async fn end(&self, ticket: &Ticket, outcome: ::printers::Outcome) -> Result<(), Error> {
        let outcome = match outcome {
            ::printers::Outcome::Finished => Outcome::Finished,
            ::printers::Outcome::Failed if self.heart.wishes().abort => Outcome::Aborted,
            ::printers::Outcome::Failed => Outcome::Failed,
        };
        fail_point!(End, Before);
        let done: Result<(), Error> =
            write!(self.app, End, |tx| Ok(rows::ended(&mut tx, ticket, outcome, "the printer's record").await?));
        done?;
        if let Some(remote) = ticket.remote() {
            self.clean_up(remote).await;
        }
        Ok(())
    }

    pub(super) async fn not_started(&self, ticket: &Ticket, remote: &RemoteName, evidence: &str) -> Result<(), Error> {
        let wait_ms = i64::try_from(self.app.config().again.as_millis()).unwrap_or(0);
        fail_point!(NotStarted, Before);
        let done: Result<(), Error> =
            write!(self.app, NotStarted, |tx| Ok(rows::not_started(&mut tx, ticket, evidence, wait_ms).await?));
        done?;
        self.clean_up(remote).await;
        Ok(())
    }

    pub(super) async fn ask(&self, ticket: &Ticket, evidence: &str) -> Result<(), Error> {
        fail_point!(Ask, Before);
        write!(self.app, Ask, |tx| Ok(rows::cannot_know(&mut tx, ticket, evidence).await?))
    }

    async fn give_back(&self, ticket: &Ticket, why: &str, wait: Duration) -> Result<(), Error> {
        let wait_ms = i64::try_from(wait.as_millis()).unwrap_or(0);
        let done: Result<(), Error> =
            write!(self.app, Release, |tx| Ok(rows::release(&mut tx, ticket, why, wait_ms).await?));
        match done {
            Err(Error::Store(error)) if lost(&error) => Ok(()),
            other => other,
        }
    }

    /// Whether the stored file has the authorized bytes at this moment.
    async fn is_sound(&self, ticket: &Ticket) -> bool {
        self.app.blobs().verify(ticket.connection().org, ticket.send_sha()).await.unwrap_or(false)
    }

    async fn damaged(&self, ticket: &Ticket) -> Result<(), Error> {
        tracing::error!(job = ticket.number(), "the stored file is missing or damaged");
        self.give_back(ticket, "the stored file is missing or damaged", self.app.config().again * 12).await
    }

    /// The file is not on the printer as it should be. If it was replaced under way, that is the reason, and not the printer.
    async fn not_delivered(&self, ticket: &Ticket, why: &str) -> Result<(), Error> {
        match self.is_sound(ticket).await {
            true => self.give_back(ticket, why, self.app.config().again).await,
            false => self.damaged(ticket).await,
        }
    }

    async fn not_reachable(&self, ticket: &Ticket, fault: &Fault) -> Result<(), Error> {
        watcher::problem(self.app, ticket.connection().printer, &fault.stored()).await;
        self.give_back(ticket, &fault.to_string(), self.app.config().again).await
    }

    async fn not_idle(&self, ticket: &Ticket, seen: &Observation) -> Result<(), Error> {
        self.tell(ticket, seen).await;
        self.give_back(ticket, "the printer is not idle", self.app.config().again).await?;
        watcher::looked(self.app, ticket.connection(), seen).await
    }

    pub(super) async fn tell(&self, ticket: &Ticket, seen: &Observation) {
        watcher::said(self.app, ticket.connection().printer, seen).await;
    }

    /// Removes this attempt's own file; if it fails, the file stays and is never started.
    pub(super) async fn clean_up(&self, remote: &RemoteName) {
        drop(self.driver.remove(remote).await);
    }
}
