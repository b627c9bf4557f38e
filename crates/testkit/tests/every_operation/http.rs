//! Every operation, over real HTTP: everybody x every way in which its thing can stand to people; then by tokens.

use std::collections::{BTreeMap, BTreeSet};

use access::table::TABLE;
use testkit::{Actor, Answer, Farm, Plan, Role, json};

use crate::api::{Api, SCOPES, head};
use crate::cases::{Case, expected, word};
use crate::operations::OPERATIONS;
use crate::operations::Thing::*;
use crate::oracle::Oracle;
use crate::world::World;

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Caller {
    Nobody,
    /// An account that is in no organization (yet).
    Newcomer,
    /// The Admin of another organization.
    Stranger,
    /// A Member until they were removed.
    Former,
    Of(Role),
}

/// A session of its own for what may end or change it.
async fn browser(person: &Actor, farm: &Farm) -> Actor {
    match person.token() {
        Some(_) => person.another_browser().await,
        None => farm.nobody(),
    }
}

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
    fn calls<'a>(&'a self, scope: &str, want: &str) -> Vec<(&'a Actor, String)> {
        match self.0.get(scope) {
            Some((right, wrong)) => vec![(wrong, "scope".to_owned()), (right, want.to_owned())],
            None if scope == "browser" => {
                self.0.values().map(|(one, _)| (one, "browser_needed".to_owned())).take(1).collect()
            }
            // Public: a token is not looked at.
            None => Vec::new(),
        }
    }
}

/// The class of an answer: the permission's part of it. Conflicts and bad input come after the permission.
fn class(answer: &Answer) -> String {
    match answer.code() {
        "denied" => format!("denied by {}", answer.body["failed"].as_str().unwrap_or("nothing")),
        code @ ("not_signed_in" | "no_organization" | "not_found" | "scope" | "browser_needed" | "invalid_token") => {
            code.to_owned()
        }
        _ => "allowed".to_owned(),
    }
}

/// The one result of a bulk call; which question said no is not part of it.
fn several(answer: &Answer) -> String {
    match answer.body["results"][0]["problem"]["code"].as_str() {
        Some(code @ ("not_found" | "denied" | "no_organization")) => code.to_owned(),
        Some(_) => "allowed".to_owned(),
        None => class(answer),
    }
}

/// What was called, and what came of it.
#[derive(Default)]
struct Tally {
    calls: usize,
    by_token: usize,
    classes: BTreeMap<String, usize>,
    wrong: Vec<String>,
}

/// Calls everything; how many calls it were, or what is wrong.
pub async fn all(farm: &Farm) -> Result<usize, String> {
    let api = Api::of(farm).await;
    let oracle = Oracle::read();
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
    let mut world = World::new(farm).await;
    let mut programs = BTreeMap::new();
    for (person, caller) in &people {
        if matches!(caller, Caller::Of(_)) {
            programs.insert(person.id, Programs::of(person).await);
        }
    }
    let garbage = farm.nobody().program("imp_t_garbage");
    let mut tally = Tally::default();
    for (method, path, thing, body) in OPERATIONS.iter().copied() {
        let operation = api.find(method, &bare(path));
        let row = operation.permission.as_str();
        let is_row = TABLE.iter().any(|rule| rule.key == row);
        for n in 0..World::ways(thing) {
            let Some(mut case) = world.case(method, path, thing, n).await else { continue };
            for (person, caller) in &people {
                // Elsewhere it is their own thing.
                if case.elsewhere() && *caller == Caller::Stranger {
                    continue;
                }
                let want = match (row, *caller) {
                    ("public", _) => "allowed".to_owned(),
                    (_, Caller::Nobody) => "not_signed_in".to_owned(),
                    ("signed-in", _) if thing == Session && (case.elsewhere() || person.id != farm.guest().id) => {
                        "not_found".to_owned()
                    }
                    ("signed-in", Caller::Newcomer | Caller::Stranger | Caller::Former) if body.contains("$own") => {
                        "not_found".to_owned()
                    }
                    ("signed-in", _) => "allowed".to_owned(),
                    (_, Caller::Newcomer | Caller::Former) => "no_organization".to_owned(),
                    // A stranger acts in their own organization; what is not there is not there for them.
                    (_, Caller::Stranger) if matches!(thing, Organization | Leaver) => "allowed".to_owned(),
                    (_, Caller::Stranger) if own(&case, person) => "allowed".to_owned(),
                    (_, Caller::Stranger) => "not_found".to_owned(),
                    (_, Caller::Of(role)) => {
                        let asker = (person.id, role, Plan::Professional);
                        word(expected(&oracle, (method, path, row, thing), &case, asker))
                    }
                };
                let by = if is_row { person.clone() } else { browser(person, farm).await };
                let call = world.prepare(&by, &by, (method, path, body), &case).await;
                let about = || format!("{method} {path} as {} ({caller:?}) on {case:?}", person.name);
                let answer = call.send().await;
                tally.calls += 1;
                let got = tally.compare(&answer, &want, thing == Several, about);
                tally.wrong.extend(leaks(&answer, *caller, person, row == "public"));
                // A refusal changes nothing, so a thing is made anew only after a call that was allowed.
                if got == "allowed" && method != "GET" {
                    case = world.case(method, path, thing, n).await.unwrap();
                }
                // The same on a plan without Guests: for Guests everything, for others what is done to the organization.
                let frozen = matches!(caller, Caller::Of(role) if *role == Role::Guest || thing == Organization);
                if frozen && is_row {
                    let Caller::Of(role) = *caller else { continue };
                    let asker = (person.id, role, Plan::Essentials);
                    let want = word(expected(&oracle, (method, path, row, thing), &case, asker));
                    let call = world.prepare(&by, &by, (method, path, body), &case).await;
                    let about = || format!("on Essentials: {method} {path} as {} on {case:?}", person.name);
                    let answer = world.on_essentials(call).await;
                    tally.calls += 1;
                    let got = tally.compare(&answer, &want, thing == Several, about);
                    tally.wrong.extend(leaks(&answer, *caller, person, false));
                    if got == "allowed" && method != "GET" {
                        case = world.case(method, path, thing, n).await.unwrap();
                    }
                }
                // Whoever left and came back has none of their tokens any more (ACC-06).
                if thing == Leaver && matches!(caller, Caller::Of(_)) {
                    programs.insert(person.id, Programs::of(person).await);
                }
                // The same by tokens: for one way in which the thing can stand to people.
                if n > 0 {
                    continue;
                }
                let garbage = (*caller == Caller::Nobody && operation.scope != "public")
                    .then(|| (&garbage, "invalid_token".to_owned()));
                let own = programs.get(&person.id).map(|own| own.calls(&operation.scope, &want)).unwrap_or_default();
                for (program, want) in garbage.into_iter().chain(own) {
                    let call = world.prepare(program, person, (method, path, body), &case).await;
                    let about = || format!("{method} {path} by a token of {} on {case:?}", person.name);
                    let answer = call.send().await;
                    tally.by_token += 1;
                    let got = tally.compare(&answer, &want, thing == Several, about);
                    tally.wrong.extend(leaks(&answer, *caller, person, row == "public"));
                    if got == "allowed" && method != "GET" {
                        case = world.case(method, path, thing, n).await.unwrap();
                    }
                }
            }
        }
    }
    let Tally { calls, by_token, classes, wrong } = tally;
    println!("{} operations over HTTP, {calls} calls by people, {by_token} by tokens: {classes:?}", OPERATIONS.len());
    if !wrong.is_empty() {
        return Err(format!("{} of {} calls are wrong, such as\n{}", wrong.len(), calls + by_token, head(&wrong)));
    }
    let seen: Vec<_> = classes.keys().map(String::as_str).collect();
    let all = [
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
    assert_eq!(seen, all, "each kind of answer came, and no other");
    assert!(calls > 5_000 && by_token > 500, "{calls} {by_token}");
    Ok(calls + by_token)
}

/// An upload or a token of theirs.
fn own(case: &Case, person: &Actor) -> bool {
    matches!(case, Case::Upload { owner, .. } if *owner == person.id)
}

impl Tally {
    fn compare(&mut self, answer: &Answer, want: &str, bulk: bool, about: impl FnOnce() -> String) -> String {
        let got = if bulk { several(answer) } else { class(answer) };
        *self.classes.entry(got.clone()).or_default() += 1;
        let same = got == want || (got == "denied" && want.starts_with("denied by "));
        if !same {
            self.wrong.push(format!("{}: expected {want}: {answer}", about()));
        }
        got
    }
}

/// Things that must not be in an answer.
fn leaks(answer: &Answer, caller: Caller, person: &Actor, public: bool) -> Option<String> {
    let text = String::from_utf8_lossy(&answer.bytes);
    let found = |marks: &[&str]| marks.iter().find(|mark| text.contains(**mark)).map(|mark| (*mark).to_owned());
    let mark = if answer.code() == "not_found" {
        // Exactly as if it did not exist at all.
        let body = json!({
            "type": "about:blank", "title": "Not Found", "status": 404, "code": "not_found",
            "detail": "This is not here, or not for you.",
        });
        (answer.body != body).then(|| "more than a plain 404".to_owned())
    } else {
        match caller {
            Caller::Of(Role::Admin) => found(&["elsewhere", "Sam Stranger", "Shelf private"]),
            Caller::Of(Role::Member) => found(&[
                "elsewhere",
                "Sam Stranger",
                "Bench of the Admin",
                "Bench for Gil",
                "Bench of the Guest",
                "Shelf of Ada Admin",
                "Shelf for Gil",
                "Shelf alone of Gil",
                "Shelf private of Gil",
            ]),
            Caller::Of(Role::Guest) => found(&[
                "elsewhere",
                "Sam Stranger",
                "Part of Mo Member",
                "Part of Ada Admin",
                "Bench of the Member",
                "Bench of the Admin's",
                "Bench of the Guest",
                "Shelf of Ada Admin",
                "Shelf alone of Mo",
                "Shelf private of Mo",
            ]),
            Caller::Nobody | Caller::Newcomer | Caller::Stranger | Caller::Former if !public => found(&[
                "The farm",
                "Gil Guest",
                "Mo Member",
                "Ada Admin",
                "Bench of",
                "Bench for",
                "Part of",
                "Shelf of",
                "Shelf for",
                "Shelf private",
                "Shelf alone",
                "Crew of",
            ]),
            Caller::Nobody | Caller::Newcomer | Caller::Stranger | Caller::Former => None,
        }
    };
    mark.map(|mark| format!("{} sees {mark:?}: {answer}", person.name))
}
