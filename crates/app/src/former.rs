//! People who are not in the organization any more, and their private projects (AMB-41).

use access::table::{ClaimProjects, RemovePerson};
use access::{permit, permit_in};
use domain::AccountId;
use store::accounts::SignedIn;
use store::former::{self, Escrow};
use store::people;

use crate::printing::message;
use crate::{App, Error, principal, read, write};

impl App {
    /// Brings somebody back whom an Admin removed in the last 30 days. Twice changes nothing.
    ///
    /// # Errors
    /// No right; never in the organization; left by themselves; too late; their role is not in the plan any more;
    /// [`Error::PasswordNeeded`].
    pub async fn restore_person(&self, me: &SignedIn, person: AccountId) -> Result<(), Error> {
        let who = principal(me)?;
        write!(self, |tx| {
            people::lock_admins(&mut tx, who.org).await?;
            let permit = permit_in::<RemovePerson>(&mut tx, who, who.org).await?;
            self.fresh_password(me)?;
            let Some(role) = former::role(&mut tx, &permit, person).await? else { return Ok(()) };
            let role = self.given_role(&mut tx, who, role).await?;
            Ok(former::restore(&mut tx, &permit, person, role).await?)
        })
    }

    /// Former people with private projects: whose, how many, since when; never what they are.
    ///
    /// # Errors
    /// No right.
    pub async fn escrow(&self, me: &SignedIn) -> Result<Vec<Escrow>, Error> {
        let who = principal(me)?;
        let mut conn = read!(self);
        let permit = permit::<ClaimProjects>(&mut conn, who, who.org).await?;
        Ok(former::escrow(&mut conn, &permit).await?)
    }

    /// Makes the private projects of a former person the asker's own: as many as were shown, with a reason that is kept. How many.
    ///
    /// # Errors
    /// No right; no reason; not there; changed since it was shown; [`Error::PasswordNeeded`].
    pub async fn claim_projects(
        &self,
        me: &SignedIn,
        person: AccountId,
        shown: i64,
        reason: &str,
    ) -> Result<i64, Error> {
        let who = principal(me)?;
        let reason = message("reason", Some(reason))?
            .ok_or_else(|| Error::Invalid("reason", "Say why. It is kept, and the person can read it.".into()))?;
        write!(self, |tx| {
            let permit = permit_in::<ClaimProjects>(&mut tx, who, who.org).await?;
            self.fresh_password(me)?;
            Ok(former::claim(&mut tx, &permit, person, shown, &reason).await?)
        })
    }
}
