//! Measures decisions for `examples/decision_speed.rs`. It gives out a duration, never a verdict or a permit.

use std::hint::black_box;
use std::time::Instant;

use domain::{Plan, Role};

use crate::decide::{Facts, decide};
use crate::table::TABLE;

/// Nanoseconds for one decision, as the average of `rounds` times the whole table, each role, own and shared.
#[must_use]
pub fn decision_ns(rounds: u32) -> f64 {
    let mut many = Vec::new();
    for role in Role::ALL {
        for (own, accessible) in [(true, true), (false, true), (false, false)] {
            many.push(Facts {
                plan: Plan::Professional,
                role,
                exists: true,
                own,
                accessible,
                visible: true,
                printer_open: accessible,
                project_open: own,
                self_approval_forbidden: false,
                owner: "",
            });
        }
    }
    let mut decisions = 0_u32;
    let start = Instant::now();
    for _ in 0..rounds {
        for rule in TABLE {
            for facts in &many {
                black_box(decide(black_box(rule), black_box(facts)));
                decisions = decisions.wrapping_add(1);
            }
        }
    }
    start.elapsed().as_secs_f64() * 1e9 / f64::from(decisions.max(1))
}
