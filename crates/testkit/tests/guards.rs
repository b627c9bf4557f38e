//! Enforcement in depth: what the database itself refuses, whoever asks (dispatch.md 2.9), and that the legal moves stored
//! in it are the state machine's own.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is a failed test")]

use domain::job::TABLE;
use testkit::{Farm, Uuid, Value, both_engines, params};

async fn refused(farm: &Farm, statement: &'static str, values: &[testkit::Val], why: &str) {
    let mut tx = farm.db().write().await.unwrap();
    let error = tx.exec(statement, values).await.expect_err(statement);
    assert!(error.to_string().contains(why), "{error}");
}

fn id(job: &Value) -> Uuid {
    job["id"].as_str().unwrap().parse().unwrap()
}

both_engines! {
    /// The moves in the database are those of the machine, no more and no fewer.
    async fn the_stored_moves_are_the_machines(farm) {
        let rows = farm.rows("SELECT from_state, to_state FROM job_move", &[]).await;
        let mut stored: Vec<(String, String)> =
            rows.iter().map(|r| (r.get("from_state").unwrap(), r.get("to_state").unwrap())).collect();
        let mut machine: Vec<(String, String)> = TABLE
            .iter()
            .filter(|(_, from, to)| from != to)
            .map(|(_, from, to)| (from.word().to_owned(), to.word().to_owned()))
            .collect();
        stored.sort();
        machine.sort();
        machine.dedup();
        assert_eq!(stored, machine);
    }

    /// S1: an attempt for a held job, by hand, is refused by the database.
    async fn s1_an_attempt_without_authorization_is_refused(farm) {
        let (printer, _machine) = farm.bench("Bench 1").await;
        let job = farm.guest().send_job(printer, "held").await;
        let insert = "INSERT INTO attempt (job, n, printer, remote_name, run, lease_token, send_sha, intent_at, pre_state) \
            SELECT id, attempt, printer, 'imp-x', id, 0, send_sha, 0, '' FROM print_job WHERE id = $1";
        refused(farm, insert, params![id(&job)], "no authorization for this attempt").await;
        // Also for an authorized job that nobody has claimed, and for other bytes.
        farm.member().approve(&job).await.done();
        refused(farm, insert, params![id(&job)], "no authorization for this attempt").await;
    }

    /// A held job cannot be made printable by hand, nor skip a state, nor go away.
    async fn s1_states_move_only_as_the_table_says(farm) {
        let (printer, _machine) = farm.bench("Bench 1").await;
        let job = farm.guest().send_job(printer, "held").await;
        let values = params![id(&job)];
        refused(farm, "UPDATE print_job SET state = 'printing' WHERE id = $1", values, "no such move").await;
        refused(farm, "UPDATE print_job SET authorization_id = id WHERE id = $1", values, "has no authorization").await;
        refused(farm, "DELETE FROM print_job WHERE id = $1", values, "never deleted").await;
        farm.member().reject(&job, None).await.done();
        refused(farm, "UPDATE print_job SET state = 'queued' WHERE id = $1", values, "no such move").await;
    }

    /// A share stays in its organization, whoever writes it: lists look at the grantee only (ACC-04).
    async fn acc_04_nothing_is_shared_with_a_team_of_another_organization(farm) {
        let (printer, _machine) = farm.bench("Bench 1").await;
        let project = farm.member().new_project("Gear").await;
        let theirs = farm.stranger().new_team("Crew", &[]).await;
        let insert = "INSERT INTO printer_share (printer, grantee, granted_by, granted_at) VALUES ($1, $2, $3, 0)";
        let by = farm.admin().id;
        refused(farm, insert, params![printer, id(&theirs), by], "in its organization only").await;
        let insert = "INSERT INTO project_share (project, grantee, granted_by, granted_at) VALUES ($1, $2, $3, 0)";
        refused(farm, insert, params![id(&project), id(&theirs), by], "in its organization only").await;
        let shared = farm.admin().share_printer_with(printer, true, &[]).await;
        assert!(shared.is_ok(), "{shared}");
        refused(farm, "UPDATE printer_share SET grantee = $1", params![id(&theirs)], "a share is not moved").await;
    }

    /// Authorizations and the journal are append-only.
    async fn s1_evidence_is_never_changed(farm) {
        let (printer, _machine) = farm.bench("Bench 1").await;
        let job = farm.guest().send_job(printer, "boat").await;
        farm.member().approve(&job).await.done();
        refused(farm, "UPDATE job_authorization SET kind = 'auto'", &[], "never changed").await;
        refused(farm, "DELETE FROM job_authorization", &[], "never deleted").await;
        refused(farm, "UPDATE journal SET kind = 'x'", &[], "never changed").await;
        refused(farm, "DELETE FROM journal", &[], "never deleted").await;
    }

    /// I8: two active jobs on one printer cannot be stored.
    async fn i8_one_active_job_on_a_printer(farm) {
        let (printer, _machine) = farm.bench("Bench 1").await;
        let (a, b) = (farm.member().send_job(printer, "a").await, farm.member().send_job(printer, "b").await);
        farm.exec("UPDATE print_job SET state = 'claimed' WHERE id = $1", params![id(&a)]).await;
        let mut tx = farm.db().write().await.unwrap();
        assert!(tx.exec("UPDATE print_job SET state = 'claimed' WHERE id = $1", params![id(&b)]).await.is_err());
        drop(tx);
        farm.exec("UPDATE print_job SET state = 'queued' WHERE id = $1", params![id(&a)]).await;
    }
}
