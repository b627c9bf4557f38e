//! What removing a team, or somebody from it, would do: stated before it is done. One query, whatever the size of the team.

use access::Permit;
use access::table::ChangeTeam;
use domain::AccountId;
use sql::{Conn, params};

use crate::Error;

/// How many names are given.
const NAMES: i64 = 5;

/// What a removal would do.
#[derive(Debug, Clone, Default)]
pub struct TeamEffect {
    /// How many people lose a printer by it: it is shared with them in no other way.
    pub lose: i64,
    /// The first of them, by name.
    pub lose_names: Vec<String>,
    /// Printers that are shared with the team.
    pub printers: i64,
    /// Library projects that are shared with the team.
    pub projects: i64,
}

/// What removing the team would do; of `person`, what taking them out of it would do.
///
/// # Errors
/// [`Error::NotFound`] if that person is not in the team, or the team is in the Trash already.
pub async fn removal(
    conn: &mut Conn,
    permit: &Permit<ChangeTeam>,
    person: Option<AccountId>,
) -> Result<TeamEffect, Error> {
    const WHO: &str = "SELECT a.name, COUNT(*) OVER () AS n FROM team_member x \
        JOIN membership m ON m.org = $1 AND m.account = x.account AND m.removed_at IS NULL AND m.role <> 'admin' \
        JOIN account a ON a.id = x.account WHERE x.team = $2 AND ($3 = 0 OR x.account = $4) AND EXISTS (SELECT 1 FROM printer_share s \
          JOIN printer p ON p.id = s.printer AND p.removed_at IS NULL WHERE s.grantee = $2 AND NOT (m.role = 'member' AND p.added_by = m.account) \
          AND NOT EXISTS (SELECT 1 FROM printer_share o WHERE o.printer = p.id AND (o.grantee = $1 OR (o.grantee <> $2 \
            AND o.grantee IN (SELECT y.team FROM team_member y JOIN team t ON t.id = y.team WHERE y.account = m.account \
            AND t.removed_at IS NULL))))) ORDER BY a.name_key LIMIT $5";
    const THERE: &str = "SELECT id FROM team WHERE id = $1 AND removed_at IS NULL";
    let (org, team) = (permit.who().org(), permit.target());
    conn.opt(THERE, params![team]).await?.ok_or(Error::NotFound)?;
    if let Some(person) = person {
        let inside = "SELECT account FROM team_member WHERE team = $1 AND account = $2";
        conn.opt(inside, params![team, person]).await?.ok_or(Error::NotFound)?;
    }
    let one = person.unwrap_or(AccountId(uuid::Uuid::nil()));
    let rows = conn.all(WHO, params![org, team, person.is_some(), one, NAMES]).await?;
    let counts = conn
        .one(
            "SELECT (SELECT COUNT(*) FROM printer_share s JOIN printer p ON p.id = s.printer AND p.removed_at IS NULL WHERE s.grantee = $1) \
             AS printers, (SELECT COUNT(*) FROM project_share s JOIN project pr ON pr.id = s.project AND pr.removed_at IS NULL \
             WHERE s.grantee = $1) AS projects",
            params![team],
        )
        .await?;
    Ok(TeamEffect {
        lose: rows.first().map(|row| row.get("n")).transpose()?.unwrap_or(0),
        lose_names: rows.iter().map(|row| row.get("name")).collect::<Result<_, _>>()?,
        printers: counts.get("printers")?,
        projects: counts.get("projects")?,
    })
}
