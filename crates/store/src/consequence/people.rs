//! What a change of people would do, stated before it is saved: of a role (AMB-40), of a person who goes (AMB-41), of a team that is
//! removed, of somebody who is taken out of one (AMB-14). Waiting print jobs are reckoned in one statement, before and after, by the printer (or any printer of
//! its group: AMB-07) *and* the library project of each: one change may take both from different people. Reads only.

use access::Permit;
use access::table::{ChangeRole, ChangeTeam};
use domain::{AccountId, OrgId, Role};
use sql::{Conn, Val, params};
use uuid::Uuid;

use super::sets::told;
use super::{Consequence, Crowd, NAMED};
use crate::Error;

/// What changes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Change {
    /// The whole team goes.
    Team(Uuid),
    /// One person of it goes.
    OutOfTeam(Uuid, AccountId),
    /// Somebody's role.
    Role(AccountId, Role),
    /// Somebody goes: a change to no role at all. Their jobs in the queue wait then, too.
    Gone(AccountId),
}

/// What is asked of each print job.
macro_rules! waiting {
    () => {
        "SELECT j.id, j.number, j.name, j.submitter, j.printer AS spot, COALESCE(j.printer_group, $7) AS grp, \
           COALESCE(j.project, $7) AS project, CASE WHEN o.forbid_self_approval = 1 THEN j.submitter ELSE $7 END AS out_of, \
           CASE WHEN j.rerouted_by IS NOT NULL AND j.printer_group IS NULL THEN 1 ELSE 0 END AS chosen \
           FROM print_job j JOIN organization o ON o.id = j.org WHERE j.org = $1 "
    };
}

/// Everybody who may use the printer of a waiting job, and to whom its project is open, before and after. `$1` is the organization,
/// `$2` who asks, `$3` the person, `$4` the role they get, `$5` the team, `$6` what changes (0 they are taken out of it, 1 all of
/// it goes, 2 their role, which is empty for whoever goes), `$7` an id that nothing has. Admins use every printer and are not in `uses`.
macro_rules! reckoned {
    () => {
        concat!(
            "WITH person AS MATERIALIZED (SELECT m.account, m.role AS was, CASE WHEN $6 = 2 AND m.account = $3 THEN $4 ELSE m.role END AS becomes \
               FROM membership m WHERE m.org = $1 AND m.removed_at IS NULL), \
             waiting AS MATERIALIZED (", waiting!(), "AND j.state IN ('held', 'sent_back') AND ($6 = 2 \
                 OR j.printer IN (SELECT ts.printer FROM printer_share ts WHERE ts.grantee = $5) \
                 OR j.printer_group IN (SELECT tg.printer_group FROM printer_share ts JOIN printer_group_member tg ON tg.printer = ts.printer \
                   WHERE ts.grantee = $5) \
                 OR j.project IN (SELECT ts.project FROM project_share ts WHERE ts.grantee = $5)) \
               UNION ALL ", waiting!(), "AND j.state IN ('queued', 'claimed') AND j.submitter = $3 AND $6 = 2 AND $4 = ''), \
             place AS (SELECT DISTINCT w.spot, w.grp FROM waiting w), \
             candidate AS MATERIALIZED (SELECT k.spot, k.grp, k.spot AS printer FROM place k \
               UNION SELECT k.spot, k.grp, gm.printer FROM place k JOIN printer_group_member gm ON gm.printer_group = k.grp \
                 JOIN printer cp ON cp.id = gm.printer AND cp.removed_at IS NULL), \
             uses AS MATERIALIZED (SELECT u.spot, u.grp, u.account, MAX(u.had) AS had, MAX(u.will) AS will FROM (\
                 SELECT c.spot, c.grp, p.account, 1 AS had, 1 AS will FROM candidate c JOIN printer_share s ON s.printer = c.printer \
                   AND s.grantee = $1 CROSS JOIN person p \
                 UNION ALL SELECT c.spot, c.grp, tm.account, 1, ", through!("tm", "t"), " FROM candidate c JOIN printer_share s ON s.printer = c.printer \
                   JOIN team t ON t.id = s.grantee AND t.removed_at IS NULL JOIN team_member tm ON tm.team = t.id \
                 UNION ALL SELECT c.spot, c.grp, p.account, CASE WHEN p.was = 'member' THEN 1 ELSE 0 END, \
                   CASE WHEN p.becomes = 'member' THEN 1 ELSE 0 END FROM candidate c JOIN printer x ON x.id = c.printer \
                   JOIN person p ON p.account = x.added_by) u GROUP BY u.spot, u.grp, u.account), \
             shelf AS (SELECT DISTINCT w.project FROM waiting w WHERE w.project <> $7), \
             opened AS MATERIALIZED (SELECT u.project, u.account, MAX(u.had) AS had, MAX(u.will) AS will FROM (\
                 SELECT k.project, p.account, 1 AS had, 1 AS will FROM shelf k JOIN project_share s ON s.project = k.project AND s.grantee = $1 \
                   CROSS JOIN person p \
                 UNION ALL SELECT k.project, tm.account, 1, ", through!("tm", "t"), " FROM shelf k JOIN project_share s ON s.project = k.project \
                   JOIN team t ON t.id = s.grantee AND t.removed_at IS NULL JOIN team_member tm ON tm.team = t.id \
                 UNION ALL SELECT k.project, pr.created_by, 1, 1 FROM shelf k JOIN project pr ON pr.id = k.project \
                 UNION ALL SELECT k.project, p.account, CASE WHEN p.was = 'admin' THEN 1 ELSE 0 END, \
                   CASE WHEN p.becomes = 'admin' AND NOT ($6 = 1 AND s.grantee = $5) THEN 1 ELSE 0 END FROM shelf k \
                   JOIN project_share s ON s.project = k.project LEFT JOIN team t ON t.id = s.grantee AND t.removed_at IS NULL \
                   JOIN person p ON p.was = 'admin' OR p.becomes = 'admin' WHERE s.grantee = $1 OR t.id IS NOT NULL\
               ) u GROUP BY u.project, u.account), \
             question AS (SELECT DISTINCT w.spot, w.grp, w.project, w.out_of FROM waiting w)"
        )
    };
}

/// Whether being in the team still counts then.
macro_rules! through {
    ($member:literal, $team:literal) => {
        concat!(
            "CASE WHEN ",
            $team,
            ".id = $5 AND ($6 = 1 OR ($6 = 0 AND ",
            $member,
            ".account = $3)) THEN 0 ELSE 1 END"
        )
    };
}

/// Whether somebody in this role can decide about `q`.
macro_rules! somebody {
    ($role:literal, $when:literal, $as:literal, $uses:literal) => {
        concat!(
            "CASE WHEN EXISTS (SELECT 1 FROM person p WHERE p.", $as, " = '", $role, "' AND p.account <> q.out_of AND ", $uses,
            " AND (q.project = $7 OR EXISTS (SELECT 1 FROM opened e WHERE e.project = q.project AND e.account = p.account AND e.", $when,
            " = 1))) THEN 1 ELSE 0 END AS ", $role, "s_"
        )
    };
    (admin, $when:literal, $as:literal) => {
        somebody!("admin", $when, $as, "1 = 1")
    };
    (member, had, $as:literal) => {
        somebody!(
            "member", "had", $as,
            "EXISTS (SELECT 1 FROM uses u WHERE u.spot = q.spot AND u.grp = q.grp AND u.account = p.account AND u.had = 1)"
        )
    };
    (member, will, $as:literal) => {
        somebody!(
            "member", "will", $as,
            "EXISTS (SELECT 1 FROM uses u WHERE u.spot = q.spot AND u.grp = q.grp AND u.account = p.account AND u.will = 1)"
        )
    };
}

/// `$8` is how many are named, `$9` the asker's role.
const JOBS: &str = concat!(
    reckoned!(),
    ", answer AS MATERIALIZED (SELECT q.spot, q.grp, q.project, q.out_of, ",
    somebody!(admin, "had", "was"),
    "before, ",
    somebody!(admin, "will", "becomes"),
    "after, ",
    somebody!(member, had, "was"),
    "before, ",
    somebody!(member, will, "becomes"),
    "after FROM question q), \
     verdict AS MATERIALIZED (SELECT w.id, w.number, w.name, w.submitter, w.spot, w.grp, \
       CASE WHEN w.chosen = 0 AND s.account IS NOT NULL AND s.becomes <> '' AND (s.was = 'admin' OR u.had = 1) AND NOT (s.becomes = 'admin' OR COALESCE(u.will, 0) = 1) THEN 1 ELSE 0 END AS moved, \
       n.admins_before, n.admins_after, n.members_before, n.members_after FROM waiting w JOIN answer n ON n.spot = w.spot AND n.grp = w.grp \
       AND n.project = w.project AND n.out_of = w.out_of LEFT JOIN person s ON s.account = w.submitter \
       LEFT JOIN uses u ON u.spot = w.spot AND u.grp = w.grp AND u.account = w.submitter), ",
    told!(
        "0",
        "$9 = 'admin' OR ($9 = 'member' AND EXISTS (SELECT 1 FROM uses a WHERE a.spot = c.spot AND a.grp = c.grp AND a.account = $2 \
          AND a.had = 1))",
        "$8"
    )
);

/// About how many waiting jobs the person decides before and after, and not the other way round.
const OWN: &str = concat!(
    reckoned!(),
    ", own AS (SELECT CASE WHEN (p.was = 'admin' OR (p.was = 'member' AND u.had = 1)) AND (w.project = $7 OR e.had = 1) THEN 1 ELSE 0 END AS had, \
       CASE WHEN (p.becomes = 'admin' OR (p.becomes = 'member' AND u.will = 1)) AND (w.project = $7 OR e.will = 1) THEN 1 ELSE 0 END AS will \
       FROM waiting w JOIN person p ON p.account = $3 AND p.account <> w.out_of LEFT JOIN uses u ON u.spot = w.spot AND u.grp = w.grp \
       AND u.account = p.account LEFT JOIN opened e ON e.project = w.project AND e.account = p.account) \
     SELECT CAST(COALESCE(SUM(CASE WHEN o.had = 1 AND o.will = 0 THEN 1 ELSE 0 END), 0) AS BIGINT) AS lose, \
       CAST(COALESCE(SUM(CASE WHEN o.had = 0 AND o.will = 1 THEN 1 ELSE 0 END), 0) AS BIGINT) AS gain FROM own o"
);

/// Parameters `$1` to `$7`.
fn asked(org: OrgId, asker: AccountId, change: Change) -> Vec<Val> {
    let nil = Uuid::nil();
    let (person, role, team, what) = match change {
        Change::Team(team) => (nil, "", team, 1_i64),
        Change::OutOfTeam(team, person) => (person.0, "", team, 0),
        Change::Role(person, role) => (person.0, role.word(), nil, 2),
        Change::Gone(person) => (person.0, "", nil, 2),
    };
    params![org, asker, person, role, team, what, nil].to_vec()
}

/// What becomes of the waiting print jobs.
async fn jobs(conn: &mut Conn, who: access::Who, change: Change) -> Result<Consequence, Error> {
    let mut asked = asked(who.org(), who.account(), change);
    asked.extend([Val::from(NAMED), Val::from(who.role())]);
    let mut told = Consequence::default();
    told.jobs(conn, &[JOBS], &asked).await?;
    Ok(told)
}

/// What removing a team would do to waiting print jobs; of a person, what taking them out of it would.
///
/// # Errors
/// The database.
pub(crate) async fn of_team(
    conn: &mut Conn,
    permit: &Permit<ChangeTeam>,
    person: Option<AccountId>,
) -> Result<Consequence, Error> {
    let team = permit.target().0;
    jobs(conn, permit.who(), person.map_or(Change::Team(team), |person| Change::OutOfTeam(team, person))).await
}

/// What another role would do (AMB-40).
#[derive(Debug, Clone)]
pub struct RoleChange {
    /// The role that they have.
    pub from: Role,
    /// It is the asker's own.
    pub oneself: bool,
    /// They are the last Admin, and would not be one any more: it would be refused (AMB-39).
    pub last_admin: bool,
    /// More printers and projects, not fewer: a higher role has all that a lower one has.
    pub rises: bool,
    /// Printers that they could use then and cannot now, or the other way round.
    pub printers: Crowd,
    /// Those of them that they added themselves.
    pub own_printers: i64,
    /// Printers about whose print jobs they would decide then and do not now, or the other way round.
    pub deciding: i64,
    /// Library projects that they would see then and do not now, or the other way round.
    pub projects: Crowd,
    /// About so many waiting print jobs they would decide no more.
    pub lose_decisions: i64,
    /// About so many waiting print jobs they would decide then.
    pub gain_decisions: i64,
    /// So many of their print jobs in the queue would be held.
    pub held_again: i64,
    /// So many open invitations that they made would sleep until they are an Admin again, or another one sends them.
    pub invitations: i64,
    /// The join link that they made would sleep, too.
    pub join_link: bool,
    /// What becomes of waiting print jobs, whoever decides about them.
    pub waiting: Consequence,
}

// `$3` is the role that they have, `$4` the one that they would get, of the person `$2`.
const PRINTERS: &str = "SELECT f.name, COUNT(*) OVER () AS n, CAST(SUM(f.own) OVER () AS BIGINT) AS own FROM (SELECT x.id, x.name, x.name_key, \
      CASE WHEN x.added_by = $2 THEN 1 ELSE 0 END AS own FROM printer x WHERE x.org = $1 AND x.removed_at IS NULL \
      AND NOT EXISTS (SELECT 1 FROM printer_share s WHERE s.printer = x.id AND (s.grantee = $1 OR s.grantee IN (SELECT tm.team \
        FROM team_member tm JOIN team t ON t.id = tm.team WHERE tm.account = $2 AND t.removed_at IS NULL))) \
      AND CASE WHEN $3 = 'admin' OR ($3 = 'member' AND x.added_by = $2) THEN 1 ELSE 0 END \
        <> CASE WHEN $4 = 'admin' OR ($4 = 'member' AND x.added_by = $2) THEN 1 ELSE 0 END) f \
    ORDER BY f.name_key, f.id LIMIT $5";
const PROJECTS: &str = "SELECT f.name, COUNT(*) OVER () AS n FROM (SELECT pr.id, pr.name, pr.name_key FROM project pr WHERE pr.org = $1 \
      AND pr.removed_at IS NULL AND pr.created_by <> $2 AND EXISTS (SELECT 1 FROM project_share s LEFT JOIN team t ON t.id = s.grantee \
        AND t.removed_at IS NULL WHERE s.project = pr.id AND (s.grantee = $1 OR t.id IS NOT NULL)) \
      AND NOT EXISTS (SELECT 1 FROM project_share s WHERE s.project = pr.id AND (s.grantee = $1 OR s.grantee IN (SELECT tm.team \
        FROM team_member tm JOIN team t ON t.id = tm.team WHERE tm.account = $2 AND t.removed_at IS NULL))) \
      AND CASE WHEN $3 = 'admin' THEN 1 ELSE 0 END <> CASE WHEN $4 = 'admin' THEN 1 ELSE 0 END) f \
    ORDER BY f.name_key, f.id LIMIT $5";
const COUNTS: &str = "SELECT (SELECT COUNT(*) FROM membership m WHERE m.org = $1 AND m.account <> $2 AND m.role = 'admin' \
      AND m.removed_at IS NULL) AS other_admins, \
    (SELECT COUNT(*) FROM print_job j JOIN organization o ON o.id = j.org WHERE j.org = $1 AND j.submitter = $2 \
      AND j.state IN ('queued', 'claimed') AND o.hold_on_demotion = 1 AND o.approval_on = 1 AND NOT EXISTS (SELECT 1 \
      FROM job_authorization z WHERE z.job = j.id AND z.kind = 'approval')) AS unapproved, \
    (SELECT COUNT(*) FROM invitation i WHERE i.org = $1 AND i.created_by = $2 AND i.used_at IS NULL AND i.withdrawn_at IS NULL \
      AND i.expires_at > $3) AS invitations, \
    (SELECT COUNT(*) FROM join_link i WHERE i.org = $1 AND i.created_by = $2 AND i.closed_at IS NULL AND i.expires_at > $3 AND i.uses < i.most) AS links, \
    (SELECT COUNT(*) FROM printer x WHERE x.org = $1 AND x.removed_at IS NULL AND ($4 = 'admin' OR ($4 = 'member' AND x.added_by = $2) \
      OR EXISTS (SELECT 1 FROM printer_share s WHERE s.printer = x.id AND (s.grantee = $1 OR s.grantee IN (SELECT tm.team \
        FROM team_member tm JOIN team t ON t.id = tm.team WHERE tm.account = $2 AND t.removed_at IS NULL))))) AS usable";

/// What giving this role to somebody would do, before it is saved (AMB-40).
///
/// # Errors
/// [`Error::NotFound`] for anybody who is not in the organization.
pub async fn of_role(
    conn: &mut Conn,
    permit: &Permit<ChangeRole>,
    person: AccountId,
    to: Role,
) -> Result<RoleChange, Error> {
    const NOW: &str = "SELECT role FROM membership WHERE org = $1 AND account = $2 AND removed_at IS NULL";
    let who = permit.who();
    let org = who.org();
    let from: Role = conn.opt(NOW, params![org, person]).await?.ok_or(Error::NotFound)?.get("role")?;
    let now = conn.now().await?;
    // The one of both that has more: what it has and the other has not is what changes.
    let higher = from.max(to);
    let counts = conn.one(COUNTS, params![org, person, now, higher]).await?;
    let things = params![org, person, from, to, NAMED];
    let printers = conn.all(PRINTERS, things).await?;
    let projects = conn.all(PROJECTS, things).await?;
    let first = |rows: &[sql::Row], key: &'static str| rows.first().map_or(Ok(0_i64), |row| row.get(key));
    let crowd = |rows: &[sql::Row]| {
        let names = rows.iter().map(|row| row.get("name")).collect::<Result<_, sql::Error>>()?;
        Ok::<_, sql::Error>(Crowd { count: first(rows, "n")?, names })
    };
    let (lost, changes) = (crowd(&printers)?, from != to);
    let decides = |role: Role| role != Role::Guest;
    let deciding = match (changes, decides(from) == decides(to)) {
        (false, _) => 0,
        (true, true) => lost.count,
        // A Guest decides about none.
        (true, false) => counts.get("usable")?,
    };
    let mine = conn.one(OWN, &asked(org, who.account(), Change::Role(person, to))).await?;
    Ok(RoleChange {
        from,
        oneself: person == who.account(),
        last_admin: from == Role::Admin && to != Role::Admin && counts.get::<i64>("other_admins")? == 0,
        rises: to > from,
        own_printers: first(&printers, "own")?,
        printers: lost,
        deciding,
        projects: crowd(&projects)?,
        lose_decisions: mine.get("lose")?,
        gain_decisions: mine.get("gain")?,
        held_again: if changes && to == Role::Guest { counts.get("unapproved")? } else { 0 },
        invitations: if changes && from == Role::Admin { counts.get("invitations")? } else { 0 },
        join_link: changes && from == Role::Admin && counts.get::<i64>("links")? > 0,
        waiting: jobs(conn, who, Change::Role(person, to)).await?,
    })
}

/// What becomes of waiting print jobs, and of open invitations and the join link, when somebody goes (AMB-41).
///
/// # Errors
/// The database.
pub(crate) async fn of_leaving(
    conn: &mut Conn,
    who: access::Who,
    person: AccountId,
) -> Result<(Consequence, i64, bool), Error> {
    let now = conn.now().await?;
    let counts = conn.one(COUNTS, params![who.org(), person, now, Role::Guest]).await?;
    let waiting = jobs(conn, who, Change::Gone(person)).await?;
    Ok((waiting, counts.get("invitations")?, counts.get::<i64>("links")? > 0))
}
