//! Sharing, the same for whatever can be shared: with teams and the whole organization, never with a person (ORG-06). A person
//! sees and changes shares with the teams that they see; others are counted, and stay (AMB-12, AMB-13, AMB-44). What a change
//! would do is in `consequence`.

use std::collections::HashSet;

use access::table::{SharePrinter, ShareProjectWithOrganization, ShareProjectWithTeam};
use access::{Action, Permit, Who, people_in_team_sql, visible_team_sql};
use domain::{OrgId, PrinterId, ProjectId, TeamId};
use serde_json::json;
use sha2::{Digest, Sha256};
use sql::{Conn, Row, Tx, params};
use uuid::Uuid;

use crate::Error;
use crate::journal::{self, Entry};

/// What can be shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thing {
    /// A printer (PRN-03).
    Printer(PrinterId),
    /// A library project (LIB-05, LIB-06).
    Project(ProjectId),
}

impl From<PrinterId> for Thing {
    fn from(id: PrinterId) -> Self {
        Self::Printer(id)
    }
}

impl From<ProjectId> for Thing {
    fn from(id: ProjectId) -> Self {
        Self::Project(id)
    }
}

impl Thing {
    pub(crate) fn id(self) -> Uuid {
        match self {
            Self::Printer(id) => id.0,
            Self::Project(id) => id.0,
        }
    }
}

/// The rights to share: they say what of.
pub trait ShareRight: Action<Target: Into<Thing>> {}
impl ShareRight for SharePrinter {}
impl ShareRight for ShareProjectWithTeam {}

/// A team that something may be shared with.
#[derive(Debug, Clone)]
pub struct SharedTeam {
    /// Team.
    pub id: TeamId,
    /// Its name.
    pub name: String,
    /// People in it.
    pub people: i64,
    /// It is shared with them.
    pub shared: bool,
}

/// With whom something is shared, as one person sees it.
#[derive(Debug, Clone)]
pub struct Shares {
    /// With everybody in the organization.
    pub organization: bool,
    /// All teams that the person sees.
    pub teams: Vec<SharedTeam>,
    /// How many other teams it is shared with.
    pub other_teams: i64,
    /// How many teams in the Trash it is shared with: once one is brought back, it sees it again.
    pub teams_in_trash: i64,
    /// Stands for exactly these shares; a change names what it was made from.
    pub shown: String,
    /// All grantees that count, in one order: a removed team is none.
    pub(crate) grantees: Vec<Uuid>,
}

// The teams that a person sees, each with whether the thing `$4` is shared with it.
macro_rules! teams {
    ($share:literal, $of:literal, $people:expr) => {
        concat!(
            "SELECT t.id, t.name, ",
            $people,
            " AS people, CASE WHEN EXISTS (SELECT 1 FROM ",
            $share,
            " ps WHERE ps.",
            $of,
            " = $4 AND ps.grantee = t.id) THEN 1 ELSE 0 END AS shared \
             FROM team t WHERE t.org = $1 AND t.removed_at IS NULL AND ",
            visible_team_sql!(),
            " ORDER BY t.name_key, t.id LIMIT 1000"
        )
    };
}

macro_rules! grantees {
    ($share:literal, $of:literal) => {
        concat!(
            "SELECT ps.grantee FROM ",
            $share,
            " ps LEFT JOIN team t ON t.id = ps.grantee WHERE ps.",
            $of,
            " = $1 AND (t.id IS NULL OR t.removed_at IS NULL)"
        )
    };
}

/// The shares of something that this person sees.
///
/// # Errors
/// The database.
pub async fn read<A>(conn: &mut Conn, permit: &Permit<A>) -> Result<Shares, Error>
where
    A: Action<Target: Into<Thing>>,
{
    let thing: Thing = permit.target().into();
    let teams = match thing {
        Thing::Printer(_) => teams!("printer_share", "printer", people_in_team_sql!()),
        Thing::Project(_) => teams!("project_share", "project", people_in_team_sql!()),
    };
    load(conn, permit.who(), thing, teams).await
}

/// The same without the number of people in each team.
///
/// # Errors
/// The database.
pub async fn uncounted<A>(conn: &mut Conn, permit: &Permit<A>) -> Result<Shares, Error>
where
    A: Action<Target: Into<Thing>>,
{
    let thing: Thing = permit.target().into();
    let teams = match thing {
        Thing::Printer(_) => teams!("printer_share", "printer", "0"),
        Thing::Project(_) => teams!("project_share", "project", "0"),
    };
    load(conn, permit.who(), thing, teams).await
}

async fn load(conn: &mut Conn, who: Who, thing: Thing, teams: &'static str) -> Result<Shares, Error> {
    let grantees = grantees(conn, thing).await?;
    let rows = conn.all(teams, params![who.org(), who.account(), who.role(), thing.id()]).await?;
    let mut shares = Shares::read(who.org(), &rows, grantees)?;
    shares.teams_in_trash = in_trash(conn, thing).await?;
    Ok(shares)
}

async fn in_trash(conn: &mut Conn, thing: Thing) -> Result<i64, Error> {
    macro_rules! count {
        ($share:literal, $of:literal) => {
            concat!(
                "SELECT COUNT(*) AS n FROM ",
                $share,
                " ps JOIN team t ON t.id = ps.grantee WHERE ps.",
                $of,
                " = $1 AND t.removed_at IS NOT NULL"
            )
        };
    }
    let text = match thing {
        Thing::Printer(_) => count!("printer_share", "printer"),
        Thing::Project(_) => count!("project_share", "project"),
    };
    Ok(conn.one(text, params![thing.id()]).await?.get("n")?)
}

/// The grantees that count, in one order.
pub(crate) async fn grantees(conn: &mut Conn, thing: Thing) -> Result<Vec<Uuid>, Error> {
    let text = match thing {
        Thing::Printer(_) => grantees!("printer_share", "printer"),
        Thing::Project(_) => grantees!("project_share", "project"),
    };
    let rows = conn.all(text, params![thing.id()]).await?;
    let mut grantees = rows.iter().map(|row| row.get::<Uuid>("grantee")).collect::<Result<Vec<_>, sql::Error>>()?;
    grantees.sort_unstable();
    Ok(grantees)
}

/// Whether it is shared with everybody.
///
/// # Errors
/// The database.
pub async fn with_everybody<A: ShareRight>(conn: &mut Conn, permit: &Permit<A>) -> Result<bool, Error> {
    Ok(grantees(conn, permit.target().into()).await?.contains(&permit.who().org().0))
}

impl Shares {
    /// From the teams that a person sees (`id`, `name`, `people`, `shared`) and all grantees that count, in one order.
    fn read(org: OrgId, teams: &[Row], grantees: Vec<Uuid>) -> Result<Self, sql::Error> {
        let team = |row: &Row| {
            Ok(SharedTeam {
                id: row.get("id")?,
                name: row.get("name")?,
                people: row.get("people")?,
                shared: row.get("shared")?,
            })
        };
        let teams = teams.iter().map(team).collect::<Result<Vec<_>, sql::Error>>()?;
        let organization = grantees.contains(&org.0);
        let seen = teams.iter().filter(|team| team.shared).count() + usize::from(organization);
        let other_teams = i64::try_from(grantees.len() - seen.min(grantees.len())).unwrap_or(0);
        let mut hash = Sha256::new();
        for grantee in &grantees {
            hash.update(grantee.as_bytes());
        }
        let shown = hex::encode(&hash.finalize()[..16]);
        Ok(Self { organization, teams, other_teams, teams_in_trash: 0, shown, grantees })
    }
}

/// What becomes of the share with everybody. Of a project that is a right of its own (LIB-06); of a printer it is the same as
/// sharing it with a team (AMB-13).
#[derive(Debug, Clone, Copy)]
pub struct Everybody(Option<bool>);

impl Everybody {
    /// It stays.
    #[must_use]
    pub const fn leave() -> Self {
        Self(None)
    }
    /// A printer is shared with everybody, or not.
    #[must_use]
    pub fn of_printer(_permit: &Permit<SharePrinter>, on: bool) -> Self {
        Self(Some(on))
    }
    /// A project is shared with everybody, or not.
    #[must_use]
    pub fn of_project(_permit: &Permit<ShareProjectWithOrganization>, on: bool) -> Self {
        Self(Some(on))
    }
}

/// What is wanted: the whole set, as far as the person sees it.
#[derive(Debug)]
pub struct Wanted<'a> {
    /// With everybody.
    pub everybody: Everybody,
    /// With these teams.
    pub teams: HashSet<TeamId>,
    /// What the person was shown.
    pub shown: &'a str,
}

/// From what is to what is wanted.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) added: Vec<Uuid>,
    pub(crate) removed: Vec<Uuid>,
}

impl Change {
    /// Teams that the person does not see, of another organization, removed or never there are all the same: not found.
    pub(crate) fn of(now: &Shares, wanted: &Wanted<'_>, org: OrgId) -> Result<Self, Error> {
        let known: HashSet<TeamId> = now.teams.iter().map(|team| team.id).collect();
        if !wanted.teams.is_subset(&known) {
            return Err(Error::NotFound);
        }
        if now.shown != wanted.shown {
            return Err(Error::Changed);
        }
        let pick = |fits: &dyn Fn(&SharedTeam) -> bool| -> Vec<Uuid> {
            now.teams.iter().filter(|team| fits(team)).map(|team| team.id.0).collect()
        };
        let mut change = Self {
            added: pick(&|team| !team.shared && wanted.teams.contains(&team.id)),
            removed: pick(&|team| team.shared && !wanted.teams.contains(&team.id)),
        };
        match wanted.everybody {
            Everybody(Some(true)) if !now.organization => change.added.push(org.0),
            Everybody(Some(false)) if now.organization => change.removed.push(org.0),
            Everybody(_) => {}
        }
        Ok(change)
    }
}

/// Locks a printer's shares before the permit: two editors wait for one another. For a project that is [`crate::projects::hold`].
///
/// # Errors
/// The database.
pub async fn hold_printer(tx: &mut Tx, org: OrgId, printer: PrinterId) -> Result<(), Error> {
    tx.opt("SELECT plan FROM organization WHERE id = $1 {for_share}", params![org]).await?;
    // Of this organization only: nobody makes those of another one wait.
    const SHARES: &str = "SELECT grantee FROM printer_share \
        WHERE printer = (SELECT p.id FROM printer p WHERE p.id = $1 AND p.org = $2) ORDER BY grantee {for_update}";
    tx.all(SHARES, params![printer, org]).await?;
    Ok(())
}

/// Makes the shares what is wanted (PRN-03, LIB-05, LIB-06, AMB-13, AMB-44). Print jobs keep their state, their submitters sight
/// of them (AMB-35); open questions of approvers are answered by a new share of their project. The thing is held before.
///
/// # Errors
/// [`Error::Changed`] if somebody else changed them since they were shown; [`Error::NotFound`] for a team that this person does
/// not see.
pub async fn change<A: ShareRight>(tx: &mut Tx, permit: &Permit<A>, wanted: &Wanted<'_>) -> Result<(), Error> {
    let (who, thing): (Who, Thing) = (permit.who(), permit.target().into());
    if let Thing::Printer(printer) = thing {
        tx.one("SELECT id FROM printer WHERE id = $1 {for_update}", params![printer]).await?;
    }
    let now = uncounted(tx, permit).await?;
    let Change { added, removed } = Change::of(&now, wanted, who.org())?;
    let at = tx.now().await?;
    let (take, give) = match thing {
        Thing::Printer(_) => (
            "DELETE FROM printer_share WHERE printer = $1 AND grantee = $2",
            "INSERT INTO printer_share (printer, grantee, granted_by, granted_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        ),
        Thing::Project(_) => (
            "DELETE FROM project_share WHERE project = $1 AND grantee = $2",
            "INSERT INTO project_share (project, grantee, granted_by, granted_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        ),
    };
    for grantee in &removed {
        tx.exec(take, params![thing.id(), *grantee]).await?;
    }
    for grantee in &added {
        tx.exec(give, params![thing.id(), *grantee, who.account(), at]).await?;
    }
    if !added.is_empty() {
        match thing {
            Thing::Printer(printer) => crate::requests::printer_shared(tx, printer).await?,
            Thing::Project(project) => crate::requests::project_shared(tx, project).await?,
        }
    }
    for (shared, grantees) in [(false, removed), (true, added)] {
        if grantees.is_empty() {
            continue;
        }
        let data = json!({ "organization": grantees.contains(&who.org().0),
            "teams": grantees.iter().filter(|id| **id != who.org().0).collect::<Vec<_>>() });
        let by = Some(who.account());
        let entry = match (thing, shared) {
            (Thing::Printer(id), true) => Entry::new("printer.shared", by).printer(id),
            (Thing::Printer(id), false) => Entry::new("printer.unshared", by).printer(id),
            (Thing::Project(id), true) => Entry::new("project.shared", by).project(id),
            (Thing::Project(id), false) => Entry::new("project.unshared", by).project(id),
        };
        journal::append(tx, who.org(), entry.data(data)).await?;
    }
    Ok(())
}
