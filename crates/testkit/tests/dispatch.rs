//! The dispatcher on virtual printers: what is approved prints, byte for byte, once (S1, S2), whatever goes wrong between.
//! The oracle is the printer's own ledger of physical starts.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is a failed test")]

use std::time::Duration;

use testkit::{Actor, Farm, Fault, Machine, MachineOptions, Setup, Speed, Uuid, Value, both_engines, gcode, json};

/// Starts of this job by the printer's ledger: remote names carry the job's number.
fn starts(machine: &Machine, job: &Value) -> usize {
    let ours = format!("imp-{}-", job["number"]);
    machine.ledger().iter().filter(|entry| entry.name.contains(&ours)).count()
}

/// A Guest's job that a Member has approved.
async fn approved(farm: &Farm, printer: Uuid, name: &str) -> Value {
    let job = farm.guest().send_job(printer, name).await;
    farm.member().approve(&job).await.ok()
}

/// A printer whose prints outlast any test.
fn slow() -> MachineOptions {
    MachineOptions { speed: Speed::Whole(Duration::from_secs(300)), ..MachineOptions::default() }
}

async fn finishes_once(farm: &Farm, machine: &Machine, job: &Value) -> Value {
    let done = farm.member().wait_status(job, "finished").await;
    assert_eq!(starts(machine, job), 1, "printed exactly once: {:?}", machine.ledger());
    done
}

async fn timeline(who: &Actor, job: &Value) -> Vec<String> {
    let path = format!("/print-jobs/{}/timeline", job["id"].as_str().unwrap());
    let items = who.get(&path).await.items();
    items.iter().map(|item| item["kind"].as_str().unwrap().to_owned()).collect()
}

both_engines! {
    /// APR-02, APR-03, APR-10, APR-11, APR-14: a Guest sends to a chosen printer and follows its status; nothing reaches the
    /// printer before the approval; then exactly the approved bytes do, once.
    async fn apr_02_apr_11_approved_bytes_print_once(farm) {
        let (printer, machine) = farm.bench("Bench 1").await;
        let _floor = farm.dispatch();
        let job = farm.guest().send_job(printer, "boat").await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert!(machine.ledger().is_empty());
        assert!(machine.state().files.is_empty(), "bytes never leave before the approval");
        farm.member().approve(&job).await.done();
        let done = finishes_once(farm, &machine, &job).await;
        assert_eq!(machine.ledger()[0].sha256, job["send_sha"].as_str().unwrap());
        assert_eq!(done["plate"], "not_cleared");
        let kinds = timeline(&farm.guest(), &job).await;
        for kind in ["job.ended", "job.printing", "job.starting", "job.approved", "job.accepted"] {
            assert!(kinds.iter().any(|k| k == kind), "{kind} in {kinds:?}");
        }
    }

    /// APR-08: Members never wait.
    async fn apr_08_a_members_job_prints_without_approval(farm) {
        let (printer, machine) = farm.bench("Bench 1").await;
        let _floor = farm.dispatch();
        let job = farm.member().send_job(printer, "bracket").await;
        assert_eq!(job["needed_approval"], false);
        finishes_once(farm, &machine, &job).await;
    }

    /// A rejected, sent back or withdrawn job never starts.
    async fn apr_15_what_is_not_approved_never_starts(farm) {
        let (printer, machine) = farm.bench("Bench 1").await;
        let _floor = farm.dispatch();
        let (one, two, three) = (
            farm.guest().send_job(printer, "one").await,
            farm.guest().send_job(printer, "two").await,
            farm.guest().send_job(printer, "three").await,
        );
        farm.member().reject(&one, Some("no")).await.done();
        farm.member().send_back(&two, "thicker walls").await.done();
        farm.guest().act(&three, "withdraw", json!({})).await.done();
        tokio::time::sleep(Duration::from_millis(700)).await;
        assert!(machine.ledger().is_empty());
    }

    /// The answer to the start is lost: the read-back finds it running; no second start.
    async fn s2_a_lost_answer_is_not_a_second_print(farm) {
        let (printer, machine) = farm.bench("Bench 1").await;
        machine.fault(Fault::LoseStartAnswer);
        let _floor = farm.dispatch();
        let job = approved(farm, printer, "lost answer").await;
        finishes_once(farm, &machine, &job).await;
    }

    /// The start arrives after the client gave up: the fence comes first, so it is either seen or refused, never doubled.
    async fn s2_a_late_start_is_not_a_second_print(farm) {
        let (printer, machine) = farm.bench("Bench 1").await;
        machine.fault(Fault::LateStart { ms: 900 });
        let _floor = farm.dispatch();
        let job = approved(farm, printer, "late").await;
        finishes_once(farm, &machine, &job).await;
    }

    /// The printer says yes and does nothing: fenced, proven not started, tried again under a new name.
    async fn s2_a_start_that_is_ignored_is_tried_again(farm) {
        let (printer, machine) = farm.bench("Bench 1").await;
        machine.fault(Fault::IgnoreStart);
        let _floor = farm.dispatch();
        let job = approved(farm, printer, "ignored").await;
        finishes_once(farm, &machine, &job).await;
        assert!(timeline(&farm.admin(), &job).await.contains(&"job.not_started".to_owned()));
    }

    /// A refused start goes back to the queue, then prints.
    async fn s2_a_refused_start_is_tried_again(farm) {
        let (printer, machine) = farm.bench("Bench 1").await;
        machine.fault(Fault::RefuseStart);
        let _floor = farm.dispatch();
        let job = approved(farm, printer, "refused").await;
        finishes_once(farm, &machine, &job).await;
    }

    /// The upload breaks in every way: nothing was started, so it is simply sent again.
    async fn s2_broken_uploads_are_sent_again(farm) {
        let (printer, machine) = farm.bench("Bench 1").await;
        machine.fault(Fault::RefuseUpload);
        machine.fault(Fault::CorruptUpload);
        machine.fault(Fault::SwallowUploadAnswer);
        let _floor = farm.dispatch();
        let job = approved(farm, printer, "broken upload").await;
        finishes_once(farm, &machine, &job).await;
        assert_eq!(machine.ledger()[0].sha256, job["send_sha"].as_str().unwrap());
    }

    /// Power cut in the middle of a start on a printer whose record is written at the end only (class B): a person is asked,
    /// and nothing starts until they answer. "It did not print" puts it back in the queue.
    async fn s2_a_power_cut_asks_a_person(farm) {
        let (printer, machine) = farm.bench("Bench 1").await;
        machine.fault(Fault::PowerLossAfterStart { ms: 300 });
        let _floor = farm.dispatch();
        let job = approved(farm, printer, "power cut").await;
        let asked = farm.member().wait_status(&job, "needs_attention").await;
        assert!(asked["attention"].as_str().unwrap().contains("did it print?"), "{asked}");
        let before = machine.ledger().len();
        let next = approved(farm, printer, "next").await;
        tokio::time::sleep(Duration::from_millis(600)).await;
        assert_eq!(machine.ledger().len(), before, "nothing starts on a printer with an open question");
        farm.guest().act(&job, "resolve", json!({ "outcome": "printed", "plate_is_clear": true })).await.expect(403, "denied");
        farm.member().act(&job, "resolve", json!({ "outcome": "failed", "plate_is_clear": true })).await.done();
        finishes_once(farm, &machine, &next).await;
        assert_eq!(farm.member().job(&job).await.ok()["status"], "failed");
    }

    /// The server dies right after the intent; another start of it finds out what happened, without a second print.
    async fn s2_a_crash_after_the_start_is_recovered(farm) {
        let (printer, machine) = farm.bench("Bench 1").await;
        machine.fault(Fault::DelayStart { ms: 400 });
        let floor = farm.dispatch();
        let job = approved(farm, printer, "crash").await;
        farm.member().wait_status(&job, "starting").await;
        tokio::time::sleep(Duration::from_millis(150)).await;
        floor.crash().await;
        tokio::time::sleep(Duration::from_millis(600)).await;
        let _floor = farm.dispatch();
        let end = farm
            .member()
            .wait_for(&job, |j| ["finished", "needs_attention"].contains(&j["status"].as_str().unwrap()), "an end or a question")
            .await;
        assert!(starts(&machine, &job) <= 1, "{:?}", machine.ledger());
        if end["status"] == "finished" {
            assert_eq!(starts(&machine, &job), 1);
        }
    }

    /// The server dies while it prints; the next one follows the print to its end.
    async fn s2_a_crash_while_printing_loses_nothing(farm) {
        let (printer, machine) = farm.bench("Bench 1").await;
        let floor = farm.dispatch();
        let job = approved(farm, printer, "crash while printing").await;
        farm.member().wait_status(&job, "printing").await;
        floor.crash().await;
        let _floor = farm.dispatch();
        finishes_once(farm, &machine, &job).await;
    }

    /// I5: the next job waits until somebody has cleared the plate, for exactly that run.
    async fn i5_the_next_job_waits_for_the_plate(farm) {
        let (printer, machine) = farm.bench("Bench 1").await;
        let _floor = farm.dispatch();
        let first = approved(farm, printer, "first").await;
        let second = approved(farm, printer, "second").await;
        let done = finishes_once(farm, &machine, &first).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        let waiting = farm.guest().job(&second).await.ok();
        assert_eq!(waiting["reason"]["code"], "plate_not_clear");
        let stale = format!("/printers/{printer}/plate-clear");
        farm.member().post(&stale, json!({ "run": null })).await.expect(409, "changed");
        farm.guest().post(&stale, json!({ "run": done["run"] })).await.expect(403, "denied");
        assert_eq!(starts(&machine, &second), 0);
        farm.member().post(&stale, json!({ "run": done["run"] })).await.done();
        finishes_once(farm, &machine, &second).await;
    }

    /// A person at the panel prints something else: the plate is dirty, our job waits and is never mixed up with it.
    async fn amb_32_a_foreign_print_makes_the_plate_dirty(farm) {
        let (printer, machine) = farm.bench("Bench 1").await;
        let _floor = farm.dispatch();
        machine.fault(Fault::PanelStart { name: None });
        let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
        loop {
            let seen = farm.member().printer(printer).await.ok();
            if seen["plate"]["foreign"] == true {
                break;
            }
            assert!(tokio::time::Instant::now() < deadline, "{seen}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let job = approved(farm, printer, "ours").await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_eq!(starts(&machine, &job), 0);
        machine.fault(Fault::Finish);
        // A server that still sees it printing makes the plate dirty again: cleared until ours begins.
        let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
        while starts(&machine, &job) == 0 {
            assert!(tokio::time::Instant::now() < deadline, "the plate did not become clear");
            let shown = farm.member().printer(printer).await.ok();
            if shown["plate"]["clear"] == false && shown["plate"]["foreign"] == true {
                let run = json!({ "run": shown["plate"]["run"] });
                drop(farm.member().post(&format!("/printers/{printer}/plate-clear"), run).await);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        finishes_once(farm, &machine, &job).await;
    }

    /// JOB-04, JOB-05: pause, resume and abort reach the printer; a Guest can abort their own but not pause it (CMP-06).
    async fn job_05_pause_resume_and_abort(farm) {
        let (printer, machine) = farm.bench("Bench 1").await;
        machine.set_speed(testkit::Speed::Whole(Duration::from_secs(60)));
        let _floor = farm.dispatch();
        let job = approved(farm, printer, "long").await;
        farm.guest().wait_status(&job, "printing").await;
        farm.guest().act(&job, "pause", json!({})).await.expect(403, "denied");
        farm.member().act(&job, "pause", json!({})).await.done();
        farm.guest().wait_status(&job, "paused").await;
        farm.member().act(&job, "resume", json!({})).await.done();
        farm.guest().wait_status(&job, "printing").await;
        farm.guest().act(&job, "abort", json!({})).await.done();
        let ended = farm.guest().wait_status(&job, "aborted").await;
        assert_eq!(ended["plate"], "not_cleared");
    }

    /// JOB-03: a queued job moves with a new authorization for the same bytes; a held one keeps needing approval.
    async fn job_03_reroute_prints_on_the_other_printer(farm) {
        let (one, first) = farm.bench("Bench 1").await;
        let (two, second) = farm.bench("Bench 2").await;
        let held = farm.guest().send_job(one, "held").await;
        let moved = farm.member().reroute(&held, two).await.ok();
        assert_eq!(moved["status"], "needs_approval");
        let queued = farm.member().send_job(one, "queued").await;
        farm.guest().reroute(&queued, two).await.expect(404, "not_found");
        farm.member().reroute(&queued, two).await.done();
        let _floor = farm.dispatch();
        finishes_once(farm, &second, &queued).await;
        assert!(first.ledger().is_empty());
        assert_eq!(starts(&second, &held), 0, "moving is not approving");
    }

    /// JOB-06: the order is the order; Guests do not touch it.
    async fn job_06_the_queue_prints_in_its_order(farm) {
        let (printer, machine) = farm.bench("Bench 1").await;
        let (a, b) = (farm.member().send_job(printer, "a").await, farm.member().send_job(printer, "b").await);
        farm.guest().act(&b, "move", json!({ "direction": "up" })).await.expect(404, "not_found");
        let own = farm.guest().send_job(printer, "own").await;
        farm.member().approve(&own).await.done();
        farm.guest().act(&own, "move", json!({ "direction": "up" })).await.expect(403, "denied");
        let moved = farm.member().act(&b, "move", json!({ "direction": "up" })).await.ok();
        assert_eq!(moved["position"], 1);
        let _floor = farm.dispatch();
        finishes_once(farm, &machine, &b).await;
        assert_eq!(starts(&machine, &a), 0);
    }

    /// "Byte for byte what was approved": a stored file that was changed on the disk is never sent.
    async fn s1_a_file_that_was_replaced_is_never_sent(farm) {
        let (printer, machine) = farm.bench("Bench 1").await;
        let job = approved(farm, printer, "replaced").await;
        let blob = find(farm.folder(), job["send_sha"].as_str().unwrap()).expect("the blob");
        std::fs::write(&blob, gcode("something else")).unwrap();
        let _floor = farm.dispatch();
        tokio::time::sleep(Duration::from_millis(800)).await;
        assert!(machine.ledger().is_empty());
        assert!(machine.state().files.is_empty());
        assert!(["queued", "starting"].contains(&farm.member().job(&job).await.ok()["status"].as_str().unwrap()));
    }

    /// The printer is off: the job waits visibly and prints when it is back; turned off and on again likewise (PRN-07).
    async fn prn_07_a_printer_that_is_off_is_waited_for(farm) {
        let (printer, machine) = farm.bench("Bench 1").await;
        farm.member().patch(&format!("/printers/{printer}"), json!({ "enabled": false })).await.done();
        let _floor = farm.dispatch();
        let job = farm.member().send_job(printer, "waits").await;
        assert_eq!(job["reason"]["code"], "printer_disabled");
        machine.fault(Fault::Unreachable { ms: 700, silent: false });
        farm.member().patch(&format!("/printers/{printer}"), json!({ "enabled": true })).await.done();
        finishes_once(farm, &machine, &job).await;
    }

    /// AMB-42: removing a printer keeps its jobs; bringing it back lets them print.
    async fn amb_42_a_removed_printer_keeps_its_queue(farm) {
        let (printer, machine) = farm.bench("Bench 1").await;
        let job = farm.member().send_job(printer, "kept").await;
        farm.admin().delete(&format!("/printers/{printer}")).await.done();
        let kept = farm.member().job(&job).await.ok();
        assert_eq!((kept["status"].as_str(), kept["reason"]["code"].as_str()), (Some("queued"), Some("printer_removed")));
        let _floor = farm.dispatch();
        tokio::time::sleep(Duration::from_millis(400)).await;
        assert!(machine.ledger().is_empty());
        farm.admin().post(&format!("/printers/{printer}/restore"), json!({})).await.done();
        finishes_once(farm, &machine, &job).await;
    }

    /// JOB-04: a stop that was asked for while nobody knew whether it had started is kept: it does not print after all.
    async fn job_04_an_abort_in_the_unclear_phase_is_kept(farm) {
        let (printer, machine) = farm.bench("Bench 1").await;
        // It prints nothing until the stop is there, however many attempts that takes.
        machine.always(Fault::IgnoreStart);
        let _floor = farm.dispatch();
        let job = approved(farm, printer, "stopped in time").await;
        farm.guest().wait_status(&job, "starting").await;
        // It may still be on its way to the printer: a claimed job is withdrawn, one in the unclear phase aborted.
        loop {
            if farm.guest().act(&job, "abort", json!({})).await.is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let attempts = "SELECT COUNT(*) AS n FROM attempt";
        let made = farm.number(attempts, &[]).await;
        farm.guest().wait_status(&job, "aborted").await;
        machine.clear_faults();
        tokio::time::sleep(Duration::from_millis(600)).await;
        assert!(machine.ledger().is_empty(), "{:?}", machine.ledger());
        assert_eq!(farm.number(attempts, &[]).await, made, "no other attempt after the stop");
    }

    /// S2: the printer is removed in the unclear phase, a person says that it did not print, the job moves to another printer:
    /// the start that was still on its way must not come true as well.
    async fn s2_a_late_start_on_a_removed_printer_does_not_double(farm, Setup::new().config(|config| config.read_back = Duration::from_secs(6))) {
        let (one, first) = farm.bench("Bench 1").await;
        let (two, second) = farm.bench("Bench 2").await;
        first.fault(Fault::LateStart { ms: 2500 });
        let _floor = farm.dispatch();
        let job = approved(farm, one, "moved away").await;
        farm.member().wait_status(&job, "starting").await;
        let intent = "SELECT COUNT(*) AS n FROM print_job WHERE state = 'intent'";
        while farm.number(intent, &[]).await == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        farm.admin().delete(&format!("/printers/{one}")).await.done();
        farm.admin().wait_status(&job, "needs_attention").await;
        let late = tokio::time::Instant::now() + Duration::from_millis(3000);
        farm.admin().act(&job, "resolve", json!({ "outcome": "did_not_print", "plate_is_clear": true })).await.done();
        farm.admin().reroute(&job, two).await.done();
        finishes_once(farm, &second, &job).await;
        tokio::time::sleep_until(late).await;
        assert_eq!(starts(&first, &job) + starts(&second, &job), 1);
    }

    /// I3: the process dies between the start and its answer, the printer is removed, a person says that it did not print and
    /// takes the job away. The start that is still on its way must not come true after that (found by the model).
    async fn i3_nothing_starts_after_a_person_said_that_it_did_not(farm) {
        let (printer, machine) = farm.bench("Bench 1").await;
        machine.fault(Fault::LateStart { ms: 1500 });
        let floor = farm.dispatch();
        let job = approved(farm, printer, "withdrawn in time").await;
        while farm.number("SELECT COUNT(*) AS n FROM print_job WHERE state = 'intent'", &[]).await == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        while !machine.state().faults.is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await; // until the start was sent
        }
        drop(floor);
        farm.admin().delete(&format!("/printers/{printer}")).await.done();
        farm.admin().act(&job, "resolve", json!({ "outcome": "did_not_print", "plate_is_clear": true })).await.done();
        farm.admin().act(&job, "withdraw", json!({})).await.done();
        tokio::time::sleep(Duration::from_millis(1800)).await;
        assert!(machine.ledger().is_empty(), "{:?}", machine.ledger());
    }

    /// S1: a Member's job is in the unclear phase when they become a Guest (where that holds what nobody approved), or are removed and come
    /// back as one. A person says that it did not print: it is held, as it would have been in the queue. Approved, it may be taken back.
    async fn s1_a_job_that_comes_back_from_the_unclear_phase_is_held_if_its_submitter_is_a_guest_now(farm) {
        let (admin, member) = (farm.admin(), farm.member());
        for (round, hold) in [(0, true), (1, false), (2, false)] {
            admin.settings(json!({ "hold_on_demotion": hold })).await.done();
            let (printer, machine) = farm.bench(&format!("Bench {round}")).await;
            let person = farm.person(&format!("Person {round}"), testkit::Role::Member).await;
            machine.fault(Fault::LateStart { ms: 60_000 });
            let floor = farm.dispatch();
            let job = person.send_job(printer, "unclear").await;
            while !machine.state().faults.is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await; // until the start was sent
            }
            floor.stop().await;
            match round {
                0 | 2 => admin.change_role(&person, "guest").await.done(),
                _ => {
                    admin.remove_person(&person).await.done();
                    let secret = admin.invite("guest").await;
                    person.accept(&secret).await.done();
                }
            }
            // The printer forgot the start; its server has nothing to hold against the answer.
            drop(machine);
            admin.delete(&format!("/printers/{printer}")).await.done();
            let answer = json!({ "outcome": "did_not_print", "plate_is_clear": true });
            let after = admin.act(&job, "resolve", answer).await.ok();
            if round == 2 {
                // Only demoted, where that holds nothing: what was in the queue stays in it (AMB-14).
                assert_eq!(after["status"], "queued", "{after}");
                continue;
            }
            assert_eq!((&after["status"], &after["needed_approval"]), (&json!("needs_approval"), &json!(false)), "{after}");
            let (other, _machine) = farm.bench(&format!("Other {round}")).await;
            member.reroute(&job, other).await.done();
            let approved = member.approve(&member.job(&job).await.ok()).await.ok();
            assert_eq!((&approved["status"], &approved["actions"]["take_back"]["allowed"]), (&json!("queued"), &json!(true)), "{approved}");
            assert_eq!(member.take_back(&job).await.ok()["status"], "needs_approval");
        }
    }

    /// I4: the same, but the start came true before the answer: "did not print" is refused, and why.
    async fn i4_did_not_print_is_refused_while_it_prints(farm, Setup::new().config(|config| config.printer_timeouts.call = Duration::from_secs(5))) {
        let machine = farm.virtual_printer_with(slow());
        let printer = farm.admin().add_printer("Slow", &machine, true).await;
        farm.admin().clear_plate(printer).await;
        machine.fault(Fault::LoseStartAnswer);
        let floor = farm.dispatch();
        let job = approved(farm, printer, "printing after all").await;
        while starts(&machine, &job) == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        drop(floor);
        farm.admin().delete(&format!("/printers/{printer}")).await.done();
        let answer = json!({ "outcome": "did_not_print", "plate_is_clear": true });
        farm.admin().act(&job, "resolve", answer).await.expect(409, "printing_after_all");
        let answer = json!({ "outcome": "printed", "plate_is_clear": false });
        farm.admin().act(&job, "resolve", answer).await.done();
        assert_eq!(starts(&machine, &job), 1);
    }

    /// M1: a printer that refuses every start is not asked in a tight loop.
    async fn s2_a_printer_that_refuses_every_start_is_asked_calmly(farm) {
        let (printer, machine) = farm.bench("Bench 1").await;
        machine.always(Fault::RefuseStart);
        let _floor = farm.dispatch();
        let job = approved(farm, printer, "refused").await;
        tokio::time::sleep(Duration::from_millis(1500)).await;
        let tries = farm.number("SELECT COUNT(*) AS n FROM attempt", &[]).await;
        assert!((1..=8).contains(&tries), "{tries} attempts in 1.5 s with 0.2 s between them");
        let words = farm.rows("SELECT evidence FROM attempt WHERE n = 1", &[]).await;
        let words: String = words[0].get("evidence").unwrap();
        assert!(words.contains("had refused the start"), "its own words outweigh an empty record: {words}");
        machine.clear_faults();
        finishes_once(farm, &machine, &job).await;
    }

    /// H3: an approver who was shown another printer approves nothing.
    async fn apr_14_a_job_that_was_moved_is_not_approved_unseen(farm) {
        let (one, _first) = farm.bench("Bench 1").await;
        let (two, _second) = farm.bench("Bench 2").await;
        let job = farm.guest().send_job(one, "moved").await;
        farm.admin().reroute(&job, two).await.done();
        let shown = json!({ "version": 1, "send_sha": job["send_sha"], "printer": one });
        farm.member().act(&job, "approve", shown).await.expect(409, "changed");
        let shown = json!({ "version": 1, "send_sha": job["send_sha"], "printer": two });
        farm.member().act(&job, "approve", shown).await.done();
    }

    /// H4, ORG-02: no removed Admin comes back by an invitation of their own.
    async fn org_02_a_removed_admin_has_no_way_back_in(farm) {
        let gone = farm.person("Gone Admin", testkit::Role::Admin).await;
        let secret = gone.invite("admin").await;
        farm.admin().remove_person(&gone).await.done();
        gone.accept(&secret).await.expect(409, "link_dead");
    }
}

fn find(folder: &std::path::Path, name: &str) -> Option<std::path::PathBuf> {
    for entry in std::fs::read_dir(folder).ok()?.flatten() {
        let path = entry.path();
        if path.is_dir() {
            if let Some(found) = find(&path, name) {
                return Some(found);
            }
        } else if path.file_name().is_some_and(|n| n == name) {
            return Some(path);
        }
    }
    None
}
