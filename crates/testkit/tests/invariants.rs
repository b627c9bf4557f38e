//! No check that cannot fail: each invariant is broken on purpose, past every guard, in a transaction that is then given up;
//! and each is noticed. Afterwards the same database is clean again.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is a failed test")]

use std::collections::BTreeSet;

use testkit::{Engine, Farm, both_engines};

/// What would happen if the invariant did not hold, and the statements that make it so.
const BREAKAGES: &[(&str, &[&str])] = &[
    (
        "I1: an attempt without a prior authorization",
        &["UPDATE attempt SET send_sha = (SELECT o.send_sha FROM print_job o WHERE o.state = 'held')"],
    ),
    (
        "I1: a job that can be printed without a valid authorization",
        &["UPDATE print_job SET state = 'queued' WHERE state = 'held'"],
    ),
    (
        "I1: a job that waits for a decision and has an authorization",
        &["UPDATE print_job SET authorization_id = id WHERE state = 'held'"],
    ),
    (
        "I2: an authorization that no row of the journal tells of",
        &["UPDATE job_authorization SET journal_seq = journal_seq - 1 WHERE kind = 'approval'"],
    ),
    ("I2: an approval by a Guest", &["UPDATE job_authorization SET actor_role = 'guest' WHERE kind = 'approval'"]),
    (
        "I2: a move within a group that continues no authorization",
        &["UPDATE job_authorization SET kind = 'group' WHERE kind = 'auto'"],
    ),
    (
        "I2: an automatic authorization of a job that needs approval",
        &["UPDATE print_job SET gate_required = 1 WHERE gate_required = 0"],
    ),
    (
        "I3: an attempt after the job was rejected",
        &["UPDATE print_job SET state = 'withdrawn', state_at = 0 WHERE state = 'finished'"],
    ),
    (
        "I4: a job with two attempts that may both have started",
        &["INSERT INTO attempt (job, n, printer, remote_name, run, lease_token, send_sha, intent_at, pre_state) \
           SELECT job, n + 1, printer, remote_name || 'x', run, lease_token, send_sha, intent_at, pre_state FROM attempt"],
    ),
    (
        "I5: a print may be on the plate, and it counts as clear",
        &[
            "UPDATE print_job SET state = 'printing' WHERE state = 'finished'",
            "UPDATE printer SET bed = 'clear', bed_run = (SELECT j.run FROM print_job j WHERE j.printer = printer.id AND j.state = 'printing')",
        ],
    ),
    ("I6: a finished job without evidence of a start", &["UPDATE attempt SET outcome = NULL"]),
    (
        "I6: an accepted job has disappeared: fewer jobs than numbers given",
        &["UPDATE journal_head SET jobs = jobs + 1"],
    ),
    (
        "I6: an accepted job has disappeared: the journal knows it",
        &[
            "UPDATE journal SET job = org WHERE kind = 'job.accepted' AND seq = (SELECT MIN(seq) FROM journal WHERE kind = 'job.accepted')",
        ],
    ),
    (
        "I8: two active jobs on one printer",
        &[
            "DROP INDEX print_job_one_active",
            "UPDATE print_job SET state = 'claimed' WHERE state IN ('queued', 'held')",
        ],
    ),
    (
        "I8: a name on a printer that is used by two attempts",
        &[
            "CREATE TABLE unguarded AS SELECT * FROM attempt",
            "DROP TABLE attempt",
            "ALTER TABLE unguarded RENAME TO attempt",
            "INSERT INTO attempt (job, n, printer, remote_name, run, lease_token, send_sha, intent_at, pre_state) \
             SELECT job, n + 7, printer, remote_name, run, lease_token, send_sha, intent_at, pre_state FROM attempt",
        ],
    ),
    (
        "I8: a name on a printer that is not the attempt's own",
        &["UPDATE attempt SET remote_name = 'imp-0-00000000-1.gcode'"],
    ),
    (
        "I9: a job whose printer or file is of another organization",
        &["UPDATE printer SET org = (SELECT id FROM organization WHERE id <> printer.org)"],
    ),
    ("I1: a print job of a file that is only kept, never printed", &["UPDATE file SET kind = 'model'"]),
    (
        "I9: a printer group with a printer of another organization",
        &[
            "INSERT INTO printer_group (id, org, name, name_key, created_by, created_at) \
             SELECT p.id, o.id, 'Theirs', 'theirs', p.added_by, 0 FROM printer p JOIN organization o ON o.id <> p.org WHERE p.name = 'Bench 1'",
            "INSERT INTO printer_group_member (printer, printer_group, added_by, added_at) SELECT id, id, created_by, 0 FROM printer_group",
        ],
    ),
    (
        "I9: a job whose library project is of another organization",
        &[
            "INSERT INTO project (id, org, name, created_by, created_at) \
             SELECT p.id, o.id, 'Theirs', p.added_by, 0 FROM printer p JOIN organization o ON o.id <> p.org WHERE p.name = 'Bench 1'",
            "UPDATE print_job SET project = (SELECT id FROM project)",
        ],
    ),
    (
        "I9: a file of a library project whose bytes are of another organization",
        &[
            "INSERT INTO project (id, org, name, created_by, created_at) \
             SELECT p.id, o.id, 'Theirs', p.added_by, 0 FROM printer p JOIN organization o ON o.id <> p.org WHERE p.name = 'Bench 1'",
            "INSERT INTO project_file (id, org, project, name, name_key, newest, created_by, created_at) \
             SELECT id, org, id, 'a', 'a', 1, created_by, 0 FROM project",
            "INSERT INTO project_file_version (project_file, version, file, author, added_by, added_at) \
             SELECT p.id, f.version, f.id, p.created_by, p.created_by, 0 FROM project_file p CROSS JOIN \
             (SELECT id, 1 AS version FROM file LIMIT 1) f",
        ],
    ),
    (
        "I9: a journal row about a job of another organization",
        &["UPDATE print_job SET org = (SELECT id FROM organization WHERE id <> print_job.org)"],
    ),
    // The journal itself: what it tells must be allowed.
    (
        "I2: accepted from somebody who did not have that role",
        &[
            "UPDATE journal SET data = REPLACE(data, '\"role\":\"guest\"', '\"role\":\"member\"') WHERE kind = 'job.accepted'",
        ],
    ),
    (
        "I2: a print request that should have waited",
        &["UPDATE journal SET data = REPLACE(data, '\"gate\":true', '\"gate\":false') WHERE kind = 'job.accepted'"],
    ),
    (
        "I6: a job that was accepted twice",
        &["UPDATE journal SET job = (SELECT id FROM print_job WHERE state = 'finished') WHERE kind = 'job.accepted'"],
    ),
    (
        "I10: a transition of a job that was never accepted",
        &["UPDATE journal SET kind = 'printer.looked_at' WHERE kind = 'job.accepted'"],
    ),
    (
        "I10: a transition from a state that the job was not in",
        &[
            "UPDATE journal SET data = REPLACE(data, '\"from\":\"held\"', '\"from\":\"sent_back\"') WHERE kind = 'job.rejected'",
        ],
    ),
    (
        "I3: something happened to a job after its end",
        &[
            "UPDATE journal SET data = REPLACE(data, '\"to\":\"queued\"', '\"to\":\"rejected\"') WHERE kind = 'job.approved'",
        ],
    ),
    (
        "I2: a new version by somebody else",
        &["UPDATE journal SET kind = 'job.resubmitted' WHERE kind = 'job.approved'"],
    ),
    (
        "I7: a printer that remembers every start",
        &[
            "UPDATE journal SET kind = 'job.attention', data = REPLACE(data, '\"to\":\"printing\"', '\"class\":\"A\",\"to\":\"printing\"') WHERE kind = 'job.printing'",
        ],
    ),
    (
        "I2: a question that was answered by somebody who had no right to",
        &["UPDATE journal SET kind = 'job.resolved_printed' WHERE kind = 'job.ended'"],
    ),
    (
        "I6: finished, and it was never seen printing",
        &[
            "UPDATE journal SET data = REPLACE(data, '\"to\":\"printing\"', '\"to\":\"queued\"') WHERE kind = 'job.printing'",
        ],
    ),
    (
        "I2: approved or moved by somebody who had no right to",
        &[
            "UPDATE journal SET actor = (SELECT submitter FROM print_job WHERE state = 'finished') WHERE kind = 'job.approved'",
        ],
    ),
    (
        "I2: moved within its group to a printer that its submitter, or who authorized it, might not use",
        &["UPDATE journal SET kind = 'job.assigned' WHERE kind = 'job.printing'"],
    ),
    (
        "I2: approved in a role that the person did not have",
        &[
            "UPDATE journal SET data = REPLACE(data, '\"role\":\"member\"', '\"role\":\"admin\"') WHERE kind = 'job.approved'",
        ],
    ),
    (
        "I1: a start without an authorization for these bytes",
        &["UPDATE journal SET kind = 'job.touched' WHERE kind = 'job.approved'"],
    ),
    (
        "I4: a start while an earlier one may have printed",
        &["UPDATE journal SET kind = 'job.starting' WHERE kind = 'job.ended'"],
    ),
    (
        "I5: a start while the plate was not clear",
        &["UPDATE journal SET kind = 'printer.looked_at' WHERE kind = 'printer.plate_clear'"],
    ),
    // The tables must be where the journal ends.
    (
        "I10: a job that the journal does not know",
        &["UPDATE journal SET kind = 'printer.looked_at' WHERE job IN (SELECT id FROM print_job WHERE state = 'held')"],
    ),
    (
        "I10: a transition without a row in the journal",
        &["UPDATE print_job SET state = 'held' WHERE state = 'rejected'"],
    ),
    (
        "I10: a job was moved to another printer without a row",
        &["UPDATE print_job SET printer = (SELECT id FROM printer WHERE id <> print_job.printer) WHERE state = 'held'"],
    ),
    (
        "I10: the bytes of a job were exchanged",
        &[
            "UPDATE print_job SET send_sha = (SELECT o.send_sha FROM print_job o WHERE o.state = 'finished') WHERE state = 'held'",
        ],
    ),
    (
        "I2: an authorization that nobody gave by the journal",
        &[
            "UPDATE print_job SET authorization_id = (SELECT o.id FROM organization o ORDER BY o.name LIMIT 1) WHERE state = 'held'",
        ],
    ),
    ("I5: a plate counts as clear, and nobody said so", &["UPDATE printer SET bed = 'clear'"]),
    // The chain.
    ("I10: journal of", &["DELETE FROM journal WHERE seq = 2"]),
    ("does not continue the chain", &["UPDATE journal SET actor = NULL WHERE seq = 2"]),
    ("the text of row", &["UPDATE journal_text SET body = '{}' WHERE seq = 1"]),
    ("the head does not fit the last row", &["DELETE FROM journal WHERE seq = (SELECT MAX(seq) FROM journal)"]),
];

/// Takes away what the database itself refuses.
async fn unguard(farm: &Farm, tx: &mut sql::Tx) {
    let statements: &[&'static str] = match farm.engine() {
        Engine::Sqlite => &[
            "DROP TRIGGER print_job_begins",
            "DROP TRIGGER print_job_moves",
            "DROP TRIGGER print_job_voids",
            "DROP TRIGGER print_job_stays",
            "DROP TRIGGER attempt_authorized",
            "DROP TRIGGER job_authorization_update",
            "DROP TRIGGER job_authorization_delete",
            "DROP TRIGGER journal_update",
            "DROP TRIGGER journal_delete",
        ],
        Engine::Postgres => &[
            "ALTER TABLE print_job DISABLE TRIGGER USER",
            "ALTER TABLE attempt DISABLE TRIGGER USER",
            "ALTER TABLE job_authorization DISABLE TRIGGER USER",
            "ALTER TABLE journal DISABLE TRIGGER USER",
        ],
    };
    for statement in statements {
        tx.exec(statement, &[]).await.expect(statement);
    }
}

/// One job of each kind that the breakages need: printed after an approval, rejected, held, queued; a second printer.
async fn story(farm: &Farm) {
    let (printer, _machine) = farm.bench("Bench 1").await;
    let second = farm.virtual_printer();
    farm.admin().add_printer("Bench 2", &second, false).await;
    let floor = farm.dispatch();
    let printed = farm.guest().send_job(printer, "printed").await;
    farm.member().approve(&printed).await.done();
    farm.member().wait_status(&printed, "finished").await;
    floor.stop().await;
    let no = farm.guest().send_job(printer, "no").await;
    farm.member().reject(&no, Some("no")).await.done();
    farm.guest().send_job(printer, "waits").await;
    farm.member().send_job(printer, "queued").await;
}

both_engines! {
    async fn every_invariant_is_noticed_when_it_is_broken(farm) {
        story(farm).await;
        farm.check().await;
        for (wanted, statements) in BREAKAGES {
            let mut tx = farm.db().write().await.unwrap();
            unguard(farm, &mut tx).await;
            for statement in *statements {
                let changed = tx.exec(statement, &[]).await.unwrap_or_else(|e| panic!("{wanted}: {statement}: {e}"));
                let counts = ["UPDATE", "INSERT", "DELETE"].iter().any(|word| statement.starts_with(word));
                assert!(!counts || changed > 0, "{wanted}: nothing was broken by {statement}");
            }
            let problems = store::invariants::broken(&mut tx).await.unwrap();
            assert!(problems.iter().any(|problem| problem.contains(wanted)), "{wanted}: not noticed: {problems:#?}");
            // Given up: nothing of it stays.
            drop(tx);
        }
        farm.check().await;
    }
}

#[test]
fn every_rule_that_is_checked_is_broken_by_a_test() {
    let untested: BTreeSet<String> = store::invariants::rules()
        .map(|(name, meaning)| format!("{name}: {meaning}"))
        .filter(|rule| !BREAKAGES.iter().any(|(wanted, _)| rule.starts_with(wanted)))
        .collect();
    assert!(untested.is_empty(), "{untested:#?}");
}
