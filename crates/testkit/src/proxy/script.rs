//! What the network does to the next connection: drawn from a seed, so that a run can be repeated.

use super::exchange::first_line;
use crate::Dice;

/// What happens to one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Trouble {
    /// Nothing.
    None,
    /// Reset before anything is read.
    Refuse,
    /// Read, not delivered, reset.
    Lose,
    /// Read, not delivered, and the client hears nothing.
    Silence,
    /// Delivered, and the client gets a reset for an answer.
    Swallow,
    /// Delivered, and the client hears nothing.
    SwallowSilently,
    /// Delivered after a while, even if the client has given up.
    DelayRequest {
        /// Milliseconds.
        ms: u64,
    },
    /// The client gets a reset; delivered afterwards.
    DeliverLate {
        /// Milliseconds.
        ms: u64,
    },
    /// The answer comes after a while.
    DelayAnswer {
        /// Milliseconds.
        ms: u64,
    },
    /// The printer gets half of the request and an end.
    HalfRequest,
    /// The client gets half of the answer and an end.
    HalfAnswer,
    /// The client gets the answer to an earlier request.
    AnotherAnswer {
        /// Whether the printer gets the request.
        delivered: bool,
    },
    /// The client gets the answer to an earlier request; its own is delivered later.
    AnotherAnswerThenDeliver {
        /// Milliseconds.
        ms: u64,
    },
    /// The push channel is reset after a while.
    Cut {
        /// Milliseconds.
        ms: u64,
    },
    /// Nothing passes the push channel for a while.
    Deaf {
        /// Milliseconds.
        ms: u64,
    },
}

/// The script of one run.
#[derive(Debug, Clone)]
pub struct Script {
    dice: Dice,
    /// So many connections in a hundred are in trouble.
    share: u64,
    /// The answer of another request, at most this often: mixing up twice in a row could forge anything.
    mix_ups: u64,
    /// The first start gets this, whatever the dice say.
    start: Option<Trouble>,
}

impl Script {
    /// The script that belongs to this seed.
    #[must_use]
    pub fn from_seed(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let share = [10, 25, 40, 60][usize::try_from(dice.below(4)).unwrap_or(0)];
        // Most of what can go wrong goes wrong at a start, and there is only one in a run: it is in trouble in three of four.
        let start = dice.percent(75).then(|| at_start(&mut dice));
        Self { dice, share, mix_ups: 1, start }
    }

    /// Nothing but this, at the next start.
    #[must_use]
    pub fn only_at_start(trouble: Trouble) -> Self {
        Self { dice: Dice::new(0), share: 0, mix_ups: 1, start: Some(trouble) }
    }

    /// What happens to the next connection (`None`: nothing is read yet) or its request.
    pub(super) fn next(&mut self, request: Option<&[u8]>) -> Trouble {
        let Some(request) = request else {
            return if self.dice.below(400) < self.share { Trouble::Refuse } else { Trouble::None };
        };
        if is_start(request)
            && let Some(trouble) = self.start.take()
        {
            return self.limited(trouble);
        }
        if !self.dice.percent(self.share) {
            return Trouble::None;
        }
        let ms = self.dice.between(20, 900);
        let trouble = if super::exchange::is_push(request) {
            [Trouble::Cut { ms }, Trouble::Deaf { ms }, Trouble::Lose][usize::try_from(self.dice.below(3)).unwrap_or(0)]
        } else {
            any(&mut self.dice)
        };
        self.limited(trouble)
    }

    /// Whether trouble is in store for a start that has not come yet.
    pub(super) fn waits_for_a_start(&self) -> bool {
        self.start.is_some()
    }

    fn limited(&mut self, trouble: Trouble) -> Trouble {
        if matches!(trouble, Trouble::AnotherAnswer { .. } | Trouble::AnotherAnswerThenDeliver { .. }) {
            if self.mix_ups == 0 {
                return Trouble::Lose;
            }
            self.mix_ups -= 1;
        }
        trouble
    }
}

fn is_start(request: &[u8]) -> bool {
    let select = request.windows(8).any(|part| part == b"\"select\"");
    first_line(request).starts_with("POST /api/files/local/") && select
}

fn any(dice: &mut Dice) -> Trouble {
    let ms = dice.between(20, 1200);
    match dice.below(12) {
        0 => Trouble::Lose,
        1 => Trouble::Silence,
        2 => Trouble::Swallow,
        3 => Trouble::SwallowSilently,
        4 => Trouble::DelayRequest { ms },
        5 => Trouble::DeliverLate { ms },
        6 => Trouble::DelayAnswer { ms },
        7 => Trouble::HalfRequest,
        8 => Trouble::HalfAnswer,
        9 => Trouble::AnotherAnswer { delivered: dice.percent(50) },
        10 => Trouble::AnotherAnswerThenDeliver { ms },
        _ => Trouble::None,
    }
}

/// What is worst for a start, more often than the rest.
fn at_start(dice: &mut Dice) -> Trouble {
    let ms = dice.between(50, 1500);
    match dice.below(6) {
        0 => Trouble::DeliverLate { ms },
        1 => Trouble::Swallow,
        2 => Trouble::SwallowSilently,
        3 => Trouble::AnotherAnswerThenDeliver { ms },
        _ => any(dice),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const START: &[u8] =
        b"POST /api/files/local/imp-1-00000000-1.gcode HTTP/1.1\r\n\r\n{\"command\":\"select\",\"print\":true}";

    #[test]
    fn a_seed_writes_one_script_and_many_seeds_write_every_kind_of_trouble() {
        let mut kinds = BTreeSet::new();
        for seed in 0..400 {
            let (mut one, mut two) = (Script::from_seed(seed), Script::from_seed(seed));
            for request in [START, b"GET /api/job HTTP/1.1\r\n\r\n", b"GET /sockjs/1/2/websocket HTTP/1.1\r\n\r\n"] {
                assert_eq!(one.next(None), two.next(None));
                let trouble = one.next(Some(request));
                assert_eq!(trouble, two.next(Some(request)));
                kinds.insert(format!("{trouble:?}").split(' ').next().unwrap().to_owned());
            }
        }
        assert_eq!(kinds.len(), 14, "{kinds:?}");
    }

    #[test]
    fn answers_are_mixed_up_once_in_a_run_at_most() {
        for seed in 0..200 {
            let mut script = Script::from_seed(seed);
            let mixed = (0..200).map(|_| script.next(Some(START)));
            let mixed = mixed.filter(|trouble| format!("{trouble:?}").starts_with("Another")).count();
            assert!(mixed <= 1, "{mixed} with seed {seed}");
        }
    }
}
