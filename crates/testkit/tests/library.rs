//! Library projects: who sees them, who shares them with whom, what is in the Trash (LIB-01 to LIB-09, AMB-08, AMB-12, AMB-13,
//! AMB-43, AMB-44). Files are in `library_files.rs`, print jobs in `library_jobs.rs`.

#![expect(clippy::unwrap_used, reason = "a failed test says where")]

use std::time::Duration;

use testkit::{Actor, Role, Setup, Uuid, Value, both_engines, json, params};

async fn names(person: &Actor, query: &str) -> Vec<String> {
    let items = person.get(&format!("/projects{query}")).await.items();
    items.iter().map(|project| project["name"].as_str().unwrap().to_owned()).collect()
}

fn uuid(of: &Value) -> Uuid {
    of["id"].as_str().unwrap().parse().unwrap()
}

both_engines! {
    async fn lib_03_everybody_creates_projects_that_are_theirs_alone(farm) {
        for person in [farm.guest(), farm.member(), farm.admin()] {
            let made = person.post("/projects", json!({ "name": "  Physics ", "notes": "One\r\ntwo\n" })).await.ok();
            assert_eq!((&made["name"], &made["notes"], &made["mine"]), (&json!("Physics"), &json!("One\ntwo"), &json!(true)));
            assert_eq!((&made["shared_with_organization"], &made["teams"]), (&json!(false), &json!([])), "{made}");
            assert_eq!(names(&person, "").await, ["Physics"], "{}", person.name);
        }
        for (name, notes) in [("", ""), ("a\u{202E}b", ""), (&*"x".repeat(201), ""), ("ok", "a\u{0}b"), ("ok", &*"x".repeat(20_001))] {
            farm.guest().post("/projects", json!({ "name": name, "notes": notes })).await.expect(422, "invalid");
        }
        // The same key gives the same project; another request under it is refused.
        let guest = farm.guest();
        let create = async |name: &str| {
            let call = guest.call(testkit::Method::POST, "/projects").header("idempotency-key", "once");
            call.json(&json!({ "name": name })).send().await
        };
        assert_eq!(create("Once").await.ok()["id"], create("Once").await.ok()["id"]);
        create("Twice").await.expect(422, "key_reused");
        assert_eq!(names(&guest, "").await, ["Once", "Physics"]);
    }

    async fn lib_01_amb_08_own_and_shared_projects_are_seen_and_private_ones_are_nothing(farm) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let other = farm.person("Gerd Guest", Role::Guest).await;
        let team = farm.team("Mechatronics", &[&guest, &member]).await;
        let private = guest.new_project("Private").await;
        let shared = guest.new_project("Of the team").await;
        let everybodys = member.new_project("Everybody's").await;
        guest.share(&shared, false, &[team]).await.done();
        member.share(&everybodys, true, &[]).await.done();
        assert_eq!(names(&guest, "").await, ["Everybody's", "Of the team", "Private"]);
        assert_eq!(names(&member, "").await, ["Everybody's", "Of the team"]);
        assert_eq!(names(&admin, "").await, ["Everybody's", "Of the team"], "shared with somebody, in no team themselves");
        assert_eq!(names(&other, "").await, ["Everybody's"]);
        assert_eq!(names(&farm.stranger(), "").await, [""; 0]);
        // What is not in the list is not there at all, by whatever way it is asked for.
        for person in [&admin, &member, &other, &farm.stranger()] {
            for part in ["", "/files", "/shares", "/people", "/print-jobs", "/report"] {
                person.in_project(&private, part).await.expect(404, "not_found");
            }
            let path = format!("/projects/{}", uuid(&private));
            person.patch(&path, json!({ "version": 1, "name": "Mine" })).await.expect(404, "not_found");
            person.delete(&path).await.expect(404, "not_found");
            person.post(&format!("{path}/restore"), json!({})).await.expect(404, "not_found");
            let body = json!({ "organization": true, "teams": [], "shown": "" });
            person.put(&format!("{path}/shares"), body.clone()).await.expect(404, "not_found");
            person.post(&format!("{path}/shares/effect"), body).await.expect(404, "not_found");
            person.announce_for(&private, "a.stl", 10).await.expect(404, "not_found");
        }
        // List = filter(detail).
        for person in [&admin, &member, &guest, &other] {
            let listed = names(person, "").await;
            for (project, name) in [(&private, "Private"), (&shared, "Of the team"), (&everybodys, "Everybody's")] {
                assert_eq!(person.in_project(project, "").await.is_ok(), listed.contains(&name.to_owned()), "{} {name}", person.name);
            }
        }
        // A removed team shows nothing to anybody.
        farm.exec("UPDATE team SET removed_at = 1 WHERE id = $1", params![team]).await;
        assert_eq!(names(&admin, "").await, ["Everybody's"]);
        admin.in_project(&shared, "").await.expect(404, "not_found");
    }

    async fn lib_01_the_list_is_searched_and_paged(farm) {
        let guest = farm.guest();
        for name in ["Ölpumpe", "Gear 100%", "Gear_2", "Bracket"] {
            guest.new_project(name).await;
        }
        assert_eq!(names(&guest, "?q=gear").await, ["Gear_2", "Gear 100%"]);
        assert_eq!(names(&guest, "?q=%C3%B6LP").await, ["Ölpumpe"]);
        assert_eq!(names(&guest, "?q=100%25").await, ["Gear 100%"]);
        assert_eq!(names(&guest, "?q=_").await, ["Gear_2"]);
        assert_eq!(names(&guest, "?q=gil").await.len(), 4, "also by who created it");
        let mut seen = Vec::new();
        let mut path = "/projects?limit=3".to_owned();
        loop {
            let page = guest.get(&path).await;
            seen.extend(page.items().iter().map(|project| project["name"].as_str().unwrap().to_owned()));
            let Some(next) = page.body["next"].as_str() else { break };
            path = format!("/projects?limit=3&cursor={next}");
        }
        assert_eq!(seen, ["Bracket", "Gear_2", "Gear 100%", "Ölpumpe"]);
        guest.get("/projects?limit=0").await.expect(422, "invalid");
        guest.get("/projects?cursor=x").await.expect(422, "invalid");
    }

    async fn lib_08_name_and_notes_are_changed_by_who_may_and_only_as_shown(farm) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let shared = member.new_project("Shared").await;
        member.share(&shared, true, &[]).await.done();
        let path = format!("/projects/{}", uuid(&shared));
        let seen = guest.in_project(&shared, "").await.ok();
        assert!(seen["actions"]["edit"]["allowed"] == false && seen["actions"]["print"]["allowed"] == true, "{seen}");
        let refused = guest.patch(&path, json!({ "version": 1, "name": "Mine" })).await.expect(403, "denied");
        assert_eq!((&refused["failed"], refused["who_can"][0].as_str()), (&json!("access"), Some(&*member.name)));
        let changed = admin.patch(&path, json!({ "version": 1, "notes": "White PLA." })).await.ok();
        assert_eq!((&changed["version"], &changed["notes"], &changed["name"]), (&json!(2), &json!("White PLA."), &json!("Shared")));
        member.patch(&path, json!({ "version": 1, "name": "Late" })).await.expect(409, "changed");
        let renamed = member.patch(&path, json!({ "version": 2, "name": "Conveyor" })).await.ok();
        assert_eq!((&renamed["notes"], &renamed["name"]), (&json!("White PLA."), &json!("Conveyor")));
        // Two at the same time: one of them is told.
        let (one, two) = tokio::join!(
            admin.patch(&path, json!({ "version": 3, "name": "One" })), member.patch(&path, json!({ "version": 3, "name": "Two" }))
        );
        assert_eq!(usize::from(one.is_ok()) + usize::from(two.is_ok()), 1, "{one} {two}");
    }

    async fn lib_05_06_amb_12_a_guest_shares_only_own_projects_and_only_with_own_teams(farm) {
        let (member, guest) = (farm.member(), farm.guest());
        let (mine, others) = (farm.team("Mine", &[&guest]).await, farm.team("Others", &[&member]).await);
        let project = guest.new_project("Physics").await;
        let shown = guest.in_project(&project, "/shares").await.ok();
        assert_eq!(shown["teams"].as_array().unwrap().len(), 1, "only teams they are in: {shown}");
        assert_eq!((&shown["change_teams"]["allowed"], &shown["change_organization"]["allowed"]), (&json!(true), &json!(false)));
        let refused = guest.share(&project, true, &[]).await.expect(403, "denied");
        assert_eq!((&refused["failed"], &refused["action"]), (&json!("role"), &json!("project.share_organization")));
        guest.share(&project, false, &[others]).await.expect(404, "not_found");
        guest.share(&project, false, &[mine, Uuid::new_v4()]).await.expect(404, "not_found");
        assert_eq!(guest.in_project(&project, "/shares").await.ok()["shown"], shown["shown"], "nothing has changed");
        guest.share(&project, false, &[mine]).await.done();
        assert_eq!(guest.in_project(&project, "").await.ok()["teams"][0]["name"], "Mine");
        // Somebody else's, shared with them: they see it and share it no further.
        let shared = member.new_project("Shared").await;
        member.share(&shared, true, &[others]).await.done();
        guest.share(&shared, true, &[mine]).await.expect(403, "denied");
        let seen = guest.in_project(&shared, "").await.ok();
        assert_eq!((&seen["teams"], &seen["other_teams"]), (&json!([]), &json!(1)), "a team that they do not see has no name");
    }

    async fn lib_06_amb_13_44_members_share_with_their_teams_and_everybody_and_others_teams_stay(farm) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let (mine, others) = (farm.team("Mine", &[&member]).await, farm.team("Others", &[&guest]).await);
        let project = member.new_project("Conveyor").await;
        member.share(&project, false, &[others]).await.expect(404, "not_found");
        member.share(&project, true, &[mine]).await.done();
        admin.share(&project, true, &[mine, others]).await.done();
        // The Member takes away what they see; the team of others stays.
        let shown = member.in_project(&project, "/shares").await.ok();
        assert_eq!((shown["teams"].as_array().unwrap().len(), &shown["other_teams"]), (1, &json!(1)), "{shown}");
        member.share(&project, false, &[]).await.done();
        let left = admin.in_project(&project, "/shares").await.ok();
        let shared: Vec<_> = left["teams"].as_array().unwrap().iter().filter(|team| team["shared"] == true).collect();
        assert_eq!((&left["organization"], shared.len(), &shared[0]["name"]), (&json!(false), 1, &json!("Others")));
        // Unsharing the last one hides it from the Admin who did it, and that is no error.
        admin.share(&project, false, &[]).await.done();
        admin.in_project(&project, "").await.expect(404, "not_found");
        let kinds = farm.rows(
            "SELECT kind FROM journal WHERE project IS NOT NULL ORDER BY seq", params![],
        ).await;
        let kinds: Vec<String> = kinds.iter().map(|row| row.get("kind").unwrap()).collect();
        assert_eq!(kinds, ["project.created", "project.shared", "project.shared", "project.unshared", "project.unshared"]);
    }

    async fn lib_05_two_editors_do_not_overwrite_each_others_shares(farm) {
        let (admin, member) = (farm.admin(), farm.member());
        let (a, b) = (farm.team("A", &[&member]).await, farm.team("B", &[&member]).await);
        let project = member.new_project("Conveyor").await;
        member.share(&project, false, &[a]).await.done();
        let path = format!("/projects/{}/shares", uuid(&project));
        let shown = member.get(&path).await.ok()["shown"].clone();
        let body = |teams: &[Uuid]| json!({ "organization": false, "teams": teams, "shown": shown });
        let (one, two) = tokio::join!(member.put(&path, body(&[a, b])), admin.put(&path, body(&[])));
        assert_eq!(usize::from(one.is_ok()) + usize::from(two.is_ok()), 1, "{one} {two}");
        let late = if one.is_ok() { two } else { one };
        assert!(late.code() == "changed" || late.code() == "not_found", "{late}");
    }

    async fn lib_06_a_team_of_another_organization_is_exactly_like_none(farm) {
        let (member, stranger) = (farm.member(), farm.stranger());
        let theirs = testkit::Uuid::now_v7();
        let org: Uuid = stranger.get("/session").await.ok()["organization"]["id"].as_str().unwrap().parse().unwrap();
        farm.exec(
            "INSERT INTO team (id, org, name, created_by, created_at) VALUES ($1, $2, 'Theirs', $3, 0)", params![theirs, org, stranger.id],
        ).await;
        farm.exec("INSERT INTO team_member (team, account, added_at) VALUES ($1, $2, 0)", params![theirs, member.id]).await;
        let project = member.new_project("Conveyor").await;
        for actor in [&member, &farm.admin()] {
            if actor.id == farm.admin().id {
                member.share(&project, true, &[]).await.done();
            }
            let path = format!("/projects/{}/shares", uuid(&project));
            let shown = actor.get(&path).await.ok();
            assert!(!shown.to_string().contains("Theirs"), "{shown}");
            let ask = |team: Uuid| json!({ "organization": shown["organization"], "teams": [team], "shown": shown["shown"] });
            let (foreign, none) = (actor.put(&path, ask(theirs)).await, actor.put(&path, ask(Uuid::new_v4())).await);
            assert_eq!((foreign.status, &foreign.body), (none.status, &none.body));
            foreign.expect(404, "not_found");
        }
    }

    async fn lib_06_a_removed_team_cannot_be_shared_with(farm) {
        let member = farm.member();
        let team = farm.team("Gone", &[&member]).await;
        farm.exec("UPDATE team SET removed_at = 1 WHERE id = $1", params![team]).await;
        let project = member.new_project("Conveyor").await;
        member.share(&project, false, &[team]).await.expect(404, "not_found");
        assert_eq!(farm.number("SELECT COUNT(*) AS n FROM project_share", params![]).await, 0);
    }

    async fn lib_01_lib_06_the_projects_of_a_team_are_those_shared_with_it_that_the_asker_sees(farm) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let (crew, others) = (farm.team("Crew", &[&guest, &member]).await, farm.team("Others", &[&admin, &member]).await);
        let both = member.new_project("Both").await;
        for (person, project, teams) in [
            (&member, &both, vec![crew, others]),
            (&guest, &guest.new_project("Of the crew").await, vec![crew]),
            (&member, &member.new_project("Of the others").await, vec![others]),
        ] {
            person.share(project, false, &teams).await.done();
        }
        member.share(&member.new_project("Everybody's").await, true, &[]).await.done();
        guest.new_project("Private").await;
        for person in [&admin, &member, &guest] {
            assert_eq!(names(person, &format!("?team={crew}")).await, ["Of the crew", "Both"], "{}", person.name);
        }
        assert_eq!(names(&member, &format!("?team={others}")).await, ["Of the others", "Both"]);
        assert_eq!(names(&member, &format!("?team={others}&q=both")).await, ["Both"]);
        let first = member.get(&format!("/projects?team={others}&limit=1")).await.ok();
        assert_eq!(first["items"][0]["name"], "Of the others");
        let cursor = first["next"].as_str().unwrap();
        assert_eq!(names(&member, &format!("?team={others}&limit=1&cursor={cursor}")).await, ["Both"]);
        // A team that one does not see is nothing, also if one sees a project that is shared with it.
        guest.in_project(&both, "").await.done();
        guest.get(&format!("/projects?team={others}")).await.expect(404, "not_found");
        guest.get(&format!("/projects?team={}", Uuid::new_v4())).await.expect(404, "not_found");
        farm.stranger().get(&format!("/projects?team={crew}")).await.expect(404, "not_found");
        // As many as the team says; none of them while a project or the team is in the Trash.
        let said = admin.get(&format!("/teams/{crew}")).await.ok();
        assert_eq!(said["projects"], 2);
        member.delete(&format!("/projects/{}", uuid(&both))).await.done();
        assert_eq!(names(&guest, &format!("?team={crew}")).await, ["Of the crew"]);
        admin.delete(&format!("/teams/{crew}")).await.done();
        admin.get(&format!("/projects?team={crew}")).await.expect(404, "not_found");
    }

    async fn the_effect_of_sharing_is_stated_before_it_is_saved(farm) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let team = farm.team("Mechatronics", &[&guest, &member]).await;
        let (printer, machine) = farm.bench("Bench 1").await;
        drop(machine);
        let project = guest.new_project("Physics").await;
        let file = guest.put_file(&project, "boat.gcode", &testkit::gcode("boat")).await;
        guest.print_file(&project, &file, printer).await.done();
        let effect = async |who: &Actor, teams: &[Uuid]| {
            let shown = who.in_project(&project, "/shares").await.ok()["shown"].clone();
            let body = json!({ "organization": false, "teams": teams, "shown": shown });
            who.post(&format!("/projects/{}/shares/effect", uuid(&project)), body).await
        };
        let gain = effect(&guest, &[team]).await.ok();
        assert_eq!((&gain["gain"], &gain["lose"], &gain["decidable"]), (&json!(2), &json!(0), &json!(1)), "{gain}");
        assert_eq!(gain["gain_names"], json!([admin.name, member.name]));
        assert_eq!(guest.in_project(&project, "").await.ok()["teams"], json!([]), "nothing is saved yet");
        guest.share(&project, false, &[team]).await.done();
        let lose = effect(&admin, &[]).await.ok();
        assert_eq!((&lose["lose"], &lose["gain"], &lose["undecidable"]), (&json!(2), &json!(0), &json!(1)), "{lose}");
        let people = guest.in_project(&project, "/people").await.items();
        let who: Vec<_> = people.iter().map(|p| (p["name"].as_str().unwrap(), p["creator"] == true, p["by_role"] == true)).collect();
        assert_eq!(who, [("Ada Admin", false, true), ("Gil Guest", true, false), ("Mo Member", false, false)]);
        assert_eq!(people[2]["teams"], json!(["Mechatronics"]));
    }

    async fn lib_01_the_people_of_a_project_are_searched_and_come_in_pages(farm) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let mut class = Vec::new();
        for n in 1..=5 {
            class.push(farm.person(&format!("Pupil {n}"), Role::Guest).await.id);
        }
        let outside = farm.person("Zed Outside", Role::Member).await;
        let project = guest.new_project("Physics").await;
        let (all, two) = (admin.new_team("All", &class).await, admin.new_team("Two", &[class[1], class[3], member.id]).await);
        admin.put_into_team(&all, guest.id).await.done();
        admin.put_into_team(&two, guest.id).await.done();
        let shown = |people: &[Value]| people.iter().map(|p| p["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
        let page = async |query: &str| guest.in_project(&project, &format!("/people?{query}")).await;
        assert_eq!(shown(&page("").await.items()), ["Gil Guest"], "shared with nobody");
        guest.share(&project, false, &[uuid(&all), uuid(&two)]).await.done();
        let whole = page("").await.items();
        assert_eq!(shown(&whole), ["Ada Admin", "Gil Guest", "Mo Member", "Pupil 1", "Pupil 2", "Pupil 3", "Pupil 4", "Pupil 5"]);
        assert_eq!(whole[4]["teams"], json!(["All", "Two"]), "every reason is said");
        for limit in [1, 2, 3, 7] {
            let (mut walked, mut cursor) = (Vec::new(), String::new());
            loop {
                let answer = page(&format!("limit={limit}{cursor}")).await.ok();
                walked.extend(answer["items"].as_array().unwrap().clone());
                let Some(next) = answer["next"].as_str() else { break };
                cursor = format!("&cursor={next}");
            }
            assert_eq!(walked, whole, "{limit} a page");
        }
        assert_eq!(shown(&page("q=PUPIL&limit=2").await.items()), ["Pupil 1", "Pupil 2"]);
        assert_eq!(shown(&page("q=nobody").await.items()), [""; 0]);
        page("limit=0").await.expect(422, "invalid");
        page(&format!("cursor={}", farm.stranger().id)).await.expect(404, "not_found");
        // With everybody: whoever is in the organization, for that reason too.
        farm.admin().share(&project, true, &[]).await.done();
        assert_eq!(shown(&page("q=zed").await.items()), ["Zed Outside"]);
        admin.remove_person(&outside).await.done();
        assert_eq!(shown(&page("q=zed").await.items()), [""; 0]);
    }

    async fn lib_04_amb_43_a_removed_project_is_nowhere_and_can_be_brought_back_for_30_days(farm, Setup::new().fake_clock()) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let project = guest.new_project("Physics").await;
        let shared = member.new_project("Shared").await;
        member.share(&shared, true, &[]).await.done();
        let path = |of: &Value| format!("/projects/{}", uuid(of));
        guest.delete(&path(&shared)).await.expect(403, "denied");
        guest.delete(&path(&project)).await.done();
        // A Member may remove somebody else's, if it is shared with them; and an Admin brings it back.
        admin.delete(&path(&shared)).await.done();
        for (person, of) in [(&guest, &project), (&member, &shared), (&admin, &shared)] {
            person.in_project(of, "").await.expect(404, "not_found");
            person.in_project(of, "/files").await.expect(404, "not_found");
            person.delete(&path(of)).await.expect(404, "not_found");
            person.patch(&path(of), json!({ "version": 1, "name": "x" })).await.expect(404, "not_found");
            person.share(of, false, &[]).await.expect(404, "not_found");
            person.announce_for(of, "a.stl", 10).await.expect(404, "not_found");
            assert_eq!(names(person, "").await, [""; 0]);
        }
        member.post(&format!("{}/restore", path(&project)), json!({})).await.expect(404, "not_found");
        let back = member.post(&format!("{}/restore", path(&shared)), json!({})).await.ok();
        assert_eq!((&back["name"], &back["shared_with_organization"]), (&json!("Shared"), &json!(true)), "with its shares");
        member.post(&format!("{}/restore", path(&shared)), json!({})).await.done();
        farm.clock().advance(Duration::from_secs(30 * 24 * 3600));
        guest.sign_in(&guest.password).await.done();
        guest.post(&format!("{}/restore", path(&project)), json!({})).await.expect(409, "trash_over");
        let row = farm.rows("SELECT removed_by FROM project WHERE name = 'Physics'", params![]).await.remove(0);
        assert_eq!(row.get::<Uuid>("removed_by").unwrap(), guest.id, "the Trash says who");
    }

    async fn sharing_and_unsharing_are_seen_live(farm) {
        let (member, guest) = (farm.member(), farm.guest());
        let team = farm.team("Mechatronics", &[&guest, &member]).await;
        let project = guest.new_project("Physics").await;
        let mut events = member.events().await;
        guest.share(&project, false, &[team]).await.done();
        let seen = events.change().await;
        assert_eq!((&seen["kind"], &seen["project"]), (&json!("project.shared"), &project["id"]), "{seen}");
        guest.share(&project, false, &[]).await.done();
        let gone = events.change().await;
        assert_eq!((&gone["kind"], &gone["project"]), (&json!("access.changed"), &Value::Null), "they learn nothing more: {gone}");
        guest.new_project("Chemistry").await;
        assert!(events.changes_within(Duration::from_millis(400)).await.is_empty(), "a private project is nothing to them");
    }

    async fn lib_09_cmp_09_the_report_is_for_admins_and_no_cell_is_a_formula(farm) {
        let (admin, member) = (farm.admin(), farm.member());
        let (printer, machine) = farm.bench("Bench 1").await;
        drop(machine);
        let project = member.new_project("=cmd|'/c calc'!A1").await;
        member.share(&project, true, &[]).await.done();
        let file = member.put_file(&project, "=1+1.gcode", &testkit::gcode("boat")).await;
        member.print_file(&project, &file, printer).await.done();
        for person in [member.clone(), farm.guest()] {
            let refused = person.in_project(&project, "/report").await.expect(403, "denied");
            assert_eq!((&refused["failed"], &refused["who_can"]), (&json!("role"), &json!(["an Admin"])), "{refused}");
        }
        let answer = admin.in_project(&project, "/report").await;
        answer.done();
        assert_eq!((answer.header("content-type"), answer.header("x-content-type-options")), ("text/csv; charset=utf-8", "nosniff"));
        assert!(answer.header("content-disposition").starts_with("attachment; filename*=UTF-8''%3Dcmd"), "{answer}");
        let text = String::from_utf8(answer.bytes).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 2, "{text}");
        assert!(lines[1].starts_with("\"1\",\"'=1+1\",\"'=1+1.gcode\",\"1\",\"Mo Member\",\"Bench 1\",\"queued\","), "{text}");
    }
}
