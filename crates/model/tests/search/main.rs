//! The search itself. `cargo test -p model -- --nocapture` prints how much was searched; `MODEL_MORE_FAULTS=2` widens it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is a failed test")]

mod common;
mod liveness;
mod protocol;
mod weakened;
