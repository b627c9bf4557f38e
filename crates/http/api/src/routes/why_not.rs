//! "Why not?" for one thing, and asking whoever can change it (ACC-02, APR-20, APR-21).

use access::Remedy;
use app::{Answer as Row, Asset};
use axum::extract::State;
use axum::http::StatusCode;
use domain::{AccountId, JobId, PrinterGroupId, PrinterId, ProjectId, TeamId};
use serde::{Deserialize, Serialize};
use store::requests::Asked;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Api;
use crate::auth::Me;
use crate::dto::{Allowed, Page, PersonRef};
use crate::error::{ApiError, Problem};
use crate::extract::{Json, Path};
use crate::render::allowed;

type Answer<T> = Result<T, ApiError>;

/// What would turn a no into a yes.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RemedyWord {
    /// The print job's library project is shared with the asker.
    ShareProject,
    /// The print job's printer is shared with the asker.
    SharePrinter,
    /// Another plan.
    Plan,
    /// Somebody who may does it.
    Act,
}

impl From<Remedy> for RemedyWord {
    fn from(remedy: Remedy) -> Self {
        match remedy {
            Remedy::ShareProject => Self::ShareProject,
            Remedy::SharePrinter => Self::SharePrinter,
            Remedy::Plan(_) => Self::Plan,
            Remedy::Act => Self::Act,
        }
    }
}

/// Whom one could ask: `POST .../requests` with the action.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AskView {
    /// What they are asked for.
    remedy: RemedyWord,
    /// Who.
    people: Vec<PersonRef>,
    /// They were asked already, less than a day ago.
    asked_at: Option<String>,
}

/// One action of the role table, for one thing and the asker.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PermissionItem {
    /// Stable name.
    action: String,
    /// What it is.
    title: String,
    /// Yes, or which question said no, one sentence, and who can change it.
    #[serde(flatten)]
    answer: Allowed,
    /// Of a no: whom the asker could ask.
    ask: Option<AskView>,
}

fn people(people: Vec<(AccountId, String)>) -> Vec<PersonRef> {
    people.into_iter().map(|(id, name)| PersonRef { id: id.0, name, former: false }).collect()
}

async fn page(api: &Api, me: &store::accounts::SignedIn, asset: Asset) -> Answer<Json<Page<PermissionItem>>> {
    let item = |Row { rule, verdict, ask }: Row| PermissionItem {
        action: rule.key.to_owned(),
        title: rule.title.to_owned(),
        answer: allowed(verdict),
        ask: ask.map(|ask| AskView {
            remedy: ask.remedy.into(),
            people: people(ask.people),
            asked_at: ask.asked_at.map(domain::Micros::rfc3339),
        }),
    };
    Ok(Json(Page::whole(api.app.permissions(me, asset).await?.into_iter().map(item).collect())))
}

/// Which no is to be changed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRequest {
    /// An action of `.../permissions`.
    action: String,
}

/// Who was asked.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AskedView {
    /// For what.
    remedy: RemedyWord,
    /// Who.
    people: Vec<PersonRef>,
    /// When; earlier, if it was asked already.
    asked_at: String,
}

/// 201: they have a notice, and a letter if there is mail. 200: they were asked already.
async fn ask(
    api: &Api,
    me: &store::accounts::SignedIn,
    asset: Asset,
    request: &NewRequest,
) -> Answer<(StatusCode, Json<AskedView>)> {
    let Asked { remedy, people: asked, at, before } = api.app.ask(me, asset, &request.action).await?;
    let status = if before { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(AskedView { remedy: remedy.into(), people: people(asked), asked_at: at.rfc3339() })))
}

/// Every action with a printer: yes, or why not and whom to ask (ACC-02). What its state forbids is not part of it.
#[utoipa::path(get, path = "/printers/{id}/permissions", operation_id = "printer_permissions", tag = "Printers", params(("id" = Uuid, Path)),
    extensions(("x-permission" = json!("printer.see")), ("x-scope" = json!("read"))),
    responses((status = 200, body = Page<PermissionItem>), (status = 404, body = Problem)))]
pub(crate) async fn printer(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<Uuid>,
) -> Answer<Json<Page<PermissionItem>>> {
    page(&api, &me, Asset::Printer(PrinterId(id))).await
}

/// Asks whoever can change a no about a printer. The same is asked once a day; again it says when it was asked.
#[utoipa::path(post, path = "/printers/{id}/requests", operation_id = "ask_about_printer", tag = "Printers", params(("id" = Uuid, Path)), request_body = NewRequest,
    extensions(("x-permission" = json!("printer.see")), ("x-scope" = json!("print"))),
    responses((status = 200, body = AskedView), (status = 201, body = AskedView), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 429, body = Problem)))]
pub(crate) async fn ask_about_printer(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<Uuid>,
    Json(body): Json<NewRequest>,
) -> Answer<(StatusCode, Json<AskedView>)> {
    ask(&api, &me, Asset::Printer(PrinterId(id)), &body).await
}

/// Every action with a printer group: yes, or why not and whom to ask (ACC-02).
#[utoipa::path(get, path = "/printer-groups/{id}/permissions", operation_id = "printer_group_permissions", tag = "Printers", params(("id" = Uuid, Path)),
    extensions(("x-permission" = json!("printer_group.see")), ("x-scope" = json!("read"))),
    responses((status = 200, body = Page<PermissionItem>), (status = 404, body = Problem)))]
pub(crate) async fn printer_group(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<Uuid>,
) -> Answer<Json<Page<PermissionItem>>> {
    page(&api, &me, Asset::PrinterGroup(PrinterGroupId(id))).await
}

/// Asks whoever can change a no about a printer group. The same is asked once a day; again it says when it was asked.
#[utoipa::path(post, path = "/printer-groups/{id}/requests", operation_id = "ask_about_printer_group", tag = "Printers", params(("id" = Uuid, Path)), request_body = NewRequest,
    extensions(("x-permission" = json!("printer_group.see")), ("x-scope" = json!("print"))),
    responses((status = 200, body = AskedView), (status = 201, body = AskedView), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 429, body = Problem)))]
pub(crate) async fn ask_about_printer_group(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<Uuid>,
    Json(body): Json<NewRequest>,
) -> Answer<(StatusCode, Json<AskedView>)> {
    ask(&api, &me, Asset::PrinterGroup(PrinterGroupId(id)), &body).await
}

/// Every action with a print job: yes, or why not and whom to ask (ACC-02). What its state forbids is not part of it.
#[utoipa::path(get, path = "/print-jobs/{id}/permissions", operation_id = "job_permissions", tag = "Print jobs", params(("id" = Uuid, Path)),
    extensions(("x-permission" = json!("job.see")), ("x-scope" = json!("read"))),
    responses((status = 200, body = Page<PermissionItem>), (status = 404, body = Problem)))]
pub(crate) async fn job(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<Uuid>,
) -> Answer<Json<Page<PermissionItem>>> {
    page(&api, &me, Asset::Job(JobId(id))).await
}

/// Asks whoever can change a no about a print job. The same is asked once a day; again it says when it was asked.
#[utoipa::path(post, path = "/print-jobs/{id}/requests", operation_id = "ask_about_job", tag = "Print jobs", params(("id" = Uuid, Path)), request_body = NewRequest,
    extensions(("x-permission" = json!("job.see")), ("x-scope" = json!("print"))),
    responses((status = 200, body = AskedView), (status = 201, body = AskedView), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 429, body = Problem)))]
pub(crate) async fn ask_about_job(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<Uuid>,
    Json(body): Json<NewRequest>,
) -> Answer<(StatusCode, Json<AskedView>)> {
    ask(&api, &me, Asset::Job(JobId(id)), &body).await
}

/// Every action with a team: yes, or why not and whom to ask (ACC-02).
#[utoipa::path(get, path = "/teams/{id}/permissions", operation_id = "team_permissions", tag = "Teams", params(("id" = Uuid, Path)),
    extensions(("x-permission" = json!("team.see")), ("x-scope" = json!("read"))),
    responses((status = 200, body = Page<PermissionItem>), (status = 404, body = Problem)))]
pub(crate) async fn team(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<Uuid>,
) -> Answer<Json<Page<PermissionItem>>> {
    page(&api, &me, Asset::Team(TeamId(id))).await
}

/// Asks whoever can change a no about a team. The same is asked once a day; again it says when it was asked.
#[utoipa::path(post, path = "/teams/{id}/requests", operation_id = "ask_about_team", tag = "Teams", params(("id" = Uuid, Path)), request_body = NewRequest,
    extensions(("x-permission" = json!("team.see")), ("x-scope" = json!("print"))),
    responses((status = 200, body = AskedView), (status = 201, body = AskedView), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 429, body = Problem)))]
pub(crate) async fn ask_about_team(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<Uuid>,
    Json(body): Json<NewRequest>,
) -> Answer<(StatusCode, Json<AskedView>)> {
    ask(&api, &me, Asset::Team(TeamId(id)), &body).await
}

/// Every action with a library project: yes, or why not and whom to ask (ACC-02).
#[utoipa::path(get, path = "/projects/{id}/permissions", operation_id = "project_permissions", tag = "Library", params(("id" = Uuid, Path)),
    extensions(("x-permission" = json!("project.see")), ("x-scope" = json!("read"))),
    responses((status = 200, body = Page<PermissionItem>), (status = 404, body = Problem)))]
pub(crate) async fn project(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<Uuid>,
) -> Answer<Json<Page<PermissionItem>>> {
    page(&api, &me, Asset::Project(ProjectId(id))).await
}

/// Asks whoever can change a no about a library project. The same is asked once a day; again it says when it was asked.
#[utoipa::path(post, path = "/projects/{id}/requests", operation_id = "ask_about_project", tag = "Library", params(("id" = Uuid, Path)), request_body = NewRequest,
    extensions(("x-permission" = json!("project.see")), ("x-scope" = json!("print"))),
    responses((status = 200, body = AskedView), (status = 201, body = AskedView), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 429, body = Problem)))]
pub(crate) async fn ask_about_project(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<Uuid>,
    Json(body): Json<NewRequest>,
) -> Answer<(StatusCode, Json<AskedView>)> {
    ask(&api, &me, Asset::Project(ProjectId(id)), &body).await
}

/// Every action with the organization: yes, or why not and whom to ask (ACC-02).
#[utoipa::path(get, path = "/organization/permissions", operation_id = "organization_permissions", tag = "Settings",
    extensions(("x-permission" = json!("organization.see")), ("x-scope" = json!("read"))), responses((status = 200, body = Page<PermissionItem>)))]
pub(crate) async fn organization(State(api): State<Api>, Me(me): Me) -> Answer<Json<Page<PermissionItem>>> {
    page(&api, &me, Asset::Organization).await
}

/// Asks whoever can change a no about the organization. The same is asked once a day; again it says when it was asked.
#[utoipa::path(post, path = "/organization/requests", operation_id = "ask_about_organization", tag = "Settings", request_body = NewRequest,
    extensions(("x-permission" = json!("organization.see")), ("x-scope" = json!("print"))),
    responses((status = 200, body = AskedView), (status = 201, body = AskedView), (status = 409, body = Problem), (status = 429, body = Problem)))]
pub(crate) async fn ask_about_organization(
    State(api): State<Api>,
    Me(me): Me,
    Json(body): Json<NewRequest>,
) -> Answer<(StatusCode, Json<AskedView>)> {
    ask(&api, &me, Asset::Organization, &body).await
}
