//! What waits to be exchanged for tokens: authorization codes, and devices that wait for a person (RFC 8628). Each is used once;
//! whoever shows one again is told by the row what came of it, so that it can be ended.

use access::Permit;
use access::table::UseTokens;
use domain::{AccountId, ClientId, GrantId, Micros, OrgId, Scopes};
use serde_json::json;
use sql::{Conn, Row, Tx, params};

use crate::Error;
use crate::journal::{self, Entry};
use crate::oauth::Client;

/// An authorization code, as it was given out.
#[derive(Debug, Clone)]
pub struct Code {
    /// To which application.
    pub client: ClientId,
    /// In which organization.
    pub org: OrgId,
    /// By whom.
    pub account: AccountId,
    /// For what.
    pub scopes: Scopes,
    /// With this answer address.
    pub redirect_uri: String,
    /// PKCE, S256.
    pub challenge: String,
    /// Dies.
    pub expires_at: Micros,
    /// It was shown before.
    pub used: bool,
    /// What came of it.
    pub grant: Option<GrantId>,
}

/// Gives out a code: a person has said yes.
///
/// # Errors
/// The database.
pub async fn give_code(
    tx: &mut Tx,
    permit: &Permit<UseTokens>,
    client: &Client,
    (scopes, redirect_uri, challenge): (Scopes, &str, &str),
    code_hash: &[u8],
    lives_s: i64,
) -> Result<(), Error> {
    let who = permit.who();
    let now = tx.now().await?;
    tx.exec(
        "INSERT INTO oauth_code (code_hash, client, org, account, scopes, redirect_uri, challenge, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        params![
            code_hash.to_vec(),
            client.id,
            who.org(),
            who.account(),
            scopes,
            redirect_uri,
            challenge,
            now,
            now.plus_secs(lives_s)
        ],
    )
    .await?;
    agreed(tx, permit, client, scopes).await
}

async fn agreed(tx: &mut Tx, permit: &Permit<UseTokens>, client: &Client, scopes: Scopes) -> Result<(), Error> {
    let entry = Entry::new("token.allowed", Some(permit.who().account()))
        .data(json!({ "application": client.id.0, "scopes": scopes.to_string() }));
    journal::append(tx, permit.who().org(), entry).await.map(drop)
}

/// The code behind a hash; locked until the transaction ends.
///
/// # Errors
/// The database.
pub async fn code(tx: &mut Tx, code_hash: &[u8]) -> Result<Option<Code>, Error> {
    const Q: &str = "SELECT client, org, account, scopes, redirect_uri, challenge, expires_at, used_at, grant_id FROM oauth_code \
        WHERE code_hash = $1 {for_update}";
    let Some(row) = tx.opt(Q, params![code_hash.to_vec()]).await? else { return Ok(None) };
    Ok(Some(Code {
        client: row.get("client")?,
        org: row.get("org")?,
        account: row.get("account")?,
        scopes: row.get("scopes")?,
        redirect_uri: row.get("redirect_uri")?,
        challenge: row.get("challenge")?,
        expires_at: row.get("expires_at")?,
        used: row.get::<Option<i64>>("used_at")?.is_some(),
        grant: row.get("grant_id")?,
    }))
}

/// Who said yes to what is behind this hash, in which organization; without a lock, so that theirs come first.
///
/// # Errors
/// The database.
pub async fn whose(conn: &mut Conn, hash: &[u8]) -> Result<Option<(OrgId, AccountId)>, Error> {
    const Q: &str = "SELECT org, account FROM oauth_code WHERE code_hash = $1 \
        UNION ALL SELECT org, account FROM oauth_device WHERE device_hash = $1 AND account IS NOT NULL \
        UNION ALL SELECT g.org, g.account FROM oauth_refresh t JOIN oauth_grant g ON g.id = t.grant_id WHERE t.token_hash = $1";
    let row = conn.opt(Q, params![hash.to_vec()]).await?;
    Ok(row.map(|row| Ok::<_, sql::Error>((row.get("org")?, row.get("account")?))).transpose()?)
}

/// A code is used up, whether or not something came of it.
///
/// # Errors
/// The database.
pub async fn use_code(tx: &mut Tx, code_hash: &[u8], grant: Option<GrantId>) -> Result<(), Error> {
    let now = tx.now().await?;
    tx.exec(
        "UPDATE oauth_code SET used_at = $2, grant_id = $3 WHERE code_hash = $1",
        params![code_hash.to_vec(), now, grant],
    )
    .await?;
    Ok(())
}

/// A device that waits.
#[derive(Debug, Clone)]
pub struct Device {
    /// Of which application.
    pub client: ClientId,
    /// In which organization.
    pub org: OrgId,
    /// What it asks for.
    pub scopes: Scopes,
    /// Gives up.
    pub expires_at: Micros,
    /// It may ask this often.
    pub interval_s: i64,
    /// It asked last.
    pub polled_at: Option<Micros>,
    /// What a person said: yes or no.
    pub answer: Option<bool>,
    /// Who.
    pub account: Option<AccountId>,
    /// It was exchanged before.
    pub used: bool,
    /// What came of it.
    pub grant: Option<GrantId>,
}

fn device_row(row: &Row) -> Result<Device, sql::Error> {
    Ok(Device {
        client: row.get("client")?,
        org: row.get("org")?,
        scopes: row.get("scopes")?,
        expires_at: row.get("expires_at")?,
        interval_s: row.get("interval_s")?,
        polled_at: row.get("polled_at")?,
        answer: row.get::<Option<String>>("answer")?.map(|word| word == "allowed"),
        account: row.get("account")?,
        used: row.get::<Option<i64>>("used_at")?.is_some(),
        grant: row.get("grant_id")?,
    })
}

macro_rules! device_sql {
    () => {
        "SELECT client, org, scopes, expires_at, interval_s, polled_at, answer, account, used_at, grant_id FROM oauth_device "
    };
}

/// A device begins to wait. `false`: somebody waits with this user code already; make another.
///
/// # Errors
/// The database.
pub async fn begin_device(
    tx: &mut Tx,
    client: &Client,
    scopes: Scopes,
    (device_hash, user_hash): (&[u8], &[u8]),
    (lives_s, interval_s): (i64, i64),
) -> Result<bool, Error> {
    let now = tx.now().await?;
    tx.exec("DELETE FROM oauth_device WHERE user_hash = $1 AND expires_at <= $2", params![user_hash.to_vec(), now])
        .await?;
    let made = tx
        .exec(
            "INSERT INTO oauth_device (device_hash, user_hash, client, org, scopes, created_at, expires_at, interval_s) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (user_hash) DO NOTHING",
            params![
                device_hash.to_vec(),
                user_hash.to_vec(),
                client.id,
                client.org,
                scopes,
                now,
                now.plus_secs(lives_s),
                interval_s
            ],
        )
        .await?;
    Ok(made > 0)
}

/// The device behind the code that a person typed: waiting, not answered, of an application of their organization.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn device_of_user(conn: &mut Conn, permit: &Permit<UseTokens>, user_hash: &[u8]) -> Result<Device, Error> {
    let now = conn.now().await?;
    let row = conn
        .opt(
            concat!(device_sql!(), "WHERE user_hash = $1 AND org = $2 AND expires_at > $3 AND answer IS NULL"),
            params![user_hash.to_vec(), permit.who().org(), now],
        )
        .await?;
    Ok(device_row(&row.ok_or(Error::NotFound)?)?)
}

/// A person answers a device; once.
///
/// # Errors
/// [`Error::NotFound`]: answered or given up meanwhile.
pub async fn answer_device(
    tx: &mut Tx,
    permit: &Permit<UseTokens>,
    client: &Client,
    user_hash: &[u8],
    allowed: bool,
) -> Result<(), Error> {
    let device = device_of_user(tx, permit, user_hash).await?;
    let word = if allowed { "allowed" } else { "refused" };
    let answered = tx
        .exec(
            "UPDATE oauth_device SET answer = $2, account = $3 WHERE user_hash = $1 AND answer IS NULL",
            params![user_hash.to_vec(), word, permit.who().account()],
        )
        .await?;
    if answered == 0 {
        return Err(Error::NotFound);
    }
    if allowed { agreed(tx, permit, client, device.scopes).await } else { Ok(()) }
}

/// The device behind the secret that it polls with; locked until the transaction ends.
///
/// # Errors
/// The database.
pub async fn device(tx: &mut Tx, device_hash: &[u8]) -> Result<Option<Device>, Error> {
    let row =
        tx.opt(concat!(device_sql!(), "WHERE device_hash = $1 {for_update}"), params![device_hash.to_vec()]).await?;
    Ok(row.map(|row| device_row(&row)).transpose()?)
}

/// A device has asked; from now on it may ask this often.
///
/// # Errors
/// The database.
pub async fn polled(tx: &mut Tx, device_hash: &[u8], interval_s: i64) -> Result<(), Error> {
    let now = tx.now().await?;
    tx.exec(
        "UPDATE oauth_device SET polled_at = $2, interval_s = $3 WHERE device_hash = $1",
        params![device_hash.to_vec(), now, interval_s],
    )
    .await?;
    Ok(())
}

/// A device's answer is used up.
///
/// # Errors
/// The database.
pub async fn use_device(tx: &mut Tx, device_hash: &[u8], grant: Option<GrantId>) -> Result<(), Error> {
    let now = tx.now().await?;
    tx.exec(
        "UPDATE oauth_device SET used_at = $2, grant_id = $3 WHERE device_hash = $1",
        params![device_hash.to_vec(), now, grant],
    )
    .await?;
    Ok(())
}

/// Forgets what ended more than a day ago: until then a repetition is recognized.
///
/// # Errors
/// The database.
pub async fn sweep(tx: &mut Tx) -> Result<(), Error> {
    let before = tx.now().await?.plus_secs(-86_400);
    for statement in [
        "DELETE FROM oauth_code WHERE expires_at < $1",
        "DELETE FROM oauth_device WHERE expires_at < $1",
        "DELETE FROM oauth_access WHERE expires_at < $1",
        "DELETE FROM oauth_refresh WHERE expires_at < $1",
    ] {
        tx.exec(statement, params![before]).await?;
    }
    Ok(())
}
