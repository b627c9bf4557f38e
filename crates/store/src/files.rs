//! Uploads and stored files as rows: print files, and models of library projects. The bytes are the business of the crate
//! `files`.

use access::table::{SeeOrganization, SendJob, UploadToProject};
use access::{Permit, Who};
use domain::{FileId, Micros, OrgId, ProjectId, Sha256, UploadId};
use sql::{Conn, Row, Tx, params};

use crate::idempotency::Key;
use crate::{Error, new_id};

/// Bytes on their way.
#[derive(Debug, Clone)]
pub struct Upload {
    /// Id.
    pub id: UploadId,
    /// File name, cleaned.
    pub name: String,
    /// Announced size in bytes.
    pub size: i64,
    /// Set when all bytes are there and accepted.
    pub file: Option<FileId>,
    /// Set when the content was refused: the sentence.
    pub refused: Option<String>,
}

/// The kind of a file that was inspected and may be printed.
pub const PRINT: &str = "print";
/// The kind of a file that is only kept: a model.
pub const MODEL: &str = "model";

/// How long a complete upload may still be used after its time was over.
pub const USABLE_S: i64 = 24 * 3600;

/// Who may bring bytes in, and what for. An upload belongs to one person and one purpose.
#[derive(Debug, Clone, Copy)]
pub struct Uploader {
    who: Who,
    project: Option<ProjectId>,
}

impl Uploader {
    /// For a print job.
    #[must_use]
    pub fn to_print(permit: &Permit<SendJob>) -> Self {
        Self { who: permit.who(), project: None }
    }
    /// For a library project (LIB-07).
    #[must_use]
    pub fn to_project(permit: &Permit<UploadToProject>) -> Self {
        Self { who: permit.who(), project: Some(permit.target()) }
    }
}

/// What an upload of this person is for: a project, or `None` for a print job.
///
/// # Errors
/// [`Error::NotFound`], also for somebody else's.
pub async fn purpose(
    conn: &mut Conn,
    permit: &Permit<SeeOrganization>,
    id: UploadId,
) -> Result<Option<ProjectId>, Error> {
    let row = conn
        .opt(
            "SELECT project FROM upload WHERE id = $1 AND org = $2 AND account = $3",
            params![id, permit.who().org(), permit.who().account()],
        )
        .await?
        .ok_or(Error::NotFound)?;
    Ok(row.get("project")?)
}

/// A stored file.
#[derive(Debug, Clone)]
pub struct File {
    /// Id.
    pub id: FileId,
    /// Name.
    pub name: String,
    /// Lower-case extension.
    pub extension: String,
    /// Bytes.
    pub size: i64,
    /// Hash of the bytes received.
    pub upload_sha: Sha256,
    /// Hash of the bytes that will be sent to a printer.
    pub send_sha: Sha256,
    /// First facts, JSON.
    pub facts: String,
    /// Picture.
    pub thumbnail: Option<Sha256>,
    /// [`PRINT`] or [`MODEL`].
    pub kind: &'static str,
}

impl File {
    /// Only inspected G-code is printed.
    ///
    /// # Errors
    /// The rule `not_printable`.
    pub fn printable(&self) -> Result<(), Error> {
        if self.kind == PRINT {
            return Ok(());
        }
        Err(Error::rule(
            "not_printable",
            format!("{} is a model. Slice it, upload the G-code, and print that.", self.name),
        ))
    }
}

/// Limits from configuration, in bytes.
#[derive(Debug, Clone, Copy)]
pub struct Quota {
    /// For one organization.
    pub organization: i64,
    /// For one person in it.
    pub person: i64,
}

/// Reserves the announced size before the first byte comes.
///
/// # Errors
/// A rule `quota_full`.
pub async fn announce(
    tx: &mut Tx,
    by: &Uploader,
    name: &str,
    size: i64,
    quota: Quota,
    lives_s: i64,
    key: Option<&Key>,
) -> Result<Upload, Error> {
    let who = by.who;
    if let Some(key) = key
        && let Some(first) = key.first(tx, who).await?
    {
        return upload(tx, by, UploadId(first)).await;
    }
    let now = tx.now().await?;
    // One reservation at a time per organization, so that two cannot both take the last bytes.
    let own: Option<i64> = tx
        .one("SELECT most_storage_mb FROM organization WHERE id = $1 {for_update}", params![who.org()])
        .await?
        .get("most_storage_mb")?;
    let quota = match own {
        Some(mb) => Quota { organization: quota.organization.min(mb.saturating_mul(1_000_000)), ..quota },
        None => quota,
    };
    let row = tx
        .one(
            "SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT) AS all_bytes, CAST(COALESCE(SUM(CASE WHEN who = $2 THEN n ELSE 0 END), 0) AS BIGINT) AS mine FROM ( \
             SELECT size AS n, created_by AS who FROM file WHERE org = $1 AND removed_at IS NULL \
             UNION ALL SELECT size AS n, account AS who FROM upload WHERE org = $1 AND file IS NULL AND refused IS NULL \
               AND discarded_at IS NULL AND expires_at > $3) t",
            params![who.org(), who.account(), now],
        )
        .await?;
    let (all, mine): (i64, i64) = (row.get("all_bytes")?, row.get("mine")?);
    let room = |whose: &str, limit: i64, taken: i64| {
        let refusal = if size > limit {
            format!("This file has {}, and {whose} storage {} in all.", megabytes(size), megabytes(limit))
        } else if taken.saturating_add(size) > limit {
            format!(
                "There is no room for {} more: {} of {} in {whose} storage are taken. What is deleted from projects gives its room back after 30 days.",
                megabytes(size),
                megabytes(taken),
                megabytes(limit)
            )
        } else {
            return Ok(());
        };
        Err(Error::rule(
            "quota_full",
            format!("{refusal} The operator can give more, or let files of old print jobs go (job_files_days)."),
        ))
    };
    room("your organization's", quota.organization, all)?;
    room("your", quota.person, mine)?;
    let id = UploadId(new_id());
    tx.exec(
        "INSERT INTO upload (id, org, account, name, size, created_at, expires_at, project) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        params![id, who.org(), who.account(), name, size, now, now.plus_secs(lives_s), by.project],
    )
    .await?;
    if let Some(key) = key {
        key.remember(tx, who, id.0).await?;
    }
    Ok(Upload { id, name: name.to_owned(), size, file: None, refused: None })
}

fn megabytes(bytes: i64) -> String {
    format!("{} MB", bytes / 1_000_000)
}

/// An upload of this person, for this purpose.
///
/// # Errors
/// [`Error::NotFound`], also for somebody else's or an expired one.
pub async fn upload(conn: &mut Conn, by: &Uploader, id: UploadId) -> Result<Upload, Error> {
    let now = conn.now().await?;
    let row = conn
        .opt(
            "SELECT id, name, size, file, refused FROM upload WHERE id = $1 AND org = $2 AND account = $3 AND discarded_at IS NULL \
             AND (expires_at > $4 OR file IS NOT NULL) AND (project = $5 OR (project IS NULL AND $6 = 1))",
            params![id, by.who.org(), by.who.account(), now, by.project, by.project.is_none()],
        )
        .await?
        .ok_or(Error::NotFound)?;
    Ok(Upload {
        id: row.get("id")?,
        name: row.get("name")?,
        size: row.get("size")?,
        file: row.get("file")?,
        refused: row.get("refused")?,
    })
}

/// All bytes are durable and accepted: the row, after the bytes (security.md 1.9).
///
/// # Errors
/// The database.
pub async fn complete(tx: &mut Tx, by: &Uploader, upload: UploadId, file: &File) -> Result<(), Error> {
    let now: Micros = tx.now().await?;
    let changed = tx
        .exec(
            "UPDATE upload SET file = $4 WHERE id = $1 AND org = $2 AND account = $3 AND file IS NULL AND discarded_at IS NULL AND refused IS NULL",
            params![upload, by.who.org(), by.who.account(), file.id],
        )
        .await?;
    if changed == 0 {
        return Ok(()); // the other of two last chunks was first; its file row stands
    }
    tx.exec(
        "INSERT INTO file (id, org, name, extension, size, upload_sha, send_sha, facts, thumbnail_sha, created_by, created_at, kind) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        params![
            file.id,
            by.who.org(),
            file.name.clone(),
            file.extension.clone(),
            file.size,
            file.upload_sha,
            file.send_sha,
            file.facts.clone(),
            file.thumbnail,
            by.who.account(),
            now,
            file.kind
        ],
    )
    .await?;
    Ok(())
}

/// The content was refused; the reservation ends. Whether nobody else in the organization has these bytes, so that they can
/// go: as a model they may well be kept, or be the picture of a file. The caller has locked the organization and removes them before it commits.
///
/// # Errors
/// The database.
pub async fn refuse(tx: &mut Tx, by: &Uploader, upload: UploadId, sha: Sha256, why: &str) -> Result<bool, Error> {
    tx.exec(
        "UPDATE upload SET refused = $3 WHERE id = $1 AND account = $2 AND file IS NULL",
        params![upload, by.who.account(), why],
    )
    .await?;
    Ok(!named(tx, by.who.org(), sha).await?)
}

// No project has this file (`f`) in it or in its Trash.
macro_rules! in_no_project_sql {
    () => {
        "NOT EXISTS (SELECT 1 FROM project_file_version o JOIN project_file k ON k.id = o.project_file \
         WHERE o.file = f.id AND k.purged_at IS NULL)"
    };
}
pub(crate) use in_no_project_sql;

// Nothing names this file (`f`): no version of a print job, and no project.
macro_rules! unnamed_sql {
    () => {
        concat!(
            "NOT EXISTS (SELECT 1 FROM job_version j WHERE j.file = f.id) AND ",
            $crate::files::in_no_project_sql!()
        )
    };
}
pub(crate) use unnamed_sql;

/// A file that nothing names gives its room back. Its hash, if no other file of the organization has these bytes: the caller removes
/// them before it commits, and has locked the organization, which whoever names a file shares.
pub(crate) async fn forget(tx: &mut Tx, org: OrgId, file: FileId, sha: Sha256) -> Result<Option<Sha256>, Error> {
    let now = tx.now().await?;
    tx.exec("UPDATE file SET removed_at = $2 WHERE id = $1", params![file, now]).await?;
    Ok((!named(tx, org, sha).await?).then_some(sha))
}

/// Whether a file of the organization has these bytes, or a picture of one is these bytes. Pictures stay when a file is forgotten.
async fn named(tx: &mut Tx, org: OrgId, sha: Sha256) -> Result<bool, Error> {
    const NAMED: &str = "SELECT 1 AS yes WHERE EXISTS (SELECT 1 FROM file f WHERE f.org = $1 AND f.upload_sha = $2 AND f.removed_at IS NULL) \
                         OR EXISTS (SELECT 1 FROM file f WHERE f.org = $1 AND f.thumbnail_sha = $2)";
    Ok(tx.opt(NAMED, params![org, sha]).await?.is_some())
}

/// Closes complete uploads whose time was over a while ago, and forgets those that nobody used. The hashes of bytes that nothing names any
/// more, as [`forget`] gives them.
///
/// # Errors
/// The database.
pub(crate) async fn close_old(tx: &mut Tx, org: OrgId) -> Result<Vec<Sha256>, Error> {
    const OVER: &str = concat!(
        "SELECT u.id, f.id AS file, f.upload_sha, CASE WHEN f.removed_at IS NULL AND ",
        unnamed_sql!(),
        " THEN 1 ELSE 0 END AS unnamed FROM upload u JOIN file f ON f.id = u.file WHERE u.org = $1 AND u.file IS NOT NULL \
         AND u.discarded_at IS NULL AND u.expires_at <= $2 ORDER BY u.expires_at LIMIT 1000"
    );
    let now = tx.now().await?;
    let mut free = Vec::new();
    for row in tx.all(OVER, params![org, now.plus_secs(-USABLE_S)]).await? {
        tx.exec("UPDATE upload SET discarded_at = $2 WHERE id = $1", params![row.get::<UploadId>("id")?, now]).await?;
        if row.get("unnamed")? {
            free.extend(forget(tx, org, row.get("file")?, row.get("upload_sha")?).await?);
        }
    }
    Ok(free)
}

// A file of print jobs that all ended before `$1`, and that no project has.
macro_rules! printed_long_ago_sql {
    () => {
        concat!("f.removed_at IS NULL AND f.created_at <= $1 AND EXISTS (SELECT 1 FROM job_version v WHERE v.file = f.id) \
         AND NOT EXISTS (SELECT 1 FROM job_version v JOIN print_job j ON j.id = v.job WHERE v.file = f.id AND (j.state_at > $1 \
           OR j.state NOT IN ('finished', 'failed', 'aborted', 'rejected', 'withdrawn'))) AND ", in_no_project_sql!())
    };
}

const DAY_S: i64 = 24 * 3600;

/// Organizations with files of print jobs that all ended more than so many days ago.
///
/// # Errors
/// The database.
pub async fn printed_long_ago(conn: &mut Conn, days: i64) -> Result<Vec<OrgId>, Error> {
    const ANY: &str = concat!(
        "SELECT g.id FROM organization g WHERE EXISTS (SELECT 1 FROM file f WHERE f.org = g.id AND ",
        printed_long_ago_sql!(),
        ")"
    );
    let before = conn.now().await?.plus_secs(-days.saturating_mul(DAY_S));
    let rows = conn.all(ANY, params![before]).await?;
    Ok(rows.iter().map(|row| row.get("id")).collect::<Result<_, sql::Error>>()?)
}

/// Forgets an organization's files of print jobs that all ended more than so many days ago; the jobs, their hashes and their pictures
/// stay. The hashes of bytes that nothing names any more, for the caller to remove before it commits; it has locked the organization.
///
/// # Errors
/// The database.
pub async fn forget_printed(tx: &mut Tx, org: OrgId, days: i64) -> Result<Vec<Sha256>, Error> {
    const OLD: &str = concat!(
        "SELECT f.id, f.upload_sha FROM file f WHERE f.org = $2 AND ",
        printed_long_ago_sql!(),
        " ORDER BY f.created_at LIMIT 500"
    );
    let before = tx.now().await?.plus_secs(-days.saturating_mul(DAY_S));
    let mut free = Vec::new();
    for row in tx.all(OLD, params![before, org]).await? {
        free.extend(forget(tx, org, row.get("id")?, row.get("upload_sha")?).await?);
    }
    Ok(free)
}

/// What is said of a file that [`forget_printed`] forgot.
pub const GONE: &str = "Its file was removed a while after the print had ended. Upload it again to print it.";

/// The person gave up; the reservation ends, and so does a complete file that nothing names. One's own upload is given up whatever one may
/// still send: a Guest who is frozen (AMB-38), or who lost the project that it was for, does not keep bytes for ever. The hash of
/// its bytes, if nothing names them any more; the caller has locked the organization and removes them before it commits.
///
/// # Errors
/// [`Error::NotFound`], also for somebody else's or an expired one.
pub async fn discard(tx: &mut Tx, permit: &Permit<SeeOrganization>, upload: UploadId) -> Result<Option<Sha256>, Error> {
    const UNUSED: &str = concat!(
        "SELECT f.id, f.upload_sha FROM upload u JOIN file f ON f.id = u.file WHERE u.id = $1 AND f.removed_at IS NULL AND ",
        unnamed_sql!()
    );
    let (who, now) = (permit.who(), tx.now().await?);
    tx.opt(
        "SELECT id FROM upload WHERE id = $1 AND org = $2 AND account = $3 AND discarded_at IS NULL \
         AND (expires_at > $4 OR file IS NOT NULL) {for_update}",
        params![upload, who.org(), who.account(), now],
    )
    .await?
    .ok_or(Error::NotFound)?;
    let unused = tx.opt(UNUSED, params![upload]).await?;
    match unused {
        Some(row) => {
            tx.exec("UPDATE upload SET discarded_at = $2 WHERE id = $1", params![upload, now]).await?;
            forget(tx, who.org(), row.get("id")?, row.get("upload_sha")?).await
        }
        // What was used stays, and so does the upload that a repeated call names.
        None => {
            tx.exec("UPDATE upload SET discarded_at = $2 WHERE id = $1 AND file IS NULL", params![upload, now]).await?;
            Ok(None)
        }
    }
}

/// The file of a completed upload of this person.
///
/// # Errors
/// A rule `upload_incomplete` or the content's refusal.
pub async fn of_upload(conn: &mut Conn, by: &Uploader, id: UploadId) -> Result<File, Error> {
    let upload = upload(conn, by, id).await?;
    if let Some(why) = upload.refused {
        return Err(Error::rule("not_accepted", why));
    }
    let file = upload.file.ok_or_else(|| {
        Error::rule("upload_incomplete", "The file has not arrived completely. Go on with the upload first.")
    })?;
    load(conn, file).await
}

pub(crate) async fn load(conn: &mut Conn, id: FileId) -> Result<File, Error> {
    let row = conn.opt("SELECT * FROM file WHERE id = $1", params![id]).await?.ok_or(Error::NotFound)?;
    if row.get::<Option<i64>>("removed_at")?.is_some() {
        return Err(Error::rule("file_gone", GONE));
    }
    Ok(read(&row)?)
}

fn read(row: &Row) -> Result<File, sql::Error> {
    Ok(File {
        id: row.get("id")?,
        name: row.get("name")?,
        extension: row.get("extension")?,
        size: row.get("size")?,
        upload_sha: row.get("upload_sha")?,
        send_sha: row.get("send_sha")?,
        facts: row.get("facts")?,
        thumbnail: row.get("thumbnail_sha")?,
        kind: if row.get::<String>("kind")? == PRINT { PRINT } else { MODEL },
    })
}
