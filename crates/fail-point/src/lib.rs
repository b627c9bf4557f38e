//! Fail points: named moments at which a test build of the server ends itself as a power cut would, without a last word.
//!
//! `fail_point!(Intent, Uncommitted)` is nothing in a normal build: the macro is empty, and the code behind it is not
//! compiled. With the feature `armed` (only `make crash` asks for it, by the feature `fail-points` of the binary) each pass
//! is written to a file, and the process aborts at the point it was told. A build that is armed does not serve unless it was
//! given that file, so it cannot be mistaken for the product. This crate decides nothing and may not do anything else.

#[cfg(feature = "armed")]
mod armed;

#[cfg(feature = "armed")]
pub use armed::{check, reached};

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// A finished upload becomes a blob: bytes, fsync, rename, fsync of the folder.
    Blob,
    /// The row of a finished upload.
    Upload,
    /// A print request is accepted.
    Accept,
    /// Approve.
    Approve,
    /// Reject.
    Reject,
    /// Withdraw.
    Withdraw,
    /// Take an approval back.
    TakeBack,
    /// Send back.
    SendBack,
    /// A person answers *attention*.
    Resolve,
    /// "The plate is clear".
    PlateClear,
    /// A queued job of a printer group moves to a free printer of it.
    Assign,
    /// D1.
    Claim,
    /// D2.
    Send,
    /// D3.
    Look,
    /// D4.
    Intent,
    /// The data folder remembers how far the journal has come (always before a start).
    Remember,
    /// D5.
    Start,
    /// D6: the printer was seen printing it.
    Seen,
    /// D7: it ended.
    End,
    /// A claimed job goes back to the queue.
    Release,
    /// An orphan is taken over.
    TakeOver,
    /// R1.
    Fence,
    /// R2.
    Read,
    /// R3: it certainly did not start.
    NotStarted,
    /// R3: a person has to say.
    Ask,
}

/// Where in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum At {
    /// Before it.
    Before,
    /// Done, and not durable yet: the transaction is not committed, the name is not flushed.
    Uncommitted,
    /// Done and durable; nobody has been told.
    After,
}

/// A fail point.
pub type Point = (Step, At);

/// Every fail point there is; `make crash` fails if one of them was never the end of a process.
pub const ALL: &[Point] = {
    use At::{After, Before, Uncommitted};
    &[
        (Step::Blob, Before),
        (Step::Blob, Uncommitted),
        (Step::Blob, After),
        (Step::Upload, Uncommitted),
        (Step::Upload, After),
        (Step::Accept, Before),
        (Step::Accept, Uncommitted),
        (Step::Accept, After),
        (Step::Approve, Before),
        (Step::Approve, Uncommitted),
        (Step::Approve, After),
        (Step::Reject, Before),
        (Step::Reject, Uncommitted),
        (Step::Reject, After),
        (Step::Withdraw, Before),
        (Step::Withdraw, Uncommitted),
        (Step::Withdraw, After),
        (Step::TakeBack, Before),
        (Step::TakeBack, Uncommitted),
        (Step::TakeBack, After),
        (Step::SendBack, Uncommitted),
        (Step::SendBack, After),
        (Step::Resolve, Uncommitted),
        (Step::Resolve, After),
        (Step::PlateClear, Uncommitted),
        (Step::PlateClear, After),
        (Step::Assign, Before),
        (Step::Assign, Uncommitted),
        (Step::Assign, After),
        (Step::Claim, Before),
        (Step::Claim, Uncommitted),
        (Step::Claim, After),
        (Step::Send, Before),
        (Step::Send, After),
        (Step::Look, Before),
        (Step::Look, After),
        (Step::Intent, Before),
        (Step::Intent, Uncommitted),
        (Step::Intent, After),
        (Step::Remember, Before),
        (Step::Remember, Uncommitted),
        (Step::Remember, After),
        (Step::Start, Before),
        (Step::Start, After),
        (Step::Seen, Before),
        (Step::Seen, Uncommitted),
        (Step::Seen, After),
        (Step::End, Before),
        (Step::End, Uncommitted),
        (Step::End, After),
        (Step::Release, Uncommitted),
        (Step::Release, After),
        (Step::TakeOver, Before),
        (Step::TakeOver, Uncommitted),
        (Step::TakeOver, After),
        (Step::Fence, Before),
        (Step::Fence, After),
        (Step::Read, Before),
        (Step::Read, After),
        (Step::NotStarted, Before),
        (Step::NotStarted, Uncommitted),
        (Step::NotStarted, After),
        (Step::Ask, Before),
        (Step::Ask, Uncommitted),
        (Step::Ask, After),
    ]
};

/// The name of a point, such as `Intent.Uncommitted`.
#[must_use]
pub fn name((step, at): Point) -> String {
    format!("{step:?}.{at:?}")
}

/// A fail point: nothing, unless this is an armed build.
#[cfg(feature = "armed")]
#[macro_export]
macro_rules! fail_point {
    ($step:ident, $at:ident) => {
        $crate::reached(($crate::Step::$step, $crate::At::$at))
    };
}

/// A fail point: nothing, unless this is an armed build. The name is checked by the compiler all the same.
#[cfg(not(feature = "armed"))]
#[macro_export]
macro_rules! fail_point {
    ($step:ident, $at:ident) => {{
        const _: $crate::Point = ($crate::Step::$step, $crate::At::$at);
    }};
}
