//! Who can change a no, and where they do it. Only people of the organization, and only those whose own rights reach the thing:
//! each is asked about by the same decision as everybody else before anything is written to them.

use std::collections::HashSet;
use std::hash::{Hash, Hasher};

use access::table::{Action, ApproveJob, Condition, Reach, SeeJob, SeePrinter, SeePrinterGroup, SeeProject, SeeTeam};
use access::{Denial, Denied, Principal, Remedy, Rule, candidate_of_job_sql, may_use_printer_sql, permit, why_not};
use domain::{AccountId, JobId, OrgId, PrinterGroupId, PrinterId, ProjectId, Role, TeamId};
use serde_json::{Map, Value};
use sql::{Conn, Row, params};
use uuid::Uuid;

use super::Seen;
use crate::Error;
use crate::jobs;

/// So many are asked at once: whoever owns the thing, then Members who have it, then Admins.
const MOST: usize = 8;

/// The kind of a page where something can be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlaceKind {
    /// A print job.
    Job,
    /// A printer.
    Printer,
    /// A printer group.
    PrinterGroup,
    /// A library project.
    Project,
    /// A team.
    Team,
    /// All teams.
    Teams,
    /// The people of the organization.
    People,
    /// Manage > Permissions, with the plan.
    Settings,
    /// Registered applications.
    Applications,
}

impl PlaceKind {
    const ALL: [(Self, &'static str); 9] = [
        (Self::Job, "job"),
        (Self::Printer, "printer"),
        (Self::PrinterGroup, "printer_group"),
        (Self::Project, "project"),
        (Self::Team, "team"),
        (Self::Teams, "teams"),
        (Self::People, "people"),
        (Self::Settings, "settings"),
        (Self::Applications, "applications"),
    ];

    /// The word in the database and the API.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("settings", |(_, word)| word)
    }
}

/// Where somebody can do something about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Kind of page.
    pub kind: PlaceKind,
    /// Which one, if there are several.
    pub id: Option<Uuid>,
}

impl Place {
    /// From the columns `place` and `place_id`; `None` if there is no place, or one of a newer version.
    pub(crate) fn read(row: &Row) -> Result<Option<Self>, sql::Error> {
        let word: Option<String> = row.get("place")?;
        let id = row.get("place_id")?;
        let known = word.and_then(|word| PlaceKind::ALL.into_iter().find(|(_, known)| **known == *word));
        Ok(known.map(|(kind, _)| Self { kind, id }))
    }
}

/// Somebody who can help.
#[derive(Debug, Clone)]
pub(super) struct Helper {
    pub id: AccountId,
    pub name: String,
    pub place: Place,
}

/// What decides who can help: several actions have the same answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key {
    rule: Rule,
    remedy: Remedy,
    /// Where things of the organization are changed.
    at: &'static str,
}

impl Key {
    /// All that the answer follows from. The approval alone is looked up in one statement (APR-21).
    fn parts(&self) -> (Remedy, [Reach; 3], &'static [Condition], bool, &'static str) {
        let Rule { guest, member, admin, when, key, .. } = self.rule;
        (self.remedy, [guest, member, admin], when, key == ApproveJob::RULE.key, self.at)
    }
    /// Members can do it, with access.
    fn members(&self) -> bool {
        !matches!(self.rule.member, Reach::No | Reach::Own)
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.parts().hash(state);
    }
}

pub(super) fn key(seen: &Seen, rule: &Rule, denial: &Denial) -> Key {
    let at = match seen {
        Seen::Organization(_) => match denial.action {
            "team.create" => "teams",
            "organization.invite"
            | "organization.remove_person"
            | "organization.change_role"
            | "organization.give_guest_role" => "people",
            "organization.applications" => "applications",
            _ => "settings",
        },
        _ => "",
    };
    Key { rule: *rule, remedy: denial.remedy, at }
}

/// Whoever can help, the nearest first; nobody is an answer, too.
pub(super) async fn helpers(conn: &mut Conn, seen: &Seen, key: &Key) -> Result<Vec<Helper>, Error> {
    let (org, me) = (seen.who().org(), seen.who().account());
    let mut found = match (key.remedy, seen) {
        // The plan is the operator's; an Admin is who talks to them. It helps nobody whose role would be a no as well.
        (Remedy::Plan(_), _) if seen.who().role() == Role::Admin || key.rule.reach(seen.who().role()) == Reach::No => {
            Vec::new()
        }
        (Remedy::Plan(_), _) => admins(conn, org, Place { kind: PlaceKind::Settings, id: None }).await?,
        (Remedy::ShareProject, Seen::Job(permit)) => project_of(conn, org, me, permit.target()).await?,
        (Remedy::SharePrinter, Seen::Job(permit)) => users_for_job(conn, org, permit.target(), true, None).await?,
        (Remedy::Act, Seen::Job(permit)) if key.rule.key == ApproveJob::RULE.key => {
            let place = Place { kind: PlaceKind::Job, id: Some(permit.target().0) };
            let can = jobs::approvers(conn, permit).await?.people;
            can.into_iter().map(|(id, name, _)| Helper { id, name, place }).collect()
        }
        (Remedy::Act, Seen::Job(permit)) => {
            let place = Place { kind: PlaceKind::Job, id: Some(permit.target().0) };
            users_for_job(conn, org, permit.target(), key.members(), Some(place)).await?
        }
        (Remedy::Act, Seen::Printer(permit)) => {
            let place = Place { kind: PlaceKind::Printer, id: Some(permit.target().0) };
            users_of_printer(conn, org, permit.target(), key.members(), place).await?
        }
        (Remedy::Act, Seen::PrinterGroup(permit)) => {
            people_of_printer_group(conn, org, permit.target(), key.members()).await?
        }
        (Remedy::Act, Seen::Project(permit)) => viewers_of_project(conn, org, permit.target(), key).await?,
        (Remedy::Act, Seen::Team(permit)) => people_of_team(conn, org, permit.target(), key.members()).await?,
        (Remedy::Act, Seen::Organization(_)) => {
            let kind = match key.at {
                "teams" => PlaceKind::Teams,
                "people" => PlaceKind::People,
                "applications" => PlaceKind::Applications,
                _ => PlaceKind::Settings,
            };
            admins(conn, org, Place { kind, id: None }).await?
        }
        // Only a print job comes from a project, and only it is on a printer.
        (Remedy::ShareProject | Remedy::SharePrinter, _) => Vec::new(),
    };
    let mut known = HashSet::from([me]);
    found.retain(|helper| known.insert(helper.id));
    match key.remedy {
        // A no to the one who would be asked is no help: each is judged by the same row, and like everybody else.
        Remedy::Act => keep_who_may(conn, seen, key.rule.key, &mut found).await?,
        // A project that is shared with nobody is not for Admins either.
        Remedy::ShareProject => keep_who_see_it(conn, org, &mut found).await?,
        Remedy::SharePrinter | Remedy::Plan(_) => {}
    }
    found.truncate(MOST);
    Ok(found)
}

/// Leaves out whoever may not do it either; no more than are asked.
async fn keep_who_may(conn: &mut Conn, seen: &Seen, action: &str, helpers: &mut Vec<Helper>) -> Result<(), Error> {
    let mut kept = Vec::with_capacity(MOST);
    for helper in helpers.drain(..) {
        let person = Principal { account: helper.id, org: seen.who().org() };
        let no = match seen {
            Seen::Printer(permit) => why_not(conn, person, permit.target(), action).await,
            Seen::PrinterGroup(permit) => why_not(conn, person, permit.target(), action).await,
            Seen::Job(permit) => why_not(conn, person, permit.target(), action).await,
            Seen::Project(permit) => why_not(conn, person, permit.target(), action).await,
            Seen::Team(permit) => why_not(conn, person, permit.target(), action).await,
            Seen::Organization(permit) => why_not(conn, person, permit.target(), action).await,
        };
        match no {
            Ok(None) => kept.push(helper),
            Ok(Some(_)) | Err(Denied::Hidden | Denied::Denied(_)) => {}
            Err(Denied::Db(error)) => return Err(error.into()),
        }
        if kept.len() == MOST {
            break;
        }
    }
    *helpers = kept;
    Ok(())
}

fn read(rows: &[Row], place: Place) -> Result<Vec<Helper>, Error> {
    let helper = |row: &Row| Ok(Helper { id: row.get("account")?, name: row.get("name")?, place });
    Ok(rows.iter().map(helper).collect::<Result<_, sql::Error>>()?)
}

async fn admins(conn: &mut Conn, org: OrgId, place: Place) -> Result<Vec<Helper>, Error> {
    let rows = conn
        .all(
            "SELECT m.account, a.name FROM membership m JOIN account a ON a.id = m.account \
             WHERE m.org = $1 AND m.role = 'admin' AND m.removed_at IS NULL ORDER BY a.name_key LIMIT 20",
            params![org],
        )
        .await?;
    read(&rows, place)
}

/// Members who have the printer (ROL-07), if the action is theirs at all, and Admins.
async fn users_of_printer(
    conn: &mut Conn,
    org: OrgId,
    printer: PrinterId,
    members: bool,
    place: Place,
) -> Result<Vec<Helper>, Error> {
    let rows = conn
        .all(
            "SELECT m.account, a.name FROM printer p JOIN membership m ON m.org = p.org AND m.removed_at IS NULL \
             JOIN account a ON a.id = m.account WHERE p.id = $2 AND p.org = $1 AND (m.role = 'admin' OR ($3 = 1 AND m.role = 'member' \
               AND (p.added_by = m.account OR EXISTS (SELECT 1 FROM printer_share s WHERE s.printer = p.id AND (s.grantee = p.org \
               OR s.grantee IN (SELECT tm.team FROM team_member tm JOIN team t ON t.id = tm.team WHERE tm.account = m.account \
               AND t.removed_at IS NULL)))))) \
             ORDER BY CASE WHEN p.added_by = m.account THEN 0 WHEN m.role = 'member' THEN 1 ELSE 2 END, a.name_key LIMIT 20",
            params![org, printer, i64::from(members)],
        )
        .await?;
    read(&rows, place)
}

/// The job's submitter; Members who may use its printer, if the action is theirs at all, and Admins; of a job that waits and was sent
/// to a group, any printer of the group (AMB-07). Without a place each is sent to the group, or to the job's printer if it is not of a group.
async fn users_for_job(
    conn: &mut Conn,
    org: OrgId,
    job: JobId,
    members: bool,
    place: Option<Place>,
) -> Result<Vec<Helper>, Error> {
    const Q: &str = concat!(
        "SELECT m.account, a.name, j.printer, CASE WHEN ",
        candidate_of_job_sql!("j", may_use_printer_sql!("p", "m.account", "$1")),
        " THEN j.printer_group ELSE NULL END AS at_group FROM print_job j JOIN printer o ON o.id = j.printer JOIN membership m \
           ON m.org = j.org AND m.removed_at IS NULL JOIN account a ON a.id = m.account WHERE j.id = $2 AND j.org = $1 \
           AND (m.role = 'admin' OR m.account = j.submitter OR ($3 = 1 AND m.role = 'member' AND (",
        may_use_printer_sql!("o", "m.account", "$1"),
        " OR ",
        candidate_of_job_sql!("j", may_use_printer_sql!("p", "m.account", "$1")),
        "))) ORDER BY CASE WHEN j.submitter = m.account THEN 0 WHEN o.added_by = m.account THEN 1 WHEN m.role = 'member' THEN 2 ELSE 3 END, \
         a.name_key LIMIT 20"
    );
    let rows = conn.all(Q, params![org, job, i64::from(members)]).await?;
    let helper = |row: &Row| {
        let printer = Place { kind: PlaceKind::Printer, id: Some(row.get("printer")?) };
        let group = row.get::<Option<Uuid>>("at_group")?;
        let theirs = group.map_or(printer, |group| Place { kind: PlaceKind::PrinterGroup, id: Some(group) });
        Ok(Helper { id: row.get("account")?, name: row.get("name")?, place: place.unwrap_or(theirs) })
    };
    Ok(rows.iter().map(helper).collect::<Result<_, sql::Error>>()?)
}

/// Who created the printer group, Members who may use one of its printers, and Admins.
async fn people_of_printer_group(
    conn: &mut Conn,
    org: OrgId,
    group: PrinterGroupId,
    members: bool,
) -> Result<Vec<Helper>, Error> {
    const Q: &str = concat!(
        "SELECT m.account, a.name FROM printer_group g JOIN membership m ON m.org = g.org AND m.removed_at IS NULL \
         JOIN account a ON a.id = m.account WHERE g.id = $2 AND g.org = $1 AND g.removed_at IS NULL AND (m.role = 'admin' \
           OR ($3 = 1 AND m.role = 'member' AND (g.created_by = m.account OR EXISTS (SELECT 1 FROM printer_group_member gm \
             JOIN printer p ON p.id = gm.printer WHERE gm.printer_group = g.id AND p.removed_at IS NULL AND ",
        may_use_printer_sql!("p", "m.account", "$1"),
        ")))) ORDER BY CASE WHEN g.created_by = m.account THEN 0 WHEN m.role = 'member' THEN 1 ELSE 2 END, a.name_key LIMIT 20"
    );
    let rows = conn.all(Q, params![org, group, i64::from(members)]).await?;
    read(&rows, Place { kind: PlaceKind::PrinterGroup, id: Some(group.0) })
}

/// Who created the project, Members who see it, and Admins if it is shared with anybody (LIB-01).
async fn viewers_of_project(conn: &mut Conn, org: OrgId, project: ProjectId, key: &Key) -> Result<Vec<Helper>, Error> {
    let rows = conn
        .all(
            "SELECT m.account, a.name FROM project pr JOIN membership m ON m.org = pr.org AND m.removed_at IS NULL \
             JOIN account a ON a.id = m.account WHERE pr.id = $2 AND pr.org = $1 AND pr.removed_at IS NULL \
             AND (m.role = 'admin' OR ($3 = 1 AND m.role = 'member') OR ($4 = 1 AND m.role = 'guest' AND pr.created_by = m.account)) \
             AND (pr.created_by = m.account OR EXISTS (SELECT 1 FROM project_share s WHERE s.project = pr.id AND (s.grantee = pr.org \
               OR EXISTS (SELECT 1 FROM team t WHERE t.id = s.grantee AND t.removed_at IS NULL AND (m.role = 'admin' \
               OR EXISTS (SELECT 1 FROM team_member tm WHERE tm.team = t.id AND tm.account = m.account)))))) \
             ORDER BY CASE WHEN pr.created_by = m.account THEN 0 WHEN m.role = 'member' THEN 1 ELSE 2 END, a.name_key LIMIT 20",
            params![org, project, i64::from(key.members()), i64::from(key.rule.guest == Reach::Own)],
        )
        .await?;
    read(&rows, Place { kind: PlaceKind::Project, id: Some(project.0) })
}

/// Members who created the team or are in it (ROL-09), and Admins.
async fn people_of_team(conn: &mut Conn, org: OrgId, team: TeamId, members: bool) -> Result<Vec<Helper>, Error> {
    let rows = conn
        .all(
            "SELECT m.account, a.name FROM team t JOIN membership m ON m.org = t.org AND m.removed_at IS NULL \
             JOIN account a ON a.id = m.account WHERE t.id = $2 AND t.org = $1 AND (m.role = 'admin' OR ($3 = 1 AND m.role = 'member' \
               AND (t.created_by = m.account OR EXISTS (SELECT 1 FROM team_member tm WHERE tm.team = t.id AND tm.account = m.account)))) \
             ORDER BY CASE WHEN t.created_by = m.account THEN 0 WHEN m.role = 'member' THEN 1 ELSE 2 END, a.name_key LIMIT 20",
            params![org, team, i64::from(members)],
        )
        .await?;
    read(&rows, Place { kind: PlaceKind::Team, id: Some(team.0) })
}

/// The submitter of a locked job is asked to share its project (APR-20). If they cannot, or left: whoever created it, at the
/// project's own page, because the job may not be for their eyes; and if they left, too, the Admins who see the project.
async fn project_of(conn: &mut Conn, org: OrgId, me: AccountId, job: JobId) -> Result<Vec<Helper>, Error> {
    const Q: &str = "SELECT j.submitter, sa.name AS s_name, sm.role AS s_role, pr.id AS project, pr.created_by, ca.name AS c_name, \
        cm.role AS c_role FROM print_job j JOIN project pr ON pr.id = j.project JOIN account sa ON sa.id = j.submitter \
        JOIN account ca ON ca.id = pr.created_by \
        LEFT JOIN membership sm ON sm.org = j.org AND sm.account = j.submitter AND sm.removed_at IS NULL \
        LEFT JOIN membership cm ON cm.org = j.org AND cm.account = pr.created_by AND cm.removed_at IS NULL \
        WHERE j.org = $1 AND j.id = $2";
    let Some(row) = conn.opt(Q, params![org, job]).await? else { return Ok(Vec::new()) };
    let (submitter, creator): (AccountId, AccountId) = (row.get("submitter")?, row.get("created_by")?);
    let project: ProjectId = row.get("project")?;
    let at_project = Place { kind: PlaceKind::Project, id: Some(project.0) };
    let mut found = Vec::new();
    let mut shares = false;
    if let Some(role) = row.get::<Option<Role>>("s_role")?
        && submitter != me
    {
        shares = role != Role::Guest || submitter == creator;
        let place = Place { kind: PlaceKind::Job, id: Some(job.0) };
        found.push(Helper { id: submitter, name: row.get("s_name")?, place });
    }
    if !shares && creator != me && row.get::<Option<Role>>("c_role")?.is_some() {
        shares = true;
        found.push(Helper { id: creator, name: row.get("c_name")?, place: at_project });
    }
    if !shares {
        found.extend(admins(conn, org, at_project).await?);
    }
    Ok(found)
}

/// Leaves out whoever does not see the place: what they are told about it would be news to them.
pub(super) async fn keep_who_see_it(conn: &mut Conn, org: OrgId, helpers: &mut Vec<Helper>) -> Result<(), Error> {
    let mut kept = Vec::with_capacity(helpers.len());
    for helper in helpers.drain(..) {
        let person = Principal { account: helper.id, org };
        let seen = match (helper.place.kind, helper.place.id) {
            (PlaceKind::Job, Some(id)) => permit::<SeeJob>(conn, person, JobId(id)).await.map(drop),
            (PlaceKind::Printer, Some(id)) => permit::<SeePrinter>(conn, person, PrinterId(id)).await.map(drop),
            (PlaceKind::PrinterGroup, Some(id)) => {
                permit::<SeePrinterGroup>(conn, person, PrinterGroupId(id)).await.map(drop)
            }
            (PlaceKind::Project, Some(id)) => permit::<SeeProject>(conn, person, ProjectId(id)).await.map(drop),
            (PlaceKind::Team, Some(id)) => permit::<SeeTeam>(conn, person, TeamId(id)).await.map(drop),
            _ => Ok(()),
        };
        match seen {
            Ok(()) => kept.push(helper),
            Err(Denied::Hidden | Denied::Denied(_)) => {}
            Err(Denied::Db(error)) => return Err(error.into()),
        }
    }
    *helpers = kept;
    Ok(())
}

/// What the places are called, by their kind: each person is told the name of their own only.
pub(super) async fn names(conn: &mut Conn, helpers: &[Helper]) -> Result<Value, Error> {
    let mut names = Map::new();
    for Place { kind, id } in helpers.iter().map(|helper| helper.place) {
        let q = match kind {
            PlaceKind::Job => "SELECT name FROM print_job WHERE id = $1",
            PlaceKind::Printer => "SELECT name FROM printer WHERE id = $1",
            PlaceKind::PrinterGroup => "SELECT name FROM printer_group WHERE id = $1",
            PlaceKind::Project => "SELECT name FROM project WHERE id = $1",
            PlaceKind::Team => "SELECT name FROM team WHERE id = $1",
            PlaceKind::Teams | PlaceKind::People | PlaceKind::Settings | PlaceKind::Applications => continue,
        };
        if names.contains_key(kind.word()) {
            continue;
        }
        let name: String = conn.one(q, params![id]).await?.get("name")?;
        names.insert(kind.word().to_owned(), name.into());
    }
    Ok(Value::Object(names))
}
