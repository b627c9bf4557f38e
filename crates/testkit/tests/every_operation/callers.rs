//! Who calls, and by what: at a browser, or by a program with a token.

use std::collections::BTreeMap;

use testkit::{Actor, Farm, Method, Role, Uuid, json, params};

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

/// Programs of a person whose tokens, with every scope, do not live any more.
pub struct Ended {
    /// Ended by time.
    pub expired: Actor,
    /// Ended by the person.
    pub revoked: Actor,
}

impl Ended {
    pub async fn of(farm: &Farm, person: &Actor) -> Self {
        let mut made = Vec::new();
        for _ in 0..2 {
            let body = json!({ "name": "Script", "scopes": SCOPES, "expires_in_days": 1 });
            let token = person.post("/account/tokens", body).await.ok();
            made.push((token["id"].as_str().unwrap().to_owned(), person.program(token["secret"].as_str().unwrap())));
        }
        let (id, revoked) = made.remove(1);
        person.delete(&format!("/account/tokens/{id}")).await.done();
        let (id, expired) = made.remove(0);
        let id: Uuid = id.parse().unwrap();
        assert_eq!(farm.exec("UPDATE api_token SET expires_at = 1 WHERE id = $1", params![id]).await, 1);
        Self { expired, revoked }
    }
}

const BACK: &str = "https://slicer.example/back";
/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Registers an application of others that may ask for every scope; its `client_id`.
pub async fn application(farm: &Farm) -> String {
    let body = json!({ "name": "Slicer", "redirect_uris": [BACK], "scopes": SCOPES });
    farm.admin().post("/applications", body).await.ok()["id"].as_str().unwrap().to_owned()
}

/// That application with an access token of this person, for every scope.
pub async fn by_application(farm: &Farm, person: &Actor, client: &str) -> Actor {
    let asked = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([
            ("response_type", "code"),
            ("client_id", client),
            ("redirect_uri", BACK),
            ("scope", &SCOPES.join(" ")),
            ("state", "x"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ])
        .finish();
    let said = person.post("/authorizations", json!({ "query": asked, "allow": true })).await.ok();
    let (_, carried) = said["to"].as_str().unwrap().split_once('?').unwrap();
    let code = form_urlencoded::parse(carried.as_bytes()).find(|(key, _)| key == "code").unwrap().1.into_owned();
    let parts = [
        ("grant_type", "authorization_code"),
        ("client_id", client),
        ("code", &code),
        ("redirect_uri", BACK),
        ("code_verifier", VERIFIER),
    ];
    let call = farm.nobody().call(Method::POST, "/oauth/token").at_root().without_marker();
    let tokens = call.form(&parts).send_unchecked().await.ok();
    person.program(tokens["access_token"].as_str().unwrap())
}
