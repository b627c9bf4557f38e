//! The virtual printer on the conformance kit's bench: as OctoPrint plays it (class B), and with a durable record (class A).

use std::{path::Path, sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::RemoteName;
use printers::{
    Driver, Evidence, Expected, Fault as DriverFault, Fence, Identity, Observation, Outcome, PrinterState, Reply,
    Timeouts, Verified, Witness, conformance::Rig,
};
use serde_json::Value;
use tempfile::NamedTempFile;
use virtual_printer::{Fault, Handle, Options, Speed};

use super::{driver, gcode, name, timeouts};

/// How a driver reads the printer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Play {
    /// As OctoPrint: the product's own driver.
    OctoPrint,
    /// A printer that writes a record at each start, durably.
    Durable,
    /// The product's driver with an opinion: "no record" is always proof. What the kit has to find out.
    Boastful,
}

pub struct VirtualRig {
    pub handle: Handle,
    pub play: Play,
    short: NamedTempFile,
    long: NamedTempFile,
}

impl VirtualRig {
    /// `options` besides the speed, which belongs to the files: a short one takes a tenth of a second.
    pub async fn new(play: Play, options: Options) -> Self {
        let options = Options { speed: Speed::Times(1.0), ..options };
        let (handle, _) = super::peer::printer_with(options).await;
        let file = |seconds: &str| {
            let file = gcode(5, 5);
            let text = std::fs::read_to_string(file.path()).unwrap();
            std::fs::write(file.path(), format!(";TIME:{seconds}\n{text}")).unwrap();
            file
        };
        Self { handle, play, short: file("0.1"), long: file("600") }
    }

    fn reading(&self, key: &str, timeouts: Timeouts) -> Arc<dyn Driver> {
        let address = self.handle.address().to_string();
        let inner = driver(&address, key, timeouts);
        let url = format!("http://{address}/virtual/history");
        match self.play {
            Play::OctoPrint => inner,
            play => Arc::new(Told { inner, url, key: key.to_owned(), play }),
        }
    }
}

#[async_trait]
impl Rig for VirtualRig {
    fn driver(&self, patience: Option<Duration>) -> Arc<dyn Driver> {
        let limits = patience.map_or_else(timeouts, |time| Timeouts {
            connect: Duration::from_secs(1),
            call: time,
            upload: time,
        });
        self.reading(self.handle.api_key(), limits)
    }

    fn stranger(&self) -> Arc<dyn Driver> {
        self.reading("0123456789abcdef", timeouts())
    }

    fn name(&self) -> RemoteName {
        name(1)
    }

    fn short(&self) -> &Path {
        self.short.path()
    }

    fn long(&self) -> &Path {
        self.long.path()
    }

    fn settle(&self) -> Duration {
        Duration::from_millis(150)
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(5)
    }

    async fn starts(&self, name: &RemoteName) -> Option<usize> {
        Some(self.handle.ledger().iter().filter(|entry| entry.name.ends_with(name.as_str())).count())
    }

    async fn power_cut(&self) -> bool {
        self.handle.fault(Fault::PowerLoss { ms: 100 });
        true
    }

    async fn break_link(&self) -> bool {
        self.handle.fault(Fault::SerialDrop);
        true
    }

    async fn mend_link(&self) {
        self.handle.fault(Fault::SerialConnect);
    }
}

/// The product's driver, but for what the printer remembers.
struct Told {
    inner: Arc<dyn Driver>,
    url: String,
    key: String,
    play: Play,
}

impl Told {
    async fn status(&self, name: &RemoteName) -> Result<Option<String>, DriverFault> {
        let request = reqwest::Client::new().get(format!("{}/{name}", self.url)).header("X-Api-Key", &self.key);
        let answer = request.send().await.map_err(|_| DriverFault::Unreachable)?;
        let answer = answer.error_for_status().map_err(|_| DriverFault::WrongDevice)?;
        let json: Value = answer.json().await.map_err(|_| DriverFault::Unreachable)?;
        Ok(json["status"].as_str().map(ToOwned::to_owned))
    }
}

#[async_trait]
impl Driver for Told {
    async fn identify(&self) -> Result<Identity, DriverFault> {
        let identity = self.inner.identify().await?;
        Ok(Identity { product: format!("{} ({:?})", identity.product, self.play), ..identity })
    }
    async fn observe(&self) -> Result<Observation, DriverFault> {
        self.inner.observe().await
    }
    async fn upload(&self, name: &RemoteName, file: &Expected<'_>) -> Reply {
        self.inner.upload(name, file).await
    }
    async fn verify(&self, name: &RemoteName, expected: &Expected<'_>) -> Result<Verified, DriverFault> {
        self.inner.verify(name, expected).await
    }
    #[allow(clippy::disallowed_methods)]
    async fn start(&self, name: &RemoteName) -> Reply {
        self.inner.start(name).await
    }
    async fn fence(&self, name: &RemoteName) -> Fence {
        self.inner.fence(name).await
    }
    async fn evidence_since(&self, name: &RemoteName, witness: Option<&dyn Witness>) -> Result<Evidence, DriverFault> {
        if self.play == Play::Boastful {
            return Ok(match self.inner.evidence_since(name, witness).await? {
                Evidence::NotSeen { .. } => Evidence::NotSeen { complete: true },
                evidence => evidence,
            });
        }
        let busy = |state| matches!(state, PrinterState::Printing | PrinterState::Paused);
        let seen = self.observe().await?;
        Ok(match self.status(name).await?.as_deref() {
            Some("in_progress") if busy(seen.state) => Evidence::Running,
            Some("finished") => Evidence::Ended(Outcome::Finished),
            Some(_) => Evidence::Ended(Outcome::Failed),
            None => Evidence::NotSeen { complete: true },
        })
    }
    async fn remove(&self, name: &RemoteName) -> Reply {
        self.inner.remove(name).await
    }
    async fn pause(&self, expected: &RemoteName) -> Reply {
        self.inner.pause(expected).await
    }
    async fn resume(&self, expected: &RemoteName) -> Reply {
        self.inner.resume(expected).await
    }
    async fn cancel(&self, expected: &RemoteName) -> Reply {
        self.inner.cancel(expected).await
    }
    async fn witness(&self) -> Option<Box<dyn Witness>> {
        self.inner.witness().await
    }
}
