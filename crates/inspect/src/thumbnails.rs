//! Collects the embedded pictures (`; thumbnail begin 160x120 15200`, base64 lines, `; thumbnail end`) and keeps the
//! largest valid one. Holds at most one picture's text and one finished PNG.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::picture::{self, Picture};
use crate::text;

/// Longest base64 text that is collected: 4 MB of picture.
const LONGEST: usize = 4 * 1024 * 1024 / 3 * 4;
/// Most pictures of one file that are decoded.
const MOST: u32 = 16;

/// The picture collector.
#[derive(Debug, Default)]
pub(crate) struct Thumbnails {
    /// Between begin and end.
    open: bool,
    /// The open picture is left out: too long, not larger than the best, or one too many.
    skipped: bool,
    base64: Vec<u8>,
    decoded: u32,
    /// Blocks that could not be used.
    pub(crate) damaged: u32,
    best: Option<Picture>,
}

impl Thumbnails {
    /// Whether a picture is being collected.
    pub(crate) const fn is_open(&self) -> bool {
        self.open
    }

    /// Takes a comment's text if it belongs to a picture; `false`: it is an ordinary comment.
    pub(crate) fn comment(&mut self, body: &[u8]) -> bool {
        if let Some(rest) = body.strip_prefix(b"thumbnail") {
            return self.mark(rest);
        }
        if !self.open {
            return false;
        }
        if !body.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=')) {
            self.abandon();
            return false;
        }
        if self.base64.len() + body.len() > LONGEST {
            self.skipped = true;
            self.damaged += 1;
            self.base64 = Vec::new();
        }
        if !self.skipped {
            self.base64.extend_from_slice(body);
        }
        true
    }

    /// A command came before the picture's end, or the file ended.
    pub(crate) fn abandon(&mut self) {
        if self.open {
            self.damaged += 1;
        }
        self.open = false;
        self.base64 = Vec::new();
    }

    /// The best picture as PNG.
    pub(crate) fn finish(mut self) -> (Option<Vec<u8>>, u32) {
        self.abandon();
        (self.best.map(|picture| picture.png), self.damaged)
    }

    /// `begin W H LEN`, `_JPG begin WxH LEN`, `_QOI end`.
    fn mark(&mut self, rest: &[u8]) -> bool {
        let rest = match rest.split_first() {
            Some((b'_', tag)) => {
                let letters = tag.iter().take_while(|b| b.is_ascii_alphanumeric()).count();
                &tag[letters..]
            }
            _ => rest,
        };
        let rest = text::trim(rest);
        if rest == b"end" {
            self.end();
            return true;
        }
        let Some(sizes) = rest.strip_prefix(b"begin") else { return false };
        self.abandon();
        let mut sizes = sizes.split(|b| matches!(b, b'x' | b' ')).filter(|part| !part.is_empty()).map(text::count);
        let announced = match (sizes.next().flatten(), sizes.next().flatten()) {
            (Some(width), Some(height)) => u64::from(width) * u64::from(height),
            _ => u64::MAX,
        };
        self.open = true;
        self.skipped = self.decoded >= MOST || self.best.as_ref().is_some_and(|best| announced <= best.area);
        true
    }

    fn end(&mut self) {
        if !self.open {
            return;
        }
        self.open = false;
        let base64 = std::mem::take(&mut self.base64);
        if self.skipped {
            return;
        }
        self.decoded += 1;
        match STANDARD.decode(&base64).ok().and_then(|bytes| picture::read(&bytes)) {
            Some(found) if self.best.as_ref().is_none_or(|best| found.area > best.area) => self.best = Some(found),
            Some(_) => {}
            None => self.damaged += 1,
        }
    }
}
