//! What people do while servers are killed: Guests and a Member send, others decide, one walks along the printers, looks at
//! what really happened, answers the questions, and clears plates.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::task::JoinSet;

use crate::book::{Kind, Reply, Request};
use crate::chance::Chance;
use crate::floor::Floor;
use crate::judge::{Start, called_off};

/// What people want.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// An ordinary day.
    Busy,
    /// Nothing new; everything is brought to an end.
    Closing,
}

/// People at work; they stop when told, after the call they are in.
pub(crate) struct AtWork {
    stop: Arc<AtomicBool>,
    tasks: JoinSet<()>,
}

impl AtWork {
    pub(crate) fn start(floor: &Arc<Floor>, chance: &Chance, mood: Mood) -> Self {
        let stop = Arc::<AtomicBool>::default();
        let mut tasks = JoinSet::new();
        let desk = |person: usize| Desk {
            floor: Arc::clone(floor),
            chance: chance.branch(),
            person,
            stop: Arc::clone(&stop),
            mood,
        };
        for person in 1..floor.people.len() {
            tasks.spawn(desk(person).send());
        }
        for person in [0, 1] {
            tasks.spawn(desk(person).decide());
        }
        tasks.spawn(desk(2).withdraw());
        tasks.spawn(desk(1).walk());
        Self { stop, tasks }
    }

    pub(crate) async fn stop(mut self) {
        self.stop.store(true, Ordering::SeqCst);
        while self.tasks.join_next().await.is_some() {}
    }
}

struct Desk {
    floor: Arc<Floor>,
    chance: Chance,
    person: usize,
    stop: Arc<AtomicBool>,
    mood: Mood,
}

impl Desk {
    fn goes_on(&self) -> bool {
        !self.stop.load(Ordering::SeqCst)
    }

    async fn pause(&self, low: u64, high: u64) {
        tokio::time::sleep(Duration::from_millis(self.chance.between(low, high))).await;
    }

    async fn get(&self, path: &str) -> Option<Value> {
        let url = self.floor.server(&self.chance)?;
        self.floor.people[self.person].get(&url, path).await.done()
    }

    async fn tab(&self, tab: &str) -> Vec<Value> {
        let page = self.get(&format!("/print-jobs?tab={tab}&limit=100")).await;
        page.and_then(|page| page["items"].as_array().cloned()).unwrap_or_default()
    }

    /// Acts on a job, and notes it before and after.
    async fn act(&self, job: &Value, kind: Kind, verb: &str, body: Value) {
        let (Some(url), Some(id), Some(sha)) =
            (self.floor.server(&self.chance), job["id"].as_str(), job["send_sha"].as_str())
        else {
            return;
        };
        let to = body["printer"].as_str().filter(|_| kind == Kind::Reroute).and_then(|id| id.parse().ok());
        let Some(place) = self.floor.book().sends(sha, kind, to) else { return };
        let answer = self.floor.people[self.person].post(&url, &format!("/print-jobs/{id}/{verb}"), &body).await;
        self.floor.book().hears(sha, place, answer.reply());
    }

    async fn send(self) {
        self.repeat_unanswered().await;
        if self.mood == Mood::Closing {
            return;
        }
        let me = &self.floor.people[self.person];
        let mut open = self.unended().await;
        while self.goes_on() {
            self.pause(60, 260).await;
            if open >= self.floor.enough() {
                open = self.unended().await;
                continue;
            }
            let Some(url) = self.floor.server(&self.chance) else { continue };
            let (name, key) = (uuid::Uuid::new_v4().simple().to_string(), uuid::Uuid::new_v4().to_string());
            let bytes = testkit::gcode(&name);
            let Some(upload) = me.upload(&url, &format!("{name}.gcode"), &bytes).await else { continue };
            let (kind, target) = self.floor.target(&self.chance);
            let body = json!({ "upload": upload, kind: target, "name": name });
            let sha = hex::encode(Sha256::digest(&bytes));
            let request = Request {
                key,
                person: self.person,
                guest: me.guest,
                body,
                accepted: None,
                reply: Reply::Silence,
                acts: Vec::new(),
            };
            self.floor.book().requests.insert(sha.clone(), request.clone());
            self.submit(&sha, &request).await;
            open += 1;
        }
    }

    async fn unended(&self) -> usize {
        let mut open = 0;
        for tab in ["needs_approval", "queue", "printing"] {
            open += self.tab(tab).await.len();
        }
        open
    }

    async fn submit(&self, sha: &str, request: &Request) {
        let Some(url) = self.floor.server(&self.chance) else { return };
        let answer = self.floor.people[request.person].submit(&url, &request.key, &request.body).await;
        let reply = answer.reply();
        let job = answer.done().unwrap_or_default();
        let told = job["id"].as_str().and_then(|id| id.parse().ok()).zip(job["number"].as_i64());
        self.floor.book().is_told(sha, reply, told);
    }

    /// What was never answered is sent again under its key, as a good client does; now and then also what was.
    async fn repeat_unanswered(&self) {
        let mine: Vec<_> = self
            .floor
            .book()
            .requests
            .iter()
            .filter(|(_, request)| request.person == self.person)
            .filter(|(_, request)| request.reply == Reply::Silence || self.chance.percent(2))
            .map(|(sha, request)| (sha.clone(), request.clone()))
            .collect();
        for (sha, request) in mine {
            if self.goes_on() {
                self.submit(&sha, &request).await;
            }
        }
    }

    async fn decide(self) {
        while self.goes_on() {
            self.pause(30, 120).await;
            for job in self.tab("needs_approval").await {
                if !self.goes_on() {
                    return;
                }
                let approve = json!({
                    "version": job["version"], "send_sha": job["send_sha"], "printer": job["printer"]["id"],
                });
                let sent_back = job["status"] == "sent_back";
                match (self.mood, self.chance.between(0, 99)) {
                    (Mood::Busy, 80..) => {}
                    (Mood::Busy, 72..) if !sent_back => {
                        self.act(&job, Kind::SendBack, "send-back", json!({ "message": "Thicker walls, please." }))
                            .await;
                    }
                    (_, 60..) => self.act(&job, Kind::Reject, "reject", json!({ "reason": null })).await,
                    _ if sent_back => {}
                    _ => self.act(&job, Kind::Approve, "approve", approve).await,
                }
            }
            if self.mood == Mood::Busy {
                self.change_my_mind().await;
            }
        }
    }

    /// Takes back, moves, or stops what was let go already.
    async fn change_my_mind(&self) {
        let tab = if self.chance.percent(80) { "queue" } else { "printing" };
        let jobs = self.tab(tab).await;
        if jobs.is_empty() || !self.chance.percent(40) {
            return;
        }
        let job = self.chance.pick(&jobs);
        if tab == "printing" {
            self.act(job, Kind::Abort, "abort", json!({})).await;
        } else if self.chance.percent(50) {
            let printers = self.floor.printers();
            let to = json!({ "printer": self.chance.pick(&printers) });
            self.act(job, Kind::Reroute, "reroute", to).await;
        } else {
            self.act(job, Kind::TakeBack, "take-back", json!({})).await;
        }
    }

    async fn withdraw(self) {
        while self.goes_on() {
            self.pause(80, 300).await;
            let mut own = self.tab("needs_approval").await;
            if self.mood == Mood::Closing {
                own.retain(|job| job["status"] == "sent_back");
            } else if self.chance.percent(50) {
                own.extend(self.tab("queue").await);
            }
            if !own.is_empty() && self.chance.percent(40) {
                self.act(self.chance.pick(&own), Kind::Withdraw, "withdraw", json!({})).await;
            }
        }
    }

    /// From printer to printer.
    async fn walk(self) {
        while self.goes_on() {
            self.pause(30, 90).await;
            for job in self.tab("printing").await {
                if job["status"] == "needs_attention" && self.goes_on() {
                    self.answer(&job).await;
                }
            }
            let Some(page) = self.get("/printers").await else { continue };
            for printer in page["items"].as_array().cloned().unwrap_or_default() {
                if printer["plate"]["clear"] == false && self.goes_on() {
                    self.clear(&printer).await;
                }
            }
        }
    }

    /// "Did it print?": by what the machine did last, unless that was answered already.
    async fn answer(&self, job: &Value) {
        let Some(sha) = job["send_sha"].as_str() else { return };
        let last = self.floor.starts().into_iter().rfind(|start| start.sha == sha);
        let answered = |start: &Start| self.floor.book().requests.get(sha).is_some_and(|of| called_off(of, start));
        let (kind, word) = match last.filter(|start| !answered(start)) {
            None => (Kind::DidNotPrint, "did_not_print"),
            Some(start) => match start.end.as_deref() {
                None => return, // it still prints; the person waits
                Some("finished") => (Kind::Printed, "printed"),
                // The power went at once: nothing is on the plate, and the person may call that "did not print".
                Some("power_loss") if self.chance.percent(50) => (Kind::DidNotPrint, "did_not_print"),
                Some(_) => (Kind::Failed, "failed"),
            },
        };
        self.act(job, kind, "resolve", json!({ "outcome": word, "plate_is_clear": true })).await;
    }

    async fn clear(&self, printer: &Value) {
        let at = self.floor.printers().iter().position(|id| printer["id"] == *id);
        let Some(machine) = at.and_then(|at| self.floor.machines.get(at)) else { return };
        if machine.state().printing.is_some() {
            return; // nobody reaches into a running machine
        }
        let Some(url) = self.floor.server(&self.chance) else { return };
        let path = format!("/printers/{}/plate-clear", printer["id"].as_str().unwrap_or_default());
        let person = &self.floor.people[self.person];
        drop(person.post(&url, &path, &json!({ "run": printer["plate"]["run"] })).await);
    }
}
