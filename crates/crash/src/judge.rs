//! The judge: the clients' record against the database and the printers' ledgers. Pure; it asks nobody and believes only
//! what the three say.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::book::{Act, Book, Kind, Reply, Request};

/// A print job as the database has it.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) state: String,
    pub(crate) sha: String,
    /// Rows of kind `approval`.
    pub(crate) approvals: usize,
}

/// A physical start, from a ledger.
#[derive(Debug, Clone)]
pub(crate) struct Start {
    pub(crate) name: String,
    pub(crate) sha: String,
    pub(crate) at: u64,
    /// How it ended.
    pub(crate) end: Option<String>,
}

/// What the outside world shows at one moment.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// The database.
    pub(crate) rows: BTreeMap<Uuid, Row>,
    /// The ledgers.
    pub(crate) starts: Vec<Start>,
    /// Files on printers: name and hash.
    pub(crate) files: Vec<(String, String)>,
}

/// What is wrong, each fault once, in words.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    pub(crate) lost: BTreeSet<String>,
    pub(crate) twice: BTreeSet<String>,
    pub(crate) unapproved: BTreeSet<String>,
}

impl Verdict {
    pub(crate) fn add(&mut self, other: Self) {
        self.lost.extend(other.lost);
        self.twice.extend(other.twice);
        self.unapproved.extend(other.unapproved);
    }

    pub(crate) fn is_clean(&self) -> bool {
        self.lost.is_empty() && self.twice.is_empty() && self.unapproved.is_empty()
    }

    pub(crate) fn line(&self, rounds: u64) -> String {
        format!(
            "{rounds} rounds: {} lost, {} printed twice, {} unapproved",
            self.lost.len(),
            self.twice.len(),
            self.unapproved.len()
        )
    }
}

const ENDS: [&str; 5] = ["finished", "failed", "aborted", "rejected", "withdrawn"];

/// Compares. `at_the_end`: every accepted job must have come to an end by now.
pub(crate) fn judge(book: &Book, seen: &Seen, at_the_end: bool) -> Verdict {
    let Seen { rows, starts, files } = seen;
    let mut verdict = Verdict::default();
    for (name, sha) in files {
        // Bytes do not even travel before an approval.
        if book.requests.get(sha).is_some_and(|request| request.guest && !approved_before(request, u64::MAX)) {
            verdict.unapproved.insert(format!("{name}: sent to a printer before anybody had approved it"));
        }
    }
    let mut of: BTreeMap<&str, Vec<&Start>> = BTreeMap::new();
    for start in starts {
        of.entry(start.sha.as_str()).or_default().push(start);
    }
    for (sha, started) in &of {
        match book.requests.get(*sha) {
            None => {
                let names = started.iter().map(|start| start.name.as_str()).collect::<Vec<_>>().join(", ");
                verdict.unapproved.insert(format!("{names}: bytes that nobody sent"));
            }
            Some(request) => starts_of(&mut verdict, request, sha, started),
        }
    }
    for (sha, request) in &book.requests {
        if let Some((id, number)) = request.accepted {
            let started = of.get(sha.as_str()).map_or(&[][..], Vec::as_slice);
            accepted(&mut verdict, request, sha, (number, rows.get(&id)), started, at_the_end);
        }
    }
    verdict
}

fn starts_of(verdict: &mut Verdict, request: &Request, sha: &str, started: &[&Start]) {
    for start in started {
        if let Some(why) = not_allowed(request, start) {
            verdict.unapproved.insert(format!("{}: {why}", start.name));
        }
    }
    // A person who truthfully said "it did not print" (a power cut left nothing) allows one more.
    let said = |act: &&Act| act.kind == Kind::DidNotPrint && act.reply != Reply::Refused;
    let forgiven = request.acts.iter().filter(said).map(|act| act.forgives).max().unwrap_or(0);
    if started.len() > 1 + forgiven {
        let names = started.iter().map(|start| start.name.as_str()).collect::<Vec<_>>().join(", ");
        verdict.twice.insert(format!("bytes {sha}: {} starts, {forgiven} forgiven: {names}", started.len()));
    }
}

/// Somebody sent an approval until then, and it was not refused.
fn approved_before(request: &Request, at: u64) -> bool {
    let approves = |act: &Act| act.kind == Kind::Approve && act.reply != Reply::Refused && act.sent <= at;
    request.acts.iter().any(approves)
}

/// Why this start may not have happened, by what people sent and were told.
fn not_allowed(request: &Request, start: &Start) -> Option<&'static str> {
    if let Some((_, number)) = request.accepted
        && !start.name.contains(&format!("imp-{number}-"))
    {
        return Some("the bytes of another job");
    }
    if request.guest && !approved_before(request, start.at) {
        return Some("a Guest's job that nobody had approved");
    }
    for stop in request.acts.iter().filter(|act| act.kind.stops() && act.reply == Reply::Done) {
        let before = stop.answered.is_some_and(|answered| answered < start.at);
        // An approval counts again if it may have taken effect after the stop.
        let again = |act: &Act| {
            act.kind == Kind::Approve
                && act.reply != Reply::Refused
                && act.sent <= start.at
                && act.answered.is_none_or(|answered| answered >= stop.sent)
        };
        if before && !request.acts.iter().any(again) {
            return Some("started after a person was told that it would not");
        }
    }
    None
}

fn accepted(
    verdict: &mut Verdict,
    request: &Request,
    sha: &str,
    (number, row): (i64, Option<&Row>),
    started: &[&Start],
    at_the_end: bool,
) {
    let mut lost = |why: String| {
        verdict.lost.insert(format!("job {number}: {why}"));
    };
    let Some(row) = row else { return lost("accepted, and gone".into()) };
    if row.sha != sha {
        lost("its bytes are others".into());
    }
    let done = |kind: Kind| request.acts.iter().filter(|act| act.kind == kind && act.reply == Reply::Done).count();
    if done(Kind::Reject) > 0 && row.state != "rejected" {
        lost(format!("rejected, and it is {}", row.state));
    }
    if done(Kind::Withdraw) > 0 && !["withdrawn", "rejected"].contains(&row.state.as_str()) {
        lost(format!("withdrawn, and it is {}", row.state));
    }
    if done(Kind::Approve) > row.approvals {
        lost(format!("{} approvals were acknowledged, {} are stored", done(Kind::Approve), row.approvals));
    }
    if row.state == "finished" && !started.iter().any(|start| start.end.as_deref() == Some("finished")) {
        lost("finished, and no printer printed it to its end".into());
    }
    if row.state == "failed" && started.is_empty() {
        lost("failed, and no printer ever started it".into());
    }
    if at_the_end && !ENDS.contains(&row.state.as_str()) {
        lost(format!("it cannot be brought to an end: {}", row.state));
    }
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
