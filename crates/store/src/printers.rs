//! Printers: rows, shares, plates, and what they last said.

use access::table::{AddPrinter, ClearPlate, DeletePrinter, EnablePrinter, RenamePrinter, SeePrinter};
use access::{Permit, PrinterRights, Visible, printer_rights_sql, shared_printer_sql, shared_printers_sql};
use domain::{AccountId, JobId, Micros, OrgId, PrinterId, Role, RunId};
use serde_json::{Value, json};
use sql::{Conn, Row, Tx, Val, params};
use uuid::Uuid;

use crate::dispatch::Connection;
use crate::idempotency::Key;
use crate::journal::{self, Entry};
use crate::teams::Filter;
use crate::{Error, Printers, limits, new_id};

/// A printer as a page shows it.
#[derive(Debug)]
pub struct PrinterView {
    /// Id.
    pub id: PrinterId,
    /// Name.
    pub name: String,
    /// Family.
    pub family: String,
    /// Address as entered.
    pub address: String,
    /// Turned on.
    pub enabled: bool,
    /// Removed when.
    pub removed_at: Option<Micros>,
    /// Plate confirmed clear.
    pub clear: bool,
    /// The run that the plate waits for.
    pub run: Option<RunId>,
    /// The last print was not ours.
    pub foreign: bool,
    /// Who added it.
    pub added_by: (AccountId, String),
    /// Shared with everybody.
    pub shared_with_all: bool,
    /// Last observation, JSON.
    pub live: Option<Value>,
    /// Why it cannot be asked.
    pub problem: Option<String>,
    /// When it last answered.
    pub seen_at: Option<Micros>,
    /// The job on it: id, number, name, submitter, state.
    pub current: Option<(JobId, i64, String, AccountId, domain::State)>,
    /// Queued jobs.
    pub queue_length: i64,
    /// Held jobs that chose it.
    pub held_here: i64,
    /// What this person may do.
    pub rights: PrinterRights,
    /// Their role.
    pub role: Role,
    /// Database time of this reading.
    pub now: Micros,
}

/// What is shown of the printers in the list `$3`; which they are is found first, as with print jobs.
const SHOWN: &str = concat!(
    "SELECT p.id, p.name, p.family, p.address, p.enabled, p.removed_at, p.bed, p.bed_run, p.bed_foreign, p.added_by, \
     l.observation, l.problem, l.seen_at, c.id AS c_id, c.number AS c_number, c.name AS c_name, c.submitter AS c_submitter, c.state AS c_state, \
     (SELECT COUNT(*) FROM print_job q WHERE q.printer = p.id AND q.state = 'queued') AS queue_length, \
     (SELECT COUNT(*) FROM print_job h WHERE h.printer = p.id AND h.org = $1 AND h.state = 'held') AS held_here, \
     CASE WHEN EXISTS (SELECT 1 FROM printer_share s WHERE s.printer = p.id AND s.grantee = $1) THEN 1 ELSE 0 END AS shared_all, ",
    printer_rights_sql!(),
    " FROM {ids:$3} found CROSS JOIN printer p JOIN account a ON a.id = p.added_by LEFT JOIN printer_live l ON l.printer = p.id \
     LEFT JOIN print_job c ON c.id = (SELECT k.id FROM print_job k WHERE k.printer = p.id \
       AND k.state IN ('claimed', 'intent', 'printing', 'attention') ORDER BY CASE WHEN k.state = 'attention' THEN 0 ELSE 1 END LIMIT 1) \
     WHERE p.id = found.id AND p.org = $1 ORDER BY p.name_key, p.id"
);

/// The printers with these ids, by name.
async fn shown(conn: &mut Conn, who: access::Who, ids: &[Uuid]) -> Result<Vec<PrinterView>, Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let now = conn.now().await?;
    let rows = conn.all(SHOWN, params![who.org(), who.account(), Val::ids(ids)]).await?;
    Ok(rows.iter().map(|row| read(row, who, now)).collect::<Result<_, _>>()?)
}

fn read(row: &Row, who: access::Who, now: Micros) -> Result<PrinterView, sql::Error> {
    let current = match row.get::<Option<JobId>>("c_id")? {
        Some(id) => Some((id, row.get("c_number")?, row.get("c_name")?, row.get("c_submitter")?, row.get("c_state")?)),
        None => None,
    };
    Ok(PrinterView {
        id: row.get("id")?,
        name: row.get("name")?,
        family: row.get("family")?,
        address: row.get("address")?,
        enabled: row.get("enabled")?,
        removed_at: row.get("removed_at")?,
        clear: row.get::<String>("bed")? == "clear",
        run: row.get("bed_run")?,
        foreign: row.get("bed_foreign")?,
        added_by: (row.get("added_by")?, row.get("r_owner")?),
        shared_with_all: row.get("shared_all")?,
        live: row.get::<Option<String>>("observation")?.and_then(|text| serde_json::from_str(&text).ok()),
        problem: row.get("problem")?,
        seen_at: row.get("seen_at")?,
        current,
        queue_length: row.get("queue_length")?,
        held_here: row.get("held_here")?,
        rights: PrinterRights::read(row, who)?,
        role: who.role(),
        now,
    })
}

/// A page of the printers that this person sees (PRN-01), by name; and where the next one begins. Removed ones are in the
/// Trash, not here.
///
/// # Errors
/// The database.
pub async fn list(
    conn: &mut Conn,
    eyes: &Visible<Printers>,
    filter: &Filter,
) -> Result<(Vec<PrinterView>, Option<Uuid>), Error> {
    // What is shared with the person is asked once, not of each printer.
    const PAGE: &str = concat!(
        "SELECT p.id FROM printer p WHERE p.org = $1 AND p.removed_at IS NULL AND ($3 = 'admin' OR ($3 = 'member' AND p.added_by = $2) \
           OR p.id IN (",
        shared_printers_sql!(),
        ")) AND ($4 = '' OR p.name_key LIKE $4 {escape}) \
           AND ($5 = 0 OR (p.name_key, p.id) > (SELECT c.name_key, c.id FROM printer c WHERE c.id = $6 AND c.org = $1)) \
         ORDER BY p.name_key, p.id LIMIT $7"
    );
    let who = eyes.who();
    let rows = conn.all(PAGE, &filter.values(who)).await?;
    let mut ids = crate::ids(&rows)?;
    let next = filter.cut(&mut ids, |id| *id);
    Ok((shown(conn, who, &ids).await?, next))
}

/// One printer, removed ones too.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn detail(conn: &mut Conn, permit: &Permit<SeePrinter>) -> Result<PrinterView, Error> {
    shown(conn, permit.who(), &[permit.target().0]).await?.pop().ok_or(Error::NotFound)
}

/// A new printer. Its plate starts dirty: nobody has looked at it yet.
#[derive(Debug)]
pub struct NewPrinter {
    /// Name, cleaned.
    pub name: String,
    /// Family.
    pub family: String,
    /// Address.
    pub address: String,
    /// Sealed key; sealed for exactly this id.
    pub sealed_secret: Vec<u8>,
    /// Class at that time, for the record; what counts is the family's class of the running program.
    pub class: &'static str,
    /// Share with the whole organization.
    pub share_with_all: bool,
}

/// Where a stored printer is.
#[derive(Debug, Clone, Copy)]
pub struct Machine<'a> {
    /// Family.
    pub family: &'a str,
    /// Address as entered.
    pub address: &'a str,
}

/// Whether two are the same machine; how addresses are read is not known here.
pub type Same<'a> = &'a (dyn for<'m> Fn(Machine<'m>, Machine<'m>) -> bool + Send + Sync);

/// One machine is one printer of an organization: two would each believe that nobody else starts it. Another organization's are
/// not looked at; nobody is told of them. Whoever does not see the first one is not told more than that there is one.
async fn not_twice(
    tx: &mut Tx,
    who: access::Who,
    (id, machine): (PrinterId, Machine<'_>),
    same: Same<'_>,
) -> Result<(), Error> {
    const Q: &str = concat!(
        "SELECT p.name, p.family, p.address, CASE WHEN ($3 = 'admin' OR ($3 = 'member' AND p.added_by = $2) OR ",
        shared_printer_sql!(),
        ") THEN 1 ELSE 0 END AS seen FROM printer p WHERE p.org = $1 AND p.removed_at IS NULL AND p.id <> $4 ORDER BY p.name_key, p.id"
    );
    let mut hidden = false;
    for row in tx.all(Q, params![who.org(), who.account(), who.role(), id]).await? {
        let (family, address): (String, String) = (row.get("family")?, row.get("address")?);
        if !same(machine, Machine { family: &family, address: &address }) {
            continue;
        }
        if row.get::<bool>("seen")? {
            let name: String = row.get("name")?;
            let why = format!("\u{201c}{name}\u{201d} is at this address already. Use that one, or remove it first.");
            return Err(Error::rule("printer_is_here", why));
        }
        hidden = true;
    }
    match hidden {
        true => Err(Error::rule(
            "printer_is_here",
            "A printer at this address is here already, and it is not shared with you. Ask an Admin to share it.",
        )),
        false => Ok(()),
    }
}

/// Adds a printer under an id that the caller made (the secret is sealed for it). Its id: with a repeated key, the first one's.
///
/// # Errors
/// A rule `printer_is_here`.
pub async fn add(
    tx: &mut Tx,
    permit: &Permit<AddPrinter>,
    id: PrinterId,
    new: NewPrinter,
    key: Option<&Key>,
    same: Same<'_>,
) -> Result<PrinterId, Error> {
    let who = permit.who();
    if let Some(key) = key
        && let Some(first) = key.first(tx, who).await?
    {
        return Ok(PrinterId(first));
    }
    not_twice(tx, who, (id, Machine { family: &new.family, address: &new.address }), same).await?;
    let now = tx.now().await?;
    tx.exec(
        "INSERT INTO printer (id, org, name, family, address, secret, class, added_by, created_at, bed, name_key) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'dirty', $10)",
        params![
            id,
            who.org(),
            new.name.clone(),
            new.family.clone(),
            new.address,
            new.sealed_secret,
            new.class,
            who.account(),
            now,
            new.name.to_lowercase()
        ],
    )
    .await?;
    tx.exec("INSERT INTO printer_live (printer, changed_at) VALUES ($1, $2)", params![id, now]).await?;
    limits::not_too_many_printers(tx, who.org()).await?;
    if new.share_with_all {
        grant(tx, id, who.org().0, who.account(), now).await?;
    }
    if let Some(key) = key {
        key.remember(tx, who, id.0).await?;
    }
    let entry = Entry::new("printer.added", Some(who.account()))
        .printer(id)
        .data(json!({ "family": new.family, "shared_with_all": new.share_with_all }))
        .text(json!({ "name": new.name }));
    journal::append(tx, who.org(), entry).await?;
    Ok(id)
}

pub(crate) async fn grant(
    tx: &mut Tx,
    printer: PrinterId,
    grantee: uuid::Uuid,
    by: AccountId,
    now: Micros,
) -> Result<(), Error> {
    tx.exec(
        "INSERT INTO printer_share (printer, grantee, granted_by, granted_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        params![printer, grantee, by, now],
    )
    .await?;
    Ok(())
}

/// Renames (PRN-08).
///
/// # Errors
/// The database.
pub async fn rename(tx: &mut Tx, permit: &Permit<RenamePrinter>, name: &str) -> Result<(), Error> {
    tx.exec(
        "UPDATE printer SET name = $2, name_key = $3 WHERE id = $1",
        params![permit.target(), name, name.to_lowercase()],
    )
    .await?;
    let entry = Entry::new("printer.renamed", Some(permit.who().account()))
        .printer(permit.target())
        .text(json!({ "name": name }));
    journal::append(tx, permit.who().org(), entry).await.map(drop)
}

/// Turns a printer on or off (PRN-07). A running print goes on.
///
/// # Errors
/// The database.
pub async fn enable(tx: &mut Tx, permit: &Permit<EnablePrinter>, enabled: bool) -> Result<(), Error> {
    tx.one("SELECT id FROM printer WHERE id = $1 {for_update}", params![permit.target()]).await?;
    tx.exec("UPDATE printer SET enabled = $2 WHERE id = $1", params![permit.target(), enabled]).await?;
    let kind = if enabled { "printer.enabled" } else { "printer.disabled" };
    let entry = Entry::new(kind, Some(permit.who().account())).printer(permit.target());
    journal::append(tx, permit.who().org(), entry).await.map(drop)
}

/// Removes to the Trash or brings back (ROL-01: it says who and when). Jobs keep their state (AMB-42).
///
/// # Errors
/// The rule `trash_over` after 30 days; `printer_is_here` if another printer is at its address by now.
pub async fn remove(tx: &mut Tx, permit: &Permit<DeletePrinter>, removed: bool, same: Same<'_>) -> Result<(), Error> {
    let who = permit.who();
    let now = tx.now().await?;
    const ROW: &str = "SELECT removed_at, family, address FROM printer WHERE id = $1 {for_update}";
    let row = tx.one(ROW, params![permit.target()]).await?;
    let since: Option<Micros> = row.get("removed_at")?;
    // Twice changes nothing: the time in the Trash does not begin anew.
    if removed == since.is_some() {
        return Ok(());
    }
    if since.is_some_and(|at| at.plus_secs(crate::projects::TRASH_S) <= now) {
        return Err(crate::projects::trash_over());
    }
    if !removed {
        let (family, address): (String, String) = (row.get("family")?, row.get("address")?);
        not_twice(tx, who, (permit.target(), Machine { family: &family, address: &address }), same).await?;
    }
    let (at, by) = if removed { (Some(now), Some(who.account())) } else { (None, None) };
    tx.exec("UPDATE printer SET removed_at = $2, removed_by = $3 WHERE id = $1", params![permit.target(), at, by])
        .await?;
    if removed {
        crate::jobs::printer_removed(tx, permit).await?;
    } else {
        limits::not_too_many_printers(tx, who.org()).await?;
    }
    let kind = if removed { "printer.removed" } else { "printer.restored" };
    let entry = Entry::new(kind, Some(who.account())).printer(permit.target());
    journal::append(tx, who.org(), entry).await.map(drop)
}

/// "The plate is clear", for exactly the run that the person saw. A stale click for an older run does nothing.
///
/// # Errors
/// [`Error::Changed`] for an older run; a rule while a print may be on it.
pub async fn clear_plate(tx: &mut Tx, permit: &Permit<ClearPlate>, run: Option<RunId>) -> Result<(), Error> {
    let row = tx.one("SELECT bed, bed_run FROM printer WHERE id = $1 {for_update}", params![permit.target()]).await?;
    let busy = tx
        .opt(
            "SELECT id FROM print_job WHERE printer = $1 AND state IN ('intent', 'printing', 'attention')",
            params![permit.target()],
        )
        .await?;
    if busy.is_some() {
        return Err(Error::rule("printer_busy", "A print is on this plate, or may be. Wait until it has ended."));
    }
    if row.get::<Option<RunId>>("bed_run")? != run {
        return Err(Error::Changed);
    }
    if row.get::<String>("bed")? == "clear" {
        return Ok(());
    }
    tx.exec("UPDATE printer SET bed = 'clear', bed_foreign = 0 WHERE id = $1", params![permit.target()]).await?;
    let entry = Entry::new("printer.plate_clear", Some(permit.who().account()))
        .printer(permit.target())
        .data(json!({ "run": run.map(|r| r.0) }));
    journal::append(tx, permit.who().org(), entry).await.map(drop)
}

/// Whether any printer is stored: then its key is sealed with the installation's master key.
///
/// # Errors
/// The database.
pub async fn any(conn: &mut Conn) -> Result<bool, Error> {
    Ok(conn.opt("SELECT id FROM printer LIMIT 1", &[]).await?.is_some())
}

/// A printer as the watcher needs it.
#[derive(Debug, Clone)]
pub struct Watched {
    /// Connection.
    pub connection: Connection,
    /// A job of ours is active on it: its worker watches it.
    pub active: bool,
    /// What it last said, as it is stored.
    pub observation: Option<String>,
    /// Why it could not be asked, as it is stored.
    pub problem: Option<String>,
}

/// All printers of the installation that are not removed: for the server's own watcher.
///
/// # Errors
/// The database.
pub async fn watched(conn: &mut Conn) -> Result<Vec<Watched>, Error> {
    let rows = conn
        .all(
            "SELECT p.id, p.org, p.family, p.address, p.secret, l.observation, l.problem, CASE WHEN EXISTS (SELECT 1 FROM print_job b WHERE b.printer = p.id \
             AND b.state IN ('claimed', 'intent', 'printing')) THEN 1 ELSE 0 END AS active FROM printer p \
             LEFT JOIN printer_live l ON l.printer = p.id WHERE p.removed_at IS NULL",
            &[],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Watched {
                connection: connection(row)?,
                active: row.get("active")?,
                observation: row.get("observation")?,
                problem: row.get("problem")?,
            })
        })
        .collect::<Result<_, sql::Error>>()
        .map_err(Into::into)
}

fn connection(row: &Row) -> Result<Connection, sql::Error> {
    Ok(Connection {
        printer: row.get("id")?,
        org: row.get("org")?,
        family: row.get("family")?,
        address: row.get("address")?,
        sealed_secret: row.get("secret")?,
    })
}

/// Stores what a printer said, or why it cannot be asked.
///
/// # Errors
/// The database.
pub async fn said(
    tx: &mut Tx,
    printer: PrinterId,
    observation: Option<&str>,
    problem: Option<&str>,
) -> Result<(), Error> {
    let now = tx.now().await?;
    let seen = observation.map(|_| now);
    tx.exec(
        "UPDATE printer_live SET observation = COALESCE($2, observation), problem = $3, seen_at = COALESCE($4, seen_at), changed_at = $5 \
         WHERE printer = $1",
        params![printer, observation, problem, seen, now],
    )
    .await?;
    Ok(())
}

/// A print that is not ours runs: the plate is dirty from now on, for a run of its own (dispatch.md 2.2, last row).
///
/// # Errors
/// The database.
pub async fn foreign_print(tx: &mut Tx, org: OrgId, printer: PrinterId) -> Result<(), Error> {
    let row = tx.one("SELECT bed, bed_foreign FROM printer WHERE id = $1 {for_update}", params![printer]).await?;
    let ours = tx
        .opt(
            "SELECT id FROM print_job WHERE printer = $1 AND state IN ('intent', 'printing', 'attention')",
            params![printer],
        )
        .await?;
    if ours.is_some() || (row.get::<String>("bed")? == "dirty" && row.get::<bool>("bed_foreign")?) {
        return Ok(());
    }
    tx.exec(
        "UPDATE printer SET bed = 'dirty', bed_run = $2, bed_foreign = 1 WHERE id = $1",
        params![printer, RunId(new_id())],
    )
    .await?;
    journal::append(tx, org, Entry::new("printer.foreign_print", None).printer(printer)).await.map(drop)
}

/// Printers that this person sees and that said something new after `after`; and the newest moment looked at.
///
/// # Errors
/// The database.
pub async fn changed(
    conn: &mut Conn,
    eyes: &Visible<crate::Events>,
    after: Micros,
) -> Result<(Vec<PrinterId>, Micros), Error> {
    const Q: &str = concat!(
        "SELECT p.id, l.changed_at FROM printer_live l JOIN printer p ON p.id = l.printer WHERE p.org = $1 AND l.changed_at > $4 \
         AND ($3 = 'admin' OR ($3 = 'member' AND p.added_by = $2) OR ",
        shared_printer_sql!(),
        ") ORDER BY l.changed_at LIMIT 500"
    );
    let who = eyes.who();
    let rows = conn.all(Q, params![who.org(), who.account(), who.role(), after]).await?;
    let mut last = after;
    let mut ids = Vec::with_capacity(rows.len());
    for row in rows {
        ids.push(row.get("id")?);
        last = row.get("changed_at")?;
    }
    Ok((ids, last))
}
