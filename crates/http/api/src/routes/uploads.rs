//! Files on their way in, for a print job or a library project: announce, send pieces, go on after a lost connection.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use domain::{ProjectId, UploadId};
use serde::{Deserialize, Serialize};
use store::files::File;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::Api;
use crate::auth::Me;
use crate::dto::FactsView;
use crate::error::{ApiError, Problem};
use crate::extract::{Json, Path, Query};
use crate::render;
use crate::routes::optional_key;

type Answer<T> = Result<T, ApiError>;

/// A file to be sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Announce {
    /// File name; a label, never a path.
    name: String,
    /// Bytes.
    size: u64,
    /// The library project it is for (LIB-07): that takes models, too. Absent: it is for a print job.
    project: Option<Uuid>,
}

/// An upload.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UploadView {
    /// Id.
    id: Uuid,
    /// Name.
    name: String,
    /// Announced bytes.
    size: i64,
    /// Stored bytes: go on from here.
    received: u64,
    /// All there, durable, and accepted.
    complete: bool,
    /// Largest piece.
    chunk_bytes: u64,
    /// Why the content was refused.
    refused: Option<String>,
    /// First facts, when complete.
    facts: Option<FactsView>,
    /// SHA-256, when complete.
    sha256: Option<String>,
    /// It has a picture.
    has_thumbnail: bool,
}

fn view(api: &Api, upload: &store::files::Upload, received: u64, file: Option<&File>) -> UploadView {
    UploadView {
        id: upload.id.0,
        name: upload.name.clone(),
        size: upload.size,
        received,
        complete: file.is_some(),
        chunk_bytes: api.app.config().upload_chunk,
        refused: upload.refused.clone(),
        facts: file.and_then(|f| render::facts(&f.facts)),
        sha256: file.map(|f| f.upload_sha.hex()),
        has_thumbnail: file.is_some_and(|f| f.thumbnail.is_some()),
    }
}

/// Announces a file. Name, kind, size, quota and free disk are checked before the first byte; for a library project, also whether
/// the asker may upload to it (`project.upload` instead of `job.send`).
#[utoipa::path(post, path = "/uploads", tag = "Uploads", request_body = Announce, params(("Idempotency-Key" = Option<String>, Header)), extensions(("x-permission" = json!("job.send")), ("x-scope" = json!("print"))),
    responses((status = 201, body = UploadView), (status = 403, body = Problem), (status = 413, body = Problem),
        (status = 415, body = Problem), (status = 422, body = Problem), (status = 507, body = Problem)))]
pub(crate) async fn announce(
    State(api): State<Api>,
    Me(me): Me,
    headers: HeaderMap,
    Json(body): Json<Announce>,
) -> Answer<(StatusCode, Json<UploadView>)> {
    let project = body.project.map(ProjectId);
    let upload =
        api.app.announce_upload(&me, &body.name, body.size, project, optional_key(&headers)?.as_deref()).await?;
    // A repeated announcement may be one whose bytes are on their way already, or there.
    let progress = api.app.upload_progress(&me, upload.id).await?;
    Ok((StatusCode::CREATED, Json(view(&api, &upload, progress.received, progress.file.as_ref()))))
}

/// `?offset=`.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Offset {
    /// Where this piece begins.
    offset: u64,
}

/// Sends a piece, streamed to the disk. With the last byte the file is looked into, and then complete.
#[utoipa::path(put, path = "/uploads/{id}", tag = "Uploads", params(("id" = Uuid, Path), Offset),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"), extensions(("x-permission" = json!("job.send")), ("x-scope" = json!("print"))),
    responses((status = 200, body = UploadView), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 415, body = Problem), (status = 422, body = Problem), (status = 507, body = Problem)))]
pub(crate) async fn send(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<Uuid>,
    Query(query): Query<Offset>,
    body: Body,
) -> Answer<Json<UploadView>> {
    let id = UploadId(id);
    let sent = api.app.send_piece(&me, id, query.offset, body.into_data_stream()).await?;
    let progress = api.app.upload_progress(&me, id).await?;
    Ok(Json(view(&api, &progress.upload, sent.received, sent.file.as_ref())))
}

/// How far an upload is: where to go on after a lost connection.
#[utoipa::path(get, path = "/uploads/{id}", tag = "Uploads", params(("id" = Uuid, Path)), extensions(("x-permission" = json!("job.send")), ("x-scope" = json!("print"))),
    responses((status = 200, body = UploadView), (status = 404, body = Problem)))]
pub(crate) async fn progress(State(api): State<Api>, Me(me): Me, Path(id): Path<Uuid>) -> Answer<Json<UploadView>> {
    let progress = api.app.upload_progress(&me, UploadId(id)).await?;
    Ok(Json(view(&api, &progress.upload, progress.received, progress.file.as_ref())))
}

/// Gives one's own upload up; its reservation ends. Also on a plan on which one may not send.
#[utoipa::path(delete, path = "/uploads/{id}", tag = "Uploads", params(("id" = Uuid, Path)), extensions(("x-permission" = json!("organization.see")), ("x-scope" = json!("print"))),
    responses((status = 204), (status = 404, body = Problem)))]
pub(crate) async fn discard(State(api): State<Api>, Me(me): Me, Path(id): Path<Uuid>) -> Answer<StatusCode> {
    api.app.discard_upload(&me, UploadId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
