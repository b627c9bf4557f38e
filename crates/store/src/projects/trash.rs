//! What happens to projects and files whose time in the Trash is over, and to uploads that nobody used. The server does it by itself,
//! so there is no permit; it touches nothing that was not removed [`TRASH_S`] ago, and no file that something names.

use domain::{OrgId, ProjectId, Sha256};
use serde_json::json;
use sql::{Conn, Tx, params};

use super::TRASH_S;
use crate::Error;
use crate::files::{self, USABLE_S, unnamed_sql};
use crate::journal::{self, Entry};

/// Organizations with something in the Trash whose time is over, or with uploads that nobody will use any more.
///
/// # Errors
/// The database.
pub async fn due(conn: &mut Conn) -> Result<Vec<OrgId>, Error> {
    let now = conn.now().await?;
    let rows = conn
        .all(
            "SELECT org FROM project WHERE removed_at <= $1 AND purged_at IS NULL \
             UNION SELECT org FROM project_file WHERE removed_at <= $1 AND purged_at IS NULL \
             UNION SELECT org FROM membership WHERE removed_at <= $1 AND purged_at IS NULL \
             UNION SELECT org FROM upload WHERE file IS NOT NULL AND discarded_at IS NULL AND expires_at <= $2",
            params![now.plus_secs(-TRASH_S), now.plus_secs(-USABLE_S)],
        )
        .await?;
    Ok(rows.iter().map(|row| row.get("org")).collect::<Result<_, sql::Error>>()?)
}

/// Ends an organization's old Trash and its old uploads. A print job from such a project counts as having none from now on (REQUIREMENTS,
/// decisions). Files that no print job and no other project needs give their room back: the hashes of bytes that nothing names any more, for the
/// caller to remove before it commits; it has locked the organization.
///
/// # Errors
/// The database.
pub async fn purge(tx: &mut Tx, org: OrgId) -> Result<Vec<Sha256>, Error> {
    let now = tx.now().await?;
    let over = now.plus_secs(-TRASH_S);
    let projects = tx
        .all(
            "SELECT id FROM project WHERE org = $1 AND removed_at <= $2 AND purged_at IS NULL ORDER BY id LIMIT 100 {for_update}",
            params![org, over],
        )
        .await?;
    let mut ids = Vec::new();
    for row in projects {
        let id: ProjectId = row.get("id")?;
        tx.exec("UPDATE print_job SET project = NULL, project_file = NULL WHERE project = $1", params![id]).await?;
        tx.exec("DELETE FROM project_share WHERE project = $1", params![id]).await?;
        tx.exec("UPDATE project SET purged_at = $2 WHERE id = $1", params![id, now]).await?;
        tx.exec(
            "UPDATE project_file SET removed_at = COALESCE(removed_at, $2), purged_at = $2 WHERE project = $1 AND purged_at IS NULL",
            params![id, now],
        )
        .await?;
        ids.push(id);
    }
    tx.exec(
        "UPDATE project_file SET purged_at = $3 WHERE org = $1 AND removed_at <= $2 AND purged_at IS NULL",
        params![org, over, now],
    )
    .await?;
    let mut free = free(tx, org).await?;
    free.extend(files::close_old(tx, org).await?);
    for id in ids {
        journal::append(tx, org, Entry::new("project.purged", None).project(id).data(json!({}))).await?;
    }
    Ok(free)
}

/// Files of this organization that were in projects only, and are in none any more.
async fn free(tx: &mut Tx, org: OrgId) -> Result<Vec<Sha256>, Error> {
    const Q: &str = concat!(
        "SELECT DISTINCT f.id, f.upload_sha FROM project_file pf JOIN project_file_version v ON v.project_file = pf.id \
         JOIN file f ON f.id = v.file WHERE pf.org = $1 AND pf.purged_at IS NOT NULL AND f.removed_at IS NULL AND ",
        unnamed_sql!()
    );
    let mut free = Vec::new();
    for row in tx.all(Q, params![org]).await? {
        free.extend(files::forget(tx, org, row.get("id")?, row.get("upload_sha")?).await?);
    }
    Ok(free)
}
