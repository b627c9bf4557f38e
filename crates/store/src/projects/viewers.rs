//! The people who see a project, and what a change of its shares or a copy into it would do for them, stated before it is done.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};

use access::Permit;
use access::table::{CopyJobToProject, SeeProject, ShareProjectWithTeam, UploadToProject};
use domain::{AccountId, OrgId, PrinterId, ProjectId, Role, TeamId};
use sql::{Conn, params};
use uuid::Uuid;

use super::shares::{Wanted, difference, grantees, read};
use crate::Error;

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
    let grantees = grantees(conn, project).await?.into_iter().collect();
    viewers(conn, org, project, &grantees).await
}

/// The people who see a project.
///
/// # Errors
/// The database.
pub async fn people(conn: &mut Conn, permit: &Permit<SeeProject>) -> Result<Vec<Viewer>, Error> {
    viewers_now(conn, permit.who().org(), permit.target()).await
}

/// What a change of shares would do.
#[derive(Debug, Clone, Default)]
pub struct Effect {
    /// Who would see it, and does not yet.
    pub gain: Vec<String>,
    /// Who sees it, and would not any more.
    pub lose: Vec<String>,
    /// Print jobs that wait, which nobody could decide and somebody could then.
    pub decidable: i64,
    /// Print jobs that wait, which somebody could decide and nobody could then.
    pub undecidable: i64,
    /// Print jobs that wait, which a Member could decide and only an Admin could then. Of a printer only.
    pub admins_only: i64,
    /// Print jobs in the queue whose submitters would not see the printer any more; they stay there. Of a printer only.
    pub queued: i64,
    /// The person who asks is among those who lose. Of a printer only.
    pub oneself: bool,
}

/// What `shares::change` would do.
///
/// # Errors
/// As `shares::change`.
pub async fn effect(
    conn: &mut Conn,
    permit: &Permit<ShareProjectWithTeam>,
    wanted: &Wanted<'_>,
) -> Result<Effect, Error> {
    let (org, project) = (permit.who().org(), permit.target());
    let now = read(conn, permit).await?;
    let change = difference(&now, wanted, org)?;
    let before: HashSet<Uuid> = grantees(conn, project).await?.into_iter().collect();
    let after = before.iter().copied().filter(|id| !change.removed.contains(id)).chain(change.added).collect();
    let before = viewers(conn, org, project, &before).await?;
    let after = viewers(conn, org, project, &after).await?;
    let (gain, lose) = (only(&after, &before), only(&before, &after));
    let mut effect = Effect { gain, lose, ..Effect::default() };
    for deciders in waiting(conn, permit).await? {
        let somebody = |viewers: &[Viewer]| viewers.iter().any(|viewer| deciders.contains(&viewer.id));
        match (somebody(&before), somebody(&after)) {
            (false, true) => effect.decidable += 1,
            (true, false) => effect.undecidable += 1,
            _ => {}
        }
    }
    Ok(effect)
}

/// The names of these people who are not among those.
fn only(these: &[Viewer], those: &[Viewer]) -> Vec<String> {
    let known: HashSet<AccountId> = those.iter().map(|viewer| viewer.id).collect();
    these.iter().filter(|viewer| !known.contains(&viewer.id)).map(|viewer| viewer.name.clone()).collect()
}

/// For each waiting print job of a project: everybody who could decide it, if they saw the project.
async fn waiting(conn: &mut Conn, permit: &Permit<ShareProjectWithTeam>) -> Result<Vec<HashSet<AccountId>>, Error> {
    let rows = conn
        .all(
            "SELECT j.printer, j.submitter, o.forbid_self_approval AS forbid FROM print_job j JOIN organization o ON o.id = j.org \
             WHERE j.project = $1 AND j.state IN ('held', 'sent_back') LIMIT 500",
            params![permit.target()],
        )
        .await?;
    let mut known: BTreeMap<Uuid, HashSet<AccountId>> = BTreeMap::new();
    let mut waiting = Vec::new();
    for row in rows {
        let printer: PrinterId = row.get("printer")?;
        let mut people = match known.entry(printer.0) {
            Entry::Occupied(found) => found.get().clone(),
            Entry::Vacant(place) => place.insert(deciders(conn, permit.who().org(), printer).await?).clone(),
        };
        if row.get::<bool>("forbid")? {
            people.remove(&row.get("submitter")?);
        }
        waiting.push(people);
    }
    Ok(waiting)
}

/// Members and Admins who may use a printer.
pub(crate) async fn deciders(conn: &mut Conn, org: OrgId, printer: PrinterId) -> Result<HashSet<AccountId>, Error> {
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
