//! People at their browsers: each with a session cookie of their own, calling the API over HTTP.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::http::{HeaderMap, Method};
use serde_json::Value;
use uuid::Uuid;

use crate::{Answer, Server};

/// A person (or nobody) with a browser. Clones share the session.
#[derive(Debug, Clone)]
pub struct Actor {
    /// Public name.
    pub name: String,
    /// E-mail address.
    pub email: String,
    /// Password.
    pub password: String,
    /// Account.
    pub id: Uuid,
    pub(crate) url: String,
    pub(crate) http: reqwest::Client,
    pub(crate) token: Arc<Mutex<Option<String>>>,
    pub(crate) bearer: Option<String>,
}

pub(crate) const PASSWORD: &str = "a good long password";

impl Actor {
    /// Somebody without a session.
    pub(crate) fn nobody(url: &str) -> Self {
        // No kept connections: a server may close one after it refused a body unread, just when the next call takes it.
        let http = reqwest::Client::builder()
            .no_proxy()
            .pool_max_idle_per_host(0)
            .timeout(Duration::from_secs(30))
            .build()
            .unwrap();
        Self {
            name: "Nobody".into(),
            email: String::new(),
            password: PASSWORD.into(),
            id: Uuid::nil(),
            url: url.into(),
            http,
            token: Arc::default(),
            bearer: None,
        }
    }

    /// A program that acts for this person by a token: it has neither their cookie nor the header that browsers send.
    #[must_use]
    pub fn program(&self, token: &str) -> Self {
        Self { token: Arc::default(), bearer: Some(token.to_owned()), ..self.clone() }
    }

    /// The token by which a program acts.
    #[must_use]
    pub fn bearer(&self) -> Option<String> {
        self.bearer.clone()
    }

    /// The same person with the same session, at another server process.
    #[must_use]
    pub fn at(&self, server: &Server) -> Self {
        Self { url: server.url(), ..self.clone() }
    }

    /// The same person at another browser, with a session of its own.
    ///
    /// # Panics
    /// The sign-in is refused.
    pub async fn another_browser(&self) -> Self {
        let browser = Self { token: Arc::default(), ..self.clone() };
        browser.sign_in(&self.password).await.done();
        browser
    }

    /// Signs in; the cookie is kept.
    pub async fn sign_in(&self, password: &str) -> Answer {
        self.post("/sessions", serde_json::json!({ "email": self.email, "password": password })).await
    }

    /// The secret in the cookie, if any.
    #[must_use]
    pub fn token(&self) -> Option<String> {
        self.token.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts a secret into the cookie, or takes it out.
    pub fn set_token(&self, token: Option<String>) {
        *self.token.lock().unwrap_or_else(PoisonError::into_inner) = token;
    }

    /// A call to `/api/v1` + `path` that can be changed before it is sent.
    #[must_use]
    pub fn call(&self, method: Method, path: &str) -> Call {
        let asked = format!("{} {} as {}", method, path, self.name);
        let url = format!("{}/api/v1{path}", self.url);
        Call {
            actor: self.clone(),
            asked,
            method,
            url,
            headers: HeaderMap::new(),
            body: None,
            marker: true,
            cookie: true,
        }
    }

    /// Reads.
    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path).send().await
    }

    /// Creates or acts.
    pub async fn post(&self, path: &str, json: Value) -> Answer {
        self.call(Method::POST, path).json(&json).send().await
    }

    /// Replaces.
    pub async fn put(&self, path: &str, json: Value) -> Answer {
        self.call(Method::PUT, path).json(&json).send().await
    }

    /// Changes.
    pub async fn patch(&self, path: &str, json: Value) -> Answer {
        self.call(Method::PATCH, path).json(&json).send().await
    }

    /// Removes.
    pub async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path).send().await
    }

    /// Remembers the cookie that an answer sets.
    fn remember(&self, headers: &HeaderMap) {
        for value in headers.get_all("set-cookie") {
            let line = value.to_str().unwrap();
            let pair = line.split(';').next().unwrap_or("");
            if let Some(token) = pair.strip_prefix("imprimatur=") {
                self.set_token(Some(token.to_owned()).filter(|token| !token.is_empty()));
            }
        }
    }
}

/// A call on its way.
#[derive(Debug)]
pub struct Call {
    actor: Actor,
    asked: String,
    method: Method,
    url: String,
    headers: HeaderMap,
    body: Option<Vec<u8>>,
    marker: bool,
    cookie: bool,
}

impl Call {
    /// A JSON body.
    #[must_use]
    pub fn json(self, json: &Value) -> Self {
        self.header("content-type", "application/json").bytes(json.to_string().into_bytes())
    }

    /// A body as it is.
    #[must_use]
    pub fn bytes(self, bytes: impl Into<Vec<u8>>) -> Self {
        Self { body: Some(bytes.into()), ..self }
    }

    /// A header, instead of one of the same name.
    ///
    /// # Panics
    /// It cannot be a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.insert(name, value.parse().unwrap());
        self
    }

    /// A fresh `Idempotency-Key`.
    #[must_use]
    pub fn fresh_key(self) -> Self {
        self.header("idempotency-key", &Uuid::new_v4().to_string())
    }

    /// Without the header `X-Imprimatur`.
    #[must_use]
    pub fn without_marker(self) -> Self {
        Self { marker: false, ..self }
    }

    /// Without the session cookie.
    #[must_use]
    pub fn without_cookie(self) -> Self {
        Self { cookie: false, ..self }
    }

    fn request(&self) -> reqwest::RequestBuilder {
        let mut request = self.actor.http.request(self.method.clone(), &self.url).headers(self.headers.clone());
        if let Some(bearer) = &self.actor.bearer
            && !self.headers.contains_key("authorization")
        {
            request = request.header("authorization", format!("Bearer {bearer}"));
        }
        if self.marker && self.actor.bearer.is_none() && !self.headers.contains_key("x-imprimatur") {
            request = request.header("x-imprimatur", "1");
        }
        if let Some(token) = self.actor.token().filter(|_| self.cookie) {
            request = request.header("cookie", format!("imprimatur={token}"));
        }
        match &self.body {
            Some(bytes) => request.body(bytes.clone()),
            None => request,
        }
    }

    /// At another address of the same server than `/api/v1`.
    #[must_use]
    pub fn at_root(self) -> Self {
        Self { url: self.url.replacen("/api/v1", "", 1), ..self }
    }

    /// A form, as applications send it to the endpoints of OAuth.
    #[must_use]
    pub fn form(self, parts: &[(&str, &str)]) -> Self {
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(parts).finish();
        self.header("content-type", "application/x-www-form-urlencoded").bytes(form.into_bytes())
    }

    /// Sends it and reads the answer. A refusal that is not problem+json fails the test, whatever the test is about.
    ///
    /// # Panics
    /// No answer, or a refusal in another shape.
    pub async fn send(self) -> Answer {
        let answer = self.send_unchecked().await;
        if let Some(wrong) = answer.not_a_problem() {
            panic!("{answer}\n{wrong}");
        }
        answer
    }

    /// Sends it and reads the answer as it is. Of an event stream only the head is read.
    ///
    /// # Panics
    /// No answer.
    pub async fn send_unchecked(self) -> Answer {
        let response = self.request().send().await.unwrap_or_else(|error| panic!("{}: {error:?}", self.asked));
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let endless = headers.get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
        let bytes = match endless {
            true => Vec::new(),
            false => response.bytes().await.unwrap_or_else(|error| panic!("{}: {error:?}", self.asked)).to_vec(),
        };
        self.actor.remember(&headers);
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answer { status, body, bytes, headers, asked: self.asked }
    }

    /// Sends it and leaves the body to be read as it comes; a stream may be longer than any answer.
    pub(crate) async fn stream(self) -> reqwest::Response {
        self.request()
            .timeout(Duration::from_secs(600))
            .send()
            .await
            .unwrap_or_else(|error| panic!("{}: {error:?}", self.asked))
    }
}
