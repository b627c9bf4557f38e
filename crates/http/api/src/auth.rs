//! Who asks: the session cookie, and the defence against requests from other sites.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use store::accounts::SignedIn;

use crate::Api;
use crate::error::ApiError;

/// The session cookie behind TLS.
pub const COOKIE_SECURE: &str = "__Host-imprimatur";
/// The session cookie on loopback without TLS, where the prefix cannot be used.
pub const COOKIE_PLAIN: &str = "imprimatur";

/// The signed-in person of a request.
pub(crate) struct Me(pub SignedIn);

/// The session token of a request, for the handlers that keep a stream open.
pub(crate) struct Token(pub String);

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

impl FromRequestParts<Api> for Me {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
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

/// State changes only by non-simple requests (custom header) from this very site (`Origin`, `Sec-Fetch-Site`).
/// The event stream checks the origin, too.
pub(crate) async fn same_origin(State(api): State<Api>, request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let headers = request.headers();
    let refuse = |detail: &str| ApiError::new(StatusCode::FORBIDDEN, "cross_site", detail.to_owned()).into_response();
    let host = headers.get(header::HOST).and_then(|v| v.to_str().ok()).unwrap_or("").to_lowercase();
    if !api.options.hosts.is_empty() && !api.options.hosts.contains(&host) {
        return ApiError::new(
            StatusCode::MISDIRECTED_REQUEST,
            "wrong_host",
            "This server is not reached under this name. The operator sets it as public_url.",
        )
        .into_response();
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
