//! People and invitations.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use domain::{AccountId, InvitationId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::Api;
use crate::auth::{Me, Token};
use crate::dto::{Actions, Page, RoleWord, SessionView};
use crate::error::{ApiError, Problem};
use crate::extract::{Json, Path, Query};
use crate::render::allowed;
use crate::routes::account::signed_in;

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
    /// What the asker may do.
    actions: Actions,
}

/// `?q=`.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Search {
    /// Words in the name.
    #[serde(default)]
    q: String,
}

/// Everyone in the organization.
#[utoipa::path(get, path = "/people", tag = "People", params(Search), extensions(("x-permission" = json!("organization.see"))),
    responses((status = 200, body = Page<PersonItem>)))]
pub(crate) async fn people(
    State(api): State<Api>,
    Me(me): Me,
    Query(search): Query<Search>,
) -> Answer<Json<Page<PersonItem>>> {
    let (people, roles, remove) = api.app.people(&me, &search.q).await?;
    let items = people.into_iter().map(|person| {
        let mut actions = Actions::new();
        if roles.is_ok() {
            actions.insert("change_role", allowed(Ok(())));
        }
        if remove.is_ok() {
            actions.insert("remove", allowed(Ok(())));
        }
        PersonItem {
            id: person.id.0,
            you: person.id == me.account(),
            name: person.name,
            email: person.email,
            role: person.role.into(),
            joined_at: person.joined_at.rfc3339(),
            actions,
        }
    });
    Ok(Json(Page::whole(items.collect())))
}

/// A new role.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeRole {
    /// The role.
    role: RoleWord,
}

/// Changes a person's role; saves at once (ORG-03). The last Admin cannot be changed.
#[utoipa::path(patch, path = "/people/{id}", tag = "People", params(("id" = Uuid, Path)), request_body = ChangeRole,
    extensions(("x-permission" = json!("organization.change_role"))),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn change_role(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<Uuid>,
    Json(body): Json<ChangeRole>,
) -> Answer<StatusCode> {
    api.app.change_role(&me, AccountId(id), body.role.into()).await?;
    Ok(StatusCode::NO_CONTENT)
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
}

/// What a removal would do, before it is done.
#[utoipa::path(get, path = "/people/{id}/removal", tag = "People", params(("id" = Uuid, Path)),
    extensions(("x-permission" = json!("organization.remove_person"))),
    responses((status = 200, body = RemovalView), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(crate) async fn removal(State(api): State<Api>, Me(me): Me, Path(id): Path<Uuid>) -> Answer<Json<RemovalView>> {
    let removal = api.app.removal(&me, AccountId(id)).await?;
    Ok(Json(RemovalView {
        held: removal.held,
        queued: removal.queued,
        printing: removal.printing,
        printers: removal.printers,
    }))
}

/// What a removal did.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Removed {
    /// So many queued jobs need a decision again.
    held_again: i64,
}

/// Removes a person from the organization (ORG-02).
#[utoipa::path(delete, path = "/people/{id}", operation_id = "remove_person", tag = "People", params(("id" = Uuid, Path)),
    extensions(("x-permission" = json!("organization.remove_person"))),
    responses((status = 200, body = Removed), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn remove(State(api): State<Api>, Me(me): Me, Path(id): Path<Uuid>) -> Answer<Json<Removed>> {
    Ok(Json(Removed { held_again: api.app.remove_person(&me, AccountId(id)).await? }))
}

/// An open invitation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InvitationItem {
    /// Id.
    id: Uuid,
    /// Role.
    role: RoleWord,
    /// Note.
    email: Option<String>,
    /// Note.
    name: Option<String>,
    /// Made.
    created_at: String,
    /// Dies.
    expires_at: String,
    /// By.
    invited_by: String,
}

/// Open invitations.
#[utoipa::path(get, path = "/invitations", tag = "People", extensions(("x-permission" = json!("organization.invite"))),
    responses((status = 200, body = Page<InvitationItem>), (status = 403, body = Problem)))]
pub(crate) async fn invitations(State(api): State<Api>, Me(me): Me) -> Answer<Json<Page<InvitationItem>>> {
    let items = api.app.invitations(&me).await?.into_iter().map(|i| InvitationItem {
        id: i.id.0,
        role: i.role.into(),
        email: i.email,
        name: i.name,
        created_at: i.created_at.rfc3339(),
        expires_at: i.expires_at.rfc3339(),
        invited_by: i.invited_by,
    });
    Ok(Json(Page::whole(items.collect())))
}

/// Whom to invite.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Invite {
    /// The role.
    role: RoleWord,
    /// A note: for whom.
    name: Option<String>,
    /// A note: their address.
    email: Option<String>,
}

/// A fresh invitation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Invited {
    /// Id.
    id: Uuid,
    /// The one-time link; shown once, never again.
    link: String,
    /// Dies.
    expires_at: String,
}

/// Makes a one-time invitation link with a role (ORG-01).
#[utoipa::path(post, path = "/invitations", tag = "People", request_body = Invite, extensions(("x-permission" = json!("organization.invite"))),
    responses((status = 201, body = Invited), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn invite(
    State(api): State<Api>,
    Me(me): Me,
    headers: HeaderMap,
    Json(body): Json<Invite>,
) -> Answer<(StatusCode, Json<Invited>)> {
    let (id, secret, expires) =
        api.app.invite(&me, body.role.into(), body.email.as_deref(), body.name.as_deref()).await?;
    let base = if api.options.public_url.is_empty() {
        let host = headers.get(header::HOST).and_then(|v| v.to_str().ok()).unwrap_or("127.0.0.1");
        format!("{}://{host}", if api.options.secure { "https" } else { "http" })
    } else {
        api.options.public_url.trim_end_matches('/').to_owned()
    };
    let link = format!("{base}/invite/{secret}");
    Ok((StatusCode::CREATED, Json(Invited { id: id.0, link, expires_at: expires.rfc3339() })))
}

/// What an invitation offers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OfferView {
    /// Organization.
    organization: String,
    /// Role.
    role: RoleWord,
    /// Address it is meant for.
    email: Option<String>,
    /// Who invites.
    invited_by: String,
    /// Dies.
    expires_at: String,
    /// Can be used.
    valid: bool,
    /// Why not.
    why: Option<String>,
}

/// What the holder of an invitation link is offered.
#[utoipa::path(get, path = "/invitations/{id}", tag = "People", params(("id" = String, Path, description = "The secret of the link")),
    extensions(("x-permission" = json!("public"))), responses((status = 200, body = OfferView), (status = 404, body = Problem)))]
pub(crate) async fn offer(State(api): State<Api>, Path(secret): Path<String>) -> Answer<Json<OfferView>> {
    let offer = api.app.offer(&secret).await?;
    Ok(Json(OfferView {
        organization: offer.organization,
        role: offer.role.into(),
        email: offer.email,
        invited_by: offer.invited_by,
        expires_at: offer.expires_at.rfc3339(),
        valid: offer.dead.is_none(),
        why: offer.dead.map(str::to_owned),
    }))
}

/// Withdraws an invitation.
#[utoipa::path(delete, path = "/invitations/{id}", tag = "People", params(("id" = Uuid, Path)),
    extensions(("x-permission" = json!("organization.invite"))), responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(crate) async fn withdraw_invitation(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<Uuid>,
) -> Answer<StatusCode> {
    api.app.withdraw_invitation(&me, InvitationId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Joins by an invitation, once.
#[utoipa::path(post, path = "/invitations/{id}/accept", tag = "People", params(("id" = String, Path, description = "The secret of the link")),
    extensions(("x-permission" = json!("signed-in"))), responses((status = 200, body = SessionView), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn accept(
    State(api): State<Api>,
    Me(me): Me,
    Token(token): Token,
    Path(secret): Path<String>,
) -> Answer<Response> {
    api.app.join(&me, &secret).await?;
    // The session now has an active organization.
    signed_in(&api, &token).await
}
