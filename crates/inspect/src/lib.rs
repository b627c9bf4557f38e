//! First facts of a G-code print file, read in one pass over its bytes while they arrive.
//!
//! Pure: no I/O, no clock, no panic on any input, memory bounded whatever the file holds (one line, one thumbnail).
//! What a file says about itself is a *claim*: the facts repeat it for a person to judge. Nothing here may decide
//! whether a file is printed, and nothing here may change the file.
//!
//! ```
//! let mut inspector = inspect::Inspector::new();
//! inspector.feed(b";FLAVOR:Marlin\n;TIME:1795\n;Filament used: 0.799633m\nG28\n");
//! inspector.feed(b"G1 X1 E1\n");
//! let found = inspector.finish().expect("it is G-code");
//! assert_eq!(found.facts.print_time_s, Some(1795));
//! assert_eq!(found.facts.commands, 2);
//! ```

mod claims;
mod comments;
mod facts;
mod inspector;
mod lines;
mod picture;
mod refusal;
mod text;
mod thumbnails;

pub use facts::{Facts, Inspected};
pub use inspector::Inspector;
pub use refusal::{Content, MODELS, NotPrintable, accepts, model};

/// Rises whenever the same bytes can give other facts; stored with them, so that old files can be looked at again.
pub const VERSION: u32 = 1;

/// Longest command line in bytes; a longer one is refused ([`NotPrintable::LineTooLong`]).
pub const LONGEST_COMMAND: usize = 64 * 1024;

/// Longest comment line in bytes (slicers put whole settings on one line); a longer one is refused.
/// Only its first [`LONGEST_COMMAND`] bytes are read.
pub const LONGEST_COMMENT: u64 = 1024 * 1024;

/// Longest side of the thumbnail that is handed out, in pixels.
pub const THUMBNAIL_SIDE: u32 = 512;
