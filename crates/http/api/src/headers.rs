//! Security headers (security.md 1.9): strict CSP, no sniffing, no framing, no caching of private data.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::Api;

const CSP: &str = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; \
    connect-src 'self'; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

fn common(headers: &mut HeaderMap, secure: bool) {
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "same-origin");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    if secure {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
}

/// For the API: nothing private is cached, nothing is rendered as a page.
pub(crate) async fn api(State(api): State<Api>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    api_headers(response.headers_mut(), api.options.secure);
    response
}

/// For every answer to a program.
pub fn api_headers(headers: &mut HeaderMap, secure: bool) {
    common(headers, secure);
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; sandbox"));
}

/// For pages, scripts and fonts.
pub fn page_headers(headers: &mut HeaderMap, secure: bool) {
    common(headers, secure);
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CSP));
}
