//! The dispatcher moves queued print jobs to a free printer of their group: before any claim, so nothing was sent yet
//! (dispatch.md 2.5). The state stays; the authorization is written anew for the same bytes, for the person who gave it before,
//! and only if that person and the submitter may use the new printer now.

use access::may_use_printer_sql;
use domain::job::{Command, LONGEST_WAIT_S};
use domain::{AccountId, Job, JobId, OrgId, PrinterGroupId, PrinterId, Role, State};
use serde_json::json;
use sql::{Conn, Tx, params};
use uuid::Uuid;

use crate::dispatch::printer_facts;
use crate::jobs::{With, apply, lock, write_authorization};
use crate::{Error, new_id};

/// On a printer: something of ours is on it, or may be.
macro_rules! occupied {
    ($printer:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM print_job b WHERE b.printer = ",
            $printer,
            " AND b.state IN ('claimed', 'intent', 'printing', 'attention'))"
        )
    };
}

/// Queued jobs of groups that cannot start where they are, each with a printer of its group that could start it now; the first
/// in the queue first. A look only: [`assign`] asks everything again. Its rules are here too, as far as they do not change by themselves:
/// jobs that may not be moved would keep all others from their turn.
///
/// # Errors
/// The database.
pub async fn movable(conn: &mut Conn) -> Result<Vec<(JobId, PrinterId)>, Error> {
    const Q: &str = concat!(
        "SELECT j.id, n.id AS free FROM print_job j JOIN printer p ON p.id = j.printer JOIN organization o ON o.id = j.org \
         JOIN job_authorization z ON z.id = j.authorization_id \
         JOIN membership am ON am.org = j.org AND am.account = z.actor AND am.removed_at IS NULL LEFT JOIN printer_live pl ON pl.printer = p.id \
         JOIN printer_group_member gm ON gm.printer_group = j.printer_group AND gm.printer <> j.printer \
         JOIN printer n ON n.id = gm.printer JOIN printer_live nl ON nl.printer = n.id \
         WHERE j.state = 'queued' AND j.printer_group IS NOT NULL AND (am.role <> 'guest' OR (j.gate_required = 0 AND o.approval_on = 0)) AND (j.not_before <= $1 OR j.not_before > $2) AND o.suspended = 0 \
         AND o.held_back IS NULL AND (SELECT hold_all FROM meta) = 0 AND (SELECT dispatch_stopped FROM meta) IS NULL \
         AND (p.enabled = 0 OR p.removed_at IS NOT NULL OR p.bed <> 'clear' OR pl.problem IS NOT NULL \
           OR pl.observation NOT LIKE '{\"state\":\"idle\"%' OR ",
        occupied!("j.printer"),
        " OR EXISTS (SELECT 1 FROM print_job k WHERE k.printer = j.printer AND k.state = 'queued' AND (k.not_before <= $1 OR k.not_before > $2) \
           AND (k.queue_pos, k.id) < (j.queue_pos, j.id))) \
         AND n.enabled = 1 AND n.removed_at IS NULL AND n.bed = 'clear' AND nl.problem IS NULL \
         AND nl.observation LIKE '{\"state\":\"idle\"%' AND NOT ",
        occupied!("n.id"),
        " AND NOT EXISTS (SELECT 1 FROM print_job k WHERE k.printer = n.id AND k.state = 'queued') AND ",
        may_use_printer_sql!("n", "j.submitter", "j.org"),
        " AND ",
        may_use_printer_sql!("n", "z.actor", "j.org"),
        " ORDER BY j.queue_pos, j.id, n.name_key, n.id LIMIT 200"
    );
    let now = conn.now().await?;
    let rows = conn.all(Q, params![now, now.plus_secs(LONGEST_WAIT_S)]).await?;
    Ok(rows.iter().map(|row| Ok((row.get("id")?, row.get("free")?))).collect::<Result<_, sql::Error>>()?)
}

/// Whose job, and who authorized it in which role.
struct Authorized {
    org: OrgId,
    submitter: AccountId,
    from: PrinterId,
    group: PrinterGroupId,
    authorization: Uuid,
    actor: AccountId,
    role: Role,
}

async fn authorized(tx: &mut Tx, id: JobId) -> Result<Option<Authorized>, Error> {
    const Q: &str = "SELECT j.org, j.submitter, j.printer, j.printer_group, z.id AS z_id, z.actor, z.actor_role FROM print_job j \
        JOIN job_authorization z ON z.id = j.authorization_id WHERE j.id = $1 AND j.state = 'queued' AND j.printer_group IS NOT NULL";
    let Some(row) = tx.opt(Q, params![id]).await? else { return Ok(None) };
    Ok(Some(Authorized {
        org: row.get("org")?,
        submitter: row.get("submitter")?,
        from: row.get("printer")?,
        group: row.get("printer_group")?,
        authorization: row.get("z_id")?,
        actor: row.get("actor")?,
        role: row.get("actor_role")?,
    }))
}

/// Locks what the decision rests on, in the global order. `false`: another server is at one of the printers; nobody waits for it.
async fn lock_all(tx: &mut Tx, it: &Authorized, to: PrinterId) -> Result<bool, Error> {
    tx.opt("SELECT plan FROM organization WHERE id = $1 {for_share}", params![it.org]).await?;
    tx.all(
        "SELECT role FROM membership WHERE org = $1 AND account IN ($2, $3) ORDER BY account {for_share}",
        params![it.org, it.submitter, it.actor],
    )
    .await?;
    tx.all(
        "SELECT tm.team FROM team_member tm JOIN team t ON t.id = tm.team WHERE tm.account IN ($1, $2) \
         ORDER BY tm.account, tm.team {for_share}",
        params![it.submitter, it.actor],
    )
    .await?;
    tx.opt("SELECT id FROM printer_group WHERE id = $1 {for_share}", params![it.group]).await?;
    tx.all("SELECT grantee FROM printer_share WHERE printer = $1 ORDER BY grantee {for_share}", params![to]).await?;
    let printers = "SELECT id FROM printer WHERE id IN ($1, $2) ORDER BY id {skip_locked}";
    Ok(tx.all(printers, params![it.from, to]).await?.len() == 2)
}

/// Moves a queued job to a printer of its group. `false` if that is not possible (any more): it is being worked on, was taken
/// back, the printer is not free, is not in the group, or is not open to the submitter and to who authorized the job; a Guest
/// authorizes nothing where Guests need approval.
///
/// # Errors
/// The database.
pub async fn assign(tx: &mut Tx, id: JobId, to: PrinterId) -> Result<bool, Error> {
    const MAY: &str = concat!(
        "SELECT p.id FROM printer_group_member gm JOIN printer p ON p.id = gm.printer JOIN printer_group g ON g.id = gm.printer_group \
         JOIN membership am ON am.org = $1 AND am.account = $3 AND am.removed_at IS NULL JOIN organization o ON o.id = $1 \
         JOIN print_job j ON j.id = $6 WHERE g.id = $4 AND g.removed_at IS NULL AND p.id = $5 AND p.org = $1 \
         AND (am.role <> 'guest' OR (j.gate_required = 0 AND o.approval_on = 0)) \
         AND NOT EXISTS (SELECT 1 FROM print_job k WHERE k.printer = p.id AND k.state = 'queued') AND ",
        may_use_printer_sql!("p", "$2", "$1"),
        " AND ",
        may_use_printer_sql!("p", "$3", "$1")
    );
    let Some(it) = authorized(tx, id).await? else { return Ok(false) };
    if it.from == to || !lock_all(tx, &it, to).await? {
        return Ok(false);
    }
    let locked = match lock(tx, id, true).await {
        Ok(locked) => locked,
        Err(Error::NotFound | Error::Db(sql::Error::Busy)) => return Ok(false),
        Err(error) => return Err(error),
    };
    let job = &locked.job;
    let same = job.printer == it.from && job.authorization.is_some_and(|given| given.id == it.authorization);
    if job.state != State::Queued || !same || locked.group != Some(it.group) {
        return Ok(false);
    }
    if tx.opt(MAY, params![it.org, it.submitter, it.actor, it.group, to, id]).await?.is_none() {
        return Ok(false);
    }
    let now = tx.now().await?;
    let printer = printer_facts(tx, &Job { printer: to, ..*job }).await?;
    let data = json!({ "from_printer": it.from.0, "to_printer": to.0, "group": it.group.0, "for": it.actor.0 });
    let command = Command::Assign { printer, authorization: new_id(), now };
    match apply(tx, &locked, command, With { data: Some(data), ..With::default() }).await {
        Ok((step, seq)) => {
            write_authorization(tx, &step.job, "group", (it.actor, it.role), now, seq).await?;
            Ok(true)
        }
        Err(Error::Refused(_) | Error::Changed) => Ok(false),
        Err(error) => Err(error),
    }
}
