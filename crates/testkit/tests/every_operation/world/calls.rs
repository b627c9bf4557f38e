//! The calls, ready to be sent: what stands for the placeholders of `operations.rs`.

use testkit::{Actor, Call, Method, Plan, gcode, json};

use super::*;

impl World<'_> {
    /// The call of `by`, ready to be sent; what it needs besides is made by `helper`, the same person at a browser, now.
    pub async fn prepare(
        &mut self,
        by: &Actor,
        helper: &Actor,
        (method, path, body): (&str, &str, &str),
        case: &Case,
    ) -> Call {
        self.count += 1;
        let id = case.id();
        let mut path = path.replace("{id}", &id);
        if let Case::Group { bench, .. } = case {
            path = path.replace("{printer}", &bench.id.to_string());
        }
        if let Case::Team { admin, .. } = case {
            path = path.replace("{person}", &admin.to_string());
        }
        if let Case::Project { shelf, .. } = case {
            path = path.replace("{file}", &shelf.file.to_string()).replace("$project", &shelf.id.to_string());
        }
        let call = by.call(method.parse::<Method>().unwrap(), &path).fresh_key();
        if body == "bytes" {
            return call.bytes(gcode("a"));
        }
        if body.is_empty() {
            return call;
        }
        let mut text = body.replace("$new", &format!("new-{}", self.count));
        if text.contains("$address") {
            text = text.replace("$address", &self.new_address());
        }
        if let Some(list) = text.strip_prefix("csv:") {
            return call.header("content-type", "text/csv").bytes(list);
        }
        if text.contains("$upload") {
            let upload = match helper.get("/session").await {
                session if session.is_ok() && session.body["organization"].is_object() => {
                    helper.upload(&gcode("b"), "b.gcode").await
                }
                _ => Uuid::new_v4(),
            };
            text = text.replace("$upload", &upload.to_string());
        }
        if text.contains("$settings") {
            let settings = helper.get("/settings").await;
            let version = if settings.is_ok() { settings.body["version"].clone() } else { json!(1) };
            text = text.replace("\"$settings\"", &version.to_string());
            text = text.replace("\"$seconds\"", &(self.count % 60).to_string());
        }
        if text.contains("$shown") {
            let at = if matches!(case, Case::Printer(_)) { "printers" } else { "projects" };
            let shares = by.get(&format!("/{at}/{id}/shares")).await.body;
            let teams = shares["teams"].as_array().into_iter().flatten().filter(|team| team["shared"] == true);
            let teams: Vec<_> = teams.map(|team| team["id"].to_string()).collect();
            text = text.replace("$shown", shares["shown"].as_str().unwrap_or("0"));
            text = text.replace("\"$teams\"", &teams.join(","));
        }
        match case {
            Case::Job { job, .. } => {
                text = text.replace("$job", &id).replace("\"$version\"", &job["version"].to_string());
                text = text.replace("$sha", job["send_sha"].as_str().unwrap());
            }
            Case::Project { shelf, .. } => text = self.project_body(by, shelf, text).await,
            Case::Printer(bench) => {
                text = text.replace("\"$shared\"", &bench.shares.organization.to_string());
                text = text.replace("$name", bench.name);
            }
            Case::Plain
            | Case::Id(_)
            | Case::Foreign(_)
            | Case::Upload { .. }
            | Case::Team { .. }
            | Case::Group { .. } => {}
        }
        text = text.replace("$other", &self.other.to_string()).replace("$printer", &id).replace("$id", &id);
        text = text.replace("$own", &self.farm.org().to_string());
        call.json(&serde_json::from_str(&text).unwrap_or_else(|e| panic!("{text}: {e}")))
    }

    async fn project_body(&self, by: &Actor, shelf: &Shelf, text: String) -> String {
        let mut text = text.replace("$project", &shelf.id.to_string());
        text = text.replace("$bench", &self.benches[OF_ALL].id.to_string());
        text = text.replace("\"$organization\"", &shelf.shares.organization.to_string());
        if text.contains("$revision") {
            let version = by.get(&format!("/projects/{}", shelf.id)).await.body["version"].as_i64().unwrap_or(1);
            text = text.replace("\"$revision\"", &version.to_string());
        }
        if text.contains("$into") {
            let bytes = gcode(&self.count.to_string());
            let announced = by.announce_for(&json!({ "id": shelf.id }), "more.gcode", bytes.len() as u64).await;
            let into = announced.body["id"].as_str().map_or_else(|| Uuid::new_v4().to_string(), str::to_owned);
            if announced.is_ok() {
                by.send_bytes(&announced.body, &bytes).await.done();
            }
            text = text.replace("$into", &into);
        }
        text
    }

    /// Sends it as things are on a plan without Guests, and brings the plan back.
    pub async fn on_essentials(&self, call: Call) -> testkit::Answer {
        self.farm.set_plan(Plan::Essentials).await;
        let answer = call.send().await;
        self.farm.set_plan(Plan::Professional).await;
        answer
    }
}
