//! People in an organization: their roles, how they leave. The list of them: `list`. How they come in: [`crate::invitations`];
//! who left: [`crate::former`].

mod list;

use access::table::{ChangeRole, GiveGuestRole, RemovePerson, SeeOrganization};
use access::{Permit, Who};
use domain::{AccountId, Micros, OrgId, Role};
use serde_json::json;
use sql::{Conn, Tx, params};

use crate::Error;
use crate::accounts::SignedIn;
use crate::consequence::of_leaving;
use crate::journal::{self, Entry};

pub use list::{Filter, Person, list};

/// Where a list by name goes on: after this person, who is or was in this organization (whether there are others is not to be
/// found out by it).
pub(crate) async fn name_key(conn: &mut Conn, org: OrgId, after: Option<AccountId>) -> Result<String, Error> {
    const Q: &str = "SELECT m.name_key FROM membership m WHERE m.org = $1 AND m.account = $2";
    match after {
        None => Ok(String::new()),
        Some(person) => Ok(conn.opt(Q, params![org, person]).await?.ok_or(Error::NotFound)?.get("name_key")?),
    }
}

/// The organizations of a signed-in person: id, name, role.
///
/// # Errors
/// The database.
pub async fn organizations(conn: &mut Conn, me: &SignedIn) -> Result<Vec<(OrgId, String, Role)>, Error> {
    let rows = conn
        .all(
            "SELECT o.id, o.name, m.role FROM membership m JOIN organization o ON o.id = m.org \
             WHERE m.account = $1 AND m.removed_at IS NULL AND o.suspended = 0 ORDER BY o.name",
            params![me.account()],
        )
        .await?;
    Ok(rows
        .iter()
        .map(|row| Ok((row.get("id")?, row.get("name")?, row.get("role")?)))
        .collect::<Result<_, sql::Error>>()?)
}

/// Locks all Admins of an organization in one order, before any permit: two Admins who demote each other at the same time
/// wait for one another instead of both winning (AMB-39).
///
/// # Errors
/// The database.
pub async fn lock_admins(tx: &mut Tx, org: OrgId) -> Result<(), Error> {
    crate::organizations::hold_settings(tx, org).await?;
    tx.all(
        "SELECT account FROM membership WHERE org = $1 AND role = 'admin' AND removed_at IS NULL ORDER BY account {for_update}",
        params![org],
    )
    .await?;
    Ok(())
}

async fn not_the_last_admin(tx: &mut Tx, org: OrgId, leaving: AccountId) -> Result<(), Error> {
    let others: i64 = tx
        .one(
            "SELECT COUNT(*) AS n FROM membership WHERE org = $1 AND role = 'admin' AND removed_at IS NULL AND account <> $2",
            params![org, leaving],
        )
        .await?
        .get("n")?;
    if others == 0 {
        return Err(Error::rule(
            "last_admin",
            "This is the last Admin, and an organization needs one. Make somebody else an Admin first.",
        ));
    }
    Ok(())
}

async fn membership(tx: &mut Tx, org: OrgId, person: AccountId) -> Result<Role, Error> {
    let row = tx
        .opt(
            "SELECT role FROM membership WHERE org = $1 AND account = $2 AND removed_at IS NULL {for_update}",
            params![org, person],
        )
        .await?
        .ok_or(Error::NotFound)?;
    Ok(row.get("role")?)
}

/// A role that may be given. Guest exists only on plans that have it, so it needs its own permit (PLN-01).
#[derive(Debug, Clone, Copy)]
pub struct GivenRole(Role);

impl GivenRole {
    /// Guest, for whoever may give it.
    #[must_use]
    pub fn guest(_permit: &Permit<GiveGuestRole>) -> Self {
        Self(Role::Guest)
    }
    /// Member.
    #[must_use]
    pub const fn member() -> Self {
        Self(Role::Member)
    }
    /// Admin.
    #[must_use]
    pub const fn admin() -> Self {
        Self(Role::Admin)
    }
    /// Which it is.
    #[must_use]
    pub const fn role(self) -> Role {
        self.0
    }
}

/// Changes a role (ORG-03, ROL-20). [`lock_admins`] comes first. Jobs that are held stay held, queued ones stay queued
/// (AMB-18, AMB-19), unless the organization wants what nobody has approved to be held when somebody becomes a Guest. How
/// many jobs went back to held. With `was`, only if that is their role now: an undo takes back nothing that somebody else did.
///
/// # Errors
/// The rule `last_admin`; [`Error::Changed`].
pub async fn change_role(
    tx: &mut Tx,
    permit: &Permit<ChangeRole>,
    person: AccountId,
    GivenRole(role): GivenRole,
    was: Option<Role>,
) -> Result<i64, Error> {
    let who = permit.who();
    let old = membership(tx, who.org(), person).await?;
    if was.is_some_and(|was| was != old) {
        return Err(Error::Changed);
    }
    if old == role {
        return Ok(0);
    }
    if old == Role::Admin {
        not_the_last_admin(tx, who.org(), person).await?;
    }
    tx.exec("UPDATE membership SET role = $3 WHERE org = $1 AND account = $2", params![who.org(), person, role])
        .await?;
    let held = match role == Role::Guest && holds_on_demotion(tx, who.org()).await? {
        true => crate::jobs::hold_demoted_person(tx, permit, person).await?,
        false => 0,
    };
    let data = json!({ "from": old.word(), "to": role.word(), "held_again": held });
    let entry = Entry::new("person.role_changed", Some(who.account())).person(person).data(data);
    journal::append(tx, who.org(), entry).await?;
    Ok(held)
}

/// Without approval nothing would decide about them, so then nothing is held.
async fn holds_on_demotion(tx: &mut Tx, org: OrgId) -> Result<bool, Error> {
    let row = tx.one("SELECT hold_on_demotion, approval_on FROM organization WHERE id = $1", params![org]).await?;
    Ok(row.get("hold_on_demotion")? && row.get("approval_on")?)
}

/// Counts what a removal touches: the person's print jobs, printers and library projects.
#[derive(Debug, Clone, Copy)]
pub struct Removal {
    /// Held or sent back: stay, marked.
    pub held: i64,
    /// Queued: need a decision again.
    pub queued: i64,
    /// Printing: go on.
    pub printing: i64,
    /// Printers: stay.
    pub printers: i64,
    /// Library projects that are shared with somebody: stay with them.
    pub shared_projects: i64,
    /// Library projects of their own: nobody sees them until the person returns or an Admin claims them (AMB-41).
    pub private_projects: i64,
    /// Open invitations that they made: they end.
    pub invitations: i64,
    /// The join link that they made: it ends.
    pub join_link: bool,
    /// Waiting print jobs that somebody can approve now, and nobody then.
    pub undecidable: i64,
    /// Waiting print jobs that a Member can approve now, and only an Admin then.
    pub admins_only: i64,
}

/// What a removal would do.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn removal(conn: &mut Conn, permit: &Permit<RemovePerson>, person: AccountId) -> Result<Removal, Error> {
    counted(conn, permit.who(), person).await
}

/// What leaving would do, for whoever thinks about it.
///
/// # Errors
/// The database.
pub async fn own_removal(conn: &mut Conn, permit: &Permit<SeeOrganization>) -> Result<Removal, Error> {
    counted(conn, permit.who(), permit.who().account()).await
}

async fn counted(conn: &mut Conn, who: Who, person: AccountId) -> Result<Removal, Error> {
    let org = who.org();
    let row = conn
        .opt(
            "SELECT (SELECT COUNT(*) FROM print_job WHERE org = $1 AND submitter = $2 AND state IN ('held', 'sent_back')) AS held, \
             (SELECT COUNT(*) FROM print_job WHERE org = $1 AND submitter = $2 AND state IN ('queued', 'claimed')) AS queued, \
             (SELECT COUNT(*) FROM print_job WHERE org = $1 AND submitter = $2 AND state IN ('intent', 'printing')) AS printing, \
             (SELECT COUNT(*) FROM printer WHERE org = $1 AND added_by = $2 AND removed_at IS NULL) AS printers, \
             (SELECT COUNT(*) FROM project pr WHERE pr.org = $1 AND pr.created_by = $2 AND pr.removed_at IS NULL) AS projects, \
             (SELECT COUNT(*) FROM project pr WHERE pr.org = $1 AND pr.created_by = $2 AND pr.removed_at IS NULL AND EXISTS \
               (SELECT 1 FROM project_share s LEFT JOIN team t ON t.id = s.grantee AND t.removed_at IS NULL \
                WHERE s.project = pr.id AND (s.grantee = $1 OR t.id IS NOT NULL))) AS shared \
             FROM membership WHERE org = $1 AND account = $2 AND removed_at IS NULL",
            params![org, person],
        )
        .await?
        .ok_or(Error::NotFound)?;
    let (waiting, invitations, join_link) = of_leaving(conn, who, person).await?;
    Ok(Removal {
        invitations,
        join_link,
        undecidable: waiting.undecidable,
        admins_only: waiting.admins_only,
        held: row.get("held")?,
        queued: row.get("queued")?,
        printing: row.get("printing")?,
        printers: row.get("printers")?,
        shared_projects: row.get("shared")?,
        private_projects: row.get::<i64>("projects")? - row.get::<i64>("shared")?,
    })
}

/// Removes a person (ORG-02): membership and sessions here end, queued jobs need a decision again (AMB-41).
/// [`lock_admins`] comes first. How many jobs went back to held.
///
/// # Errors
/// The rule `last_admin`.
pub async fn remove(tx: &mut Tx, permit: &Permit<RemovePerson>, person: AccountId) -> Result<i64, Error> {
    end(tx, permit.who().org(), person, permit.who().account()).await
}

/// Everybody may leave, but the last Admin (AMB-39). [`lock_admins`] comes first. The same happens as at a removal.
///
/// # Errors
/// The rule `last_admin`; [`Error::NotFound`] outside of an organization.
pub async fn leave(tx: &mut Tx, me: &SignedIn) -> Result<i64, Error> {
    let principal = me.principal().ok_or(Error::NotFound)?;
    end(tx, principal.org, principal.account, principal.account).await
}

async fn end(tx: &mut Tx, org: OrgId, person: AccountId, by: AccountId) -> Result<i64, Error> {
    let role = membership(tx, org, person).await?;
    if role == Role::Admin {
        not_the_last_admin(tx, org, person).await?;
    }
    let now = tx.now().await?;
    tx.exec(
        "UPDATE membership SET removed_at = $3, removed_by = $4 WHERE org = $1 AND account = $2",
        params![org, person, now, by],
    )
    .await?;
    tx.exec("UPDATE session SET org = NULL WHERE account = $1 AND org = $2", params![person, org]).await?;
    crate::tokens::end_all(tx, org, person, by).await?;
    let back = crate::jobs::hold_former_person(tx, org, person, by).await?;
    let kind = if person == by { "person.left" } else { "person.removed" };
    let entry = Entry::new(kind, Some(by)).person(person).data(json!({ "role": role.word(), "held_again": back }));
    journal::append(tx, org, entry).await?;
    Ok(back)
}

/// Makes somebody one of the organization.
///
/// # Errors
/// The rules `already_in`, `limit_reached`.
pub(crate) async fn join(tx: &mut Tx, org: OrgId, person: AccountId, role: Role, now: Micros) -> Result<(), Error> {
    let changed = tx
        .exec(
            "INSERT INTO membership (org, account, role, created_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (org, account) DO UPDATE SET role = excluded.role, created_at = excluded.created_at, removed_at = NULL, removed_by = NULL, purged_at = NULL \
             WHERE membership.removed_at IS NOT NULL",
            params![org, person, role, now],
        )
        .await?;
    if changed == 0 {
        return Err(Error::rule("already_in", "You are in this organization already."));
    }
    // Whoever comes back by an invitation begins anew: what their old teams see was meant for who they were then.
    const OLD_TEAMS: &str =
        "DELETE FROM team_member WHERE account = $2 AND team IN (SELECT id FROM team WHERE org = $1)";
    tx.exec(OLD_TEAMS, params![org, person]).await?;
    crate::limits::not_too_many_people(tx, org).await
}

/// The operator adds a person without an invitation (demo data, `imprimatur admin`); never reachable over HTTP.
///
/// # Errors
/// As `join`.
pub async fn add_by_operator(
    tx: &mut Tx,
    _leave: &crate::organizations::Founding,
    org: OrgId,
    person: AccountId,
    role: Role,
) -> Result<(), Error> {
    let now = tx.now().await?;
    join(tx, org, person, role, now).await?;
    let entry = Entry::new("person.joined", None).person(person).data(json!({ "role": role.word() }));
    journal::append(tx, org, entry).await.map(drop)
}
