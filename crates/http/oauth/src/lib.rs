//! OAuth for applications of others: the four addresses that programs call (RFC 6749, 7009, 8414, 8628). No rule lives here: a form
//! comes in as text, one use case reads and decides, its answer is rendered as the RFC wants it. What people see, and answer, is a
//! page of the browser app on `/api/v1`.
//!
//! Nobody is signed in here and no cookie is read, so a request from another site gains nothing. No cross-origin headers are sent:
//! applications that live in a page of another site are not served.

use std::net::SocketAddr;
use std::sync::Arc;

use app::oauth::Refusal;
use app::{App, Error};
use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http_api::Options;
use serde_json::{Value, json};

/// Largest form.
const LARGEST: usize = 8 * 1024;

#[derive(Clone)]
struct Oauth {
    app: App,
    options: Arc<Options>,
}

/// The router of `/oauth/...` and `/.well-known/oauth-authorization-server`.
pub fn router(app: App, options: Options) -> Router {
    let oauth = Oauth { app, options: Arc::new(options) };
    Router::new()
        .route("/.well-known/oauth-authorization-server", get(metadata))
        .route("/oauth/token", post(token))
        .route("/oauth/device", post(device))
        .route("/oauth/revoke", post(revoke))
        .layer(middleware::from_fn_with_state(oauth.clone(), guard))
        .with_state(oauth)
}

/// Only under the server's own names (otherwise the metadata could be made to name another); nothing is cached or rendered.
async fn guard(State(oauth): State<Oauth>, request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or("");
    let mut response = match oauth.options.knows(host) {
        true => next.run(request).await,
        false => StatusCode::MISDIRECTED_REQUEST.into_response(),
    };
    http_api::api_headers(response.headers_mut(), oauth.options.secure);
    response
}

/// What this server can do (RFC 8414).
async fn metadata(State(oauth): State<Oauth>, headers: HeaderMap) -> Response {
    let issuer = oauth.options.origin(&headers);
    render(
        StatusCode::OK,
        &json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/oauth/authorize"),
            "token_endpoint": format!("{issuer}/oauth/token"),
            "device_authorization_endpoint": format!("{issuer}/oauth/device"),
            "revocation_endpoint": format!("{issuer}/oauth/revoke"),
            "scopes_supported": ["read", "print", "approve", "manage"],
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none"],
            "revocation_endpoint_auth_methods_supported": ["none"],
            "authorization_response_iss_parameter_supported": true,
        }),
    )
}

/// Exchanges a code or a refresh token.
async fn token(State(oauth): State<Oauth>, ConnectInfo(from): ConnectInfo<SocketAddr>, request: Request) -> Response {
    let form = match form(request).await {
        Ok(form) => form,
        Err(response) => return response,
    };
    match oauth.app.exchange(&form, &from.ip().to_string()).await {
        Ok(Ok(issued)) => render(
            StatusCode::OK,
            &json!({
                "access_token": issued.access_token, "token_type": "Bearer", "expires_in": issued.expires_in,
                "refresh_token": issued.refresh_token, "scope": issued.scopes.to_string(),
            }),
        ),
        Ok(Err(refusal)) => refused(refusal),
        Err(error) => failed(&error),
    }
}

/// A device begins to wait (RFC 8628).
async fn device(
    State(oauth): State<Oauth>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    request: Request,
) -> Response {
    let form = match form(request).await {
        Ok(form) => form,
        Err(response) => return response,
    };
    let page = format!("{}/device", oauth.options.origin(&headers));
    match oauth.app.begin_device(&form, &from.ip().to_string()).await {
        Ok(Ok(waiting)) => render(
            StatusCode::OK,
            &json!({
                "device_code": waiting.device_code, "user_code": waiting.user_code, "verification_uri": page,
                "verification_uri_complete": format!("{page}?code={}", waiting.user_code),
                "expires_in": waiting.expires_in, "interval": waiting.interval,
            }),
        ),
        Ok(Err(refusal)) => refused(refusal),
        Err(error) => failed(&error),
    }
}

/// An application gives its tokens back (RFC 7009). Also what it does not own is answered with 200: nothing is told.
async fn revoke(State(oauth): State<Oauth>, request: Request) -> Response {
    let form = match form(request).await {
        Ok(form) => form,
        Err(response) => return response,
    };
    match oauth.app.give_back(&form).await {
        Ok(Ok(())) => StatusCode::OK.into_response(),
        Ok(Err(refusal)) => refused(refusal),
        Err(error) => failed(&error),
    }
}

/// The text of a form. Applications are public: whoever comes with credentials of its own is refused, as RFC 6749 5.2 says.
async fn form(request: Request) -> Result<String, Response> {
    if request.headers().contains_key(header::AUTHORIZATION) {
        let mut response = answer(StatusCode::UNAUTHORIZED, Refusal::InvalidClient);
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"imprimatur\""));
        return Err(response);
    }
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    if kind.split(';').next().unwrap_or("").trim().to_lowercase() != "application/x-www-form-urlencoded" {
        return Err(refused(Refusal::InvalidRequest("Send a form: application/x-www-form-urlencoded.")));
    }
    if request.uri().query().is_some() {
        return Err(refused(Refusal::InvalidRequest("Send everything in the body; addresses end up in logs.")));
    }
    let bytes: Bytes = to_bytes(request.into_body(), LARGEST)
        .await
        .map_err(|_| refused(Refusal::InvalidRequest("The form is too long.")))?;
    String::from_utf8(bytes.to_vec()).map_err(|_| refused(Refusal::InvalidRequest("The form is not UTF-8.")))
}

fn refused(refusal: Refusal) -> Response {
    answer(if refusal == Refusal::InvalidClient { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST }, refusal)
}

fn answer(status: StatusCode, refusal: Refusal) -> Response {
    render(status, &json!({ "error": refusal.code(), "error_description": refusal.sentence() }))
}

fn failed(error: &Error) -> Response {
    let (status, code, seconds) = match error {
        Error::TooMany(seconds) => (StatusCode::TOO_MANY_REQUESTS, "slow_down", Some(*seconds)),
        Error::Store(store) if store.is_busy() => (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", Some(1)),
        other => {
            tracing::error!(error = %other, "internal error");
            (StatusCode::INTERNAL_SERVER_ERROR, "server_error", None)
        }
    };
    let text = match seconds {
        Some(seconds) => format!("Try again in {seconds} seconds."),
        None => "Something went wrong on the server. Nothing was changed.".to_owned(),
    };
    let mut response = render(status, &json!({ "error": code, "error_description": text }));
    if let Some(seconds) = seconds {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

fn render(status: StatusCode, body: &Value) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (status, kind, body.to_string()).into_response()
}
