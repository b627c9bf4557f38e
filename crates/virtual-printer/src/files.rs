//! The routes about files: upload, look, start, move, delete. Here the faults of starts and uploads happen.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{ConnectInfo, DefaultBodyLimit, Multipart, Path, State},
    http::{StatusCode, header::LOCATION},
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Deserialize;
use serde_json::json;

use crate::{
    Quirk, Shared,
    api::{key, no_content, refuse},
    faults::{Fault, Occasion, Order},
    ledger::now_ms,
    storage::{Incoming, Stored},
    wire::Line,
};

type App = State<Arc<Shared>>;

pub(crate) fn routes(shared: &Arc<Shared>) -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/files", get(list))
        .route("/api/files/local", get(list).post(upload))
        .route("/api/files/local/{*path}", get(look).post(command).delete(delete))
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn_with_state(shared.clone(), key))
}

/// The connection breaks; what is returned never arrives.
fn lost(line: &Line) -> Response {
    line.cut();
    StatusCode::SERVICE_UNAVAILABLE.into_response()
}

async fn list(State(shared): App) -> Response {
    Json(shared.machine.files_json()).into_response()
}

async fn look(State(shared): App, Path(path): Path<String>) -> Response {
    match shared.machine.file_json(&path) {
        Some(json) => Json(json).into_response(),
        None => refuse((404, "The requested URL was not found on the server")),
    }
}

async fn delete(State(shared): App, ConnectInfo(line): ConnectInfo<Line>, Path(path): Path<String>) -> Response {
    if shared.machine.take_fault(Occasion::Delete).is_some() {
        return lost(&line);
    }
    no_content(shared.machine.delete(&path))
}

/// What a form carried.
#[derive(Default)]
struct Form {
    file: Option<(String, Stored)>,
    path: String,
    folder: Option<String>,
    no_overwrite: bool,
    print: bool,
    select: bool,
}

async fn read(mut form: Multipart, corrupt: bool) -> Option<Form> {
    let mut out = Form::default();
    while let Some(mut field) = form.next_field().await.ok()? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == "file" {
            let file_name = field.file_name().unwrap_or_default().to_owned();
            let mut bytes = Incoming::new();
            bytes.corrupt = corrupt;
            while let Some(chunk) = field.chunk().await.ok()? {
                bytes.take(&chunk);
            }
            out.file = Some((file_name, bytes.finish(now_ms() / 1000)));
            continue;
        }
        let text = field.text().await.ok()?;
        let yes = ["true", "yes", "y", "1"].contains(&text.to_ascii_lowercase().as_str());
        match name.as_str() {
            "path" => out.path = text.trim_matches('/').to_owned(),
            "foldername" => out.folder = Some(text),
            "noOverwrite" => out.no_overwrite = yes,
            "print" => out.print = yes,
            "select" => out.select = yes,
            _ => (),
        }
    }
    Some(out)
}

async fn upload(State(shared): App, ConnectInfo(line): ConnectInfo<Line>, form: Multipart) -> Response {
    let fault = shared.machine.take_fault(Occasion::Upload);
    let boot = shared.machine.boots();
    if let Some(Fault::DelayUpload { ms }) = fault {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }
    let Some(form) = read(form, fault == Some(Fault::CorruptUpload)).await else {
        return refuse((400, "No file to upload and no folder to create"));
    };
    if fault == Some(Fault::RefuseUpload) {
        return refuse((409, "The upload is refused on command"));
    }
    if boot != shared.machine.boots() {
        return lost(&line);
    }
    let join = |name: &str| match form.path.as_str() {
        "" => name.to_owned(),
        path => format!("{path}/{name}"),
    };
    let Some((name, file)) = form.file else {
        let Some(folder) = form.folder.as_deref() else {
            return refuse((400, "No file to upload and no folder to create"));
        };
        let path = join(folder);
        shared.machine.add_folder(&path);
        let body = json!({"folder": {"name": folder, "path": path, "origin": "local"}, "done": true});
        return (StatusCode::CREATED, Json(body)).into_response();
    };
    let printable = name.rsplit_once('.').is_some_and(|(_, end)| ["gcode", "gco", "g"].contains(&end));
    if !printable || name.len() > 250 {
        return refuse((415, "Could not upload file, invalid type"));
    }
    let path = join(&name);
    if let Err(refused) = shared.machine.put(&path, file, form.no_overwrite) {
        return refuse(refused);
    }
    // OctoPrint answers 201 also if it could not select or print; the answer says what it did.
    let print = form.print || shared.machine.has(Quirk::PrintsUploads);
    let effective = (print || form.select) && shared.machine.select(&path, print).is_ok();
    match fault {
        Some(Fault::SwallowUploadAnswer) => return lost(&line),
        Some(Fault::DelayUploadAnswer { ms }) => tokio::time::sleep(Duration::from_millis(ms)).await,
        _ => {}
    }
    let body = json!({
        "done": true, "effectiveSelect": effective, "effectivePrint": effective && print,
        "files": {"local": {"name": name, "path": path, "origin": "local"}},
    });
    (StatusCode::CREATED, [(LOCATION, format!("/api/files/local/{path}"))], Json(body)).into_response()
}

#[derive(Deserialize)]
struct Command {
    command: String,
    #[serde(default)]
    print: bool,
    destination: Option<String>,
}

async fn command(
    State(shared): App,
    ConnectInfo(line): ConnectInfo<Line>,
    Path(path): Path<String>,
    Json(body): Json<Command>,
) -> Response {
    match (body.command.as_str(), body.destination) {
        ("select", _) if body.print => start(shared, &line, path).await,
        ("select", _) => no_content(shared.machine.select(&path, false)),
        ("move", Some(to)) => {
            let fault = shared.machine.take_fault(Occasion::Move);
            if fault == Some(Fault::LoseMove) {
                return lost(&line);
            }
            match shared.machine.move_file(&path, &to) {
                _ if fault == Some(Fault::LoseMoveAnswer) => lost(&line),
                Ok(()) => {
                    (StatusCode::CREATED, Json(json!({"name": to, "path": to, "origin": "local"}))).into_response()
                }
                Err(refused) => refuse(refused),
            }
        }
        _ => refuse((400, "Unknown command or a parameter is missing")),
    }
}

/// Executes the start after a while, whatever became of the client; a power loss in between takes it along.
fn later(shared: &Arc<Shared>, path: String, ms: u64) -> tokio::task::JoinHandle<Response> {
    let shared = shared.clone();
    tokio::spawn(async move {
        let boot = shared.machine.boots();
        let held = shared.machine.hold(&path);
        tokio::time::sleep(Duration::from_millis(ms)).await;
        match boot == shared.machine.boots() {
            true if held.is_some() => no_content(shared.machine.start_held(&path, held)),
            true => no_content(shared.machine.select(&path, true)),
            false => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        }
    })
}

async fn start(shared: Arc<Shared>, line: &Line, path: String) -> Response {
    match shared.machine.take_fault(Occasion::Start) {
        None => no_content(shared.machine.select(&path, true)),
        Some(Fault::LoseStartAnswer) => {
            let _ = shared.machine.select(&path, true);
            lost(line)
        }
        Some(Fault::LoseStart) => lost(line),
        Some(Fault::DelayStart { ms }) => match later(&shared, path, ms).await {
            Ok(response) => response,
            Err(_) => lost(line),
        },
        Some(Fault::LateStart { ms }) => {
            drop(later(&shared, path, ms));
            lost(line)
        }
        Some(Fault::RefuseThenStart { ms }) => {
            drop(later(&shared, path, ms));
            refuse((409, "Printer is already printing, cannot select a new file"))
        }
        Some(Fault::RefuseStart) => refuse((409, "Printer is already printing, cannot select a new file")),
        Some(Fault::PowerLossAfterStart { ms }) => {
            let _ = shared.machine.select(&path, true);
            shared.machine.order(Order { fault: Fault::PowerLoss { ms }, sticky: false });
            lost(line)
        }
        // `IgnoreStart`: two starts at the same moment get this from a real OctoPrint.
        Some(_) => StatusCode::NO_CONTENT.into_response(),
    }
}
