//! What can be wrong with a make of printer: not once, but always. For showing that a test of printers notices it.

use serde::{Deserialize, Serialize};

/// One way in which a printer breaks what a print server relies on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quirk {
    /// A start of a file that is not there prints something all the same.
    StartsMissing,
    /// A start of a file that is not there is answered with yes; nothing happens.
    NodsAtMissing,
    /// A start while it prints ends the running print and takes its place.
    StartsWhileBusy,
    /// A start while it prints is kept, and executed when the running print is over.
    QueuesStarts,
    /// Each start is executed once more when its print is over.
    StartsTwice,
    /// A move is answered with yes and leaves the file startable where it was.
    MoveLeavesFile,
    /// A start that is being executed prints although its file was moved away in the meantime.
    HoldsFile,
    /// A move takes the record of the prints away.
    MoveLosesRecord,
    /// A power cut takes every record along, also the durable ones.
    ForgetsRecords,
    /// An upload is printed.
    PrintsUploads,
    /// It never says which file prints.
    NamesNothing,
    /// It moves a file also while it prints.
    MovesRunningFile,
}
