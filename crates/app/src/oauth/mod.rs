//! OAuth for applications of others: registration, the person's yes or no, and the exchange of codes for tokens (`exchange`).
//! Only code with PKCE (S256) and device code; only public clients; by the rules of docs/security.md 1.9.

mod exchange;
mod redirect;
mod request;

use access::table::{ManageApplications, UseTokens};
use access::{permit, permit_in};
use domain::{ClientId, Scopes, clean_label};
use store::accounts::{self, SignedIn};
use store::oauth::{self, Client, ClientLine, waiting};

use crate::accounts::own_browser;
use crate::seal::{hash, random};
use crate::secrets::{self, Kind};
use crate::tokens::scopes_of;
use crate::{App, Error, principal, read, write};

pub use exchange::Issued;

/// Why the protocol says no (RFC 6749 5.2, RFC 8628 3.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The request is not whole; what about it.
    InvalidRequest(&'static str),
    /// No such application, or it claims to have a secret.
    InvalidClient,
    /// The code or token does not live, is somebody else's, or was used before.
    InvalidGrant,
    /// Password, client credentials and the like.
    UnsupportedGrantType,
    /// Anything but a code.
    UnsupportedResponseType,
    /// Unknown, none, or more than the application may ask for.
    InvalidScope,
    /// The person said no.
    AccessDenied,
    /// The person has not said anything yet.
    AuthorizationPending,
    /// The device asks too often; it waits five seconds longer from now on.
    SlowDown,
    /// The device waited too long.
    ExpiredToken,
}

impl Refusal {
    /// The word for programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::InvalidRequest(_) => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidScope => "invalid_scope",
            Self::AccessDenied => "access_denied",
            Self::AuthorizationPending => "authorization_pending",
            Self::SlowDown => "slow_down",
            Self::ExpiredToken => "expired_token",
        }
    }

    /// The sentence for whoever writes the application.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::InvalidRequest(what) => what,
            Self::InvalidClient => "There is no such application, or it sent a secret: applications are public here.",
            Self::InvalidGrant => {
                "The code or token is not valid: unknown, expired, used before, or of another application."
            }
            Self::UnsupportedGrantType => "Take authorization_code, refresh_token or the device code.",
            Self::UnsupportedResponseType => "response_type is code.",
            Self::InvalidScope => "Ask for some of the scopes that the application was registered with.",
            Self::AccessDenied => "The person said no.",
            Self::AuthorizationPending => "The person has not answered yet.",
            Self::SlowDown => "Ask less often.",
            Self::ExpiredToken => "The code has expired. Begin again.",
        }
    }
}

/// What a person is asked.
#[derive(Debug)]
pub struct Consent {
    /// Name of the application, as the Admin registered it.
    pub application: String,
    /// What it wants to do.
    pub scopes: Scopes,
    /// Where the answer goes: a host or a program. A waiting device: nowhere.
    pub goes_to: Option<String>,
}

/// What an authorization request comes to.
#[derive(Debug)]
pub enum Look {
    /// The person is asked.
    Ask(Consent),
    /// It cannot be: the sentence, and the address that tells the application.
    Back(&'static str, String),
}

/// A device that begins to wait.
#[derive(Debug)]
pub struct Waiting {
    /// What it polls with.
    pub device_code: String,
    /// What the person types, as it is shown.
    pub user_code: String,
    /// Seconds.
    pub expires_in: i64,
    /// Seconds between two questions.
    pub interval: i64,
}

/// Letters of user codes: no vowels, so no words; nothing that looks like a digit (RFC 8628 6.1).
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
/// 20^8: 34 bits, alive for ten minutes, with few guesses a minute.
const LENGTH: usize = 8;

impl App {
    /// Registers an application (ACC-06): a public client of this organization.
    ///
    /// # Errors
    /// No right; [`Error::PasswordNeeded`]; input that cannot be used.
    pub async fn register_application(
        &self,
        me: &SignedIn,
        name: &str,
        redirect_uris: &[String],
        scopes: &[String],
    ) -> Result<ClientId, Error> {
        own_browser(me)?;
        let who = principal(me)?;
        let name = clean_label(name).map_err(|e| Error::label("name", e))?;
        let (uris, scopes) = (redirect::clean(redirect_uris)?, scopes_of(scopes)?);
        write!(self, |tx| {
            let permit = permit_in::<ManageApplications>(&mut tx, who, who.org).await?;
            self.fresh_password(me)?;
            Ok(oauth::register(&mut tx, &permit, &name, &uris, scopes).await?)
        })
    }

    /// The registered applications.
    ///
    /// # Errors
    /// No right.
    pub async fn applications(&self, me: &SignedIn) -> Result<Vec<ClientLine>, Error> {
        let who = principal(me)?;
        let mut conn = read!(self);
        let permit = permit::<ManageApplications>(&mut conn, who, who.org).await?;
        Ok(oauth::list(&mut conn, &permit).await?)
    }

    /// Removes an application; all that people let it do ends.
    ///
    /// # Errors
    /// No right; [`Error::NotFound`].
    pub async fn remove_application(&self, me: &SignedIn, id: ClientId) -> Result<(), Error> {
        own_browser(me)?;
        let who = principal(me)?;
        write!(self, |tx| {
            let permit = permit_in::<ManageApplications>(&mut tx, who, who.org).await?;
            Ok(oauth::remove(&mut tx, &permit, id).await?)
        })
    }

    /// Reads an authorization request: what the person is asked, or why it cannot be. `issuer` is this server, as it calls itself.
    ///
    /// # Errors
    /// A request that nobody may be told about but the person: no such application here, or not its address.
    pub async fn authorization(&self, me: &SignedIn, query: &str, issuer: &str) -> Result<Look, Error> {
        own_browser(me)?;
        let who = principal(me)?;
        let mut conn = read!(self);
        let permit = permit::<UseTokens>(&mut conn, who, who.org).await?;
        let (asked, client) = asked(&mut conn, &permit, query).await?;
        Ok(match wanted(&asked, &client) {
            Ok(wanted) => Look::Ask(Consent {
                application: client.name,
                scopes: wanted.scopes,
                goes_to: Some(redirect::shown(&asked.redirect_uri)),
            }),
            Err(refusal) => Look::Back(refusal.sentence(), refused(&asked, refusal, issuer)),
        })
    }

    /// The person's answer to an authorization request: the address to go to, with a code or with `access_denied`.
    ///
    /// # Errors
    /// As [`App::authorization`]; [`Error::PasswordNeeded`] for a yes.
    pub async fn answer_authorization(
        &self,
        me: &SignedIn,
        query: &str,
        allow: bool,
        issuer: &str,
    ) -> Result<String, Error> {
        own_browser(me)?;
        let who = principal(me)?;
        let (code, code_hash) = secrets::make(Kind::Code)?;
        let lives_s = self.config().tokens.code_s;
        write!(self, |tx| {
            let permit = permit_in::<UseTokens>(&mut tx, who, who.org).await?;
            let (asked, client) = asked(&mut tx, &permit, query).await?;
            let wanted = match wanted(&asked, &client) {
                Ok(wanted) if allow => wanted,
                Ok(_) => return Ok(refused(&asked, Refusal::AccessDenied, issuer)),
                Err(refusal) => return Ok(refused(&asked, refusal, issuer)),
            };
            // A yes makes a credential, like a new API token.
            self.fresh_password(me)?;
            let terms = (wanted.scopes, asked.redirect_uri.as_str(), wanted.challenge.as_str());
            waiting::give_code(&mut tx, &permit, &client, terms, &code_hash, lives_s).await?;
            Ok(back(&asked, &[("code", &code)], issuer))
        })
    }

    /// A device begins to wait for a person. The outer error is ours, the inner one is the protocol's.
    ///
    /// # Errors
    /// [`Error::TooMany`].
    pub async fn begin_device(&self, form: &str, from: &str) -> Result<Result<Waiting, Refusal>, Error> {
        let subject = format!("device-begin:{from}");
        self.sign_in_limit(&subject, self.config().tokens.per_minute).await?;
        write!(self, |tx| Ok(accounts::failed(&mut tx, &[&subject]).await?))?;
        let (id, scopes) = match request::device(form) {
            Ok(read) => read,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let client = {
            let mut conn = read!(self);
            oauth::by_id(&mut conn, id).await?
        };
        let Some(client) = client else { return Ok(Err(Refusal::InvalidClient)) };
        if !scopes.within(client.scopes) {
            return Ok(Err(Refusal::InvalidScope));
        }
        let (device_code, device_hash) = secrets::make(Kind::Device)?;
        let rules = self.config().tokens;
        for _ in 0..5 {
            let user_code = user_code()?;
            let hashes = (device_hash.as_slice(), &*hash(&user_code));
            let times = (rules.device_s, rules.device_interval_s);
            if write!(self, |tx| Ok(waiting::begin_device(&mut tx, &client, scopes, hashes, times).await?))? {
                let user_code = format!("{}-{}", &user_code[..LENGTH / 2], &user_code[LENGTH / 2..]);
                return Ok(Ok(Waiting { device_code, user_code, expires_in: times.0, interval: times.1 }));
            }
        }
        Err(Error::Internal("no free user code in five tries".into()))
    }

    /// What the device behind a typed code asks for. Wrong codes are counted.
    ///
    /// # Errors
    /// [`Error::NotFound`]: no such device waits here; [`Error::TooMany`].
    pub async fn device(&self, me: &SignedIn, typed: &str, from: &str) -> Result<Consent, Error> {
        own_browser(me)?;
        let who = principal(me)?;
        let subjects = self.guess(me, from).await?;
        let found = async {
            let hashed = typed_code(typed).ok_or(Error::NotFound)?;
            let mut conn = read!(self);
            let permit = permit::<UseTokens>(&mut conn, who, who.org).await?;
            let device = waiting::device_of_user(&mut conn, &permit, &hashed).await?;
            let client = oauth::of_own(&mut conn, &permit, device.client).await?;
            Ok(Consent { application: client.name, scopes: device.scopes, goes_to: None })
        }
        .await;
        self.guessed(found, &subjects).await
    }

    /// A person answers a device.
    ///
    /// # Errors
    /// As [`App::device`]; [`Error::PasswordNeeded`] for a yes.
    pub async fn answer_device(&self, me: &SignedIn, typed: &str, allow: bool, from: &str) -> Result<(), Error> {
        own_browser(me)?;
        let who = principal(me)?;
        let subjects = self.guess(me, from).await?;
        let answered = async {
            let hashed = typed_code(typed).ok_or(Error::NotFound)?;
            write!(self, |tx| {
                let permit = permit_in::<UseTokens>(&mut tx, who, who.org).await?;
                if allow {
                    self.fresh_password(me)?;
                }
                let device = waiting::device_of_user(&mut tx, &permit, &hashed).await?;
                let client = oauth::of_own(&mut tx, &permit, device.client).await?;
                Ok(waiting::answer_device(&mut tx, &permit, &client, &hashed, allow).await?)
            })
        }
        .await;
        self.guessed(answered, &subjects).await
    }

    /// Whether this person may try one more code.
    async fn guess(&self, me: &SignedIn, from: &str) -> Result<[String; 2], Error> {
        let subjects = [format!("device:{}", me.account()), format!("device-from:{from}")];
        let most = self.config().tokens.guesses;
        self.sign_in_limit(&subjects[0], most.account).await?;
        self.sign_in_limit(&subjects[1], most.address).await?;
        Ok(subjects)
    }

    async fn guessed<T>(&self, found: Result<T, Error>, subjects: &[String; 2]) -> Result<T, Error> {
        if matches!(found, Err(Error::NotFound)) {
            write!(self, |tx| Ok(accounts::failed(&mut tx, &[&subjects[0], &subjects[1]]).await?))?;
        }
        found
    }

    /// Forgets codes and tokens that ended long ago.
    ///
    /// # Errors
    /// The database.
    pub(crate) async fn sweep_tokens(&self) -> Result<(), Error> {
        write!(self, |tx| Ok(waiting::sweep(&mut tx).await?))
    }
}

/// The request and its application, once it is sure that the answer would go to an address of that application.
async fn asked(
    conn: &mut store::Conn,
    permit: &access::Permit<UseTokens>,
    query: &str,
) -> Result<(request::Asked, Client), Error> {
    let invalid = |why: &str| Error::Invalid("query", format!("{why} Go back to the application and try again."));
    let asked = request::authorization(query).map_err(invalid)?;
    let client = match oauth::of_own(conn, permit, asked.client).await {
        Ok(client) => client,
        Err(store::Error::NotFound) => {
            return Err(Error::Invalid(
                "query",
                "This application is not registered in your organization. If you belong to several, change to the right one first.".into(),
            ));
        }
        Err(other) => return Err(other.into()),
    };
    if !client.redirect_uris.iter().any(|uri| redirect::matches(uri, &asked.redirect_uri)) {
        return Err(invalid("The application wants the answer at an address that it is not registered with."));
    }
    Ok((asked, client))
}

fn wanted<'a>(asked: &'a request::Asked, client: &Client) -> Result<&'a request::Wanted, Refusal> {
    let wanted = asked.wanted.as_ref().map_err(|refusal| *refusal)?;
    if wanted.scopes.within(client.scopes) { Ok(wanted) } else { Err(Refusal::InvalidScope) }
}

fn refused(asked: &request::Asked, refusal: Refusal, issuer: &str) -> String {
    back(asked, &[("error", refusal.code()), ("error_description", refusal.sentence())], issuer)
}

/// The answer's address: the parts, the application's own `state`, and who answers (RFC 9207).
fn back(asked: &request::Asked, parts: &[(&str, &str)], issuer: &str) -> String {
    let mut all = parts.to_vec();
    all.extend(asked.state.as_deref().map(|state| ("state", state)));
    all.push(("iss", issuer));
    redirect::answer(&asked.redirect_uri, &all)
}

fn user_code() -> Result<String, Error> {
    let mut code = String::new();
    while code.len() < LENGTH {
        let mut byte = [0];
        random(&mut byte)?;
        // 240 is a multiple of 20: no letter comes more often.
        if byte[0] < 240 {
            code.push(char::from(LETTERS[usize::from(byte[0]) % LETTERS.len()]));
        }
    }
    Ok(code)
}

/// What a person typed, in any case, with any dashes and blanks; `None`: it cannot be a code.
fn typed_code(typed: &str) -> Option<Vec<u8>> {
    let code: String =
        typed.chars().filter(|c| !matches!(c, '-' | ' ')).map(|c| c.to_ascii_uppercase()).take(20).collect();
    (code.len() == LENGTH && code.bytes().all(|b| LETTERS.contains(&b))).then(|| hash(&code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_codes_read_back_however_they_are_typed() {
        let code = user_code().unwrap();
        assert_eq!(code.len(), 8);
        let shown = format!(" {}-{} ", &code[..4].to_lowercase(), &code[4..]);
        assert_eq!(typed_code(&shown), Some(hash(&code)));
        for bad in ["", "BCDF-GHJ", "BCDFGHJKL", "AEIOUAEI", "BCDF-GH1K", "\u{2160}CDFGHJK"] {
            assert_eq!(typed_code(bad), None, "{bad}");
        }
    }
}
