//! People and settings. How people come in: `invitations.rs`.

use access::table::{ChangeRole, ChangeSettings, GiveGuestRole, RemovePerson, SeeOrganization, SetApproval};
use access::{Denial, permit, permit_in, visible};
use domain::{AccountId, Role};
use store::People;
use store::accounts::SignedIn;
use store::consequence::{self, RoleChange};
use store::limits::{self, Limits, Used};
use store::organizations::{self, Settings};
use store::people::{self, Filter, GivenRole, Person, Removal};

use crate::{App, Error, org, principal, read, write};

/// What a change of the approval toggle would do, before it is saved (APR-06).
#[derive(Debug, Clone, Copy)]
pub struct Effect {
    /// Guests who need approval from then on.
    pub guests: i64,
    /// Held or sent back now.
    pub held: i64,
    /// Queued now.
    pub queued: i64,
}

/// A page of people.
#[derive(Debug)]
pub struct PeoplePage {
    /// They.
    pub people: Vec<Person>,
    /// More follow.
    pub more: bool,
    /// Whether the asker may change roles.
    pub change_role: Result<(), Denial>,
    /// Whether the asker may remove people.
    pub remove: Result<(), Denial>,
}

/// A change of the settings; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct SettingsChange {
    /// Version that was shown.
    pub version: i64,
    /// Print job approval.
    pub approval_on: Option<bool>,
    /// Seconds.
    pub undo_window_s: Option<i64>,
    /// Nobody approves their own job.
    pub forbid_self_approval: Option<bool>,
    /// A rejection needs a reason.
    pub reject_reason_required: Option<bool>,
    /// What somebody has in the queue unapproved is held when they become a Guest.
    pub hold_on_demotion: Option<bool>,
}

impl App {
    /// A page of everyone in the organization, or of those with one role; and whether the asker may change roles and remove people.
    ///
    /// # Errors
    /// Not in an organization; a cursor that is nobody's.
    pub async fn people(&self, me: &SignedIn, filter: &Filter) -> Result<PeoplePage, Error> {
        let mut conn = read!(self);
        let who = principal(me)?;
        let eyes = visible::<People>(&mut conn, who).await?;
        let (people, more) = people::list(&mut conn, &eyes, filter).await?;
        let roles = denial(permit::<ChangeRole>(&mut conn, who, who.org).await)?;
        let remove = denial(permit::<RemovePerson>(&mut conn, who, who.org).await)?;
        Ok(PeoplePage { people, more, change_role: roles, remove })
    }

    /// Changes a role (ORG-03). Saves at once. How many print jobs went back to held.
    ///
    /// # Errors
    /// [`Error::PasswordNeeded`]; the last Admin; Guest on a plan without Guests; their role is not what it `was`.
    pub async fn change_role(
        &self,
        me: &SignedIn,
        person: AccountId,
        role: Role,
        was: Option<Role>,
    ) -> Result<i64, Error> {
        let who = principal(me)?;
        write!(self, |tx| {
            people::lock_admins(&mut tx, who.org).await?;
            let permit = permit_in::<ChangeRole>(&mut tx, who, who.org).await?;
            self.fresh_password(me)?;
            let role = self.given_role(&mut tx, who, role).await?;
            Ok(people::change_role(&mut tx, &permit, person, role, was).await?)
        })
    }

    /// What giving somebody this role would do, before it is saved (AMB-40).
    ///
    /// # Errors
    /// No right; not found.
    pub async fn role_effect(&self, me: &SignedIn, person: AccountId, role: Role) -> Result<RoleChange, Error> {
        let who = principal(me)?;
        let mut conn = read!(self);
        let permit = permit::<ChangeRole>(&mut conn, who, who.org).await?;
        Ok(consequence::of_role(&mut conn, &permit, person, role).await?)
    }

    pub(crate) async fn given_role(
        &self,
        tx: &mut store::Tx,
        who: access::Principal,
        role: Role,
    ) -> Result<GivenRole, Error> {
        Ok(match role {
            Role::Guest => GivenRole::guest(&permit_in::<GiveGuestRole>(tx, who, who.org).await?),
            Role::Member => GivenRole::member(),
            Role::Admin => GivenRole::admin(),
        })
    }

    /// What a removal would do.
    ///
    /// # Errors
    /// No right; not found.
    pub async fn removal(&self, me: &SignedIn, person: AccountId) -> Result<Removal, Error> {
        let who = principal(me)?;
        let mut conn = read!(self);
        let permit = permit::<RemovePerson>(&mut conn, who, who.org).await?;
        Ok(people::removal(&mut conn, &permit, person).await?)
    }

    /// Removes a person (ORG-02). How many of their jobs need a decision again.
    ///
    /// # Errors
    /// The last Admin.
    pub async fn remove_person(&self, me: &SignedIn, person: AccountId) -> Result<i64, Error> {
        let who = principal(me)?;
        write!(self, |tx| {
            people::lock_admins(&mut tx, who.org).await?;
            let permit = permit_in::<RemovePerson>(&mut tx, who, who.org).await?;
            self.fresh_password(me)?;
            Ok(people::remove(&mut tx, &permit, person).await?)
        })
    }

    /// What leaving would do to what is one's own.
    ///
    /// # Errors
    /// Not in an organization.
    pub async fn own_removal(&self, me: &SignedIn) -> Result<Removal, Error> {
        let who = principal(me)?;
        let mut conn = read!(self);
        let permit = permit::<SeeOrganization>(&mut conn, who, who.org).await?;
        Ok(people::own_removal(&mut conn, &permit).await?)
    }

    /// Leaves the active organization by oneself. How many print jobs need a decision again.
    ///
    /// # Errors
    /// The last Admin; [`Error::PasswordNeeded`].
    pub async fn leave(&self, me: &SignedIn) -> Result<i64, Error> {
        let who = principal(me)?;
        write!(self, |tx| {
            people::lock_admins(&mut tx, who.org).await?;
            self.fresh_password(me)?;
            Ok(people::leave(&mut tx, me).await?)
        })
    }

    /// What the operator allows the organization, and how much of it is used; for its Admins.
    ///
    /// # Errors
    /// Not in an organization.
    pub async fn limits(&self, me: &SignedIn) -> Result<Option<(Limits, Used)>, Error> {
        let who = principal(me)?;
        let mut conn = read!(self);
        let see = permit::<SeeOrganization>(&mut conn, who, who.org).await?;
        if see.who().role() != Role::Admin {
            return Ok(None);
        }
        Ok(Some(limits::load(&mut conn, &see).await?))
    }

    /// The settings, and whether the asker may change them or why not.
    ///
    /// # Errors
    /// Not in an organization.
    pub async fn settings(
        &self,
        me: &SignedIn,
    ) -> Result<(organizations::Organization, Result<(), Denial>, Result<(), Denial>), Error> {
        let who = principal(me)?;
        let mut conn = read!(self);
        let see = permit::<SeeOrganization>(&mut conn, who, who.org).await?;
        let organization = organizations::load(&mut conn, &see).await?;
        let approval = denial(permit::<SetApproval>(&mut conn, who, who.org).await)?;
        let others = denial(permit::<ChangeSettings>(&mut conn, who, who.org).await)?;
        Ok((organization, approval, others))
    }

    /// The effect of a change of the toggle, before it is saved.
    ///
    /// # Errors
    /// No right.
    pub async fn approval_effect(&self, me: &SignedIn) -> Result<Effect, Error> {
        let who = principal(me)?;
        let mut conn = read!(self);
        let permit = permit::<SetApproval>(&mut conn, who, who.org).await?;
        let (guests, held, queued) = organizations::effect(&mut conn, &permit).await?;
        Ok(Effect { guests, held, queued })
    }

    /// Saves the settings: all or nothing, only if they are still those that were shown.
    ///
    /// # Errors
    /// No right; changed meanwhile; [`Error::PasswordNeeded`].
    pub async fn save_settings(&self, me: &SignedIn, change: &SettingsChange) -> Result<(), Error> {
        let who = principal(me)?;
        let org = org(me)?;
        write!(self, |tx| {
            organizations::lock_settings(&mut tx, org).await?;
            let see = permit_in::<access::table::SeeOrganization>(&mut tx, who, org).await?;
            let now = organizations::load(&mut tx, &see).await?.settings;
            let mut version = change.version;
            if let Some(on) = change.approval_on.filter(|on| *on != now.approval_on) {
                let permit = permit_in::<SetApproval>(&mut tx, who, org).await?;
                self.fresh_password(me)?;
                organizations::set_approval(&mut tx, &permit, version, on).await?;
                version += 1;
            }
            let new = Settings {
                version,
                approval_on: now.approval_on,
                undo_window_s: change.undo_window_s.unwrap_or(now.undo_window_s),
                forbid_self_approval: change.forbid_self_approval.unwrap_or(now.forbid_self_approval),
                reject_reason_required: change.reject_reason_required.unwrap_or(now.reject_reason_required),
                hold_on_demotion: change.hold_on_demotion.unwrap_or(now.hold_on_demotion),
            };
            let same = Settings { version, ..now.clone() };
            if new != same {
                let permit = permit_in::<ChangeSettings>(&mut tx, who, org).await?;
                self.fresh_password(me)?;
                organizations::change_settings(&mut tx, &permit, &new).await?;
            } else if now.version != change.version {
                return Err(store::Error::Changed.into());
            }
            Ok(())
        })
    }
}

/// Keeps a denial as a value (for showing); everything else stays an error.
pub(crate) fn denial<A: access::Action>(
    permit: Result<access::Permit<A>, access::Denied>,
) -> Result<Result<(), Denial>, Error> {
    match permit {
        Ok(_) => Ok(Ok(())),
        Err(access::Denied::Denied(denial)) => Ok(Err(denial)),
        Err(other) => Err(other.into()),
    }
}
