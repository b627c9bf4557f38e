//! Grants and their tokens: one family, made by one yes of a person, ended together. Access tokens are short; a refresh token is
//! exchanged for its successor each time, and one that is shown twice ends the family.

use access::Permit;
use access::table::UseTokens;
use domain::{AccountId, ClientId, GrantId, Micros, OrgId, Scopes};
use serde_json::json;
use sql::{Conn, Tx, params};

use crate::journal::{self, Entry};
use crate::{Error, new_id};

/// A grant, by one of its tokens.
#[derive(Debug, Clone)]
pub struct Grant {
    /// Id.
    pub id: GrantId,
    /// Application.
    pub client: ClientId,
    /// Organization.
    pub org: OrgId,
    /// Person.
    pub account: AccountId,
    /// For what.
    pub scopes: Scopes,
    /// Its absolute end.
    pub expires_at: Micros,
    /// It ended before that.
    pub revoked: bool,
}

/// A refresh token with its grant.
#[derive(Debug, Clone)]
pub struct Refresh {
    /// Whose.
    pub grant: Grant,
    /// Dies.
    pub expires_at: Micros,
    /// It has a successor.
    pub used: bool,
}

/// How long the tokens of a family live, in seconds.
#[derive(Debug, Clone, Copy)]
pub struct Life {
    /// An access token.
    pub access_s: i64,
    /// A refresh token that nobody uses.
    pub refresh_s: i64,
    /// All of it.
    pub grant_s: i64,
}

/// Begins a family. The permit is that of the person who said yes, made anew in this transaction.
///
/// # Errors
/// The database.
pub async fn begin(
    tx: &mut Tx,
    permit: &Permit<UseTokens>,
    client: ClientId,
    scopes: Scopes,
    life: Life,
) -> Result<Grant, Error> {
    let who = permit.who();
    let now = tx.now().await?;
    let (id, expires_at) = (GrantId(new_id()), now.plus_secs(life.grant_s));
    tx.exec(
        "INSERT INTO oauth_grant (id, org, account, client, scopes, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![id, who.org(), who.account(), client, scopes, now, expires_at],
    )
    .await?;
    Ok(Grant { id, client, org: who.org(), account: who.account(), scopes, expires_at, revoked: false })
}

/// Adds one access token and one refresh token. None outlives the grant. Seconds that the access token lives.
///
/// # Errors
/// The database.
pub async fn issue(tx: &mut Tx, grant: &Grant, access: &[u8], refresh: &[u8], life: Life) -> Result<i64, Error> {
    let now = tx.now().await?;
    let at_most = |lives_s: i64| now.plus_secs(lives_s).min(grant.expires_at);
    let access_ends = at_most(life.access_s);
    tx.exec(
        "INSERT INTO oauth_access (token_hash, grant_id, created_at, expires_at) VALUES ($1, $2, $3, $4)",
        params![access.to_vec(), grant.id, now, access_ends],
    )
    .await?;
    tx.exec(
        "INSERT INTO oauth_refresh (token_hash, grant_id, created_at, expires_at) VALUES ($1, $2, $3, $4)",
        params![refresh.to_vec(), grant.id, now, at_most(life.refresh_s)],
    )
    .await?;
    Ok(access_ends.secs_since(now))
}

/// The journal row of a new grant; last in its transaction.
///
/// # Errors
/// The database.
pub async fn begun(tx: &mut Tx, grant: &Grant) -> Result<(), Error> {
    let entry = Entry::new("token.granted", Some(grant.account))
        .person(grant.account)
        .data(json!({ "token": grant.id.0, "application": grant.client.0, "scopes": grant.scopes.to_string() }));
    journal::append(tx, grant.org, entry).await.map(drop)
}

/// The refresh token behind a hash; locked until the transaction ends.
///
/// # Errors
/// The database.
pub async fn refresh(tx: &mut Tx, token_hash: &[u8]) -> Result<Option<Refresh>, Error> {
    const LOCK: &str = "SELECT grant_id, expires_at, used_at FROM oauth_refresh WHERE token_hash = $1 {for_update}";
    let Some(row) = tx.opt(LOCK, params![token_hash.to_vec()]).await? else { return Ok(None) };
    let Some(grant) = grant(tx, row.get("grant_id")?).await? else { return Ok(None) };
    let used = row.get::<Option<i64>>("used_at")?.is_some();
    Ok(Some(Refresh { grant, expires_at: row.get("expires_at")?, used }))
}

/// A refresh token has a successor now.
///
/// # Errors
/// The database.
pub async fn use_refresh(tx: &mut Tx, token_hash: &[u8]) -> Result<(), Error> {
    let now = tx.now().await?;
    tx.exec("UPDATE oauth_refresh SET used_at = $2 WHERE token_hash = $1", params![token_hash.to_vec(), now]).await?;
    Ok(())
}

/// Refresh tokens that a family got since a moment.
///
/// # Errors
/// The database.
pub async fn refreshed_since(conn: &mut Conn, grant: GrantId, since: Micros) -> Result<i64, Error> {
    const Q: &str = "SELECT COUNT(*) AS n FROM oauth_refresh WHERE grant_id = $1 AND created_at > $2";
    Ok(conn.one(Q, params![grant, since]).await?.get("n")?)
}

/// The grant behind any of its tokens.
///
/// # Errors
/// The database.
pub async fn by_any_token(conn: &mut Conn, token_hash: &[u8]) -> Result<Option<Grant>, Error> {
    const Q: &str = "SELECT grant_id FROM oauth_refresh WHERE token_hash = $1 \
        UNION ALL SELECT grant_id FROM oauth_access WHERE token_hash = $1";
    match conn.opt(Q, params![token_hash.to_vec()]).await? {
        Some(row) => grant(conn, row.get("grant_id")?).await,
        None => Ok(None),
    }
}

async fn grant(conn: &mut Conn, id: GrantId) -> Result<Option<Grant>, Error> {
    const Q: &str = "SELECT client, org, account, scopes, expires_at, revoked_at FROM oauth_grant WHERE id = $1";
    let Some(row) = conn.opt(Q, params![id]).await? else { return Ok(None) };
    Ok(Some(Grant {
        id,
        client: row.get("client")?,
        org: row.get("org")?,
        account: row.get("account")?,
        scopes: row.get("scopes")?,
        expires_at: row.get("expires_at")?,
        revoked: row.get::<Option<i64>>("revoked_at")?.is_some(),
    }))
}

/// Ends a family because of what one of its tokens was used for: `why` is a word of ours. Nothing happens if it has ended.
///
/// # Errors
/// The database.
pub async fn end(tx: &mut Tx, id: GrantId, why: &'static str) -> Result<(), Error> {
    let now = tx.now().await?;
    const END: &str =
        "UPDATE oauth_grant SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL RETURNING org, account";
    let Some(row) = tx.opt(END, params![id, now]).await? else { return Ok(()) };
    let entry = Entry::new("token.ended", None).person(row.get("account")?).data(json!({ "token": id.0, "why": why }));
    journal::append(tx, row.get("org")?, entry).await.map(drop)
}
