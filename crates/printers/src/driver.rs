//! The contract between the dispatcher and every printer family. Words and guarantees, no transport.

use std::path::Path;

use async_trait::async_trait;
use domain::{RemoteName, Sha256};

/// Why a printer could not be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// No connection, a time-out, or the connection broke: nothing is known.
    #[error("the printer does not answer")]
    Unreachable,
    /// The address answered, but not as a printer of this family.
    #[error("this is not a printer of the chosen family")]
    WrongDevice,
    /// The key or password was not accepted.
    #[error("the printer does not accept this key")]
    BadCredential,
    /// The address is outside of what the operator allows (docs/security.md, printer networks).
    #[error("this address is not allowed here: {0}")]
    AddressNotAllowed(String),
    /// The printer answered with an error; the text is for people and is untrusted.
    #[error("the printer refused: {0}")]
    Refused(String),
}

impl Fault {
    /// A stable word for it.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::WrongDevice => "wrong_device",
            Self::BadCredential => "bad_key",
            Self::AddressNotAllowed(_) => "address_not_allowed",
            Self::Refused(_) => "refused",
        }
    }

    /// As it is remembered: its word, and what belongs to it.
    #[must_use]
    pub fn stored(&self) -> String {
        match self {
            Self::AddressNotAllowed(more) | Self::Refused(more) => format!("{} {more}", self.code()),
            Self::Unreachable | Self::WrongDevice | Self::BadCredential => self.code().to_owned(),
        }
    }

    /// Reads [`Fault::stored`]; `None` for any other text.
    #[must_use]
    pub fn read(stored: &str) -> Option<Self> {
        let (code, more) = stored.split_once(' ').unwrap_or((stored, ""));
        Some(match code {
            "unreachable" => Self::Unreachable,
            "wrong_device" => Self::WrongDevice,
            "bad_key" => Self::BadCredential,
            "address_not_allowed" => Self::AddressNotAllowed(more.to_owned()),
            "refused" => Self::Refused(more.to_owned()),
            _ => return None,
        })
    }
}

/// The answer to a command. Never a proof: a printer that answers "yes" may still do nothing (docs/printers.md, fact 1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// The printer accepted the command.
    Sent,
    /// The printer said no, with its reason.
    Refused(String),
    /// No answer, or one that cannot be understood: the command may still take effect later.
    Unknown,
}

/// What the machine is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Product and version for people, such as `OctoPrint 1.11.8`.
    pub product: String,
    /// What stays the same when the address changes, if the printer has such a thing.
    pub serial: Option<String>,
}

/// What the printer is doing, in our words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrinterState {
    /// Connected, nothing printing: it would take a start.
    Idle,
    /// A print runs (also while it starts, finishes, resumes or is being cancelled).
    Printing,
    /// A print is paused.
    Paused,
    /// It answers but cannot print (no serial link, error).
    NotReady,
}

/// One look at the printer.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Observation {
    /// What it does.
    pub state: PrinterState,
    /// The file that runs now; `None` unless printing or paused. Bare remote name for ours, any text for a foreign one.
    pub running: Option<String>,
    /// 0 to 100.
    pub percent: Option<f64>,
    /// Seconds left by the printer's own estimate.
    pub time_left_s: Option<i64>,
    /// Nozzle temperature, degrees Celsius.
    pub nozzle_c: Option<f64>,
    /// Bed temperature, degrees Celsius.
    pub bed_c: Option<f64>,
    /// The printer's own words for its state (untrusted text, at most 120 characters).
    pub text: String,
}

/// The bytes that may be on the printer: those that were authorized, and no others.
#[derive(Debug, Clone)]
pub struct Expected<'a> {
    /// Size in bytes.
    pub size: u64,
    /// What they hash to (`send_sha`). The file below is only believed as far as it does.
    pub sha256: Sha256,
    /// Where they lie on our disk.
    pub path: &'a Path,
}

/// The answer of [`Driver::verify`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verified {
    /// Listed, and size (and hash, if reported) are those expected.
    Same,
    /// Listed, but other bytes; or our own file is not the expected one any more, so that nothing can be compared.
    Different,
    /// Not listed.
    Missing,
}

/// The answer of [`Driver::fence`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fence {
    /// From now on no start of this file can succeed.
    Fenced,
    /// The printer says the file is in use, and its running file is ours: it prints.
    InUse,
    /// No answer, or one that leaves doubt: try again.
    Unreachable,
}

/// How a print ended, by the printer's own record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Ran to its end.
    Finished,
    /// Stopped by an error or a cancel.
    Failed,
}

/// What the printer's records say about one file since a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evidence {
    /// It is the current print.
    Running,
    /// It was printed; the record says how it ended.
    Ended(Outcome),
    /// No record. `complete` is true only if a trace must exist had it started: durable history, or an unbroken watch
    /// since the witness was taken that told of no start. No restart alone is not enough (docs/printers.md, fact 7).
    NotSeen {
        /// Whether absence proves that it did not start.
        complete: bool,
    },
}

/// Taken before the start intent, asked after the fence: has this printer been up without a break in between?
pub trait Witness: Send + Sync {
    /// True only if the printer provably did not restart since this witness was made.
    fn unbroken(&self) -> bool;
}

/// One printer, through one family's protocol. All calls are bounded in time by the driver.
#[async_trait]
pub trait Driver: Send + Sync {
    /// Who answers at this address? Used by "Test" and before a printer is added.
    async fn identify(&self) -> Result<Identity, Fault>;
    /// One look: state and name of the running file.
    async fn observe(&self) -> Result<Observation, Fault>;
    /// Sends the bytes under `name`. Never starts a print, never overwrites; the bytes that leave are hashed as they go, and
    /// others than the expected ones are never sent to their end (S1: a file may be replaced while it is read).
    async fn upload(&self, name: &RemoteName, file: &Expected<'_>) -> Reply;
    /// Reads back what is stored under `name`. Where the printer says another hash than ours, it is compared with that of
    /// bytes that were seen to have ours.
    async fn verify(&self, name: &RemoteName, expected: &Expected<'_>) -> Result<Verified, Fault>;
    /// Sends the start of `name` once, on a fresh connection, without any retry (assumption A1).
    async fn start(&self, name: &RemoteName) -> Reply;
    /// Makes every later start of `name` impossible without destroying the printer's record of it.
    async fn fence(&self, name: &RemoteName) -> Fence;
    /// What the printer remembers of `name` (also after it was fenced).
    async fn evidence_since(&self, name: &RemoteName, witness: Option<&dyn Witness>) -> Result<Evidence, Fault>;
    /// Removes our own file, fenced or not. A convenience; nothing depends on it.
    async fn remove(&self, name: &RemoteName) -> Reply;
    /// Pauses, only if the running file is `expected`.
    async fn pause(&self, expected: &RemoteName) -> Reply;
    /// Resumes, only if the paused file is `expected`.
    async fn resume(&self, expected: &RemoteName) -> Reply;
    /// Cancels, only if the running file is `expected`: a late cancel must not hit another job.
    async fn cancel(&self, expected: &RemoteName) -> Reply;
    /// Starts watching the printer for restarts; `None` if this family or this moment offers no proof.
    async fn witness(&self) -> Option<Box<dyn Witness>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_read_as_it_was_stored() {
        let texts = ["", "8.8.8.8 is outside", "409 busy, come again"];
        let with = texts.iter().flat_map(|t| [Fault::AddressNotAllowed((*t).into()), Fault::Refused((*t).into())]);
        for fault in [Fault::Unreachable, Fault::WrongDevice, Fault::BadCredential].into_iter().chain(with) {
            assert_eq!(Fault::read(&fault.stored()), Some(fault.clone()), "{fault:?}");
            assert!(fault.stored().starts_with(fault.code()));
        }
        assert_eq!(Fault::read("the printer does not answer"), None);
    }
}
