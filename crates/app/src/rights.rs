//! What a person could bring back from the Trash.

use access::visible;
use store::Trash;
use store::accounts::SignedIn;
use store::trash::{self, Item};

use crate::{App, Error, principal, read};

impl App {
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
