//! Invariants that are one query over the tables. Each query gives the rows that break it. Before and after are told by the
//! clock or, where the clock was turned back in between, by the journal's order.

use sql::{Conn, params};

use crate::Error;

/// Name, what it means, and a query for rows that break it.
pub(super) const CHECKS: &[(&str, &str, &str)] = &[
    (
        "I1",
        "an attempt without a prior authorization for the same bytes and printer",
        "SELECT t.job AS row_id FROM attempt t WHERE NOT EXISTS (SELECT 1 FROM job_authorization z WHERE z.job = t.job \
         AND z.send_sha = t.send_sha AND z.printer = t.printer AND (z.decided_at <= t.intent_at OR EXISTS (SELECT 1 FROM journal y \
         WHERE y.job = t.job AND y.kind = 'job.starting' AND y.seq > z.journal_seq AND y.data LIKE '%\"' || t.remote_name || '\"%')))",
    ),
    (
        "I1",
        "a job that can be printed without a valid authorization",
        "SELECT j.id AS row_id FROM print_job j WHERE j.state IN ('queued', 'claimed', 'intent', 'printing') AND NOT EXISTS ( \
         SELECT 1 FROM job_authorization z WHERE z.id = j.authorization_id AND z.job = j.id AND z.version = j.version \
         AND z.send_sha = j.send_sha AND z.printer = j.printer)",
    ),
    (
        "I1",
        "a job that waits for a decision and has an authorization all the same",
        "SELECT j.id AS row_id FROM print_job j WHERE j.state IN ('held', 'sent_back') AND j.authorization_id IS NOT NULL",
    ),
    (
        "I1",
        "a print job of a file that is only kept, never printed",
        "SELECT j.id AS row_id FROM print_job j JOIN file f ON f.id = j.file WHERE f.kind <> 'print'",
    ),
    (
        "I2",
        "an authorization that no row of the journal tells of: the same job, person, and act",
        "SELECT z.job AS row_id FROM job_authorization z JOIN print_job j ON j.id = z.job WHERE NOT EXISTS (SELECT 1 FROM journal y \
         WHERE y.org = j.org AND y.seq = z.journal_seq AND y.job = z.job AND (y.actor = z.actor OR z.kind = 'group') \
         AND ((z.kind = 'approval' AND y.kind = 'job.approved') OR (z.kind = 'reroute' AND y.kind = 'job.rerouted') \
           OR (z.kind = 'group' AND y.kind = 'job.assigned' AND y.actor IS NULL) OR (z.kind = 'auto' AND y.kind IN ('job.accepted', 'job.reprinted'))))",
    ),
    (
        "I2",
        "a move within a group that continues no authorization by the same person for the same bytes",
        "SELECT z.job AS row_id FROM job_authorization z WHERE z.kind = 'group' AND NOT EXISTS (SELECT 1 FROM job_authorization b \
         WHERE b.job = z.job AND b.version = z.version AND b.send_sha = z.send_sha AND b.actor = z.actor AND b.actor_role = z.actor_role \
         AND b.kind IN ('auto', 'approval') AND b.journal_seq < z.journal_seq)",
    ),
    (
        "I2",
        "an approval by a Guest",
        "SELECT z.job AS row_id FROM job_authorization z WHERE z.kind IN ('approval', 'reroute') AND z.actor_role NOT IN ('member', 'admin')",
    ),
    (
        "I2",
        "an automatic authorization of a job that needs approval",
        "SELECT z.job AS row_id FROM job_authorization z JOIN print_job j ON j.id = z.job WHERE z.kind = 'auto' AND j.gate_required = 1",
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
        "I5",
        "a print may be on the plate, and it counts as clear",
        "SELECT p.id AS row_id FROM printer p WHERE p.bed = 'clear' AND EXISTS (SELECT 1 FROM print_job j WHERE j.printer = p.id \
         AND j.state IN ('intent', 'printing', 'attention') AND j.run = p.bed_run)",
    ),
    (
        "I6",
        "a finished job without evidence of a start",
        "SELECT j.id AS row_id FROM print_job j WHERE j.state = 'finished' AND NOT EXISTS (SELECT 1 FROM attempt t WHERE t.job = j.id \
         AND t.n = j.attempt AND t.outcome IN ('finished', 'printed'))",
    ),
    (
        "I6",
        "an accepted job has disappeared: fewer jobs than numbers given",
        "SELECT h.org AS row_id FROM journal_head h WHERE h.jobs <> (SELECT COUNT(*) FROM print_job j WHERE j.org = h.org)",
    ),
    (
        "I6",
        "an accepted job has disappeared: the journal knows it",
        "SELECT y.job AS row_id FROM journal y WHERE y.kind IN ('job.accepted', 'job.reprinted') \
         AND NOT EXISTS (SELECT 1 FROM print_job j WHERE j.id = y.job AND j.org = y.org)",
    ),
    (
        "I8",
        "two active jobs on one printer",
        "SELECT j.printer AS row_id FROM print_job j WHERE j.state IN ('claimed', 'intent', 'printing') GROUP BY j.printer HAVING COUNT(*) > 1",
    ),
    (
        "I8",
        "a name on a printer that is used by two attempts",
        "SELECT t.job AS row_id FROM attempt t WHERE EXISTS (SELECT 1 FROM attempt o WHERE o.remote_name = t.remote_name AND (o.job <> t.job OR o.n <> t.n))",
    ),
    (
        "I8",
        "a name on a printer that is not the attempt's own",
        "SELECT t.job AS row_id FROM attempt t JOIN print_job j ON j.id = t.job \
         WHERE t.remote_name NOT LIKE 'imp-' || j.number || '-%-' || t.n || '.%'",
    ),
    (
        "I9",
        "a job whose printer or file is of another organization",
        "SELECT j.id AS row_id FROM print_job j JOIN printer p ON p.id = j.printer JOIN file f ON f.id = j.file WHERE p.org <> j.org OR f.org <> j.org",
    ),
    (
        "I9",
        "a printer group with a printer of another organization, or a job that was sent to one of another",
        "SELECT m.printer AS row_id FROM printer_group_member m JOIN printer_group g ON g.id = m.printer_group JOIN printer p ON p.id = m.printer \
         WHERE p.org <> g.org UNION SELECT j.id AS row_id FROM print_job j JOIN printer_group g ON g.id = j.printer_group WHERE g.org <> j.org",
    ),
    (
        "I9",
        "a job whose library project is of another organization",
        "SELECT j.id AS row_id FROM print_job j JOIN project pr ON pr.id = j.project WHERE pr.org <> j.org",
    ),
    (
        "I9",
        "a file of a library project whose bytes are of another organization",
        "SELECT v.project_file AS row_id FROM project_file_version v JOIN project_file pf ON pf.id = v.project_file \
         JOIN project pr ON pr.id = pf.project JOIN file f ON f.id = v.file WHERE f.org <> pf.org OR pr.org <> pf.org",
    ),
    (
        "I9",
        "a journal row about a job of another organization",
        "SELECT y.job AS row_id FROM journal y JOIN print_job j ON j.id = y.job WHERE y.org <> j.org",
    ),
];

pub(super) async fn broken(conn: &mut Conn) -> Result<Vec<String>, Error> {
    let mut problems = Vec::new();
    for (name, meaning, query) in CHECKS {
        for row in conn.all(query, params![]).await? {
            problems.push(format!("{name}: {meaning}: {}", row.get::<uuid::Uuid>("row_id")?));
        }
    }
    Ok(problems)
}
