//! Idempotency keys: the same key gives the first answer again, so that a repeated request after a lost answer creates
//! nothing twice (dispatch.md 2.8). A key belongs to a person and is bound to the content of its request.

use access::Who;
use sha2::{Digest, Sha256};
use sql::{Tx, params};
use uuid::Uuid;

use crate::Error;

/// A key with the digest of its request.
#[derive(Debug, Clone)]
pub struct Key {
    key: String,
    request: Vec<u8>,
}

impl Key {
    /// `content` is everything that makes the request what it is.
    #[must_use]
    pub fn new(key: impl Into<String>, content: &str) -> Self {
        Self { key: key.into(), request: Sha256::digest(content.as_bytes()).to_vec() }
    }

    /// The key itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.key
    }

    /// What this key created before, if anything.
    ///
    /// # Errors
    /// [`Error::KeyReused`] if it was another request.
    pub async fn first(&self, tx: &mut Tx, who: Who) -> Result<Option<Uuid>, Error> {
        let row = tx
            .opt(
                "SELECT request, subject FROM idempotency WHERE account = $1 AND key = $2",
                params![who.account(), self.key.clone()],
            )
            .await?;
        let Some(row) = row else { return Ok(None) };
        if row.get::<Vec<u8>>("request")? != self.request {
            return Err(Error::KeyReused);
        }
        Ok(Some(row.get("subject")?))
    }

    /// Remembers what was created, in its transaction. Two at the same time: one of them fails here and is tried again.
    ///
    /// # Errors
    /// The database.
    pub async fn remember(&self, tx: &mut Tx, who: Who, subject: Uuid) -> Result<(), Error> {
        let now = tx.now().await?;
        tx.exec(
            "INSERT INTO idempotency (account, key, request, subject, created_at) VALUES ($1, $2, $3, $4, $5)",
            params![who.account(), self.key.clone(), self.request.clone(), subject, now],
        )
        .await?;
        Ok(())
    }
}
