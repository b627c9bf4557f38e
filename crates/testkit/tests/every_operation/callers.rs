//! Who calls, and by what: at a browser, or by a program with a token.

use std::collections::BTreeMap;

use testkit::{Actor, Farm, Role};

use crate::api::SCOPES;

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    Nobody,
    /// An account that is in no organization (yet).
    Newcomer,
    /// The Admin of another organization.
    Stranger,
    /// A Member until they were removed.
    Former,
    Of(Role),
}

/// A session of its own for what may end or change it.
pub async fn browser(person: &Actor, farm: &Farm) -> Actor {
    match person.token() {
        Some(_) => person.another_browser().await,
        None => farm.nobody(),
    }
}

/// The programs of a person: for each scope one with that alone, and one with everything but that.
pub struct Programs(BTreeMap<&'static str, (Actor, Actor)>);

impl Programs {
    pub async fn of(person: &Actor) -> Self {
        let mut all = BTreeMap::new();
        for scope in SCOPES {
            let others: Vec<_> = SCOPES.into_iter().filter(|other| *other != scope).collect();
            all.insert(scope, (person.token_for(&[scope]).await, person.token_for(&others).await));
        }
        Self(all)
    }

    /// With this scope alone; nothing for what takes no token, or looks at none.
    pub fn right(&self, scope: &str) -> Option<&Actor> {
        self.0.get(scope).map(|(right, _)| right)
    }

    /// With every scope but this, and how it is refused. A browser's operation has no right scope: any token is wrong.
    pub fn wrong(&self, scope: &str) -> Option<(&Actor, &'static str)> {
        match self.0.get(scope) {
            Some((_, wrong)) => Some((wrong, "scope")),
            None if scope == "browser" => self.0.values().map(|(_, most)| (most, "browser_needed")).next(),
            None => None,
        }
    }
}
