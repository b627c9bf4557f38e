//! People who are not in the organization any more (AMB-41): how an Admin brings one back out of the Trash, when that time ends,
//! and their private projects. Those lie in escrow: nobody sees what is in them, an Admin only that they are there. They are the
//! person's again when the person comes back, or the Admin's who claims them before.

use access::table::{ClaimProjects, RemovePerson};
use access::{Permit, project_with_anyone_sql};
use domain::{AccountId, Micros, OrgId, Role};
use serde_json::json;
use sql::{Conn, Row, Tx, Val, params};

use crate::Error;
use crate::journal::{self, Entry};
use crate::people::GivenRole;
use crate::projects::TRASH_S;

/// The role that somebody had whom an Admin removed; `None` if they are in the organization (again). `lock_admins` comes first.
///
/// # Errors
/// [`Error::NotFound`] for whoever never was in it; the rule `left`: whoever left by themselves is not fetched back; `trash_over`.
pub async fn role(tx: &mut Tx, permit: &Permit<RemovePerson>, person: AccountId) -> Result<Option<Role>, Error> {
    let now = tx.now().await?;
    let row = tx
        .opt(
            "SELECT role, removed_at, removed_by, purged_at FROM membership WHERE org = $1 AND account = $2 {for_update}",
            params![permit.who().org(), person],
        )
        .await?
        .ok_or(Error::NotFound)?;
    let Some(removed_at) = row.get::<Option<Micros>>("removed_at")? else { return Ok(None) };
    if row.get::<Option<AccountId>>("removed_by")? == Some(person) {
        return Err(Error::rule("left", "They left by themselves, so nobody brings them back. Invite them again."));
    }
    if removed_at.plus_secs(TRASH_S) <= now || row.get::<Option<Micros>>("purged_at")?.is_some() {
        return Err(Error::rule("trash_over", "They were removed more than 30 days ago. Invite them again."));
    }
    Ok(Some(row.get("role")?))
}

/// Brings somebody back whom an Admin removed: with their role, in the teams that they were in and that are still there, with
/// their private projects. Print jobs that went back to held stay held; tokens of theirs stay ended; their open invitations are as good as their role. [`role`]
/// comes first, and says which role.
///
/// # Errors
/// The database.
pub async fn restore(
    tx: &mut Tx,
    permit: &Permit<RemovePerson>,
    person: AccountId,
    role: GivenRole,
) -> Result<(), Error> {
    let (who, role) = (permit.who(), role.role());
    let changed = tx
        .exec(
            "UPDATE membership SET removed_at = NULL, removed_by = NULL, role = $3 \
             WHERE org = $1 AND account = $2 AND removed_at IS NOT NULL",
            params![who.org(), person, role],
        )
        .await?;
    if changed == 0 {
        return Ok(());
    }
    crate::limits::not_too_many_people(tx, who.org()).await?;
    let entry = Entry::new("person.restored", Some(who.account())).person(person).data(json!({ "role": role.word() }));
    journal::append(tx, who.org(), entry).await.map(drop)
}

/// Ends what is older than the Trash keeps: they are in none of their teams any more. Their private projects stay in escrow. The
/// server does it by itself, so there is no permit; it touches nobody who was not gone for [`TRASH_S`].
///
/// # Errors
/// The database.
pub async fn purge(tx: &mut Tx, org: OrgId) -> Result<(), Error> {
    let now = tx.now().await?;
    let rows = tx
        .all(
            "SELECT account FROM membership WHERE org = $1 AND removed_at <= $2 AND purged_at IS NULL ORDER BY account LIMIT 100 \
             {for_update}",
            params![org, now.plus_secs(-TRASH_S)],
        )
        .await?;
    let mut gone = Vec::with_capacity(rows.len());
    for row in rows {
        let person: AccountId = row.get("account")?;
        tx.exec(
            "DELETE FROM team_member WHERE account = $2 AND team IN (SELECT id FROM team WHERE org = $1)",
            params![org, person],
        )
        .await?;
        crate::invitations::withdraw_of(tx, org, person).await?;
        tx.exec("UPDATE membership SET purged_at = $3 WHERE org = $1 AND account = $2", params![org, person, now])
            .await?;
        gone.push(person);
    }
    for person in gone {
        journal::append(tx, org, Entry::new("person.purged", None).person(person)).await?;
    }
    Ok(())
}

/// The private projects of one former person, as an Admin is told of them: that they are there, not what they are.
#[derive(Debug, Clone)]
pub struct Escrow {
    /// Whose.
    pub person: (AccountId, String),
    /// Not in the organization since.
    pub since: Micros,
    /// How many projects.
    pub projects: i64,
}

/// Who is not in the organization any more and has private projects here, the last to go first; at most 500.
///
/// # Errors
/// The database.
pub async fn escrow(conn: &mut Conn, permit: &Permit<ClaimProjects>) -> Result<Vec<Escrow>, Error> {
    const Q: &str = concat!(
        "SELECT m.account, a.name, m.removed_at, COUNT(*) AS projects FROM membership m \
         JOIN project pr ON pr.created_by = m.account AND pr.org = m.org JOIN account a ON a.id = m.account \
         WHERE m.org = $1 AND m.removed_at IS NOT NULL AND pr.removed_at IS NULL AND NOT ",
        project_with_anyone_sql!(),
        " GROUP BY m.account, a.name, m.removed_at ORDER BY m.removed_at DESC, m.account LIMIT 500"
    );
    let one = |row: &Row| {
        Ok::<_, sql::Error>(Escrow {
            person: (row.get("account")?, row.get("name")?),
            since: row.get("removed_at")?,
            projects: row.get("projects")?,
        })
    };
    let rows = conn.all(Q, params![permit.who().org()]).await?;
    Ok(rows.iter().map(one).collect::<Result<_, _>>()?)
}

/// Makes the private projects of a former person the Admin's own: all that were shown, with the reason in the journal. Their files
/// keep their authors (AMB-46). The person is told of it if they come back. How many.
///
/// # Errors
/// [`Error::NotFound`] for whoever never was in the organization or has none here; [`Error::Changed`] if there are not as many as
/// were shown; the rule `came_back`.
pub async fn claim(
    tx: &mut Tx,
    permit: &Permit<ClaimProjects>,
    person: AccountId,
    shown: i64,
    reason: &str,
) -> Result<i64, Error> {
    const PRIVATE: &str = concat!(
        "SELECT pr.id FROM project pr WHERE pr.org = $1 AND pr.created_by = $2 AND pr.removed_at IS NULL AND NOT ",
        project_with_anyone_sql!(),
        " ORDER BY pr.id {for_update}"
    );
    let who = permit.who();
    // Whoever comes back at this moment waits here, or is back already.
    let row = tx
        .opt(
            "SELECT removed_at FROM membership WHERE org = $1 AND account = $2 {for_update}",
            params![who.org(), person],
        )
        .await?
        .ok_or(Error::NotFound)?;
    if row.get::<Option<Micros>>("removed_at")?.is_none() {
        return Err(Error::rule("came_back", "They are in the organization, and their projects are theirs."));
    }
    let rows = tx.all(PRIVATE, params![who.org(), person]).await?;
    let ids = crate::ids(&rows)?;
    let count = i64::try_from(ids.len()).unwrap_or(i64::MAX);
    if count == 0 {
        return Err(Error::NotFound);
    }
    if count != shown {
        return Err(Error::Changed);
    }
    let now = tx.now().await?;
    tx.exec(
        "UPDATE project SET created_by = $2, claimed_from = $3, claimed_at = $4 WHERE id IN {ids:$1}",
        params![Val::ids(&ids), who.account(), person, now],
    )
    .await?;
    let entry = Entry::new("escrow.claimed", Some(who.account()))
        .person(person)
        .data(json!({ "projects": ids }))
        .text(json!({ "message": reason }));
    journal::append(tx, who.org(), entry).await?;
    Ok(count)
}
