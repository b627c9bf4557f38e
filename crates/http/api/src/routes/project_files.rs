//! Files of library projects: the list, versions, upload, Trash, download, print.

use app::PrintRequest;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::{ProjectFileId, ProjectId, UploadId};
use serde::{Deserialize, Serialize};
use store::projects::files::FileView;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::auth::Me;
use crate::dto::{FactsView, JobDto, Page, PersonRef};
use crate::error::{ApiError, Problem};
use crate::extract::{Json, Path, Query};
use crate::routes::jobs::{key, target};
use crate::{Api, download, render};

type Answer<T> = Result<T, ApiError>;

/// One version of a file of a library project.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProjectFileDto {
    /// The file; the same for all its versions.
    id: Uuid,
    /// Name.
    name: String,
    /// Which version.
    version: i64,
    /// The newest version.
    newest: i64,
    /// Bytes.
    size_bytes: i64,
    /// G-code that may be printed; else a model, which is only kept.
    printable: bool,
    /// First facts, of G-code.
    facts: Option<FactsView>,
    /// Address of its picture.
    thumbnail: Option<String>,
    /// Address of its bytes.
    content: String,
    /// SHA-256.
    sha256: String,
    /// Whose work it is (AMB-46).
    author: PersonRef,
    /// Who put it here.
    added_by: PersonRef,
    /// When.
    added_at: String,
    /// It is a copy of a print job.
    copied: bool,
    /// Prints of any version that were finished.
    printed: i64,
}

pub(crate) fn file(project: ProjectId, view: FileView) -> ProjectFileDto {
    let at = format!("/api/v1/projects/{project}/files/{}", view.id);
    let person = |(id, name): (domain::AccountId, String)| PersonRef { id: id.0, name, former: false };
    ProjectFileDto {
        id: view.id.0,
        version: view.version,
        newest: view.newest,
        size_bytes: view.size,
        printable: view.printable,
        facts: if view.printable { render::facts(&view.facts) } else { None },
        thumbnail: view.thumbnail.map(|sha| format!("{at}/thumbnail?version={}&v={}", view.version, &sha.hex()[..12])),
        content: format!("{at}/content?version={}", view.version),
        sha256: view.sha.hex(),
        name: view.name,
        author: person(view.author),
        added_by: person(view.added_by),
        added_at: view.added_at.rfc3339(),
        copied: view.copied,
        printed: view.printed,
    }
}

/// The newest version of each file, by name; at most 1,000.
#[utoipa::path(get, path = "/projects/{id}/files", operation_id = "list_project_files", tag = "Library", params(("id" = Uuid, Path)), extensions(("x-permission" = json!("project.see")), ("x-scope" = json!("read"))),
    responses((status = 200, body = Page<ProjectFileDto>), (status = 404, body = Problem)))]
pub(crate) async fn list(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<Uuid>,
) -> Answer<Json<Page<ProjectFileDto>>> {
    let id = ProjectId(id);
    let files = api.app.project_files(&me, id).await?;
    Ok(Json(Page::whole(files.into_iter().map(|view| file(id, view)).collect())))
}

/// A file for the project.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddFile {
    /// A complete upload that was announced for this project.
    upload: Uuid,
}

/// Puts a complete upload into the project: a new file, or the next version of the file with this name (LIB-07). The same upload
/// again gives the same answer.
#[utoipa::path(post, path = "/projects/{id}/files", operation_id = "add_project_file", tag = "Library", params(("id" = Uuid, Path)), request_body = AddFile,
    extensions(("x-permission" = json!("project.upload")), ("x-scope" = json!("print"))),
    responses((status = 201, body = ProjectFileDto), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn add(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<Uuid>,
    Json(body): Json<AddFile>,
) -> Answer<(StatusCode, Json<ProjectFileDto>)> {
    let id = ProjectId(id);
    let view = api.app.add_project_file(&me, id, UploadId(body.upload)).await?;
    Ok((StatusCode::CREATED, Json(file(id, view))))
}

/// All versions of a file, newest first.
#[utoipa::path(get, path = "/projects/{id}/files/{file}/versions", tag = "Library", params(("id" = Uuid, Path), ("file" = Uuid, Path)), extensions(("x-permission" = json!("project.see")), ("x-scope" = json!("read"))),
    responses((status = 200, body = Page<ProjectFileDto>), (status = 404, body = Problem)))]
pub(crate) async fn versions(
    State(api): State<Api>,
    Me(me): Me,
    Path((id, of)): Path<(Uuid, Uuid)>,
) -> Answer<Json<Page<ProjectFileDto>>> {
    let id = ProjectId(id);
    let views = api.app.project_file_versions(&me, id, ProjectFileId(of)).await?;
    Ok(Json(Page::whole(views.into_iter().map(|view| file(id, view)).collect())))
}

/// Removes a file with all its versions to the Trash (LIB-08).
#[utoipa::path(delete, path = "/projects/{id}/files/{file}", operation_id = "remove_project_file", tag = "Library", params(("id" = Uuid, Path), ("file" = Uuid, Path)),
    extensions(("x-permission" = json!("project.edit")), ("x-scope" = json!("manage"))),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(crate) async fn remove(
    State(api): State<Api>,
    Me(me): Me,
    Path((id, of)): Path<(Uuid, Uuid)>,
) -> Answer<StatusCode> {
    api.app.remove_project_file(&me, ProjectId(id), ProjectFileId(of), true).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Brings a removed file back, within 30 days.
#[utoipa::path(post, path = "/projects/{id}/files/{file}/restore", operation_id = "restore_project_file", tag = "Library", params(("id" = Uuid, Path), ("file" = Uuid, Path)),
    extensions(("x-permission" = json!("project.edit")), ("x-scope" = json!("manage"))),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn restore(
    State(api): State<Api>,
    Me(me): Me,
    Path((id, of)): Path<(Uuid, Uuid)>,
) -> Answer<StatusCode> {
    api.app.remove_project_file(&me, ProjectId(id), ProjectFileId(of), false).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Which version.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct VersionQuery {
    /// From 1; the newest if absent.
    version: Option<i64>,
    /// Not read: it lets a browser keep one picture and fetch another.
    #[serde(rename = "v")]
    _stamp: Option<String>,
}

/// A file as it was uploaded.
#[utoipa::path(get, path = "/projects/{id}/files/{file}/content", tag = "Library", params(("id" = Uuid, Path), ("file" = Uuid, Path), VersionQuery),
    extensions(("x-permission" = json!("project.see")), ("x-scope" = json!("read"))),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>), (status = 404, body = Problem)))]
pub(crate) async fn content(
    State(api): State<Api>,
    Me(me): Me,
    Path((id, of)): Path<(Uuid, Uuid)>,
    Query(query): Query<VersionQuery>,
) -> Answer<Response> {
    Ok(download::saved(api.app.project_file(&me, ProjectId(id), ProjectFileId(of), query.version).await?))
}

/// The picture of a file.
#[utoipa::path(get, path = "/projects/{id}/files/{file}/thumbnail", operation_id = "project_file_thumbnail", tag = "Library", params(("id" = Uuid, Path), ("file" = Uuid, Path), VersionQuery),
    extensions(("x-permission" = json!("project.see")), ("x-scope" = json!("read"))),
    responses((status = 200, content_type = "image/png", body = Vec<u8>), (status = 404, body = Problem)))]
pub(crate) async fn picture(
    State(api): State<Api>,
    Me(me): Me,
    Path((id, of)): Path<(Uuid, Uuid)>,
    Query(query): Query<VersionQuery>,
) -> Answer<Response> {
    Ok(download::picture(api.app.project_file_picture(&me, ProjectId(id), ProjectFileId(of), query.version).await?))
}

/// A print of a project's file.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PrintFile {
    /// The chosen printer. Either this or `printer_group`.
    printer: Option<Uuid>,
    /// The chosen printer group: the server chooses one of its printers.
    printer_group: Option<Uuid>,
    /// Which version; the newest if absent.
    version: Option<i64>,
    /// Name; the file's if absent.
    name: Option<String>,
    /// For the approver.
    note: Option<String>,
}

/// Prints a file of the project (LIB-02). The job is the asker's own and waits for approval like any other (CMP-04); only people
/// who see the project can approve it.
#[utoipa::path(post, path = "/projects/{id}/files/{file}/print", operation_id = "print_project_file", tag = "Library", request_body = PrintFile,
    params(("id" = Uuid, Path), ("file" = Uuid, Path), ("Idempotency-Key" = String, Header)), extensions(("x-permission" = json!("project.print")), ("x-scope" = json!("print"))),
    responses((status = 201, body = JobDto), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn print(
    State(api): State<Api>,
    Me(me): Me,
    Path((id, of)): Path<(Uuid, Uuid)>,
    headers: HeaderMap,
    Json(body): Json<PrintFile>,
) -> Answer<(StatusCode, Json<JobDto>)> {
    let request = PrintRequest {
        project: ProjectId(id),
        file: ProjectFileId(of),
        version: body.version,
        target: target(body.printer, body.printer_group)?,
        name: body.name,
        note: body.note,
        idempotency_key: key(&headers)?,
    };
    let job = api.app.print_project_file(&me, &request).await?;
    Ok((StatusCode::CREATED, Json(render::job(&job))))
}
