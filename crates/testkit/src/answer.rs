//! The answer to a call, with the checks that every answer has to pass.

use axum::http::HeaderMap;
use serde_json::Value;

/// An answer. Refusals were checked to be problem+json before it came here.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// JSON body; `null` if there is none or it is something else.
    pub body: Value,
    /// Body as it came.
    pub bytes: Vec<u8>,
    /// Headers.
    pub headers: HeaderMap,
    /// Method and path, for messages.
    pub asked: String,
}

impl Answer {
    /// The body of a success.
    ///
    /// # Panics
    /// Any other status.
    #[track_caller]
    #[must_use = "or use `done`"]
    pub fn ok(self) -> Value {
        assert!(self.is_ok(), "{self}");
        self.body
    }

    /// A success whose body does not matter.
    ///
    /// # Panics
    /// Any other status.
    #[track_caller]
    pub fn done(&self) {
        assert!(self.is_ok(), "{self}");
    }

    /// The body of a refusal with exactly this status and code.
    ///
    /// # Panics
    /// Anything else.
    #[track_caller]
    pub fn expect(&self, status: u16, code: &str) -> Value {
        assert!(self.status == status && self.code() == code, "expected {status} {code}: {self}");
        self.body.clone()
    }

    /// Whether it is a success.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The stable code of a refusal; empty for a success.
    #[must_use]
    pub fn code(&self) -> &str {
        if self.is_ok() { "" } else { self.body["code"].as_str().unwrap_or("") }
    }

    /// A header as text; empty if it is not there.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
    }

    /// The items of a page.
    ///
    /// # Panics
    /// It is no page.
    #[track_caller]
    #[must_use]
    pub fn items(&self) -> Vec<Value> {
        self.done();
        self.body["items"].as_array().unwrap_or_else(|| panic!("no items: {self}")).clone()
    }

    /// What is wrong with a refusal's shape (RFC 9457), if anything.
    #[must_use]
    pub fn not_a_problem(&self) -> Option<String> {
        if self.status < 400 {
            return None;
        }
        let kind = self.header("content-type");
        if kind != "application/problem+json" {
            return Some(format!("the content type is {kind:?}, not application/problem+json"));
        }
        if self.body["status"] != self.status {
            return Some("`status` is not the HTTP status".into());
        }
        let empty = |key: &&str| self.body[*key].as_str().is_none_or(str::is_empty);
        ["type", "title", "code", "detail"].iter().find(|key| empty(key)).map(|key| format!("`{key}` is missing"))
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let body: String = String::from_utf8_lossy(&self.bytes).chars().take(600).collect();
        write!(f, "{} answered {}: {body}", self.asked, self.status)
    }
}
