//! Secrets that programs carry: API tokens, access and refresh tokens, codes. A prefix says what it is (so that a leaked one is
//! recognized), then 256 random bits, then a check sum (so that a cut one is not looked up at all). Stored is the SHA-256 only.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use crate::Error;
use crate::seal::{hash, random};

/// What a secret is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An API token.
    Api,
    /// An application's access token.
    Access,
    /// An application's refresh token.
    Refresh,
    /// An authorization code.
    Code,
    /// What a waiting device polls with.
    Device,
}

impl Kind {
    const ALL: [Self; 5] = [Self::Api, Self::Access, Self::Refresh, Self::Code, Self::Device];

    const fn prefix(self) -> &'static str {
        match self {
            Self::Api => "imp_t_",
            Self::Access => "imp_a_",
            Self::Refresh => "imp_r_",
            Self::Code => "imp_c_",
            Self::Device => "imp_d_",
        }
    }
}

/// Characters of 256 bits, and of the check sum.
const RANDOM: usize = 43;
const CHECK: usize = 6;

fn check_sum(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    URL_SAFE_NO_PAD.encode(&digest[..4])
}

/// A fresh secret, and the hash that is stored of it.
pub(crate) fn make(kind: Kind) -> Result<(String, Vec<u8>), Error> {
    let mut bytes = [0; 32];
    random(&mut bytes)?;
    let mut text = format!("{}{}", kind.prefix(), URL_SAFE_NO_PAD.encode(bytes));
    text.push_str(&check_sum(&text));
    let hash = hash(&text);
    Ok((text, hash))
}

/// What this text is, if it is a whole secret of ours. Says nothing of whether it lives.
pub(crate) fn kind_of(text: &str) -> Option<Kind> {
    let kind = Kind::ALL.into_iter().find(|kind| text.starts_with(kind.prefix()))?;
    let (body, check) = text.split_at_checked(kind.prefix().len() + RANDOM)?;
    (check.len() == CHECK && check_sum(body) == check).then_some(kind)
}

/// The hash of a secret of this kind; `None`: it is none, so there is nothing to look up.
pub(crate) fn hash_of(text: &str, kind: Kind) -> Option<Vec<u8>> {
    (kind_of(text)? == kind).then(|| hash(text))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_secret_is_known_by_its_prefix_and_no_two_are_the_same() {
        for kind in Kind::ALL {
            let (one, hashed) = make(kind).unwrap();
            let (two, _) = make(kind).unwrap();
            assert_ne!(one, two);
            assert_eq!((kind_of(&one), one.len()), (Some(kind), 55));
            assert_eq!(hash_of(&one, kind), Some(hashed));
            for other in Kind::ALL.into_iter().filter(|other| *other != kind) {
                assert_eq!(hash_of(&one, other), None);
            }
        }
    }

    proptest! {
        #[test]
        fn a_secret_that_was_cut_or_changed_is_none(at in 0_usize..55, with in any::<char>()) {
            let (text, _) = make(Kind::Api).unwrap();
            prop_assert_eq!(kind_of(&text[..at]), None);
            let mut changed: Vec<char> = text.chars().collect();
            changed[at] = with;
            let changed: String = changed.into_iter().collect();
            prop_assert!(changed == text || kind_of(&changed).is_none());
        }

        #[test]
        fn any_text_is_read_without_harm(text in ".{0,80}") {
            prop_assert_eq!(kind_of(&text), None);
            prop_assert_eq!(kind_of(&format!("imp_t_{text}")), None);
        }
    }
}
