//! The status codes that the driver relies on, asked in the same way of the virtual and of a real OctoPrint: what the
//! virtual printer answers is what a real one answers.

use reqwest::{
    Client, Method, StatusCode,
    multipart::{Form, Part},
};
use serde_json::{Value, json};

use super::{gcode, name};

/// What is sent and which status must come back.
pub async fn compare(address: &str, key: &str) {
    let asker = Asker { client: Client::new(), base: format!("http://{address}"), key: key.to_owned() };
    let ours = name(5).to_string();
    let other = name(6).to_string();
    let file = format!("/api/files/local/{ours}");
    let select = json!({"command": "select", "print": true});
    let to = |path: &str| json!({"command": "move", "destination": path});

    // Idle.
    asker.get("/api/version", 200).await;
    asker.get("/api/printer", 200).await;
    asker.get("/api/job", 200).await;
    asker.get("/api/server", 200).await;
    asker.get("/api/settings", 200).await;
    asker.get("/api/connection", 200).await;
    asker.get("/api/files/local", 200).await;
    asker.get(&file, 404).await;
    asker.post(&file, &select, 404).await;
    asker.post(&file, &to("imp-fenced/x.gcode"), 404).await;
    asker.call(Method::DELETE, &file, None, 404).await;
    asker.upload(&ours, 201).await;
    asker.upload(&ours, 409).await;
    asker.upload("imp-x.txt", 415).await;
    asker.get(&file, 200).await;
    asker.post("/api/job", &json!({"command": "pause", "action": "pause"}), 409).await;
    asker.post("/api/job", &json!({"command": "cancel"}), 409).await;
    asker.post(&file, &to(&format!("nowhere-{ours}/{ours}")), 500).await;
    asker.folder("imp-fenced", 201).await;
    asker.folder("imp-fenced", 201).await;
    asker.upload(&other, 201).await;
    asker.post(&file, &to(&other), 409).await;
    asker.post("/api/login", &json!({"passive": true}), 200).await;
    asker.post("/api/login", &json!({}), 400).await;

    // Printing.
    asker.post(&file, &select, 204).await;
    asker.until("Printing").await;
    asker.post(&file, &select, 409).await;
    asker.post(&format!("/api/files/local/{other}"), &select, 409).await;
    asker.post(&file, &to(&format!("imp-fenced/{ours}")), 409).await;
    asker.call(Method::DELETE, &file, None, 409).await;
    asker.upload(&ours, 409).await;
    asker.post("/api/job", &json!({"command": "pause", "action": "pause"}), 204).await;
    asker.until("Paused").await;
    asker.post("/api/job", &json!({"command": "pause", "action": "pause"}), 204).await;
    asker.post("/api/job", &json!({"command": "pause", "action": "somehow"}), 400).await;
    asker.post(&file, &to(&format!("imp-fenced/{ours}")), 409).await;
    asker.post("/api/job", &json!({"command": "pause", "action": "resume"}), 204).await;
    asker.until("Printing").await;
    asker.post("/api/job", &json!({"command": "cancel"}), 204).await;
    asker.until("Operational").await;

    // After the print: moved away, deleted.
    asker.moved(&file, &format!("imp-fenced/{ours}")).await;
    asker.get(&file, 404).await;
    asker.post(&file, &select, 404).await;
    asker.get(&format!("/api/files/local/imp-fenced/{ours}"), 200).await;
    asker.call(Method::DELETE, &format!("/api/files/local/imp-fenced/{ours}"), None, 204).await;

    // Without a serial link: the same 409 and the same words as when it prints.
    asker.post("/api/connection", &json!({"command": "disconnect"}), 204).await;
    asker.until("Offline").await;
    asker.get("/api/printer", 409).await;
    asker.get("/api/job", 200).await;
    asker.post(&format!("/api/files/local/{other}"), &select, 409).await;
    asker.post("/api/job", &json!({"command": "cancel"}), 409).await;
    asker.post("/api/connection", &json!({"command": "connect"}), 204).await;
    asker.until("Operational").await;
    asker.call(Method::DELETE, &format!("/api/files/local/{other}"), None, 204).await;

    // A wrong key is 403 where something is read, and 400 ("CSRF validation failed") where something is changed.
    let stranger = Asker { key: "0".repeat(32), ..asker };
    for path in ["/api/version", "/api/printer", "/api/job", "/api/files/local"] {
        stranger.get(path, 403).await;
    }
    stranger.post(&file, &select, 400).await;
    stranger.post("/api/job", &json!({"command": "cancel"}), 400).await;
    stranger.post("/api/login", &json!({"passive": true}), 400).await;
    stranger.call(Method::DELETE, &file, None, 400).await;
    stranger.upload(&ours, 400).await;
}

struct Asker {
    client: Client,
    base: String,
    key: String,
}

impl Asker {
    async fn get(&self, path: &str, expected: u16) {
        self.call(Method::GET, path, None, expected).await;
    }

    async fn post(&self, path: &str, body: &Value, expected: u16) {
        self.call(Method::POST, path, Some(body), expected).await;
    }

    /// A move that must succeed. In the moment after a print OctoPrint writes its record in a thread of its own, and a
    /// move at that moment was seen to answer 500, with the file moved or not. The driver takes that for "not known" and
    /// asks again until the file is gone from its place; so does this.
    async fn moved(&self, from: &str, destination: &str) {
        let command = json!({"command": "move", "destination": destination});
        let mut answers = Vec::new();
        for _ in 0..100 {
            let status = self.status(&Method::POST, from, Some(&command)).await.as_u16();
            answers.push(status);
            match status {
                201 => return,
                404 if answers.contains(&500) => return,
                409 | 500 => tokio::time::sleep(std::time::Duration::from_millis(100)).await,
                _ => break,
            }
        }
        panic!("move of {from}: {answers:?}");
    }

    async fn status(&self, method: &Method, path: &str, body: Option<&Value>) -> StatusCode {
        let request = self.client.request(method.clone(), format!("{}{path}", self.base));
        let request = request.header("X-Api-Key", &self.key);
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        request.send().await.unwrap().status()
    }

    async fn call(&self, method: Method, path: &str, body: Option<&Value>, expected: u16) {
        // A move waits while OctoPrint analyses the file: "in use", although nothing prints.
        let mut status = StatusCode::OK;
        for _ in 0..100 {
            status = self.status(&method, path, body).await;
            if status == expected || status != 409 || method != Method::POST {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        assert_eq!(status, expected, "{method} {path} {body:?}");
    }

    async fn form(&self, form: Form, what: &str, expected: u16) {
        let request = self.client.post(format!("{}/api/files/local", self.base)).header("X-Api-Key", &self.key);
        assert_eq!(request.multipart(form).send().await.unwrap().status(), expected, "{what}");
    }

    async fn upload(&self, name: &str, expected: u16) {
        let bytes = std::fs::read(gcode(1200, 100).path()).unwrap();
        let form = Form::new().text("noOverwrite", "true").part("file", Part::bytes(bytes).file_name(name.to_owned()));
        self.form(form, &format!("upload of {name}"), expected).await;
    }

    async fn folder(&self, name: &str, expected: u16) {
        self.form(Form::new().text("foldername", name.to_owned()), &format!("folder {name}"), expected).await;
    }

    async fn until(&self, state: &str) {
        for _ in 0..1500 {
            let request = self.client.get(format!("{}/api/job", self.base)).header("X-Api-Key", &self.key);
            let job: Value = request.send().await.unwrap().json().await.unwrap();
            if job["state"] == state {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("never {state}");
    }
}
