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
    Act { kind, sent, answered: (reply != Reply::Silence).then_some(sent + 5), reply, to: None }
}

fn book(request: Request) -> Book {
    Book { requests: [(SHA.to_owned(), request)].into(), ..Book::default() }
}

const HERE: Uuid = Uuid::from_u128(100);
const THERE: Uuid = Uuid::from_u128(200);

/// A stored job whose journal has so many approvals and nothing else of people.
fn rows(state: &str, approvals: usize) -> BTreeMap<Uuid, Row> {
    heard(state, approvals, &[])
}

/// The same with these rows in its journal.
fn heard(state: &str, approvals: usize, words: &[&str]) -> BTreeMap<Uuid, Row> {
    let mut journal = BTreeMap::from([("job.approved".to_owned(), approvals)]);
    words.iter().for_each(|word| *journal.entry((*word).to_owned()).or_default() += 1);
    let row = Row { state: state.into(), sha: SHA.into(), approvals, printer: HERE, grouped: false, journal };
    [(id(), row)].into()
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
    for (kind, state) in [
        (Kind::Reject, "held"),
        (Kind::Withdraw, "queued"),
        (Kind::Approve, "held"),
        (Kind::SendBack, "held"),
        (Kind::TakeBack, "queued"),
        (Kind::Abort, "printing"),
        (Kind::DidNotPrint, "attention"),
        (Kind::Printed, "attention"),
        (Kind::Failed, "attention"),
    ] {
        let mut member = request(false);
        member.acts.push(act(kind, 100, Reply::Done));
        assert!(!look(&book(member.clone()), &rows(state, 0), &[], false).lost.is_empty(), "{kind:?}");
        // What was never answered may or may not have happened.
        for reply in [Reply::Silence, Reply::Refused] {
            member.acts = vec![act(kind, 100, reply)];
            assert!(look(&book(member.clone()), &rows(state, 0), &[], false).is_clean(), "{kind:?} {reply:?}");
        }
    }
}

#[test]
fn s2_an_act_that_is_in_the_journal_was_heard_and_one_of_two_is_not_both() {
    for (kind, state) in [
        (Kind::Reject, "rejected"),
        (Kind::SendBack, "held"),
        (Kind::TakeBack, "held"),
        (Kind::Abort, "printing"),
        (Kind::DidNotPrint, "queued"),
        (Kind::Printed, "finished"),
        (Kind::Failed, "failed"),
    ] {
        let (word, printed) = (kind.word().unwrap(), [start(50)]);
        let started = if ["finished", "failed"].contains(&state) { &printed[..] } else { &[] };
        let mut member = request(false);
        member.acts.push(act(kind, 100, Reply::Done));
        let verdict = look(&book(member.clone()), &heard(state, 0, &[word]), started, false);
        assert!(verdict.is_clean(), "{kind:?}: {verdict:?}");
        member.acts.push(act(kind, 200, Reply::Done));
        assert_eq!(look(&book(member), &heard(state, 0, &[word]), started, false).lost.len(), 1, "{kind:?}");
    }
    // Whatever a person said last about a print is its end.
    let mut member = request(false);
    member.acts.push(act(Kind::Printed, 100, Reply::Done));
    let other = heard("failed", 0, &["job.resolved_printed"]);
    assert_eq!(look(&book(member), &other, &[start(50)], false).lost.len(), 1);
}

#[test]
fn s2_a_job_that_was_moved_by_hand_is_where_it_was_moved_to() {
    let to = |printer, sent, reply| Act { to: Some(printer), ..act(Kind::Reroute, sent, reply) };
    let mut member = request(false);
    member.acts = vec![to(THERE, 100, Reply::Done)];
    assert_eq!(look(&book(member.clone()), &rows("queued", 0), &[], false).lost.len(), 1);
    member.acts.push(to(HERE, 200, Reply::Done));
    assert!(look(&book(member.clone()), &rows("queued", 0), &[], false).is_clean(), "moved back");
    member.acts = vec![to(THERE, 100, Reply::Done), to(HERE, 200, Reply::Silence)];
    assert!(look(&book(member.clone()), &rows("queued", 0), &[], false).is_clean(), "perhaps moved back");
    member.acts = vec![to(HERE, 50, Reply::Silence), to(THERE, 100, Reply::Done)];
    assert!(look(&book(member.clone()), &rows("queued", 0), &[], false).is_clean(), "perhaps moved back, late");
    member.acts = vec![to(HERE, 100, Reply::Refused), to(THERE, 50, Reply::Done)];
    assert_eq!(look(&book(member.clone()), &rows("queued", 0), &[], false).lost.len(), 1, "the other was refused");
    member.acts = vec![to(THERE, 100, Reply::Done)];
    let mut of_a_group = rows("queued", 0);
    of_a_group.get_mut(&id()).unwrap().grouped = true;
    assert!(
        look(&book(member), &of_a_group, &[], false).is_clean(),
        "it was there already, and the server chose again"
    );
}

#[test]
fn s2_an_end_that_only_people_can_give_and_nobody_gave_is_lost() {
    let printed = [start(50)];
    for (state, by) in [("rejected", Kind::Reject), ("withdrawn", Kind::Withdraw), ("aborted", Kind::Abort)] {
        let started = if state == "aborted" { &printed[..] } else { &[] };
        let mut member = request(false);
        assert_eq!(look(&book(member.clone()), &rows(state, 0), started, true).lost.len(), 1, "{state} by nobody");
        member.acts = vec![act(by, 40, Reply::Refused)];
        assert_eq!(look(&book(member.clone()), &rows(state, 0), started, true).lost.len(), 1, "{state}: refused");
        member.acts = vec![act(by, 40, Reply::Silence)];
        assert!(look(&book(member), &rows(state, 0), started, true).is_clean(), "{state} by whoever got no answer");
    }
    let mut member = request(false);
    member.acts = vec![act(Kind::Abort, 40, Reply::Silence)];
    assert_eq!(look(&book(member), &rows("aborted", 0), &[], true).lost.len(), 1, "nothing had started");
}

#[test]
fn s2_a_yes_that_names_no_job_is_lost() {
    let mut book = book(Request { accepted: None, reply: Reply::Silence, ..request(false) });
    book.is_told(SHA, Reply::Silence, None);
    book.is_told(SHA, Reply::Refused, None);
    assert!(look(&book, &BTreeMap::new(), &[], true).is_clean());
    book.is_told(SHA, Reply::Done, None);
    assert_eq!(look(&book, &BTreeMap::new(), &[], true).lost.len(), 1);
}

fn cut(at: u64) -> Start {
    Start { end: Some("power_loss".into()), ..start(at) }
}

#[test]
fn s2_two_starts_are_a_print_twice_unless_a_person_truthfully_said_it_did_not_print() {
    let twice = |starts: &[Start], acts: &[(u64, Reply)]| {
        let mut member = request(false);
        member.acts = acts.iter().map(|(sent, reply)| act(Kind::DidNotPrint, *sent, *reply)).collect();
        let words = vec!["job.resolved_not_printed"; acts.len()];
        look(&book(member), &heard("finished", 0, &words), starts, true).twice.len()
    };
    let (done, silence, refused) = (Reply::Done, Reply::Silence, Reply::Refused);
    assert_eq!(twice(&[start(200), start(300)], &[]), 1);
    assert_eq!(twice(&[start(200), start(300)], &[(250, done)]), 1, "the first one was on the plate");
    assert_eq!(twice(&[cut(200), start(300)], &[]), 1, "nobody said anything");
    assert_eq!(twice(&[cut(200), start(300)], &[(250, done)]), 0);
    assert_eq!(
        twice(&[start(300), cut(200)], &[(250, done)]),
        0,
        "in order of time, whatever the order of the printers"
    );
    assert_eq!(twice(&[cut(200), start(300)], &[(250, silence)]), 0, "it may have been heard");
    assert_eq!(twice(&[cut(200), start(300)], &[(250, refused)]), 1);
    assert_eq!(twice(&[cut(200), start(300)], &[(150, done)]), 1, "said before the first");
    assert_eq!(twice(&[cut(200), start(300)], &[(350, done)]), 1, "said after the second");
}

#[test]
fn s2_a_word_about_the_last_start_forgives_none_before_it() {
    let twice = |starts: &[Start], acts: &[u64]| {
        let mut member = request(false);
        member.acts = acts.iter().map(|sent| act(Kind::DidNotPrint, *sent, Reply::Done)).collect();
        look(&book(member), &heard("finished", 0, &vec!["job.resolved_not_printed"; acts.len()]), starts, true)
            .twice
            .len()
    };
    // Two starts in one round, the second cut off; the person sees the second.
    assert_eq!(twice(&[start(200), cut(210)], &[250]), 1);
    assert_eq!(twice(&[cut(200), cut(210)], &[250]), 1, "nobody had called the first off");
    assert_eq!(twice(&[cut(200), cut(210), start(300)], &[250]), 1, "one word, one start");
    assert_eq!(twice(&[cut(200), cut(300), start(400)], &[250]), 1, "nothing was said about the second");
    assert_eq!(twice(&[cut(200), cut(300), start(400)], &[250, 260]), 1, "two words about the first");
    assert_eq!(twice(&[cut(200), cut(300), start(400)], &[250, 350]), 0);
    // Called off means: a person need not be asked about it again.
    let mut member = request(false);
    member.acts = vec![act(Kind::DidNotPrint, 250, Reply::Done)];
    assert!(called_off(&member, &cut(200)) && !called_off(&member, &cut(300)) && !called_off(&member, &start(200)));
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
    let verdict = look(&book(again), &heard("finished", 2, &["job.taken_back"]), &[start(200)], true);
    assert!(verdict.is_clean(), "{verdict:?}");
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
