//! A faulty network between servers and printers: whatever it loses, delays, cuts, swallows or mixes up, nothing unapproved
//! starts, nothing is lost, nothing is printed twice, and once it is healthy again every job comes to its end within the
//! lease and ten seconds. A scripted person answers questions truthfully, by the machine's ledger.
//!
//! 200 runs; `IMPRIMATUR_RUNS` asks for more, `IMPRIMATUR_SEED` repeats. The last line is the judge's.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is a failed test")]

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use testkit::judge::{Accepted, Verdict, judge};
use testkit::{Actor, Dice, Engine, Farm, FaultProxy, Machine, Script, Setup, Speed, Uuid, Value, json};

/// The lease of the test configuration, and ten seconds.
const RECOVERY: Duration = Duration::from_secs(1 + 10);
/// Printers, each behind a network of its own.
const LANES: usize = 10;
/// How long a script waits for the start that it has trouble in store for.
const START_COMES: Duration = Duration::from_secs(2);
/// When a run is given up; the judge then finds the job without an end.
const GIVEN_UP: Duration = Duration::from_secs(60);

fn from_environment(name: &str) -> Option<u64> {
    Some(std::env::var(name).ok()?.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

#[expect(clippy::disallowed_methods, reason = "the ledgers of the virtual printers are written by this clock")]
fn now_ms() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

/// What the runs on one engine came to.
#[derive(Default)]
struct Season {
    accepted: Mutex<Vec<(Accepted, Value)>>,
    recoveries: Mutex<Vec<(Duration, u64)>>,
    troubles: Mutex<BTreeMap<String, usize>>,
    questions: AtomicUsize,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s1_s2_a_faulty_network_loses_nothing_and_repeats_nothing() {
    let runs = usize::try_from(from_environment("IMPRIMATUR_RUNS").unwrap_or(200)).unwrap();
    let seed = from_environment("IMPRIMATUR_SEED").unwrap_or_else(|| Uuid::new_v4().as_u64_pair().0);
    println!("seed {seed}: repeat with IMPRIMATUR_SEED={seed} IMPRIMATUR_RUNS={runs}");
    // One process on SQLite; two on PostgreSQL.
    let (one, two) = (runs / 2, runs - runs / 2);
    let since = Instant::now();
    let (one, two) = tokio::join!(season(Engine::Sqlite, one, seed), season(Engine::Postgres, two, seed ^ 1));
    let mut verdict = one;
    verdict.lost.extend(two.lost);
    verdict.twice.extend(two.twice);
    verdict.unapproved.extend(two.unapproved);
    println!("{:.1?} for everything", since.elapsed());
    println!("{}", verdict.line(runs));
    assert!(verdict.is_clean(), "seed {seed}: {verdict:#?}");
}

async fn season(engine: Engine, runs: usize, seed: u64) -> Verdict {
    let farm = Farm::start(engine, Setup::new().machines(LANES)).await;
    let second = if engine == Engine::Postgres { Some(farm.second_server().await) } else { None };
    let mut dispatching = vec![farm.dispatch()];
    dispatching.extend(second.as_ref().map(testkit::Server::dispatch));
    let season = Season::default();
    let mut lanes = Vec::new();
    for lane in 0..LANES.min(runs) {
        lanes.push(farm.bench_behind_a_proxy(&format!("Bench {lane}")).await);
    }
    let next = AtomicUsize::new(0);
    let work = lanes.iter().map(|(printer, machine, proxy)| {
        let (season, farm, next) = (&season, &farm, &next);
        let (guest, member) = match &second {
            Some(server) => (farm.guest().at(server), farm.member().at(server)),
            None => (farm.guest(), farm.member()),
        };
        async move {
            let lane = Lane { season, guest, member, printer: *printer, machine, proxy };
            loop {
                let run = next.fetch_add(1, Ordering::Relaxed);
                if run >= runs {
                    return;
                }
                lane.run(seed.wrapping_mul(1_000_003).wrapping_add(run as u64)).await;
            }
        }
    });
    futures(work).await;
    for one in dispatching {
        assert!(one.is_running(), "a dispatcher ended");
        one.stop().await;
    }
    let mut accepted = Vec::new();
    for (mut one, job) in season.accepted.into_inner().unwrap() {
        let answer = farm.admin().job(&job).await;
        one.status = answer.is_ok().then(|| answer.body["status"].as_str().unwrap().to_owned());
        accepted.push(one);
    }
    let ledger: Vec<_> = lanes.iter().flat_map(|(_, machine, _)| machine.ledger()).collect();
    let verdict = judge(&accepted, &ledger);
    farm.check().await;
    let troubles = season.troubles.into_inner().unwrap();
    let recoveries = season.recoveries.into_inner().unwrap();
    let (slowest, of_seed) = recoveries.iter().max().copied().unwrap_or_default();
    let attempts = farm.number("SELECT COUNT(*) AS n FROM attempt", &[]).await;
    println!(
        "{engine:?}: {} accepted, {attempts} attempts, {} starts, {} questions; {} troubles: {troubles:?}",
        accepted.len(),
        ledger.len(),
        season.questions.into_inner(),
        troubles.values().sum::<usize>(),
    );
    println!("{engine:?}: slowest recovery {slowest:.2?} (run {of_seed}), at most {RECOVERY:?}");
    println!("{engine:?}: {}", verdict.line(runs));
    assert!(slowest <= RECOVERY, "run {of_seed} took {slowest:?} after the network was healthy again");
    assert!(runs < 50 || (troubles.len() >= 10 && ledger.len() > runs / 3), "too little happened: {troubles:?}");
    verdict
}

/// All at once, in this task.
async fn futures(work: impl Iterator<Item = impl Future<Output = ()>>) {
    let mut open: Vec<_> = work.map(Box::pin).collect();
    std::future::poll_fn(|context| {
        open.retain_mut(|one| one.as_mut().poll(context).is_pending());
        if open.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}

struct Lane<'a> {
    season: &'a Season,
    guest: Actor,
    member: Actor,
    printer: Uuid,
    machine: &'a Machine,
    proxy: &'a FaultProxy,
}

impl Lane<'_> {
    /// One job through one script of trouble.
    async fn run(&self, seed: u64) {
        let mut dice = Dice::new(seed);
        self.machine.set_speed(Speed::Whole(Duration::from_millis(dice.between(30, 500))));
        self.proxy.follow(Script::from_seed(dice.any()));
        let trouble = Duration::from_millis(dice.between(300, 1500));
        let name = format!("run {seed}");
        let fate = dice.below(100);
        let before = now_ms();
        let by_member = fate < 20;
        let job = if by_member { &self.member } else { &self.guest }.send_job(self.printer, &name).await;
        let mut accepted = Accepted {
            number: job["number"].as_i64().unwrap(),
            sha: job["send_sha"].as_str().unwrap().to_owned(),
            approved_at: by_member.then_some(before),
            stopped_at: None,
            status: None,
        };
        let never_approved = (20..30).contains(&fate);
        if !by_member && !never_approved {
            accepted.approved_at = Some(now_ms());
            self.member.approve(&job).await.done();
        }
        if fate >= 88 {
            // Withdrawn at any moment: in time, or too late.
            tokio::time::sleep(Duration::from_millis(dice.between(0, 400))).await;
            if self.guest.act(&job, "withdraw", json!({})).await.is_ok() {
                accepted.stopped_at = Some(now_ms());
            }
        }
        let stopped = accepted.stopped_at.is_some();
        self.season.accepted.lock().unwrap().push((accepted, job.clone()));
        let mut healthy = None;
        let since = Instant::now();
        let ended = loop {
            // Trouble in store for the start is waited for, a while: on a busy machine the start comes late.
            let enough = since.elapsed() >= trouble && !self.proxy.waits_for_a_start();
            if healthy.is_none() && (enough || never_approved || stopped || since.elapsed() >= trouble + START_COMES) {
                self.proxy.heal();
                healthy = Some(Instant::now());
            }
            let seen = self.member.job(&job).await.ok();
            let status = seen["status"].as_str().unwrap().to_owned();
            let over = match status.as_str() {
                "finished" | "failed" | "withdrawn" | "rejected" => true,
                "needs_approval" => never_approved && healthy.is_some(),
                "needs_attention" => {
                    self.answer(&job).await;
                    false
                }
                "queued" => {
                    self.clear_if_it_is().await;
                    false
                }
                _ => false,
            };
            if over && (healthy.is_some() || !stopped) {
                break true;
            }
            if since.elapsed() > GIVEN_UP {
                break false;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        self.proxy.heal();
        let recovery = healthy.map_or(Duration::ZERO, |at| at.elapsed());
        self.season.recoveries.lock().unwrap().push((recovery, seed));
        if !ended || recovery > RECOVERY {
            let timeline = self.member.look(&job, "timeline").await;
            println!("run {seed}: {recovery:?}, {}\n{}", self.member.job(&job).await.body, timeline.body);
        }
        for trouble in self.proxy.take_done() {
            let word = format!("{trouble:?}").split(' ').next().unwrap().to_owned();
            *self.season.troubles.lock().unwrap().entry(word).or_default() += 1;
        }
        while self.machine.state().printing.is_some() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.clear_if_it_is().await;
    }

    /// What happened, by the machine itself.
    async fn answer(&self, job: &Value) {
        let ours = format!("imp-{}-", job["number"]);
        let ledger = self.machine.ledger();
        let outcome = match ledger.iter().rev().find(|start| start.name.contains(&ours)) {
            None => "did_not_print",
            Some(start) => match start.end.as_deref() {
                // It prints: a person would wait.
                None => return,
                Some("finished") => "printed",
                Some(_) => "failed",
            },
        };
        let said = json!({ "outcome": outcome, "plate_is_clear": true });
        if self.member.act(job, "resolve", said).await.is_ok() {
            self.season.questions.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Somebody looks at the plate, and says that it is clear unless something prints.
    async fn clear_if_it_is(&self) {
        let shown = self.member.printer(self.printer).await.ok();
        if shown["plate"]["clear"] == false && self.machine.state().printing.is_none() {
            let run = json!({ "run": shown["plate"]["run"] });
            // Refused while a print may be on it: then it is asked again.
            drop(self.member.post(&format!("/printers/{}/plate-clear", self.printer), run).await);
        }
    }
}
