//! The browser app, embedded. An ordinary client of the public API: this module serves files and decides nothing.

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Dist;

/// Without a built browser app: what to do. Never an error at compile time.
const NO_APP: &str = "<!doctype html><html lang=en><meta charset=utf-8><title>Imprimatur</title>\
    <h1>Imprimatur is running</h1><p>The API is at <a href=/api/v1/openapi.json>/api/v1</a>. \
    The browser app is not built: run <code>make web</code>, then build the server again.</p></html>";

pub(crate) fn router(secure: bool) -> Router {
    Router::new().fallback(move |request: Request| async move { page(&request, secure) })
}

fn page(request: &Request, secure: bool) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let path = request.uri().path().trim_start_matches('/');
    let mut response = match Dist::get(path).filter(|_| !path.is_empty()) {
        Some(file) => {
            let kind = mime_guess::from_path(path).first_or_octet_stream();
            let mut response = Body::from(file.data.into_owned()).into_response();
            if let Ok(kind) = HeaderValue::from_str(kind.as_ref()) {
                response.headers_mut().insert(header::CONTENT_TYPE, kind);
            }
            // Built files carry their hash in their name.
            let caching = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
            response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
            response
        }
        None if path.starts_with("assets/") => StatusCode::NOT_FOUND.into_response(),
        None => shell(),
    };
    http_api::page_headers(response.headers_mut(), secure);
    response
}

/// Every other path is a page of the app; it shows its own "not here".
fn shell() -> Response {
    let body = match Dist::get("index.html") {
        Some(file) => Body::from(file.data.into_owned()),
        None => Body::from(NO_APP),
    };
    let mut response = body.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}
