//! The same worlds as rows of a database: whatever is decided on facts must be decided on the rows that they are loaded
//! from. Each relation is made in every way in which it can come about: "shared" by the organization and by a team,
//! "not shared" by nobody, by a team of others, and by a team that was removed.

use domain::{AccountId, JobId, OrgId, Plan, PrinterId, ProjectId, Role, TeamId};
use sql::{Clock, Conn, Db, Tx, params};
use tempfile::TempDir;
use uuid::Uuid;

use super::grid::{Asset, GroupIs, Outcome, PrinterIs, ProjectIs, TeamIs, World, rule};
use crate::facts::{JobRights, PrinterRights};
use crate::table::{
    self, ApproveJob, Condition, OpenJobFile, PauseJob, RenamePrinter, ReorderQueue, SeeJob, SeePrinter,
    SeePrinterGroup, TABLE, TARGETS,
};
use crate::{
    Denied, Failed, Principal, job_rights_sql, may_use_printer_sql, permit, permit_in, printer_rights_sql, visible,
    visible_group_sql,
};

const HOME: OrgId = OrgId(Uuid::from_u128(0xA));
const AWAY: OrgId = OrgId(Uuid::from_u128(0xB));
const OWNER: AccountId = AccountId(Uuid::from_u128(0xC));

/// One asset as a row, and how the person of this role stands to it.
struct Thing {
    role: Role,
    id: Uuid,
    asset: Asset,
    elsewhere: bool,
}

struct Rows {
    db: Db,
    _folder: TempDir,
    things: Vec<Thing>,
}

const fn person(role: Role) -> AccountId {
    AccountId(Uuid::from_u128(match role {
        Role::Guest => 1,
        Role::Member => 2,
        Role::Admin => 3,
    }))
}

fn principal(role: Role) -> Principal {
    Principal { account: person(role), org: HOME }
}

async fn account(tx: &mut Tx, id: AccountId, name: &str) {
    const ACCOUNT: &str = "INSERT INTO account (id, email, email_key, name, name_key, password_hash, created_at) \
        VALUES ($1, $2, $2, $2, $2, '', 0)";
    tx.exec(ACCOUNT, params![id, name]).await.unwrap();
}

async fn join(tx: &mut Tx, org: OrgId, account: AccountId, role: Role) {
    const JOIN: &str = "INSERT INTO membership (org, account, role, created_at) VALUES ($1, $2, $3, 0)";
    tx.exec(JOIN, params![org, account, role]).await.unwrap();
}

/// The teams of one person.
struct Teams {
    inside: TeamId,
    of_others: TeamId,
    removed: TeamId,
}

async fn team(tx: &mut Tx, org: OrgId, by: AccountId, people: &[AccountId], removed: bool) -> TeamId {
    const TEAM: &str =
        "INSERT INTO team (id, org, name, created_by, created_at, removed_at) VALUES ($1, $2, 'T', $3, 0, $4)";
    const IN: &str = "INSERT INTO team_member (team, account, added_at) VALUES ($1, $2, 0)";
    let id = TeamId(Uuid::new_v4());
    tx.exec(TEAM, params![id, org, by, removed.then_some(1_i64)]).await.unwrap();
    for person in people {
        tx.exec(IN, params![id, *person]).await.unwrap();
    }
    id
}

async fn printer(tx: &mut Tx, org: OrgId, by: AccountId, shared_with: Option<Uuid>) -> PrinterId {
    const PRINTER: &str = "INSERT INTO printer (id, org, name, family, address, secret, class, added_by, created_at, bed) \
        VALUES ($1, $2, 'P', 'octoprint', 'a', $3, 'b', $4, 0, 'clear')";
    const SHARE: &str = "INSERT INTO printer_share (printer, grantee, granted_by, granted_at) VALUES ($1, $2, $3, 0)";
    let id = PrinterId(Uuid::new_v4());
    tx.exec(PRINTER, params![id, org, Vec::<u8>::new(), by]).await.unwrap();
    if let Some(grantee) = shared_with {
        tx.exec(SHARE, params![id, grantee, by]).await.unwrap();
    }
    id
}

/// A printer is in one group at most, so each group has printers of its own, which stand to people as these do.
async fn group(tx: &mut Tx, by: AccountId, like: &[(PrinterId, PrinterIs)]) -> Uuid {
    const GROUP: &str =
        "INSERT INTO printer_group (id, org, name, name_key, created_by, created_at) VALUES ($1, $2, $3, $3, $4, 0)";
    const IN: &str =
        "INSERT INTO printer_group_member (printer, printer_group, added_by, added_at) VALUES ($1, $2, $3, 0)";
    const SHARES: &str = "INSERT INTO printer_share (printer, grantee, granted_by, granted_at) \
        SELECT $1, grantee, granted_by, granted_at FROM printer_share WHERE printer = $2";
    let id = Uuid::new_v4();
    tx.exec(GROUP, params![id, HOME, id.to_string(), by]).await.unwrap();
    for (printer_like, _) in like {
        let row = tx.one("SELECT added_by FROM printer WHERE id = $1", params![*printer_like]).await.unwrap();
        let own = printer(tx, HOME, row.get("added_by").unwrap(), None).await;
        tx.exec(SHARES, params![own, *printer_like]).await.unwrap();
        tx.exec(IN, params![own, id, by]).await.unwrap();
    }
    id
}

async fn project(tx: &mut Tx, org: OrgId, by: AccountId, shared_with: Option<Uuid>) -> ProjectId {
    const PROJECT: &str = "INSERT INTO project (id, org, name, created_by, created_at) VALUES ($1, $2, 'L', $3, 0)";
    const SHARE: &str = "INSERT INTO project_share (project, grantee, granted_by, granted_at) VALUES ($1, $2, $3, 0)";
    let id = ProjectId(Uuid::new_v4());
    tx.exec(PROJECT, params![id, org, by]).await.unwrap();
    if let Some(grantee) = shared_with {
        tx.exec(SHARE, params![id, grantee, by]).await.unwrap();
    }
    id
}

async fn job(
    tx: &mut Tx,
    org: OrgId,
    number: i64,
    by: AccountId,
    printer: PrinterId,
    project: Option<ProjectId>,
) -> JobId {
    const FILE: &str = "INSERT INTO file (id, org, name, extension, size, upload_sha, send_sha, facts, created_by, created_at) \
        VALUES ($1, $2, 'f', 'gcode', 1, $3, $3, '{}', $4, 0)";
    const JOB: &str = "INSERT INTO print_job (id, org, number, name, submitter, project, printer, source, version, file, upload_sha, \
        send_sha, state, state_version, gate_required, gate_settings_version, gate_role, idem_key, queue_pos, created_at, state_at) \
        VALUES ($1, $2, $3, 'J', $4, $5, $6, 'upload', 1, $7, $8, $8, 'held', 1, 1, 1, 'guest', $9, 0, 0, 0)";
    let (id, file, sha) = (JobId(Uuid::new_v4()), Uuid::new_v4(), vec![0_u8; 32]);
    tx.exec(FILE, params![file, org, sha.clone(), by]).await.unwrap();
    tx.exec(JOB, params![id, org, number, by, project, printer, file, sha, id.to_string()]).await.unwrap();
    id
}

/// Everything that one person can be asked about.
async fn things_of(tx: &mut Tx, role: Role, number: &mut i64) -> Vec<Thing> {
    let me = person(role);
    let teams = Teams {
        inside: team(tx, HOME, OWNER, &[me, OWNER], false).await,
        of_others: team(tx, HOME, OWNER, &[OWNER], false).await,
        removed: team(tx, HOME, OWNER, &[me], true).await,
    };
    let mut things = vec![
        (HOME.0, Asset::Organization),
        (teams.inside.0, Asset::Team(TeamIs::Inside)),
        (teams.of_others.0, Asset::Team(TeamIs::Neither)),
        (team(tx, HOME, me, &[], false).await.0, Asset::Team(TeamIs::Created)),
    ];
    let by_team = |team: TeamId| Some(team.0);
    let mut printers = Vec::new();
    for (by, shared_with, is) in [
        (me, None, PrinterIs::Added),
        (OWNER, Some(HOME.0), PrinterIs::Shared),
        (OWNER, by_team(teams.inside), PrinterIs::Shared),
        (OWNER, None, PrinterIs::Unshared),
        (OWNER, by_team(teams.of_others), PrinterIs::Unshared),
        (OWNER, by_team(teams.removed), PrinterIs::Unshared),
    ] {
        let id = printer(tx, HOME, by, shared_with).await;
        printers.push((id, is));
        things.push((id.0, Asset::Printer(is)));
    }
    let mut groups = Vec::new();
    for (by, of, is) in [
        (me, &printers[3..5], GroupIs::Created),
        (OWNER, &printers[..1], GroupIs::WithAdded),
        (OWNER, &printers[2..4], GroupIs::WithShared),
        (OWNER, &printers[3..], GroupIs::Neither),
    ] {
        let id = group(tx, by, of).await;
        things.push((id, Asset::Group(is)));
        groups.push((id, is));
    }
    let mut projects = vec![None];
    for (by, shared_with, is) in [
        (me, None, ProjectIs::Created),
        (OWNER, Some(HOME.0), ProjectIs::Shared),
        (OWNER, by_team(teams.inside), ProjectIs::Shared),
        (OWNER, by_team(teams.of_others), ProjectIs::SharedWithOthers),
        (OWNER, None, ProjectIs::Private),
        (OWNER, by_team(teams.removed), ProjectIs::Private),
    ] {
        let id = project(tx, HOME, by, shared_with).await;
        projects.push(Some((id, is)));
        things.push((id.0, Asset::Project(is)));
    }
    for own in [true, false] {
        for (on, printer) in &printers {
            for project in &projects {
                *number += 1;
                let by = if own { me } else { OWNER };
                let id = job(tx, HOME, *number, by, *on, project.map(|(id, _)| id)).await;
                things.push((id.0, Asset::Job { own, printer: *printer, project: project.map(|(_, is)| is) }));
            }
        }
    }
    // AMB-07: while it waits, a job of a group is on any of its printers; afterwards on its own, here one that nobody sees.
    for own in [true, false] {
        for (group, is) in &groups {
            for waits in [true, false] {
                const OF_GROUP: &str = "UPDATE print_job SET printer_group = $2, state = $3 WHERE id = $1";
                *number += 1;
                let id = job(tx, HOME, *number, if own { me } else { OWNER }, printers[3].0, None).await;
                let state = if waits { domain::State::Held } else { domain::State::Queued };
                tx.exec(OF_GROUP, params![id, *group, state]).await.unwrap();
                let printer = match is {
                    GroupIs::WithShared if waits => PrinterIs::Shared,
                    GroupIs::WithAdded if waits => PrinterIs::Added,
                    _ => PrinterIs::Unshared,
                };
                things.push((id.0, Asset::Job { own, printer, project: None }));
            }
        }
    }
    things.into_iter().map(|(id, asset)| Thing { role, id, asset, elsewhere: false }).collect()
}

/// The best that one can have in another organization, without being in it.
async fn elsewhere(tx: &mut Tx, role: Role, number: &mut i64) -> Vec<Thing> {
    let me = person(role);
    let printer = printer(tx, AWAY, me, Some(AWAY.0)).await;
    let project = project(tx, AWAY, me, Some(AWAY.0)).await;
    *number += 1;
    let job = job(tx, AWAY, *number, me, printer, Some(project)).await;
    let team = team(tx, AWAY, me, &[me], false).await;
    let things = [
        (AWAY.0, Asset::Organization),
        (printer.0, Asset::Printer(PrinterIs::Shared)),
        (project.0, Asset::Project(ProjectIs::Created)),
        (job.0, Asset::Job { own: true, printer: PrinterIs::Shared, project: Some(ProjectIs::Created) }),
        (team.0, Asset::Team(TeamIs::Inside)),
    ];
    things.into_iter().map(|(id, asset)| Thing { role, id, asset, elsewhere: true }).collect()
}

impl Rows {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = folder.path().join("rows.db").display().to_string();
        let db = Db::open(&address, Clock::default()).await.unwrap();
        let mut tx = db.write().await.unwrap();
        for org in [HOME, AWAY] {
            const ORG: &str =
                "INSERT INTO organization (id, name, plan, approval_on, created_at) VALUES ($1, 'O', $2, 1, 0)";
            tx.exec(ORG, params![org, Plan::Professional]).await.unwrap();
        }
        account(&mut tx, OWNER, super::grid::OWNER).await;
        join(&mut tx, HOME, OWNER, Role::Member).await;
        let (mut things, mut number) = (Vec::new(), 0);
        for role in Role::ALL {
            account(&mut tx, person(role), role.name()).await;
            join(&mut tx, HOME, person(role), role).await;
            things.extend(things_of(&mut tx, role, &mut number).await);
            things.extend(elsewhere(&mut tx, role, &mut number).await);
        }
        tx.commit().await.unwrap();
        Self { db, _folder: folder, things }
    }

    async fn set(&self, plan: Plan, forbid: bool) {
        let mut tx = self.db.write().await.unwrap();
        tx.exec("UPDATE organization SET plan = $1, forbid_self_approval = $2", params![plan, forbid]).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn exec(&self, statement: &'static str) {
        let mut tx = self.db.write().await.unwrap();
        tx.exec(statement, params![HOME]).await.unwrap();
        tx.commit().await.unwrap();
    }
}

fn kind(asset: Asset) -> &'static str {
    match asset {
        Asset::Organization => "OrgId",
        Asset::Printer(_) => "PrinterId",
        Asset::Group(_) => "PrinterGroupId",
        Asset::Job { .. } => "JobId",
        Asset::Project(_) => "ProjectId",
        Asset::Team(_) => "TeamId",
    }
}

/// What came of asking; a condition is told by its sentence, so only that there was one counts here.
fn same(asked: &Result<(), Denied>, wanted: Outcome) -> bool {
    match (asked, wanted) {
        (Ok(()), Outcome::Allow) | (Err(Denied::Hidden), Outcome::Hidden) => true,
        (Err(Denied::Denied(denial)), Outcome::Deny(failed, condition)) => {
            denial.failed == failed && (condition != Some(Condition::NotFrozen) || denial.why.contains("no Guests"))
        }
        _ => false,
    }
}

#[tokio::test]
async fn rol_02_every_cell_of_the_table_holds_for_the_rows_of_a_database() {
    let rows = Rows::new().await;
    let mut cells = 0_u32;
    for plan in Plan::ALL {
        for forbid in [false, true] {
            rows.set(plan, forbid).await;
            let mut conn = rows.db.read().await.unwrap();
            for thing in &rows.things {
                let world = World {
                    plan,
                    elsewhere: thing.elsewhere,
                    self_approval_forbidden: forbid,
                    ..World::new(thing.role, thing.asset)
                };
                for (key, target) in TARGETS {
                    if *target != kind(thing.asset) {
                        continue;
                    }
                    let asked = table::permitted(key, &mut conn, principal(thing.role), thing.id).await;
                    let wanted = world.decide(rule(key));
                    assert!(same(&asked, wanted), "{key} {world:?}: the rows say {asked:?}, the facts {wanted:?}");
                    cells += 1;
                }
            }
        }
    }
    println!("{cells} cells through the decision interface, {} rows of the table", TABLE.len());
    assert!(cells > 30_000, "{cells}");
}

#[tokio::test]
async fn acc_04_whoever_is_not_in_the_organization_any_more_sees_nothing_of_it() {
    let rows = Rows::new().await;
    for (away, back) in [
        (
            "UPDATE membership SET removed_at = 1 WHERE org = $1",
            "UPDATE membership SET removed_at = NULL WHERE org = $1",
        ),
        ("UPDATE organization SET suspended = 1 WHERE id = $1", "UPDATE organization SET suspended = 0 WHERE id = $1"),
    ] {
        rows.exec(away).await;
        let mut conn = rows.db.read().await.unwrap();
        for thing in &rows.things {
            for (key, _) in TARGETS.iter().filter(|(_, target)| *target == kind(thing.asset)) {
                let asked = table::permitted(key, &mut conn, principal(thing.role), thing.id).await;
                assert!(matches!(asked, Err(Denied::Hidden)), "{key}: {asked:?}");
            }
        }
        for role in Role::ALL {
            assert!(matches!(visible::<()>(&mut conn, principal(role)).await, Err(Denied::Hidden)));
        }
        drop(conn);
        rows.exec(back).await;
        let mut conn = rows.db.read().await.unwrap();
        for role in Role::ALL {
            let who = visible::<()>(&mut conn, principal(role)).await.unwrap().who();
            assert_eq!(
                (who.account(), who.org(), who.role(), who.plan()),
                (person(role), HOME, role, Plan::Professional)
            );
        }
    }
}

async fn asked<A: crate::Action<Target = T>, T>(conn: &mut Conn, role: Role, target: T) -> Option<Failed>
where
    T: crate::facts::Target,
{
    match permit::<A>(conn, principal(role), target).await {
        Ok(permit) => {
            assert_eq!(permit.who().account(), person(role));
            None
        }
        Err(Denied::Denied(denial)) => Some(denial.failed),
        // What is not in a list is not asked about there.
        Err(Denied::Hidden) => Some(Failed::Access),
        Err(Denied::Db(error)) => panic!("{error}"),
    }
}

#[tokio::test]
async fn acc_01_what_a_list_offers_is_what_the_permit_grants() {
    const PRINTER: &str = concat!(
        "SELECT ",
        printer_rights_sql!(),
        " FROM printer p JOIN account a ON a.id = p.added_by WHERE p.id = $3 AND p.org = $1"
    );
    const JOB: &str = concat!(
        "SELECT ",
        job_rights_sql!(),
        " FROM print_job j JOIN printer p ON p.id = j.printer JOIN account a ON a.id = j.submitter \
          LEFT JOIN project pr ON pr.id = j.project WHERE j.id = $3 AND j.org = $1"
    );
    let rows = Rows::new().await;
    rows.set(Plan::Professional, true).await;
    let mut conn = rows.db.read().await.unwrap();
    for thing in rows.things.iter().filter(|thing| !thing.elsewhere) {
        let role = thing.role;
        let who = visible::<()>(&mut conn, principal(role)).await.unwrap().who();
        let params = params![HOME, person(role), thing.id];
        match thing.asset {
            Asset::Printer(_) => {
                let id = PrinterId(thing.id);
                let rights = PrinterRights::read(&conn.one(PRINTER, params).await.unwrap(), who).unwrap();
                assert_eq!(rights.person(), person(role));
                let offers = |verdict: Result<(), crate::Denial>| verdict.err().map(|denial| denial.failed);
                assert_eq!(offers(rights.may::<SeePrinter>()), asked::<SeePrinter, _>(&mut conn, role, id).await);
                assert_eq!(offers(rights.may::<RenamePrinter>()), asked::<RenamePrinter, _>(&mut conn, role, id).await);
            }
            Asset::Job { own, project, .. } => {
                let id = JobId(thing.id);
                let rights = JobRights::read(&conn.one(JOB, params).await.unwrap(), who).unwrap();
                assert_eq!(rights.own(), own);
                let open = match project {
                    None | Some(ProjectIs::Created | ProjectIs::Shared) => true,
                    Some(ProjectIs::SharedWithOthers) => role == Role::Admin,
                    Some(ProjectIs::Private) => false,
                };
                assert_eq!(rights.project_open(), open, "{:?}", thing.asset);
                let offers = |verdict: Result<(), crate::Denial>| verdict.err().map(|denial| denial.failed);
                assert_eq!(offers(rights.may::<SeeJob>()), asked::<SeeJob, _>(&mut conn, role, id).await);
                assert_eq!(offers(rights.may::<ApproveJob>()), asked::<ApproveJob, _>(&mut conn, role, id).await);
                assert_eq!(offers(rights.may::<OpenJobFile>()), asked::<OpenJobFile, _>(&mut conn, role, id).await);
                assert_eq!(offers(rights.may::<PauseJob>()), asked::<PauseJob, _>(&mut conn, role, id).await);
                const ON: &str = "SELECT printer, printer_group FROM print_job WHERE id = $1";
                let row = conn.one(ON, params![id]).await.unwrap();
                // A job of a group that waits is in no queue yet.
                if row.get::<Option<Uuid>>("printer_group").unwrap().is_none() {
                    let on: PrinterId = row.get("printer").unwrap();
                    assert_eq!(rights.may_reorder(), asked::<ReorderQueue, _>(&mut conn, role, on).await.is_none());
                }
            }
            _ => {}
        }
    }
}

#[tokio::test]
async fn the_servers_own_choice_of_a_printer_is_by_the_same_rule() {
    const MAY: &str = concat!(
        "SELECT p.id FROM printer p WHERE p.org = $1 AND p.id = $3 AND ",
        may_use_printer_sql!("p", "$2", "$1")
    );
    const LISTED: &str =
        concat!("SELECT g.id FROM printer_group g WHERE g.org = $1 AND g.id = $4 AND ", visible_group_sql!());
    let rows = Rows::new().await;
    let mut conn = rows.db.read().await.unwrap();
    let (mut printers, mut groups) = (0, 0);
    for thing in &rows.things {
        let role = thing.role;
        match thing.asset {
            Asset::Printer(_) => {
                let may = conn.opt(MAY, params![HOME, person(role), thing.id]).await.unwrap().is_some();
                let seen = asked::<SeePrinter, _>(&mut conn, role, PrinterId(thing.id)).await.is_none();
                assert_eq!(may, seen, "{role:?} {:?}", thing.asset);
                printers += 1;
            }
            Asset::Group(_) => {
                let listed = conn.opt(LISTED, params![HOME, person(role), role, thing.id]).await.unwrap().is_some();
                let id = domain::PrinterGroupId(thing.id);
                assert_eq!(
                    listed,
                    asked::<SeePrinterGroup, _>(&mut conn, role, id).await.is_none(),
                    "{role:?} {:?}",
                    thing.asset
                );
                groups += 1;
            }
            _ => {}
        }
    }
    assert!(printers > 15 && groups == 12, "{printers} printers, {groups} groups");
}

#[tokio::test]
async fn a_permit_for_a_change_is_the_same_decision() {
    let rows = Rows::new().await;
    for thing in rows.things.iter().filter(|thing| matches!(thing.asset, Asset::Job { .. })) {
        let id = JobId(thing.id);
        let mut tx = rows.db.write().await.unwrap();
        let changing = permit_in::<ApproveJob>(&mut tx, principal(thing.role), id).await;
        let reading = permit::<ApproveJob>(&mut tx, principal(thing.role), id).await;
        assert_eq!(changing.is_ok(), reading.is_ok(), "{:?}", thing.asset);
        if let Ok(permit) = changing {
            assert_eq!(permit.target(), id);
        }
    }
}
