//! The measures that can be taken away, one at a time. Each has to break an invariant; else it would not be needed, or
//! the model could not tell.

/// One measure of the protocol that is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Weak {
    /// Nothing is missing: the protocol as built.
    Nothing,
    /// D4 writes nothing: a start is sent for a job that is only claimed.
    NoIntentOnRecord,
    /// After a lost answer the job goes back to the queue unread.
    NoReadBack,
    /// R1 is left out: the printer is only asked.
    NoFence,
    /// R2 before R1.
    ReadThenFence,
    /// The fence deletes the file, and with it the printer's record.
    FenceErases,
    /// All attempts of a job use one name.
    SameName,
    /// A worker of an older lease may go on.
    NoToken,
    /// A start without an answer is sent once more.
    StartAgain,
    /// The network repeats a start (assumption A1 is broken).
    NetworkRepeats,
    /// "Not seen" counts, though the printer's record can be gone.
    TrustNoHistory,
    /// "No restart, and no record" counts, whatever the push channel told.
    TrustNoRestart,
    /// A printer that is idle counts as one with a clear plate.
    IdleIsClear,
    /// The queue does not look whether another job has the printer.
    NotBusy,
    /// An approval is for whatever the job is now, not for what was shown.
    NoCompare,
    /// The role is looked at before the transaction.
    RoleBefore,
    /// Whether approval is needed is asked when the job is sent, not when it was accepted.
    GateAtDispatch,
    /// Taking back does not reach a job that a server has already.
    TakeBackKeepsClaim,
    /// The undo window is not waited for.
    NoUndoWindow,
    /// The intent is decided by the job as it was when it was claimed.
    IntentFromMemory,
    /// A job whose submitter left comes back to the queue as if they had not.
    FormerPersonGoesOn,
    /// A server moves a job of a group though another has claimed it already.
    AssignClaimed,
    /// A server carries an approval to another printer, whatever became of the person who gave it.
    AssignForAnybody,
    /// After a printer was removed, "it did not print" is accepted without a fence.
    AnswerWithoutFence,
}
