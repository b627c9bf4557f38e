//! The public API `/api/v1`: parse, call one use case, render. No SQL, no role names, no decision.
//!
//! Everything the browser does goes through here; there is no private door. Handlers and the OpenAPI document come from
//! the same attributes, so they cannot differ. Each operation carries `x-permission`: a row of the permission table,
//! `signed-in` (the own account) or `public`; and `x-scope`: what a token needs for it, `browser` (no token does it) or `public`.
//! A test fails if one does not.

mod auth;
mod csv;
mod download;
mod dto;
mod error;
mod extract;
mod headers;
mod render;
mod routes;
mod shares;
mod words;

use std::sync::Arc;

use app::App;
use axum::http::{HeaderMap, header};
use axum::{Router, middleware};
use serde_json::Value;
use utoipa::openapi::{InfoBuilder, LicenseBuilder, OpenApiBuilder};
use utoipa_axum::router::OpenApiRouter;

pub use auth::{COOKIE_PLAIN, COOKIE_SECURE, Scopes};

/// A sign-in that the demo shows on its sign-in page. Only ever given by `imprimatur demo`, which listens on loopback.
#[derive(Debug, Clone)]
pub struct DemoSignIn {
    /// Role word.
    pub role: &'static str,
    /// E-mail address.
    pub email: String,
    /// Password.
    pub password: String,
}

/// How the API is reached.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Behind TLS: `__Host-` cookies and HSTS. Without, the cookie has no prefix.
    pub secure: bool,
    /// Names (host or host:port) that requests may come for; empty: any.
    pub hosts: Vec<String>,
    /// Shown by the demo's sign-in page.
    pub demo: Vec<DemoSignIn>,
    /// The address people open, for invitation links; empty: the request's own host.
    pub public_url: String,
}

impl Options {
    /// The name under which this request came may be used.
    #[must_use]
    pub fn knows(&self, host: &str) -> bool {
        self.hosts.is_empty() || self.hosts.contains(&host.to_lowercase())
    }

    /// This server as it calls itself: `https://print.school.org`, without a slash at the end.
    #[must_use]
    pub fn origin(&self, headers: &HeaderMap) -> String {
        if !self.public_url.is_empty() {
            return self.public_url.trim_end_matches('/').to_owned();
        }
        let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or("127.0.0.1");
        format!("{}://{host}", if self.secure { "https" } else { "http" })
    }
}

/// What handlers share.
#[derive(Clone)]
pub struct Api {
    app: App,
    options: Arc<Options>,
}

/// The router of `/api/v1` with its guards, ready to be served.
pub fn router(app: App, options: Options) -> Router {
    let api = Api { app, options: Arc::new(options) };
    let (router, document) = parts();
    let scopes = auth::Scopes::declared(&document);
    let document = document.to_string();
    router
        .route(
            "/api/v1/openapi.json",
            axum::routing::get(move || async move {
                ([(axum::http::header::CONTENT_TYPE, "application/json")], document.clone())
            }),
        )
        .route("/api", axum::routing::any(|| async { error::ApiError::not_found() }))
        .route("/api/", axum::routing::any(|| async { error::ApiError::not_found() }))
        .route("/api/{*rest}", axum::routing::any(|| async { error::ApiError::not_found() }))
        .method_not_allowed_fallback(|| async { error::ApiError::method_not_allowed() })
        .layer(middleware::from_fn_with_state((api.clone(), scopes), auth::tokens))
        .layer(middleware::from_fn_with_state(api.clone(), auth::same_origin))
        .layer(middleware::from_fn_with_state(api.clone(), headers::api))
        .with_state(api)
}

/// Headers for everything else the server answers: pages and scripts, and the endpoints of OAuth.
pub use headers::{api_headers, page_headers};

/// The OpenAPI 3.1 document; always in the same order, so that two of them can be compared.
#[must_use]
pub fn openapi() -> Value {
    parts().1
}

fn parts() -> (Router<Api>, Value) {
    let info = InfoBuilder::new()
        .title("Imprimatur")
        .version("1")
        .description(Some(
            "The one API of Imprimatur: the browser, slicers and scripts use it. Errors are problem+json (RFC 9457) with a stable \
             `code`. Lists are keyset pages. Programs send `Authorization: Bearer TOKEN`, with a token that has the scope in `x-scope`. \
             Browsers send the session cookie, and the header `X-Imprimatur: 1` with what changes something.",
        ))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()))
        .build();
    let document = OpenApiBuilder::new().info(info).build();
    let (router, document) = OpenApiRouter::with_openapi(document).nest("/api/v1", routes::all()).split_for_parts();
    // Extensions come in the order of a hash table otherwise.
    (router, serde_json::to_value(&document).unwrap_or_default())
}
