//! Searches a floor and says how much that was.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::Instant;

use model::Floor;
use stateright::{Checker, Expectation, HasDiscoveries, Model, Property};

/// What a search found: by name, the steps that lead there.
pub struct Found {
    pub states: usize,
    pub always: Vec<&'static str>,
    pub sometimes: Vec<&'static str>,
    pub steps: BTreeMap<&'static str, Vec<String>>,
}

/// Faults beyond those of an ordinary run: `MODEL_MORE_FAULTS=2 cargo test -p model`.
pub fn more_faults() -> u8 {
    std::env::var("MODEL_MORE_FAULTS").map_or(0, |text| text.parse().expect("MODEL_MORE_FAULTS is a small number"))
}

/// Says how much was searched, also when the test passes: straight to the output, which a test's `println` is not.
pub fn say(line: &str) {
    writeln!(std::io::stdout(), "model: {line}").expect("there is an output");
}

/// Every reachable state.
pub fn search(name: &str, floor: Floor) -> Found {
    run(name, floor, 2, HasDiscoveries::All)
}

/// Until this is broken, or everything was seen. One thread: the same steps each time.
pub fn search_for(name: &str, floor: Floor, promise: &'static str) -> Found {
    run(name, floor, 1, HasDiscoveries::AnyOf([promise].into()))
}

fn run(name: &str, floor: Floor, threads: usize, until: HasDiscoveries) -> Found {
    let began = Instant::now();
    let checker = floor.checker().threads(threads).finish_when(until).spawn_bfs().join();
    let properties = checker.model().properties();
    let (always, sometimes): (Vec<_>, Vec<_>) =
        properties.iter().partition(|p| matches!(p.expectation, Expectation::Always));
    let (seconds, states) = (began.elapsed().as_secs_f64(), checker.unique_state_count());
    say(&format!("{name}: {states} states, {} steps, {seconds:.1} s", checker.state_count()));
    let mut steps = BTreeMap::new();
    for (name, path) in checker.discoveries() {
        let property = checker.model().property(name);
        // The search may notice a few steps late.
        let wanted = matches!(property.expectation, Expectation::Sometimes);
        let path = path.into_vec();
        let end =
            path.iter().position(|(world, _)| (property.condition)(&floor, world) == wanted).unwrap_or(path.len());
        steps.insert(name, path[..end].iter().flat_map(|(_, action)| action).map(|a| format!("{a:?}")).collect());
    }
    let names = |of: Vec<&Property<Floor>>| of.into_iter().map(|p| p.name).collect();
    Found { states, always: names(always), sometimes: names(sometimes), steps }
}
