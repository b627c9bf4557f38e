//! The protocol as built, with the real state machine: every reachable state keeps every invariant (docs/dispatch.md 2.10).
//! And the search got to the places where it could go wrong.

use crate::common::{Found, more_faults, search};
use model::{Class, Floor};

fn holds(found: &Found) {
    for name in &found.always {
        assert!(!found.steps.contains_key(name), "{name}: broken by {:#?}", found.steps[name]);
    }
}

fn got_everywhere(found: &Found) {
    for name in &found.sometimes {
        assert!(found.steps.contains_key(name), "never reached in {} states: {name}", found.states);
    }
}

fn proven(name: &str, floor: Floor) {
    let floor = Floor { faults: floor.faults + more_faults(), ..floor };
    let found = search(&format!("{name}, class {:?}, {} faults", floor.class, floor.faults), floor);
    holds(&found);
    got_everywhere(&found);
}

/// S1, S2: two servers, two approvers, two printers, three faults; printers that remember each start.
#[test]
fn i1_to_i8_a_guests_job_class_a() {
    proven("a Guest's job", Floor::decisions(Class::A, 3));
}

/// The same with printers that remember less.
#[test]
fn i1_to_i8_a_guests_job_class_b() {
    proven("a Guest's job", Floor::decisions(Class::B, 3));
}

/// S2: two jobs for one plate, three faults.
#[test]
fn i4_i5_i8_two_jobs_in_a_queue_class_a() {
    proven("two jobs, one plate", Floor::queue(Class::A, 3));
}

#[test]
fn i4_i5_i8_two_jobs_in_a_queue_class_b() {
    proven("two jobs, one plate", Floor::queue(Class::B, 3));
}

/// AMB-41: the submitter leaves at any moment.
#[test]
fn amb_41_the_submitter_leaves() {
    proven("the submitter leaves", Floor::decisions(Class::A, 1).with_leaver());
}

/// 2.4: an Admin removes a printer at any moment, and may bring it back.
#[test]
fn i1_i4_a_printer_is_removed_while_it_may_be_printing() {
    proven("a printer is removed", Floor::decisions(Class::A, 1).with_removal());
}

/// 2.5: the job is for a group of both printers, and servers move it at any moment before a claim.
#[test]
fn i1_i2_i4_a_job_of_a_group_is_moved() {
    proven("a job of a group", Floor::decisions(Class::A, 1).with_group());
}

/// A fence that was sent is carried out late, when nobody waits for it any more.
#[test]
fn i4_a_late_fence_does_no_harm() {
    proven("late fences", Floor::decisions(Class::A, 1).with_late_fences());
}
