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
    pub(crate) printer: Uuid,
    /// It still names a printer group.
    pub(crate) grouped: bool,
    /// Its rows in the journal, by their words.
    pub(crate) journal: BTreeMap<String, usize>,
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

/// Those of which each has a row in the journal.
const IN_THE_JOURNAL: &[Kind] = &[
    Kind::Approve,
    Kind::Reject,
    Kind::SendBack,
    Kind::TakeBack,
    Kind::Abort,
    Kind::DidNotPrint,
    Kind::Printed,
    Kind::Failed,
];

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
    of.values_mut().for_each(|started| started.sort_by_key(|start| start.at));
    for (sha, started) in &of {
        match book.requests.get(*sha) {
            None => {
                let names = started.iter().map(|start| start.name.as_str()).collect::<Vec<_>>().join(", ");
                verdict.unapproved.insert(format!("{names}: bytes that nobody sent"));
            }
            Some(request) => starts_of(&mut verdict, request, sha, started),
        }
    }
    verdict.lost.extend(book.unreadable.iter().cloned());
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
    // In order: after each start, one that was called off before the next began makes room for that one, and for no other.
    let mut said: Vec<u64> = request.acts.iter().filter(|act| says_no_print(act)).map(|act| act.sent).collect();
    said.sort_unstable();
    let mut said = said.into_iter().peekable();
    for pair in started.windows(2) {
        let (one, next) = (pair[0], pair[1]);
        while said.next_if(|sent| *sent < one.at).is_some() {}
        if !left_nothing(one) || said.next_if(|sent| *sent <= next.at).is_none() {
            verdict.twice.insert(format!("bytes {sha}: {} began after {}", next.name, one.name));
        }
    }
}

fn says_no_print(act: &Act) -> bool {
    act.kind == Kind::DidNotPrint && act.reply != Reply::Refused
}

/// The power went: nothing is on the plate, so a person may truthfully say that it did not print.
fn left_nothing(start: &Start) -> bool {
    start.end.as_deref() == Some("power_loss")
}

/// A person has truthfully said that this start printed nothing.
pub(crate) fn called_off(request: &Request, start: &Start) -> bool {
    left_nothing(start) && request.acts.iter().any(|act| says_no_print(act) && act.sent >= start.at)
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
    people_were_heard(&mut lost, request, row);
    if row.state == "finished" && !started.iter().any(|start| start.end.as_deref() == Some("finished")) {
        lost("finished, and no printer printed it to its end".into());
    }
    if ["failed", "aborted"].contains(&row.state.as_str()) && started.is_empty() {
        lost(format!("{}, and no printer ever started it", row.state));
    }
    if at_the_end && !ENDS.contains(&row.state.as_str()) {
        lost(format!("it cannot be brought to an end: {}", row.state));
    }
}

/// What was acknowledged is stored, and no job ends by a decision that nobody made.
fn people_were_heard(lost: &mut impl FnMut(String), request: &Request, row: &Row) {
    let done = |kind: Kind| request.acts.iter().filter(|act| act.kind == kind && act.reply == Reply::Done).count();
    // States that an acknowledged act leaves for good.
    for (kind, states) in [
        (Kind::Reject, &["rejected"][..]),
        (Kind::Withdraw, &["withdrawn", "rejected"]),
        (Kind::Printed, &["finished"]),
        (Kind::Failed, &["failed"]),
    ] {
        if done(kind) > 0 && !states.contains(&row.state.as_str()) {
            lost(format!("{kind:?} was acknowledged, and it is {}", row.state));
        }
    }
    if done(Kind::Approve) > row.approvals {
        lost(format!("{} approvals were acknowledged, {} are stored", done(Kind::Approve), row.approvals));
    }
    for kind in IN_THE_JOURNAL {
        let stored = kind.word().map(|word| row.journal.get(word).copied().unwrap_or(0));
        if stored.is_some_and(|stored| done(*kind) > stored) {
            lost(format!("{kind:?} was acknowledged {} times, and the journal has {stored:?}", done(*kind)));
        }
    }
    if let Some(to) = last_move(request)
        && (row.printer != to && !row.grouped)
    {
        lost(format!("moved to the printer {to}, and it is at {}", row.printer));
    }
    // An end that only people can give; an unanswered act may have been theirs.
    for (state, by) in [
        ("rejected", &[Kind::Reject, Kind::Withdraw][..]),
        ("withdrawn", &[Kind::Withdraw]),
        ("aborted", &[Kind::Abort]),
    ] {
        let asked = |act: &Act| by.contains(&act.kind) && act.reply != Reply::Refused;
        if row.state == state && !request.acts.iter().any(asked) {
            lost(format!("{state}, and nobody asked for that"));
        }
    }
}

/// Where the job was moved to last by hand, if nobody else can have moved it at the same time or later: what was never
/// answered may still have come at any time. (To where it is
/// already, nothing is stored, and a job of a group stays one: the server may still choose.)
fn last_move(request: &Request) -> Option<Uuid> {
    let moves = || request.acts.iter().filter(|act| act.kind == Kind::Reroute && act.reply != Reply::Refused);
    let last = moves().filter(|act| act.reply == Reply::Done).max_by_key(|act| act.sent)?;
    let earlier = |act: &Act| act.reply == Reply::Done && act.answered.is_some_and(|answered| answered < last.sent);
    last.to.filter(|_| moves().filter(|act| !earlier(act)).count() == 1)
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
