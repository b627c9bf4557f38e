//! One bounded HTTP call to a checked address, for every family. Never retries, follows, caches or reuses anything.
//!
//! Each call resolves, checks and connects anew: a start that was sent once is on the wire once (assumption A1), and
//! a name that changes its address between two calls is checked again.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use reqwest::{
    Method, RequestBuilder,
    header::{HOST, HeaderName, HeaderValue},
};
use serde::de::DeserializeOwned;
use tokio::net::TcpStream;

use crate::{Address, Fault, Networks, Reply, text::clean};

/// Longest answer that is read; the answers we ask for are a few kilobytes.
const LONGEST_ANSWER: usize = 512 * 1024;

/// The slowest upload that is waited for.
const SLOWEST_BYTES_PER_SECOND: u64 = 32 * 1024;

/// A name that no resolver is ever asked for: the client gets the checked addresses for it.
const CHECKED: &str = "checked.invalid";

/// How long to wait. Every call of a driver ends within a small multiple of these.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// For the name and for the connection.
    pub connect: Duration,
    /// For a whole call.
    pub call: Duration,
    /// For an upload, besides one second for every 32 KiB.
    pub upload: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(3), call: Duration::from_secs(10), upload: Duration::from_secs(30) }
    }
}

/// An answer, whatever its status.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    body: Bytes,
}

impl Answer {
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The printer's own reason if it gave one as JSON (`error`), else only the number: raw bodies are never shown.
    pub(crate) fn reason(&self) -> String {
        let json: Option<serde_json::Value> = self.json();
        match json.as_ref().and_then(|json| json.get("error")).and_then(|error| error.as_str()) {
            Some(text) => format!("{} ({})", clean(text), self.status),
            None => format!("HTTP status {}", self.status),
        }
    }

    /// Why a reading call was not answered as expected.
    pub(crate) fn fault(&self) -> Fault {
        match self.status {
            401 | 403 => Fault::BadCredential,
            200..=399 => Fault::WrongDevice,
            408 | 500.. => Fault::Unreachable,
            _ => Fault::Refused(self.reason()),
        }
    }

    /// What the status means for a command: only a clear 4xx is a no, only a 2xx is a yes.
    pub(crate) fn reply(&self) -> Reply {
        match self.status {
            200..=299 => Reply::Sent,
            400..=499 if ![408, 425, 429].contains(&self.status) => Reply::Refused(self.reason()),
            _ => Reply::Unknown,
        }
    }
}

/// A command whose call failed. Even a connection that was refused counts as unknown: the fence settles it.
pub(crate) fn reply_of(fault: Fault) -> Reply {
    match fault {
        Fault::AddressNotAllowed(_) | Fault::BadCredential => Reply::Refused(fault.to_string()),
        _ => Reply::Unknown,
    }
}

/// Everything needed to reach one printer.
pub(crate) struct Transport {
    pub(crate) address: Address,
    networks: Arc<Networks>,
    pub(crate) timeouts: Timeouts,
    /// `None` if the secret has characters that no header can carry.
    secret: Option<(HeaderName, HeaderValue)>,
}

impl Transport {
    pub(crate) fn new(
        address: Address,
        networks: Arc<Networks>,
        timeouts: Timeouts,
        header: HeaderName,
        secret: &str,
    ) -> Self {
        let secret = HeaderValue::from_str(secret.trim()).ok().filter(|value| !value.is_empty()).map(|mut value| {
            value.set_sensitive(true);
            (header, value)
        });
        Self { address, networks, timeouts, secret }
    }

    async fn checked(&self) -> Result<Vec<SocketAddr>, Fault> {
        self.networks.resolve(&self.address, self.timeouts.connect).await
    }

    /// A connection to a checked address, for other protocols than plain HTTP.
    pub(crate) async fn tcp(&self) -> Result<TcpStream, Fault> {
        for socket in self.checked().await? {
            if let Ok(Ok(stream)) = tokio::time::timeout(self.timeouts.connect, TcpStream::connect(socket)).await {
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
        }
        Err(Fault::Unreachable)
    }

    async fn request(&self, method: Method, path: &str) -> Result<RequestBuilder, Fault> {
        let (name, secret) = self.secret.as_ref().ok_or(Fault::BadCredential)?;
        let client = reqwest::Client::builder()
            .resolve_to_addrs(CHECKED, &self.checked().await?)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .http1_only()
            .pool_max_idle_per_host(0)
            .connect_timeout(self.timeouts.connect)
            .timeout(self.timeouts.call)
            .build()
            .map_err(|_| Fault::Unreachable)?;
        let url = format!("http://{CHECKED}:{}{path}", self.address.port());
        Ok(client.request(method, url).header(HOST, self.address.to_string()).header(name, secret))
    }

    async fn send(request: RequestBuilder) -> Result<Answer, Fault> {
        let mut response = request.send().await.map_err(|_| Fault::Unreachable)?;
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|_| Fault::Unreachable)? {
            if body.len() + chunk.len() > LONGEST_ANSWER {
                return Err(Fault::WrongDevice);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status: response.status().as_u16(), body: body.freeze() })
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Answer, Fault> {
        Self::send(self.request(Method::GET, path).await?).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Result<Answer, Fault> {
        Self::send(self.request(Method::DELETE, path).await?).await
    }

    pub(crate) async fn post(&self, path: &str, json: &serde_json::Value) -> Result<Answer, Fault> {
        Self::send(self.request(Method::POST, path).await?.json(json)).await
    }

    /// `size` decides how long to wait.
    pub(crate) async fn post_form(
        &self,
        path: &str,
        form: reqwest::multipart::Form,
        size: u64,
    ) -> Result<Answer, Fault> {
        let patience = self.timeouts.upload + Duration::from_secs(size / SLOWEST_BYTES_PER_SECOND);
        Self::send(self.request(Method::POST, path).await?.timeout(patience).multipart(form)).await
    }
}
