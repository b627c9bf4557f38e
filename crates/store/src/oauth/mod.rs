//! Applications of others: who is registered. Codes and devices that wait: [`waiting`]. Grants and their tokens: [`family`].

pub mod family;
pub mod waiting;

use access::Permit;
use access::table::{ManageApplications, UseTokens};
use domain::{ClientId, Micros, OrgId, Scopes};
use serde_json::json;
use sql::{Conn, Row, Tx, params};

use crate::journal::{self, Entry};
use crate::{Error, new_id};

/// An organization has at most this many.
const MOST: i64 = 200;

/// A registered application: a public client, which keeps no secret.
#[derive(Debug, Clone)]
pub struct Client {
    /// Its `client_id`.
    pub id: ClientId,
    /// Whose.
    pub org: OrgId,
    /// Name on the consent page.
    pub name: String,
    /// Where answers may go, exactly.
    pub redirect_uris: Vec<String>,
    /// The most it may ask for.
    pub scopes: Scopes,
}

/// A line of the list.
#[derive(Debug, Clone)]
pub struct ClientLine {
    /// The application.
    pub client: Client,
    /// Who registered it.
    pub by: String,
    /// When.
    pub created_at: Micros,
    /// For so many people it acts.
    pub people: i64,
}

fn client(row: &Row) -> Result<Client, sql::Error> {
    let uris: String = row.get("redirect_uris")?;
    Ok(Client {
        id: row.get("id")?,
        org: row.get("org")?,
        name: row.get("name")?,
        redirect_uris: serde_json::from_str(&uris).map_err(|_| sql::Error::Column("redirect_uris"))?,
        scopes: row.get("scopes")?,
    })
}

/// Registers an application.
///
/// # Errors
/// The rule `too_many_applications`.
pub async fn register(
    tx: &mut Tx,
    permit: &Permit<ManageApplications>,
    name: &str,
    redirect_uris: &[String],
    scopes: Scopes,
) -> Result<ClientId, Error> {
    let who = permit.who();
    const COUNT: &str = "SELECT COUNT(*) AS n FROM oauth_client WHERE org = $1 AND removed_at IS NULL";
    if tx.one(COUNT, params![who.org()]).await?.get::<i64>("n")? >= MOST {
        return Err(Error::rule("too_many_applications", "There are 200 applications. Remove those that nobody uses."));
    }
    let id = ClientId(new_id());
    let now = tx.now().await?;
    tx.exec(
        "INSERT INTO oauth_client (id, org, name, redirect_uris, scopes, created_by, created_at, name_key) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        params![id, who.org(), name, json!(redirect_uris).to_string(), scopes, who.account(), now, name.to_lowercase()],
    )
    .await?;
    let entry = Entry::new("token.application_registered", Some(who.account()))
        .data(json!({ "application": id.0, "scopes": scopes.to_string() }))
        .text(json!({ "name": name, "redirect_uris": redirect_uris }));
    journal::append(tx, who.org(), entry).await?;
    Ok(id)
}

/// Removes an application: all that people let it do ends at once.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn remove(tx: &mut Tx, permit: &Permit<ManageApplications>, id: ClientId) -> Result<(), Error> {
    let who = permit.who();
    let now = tx.now().await?;
    const REMOVE: &str =
        "UPDATE oauth_client SET removed_at = $3, removed_by = $4 WHERE id = $1 AND org = $2 AND removed_at IS NULL";
    if tx.exec(REMOVE, params![id, who.org(), now, who.account()]).await? == 0 {
        return Err(Error::NotFound);
    }
    const END: &str =
        "UPDATE oauth_grant SET revoked_at = $2, revoked_by = $3 WHERE client = $1 AND revoked_at IS NULL";
    let ended = tx.exec(END, params![id, now, who.account()]).await?;
    let entry = Entry::new("token.application_removed", Some(who.account()))
        .data(json!({ "application": id.0, "ended": ended }));
    journal::append(tx, who.org(), entry).await.map(drop)
}

/// The registered applications, by name.
///
/// # Errors
/// The database.
pub async fn list(conn: &mut Conn, permit: &Permit<ManageApplications>) -> Result<Vec<ClientLine>, Error> {
    let now = conn.now().await?;
    let rows = conn
        .all(
            "SELECT c.id, c.org, c.name, c.redirect_uris, c.scopes, c.created_at, a.name AS by_name, \
             (SELECT COUNT(DISTINCT g.account) FROM oauth_grant g WHERE g.client = c.id AND g.revoked_at IS NULL AND g.expires_at > $2) AS people \
             FROM oauth_client c JOIN account a ON a.id = c.created_by WHERE c.org = $1 AND c.removed_at IS NULL \
             ORDER BY c.name_key, c.id LIMIT 200",
            params![permit.who().org(), now],
        )
        .await?;
    let line = |row: &Row| {
        Ok::<_, sql::Error>(ClientLine {
            client: client(row)?,
            by: row.get("by_name")?,
            created_at: row.get("created_at")?,
            people: row.get("people")?,
        })
    };
    Ok(rows.iter().map(line).collect::<Result<_, _>>()?)
}

/// An application of the own organization, for whoever is asked to let it act.
///
/// # Errors
/// [`Error::NotFound`]: removed, or of another organization.
pub async fn of_own(conn: &mut Conn, permit: &Permit<UseTokens>, id: ClientId) -> Result<Client, Error> {
    let found = by_id(conn, id).await?.filter(|client| client.org == permit.who().org());
    found.ok_or(Error::NotFound)
}

/// An application by its `client_id`, for the protocol's own endpoints: there nobody is signed in.
///
/// # Errors
/// The database.
pub async fn by_id(conn: &mut Conn, id: ClientId) -> Result<Option<Client>, Error> {
    const Q: &str =
        "SELECT id, org, name, redirect_uris, scopes FROM oauth_client WHERE id = $1 AND removed_at IS NULL";
    Ok(conn.opt(Q, params![id]).await?.map(|row| client(&row)).transpose()?)
}
