//! The order of a printer's queue (JOB-06).

use access::Permit;
use access::table::ReorderQueue;
use domain::{JobId, State};
use sql::{Tx, params};

use super::lock;
use crate::Error;
use crate::journal::{self, Entry};

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Earlier.
    Up,
    /// Later.
    Down,
}

/// Exchanges a queued job with its neighbour. At the end of the queue nothing happens.
///
/// # Errors
/// [`Error::NotFound`] if the job is not in this printer's queue.
pub async fn move_in_queue(
    tx: &mut Tx,
    permit: &Permit<ReorderQueue>,
    job: JobId,
    direction: Direction,
) -> Result<(), Error> {
    tx.one("SELECT id FROM printer WHERE id = $1 {for_update}", params![permit.target()]).await?;
    let locked = lock(tx, job, true).await?;
    if locked.job.printer != permit.target() || locked.job.state != State::Queued {
        return Err(Error::rule("not_in_queue", "This print job is not in the queue any more."));
    }
    let mine: i64 = tx.one("SELECT queue_pos FROM print_job WHERE id = $1", params![job]).await?.get("queue_pos")?;
    let neighbour = match direction {
        Direction::Up => {
            "SELECT id, queue_pos FROM print_job WHERE printer = $1 AND state = 'queued' AND (queue_pos, id) < ($2, $3) \
             ORDER BY queue_pos DESC, id DESC LIMIT 1"
        }
        Direction::Down => {
            "SELECT id, queue_pos FROM print_job WHERE printer = $1 AND state = 'queued' AND (queue_pos, id) > ($2, $3) \
             ORDER BY queue_pos, id LIMIT 1"
        }
    };
    let Some(other) = tx.opt(neighbour, params![permit.target(), mine, job]).await? else {
        return Ok(());
    };
    let (other_id, mut theirs): (JobId, i64) = (other.get("id")?, other.get("queue_pos")?);
    tx.one("SELECT id FROM print_job WHERE id = $1 {for_update}", params![other_id]).await?;
    if theirs == mine {
        theirs += if direction == Direction::Up { -1 } else { 1 };
    }
    const SET: &str = "UPDATE print_job SET queue_pos = $2 WHERE id = $1";
    tx.exec(SET, params![job, theirs]).await?;
    tx.exec(SET, params![other_id, mine]).await?;
    let entry = Entry::new("job.moved_in_queue", Some(permit.who().account())).job(job).printer(permit.target());
    journal::append(tx, permit.who().org(), entry).await.map(drop)
}
