//! Numbers and words out of bytes. Everything is bounded, nothing panics, and no text leaves without being cleaned.

/// Longest word that is kept, in characters.
const LONGEST: usize = 200;
/// Most entries of a list of numbers that are read (tools).
const MOST: usize = 64;

/// Without blanks and tabs at both ends.
pub(crate) fn trim(bytes: &[u8]) -> &[u8] {
    bytes.trim_ascii()
}

/// The value of `key = value` or `key: value`; `None` if another key only starts alike.
pub(crate) fn assigned<'a>(body: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    let rest = body.strip_prefix(key)?.trim_ascii_start();
    let (b'=' | b':', value) = rest.split_first()? else { return None };
    Some(trim(value))
}

fn invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{061C}')
}

/// A word for people: visible characters only, at most 200; `None` if nothing is left.
pub(crate) fn word(bytes: &[u8]) -> Option<String> {
    let bytes = &bytes[..bytes.len().min(LONGEST * 4)];
    let text: String = String::from_utf8_lossy(bytes).chars().filter(|c| !invisible(*c)).take(LONGEST).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// A finite number at the start of the bytes and what follows it. Exponents are read (Cura writes them).
pub(crate) fn leading_number(bytes: &[u8]) -> Option<(f64, &[u8])> {
    let bytes = trim(bytes);
    let mut end = 0;
    for (at, byte) in bytes.iter().take(40).enumerate() {
        let after_exponent = at > 0 && matches!(bytes[at - 1], b'e' | b'E');
        match byte {
            b'0'..=b'9' | b'.' => {}
            b'-' | b'+' if at == 0 || after_exponent => {}
            b'e' | b'E' if at > 0 && bytes.get(at + 1).is_some_and(|b| matches!(b, b'0'..=b'9' | b'-' | b'+')) => {}
            _ => break,
        }
        end = at + 1;
    }
    let number: f64 = std::str::from_utf8(&bytes[..end]).ok()?.parse().ok()?;
    number.is_finite().then_some((number, trim(&bytes[end..])))
}

/// A finite number and nothing after it.
pub(crate) fn number(bytes: &[u8]) -> Option<f64> {
    leading_number(bytes).filter(|(_, rest)| rest.is_empty()).map(|(number, _)| number)
}

/// A whole count.
pub(crate) fn count(bytes: &[u8]) -> Option<u32> {
    let bytes = trim(bytes);
    if bytes.is_empty() || bytes.len() > 9 {
        return None;
    }
    bytes.iter().try_fold(0u32, |sum, b| b.is_ascii_digit().then(|| sum * 10 + u32::from(b - b'0')))
}

/// Seconds of a `;TIME:` value: at least 0, less than ten years.
pub(crate) fn seconds(bytes: &[u8]) -> Option<u64> {
    let seconds = number(bytes)?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
    (0.0..3.2e8).contains(&seconds).then(|| seconds.round() as u64)
}

/// Seconds of `1d 2h 3m 4s`; parts may be missing, their order is free.
pub(crate) fn duration(bytes: &[u8]) -> Option<u64> {
    let mut rest = trim(bytes);
    let mut sum = None;
    while !rest.is_empty() {
        let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
        let value = u64::from(count(&rest[..digits])?);
        let (unit, after) = rest[digits..].trim_ascii_start().split_first()?;
        let factor = match unit {
            b'd' => 86_400,
            b'h' => 3_600,
            b'm' => 60,
            b's' => 1,
            _ => return None,
        };
        sum = Some(sum.unwrap_or(0u64).saturating_add(value * factor));
        rest = trim(after);
    }
    sum.filter(|seconds| *seconds < 320_000_000)
}

/// The sum of a comma-separated list of numbers, each with the unit at its end or none: `896.69`, `1.2m, 0.1m`.
/// `None` if an entry is unreadable or negative.
pub(crate) fn sum(bytes: &[u8], unit: &[u8]) -> Option<f64> {
    let bytes = trim(bytes);
    let bytes = bytes.strip_prefix(b"[").and_then(|b| b.strip_suffix(b"]")).unwrap_or(bytes);
    let mut total = 0.0;
    for (at, part) in bytes.split(|b| *b == b',').enumerate() {
        let (value, rest) = leading_number(part)?;
        if at >= MOST || value < 0.0 || rest != unit {
            return None;
        }
        total += value;
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        assert_eq!(number(b" 2.14748e+06"), Some(2_147_480.0));
        assert_eq!(number(b"-2.5"), Some(-2.5));
        for bad in [b"".as_slice(), b"inf", b"nan", b"1.2.3", b"--1", b"1e999", b"0x10", b"1 2", b"1e"] {
            assert_eq!(number(bad), None, "{}", String::from_utf8_lossy(bad));
        }
        assert_eq!(sum(b"1205.52, 231.40", b""), Some(1436.92));
        assert_eq!(sum(b"0.799633m, 0.1m", b"m"), Some(0.899_633));
        assert_eq!(sum(b"12.5mm3", b"m"), None);
        assert_eq!(sum(b"[2.5, 3]", b""), Some(5.5));
    }

    #[test]
    fn times() {
        assert_eq!(duration(b"1d 2h 3m 4s"), Some(93_784));
        assert_eq!(duration(b"24m 23s"), Some(1463));
        assert_eq!(duration(b"2h"), Some(7200));
        assert_eq!(duration(b""), None);
        assert_eq!(duration(b"soon"), None);
        assert_eq!(duration(b"99999999999s"), None);
        assert_eq!(seconds(b"1795"), Some(1795));
        assert_eq!(seconds(b"-1"), None);
        assert_eq!(seconds(b"1e300"), None);
    }

    #[test]
    fn words_are_cleaned() {
        assert_eq!(word(b" Creality Ender-3 ").as_deref(), Some("Creality Ender-3"));
        assert_eq!(word("a\u{202e}b\u{7}c".as_bytes()).as_deref(), Some("abc"));
        assert_eq!(word(&[b'x'; 5000]).map(|w| w.len()), Some(200));
        assert_eq!(word(b" \x01 "), None);
        assert_eq!(word(&[0xff, b'a']).as_deref(), Some("\u{fffd}a"));
    }
}
