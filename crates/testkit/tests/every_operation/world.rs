//! Makes the things that are called, in each way in which they can stand to people, by the API; and prepares the calls.

use std::collections::HashMap;

use testkit::{Actor, Call, Farm, Method, Plan, Role, Uuid, Value, gcode, json};

use crate::cases::{Bench, Case, Crew, Sharing, Shelf};
use crate::operations::Thing::{self, *};

/// Where a bench of this kind is in [`World::benches`].
const OF_ALL: usize = 0;
const OF_THE_ADMIN: usize = 1;
const OF_THE_MEMBER: usize = 2;
const OF_A_TEAM: usize = 3;
const IN_THE_TRASH: usize = 4;
const ELSEWHERE: usize = 5;

/// The teams that things are shared with, and who is in each.
struct Teams {
    both: (Uuid, [Uuid; 2]),
    guests: (Uuid, [Uuid; 2]),
    members: (Uuid, [Uuid; 2]),
    others: (Uuid, [Uuid; 2]),
    in_trash: (Uuid, [Uuid; 2]),
}

pub struct World<'a> {
    farm: &'a Farm,
    benches: Vec<Bench>,
    teams: Teams,
    other: Uuid,
    machine: testkit::Machine,
    picture: Vec<u8>,
    count: u32,
    /// What only looking is done to, is made once.
    kept: HashMap<(Thing, usize, bool), Case>,
}

pub fn id(of: &Value) -> Uuid {
    of["id"].as_str().unwrap().parse().unwrap()
}

impl World<'_> {
    pub async fn new(farm: &Farm) -> World<'_> {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let team = async |name: &str, people: [Uuid; 2]| {
            let people_in_it = if people[0] == people[1] { &people[..1] } else { &people[..] };
            (id(&admin.new_team(name, people_in_it).await), people)
        };
        let teams = Teams {
            both: team("Crew of two", [guest.id, member.id]).await,
            guests: team("Crew of Gil", [guest.id, guest.id]).await,
            members: team("Crew of Mo", [member.id, member.id]).await,
            others: team("Crew of Ada", [admin.id, admin.id]).await,
            in_trash: team("Crew that was", [guest.id, member.id]).await,
        };
        let machine = farm.virtual_printer();
        let other = admin.add_printer("Another bench", &machine, true).await;
        let picture = include_bytes!("../../../../samples/small_square.gcode").to_vec();
        let mut world =
            World { farm, benches: Vec::new(), teams, other, machine, picture, count: 0, kept: HashMap::new() };
        for n in 0.. {
            let Some(bench) = world.bench(n).await else { break };
            world.benches.push(bench);
        }
        admin.delete(&format!("/teams/{}", world.teams.in_trash.0)).await.done();
        world
    }

    /// The `n`th way in which a printer can stand to people, made anew. The first ones have names above.
    async fn bench(&mut self, n: usize) -> Option<Bench> {
        let farm = self.farm;
        let (admin, member, guest, stranger) = (farm.admin(), farm.member(), farm.guest(), farm.stranger());
        let (with, nobody) = (Sharing::with, Sharing::NOBODY);
        let Teams { both, guests, others, in_trash, .. } = &self.teams;
        let (by, name, shares) = match n {
            OF_ALL => (&admin, "Bench of all", Sharing::ALL),
            OF_THE_ADMIN => (&admin, "Bench of the Admin", nobody),
            OF_THE_MEMBER => (&member, "Bench of the Member", nobody),
            OF_A_TEAM => (&admin, "Bench for two", with(*both)),
            IN_THE_TRASH => (&admin, "Bench that was", Sharing::ALL),
            ELSEWHERE => (&stranger, "Bench elsewhere", Sharing::ALL),
            6 => (&admin, "Bench for all and two", Sharing { organization: true, ..with(*both) }),
            7 => (&admin, "Bench for Gil", with(*guests)),
            8 => (&admin, "Bench of the Admin's crew", with(*others)),
            // Added while they were a Member.
            9 => (&guest, "Bench of the Guest", nobody),
            10 => (&admin, "Bench of the Admin's old crew", Sharing { team_in_trash: true, ..with(*in_trash) }),
            _ => return None,
        };
        let demoted = by.id == guest.id;
        if demoted {
            admin.change_role(by, "member").await.done();
        }
        let id = by.add_printer(name, &self.machine, shares.organization).await;
        if demoted {
            admin.change_role(by, "guest").await.done();
        }
        if let Some((team, _)) = shares.team {
            by.share_printer_with(id, shares.organization, &[team]).await.done();
        }
        if n == IN_THE_TRASH {
            by.delete(&format!("/printers/{id}")).await.done();
        }
        Some(Bench { id, name, added_by: by.id, shares, elsewhere: n == ELSEWHERE })
    }

    async fn job(&mut self, by: &Actor, bench: Bench) -> Case {
        self.count += 1;
        let upload = by.upload(&self.picture, "square.gcode").await;
        let name = format!("Part of {} {}", by.name, self.count);
        let job = by.submit(&name, json!({ "upload": upload, "printer": bench.id, "name": name })).await.ok();
        Case::Job { job, owner: by.id, bench, from: None }
    }

    /// Printed from a project.
    async fn job_from(&mut self, by: &Actor, n: usize) -> Option<Case> {
        let bench = self.benches[OF_ALL];
        let shelf = self.shelf(n).await?;
        let name = format!("Part of {} {}", by.name, self.count);
        let path = format!("/projects/{}/files/{}/print", shelf.id, shelf.file);
        let call = by.call(Method::POST, &path).fresh_key().json(&json!({ "printer": bench.id, "name": name }));
        Some(Case::Job { job: call.send().await.ok(), owner: by.id, bench, from: Some(shelf) })
    }

    /// The `n`th way in which a project with one file can stand to people.
    async fn shelf(&mut self, n: usize) -> Option<Shelf> {
        self.count += 1;
        let farm = self.farm;
        let (admin, member, guest, stranger) = (farm.admin(), farm.member(), farm.guest(), farm.stranger());
        let (with, nobody) = (Sharing::with, Sharing::NOBODY);
        let Teams { both, guests, members, in_trash, .. } = &self.teams;
        let (by, name, shares) = match n {
            0 => (&guest, "private of Gil Guest", nobody),
            1 => (&guest, "of Gil Guest", Sharing::ALL),
            2 => (&member, "private of Mo Member", nobody),
            3 => (&member, "of Mo Member", Sharing::ALL),
            4 => (&admin, "of Ada Admin", nobody),
            5 => (&guest, "of Gil Guest", with(*both)),
            6 => (&guest, "alone of Gil Guest", with(*guests)),
            7 => (&member, "alone of Mo Member", with(*members)),
            8 => (&admin, "for Gil", with(*guests)),
            9 => (&admin, "for all and two", Sharing { organization: true, ..with(*both) }),
            10 => (&admin, "of Ada Admin's old crew", Sharing { team_in_trash: true, ..with(*in_trash) }),
            11 => (&stranger, "elsewhere", Sharing::ALL),
            _ => return None,
        };
        let project = by.new_project(&format!("Shelf {name} {}", self.count)).await;
        let file = by.put_file(&project, "square.gcode", &self.picture).await;
        let id_ = id(&project);
        let by_hand = shares.team_in_trash || (shares.organization && by.id == guest.id);
        if by_hand {
            // A Guest shares with a team only, and nobody with a team in the Trash: it was done before.
            farm.share_project(id_, shares.team.map_or(farm.org(), |(team, _)| team)).await;
        } else {
            let teams: Vec<_> = shares.team.into_iter().map(|(team, _)| team).collect();
            by.share(&project, shares.organization, &teams).await.done();
        }
        let (created_by, elsewhere) = (by.id, by.id == stranger.id);
        Some(Shelf { id: id_, file: id(&file), created_by, shares, in_trash: false, elsewhere })
    }

    /// The `n`th way in which a thing of this kind can stand to people. What is only looked at is the same each time.
    pub async fn case(&mut self, method: &str, path: &str, thing: Thing, n: usize) -> Option<Case> {
        let key = (thing, n, path.ends_with("/record"));
        if method == "GET"
            && let Some(kept) = self.kept.get(&key)
        {
            return Some(kept.clone());
        }
        let case = self.new_case(method, path, thing, n).await?;
        if method == "GET" {
            self.kept.insert(key, case.clone());
        }
        Some(case)
    }

    /// How many ways there are.
    pub fn ways(thing: Thing) -> usize {
        match thing {
            Printer | Request => 11,
            Job | JobsPrinter | JobAndPrinter | Several => 15,
            Team | RemovedTeam => 7,
            Group => 5,
            Project | RemovedProject | JobIntoProject => 13,
            Upload | Person | Former | Invitation | OwnToken | AnyToken | Application | Session | Device => 2,
            Organization | Leaver | Secret => 1,
        }
    }

    async fn new_case(&mut self, method: &str, path: &str, thing: Thing, n: usize) -> Option<Case> {
        let farm = self.farm;
        let (admin, guest, stranger) = (farm.admin(), farm.guest(), farm.stranger());
        Some(match (thing, n) {
            (Organization, _) => Case::Plain,
            (Printer | Request, _) => {
                // Gone afterwards, so it is one of its own; a team in the Trash takes no new shares.
                if method == "DELETE" {
                    return if n == 10 { None } else { self.bench(n).await.map(Case::Printer) };
                }
                if n == IN_THE_TRASH {
                    admin.delete(&format!("/printers/{}", self.benches[n].id)).await.done();
                }
                Case::Printer(self.benches[n])
            }
            (Job | JobsPrinter | JobAndPrinter | Several, _) => return self.some_job(path, n).await,
            (Group, _) => {
                self.count += 1;
                let bench = self.bench([OF_ALL, OF_THE_ADMIN, OF_THE_MEMBER, OF_A_TEAM, ELSEWHERE][n]).await?;
                let people = [&admin, &farm.member(), &stranger].map(Clone::clone);
                let by = people.into_iter().find(|person| person.id == bench.added_by)?;
                let group = by.new_printer_group(&format!("Group {}", self.count), &[bench.id]).await;
                Case::Group { id: id(&group), bench }
            }
            (Team | RemovedTeam, _) => self.crew(thing, n).await,
            (Project | RemovedProject | JobIntoProject, _) => {
                let in_trash = n == 12 || thing == RemovedProject;
                let mut shelf = self.shelf(if n == 12 { 9 } else { n }).await?;
                if in_trash {
                    let by = if shelf.elsewhere { &stranger } else { &admin };
                    let by =
                        [&guest, &farm.member()].into_iter().find(|p| p.id == shelf.created_by).unwrap_or(by).clone();
                    by.delete(&format!("/projects/{}", shelf.id)).await.done();
                    shelf.in_trash = true;
                }
                let job = match thing {
                    JobIntoProject => match self.job(&guest, self.benches[OF_ALL]).await {
                        Case::Job { job, .. } => Some(id(&job)),
                        _ => None,
                    },
                    _ => None,
                };
                Case::Project { shelf, job }
            }
            (Upload, _) => {
                let owner = if n == 0 { &guest } else { &stranger };
                let announced =
                    owner.post("/uploads", json!({ "name": "a.gcode", "size": gcode("a").len() })).await.ok();
                Case::Upload { id: id(&announced), owner: owner.id }
            }
            (Person, 0) => {
                self.count += 1;
                Case::Id(farm.person(&format!("Person {}", self.count), Role::Guest).await.id.to_string())
            }
            (Person, _) => Case::Foreign(stranger.id.to_string()),
            (Former, _) => {
                self.count += 1;
                let here = farm.person(&format!("Person {}", self.count), Role::Guest).await;
                here.new_project("Physics").await;
                admin.remove_person(&here).await.done();
                // Whoever is somebody in another organization was never in this one.
                if n == 0 { Case::Id(here.id.to_string()) } else { Case::Foreign(stranger.id.to_string()) }
            }
            // Whoever left comes back for the next one.
            (Leaver, _) => {
                for (person, role) in [(&guest, "guest"), (&farm.member(), "member")] {
                    if person.get("/session").await.ok()["organization"].is_null() {
                        let secret = admin.invite(role).await;
                        person.accept(&secret).await.done();
                        for (team, people) in [self.teams.both, self.teams.guests, self.teams.members] {
                            if people.contains(&person.id) {
                                admin.put_into_team(&json!({ "id": team }), person.id).await.done();
                            }
                        }
                    }
                }
                Case::Plain
            }
            (Invitation, _) => {
                let by = if n == 0 { &admin } else { &stranger };
                let link = id(&by.post("/invitations", json!({ "role": "guest" })).await.ok()).to_string();
                if n == 0 { Case::Id(link) } else { Case::Foreign(link) }
            }
            (Secret, _) => {
                let link = admin.post("/invitations", json!({ "role": "guest" })).await.ok();
                admin.delete(&format!("/invitations/{}", id(&link))).await.done();
                Case::Id(link["link"].as_str().unwrap().rsplit('/').next().unwrap().to_owned())
            }
            (Session, _) => {
                let by = if n == 0 { &guest } else { &stranger };
                let sessions = by.another_browser().await.get("/sessions").await.items();
                let session = id(sessions.iter().find(|s| s["current"] == true).unwrap()).to_string();
                if n == 0 { Case::Id(session) } else { Case::Foreign(session) }
            }
            (OwnToken | AnyToken, _) => {
                self.count += 1;
                let body =
                    json!({ "name": format!("Script {}", self.count), "scopes": ["read"], "expires_in_days": 1 });
                let by = if n == 0 { &guest } else { &stranger };
                let made = id(&by.post("/account/tokens", body).await.ok());
                match (thing, n) {
                    (OwnToken, _) => Case::Upload { id: made, owner: by.id },
                    (_, 0) => Case::Id(made.to_string()),
                    _ => Case::Foreign(made.to_string()),
                }
            }
            (Application, 0) => Case::Id(self.application(&admin).await),
            (Application, _) => Case::Foreign(self.application(&stranger).await),
            (Device, _) => {
                let application = self.application(if n == 0 { &admin } else { &stranger }).await;
                let call = farm.nobody().call(Method::POST, "/oauth/device").at_root();
                let waiting = call.form(&[("client_id", &application), ("scope", "read")]).send_unchecked().await.ok();
                let code = waiting["user_code"].as_str().unwrap().to_owned();
                if n == 0 { Case::Id(code) } else { Case::Foreign(code) }
            }
        })
    }

    async fn some_job(&mut self, path: &str, n: usize) -> Option<Case> {
        let farm = self.farm;
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let record = path.ends_with("/record");
        let (all, lost, trash) = (self.benches[OF_ALL], self.benches[OF_THE_ADMIN], self.benches[IN_THE_TRASH]);
        let case = match n {
            0 => self.job(&guest, all).await,
            1 => self.job(&member, all).await,
            2 => self.job(&admin, all).await,
            3 => self.job(&admin, lost).await,
            4 => self.job(&member, self.benches[OF_THE_MEMBER]).await,
            5 | 13 => {
                // Sent while the printer was shared, or there; then it was taken away (AMB-35, AMB-42).
                let bench = if n == 5 { lost } else { trash };
                match n {
                    5 => admin.share_printer(bench.id, true).await,
                    _ => admin.post(&format!("/printers/{}/restore", bench.id), json!({})).await.done(),
                }
                let case = self.job(&guest, bench).await;
                if let Case::Job { job, .. } = &case
                    && record
                {
                    admin.approve(job).await.done();
                }
                match n {
                    5 => admin.share_printer(bench.id, false).await,
                    _ => admin.delete(&format!("/printers/{}", bench.id)).await.done(),
                }
                return Some(case);
            }
            6 => self.job(&guest, self.benches[OF_A_TEAM]).await,
            // Nobody can decide it, so there is no record of a decision either.
            7 if record => return None,
            7 => self.job_from(&guest, 0).await?,
            8 => self.job_from(&guest, 5).await?,
            9 => self.job_from(&guest, 6).await?,
            10 => self.job_from(&member, 2).await?,
            11 => self.job_from(&member, 3).await?,
            12 => {
                // The lock follows the shares as they were, also when the project is in the Trash.
                let case = self.job_from(&guest, 5).await?;
                let Case::Job { from: Some(shelf), job, owner, bench } = case else { return None };
                if record {
                    admin.approve(&job).await.done();
                }
                guest.delete(&format!("/projects/{}", shelf.id)).await.done();
                return Some(Case::Job { from: Some(Shelf { in_trash: true, ..shelf }), job, owner, bench });
            }
            _ => self.job(&farm.stranger(), self.benches[ELSEWHERE]).await,
        };
        let Case::Job { job, owner, .. } = &case else { return None };
        match path.rsplit('/').next() {
            Some("resubmit" | "undo-send-back") if n == 0 => admin.send_back(job, "Why?").await.done(),
            Some("take-back") if n == 0 => admin.approve(job).await.done(),
            Some("record") if *owner == guest.id => admin.approve(job).await.done(),
            _ => {}
        }
        Some(case)
    }

    async fn crew(&mut self, thing: Thing, n: usize) -> Case {
        let farm = self.farm;
        let (admin, member, guest, stranger) = (farm.admin(), farm.member(), farm.guest(), farm.stranger());
        self.count += 1;
        let (by, inside) = match n {
            0 => (&member, None),
            1 | 4 => (&admin, Some(guest.id)),
            2 => (&admin, Some(member.id)),
            3 => (&admin, None),
            // Created while they were a Member: a Guest has the teams that they are in only (ROL-15).
            5 => (&guest, None),
            _ => (&stranger, None),
        };
        let elsewhere = by.id == stranger.id;
        let admin_there = if elsewhere { &stranger } else { &admin };
        let people: Vec<_> = inside.into_iter().chain([admin_there.id]).collect();
        let demoted = by.id == guest.id;
        if demoted {
            admin.change_role(by, "member").await.done();
        }
        let name = if elsewhere { "elsewhere".to_owned() } else { format!("of {}", by.name) };
        let team = by.new_team(&format!("Crew {name} {}", self.count), &people).await;
        if demoted {
            admin.change_role(by, "guest").await.done();
        }
        let in_trash = thing == RemovedTeam || n == 4;
        if in_trash {
            admin_there.delete(&format!("/teams/{}", id(&team))).await.done();
        }
        let crew = Crew { id: id(&team), created_by: by.id, inside, in_trash, elsewhere };
        Case::Team { crew, admin: admin_there.id }
    }

    async fn application(&mut self, by: &Actor) -> String {
        self.count += 1;
        let body = json!({ "name": format!("Application {}", self.count), "redirect_uris": [], "scopes": ["read"] });
        id(&by.post("/applications", body).await.ok()).to_string()
    }

    /// The call of `by`, ready to be sent; what it needs besides is made by `helper`, the same person at a browser, now.
    pub async fn prepare(
        &mut self,
        by: &Actor,
        helper: &Actor,
        (method, path, body): (&str, &str, &str),
        case: &Case,
    ) -> Call {
        self.count += 1;
        let id = case.id();
        let mut path = path.replace("{id}", &id);
        if let Case::Group { bench, .. } = case {
            path = path.replace("{printer}", &bench.id.to_string());
        }
        if let Case::Team { admin, .. } = case {
            path = path.replace("{person}", &admin.to_string());
        }
        if let Case::Project { shelf, .. } = case {
            path = path.replace("{file}", &shelf.file.to_string()).replace("$project", &shelf.id.to_string());
        }
        let call = by.call(method.parse::<Method>().unwrap(), &path).fresh_key();
        if body == "bytes" {
            return call.bytes(gcode("a"));
        }
        if body.is_empty() {
            return call;
        }
        let mut text = body.replace("$new", &format!("new-{}", self.count));
        if let Some(list) = text.strip_prefix("csv:") {
            return call.header("content-type", "text/csv").bytes(list);
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
        if text.contains("$shown") {
            let at = if matches!(case, Case::Printer(_)) { "printers" } else { "projects" };
            let shares = by.get(&format!("/{at}/{id}/shares")).await.body;
            let teams = shares["teams"].as_array().into_iter().flatten().filter(|team| team["shared"] == true);
            let teams: Vec<_> = teams.map(|team| team["id"].to_string()).collect();
            text = text.replace("$shown", shares["shown"].as_str().unwrap_or("0"));
            text = text.replace("\"$teams\"", &teams.join(","));
        }
        match case {
            Case::Job { job, .. } => {
                text = text.replace("$job", &id).replace("\"$version\"", &job["version"].to_string());
                text = text.replace("$sha", job["send_sha"].as_str().unwrap());
            }
            Case::Project { shelf, .. } => text = self.project_body(by, shelf, text).await,
            Case::Printer(bench) => {
                text = text.replace("\"$shared\"", &bench.shares.organization.to_string());
                text = text.replace("$name", bench.name);
            }
            Case::Plain
            | Case::Id(_)
            | Case::Foreign(_)
            | Case::Upload { .. }
            | Case::Team { .. }
            | Case::Group { .. } => {}
        }
        text = text.replace("$other", &self.other.to_string()).replace("$printer", &id).replace("$id", &id);
        text = text.replace("$own", &self.farm.org().to_string());
        call.json(&serde_json::from_str(&text).unwrap_or_else(|e| panic!("{text}: {e}")))
    }

    async fn project_body(&self, by: &Actor, shelf: &Shelf, text: String) -> String {
        let mut text = text.replace("$project", &shelf.id.to_string());
        text = text.replace("$bench", &self.benches[OF_ALL].id.to_string());
        text = text.replace("\"$organization\"", &shelf.shares.organization.to_string());
        if text.contains("$revision") {
            let version = by.get(&format!("/projects/{}", shelf.id)).await.body["version"].as_i64().unwrap_or(1);
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
        text
    }

    /// Sends it as things are on a plan without Guests, and brings the plan back.
    pub async fn on_essentials(&self, call: Call) -> testkit::Answer {
        self.farm.set_plan(Plan::Essentials).await;
        let answer = call.send().await;
        self.farm.set_plan(Plan::Professional).await;
        answer
    }
}
