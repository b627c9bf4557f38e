//! Teams: their rows and who is in them (ORG-04, ORG-05, AMB-14, AMB-15). What a change would do to people is in `effect`.
//!
//! A removed team stays with its people and shares for 30 days; it gives access to nothing meanwhile (the queries of `access`
//! leave it out), so bringing it back brings back everything.

pub mod effect;

use access::table::{ChangeTeam, CreateTeam, SeeTeam};
use access::{
    Permit, TeamRights, Visible, people_in_team_sql, shared_printer_sql, team_rights_sql, visible_project_sql,
    visible_team_sql,
};
use domain::{AccountId, Micros, OrgId, PrinterId, Role, TeamId};
use serde_json::json;
use sql::{Conn, Row, Tx, Val, params};

pub use crate::by_name::Filter;
use crate::idempotency::Key;
use crate::journal::{self, Entry};
use crate::projects::{TRASH_S, trash_over};
use crate::{Error, Teams, new_id};

/// A team as a list shows it.
#[derive(Debug)]
pub struct TeamView {
    /// Id.
    pub id: TeamId,
    /// Name.
    pub name: String,
    /// Who created it.
    pub created_by: (AccountId, String),
    /// When.
    pub created_at: Micros,
    /// People in it.
    pub people: i64,
    /// Printers that are shared with it.
    pub printers: i64,
    /// Library projects that are shared with it and that this person sees.
    pub projects: i64,
    /// What this person may do.
    pub rights: TeamRights,
}

macro_rules! select {
    () => {
        concat!(
            "SELECT t.id, t.name, t.created_by, t.created_at, ",
            people_in_team_sql!(),
            " AS people, \
             (SELECT COUNT(*) FROM printer_share s JOIN printer p ON p.id = s.printer WHERE s.grantee = t.id AND p.removed_at IS NULL) \
               AS printers, \
             (SELECT COUNT(*) FROM project_share s JOIN project pr ON pr.id = s.project WHERE s.grantee = t.id AND pr.removed_at IS NULL AND ",
            visible_project_sql!(),
            ") AS projects, ",
            team_rights_sql!()
        )
    };
}

fn read(row: &Row, who: access::Who) -> Result<TeamView, sql::Error> {
    Ok(TeamView {
        id: row.get("id")?,
        name: row.get("name")?,
        created_by: (row.get("created_by")?, row.get("r_owner")?),
        created_at: row.get("created_at")?,
        people: row.get("people")?,
        printers: row.get("printers")?,
        projects: row.get("projects")?,
        rights: TeamRights::read(row, who)?,
    })
}

/// A page of the teams that this person sees, by name; and where the next one begins.
///
/// # Errors
/// The database.
pub async fn list(
    conn: &mut Conn,
    eyes: &Visible<Teams>,
    filter: &Filter,
) -> Result<(Vec<TeamView>, Option<uuid::Uuid>), Error> {
    // First which they are, then what is shown of them (see projects).
    const PAGE: &str = concat!(
        "SELECT t.id FROM team t WHERE t.org = $1 AND t.removed_at IS NULL AND ($4 = '' OR t.name_key LIKE $4 {escape}) \
         AND ($5 = 0 OR (t.name_key, t.id) > (SELECT c.name_key, c.id FROM team c WHERE c.id = $6 AND c.org = $1)) AND ",
        visible_team_sql!(),
        " ORDER BY t.name_key, t.id LIMIT $7"
    );
    const Q: &str = concat!(
        select!(),
        "FROM {ids:$4} found CROSS JOIN team t JOIN account a ON a.id = t.created_by WHERE t.id = found.id ORDER BY t.name_key, t.id"
    );
    let who = eyes.who();
    let page = conn.all(PAGE, &filter.values(who)).await?;
    let ids = crate::ids(&page)?;
    let rows = conn.all(Q, params![who.org(), who.account(), who.role(), Val::ids(&ids)]).await?;
    let mut teams = rows.iter().map(|row| read(row, who)).collect::<Result<Vec<_>, _>>()?;
    let next = filter.cut(&mut teams, |team| team.id.0);
    Ok((teams, next))
}

/// One team.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn detail(conn: &mut Conn, permit: &Permit<SeeTeam>) -> Result<TeamView, Error> {
    const Q: &str =
        concat!(select!(), "FROM team t JOIN account a ON a.id = t.created_by WHERE t.org = $1 AND t.id = $4");
    let who = permit.who();
    let row =
        conn.opt(Q, params![who.org(), who.account(), who.role(), permit.target()]).await?.ok_or(Error::NotFound)?;
    Ok(read(&row, who)?)
}

/// The printers that are shared with a team and that this person sees, by name; at most 500.
///
/// # Errors
/// The database.
pub async fn printers(conn: &mut Conn, permit: &Permit<SeeTeam>) -> Result<Vec<(PrinterId, String)>, Error> {
    const Q: &str = concat!(
        "SELECT p.id, p.name FROM printer_share sh JOIN printer p ON p.id = sh.printer WHERE sh.grantee = $4 AND p.org = $1 \
         AND p.removed_at IS NULL AND ($3 = 'admin' OR ($3 = 'member' AND p.added_by = $2) OR ",
        shared_printer_sql!(),
        ") ORDER BY p.name_key, p.id LIMIT 500"
    );
    let who = permit.who();
    let rows = conn.all(Q, params![who.org(), who.account(), who.role(), permit.target()]).await?;
    Ok(rows.iter().map(|row| Ok((row.get("id")?, row.get("name")?))).collect::<Result<_, sql::Error>>()?)
}

/// Somebody in a team.
#[derive(Debug)]
pub struct TeamPerson {
    /// Account.
    pub id: AccountId,
    /// Name.
    pub name: String,
    /// Role in the organization.
    pub role: Role,
    /// In the team since.
    pub added_at: Micros,
}

/// A page of the people in a team, by name; and where the next one begins.
///
/// # Errors
/// [`Error::NotFound`] for a cursor that nobody in the organization is.
pub async fn people(
    conn: &mut Conn,
    permit: &Permit<SeeTeam>,
    filter: &Filter,
) -> Result<(Vec<TeamPerson>, Option<uuid::Uuid>), Error> {
    // The role as a value, not a condition: PostgreSQL would make a join of it, and read the whole team to sort it.
    const Q: &str = "SELECT a.id, a.name, f.role, f.added_at FROM (SELECT x.account, x.added_at, x.name_key, \
          (SELECT m.role FROM membership m WHERE m.org = $1 AND m.account = x.account) AS role FROM team_member x \
          WHERE x.team = $2 AND ($3 = '' OR x.name_key LIKE $3 {escape}) AND x.name_key > $4 AND \
          (SELECT m.role FROM membership m WHERE m.org = $1 AND m.account = x.account AND m.removed_at IS NULL) IS NOT NULL \
          ORDER BY x.name_key LIMIT $5) f JOIN account a ON a.id = f.account ORDER BY f.name_key";
    let org = permit.who().org();
    let after = crate::people::name_key(conn, org, filter.after.map(AccountId)).await?;
    let asked = params![org, permit.target(), crate::containing(&filter.search), after, filter.limit + 1];
    let person = |row: &Row| {
        Ok::<_, sql::Error>(TeamPerson {
            id: row.get("id")?,
            name: row.get("name")?,
            role: row.get("role")?,
            added_at: row.get("added_at")?,
        })
    };
    let mut people = conn.all(Q, asked).await?.iter().map(person).collect::<Result<Vec<_>, _>>()?;
    let next = filter.cut(&mut people, |person| person.id.0);
    Ok((people, next))
}

/// Locks a team before its permit: whoever changes it at the same time waits, instead of both holding a lock the other needs.
///
/// # Errors
/// The database.
pub async fn hold(tx: &mut Tx, org: OrgId, team: TeamId) -> Result<(), Error> {
    tx.opt("SELECT plan FROM organization WHERE id = $1 {for_share}", params![org]).await?;
    tx.opt("SELECT id FROM team WHERE id = $1 AND org = $2 {for_update}", params![team, org]).await?;
    Ok(())
}

async fn name_is_free(tx: &mut Tx, org: OrgId, name_key: &str, but: TeamId, advice: &str) -> Result<(), Error> {
    let taken = tx
        .opt(
            "SELECT name FROM team WHERE org = $1 AND name_key = $2 AND id <> $3 AND removed_at IS NULL",
            params![org, name_key, but],
        )
        .await?;
    match taken {
        Some(row) => {
            let name: String = row.get("name")?;
            Err(Error::rule("name_taken", format!("There is a team {name} already. {advice}")))
        }
        None => Ok(()),
    }
}

const ANOTHER_NAME: &str = "Choose another name.";

/// Creates a team without people (ORG-04). Its id: with a repeated key, the first one's.
///
/// # Errors
/// The rule `name_taken`.
pub async fn create(tx: &mut Tx, permit: &Permit<CreateTeam>, name: &str, key: Option<&Key>) -> Result<TeamId, Error> {
    let who = permit.who();
    if let Some(key) = key
        && let Some(first) = key.first(tx, who).await?
    {
        return Ok(TeamId(first));
    }
    let id = TeamId(new_id());
    let name_key = name.to_lowercase();
    name_is_free(tx, who.org(), &name_key, id, ANOTHER_NAME).await?;
    let now = tx.now().await?;
    tx.exec(
        "INSERT INTO team (id, org, name, name_key, created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
        params![id, who.org(), name, name_key, who.account(), now],
    )
    .await?;
    if let Some(key) = key {
        key.remember(tx, who, id.0).await?;
    }
    let entry = Entry::new("team.created", Some(who.account())).team(id).text(json!({ "name": name }));
    journal::append(tx, who.org(), entry).await?;
    Ok(id)
}

async fn there(tx: &mut Tx, permit: &Permit<ChangeTeam>) -> Result<(), Error> {
    let row = tx
        .opt("SELECT id FROM team WHERE id = $1 AND removed_at IS NULL {for_update}", params![permit.target()])
        .await?;
    row.map(drop).ok_or(Error::NotFound)
}

/// Renames a team (AMB-14). [`hold`] comes first, here and in all changes below.
///
/// # Errors
/// The rule `name_taken`; [`Error::NotFound`] for a team in the Trash.
pub async fn rename(tx: &mut Tx, permit: &Permit<ChangeTeam>, name: &str) -> Result<(), Error> {
    there(tx, permit).await?;
    let who = permit.who();
    let name_key = name.to_lowercase();
    name_is_free(tx, who.org(), &name_key, permit.target(), ANOTHER_NAME).await?;
    tx.exec("UPDATE team SET name = $2, name_key = $3 WHERE id = $1", params![permit.target(), name, name_key]).await?;
    let entry = Entry::new("team.renamed", Some(who.account())).team(permit.target()).text(json!({ "name": name }));
    journal::append(tx, who.org(), entry).await.map(drop)
}

/// Removes a team to the Trash (AMB-14). What was shared with it is not any more; print jobs stay as they are.
///
/// # Errors
/// [`Error::NotFound`] if it is there already.
pub async fn remove(tx: &mut Tx, permit: &Permit<ChangeTeam>) -> Result<(), Error> {
    there(tx, permit).await?;
    let who = permit.who();
    let now = tx.now().await?;
    tx.exec(
        "UPDATE team SET removed_at = $2, removed_by = $3 WHERE id = $1",
        params![permit.target(), now, who.account()],
    )
    .await?;
    journal::append(tx, who.org(), Entry::new("team.removed", Some(who.account())).team(permit.target()))
        .await
        .map(drop)
}

/// Brings a team back with its people and shares. Twice changes nothing.
///
/// # Errors
/// The rules `trash_over`, `name_taken`.
pub async fn restore(tx: &mut Tx, permit: &Permit<ChangeTeam>) -> Result<(), Error> {
    const RENAME: &str = "Rename that one first, then bring this one back.";
    let who = permit.who();
    let now = tx.now().await?;
    let row = tx.one("SELECT name_key, removed_at FROM team WHERE id = $1", params![permit.target()]).await?;
    let Some(removed_at) = row.get::<Option<Micros>>("removed_at")? else { return Ok(()) };
    if removed_at.plus_secs(TRASH_S) <= now {
        return Err(trash_over());
    }
    let name_key: String = row.get("name_key")?;
    name_is_free(tx, who.org(), &name_key, permit.target(), RENAME).await?;
    tx.exec("UPDATE team SET removed_at = NULL, removed_by = NULL WHERE id = $1", params![permit.target()]).await?;
    journal::append(tx, who.org(), Entry::new("team.restored", Some(who.account())).team(permit.target()))
        .await
        .map(drop)
}

/// Adds somebody of the organization (ORG-05, AMB-15). Who is in it already stays.
///
/// # Errors
/// [`Error::NotFound`] for anybody who is not in the organization, whether they exist or not.
pub async fn add_person(tx: &mut Tx, permit: &Permit<ChangeTeam>, person: AccountId) -> Result<(), Error> {
    there(tx, permit).await?;
    let who = permit.who();
    tx.opt(
        "SELECT role FROM membership WHERE org = $1 AND account = $2 AND removed_at IS NULL {for_share}",
        params![who.org(), person],
    )
    .await?
    .ok_or(Error::NotFound)?;
    let now = tx.now().await?;
    let added = tx
        .exec(
            "INSERT INTO team_member (team, account, added_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            params![permit.target(), person, now],
        )
        .await?;
    if added == 0 {
        return Ok(());
    }
    let entry = Entry::new("team.person_added", Some(who.account())).team(permit.target()).person(person);
    journal::append(tx, who.org(), entry).await.map(drop)
}

/// Takes somebody out of a team.
///
/// # Errors
/// [`Error::NotFound`] if they are not in it.
pub async fn remove_person(tx: &mut Tx, permit: &Permit<ChangeTeam>, person: AccountId) -> Result<(), Error> {
    there(tx, permit).await?;
    let who = permit.who();
    let gone =
        tx.exec("DELETE FROM team_member WHERE team = $1 AND account = $2", params![permit.target(), person]).await?;
    if gone == 0 {
        return Err(Error::NotFound);
    }
    let entry = Entry::new("team.person_removed", Some(who.account())).team(permit.target()).person(person);
    journal::append(tx, who.org(), entry).await.map(drop)
}
