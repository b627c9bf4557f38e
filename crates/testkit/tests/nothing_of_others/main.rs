//! Nothing of another organization is ever distinguishable from nothing (ACC-04, AMB-48): for every operation with an id, an id
//! of another organization is answered exactly like one that does not exist, and costs the same.
//!
//! "The same" is not measured with a watch, which a busy machine makes blind. It is the statements that the request made of the
//! database, in their order, and the rows that each gave or changed: what takes time depends on nothing else here. A request of
//! another process in between only adds statements, so of several tries the shortest counts.

#![expect(clippy::unwrap_used, reason = "a failed test says where")]
#![expect(dead_code, reason = "parts of the proof in every_operation, of which this needs some")]

#[path = "../every_operation/api.rs"]
mod api;
#[path = "../every_operation/cases.rs"]
mod cases;
#[path = "../every_operation/operations.rs"]
mod operations;
#[path = "../every_operation/oracle.rs"]
mod oracle;
mod statements;
#[path = "../every_operation/world/mod.rs"]
mod world;

use std::collections::{BTreeMap, BTreeSet};

use testkit::{Actor, Answer, Call, Engine, Farm, Method, Setup, Uuid, Value, gcode, json};

use cases::{Bench, Case, Crew, Shelf};
use operations::{OPERATIONS, Thing};
use statements::Statements;
use testkit::statements::Logged;
use world::{World, id};

/// How often a call is repeated, at most, until it is seen without what others ask in between.
const TRIES: usize = 5;

/// The same call with an id that nobody has.
fn nowhere(case: &Case) -> Case {
    let new = Uuid::new_v4();
    match case {
        // The code of a device is no id; with another letter nobody was given it.
        Case::Foreign(code) if code.parse::<Uuid>().is_err() => {
            let first = if code.starts_with('B') { "C" } else { "B" };
            Case::Foreign(format!("{first}{}", &code[1..]))
        }
        Case::Foreign(_) => Case::Foreign(new.to_string()),
        Case::Printer(bench) => Case::Printer(Bench { id: new, ..*bench }),
        Case::Group { bench, .. } => Case::Group { id: new, bench: Bench { id: Uuid::new_v4(), ..*bench } },
        Case::Job { job, owner, bench, from } => {
            let mut job = job.clone();
            job["id"] = json!(new);
            Case::Job { job, owner: *owner, bench: *bench, from: *from }
        }
        Case::Upload { owner, .. } => Case::Upload { id: new, owner: *owner },
        Case::Project { shelf, job } => {
            Case::Project { shelf: Shelf { id: new, file: Uuid::new_v4(), ..*shelf }, job: *job }
        }
        Case::Team { crew, admin } => Case::Team { crew: Crew { id: new, ..*crew }, admin: *admin },
        Case::Plain | Case::Id(_) => panic!("{case:?} is not another organization's"),
    }
}

/// What can be seen of an answer, but for the id that was asked for (a bulk call says what became of which).
fn shown(answer: &Answer, asked: &str) -> (u16, BTreeMap<String, String>, String) {
    let headers = answer.headers.iter().filter(|(name, _)| *name != "date");
    let headers = headers.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into()));
    let body = String::from_utf8_lossy(&answer.bytes);
    let body = if asked.is_empty() { body.into_owned() } else { body.replace(asked, "ID") };
    (answer.status, headers.collect(), body)
}

struct Look {
    statements: Statements,
    pairs: usize,
    /// Pairs in which the database was asked at all.
    asked: usize,
    wrong: Vec<String>,
}

impl Look {
    /// `calls` makes the same call anew each time, of theirs or of nothing; with the id that it asks for.
    async fn compare(&mut self, about: &str, calls: impl AsyncFn(bool) -> (Call, String)) {
        let mut least: [Option<Vec<Logged>>; 2] = [None, None];
        for _ in 0..TRIES {
            let mut answers = Vec::new();
            for (at, theirs) in [true, false].into_iter().enumerate() {
                let (call, asked) = calls(theirs).await;
                let (answer, made) = self.statements.of(call.send_unchecked()).await;
                if least[at].as_ref().is_none_or(|known| made.len() < known.len()) {
                    least[at] = Some(made);
                }
                answers.push((shown(&answer, &asked), answer));
            }
            if answers[0].0 != answers[1].0 {
                self.wrong.push(format!("{about}: of theirs: {}\n  of nothing: {}", answers[0].1, answers[1].1));
                break;
            }
            if least[0] == least[1] {
                break;
            }
        }
        let [theirs, nothing] = least.map(Option::unwrap);
        self.pairs += 1;
        self.asked += usize::from(!theirs.is_empty());
        if theirs != nothing {
            let at = theirs.iter().zip(&nothing).position(|(one, other)| one != other);
            let at = at.unwrap_or(theirs.len().min(nothing.len()));
            self.wrong.push(format!(
                "{about}: {} statements of theirs, {} of nothing; number {at} is\n  {:?}\n  {:?}",
                theirs.len(),
                nothing.len(),
                theirs.get(at),
                nothing.get(at)
            ));
        }
    }
}

/// Which way of [`World::case`] is another organization's.
fn elsewhere(thing: Thing) -> Option<usize> {
    match thing {
        Thing::Printer | Thing::Request => Some(5),
        Thing::Group => Some(4),
        Thing::Job | Thing::JobsPrinter | Thing::JobAndPrinter | Thing::Several => Some(14),
        Thing::Team | Thing::RemovedTeam => Some(6),
        Thing::Project | Thing::RemovedProject | Thing::JobIntoProject => Some(11),
        Thing::Upload | Thing::Person | Thing::Invitation | Thing::AnyToken | Thing::Application => Some(1),
        Thing::OwnToken | Thing::Session | Thing::Device | Thing::Former => Some(1),
        // The organization itself is never named by an id; the secret of an invitation is for whoever has it.
        Thing::Organization | Thing::Leaver | Thing::Secret => None,
    }
}

/// Ids in bodies, queries and second places of a path. `{thing}` is one's own, `$thing` is theirs, or nothing.
const BESIDES: &[(&str, &str, &str)] = &[
    ("PUT", "/teams/{team}/people/$person", ""),
    ("DELETE", "/teams/{team}/people/$person", ""),
    ("GET", "/teams/{team}/removal?person=$person", ""),
    ("GET", "/teams/{team}/people?cursor=$person", ""),
    ("GET", "/teams?cursor=$team", ""),
    ("GET", "/people?cursor=$person", ""),
    ("GET", "/projects?team=$team", ""),
    ("GET", "/print-jobs?tab=needs_approval&printer=$printer", ""),
    ("GET", "/print-jobs?tab=history&printer=$printer", ""),
    ("PUT", "/printers/{printer}/shares", r#"{"organization":false,"teams":["$team"],"shown":"{printer shown}"}"#),
    (
        "POST",
        "/printers/{printer}/shares/effect",
        r#"{"organization":false,"teams":["$team"],"shown":"{printer shown}"}"#,
    ),
    ("PUT", "/projects/{project}/shares", r#"{"organization":false,"teams":["$team"],"shown":"{project shown}"}"#),
    (
        "POST",
        "/projects/{project}/shares/effect",
        r#"{"organization":false,"teams":["$team"],"shown":"{project shown}"}"#,
    ),
    ("POST", "/print-jobs", r#"{"upload":"{upload}","printer":"$printer"}"#),
    ("POST", "/print-jobs", r#"{"upload":"$upload","printer":"{printer}"}"#),
    ("POST", "/print-jobs/{job}/reroute", r#"{"printer":"$printer"}"#),
    ("POST", "/print-jobs/{job}/reprint", r#"{"printer":"$printer"}"#),
    ("POST", "/print-jobs/{back}/resubmit", r#"{"upload":"$upload"}"#),
    ("GET", "/print-jobs/{job}/copy-to-project?project=$project", ""),
    ("POST", "/uploads", r#"{"name":"a.gcode","size":100,"project":"$project"}"#),
    ("POST", "/projects/{project}/files", r#"{"upload":"$upload"}"#),
    ("DELETE", "/projects/{project}/files/$file", ""),
    ("POST", "/projects/{project}/files/$file/restore", "{}"),
    ("GET", "/projects/{project}/files/$file/versions", ""),
    ("GET", "/projects/{project}/files/$file/content", ""),
    ("GET", "/projects/{project}/files/$file/thumbnail", ""),
    ("POST", "/projects/{project}/files/$file/print", r#"{"printer":"{printer}"}"#),
    ("POST", "/projects/{project}/files/{file}/print", r#"{"printer":"$printer"}"#),
    ("POST", "/session/organization", r#"{"organization":"$organization"}"#),
];

/// One of everything, for whoever makes it.
async fn things(farm: &Farm, by: &Actor) -> BTreeMap<&'static str, String> {
    let printer = by.add_printer("Bench", &farm.virtual_printer(), false).await;
    let job = by.send_job(printer, "part").await;
    let team = by.new_team("Crew", &[]).await;
    let project = by.new_project("Shelf").await;
    let file = by.put_file(&project, "part.gcode", &gcode("part")).await;
    let upload = by.upload(&gcode("more"), "more.gcode").await;
    let session = by.get("/session").await.ok();
    let text = |value: &Value| value["id"].as_str().unwrap().to_owned();
    BTreeMap::from([
        ("printer", printer.to_string()),
        ("job", text(&job)),
        ("team", text(&team)),
        ("project", text(&project)),
        ("file", text(&file)),
        ("upload", upload.to_string()),
        ("person", by.id.to_string()),
        ("organization", text(&session["organization"])),
    ])
}

fn call(by: &Actor, method: &str, path: &str, body: &str) -> Call {
    let call = by.call(method.parse::<Method>().unwrap(), path).fresh_key();
    if body.is_empty() { call } else { call.json(&serde_json::from_str(body).unwrap()) }
}

async fn besides(farm: &Farm, look: &mut Look) {
    let (admin, guest) = (farm.admin(), farm.guest());
    let (mut own, theirs) = (things(farm, &admin).await, things(farm, &farm.stranger()).await);
    for kind in ["printer", "project"] {
        let shares = admin.get(&format!("/{kind}s/{}/shares", own[kind])).await.ok();
        let name = if kind == "printer" { "printer shown" } else { "project shown" };
        own.insert(name, shares["shown"].as_str().unwrap().to_owned());
    }
    // Only its submitter resubmits, so this one is the Guest's.
    let bench = admin.add_printer("Bench of all", &farm.virtual_printer(), true).await;
    let back = guest.send_job(bench, "part").await;
    admin.send_back(&back, "Why?").await.done();
    own.insert("back", id(&back).to_string());
    for (method, path, body) in BESIDES.iter().copied() {
        let by = if path.contains("{back}") { &guest } else { &admin };
        look.compare(&format!("{method} {path} {body}"), async |of_theirs| {
            let mut filled = [path.to_owned(), body.to_owned()];
            for text in &mut filled {
                for (name, value) in &own {
                    *text = text.replace(&format!("{{{name}}}"), value);
                }
                for (name, value) in &theirs {
                    let value = if of_theirs { value.clone() } else { Uuid::new_v4().to_string() };
                    *text = text.replace(&format!("${name}"), &value);
                }
            }
            (call(by, method, &filled[0], &filled[1]), String::new())
        })
        .await;
    }
}

async fn nothing_of_others(farm: &Farm) {
    let mut world = World::new(farm).await;
    // Sessions that are in use would be written to at most once a minute; that is noise, too.
    let people = [farm.admin(), farm.member(), farm.guest()];
    let mut look = Look { statements: Statements::new().await, pairs: 0, asked: 0, wrong: Vec::new() };
    let mut covered = BTreeSet::new();
    for (method, path, thing, body) in OPERATIONS.iter().copied() {
        let Some(n) = elsewhere(thing) else { continue };
        covered.insert((method, path.split('?').next().unwrap()));
        let case = world.case(method, path, thing, n).await.unwrap();
        assert!(case.elsewhere() || matches!(case, Case::Upload { .. }), "{thing:?} {n}: {case:?}");
        let nothing = nowhere(&case);
        for person in &people {
            let about = format!("{method} {path} as {}", person.name);
            let world = tokio::sync::Mutex::new(&mut world);
            look.compare(&about, async |of_theirs| {
                if thing == Thing::Device {
                    // A code is tried a few times a minute only; here it is tried more often.
                    farm.exec("DELETE FROM sign_in_failure", &[]).await;
                }
                let case = if of_theirs { &case } else { &nothing };
                let call = world.lock().await.prepare(person, person, (method, path, body), case).await;
                (call, case.id())
            })
            .await;
        }
    }
    // Every operation with an id in its path; but for one, whose id is a secret that was given away to be used.
    let document = farm.nobody().get("/openapi.json").await.ok();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let path = path.strip_prefix("/api/v1").unwrap();
        for method in methods.as_object().unwrap().keys().map(|method| method.to_uppercase()) {
            let secret = path == "/invitations/{id}" && method == "GET" || path == "/invitations/{id}/accept";
            let known = !path.contains('{') || secret || covered.contains(&(method.as_str(), path));
            assert!(known, "{method} {path} is not asked for another organization's");
        }
    }
    besides(farm, &mut look).await;
    println!("{} calls of theirs and of nothing, {} of them ask the database", look.pairs, look.asked);
    assert!(look.wrong.is_empty(), "{} of {}:\n{}", look.wrong.len(), look.pairs, look.wrong.join("\n"));
    // The log is not blind.
    assert!(look.pairs > 200 && look.asked > look.pairs * 9 / 10, "{} {}", look.pairs, look.asked);
}

/// The log belongs to one of them at a time.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acc_04_amb_48_sqlite() {
    let _alone = ALONE.lock().await;
    testkit::run(Engine::Sqlite, Setup::new().minutes(20).network("10.77.0.0/16"), nothing_of_others).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acc_04_amb_48_postgres() {
    let _alone = ALONE.lock().await;
    testkit::run(Engine::Postgres, Setup::new().minutes(20).network("10.77.0.0/16"), nothing_of_others).await;
}
