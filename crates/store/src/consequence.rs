//! What a change of shares would do, stated before it is saved: who would see the thing, who would not any more, and what becomes
//! of the print jobs that wait (LIB-05, PRN-03, CMP-10, AMB-35). One mechanism for printers and projects. Reckoned by the database
//! as sets, in as many statements whatever the size of a team: only counts and the first few names leave it. Reads only.

use access::{Permit, Who, printers_of_member_sql, project_with_anyone_sql};
use domain::{AccountId, JobId};
use sql::{Conn, Row, Val, params};
use uuid::Uuid;

use crate::Error;
use crate::shares::{self, Change, ShareRight, Thing, Wanted};

/// So many people and print jobs are named; the rest is a number.
pub const NAMED: i64 = 5;

/// People, counted, and the first of them by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Crowd {
    /// How many.
    pub count: i64,
    /// The first [`NAMED`].
    pub names: Vec<String>,
}

/// What becomes of a print job that waits for a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobChange {
    /// Nobody can approve it, and somebody could then.
    Decidable,
    /// Somebody can approve it, and nobody could then.
    Undecidable,
    /// Its submitter loses the printer: it could be approved only after it was moved to another one (AMB-29).
    MoveFirst,
    /// A Member can approve it, and only an Admin could then.
    AdminsOnly,
}

/// A print job that a change concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobEffect {
    /// Job.
    pub id: JobId,
    /// Its number.
    pub number: i64,
    /// Its name.
    pub name: String,
    /// Who sent it.
    pub submitter: (AccountId, String),
    /// What becomes of it.
    pub change: JobChange,
}

/// What a change of shares would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Consequence {
    /// Who would see it, and does not yet.
    pub gain: Crowd,
    /// Who sees it, and would not any more.
    pub lose: Crowd,
    /// The person who asks is among those who lose.
    pub oneself: bool,
    /// Print jobs that wait: [`JobChange::Decidable`].
    pub decidable: i64,
    /// [`JobChange::Undecidable`].
    pub undecidable: i64,
    /// [`JobChange::AdminsOnly`]; also those that have to be moved first.
    pub admins_only: i64,
    /// [`JobChange::MoveFirst`]. Of a printer only.
    pub move_first: i64,
    /// Print jobs in the queue whose submitters would not see the printer any more; they stay there. Of a printer only.
    pub queued: i64,
    /// The first [`NAMED`] of the waiting ones that it concerns and that the asker sees.
    pub jobs: Vec<JobEffect>,
}

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
            " = $3 AND j.state IN ('held', 'sent_back')), \
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
             told AS (SELECT v.id, v.number, v.name, v.submitter, v.printer, v.moved, \
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
                WHERE c.change <> '' AND (c.submitter = $2 OR $11 = 'admin' OR ($11 = 'member' AND c.printer IN (",
            printers_of_member_sql!(),
            "))) ORDER BY c.number LIMIT $10) f"
        )
    };
}

const PRINTER_PEOPLE: &str = movers!(printer);
const PROJECT_PEOPLE: &str = movers!(project);

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

const PRINTER_JOBS: &str = jobs!(
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
const PROJECT_JOBS: &str = jobs!(
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

/// What [`shares::change`] would do.
///
/// # Errors
/// As [`shares::change`].
pub async fn of<A: ShareRight>(conn: &mut Conn, permit: &Permit<A>, wanted: &Wanted<'_>) -> Result<Consequence, Error> {
    let (who, thing): (Who, Thing) = (permit.who(), permit.target().into());
    let now = shares::uncounted(conn, permit).await?;
    let change = Change::of(&now, wanted, who.org())?;
    let org = who.org().0;
    let kept = now.grantees.iter().filter(|id| !change.removed.contains(id));
    let after: Vec<Uuid> = kept.chain(&change.added).copied().collect();
    let teams = |all: &[Uuid]| Val::ids(&all.iter().copied().filter(|id| *id != org).collect::<Vec<_>>());
    let (admins_before, admins_after, people, jobs) = match thing {
        Thing::Printer(_) => (true, true, PRINTER_PEOPLE, PRINTER_JOBS),
        Thing::Project(_) => (!now.grantees.is_empty(), !after.is_empty(), PROJECT_PEOPLE, PROJECT_JOBS),
    };
    let mut asked = params![
        org,
        who.account(),
        thing.id(),
        teams(&now.grantees),
        teams(&after),
        now.organization,
        after.contains(&org),
        admins_before,
        admins_after,
        NAMED
    ]
    .to_vec();
    let mut told = Consequence::default();
    for row in conn.all(people, &asked).await? {
        told.person(&row)?;
    }
    if told.gain.count + told.lose.count > 0 {
        asked.extend([Val::from(who.role()), Val::from(Uuid::nil())]);
        for row in conn.all(jobs, &asked).await? {
            told.job(&row)?;
        }
    }
    Ok(told)
}

impl Consequence {
    /// A number of people, or one name.
    fn person(&mut self, row: &Row) -> Result<(), sql::Error> {
        let will: bool = row.get("will")?;
        let crowd = if will { &mut self.gain } else { &mut self.lose };
        match row.get::<Option<String>>("name")? {
            Some(name) => crowd.names.push(name),
            None => {
                crowd.count = row.get("n")?;
                self.oneself |= !will && row.get::<i64>("asker")? > 0;
            }
        }
        Ok(())
    }

    /// The numbers of print jobs, or one of them.
    fn job(&mut self, row: &Row) -> Result<(), sql::Error> {
        let change = match row.get::<String>("change")?.as_str() {
            "decidable" => JobChange::Decidable,
            "undecidable" => JobChange::Undecidable,
            "move_first" => JobChange::MoveFirst,
            "admins_only" => JobChange::AdminsOnly,
            _ => {
                self.decidable = row.get("decidable")?;
                self.undecidable = row.get("undecidable")?;
                self.admins_only = row.get("admins_only")?;
                self.move_first = row.get("move_first")?;
                self.queued = row.get("queued")?;
                return Ok(());
            }
        };
        self.jobs.push(JobEffect {
            id: row.get("id")?,
            number: row.get("number")?,
            name: row.get("name")?,
            submitter: (row.get("submitter")?, row.get("submitter_name")?),
            change,
        });
        Ok(())
    }
}
