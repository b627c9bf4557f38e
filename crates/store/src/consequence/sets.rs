//! The statements behind a consequence: people, and print jobs that wait for one printer. Those of printer groups are in `groups`.

use access::{printers_of_member_sql, project_with_anyone_sql};

// Parameters of all texts: `$1` the organization, `$2` who asks, `$3` the thing, `$4` and `$5` its teams before and after, `$6` and
// `$7` whether everybody has it, `$8` and `$9` whether every Admin sees it (LIB-01: a project that is shared with anybody), `$10`
// how many are named. Of those about print jobs also `$11` the asker's role and `$12` an id that nothing has.

/// Everybody in the organization, with whether they see the thing before and after. `$owner` is whose own it is.
macro_rules! people {
    ($thing:literal, $owner:literal) => {
        concat!(
            "WITH person AS (SELECT m.account, m.role, m.name_key, CASE WHEN $6 = 1 OR (m.role = 'admin' AND $8 = 1) OR ",
            $owner,
            " OR m.account IN (SELECT tm.account FROM team_member tm WHERE tm.team IN {ids:$4}) THEN 1 ELSE 0 END AS had, \
             CASE WHEN $7 = 1 OR (m.role = 'admin' AND $9 = 1) OR ",
            $owner,
            " OR m.account IN (SELECT tm.account FROM team_member tm WHERE tm.team IN {ids:$5}) THEN 1 ELSE 0 END AS will \
             FROM membership m JOIN ",
            $thing,
            " x ON x.id = $3 WHERE m.org = $1 AND m.removed_at IS NULL) "
        )
    };
    (printer) => {
        // A Guest does not keep a printer that they added as a Member (ROL-07, ROL-13).
        people!("printer", "(m.role = 'member' AND x.added_by = m.account)")
    };
    (project) => {
        people!("project", "x.created_by = m.account")
    };
}

/// What becomes of each print job of `verdict`, counted, and the first of them of which `$seen` says that the asker sees them. A verdict
/// has `id`, `number`, `name`, `submitter`, `moved`, and whether Admins and Members can decide, before and after: 0 or 1.
macro_rules! told {
    ($queued:expr, $seen:expr, $named:literal) => {
        concat!(
            "told AS (SELECT v.*, \
               CASE WHEN v.members_before = 1 AND v.members_after = 0 AND v.admins_after = 1 THEN 1 ELSE 0 END AS admins_only, \
               CASE WHEN v.admins_before + v.members_before = 0 AND v.admins_after + v.members_after > 0 THEN 'decidable' \
                 WHEN v.admins_before + v.members_before > 0 AND v.admins_after + v.members_after = 0 THEN 'undecidable' \
                 WHEN v.moved = 1 THEN 'move_first' \
                 WHEN v.members_before = 1 AND v.members_after = 0 THEN 'admins_only' ELSE '' END AS change FROM verdict v) \
             SELECT '' AS change, CAST(COALESCE(SUM(CASE WHEN c.change = 'decidable' THEN 1 ELSE 0 END), 0) AS BIGINT) AS decidable, \
               CAST(COALESCE(SUM(CASE WHEN c.change = 'undecidable' THEN 1 ELSE 0 END), 0) AS BIGINT) AS undecidable, \
               CAST(COALESCE(SUM(c.admins_only), 0) AS BIGINT) AS admins_only, CAST(COALESCE(SUM(c.moved), 0) AS BIGINT) AS move_first, ",
            $queued,
            " AS queued, NULL AS id, NULL AS number, NULL AS name, NULL AS submitter, NULL AS submitter_name FROM told c \
             UNION ALL SELECT f.change, 0, 0, 0, 0, 0, f.id, f.number, f.name, f.submitter, f.submitter_name FROM \
               (SELECT c.change, c.id, c.number, c.name, c.submitter, a.name AS submitter_name FROM told c JOIN account a ON a.id = c.submitter \
                WHERE c.change <> '' AND (c.submitter = $2 OR ",
            $seen,
            ") ORDER BY c.number LIMIT ",
            $named,
            ") f"
        )
    };
}
pub(super) use {people, told};

macro_rules! movers {
    ($kind:ident) => {
        concat!(
            people!($kind),
            ", mover AS (SELECT p.account, p.will, p.name_key FROM person p WHERE p.had <> p.will) \
             SELECT v.will, COUNT(*) AS n, CAST(SUM(CASE WHEN v.account = $2 THEN 1 ELSE 0 END) AS BIGINT) AS asker, NULL AS name \
             FROM mover v GROUP BY v.will \
             UNION ALL SELECT n.will, 0, 0, n.name FROM (SELECT g.will, a.name FROM (SELECT v.will, v.account, v.name_key FROM mover v \
               WHERE v.will = 1 ORDER BY v.name_key LIMIT $10) g JOIN account a ON a.id = g.account ORDER BY g.name_key) n \
             UNION ALL SELECT n.will, 0, 0, n.name FROM (SELECT l.will, a.name FROM (SELECT v.will, v.account, v.name_key FROM mover v \
               WHERE v.will = 0 ORDER BY v.name_key LIMIT $10) l JOIN account a ON a.id = l.account ORDER BY l.name_key) n"
        )
    };
}

/// Whether everybody who has the thing itself has the other thing of a job too, `$other`: it has none, or that is everybody's.
macro_rules! everybody {
    ($share:literal, $of:literal, $other:literal) => {
        concat!(
            "(",
            $other,
            " = $12 OR EXISTS (SELECT 1 FROM ",
            $share,
            " s WHERE s.",
            $of,
            " = ",
            $other,
            " AND s.grantee = $1))"
        )
    };
}

/// How many Members of `$set` (who have the thing itself) have the other thing `g.other` too; of more than two, two or three.
macro_rules! members {
    ($set:literal, $share:literal, $of:literal, $owner:literal) => {
        concat!(
            "CASE WHEN ",
            everybody!($share, $of, "g.other"),
            " THEN (SELECT COUNT(*) FROM (SELECT d.account FROM ",
            $set,
            " d LIMIT 2) e) ELSE (SELECT COUNT(*) FROM ",
            $set,
            " d WHERE d.account = ",
            $owner,
            ") + (SELECT COUNT(*) FROM (SELECT DISTINCT sm.account FROM ",
            $share,
            " s JOIN team st ON st.id = s.grantee AND st.removed_at IS NULL JOIN team_member sm ON sm.team = st.id WHERE s.",
            $of,
            " = g.other AND sm.account <> ",
            $owner,
            " AND sm.account IN (SELECT d.account FROM ",
            $set,
            " d) LIMIT 2) e) END"
        )
    };
}

/// Whether the submitter, who may not decide about their own job, has its other thing: then they are one of [`members`] too many.
macro_rules! out {
    ($other:literal, $share:literal, $of:literal, $table:literal, $owner:literal) => {
        concat!(
            "CASE WHEN o.forbid_self_approval = 1 AND (",
            everybody!($share, $of, $other),
            " OR EXISTS (SELECT 1 FROM ",
            $table,
            " ot WHERE ot.id = ",
            $other,
            " AND ot.",
            $owner,
            " = j.submitter) OR EXISTS (SELECT 1 FROM ",
            $share,
            " s JOIN team st ON st.id = s.grantee AND st.removed_at IS NULL JOIN team_member sm ON sm.team = st.id WHERE s.",
            $of,
            " = ",
            $other,
            " AND sm.account = j.submitter)) THEN 1 ELSE 0 END"
        )
    };
}

/// The waiting print jobs of the thing, and what the change does to each. Who can decide is reckoned for each other thing (and, of
/// Admins, for each submitter who may not decide themselves), not for each job: PostgreSQL does so only if it is told to
/// (`MATERIALIZED`). No condition on `person` is an equation: for one,
/// SQLite would make an index of everybody, each time.
macro_rules! jobs {
    ($people:expr, $mine:literal, $other:literal, $moved:literal, $queued:literal, $join:literal, $out:expr,
        $admins_before:expr, $admins_after:expr, $members_before:expr, $members_after:expr) => {
        concat!(
            $people,
            ", admin AS (SELECT account, had, will FROM person WHERE role NOT IN ('guest', 'member')), \
             before_it AS (SELECT account FROM person WHERE role NOT IN ('guest', 'admin') AND had > 0), \
             after_it AS (SELECT account FROM person WHERE role NOT IN ('guest', 'admin') AND will > 0), \
             loser AS (SELECT account FROM person WHERE had > will), \
             waiting AS (SELECT j.id, j.number, j.name, j.submitter, j.printer, ",
            $other,
            " AS other, CASE WHEN o.forbid_self_approval = 1 THEN j.submitter ELSE $12 END AS out_of, ",
            $out,
            " AS out_too, ",
            $moved,
            " AS moved FROM print_job j JOIN organization o ON o.id = j.org \
               WHERE j.org = $1 AND ",
            $mine,
            " = $3 AND j.printer_group IS NULL AND j.state IN ('held', 'sent_back')), \
             admins AS MATERIALIZED (SELECT g.other, g.out_of, ",
            $admins_before,
            " AS before_n, ",
            $admins_after,
            " AS after_n FROM (SELECT DISTINCT w.other, w.out_of FROM waiting w) g ",
            $join,
            "), members AS MATERIALIZED (SELECT g.other, ",
            $members_before,
            " AS before_n, ",
            $members_after,
            " AS after_n FROM (SELECT DISTINCT w.other FROM waiting w) g ",
            $join,
            "), \
             verdict AS MATERIALIZED (SELECT w.id, w.number, w.name, w.submitter, w.printer, w.moved, d.before_n AS admins_before, d.after_n AS admins_after, \
               CASE WHEN b.before_n > (CASE WHEN w.out_too = 1 AND w.submitter IN (SELECT account FROM before_it) THEN 1 ELSE 0 END) \
                 THEN 1 ELSE 0 END AS members_before, \
               CASE WHEN b.after_n > (CASE WHEN w.out_too = 1 AND w.submitter IN (SELECT account FROM after_it) THEN 1 ELSE 0 END) \
                 THEN 1 ELSE 0 END AS members_after \
               FROM waiting w JOIN admins d ON d.other = w.other AND d.out_of = w.out_of JOIN members b ON b.other = w.other), \
             ",
            told!(
                $queued,
                concat!("$11 = 'admin' OR ($11 = 'member' AND c.printer IN (", printers_of_member_sql!(), "))"),
                "$10"
            )
        )
    };
}

pub(super) const PRINTER_PEOPLE: &str = movers!(printer);
pub(super) const PROJECT_PEOPLE: &str = movers!(project);

// An Admin has every printer, so before and after are the same: what counts is the job's project (LIB-01).
macro_rules! admins_by_project {
    () => {
        concat!(
            "CASE WHEN ((g.other = $12 OR ",
            project_with_anyone_sql!(),
            ") AND EXISTS (SELECT 1 FROM admin d WHERE d.account <> g.out_of)) OR EXISTS (SELECT 1 FROM admin d \
              WHERE d.account = pr.created_by AND d.account <> g.out_of) THEN 1 ELSE 0 END"
        )
    };
}

pub(super) const PRINTER_JOBS: &str = jobs!(
    people!(printer),
    "j.printer",
    "COALESCE(j.project, $12)",
    "CASE WHEN j.rerouted_by IS NULL AND j.submitter IN (SELECT account FROM loser) THEN 1 ELSE 0 END",
    "(SELECT CAST(COALESCE(SUM(CASE WHEN q.submitter IN (SELECT account FROM loser) THEN 1 ELSE 0 END), 0) AS BIGINT) FROM print_job q \
      WHERE q.printer = $3 AND q.state = 'queued')",
    "LEFT JOIN project pr ON pr.id = g.other",
    out!("COALESCE(j.project, $12)", "project_share", "project", "project", "created_by"),
    admins_by_project!(),
    admins_by_project!(),
    members!("before_it", "project_share", "project", "pr.created_by"),
    members!("after_it", "project_share", "project", "pr.created_by")
);

// The other way round: the project is before and after, the printer stays. An Admin has it.
pub(super) const PROJECT_JOBS: &str = jobs!(
    people!(project),
    "j.project",
    "j.printer",
    "0",
    "0",
    "JOIN printer op ON op.id = g.other",
    out!("j.printer", "printer_share", "printer", "printer", "added_by"),
    "CASE WHEN EXISTS (SELECT 1 FROM admin d WHERE d.had = 1 AND d.account <> g.out_of) THEN 1 ELSE 0 END",
    "CASE WHEN EXISTS (SELECT 1 FROM admin d WHERE d.will = 1 AND d.account <> g.out_of) THEN 1 ELSE 0 END",
    members!("before_it", "printer_share", "printer", "op.added_by"),
    members!("after_it", "printer_share", "printer", "op.added_by")
);
