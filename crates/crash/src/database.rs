//! Looks into the database from outside: what is stored, and whether every invariant holds. Of SQLite it reads a copy of what
//! a killed server left (database and write-ahead log), so that the next server has to recover it by itself.

use std::collections::BTreeMap;
use std::path::Path;

use sql::{Clock, Db};
use uuid::Uuid;

use crate::judge::Row;

/// What was found.
pub(crate) struct Found {
    pub(crate) rows: BTreeMap<Uuid, Row>,
    /// Invariants and the journal's chain.
    pub(crate) broken: Vec<String>,
    /// A server ended while it was working on a job.
    pub(crate) orphans: bool,
}

pub(crate) async fn look(address: &str, folder: &Path) -> Result<Found, String> {
    if address.starts_with("postgres") {
        return read(address).await;
    }
    let copy = folder.join("copy");
    drop(std::fs::remove_dir_all(&copy));
    std::fs::create_dir_all(&copy).map_err(|e| e.to_string())?;
    for end in ["", "-wal"] {
        let from = format!("{address}{end}");
        if Path::new(&from).exists() {
            std::fs::copy(&from, copy.join(format!("copy.db{end}"))).map_err(|e| format!("{from}: {e}"))?;
        }
    }
    read(&copy.join("copy.db").display().to_string()).await
}

async fn read(address: &str) -> Result<Found, String> {
    let words = |e: sql::Error| format!("the database that a killed server left: {e}");
    let db = Db::open(address, Clock::default()).await.map_err(words)?;
    let found = async {
        let mut conn = db.snapshot().await.map_err(words)?;
        let mut broken = store::invariants::broken(&mut conn).await.map_err(|e| e.to_string())?;
        for _ in conn.all("SELECT id FROM organization WHERE held_back IS NOT NULL", &[]).await.map_err(words)? {
            broken.push("held back as after a restore, and nobody restored a backup".to_owned());
        }
        let all = conn
            .all(
                "SELECT j.id, j.state, j.send_sha, j.printer, j.printer_group, (SELECT COUNT(*) FROM job_authorization z WHERE z.job = j.id \
                 AND z.kind = 'approval') AS approvals FROM print_job j",
                &[],
            )
            .await
            .map_err(words)?;
        let mut journals: BTreeMap<Uuid, BTreeMap<String, usize>> = BTreeMap::new();
        let count = "SELECT job, kind, COUNT(*) AS n FROM journal WHERE job IS NOT NULL GROUP BY job, kind";
        for row in conn.all(count, &[]).await.map_err(words)? {
            let n = usize::try_from(row.get::<i64>("n").map_err(words)?).unwrap_or(0);
            let kinds = journals.entry(row.get("job").map_err(words)?).or_default();
            kinds.insert(row.get("kind").map_err(words)?, n);
        }
        let mut rows = BTreeMap::new();
        let mut orphans = false;
        for row in all {
            let state: String = row.get("state").map_err(words)?;
            orphans |= ["claimed", "intent", "printing"].contains(&state.as_str());
            let sha: Vec<u8> = row.get("send_sha").map_err(words)?;
            let approvals = usize::try_from(row.get::<i64>("approvals").map_err(words)?).unwrap_or(0);
            let id = row.get("id").map_err(words)?;
            let job = Row {
                state,
                sha: hex::encode(sha),
                approvals,
                printer: row.get("printer").map_err(words)?,
                grouped: row.get::<Option<Uuid>>("printer_group").map_err(words)?.is_some(),
                journal: journals.remove(&id).unwrap_or_default(),
            };
            rows.insert(id, job);
        }
        Ok(Found { rows, broken, orphans })
    };
    let found = found.await;
    db.close().await;
    found
}
