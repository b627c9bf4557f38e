//! Plans: what they contain, and what a smaller one does to Guests, held print jobs and the toggle (PLN, AMB-38).

#![expect(clippy::unwrap_used, reason = "a failed test says where")]

use testkit::{Plan, Setup, Value, both_engines, json};

both_engines! {
    async fn pln_01_pln_02_everybody_reads_what_the_plans_contain(farm) {
        for person in [farm.guest(), farm.member(), farm.admin()] {
            let plans = person.get("/plans").await.ok();
            let plans = plans["plans"].as_array().unwrap().clone();
            let current: Vec<_> = plans.iter().filter(|p| p["current"] == true).map(|p| p["key"].clone()).collect();
            assert_eq!((plans.len(), current), (4, vec![json!("professional")]));
            for plan in &plans {
                let more = plan["key"] != "essentials";
                assert_eq!((&plan["guests"], &plan["approval"], &plan["fleet_report"]), (&json!(more), &json!(more), &json!(more)));
            }
        }
        farm.set_plan(Plan::Essentials).await;
        let plans = farm.member().get("/plans").await.ok();
        assert_eq!(plans["plans"][0]["current"], true);
        let session = farm.member().get("/session").await.ok();
        assert_eq!(session["organization"]["plan"]["guests"], false);
    }

    async fn pln_what_the_operator_limits_is_shown_to_admins_and_holds(farm) {
        let (admin, guest) = (farm.admin(), farm.guest());
        for person in [&guest, &farm.member()] {
            assert_eq!(person.get("/plans").await.ok()["limits"], Value::Null, "{}", person.name);
        }
        let machine = farm.virtual_printer();
        let printer = admin.add_printer("Bench 1", &machine, true).await;
        let none = admin.get("/plans").await.ok()["limits"].clone();
        assert_eq!(none["printers"], json!({ "used": 1, "most": null }));
        let people = none["people"]["used"].as_i64().unwrap();
        farm.set_limits(Some(people + 1), Some(1), Some(5)).await;
        assert_eq!(admin.get("/plans").await.ok()["limits"]["people"], json!({ "used": people, "most": people + 1 }));
        // Printers: another one is refused, also out of the Trash; a lower limit takes nothing away.
        let other = farm.virtual_printer();
        let bench_2 = json!({ "name": "Bench 2", "family": "octoprint", "address": other.address().to_string(), "api_key": other.api_key(), "share_with_organization": true });
        let refused = admin.post("/printers", bench_2).await.expect(409, "limit_reached");
        assert!(refused["detail"].as_str().unwrap().contains("as many printers as it may have: 1"), "{refused}");
        let at = format!("/printers/{printer}");
        admin.delete(&at).await.done();
        admin.add_printer("Bench 2", &other, true).await;
        admin.post(&format!("{at}/restore"), json!({})).await.expect(409, "limit_reached");
        assert_eq!(admin.get("/printers").await.items().len(), 1);
        // People: two who come in at the same time, and one place.
        let (one, two) = (admin.invite("guest").await, admin.invite("guest").await);
        let (first, second) = (farm.newcomer(), farm.newcomer_named("Nick New").await);
        let (a, b) = tokio::join!(first.accept(&one), second.accept(&two));
        assert_eq!(usize::from(a.is_ok()) + usize::from(b.is_ok()), 1, "{a} {b}");
        let (late, link) = if a.is_ok() { (second, two) } else { (first, one) };
        late.accept(&link).await.expect(409, "limit_reached");
        admin.remove_person(&guest).await.done();
        late.accept(&link).await.done();
        admin.restore_person(&guest).await.expect(409, "limit_reached");
        // Files.
        let upload = |size: u64| admin.post("/uploads", json!({ "name": "a.gcode", "size": size }));
        upload(6_000_000).await.expect(507, "quota_full");
        // What is lifted lets them in.
        farm.set_limits(None, None, None).await;
        admin.restore_person(&guest).await.done();
        admin.post(&format!("{at}/restore"), json!({})).await.done();
        let row = farm.rows("SELECT data FROM journal WHERE kind = 'organization.limits_changed' ORDER BY seq", &[]).await;
        assert_eq!(row.len(), 2);
    }

    async fn amb_38_guests_of_a_plan_without_guests_sign_in_read_and_withdraw_and_send_nothing(farm, Setup::new().undo_window(60)) {
        let (guest, member) = (farm.guest(), farm.member());
        let (printer, _machine) = farm.bench("Bench 1").await;
        let held = guest.send_job(printer, "held").await;
        let other = guest.send_job(printer, "other").await;
        let back = guest.send_job(printer, "back").await;
        let queued = guest.send_job(printer, "queued").await;
        member.send_back(&back, "Why?").await.done();
        member.approve(&queued).await.done();
        let upload = guest.upload(&testkit::gcode("new"), "new.gcode").await;
        let begun = guest.post("/uploads", json!({ "name": "begun.gcode", "size": 1000 })).await.ok();
        let begun = begun["id"].as_str().unwrap();
        farm.set_plan(Plan::Essentials).await;
        // Sign in, read.
        let guest = guest.another_browser().await;
        assert_eq!(guest.get("/session").await.ok()["organization"]["frozen"], true);
        assert_eq!(guest.tab("needs_approval").await.len(), 3);
        guest.job(&held).await.done();
        guest.printer(printer).await.done();
        // Send nothing, in words that name the plans.
        let submit = guest.submit("key", json!({ "upload": upload, "printer": printer, "name": "new" })).await;
        let again = guest.act(&back, "resubmit", json!({ "upload": upload })).await;
        for answer in [submit, again, guest.reprint(&queued).await, guest.post("/uploads", json!({ "name": "a.gcode", "size": 9 })).await] {
            let refused = answer.expect(403, "denied");
            assert_eq!(refused["failed"], "plan", "{refused}");
            assert!(refused["detail"].as_str().unwrap().contains("Professional, Excellence or Education"), "{refused}");
        }
        // What came and cannot be sent any more is one's own to take away; another's is not there.
        farm.member().delete(&format!("/uploads/{upload}")).await.expect(404, "not_found");
        guest.delete(&format!("/uploads/{begun}")).await.done();
        guest.delete(&format!("/uploads/{begun}")).await.expect(404, "not_found");
        let reserved = "SELECT COUNT(*) AS n FROM upload WHERE file IS NULL AND discarded_at IS NULL";
        assert_eq!(farm.number(reserved, &[]).await, 0, "its reservation has ended");
        // Withdraw.
        guest.act(&other, "withdraw", json!({})).await.done();
        assert_eq!(guest.job(&queued).await.ok()["status"], "queued", "what was approved goes on");
        // Held jobs stay decidable.
        let shown = member.job(&held).await.ok();
        member.approve(&shown).await.done();
        member.reject(&back, None).await.done();
        // The toggle is on, and not in the plan.
        let settings = farm.admin().get("/settings").await.ok();
        assert_eq!((&settings["approval_on"], &settings["approval_available"]), (&json!(true), &json!(false)));
        assert_eq!(settings["actions"]["approval"]["failed"], "plan", "{settings}");
        assert!(settings["actions"]["approval"]["why"].as_str().unwrap().contains("it has Essentials"), "{settings}");
        farm.admin().settings(json!({ "approval_on": false })).await.expect(403, "denied");
        // Back on a plan with Guests everything is as before.
        farm.set_plan(Plan::Professional).await;
        assert_eq!(guest.send_job(printer, "after").await["status"], "needs_approval");
    }
}
