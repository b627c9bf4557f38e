//! What a family of printers was seen to do, and the class that follows from it. The class is not chosen: it is reckoned
//! from the report of the kit (`kit.rs`, only with the feature `conformance`), and the report is a file that the test
//! against the real thing must reproduce. A family without a passing report gets the weakest class.

#[cfg(feature = "conformance")]
mod after;
#[cfg(feature = "conformance")]
mod basics;
#[cfg(feature = "conformance")]
mod kit;

use std::fmt;

#[cfg(feature = "conformance")]
pub use kit::{Rig, examine};

/// What may be concluded from a printer's silence after a lost answer (docs/dispatch.md, classes).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// It remembers each start, durably: what happened can always be found out.
    A,
    /// It remembers a print at its end only: found out as long as it was watched without a break.
    B,
    /// Its silence proves nothing: a person is always asked.
    C,
}

impl Class {
    /// The letter that is stored and shown.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
        }
    }

    /// Whether "no trace of a start" may be believed at all.
    #[must_use]
    pub fn may_decide(self) -> bool {
        self != Self::C
    }
}

/// What the protocol relies on (docs/dispatch.md, assumptions).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assumption {
    /// It says what it is, and knows its key.
    Identity,
    /// Sending a file starts nothing and overwrites nothing.
    Upload,
    /// What prints is shown by its name.
    ReadBack,
    /// A1: one send is executed at most once.
    OneSend,
    /// A3: a start of a missing file is refused.
    Missing,
    /// A3: a start while it prints is refused or has no effect.
    Busy,
    /// After an acknowledged fence no start of that file can succeed.
    Fence,
    /// A5: right after the fence, records and state are right; silence is called proof only where it is one.
    Record,
    /// The record of a start survives a power cut in the middle of the print.
    Durable,
}

impl Assumption {
    /// All of them, in the order of a report.
    pub const ALL: [Self; 9] = [
        Self::Identity,
        Self::Upload,
        Self::ReadBack,
        Self::OneSend,
        Self::Missing,
        Self::Busy,
        Self::Fence,
        Self::Record,
        Self::Durable,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Upload => "upload",
            Self::ReadBack => "read-back",
            Self::OneSend => "A1 one send",
            Self::Missing => "A3 missing file",
            Self::Busy => "A3 busy",
            Self::Fence => "fence",
            Self::Record => "A5 record",
            Self::Durable => "durable record",
        }
    }
}

/// What became of an assumption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing was seen that contradicts it.
    Held,
    /// It was seen to be wrong.
    Failed,
    /// Here it could not be tried: counts as wrong.
    NotTestable,
}

impl Verdict {
    const ALL: [Self; 3] = [Self::Held, Self::Failed, Self::NotTestable];

    fn word(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Failed => "failed",
            Self::NotTestable => "not testable",
        }
    }
}

/// One line of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Of what.
    pub assumption: Assumption,
    /// What became of it.
    pub verdict: Verdict,
    /// What was seen, in a sentence; the same sentence whenever the same is seen.
    pub seen: String,
}

/// What was seen of one product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The family's key.
    pub family: String,
    /// Product and version.
    pub product: String,
    /// One for each assumption that was tried.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Whether this was seen to hold.
    #[must_use]
    pub fn held(&self, assumption: Assumption) -> bool {
        let mut of_it = self.findings.iter().filter(|finding| finding.assumption == assumption).peekable();
        of_it.peek().is_some() && of_it.all(|finding| finding.verdict == Verdict::Held)
    }

    /// The class that these findings grant; `None`: it must not be driven at all, no protocol keeps the promises with it.
    #[must_use]
    pub fn class(&self) -> Option<Class> {
        use Assumption::{Busy, Durable, Fence, Identity, Missing, OneSend, ReadBack, Record, Upload};
        let all = |needed: &[Assumption]| needed.iter().all(|assumption| self.held(*assumption));
        match () {
            () if !all(&[Identity, ReadBack, OneSend, Missing, Busy]) => None,
            () if !all(&[Upload, Fence, Record]) => Some(Class::C),
            () if !all(&[Durable]) => Some(Class::B),
            () => Some(Class::A),
        }
    }

    /// Reads what [`fmt::Display`] wrote; `None` if it is something else. The last line, the class, is for people: it is not
    /// believed but reckoned again.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let family = lines.next()?.strip_prefix("family: ")?.to_owned();
        let product = lines.next()?.strip_prefix("product: ")?.to_owned();
        let mut findings = Vec::new();
        for line in lines.filter(|line| !line.starts_with("class: ")) {
            let mut parts = line.splitn(3, ": ");
            let (word, verdict, seen) = (parts.next()?, parts.next()?, parts.next()?);
            findings.push(Finding {
                assumption: Assumption::ALL.into_iter().find(|assumption| assumption.word() == word)?,
                verdict: Verdict::ALL.into_iter().find(|known| known.word() == verdict)?,
                seen: seen.to_owned(),
            });
        }
        Some(Self { family, product, findings })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "family: {}\nproduct: {}", self.family, self.product)?;
        for Finding { assumption, verdict, seen } in &self.findings {
            writeln!(f, "{}: {}: {seen}", assumption.word(), verdict.word())?;
        }
        writeln!(f, "class: {}", self.class().map_or("none", Class::word))
    }
}

/// The class of a family by its recorded report; the weakest if there is none that grants more, or if it is another
/// family's.
#[must_use]
pub fn granted(family: &str, record: Option<&str>) -> Class {
    record
        .and_then(Report::parse)
        .filter(|report| report.family == family)
        .and_then(|report| report.class())
        .unwrap_or(Class::C)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(change: impl Fn(Assumption) -> Option<Verdict>) -> Report {
        let finding = |assumption| {
            change(assumption).map(|verdict| Finding { assumption, verdict, seen: "so: it was".to_owned() })
        };
        let findings = Assumption::ALL.into_iter().filter_map(finding).collect();
        Report { family: "f".to_owned(), product: "F 1".to_owned(), findings }
    }

    #[test]
    fn every_assumption_counts_and_what_was_not_tried_counts_as_wrong() {
        assert_eq!(report(|_| Some(Verdict::Held)).class(), Some(Class::A));
        for (assumption, class) in Assumption::ALL.into_iter().zip([
            None,
            Some(Class::C),
            None,
            None,
            None,
            None,
            Some(Class::C),
            Some(Class::C),
            Some(Class::B),
        ]) {
            for wrong in [Some(Verdict::Failed), Some(Verdict::NotTestable), None] {
                let seen = report(|one| if one == assumption { wrong } else { Some(Verdict::Held) });
                assert_eq!(seen.class(), class, "{assumption:?} {wrong:?}");
            }
        }
        assert_eq!(report(|_| None).class(), None, "an empty report grants nothing");
    }

    #[test]
    fn a_finding_that_contradicts_another_counts_as_wrong() {
        let mut both = report(|_| Some(Verdict::Held));
        both.findings.push(Finding {
            assumption: Assumption::OneSend,
            verdict: Verdict::Failed,
            seen: "twice".to_owned(),
        });
        assert_eq!(both.class(), None);
    }

    #[test]
    fn a_report_is_read_as_it_was_written_and_its_last_line_is_not_believed() {
        let b = report(|one| Some(if one == Assumption::Durable { Verdict::Failed } else { Verdict::Held }));
        let text = b.to_string();
        assert_eq!(Report::parse(&text), Some(b));
        assert_eq!(granted("f", Some(&text.replace("class: B", "class: A"))), Class::B);
    }

    #[test]
    fn without_a_passing_record_of_its_own_a_family_gets_the_weakest_class() {
        let good = report(|_| Some(Verdict::Held)).to_string();
        assert_eq!(granted("f", Some(&good)), Class::A);
        assert_eq!(granted("f", None), Class::C);
        assert_eq!(granted("f", Some("")), Class::C);
        assert_eq!(granted("f", Some(&good.replace("held", "supposed"))), Class::C);
        assert_eq!(granted("another", Some(&good)), Class::C, "another family's record");
        assert_eq!(granted("f", Some(&good.replacen("held", "failed", 1))), Class::C);
    }
}
