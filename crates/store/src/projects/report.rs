//! The report of a project: one row for each print job that was made from it (LIB-09, LIB-10). Text for a table; escaping is the
//! business of whoever writes the table.

use access::Permit;
use access::table::ProjectReport;
use domain::{Micros, State};
use sql::{Conn, Row, params};

use crate::Error;

/// Most rows of one report: the newest.
pub const MOST: i64 = 10_000;

/// One print job in the report.
#[derive(Debug, Clone)]
pub struct Line {
    /// Number.
    pub number: i64,
    /// Name.
    pub name: String,
    /// File of the project, and its version.
    pub file: Option<(String, i64)>,
    /// Who sent it.
    pub submitter: String,
    /// Where to.
    pub printer: String,
    /// State.
    pub state: State,
    /// Sent.
    pub created_at: Micros,
    /// Who decided, and when.
    pub decided: Option<(String, Micros)>,
    /// First seen printing.
    pub started_at: Option<Micros>,
    /// Ended.
    pub ended_at: Option<Micros>,
    /// What the file says about itself (JSON).
    pub facts: serde_json::Value,
}

/// The newest [`MOST`] print jobs of a project, newest first.
///
/// # Errors
/// The database.
pub async fn lines(conn: &mut Conn, permit: &Permit<ProjectReport>) -> Result<Vec<Line>, Error> {
    let rows = conn
        .all(
            "SELECT j.number, j.name, pf.name AS file_name, j.project_file_version, a.name AS submitter, p.name AS printer, j.state, \
             j.created_at, d.name AS decided_name, j.decided_at, j.started_at, j.ended_at, f.facts FROM print_job j \
             JOIN account a ON a.id = j.submitter JOIN printer p ON p.id = j.printer JOIN file f ON f.id = j.file \
             LEFT JOIN project_file pf ON pf.id = j.project_file LEFT JOIN account d ON d.id = j.decided_by \
             WHERE j.project = $1 AND j.org = $2 ORDER BY j.created_at DESC, j.id DESC LIMIT $3",
            params![permit.target(), permit.who().org(), MOST],
        )
        .await?;
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

fn read(row: &Row) -> Result<Line, sql::Error> {
    let both = |name: Option<String>, at: Option<i64>| name.zip(at);
    let decided_at: Option<Micros> = row.get("decided_at")?;
    Ok(Line {
        number: row.get("number")?,
        name: row.get("name")?,
        file: both(row.get("file_name")?, row.get("project_file_version")?),
        submitter: row.get("submitter")?,
        printer: row.get("printer")?,
        state: row.get("state")?,
        created_at: row.get("created_at")?,
        decided: row.get::<Option<String>>("decided_name")?.zip(decided_at),
        started_at: row.get("started_at")?,
        ended_at: row.get("ended_at")?,
        facts: serde_json::from_str(&row.get::<String>("facts")?).unwrap_or(serde_json::Value::Null),
    })
}
