//! Signing in and out, accounts, set-up: who is at the other end.

use access::permit;
use access::table::SeeOrganization;
use domain::{AccountId, Micros, OrgId, Plan, Role, SessionId, clean_label};
use store::accounts::{self, SessionLine, SignedIn};
use store::organizations::{self, Organization};
use store::people;

use crate::seal::{hash, secret};
use crate::{App, Error, read, write};

/// A session as its owner sees it.
#[derive(Debug)]
pub struct Session {
    /// The person.
    pub me: SignedIn,
    /// Active organization and the role in it.
    pub organization: Option<(Organization, Role)>,
    /// Where its news stood before anything of this was read: from here on they miss nothing that is not in here.
    pub news_from: (i64, Micros),
    /// All their organizations.
    pub organizations: Vec<(OrgId, String, Role)>,
}

/// What the set-up page sends.
#[derive(Debug, Clone, Copy)]
pub struct FirstRun<'a> {
    /// Secret of the set-up link.
    pub link: &'a str,
    /// Name of the organization.
    pub organization: &'a str,
    /// The first Admin's name.
    pub name: &'a str,
    /// Their e-mail address.
    pub address: &'a str,
    /// Their password.
    pub password: &'a str,
    /// Print job approval from the start.
    pub approval_on: bool,
}

/// An e-mail address as it is stored; anything that cannot be one is refused.
pub(crate) fn email(text: &str) -> Result<String, Error> {
    let bad = || Error::Invalid("email", "This is not an e-mail address. It looks like name@school.org.".into());
    let text = clean_label(text).map_err(|_| bad())?;
    let (name, host) = text.split_once('@').ok_or_else(bad)?;
    if name.is_empty()
        || !host.contains('.') && host != "localhost"
        || host.contains('@')
        || text.contains(char::is_whitespace)
    {
        return Err(bad());
    }
    Ok(text)
}

/// Passwords, sessions and tokens are for the person's own browser: no token makes another, or outlives its end by one.
pub(crate) fn own_browser(me: &SignedIn) -> Result<SessionId, Error> {
    me.session().ok_or(Error::BrowserNeeded)
}

impl App {
    /// The person behind a session cookie.
    ///
    /// # Errors
    /// [`Error::NotSignedIn`].
    pub async fn signed_in(&self, token: &str) -> Result<SignedIn, Error> {
        let mut conn = read!(self);
        let me =
            accounts::session(&mut conn, &hash(token), self.config().session_life).await?.ok_or(Error::NotSignedIn)?;
        drop(conn);
        if me.stale() {
            let touched: Result<(), Error> = write!(self, |tx| Ok(accounts::touch(&mut tx, &me).await?));
            touched?;
        }
        Ok(me)
    }

    /// Whether the installation waits for its first Admin.
    ///
    /// # Errors
    /// The database.
    pub async fn needs_setup(&self) -> Result<bool, Error> {
        let mut conn = read!(self);
        Ok(!organizations::any_admin(&mut conn).await?)
    }

    /// A fresh one-time set-up secret, printed by the server at its start.
    ///
    /// # Errors
    /// Refused once an Admin exists.
    pub async fn new_setup_link(&self) -> Result<String, Error> {
        let (text, hashed) = secret()?;
        write!(self, |tx| Ok(organizations::new_setup_link(&mut tx, &hashed).await?))?;
        Ok(text)
    }

    /// First run: the first Admin and the organization, by the one-time link. The new session's token.
    ///
    /// # Errors
    /// A dead link, or input that cannot be used.
    pub async fn set_up(&self, first: FirstRun<'_>, user_agent: &str) -> Result<String, Error> {
        let FirstRun { link, organization, name, address, password, approval_on } = first;
        let organization = clean_label(organization).map_err(|e| Error::label("organization", e))?;
        let name = clean_label(name).map_err(|e| Error::label("name", e))?;
        let address = email(address)?;
        let hashed = self.0.passwords.hash(password).await?;
        let (token, token_hash) = secret()?;
        write!(self, |tx| {
            let leave = organizations::use_setup_link(&mut tx, &hash(link)).await?;
            let account = accounts::create(&mut tx, &address, &name, &hashed).await?;
            organizations::create(&mut tx, &leave, &organization, Plan::Professional, approval_on, account).await?;
            accounts::begin_session(&mut tx, account, &token_hash, user_agent).await?;
            Ok(())
        })?;
        Ok(token)
    }

    /// A new account, signed in (ACC-04). The session's token.
    ///
    /// # Errors
    /// Input that cannot be used; address or name taken.
    pub async fn create_account(
        &self,
        address: &str,
        name: &str,
        password: &str,
        user_agent: &str,
    ) -> Result<String, Error> {
        let name = clean_label(name).map_err(|e| Error::label("name", e))?;
        let address = email(address)?;
        let hashed = self.0.passwords.hash(password).await?;
        let (token, token_hash) = secret()?;
        write!(self, |tx| {
            let account = accounts::create(&mut tx, &address, &name, &hashed).await?;
            accounts::begin_session(&mut tx, account, &token_hash, user_agent).await?;
            Ok(())
        })?;
        Ok(token)
    }

    /// Signs in. The session's token. Unknown address and wrong password look and last the same; failed tries are limited
    /// for the account and for the network address, in the database.
    ///
    /// # Errors
    /// [`Error::WrongPassword`], [`Error::TooMany`].
    pub async fn sign_in(&self, address: &str, password: &str, from: &str, user_agent: &str) -> Result<String, Error> {
        let account_subject = format!("account:{}", accounts::email_key(address).chars().take(200).collect::<String>());
        let address_subject = format!("address:{from}");
        let turn = self.0.passwords.turn().await?;
        self.sign_in_limit(&account_subject, self.config().sign_in.account).await?;
        self.sign_in_limit(&address_subject, self.config().sign_in.address).await?;
        let known = {
            let mut conn = read!(self);
            accounts::by_email(&mut conn, address).await?
        };
        let (account, stored) = known.map_or((None, None), |(id, stored)| (Some(id), Some(stored)));
        let (right, _turn) = self.0.passwords.verify(turn, password, stored).await?;
        let (Some(account), true) = (account, right) else {
            write!(self, |tx| Ok(accounts::failed(&mut tx, &[&account_subject, &address_subject]).await?))?;
            return Err(Error::WrongPassword);
        };
        self.session_for(account, user_agent).await
    }

    async fn session_for(&self, account: AccountId, user_agent: &str) -> Result<String, Error> {
        let (token, token_hash) = secret()?;
        write!(self, |tx| {
            accounts::begin_session(&mut tx, account, &token_hash, user_agent).await?;
            Ok(())
        })?;
        Ok(token)
    }

    pub(crate) async fn sign_in_limit(&self, subject: &str, most: i64) -> Result<(), Error> {
        let mut conn = read!(self);
        let now = conn.now().await.map_err(store::Error::from)?;
        let (failures, newest) = accounts::failures(&mut conn, subject, now.plus_secs(-60)).await?;
        if let Some(newest) = newest.filter(|_| failures >= most) {
            return Err(Error::TooMany((60 - now.secs_since(newest)).max(1)));
        }
        Ok(())
    }

    /// The session with organization and role.
    ///
    /// # Errors
    /// The database.
    pub async fn session(&self, me: SignedIn) -> Result<Session, Error> {
        let news_from = match self.news_start(&me).await {
            Err(Error::NoOrganization | Error::NotFound) => (0, Micros(0)),
            other => other?,
        };
        let mut conn = read!(self);
        let organizations = people::organizations(&mut conn, &me).await?;
        let organization = match me.principal() {
            None => None,
            Some(principal) => match permit::<SeeOrganization>(&mut conn, principal, principal.org).await {
                Ok(permit) => Some((organizations::load(&mut conn, &permit).await?, permit.who().role())),
                Err(access::Denied::Hidden) => None,
                Err(other) => return Err(other.into()),
            },
        };
        Ok(Session { me, organization, news_from, organizations })
    }

    /// Gives the password again: a step that needs it may be done for a while. The session's new token.
    ///
    /// # Errors
    /// [`Error::WrongOwnPassword`], [`Error::TooMany`].
    pub async fn confirm_password(&self, me: &SignedIn, password: &str) -> Result<String, Error> {
        self.check_own_password(me, password).await?;
        let (token, token_hash) = secret()?;
        write!(self, |tx| Ok(accounts::step_up(&mut tx, me, &token_hash).await?))?;
        Ok(token)
    }

    async fn check_own_password(&self, me: &SignedIn, password: &str) -> Result<(), Error> {
        let subject = format!("account:{}", accounts::email_key(me.email()));
        let turn = self.0.passwords.turn().await?;
        self.sign_in_limit(&subject, self.config().sign_in.account).await?;
        let stored = {
            let mut conn = read!(self);
            accounts::own_password(&mut conn, me).await?
        };
        let (right, _turn) = self.0.passwords.verify(turn, password, Some(stored)).await?;
        if right {
            return Ok(());
        }
        write!(self, |tx| Ok(accounts::failed(&mut tx, &[&subject]).await?))?;
        Err(Error::WrongOwnPassword)
    }

    /// Steps that touch credentials, roles, the toggle or printer keys want a password of at most a certain age. A token has
    /// none to give, so it never takes such a step, whatever its scopes.
    pub(crate) fn fresh_password(&self, me: &SignedIn) -> Result<(), Error> {
        own_browser(me)?;
        if me.password_age_s() > self.config().password_fresh_s {
            return Err(Error::PasswordNeeded);
        }
        Ok(())
    }

    /// Changes the own password; other sessions end.
    ///
    /// # Errors
    /// The old password is wrong, or the new one cannot be used.
    pub async fn change_password(&self, me: &SignedIn, current: &str, new: &str) -> Result<(), Error> {
        own_browser(me)?;
        self.check_own_password(me, current).await?;
        let hashed = self.0.passwords.hash(new).await?;
        write!(self, |tx| Ok(accounts::change_password(&mut tx, me, &hashed).await?))
    }

    /// Signs out.
    ///
    /// # Errors
    /// The database.
    pub async fn sign_out(&self, me: &SignedIn) -> Result<(), Error> {
        let session = own_browser(me)?;
        write!(self, |tx| Ok(accounts::revoke(&mut tx, me, session).await?))
    }

    /// The own sessions.
    ///
    /// # Errors
    /// The database.
    pub async fn sessions(&self, me: &SignedIn) -> Result<Vec<SessionLine>, Error> {
        let mut conn = read!(self);
        Ok(accounts::sessions(&mut conn, me, self.config().session_life).await?)
    }

    /// Ends one of the own sessions.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn end_session(&self, me: &SignedIn, session: SessionId) -> Result<(), Error> {
        write!(self, |tx| Ok(accounts::revoke(&mut tx, me, session).await?))
    }

    /// Makes another of the person's organizations active.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn activate(&self, me: &SignedIn, org: OrgId) -> Result<(), Error> {
        write!(self, |tx| Ok(accounts::activate(&mut tx, me, org).await?))
    }
}
