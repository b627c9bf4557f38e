//! Which print jobs wait for approval, who may decide, and what everybody sees meanwhile (APR-01 to APR-21).

#![expect(clippy::unwrap_used, reason = "a failed test says where")]

use std::time::Duration;

use testkit::{Actor, Farm, Plan, Role, Setup, Uuid, Value, both_engines, json, params};

async fn status(person: &Actor, job: &Value) -> String {
    person.job(job).await.ok()["status"].as_str().unwrap().to_owned()
}

/// Who is in a tab, by name.
async fn names(person: &Actor, tab: &str) -> Vec<String> {
    person.tab(tab).await.iter().map(|job| job["name"].as_str().unwrap().to_owned()).collect()
}

async fn bench(farm: &Farm) -> Uuid {
    let (printer, machine) = farm.bench("Bench 1").await;
    drop(machine); // nothing is dispatched in these tests
    printer
}

both_engines! {
    async fn apr_05_06_only_admins_switch_approval_and_only_at_the_version_they_saw(farm, Setup::new().approval_off()) {
        let admin = farm.admin();
        for person in [farm.member(), farm.guest()] {
            let shown = person.get("/settings").await.ok();
            assert_eq!(shown["actions"]["approval"]["allowed"], false, "{shown}");
            let refused = person.settings(json!({ "approval_on": true })).await.expect(403, "denied");
            assert_eq!(refused["failed"], "role");
            person.settings(json!({ "undo_window_s": 0, "reject_reason_required": true })).await.expect(403, "denied");
            person.get("/settings/effect?approval_on=true").await.expect(403, "denied");
        }
        let shown = admin.get("/settings").await.ok();
        // The effect is stated before saving, and changes nothing.
        let effect = admin.get("/settings/effect?approval_on=true").await.ok();
        assert_eq!(effect["guests"], 1, "{effect}");
        assert_eq!(admin.get("/settings").await.ok(), shown, "a draft is not saved");
        let save = |version: &Value, on: bool| admin.put("/settings", json!({ "version": version, "approval_on": on }));
        let saved = save(&shown["version"], true).await.ok();
        assert_eq!(saved["approval_on"], true);
        save(&shown["version"], false).await.expect(409, "changed");
        // Also somebody who changes nothing learns that it has changed.
        save(&shown["version"], true).await.expect(409, "changed");
        assert_eq!(admin.get("/settings").await.ok(), saved);
        // All or nothing: a bad window does not save the toggle.
        let both = json!({ "version": saved["version"], "approval_on": false, "undo_window_s": 61 });
        admin.put("/settings", both).await.expect(422, "undo_window");
        assert_eq!(admin.get("/settings").await.ok(), saved);
        // Two Admins save at once: one of them is told.
        let other = farm.person("Olga Other", Role::Admin).await;
        let body = json!({ "version": saved["version"], "approval_on": false });
        let (one, two) = tokio::join!(admin.put("/settings", body.clone()), other.put("/settings", body));
        assert_eq!(usize::from(one.is_ok()) + usize::from(two.is_ok()), 1, "{one} {two}");
        farm.stranger().settings(json!({ "approval_on": false })).await.done();
        assert_eq!(farm.guest().get("/session").await.ok()["approval_on"], false);
    }

    async fn pln_02_there_is_no_approval_on_essentials(farm, Setup::new().approval_off()) {
        farm.set_plan(Plan::Essentials).await;
        let shown = farm.admin().get("/settings").await.ok();
        assert_eq!(shown["approval_available"], false, "{shown}");
        let refused = farm.admin().settings(json!({ "approval_on": true })).await.expect(403, "denied");
        assert_eq!(refused["failed"], "plan");
        assert_eq!(farm.admin().get("/settings").await.ok()["approval_on"], false);
    }

    async fn apr_07_08_amb_16_17_the_gate_is_decided_once_when_the_request_is_received(farm, Setup::new().approval_off()) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let printer = bench(farm).await;
        let before = guest.send_job(printer, "before").await;
        assert_eq!(before["status"], "queued");
        admin.settings(json!({ "approval_on": true })).await.done();
        let after = guest.send_job(printer, "after").await;
        assert_eq!((&after["status"], &after["needed_approval"]), (&json!("needs_approval"), &json!(true)));
        for other in [&member, &admin] {
            let job = other.send_job(printer, &other.name).await;
            assert_eq!((&job["status"], &job["needed_approval"]), (&json!("queued"), &json!(false)), "{job}");
        }
        assert_eq!(status(&guest, &before).await, "queued", "jobs already in a queue are not touched");
        admin.settings(json!({ "approval_on": false })).await.done();
        assert_eq!(status(&guest, &after).await, "needs_approval", "only a decision releases it");
        assert_eq!(guest.send_job(printer, "free again").await["status"], "queued");
        // What counts is the print request, not the upload.
        let upload = guest.upload(&testkit::gcode("early"), "early.gcode").await;
        admin.settings(json!({ "approval_on": true })).await.done();
        let late = guest.submit("early", json!({ "upload": upload, "printer": printer })).await.ok();
        assert_eq!((&late["status"], &late["name"]), (&json!("needs_approval"), &json!("early")));
        member.approve(&after).await.done();
        assert_eq!(status(&guest, &after).await, "queued");
    }

    async fn apr_07_a_request_and_a_switch_at_the_same_time_have_an_order(farm) {
        let (admin, guest) = (farm.admin(), farm.guest());
        let printer = bench(farm).await;
        let mut on_at = vec![(admin.get("/settings").await.ok()["version"].as_i64().unwrap(), true)];
        for round in 0..8 {
            let on = round % 2 == 1;
            let upload = guest.upload(&testkit::gcode(&round.to_string()), "part.gcode").await;
            let key = format!("race {round}");
            let request = json!({ "upload": upload, "printer": printer });
            let (job, saved) = tokio::join!(guest.submit(&key, request), admin.settings(json!({ "approval_on": on })));
            job.done();
            on_at.push((saved.ok()["version"].as_i64().unwrap(), on));
        }
        let jobs = farm.rows("SELECT gate_required, gate_settings_version AS version, state FROM print_job", params![]).await;
        assert_eq!(jobs.len(), 8);
        for job in jobs {
            let (gate, version): (bool, i64) = (job.get("gate_required").unwrap(), job.get("version").unwrap());
            let on = on_at.iter().find(|(at, _)| *at == version).unwrap().1;
            assert_eq!(gate, on, "the gate of version {version}");
            assert_eq!(job.get::<String>("state").unwrap() == "held", on);
        }
    }

    async fn amb_18_19_roles_that_change_later_do_not_release_or_hold(farm) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let printer = bench(farm).await;
        let held = guest.send_job(printer, "held").await;
        let queued = member.send_job(printer, "queued").await;
        admin.change_role(&guest, "member").await.done();
        assert_eq!(status(&guest, &held).await, "needs_approval");
        admin.change_role(&member, "guest").await.done();
        assert_eq!(status(&member, &queued).await, "queued");
        assert_eq!(member.send_job(printer, "later").await["status"], "needs_approval");
        // The new Member may approve their own, unless the organization forbids that.
        admin.settings(json!({ "forbid_self_approval": true })).await.done();
        let refused = guest.approve(&held).await.expect(403, "denied");
        assert!(refused["detail"].as_str().unwrap().contains("own print job"), "{refused}");
        let people = guest.look(&held, "approvers").await.ok();
        assert_eq!(people["people"].as_array().unwrap().len(), 1, "{people}");
        admin.settings(json!({ "forbid_self_approval": false })).await.done();
        guest.approve(&held).await.done();
        assert_eq!(status(&guest, &held).await, "queued");
    }

    async fn apr_09_10_apr_12_a_guest_sees_their_own_job_and_decides_nothing(farm) {
        let (guest, other) = (farm.guest(), farm.person("Gerd Guest", Role::Guest).await);
        let printer = bench(farm).await;
        let job = guest.send_job(printer, "boat").await;
        assert_eq!(names(&guest, "needs_approval").await, ["boat"]);
        let mine = guest.job(&job).await.ok();
        for verb in ["approve", "reject", "send_back", "reroute", "take_back"] {
            let shown = &mine["actions"][verb];
            assert!(shown.is_null() || shown["allowed"] == false, "{verb}: {shown}");
        }
        let refused = guest.approve(&job).await.expect(403, "denied");
        assert_eq!((&refused["failed"], &refused["who_can"]), (&json!("role"), &json!(["a Member", "an Admin"])));
        guest.reject(&job, None).await.expect(403, "denied");
        guest.send_back(&job, "please").await.expect(403, "denied");
        guest.reroute(&job, printer).await.expect(403, "denied");
        guest.take_back(&job).await.expect(403, "denied");
        for verb in ["undo-send-back", "pause", "resume"] {
            guest.act(&job, verb, json!({})).await.expect(403, "denied");
        }
        guest.act(&job, "move", json!({ "direction": "up" })).await.expect(403, "denied");
        let resolve = json!({ "outcome": "printed", "plate_is_clear": true });
        guest.act(&job, "resolve", resolve).await.expect(403, "denied");
        // Others' jobs do not exist for a Guest.
        other.job(&job).await.expect(404, "not_found");
        other.approve(&job).await.expect(404, "not_found");
        other.act(&job, "withdraw", json!({})).await.expect(404, "not_found");
        assert_eq!(names(&other, "needs_approval").await, [""; 0]);
        assert_eq!(status(&farm.member(), &job).await, "needs_approval");
    }

    async fn apr_13_14_approval_sends_it_to_the_printer_that_was_chosen(farm) {
        let (member, guest) = (farm.member(), farm.guest());
        let (first, _one) = farm.bench("Bench 1").await;
        let (second, _two) = farm.bench("Bench 2").await;
        let job = guest.send_job(second, "boat").await;
        guest.send_job(first, "cube").await;
        assert_eq!(names(&member, "needs_approval").await, ["boat", "cube"]);
        assert_eq!(names(&member, "queue").await, [""; 0]);
        let found = member.get("/print-jobs?tab=needs_approval&q=BOA").await.items();
        assert_eq!((found.len(), &found[0]["id"]), (1, &job["id"]));
        assert_eq!(member.get("/print-jobs?tab=needs_approval&q=Gil").await.items().len(), 2);
        let approved = member.approve(&job).await.ok();
        assert_eq!((&approved["status"], &approved["printer"]["id"]), (&json!("queued"), &json!(second)));
        assert_eq!((&approved["decision"]["kind"], &approved["decision"]["by"]["name"]), (&json!("approved"), &json!(member.name)));
        assert_eq!(names(&member, "queue").await, ["boat"]);
        for (printer, length) in [(first, 0), (second, 1)] {
            assert_eq!(member.get(&format!("/printers/{printer}/queue")).await.items().len(), length);
            assert_eq!(member.printer(printer).await.ok()["queue_length"], length);
        }
        let record = guest.look(&job, "record").await.ok();
        assert_eq!((&record["kind"], &record["approved_by"]), (&json!("approval"), &json!(member.name)));
        assert_eq!((&record["sha256"], &record["printer"]), (&job["send_sha"], &json!("Bench 2")));
    }

    async fn apr_03_apr_11_nothing_reaches_the_printer_before_approval(farm) {
        let (printer, machine) = farm.bench("Bench 1").await;
        let _dispatching = farm.dispatch();
        let job = farm.guest().send_job(printer, "boat").await;
        tokio::time::sleep(Duration::from_millis(700)).await;
        assert!(machine.ledger().is_empty() && machine.state().files.is_empty(), "{:?}", machine.state());
        let approved = farm.member().approve(&job).await.ok();
        farm.guest().wait_status(&job, "finished").await;
        let ledger = machine.ledger();
        assert_eq!(ledger.len(), 1);
        assert_eq!(approved["send_sha"], ledger[0].sha256, "exactly the approved bytes");
    }

    async fn apr_15_amb_23_24_25_a_rejected_job_goes_straight_to_history_for_good(farm) {
        let (member, guest) = (farm.member(), farm.guest());
        let printer = bench(farm).await;
        let job = guest.send_job(printer, "boat").await;
        let rejected = member.reject(&job, Some("  Too tall for this printer.  ")).await.ok();
        assert_eq!(rejected["status"], "rejected");
        assert_eq!(names(&guest, "history").await, ["boat"]);
        assert_eq!(names(&guest, "needs_approval").await, [""; 0]);
        let seen = guest.job(&job).await.ok();
        assert_eq!((&seen["message"], &seen["decision"]["by"]["name"]), (&json!("Too tall for this printer."), &json!(member.name)));
        let told = guest.get("/notices").await.ok();
        assert_eq!((&told["unread"], &told["items"][0]["kind"]), (&json!(1), &json!("job.rejected")), "{told}");
        let too_late = farm.admin().approve(&job).await.expect(409, "already_decided");
        assert_eq!((&too_late["decision"], &too_late["decided_by"]), (&json!("rejected"), &json!(member.name)));
        farm.admin().reject(&job, None).await.expect(409, "already_decided");
        for verb in ["withdraw", "take-back", "undo-send-back", "abort"] {
            let answer = member.act(&job, verb, json!({})).await;
            assert_eq!(answer.status, 409, "{answer}");
        }
        assert_eq!(status(&guest, &job).await, "rejected");
        // The reason is optional, unless the organization wants one.
        farm.admin().settings(json!({ "reject_reason_required": true })).await.done();
        let job = guest.send_job(printer, "cube").await;
        member.reject(&job, None).await.expect(422, "reason_needed");
        member.reject(&job, Some("   ")).await.expect(422, "reason_needed");
        member.reject(&job, Some(&"x".repeat(2001))).await.expect(422, "invalid");
        member.reject(&job, Some("No.")).await.done();
    }

    async fn apr_16_17_18_cmp_04_05_amb_20_21_a_reprint_by_an_approver_is_theirs_and_the_original_stays(farm) {
        let (member, guest) = (farm.member(), farm.guest());
        let printer = bench(farm).await;
        for (name, approve) in [("boat", true), ("cube", false)] {
            let job = guest.send_job(printer, name).await;
            let copy = member.reprint(&job).await.ok();
            assert_eq!((&copy["status"], &copy["mine"]), (&json!("queued"), &json!(true)), "{copy}");
            assert_eq!((&copy["submitter"]["name"], &copy["reprint_of"]["id"]), (&json!(member.name), &job["id"]));
            assert_eq!(copy["send_sha"], job["send_sha"]);
            let original = member.job(&job).await.ok();
            assert_eq!((&original["status"], &original["submitter"]["name"]), (&json!("needs_approval"), &json!(guest.name)));
            // CMP-05: the Guest hears nothing of the copy and cannot touch it.
            guest.job(&copy).await.expect(404, "not_found");
            guest.act(&copy, "withdraw", json!({})).await.expect(404, "not_found");
            if approve {
                assert_eq!(member.approve(&job).await.ok()["status"], "queued");
            } else {
                assert_eq!(member.reject(&job, None).await.ok()["status"], "rejected");
            }
        }
        let kinds: Vec<Value> = guest.get("/notices").await.items().iter().map(|n| n["kind"].clone()).collect();
        assert_eq!(kinds, ["job.rejected", "job.approved"]);
        // CMP-04, AMB-21: a Guest's reprint needs approval again.
        let job = guest.tab("history").await.remove(0);
        let again = guest.reprint(&job).await.ok();
        assert_eq!((&again["status"], &again["mine"]), (&json!("needs_approval"), &json!(true)));
        // On a printer that is not theirs any more it has to be another one.
        farm.admin().share_printer(printer, false).await;
        let refused = guest.reprint(&job).await.expect(409, "printer_unavailable");
        assert!(refused["detail"].as_str().unwrap().ends_with("Choose another printer."), "{refused}");
    }

    async fn apr_20_cmp_01_02_a_job_of_a_private_project_is_listed_but_not_approvable(farm) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let printer = bench(farm).await;
        let job = guest.send_job(printer, "boat").await;
        let project = farm.project(&guest, "Physics").await;
        farm.from_project(&job, project).await;
        for person in [&member, &admin] {
            assert_eq!(names(person, "needs_approval").await, ["boat"]);
            let seen = person.job(&job).await.ok();
            assert_eq!((&seen["locked"], &seen["thumbnail"]), (&json!(true), &Value::Null));
            // Time and material are for planning; what is in the file is not for their eyes.
            let facts = &seen["facts"];
            assert_eq!((&facts["print_time_s"], &facts["filament_mm"]), (&json!(60), &json!(500.0)), "{facts}");
            for hidden in ["slicer", "layers", "layer_height_mm", "size_mm", "target_machine"] {
                assert_eq!(facts[hidden], Value::Null, "{facts}");
            }
            assert_eq!(seen["actions"]["approve"]["allowed"], false, "{seen}");
            for answer in [
                person.approve(&job).await,
                person.reprint(&job).await,
                person.reroute(&job, printer).await,
                person.look(&job, "file").await,
                person.look(&job, "thumbnail").await,
            ] {
                let refused = answer.expect(403, "denied");
                assert_eq!((&refused["failed"], &refused["who_can"]), (&json!("access"), &json!([guest.name])), "{answer}");
                assert!(refused["detail"].as_str().unwrap().contains("library project"), "{refused}");
            }
        }
        // CMP-02: shared with any team, an Admin can; a Member only if in that team.
        let team = farm.team("Team", &[&guest]).await;
        farm.share_project(project, team).await;
        member.approve(&job).await.expect(403, "denied");
        let seen = admin.job(&job).await.ok();
        assert_eq!((&seen["locked"], &seen["actions"]["approve"]["allowed"]), (&json!(false), &json!(true)), "{seen}");
        farm.share_project(project, farm.org()).await;
        assert_eq!(member.approve(&job).await.ok()["status"], "queued", "without being sent again");
        // Reject and send back read no file.
        let private = farm.project(&guest, "Chemistry").await;
        for name in ["reject", "send back"] {
            let job = guest.send_job(printer, name).await;
            farm.from_project(&job, private).await;
            let answer = if name == "reject" { member.reject(&job, None).await } else { member.send_back(&job, "Why?").await };
            answer.done();
        }
    }

    async fn apr_21_the_submitter_sees_who_can_approve(farm) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let printer = bench(farm).await;
        let job = guest.send_job(printer, "boat").await;
        let ask = || async { guest.look(&job, "approvers").await.ok() };
        let names = |people: &Value| -> Vec<String> {
            let mut names: Vec<_> =
                people["people"].as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap().to_owned()).collect();
            names.sort();
            names
        };
        assert_eq!(names(&ask().await), [&*admin.name, &*member.name]);
        admin.share_printer(printer, false).await;
        assert_eq!(names(&ask().await), [&*admin.name], "the printer is not shared with the Member any more");
        admin.share_printer(printer, true).await;
        let project = farm.project(&guest, "Physics").await;
        farm.from_project(&job, project).await;
        let nobody = ask().await;
        assert_eq!((&nobody["nobody"], &nobody["people"]), (&json!(true), &json!([])));
        assert!(nobody["sentence"].as_str().unwrap().contains("not shared"), "{nobody}");
        let team = farm.team("Team", &[&guest, &member]).await;
        farm.share_project(project, team).await;
        assert_eq!(names(&ask().await), [&*admin.name, &*member.name]);
    }

    async fn amb_38_a_downgrade_freezes_guests_and_keeps_their_jobs_decidable(farm) {
        let (member, guest) = (farm.member(), farm.guest());
        let printer = bench(farm).await;
        let (held, back) = (guest.send_job(printer, "held").await, guest.send_job(printer, "back").await);
        let away = guest.send_job(printer, "away").await;
        member.send_back(&back, "Smaller, please.").await.done();
        let upload = guest.upload(&testkit::gcode("late"), "late.gcode").await;
        farm.set_plan(Plan::Essentials).await;
        assert_eq!(guest.get("/session").await.ok()["organization"]["frozen"], true);
        for answer in [
            guest.submit("frozen", json!({ "upload": upload, "printer": printer })).await,
            guest.reprint(&held).await,
            guest.act(&back, "resubmit", json!({ "upload": upload })).await,
            guest.post("/uploads", json!({ "name": "a.gcode", "size": 10 })).await,
        ] {
            assert_eq!(answer.expect(403, "denied")["failed"], "plan", "{answer}");
        }
        guest.act(&away, "withdraw", json!({})).await.done();
        member.reject(&back, None).await.done();
        assert_eq!(member.approve(&held).await.ok()["status"], "queued");
    }
}
