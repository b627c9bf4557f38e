//! The race rows of dispatch.md 2.7: approve against everything that could make it wrong, many times on both engines. The
//! journal's order is the commit order, so it is the judge of who was first.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is a failed test")]

use testkit::{Actor, Farm, Setup, Uuid, Value, both_engines, json, params};

const ROUNDS: usize = 12;

fn id(job: &Value) -> Uuid {
    job["id"].as_str().unwrap().parse().unwrap()
}

/// Sequence of the newest journal row of a kind about a job, or 0.
async fn seq(farm: &Farm, kind: &str, job: &Value) -> i64 {
    let query = "SELECT COALESCE(MAX(seq), 0) AS n FROM journal WHERE kind = $1 AND job = $2";
    farm.number(query, params![kind, id(job)]).await
}

async fn last(farm: &Farm, kind: &str) -> i64 {
    farm.number("SELECT COALESCE(MAX(seq), 0) AS n FROM journal WHERE kind = $1", params![kind]).await
}

async fn held(farm: &Farm) -> (Uuid, Value) {
    let (printer, _machine) = farm.bench("Bench 1").await;
    (printer, farm.guest().send_job(printer, "race").await)
}

async fn approve(who: &Actor, job: &Value) -> bool {
    let answer = who.approve(job).await;
    let fine = answer.is_ok() || matches!(answer.code(), "denied" | "not_found" | "already_decided" | "wrong_state");
    assert!(fine, "{answer:?}");
    answer.is_ok()
}

both_engines! {
    /// APR-12, I2: once a demotion is acknowledged, that person approves nothing more.
    async fn apr_12_approve_against_demote(farm) {
        let (printer, _) = held(farm).await;
        for round in 0..ROUNDS {
            let person = farm.person(&format!("Approver {round}"), testkit::Role::Member).await;
            let job = farm.guest().send_job(printer, "race").await;
            let admin = farm.admin();
            let (yes, demoted) = tokio::join!(approve(&person, &job), admin.change_role(&person, "guest"));
            demoted.done();
            let (approved, demotion) = (seq(farm, "job.approved", &job).await, last(farm, "person.role_changed").await);
            assert_eq!(yes, approved > 0);
            assert!(!yes || approved < demotion, "approved after the demotion (round {round})");
            let other = farm.guest().send_job(printer, "after").await;
            assert!(!approve(&person, &other).await, "a Guest approves nothing");
        }
    }

    /// AMB-27: of two decisions exactly one counts, and the other is told.
    async fn amb_27_approve_against_reject_and_withdraw(farm) {
        let (printer, _) = held(farm).await;
        for round in 0..ROUNDS {
            let job = farm.guest().send_job(printer, "race").await;
            let (member, admin, guest) = (farm.member(), farm.admin(), farm.guest());
            if round % 2 == 0 {
                let (yes, no) = tokio::join!(member.approve(&job), admin.reject(&job, Some("no")));
                assert!(yes.is_ok() ^ no.is_ok(), "{yes:?} {no:?}");
                let loser = if yes.is_ok() { no } else { yes };
                let told = loser.expect(409, "already_decided");
                assert!(told["decided_by"].as_str().is_some_and(|name| !name.is_empty()));
            } else {
                let (yes, away) = tokio::join!(member.approve(&job), guest.act(&job, "withdraw", json!({})));
                let status = farm.guest().job(&job).await.ok();
                assert!(away.is_ok(), "withdrawing works before and after the approval: {away:?}");
                assert_eq!(status["status"], "withdrawn");
                assert!(yes.is_ok() || yes.code() == "wrong_state" || yes.code() == "already_decided", "{yes:?}");
            }
        }
    }

    /// APR-07, I1: whether a job needs approval is decided by the settings that committed before it, never by later ones.
    async fn apr_07_submit_against_the_toggle(farm) {
        let (printer, _) = held(farm).await;
        for round in 0..ROUNDS {
            let upload = farm.guest().upload(&testkit::gcode(&format!("toggle {round}")), "toggle.gcode").await;
            let on = round % 2 == 0;
            let (admin, guest) = (farm.admin(), farm.guest());
            let key = Uuid::new_v4().to_string();
            let request = json!({ "upload": upload, "printer": printer });
            let (saved, job) = tokio::join!(
                async { admin.settings(json!({ "approval_on": !on })).await },
                async { guest.submit(&key, request).await }
            );
            saved.done();
            let job = job.ok();
            let toggled = last(farm, if on { "settings.approval_off" } else { "settings.approval_on" }).await;
            let accepted = seq(farm, "job.accepted", &job).await;
            let was_on = if accepted < toggled { on } else { !on };
            let expected = if was_on { "needs_approval" } else { "queued" };
            assert_eq!(job["status"], expected, "round {round}: accepted {accepted}, toggled {toggled}");
        }
    }

    /// The same key, twice at once: one job (S2: never twice).
    async fn job_01_the_same_request_twice_at_once_is_one_job(farm) {
        let (printer, _) = held(farm).await;
        for round in 0..ROUNDS {
            let upload = farm.guest().upload(&testkit::gcode(&format!("key {round}")), "key.gcode").await;
            let (one, two) = (farm.guest(), farm.guest());
            let key = Uuid::new_v4().to_string();
            let request = json!({ "upload": upload, "printer": printer });
            let (a, b) = tokio::join!(one.submit(&key, request.clone()), two.submit(&key, request));
            assert_eq!(a.ok()["id"], b.ok()["id"]);
        }
    }

    /// CMP-10: once an unshare is acknowledged, a Member who lost the printer approves nothing on it.
    async fn cmp_10_approve_against_unshare(farm, Setup::new().network("10.77.0.0/16")) {
        for round in 0..ROUNDS {
            let printer = farm.admin().add_printer_at(&format!("Race {round}"), &format!("10.77.0.{round}"), true).await;
            let job = farm.guest().send_job(printer, "race").await;
            let (member, admin) = (farm.member(), farm.admin());
            let (yes, ()) = tokio::join!(member.approve(&job), admin.share_printer(printer, false));
            let fine = yes.is_ok() || matches!(yes.code(), "not_found" | "denied" | "printer_unavailable");
            assert!(fine, "{yes:?}");
            let (approved, unshared) = (seq(farm, "job.approved", &job).await, last(farm, "printer.unshared").await);
            assert!(!yes.is_ok() || approved < unshared, "approved after the unshare (round {round})");
        }
    }
}
