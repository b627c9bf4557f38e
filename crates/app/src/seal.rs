//! Seals printer keys and the secrets of links at rest: XChaCha20-Poly1305 under a master key that lies outside the database.
//!
//! The associated data names table, row and column, so a sealed value cannot be moved to another printer
//! (security.md 1.9). The first byte is the key's id, for a later rotation.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use domain::PrinterId;

use crate::Error;

const KEY_ID: u8 = 1;
const NONCE: usize = 24;

/// The master key in use.
#[derive(Clone)]
pub struct Seal {
    cipher: XChaCha20Poly1305,
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal(..)")
    }
}

impl Seal {
    /// From 32 random bytes.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self { cipher: XChaCha20Poly1305::new(&Key::from(key)) }
    }

    pub(crate) fn close(&self, printer: PrinterId, secret: &str) -> Result<Vec<u8>, Error> {
        self.close_for(&aad(printer), secret)
    }

    /// Seals a secret for one place: table, row and column.
    pub(crate) fn close_for(&self, place: &str, secret: &str) -> Result<Vec<u8>, Error> {
        let mut nonce = [0; NONCE];
        random(&mut nonce)?;
        let sealed = self
            .cipher
            .encrypt(&XNonce::from(nonce), Payload { msg: secret.as_bytes(), aad: place.as_bytes() })
            .map_err(|_| Error::Internal("sealing failed".into()))?;
        let mut out = vec![KEY_ID];
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&sealed);
        Ok(out)
    }

    pub(crate) fn open(&self, printer: PrinterId, sealed: &[u8]) -> Result<String, Error> {
        self.open_for(&aad(printer), sealed)
    }

    /// Opens what was sealed for this place.
    pub(crate) fn open_for(&self, place: &str, sealed: &[u8]) -> Result<String, Error> {
        let broken = || {
            let what = place.split('/').next().unwrap_or_default();
            Error::Internal(format!("the sealed secret of a {what} cannot be opened: is this the right master key?"))
        };
        let rest = sealed.strip_prefix(&[KEY_ID]).ok_or_else(broken)?;
        let (nonce, body) = rest.split_at_checked(NONCE).ok_or_else(broken)?;
        let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| broken())?;
        let plain = self
            .cipher
            .decrypt(&XNonce::from(nonce), Payload { msg: body, aad: place.as_bytes() })
            .map_err(|_| broken())?;
        String::from_utf8(plain).map_err(|_| broken())
    }
}

fn aad(printer: PrinterId) -> String {
    format!("printer/{printer}/secret")
}

/// Fills with random bytes of the operating system.
pub(crate) fn random(bytes: &mut [u8]) -> Result<(), Error> {
    getrandom::fill(bytes).map_err(|e| Error::Internal(format!("no random numbers: {e}")))
}

/// A fresh secret for a link or a cookie (256 bits), and the hash that is stored of it.
pub(crate) fn secret() -> Result<(String, Vec<u8>), Error> {
    use base64::Engine as _;
    let mut bytes = [0; 32];
    random(&mut bytes)?;
    let text = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes);
    let hash = hash(&text);
    Ok((text, hash))
}

/// What is stored of a secret.
pub(crate) fn hash(secret: &str) -> Vec<u8> {
    use sha2::Digest as _;
    sha2::Sha256::digest(secret.as_bytes()).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_key_opens_only_for_its_printer() {
        let seal = Seal::new([7; 32]);
        let (one, two) = (PrinterId(uuid::Uuid::from_u128(1)), PrinterId(uuid::Uuid::from_u128(2)));
        let sealed = seal.close(one, "key").unwrap();
        assert!(!sealed.windows(3).any(|w| w == b"key"));
        assert_eq!(seal.open(one, &sealed).unwrap(), "key");
        assert!(seal.open(two, &sealed).is_err());
        assert!(Seal::new([8; 32]).open(one, &sealed).is_err());
        assert!(seal.open(one, &sealed[..10]).is_err());
    }
}
