//! What becomes of the waiting print jobs of printer groups when a printer, a project or a group changes: whoever may use any printer
//! of the group decides about them (AMB-07; `candidate_of_job_sql!`), and the printer that they have counts, too, whatever group it is
//! in. One statement; people are reckoned once for each group (and printer outside of it), not for each job. Reads only.

use access::table::{ChangePrinterGroup, SeePrinter};
use access::{Permit, may_use_printer_sql};
use sql::{Conn, Val, params};
use uuid::Uuid;

use super::sets::{people, told};
use super::{Consequence, NAMED};
use crate::Error;

/// Whether the project of `$of` (and `pr`) is open to `$person`, in the role that they have (LIB-01).
macro_rules! open {
    (member, $of:literal, $person:literal, $nil:literal) => {
        open!(
            $of,
            $person,
            $nil,
            concat!(
                "ps.grantee IN (SELECT pm.team FROM team_member pm JOIN team pt ON pt.id = pm.team WHERE pm.account = ",
                $person,
                ".account AND pt.removed_at IS NULL)"
            )
        )
    };
    (admin, $of:literal, $person:literal, $nil:literal) => {
        open!($of, $person, $nil, "EXISTS (SELECT 1 FROM team pt WHERE pt.id = ps.grantee AND pt.removed_at IS NULL)")
    };
    ($of:literal, $person:literal, $nil:literal, $team:expr) => {
        concat!(
            "(",
            $of,
            ".project = ",
            $nil,
            " OR pr.created_by = ",
            $person,
            ".account OR EXISTS (SELECT 1 FROM project_share ps WHERE ps.project = ",
            $of,
            ".project AND (ps.grantee = $1 OR ",
            $team,
            ")))"
        )
    };
}

/// How many in this role could decide; of more than two, two.
macro_rules! count {
    ($role:ident, $when:literal, $nil:literal) => {
        concat!(
            "(SELECT COUNT(*) FROM (SELECT d.account FROM may d WHERE d.grp = g.grp AND d.spot = g.spot AND d.role = '",
            stringify!($role),
            "' AND d.",
            $when,
            " = 1 AND ",
            open!($role, "g", "d", $nil),
            " LIMIT 2) e)"
        )
    };
}

/// Whether somebody in this role can decide: the submitter counts only where one may decide about one's own.
macro_rules! somebody {
    ($role:ident, $when:literal, $counted:literal, $nil:literal) => {
        concat!(
            "CASE WHEN c.",
            $counted,
            " > CASE WHEN w.forbid = 1 AND s.role = '",
            stringify!($role),
            "' AND s.",
            $when,
            " = 1 AND ",
            open!($role, "w", "s", $nil),
            " THEN 1 ELSE 0 END THEN 1 ELSE 0 END AS ",
            $counted
        )
    };
}

/// `$which` jobs of groups, of `$project`. `$mine` says of which job `j` the printer is the one that changes, and `$but` that the
/// printer of `gm` is another one. Of a person `p` who may use another printer of the group, `a.account` is not null: by that
/// `$used`, `$had` and `$will` say whether they may use any now, and whether they decide before and after.
macro_rules! jobs {
    ($people:expr, $which:literal, $project:literal, $mine:literal, $but:literal, $used:literal, $had:literal, $will:literal,
        $moved:literal, $named:literal, $role:literal, $nil:literal) => {
        concat!(
            $people,
            ", waiting AS MATERIALIZED (SELECT j.id, j.number, j.name, j.submitter, j.printer_group AS grp, ", $project, " AS project, \
               o.forbid_self_approval AS forbid, CASE WHEN ", $mine, " OR EXISTS (SELECT 1 FROM printer_group_member gm \
               JOIN printer cp ON cp.id = gm.printer AND cp.removed_at IS NULL WHERE gm.printer = j.printer \
               AND gm.printer_group = j.printer_group) THEN ", $nil, " ELSE j.printer END AS spot \
               FROM print_job j JOIN organization o ON o.id = j.org WHERE j.org = $1 AND j.state IN ('held', 'sent_back') \
               AND j.printer_group IS NOT NULL AND ", $which, "), \
             slot AS (SELECT DISTINCT w.grp, w.spot FROM waiting w), \
             candidate AS (SELECT k.grp, k.spot, gm.printer FROM slot k JOIN printer_group_member gm ON gm.printer_group = k.grp \
                 JOIN printer cp ON cp.id = gm.printer AND cp.removed_at IS NULL WHERE ", $but, " \
               UNION SELECT k.grp, k.spot, k.spot FROM slot k WHERE k.spot <> ", $nil, "), \
             given AS (SELECT DISTINCT c.grp, c.spot, s.grantee FROM candidate c JOIN printer_share s ON s.printer = c.printer), \
             other AS MATERIALIZED (SELECT v.grp, v.spot, m.account FROM given v \
                 JOIN membership m ON m.org = $1 AND m.removed_at IS NULL WHERE v.grantee = $1 \
               UNION SELECT v.grp, v.spot, tm.account FROM given v JOIN team t ON t.id = v.grantee AND t.removed_at IS NULL \
                 JOIN team_member tm ON tm.team = t.id \
               UNION SELECT c.grp, c.spot, cp.added_by FROM candidate c JOIN printer cp ON cp.id = c.printer JOIN membership m \
                 ON m.org = $1 AND m.account = cp.added_by AND m.role = 'member' AND m.removed_at IS NULL), \
             may AS MATERIALIZED (SELECT k.grp, k.spot, p.account, p.role, CASE WHEN ", $used, " THEN 1 ELSE 0 END AS used, \
               CASE WHEN ", $had, " THEN 1 ELSE 0 END AS had, CASE WHEN ", $will, " THEN 1 ELSE 0 END AS will \
               FROM slot k CROSS JOIN person p LEFT JOIN other a ON a.grp = k.grp AND a.spot = k.spot AND a.account = p.account), \
             counted AS MATERIALIZED (SELECT g.project, g.grp, g.spot, ",
            count!(admin, "had", $nil), " AS admins_before, ", count!(admin, "will", $nil), " AS admins_after, ",
            count!(member, "had", $nil), " AS members_before, ", count!(member, "will", $nil), " AS members_after \
               FROM (SELECT DISTINCT w.project, w.grp, w.spot FROM waiting w) g LEFT JOIN project pr ON pr.id = g.project), \
             verdict AS MATERIALIZED (SELECT w.id, w.number, w.name, w.submitter, w.grp, w.spot, ", $moved, " AS moved, ",
            somebody!(admin, "had", "admins_before", $nil), ", ", somebody!(admin, "will", "admins_after", $nil), ", ",
            somebody!(member, "had", "members_before", $nil), ", ", somebody!(member, "will", "members_after", $nil), " \
               FROM waiting w JOIN counted c ON c.project = w.project AND c.grp = w.grp AND c.spot = w.spot \
               LEFT JOIN project pr ON pr.id = w.project \
               LEFT JOIN may s ON s.grp = w.grp AND s.spot = w.spot AND s.account = w.submitter), ",
            told!(
                "0",
                concat!(
                    $role, " = 'admin' OR (", $role, " = 'member' AND EXISTS (SELECT 1 FROM may q WHERE q.grp = c.grp AND q.spot = c.spot \
                      AND q.account = $2 AND q.used = 1))"
                ),
                $named
            )
        )
    };
}

/// Parameters as of the statements in `sets`. A submitter who may use no printer of the group any more: approved only after it was moved.
pub(super) const PRINTER_JOBS: &str = jobs!(
    people!(printer),
    "(j.printer = $3 OR j.printer_group IN (SELECT mg.printer_group FROM printer_group_member mg JOIN printer mp ON mp.id = mg.printer \
      AND mp.removed_at IS NULL WHERE mg.printer = $3))",
    "COALESCE(j.project, $12)",
    "j.printer = $3",
    "gm.printer <> $3",
    "p.had = 1 OR a.account IS NOT NULL",
    "p.had = 1 OR a.account IS NOT NULL",
    "p.will = 1 OR a.account IS NOT NULL",
    "CASE WHEN s.had = 1 AND s.will = 0 THEN 1 ELSE 0 END",
    "$10",
    "$11",
    "$12"
);

/// The project is open to `person` before and after; which printers they may use stays.
pub(super) const PROJECT_JOBS: &str = jobs!(
    people!(project),
    "j.project = $3",
    // Nothing more is asked of it: `CASE` tells the database the type.
    "CASE WHEN 1 = 0 THEN j.project ELSE $12 END",
    "1 = 0",
    "1 = 1",
    "p.role = 'admin' OR a.account IS NOT NULL",
    "p.had = 1 AND (p.role = 'admin' OR a.account IS NOT NULL)",
    "p.will = 1 AND (p.role = 'admin' OR a.account IS NOT NULL)",
    "0",
    "$10",
    "$11",
    "$12"
);

/// Everybody, with whether they may use the printer.
macro_rules! users {
    () => {
        concat!(
            "WITH person AS (SELECT m.account, m.role, CASE WHEN x.removed_at IS NULL AND ",
            may_use_printer_sql!("x", "m.account", "$1"),
            " THEN 1 ELSE 0 END AS had FROM membership m JOIN printer x ON x.id = $3 WHERE m.org = $1 AND m.removed_at IS NULL) "
        )
    };
}

/// `$4` is the group, `$5` whether the printer is in it now. A job that has this printer keeps it.
const MEMBERSHIP_JOBS: &str = jobs!(
    users!(),
    "j.printer_group = $4 AND j.printer <> $3",
    "COALESCE(j.project, $8)",
    "1 = 0",
    "gm.printer <> $3",
    "p.role = 'admin' OR a.account IS NOT NULL OR ($5 = 1 AND p.had = 1)",
    "p.role = 'admin' OR a.account IS NOT NULL OR ($5 = 1 AND p.had = 1)",
    "p.role = 'admin' OR a.account IS NOT NULL OR ($5 = 0 AND p.had = 1)",
    "CASE WHEN s.had = 1 AND s.will = 0 THEN 1 ELSE 0 END",
    "$6",
    "$7",
    "$8"
);

/// What taking the printer out of the group would do to print jobs that wait; of one that is not in it, what putting it in would.
/// Nobody gains or loses the printer by it.
///
/// # Errors
/// The database.
pub async fn membership(
    conn: &mut Conn,
    permit: &Permit<ChangePrinterGroup>,
    printer: &Permit<SeePrinter>,
) -> Result<Consequence, Error> {
    const INSIDE: &str = "SELECT printer FROM printer_group_member WHERE printer_group = $1 AND printer = $2";
    let (who, group) = (permit.who(), permit.target());
    let inside = conn.opt(INSIDE, params![group, printer.target()]).await?.is_some();
    let asked: [Val; 8] = [
        who.org().into(),
        who.account().into(),
        printer.target().into(),
        group.into(),
        inside.into(),
        NAMED.into(),
        who.role().into(),
        Uuid::nil().into(),
    ];
    let mut told = Consequence::default();
    told.jobs(conn, &[MEMBERSHIP_JOBS], &asked).await?;
    Ok(told)
}
