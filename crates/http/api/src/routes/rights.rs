//! "Why not?" for one thing, and the Trash.

use access::{Denial, Rule};
use axum::extract::State;
use domain::{JobId, PrinterId, ProjectId, TeamId};
use serde::Serialize;
use store::trash::Kind;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Api;
use crate::auth::Me;
use crate::dto::{Allowed, Page, PersonRef, ProjectRef};
use crate::error::{ApiError, Problem};
use crate::extract::{Json, Path};
use crate::render::allowed;

type Answer<T> = Result<T, ApiError>;

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
}

fn page(rows: Vec<(Rule, Result<(), Denial>)>) -> Json<Page<PermissionItem>> {
    let item = |(rule, verdict): (Rule, _)| PermissionItem {
        action: rule.key.to_owned(),
        title: rule.title.to_owned(),
        answer: allowed(verdict),
    };
    Json(Page::whole(rows.into_iter().map(item).collect()))
}

/// Every action with a printer: yes, or why not (ACC-02). What its state forbids is not part of it.
#[utoipa::path(get, path = "/printers/{id}/permissions", operation_id = "printer_permissions", tag = "Printers", params(("id" = Uuid, Path)),
    extensions(("x-permission" = json!("printer.see")), ("x-scope" = json!("read"))),
    responses((status = 200, body = Page<PermissionItem>), (status = 404, body = Problem)))]
pub(crate) async fn printer(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<Uuid>,
) -> Answer<Json<Page<PermissionItem>>> {
    Ok(page(api.app.permissions(&me, PrinterId(id)).await?))
}

/// Every action with a print job: yes, or why not (ACC-02). What its state forbids is not part of it.
#[utoipa::path(get, path = "/print-jobs/{id}/permissions", operation_id = "job_permissions", tag = "Print jobs", params(("id" = Uuid, Path)),
    extensions(("x-permission" = json!("job.see")), ("x-scope" = json!("read"))),
    responses((status = 200, body = Page<PermissionItem>), (status = 404, body = Problem)))]
pub(crate) async fn job(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<Uuid>,
) -> Answer<Json<Page<PermissionItem>>> {
    Ok(page(api.app.permissions(&me, JobId(id)).await?))
}

/// Every action with a team: yes, or why not (ACC-02).
#[utoipa::path(get, path = "/teams/{id}/permissions", operation_id = "team_permissions", tag = "Teams", params(("id" = Uuid, Path)),
    extensions(("x-permission" = json!("team.see")), ("x-scope" = json!("read"))),
    responses((status = 200, body = Page<PermissionItem>), (status = 404, body = Problem)))]
pub(crate) async fn team(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<Uuid>,
) -> Answer<Json<Page<PermissionItem>>> {
    Ok(page(api.app.permissions(&me, TeamId(id)).await?))
}

/// Every action with a library project: yes, or why not (ACC-02).
#[utoipa::path(get, path = "/projects/{id}/permissions", operation_id = "project_permissions", tag = "Library", params(("id" = Uuid, Path)),
    extensions(("x-permission" = json!("project.see")), ("x-scope" = json!("read"))),
    responses((status = 200, body = Page<PermissionItem>), (status = 404, body = Problem)))]
pub(crate) async fn project(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<Uuid>,
) -> Answer<Json<Page<PermissionItem>>> {
    Ok(page(api.app.permissions(&me, ProjectId(id)).await?))
}

/// Every action with the organization: yes, or why not (ACC-02).
#[utoipa::path(get, path = "/organization/permissions", operation_id = "organization_permissions", tag = "Settings",
    extensions(("x-permission" = json!("organization.see")), ("x-scope" = json!("read"))), responses((status = 200, body = Page<PermissionItem>)))]
pub(crate) async fn organization(State(api): State<Api>, Me(me): Me) -> Answer<Json<Page<PermissionItem>>> {
    Ok(page(api.app.organization_permissions(&me).await?))
}

/// What can lie in the Trash.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TrashKind {
    /// `POST /printers/{id}/restore`.
    Printer,
    /// `POST /teams/{id}/restore`.
    Team,
    /// `POST /projects/{id}/restore`.
    Project,
    /// `POST /projects/{project}/files/{id}/restore`.
    File,
    /// `POST /people/{id}/restore`.
    Person,
}

/// One thing in the Trash.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TrashItem {
    /// Kind.
    kind: TrashKind,
    /// Id.
    id: Uuid,
    /// Name.
    name: String,
    /// Who removed it.
    removed_by: PersonRef,
    /// When.
    removed_at: String,
    /// Until when it can be brought back.
    until: String,
    /// So many days, the one that has begun among them.
    days_left: i64,
    /// The project that a file is in.
    project: Option<ProjectRef>,
}

/// What was removed in the last 30 days and the asker could bring back, newest first.
#[utoipa::path(get, path = "/trash", operation_id = "trash", tag = "Settings", extensions(("x-permission" = json!("organization.see")), ("x-scope" = json!("read"))),
    responses((status = 200, body = Page<TrashItem>)))]
pub(crate) async fn trash(State(api): State<Api>, Me(me): Me) -> Answer<Json<Page<TrashItem>>> {
    let items = api.app.trash(&me).await?.into_iter().map(|item| TrashItem {
        kind: match item.kind {
            Kind::Printer => TrashKind::Printer,
            Kind::Team => TrashKind::Team,
            Kind::Project => TrashKind::Project,
            Kind::File => TrashKind::File,
            Kind::Person => TrashKind::Person,
        },
        id: item.id,
        name: item.name,
        removed_by: PersonRef { id: item.removed_by.0.0, name: item.removed_by.1, former: false },
        removed_at: item.removed_at.rfc3339(),
        until: item.until.rfc3339(),
        days_left: item.days_left,
        project: item.project.map(|(id, name)| ProjectRef { id: id.0, name }),
    });
    Ok(Json(Page::whole(items.collect())))
}
