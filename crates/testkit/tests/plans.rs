//! Plans: what they contain, and what a smaller one does to Guests, held print jobs and the toggle (PLN, AMB-38).

#![expect(clippy::unwrap_used, reason = "a failed test says where")]

use testkit::{Plan, Setup, both_engines, json};

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
            assert!(refused["detail"].as_str().unwrap().contains("Professional, Excellence, Education"), "{refused}");
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
        assert!(settings["actions"]["approval"]["why"].as_str().unwrap().contains("your organization has Essentials"), "{settings}");
        farm.admin().settings(json!({ "approval_on": false })).await.expect(403, "denied");
        // Back on a plan with Guests everything is as before.
        farm.set_plan(Plan::Professional).await;
        assert_eq!(guest.send_job(printer, "after").await["status"], "needs_approval");
    }
}
