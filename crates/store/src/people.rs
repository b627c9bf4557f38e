//! People in an organization: memberships, roles, invitations.

use access::table::{ChangeRole, GiveGuestRole, InvitePerson, RemovePerson};
use access::{Permit, Visible};
use domain::{AccountId, Feature, InvitationId, Micros, OrgId, Plan, Role};
use serde_json::json;
use sql::{Conn, Row, Tx, params};

use crate::accounts::SignedIn;
use crate::journal::{self, Entry};
use crate::{Error, People, new_id};

/// A person in the list.
#[derive(Debug, Clone)]
pub struct Person {
    /// Account.
    pub id: AccountId,
    /// Public name.
    pub name: String,
    /// Only Admins are given it.
    pub email: Option<String>,
    /// Role.
    pub role: Role,
    /// Since when.
    pub joined_at: Micros,
}

/// Everyone in the organization; addresses for Admins only.
///
/// # Errors
/// The database.
pub async fn list(conn: &mut Conn, eyes: &Visible<People>, search: &str) -> Result<Vec<Person>, Error> {
    let like = crate::containing(search);
    let rows = conn
        .all(
            "SELECT a.id, a.name, CASE WHEN $2 = 'admin' THEN a.email END AS email, m.role, m.created_at FROM membership m \
             JOIN account a ON a.id = m.account WHERE m.org = $1 AND m.removed_at IS NULL \
             AND ($3 = '' OR a.name_key LIKE $3 ESCAPE '!' OR ($2 = 'admin' AND a.email_key LIKE $3 ESCAPE '!')) ORDER BY a.name_key LIMIT 1000",
            params![eyes.who().org(), eyes.who().role(), like],
        )
        .await?;
    let person = |row: &Row| {
        Ok::<_, sql::Error>(Person {
            id: row.get("id")?,
            name: row.get("name")?,
            email: row.get("email")?,
            role: row.get("role")?,
            joined_at: row.get("created_at")?,
        })
    };
    Ok(rows.iter().map(person).collect::<Result<_, _>>()?)
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
            "This is the last Admin. Make somebody else an Admin first, then change this role.",
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
}

/// Changes a role (ORG-03, ROL-20). [`lock_admins`] comes first. Jobs that are held stay held, queued ones stay queued
/// (AMB-18, AMB-19).
///
/// # Errors
/// The rule `last_admin`.
pub async fn change_role(
    tx: &mut Tx,
    permit: &Permit<ChangeRole>,
    person: AccountId,
    GivenRole(role): GivenRole,
) -> Result<(), Error> {
    let who = permit.who();
    let old = membership(tx, who.org(), person).await?;
    if old == role {
        return Ok(());
    }
    if old == Role::Admin {
        not_the_last_admin(tx, who.org(), person).await?;
    }
    tx.exec("UPDATE membership SET role = $3 WHERE org = $1 AND account = $2", params![who.org(), person, role])
        .await?;
    if old == Role::Admin {
        withdraw_invitations_of(tx, who.org(), person).await?;
    }
    let data = json!({ "from": old.word(), "to": role.word() });
    let entry = Entry::new("person.role_changed", Some(who.account())).person(person).data(data);
    journal::append(tx, who.org(), entry).await.map(drop)
}

/// Counts what a removal touches: held, queued, printing jobs, and printers the person added.
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
}

/// What a removal would do.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn removal(conn: &mut Conn, permit: &Permit<RemovePerson>, person: AccountId) -> Result<Removal, Error> {
    let row = conn
        .opt(
            "SELECT (SELECT COUNT(*) FROM print_job WHERE org = $1 AND submitter = $2 AND state IN ('held', 'sent_back')) AS held, \
             (SELECT COUNT(*) FROM print_job WHERE org = $1 AND submitter = $2 AND state IN ('queued', 'claimed')) AS queued, \
             (SELECT COUNT(*) FROM print_job WHERE org = $1 AND submitter = $2 AND state IN ('intent', 'printing')) AS printing, \
             (SELECT COUNT(*) FROM printer WHERE org = $1 AND added_by = $2 AND removed_at IS NULL) AS printers \
             FROM membership WHERE org = $1 AND account = $2 AND removed_at IS NULL",
            params![permit.who().org(), person],
        )
        .await?
        .ok_or(Error::NotFound)?;
    Ok(Removal {
        held: row.get("held")?,
        queued: row.get("queued")?,
        printing: row.get("printing")?,
        printers: row.get("printers")?,
    })
}

/// Removes a person (ORG-02): membership and sessions here end, queued jobs need a decision again (AMB-41).
/// [`lock_admins`] comes first. How many jobs went back to held.
///
/// # Errors
/// The rule `last_admin`.
pub async fn remove(tx: &mut Tx, permit: &Permit<RemovePerson>, person: AccountId) -> Result<i64, Error> {
    let who = permit.who();
    let role = membership(tx, who.org(), person).await?;
    if role == Role::Admin {
        not_the_last_admin(tx, who.org(), person).await?;
    }
    let now = tx.now().await?;
    tx.exec(
        "UPDATE membership SET removed_at = $3, removed_by = $4 WHERE org = $1 AND account = $2",
        params![who.org(), person, now, who.account()],
    )
    .await?;
    tx.exec("UPDATE session SET org = NULL WHERE account = $1 AND org = $2", params![person, who.org()]).await?;
    withdraw_invitations_of(tx, who.org(), person).await?;
    let back = crate::jobs::hold_former_person(tx, permit, person).await?;
    let entry = Entry::new("person.removed", Some(who.account()))
        .person(person)
        .data(json!({ "role": role.word(), "held_again": back }));
    journal::append(tx, who.org(), entry).await?;
    Ok(back)
}

/// Invitations die with the right of whoever made them: no removed or demoted Admin keeps a way back in.
async fn withdraw_invitations_of(tx: &mut Tx, org: OrgId, person: AccountId) -> Result<(), Error> {
    let now = tx.now().await?;
    tx.exec(
        "UPDATE invitation SET withdrawn_at = $3 WHERE org = $1 AND created_by = $2 AND used_at IS NULL AND withdrawn_at IS NULL",
        params![org, person, now],
    )
    .await?;
    Ok(())
}

/// An invitation in the list.
#[derive(Debug, Clone)]
pub struct Invitation {
    /// Id.
    pub id: InvitationId,
    /// Role that it gives.
    pub role: Role,
    /// For this address, as a note.
    pub email: Option<String>,
    /// For this person, as a note.
    pub name: Option<String>,
    /// Made.
    pub created_at: Micros,
    /// Dies.
    pub expires_at: Micros,
    /// By.
    pub invited_by: String,
}

/// Makes a one-time invitation (ORG-01).
///
/// # Errors
/// The database.
pub async fn invite(
    tx: &mut Tx,
    permit: &Permit<InvitePerson>,
    token_hash: &[u8],
    GivenRole(role): GivenRole,
    email: Option<&str>,
    name: Option<&str>,
    lives_s: i64,
) -> Result<(InvitationId, Micros), Error> {
    let who = permit.who();
    let now = tx.now().await?;
    let id = InvitationId(new_id());
    let expires = now.plus_secs(lives_s);
    tx.exec(
        "INSERT INTO invitation (id, org, token_hash, role, email, name, created_by, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        params![id, who.org(), token_hash.to_vec(), role, email, name, who.account(), now, expires],
    )
    .await?;
    let entry = Entry::new("person.invited", Some(who.account()))
        .data(json!({ "role": role.word(), "invitation": id.0 }))
        .text(json!({ "name": name, "email": email }));
    journal::append(tx, who.org(), entry).await?;
    Ok((id, expires))
}

/// Open invitations.
///
/// # Errors
/// The database.
pub async fn invitations(conn: &mut Conn, permit: &Permit<InvitePerson>) -> Result<Vec<Invitation>, Error> {
    let now = conn.now().await?;
    let rows = conn
        .all(
            "SELECT i.id, i.role, i.email, i.name, i.created_at, i.expires_at, a.name AS by_name FROM invitation i \
             JOIN account a ON a.id = i.created_by WHERE i.org = $1 AND i.used_at IS NULL AND i.withdrawn_at IS NULL AND i.expires_at > $2 \
             ORDER BY i.created_at DESC LIMIT 500",
            params![permit.who().org(), now],
        )
        .await?;
    let read = |row: &Row| {
        Ok::<_, sql::Error>(Invitation {
            id: row.get("id")?,
            role: row.get("role")?,
            email: row.get("email")?,
            name: row.get("name")?,
            created_at: row.get("created_at")?,
            expires_at: row.get("expires_at")?,
            invited_by: row.get("by_name")?,
        })
    };
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

/// Withdraws an invitation.
///
/// # Errors
/// [`Error::NotFound`] if it is not open.
pub async fn withdraw_invitation(tx: &mut Tx, permit: &Permit<InvitePerson>, id: InvitationId) -> Result<(), Error> {
    let now = tx.now().await?;
    let changed = tx
        .exec(
            "UPDATE invitation SET withdrawn_at = $3 WHERE id = $1 AND org = $2 AND used_at IS NULL AND withdrawn_at IS NULL",
            params![id, permit.who().org(), now],
        )
        .await?;
    if changed == 0 {
        return Err(Error::NotFound);
    }
    let entry =
        Entry::new("person.invitation_withdrawn", Some(permit.who().account())).data(json!({ "invitation": id.0 }));
    journal::append(tx, permit.who().org(), entry).await.map(drop)
}

/// What the holder of an invitation link is shown.
#[derive(Debug, Clone)]
pub struct Offer {
    /// Organization.
    pub org: OrgId,
    /// Its name.
    pub organization: String,
    /// Role.
    pub role: Role,
    /// Address it is meant for.
    pub email: Option<String>,
    /// Who invites.
    pub invited_by: String,
    /// Dies.
    pub expires_at: Micros,
    /// Why it cannot be used any more.
    pub dead: Option<&'static str>,
}

/// Looks an invitation up by its secret.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn offer(conn: &mut Conn, token_hash: &[u8]) -> Result<Offer, Error> {
    let now = conn.now().await?;
    let row = conn
        .opt(
            "SELECT i.org, o.name AS organization, o.plan, i.role, i.email, a.name AS by_name, i.expires_at, i.used_at, i.withdrawn_at, o.suspended, \
             m.role AS inviter_role FROM invitation i JOIN organization o ON o.id = i.org JOIN account a ON a.id = i.created_by \
             LEFT JOIN membership m ON m.org = i.org AND m.account = i.created_by AND m.removed_at IS NULL WHERE i.token_hash = $1",
            params![token_hash.to_vec()],
        )
        .await?
        .ok_or(Error::NotFound)?;
    let expires_at: Micros = row.get("expires_at")?;
    let (role, plan): (Role, Plan) = (row.get("role")?, row.get("plan")?);
    let dead = if row.get::<Option<i64>>("used_at")?.is_some() {
        Some("This invitation was used already. Ask for a new one.")
    } else if row.get::<Option<i64>>("withdrawn_at")?.is_some()
        || row.get::<Option<Role>>("inviter_role")? != Some(Role::Admin)
        || row.get::<bool>("suspended")?
    {
        Some("This invitation was withdrawn. Ask the person who sent it.")
    } else if expires_at <= now {
        Some("This invitation has expired. Ask for a new one.")
    } else if role == Role::Guest && !plan.has(Feature::Guests) {
        Some("The organization's plan has no Guests at the moment. Ask the person who sent the invitation.")
    } else {
        None
    };
    Ok(Offer {
        org: row.get("org")?,
        organization: row.get("organization")?,
        role,
        email: row.get("email")?,
        invited_by: row.get("by_name")?,
        expires_at,
        dead,
    })
}

/// Joins by an invitation: once, by one person. The organization joined.
///
/// # Errors
/// Rules `link_dead`, `already_in`.
pub async fn accept(tx: &mut Tx, me: &SignedIn, token_hash: &[u8]) -> Result<OrgId, Error> {
    let asked = offer(tx, token_hash).await?;
    crate::organizations::hold_settings(tx, asked.org).await?;
    let offer = offer(tx, token_hash).await?;
    if let Some(why) = offer.dead {
        return Err(Error::rule("link_dead", why));
    }
    let now = tx.now().await?;
    let used = tx
        .exec(
            "UPDATE invitation SET used_at = $2, used_by = $3 WHERE token_hash = $1 AND used_at IS NULL AND withdrawn_at IS NULL",
            params![token_hash.to_vec(), now, me.account()],
        )
        .await?;
    if used == 0 {
        return Err(Error::rule("link_dead", "This invitation was used already. Ask for a new one."));
    }
    join(tx, offer.org, me.account(), offer.role, now).await?;
    tx.exec("UPDATE session SET org = $2 WHERE id = $1", params![me.session(), offer.org]).await?;
    let entry =
        Entry::new("person.joined", Some(me.account())).person(me.account()).data(json!({ "role": offer.role.word() }));
    journal::append(tx, offer.org, entry).await?;
    Ok(offer.org)
}

async fn join(tx: &mut Tx, org: OrgId, person: AccountId, role: Role, now: Micros) -> Result<(), Error> {
    let changed = tx
        .exec(
            "INSERT INTO membership (org, account, role, created_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (org, account) DO UPDATE SET role = excluded.role, created_at = excluded.created_at, removed_at = NULL, removed_by = NULL \
             WHERE membership.removed_at IS NOT NULL",
            params![org, person, role, now],
        )
        .await?;
    if changed == 0 {
        return Err(Error::rule("already_in", "You are in this organization already."));
    }
    Ok(())
}

/// The operator adds a person without an invitation (demo data, `imprimatur admin`); never reachable over HTTP.
///
/// # Errors
/// As [`accept`].
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
