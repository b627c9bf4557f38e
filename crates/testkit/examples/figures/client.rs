//! A small client: kept connections, one request after the other on each, every answer read to its end.

use std::time::Instant;

use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;
use testkit::Uuid;

/// A signed-in person (or nobody yet).
#[derive(Clone)]
pub struct Browser {
    http: Client,
    url: String,
    token: Option<String>,
}

/// Milliseconds of each answer, and of processor time for one.
pub struct Load {
    pub latency: Vec<f64>,
    pub cpu: f64,
    pub database_cpu: f64,
}

impl Browser {
    pub fn new(url: &str) -> Self {
        Self { http: Client::builder().no_proxy().build().unwrap(), url: url.to_owned(), token: None }
    }

    pub fn with(self, token: String) -> Self {
        Self { token: Some(token), ..self }
    }

    pub fn call(&self, method: Method, path: &str) -> RequestBuilder {
        let mut request = self.http.request(method, format!("{}/api/v1{path}", self.url)).header("x-imprimatur", "1");
        if let Some(token) = &self.token {
            request = request.header("cookie", format!("imprimatur={token}"));
        }
        request
    }

    pub async fn get(&self, path: &str) -> Value {
        read(self.call(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Value {
        self.send(Method::POST, path, body).await
    }

    pub async fn send(&self, method: Method, path: &str, body: &Value) -> Value {
        let request = self.call(method, path).header("idempotency-key", Uuid::new_v4().to_string());
        read(request.header("content-type", "application/json").body(body.to_string())).await
    }

    /// Sends what makes a session, and keeps it.
    pub async fn enter(mut self, path: &str, body: &Value) -> Self {
        let request = self.call(Method::POST, path).header("content-type", "application/json").body(body.to_string());
        let response = request.send().await.unwrap();
        assert!(response.status().is_success(), "{path}: {}", response.status());
        let cookie = response.headers().get("set-cookie").unwrap().to_str().unwrap().to_owned();
        self.token = Some(cookie.split(';').next().unwrap().split_once('=').unwrap().1.to_owned());
        self
    }

    /// Uploads a file whole; its id.
    pub async fn upload(&self, name: &str, bytes: Vec<u8>) -> Value {
        let upload = self.post("/uploads", &serde_json::json!({ "name": name, "size": bytes.len() })).await;
        let id = upload["id"].as_str().unwrap();
        read(self.call(Method::PUT, &format!("/uploads/{id}?offset=0")).body(bytes)).await
    }
}

async fn read(request: RequestBuilder) -> Value {
    let response = request.send().await.unwrap();
    let (status, url) = (response.status(), response.url().to_string());
    let text = response.text().await.unwrap();
    assert!(status.is_success(), "{url}: {status} {text}");
    serde_json::from_str(&text).unwrap_or(Value::Null)
}

/// Whether there is such a page for this person.
pub async fn may(server: &crate::server::Running, token: &str, path: &str) -> bool {
    let browser = Browser::new(&server.url).with(token.to_owned());
    browser.call(Method::GET, path).send().await.unwrap().status().is_success()
}

/// Each of the server's eight connections to a database has then been asked, and has planned what it is asked.
const BEFORE: usize = 24;

/// Asks `path` `times` times on each of `connections` connections.
pub async fn load(server: &crate::server::Running, token: &str, path: &str, connections: usize, times: usize) -> Load {
    let browsers: Vec<_> = (0..connections).map(|_| Browser::new(&server.url).with(token.to_owned())).collect();
    for _ in 0..BEFORE {
        for browser in &browsers {
            browser.get(path).await;
        }
    }
    let (cpu, database_cpu) = (server.cpu(), server.database_cpu().await);
    let mut tasks = Vec::new();
    for browser in browsers {
        let path = path.to_owned();
        tasks.push(tokio::spawn(async move {
            let mut latency = Vec::with_capacity(times);
            for _ in 0..times {
                let begin = Instant::now();
                browser.get(&path).await;
                latency.push(begin.elapsed().as_secs_f64() * 1e3);
            }
            latency
        }));
    }
    let mut latency = Vec::new();
    for task in tasks {
        latency.extend(task.await.unwrap());
    }
    #[expect(clippy::cast_precision_loss, reason = "a small count")]
    let n = latency.len() as f64;
    let database_cpu = (server.database_cpu().await - database_cpu) * 1e3 / n;
    Load { cpu: (server.cpu() - cpu) * 1e3 / n, database_cpu, latency }
}
