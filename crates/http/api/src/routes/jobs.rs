//! Print jobs.

use app::{BulkItem, JobRequest, Target};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::{JobId, Outcome, PrinterGroupId, PrinterId, Sha256, UploadId};
use serde::{Deserialize, Serialize};
use store::jobs::{Decision, Direction, Filter, Tab};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::Me;
use crate::dto::{JobDto, JobQuery, Page, PersonRef, Reprint, RoleWord};
use crate::error::{ApiError, Problem};
use crate::extract::{Json, Path, Query};
use crate::routes::optional_key;
use crate::{Api, download, render, words};

type Answer<T> = Result<T, ApiError>;

/// A page of print jobs, by tab. Open jobs come oldest first, history newest first.
#[utoipa::path(get, path = "/print-jobs", operation_id = "list_print_jobs", tag = "Print jobs", params(JobQuery), extensions(("x-permission" = json!("job.see")), ("x-scope" = json!("read"))),
    responses((status = 200, body = Page<JobDto>), (status = 422, body = Problem)))]
pub(crate) async fn list(
    State(api): State<Api>,
    Me(me): Me,
    Query(query): Query<JobQuery>,
) -> Answer<Json<Page<JobDto>>> {
    let tab = match query.tab.as_deref().unwrap_or("history") {
        "needs_approval" => Tab::NeedsApproval,
        "queue" => Tab::Queue,
        "printing" => Tab::Printing,
        "plate" => Tab::Plate,
        "history" => Tab::History,
        _ => return Err(ApiError::invalid("tab", "The tab is needs_approval, queue, printing, plate or history.")),
    };
    let limit = query.limit.unwrap_or(50);
    if !(1..=200).contains(&limit) {
        return Err(ApiError::invalid("limit", "The limit is 1 to 200."));
    }
    let after = query
        .cursor
        .as_deref()
        .map(|text| {
            render::read_cursor(text)
                .ok_or_else(|| ApiError::invalid("cursor", "Give `next` of the page before, unchanged."))
        })
        .transpose()?;
    let filter = Filter {
        tab,
        search: query.q,
        printer: query.printer.map(PrinterId),
        mine: query.mine.unwrap_or(false),
        after,
        limit,
    };
    let listed = api.app.jobs(&me, &filter).await?;
    let next = listed.next.map(|(key, id)| render::cursor(key, id));
    Ok(Json(Page { items: listed.jobs.iter().map(render::job).collect(), next }))
}

/// Numbers on the tabs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CountsView {
    /// Needs approval.
    needs_approval: i64,
    /// Queue.
    queue: i64,
    /// Printing.
    printing: i64,
    /// Clear the plate.
    plate: i64,
}

/// How many jobs are on each tab, as far as the asker sees them.
#[utoipa::path(get, path = "/print-jobs/counts", tag = "Print jobs", extensions(("x-permission" = json!("job.see")), ("x-scope" = json!("read"))),
    responses((status = 200, body = CountsView)))]
pub(crate) async fn counts(State(api): State<Api>, Me(me): Me) -> Answer<Json<CountsView>> {
    let counts = api.app.job_counts(&me).await?;
    Ok(Json(CountsView {
        needs_approval: counts.needs_approval,
        queue: counts.queue,
        printing: counts.printing,
        plate: counts.plate,
    }))
}

/// A print request.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewJob {
    /// A complete upload.
    upload: Uuid,
    /// The chosen printer. Either this or `printer_group`.
    printer: Option<Uuid>,
    /// The chosen printer group: the server chooses one of its printers.
    printer_group: Option<Uuid>,
    /// Name; the file's if absent.
    name: Option<String>,
    /// For the approver.
    note: Option<String>,
}

/// Where to print: a printer or a group, one of the two.
pub(super) fn target(printer: Option<Uuid>, group: Option<Uuid>) -> Answer<Target> {
    match (printer, group) {
        (Some(printer), None) => Ok(Target::Printer(PrinterId(printer))),
        (None, Some(group)) => Ok(Target::Group(PrinterGroupId(group))),
        _ => Err(ApiError::invalid("printer", "Choose a printer or a printer group: one of the two.")),
    }
}

pub(super) fn key(headers: &HeaderMap) -> Answer<String> {
    optional_key(headers)?.ok_or_else(|| {
        ApiError::invalid("Idempotency-Key", "Send the header Idempotency-Key, a new one for each new request.")
    })
}

/// Sends a print job. After the 201 it is never lost; the same Idempotency-Key gives the same job. Whether it needs approval
/// is decided here, once (APR-07).
#[utoipa::path(post, path = "/print-jobs", tag = "Print jobs", request_body = NewJob,
    params(("Idempotency-Key" = String, Header)), extensions(("x-permission" = json!("job.send")), ("x-scope" = json!("print"))),
    responses((status = 201, body = JobDto), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn submit(
    State(api): State<Api>,
    Me(me): Me,
    headers: HeaderMap,
    Json(body): Json<NewJob>,
) -> Answer<(StatusCode, Json<JobDto>)> {
    let request = JobRequest {
        upload: UploadId(body.upload),
        target: target(body.printer, body.printer_group)?,
        name: body.name,
        note: body.note,
        idempotency_key: key(&headers)?,
    };
    let job = api.app.submit(&me, &request).await?;
    Ok((StatusCode::CREATED, Json(render::job(&job))))
}

/// One print job.
#[utoipa::path(get, path = "/print-jobs/{id}", operation_id = "print_job", tag = "Print jobs", params(("id" = Uuid, Path)), extensions(("x-permission" = json!("job.see")), ("x-scope" = json!("read"))),
    responses((status = 200, body = JobDto), (status = 404, body = Problem)))]
pub(crate) async fn detail(State(api): State<Api>, Me(me): Me, Path(id): Path<Uuid>) -> Answer<Json<JobDto>> {
    let (view, reprints) = api.app.job_with_reprints(&me, JobId(id)).await?;
    let reprinted = reprints
        .into_iter()
        .map(|(id, number, by, name, at)| Reprint {
            id: id.0,
            number,
            by: PersonRef { id: by.0, name, former: false },
            at: at.rfc3339(),
        })
        .collect();
    Ok(Json(JobDto { reprinted, ..render::job(&view) }))
}

/// A line of the timeline.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TimelineItem {
    /// Sequence.
    seq: i64,
    /// When.
    at: String,
    /// Kind.
    kind: String,
    /// Who; `null` is the server.
    actor: Option<PersonRef>,
    /// In words.
    sentence: String,
    /// Message of a person.
    message: Option<String>,
}

/// What happened to a print job, newest first.
#[utoipa::path(get, path = "/print-jobs/{id}/timeline", tag = "Print jobs", params(("id" = Uuid, Path)), extensions(("x-permission" = json!("job.see")), ("x-scope" = json!("read"))),
    responses((status = 200, body = Page<TimelineItem>), (status = 404, body = Problem)))]
pub(crate) async fn timeline(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<Uuid>,
) -> Answer<Json<Page<TimelineItem>>> {
    let lines = api.app.timeline(&me, JobId(id)).await?;
    let items = lines.into_iter().map(|line| TimelineItem {
        seq: line.seq,
        at: line.at.rfc3339(),
        sentence: words::sentence(&line.kind, line.actor.as_ref().map(|(_, name)| name.as_str()), &line.data),
        message: line.text.get("message").and_then(|m| m.as_str()).map(str::to_owned),
        kind: line.kind,
        actor: line.actor.map(|(id, name)| PersonRef { id: id.0, name, former: false }),
    });
    Ok(Json(Page::whole(items.collect())))
}

/// Evidence of what may be printed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RecordView {
    /// `auto`, `approval`, `reroute`, or `group`: one of the former, for another printer of the job's group.
    kind: String,
    /// Who.
    approved_by: String,
    /// In which role.
    role: RoleWord,
    /// When.
    approved_at: String,
    /// Exactly these bytes. Empty if the print job is locked to you.
    sha256: String,
    /// On this printer.
    printer: String,
}

/// The valid authorization of a print job: evidence, 404 if there is none.
#[utoipa::path(get, path = "/print-jobs/{id}/record", tag = "Print jobs", params(("id" = Uuid, Path)), extensions(("x-permission" = json!("job.see")), ("x-scope" = json!("read"))),
    responses((status = 200, body = RecordView), (status = 404, body = Problem)))]
pub(crate) async fn record(State(api): State<Api>, Me(me): Me, Path(id): Path<Uuid>) -> Answer<Json<RecordView>> {
    let (kind, by, role, at, sha, printer) = api.app.record(&me, JobId(id)).await?;
    Ok(Json(RecordView {
        kind,
        approved_by: by,
        role: role.into(),
        approved_at: at.rfc3339(),
        sha256: sha.map(|sha| sha.hex()).unwrap_or_default(),
        printer,
    }))
}

/// The file of a print job, as it was uploaded.
#[utoipa::path(get, path = "/print-jobs/{id}/file", tag = "Print jobs", params(("id" = Uuid, Path)), extensions(("x-permission" = json!("job.open_file")), ("x-scope" = json!("read"))),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(crate) async fn file(State(api): State<Api>, Me(me): Me, Path(id): Path<Uuid>) -> Answer<Response> {
    Ok(download::saved(api.app.job_file(&me, JobId(id)).await?))
}

/// The picture of a print job.
#[utoipa::path(get, path = "/print-jobs/{id}/thumbnail", tag = "Print jobs", params(("id" = Uuid, Path)), extensions(("x-permission" = json!("job.open_file")), ("x-scope" = json!("read"))),
    responses((status = 200, content_type = "image/png", body = Vec<u8>), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(crate) async fn thumbnail(State(api): State<Api>, Me(me): Me, Path(id): Path<Uuid>) -> Answer<Response> {
    Ok(download::picture(api.app.job_picture(&me, JobId(id)).await?))
}

/// What the approver saw.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Shown {
    /// Version.
    version: i64,
    /// Hash.
    send_sha: String,
    /// Printer: a job that was moved to another one meanwhile is not approved unseen.
    printer: Option<Uuid>,
}

/// Of a locked job no hash is shown (AMB-10): an empty one is that of no bytes that could be approved, so the lock answers, or that
/// the job is not as it was shown any more.
fn decision(version: i64, sha: &str, printer: Option<Uuid>) -> Answer<Decision> {
    let shown = if sha.is_empty() { Some(Sha256([0; 32])) } else { Sha256::from_hex(sha) };
    let send_sha = shown.ok_or_else(|| {
        ApiError::invalid("send_sha", "send_sha is the 64 hexadecimal digits of the job that was shown.")
    })?;
    Ok(Decision { version, send_sha, printer: printer.map(PrinterId) })
}

/// Approves: it goes to the printer that the submitter chose, after the undo window (APR-14). 409 `already_decided` says who
/// was first; 409 `printer_unavailable` says why the printer cannot take it.
#[utoipa::path(post, path = "/print-jobs/{id}/approve", tag = "Print jobs", params(("id" = Uuid, Path)), request_body = Shown,
    extensions(("x-permission" = json!("job.approve")), ("x-scope" = json!("approve"))),
    responses((status = 200, body = JobDto), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn approve(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<Uuid>,
    Json(body): Json<Shown>,
) -> Answer<Json<JobDto>> {
    let id = JobId(id);
    Ok(Json(render::job(&api.app.approve(&me, id, decision(body.version, &body.send_sha, body.printer)?).await?)))
}

/// One of several.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BulkOne {
    /// Job.
    id: Uuid,
    /// Version shown.
    version: i64,
    /// Hash shown.
    send_sha: String,
    /// Printer shown.
    printer: Option<Uuid>,
}

/// Several.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bulk {
    /// At most 500.
    items: Vec<BulkOne>,
}

/// Why one could not be approved.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BulkProblem {
    /// Stable code.
    code: String,
    /// Sentence.
    detail: String,
}

/// What became of one.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BulkOutcome {
    /// Job.
    id: Uuid,
    /// Approved.
    ok: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<BulkProblem>,
}

/// What became of all.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BulkResults {
    /// In the order asked.
    results: Vec<BulkOutcome>,
}

/// Approves several at once; each for itself, with its own result.
#[utoipa::path(post, path = "/print-jobs/approve", tag = "Print jobs", request_body = Bulk, extensions(("x-permission" = json!("job.approve")), ("x-scope" = json!("approve"))),
    responses((status = 200, body = BulkResults), (status = 422, body = Problem)))]
pub(crate) async fn approve_several(
    State(api): State<Api>,
    Me(me): Me,
    Json(body): Json<Bulk>,
) -> Answer<Json<BulkResults>> {
    if body.items.len() > 500 {
        return Err(ApiError::invalid("items", "At most 500 print jobs at once."));
    }
    let items = body
        .items
        .iter()
        .map(|item| Ok(BulkItem { id: JobId(item.id), shown: decision(item.version, &item.send_sha, item.printer)? }))
        .collect::<Answer<Vec<_>>>()?;
    let results = api.app.approve_several(&me, &items).await?.into_iter().map(|result| {
        let problem = result.outcome.err().map(|error| {
            let error = ApiError::from(error);
            let (code, detail) = error.brief();
            BulkProblem { code: code.to_owned(), detail: detail.to_owned() }
        });
        BulkOutcome { id: result.id.0, ok: problem.is_none(), problem }
    });
    Ok(Json(BulkResults { results: results.collect() }))
}

/// Why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reject {
    /// Optional, unless the organization wants one.
    reason: Option<String>,
}

/// Rejects: straight to history, final (APR-15).
#[utoipa::path(post, path = "/print-jobs/{id}/reject", tag = "Print jobs", params(("id" = Uuid, Path)), request_body = Reject,
    extensions(("x-permission" = json!("job.reject")), ("x-scope" = json!("approve"))),
    responses((status = 200, body = JobDto), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn reject(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<Uuid>,
    Json(body): Json<Reject>,
) -> Answer<Json<JobDto>> {
    let id = JobId(id);
    Ok(Json(render::job(&api.app.reject(&me, id, body.reason.as_deref()).await?)))
}

/// What has to change.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SendBack {
    /// The submitter reads it.
    message: String,
}

/// Sends back with a message; the submitter answers with the next version of the same request.
#[utoipa::path(post, path = "/print-jobs/{id}/send-back", tag = "Print jobs", params(("id" = Uuid, Path)), request_body = SendBack,
    extensions(("x-permission" = json!("job.send_back")), ("x-scope" = json!("approve"))),
    responses((status = 200, body = JobDto), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn send_back(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<Uuid>,
    Json(body): Json<SendBack>,
) -> Answer<Json<JobDto>> {
    let id = JobId(id);
    Ok(Json(render::job(&api.app.send_back(&me, id, &body.message).await?)))
}

/// Operations without a body: one use case, then the job.
macro_rules! plain {
    ($($(#[$doc:meta])* $name:ident $path:literal $permission:literal $scope:literal;)+) => {$(
        $(#[$doc])*
        #[utoipa::path(post, path = $path, tag = "Print jobs", params(("id" = Uuid, Path)),
            extensions(("x-permission" = json!($permission)), ("x-scope" = json!($scope))),
            responses((status = 200, body = JobDto), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
        pub(crate) async fn $name(State(api): State<Api>, Me(me): Me, Path(id): Path<Uuid>) -> Answer<Json<JobDto>> {
            let id = JobId(id);
            Ok(Json(render::job(&api.app.$name(&me, id).await?)))
        }
    )+};
}

plain! {
    /// The approver takes the sending back back.
    undo_send_back "/print-jobs/{id}/undo-send-back" "job.send_back" "approve";
    /// Takes an approval back, until the printer is being started.
    take_back "/print-jobs/{id}/take-back" "job.take_back" "approve";
    /// Takes a job away before it prints. Somebody else's undecided job is rejected, and told as that.
    withdraw "/print-jobs/{id}/withdraw" "job.abort" "print";
    /// Stops a print; best effort.
    abort "/print-jobs/{id}/abort" "job.abort" "print";
    /// Pauses a print (JOB-05).
    pause "/print-jobs/{id}/pause" "job.pause" "print";
    /// Resumes a print (JOB-05).
    resume "/print-jobs/{id}/resume" "job.pause" "print";
}

/// The next version.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Resubmit {
    /// A complete upload.
    upload: Uuid,
    /// For the approver.
    note: Option<String>,
}

/// Sends the next version of a job that was sent back; it keeps its place.
#[utoipa::path(post, path = "/print-jobs/{id}/resubmit", tag = "Print jobs", params(("id" = Uuid, Path)), request_body = Resubmit,
    extensions(("x-permission" = json!("job.resubmit")), ("x-scope" = json!("print"))),
    responses((status = 200, body = JobDto), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn resubmit(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<Uuid>,
    Json(body): Json<Resubmit>,
) -> Answer<Json<JobDto>> {
    let id = JobId(id);
    Ok(Json(render::job(&api.app.resubmit(&me, id, UploadId(body.upload), body.note.as_deref()).await?)))
}

/// Where to reprint.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PrintAgain {
    /// The same printer if absent.
    printer: Option<Uuid>,
}

/// Prints a job again, as the asker's own new job; the original is not touched (APR-16 to APR-18).
#[utoipa::path(post, path = "/print-jobs/{id}/reprint", tag = "Print jobs", request_body = PrintAgain,
    params(("id" = Uuid, Path), ("Idempotency-Key" = String, Header)), extensions(("x-permission" = json!("job.reprint")), ("x-scope" = json!("print"))),
    responses((status = 201, body = JobDto), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn reprint(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<Uuid>,
    headers: HeaderMap,
    Json(body): Json<PrintAgain>,
) -> Answer<(StatusCode, Json<JobDto>)> {
    let job = api.app.reprint(&me, JobId(id), body.printer.map(PrinterId), key(&headers)?).await?;
    Ok((StatusCode::CREATED, Json(render::job(&job))))
}

/// Where to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reroute {
    /// The other printer.
    printer: Uuid,
}

/// Moves a held or queued job to another printer (JOB-03).
#[utoipa::path(post, path = "/print-jobs/{id}/reroute", tag = "Print jobs", params(("id" = Uuid, Path)), request_body = Reroute,
    extensions(("x-permission" = json!("job.reroute")), ("x-scope" = json!("approve"))),
    responses((status = 200, body = JobDto), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn reroute(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<Uuid>,
    Json(body): Json<Reroute>,
) -> Answer<Json<JobDto>> {
    let id = JobId(id);
    Ok(Json(render::job(&api.app.reroute(&me, id, PrinterId(body.printer)).await?)))
}

/// Which way.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MoveJob {
    /// `up` or `down`.
    direction: String,
}

/// Moves a job up or down in its printer's queue (JOB-06).
#[utoipa::path(post, path = "/print-jobs/{id}/move", tag = "Print jobs", params(("id" = Uuid, Path)), request_body = MoveJob,
    extensions(("x-permission" = json!("job.reorder")), ("x-scope" = json!("manage"))),
    responses((status = 200, body = JobDto), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn move_in_queue(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<Uuid>,
    Json(body): Json<MoveJob>,
) -> Answer<Json<JobDto>> {
    let direction = match body.direction.as_str() {
        "up" => Direction::Up,
        "down" => Direction::Down,
        _ => return Err(ApiError::invalid("direction", "The direction is up or down.")),
    };
    let id = JobId(id);
    Ok(Json(render::job(&api.app.move_in_queue(&me, id, direction).await?)))
}

/// A person's answer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Resolve {
    /// `did_not_print`, `printed` or `failed`.
    outcome: String,
    /// The person has looked: the plate is clear.
    plate_is_clear: bool,
}

/// Says what happened, when no machine can know.
#[utoipa::path(post, path = "/print-jobs/{id}/resolve", tag = "Print jobs", params(("id" = Uuid, Path)), request_body = Resolve,
    extensions(("x-permission" = json!("job.resolve")), ("x-scope" = json!("manage"))),
    responses((status = 200, body = JobDto), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn resolve(
    State(api): State<Api>,
    Me(me): Me,
    Path(id): Path<Uuid>,
    Json(body): Json<Resolve>,
) -> Answer<Json<JobDto>> {
    let printed = match body.outcome.as_str() {
        "did_not_print" => None,
        "printed" => Some(Outcome::Finished),
        "failed" => Some(Outcome::Failed),
        _ => return Err(ApiError::invalid("outcome", "The outcome is did_not_print, printed or failed.")),
    };
    let id = JobId(id);
    Ok(Json(render::job(&api.app.resolve(&me, id, printed, body.plate_is_clear).await?)))
}
