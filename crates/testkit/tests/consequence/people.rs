//! The same of what changes people: another role (AMB-40), a team that goes, somebody who is taken out of one (AMB-14). One change may
//! take a printer from one person and a project from another, and both are needed to decide.

use super::*;

/// What everybody can do, and which projects they see.
struct Truth {
    rights: Rights,
    projects: BTreeSet<(Uuid, Uuid)>,
}

async fn truth(small: &Small) -> Truth {
    let rights = rights(small, "/printers").await;
    let mut projects = BTreeSet::new();
    for (path, _) in shelves(small) {
        for person in &small.people {
            if person.get(path).await.is_ok() {
                projects.insert((person.id, path.rsplit('/').next().unwrap().parse().unwrap()));
            }
        }
    }
    Truth { rights, projects }
}

fn shelves(small: &Small) -> impl Iterator<Item = &(String, Actor)> {
    small.things.iter().filter(|(path, _)| path.starts_with("/projects/"))
}

/// Other shares for everything.
async fn shuffle(small: &Small, dice: &mut Dice) {
    for (path, by) in &small.things {
        let shown = by.get(&format!("{path}/shares")).await.ok();
        let teams: Vec<_> = shown["teams"].as_array().unwrap().iter().map(|team| team["id"].clone()).collect();
        let teams: Vec<_> = teams.into_iter().filter(|_| dice.percent(30)).collect();
        let everybody = shown["change_organization"]["allowed"] == true && dice.percent(10);
        let body = json!({ "organization": everybody, "teams": teams, "shown": shown["shown"] });
        by.put(&format!("{path}/shares"), body).await.done();
    }
    let forbid = dice.percent(50);
    small.admin().settings(json!({ "forbid_self_approval": forbid })).await.done();
}

/// Everybody's role.
async fn roles(by: &Actor) -> BTreeMap<String, String> {
    let word = |of: &Value| of.as_str().unwrap().to_owned();
    by.get("/people").await.items().iter().map(|person| (word(&person["name"]), word(&person["role"]))).collect()
}

fn admins(roles: &BTreeMap<String, String>) -> BTreeSet<String> {
    roles.iter().filter(|(_, role)| *role == "admin").map(|(name, _)| name.clone()).collect()
}

/// The waiting print jobs that somebody sees.
async fn seen_by(small: &Small, asker: &Actor) -> BTreeSet<Uuid> {
    let mut seen = BTreeSet::new();
    for job in &small.jobs {
        if asker.job(job).await.is_ok() {
            seen.insert(id(job));
        }
    }
    seen
}

/// What one person has of pairs.
fn of(person: &Actor, pairs: &BTreeSet<(Uuid, Uuid)>) -> BTreeSet<Uuid> {
    pairs.iter().filter(|(of, _)| *of == person.id).map(|(_, thing)| *thing).collect()
}

fn number(told: &Value, key: &str) -> usize {
    told[key].as_u64().unwrap_or_else(|| panic!("{key} in {told}")).try_into().unwrap()
}

/// How much was concerned by what was stated.
#[derive(Debug, Default)]
struct Tally {
    printers: usize,
    projects: usize,
    decisions: usize,
    jobs: usize,
}

impl Tally {
    fn jobs(&mut self, told: &Value) {
        self.jobs += ["undecidable", "admins_only", "move_first"].map(|key| number(told, key)).iter().sum::<usize>();
    }
}

async fn another_role(small: &Small, dice: &mut Dice, before: &Truth, tally: &mut Tally) {
    let person = &small.people[dice.below(small.people.len() as u64) as usize];
    let other = if person.id == small.admin().id { &small.people[7] } else { small.admin() };
    let were = roles(other).await;
    let from = were[&person.name].clone();
    let to = ["guest", "member", "admin"].into_iter().filter(|role| *role != from).nth(dice.below(2) as usize).unwrap();
    // An Admin may ask about themselves.
    let asker = if from == "admin" && dice.percent(50) { person } else { other };
    let seen = seen_by(small, asker).await;
    let told = asker.get(&format!("/people/{}/role-change?role={to}", person.id)).await.ok();
    asker.change_role(person, to).await.done();
    let after = truth(small).await;
    let are = roles(other).await;
    other.change_role(person, &from).await.done();

    let about = format!("{} from {from} to {to}", person.name);
    assert_eq!((&told["role"], &told["oneself"]), (&json!(from), &json!(asker.id == person.id)), "{about} {told}");
    assert_eq!((&told["last_admin"], &told["held_again"]), (&json!(false), &json!(0)), "{about} {told}");
    let (had, has) = (of(person, &before.rights.uses), of(person, &after.rights.uses));
    let named = |things: &BTreeSet<Uuid>| {
        let mut names = BTreeSet::new();
        for (n, printer) in small.printers.iter().enumerate().filter(|(_, printer)| things.contains(printer)) {
            names.insert((format!("Printer {n}"), *printer));
        }
        for (n, (path, _)) in shelves(small).enumerate() {
            let shelf: Uuid = path.rsplit('/').next().unwrap().parse().unwrap();
            if things.contains(&shelf) {
                names.insert((format!("Project {n}"), shelf));
            }
        }
        names.into_iter().map(|(name, _)| name).collect::<BTreeSet<_>>()
    };
    let added = |printer: &Uuid| {
        let by = [0, 3, 0, 4][small.printers.iter().position(|known| known == printer).unwrap()];
        small.people[by].id == person.id
    };
    let (had_projects, has_projects) = (of(person, &before.projects), of(person, &after.projects));
    for (word, more, less, more_projects, less_projects) in
        [("lose", &had, &has, &had_projects, &has_projects), ("gain", &has, &had, &has_projects, &had_projects)]
    {
        let printers: BTreeSet<_> = more.difference(less).copied().collect();
        assert_eq!(number(&told, &format!("{word}_printers")), printers.len(), "{about} {told}");
        assert_eq!(names(&told, &format!("{word}_printer_names")), named(&printers), "{about} {told}");
        if word == "lose" {
            let own = printers.iter().filter(|printer| added(printer)).count();
            assert_eq!(number(&told, "lose_own_printers"), own, "{about} {told}");
        }
        let projects: BTreeSet<_> = more_projects.difference(less_projects).copied().collect();
        assert_eq!(number(&told, &format!("{word}_projects")), projects.len(), "{about} {told}");
        assert_eq!(names(&told, &format!("{word}_project_names")), named(&projects), "{about} {told}");
        tally.printers += printers.len();
        tally.projects += projects.len();
    }
    // Guests decide about nothing.
    let decided = if from == "guest" { BTreeSet::new() } else { had };
    let decides = if to == "guest" { BTreeSet::new() } else { has };
    assert_eq!(number(&told, "lose_deciding"), decided.difference(&decides).count(), "{about} {told}");
    assert_eq!(number(&told, "gain_deciding"), decides.difference(&decided).count(), "{about} {told}");
    let may =
        |truth: &Truth, job: &Value| truth.rights.approve.get(&id(job)).is_some_and(|who| who.contains(&person.name));
    let lose = small.jobs.iter().filter(|job| may(before, job) && !may(&after, job)).count();
    let gain = small.jobs.iter().filter(|job| !may(before, job) && may(&after, job)).count();
    assert_eq!((number(&told, "lose_decisions"), number(&told, "gain_decisions")), (lose, gain), "{about} {told}");
    tally.decisions += lose + gain;
    tally.jobs(&told);
    tally.jobs += number(&told, "decidable");
    let (were, are) = (admins(&were), admins(&are));
    compare_jobs(small, &about, &told, (&before.rights, &were), (&after.rights, &are), &seen);
}

/// Somebody goes (AMB-41), and comes back with all that they had.
async fn person_goes(small: &Small, round: usize, before: &Truth, tally: &mut Tally) {
    // Members, another Admin, and Guests; the one who is in all teams most often.
    let person = &small.people[[1, 4, 1, 3, 1, 7, 2, 5][round]];
    let admin = small.admin();
    let were = admins(&roles(admin).await);
    let told = match round.is_multiple_of(2) {
        true => person.get("/session/leave").await.ok(),
        false => admin.get(&format!("/people/{}/removal", person.id)).await.ok(),
    };
    admin.remove_person(person).await.done();
    let after = truth(small).await;
    let are = admins(&roles(admin).await);
    admin.restore_person(person).await.done();
    let here = &admin.get("/session").await.ok()["organization"]["id"];
    person.sign_in(&person.password).await.done();
    person.post("/session/organization", json!({ "organization": here })).await.done();
    let none = Vec::new();
    let can = |truth: &Truth, job: &Value| truth.rights.approve.get(&id(job)).unwrap_or(&none).clone();
    let member = |names: &[String], admins: &BTreeSet<String>| names.iter().any(|name| !admins.contains(name));
    let (mut undecidable, mut admins_only) = (0, 0);
    for job in &small.jobs {
        let (was, is) = (can(before, job), can(&after, job));
        undecidable += usize::from(!was.is_empty() && is.is_empty());
        admins_only += usize::from(!is.is_empty() && member(&was, &were) && !member(&is, &are));
    }
    let stated = (number(&told, "undecidable"), number(&told, "admins_only"));
    assert_eq!(stated, (undecidable, admins_only), "{} goes: {told}", person.name);
    tally.jobs += undecidable + admins_only;
}

/// A team goes, or somebody out of it; then it is as before.
async fn team_goes(small: &Small, dice: &mut Dice, before: &Truth, whole: bool, tally: &mut Tally) {
    let admin = small.admin();
    let teams = admin.get("/teams").await.items();
    let team = format!("/teams/{}", id(&teams[dice.below(teams.len() as u64) as usize]));
    let inside = admin.get(&format!("{team}/people")).await.items();
    let person = id(&inside[dice.below(inside.len() as u64) as usize]);
    // The Member is in each team.
    let asker = if dice.percent(50) { &small.people[1] } else { admin };
    let seen = seen_by(small, asker).await;
    let (ask, path) = match whole {
        true => (format!("{team}/removal"), team.clone()),
        false => (format!("{team}/removal?person={person}"), format!("{team}/people/{person}")),
    };
    let mut told = asker.get(&ask).await.ok();
    asker.delete(&path).await.done();
    let after = truth(small).await;
    match whole {
        true => admin.post(&format!("{team}/restore"), json!({})).await.done(),
        false => admin.call(testkit::Method::PUT, &path).send().await.done(),
    }

    let losers = |was: &BTreeSet<(Uuid, Uuid)>, is: &BTreeSet<(Uuid, Uuid)>| -> BTreeSet<String> {
        let loses = |person: &&Actor| of(person, was).difference(&of(person, is)).count() > 0;
        small.people.iter().filter(loses).map(|person| person.name.clone()).collect()
    };
    for (key, lost) in [
        ("lose", losers(&before.rights.uses, &after.rights.uses)),
        ("lose_library", losers(&before.projects, &after.projects)),
    ] {
        assert_eq!(number(&told, key), lost.len(), "{ask} {told}: really {lost:?}");
        let first: BTreeSet<_> = lost.iter().take(5).cloned().collect();
        assert_eq!(names(&told, &format!("{key}_names")), first, "{ask} {told}");
        if key == "lose" { tally.printers += lost.len() } else { tally.projects += lost.len() }
    }
    tally.jobs(&told);
    // Nothing becomes decidable by it, so nothing is said of that.
    told["decidable"] = json!(0);
    let admins = admins(&roles(admin).await);
    compare_jobs(small, &ask, &told, (&before.rights, &admins), (&after.rights, &admins), &seen);
}

async fn what_is_stated_happens(farm: &Farm) {
    let seed = 20_260_727;
    println!("seed {seed}");
    let mut dice = Dice::new(seed);
    let small = small(farm, &mut dice).await;
    let (mut by_roles, mut by_teams, mut by_people) = (Tally::default(), Tally::default(), Tally::default());
    let mut gone = Tally::default();
    for round in 0..8 {
        shuffle(&small, &mut dice).await;
        let before = truth(&small).await;
        another_role(&small, &mut dice, &before, &mut by_roles).await;
        team_goes(&small, &mut dice, &before, true, &mut by_teams).await;
        team_goes(&small, &mut dice, &before, false, &mut by_people).await;
        person_goes(&small, round, &before, &mut gone).await;
    }
    println!("{:?}: by roles {by_roles:?}, by teams {by_teams:?}, by people out of teams {by_people:?}", farm.engine());
    let some = |tally: &Tally| tally.printers > 2 && tally.projects > 2 && tally.jobs > 2;
    assert!(some(&by_roles) && by_roles.decisions > 4, "{by_roles:?}");
    assert!(gone.jobs > 0, "{gone:?}");
    assert!(some(&by_teams) && by_people.printers > 2 && by_people.jobs > 0, "{by_teams:?} {by_people:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn amb_40_amb_14_what_is_stated_of_people_is_what_happens_sqlite() {
    testkit::run(Engine::Sqlite, Setup::new().minutes(10), what_is_stated_happens).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn amb_40_amb_14_what_is_stated_of_people_is_what_happens_postgres() {
    testkit::run(Engine::Postgres, Setup::new().minutes(10), what_is_stated_happens).await;
}
