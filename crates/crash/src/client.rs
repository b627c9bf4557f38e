//! A person at an API client: one call, and what came back, if anything did.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::book::Reply;

/// What came back.
#[derive(Debug)]
pub(crate) enum Answer {
    Said(u16, Value),
    /// Nothing: refused connection, reset, time-out.
    Silence,
}

impl Answer {
    pub(crate) fn reply(&self) -> Reply {
        match self {
            Self::Said(status, _) if (200..300).contains(status) => Reply::Done,
            // What the server did not finish it does not deny either.
            Self::Said(status, _) if *status >= 500 => Reply::Silence,
            Self::Said(..) => Reply::Refused,
            Self::Silence => Reply::Silence,
        }
    }

    /// The body of a success.
    pub(crate) fn done(self) -> Option<Value> {
        let done = self.reply() == Reply::Done;
        match self {
            Self::Said(_, body) if done => Some(body),
            _ => None,
        }
    }
}

/// A person with a session.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) name: &'static str,
    pub(crate) guest: bool,
    http: reqwest::Client,
    cookie: Arc<Mutex<String>>,
}

impl Person {
    pub(crate) fn new(name: &'static str, guest: bool) -> Self {
        let http = reqwest::Client::builder()
            .no_proxy()
            .pool_max_idle_per_host(0)
            .timeout(Duration::from_secs(5))
            .build()
            .expect("an HTTP client");
        Self { name, guest, http, cookie: Arc::default() }
    }

    pub(crate) fn email(&self) -> String {
        format!("{}@crash.example", self.name.to_lowercase())
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let cookie = self.cookie.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Ok(response) = request.header("x-imprimatur", "1").header("cookie", cookie).send().await else {
            return Answer::Silence;
        };
        if let Some(set) = response.headers().get("set-cookie").and_then(|value| value.to_str().ok()) {
            let pair = set.split(';').next().unwrap_or_default().to_owned();
            *self.cookie.lock().unwrap_or_else(PoisonError::into_inner) = pair;
        }
        let status = response.status().as_u16();
        match response.bytes().await {
            Ok(bytes) => Answer::Said(status, serde_json::from_slice(&bytes).unwrap_or(Value::Null)),
            // The head came, the body did not: the person was told nothing they could rely on.
            Err(_) => Answer::Silence,
        }
    }

    pub(crate) async fn get(&self, url: &str, path: &str) -> Answer {
        self.send(self.http.get(format!("{url}/api/v1{path}"))).await
    }

    pub(crate) async fn post(&self, url: &str, path: &str, body: &Value) -> Answer {
        self.send(self.http.post(format!("{url}/api/v1{path}")).json(body)).await
    }

    pub(crate) async fn put(&self, url: &str, path: &str, body: &Value) -> Answer {
        self.send(self.http.put(format!("{url}/api/v1{path}")).json(body)).await
    }

    /// A print request under its key.
    pub(crate) async fn submit(&self, url: &str, key: &str, body: &Value) -> Answer {
        let request = self.http.post(format!("{url}/api/v1/print-jobs")).header("idempotency-key", key);
        self.send(request.json(body)).await
    }

    /// Uploads a file whole; the id of the upload, or what stopped it.
    pub(crate) async fn upload(&self, url: &str, name: &str, bytes: &[u8]) -> Option<String> {
        let announced = self.post(url, "/uploads", &json!({ "name": name, "size": bytes.len() })).await.done()?;
        let id = announced["id"].as_str()?.to_owned();
        let put = self.http.request(Method::PUT, format!("{url}/api/v1/uploads/{id}?offset=0")).body(bytes.to_vec());
        let sent = self.send(put).await.done()?;
        (sent["complete"] == true).then_some(id)
    }
}
