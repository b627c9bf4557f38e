//! How people come in: one-time invitations, a whole list of them, and the join link.

use access::table::{GiveGuestRole, InvitePerson};
use access::{Denial, Permit, permit, permit_in};
use domain::{InvitationId, Micros, OrgId, Plan, Role, clean_label};
use store::accounts::{SignedIn, email_key};
use store::invitations::{self, Invitation, Invitee, Offer, Place, Secret};
use store::join_links::{self, JoinLink, NewLink};
use store::new_id;
use store::organizations::{self, Founding};
use store::people::GivenRole;

use crate::accounts::email as clean_email;
use crate::invite_list::{Line, Outcome, Row, parse};
use crate::organization::denial;
use crate::seal::{hash, secret};
use crate::{App, Error, principal, read, write};

/// An invitation that was just made, or made anew.
#[derive(Debug)]
pub struct Invited {
    /// Id.
    pub id: InvitationId,
    /// The secret of its link; shown once.
    pub secret: String,
    /// It dies.
    pub expires_at: Micros,
    /// The server sends the link by mail.
    pub mailed: bool,
}

/// Asks whether the organization may have a join link, and which it has.
#[derive(Debug)]
pub struct JoinLinkNow {
    /// Whether the plan has Guests, or why there can be no link.
    pub available: Result<(), Denial>,
    /// The link with its secret.
    pub link: Option<(JoinLink, String)>,
}

impl App {
    /// The secret of a fresh invitation, and what is stored of it: sealed too, if a letter will be written with it.
    fn invitation_secret(&self, id: InvitationId, to_be_mailed: bool) -> Result<(String, Secret), Error> {
        let (text, hashed) = secret()?;
        let sealed = match to_be_mailed && self.config().mail.is_some() {
            true => Some(self.0.seal.close_for(&mail_place(id), &text)?),
            false => None,
        };
        Ok((text, Secret { hash: hashed, sealed, lives_s: self.config().invitation_lives_s }))
    }

    pub(crate) fn mailed_secret(&self, id: InvitationId, sealed: &[u8]) -> Result<String, Error> {
        self.0.seal.open_for(&mail_place(id), sealed)
    }

    /// A one-time invitation; its secret is shown once. With an address, only the account with this address can use it.
    ///
    /// # Errors
    /// No right; Guest on a plan without Guests; an address that is in already, or invited already.
    pub async fn invite(
        &self,
        me: &SignedIn,
        role: Role,
        email: Option<&str>,
        name: Option<&str>,
    ) -> Result<Invited, Error> {
        let who = principal(me)?;
        let given = |text: Option<&str>| text.map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned);
        let email = given(email).map(|text| clean_email(&text)).transpose()?;
        let name = given(name).map(|t| clean_label(&t).map_err(|e| Error::label("name", e))).transpose()?;
        let id = InvitationId(new_id());
        let (text, secret) = self.invitation_secret(id, email.is_some())?;
        let expires_at = write!(self, |tx| {
            let permit = permit_in::<InvitePerson>(&mut tx, who, who.org).await?;
            self.fresh_password(me)?;
            let role = self.given_role(&mut tx, who, role).await?;
            let to = Invitee { email: email.as_deref(), name: name.as_deref() };
            Ok(invitations::invite(&mut tx, &permit, id, &secret, role, to).await?)
        })?;
        Ok(Invited { id, secret: text, expires_at, mailed: secret.sealed.is_some() })
    }

    /// The operator founds an organization: the invitation by which its first Admin joins, once; with an address, only the account
    /// with this address. It is never mailed.
    ///
    /// # Errors
    /// A name that cannot be used or is taken; an address that cannot be one.
    pub async fn found(&self, leave: &Founding, name: &str, email: Option<&str>) -> Result<(OrgId, Invited), Error> {
        let name = clean_label(name).map_err(|e| Error::label("organization", e))?;
        let email = email.map(clean_email).transpose()?;
        let id = InvitationId(new_id());
        let (text, secret) = self.invitation_secret(id, false)?;
        let (org, expires_at) = write!(self, |tx| {
            let org = organizations::found(&mut tx, leave, &name, Plan::Professional).await?;
            let made = invitations::by_operator(&mut tx, leave, org, id, &secret, email.as_deref()).await?;
            Ok((org, made))
        })?;
        Ok((org, Invited { id, secret: text, expires_at, mailed: false }))
    }

    /// Invites everybody in a pasted list or a CSV file; each row has its own result. With `preview` nothing is made.
    ///
    /// # Errors
    /// No right; a list that cannot be read, or is too long.
    pub async fn invite_list(&self, me: &SignedIn, bytes: &[u8], role: Role, preview: bool) -> Result<Vec<Row>, Error> {
        let who = principal(me)?;
        let lines = {
            let mut conn = read!(self);
            permit::<InvitePerson>(&mut conn, who, who.org).await?;
            parse(bytes).map_err(|why| Error::Invalid("list", why))?
        };
        write!(self, |tx| {
            let permit = permit_in::<InvitePerson>(&mut tx, who, who.org).await?;
            self.fresh_password(me)?;
            let guests = match permit_in::<GiveGuestRole>(&mut tx, who, who.org).await {
                Ok(guests) => Ok(guests),
                Err(access::Denied::Denied(denial)) => Err(denial.why),
                Err(other) => return Err(other.into()),
            };
            let mut rows: Vec<Row> = Vec::with_capacity(lines.len());
            let mut seen = std::collections::HashMap::new();
            for line in &lines {
                let mut row = Row::new(line, role);
                row.outcome = match line.email.as_deref().map(email_key) {
                    Some(key) if line.problem.is_none() => match seen.get(&key) {
                        Some(first) => Outcome::Duplicate(*first),
                        None => {
                            seen.insert(key, line.number);
                            self.invite_line(&mut tx, &permit, &guests, line, row.role, preview).await?
                        }
                    },
                    _ => Outcome::Invalid(line.problem.clone().unwrap_or_default()),
                };
                rows.push(row);
            }
            Ok(rows)
        })
    }

    async fn invite_line(
        &self,
        tx: &mut store::Tx,
        permit: &Permit<InvitePerson>,
        guests: &Result<Permit<GiveGuestRole>, String>,
        line: &Line,
        role: Role,
        preview: bool,
    ) -> Result<Outcome, Error> {
        let role = match (role, guests) {
            (Role::Guest, Err(why)) => return Ok(Outcome::NotInPlan(why.clone())),
            (Role::Guest, Ok(guests)) => GivenRole::guest(guests),
            (Role::Member, _) => GivenRole::member(),
            (Role::Admin, _) => GivenRole::admin(),
        };
        let email = line.email.as_deref().unwrap_or_default();
        match invitations::may_be_invited(tx, permit, email).await {
            Ok(()) => {}
            Err(store::Error::Rule("already_in", why)) => return Ok(Outcome::AlreadyIn(why)),
            Err(store::Error::Rule("already_invited", why)) => return Ok(Outcome::AlreadyInvited(why)),
            Err(other) => return Err(other.into()),
        }
        if preview {
            return Ok(Outcome::WouldBeInvited);
        }
        let id = InvitationId(new_id());
        let (text, secret) = self.invitation_secret(id, true)?;
        let to = Invitee { email: Some(email), name: line.name.as_deref() };
        let expires_at = invitations::invite(tx, permit, id, &secret, role, to).await?;
        Ok(Outcome::Invited(Invited { id, secret: text, expires_at, mailed: secret.sealed.is_some() }))
    }

    /// Gives an open invitation a new link; the old one is dead.
    ///
    /// # Errors
    /// No right; not open; a Guest's on a plan without Guests.
    pub async fn send_invitation_again(&self, me: &SignedIn, id: InvitationId) -> Result<Invited, Error> {
        let who = principal(me)?;
        let to_be_mailed = {
            let mut conn = read!(self);
            let permit = permit::<InvitePerson>(&mut conn, who, who.org).await?;
            invitations::open(&mut conn, &permit, id).await?.1.is_some()
        };
        let (text, secret) = self.invitation_secret(id, to_be_mailed)?;
        let expires_at = write!(self, |tx| {
            let permit = permit_in::<InvitePerson>(&mut tx, who, who.org).await?;
            self.fresh_password(me)?;
            let (role, _) = invitations::open(&mut tx, &permit, id).await?;
            let role = self.given_role(&mut tx, who, role).await?;
            Ok(invitations::send_again(&mut tx, &permit, id, &secret, role).await?)
        })?;
        Ok(Invited { id, secret: text, expires_at, mailed: secret.sealed.is_some() })
    }

    /// A page of the open invitations, and where the next one begins.
    ///
    /// # Errors
    /// No right.
    pub async fn invitations(
        &self,
        me: &SignedIn,
        search: &str,
        after: Option<Place>,
        limit: i64,
    ) -> Result<(Vec<Invitation>, Option<Place>), Error> {
        let who = principal(me)?;
        let mut conn = read!(self);
        let permit = permit::<InvitePerson>(&mut conn, who, who.org).await?;
        Ok(invitations::list(&mut conn, &permit, search, after, limit).await?)
    }

    /// Withdraws an invitation.
    ///
    /// # Errors
    /// No right; not open.
    pub async fn withdraw_invitation(&self, me: &SignedIn, id: InvitationId) -> Result<(), Error> {
        let who = principal(me)?;
        write!(self, |tx| {
            let permit = permit_in::<InvitePerson>(&mut tx, who, who.org).await?;
            Ok(invitations::withdraw(&mut tx, &permit, id).await?)
        })
    }

    /// What the holder of a link is offered.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn offer(&self, link: &str) -> Result<Offer, Error> {
        let mut conn = read!(self);
        Ok(invitations::offer(&mut conn, &hash(link)).await?)
    }

    /// Joins an organization by a link.
    ///
    /// # Errors
    /// A dead link; one for somebody else.
    pub async fn join(&self, me: &SignedIn, link: &str) -> Result<OrgId, Error> {
        write!(self, |tx| Ok(invitations::accept(&mut tx, me, &hash(link)).await?))
    }

    /// The join link of the organization.
    ///
    /// # Errors
    /// No right.
    pub async fn join_link(&self, me: &SignedIn) -> Result<JoinLinkNow, Error> {
        let who = principal(me)?;
        let mut conn = read!(self);
        permit::<InvitePerson>(&mut conn, who, who.org).await?;
        let guests = permit::<GiveGuestRole>(&mut conn, who, who.org).await;
        let link = match &guests {
            Ok(permit) => join_links::current(&mut conn, permit).await?,
            Err(_) => None,
        };
        let link = match link {
            None => None,
            Some(link) => {
                let secret = self.0.seal.open_for(&link_place(link.id), &link.sealed)?;
                Some((link, secret))
            }
        };
        Ok(JoinLinkNow { available: denial(guests)?, link })
    }

    /// Makes the join link anew: it lives so many days, for so many people. The old one is dead.
    ///
    /// # Errors
    /// No right; a plan without Guests; numbers out of bounds.
    pub async fn renew_join_link(&self, me: &SignedIn, days: i64, most: i64) -> Result<(), Error> {
        let who = principal(me)?;
        let (text, hash) = secret()?;
        let id = new_id();
        let link = NewLink { id, hash, sealed: self.0.seal.close_for(&link_place(id), &text)?, days, most };
        write!(self, |tx| {
            let permit = permit_in::<InvitePerson>(&mut tx, who, who.org).await?;
            self.fresh_password(me)?;
            let guests = permit_in::<GiveGuestRole>(&mut tx, who, who.org).await?;
            Ok(join_links::renew(&mut tx, &permit, &guests, &link).await?)
        })
    }

    /// Turns the join link off.
    ///
    /// # Errors
    /// No right.
    pub async fn turn_off_join_link(&self, me: &SignedIn) -> Result<(), Error> {
        let who = principal(me)?;
        write!(self, |tx| {
            let permit = permit_in::<InvitePerson>(&mut tx, who, who.org).await?;
            Ok(join_links::turn_off(&mut tx, &permit).await?)
        })
    }
}

fn mail_place(id: InvitationId) -> String {
    format!("invitation/{id}/mail_secret")
}

fn link_place(id: uuid::Uuid) -> String {
    format!("join_link/{id}/secret")
}
