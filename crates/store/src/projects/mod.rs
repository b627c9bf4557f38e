//! Library projects: the list, one project, its name and notes, the Trash. Files are in `files`, who sees it in
//! `viewers`, the report in `report`, the end of the Trash in `trash`. A project in the Trash keeps everything, its shares too: they go on deciding who may open the file of a
//! print job that came from it.

pub mod files;
pub mod report;
pub mod trash;
pub mod viewers;

use access::table::{CreateProject, DeleteProject, EditProject, SeeProject, SeeTeam};
use access::{
    Permit, ProjectRights, Visible, changeable_project_sql, printers_of_member_sql, project_rights_sql,
    visible_project_sql, visible_team_sql,
};
use domain::{AccountId, Micros, OrgId, ProjectFileId, ProjectId, TeamId};
use serde_json::json;
use sql::{Conn, Row, Tx, Val, params};

use crate::idempotency::Key;
use crate::journal::{self, Entry};
use crate::{Error, Projects, new_id};

/// What is in the Trash can be brought back for so long.
pub const TRASH_S: i64 = 30 * 24 * 3600;

/// A project as a page shows it.
#[derive(Debug)]
pub struct ProjectView {
    /// Id.
    pub id: ProjectId,
    /// Name.
    pub name: String,
    /// Notes.
    pub notes: String,
    /// Goes up with each change of name or notes.
    pub version: i64,
    /// Who created it.
    pub created_by: (AccountId, String),
    /// They are not in the organization any more.
    pub creator_left: bool,
    /// Whose it was before they claimed it, and when (AMB-41).
    pub claimed: Option<(AccountId, String, Micros)>,
    /// When.
    pub created_at: Micros,
    /// Name, notes or files changed last.
    pub changed_at: Micros,
    /// Shared with everybody.
    pub shared_with_all: bool,
    /// Teams it is shared with, as far as the person sees them.
    pub teams: Vec<(TeamId, String)>,
    /// How many more teams it is shared with.
    pub other_teams: i64,
    /// Files in it.
    pub files: i64,
    /// A file with a picture, if there is one.
    pub picture: Option<ProjectFileId>,
    /// What this person may do.
    pub rights: ProjectRights,
}

/// What to list.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Words in the name or its creator's.
    pub search: String,
    /// Only those that the person may put files into (AMB-45).
    pub changeable: bool,
    /// Only projects after this key.
    pub after: Option<(i64, ProjectId)>,
    /// At most so many.
    pub limit: i64,
}

macro_rules! columns {
    () => {
        concat!(
            "SELECT pr.id, pr.name, pr.notes, pr.version, pr.created_by, pr.created_at, pr.changed_at, \
             CASE WHEN EXISTS (SELECT 1 FROM membership cm WHERE cm.org = pr.org AND cm.account = pr.created_by \
               AND cm.removed_at IS NULL) THEN 0 ELSE 1 END AS creator_left, \
             CASE WHEN EXISTS (SELECT 1 FROM project_share ps WHERE ps.project = pr.id AND ps.grantee = pr.org) THEN 1 ELSE 0 END \
             AS shared_all, pr.claimed_from, pr.claimed_at, (SELECT ca.name FROM account ca WHERE ca.id = pr.claimed_from) AS claimed_name, \
             (SELECT COUNT(*) FROM project_file pf WHERE pf.project = pr.id AND pf.removed_at IS NULL) AS files, \
             (SELECT pf.id FROM project_file pf WHERE pf.project = pr.id AND pf.removed_at IS NULL AND pf.picture = 1 \
               ORDER BY pf.created_at DESC LIMIT 1) AS picture, ",
            project_rights_sql!()
        )
    };
}

/// One page: `$4` the pattern, `$5` only changeable, `$6` whether `$7`, `$8` is the key, `$9` the limit.
macro_rules! page {
    ($from:literal) => {
        concat!(
            "SELECT pr.id FROM ",
            $from,
            " pr.org = $1 AND pr.removed_at IS NULL AND ($6 = 0 OR (pr.created_at, pr.id) < ($7, $8)) \
             AND ($4 = '' OR pr.name_key LIKE $4 {escape} OR pr.creator_key LIKE $4 {escape}) AND ",
            visible_project_sql!(),
            " AND ($5 = 0 OR ",
            changeable_project_sql!(),
            ") ORDER BY pr.created_at DESC, pr.id DESC LIMIT $9"
        )
    };
}

/// Teams that projects are shared with; those that this person does not see have no name here.
macro_rules! shared_teams {
    ($which:expr) => {
        concat!(
            "SELECT ps.project, t.id, CASE WHEN ",
            visible_team_sql!(),
            " THEN t.name END AS team FROM project_share ps JOIN team t ON t.id = ps.grantee \
              WHERE t.removed_at IS NULL AND ps.project ",
            $which,
            " ORDER BY t.name_key, t.id"
        )
    };
}

fn read(row: &Row, who: access::Who) -> Result<ProjectView, sql::Error> {
    let claimed = match row.get::<Option<AccountId>>("claimed_from")? {
        Some(from) => Some((from, row.get("claimed_name")?, row.get("claimed_at")?)),
        None => None,
    };
    Ok(ProjectView {
        claimed,
        id: row.get("id")?,
        name: row.get("name")?,
        notes: row.get("notes")?,
        version: row.get("version")?,
        created_by: (row.get("created_by")?, row.get("r_owner")?),
        creator_left: row.get("creator_left")?,
        created_at: row.get("created_at")?,
        changed_at: row.get("changed_at")?,
        shared_with_all: row.get("shared_all")?,
        teams: Vec::new(),
        other_teams: 0,
        files: row.get("files")?,
        picture: row.get("picture")?,
        rights: ProjectRights::read(row, who)?,
    })
}

fn put_teams(views: &mut [ProjectView], rows: &[Row]) -> Result<(), sql::Error> {
    for row in rows {
        let project: ProjectId = row.get("project")?;
        let Some(view) = views.iter_mut().find(|view| view.id == project) else { continue };
        match row.get::<Option<String>>("team")? {
            Some(name) => view.teams.push((row.get("id")?, name)),
            None => view.other_teams += 1,
        }
    }
    Ok(())
}

/// One page of the projects that this person sees (LIB-01), newest first; and where the next page begins. With a team only those
/// that are shared with it.
///
/// # Errors
/// The database.
pub async fn list(
    conn: &mut Conn,
    eyes: &Visible<Projects>,
    filter: &Filter,
    team: Option<&Permit<SeeTeam>>,
) -> Result<(Vec<ProjectView>, Option<(i64, ProjectId)>), Error> {
    // First which they are, then what is shown of them: PostgreSQL expects far fewer of a page than there are, and would look
    // through whole tables for each.
    const Q: &str = concat!(
        columns!(),
        "FROM {ids:$4} found CROSS JOIN project pr JOIN account a ON a.id = pr.created_by WHERE pr.id = found.id \
          ORDER BY pr.created_at DESC, pr.id DESC"
    );
    const TEAMS: &str = shared_teams!("IN {ids:$4}");
    const ALL: &str = page!("project pr WHERE");
    const OF_TEAM: &str = page!("project_share ts JOIN project pr ON pr.id = ts.project WHERE ts.grantee = $10 AND");
    let who = eyes.who();
    let (at, id) = filter.after.unwrap_or((0, ProjectId(uuid::Uuid::nil())));
    let asked = params![
        who.org(),
        who.account(),
        who.role(),
        crate::containing(&filter.search),
        filter.changeable,
        filter.after.is_some(),
        at,
        id,
        filter.limit + 1
    ];
    let mut page = match team {
        None => conn.all(ALL, asked).await?,
        Some(team) => {
            let asked: Vec<Val> = asked.iter().cloned().chain([Val::from(team.target())]).collect();
            conn.all(OF_TEAM, &asked).await?
        }
    };
    let more = crate::cut(&mut page, filter.limit);
    let ids = crate::ids(&page)?;
    let asked = params![who.org(), who.account(), who.role(), Val::ids(&ids)];
    let rows = conn.all(Q, asked).await?;
    let mut views = rows.iter().map(|row| read(row, who)).collect::<Result<Vec<_>, _>>()?;
    put_teams(&mut views, &conn.all(TEAMS, asked).await?)?;
    let next = views.last().filter(|_| more).map(|view| (view.created_at.0, view.id));
    Ok((views, next))
}

/// One project, with the number of its print jobs that this person sees.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn detail(conn: &mut Conn, permit: &Permit<SeeProject>) -> Result<(ProjectView, i64), Error> {
    const Q: &str = concat!(
        columns!(),
        ", (SELECT COUNT(*) FROM print_job j WHERE j.project = pr.id AND (j.submitter = $2 OR $3 = 'admin' OR ($3 = 'member' \
          AND j.printer IN (",
        printers_of_member_sql!(),
        ")))) AS jobs FROM project pr JOIN account a ON a.id = pr.created_by WHERE pr.org = $1 AND pr.id = $4"
    );
    const TEAMS: &str = shared_teams!("= $4 AND $1 IS NOT NULL");
    let who = permit.who();
    let asked = params![who.org(), who.account(), who.role(), permit.target()];
    let row = conn.opt(Q, asked).await?.ok_or(Error::NotFound)?;
    let mut views = [read(&row, who)?];
    put_teams(&mut views, &conn.all(TEAMS, asked).await?)?;
    let [view] = views;
    Ok((view, row.get("jobs")?))
}

/// Locks a project before any permit: two who change it at the same time wait for one another, in one order.
///
/// # Errors
/// The database.
pub async fn hold(tx: &mut Tx, org: OrgId, project: ProjectId) -> Result<(), Error> {
    tx.opt("SELECT id FROM project WHERE org = $1 AND id = $2 {for_update}", params![org, project]).await?;
    Ok(())
}

/// Creates a project (LIB-03); shared with nobody. Its id: with a repeated key, the first one's.
///
/// # Errors
/// [`Error::KeyReused`].
pub async fn create(
    tx: &mut Tx,
    permit: &Permit<CreateProject>,
    name: &str,
    notes: &str,
    key: Option<&Key>,
) -> Result<ProjectId, Error> {
    let who = permit.who();
    if let Some(key) = key
        && let Some(first) = key.first(tx, who).await?
    {
        return Ok(ProjectId(first));
    }
    let now = tx.now().await?;
    let id = ProjectId(new_id());
    tx.exec(
        "INSERT INTO project (id, org, name, name_key, notes, created_by, created_at, changed_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7)",
        params![id, who.org(), name, name.to_lowercase(), notes, who.account(), now],
    )
    .await?;
    if let Some(key) = key {
        key.remember(tx, who, id.0).await?;
    }
    let entry = Entry::new("project.created", Some(who.account())).project(id).text(json!({ "name": name }));
    journal::append(tx, who.org(), entry).await?;
    Ok(id)
}

/// Changes name and notes (LIB-08); what is `None` stays. [`hold`] comes first.
///
/// # Errors
/// [`Error::Changed`] if it is not `version` any more.
pub async fn edit(
    tx: &mut Tx,
    permit: &Permit<EditProject>,
    version: i64,
    name: Option<&str>,
    notes: Option<&str>,
) -> Result<(), Error> {
    let who = permit.who();
    let now = tx.now().await?;
    let changed = tx
        .exec(
            "UPDATE project SET name = COALESCE($3, name), name_key = COALESCE($4, name_key), notes = COALESCE($5, notes), \
             version = version + 1, changed_at = $6 WHERE id = $1 AND version = $2",
            params![permit.target(), version, name, name.map(str::to_lowercase), notes, now],
        )
        .await?;
    if changed == 0 {
        return Err(Error::Changed);
    }
    let kind = if name.is_some() { "project.renamed" } else { "project.notes_changed" };
    let mut entry =
        Entry::new(kind, Some(who.account())).project(permit.target()).data(json!({ "version": version + 1 }));
    if let Some(name) = name {
        entry = entry.text(json!({ "name": name }));
    }
    journal::append(tx, who.org(), entry).await.map(drop)
}

/// Removes to the Trash (LIB-04, AMB-43). Print jobs stay as they are, and so does their lock. [`hold`] comes first.
///
/// # Errors
/// [`Error::NotFound`] if it is there already.
pub async fn remove(tx: &mut Tx, permit: &Permit<DeleteProject>) -> Result<(), Error> {
    let who = permit.who();
    let now = tx.now().await?;
    let changed = tx
        .exec(
            "UPDATE project SET removed_at = $2, removed_by = $3 WHERE id = $1 AND removed_at IS NULL",
            params![permit.target(), now, who.account()],
        )
        .await?;
    if changed == 0 {
        return Err(Error::NotFound);
    }
    let entry = Entry::new("project.removed", Some(who.account())).project(permit.target());
    journal::append(tx, who.org(), entry).await.map(drop)
}

/// Brings a project back out of the Trash, with its files and shares. Twice changes nothing. [`hold`] comes first.
///
/// # Errors
/// A rule `trash_over` after [`TRASH_S`].
pub async fn restore(tx: &mut Tx, permit: &Permit<DeleteProject>) -> Result<(), Error> {
    let who = permit.who();
    let now = tx.now().await?;
    let row = tx.one("SELECT removed_at, purged_at FROM project WHERE id = $1", params![permit.target()]).await?;
    let Some(removed_at) = row.get::<Option<Micros>>("removed_at")? else { return Ok(()) };
    if removed_at.plus_secs(TRASH_S) <= now || row.get::<Option<Micros>>("purged_at")?.is_some() {
        return Err(trash_over());
    }
    tx.exec("UPDATE project SET removed_at = NULL, removed_by = NULL WHERE id = $1", params![permit.target()]).await?;
    let entry = Entry::new("project.restored", Some(who.account())).project(permit.target());
    journal::append(tx, who.org(), entry).await.map(drop)
}

pub(crate) fn trash_over() -> Error {
    Error::rule("trash_over", "It was removed more than 30 days ago and cannot be brought back any more.")
}
