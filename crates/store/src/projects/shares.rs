//! With whom a project is shared (LIB-05, LIB-06): teams and the whole organization, never a person. A person sees and changes
//! shares with teams that they see; others are counted, and stay. What a change would do to people is in `viewers`.

use access::table::{SeeTeam, ShareProjectWithOrganization, ShareProjectWithTeam};
use access::{Action, Permit, visible_team_sql};
use domain::{OrgId, ProjectId};
use serde_json::json;
use sql::{Conn, Tx, params};
use uuid::Uuid;

use crate::Error;
use crate::journal::{self, Entry};
use crate::shares::Change;
pub use crate::shares::{SharedTeam, Shares};

/// The shares of a project.
///
/// # Errors
/// The database.
pub async fn read<A: Action<Target = ProjectId>>(conn: &mut Conn, permit: &Permit<A>) -> Result<Shares, Error> {
    const TEAMS: &str = concat!(
        "SELECT t.id, t.name, (SELECT COUNT(*) FROM team_member x JOIN membership m ON m.org = t.org AND m.account = x.account \
           AND m.removed_at IS NULL WHERE x.team = t.id) AS people, \
         CASE WHEN EXISTS (SELECT 1 FROM project_share ps WHERE ps.project = $4 AND ps.grantee = t.id) THEN 1 ELSE 0 END AS shared \
         FROM team t WHERE t.org = $1 AND t.removed_at IS NULL AND ",
        visible_team_sql!(),
        " ORDER BY LOWER(t.name), t.id LIMIT 1000"
    );
    let who = permit.who();
    let grantees = grantees(conn, permit.target()).await?;
    let rows = conn.all(TEAMS, params![who.org(), who.account(), who.role(), permit.target()]).await?;
    Ok(Shares::read(who.org(), &rows, &grantees)?)
}

/// The grantees that count, in one order: a removed team is none.
pub(super) async fn grantees(conn: &mut Conn, project: ProjectId) -> Result<Vec<Uuid>, Error> {
    let rows = conn
        .all(
            "SELECT ps.grantee FROM project_share ps LEFT JOIN team t ON t.id = ps.grantee WHERE ps.project = $1 \
             AND (t.id IS NULL OR t.removed_at IS NULL) ORDER BY ps.grantee",
            params![project],
        )
        .await?;
    let mut grantees = rows.iter().map(|row| row.get::<Uuid>("grantee")).collect::<Result<Vec<_>, sql::Error>>()?;
    grantees.sort_unstable();
    Ok(grantees)
}

/// What is wanted: the whole set, as far as the person sees it.
#[derive(Debug)]
pub struct Wanted<'a> {
    /// Sharing with everybody, on or off, with the right to it; `None` leaves it.
    pub organization: Option<(&'a Permit<ShareProjectWithOrganization>, bool)>,
    /// Each team that is in the set: only teams that the person sees can be named (AMB-12, AMB-13).
    pub teams: &'a [Permit<SeeTeam>],
    /// What the person was shown.
    pub shown: &'a str,
}

pub(super) fn difference(now: &Shares, wanted: &Wanted<'_>, org: OrgId) -> Result<Change, Error> {
    let named = wanted.teams.iter().map(Permit::target).collect();
    Change::of(now, wanted.organization.map(|(_, on)| on), &named, wanted.shown, org)
}

/// Makes the shares what is wanted (LIB-05, LIB-06, AMB-44). Open questions of approvers are answered by a new share.
/// [`super::hold`] comes first.
///
/// # Errors
/// [`Error::Changed`] if somebody else changed them since they were shown; [`Error::NotFound`] for a team that is gone.
pub async fn change(tx: &mut Tx, permit: &Permit<ShareProjectWithTeam>, wanted: &Wanted<'_>) -> Result<(), Error> {
    let (who, project) = (permit.who(), permit.target());
    let now = read(tx, permit).await?;
    let Change { added, removed } = difference(&now, wanted, who.org())?;
    let at = tx.now().await?;
    for grantee in &removed {
        tx.exec("DELETE FROM project_share WHERE project = $1 AND grantee = $2", params![project, *grantee]).await?;
    }
    for grantee in &added {
        tx.exec(
            "INSERT INTO project_share (project, grantee, granted_by, granted_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            params![project, *grantee, who.account(), at],
        )
        .await?;
    }
    if !added.is_empty() {
        crate::requests::project_shared(tx, project).await?;
    }
    for (kind, grantees) in [("project.unshared", removed), ("project.shared", added)] {
        if grantees.is_empty() {
            continue;
        }
        let data = json!({ "organization": grantees.contains(&who.org().0),
            "teams": grantees.iter().filter(|id| **id != who.org().0).collect::<Vec<_>>() });
        journal::append(tx, who.org(), Entry::new(kind, Some(who.account())).project(project).data(data)).await?;
    }
    Ok(())
}
