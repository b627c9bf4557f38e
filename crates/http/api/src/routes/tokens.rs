//! API tokens, and applications that act for people: the own ones, and everybody's for Admins. For browsers only.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use store::tokens::Line;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::Api;
use crate::auth::Me;
use crate::dto::{Page, PersonRef, ScopeWord};
use crate::error::{ApiError, Problem};
use crate::extract::{Json, Path, Query};

type Answer<T> = Result<T, ApiError>;

/// Something that acts for a person; never its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TokenItem {
    /// Id.
    id: Uuid,
    /// An application that the person let act; else a token of their own.
    application: bool,
    /// The token's name, or the application's.
    name: String,
    /// For whom.
    owner: PersonRef,
    /// What for.
    scopes: Vec<ScopeWord>,
    /// Made.
    created_at: String,
    /// Ends.
    expires_at: String,
    /// Last use, to the minute.
    last_used_at: Option<String>,
}

fn item(line: Line) -> TokenItem {
    TokenItem {
        id: line.id,
        application: line.application,
        name: line.name,
        owner: PersonRef { id: line.owner.0.0, name: line.owner.1, former: false },
        scopes: ScopeWord::all(line.scopes),
        created_at: line.created_at.rfc3339(),
        expires_at: line.expires_at.rfc3339(),
        last_used_at: line.last_used_at.map(domain::Micros::rfc3339),
    }
}

/// What acts for the asker in this organization: API tokens and applications that still live.
#[utoipa::path(get, path = "/account/tokens", operation_id = "own_tokens", tag = "Tokens",
    extensions(("x-permission" = json!("token.own")), ("x-scope" = json!("browser"))),
    responses((status = 200, body = Page<TokenItem>)))]
pub(crate) async fn own(State(api): State<Api>, Me(me): Me) -> Answer<Json<Page<TokenItem>>> {
    let lines = api.app.own_tokens(&me).await?;
    Ok(Json(Page::whole(lines.into_iter().map(item).collect())))
}

/// A new API token.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewToken {
    /// What it is for.
    name: String,
    /// What it may be used for.
    scopes: Vec<String>,
    /// 1 to 365.
    expires_in_days: i64,
}

/// A fresh API token.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FreshToken {
    /// Id.
    id: Uuid,
    /// The token itself; shown once, never again.
    secret: String,
    /// Ends.
    expires_at: String,
}

/// Makes an API token for this organization. It may do what its person may at that moment, within its scopes (ACC-06).
#[utoipa::path(post, path = "/account/tokens", operation_id = "create_token", tag = "Tokens", request_body = NewToken,
    extensions(("x-permission" = json!("token.own")), ("x-scope" = json!("browser"))),
    responses((status = 201, body = FreshToken), (status = 403, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn create(
    State(api): State<Api>,
    Me(me): Me,
    Json(body): Json<NewToken>,
) -> Answer<(StatusCode, Json<FreshToken>)> {
    let token = api.app.new_token(&me, &body.name, &body.scopes, body.expires_in_days).await?;
    let fresh = FreshToken { id: token.id, secret: token.secret, expires_at: token.expires_at.rfc3339() };
    Ok((StatusCode::CREATED, Json(fresh)))
}

/// Ends one of the own tokens, or what an application does for the asker.
#[utoipa::path(delete, path = "/account/tokens/{id}", operation_id = "revoke_own_token", tag = "Tokens", params(("id" = Uuid, Path)),
    extensions(("x-permission" = json!("token.own")), ("x-scope" = json!("browser"))), responses((status = 204), (status = 404, body = Problem)))]
pub(crate) async fn revoke_own(State(api): State<Api>, Me(me): Me, Path(id): Path<Uuid>) -> Answer<StatusCode> {
    api.app.revoke_own_token(&me, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `?q=&cursor=&limit=`.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenQuery {
    /// Words in the name or the owner's name.
    #[serde(default)]
    q: String,
    /// `next` of the page before.
    cursor: Option<String>,
    /// 1 to 200; 50 if absent.
    limit: Option<i64>,
}

/// What acts for anybody in this organization, newest first.
#[utoipa::path(get, path = "/tokens", tag = "Tokens", params(TokenQuery),
    extensions(("x-permission" = json!("organization.applications")), ("x-scope" = json!("browser"))),
    responses((status = 200, body = Page<TokenItem>), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn all(
    State(api): State<Api>,
    Me(me): Me,
    Query(query): Query<TokenQuery>,
) -> Answer<Json<Page<TokenItem>>> {
    let limit = query.limit.unwrap_or(50);
    if !(1..=200).contains(&limit) {
        return Err(ApiError::invalid("limit", "The limit is 1 to 200."));
    }
    let before = query.cursor.as_deref().map(str::parse::<Uuid>).transpose();
    let before = before.map_err(|_| ApiError::invalid("cursor", "Give `next` of the page before, unchanged."))?;
    // One more than asked tells whether there is a next page.
    let mut lines = api.app.all_tokens(&me, &query.q, before, limit + 1).await?;
    let more = lines.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    if more {
        lines.pop();
    }
    let next = lines.last().filter(|_| more).map(|line| line.id.to_string());
    Ok(Json(Page { items: lines.into_iter().map(item).collect(), next }))
}

/// Ends anybody's token, or what an application does for them.
#[utoipa::path(delete, path = "/tokens/{id}", tag = "Tokens", params(("id" = Uuid, Path)),
    extensions(("x-permission" = json!("organization.applications")), ("x-scope" = json!("browser"))),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(crate) async fn revoke(State(api): State<Api>, Me(me): Me, Path(id): Path<Uuid>) -> Answer<StatusCode> {
    api.app.revoke_token(&me, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
