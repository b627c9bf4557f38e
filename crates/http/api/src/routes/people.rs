//! Who is in the organization: roles, removal, leaving. How people come in: `invitations.rs`.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use domain::AccountId;
use serde::{Deserialize, Serialize};
use store::consequence::RoleChange;
use store::people::Filter;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::Api;
use crate::auth::{Me, Token};
use crate::dto::{Actions, Page, RoleWord, SessionView};
use crate::error::{ApiError, Problem};
use crate::extract::{Json, Path, Query};
use crate::render::allowed;
use crate::routes::account::signed_in;
use crate::routes::job_projects::TeamRef;
use crate::routes::page_limit;
use crate::shares::{self, WaitingJob};

type Answer<T> = Result<T, ApiError>;

/// A person in the list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PersonItem {
    /// Account.
    id: Uuid,
    /// Public name.
    name: String,
    /// For Admins only.
    email: Option<String>,
    /// Role.
    role: RoleWord,
    /// The asker.
    you: bool,
    /// Since.
    joined_at: String,
    /// The first of the teams that they are in and that the asker sees, by name; at most three.
    teams: Vec<TeamRef>,
    /// How many these are in all.
    team_count: i64,
    /// What the asker may do.
    actions: Actions,
}

/// `?q=&role=&limit=&cursor=`.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct PeopleQuery {
    /// Words in the name; for Admins in the address too.
    #[serde(default)]
    q: String,
    /// Only people of this role.
    role: Option<RoleWord>,
    /// 1 to 200; 50 if absent.
    limit: Option<i64>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// Everyone in the organization, by name, or only those with one role; each with their teams, as far as the asker sees these
/// (ROL-09, ROL-15).
#[utoipa::path(get, path = "/people", tag = "People", params(PeopleQuery), extensions(("x-permission" = json!("organization.see")), ("x-scope" = json!("read"))),
    responses((status = 200, body = Page<PersonItem>), (status = 422, body = Problem)))]
pub(crate) async fn people(
    State(api): State<Api>,
    Me(me): Me,
    Query(query): Query<PeopleQuery>,
) -> Answer<Json<Page<PersonItem>>> {
    let after: Option<Uuid> = query.cursor.as_deref().map(|text| text.parse().map_err(|_| bad_cursor())).transpose()?;
    let filter = Filter {
        search: query.q,
        role: query.role.map(Into::into),
        after: after.map(AccountId),
        limit: page_limit(query.limit)?,
    };
    let page = api.app.people(&me, &filter).await.map_err(|error| match error {
        // Only a cursor names somebody here.
        app::Error::NotFound if after.is_some() => bad_cursor(),
        other => other.into(),
    })?;
    let next = page.people.last().filter(|_| page.more).map(|last| last.id.0.simple().to_string());
    let items = page.people.into_iter().map(|person| {
        let mut actions = Actions::new();
        if page.change_role.is_ok() {
            actions.insert("change_role", allowed(Ok(())));
        }
        if page.remove.is_ok() {
            actions.insert("remove", allowed(Ok(())));
        }
        PersonItem {
            id: person.id.0,
            you: person.id == me.account(),
            name: person.name,
            email: person.email,
            role: person.role.into(),
            joined_at: person.joined_at.rfc3339(),
            teams: person.teams.into_iter().map(|(id, name)| TeamRef { id: id.0, name }).collect(),
            team_count: person.team_count,
            actions,
        }
    });
    Ok(Json(Page { items: items.collect(), next }))
}

fn bad_cursor() -> ApiError {
    ApiError::invalid("cursor", "Give `next` of the page before, unchanged.")
}

/// A new role.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeRole {
    /// The role.
    role: RoleWord,
    /// Only if this is their role now, else 409 `changed`: so an undo takes back nothing that somebody else did.
    was: Option<RoleWord>,
}

/// Changes a person's role; saves at once (ORG-03). The last Admin cannot be changed.
#[utoipa::path(patch, path = "/people/{id}", tag = "People", params(("id" = Uuid, Path)), request_body = ChangeRole,
    extensions(("x-permission" = json!("organization.change_role")), ("x-scope" = json!("browser"))),
    responses((status = 200, body = HeldAgain), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn change_role(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<Uuid>,
    Json(body): Json<ChangeRole>,
) -> Answer<Json<HeldAgain>> {
    let held_again = api.app.change_role(&me, AccountId(id), body.role.into(), body.was.map(Into::into)).await?;
    Ok(Json(HeldAgain { held_again }))
}

/// `?role=`.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoleQuery {
    /// The role that they would get.
    role: RoleWord,
}

/// What another role would do.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RoleEffect {
    /// The role that they have.
    role: RoleWord,
    /// It is the asker's own.
    oneself: bool,
    /// They are the last Admin: saving it would be refused.
    last_admin: bool,
    /// Printers that they can use, and could not any more.
    lose_printers: i64,
    /// The first of them, by name.
    lose_printer_names: Vec<String>,
    /// So many of them they added themselves.
    lose_own_printers: i64,
    /// Printers that they cannot use, and could then.
    gain_printers: i64,
    /// The first of them, by name.
    gain_printer_names: Vec<String>,
    /// Printers about whose print jobs they decide, and would not any more.
    lose_deciding: i64,
    /// Printers about whose print jobs they do not decide, and would then.
    gain_deciding: i64,
    /// Library projects that they see, and would not any more.
    lose_projects: i64,
    /// The first of them, by name.
    lose_project_names: Vec<String>,
    /// Library projects that they do not see, and would then.
    gain_projects: i64,
    /// The first of them, by name.
    gain_project_names: Vec<String>,
    /// Waiting print jobs that they can approve, and could not any more.
    lose_decisions: i64,
    /// Waiting print jobs that they cannot approve, and could then.
    gain_decisions: i64,
    /// Waiting print jobs that nobody can approve, and somebody could then.
    decidable: i64,
    /// Waiting print jobs that somebody can approve, and nobody could then.
    undecidable: i64,
    /// Waiting print jobs that a Member can approve, and only an Admin could then.
    admins_only: i64,
    /// Their waiting print jobs on printers that they lose: they would have to be moved to another one first.
    move_first: i64,
    /// The first of the waiting ones that it concerns, as far as the asker sees them.
    jobs: Vec<WaitingJob>,
    /// Their queued print jobs that would need a decision again.
    held_again: i64,
    /// Open invitations that they made, and that would not work until an Admin sends them again.
    invitations: i64,
    /// The join link that they made would not work until an Admin makes a new one.
    join_link: bool,
}

impl From<RoleChange> for RoleEffect {
    fn from(change: RoleChange) -> Self {
        let lose = |n: i64| if change.rises { 0 } else { n };
        let gain = |n: i64| if change.rises { n } else { 0 };
        let names = |all: &[String], shown: bool| if shown { all.to_vec() } else { Vec::new() };
        Self {
            role: change.from.into(),
            oneself: change.oneself,
            last_admin: change.last_admin,
            lose_printers: lose(change.printers.count),
            lose_printer_names: names(&change.printers.names, !change.rises),
            lose_own_printers: lose(change.own_printers),
            gain_printers: gain(change.printers.count),
            gain_printer_names: names(&change.printers.names, change.rises),
            lose_deciding: lose(change.deciding),
            gain_deciding: gain(change.deciding),
            lose_projects: lose(change.projects.count),
            lose_project_names: names(&change.projects.names, !change.rises),
            gain_projects: gain(change.projects.count),
            gain_project_names: names(&change.projects.names, change.rises),
            lose_decisions: change.lose_decisions,
            gain_decisions: change.gain_decisions,
            decidable: change.waiting.decidable,
            undecidable: change.waiting.undecidable,
            admins_only: change.waiting.admins_only,
            move_first: change.waiting.move_first,
            jobs: change.waiting.jobs.into_iter().map(shares::waiting).collect(),
            held_again: change.held_again,
            invitations: change.invitations,
            join_link: change.join_link,
        }
    }
}

/// What giving somebody this role would do, stated before it is saved (AMB-40): printers and library projects that they lose or
/// gain, and what becomes of print jobs that wait for a decision.
#[utoipa::path(get, path = "/people/{id}/role-change", tag = "People", params(("id" = Uuid, Path), RoleQuery),
    extensions(("x-permission" = json!("organization.change_role")), ("x-scope" = json!("read"))),
    responses((status = 200, body = RoleEffect), (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn role_effect(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<Uuid>,
    Query(query): Query<RoleQuery>,
) -> Answer<Json<RoleEffect>> {
    Ok(Json(api.app.role_effect(&me, AccountId(id), query.role.into()).await?.into()))
}

/// What a removal touches.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RemovalView {
    /// Held or sent back: stay, marked.
    held: i64,
    /// Queued: need a decision again.
    queued: i64,
    /// Printing: go on.
    printing: i64,
    /// Printers they added: stay.
    printers: i64,
    /// Library projects they share: stay with whom they are shared with.
    shared_projects: i64,
    /// Their private library projects: nobody sees them until they return or an Admin claims them.
    private_projects: i64,
    /// Open invitations that they made: they end.
    invitations: i64,
    /// The join link that they made: it ends.
    join_link: bool,
    /// Waiting print jobs that somebody can approve, and nobody could then.
    undecidable: i64,
    /// Waiting print jobs that a Member can approve, and only an Admin could then.
    admins_only: i64,
}

impl From<store::people::Removal> for RemovalView {
    fn from(removal: store::people::Removal) -> Self {
        Self {
            held: removal.held,
            queued: removal.queued,
            printing: removal.printing,
            printers: removal.printers,
            shared_projects: removal.shared_projects,
            private_projects: removal.private_projects,
            invitations: removal.invitations,
            join_link: removal.join_link,
            undecidable: removal.undecidable,
            admins_only: removal.admins_only,
        }
    }
}

/// What a removal would do, before it is done.
#[utoipa::path(get, path = "/people/{id}/removal", tag = "People", params(("id" = Uuid, Path)),
    extensions(("x-permission" = json!("organization.remove_person")), ("x-scope" = json!("read"))),
    responses((status = 200, body = RemovalView), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(crate) async fn removal(State(api): State<Api>, Me(me): Me, Path(id): Path<Uuid>) -> Answer<Json<RemovalView>> {
    Ok(Json(api.app.removal(&me, AccountId(id)).await?.into()))
}

/// What a removal or a change of role did.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HeldAgain {
    /// So many queued jobs need a decision again.
    held_again: i64,
}

/// Removes a person from the organization (ORG-02).
#[utoipa::path(delete, path = "/people/{id}", operation_id = "remove_person", tag = "People", params(("id" = Uuid, Path)),
    extensions(("x-permission" = json!("organization.remove_person")), ("x-scope" = json!("browser"))),
    responses((status = 200, body = HeldAgain), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn remove(State(api): State<Api>, Me(me): Me, Path(id): Path<Uuid>) -> Answer<Json<HeldAgain>> {
    Ok(Json(HeldAgain { held_again: api.app.remove_person(&me, AccountId(id)).await? }))
}

/// Brings a removed person back within 30 days: with their role, the teams that they were in and that are still there, and their
/// private library projects. Print jobs that went back to held stay held; tokens stay ended. 409 `left` for whoever left by
/// themselves, `trash_over` after 30 days; 403 `denied` if the plan has their role no more.
#[utoipa::path(post, path = "/people/{id}/restore", operation_id = "restore_person", tag = "People", params(("id" = Uuid, Path)),
    extensions(("x-permission" = json!("organization.remove_person")), ("x-scope" = json!("browser"))),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn restore(State(api): State<Api>, Me(me): Me, Path(id): Path<Uuid>) -> Answer<StatusCode> {
    api.app.restore_person(&me, AccountId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What leaving would do, before it is done.
#[utoipa::path(get, path = "/session/leave", tag = "Account", extensions(("x-permission" = json!("organization.see")), ("x-scope" = json!("browser"))),
    responses((status = 200, body = RemovalView), (status = 403, body = Problem)))]
pub(crate) async fn leaving(State(api): State<Api>, Me(me): Me) -> Answer<Json<RemovalView>> {
    Ok(Json(api.app.own_removal(&me).await?.into()))
}

/// Leaves the active organization by oneself. The last Admin cannot (AMB-39). The answer's session has no organization.
#[utoipa::path(post, path = "/session/leave", tag = "Account", extensions(("x-permission" = json!("organization.see")), ("x-scope" = json!("browser"))),
    responses((status = 200, body = SessionView), (status = 403, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn leave(State(api): State<Api>, Me(me): Me, Token(token): Token) -> Answer<Response> {
    api.app.leave(&me).await?;
    signed_in(&api, &token).await
}
