//! API tokens: made and ended by their person, seen and ended by Admins; and who is behind a token that comes with a request.

use access::table::{ManageApplications, UseTokens};
use access::{permit, permit_in};
use domain::{Micros, Scopes, clean_label};
use store::accounts::SignedIn;
use store::tokens::{self, Line};
use uuid::Uuid;

use crate::accounts::own_browser;
use crate::secrets::{self, Kind};
use crate::{App, Error, principal, read, write};

/// No token lives longer.
const MOST_DAYS: i64 = 365;

/// A fresh token. Its secret is shown once, and known to nobody afterwards.
#[derive(Debug)]
pub struct NewToken {
    /// Id.
    pub id: Uuid,
    /// Secret.
    pub secret: String,
    /// Ends.
    pub expires_at: Micros,
}

impl App {
    /// The person behind a token. What they may do is decided by each use case, from their rights at that moment (ACC-06).
    ///
    /// # Errors
    /// [`Error::InvalidToken`]: unknown, expired, revoked, cut; its person has left; the application was removed.
    pub async fn by_token(&self, token: &str) -> Result<SignedIn, Error> {
        let kind = secrets::kind_of(token).ok_or(Error::InvalidToken)?;
        let hashed = crate::seal::hash(token);
        let found = {
            let mut conn = read!(self);
            match kind {
                Kind::Api => tokens::by_api_token(&mut conn, &hashed).await?,
                Kind::Access => tokens::by_access_token(&mut conn, &hashed).await?,
                Kind::Refresh | Kind::Code | Kind::Device => None,
            }
        };
        let (me, used) = found.ok_or(Error::InvalidToken)?;
        if me.stale() {
            let touched: Result<(), Error> = write!(self, |tx| Ok(tokens::touch(&mut tx, used).await?));
            touched?;
        }
        Ok(me)
    }

    /// Makes an API token.
    ///
    /// # Errors
    /// Not from a browser; [`Error::PasswordNeeded`]; input that cannot be used.
    pub async fn new_token(&self, me: &SignedIn, name: &str, scopes: &[String], days: i64) -> Result<NewToken, Error> {
        own_browser(me)?;
        let who = principal(me)?;
        let name = clean_label(name).map_err(|e| Error::label("name", e))?;
        let scopes = scopes_of(scopes)?;
        if !(1..=MOST_DAYS).contains(&days) {
            return Err(Error::Invalid("expires_in_days", "A token lives 1 to 365 days.".into()));
        }
        let (secret, hashed) = secrets::make(Kind::Api)?;
        let (id, expires_at) = write!(self, |tx| {
            let permit = permit_in::<UseTokens>(&mut tx, who, who.org).await?;
            self.fresh_password(me)?;
            Ok(tokens::create(&mut tx, &permit, &name, scopes, &hashed, days * 86_400).await?)
        })?;
        Ok(NewToken { id: id.0, secret, expires_at })
    }

    /// What acts for oneself in this organization: API tokens and applications.
    ///
    /// # Errors
    /// Not in an organization.
    pub async fn own_tokens(&self, me: &SignedIn) -> Result<Vec<Line>, Error> {
        let who = principal(me)?;
        let mut conn = read!(self);
        let permit = permit::<UseTokens>(&mut conn, who, who.org).await?;
        Ok(tokens::own(&mut conn, &permit).await?)
    }

    /// Ends one of the own. No fresh password: ending must be easy.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn revoke_own_token(&self, me: &SignedIn, id: Uuid) -> Result<(), Error> {
        own_browser(me)?;
        let who = principal(me)?;
        write!(self, |tx| {
            let permit = permit_in::<UseTokens>(&mut tx, who, who.org).await?;
            Ok(tokens::revoke_own(&mut tx, &permit, id).await?)
        })
    }

    /// What acts for anybody in this organization, newest first.
    ///
    /// # Errors
    /// No right.
    pub async fn all_tokens(
        &self,
        me: &SignedIn,
        search: &str,
        before: Option<Uuid>,
        limit: i64,
    ) -> Result<Vec<Line>, Error> {
        let who = principal(me)?;
        let mut conn = read!(self);
        let permit = permit::<ManageApplications>(&mut conn, who, who.org).await?;
        Ok(tokens::all(&mut conn, &permit, search, before, limit).await?)
    }

    /// Ends anybody's.
    ///
    /// # Errors
    /// No right; [`Error::NotFound`].
    pub async fn revoke_token(&self, me: &SignedIn, id: Uuid) -> Result<(), Error> {
        own_browser(me)?;
        let who = principal(me)?;
        write!(self, |tx| {
            let permit = permit_in::<ManageApplications>(&mut tx, who, who.org).await?;
            Ok(tokens::revoke_any(&mut tx, &permit, id).await?)
        })
    }
}

/// Scopes as a form sends them.
pub(crate) fn scopes_of(words: &[String]) -> Result<Scopes, Error> {
    Scopes::of(words.iter().map(String::as_str)).map_err(|e| Error::Invalid("scopes", e.to_string()))
}
