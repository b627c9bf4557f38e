//! The Trash: what was removed in the last 30 days and what this person could bring back, with who removed it and when. Bringing
//! back is a matter of each kind (`printers`, `teams`, `projects`, `projects::files`, `former`); so is what happens when the time is over.

use access::{Visible, changeable_project_sql, shared_printer_sql, visible_team_sql};
use domain::{AccountId, Micros, ProjectId};
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
    /// A file of a library project.
    File,
    /// Somebody whom an Admin removed from the organization.
    Person,
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
    /// So many days, the one that has begun among them.
    pub days_left: i64,
    /// The project that a file is in.
    pub project: Option<(ProjectId, String)>,
}

const DAY_S: i64 = 24 * 3600;

fn item(row: &Row, kind: Kind, now: Micros) -> Result<Item, sql::Error> {
    let removed_at: Micros = row.get("removed_at")?;
    let until = removed_at.plus_secs(TRASH_S);
    let project = match kind {
        Kind::File => Some((row.get("project")?, row.get("project_name")?)),
        _ => None,
    };
    Ok(Item {
        kind,
        id: row.get("id")?,
        name: row.get("name")?,
        removed_by: (row.get("removed_by")?, row.get("by_name")?),
        removed_at,
        until,
        days_left: ((until.secs_since(now) + DAY_S - 1) / DAY_S).max(1),
        project,
    })
}

/// What this person could bring back, newest first; at most 500 of each kind. The rights are those of `printer.delete`,
/// `team.change`, `project.delete`, `project.edit` and `organization.remove_person`. Whoever left by themselves is not in it, nor
/// a file whose project is.
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
         WHERE pr.org = $1 AND pr.removed_at > $4 AND pr.purged_at IS NULL AND ",
        changeable_project_sql!(),
        " ORDER BY pr.removed_at DESC, pr.id DESC LIMIT 500"
    );
    const FILES: &str = concat!(
        "SELECT pf.id, pf.name, pf.removed_at, pf.removed_by, b.name AS by_name, pr.id AS project, pr.name AS project_name \
         FROM project_file pf JOIN project pr ON pr.id = pf.project AND pr.removed_at IS NULL JOIN account b ON b.id = pf.removed_by \
         WHERE pf.org = $1 AND pf.removed_at > $4 AND pf.purged_at IS NULL AND ",
        changeable_project_sql!(),
        " ORDER BY pf.removed_at DESC, pf.id DESC LIMIT 500"
    );
    const PEOPLE: &str = "SELECT m.account AS id, a.name, m.removed_at, m.removed_by, b.name AS by_name FROM membership m \
        JOIN account a ON a.id = m.account JOIN account b ON b.id = m.removed_by WHERE m.org = $1 AND m.removed_at > $4 \
        AND m.purged_at IS NULL AND m.removed_by <> m.account AND m.account <> $2 AND $3 = 'admin' \
        ORDER BY m.removed_at DESC, m.account DESC LIMIT 500";
    let who = eyes.who();
    let now = conn.now().await?;
    let since = now.plus_secs(-TRASH_S);
    let asked = params![who.org(), who.account(), who.role(), since];
    let mut items = Vec::new();
    for (kind, query) in [
        (Kind::Printer, PRINTERS),
        (Kind::Team, TEAMS),
        (Kind::Project, PROJECTS),
        (Kind::File, FILES),
        (Kind::Person, PEOPLE),
    ] {
        for row in conn.all(query, asked).await? {
            items.push(item(&row, kind, now)?);
        }
    }
    items.sort_by_key(|item| std::cmp::Reverse(item.removed_at));
    Ok(items)
}
