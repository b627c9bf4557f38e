//! The conformance kit: tries every assumption on a printer and reports what was seen. It sends starts, so it exists only
//! with the feature `conformance`, which no program has: for tests against virtual and real printers.
//!
//! Whether something printed is asked of the rig wherever it can tell, and only otherwise of the driver under test.

use std::{
    future::Future,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use domain::RemoteName;
use sha2::Digest;

use super::{Assumption, Finding, Report, Verdict};
use crate::{Driver, Evidence, Expected, Fence, Observation, PrinterState, Reply, Verified};

/// What the kit needs besides a driver: a printer that somebody can switch off, and files that suit it.
#[async_trait]
pub trait Rig: Send + Sync {
    /// A driver of its own to the printer, whose calls end after `patience` (`None`: as long as they should have).
    fn driver(&self, patience: Option<Duration>) -> Arc<dyn Driver>;
    /// A driver with a key that the printer does not know.
    fn stranger(&self) -> Arc<dyn Driver>;
    /// A name that was never used.
    fn name(&self) -> RemoteName;
    /// A file that prints within a few seconds.
    fn short(&self) -> &Path;
    /// A file that prints for minutes.
    fn long(&self) -> &Path;
    /// How long after a command this printer may still surprise.
    fn settle(&self) -> Duration;
    /// How long this printer may take to show something.
    fn patience(&self) -> Duration;
    /// How often this file was started, by somebody who counts without the driver; `None`: nobody can tell.
    async fn starts(&self, name: &RemoteName) -> Option<usize>;
    /// Cuts the power and gives it back; `false`: not possible here.
    async fn power_cut(&self) -> bool;
    /// Breaks the link between the controlling computer and the machine; `false`: there is none, or it cannot be broken.
    async fn break_link(&self) -> bool;
    /// Mends that link.
    async fn mend_link(&self);
}

/// Why an assumption is not held.
pub(super) enum Broken {
    Failed(String),
    NotTestable(String),
}

/// The sentence about what was seen, or why it does not hold.
pub(super) type Seen = Result<String, Broken>;

pub(super) fn failed<T>(why: impl Into<String>) -> Result<T, Broken> {
    Err(Broken::Failed(why.into()))
}

/// A start is given up after so many milliseconds: before, while and after it is executed.
pub(super) const GIVEN_UP_AFTER: [u64; 5] = [1, 3, 10, 30, 100];

/// No check takes longer.
const LONGEST: Duration = Duration::from_secs(300);

pub(super) struct Kit<'a> {
    pub(super) rig: &'a dyn Rig,
    pub(super) driver: Arc<dyn Driver>,
}

/// Tries everything on the printer behind `rig`, one after the other.
pub async fn examine(family: &str, rig: &dyn Rig) -> Report {
    let kit = Kit { rig, driver: rig.driver(None) };
    let product = kit.driver.identify().await.map_or_else(|fault| format!("none: {fault}"), |who| who.product);
    let findings = vec![
        kit.find(Assumption::Identity, kit.identity()).await,
        kit.find(Assumption::Upload, kit.upload()).await,
        kit.find(Assumption::ReadBack, kit.read_back()).await,
        kit.find(Assumption::OneSend, kit.one_send()).await,
        kit.find(Assumption::Missing, kit.missing()).await,
        kit.find(Assumption::Busy, kit.busy()).await,
        kit.find(Assumption::Fence, kit.fence()).await,
        kit.find(Assumption::Record, kit.record()).await,
        kit.find(Assumption::Durable, kit.durable()).await,
    ];
    Report { family: family.to_owned(), product, findings }
}

/// What the file on our disk is.
pub(super) fn expected_of(path: &Path) -> Expected<'_> {
    let bytes = std::fs::read(path).unwrap_or_default();
    let sha256 = domain::Sha256(sha2::Sha256::digest(&bytes).into());
    Expected { size: u64::try_from(bytes.len()).unwrap_or(0), sha256, path }
}

impl Kit<'_> {
    async fn find(&self, assumption: Assumption, check: impl Future<Output = Seen>) -> Finding {
        let run = async {
            self.idle().await?;
            check.await
        };
        let seen = tokio::time::timeout(LONGEST, run).await.unwrap_or_else(|_| failed("it did not come to an end"));
        let (verdict, seen) = match seen {
            Ok(seen) => (Verdict::Held, seen),
            Err(Broken::Failed(why)) => (Verdict::Failed, why),
            Err(Broken::NotTestable(why)) => (Verdict::NotTestable, why),
        };
        Finding { assumption, verdict, seen }
    }

    /// Looks until `fits`; the last look otherwise.
    pub(super) async fn look(&self, fits: impl Fn(&Observation) -> bool, patience: Duration) -> Option<Observation> {
        let since = Instant::now();
        loop {
            if let Ok(seen) = self.driver.observe().await
                && fits(&seen)
            {
                return Some(seen);
            }
            if since.elapsed() > patience {
                return None;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Ends whatever an earlier check left behind.
    pub(super) async fn idle(&self) -> Result<(), Broken> {
        let since = Instant::now();
        let mut last = String::from("nothing");
        while since.elapsed() < self.rig.patience() {
            let seen = self.driver.observe().await;
            last = format!("{seen:?}");
            match seen {
                Ok(seen) if seen.state == PrinterState::Idle => return Ok(()),
                Ok(seen) if seen.state == PrinterState::NotReady => self.rig.mend_link().await,
                Ok(seen) => {
                    // A foreign name cannot be cancelled by the driver; then only waiting helps.
                    if let Some(name) = seen.running.as_deref().and_then(RemoteName::parse) {
                        self.driver.cancel(&name).await;
                    }
                }
                Err(_) => (),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Err(Broken::NotTestable(format!("the printer does not become idle; last seen: {last}")))
    }

    /// A new file on the printer, read back.
    pub(super) async fn sent(&self, path: &Path) -> Result<RemoteName, Broken> {
        let name = self.rig.name();
        let file = expected_of(path);
        let reply = self.driver.upload(&name, &file).await;
        match self.driver.verify(&name, &file).await {
            Ok(Verified::Same) => Ok(name),
            other => failed(format!("a file that was sent ({reply:?}) is not there: {other:?}")),
        }
    }

    #[expect(clippy::disallowed_methods, reason = "the kit tries out what the dispatcher relies on")]
    pub(super) async fn start(&self, driver: &dyn Driver, name: &RemoteName) -> Reply {
        driver.start(name).await
    }

    /// Sends the long file, starts it and sees it run.
    pub(super) async fn printing(&self) -> Result<RemoteName, Broken> {
        let name = self.sent(self.rig.long()).await?;
        let reply = self.start(&*self.driver, &name).await;
        match self.runs(&name, self.rig.patience()).await {
            true => Ok(name),
            false => failed(format!("a start that was answered with {} never shows", plain(&reply))),
        }
    }

    pub(super) async fn runs(&self, name: &RemoteName, patience: Duration) -> bool {
        self.look(|seen| seen.running.as_deref() == Some(name.as_str()), patience).await.is_some()
    }

    /// Sees a short print from its start to its end.
    pub(super) async fn printed(&self) -> Result<RemoteName, Broken> {
        let name = self.sent(self.rig.short()).await?;
        let reply = self.start(&*self.driver, &name).await;
        self.over(&name, &reply).await?;
        Ok(name)
    }

    /// Waits until the record tells the end of this print.
    pub(super) async fn over(&self, name: &RemoteName, reply: &Reply) -> Result<(), Broken> {
        let since = Instant::now();
        while since.elapsed() < self.rig.patience() {
            if let Ok(Evidence::Ended(_)) = self.driver.evidence_since(name, None).await {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        failed(format!("a start that was answered with {} never comes to a record", plain(reply)))
    }

    /// The fence, as often as the dispatcher would ask.
    pub(super) async fn fenced(&self, driver: &dyn Driver, name: &RemoteName) -> Result<Fence, Broken> {
        let since = Instant::now();
        while since.elapsed() < self.rig.patience() {
            match driver.fence(name).await {
                Fence::Unreachable => tokio::time::sleep(Duration::from_millis(50)).await,
                fence => return Ok(fence),
            }
        }
        failed("a fence is never answered clearly")
    }

    /// Ends a print of ours and sees its end.
    pub(super) async fn cancelled(&self, name: &RemoteName) -> Result<(), Broken> {
        self.driver.cancel(name).await;
        self.idle().await
    }

    pub(super) async fn settle(&self) {
        tokio::time::sleep(self.rig.settle()).await;
    }

    /// Nothing of this name runs, now and for as long as the printer may surprise; and nobody counted more than `most`.
    pub(super) async fn stays_quiet(&self, name: &RemoteName, most: usize, after: &str) -> Result<(), Broken> {
        if self.runs(name, self.rig.settle()).await {
            return failed(format!("it prints {after}"));
        }
        match self.rig.starts(name).await {
            Some(starts) if starts > most => failed(format!("it was started {after}")),
            _ => Ok(()),
        }
    }
}

/// A reply without the printer's own words: a report says the same thing in the same way.
pub(super) fn plain(reply: &Reply) -> &'static str {
    match reply {
        Reply::Sent => "yes",
        Reply::Refused(_) => "no",
        Reply::Unknown => "nothing clear",
    }
}
