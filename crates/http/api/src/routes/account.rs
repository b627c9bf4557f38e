//! Set-up, accounts, sessions.

use std::net::SocketAddr;

use app::FirstRun;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::{Feature, OrgId, Role, SessionId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Api;
use crate::auth::{Me, drop_cookie, set_cookie, user_agent};
use crate::dto::{
    AccountView, ActiveOrganization, HeldBack, OrganizationRef, Page, PeopleByRole, PlanView, SessionView, UploadLimits,
};
use crate::error::{ApiError, Problem};
use crate::extract::{Json, Path};

type Answer<T> = Result<T, ApiError>;

/// Whether the server is up.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// `ok`.
    status: String,
    /// Version of the program.
    version: String,
}

/// The server is up and its database answers.
#[utoipa::path(get, path = "/health", tag = "Server", extensions(("x-permission" = json!("public")), ("x-scope" = json!("public"))),
    responses((status = 200, body = Health)))]
pub(crate) async fn health(State(api): State<Api>) -> Answer<Json<Health>> {
    api.app.needs_setup().await?;
    Ok(Json(Health { status: "ok".into(), version: env!("CARGO_PKG_VERSION").into() }))
}

/// A sign-in of the demo.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DemoView {
    /// Role word.
    role: String,
    /// E-mail address.
    email: String,
    /// Password.
    password: String,
}

/// The demo's sign-ins.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DemoSignIns {
    /// One for each role.
    sign_ins: Vec<DemoView>,
}

/// What the sign-in page needs to know.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SetupState {
    /// No Admin yet: the set-up link is wanted.
    needed: bool,
    /// Sign-ins of the demo; `null` on a real server.
    demo: Option<DemoSignIns>,
}

/// Whether this installation waits for its first Admin.
#[utoipa::path(get, path = "/setup", tag = "Server", extensions(("x-permission" = json!("public")), ("x-scope" = json!("public"))),
    responses((status = 200, body = SetupState)))]
pub(crate) async fn setup_state(State(api): State<Api>) -> Answer<Json<SetupState>> {
    let sign_ins: Vec<_> = api
        .options
        .demo
        .iter()
        .map(|d| DemoView { role: d.role.into(), email: d.email.clone(), password: d.password.clone() })
        .collect();
    let demo = (!sign_ins.is_empty()).then_some(DemoSignIns { sign_ins });
    Ok(Json(SetupState { needed: api.app.needs_setup().await?, demo }))
}

/// First run.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetUp {
    /// From the set-up link.
    token: String,
    /// Name of the organization.
    organization: String,
    /// The first Admin's name.
    name: String,
    /// Their e-mail address.
    email: String,
    /// Their password.
    password: String,
    /// Print job approval from the start.
    approval: bool,
}

/// Creates the first Admin and the organization, by the one-time set-up link.
#[utoipa::path(post, path = "/setup", tag = "Server", request_body = SetUp, extensions(("x-permission" = json!("public")), ("x-scope" = json!("public"))),
    responses((status = 200, body = SessionView), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn set_up(State(api): State<Api>, headers: HeaderMap, Json(body): Json<SetUp>) -> Answer<Response> {
    let first = FirstRun {
        link: &body.token,
        organization: &body.organization,
        name: &body.name,
        address: &body.email,
        password: &body.password,
        approval_on: body.approval,
    };
    let token = api.app.set_up(first, &user_agent(&headers)).await?;
    signed_in(&api, &token).await
}

/// A new account.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAccount {
    /// E-mail address.
    email: String,
    /// Public name.
    name: String,
    /// Password.
    password: String,
}

/// Anyone can create an account (ACC-04); it sees nothing of any organization. Signed in at once.
#[utoipa::path(post, path = "/accounts", tag = "Account", request_body = NewAccount, extensions(("x-permission" = json!("public")), ("x-scope" = json!("public"))),
    responses((status = 200, body = SessionView), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn create_account(
    State(api): State<Api>,
    headers: HeaderMap,
    Json(body): Json<NewAccount>,
) -> Answer<Response> {
    let token = api.app.create_account(&body.email, &body.name, &body.password, &user_agent(&headers)).await?;
    signed_in(&api, &token).await
}

/// E-mail address and password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignIn {
    /// E-mail address.
    email: String,
    /// Password.
    password: String,
}

/// Signs in. Failed tries are limited for the account and for the address; `Retry-After` says how long.
#[utoipa::path(post, path = "/sessions", tag = "Account", request_body = SignIn, extensions(("x-permission" = json!("public")), ("x-scope" = json!("public"))),
    responses((status = 200, body = SessionView), (status = 403, body = Problem), (status = 429, body = Problem)))]
pub(crate) async fn sign_in(
    State(api): State<Api>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Json(body): Json<SignIn>,
) -> Answer<Response> {
    let token = api.app.sign_in(&body.email, &body.password, &from.ip().to_string(), &user_agent(&headers)).await?;
    signed_in(&api, &token).await
}

pub(crate) async fn signed_in(api: &Api, token: &str) -> Answer<Response> {
    let me = api.app.signed_in(token).await?;
    let view = view(api, api.app.session(me).await?);
    let mut response = Json(view).into_response();
    response.headers_mut().insert(header::SET_COOKIE, set_cookie(api, token));
    Ok(response)
}

fn view(api: &Api, session: app::Session) -> SessionView {
    let config = api.app.config();
    let settings = session.organization.as_ref().map(|(o, _)| o.settings.clone());
    let news_from = crate::routes::events::place(session.news_from);
    let organization = session.organization.map(|(organization, role)| ActiveOrganization {
        news_from,
        id: organization.id.0,
        name: organization.name,
        plan: PlanView {
            key: organization.plan.word().into(),
            name: organization.plan.name().into(),
            guests: organization.plan.has(Feature::Guests),
            approval: organization.plan.has(Feature::Approval),
            reports: organization.plan.has(Feature::FleetReport),
        },
        role: role.into(),
        frozen: role == Role::Guest && !organization.plan.has(Feature::Guests),
        people: organization.people.all(),
        people_by_role: PeopleByRole {
            admin: organization.people.admin,
            member: organization.people.member,
            guest: organization.people.guest,
        },
        held_back: organization
            .held_back
            .map(|(since, why)| HeldBack { since: since.rfc3339(), text: crate::words::held_back(&why).into() }),
    });
    SessionView {
        account: AccountView {
            id: session.me.account().0,
            name: session.me.name().to_owned(),
            email: session.me.email().to_owned(),
        },
        organization,
        organizations: session
            .organizations
            .into_iter()
            .map(|(id, name, role)| OrganizationRef { id: id.0, name, role: role.into() })
            .collect(),
        password_age_s: session.me.password_age_s(),
        approval_on: settings.as_ref().is_some_and(|s| s.approval_on),
        undo_window_s: settings.as_ref().map_or(0, |s| s.undo_window_s),
        reject_reason_required: settings.as_ref().is_some_and(|s| s.reject_reason_required),
        upload: UploadLimits {
            max_bytes: config.upload_max,
            chunk_bytes: config.upload_chunk,
            extensions: vec!["gcode", "gco", "g"],
            model_extensions: inspect::MODELS.to_vec(),
            model_max_bytes: config.model_max,
        },
    }
}

/// Who one is, and in which organization.
#[utoipa::path(get, path = "/session", tag = "Account", extensions(("x-permission" = json!("signed-in")), ("x-scope" = json!("browser"))),
    responses((status = 200, body = SessionView), (status = 401, body = Problem)))]
pub(crate) async fn session(State(api): State<Api>, Me(me): Me) -> Answer<Json<SessionView>> {
    let session = api.app.session(me).await?;
    Ok(Json(view(&api, session)))
}

/// Signs out.
#[utoipa::path(delete, path = "/session", tag = "Account", extensions(("x-permission" = json!("signed-in")), ("x-scope" = json!("browser"))),
    responses((status = 204), (status = 401, body = Problem)))]
pub(crate) async fn sign_out(State(api): State<Api>, Me(me): Me) -> Answer<Response> {
    api.app.sign_out(&me).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    response.headers_mut().insert(header::SET_COOKIE, drop_cookie(&api));
    Ok(response)
}

/// Another organization.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Activate {
    /// Its id.
    organization: Uuid,
}

/// Makes another of the own organizations the active one. Rights never mix.
#[utoipa::path(post, path = "/session/organization", tag = "Account", request_body = Activate,
    extensions(("x-permission" = json!("signed-in")), ("x-scope" = json!("browser"))), responses((status = 200, body = SessionView), (status = 404, body = Problem)))]
pub(crate) async fn activate(
    State(api): State<Api>,
    Me(me): Me,
    crate::auth::Token(token): crate::auth::Token,
    Json(body): Json<Activate>,
) -> Answer<Response> {
    api.app.activate(&me, OrgId(body.organization)).await?;
    signed_in(&api, &token).await
}

/// The own password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Confirm {
    /// Password.
    password: String,
}

/// Gives the password again, after `password_needed`. The session gets a new secret.
#[utoipa::path(post, path = "/session/confirm", tag = "Account", request_body = Confirm,
    extensions(("x-permission" = json!("signed-in")), ("x-scope" = json!("browser"))), responses((status = 204), (status = 403, body = Problem), (status = 429, body = Problem)))]
pub(crate) async fn confirm(State(api): State<Api>, Me(me): Me, Json(body): Json<Confirm>) -> Answer<Response> {
    let token = api.app.confirm_password(&me, &body.password).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    response.headers_mut().insert(header::SET_COOKIE, set_cookie(&api, &token));
    Ok(response)
}

/// Old and new password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangePassword {
    /// Old.
    current: String,
    /// New.
    new: String,
}

/// Changes the own password; all other sessions end.
#[utoipa::path(post, path = "/account/password", tag = "Account", request_body = ChangePassword,
    extensions(("x-permission" = json!("signed-in")), ("x-scope" = json!("browser"))), responses((status = 204), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn change_password(
    State(api): State<Api>,
    Me(me): Me,
    Json(body): Json<ChangePassword>,
) -> Answer<StatusCode> {
    api.app.change_password(&me, &body.current, &body.new).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A session in the list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionItem {
    /// Id.
    id: Uuid,
    /// This one.
    current: bool,
    /// Browser.
    user_agent: String,
    /// Signed in.
    created_at: String,
    /// Last used.
    last_seen_at: String,
}

/// The own sessions.
#[utoipa::path(get, path = "/sessions", tag = "Account", extensions(("x-permission" = json!("signed-in")), ("x-scope" = json!("browser"))),
    responses((status = 200, body = Page<SessionItem>)))]
pub(crate) async fn sessions(State(api): State<Api>, Me(me): Me) -> Answer<Json<Page<SessionItem>>> {
    let items = api.app.sessions(&me).await?;
    let items = items.into_iter().map(|line| SessionItem {
        id: line.id.0,
        current: Some(line.id) == me.session(),
        user_agent: line.user_agent,
        created_at: line.created_at.rfc3339(),
        last_seen_at: line.last_seen_at.rfc3339(),
    });
    Ok(Json(Page::whole(items.collect())))
}

/// Ends one of the own sessions.
#[utoipa::path(delete, path = "/sessions/{id}", tag = "Account", params(("id" = Uuid, Path)),
    extensions(("x-permission" = json!("signed-in")), ("x-scope" = json!("browser"))), responses((status = 204), (status = 404, body = Problem)))]
pub(crate) async fn end_session(State(api): State<Api>, Me(me): Me, Path(id): Path<Uuid>) -> Answer<StatusCode> {
    api.app.end_session(&me, SessionId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
