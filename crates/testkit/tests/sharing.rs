//! Sharing printers with teams and the whole organization, its consequence, the Trash, and "why not?" (PRN-03, AMB-13, ORG-06,
//! AMB-35, ROL-01, ACC-02).

#![expect(clippy::unwrap_used, reason = "a failed test says where")]

use std::time::{Duration, Instant};

use testkit::{Actor, Engine, Farm, Role, Setup, Uuid, Value, both_engines, json, params};

fn id(of: &Value) -> Uuid {
    of["id"].as_str().unwrap().parse().unwrap()
}

/// A printer of the Admin that nobody else has.
async fn private(farm: &Farm, name: &str) -> Uuid {
    farm.admin().add_printer(name, &farm.virtual_printer(), false).await
}

async fn shares(person: &Actor, printer: Uuid) -> Value {
    person.get(&format!("/printers/{printer}/shares")).await.ok()
}

/// What a change would do, made from what is shown now.
async fn effect(person: &Actor, printer: Uuid, organization: bool, teams: &[Uuid]) -> Value {
    let shown = shares(person, printer).await["shown"].clone();
    let body = json!({ "organization": organization, "teams": teams, "shown": shown });
    person.post(&format!("/printers/{printer}/shares/effect"), body).await.ok()
}

async fn trash(person: &Actor) -> Vec<(String, String)> {
    let word = |item: &Value, key: &str| item[key].as_str().unwrap().to_owned();
    let items = person.get("/trash").await.items();
    items.iter().map(|item| (word(item, "kind"), word(item, "name"))).collect()
}

both_engines! {
    async fn prn_03_amb_13_a_member_shares_with_their_teams_and_with_everybody(farm) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let printer = private(farm, "Bench 1").await;
        let (theirs, others) = (id(&member.new_team("Theirs", &[guest.id]).await), id(&admin.new_team("Others", &[admin.id]).await));
        admin.share_printer_with(printer, false, &[others]).await.done();
        member.share_printer_with(printer, false, &[theirs]).await.expect(404, "not_found");
        admin.put_into_team(&json!({ "id": others }), member.id).await.done();
        member.printer(printer).await.done();
        member.share_printer_with(printer, false, &[theirs, others]).await.done();
        guest.printer(printer).await.done();
        admin.take_out_of_team(&json!({ "id": others }), member.id).await.done();
        member.put_into_team(&json!({ "id": theirs }), member.id).await.done();
        // Shares with teams that the Member does not see are counted, and stay.
        let seen = shares(&member, printer).await;
        let names: Vec<_> = seen["teams"].as_array().unwrap().iter().map(|team| team["name"].clone()).collect();
        assert_eq!((names, &seen["other_teams"]), (vec![json!("Theirs")], &json!(1)), "{seen}");
        assert_eq!(seen["change_organization"]["allowed"], true);
        member.share_printer_with(printer, true, &[theirs]).await.done();
        member.share_printer_with(printer, true, &[]).await.done();
        let left = shares(&admin, printer).await;
        let shared: Vec<_> = left["teams"].as_array().unwrap().iter().filter(|team| team["shared"] == true).collect();
        assert_eq!((shared.len(), &shared[0]["name"], &left["organization"]), (1, &json!("Others"), &json!(true)), "{left}");
        // One in the Trash has it no more, and would have it again.
        assert_eq!(left["teams_in_trash"], 0);
        admin.delete(&format!("/teams/{others}")).await.done();
        let left = shares(&admin, printer).await;
        assert_eq!((&left["teams_in_trash"], &left["other_teams"]), (&json!(1), &json!(0)), "{left}");
        admin.post(&format!("/teams/{others}/restore"), json!({})).await.done();
        // A Guest sees with whom, and changes nothing.
        let seen = shares(&guest, printer).await;
        assert_eq!(seen["change_teams"]["failed"], "role");
        guest.share_printer_with(printer, false, &[]).await.expect(403, "denied");
        farm.stranger().share_printer_with(printer, false, &[]).await.expect(404, "not_found");
        member.share_printer_with(printer, false, &[]).await.done();
        member.printer(printer).await.expect(404, "not_found");
    }

    async fn s1_a_team_that_ends_waits_for_what_is_decided_by_it(farm) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let printer = private(farm, "Bench 1").await;
        let team = admin.new_team("Crew", &[member.id, guest.id]).await;
        admin.share_printer_with(printer, false, &[id(&team)]).await.done();
        let job = guest.send_job(printer, "boat").await;
        let mut stop = farm.gate().stop_next();
        let end = async {
            stop.arrived().await;
            let path = format!("/teams/{}", id(&team));
            let mut removal = Box::pin(admin.delete(&path));
            let early = tokio::time::timeout(Duration::from_millis(400), &mut removal).await;
            assert!(early.is_err(), "the team ended while an approval stood before its commit");
            stop.go();
            removal.await
        };
        let (approved, removed) = tokio::join!(member.approve(&job), end);
        approved.done();
        removed.done();
        let seq = async |kind: &str| farm.number("SELECT MAX(seq) AS n FROM journal WHERE kind = $1", params![kind]).await;
        assert!(seq("job.approved").await < seq("team.removed").await);
        // By the team that is gone nobody decides any more.
        member.take_back(&job).await.expect(404, "not_found");
    }

    async fn rol_01_removing_a_printer_twice_does_not_begin_its_time_in_the_trash_anew(farm, Setup::new().fake_clock()) {
        let admin = farm.admin();
        let printer = private(farm, "Bench 1").await;
        admin.delete(&format!("/printers/{printer}")).await.done();
        farm.clock().advance(Duration::from_secs(29 * 24 * 3600));
        admin.sign_in(&admin.password).await.done();
        admin.delete(&format!("/printers/{printer}")).await.done();
        farm.clock().advance(Duration::from_secs(2 * 24 * 3600));
        admin.sign_in(&admin.password).await.done();
        admin.post(&format!("/printers/{printer}/restore"), json!({})).await.expect(409, "trash_over");
    }

    async fn org_06_a_team_that_one_does_not_see_is_like_one_that_is_not_there(farm) {
        let (admin, member, stranger) = (farm.admin(), farm.member(), farm.stranger());
        let (printer, _machine) = farm.bench("Bench 1").await;
        let foreign = id(&stranger.new_team("Foreign", &[]).await);
        let hidden = id(&admin.new_team("Hidden", &[]).await);
        let removed = member.new_team("Removed", &[]).await;
        member.delete(&format!("/teams/{}", id(&removed))).await.done();
        let mut answers = Vec::new();
        // ORG-06: nor is a person a target.
        for team in [foreign, hidden, id(&removed), Uuid::new_v4(), member.id, farm.org()] {
            let shown = shares(&member, printer).await["shown"].clone();
            let body = json!({ "organization": true, "teams": [team], "shown": shown });
            for path in ["shares/effect", "shares"] {
                let at = format!("/printers/{printer}/{path}");
                let answer = if path == "shares" { member.put(&at, body.clone()).await } else { member.post(&at, body.clone()).await };
                answers.push((answer.status, answer.body));
            }
        }
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        assert_eq!(answers[0].0, 404);
        // Also not for an Admin, of what is not in their organization.
        admin.share_printer_with(printer, true, &[foreign]).await.expect(404, "not_found");
        assert_eq!(farm.number("SELECT COUNT(*) AS n FROM printer_share WHERE grantee <> $1", params![farm.org()]).await, 0);
    }

    async fn two_editors_do_not_overwrite_each_other(farm) {
        let (admin, member) = (farm.admin(), farm.member());
        let printer = farm.bench("Bench 1").await.0;
        let (one, two) = (id(&member.new_team("One", &[]).await), id(&member.new_team("Two", &[]).await));
        let body = |shown: &Value, teams: &[Uuid]| json!({ "organization": true, "teams": teams, "shown": shown["shown"] });
        let at = format!("/printers/{printer}/shares");
        for round in 0..6 {
            let shown = shares(&admin, printer).await;
            let (one, two) = if round % 2 == 0 { (vec![one], vec![two]) } else { (vec![one, two], vec![two]) };
            let both = tokio::join!(admin.put(&at, body(&shown, &one)), member.put(&at, body(&shown, &two)));
            let won = [&both.0, &both.1].iter().filter(|answer| answer.is_ok()).count();
            assert_eq!(won, 1, "round {round}: {} {}", both.0, both.1);
            let lost = if both.0.is_ok() { both.1 } else { both.0 };
            lost.expect(409, "changed");
            admin.share_printer_with(printer, true, &[]).await.done();
        }
        for body in [json!({ "organization": true }), json!({ "organization": true, "teams": [1], "shown": "" })] {
            admin.put(&at, body).await.expect(422, "invalid");
        }
    }

    async fn before_it_is_saved_it_says_who_gains_and_who_loses(farm) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let other = farm.person("Olga Other", Role::Member).await;
        let printer = private(farm, "Bench 1").await;
        let crew = id(&admin.new_team("Crew", &[guest.id, member.id, admin.id]).await);
        let pair = id(&admin.new_team("Pair", &[guest.id, other.id]).await);
        let names = |effect: &Value, key: &str| effect[key].as_array().unwrap().iter().map(|n| n.as_str().unwrap().to_owned()).collect::<Vec<_>>();
        let gain = effect(&admin, printer, false, &[crew]).await;
        assert_eq!((names(&gain, "gain_names"), names(&gain, "lose_names")), (vec!["Gil Guest".into(), "Mo Member".into()], vec![]), "Admins saw it before");
        admin.share_printer_with(printer, false, &[crew, pair]).await.done();
        // Who has it by another team keeps it.
        let lose = effect(&admin, printer, false, &[pair]).await;
        assert_eq!((names(&lose, "lose_names"), &lose["gain"]), (vec!["Mo Member".to_owned()], &json!(0)));
        let swap = effect(&admin, printer, true, &[]).await;
        assert_eq!((&swap["gain"], &swap["lose"]), (&json!(0), &json!(0)), "everybody has it then: {swap}");
        // Print jobs: what waits can then be decided by Admins only; what is queued stays.
        let held = guest.send_job(printer, "held").await;
        assert_eq!(held["status"], "needs_approval");
        farm.exec("UPDATE printer SET enabled = 0 WHERE id = $1", params![printer]).await;
        assert_eq!(other.send_job(printer, "queued").await["status"], "queued");
        let all = effect(&admin, printer, false, &[]).await;
        assert_eq!((&all["lose"], &all["admins_only"], &all["undecidable"], &all["queued"]), (&json!(3), &json!(1), &json!(0), &json!(1)), "{all}");
        assert_eq!((&all["move_first"], &all["oneself"]), (&json!(1), &json!(false)), "approving it wants another printer: {all}");
        let listed = &all["jobs"][0];
        assert_eq!((&listed["number"], &listed["name"], &listed["submitter"]["name"], &listed["change"]),
            (&held["number"], &json!("held"), &json!("Gil Guest"), &json!("move_first")), "{all}");
        // A job of a private project is decided by its creator alone.
        let project = farm.project(&member, "Private").await;
        farm.from_project(&held, project).await;
        let crew_only = effect(&admin, printer, false, &[pair]).await;
        assert_eq!((&crew_only["jobs"][0]["change"], crew_only["jobs"].as_array().unwrap().len()), (&json!("undecidable"), 1), "{crew_only}");
        assert_eq!((&crew_only["undecidable"], &crew_only["admins_only"]), (&json!(1), &json!(0)), "{crew_only}");
        admin.share_printer_with(printer, false, &[pair]).await.done();
        let back = effect(&admin, printer, false, &[pair, crew]).await;
        assert_eq!((&back["decidable"], names(&back, "gain_names")), (&json!(1), vec!["Mo Member".to_owned()]), "{back}");
        // And it was true: the queued one is still there, its owner sees it (AMB-35).
        admin.share_printer_with(printer, false, &[]).await.done();
        assert_eq!(other.tab("queue").await.len(), 1);
        other.printer(printer).await.expect(404, "not_found");
        let kinds = farm.rows("SELECT kind FROM journal WHERE printer = $1 AND kind LIKE 'printer.%shared' ORDER BY seq", params![printer]).await;
        let kinds: Vec<String> = kinds.iter().map(|row| row.get("kind").unwrap()).collect();
        assert_eq!(kinds, ["printer.shared", "printer.unshared", "printer.unshared"]);
    }

    async fn rol_01_the_trash_shows_what_one_may_bring_back_for_30_days(farm, Setup::new().fake_clock()) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let (shared, mine) = (farm.bench("Bench of all").await.0, private(farm, "Bench of the Admin").await);
        let (team, hidden) = (member.new_team("Crew", &[guest.id]).await, admin.new_team("Hidden", &[]).await);
        let project = guest.new_project("Guest's own").await;
        let secret = member.new_project("Private").await;
        let step = Duration::from_secs(60);
        for path in [format!("/printers/{shared}"), format!("/printers/{mine}"), format!("/teams/{}", id(&team)), format!("/teams/{}", id(&hidden))] {
            admin.delete(&path).await.done();
            farm.clock().advance(step);
        }
        guest.delete(&format!("/projects/{}", id(&project))).await.done();
        member.delete(&format!("/projects/{}", id(&secret))).await.done();
        let own = |kind: &str, name: &str| (kind.to_owned(), name.to_owned());
        let printers_and_teams = [own("team", "Hidden"), own("team", "Crew"), own("printer", "Bench of the Admin"), own("printer", "Bench of all")];
        assert_eq!(trash(&admin).await, printers_and_teams, "private projects are not for Admins");
        assert_eq!(trash(&member).await, [own("project", "Private"), own("team", "Crew"), own("printer", "Bench of all")]);
        assert_eq!(trash(&guest).await, [own("project", "Guest's own")]);
        assert_eq!(trash(&farm.stranger()).await, []);
        let first = &admin.get("/trash").await.items()[0];
        assert_eq!((&first["removed_by"]["name"], first["removed_at"].is_string()), (&json!("Ada Admin"), true), "who and when");
        // What is listed can be brought back, by the same person.
        for (person, path) in [(&member, format!("/printers/{shared}")), (&member, format!("/teams/{}", id(&team))), (&guest, format!("/projects/{}", id(&project)))] {
            person.post(&format!("{path}/restore"), json!({})).await.done();
        }
        member.post(&format!("/teams/{}/restore", id(&hidden)), json!({})).await.expect(404, "not_found");
        assert_eq!(trash(&member).await, [own("project", "Private")]);
        farm.clock().advance(Duration::from_secs(30 * 86_400));
        admin.sign_in(&admin.password).await.done();
        assert_eq!(trash(&admin).await, []);
        for path in [format!("/printers/{mine}"), format!("/teams/{}", id(&hidden))] {
            admin.post(&format!("{path}/restore"), json!({})).await.expect(409, "trash_over");
        }
    }

    async fn acc_02_every_action_with_a_thing_is_answered_with_its_reason(farm) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let (printer, _machine) = farm.bench("Bench 1").await;
        let team = member.new_team("Crew", &[guest.id]).await;
        let job = guest.send_job(printer, "part").await;
        let project = guest.new_project("Own").await;
        let group = member.new_printer_group("Benches", &[printer]).await;
        let things = [
            format!("/printers/{printer}"), format!("/print-jobs/{}", id(&job)), format!("/teams/{}", id(&team)),
            format!("/projects/{}", id(&project)), "/organization".to_owned(), format!("/printer-groups/{}", id(&group)),
        ];
        let mut actions = Vec::new();
        for thing in &things {
            let rows = guest.get(&format!("{thing}/permissions")).await.items();
            for row in &rows {
                let told = row["allowed"] == true
                    || (row["why"].as_str().is_some_and(|why| why.len() > 20) && row["failed"].is_string() && !row["who_can"].as_array().unwrap().is_empty());
                assert!(told, "{row}");
                actions.push(row["action"].as_str().unwrap().to_owned());
            }
        }
        // All rows of the table, each once, whatever they are about.
        let rows = guest.get("/permissions").await.ok();
        let mut all: Vec<_> = rows["rows"].as_array().unwrap().iter().map(|row| row["key"].as_str().unwrap().to_owned()).collect();
        all.sort();
        actions.sort();
        assert_eq!(actions, all);
        let find = async |person: &Actor, thing: &str, action: &str| {
            let rows = person.get(&format!("{thing}/permissions")).await.items();
            rows.into_iter().find(|row| row["action"] == action).unwrap()
        };
        let share = find(&guest, &things[0], "printer.share").await;
        assert_eq!((&share["allowed"], &share["failed"], &share["who_can"]), (&json!(false), &json!("role"), &json!(["a Member", "an Admin"])));
        assert_eq!(find(&member, &things[0], "printer.share").await["allowed"], true);
        assert_eq!(find(&guest, &things[2], "team.change").await["failed"], "role");
        farm.set_plan(testkit::Plan::Essentials).await;
        assert_eq!(find(&guest, "/organization", "job.send").await["failed"], "plan");
        assert_eq!(find(&admin, "/organization", "organization.approval").await["failed"], "plan");
        // It says of an action what the action itself says.
        farm.set_plan(testkit::Plan::Professional).await;
        let said = guest.share_printer_with(printer, false, &[]).await.expect(403, "denied");
        assert_eq!(said["detail"], share["why"]);
        // Who does not see the thing gets no reasons.
        for thing in things[..4].iter().chain(&things[5..]) {
            farm.stranger().get(&format!("{thing}/permissions")).await.expect(404, "not_found");
        }
        let other = farm.person("Olga Other", Role::Member).await;
        other.get(&format!("{}/permissions", things[2])).await.expect(404, "not_found");
    }
}

/// 10,000 people in one team (issue 4, point 11): the consequence of taking a printer from them is stated within 100 ms.
async fn the_largest_team(farm: &Farm) {
    let admin = farm.admin();
    let printer = private(farm, "Bench 1").await;
    let crew = admin.new_team("Everybody", &[farm.guest().id, farm.member().id]).await;
    let pair = id(&admin.new_team("Pair", &[farm.guest().id]).await);
    let number = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) ";
    let uuid = match farm.engine() {
        Engine::Sqlite => "randomblob(16)",
        Engine::Postgres => "gen_random_uuid()",
    };
    for statement in [
        format!(
            "INSERT INTO account (id, email, email_key, name, name_key, password_hash, created_at) {number} \
             SELECT {uuid}, i || '@many.org', i || '@many.org', 'Many ' || i, 'many ' || i, 'x', 0 FROM n"
        ),
        "INSERT INTO membership (org, account, role, created_at) SELECT m.org, a.id, 'guest', 0 FROM account a, team m \
         WHERE a.email LIKE '%@many.org' AND m.name = 'Everybody'"
            .to_owned(),
        "INSERT INTO team_member (team, account, added_at) SELECT t.id, a.id, 0 FROM account a, team t \
         WHERE a.email LIKE '%@many.org' AND t.name = 'Everybody'"
            .to_owned(),
    ] {
        farm.exec(statement.leak(), params![]).await;
    }
    // The rest of a large organization: 200 teams of 150 people, 1,000 printers that are shared with two of them each.
    let few = |n: i64| number.replace("10000", &n.to_string());
    for statement in [
        format!(
            "INSERT INTO team (id, org, name, name_key, created_by, created_at) {} SELECT {uuid}, t.org, 'Class ' || i, 'class ' || i, \
             t.created_by, i FROM n, team t WHERE t.name = 'Everybody'",
            few(200)
        ),
        "INSERT INTO team_member (team, account, added_at) SELECT t.id, a.id, 0 FROM team t JOIN account a ON a.email LIKE '%@many.org' \
         AND (CAST(SUBSTR(a.name, 6) AS BIGINT) + t.created_at) % 67 = 0 WHERE t.name LIKE 'Class %'"
            .to_owned(),
        format!(
            "INSERT INTO printer (id, org, name, family, address, secret, class, added_by, created_at, bed) {} SELECT {uuid}, p.org, \
             'Machine ' || i, p.family, p.address, p.secret, p.class, p.added_by, i, 'dirty' FROM n, printer p WHERE p.name = 'Bench 1'",
            few(1000)
        ),
        "INSERT INTO printer_share (printer, grantee, granted_by, granted_at) SELECT p.id, t.id, p.added_by, 0 FROM printer p \
         JOIN team t ON t.name LIKE 'Class %' AND (t.created_at = p.created_at % 200 + 1 OR t.created_at = p.created_at * 7 % 200 + 1) \
         WHERE p.name LIKE 'Machine %'"
            .to_owned(),
    ] {
        farm.exec(statement.leak(), params![]).await;
    }
    if farm.engine() == Engine::Postgres {
        farm.exec("ANALYZE", params![]).await;
    }
    admin.share_printer_with(printer, false, &[id(&crew), pair]).await.done();
    let job = farm.guest().send_job(printer, "waits").await;
    let project = farm.project(&farm.member(), "Of everybody").await;
    farm.share_project(project, id(&crew)).await;
    farm.from_project(&job, project).await;
    // In a group with 20 others, which thousands of Guests have: a waiting job of it is decided by all (AMB-07).
    let machines =
        farm.rows("SELECT id FROM printer WHERE name LIKE 'Machine %' ORDER BY created_at LIMIT 20", params![]).await;
    let mut inside: Vec<Uuid> = machines.iter().map(|row| row.get("id").unwrap()).collect();
    inside.push(printer);
    let group = admin.new_printer_group("Benches", &inside).await;
    assert_eq!(farm.guest().send_to_group(&group, "waits, too").await["printer"]["name"], "Bench 1");
    let shown = shares(&admin, printer).await["shown"].clone();
    let mut best = Duration::MAX;
    for _ in 0..5 {
        let start = Instant::now();
        let body = json!({ "organization": false, "teams": [pair], "shown": shown });
        let lose = admin.post(&format!("/printers/{printer}/shares/effect"), body).await.ok();
        best = best.min(start.elapsed());
        // 10,000 and the Member; the Guest keeps it by the other team.
        assert_eq!((&lose["lose"], lose["lose_names"].as_array().unwrap().len()), (&json!(10_001), 5), "{lose}");
        assert_eq!((&lose["admins_only"], &lose["jobs"][0]["name"]), (&json!(2), &json!("waits")), "{lose}");
    }
    println!("{:?}: the consequence for 10,002 people, 202 teams, 1,001 printers took {best:?}", farm.engine());
    // The job has this printer, and keeps it; of the others nobody had one alone.
    for at in [printer, inside[0]] {
        let start = Instant::now();
        let told = admin.get(&format!("/printer-groups/{}/printers/{at}/effect", id(&group))).await.ok();
        println!("{:?}: of taking a printer out of its group {:?}", farm.engine(), start.elapsed());
        assert_eq!(
            (&told["admins_only"], &told["undecidable"], &told["move_first"]),
            (&json!(0), &json!(0), &json!(0)),
            "{told}"
        );
    }
    let path = format!("/projects/{project}/shares");
    let shown = farm.member().get(&path).await.ok()["shown"].clone();
    let mut best = Duration::MAX;
    for _ in 0..5 {
        let start = Instant::now();
        let body = json!({ "organization": false, "teams": [], "shown": shown });
        let lose = farm.member().post(&format!("{path}/effect"), body).await.ok();
        best = best.min(start.elapsed());
        // The Admin too: it is private then. Its creator keeps it.
        assert_eq!(
            (&lose["lose"], &lose["admins_only"], &lose["undecidable"]),
            (&json!(10_002), &json!(0), &json!(0)),
            "{lose}"
        );
    }
    println!("{:?}: the same of a library project took {best:?}", farm.engine());
    let start = Instant::now();
    let removal = admin.get(&format!("/teams/{}/removal", id(&crew))).await.ok();
    println!("{:?}: of removing their team {:?}", farm.engine(), start.elapsed());
    assert_eq!(removal["lose"], 10_001, "{removal}");
    let start = Instant::now();
    admin.share_printer_with(printer, false, &[pair]).await.done();
    println!("{:?}: unsharing took {:?}", farm.engine(), start.elapsed());
    farm.member().printer(printer).await.expect(404, "not_found");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unsharing_from_ten_thousand_people_sqlite() {
    testkit::run(Engine::Sqlite, Setup::new(), the_largest_team).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unsharing_from_ten_thousand_people_postgres() {
    testkit::run(Engine::Postgres, Setup::new(), the_largest_team).await;
}
