//! What a change of shares, of a team or of a role would do, stated before it is saved: who would see the thing, who would not any more, and what becomes
//! of the print jobs that wait (LIB-05, PRN-03, CMP-10, AMB-35). One mechanism for printers and projects. Reckoned by the database
//! as sets, in as many statements whatever the size of a team: only counts and the first few names leave it. Reads only.
//!
//! A waiting print job that was sent to a printer group is decided by whoever may use any printer of it (AMB-07): these are asked in a
//! statement of their own (`groups`), of which also what a printer's coming and going does to them. What a change of people does (a
//! role, a team) is in `people`.

mod groups;
mod people;
mod sets;

use access::{Permit, Who};
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
        Thing::Printer(_) => (true, true, sets::PRINTER_PEOPLE, [sets::PRINTER_JOBS, groups::PRINTER_JOBS]),
        Thing::Project(_) => {
            let jobs = [sets::PROJECT_JOBS, groups::PROJECT_JOBS];
            (!now.grantees.is_empty(), !after.is_empty(), sets::PROJECT_PEOPLE, jobs)
        }
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
        told.jobs(conn, &jobs, &asked).await?;
    }
    Ok(told)
}

pub use groups::membership;
pub use people::{RoleChange, of_role};
pub(crate) use people::{of_leaving, of_team};

impl Consequence {
    /// What the statements say about print jobs; the first of all by number.
    async fn jobs(&mut self, conn: &mut Conn, statements: &[&'static str], asked: &[Val]) -> Result<(), Error> {
        for &statement in statements {
            for row in conn.all(statement, asked).await? {
                self.job(&row)?;
            }
        }
        self.jobs.sort_by_key(|job| job.number);
        self.jobs.truncate(usize::try_from(NAMED).unwrap_or(0));
        Ok(())
    }

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
                self.decidable += row.get::<i64>("decidable")?;
                self.undecidable += row.get::<i64>("undecidable")?;
                self.admins_only += row.get::<i64>("admins_only")?;
                self.move_first += row.get::<i64>("move_first")?;
                self.queued += row.get::<i64>("queued")?;
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
