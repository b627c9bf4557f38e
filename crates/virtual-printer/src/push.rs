//! The push channel: SockJS over a raw websocket, as far as a print server needs it.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{
        State,
        ws::{Message, WebSocket, WebSocketUpgrade},
    },
    response::Response,
    routing::get,
};
use serde_json::{Value, json};

use crate::{Shared, api::VERSION};

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/sockjs/{server}/{session}/websocket", get(open))
}

async fn open(State(shared): State<Arc<Shared>>, upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(move |socket| async move {
        let _ = talk(&shared, socket).await;
    })
}

fn frame(message: &Value) -> Message {
    Message::text(format!("a{}", json!([message])))
}

/// What a client asked for.
struct Wishes {
    known: bool,
    state: bool,
    /// `None`: every event.
    events: Option<Vec<String>>,
}

impl Wishes {
    fn wants(&self, message: &Value) -> bool {
        let kind = message.pointer("/event/type").and_then(Value::as_str).unwrap_or_default();
        self.known && self.events.as_ref().is_none_or(|events| events.iter().any(|wanted| wanted == kind))
    }
}

async fn talk(shared: &Arc<Shared>, mut socket: WebSocket) -> Result<(), axum::Error> {
    socket.send(Message::text("o")).await?;
    socket.send(frame(&json!({"connected": {"version": VERSION, "display_version": VERSION}}))).await?;
    let mut events = shared.machine.listen();
    let mut wishes = Wishes { known: false, state: true, events: None };
    let mut current = tokio::time::interval(Duration::from_millis(500));
    let mut heartbeat = tokio::time::interval(Duration::from_secs(25));
    heartbeat.tick().await;
    loop {
        tokio::select! {
            message = socket.recv() => match message {
                Some(Ok(Message::Text(text))) => {
                    let list: Vec<String> = serde_json::from_str(&text).unwrap_or_default();
                    for text in list {
                        let Ok(message) = serde_json::from_str::<Value>(&text) else { continue };
                        hear(shared, &mut socket, &mut wishes, &message).await?;
                    }
                }
                Some(Ok(_)) => (),
                Some(Err(error)) => return Err(error),
                None => return Ok(()),
            },
            event = events.recv() => match event {
                Ok(event) if wishes.wants(&event) => socket.send(frame(&event)).await?,
                Ok(_) => (),
                // Too slow: a real one would break too.
                Err(_) => return Ok(()),
            },
            _ = current.tick(), if wishes.known && wishes.state => {
                socket.send(frame(&json!({"current": shared.machine.current_json()}))).await?;
            }
            _ = heartbeat.tick() => socket.send(Message::text("h")).await?,
        }
    }
}

async fn hear(
    shared: &Arc<Shared>,
    socket: &mut WebSocket,
    wishes: &mut Wishes,
    message: &Value,
) -> Result<(), axum::Error> {
    if let Some(auth) = message.get("auth").and_then(Value::as_str) {
        wishes.known = auth == format!("virtual:{}", shared.machine.session());
        let answer = match wishes.known {
            true => json!({"history": shared.machine.current_json()}),
            false => json!({"reauthRequired": {"reason": "stale"}}),
        };
        socket.send(frame(&answer)).await?;
    }
    if let Some(subscribe) = message.get("subscribe") {
        wishes.state = subscribe.get("state").is_some_and(|state| state != &json!(false));
        wishes.events = match subscribe.get("events") {
            Some(Value::Bool(true)) => None,
            Some(Value::Array(list)) => {
                Some(list.iter().filter_map(|event| event.as_str().map(ToOwned::to_owned)).collect())
            }
            _ => Some(Vec::new()),
        };
    }
    Ok(())
}
