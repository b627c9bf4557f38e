//! History: print jobs that have ended, newest first. It grows for ever, so each kind of eyes has its own source.

use std::collections::BTreeSet;

use access::{Visible, printers_of_member_sql, shared_printer_sql};
use domain::{AccountId, PrinterId, Role};
use sql::{Conn, Val, params};
use uuid::Uuid;

use super::{Filter, Listed, everybody, listed, page, past};
use crate::{Error, Jobs, ids};

/// A Member with more printers than this is likely to find a page among the newest jobs of the organization; it is looked
/// for there first, among so many times its length. With fewer, one row of each printer is read sooner.
const MANY_PRINTERS: i64 = 64;
const DENSE: i64 = 2;

/// Which index holds what these eyes see, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// Everything of the organization.
    Organization,
    /// What one submitted.
    Own,
    /// Everything of a printer.
    Printer(PrinterId),
    /// What one submitted to a printer.
    OwnOn(PrinterId),
    /// What one submitted, and everything of the printers that one may use.
    Merged,
}

impl Source {
    pub(super) async fn of(conn: &mut Conn, eyes: &Visible<Jobs>, filter: &Filter) -> Result<Self, Error> {
        const MAY: &str =
            concat!("SELECT printer FROM (", printers_of_member_sql!(), ") mine WHERE printer = $3 LIMIT 1");
        let who = eyes.who();
        let own = filter.mine || who.role() == Role::Guest;
        Ok(match (filter.printer, own, who.role()) {
            (None, true, _) => Self::Own,
            (Some(printer), true, _) => Self::OwnOn(printer),
            (None, false, Role::Admin) => Self::Organization,
            (Some(printer), false, Role::Admin) => Self::Printer(printer),
            (None, false, _) => Self::Merged,
            (Some(printer), false, _) => match conn.opt(MAY, params![who.org(), who.account(), printer]).await? {
                Some(_) => Self::Printer(printer),
                None => Self::OwnOn(printer),
            },
        })
    }

    pub(super) const fn printer(self) -> Option<PrinterId> {
        match self {
            Self::Printer(printer) | Self::OwnOn(printer) => Some(printer),
            Self::Organization | Self::Own | Self::Merged => None,
        }
    }
}

/// A page's end of an index: `$condition` is its beginning. `$2` is used by all, PostgreSQL wants to know its type.
macro_rules! newest {
    ($what:literal, $condition:expr, $limit:literal) => {
        concat!(
            "SELECT ",
            $what,
            " FROM print_job j WHERE j.org = $1 AND ",
            $condition,
            " AND ",
            past!(),
            " AND (j.created_at, j.id) < ($3, $4) ORDER BY j.created_at DESC, j.id DESC LIMIT ",
            $limit
        )
    };
}

pub(super) use newest;

/// A Member's history. Among the printers they may use, only those with one of the newest `$5` heads can contribute; and
/// nothing older than the `$5`th job of any one of them, or than the `$5`th of the heads. So it reads one row of each printer
/// and then at most `$5` of each of `$5` printers, however long the history is.
macro_rules! merged {
    () => {
        concat!(
            "WITH mine (printer) AS (SELECT DISTINCT printer FROM (",
            printers_of_member_sql!(),
            ") every), head (printer, at) AS (SELECT m.printer, (",
            of_printer!("j.created_at", "m.printer", "1"),
            ") FROM mine m), \
             near (printer, at) AS (SELECT printer, at FROM head WHERE at IS NOT NULL AND at >= COALESCE( \
               (SELECT h.at FROM head h WHERE h.at IS NOT NULL ORDER BY h.at DESC LIMIT 1 OFFSET $5 - 1), 0)), \
             deep (at) AS (SELECT (",
            of_printer!("j.created_at", "n.printer", "1 OFFSET $5 - 1"),
            ") FROM near n), \
             least (at) AS (SELECT COALESCE(MAX(at), 0) FROM (SELECT MAX(at) AS at FROM deep \
               UNION ALL SELECT MIN(at) AS at FROM near HAVING COUNT(*) >= $5) bounds) \
             SELECT id, created_at FROM (SELECT j.id, j.created_at FROM near n CROSS JOIN print_job j WHERE j.printer = n.printer AND ",
            past!(),
            " AND (j.created_at, j.id) < ($3, $4) AND j.created_at >= (SELECT at FROM least)) shared \
             UNION SELECT id, created_at FROM (",
            newest!("j.id, j.created_at", "j.submitter = $2", "$5"),
            ") own ORDER BY created_at DESC, id DESC LIMIT $5"
        )
    };
}
macro_rules! of_printer {
    ($what:literal, $printer:literal, $limit:literal) => {
        concat!(
            "SELECT ",
            $what,
            " FROM print_job j WHERE j.printer = ",
            $printer,
            " AND ",
            past!(),
            " AND (j.created_at, j.id) < ($3, $4) ORDER BY j.created_at DESC, j.id DESC LIMIT ",
            $limit
        )
    };
}

/// What a Member sees among the newest of the organization, some pages of it. Whoever may use many printers finds a page there,
/// without a look at each of them; who may use which is asked once for each printer that is met.
async fn dense(conn: &mut Conn, eyes: &Visible<Jobs>, filter: &Filter, from: &[Val]) -> Result<Vec<Uuid>, Error> {
    const NEWEST: &str = newest!("j.id, j.submitter, j.printer", "$2 IS NOT NULL", "$5");
    const MINE: &str = concat!(
        "SELECT p.id FROM {ids:$3} found CROSS JOIN printer p WHERE p.id = found.id AND (p.added_by = $2 OR ",
        shared_printer_sql!(),
        ")"
    );
    let who = eyes.who();
    let asked: Vec<Val> = from.iter().cloned().chain([Val::from((filter.limit + 1) * DENSE)]).collect();
    let mut found = Vec::new();
    for row in conn.all(NEWEST, &asked).await? {
        found.push((row.get::<Uuid>("id")?, row.get::<AccountId>("submitter")?, row.get::<Uuid>("printer")?));
    }
    let met: BTreeSet<Uuid> = found.iter().map(|(_, _, printer)| *printer).collect();
    let met: Vec<Uuid> = met.into_iter().collect();
    let mine = conn.all(MINE, params![who.org(), who.account(), Val::ids(&met)]).await?;
    let mine: BTreeSet<Uuid> = ids(&mine)?.into_iter().collect();
    let seen = |submitter, printer| submitter == who.account() || mine.contains(&printer);
    Ok(found.into_iter().filter(|(_, by, printer)| seen(*by, *printer)).map(|(id, _, _)| id).collect())
}

/// Whether a Member may use more printers than [`MANY_PRINTERS`]; one that is shared with several of their teams counts for each. It
/// only says where to look first.
async fn has_many_printers(conn: &mut Conn, eyes: &Visible<Jobs>) -> Result<bool, Error> {
    const Q: &str = "SELECT COUNT(*) AS n FROM (SELECT s.printer FROM printer_share s WHERE s.grantee = $1 OR s.grantee IN \
                     (SELECT tm.team FROM team_member tm WHERE tm.account = $2) LIMIT $3) few";
    let asked = params![eyes.who().org(), eyes.who().account(), MANY_PRINTERS + 1];
    Ok(conn.one(Q, asked).await?.get::<i64>("n")? > MANY_PRINTERS)
}

/// A page of the history without a word.
pub(super) async fn list(conn: &mut Conn, eyes: &Visible<Jobs>, filter: &Filter) -> Result<Listed, Error> {
    let source = Source::of(conn, eyes, filter).await?;
    let text = match source {
        Source::Organization => newest!("j.id", "$2 IS NOT NULL", "$5"),
        Source::Own => newest!("j.id", "j.submitter = $2", "$5"),
        Source::Printer(_) => newest!("j.id", "j.printer = $6", "$5"),
        Source::OwnOn(_) => newest!("j.id", "j.submitter = $2 AND j.printer = $6", "$5"),
        Source::Merged => merged!(),
    };
    let (key, id) = filter.after.unwrap_or((i64::MAX, everybody()));
    let mut params = params![eyes.who().org(), eyes.who().account(), key, id].to_vec();
    if source == Source::Merged && has_many_printers(conn, eyes).await? {
        let found = dense(conn, eyes, filter, &params).await?;
        if i64::try_from(found.len()).is_ok_and(|found| found > filter.limit) {
            return listed(conn, eyes, found, filter).await;
        }
    }
    params.push(Val::from(filter.limit + 1));
    params.extend(source.printer().map(Val::from));
    page(conn, eyes, text, &params, filter).await
}
