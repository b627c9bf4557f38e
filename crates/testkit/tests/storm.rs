//! Everybody at once: no dead ends, no answers of the kind "something went wrong", and everything still holds.

#![expect(clippy::unwrap_used, reason = "a failed test says where")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use testkit::{Actor, Engine, Role, Value, both_engines, json};

/// Fewer acts than this are no storm.
const ENOUGH: usize = 100;

/// Numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % n as u64).unwrap()
    }
}

both_engines! {
    async fn everybody_at_once_ends_in_order(farm) {
        let (admin, guest) = (farm.admin(), farm.guest());
        let other = farm.person("Olga Other", Role::Admin).await;
        let mut machines = Vec::new();
        let mut printers = Vec::new();
        for n in 0..3 {
            let (printer, machine) = farm.bench(&format!("Bench {n}")).await;
            machine.set_speed(testkit::Speed::Whole(Duration::from_millis(80)));
            printers.push(printer);
            machines.push(machine);
        }
        let upload = guest.upload(&testkit::gcode("storm"), "storm.gcode").await;
        let second = if farm.engine() == Engine::Postgres { Some(farm.second_server().await) } else { None };
        let mut dispatching = vec![farm.dispatch()];
        dispatching.extend(second.as_ref().map(testkit::Server::dispatch));
        // Six seconds; a slow machine goes on until enough was done.
        let (until, latest) = (Instant::now() + Duration::from_secs(6), Instant::now() + Duration::from_secs(60));
        let acts = Arc::new(AtomicUsize::new(0));
        let mut workers = Vec::new();
        for (n, person) in [&admin, &farm.member(), &other, &guest, &guest, &farm.member()].into_iter().enumerate() {
            let person = second.as_ref().filter(|_| n % 2 == 1).map_or_else(|| person.clone(), |server| person.at(server));
            let (printers, guest, member, acts) = (printers.clone(), guest.clone(), farm.member(), Arc::clone(&acts));
            workers.push(tokio::spawn(async move {
                let mut dice = Dice(n as u64 + 1);
                let mut seen: BTreeMap<(u16, String), usize> = BTreeMap::new();
                while Instant::now() < until || (acts.load(Ordering::Relaxed) <= ENOUGH && Instant::now() < latest) {
                    let answer = one_act(&person, &mut dice, &printers, upload, &guest, &member).await;
                    acts.fetch_add(1, Ordering::Relaxed);
                    *seen.entry((answer.status, answer.code().to_owned())).or_default() += 1;
                    assert!(answer.status < 500, "{answer}");
                }
                seen
            }));
        }
        let mut all: BTreeMap<(u16, String), usize> = BTreeMap::new();
        for worker in workers {
            for (answer, n) in worker.await.unwrap() {
                *all.entry(answer).or_default() += n;
            }
        }
        println!("{:?}: {all:?}", farm.engine());
        for one in dispatching {
            assert!(one.is_running());
            one.stop().await;
        }
        let admins = "SELECT COUNT(*) AS n FROM membership WHERE role = 'admin' AND removed_at IS NULL AND org = $1";
        assert!(farm.number(admins, testkit::params![farm.org()]).await >= 1);
        assert!(all.len() > 4 && all.values().sum::<usize>() > ENOUGH, "{all:?}");
    }
}

/// One thing that somebody might do now.
async fn one_act(
    person: &Actor,
    dice: &mut Dice,
    printers: &[testkit::Uuid],
    upload: testkit::Uuid,
    guest: &Actor,
    member: &Actor,
) -> testkit::Answer {
    let printer = printers[dice.below(printers.len())];
    let another = printers[dice.below(printers.len())];
    let tab = ["needs_approval", "queue", "printing", "history"][dice.below(4)];
    let jobs = person.get(&format!("/print-jobs?tab={tab}&limit=20")).await;
    let jobs = jobs.body["items"].as_array().cloned().unwrap_or_default();
    let job = if jobs.is_empty() { Value::Null } else { jobs[dice.below(jobs.len())].clone() };
    let send = || async {
        let name = format!("part {}", testkit::Uuid::new_v4());
        guest.submit(&name, json!({ "upload": upload, "printer": printer, "name": name })).await
    };
    let roles = ["guest", "member", "member", "admin"];
    match dice.below(if job.is_null() { 7 } else { 20 }) {
        0..=2 => send().await,
        3 => {
            let shown = person.printer(printer).await;
            let run = shown.body["plate"]["run"].clone();
            person.post(&format!("/printers/{printer}/plate-clear"), json!({ "run": run })).await
        }
        4 => {
            let version = person.get("/settings").await.body["version"].clone();
            person.put("/settings", json!({ "version": version, "approval_on": dice.below(2) == 0 })).await
        }
        5 => person.change_role(member, roles[dice.below(4)]).await,
        6 => {
            let enabled = dice.below(4) > 0;
            person.patch(&format!("/printers/{printer}"), json!({ "enabled": enabled })).await
        }
        7..=10 => person.approve(&job).await,
        11 => person.reject(&job, None).await,
        12 => person.send_back(&job, "Why?").await,
        13 => person.take_back(&job).await,
        14 => person.act(&job, "withdraw", json!({})).await,
        15 => person.reroute(&job, another).await,
        16 => person.reprint(&job).await,
        17 => person.act(&job, "move", json!({ "direction": if dice.below(2) == 0 { "up" } else { "down" } })).await,
        18 => person.share_printer_with(printer, dice.below(3) > 0, &[]).await,
        _ => person.act(&job, "abort", json!({})).await,
    }
}
