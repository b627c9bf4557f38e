//! S2, "never lost": from every reachable state every accepted job can be brought to an end, without one more fault and
//! without anybody giving it up.

use std::time::Instant;

use crate::common::say;
use model::liveness::{Ways, ways};
use model::people::Deed;
use model::{Action, Class, Floor};

fn nobody_gives_up(action: &Action) -> bool {
    !matches!(action, Action::Person(Deed::Withdraw | Deed::Reject))
}

fn from_everywhere(name: &str, floor: Floor) {
    let began = Instant::now();
    let Ways { states, steps, ends, stuck, example } = ways(&floor, nobody_gives_up);
    let seconds = began.elapsed().as_secs_f64();
    say(&format!("{name}, ways back: {states} states, {steps} steps, {ends} ends, {stuck} stuck, {seconds:.1} s"));
    assert!(ends > 0 && ends < states);
    assert_eq!(stuck, 0, "no way to an end from {example:#?}");
}

#[test]
fn s2_a_guests_job_can_always_be_resolved() {
    from_everywhere("a Guest's job, class A", Floor::decisions(Class::A, 3));
    from_everywhere("a Guest's job, class B", Floor::decisions(Class::B, 2));
}

#[test]
fn s2_two_jobs_can_always_be_resolved() {
    from_everywhere("two jobs, class A", Floor::queue(Class::A, 3));
    from_everywhere("two jobs, class B", Floor::queue(Class::B, 2));
}

#[test]
fn s2_a_removed_printer_keeps_no_job() {
    from_everywhere("a printer is removed", Floor::alone(Class::A, 2).with_removal());
}

#[test]
fn s2_a_job_of_a_group_can_always_be_resolved() {
    from_everywhere("a job of a group", Floor::decisions(Class::A, 1).with_group());
}

/// The search can tell: if nobody ever answers *attention*, jobs are stuck there.
#[test]
fn an_unanswered_question_is_a_dead_end() {
    let silent = |action: &Action| nobody_gives_up(action) && !matches!(action, Action::Person(Deed::Answer { .. }));
    let found = ways(&Floor::alone(Class::B, 1), silent);
    assert!(found.stuck > 0);
    let stuck = found.example.unwrap();
    assert!(stuck.jobs.iter().flatten().any(|job| !job.state.is_end()));
}
