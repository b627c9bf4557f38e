//! The join link: one for each organization, by which many people become Guests and nothing else. It ends after some days and
//! some uses, so that one that leaks is bounded.

use access::Permit;
use access::table::{GiveGuestRole, InvitePerson};
use domain::{Feature, Micros, OrgId, Plan, Role};
use serde_json::json;
use sql::{Conn, Tx, params};
use uuid::Uuid;

use crate::Error;
use crate::accounts::SignedIn;
use crate::invitations::{Offer, by_admin_sql};
use crate::journal::{self, Entry};

/// The most days that a link may live.
pub const MOST_DAYS: i64 = 90;
/// The most people who may come in by one link.
pub const MOST_USES: i64 = 1000;

/// The link as Admins see it.
#[derive(Debug, Clone)]
pub struct JoinLink {
    /// Id.
    pub id: Uuid,
    /// Its secret, sealed.
    pub sealed: Vec<u8>,
    /// Made.
    pub created_at: Micros,
    /// By.
    pub made_by: String,
    /// Dies.
    pub expires_at: Micros,
    /// So many came in by it.
    pub uses: i64,
    /// So many may.
    pub most: i64,
    /// It can be used now.
    pub alive: bool,
}

/// The open link, if there is one; a plan without Guests has none.
///
/// # Errors
/// The database.
pub async fn current(conn: &mut Conn, permit: &Permit<GiveGuestRole>) -> Result<Option<JoinLink>, Error> {
    let now = conn.now().await?;
    let row = conn
        .opt(
            concat!(
                "SELECT i.id, i.secret, i.created_at, i.expires_at, i.uses, i.most, a.name AS by_name, CASE WHEN ",
                by_admin_sql!(),
                " THEN 1 ELSE 0 END AS by_admin FROM join_link i JOIN account a ON a.id = i.created_by \
                 WHERE i.org = $1 AND i.closed_at IS NULL"
            ),
            params![permit.who().org()],
        )
        .await?;
    let read = |row: sql::Row| {
        let (expires_at, uses, most): (Micros, i64, i64) = (row.get("expires_at")?, row.get("uses")?, row.get("most")?);
        Ok::<_, sql::Error>(JoinLink {
            id: row.get("id")?,
            sealed: row.get("secret")?,
            created_at: row.get("created_at")?,
            made_by: row.get("by_name")?,
            expires_at,
            uses,
            most,
            alive: expires_at > now && uses < most && row.get("by_admin")?,
        })
    };
    Ok(row.map(read).transpose()?)
}

/// A new link.
#[derive(Debug, Clone)]
pub struct NewLink {
    /// Id.
    pub id: Uuid,
    /// Hash of its secret.
    pub hash: Vec<u8>,
    /// Its secret, sealed.
    pub sealed: Vec<u8>,
    /// It lives so many days.
    pub days: i64,
    /// So many people may come in by it.
    pub most: i64,
}

/// Makes the link, instead of the one before, which is dead from then on.
///
/// # Errors
/// The rule `join_link_bounds`.
pub async fn renew(
    tx: &mut Tx,
    permit: &Permit<InvitePerson>,
    _guests: &Permit<GiveGuestRole>,
    new: &NewLink,
) -> Result<(), Error> {
    if !(1..=MOST_DAYS).contains(&new.days) || !(1..=MOST_USES).contains(&new.most) {
        return Err(Error::rule(
            "join_link_bounds",
            format!("A join link lives 1 to {MOST_DAYS} days, for 1 to {MOST_USES} people."),
        ));
    }
    let who = permit.who();
    let now = tx.now().await?;
    close(tx, who.org()).await?;
    tx.exec(
        "INSERT INTO join_link (id, org, token_hash, secret, created_by, created_at, expires_at, most) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        params![
            new.id,
            who.org(),
            new.hash.clone(),
            new.sealed.clone(),
            who.account(),
            now,
            now.plus_secs(new.days * 24 * 3600),
            new.most
        ],
    )
    .await?;
    let data = json!({ "link": new.id, "days": new.days, "most": new.most });
    let entry = Entry::new("person.join_link_made", Some(who.account())).data(data);
    journal::append(tx, who.org(), entry).await.map(drop)
}

/// Turns the link off. Nothing happens if there is none.
///
/// # Errors
/// The database.
pub async fn turn_off(tx: &mut Tx, permit: &Permit<InvitePerson>) -> Result<(), Error> {
    let who = permit.who();
    if close(tx, who.org()).await? == 0 {
        return Ok(());
    }
    let entry = Entry::new("person.join_link_off", Some(who.account()));
    journal::append(tx, who.org(), entry).await.map(drop)
}

async fn close(tx: &mut Tx, org: OrgId) -> Result<u64, Error> {
    let now = tx.now().await?;
    const CLOSE: &str = "UPDATE join_link SET closed_at = $2 WHERE org = $1 AND closed_at IS NULL";
    Ok(tx.exec(CLOSE, params![org, now]).await?)
}

/// What the holder of a join link is shown.
pub(crate) async fn offer(conn: &mut Conn, token_hash: &[u8]) -> Result<Offer, Error> {
    let now = conn.now().await?;
    let row = conn
        .opt(
            concat!(
                "SELECT i.org, o.name AS organization, o.plan, o.suspended, a.name AS by_name, i.expires_at, i.uses, i.most, i.closed_at, \
                 CASE WHEN ",
                by_admin_sql!(),
                " THEN 1 ELSE 0 END AS by_admin FROM join_link i JOIN organization o ON o.id = i.org \
                 JOIN account a ON a.id = i.created_by WHERE i.token_hash = $1"
            ),
            params![token_hash.to_vec()],
        )
        .await?
        .ok_or(Error::NotFound)?;
    let expires_at: Micros = row.get("expires_at")?;
    let dead = if row.get::<Option<i64>>("closed_at")?.is_some() || row.get::<bool>("suspended")? {
        Some("This link was turned off. Ask the person who showed it to you for the new one.")
    } else if !row.get::<bool>("by_admin")? {
        Some("Whoever made this link is no Admin any more. Ask an Admin for a new one.")
    } else if expires_at <= now {
        Some("This link has expired. Ask the person who showed it to you for a new one.")
    } else if row.get::<i64>("uses")? >= row.get::<i64>("most")? {
        Some("As many people as this link was made for have joined. Ask the person who showed it to you for a new one.")
    } else if !row.get::<Plan>("plan")?.has(Feature::Guests) {
        Some("The organization's plan has no Guests at the moment. Ask the person who showed you the link.")
    } else {
        None
    };
    Ok(Offer {
        org: row.get("org")?,
        organization: row.get("organization")?,
        role: Role::Guest,
        email: None,
        invited_by: row.get("by_name")?,
        expires_at,
        dead,
        join_link: true,
    })
}

/// Takes one use. Whoever was removed by an Admin does not come back by a link that hangs on a wall.
pub(crate) async fn take(tx: &mut Tx, org: OrgId, me: &SignedIn, token_hash: &[u8]) -> Result<(), Error> {
    let removed = tx
        .opt(
            "SELECT account FROM membership WHERE org = $1 AND account = $2 AND removed_at IS NOT NULL AND removed_by <> account",
            params![org, me.account()],
        )
        .await?;
    if removed.is_some() {
        return Err(Error::rule(
            "removed_before",
            "You were removed from this organization. Only an Admin's invitation lets you in again.",
        ));
    }
    let used = tx
        .exec(
            "UPDATE join_link SET uses = uses + 1 WHERE token_hash = $1 AND closed_at IS NULL AND uses < most",
            params![token_hash.to_vec()],
        )
        .await?;
    if used == 0 {
        return Err(Error::rule("link_dead", "This link cannot be used any more. Ask for a new one."));
    }
    Ok(())
}
