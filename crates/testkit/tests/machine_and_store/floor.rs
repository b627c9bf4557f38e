//! Many jobs on some printers: chooses what happens next, does it on both sides, and compares.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Debug;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use access::table::{ClearPlate, DeletePrinter, EnablePrinter, RemovePerson, SeePrinter, SeePrinterGroup, SendJob};
use access::{Principal, permit};
use domain::job::{Authorization, Command, Lease};
use domain::{AccountId, Job, JobId, Micros, Move, OrgId, PrinterGroupId, PrinterId, RunId, Sha256, State, UploadId};
use store::idempotency::Key;
use store::jobs::{self, NewJob};
use store::{Tx, dispatch, printer_groups, printers};
use testkit::{Actor, Farm, Role, Row, Uuid, gcode, params};

use crate::mirror::{Kind, LEAVER, Mirror, MirrorJob, MirrorPrinter};
use crate::op::{Dice, LEASE_MS, Op, any, expect, makes_no_sense};
use crate::perform::{Came, Hands, Leaves, kind, perform};

const JOBS: usize = 80;
const PRINTERS: usize = 40;
/// The first of them are a group.
const IN_GROUP: usize = 20;

/// Both sides, and what was seen.
pub struct Floor {
    mirror: Mirror,
    hands: Hands,
    dice: Dice,
    people: [Principal; 3],
    group: PrinterGroupId,
    shas: Vec<Sha256>,
    /// Moves of jobs.
    pub moved: u64,
    /// Operations that both sides refused.
    pub refused: u64,
    /// Jobs accepted.
    pub accepted: u64,
    /// How operations ended.
    pub kinds: BTreeMap<String, u64>,
    /// What was chosen and what came of it, without the ids that each database makes for itself.
    trail: DefaultHasher,
}

impl Floor {
    pub async fn new(farm: &Farm, dice: Dice) -> Self {
        let leaver = farm.person("Leo Leaver", Role::Guest).await;
        let mut printers = Vec::new();
        for n in 0..PRINTERS {
            let id = farm.admin().add_printer_at(&format!("Printer {n}"), &format!("10.77.0.{n}"), true).await;
            let id = PrinterId(id);
            let group = n < IN_GROUP;
            let new =
                MirrorPrinter { id, n, group, enabled: true, removed: false, clear: false, run: None, foreign: false };
            printers.push(new);
        }
        let ids: Vec<Uuid> = printers[..IN_GROUP].iter().map(|printer| printer.id.0).collect();
        let group = farm.admin().new_printer_group("Group", &ids).await;
        let group = PrinterGroupId(group["id"].as_str().unwrap().parse().unwrap());
        let principal = |who: &Actor| Principal { account: AccountId(who.id), org: OrgId(farm.org()) };
        let people = [principal(&farm.guest()), principal(&farm.member()), principal(&leaver)];
        let mut files = Vec::new();
        for n in 0..4 {
            let upload = farm.guest().upload(&gcode(&format!("bytes {n}")), "part.gcode").await;
            let mut conn = farm.db().read().await.unwrap();
            let leave = permit::<SendJob>(&mut conn, people[0], OrgId(farm.org())).await.unwrap();
            let by = store::files::Uploader::to_print(&leave);
            files.push(store::files::of_upload(&mut conn, &by, UploadId(upload)).await.unwrap());
        }
        // The last bit of its id numbers a server.
        let mut servers = Vec::new();
        while servers.len() < 2 {
            let server = dispatch::boot(farm.db(), LEASE_MS).await.unwrap();
            if server.id.as_u128() & 1 == u128::try_from(servers.len()).unwrap() {
                servers.push(server);
            }
        }
        let servers = [servers[0], servers[1]];
        let now = farm.db().read().await.unwrap().now().await.unwrap();
        Self {
            mirror: Mirror { jobs: Vec::new(), printers, now, left: false, taken: HashSet::new() },
            shas: files.iter().map(|file| file.send_sha).collect(),
            hands: Hands { admin: principal(&farm.admin()), servers, files },
            dice,
            people,
            group,
            moved: 0,
            refused: 0,
            accepted: 0,
            kinds: BTreeMap::new(),
            trail: DefaultHasher::new(),
        }
    }

    /// The fingerprint of the way so far.
    pub fn trail(&self) -> u64 {
        self.trail.finish()
    }

    /// Rows of the machine's table that were taken.
    pub fn moves(&self) -> &HashSet<(Move, State, State)> {
        &self.mirror.taken
    }

    /// Up to eight seconds: leases run out, undo windows end.
    pub fn time_passes(&mut self, farm: &Farm) {
        let by = Duration::from_millis(self.dice.next() % 8_000);
        farm.clock().advance(by);
        self.mirror.now = Micros(self.mirror.now.0 + i64::try_from(by.as_micros()).unwrap());
    }

    /// The next thing, on both sides.
    pub async fn happens(&mut self, tx: &mut Tx) {
        let full = self.mirror.jobs.len() >= JOBS;
        let j = self.dice.below(self.mirror.jobs.len().max(1));
        let ended = full && self.mirror.jobs[j].job.state.is_end() && self.dice.one_in(3);
        if !full || ended {
            return self.accept(tx, ended.then_some(j)).await;
        }
        if self.dice.one_in(9) {
            return self.on_a_printer(tx).await;
        }
        if self.dice.one_in(700) {
            return self.leaver(tx).await;
        }
        let op = any(&mut self.dice, &self.mirror, j, &self.shas);
        if !makes_no_sense(&self.mirror, j, op) {
            self.on_a_job(tx, j, op).await;
        }
    }

    async fn on_a_job(&mut self, tx: &mut Tx, j: usize, op: Op) {
        op.word().hash(&mut self.trail);
        let servers = [self.hands.servers[0].id, self.hands.servers[1].id];
        let before = self.mirror.jobs[j].job;
        let expected = expect(&mut self.mirror, j, op, servers);
        let refused = !matches!(expected, Kind::Done | Kind::Nothing);
        if refused {
            tx.exec("SAVEPOINT op", &[]).await.unwrap();
        }
        let it = &mut self.mirror.jobs[j];
        let owner = self.people[it.owner];
        let random = u32::try_from(self.dice.next() >> 32).unwrap().to_le_bytes();
        let what = (it.job.id, it.number, before.printer);
        let how = (op, &mut it.leaves, it.tickets.as_slice(), random);
        let Came(kind, ticket) = perform(tx, &self.hands, owner, what, how).await;
        assert_eq!(kind, expected, "{op:?} on {before:#?}");
        if refused {
            // As the product does: whoever is refused drops the transaction.
            tx.exec("ROLLBACK TO SAVEPOINT op", &[]).await.unwrap();
            tx.exec("RELEASE SAVEPOINT op", &[]).await.unwrap();
        }
        if let Some(ticket) = ticket {
            assert_eq!(ticket.job().lease, it.job.lease, "{op:?}");
            it.tickets.push(ticket);
            if it.tickets.len() > 4 {
                it.tickets.remove(0);
            }
        }
        self.note(&before, j, kind);
        if refused {
            assert_eq!(self.mirror.jobs[j].job, before, "a refusal changes nothing");
        }
        self.compare(tx, j, &op).await;
    }

    fn note(&mut self, before: &Job, j: usize, kind: Kind) {
        *self.kinds.entry(format!("{kind:?}")).or_default() += 1;
        let after = self.mirror.jobs[j].job;
        let on = self.mirror.printer(after.printer).n;
        let came = (format!("{kind:?}"), before.state.word(), after.state.word(), after.state_version);
        (self.dice.0, j, on, came).hash(&mut self.trail);
        if !matches!(kind, Kind::Done | Kind::Nothing) {
            self.refused += 1;
            // Why a claim was not given is not said by the store; the pure machine knows.
            if kind == Kind::NotGiven && before.state == State::Queued {
                let facts = self.mirror.facts(j);
                let now = self.mirror.now;
                let claim = Command::Claim { owner: Uuid::nil(), until: now, now, printer: facts };
                if let Err(why) = before.step(claim) {
                    *self.kinds.entry(format!("claim {why:?}")).or_default() += 1;
                }
            }
        }
        if after.state_version != before.state_version {
            self.moved += 1;
        }
    }

    /// A new job, in the place of one that has ended. Guests' jobs are held.
    async fn accept(&mut self, tx: &mut Tx, place: Option<usize>) {
        let owner = self.dice.below(if self.mirror.left { 2 } else { 3 });
        let to_group = self.dice.one_in(2);
        let any = self.mirror.printers[self.dice.below(PRINTERS)];
        let printer = match self.mirror.choose(None).filter(|_| to_group) {
            Some(chosen) => *self.mirror.printer(chosen),
            None => any,
        };
        let to_group = to_group && self.mirror.choose(None).is_some();
        if printer.removed {
            return;
        }
        let (who, file) = (self.people[owner], &self.hands.files[self.dice.below(self.hands.files.len())]);
        let send = permit::<SendJob>(tx, who, who.org).await.unwrap();
        let seen = permit::<SeePrinter>(tx, who, printer.id).await.unwrap();
        let key = Key::new(format!("{:x}", self.dice.next()), "a job");
        let mut group = None;
        if to_group {
            let leave = permit::<SeePrinterGroup>(tx, who, self.group).await.unwrap();
            let chosen = printer_groups::for_request(tx, &leave).await.unwrap();
            assert_eq!(chosen.printer(), printer.id, "the one with the fewest open jobs");
            group = Some(chosen);
        }
        let new = NewJob { name: "part".into(), note: None, key, group };
        let id = jobs::submit(tx, &send, &seen, file, new).await.unwrap();
        let row = tx.one("SELECT number FROM print_job WHERE id = $1", params![id]).await.unwrap();
        let held = owner != 1;
        let job = Job {
            id,
            org: who.org,
            submitter: who.account,
            project: None,
            printer: printer.id,
            version: 1,
            upload_sha: file.upload_sha,
            send_sha: file.send_sha,
            state: if held { State::Held } else { State::Queued },
            state_version: 1,
            authorization: (!held).then_some(Authorization {
                id: Uuid::nil(),
                version: 1,
                send_sha: file.send_sha,
                printer: printer.id,
            }),
            not_before: Micros(0),
            attempt: 0,
            lease: Lease { owner: None, token: 0, until: Micros(0) },
            abort_requested: false,
        };
        let (number, tickets) = (row.get("number").unwrap(), Vec::new());
        let it = MirrorJob {
            job,
            number,
            gate: held,
            leaves: Leaves::default(),
            decided: false,
            wish: None,
            run: None,
            owner,
            group: to_group,
            tickets,
        };
        let j = match place {
            Some(j) => {
                self.mirror.jobs[j] = it;
                j
            }
            None => {
                self.mirror.jobs.push(it);
                self.mirror.jobs.len() - 1
            }
        };
        self.accepted += 1;
        self.moved += 1;
        self.compare(tx, j, &"accepted").await;
    }

    /// Mostly one that cannot take a job now.
    fn printer_to_visit(&mut self) -> usize {
        let any = self.dice.below(PRINTERS);
        let waits = |p: &MirrorPrinter| !p.clear || p.removed || !p.enabled;
        let from_there = (any..PRINTERS).chain(0..any);
        if self.dice.one_in(4) {
            any
        } else {
            from_there.into_iter().find(|n| waits(&self.mirror.printers[*n])).unwrap_or(any)
        }
    }

    /// Plates, switches, removals, prints that are not ours.
    async fn on_a_printer(&mut self, tx: &mut Tx) {
        let n = self.printer_to_visit();
        n.hash(&mut self.trail);
        let p = self.mirror.printers[n];
        let admin = self.hands.admin;
        let on_it = |it: &MirrorJob, asked: bool| {
            let state = it.job.state;
            it.job.printer == p.id
                && (matches!(state, State::Intent | State::Printing) || asked && state == State::Attention)
        };
        let ours = self.mirror.jobs.iter().any(|it| on_it(it, true));
        // Most printers are there, on and clear most of the time: else nothing would move.
        let what = match self.dice.below(40) {
            _ if p.removed && self.dice.one_in(3) => 1,
            _ if !p.enabled && self.dice.one_in(3) => 0,
            dice => dice,
        };
        match what {
            0 => {
                let leave = permit::<EnablePrinter>(tx, admin, p.id).await.unwrap();
                let enabled = !p.enabled;
                printers::enable(tx, &leave, enabled).await.unwrap();
                self.mirror.printers[n].enabled = enabled;
            }
            1 => {
                let leave = permit::<DeletePrinter>(tx, admin, p.id).await.unwrap();
                let removed = !p.removed;
                printers::remove(tx, &leave, removed, &|_, _| false).await.unwrap();
                self.mirror.printers[n].removed = removed;
                let running = (0..self.mirror.jobs.len()).find(|j| on_it(&self.mirror.jobs[*j], false));
                if let Some(j) = running.filter(|_| removed) {
                    let before = self.mirror.jobs[j].job;
                    self.mirror.step(j, Command::CannotKnow { token: None }).expect("always legal");
                    self.note(&before, j, Kind::Done);
                    self.compare(tx, j, &"its printer was removed").await;
                }
            }
            2 => {
                printers::foreign_print(tx, admin.org, p.id).await.unwrap();
                if !ours && (p.clear || !p.foreign) {
                    let run = tx.one("SELECT bed_run FROM printer WHERE id = $1", params![p.id]).await.unwrap();
                    let m = &mut self.mirror.printers[n];
                    (m.clear, m.foreign, m.run) = (false, true, run.get("bed_run").unwrap());
                    assert_ne!(m.run, p.run, "a run of its own");
                }
            }
            dice => {
                let leave = permit::<ClearPlate>(tx, admin, p.id).await.unwrap();
                let stale = dice == 3;
                let run = if stale { Some(Uuid::nil()) } else { p.run };
                let expected = match (ours, stale) {
                    (true, _) => Kind::Rule("printer_busy"),
                    (false, true) => Kind::Changed,
                    (false, false) => Kind::Done,
                };
                let done = printers::clear_plate(tx, &leave, run.map(RunId)).await.map_or_else(kind, |()| Kind::Done);
                assert_eq!(done, expected, "clearing the plate of {p:?}");
                if done == Kind::Done && !p.clear {
                    let m = &mut self.mirror.printers[n];
                    (m.clear, m.foreign) = (true, false);
                }
            }
        }
        const Q: &str = "SELECT enabled, removed_at, bed, bed_run, bed_foreign FROM printer WHERE id = $1";
        same_printer(&self.mirror.printers[n], &tx.one(Q, params![p.id]).await.unwrap());
    }

    /// The leaver goes, with what was queued held; or comes back.
    #[expect(clippy::disallowed_methods, reason = "the test stands for the operator")]
    async fn leaver(&mut self, tx: &mut Tx) {
        let (admin, person) = (self.hands.admin, self.people[LEAVER].account);
        self.mirror.left = !self.mirror.left;
        if !self.mirror.left {
            let leave = store::organizations::Founding::by_operator();
            store::people::add_by_operator(tx, &leave, admin.org, person, domain::Role::Guest).await.unwrap();
            return;
        }
        let leave = permit::<RemovePerson>(tx, admin, admin.org).await.unwrap();
        let held = store::people::remove(tx, &leave, person).await.unwrap();
        let mut expected = 0;
        for j in 0..self.mirror.jobs.len() {
            let before = self.mirror.jobs[j].job;
            if before.submitter == person && self.mirror.step(j, Command::HoldFormerPerson).is_ok() {
                expected += 1;
                self.note(&before, j, Kind::Done);
                self.compare(tx, j, &"its submitter left").await;
            }
        }
        assert_eq!(held, expected);
    }

    /// The job as stored is the job of the machine, and so is its printer.
    async fn compare(&mut self, tx: &mut Tx, j: usize, after: &dyn Debug) {
        const Q: &str = "SELECT j.state, j.state_version, j.version, j.upload_sha, j.send_sha, j.printer, j.not_before, j.attempt, \
            j.lease_owner, j.lease_token, j.lease_until, j.abort_requested, j.wish, j.run, j.authorization_id, j.decision, j.printer_group, \
            z.job AS z_job, z.version AS z_version, z.send_sha AS z_send_sha, z.printer AS z_printer, \
            p.enabled, p.removed_at, p.bed, p.bed_run, p.bed_foreign \
            FROM print_job j JOIN printer p ON p.id = j.printer \
            LEFT JOIN job_authorization z ON z.id = j.authorization_id WHERE j.id = $1";
        let it = &mut self.mirror.jobs[j];
        let row = tx.one(Q, params![it.job.id]).await.unwrap();
        let authorization = row.get::<Option<Uuid>>("authorization_id").unwrap().map(|id| {
            assert_eq!(row.get::<Option<JobId>>("z_job").unwrap(), Some(it.job.id), "an authorization of this job");
            Authorization {
                id,
                version: row.get("z_version").unwrap(),
                send_sha: row.get("z_send_sha").unwrap(),
                printer: row.get("z_printer").unwrap(),
            }
        });
        // The store makes the id of an authorization; whether there is one, and for what, is the machine's.
        if let (Some(ours), Some(stored)) = (&mut it.job.authorization, &authorization) {
            ours.id = stored.id;
        }
        let stored = Job {
            printer: row.get("printer").unwrap(),
            version: row.get("version").unwrap(),
            upload_sha: row.get("upload_sha").unwrap(),
            send_sha: row.get("send_sha").unwrap(),
            state: row.get("state").unwrap(),
            state_version: row.get("state_version").unwrap(),
            authorization,
            not_before: row.get("not_before").unwrap(),
            attempt: row.get("attempt").unwrap(),
            lease: Lease {
                owner: row.get("lease_owner").unwrap(),
                token: row.get("lease_token").unwrap(),
                until: row.get("lease_until").unwrap(),
            },
            abort_requested: row.get("abort_requested").unwrap(),
            ..it.job
        };
        assert_eq!(stored, it.job, "stored, and by the machine, after {after:?}");
        assert_eq!(row.get::<Option<String>>("wish").unwrap().as_deref(), it.wish, "after {after:?}");
        assert_eq!(row.get::<Option<String>>("decision").unwrap().is_some(), it.decided, "after {after:?}");
        assert_eq!(row.get::<Option<Uuid>>("printer_group").unwrap().is_some(), it.group, "after {after:?}");
        let run: Option<Uuid> = row.get("run").unwrap();
        let (printer, began) = (it.job.printer, run != it.run);
        assert!(!began || it.job.state == State::Intent, "a run begins with an intent only: {after:?}");
        it.run = run;
        if began {
            self.mirror.printer_mut(printer).run = run;
        }
        same_printer(self.mirror.printer(printer), &row);
    }
}

fn same_printer(p: &MirrorPrinter, row: &Row) {
    let stored = (
        row.get::<bool>("enabled").unwrap(),
        row.get::<Option<i64>>("removed_at").unwrap().is_some(),
        row.get::<String>("bed").unwrap() == "clear",
        row.get::<Option<Uuid>>("bed_run").unwrap(),
        row.get::<bool>("bed_foreign").unwrap(),
    );
    assert_eq!(stored, (p.enabled, p.removed, p.clear, p.run, p.foreign), "the printer");
}
