//! Private library projects of people who are not in the organization any more (AMB-41).

use axum::extract::State;
use domain::AccountId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Api;
use crate::auth::Me;
use crate::dto::{Page, PersonRef};
use crate::error::{ApiError, Problem};
use crate::extract::{Json, Path};

type Answer<T> = Result<T, ApiError>;

/// Private projects of a former person: that they are there, never what they are.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EscrowItem {
    /// Whose.
    person: PersonRef,
    /// Not in the organization since.
    since: String,
    /// How many projects.
    projects: i64,
}

/// Former people who have private library projects here, the last to go first; at most 500. Nothing of the projects is told: they
/// are the person's again when the person comes back, unless an Admin claims them before.
#[utoipa::path(get, path = "/escrow", operation_id = "escrow", tag = "People",
    extensions(("x-permission" = json!("organization.claim_projects")), ("x-scope" = json!("read"))),
    responses((status = 200, body = Page<EscrowItem>), (status = 403, body = Problem)))]
pub(crate) async fn escrow(State(api): State<Api>, Me(me): Me) -> Answer<Json<Page<EscrowItem>>> {
    let items = api.app.escrow(&me).await?.into_iter().map(|one| EscrowItem {
        person: PersonRef { id: one.person.0.0, name: one.person.1, former: true },
        since: one.since.rfc3339(),
        projects: one.projects,
    });
    Ok(Json(Page::whole(items.collect())))
}

/// A claim.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Claim {
    /// How many projects were shown: not more are claimed than the asker knew of.
    projects: i64,
    /// Why. It stays in the journal, and the person reads it if they come back.
    reason: String,
}

/// What was claimed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Claimed {
    /// So many projects are the asker's own now.
    projects: i64,
}

/// Makes all private projects of a former person the asker's own. It is written down with its reason; if the person comes back, they
/// are told, and get nothing back. 409 `changed` if there are not as many as were shown, `came_back` if they are in the organization.
#[utoipa::path(post, path = "/escrow/{id}/claim", operation_id = "claim_projects", tag = "People", params(("id" = Uuid, Path)), request_body = Claim,
    extensions(("x-permission" = json!("organization.claim_projects")), ("x-scope" = json!("browser"))),
    responses((status = 200, body = Claimed), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
pub(crate) async fn claim(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<Uuid>,
    Json(body): Json<Claim>,
) -> Answer<Json<Claimed>> {
    let projects = api.app.claim_projects(&me, AccountId(id), body.projects, &body.reason).await?;
    Ok(Json(Claimed { projects }))
}
