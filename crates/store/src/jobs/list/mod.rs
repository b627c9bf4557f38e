//! Lists of print jobs: tabs, history, search, and the numbers on the tabs. Filtered by [`Visible`], nothing else.
//!
//! A list costs what it shows, not what there is (docs/performance.md). The ids of a page are found first, along one index;
//! only then is everything read that a page shows of them (`view.rs`). Open jobs are few, so their tabs look at all of them. History
//! grows for ever: for each kind of eyes there is a *source*, an index that holds what they see in the order of the list.
//! Only a Member's history has several, one for each printer, and is merged.

mod history;
mod search;

use access::{Visible, groups_of_printers_sql, printers_of_member_sql};
use domain::{JobId, PrinterId, State};
use sql::{Conn, Val, params};
use uuid::Uuid;

use super::JobView;
use super::view::{mine, seen, shown};
use crate::{Error, Jobs, ids};

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

use past;

/// One page of a tab. Open jobs come oldest first (they wait), the queue in its order, history newest first.
///
/// # Errors
/// The database.
pub async fn list(conn: &mut Conn, eyes: &Visible<Jobs>, filter: &Filter) -> Result<Listed, Error> {
    let word = filter.search.as_deref().unwrap_or("").trim().to_lowercase();
    match (filter.tab, word.as_str()) {
        (Tab::History, "") => history::list(conn, eyes, filter).await,
        (Tab::History, word) => search::list(conn, eyes, filter, word).await,
        (_, word) => tab(conn, eyes, filter, word).await,
    }
}

/// Text without a word to look for, and with one: names are joined for that only.
type Texts = (&'static str, &'static str);

macro_rules! text {
    ($names:literal, $word:literal, $from:expr, $states:expr, $key:literal, $beyond:literal, $order:literal) => {
        concat!(
            mine!(),
            "SELECT j.id FROM ",
            $from,
            $names,
            " WHERE j.org = $1 AND ",
            $states,
            " AND ",
            seen!(),
            " AND ($4 = 0 OR j.printer = $5) AND ($6 = 0 OR j.submitter = $2) AND ($7 = 0 OR (",
            $key,
            ", j.id) ",
            $beyond,
            " ($8, $9))",
            $word,
            " ORDER BY ",
            $order,
            " LIMIT $10"
        )
    };
}
macro_rules! texts {
    ($from:expr, $states:expr, $key:literal, $beyond:literal, $order:literal) => {
        (
            text!("", "", $from, $states, $key, $beyond, $order),
            text!(
                " JOIN account a ON a.id = j.submitter",
                " AND (j.name_key LIKE $11 {escape} OR a.name_key LIKE $11 {escape} OR CAST(j.number AS TEXT) = $12)",
                $from,
                $states,
                $key,
                $beyond,
                $order
            ),
        )
    };
}

fn tab_texts(tab: Tab) -> Texts {
    match tab {
        // In the order of their index, until the page is full. PostgreSQL believes that one row passes, and would sort all that wait:
        // a limit inside, however large, keeps the conditions outside.
        Tab::NeedsApproval => texts!(
            "(SELECT w.id, w.org, w.number, w.name_key, w.state, w.submitter, w.printer, w.printer_group, w.created_at FROM print_job w \
             WHERE w.org = $1 AND w.state IN ('held', 'sent_back') ORDER BY w.created_at, w.id LIMIT 1000000) j",
            "j.state IN ('held', 'sent_back')",
            "j.created_at",
            ">",
            "j.created_at, j.id"
        ),
        Tab::Queue => texts!(
            "print_job j",
            concat!(open!(), " AND j.state IN ('queued', 'claimed', 'intent')"),
            "j.queue_pos",
            ">",
            "j.queue_pos, j.id"
        ),
        Tab::Printing => texts!(
            "print_job j",
            concat!(open!(), " AND j.state IN ('printing', 'attention')"),
            "CASE WHEN j.state = 'attention' THEN 0 ELSE j.created_at END",
            ">",
            "CASE WHEN j.state = 'attention' THEN 0 ELSE j.created_at END, j.id"
        ),
        // From the plates to the jobs: there are as many as printers.
        Tab::Plate | Tab::History => texts!(
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
    let mut params = params![
        who.org(),
        who.account(),
        who.role(),
        filter.printer.is_some(),
        filter.printer.unwrap_or(PrinterId(Uuid::nil())),
        filter.mine,
        filter.after.is_some(),
        key,
        id,
        filter.limit + 1
    ]
    .to_vec();
    let (plain, with_word) = tab_texts(filter.tab);
    if word.is_empty() {
        return page(conn, eyes, plain, &params, filter).await;
    }
    params.extend(params![crate::containing(word), word.trim_start_matches('#').to_owned()].iter().cloned());
    page(conn, eyes, with_word, &params, filter).await
}

/// The page whose ids `text` finds, one more than asked for, to know whether there is more.
async fn page(
    conn: &mut Conn,
    eyes: &Visible<Jobs>,
    text: &'static str,
    params: &[Val],
    filter: &Filter,
) -> Result<Listed, Error> {
    let found = ids(&conn.all(text, params).await?)?;
    listed(conn, eyes, found, filter).await
}

/// The page of the jobs that were found.
async fn listed(conn: &mut Conn, eyes: &Visible<Jobs>, mut found: Vec<Uuid>, filter: &Filter) -> Result<Listed, Error> {
    let limit = usize::try_from(filter.limit).unwrap_or(0);
    let more = found.len() > limit;
    found.truncate(limit);
    let jobs = shown(conn, eyes.who(), &found).await?;
    let next = jobs.last().filter(|_| more).map(|last| (last.sort_key(filter.tab), last.id));
    Ok(Listed { jobs, next })
}

/// Before and after every id.
const fn nobody() -> JobId {
    JobId(Uuid::nil())
}
const fn everybody() -> JobId {
    JobId(Uuid::max())
}

impl JobView {
    /// The key that a tab is sorted by, beside the id: what a page's cursor holds.
    fn sort_key(&self, tab: Tab) -> i64 {
        match tab {
            Tab::Queue => self.queue_pos,
            Tab::Printing if self.state == State::Attention => 0,
            Tab::NeedsApproval | Tab::Printing | Tab::Plate | Tab::History => self.created_at.0,
        }
    }
}

/// Numbers on the tabs, for this person.
///
/// # Errors
/// The database.
pub async fn counts(conn: &mut Conn, eyes: &Visible<Jobs>) -> Result<Counts, Error> {
    // Which printers a Member may use is the dear part, and is asked once for all of it.
    const Q: &str = concat!(
        mine!(),
        "SELECT o.waits, o.prints, o.waiting, \
         (SELECT COUNT(*) FROM printer p CROSS JOIN print_job j WHERE j.run = p.bed_run AND p.org = $1 AND p.removed_at IS NULL \
         AND p.bed = 'dirty' AND j.org = $1 AND j.state IN ('finished', 'failed', 'aborted') AND ",
        seen!(),
        ") AS plate FROM (SELECT COUNT(CASE WHEN j.state IN ('held', 'sent_back') THEN 1 END) AS waits, \
         COUNT(CASE WHEN j.state IN ('printing', 'attention') THEN 1 END) AS prints, \
         COUNT(CASE WHEN j.state IN ('queued', 'claimed', 'intent') THEN 1 END) AS waiting FROM print_job j WHERE j.org = $1 AND ",
        open!(),
        " AND ",
        seen!(),
        ") o"
    );
    let who = eyes.who();
    let row = conn.one(Q, params![who.org(), who.account(), who.role()]).await?;
    Ok(Counts {
        needs_approval: row.get("waits")?,
        queue: row.get("waiting")?,
        printing: row.get("prints")?,
        plate: row.get("plate")?,
    })
}
