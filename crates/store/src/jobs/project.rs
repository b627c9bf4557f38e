//! Print jobs and the library projects they came from: who can approve one (APR-21), and the list of a project (LIB-10). Whether a job is locked is decided by `access` alone.

use access::table::{SeeJob, SeeProject};
use access::{Permit, groups_of_printers_sql, may_use_printer_sql, printers_of_member_sql};
use domain::{AccountId, JobId, Role};
use sql::{Conn, params};

use super::view::{JobView, mine, seen, shown};
use crate::Error;

/// Who can approve a print job, and what keeps everybody else from it.
#[derive(Debug, Default)]
pub struct Approvers {
    /// They can, now.
    pub people: Vec<(AccountId, String, Role)>,
    /// Somebody who could use the printer is kept from it by the project.
    pub project: bool,
    /// These wait for an answer: they asked the submitter to share.
    pub asked_by: Vec<(AccountId, String)>,
    /// Who created the project, if there is one and they are there.
    pub creator: Option<(AccountId, String)>,
    /// The project is in the Trash.
    pub project_removed: bool,
}

/// Who can approve this job now (APR-21); nobody is an answer, too.
///
/// # Errors
/// The database.
pub async fn approvers(conn: &mut Conn, permit: &Permit<SeeJob>) -> Result<Approvers, Error> {
    // Of a job that was sent to a group: a printer that the submitter may use as well, unless they left.
    const Q: &str = concat!(
        "SELECT x.account, x.name, x.role, x.has_project FROM (SELECT m.account, c.name, m.role, CASE WHEN (jg.id IS NULL AND ",
        may_use_printer_sql!("p", "m.account", "$1"),
        ") OR (jg.id IS NOT NULL AND EXISTS (SELECT 1 FROM printer n WHERE (n.id = j.printer OR n.id IN (SELECT gm.printer \
          FROM printer_group_member gm WHERE gm.printer_group = jg.id)) AND n.removed_at IS NULL AND ",
        may_use_printer_sql!("n", "m.account", "$1"),
        " AND (sm.account IS NULL OR ",
        may_use_printer_sql!("n", "j.submitter", "$1"),
        "))) THEN 1 ELSE 0 END AS has_printer, \
        CASE WHEN j.project IS NULL OR pr.created_by = m.account OR EXISTS (SELECT 1 FROM project_share s WHERE s.project = j.project AND \
          (s.grantee = j.org OR EXISTS (SELECT 1 FROM team t WHERE t.id = s.grantee AND t.removed_at IS NULL AND (m.role = 'admin' \
          OR EXISTS (SELECT 1 FROM team_member tm WHERE tm.team = t.id AND tm.account = m.account))))) THEN 1 ELSE 0 END AS has_project \
        FROM print_job j JOIN printer p ON p.id = j.printer JOIN organization o ON o.id = j.org LEFT JOIN project pr ON pr.id = j.project \
        LEFT JOIN printer_group jg ON jg.id = j.printer_group AND jg.removed_at IS NULL \
        LEFT JOIN membership sm ON sm.org = j.org AND sm.account = j.submitter AND sm.removed_at IS NULL \
        JOIN membership m ON m.org = j.org AND m.removed_at IS NULL AND m.role IN ('member', 'admin') JOIN account c ON c.id = m.account \
        WHERE j.org = $1 AND j.id = $2 AND NOT (o.forbid_self_approval = 1 AND m.account = j.submitter)) x \
        WHERE x.has_printer = 1 ORDER BY x.has_project DESC, x.role DESC, x.name LIMIT 200"
    );
    let asked = params![permit.who().org(), permit.target()];
    let mut found = Approvers::default();
    for row in conn.all(Q, asked).await? {
        if row.get::<bool>("has_project")? {
            found.people.push((row.get("account")?, row.get("name")?, row.get("role")?));
        } else {
            found.project = true;
        }
    }
    let row = conn
        .opt(
            "SELECT m.account, a.name, pr.removed_at FROM print_job j JOIN project pr ON pr.id = j.project \
             LEFT JOIN membership m ON m.org = $1 AND m.account = pr.created_by AND m.removed_at IS NULL \
             LEFT JOIN account a ON a.id = m.account WHERE j.org = $1 AND j.id = $2",
            asked,
        )
        .await?;
    if let Some(row) = row {
        found.creator = row.get::<Option<AccountId>>("account")?.zip(row.get("name")?);
        found.project_removed = row.get::<Option<i64>>("removed_at")?.is_some();
        let rows = conn
            .all(
                "SELECT r.account, a.name FROM help_request r JOIN account a ON a.id = r.account \
                 JOIN membership m ON m.org = $1 AND m.account = r.account AND m.removed_at IS NULL \
                 WHERE r.thing = $2 AND r.wish = 'share_project' ORDER BY r.asked_at LIMIT 50",
                asked,
            )
            .await?;
        found.asked_by =
            rows.iter().map(|row| Ok((row.get("account")?, row.get("name")?))).collect::<Result<_, sql::Error>>()?;
    }
    Ok(found)
}

/// The print jobs that were made from a project, newest first, as far as this person sees them.
///
/// # Errors
/// The database.
pub async fn of_project(
    conn: &mut Conn,
    permit: &Permit<SeeProject>,
    after: Option<(i64, JobId)>,
    limit: i64,
) -> Result<(Vec<JobView>, Option<(i64, JobId)>), Error> {
    const Q: &str = concat!(
        mine!(),
        "SELECT j.id FROM print_job j WHERE j.project = $4 AND j.org = $1 AND ",
        seen!(),
        " AND (j.created_at, j.id) < ($5, $6) ORDER BY j.created_at DESC, j.id DESC LIMIT $7"
    );
    let who = permit.who();
    let (at, id) = after.unwrap_or((i64::MAX, JobId(uuid::Uuid::max())));
    let mut found =
        conn.all(Q, params![who.org(), who.account(), who.role(), permit.target(), at, id, limit + 1]).await?;
    let more = crate::cut(&mut found, limit);
    let jobs = shown(conn, who, &crate::ids(&found)?).await?;
    let next = jobs.last().filter(|_| more).map(|view| (view.created_at.0, view.id));
    Ok((jobs, next))
}
