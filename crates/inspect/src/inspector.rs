//! The way in: bytes are fed as they come, facts come out at the end. The answer does not depend on how the bytes
//! were cut into pieces.

use crate::claims::Claims;
use crate::facts::Inspected;
use crate::lines::Lines;
use crate::refusal::{Content, NotPrintable, magic};

const BOM: &[u8] = &[0xef, 0xbb, 0xbf];

/// Reads a print file in one pass.
#[derive(Debug, Default)]
pub struct Inspector {
    /// The first bytes.
    head: Vec<u8>,
    total: u64,
    /// A NUL byte was seen.
    binary: bool,
    last_was_ff: bool,
    /// FF FF was seen: on some firmware it switches the decoding of everything after it.
    packed: bool,
    first_line_read: bool,
    lines: Lines,
    claims: Claims,
}

impl Inspector {
    /// A fresh inspector for one file.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes of the file, any number of them.
    ///
    /// May take some tens of milliseconds when a large thumbnail ends in these bytes: call it where blocking is fine.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.total += bytes.len() as u64;
        let missing = 16 - self.head.len();
        self.head.extend_from_slice(&bytes[..bytes.len().min(missing)]);
        if self.binary {
            return;
        }
        self.scan(bytes);
        if self.binary {
            // The answer is known; let go of what was collected.
            self.claims = Claims::default();
            self.lines = Lines::default();
            return;
        }
        let Self { lines, claims, first_line_read, .. } = self;
        lines.feed(bytes, &mut |line| take(claims, first_line_read, line));
    }

    /// How many bytes were fed.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.total
    }

    /// The facts, after the last byte.
    ///
    /// # Errors
    /// [`NotPrintable`]: empty, not text, a line too long, or no G-code command in it (checked in this order).
    pub fn finish(mut self) -> Result<Inspected, NotPrintable> {
        if self.total == 0 {
            return Err(NotPrintable::Empty);
        }
        if let Some(content) = magic(&self.head) {
            return Err(NotPrintable::NotText(content));
        }
        if self.binary {
            return Err(NotPrintable::NotText(Content::Binary));
        }
        let Self { lines, claims, first_line_read, .. } = &mut self;
        lines.finish(&mut |line| take(claims, first_line_read, line));
        if let Some(line) = self.lines.too_long {
            return Err(NotPrintable::LineTooLong { line });
        }
        if self.claims.commands() == 0 {
            let stl = self.head.starts_with(b"solid ");
            return Err(if stl { NotPrintable::NotText(Content::Stl) } else { NotPrintable::NoCommands });
        }
        let stray_cr = self.lines.lone_cr > 0 && self.lines.lf > 0;
        let (facts, thumbnail) = self.claims.finish(stray_cr, self.packed);
        Ok(Inspected { facts, thumbnail })
    }

    /// Looks for NUL and FF FF.
    fn scan(&mut self, bytes: &[u8]) {
        for at in memchr::memchr2_iter(0, 0xff, bytes) {
            if bytes[at] == 0 {
                self.binary = true;
                return;
            }
            let after_ff = if at == 0 { self.last_was_ff } else { bytes[at - 1] == 0xff };
            self.packed |= after_ff;
        }
        if let Some(last) = bytes.last() {
            self.last_was_ff = *last == 0xff;
        }
    }
}

fn take(claims: &mut Claims, first_line_read: &mut bool, line: &[u8]) {
    let line = if *first_line_read { line } else { line.strip_prefix(BOM).unwrap_or(line) };
    *first_line_read = true;
    claims.line(line);
}
