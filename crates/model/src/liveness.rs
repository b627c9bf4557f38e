//! Can every accepted job still be brought to an end? From every reachable state there has to be a way to a state in which
//! all jobs have ended, without one more fault. Found backwards: from the ends, over the steps that were taken forwards.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};

use stateright::Model;

use crate::{Action, Floor, World, settled};

/// What the backward search found.
#[derive(Debug)]
pub struct Ways {
    /// Reachable states.
    pub states: usize,
    /// Steps among them that may be part of a way.
    pub steps: usize,
    /// States in which all jobs have ended.
    pub ends: usize,
    /// States from which no way leads to an end, and one of them.
    pub stuck: usize,
    /// One of them.
    pub example: Option<World>,
}

/// Explores everything; a way may only use steps that `may` allows (faults are never part of one).
///
/// # Panics
/// More states than 32 bits can number.
#[must_use]
pub fn ways(floor: &Floor, may: impl Fn(&Action) -> bool) -> Ways {
    let mut numbers: HashMap<World, u32> = HashMap::new();
    let mut worlds: Vec<World> = Vec::new();
    let mut back: Vec<(u32, u32)> = Vec::new();
    let mut open: VecDeque<u32> = VecDeque::new();
    let mut number_of = |world: World, worlds: &mut Vec<World>, open: &mut VecDeque<u32>| {
        let next = u32::try_from(worlds.len()).unwrap_or_else(|_| panic!("too many states to number"));
        match numbers.entry(world) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => {
                worlds.push(world);
                open.push_back(next);
                *new.insert(next)
            }
        }
    };
    for world in floor.init_states() {
        number_of(world.tidy(floor), &mut worlds, &mut open);
    }
    let mut actions = Vec::new();
    while let Some(from) = open.pop_front() {
        let world = worlds[from as usize];
        floor.actions(&world, &mut actions);
        for action in actions.drain(..) {
            let Some(next) = floor.next_state(&world, action) else { continue };
            let no_fault = next.faults == world.faults;
            let to = number_of(next, &mut worlds, &mut open);
            if no_fault && may(&action) {
                back.push((to, from));
            }
        }
    }
    back.sort_unstable();
    let mut fine: Vec<bool> = worlds.iter().map(settled).collect();
    let ends = fine.iter().filter(|end| **end).count();
    let mut todo: Vec<u32> = (0..).zip(&fine).filter(|(_, end)| **end).map(|(at, _)| at).collect();
    while let Some(at) = todo.pop() {
        let first = back.partition_point(|(to, _)| *to < at);
        for (_, from) in back[first..].iter().take_while(|(to, _)| *to == at) {
            if !std::mem::replace(&mut fine[*from as usize], true) {
                todo.push(*from);
            }
        }
    }
    let example = worlds.iter().zip(&fine).find(|(_, fine)| !**fine).map(|(world, _)| *world);
    let stuck = fine.iter().filter(|fine| !**fine).count();
    Ways { states: worlds.len(), steps: back.len(), ends, stuck, example }
}
