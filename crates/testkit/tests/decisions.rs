//! Decisions as they meet each other: two at once, undone, sent back, in bulk, refused by the printer, asked twice.

#![expect(clippy::unwrap_used, reason = "a failed test says where")]

use std::time::Duration;

use testkit::{Actor, Engine, Farm, Method, Role, Setup, Uuid, Value, both_engines, gcode, json, params};

async fn status(person: &Actor, job: &Value) -> String {
    person.job(job).await.ok()["status"].as_str().unwrap().to_owned()
}

async fn bench(farm: &Farm) -> Uuid {
    let (printer, machine) = farm.bench("Bench 1").await;
    drop(machine); // nothing is dispatched unless a test says so
    printer
}

both_engines! {
    async fn amb_27_of_two_approvers_at_once_the_first_wins_and_the_other_is_told(farm) {
        let printer = bench(farm).await;
        let (one, two) = (farm.member(), farm.admin());
        let two = if farm.engine() == Engine::Postgres {
            let second = farm.second_server().await;
            let far = two.at(&second);
            far.get("/session").await.done();
            Box::leak(Box::new(second)); // it serves as long as the test
            far
        } else {
            two
        };
        for round in 0..6 {
            let job = farm.guest().send_job(printer, &format!("part {round}")).await;
            let (first, second) = tokio::join!(one.approve(&job), async {
                if round % 2 == 0 { two.approve(&job).await } else { two.reject(&job, None).await }
            });
            assert_eq!(usize::from(first.is_ok()) + usize::from(second.is_ok()), 1, "{first} {second}");
            let (winner, loser) = if first.is_ok() { (&one, second) } else { (&two, first) };
            let told = loser.expect(409, "already_decided");
            assert_eq!(told["decided_by"], winner.name, "{told}");
            assert!(told["decided_at"].as_str().is_some_and(|at| at.ends_with('Z')), "{told}");
            let now = one.job(&job).await.ok();
            assert_eq!(told["decision"], now["decision"]["kind"], "{told}");
        }
        let once = "SELECT COUNT(*) AS n FROM journal WHERE kind IN ('job.approved', 'job.rejected')";
        assert_eq!(farm.number(once, params![]).await, 6);
    }

    async fn an_approval_is_for_exactly_what_was_shown(farm) {
        let (member, guest) = (farm.member(), farm.guest());
        let printer = bench(farm).await;
        let job = guest.send_job(printer, "boat").await;
        for (version, sha) in [(2, job["send_sha"].clone()), (0, job["send_sha"].clone()), (1, json!("0".repeat(64)))] {
            member.act(&job, "approve", json!({ "version": version, "send_sha": sha })).await.expect(409, "changed");
        }
        member.act(&job, "approve", json!({ "version": 1, "send_sha": "abc" })).await.expect(422, "invalid");
        // Moved to another printer meanwhile, it is not approved unseen.
        let (other, _machine) = farm.bench("Bench 2").await;
        let shown = json!({ "version": 1, "send_sha": job["send_sha"], "printer": printer });
        farm.admin().reroute(&job, other).await.done();
        member.act(&job, "approve", shown.clone()).await.expect(409, "changed");
        let item = json!({ "id": job["id"], "version": 1, "send_sha": job["send_sha"], "printer": printer });
        let bulk = member.post("/print-jobs/approve", json!({ "items": [item] })).await.ok();
        assert_eq!(bulk["results"][0]["problem"]["code"], "changed", "{bulk}");
        assert_eq!(status(&guest, &job).await, "needs_approval");
        farm.admin().reroute(&job, printer).await.done();
        member.act(&job, "approve", shown).await.done();
    }

    async fn sent_back_and_sent_again_it_is_version_2_of_the_same_request(farm, Setup::new().fake_clock()) {
        let (member, guest) = (farm.member(), farm.guest());
        let printer = bench(farm).await;
        let job = guest.send_job(printer, "boat").await;
        member.send_back(&job, "   ").await.expect(422, "invalid");
        farm.clock().advance(Duration::from_secs(60));
        let back = member.send_back(&job, "With a brim, please.").await.ok();
        assert_eq!((&back["status"], &back["message"]), (&json!("sent_back"), &json!("With a brim, please.")));
        assert_eq!(guest.get("/notices").await.items()[0]["message"], "With a brim, please.");
        assert_eq!(back["waiting_since"], job["waiting_since"], "it keeps its place");
        member.approve(&job).await.expect(409, "already_decided");
        let upload = guest.upload(&gcode("with a brim"), "boat-2.gcode").await;
        member.act(&job, "resubmit", json!({ "upload": upload })).await.expect(403, "denied");
        farm.stranger().act(&job, "resubmit", json!({ "upload": upload })).await.expect(404, "not_found");
        let theirs = member.upload(&gcode("not yours"), "other.gcode").await;
        guest.act(&job, "resubmit", json!({ "upload": theirs })).await.expect(404, "not_found");
        // Held again whatever the toggle is by then: the gate is not asked twice.
        farm.admin().settings(json!({ "approval_on": false })).await.done();
        let second = guest.act(&job, "resubmit", json!({ "upload": upload, "note": "Now with a brim." })).await.ok();
        assert_eq!((&second["status"], &second["version"]), (&json!("needs_approval"), &json!(2)));
        assert_eq!((&second["number"], &second["waiting_since"]), (&job["number"], &job["waiting_since"]));
        assert_ne!(second["send_sha"], job["send_sha"]);
        guest.act(&job, "resubmit", json!({ "upload": upload })).await.expect(409, "wrong_state");
        member.approve(&job).await.expect(409, "changed");
        member.approve(&second).await.done();
        let record = guest.look(&job, "record").await.ok();
        assert_eq!(record["sha256"], second["send_sha"]);
    }

    async fn a_sending_back_can_be_taken_back(farm) {
        let (member, guest) = (farm.member(), farm.guest());
        let printer = bench(farm).await;
        let job = guest.send_job(printer, "boat").await;
        member.act(&job, "undo-send-back", json!({})).await.expect(409, "wrong_state");
        member.send_back(&job, "Why?").await.done();
        let again = member.act(&job, "undo-send-back", json!({})).await.ok();
        assert_eq!((&again["status"], &again["version"]), (&json!("needs_approval"), &json!(1)));
        assert_eq!((&again["decision"], &again["message"]), (&Value::Null, &Value::Null), "nothing is decided any more");
        let told = guest.get("/notices").await.items().remove(0);
        assert_eq!(told["kind"], "job.send_back_undone", "who was asked for a new version hears that none is wanted");
        member.approve(&job).await.done();
    }

    async fn an_approval_can_be_taken_back_in_the_undo_window(farm, Setup::new().fake_clock()) {
        let (member, guest) = (farm.member(), farm.guest());
        let (printer, machine) = farm.bench("Bench 1").await;
        let dispatching = farm.dispatch();
        let job = guest.send_job(printer, "boat").await;
        let approved = member.approve(&job).await.ok();
        assert!(approved["undo_until"].is_string(), "{approved}");
        assert_eq!(approved["reason"]["code"], "undo_window");
        tokio::time::sleep(Duration::from_millis(400)).await;
        farm.clock().advance(Duration::from_secs(9));
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(machine.ledger().is_empty() && machine.state().files.is_empty(), "nothing moves in the window");
        guest.take_back(&job).await.expect(403, "denied");
        // Another approver may take it back, too.
        let held = farm.admin().take_back(&job).await.ok();
        assert_eq!((&held["status"], &held["decision"]["kind"]), (&json!("needs_approval"), &json!("taken_back")));
        assert_eq!(held["undo_until"], Value::Null);
        assert_eq!(held["waiting_since"], job["waiting_since"], "an approval that was taken back was no answer");
        guest.look(&job, "record").await.expect(404, "not_found");
        farm.admin().take_back(&job).await.expect(409, "wrong_state");
        farm.clock().advance(Duration::from_secs(60));
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(machine.ledger().is_empty(), "an approval that was taken back prints nothing");
        // The next approval opens a window of its own; after it, the printer gets the job.
        member.approve(&job).await.done();
        farm.clock().advance(Duration::from_secs(10));
        let printing = guest.wait_status(&job, "printing").await;
        assert_eq!((&printing["undo_until"], machine.ledger().len()), (&Value::Null, 1));
        member.take_back(&job).await.expect(409, "wrong_state");
        assert_eq!(status(&guest, &job).await, "printing");
        dispatching.stop().await;
    }

    async fn a_job_that_never_needed_approval_has_none_to_take_back(farm) {
        let printer = bench(farm).await;
        let job = farm.member().send_job(printer, "boat").await;
        farm.admin().take_back(&job).await.expect(409, "never_needed_approval");
        farm.admin().approve(&job).await.expect(409, "wrong_state");
        assert_eq!(status(&farm.member(), &job).await, "queued");
    }

    async fn amb_29_42_approve_says_why_the_printer_cannot_take_it_and_a_reroute_helps(farm) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let printer = bench(farm).await;
        let (other, _machine) = farm.bench("Bench 2").await;
        let path = format!("/printers/{printer}");
        let mut jobs = Vec::new();
        for (name, reason) in [("off", "printer_disabled"), ("removed", "printer_removed"), ("unshared", "printer_unshared")] {
            let job = guest.send_job(printer, name).await;
            match name {
                "off" => admin.patch(&path, json!({ "enabled": false })).await.done(),
                "removed" => admin.delete(&path).await.done(),
                _ => admin.share_printer(printer, false).await,
            }
            let seen = admin.job(&job).await.ok();
            assert_eq!((&seen["status"], &seen["reason"]["code"]), (&json!("needs_approval"), &json!(reason)));
            assert_eq!((&seen["actions"]["approve"]["allowed"], &seen["actions"]["approve"]["failed"]), (&json!(false), &json!("state")));
            let refused = admin.approve(&job).await.expect(409, "printer_unavailable");
            assert_eq!(refused["reason"], reason, "{refused}");
            assert!(refused["detail"].as_str().unwrap().contains("Bench 1"), "{refused}");
            match name {
                "off" => admin.patch(&path, json!({ "enabled": true })).await.done(),
                "removed" => admin.post(&format!("{path}/restore"), json!({})).await.done(),
                _ => {}
            }
            jobs.push(job);
        }
        // On again and restored: the marks are gone. Unshared from the Guest: an explicit reroute helps.
        assert_eq!(admin.job(&jobs[0]).await.ok()["reason"]["code"], "printer_unshared");
        admin.share_printer(printer, true).await;
        member.approve(&jobs[0]).await.done();
        admin.share_printer(printer, false).await;
        // The Member does not reach the printer any more, so the job is not there for them either (AMB-07).
        member.approve(&jobs[1]).await.expect(404, "not_found");
        admin.reroute(&jobs[1], Uuid::new_v4()).await.expect(404, "not_found");
        let moved = admin.reroute(&jobs[1], other).await.ok();
        assert_eq!((&moved["status"], &moved["printer"]["id"], &moved["reason"]), (&json!("needs_approval"), &json!(other), &Value::Null));
        assert_eq!(member.approve(&jobs[1]).await.ok()["printer"]["name"], "Bench 2");
        // To a printer that cannot take jobs nothing is moved.
        admin.patch(&path, json!({ "enabled": false })).await.done();
        assert_eq!(admin.reroute(&jobs[1], printer).await.expect(409, "printer_unavailable")["reason"], "printer_disabled");
        // After a reroute by an approver it may stand on any printer that the approver can access.
        admin.patch(&path, json!({ "enabled": true })).await.done();
        admin.reroute(&jobs[2], other).await.done();
        admin.reroute(&jobs[2], printer).await.done();
        admin.approve(&jobs[2]).await.done();
        assert_eq!(guest.job(&jobs[2]).await.ok()["status"], "queued", "AMB-35: the owner still sees it");
        guest.send_job(other, "still").await;
        let gone = guest.try_send_job(printer, "gone").await;
        gone.expect(404, "not_found");
    }

    async fn several_are_approved_each_for_itself(farm) {
        let (member, guest) = (farm.member(), farm.guest());
        let printer = bench(farm).await;
        let private = farm.project(&guest, "Physics").await;
        let mut items = Vec::new();
        let mut jobs = Vec::new();
        for name in ["good", "locked", "decided", "changed", "good too"] {
            let job = guest.send_job(printer, name).await;
            match name {
                "locked" => farm.from_project(&job, private).await,
                "decided" => farm.admin().reject(&job, None).await.done(),
                _ => {}
            }
            let version = if name == "changed" { 7 } else { 1 };
            items.push(json!({ "id": job["id"], "version": version, "send_sha": job["send_sha"] }));
            jobs.push(job);
        }
        items.push(json!({ "id": Uuid::new_v4(), "version": 1, "send_sha": "0".repeat(64) }));
        let results = member.post("/print-jobs/approve", json!({ "items": items })).await.ok();
        let results = results["results"].as_array().unwrap();
        let codes: Vec<_> = results.iter().map(|r| r["problem"]["code"].as_str().unwrap_or("ok")).collect();
        assert_eq!(codes, ["ok", "denied", "already_decided", "changed", "ok", "not_found"], "{results:?}");
        for (result, job) in results.iter().zip(&jobs) {
            assert_eq!(result["id"], job["id"], "in the order asked");
            assert_eq!(status(&guest, job).await == "queued", result["ok"] == true);
        }
        let all = guest.post("/print-jobs/approve", json!({ "items": items })).await.ok();
        assert!(all["results"].as_array().unwrap().iter().all(|r| r["ok"] == false), "{all}");
        let many = vec![items[0].clone(); 501];
        member.post("/print-jobs/approve", json!({ "items": many })).await.expect(422, "invalid");
    }

    async fn the_same_idempotency_key_gives_the_same_job_and_never_a_second(farm) {
        let (member, guest) = (farm.member(), farm.guest());
        let printer = bench(farm).await;
        let (other, _machine) = farm.bench("Bench 2").await;
        let upload = guest.upload(&gcode("boat"), "boat.gcode").await;
        let request = json!({ "upload": upload, "printer": printer, "name": "boat" });
        let first = guest.submit("key", request.clone()).await.ok();
        let again = guest.submit("key", request.clone()).await;
        assert_eq!((again.status, &again.body["id"]), (201, &first["id"]));
        // Also after it was decided, and after the printer went away.
        member.reject(&first, None).await.done();
        assert_eq!(guest.submit("key", request.clone()).await.ok()["status"], "rejected");
        let mut changed = Vec::new();
        for (field, value) in [("name", json!("ship")), ("note", json!("a note")), ("printer", json!(other))] {
            let mut other = request.clone();
            other[field] = value;
            changed.push(other);
        }
        let elsewhere = guest.upload(&gcode("ship"), "boat.gcode").await;
        changed.push(json!({ "upload": elsewhere, "printer": printer, "name": "boat" }));
        for other in changed {
            guest.submit("key", other).await.expect(422, "key_reused");
        }
        guest.call(Method::POST, "/print-jobs").json(&request).send().await.expect(422, "invalid");
        guest.submit("", request.clone()).await.expect(422, "invalid");
        guest.submit(&"k".repeat(101), request.clone()).await.expect(422, "invalid");
        assert_eq!(farm.number("SELECT COUNT(*) AS n FROM print_job", params![]).await, 1);
        // Many at once, as a browser that lost its answers: one job.
        let calls = (0..8).map(|_| { let (guest, request) = (guest.clone(), request.clone()); tokio::spawn(async move { guest.submit("at once", request).await.ok() }) });
        let mut ids = std::collections::HashSet::new();
        for call in calls.collect::<Vec<_>>() {
            ids.insert(call.await.unwrap()["id"].to_string());
        }
        assert_eq!((ids.len(), farm.number("SELECT COUNT(*) AS n FROM print_job", params![]).await), (1, 2));
        // Keys are everybody's own.
        let theirs = member.upload(&gcode("boat"), "boat.gcode").await;
        let mine = member.submit("key", json!({ "upload": theirs, "printer": printer, "name": "boat" })).await.ok();
        assert_ne!(mine["id"], first["id"]);
        // A reprint twice with one key is one reprint.
        let path = format!("/print-jobs/{}/reprint", first["id"].as_str().unwrap());
        let reprint = || member.call(Method::POST, &path).header("idempotency-key", "again").json(&json!({})).send();
        assert_eq!(reprint().await.ok()["id"], reprint().await.ok()["id"]);
    }

    async fn somebody_elses_held_job_is_rejected_when_it_is_taken_away_and_told_as_that(farm) {
        let (member, guest) = (farm.member(), farm.guest());
        let printer = bench(farm).await;
        let own = guest.send_job(printer, "own").await;
        assert_eq!(guest.act(&own, "withdraw", json!({})).await.ok()["status"], "withdrawn");
        member.approve(&own).await.expect(409, "wrong_state");
        let other = guest.send_job(printer, "other").await;
        assert_eq!(member.act(&other, "withdraw", json!({})).await.ok()["status"], "rejected");
        assert_eq!(guest.get("/notices").await.items()[0]["kind"], "job.rejected");
        // An approved job is withdrawn from the queue, by its owner or a Member; never after its end.
        for person in [&guest, &member] {
            let job = guest.send_job(printer, &person.name).await;
            member.approve(&job).await.done();
            assert_eq!(person.act(&job, "withdraw", json!({})).await.ok()["status"], "withdrawn");
            person.act(&job, "withdraw", json!({})).await.expect(409, "wrong_state");
            // Who approved it before is not why it cannot be approved now.
            let refused = farm.admin().approve(&job).await.expect(409, "wrong_state");
            assert!(refused["detail"].as_str().unwrap().contains("withdrawn"), "{refused}");
        }
    }

    async fn job_03_06_queues_are_ordered_and_changed_by_members_only(farm) {
        let (member, guest) = (farm.member(), farm.guest());
        let printer = bench(farm).await;
        let mut jobs = Vec::new();
        for name in ["one", "two", "three"] {
            let job = guest.send_job(printer, name).await;
            jobs.push(member.approve(&job).await.ok());
        }
        let order = || async {
            let queue = member.get(&format!("/printers/{printer}/queue")).await.items();
            queue.iter().map(|job| job["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let shift = |job: usize, way: &'static str| member.act(&jobs[job], "move", json!({ "direction": way }));
        assert_eq!(order().await, ["one", "two", "three"]);
        assert_eq!(shift(2, "up").await.ok()["position"], 2);
        assert_eq!(order().await, ["one", "three", "two"]);
        shift(0, "up").await.done();
        shift(0, "down").await.done();
        assert_eq!(order().await, ["three", "one", "two"]);
        shift(0, "sideways").await.expect(422, "invalid");
        guest.act(&jobs[0], "move", json!({ "direction": "up" })).await.expect(403, "denied");
        guest.act(&jobs[1], "withdraw", json!({})).await.done();
        assert_eq!(order().await, ["three", "one"]);
        shift(1, "up").await.expect(409, "not_in_queue");
        // Rerouted from the queue, it needs no new approval and goes to the end of the other queue.
        let (other, _machine) = farm.bench("Bench 2").await;
        guest.reroute(&jobs[2], other).await.expect(403, "denied");
        let moved = member.reroute(&jobs[2], other).await.ok();
        assert_eq!((&moved["status"], &moved["position"]), (&json!("queued"), &json!(1)));
        let record = guest.look(&jobs[2], "record").await.ok();
        assert_eq!((&record["kind"], &record["printer"]), (&json!("reroute"), &json!("Bench 2")));
        assert_eq!(order().await, ["one"]);
    }

    async fn amb_07_cmp_11_a_member_decides_on_printers_they_can_access_only(farm) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let printer = bench(farm).await;
        let other = farm.person("Olga Other", Role::Member).await;
        let job = guest.send_job(printer, "boat").await;
        let own = other.send_job(printer, "own").await;
        let team = farm.team("Team", &[&member, &guest]).await;
        admin.share_printer_with(printer, false, &[team]).await.done();
        for (person, sees) in [(&member, true), (&admin, true), (&other, false)] {
            assert_eq!(person.job(&job).await.status == 200, sees, "{}", person.name);
            assert_eq!(person.tab("needs_approval").await.len(), usize::from(sees));
            assert_eq!(person.printer(printer).await.status == 200, sees);
        }
        other.approve(&job).await.expect(404, "not_found");
        // AMB-35: one's own stays, what needs the printer does not.
        other.job(&own).await.done();
        other.reroute(&own, printer).await.expect(403, "denied");
        other.reprint(&own).await.expect(409, "printer_unavailable");
        other.act(&own, "withdraw", json!({})).await.done();
        member.approve(&job).await.done();
    }
}
