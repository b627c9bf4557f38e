//! Print jobs and library projects: printing from one, the lock, asking to share, copying into one (LIB-02, APR-19 to APR-21,
//! CMP-01 to CMP-04, AMB-09, AMB-45, AMB-46).

#![expect(clippy::unwrap_used, reason = "a failed test says where")]

use testkit::{Actor, Farm, Method, Role, Uuid, Value, both_engines, gcode, json, params};

fn uuid(of: &Value) -> Uuid {
    of["id"].as_str().unwrap().parse().unwrap()
}

async fn bench(farm: &Farm) -> Uuid {
    let (printer, machine) = farm.bench("Bench 1").await;
    drop(machine); // nothing is dispatched in these tests
    printer
}

/// A project of this person with one print file, and a print job from it.
async fn printed(person: &Actor, printer: Uuid) -> (Value, Value, Value) {
    let project = person.new_project("Physics").await;
    let file = person.put_file(&project, "boat.gcode", &gcode("boat")).await;
    let job = person.print_file(&project, &file, printer).await.ok();
    (project, file, job)
}

async fn notices(person: &Actor) -> Vec<String> {
    person.get("/notices").await.items().iter().map(|n| n["kind"].as_str().unwrap().to_owned()).collect()
}

both_engines! {
    async fn lib_02_lib_10_cmp_04_a_print_from_a_project_is_the_persons_own_and_waits_like_any_other(farm) {
        let (member, guest) = (farm.member(), farm.guest());
        let printer = bench(farm).await;
        let project = member.new_project("Shared").await;
        member.share(&project, true, &[]).await.done();
        let file = member.put_file(&project, "boat.gcode", &gcode("boat")).await;
        let held = guest.print_file(&project, &file, printer).await.ok();
        assert_eq!((&held["status"], &held["mine"], &held["name"]), (&json!("needs_approval"), &json!(true), &json!("boat")));
        assert_eq!((&held["project"]["name"], &held["send_sha"]), (&json!("Shared"), &file["sha256"]));
        let own = member.print_file(&project, &file, printer).await.ok();
        assert_eq!(own["status"], "queued", "a Member's does not wait");
        assert_eq!(member.approve(&held).await.ok()["status"], "queued");
        // The project keeps the jobs made from it; a Guest sees their own (LIB-10).
        let listed = async |who: &Actor| who.in_project(&project, "/print-jobs").await.items().len();
        assert_eq!((listed(&member).await, listed(&guest).await), (2, 1));
        assert_eq!(guest.in_project(&project, "").await.ok()["jobs"], 1);
        // An older version, under a name and with a note.
        member.put_file(&project, "boat.gcode", &gcode("two")).await;
        let path = format!("/projects/{}/files/{}/print", uuid(&project), uuid(&file));
        let body = json!({ "printer": printer, "version": 1, "name": "First boat", "note": "For the fair" });
        let call = async || guest.call(testkit::Method::POST, &path).header("idempotency-key", "k").json(&body).send().await;
        let job = call().await.ok();
        assert_eq!((&job["name"], &job["note"], &job["send_sha"]), (&json!("First boat"), &json!("For the fair"), &file["sha256"]));
        assert_eq!(call().await.ok()["id"], job["id"], "the same key is the same print job");
        guest.post(&path, json!({ "printer": printer })).await.expect(422, "invalid");
    }

    async fn cmp_01_02_nobody_can_approve_from_a_private_project_until_it_is_shared_and_then_at_once(farm) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let printer = bench(farm).await;
        let team = farm.team("Mechatronics", &[&guest]).await;
        let (project, _, job) = printed(&guest, printer).await;
        for person in [&member, &admin] {
            let seen = person.job(&job).await.ok();
            assert_eq!((&seen["locked"], &seen["project"], &seen["thumbnail"]), (&json!(true), &Value::Null, &Value::Null));
            assert_eq!((&seen["facts"]["print_time_s"], &seen["facts"]["layers"]), (&json!(60), &Value::Null), "AMB-10");
            let no = person.why_not(&format!("/print-jobs/{}", uuid(&job)), "job.approve").await;
            assert_eq!((&no["ask"]["remedy"], &no["ask"]["people"][0]["name"]), (&json!("share_project"), &json!(guest.name)));
            let copy = person.copy_job(&job, &person.new_project("Mine").await).await;
            for answer in [person.approve(&job).await, person.reprint(&job).await, copy, person.look(&job, "file").await] {
                let refused = answer.expect(403, "denied");
                assert_eq!((&refused["failed"], &refused["who_can"]), (&json!("access"), &json!([guest.name])));
            }
        }
        let nobody = guest.look(&job, "approvers").await.ok();
        assert_eq!((&nobody["nobody"], &nobody["fix"]["teams"][0]["name"]), (&json!(true), &json!("Mechatronics")), "{nobody}");
        assert!(nobody["sentence"].as_str().unwrap().contains("Share it with a team"), "{nobody}");
        let mut events = admin.events().await;
        guest.share(&project, false, &[team]).await.done();
        assert_eq!(events.change().await["kind"], "project.shared", "the page that is open hears of it");
        let people = guest.look(&job, "approvers").await.ok();
        assert_eq!((people["people"].as_array().unwrap().len(), &people["people"][0]["name"]), (1, &json!(admin.name)));
        member.approve(&job).await.expect(403, "denied");
        assert_eq!(admin.approve(&admin.job(&job).await.ok()).await.ok()["status"], "queued", "without being sent again");
    }

    async fn cmp_03_a_guest_in_no_team_is_told_the_way_out(farm) {
        let (member, guest) = (farm.member(), farm.guest());
        let printer = bench(farm).await;
        let (project, _, job) = printed(&guest, printer).await;
        let told = guest.look(&job, "approvers").await.ok();
        let sentence = told["sentence"].as_str().unwrap();
        assert!(sentence.contains("put you in a team") && sentence.contains("outside of the project"), "{sentence}");
        assert_eq!((&told["fix"]["teams"], &told["fix"]["organization"]), (&json!([]), &json!(false)), "{told}");
        // An approver is told whom to ask, and is offered no fix of a project that they do not see.
        let other = member.look(&job, "approvers").await.ok();
        assert_eq!(other["fix"], Value::Null);
        assert!(other["sentence"].as_str().unwrap().contains(&guest.name), "{other}");
        // The way out works: in a team, shared, decidable.
        let team = farm.team("Mechatronics", &[&guest, &member]).await;
        guest.share(&project, false, &[team]).await.done();
        member.approve(&job).await.done();
    }

    async fn apr_20_one_click_asks_the_submitter_once_until_they_share(farm) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let printer = bench(farm).await;
        let (project, _, job) = printed(&guest, printer).await;
        let at = format!("/print-jobs/{}", uuid(&job));
        assert_eq!(member.why_not(&at, "job.reprint").await["ask"]["asked_at"], Value::Null);
        let first = member.ask_to_share(&job).await.ok();
        // The same share would open the file: asking for that is the same wish.
        for action in ["job.approve", "job.open_file", "job.reprint"] {
            let again = member.ask(&at, action).await.ok();
            assert_eq!(again["asked_at"], first["asked_at"], "{action}");
            assert_eq!(member.why_not(&at, action).await["ask"]["asked_at"], first["asked_at"]);
        }
        assert_eq!(notices(&guest).await, ["help.asked"], "one notice, however often they click");
        admin.ask_to_share(&job).await.done();
        assert_eq!(notices(&guest).await.len(), 2, "each person once");
        let asked = guest.look(&job, "approvers").await.ok();
        assert_eq!(asked["asked_by"].as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap()).collect::<Vec<_>>(),
            ["Mo Member", "Ada Admin"]);
        assert_eq!(member.look(&job, "approvers").await.ok()["asked_by"], json!([]), "who asked is for the submitter");
        guest.ask(&at, "job.open_file").await.expect(409, "nothing_to_ask");
        // Sharing answers; who is still locked out may ask again.
        let team = farm.team("Mechatronics", &[&guest]).await;
        guest.share(&project, false, &[team]).await.done();
        assert_eq!(member.why_not(&at, "job.approve").await["ask"]["asked_at"], Value::Null);
        admin.ask_to_share(&job).await.expect(409, "nothing_to_ask");
        member.ask_to_share(&job).await.done();
        assert_eq!(notices(&guest).await.len(), 3);
        // Others learn nothing.
        farm.stranger().ask_to_share(&job).await.expect(404, "not_found");
        farm.person("Gerd Guest", Role::Guest).await.ask_to_share(&job).await.expect(404, "not_found");
        // Nobody is left who created it; an Admin who sees it can share it.
        admin.remove_person(&guest).await.done();
        farm.exec("DELETE FROM help_request", params![]).await;
        let asked = member.ask_to_share(&job).await.ok();
        assert_eq!(asked["people"], json!([{ "id": admin.id, "name": admin.name }]));
    }

    async fn apr_20_the_locks_denials_leave_reject_and_send_back_alone(farm) {
        let (member, guest) = (farm.member(), farm.guest());
        let printer = bench(farm).await;
        let (_, _, one) = printed(&guest, printer).await;
        let (_, _, two) = printed(&guest, printer).await;
        assert_eq!(member.reject(&one, Some("No.")).await.ok()["status"], "rejected");
        assert_eq!(member.send_back(&two, "Smaller, please.").await.ok()["status"], "sent_back");
        // Version 2 stays in the project, and locked.
        let upload = guest.upload(&gcode("small"), "small.gcode").await;
        let again = guest.act(&two, "resubmit", json!({ "upload": upload })).await.ok();
        assert_eq!((&again["version"], &again["project"]["name"]), (&json!(2), &json!("Physics")));
        member.approve(&member.job(&two).await.ok()).await.expect(403, "denied");
    }

    async fn amb_10_a_locked_job_shows_name_submitter_printer_time_and_material_and_no_more(farm) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let printer = bench(farm).await;
        let project = guest.new_project("Physics").await;
        let file = guest.put_file(&project, "boat.gcode", &gcode("boat")).await;
        let path = format!("/projects/{}/files/{}/print", uuid(&project), uuid(&file));
        let body = json!({ "printer": printer, "name": "Boat", "note": "The keel is 2 mm." });
        let job = guest.call(Method::POST, &path).fresh_key().json(&body).send().await.ok();
        let own = guest.job(&job).await.ok();
        assert_eq!((&own["note"], &own["send_sha"]), (&json!("The keel is 2 mm."), &file["sha256"]), "{own}");
        assert!(own["size_bytes"].as_i64().unwrap() > 0 && own["project"]["name"] == "Physics", "{own}");
        let mut shown = Value::Null;
        for person in [&member, &admin] {
            let listed = person.tab("needs_approval").await.remove(0);
            shown = person.job(&job).await.ok();
            for seen in [&listed, &shown] {
                assert_eq!((&seen["name"], &seen["locked"]), (&json!("Boat"), &json!(true)), "{seen}");
                assert_eq!((&seen["submitter"]["name"], &seen["printer"]["id"]), (&json!(guest.name), &json!(printer)), "{seen}");
                assert_eq!((&seen["facts"]["print_time_s"], &seen["facts"]["filament_mm"]), (&json!(60), &json!(500.0)), "{seen}");
                for hidden in ["note", "thumbnail", "project", "message", "decision"] {
                    assert_eq!(seen[hidden], Value::Null, "{hidden} in {seen}");
                }
                assert_eq!((&seen["send_sha"], &seen["size_bytes"]), (&json!(""), &json!(0)), "{seen}");
                for hidden in ["slicer", "layers", "layer_height_mm", "size_mm", "target_machine"] {
                    assert_eq!(seen["facts"][hidden], Value::Null, "{hidden} in {seen}");
                }
                let text = seen.to_string();
                for hidden in ["keel", "Physics", file["sha256"].as_str().unwrap(), uuid(&project).to_string().as_str()] {
                    assert!(!text.contains(hidden), "{hidden} in {text}");
                }
            }
            // The lock answers, also to whoever gives back what they were shown.
            assert_eq!(person.approve(&shown).await.expect(403, "denied")["failed"], "access");
        }
        // What happened to it is told, what the submitter wrote is not: neither with it nor with its second version.
        member.send_back(&shown, "Smaller, please.").await.done();
        let again = guest.upload(&gcode("small"), "small.gcode").await;
        guest.act(&job, "resubmit", json!({ "upload": again, "note": "The keel is 1 mm." })).await.done();
        for (person, told) in [(&guest, true), (&member, false), (&admin, false)] {
            let line = person.look(&job, "timeline").await.ok();
            assert_eq!(line["items"].as_array().unwrap().len(), 3, "{line}");
            assert!(line.to_string().contains("Smaller, please."), "{line}");
            assert_eq!(line.to_string().matches("The keel is").count(), if told { 2 } else { 0 }, "{line}");
        }
        let own = guest.job(&job).await.ok();
        guest.share(&project, false, &[farm.team("Mechatronics", &[&guest, &member]).await]).await.done();
        let open = member.job(&job).await.ok();
        for key in ["note", "send_sha", "size_bytes"] {
            assert_eq!(open[key], own[key], "{key} in {open}");
        }
        member.approve(&shown).await.expect(409, "changed");
        member.approve(&open).await.done();
        // The record of an approval stays evidence when the project is closed again; of which bytes is not told.
        guest.share(&project, false, &[]).await.done();
        for (person, sha) in [(&guest, own["send_sha"].as_str().unwrap()), (&member, "")] {
            let record = person.look(&job, "record").await.ok();
            assert_eq!((&record["approved_by"], &record["sha256"]), (&json!(member.name), &json!(sha)), "{record}");
        }
    }

    async fn apr_21_who_can_approve_is_found_behind_two_hundred_who_cannot(farm) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let (printer, machine) = farm.bench("Bench 1").await;
        drop(machine);
        let team = farm.team("Mechatronics", &[&guest, &member]).await;
        admin.share_printer_with(printer, false, &[team]).await.done();
        let job = guest.send_job(printer, "boat").await;
        let uuid = match farm.engine() {
            testkit::Engine::Sqlite => "randomblob(16)",
            testkit::Engine::Postgres => "gen_random_uuid()",
        };
        for statement in [
            format!(
                "INSERT INTO account (id, email, email_key, name, name_key, password_hash, created_at) WITH RECURSIVE n (i) AS (SELECT 1 \
                 UNION ALL SELECT i + 1 FROM n WHERE i < 210) SELECT {uuid}, i || '@many.org', i || '@many.org', 'Aaa ' || i, 'aaa ' || i, \
                 'x', 0 FROM n"
            ),
            "INSERT INTO membership (org, account, role, created_at) SELECT o.id, a.id, 'member', 0 FROM account a, team t \
             JOIN organization o ON o.id = t.org WHERE a.email LIKE '%@many.org' AND t.name = 'Mechatronics'"
                .to_owned(),
        ] {
            farm.exec(statement.leak(), testkit::params![]).await;
        }
        let told = guest.look(&job, "approvers").await.ok();
        assert_eq!((&told["nobody"], told["people"].as_array().unwrap().len()), (&json!(false), 2), "{told}");
    }

    async fn apr_20_a_reprint_stays_in_its_project_and_opens_it_to_nobody(farm) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let printer = bench(farm).await;
        let (_, _, job) = printed(&guest, printer).await;
        let again = guest.reprint(&job).await.ok();
        assert_eq!((&again["status"], &again["project"]["name"]), (&json!("needs_approval"), &json!("Physics")), "{again}");
        for person in [&member, &admin] {
            assert_eq!(person.job(&again).await.ok()["locked"], true);
            person.approve(&again).await.expect(403, "denied");
            person.look(&again, "file").await.expect(403, "denied");
        }
    }

    async fn the_lock_of_a_job_follows_the_shares_also_when_its_project_is_in_the_trash(farm) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let printer = bench(farm).await;
        let team = farm.team("Mechatronics", &[&guest, &member]).await;
        let (shared, _, open) = printed(&guest, printer).await;
        let (private, _, closed) = printed(&guest, printer).await;
        guest.share(&shared, false, &[team]).await.done();
        for project in [&shared, &private] {
            guest.delete(&format!("/projects/{}", uuid(project))).await.done();
        }
        let told = guest.look(&closed, "approvers").await.ok();
        assert!(told["sentence"].as_str().unwrap().contains("Trash"), "{told}");
        member.approve(&closed).await.expect(403, "denied");
        let seen = member.job(&open).await.ok();
        assert_eq!((&seen["locked"], &seen["project"]), (&json!(false), &Value::Null), "the project itself is not there");
        member.approve(&open).await.done();
        admin.job(&closed).await.done();
    }

    async fn a_job_whose_project_was_lost_keeps_its_status_and_loses_its_file(farm) {
        let (member, guest) = (farm.member(), farm.guest());
        let printer = bench(farm).await;
        let project = member.new_project("Shared").await;
        member.share(&project, true, &[]).await.done();
        let file = member.put_file(&project, "boat.gcode", &gcode("boat")).await;
        let job = guest.print_file(&project, &file, printer).await.ok();
        member.share(&project, false, &[]).await.done();
        let seen = guest.job(&job).await.ok();
        assert_eq!((&seen["status"], &seen["locked"], &seen["project"]), (&json!("needs_approval"), &json!(true), &Value::Null));
        guest.look(&job, "file").await.expect(403, "denied");
        guest.reprint(&job).await.expect(403, "denied");
        // It is their own, so not they are asked but who created the project, at the project.
        let asked = guest.ask(&format!("/print-jobs/{}", uuid(&job)), "job.reprint").await.ok();
        assert_eq!(asked["people"], json!([{ "id": member.id, "name": member.name }]));
        let told = member.get("/notices").await.ok()["items"][0].clone();
        assert_eq!(told["place"], json!({ "kind": "project", "id": project["id"] }), "{told}");
        assert_eq!(told["job"], Value::Null, "{told}");
        assert!(told["sentence"].as_str().unwrap().contains("share the library project Shared"), "{told}");
        let told = guest.look(&job, "approvers").await.ok();
        assert_eq!(told["fix"], Value::Null);
        guest.act(&job, "withdraw", json!({})).await.done();
    }

    async fn apr_19_amb_45_46_a_job_is_copied_where_one_may_upload_and_stays_as_it_is(farm) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let other = farm.person("Gerd Guest", Role::Guest).await;
        let printer = bench(farm).await;
        let job = guest.send_job(printer, "boat").await;
        let shared = member.new_project("Shared").await;
        member.share(&shared, true, &[]).await.done();
        let effect = async |who: &Actor, project: &Value| {
            who.get(&format!("/print-jobs/{}/copy-to-project?project={}", uuid(&job), uuid(project))).await
        };
        let before = effect(&member, &shared).await.ok();
        assert_eq!((&before["gain"], &before["names"]), (&json!(1), &json!(["Gerd Guest"])), "{before}");
        let copy = member.copy_job(&job, &shared).await.ok();
        assert_eq!((&copy["author"]["name"], &copy["added_by"]["name"]), (&json!(guest.name), &json!(member.name)), "{copy}");
        assert_eq!((&copy["name"], &copy["copied"], &copy["sha256"]), (&json!("boat.gcode"), &json!(true), &job["send_sha"]));
        let after = admin.job(&job).await.ok();
        assert_eq!((&after["status"], &after["state_version"], &after["project"]), (&json!("needs_approval"), &job["state_version"], &Value::Null));
        assert_eq!(effect(&member, &shared).await.ok()["gain"], 1);
        let kinds: Vec<_> = guest.look(&job, "timeline").await.items().iter().map(|l| l["kind"].clone()).collect();
        assert!(kinds.contains(&json!("job.copied_to_project")), "the submitter sees it: {kinds:?}");
        // Twice is once.
        assert_eq!(member.copy_job(&job, &shared).await.ok()["version"], 1);
        // A class calls its files alike: nobody's becomes a version of another's, and one's own does.
        for (person, part, name, version) in
            [(&other, "one", "boat (2).gcode", 1), (&other, "two", "boat (2).gcode", 2), (&guest, "three", "boat.gcode", 2)]
        {
            let upload = person.upload(&gcode(part), "boat.gcode").await;
            let request = json!({ "upload": upload, "printer": printer, "name": part });
            let sent = person.submit(part, request).await.ok();
            let copy = member.copy_job(&sent, &shared).await.ok();
            assert_eq!((&copy["name"], &copy["version"], &copy["author"]["name"]), (&json!(name), &json!(version), &json!(person.name)));
        }
        // A Guest copies own jobs into own projects only (AMB-45).
        let own = guest.new_project("Own").await;
        let targets = async |who: &Actor| -> Vec<String> {
            let items = who.get("/projects?changeable=true").await.items();
            items.iter().map(|p| p["name"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!((targets(&guest).await, targets(&member).await), (vec!["Own".to_owned()], vec!["Shared".to_owned()]));
        guest.copy_job(&job, &own).await.done();
        assert_eq!(effect(&guest, &own).await.ok()["gain"], 0);
        guest.copy_job(&job, &shared).await.expect(403, "denied");
        effect(&guest, &shared).await.expect(403, "denied");
        member.copy_job(&job, &own).await.expect(404, "not_found");
        effect(&member, &own).await.expect(404, "not_found");
        other.copy_job(&job, &other.new_project("Mine").await).await.expect(404, "not_found");
        // Who opens a locked job by a copy? Nobody.
        let (_, _, locked) = printed(&guest, printer).await;
        member.copy_job(&locked, &shared).await.expect(403, "denied");
    }

    async fn print_requests_and_unsharing_at_the_same_time_have_an_order(farm) {
        let (member, guest) = (farm.member(), farm.guest());
        let printer = bench(farm).await;
        for round in 0..4 {
            let project = member.new_project("Shared").await;
            member.share(&project, true, &[]).await.done();
            let file = member.put_file(&project, "boat.gcode", &gcode(&round.to_string())).await;
            let (job, unshared) = tokio::join!(guest.print_file(&project, &file, printer), member.share(&project, false, &[]));
            unshared.done();
            assert!(job.is_ok() || job.code() == "not_found", "{job}");
        }
    }
}
