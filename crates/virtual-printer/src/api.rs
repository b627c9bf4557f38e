//! The routes about the machine: version, state, job, connection, login. Status codes as OctoPrint's.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, Request, State},
    http::{HeaderMap, Method, StatusCode},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Shared, machine::Refused};

type App = State<Arc<Shared>>;

pub(crate) const VERSION: &str = "1.11.8";

pub(crate) fn routes(shared: &Arc<Shared>) -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/version", get(version))
        .route("/api/server", get(async || Json(json!({"version": VERSION, "safemode": null}))))
        .route("/api/settings", get(settings))
        .route("/api/login", post(login))
        .route("/api/printer", get(printer))
        .route("/api/job", get(job).post(job_command))
        .route("/api/connection", get(connection).post(connect))
        .route("/virtual/history/{name}", get(history))
        .layer(middleware::from_fn_with_state(shared.clone(), key))
}

/// A wrong or missing key: 403 where something is read; a change is taken for a forged browser request.
pub(crate) async fn key(State(shared): App, request: Request, next: Next) -> Response {
    match given(request.headers()) == Some(shared.api_key.as_str()) {
        true => next.run(request).await,
        false if request.method() == Method::GET => {
            refuse((403, "You don't have the permission to access the requested resource."))
        }
        false => refuse((400, "CSRF validation failed")),
    }
}

fn given(headers: &HeaderMap) -> Option<&str> {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    header("x-api-key").or_else(|| header("authorization").and_then(|text| text.strip_prefix("Bearer ")))
}

pub(crate) fn refuse((status, words): Refused) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, Json(json!({"error": words}))).into_response()
}

pub(crate) fn no_content(result: Result<(), Refused>) -> Response {
    match result {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(refused) => refuse(refused),
    }
}

async fn version() -> Json<Value> {
    Json(json!({"api": "0.1", "server": VERSION, "text": format!("OctoPrint {VERSION}")}))
}

async fn settings() -> Json<Value> {
    Json(json!({
        "appearance": {"name": "Virtual printer"},
        "feature": {"sdSupport": false},
        "webcam": {"webcamEnabled": false, "streamUrl": null, "snapshotUrl": null, "webcams": []},
    }))
}

/// Only the passive login: the key names the user, the answer carries the session for the push channel.
async fn login(State(shared): App, Json(body): Json<Value>) -> Response {
    match body.get("passive") {
        Some(_) => {
            Json(json!({"name": "virtual", "session": shared.machine.session(), "active": true})).into_response()
        }
        None => refuse((400, "Neither user and pass attributes nor passive flag present")),
    }
}

async fn printer(State(shared): App) -> Response {
    match shared.machine.printer_json() {
        Some(json) => Json(json).into_response(),
        None => refuse((409, "Printer is not operational")),
    }
}

async fn job(State(shared): App) -> Json<Value> {
    Json(shared.machine.job_json())
}

#[derive(Deserialize)]
struct Command {
    command: String,
    action: Option<String>,
}

async fn job_command(State(shared): App, Json(body): Json<Command>) -> Response {
    no_content(shared.machine.job_command(&body.command, body.action.as_deref()))
}

/// Not OctoPrint's: the durable record of a printer that keeps one (class A).
async fn history(State(shared): App, Path(name): Path<String>) -> Response {
    match shared.machine.history(&name) {
        Some(status) => Json(json!({"name": name, "status": status})).into_response(),
        None => refuse((404, "The requested URL was not found on the server")),
    }
}

async fn connection(State(shared): App) -> Json<Value> {
    Json(shared.machine.connection_json())
}

async fn connect(State(shared): App, Json(body): Json<Command>) -> Response {
    no_content(shared.machine.connection(&body.command))
}
