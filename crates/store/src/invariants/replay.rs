//! Goes through each organization's journal from its first row and keeps books of its own: roles, settings, shares, plates,
//! and where every print job is. What the journal tells has to be allowed at each row, and has to end where the tables are.

mod world;

use std::collections::HashMap;

use domain::OrgId;
use serde_json::Value;
use sql::{Conn, params};
use uuid::Uuid;

use crate::Error;
use world::{Act, Team, World};

pub(super) use world::RULES;

/// Rows of a journal that are read at once.
const PAGE: i64 = 2_000;

pub(super) async fn broken(conn: &mut Conn) -> Result<Vec<String>, Error> {
    let mut problems = Vec::new();
    for head in conn.all("SELECT org FROM journal_head", &[]).await? {
        let org: OrgId = head.get("org")?;
        let mut world = World::new(teams(conn, org).await?);
        let mut after = 0;
        loop {
            let rows = conn
                .all(
                    "SELECT seq, kind, actor, job, printer, person, data FROM journal WHERE org = $1 AND seq > $2 \
                     ORDER BY seq LIMIT $3",
                    params![org, after, PAGE],
                )
                .await?;
            let Some(last) = rows.last() else { break };
            after = last.get("seq")?;
            for row in &rows {
                let act = Act {
                    seq: row.get("seq")?,
                    kind: row.get("kind")?,
                    actor: row.get("actor")?,
                    job: row.get("job")?,
                    printer: row.get("printer")?,
                    person: row.get("person")?,
                    data: serde_json::from_str(&row.get::<String>("data")?).unwrap_or(Value::Null),
                };
                world.happens(&act);
            }
        }
        compare_jobs(conn, org, &mut world).await?;
        compare_plates(conn, org, &mut world).await?;
        problems.append(&mut world.problems);
    }
    Ok(problems)
}

/// Who is in a team has no books here: what is there now counts for all times.
async fn teams(conn: &mut Conn, org: OrgId) -> Result<Vec<Team>, Error> {
    let rows = conn
        .all(
            "SELECT s.printer, m.account FROM printer_share s JOIN team t ON t.id = s.grantee JOIN team_member m ON m.team = t.id \
             WHERE t.org = $1",
            params![org],
        )
        .await?;
    Ok(rows.iter().map(|row| Ok((row.get("printer")?, row.get("account")?))).collect::<Result<_, sql::Error>>()?)
}

/// I10: the journal covers every transition, so it ends where the job is.
async fn compare_jobs(conn: &mut Conn, org: OrgId, world: &mut World) -> Result<(), Error> {
    let rows = conn
        .all(
            "SELECT id, state, version, attempt, printer, send_sha, authorization_id FROM print_job WHERE org = $1",
            params![org],
        )
        .await?;
    let mut told = std::mem::take(&mut world.jobs);
    for row in rows {
        let id: Uuid = row.get("id")?;
        let Some(job) = told.remove(&id) else {
            world.differs(world::UNKNOWN_JOB, id, "");
            continue;
        };
        let stored = (row.get::<String>("state")?, row.get::<i64>("version")?, row.get::<i64>("attempt")?);
        if (job.state.as_str(), job.version, job.attempt) != (stored.0.as_str(), stored.1, stored.2) {
            let ends = (&job.state, job.version, job.attempt);
            world.differs(world::TRANSITION_UNTOLD, id, &format!(": it is {stored:?}, the journal ends at {ends:?}"));
        }
        if job.printer != Some(row.get::<Uuid>("printer")?) {
            world.differs(world::MOVED_UNTOLD, id, "");
        }
        if job.sha != hex::encode(row.get::<Vec<u8>>("send_sha")?) {
            world.differs(world::BYTES_UNTOLD, id, "");
        }
        if job.authorized.is_none() && row.get::<Option<Uuid>>("authorization_id")?.is_some() {
            world.differs(world::AUTHORIZATION_UNTOLD, id, "");
        }
    }
    Ok(())
}

/// I5: a plate is clear because somebody said so, or because nothing was started.
async fn compare_plates(conn: &mut Conn, org: OrgId, world: &mut World) -> Result<(), Error> {
    let rows = conn.all("SELECT id, bed FROM printer WHERE org = $1", params![org]).await?;
    let plates: HashMap<Uuid, bool> = world.printers.iter().map(|(id, printer)| (*id, printer.clear)).collect();
    for row in rows {
        let id: Uuid = row.get("id")?;
        if row.get::<String>("bed")? == "clear" && !plates.get(&id).copied().unwrap_or(false) {
            world.differs(world::PLATE_UNTOLD, id, "");
        }
    }
    Ok(())
}
