//! Every operation, over real HTTP: everybody x every way in which its thing can stand to people x how they come: with a session,
//! with a token of the right scope, with one of every other scope, with a token that nobody made, with nothing. Each operation also
//! once, on its first way, with tokens that expired or were revoked, and by an application of others (one role each, in turn).
//!
//! What `.../permissions` answers is compared row by row with the oracle.
//!
//! One thing is asked by a sample only: a change that its person may make, once more by a token. It costs a new thing each time.
//! The first way of each operation is in the sample, and of the others every fourth, counted over all operations ([`sampled`]).

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use access::table::TABLE;
use testkit::{Actor, Answer, Farm, Plan, Role, Uuid};

use crate::answers::{class, leaks, several};
use crate::api::{Api, head};
use crate::callers::{Caller, Ended, Programs, application, browser, by_application};
use crate::cases::{Case, expected, stands, word};
use crate::decisions::about;
use crate::lists;
use crate::operations::OPERATIONS;
use crate::operations::Thing::{self, *};
use crate::oracle::{Asker, Oracle};
use crate::scopes;
use crate::world::World;

/// How they come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum By {
    Session,
    Nothing,
    RightScope,
    WrongScope,
    /// A token that nobody made.
    Garbage,
    /// A token whose time is over.
    Expired,
    /// A token that its person ended.
    Revoked,
    /// The access token of an application of others.
    Application,
}

/// What was called, and what came of it.
#[derive(Default)]
struct Tally {
    calls: BTreeMap<By, usize>,
    /// Changes that a token would have been allowed, and that are not in the sample.
    left_out: usize,
    classes: BTreeMap<String, usize>,
    /// Rows of `.../permissions`, by what they say.
    rows: BTreeMap<String, usize>,
    /// Operations that look at a token.
    guarded: usize,
    wrong: Vec<String>,
}

/// Every fourth change is made by a token too, and the first way always.
fn sampled(operation: usize, n: usize) -> bool {
    n == 0 || (operation + n).is_multiple_of(4)
}

/// One operation on one way in which its thing can stand to people.
#[derive(Clone, Copy)]
struct Asked {
    number: usize,
    method: &'static str,
    path: &'static str,
    thing: Thing,
    body: &'static str,
    n: usize,
}

impl Asked {
    fn call(self) -> (&'static str, &'static str, &'static str) {
        (self.method, self.path, self.body)
    }
}

struct Run<'a> {
    farm: &'a Farm,
    oracle: Oracle,
    world: World<'a>,
    programs: BTreeMap<Uuid, Programs>,
    ended: BTreeMap<Uuid, Ended>,
    /// The application of others, and by which token it acts for each person, since when.
    client: String,
    applications: BTreeMap<Uuid, (Instant, Actor)>,
    nobody: Actor,
    garbage: Actor,
    tally: Tally,
}

/// Calls everything; how many calls it were, or what is wrong.
pub async fn all(farm: &Farm) -> Result<usize, String> {
    let api = Api::of(farm).await;
    let bare = |path: &str| path.split('?').next().unwrap().to_owned();
    let known: BTreeSet<_> = OPERATIONS.iter().map(|(m, p, ..)| ((*m).to_owned(), bare(p))).collect();
    let served: BTreeSet<_> = api.operations.iter().map(|op| (op.method.clone(), op.path.clone())).collect();
    let missing: Vec<_> = served.difference(&known).collect();
    assert!(missing.is_empty(), "these operations have no entry in OPERATIONS: {missing:?}");
    let gone: Vec<_> = known.difference(&served).collect();
    assert!(gone.is_empty(), "OPERATIONS has entries that the API has not: {gone:?}");

    let former = farm.person("Fay Former", Role::Member).await;
    farm.admin().remove_person(&former).await.done();
    let people = [
        (farm.nobody(), Caller::Nobody),
        (farm.newcomer(), Caller::Newcomer),
        (farm.stranger(), Caller::Stranger),
        (former, Caller::Former),
        (farm.guest(), Caller::Of(Role::Guest)),
        (farm.member(), Caller::Of(Role::Member)),
        (farm.admin(), Caller::Of(Role::Admin)),
    ];
    let (mut programs, mut ended) = (BTreeMap::new(), BTreeMap::new());
    for (person, caller) in &people {
        if matches!(caller, Caller::Of(_)) {
            programs.insert(person.id, Programs::of(person).await);
            ended.insert(person.id, Ended::of(farm, person).await);
        }
    }
    let client = application(farm).await;
    let (oracle, world) = (Oracle::read(), World::new(farm).await);
    let nobody = farm.nobody();
    let garbage = nobody.program("imp_t_garbage");
    let (applications, tally) = (BTreeMap::new(), Tally::default());
    let mut run = Run { farm, oracle, world, programs, ended, client, applications, nobody, garbage, tally };
    for (number, (method, path, thing, body)) in OPERATIONS.iter().copied().enumerate() {
        let operation = api.find(method, &bare(path));
        run.tally.guarded += usize::from(scopes::wanted(method, path, &operation.permission) != "public");
        for n in 0..World::ways(thing) {
            let asked = Asked { number, method, path, thing, body, n };
            let Some(mut case) = run.world.case(method, path, thing, n).await else { continue };
            for (person, caller) in &people {
                // Elsewhere it is their own thing.
                if case.elsewhere() && *caller == Caller::Stranger {
                    continue;
                }
                run.person(asked, &operation.permission, (person, *caller), &mut case).await;
            }
        }
    }
    run.tally.end()
}

impl Run<'_> {
    /// What must come of it for this person, as themselves.
    fn wanted(&self, asked: Asked, row: &str, (person, caller): (&Actor, Caller), case: &Case) -> String {
        let Asked { method, path, thing, body, .. } = asked;
        match (row, caller) {
            ("public", _) => "allowed".to_owned(),
            (_, Caller::Nobody) => "not_signed_in".to_owned(),
            ("signed-in", _) if thing == Session && (case.elsewhere() || person.id != self.farm.guest().id) => {
                "not_found".to_owned()
            }
            ("signed-in", Caller::Newcomer | Caller::Stranger | Caller::Former) if body.contains("$own") => {
                "not_found".to_owned()
            }
            ("signed-in", _) => "allowed".to_owned(),
            (_, Caller::Newcomer | Caller::Former) => "no_organization".to_owned(),
            // A stranger acts in their own organization; what is not there is not there for them.
            (_, Caller::Stranger) if matches!(thing, Organization | Leaver) => "allowed".to_owned(),
            (_, Caller::Stranger) if own(case, person) => "allowed".to_owned(),
            (_, Caller::Stranger) => "not_found".to_owned(),
            (_, Caller::Of(role)) => {
                word(expected(&self.oracle, (method, path, row, thing), case, (person.id, role, Plan::Professional)))
            }
        }
    }

    /// One person, in each way in which they can come.
    async fn person(&mut self, asked: Asked, row: &str, (person, caller): (&Actor, Caller), case: &mut Case) {
        let Asked { method, path, thing, .. } = asked;
        let is_row = TABLE.iter().any(|rule| rule.key == row);
        let want = self.wanted(asked, row, (person, caller), case);
        let by = if is_row { person.clone() } else { browser(person, self.farm).await };
        let how = if caller == Caller::Nobody { By::Nothing } else { By::Session };
        let call = self.world.prepare(&by, &by, asked.call(), case).await;
        let answer = call.send().await;
        self.rows(asked, (person, caller, Plan::Professional), &answer, case);
        self.compare((asked, how, row), (person, caller), &answer, &want, case).await;
        // The same on a plan without Guests: for Guests everything, for others what is done to the organization.
        if let Caller::Of(role) = caller
            && is_row
            && (role == Role::Guest || thing == Organization)
        {
            let asker = (person.id, role, Plan::Essentials);
            let want = word(expected(&self.oracle, (method, path, row, thing), case, asker));
            let call = self.world.prepare(&by, &by, asked.call(), case).await;
            let answer = self.world.on_essentials(call).await;
            self.rows(asked, (person, caller, Plan::Essentials), &answer, case);
            self.compare((asked, how, row), (person, caller), &answer, &want, case).await;
        }
        // Whoever left and came back has none of their tokens any more (ACC-06).
        if thing == Leaver && matches!(caller, Caller::Of(_)) {
            self.programs.insert(person.id, Programs::of(person).await);
            self.applications.remove(&person.id);
        }
        self.by_tokens(asked, row, (person, caller), &want, case).await;
    }

    /// The same by tokens, if the person themselves would get `want` (ACC-06). The right scope is told by the words of
    /// docs/api.md, not by the document of the API.
    async fn by_tokens(
        &mut self,
        asked: Asked,
        row: &str,
        (person, caller): (&Actor, Caller),
        want: &str,
        case: &mut Case,
    ) {
        let scope = scopes::wanted(asked.method, asked.path, row);
        let nobody = self.nobody.clone();
        let mut programs = Vec::new();
        if caller == Caller::Nobody && scope != "public" {
            programs.push((By::Garbage, self.garbage.clone(), nobody.clone(), "invalid_token".to_owned()));
        }
        if let Some(own) = self.programs.get(&person.id) {
            // What is refused at the door needs nothing besides.
            if let Some((program, refusal)) = own.wrong(scope) {
                programs.push((By::WrongScope, program.clone(), nobody, refusal.to_owned()));
            }
            if let Some(program) = own.right(scope) {
                match want == "allowed" && asked.method != "GET" && !sampled(asked.number, asked.n) {
                    true => self.tally.left_out += 1,
                    false => programs.push((By::RightScope, program.clone(), person.clone(), want.to_owned())),
                }
            }
        }
        if let Some(ended) = self.ended.get(&person.id)
            && asked.n == 0
            && scope != "public"
            && Role::ALL.get(asked.number % 3).is_some_and(|role| caller == Caller::Of(*role))
        {
            for (how, program) in [(By::Expired, &ended.expired), (By::Revoked, &ended.revoked)] {
                programs.push((how, program.clone(), self.nobody.clone(), "invalid_token".to_owned()));
            }
            let want = if scope == "browser" { "browser_needed" } else { want };
            let application = self.application_of(person).await;
            programs.push((By::Application, application, person.clone(), want.to_owned()));
        }
        for (how, program, helper, want) in programs {
            let call = self.world.prepare(&program, &helper, asked.call(), case).await;
            let answer = call.send().await;
            self.rows(asked, (person, caller, Plan::Professional), &answer, case);
            self.compare((asked, how, row), (person, caller), &answer, &want, case).await;
        }
    }

    /// The application, as it may act for this person; an access token lives for ten minutes.
    async fn application_of(&mut self, person: &Actor) -> Actor {
        if let Some((since, application)) = self.applications.get(&person.id)
            && since.elapsed() < Duration::from_secs(240)
        {
            return application.clone();
        }
        let application = by_application(self.farm, person, &self.client).await;
        self.applications.insert(person.id, (Instant::now(), application.clone()));
        application
    }

    /// Each row of `.../permissions` against the oracle: yes, or which question says no, or that there is no such row.
    fn rows(&mut self, asked: Asked, (person, caller, plan): (&Actor, Caller, Plan), answer: &Answer, case: &Case) {
        let Caller::Of(role) = caller else { return };
        if asked.method != "GET" || !lists::ANSWERS.contains(&asked.path) || !answer.is_ok() {
            return;
        }
        let asker = Asker { role: Some(role), plan, own_forbidden: false };
        let stands = stands(case, person.id);
        let mut said: BTreeMap<String, String> = BTreeMap::new();
        for row in answer.items() {
            let verdict = match (&row["allowed"], row["failed"].as_str()) {
                (testkit::Value::Bool(true), None) => "allowed".to_owned(),
                (testkit::Value::Bool(false), Some(failed)) => format!("denied by {failed}"),
                _ => format!("neither yes nor no: {row}"),
            };
            if said.insert(row["action"].as_str().unwrap().to_owned(), verdict).is_some() {
                self.tally.wrong.push(format!("{} is twice in {answer}", row["action"]));
            }
        }
        for rule in TABLE.iter().filter(|rule| about(rule.kind, stands)) {
            let want = word(self.oracle.says(rule.key, asker, stands));
            let got = said.remove(rule.key).unwrap_or_else(|| "not_found".to_owned());
            *self.tally.rows.entry(got.clone()).or_default() += 1;
            if got != want {
                let who = format!("{} ({plan:?})", person.name);
                self.tally
                    .wrong
                    .push(format!("{} in {} of {who} on {case:?}: {got}, not {want}", rule.key, asked.path));
            }
        }
        self.tally.wrong.extend(said.keys().map(|action| format!("{}: nobody asked for {action}", asked.path)));
    }

    /// Counts the call and compares its answer. A refusal changes nothing, so a thing is made anew only after a call that was
    /// allowed.
    async fn compare(
        &mut self,
        (asked, how, row): (Asked, By, &str),
        (person, caller): (&Actor, Caller),
        answer: &Answer,
        want: &str,
        case: &mut Case,
    ) {
        let Asked { method, path, thing, n, .. } = asked;
        let got = if thing == Several { several(answer) } else { class(answer) };
        *self.tally.calls.entry(how).or_default() += 1;
        *self.tally.classes.entry(got.clone()).or_default() += 1;
        if got != want && !(got == "denied" && want.starts_with("denied by ")) {
            let about = format!("{method} {path} as {} ({caller:?}, {how:?}) on {case:?}", person.name);
            self.tally.wrong.push(format!("{about}: expected {want}: {answer}"));
        }
        self.tally.wrong.extend(leaks(answer, caller, person, row == "public"));
        if got == "allowed" && method != "GET" {
            *case = self.world.case(method, path, thing, n).await.unwrap();
        }
    }
}

/// An upload or a token of theirs.
fn own(case: &Case, person: &Actor) -> bool {
    matches!(case, Case::Upload { owner, .. } if *owner == person.id)
}

impl Tally {
    fn end(self) -> Result<usize, String> {
        let Self { calls, left_out, classes, rows, guarded, wrong } = self;
        let of = |how: By| calls.get(&how).copied().unwrap_or(0);
        let all: usize = calls.values().sum();
        println!(
            "{} operations over HTTP: {} calls with a session, {} with nothing, {} with a token of the right scope, {} of the wrong \
             one, {} with a token that nobody made; {left_out} allowed changes were not made once more by a token (of the ways after \
             the first, every fourth is): {classes:?}",
            OPERATIONS.len(),
            of(By::Session),
            of(By::Nothing),
            of(By::RightScope),
            of(By::WrongScope),
            of(By::Garbage),
        );
        println!(
            "{guarded} of them look at a token: {} calls with an expired one, {} with a revoked one, {} by an application of others",
            of(By::Expired),
            of(By::Revoked),
            of(By::Application),
        );
        let compared: usize = rows.values().sum();
        println!("{compared} rows of .../permissions compared with the oracle: {rows:?}");
        if !wrong.is_empty() {
            return Err(format!("{} of {all} calls are wrong, such as\n{}", wrong.len(), head(&wrong)));
        }
        let seen: Vec<_> = classes.keys().map(String::as_str).collect();
        let kinds = [
            "allowed",
            "browser_needed",
            "denied",
            "denied by access",
            "denied by plan",
            "denied by role",
            "invalid_token",
            "no_organization",
            "not_found",
            "not_signed_in",
            "scope",
        ];
        assert_eq!(seen, kinds, "each kind of answer came, and no other");
        // Yes, each of the three questions, and rows that are not there for what lies in the Trash.
        assert!(rows.len() == 5 && compared > 2_000, "{rows:?}");
        assert!(
            [By::Expired, By::Revoked, By::Application].map(of).iter().all(|n| *n == guarded),
            "{guarded} {calls:?}"
        );
        assert!(of(By::Session) > 5_000 && of(By::RightScope) > 1_000 && of(By::WrongScope) > 2_000, "{calls:?}");
        Ok(all)
    }
}
