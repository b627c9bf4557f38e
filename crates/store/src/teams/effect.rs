//! What removing a team, or somebody from it, would do: stated before it is done. As many queries, whatever the size of the team.
//! What becomes of waiting print jobs is reckoned where all such statements are: [`crate::consequence`].

use access::Permit;
use access::table::ChangeTeam;
use domain::AccountId;
use sql::{Conn, Row, params};

use crate::Error;
use crate::consequence::{self, Consequence, Crowd, NAMED};

/// What a removal would do.
#[derive(Debug, Clone, Default)]
pub struct TeamEffect {
    /// Who loses a printer by it: it is shared with them in no other way.
    pub lose_printers: Crowd,
    /// Who loses a library project by it. Admins see what is shared with anybody (LIB-01).
    pub lose_projects: Crowd,
    /// Printers that are shared with the team.
    pub printers: i64,
    /// Library projects that are shared with the team.
    pub projects: i64,
    /// What becomes of print jobs that wait: [`Consequence::undecidable`], `admins_only`, `move_first`, and the first of them.
    pub waiting: Consequence,
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
    // Of an Admin only what was shared with nobody but the team.
    const READERS: &str = "SELECT a.name, COUNT(*) OVER () AS n FROM membership m JOIN account a ON a.id = m.account \
        WHERE m.org = $1 AND m.removed_at IS NULL AND ((m.role <> 'admin' AND ($3 = 0 OR m.account = $4) AND m.account IN (SELECT x.account \
            FROM team_member x WHERE x.team = $2) AND EXISTS (SELECT 1 FROM project_share s JOIN project pr ON pr.id = s.project \
            AND pr.removed_at IS NULL WHERE s.grantee = $2 AND pr.created_by <> m.account AND NOT EXISTS (SELECT 1 FROM project_share o \
              WHERE o.project = pr.id AND (o.grantee = $1 OR (o.grantee <> $2 AND o.grantee IN (SELECT y.team FROM team_member y \
              JOIN team t ON t.id = y.team WHERE y.account = m.account AND t.removed_at IS NULL)))))) \
          OR (m.role = 'admin' AND $3 = 0 AND EXISTS (SELECT 1 FROM project_share s JOIN project pr ON pr.id = s.project \
            AND pr.removed_at IS NULL WHERE s.grantee = $2 AND pr.created_by <> m.account AND NOT EXISTS (SELECT 1 FROM project_share o \
              LEFT JOIN team t ON t.id = o.grantee AND t.removed_at IS NULL WHERE o.project = pr.id AND o.grantee <> $2 \
              AND (o.grantee = $1 OR t.id IS NOT NULL))))) ORDER BY a.name_key LIMIT $5";
    const THERE: &str = "SELECT id FROM team WHERE id = $1 AND removed_at IS NULL";
    let (org, team) = (permit.who().org(), permit.target());
    conn.opt(THERE, params![team]).await?.ok_or(Error::NotFound)?;
    if let Some(person) = person {
        let inside = "SELECT account FROM team_member WHERE team = $1 AND account = $2";
        conn.opt(inside, params![team, person]).await?.ok_or(Error::NotFound)?;
    }
    let one = person.unwrap_or(AccountId(uuid::Uuid::nil()));
    let asked = params![org, team, person.is_some(), one, NAMED];
    let (users, readers) = (conn.all(WHO, asked).await?, conn.all(READERS, asked).await?);
    let counts = conn
        .one(
            "SELECT (SELECT COUNT(*) FROM printer_share s JOIN printer p ON p.id = s.printer AND p.removed_at IS NULL WHERE s.grantee = $1) \
             AS printers, (SELECT COUNT(*) FROM project_share s JOIN project pr ON pr.id = s.project AND pr.removed_at IS NULL \
             WHERE s.grantee = $1) AS projects",
            params![team],
        )
        .await?;
    Ok(TeamEffect {
        lose_printers: crowd(&users)?,
        lose_projects: crowd(&readers)?,
        printers: counts.get("printers")?,
        projects: counts.get("projects")?,
        waiting: consequence::of_team(conn, permit, person).await?,
    })
}

fn crowd(rows: &[Row]) -> Result<Crowd, sql::Error> {
    Ok(Crowd {
        count: rows.first().map_or(Ok(0), |row| row.get("n"))?,
        names: rows.iter().map(|row| row.get("name")).collect::<Result<_, _>>()?,
    })
}
