//! The kit's checks of what is known afterwards: right after the fence (A5), and after a power cut.

use std::time::{Duration, Instant};

use domain::RemoteName;

use super::kit::{Broken, Kit, Seen, failed};
use crate::{Driver, Evidence, Fence, Outcome, PrinterState, Witness};

/// What silence about a print that did happen must never be called.
const PROOF: Evidence = Evidence::NotSeen { complete: true };

impl Kit<'_> {
    /// A5.
    pub(super) async fn record(&self) -> Seen {
        let done = self.printed().await?;
        self.fenced(&*self.driver, &done).await?;
        self.settle().await;
        self.remembers(&done, Outcome::Finished, "a finished print, fenced").await?;

        let cancelled = self.printing().await?;
        self.cancelled(&cancelled).await?;
        self.settle().await;
        self.fenced(&*self.driver, &cancelled).await?;
        self.remembers(&cancelled, Outcome::Failed, "a cancelled print, fenced").await?;

        let never = self.sent(self.rig.short()).await?;
        let witness = self.driver.witness().await;
        self.fenced(&*self.driver, &never).await?;
        self.settle().await;
        if self.evidence(&*self.driver, &never, witness.as_deref()).await? != PROOF {
            return failed("a file that never started is not told apart from one that did");
        }
        for _ in 0..3 {
            self.end_and_fence_at_once().await?;
        }
        self.link_lost_while_paused().await?;
        self.power_cut_while_printing().await?;
        Ok("after the fence ends are told, also those at the same moment; silence is called proof only if nothing started"
            .to_owned())
    }

    async fn evidence(
        &self,
        driver: &dyn Driver,
        name: &RemoteName,
        witness: Option<&dyn Witness>,
    ) -> Result<Evidence, Broken> {
        let since = Instant::now();
        while since.elapsed() < self.rig.patience() {
            if let Ok(evidence) = driver.evidence_since(name, witness).await {
                return Ok(evidence);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        failed("what it remembers cannot be asked")
    }

    /// By a driver that has seen nothing of it.
    async fn remembers(&self, name: &RemoteName, outcome: Outcome, what: &str) -> Result<(), Broken> {
        let fresh = self.rig.driver(None);
        match self.evidence(&*fresh, name, None).await? {
            Evidence::Ended(told) if told == outcome => Ok(()),
            Evidence::Ended(_) => failed(format!("of {what} the record tells another end")),
            _ => failed(format!("of {what} nothing is recorded")),
        }
    }

    async fn end_and_fence_at_once(&self) -> Result<(), Broken> {
        let name = self.sent(self.rig.short()).await?;
        let witness = self.driver.witness().await;
        self.start(&*self.driver, &name).await;
        let since = Instant::now();
        while self.driver.fence(&name).await != Fence::Fenced {
            if since.elapsed() > self.rig.patience() * 2 {
                return failed("a finished print cannot be fenced");
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let at_once = self.evidence(&*self.driver, &name, witness.as_deref()).await?;
        self.settle().await;
        let later = self.evidence(&*self.driver, &name, witness.as_deref()).await?;
        match (at_once, later) {
            (PROOF, _) => failed("fenced at its very end, a print counts as never started"),
            (_, Evidence::Ended(_)) => Ok(()),
            _ => failed("fenced at its very end, a print that was watched is not told"),
        }
    }

    async fn link_lost_while_paused(&self) -> Result<(), Broken> {
        let name = self.sent(self.rig.long()).await?;
        let witness = self.driver.witness().await;
        self.start(&*self.driver, &name).await;
        if !self.runs(&name, self.rig.patience()).await {
            return failed("a start never shows");
        }
        self.driver.pause(&name).await;
        if self.look(|seen| seen.state == PrinterState::Paused, self.rig.patience()).await.is_none() {
            return Err(Broken::NotTestable("it cannot be paused".to_owned()));
        }
        if !self.rig.break_link().await {
            // A printer in one piece has no such link.
            return self.cancelled(&name).await;
        }
        let away = self.look(|seen| seen.state == PrinterState::NotReady, self.rig.patience()).await;
        if away.is_none() {
            return Err(Broken::NotTestable("its link cannot be broken".to_owned()));
        }
        self.fenced(&*self.driver, &name).await?;
        self.settle().await;
        let told = self.evidence(&*self.driver, &name, witness.as_deref()).await?;
        self.rig.mend_link().await;
        self.idle().await?;
        match told {
            PROOF => failed("a print that broke off while it was paused counts as never started"),
            _ => Ok(()),
        }
    }

    /// Evidence by the driver that watched, and by one that has seen nothing.
    async fn power_cut_while_printing(&self) -> Result<[Evidence; 2], Broken> {
        let name = self.sent(self.rig.long()).await?;
        let witness = self.driver.witness().await;
        self.start(&*self.driver, &name).await;
        if !self.runs(&name, self.rig.patience()).await {
            return failed("a start never shows");
        }
        if !self.rig.power_cut().await {
            return Err(Broken::NotTestable("nobody can cut the power here".to_owned()));
        }
        self.idle().await?;
        self.fenced(&*self.driver, &name).await?;
        self.settle().await;
        let watched = self.evidence(&*self.driver, &name, witness.as_deref()).await?;
        let fresh = self.evidence(&*self.rig.driver(None), &name, None).await?;
        if watched == PROOF || fresh == PROOF {
            return failed("a print that a power cut ended counts as never started");
        }
        Ok([watched, fresh])
    }

    /// Class A: the record of a start outlives whatever happens.
    pub(super) async fn durable(&self) -> Seen {
        let [_, fresh] = self.power_cut_while_printing().await?;
        if fresh != Evidence::Ended(Outcome::Failed) {
            return failed("a power cut in the middle of a print leaves no record of its start");
        }
        let done = self.printed().await?;
        let never = self.sent(self.rig.short()).await?;
        self.settle().await;
        if !self.rig.power_cut().await {
            return Err(Broken::NotTestable("nobody can cut the power here".to_owned()));
        }
        self.idle().await?;
        self.remembers(&done, Outcome::Finished, "a finished print, after a power cut,").await?;
        self.fenced(&*self.driver, &never).await?;
        self.settle().await;
        match self.evidence(&*self.rig.driver(None), &never, None).await? {
            PROOF => Ok("the record of a start survives a power cut in the middle of the print".to_owned()),
            _ => failed("without a witness a file that never started is not told apart from one that did"),
        }
    }
}
