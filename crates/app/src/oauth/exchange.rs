//! The token endpoint: a code, a refresh token or a device's secret becomes tokens, once. A second time ends the whole family,
//! because then somebody has it who should not. The person's place in the organization is asked anew each time.

use access::table::UseTokens;
use access::{Denied, Permit, Principal, permit_in};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{AccountId, ClientId, OrgId, Scopes};
use sha2::{Digest as _, Sha256};
use store::Tx;
use store::accounts;
use store::oauth::family::{self, Grant};
use store::oauth::{self, waiting};
use subtle::ConstantTimeEq as _;

use super::Refusal;
use super::request::{self, Form};
use crate::secrets::{self, Kind};
use crate::{App, Error, read, write};

/// Fresh tokens.
#[derive(Debug)]
pub struct Issued {
    /// For calls.
    pub access_token: String,
    /// For the next tokens.
    pub refresh_token: String,
    /// Seconds that the access token lives.
    pub expires_in: i64,
    /// What they may be used for.
    pub scopes: Scopes,
}

type Answer = Result<Result<Issued, Refusal>, Error>;

/// The secrets that an exchange gives out, made before its transaction.
struct Fresh {
    access: (String, Vec<u8>),
    refresh: (String, Vec<u8>),
}

impl Fresh {
    fn new() -> Result<Self, Error> {
        Ok(Self { access: secrets::make(Kind::Access)?, refresh: secrets::make(Kind::Refresh)? })
    }

    fn issued(&self, expires_in: i64, scopes: Scopes) -> Issued {
        let (access_token, refresh_token) = (self.access.0.clone(), self.refresh.0.clone());
        Issued { access_token, refresh_token, expires_in, scopes }
    }
}

impl App {
    /// Exchanges what an application has for tokens. The outer error is ours, the inner one is the protocol's.
    ///
    /// # Errors
    /// [`Error::TooMany`]: refused too often from this address, or one grant refreshed too often.
    pub async fn exchange(&self, form: &str, from: &str) -> Answer {
        let subject = format!("token:{from}");
        self.sign_in_limit(&subject, self.config().tokens.per_minute).await?;
        let answer = match request::token(form) {
            Ok(Form::Code { client, code, redirect_uri, verifier }) => {
                self.exchange_code(client, &code, &redirect_uri, &verifier).await?
            }
            Ok(Form::Refresh { client, token, scopes }) => self.exchange_refresh(client, &token, scopes).await?,
            Ok(Form::Device { client, code }) => self.exchange_device(client, &code).await?,
            Err(refusal) => Err(refusal),
        };
        // A device that waits in good manners is no failure.
        if let Err(refusal) = &answer
            && *refusal != Refusal::AuthorizationPending
        {
            write!(self, |tx| Ok(accounts::failed(&mut tx, &[&subject]).await?))?;
        }
        Ok(answer)
    }

    async fn exchange_code(&self, client: ClientId, code: &str, redirect_uri: &str, verifier: &str) -> Answer {
        let Some(hashed) = secrets::hash_of(code, Kind::Code) else { return Ok(Err(Refusal::InvalidGrant)) };
        let Some(whose) = self.whose(&hashed).await? else { return Ok(Err(Refusal::InvalidGrant)) };
        let fresh = Fresh::new()?;
        write!(self, |tx| {
            let permit = still_there(&mut tx, whose).await?;
            let Some(code) = waiting::code(&mut tx, &hashed).await? else { return Ok(Err(Refusal::InvalidGrant)) };
            if code.used {
                if let Some(grant) = code.grant {
                    family::end(&mut tx, grant, "code_used_twice").await?;
                }
                return Ok(Err(Refusal::InvalidGrant));
            }
            let living = tx.now().await.map_err(store::Error::from)? < code.expires_at;
            let proven =
                proves(verifier, &code.challenge) && code.redirect_uri == redirect_uri && code.client == client;
            let known = oauth::by_id(&mut tx, client).await?.is_some();
            let Some(permit) = permit.filter(|_| living && proven && known) else {
                // Whoever shows it so does not have it from us: nobody gets anything for it any more.
                waiting::use_code(&mut tx, &hashed, None).await?;
                return Ok(Err(Refusal::InvalidGrant));
            };
            let grant = family::begin(&mut tx, &permit, client, code.scopes, self.config().tokens.life).await?;
            waiting::use_code(&mut tx, &hashed, Some(grant.id)).await?;
            self.first(&mut tx, &grant, &fresh).await
        })
    }

    async fn exchange_device(&self, client: ClientId, code: &str) -> Answer {
        let Some(hashed) = secrets::hash_of(code, Kind::Device) else { return Ok(Err(Refusal::InvalidGrant)) };
        let whose = self.whose(&hashed).await?;
        let fresh = Fresh::new()?;
        write!(self, |tx| {
            let permit = match whose {
                Some(whose) => still_there(&mut tx, whose).await?,
                None => None,
            };
            let found = waiting::device(&mut tx, &hashed).await?.filter(|device| device.client == client);
            let Some(device) = found else { return Ok(Err(Refusal::InvalidGrant)) };
            if device.used {
                if let Some(grant) = device.grant {
                    family::end(&mut tx, grant, "code_used_twice").await?;
                }
                return Ok(Err(Refusal::InvalidGrant));
            }
            let now = tx.now().await.map_err(store::Error::from)?;
            if device.expires_at <= now {
                return Ok(Err(Refusal::ExpiredToken));
            }
            if oauth::by_id(&mut tx, client).await?.is_none() {
                return Ok(Err(Refusal::InvalidClient));
            }
            let answered = device.answer.filter(|_| whose.is_some());
            let Some(allowed) = answered else {
                let soon = device.polled_at.is_some_and(|at| now.secs_since(at) < device.interval_s);
                let interval = if soon { device.interval_s + 5 } else { device.interval_s };
                waiting::polled(&mut tx, &hashed, interval).await?;
                return Ok(Err(if soon { Refusal::SlowDown } else { Refusal::AuthorizationPending }));
            };
            let Some(permit) = permit.filter(|_| allowed) else {
                waiting::use_device(&mut tx, &hashed, None).await?;
                return Ok(Err(Refusal::AccessDenied));
            };
            let grant = family::begin(&mut tx, &permit, client, device.scopes, self.config().tokens.life).await?;
            waiting::use_device(&mut tx, &hashed, Some(grant.id)).await?;
            self.first(&mut tx, &grant, &fresh).await
        })
    }

    async fn exchange_refresh(&self, client: ClientId, token: &str, scopes: Option<Scopes>) -> Answer {
        let Some(hashed) = secrets::hash_of(token, Kind::Refresh) else { return Ok(Err(Refusal::InvalidGrant)) };
        let Some(whose) = self.whose(&hashed).await? else { return Ok(Err(Refusal::InvalidGrant)) };
        let (fresh, rules) = (Fresh::new()?, self.config().tokens);
        write!(self, |tx| {
            let permit = still_there(&mut tx, whose).await?;
            let Some(shown) = family::refresh(&mut tx, &hashed).await? else { return Ok(Err(Refusal::InvalidGrant)) };
            let grant = shown.grant;
            if shown.used || grant.client != client {
                // The thief or the robbed: who cannot be told, so neither goes on (RFC 9700 4.14).
                let why = if shown.used { "refresh_used_twice" } else { "refresh_by_another" };
                family::end(&mut tx, grant.id, why).await?;
                return Ok(Err(Refusal::InvalidGrant));
            }
            let now = tx.now().await.map_err(store::Error::from)?;
            let living = !grant.revoked && now < shown.expires_at && now < grant.expires_at;
            let known = oauth::by_id(&mut tx, client).await?.is_some();
            if !living || !known || permit.is_none() {
                return Ok(Err(Refusal::InvalidGrant));
            }
            if scopes.is_some_and(|scopes| scopes != grant.scopes) {
                return Ok(Err(Refusal::InvalidScope));
            }
            if family::refreshed_since(&mut tx, grant.id, now.plus_secs(-60)).await? >= rules.per_minute {
                return Err(Error::TooMany(60));
            }
            family::use_refresh(&mut tx, &hashed).await?;
            let lives = family::issue(&mut tx, &grant, &fresh.access.1, &fresh.refresh.1, rules.life).await?;
            Ok(Ok(fresh.issued(lives, grant.scopes)))
        })
    }

    /// The first tokens of a family.
    async fn first(&self, tx: &mut Tx, grant: &Grant, fresh: &Fresh) -> Answer {
        let life = self.config().tokens.life;
        let lives = family::issue(tx, grant, &fresh.access.1, &fresh.refresh.1, life).await?;
        family::begun(tx, grant).await?;
        Ok(Ok(fresh.issued(lives, grant.scopes)))
    }

    /// An application gives its tokens back (RFC 7009): the family ends. What is not its own is not touched, and not told.
    ///
    /// # Errors
    /// The database.
    pub async fn give_back(&self, form: &str) -> Result<Result<(), Refusal>, Error> {
        let (client, token) = match request::revocation(form) {
            Ok(read) => read,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let Some(Kind::Access | Kind::Refresh) = secrets::kind_of(&token) else { return Ok(Ok(())) };
        let hashed = crate::seal::hash(&token);
        write!(self, |tx| {
            let grant = family::by_any_token(&mut tx, &hashed).await?;
            if let Some(grant) = grant.filter(|grant| grant.client == client) {
                family::end(&mut tx, grant.id, "given_back").await?;
            }
            Ok(Ok(()))
        })
    }

    async fn whose(&self, hashed: &[u8]) -> Result<Option<(OrgId, AccountId)>, Error> {
        let mut conn = read!(self);
        Ok(waiting::whose(&mut conn, hashed).await?)
    }
}

/// The person is still in the organization; `None`: not any more.
async fn still_there(tx: &mut Tx, (org, account): (OrgId, AccountId)) -> Result<Option<Permit<UseTokens>>, Error> {
    match permit_in::<UseTokens>(tx, Principal { account, org }, org).await {
        Ok(permit) => Ok(Some(permit)),
        Err(Denied::Hidden | Denied::Denied(_)) => Ok(None),
        Err(Denied::Db(error)) => Err(store::Error::from(error).into()),
    }
}

/// PKCE, S256 (RFC 7636 4.6).
fn proves(verifier: &str, challenge: &str) -> bool {
    let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
    digest.as_bytes().ct_eq(challenge.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_7636_appendix_b() {
        let (verifier, challenge) =
            ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert!(proves(verifier, challenge));
        assert!(!proves(challenge, challenge) && !proves(&verifier[1..], challenge) && !proves(verifier, ""));
    }
}
