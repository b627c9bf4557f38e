//! What people do in the library, in one call each; like `acts`.

use axum::http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{Actor, Answer};

#[track_caller]
fn id(of: &Value) -> &str {
    of["id"].as_str().unwrap_or_else(|| panic!("no id in {of}"))
}

impl Actor {
    /// Creates a library project.
    ///
    /// # Panics
    /// It is refused.
    pub async fn new_project(&self, name: &str) -> Value {
        self.post("/projects", json!({ "name": name })).await.ok()
    }

    /// Something of a project: `""`, `/files`, `/shares`, ...
    pub async fn in_project(&self, project: &Value, part: &str) -> Answer {
        self.get(&format!("/projects/{}{part}", id(project))).await
    }

    /// Announces a file for a project.
    pub async fn announce_for(&self, project: &Value, name: &str, size: u64) -> Answer {
        self.post("/uploads", json!({ "name": name, "size": size, "project": id(project) })).await
    }

    /// Sends the bytes of an announced upload whole.
    pub async fn send_bytes(&self, upload: &Value, bytes: &[u8]) -> Answer {
        self.call(Method::PUT, &format!("/uploads/{}?offset=0", id(upload))).bytes(bytes).send().await
    }

    /// Uploads a file into a project: announced, sent, added.
    ///
    /// # Panics
    /// It is refused.
    pub async fn put_file(&self, project: &Value, name: &str, bytes: &[u8]) -> Value {
        let upload = self.announce_for(project, name, bytes.len() as u64).await.ok();
        assert_eq!(self.send_bytes(&upload, bytes).await.ok()["complete"], true);
        self.post(&format!("/projects/{}/files", id(project)), json!({ "upload": upload["id"] })).await.ok()
    }

    /// Makes the shares of a project these, from what is shown now.
    pub async fn share(&self, project: &Value, organization: bool, teams: &[Uuid]) -> Answer {
        let path = format!("/projects/{}/shares", id(project));
        let shown = self.get(&path).await;
        if !shown.is_ok() {
            return shown;
        }
        let body = json!({ "organization": organization, "teams": teams, "shown": shown.body["shown"] });
        self.put(&path, body).await
    }

    /// Prints a file of a project.
    pub async fn print_file(&self, project: &Value, file: &Value, printer: Uuid) -> Answer {
        let path = format!("/projects/{}/files/{}/print", id(project), id(file));
        self.call(Method::POST, &path).fresh_key().json(&json!({ "printer": printer })).send().await
    }

    /// Copies a print job into a project.
    pub async fn copy_job(&self, job: &Value, project: &Value) -> Answer {
        self.act(job, "copy-to-project", json!({ "project": project["id"] })).await
    }
}
