//! For every list: list = filter(detail). What a list gives a person, all pages, is exactly what of everything that there is the
//! detail answers to them, and is such as the list is for.

mod furnish;
mod library;
mod people;
mod printers;

use std::collections::{BTreeMap, BTreeSet};

use testkit::{Actor, Farm, Role, Uuid, Val, Value};

use crate::api::{Api, head};

/// Everything of a kind that there is, in this organization and elsewhere.
struct Everything {
    printers: Vec<Uuid>,
    jobs: Vec<Uuid>,
    projects: Vec<Uuid>,
    files: Vec<Uuid>,
    teams: Vec<Uuid>,
}

/// What one person sees of it: the body of each detail that answers them.
struct Seen {
    printers: BTreeMap<Uuid, Value>,
    jobs: BTreeMap<Uuid, Value>,
    projects: BTreeMap<Uuid, Value>,
    teams: BTreeMap<Uuid, Value>,
}

type Ids = BTreeSet<String>;

async fn ids(farm: &Farm, query: &'static str, values: &[Val]) -> Vec<Uuid> {
    farm.rows(query, values).await.iter().map(|row| row.get("id").unwrap()).collect()
}

async fn details(person: &Actor, all: &[Uuid], path: &str) -> BTreeMap<Uuid, Value> {
    let mut seen = BTreeMap::new();
    for id in all {
        let answer = person.get(&path.replace("{id}", &id.to_string())).await;
        if answer.is_ok() {
            seen.insert(*id, answer.body);
        } else {
            answer.expect(404, "not_found");
        }
    }
    seen
}

/// All pages of a list, three to a page where it has pages: the values of this member of each item.
async fn walk(api: &Api, person: &Actor, path: &str, member: &str, list: &str) -> Ids {
    let pages = api.find("GET", list).parameters.contains("limit");
    let more = |cursor: &str| if path.contains('?') { format!("{path}&{cursor}") } else { format!("{path}?{cursor}") };
    let mut at = if pages { more("limit=3") } else { path.to_owned() };
    let mut found = Ids::new();
    loop {
        let page = person.get(&at).await;
        for item in page.items() {
            let of = member.split('.').fold(&item, |value, key| &value[key]);
            let of = of.as_str().map_or_else(|| of.to_string(), str::to_owned);
            assert!(found.insert(of), "twice in {path} of {}: {item}", person.name);
        }
        let Some(next) = page.body["next"].as_str() else { return found };
        assert!(pages, "{path} has a next page and no limit");
        at = more(&format!("limit=3&cursor={next}"));
    }
}

fn those<'a>(seen: &'a BTreeMap<Uuid, Value>, fits: impl Fn(&Value) -> bool + 'a) -> Ids {
    seen.iter().filter(|(_, body)| fits(body)).map(|(id, _)| id.to_string()).collect()
}

/// The lists that this module asks, by their path.
const ASKED: &[&str] = &[
    "/printers",
    "/printer-groups",
    "/printers/{id}/queue",
    "/print-jobs",
    "/projects",
    "/projects/{id}/print-jobs",
    "/projects/{id}/files",
    "/projects/{id}/files/{file}/versions",
    "/projects/{id}/people",
    "/teams",
    "/teams/{id}/people",
    "/people",
    "/invitations",
    "/sessions",
    "/account/tokens",
    "/tokens",
    "/applications",
    "/escrow",
    "/trash",
    "/notices",
    "/print-jobs/{id}/timeline",
];
/// Not lists of things: the rows of the permission table, each with yes or no for this person. `http` compares them with the oracle.
pub const ANSWERS: &[&str] = &[
    "/organization/permissions",
    "/print-jobs/{id}/permissions",
    "/printer-groups/{id}/permissions",
    "/printers/{id}/permissions",
    "/projects/{id}/permissions",
    "/teams/{id}/permissions",
];

/// The tabs of the print jobs, and which of them are in each.
const TABS: &[(&str, &[&str])] = &[
    ("needs_approval", &["needs_approval", "sent_back"]),
    ("queue", &["queued", "starting"]),
    ("printing", &["printing", "paused", "needs_attention"]),
    ("history", &["finished", "failed", "aborted", "rejected", "withdrawn"]),
];

struct Look<'a> {
    api: Api,
    farm: &'a Farm,
    all: Everything,
    lists: usize,
    /// How much each list had for everybody together, by its address without the ids.
    found: BTreeMap<String, usize>,
    wrong: Vec<String>,
}

/// The address of a list, whatever it is about.
fn without_ids(path: &str) -> String {
    let ends = ['/', '?', '&', '='];
    let part = |part: &str| {
        let bare = part.trim_end_matches(ends);
        if bare.parse::<Uuid>().is_ok() { part.replace(bare, "{id}") } else { part.to_owned() }
    };
    path.split_inclusive(ends).map(part).collect()
}

impl Look<'_> {
    /// A list and what it must be.
    async fn compare(&mut self, person: &Actor, (list, path, member): (&str, &str, &str), want: Ids) {
        let got = walk(&self.api, person, path, member, list).await;
        self.lists += 1;
        *self.found.entry(without_ids(path)).or_default() += got.len();
        if got != want {
            let more: Vec<_> = got.difference(&want).collect();
            let less: Vec<_> = want.difference(&got).collect();
            self.wrong.push(format!("{path} of {}: too many {more:?}, missing {less:?}", person.name));
        }
    }

    async fn seen(&self, person: &Actor) -> Seen {
        Seen {
            printers: details(person, &self.all.printers, "/printers/{id}").await,
            jobs: details(person, &self.all.jobs, "/print-jobs/{id}").await,
            projects: details(person, &self.all.projects, "/projects/{id}").await,
            teams: details(person, &self.all.teams, "/teams/{id}").await,
        }
    }
}

/// Asks all lists as each role.
pub async fn all(farm: &Farm) {
    let api = Api::of(farm).await;
    let served: BTreeSet<_> = api.operations.iter().filter(|op| op.is_list()).map(|op| op.path.as_str()).collect();
    let known: BTreeSet<_> = ASKED.iter().chain(ANSWERS).copied().collect();
    assert_eq!(served, known, "every list that the API has is asked here");

    furnish::furnish(farm).await;
    let alone = farm.person("Ina Alone", Role::Guest).await;
    let idle = farm.person("Mia Idle", Role::Member).await;
    let people = [
        (farm.guest(), Role::Guest),
        (alone, Role::Guest),
        (farm.member(), Role::Member),
        (idle, Role::Member),
        (farm.admin(), Role::Admin),
    ];
    let everybody: Vec<_> = people.iter().map(|(person, _)| person.clone()).collect();
    let all = Everything {
        printers: ids(farm, "SELECT id FROM printer", &[]).await,
        jobs: ids(farm, "SELECT id FROM print_job", &[]).await,
        projects: ids(farm, "SELECT id FROM project", &[]).await,
        files: ids(farm, "SELECT id FROM project_file", &[]).await,
        teams: ids(farm, "SELECT id FROM team", &[]).await,
    };
    let mut look = Look { api, farm, all, lists: 0, found: BTreeMap::new(), wrong: Vec::new() };
    for (person, role) in &people {
        let seen = look.seen(person).await;
        look.printers_and_jobs(person, &seen).await;
        look.library(person, &seen, &everybody).await;
        look.teams_and_people(person, *role, &seen, &everybody).await;
        look.trash(person, *role).await;
        look.notices(person, &seen).await;
    }
    let items: usize = look.found.values().sum();
    println!(
        "{} lists of {} kinds compared with what their details answer, {items} items",
        look.lists,
        look.found.len()
    );
    let empty: Vec<_> = look.found.iter().filter(|(_, found)| **found == 0).map(|(path, _)| path).collect();
    assert!(empty.is_empty(), "these lists had nothing for anybody: {empty:?}");
    assert!(look.wrong.is_empty(), "{} of {} lists:\n{}", look.wrong.len(), look.lists, head(&look.wrong));
    assert!(look.lists > 500, "{}", look.lists);
}
