//! How people come in: one-time invitations, a whole list of them, the join link.

use app::{Outcome, Row};
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use domain::InvitationId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::Api;
use crate::auth::{Me, Token};
use crate::dto::{Allowed, Page, RoleWord, SessionView};
use crate::error::{ApiError, Problem};
use crate::extract::{Json, Path, Query};
use crate::render::allowed;
use crate::routes::account::signed_in;
use crate::routes::page_limit;

type Answer<T> = Result<T, ApiError>;

/// An open invitation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InvitationItem {
    /// Id.
    id: Uuid,
    /// Role.
    role: RoleWord,
    /// Only the account with this address can use it.
    email: Option<String>,
    /// Note.
    name: Option<String>,
    /// Made.
    created_at: String,
    /// Dies.
    expires_at: String,
    /// Dead already; it can be sent again.
    expired: bool,
    /// By.
    invited_by: String,
    /// How its mail fares: `waiting`, `sent`, `failed`, `dropped`; `null` if the link is handed over by hand.
    mail: Option<String>,
    /// Why the last try to mail it did not go, and who can put it right.
    mail_problem: Option<String>,
    /// Whoever invited is no Admin any more: the link does not work until an Admin sends it again.
    asleep: bool,
}

/// `?q=&limit=&cursor=`.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Search {
    /// Words in the name or the address.
    #[serde(default)]
    q: String,
    /// 1 to 200; 50 if absent.
    limit: Option<i64>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// Open invitations, newest first; expired ones for 30 more days.
#[utoipa::path(get, path = "/invitations", tag = "People", params(Search), extensions(("x-permission" = json!("organization.invite")), ("x-scope" = json!("read"))),
    responses((status = 200, body = Page<InvitationItem>), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn invitations(
    State(api): State<Api>,
    Me(me): Me,
    Query(search): Query<Search>,
) -> Answer<Json<Page<InvitationItem>>> {
    let limit = page_limit(search.limit)?;
    let after = search
        .cursor
        .as_deref()
        .map(|text| {
            read_place(text).ok_or_else(|| ApiError::invalid("cursor", "Give `next` of the page before, unchanged."))
        })
        .transpose()?;
    let (found, next) = api.app.invitations(&me, &search.q, after, limit).await?;
    let items = found.into_iter().map(|i| InvitationItem {
        id: i.id.0,
        role: i.role.into(),
        email: i.email,
        name: i.name,
        created_at: i.created_at.rfc3339(),
        expires_at: i.expires_at.rfc3339(),
        expired: i.expired,
        invited_by: i.invited_by,
        mail: i.mail,
        mail_problem: i.mail_problem,
        asleep: i.asleep,
    });
    Ok(Json(Page { items: items.collect(), next: next.map(|(at, id)| format!("{at}.{}", id.0.simple())) }))
}

fn read_place(text: &str) -> Option<(i64, InvitationId)> {
    let (at, id) = text.split_once('.')?;
    Some((at.parse().ok()?, InvitationId(id.parse().ok()?)))
}

/// Whom to invite.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Invite {
    /// The role.
    role: RoleWord,
    /// A note: for whom.
    name: Option<String>,
    /// Their address: only the account with it can use the link, and the server writes to it if it can send mail.
    email: Option<String>,
}

/// A fresh invitation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InvitedView {
    /// Id.
    id: Uuid,
    /// The one-time link; shown once, never again.
    link: String,
    /// Dies.
    expires_at: String,
    /// The server sends the link by mail.
    mailed: bool,
}

/// The address under which people open this server.
fn base(api: &Api, headers: &HeaderMap) -> String {
    if !api.options.public_url.is_empty() {
        return api.options.public_url.trim_end_matches('/').to_owned();
    }
    let host = headers.get(header::HOST).and_then(|v| v.to_str().ok()).unwrap_or("127.0.0.1");
    format!("{}://{host}", if api.options.secure { "https" } else { "http" })
}

fn invited(base: &str, made: &app::Invited) -> InvitedView {
    InvitedView {
        id: made.id.0,
        link: format!("{base}/invite/{}", made.secret),
        expires_at: made.expires_at.rfc3339(),
        mailed: made.mailed,
    }
}

/// Makes a one-time invitation link with a role (ORG-01).
#[utoipa::path(post, path = "/invitations", tag = "People", request_body = Invite, extensions(("x-permission" = json!("organization.invite")), ("x-scope" = json!("browser"))),
    responses((status = 201, body = InvitedView), (status = 403, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn invite(
    State(api): State<Api>,
    Me(me): Me,
    headers: HeaderMap,
    Json(body): Json<Invite>,
) -> Answer<(StatusCode, Json<InvitedView>)> {
    let made = api.app.invite(&me, body.role.into(), body.email.as_deref(), body.name.as_deref()).await?;
    Ok((StatusCode::CREATED, Json(invited(&base(&api, &headers), &made))))
}

/// `?role=&preview=`.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListQuery {
    /// For lines that say no role.
    role: RoleWord,
    /// Only says what would happen.
    #[serde(default)]
    preview: bool,
}

/// What became of a line.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ListRow {
    /// The line in the list, from 1.
    line: usize,
    /// Address.
    email: Option<String>,
    /// Name.
    name: Option<String>,
    /// Role.
    role: RoleWord,
    /// `invited`, `would_be_invited`, `duplicate`, `already_in`, `already_invited`, `not_in_plan` or `invalid`.
    outcome: String,
    /// Why not, in a sentence.
    why: Option<String>,
    /// The invitation.
    invited: Option<InvitedView>,
}

/// What became of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ListResult {
    /// Each line, in order.
    rows: Vec<ListRow>,
    /// So many were (or would be) invited.
    invited: usize,
}

/// Invites everybody in a list: pasted lines or CSV (UTF-8) with name, e-mail address and role in any order, at most 500
/// people. Each line has its own result; a list that cannot be read is refused as a whole.
#[utoipa::path(post, path = "/invitations/bulk", tag = "People", params(ListQuery), request_body(content = String, content_type = "text/csv"),
    extensions(("x-permission" = json!("organization.invite")), ("x-scope" = json!("browser"))),
    responses((status = 200, body = ListResult), (status = 403, body = Problem), (status = 413, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn invite_list(
    State(api): State<Api>,
    Me(me): Me,
    Query(query): Query<ListQuery>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Answer<Json<ListResult>> {
    let body = body.map_err(|_| {
        ApiError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            "The list is too long. Divide it into parts of 500 people.",
        )
    })?;
    let rows = api.app.invite_list(&me, &body, query.role.into(), query.preview).await?;
    let base = base(&api, &headers);
    let rows: Vec<_> = rows.into_iter().map(|row| line(&base, row)).collect();
    let invited = rows.iter().filter(|row| matches!(&*row.outcome, "invited" | "would_be_invited")).count();
    Ok(Json(ListResult { rows, invited }))
}

fn line(base: &str, row: Row) -> ListRow {
    let (outcome, why, made) = match row.outcome {
        Outcome::Invited(made) => ("invited", None, Some(invited(base, &made))),
        Outcome::WouldBeInvited => ("would_be_invited", None, None),
        Outcome::Duplicate(line) => ("duplicate", Some(format!("This address is in line {line} already.")), None),
        Outcome::AlreadyIn(why) => ("already_in", Some(why), None),
        Outcome::AlreadyInvited(why) => ("already_invited", Some(why), None),
        Outcome::NotInPlan(why) => ("not_in_plan", Some(why), None),
        Outcome::Invalid(why) => ("invalid", Some(why), None),
    };
    ListRow {
        line: row.number,
        email: row.email,
        name: row.name,
        role: row.role.into(),
        outcome: outcome.into(),
        why,
        invited: made,
    }
}

/// What a link offers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OfferView {
    /// Organization.
    organization: String,
    /// Role.
    role: RoleWord,
    /// Only the account with this address can use it.
    email: Option<String>,
    /// Who invites.
    invited_by: String,
    /// Dies.
    expires_at: String,
    /// A link for many people.
    join_link: bool,
    /// Can be used.
    valid: bool,
    /// Why not.
    why: Option<String>,
}

/// What the holder of an invitation or a join link is offered.
#[utoipa::path(get, path = "/invitations/{id}", tag = "People", params(("id" = String, Path, description = "The secret of the link")),
    extensions(("x-permission" = json!("public")), ("x-scope" = json!("public"))), responses((status = 200, body = OfferView), (status = 404, body = Problem)))]
pub(crate) async fn offer(State(api): State<Api>, Path(secret): Path<String>) -> Answer<Json<OfferView>> {
    let offer = api.app.offer(&secret).await?;
    Ok(Json(OfferView {
        organization: offer.organization,
        role: offer.role.into(),
        email: offer.email,
        invited_by: offer.invited_by,
        expires_at: offer.expires_at.rfc3339(),
        join_link: offer.join_link,
        valid: offer.dead.is_none(),
        why: offer.dead.map(str::to_owned),
    }))
}

/// Withdraws an invitation.
#[utoipa::path(delete, path = "/invitations/{id}", tag = "People", params(("id" = Uuid, Path)),
    extensions(("x-permission" = json!("organization.invite")), ("x-scope" = json!("manage"))), responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(crate) async fn withdraw_invitation(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<Uuid>,
) -> Answer<StatusCode> {
    api.app.withdraw_invitation(&me, InvitationId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives an open or expired invitation a new link, for as long as a new one; the old link is dead.
#[utoipa::path(post, path = "/invitations/{id}/resend", tag = "People", params(("id" = Uuid, Path)),
    extensions(("x-permission" = json!("organization.invite")), ("x-scope" = json!("browser"))),
    responses((status = 200, body = InvitedView), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(crate) async fn send_again(
    State(api): State<Api>,
    Me(me): Me,
    headers: HeaderMap,
    Path(id): Path<Uuid>,
) -> Answer<Json<InvitedView>> {
    let made = api.app.send_invitation_again(&me, InvitationId(id)).await?;
    Ok(Json(invited(&base(&api, &headers), &made)))
}

/// Joins by an invitation, once, or by a join link.
#[utoipa::path(post, path = "/invitations/{id}/accept", tag = "People", params(("id" = String, Path, description = "The secret of the link")),
    extensions(("x-permission" = json!("signed-in")), ("x-scope" = json!("browser"))), responses((status = 200, body = SessionView), (status = 404, body = Problem), (status = 409, body = Problem)))]
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

/// A QR code as a path of unit squares, for an SVG of `size` by `size` units; the quiet border is in it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct QrView {
    /// Units on a side.
    size: usize,
    /// `d` of an SVG path.
    path: String,
}

/// The join link.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JoinLinkItem {
    /// The link: everybody who has it can join as a Guest.
    link: String,
    /// The same, to be scanned.
    qr: QrView,
    /// Made.
    created_at: String,
    /// By.
    made_by: String,
    /// Dies.
    expires_at: String,
    /// So many came in by it.
    uses: i64,
    /// So many may.
    most: i64,
    /// It can be used now.
    valid: bool,
}

/// Whether there is a join link, and which.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JoinLinkView {
    /// Whether there can be one, or why not.
    available: Allowed,
    /// The open one.
    link: Option<JoinLinkItem>,
}

/// The organization's join link, by which people become Guests; none on plans without Guests.
#[utoipa::path(get, path = "/join-link", tag = "People", extensions(("x-permission" = json!("organization.invite")), ("x-scope" = json!("browser"))),
    responses((status = 200, body = JoinLinkView), (status = 403, body = Problem)))]
pub(crate) async fn join_link(State(api): State<Api>, Me(me): Me, headers: HeaderMap) -> Answer<Json<JoinLinkView>> {
    view(&api, &me, &headers).await
}

async fn view(api: &Api, me: &store::accounts::SignedIn, headers: &HeaderMap) -> Answer<Json<JoinLinkView>> {
    let now = api.app.join_link(me).await?;
    let link = now.link.map(|(link, secret)| {
        let url = format!("{}/invite/{secret}", base(api, headers));
        JoinLinkItem {
            qr: qr(&url),
            link: url,
            created_at: link.created_at.rfc3339(),
            made_by: link.made_by,
            expires_at: link.expires_at.rfc3339(),
            uses: link.uses,
            most: link.most,
            valid: link.alive,
        }
    });
    Ok(Json(JoinLinkView { available: allowed(now.available), link }))
}

/// An address that is too long for a QR code gives an empty one; the link itself is there.
fn qr(text: &str) -> QrView {
    const BORDER: usize = 4;
    let Ok(code) = qrcode::QrCode::new(text.as_bytes()) else { return QrView { size: 1, path: String::new() } };
    let width = code.width();
    let mut path = String::new();
    for (n, color) in code.to_colors().into_iter().enumerate() {
        if color == qrcode::Color::Dark {
            path.push_str(&format!("M{} {}h1v1h-1z", n % width + BORDER, n / width + BORDER));
        }
    }
    QrView { size: width + 2 * BORDER, path }
}

/// How long, and for how many.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RenewJoinLink {
    /// 1 to 90.
    days: i64,
    /// 1 to 1000.
    most: i64,
}

/// Makes the join link, or makes it anew: then the old one is dead.
#[utoipa::path(put, path = "/join-link", tag = "People", request_body = RenewJoinLink, extensions(("x-permission" = json!("organization.invite")), ("x-scope" = json!("browser"))),
    responses((status = 200, body = JoinLinkView), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn renew_join_link(
    State(api): State<Api>,
    Me(me): Me,
    headers: HeaderMap,
    Json(body): Json<RenewJoinLink>,
) -> Answer<Json<JoinLinkView>> {
    api.app.renew_join_link(&me, body.days, body.most).await?;
    view(&api, &me, &headers).await
}

/// Turns the join link off. Whoever came in by it stays.
#[utoipa::path(delete, path = "/join-link", tag = "People", extensions(("x-permission" = json!("organization.invite")), ("x-scope" = json!("browser"))),
    responses((status = 204), (status = 403, body = Problem)))]
pub(crate) async fn turn_off_join_link(State(api): State<Api>, Me(me): Me) -> Answer<StatusCode> {
    api.app.turn_off_join_link(&me).await?;
    Ok(StatusCode::NO_CONTENT)
}
