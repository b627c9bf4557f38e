//! Loads what a decision needs: one query for one asset, and the same columns for the rows of a list.
//!
//! Convention of every text here: `$1` is the organization, `$2` is the person, `$3` the asset.

use domain::{AccountId, JobId, OrgId, Plan, PrinterGroupId, PrinterId, Role, State};
use sql::{Conn, Row, params};

use crate::decide::{Denial, Facts, Verdict, decide, explain, is_own};
use crate::permit::Principal;
use crate::table::{Action, Kind, Rule};

/// Sql for "the teams that I am in". A statement that asks it often names a table of them and gives that to the macros below.
#[macro_export]
macro_rules! my_teams_sql {
    () => {
        "SELECT tm.team FROM team_member tm JOIN team t ON t.id = tm.team WHERE tm.account = $2 AND t.removed_at IS NULL"
    };
}

/// Sql for "shared with me": with the organization, or with a team that I am in.
#[macro_export]
macro_rules! shared_printer_sql {
    () => {
        $crate::shared_printer_sql!($crate::my_teams_sql!())
    };
    ($teams:expr) => {
        concat!(
            "EXISTS (SELECT 1 FROM printer_share s WHERE s.printer = p.id AND (s.grantee = $1 OR s.grantee IN (",
            $teams,
            ")))"
        )
    };
}

/// Sql for "the printers that are shared with me": the same rule as [`shared_printer_sql`], told from the person's side, for a list
/// that asks it of every printer there is. A printer that is shared in several ways is there several times. Teams of other
/// organizations are left out; that a share stays in its printer's organization is a rule of the database.
#[macro_export]
macro_rules! shared_printers_sql {
    () => {
        "SELECT vs.printer FROM printer_share vs WHERE vs.grantee = $1 UNION ALL SELECT vs.printer FROM team_member vm \
         JOIN team vt ON vt.id = vm.team JOIN printer_share vs ON vs.grantee = vm.team \
         WHERE vm.account = $2 AND vt.org = $1 AND vt.removed_at IS NULL"
    };
}

/// Sql for "the printers that a Member may use": the same rule as `added_by` or [`shared_printer_sql`], told from the person's
/// side. Its cost is that of the printers it finds, and a list can begin with it. Some may be there several times.
#[macro_export]
macro_rules! printers_of_member_sql {
    () => {
        concat!(
            "SELECT vp.id AS printer FROM printer vp WHERE vp.org = $1 AND vp.added_by = $2 UNION ALL ",
            $crate::shared_printers_sql!()
        )
    };
}

/// Sql for "this person may use this printer" (ROL-04, ROL-07, ROL-13): the rule of [`PrinterRights`] as one condition, for the
/// server's own choices between printers. `$printer` is the alias of a printer, `$person` and `$org` are any terms; `$teams` selects
/// the person's teams.
#[macro_export]
macro_rules! may_use_printer_sql {
    ($printer:literal, $person:literal, $org:literal) => {
        $crate::may_use_printer_sql!(
            $printer,
            $person,
            $org,
            concat!(
                "SELECT ut.team FROM team_member ut JOIN team ux ON ux.id = ut.team WHERE ut.account = ",
                $person,
                " AND ux.removed_at IS NULL"
            )
        )
    };
    ($printer:literal, $person:literal, $org:literal, $teams:expr) => {
        concat!(
            "EXISTS (SELECT 1 FROM membership um WHERE um.org = ",
            $org,
            " AND um.account = ",
            $person,
            " AND um.removed_at IS NULL AND (um.role = 'admin' OR (um.role = 'member' AND ",
            $printer,
            ".added_by = ",
            $person,
            ") OR EXISTS (SELECT 1 FROM printer_share us WHERE us.printer = ",
            $printer,
            ".id AND (us.grantee = ",
            $org,
            " OR us.grantee IN (",
            $teams,
            ")))))"
        )
    };
}

/// Sql for "a printer of its group, for a job that waits for a decision" (AMB-07): only then can another printer of the group
/// still be chosen by a person's decision. `$job` is the alias of a print job; `$fits` is a condition on the candidate `p`.
#[macro_export]
macro_rules! candidate_of_job_sql {
    ($job:literal, $fits:expr) => {
        concat!(
            "(",
            $job,
            ".printer_group IS NOT NULL AND ",
            $job,
            ".state IN ('held', 'sent_back') AND EXISTS (SELECT 1 FROM printer_group_member gm JOIN printer p ON p.id = gm.printer \
              WHERE gm.printer_group = ",
            $job,
            ".printer_group AND p.removed_at IS NULL AND ",
            $fits,
            "))"
        )
    };
}

/// Sql for "the groups with a printer that a Member may use", told from the person's side as [`printers_of_member_sql`].
#[macro_export]
macro_rules! groups_of_member_sql {
    () => {
        $crate::groups_of_printers_sql!($crate::printers_of_member_sql!())
    };
}

/// Sql for "the groups with one of these printers", which `$printers` selects.
#[macro_export]
macro_rules! groups_of_printers_sql {
    ($printers:expr) => {
        concat!(
            "SELECT vg.printer_group FROM printer_group_member vg WHERE vg.printer IN (",
            $printers,
            // A few in the Trash are left out sooner than each of the many others is looked at.
            ") AND vg.printer NOT IN (SELECT vq.id FROM printer vq WHERE vq.org = $1 AND vq.removed_at IS NOT NULL)"
        )
    };
}

/// Sql for "this project is shared with me": with the organization, or with a team that I am in. Of `project pr`.
#[macro_export]
macro_rules! shared_project_sql {
    () => {
        "EXISTS (SELECT 1 FROM project_share ps WHERE ps.project = pr.id AND (ps.grantee = $1 OR ps.grantee IN (SELECT tm.team FROM team_member tm JOIN team t ON t.id = tm.team WHERE tm.account = $2 AND t.removed_at IS NULL)))"
    };
}

/// Sql for "this project is shared with someone" (LIB-01). Of `project pr`.
#[macro_export]
macro_rules! project_with_anyone_sql {
    () => {
        "EXISTS (SELECT 1 FROM project_share ps WHERE ps.project = pr.id AND (ps.grantee = $1 OR EXISTS (SELECT 1 FROM team t WHERE t.id = ps.grantee AND t.removed_at IS NULL)))"
    };
}

/// Sql for "the projects that are shared with me", told from the person's side: the same rule as [`shared_project_sql`], and looked
/// for once, not for each project of a list.
#[macro_export]
macro_rules! projects_shared_with_me_sql {
    () => {
        "SELECT mps.project FROM project_share mps WHERE mps.grantee = $1 UNION ALL SELECT mps.project FROM team_member mpm \
         JOIN team mpt ON mpt.id = mpm.team JOIN project_share mps ON mps.grantee = mpm.team WHERE mpm.account = $2 AND mpt.removed_at IS NULL"
    };
}

/// Sql for the projects in a list (LIB-01, AMB-08). Of `project pr`; `$3` is the role.
#[macro_export]
macro_rules! visible_project_sql {
    () => {
        concat!(
            "(pr.created_by = $2 OR ($3 = 'admin' AND ",
            $crate::project_with_anyone_sql!(),
            ") OR ($3 <> 'admin' AND pr.id IN (",
            $crate::projects_shared_with_me_sql!(),
            ")))"
        )
    };
}

/// Sql for the teams in a list (ROL-04, ROL-09, ROL-15). Of `team t`; `$3` is the role.
#[macro_export]
macro_rules! visible_team_sql {
    () => {
        "($3 = 'admin' OR ($3 = 'member' AND t.created_by = $2) OR EXISTS (SELECT 1 FROM team_member vtm WHERE vtm.team = t.id AND vtm.account = $2))"
    };
}

/// Sql for the number of people in a team, of `team t`: those who are in the organization. The database counts when it changes.
#[macro_export]
macro_rules! people_in_team_sql {
    () => {
        "COALESCE((SELECT ts.people FROM team_size ts WHERE ts.team = t.id), 0)"
    };
}

/// Columns by which is known who made the thing, and whether they are there. Of `account a`.
#[macro_export]
macro_rules! owner_sql {
    () => {
        "a.name AS r_owner, CASE WHEN EXISTS (SELECT 1 FROM membership om WHERE om.org = $1 AND om.account = a.id \
         AND om.removed_at IS NULL) THEN 1 ELSE 0 END AS r_owner_there, "
    };
}

/// Who made the thing, to be asked for it; empty if they left: nobody is sent to them.
pub(crate) fn owner(row: &Row) -> Result<String, sql::Error> {
    Ok(if row.get("r_owner_there")? { row.get("r_owner")? } else { String::new() })
}

/// Columns that [`JobRights::read`] needs. A job that waits and has a group is on any of the group's printers (AMB-07). From `print_job j`, `printer p`, `account a` (submitter), left `project pr`.
#[macro_export]
macro_rules! job_rights_sql {
    () => {
        $crate::job_rights_sql!($crate::my_teams_sql!())
    };
    ($teams:expr) => {
        concat!(
            "j.submitter AS r_submitter, ",
            $crate::owner_sql!(),
            "CASE WHEN p.added_by = $2 OR ",
            $crate::candidate_of_job_sql!("j", "p.added_by = $2"),
            " THEN 1 ELSE 0 END AS r_added, CASE WHEN ",
            $crate::shared_printer_sql!($teams),
            " OR ",
            $crate::candidate_of_job_sql!("j", $crate::shared_printer_sql!($teams)),
            " THEN 1 ELSE 0 END AS r_shared, ",
            "CASE WHEN j.project IS NULL THEN 1 ELSE 0 END AS r_no_project, ",
            "CASE WHEN pr.created_by = $2 THEN 1 ELSE 0 END AS r_project_mine, ",
            "CASE WHEN EXISTS (SELECT 1 FROM project_share ps WHERE ps.project = j.project AND (ps.grantee = $1 OR ps.grantee IN (",
            $teams,
            "))) THEN 1 ELSE 0 END AS r_project_shared, ",
            "CASE WHEN EXISTS (SELECT 1 FROM project_share ps WHERE ps.project = j.project AND (ps.grantee = $1 OR EXISTS (SELECT 1 FROM team t WHERE t.id = ps.grantee AND t.removed_at IS NULL))) THEN 1 ELSE 0 END AS r_project_anyone"
        )
    };
}

/// Columns that [`PrinterRights::read`] needs; from `printer p` and `account a` (who added it).
#[macro_export]
macro_rules! printer_rights_sql {
    () => {
        concat!(
            $crate::owner_sql!(),
            "CASE WHEN p.added_by = $2 THEN 1 ELSE 0 END AS r_added, ",
            "CASE WHEN ",
            $crate::shared_printer_sql!(),
            " THEN 1 ELSE 0 END AS r_shared"
        )
    };
}

/// A person in their active organization, as the database says now. Never built from a cookie or a token alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Who {
    pub(crate) account: AccountId,
    pub(crate) org: OrgId,
    pub(crate) role: Role,
    pub(crate) plan: Plan,
    pub(crate) self_approval_forbidden: bool,
}

impl Who {
    /// The person.
    #[must_use]
    pub const fn account(&self) -> AccountId {
        self.account
    }
    /// The organization.
    #[must_use]
    pub const fn org(&self) -> OrgId {
        self.org
    }
    /// The role, as of this transaction.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }
    /// The plan.
    #[must_use]
    pub const fn plan(&self) -> Plan {
        self.plan
    }

    pub(crate) fn read(row: &Row, principal: Principal) -> Result<Self, sql::Error> {
        Ok(Self {
            account: principal.account,
            org: principal.org,
            role: row.get("w_role")?,
            plan: row.get("w_plan")?,
            self_approval_forbidden: row.get("w_forbid")?,
        })
    }

    /// What is known without looking at an asset: closed, until the asset's own facts open it.
    pub(crate) fn facts<'a>(&self, owner: &'a str) -> Facts<'a> {
        Facts {
            plan: self.plan,
            role: self.role,
            exists: true,
            own: false,
            accessible: false,
            visible: false,
            printer_open: false,
            project_open: false,
            self_approval_forbidden: self.self_approval_forbidden,
            owner,
        }
    }
}

impl Who {
    /// Everybody in the organization sees it; what they may do is said by their role and the plan.
    pub(crate) fn of_organization(&self) -> Facts<'static> {
        Facts { visible: true, ..self.facts("") }
    }
}

/// What a person may do with one printer; for showing, never for acting (that takes a [`crate::Permit`]).
#[derive(Debug, Clone)]
pub struct PrinterRights {
    pub(crate) who: Who,
    pub(crate) owner: String,
    pub(crate) added: bool,
    pub(crate) shared: bool,
}

impl PrinterRights {
    /// From the columns of `printer_rights_sql!`.
    ///
    /// # Errors
    /// A column is missing.
    pub fn read(row: &Row, who: Who) -> Result<Self, sql::Error> {
        Ok(Self { who, owner: owner(row)?, added: row.get("r_added")?, shared: row.get("r_shared")? })
    }
    pub(crate) fn facts(&self) -> Facts<'_> {
        printer_facts(self.who, self.added, self.shared, &self.owner)
    }
    /// Whether this person would be allowed, or why not.
    ///
    /// # Errors
    /// The denial, in words.
    pub fn may<A: Action<Target = PrinterId>>(&self) -> Result<(), Denial> {
        outcome::<A>(&self.facts()).map_err(|denied| denied.unwrap_or_else(|| hidden::<A>(&self.facts())))
    }
}

/// What a person may do with one print job; for showing, never for acting.
#[derive(Debug, Clone)]
pub struct JobRights {
    pub(crate) who: Who,
    pub(crate) submitter: AccountId,
    pub(crate) owner: String,
    pub(crate) added: bool,
    pub(crate) shared: bool,
    pub(crate) no_project: bool,
    pub(crate) project_mine: bool,
    pub(crate) project_shared: bool,
    pub(crate) project_anyone: bool,
}

impl JobRights {
    /// From the columns of `job_rights_sql!`.
    ///
    /// # Errors
    /// A column is missing.
    pub fn read(row: &Row, who: Who) -> Result<Self, sql::Error> {
        Ok(Self {
            who,
            submitter: row.get("r_submitter")?,
            owner: owner(row)?,
            added: row.get("r_added")?,
            shared: row.get("r_shared")?,
            no_project: row.get("r_no_project")?,
            project_mine: row.get("r_project_mine")?,
            project_shared: row.get("r_project_shared")?,
            project_anyone: row.get("r_project_anyone")?,
        })
    }
    /// Who sent it.
    #[must_use]
    pub const fn submitter(&self) -> AccountId {
        self.submitter
    }
    /// Whether the person is the submitter.
    #[must_use]
    pub fn own(&self) -> bool {
        is_own(self.who.account, self.submitter)
    }
    /// Whether the job's project is open to the person (APR-20).
    #[must_use]
    pub fn project_open(&self) -> bool {
        self.no_project || project_visible(self.who.role, self.project_mine, self.project_shared, self.project_anyone)
    }
    /// Whether what the submitter wrote and sent is told to the person: the note, the size and the hash (AMB-10).
    #[must_use]
    pub fn content_open(&self) -> bool {
        self.own() || self.project_open()
    }
    pub(crate) fn facts(&self) -> Facts<'_> {
        let accessible = printer_accessible(self.who.role, self.added, self.shared);
        let own = self.own();
        Facts {
            own,
            // Own jobs stay with their owner whatever happens to the printer (AMB-35); what needs the printer itself
            // says so by `PrinterOpen`.
            accessible: accessible || own,
            visible: own || (self.who.role != Role::Guest && accessible),
            printer_open: accessible,
            project_open: self.project_open(),
            ..self.who.facts(&self.owner)
        }
    }
    /// Whether this person would be allowed, or why not.
    ///
    /// # Errors
    /// The denial, in words.
    pub fn may<A: Action<Target = JobId>>(&self) -> Result<(), Denial> {
        outcome::<A>(&self.facts()).map_err(|denied| denied.unwrap_or_else(|| hidden::<A>(&self.facts())))
    }
}

/// No row about printers asks whose it is (PRN-02: sharing decides); a Member's own are accessible to them.
fn printer_facts<'a>(who: Who, added: bool, shared: bool, owner: &'a str) -> Facts<'a> {
    let accessible = printer_accessible(who.role, added, shared);
    Facts { accessible, visible: accessible, ..who.facts(owner) }
}

/// ROL-04, ROL-07, ROL-13.
pub(crate) const fn printer_accessible(role: Role, added: bool, shared: bool) -> bool {
    match role {
        Role::Admin => true,
        Role::Member => added || shared,
        Role::Guest => shared,
    }
}

/// LIB-01, AMB-08.
pub(crate) const fn project_visible(role: Role, mine: bool, shared: bool, anyone: bool) -> bool {
    match role {
        Role::Admin => mine || anyone,
        Role::Member | Role::Guest => mine || shared,
    }
}

/// A group is seen by whoever created it or may use one of its printers (ROL-07, ROL-13, AMB-07). Guests create none: one who was
/// a Member before sees it by its printers only, as with printers and teams.
pub(crate) const fn group_accessible(role: Role, created: bool, added: bool, shared: bool) -> bool {
    match role {
        Role::Admin => true,
        Role::Member => created || added || shared,
        Role::Guest => shared,
    }
}

/// ROL-04, ROL-09, ROL-15.
pub(crate) const fn team_accessible(role: Role, created: bool, inside: bool) -> bool {
    match role {
        Role::Admin => true,
        Role::Member => created || inside,
        Role::Guest => inside,
    }
}

/// `Err(None)`: hidden.
pub(crate) fn verdict(rule: &Rule, facts: &Facts<'_>) -> Result<(), Option<Denial>> {
    match decide(rule, facts) {
        Verdict::Allow => Ok(()),
        Verdict::Hidden => Err(None),
        Verdict::Deny(failed, condition) => Err(Some(explain(rule, facts, failed, condition))),
    }
}

/// [`verdict`] for one action.
pub(crate) fn outcome<A: Action>(facts: &Facts<'_>) -> Result<(), Option<Denial>> {
    verdict(&A::RULE, facts)
}

pub(crate) fn hidden<A: Action>(facts: &Facts<'_>) -> Denial {
    explain(&A::RULE, facts, crate::decide::Failed::Access, None)
}

const WHO: &str = "SELECT m.role AS w_role, o.plan AS w_plan, o.forbid_self_approval AS w_forbid FROM membership m \
    JOIN organization o ON o.id = m.org WHERE m.org = $1 AND m.account = $2 AND m.removed_at IS NULL AND o.suspended = 0";

pub(crate) async fn load_who(conn: &mut Conn, principal: Principal) -> Result<Option<Who>, sql::Error> {
    let row = conn.opt(WHO, params![principal.org, principal.account]).await?;
    row.map(|row| Who::read(&row, principal)).transpose()
}

/// Something an action is done to.
#[async_trait::async_trait]
pub trait Target: Copy + Send + Sync + 'static {
    /// Which rows of the table are about it.
    const KIND: Kind;
    /// Locks, in the global order, what the decision rests on (PostgreSQL; SQLite has one writer). Of another organization's
    /// thing nothing is locked or even read: asking for it costs what asking for nothing costs.
    #[doc(hidden)]
    async fn lock(self, conn: &mut Conn, org: OrgId) -> Result<(), sql::Error>;
    /// Loads the facts in one query and decides by each of these rows. `None`: there is no such thing in the organization.
    #[doc(hidden)]
    async fn judge(
        self,
        conn: &mut Conn,
        principal: Principal,
        rules: &[Rule],
    ) -> Result<Option<(Who, Verdicts)>, sql::Error>;
}

/// One answer for each row that was asked. `Err(None)`: hidden.
#[doc(hidden)]
pub type Verdicts = Vec<Result<(), Option<Denial>>>;
pub(crate) type Judged = Result<Option<(Who, Verdicts)>, sql::Error>;

macro_rules! who_join {
    () => {
        "JOIN membership m ON m.org = $1 AND m.account = $2 AND m.removed_at IS NULL JOIN organization o ON o.id = $1 AND o.suspended = 0 "
    };
}
macro_rules! who_columns {
    () => {
        "m.role AS w_role, o.plan AS w_plan, o.forbid_self_approval AS w_forbid, "
    };
}
pub(crate) use {who_columns, who_join};

#[async_trait::async_trait]
impl Target for PrinterId {
    const KIND: Kind = Kind::Printer;
    async fn lock(self, conn: &mut Conn, org: OrgId) -> Result<(), sql::Error> {
        const SHARES: &str = "SELECT grantee FROM printer_share \
            WHERE printer = (SELECT p.id FROM printer p WHERE p.id = $1 AND p.org = $2) {for_share}";
        conn.all(SHARES, params![self, org]).await.map(drop)
    }
    async fn judge(self, conn: &mut Conn, principal: Principal, rules: &[Rule]) -> Judged {
        const Q: &str = concat!(
            "SELECT ",
            who_columns!(),
            printer_rights_sql!(),
            " FROM printer p JOIN account a ON a.id = p.added_by ",
            who_join!(),
            "WHERE p.id = $3 AND p.org = $1"
        );
        let Some(row) = conn.opt(Q, params![principal.org, principal.account, self]).await? else {
            return Ok(None);
        };
        let who = Who::read(&row, principal)?;
        let rights = PrinterRights::read(&row, who)?;
        Ok(Some((who, rules.iter().map(|rule| verdict(rule, &rights.facts())).collect())))
    }
}

#[async_trait::async_trait]
impl Target for JobId {
    const KIND: Kind = Kind::Job;
    /// Shares, then the printer, then the job itself; of a job with a group that waits, the group and the shares of all its
    /// printers before. Had the job been moved to another printer in between, the decision would rest on the wrong one: then
    /// everything is tried again.
    async fn lock(self, conn: &mut Conn, org: OrgId) -> Result<(), sql::Error> {
        const PRINTER: &str = "SELECT printer, printer_group, state FROM print_job WHERE id = $1 AND org = $2";
        let Some(row) = conn.opt(PRINTER, params![self, org]).await? else { return Ok(()) };
        let printer: PrinterId = row.get("printer")?;
        let group: Option<PrinterGroupId> = row.get("printer_group")?;
        let waited = matches!(row.get("state")?, State::Held | State::SentBack);
        if let Some(group) = group.filter(|_| waited) {
            crate::groups::lock_shares(conn, group).await?;
        }
        conn.all("SELECT grantee FROM printer_share WHERE printer = $1 {for_share}", params![printer]).await?;
        // The project before its shares, as whoever changes them does.
        const PROJECT: &str =
            "SELECT id FROM project WHERE id = (SELECT j.project FROM print_job j WHERE j.id = $1) {for_share}";
        if conn.opt(PROJECT, params![self]).await?.is_some() {
            conn.all(
                "SELECT s.grantee FROM project_share s WHERE s.project = (SELECT j.project FROM print_job j WHERE j.id = $1) {for_share}",
                params![self],
            )
            .await?;
        }
        conn.opt("SELECT id FROM printer WHERE id = $1 {for_share}", params![printer]).await?;
        let row = conn
            .one("SELECT printer, printer_group, state FROM print_job WHERE id = $1 {for_update}", params![self])
            .await?;
        let now: (PrinterId, Option<PrinterGroupId>) = (row.get("printer")?, row.get("printer_group")?);
        // Approved jobs that are taken back wait again: then the group was not locked.
        let waits = matches!(row.get("state")?, State::Held | State::SentBack);
        if now == (printer, group) && (waits == waited || group.is_none()) { Ok(()) } else { Err(sql::Error::Busy) }
    }
    async fn judge(self, conn: &mut Conn, principal: Principal, rules: &[Rule]) -> Judged {
        const Q: &str = concat!(
            "SELECT ",
            who_columns!(),
            job_rights_sql!(),
            " FROM print_job j JOIN printer p ON p.id = j.printer JOIN account a ON a.id = j.submitter \
              LEFT JOIN project pr ON pr.id = j.project ",
            who_join!(),
            "WHERE j.id = $3 AND j.org = $1"
        );
        let Some(row) = conn.opt(Q, params![principal.org, principal.account, self]).await? else {
            return Ok(None);
        };
        let who = Who::read(&row, principal)?;
        let rights = JobRights::read(&row, who)?;
        Ok(Some((who, rules.iter().map(|rule| verdict(rule, &rights.facts())).collect())))
    }
}

#[async_trait::async_trait]
impl Target for OrgId {
    const KIND: Kind = Kind::Organization;
    async fn lock(self, _conn: &mut Conn, _org: OrgId) -> Result<(), sql::Error> {
        Ok(())
    }
    async fn judge(self, conn: &mut Conn, principal: Principal, rules: &[Rule]) -> Judged {
        if self != principal.org {
            return Ok(None);
        }
        let Some(who) = load_who(conn, principal).await? else {
            return Ok(None);
        };
        Ok(Some((who, rules.iter().map(|rule| verdict(rule, &who.of_organization())).collect())))
    }
}

impl JobRights {
    /// Whether this person may change the order of the queue that the job is in (JOB-06): the printer's own row.
    #[must_use]
    pub fn may_reorder(&self) -> bool {
        outcome::<crate::table::ReorderQueue>(&printer_facts(self.who, self.added, self.shared, &self.owner)).is_ok()
    }
}

impl PrinterRights {
    /// Whose rights these are.
    #[must_use]
    pub fn person(&self) -> AccountId {
        self.who.account
    }
}
