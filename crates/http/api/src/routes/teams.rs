//! Teams: the list, one team, who is in it, the Trash.

use access::table::ChangeTeam;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use domain::{AccountId, TeamId};
use serde::{Deserialize, Serialize};
use store::teams::effect::TeamEffect;
use store::teams::{Filter, TeamView};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::auth::Me;
use crate::dto::{Actions, Page, PersonRef, RoleWord};
use crate::error::{ApiError, Problem};
use crate::extract::{Json, Path, Query};
use crate::routes::optional_key;
use crate::shares::{self, WaitingJob};
use crate::{Api, render};

type Answer<T> = Result<T, ApiError>;

/// A team.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TeamDto {
    /// Id.
    id: Uuid,
    /// Name.
    name: String,
    /// Who created it.
    created_by: PersonRef,
    /// When.
    created_at: String,
    /// The asker is in it.
    inside: bool,
    /// People in it.
    people: i64,
    /// Printers that are shared with it.
    printers: i64,
    /// Library projects that are shared with it and that the asker sees.
    projects: i64,
    /// What the asker may do.
    actions: Actions,
}

/// A printer, by name.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TeamPrinter {
    /// Id.
    id: Uuid,
    /// Name.
    name: String,
}

/// A team with its printers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TeamPage {
    /// The team.
    #[serde(flatten)]
    team: TeamDto,
    /// The printers that are shared with it and that the asker sees; at most 500.
    printer_list: Vec<TeamPrinter>,
}

fn team(view: TeamView) -> TeamDto {
    let mut actions = Actions::new();
    render::offer(&mut actions, "change", view.rights.may::<ChangeTeam>());
    TeamDto {
        id: view.id.0,
        inside: view.rights.inside(),
        name: view.name,
        created_by: PersonRef { id: view.created_by.0.0, name: view.created_by.1, former: false },
        created_at: view.created_at.rfc3339(),
        people: view.people,
        printers: view.printers,
        projects: view.projects,
        actions,
    }
}

/// `?q=&cursor=&limit=`.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ByName {
    /// Words in the name.
    q: Option<String>,
    /// From `next`.
    cursor: Option<Uuid>,
    /// 1 to 200; 50 if absent.
    limit: Option<i64>,
}

impl ByName {
    pub(crate) fn filter(self) -> Answer<Filter> {
        let limit = self.limit.unwrap_or(50);
        if !(1..=200).contains(&limit) {
            return Err(ApiError::invalid("limit", "The limit is 1 to 200."));
        }
        Ok(Filter { search: self.q.unwrap_or_default(), after: self.cursor, limit })
    }
}

/// Teams, and whether the asker may create one.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TeamList {
    /// The teams.
    items: Vec<TeamDto>,
    /// Give it as `cursor` for the next page; `null` at the end.
    next: Option<Uuid>,
    /// What the asker may do.
    actions: Actions,
}

/// A page of the teams that the asker sees, by name: their own, or all for an Admin (ROL-09, ROL-15).
#[utoipa::path(get, path = "/teams", operation_id = "list_teams", tag = "Teams", params(ByName), extensions(("x-permission" = json!("team.see")), ("x-scope" = json!("read"))),
    responses((status = 200, body = TeamList), (status = 422, body = Problem)))]
pub(crate) async fn list(State(api): State<Api>, Me(me): Me, Query(query): Query<ByName>) -> Answer<Json<TeamList>> {
    let (teams, next, create) = api.app.teams(&me, &query.filter()?).await?;
    let mut actions = Actions::new();
    render::offer(&mut actions, "create", create);
    Ok(Json(TeamList { items: teams.into_iter().map(team).collect(), next, actions }))
}

/// A name.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TeamName {
    /// Unique in the organization, whatever its letters' case.
    name: String,
}

/// Creates a team without people (ORG-04). 409 `name_taken` if there is one with this name.
#[utoipa::path(post, path = "/teams", operation_id = "create_team", tag = "Teams", request_body = TeamName,
    params(("Idempotency-Key" = Option<String>, Header)), extensions(("x-permission" = json!("team.create")), ("x-scope" = json!("manage"))),
    responses((status = 201, body = TeamPage), (status = 403, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn create(
    State(api): State<Api>,
    Me(me): Me,
    headers: HeaderMap,
    Json(body): Json<TeamName>,
) -> Answer<(StatusCode, Json<TeamPage>)> {
    let id = api.app.create_team(&me, &body.name, optional_key(&headers)?.as_deref()).await?;
    Ok((StatusCode::CREATED, Json(one(&api, &me, id).await?)))
}

async fn one(api: &Api, me: &store::accounts::SignedIn, id: TeamId) -> Answer<TeamPage> {
    let (view, printers) = api.app.team(me, id).await?;
    let printer_list = printers.into_iter().map(|(id, name)| TeamPrinter { id: id.0, name }).collect();
    Ok(TeamPage { team: team(view), printer_list })
}

/// One team, with its printers.
#[utoipa::path(get, path = "/teams/{id}", operation_id = "team", tag = "Teams", params(("id" = Uuid, Path)), extensions(("x-permission" = json!("team.see")), ("x-scope" = json!("read"))),
    responses((status = 200, body = TeamPage), (status = 404, body = Problem)))]
pub(crate) async fn detail(State(api): State<Api>, Me(me): Me, Path(id): Path<Uuid>) -> Answer<Json<TeamPage>> {
    Ok(Json(one(&api, &me, TeamId(id)).await?))
}

/// Renames a team (AMB-14).
#[utoipa::path(patch, path = "/teams/{id}", operation_id = "rename_team", tag = "Teams", params(("id" = Uuid, Path)), request_body = TeamName,
    extensions(("x-permission" = json!("team.change")), ("x-scope" = json!("manage"))),
    responses((status = 200, body = TeamPage), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn rename(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<Uuid>,
    Json(body): Json<TeamName>,
) -> Answer<Json<TeamPage>> {
    let id = TeamId(id);
    api.app.rename_team(&me, id, &body.name).await?;
    Ok(Json(one(&api, &me, id).await?))
}

/// Removes a team to the Trash for 30 days (AMB-14): what was shared with it is not any more. Print jobs stay as they are.
#[utoipa::path(delete, path = "/teams/{id}", operation_id = "remove_team", tag = "Teams", params(("id" = Uuid, Path)), extensions(("x-permission" = json!("team.change")), ("x-scope" = json!("manage"))),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(crate) async fn remove(State(api): State<Api>, Me(me): Me, Path(id): Path<Uuid>) -> Answer<StatusCode> {
    api.app.remove_team(&me, TeamId(id), true).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Brings a removed team back, with its people and shares. 409 `name_taken` if another team has its name by now.
#[utoipa::path(post, path = "/teams/{id}/restore", operation_id = "restore_team", tag = "Teams", params(("id" = Uuid, Path)), extensions(("x-permission" = json!("team.change")), ("x-scope" = json!("manage"))),
    responses((status = 200, body = TeamPage), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn restore(State(api): State<Api>, Me(me): Me, Path(id): Path<Uuid>) -> Answer<Json<TeamPage>> {
    let id = TeamId(id);
    api.app.remove_team(&me, id, false).await?;
    Ok(Json(one(&api, &me, id).await?))
}

/// Somebody in a team.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TeamPersonDto {
    /// Account.
    id: Uuid,
    /// Name.
    name: String,
    /// Role in the organization.
    role: RoleWord,
    /// The asker.
    you: bool,
    /// In the team since.
    added_at: String,
}

/// A page of the people in a team, by name.
#[utoipa::path(get, path = "/teams/{id}/people", operation_id = "team_people", tag = "Teams", params(("id" = Uuid, Path), ByName), extensions(("x-permission" = json!("team.see")), ("x-scope" = json!("read"))),
    responses((status = 200, body = Page<TeamPersonDto>), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn people(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<Uuid>,
    Query(query): Query<ByName>,
) -> Answer<Json<Page<TeamPersonDto>>> {
    let (people, next) = api.app.team_people(&me, TeamId(id), &query.filter()?).await?;
    let items = people.into_iter().map(|person| TeamPersonDto {
        id: person.id.0,
        you: person.id == me.account(),
        name: person.name,
        role: person.role.into(),
        added_at: person.added_at.rfc3339(),
    });
    Ok(Json(Page { items: items.collect(), next: next.map(|id| id.to_string()) }))
}

/// Adds somebody of the organization to a team (ORG-04, ORG-05). Who is in it already stays.
#[utoipa::path(put, path = "/teams/{id}/people/{person}", operation_id = "add_to_team", tag = "Teams", params(("id" = Uuid, Path), ("person" = Uuid, Path)),
    extensions(("x-permission" = json!("team.change")), ("x-scope" = json!("manage"))),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(crate) async fn add_person(
    State(api): State<Api>,
    Me(me): Me,
    Path((id, person)): Path<(Uuid, Uuid)>,
) -> Answer<StatusCode> {
    api.app.put_into_team(&me, TeamId(id), AccountId(person), true).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes somebody out of a team; they stay in the organization.
#[utoipa::path(delete, path = "/teams/{id}/people/{person}", operation_id = "take_out_of_team", tag = "Teams", params(("id" = Uuid, Path), ("person" = Uuid, Path)),
    extensions(("x-permission" = json!("team.change")), ("x-scope" = json!("manage"))),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(crate) async fn remove_person(
    State(api): State<Api>,
    Me(me): Me,
    Path((id, person)): Path<(Uuid, Uuid)>,
) -> Answer<StatusCode> {
    api.app.put_into_team(&me, TeamId(id), AccountId(person), false).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a removal would do.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TeamRemoval {
    /// How many people lose a printer by it.
    lose: i64,
    /// The first of them, by name.
    lose_names: Vec<String>,
    /// How many people lose a library project by it.
    lose_library: i64,
    /// The first of them, by name.
    lose_library_names: Vec<String>,
    /// Printers that are shared with the team.
    printers: i64,
    /// Library projects that are shared with the team.
    projects: i64,
    /// Waiting print jobs that somebody can approve, and nobody could then.
    undecidable: i64,
    /// Waiting print jobs that a Member can approve, and only an Admin could then.
    admins_only: i64,
    /// Waiting print jobs whose submitters lose the printer: they would have to be moved to another one first.
    move_first: i64,
    /// The first of the waiting ones that it concerns, as far as the asker sees them.
    jobs: Vec<WaitingJob>,
}

fn removal_view(effect: TeamEffect) -> TeamRemoval {
    TeamRemoval {
        lose: effect.lose_printers.count,
        lose_names: effect.lose_printers.names,
        lose_library: effect.lose_projects.count,
        lose_library_names: effect.lose_projects.names,
        printers: effect.printers,
        projects: effect.projects,
        undecidable: effect.waiting.undecidable,
        admins_only: effect.waiting.admins_only,
        move_first: effect.waiting.move_first,
        jobs: effect.waiting.jobs.into_iter().map(shares::waiting).collect(),
    }
}

/// `?person=`.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct OfPerson {
    /// Take this person out, instead of removing the team.
    person: Option<Uuid>,
}

/// What removing the team, or one person from it, would do: who loses printers and library projects, and what becomes of print jobs
/// that wait for a decision.
#[utoipa::path(get, path = "/teams/{id}/removal", operation_id = "team_removal", tag = "Teams", params(("id" = Uuid, Path), OfPerson),
    extensions(("x-permission" = json!("team.change")), ("x-scope" = json!("read"))),
    responses((status = 200, body = TeamRemoval), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(crate) async fn removal(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<Uuid>,
    Query(of): Query<OfPerson>,
) -> Answer<Json<TeamRemoval>> {
    Ok(Json(removal_view(api.app.team_removal(&me, TeamId(id), of.person.map(AccountId)).await?)))
}
