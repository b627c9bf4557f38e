//! Names are labels, never paths (CVE classes in docs/security.md): they are cleaned once, where they come in.

use std::fmt;

use unicode_normalization::UnicodeNormalization as _;

/// Longest label that is kept, in characters.
const LONGEST: usize = 200;

/// Why a name was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing (visible) is left.
    #[error("The name is empty.")]
    Empty,
    /// More than 200 characters.
    #[error("The name is longer than 200 characters.")]
    TooLong,
    /// Control, text-direction or invisible characters.
    #[error("The name has control or invisible characters. Type it anew.")]
    Control,
    /// A slash, a backslash or `..`.
    #[error("The name has path parts (/ or \\).")]
    Path,
}

/// Characters that are not seen, or that turn the text around: with one of them a name looks like another, or like none.
fn invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{061C}'
            | '\u{00AD}' | '\u{034F}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
            | '\u{2800}' | '\u{3164}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
}

/// A variation selector changes how a symbol is drawn, and nothing behind a letter.
fn draws_nothing(before: Option<char>, c: char) -> bool {
    matches!(c, '\u{FE00}'..='\u{FE0F}')
        && before.is_none_or(|before| before.is_alphanumeric() || before.is_whitespace())
}

/// The same letters in one spelling (Unicode NFC): “ä” is one character, as some systems write it, and not two, as others do.
#[must_use]
pub fn composed(text: &str) -> String {
    text.nfc().collect()
}

/// Checks a label that a person gave (printer, organization, person): trimmed, visible, at most 200 characters.
///
/// # Errors
/// [`NameError`] says what is wrong; nothing is silently changed but outer blanks and the spelling ([`composed`]).
pub fn clean_label(text: &str) -> Result<String, NameError> {
    let text = composed(text.trim());
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if text.chars().count() > LONGEST {
        return Err(NameError::TooLong);
    }
    let mut before = None;
    for c in text.chars() {
        if invisible(c) || draws_nothing(before, c) {
            return Err(NameError::Control);
        }
        before = Some(c);
    }
    Ok(text)
}

/// Checks the name of an uploaded file: a label without path parts.
///
/// # Errors
/// [`NameError`].
pub fn clean_file_name(text: &str) -> Result<String, NameError> {
    let text = clean_label(text)?;
    if text.contains(['/', '\\']) || text == "." || text == ".." {
        return Err(NameError::Path);
    }
    Ok(text)
}

/// The name of one attempt's file on a printer: `imp-<job number>-<8 random hex>-<attempt>.<ext>`; never reused
/// (dispatch.md D2). Nobody else writes into the `imp-` name space (assumption A4).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RemoteName(String);

impl RemoteName {
    /// Makes the name of attempt `attempt` of job `number`; `random` must be fresh.
    #[must_use]
    pub fn new(number: i64, random: [u8; 4], attempt: i64, extension: &str) -> Self {
        Self(format!("imp-{number}-{}-{attempt}.{extension}", hex::encode(random)))
    }
    /// Reads a name back from the database or a printer's listing; `None` unless it is one of ours.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("imp-")?;
        let safe = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        (rest.len() < 100 && rest.contains('.') && rest.chars().all(safe)).then(|| Self(text.to_owned()))
    }
    /// The bare file name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RemoteName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_tricks_are_refused() {
        assert_eq!(clean_file_name("../../etc/passwd.gcode"), Err(NameError::Path));
        assert_eq!(clean_file_name("a\\b.gcode"), Err(NameError::Path));
        assert_eq!(clean_file_name("a\u{0}.gcode"), Err(NameError::Control));
        assert_eq!(clean_file_name("invoice\u{202E}edocg.exe"), Err(NameError::Control));
        assert_eq!(clean_file_name(&"x".repeat(5000)), Err(NameError::TooLong));
        assert_eq!(clean_file_name("  "), Err(NameError::Empty));
        for unseen in ["Ines Adler\u{AD}", "\u{3164}", "Ines\u{115F}", "Alpha\u{FE0F}", "\u{2800}", "a\u{E0041}"] {
            assert_eq!(clean_label(unseen), Err(NameError::Control), "{unseen:?}");
        }
        assert_eq!(
            clean_label("\u{1F5A8}\u{FE0F} Bench 1").as_deref(),
            Ok("\u{1F5A8}\u{FE0F} Bench 1"),
            "a symbol in colour"
        );
        assert_eq!(clean_label("Zahnra\u{308}der").as_deref(), Ok("Zahnr\u{e4}der"), "as another system spells it");
        assert_eq!(clean_file_name(" Zahnrad für Ä.gcode ").as_deref(), Ok("Zahnrad für Ä.gcode"));
    }

    #[test]
    fn remote_names_read_back() {
        let name = RemoteName::new(7, [1, 2, 3, 255], 2, "gcode");
        assert_eq!(name.as_str(), "imp-7-010203ff-2.gcode");
        assert_eq!(RemoteName::parse(name.as_str()), Some(name));
        assert_eq!(RemoteName::parse("imp-7/../../x.gcode"), None);
        assert_eq!(RemoteName::parse("other.gcode"), None);
    }
}
