//! With whom a printer is shared (PRN-03, AMB-13), and what a change would do, stated before it is saved. The cost of the
//! statement is that of the teams that change, not of all people times all shares.

use std::collections::{HashMap, HashSet};

use access::table::{SeePrinter, SharePrinter};
use access::{Action, Permit, project_with_anyone_sql, visible_team_sql};
use domain::{AccountId, OrgId, PrinterId, Role, TeamId};
use serde_json::json;
use sql::{Conn, Row, Tx, params};
use uuid::Uuid;

use crate::Error;
use crate::journal::{self, Entry};
use crate::projects::viewers::Effect;
use crate::shares::{Change, Shares};

/// The shares of a printer.
///
/// # Errors
/// The database.
pub async fn read(conn: &mut Conn, permit: &Permit<SeePrinter>) -> Result<Shares, Error> {
    load(conn, permit).await
}

async fn load<A: Action<Target = PrinterId>>(conn: &mut Conn, permit: &Permit<A>) -> Result<Shares, Error> {
    const TEAMS: &str = concat!(
        "SELECT t.id, t.name, (SELECT COUNT(*) FROM team_member x JOIN membership m ON m.org = t.org AND m.account = x.account \
           AND m.removed_at IS NULL WHERE x.team = t.id) AS people, \
         CASE WHEN EXISTS (SELECT 1 FROM printer_share ps WHERE ps.printer = $4 AND ps.grantee = t.id) THEN 1 ELSE 0 END AS shared \
         FROM team t WHERE t.org = $1 AND t.removed_at IS NULL AND ",
        visible_team_sql!(),
        " ORDER BY LOWER(t.name), t.id LIMIT 1000"
    );
    let who = permit.who();
    let rows = conn.all(TEAMS, params![who.org(), who.account(), who.role(), permit.target()]).await?;
    let grantees = conn
        .all(
            "SELECT ps.grantee FROM printer_share ps LEFT JOIN team t ON t.id = ps.grantee WHERE ps.printer = $1 \
             AND (t.id IS NULL OR t.removed_at IS NULL)",
            params![permit.target()],
        )
        .await?;
    let mut grantees = grantees.iter().map(|row| row.get::<Uuid>("grantee")).collect::<Result<Vec<_>, sql::Error>>()?;
    grantees.sort_unstable();
    Ok(Shares::read(who.org(), &rows, &grantees)?)
}

/// What is wanted: the whole set, as far as the person sees it.
#[derive(Debug)]
pub struct Wanted<'a> {
    /// With everybody.
    pub organization: bool,
    /// With these teams.
    pub teams: HashSet<TeamId>,
    /// What the person was shown.
    pub shown: &'a str,
}

impl Wanted<'_> {
    fn from(&self, now: &Shares, org: OrgId) -> Result<Change, Error> {
        Change::of(now, Some(self.organization), &self.teams, self.shown, org)
    }
}

/// Locks a printer's shares before the permit: two editors wait for one another.
///
/// # Errors
/// The database.
pub async fn hold(tx: &mut Tx, org: OrgId, printer: PrinterId) -> Result<(), Error> {
    tx.opt("SELECT plan FROM organization WHERE id = $1 {for_share}", params![org]).await?;
    tx.all("SELECT grantee FROM printer_share WHERE printer = $1 ORDER BY grantee {for_update}", params![printer])
        .await?;
    Ok(())
}

/// Makes the shares what is wanted. Print jobs keep their state; their submitters keep sight of them (AMB-35). [`hold`]
/// comes first.
///
/// # Errors
/// [`Error::Changed`] if somebody else changed them since they were shown; [`Error::NotFound`] for a team that this person
/// does not see.
pub async fn change(tx: &mut Tx, permit: &Permit<SharePrinter>, wanted: &Wanted<'_>) -> Result<(), Error> {
    let (who, printer) = (permit.who(), permit.target());
    tx.one("SELECT id FROM printer WHERE id = $1 {for_update}", params![printer]).await?;
    let now = load(tx, permit).await?;
    let Change { added, removed } = wanted.from(&now, who.org())?;
    let at = tx.now().await?;
    for grantee in &removed {
        tx.exec("DELETE FROM printer_share WHERE printer = $1 AND grantee = $2", params![printer, *grantee]).await?;
    }
    for grantee in &added {
        crate::printers::grant(tx, printer, *grantee, who.account(), at).await?;
    }
    if !added.is_empty() {
        crate::requests::printer_shared(tx, printer).await?;
    }
    for (kind, grantees) in [("printer.unshared", removed), ("printer.shared", added)] {
        if grantees.is_empty() {
            continue;
        }
        let data = json!({ "organization": grantees.contains(&who.org().0),
            "teams": grantees.iter().filter(|id| **id != who.org().0).collect::<Vec<_>>() });
        journal::append(tx, who.org(), Entry::new(kind, Some(who.account())).printer(printer).data(data)).await?;
    }
    Ok(())
}

/// Somebody whom a change may concern: by how many shares they see the printer now, and what the change takes and gives.
struct Concerned {
    name: String,
    member: bool,
    /// They added it: a Member keeps it whatever happens.
    keeps: bool,
    /// Teams of theirs that it is shared with now.
    teams: i64,
    taken: i64,
    given: i64,
}

/// Reads people with the number of their teams that the printer is shared with. Admins see every printer (ROL-04).
macro_rules! concerned {
    ($from:expr) => {
        concat!(
            "SELECT a.id, a.name, m.role, CASE WHEN p.added_by = m.account THEN 1 ELSE 0 END AS added, \
             (SELECT COUNT(*) FROM printer_share s JOIN team t ON t.id = s.grantee AND t.removed_at IS NULL \
               JOIN team_member y ON y.team = s.grantee AND y.account = m.account WHERE s.printer = p.id) AS teams FROM ",
            $from,
            " JOIN account a ON a.id = m.account JOIN printer p ON p.id = $2 WHERE m.org = $1 AND m.removed_at IS NULL AND m.role <> 'admin'"
        )
    };
}

fn note(people: &mut HashMap<AccountId, Concerned>, rows: &[Row], taken: i64, given: i64) -> Result<(), sql::Error> {
    for row in rows {
        let member = row.get::<Role>("role")? == Role::Member;
        let person = match people.entry(row.get("id")?) {
            std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::hash_map::Entry::Vacant(new) => new.insert(Concerned {
                name: row.get("name")?,
                member,
                keeps: member && row.get("added")?,
                teams: row.get("teams")?,
                taken: 0,
                given: 0,
            }),
        };
        person.taken += taken;
        person.given += given;
    }
    Ok(())
}

/// What [`change`] would do.
///
/// # Errors
/// As [`change`].
pub async fn effect(conn: &mut Conn, permit: &Permit<SharePrinter>, wanted: &Wanted<'_>) -> Result<Effect, Error> {
    const ALL: &str = concerned!("membership m");
    const TEAM: &str =
        concerned!("team_member x JOIN membership m ON m.org = $1 AND m.account = x.account AND x.team = $3");
    let (org, printer) = (permit.who().org(), permit.target());
    let now = load(conn, permit).await?;
    let change = wanted.from(&now, org)?;
    let mut people = HashMap::new();
    let teams = |ids: &[Uuid]| ids.iter().copied().filter(|id| *id != org.0).collect::<Vec<_>>();
    if now.organization != wanted.organization {
        note(&mut people, &conn.all(ALL, params![org, printer]).await?, 0, 0)?;
    }
    for team in teams(&change.removed) {
        note(&mut people, &conn.all(TEAM, params![org, printer, team]).await?, 1, 0)?;
    }
    for team in teams(&change.added) {
        note(&mut people, &conn.all(TEAM, params![org, printer, team]).await?, 0, 1)?;
    }
    let (mut gain, mut lose) = (HashMap::new(), HashMap::new());
    for (id, person) in people {
        let before = person.keeps || now.organization || person.teams > 0;
        let after = person.keeps || wanted.organization || person.teams - person.taken + person.given > 0;
        match (before, after) {
            (false, true) => drop(gain.insert(id, person)),
            (true, false) => drop(lose.insert(id, person)),
            _ => {}
        }
    }
    let oneself = lose.contains_key(&permit.who().account());
    let mut effect = Effect { gain: names(&gain), lose: names(&lose), oneself, ..Effect::default() };
    if !gain.is_empty() || !lose.is_empty() {
        jobs(conn, permit, &gain, &lose, &mut effect).await?;
    }
    Ok(effect)
}

fn names(people: &HashMap<AccountId, Concerned>) -> Vec<String> {
    let mut names: Vec<String> = people.values().map(|person| person.name.clone()).collect();
    names.sort_by_cached_key(|name| name.to_lowercase());
    names
}

/// What the change means for print jobs on the printer that wait or are queued.
async fn jobs(
    conn: &mut Conn,
    permit: &Permit<SharePrinter>,
    gain: &HashMap<AccountId, Concerned>,
    lose: &HashMap<AccountId, Concerned>,
    effect: &mut Effect,
) -> Result<(), Error> {
    // A job of a project that is shared with nobody can be decided by its creator only (LIB-01); of every other an Admin can.
    const WAITING: &str = concat!(
        "SELECT j.submitter, o.forbid_self_approval AS forbid, CASE WHEN pr.id IS NOT NULL AND NOT ",
        project_with_anyone_sql!(),
        " THEN pr.created_by END AS only_by FROM print_job j JOIN organization o ON o.id = j.org LEFT JOIN project pr ON pr.id = j.project \
         WHERE j.printer = $2 AND j.org = $1 AND j.state IN ('held', 'sent_back')"
    );
    let (org, printer) = (permit.who().org(), permit.target());
    let waiting = conn.all(WAITING, params![org, printer]).await?;
    if !waiting.is_empty() {
        let before = crate::projects::viewers::deciders(conn, org, printer).await?;
        let after: HashSet<AccountId> = before
            .iter()
            .filter(|id| !lose.contains_key(id))
            .chain(gain.iter().filter(|(_, person)| person.member).map(|(id, _)| id))
            .copied()
            .collect();
        let admins = conn
            .all(
                "SELECT account FROM membership WHERE org = $1 AND role = 'admin' AND removed_at IS NULL",
                params![org],
            )
            .await?;
        let admins = admins.iter().map(|row| row.get("account")).collect::<Result<HashSet<AccountId>, sql::Error>>()?;
        for row in waiting {
            let (submitter, only_by): (AccountId, Option<AccountId>) = (row.get("submitter")?, row.get("only_by")?);
            let out = row.get::<bool>("forbid")?.then_some(submitter);
            let somebody = |deciders: &HashSet<AccountId>| match only_by {
                Some(creator) => out != Some(creator) && deciders.contains(&creator),
                None => deciders.iter().any(|id| out != Some(*id)),
            };
            let members = |deciders: &HashSet<AccountId>| {
                only_by.is_none() && deciders.iter().any(|id| out != Some(*id) && !admins.contains(id))
            };
            match (somebody(&before), somebody(&after)) {
                (false, true) => effect.decidable += 1,
                (true, false) => effect.undecidable += 1,
                (true, true) if members(&before) && !members(&after) => effect.admins_only += 1,
                _ => {}
            }
        }
    }
    if !lose.is_empty() {
        let queued = conn
            .all(
                "SELECT submitter, COUNT(*) AS n FROM print_job WHERE printer = $1 AND state = 'queued' GROUP BY submitter",
                params![printer],
            )
            .await?;
        for row in queued {
            if lose.contains_key(&row.get("submitter")?) {
                effect.queued += row.get::<i64>("n")?;
            }
        }
    }
    Ok(())
}
