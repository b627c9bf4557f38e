//! OctoPrint's push channel (SockJS over a raw websocket): the witness of an uninterrupted run, and the record of
//! every start while it is open. Read only: nothing about jobs is ever sent over it.
//!
//! The proof: the connection belongs to one OctoPrint process. If a ping sent after some reading is answered on the
//! connection that was opened before the start intent, that process has run all the time in between.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use domain::RemoteName;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{
    net::TcpStream,
    sync::{mpsc, oneshot},
    task::JoinHandle,
};
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{Message, protocol::WebSocketConfig},
};

use super::{FENCED, answers::Login};
use crate::{Outcome, Witness, transport::Transport};

/// How often the channel is tried.
const PING_EVERY: Duration = Duration::from_secs(2);
/// Longer silence breaks the proof. Shorter than any restart that a broken connection would not show at once.
const SILENCE: Duration = Duration::from_secs(10);
/// OctoPrint's first message carries the temperatures of half an hour.
const LONGEST_MESSAGE: usize = 4 * 1024 * 1024;
/// Names remembered at once; with more the channel gives up its proof rather than forget one.
const MOST_NAMES: usize = 512;
/// The events that say what happened to a file.
const EVENTS: [&str; 5] = ["FileSelected", "PrintStarted", "PrintDone", "PrintFailed", "PrintCancelled"];

type Socket = WebSocketStream<TcpStream>;

/// What the channel told about a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// It was selected or started; no end was told.
    Touched,
    /// It was printed to an end.
    Ended(Outcome),
}

/// What the background task and the witnesses share.
struct Channel {
    open: AtomicBool,
    heard: Mutex<Instant>,
    seen: Mutex<HashMap<String, Seen>>,
    asks: mpsc::Sender<oneshot::Sender<()>>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Drop for Channel {
    fn drop(&mut self) {
        if let Some(task) = lock(&self.task).take() {
            task.abort();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Channel {
    fn is_open(&self) -> bool {
        self.open.load(Ordering::SeqCst) && lock(&self.heard).elapsed() < SILENCE
    }

    /// A ping that was sent now is answered within `patience`.
    async fn round_trip(&self, patience: Duration) -> bool {
        let (answered, answer) = oneshot::channel();
        self.asks.try_send(answered).is_ok()
            && matches!(tokio::time::timeout(patience, answer).await, Ok(Ok(())))
            && self.is_open()
    }

    fn note(&self, event: &Value) {
        let Some(kind) = event.get("type").and_then(Value::as_str) else { return };
        let payload = event.get("payload");
        let text = |key: &str| payload.and_then(|payload| payload.get(key)).and_then(Value::as_str);
        let (Some(path), Some("local")) = (text("path"), text("origin")) else { return };
        let bare = path.strip_prefix(FENCED).and_then(|rest| rest.strip_prefix('/')).unwrap_or(path);
        let Some(name) = RemoteName::parse(bare) else { return };
        let now = match kind {
            "FileSelected" | "PrintStarted" => Seen::Touched,
            "PrintDone" => Seen::Ended(Outcome::Finished),
            "PrintFailed" | "PrintCancelled" => Seen::Ended(Outcome::Failed),
            _ => return,
        };
        let mut seen = lock(&self.seen);
        if seen.len() >= MOST_NAMES && !seen.contains_key(name.as_str()) {
            self.open.store(false, Ordering::SeqCst);
            return;
        }
        seen.insert(name.to_string(), now);
    }
}

struct ChannelWitness(Arc<Channel>);

impl Witness for ChannelWitness {
    fn unbroken(&self) -> bool {
        self.0.is_open()
    }
}

/// The one channel of a driver, opened when the first witness is asked for.
pub(super) struct Push {
    http: Arc<Transport>,
    /// One opens at a time.
    opening: tokio::sync::Mutex<()>,
    current: Mutex<Option<Arc<Channel>>>,
}

impl Push {
    pub(super) fn new(http: Arc<Transport>) -> Self {
        Self { http, opening: tokio::sync::Mutex::new(()), current: Mutex::new(None) }
    }

    pub(super) async fn witness(&self) -> Option<Box<dyn Witness>> {
        let patience = self.http.timeouts.call;
        let _one = self.opening.lock().await;
        if let Some(channel) = self.now()
            && channel.round_trip(patience).await
        {
            return Some(Box::new(ChannelWitness(channel)));
        }
        let channel = tokio::time::timeout(patience, self.open()).await.ok().flatten()?;
        if !channel.round_trip(patience).await {
            return None;
        }
        *lock(&self.current) = Some(channel.clone());
        Some(Box::new(ChannelWitness(channel)))
    }

    fn now(&self) -> Option<Arc<Channel>> {
        lock(&self.current).clone()
    }

    pub(super) async fn round_trip(&self) -> bool {
        match self.now() {
            Some(channel) => channel.round_trip(self.http.timeouts.call).await,
            None => false,
        }
    }

    pub(super) fn seen(&self, name: &RemoteName) -> Option<Seen> {
        lock(&self.now()?.seen).get(name.as_str()).copied()
    }

    async fn open(&self) -> Option<Arc<Channel>> {
        let answer = self.http.post("/api/login", &json!({"passive": true})).await.ok()?;
        let login: Login = answer.json().filter(|_| answer.status == 200)?;
        let auth = format!("{}:{}", login.name?, login.session?);
        let mut socket = self.connect().await?;
        send(&mut socket, &json!({"auth": auth})).await?;
        // `history` comes only to a user who may see the state, and from then on also every event.
        loop {
            let message = socket.next().await?.ok()?;
            let kinds = parse(&message);
            if kinds.iter().any(|kind| kind.get("reauthRequired").is_some()) {
                return None;
            }
            if kinds.iter().any(|kind| kind.get("history").is_some()) {
                break;
            }
        }
        send(&mut socket, &json!({"subscribe": {"state": false, "plugins": [], "events": EVENTS}})).await?;
        let (asks, asked) = mpsc::channel(16);
        let channel = Arc::new(Channel {
            open: AtomicBool::new(true),
            heard: Mutex::new(Instant::now()),
            seen: Mutex::default(),
            asks,
            task: Mutex::new(None),
        });
        let weak = Arc::downgrade(&channel);
        let task = tokio::spawn(async move {
            listen(socket, asked, &weak).await;
            if let Some(channel) = weak.upgrade() {
                channel.open.store(false, Ordering::SeqCst);
            }
        });
        *lock(&channel.task) = Some(task);
        Some(channel)
    }

    async fn connect(&self) -> Option<Socket> {
        let random = uuid::Uuid::new_v4();
        let server = random.as_fields().1 % 1000;
        let url = format!("ws://{}/sockjs/{server:03}/{}/websocket", self.http.address, random.simple());
        let stream = self.http.tcp().await.ok()?;
        let config =
            WebSocketConfig::default().max_message_size(Some(LONGEST_MESSAGE)).max_frame_size(Some(LONGEST_MESSAGE));
        Some(client_async_with_config(url, stream, Some(config)).await.ok()?.0)
    }
}

async fn send(socket: &mut Socket, message: &Value) -> Option<()> {
    let frame = json!([message.to_string()]).to_string();
    socket.send(Message::text(frame)).await.ok()
}

/// The messages of one SockJS frame: `o` open, `h` heartbeat, `a[…]` messages, `c[…]` close.
fn parse(message: &Message) -> Vec<Value> {
    let Message::Text(text) = message else { return Vec::new() };
    text.strip_prefix('a').and_then(|list| serde_json::from_str(list).ok()).unwrap_or_default()
}

/// Runs until the connection breaks, falls silent or loses its rights; the caller then marks it as broken.
async fn listen(
    mut socket: Socket,
    mut asked: mpsc::Receiver<oneshot::Sender<()>>,
    channel: &std::sync::Weak<Channel>,
) {
    let mut waiting: Vec<(u64, oneshot::Sender<()>)> = Vec::new();
    let mut sent = 0_u64;
    let mut timer = tokio::time::interval(PING_EVERY);
    loop {
        tokio::select! {
            message = socket.next() => {
                let Some(channel) = channel.upgrade() else { return };
                let Some(Ok(message)) = message else { return };
                match &message {
                    Message::Pong(payload) => {
                        *lock(&channel.heard) = Instant::now();
                        let Ok(number) = payload.as_ref().try_into().map(u64::from_be_bytes) else { continue };
                        let (answered, rest) = waiting.into_iter().partition(|(asked, _)| *asked <= number);
                        waiting = rest;
                        for (_, ask) in answered {
                            let _ = ask.send(());
                        }
                    }
                    Message::Text(text) if text.starts_with('c') => return,
                    Message::Close(_) => return,
                    _ => for kind in parse(&message) {
                        if kind.get("reauthRequired").is_some() {
                            return;
                        }
                        if let Some(event) = kind.get("event") {
                            channel.note(event);
                        }
                    },
                }
            }
            ask = asked.recv() => {
                let Some(ask) = ask else { return };
                sent += 1;
                waiting.push((sent, ask));
                if socket.send(Message::Ping(sent.to_be_bytes().to_vec().into())).await.is_err() {
                    return;
                }
            }
            _ = timer.tick() => {
                sent += 1;
                if socket.send(Message::Ping(sent.to_be_bytes().to_vec().into())).await.is_err() {
                    return;
                }
                if channel.upgrade().is_none_or(|channel| !channel.is_open()) {
                    return;
                }
            }
        }
    }
}
