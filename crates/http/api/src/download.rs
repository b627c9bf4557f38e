//! Bytes of people as answers: never rendered, always under the name they were given.

use app::OpenedFile;
use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use tokio_util::io::ReaderStream;

/// Streams a file as this kind of content.
pub(crate) fn stream(opened: OpenedFile, kind: &'static str, disposition: HeaderValue) -> Response {
    let body = Body::from_stream(ReaderStream::with_capacity(opened.file, 64 * 1024));
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(opened.size));
    headers.insert(header::CONTENT_DISPOSITION, disposition);
    response
}

/// RFC 6266 with the name percent-encoded: no character of it can break out of the header.
pub(crate) fn attachment(name: &str) -> HeaderValue {
    let mut text = String::from("attachment; filename*=UTF-8''");
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_') {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static("attachment"))
}

/// A file to be saved, whatever is in it.
pub(crate) fn saved(opened: OpenedFile) -> Response {
    let disposition = attachment(&opened.name);
    stream(opened, "application/octet-stream", disposition)
}

/// A picture of our own making. Its address carries its hash; private, because rights may change.
pub(crate) fn picture(opened: OpenedFile) -> Response {
    let mut response = stream(opened, "image/png", HeaderValue::from_static("inline"));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=300"));
    response
}
