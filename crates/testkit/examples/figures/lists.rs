//! Start, memory, and lists of 1,000,000 print jobs for different eyes on both engines.

use std::path::PathBuf;
use std::time::Duration;

use testkit::crowd::{self, Person, Scale};

use crate::Plan;
use crate::client::{Load, load};
use crate::report::{Report, Target, percentile};
use crate::server::Running;

/// The printers of the crowd cannot be reached; looking at them all the time is not what is measured here. Their keys are
/// sealed with this one.
const SETTINGS: &[(&str, &str)] = &[
    ("IMPRIMATUR_MASTER_KEY", "0707070707070707070707070707070707070707070707070707070707070707"),
    ("IMPRIMATUR_WATCH_MS", "3600000"),
];

/// Requests of one run on one connection.
const TIMES: usize = 100;

/// Name and address of each engine's crowd, and its data folder: always the same one. A server with another folder would take the
/// database for a backup that was put back, hold every print job and ask about every plate.
fn engines(plan: &Plan) -> Vec<(&'static str, String, PathBuf)> {
    let mut engines = vec![("SQLite", plan.crowd.display().to_string(), plan.crowd.with_extension("data"))];
    let folder = plan.folder.path().join("postgres");
    engines.extend(plan.postgres.iter().map(|address| ("PostgreSQL", address.clone(), folder.clone())));
    for (_, _, folder) in &engines {
        std::fs::create_dir_all(folder).unwrap();
    }
    engines
}

pub async fn start(plan: &Plan, report: &mut Report) {
    report.title("Start and memory, with an existing database of 1,000,000 print jobs and 1,000 printers");
    for (engine, address, folder) in engines(plan) {
        let (mut seconds, mut idle) = (Vec::new(), Vec::new());
        for _ in 0..plan.rounds.max(5) {
            let server = Running::start(&plan.binary, &folder, &address, SETTINGS);
            seconds.push(server.start.as_secs_f64());
            tokio::time::sleep(Duration::from_secs(2)).await;
            idle.push(server.memory().0);
        }
        report.row(&format!("{engine}: start to first 200 answer"), "s", &seconds, Target::Below(0.1));
        report.row(&format!("{engine}: resident memory, idle"), "MB", &idle, Target::Below(25.0));
    }
}

pub async fn lists(plan: &Plan, report: &mut Report) {
    for (engine, address, folder) in engines(plan) {
        let server = Running::start(&plan.binary, &folder, &address, SETTINGS);
        let tokens = everybody(&address).await;
        report.title(&format!("{engine}: newest 50 visible of 1,000,000 print jobs, GET /print-jobs, one connection"));
        for (person, token) in &tokens {
            let mut runs = Vec::new();
            for _ in 0..plan.rounds {
                runs.push(load(&server, token, "/print-jobs", 1, TIMES).await);
            }
            told(report, person.word(), &runs, Some(5.0));
        }
        report.title(&format!("{engine}: the same, eight connections at once"));
        for (person, token) in tokens.iter().filter(|(person, _)| *person != Person::Nothing) {
            let runs = vec![load(&server, token, "/print-jobs", 8, TIMES / 2).await];
            told(report, person.word(), &runs, Some(5.0));
        }
        report.title(&format!("{engine}: other questions about 1,000,000 print jobs, one connection"));
        let deep = deep_cursor(&server, &tokens[0].1).await;
        let questions = [
            ("history from the middle", format!("/print-jobs?cursor={deep}")),
            ("history, 200 a page", "/print-jobs?limit=200".to_owned()),
            ("history of one printer", format!("/print-jobs?printer={}", crowd::printer(5))),
            ("history, own", "/print-jobs?mine=true".to_owned()),
            ("tab needs approval", "/print-jobs?tab=needs_approval".to_owned()),
            ("tab queue", "/print-jobs?tab=queue".to_owned()),
            ("tab plate", "/print-jobs?tab=plate".to_owned()),
            ("numbers on the tabs", "/print-jobs/counts".to_owned()),
            ("search, a common word", "/print-jobs?q=part".to_owned()),
            ("search, a word that is nowhere", "/print-jobs?q=nowhere".to_owned()),
            ("search, a number", "/print-jobs?q=%23500001".to_owned()),
            ("printers", "/printers".to_owned()),
            ("notices", "/notices".to_owned()),
        ];
        for (what, path) in questions {
            for at in [0, 2, 3] {
                let (person, token) = &tokens[at];
                let runs = vec![load(&server, token, &path, 1, 20).await];
                told(report, &format!("{what}: {}", person.word()), &runs, None);
            }
        }
        report.title(&format!(
            "{engine}: list pages with 10,000 people, 1,000 printers, 200 teams, 2,000 projects, one connection"
        ));
        for (what, path) in pages() {
            of_each(plan, report, &server, &tokens, what, &path).await;
        }
        consequence(plan, report, engine, &server, &tokens[0].1).await;
        let (after, highest) = server.memory();
        report.row(&format!("{engine}: resident memory after all this"), "MB", &[after], Target::None);
        report.row(&format!("{engine}: at its highest"), "MB", &[highest], Target::None);
    }
}

/// The six people, signed in.
async fn everybody(address: &str) -> Vec<(Person, String)> {
    let mut tokens = Vec::new();
    for person in Person::ALL {
        tokens.push((person, crowd::sign_in(address, &Scale::FULL, person).await));
    }
    tokens
}

/// Only the list pages that were asked for, each in full: for whoever changes one.
pub async fn some_pages(plan: &Plan, report: &mut Report) {
    for (engine, address, folder) in engines(plan) {
        let server = Running::start(&plan.binary, &folder, &address, SETTINGS);
        let tokens = everybody(&address).await;
        report.title(engine);
        for (what, path) in pages() {
            if plan.pages.iter().any(|part| what.contains(part)) {
                of_each(plan, report, &server, &tokens, what, &path).await;
            }
        }
    }
}

/// One page, as each person whose page it is.
async fn of_each(
    plan: &Plan,
    report: &mut Report,
    server: &Running,
    tokens: &[(Person, String)],
    what: &str,
    path: &str,
) {
    for (person, token) in tokens {
        if !crate::client::may(server, token, path).await {
            continue; // not this person's to see: there is no list
        }
        let mut runs = Vec::new();
        for _ in 0..plan.rounds {
            runs.push(load(server, token, path, 1, TIMES).await);
        }
        told(report, &format!("{what}: {}", person.word()), &runs, Some(5.0));
    }
}

/// Every page of the browser that is a list and can be long, as it is first opened and with a word to look for; as long as the
/// browser asks for (`web/src/api/index.ts`).
fn pages() -> Vec<(&'static str, String)> {
    let (team, project) = (crowd::team(200), crowd::project(6));
    let first = "limit=30";
    vec![
        ("session", "/session".to_owned()),
        ("print jobs, history", format!("/print-jobs?{first}")),
        ("print jobs, needs approval", format!("/print-jobs?tab=needs_approval&{first}")),
        ("print jobs, queue", format!("/print-jobs?tab=queue&{first}")),
        ("print jobs, clear the plate", format!("/print-jobs?tab=plate&{first}")),
        ("numbers on the tabs", "/print-jobs/counts".to_owned()),
        ("people", format!("/people?{first}")),
        ("people, Guests", format!("/people?role=guest&{first}")),
        ("people, a word", format!("/people?q=77&{first}")),
        ("printers", format!("/printers?{first}")),
        ("printers, a word", format!("/printers?q=77&{first}")),
        ("teams", format!("/teams?{first}")),
        ("teams, a word", format!("/teams?q=200&{first}")),
        ("a team", format!("/teams/{team}")),
        ("people of a team", format!("/teams/{team}/people?{first}")),
        ("projects", format!("/projects?{first}")),
        ("projects, a word", format!("/projects?q=77&{first}")),
        ("files of a project", format!("/projects/{project}/files")),
        ("print jobs of a project", format!("/projects/{project}/print-jobs?{first}")),
        ("people of a project", format!("/projects/{project}/people?{first}")),
        ("shares of a printer", format!("/printers/{}/shares", crowd::printer(5))),
        ("invitations", "/invitations".to_owned()),
        ("Trash", "/trash".to_owned()),
        ("notices", "/notices".to_owned()),
        ("tokens", "/tokens".to_owned()),
    ]
}

/// What is shown before a printer is unshared from a team, asked again and again.
async fn consequence(plan: &Plan, report: &mut Report, engine: &str, server: &Running, token: &str) {
    let admin = crate::client::Browser::new(&server.url).with(token.to_owned());
    let mut milliseconds = Vec::new();
    for round in 0..plan.rounds.max(5) {
        // Every two hundredth is shared with the team that has everybody.
        let printer = crowd::printer(199 + 200 * (i64::try_from(round).unwrap() % 4));
        let shares = admin.get(&format!("/printers/{printer}/shares")).await;
        let wanted = serde_json::json!({ "organization": false, "teams": [], "shown": shares["shown"] });
        let begin = std::time::Instant::now();
        admin.post(&format!("/printers/{printer}/shares/effect"), &wanted).await;
        milliseconds.push(begin.elapsed().as_secs_f64() * 1000.0);
    }
    let what = format!("{engine}: consequence of unsharing a printer from a team of 10,000");
    report.row(&what, "ms", &milliseconds, Target::Below(100.0));
}

/// A cursor half a million jobs down: the answer's own words for it, with another moment in them.
async fn deep_cursor(server: &Running, token: &str) -> String {
    let page = crate::client::Browser::new(&server.url).with(token.to_owned()).get("/print-jobs?limit=1").await;
    let next = page["next"].as_str().unwrap().to_owned();
    let (moment, id) = next.split_once('.').unwrap();
    let year_and_a_half = 3 * 365 * 43_200 * 1_000_000;
    format!("{}.{id}", moment.parse::<i64>().unwrap() - year_and_a_half)
}

fn told(report: &mut Report, what: &str, runs: &[Load], most: Option<f64>) {
    let cpu: Vec<f64> = runs.iter().map(|run| run.cpu + run.database_cpu).collect();
    let p50: Vec<f64> = runs.iter().map(|run| percentile(&run.latency, 0.5)).collect();
    let p99: Vec<f64> = runs.iter().map(|run| percentile(&run.latency, 0.99)).collect();
    let database: Vec<f64> = runs.iter().map(|run| run.database_cpu).collect();
    report.row(&format!("{what}: CPU a request"), "ms", &cpu, most.map_or(Target::None, Target::Below));
    if database.iter().any(|&ms| ms > 0.0) {
        report.row(&format!("{what}:   of it the database's"), "ms", &database, Target::None);
    }
    report.row(&format!("{what}: p50"), "ms", &p50, Target::None);
    report.row(&format!("{what}: p99"), "ms", &p99, Target::None);
}
