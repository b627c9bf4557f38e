//! Prints how long one decision takes: `cargo run --release -p access --features bench --example decision_speed`.
//!
//! The aim is at most 100 ns. It measures the decision on facts in memory, not the query that loads them. A build
//! without `--release` says so, as its number means nothing.

fn main() {
    let rounds = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(10_000);
    // Warms up.
    let _ = access::decision_ns(rounds / 10 + 1);
    let build = if cfg!(debug_assertions) { "not optimised, do not quote" } else { "optimised" };
    let took = access::decision_ns(rounds);
    let met = if took <= 100.0 { "met" } else { "MISSED" };
    println!("{took:.1} ns per decision ({build}), target <= 100: {met}");
}
