//! Teams as people use them: the list, one team, who is in it, the Trash.

use access::table::{ChangeTeam, CreateTeam, SeeTeam};
use access::{Denial, permit, permit_in, visible};
use domain::{AccountId, PrinterId, TeamId, clean_label};
use store::accounts::SignedIn;
use store::idempotency::Key;
use store::teams::effect::{self, TeamEffect};
use store::teams::{self, Filter, TeamPerson, TeamView};
use store::{Teams, Tx};
use uuid::Uuid;

use crate::organization::denial;
use crate::{App, Error, principal, read, write};

/// A page of teams, where the next one begins, and whether the person may create one.
pub type TeamPage = (Vec<TeamView>, Option<Uuid>, Result<(), Denial>);

/// What is done to a team.
#[derive(Debug, Clone)]
enum Change {
    Rename(String),
    Remove,
    Restore,
    Add(AccountId),
    TakeOut(AccountId),
}

impl App {
    /// A page of the teams that the person sees.
    ///
    /// # Errors
    /// Not in an organization.
    pub async fn teams(&self, me: &SignedIn, filter: &Filter) -> Result<TeamPage, Error> {
        let who = principal(me)?;
        let mut conn = read!(self);
        let eyes = visible::<Teams>(&mut conn, who).await?;
        let (teams, next) = teams::list(&mut conn, &eyes, filter).await?;
        Ok((teams, next, denial(permit::<CreateTeam>(&mut conn, who, who.org).await)?))
    }

    /// One team, with its printers as far as the person sees them.
    ///
    /// # Errors
    /// Not found.
    pub async fn team(&self, me: &SignedIn, id: TeamId) -> Result<(TeamView, Vec<(PrinterId, String)>), Error> {
        let mut conn = read!(self);
        let permit = permit::<SeeTeam>(&mut conn, principal(me)?, id).await?;
        Ok((teams::detail(&mut conn, &permit).await?, teams::printers(&mut conn, &permit).await?))
    }

    /// A page of the people in a team.
    ///
    /// # Errors
    /// Not found.
    pub async fn team_people(
        &self,
        me: &SignedIn,
        id: TeamId,
        filter: &Filter,
    ) -> Result<(Vec<TeamPerson>, Option<Uuid>), Error> {
        let mut conn = read!(self);
        let permit = permit::<SeeTeam>(&mut conn, principal(me)?, id).await?;
        Ok(teams::people(&mut conn, &permit, filter).await?)
    }

    /// Creates a team (ORG-04).
    ///
    /// # Errors
    /// No right; a name that cannot be used or is taken.
    pub async fn create_team(&self, me: &SignedIn, name: &str, key: Option<&str>) -> Result<TeamId, Error> {
        let who = principal(me)?;
        let name = clean_label(name).map_err(|e| Error::label("name", e))?;
        let key = key.map(|key| Key::new(key, &format!("team\n{name}")));
        write!(self, |tx| {
            let permit = permit_in::<CreateTeam>(&mut tx, who, who.org).await?;
            Ok(teams::create(&mut tx, &permit, &name, key.as_ref()).await?)
        })
    }

    async fn change_team(&self, me: &SignedIn, id: TeamId, change: Change) -> Result<(), Error> {
        let who = principal(me)?;
        write!(self, |tx| {
            let tx: &mut Tx = &mut tx;
            teams::hold(tx, who.org, id).await?;
            let permit = permit_in::<ChangeTeam>(tx, who, id).await?;
            match &change {
                Change::Rename(name) => teams::rename(tx, &permit, name).await?,
                Change::Remove => teams::remove(tx, &permit).await?,
                Change::Restore => teams::restore(tx, &permit).await?,
                Change::Add(person) => teams::add_person(tx, &permit, *person).await?,
                Change::TakeOut(person) => teams::remove_person(tx, &permit, *person).await?,
            }
            Ok(())
        })
    }

    /// Renames a team (AMB-14).
    ///
    /// # Errors
    /// No right; a name that cannot be used or is taken.
    pub async fn rename_team(&self, me: &SignedIn, id: TeamId, name: &str) -> Result<(), Error> {
        let name = clean_label(name).map_err(|e| Error::label("name", e))?;
        self.change_team(me, id, Change::Rename(name)).await
    }

    /// Removes a team to the Trash, or brings it back (AMB-14).
    ///
    /// # Errors
    /// No right; not there; longer than 30 days in the Trash; its name is taken by now.
    pub async fn remove_team(&self, me: &SignedIn, id: TeamId, removed: bool) -> Result<(), Error> {
        self.change_team(me, id, if removed { Change::Remove } else { Change::Restore }).await
    }

    /// Adds somebody of the organization to a team, or takes them out of it (ORG-04, ORG-05, AMB-15).
    ///
    /// # Errors
    /// No right; nobody of the organization; not in the team.
    pub async fn put_into_team(&self, me: &SignedIn, id: TeamId, person: AccountId, inside: bool) -> Result<(), Error> {
        self.change_team(me, id, if inside { Change::Add(person) } else { Change::TakeOut(person) }).await
    }

    /// What removing a team, or somebody from it, would do.
    ///
    /// # Errors
    /// No right; not found.
    pub async fn team_removal(
        &self,
        me: &SignedIn,
        id: TeamId,
        person: Option<AccountId>,
    ) -> Result<TeamEffect, Error> {
        let mut conn = read!(self);
        let permit = permit::<ChangeTeam>(&mut conn, principal(me)?, id).await?;
        Ok(effect::removal(&mut conn, &permit, person).await?)
    }
}
