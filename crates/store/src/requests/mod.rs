//! Asking the people who can change a no (APR-20, APR-21, ACC-02): one mechanism for every action and every thing. Whom it goes
//! to follows from the denial (`people.rs`), never from the request. The same wish is asked once a day, and nobody asks more than
//! a few an hour. One row of the journal; the notices and the letters follow from it.

mod people;

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use access::table::{SeeJob, SeeOrganization, SeePrinter, SeePrinterGroup, SeeProject, SeeTeam};
use access::{Denial, Permit, Remedy, Rule, Who};
use domain::{AccountId, Feature, Micros, State};
use serde_json::json;
use sql::{Conn, Row, Tx, params};
use uuid::Uuid;

use crate::Error;
use crate::journal;
use people::{Helper, helpers};
pub use people::{Place, PlaceKind};

/// The same wish can be asked again after so long.
const AGAIN_AFTER_S: i64 = 24 * 3600;
/// So many wishes of one person in an hour.
const MOST_AN_HOUR: i64 = 10;

/// What somebody asks about, with the proof that they see it.
#[derive(Debug)]
pub enum Seen {
    /// A printer.
    Printer(Permit<SeePrinter>),
    /// A printer group.
    PrinterGroup(Permit<SeePrinterGroup>),
    /// A print job.
    Job(Permit<SeeJob>),
    /// A library project.
    Project(Permit<SeeProject>),
    /// A team.
    Team(Permit<SeeTeam>),
    /// The organization.
    Organization(Permit<SeeOrganization>),
}

impl Seen {
    /// Who asks.
    #[must_use]
    pub fn who(&self) -> Who {
        match self {
            Self::Printer(permit) => permit.who(),
            Self::PrinterGroup(permit) => permit.who(),
            Self::Job(permit) => permit.who(),
            Self::Project(permit) => permit.who(),
            Self::Team(permit) => permit.who(),
            Self::Organization(permit) => permit.who(),
        }
    }

    fn id(&self) -> Uuid {
        match self {
            Self::Printer(permit) => permit.target().0,
            Self::PrinterGroup(permit) => permit.target().0,
            Self::Job(permit) => permit.target().0,
            Self::Project(permit) => permit.target().0,
            Self::Team(permit) => permit.target().0,
            Self::Organization(permit) => permit.target().0,
        }
    }

    fn entry(&self, entry: journal::Entry) -> journal::Entry {
        match self {
            Self::Printer(permit) => entry.printer(permit.target()),
            Self::Job(permit) => entry.job(permit.target()),
            Self::Project(permit) => entry.project(permit.target()),
            Self::Team(permit) => entry.team(permit.target()),
            // Its row names no group: whoever was asked is told by the place.
            Self::PrinterGroup(_) | Self::Organization(_) => entry,
        }
    }

    /// What is wished, and about which thing: several actions of one print job wait for the same share.
    fn wish(&self, denial: &Denial) -> (&'static str, Uuid) {
        match denial.remedy {
            Remedy::ShareProject => ("share_project", self.id()),
            Remedy::SharePrinter => ("share_printer", self.id()),
            Remedy::Plan(Feature::Guests) => ("plan.guests", self.who().org().0),
            Remedy::Plan(Feature::Approval) => ("plan.approval", self.who().org().0),
            Remedy::Plan(Feature::FleetReport) => ("plan.fleet_report", self.who().org().0),
            Remedy::Act => (denial.action, self.id()),
        }
    }

    /// An approval can be asked for while the job waits for one.
    async fn fits(&self, conn: &mut Conn, denial: &Denial) -> Result<bool, Error> {
        let Self::Job(permit) = self else { return Ok(true) };
        if denial.action != "job.approve" {
            return Ok(true);
        }
        let row = conn.one("SELECT state FROM print_job WHERE id = $1", params![permit.target()]).await?;
        Ok(row.get::<State>("state")? == State::Held)
    }
}

/// Whom one could ask about a no.
#[derive(Debug, Clone)]
pub struct Ask {
    /// What they are asked for.
    pub remedy: Remedy,
    /// Who.
    pub people: Vec<(AccountId, String)>,
    /// They were asked already, and not long ago.
    pub asked_at: Option<Micros>,
}

/// For each no: whom one could ask; `None` for a yes, and where nobody can be asked.
///
/// # Errors
/// The database.
pub async fn look(
    conn: &mut Conn,
    seen: &Seen,
    answers: &[(Rule, Result<(), Denial>)],
) -> Result<Vec<Option<Ask>>, Error> {
    let who = seen.who();
    let since = conn.now().await?.plus_secs(-AGAIN_AFTER_S);
    let rows = conn
        .all(
            "SELECT thing, wish, asked_at FROM help_request WHERE account = $1 AND thing IN ($2, $3) AND asked_at > $4",
            params![who.account(), seen.id(), who.org(), since],
        )
        .await?;
    let read = |row: &Row| Ok(((row.get("thing")?, row.get("wish")?), row.get("asked_at")?));
    let asked: HashMap<(Uuid, String), Micros> = rows.iter().map(read).collect::<Result<_, sql::Error>>()?;
    let mut known: HashMap<people::Key, Vec<Helper>> = HashMap::new();
    let mut found = Vec::with_capacity(answers.len());
    for (rule, verdict) in answers {
        let Err(denial) = verdict else {
            found.push(None);
            continue;
        };
        let key = people::key(seen, rule, denial);
        let people = match known.entry(key) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) if seen.fits(conn, denial).await? => place.insert(helpers(conn, seen, &key).await?),
            Entry::Vacant(place) => place.insert(Vec::new()),
        };
        let (wish, thing) = seen.wish(denial);
        found.push((!people.is_empty()).then(|| Ask {
            remedy: denial.remedy,
            people: people.iter().map(|helper| (helper.id, helper.name.clone())).collect(),
            asked_at: asked.get(&(thing, wish.to_owned())).copied(),
        }));
    }
    Ok(found)
}

/// What came of asking.
#[derive(Debug)]
pub struct Asked {
    /// What they were asked for.
    pub remedy: Remedy,
    /// Who was asked.
    pub people: Vec<(AccountId, String)>,
    /// When: earlier, if it was asked already.
    pub at: Micros,
    /// It was asked already; nothing has changed.
    pub before: bool,
}

/// Asks whoever can change this no. Asked again within a day, it changes nothing and says when it was asked.
///
/// # Errors
/// Rules `nothing_to_ask`, `nobody_to_ask`, `too_many`.
pub async fn ask(tx: &mut Tx, seen: &Seen, rule: &Rule, denial: &Denial) -> Result<Asked, Error> {
    let who = seen.who();
    if !seen.fits(tx, denial).await? {
        return Err(Error::rule(
            "nothing_to_ask",
            "This print job does not wait for approval. There is nothing to ask for.",
        ));
    }
    let (wish, thing) = seen.wish(denial);
    // Whoever asks twice at once waits here; then the count and the time are the newest.
    tx.one("SELECT seq FROM journal_head WHERE org = $1 {for_update}", params![who.org()]).await?;
    let now = tx.now().await?;
    let before = tx
        .opt(
            "SELECT asked_at, seq FROM help_request WHERE account = $1 AND thing = $2 AND wish = $3 AND asked_at > $4",
            params![who.account(), thing, wish, now.plus_secs(-AGAIN_AFTER_S)],
        )
        .await?;
    if let Some(row) = before {
        let people = asked_people(tx, &who, row.get("seq")?).await?;
        return Ok(Asked { remedy: denial.remedy, people, at: row.get("asked_at")?, before: true });
    }
    let lately = tx
        .one(
            "SELECT COUNT(*) AS n FROM help_request WHERE org = $1 AND account = $2 AND asked_at > $3",
            params![who.org(), who.account(), now.plus_secs(-3600)],
        )
        .await?;
    if lately.get::<i64>("n")? >= MOST_AN_HOUR {
        return Err(Error::rule(
            "too_many",
            "You have asked for a lot in the last hour. Wait for answers, then ask again.",
        ));
    }
    let mut helpers = helpers(tx, seen, &people::key(seen, rule, denial)).await?;
    people::keep_who_see_it(tx, who.org(), &mut helpers).await?;
    if helpers.is_empty() {
        return Err(Error::rule("nobody_to_ask", nobody(denial)));
    }
    let names = people::names(tx, &helpers).await?;
    let entry = seen
        .entry(journal::Entry::new(ASKED, Some(who.account())))
        .data(json!({ "action": denial.action, "wish": wish }))
        .text(names);
    let seq = journal::append(tx, who.org(), entry).await?;
    tx.exec(
        "INSERT INTO help_request (account, thing, wish, org, asked_at, seq) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (account, thing, wish) DO UPDATE SET asked_at = excluded.asked_at, seq = excluded.seq",
        params![who.account(), thing, wish, who.org(), now, seq],
    )
    .await?;
    for helper in &helpers {
        tx.exec(
            "INSERT INTO help_request_to (org, seq, account, place, place_id) VALUES ($1, $2, $3, $4, $5)",
            params![who.org(), seq, helper.id, helper.place.kind.word(), helper.place.id],
        )
        .await?;
    }
    let people = helpers.into_iter().map(|helper| (helper.id, helper.name)).collect();
    Ok(Asked { remedy: denial.remedy, people, at: now, before: false })
}

/// The kind of its row in the journal.
pub(crate) const ASKED: &str = "help.asked";

fn nobody(denial: &Denial) -> &'static str {
    match denial.remedy {
        Remedy::Plan(_) => "The operator of this server changes the plan. Nobody else can be asked for it here.",
        Remedy::ShareProject => "Nobody who could share this library project is in the organization.",
        Remedy::SharePrinter | Remedy::Act => "Nobody in the organization could do this for you now.",
    }
}

async fn asked_people(conn: &mut Conn, who: &Who, seq: i64) -> Result<Vec<(AccountId, String)>, Error> {
    let rows = conn
        .all(
            "SELECT h.account, a.name FROM help_request_to h JOIN account a ON a.id = h.account \
             JOIN membership m ON m.org = h.org AND m.account = h.account AND m.removed_at IS NULL \
             WHERE h.org = $1 AND h.seq = $2 ORDER BY a.name_key",
            params![who.org(), seq],
        )
        .await?;
    Ok(rows.iter().map(|row| Ok((row.get("account")?, row.get("name")?))).collect::<Result<_, sql::Error>>()?)
}

/// A new share answers what was asked: whoever is still shut out may ask anew at once.
pub(crate) async fn project_shared(tx: &mut Tx, project: domain::ProjectId) -> Result<(), Error> {
    tx.exec(
        "DELETE FROM help_request WHERE wish = 'share_project' AND thing IN (SELECT id FROM print_job WHERE project = $1)",
        params![project],
    )
    .await?;
    Ok(())
}

/// As [`project_shared`]; for a job that waits, any printer of its group is an answer (AMB-07).
pub(crate) async fn printer_shared(tx: &mut Tx, printer: domain::PrinterId) -> Result<(), Error> {
    const Q: &str = "DELETE FROM help_request WHERE wish = 'share_printer' AND (thing IN (SELECT id FROM print_job WHERE printer = $1) \
        OR thing IN (SELECT j.id FROM printer_group_member gm JOIN print_job j ON j.printer_group = gm.printer_group \
          WHERE gm.printer = $1 AND j.state IN ('held', 'sent_back')))";
    tx.exec(Q, params![printer]).await.map(drop).map_err(Into::into)
}
