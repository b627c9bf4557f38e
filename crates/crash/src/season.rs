//! A season: one installation, from its set-up to the last job's end, through many rounds. A round is at least one server
//! that ends, what it left checked, and a restart.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use serde_json::json;
use testkit::{Engine, Place};

use crate::chance::Chance;
use crate::floor::Floor;
use crate::judge::{Seen, Verdict, judge};
use crate::people::{AtWork, Mood};
use crate::servers::{Recipe, Server};
use crate::tally::Tally;
use crate::{Findings, database};

/// A server gets so long to reach its fail point.
const PATIENCE: Duration = Duration::from_millis(3500);
/// After the last round everything must have come to an end within this time.
const CLOSING: Duration = Duration::from_secs(120);
const PASSWORD: &str = "a good long password";

/// A running server and when it is killed at the latest.
struct Slot {
    server: Server,
    point: Option<fail_point::Point>,
    until: Instant,
}

pub(crate) struct Season {
    engine: Engine,
    chance: Chance,
    floor: Arc<Floor>,
    recipe: Recipe,
    slots: Vec<Option<Slot>>,
    orphans: bool,
    folder: Option<tempfile::TempDir>,
    _place: Place,
}

impl Season {
    pub(crate) async fn open(engine: Engine, binary: PathBuf, chance: Chance) -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
        let place = Place::new(engine, folder.path()).await;
        let floor = Floor::new(&chance).await?;
        let addresses: Vec<_> = floor.machines.iter().map(|machine| machine.address().to_string()).collect();
        // The same protocol with short times: nothing here changes what is done.
        let settings = format!(
            "printer_networks = []\nprinter_exceptions = {addresses:?}\npassword_memory_kib = 1024\nlease_ms = 1000\n\
             tick_ms = 50\nobserve_ms = 40\nwatch_ms = 200\nread_back_ms = 500\nsettle_ms = 60\nrecord_ms = 300\nagain_ms = 150\n\
             printer_connect_ms = 400\nprinter_call_ms = 500\nprinter_upload_ms = 500\n"
        );
        std::fs::write(folder.path().join("imprimatur.toml"), settings).map_err(|e| e.to_string())?;
        let recipe = Recipe { binary, folder: folder.path().to_owned(), database: place.address().to_owned() };
        let slots = if engine == Engine::Postgres { vec![None, None] } else { vec![None] };
        let season = Self { engine, chance, floor, recipe, slots, orphans: false, folder: Some(folder), _place: place };
        season.settle().await?;
        Ok(season)
    }

    /// Keeps the folder for whoever looks for the reason.
    pub(crate) fn keep(&mut self) -> Option<PathBuf> {
        self.folder.take().map(tempfile::TempDir::keep)
    }

    /// People, printers, settings; by the API.
    async fn settle(&self) -> Result<(), String> {
        let server = self.recipe.start(9, None, true)?;
        let url = server.url.clone();
        let people = &self.floor.people;
        let (admin, said) = (&people[0], |what: &str| format!("setting up: {what} was refused"));
        let first = json!({
            "token": server.setup, "organization": "The crash farm", "name": admin.name, "email": admin.email(),
            "password": PASSWORD, "approval": true,
        });
        admin.post(&url, "/setup", &first).await.done().ok_or_else(|| said("the first Admin"))?;
        let settings = admin.get(&url, "/settings").await.done().ok_or_else(|| said("reading settings"))?;
        let window = json!({ "version": settings["version"], "undo_window_s": 0 });
        admin.put(&url, "/settings", &window).await.done().ok_or_else(|| said("the undo window"))?;
        for person in &people[1..] {
            let account = json!({ "email": person.email(), "name": person.name, "password": PASSWORD });
            person.post(&url, "/accounts", &account).await.done().ok_or_else(|| said("an account"))?;
            let role = json!({ "role": if person.guest { "guest" } else { "member" } });
            let link = admin.post(&url, "/invitations", &role).await.done().ok_or_else(|| said("an invitation"))?;
            let secret = link["link"].as_str().and_then(|l| l.rsplit('/').next()).unwrap_or_default().to_owned();
            let accept = person.post(&url, &format!("/invitations/{secret}/accept"), &json!({})).await;
            accept.done().ok_or_else(|| said("accepting"))?;
        }
        for (n, machine) in self.floor.machines.iter().enumerate() {
            let printer = json!({
                "name": format!("Bench {n}"), "family": "octoprint", "address": machine.address().to_string(),
                "api_key": machine.api_key(), "share_with_organization": true,
            });
            let added = admin.post(&url, "/printers", &printer).await.done().ok_or_else(|| said("a printer"))?;
            let id = added["id"].as_str().unwrap_or_default().to_owned();
            self.floor.printers.lock().unwrap_or_else(PoisonError::into_inner).push(id);
        }
        let group = json!({ "name": "Benches", "printers": self.floor.printers() });
        let group = admin.post(&url, "/printer-groups", &group).await.done().ok_or_else(|| said("a printer group"))?;
        self.floor.is_grouped(group["id"].as_str().unwrap_or_default().to_owned());
        server.kill();
        Ok(())
    }

    fn show_servers(&self) {
        let urls = self.slots.iter().flatten().map(|slot| slot.server.url.clone()).collect();
        *self.floor.servers.lock().unwrap_or_else(PoisonError::into_inner) = urls;
    }

    /// Starts what does not run, each told where or when to end.
    fn start(&mut self, aimed: bool, tally: &mut Tally) -> Result<(), String> {
        for number in 0..self.slots.len() {
            if self.slots[number].is_some() {
                continue;
            }
            let to_do = !tally.missing(self.engine).is_empty();
            let kill = (aimed || self.chance.percent(if to_do { 85 } else { 50 }))
                .then(|| tally.next(self.engine, &self.chance, self.orphans));
            let lives = if kill.is_some() { PATIENCE } else { Duration::from_millis(self.chance.between(60, 1400)) };
            let server = self.recipe.start(number, kill, false)?;
            self.slots[number] =
                Some(Slot { server, point: kill.map(|(point, _)| point), until: Instant::now() + lives });
        }
        self.show_servers();
        Ok(())
    }

    /// One round. `aimed`: no server is killed at random.
    pub(crate) async fn round(
        &mut self,
        aimed: bool,
        tally: &mut Tally,
        findings: &mut Findings,
    ) -> Result<(), String> {
        self.start(aimed, tally)?;
        let points: Vec<_> = self.slots.iter().flatten().filter_map(|slot| slot.point).collect();
        self.floor.misbehave(&self.chance, &points);
        let people = AtWork::start(&self.floor, &self.chance, Mood::Busy);
        let over = |slot: &mut Slot| slot.server.has_ended() || Instant::now() >= slot.until;
        while !self.slots.iter_mut().flatten().any(over) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        // With two: the other takes over, or ends as well.
        let both = self.chance.percent(40);
        if self.slots.len() > 1 {
            tokio::time::sleep(Duration::from_millis(self.chance.between(0, 600))).await;
        }
        for slot in &mut self.slots {
            let ends = slot.as_mut().is_some_and(|slot| over(slot) || (both && slot.point.is_none()));
            if ends && let Some(Slot { server, .. }) = slot.take() {
                ended(server, self.engine, tally, findings);
            }
        }
        self.show_servers();
        people.stop().await;
        self.check(false, findings).await
    }

    async fn check(&mut self, at_the_end: bool, findings: &mut Findings) -> Result<(), String> {
        let found = database::look(&self.recipe.database, &self.recipe.folder).await?;
        self.orphans = found.orphans;
        findings.broken.extend(found.broken);
        // The ledgers after the database: a print that the database knows has begun is in them.
        let seen = Seen { rows: found.rows, starts: self.floor.starts(), files: self.floor.files() };
        let book = self.floor.book();
        findings.verdict.add(judge(&book, &seen, at_the_end));
        findings.verdict.twice.extend(book.contradictions.iter().cloned());
        Ok(())
    }

    /// The last kill, good weather, and everything comes to an end.
    pub(crate) async fn close(&mut self, tally: &mut Tally, findings: &mut Findings) -> Result<(), String> {
        for slot in &mut self.slots {
            if let Some(Slot { server, .. }) = slot.take() {
                ended(server, self.engine, tally, findings);
            }
        }
        self.floor.behave();
        let until = Instant::now() + CLOSING;
        for number in 0..self.slots.len() {
            let server = self.recipe.start(number, None, false)?;
            self.slots[number] = Some(Slot { server, point: None, until });
        }
        self.show_servers();
        let people = AtWork::start(&self.floor, &self.chance, Mood::Closing);
        while !self.all_is_done().await && Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        people.stop().await;
        self.ask_the_api(&mut findings.verdict).await;
        for slot in &mut self.slots {
            if let Some(Slot { server, .. }) = slot.take() {
                ended(server, self.engine, tally, findings);
            }
        }
        self.show_servers();
        findings.accepted += self.floor.book().requests.values().filter(|request| request.accepted.is_some()).count();
        findings.starts += self.floor.starts().len();
        self.check(true, findings).await?;
        if let Err(problem) = self.recipe.check() {
            findings.broken.insert(format!("imprimatur check: {problem}"));
        }
        Ok(())
    }

    async fn all_is_done(&self) -> bool {
        let unheard = |request: &crate::book::Request| request.reply == crate::book::Reply::Silence;
        if self.floor.book().requests.values().any(unheard) {
            return false;
        }
        let Some(url) = self.floor.server(&self.chance) else { return false };
        for tab in ["needs_approval", "queue", "printing"] {
            let page = self.floor.people[0].get(&url, &format!("/print-jobs?tab={tab}")).await.done();
            if page.is_none_or(|page| page["items"].as_array().is_none_or(|items| !items.is_empty())) {
                return false;
            }
        }
        true
    }

    /// Every accepted job, as its sender sees it.
    async fn ask_the_api(&self, verdict: &mut Verdict) {
        let Some(url) = self.floor.server(&self.chance) else { return };
        let accepted: Vec<_> =
            self.floor.book().requests.iter().map(|(sha, r)| (sha.clone(), r.person, r.accepted)).collect();
        for (sha, person, accepted) in accepted {
            let Some((id, number)) = accepted else { continue };
            let job = self.floor.people[person].get(&url, &format!("/print-jobs/{id}")).await.done();
            if job.is_none_or(|job| job["send_sha"] != sha.as_str() || job["number"] != number) {
                verdict.lost.insert(format!("job {number}: its sender cannot see it"));
            }
        }
    }
}

fn ended(server: Server, engine: Engine, tally: &mut Tally, findings: &mut Findings) {
    let ended = server.kill();
    ended.passed.iter().for_each(|point| tally.passed(point, engine));
    if let Some(point) = &ended.killed_at {
        tally.ended(point, engine);
    }
    if !ended.as_meant() {
        findings.broken.insert(format!("a server ended by itself: {}", ended.status));
    }
    findings.broken.extend(ended.panics);
    findings.kills += 1;
}
