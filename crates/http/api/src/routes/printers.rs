//! Printers.

use app::TestRequest;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use domain::{PrinterId, RunId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Api;
use crate::auth::Me;
use crate::dto::{Page, PrinterDto, QueuePage};
use crate::error::{ApiError, Problem};
use crate::extract::{Json, Path, Query};
use crate::routes::optional_key;
use crate::routes::teams::ByName;
use crate::shares::{SharesEffect, SharesView, WantedShares};
use crate::{render, shares};

type Answer<T> = Result<T, ApiError>;

/// A page of the printers that the asker sees (PRN-01), by name.
#[utoipa::path(get, path = "/printers", operation_id = "list_printers", tag = "Printers", params(ByName), extensions(("x-permission" = json!("printer.see")), ("x-scope" = json!("read"))),
    responses((status = 200, body = Page<PrinterDto>), (status = 422, body = Problem)))]
pub(crate) async fn list(
    State(api): State<Api>,
    Me(me): Me,
    Query(query): Query<ByName>,
) -> Answer<Json<Page<PrinterDto>>> {
    let (printers, next) = api.app.printers(&me, &query.filter()?).await?;
    let next = next.map(|id| id.simple().to_string());
    Ok(Json(Page { items: printers.iter().map(render::printer).collect(), next }))
}

/// One printer.
#[utoipa::path(get, path = "/printers/{id}", operation_id = "printer", tag = "Printers", params(("id" = Uuid, Path)), extensions(("x-permission" = json!("printer.see")), ("x-scope" = json!("read"))),
    responses((status = 200, body = PrinterDto), (status = 404, body = Problem)))]
pub(crate) async fn detail(State(api): State<Api>, Me(me): Me, Path(id): Path<Uuid>) -> Answer<Json<PrinterDto>> {
    Ok(Json(render::printer(&api.app.printer(&me, PrinterId(id)).await?)))
}

/// What prints now and what comes next; only jobs that the asker sees.
#[utoipa::path(get, path = "/printers/{id}/queue", tag = "Printers", params(("id" = Uuid, Path)), extensions(("x-permission" = json!("printer.see")), ("x-scope" = json!("read"))),
    responses((status = 200, body = QueuePage), (status = 404, body = Problem)))]
pub(crate) async fn queue(State(api): State<Api>, Me(me): Me, Path(id): Path<Uuid>) -> Answer<Json<QueuePage>> {
    let (jobs, ahead) = api.app.printer_queue(&me, PrinterId(id)).await?;
    Ok(Json(QueuePage { items: jobs.iter().map(render::job).collect(), next: None, ahead }))
}

/// How to reach a printer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TestPrinter {
    /// `octoprint`.
    family: String,
    /// Host, or host and port.
    address: String,
    /// API key.
    api_key: String,
}

/// What "Test" found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TestResult {
    /// It can be added and will print.
    ok: bool,
    /// It is what it should be.
    reachable: bool,
    /// Product and version.
    identity: Option<String>,
    /// Its own words for its state.
    state: Option<String>,
    /// What is wrong.
    problem: Option<String>,
    /// What to do.
    advice: Option<String>,
}

/// Tries an address and a key before they are saved.
#[utoipa::path(post, path = "/printers/test", tag = "Printers", request_body = TestPrinter, extensions(("x-permission" = json!("printer.add")), ("x-scope" = json!("browser"))),
    responses((status = 200, body = TestResult), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn test(
    State(api): State<Api>,
    Me(me): Me,
    Json(body): Json<TestPrinter>,
) -> Answer<Json<TestResult>> {
    let request = TestRequest { family: body.family, address: body.address, api_key: body.api_key };
    let found = api.app.test_printer(&me, &request).await?;
    let (problem, advice) = found.problem.map_or((None, None), |(p, a)| (Some(p), Some(a)));
    Ok(Json(TestResult {
        ok: problem.is_none(),
        reachable: found.identity.is_some(),
        identity: found.identity,
        state: found.state,
        problem,
        advice,
    }))
}

/// A new printer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddPrinter {
    /// Name.
    name: String,
    /// `octoprint`.
    family: String,
    /// Host, or host and port.
    address: String,
    /// API key; kept sealed, never shown again.
    api_key: String,
    /// Share it with everybody.
    share_with_organization: bool,
}

/// Adds a printer (PRN-02), at an address that the operator allows and no printer of the organization has. It prints after somebody has said that its plate is clear.
#[utoipa::path(post, path = "/printers", tag = "Printers", request_body = AddPrinter, params(("Idempotency-Key" = Option<String>, Header)), extensions(("x-permission" = json!("printer.add")), ("x-scope" = json!("browser"))),
    responses((status = 201, body = PrinterDto), (status = 403, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn add(
    State(api): State<Api>,
    Me(me): Me,
    headers: HeaderMap,
    Json(body): Json<AddPrinter>,
) -> Answer<(StatusCode, Json<PrinterDto>)> {
    let request = TestRequest { family: body.family, address: body.address, api_key: body.api_key };
    let id = api
        .app
        .add_printer(&me, &body.name, &request, body.share_with_organization, optional_key(&headers)?.as_deref())
        .await?;
    Ok((StatusCode::CREATED, Json(render::printer(&api.app.printer(&me, id).await?))))
}

/// A change; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangePrinter {
    /// New name (PRN-08).
    name: Option<String>,
    /// Turn on or off (PRN-07).
    enabled: Option<bool>,
}

/// Renames, turns on or off. Turning on or off is asked as `printer.enable`.
#[utoipa::path(patch, path = "/printers/{id}", tag = "Printers", params(("id" = Uuid, Path)), request_body = ChangePrinter,
    extensions(("x-permission" = json!("printer.rename")), ("x-scope" = json!("manage"))),
    responses((status = 200, body = PrinterDto), (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn change(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<Uuid>,
    Json(body): Json<ChangePrinter>,
) -> Answer<Json<PrinterDto>> {
    let id = PrinterId(id);
    api.app.change_printer(&me, id, body.name.as_deref(), body.enabled).await?;
    Ok(Json(render::printer(&api.app.printer(&me, id).await?)))
}

/// Removes a printer to the Trash (PRN-02). Print jobs keep their state; a running print is never killed.
#[utoipa::path(delete, path = "/printers/{id}", operation_id = "remove_printer", tag = "Printers", params(("id" = Uuid, Path)), extensions(("x-permission" = json!("printer.delete")), ("x-scope" = json!("manage"))),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(crate) async fn remove(State(api): State<Api>, Me(me): Me, Path(id): Path<Uuid>) -> Answer<StatusCode> {
    api.app.remove_printer(&me, PrinterId(id), true).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Brings a removed printer back, with its shares and its queue.
#[utoipa::path(post, path = "/printers/{id}/restore", tag = "Printers", params(("id" = Uuid, Path)), extensions(("x-permission" = json!("printer.delete")), ("x-scope" = json!("manage"))),
    responses((status = 200, body = PrinterDto), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn restore(State(api): State<Api>, Me(me): Me, Path(id): Path<Uuid>) -> Answer<Json<PrinterDto>> {
    let id = PrinterId(id);
    api.app.remove_printer(&me, id, false).await?;
    Ok(Json(render::printer(&api.app.printer(&me, id).await?)))
}

/// With whom a printer is shared, and with whom the asker could share it.
#[utoipa::path(get, path = "/printers/{id}/shares", operation_id = "printer_shares", tag = "Printers", params(("id" = Uuid, Path)), extensions(("x-permission" = json!("printer.see")), ("x-scope" = json!("read"))),
    responses((status = 200, body = SharesView), (status = 404, body = Problem)))]
pub(crate) async fn shared_with(State(api): State<Api>, Me(me): Me, Path(id): Path<Uuid>) -> Answer<Json<SharesView>> {
    Ok(Json(shares::view(api.app.printer_shares(&me, PrinterId(id)).await?)))
}

/// Shares and unshares in one step: the whole set that is wanted (PRN-03). 409 `changed` if somebody else changed the shares since
/// they were shown. Who unshares may not see the printer any more afterwards.
#[utoipa::path(put, path = "/printers/{id}/shares", operation_id = "share_printer", tag = "Printers", params(("id" = Uuid, Path)), request_body = WantedShares,
    extensions(("x-permission" = json!("printer.share")), ("x-scope" = json!("manage"))),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn share(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<Uuid>,
    Json(body): Json<WantedShares>,
) -> Answer<StatusCode> {
    api.app.share_printer(&me, PrinterId(id), &body.request()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What that change would do, before it is saved.
#[utoipa::path(post, path = "/printers/{id}/shares/effect", operation_id = "share_printer_effect", tag = "Printers", params(("id" = Uuid, Path)), request_body = WantedShares,
    extensions(("x-permission" = json!("printer.share")), ("x-scope" = json!("manage"))),
    responses((status = 200, body = SharesEffect), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn share_effect(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<Uuid>,
    Json(body): Json<WantedShares>,
) -> Answer<Json<SharesEffect>> {
    Ok(Json(shares::effect(api.app.share_printer_effect(&me, PrinterId(id), &body.request()).await?)))
}

/// Which run the person looked at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlateClear {
    /// From `plate.run`.
    run: Option<Uuid>,
}

/// "The plate is clear", for exactly the run that was shown. A click for an older run changes nothing.
#[utoipa::path(post, path = "/printers/{id}/plate-clear", tag = "Printers", params(("id" = Uuid, Path)), request_body = PlateClear,
    extensions(("x-permission" = json!("printer.clear_plate")), ("x-scope" = json!("manage"))),
    responses((status = 200, body = PrinterDto), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn clear_plate(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<Uuid>,
    Json(body): Json<PlateClear>,
) -> Answer<Json<PrinterDto>> {
    let id = PrinterId(id);
    api.app.clear_plate(&me, id, body.run.map(RunId)).await?;
    Ok(Json(render::printer(&api.app.printer(&me, id).await?)))
}
