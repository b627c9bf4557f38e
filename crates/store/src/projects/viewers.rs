//! The people who see a project, and who would gain by a copy into it, stated before it is done. What a change of its shares would
//! do is in `consequence`.

use std::collections::{HashMap, HashSet};

use access::Permit;
use access::table::{CopyJobToProject, SeeProject, UploadToProject};
use domain::{AccountId, OrgId, PrinterId, ProjectId, Role, TeamId};
use sql::{Conn, params};
use uuid::Uuid;

use crate::Error;
use crate::shares::grantees;

/// Who sees a project, and why.
#[derive(Debug, Clone)]
pub struct Viewer {
    /// Person.
    pub id: AccountId,
    /// Name.
    pub name: String,
    /// Role.
    pub role: Role,
    /// They created it.
    pub creator: bool,
    /// An Admin sees what is shared with anybody (LIB-01).
    pub admin: bool,
    /// Everybody sees it.
    pub organization: bool,
    /// By these teams.
    pub teams: Vec<TeamId>,
}

/// Everybody in the organization who would see a project that is shared with these, by name.
async fn viewers(
    conn: &mut Conn,
    org: OrgId,
    project: ProjectId,
    grantees: &HashSet<Uuid>,
) -> Result<Vec<Viewer>, Error> {
    let creator: AccountId =
        conn.one("SELECT created_by FROM project WHERE id = $1", params![project]).await?.get("created_by")?;
    let everybody = grantees.contains(&org.0);
    let mut by_team: HashMap<AccountId, Vec<TeamId>> = HashMap::new();
    for team in grantees.iter().filter(|id| **id != org.0) {
        for row in conn.all("SELECT account FROM team_member WHERE team = $1", params![*team]).await? {
            by_team.entry(row.get("account")?).or_default().push(TeamId(*team));
        }
    }
    let rows = conn
        .all(
            "SELECT m.account, a.name, m.role FROM membership m JOIN account a ON a.id = m.account \
             WHERE m.org = $1 AND m.removed_at IS NULL ORDER BY a.name_key",
            params![org],
        )
        .await?;
    let mut viewers = Vec::new();
    for row in rows {
        let (id, role): (AccountId, Role) = (row.get("account")?, row.get("role")?);
        let viewer = Viewer {
            id,
            name: row.get("name")?,
            role,
            creator: id == creator,
            admin: role == Role::Admin && !grantees.is_empty(),
            organization: everybody,
            teams: by_team.remove(&id).unwrap_or_default(),
        };
        if viewer.creator || viewer.admin || viewer.organization || !viewer.teams.is_empty() {
            viewers.push(viewer);
        }
    }
    Ok(viewers)
}

async fn viewers_now(conn: &mut Conn, org: OrgId, project: ProjectId) -> Result<Vec<Viewer>, Error> {
    let grantees = grantees(conn, project.into()).await?.into_iter().collect();
    viewers(conn, org, project, &grantees).await
}

/// The people who see a project.
///
/// # Errors
/// The database.
pub async fn people(conn: &mut Conn, permit: &Permit<SeeProject>) -> Result<Vec<Viewer>, Error> {
    viewers_now(conn, permit.who().org(), permit.target()).await
}

/// Members and Admins who may use a printer.
async fn deciders(conn: &mut Conn, org: OrgId, printer: PrinterId) -> Result<HashSet<AccountId>, Error> {
    let rows = conn
        .all(
            "SELECT m.account FROM membership m JOIN printer p ON p.id = $2 WHERE m.org = $1 AND m.removed_at IS NULL \
             AND (m.role = 'admin' OR (m.role = 'member' AND (p.added_by = m.account OR EXISTS (SELECT 1 FROM printer_share s \
               WHERE s.printer = p.id AND (s.grantee = $1 OR s.grantee IN (SELECT tm.team FROM team_member tm \
               JOIN team t ON t.id = tm.team WHERE tm.account = m.account AND t.removed_at IS NULL))))))",
            params![org, printer],
        )
        .await?;
    Ok(rows.iter().map(|row| row.get("account")).collect::<Result<_, sql::Error>>()?)
}

/// Who would be able to open the file of a print job, and is not yet, if it were copied into a project (AMB-46).
///
/// # Errors
/// The database.
pub async fn gains_by_copy(
    conn: &mut Conn,
    job: &Permit<CopyJobToProject>,
    project: &Permit<UploadToProject>,
) -> Result<Vec<String>, Error> {
    let org = job.who().org();
    let row =
        conn.one("SELECT submitter, printer, project FROM print_job WHERE id = $1", params![job.target()]).await?;
    let mut open = deciders(conn, org, row.get("printer")?).await?;
    open.insert(row.get("submitter")?);
    if let Some(from) = row.get::<Option<ProjectId>>("project")? {
        let seen: HashSet<AccountId> = viewers_now(conn, org, from).await?.iter().map(|viewer| viewer.id).collect();
        open.retain(|person| seen.contains(person));
    }
    let viewers = viewers_now(conn, org, project.target()).await?;
    Ok(viewers.into_iter().filter(|viewer| !open.contains(&viewer.id)).map(|viewer| viewer.name).collect())
}
