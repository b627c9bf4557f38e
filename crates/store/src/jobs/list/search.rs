//! Search in the history: for a word among the newest, for a number anywhere.

use access::{Visible, groups_of_printers_sql, printers_of_member_sql};
use domain::PrinterId;
use sql::{Conn, Val, params};
use uuid::Uuid;

use super::super::JobView;
use super::super::view::{mine, seen, shown};
use super::history::{Source, newest};
use super::{Filter, Listed, everybody, page, past};
use crate::{Error, Jobs, ids};

/// How many jobs a search in the history looks at before it answers. With more, its answer says where to go on.
const LOOK: i64 = 20_000;

/// The newest [`LOOK`] jobs of a source, and those among them that have the word. `$8` is that number.
macro_rules! looked {
    ($condition:expr, $seen:expr) => {
        concat!(
            "SELECT w.id FROM (",
            newest!("j.id, j.created_at, j.name_key, j.number, j.submitter, j.printer", $condition, "$8"),
            ") w CROSS JOIN account a WHERE a.id = w.submitter AND w.number <> $7 AND (w.name_key LIKE $6 {escape} OR \
              a.name_key LIKE $6 {escape}) AND ",
            $seen,
            " ORDER BY w.created_at DESC, w.id DESC LIMIT $5"
        )
    };
}

/// Looks for a word in the newest [`LOOK`] jobs after the cursor, and for a number anywhere. No index knows parts of words, so
/// this is what keeps one request from reading a history of years; the answer's `next` goes on from there.
pub(super) async fn list(conn: &mut Conn, eyes: &Visible<Jobs>, filter: &Filter, word: &str) -> Result<Listed, Error> {
    let source = Source::of(conn, eyes, filter).await?;
    let (text, end) = match source {
        Source::Organization => {
            (looked!("$2 IS NOT NULL", "1 = 1"), newest!("j.created_at, j.id", "$2 IS NOT NULL", "1 OFFSET $5 - 1"))
        }
        Source::Merged => (
            looked!("$2 IS NOT NULL", concat!("(w.submitter = $2 OR w.printer IN (", printers_of_member_sql!(), "))")),
            newest!("j.created_at, j.id", "$2 IS NOT NULL", "1 OFFSET $5 - 1"),
        ),
        Source::Own => {
            (looked!("j.submitter = $2", "1 = 1"), newest!("j.created_at, j.id", "j.submitter = $2", "1 OFFSET $5 - 1"))
        }
        Source::Printer(_) => (
            looked!("j.printer = $9", "1 = 1"),
            newest!("j.created_at, j.id", "$2 IS NOT NULL AND j.printer = $6", "1 OFFSET $5 - 1"),
        ),
        Source::OwnOn(_) => (
            looked!("j.submitter = $2 AND j.printer = $9", "1 = 1"),
            newest!("j.created_at, j.id", "j.submitter = $2 AND j.printer = $6", "1 OFFSET $5 - 1"),
        ),
    };
    let number = word.trim_start_matches('#').parse().unwrap_or(-1);
    let numbered = match filter.after {
        None => by_number(conn, eyes, filter, number).await?,
        Some(_) => None,
    };
    let room = filter.limit - i64::from(numbered.is_some());
    let (key, id) = filter.after.unwrap_or((i64::MAX, everybody()));
    let from = [eyes.who().org().into(), eyes.who().account().into(), key.into(), id.into()];
    let printer = source.printer().map(Val::from);
    let params =
        from.iter().cloned().chain([(room + 1).into(), crate::containing(word).into(), number.into(), LOOK.into()]);
    let params: Vec<Val> = params.chain(printer.clone()).collect();
    let mut listed = page(conn, eyes, text, &params, &Filter { limit: room, ..filter.clone() }).await?;
    if listed.next.is_none() {
        let params: Vec<Val> = from.into_iter().chain([LOOK.into()]).chain(printer).collect();
        let end = conn.opt(end, &params).await?;
        listed.next = end.map(|row| Ok::<_, sql::Error>((row.get("created_at")?, row.get("id")?))).transpose()?;
    }
    if let Some(job) = numbered {
        let at = listed.jobs.partition_point(|other| (other.created_at, other.id) > (job.created_at, job.id));
        listed.jobs.insert(at, job);
    }
    Ok(listed)
}

/// The job with this number, if these eyes see it and it has ended.
async fn by_number(
    conn: &mut Conn,
    eyes: &Visible<Jobs>,
    filter: &Filter,
    number: i64,
) -> Result<Option<JobView>, Error> {
    const Q: &str = concat!(
        mine!(),
        "SELECT j.id FROM print_job j WHERE j.org = $1 AND j.number = $4 AND ",
        past!(),
        " AND ",
        seen!(),
        " AND ($5 = 0 OR j.printer = $6) AND ($7 = 0 OR j.submitter = $2)"
    );
    let who = eyes.who();
    let printer = filter.printer.unwrap_or(PrinterId(Uuid::nil()));
    let asked = params![who.org(), who.account(), who.role(), number, filter.printer.is_some(), printer, filter.mine];
    let found = conn.all(Q, asked).await?;
    Ok(shown(conn, who, &ids(&found)?).await?.pop())
}
