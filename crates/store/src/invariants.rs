//! The invariants of docs/dispatch.md that are queries; each must find nothing, at any time. Reads only, and shares no code
//! with what it checks. Before and after are told by the clock or, where the clock was turned back in between, by the
//! journal's order.

use sql::{Conn, params};

use crate::Error;

/// Name, what it means, and a query for rows that break it.
const CHECKS: &[(&str, &str, &str)] = &[
    (
        "I1",
        "an attempt without a prior authorization for the same bytes and printer",
        "SELECT t.job AS row_id FROM attempt t WHERE NOT EXISTS (SELECT 1 FROM job_authorization z WHERE z.job = t.job \
         AND z.send_sha = t.send_sha AND z.printer = t.printer AND (z.decided_at <= t.intent_at OR EXISTS (SELECT 1 FROM journal y \
         WHERE y.job = t.job AND y.kind = 'job.starting' AND y.seq > z.journal_seq AND y.data LIKE '%\"' || t.remote_name || '\"%')))",
    ),
    (
        "I3",
        "an attempt after the job was rejected or withdrawn",
        "SELECT t.job AS row_id FROM attempt t JOIN print_job j ON j.id = t.job WHERE j.state IN ('rejected', 'withdrawn') \
         AND t.intent_at > j.state_at AND NOT EXISTS (SELECT 1 FROM journal y JOIN journal e ON e.job = y.job AND e.seq > y.seq \
         AND e.kind IN ('job.rejected', 'job.withdrawn') WHERE y.job = t.job AND y.kind = 'job.starting' \
         AND y.data LIKE '%\"' || t.remote_name || '\"%')",
    ),
    (
        "I4",
        "a job with two attempts that may both have started",
        "SELECT t.job AS row_id FROM attempt t WHERE t.outcome IS NULL OR t.outcome NOT IN ('not_started', 'did_not_print') \
         GROUP BY t.job HAVING COUNT(*) > 1",
    ),
    (
        "I6a",
        "a finished job without evidence of a start",
        "SELECT j.id AS row_id FROM print_job j WHERE j.state = 'finished' AND NOT EXISTS (SELECT 1 FROM attempt t WHERE t.job = j.id)",
    ),
    (
        "I6b",
        "a job that can be printed without a valid authorization",
        "SELECT j.id AS row_id FROM print_job j WHERE j.state IN ('queued', 'claimed', 'intent', 'printing') AND NOT EXISTS ( \
         SELECT 1 FROM job_authorization z WHERE z.id = j.authorization_id AND z.job = j.id AND z.version = j.version \
         AND z.send_sha = j.send_sha AND z.printer = j.printer)",
    ),
    (
        "I8",
        "two active jobs on one printer",
        "SELECT j.printer AS row_id FROM print_job j WHERE j.state IN ('claimed', 'intent', 'printing') GROUP BY j.printer HAVING COUNT(*) > 1",
    ),
    (
        "I9",
        "a job whose printer is of another organization",
        "SELECT j.id AS row_id FROM print_job j JOIN printer p ON p.id = j.printer WHERE p.org <> j.org",
    ),
    (
        "I10",
        "a job without any row in the journal",
        "SELECT j.id AS row_id FROM print_job j WHERE NOT EXISTS (SELECT 1 FROM journal y WHERE y.org = j.org AND y.job = j.id)",
    ),
];

/// Sentences about what is broken; empty if all is well.
///
/// # Errors
/// The database.
pub async fn broken(conn: &mut Conn) -> Result<Vec<String>, Error> {
    let mut problems = Vec::new();
    for (name, meaning, query) in CHECKS {
        for row in conn.all(query, params![]).await? {
            problems.push(format!("{name}: {meaning}: {}", row.get::<uuid::Uuid>("row_id")?));
        }
    }
    Ok(problems)
}
