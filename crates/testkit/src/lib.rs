//! A farm in a test: a whole server on each engine, with people, virtual printers and a clock to turn. For tests only.
//!
//! ```text
//! both_engines! {
//!     async fn a_guest_waits_apr_08(farm) {
//!         let (printer, _machine) = farm.bench("Bench 1").await;
//!         let job = farm.guest().send_job(printer, "boat").await;
//!         assert_eq!(job["status"], "needs_approval");
//!         farm.member().approve(&job).await.ok();
//!     }
//!     async fn the_window_ends(farm, Setup::new().fake_clock()) {
//!         farm.clock().advance(Duration::from_secs(10));
//!     }
//! }
//! ```
//!
//! Every test runs once on SQLite and once on PostgreSQL, and ends with the invariants and the journal's chain checked.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "test support: a failure here is a failed test, and the panic names the line"
)]

mod actor;
mod acts;
mod answer;
mod certificates;
pub mod crowd;
mod database;
mod dice;
mod events;
mod farm;
pub mod judge;
mod library;
mod postbox;
mod proxy;
mod server;
mod setup;
pub mod statements;

pub use actor::{Actor, Call};
pub use answer::Answer;
pub use database::{Engine, Place};
pub use dice::Dice;
pub use events::{Events, SseEvent};
pub use farm::{Farm, run};
pub use postbox::{Post, Postbox, Received, Temper};
pub use proxy::{FaultProxy, Script, Trouble};
pub use server::{Dispatching, Server};
pub use setup::Setup;

// What a test needs besides, so that it names one crate.
pub use axum::http::{HeaderMap, Method};
pub use domain::{Plan, Role};
pub use mail::Security;
pub use serde_json::{Value, json};
pub use sql::{Clock, Gate, Row, Stop, Val, params};
pub use uuid::Uuid;
pub use virtual_printer::{Fault, Handle as Machine, LedgerEntry, Options as MachineOptions, Quirk, Speed};

/// A small print file that the server takes; another `seed` gives other bytes.
#[must_use]
pub fn gcode(seed: &str) -> Vec<u8> {
    let line = seed.replace(['\r', '\n'], " ");
    format!(
        ";FLAVOR:Marlin\n;TIME:60\n;Filament used: 0.5m\n;Layer height: 0.2\n;LAYER_COUNT:1\n; {line}\nG28\nM104 S200\n\
         ;LAYER:0\nG1 X10 Y10 E1 F1800\nG1 X20 Y10 E2\nM104 S0\n"
    )
    .into_bytes()
}

/// Makes of each `async fn name(farm) { .. }` a module `name` with the tests `sqlite` and `postgres`. A second argument is
/// a [`Setup`].
#[macro_export]
macro_rules! both_engines {
    ($($(#[$meta:meta])* async fn $name:ident($farm:ident $(, $setup:expr)?) $body:block)+) => {$(
        $(#[$meta])*
        mod $name {
            #[allow(unused_imports, reason = "a short test may need nothing from outside")]
            use super::*;

            async fn body($farm: &$crate::Farm) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                $crate::run($crate::Engine::Sqlite, $crate::both_engines!(@setup $($setup)?), body).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                $crate::run($crate::Engine::Postgres, $crate::both_engines!(@setup $($setup)?), body).await;
            }
        }
    )+};
    (@setup) => { $crate::Setup::new() };
    (@setup $setup:expr) => { $setup };
}
