//! The clients' own record: what people sent, and what they were told. Written before a request leaves, and never from
//! anything that the server says about itself later. Print files are all different, so a hash names a request.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;
use uuid::Uuid;

/// Milliseconds since 1970, the clock of the printers' ledgers.
#[expect(clippy::disallowed_methods, reason = "the ledgers of the printers are compared with the people's own clock")]
pub(crate) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// What a person did about a print job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Approve,
    Reject,
    SendBack,
    TakeBack,
    Withdraw,
    /// To another printer.
    Reroute,
    /// Stop it while it prints: a wish.
    Abort,
    /// Answers to *attention*.
    DidNotPrint,
    Printed,
    Failed,
}

impl Kind {
    /// The word of its row in the journal; `None`: there may be none, or one of several (see the judge).
    pub(crate) fn word(self) -> Option<&'static str> {
        Some(match self {
            Self::Approve => "job.approved",
            Self::Reject => "job.rejected",
            Self::SendBack => "job.sent_back",
            Self::TakeBack => "job.taken_back",
            Self::Abort => "job.abort_requested",
            Self::DidNotPrint => "job.resolved_not_printed",
            Self::Printed => "job.resolved_printed",
            Self::Failed => "job.resolved_failed",
            Self::Withdraw | Self::Reroute => return None,
        })
    }

    /// After this was acknowledged, nothing may start without another approval.
    pub(crate) fn stops(self) -> bool {
        matches!(self, Self::Reject | Self::SendBack | Self::TakeBack | Self::Withdraw)
    }
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reply {
    /// 2xx.
    Done,
    /// A refusal.
    Refused,
    /// No answer, or not yet: it may have happened or not.
    Silence,
}

/// One act.
#[derive(Debug, Clone)]
pub(crate) struct Act {
    pub(crate) kind: Kind,
    pub(crate) sent: u64,
    pub(crate) answered: Option<u64>,
    pub(crate) reply: Reply,
    /// `Reroute`: the printer.
    pub(crate) to: Option<Uuid>,
}

/// A print request.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// `Idempotency-Key`.
    pub(crate) key: String,
    /// Who sent it: their place among the people.
    pub(crate) person: usize,
    /// It needs an approval: a Guest sent it.
    pub(crate) guest: bool,
    pub(crate) body: Value,
    /// Id and number from the 201.
    pub(crate) accepted: Option<(Uuid, i64)>,
    pub(crate) reply: Reply,
    pub(crate) acts: Vec<Act>,
}

/// All requests by the hash of their bytes.
#[derive(Debug, Default)]
pub(crate) struct Book {
    pub(crate) requests: BTreeMap<String, Request>,
    /// The same key gave two jobs.
    pub(crate) contradictions: Vec<String>,
    /// Yes was said, and nobody can tell to which job.
    pub(crate) unreadable: Vec<String>,
}

impl Book {
    /// Notes an act before it is sent; its place.
    pub(crate) fn sends(&mut self, sha: &str, kind: Kind, to: Option<Uuid>) -> Option<usize> {
        let acts = &mut self.requests.get_mut(sha)?.acts;
        acts.push(Act { kind, sent: now_ms(), answered: None, reply: Reply::Silence, to });
        Some(acts.len() - 1)
    }

    /// Notes the answer to a print request, first or repeated under its key.
    pub(crate) fn is_told(&mut self, sha: &str, reply: Reply, told: Option<(Uuid, i64)>) {
        let Some(request) = self.requests.get_mut(sha) else { return };
        if reply == Reply::Done && told.is_none() {
            self.unreadable.push(format!("the request {} was accepted, and the answer names no job", request.key));
        }
        if let (Some(first), Some(again)) = (request.accepted, told)
            && first != again
        {
            self.contradictions.push(format!("one request, two jobs: {} and {}", first.1, again.1));
            return;
        }
        request.accepted = request.accepted.or(told);
        if request.accepted.is_none() {
            request.reply = reply;
        } else {
            request.reply = Reply::Done;
        }
    }

    pub(crate) fn hears(&mut self, sha: &str, place: usize, reply: Reply) {
        if let Some(act) = self.requests.get_mut(sha).and_then(|request| request.acts.get_mut(place)) {
            act.reply = reply;
            act.answered = Some(now_ms());
        }
    }
}
