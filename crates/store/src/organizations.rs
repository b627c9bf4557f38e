//! Organizations: first set-up, settings, plan.

use access::Permit;
use access::table::{ChangeSettings, SeeOrganization, SetApproval};
use domain::{AccountId, Micros, OrgId, Plan, Role};
use serde_json::json;
use sql::{Conn, Tx, params};

use crate::journal::{self, Entry};
use crate::{Error, new_id};

/// The one versioned settings row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Goes up with each change.
    pub version: i64,
    /// Print job approval.
    pub approval_on: bool,
    /// Seconds in which an approval can be undone.
    pub undo_window_s: i64,
    /// Nobody approves their own job.
    pub forbid_self_approval: bool,
    /// A rejection needs a reason.
    pub reject_reason_required: bool,
    /// What somebody has in the queue unapproved is held when they become a Guest.
    pub hold_on_demotion: bool,
}

/// How many people have each role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByRole {
    /// Admins.
    pub admin: i64,
    /// Members.
    pub member: i64,
    /// Guests.
    pub guest: i64,
}

impl ByRole {
    /// All of them.
    #[must_use]
    pub const fn all(self) -> i64 {
        self.admin + self.member + self.guest
    }
}

/// An organization as its people see it.
#[derive(Debug, Clone)]
pub struct Organization {
    /// Id.
    pub id: OrgId,
    /// Name.
    pub name: String,
    /// Plan.
    pub plan: Plan,
    /// Settings.
    pub settings: Settings,
    /// People in it.
    pub people: ByRole,
    /// Nothing starts, since when and why (a word): a backup was put back and no Admin has looked yet.
    pub held_back: Option<(Micros, String)>,
}

/// Whether any Admin exists in the whole installation: then there is no set-up link (first run only).
///
/// # Errors
/// The database.
pub async fn any_admin(conn: &mut Conn) -> Result<bool, Error> {
    let row = conn.opt("SELECT org FROM membership WHERE role = 'admin' AND removed_at IS NULL LIMIT 1", &[]).await?;
    Ok(row.is_some())
}

/// Replaces the set-up link: only the newest works. Refused once an Admin exists.
///
/// # Errors
/// A rule `already_set_up`.
pub async fn new_setup_link(tx: &mut Tx, token_hash: &[u8]) -> Result<(), Error> {
    if any_admin(tx).await? {
        return Err(Error::rule("already_set_up", "This installation has an Admin; there is no set-up link any more."));
    }
    let now = tx.now().await?;
    tx.exec("DELETE FROM setup_link WHERE used_at IS NULL", &[]).await?;
    tx.exec("INSERT INTO setup_link (token_hash, created_at) VALUES ($1, $2)", params![token_hash.to_vec(), now])
        .await?;
    Ok(())
}

/// Uses the set-up link: proof for [`create`].
///
/// # Errors
/// Rules `already_set_up`, `link_dead`.
pub async fn use_setup_link(tx: &mut Tx, token_hash: &[u8]) -> Result<Founding, Error> {
    // One set-up at a time: on PostgreSQL two could otherwise both see no Admin.
    tx.one("SELECT id FROM meta WHERE id = 1 {for_update}", &[]).await?;
    if any_admin(tx).await? {
        return Err(Error::rule("already_set_up", "This installation is set up already. Sign in instead."));
    }
    let now = tx.now().await?;
    let changed = tx
        .exec(
            "UPDATE setup_link SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL",
            params![token_hash.to_vec(), now],
        )
        .await?;
    if changed == 0 {
        return Err(Error::rule(
            "link_dead",
            "This set-up link is not valid. The server prints a new one when it starts.",
        ));
    }
    Ok(Founding(()))
}

/// Leave to found an organization: from the set-up link, or the operator's own command line.
#[derive(Debug)]
pub struct Founding(());

impl Founding {
    /// The operator at the machine itself (`imprimatur demo`, `imprimatur admin`); never reachable over HTTP.
    #[must_use]
    pub fn by_operator() -> Self {
        Self(())
    }
}

/// Founds an organization with its first Admin.
///
/// # Errors
/// The database.
pub async fn create(
    tx: &mut Tx,
    _leave: &Founding,
    name: &str,
    plan: Plan,
    approval_on: bool,
    admin: AccountId,
) -> Result<OrgId, Error> {
    let id = row(tx, name, plan, approval_on).await?;
    let now = tx.now().await?;
    tx.exec(
        "INSERT INTO membership (org, account, role, created_at) VALUES ($1, $2, $3, $4)",
        params![id, admin, Role::Admin, now],
    )
    .await?;
    let entry = Entry::new("organization.founded", Some(admin)).person(admin);
    journal::append(tx, id, founded(entry, name, plan, approval_on)).await?;
    Ok(id)
}

/// The operator founds an organization without people; its first Admin joins by [`crate::invitations::by_operator`]. One of this
/// name that nobody has joined yet is the same one: its first link was lost. Approval is off until somebody turns it on.
///
/// # Errors
/// The rule `name_taken`.
pub async fn found(tx: &mut Tx, _leave: &Founding, name: &str, plan: Plan) -> Result<OrgId, Error> {
    // One at a time: on PostgreSQL two could otherwise both find the name free.
    tx.one("SELECT id FROM meta WHERE id = 1 {for_update}", &[]).await?;
    let known = tx
        .all(
            "SELECT o.id, o.name, (SELECT COUNT(*) FROM membership m WHERE m.org = o.id) AS people FROM organization o \
             ORDER BY o.id",
            &[],
        )
        .await?;
    for row in known {
        let there: String = row.get("name")?;
        if there.to_lowercase() != name.to_lowercase() {
            continue;
        }
        let id: OrgId = row.get("id")?;
        if row.get::<i64>("people")? == 0 {
            return Ok(id);
        }
        let text = format!("there is an organization {there} already ({}); choose another name", id.0);
        return Err(Error::rule("name_taken", text));
    }
    let id = row(tx, name, plan, false).await?;
    journal::append(tx, id, founded(Entry::new("organization.founded", None), name, plan, false)).await?;
    Ok(id)
}

async fn row(tx: &mut Tx, name: &str, plan: Plan, approval_on: bool) -> Result<OrgId, Error> {
    let id = OrgId(new_id());
    let now = tx.now().await?;
    tx.exec(
        "INSERT INTO organization (id, name, plan, approval_on, created_at) VALUES ($1, $2, $3, $4, $5)",
        params![id, name, plan, approval_on, now],
    )
    .await?;
    journal::begin(tx, id).await?;
    Ok(id)
}

fn founded(entry: Entry, name: &str, plan: Plan, approval_on: bool) -> Entry {
    entry.data(json!({ "plan": plan.word(), "approval_on": approval_on })).text(json!({ "name": name }))
}

/// All organizations with their plans and how many people are in them, for the operator; never reachable over HTTP.
///
/// # Errors
/// The database.
pub async fn all(conn: &mut Conn, _leave: &Founding) -> Result<Vec<(OrgId, String, Plan, i64)>, Error> {
    let rows = conn
        .all(
            "SELECT o.id, o.name, o.plan, (SELECT COUNT(*) FROM membership m WHERE m.org = o.id AND m.removed_at IS NULL) AS people \
             FROM organization o ORDER BY o.name, o.id",
            &[],
        )
        .await?;
    let read = |row: &sql::Row| Ok((row.get("id")?, row.get("name")?, row.get("plan")?, row.get("people")?));
    Ok(rows.iter().map(read).collect::<Result<_, sql::Error>>()?)
}

/// The operator changes an organization's plan (`imprimatur admin`); never reachable over HTTP. Guests of a plan without
/// Guests are frozen from then on, and held print jobs stay decidable (AMB-38). How many Guests there are.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn set_plan(tx: &mut Tx, _leave: &Founding, org: OrgId, plan: Plan) -> Result<i64, Error> {
    tx.opt("SELECT id FROM organization WHERE id = $1 {for_update}", params![org]).await?.ok_or(Error::NotFound)?;
    tx.exec("UPDATE organization SET plan = $2 WHERE id = $1", params![org, plan]).await?;
    let guests = tx
        .one(
            "SELECT COUNT(*) AS n FROM membership WHERE org = $1 AND role = 'guest' AND removed_at IS NULL",
            params![org],
        )
        .await?
        .get("n")?;
    let entry = Entry::new("organization.plan_changed", None).data(json!({ "plan": plan.word() }));
    journal::append(tx, org, entry).await?;
    Ok(guests)
}

/// The organization.
///
/// # Errors
/// The database.
pub async fn load(conn: &mut Conn, permit: &Permit<SeeOrganization>) -> Result<Organization, Error> {
    macro_rules! of_role {
        ($role:literal) => {
            concat!(
                "(SELECT COUNT(*) FROM membership m WHERE m.org = o.id AND m.role = '",
                $role,
                "' AND m.removed_at IS NULL) AS ",
                $role,
                "s"
            )
        };
    }
    const Q: &str = concat!(
        "SELECT o.*, ",
        of_role!("admin"),
        ", ",
        of_role!("member"),
        ", ",
        of_role!("guest"),
        " FROM organization o WHERE o.id = $1"
    );
    let row = conn.one(Q, params![permit.target()]).await?;
    Ok(Organization {
        id: row.get("id")?,
        name: row.get("name")?,
        plan: row.get("plan")?,
        settings: Settings {
            version: row.get("settings_version")?,
            approval_on: row.get("approval_on")?,
            undo_window_s: row.get("undo_window_s")?,
            forbid_self_approval: row.get("forbid_self_approval")?,
            reject_reason_required: row.get("reject_reason_required")?,
            hold_on_demotion: row.get("hold_on_demotion")?,
        },
        people: ByRole { admin: row.get("admins")?, member: row.get("members")?, guest: row.get("guests")? },
        held_back: match (row.get("held_back_at")?, row.get("held_back")?) {
            (Some(since), Some(why)) => Some((since, why)),
            _ => None,
        },
    })
}

/// Locks the settings against a concurrent change, first in the global order: organization, membership, share, printer, job.
///
/// # Errors
/// The database.
pub async fn lock_settings(tx: &mut Tx, org: OrgId) -> Result<(), Error> {
    tx.opt("SELECT id FROM organization WHERE id = $1 {for_update}", params![org]).await?;
    Ok(())
}

/// Locks the settings against change while a print request is accepted (the gate reads them).
///
/// # Errors
/// The database.
pub async fn hold_settings(tx: &mut Tx, org: OrgId) -> Result<(), Error> {
    tx.opt("SELECT id FROM organization WHERE id = $1 {for_share}", params![org]).await?;
    Ok(())
}

/// Turns approval on or off (APR-05, APR-06). Jobs already held or queued are not touched (APR-07, AMB-16).
///
/// # Errors
/// [`Error::Changed`] if the settings moved since they were shown.
pub async fn set_approval(tx: &mut Tx, permit: &Permit<SetApproval>, shown: i64, on: bool) -> Result<(), Error> {
    const SET: &str = "UPDATE organization SET approval_on = $3, settings_version = settings_version + 1 \
        WHERE id = $1 AND settings_version = $2";
    if tx.exec(SET, params![permit.target(), shown, on]).await? == 0 {
        return Err(Error::Changed);
    }
    let kind = if on { "settings.approval_on" } else { "settings.approval_off" };
    let entry = Entry::new(kind, Some(permit.who().account())).data(json!({ "version": shown + 1 }));
    journal::append(tx, permit.who().org(), entry).await.map(drop)
}

/// Changes the other settings.
///
/// # Errors
/// [`Error::Changed`] if the settings moved since they were shown.
pub async fn change_settings(tx: &mut Tx, permit: &Permit<ChangeSettings>, new: &Settings) -> Result<(), Error> {
    if !(0..=60).contains(&new.undo_window_s) {
        return Err(Error::rule("undo_window", "The undo window is 0 to 60 seconds."));
    }
    let changed = tx
        .exec(
            "UPDATE organization SET undo_window_s = $3, forbid_self_approval = $4, reject_reason_required = $5, \
             hold_on_demotion = $6, settings_version = settings_version + 1 WHERE id = $1 AND settings_version = $2",
            params![
                permit.target(),
                new.version,
                new.undo_window_s,
                new.forbid_self_approval,
                new.reject_reason_required,
                new.hold_on_demotion
            ],
        )
        .await?;
    if changed == 0 {
        return Err(Error::Changed);
    }
    let data = json!({
        "version": new.version + 1, "undo_window_s": new.undo_window_s,
        "forbid_self_approval": new.forbid_self_approval, "reject_reason_required": new.reject_reason_required,
        "hold_on_demotion": new.hold_on_demotion,
    });
    let entry = Entry::new("settings.changed", Some(permit.who().account())).data(data);
    journal::append(tx, permit.who().org(), entry).await.map(drop)
}

/// Numbers for the sentence that states the effect before saving: Guests, held jobs, queued jobs.
///
/// # Errors
/// The database.
pub async fn effect(conn: &mut Conn, permit: &Permit<SetApproval>) -> Result<(i64, i64, i64), Error> {
    let row = conn
        .one(
            "SELECT (SELECT COUNT(*) FROM membership WHERE org = $1 AND role = 'guest' AND removed_at IS NULL) AS guests, \
             (SELECT COUNT(*) FROM print_job WHERE org = $1 AND state IN ('held', 'sent_back')) AS held, \
             (SELECT COUNT(*) FROM print_job WHERE org = $1 AND state = 'queued') AS queued",
            params![permit.target()],
        )
        .await?;
    Ok((row.get("guests")?, row.get("held")?, row.get("queued")?))
}
