//! Who asks: the session cookie or a bearer token, never both; what a token may be used for; and the defence of the cookie
//! against requests from other sites.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::Scope;
use serde_json::Value;
use store::accounts::SignedIn;

use crate::Api;
use crate::error::ApiError;

/// The session cookie behind TLS.
pub const COOKIE_SECURE: &str = "__Host-imprimatur";
/// The session cookie on loopback without TLS, where the prefix cannot be used.
pub const COOKIE_PLAIN: &str = "imprimatur";

/// The signed-in person of a request.
pub(crate) struct Me(pub SignedIn);

/// The secret of a browser's session, for the handlers that give it out again.
pub(crate) struct Token(pub String);

/// What a request was signed in by, for the handlers that keep a stream open and ask again and again.
#[derive(Clone)]
pub(crate) enum Credential {
    /// A browser's session.
    Session(String),
    /// A bearer token.
    Bearer(String),
}

impl Credential {
    /// The person, as of now.
    pub async fn person(&self, app: &app::App) -> Result<SignedIn, app::Error> {
        match self {
            Self::Session(token) => app.signed_in(token).await,
            Self::Bearer(token) => app.by_token(token).await,
        }
    }
}

/// What `x-scope` of an operation says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    /// Nobody has to be signed in; a token is not looked at.
    Nothing,
    /// The person's own browser: no token does it.
    Browser,
    /// A token with this scope, or the browser.
    Scope(Scope),
}

/// `x-scope` of every operation, read from the OpenAPI document: the declaration that is published is the one that is enforced.
#[derive(Clone)]
pub struct Scopes(Arc<HashMap<(String, Method), Needs>>);

impl std::fmt::Debug for Scopes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the scopes of {} operations", self.0.len())
    }
}

impl Scopes {
    /// Of the document that this server publishes.
    #[must_use]
    pub fn published() -> Self {
        Self::declared(&crate::openapi())
    }

    /// The person behind a bearer token, if this operation (its method, and its path as the document has it) takes one with such
    /// scopes (ACC-06). Every request with a token comes through here, so a token that was not let through is no credential
    /// anywhere. `None`: nobody has to be signed in here, or it is no operation; the token is not looked at.
    ///
    /// # Errors
    /// The token does not live; it lacks the scope; no token does it.
    pub async fn let_through(
        &self,
        app: &app::App,
        (method, path): (&Method, &str),
        token: &str,
    ) -> Result<Option<SignedIn>, app::Error> {
        let needs = self.0.get(&(path.to_owned(), method.clone())).copied().filter(|needs| *needs != Needs::Nothing);
        let Some(needs) = needs else { return Ok(None) };
        let me = app.by_token(token).await?;
        match needs {
            Needs::Scope(scope) if me.scopes().is_some_and(|has| has.has(scope)) => Ok(Some(me)),
            Needs::Scope(scope) => Err(app::Error::Scope(scope)),
            Needs::Browser | Needs::Nothing => Err(app::Error::BrowserNeeded),
        }
    }

    /// An operation without `x-scope`, or with a word that is none, is for browsers only; a test refuses it besides.
    pub(crate) fn declared(document: &Value) -> Self {
        let mut all = HashMap::new();
        for (path, methods) in document["paths"].as_object().into_iter().flatten() {
            for (method, operation) in methods.as_object().into_iter().flatten() {
                let needs = match operation["x-scope"].as_str() {
                    Some("public") => Needs::Nothing,
                    Some(word) => Scope::parse(word).map_or(Needs::Browser, Needs::Scope),
                    None => Needs::Browser,
                };
                if let Ok(method) = method.to_uppercase().parse::<Method>() {
                    all.insert((path.clone(), method), needs);
                }
            }
        }
        Self(Arc::new(all))
    }
}

/// Which operation a request is for; `None`: an address that is none.
fn operation(request: &Request) -> Option<(Method, String)> {
    let path = request.extensions().get::<MatchedPath>()?.as_str().to_owned();
    let method = if *request.method() == Method::HEAD { Method::GET } else { request.method().clone() };
    Some((method, path))
}

/// The token of `Authorization: Bearer`. Other schemes are not ours: a proxy in front may want them.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get_all(header::AUTHORIZATION).iter().find_map(bearer_of)
}

fn bearer_of(value: &HeaderValue) -> Option<&str> {
    // What is not even text is no token, but it is an attempt at one.
    let Ok(text) = value.to_str() else {
        return value.as_bytes().get(..7)?.eq_ignore_ascii_case(b"bearer ").then_some("");
    };
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_matches(' '))
}

/// Turns a bearer token into its person by [`Scopes::let_through`].
pub(crate) async fn tokens(
    State((api, scopes)): State<(Api, Scopes)>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let Some(token) = bearer(request.headers()).map(str::to_owned) else { return Ok(next.run(request).await) };
    // Addresses that are no operation answer for themselves.
    let Some((method, path)) = operation(&request) else { return Ok(next.run(request).await) };
    if let Some(me) = scopes.let_through(&api.app, (&method, &path), &token).await? {
        request.extensions_mut().insert(LetThrough(me, Credential::Bearer(token)));
    }
    Ok(next.run(request).await)
}

/// Left in a request by [`tokens`].
#[derive(Clone)]
struct LetThrough(SignedIn, Credential);

fn token(headers: &HeaderMap, secure: bool) -> Option<String> {
    let name = if secure { COOKIE_SECURE } else { COOKIE_PLAIN };
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}

impl FromRequestParts<Api> for Token {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        token(&parts.headers, api.options.secure).map(Self).ok_or_else(|| app::Error::NotSignedIn.into())
    }
}

impl FromRequestParts<Api> for Credential {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        if let Some(LetThrough(_, credential)) = parts.extensions.get() {
            return Ok(credential.clone());
        }
        let Token(token) = Token::from_request_parts(parts, api).await?;
        Ok(Self::Session(token))
    }
}

impl FromRequestParts<Api> for Me {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        if let Some(LetThrough(me, _)) = parts.extensions.get() {
            return Ok(Self(me.clone()));
        }
        let Token(token) = Token::from_request_parts(parts, api).await?;
        Ok(Self(api.app.signed_in(&token).await?))
    }
}

/// Sets the session cookie.
pub(crate) fn set_cookie(api: &Api, token: &str) -> HeaderValue {
    let age = api.app.config().session_life.absolute_s;
    let text = if api.options.secure {
        format!("{COOKIE_SECURE}={token}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={age}")
    } else {
        format!("{COOKIE_PLAIN}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={age}")
    };
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// Removes the session cookie.
pub(crate) fn drop_cookie(api: &Api) -> HeaderValue {
    HeaderValue::from_static(if api.options.secure {
        "__Host-imprimatur=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0"
    } else {
        "imprimatur=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"
    })
}

/// The browser's name for the list of sessions, cut and cleaned.
pub(crate) fn user_agent(headers: &HeaderMap) -> String {
    let text = headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or("unknown");
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// With the cookie, state changes only by non-simple requests (custom header) from this very site (`Origin`, `Sec-Fetch-Site`);
/// the event stream checks the origin, too. A bearer token needs none of that, as no site can make a browser add one; so a request
/// has either, never both: otherwise any token would open the door that keeps other sites from the cookie.
pub(crate) async fn same_origin(State(api): State<Api>, request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let headers = request.headers();
    let refuse = |detail: &str| ApiError::new(StatusCode::FORBIDDEN, "cross_site", detail.to_owned()).into_response();
    let host = headers.get(header::HOST).and_then(|v| v.to_str().ok()).unwrap_or("").to_lowercase();
    if !api.options.knows(&host) {
        return ApiError::new(
            StatusCode::MISDIRECTED_REQUEST,
            "wrong_host",
            "This server is not reached under this name. The operator sets it as public_url.",
        )
        .into_response();
    }
    if bearer(headers).is_some() {
        if token(headers, api.options.secure).is_some() {
            return ApiError::new(
                StatusCode::BAD_REQUEST,
                "two_credentials",
                "The request has a session cookie and a token. Send one of them.",
            )
            .into_response();
        }
        return next.run(request).await;
    }
    if !reads && !headers.contains_key("x-imprimatur") {
        return refuse("Send the header X-Imprimatur: 1 with every request that changes something.");
    }
    if let Some(site) = headers.get("sec-fetch-site").and_then(|v| v.to_str().ok())
        && !matches!(site, "same-origin" | "none")
        && (!reads || request.uri().path().ends_with("/events"))
    {
        return refuse("Requests from other sites are refused.");
    }
    if let Some(origin) = headers.get(header::ORIGIN) {
        let origin = origin.to_str().unwrap_or("");
        let same = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://")) == Some(host.as_str());
        if !same {
            return refuse("Requests from other sites are refused.");
        }
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(value: &[u8]) -> Option<String> {
        bearer_of(&HeaderValue::from_bytes(value).ok()?).map(str::to_owned)
    }

    #[test]
    fn only_the_bearer_scheme_is_ours_in_any_case() {
        for ours in ["Bearer abc", "bearer abc", "BEARER  abc", "Bearer abc "] {
            assert_eq!(of(ours.as_bytes()).as_deref(), Some("abc"), "{ours}");
        }
        for attempt in ["Bearer", "Bearer ", "Bearer \u{e4}"] {
            assert!(of(attempt.as_bytes()).is_some(), "{attempt}: an attempt, to be refused as one");
        }
        for other in ["Basic abc", "abc", "", "Bearerabc", "Digest Bearer abc"] {
            assert_eq!(of(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn any_header_is_read_without_harm() {
        // Every pair of bytes after the scheme, and before it.
        for one in 0..=255_u8 {
            for other in [0_u8, b' ', b'\t', b'b', 127, 200, 255] {
                let attempt = of(&[b"Bearer ".as_slice(), &[one, other]].concat());
                let text = HeaderValue::from_bytes(&[one, other]).is_ok();
                assert_eq!(attempt.is_some(), text, "{one} {other}");
                assert_eq!(of(&[&[one, other], b"Bearer abc".as_slice()].concat()).filter(|_| one != b' '), None);
            }
        }
    }
}
