//! What a token may be used for. A scope only ever takes away: what its person may not do, no scope gives (ACC-06).

/// One thing that a token may be used for. They are independent: whoever prints may not read by that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// Look at everything that the person sees; changes nothing.
    Read,
    /// Upload files, send print jobs, withdraw, pause and stop them.
    Print,
    /// Decide about print jobs of others.
    Approve,
    /// Printers, plates, queues, library projects.
    Manage,
}

impl Scope {
    /// All, least first.
    pub const ALL: [Self; 4] = [Self::Read, Self::Print, Self::Approve, Self::Manage];

    /// The word in the database, in the API and in OAuth.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Print => "print",
            Self::Approve => "approve",
            Self::Manage => "manage",
        }
    }

    /// Reads [`Scope::word`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.word() == word)
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// Why a text is no set of scopes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    /// None at all.
    #[error("Choose at least one of read, print, approve, manage.")]
    Empty,
    /// A word that is none.
    #[error("There is no such scope. There are: read, print, approve, manage.")]
    Unknown,
}

/// A set of scopes; never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Scopes(u8);

impl Scopes {
    /// From words; the same word twice counts once.
    ///
    /// # Errors
    /// [`ScopeError`].
    pub fn of<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<Self, ScopeError> {
        let mut bits = 0;
        for word in words {
            bits |= Scope::parse(word).ok_or(ScopeError::Unknown)?.bit();
        }
        if bits == 0 { Err(ScopeError::Empty) } else { Ok(Self(bits)) }
    }

    /// From words with one blank between them, as OAuth and the database write them.
    ///
    /// # Errors
    /// [`ScopeError`].
    pub fn parse(text: &str) -> Result<Self, ScopeError> {
        if text.is_empty() { Err(ScopeError::Empty) } else { Self::of(text.split(' ')) }
    }

    /// Whether this one is among them.
    #[must_use]
    pub const fn has(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// Whether all of these are within `most`.
    #[must_use]
    pub const fn within(self, most: Self) -> bool {
        self.0 & !most.0 == 0
    }

    /// The words, least first.
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        Scope::ALL.into_iter().filter(move |scope| self.has(*scope)).map(Scope::word)
    }
}

impl std::fmt::Display for Scopes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.words().collect::<Vec<_>>().join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_read_back_and_strangers_are_refused() {
        let set = Scopes::parse("approve read read").unwrap();
        assert_eq!(set.to_string(), "read approve");
        assert_eq!(Scopes::parse(&set.to_string()), Ok(set));
        assert!(set.has(Scope::Read) && !set.has(Scope::Print));
        assert!(Scopes::parse("read").unwrap().within(set) && !set.within(Scopes::parse("read").unwrap()));
        assert_eq!(Scopes::parse(""), Err(ScopeError::Empty));
        for text in ["read ", " read", "read  print", "Read", "read,print", "admin", "read\tprint"] {
            assert_eq!(Scopes::parse(text), Err(ScopeError::Unknown), "{text:?}");
        }
    }
}
