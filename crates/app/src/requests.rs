//! "Why not?", and asking whoever can change it (ACC-02, APR-20, APR-21): for any thing, by one way. Decides nothing: the denial is
//! of `access`, and whom it leads to is of `store::requests`.

use access::{Denial, Denied, Principal, Rule, permissions, permit, permit_in, why_not};
use domain::{JobId, PrinterGroupId, PrinterId, ProjectId, TeamId};
use store::accounts::SignedIn;
use store::requests::{self, Ask, Asked, Place, PlaceKind, Seen};
use store::{Conn, Tx};

use crate::{App, Error, principal, read, write};

/// What somebody asks about.
#[derive(Debug, Clone, Copy)]
pub enum Asset {
    /// A printer.
    Printer(PrinterId),
    /// A printer group.
    PrinterGroup(PrinterGroupId),
    /// A print job.
    Job(JobId),
    /// A library project.
    Project(ProjectId),
    /// A team.
    Team(TeamId),
    /// The active organization.
    Organization,
}

/// One row of the role table for one person and thing.
#[derive(Debug)]
pub struct Answer {
    /// The row.
    pub rule: Rule,
    /// Yes, or the reason of the no.
    pub verdict: Result<(), Denial>,
    /// Of a no: whom one could ask.
    pub ask: Option<Ask>,
}

impl Asset {
    async fn rows(self, conn: &mut Conn, who: Principal) -> Result<Vec<(Rule, Result<(), Denial>)>, Denied> {
        match self {
            Self::Printer(id) => permissions(conn, who, id).await,
            Self::PrinterGroup(id) => permissions(conn, who, id).await,
            Self::Job(id) => permissions(conn, who, id).await,
            Self::Project(id) => permissions(conn, who, id).await,
            Self::Team(id) => permissions(conn, who, id).await,
            Self::Organization => permissions(conn, who, who.org).await,
        }
    }

    async fn seen(self, conn: &mut Conn, who: Principal) -> Result<Seen, Denied> {
        Ok(match self {
            Self::Printer(id) => Seen::Printer(permit(conn, who, id).await?),
            Self::PrinterGroup(id) => Seen::PrinterGroup(permit(conn, who, id).await?),
            Self::Job(id) => Seen::Job(permit(conn, who, id).await?),
            Self::Project(id) => Seen::Project(permit(conn, who, id).await?),
            Self::Team(id) => Seen::Team(permit(conn, who, id).await?),
            Self::Organization => Seen::Organization(permit(conn, who, who.org).await?),
        })
    }

    async fn seen_in(self, tx: &mut Tx, who: Principal) -> Result<Seen, Denied> {
        Ok(match self {
            Self::Printer(id) => Seen::Printer(permit_in(tx, who, id).await?),
            Self::PrinterGroup(id) => Seen::PrinterGroup(permit_in(tx, who, id).await?),
            Self::Job(id) => Seen::Job(permit_in(tx, who, id).await?),
            Self::Project(id) => Seen::Project(permit_in(tx, who, id).await?),
            Self::Team(id) => Seen::Team(permit_in(tx, who, id).await?),
            Self::Organization => Seen::Organization(permit_in(tx, who, who.org).await?),
        })
    }

    async fn no(self, conn: &mut Conn, who: Principal, action: &str) -> Result<Option<(Rule, Denial)>, Denied> {
        match self {
            Self::Printer(id) => why_not(conn, who, id, action).await,
            Self::PrinterGroup(id) => why_not(conn, who, id, action).await,
            Self::Job(id) => why_not(conn, who, id, action).await,
            Self::Project(id) => why_not(conn, who, id, action).await,
            Self::Team(id) => why_not(conn, who, id, action).await,
            Self::Organization => why_not(conn, who, who.org, action).await,
        }
    }
}

impl App {
    /// Every action of the table for this thing: yes, or the reason of the no and who could be asked.
    ///
    /// # Errors
    /// Not found, for whoever does not see it.
    pub async fn permissions(&self, me: &SignedIn, asset: Asset) -> Result<Vec<Answer>, Error> {
        let who = principal(me)?;
        let mut conn = read!(self);
        let rows = asset.rows(&mut conn, who).await?;
        // In the Trash some rows are answered, but there is nothing to ask for.
        let asks = match asset.seen(&mut conn, who).await {
            Ok(seen) => requests::look(&mut conn, &seen, &rows).await?,
            Err(Denied::Hidden) => rows.iter().map(|_| None).collect(),
            Err(error) => return Err(error.into()),
        };
        Ok(rows.into_iter().zip(asks).map(|((rule, verdict), ask)| Answer { rule, verdict, ask }).collect())
    }

    /// Asks whoever can change the no to this action. Once a day; asked again, it says when it was asked.
    ///
    /// # Errors
    /// Not found; nothing or nobody to ask; asked for too much lately.
    pub async fn ask(&self, me: &SignedIn, asset: Asset, action: &str) -> Result<Asked, Error> {
        let who = principal(me)?;
        write!(self, |tx| {
            let seen = asset.seen_in(&mut tx, who).await?;
            let Some((rule, denial)) = asset.no(&mut tx, who, action).await? else {
                let text = "You may do this yourself, or it cannot be done with this. There is nothing to ask for.";
                return Err(store::Error::Rule("nothing_to_ask", text.to_owned()).into());
            };
            Ok(requests::ask(&mut tx, &seen, &rule, &denial).await?)
        })
    }
}

/// What was asked for, in one sentence, for those who were asked. `name` is what the place is called.
#[must_use]
pub fn asked_for(who: &str, action: &str, wish: &str, place: PlaceKind, name: &str) -> String {
    let title = access::table::TABLE.iter().find(|rule| rule.key == action).map_or(action, |rule| rule.title);
    match (wish, place) {
        ("share_project", PlaceKind::Project) => {
            format!("{who} asks you to share the library project {name} with them.")
        }
        ("share_project", _) => format!("{who} asks you to share the library project that {name} came from."),
        ("share_printer", PlaceKind::PrinterGroup) => {
            format!("{who} asks you to share a printer of the group {name} with them.")
        }
        ("share_printer", _) => format!("{who} asks you to share the printer {name} with them."),
        ("plan.guests", _) => {
            format!("{who} asks for a plan with Guests: yours has none, and they cannot send print jobs.")
        }
        (wish, _) if wish.starts_with("plan.") => format!("{who} asks for a plan that has this: {title}."),
        ("job.approve", _) => format!("{who} asks you to approve {name}."),
        ("job.reroute", _) => format!("{who} asks you to move {name} to another printer."),
        ("team.create", _) => format!("{who} asks to be put in a team, to share with it."),
        ("printer_group.change", _) => format!("{who} asks you to change the printer group {name}."),
        ("team.change", _) => format!("{who} asks you to change the team {name}."),
        _ if name.is_empty() => format!("{who} asks for your help with this: {title}."),
        _ => format!("{who} asks for your help with {name}: {title}."),
    }
}

/// The page where something can be done about it.
#[must_use]
pub fn page_of(place: Place) -> String {
    let id = place.id.map(|id| id.to_string()).unwrap_or_default();
    match place.kind {
        PlaceKind::Job => format!("/jobs/{id}"),
        PlaceKind::Printer => format!("/printers/{id}"),
        // Groups are shown with the printers.
        PlaceKind::PrinterGroup => format!("/printers?group={id}"),
        PlaceKind::Project => format!("/library/{id}"),
        PlaceKind::Team => format!("/teams/{id}"),
        PlaceKind::Teams => "/teams".to_owned(),
        PlaceKind::People => "/organization".to_owned(),
        PlaceKind::Settings => "/permissions".to_owned(),
        PlaceKind::Applications => "/applications".to_owned(),
    }
}
