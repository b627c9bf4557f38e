//! Cuts the stream into lines at LF, CR and CRLF (firmware ends a line at any of them). Lines inside a piece are
//! lent without copying; only a line that crosses pieces is kept, and never more than 64 KiB of it.

use crate::{LONGEST_COMMAND, LONGEST_COMMENT};

/// The line cutter. How the input is cut into pieces makes no difference to the lines.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    /// The start of the line that is not complete yet.
    carry: Vec<u8>,
    /// Its whole length so far, also of what was not kept.
    length: u64,
    /// Number of the current line, from 0.
    number: u64,
    /// The byte before the current line was a CR.
    after_cr: bool,
    /// Lines ended by a CR without LF.
    pub(crate) lone_cr: u64,
    /// Lines ended by an LF.
    pub(crate) lf: u64,
    /// The first line that was too long (from 1); nothing is read after it.
    pub(crate) too_long: Option<u64>,
}

impl Lines {
    /// Lends every line that is complete with these bytes to `line`, without its end.
    pub(crate) fn feed(&mut self, bytes: &[u8], line: &mut impl FnMut(&[u8])) {
        let mut start = 0;
        for end in memchr::memchr2_iter(b'\n', b'\r', bytes) {
            if self.too_long.is_some() {
                return;
            }
            self.end(&bytes[start..end], bytes[end], line);
            start = end + 1;
        }
        if self.too_long.is_none() {
            self.hold(&bytes[start..]);
        }
    }

    /// Lends the last line, which had no end.
    pub(crate) fn finish(&mut self, line: &mut impl FnMut(&[u8])) {
        if self.too_long.is_some() {
            return;
        }
        if self.after_cr {
            self.lone_cr += 1;
        }
        if self.length > 0 {
            line(&self.carry);
        }
    }

    fn end(&mut self, piece: &[u8], terminator: u8, line: &mut impl FnMut(&[u8])) {
        let empty = self.length == 0 && piece.is_empty();
        let second_half = empty && self.after_cr && terminator == b'\n';
        if self.after_cr && !second_half {
            self.lone_cr += 1;
        }
        self.after_cr = terminator == b'\r';
        if terminator == b'\n' {
            self.lf += 1;
        }
        if second_half {
            return;
        }
        if self.length == 0 {
            let kept = &piece[..piece.len().min(LONGEST_COMMAND)];
            if is_too_long(kept, piece.len() as u64) {
                self.too_long = Some(self.number + 1);
                return;
            }
            line(kept);
        } else {
            self.hold(piece);
            if self.too_long.is_some() {
                return;
            }
            line(&self.carry);
            self.carry.clear();
            self.length = 0;
        }
        self.number += 1;
    }

    fn hold(&mut self, piece: &[u8]) {
        let room = LONGEST_COMMAND - self.carry.len();
        self.carry.extend_from_slice(&piece[..piece.len().min(room)]);
        self.length += piece.len() as u64;
        if is_too_long(&self.carry, self.length) {
            self.too_long = Some(self.number + 1);
            self.carry = Vec::new();
        }
    }
}

/// `kept` is the start of the line, the whole of it up to the longest command.
fn is_too_long(kept: &[u8], length: u64) -> bool {
    if length <= LONGEST_COMMAND as u64 {
        return false;
    }
    let comment = kept.trim_ascii_start().first() == Some(&b';');
    !comment || length > LONGEST_COMMENT
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(pieces: &[&[u8]]) -> (Vec<String>, Lines) {
        let mut lines = Lines::default();
        let mut out = Vec::new();
        let mut take = |line: &[u8]| out.push(String::from_utf8_lossy(line).into_owned());
        for piece in pieces {
            lines.feed(piece, &mut take);
        }
        lines.finish(&mut take);
        (out, lines)
    }

    #[test]
    fn ends() {
        let (out, lines) = cut(&[b"a\r", b"\nb\n\nc\rd"]);
        assert_eq!(out, ["a", "b", "", "c", "d"]);
        assert_eq!((lines.lone_cr, lines.lf), (1, 3));
        let (out, lines) = cut(&[b"a\r\n", b"b", b"c\r\n"]);
        assert_eq!(out, ["a", "bc"]);
        assert_eq!((lines.lone_cr, lines.lf), (0, 2));
        assert_eq!(cut(&[b"a\r"]).1.lone_cr, 1);
    }

    #[test]
    fn long_lines() {
        let mut command = vec![b'G'; LONGEST_COMMAND];
        command.push(b'\n');
        assert_eq!(cut(&[b"x\n", &command]).1.too_long, None);
        command.insert(0, b'G');
        assert_eq!(cut(&[b"x\n", &command, b"y\n"]).1.too_long, Some(2));
        assert_eq!(cut(&[b"x\n", &command[..10], &command[10..], b"y\n"]).1.too_long, Some(2));
        command[0] = b';';
        let (out, lines) = cut(&[&command, b"y\n"]);
        assert_eq!((out.len(), out[0].len(), lines.too_long), (2, LONGEST_COMMAND, None));
        let comment = vec![b';'; 1024 * 1024 + 1];
        assert_eq!(cut(&[&comment]).1.too_long, Some(1));
    }
}
