//! What must hold in every state, and what must be reached somewhere: a search that never got to the interesting places
//! proves nothing.

use domain::State;
use stateright::Property;

use crate::printer::wrong;
use crate::{Class, Floor, Pc, World};

/// A job of whose state nothing more can come.
#[must_use]
pub fn settled(world: &World) -> bool {
    world.jobs.iter().flatten().all(|job| job.state.is_end())
}

/// The names of what is broken in this state.
#[must_use]
pub fn broken(floor: &Floor, world: &World) -> Vec<&'static str> {
    all(floor).iter().filter(|p| is_always(p) && !(p.condition)(floor, world)).map(|p| p.name).collect()
}

fn is_always(property: &Property<Floor>) -> bool {
    matches!(property.expectation, stateright::Expectation::Always)
}

fn holds(world: &World, bit: u16) -> bool {
    world.bad.0 & bit == 0
}

fn in_state(world: &World, state: State) -> bool {
    world.jobs.iter().flatten().any(|job| job.state == state)
}

fn at(world: &World, pc: Pc) -> bool {
    world.workers.iter().flatten().any(|worker| worker.pc == pc)
}

fn an_old_worker_at(world: &World, pc: Pc) -> bool {
    world.workers.iter().flatten().any(|worker| worker.pc == pc && !worker.current)
}

pub(crate) fn all(floor: &Floor) -> Vec<Property<Floor>> {
    let mut all = always(floor);
    if floor.weak == crate::Weak::Nothing {
        all.extend(sometimes(floor));
    }
    all
}

fn always(floor: &Floor) -> Vec<Property<Floor>> {
    let mut all = vec![
        Property::always("I1 a start has an approval for these bytes on this printer", |_, w| {
            holds(w, wrong::UNAPPROVED)
        }),
        Property::always("I2 whoever approved had the right at the commit", |_, w| holds(w, wrong::NO_RIGHT)),
        Property::always("I3 nothing starts after it was rejected or withdrawn", |_, w| {
            holds(w, wrong::DECIDED_AGAINST)
        }),
        Property::always("I4 a job physically starts at most once", |_, w| holds(w, wrong::TWICE)),
        Property::always("I5 nothing starts on an occupied plate", |_, w| holds(w, wrong::PLATE)),
        Property::always("I6 finished means that it printed", |_, w: &World| {
            w.jobs.iter().flatten().all(|job| job.state != State::Finished || job.prints > 0)
        }),
        Property::always("I8 at most one active job on a printer", |_, w: &World| {
            (0_u8..2)
                .all(|p| w.jobs.iter().flatten().filter(|job| job.printer == p && job.state.is_active()).count() <= 1)
        }),
        Property::always("dispatchable while it is queued or worked on", |_, w: &World| {
            w.jobs.iter().flatten().all(|job| {
                !(job.state == State::Queued || job.state.is_active()) || crate::real::load(job).dispatchable()
            })
        }),
        Property::always("APR-07 nothing is claimed in the undo window", |_, w| holds(w, wrong::WINDOW)),
        Property::always("the model has room for all names", |_, w: &World| !w.full),
    ];
    if floor.class == Class::A && !floor.removal {
        all.push(Property::always("I7 a printer that remembers asks nobody", |_, w| !in_state(w, State::Attention)));
    }
    all
}

fn sometimes(floor: &Floor) -> Vec<Property<Floor>> {
    let mut all = vec![
        Property::sometimes("a print is finished", |_, w| in_state(w, State::Finished)),
        Property::sometimes("a start is on its way while its job waits in the queue again", |_, w: &World| {
            w.jobs
                .iter()
                .flatten()
                .any(|job| job.state == State::Queued && job.prints == 0 && job.names.iter().any(|a| a.used && !a.file))
        }),
        Property::sometimes("a worker of an older lease holds a leave to start", |_, w| {
            an_old_worker_at(w, Pc::Ticket)
        }),
        Property::sometimes("a worker of an older lease asks for an intent", |_, w| an_old_worker_at(w, Pc::Ready)),
        Property::sometimes("a job is fenced and proven not started", |_, w| at(w, Pc::NotSeen { complete: true })),
        Property::sometimes("an answer was lost, and the print is found in the record", |_, w: &World| {
            w.workers.iter().flatten().any(|worker| matches!(worker.pc, Pc::SawEnded { .. }))
        }),
        Property::sometimes("two servers work on one job", |_, w: &World| {
            w.workers[0][0].works() && w.workers[1][0].works()
        }),
    ];
    if floor.class == Class::B {
        all.push(Property::sometimes("a person is asked", |_, w| in_state(w, State::Attention)));
        all.push(Property::sometimes("the printer forgot a print", |_, w: &World| w.forgotten(0)));
    }
    if floor.group {
        all.extend([
            Property::sometimes("a server moved it, and it prints there", |_, w: &World| {
                w.job(0).group && w.job(0).printer == 1 && w.job(0).prints > 0
            }),
            Property::sometimes(
                "it was moved, and a worker still has an attempt on the printer that it had",
                |_, w: &World| {
                    let elsewhere = |a: &crate::Attempt| a.used && a.printer != w.job(0).printer;
                    w.job(0).group && w.job(0).state == State::Queued && w.job(0).names.iter().any(elsewhere)
                },
            ),
        ]);
    }
    if floor.people {
        all.extend([
            Property::sometimes("version 2 prints", |_, w: &World| {
                w.job(0).version == 2 && w.job(0).state == State::Printing
            }),
            Property::sometimes("a claimed job was taken back, and its worker does not know", |_, w: &World| {
                w.job(0).state == State::Held && w.workers.iter().any(|of| of[0].works() && !of[0].current)
            }),
            Property::sometimes("it is approved, and the window is open", |_, w: &World| {
                w.job(0).window && w.job(0).state == State::Queued
            }),
            Property::sometimes("it was moved, and prints there", |_, w: &World| {
                w.job(0).printer == 1 && w.job(0).prints > 0
            }),
            Property::sometimes("it is stopped", |_, w| in_state(w, State::Aborted)),
        ]);
    } else {
        all.push(Property::sometimes("both jobs are printed", |_, w: &World| {
            w.jobs.iter().flatten().all(|job| job.state == State::Finished)
        }));
    }
    all
}
