//! What people do, in one call each. Those that return a [`Value`] fail the test when they are refused; those that return
//! an [`Answer`] leave it to the test.

use std::time::Duration;

use axum::http::Method;
use serde_json::{Value, json};
use uuid::Uuid;
use virtual_printer::Handle;

use crate::{Actor, Answer, gcode};

/// How long a status may take to come.
const PATIENCE: Duration = Duration::from_secs(20);

/// The id in something that the API gave.
///
/// # Panics
/// There is none.
#[track_caller]
fn id(of: &Value) -> &str {
    of["id"].as_str().unwrap_or_else(|| panic!("no id in {of}"))
}

impl Actor {
    /// Uploads a file whole; the id of the upload.
    ///
    /// # Panics
    /// It is refused.
    pub async fn upload(&self, bytes: &[u8], name: &str) -> Uuid {
        let upload = self.post("/uploads", json!({ "name": name, "size": bytes.len() })).await.ok();
        let path = format!("/uploads/{}?offset=0", id(&upload));
        let sent = self.call(Method::PUT, &path).bytes(bytes).send().await.ok();
        assert_eq!(sent["complete"], true, "{sent}");
        id(&upload).parse().unwrap()
    }

    /// Makes an API token with these scopes; a program that acts by it.
    ///
    /// # Panics
    /// It is refused.
    pub async fn token_for(&self, scopes: &[&str]) -> Actor {
        let body = json!({ "name": format!("Script of {}", self.name), "scopes": scopes, "expires_in_days": 30 });
        let made = self.post("/account/tokens", body).await.ok();
        self.program(made["secret"].as_str().unwrap())
    }

    /// Sends a print job with a file of its own.
    ///
    /// # Panics
    /// It is refused.
    pub async fn send_job(&self, printer: Uuid, name: &str) -> Value {
        self.try_send_job(printer, name).await.ok()
    }

    /// Sends a print job with a file of its own; the upload must succeed.
    pub async fn try_send_job(&self, printer: Uuid, name: &str) -> Answer {
        let upload = self.upload(&gcode(name), &format!("{name}.gcode")).await;
        self.submit(&Uuid::new_v4().to_string(), json!({ "upload": upload, "printer": printer, "name": name })).await
    }

    /// Sends a print request under this `Idempotency-Key`.
    pub async fn submit(&self, key: &str, request: Value) -> Answer {
        self.call(Method::POST, "/print-jobs").header("idempotency-key", key).json(&request).send().await
    }

    /// One print job as this person sees it.
    pub async fn job(&self, job: &Value) -> Answer {
        self.get(&format!("/print-jobs/{}", id(job))).await
    }

    /// A part of a print job, such as `timeline`.
    pub async fn look(&self, job: &Value, part: &str) -> Answer {
        self.get(&format!("/print-jobs/{}/{part}", id(job))).await
    }

    /// An act on a print job, such as `take-back`.
    pub async fn act(&self, job: &Value, verb: &str, body: Value) -> Answer {
        self.post(&format!("/print-jobs/{}/{verb}", id(job)), body).await
    }

    /// Asks whoever can change the no to this action; `at` is a path such as `/printers/{id}`, or `/organization`.
    pub async fn ask(&self, at: &str, action: &str) -> Answer {
        self.post(&format!("{at}/requests"), json!({ "action": action })).await
    }

    /// The answer to "why not?" for one action.
    ///
    /// # Panics
    /// It is not answered.
    pub async fn why_not(&self, at: &str, action: &str) -> Value {
        let rows = self.get(&format!("{at}/permissions")).await.items();
        rows.into_iter().find(|row| row["action"] == action).unwrap_or_else(|| panic!("no row {action} at {at}"))
    }

    /// Asks the submitter of a locked print job to share its project.
    pub async fn ask_to_share(&self, job: &Value) -> Answer {
        self.ask(&format!("/print-jobs/{}", id(job)), "job.approve").await
    }

    /// Approves exactly what `job` shows.
    pub async fn approve(&self, job: &Value) -> Answer {
        self.act(job, "approve", json!({ "version": job["version"], "send_sha": job["send_sha"] })).await
    }

    /// Rejects.
    pub async fn reject(&self, job: &Value, reason: Option<&str>) -> Answer {
        self.act(job, "reject", json!({ "reason": reason })).await
    }

    /// Sends back.
    pub async fn send_back(&self, job: &Value, message: &str) -> Answer {
        self.act(job, "send-back", json!({ "message": message })).await
    }

    /// Takes an approval back.
    pub async fn take_back(&self, job: &Value) -> Answer {
        self.act(job, "take-back", json!({})).await
    }

    /// Reprints on the same printer.
    pub async fn reprint(&self, job: &Value) -> Answer {
        let path = format!("/print-jobs/{}/reprint", id(job));
        self.call(Method::POST, &path).fresh_key().json(&json!({})).send().await
    }

    /// Moves to another printer.
    pub async fn reroute(&self, job: &Value, printer: Uuid) -> Answer {
        self.act(job, "reroute", json!({ "printer": printer })).await
    }

    /// The print jobs of a tab, all pages.
    ///
    /// # Panics
    /// It is refused.
    pub async fn tab(&self, tab: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut path = format!("/print-jobs?tab={tab}&limit=200");
        loop {
            let page = self.get(&path).await;
            items.extend(page.items());
            let Some(next) = page.body["next"].as_str() else { return items };
            path = format!("/print-jobs?tab={tab}&limit=200&cursor={next}");
        }
    }

    /// Waits until a print job has this status; the job.
    ///
    /// # Panics
    /// It does not within twenty seconds.
    pub async fn wait_status(&self, job: &Value, status: &str) -> Value {
        self.wait_for(job, |seen| seen["status"] == status, status).await
    }

    /// Waits until a print job looks as `fits` wants it; the job.
    ///
    /// # Panics
    /// It does not within twenty seconds.
    pub async fn wait_for(&self, job: &Value, fits: impl Fn(&Value) -> bool, what: &str) -> Value {
        let until = tokio::time::Instant::now() + PATIENCE;
        loop {
            let seen = self.job(job).await.ok();
            if fits(&seen) {
                return seen;
            }
            assert!(
                tokio::time::Instant::now() < until,
                "{} never became {what}; it is {} ({})",
                seen["name"],
                seen["status"],
                seen["reason"]
            );
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }

    /// Adds a virtual printer; its id. Its plate is not clear yet.
    ///
    /// # Panics
    /// It is refused.
    pub async fn add_printer(&self, name: &str, machine: &Handle, shared: bool) -> Uuid {
        let request = json!({
            "name": name, "family": "octoprint", "address": machine.address().to_string(), "api_key": machine.api_key(),
            "share_with_organization": shared,
        });
        id(&self.post("/printers", request).await.ok()).parse().unwrap()
    }

    /// Adds a printer at an address where nobody answers; its id. The farm allows it with [`crate::Setup::network`].
    ///
    /// # Panics
    /// It is refused.
    pub async fn add_printer_at(&self, name: &str, address: &str, shared: bool) -> Uuid {
        id(&self.try_add_printer(name, address, shared).await.ok()).parse().unwrap()
    }

    /// Tries to add a printer at this address.
    pub async fn try_add_printer(&self, name: &str, address: &str, shared: bool) -> Answer {
        let request = json!({
            "name": name, "family": "octoprint", "address": address, "api_key": "a key", "share_with_organization": shared,
        });
        self.post("/printers", request).await
    }

    /// One printer as this person sees it.
    pub async fn printer(&self, printer: Uuid) -> Answer {
        self.get(&format!("/printers/{printer}")).await
    }

    /// Says that the plate is clear, for the run that is shown.
    ///
    /// # Panics
    /// It is refused.
    pub async fn clear_plate(&self, printer: Uuid) {
        let shown = self.printer(printer).await.ok();
        self.post(&format!("/printers/{printer}/plate-clear"), json!({ "run": shown["plate"]["run"] })).await.done();
    }

    /// Shares a printer with everybody, or ends that.
    ///
    /// # Panics
    /// It is refused.
    pub async fn share_printer(&self, printer: Uuid, shared: bool) {
        self.share_printer_with(printer, shared, &[]).await.done();
    }

    /// Makes the shares of a printer these, from what is shown now.
    pub async fn share_printer_with(&self, printer: Uuid, organization: bool, teams: &[Uuid]) -> Answer {
        let path = format!("/printers/{printer}/shares");
        let shown = self.get(&path).await;
        if !shown.is_ok() {
            return shown;
        }
        let body = json!({ "organization": organization, "teams": teams, "shown": shown.body["shown"] });
        self.put(&path, body).await
    }

    /// A new team with these people in it.
    ///
    /// # Panics
    /// It is refused.
    pub async fn new_team(&self, name: &str, people: &[Uuid]) -> Value {
        let team = self.post("/teams", json!({ "name": name })).await.ok();
        for person in people {
            self.put_into_team(&team, *person).await.done();
        }
        team
    }

    /// Puts somebody into a team.
    pub async fn put_into_team(&self, team: &Value, person: Uuid) -> Answer {
        self.call(Method::PUT, &format!("/teams/{}/people/{person}", id(team))).send().await
    }

    /// Takes somebody out of a team.
    pub async fn take_out_of_team(&self, team: &Value, person: Uuid) -> Answer {
        self.delete(&format!("/teams/{}/people/{person}", id(team))).await
    }

    /// A new printer group with these printers in it.
    ///
    /// # Panics
    /// It is refused.
    pub async fn new_printer_group(&self, name: &str, printers: &[Uuid]) -> Value {
        self.post("/printer-groups", json!({ "name": name, "printers": printers })).await.ok()
    }

    /// Puts a printer into a printer group.
    pub async fn put_into_group(&self, group: &Value, printer: Uuid) -> Answer {
        self.call(Method::PUT, &format!("/printer-groups/{}/printers/{printer}", id(group))).send().await
    }

    /// Sends a print job with a file of its own to a printer group.
    pub async fn try_send_to_group(&self, group: &Value, name: &str) -> Answer {
        let upload = self.upload(&gcode(name), &format!("{name}.gcode")).await;
        let request = json!({ "upload": upload, "printer_group": group["id"], "name": name });
        self.submit(&Uuid::new_v4().to_string(), request).await
    }

    /// Sends a print job with a file of its own to a printer group.
    ///
    /// # Panics
    /// It is refused.
    pub async fn send_to_group(&self, group: &Value, name: &str) -> Value {
        self.try_send_to_group(group, name).await.ok()
    }

    /// Changes settings at their current version.
    pub async fn settings(&self, change: Value) -> Answer {
        let mut body = change;
        body["version"] = self.get("/settings").await.ok()["version"].clone();
        self.put("/settings", body).await
    }

    /// Changes somebody's role.
    pub async fn change_role(&self, person: &Actor, role: &str) -> Answer {
        self.patch(&format!("/people/{}", person.id), json!({ "role": role })).await
    }

    /// Removes somebody.
    pub async fn remove_person(&self, person: &Actor) -> Answer {
        self.delete(&format!("/people/{}", person.id)).await
    }

    /// Brings somebody back who was removed.
    pub async fn restore_person(&self, person: &Actor) -> Answer {
        self.post(&format!("/people/{}/restore", person.id), json!({})).await
    }

    /// Makes an invitation; its secret.
    ///
    /// # Panics
    /// It is refused.
    pub async fn invite(&self, role: &str) -> String {
        let link = self.post("/invitations", json!({ "role": role })).await.ok();
        link["link"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
    }

    /// Accepts an invitation by its secret.
    pub async fn accept(&self, secret: &str) -> Answer {
        self.post(&format!("/invitations/{secret}/accept"), json!({})).await
    }
}
