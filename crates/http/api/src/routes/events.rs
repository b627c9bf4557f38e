//! Live events by SSE, and the notices of a person.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use domain::Micros;
use futures_util::Stream;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::journal::Line;
use tokio::sync::watch;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::auth::{Credential, Me};
use crate::dto::{JobRef, PersonRef, PlaceWord};
use crate::error::{ApiError, Problem};
use crate::extract::{Json, Query};
use crate::{Api, words};

type Answer<T> = Result<T, ApiError>;

/// Streams are looked after at most this often.
const AT_MOST: Duration = Duration::from_millis(100);

struct Live {
    api: Api,
    credential: Credential,
    news: watch::Receiver<u64>,
    seq: i64,
    at: Micros,
    ready: VecDeque<Event>,
}

/// Where a stream begins.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct After {
    /// Begin after this (`news_from` of the session, unchanged) and not with what happens from now on.
    after: Option<String>,
}

/// Where the news stand, as one word.
pub(crate) fn place((seq, at): (i64, Micros)) -> String {
    format!("{seq}.{}", at.0)
}

fn placed(text: &str) -> Option<(i64, Micros)> {
    let (seq, at) = text.split_once('.')?;
    Some((seq.parse().ok()?, Micros(at.parse().ok()?)))
}

fn wrong_place() -> ApiError {
    ApiError::invalid("after", "Give `news_from` of the session, unchanged.")
}

/// Changes as they happen, filtered by the same visibility as the lists. `event: change` carries the journal's sequence as
/// its id: after a lost connection the browser sends `Last-Event-ID` and misses nothing; at the first it has none and says
/// `after`. `event: printer` says that a printer's telemetry changed. The stream ends when the session or the token ends.
#[utoipa::path(get, path = "/events", tag = "Events", extensions(("x-permission" = json!("organization.see")), ("x-scope" = json!("read"))),
    params(After, ("Last-Event-ID" = Option<i64>, Header)),
    responses((status = 200, content_type = "text/event-stream", body = String), (status = 401, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn events(
    State(api): State<Api>,
    Me(me): Me,
    credential: Credential,
    Query(from): Query<After>,
    headers: HeaderMap,
) -> Answer<Sse<impl Stream<Item = Result<Event, Infallible>>>> {
    let news = api.app.listen();
    let (newest, now) = api.app.news_start(&me).await?;
    let after = from.after.as_deref().map(|text| placed(text).ok_or_else(wrong_place)).transpose()?;
    let last: Option<i64> =
        headers.get("last-event-id").and_then(|v| v.to_str().ok()).and_then(|text| text.parse().ok());
    // An id from the future is of another database (a restored backup): begin anew.
    let known = |seq: &i64| (0..=newest).contains(seq);
    let (seq, at) = match (last, after) {
        (Some(last), _) if known(&last) => (last, now),
        (None, Some((seq, at))) if known(&seq) && at <= now => (seq, at),
        _ => (newest, now),
    };
    let mut ready = VecDeque::new();
    ready.push_back(Event::default().event("hello").id(seq.to_string()).data(json!({ "seq": newest }).to_string()));
    let mut live = Live { api, credential, news, seq, at, ready };
    // What was missed is due at once.
    live.news.mark_changed();
    let stream = futures_util::stream::unfold(live, |mut live| async move {
        loop {
            if let Some(event) = live.ready.pop_front() {
                return Some((Ok(event), live));
            }
            live.news.changed().await.ok()?;
            tokio::time::sleep(AT_MOST).await;
            live.news.mark_unchanged();
            // Session or token, membership and role are read anew each time: a removed person hears nothing more.
            let me = live.credential.person(&live.api.app).await.ok()?;
            let news = live.api.app.news(&me, live.seq, live.at).await.ok()?;
            live.seq = news.seq;
            live.at = news.at;
            for event in news.events {
                let data = json!({
                    "seq": event.seq, "kind": event.kind, "job": event.job.map(|j| j.0),
                    "printer": event.printer.map(|p| p.0), "people": event.person || event.kind.starts_with("person."),
                    "team": event.team.map(|t| t.0), "project": event.project.map(|p| p.0),
                    "access": event.kind == "access.changed" || event.team.is_some() || event.kind.starts_with("printer_group."),
                    "settings": event.kind.starts_with("settings.") || event.kind.starts_with("organization."),
                });
                live.ready.push_back(Event::default().event("change").id(event.seq.to_string()).data(data.to_string()));
            }
            for printer in news.printers {
                let data = json!({ "printer": printer.0 }).to_string();
                live.ready.push_back(Event::default().event("printer").data(data));
            }
        }
    });
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(Duration::from_secs(10)).text("alive")))
}

/// In words; a request to the reader says what they are asked for.
fn sentence(line: &Line) -> String {
    let who = line.actor.as_ref().map(|(_, name)| name.as_str());
    let Some(place) = line.place else { return words::sentence(&line.kind, who, &line.data) };
    let word = |of: &serde_json::Value, key: &str| of.get(key).and_then(|v| v.as_str()).unwrap_or_default().to_owned();
    let name = word(&line.text, place.kind.word());
    app::asked_for(who.unwrap_or_default(), &word(&line.data, "action"), &word(&line.data, "wish"), place.kind, &name)
}

/// Where something can be done about it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NoticePlace {
    /// Kind of page.
    kind: PlaceWord,
    /// Which one, if there are several.
    id: Option<Uuid>,
}

/// A notice.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NoticeItem {
    /// Sequence.
    seq: i64,
    /// When.
    at: String,
    /// Kind.
    kind: String,
    /// The own print job.
    job: Option<JobRef>,
    /// Who did it.
    actor: Option<PersonRef>,
    /// In words.
    sentence: String,
    /// Of a request to the reader: where they can do something about it.
    place: Option<NoticePlace>,
    /// Message or reason.
    message: Option<String>,
    /// Seen already.
    read: bool,
}

/// Notices, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Notices {
    /// The newest 50.
    items: Vec<NoticeItem>,
    /// Of these, not seen yet.
    unread: usize,
}

/// Decisions about the own print jobs, how they ended, and what others ask for (NTF-01, ACC-02).
#[utoipa::path(get, path = "/notices", tag = "Events", extensions(("x-permission" = json!("notify.own")), ("x-scope" = json!("read"))),
    responses((status = 200, body = Notices)))]
pub(crate) async fn notices(State(api): State<Api>, Me(me): Me) -> Answer<Json<Notices>> {
    let (lines, mark) = api.app.notices(&me).await?;
    let items: Vec<_> = lines
        .into_iter()
        .map(|line| NoticeItem {
            seq: line.seq,
            at: line.at.rfc3339(),
            sentence: sentence(&line),
            place: line.place.map(|place| NoticePlace { kind: place.kind.into(), id: place.id }),
            message: line.text.get("message").and_then(|m| m.as_str()).map(str::to_owned),
            kind: line.kind,
            job: line.job.map(|(id, number, name)| JobRef { id: id.0, number, name }),
            actor: line.actor.map(|(id, name)| PersonRef { id: id.0, name, former: false }),
            read: line.seq <= mark,
        })
        .collect();
    let unread = items.iter().filter(|item| !item.read).count();
    Ok(Json(Notices { items, unread }))
}

/// Up to where.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReadUpTo {
    /// The newest sequence seen.
    seq: i64,
}

/// Remembers what was read.
#[utoipa::path(post, path = "/notices/read", tag = "Events", request_body = ReadUpTo, extensions(("x-permission" = json!("notify.own")), ("x-scope" = json!("browser"))),
    responses((status = 204)))]
pub(crate) async fn notices_read(State(api): State<Api>, Me(me): Me, Json(body): Json<ReadUpTo>) -> Answer<StatusCode> {
    api.app.notices_read(&me, body.seq).await?;
    Ok(StatusCode::NO_CONTENT)
}
