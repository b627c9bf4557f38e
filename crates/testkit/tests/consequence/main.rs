//! What a change of shares would do is what it does: stated before it is saved, and then asked again of everybody, one by one, with
//! no word shared with the statement (PRN-03, LIB-05, LIB-06, CMP-10). The same of a printer that comes into a group or leaves it: whoever
//! may use any printer of their group decides about waiting print jobs (AMB-07).

#![expect(clippy::unwrap_used, reason = "a failed test says where")]

mod people;

use std::collections::{BTreeMap, BTreeSet};

use testkit::{Actor, Answer, Dice, Engine, Farm, Role, Setup, Uuid, Value, json};

/// A small organization in which everything can be shared with everybody and nobody.
struct Small {
    people: Vec<Actor>,
    jobs: Vec<Value>,
    printers: Vec<Uuid>,
    groups: Vec<Value>,
    /// What is shared, and who shares it: a path, and a person who sees all teams.
    things: Vec<(String, Actor)>,
}

impl Small {
    /// The Admin.
    fn admin(&self) -> &Actor {
        &self.people[0]
    }

    /// The group's printers, and the one that the job has: it can be approved for any of them.
    async fn candidates(&self, job: &Value) -> BTreeSet<Uuid> {
        let now = self.admin().job(job).await.ok();
        let mut candidates = BTreeSet::from([id(&now["printer"])]);
        if !now["printer_group"].is_null() {
            let group = self.admin().get(&format!("/printer-groups/{}", id(&now["printer_group"]))).await.ok();
            candidates.extend(group["printers"].as_array().unwrap().iter().map(id));
        }
        candidates
    }
}

fn id(of: &Value) -> Uuid {
    of["id"].as_str().unwrap().parse().unwrap()
}

async fn small(farm: &Farm, dice: &mut Dice) -> Small {
    let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
    let mut people = vec![admin.clone(), member.clone(), guest.clone()];
    for (n, role) in [Role::Member, Role::Member, Role::Guest, Role::Guest, Role::Admin].into_iter().enumerate() {
        people.push(farm.person(&format!("Person {n}"), role).await);
    }
    for n in 0..4 {
        let mut inside = vec![member.id];
        inside
            .extend(people.iter().filter(|person| person.id != member.id && dice.percent(35)).map(|person| person.id));
        admin.new_team(&format!("Team {n}"), &inside).await;
    }
    let mut printers = Vec::new();
    for (n, by) in [&admin, &people[3], &admin, &people[4]].into_iter().enumerate() {
        let printer = by.add_printer(&format!("Printer {n}"), &farm.virtual_printer(), false).await;
        printers.push(printer);
    }
    let mut projects = Vec::new();
    for (n, by) in [&member, &member, &guest, &people[4]].into_iter().enumerate() {
        projects.push((id(&by.new_project(&format!("Project {n}")).await), by.clone()));
    }
    let groups = vec![
        admin.new_printer_group("Pair", &printers[..2]).await,
        admin.new_printer_group("Other", &printers[2..]).await,
    ];
    let mut jobs = Vec::new();
    for n in 0..20 {
        let by = &people[[2, 5, 6][n % 3]];
        let (targets, group) = match n % 2 {
            0 => (vec![printers[n / 2 % 3]], None),
            _ => (printers[n / 2 % 2 * 2..][..2].to_vec(), Some(&groups[n / 2 % 2])),
        };
        for printer in &targets {
            admin.share_printer(*printer, true).await;
        }
        let name = format!("part {n}");
        let job = match group {
            None => by.send_job(targets[0], &name).await,
            Some(group) => by.send_to_group(group, &name).await,
        };
        assert_eq!(job["status"], "needs_approval");
        if dice.percent(50) {
            farm.from_project(&job, projects[dice.below(4) as usize].0).await;
        }
        for printer in &targets {
            admin.share_printer(*printer, false).await;
        }
        jobs.push(job);
    }
    // Whoever may approve by now: nobody approves their own where the organization forbids it.
    admin.change_role(&people[5], "member").await.done();
    // The Member is in all teams; whoever created a project can always ask.
    let mut things: Vec<_> = printers.iter().map(|printer| (format!("/printers/{printer}"), admin.clone())).collect();
    things.extend(projects.into_iter().map(|(project, by)| (format!("/projects/{project}"), by)));
    Small { people, jobs, printers, groups, things }
}

/// Who sees a thing, who uses which printer, who may approve which print job, and whose submitter may use a printer for it: asked of
/// each person.
struct Rights {
    see: BTreeSet<String>,
    uses: BTreeSet<(Uuid, Uuid)>,
    approve: BTreeMap<Uuid, Vec<String>>,
    served: BTreeSet<Uuid>,
}

async fn rights(small: &Small, thing: &str) -> Rights {
    let (see, uses) = (BTreeSet::new(), BTreeSet::new());
    let mut rights = Rights { see, uses, approve: BTreeMap::new(), served: BTreeSet::new() };
    for person in &small.people {
        for printer in &small.printers {
            if person.printer(*printer).await.is_ok() {
                rights.uses.insert((person.id, *printer));
            }
        }
        if person.get(thing).await.is_ok() {
            rights.see.insert(person.name.clone());
        }
        for job in &small.jobs {
            let asked = person.get(&format!("/print-jobs/{}/permissions", id(job))).await;
            let may = |answer: &Answer| {
                answer.items().iter().any(|row| row["action"] == "job.approve" && row["allowed"] == true)
            };
            if asked.is_ok() && may(&asked) {
                rights.approve.entry(id(job)).or_default().push(person.name.clone());
            }
        }
    }
    for job in &small.jobs {
        let submitter = id(&job["submitter"]);
        if small.candidates(job).await.into_iter().any(|printer| rights.uses.contains(&(submitter, printer))) {
            rights.served.insert(id(job));
        }
    }
    rights
}

fn names(told: &Value, key: &str) -> BTreeSet<String> {
    told[key].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect()
}

/// The statement against what has happened.
async fn compare(small: &Small, (thing, asker): &(String, Actor), told: &Value, before: &Rights, after: &Rights) {
    let gain: BTreeSet<_> = after.see.difference(&before.see).cloned().collect();
    let lose: BTreeSet<_> = before.see.difference(&after.see).cloned().collect();
    for (key, people) in [("gain", &gain), ("lose", &lose)] {
        assert_eq!(told[key], people.len(), "{thing} {told}: really {people:?}");
        let first: BTreeSet<_> = people.iter().take(5).cloned().collect();
        assert_eq!(names(told, &format!("{key}_names")), first, "{thing} {told}");
    }
    assert_eq!(told["oneself"], lose.contains(&asker.name), "{thing} {told}");
    let admins: BTreeSet<_> = ["Ada Admin", "Person 4"].map(str::to_owned).into();
    let mut seen = BTreeSet::new();
    for job in &small.jobs {
        if asker.job(job).await.is_ok() {
            seen.insert(id(job));
        }
    }
    compare_jobs(small, thing, told, (before, &admins), (after, &admins), &seen);
}

/// What was stated about waiting print jobs, with who was an Admin before and who is one after, and which of them the asker sees.
fn compare_jobs(
    small: &Small,
    about: &str,
    told: &Value,
    (before, were): (&Rights, &BTreeSet<String>),
    (after, are): (&Rights, &BTreeSet<String>),
    seen: &BTreeSet<Uuid>,
) {
    let (mut decidable, mut undecidable, mut admins_only, mut move_first) = (0, 0, 0, 0);
    let mut expected = BTreeMap::new();
    for job in &small.jobs {
        let none = Vec::new();
        let was = before.approve.get(&id(job)).unwrap_or(&none);
        let is = after.approve.get(&id(job)).unwrap_or(&none);
        let lost = before.served.contains(&id(job)) && !after.served.contains(&id(job));
        let members = |names: &[String], admins: &BTreeSet<String>| names.iter().any(|name| !admins.contains(name));
        let only = !is.is_empty() && members(was, were) && !members(is, are);
        let change = match (was.is_empty(), is.is_empty()) {
            (true, false) => "decidable",
            (false, true) => "undecidable",
            _ if lost => "move_first",
            _ if only => "admins_only",
            _ => "",
        };
        decidable += i64::from(change == "decidable");
        undecidable += i64::from(change == "undecidable");
        admins_only += i64::from(only);
        move_first += i64::from(lost);
        if !change.is_empty() && seen.contains(&id(job)) {
            expected.insert(job["number"].as_i64().unwrap(), change);
        }
    }
    let numbers = (&told["decidable"], &told["undecidable"], &told["admins_only"], &told["move_first"]);
    let really = (&json!(decidable), &json!(undecidable), &json!(admins_only), &json!(move_first));
    assert_eq!(numbers, really, "{about} {told}\nbefore {:?}\nafter {:?}", before.approve, after.approve);
    let listed: BTreeMap<_, _> = told["jobs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|job| (job["number"].as_i64().unwrap(), job["change"].as_str().unwrap()))
        .collect();
    let first: BTreeMap<_, _> = expected.into_iter().take(5).collect();
    assert_eq!(listed, first, "{about} {told}");
}

/// A printer leaves its group, or comes into one; what was stated about it.
async fn regroup(small: &Small, dice: &mut Dice) -> Value {
    let printer = small.printers[dice.below(small.printers.len() as u64) as usize];
    let admin = small.admin();
    let mut at = None;
    for group in &small.groups {
        let printers = admin.get(&format!("/printer-groups/{}", id(group))).await.ok()["printers"].clone();
        if printers.as_array().unwrap().iter().any(|inside| id(inside) == printer) {
            at = Some(group);
        }
    }
    let group = at.unwrap_or(&small.groups[dice.below(2) as usize]);
    let path = format!("/printer-groups/{}/printers/{printer}", id(group));
    let thing = (format!("/printers/{printer}"), admin.clone());
    let before = rights(small, &thing.0).await;
    let told = admin.get(&format!("{path}/effect")).await.ok();
    match at {
        Some(_) => admin.delete(&path).await.done(),
        None => admin.put_into_group(group, printer).await.done(),
    };
    let after = rights(small, &thing.0).await;
    compare(small, &thing, &told, &before, &after).await;
    told
}

async fn a_statement_is_what_happens(farm: &Farm) {
    let seed = 20_260_714;
    println!("seed {seed}");
    let mut dice = Dice::new(seed);
    let small = small(farm, &mut dice).await;
    let (mut moved, mut jobs, mut of_groups) = (0, 0, 0);
    let concerned = |told: &Value| {
        let of = |key: &str| told[key].as_i64().unwrap();
        ["decidable", "undecidable", "admins_only", "move_first"].map(of).iter().sum::<i64>()
    };
    for round in 0..14 {
        // Nobody sees another printer by a group, but others decide.
        if round % 2 == 0 {
            of_groups += concerned(&regroup(&small, &mut dice).await);
        }
        if round % 4 == 0 {
            let forbid = dice.percent(50);
            farm.admin().settings(json!({ "forbid_self_approval": forbid })).await.done();
        }
        let thing = &small.things[dice.below(small.things.len() as u64) as usize];
        let (path, by) = thing;
        let shown = by.get(&format!("{path}/shares")).await.ok();
        let teams: Vec<_> = shown["teams"].as_array().unwrap().iter().map(|team| team["id"].clone()).collect();
        let teams: Vec<_> = teams.into_iter().filter(|_| dice.percent(40)).collect();
        let everybody = shown["change_organization"]["allowed"] == true && dice.percent(20);
        let body = json!({ "organization": everybody, "teams": teams, "shown": shown["shown"] });
        let before = rights(&small, path).await;
        let told = by.post(&format!("{path}/shares/effect"), body.clone()).await.ok();
        by.put(&format!("{path}/shares"), body).await.done();
        let after = rights(&small, path).await;
        compare(&small, thing, &told, &before, &after).await;
        moved += told["gain"].as_i64().unwrap() + told["lose"].as_i64().unwrap();
        jobs += concerned(&told);
    }
    println!("{:?}: {moved} people moved, {jobs} print jobs concerned, {of_groups} by groups", farm.engine());
    assert!(moved > 20 && jobs > 8 && of_groups > 4, "{moved} {jobs} {of_groups}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prn_03_lib_06_what_is_stated_is_what_happens_sqlite() {
    testkit::run(Engine::Sqlite, Setup::new().minutes(10), a_statement_is_what_happens).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prn_03_lib_06_what_is_stated_is_what_happens_postgres() {
    testkit::run(Engine::Postgres, Setup::new().minutes(10), a_statement_is_what_happens).await;
}
