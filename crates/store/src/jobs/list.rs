//! Lists of print jobs: tabs, history, search, and the numbers on the tabs. Filtered by [`Visible`], nothing else.
//!
//! A list costs what it shows, not what there is (docs/performance.md). The ids of a page are found first, along one index;
//! only then is everything read that a page shows of them. Open jobs are few, so their tabs look at all of them. History
//! grows for ever: for each kind of eyes there is a *source*, an index that holds what they see in the order of the list.
//! Only a Member's history has several, one for each printer, and is merged.

use access::{
    Visible, groups_of_member_sql, job_rights_sql, may_use_printer_sql, printers_of_member_sql, shared_printer_sql,
};
use domain::{JobId, Micros, PrinterId, Role, State};
use sql::{Conn, Row, Val, params};

use super::JobView;
use super::view::{columns, joins, read, seen};
use crate::{Error, Jobs};

/// How many jobs a search in the history looks at before it answers. With more, its answer says where to go on.
const LOOK: i64 = 20_000;

/// A Member with more printers than this is likely to find a page among the newest jobs of the organization; it is looked
/// for there first, among so many times its length. With fewer, one row of each printer is read sooner.
const MANY_PRINTERS: i64 = 64;
const DENSE: i64 = 4;

/// The tabs of the page Print jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// Held and sent back.
    NeedsApproval,
    /// Queued and starting.
    Queue,
    /// Printing and attention.
    Printing,
    /// Ended, with the plate not cleared for this run.
    Plate,
    /// Ended.
    History,
}

/// What to list.
#[derive(Debug, Clone)]
pub struct Filter {
    /// Tab.
    pub tab: Tab,
    /// Words in the name, the submitter's name or the number.
    pub search: Option<String>,
    /// Only this printer's.
    pub printer: Option<PrinterId>,
    /// Only one's own.
    pub mine: bool,
    /// Only jobs after this key.
    pub after: Option<(i64, JobId)>,
    /// At most so many.
    pub limit: i64,
}

/// A page.
#[derive(Debug)]
pub struct Listed {
    /// The jobs, in the order of their tab.
    pub jobs: Vec<JobView>,
    /// Where the next page begins, if there is more to look at. A search may find little and still have more to look at.
    pub next: Option<(i64, JobId)>,
}

/// Numbers on the tabs.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    /// Needs approval.
    pub needs_approval: i64,
    /// Queue.
    pub queue: i64,
    /// Printing.
    pub printing: i64,
    /// Clear the plate.
    pub plate: i64,
}

// The states of an index's condition, in its very words.
macro_rules! open {
    () => {
        "j.state IN ('held', 'sent_back', 'queued', 'claimed', 'intent', 'printing', 'attention')"
    };
}
macro_rules! past {
    () => {
        "j.state IN ('finished', 'failed', 'aborted', 'rejected', 'withdrawn')"
    };
}

/// Everything that a page shows, of the jobs whose ids `$ids` finds, in the order `$order`.
macro_rules! shown {
    ($ids:expr, $order:expr) => {
        // CROSS JOIN: SQLite then begins with the few ids.
        concat!(
            columns!(),
            "FROM (",
            $ids,
            ") found CROSS JOIN print_job j ",
            joins!(),
            "WHERE j.id = found.id ORDER BY ",
            $order
        )
    };
}

/// One page of a tab. Open jobs come oldest first (they wait), the queue in its order, history newest first.
///
/// # Errors
/// The database.
pub async fn list(conn: &mut Conn, eyes: &Visible<Jobs>, filter: &Filter) -> Result<Listed, Error> {
    let word = filter.search.as_deref().unwrap_or("").trim().to_lowercase();
    match (filter.tab, word.as_str()) {
        (Tab::History, "") => history(conn, eyes, filter).await,
        (Tab::History, word) => search(conn, eyes, filter, word).await,
        (_, word) => tab(conn, eyes, filter, word).await,
    }
}

/// The text of an open tab.
fn tab_text(tab: Tab) -> &'static str {
    macro_rules! text {
        ($from:expr, $states:expr, $key:literal, $beyond:literal, $order:literal) => {
            shown!(
                concat!(
                    "SELECT j.id FROM ",
                    $from,
                    " JOIN account a ON a.id = j.submitter WHERE j.org = $1 AND ",
                    $states,
                    " AND ",
                    seen!(),
                    " AND ($4 = '' OR LOWER(j.name) LIKE $4 {escape} OR a.name_key LIKE $4 {escape} OR CAST(j.number AS TEXT) = $5) \
                      AND ($6 = 0 OR j.printer = $7) AND ($8 = 0 OR j.submitter = $2) AND ($9 = 0 OR (",
                    $key,
                    ", j.id) ",
                    $beyond,
                    " ($10, $11)) ORDER BY ",
                    $order,
                    " LIMIT $12"
                ),
                $order
            )
        };
    }
    match tab {
        Tab::NeedsApproval => {
            text!("print_job j", "j.state IN ('held', 'sent_back')", "j.created_at", ">", "j.created_at, j.id")
        }
        Tab::Queue => text!(
            "print_job j",
            concat!(open!(), " AND j.state IN ('queued', 'claimed', 'intent')"),
            "j.queue_pos",
            ">",
            "j.queue_pos, j.id"
        ),
        Tab::Printing => text!(
            "print_job j",
            concat!(open!(), " AND j.state IN ('printing', 'attention')"),
            "CASE WHEN j.state = 'attention' THEN 0 ELSE j.created_at END",
            ">",
            "CASE WHEN j.state = 'attention' THEN 0 ELSE j.created_at END, j.id"
        ),
        // From the plates to the jobs: there are as many as printers.
        Tab::Plate | Tab::History => text!(
            "printer p CROSS JOIN print_job j",
            "p.org = $1 AND p.removed_at IS NULL AND p.bed = 'dirty' AND j.run = p.bed_run AND j.state IN ('finished', 'failed', 'aborted')",
            "j.created_at",
            "<",
            "j.created_at DESC, j.id DESC"
        ),
    }
}

async fn tab(conn: &mut Conn, eyes: &Visible<Jobs>, filter: &Filter, word: &str) -> Result<Listed, Error> {
    let who = eyes.who();
    let (key, id) = filter.after.unwrap_or((0, nobody()));
    let params = params![
        who.org(),
        who.account(),
        who.role(),
        crate::containing(word),
        word.trim_start_matches('#').to_owned(),
        filter.printer.is_some(),
        filter.printer.unwrap_or(PrinterId(uuid::Uuid::nil())),
        filter.mine,
        filter.after.is_some(),
        key,
        id,
        filter.limit + 1
    ];
    let jobs = views(conn, eyes, tab_text(filter.tab), params).await?;
    Ok(cut(jobs, filter.limit, filter.tab))
}

// --- History

/// Which index holds what these eyes see, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
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
    async fn of(conn: &mut Conn, eyes: &Visible<Jobs>, filter: &Filter) -> Result<Self, Error> {
        const MAY: &str = concat!("SELECT id FROM (", printers_of_member_sql!(), ") mine WHERE id = $3");
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

    const fn printer(self) -> Option<PrinterId> {
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

/// A Member's history. Among the printers they may use, only those with one of the newest `$5` heads can contribute; and
/// nothing older than the `$5`th job of any one of them, or than the `$5`th of the heads. So it reads one row of each printer
/// and then at most `$5` of each of `$5` printers, however long the history is.
macro_rules! merged {
    () => {
        concat!(
            "WITH mine (printer) AS (",
            printers_of_member_sql!(),
            "), head (printer, at) AS (SELECT m.printer, (",
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

/// What a Member sees among the newest `$6` of the organization. Whoever may use many printers finds a page there, without a
/// look at each of them.
macro_rules! dense {
    () => {
        concat!(
            "SELECT w.id FROM (",
            newest!("j.id, j.created_at, j.submitter, j.printer", "$2 IS NOT NULL", "$6"),
            ") w CROSS JOIN printer p WHERE p.id = w.printer AND (w.submitter = $2 OR p.added_by = $2 OR ",
            shared_printer_sql!(),
            ") ORDER BY w.created_at DESC, w.id DESC LIMIT $5"
        )
    };
}

/// How many printers a Member may use.
async fn printers(conn: &mut Conn, eyes: &Visible<Jobs>) -> Result<i64, Error> {
    const Q: &str = concat!("SELECT COUNT(*) AS n FROM (", printers_of_member_sql!(), ") mine");
    Ok(conn.one(Q, params![eyes.who().org(), eyes.who().account()]).await?.get("n")?)
}

async fn history(conn: &mut Conn, eyes: &Visible<Jobs>, filter: &Filter) -> Result<Listed, Error> {
    macro_rules! page {
        ($ids:expr) => {
            shown!($ids, "j.created_at DESC, j.id DESC")
        };
    }
    let source = Source::of(conn, eyes, filter).await?;
    let text = match source {
        Source::Organization => page!(newest!("j.id", "$2 IS NOT NULL", "$5")),
        Source::Own => page!(newest!("j.id", "j.submitter = $2", "$5")),
        Source::Printer(_) => page!(newest!("j.id", "j.printer = $6", "$5")),
        Source::OwnOn(_) => page!(newest!("j.id", "j.submitter = $2 AND j.printer = $6", "$5")),
        Source::Merged => page!(merged!()),
    };
    let (key, id) = filter.after.unwrap_or((i64::MAX, everybody()));
    let mut params = params![eyes.who().org(), eyes.who().account(), key, id, filter.limit + 1].to_vec();
    if source == Source::Merged && printers(conn, eyes).await? > MANY_PRINTERS {
        let mut params = params.clone();
        params.push(Val::from((filter.limit + 1) * DENSE));
        let listed = cut(views(conn, eyes, page!(dense!()), &params).await?, filter.limit, Tab::History);
        if listed.next.is_some() {
            return Ok(listed);
        }
    }
    params.extend(source.printer().map(Val::from));
    let jobs = views(conn, eyes, text, &params).await?;
    Ok(cut(jobs, filter.limit, Tab::History))
}

// --- Search in the history

/// The newest [`LOOK`] jobs of a source, and those among them that have the word. `$8` is that number.
macro_rules! looked {
    ($condition:expr, $seen:expr) => {
        shown!(
            concat!(
                "SELECT w.id FROM (",
                newest!("j.id, j.created_at, j.name, j.number, j.submitter, j.printer", $condition, "$8"),
                ") w CROSS JOIN account a WHERE a.id = w.submitter AND w.number <> $7 AND (LOWER(w.name) LIKE $6 {escape} OR \
                  a.name_key LIKE $6 {escape}) AND ",
                $seen,
                " ORDER BY w.created_at DESC, w.id DESC LIMIT $5"
            ),
            "j.created_at DESC, j.id DESC"
        )
    };
}

/// Looks for a word in the newest [`LOOK`] jobs after the cursor, and for a number anywhere. No index knows parts of words, so
/// this is what keeps one request from reading a history of years; the answer's `next` goes on from there.
async fn search(conn: &mut Conn, eyes: &Visible<Jobs>, filter: &Filter, word: &str) -> Result<Listed, Error> {
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
    let mut listed = cut(views(conn, eyes, text, &params).await?, room, Tab::History);
    if listed.next.is_none() {
        let params: Vec<Val> = from.into_iter().chain([LOOK.into()]).chain(printer).collect();
        let end = conn.opt(end, &params).await?;
        listed.next = end.map(|row| Ok::<_, sql::Error>((row.get("created_at")?, row.get("id")?))).transpose()?;
    }
    if let Some(job) = numbered {
        let at = listed.jobs.partition_point(|other| (other.created_at, other.job.id) > (job.created_at, job.job.id));
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
    const Q: &str = shown!(
        concat!(
            "SELECT j.id FROM print_job j WHERE j.org = $1 AND j.number = $4 AND ",
            past!(),
            " AND ",
            seen!(),
            " AND ($5 = 0 OR j.printer = $6) AND ($7 = 0 OR j.submitter = $2)"
        ),
        "j.id"
    );
    let who = eyes.who();
    let printer = filter.printer.unwrap_or(PrinterId(uuid::Uuid::nil()));
    let params =
        params![who.org(), who.account(), who.role(), number, filter.printer.is_some(), printer, filter.mine].to_vec();
    Ok(views(conn, eyes, Q, &params).await?.pop())
}

// --- What all lists do

async fn views(
    conn: &mut Conn,
    eyes: &Visible<Jobs>,
    text: &'static str,
    params: &[Val],
) -> Result<Vec<JobView>, Error> {
    let now: Micros = conn.now().await?;
    let rows = conn.all(text, params).await?;
    let who = eyes.who();
    Ok(rows.iter().map(|row: &Row| read(row, &who, now)).collect::<Result<_, _>>()?)
}

/// One more than asked for was read, to know whether there is more.
fn cut(mut jobs: Vec<JobView>, limit: i64, tab: Tab) -> Listed {
    let limit = usize::try_from(limit).unwrap_or(0);
    let more = jobs.len() > limit;
    jobs.truncate(limit);
    let next = jobs.last().filter(|_| more).map(|last| (last.sort_key(tab), last.job.id));
    Listed { jobs, next }
}

/// Before and after every id.
const fn nobody() -> JobId {
    JobId(uuid::Uuid::nil())
}
const fn everybody() -> JobId {
    JobId(uuid::Uuid::max())
}

impl JobView {
    /// The key that a tab is sorted by, beside the id: what a page's cursor holds.
    fn sort_key(&self, tab: Tab) -> i64 {
        match tab {
            Tab::Queue => self.queue_pos,
            Tab::Printing if self.job.state == State::Attention => 0,
            Tab::NeedsApproval | Tab::Printing | Tab::Plate | Tab::History => self.created_at.0,
        }
    }
}

/// Numbers on the tabs, for this person.
///
/// # Errors
/// The database.
pub async fn counts(conn: &mut Conn, eyes: &Visible<Jobs>) -> Result<Counts, Error> {
    const OPEN: &str = concat!(
        "SELECT CASE WHEN j.state IN ('held', 'sent_back') THEN 'wait' WHEN j.state IN ('printing', 'attention') THEN 'run' ELSE 'queue' END AS tab, \
         COUNT(*) AS n FROM print_job j WHERE j.org = $1 AND ",
        open!(),
        " AND ",
        seen!(),
        " GROUP BY 1"
    );
    const PLATE: &str = concat!(
        "SELECT COUNT(*) AS n FROM printer p CROSS JOIN print_job j WHERE j.run = p.bed_run AND p.org = $1 AND p.removed_at IS NULL \
         AND p.bed = 'dirty' AND j.org = $1 AND j.state IN ('finished', 'failed', 'aborted') AND ",
        seen!()
    );
    let who = eyes.who();
    let mut counts = Counts::default();
    for row in conn.all(OPEN, params![who.org(), who.account(), who.role()]).await? {
        let n: i64 = row.get("n")?;
        match row.get::<String>("tab")?.as_str() {
            "wait" => counts.needs_approval = n,
            "run" => counts.printing = n,
            _ => counts.queue = n,
        }
    }
    counts.plate = conn.one(PLATE, params![who.org(), who.account(), who.role()]).await?.get("n")?;
    Ok(counts)
}
