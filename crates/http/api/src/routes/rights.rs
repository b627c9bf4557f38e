//! The Trash.

use axum::extract::State;
use serde::Serialize;
use store::trash::Kind;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Api;
use crate::auth::Me;
use crate::dto::{Page, PersonRef, ProjectRef};
use crate::error::ApiError;
use crate::extract::Json;

type Answer<T> = Result<T, ApiError>;

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
