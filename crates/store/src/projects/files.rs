//! Files in library projects. A file has versions: the same name again is the next one, older ones stay. What is removed lies
//! in the Trash with all its versions. The bytes are one `file` row each; a print job and a project may name the same.

use access::table::{CopyJobToProject, EditProject, PrintFromProject, SeeProject, UploadToProject};
use access::{Action, Permit};
use domain::{AccountId, FileId, JobId, Micros, ProjectFileId, ProjectId, Sha256, UploadId};
use serde_json::json;
use sql::{Conn, Row, Tx, params};

use super::{TRASH_S, trash_over};
use crate::files::{self as rows, File, Uploader};
use crate::journal::{self, Entry};
use crate::{Error, new_id};

/// Most files in one project; their list is one page.
const MOST: i64 = 1_000;

/// One version of a file, as a page shows it.
#[derive(Debug, Clone)]
pub struct FileView {
    /// The file.
    pub id: ProjectFileId,
    /// Its name.
    pub name: String,
    /// Which version this is.
    pub version: i64,
    /// The newest one.
    pub newest: i64,
    /// Bytes.
    pub size: i64,
    /// It is G-code; everything else is a model.
    pub printable: bool,
    /// First facts, the JSON as it is stored.
    pub facts: String,
    /// Picture.
    pub thumbnail: Option<Sha256>,
    /// Hash of its bytes.
    pub sha: Sha256,
    /// Whose work it is (AMB-46).
    pub author: (AccountId, String),
    /// Who put it here.
    pub added_by: (AccountId, String),
    /// When.
    pub added_at: Micros,
    /// It is a copy of a print job.
    pub copied: bool,
    /// Prints of any version that ended well.
    pub printed: i64,
}

/// A version that may be printed.
#[derive(Debug)]
pub struct Printable {
    pub(crate) project: ProjectId,
    pub(crate) file: ProjectFileId,
    pub(crate) version: i64,
    pub(crate) bytes: File,
}

impl Printable {
    /// The name for a print job.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.bytes.name
    }
}

/// What came of adding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Added {
    /// The file.
    pub file: ProjectFileId,
    /// The version that has these bytes.
    pub version: i64,
}

macro_rules! columns {
    () => {
        "SELECT pf.id, pf.name, v.version, pf.newest, f.size, f.kind, f.facts, f.thumbnail_sha, f.upload_sha, v.author, \
         au.name AS author_name, v.added_by, ad.name AS added_name, v.added_at, v.from_job, \
         (SELECT COUNT(*) FROM print_job k WHERE k.project = pf.project AND k.project_file = pf.id AND k.state = 'finished') AS printed \
         FROM project_file pf JOIN project_file_version v ON v.project_file = pf.id JOIN file f ON f.id = v.file \
         JOIN account au ON au.id = v.author JOIN account ad ON ad.id = v.added_by \
         WHERE pf.project = $1 AND pf.removed_at IS NULL "
    };
}

fn read(row: &Row) -> Result<FileView, sql::Error> {
    Ok(FileView {
        id: row.get("id")?,
        name: row.get("name")?,
        version: row.get("version")?,
        newest: row.get("newest")?,
        size: row.get("size")?,
        printable: row.get::<String>("kind")? == rows::PRINT,
        facts: row.get("facts")?,
        thumbnail: row.get("thumbnail_sha")?,
        sha: row.get("upload_sha")?,
        author: (row.get("author")?, row.get("author_name")?),
        added_by: (row.get("added_by")?, row.get("added_name")?),
        added_at: row.get("added_at")?,
        copied: row.get::<Option<JobId>>("from_job")?.is_some(),
        printed: row.get("printed")?,
    })
}

/// The newest version of each file, by name.
///
/// # Errors
/// The database.
pub async fn list(conn: &mut Conn, permit: &Permit<SeeProject>) -> Result<Vec<FileView>, Error> {
    const Q: &str = concat!(columns!(), "AND v.version = pf.newest ORDER BY pf.name_key, pf.id LIMIT 1000");
    let rows = conn.all(Q, params![permit.target()]).await?;
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

/// All versions of one file, newest first.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn versions(
    conn: &mut Conn,
    permit: &Permit<SeeProject>,
    file: ProjectFileId,
) -> Result<Vec<FileView>, Error> {
    const Q: &str = concat!(columns!(), "AND pf.id = $2 ORDER BY v.version DESC LIMIT 1000");
    let rows = conn.all(Q, params![permit.target(), file]).await?;
    if rows.is_empty() {
        return Err(Error::NotFound);
    }
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

/// One version; the newest if none is named.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn version(
    conn: &mut Conn,
    permit: &Permit<SeeProject>,
    file: ProjectFileId,
    version: Option<i64>,
) -> Result<FileView, Error> {
    const Q: &str = concat!(columns!(), "AND pf.id = $2 AND v.version = CASE WHEN $3 = 0 THEN pf.newest ELSE $3 END");
    let row = conn.opt(Q, params![permit.target(), file, version.unwrap_or(0)]).await?.ok_or(Error::NotFound)?;
    Ok(read(&row)?)
}

/// A version that is about to be printed (LIB-02); the newest if none is named.
///
/// # Errors
/// [`Error::NotFound`]; the rule `not_printable` for a model.
pub async fn to_print(
    conn: &mut Conn,
    permit: &Permit<PrintFromProject>,
    file: ProjectFileId,
    version: Option<i64>,
) -> Result<Printable, Error> {
    let row = conn
        .opt(
            "SELECT v.version, v.file, pf.name FROM project_file pf JOIN project_file_version v ON v.project_file = pf.id \
             WHERE pf.project = $1 AND pf.removed_at IS NULL AND pf.id = $2 \
             AND v.version = CASE WHEN $3 = 0 THEN pf.newest ELSE $3 END",
            params![permit.target(), file, version.unwrap_or(0)],
        )
        .await?
        .ok_or(Error::NotFound)?;
    let bytes = rows::load(conn, row.get::<FileId>("file")?).await?;
    bytes.printable()?;
    Ok(Printable { project: permit.target(), file, version: row.get("version")?, bytes })
}

/// Puts a completed upload into the project it was announced for (LIB-07). The same upload again gives the same answer.
/// [`super::hold`] comes first.
///
/// # Errors
/// As [`rows::of_upload`]; the rule `project_full`.
pub async fn add(tx: &mut Tx, permit: &Permit<UploadToProject>, upload: UploadId) -> Result<Added, Error> {
    let known = tx
        .opt(
            "SELECT v.project_file, v.version FROM project_file_version v JOIN project_file pf ON pf.id = v.project_file \
             WHERE v.upload = $1 AND pf.project = $2",
            params![upload, permit.target()],
        )
        .await?;
    if let Some(row) = known {
        return Ok(Added { file: row.get("project_file")?, version: row.get("version")? });
    }
    let file = rows::of_upload(tx, &Uploader::to_project(permit), upload).await?;
    let me = permit.who().account();
    put(tx, permit, &file, Origin { upload: Some(upload), job: None, author: me }).await
}

/// Copies the file of a print job into a project (APR-19); the job is not touched, and its submitter stays the author
/// (AMB-46). [`super::hold`] comes first.
///
/// # Errors
/// The rule `project_full`.
pub async fn copy(
    tx: &mut Tx,
    job: &Permit<CopyJobToProject>,
    permit: &Permit<UploadToProject>,
) -> Result<Added, Error> {
    let row = tx
        .one("SELECT file, submitter FROM print_job WHERE id = $1 AND org = $2", params![job.target(), job.who().org()])
        .await?;
    let mut file = rows::load(tx, row.get::<FileId>("file")?).await?;
    let from = Origin { upload: None, job: Some(job.target()), author: row.get("submitter")? };
    file.name = name_of_copy(tx, permit.target(), &file, from.author).await?;
    let added = put(tx, permit, &file, from).await?;
    let entry = Entry::new("job.copied_to_project", Some(job.who().account())).job(job.target());
    journal::append(tx, job.who().org(), entry).await?;
    Ok(added)
}

/// A copy is a new version of its author's own file of that name. The name of somebody else's file it does not take: a class calls its
/// files alike, and nobody's work is to become an old version of another's (AMB-46).
async fn name_of_copy(tx: &mut Tx, project: ProjectId, file: &File, author: AccountId) -> Result<String, Error> {
    const HAS: &str = "SELECT v.author, f.upload_sha FROM project_file pf JOIN project_file_version v ON v.project_file = pf.id \
        AND v.version = pf.newest JOIN file f ON f.id = v.file WHERE pf.project = $1 AND pf.name_key = $2 AND pf.removed_at IS NULL";
    let (stem, extension) = file.name.rsplit_once('.').unwrap_or((&file.name, ""));
    let mut name = file.name.clone();
    for n in 2..=MOST + 2 {
        let Some(row) = tx.opt(HAS, params![project, name.to_lowercase()]).await? else { break };
        if row.get::<AccountId>("author")? == author || row.get::<Sha256>("upload_sha")? == file.upload_sha {
            break;
        }
        name = format!("{stem} ({n}).{extension}");
    }
    Ok(name)
}

struct Origin {
    upload: Option<UploadId>,
    job: Option<JobId>,
    author: AccountId,
}

async fn put(tx: &mut Tx, permit: &Permit<UploadToProject>, file: &File, from: Origin) -> Result<Added, Error> {
    let (who, project) = (permit.who(), permit.target());
    let now = tx.now().await?;
    let known = tx
        .opt(
            "SELECT pf.id, pf.newest, f.upload_sha FROM project_file pf JOIN project_file_version v ON v.project_file = pf.id \
             AND v.version = pf.newest JOIN file f ON f.id = v.file \
             WHERE pf.project = $1 AND pf.name_key = $2 AND pf.removed_at IS NULL",
            params![project, file.name.to_lowercase()],
        )
        .await?;
    let (id, version) = match known {
        // The same bytes are no new version.
        Some(row) if row.get::<Sha256>("upload_sha")? == file.upload_sha => {
            return Ok(Added { file: row.get("id")?, version: row.get("newest")? });
        }
        Some(row) => {
            let (id, version) = (row.get("id")?, row.get::<i64>("newest")? + 1);
            tx.exec(
                "UPDATE project_file SET newest = $2, name = $3 WHERE id = $1",
                params![id, version, file.name.clone()],
            )
            .await?;
            (id, version)
        }
        None => (new_file(tx, permit, file, now).await?, 1),
    };
    tx.exec(
        "INSERT INTO project_file_version (project_file, version, file, upload, from_job, author, added_by, added_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        params![id, version, file.id, from.upload, from.job, from.author, who.account(), now],
    )
    .await?;
    tx.exec(
        "UPDATE project_file SET picture = (SELECT CASE WHEN f.thumbnail_sha IS NULL THEN 0 ELSE 1 END FROM file f WHERE f.id = $2) \
         WHERE id = $1",
        params![id, file.id],
    )
    .await?;
    tx.exec("UPDATE project SET changed_at = $2 WHERE id = $1", params![project, now]).await?;
    let entry = Entry::new("project.file_added", Some(who.account()))
        .project(project)
        .data(
            json!({ "file": id.0, "version": version, "sha": file.upload_sha.hex(), "job": from.job.map(|job| job.0) }),
        )
        .text(json!({ "name": file.name }));
    journal::append(tx, who.org(), entry).await?;
    Ok(Added { file: id, version })
}

async fn new_file(
    tx: &mut Tx,
    permit: &Permit<UploadToProject>,
    file: &File,
    now: Micros,
) -> Result<ProjectFileId, Error> {
    room(tx, permit.target()).await?;
    let id = ProjectFileId(new_id());
    tx.exec(
        "INSERT INTO project_file (id, org, project, name, name_key, newest, created_by, created_at) \
         VALUES ($1, $2, $3, $4, $5, 1, $6, $7)",
        params![
            id,
            permit.who().org(),
            permit.target(),
            file.name.clone(),
            file.name.to_lowercase(),
            permit.who().account(),
            now
        ],
    )
    .await?;
    Ok(id)
}

async fn room(tx: &mut Tx, project: ProjectId) -> Result<(), Error> {
    let files: i64 = tx
        .one("SELECT COUNT(*) AS n FROM project_file WHERE project = $1 AND removed_at IS NULL", params![project])
        .await?
        .get("n")?;
    if files >= MOST {
        return Err(Error::rule(
            "project_full",
            format!("A project holds at most {MOST} files. Remove some, or make another project."),
        ));
    }
    Ok(())
}

/// Removes a file with all its versions to the Trash (LIB-08). [`super::hold`] comes first.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn remove(tx: &mut Tx, permit: &Permit<EditProject>, file: ProjectFileId) -> Result<(), Error> {
    let now = tx.now().await?;
    let changed = tx
        .exec(
            "UPDATE project_file SET removed_at = $3, removed_by = $4 WHERE id = $1 AND project = $2 AND removed_at IS NULL",
            params![file, permit.target(), now, permit.who().account()],
        )
        .await?;
    if changed == 0 {
        return Err(Error::NotFound);
    }
    tell(tx, permit, "project.file_removed", file).await
}

/// Brings a removed file back. Twice changes nothing. [`super::hold`] comes first.
///
/// # Errors
/// [`Error::NotFound`]; rules `trash_over`, `name_taken`, `project_full`.
pub async fn restore(tx: &mut Tx, permit: &Permit<EditProject>, file: ProjectFileId) -> Result<(), Error> {
    let now = tx.now().await?;
    let row = tx
        .opt(
            "SELECT removed_at, purged_at, CASE WHEN EXISTS (SELECT 1 FROM project_file o WHERE o.project = pf.project \
             AND o.name_key = pf.name_key AND o.removed_at IS NULL) THEN 1 ELSE 0 END AS taken \
             FROM project_file pf WHERE pf.id = $1 AND pf.project = $2",
            params![file, permit.target()],
        )
        .await?
        .ok_or(Error::NotFound)?;
    let Some(removed_at) = row.get::<Option<Micros>>("removed_at")? else { return Ok(()) };
    if removed_at.plus_secs(TRASH_S) <= now || row.get::<Option<Micros>>("purged_at")?.is_some() {
        return Err(trash_over());
    }
    if row.get::<bool>("taken")? {
        return Err(Error::rule(
            "name_taken",
            "The project has another file with this name by now. Remove that one first, then bring this one back.",
        ));
    }
    room(tx, permit.target()).await?;
    tx.exec("UPDATE project_file SET removed_at = NULL, removed_by = NULL WHERE id = $1", params![file]).await?;
    tell(tx, permit, "project.file_restored", file).await
}

async fn tell<A: Action<Target = ProjectId>>(
    tx: &mut Tx,
    permit: &Permit<A>,
    kind: &'static str,
    file: ProjectFileId,
) -> Result<(), Error> {
    let entry = Entry::new(kind, Some(permit.who().account())).project(permit.target()).data(json!({ "file": file.0 }));
    journal::append(tx, permit.who().org(), entry).await.map(drop)
}
