//! R1 to R3: a start may have been sent, and its answer is lost. First the fence, then the reading, then the decision;
//! never a second start. Read-back alone is not enough, and the order matters (docs/dispatch.md, counterexamples).

use ::printers::{Evidence, Fence, Witness};
use fail_point::fail_point;
use store::dispatch::Ticket;

use super::worker::Bench;
use crate::Error;

/// Finds out what became of an intent. `witness` was taken before it; a process that took the job over has none. `refused`:
/// the printer's words, if its answer to our only start was no.
pub(super) async fn recover(
    bench: &Bench<'_>,
    ticket: Ticket,
    witness: Option<Box<dyn Witness>>,
    refused: Option<&str>,
) -> Result<(), Error> {
    let Some(remote) = ticket.remote().cloned() else {
        return bench.ask(&ticket, "the attempt has no name on record").await;
    };
    // R1 FENCE: from an acknowledged fence on, no start of this attempt can succeed any more.
    fail_point!(Fence, Before);
    loop {
        if bench.heart.lost() {
            return bench.fence_and_leave(&remote).await;
        }
        match bench.driver.fence(&remote).await {
            Fence::Fenced => break,
            Fence::InUse => {
                let ticket = bench.seen(&ticket, "in use: the printer runs it").await?;
                return bench.monitor(ticket).await;
            }
            // The job stays where it is; an Admin may remove the printer, then a person is asked.
            Fence::Unreachable => tokio::time::sleep(bench.pause()).await,
        }
    }
    fail_point!(Fence, After);
    // R2 READ, only after the fence, twice.
    let mut complete = true;
    for reading in 0..2 {
        fail_point!(Read, Before);
        if reading > 0 {
            tokio::time::sleep(bench.app.config().settle).await;
        }
        loop {
            if bench.heart.lost() {
                return Ok(());
            }
            match bench.driver.evidence_since(&remote, witness.as_deref()).await {
                Ok(Evidence::Running) => {
                    let ticket = bench.seen(&ticket, "the printer runs it").await?;
                    return bench.monitor(ticket).await;
                }
                Ok(Evidence::Ended(outcome)) => {
                    let ticket = bench.seen(&ticket, "found in the printer's record").await?;
                    return bench.end(&ticket, outcome).await;
                }
                Ok(Evidence::NotSeen { complete: proof }) => {
                    complete &= proof;
                    break;
                }
                Err(_) => tokio::time::sleep(bench.pause()).await,
            }
        }
    }
    fail_point!(Read, After);
    // R3 DECIDE
    // What was seen counts only if the kit has seen that drivers of this family tell the truth. A no to our only start stands
    // in for a witness where there is none; a witness that saw something outweighs it.
    let refused = refused.filter(|_| complete || witness.is_none());
    if (complete || refused.is_some()) && ::printers::class_of(&ticket.connection().family).may_decide() {
        let why = match refused {
            Some(why) => format!("fenced; the printer had refused the start: {why}"),
            None => "fenced, and the printer's record shows no start".to_owned(),
        };
        return bench.not_started(&ticket, &remote, &why).await;
    }
    bench.ask(&ticket, "the printer may have restarted, and its record shows no start").await
}
