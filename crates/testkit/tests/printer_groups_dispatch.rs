//! Queued print jobs of a group go to whichever of its printers is free: once, only where the submitter and whoever authorized
//! them may print, and never after they were taken back (S1, S2; dispatch.md 2.5). The judges are the ledgers of the printers.

#![allow(clippy::unwrap_used, reason = "a failed test says where")]

use std::time::Duration;

use testkit::{Engine, Farm, Fault, Machine, Role, Setup, Uuid, Value, both_engines, json, params};

fn id(of: &Value) -> Uuid {
    of["id"].as_str().unwrap().parse().unwrap()
}

/// A printer with a machine of its own; its plate is clear, or not.
async fn bench(farm: &Farm, name: &str, shared: bool, clear: bool) -> (Uuid, Machine) {
    let machine = farm.virtual_printer();
    let printer = farm.admin().add_printer(name, &machine, shared).await;
    if clear {
        farm.admin().clear_plate(printer).await;
    }
    (printer, machine)
}

/// Starts of a job on these machines together.
fn starts(machines: &[&Machine], job: &Value) -> usize {
    let of = format!("/imp-{}-", job["number"]);
    let names = machines.iter().flat_map(|machine| machine.ledger()).map(|entry| format!("/{}", entry.name));
    names.filter(|name| name.contains(&of)).count()
}

/// Two printers of a group: the first cannot start anything, the second could.
struct Pair {
    busy: (Uuid, Machine),
    free: (Uuid, Machine),
    group: Value,
}

impl Pair {
    async fn new(farm: &Farm, shared: bool) -> Self {
        let busy = bench(farm, "A busy", true, false).await;
        let free = bench(farm, "B free", shared, true).await;
        let group = farm.admin().new_printer_group("Pair", &[busy.0, free.0]).await;
        Self { busy, free, group }
    }

    /// The free one has been seen idle.
    async fn seen(&self, farm: &Farm) {
        let until = tokio::time::Instant::now() + Duration::from_secs(20);
        while farm.admin().printer(self.free.0).await.ok()["status"] != "ready" {
            assert!(tokio::time::Instant::now() < until, "never seen idle");
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }

    fn machines(&self) -> [&Machine; 2] {
        [&self.busy.1, &self.free.1]
    }

    /// Sends a job that is approved by the Member for the printer that cannot start it.
    async fn approved(&self, farm: &Farm, name: &str) -> Value {
        let job = farm.guest().send_to_group(&self.group, name).await;
        assert_eq!(job["printer"]["name"], "A busy");
        let approved = farm.member().approve(&job).await.ok();
        assert_eq!((&approved["status"], &approved["printer"]["name"]), (&json!("queued"), &json!("A busy")));
        approved
    }
}

/// Nothing is moved, and nothing printed, for as long as several looks of the dispatcher take.
async fn stays(farm: &Farm, pair: &Pair, job: &Value, why: &str) {
    tokio::time::sleep(Duration::from_millis(500)).await;
    let now = farm.admin().job(job).await.ok();
    assert_eq!((&now["printer"]["name"], starts(&pair.machines(), job)), (&json!("A busy"), 0), "{why}: {now}");
}

/// As the dispatcher moves it, in a transaction of the test's own.
async fn assign(tx: &mut store::Tx, job: &Value, to: Uuid) -> bool {
    store::printer_groups::assign(tx, domain::JobId(id(job)), domain::PrinterId(to)).await.unwrap()
}

both_engines! {
    async fn a_queued_job_goes_to_the_free_printer_and_prints_once(farm) {
        let pair = Pair::new(farm, true).await;
        let job = pair.approved(farm, "part").await;
        let floor = farm.dispatch();
        let done = farm.guest().wait_status(&job, "finished").await;
        assert_eq!((&done["printer"]["name"], &done["printer_group"]["name"]), (&json!("B free"), &json!("Pair")));
        assert_eq!((pair.busy.1.ledger().len(), starts(&[&pair.free.1], &job)), (0, 1));
        assert_eq!(pair.free.1.ledger()[0].sha256, job["send_sha"].as_str().unwrap(), "the same bytes");
        // For the person who approved it before, and not as a new approval.
        let record = farm.guest().look(&job, "record").await.ok();
        assert_eq!((&record["kind"], &record["approved_by"], &record["printer"]), (&json!("group"), &json!("Mo Member"), &json!("B free")));
        assert_eq!(done["decision"]["by"]["name"], "Mo Member");
        floor.stop().await;
    }

    async fn a_printer_that_does_not_answer_or_is_off_is_no_reason_to_wait(farm) {
        let pair = Pair::new(farm, true).await;
        let (member, admin) = (farm.member(), farm.admin());
        admin.clear_plate(pair.busy.0).await;
        pair.busy.1.always(Fault::Unreachable { ms: 60_000, silent: false });
        let floor = farm.dispatch();
        let offline = member.send_to_group(&pair.group, "offline").await;
        assert_eq!(offline["printer"]["name"], "A busy");
        member.wait_status(&offline, "finished").await;
        admin.clear_plate(pair.free.0).await;
        admin.patch(&format!("/printers/{}", pair.free.0), json!({ "enabled": false })).await.done();
        let off = member.send_to_group(&pair.group, "off").await;
        assert_eq!(off["printer"]["name"], "A busy");
        admin.patch(&format!("/printers/{}", pair.busy.0), json!({ "enabled": false })).await.done();
        admin.patch(&format!("/printers/{}", pair.free.0), json!({ "enabled": true })).await.done();
        member.wait_status(&off, "finished").await;
        assert_eq!((starts(&pair.machines(), &offline), starts(&[&pair.free.1], &off)), (1, 1));
        floor.stop().await;
    }

    async fn a_pile_is_spread_over_the_group_each_job_once(farm) {
        let mut benches = Vec::new();
        for n in 0..4 {
            benches.push(bench(farm, &format!("Bench {n}"), true, true).await);
        }
        let ids: Vec<Uuid> = benches.iter().map(|(id, _)| *id).collect();
        let group = farm.admin().new_printer_group("Benches", &ids).await;
        for printer in &ids[1..] {
            farm.admin().patch(&format!("/printers/{printer}"), json!({ "enabled": false })).await.done();
        }
        let mut jobs = Vec::new();
        for n in 0..6 {
            jobs.push(farm.member().send_to_group(&group, &format!("part {n}")).await);
        }
        assert!(jobs.iter().all(|job| job["printer"]["name"] == "Bench 0"));
        for printer in &ids[1..] {
            farm.admin().patch(&format!("/printers/{printer}"), json!({ "enabled": true })).await.done();
        }
        let floor = farm.dispatch();
        let another = match farm.engine() {
            Engine::Postgres => Some(farm.second_server().await),
            Engine::Sqlite => None,
        };
        let second = another.as_ref().map(|server| server.dispatch());
        for job in &jobs[..4] {
            farm.member().wait_status(job, "finished").await;
        }
        for printer in &ids {
            farm.admin().clear_plate(*printer).await;
        }
        for job in &jobs[4..] {
            farm.member().wait_status(job, "finished").await;
        }
        let machines: Vec<&Machine> = benches.iter().map(|(_, machine)| machine).collect();
        for job in &jobs {
            assert_eq!(starts(&machines, job), 1, "{job}");
        }
        assert!(machines.iter().all(|machine| !machine.ledger().is_empty()), "every printer took part");
        floor.stop().await;
        if let Some(second) = second {
            second.stop().await;
        }
    }

    /// S1: what was unshared between the approval and the move is not printed on.
    async fn i2_it_never_moves_to_a_printer_that_the_submitter_or_the_approver_lost(farm) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let pair = Pair::new(farm, false).await;
        let guests = id(&admin.new_team("Guests", &[guest.id]).await);
        let team = admin.new_team("Members", &[member.id]).await;
        let members = id(&team);
        admin.share_printer_with(pair.free.0, false, &[guests, members]).await.done();
        let job = pair.approved(farm, "part").await;
        admin.share_printer_with(pair.free.0, false, &[members]).await.done();
        let floor = farm.dispatch();
        pair.seen(farm).await;
        stays(farm, &pair, &job, "the submitter lost it").await;
        admin.share_printer_with(pair.free.0, false, &[]).await.done();
        admin.share_printer_with(pair.free.0, false, &[guests]).await.done();
        stays(farm, &pair, &job, "the approver lost it").await;
        admin.share_printer_with(pair.free.0, false, &[]).await.done();
        admin.take_out_of_team(&team, member.id).await.done();
        admin.share_printer_with(pair.free.0, false, &[guests, members]).await.done();
        stays(farm, &pair, &job, "the approver is not in the team any more").await;
        // A demoted approver's word is not carried to another printer, even one that they see.
        admin.share_printer_with(pair.free.0, false, &[]).await.done();
        admin.put_into_team(&team, member.id).await.done();
        admin.change_role(&member, "guest").await.done();
        admin.share_printer_with(pair.free.0, false, &[guests, members]).await.done();
        stays(farm, &pair, &job, "the approver is a Guest").await;
        // Nor is one of somebody who left.
        admin.share_printer_with(pair.free.0, false, &[]).await.done();
        admin.change_role(&member, "member").await.done();
        admin.remove_person(&member).await.done();
        admin.share_printer_with(pair.free.0, true, &[]).await.done();
        stays(farm, &pair, &job, "the approver left").await;
        // With everything there again, it goes.
        let secret = admin.invite("member").await;
        member.accept(&secret).await.done();
        guest.wait_status(&job, "finished").await;
        assert_eq!(starts(&pair.machines(), &job), 1);
        floor.stop().await;
    }

    async fn apr_07_in_the_undo_window_it_stays_where_it_is(farm, Setup::new().undo_window(3)) {
        let pair = Pair::new(farm, true).await;
        let floor = farm.dispatch();
        pair.seen(farm).await;
        let job = pair.approved(farm, "part").await;
        stays(farm, &pair, &job, "it may still be taken back").await;
        farm.member().take_back(&job).await.done();
        tokio::time::sleep(Duration::from_millis(3_000)).await;
        stays(farm, &pair, &job, "it was").await;
        farm.member().approve(&job).await.done();
        farm.guest().wait_status(&job, "finished").await;
        assert_eq!(starts(&pair.machines(), &job), 1);
        floor.stop().await;
    }

    /// The move has all its locks when the job is taken back or withdrawn: that waits, and counts; nothing prints.
    async fn i3_moved_then_taken_back_or_withdrawn(farm) {
        let pair = Pair::new(farm, true).await;
        for verb in ["take-back", "withdraw"] {
            let job = pair.approved(farm, verb).await;
            let mut tx = farm.db().write().await.unwrap();
            assert!(assign(&mut tx, &job, pair.free.0).await);
            let member = farm.member();
            let mut act = Box::pin(member.act(&job, verb, json!({})));
            let early = tokio::time::timeout(Duration::from_millis(200), &mut act).await;
            assert!(early.is_err(), "{verb} waits: {early:?}");
            tx.commit().await.unwrap();
            act.await.done();
            let now = farm.admin().job(&job).await.ok();
            let left = if verb == "withdraw" { "withdrawn" } else { "needs_approval" };
            assert_eq!((&now["status"], &now["printer"]["name"]), (&json!(left), &json!("B free")));
            let none = "SELECT COUNT(*) AS n FROM print_job WHERE id = $1 AND state = 'held' AND authorization_id IS NOT NULL";
            assert_eq!(farm.number(none, params![id(&job)]).await, 0);
            let floor = farm.dispatch();
            pair.seen(farm).await;
            tokio::time::sleep(Duration::from_millis(400)).await;
            assert_eq!(starts(&pair.machines(), &job), 0, "{verb}");
            floor.stop().await;
            if verb == "take-back" {
                farm.member().reject(&job, Some("no")).await.done();
            }
        }
    }

    /// The other way round: what is decided first is not moved any more.
    async fn i3_taken_back_withdrawn_unshared_or_claimed_then_moved(farm) {
        let pair = Pair::new(farm, true).await;
        let refused = async |job: &Value, why: &str| {
            let before = farm.admin().job(job).await.ok();
            let mut tx = farm.db().write().await.unwrap();
            assert!(!assign(&mut tx, job, pair.free.0).await, "{why}");
            tx.commit().await.unwrap();
            assert_eq!(farm.admin().job(job).await.ok(), before, "{why}");
        };
        for verb in ["take-back", "withdraw"] {
            let job = pair.approved(farm, verb).await;
            farm.member().act(&job, verb, json!({})).await.done();
            refused(&job, verb).await;
            if verb == "take-back" {
                farm.member().reject(&job, Some("no")).await.done();
            }
        }
        let job = pair.approved(farm, "queued").await;
        farm.admin().share_printer_with(pair.free.0, false, &[]).await.done();
        refused(&job, "unshared").await;
        farm.admin().share_printer(pair.free.0, true).await;
        farm.exec("UPDATE printer SET bed = 'dirty' WHERE id = $1", params![pair.free.0]).await;
        refused(&job, "the plate is not clear").await;
        farm.exec("UPDATE printer SET bed = 'clear' WHERE id = $1", params![pair.free.0]).await;
        let other = farm.member().send_job(pair.free.0, "before it").await;
        refused(&job, "something waits there before it").await;
        farm.member().act(&other, "withdraw", json!({})).await.done();
        let outside = bench(farm, "Outside", true, true).await;
        let mut tx = farm.db().write().await.unwrap();
        assert!(!assign(&mut tx, &job, outside.0).await, "not in the group");
        assert!(!assign(&mut tx, &job, pair.busy.0).await, "where it is already");
        drop(tx);
        farm.admin().delete(&format!("/printer-groups/{}/printers/{}", id(&pair.group), pair.free.0)).await.done();
        refused(&job, "it left the group").await;
        farm.admin().put_into_group(&pair.group, pair.free.0).await.done();
        // A server has it: from then on it is not moved.
        farm.admin().clear_plate(pair.busy.0).await;
        let mut tx = farm.db().write().await.unwrap();
        let server = store::dispatch::Server { id: Uuid::new_v4(), epoch: 1, lease_ms: 60_000 };
        assert!(store::dispatch::claim(&mut tx, &server, domain::JobId(id(&job))).await.unwrap().is_some());
        assert!(!assign(&mut tx, &job, pair.free.0).await);
        drop(tx);
        // What was dropped is rolled back a moment later, and nobody waits for a lock here.
        let mut moved = false;
        for _ in 0..200 {
            let mut tx = farm.db().write().await.unwrap();
            moved = assign(&mut tx, &job, pair.free.0).await;
            drop(tx);
            if moved {
                break;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        assert!(moved, "nothing else was in the way");
    }

    /// The database itself carries no approval to a printer outside of the group, or of somebody else.
    async fn i2_the_database_refuses_a_group_authorization_that_continues_none(farm) {
        const COPY: &str = "INSERT INTO job_authorization (id, job, version, kind, actor, actor_role, upload_sha, send_sha, printer, decided_at, journal_seq) \
            SELECT $2, job, version, 'group', $3, actor_role, upload_sha, send_sha, $4, decided_at, journal_seq FROM job_authorization WHERE job = $1";
        let pair = Pair::new(farm, true).await;
        let outside = bench(farm, "Outside", true, true).await;
        let job = pair.approved(farm, "part").await;
        let (member, guest) = (farm.member().id, farm.guest().id);
        for (actor, printer, fine) in [(guest, pair.free.0, false), (member, outside.0, false), (member, pair.free.0, true)] {
            let mut tx = farm.db().write().await.unwrap();
            let written = tx.exec(COPY, params![id(&job), Uuid::new_v4(), actor, printer]).await;
            assert_eq!(written.is_ok(), fine, "{written:?}");
            drop(tx);
        }
    }

    /// People take back and withdraw while the dispatcher moves and starts: each job prints at most once, and never after it was
    /// taken away.
    async fn s2_races_with_people_lose_nothing_and_print_nothing_twice(farm, Setup::new().minutes(4)) {
        let pair = Pair::new(farm, true).await;
        let floor = farm.dispatch();
        let mut ends = Vec::new();
        for round in 0..10_u64 {
            let job = farm.guest().send_to_group(&pair.group, &format!("round {round}")).await;
            let person = farm.member();
            person.approve(&job).await.done();
            tokio::time::sleep(Duration::from_millis(round * 15)).await;
            let verb = if round % 2 == 0 { "take-back" } else { "withdraw" };
            let stopped = person.act(&job, verb, json!({})).await;
            if stopped.is_ok() {
                if verb == "take-back" {
                    tokio::time::sleep(Duration::from_millis(150)).await;
                    let held = person.job(&job).await.ok();
                    assert_eq!(held["status"], "needs_approval", "{held}");
                    person.reject(&job, Some("no")).await.done();
                }
            } else {
                farm.guest().wait_status(&job, "finished").await;
                farm.admin().clear_plate(pair.free.0).await;
            }
            ends.push((job, stopped.is_ok()));
        }
        floor.stop().await;
        for (job, stopped) in &ends {
            assert_eq!(starts(&pair.machines(), job), usize::from(!stopped), "{job}");
        }
        assert!(pair.busy.1.ledger().is_empty());
        println!("{:?}: {} of {} were stopped in time", farm.engine(), ends.iter().filter(|(_, stopped)| *stopped).count(), ends.len());
    }

    /// A Member's own job needs no approval; when they are a Guest by now, it is carried nowhere that a Guest's would not go.
    async fn a_job_without_approval_moves_for_its_submitter(farm) {
        let pair = Pair::new(farm, true).await;
        let maker = farm.person("Max Maker", Role::Member).await;
        let job = maker.send_to_group(&pair.group, "own").await;
        assert_eq!((&job["status"], &job["printer"]["name"]), (&json!("queued"), &json!("A busy")));
        farm.admin().change_role(&maker, "guest").await.done();
        let floor = farm.dispatch();
        pair.seen(farm).await;
        stays(farm, &pair, &job, "a Guest's job would need approval").await;
        farm.admin().change_role(&maker, "member").await.done();
        maker.wait_status(&job, "finished").await;
        let record = maker.look(&job, "record").await.ok();
        assert_eq!((&record["kind"], &record["approved_by"]), (&json!("group"), &json!("Max Maker")));
        assert_eq!(starts(&pair.machines(), &job), 1);
        floor.stop().await;
    }
}
