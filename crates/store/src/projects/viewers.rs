//! The people who see a project, and who would gain by a copy into it, stated before it is done. What a change of its shares would
//! do is in `consequence`.

use std::collections::{BTreeMap, HashSet};

use access::Permit;
use access::table::{CopyJobToProject, SeeProject, UploadToProject};
use domain::{AccountId, OrgId, PrinterId, ProjectId, Role, TeamId};
use sql::{Conn, Row, params};
use uuid::Uuid;

use crate::Error;
use crate::shares::grantees;
use crate::teams::Filter;

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

macro_rules! by_name {
    ($from:expr, $key:literal, $and:expr) => {
        concat!(
            "SELECT a.id, a.name, m.role, ",
            $key,
            " AS name_key FROM ",
            $from,
            " CROSS JOIN account a WHERE a.id = m.account AND m.org = $1 AND m.removed_at IS NULL AND ",
            $key,
            " > $2 AND ($3 = '' OR ",
            $key,
            " LIKE $3 {escape})",
            $and,
            " ORDER BY ",
            $key,
            " LIMIT $4"
        )
    };
}
const EVERYBODY: &str = by_name!("membership m", "m.name_key", "");
const ADMINS: &str = by_name!("membership m", "m.name_key", " AND m.role = 'admin'");
const OF_TEAM: &str =
    by_name!("team_member x CROSS JOIN membership m", "x.name_key", " AND x.team = $5 AND m.account = x.account");
const CREATOR: &str =
    by_name!("project pr CROSS JOIN membership m", "m.name_key", " AND pr.id = $5 AND m.account = pr.created_by");

/// A page of those who see a project, by name, and whether more follow. There is a reason for each (creator, Admin, the whole
/// organization, a team): the first of each reason are enough for the first of all, and say all of their reasons.
async fn viewers(
    conn: &mut Conn,
    org: OrgId,
    project: ProjectId,
    filter: &Filter,
) -> Result<(Vec<Viewer>, bool), Error> {
    let grantees = grantees(conn, project.into()).await?;
    let after = crate::people::name_key(conn, org, filter.after.map(AccountId)).await?;
    let (search, limit) = (crate::containing(&filter.search), filter.limit.saturating_add(1));
    let mut found: BTreeMap<String, Viewer> = BTreeMap::new();
    let mut put = |rows: Vec<Row>, reason: &dyn Fn(&mut Viewer)| {
        for row in &rows {
            let viewer = Viewer {
                id: row.get("id")?,
                name: row.get("name")?,
                role: row.get("role")?,
                creator: false,
                admin: false,
                organization: false,
                teams: Vec::new(),
            };
            reason(found.entry(row.get("name_key")?).or_insert(viewer));
        }
        Ok::<_, sql::Error>(())
    };
    let rows = conn.all(CREATOR, params![org, after.as_str(), search.as_str(), limit, project]).await?;
    put(rows, &|viewer| viewer.creator = true)?;
    if !grantees.is_empty() {
        put(conn.all(ADMINS, params![org, after.as_str(), search.as_str(), limit]).await?, &|viewer| {
            viewer.admin = true
        })?;
    }
    for grantee in grantees {
        if grantee == org.0 {
            let rows = conn.all(EVERYBODY, params![org, after.as_str(), search.as_str(), limit]).await?;
            put(rows, &|viewer| viewer.organization = true)?;
        } else {
            let rows = conn.all(OF_TEAM, params![org, after.as_str(), search.as_str(), limit, grantee]).await?;
            put(rows, &|viewer| viewer.teams.push(TeamId(grantee)))?;
        }
    }
    let mut viewers: Vec<Viewer> = found.into_values().collect();
    let page = usize::try_from(filter.limit).unwrap_or(usize::MAX);
    let more = viewers.len() > page;
    viewers.truncate(page);
    Ok((viewers, more))
}

/// All of them, where only their number is bounded by the organization.
async fn all_viewers(conn: &mut Conn, org: OrgId, project: ProjectId) -> Result<Vec<Viewer>, Error> {
    let everybody = Filter { search: String::new(), after: None, limit: i64::MAX };
    Ok(viewers(conn, org, project, &everybody).await?.0)
}

/// A page of the people who see a project, by name; and where the next one begins.
///
/// # Errors
/// [`Error::NotFound`] for a cursor that nobody in the organization is.
pub async fn people(
    conn: &mut Conn,
    permit: &Permit<SeeProject>,
    filter: &Filter,
) -> Result<(Vec<Viewer>, Option<Uuid>), Error> {
    let (viewers, more) = viewers(conn, permit.who().org(), permit.target(), filter).await?;
    let next = viewers.last().filter(|_| more).map(|viewer| viewer.id.0);
    Ok((viewers, next))
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
        let seen: HashSet<AccountId> = all_viewers(conn, org, from).await?.iter().map(|viewer| viewer.id).collect();
        open.retain(|person| seen.contains(person));
    }
    let viewers = all_viewers(conn, org, project.target()).await?;
    Ok(viewers.into_iter().filter(|viewer| !open.contains(&viewer.id)).map(|viewer| viewer.name).collect())
}
