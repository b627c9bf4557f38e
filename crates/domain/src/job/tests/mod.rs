//! The pure machine: generated sequences of commands here, each guard by itself in `guards.rs`.

mod guards;

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::{AccountId, JobId, OrgId};

fn job(state: State) -> Job {
    Job {
        id: JobId(Uuid::nil()),
        org: OrgId(Uuid::nil()),
        submitter: AccountId(Uuid::nil()),
        project: None,
        printer: PrinterId(Uuid::nil()),
        version: 1,
        upload_sha: Sha256([1; 32]),
        send_sha: Sha256([1; 32]),
        state,
        state_version: 0,
        authorization: None,
        not_before: Micros(0),
        attempt: 0,
        lease: Lease { owner: None, token: 0, until: Micros(0) },
        abort_requested: false,
    }
}

fn ready(printer: PrinterId) -> PrinterFacts {
    PrinterFacts { printer, enabled: true, removed: false, plate_clear: true, busy: false, hold_all: false }
}

fn commands() -> impl Strategy<Value = (u8, u8, bool)> {
    (0_u8..20, 0_u8..3, any::<bool>())
}

/// One command for the job as it is, sometimes with a wrong token, version or printer.
fn make(job: &Job, (kind, variant, good): (u8, u8, bool)) -> Command {
    let token = if good { job.lease.token } else { job.lease.token - 1 };
    let outcome = [Outcome::Finished, Outcome::Failed, Outcome::Aborted][usize::from(variant)];
    let id = Uuid::from_u128(u128::from(kind) + 1);
    let owner = Uuid::from_u128(9);
    match kind {
        0 | 1 => Command::Approve {
            version: if good { job.version } else { job.version - 1 },
            send_sha: job.send_sha,
            printer: [None, Some(job.printer), Some(PrinterId(Uuid::max()))][usize::from(variant)],
            authorization: id,
            not_before: Micros(0),
        },
        2 => Command::Reject,
        3 => Command::SendBack,
        4 => Command::UndoSendBack,
        5 => Command::Resubmit { upload_sha: Sha256([variant; 32]), send_sha: Sha256([variant; 32]) },
        6 => Command::TakeBack,
        7 if good => Command::HoldFormerPerson,
        7 => Command::HoldRestored,
        8 => Command::Withdraw,
        9 => Command::Reroute { printer: PrinterId(Uuid::from_u128(u128::from(variant))), authorization: id },
        10 | 11 => Command::Claim {
            owner,
            until: Micros(1),
            now: Micros(1),
            printer: PrinterFacts { plate_clear: good, ..ready(job.printer) },
        },
        12 => Command::Release { token, again_at: Micros(0) },
        13 | 14 => Command::Intend {
            token,
            owner,
            sent_sha: if variant == 0 { Sha256([99; 32]) } else { job.send_sha },
            printer: ready(job.printer),
        },
        15 => Command::SeenPrinting { token },
        16 => Command::NotStarted { token, again_at: Micros(0) },
        17 => Command::End { token, outcome },
        18 => Command::Assign {
            printer: PrinterFacts { plate_clear: good, ..ready(PrinterId(Uuid::from_u128(u128::from(variant)))) },
            authorization: id,
            now: Micros(1),
        },
        _ => {
            if good {
                Command::CannotKnow { token: Some(job.lease.token) }
            } else {
                Command::Resolve { printed: (variant > 0).then_some(outcome), plate_is_clear: true }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// S1 and S2 on the pure machine: whatever is asked in whatever order, a start intent exists only for authorized
    /// bytes, an end is final, and an old token changes nothing.
    #[test]
    fn apr_11_no_sequence_starts_an_unauthorized_job(held in any::<bool>(), steps in prop::collection::vec(commands(), 1..60)) {
        let mut now = job(if held { State::Held } else { State::Queued });
        if !held {
            now.authorization = Some(Authorization { id: Uuid::max(), version: 1, send_sha: now.send_sha, printer: now.printer });
        }
        let mut approved: Vec<(i64, Sha256)> = if held { vec![] } else { vec![(1, now.send_sha)] };
        for step in steps {
            let command = make(&now, step);
            let Ok(next) = now.step(command) else { continue };
            prop_assert!(!now.state.is_end(), "an end is final");
            prop_assert!(TABLE.contains(&(next.what, now.state, next.job.state)));
            prop_assert_eq!(next.job.state_version, now.state_version + 1);
            prop_assert!(next.job.lease.token >= now.lease.token);
            if let Command::Approve { version, send_sha, .. } = command {
                approved.push((version, send_sha));
            }
            if matches!(next.job.state, State::Held | State::SentBack) {
                prop_assert!(next.job.authorization.is_none());
            }
            if matches!(next.job.state, State::Claimed | State::Intent | State::Printing) {
                prop_assert!(next.job.dispatchable());
                prop_assert!(approved.contains(&(next.job.version, next.job.send_sha)), "S1");
            }
            if next.what == Move::Intend {
                prop_assert_eq!(next.bed, Bed::Dirty);
            }
            now = next.job;
        }
    }
}

#[test]
fn every_state_can_still_reach_an_end() {
    for start in State::ALL {
        let mut reach = vec![start];
        let mut at = 0;
        while at < reach.len() {
            for (_, from, to) in TABLE {
                if *from == reach[at] && !reach.contains(to) {
                    reach.push(*to);
                }
            }
            at += 1;
        }
        assert!(reach.iter().any(|state| state.is_end()), "{start:?} is a dead end");
    }
}

#[test]
fn a_second_intent_needs_a_new_claim() {
    let mut queued = job(State::Queued);
    queued.authorization =
        Some(Authorization { id: Uuid::max(), version: 1, send_sha: queued.send_sha, printer: queued.printer });
    let owner = Uuid::from_u128(1);
    let printer = ready(queued.printer);
    let claimed = queued.step(Command::Claim { owner, until: Micros(9), now: Micros(1), printer }).unwrap().job;
    let intend = Command::Intend { token: claimed.lease.token, owner, sent_sha: claimed.send_sha, printer };
    let intent = claimed.step(intend).unwrap().job;
    assert_eq!(intent.step(intend).unwrap_err(), Refusal::WrongState(State::Intent));
    let taken = intent.take_over(Uuid::from_u128(2), Micros(99)).unwrap();
    assert_eq!(taken.step(Command::SeenPrinting { token: intent.lease.token }).unwrap_err(), Refusal::NotMine);
}

#[test]
fn apr_07_undo_window_holds_the_claim() {
    let mut queued = job(State::Queued);
    queued.authorization =
        Some(Authorization { id: Uuid::max(), version: 1, send_sha: queued.send_sha, printer: queued.printer });
    queued.not_before = Micros(10);
    let claim = |now| Command::Claim { owner: Uuid::max(), until: Micros(9), now, printer: ready(queued.printer) };
    assert_eq!(queued.step(claim(Micros(9))).unwrap_err(), Refusal::UndoWindow);
    assert!(queued.step(claim(Micros(10))).is_ok());
}

#[test]
fn job_04_a_stop_in_the_unclear_phase_is_not_forgotten() {
    let mut intent = job(State::Intent);
    intent.abort_requested = true;
    let not_started = Command::NotStarted { token: intent.lease.token, again_at: Micros(0) };
    assert_eq!(intent.step(not_started).unwrap().job.state, State::Aborted);
    let asked = intent.step(Command::CannotKnow { token: None }).unwrap().job;
    assert!(asked.abort_requested);
    let answer = Command::Resolve { printed: None, plate_is_clear: true };
    assert_eq!(asked.step(answer).unwrap().job.state, State::Aborted);
}
