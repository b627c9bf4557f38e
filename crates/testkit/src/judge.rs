//! The judge of a run with faults: what clients were told, against what the printers' ledgers and the server say
//! afterwards. Pure; it believes nobody's intentions.

use std::collections::BTreeMap;

use virtual_printer::LedgerEntry;

/// A print job as a client remembers it: only what was answered with 2xx.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// Its number.
    pub number: i64,
    /// SHA-256 of the bytes that the client sent.
    pub sha: String,
    /// When the approval was sent (or the job itself, if it needed none), milliseconds since 1970; `None`: it has none.
    pub approved_at: Option<u64>,
    /// The answer to a reject or withdraw arrived then.
    pub stopped_at: Option<u64>,
    /// What the server says in the end; `None`: it knows nothing of this job.
    pub status: Option<String>,
}

/// What is wrong, each fault once, in words.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Accepted jobs that are gone, never came to an end, or are called printed although no printer did.
    pub lost: Vec<String>,
    /// Jobs that started more than once.
    pub twice: Vec<String>,
    /// Starts without an approval for these bytes, or after they were stopped.
    pub unapproved: Vec<String>,
}

impl Verdict {
    /// Nothing is wrong.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.lost.is_empty() && self.twice.is_empty() && self.unapproved.is_empty()
    }

    /// `200 runs: 0 lost, 0 printed twice, 0 unapproved`.
    #[must_use]
    pub fn line(&self, runs: usize) -> String {
        let Self { lost, twice, unapproved } = self;
        format!("{runs} runs: {} lost, {} printed twice, {} unapproved", lost.len(), twice.len(), unapproved.len())
    }
}

/// The number of the job in the name of one of its attempts, wherever the file was moved to.
fn number(name: &str) -> Option<i64> {
    name.rsplit('/').next()?.strip_prefix("imp-")?.split('-').next()?.parse().ok()
}

/// Compares the clients' record with all ledgers.
#[must_use]
pub fn judge(accepted: &[Accepted], ledger: &[LedgerEntry]) -> Verdict {
    let mut verdict = Verdict::default();
    let mut starts: BTreeMap<i64, Vec<&LedgerEntry>> = BTreeMap::new();
    for start in ledger {
        match number(&start.name) {
            Some(number) if accepted.iter().any(|job| job.number == number) => {
                starts.entry(number).or_default().push(start);
            }
            _ => verdict.unapproved.push(format!("{}: nobody sent such a job", start.name)),
        }
    }
    for job in accepted {
        let of_it = starts.get(&job.number).map_or(&[][..], Vec::as_slice);
        if of_it.len() > 1 {
            verdict.twice.push(format!("job {}: {} starts", job.number, of_it.len()));
        }
        for start in of_it {
            if let Some(why) = not_allowed(job, start) {
                verdict.unapproved.push(format!("job {}: {why}", job.number));
            }
        }
        if let Some(why) = lost(job, of_it) {
            verdict.lost.push(format!("job {}: {why}", job.number));
        }
    }
    verdict
}

fn not_allowed(job: &Accepted, start: &LedgerEntry) -> Option<&'static str> {
    if start.sha256 != job.sha {
        return Some("other bytes than those that were sent");
    }
    if job.approved_at.is_none_or(|approved| start.started_at < approved) {
        return Some("started before anybody approved it");
    }
    if job.stopped_at.is_some_and(|stopped| start.started_at > stopped) {
        return Some("started after its client was told that it would not");
    }
    None
}

fn lost(job: &Accepted, starts: &[&LedgerEntry]) -> Option<String> {
    let Some(status) = job.status.as_deref() else { return Some("accepted, and gone".to_owned()) };
    let ended = |how: &str| starts.iter().any(|start| start.end.as_deref() == Some(how));
    match status {
        "finished" if !ended("finished") => Some("finished, and no printer printed it to its end".to_owned()),
        "failed" if starts.is_empty() => Some("failed, and no printer ever started it".to_owned()),
        "finished" | "failed" => None,
        "rejected" | "withdrawn" if job.stopped_at.is_some() => None,
        "needs_approval" if job.approved_at.is_none() => None,
        other => Some(format!("it does not come to an end: {other}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(name: &str, sha: &str, at: u64, end: &str) -> LedgerEntry {
        LedgerEntry {
            name: name.to_owned(),
            sha256: sha.to_owned(),
            started_at: at,
            ended_at: Some(at + 1),
            how: "api".to_owned(),
            end: Some(end.to_owned()),
        }
    }

    fn job() -> Accepted {
        let status = Some("finished".to_owned());
        Accepted { number: 7, sha: "aa".to_owned(), approved_at: Some(10), stopped_at: None, status }
    }

    fn counts(jobs: &[Accepted], ledger: &[LedgerEntry]) -> [usize; 3] {
        let verdict = judge(jobs, ledger);
        assert_eq!(verdict.is_clean(), verdict.line(1) == "1 runs: 0 lost, 0 printed twice, 0 unapproved");
        [verdict.lost.len(), verdict.twice.len(), verdict.unapproved.len()]
    }

    #[test]
    fn what_was_approved_and_printed_once_is_in_order() {
        let once = [start("imp-7-0000abcd-2.gcode", "aa", 11, "finished")];
        assert_eq!(counts(&[job()], &once), [0, 0, 0]);
        let held = Accepted { approved_at: None, status: Some("needs_approval".into()), ..job() };
        assert_eq!(counts(&[held], &[]), [0, 0, 0]);
        let stopped = Accepted { stopped_at: Some(20), status: Some("withdrawn".into()), ..job() };
        assert_eq!(counts(&[stopped], &[]), [0, 0, 0]);
    }

    #[test]
    fn each_broken_promise_is_seen() {
        let good = || start("imp-7-0000abcd-1.gcode", "aa", 11, "finished");
        let again = || start("imp-fenced/imp-7-0000abce-2.gcode", "aa", 30, "finished");
        assert_eq!(counts(&[job()], &[good(), again()]), [0, 1, 0], "twice, also under another name");
        assert_eq!(counts(&[job()], &[]), [1, 0, 0], "called finished");
        assert_eq!(counts(&[Accepted { status: None, ..job() }], &[good()]), [1, 0, 0], "gone");
        for stuck in ["queued", "starting", "printing", "needs_attention"] {
            assert_eq!(counts(&[Accepted { status: Some(stuck.into()), ..job() }], &[]), [1, 0, 0], "{stuck}");
        }
        assert_eq!(counts(&[Accepted { status: Some("failed".into()), ..job() }], &[]), [1, 0, 0], "called failed");
        assert_eq!(counts(&[Accepted { status: Some("rejected".into()), ..job() }], &[]), [1, 0, 0], "by nobody");
        let cut = start("imp-7-0000abcd-1.gcode", "aa", 11, "power_loss");
        assert_eq!(counts(&[job()], &[cut]), [1, 0, 0], "called finished, and it broke off");
        assert_eq!(counts(&[Accepted { approved_at: None, ..job() }], &[good()]), [0, 0, 1], "never approved");
        assert_eq!(counts(&[Accepted { approved_at: Some(12), ..job() }], &[good()]), [0, 0, 1], "approved later");
        assert_eq!(counts(&[Accepted { stopped_at: Some(10), ..job() }], &[good()]), [0, 0, 1], "stopped before");
        assert_eq!(counts(&[Accepted { sha: "bb".into(), ..job() }], &[good()]), [0, 0, 1], "other bytes");
        assert_eq!(counts(&[], &[good()]), [0, 0, 1], "sent by nobody");
        assert_eq!(counts(&[job()], &[good(), start("panel.gcode", "cc", 1, "finished")]), [0, 0, 1], "not even ours");
    }
}
