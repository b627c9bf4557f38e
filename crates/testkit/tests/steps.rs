//! The dispatcher's transactions one by one, on a clock that stands: what each writes, and what each refuses. What they do
//! together is in `dispatch`.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is a failed test")]

use std::time::Duration;

use domain::{JobId, RemoteName, State};
use store::dispatch::{self, Server, Ticket};
use testkit::{Farm, Setup, Uuid, Val, Value, both_engines, json, params};

fn id(job: &Value) -> JobId {
    JobId(job["id"].as_str().unwrap().parse().unwrap())
}

/// A server with leases of 30 seconds, and its claim of a Member's job.
async fn claimed(farm: &Farm, job: &Value) -> (Server, Ticket) {
    let server = dispatch::boot(farm.db(), 30_000).await.unwrap();
    let ticket = claim(farm, &server, job).await.expect("claimed");
    (server, ticket)
}

async fn claim(farm: &Farm, server: &Server, job: &Value) -> Option<Ticket> {
    let mut tx = farm.db().write().await.unwrap();
    let ticket = dispatch::claim(&mut tx, server, id(job)).await.unwrap();
    tx.commit().await.unwrap();
    ticket
}

async fn intended(farm: &Farm, server: &Server, ticket: &Ticket) -> Ticket {
    let remote = RemoteName::new(ticket.number(), [1, 2, 3, 4], ticket.job().attempt, ticket.extension());
    let mut tx = farm.db().write().await.unwrap();
    let (ticket, start) = dispatch::intend(&mut tx, server, ticket, &remote, ticket.send_sha(), "idle").await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!((start.remote(), ticket.remote()), (&remote, Some(&remote)));
    ticket
}

/// What the newest journal row of this kind says of a job: who, and its data.
async fn written(farm: &Farm, job: &Value, kind: &str) -> (Option<Uuid>, Value) {
    let rows = farm
        .rows(
            "SELECT actor, data FROM journal WHERE job = $1 AND kind = $2 ORDER BY seq DESC LIMIT 1",
            params![id(job), kind.to_owned()],
        )
        .await;
    let row = rows.first().unwrap_or_else(|| panic!("no row of {kind}"));
    let mut data: Value = serde_json::from_str(&row.get::<String>("data").unwrap()).unwrap();
    // Every step says these; here it is about what is more.
    for always in ["from", "to", "version", "attempt"] {
        data.as_object_mut().unwrap().remove(always).unwrap_or_else(|| panic!("{kind} without {always}"));
    }
    (row.get("actor").unwrap(), data)
}

async fn of_job(farm: &Farm, job: &Value, column: &'static str) -> i64 {
    farm.number(column, params![id(job)]).await
}

const NOT_BEFORE: &str = "SELECT not_before AS n FROM print_job WHERE id = $1";
const QUEUE_POS: &str = "SELECT queue_pos AS n FROM print_job WHERE id = $1";

both_engines! {
    /// D2 fails: back to the queue with the reason, and not before the wait is over; never longer than the longest wait.
    async fn a_release_says_why_and_waits(farm, Setup::new().fake_clock()) {
        let (printer, _machine) = farm.bench("Bench 1").await;
        let job = farm.member().send_job(printer, "boat").await;
        for (wait_ms, waits_s) in [(20_000, 20), (100_000_000_000, 3600)] {
            let (_server, ticket) = claimed(farm, &job).await;
            let mut tx = farm.db().write().await.unwrap();
            let now = tx.now().await.unwrap();
            dispatch::release(&mut tx, &ticket, "the printer does not answer", wait_ms).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(of_job(farm, &job, NOT_BEFORE).await, now.plus_secs(waits_s).0, "{wait_ms}");
            assert_eq!(written(farm, &job, "job.released").await, (None, json!({ "why": "the printer does not answer" })));
            let server = dispatch::boot(farm.db(), 30_000).await.unwrap();
            assert!(claim(farm, &server, &job).await.is_none(), "it waits");
            farm.clock().advance(Duration::from_secs(3600));
        }
    }

    /// R3: not started, by evidence; the same wait.
    async fn what_did_not_start_waits_and_says_by_what_evidence(farm, Setup::new().fake_clock()) {
        let (printer, _machine) = farm.bench("Bench 1").await;
        let job = farm.member().send_job(printer, "boat").await;
        let (server, ticket) = claimed(farm, &job).await;
        let ticket = intended(farm, &server, &ticket).await;
        let mut tx = farm.db().write().await.unwrap();
        let now = tx.now().await.unwrap();
        dispatch::not_started(&mut tx, &ticket, "fenced, and no record", 20_000).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(of_job(farm, &job, NOT_BEFORE).await, now.plus_secs(20).0);
        assert_eq!(written(farm, &job, "job.not_started").await, (None, json!({ "evidence": "fenced, and no record" })));
        let outcome = "SELECT COUNT(*) AS n FROM attempt WHERE job = $1 AND outcome = 'not_started' AND evidence = 'fenced, and no record'";
        assert_eq!(of_job(farm, &job, outcome).await, 1);
    }

    /// R3: nobody can know. The row has the evidence and the printer's class of this moment (I7).
    async fn i7_a_question_says_by_what_evidence_and_of_which_class(farm, Setup::new().fake_clock()) {
        let (printer, _machine) = farm.bench("Bench 1").await;
        let job = farm.member().send_job(printer, "boat").await;
        let (server, ticket) = claimed(farm, &job).await;
        let ticket = intended(farm, &server, &ticket).await;
        let mut tx = farm.db().write().await.unwrap();
        dispatch::cannot_know(&mut tx, &ticket, "it may have restarted").await.unwrap();
        tx.commit().await.unwrap();
        let said = written(farm, &job, "job.attention").await;
        assert_eq!(said, (None, json!({ "evidence": "it may have restarted", "class": "B" })));
        // Before its next attempt, the name that nobody can answer for is to be fenced.
        farm.member().act(&job, "resolve", json!({ "outcome": "did_not_print", "plate_is_clear": true })).await.done();
        let next = claim(farm, &server, &job).await.expect("claimed again");
        let mut conn = farm.db().read().await.unwrap();
        let open = dispatch::unfenced(&mut conn, &next).await.unwrap();
        assert_eq!(open.iter().map(|attempt| Some(&attempt.remote)).collect::<Vec<_>>(), [ticket.remote()]);
        assert!(!open[0].removed);
    }

    /// Each of the brakes holds a claim by itself: the whole installation, one organization, after a restore, the operator's.
    async fn s1_each_brake_holds_by_itself(farm, Setup::new().fake_clock()) {
        let (printer, _machine) = farm.bench("Bench 1").await;
        let job = farm.member().send_job(printer, "boat").await;
        let server = dispatch::boot(farm.db(), 30_000).await.unwrap();
        let brakes: [(&str, &str); 4] = [
            ("UPDATE meta SET hold_all = 1", "UPDATE meta SET hold_all = 0"),
            ("UPDATE organization SET suspended = 1", "UPDATE organization SET suspended = 0"),
            ("UPDATE organization SET held_back = 'restored'", "UPDATE organization SET held_back = NULL"),
            ("UPDATE meta SET dispatch_stopped = 'by hand'", "UPDATE meta SET dispatch_stopped = NULL"),
        ];
        let none: &[Val] = &[];
        for (on, off) in brakes {
            farm.exec(on, none).await;
            assert!(claim(farm, &server, &job).await.is_none(), "{on}");
            farm.exec(off, none).await;
        }
        assert!(claim(farm, &server, &job).await.is_some());
    }

    /// A claim is fresh for its own server; taken over it is not, and the old one is void (token).
    async fn a_claim_is_fresh_once(farm, Setup::new().fake_clock()) {
        let (printer, _machine) = farm.bench("Bench 1").await;
        let job = farm.member().send_job(printer, "boat").await;
        let (_first, ticket) = claimed(farm, &job).await;
        assert!(ticket.is_fresh_claim());
        farm.clock().advance(Duration::from_secs(31));
        let second = dispatch::boot(farm.db(), 30_000).await.unwrap();
        let mut tx = farm.db().write().await.unwrap();
        let taken = dispatch::take_over(&mut tx, &second, id(&job)).await.unwrap().expect("taken over");
        tx.commit().await.unwrap();
        assert!(!taken.is_fresh_claim());
        assert_eq!(taken.job().state, State::Claimed);
        let mut tx = farm.db().write().await.unwrap();
        let error = dispatch::release(&mut tx, &ticket, "too late", 0).await.unwrap_err();
        assert!(dispatch::lost(&error), "{error}");
        drop(tx);
        // A fault of the database is no lost race: the worker must not take it for one.
        assert!(!dispatch::lost(&store::Error::Db(sql::Error::Busy)));
    }

    /// Wishes are read under the token, and are gone once they are carried out.
    async fn job_05_a_wish_is_read_and_done_once(farm, Setup::new().fake_clock()) {
        let (printer, _machine) = farm.bench("Bench 1").await;
        let job = farm.member().send_job(printer, "boat").await;
        let (server, ticket) = claimed(farm, &job).await;
        let ticket = intended(farm, &server, &ticket).await;
        let mut tx = farm.db().write().await.unwrap();
        let ticket = dispatch::seen_printing(&mut tx, &ticket, "seen as the running file").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(written(farm, &job, "job.printing").await.1, json!({ "evidence": "seen as the running file" }));
        farm.member().act(&job, "pause", json!({})).await.done();
        let mut conn = farm.db().read().await.unwrap();
        let wishes = dispatch::wishes(&mut conn, &ticket).await.unwrap().expect("still ours");
        assert_eq!((wishes.wish.as_deref(), wishes.abort), (Some("pause"), false));
        drop(conn);
        assert_eq!(of_job(farm, &job, "SELECT COUNT(*) AS n FROM journal WHERE job = $1 AND kind = 'job.pause_requested'").await, 1);
        let mut tx = farm.db().write().await.unwrap();
        dispatch::wish_done(&mut tx, &ticket, "resume").await.unwrap();
        assert_eq!(dispatch::wishes(&mut tx, &ticket).await.unwrap().unwrap().wish.as_deref(), Some("pause"), "another wish stays");
        dispatch::wish_done(&mut tx, &ticket, "pause").await.unwrap();
        assert_eq!(dispatch::wishes(&mut tx, &ticket).await.unwrap().unwrap().wish, None);
        tx.commit().await.unwrap();
        farm.member().act(&job, "abort", json!({})).await.done();
        assert_eq!(of_job(farm, &job, "SELECT COUNT(*) AS n FROM journal WHERE job = $1 AND kind = 'job.abort_requested'").await, 1);
    }

    /// AMB-42: a printer that is removed while it may be printing leaves a question, which says why and who removed it.
    async fn amb_42_a_question_after_a_removal_names_who_removed_the_printer(farm, Setup::new().fake_clock()) {
        let (printer, _machine) = farm.bench("Bench 1").await;
        let job = farm.member().send_job(printer, "boat").await;
        let (server, ticket) = claimed(farm, &job).await;
        intended(farm, &server, &ticket).await;
        farm.admin().delete(&format!("/printers/{printer}")).await.done();
        let why = json!({ "why": "printer_removed" });
        assert_eq!(written(farm, &job, "job.attention").await, (Some(farm.admin().id), why));
    }

    /// JOB-03: a queued job goes to the end of the other printer's queue, a held one keeps its place; the row says from where to
    /// where, and who.
    async fn job_03_a_reroute_says_from_where_to_where(farm, Setup::new().fake_clock()) {
        let (one, _machine) = farm.bench("Bench 1").await;
        let (two, _other) = farm.bench("Bench 2").await;
        let member = farm.member();
        let queued = member.send_job(one, "queued").await;
        let held = farm.guest().send_job(one, "held").await;
        let before = of_job(farm, &held, QUEUE_POS).await;
        farm.clock().advance(Duration::from_secs(60));
        for job in [&queued, &held] {
            member.reroute(job, two).await.done();
            let data = json!({ "from_printer": one, "to_printer": two });
            assert_eq!(written(farm, job, "job.rerouted").await, (Some(member.id), data));
        }
        assert_eq!(of_job(farm, &held, QUEUE_POS).await, before);
        let now = farm.db().read().await.unwrap().now().await.unwrap();
        assert_eq!(of_job(farm, &queued, QUEUE_POS).await, now.0);
    }

    /// AMB-41: the row of a job that is held because its submitter left names the Admin who removed them.
    async fn amb_07_an_approval_says_which_printer_of_the_group_it_chose(farm, Setup::new().fake_clock()) {
        let (first, _one) = farm.bench("A first").await;
        let (second, _two) = farm.bench("B second").await;
        let group = farm.admin().new_printer_group("Pair", &[first, second]).await;
        let job = farm.guest().send_to_group(&group, "boat").await;
        assert_eq!(job["printer"]["id"], json!(first));
        farm.admin().patch(&format!("/printers/{first}"), json!({ "enabled": false })).await.done();
        farm.member().approve(&farm.member().job(&job).await.ok()).await.done();
        let (_, data) = written(farm, &job, "job.assigned").await;
        assert_eq!(data, json!({ "from_printer": first, "to_printer": second, "group": id(&group).0 }));
    }

    async fn amb_41_a_hold_names_who_removed_the_submitter(farm, Setup::new().fake_clock()) {
        let (printer, _machine) = farm.bench("Bench 1").await;
        let leaver = farm.person("Lee", testkit::Role::Member).await;
        let job = leaver.send_job(printer, "boat").await;
        farm.admin().remove_person(&leaver).await.done();
        assert_eq!(written(farm, &job, "job.held_former_person").await.0, Some(farm.admin().id));
    }

    /// Version 2 is another file with the submitter's note, and the row says of which bytes.
    async fn apr_17_a_resubmission_is_its_own_file_and_note(farm, Setup::new().fake_clock()) {
        const FILE: &str = "SELECT COUNT(*) AS n FROM print_job j JOIN job_version v ON v.job = j.id AND v.version = j.version AND v.file = j.file \
            WHERE j.id = $1 AND j.version = 2";
        let (printer, _machine) = farm.bench("Bench 1").await;
        let guest = farm.guest();
        let job = guest.send_job(printer, "boat").await;
        farm.member().send_back(&job, "Thicker walls, please.").await.done();
        let upload = guest.upload(&testkit::gcode("thicker"), "thicker.gcode").await;
        let again = guest.act(&job, "resubmit", json!({ "upload": upload, "note": "They are 2 mm now." })).await.ok();
        assert_eq!(of_job(farm, &job, FILE).await, 1);
        assert_eq!(written(farm, &job, "job.resubmitted").await, (Some(guest.id), json!({ "send_sha": again["send_sha"] })));
        let lines = guest.look(&job, "timeline").await.items();
        let line = lines.iter().find(|line| line["kind"] == "job.resubmitted").expect("a line of it");
        assert!(line.to_string().contains("They are 2 mm now."), "{line}");
    }

    /// AMB-41: what a person declares as not printed, of somebody who has left meanwhile, is held again by that person's answer.
    async fn amb_41_an_answer_holds_what_a_former_person_sent(farm, Setup::new().fake_clock()) {
        let (printer, _machine) = farm.bench("Bench 1").await;
        let leaver = farm.person("Lee", testkit::Role::Member).await;
        let job = leaver.send_job(printer, "boat").await;
        let (server, ticket) = claimed(farm, &job).await;
        let ticket = intended(farm, &server, &ticket).await;
        let mut tx = farm.db().write().await.unwrap();
        dispatch::cannot_know(&mut tx, &ticket, "it may have restarted").await.unwrap();
        tx.commit().await.unwrap();
        farm.admin().remove_person(&leaver).await.done();
        let member = farm.member();
        member.act(&job, "resolve", json!({ "outcome": "did_not_print", "plate_is_clear": true })).await.done();
        assert_eq!(member.job(&job).await.ok()["status"], "needs_approval");
        assert_eq!(written(farm, &job, "job.held_former_person").await.0, Some(member.id));
    }
}
