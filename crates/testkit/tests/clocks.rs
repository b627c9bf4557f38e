//! The database's clock lies: it jumps a day and ten years, forward and back, stands still, and goes 100 times too fast, at
//! every stage of a print job (dispatch.md 2.6). Nothing unapproved starts and nothing prints twice (S1, S2); what else
//! happens is what the table there says. The judge of prints is the printer's own ledger.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is a failed test")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use testkit::{Actor, Engine, Farm, Fault, Machine, Setup, Speed, Uuid, Value, both_engines, json, params};

const DAY: Duration = Duration::from_secs(24 * 3600);
const TEN_YEARS: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// How often the test looks where jobs are; every step of a print lasts longer there.
const A_LOOK: Duration = Duration::from_millis(30);

/// How long nothing must happen: a dispatcher looks twenty times a second.
const A_WHILE: Duration = Duration::from_millis(500);

fn id(job: &Value) -> Uuid {
    job["id"].as_str().unwrap().parse().unwrap()
}

fn starts(machine: &Machine, job: &Value) -> usize {
    let ours = format!("imp-{}-", job["number"]);
    machine.ledger().iter().filter(|entry| entry.name.contains(&ours)).count()
}

/// Past the API, because a jump of the clock ends sessions.
async fn state(farm: &Farm, job: &Value) -> String {
    farm.rows("SELECT state FROM print_job WHERE id = $1", params![id(job)]).await[0].get("state").unwrap()
}

async fn becomes(farm: &Farm, job: &Value, wanted: &str) {
    for _ in 0..400 {
        if state(farm, job).await == wanted {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("the job never became {wanted}; it is {}", state(farm, job).await);
}

/// A Member at the printer with a fresh session: clears the plate, and answers by what the printer's ledger says.
async fn tend(farm: &Farm, printer: Uuid, machine: &Machine, jobs: &[Value]) {
    let member = farm.member();
    if !member.sign_in(&member.password).await.is_ok() {
        return; // the clock jumped in the middle of it
    }
    for job in jobs {
        if state(farm, job).await == "attention" {
            let outcome = if starts(machine, job) > 0 { "printed" } else { "did_not_print" };
            member.act(job, "resolve", json!({ "outcome": outcome, "plate_is_clear": true })).await;
        }
    }
    let shown = member.printer(printer).await;
    if shown.is_ok() {
        // Refused while something prints.
        let run = json!({ "run": shown.body["plate"]["run"] });
        member.post(&format!("/printers/{printer}/plate-clear"), run).await;
    }
}

/// A Member's jobs, and a Guest's that a Member has approved, in turn.
async fn jobs(farm: &Farm, printer: Uuid, count: usize) -> Vec<Value> {
    let mut jobs = Vec::new();
    for n in 0..count {
        let who: Actor = if n % 2 == 0 { farm.member() } else { farm.guest() };
        let job = who.send_job(printer, &format!("job {n}")).await;
        if n % 2 == 1 {
            farm.member().approve(&job).await.done();
        }
        jobs.push(job);
    }
    jobs
}

async fn all_end_once(farm: &Farm, printer: Uuid, machine: &Machine, jobs: &[Value]) {
    let until = tokio::time::Instant::now() + Duration::from_secs(180);
    loop {
        let mut open = 0;
        for job in jobs {
            open += usize::from(!matches!(state(farm, job).await.as_str(), "finished"));
            assert!(starts(machine, job) <= 1, "printed twice: {:?}", machine.ledger());
        }
        if open == 0 {
            break;
        }
        assert!(tokio::time::Instant::now() < until, "{open} jobs did not end: {:?}", machine.ledger());
        tend(farm, printer, machine, jobs).await;
        tokio::time::sleep(Duration::from_millis(60)).await;
    }
    for job in jobs {
        assert_eq!(starts(machine, job), 1, "{}", job["name"]);
    }
}

/// A jump of the clock.
fn turn(farm: &Farm, forward: bool, by: Duration) {
    if forward { farm.clock().advance(by) } else { farm.clock().turn_back(by) }
}

const JUMPS: [(bool, Duration); 4] = [(true, DAY), (true, TEN_YEARS), (false, DAY), (false, TEN_YEARS)];

/// Time enough for an upload and a start that are slow on purpose.
fn slow_steps() -> Setup {
    Setup::new().minutes(4).fake_clock().config(|config| {
        config.printer_timeouts.upload = Duration::from_secs(5);
        config.printer_timeouts.call = Duration::from_secs(2);
    })
}

/// The stages in which a server works on a job, or is about to.
const STAGES: [&str; 4] = ["queued", "claimed", "intent", "printing"];

/// Which jumps were made while a job was at which stage.
#[derive(Debug, Default)]
struct Jumps {
    made: BTreeSet<(&'static str, usize)>,
    /// One job gets one jump at each stage, so that it comes through.
    of_a_job: BTreeSet<(Uuid, &'static str)>,
}

impl Jumps {
    fn missing(&self) -> Vec<(&'static str, usize)> {
        let all = STAGES.iter().flat_map(|stage| (0..JUMPS.len()).map(move |jump| (*stage, jump)));
        all.filter(|at| !self.made.contains(at)).collect()
    }

    /// Looks where the jobs are and jumps, whenever a jump is missing there. A step lasts much longer than a look.
    async fn keep_jumping(&mut self, farm: &Farm) {
        loop {
            let mut at: BTreeMap<&str, Uuid> = BTreeMap::new();
            for row in farm.rows("SELECT id, state FROM print_job", &[]).await {
                let state: String = row.get("state").unwrap();
                let id = row.get("id").unwrap();
                if let Some(stage) = STAGES.into_iter().find(|stage| *stage == state)
                    && !self.of_a_job.contains(&(id, stage))
                {
                    at.insert(stage, id);
                }
            }
            // The rarest first: something is queued nearly always.
            let next = STAGES.iter().rev().find_map(|stage| {
                let jump = (0..JUMPS.len()).find(|jump| !self.made.contains(&(*stage, *jump)))?;
                Some((*stage, jump, *at.get(stage)?))
            });
            if let Some((stage, jump, id)) = next {
                let (forward, by) = JUMPS[jump];
                turn(farm, forward, by);
                self.made.insert((stage, jump));
                self.of_a_job.insert((id, stage));
            }
            // Besides, time passes as it does.
            farm.clock().advance(A_LOOK);
            tokio::time::sleep(A_LOOK).await;
        }
    }
}

both_engines! {
    /// The undo window is a comfort: a jump, whichever way, ends it. The approval stands, so nothing unapproved starts; a job
    /// that nobody has approved stays where it is.
    async fn s1_a_jump_in_the_undo_window(farm, Setup::new().fake_clock()) {
        let (printer, machine) = farm.bench("Bench 1").await;
        machine.set_speed(Speed::Whole(Duration::from_millis(100)));
        let _floor = farm.dispatch();
        let held = farm.guest().send_job(printer, "held").await;
        for (n, (forward, by)) in JUMPS.into_iter().enumerate() {
            let guest = farm.guest();
            guest.sign_in(&guest.password).await.done();
            let job = guest.send_job(printer, "window").await;
            tend(farm, printer, &machine, &[]).await;
            farm.member().approve(&job).await.done();
            tokio::time::sleep(A_WHILE).await;
            assert_eq!(machine.ledger().len(), n, "not before the window ends");
            turn(farm, forward, by);
            becomes(farm, &job, "finished").await;
            assert_eq!(starts(&machine, &job), 1);
            assert_eq!((state(farm, &held).await.as_str(), starts(&machine, &held)), ("held", 0));
        }
    }

    /// Back by less than an hour, the window is only longer.
    async fn s1_a_small_step_back_makes_the_undo_window_longer(farm, Setup::new().fake_clock()) {
        let (printer, machine) = farm.bench("Bench 1").await;
        let _floor = farm.dispatch();
        let job = farm.guest().send_job(printer, "window").await;
        farm.member().approve(&job).await.done();
        farm.clock().turn_back(Duration::from_secs(300));
        farm.clock().advance(Duration::from_secs(11));
        tokio::time::sleep(A_WHILE).await;
        assert!(machine.ledger().is_empty());
        farm.clock().advance(Duration::from_secs(300));
        becomes(farm, &job, "finished").await;
        assert_eq!(starts(&machine, &job), 1);
    }

    /// A clock that stands still: jobs that need no wait go on; an undo window does not end.
    async fn s2_a_clock_that_stands_still(farm, Setup::new().fake_clock()) {
        let (printer, machine) = farm.bench("Bench 1").await;
        machine.set_speed(Speed::Whole(Duration::from_millis(600)));
        let floor = farm.dispatch();
        let job = farm.member().send_job(printer, "at once").await;
        becomes(farm, &job, "printing").await;
        // Its process dies: with SQLite the next start takes it over, with PostgreSQL another process when time goes on.
        floor.crash().await;
        let _floor = farm.dispatch();
        if farm.engine() == Engine::Postgres {
            tokio::time::sleep(A_WHILE).await;
            assert_eq!(state(farm, &job).await, "printing");
            farm.clock().advance(Duration::from_secs(2));
        }
        becomes(farm, &job, "finished").await;
        assert_eq!(starts(&machine, &job), 1);
        farm.member().clear_plate(printer).await;
        let waits = farm.guest().send_job(printer, "window").await;
        farm.member().approve(&waits).await.done();
        tokio::time::sleep(A_WHILE).await;
        assert_eq!(state(farm, &waits).await, "queued");
        farm.clock().advance(Duration::from_secs(10));
        becomes(farm, &waits, "finished").await;
        assert_eq!(machine.ledger().len(), 2);
    }

    /// Each jump at each stage: while jobs wait, are sent, started or recovered after lost answers, and followed, by two
    /// processes where there can be two.
    async fn s2_jumps_at_every_stage_of_a_print(farm, slow_steps()) {
        let (printer, machine) = farm.bench("Bench 1").await;
        machine.set_speed(Speed::Whole(Duration::from_millis(500)));
        let faults = [Fault::LoseStartAnswer, Fault::IgnoreStart, Fault::LateStart { ms: 300 }, Fault::RefuseStart];
        faults.into_iter().for_each(|fault| machine.fault(fault));
        machine.always(Fault::DelayUpload { ms: 500 });
        machine.always(Fault::DelayStart { ms: 500 });
        let jobs = jobs(farm, printer, 8).await;
        let second = if farm.engine() == Engine::Postgres { Some(farm.second_server().await) } else { None };
        let _floors = (farm.dispatch(), second.as_ref().map(testkit::Server::dispatch));
        let mut jumps = Jumps::default();
        tokio::select! {
            () = jumps.keep_jumping(farm) => {}
            () = all_end_once(farm, printer, &machine, &jobs) => {}
        }
        assert_eq!(machine.ledger().len(), jobs.len());
        assert!(jumps.missing().is_empty(), "never jumped there: {:?}", jumps.missing());
    }

    /// 100 times too fast: a lease of one second is over ten milliseconds after each heartbeat.
    async fn s2_a_clock_that_is_100_times_too_fast(farm, Setup::new().fake_clock()) {
        let (printer, machine) = farm.bench("Bench 1").await;
        machine.set_speed(Speed::Whole(Duration::from_millis(150)));
        let jobs = jobs(farm, printer, 3).await;
        farm.clock().go(100);
        let second = if farm.engine() == Engine::Postgres { Some(farm.second_server().await) } else { None };
        let _floors = (farm.dispatch(), second.as_ref().map(testkit::Server::dispatch));
        machine.fault(Fault::LoseStartAnswer);
        all_end_once(farm, printer, &machine, &jobs).await;
        assert_eq!(machine.ledger().len(), jobs.len());
    }

    /// Sessions end a day too early, and that is all: people sign in again and find what they left.
    async fn a_jump_ends_sessions_and_nothing_else(farm, Setup::new().fake_clock()) {
        let (printer, _machine) = farm.bench("Bench 1").await;
        let job = farm.guest().send_job(printer, "left").await;
        for (forward, by) in JUMPS {
            let guest = farm.guest();
            guest.sign_in(&guest.password).await.done();
            turn(farm, forward, by);
            let seen = guest.job(&job).await;
            if forward {
                seen.expect(401, "not_signed_in");
                guest.sign_in(&guest.password).await.done();
            }
            assert_eq!(guest.job(&job).await.ok()["status"], "needs_approval");
        }
    }
}
