//! Argon2id with bounded concurrency, off the async threads.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{Error, PasswordCost};

/// Shortest and longest password, in characters (security.md 1.9; no composition rules).
const SHORTEST: usize = 8;
const LONGEST: usize = 256;

/// Words that a password of this product must not consist of.
const COMMON: &[&str] = &[
    "password",
    "passwort",
    "12345678",
    "123456789",
    "1234567890",
    "qwertyui",
    "qwertyuiop",
    "iloveyou",
    "11111111",
    "00000000",
    "imprimatur",
    "letmein1",
    "password1",
    "sunshine",
    "princess",
    "football",
    "baseball",
    "welcome1",
    "3dprinter",
    "octoprint",
    "ultimaker",
    "makerspace",
    "abcdefgh",
    "abcd1234",
    "trustno1",
    "superman",
    "asdfghjkl",
];

#[derive(Debug)]
pub(crate) struct Passwords {
    gate: Arc<Semaphore>,
    cost: PasswordCost,
}

/// A turn at the hasher. Whoever limits tries looks at the limit, hashes and counts the failure with one turn in hand:
/// otherwise many tries at the same time would all pass before the first is counted.
pub(crate) type Turn = OwnedSemaphorePermit;

impl Passwords {
    pub(crate) fn new(cost: PasswordCost) -> Self {
        Self { gate: Arc::new(Semaphore::new(cost.at_once.max(1))), cost }
    }

    /// Waits for a turn.
    pub(crate) async fn turn(&self) -> Result<Turn, Error> {
        Arc::clone(&self.gate).acquire_owned().await.map_err(internal)
    }

    /// Checks the rules and hashes.
    pub(crate) async fn hash(&self, password: &str) -> Result<String, Error> {
        acceptable(password)?;
        let cost = self.cost;
        let work = run(self.turn().await?, password, move |password| {
            let hash: PasswordHash = hasher(cost)?.hash_password(password.as_bytes()).map_err(internal)?;
            Ok(hash.to_string())
        });
        work.await.map(|(hash, _)| hash)
    }

    /// Whether the password fits. `None` hashes against nothing for the same time: an unknown account takes as long.
    pub(crate) async fn verify(
        &self,
        turn: Turn,
        password: &str,
        stored: Option<String>,
    ) -> Result<(bool, Turn), Error> {
        if password.chars().count() > LONGEST {
            return Ok((false, turn));
        }
        let cost = self.cost;
        run(turn, password, move |password| {
            let hasher = hasher(cost)?;
            let Some(stored) = stored else {
                let _: PasswordHash = hasher.hash_password(password.as_bytes()).map_err(internal)?;
                return Ok(false);
            };
            let stored = PasswordHash::new(&stored).map_err(internal)?;
            Ok(hasher.verify_password(password.as_bytes(), &stored).is_ok())
        })
        .await
    }
}

/// The turn goes with the work: it is not over when the caller goes away.
async fn run<T: Send + 'static>(
    turn: Turn,
    password: &str,
    work: impl FnOnce(String) -> Result<T, Error> + Send + 'static,
) -> Result<(T, Turn), Error> {
    let password = password.to_owned();
    tokio::task::spawn_blocking(move || work(password).map(|done| (done, turn))).await.map_err(internal)?
}

fn hasher(cost: PasswordCost) -> Result<Argon2<'static>, Error> {
    let params = Params::new(cost.memory_kib, cost.passes, 1, None).map_err(internal)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn internal(error: impl std::fmt::Display) -> Error {
    Error::Internal(format!("password hashing: {error}"))
}

fn acceptable(password: &str) -> Result<(), Error> {
    let length = password.chars().count();
    if length < SHORTEST {
        return Err(Error::Invalid(
            "password",
            "The password needs at least 8 characters. 15 or more are better.".into(),
        ));
    }
    if length > LONGEST {
        return Err(Error::Invalid("password", "The password is longer than 256 characters.".into()));
    }
    if COMMON.contains(&password.to_lowercase().as_str()) {
        return Err(Error::Invalid(
            "password",
            "This password is one of the first that anybody would try. Choose another.".into(),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn hashes_and_verifies() {
        let passwords = Passwords::new(PasswordCost { memory_kib: 64, passes: 1, at_once: 1 });
        let hash = passwords.hash("correct horse battery").await.unwrap();
        assert!(hash.starts_with("$argon2id$"));
        let fits = async |password: &str, stored| {
            passwords.verify(passwords.turn().await.unwrap(), password, stored).await.unwrap().0
        };
        assert!(fits("correct horse battery", Some(hash.clone())).await);
        assert!(!fits("correct horse batterx", Some(hash)).await);
        assert!(!fits("correct horse battery", None).await);
    }

    #[tokio::test]
    async fn refuses_short_long_and_common_passwords() {
        let passwords = Passwords::new(PasswordCost { memory_kib: 64, passes: 1, at_once: 1 });
        for bad in ["short", "Password", &"x".repeat(257)] {
            assert!(matches!(passwords.hash(bad).await, Err(Error::Invalid("password", _))), "{bad}");
        }
    }
}
