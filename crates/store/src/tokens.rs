//! API tokens, and what lives beside them on the same lists: what people let applications do. Knows hashes only, never a
//! secret. Whether a token's person may do something is decided elsewhere, at the moment of use; here is only whose it is.

use access::Permit;
use access::table::{ManageApplications, UseTokens};
use domain::{AccountId, GrantId, Micros, OrgId, Scopes, TokenId};
use serde_json::json;
use sql::{Conn, Row, Tx, params};
use uuid::Uuid;

use crate::accounts::{By, SignedIn};
use crate::journal::{self, Entry};
use crate::{Error, new_id};

/// A person keeps at most this many: who needs more has lost sight of them.
const MOST: i64 = 50;

/// A line of the lists: an API token, or an application that acts for a person.
#[derive(Debug, Clone)]
pub struct Line {
    /// Of the token, or of the grant.
    pub id: Uuid,
    /// It is an application's.
    pub application: bool,
    /// The token's name, or the application's.
    pub name: String,
    /// Whose.
    pub owner: (AccountId, String),
    /// What it may be used for.
    pub scopes: Scopes,
    /// Made.
    pub created_at: Micros,
    /// Ends.
    pub expires_at: Micros,
    /// Last use, to the minute.
    pub last_used_at: Option<Micros>,
}

/// Makes a token. Its secret is known to its owner only.
///
/// # Errors
/// The rule `too_many_tokens`.
pub async fn create(
    tx: &mut Tx,
    permit: &Permit<UseTokens>,
    name: &str,
    scopes: Scopes,
    token_hash: &[u8],
    lives_s: i64,
) -> Result<(TokenId, Micros), Error> {
    let who = permit.who();
    let now = tx.now().await?;
    let living: i64 = tx
        .one(
            "SELECT COUNT(*) AS n FROM api_token WHERE account = $1 AND org = $2 AND revoked_at IS NULL AND expires_at > $3",
            params![who.account(), who.org(), now],
        )
        .await?
        .get("n")?;
    if living >= MOST {
        return Err(Error::rule("too_many_tokens", "You have 50 API tokens. Revoke those that you do not use."));
    }
    let id = TokenId(new_id());
    let expires = now.plus_secs(lives_s);
    tx.exec(
        "INSERT INTO api_token (id, org, account, name, name_key, scopes, token_hash, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        params![id, who.org(), who.account(), name, name.to_lowercase(), scopes, token_hash.to_vec(), now, expires],
    )
    .await?;
    let entry = Entry::new("token.created", Some(who.account()))
        .data(json!({ "token": id.0, "scopes": scopes.to_string(), "expires_at": expires.rfc3339() }))
        .text(json!({ "name": name }));
    journal::append(tx, who.org(), entry).await?;
    Ok((id, expires))
}

/// Both kinds in an organization that still live. `$1` organization, `$2` now.
macro_rules! living_sql {
    () => {
        "SELECT x.id, x.application, x.name, x.scopes, x.account, a.name AS owner, x.created_at, x.expires_at, x.last_used_at FROM (\
           SELECT t.id, 0 AS application, t.name, t.name_key, t.scopes, t.account, t.created_at, t.expires_at, t.last_used_at FROM api_token t \
           WHERE t.org = $1 AND t.revoked_at IS NULL AND t.expires_at > $2 \
         UNION ALL \
           SELECT g.id, 1 AS application, c.name, c.name_key, g.scopes, g.account, g.created_at, g.expires_at, g.last_used_at FROM oauth_grant g \
           JOIN oauth_client c ON c.id = g.client AND c.removed_at IS NULL \
           WHERE g.org = $1 AND g.revoked_at IS NULL AND g.expires_at > $2) x JOIN account a ON a.id = x.account "
    };
}

fn line(row: &Row) -> Result<Line, sql::Error> {
    Ok(Line {
        id: row.get("id")?,
        application: row.get("application")?,
        name: row.get("name")?,
        owner: (row.get("account")?, row.get("owner")?),
        scopes: row.get("scopes")?,
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
        last_used_at: row.get("last_used_at")?,
    })
}

/// The own ones, newest first.
///
/// # Errors
/// The database.
pub async fn own(conn: &mut Conn, permit: &Permit<UseTokens>) -> Result<Vec<Line>, Error> {
    let (who, now) = (permit.who(), conn.now().await?);
    let rows = conn
        .all(
            concat!(living_sql!(), "WHERE x.account = $3 ORDER BY x.id DESC LIMIT 500"),
            params![who.org(), now, who.account()],
        )
        .await?;
    Ok(rows.iter().map(line).collect::<Result<_, _>>()?)
}

/// Everybody's, newest first: those older than `before`, whose name or owner has `search` in it.
///
/// # Errors
/// The database.
pub async fn all(
    conn: &mut Conn,
    permit: &Permit<ManageApplications>,
    search: &str,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Line>, Error> {
    let now = conn.now().await?;
    let rows = conn
        .all(
            concat!(
                living_sql!(),
                "WHERE x.id < $3 AND ($4 = '' OR x.name_key LIKE $4 {escape} OR a.name_key LIKE $4 {escape}) ORDER BY x.id DESC LIMIT $5"
            ),
            params![permit.who().org(), now, before.unwrap_or(Uuid::max()), crate::containing(search), limit],
        )
        .await?;
    Ok(rows.iter().map(line).collect::<Result<_, _>>()?)
}

/// Ends one of the own.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn revoke_own(tx: &mut Tx, permit: &Permit<UseTokens>, id: Uuid) -> Result<(), Error> {
    let who = permit.who();
    end(tx, who.org(), id, Some(who.account()), who.account()).await
}

/// Ends anybody's.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn revoke_any(tx: &mut Tx, permit: &Permit<ManageApplications>, id: Uuid) -> Result<(), Error> {
    let who = permit.who();
    end(tx, who.org(), id, None, who.account()).await
}

async fn end(tx: &mut Tx, org: OrgId, id: Uuid, owner: Option<AccountId>, by: AccountId) -> Result<(), Error> {
    const TOKEN: &str = "UPDATE api_token SET revoked_at = $3, revoked_by = $4 WHERE id = $1 AND org = $2 AND revoked_at IS NULL \
        AND account = COALESCE($5, account) RETURNING account";
    const GRANT: &str = "UPDATE oauth_grant SET revoked_at = $3, revoked_by = $4 WHERE id = $1 AND org = $2 AND revoked_at IS NULL \
        AND account = COALESCE($5, account) RETURNING account";
    let now = tx.now().await?;
    let values = params![id, org, now, by, owner];
    let row = match tx.opt(TOKEN, values).await? {
        Some(row) => row,
        None => tx.opt(GRANT, values).await?.ok_or(Error::NotFound)?,
    };
    let entry = Entry::new("token.revoked", Some(by)).person(row.get("account")?).data(json!({ "token": id }));
    journal::append(tx, org, entry).await.map(drop)
}

/// A person leaves the organization: everything that acts for them there ends, for good. Coming back brings none of it back.
///
/// # Errors
/// The database.
pub async fn end_all(tx: &mut Tx, org: OrgId, person: AccountId, by: AccountId) -> Result<(), Error> {
    let now = tx.now().await?;
    for statement in [
        "UPDATE api_token SET revoked_at = $3, revoked_by = $4 WHERE org = $1 AND account = $2 AND revoked_at IS NULL",
        "UPDATE oauth_grant SET revoked_at = $3, revoked_by = $4 WHERE org = $1 AND account = $2 AND revoked_at IS NULL",
    ] {
        tx.exec(statement, params![org, person, now, by]).await?;
    }
    // Codes that nobody has exchanged yet.
    tx.exec("DELETE FROM oauth_code WHERE org = $1 AND account = $2 AND used_at IS NULL", params![org, person]).await?;
    tx.exec("DELETE FROM oauth_device WHERE org = $1 AND account = $2 AND used_at IS NULL", params![org, person])
        .await?;
    Ok(())
}

/// What a token is: an API token, or the access token of a grant.
#[derive(Debug, Clone, Copy)]
pub enum Used {
    /// API token.
    Token(TokenId),
    /// Application.
    Grant(GrantId),
}

/// The person for whom an API token acts, if it lives; and what it is.
///
/// # Errors
/// The database.
pub async fn by_api_token(conn: &mut Conn, token_hash: &[u8]) -> Result<Option<(SignedIn, Used)>, Error> {
    const Q: &str = "SELECT t.id, t.account, t.org, t.scopes, t.last_used_at, a.name, a.email FROM api_token t \
        JOIN account a ON a.id = t.account \
        JOIN membership m ON m.org = t.org AND m.account = t.account AND m.removed_at IS NULL AND m.created_at <= t.created_at \
        WHERE t.token_hash = $1 AND t.revoked_at IS NULL AND t.expires_at > $2";
    let now = conn.now().await?;
    let Some(row) = conn.opt(Q, params![token_hash.to_vec(), now]).await? else { return Ok(None) };
    Ok(Some((signed_in(&row, now)?, Used::Token(row.get("id")?))))
}

/// The same for the access token of an application.
///
/// # Errors
/// The database.
pub async fn by_access_token(conn: &mut Conn, token_hash: &[u8]) -> Result<Option<(SignedIn, Used)>, Error> {
    const Q: &str = "SELECT g.id, g.account, g.org, g.scopes, g.last_used_at, a.name, a.email FROM oauth_access t \
        JOIN oauth_grant g ON g.id = t.grant_id JOIN oauth_client c ON c.id = g.client AND c.removed_at IS NULL \
        JOIN account a ON a.id = g.account \
        JOIN membership m ON m.org = g.org AND m.account = g.account AND m.removed_at IS NULL AND m.created_at <= g.created_at \
        WHERE t.token_hash = $1 AND t.expires_at > $2 AND g.revoked_at IS NULL AND g.expires_at > $2";
    let now = conn.now().await?;
    let Some(row) = conn.opt(Q, params![token_hash.to_vec(), now]).await? else { return Ok(None) };
    Ok(Some((signed_in(&row, now)?, Used::Grant(row.get("id")?))))
}

fn signed_in(row: &Row, now: Micros) -> Result<SignedIn, sql::Error> {
    Ok(SignedIn {
        by: By::Token(row.get("scopes")?),
        account: row.get("account")?,
        org: row.get("org")?,
        name: row.get("name")?,
        email: row.get("email")?,
        now,
        seen: row.get::<Option<Micros>>("last_used_at")?.unwrap_or(Micros(0)),
    })
}

/// Remembers the use of a token; at most once a minute.
///
/// # Errors
/// The database.
pub async fn touch(tx: &mut Tx, used: Used) -> Result<(), Error> {
    let now = tx.now().await?;
    let before = now.plus_secs(-60);
    match used {
        Used::Token(id) => {
            const Q: &str = "UPDATE api_token SET last_used_at = $2 WHERE id = $1 AND COALESCE(last_used_at, 0) <= $3";
            tx.exec(Q, params![id, now, before]).await?;
        }
        Used::Grant(id) => {
            const Q: &str =
                "UPDATE oauth_grant SET last_used_at = $2 WHERE id = $1 AND COALESCE(last_used_at, 0) <= $3";
            tx.exec(Q, params![id, now, before]).await?;
        }
    }
    Ok(())
}
