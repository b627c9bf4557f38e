//! Printer groups: equal printers as one target.

use access::table::ChangePrinterGroup;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use domain::{PrinterGroupId, PrinterId};
use serde::{Deserialize, Serialize};
use store::printer_groups::{GroupPrinter, GroupView};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::Me;
use crate::dto::{Actions, PersonRef, PrinterRef};
use crate::error::{ApiError, Problem};
use crate::extract::{Json, Path, Query};
use crate::routes::optional_key;
use crate::routes::teams::ByName;
use crate::shares::{self, SharesEffect};
use crate::{Api, render};

type Answer<T> = Result<T, ApiError>;

/// A printer group.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PrinterGroupDto {
    /// Id.
    id: Uuid,
    /// Name.
    name: String,
    /// Who created it.
    created_by: PersonRef,
    /// When.
    created_at: String,
    /// Its printers, as far as the asker may use them, by name.
    printers: Vec<PrinterRef>,
    /// What the asker may do.
    actions: Actions,
}

fn printer(printer: GroupPrinter) -> PrinterRef {
    let state = printer.live.as_ref().and_then(|live| live.get("state")).and_then(serde_json::Value::as_str);
    let status = render::word(false, printer.enabled, printer.attention, printer.problem, state, printer.clear);
    PrinterRef { id: printer.id.0, name: printer.name, status }
}

fn group(view: GroupView) -> PrinterGroupDto {
    let mut actions = Actions::new();
    render::offer(&mut actions, "change", view.rights.may::<ChangePrinterGroup>());
    PrinterGroupDto {
        id: view.id.0,
        name: view.name,
        created_by: PersonRef { id: view.created_by.0.0, name: view.created_by.1, former: false },
        created_at: view.created_at.rfc3339(),
        printers: view.printers.into_iter().map(printer).collect(),
        actions,
    }
}

/// Printer groups, and whether the asker may create one.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PrinterGroupList {
    /// The groups.
    items: Vec<PrinterGroupDto>,
    /// Give it as `cursor` for the next page; `null` at the end.
    next: Option<Uuid>,
    /// What the asker may do.
    actions: Actions,
}

/// A page of the printer groups that the asker sees, by name: those they created or of which they may use a printer, or all for
/// an Admin.
#[utoipa::path(get, path = "/printer-groups", operation_id = "list_printer_groups", tag = "Printers", params(ByName), extensions(("x-permission" = json!("printer_group.see")), ("x-scope" = json!("read"))),
    responses((status = 200, body = PrinterGroupList), (status = 422, body = Problem)))]
pub(crate) async fn list(
    State(api): State<Api>,
    Me(me): Me,
    Query(query): Query<ByName>,
) -> Answer<Json<PrinterGroupList>> {
    let (groups, next, create) = api.app.printer_groups(&me, &query.filter()?).await?;
    let mut actions = Actions::new();
    render::offer(&mut actions, "create", create);
    Ok(Json(PrinterGroupList { items: groups.into_iter().map(group).collect(), next, actions }))
}

/// A new printer group.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPrinterGroup {
    /// Unique in the organization, whatever its letters' case.
    name: String,
    /// Printers that the asker may use; equal ones, in no other group, at most 100.
    #[serde(default)]
    printers: Vec<Uuid>,
}

async fn one(api: &Api, me: &store::accounts::SignedIn, id: PrinterGroupId) -> Answer<Json<PrinterGroupDto>> {
    Ok(Json(group(api.app.printer_group(me, id).await?)))
}

/// Creates a printer group (ORG-04). 409 `name_taken`, `in_a_group` (a printer is in one group at most), `not_equal`.
#[utoipa::path(post, path = "/printer-groups", operation_id = "create_printer_group", tag = "Printers", request_body = NewPrinterGroup,
    params(("Idempotency-Key" = Option<String>, Header)), extensions(("x-permission" = json!("printer_group.create")), ("x-scope" = json!("manage"))),
    responses((status = 201, body = PrinterGroupDto), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn create(
    State(api): State<Api>,
    Me(me): Me,
    headers: HeaderMap,
    Json(body): Json<NewPrinterGroup>,
) -> Answer<(StatusCode, Json<PrinterGroupDto>)> {
    let printers: Vec<PrinterId> = body.printers.into_iter().map(PrinterId).collect();
    let id = api.app.create_printer_group(&me, &body.name, &printers, optional_key(&headers)?.as_deref()).await?;
    Ok((StatusCode::CREATED, one(&api, &me, id).await?))
}

/// One printer group.
#[utoipa::path(get, path = "/printer-groups/{id}", operation_id = "printer_group", tag = "Printers", params(("id" = Uuid, Path)), extensions(("x-permission" = json!("printer_group.see")), ("x-scope" = json!("read"))),
    responses((status = 200, body = PrinterGroupDto), (status = 404, body = Problem)))]
pub(crate) async fn detail(State(api): State<Api>, Me(me): Me, Path(id): Path<Uuid>) -> Answer<Json<PrinterGroupDto>> {
    one(&api, &me, PrinterGroupId(id)).await
}

/// A name.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PrinterGroupName {
    /// Unique in the organization, whatever its letters' case.
    name: String,
}

/// Renames a printer group.
#[utoipa::path(patch, path = "/printer-groups/{id}", operation_id = "rename_printer_group", tag = "Printers", params(("id" = Uuid, Path)), request_body = PrinterGroupName,
    extensions(("x-permission" = json!("printer_group.change")), ("x-scope" = json!("manage"))),
    responses((status = 200, body = PrinterGroupDto), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn rename(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<Uuid>,
    Json(body): Json<PrinterGroupName>,
) -> Answer<Json<PrinterGroupDto>> {
    let id = PrinterGroupId(id);
    api.app.rename_printer_group(&me, id, &body.name).await?;
    one(&api, &me, id).await
}

/// Removes a printer group. Its printers stay as they are, and print jobs that were sent to it keep the printers that they have.
#[utoipa::path(delete, path = "/printer-groups/{id}", operation_id = "remove_printer_group", tag = "Printers", params(("id" = Uuid, Path)), extensions(("x-permission" = json!("printer_group.change")), ("x-scope" = json!("manage"))),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(crate) async fn remove(State(api): State<Api>, Me(me): Me, Path(id): Path<Uuid>) -> Answer<StatusCode> {
    api.app.remove_printer_group(&me, PrinterGroupId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Puts a printer that the asker may use into a group; one that is in it stays. 409 `not_equal`, `in_a_group`, `group_full`.
#[utoipa::path(put, path = "/printer-groups/{id}/printers/{printer}", operation_id = "add_to_printer_group", tag = "Printers", params(("id" = Uuid, Path), ("printer" = Uuid, Path)),
    extensions(("x-permission" = json!("printer_group.change")), ("x-scope" = json!("manage"))),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn put(
    State(api): State<Api>,
    Me(me): Me,
    Path((id, printer)): Path<(Uuid, Uuid)>,
) -> Answer<StatusCode> {
    api.app.put_into_printer_group(&me, PrinterGroupId(id), PrinterId(printer), true).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a printer out of a group. Print jobs that have it stay with it.
#[utoipa::path(delete, path = "/printer-groups/{id}/printers/{printer}", operation_id = "take_out_of_printer_group", tag = "Printers", params(("id" = Uuid, Path), ("printer" = Uuid, Path)),
    extensions(("x-permission" = json!("printer_group.change")), ("x-scope" = json!("manage"))),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(crate) async fn take_out(
    State(api): State<Api>,
    Me(me): Me,
    Path((id, printer)): Path<(Uuid, Uuid)>,
) -> Answer<StatusCode> {
    api.app.put_into_printer_group(&me, PrinterGroupId(id), PrinterId(printer), false).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What taking the printer out of the group would do to print jobs that wait for a decision: whoever may use any printer of their group
/// decides about them (AMB-07). Of a printer that is not in it: what putting it in would do. Nobody gains or loses the printer itself.
#[utoipa::path(get, path = "/printer-groups/{id}/printers/{printer}/effect", operation_id = "printer_group_effect", tag = "Printers", params(("id" = Uuid, Path), ("printer" = Uuid, Path)),
    extensions(("x-permission" = json!("printer_group.change")), ("x-scope" = json!("read"))),
    responses((status = 200, body = SharesEffect), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(crate) async fn effect(
    State(api): State<Api>,
    Me(me): Me,
    Path((id, printer)): Path<(Uuid, Uuid)>,
) -> Answer<Json<SharesEffect>> {
    let told = api.app.printer_group_effect(&me, PrinterGroupId(id), PrinterId(printer)).await?;
    Ok(Json(shares::effect(told)))
}
