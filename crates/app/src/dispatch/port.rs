//! The only place in the program that sends a start. It takes a [`StartTicket`], which only the intent transaction makes,
//! by value: it cannot be used twice. Clippy forbids `Driver::start` everywhere else.

use ::printers::{Driver, Reply};
use store::dispatch::StartTicket;

/// Sends the start once. The answer proves nothing (docs/printers.md, fact 1).
#[expect(clippy::disallowed_methods, reason = "this is the one permitted caller of Driver::start")]
pub(super) async fn start(driver: &dyn Driver, ticket: StartTicket) -> Reply {
    let reply = driver.start(ticket.remote()).await;
    drop(ticket);
    reply
}
