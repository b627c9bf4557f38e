//! The search itself: `cargo test -p model`. `MODEL_MORE_FAULTS=1` allows one more fault everywhere in `protocol.rs`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is a failed test")]

mod common;
mod liveness;
mod protocol;
mod weakened;
