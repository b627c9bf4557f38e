//! Each guard and each effect of the machine by itself: what exactly is refused, and what exactly is stored.

use super::*;

const OWNER: Uuid = Uuid::from_u128(7);

/// A job that may be printed, with every number different from the others.
fn authorized(state: State) -> Job {
    let plain = Job { state_version: 40, attempt: 3, version: 2, ..job(state) };
    Job {
        authorization: Some(Authorization {
            id: Uuid::max(),
            version: plain.version,
            send_sha: plain.send_sha,
            printer: plain.printer,
        }),
        lease: Lease { owner: state.is_active().then_some(OWNER), token: 5, until: Micros(100) },
        ..plain
    }
}

fn claim(printer: PrinterFacts) -> Command {
    Command::Claim { owner: OWNER, until: Micros(200), now: Micros(1), printer }
}

fn intend(job: &Job, printer: PrinterFacts) -> Command {
    Command::Intend { token: job.lease.token, owner: OWNER, sent_sha: job.send_sha, printer }
}

/// The two steps on the way to a start, with the printer as the guard sees it.
fn on_the_way(printer: PrinterFacts) -> [Result<Step, Refusal>; 2] {
    let (queued, claimed) = (authorized(State::Queued), authorized(State::Claimed));
    [queued.step(claim(printer)), claimed.step(intend(&claimed, printer))]
}

#[test]
fn the_words_are_read_back_and_differ() {
    for state in State::ALL {
        assert_eq!(State::parse(state.word()), Some(state));
    }
    assert_eq!(State::parse("printed"), None);
    assert_eq!(State::Held.word(), "held");
    assert_eq!(State::Attention.word(), "attention");
    let mut words: Vec<_> = TABLE.iter().map(|(what, _, _)| (what.word(), *what)).collect();
    words.sort_by_key(|(word, _)| *word);
    words.dedup();
    assert_eq!(words.len(), 21, "one word for each move");
    assert!(words.iter().all(|(word, _)| word.starts_with("job.")), "{words:?}");
    let mut reasons =
        [NotReady::Removed, NotReady::Disabled, NotReady::HoldAll, NotReady::Busy, NotReady::PlateNotClear]
            .map(NotReady::word);
    reasons.sort_unstable();
    assert_eq!(
        reasons,
        ["hold_all", "plate_not_clear", "printer_busy", "printer_disabled", "printer_removed"],
        "the stable codes of the API"
    );
}

#[test]
fn i8_exactly_three_states_hold_the_printer_and_five_are_ends() {
    let active: Vec<_> = State::ALL.into_iter().filter(|state| state.is_active()).collect();
    assert_eq!(active, [State::Claimed, State::Intent, State::Printing]);
    let ends: Vec<_> = State::ALL.into_iter().filter(|state| state.is_end()).collect();
    assert_eq!(ends, [State::Finished, State::Failed, State::Aborted, State::Rejected, State::Withdrawn]);
}

#[test]
fn s1_dispatchable_needs_the_same_version_bytes_and_printer() {
    let good = authorized(State::Queued);
    assert!(good.dispatchable());
    let other = PrinterId(Uuid::from_u128(1));
    let spoiled = [
        Job { authorization: None, ..good },
        Job { version: good.version + 1, ..good },
        Job { send_sha: Sha256([2; 32]), ..good },
        Job { printer: other, ..good },
    ];
    for job in spoiled {
        assert!(!job.dispatchable(), "{job:?}");
        assert_eq!(job.step(claim(ready(job.printer))).unwrap_err(), Refusal::NotAuthorized);
        let claimed = Job { state: State::Claimed, lease: authorized(State::Claimed).lease, ..job };
        assert_eq!(claimed.step(intend(&claimed, ready(claimed.printer))).unwrap_err(), Refusal::NotAuthorized);
    }
}

#[test]
fn a_printer_that_cannot_take_a_job_gets_none() {
    let good = ready(authorized(State::Queued).printer);
    for result in on_the_way(good) {
        assert!(result.is_ok(), "{result:?}");
    }
    let cases = [
        (PrinterFacts { removed: true, ..good }, NotReady::Removed),
        (PrinterFacts { enabled: false, ..good }, NotReady::Disabled),
        (PrinterFacts { hold_all: true, ..good }, NotReady::HoldAll),
        (PrinterFacts { busy: true, ..good }, NotReady::Busy),
        (PrinterFacts { plate_clear: false, ..good }, NotReady::PlateNotClear),
    ];
    for (printer, reason) in cases {
        assert_eq!(printer.ready(), Err(reason));
        for result in on_the_way(printer) {
            assert_eq!(result.unwrap_err(), Refusal::Printer(reason));
        }
    }
    let stranger = PrinterFacts { printer: PrinterId(Uuid::from_u128(1)), ..good };
    for result in on_the_way(stranger) {
        assert_eq!(result.unwrap_err(), Refusal::NotAuthorized, "another printer than the target");
    }
}

#[test]
fn a_claim_is_a_new_attempt_with_a_new_token() {
    let queued = authorized(State::Queued);
    let claimed = queued.step(claim(ready(queued.printer))).unwrap();
    assert_eq!((claimed.job.attempt, claimed.bed), (4, Bed::Keep));
    assert_eq!(claimed.job.lease, Lease { owner: Some(OWNER), token: 6, until: Micros(200) });
    assert_eq!(claimed.job.state_version, 41);
}

#[test]
fn the_intent_is_for_the_holder_the_token_and_the_bytes() {
    let claimed = authorized(State::Claimed);
    let printer = ready(claimed.printer);
    let done = claimed.step(intend(&claimed, printer)).unwrap();
    assert_eq!((done.bed, done.job.lease, done.job.attempt), (Bed::Dirty, claimed.lease, 3));
    let good = |token, owner, sent_sha| Command::Intend { token, owner, sent_sha, printer };
    let sha = claimed.send_sha;
    assert_eq!(claimed.step(good(4, OWNER, sha)).unwrap_err(), Refusal::NotMine, "an old token");
    assert_eq!(claimed.step(good(5, Uuid::from_u128(8), sha)).unwrap_err(), Refusal::NotMine, "another server");
    assert_eq!(claimed.step(good(5, OWNER, Sha256([2; 32]))).unwrap_err(), Refusal::NotAuthorized, "other bytes");
}

#[test]
fn an_old_token_writes_nothing() {
    let end = |token| Command::End { token, outcome: Outcome::Finished };
    let again_at = Micros(0);
    type Asked = fn(i64) -> Command;
    let cases: [(State, Asked); 6] = [
        (State::Claimed, |token| Command::Release { token, again_at: Micros(0) }),
        (State::Intent, |token| Command::NotStarted { token, again_at: Micros(0) }),
        (State::Intent, |token| Command::SeenPrinting { token }),
        (State::Intent, |token| Command::CannotKnow { token: Some(token) }),
        (State::Printing, |token| Command::CannotKnow { token: Some(token) }),
        (State::Printing, |token| Command::End { token, outcome: Outcome::Failed }),
    ];
    for (state, command) in cases {
        let job = authorized(state);
        assert_eq!(job.step(command(4)).unwrap_err(), Refusal::NotMine, "{state:?}");
        assert_eq!(job.step(command(6)).unwrap_err(), Refusal::NotMine, "{state:?}");
        assert!(job.step(command(5)).is_ok(), "{state:?}");
    }
    assert_eq!(authorized(State::Intent).step(end(5)).unwrap_err(), Refusal::WrongState(State::Intent));
    let not_started = Command::NotStarted { token: 5, again_at };
    assert_eq!(authorized(State::Printing).step(not_started).unwrap_err(), Refusal::WrongState(State::Printing));
}

#[test]
fn i6_a_print_ends_as_the_printer_says() {
    let printing = authorized(State::Printing);
    for (outcome, state) in
        [(Outcome::Finished, State::Finished), (Outcome::Failed, State::Failed), (Outcome::Aborted, State::Aborted)]
    {
        let ended = printing.step(Command::End { token: 5, outcome }).unwrap();
        assert_eq!((ended.job.state, ended.bed), (state, Bed::Keep), "the plate stays dirty");
    }
}

#[test]
fn the_end_of_work_voids_the_token_and_the_start_of_work_keeps_it() {
    let again_at = Micros(77);
    let leaving: [(State, Command); 6] = [
        (State::Claimed, Command::Release { token: 5, again_at }),
        (State::Claimed, Command::TakeBack),
        (State::Claimed, Command::Withdraw),
        (State::Intent, Command::NotStarted { token: 5, again_at }),
        (State::Printing, Command::CannotKnow { token: None }),
        (State::Printing, Command::End { token: 5, outcome: Outcome::Failed }),
    ];
    for (state, command) in leaving {
        let after = authorized(state).step(command).unwrap().job;
        assert_eq!(after.lease, Lease { owner: None, token: 6, until: Micros(0) }, "{command:?}");
    }
    let seen = authorized(State::Intent).step(Command::SeenPrinting { token: 5 }).unwrap().job;
    assert_eq!(seen.lease, authorized(State::Intent).lease);
    let untouched = authorized(State::Queued).step(Command::Withdraw).unwrap().job;
    assert_eq!(untouched.lease, authorized(State::Queued).lease, "nobody worked on it");
    for command in [Command::Release { token: 5, again_at }, Command::NotStarted { token: 5, again_at }] {
        let state = if matches!(command, Command::Release { .. }) { State::Claimed } else { State::Intent };
        assert_eq!(authorized(state).step(command).unwrap().job.not_before, again_at);
    }
}

#[test]
fn taking_over_is_for_active_jobs_and_counts() {
    let other = Uuid::from_u128(8);
    for state in State::ALL {
        let job = authorized(state);
        match job.take_over(other, Micros(300)) {
            Ok(taken) => {
                assert!(state.is_active());
                assert_eq!(taken.lease, Lease { owner: Some(other), token: 6, until: Micros(300) });
                assert_eq!((taken.state_version, taken.state, taken.attempt), (41, state, 3));
            }
            Err(refusal) => {
                assert!(!state.is_active());
                assert_eq!(refusal, Refusal::WrongState(state));
            }
        }
    }
}

#[test]
fn approving_names_what_was_shown() {
    let held = Job { authorization: None, ..authorized(State::Held) };
    let shown = |version, send_sha, printer| Command::Approve {
        version,
        send_sha,
        printer,
        authorization: Uuid::from_u128(3),
        not_before: Micros(50),
    };
    let approve = |version, send_sha| shown(version, send_sha, None);
    let done = held.step(approve(2, held.send_sha)).unwrap().job;
    assert!(done.dispatchable());
    assert_eq!((done.not_before, done.authorization.unwrap().id), (Micros(50), Uuid::from_u128(3)));
    assert_eq!(held.step(approve(1, held.send_sha)).unwrap_err(), Refusal::Changed, "an older version was shown");
    assert_eq!(held.step(approve(2, Sha256([2; 32]))).unwrap_err(), Refusal::Changed, "other bytes were shown");
    assert!(held.step(shown(2, held.send_sha, Some(held.printer))).is_ok());
    let moved = shown(2, held.send_sha, Some(PrinterId(Uuid::from_u128(4))));
    assert_eq!(held.step(moved).unwrap_err(), Refusal::Changed, "another printer was shown");
}

#[test]
fn a_new_version_has_the_next_number_and_needs_a_decision() {
    let sent_back = authorized(State::SentBack);
    let new = Command::Resubmit { upload_sha: Sha256([8; 32]), send_sha: Sha256([9; 32]) };
    let held = sent_back.step(new).unwrap().job;
    assert_eq!((held.version, held.upload_sha, held.send_sha), (3, Sha256([8; 32]), Sha256([9; 32])));
    assert_eq!((held.state, held.authorization), (State::Held, None));
}

#[test]
fn job_03_rerouting_authorizes_the_new_printer_only_where_there_was_an_authorization() {
    let printer = PrinterId(Uuid::from_u128(4));
    let reroute = Command::Reroute { printer, authorization: Uuid::from_u128(3) };
    let queued = authorized(State::Queued).step(reroute).unwrap().job;
    assert!(queued.dispatchable());
    assert_eq!((queued.printer, queued.authorization.unwrap().id), (printer, Uuid::from_u128(3)));
    let without = Job { authorization: None, ..authorized(State::Queued) };
    assert_eq!(without.step(reroute).unwrap_err(), Refusal::NotAuthorized);
    let held = Job { authorization: None, ..authorized(State::Held) }.step(reroute).unwrap().job;
    assert_eq!((held.printer, held.authorization), (printer, None));
}

#[test]
fn amb_07_another_printer_of_the_group_is_authorized_only_where_there_was_an_authorization() {
    let free = ready(PrinterId(Uuid::from_u128(4)));
    let assign = |printer| Command::Assign { printer, authorization: Uuid::from_u128(3), now: Micros(1) };
    let queued = authorized(State::Queued);
    let moved = queued.step(assign(free)).unwrap();
    assert!(moved.job.dispatchable());
    assert_eq!((moved.job.printer, moved.job.authorization.unwrap().id), (free.printer, Uuid::from_u128(3)));
    let same = |job: Job| (job.state, job.version, job.send_sha, job.attempt, job.lease, job.not_before);
    assert_eq!((same(moved.job), moved.bed), (same(queued), Bed::Keep), "nothing else changes");
    let without = Job { authorization: None, ..queued };
    assert_eq!(without.step(assign(free)).unwrap_err(), Refusal::NotAuthorized);
    let for_another = Job { printer: PrinterId(Uuid::from_u128(9)), ..queued };
    assert_eq!(for_another.step(assign(free)).unwrap_err(), Refusal::NotAuthorized);
    let held = Job { authorization: None, ..authorized(State::Held) };
    let assigned = held.step(assign(PrinterFacts { plate_clear: false, busy: true, ..free })).unwrap().job;
    assert_eq!((assigned.printer, assigned.authorization, assigned.state), (free.printer, None, State::Held));
}

#[test]
fn s1_the_server_moves_a_queued_job_only_to_a_printer_that_can_start_it_and_after_the_undo_window() {
    let free = ready(PrinterId(Uuid::from_u128(4)));
    let assign = |printer| Command::Assign { printer, authorization: Uuid::from_u128(3), now: Micros(10) };
    let queued = authorized(State::Queued);
    for (printer, reason) in [
        (PrinterFacts { removed: true, ..free }, NotReady::Removed),
        (PrinterFacts { enabled: false, ..free }, NotReady::Disabled),
        (PrinterFacts { hold_all: true, ..free }, NotReady::HoldAll),
        (PrinterFacts { busy: true, ..free }, NotReady::Busy),
        (PrinterFacts { plate_clear: false, ..free }, NotReady::PlateNotClear),
    ] {
        assert_eq!(queued.step(assign(printer)).unwrap_err(), Refusal::Printer(reason));
    }
    let undo = Job { not_before: Micros(11), ..queued };
    assert_eq!(undo.step(assign(free)).unwrap_err(), Refusal::UndoWindow);
    assert!(Job { not_before: Micros(10), ..queued }.step(assign(free)).is_ok());
    for state in State::ALL {
        let moves = matches!(state, State::Held | State::Queued);
        let job =
            if state == State::Held { Job { authorization: None, ..authorized(state) } } else { authorized(state) };
        match job.step(assign(free)) {
            Ok(step) => assert!(moves && step.job.state == state, "{state:?}"),
            Err(refusal) => assert!(!moves && refusal == Refusal::WrongState(state), "{state:?}: {refusal}"),
        }
    }
}

#[test]
fn job_04_the_wish_to_stop_lasts_while_it_may_matter() {
    let wish = |state| Job { abort_requested: true, ..authorized(state) };
    let seen = wish(State::Intent).step(Command::SeenPrinting { token: 5 }).unwrap().job;
    assert!(seen.abort_requested, "still printing");
    let ended = wish(State::Printing).step(Command::End { token: 5, outcome: Outcome::Aborted }).unwrap().job;
    assert!(!ended.abort_requested);
    let back = wish(State::Claimed).step(Command::Release { token: 5, again_at: Micros(0) }).unwrap().job;
    assert!(!back.abort_requested);
}

#[test]
fn a_persons_answer_says_what_becomes_of_job_and_plate() {
    let asked = authorized(State::Attention);
    let answer = |printed, plate_is_clear| asked.step(Command::Resolve { printed, plate_is_clear }).unwrap();
    for (printed, state) in
        [(None, State::Queued), (Some(Outcome::Finished), State::Finished), (Some(Outcome::Failed), State::Failed)]
    {
        assert_eq!((answer(printed, true).job.state, answer(printed, true).bed), (state, Bed::Clear));
        assert_eq!((answer(printed, false).job.state, answer(printed, false).bed), (state, Bed::Keep));
    }
}

#[test]
fn a_wait_that_a_clock_turned_back_has_made_endless_does_not_count() {
    let longest = Micros(LONGEST_WAIT_S * 1_000_000);
    let waiting = |not_before| Job { not_before, ..authorized(State::Queued) };
    let now = Micros(5_000_000);
    assert!(!waiting(now).must_wait(now), "the moment has come");
    assert!(waiting(Micros(now.0 + 1)).must_wait(now));
    assert!(waiting(Micros(now.0 + longest.0)).must_wait(now), "the longest wait there is");
    assert!(!waiting(Micros(now.0 + longest.0 + 1)).must_wait(now), "longer than anything is ever set to");
}
