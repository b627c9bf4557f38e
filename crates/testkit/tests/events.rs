//! Live events: at once, without gaps, and only what the lists would show.

#![expect(clippy::unwrap_used, reason = "a failed test says where")]

use std::time::Duration;

use testkit::{Engine, Role, Setup, Value, both_engines, json};

/// Until nothing more is to be expected.
const A_WHILE: Duration = Duration::from_millis(600);

both_engines! {
    async fn an_event_comes_at_once_and_names_what_changed(farm) {
        let (member, guest) = (farm.member(), farm.guest());
        let (printer, _machine) = farm.bench("Bench 1").await;
        let mut events = member.events().await;
        let begun = std::time::Instant::now();
        let job = guest.send_job(printer, "boat").await;
        let seen = events.change().await;
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
        assert_eq!((&seen["kind"], &seen["job"], &seen["printer"]), (&json!("job.accepted"), &job["id"], &json!(printer)));
        member.approve(&job).await.done();
        assert_eq!(events.change().await["kind"], "job.approved");
        farm.admin().settings(json!({ "undo_window_s": 5 })).await.done();
        let settings = events.change().await;
        assert_eq!((&settings["kind"], &settings["settings"]), (&json!("settings.changed"), &json!(true)));
        farm.admin().change_role(&guest, "member").await.done();
        assert_eq!(events.change().await["people"], true);
        // Names and messages travel by the API only.
        assert!(!seen.to_string().contains("boat"), "{seen}");
    }

    async fn what_happens_between_the_session_and_the_stream_is_told(farm) {
        let (admin, guest) = (farm.admin(), farm.guest());
        let session = guest.get("/session").await.ok();
        assert_eq!(session["organization"]["role"], "guest");
        admin.change_role(&guest, "member").await.done();
        let mut events = guest.events_from(&session).await;
        let told = events.change().await;
        assert_eq!((&told["kind"], &told["people"]), (&json!("person.role_changed"), &json!(true)));
        guest.get("/events?after=x").await.expect(422, "invalid");
        // One that begins now has nothing to tell of before.
        let now = guest.get("/session").await.ok();
        let mut later = guest.events_from(&now).await;
        assert!(later.within(A_WHILE).await.is_err(), "nothing happened since");
    }

    async fn an_event_of_another_server_comes_too(farm) {
        if farm.engine() == Engine::Sqlite {
            return; // one process
        }
        let (printer, _machine) = farm.bench("Bench 1").await;
        let second = farm.second_server().await;
        let mut here = farm.member().events().await;
        let mut there = farm.member().at(&second).events().await;
        let job = farm.guest().send_job(printer, "boat").await;
        assert_eq!(here.change().await["job"], job["id"]);
        assert_eq!(there.change().await["job"], job["id"]);
        farm.member().at(&second).approve(&job).await.done();
        assert_eq!(here.change().await["kind"], "job.approved");
    }

    async fn a_broken_stream_goes_on_without_gaps_or_doubles(farm) {
        let (member, guest) = (farm.member(), farm.guest());
        let (printer, _machine) = farm.bench("Bench 1").await;
        let mut events = member.events().await;
        let first = guest.send_job(printer, "first").await;
        assert_eq!(events.change().await["job"], first["id"]);
        let last = events.last_id;
        drop(events);
        let mut expected = Vec::new();
        for n in 0..4 {
            let job = guest.send_job(printer, &format!("missed {n}")).await;
            member.reject(&job, None).await.done();
            expected.extend([job["id"].clone(), job["id"].clone()]);
        }
        let mut events = member.events_after(last).await;
        let mut seen = Vec::new();
        let mut sequences = Vec::new();
        for _ in 0..8 {
            let change = events.change().await;
            seen.push(change["job"].clone());
            sequences.push(change["seq"].as_i64().unwrap());
        }
        assert_eq!(seen, expected);
        assert!(sequences.windows(2).all(|pair| pair[0] < pair[1]), "{sequences:?}");
        assert_eq!(events.changes_within(A_WHILE).await.len(), 0, "no doubles");
        // An id from the future is of another database: begin anew, and hear what comes.
        let mut events = member.events_after(Some(1_000_000)).await;
        guest.send_job(printer, "last").await;
        assert_eq!(events.change().await["kind"], "job.accepted");
        // From the very beginning, by pages of the journal: everything this person may see, in order.
        let mut events = member.events_after(Some(0)).await;
        let newest = farm.number("SELECT seq AS n FROM journal_head WHERE org = $1", testkit::params![farm.org()]).await;
        let mut all = events.changes_until(|change| change["seq"] == newest).await;
        all.extend(events.changes_within(A_WHILE).await);
        let sequences: Vec<i64> = all.iter().map(|change| change["seq"].as_i64().unwrap()).collect();
        assert_eq!(sequences, (1..=newest).collect::<Vec<_>>());
    }

    async fn many_events_while_nobody_reads_come_all(farm, Setup::new().approval_off()) {
        let (member, guest) = (farm.member(), farm.guest());
        let (printer, _machine) = farm.bench("Bench 1").await;
        let mut events = member.events().await;
        let upload = guest.upload(&testkit::gcode("many"), "many.gcode").await;
        for n in 0..40 {
            let request = json!({ "upload": upload, "printer": printer, "name": format!("part {n}") });
            guest.submit(&format!("key {n}"), request).await.done();
        }
        for _ in 0..40 {
            assert_eq!(events.change().await["kind"], "job.accepted");
        }
    }

    async fn a_guest_hears_nothing_of_others_jobs_and_a_stranger_nothing_at_all(farm) {
        let (member, guest) = (farm.member(), farm.guest());
        let (shared, _one) = farm.bench("Bench 1").await;
        let machine = farm.virtual_printer();
        let private = farm.admin().add_printer("Private bench", &machine, false).await;
        let (mut guests, mut members) = (guest.events().await, member.events().await);
        let mut strangers = farm.stranger().events().await;
        let other = farm.person("Gerd Guest", Role::Guest).await;
        let job = other.send_job(shared, "theirs").await;
        member.approve(&job).await.done();
        let hidden = farm.admin().send_job(private, "hidden").await;
        let own = guest.send_job(shared, "own").await;
        // Events come in their order: what was not heard before one's own is not heard any more.
        let mut heard = guests.changes_until(|change| change["job"] == own["id"]).await;
        heard.extend(guests.changes_within(A_WHILE).await);
        let of = |id: &Value| heard.iter().filter(|change| change["job"] == *id).count();
        assert_eq!((of(&job["id"]), of(&hidden["id"]), of(&own["id"])), (0, 0, 1), "{heard:?}");
        // Of a shared printer a Guest learns that something moved, not what; of a private one nothing.
        let moved: Vec<_> = heard.iter().filter(|change| change["kind"] == "printer.changed").collect();
        assert!(!moved.is_empty() && moved.iter().all(|change| change["job"].is_null()), "{heard:?}");
        assert!(heard.iter().all(|change| change["printer"] != json!(private)), "{heard:?}");
        let mut heard = members.changes_until(|change| change["job"] == own["id"]).await;
        heard.extend(members.changes_within(A_WHILE).await);
        assert!(heard.iter().any(|change| change["job"] == job["id"]), "{heard:?}");
        assert!(heard.iter().all(|change| change["job"] != hidden["id"] && change["printer"] != json!(private)), "{heard:?}");
        assert_eq!(strangers.changes_within(A_WHILE).await, [Value::Null; 0]);
        let missed = farm.stranger().events_after(Some(0)).await.changes_within(A_WHILE).await;
        assert!(missed.iter().all(|change| change["job"].is_null() && change["printer"].is_null()), "{missed:?}");
        farm.newcomer().no_events().await.expect(403, "no_organization");
        farm.nobody().no_events().await.expect(401, "not_signed_in");
    }

    async fn what_a_person_loses_they_hear_no_more(farm) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let (printer, _machine) = farm.bench("Bench 1").await;
        let mut events = member.events().await;
        admin.share_printer(printer, false).await;
        events.changes_within(A_WHILE).await;
        let job = admin.send_job(printer, "secret").await;
        let heard = events.changes_within(A_WHILE).await;
        assert!(heard.iter().all(|change| change["job"] != job["id"]), "{heard:?}");
        admin.share_printer(printer, true).await;
        admin.change_role(&member, "guest").await.done();
        events.changes_within(A_WHILE).await;
        let job = guest.send_job(printer, "of a Guest").await;
        let heard = events.changes_within(A_WHILE).await;
        assert!(heard.iter().all(|change| change["job"] != job["id"]), "{heard:?}");
    }

    async fn a_stream_ends_with_the_membership_and_with_the_session(farm) {
        let (admin, guest, member) = (farm.admin(), farm.guest(), farm.member());
        let mut events = guest.events().await;
        admin.remove_person(&guest).await.done();
        while let Some(event) = events.next().await {
            assert_ne!(event.data["kind"], "person.removed", "a removed person hears nothing more");
        }
        let there = member.another_browser().await;
        let (mut here, mut gone) = (member.events().await, there.events().await);
        let sessions = member.get("/sessions").await.items();
        let other = sessions.iter().find(|s| s["current"] == false).unwrap();
        member.delete(&format!("/sessions/{}", other["id"].as_str().unwrap())).await.done();
        assert_eq!(gone.next().await, None);
        assert!(here.within(A_WHILE).await.is_err(), "the own stream goes on");
        member.delete("/session").await.done();
        assert_eq!(here.next().await, None);
    }

    async fn what_a_printer_says_comes_without_polling(farm) {
        let (printer, machine) = farm.bench("Bench 1").await;
        let mut events = farm.guest().events().await;
        let _dispatching = farm.dispatch();
        let first = events.next().await.unwrap();
        assert_eq!((first.event.as_str(), &first.data["printer"]), ("printer", &json!(printer)));
        while farm.guest().printer(printer).await.ok()["status"] != "ready" {
            events.next().await.unwrap();
        }
        drop(machine);
        let gone = tokio::time::timeout(Duration::from_secs(20), async {
            while farm.guest().printer(printer).await.ok()["status"] != "offline" {
                events.next().await.unwrap();
            }
        });
        gone.await.unwrap();
    }
}
