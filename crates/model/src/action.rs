//! Everything that can happen next, and what it does.

use stateright::{Model, Property};

use crate::{Class, Floor, Pc, Weak, World, properties};

/// One thing that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// A person does something: see `people.rs`.
    Person(crate::people::Deed),
    /// A server moves a queued job of the group to the other printer.
    Assign(usize),
    /// D1 by a server.
    Claim(usize, usize),
    /// A server takes a job over.
    TakeOver(usize, usize),
    /// A worker's next step: see `server.rs`.
    Work(usize, usize, crate::server::Way),
    /// A process dies, with all its workers.
    Crash(usize),
    /// A start arrives.
    Start(usize, u8),
    /// A start arrives, and its copy will.
    StartTwice(usize, u8),
    /// A start is lost.
    Lose(usize, u8),
    /// A fence arrives whose sender no longer waits.
    LateFence(usize, u8),
    /// The print on a printer ends in order.
    PrintEnds(u8),
    /// A printer loses power.
    PowerCut(u8),
    /// The link to a paused print is lost.
    LinkLost(u8),
    /// Only with [`Weak::IdleIsClear`]: the server clears the plate.
    ServerClears(u8),
}

impl Model for Floor {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        // The Guest's job was accepted with approval on, or with approval off.
        let gates: &[bool] = if self.people { &[true, false] } else { &[false] };
        gates.iter().map(|gate| World::accepted(self, *gate)).collect()
    }

    fn actions(&self, world: &World, out: &mut Vec<Action>) {
        world.deeds(self, &mut |deed| out.push(Action::Person(deed)));
        if self.group {
            out.push(Action::Assign(0));
        }
        let fault = world.faults < self.faults;
        for s in 0..self.servers {
            let mut alive = false;
            for j in 0..self.jobs {
                let worker = world.workers[s][j];
                alive |= worker.works();
                if worker.works() {
                    world.ways(self, s, j, &mut |way| out.push(Action::Work(s, j, way)));
                    continue;
                }
                out.push(Action::Claim(s, j));
                // The lease of a worker that lives runs out early: that is a fault. Else it runs out by itself.
                if world.job(j).state.is_active() && (fault || world.holder(j).is_none()) {
                    out.push(Action::TakeOver(s, j));
                }
            }
            if alive && fault {
                out.push(Action::Crash(s));
            }
        }
        for j in 0..self.jobs {
            for (n, name) in (0_u8..).zip(world.job(j).names) {
                if name.starts > 0 {
                    out.push(Action::Start(j, n));
                    if fault {
                        out.push(Action::Lose(j, n));
                        if self.lacks(Weak::NetworkRepeats) {
                            out.push(Action::StartTwice(j, n));
                        }
                    }
                }
                if name.fence {
                    out.push(Action::LateFence(j, n));
                }
            }
        }
        for p in (0_u8..).take(self.printers) {
            if world.running(p).is_some() {
                out.push(Action::PrintEnds(p));
                if fault && self.class == Class::B {
                    out.push(Action::LinkLost(p));
                }
            } else if self.lacks(Weak::IdleIsClear) && world.printers[usize::from(p)].dirty {
                out.push(Action::ServerClears(p));
            }
            if fault && world.power_matters(self, p) {
                out.push(Action::PowerCut(p));
            }
        }
    }

    fn next_state(&self, last: &World, action: Action) -> Option<World> {
        let mut world = *last;
        match action {
            Action::Person(deed) => world.deed(self, deed)?,
            Action::Assign(j) => world.assign(self, j)?,
            Action::Claim(s, j) => world.claim(self, s, j)?,
            Action::TakeOver(s, j) => world.take_over(self, s, j)?,
            Action::Work(s, j, way) => world.work(self, s, j, way)?,
            Action::Crash(s) => {
                world.faults += 1;
                world.crash(self, s);
            }
            Action::Start(j, n) => world.deliver(self, j, n, false),
            Action::StartTwice(j, n) => {
                world.faults += 1;
                world.deliver(self, j, n, true);
            }
            Action::Lose(j, n) => {
                world.faults += 1;
                world.with_name(j, n, |a| a.starts -= 1);
            }
            Action::LateFence(j, n) => {
                world.with_name(j, n, |a| a.fence = false);
                world.fence_arrives(self, j, n);
            }
            Action::PrintEnds(p) => world.print_ends(p),
            Action::PowerCut(p) => {
                world.faults += 1;
                world.power_cut(self, p);
            }
            Action::LinkLost(p) => {
                world.faults += 1;
                world.link_lost(p);
            }
            Action::ServerClears(p) => world.printers[usize::from(p)].dirty = false,
        }
        let next = world.tidy(self);
        (next != *last).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all(self)
    }
}

impl World {
    /// A power cut changes something: a print runs, or a push channel to this printer is open.
    fn power_matters(&self, floor: &Floor, printer: u8) -> bool {
        self.running(printer).is_some()
            || floor.class == Class::B
                && (0..floor.jobs).any(|j| {
                    self.workers.iter().any(|of| {
                        of[j].works()
                            && of[j].witness
                            && of[j].pc != Pc::Fresh
                            && self.name(j, of[j].name).printer == printer
                    })
                })
    }
}
