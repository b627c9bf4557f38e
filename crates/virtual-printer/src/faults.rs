//! The ways in which a printer can misbehave on command. Data only.

use serde::{Deserialize, Serialize};

fn a_while() -> u64 {
    1000
}

/// One way to misbehave. Those that name a start or an upload wait for the next one; the others happen at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// Executes the start, then drops the connection instead of answering.
    LoseStartAnswer,
    /// Drops the connection instead of executing the start.
    LoseStart,
    /// Waits before it executes the start (also if the client gives up in the meantime), then answers.
    DelayStart {
        /// Milliseconds.
        ms: u64,
    },
    /// Drops the connection at once and executes the start later.
    LateStart {
        /// Milliseconds.
        ms: u64,
    },
    /// Answers 409 to the start.
    RefuseStart,
    /// Answers 409, as if to another request, and executes the start later.
    RefuseThenStart {
        /// Milliseconds.
        ms: u64,
    },
    /// Drops the connection instead of deleting the next file.
    LoseDelete,
    /// Answers 204 to the start and does nothing.
    IgnoreStart,
    /// Executes the start, then loses power before it answers.
    PowerLossAfterStart {
        /// How long it stays off, milliseconds.
        #[serde(default = "a_while")]
        ms: u64,
    },
    /// Stores the upload, then drops the connection instead of answering.
    SwallowUploadAnswer,
    /// Stores other bytes of the same size than those that were sent.
    CorruptUpload,
    /// Answers 409 to the upload.
    RefuseUpload,
    /// Reads nothing of the upload for a while, then stores it.
    DelayUpload {
        /// Milliseconds.
        ms: u64,
    },
    /// Stores the upload and answers after a while.
    DelayUploadAnswer {
        /// Milliseconds.
        ms: u64,
    },
    /// Drops the connection instead of executing the next command to move a file.
    LoseMove,
    /// Moves the file, then drops the connection instead of answering.
    LoseMoveAnswer,
    /// Loses power now: the print stops, the job is forgotten, every connection breaks.
    PowerLoss {
        /// How long it stays off, milliseconds.
        #[serde(default = "a_while")]
        ms: u64,
    },
    /// Is not there for a while; the print goes on.
    Unreachable {
        /// Milliseconds.
        ms: u64,
        /// `true`: connections are accepted and never answered. `false`: they are closed at once.
        #[serde(default)]
        silent: bool,
    },
    /// A person at the panel starts a file that is there (or one of their own, if `name` is not given).
    PanelStart {
        /// The path of the file.
        #[serde(default)]
        name: Option<String>,
    },
    /// A person at the panel cancels what is printing.
    PanelCancel,
    /// The print reaches its end now.
    Finish,
    /// Forgets every file that is not printing.
    LoseFiles,
    /// The serial link to the machine drops: the print fails.
    SerialDrop,
    /// The serial link comes back.
    SerialConnect,
}

/// A fault and how often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// What to do.
    #[serde(flatten)]
    pub fault: Fault,
    /// At every occasion until cleared, not only at the next.
    #[serde(default)]
    pub sticky: bool,
}

/// What an occasion asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Occasion {
    Start,
    Upload,
    Move,
    Delete,
}

impl Fault {
    /// When it happens; `None`: at once.
    pub(crate) fn occasion(&self) -> Option<Occasion> {
        match self {
            Self::LoseStartAnswer
            | Self::LoseStart
            | Self::DelayStart { .. }
            | Self::LateStart { .. }
            | Self::RefuseStart
            | Self::RefuseThenStart { .. }
            | Self::IgnoreStart
            | Self::PowerLossAfterStart { .. } => Some(Occasion::Start),
            Self::SwallowUploadAnswer
            | Self::CorruptUpload
            | Self::RefuseUpload
            | Self::DelayUpload { .. }
            | Self::DelayUploadAnswer { .. } => Some(Occasion::Upload),
            Self::LoseMove | Self::LoseMoveAnswer => Some(Occasion::Move),
            Self::LoseDelete => Some(Occasion::Delete),
            Self::PowerLoss { .. }
            | Self::Unreachable { .. }
            | Self::PanelStart { .. }
            | Self::PanelCancel
            | Self::Finish
            | Self::LoseFiles
            | Self::SerialDrop
            | Self::SerialConnect => None,
        }
    }
}

impl Fault {
    /// Whether it cuts every connection when it happens.
    pub(crate) fn breaks_connections(&self) -> bool {
        matches!(self, Self::PowerLoss { .. } | Self::Unreachable { .. })
    }
}

/// The next order for this occasion; a one-shot order is used up by it.
pub(crate) fn take(orders: &mut Vec<Order>, occasion: Occasion) -> Option<Fault> {
    let at = orders.iter().position(|order| order.fault.occasion() == Some(occasion))?;
    match orders[at].sticky {
        true => Some(orders[at].fault.clone()),
        false => Some(orders.remove(at).fault),
    }
}
