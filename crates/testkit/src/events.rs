//! The event stream as a browser reads it.

use std::time::Duration;

use axum::http::Method;
use serde_json::Value;

use crate::{Actor, Answer};

/// One event of the stream.
#[derive(Debug, Clone, PartialEq)]
pub struct SseEvent {
    /// `hello`, `change` or `printer`.
    pub event: String,
    /// The sequence, if it has one.
    pub id: Option<i64>,
    /// What it says.
    pub data: Value,
}

/// An open event stream.
#[derive(Debug)]
pub struct Events {
    response: reqwest::Response,
    text: String,
    /// The last sequence that came: what a browser would send as `Last-Event-ID`.
    pub last_id: Option<i64>,
}

impl Actor {
    /// Opens the event stream and reads its `hello`.
    ///
    /// # Panics
    /// It is refused.
    pub async fn events(&self) -> Events {
        self.events_after(None).await
    }

    /// Opens the event stream again after `last`.
    ///
    /// # Panics
    /// It is refused.
    pub async fn events_after(&self, last: Option<i64>) -> Events {
        let mut call = self.call(Method::GET, "/events");
        if let Some(last) = last {
            call = call.header("last-event-id", &last.to_string());
        }
        self.opened(call).await
    }

    /// Opens the event stream for the first time, from where the session says that the news stood.
    ///
    /// # Panics
    /// It is refused.
    pub async fn events_from(&self, session: &Value) -> Events {
        let from = session["organization"]["news_from"].as_str().expect("where the news stood");
        self.opened(self.call(Method::GET, &format!("/events?after={from}"))).await
    }

    async fn opened(&self, call: crate::Call) -> Events {
        let response = call.stream().await;
        assert_eq!(response.status().as_u16(), 200, "the event stream of {}", self.name);
        let mut events = Events { response, text: String::new(), last_id: None };
        let hello = events.next().await.expect("a hello");
        assert_eq!(hello.event, "hello");
        events
    }

    /// A stream that must be refused.
    pub async fn no_events(&self) -> Answer {
        self.get("/events").await
    }
}

impl Events {
    /// The next event; `None` when the stream has ended.
    ///
    /// # Panics
    /// Nothing comes for twenty seconds.
    pub async fn next(&mut self) -> Option<SseEvent> {
        tokio::time::timeout(Duration::from_secs(20), self.read()).await.expect("an event within twenty seconds")
    }

    /// The next event within this time, if any. `Err` when nothing came, `Ok(None)` when the stream has ended.
    ///
    /// # Errors
    /// Nothing came.
    pub async fn within(&mut self, time: Duration) -> Result<Option<SseEvent>, tokio::time::error::Elapsed> {
        tokio::time::timeout(time, self.read()).await
    }

    /// The next `change`, over any telemetry.
    ///
    /// # Panics
    /// The stream ends, or nothing comes for twenty seconds.
    pub async fn change(&mut self) -> Value {
        loop {
            let event = self.next().await.expect("the stream goes on");
            if event.event == "change" {
                return event.data;
            }
        }
    }

    /// The changes up to the first that fits, with it.
    ///
    /// # Panics
    /// The stream ends, or nothing comes for twenty seconds.
    pub async fn changes_until(&mut self, fits: impl Fn(&Value) -> bool) -> Vec<Value> {
        let mut changes = Vec::new();
        loop {
            changes.push(self.change().await);
            if changes.last().is_some_and(&fits) {
                return changes;
            }
        }
    }

    /// All changes that come within this time.
    pub async fn changes_within(&mut self, time: Duration) -> Vec<Value> {
        let until = tokio::time::Instant::now() + time;
        let mut changes = Vec::new();
        while let Ok(Some(event)) = self.within(until.saturating_duration_since(tokio::time::Instant::now())).await {
            if event.event == "change" {
                changes.push(event.data);
            }
        }
        changes
    }

    async fn read(&mut self) -> Option<SseEvent> {
        loop {
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                let event = parse(block);
                self.text = rest.to_owned();
                if let Some(event) = event {
                    self.last_id = event.id.or(self.last_id);
                    return Some(event);
                }
            }
            let bytes = self.response.chunk().await.ok()??;
            self.text.push_str(&String::from_utf8_lossy(&bytes));
        }
    }
}

/// A block of lines; `None` for a comment that keeps the connection alive.
fn parse(block: &str) -> Option<SseEvent> {
    let field = |name: &str| {
        block
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':').map(|text| text.trim_start().to_owned()))
    };
    Some(SseEvent {
        event: field("event")?,
        id: field("id").and_then(|id| id.parse().ok()),
        data: field("data").and_then(|data| serde_json::from_str(&data).ok()).unwrap_or(Value::Null),
    })
}
