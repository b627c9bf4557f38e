//! Printer groups: their rows and which printers are in them (ORG-04, AMB-07). Which printer of a group a print job gets is in
//! `choose`; how the dispatcher moves queued ones in `assign`. A group gives access to nothing: every printer keeps its own shares, and who looks at a group sees of its printers
//! those that they may use.
//!
//! A removed group has no printers any more; print jobs keep the printer that they have.

mod assign;
mod choose;

use access::table::{ChangePrinterGroup, CreatePrinterGroup, SeePrinter, SeePrinterGroup};
use access::{Permit, PrinterGroupRights, Visible, printer_group_rights_sql, shared_printer_sql, visible_group_sql};
use domain::{AccountId, Micros, OrgId, PrinterGroupId, PrinterId};
use serde_json::{Value, json};
use sql::{Conn, Row, Tx, params};
use uuid::Uuid;

pub use assign::{assign, movable};
pub(crate) use choose::for_approval;
pub use choose::{Chosen, for_request};

use crate::idempotency::Key;
use crate::journal::{self, Entry};
use crate::teams::Filter;
use crate::{Error, PrinterGroups, new_id};

/// More printers do not stand in one room.
pub const MOST_PRINTERS: i64 = 100;

/// A printer of a group, with what its state is told from.
#[derive(Debug)]
pub struct GroupPrinter {
    /// Id.
    pub id: PrinterId,
    /// Name.
    pub name: String,
    /// Turned on.
    pub enabled: bool,
    /// Plate confirmed clear.
    pub clear: bool,
    /// A person has to say what happened on it.
    pub attention: bool,
    /// Last observation, JSON.
    pub live: Option<Value>,
    /// It cannot be asked.
    pub problem: bool,
}

/// A group as one person sees it.
#[derive(Debug)]
pub struct GroupView {
    /// Id.
    pub id: PrinterGroupId,
    /// Name.
    pub name: String,
    /// Who created it.
    pub created_by: (AccountId, String),
    /// When.
    pub created_at: Micros,
    /// Its printers, as far as the person may use them, by name.
    pub printers: Vec<GroupPrinter>,
    /// What the person may do.
    pub rights: PrinterGroupRights,
}

macro_rules! select {
    () => {
        concat!("SELECT g.id, g.name, g.created_by, g.created_at, ", printer_group_rights_sql!())
    };
}

/// The printers of groups that were found, of which the person may use; `$3` is the role.
macro_rules! printers {
    ($found:expr) => {
        concat!(
            "SELECT gm.printer_group, p.id, p.name, p.enabled, p.bed, l.observation, l.problem, \
             CASE WHEN EXISTS (SELECT 1 FROM print_job b WHERE b.printer = p.id AND b.state = 'attention') THEN 1 ELSE 0 END AS attention \
             FROM (",
            $found,
            ") found CROSS JOIN printer_group_member gm JOIN printer p ON p.id = gm.printer LEFT JOIN printer_live l ON l.printer = p.id \
             WHERE gm.printer_group = found.id AND p.removed_at IS NULL AND ($3 = 'admin' OR ($3 = 'member' AND p.added_by = $2) OR ",
            shared_printer_sql!(),
            ") ORDER BY p.name_key, p.id"
        )
    };
}

macro_rules! page {
    () => {
        concat!(
            "SELECT g.id FROM printer_group g WHERE g.org = $1 AND g.removed_at IS NULL AND ",
            visible_group_sql!(),
            " AND ($4 = '' OR g.name_key LIKE $4 {escape}) \
               AND ($5 = 0 OR (g.name_key, g.id) > (SELECT c.name_key, c.id FROM printer_group c WHERE c.id = $6 AND c.org = $1)) \
               ORDER BY g.name_key, g.id LIMIT $7"
        )
    };
}

fn read(row: &Row, who: access::Who) -> Result<GroupView, sql::Error> {
    Ok(GroupView {
        id: row.get("id")?,
        name: row.get("name")?,
        created_by: (row.get("created_by")?, row.get("r_owner")?),
        created_at: row.get("created_at")?,
        printers: Vec::new(),
        rights: PrinterGroupRights::read(row, who)?,
    })
}

fn fill(groups: &mut [GroupView], rows: &[Row]) -> Result<(), sql::Error> {
    for row in rows {
        let of: PrinterGroupId = row.get("printer_group")?;
        let Some(group) = groups.iter_mut().find(|group| group.id == of) else { continue };
        group.printers.push(GroupPrinter {
            id: row.get("id")?,
            name: row.get("name")?,
            enabled: row.get("enabled")?,
            clear: row.get::<String>("bed")? == "clear",
            attention: row.get("attention")?,
            live: row.get::<Option<String>>("observation")?.and_then(|text| serde_json::from_str(&text).ok()),
            problem: row.get::<Option<String>>("problem")?.is_some(),
        });
    }
    Ok(())
}

/// A page of the groups that this person sees, by name; and where the next one begins.
///
/// # Errors
/// The database.
pub async fn list(
    conn: &mut Conn,
    eyes: &Visible<PrinterGroups>,
    filter: &Filter,
) -> Result<(Vec<GroupView>, Option<Uuid>), Error> {
    const GROUPS: &str = concat!(
        select!(),
        "FROM (",
        page!(),
        ") found CROSS JOIN printer_group g JOIN account a ON a.id = g.created_by WHERE g.id = found.id ORDER BY g.name_key, g.id"
    );
    const PRINTERS: &str = printers!(page!());
    let who = eyes.who();
    let asked = filter.values(who);
    let rows = conn.all(GROUPS, &asked).await?;
    let mut groups = rows.iter().map(|row| read(row, who)).collect::<Result<Vec<_>, _>>()?;
    let next = filter.cut(&mut groups, |group| group.id.0);
    fill(&mut groups, &conn.all(PRINTERS, &asked).await?)?;
    Ok((groups, next))
}

/// One group.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn detail(conn: &mut Conn, permit: &Permit<SeePrinterGroup>) -> Result<GroupView, Error> {
    const GROUP: &str = concat!(
        select!(),
        "FROM printer_group g JOIN account a ON a.id = g.created_by WHERE g.org = $1 AND g.id = $4 AND g.removed_at IS NULL AND $3 <> ''"
    );
    const PRINTERS: &str = printers!("SELECT g.id FROM printer_group g WHERE g.org = $1 AND g.id = $4");
    let who = permit.who();
    let asked = params![who.org(), who.account(), who.role(), permit.target()];
    let row = conn.opt(GROUP, asked).await?.ok_or(Error::NotFound)?;
    let mut group = read(&row, who)?;
    fill(std::slice::from_mut(&mut group), &conn.all(PRINTERS, asked).await?)?;
    Ok(group)
}

/// Locks a group before its permit: whoever changes it, or decides by it, at the same time waits.
///
/// # Errors
/// The database.
pub async fn hold(tx: &mut Tx, org: OrgId, group: PrinterGroupId) -> Result<(), Error> {
    tx.opt("SELECT plan FROM organization WHERE id = $1 {for_share}", params![org]).await?;
    tx.opt("SELECT id FROM printer_group WHERE id = $1 AND org = $2 {for_update}", params![group, org]).await?;
    Ok(())
}

async fn name_is_free(tx: &mut Tx, org: OrgId, name_key: &str, but: PrinterGroupId) -> Result<(), Error> {
    const TAKEN: &str =
        "SELECT name FROM printer_group WHERE org = $1 AND name_key = $2 AND id <> $3 AND removed_at IS NULL";
    match tx.opt(TAKEN, params![org, name_key, but]).await? {
        Some(row) => {
            let name: String = row.get("name")?;
            Err(Error::rule("name_taken", format!("There is a printer group {name} already. Choose another name.")))
        }
        None => Ok(()),
    }
}

/// Creates a group with these printers. The caller has asked the key for the first one already; it is remembered here.
///
/// # Errors
/// The rule `name_taken`; as [`put`].
pub async fn create(
    tx: &mut Tx,
    permit: &Permit<CreatePrinterGroup>,
    name: &str,
    printers: &[Permit<SeePrinter>],
    key: Option<&Key>,
) -> Result<PrinterGroupId, Error> {
    let who = permit.who();
    let id = PrinterGroupId(new_id());
    let name_key = name.to_lowercase();
    name_is_free(tx, who.org(), &name_key, id).await?;
    let now = tx.now().await?;
    tx.exec(
        "INSERT INTO printer_group (id, org, name, name_key, created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
        params![id, who.org(), name, name_key, who.account(), now],
    )
    .await?;
    for printer in printers {
        put_in(tx, id, printer).await?;
    }
    if let Some(key) = key {
        key.remember(tx, who, id.0).await?;
    }
    let printers: Vec<Uuid> = printers.iter().map(|printer| printer.target().0).collect();
    let entry = Entry::new("printer_group.created", Some(who.account()))
        .data(json!({ "group": id.0, "printers": printers }))
        .text(json!({ "name": name }));
    journal::append(tx, who.org(), entry).await?;
    Ok(id)
}

async fn there(tx: &mut Tx, permit: &Permit<ChangePrinterGroup>) -> Result<(), Error> {
    const THERE: &str = "SELECT id FROM printer_group WHERE id = $1 AND removed_at IS NULL {for_update}";
    tx.opt(THERE, params![permit.target()]).await?.map(drop).ok_or(Error::NotFound)
}

/// Renames a group. [`hold`] comes first, here and in all changes below.
///
/// # Errors
/// The rule `name_taken`; [`Error::NotFound`].
pub async fn rename(tx: &mut Tx, permit: &Permit<ChangePrinterGroup>, name: &str) -> Result<(), Error> {
    there(tx, permit).await?;
    let (who, id) = (permit.who(), permit.target());
    let name_key = name.to_lowercase();
    name_is_free(tx, who.org(), &name_key, id).await?;
    tx.exec("UPDATE printer_group SET name = $2, name_key = $3 WHERE id = $1", params![id, name, name_key]).await?;
    let entry = Entry::new("printer_group.renamed", Some(who.account()))
        .data(json!({ "group": id.0 }))
        .text(json!({ "name": name }));
    journal::append(tx, who.org(), entry).await.map(drop)
}

/// Removes a group. Print jobs that were sent to it keep their printers.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn remove(tx: &mut Tx, permit: &Permit<ChangePrinterGroup>) -> Result<(), Error> {
    there(tx, permit).await?;
    let (who, id) = (permit.who(), permit.target());
    let now = tx.now().await?;
    tx.exec("UPDATE printer_group SET removed_at = $2, removed_by = $3 WHERE id = $1", params![id, now, who.account()])
        .await?;
    let rows = tx.all("SELECT printer FROM printer_group_member WHERE printer_group = $1", params![id]).await?;
    let printers = rows.iter().map(|row| row.get("printer")).collect::<Result<Vec<Uuid>, _>>()?;
    tx.exec("DELETE FROM printer_group_member WHERE printer_group = $1", params![id]).await?;
    let entry =
        Entry::new("printer_group.removed", Some(who.account())).data(json!({ "group": id.0, "printers": printers }));
    journal::append(tx, who.org(), entry).await.map(drop)
}

/// Puts a printer into a group; one that is in it already stays. It has to be like the others, as far as is known here: of the
/// same kind, so that what was made for one can be printed by all.
///
/// # Errors
/// [`Error::NotFound`]; the rules `printer_removed`, `in_a_group`, `not_equal`, `group_full`.
pub async fn put(tx: &mut Tx, permit: &Permit<ChangePrinterGroup>, printer: &Permit<SeePrinter>) -> Result<(), Error> {
    there(tx, permit).await?;
    let (who, id) = (permit.who(), permit.target());
    if !put_in(tx, id, printer).await? {
        return Ok(());
    }
    let entry = Entry::new("printer_group.printer_added", Some(who.account()))
        .printer(printer.target())
        .data(json!({ "group": id.0 }));
    journal::append(tx, who.org(), entry).await.map(drop)
}

/// The group's row is locked. Whether anything changed.
async fn put_in(tx: &mut Tx, group: PrinterGroupId, printer: &Permit<SeePrinter>) -> Result<bool, Error> {
    const PRINTER: &str = "SELECT name, family, class, removed_at FROM printer WHERE id = $1 {for_share}";
    const NOW_IN: &str = "SELECT m.printer_group, g.name FROM printer_group_member m JOIN printer_group g ON g.id = m.printer_group \
        WHERE m.printer = $1";
    const OTHER_KIND: &str = "SELECT p.name FROM printer_group_member m JOIN printer p ON p.id = m.printer WHERE m.printer_group = $1 \
        AND (p.family <> $2 OR p.class <> $3) ORDER BY p.name_key LIMIT 1";
    let row = tx.one(PRINTER, params![printer.target()]).await?;
    let name: String = row.get("name")?;
    if row.get::<Option<Micros>>("removed_at")?.is_some() {
        return Err(Error::rule("printer_removed", format!("{name} was removed. Bring it back from the Trash first.")));
    }
    if let Some(now_in) = tx.opt(NOW_IN, params![printer.target()]).await? {
        if now_in.get::<PrinterGroupId>("printer_group")? == group {
            return Ok(false);
        }
        let why = format!("{name} is in another printer group already. Take it out there first.");
        return Err(Error::rule("in_a_group", why));
    }
    let (family, class): (String, String) = (row.get("family")?, row.get("class")?);
    if tx.opt(OTHER_KIND, params![group, family, class]).await?.is_some() {
        let why = format!(
            "{name} is another kind of printer than those in the group. A group is for equal printers: what is sliced for one must fit all."
        );
        return Err(Error::rule("not_equal", why));
    }
    let count = tx
        .one("SELECT COUNT(*) AS n FROM printer_group_member WHERE printer_group = $1", params![group])
        .await?
        .get::<i64>("n")?;
    if count >= MOST_PRINTERS {
        return Err(Error::rule("group_full", format!("A printer group has {MOST_PRINTERS} printers at most.")));
    }
    let now = tx.now().await?;
    tx.exec(
        "INSERT INTO printer_group_member (printer, printer_group, added_by, added_at) VALUES ($1, $2, $3, $4)",
        params![printer.target(), group, printer.who().account(), now],
    )
    .await?;
    Ok(true)
}

/// Takes a printer out of a group. Print jobs that have it stay with it.
///
/// # Errors
/// [`Error::NotFound`] if it is not in it.
pub async fn take_out(
    tx: &mut Tx,
    permit: &Permit<ChangePrinterGroup>,
    printer: &Permit<SeePrinter>,
) -> Result<(), Error> {
    there(tx, permit).await?;
    let (who, id) = (permit.who(), permit.target());
    let gone = tx
        .exec(
            "DELETE FROM printer_group_member WHERE printer_group = $1 AND printer = $2",
            params![id, printer.target()],
        )
        .await?;
    if gone == 0 {
        return Err(Error::NotFound);
    }
    let entry = Entry::new("printer_group.printer_removed", Some(who.account()))
        .printer(printer.target())
        .data(json!({ "group": id.0 }));
    journal::append(tx, who.org(), entry).await.map(drop)
}
