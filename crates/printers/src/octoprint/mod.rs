//! The driver for OctoPrint (1.5 and later): its REST interface and its push channel. docs/printers.md has the facts.
//!
//! May not decide anything about jobs, and may not name a file that is not ours in a command.

mod answers;
mod bytes;
mod fence;
mod push;

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::RemoteName;
use reqwest::{
    Body,
    header::HeaderName,
    multipart::{Form, Part},
};
use serde_json::json;

use crate::{
    Address, Driver, Evidence, Expected, Fault, Fence, Identity, Networks, Observation, PrinterState, Reply, Timeouts,
    Verified, Witness,
    text::clean,
    transport::{Answer, Transport, reply_of},
};
use answers::{File, Job, Printer, Version};

/// The folder that fenced files are moved to.
const FENCED: &str = "imp-fenced";

/// One OctoPrint. Clones of nothing: keep one for as long as the printer is known.
pub struct OctoPrint {
    http: Arc<Transport>,
    push: push::Push,
}

impl fmt::Debug for OctoPrint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OctoPrint").field("address", &self.http.address.to_string()).finish_non_exhaustive()
    }
}

/// The path of a file's resource. Our names need no escaping.
fn resource(path: &str) -> String {
    format!("/api/files/local/{path}")
}

fn fenced(name: &RemoteName) -> String {
    format!("{FENCED}/{name}")
}

/// A change with a key that it does not know is a forged browser request to OctoPrint: 400, not 403.
fn said(answer: &Answer) -> Reply {
    match answer.reply() {
        Reply::Refused(reason) if [401, 403].contains(&answer.status) || reason.starts_with("CSRF") => {
            Reply::Refused(Fault::BadCredential.to_string())
        }
        reply => reply,
    }
}

impl OctoPrint {
    /// Makes the driver; nothing is sent yet. `api_key` is a user's or an application's key.
    #[must_use]
    pub fn new(address: Address, api_key: String, networks: Arc<Networks>, timeouts: Timeouts) -> Self {
        let header = HeaderName::from_static("x-api-key");
        let http = Arc::new(Transport::new(address, networks, timeouts, header, &api_key));
        Self { push: push::Push::new(http.clone()), http }
    }

    async fn job(&self) -> Result<Job, Fault> {
        let answer = self.http.get("/api/job").await?;
        match answer.status {
            200 => answer.json().ok_or(Fault::WrongDevice),
            404 => Err(Fault::WrongDevice),
            _ => Err(answer.fault()),
        }
    }

    /// `None`: it answers, but there is no serial link.
    async fn printer(&self) -> Result<Option<Printer>, Fault> {
        let answer = self.http.get("/api/printer?exclude=sd").await?;
        match answer.status {
            200 => answer.json().map(Some).ok_or(Fault::WrongDevice),
            409 => Ok(None),
            404 => Err(Fault::WrongDevice),
            _ => Err(answer.fault()),
        }
    }

    /// State and job come by two calls; they are only believed together if they do not contradict each other.
    async fn look(&self) -> Result<(PrinterState, Job, Option<Printer>), Fault> {
        for last in [false, false, true] {
            let job = self.job().await?;
            let printer = self.printer().await?;
            let state = printer.as_ref().map_or(PrinterState::NotReady, Printer::state);
            if last || job.state().is_none_or(|said| said == state) {
                return Ok((state, job, printer));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Err(Fault::Unreachable)
    }

    /// `None`: the printer says that there is no such file.
    async fn file(&self, path: &str) -> Result<Option<File>, Fault> {
        let answer = self.http.get(&resource(path)).await?;
        match answer.status {
            200 => match answer.json::<File>() {
                Some(file) if file.path == path => Ok(Some(file)),
                // The answer to another question: ours is not answered.
                Some(_) => Err(Fault::Unreachable),
                None => Err(Fault::WrongDevice),
            },
            404 => Ok(None),
            _ => Err(answer.fault()),
        }
    }

    async fn identified(&self) -> Result<String, Fault> {
        let answer = self.http.get("/api/version").await?;
        match answer.status {
            200 => answer.json::<Version>().and_then(|version| version.product()).ok_or(Fault::WrongDevice),
            401 | 403 => Err(Fault::BadCredential),
            408 | 500.. => Err(Fault::Unreachable),
            _ => Err(Fault::WrongDevice),
        }
    }

    /// Is `expected` what runs or is paused now? Only then may a job command be sent.
    async fn job_command(&self, expected: &RemoteName, command: serde_json::Value) -> Reply {
        match self.observe().await {
            Ok(seen) if seen.running.as_deref() == Some(expected.as_str()) => (),
            Ok(_) => return Reply::Refused("another file or nothing is printing".to_owned()),
            Err(fault) => return reply_of(fault),
        }
        match self.http.post("/api/job", &command).await {
            Ok(answer) => said(&answer),
            Err(fault) => reply_of(fault),
        }
    }

    async fn try_upload(&self, name: &RemoteName, file: &Expected<'_>) -> Result<Reply, Fault> {
        let unreadable = |_| Fault::Refused("the file cannot be read on the server".to_owned());
        let bytes = bytes::guarded(file).await.map_err(unreadable)?;
        let part = Part::stream_with_length(Body::wrap_stream(bytes), file.size).file_name(name.to_string());
        // No `print` and no `select`: an upload never starts anything (dispatch.md D2).
        let form = Form::new().text("noOverwrite", "true").part("file", part);
        Ok(said(&self.http.post_form("/api/files/local", form, file.size).await?))
    }
}

#[async_trait]
impl Driver for OctoPrint {
    async fn identify(&self) -> Result<Identity, Fault> {
        Ok(Identity { product: self.identified().await?, serial: None })
    }

    async fn observe(&self) -> Result<Observation, Fault> {
        let (state, job, printer) = self.look().await?;
        let busy = |state| matches!(state, PrinterState::Printing | PrinterState::Paused);
        // A name next to a contradicting state belongs to another moment.
        let running = job.selected().filter(|_| busy(state) && job.state().is_none_or(busy));
        let celsius = |part| printer.as_ref().and_then(|printer| printer.celsius(part));
        Ok(Observation {
            state,
            running: running.as_deref().map(clean),
            percent: job.percent().filter(|_| busy(state)),
            time_left_s: job.time_left_s().filter(|_| busy(state)),
            nozzle_c: celsius("tool0"),
            bed_c: celsius("bed"),
            text: job.text(),
        })
    }

    async fn upload(&self, name: &RemoteName, file: &Expected<'_>) -> Reply {
        match self.try_upload(name, file).await {
            Ok(reply) => reply,
            Err(Fault::Refused(reason)) => Reply::Refused(reason),
            Err(fault) => reply_of(fault),
        }
    }

    async fn verify(&self, name: &RemoteName, expected: &Expected<'_>) -> Result<Verified, Fault> {
        let Some(file) = self.file(name.as_str()).await? else { return Ok(Verified::Missing) };
        if file.size != Some(expected.size) {
            return Ok(Verified::Different);
        }
        let Some(said) = file.hash else { return Ok(Verified::Same) };
        // `None`: the file on our disk is gone or another one by now, and says nothing about what was authorized.
        let ours = bytes::sha1_of(expected).await.unwrap_or(None);
        Ok(if ours.is_some_and(|ours| said.eq_ignore_ascii_case(&ours)) { Verified::Same } else { Verified::Different })
    }

    async fn start(&self, name: &RemoteName) -> Reply {
        // Never `/api/job` `start`: that starts whatever is selected.
        match self.http.post(&resource(name.as_str()), &json!({"command": "select", "print": true})).await {
            Ok(answer) => said(&answer),
            Err(fault) => reply_of(fault),
        }
    }

    async fn fence(&self, name: &RemoteName) -> Fence {
        self.fence_file(name).await.unwrap_or(Fence::Unreachable)
    }

    async fn evidence_since(&self, name: &RemoteName, witness: Option<&dyn Witness>) -> Result<Evidence, Fault> {
        self.evidence(name, witness).await
    }

    async fn remove(&self, name: &RemoteName) -> Reply {
        let mut worst = Reply::Sent;
        for path in [name.to_string(), fenced(name)] {
            match self.http.delete(&resource(&path)).await {
                Ok(answer) if answer.status == 404 => (),
                Ok(answer) => match said(&answer) {
                    Reply::Sent => (),
                    other => worst = other,
                },
                Err(fault) => return reply_of(fault),
            }
        }
        worst
    }

    async fn pause(&self, expected: &RemoteName) -> Reply {
        // Without `action` the command toggles.
        self.job_command(expected, json!({"command": "pause", "action": "pause"})).await
    }

    async fn resume(&self, expected: &RemoteName) -> Reply {
        self.job_command(expected, json!({"command": "pause", "action": "resume"})).await
    }

    async fn cancel(&self, expected: &RemoteName) -> Reply {
        self.job_command(expected, json!({"command": "cancel"})).await
    }

    async fn witness(&self) -> Option<Box<dyn Witness>> {
        self.push.witness().await
    }
}
