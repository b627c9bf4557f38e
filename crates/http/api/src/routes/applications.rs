//! Applications of others: Admins register them, people let them act. The protocol's own endpoints are in `http-oauth`; what a
//! person sees and answers is here, for browsers only.

use std::net::SocketAddr;

use app::oauth::Look;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode};
use domain::ClientId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Api;
use crate::auth::Me;
use crate::dto::{Page, ScopeWord};
use crate::error::{ApiError, Problem};
use crate::extract::{Json, Path};

type Answer<T> = Result<T, ApiError>;

/// A registered application.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ApplicationItem {
    /// Its `client_id`.
    id: Uuid,
    /// Name.
    name: String,
    /// Where answers may go; none: it is a device.
    redirect_uris: Vec<String>,
    /// The most it may ask for.
    scopes: Vec<ScopeWord>,
    /// Who registered it.
    registered_by: String,
    /// When.
    created_at: String,
    /// For so many people it acts now.
    people: i64,
}

/// The registered applications, by name.
#[utoipa::path(get, path = "/applications", operation_id = "applications", tag = "Tokens",
    extensions(("x-permission" = json!("organization.applications")), ("x-scope" = json!("browser"))),
    responses((status = 200, body = Page<ApplicationItem>), (status = 403, body = Problem)))]
pub(crate) async fn list(State(api): State<Api>, Me(me): Me) -> Answer<Json<Page<ApplicationItem>>> {
    let items = api.app.applications(&me).await?.into_iter().map(|line| ApplicationItem {
        id: line.client.id.0,
        name: line.client.name,
        redirect_uris: line.client.redirect_uris,
        scopes: ScopeWord::all(line.client.scopes),
        registered_by: line.by,
        created_at: line.created_at.rfc3339(),
        people: line.people,
    });
    Ok(Json(Page::whole(items.collect())))
}

/// An application to be registered: a public client.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewApplication {
    /// Name; people see it when they are asked.
    name: String,
    /// Where answers may go: https, a loopback address, or a scheme of its own. None: only devices.
    redirect_uris: Vec<String>,
    /// The most it may ask for.
    scopes: Vec<String>,
}

/// A registered application's id.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Registered {
    /// Its `client_id`; no secret.
    id: Uuid,
}

/// Registers an application (ACC-06).
#[utoipa::path(post, path = "/applications", operation_id = "register_application", tag = "Tokens", request_body = NewApplication,
    extensions(("x-permission" = json!("organization.applications")), ("x-scope" = json!("browser"))),
    responses((status = 201, body = Registered), (status = 403, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn register(
    State(api): State<Api>,
    Me(me): Me,
    Json(body): Json<NewApplication>,
) -> Answer<(StatusCode, Json<Registered>)> {
    let id = api.app.register_application(&me, &body.name, &body.redirect_uris, &body.scopes).await?;
    Ok((StatusCode::CREATED, Json(Registered { id: id.0 })))
}

/// Removes an application; what people let it do ends at once.
#[utoipa::path(delete, path = "/applications/{id}", operation_id = "remove_application", tag = "Tokens", params(("id" = Uuid, Path)),
    extensions(("x-permission" = json!("organization.applications")), ("x-scope" = json!("browser"))),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(crate) async fn remove(State(api): State<Api>, Me(me): Me, Path(id): Path<Uuid>) -> Answer<StatusCode> {
    api.app.remove_application(&me, ClientId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What an application asked with.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Authorization {
    /// The query of the address, unchanged.
    query: String,
}

/// What the person is asked.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConsentView {
    /// Name of the application.
    application: Option<String>,
    /// What it wants to do.
    scopes: Vec<ScopeWord>,
    /// Where the answer goes: a host or a program; `null` for a device.
    goes_to: Option<String>,
    /// Why it cannot be; then `back` is where to tell the application.
    problem: Option<String>,
    /// See `problem`.
    back: Option<String>,
}

fn consent(asked: app::oauth::Consent) -> ConsentView {
    ConsentView {
        application: Some(asked.application),
        scopes: ScopeWord::all(asked.scopes),
        goes_to: asked.goes_to,
        problem: None,
        back: None,
    }
}

/// Reads what an application asks for, before the person answers. 422: nobody may be told but the person.
#[utoipa::path(post, path = "/authorizations/look", tag = "Tokens", request_body = Authorization,
    extensions(("x-permission" = json!("token.own")), ("x-scope" = json!("browser"))),
    responses((status = 200, body = ConsentView), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn look(
    State(api): State<Api>,
    Me(me): Me,
    headers: HeaderMap,
    Json(body): Json<Authorization>,
) -> Answer<Json<ConsentView>> {
    Ok(Json(match api.app.authorization(&me, &body.query, &api.options.origin(&headers)).await? {
        Look::Ask(asked) => consent(asked),
        Look::Back(why, back) => ConsentView {
            application: None,
            scopes: Vec::new(),
            goes_to: None,
            problem: Some(why.to_owned()),
            back: Some(back),
        },
    }))
}

/// Yes or no to an application.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnswerAuthorization {
    /// The query of the address, unchanged.
    query: String,
    /// Yes.
    allow: bool,
}

/// Where to go with the answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GoBack {
    /// The application's address, with a code or with `access_denied`.
    to: String,
}

/// Answers an application.
#[utoipa::path(post, path = "/authorizations", operation_id = "answer_authorization", tag = "Tokens", request_body = AnswerAuthorization,
    extensions(("x-permission" = json!("token.own")), ("x-scope" = json!("browser"))),
    responses((status = 200, body = GoBack), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn answer(
    State(api): State<Api>,
    Me(me): Me,
    headers: HeaderMap,
    Json(body): Json<AnswerAuthorization>,
) -> Answer<Json<GoBack>> {
    let issuer = api.options.origin(&headers);
    Ok(Json(GoBack { to: api.app.answer_authorization(&me, &body.query, body.allow, &issuer).await? }))
}

/// The code that a device shows.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeviceCode {
    /// As it was typed; case, dashes and blanks do not matter.
    code: String,
}

/// What a waiting device asks for. Wrong codes are limited; `Retry-After` says how long.
#[utoipa::path(post, path = "/devices/look", tag = "Tokens", request_body = DeviceCode,
    extensions(("x-permission" = json!("token.own")), ("x-scope" = json!("browser"))),
    responses((status = 200, body = ConsentView), (status = 404, body = Problem), (status = 429, body = Problem)))]
pub(crate) async fn look_at_device(
    State(api): State<Api>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    Me(me): Me,
    Json(body): Json<DeviceCode>,
) -> Answer<Json<ConsentView>> {
    Ok(Json(consent(api.app.device(&me, &body.code, &from.ip().to_string()).await?)))
}

/// Yes or no to a device.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnswerDevice {
    /// As it was typed.
    code: String,
    /// Yes.
    allow: bool,
}

/// Answers a waiting device, once.
#[utoipa::path(post, path = "/devices", operation_id = "answer_device", tag = "Tokens", request_body = AnswerDevice,
    extensions(("x-permission" = json!("token.own")), ("x-scope" = json!("browser"))),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem), (status = 429, body = Problem)))]
pub(crate) async fn answer_device(
    State(api): State<Api>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    Me(me): Me,
    Json(body): Json<AnswerDevice>,
) -> Answer<StatusCode> {
    api.app.answer_device(&me, &body.code, body.allow, &from.ip().to_string()).await?;
    Ok(StatusCode::NO_CONTENT)
}
