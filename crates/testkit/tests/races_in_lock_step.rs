//! The rows of dispatch.md 2.4 and 2.7 as ordered pairs: an approval against everything that could make it wrong, and the
//! other way round. The first of the two has taken all its locks and stands before its commit when the second starts; the
//! second must then wait, and what it finds afterwards decides. The judges are the answers, the order of the journal, the
//! state that is left, and the ledger of the printer: it prints if and only if a valid authorization is left.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is a failed test")]

use std::time::Duration;

use testkit::{Actor, Answer, Engine, Farm, Machine, Role, Uuid, Value, both_engines, json, params};

/// How long a transaction that has to wait for SQLite's one writer is watched not to answer.
const WATCHED: Duration = Duration::from_millis(120);

/// What happens beside the approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rival {
    ApproverLosesTheRole,
    Rejected,
    Withdrawn,
    ApprovalSwitchedOff,
    PrinterUnshared,
    /// The project that the job came from.
    ProjectUnshared,
    ApproverRemoved,
    SubmitterRemoved,
    PrinterRemoved,
    Rerouted,
}

impl Rival {
    /// The kind of its journal row.
    fn kind(self) -> &'static str {
        match self {
            Self::ApproverLosesTheRole => "person.role_changed",
            Self::Rejected => "job.rejected",
            Self::Withdrawn => "job.withdrawn",
            Self::ApprovalSwitchedOff => "settings.approval_off",
            Self::PrinterUnshared => "printer.unshared",
            Self::ProjectUnshared => "project.unshared",
            Self::ApproverRemoved | Self::SubmitterRemoved => "person.removed",
            Self::PrinterRemoved => "printer.removed",
            Self::Rerouted => "job.rerouted",
        }
    }
}

/// One job that waits for a decision, with those who act on it.
struct Scene<'a> {
    farm: &'a Farm,
    approver: Actor,
    submitter: Actor,
    job: Value,
    bench: (Uuid, Machine),
    other: (Uuid, Machine),
    /// The library project that the job came from, if any.
    project: Option<Value>,
}

impl<'a> Scene<'a> {
    async fn new(farm: &'a Farm) -> Self {
        let (bench, other) = (farm.bench("Bench 1").await, farm.bench("Bench 2").await);
        let approver = farm.person("Ann Approver", Role::Member).await;
        let submitter = farm.person("Sue Submitter", Role::Guest).await;
        let job = submitter.send_job(bench.0, "race").await;
        assert_eq!(job["status"], "needs_approval");
        Self { farm, approver, submitter, job, bench, other, project: None }
    }

    /// The job came from a project of the Admin, which is shared with everybody.
    async fn in_a_project(farm: &'a Farm) -> Self {
        let scene = Self::new(farm).await;
        let project = farm.admin().new_project("Parts").await;
        farm.admin().share(&project, true, &[]).await.done();
        farm.from_project(&scene.job, project["id"].as_str().unwrap().parse().unwrap()).await;
        assert_eq!(scene.approver.job(&scene.job).await.ok()["locked"], false);
        Self { project: Some(project), ..scene }
    }

    async fn approve(&self) -> Answer {
        let shown =
            json!({ "version": self.job["version"], "send_sha": self.job["send_sha"], "printer": self.bench.0 });
        self.approver.act(&self.job, "approve", shown).await
    }

    async fn rival(&self, rival: Rival) -> Answer {
        let admin = self.farm.admin();
        match rival {
            Rival::ApproverLosesTheRole => admin.change_role(&self.approver, "guest").await,
            Rival::Rejected => admin.reject(&self.job, Some("no")).await,
            Rival::Withdrawn => self.submitter.act(&self.job, "withdraw", json!({})).await,
            Rival::ApprovalSwitchedOff => admin.settings(json!({ "approval_on": false })).await,
            Rival::PrinterUnshared => admin.share_printer_with(self.bench.0, false, &[]).await,
            Rival::ProjectUnshared => admin.share(self.project.as_ref().expect("a project"), false, &[]).await,
            Rival::ApproverRemoved => admin.remove_person(&self.approver).await,
            Rival::SubmitterRemoved => admin.remove_person(&self.submitter).await,
            Rival::PrinterRemoved => admin.delete(&format!("/printers/{}", self.bench.0)).await,
            Rival::Rerouted => admin.reroute(&self.job, self.other.0).await,
        }
    }

    /// The first stands before its commit when the second starts. Both answers.
    async fn lock_step(
        &self,
        first: impl Future<Output = Answer>,
        second: impl Future<Output = Answer>,
    ) -> (Answer, Answer) {
        let mut stop = self.farm.gate().stop_next();
        let judge = async {
            stop.arrived().await;
            let (began, mut second) = (tokio::time::Instant::now(), Box::pin(second));
            while !self.waits(began.elapsed()).await {
                assert!(began.elapsed() < Duration::from_secs(15), "the second was never seen waiting for a lock");
                tokio::select! {
                    answer = &mut second => panic!("the second did not wait for the first: {answer}"),
                    () = tokio::time::sleep(Duration::from_millis(10)) => {}
                }
            }
            stop.go();
            second.await
        };
        tokio::join!(first, judge)
    }

    /// Whether a transaction is seen waiting for one that has what it needs. SQLite has one writer and cannot tell who waits
    /// for it: there only the missing answer shows it, for as long as it was watched.
    async fn waits(&self, watched: Duration) -> bool {
        match self.farm.engine() {
            Engine::Sqlite => watched >= WATCHED,
            Engine::Postgres => {
                let query = "SELECT COUNT(*) AS n FROM pg_stat_activity WHERE datname = current_database() \
                    AND cardinality(pg_blocking_pids(pid)) > 0";
                self.farm.number(query, params![]).await > 0
            }
        }
    }

    fn id(&self) -> Uuid {
        self.job["id"].as_str().unwrap().parse().unwrap()
    }

    async fn seq(&self, kind: &str) -> i64 {
        self.farm.number("SELECT COALESCE(MAX(seq), 0) AS n FROM journal WHERE kind = $1", params![kind]).await
    }

    /// The journal has a row if and only if it was acknowledged, and the first is before the second.
    async fn judge_order(&self, first: (&str, &Answer), second: (&str, &Answer)) {
        let (one, two) = (self.seq(first.0).await, self.seq(second.0).await);
        assert_eq!(one > 0, first.1.is_ok(), "{} is in the journal if and only if it was acknowledged", first.0);
        assert_eq!(two > 0, second.1.is_ok(), "{} is in the journal if and only if it was acknowledged", second.0);
        assert!(one == 0 || two == 0 || one < two, "{} was first, the journal says otherwise", first.0);
    }

    /// The state that is left, with a valid authorization if it is queued and none if it is held; and with dispatchers at work it
    /// prints if and only if it should, on the printer where it should.
    async fn judge_end(&self, state: &str, prints_on: Option<&Machine>) {
        const LEFT: &str = "SELECT COUNT(*) AS n FROM print_job j WHERE j.id = $1 AND j.state = $2 AND ( \
            (j.state = 'queued' AND EXISTS (SELECT 1 FROM job_authorization z WHERE z.id = j.authorization_id AND z.job = j.id \
             AND z.version = j.version AND z.send_sha = j.send_sha AND z.printer = j.printer)) \
            OR (j.state = 'held' AND j.authorization_id IS NULL) OR j.state IN ('rejected', 'withdrawn'))";
        let now = self.farm.admin().job(&self.job).await;
        let left = self.farm.number(LEFT, params![self.id(), state]).await;
        assert_eq!(left, 1, "it is {state}, authorized if queued, not if held: {now}");
        let floor = self.farm.dispatch();
        if let Some(machine) = prints_on {
            self.farm.admin().wait_status(&self.job, "finished").await;
            assert_eq!(machine.ledger()[0].sha256, self.job["send_sha"].as_str().unwrap());
        } else {
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        assert!(floor.is_running());
        floor.stop().await;
        for (name, machine) in [("the chosen printer", &self.bench.1), ("the other printer", &self.other.1)] {
            let expected = usize::from(prints_on.is_some_and(|on| on.address() == machine.address()));
            assert_eq!(machine.ledger().len(), expected, "{name}: {:?}", machine.ledger());
        }
    }

    async fn approval_first(&self, rival: Rival) -> Answer {
        let (approved, other) = self.lock_step(self.approve(), self.rival(rival)).await;
        approved.done();
        self.judge_order(("job.approved", &approved), (rival.kind(), &other)).await;
        other
    }

    async fn rival_first(&self, rival: Rival) -> Answer {
        let (other, approved) = self.lock_step(self.rival(rival), self.approve()).await;
        other.done();
        self.judge_order((rival.kind(), &other), ("job.approved", &approved)).await;
        approved
    }
}

both_engines! {
    /// APR-12, I2. 2.4 "Approver loses the role".
    async fn apr_12_approver_demoted_then_approves(farm) {
        let scene = Scene::new(farm).await;
        scene.rival_first(Rival::ApproverLosesTheRole).await.expect(404, "not_found");
        scene.judge_end("held", None).await;
    }

    async fn apr_12_approves_then_is_demoted(farm) {
        let scene = Scene::new(farm).await;
        scene.approval_first(Rival::ApproverLosesTheRole).await.done();
        scene.judge_end("queued", Some(&scene.bench.1)).await;
    }

    /// AMB-27: of two decisions one counts, and the other is told who was first.
    async fn amb_27_rejected_then_approved(farm) {
        let scene = Scene::new(farm).await;
        let told = scene.rival_first(Rival::Rejected).await.expect(409, "already_decided");
        assert_eq!(told["decided_by"], "Ada Admin");
        scene.judge_end("rejected", None).await;
    }

    async fn amb_27_approved_then_rejected(farm) {
        let scene = Scene::new(farm).await;
        let told = scene.approval_first(Rival::Rejected).await.expect(409, "already_decided");
        assert_eq!(told["decided_by"], "Ann Approver");
        scene.judge_end("queued", Some(&scene.bench.1)).await;
    }

    /// 2.2: withdrawing works before and after the approval.
    async fn i3_withdrawn_then_approved(farm) {
        let scene = Scene::new(farm).await;
        scene.rival_first(Rival::Withdrawn).await.expect(409, "wrong_state");
        scene.judge_end("withdrawn", None).await;
    }

    async fn i3_approved_then_withdrawn(farm) {
        let scene = Scene::new(farm).await;
        scene.approval_first(Rival::Withdrawn).await.done();
        scene.judge_end("withdrawn", None).await;
    }

    /// APR-07. 2.4 "Approval switched off": a held job stays one that a person decides about.
    async fn apr_07_switched_off_then_approved(farm) {
        let scene = Scene::new(farm).await;
        scene.rival_first(Rival::ApprovalSwitchedOff).await.done();
        scene.judge_end("queued", Some(&scene.bench.1)).await;
        let kind = "SELECT COUNT(*) AS n FROM job_authorization WHERE job = $1 AND kind = 'approval'";
        assert_eq!(farm.number(kind, params![scene.id()]).await, 1, "a person said so, not the switch");
    }

    async fn apr_07_approved_then_switched_off(farm) {
        let scene = Scene::new(farm).await;
        scene.approval_first(Rival::ApprovalSwitchedOff).await.done();
        scene.judge_end("queued", Some(&scene.bench.1)).await;
    }

    /// CMP-10. 2.4 "Submitter loses the printer"; the approving Member loses it as well.
    async fn cmp_10_unshared_then_approved(farm) {
        let scene = Scene::new(farm).await;
        scene.rival_first(Rival::PrinterUnshared).await.expect(404, "not_found");
        scene.judge_end("held", None).await;
    }

    async fn cmp_10_approved_then_unshared(farm) {
        let scene = Scene::new(farm).await;
        scene.approval_first(Rival::PrinterUnshared).await.done();
        scene.judge_end("queued", Some(&scene.bench.1)).await;
    }

    /// APR-20, LIB-01. 2.2 "right to approve": whoever may not look into the job's project does not approve what came from it.
    async fn apr_20_project_unshared_then_approved(farm) {
        let scene = Scene::in_a_project(farm).await;
        scene.rival_first(Rival::ProjectUnshared).await.expect(403, "denied");
        assert_eq!(scene.approver.job(&scene.job).await.ok()["locked"], true);
        scene.judge_end("held", None).await;
    }

    async fn apr_20_approved_then_project_unshared(farm) {
        let scene = Scene::in_a_project(farm).await;
        scene.approval_first(Rival::ProjectUnshared).await.done();
        scene.judge_end("queued", Some(&scene.bench.1)).await;
    }

    /// The same for what is done to the printer itself: it rests on the share, and waits for who takes it away.
    async fn prn_08_unshared_then_renamed(farm) {
        let scene = Scene::new(farm).await;
        let path = format!("/printers/{}", scene.bench.0);
        let rename = scene.approver.patch(&path, json!({ "name": "Mine now" }));
        let (unshared, renamed) = scene.lock_step(scene.rival(Rival::PrinterUnshared), rename).await;
        unshared.done();
        renamed.expect(404, "not_found");
        assert_eq!(farm.admin().get(&path).await.ok()["name"], "Bench 1");
    }

    /// I2: who was removed approves nothing.
    async fn i2_approver_removed_then_approves(farm) {
        let scene = Scene::new(farm).await;
        scene.rival_first(Rival::ApproverRemoved).await.expect(404, "not_found");
        scene.judge_end("held", None).await;
    }

    async fn i2_approves_then_is_removed(farm) {
        let scene = Scene::new(farm).await;
        scene.approval_first(Rival::ApproverRemoved).await.done();
        scene.judge_end("queued", Some(&scene.bench.1)).await;
    }

    /// AMB-41. 2.4 "Submitter removed": a held job stays decidable, an approved one needs a decision again.
    async fn amb_41_submitter_removed_then_approved(farm) {
        let scene = Scene::new(farm).await;
        scene.rival_first(Rival::SubmitterRemoved).await.done();
        scene.judge_end("queued", Some(&scene.bench.1)).await;
    }

    async fn amb_41_approved_then_submitter_removed(farm) {
        let scene = Scene::new(farm).await;
        scene.approval_first(Rival::SubmitterRemoved).await.done();
        scene.judge_end("held", None).await;
    }

    /// 2.4 "Printer removed".
    async fn amb_29_printer_removed_then_approved(farm) {
        let scene = Scene::new(farm).await;
        scene.rival_first(Rival::PrinterRemoved).await.expect(409, "printer_unavailable");
        scene.judge_end("held", None).await;
    }

    async fn amb_29_approved_then_printer_removed(farm) {
        let scene = Scene::new(farm).await;
        scene.approval_first(Rival::PrinterRemoved).await.done();
        scene.judge_end("queued", None).await;
    }

    /// JOB-03: nobody approves for a printer that was not shown; and a queued job takes its approval along, for the same
    /// bytes, to the new printer only.
    async fn job_03_rerouted_then_approved(farm) {
        let scene = Scene::new(farm).await;
        scene.rival_first(Rival::Rerouted).await.expect(409, "changed");
        scene.judge_end("held", None).await;
    }

    async fn job_03_approved_then_rerouted(farm) {
        let scene = Scene::new(farm).await;
        scene.approval_first(Rival::Rerouted).await.done();
        scene.judge_end("queued", Some(&scene.other.1)).await;
    }
}
