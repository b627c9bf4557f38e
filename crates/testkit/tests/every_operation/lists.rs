//! For every list: list = filter(detail). What a list gives a person, all pages, is exactly what of everything that there is the
//! detail answers to them, and is such as the list is for.

use std::collections::{BTreeMap, BTreeSet};

use testkit::{Actor, Farm, Role, Uuid, Val, Value, gcode, json, params};

use crate::api::{Api, head};
use crate::operations::Thing;
use crate::world::{World, id};

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
/// Not lists of things: the rows of the permission table, each with yes or no for this person. What they say is compared with the
/// decisions elsewhere.
const ANSWERS: &[&str] = &[
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
    wrong: Vec<String>,
}

impl Look<'_> {
    /// A list and what it must be.
    async fn compare(&mut self, person: &Actor, (list, path, member): (&str, &str, &str), want: Ids) {
        let got = walk(&self.api, person, path, member, list).await;
        self.lists += 1;
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

    async fn printers_and_jobs(&mut self, person: &Actor, seen: &Seen) {
        let groups = ids(self.farm, "SELECT id FROM printer_group", &[]).await;
        let groups = details(person, &groups, "/printer-groups/{id}").await;
        self.compare(person, ("/printer-groups", "/printer-groups", "id"), those(&groups, |_| true)).await;
        let there = |body: &Value| body["removed_at"].is_null();
        self.compare(person, ("/printers", "/printers", "id"), those(&seen.printers, there)).await;
        let in_tab = |tab: &'static [&'static str]| move |job: &Value| tab.contains(&job["status"].as_str().unwrap());
        for (tab, statuses) in TABS {
            let path = format!("/print-jobs?tab={tab}");
            self.compare(person, ("/print-jobs", &path, "id"), those(&seen.jobs, in_tab(statuses))).await;
            let mine = |job: &Value| in_tab(statuses)(job) && job["submitter"]["id"] == json!(person.id);
            let path = format!("/print-jobs?tab={tab}&mine=true");
            self.compare(person, ("/print-jobs", &path, "id"), those(&seen.jobs, mine)).await;
            let path = format!("/print-jobs?tab={tab}&q=part%20of%20gil");
            let named = |job: &Value| {
                let has = |text: &Value| text.as_str().unwrap_or("").to_lowercase().contains("part of gil");
                in_tab(statuses)(job) && (has(&job["name"]) || has(&job["submitter"]["name"]))
            };
            self.compare(person, ("/print-jobs", &path, "id"), those(&seen.jobs, named)).await;
            // Also for printers that the person does not see: then it is what is their own.
            for printer in self.all.printers.clone() {
                let path = format!("/print-jobs?tab={tab}&printer={printer}");
                let on = |job: &Value| in_tab(statuses)(job) && job["printer"]["id"] == json!(printer);
                self.compare(person, ("/print-jobs", &path, "id"), those(&seen.jobs, on)).await;
            }
        }
        // Of the ended jobs, those whose print lies on a plate; here nothing was printed.
        self.compare(person, ("/print-jobs", "/print-jobs?tab=plate", "id"), Ids::new()).await;
        let counts = person.get("/print-jobs/counts").await.ok();
        for (tab, statuses) in &TABS[..3] {
            let many = those(&seen.jobs, in_tab(statuses)).len();
            if counts[*tab] != json!(many) {
                self.wrong.push(format!("{} counts {} in {tab}, and sees {many}", person.name, counts[*tab]));
            }
        }
        for printer in seen.printers.keys() {
            let path = format!("/printers/{printer}/queue");
            let queue = |job: &Value| {
                let status = job["status"].as_str().unwrap();
                job["printer"]["id"] == json!(printer)
                    && ["queued", "starting", "printing", "paused", "needs_attention"].contains(&status)
            };
            self.compare(person, ("/printers/{id}/queue", &path, "id"), those(&seen.jobs, queue)).await;
        }
        // What happened to a job is told to whoever sees the job: all of it, or nothing.
        let happened = "SELECT seq AS id FROM journal WHERE job = $1";
        for job in seen.jobs.keys() {
            let rows = self.farm.rows(happened, params![*job]).await;
            let rows = rows.iter().map(|row| row.get::<i64>("id").unwrap().to_string()).collect();
            let path = format!("/print-jobs/{job}/timeline");
            self.compare(person, ("/print-jobs/{id}/timeline", &path, "seq"), rows).await;
        }
    }

    async fn library(&mut self, person: &Actor, seen: &Seen, everybody: &[Actor]) {
        self.compare(person, ("/projects", "/projects", "id"), those(&seen.projects, |_| true)).await;
        // Words of the name, or of who created it.
        let has = |text: &Value| text.as_str().unwrap().to_lowercase().contains("gil");
        let named = |project: &Value| has(&project["name"]) || has(&project["created_by"]["name"]);
        self.compare(person, ("/projects", "/projects?q=gil", "id"), those(&seen.projects, named)).await;
        let mut changeable = Ids::new();
        for project in seen.projects.keys() {
            let rows = person.get(&format!("/projects/{project}/permissions")).await.items();
            if rows.iter().any(|row| row["action"] == "project.upload" && row["allowed"] == true) {
                changeable.insert(project.to_string());
            }
        }
        self.compare(person, ("/projects", "/projects?changeable=true", "id"), changeable).await;
        for project in seen.projects.keys() {
            let from = |job: &Value| job["project"]["id"] == json!(project);
            let path = format!("/projects/{project}/print-jobs");
            self.compare(person, ("/projects/{id}/print-jobs", &path, "id"), those(&seen.jobs, from)).await;
            let versions = format!("/projects/{project}/files/{{id}}/versions");
            let files = details(person, &self.all.files, &versions).await;
            let path = format!("/projects/{project}/files");
            self.compare(person, ("/projects/{id}/files", &path, "id"), those(&files, |_| true)).await;
            for file in files.keys() {
                let mut there = Ids::new();
                for version in 1..=4 {
                    let path = format!("/projects/{project}/files/{file}/content?version={version}");
                    if person.get(&path).await.is_ok() {
                        there.insert(version.to_string());
                    }
                }
                let path = format!("/projects/{project}/files/{file}/versions");
                self.compare(person, ("/projects/{id}/files/{file}/versions", &path, "version"), there).await;
            }
            let mut viewers = Ids::new();
            for other in everybody {
                if other.get(&format!("/projects/{project}")).await.is_ok() {
                    viewers.insert(other.id.to_string());
                }
            }
            let path = format!("/projects/{project}/people");
            self.compare(person, ("/projects/{id}/people", &path, "id"), viewers).await;
        }
    }

    async fn teams_and_people(&mut self, person: &Actor, role: Role, seen: &Seen, everybody: &[Actor]) {
        self.compare(person, ("/teams", "/teams", "id"), those(&seen.teams, |_| true)).await;
        let named = |team: &Value| team["name"].as_str().unwrap().to_lowercase().contains("gil");
        self.compare(person, ("/teams", "/teams?q=gil", "id"), those(&seen.teams, named)).await;
        for team in seen.teams.keys() {
            // Whoever is in it sees it, and sees that they are.
            let mut inside = Ids::new();
            for other in everybody {
                let answer = other.get(&format!("/teams/{team}")).await;
                if answer.is_ok() && answer.body["inside"] == true {
                    inside.insert(other.id.to_string());
                }
            }
            self.compare(person, ("/teams/{id}/people", &format!("/teams/{team}/people"), "id"), inside).await;
        }
        let people = everybody.iter().map(|other| other.id.to_string()).collect();
        self.compare(person, ("/people", "/people", "id"), people).await;
        let named = everybody.iter().filter(|other| other.name.to_lowercase().contains("ada"));
        let named = named.map(|other| other.id.to_string()).collect();
        self.compare(person, ("/people", "/people?q=ada", "id"), named).await;

        // What has no detail of its own is compared with its rows.
        let mine = "SELECT id FROM session WHERE account = $1 AND revoked_at IS NULL";
        let rows = |ids: Vec<Uuid>| ids.into_iter().map(|id| id.to_string()).collect::<Ids>();
        let sessions = rows(ids(self.farm, mine, params![person.id]).await);
        self.compare(person, ("/sessions", "/sessions", "id"), sessions).await;
        let mine = "SELECT id FROM api_token WHERE account = $1 AND revoked_at IS NULL";
        let tokens = rows(ids(self.farm, mine, params![person.id]).await);
        self.compare(person, ("/account/tokens", "/account/tokens", "id"), tokens).await;
        for (list, own) in [
            ("/tokens", "SELECT id FROM api_token WHERE org = $1 AND revoked_at IS NULL"),
            ("/applications", "SELECT id FROM oauth_client WHERE org = $1 AND removed_at IS NULL"),
            (
                "/escrow",
                "SELECT DISTINCT m.account AS id FROM membership m JOIN project p ON p.org = m.org AND p.created_by = m.account \
                 WHERE m.org = $1 AND m.removed_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM project_share s WHERE s.project = p.id)",
            ),
            ("/invitations", "SELECT id FROM invitation WHERE org = $1 AND withdrawn_at IS NULL AND used_at IS NULL"),
        ] {
            if role == Role::Admin {
                let all = rows(ids(self.farm, own, params![self.farm.org()]).await);
                assert!(!all.is_empty(), "{list}: there is something to list");
                let member = if list == "/escrow" { "person.id" } else { "id" };
                self.compare(person, (list, list, member), all).await;
            } else {
                person.get(list).await.expect(403, "denied");
            }
        }
    }

    /// What lies in the Trash is listed for whoever could bring it back.
    async fn trash(&mut self, person: &Actor, role: Role) {
        let mut wanted = Ids::new();
        // A file comes back by the right to change its project, which must be there; a person by that to remove people.
        let files = "SELECT f.id, f.project FROM project_file f WHERE f.removed_at IS NOT NULL";
        for row in self.farm.rows(files, &[]).await {
            let project: Uuid = row.get("project").unwrap();
            let rows = person.get(&format!("/projects/{project}/permissions")).await;
            let rows = if rows.is_ok() { rows.items() } else { Vec::new() };
            if rows.iter().any(|row| row["action"] == "project.edit" && row["allowed"] == true) {
                wanted.insert(row.get::<Uuid>("id").unwrap().to_string());
            }
        }
        if role == Role::Admin {
            let removed = "SELECT account AS id FROM membership WHERE org = $1 AND removed_at IS NOT NULL AND removed_by <> account";
            wanted.extend(ids(self.farm, removed, params![self.farm.org()]).await.iter().map(Uuid::to_string));
        }
        for (kind, query, action) in [
            ("printers", "SELECT id FROM printer WHERE removed_at IS NOT NULL", "printer.delete"),
            ("teams", "SELECT id FROM team WHERE removed_at IS NOT NULL", "team.change"),
            ("projects", "SELECT id FROM project WHERE removed_at IS NOT NULL", "project.delete"),
        ] {
            let removed = ids(self.farm, query, &[]).await;
            assert!(removed.len() > 1, "{kind} in the Trash");
            for (id, body) in details(person, &removed, &format!("/{kind}/{{id}}/permissions")).await {
                let rows = body["items"].as_array().unwrap();
                if rows.iter().any(|row| row["action"] == action && row["allowed"] == true) {
                    wanted.insert(id.to_string());
                }
            }
        }
        self.compare(person, ("/trash", "/trash", "id"), wanted).await;
    }

    /// Notices are about the own jobs, and about what others did with them.
    async fn notices(&mut self, person: &Actor, seen: &Seen) {
        let mut wanted = Ids::new();
        let own = seen.jobs.iter().filter(|(_, job)| job["submitter"]["id"] == json!(person.id));
        const TOLD: [&str; 3] = ["job.approved", "job.rejected", "job.sent_back"];
        for (job, _) in own {
            for line in person.get(&format!("/print-jobs/{job}/timeline")).await.items() {
                if TOLD.contains(&line["kind"].as_str().unwrap()) && line["actor"]["id"] != json!(person.id) {
                    wanted.insert(line["seq"].to_string());
                }
            }
        }
        self.compare(person, ("/notices", "/notices", "seq"), wanted).await;
    }
}

/// A thing in each way in which it can stand to people, in several states; also elsewhere.
async fn furnish(farm: &Farm) {
    let mut world = World::new(farm).await;
    for thing in [Thing::Team, Thing::Project, Thing::Job, Thing::Group] {
        for n in 0..World::ways(thing) {
            world.case("POST", "/", thing, n).await.unwrap();
        }
    }
    world.case("POST", "/", Thing::RemovedProject, 1).await.unwrap();
    world.case("POST", "/", Thing::Former, 0).await.unwrap();
    let (admin, guest, stranger) = (farm.admin(), farm.guest(), farm.stranger());
    for by in [&admin, &guest, &stranger] {
        let project = by.new_project("Shelf with a removed file").await;
        let file = by.put_file(&project, "gone.gcode", &gcode("gone")).await;
        by.delete(&format!("/projects/{}/files/{}", id(&project), id(&file))).await.done();
    }
    let waiting = admin.tab("needs_approval").await;
    let mut turn = 0;
    for job in waiting.iter().filter(|job| job["submitter"]["id"] == json!(guest.id)) {
        turn += 1;
        let done = match turn % 5 {
            0 => admin.approve(job).await,
            1 => admin.reject(job, Some("Too thin")).await,
            2 => admin.send_back(job, "Why?").await,
            3 => guest.act(job, "withdraw", json!({})).await,
            _ => continue,
        };
        // What is locked for the Admin stays as it is.
        assert!(done.is_ok() || done.code() == "denied" || done.code() == "printer_unavailable", "{done}");
    }
    for by in [&admin, &stranger] {
        for thing in ["invitations", "applications", "account/tokens"] {
            let body = match thing {
                "invitations" => json!({ "role": "guest" }),
                "applications" => json!({ "name": "Slicer", "redirect_uris": [], "scopes": ["read"] }),
                _ => json!({ "name": "Script", "scopes": ["read"], "expires_in_days": 1 }),
            };
            by.post(&format!("/{thing}"), body).await.done();
        }
        let bench = farm.virtual_printer();
        let removed = by.add_printer("Bench that was, too", &bench, true).await;
        by.delete(&format!("/printers/{removed}")).await.done();
        let team = by.new_team("Crew that was, too", &[by.id]).await;
        by.delete(&format!("/teams/{}", id(&team))).await.done();
    }
}

/// Asks all lists as each role.
pub async fn all(farm: &Farm) {
    let api = Api::of(farm).await;
    let served: BTreeSet<_> = api.operations.iter().filter(|op| op.is_list()).map(|op| op.path.as_str()).collect();
    let known: BTreeSet<_> = ASKED.iter().chain(ANSWERS).copied().collect();
    assert_eq!(served, known, "lists.rs asks every list that the API has");

    furnish(farm).await;
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
    let mut look = Look { api, farm, all, lists: 0, wrong: Vec::new() };
    for (person, role) in &people {
        let seen = look.seen(person).await;
        look.printers_and_jobs(person, &seen).await;
        look.library(person, &seen, &everybody).await;
        look.teams_and_people(person, *role, &seen, &everybody).await;
        look.trash(person, *role).await;
        look.notices(person, &seen).await;
    }
    println!("{} lists compared with what their details answer", look.lists);
    assert!(look.wrong.is_empty(), "{} of {} lists:\n{}", look.wrong.len(), look.lists, head(&look.wrong));
    assert!(look.lists > 500, "{}", look.lists);
}
