//! Library projects: the list, one project, sharing, people, print jobs, Trash, report. Files are in `project_files`.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::{JobId, Micros, ProjectId, TeamId};
use serde::{Deserialize, Serialize};
use store::projects::report::Line;
use store::projects::{Filter, ProjectView};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use access::table::{
    DeleteProject, EditProject, PrintFromProject, ProjectReport, ShareProjectWithTeam, UploadToProject,
};

use crate::auth::Me;
use crate::csv::Csv;
use crate::dto::{Actions, JobDto, Page, PersonRef, RoleWord};
use crate::error::{ApiError, Problem};
use crate::extract::{Json, Path, Query};
use crate::routes::job_projects::TeamRef;
use crate::routes::optional_key;
use crate::routes::teams::ByName;
use crate::shares::{SharesEffect, SharesView, WantedShares};
use crate::{Api, download, render, shares};

type Answer<T> = Result<T, ApiError>;

/// A library project.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProjectDto {
    /// Id.
    id: Uuid,
    /// Name.
    name: String,
    /// Notes: text with line breaks.
    notes: String,
    /// Goes up with each change of name or notes; give it back with a change.
    version: i64,
    /// Who created it, or claimed it.
    created_by: PersonRef,
    /// When.
    created_at: String,
    /// Whose it was before it was claimed (AMB-41).
    claimed_from: Option<PersonRef>,
    /// When it was claimed.
    claimed_at: Option<String>,
    /// Name, notes or files changed last.
    changed_at: String,
    /// The asker's own.
    mine: bool,
    /// Shared with everybody in the organization.
    shared_with_organization: bool,
    /// Teams it is shared with, as far as the asker sees them.
    teams: Vec<TeamRef>,
    /// How many more teams it is shared with.
    other_teams: i64,
    /// Files in it.
    files: i64,
    /// Print jobs made from it that the asker sees; only where one project is asked for.
    jobs: Option<i64>,
    /// Address of a picture of one of its files.
    thumbnail: Option<String>,
    /// What the asker may do.
    actions: Actions,
}

fn project(view: ProjectView, jobs: Option<i64>) -> ProjectDto {
    let rights = &view.rights;
    let mut actions = Actions::new();
    render::offer(&mut actions, "edit", rights.may::<EditProject>());
    render::offer(&mut actions, "upload", rights.may::<UploadToProject>());
    render::offer(&mut actions, "share", rights.may::<ShareProjectWithTeam>());
    render::offer(&mut actions, "delete", rights.may::<DeleteProject>());
    render::offer(&mut actions, "print", rights.may::<PrintFromProject>());
    render::offer(&mut actions, "report", rights.may::<ProjectReport>());
    let (claimed_from, claimed_at) = match view.claimed {
        Some((id, name, at)) => (Some(PersonRef { id: id.0, name, former: false }), Some(at.rfc3339())),
        None => (None, None),
    };
    ProjectDto {
        id: view.id.0,
        claimed_from,
        claimed_at,
        mine: rights.mine(),
        thumbnail: view.picture.map(|file| format!("/api/v1/projects/{}/files/{file}/thumbnail", view.id)),
        name: view.name,
        notes: view.notes,
        version: view.version,
        created_by: PersonRef { id: view.created_by.0.0, name: view.created_by.1, former: view.creator_left },
        created_at: view.created_at.rfc3339(),
        changed_at: view.changed_at.max(view.created_at).rfc3339(),
        shared_with_organization: view.shared_with_all,
        teams: view.teams.into_iter().map(|(id, name)| TeamRef { id: id.0, name }).collect(),
        other_teams: view.other_teams,
        files: view.files,
        jobs,
        actions,
    }
}

/// `?q=&team=&changeable=&cursor=&limit=`.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProjectQuery {
    /// Words in the name or its creator's.
    q: Option<String>,
    /// Only projects that are shared with this team.
    team: Option<Uuid>,
    /// Only projects that the asker may put files into (AMB-45).
    changeable: Option<bool>,
    /// From `next`.
    cursor: Option<String>,
    /// 1 to 200; 50 if absent.
    limit: Option<i64>,
}

fn limit(asked: Option<i64>) -> Answer<i64> {
    let limit = asked.unwrap_or(50);
    match (1..=200).contains(&limit) {
        true => Ok(limit),
        false => Err(ApiError::invalid("limit", "The limit is 1 to 200.")),
    }
}

fn after(cursor: Option<&str>) -> Answer<Option<(i64, JobId)>> {
    let read = |text| {
        render::read_cursor(text)
            .ok_or_else(|| ApiError::invalid("cursor", "Give `next` of the page before, unchanged."))
    };
    cursor.map(read).transpose()
}

/// A page of the projects that the asker sees (LIB-01), newest first. 404 for a team that the asker does not see.
#[utoipa::path(get, path = "/projects", operation_id = "list_projects", tag = "Library", params(ProjectQuery), extensions(("x-permission" = json!("project.see")), ("x-scope" = json!("read"))),
    responses((status = 200, body = Page<ProjectDto>), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn list(
    State(api): State<Api>,
    Me(me): Me,
    Query(query): Query<ProjectQuery>,
) -> Answer<Json<Page<ProjectDto>>> {
    let filter = Filter {
        limit: limit(query.limit)?,
        after: after(query.cursor.as_deref())?.map(|(at, id)| (at, ProjectId(id.0))),
        search: query.q.unwrap_or_default(),
        changeable: query.changeable.unwrap_or(false),
    };
    let (views, next) = api.app.projects(&me, &filter, query.team.map(TeamId)).await?;
    let next = next.map(|(at, id)| render::cursor(at, JobId(id.0)));
    Ok(Json(Page { items: views.into_iter().map(|view| project(view, None)).collect(), next }))
}

/// A new project.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewProject {
    /// Name.
    name: String,
    /// Notes.
    notes: Option<String>,
}

/// Creates a project (LIB-03). It is shared with nobody.
#[utoipa::path(post, path = "/projects", operation_id = "create_project", tag = "Library", request_body = NewProject,
    params(("Idempotency-Key" = Option<String>, Header)), extensions(("x-permission" = json!("project.create")), ("x-scope" = json!("manage"))),
    responses((status = 201, body = ProjectDto), (status = 422, body = Problem)))]
pub(crate) async fn create(
    State(api): State<Api>,
    Me(me): Me,
    headers: HeaderMap,
    Json(body): Json<NewProject>,
) -> Answer<(StatusCode, Json<ProjectDto>)> {
    let notes = body.notes.as_deref().unwrap_or("");
    let id = api.app.create_project(&me, &body.name, notes, optional_key(&headers)?.as_deref()).await?;
    Ok((StatusCode::CREATED, Json(one(&api, &me, id).await?)))
}

async fn one(api: &Api, me: &store::accounts::SignedIn, id: ProjectId) -> Answer<ProjectDto> {
    let (view, jobs) = api.app.project(me, id).await?;
    Ok(project(view, Some(jobs)))
}

/// One project.
#[utoipa::path(get, path = "/projects/{id}", operation_id = "project", tag = "Library", params(("id" = Uuid, Path)), extensions(("x-permission" = json!("project.see")), ("x-scope" = json!("read"))),
    responses((status = 200, body = ProjectDto), (status = 404, body = Problem)))]
pub(crate) async fn detail(State(api): State<Api>, Me(me): Me, Path(id): Path<Uuid>) -> Answer<Json<ProjectDto>> {
    Ok(Json(one(&api, &me, ProjectId(id)).await?))
}

/// A change; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeProject {
    /// The version that was shown.
    version: i64,
    /// New name.
    name: Option<String>,
    /// New notes.
    notes: Option<String>,
}

/// Changes name and notes (LIB-08), if they are still those that were shown.
#[utoipa::path(patch, path = "/projects/{id}", operation_id = "change_project", tag = "Library", params(("id" = Uuid, Path)), request_body = ChangeProject,
    extensions(("x-permission" = json!("project.edit")), ("x-scope" = json!("manage"))),
    responses((status = 200, body = ProjectDto), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn change(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<Uuid>,
    Json(body): Json<ChangeProject>,
) -> Answer<Json<ProjectDto>> {
    let id = ProjectId(id);
    api.app.edit_project(&me, id, body.version, body.name.as_deref(), body.notes.as_deref()).await?;
    Ok(Json(one(&api, &me, id).await?))
}

/// Removes a project to the Trash for 30 days (LIB-04). Print jobs made from it stay as they are.
#[utoipa::path(delete, path = "/projects/{id}", operation_id = "remove_project", tag = "Library", params(("id" = Uuid, Path)), extensions(("x-permission" = json!("project.delete")), ("x-scope" = json!("manage"))),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(crate) async fn remove(State(api): State<Api>, Me(me): Me, Path(id): Path<Uuid>) -> Answer<StatusCode> {
    api.app.remove_project(&me, ProjectId(id), true).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Brings a removed project back, with its files and shares.
#[utoipa::path(post, path = "/projects/{id}/restore", operation_id = "restore_project", tag = "Library", params(("id" = Uuid, Path)), extensions(("x-permission" = json!("project.delete")), ("x-scope" = json!("manage"))),
    responses((status = 200, body = ProjectDto), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn restore(State(api): State<Api>, Me(me): Me, Path(id): Path<Uuid>) -> Answer<Json<ProjectDto>> {
    let id = ProjectId(id);
    api.app.remove_project(&me, id, false).await?;
    Ok(Json(one(&api, &me, id).await?))
}

/// With whom a project is shared, and with whom the asker could share it.
#[utoipa::path(get, path = "/projects/{id}/shares", operation_id = "project_shares", tag = "Library", params(("id" = Uuid, Path)), extensions(("x-permission" = json!("project.see")), ("x-scope" = json!("read"))),
    responses((status = 200, body = SharesView), (status = 404, body = Problem)))]
pub(crate) async fn shared_with(State(api): State<Api>, Me(me): Me, Path(id): Path<Uuid>) -> Answer<Json<SharesView>> {
    Ok(Json(shares::view(api.app.project_shares(&me, ProjectId(id)).await?)))
}

/// Shares and unshares in one step: the whole set that is wanted (LIB-05, LIB-06). Sharing with everybody is asked as
/// `project.share_organization`. 409 `changed` if somebody else changed the shares since they were shown. Who unshares may not see
/// the project any more afterwards.
#[utoipa::path(put, path = "/projects/{id}/shares", operation_id = "share_project", tag = "Library", params(("id" = Uuid, Path)), request_body = WantedShares,
    extensions(("x-permission" = json!("project.share_team")), ("x-scope" = json!("manage"))),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn share(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<Uuid>,
    Json(body): Json<WantedShares>,
) -> Answer<StatusCode> {
    api.app.share_project(&me, ProjectId(id), &body.request()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What that change would do, before it is saved.
#[utoipa::path(post, path = "/projects/{id}/shares/effect", operation_id = "share_project_effect", tag = "Library", params(("id" = Uuid, Path)), request_body = WantedShares,
    extensions(("x-permission" = json!("project.share_team")), ("x-scope" = json!("manage"))),
    responses((status = 200, body = SharesEffect), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn share_effect(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<Uuid>,
    Json(body): Json<WantedShares>,
) -> Answer<Json<SharesEffect>> {
    Ok(Json(shares::effect(api.app.share_project_effect(&me, ProjectId(id), &body.request()).await?)))
}

/// Somebody who sees a project.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ViewerDto {
    /// Account.
    id: Uuid,
    /// Name.
    name: String,
    /// Role.
    role: RoleWord,
    /// They created it.
    creator: bool,
    /// It is shared with everybody.
    by_organization: bool,
    /// An Admin sees every shared project.
    by_role: bool,
    /// Teams that show it to them, as far as the asker sees these.
    teams: Vec<String>,
}

/// The people who see a project, and why.
#[utoipa::path(get, path = "/projects/{id}/people", operation_id = "project_people", tag = "Library", params(("id" = Uuid, Path), ByName), extensions(("x-permission" = json!("project.see")), ("x-scope" = json!("read"))),
    responses((status = 200, body = Page<ViewerDto>), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn people(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<Uuid>,
    Query(query): Query<ByName>,
) -> Answer<Json<Page<ViewerDto>>> {
    let (viewers, next, known) = api.app.project_people(&me, ProjectId(id), &query.filter()?).await?;
    let items = viewers.into_iter().map(|viewer| ViewerDto {
        id: viewer.id.0,
        name: viewer.name,
        role: viewer.role.into(),
        creator: viewer.creator,
        by_organization: viewer.organization,
        by_role: viewer.admin,
        teams: known
            .teams
            .iter()
            .filter(|team| viewer.teams.contains(&team.id))
            .map(|team| team.name.clone())
            .collect(),
    });
    Ok(Json(Page { items: items.collect(), next: next.map(|id| id.to_string()) }))
}

/// `?cursor=&limit=`.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct PageQuery {
    /// From `next`.
    cursor: Option<String>,
    /// 1 to 200; 50 if absent.
    limit: Option<i64>,
}

/// The print jobs that were made from a project, newest first, as far as the asker sees them (LIB-10).
#[utoipa::path(get, path = "/projects/{id}/print-jobs", operation_id = "project_jobs", tag = "Library", params(("id" = Uuid, Path), PageQuery), extensions(("x-permission" = json!("project.see")), ("x-scope" = json!("read"))),
    responses((status = 200, body = Page<JobDto>), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn jobs(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<Uuid>,
    Query(query): Query<PageQuery>,
) -> Answer<Json<Page<JobDto>>> {
    let (limit, after) = (limit(query.limit)?, after(query.cursor.as_deref())?);
    let (jobs, next) = api.app.project_jobs(&me, ProjectId(id), after, limit).await?;
    let next = next.map(|(at, id)| render::cursor(at, id));
    Ok(Json(Page { items: jobs.iter().map(render::job).collect(), next }))
}

/// The report as a table for spreadsheets: one row for each print job made from the project, newest first, at most 10,000
/// (LIB-09). Cells that begin like a formula are made text.
#[utoipa::path(get, path = "/projects/{id}/report", operation_id = "project_report", tag = "Library", params(("id" = Uuid, Path)), extensions(("x-permission" = json!("project.report")), ("x-scope" = json!("read"))),
    responses((status = 200, content_type = "text/csv", body = String), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(crate) async fn report(State(api): State<Api>, Me(me): Me, Path(id): Path<Uuid>) -> Answer<Response> {
    let (name, lines) = api.app.project_report(&me, ProjectId(id)).await?;
    let mut csv = Csv::new(&[
        "Number",
        "Print job",
        "File",
        "Version",
        "Submitter",
        "Printer",
        "Status",
        "Sent",
        "Decided by",
        "Decided",
        "Started",
        "Ended",
        "Print time in seconds",
        "Material in grams",
    ]);
    lines.iter().for_each(|line| csv.row(&cells(line)));
    let mut response = csv.finish().into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(header::CONTENT_DISPOSITION, download::attachment(&format!("{name}.csv")));
    Ok(response)
}

fn cells(line: &Line) -> [String; 14] {
    let at = |time: Option<Micros>| time.map(Micros::rfc3339).unwrap_or_default();
    let fact =
        |key: &str| line.facts.get(key).filter(|value| value.is_number()).map(ToString::to_string).unwrap_or_default();
    let (file, version) = line.file.clone().map(|(name, version)| (name, version.to_string())).unwrap_or_default();
    let (by, decided) = line.decided.clone().map(|(name, at)| (name, at.rfc3339())).unwrap_or_default();
    [
        line.number.to_string(),
        line.name.clone(),
        file,
        version,
        line.submitter.clone(),
        line.printer.clone(),
        line.state.word().replace('_', " "),
        line.created_at.rfc3339(),
        by,
        decided,
        at(line.started_at),
        at(line.ended_at),
        fact("print_time_s"),
        fact("filament_g"),
    ]
}
