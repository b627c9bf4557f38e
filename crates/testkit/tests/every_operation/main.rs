//! Every operation of the API, called over HTTP by everybody, against the permission table (ROL-02, ACC-01).
//!
//! What must come out is reckoned here from the table's row and from how the person stands to the thing; it shares no
//! code with the decision itself. An operation without an entry in [`OPERATIONS`] fails.

#![expect(clippy::unwrap_used, reason = "a failed test says where")]

use std::collections::{BTreeMap, BTreeSet};

mod operations;

use access::table::TABLE;
use operations::Thing::*;
use operations::{Bench, Case, Crew, OPERATIONS, Shelf, Thing, class, expected};
use testkit::{Actor, Answer, Engine, Farm, Method, Role, Setup, Uuid, Value, gcode, json};

/// The people, and how the table knows them.
struct Cast {
    people: Vec<(Actor, Option<Role>)>,
    /// Neither a session nor an organization, an organization elsewhere.
    nobody: usize,
    newcomer: usize,
    stranger: usize,
}

struct World<'a> {
    farm: &'a Farm,
    shared: Bench,
    private: Bench,
    members: Bench,
    other: Uuid,
    machine: testkit::Machine,
    picture: Vec<u8>,
    count: u32,
}

impl World<'_> {
    async fn new(farm: &Farm) -> World<'_> {
        let machine = farm.virtual_printer();
        let (admin, member) = (farm.admin(), farm.member());
        let add = async |by: &Actor, name: &str, shared: bool| {
            let id = by.add_printer(name, &machine, shared).await;
            Bench { id, added_by: by.id, shared }
        };
        World {
            farm,
            shared: add(&admin, "Bench of all", true).await,
            private: add(&admin, "Bench of the Admin", false).await,
            members: add(&member, "Bench of the Member", false).await,
            other: add(&admin, "Another bench", true).await.id,
            machine,
            picture: include_bytes!("../../../../samples/small_square.gcode").to_vec(),
            count: 0,
        }
    }

    async fn job(&mut self, by: &Actor, bench: Bench) -> Case {
        self.count += 1;
        let upload = by.upload(&self.picture, "square.gcode").await;
        let name = format!("Part of {} {}", by.name, self.count);
        let job = by.submit(&name, json!({ "upload": upload, "printer": bench.id, "name": name })).await.ok();
        Case::Job { job, owner: by.id, bench }
    }

    /// A project with one file, shared with everybody or with nobody.
    async fn shelf(&mut self, by: &Actor, shared: bool) -> Shelf {
        self.count += 1;
        let project = by.new_project(&format!("Shelf of {} {}", by.name, self.count)).await;
        let file = by.put_file(&project, "square.gcode", &self.picture).await;
        let shelf = Shelf { id: id(&project), file: id(&file), created_by: by.id, shared };
        if shared && by.id == self.farm.guest().id {
            // A Guest shares with a team only; an Admin does the rest.
            self.farm.share_project(shelf.id, self.farm.org()).await;
        } else {
            by.share(&project, shared, &[]).await.done();
        }
        shelf
    }

    /// The `n`th way in which a thing of this kind can stand to people, made anew.
    async fn case(&mut self, method: &str, path: &str, thing: Thing, n: usize) -> Option<Case> {
        let farm = self.farm;
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let case = match (thing, n) {
            (Organization, 0) => Case::Plain,
            // Gone afterwards, so it is one of its own.
            (Printer, 0) if method == "DELETE" => {
                let id = admin.add_printer("Bench to remove", &self.machine, true).await;
                Case::Printer(Bench { id, added_by: admin.id, shared: true })
            }
            (Printer, 1) if method == "DELETE" => {
                let id = admin.add_printer("Bench of the Admin to remove", &self.machine, false).await;
                Case::Printer(Bench { id, added_by: admin.id, shared: false })
            }
            (Printer, 2) if method == "DELETE" => return None,
            (Printer | Request, 0) => Case::Printer(self.shared),
            (Printer | Request, 1) => Case::Printer(self.private),
            (Printer | Request, 2) => Case::Printer(self.members),
            (Job | JobsPrinter | JobAndPrinter | Several, 0..6) => {
                let case = match n {
                    0 => self.job(&guest, self.shared).await,
                    1 => self.job(&member, self.shared).await,
                    2 => self.job(&admin, self.shared).await,
                    3 => self.job(&admin, self.private).await,
                    4 => self.job(&member, self.members).await,
                    _ => {
                        // Sent while the printer was shared; then it was taken away (AMB-35).
                        admin.share_printer(self.private.id, true).await;
                        let lost = self.job(&guest, self.private).await;
                        if path.ends_with("/record")
                            && let Case::Job { job, .. } = &lost
                        {
                            admin.approve(job).await.done();
                        }
                        admin.share_printer(self.private.id, false).await;
                        lost
                    }
                };
                if let Case::Job { job, .. } = &case
                    && n == 0
                {
                    match path.rsplit('/').next() {
                        Some("resubmit" | "undo-send-back") => admin.send_back(job, "Why?").await.done(),
                        Some("record" | "take-back") => admin.approve(job).await.done(),
                        _ => {}
                    }
                }
                case
            }
            (Team | RemovedTeam, 0..3) => {
                self.count += 1;
                let (by, inside) = match n {
                    0 => (&member, None),
                    1 => (&admin, Some(guest.id)),
                    _ => (&admin, Some(member.id)),
                };
                let people: Vec<_> = inside.into_iter().chain([admin.id]).collect();
                let team = id(&by.new_team(&format!("Crew of {} {}", by.name, self.count), &people).await);
                if thing == RemovedTeam {
                    by.delete(&format!("/teams/{team}")).await.done();
                }
                Case::Team { crew: Crew { id: team, created_by: by.id, inside }, admin: admin.id }
            }
            (Project | RemovedProject | JobIntoProject, 0..5) => {
                let (by, shared) = match n {
                    0 => (&guest, false),
                    1 => (&guest, true),
                    2 => (&member, false),
                    3 => (&member, true),
                    _ => (&admin, false),
                };
                let shelf = self.shelf(by, shared).await;
                if thing == RemovedProject {
                    by.delete(&format!("/projects/{}", shelf.id)).await.done();
                }
                let job = match thing {
                    JobIntoProject => match self.job(&guest, self.shared).await {
                        Case::Job { job, .. } => Some(id(&job)),
                        _ => None,
                    },
                    _ => None,
                };
                Case::Project { shelf, job }
            }
            (Upload, 0) => {
                let announced =
                    guest.post("/uploads", json!({ "name": "a.gcode", "size": gcode("a").len() })).await.ok();
                Case::Upload { id: id(&announced), owner: guest.id }
            }
            (Person, 0) => {
                self.count += 1;
                Case::Id(farm.person(&format!("Person {}", self.count), Role::Guest).await.id.to_string())
            }
            (Former, 0) => {
                self.count += 1;
                let person = farm.person(&format!("Person {}", self.count), Role::Guest).await;
                person.new_project("Physics").await;
                admin.remove_person(&person).await.done();
                Case::Id(person.id.to_string())
            }
            // Whoever left comes back for the next one.
            (Leaver, 0) => {
                for (person, role) in [(&guest, "guest"), (&member, "member")] {
                    if person.get("/session").await.ok()["organization"].is_null() {
                        let secret = admin.invite(role).await;
                        person.accept(&secret).await.done();
                    }
                }
                Case::Plain
            }
            (Invitation, 0) => {
                let link = admin.post("/invitations", json!({ "role": "guest" })).await.ok();
                Case::Id(id(&link).to_string())
            }
            (Secret, 0) => {
                let link = admin.post("/invitations", json!({ "role": "guest" })).await.ok();
                admin.delete(&format!("/invitations/{}", id(&link))).await.done();
                Case::Id(link["link"].as_str().unwrap().rsplit('/').next().unwrap().to_owned())
            }
            (Session, 0) => {
                let sessions = guest.another_browser().await.get("/sessions").await.items();
                Case::Id(id(sessions.iter().find(|s| s["current"] == true).unwrap()).to_string())
            }
            (OwnToken | AnyToken, 0) => {
                self.count += 1;
                let body =
                    json!({ "name": format!("Script {}", self.count), "scopes": ["read"], "expires_in_days": 1 });
                let made = id(&guest.post("/account/tokens", body).await.ok());
                match thing {
                    OwnToken => Case::Upload { id: made, owner: guest.id },
                    _ => Case::Id(made.to_string()),
                }
            }
            (Application, 0) => Case::Id(self.application().await),
            (Device, 0) => {
                let application = self.application().await;
                let call = farm.nobody().call(Method::POST, "/oauth/device").at_root();
                let waiting = call.form(&[("client_id", &application), ("scope", "read")]).send_unchecked().await.ok();
                Case::Id(waiting["user_code"].as_str().unwrap().to_owned())
            }
            _ => return None,
        };
        Some(case)
    }

    async fn application(&mut self) -> String {
        self.count += 1;
        let body = json!({ "name": format!("Application {}", self.count), "redirect_uris": [], "scopes": ["read"] });
        id(&self.farm.admin().post("/applications", body).await.ok()).to_string()
    }

    /// `by` calls; what the call needs besides is made by `helper`, the same person at a browser.
    async fn call(
        &mut self,
        by: &Actor,
        helper: &Actor,
        (method, path, body): (&str, &str, &str),
        case: &Case,
    ) -> Answer {
        self.count += 1;
        let id = match case {
            Case::Plain => String::new(),
            Case::Id(id) => id.clone(),
            Case::Printer(bench) => bench.id.to_string(),
            Case::Job { job, .. } => job["id"].as_str().unwrap().to_owned(),
            Case::Upload { id, .. } => id.to_string(),
            Case::Team { crew, .. } => crew.id.to_string(),
            Case::Project { shelf, job } => job.unwrap_or(shelf.id).to_string(),
        };
        let mut path = path.replace("{id}", &id);
        if let Case::Team { admin, .. } = case {
            path = path.replace("{person}", &admin.to_string());
        }
        if let Case::Project { shelf, .. } = case {
            path = path.replace("{file}", &shelf.file.to_string()).replace("$project", &shelf.id.to_string());
        }
        let call = by.call(method.parse::<Method>().unwrap(), &path).fresh_key();
        if body == "bytes" {
            return call.bytes(gcode("a")).send().await;
        }
        if body.is_empty() {
            return call.send().await;
        }
        let mut text = body.replace("$new", &format!("new-{}", self.count));
        if let Some(list) = text.strip_prefix("csv:") {
            return call.header("content-type", "text/csv").bytes(list).send().await;
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
        if let Case::Job { job, .. } = case {
            text = text.replace("$job", &id).replace("\"$version\"", &job["version"].to_string());
            text = text.replace("$sha", job["send_sha"].as_str().unwrap());
        }
        if let Case::Project { shelf, .. } = case {
            text = text.replace("$project", &shelf.id.to_string()).replace("$bench", &self.shared.id.to_string());
            let at = format!("/projects/{}", shelf.id);
            if text.contains("$shown") {
                let shares = by.get(&format!("{at}/shares")).await;
                let shown = shares.body["shown"].as_str().unwrap_or("0").to_owned();
                text = text.replace("$shown", &shown).replace("\"$organization\"", &shelf.shared.to_string());
            }
            if text.contains("$revision") {
                let version = by.get(&at).await.body["version"].as_i64().unwrap_or(1);
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
        }
        if let Case::Printer(bench) = case {
            if text.contains("$shown") {
                let shares = by.get(&format!("/printers/{id}/shares")).await;
                text = text.replace("$shown", shares.body["shown"].as_str().unwrap_or("0"));
            }
            text = text.replace("\"$shared\"", &bench.shared.to_string());
        }
        text = text.replace("$other", &self.other.to_string()).replace("$printer", &id).replace("$id", &id);
        text = text.replace("$own", &self.farm.org().to_string());
        call.json(&serde_json::from_str(&text).unwrap_or_else(|e| panic!("{text}: {e}"))).send().await
    }
}

fn id(of: &Value) -> Uuid {
    of["id"].as_str().unwrap().parse().unwrap()
}

/// A session of its own for what may end or change it.
async fn browser(person: &Actor, farm: &Farm) -> Actor {
    match person.token() {
        Some(_) => person.another_browser().await,
        None => farm.nobody(),
    }
}

const SCOPES: [&str; 4] = ["read", "print", "approve", "manage"];

/// The programs of a person: for each scope one with that alone, and one with everything but that.
struct Programs(BTreeMap<&'static str, (Actor, Actor)>);

impl Programs {
    async fn of(person: &Actor) -> Self {
        let mut all = BTreeMap::new();
        for scope in SCOPES {
            let others: Vec<_> = SCOPES.into_iter().filter(|other| *other != scope).collect();
            all.insert(scope, (person.token_for(&[scope]).await, person.token_for(&others).await));
        }
        Self(all)
    }

    /// Who calls, and what must come of it, if the person themselves would get `want` (ACC-06).
    fn calls<'a>(&'a self, scope: &str, want: &'a str) -> Vec<(&'a Actor, &'a str)> {
        match self.0.get(scope) {
            Some((right, wrong)) => vec![(wrong, "scope"), (right, want)],
            None if scope == "browser" => self.0.values().map(|(one, _)| (one, "browser_needed")).take(1).collect(),
            // Public: a token is not looked at.
            None => Vec::new(),
        }
    }
}

async fn everybody_calls_everything(farm: &Farm) {
    let document = serde_json::to_value(http_api::openapi()).unwrap();
    let mut permissions = BTreeMap::new();
    let mut scopes = BTreeMap::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let key = operation["x-permission"].as_str().unwrap_or_default().to_owned();
            let name = (method.to_uppercase(), path.strip_prefix("/api/v1").unwrap().to_owned());
            scopes.insert(name.clone(), operation["x-scope"].as_str().unwrap_or_default().to_owned());
            permissions.insert(name, key);
        }
    }
    let bare = |path: &str| path.split('?').next().unwrap().to_owned();
    let known: BTreeSet<_> = OPERATIONS.iter().map(|(m, p, ..)| ((*m).to_owned(), bare(p))).collect();
    let missing: Vec<_> = permissions.keys().filter(|key| !known.contains(*key)).collect();
    assert!(missing.is_empty(), "these operations have no entry in OPERATIONS: {missing:?}");
    let gone: Vec<_> = known.iter().filter(|key| !permissions.contains_key(*key)).collect();
    assert!(gone.is_empty(), "OPERATIONS has entries that the API has not: {gone:?}");

    let cast = Cast {
        people: vec![
            (farm.nobody(), None),
            (farm.newcomer(), None),
            (farm.stranger(), None),
            (farm.guest(), Some(Role::Guest)),
            (farm.member(), Some(Role::Member)),
            (farm.admin(), Some(Role::Admin)),
        ],
        nobody: 0,
        newcomer: 1,
        stranger: 2,
    };
    let mut world = World::new(farm).await;
    let mut programs = BTreeMap::new();
    for (person, role) in &cast.people {
        if role.is_some() {
            programs.insert(person.id, Programs::of(person).await);
        }
    }
    let garbage = farm.nobody().program("imp_t_garbage");
    let (mut calls, mut by_token, mut wrong) = (0, 0, Vec::new());
    let mut classes: BTreeMap<String, usize> = BTreeMap::new();
    for (method, path, thing, body) in OPERATIONS.iter().copied() {
        let permission = permissions[&(method.to_owned(), bare(path))].clone();
        let scope = scopes[&(method.to_owned(), bare(path))].clone();
        let rule = TABLE.iter().find(|rule| rule.key == permission);
        for n in 0.. {
            let Some(mut case) = world.case(method, path, thing, n).await else { break };
            for (at, (person, role)) in cast.people.iter().enumerate() {
                let own_browser = matches!(&*permission, "public" | "signed-in");
                let by = if own_browser { browser(person, farm).await } else { person.clone() };
                let answer = world.call(&by, &by, (method, path, body), &case).await;
                calls += 1;
                let got = if thing == Several { several(&answer) } else { class(&answer).to_owned() };
                let want = match (permission.as_str(), *role) {
                    ("public", _) => "allowed",
                    (_, _) if at == cast.nobody => "not_signed_in",
                    ("signed-in", _) if thing == Session && person.id != farm.guest().id => "not_found",
                    ("signed-in", None) if body.contains("$own") => "not_found",
                    ("signed-in", _) => "allowed",
                    (_, None) if at == cast.newcomer => "no_organization",
                    // A stranger acts in their own organization; what is not there is not there for them.
                    (_, None) if matches!(thing, Organization | Leaver) => "allowed",
                    (_, None) => "not_found",
                    (_, Some(role)) => expected(rule.unwrap(), thing, &case, person.id, role),
                };
                *classes.entry(got.clone()).or_default() += 1;
                if got != want {
                    wrong.push(format!(
                        "{method} {path} as {} ({role:?}) on {case:?}: expected {want}: {answer}",
                        person.name
                    ));
                }
                wrong.extend(leaks(&answer, at, cast.stranger, *role, person, permission == "public"));
                // A refusal changes nothing, so a thing is made anew only after a call that was allowed.
                if got == "allowed" && method != "GET" {
                    case = world.case(method, path, thing, n).await.unwrap();
                }
                // Whoever left and came back has none of their tokens any more (ACC-06).
                if thing == Leaver && role.is_some() {
                    programs.insert(person.id, Programs::of(person).await);
                }
                // The same by tokens: for one way in which the thing can stand to people.
                if n > 0 {
                    continue;
                }
                let none = [(&garbage, "invalid_token")].into_iter().filter(|_| at == cast.nobody && scope != "public");
                let own = programs.get(&person.id).map(|own| own.calls(&scope, want)).unwrap_or_default();
                for (program, want) in none.chain(own) {
                    let answer = world.call(program, person, (method, path, body), &case).await;
                    by_token += 1;
                    let got = if thing == Several { several(&answer) } else { class(&answer).to_owned() };
                    *classes.entry(got.clone()).or_default() += 1;
                    if got != want {
                        wrong.push(format!(
                            "{method} {path} by a token of {} on {case:?}: expected {want}: {answer}",
                            person.name
                        ));
                    }
                    wrong.extend(leaks(&answer, at, cast.stranger, *role, person, permission == "public"));
                    if got == "allowed" && method != "GET" {
                        case = world.case(method, path, thing, n).await.unwrap();
                    }
                }
            }
        }
    }
    println!("{} operations, {calls} calls, {by_token} more by tokens: {classes:?}", OPERATIONS.len());
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(calls > 700 && by_token > 300 && classes.len() == 8, "{calls} {by_token} {classes:?}");
}

/// The one result of a bulk call.
fn several(answer: &Answer) -> String {
    match answer.body["results"][0]["problem"]["code"].as_str() {
        Some(code @ ("not_found" | "denied" | "no_organization")) => code.to_owned(),
        Some(_) => "allowed".to_owned(),
        None => class(answer).to_owned(),
    }
}

/// Things that must not be in an answer.
fn leaks(
    answer: &Answer,
    at: usize,
    stranger: usize,
    role: Option<Role>,
    person: &Actor,
    public: bool,
) -> Option<String> {
    let text = String::from_utf8_lossy(&answer.bytes);
    let found = |marks: &[&str]| marks.iter().find(|mark| text.contains(**mark)).map(|mark| (*mark).to_owned());
    let mark = if answer.code() == "not_found" {
        // Exactly as if it did not exist at all.
        let body = json!({
            "type": "about:blank", "title": "Not Found", "status": 404, "code": "not_found",
            "detail": "This is not here, or not for you.",
        });
        (answer.body != body).then(|| "more than a plain 404".to_owned())
    } else if at <= stranger && !public {
        found(&["The farm", "Gil Guest", "Mo Member", "Ada Admin", "Bench of", "Part of", "Shelf of"])
    } else if role == Some(Role::Guest) {
        found(&["Part of Mo Member", "Part of Ada Admin", "Bench of the", "Shelf of Ada Admin"])
    } else if role == Some(Role::Member) {
        found(&["Bench of the Admin", "Shelf of Ada Admin"])
    } else {
        None
    };
    mark.map(|mark| format!("{} sees {mark:?}: {answer}", person.name))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rol_02_acc_01_sqlite() {
    testkit::run(Engine::Sqlite, Setup::new().minutes(8), everybody_calls_everything).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rol_02_acc_01_postgres() {
    testkit::run(Engine::Postgres, Setup::new().minutes(8), everybody_calls_everything).await;
}
