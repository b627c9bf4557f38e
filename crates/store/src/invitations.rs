//! How people come into an organization: one-time invitations (ORG-01). The link for a whole class: [`crate::join_links`].

use access::Permit;
use access::table::InvitePerson;
use domain::{AccountId, Feature, InvitationId, Micros, OrgId, Plan, Role};
use serde_json::json;
use sql::{Conn, Row, Tx, params};

use crate::accounts::{SignedIn, email_key};
use crate::journal::{self, Entry};
use crate::people::{GivenRole, join};
use crate::{Error, join_links};

/// An expired invitation stays in the list for so long: it can be sent again.
const SHOWN_EXPIRED_S: i64 = 30 * 24 * 3600;

/// Whether whoever made this (`created_by`, of `i`) is an Admin now. Invitations sleep while they are not: no removed or demoted Admin keeps a
/// way back in, and a slip that is undone takes no links away from those who were just invited.
macro_rules! by_admin_sql {
    () => {
        "EXISTS (SELECT 1 FROM membership bm WHERE bm.org = i.org AND bm.account = i.created_by AND bm.removed_at IS NULL AND bm.role = 'admin')"
    };
}
pub(crate) use by_admin_sql;

/// Ends all open invitations that this person made: they do not come back.
pub(crate) async fn withdraw_of(tx: &mut Tx, org: OrgId, person: AccountId) -> Result<(), Error> {
    let now = tx.now().await?;
    tx.exec(
        "UPDATE invitation SET withdrawn_at = $3, mail_secret = NULL \
         WHERE org = $1 AND created_by = $2 AND used_at IS NULL AND withdrawn_at IS NULL",
        params![org, person, now],
    )
    .await?;
    Ok(())
}

/// Whoever makes an invitation at the machine itself is nobody in the organization.
const OPERATOR: AccountId = AccountId(uuid::Uuid::nil());

/// The inviter's name, as people read it.
fn inviter(row: &Row) -> Result<String, sql::Error> {
    Ok(row.get::<Option<String>>("by_name")?.unwrap_or_else(|| "the operator of this server".to_owned()))
}

/// An invitation in the list.
#[derive(Debug, Clone)]
pub struct Invitation {
    /// Id.
    pub id: InvitationId,
    /// Role that it gives.
    pub role: Role,
    /// The only address whose account can use it.
    pub email: Option<String>,
    /// For this person, as a note.
    pub name: Option<String>,
    /// Made.
    pub created_at: Micros,
    /// Dies.
    pub expires_at: Micros,
    /// Dead already; it can be sent again.
    pub expired: bool,
    /// By.
    pub invited_by: String,
    /// How its mail fares: `waiting`, `sent`, `failed`, `dropped`; `None` if it was not mailed.
    pub mail: Option<String>,
    /// Why the last try did not go.
    pub mail_problem: Option<String>,
    /// Whoever made it is no Admin now: its link does not work until an Admin sends it again.
    pub asleep: bool,
}

/// A secret for a link: what is stored of it.
#[derive(Debug, Clone)]
pub struct Secret {
    /// Its hash, by which the link is found.
    pub hash: Vec<u8>,
    /// Itself, sealed, if a letter has to be written with it.
    pub sealed: Option<Vec<u8>>,
    /// It lives this long.
    pub lives_s: i64,
}

/// Who is invited.
#[derive(Debug, Clone, Copy)]
pub struct Invitee<'a> {
    /// Only the account with this address can join by it.
    pub email: Option<&'a str>,
    /// A note.
    pub name: Option<&'a str>,
}

/// Why an address need not be invited.
///
/// # Errors
/// Rules `already_in`, `already_invited`.
pub async fn may_be_invited(tx: &mut Tx, permit: &Permit<InvitePerson>, email: &str) -> Result<(), Error> {
    let (org, key) = (permit.who().org(), email_key(email));
    // Two Admins who invite the same address at once wait here: the second finds the first one's.
    tx.one("SELECT seq FROM journal_head WHERE org = $1 {for_update}", params![org]).await?;
    let row = tx
        .opt(
            "SELECT a.name FROM account a JOIN membership m ON m.account = a.id \
             WHERE a.email_key = $2 AND m.org = $1 AND m.removed_at IS NULL",
            params![org, key.clone()],
        )
        .await?;
    if let Some(row) = row {
        let name: String = row.get("name")?;
        return Err(Error::rule("already_in", format!("{name} has this address and is in the organization already.")));
    }
    let now = tx.now().await?;
    let open = tx
        .opt(
            "SELECT id FROM invitation WHERE org = $1 AND email_key = $2 AND used_at IS NULL AND withdrawn_at IS NULL AND expires_at > $3 LIMIT 1",
            params![org, key, now],
        )
        .await?;
    if open.is_some() {
        return Err(Error::rule(
            "already_invited",
            "There is an open invitation for this address. Send it again, or withdraw it first.",
        ));
    }
    Ok(())
}

/// Makes a one-time invitation (ORG-01).
///
/// # Errors
/// Rules `already_in`, `already_invited`.
pub async fn invite(
    tx: &mut Tx,
    permit: &Permit<InvitePerson>,
    id: InvitationId,
    secret: &Secret,
    role: GivenRole,
    to: Invitee<'_>,
) -> Result<Micros, Error> {
    let who = permit.who();
    if let Some(email) = to.email {
        may_be_invited(tx, permit, email).await?;
    }
    let now = tx.now().await?;
    let expires = now.plus_secs(secret.lives_s);
    tx.exec(
        "INSERT INTO invitation (id, org, token_hash, role, email, name, created_by, created_at, expires_at, email_key, mail_secret, name_key) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        params![
            id,
            who.org(),
            secret.hash.clone(),
            role.role(),
            to.email,
            to.name,
            who.account(),
            now,
            expires,
            to.email.map(email_key),
            secret.sealed.clone(),
            to.name.unwrap_or_default().to_lowercase()
        ],
    )
    .await?;
    let entry = Entry::new("person.invited", Some(who.account()))
        .data(json!({ "role": role.role().word(), "invitation": id.0, "mail": secret.sealed.is_some() }))
        .text(json!({ "name": to.name, "email": to.email }));
    journal::append(tx, who.org(), entry).await?;
    Ok(expires)
}

/// The operator's invitation of an organization's first Admin (`imprimatur admin found`); never reachable over HTTP, and never
/// mailed: the operator hands the link over. Any earlier one of the operator's is dead. When it dies.
///
/// # Errors
/// The database.
pub async fn by_operator(
    tx: &mut Tx,
    _leave: &crate::organizations::Founding,
    org: OrgId,
    id: InvitationId,
    secret: &Secret,
    email: Option<&str>,
) -> Result<Micros, Error> {
    withdraw_of(tx, org, OPERATOR).await?;
    let now = tx.now().await?;
    let expires = now.plus_secs(secret.lives_s);
    tx.exec(
        "INSERT INTO invitation (id, org, token_hash, role, email, created_by, created_at, expires_at, email_key) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        params![id, org, secret.hash.clone(), Role::Admin, email, OPERATOR, now, expires, email.map(email_key)],
    )
    .await?;
    let entry = Entry::new("person.invited", None)
        .data(json!({ "role": Role::Admin.word(), "invitation": id.0, "mail": false }))
        .text(json!({ "name": null, "email": email }));
    journal::append(tx, org, entry).await?;
    Ok(expires)
}

/// What is in an open invitation: its role and address. Expired ones count as open: they can be sent again.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn open(
    conn: &mut Conn,
    permit: &Permit<InvitePerson>,
    id: InvitationId,
) -> Result<(Role, Option<String>), Error> {
    let row = conn
        .opt(
            "SELECT role, email FROM invitation WHERE id = $1 AND org = $2 AND used_at IS NULL AND withdrawn_at IS NULL",
            params![id, permit.who().org()],
        )
        .await?
        .ok_or(Error::NotFound)?;
    Ok((row.get("role")?, row.get("email")?))
}

/// Gives an open invitation a new link; the old one is dead, and it is as one that was made now by whoever sends it again. When
/// the new one dies.
///
/// # Errors
/// [`Error::NotFound`] if it is not open.
pub async fn send_again(
    tx: &mut Tx,
    permit: &Permit<InvitePerson>,
    id: InvitationId,
    secret: &Secret,
    role: GivenRole,
) -> Result<Micros, Error> {
    let who = permit.who();
    let now = tx.now().await?;
    let expires = now.plus_secs(secret.lives_s);
    let changed = tx
        .exec(
            "UPDATE invitation SET token_hash = $4, created_at = $8, expires_at = $5, created_by = $6, mail_secret = $7 \
             WHERE id = $1 AND org = $2 AND role = $3 AND used_at IS NULL AND withdrawn_at IS NULL",
            params![
                id,
                who.org(),
                role.role(),
                secret.hash.clone(),
                expires,
                who.account(),
                secret.sealed.clone(),
                now
            ],
        )
        .await?;
    if changed == 0 {
        return Err(Error::NotFound);
    }
    let entry = Entry::new("person.invitation_sent_again", Some(who.account()))
        .data(json!({ "invitation": id.0, "mail": secret.sealed.is_some() }));
    journal::append(tx, who.org(), entry).await?;
    Ok(expires)
}

/// Where a page of invitations ended.
pub type Place = (i64, InvitationId);

/// A page of the open invitations, newest first; and where the next one begins.
///
/// # Errors
/// The database.
pub async fn list(
    conn: &mut Conn,
    permit: &Permit<InvitePerson>,
    search: &str,
    after: Option<Place>,
    limit: i64,
) -> Result<(Vec<Invitation>, Option<Place>), Error> {
    let now = conn.now().await?;
    let (at, id) = after.unwrap_or((i64::MAX, InvitationId(uuid::Uuid::max())));
    let mut rows = conn
        .all(
            concat!("SELECT i.id, i.role, i.email, i.name, i.created_at, i.expires_at, a.name AS by_name, \
             CASE WHEN i.created_by = $7 OR ", by_admin_sql!(), " THEN 0 ELSE 1 END AS asleep, (SELECT CASE WHEN m.ended_at IS NULL THEN 'waiting' ELSE m.outcome END FROM mail m WHERE m.invitation = i.id \
              ORDER BY m.seq DESC LIMIT 1) AS mail, \
             (SELECT m.problem FROM mail m WHERE m.invitation = i.id ORDER BY m.seq DESC LIMIT 1) AS mail_problem, CASE WHEN i.mail_secret IS NULL THEN 0 ELSE 1 END AS to_be_mailed \
             FROM invitation i LEFT JOIN account a ON a.id = i.created_by \
             WHERE i.org = $1 AND i.used_at IS NULL AND i.withdrawn_at IS NULL AND i.expires_at > $2 \
             AND (i.created_at, i.id) < ($3, $4) \
             AND ($5 = '' OR i.name_key LIKE $5 {escape} OR i.email_key LIKE $5 {escape}) \
             ORDER BY i.created_at DESC, i.id DESC LIMIT $6"),
            params![
                permit.who().org(),
                now.plus_secs(-SHOWN_EXPIRED_S),
                at,
                id,
                crate::containing(search),
                limit + 1,
                OPERATOR
            ],
        )
        .await?;
    let more = crate::cut(&mut rows, limit);
    let read = |row: &Row| {
        let expires_at: Micros = row.get("expires_at")?;
        let waiting = row.get::<bool>("to_be_mailed")?.then(|| "waiting".to_owned());
        Ok::<_, sql::Error>(Invitation {
            id: row.get("id")?,
            role: row.get("role")?,
            email: row.get("email")?,
            name: row.get("name")?,
            created_at: row.get("created_at")?,
            expires_at,
            expired: expires_at <= now,
            invited_by: inviter(row)?,
            mail: waiting.or(row.get("mail")?),
            mail_problem: row.get("mail_problem")?,
            asleep: row.get("asleep")?,
        })
    };
    let found = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let next = found.last().filter(|_| more).map(|last| (last.created_at.0, last.id));
    Ok((found, next))
}

/// Withdraws an invitation.
///
/// # Errors
/// [`Error::NotFound`] if it is not open.
pub async fn withdraw(tx: &mut Tx, permit: &Permit<InvitePerson>, id: InvitationId) -> Result<(), Error> {
    let now = tx.now().await?;
    let changed = tx
        .exec(
            "UPDATE invitation SET withdrawn_at = $3, mail_secret = NULL \
             WHERE id = $1 AND org = $2 AND used_at IS NULL AND withdrawn_at IS NULL",
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

/// What the holder of a link is shown.
#[derive(Debug, Clone)]
pub struct Offer {
    /// Organization.
    pub org: OrgId,
    /// Its name.
    pub organization: String,
    /// Role.
    pub role: Role,
    /// Only the account with this address can use it.
    pub email: Option<String>,
    /// Who invites.
    pub invited_by: String,
    /// Dies.
    pub expires_at: Micros,
    /// Why it cannot be used any more.
    pub dead: Option<&'static str>,
    /// A link for many, not for one.
    pub join_link: bool,
}

/// Looks a link up by its secret: an invitation, or a join link.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn offer(conn: &mut Conn, token_hash: &[u8]) -> Result<Offer, Error> {
    let now = conn.now().await?;
    let row = conn
        .opt(
            concat!(
                "SELECT i.org, o.name AS organization, o.plan, i.role, i.email, a.name AS by_name, i.expires_at, i.used_at, i.withdrawn_at, \
                 o.suspended, CASE WHEN i.created_by = $2 OR ",
                by_admin_sql!(),
                " THEN 0 ELSE 1 END AS asleep FROM invitation i JOIN organization o ON o.id = i.org \
                 LEFT JOIN account a ON a.id = i.created_by WHERE i.token_hash = $1"
            ),
            params![token_hash.to_vec(), OPERATOR],
        )
        .await?;
    let Some(row) = row else { return join_links::offer(conn, token_hash).await };
    let expires_at: Micros = row.get("expires_at")?;
    let (role, plan): (Role, Plan) = (row.get("role")?, row.get("plan")?);
    let dead = if row.get::<Option<i64>>("used_at")?.is_some() {
        Some(USED)
    } else if row.get::<Option<i64>>("withdrawn_at")?.is_some() || row.get::<bool>("suspended")? {
        Some("This invitation was withdrawn. Ask the person who sent it.")
    } else if row.get("asleep")? {
        Some("Whoever sent this invitation is no Admin any more. Ask an Admin to send it again.")
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
        invited_by: inviter(&row)?,
        expires_at,
        dead,
        join_link: false,
    })
}

const USED: &str = "This invitation was used already. Ask for a new one.";

/// Joins by a link: by an invitation once and by one person, whose address has to be the invited one if there is one; by a
/// join link as often as it has uses. The organization joined.
///
/// # Errors
/// Rules `link_dead`, `another_address`, `removed_before`, `already_in`.
pub async fn accept(tx: &mut Tx, me: &SignedIn, token_hash: &[u8]) -> Result<OrgId, Error> {
    let asked = offer(tx, token_hash).await?;
    crate::organizations::hold_settings(tx, asked.org).await?;
    let offer = offer(tx, token_hash).await?;
    if let Some(why) = offer.dead {
        return Err(Error::rule("link_dead", why));
    }
    if let Some(email) = offer.email.as_deref().filter(|email| email_key(email) != email_key(me.email())) {
        return Err(Error::rule(
            "another_address",
            format!(
                "This invitation is for {email}. Sign in with the account of this address, or ask for another one."
            ),
        ));
    }
    let now = tx.now().await?;
    if offer.join_link {
        join_links::take(tx, offer.org, me, token_hash).await?;
    } else {
        still_meant(tx, offer.org, me, token_hash).await?;
        let used = tx
            .exec(
                "UPDATE invitation SET used_at = $2, used_by = $3, mail_secret = NULL \
                 WHERE token_hash = $1 AND used_at IS NULL AND withdrawn_at IS NULL",
                params![token_hash.to_vec(), now, me.account()],
            )
            .await?;
        if used == 0 {
            return Err(Error::rule("link_dead", USED));
        }
    }
    join(tx, offer.org, me.account(), offer.role, now).await?;
    tx.exec("UPDATE session SET org = $2, last_seen_at = $3 WHERE id = $1", params![me.session(), offer.org, now])
        .await?;
    let entry = Entry::new("person.joined", Some(me.account()))
        .person(me.account())
        .data(json!({ "role": offer.role.word(), "by_join_link": offer.join_link }));
    journal::append(tx, offer.org, entry).await?;
    Ok(offer.org)
}

/// An invitation that is older than a person's removal by an Admin was not meant to let them in again.
async fn still_meant(tx: &mut Tx, org: OrgId, me: &SignedIn, token_hash: &[u8]) -> Result<(), Error> {
    let removed_since = tx
        .opt(
            "SELECT m.account FROM membership m JOIN invitation i ON i.org = m.org WHERE m.org = $1 AND m.account = $2 \
             AND i.token_hash = $3 AND m.removed_at > i.created_at AND m.removed_by <> m.account",
            params![org, me.account(), token_hash.to_vec()],
        )
        .await?;
    match removed_since {
        None => Ok(()),
        Some(_) => Err(Error::rule(
            "removed_before",
            "You were removed from this organization after this invitation was made. Ask for a new one.",
        )),
    }
}
