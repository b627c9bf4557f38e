//! Text from printers is untrusted: it is shortened and made harmless once, where it comes in.

/// Longest text that is kept, in characters.
const LONGEST: usize = 120;

fn invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{061C}')
}

/// At most 120 visible characters. Whoever shows it still escapes it.
pub(crate) fn clean(text: &str) -> String {
    let visible = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(|c| !invisible(*c));
    visible.take(LONGEST).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn printer_text_is_shortened_and_made_visible() {
        assert_eq!(clean("  Oper\u{0}ational\u{1b}[31m\n"), "Operational[31m");
        assert_eq!(clean("a\u{202E}b\u{200B}c"), "abc");
        assert_eq!(clean(&"ä".repeat(5000)).chars().count(), 120);
    }
}
