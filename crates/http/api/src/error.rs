//! The one error at the edge: problem+json (RFC 9457) with a stable `code` and a sentence that says what to do.
//! Internals are logged, never sent.

use app::Error;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::{Refusal, State};
use files::FileError;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

/// What every refusal looks like. More members depend on the code.
#[derive(Debug, serde::Serialize, ToSchema)]
pub struct Problem {
    /// Always `about:blank`.
    #[serde(rename = "type")]
    kind: String,
    /// The status in words.
    title: String,
    /// The HTTP status.
    status: u16,
    /// Stable, for programs.
    code: String,
    /// One sentence for a person: what happened, and what to do.
    detail: String,
    /// `denied`: which of `plan`, `role`, `access` said no (ROL-02).
    #[serde(skip_serializing_if = "Option::is_none")]
    failed: Option<String>,
    /// `denied`: who can change it.
    #[serde(skip_serializing_if = "Option::is_none")]
    who_can: Option<Vec<String>>,
}

/// An answer that is a refusal.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    detail: String,
    more: Map<String, Value>,
    retry_after: Option<i64>,
    challenge: Option<String>,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), more: Map::new(), retry_after: None, challenge: None }
    }
    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "This is not here, or not for you.")
    }
    pub(crate) fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "This address does not take this method.")
    }
    pub(crate) fn invalid(field: &str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", detail).with("field", json!(field))
    }
    fn with(mut self, key: &str, value: Value) -> Self {
        self.more.insert(key.to_owned(), value);
        self
    }
    /// `WWW-Authenticate` (RFC 6750 3): that tokens are taken here, and what was wrong with this one.
    fn challenge(self, error: &str) -> Self {
        Self { challenge: Some(format!("Bearer realm=\"imprimatur\"{error}")), ..self }
    }
    /// Code and sentence, for results inside of a larger answer.
    pub(crate) fn brief(&self) -> (&'static str, &str) {
        (self.code, &self.detail)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut body = self.more;
        body.insert("type".into(), json!("about:blank"));
        body.insert("title".into(), json!(self.status.canonical_reason().unwrap_or("Error")));
        body.insert("status".into(), json!(self.status.as_u16()));
        body.insert("code".into(), json!(self.code));
        body.insert("detail".into(), json!(self.detail));
        let mut response = (self.status, Value::Object(body).to_string()).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(value) = self.challenge.and_then(|text| HeaderValue::from_str(&text).ok()) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
        }
        response
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let text = error.to_string();
        match error {
            Error::NotSignedIn => Self::new(StatusCode::UNAUTHORIZED, "not_signed_in", "Sign in first.").challenge(""),
            Error::InvalidToken => {
                Self::new(StatusCode::UNAUTHORIZED, "invalid_token", text).challenge(", error=\"invalid_token\"")
            }
            Error::Scope(scope) => Self::new(StatusCode::FORBIDDEN, "scope", text)
                .with("scope", json!(scope.word()))
                .challenge(&format!(", error=\"insufficient_scope\", scope=\"{}\"", scope.word())),
            Error::BrowserNeeded => Self::new(StatusCode::FORBIDDEN, "browser_needed", text),
            Error::NoOrganization => Self::new(StatusCode::FORBIDDEN, "no_organization", text),
            Error::PasswordNeeded => Self::new(StatusCode::FORBIDDEN, "password_needed", text),
            Error::WrongPassword | Error::WrongOwnPassword => Self::new(StatusCode::FORBIDDEN, "wrong_password", text),
            Error::TooMany(seconds) => {
                Self { retry_after: Some(seconds), ..Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many", text) }
            }
            Error::NotFound => Self::not_found(),
            Error::Denied(denial) => Self::new(StatusCode::FORBIDDEN, "denied", denial.why)
                .with("action", json!(denial.action))
                .with("failed", json!(denial.failed.word()))
                .with("who_can", json!(denial.who_can)),
            Error::Invalid(field, detail) => Self::invalid(field, detail),
            Error::NotPrintable(refusal) => {
                let status = match refusal {
                    inspect::NotPrintable::Empty => StatusCode::UNPROCESSABLE_ENTITY,
                    _ => StatusCode::UNSUPPORTED_MEDIA_TYPE,
                };
                Self::new(status, "not_accepted", refusal.to_string()).with("reason", json!(refusal.code()))
            }
            Error::TooLarge(limit) => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", text).with("limit", json!(limit))
            }
            Error::File(error) => file(error),
            Error::Store(error) => store(error),
            Error::Printer(_) => Self::new(StatusCode::BAD_GATEWAY, "printer", text),
            Error::Internal(_) => internal(&text),
        }
    }
}

fn internal(text: &str) -> ApiError {
    tracing::error!(error = text, "internal error");
    ApiError::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal",
        "Something went wrong on the server. Nothing was changed. Try again; if it stays, tell the operator.",
    )
}

fn disk_full() -> ApiError {
    ApiError::new(
        StatusCode::INSUFFICIENT_STORAGE,
        "disk_full",
        "The server's disk is full. What arrived is kept. Tell the operator, then go on.",
    )
}

fn file(error: FileError) -> ApiError {
    let conflict = |code, detail: &str| ApiError::new(StatusCode::CONFLICT, code, detail);
    match error {
        FileError::Offset { received } => {
            conflict("offset", "The upload ends elsewhere. Go on from `received`.").with("received", json!(received))
        }
        FileError::Broken { received, .. } => ApiError::new(
            StatusCode::BAD_REQUEST,
            "broken_off",
            "The upload broke off. What arrived is kept; go on from `received`.",
        )
        .with("received", json!(received)),
        FileError::TooLong { announced } => ApiError::invalid(
            "size",
            "More bytes came than were announced. Start the upload again with the right size.",
        )
        .with("announced", json!(announced)),
        FileError::EmptyChunk => ApiError::invalid("body", "The piece is empty. Send at least one byte."),
        FileError::Busy => conflict("busy", "Another connection is sending this upload. Wait a moment, then go on."),
        FileError::DiskFull { received } => disk_full().with("received", json!(received)),
        FileError::Incomplete { received, .. } => {
            conflict("offset", "The upload is not complete. Go on from `received`.").with("received", json!(received))
        }
        FileError::NotFound => ApiError::not_found(),
        FileError::Io { .. } => internal(&error.to_string()),
    }
}

fn store(error: store::Error) -> ApiError {
    let conflict = |code, detail: String| ApiError::new(StatusCode::CONFLICT, code, detail);
    match error {
        store::Error::NotFound => ApiError::not_found(),
        store::Error::Refused(refusal) => {
            let detail = match refusal {
                Refusal::WrongState(state) => wrong_state(state).to_owned(),
                Refusal::Changed => "The print job has changed since you opened it. Look at it again.".to_owned(),
                _ => "The print job cannot do that now. Look at it again.".to_owned(),
            };
            let code = if matches!(refusal, Refusal::Changed) { "changed" } else { "wrong_state" };
            conflict(code, detail)
        }
        store::Error::AlreadyDecided { decision, by, at } => {
            let word = crate::words::decision(&decision);
            conflict("already_decided", format!("{by} {word} this print job already."))
                .with("decision", json!(decision))
                .with("decided_by", json!(by))
                .with("decided_at", json!(at.rfc3339()))
        }
        store::Error::Changed => {
            conflict("changed", "It has changed since you opened it. Look at it again.".to_owned())
        }
        store::Error::PrinterUnavailable(reason, detail) => {
            conflict("printer_unavailable", detail).with("reason", json!(reason))
        }
        store::Error::Rule(code, detail) => {
            let status = match code {
                "quota_full" => StatusCode::INSUFFICIENT_STORAGE,
                "not_accepted" => StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "reason_needed" | "undo_window" | "join_link_bounds" => StatusCode::UNPROCESSABLE_ENTITY,
                "too_many" => StatusCode::TOO_MANY_REQUESTS,
                _ => StatusCode::CONFLICT,
            };
            ApiError::new(status, code, detail)
        }
        store::Error::KeyReused => ApiError::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "key_reused",
            "This Idempotency-Key was used for another request. Make a new one for each new request.",
        ),
        store::Error::Db(sql::Error::DiskFull) => disk_full(),
        store::Error::Db(sql::Error::Busy) => ApiError {
            retry_after: Some(1),
            ..ApiError::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "busy",
                "The server is busy. Nothing was changed. Try again in a moment.",
            )
        },
        store::Error::Db(error) => internal(&error.to_string()),
    }
}

const fn wrong_state(state: State) -> &'static str {
    match state {
        State::Held => "The print job waits for approval.",
        State::SentBack => "The print job was sent back and waits for its submitter.",
        State::Queued => "The print job is in the queue.",
        State::Claimed | State::Intent => "The print job is starting; it is too late for this. Abort it instead.",
        State::Printing => "The print job is printing; it is too late for this. Abort it instead.",
        State::Attention => "First say what happened to this print job.",
        State::Finished | State::Failed | State::Aborted => "The print job has ended.",
        State::Rejected => "The print job was rejected.",
        State::Withdrawn => "The print job was withdrawn.",
    }
}
