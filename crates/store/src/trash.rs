//! The Trash: what was removed in the last 30 days and what this person could bring back, with who removed it and when. Bringing
//! back is a matter of each kind (`printers`, `teams`, `projects`); so is what happens when the time is over.

use access::{Visible, shared_printer_sql, visible_project_sql, visible_team_sql};
use domain::{AccountId, Micros};
use sql::{Conn, Row, params};
use uuid::Uuid;

use crate::projects::TRASH_S;
use crate::{Error, Trash};

/// What lies in the Trash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A printer.
    Printer,
    /// A team.
    Team,
    /// A library project.
    Project,
}

/// One thing in the Trash.
#[derive(Debug)]
pub struct Item {
    /// Kind.
    pub kind: Kind,
    /// Id.
    pub id: Uuid,
    /// Name.
    pub name: String,
    /// Who removed it.
    pub removed_by: (AccountId, String),
    /// When.
    pub removed_at: Micros,
    /// Until when it can be brought back.
    pub until: Micros,
}

fn item(row: &Row, kind: Kind) -> Result<Item, sql::Error> {
    let removed_at: Micros = row.get("removed_at")?;
    Ok(Item {
        kind,
        id: row.get("id")?,
        name: row.get("name")?,
        removed_by: (row.get("removed_by")?, row.get("by_name")?),
        removed_at,
        until: removed_at.plus_secs(TRASH_S),
    })
}

/// What this person could bring back, newest first; at most 500 of each kind. The rights are those of `printer.delete`,
/// `team.change` and `project.delete`.
///
/// # Errors
/// The database.
pub async fn list(conn: &mut Conn, eyes: &Visible<Trash>) -> Result<Vec<Item>, Error> {
    const PRINTERS: &str = concat!(
        "SELECT p.id, p.name, p.removed_at, p.removed_by, b.name AS by_name FROM printer p JOIN account b ON b.id = p.removed_by \
         WHERE p.org = $1 AND p.removed_at > $4 AND $3 <> 'guest' AND ($3 = 'admin' OR p.added_by = $2 OR ",
        shared_printer_sql!(),
        ") ORDER BY p.removed_at DESC, p.id DESC LIMIT 500"
    );
    const TEAMS: &str = concat!(
        "SELECT t.id, t.name, t.removed_at, t.removed_by, b.name AS by_name FROM team t JOIN account b ON b.id = t.removed_by \
         WHERE t.org = $1 AND t.removed_at > $4 AND $3 <> 'guest' AND ",
        visible_team_sql!(),
        " ORDER BY t.removed_at DESC, t.id DESC LIMIT 500"
    );
    const PROJECTS: &str = concat!(
        "SELECT pr.id, pr.name, pr.removed_at, pr.removed_by, b.name AS by_name FROM project pr JOIN account b ON b.id = pr.removed_by \
         WHERE pr.org = $1 AND pr.removed_at > $4 AND pr.purged_at IS NULL AND (pr.created_by = $2 OR ($3 <> 'guest' AND ",
        visible_project_sql!(),
        ")) ORDER BY pr.removed_at DESC, pr.id DESC LIMIT 500"
    );
    let who = eyes.who();
    let since = conn.now().await?.plus_secs(-TRASH_S);
    let asked = params![who.org(), who.account(), who.role(), since];
    let mut items = Vec::new();
    for (kind, query) in [(Kind::Printer, PRINTERS), (Kind::Team, TEAMS), (Kind::Project, PROJECTS)] {
        for row in conn.all(query, asked).await? {
            items.push(item(&row, kind)?);
        }
    }
    items.sort_by_key(|item| std::cmp::Reverse(item.removed_at));
    Ok(items)
}
