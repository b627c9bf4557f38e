//! The only place in the program that sends a start. It takes a [`StartTicket`], which only the intent transaction makes,
//! by value: it cannot be used twice. Clippy forbids `Driver::start` everywhere else.

use ::printers::{Driver, Reply};
use files::{FileError, HighWater};
use store::dispatch::StartTicket;

/// Sends the start once. The answer proves nothing (docs/printers.md, fact 1). Before that the data folder remembers the
/// intent: a backup that does not know of this start will be noticed (docs/dispatch.md 2.8).
///
/// # Errors
/// It cannot be remembered, for example because the disk is full; then nothing was sent.
#[expect(clippy::disallowed_methods, reason = "this is the one permitted caller of Driver::start")]
pub(super) async fn start(
    high_water: &HighWater,
    driver: &dyn Driver,
    ticket: StartTicket,
) -> Result<Reply, FileError> {
    high_water.raise(vec![ticket.mark()]).await?;
    let reply = driver.start(ticket.remote()).await;
    drop(ticket);
    Ok(reply)
}
