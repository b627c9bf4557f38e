//! Teams: who creates, sees and changes them, and who is in them (ORG-04, ORG-05, ROL-09, ROL-15, AMB-14, AMB-15).

#![expect(clippy::unwrap_used, reason = "a failed test says where")]

use std::time::Duration;

use testkit::{Actor, Farm, Role, Setup, Uuid, Value, both_engines, json, params};

fn id(of: &Value) -> Uuid {
    of["id"].as_str().unwrap().parse().unwrap()
}

fn at(team: &Value) -> String {
    format!("/teams/{}", id(team))
}

async fn names(person: &Actor, query: &str) -> Vec<String> {
    let items = person.get(&format!("/teams{query}")).await.items();
    items.iter().map(|team| team["name"].as_str().unwrap().to_owned()).collect()
}

/// The kinds of the journal's rows about a team, in order.
async fn kinds(farm: &Farm, team: &Value) -> Vec<String> {
    let rows = farm.rows("SELECT kind FROM journal WHERE team = $1 ORDER BY seq", params![id(team)]).await;
    rows.iter().map(|row| row.get("kind").unwrap()).collect()
}

both_engines! {
    async fn org_04_members_and_admins_create_teams_guests_do_not(farm) {
        for person in [farm.admin(), farm.member()] {
            let team = person.post("/teams", json!({ "name": format!("  Team of {}  ", person.name) })).await.ok();
            assert_eq!(team["name"], format!("Team of {}", person.name), "trimmed");
            assert_eq!((&team["people"], &team["inside"]), (&json!(0), &json!(false)));
            assert_eq!(team["created_by"]["id"], json!(person.id));
            assert_eq!(kinds(farm, &team).await, ["team.created"]);
        }
        let refused = farm.guest().post("/teams", json!({ "name": "Mine" })).await.expect(403, "denied");
        assert_eq!(refused["failed"], "role", "{refused}");
        assert!(farm.guest().get("/teams").await.ok()["actions"]["create"].is_null(), "hidden by role");
        assert_eq!(farm.member().get("/teams").await.ok()["actions"]["create"]["allowed"], true);
        for name in ["", "  ", "a\u{202e}b", &"x".repeat(500)] {
            farm.member().post("/teams", json!({ "name": name })).await.expect(422, "invalid");
        }
        // The same request twice makes one team.
        let call = || farm.member().call(testkit::Method::POST, "/teams").header("idempotency-key", "once").json(&json!({ "name": "Once" }));
        assert_eq!(id(&call().send().await.ok()), id(&call().send().await.ok()));
    }

    async fn org_02_whoever_was_removed_and_is_invited_again_is_in_none_of_their_old_teams(farm) {
        let (admin, guest) = (farm.admin(), farm.guest());
        let team = admin.new_team("Class of then", &[guest.id]).await;
        assert_eq!(names(&guest, "").await, ["Class of then"]);
        admin.call(testkit::Method::DELETE, &format!("/people/{}", guest.id)).send().await.done();
        let secret = admin.invite("guest").await;
        guest.accept(&secret).await.done();
        assert_eq!(names(&guest, "").await, [""; 0]);
        assert_eq!(admin.get(&at(&team)).await.ok()["people"], 0);
    }

    async fn org_04_a_team_says_how_many_people_of_the_organization_are_in_it(farm, Setup::new().fake_clock()) {
        let (admin, guest, member) = (farm.admin(), farm.guest(), farm.member());
        let team = admin.new_team("Counted", &[guest.id, member.id, admin.id]).await;
        let empty = admin.new_team("Empty", &[]).await;
        let counted = async |people: usize, when: &str| {
            let said = admin.get(&at(&team)).await.ok();
            let listed = admin.get(&format!("{}/people", at(&team))).await.items().len();
            assert_eq!((said["people"].as_u64(), listed), (Some(people as u64), people), "{when}");
        };
        counted(3, "made").await;
        admin.put_into_team(&team, guest.id).await.done();
        counted(3, "put in twice").await;
        admin.take_out_of_team(&team, member.id).await.done();
        admin.take_out_of_team(&team, member.id).await.expect(404, "not_found");
        counted(2, "taken out").await;
        admin.remove_person(&guest).await.done();
        counted(1, "removed from the organization").await;
        admin.restore_person(&guest).await.done();
        counted(2, "brought back").await;
        admin.remove_person(&guest).await.done();
        let secret = admin.invite("guest").await;
        guest.accept(&secret).await.done();
        counted(1, "came back by an invitation, in no team").await;
        admin.put_into_team(&team, guest.id).await.done();
        counted(2, "put in again").await;
        admin.remove_person(&guest).await.done();
        farm.clock().advance(Duration::from_secs(31 * 24 * 3600));
        farm.app().end_old_trash().await.unwrap();
        admin.sign_in(&admin.password).await.done();
        counted(1, "gone for good").await;
        assert_eq!(admin.get(&at(&empty)).await.ok()["people"], 0);
    }

    async fn rol_09_rol_15_everybody_sees_their_own_teams_admins_all(farm) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let other = farm.person("Olga Other", Role::Member).await;
        let created = member.new_team("Created", &[]).await;
        let inside = admin.new_team("Inside", &[member.id, guest.id]).await;
        let neither = other.new_team("Neither", &[]).await;
        assert_eq!(names(&admin, "").await, ["Created", "Inside", "Neither"]);
        assert_eq!(names(&member, "").await, ["Created", "Inside"]);
        assert_eq!(names(&guest, "").await, ["Inside"]);
        assert_eq!(names(&farm.stranger(), "").await, [""; 0]);
        for (person, team, seen) in [
            (&member, &created, true), (&member, &inside, true), (&member, &neither, false),
            (&guest, &created, false), (&guest, &inside, true), (&admin, &neither, true), (&farm.stranger(), &inside, false),
        ] {
            for part in ["", "/people"] {
                let answer = person.get(&format!("{}{part}", at(team))).await;
                if seen { answer.done() } else { drop(answer.expect(404, "not_found")) }
            }
        }
        // A Guest who created a team while they were a Member sees it only from inside.
        admin.change_role(&other, "guest").await.done();
        assert_eq!(names(&other, "").await, [""; 0]);
    }

    async fn a_list_of_teams_and_of_people_is_searched_and_comes_in_pages(farm) {
        let admin = farm.admin();
        for name in ["Lasers", "mills", "Looms", "100% wood"] {
            admin.new_team(name, &[]).await;
        }
        assert_eq!(names(&admin, "?q=l").await, ["Lasers", "Looms", "mills"]);
        assert_eq!(names(&admin, "?q=%25").await, ["100% wood"]);
        let mut seen = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = admin.get(&format!("/teams?limit=3{cursor}")).await.ok();
            seen.extend(page["items"].as_array().unwrap().iter().map(|team| team["name"].as_str().unwrap().to_owned()));
            let Some(next) = page["next"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(seen, ["100% wood", "Lasers", "Looms", "mills"]);
        for bad in ["?limit=0", "?limit=201", "?cursor=x", "?order=1"] {
            admin.get(&format!("/teams{bad}")).await.expect(422, "invalid");
        }
        let team = admin.new_team("All", &[farm.guest().id, farm.member().id, admin.id]).await;
        let people = async |query: &str| admin.get(&format!("{}/people{query}", at(&team))).await.ok();
        let first = people("?limit=2").await;
        assert_eq!((&first["items"][0]["name"], &first["items"][1]["name"]), (&json!("Ada Admin"), &json!("Gil Guest")));
        assert_eq!((&first["items"][0]["you"], &first["items"][1]["role"]), (&json!(true), &json!("guest")));
        let rest = people(&format!("?limit=2&cursor={}", first["next"].as_str().unwrap())).await;
        assert_eq!((&rest["items"][0]["name"], &rest["items"][1], &rest["next"]), (&json!("Mo Member"), &Value::Null, &Value::Null));
        assert_eq!(people("?q=gil").await["items"].as_array().unwrap().len(), 1);
    }

    async fn org_05_amb_15_only_people_of_the_organization_are_added(farm) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let team = member.new_team("Crew", &[]).await;
        member.put_into_team(&team, guest.id).await.done();
        member.put_into_team(&team, guest.id).await.done();
        assert_eq!(guest.get(&at(&team)).await.ok()["inside"], true);
        // Somebody of another organization, of none, and nobody at all: the same answer.
        let unknown = Uuid::new_v4();
        for outsider in [farm.stranger().id, farm.newcomer().id, unknown] {
            member.put_into_team(&team, outsider).await.expect(404, "not_found");
        }
        let former = farm.person("Olga Other", Role::Member).await;
        member.put_into_team(&team, former.id).await.done();
        assert_eq!(member.get(&at(&team)).await.ok()["people"], 2);
        admin.remove_person(&former).await.done();
        assert_eq!(member.get(&at(&team)).await.ok()["people"], 1, "who left is not counted");
        assert_eq!(member.get(&format!("{}/people", at(&team))).await.items().len(), 1);
        member.put_into_team(&team, former.id).await.expect(404, "not_found");
        member.take_out_of_team(&team, guest.id).await.done();
        member.take_out_of_team(&team, guest.id).await.expect(404, "not_found");
        guest.get(&at(&team)).await.expect(404, "not_found");
        assert_eq!(kinds(farm, &team).await, ["team.created", "team.person_added", "team.person_added", "team.person_removed"]);
    }

    async fn org_04_amb_14_who_sees_a_team_changes_it_but_a_guest(farm) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let other = farm.person("Olga Other", Role::Member).await;
        let team = admin.new_team("Crew", &[member.id, guest.id]).await;
        let change = async |by: &Actor| {
            [
                by.patch(&at(&team), json!({ "name": format!("Crew of {}", by.name) })).await,
                by.put_into_team(&team, other.id).await,
                by.get(&format!("{}/removal", at(&team))).await,
                by.take_out_of_team(&team, other.id).await,
                by.delete(&at(&team)).await,
                by.post(&format!("{}/restore", at(&team)), json!({})).await,
            ]
        };
        for answer in change(&guest).await {
            assert_eq!(answer.expect(403, "denied")["failed"], "role");
        }
        for answer in change(&other).await.into_iter().chain(change(&farm.stranger()).await) {
            answer.expect(404, "not_found");
        }
        for person in [&member, &admin] {
            change(person).await.iter().for_each(testkit::Answer::done);
        }
        assert_eq!(names(&member, "").await, ["Crew of Ada Admin"]);
        assert!(guest.get(&at(&team)).await.ok()["actions"]["change"].is_null(), "hidden by role");
        // Who was put in a team changes it; who was taken out does not any more.
        member.put_into_team(&team, other.id).await.done();
        other.patch(&at(&team), json!({ "name": "Ours" })).await.done();
        member.take_out_of_team(&team, other.id).await.done();
        other.patch(&at(&team), json!({ "name": "Mine" })).await.expect(404, "not_found");
    }

    async fn names_of_teams_are_unique_in_the_organization_whatever_their_case(farm) {
        let (admin, member) = (farm.admin(), farm.member());
        admin.new_team("Ärzte", &[]).await;
        let taken = member.post("/teams", json!({ "name": "äRZTE" })).await.expect(409, "name_taken");
        assert!(taken["detail"].as_str().unwrap().contains("Ärzte"), "{taken}");
        let mine = member.new_team("Mine", &[]).await;
        member.patch(&at(&mine), json!({ "name": "ÄRZTE" })).await.expect(409, "name_taken");
        member.patch(&at(&mine), json!({ "name": "MINE" })).await.done();
        // Another organization has names of its own.
        farm.stranger().post("/teams", json!({ "name": "Ärzte" })).await.done();
        // Two at once: one is made.
        let both = tokio::join!(
            admin.post("/teams", json!({ "name": "Race" })),
            member.post("/teams", json!({ "name": "race" })),
        );
        assert_eq!(usize::from(both.0.is_ok()) + usize::from(both.1.is_ok()), 1, "{} {}", both.0, both.1);
    }

    async fn amb_14_a_removed_team_gives_access_to_nothing_and_comes_back_whole(farm, Setup::new().fake_clock()) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let (printer, _machine) = farm.bench("Bench 1").await;
        admin.share_printer(printer, false).await;
        let team = member.new_team("Crew", &[guest.id]).await;
        farm.exec("INSERT INTO printer_share (printer, grantee, granted_by, granted_at) VALUES ($1, $2, $3, 0)",
            params![printer, id(&team), admin.id]).await;
        guest.printer(printer).await.done();
        assert_eq!(guest.get(&at(&team)).await.ok()["printer_list"][0]["name"], "Bench 1");
        let removal = member.get(&format!("{}/removal", at(&team))).await.ok();
        assert_eq!((&removal["lose"], &removal["lose_names"], &removal["printers"]), (&json!(1), &json!(["Gil Guest"]), &json!(1)));
        assert_eq!(member.get(&format!("{}/removal?person={}", at(&team), guest.id)).await.ok()["lose"], 1);
        member.get(&format!("{}/removal?person={}", at(&team), admin.id)).await.expect(404, "not_found");

        member.delete(&at(&team)).await.done();
        guest.printer(printer).await.expect(404, "not_found");
        assert_eq!(names(&member, "").await, [""; 0]);
        for person in [&member, &admin, &guest] {
            person.get(&at(&team)).await.expect(404, "not_found");
        }
        member.delete(&at(&team)).await.expect(404, "not_found");
        member.put_into_team(&team, guest.id).await.expect(404, "not_found");
        // Its name is free meanwhile; then it does not come back under it.
        let second = admin.new_team("crew", &[]).await;
        let taken = member.post(&format!("{}/restore", at(&team)), json!({})).await.expect(409, "name_taken");
        assert!(taken["detail"].as_str().unwrap().contains("Rename that one first"), "{taken}");
        admin.patch(&at(&second), json!({ "name": "Second" })).await.done();
        let back = member.post(&format!("{}/restore", at(&team)), json!({})).await.ok();
        assert_eq!((&back["people"], &back["printers"]), (&json!(1), &json!(1)));
        guest.printer(printer).await.done();
        assert_eq!(kinds(farm, &team).await, ["team.created", "team.person_added", "team.removed", "team.restored"]);

        member.delete(&at(&team)).await.done();
        farm.clock().advance(Duration::from_secs(30 * 86_400));
        member.sign_in(&member.password).await.done();
        member.post(&format!("{}/restore", at(&team)), json!({})).await.expect(409, "trash_over");
    }

    async fn amb_14_what_a_team_takes_with_it_is_stated_before_it_is_removed(farm) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let (printer, _machine) = farm.bench("Bench 1").await;
        let team = member.new_team("Crew", &[guest.id, member.id]).await;
        let project = farm.project(&guest, "Physics").await;
        farm.share_project(project, id(&team)).await;
        let job = guest.send_job(printer, "pendulum").await;
        farm.from_project(&job, project).await;
        let told = member.get(&format!("{}/removal", at(&team))).await.ok();
        // Nobody loses a printer. Its project would be the Guest's alone: nobody could decide any more.
        assert_eq!((&told["lose"], &told["projects"], &told["lose_library"]), (&json!(0), &json!(1), &json!(2)), "{told}");
        assert_eq!(told["lose_library_names"], json!(["Ada Admin", "Mo Member"]), "{told}");
        assert_eq!((&told["undecidable"], &told["jobs"][0]["name"]), (&json!(1), &json!("pendulum")), "{told}");
        assert_eq!(told["jobs"][0]["change"], "undecidable", "{told}");
        // Without the Member in it, an Admin still sees what is shared with anybody.
        let told = admin.get(&format!("{}/removal?person={}", at(&team), member.id)).await.ok();
        assert_eq!(told["lose_library_names"], json!(["Mo Member"]), "{told}");
        assert_eq!((&told["undecidable"], &told["admins_only"]), (&json!(0), &json!(1)), "{told}");
        admin.take_out_of_team(&team, member.id).await.done();
        member.approve(&job).await.expect(403, "denied");
        admin.delete(&at(&team)).await.done();
        admin.approve(&job).await.expect(403, "denied");
    }

    async fn whoever_a_change_of_a_team_concerns_hears_of_it_at_once(farm) {
        let (member, guest) = (farm.member(), farm.guest());
        let other = farm.person("Olga Other", Role::Member).await;
        let team = member.new_team("Crew", &[]).await;
        let (mut guests, mut others) = (guest.events().await, other.events().await);
        member.put_into_team(&team, guest.id).await.done();
        member.take_out_of_team(&team, guest.id).await.done();
        let heard = guests.changes_until(|change| change["kind"] == "team.person_removed").await;
        let kinds: Vec<_> = heard.iter().map(|change| change["kind"].as_str().unwrap()).collect();
        assert!(kinds.contains(&"team.person_added") && kinds.contains(&"team.person_removed"), "{heard:?}");
        // Whoever does not see the team learns neither which team nor who.
        let heard = others.changes_within(Duration::from_millis(800)).await;
        assert!(heard.iter().all(|change| change["kind"] == "access.changed" && change["team"].is_null()), "{heard:?}");
    }
}
