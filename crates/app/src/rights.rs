//! What a person may do with one thing, or why not (ACC-02); and what they could bring back from the Trash.

use access::{Denial, Rule, Target, permissions, visible};
use store::Trash;
use store::accounts::SignedIn;
use store::trash::{self, Item};

use crate::{App, Error, principal, read};

impl App {
    /// Every action of the table for this kind of thing: yes, or the reason of the no.
    ///
    /// # Errors
    /// Not found, for whoever does not see it.
    pub async fn permissions<T: Target>(
        &self,
        me: &SignedIn,
        target: T,
    ) -> Result<Vec<(Rule, Result<(), Denial>)>, Error> {
        let mut conn = read!(self);
        Ok(permissions(&mut conn, principal(me)?, target).await?)
    }

    /// The same for the active organization.
    ///
    /// # Errors
    /// Not in an organization.
    pub async fn organization_permissions(&self, me: &SignedIn) -> Result<Vec<(Rule, Result<(), Denial>)>, Error> {
        self.permissions(me, principal(me)?.org).await
    }

    /// What the person could bring back.
    ///
    /// # Errors
    /// Not in an organization.
    pub async fn trash(&self, me: &SignedIn) -> Result<Vec<Item>, Error> {
        let mut conn = read!(self);
        let eyes = visible::<Trash>(&mut conn, principal(me)?).await?;
        Ok(trash::list(&mut conn, &eyes).await?)
    }
}
