//! Print jobs meeting library projects: who can approve, copying into a project.

use app::JobApprovers;
use axum::extract::State;
use axum::http::StatusCode;
use domain::{JobId, ProjectId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::Api;
use crate::auth::Me;
use crate::dto::{PersonRef, ProjectRef};
use crate::error::{ApiError, Problem};
use crate::extract::{Json, Path, Query};
use crate::render;
use crate::routes::project_files::{ProjectFileDto, file};

type Answer<T> = Result<T, ApiError>;

/// What the asker can do so that somebody can approve.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShareFix {
    /// The project to share.
    project: ProjectRef,
    /// Teams that it could be shared with and is not; share by `PUT /projects/{id}/shares`.
    teams: Vec<TeamRef>,
    /// It could be shared with the whole organization.
    organization: bool,
}

/// A team, by name.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TeamRef {
    /// Id.
    pub id: Uuid,
    /// Name.
    pub name: String,
}

/// Who can approve a print job.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ApproversView {
    /// They can; with `first`, once that is done.
    people: Vec<PersonRef>,
    /// What is in the way whoever decides: its printer is gone, off or taken away (AMB-29). It has to be moved first.
    first: Option<String>,
    /// In words.
    sentence: String,
    /// Nobody can.
    nobody: bool,
    /// The job's library project keeps somebody from it who could use the printer.
    project: bool,
    /// They asked for the project to be shared, and have no answer yet.
    asked_by: Vec<PersonRef>,
    /// What the asker can do about it, at once.
    fix: Option<ShareFix>,
}

fn person((id, name): (domain::AccountId, String)) -> PersonRef {
    PersonRef { id: id.0, name, former: false }
}

/// What the asker can share the project with, if that is theirs to do and would help.
fn fix(found: &JobApprovers) -> Option<ShareFix> {
    let (project, sharing) = found.sharing.as_ref()?;
    if !found.approvers.project || sharing.teams.is_err() {
        return None;
    }
    let teams = sharing.shares.teams.iter().filter(|team| !team.shared);
    Some(ShareFix {
        project: ProjectRef { id: project.0, name: sharing.name.clone() },
        teams: teams.map(|team| TeamRef { id: team.id.0, name: team.name.clone() }).collect(),
        organization: sharing.organization.is_ok() && !sharing.shares.organization,
    })
}

/// Why nobody can approve, and what is to be done: also for a Guest who is in no team (CMP-03).
fn nobody(found: &JobApprovers, fix: Option<&ShareFix>) -> String {
    let who = &found.approvers;
    if !who.project {
        return "Nobody can approve this print job yet. Ask an Admin of your organization.".to_owned();
    }
    let why = "Nobody can approve this print job yet: its library project is not shared with a Member or Admin.";
    let what = match fix {
        _ if who.project_removed => {
            "The project is in the Trash. Bring it back, then share it.".to_owned()
        }
        Some(fix) if !fix.teams.is_empty() || fix.organization => "Share it with a team.".to_owned(),
        Some(_) => "You are in no team that it could be shared with. Ask a Member or an Admin to put you in a team, or send the \
             file as a print job of its own, outside of the project."
            .to_owned(),
        None => match &who.creator {
            Some((_, name)) => format!("Ask {name}, who created the project, to share it."),
            None => "Whoever created it has left. An Admin can claim the projects of people who left, and share it.".to_owned(),
        },
    };
    format!("{why} {what}")
}

/// Who can approve this print job now, also when nobody can, and what the asker can do about that (APR-21).
#[utoipa::path(get, path = "/print-jobs/{id}/approvers", tag = "Print jobs", params(("id" = Uuid, Path)), extensions(("x-permission" = json!("job.see")), ("x-scope" = json!("read"))),
    responses((status = 200, body = ApproversView), (status = 404, body = Problem)))]
pub(crate) async fn approvers(State(api): State<Api>, Me(me): Me, Path(id): Path<Uuid>) -> Answer<Json<ApproversView>> {
    let found = api.app.approvers(&me, JobId(id)).await?;
    let fix = fix(&found);
    let people = &found.approvers.people;
    let names: Vec<&str> = people.iter().take(3).map(|(_, name, _)| name.as_str()).collect();
    let first = render::reason(&found.job).filter(|_| found.job.state == domain::State::Held).map(|reason| reason.text);
    let can = match (names.as_slice(), people.len()) {
        ([], _) => String::new(),
        ([one, two, three], 3) => format!("{one}, {two} or {three} can"),
        (some, 1 | 2) => format!("{} can", some.join(" or ")),
        (some, n) => format!("{} and {} more can", some.join(", "), n - 3),
    };
    let sentence = match (&first, can.is_empty()) {
        (Some(first), true) => first.clone(),
        (Some(first), false) => format!("{first} {can} do that."),
        (None, true) => nobody(&found, fix.as_ref()),
        (None, false) => format!("{can} approve it."),
    };
    let who = found.approvers;
    Ok(Json(ApproversView {
        sentence,
        first,
        nobody: who.people.is_empty(),
        project: who.project,
        people: who.people.into_iter().map(|(id, name, _)| person((id, name))).collect(),
        asked_by: if found.job.rights.own() { who.asked_by.into_iter().map(person).collect() } else { Vec::new() },
        fix,
    }))
}

/// Where to copy a print job.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CopyToProject {
    /// A project that the asker may upload to: `GET /projects?changeable=true`.
    project: Uuid,
}

/// Copies the file of a print job into a library project (APR-19). The job stays as it is, and its submitter the author.
#[utoipa::path(post, path = "/print-jobs/{id}/copy-to-project", tag = "Print jobs", params(("id" = Uuid, Path)), request_body = CopyToProject,
    extensions(("x-permission" = json!("job.copy_to_project")), ("x-scope" = json!("manage"))),
    responses((status = 201, body = ProjectFileDto), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn copy(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<Uuid>,
    Json(body): Json<CopyToProject>,
) -> Answer<(StatusCode, Json<ProjectFileDto>)> {
    let project = ProjectId(body.project);
    let view = api.app.copy_job_to_project(&me, JobId(id), project).await?;
    Ok((StatusCode::CREATED, Json(file(project, view))))
}

/// `?project=`.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct CopyQuery {
    /// The project.
    project: Uuid,
}

/// What a copy would do.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CopyEffect {
    /// How many people could open the file then, and cannot now.
    gain: usize,
    /// The first of them, by name.
    names: Vec<String>,
    /// In words.
    sentence: String,
}

/// Who will gain access to the file, stated before it is copied (AMB-46).
#[utoipa::path(get, path = "/print-jobs/{id}/copy-to-project", operation_id = "copy_effect", tag = "Print jobs", params(("id" = Uuid, Path), CopyQuery),
    extensions(("x-permission" = json!("job.copy_to_project")), ("x-scope" = json!("read"))),
    responses((status = 200, body = CopyEffect), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(crate) async fn copy_effect(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<Uuid>,
    Query(query): Query<CopyQuery>,
) -> Answer<Json<CopyEffect>> {
    let names = api.app.copy_job_effect(&me, JobId(id), ProjectId(query.project)).await?;
    let gain = names.len();
    let names: Vec<String> = names.into_iter().take(5).collect();
    let sentence = match gain {
        0 => "Nobody gains access to the file: everybody who sees the project can open it already.".to_owned(),
        1..=5 => format!("{} will be able to open the file.", names.join(", ")),
        n => format!("{} and {} more will be able to open the file.", names.join(", "), n - names.len()),
    };
    Ok(Json(CopyEffect { gain, names, sentence }))
}
