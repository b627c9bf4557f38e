//! People who are not in the organization any more: brought back out of the Trash, or gone for good; their private projects in
//! escrow, and what an Admin who claims them has to do (ORG-02, AMB-41, AMB-08, ROL-01). Deleted files of projects in the Trash.

#![expect(clippy::unwrap_used, reason = "a failed test says where")]

use std::time::Duration;

use testkit::{Actor, Farm, Plan, Role, Setup, Uuid, Value, both_engines, gcode, json, params};

const DAY: Duration = Duration::from_secs(24 * 3600);
const REASON: &str = "The course goes on next term.";

fn id(of: &Value) -> Uuid {
    of["id"].as_str().unwrap().parse().unwrap()
}

async fn role(person: &Actor) -> Value {
    person.get("/session").await.ok()["organization"]["role"].clone()
}

/// Back at their browser in the farm.
async fn comes_in(farm: &Farm, person: &Actor) {
    person.sign_in(&person.password).await.done();
    person.post("/session/organization", json!({ "organization": farm.org() })).await.done();
}

/// Kind and name of everything in the Trash, as this person sees it.
async fn trash(person: &Actor) -> Vec<(String, String)> {
    let word = |item: &Value, key: &str| item[key].as_str().unwrap().to_owned();
    let items = person.get("/trash").await.items();
    items.iter().map(|item| (word(item, "kind"), word(item, "name"))).collect()
}

async fn escrow(person: &Actor) -> Vec<(String, i64)> {
    let items = person.get("/escrow").await.items();
    items
        .iter()
        .map(|one| (one["person"]["name"].as_str().unwrap().to_owned(), one["projects"].as_i64().unwrap()))
        .collect()
}

async fn claim(admin: &Actor, person: &Actor, projects: i64, reason: &str) -> testkit::Answer {
    admin.post(&format!("/escrow/{}/claim", person.id), json!({ "projects": projects, "reason": reason })).await
}

async fn projects(person: &Actor) -> Vec<String> {
    let items = person.get("/projects").await.items();
    items.iter().map(|project| project["name"].as_str().unwrap().to_owned()).collect()
}

both_engines! {
    async fn org_02_a_removed_person_comes_back_with_role_teams_and_projects(farm, Setup::new().undo_window(60)) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let (printer, _machine) = farm.bench("Bench 1").await;
        let (stays, goes) = (admin.new_team("Stays", &[member.id]).await, admin.new_team("Goes", &[member.id]).await);
        member.new_project("Private").await;
        let queued = guest.send_job(printer, "of the guest").await;
        member.approve(&queued).await.done();
        let own = member.send_job(printer, "own").await;
        let program = member.token_for(&["read"]).await;
        admin.remove_person(&member).await.done();
        assert_eq!(admin.job(&own).await.ok()["status"], "needs_approval");
        admin.delete(&format!("/teams/{}", id(&goes))).await.done();
        // Listed for Admins, with who and when and how long.
        let item = admin.get("/trash").await.items().into_iter().find(|item| item["kind"] == "person").unwrap();
        assert_eq!((&item["name"], &item["removed_by"]["name"], &item["id"]), (&json!("Mo Member"), &json!("Ada Admin"), &json!(member.id)));
        assert_eq!((&item["days_left"], item["until"].is_string(), item["removed_at"].is_string()), (&json!(30), true, true));
        assert_eq!(trash(&guest).await, []);
        guest.restore_person(&member).await.expect(403, "denied");
        farm.stranger().restore_person(&member).await.expect(404, "not_found");
        admin.restore_person(&farm.newcomer()).await.expect(404, "not_found");

        admin.restore_person(&member).await.done();
        assert_eq!(trash(&admin).await, [("team".to_owned(), "Goes".to_owned())]);
        comes_in(farm, &member).await;
        assert_eq!(role(&member).await, "member");
        assert_eq!(member.get(&format!("/teams/{}", id(&stays))).await.ok()["inside"], true);
        member.get(&format!("/teams/{}", id(&goes))).await.expect(404, "not_found");
        assert_eq!(projects(&member).await, ["Private"]);
        // What went back to held stays held, and is nobody's former job any more; tokens stay ended.
        let now = admin.job(&own).await.ok();
        assert_eq!((&now["status"], &now["submitter"]["former"]), (&json!("needs_approval"), &json!(false)), "{now}");
        program.get("/printers").await.expect(401, "invalid_token");
        // Twice changes nothing.
        admin.restore_person(&member).await.done();
        let kinds = farm.rows("SELECT kind FROM journal WHERE person = $1 AND kind LIKE 'person.%' ORDER BY seq", params![member.id]).await;
        let kinds: Vec<String> = kinds.iter().map(|row| row.get("kind").unwrap()).collect();
        assert_eq!(kinds, ["person.joined", "person.removed", "person.restored"]);
        // A team that comes back has its person again.
        admin.post(&format!("/teams/{}/restore", id(&goes)), json!({})).await.done();
        assert_eq!(member.get(&format!("/teams/{}", id(&goes))).await.ok()["inside"], true);
    }

    async fn org_02_a_removal_is_undone_for_30_days_and_then_by_an_invitation_only(farm, Setup::new().fake_clock()) {
        let (admin, member) = (farm.admin(), farm.member());
        let team = admin.new_team("Crew", &[member.id]).await;
        admin.remove_person(&member).await.done();
        farm.clock().advance(30 * DAY - Duration::from_secs(60));
        admin.sign_in(&admin.password).await.done();
        assert_eq!(admin.get("/trash").await.items()[0]["days_left"], 1);
        farm.app().end_old_trash().await.unwrap();
        assert_eq!(farm.number("SELECT COUNT(*) AS n FROM team_member", &[]).await, 1, "not before its time");
        farm.clock().advance(Duration::from_secs(60));
        assert_eq!(trash(&admin).await, []);
        admin.restore_person(&member).await.expect(409, "trash_over");
        farm.app().end_old_trash().await.unwrap();
        assert_eq!(farm.number("SELECT COUNT(*) AS n FROM team_member", &[]).await, 0);
        assert_eq!(farm.number("SELECT COUNT(*) AS n FROM journal WHERE kind = 'person.purged'", &[]).await, 1);
        farm.app().end_old_trash().await.unwrap();
        assert_eq!(farm.number("SELECT COUNT(*) AS n FROM journal WHERE kind = 'person.purged'", &[]).await, 1, "once");
        // Invited again and removed again, they are in the Trash again.
        let secret = admin.invite("guest").await;
        member.sign_in(&member.password).await.done();
        member.accept(&secret).await.done();
        assert_eq!((role(&member).await, admin.get(&format!("/teams/{}", id(&team))).await.ok()["people"].clone()), (json!("guest"), json!(0)));
        admin.remove_person(&member).await.done();
        admin.restore_person(&member).await.done();
        comes_in(farm, &member).await;
        assert_eq!(role(&member).await, "guest");
    }

    async fn org_02_whoever_left_by_themselves_is_not_fetched_back(farm) {
        let (admin, member) = (farm.admin(), farm.member());
        member.post("/session/leave", json!({})).await.done();
        assert_eq!(trash(&admin).await, []);
        admin.restore_person(&member).await.expect(409, "left");
    }

    async fn pln_01_a_guest_comes_back_only_where_the_plan_has_guests(farm) {
        let (admin, guest) = (farm.admin(), farm.guest());
        admin.remove_person(&guest).await.done();
        farm.set_plan(Plan::Essentials).await;
        let refused = admin.restore_person(&guest).await.expect(403, "denied");
        assert_eq!(refused["failed"], "plan", "{refused}");
        farm.set_plan(Plan::Professional).await;
        admin.restore_person(&guest).await.done();
    }

    async fn org_02_an_admin_comes_back_as_one_and_an_accepted_invitation_wins(farm) {
        let admin = farm.admin();
        let second = farm.person("Olga Other", Role::Admin).await;
        let team = admin.new_team("Crew", &[second.id]).await;
        admin.remove_person(&second).await.done();
        admin.restore_person(&second).await.done();
        comes_in(farm, &second).await;
        assert_eq!(role(&second).await, "admin");
        admin.remove_person(&second).await.done();
        let secret = admin.invite("member").await;
        for _ in 0..2 {
            let (joined, restored) = tokio::join!(second.accept(&secret), admin.restore_person(&second));
            restored.done();
            assert!(joined.is_ok() || matches!(joined.code(), "already_in" | "link_dead"), "{joined}");
        }
        let inside = admin.get(&format!("/teams/{}", id(&team))).await.ok()["people"].clone();
        comes_in(farm, &second).await;
        // Either way they are in once, with what that way gives.
        let now = (role(&second).await, inside);
        assert!(now == (json!("admin"), json!(1)) || now == (json!("member"), json!(0)), "{now:?}");
    }

    async fn lib_08_a_deleted_file_is_in_the_trash_of_who_may_change_its_project(farm, Setup::new().fake_clock()) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let (shared, own) = (member.new_project("Shared").await, guest.new_project("Own").await);
        member.share(&shared, true, &[]).await.done();
        let mut files = Vec::new();
        for (person, project, name) in [(&member, &shared, "boat.gcode"), (&guest, &own, "gear.gcode")] {
            let file = person.put_file(project, name, &gcode(name)).await;
            person.delete(&format!("/projects/{}/files/{}", id(project), id(&file))).await.done();
            files.push(file);
            farm.clock().advance(Duration::from_secs(60));
        }
        let file = |name: &str| ("file".to_owned(), name.to_owned());
        assert_eq!(trash(&member).await, [file("boat.gcode")]);
        assert_eq!(trash(&guest).await, [file("gear.gcode")], "a Guest changes only their own");
        assert_eq!(trash(&admin).await, [file("boat.gcode")], "private projects are not for Admins");
        let item = &member.get("/trash").await.items()[0];
        assert_eq!((&item["project"]["name"], &item["project"]["id"], &item["removed_by"]["name"]),
            (&json!("Shared"), &shared["id"], &json!("Mo Member")), "{item}");
        // A file whose project is in the Trash comes back with the project.
        member.delete(&format!("/projects/{}", id(&shared))).await.done();
        assert_eq!(trash(&member).await, [("project".to_owned(), "Shared".to_owned())]);
        member.post(&format!("/projects/{}/restore", id(&shared)), json!({})).await.done();
        admin.post(&format!("/projects/{}/files/{}/restore", id(&shared), id(&files[0])), json!({})).await.done();
        assert_eq!((trash(&member).await, member.in_project(&shared, "/files").await.items().len()), (vec![], 1));
        farm.clock().advance(30 * DAY);
        guest.sign_in(&guest.password).await.done();
        assert_eq!(trash(&guest).await, []);
        farm.app().end_old_trash().await.unwrap();
        assert_eq!(farm.number("SELECT COUNT(*) AS n FROM project_file WHERE purged_at IS NOT NULL", &[]).await, 1);
    }

    async fn amb_41_private_projects_of_a_former_person_are_seen_by_nobody_and_theirs_again_when_they_return(farm) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let secret = guest.new_project("Secret of Gil").await;
        let team = farm.team("Crew", &[&guest, &member]).await;
        let shared = guest.new_project("Shared").await;
        guest.share(&shared, false, &[team]).await.done();
        assert_eq!(escrow(&admin).await, []);
        admin.remove_person(&guest).await.done();
        // Whose, how many, since when; nothing else.
        let told = admin.get("/escrow").await.items();
        let keys: Vec<_> = told[0].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!((told.len(), keys), (1, vec!["person", "projects", "since"]));
        assert_eq!((&told[0]["person"]["name"], &told[0]["person"]["former"], &told[0]["projects"]), (&json!("Gil Guest"), &json!(true), &json!(1)));
        assert!(!told[0].to_string().contains("Secret"));
        admin.in_project(&secret, "").await.expect(404, "not_found");
        assert_eq!(projects(&admin).await, ["Shared"]);
        for person in [&member, &farm.newcomer()] {
            let code = if person.id == member.id { "denied" } else { "no_organization" };
            person.get("/escrow").await.expect(403, code);
            claim(person, &guest, 1, REASON).await.expect(403, code);
        }
        assert_eq!(escrow(&farm.stranger()).await, []);
        claim(&farm.stranger(), &guest, 1, REASON).await.expect(404, "not_found");
        // Nobody claimed it, so it is theirs again, however they come back.
        let link = admin.invite("guest").await;
        guest.accept(&link).await.done();
        assert_eq!(escrow(&admin).await, []);
        assert_eq!(projects(&guest).await, ["Shared", "Secret of Gil"]);
    }

    async fn amb_41_nobody_sends_a_job_back_to_who_left(farm) {
        let (admin, guest) = (farm.admin(), farm.guest());
        let (printer, _machine) = farm.bench("Bench 1").await;
        let job = guest.send_job(printer, "boat").await;
        assert_eq!(admin.job(&job).await.ok()["actions"]["send_back"]["allowed"], true);
        admin.remove_person(&guest).await.done();
        assert_eq!(admin.job(&job).await.ok()["actions"]["send_back"], Value::Null);
        admin.send_back(&job, "Thicker walls, please.").await.expect(409, "submitter_left");
        admin.reject(&job, None).await.done();
    }

    async fn amb_41_a_claim_is_explicit_and_written_down_and_the_person_is_told(farm) {
        let (admin, guest) = (farm.admin(), farm.guest());
        let (one, _two) = (guest.new_project("One").await, guest.new_project("Two").await);
        let file = guest.put_file(&one, "boat.gcode", &gcode("boat")).await;
        let removed = guest.new_project("In the Trash").await;
        guest.delete(&format!("/projects/{}", id(&removed))).await.done();
        claim(&admin, &guest, 2, REASON).await.expect(409, "came_back");
        admin.remove_person(&guest).await.done();
        assert_eq!(escrow(&admin).await, [("Gil Guest".to_owned(), 2)]);
        for reason in ["", "   "] {
            assert_eq!(claim(&admin, &guest, 2, reason).await.expect(422, "invalid")["field"], "reason");
        }
        for shown in [0, 1, 3] {
            claim(&admin, &guest, shown, REASON).await.expect(409, "changed");
        }
        claim(&admin, &farm.newcomer(), 2, REASON).await.expect(404, "not_found");
        assert_eq!(claim(&admin, &guest, 2, REASON).await.ok()["projects"], 2);
        claim(&admin, &guest, 2, REASON).await.expect(404, "not_found");
        assert_eq!(escrow(&admin).await, []);
        let mut mine = projects(&admin).await;
        mine.sort();
        assert_eq!(mine, ["One", "Two"]);
        let seen = admin.in_project(&one, "").await.ok();
        assert_eq!((&seen["mine"], &seen["created_by"]["name"], &seen["claimed_from"]["name"]), (&json!(true), &json!("Ada Admin"), &json!("Gil Guest")));
        assert!(seen["claimed_at"].is_string(), "{seen}");
        let files = admin.in_project(&one, "/files").await.items();
        assert_eq!((&files[0]["id"], &files[0]["author"]["name"]), (&file["id"], &json!("Gil Guest")), "whose work it is stays");
        // One row of the journal, with which projects and why.
        let row = farm.rows("SELECT j.actor, j.person, j.data, t.body FROM journal j JOIN journal_text t ON t.org = j.org AND t.seq = j.seq \
            WHERE j.kind = 'escrow.claimed'", &[]).await.remove(0);
        assert_eq!((row.get::<Uuid>("actor").unwrap(), row.get::<Uuid>("person").unwrap()), (admin.id, guest.id));
        let data: Value = serde_json::from_str(&row.get::<String>("data").unwrap()).unwrap();
        assert!(data["projects"].as_array().unwrap().contains(&one["id"]) && row.get::<String>("body").unwrap().contains(REASON), "{data}");
        // Back again, they have nothing of it, and are told by whom and why.
        let link = admin.invite("guest").await;
        guest.accept(&link).await.done();
        assert_eq!(projects(&guest).await, [""; 0]);
        guest.in_project(&one, "").await.expect(404, "not_found");
        let notices = guest.get("/notices").await.ok();
        let told = &notices["items"][0];
        assert_eq!(told["sentence"], "Ada Admin claimed 2 private library projects of yours while you were not in the organization.");
        assert_eq!((&told["message"], &told["read"], &notices["unread"]), (&json!(REASON), &json!(false), &json!(1)), "{notices}");
        assert_eq!(farm.member().get("/notices").await.ok()["items"], json!([]));
        // What they had removed themselves is still theirs to bring back.
        guest.post(&format!("/projects/{}/restore", id(&removed)), json!({})).await.done();
        assert_eq!(projects(&guest).await, ["In the Trash"]);
    }

    async fn amb_41_a_claim_and_a_return_at_the_same_time_leave_each_project_with_one_of_them(farm) {
        let (admin, guest) = (farm.admin(), farm.guest());
        guest.new_project("One").await;
        for round in 0..4 {
            admin.remove_person(&guest).await.done();
            let (claimed, restored) = tokio::join!(claim(&admin, &guest, 1, REASON), admin.restore_person(&guest));
            restored.done();
            comes_in(farm, &guest).await;
            let (theirs, ours) = (projects(&guest).await, projects(&admin).await);
            if claimed.is_ok() {
                assert_eq!((theirs.len(), ours.len()), (0, round + 1), "{claimed}");
                guest.new_project("One").await;
            } else {
                claimed.expect(409, "came_back");
                assert_eq!((theirs.len(), ours.len()), (1, round), "{claimed}");
                break;
            }
        }
    }

    async fn acc_04_a_claim_is_heard_of_by_admins_and_by_nobody_else(farm) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        guest.new_project("One").await;
        admin.remove_person(&guest).await.done();
        let (mut members, mut admins) = (member.events().await, admin.events().await);
        claim(&admin, &guest, 1, REASON).await.done();
        admins.changes_until(|change| change["kind"] == "escrow.claimed" && change["people"] == true).await;
        assert_eq!(members.changes_within(Duration::from_millis(700)).await, Vec::<Value>::new());
    }
}
