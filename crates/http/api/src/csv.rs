//! Tables for spreadsheets (RFC 4180): every cell quoted, and none that a spreadsheet would take for a formula.

/// A table under construction.
#[derive(Debug)]
pub(crate) struct Csv(String);

impl Csv {
    /// With its head. A byte order mark comes first: without it, spreadsheets misread names.
    pub(crate) fn new(head: &[&str]) -> Self {
        let mut csv = Self("\u{FEFF}".to_owned());
        csv.row(head);
        csv
    }

    /// One more row.
    pub(crate) fn row<T: AsRef<str>>(&mut self, cells: &[T]) {
        for (at, cell) in cells.iter().enumerate() {
            if at > 0 {
                self.0.push(',');
            }
            self.0.push('"');
            let cell = cell.as_ref();
            // A spreadsheet runs what begins like this; an apostrophe makes it text. Blanks in front do not protect.
            if cell.trim_start().starts_with(['=', '+', '-', '@']) || cell.starts_with(['\t', '\r', '\n']) {
                self.0.push('\'');
            }
            self.0.push_str(&cell.replace('"', "\"\""));
            self.0.push('"');
        }
        self.0.push_str("\r\n");
    }

    /// The text.
    pub(crate) fn finish(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_that_begin_like_a_formula_are_text() {
        let mut csv = Csv::new(&["a"]);
        for cell in ["=1+1", "+1", "-1", "@x", "\t=1", "  =1", "\r=1", "plain", "a=b", "say \"x\",\ny"] {
            csv.row(&[cell]);
        }
        let text = csv.finish();
        let want = "\u{FEFF}\"a\"\r\n\"'=1+1\"\r\n\"'+1\"\r\n\"'-1\"\r\n\"'@x\"\r\n\"'\t=1\"\r\n\"'  =1\"\r\n\"'\r=1\"\r\n\"plain\"\r\n\
            \"a=b\"\r\n\"say \"\"x\"\",\ny\"\r\n";
        assert_eq!(text, want);
    }
}
