//! Accounts and sessions: who is at the other end. Knows nothing of rights.

use access::Principal;
use domain::{AccountId, Micros, OrgId, Scopes, SessionId};
use sql::{Conn, Row, Tx, params};

use crate::{Error, new_id};

/// A signed-in person; made only from a valid session or token, so own-account functions take this instead of an id.
#[derive(Debug, Clone)]
pub struct SignedIn {
    pub(crate) by: By,
    pub(crate) account: AccountId,
    pub(crate) org: Option<OrgId>,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) now: Micros,
    /// When this credential was last noted as in use.
    pub(crate) seen: Micros,
}

/// By what somebody is signed in.
#[derive(Debug, Clone)]
pub(crate) enum By {
    /// A browser of their own, and when the password was last given in it.
    Session(SessionId, Micros),
    /// A token: an API token, or an application's access token.
    Token(Scopes),
}

impl SignedIn {
    /// Whether [`touch`] has something to write; spares the write on most requests.
    #[must_use]
    pub fn stale(&self) -> bool {
        self.now.secs_since(self.seen) >= 60
    }
    /// The session of a browser; a token has none.
    #[must_use]
    pub fn session(&self) -> Option<SessionId> {
        match self.by {
            By::Session(id, _) => Some(id),
            By::Token(_) => None,
        }
    }
    /// What a token may be used for; `None`: it is the person's own browser.
    #[must_use]
    pub fn scopes(&self) -> Option<Scopes> {
        match self.by {
            By::Session(..) => None,
            By::Token(scopes) => Some(scopes),
        }
    }
    /// The account.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.account
    }
    /// Public name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
    /// E-mail address.
    #[must_use]
    pub fn email(&self) -> &str {
        &self.email
    }
    /// Who asks for rights; `None` without an active organization.
    #[must_use]
    pub fn principal(&self) -> Option<Principal> {
        self.org.map(|org| Principal { account: self.account, org })
    }
    /// Seconds since the password was last given; by a token it never was.
    #[must_use]
    pub fn password_age_s(&self) -> i64 {
        match self.by {
            By::Session(_, password_at) => self.now.secs_since(password_at),
            By::Token(_) => i64::MAX,
        }
    }
}

/// How long sessions live, in seconds.
#[derive(Debug, Clone, Copy)]
pub struct SessionLife {
    /// Without use.
    pub idle_s: i64,
    /// In all.
    pub absolute_s: i64,
}

/// Creates an account (ACC-04: anyone can; it sees nothing of any organization).
///
/// # Errors
/// Rules `email_taken`, `name_taken`.
pub async fn create(tx: &mut Tx, email: &str, name: &str, password_hash: &str) -> Result<AccountId, Error> {
    let key = email_key(email);
    if tx.opt("SELECT id FROM account WHERE email_key = $1", params![key.clone()]).await?.is_some() {
        return Err(Error::rule("email_taken", "There is an account with this e-mail address. Sign in instead."));
    }
    let name_key = name.to_lowercase();
    if tx.opt("SELECT id FROM account WHERE name_key = $1", params![name_key.clone()]).await?.is_some() {
        return Err(Error::rule(
            "name_taken",
            "Somebody has this name already. Choose another, such as with an initial.",
        ));
    }
    let id = AccountId(new_id());
    let now = tx.now().await?;
    tx.exec(
        "INSERT INTO account (id, email, email_key, name, name_key, password_hash, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![id, email.trim(), key, name, name_key, password_hash, now],
    )
    .await?;
    Ok(id)
}

/// E-mail addresses are compared without case.
#[must_use]
pub fn email_key(email: &str) -> String {
    email.trim().to_lowercase()
}

/// Account and password hash by e-mail address.
///
/// # Errors
/// The database.
pub async fn by_email(conn: &mut Conn, email: &str) -> Result<Option<(AccountId, String)>, Error> {
    let row = conn.opt("SELECT id, password_hash FROM account WHERE email_key = $1", params![email_key(email)]).await?;
    row.map(|row| Ok((row.get("id")?, row.get("password_hash")?))).transpose()
}

/// The own password hash.
///
/// # Errors
/// The database.
pub async fn own_password(conn: &mut Conn, me: &SignedIn) -> Result<String, Error> {
    Ok(conn.one("SELECT password_hash FROM account WHERE id = $1", params![me.account]).await?.get("password_hash")?)
}

/// Failed sign-ins of these subjects (an account, an address) since a moment, and the newest of them.
///
/// # Errors
/// The database.
pub async fn failures(conn: &mut Conn, subject: &str, since: Micros) -> Result<(i64, Option<Micros>), Error> {
    let row = conn
        .one(
            "SELECT COUNT(*) AS n, MAX(at) AS newest FROM sign_in_failure WHERE subject = $1 AND at > $2",
            params![subject, since],
        )
        .await?;
    Ok((row.get("n")?, row.get("newest")?))
}

/// Remembers a failed sign-in; forgets those older than a day.
///
/// # Errors
/// The database.
pub async fn failed(tx: &mut Tx, subjects: &[&str]) -> Result<(), Error> {
    let now = tx.now().await?;
    for subject in subjects {
        tx.exec("INSERT INTO sign_in_failure (id, subject, at) VALUES ($1, $2, $3)", params![new_id(), *subject, now])
            .await?;
    }
    tx.exec("DELETE FROM sign_in_failure WHERE at < $1", params![now.plus_secs(-86_400)]).await?;
    Ok(())
}

/// Begins a session after the password was right. The active organization is the one that the account was last in; at first, the newest.
///
/// # Errors
/// The database.
pub async fn begin_session(
    tx: &mut Tx,
    account: AccountId,
    token_hash: &[u8],
    user_agent: &str,
) -> Result<SessionId, Error> {
    let now = tx.now().await?;
    let org = tx
        .opt(
            "SELECT m.org FROM membership m WHERE m.account = $1 AND m.removed_at IS NULL ORDER BY COALESCE((SELECT MAX(s.last_seen_at) \
             FROM session s WHERE s.account = m.account AND s.org = m.org), 0) DESC, m.created_at DESC LIMIT 1",
            params![account],
        )
        .await?;
    let org: Option<OrgId> = org.map(|row| row.get("org")).transpose()?;
    let id = SessionId(new_id());
    tx.exec(
        "INSERT INTO session (id, token_hash, account, org, user_agent, created_at, last_seen_at, password_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $6, $6)",
        params![id, token_hash.to_vec(), account, org, user_agent, now],
    )
    .await?;
    Ok(id)
}

/// The session behind a token, if it still lives.
///
/// # Errors
/// The database.
pub async fn session(conn: &mut Conn, token_hash: &[u8], life: SessionLife) -> Result<Option<SignedIn>, Error> {
    const Q: &str = "SELECT s.id, s.account, s.org, s.password_at, s.created_at, s.last_seen_at, a.name, a.email, {now} AS now \
                     FROM session s JOIN account a ON a.id = s.account WHERE s.token_hash = $1 AND s.revoked_at IS NULL";
    let Some(row) = conn.opt(Q, params![token_hash.to_vec()]).await? else { return Ok(None) };
    let now = conn.now_of(&row)?;
    let (created, seen): (Micros, Micros) = (row.get("created_at")?, row.get("last_seen_at")?);
    if created <= now.plus_secs(-life.absolute_s) || seen <= now.plus_secs(-life.idle_s) {
        return Ok(None);
    }
    Ok(Some(SignedIn {
        by: By::Session(row.get("id")?, row.get("password_at")?),
        seen,
        account: row.get("account")?,
        org: row.get("org")?,
        name: row.get("name")?,
        email: row.get("email")?,
        now,
    }))
}

/// Remembers that a session is in use; at most once a minute.
///
/// # Errors
/// The database.
pub async fn touch(tx: &mut Tx, me: &SignedIn) -> Result<(), Error> {
    tx.exec(
        "UPDATE session SET last_seen_at = $2 WHERE id = $1 AND last_seen_at < $3",
        params![me.session(), me.now, me.now.plus_secs(-60)],
    )
    .await?;
    Ok(())
}

/// The password was given again; a new token replaces the old one (a new id at step-up, security.md 1.9).
///
/// # Errors
/// The database.
pub async fn step_up(tx: &mut Tx, me: &SignedIn, token_hash: &[u8]) -> Result<(), Error> {
    let now = tx.now().await?;
    tx.exec(
        "UPDATE session SET password_at = $2, token_hash = $3 WHERE id = $1",
        params![me.session(), now, token_hash.to_vec()],
    )
    .await?;
    Ok(())
}

/// Makes another of the person's organizations the active one.
///
/// # Errors
/// [`Error::NotFound`] without a membership there.
pub async fn activate(tx: &mut Tx, me: &SignedIn, org: OrgId) -> Result<(), Error> {
    let now = tx.now().await?;
    let changed = tx
        .exec(
            "UPDATE session SET org = $2, last_seen_at = $4 WHERE id = $1 AND EXISTS (SELECT 1 FROM membership m WHERE m.org = $2 AND m.account = $3 \
             AND m.removed_at IS NULL)",
            params![me.session(), org, me.account, now],
        )
        .await?;
    if changed == 0 { Err(Error::NotFound) } else { Ok(()) }
}

/// A session in the list.
#[derive(Debug)]
pub struct SessionLine {
    /// Id.
    pub id: SessionId,
    /// Browser.
    pub user_agent: String,
    /// Signed in.
    pub created_at: Micros,
    /// Last used.
    pub last_seen_at: Micros,
}

/// The own living sessions.
///
/// # Errors
/// The database.
pub async fn sessions(conn: &mut Conn, me: &SignedIn, life: SessionLife) -> Result<Vec<SessionLine>, Error> {
    let rows = conn
        .all(
            "SELECT id, user_agent, created_at, last_seen_at FROM session WHERE account = $1 AND revoked_at IS NULL AND created_at > $2 \
             AND last_seen_at > $3 ORDER BY last_seen_at DESC LIMIT 100",
            params![me.account, me.now.plus_secs(-life.absolute_s), me.now.plus_secs(-life.idle_s)],
        )
        .await?;
    let line = |row: &Row| {
        Ok::<_, sql::Error>(SessionLine {
            id: row.get("id")?,
            user_agent: row.get("user_agent")?,
            created_at: row.get("created_at")?,
            last_seen_at: row.get("last_seen_at")?,
        })
    };
    Ok(rows.iter().map(line).collect::<Result<_, _>>()?)
}

/// Ends one of the own sessions.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn revoke(tx: &mut Tx, me: &SignedIn, session: SessionId) -> Result<(), Error> {
    let now = tx.now().await?;
    let changed = tx
        .exec(
            "UPDATE session SET revoked_at = $3 WHERE id = $1 AND account = $2 AND revoked_at IS NULL",
            params![session, me.account, now],
        )
        .await?;
    if changed == 0 { Err(Error::NotFound) } else { Ok(()) }
}

/// Changes the own password; all other sessions end.
///
/// # Errors
/// The database.
pub async fn change_password(tx: &mut Tx, me: &SignedIn, hash: &str) -> Result<(), Error> {
    let now = tx.now().await?;
    tx.exec("UPDATE account SET password_hash = $2 WHERE id = $1", params![me.account, hash]).await?;
    tx.exec(
        "UPDATE session SET revoked_at = $3 WHERE account = $1 AND id <> $2 AND revoked_at IS NULL",
        params![me.account, me.session(), now],
    )
    .await?;
    Ok(())
}
