//! The judge can say no: each kind of fault, by hand, is found and counted; the same story without the fault is clean.

use super::*;
use serde_json::Value;

const SHA: &str = "aa";

fn id() -> Uuid {
    Uuid::from_u128(7)
}

fn request(guest: bool) -> Request {
    Request {
        key: "k".into(),
        person: 0,
        guest,
        body: Value::Null,
        accepted: Some((id(), 7)),
        reply: Reply::Done,
        acts: Vec::new(),
    }
}

fn act(kind: Kind, sent: u64, reply: Reply) -> Act {
    Act { kind, sent, answered: (reply != Reply::Silence).then_some(sent + 5), reply, forgives: 0 }
}

fn book(request: Request) -> Book {
    Book { requests: [(SHA.to_owned(), request)].into(), ..Book::default() }
}

fn rows(state: &str, approvals: usize) -> BTreeMap<Uuid, Row> {
    [(id(), Row { state: state.into(), sha: SHA.into(), approvals })].into()
}

fn look(book: &Book, rows: &BTreeMap<Uuid, Row>, starts: &[Start], at_the_end: bool) -> Verdict {
    judge(book, &Seen { rows: rows.clone(), starts: starts.to_vec(), files: Vec::new() }, at_the_end)
}

fn start(at: u64) -> Start {
    Start { name: format!("imp-7-0102{at:04}-1.gcode"), sha: SHA.into(), at, end: Some("finished".into()) }
}

#[test]
fn a_good_story_is_clean() {
    let mut guest = request(true);
    guest.acts.push(act(Kind::Approve, 100, Reply::Done));
    let verdict = look(&book(guest), &rows("finished", 1), &[start(200)], true);
    assert!(verdict.is_clean(), "{verdict:?}");
    assert_eq!(verdict.line(3), "3 rounds: 0 lost, 0 printed twice, 0 unapproved");
}

#[test]
fn s2_a_job_that_is_gone_is_lost() {
    let verdict = look(&book(request(false)), &BTreeMap::new(), &[], false);
    assert_eq!(verdict.line(1), "1 rounds: 1 lost, 0 printed twice, 0 unapproved");
    assert!(!verdict.is_clean());
}

#[test]
fn s2_a_job_that_never_ends_is_lost_at_the_end_only() {
    assert!(look(&book(request(false)), &rows("queued", 0), &[], false).is_clean());
    assert_eq!(look(&book(request(false)), &rows("queued", 0), &[], true).lost.len(), 1);
}

#[test]
fn s2_finished_without_a_print_is_lost() {
    assert_eq!(look(&book(request(false)), &rows("finished", 0), &[], true).lost.len(), 1);
    let cut = Start { end: Some("power_loss".into()), ..start(200) };
    assert_eq!(look(&book(request(false)), &rows("finished", 0), &[cut], true).lost.len(), 1);
}

#[test]
fn s2_a_decision_that_was_acknowledged_and_forgotten_is_lost() {
    for (kind, state) in [(Kind::Reject, "held"), (Kind::Withdraw, "queued"), (Kind::Approve, "held")] {
        let mut guest = request(true);
        guest.acts.push(act(kind, 100, Reply::Done));
        assert_eq!(look(&book(guest.clone()), &rows(state, 0), &[], false).lost.len(), 1, "{kind:?}");
        // What was never answered may or may not have happened.
        guest.acts = vec![act(kind, 100, Reply::Silence)];
        assert!(look(&book(guest), &rows(state, 0), &[], false).is_clean(), "{kind:?}");
    }
}

#[test]
fn s2_two_starts_are_a_print_twice_unless_a_person_truthfully_said_it_did_not_print() {
    let starts = [start(200), start(300)];
    let mut member = request(false);
    assert_eq!(look(&book(member.clone()), &rows("finished", 0), &starts, true).twice.len(), 1);
    member.acts.push(act(Kind::DidNotPrint, 250, Reply::Done));
    assert_eq!(look(&book(member.clone()), &rows("finished", 0), &starts, true).twice.len(), 1, "it forgave no start");
    member.acts[0].forgives = 1;
    assert!(look(&book(member.clone()), &rows("finished", 0), &starts, true).is_clean());
    member.acts[0].reply = Reply::Refused;
    assert_eq!(look(&book(member), &rows("finished", 0), &starts, true).twice.len(), 1, "the answer was refused");
}

#[test]
fn s1_a_guests_job_without_an_approval_is_unapproved() {
    let mut guest = request(true);
    assert_eq!(look(&book(guest.clone()), &rows("finished", 0), &[start(200)], true).unapproved.len(), 1);
    guest.acts.push(act(Kind::Approve, 201, Reply::Done));
    let late = look(&book(guest.clone()), &rows("finished", 1), &[start(200)], true);
    assert_eq!(late.unapproved.len(), 1, "approved after the start");
    guest.acts = vec![act(Kind::Approve, 100, Reply::Refused)];
    assert_eq!(look(&book(guest), &rows("finished", 1), &[start(200)], true).unapproved.len(), 1, "refused");
}

#[test]
fn s1_bytes_that_nobody_sent_are_unapproved() {
    let other = Start { sha: "bb".into(), ..start(200) };
    assert_eq!(look(&book(request(false)), &rows("queued", 0), &[other], false).unapproved.len(), 1);
    let anothers = Start { name: "imp-8-01020304-1.gcode".into(), ..start(200) };
    assert_eq!(look(&book(request(false)), &rows("finished", 0), &[anothers], false).unapproved.len(), 1);
}

#[test]
fn s1_a_start_after_an_acknowledged_stop_is_unapproved() {
    for kind in [Kind::TakeBack, Kind::SendBack, Kind::Reject, Kind::Withdraw] {
        let mut guest = request(true);
        guest.acts.push(act(Kind::Approve, 100, Reply::Done));
        guest.acts.push(act(kind, 150, Reply::Done));
        let row = rows(if kind == Kind::Withdraw { "withdrawn" } else { "rejected" }, 1);
        assert_eq!(look(&book(guest.clone()), &row, &[start(200)], false).unapproved.len(), 1, "{kind:?}");
        assert!(look(&book(guest), &row, &[start(149)], false).unapproved.is_empty(), "{kind:?}: it began before");
    }
    let mut again = request(true);
    again.acts = vec![
        act(Kind::Approve, 100, Reply::Done),
        act(Kind::TakeBack, 150, Reply::Done),
        act(Kind::Approve, 160, Reply::Done),
    ];
    assert!(look(&book(again), &rows("finished", 2), &[start(200)], true).is_clean());
}

#[test]
fn s2_one_key_that_gives_two_jobs_is_noticed() {
    let mut book = book(request(false));
    book.is_told(SHA, Reply::Done, Some((id(), 7)));
    assert!(book.contradictions.is_empty());
    book.is_told(SHA, Reply::Silence, None);
    assert_eq!(book.requests[SHA].reply, Reply::Done, "what was acknowledged stays acknowledged");
    book.is_told(SHA, Reply::Done, Some((Uuid::from_u128(8), 8)));
    assert_eq!(book.contradictions.len(), 1);
}

#[test]
fn s1_bytes_on_a_printer_before_an_approval_are_unapproved() {
    let seen = Seen { files: vec![("imp-7-01020304-1.gcode".into(), SHA.into())], ..Seen::default() };
    let mut guest = request(true);
    guest.accepted = None;
    assert_eq!(judge(&book(guest.clone()), &seen, false).unapproved.len(), 1);
    guest.acts.push(act(Kind::Approve, 100, Reply::Silence));
    assert!(judge(&book(guest.clone()), &seen, false).is_clean());
    guest.guest = false;
    guest.acts.clear();
    assert!(judge(&book(guest), &seen, false).is_clean(), "a Member needs no approval");
}
