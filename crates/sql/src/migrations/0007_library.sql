-- Library projects: notes, files with versions, and who was asked to share one.
ALTER TABLE project ADD COLUMN name_key TEXT NOT NULL DEFAULT '';
ALTER TABLE project ADD COLUMN notes TEXT NOT NULL DEFAULT '';
-- Goes up with each change of name or notes, so that two editors do not overwrite each other.
ALTER TABLE project ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE project ADD COLUMN changed_at BIGINT NOT NULL DEFAULT 0;
-- Its time in the Trash is over.
ALTER TABLE project ADD COLUMN purged_at BIGINT;

-- What an upload was announced for: a print job, or this project.
ALTER TABLE upload ADD COLUMN project {uuid};
-- `print`: inspected G-code. `model`: stored as it came, never printable.
ALTER TABLE file ADD COLUMN kind TEXT NOT NULL DEFAULT 'print';
-- Before the bytes of a refused upload go, it is asked who else has them.
CREATE INDEX file_bytes ON file (org, upload_sha);

CREATE TABLE project_file (
  id {uuid} PRIMARY KEY,
  org {uuid} NOT NULL REFERENCES organization (id),
  project {uuid} NOT NULL REFERENCES project (id),
  name TEXT NOT NULL,
  name_key TEXT NOT NULL,
  newest BIGINT NOT NULL,
  created_by {uuid} NOT NULL,
  created_at BIGINT NOT NULL,
  removed_at BIGINT,
  removed_by {uuid},
  purged_at BIGINT
);
CREATE UNIQUE INDEX project_file_name ON project_file (project, name_key) WHERE removed_at IS NULL;

CREATE TABLE project_file_version (
  project_file {uuid} NOT NULL REFERENCES project_file (id),
  version BIGINT NOT NULL,
  file {uuid} NOT NULL REFERENCES file (id),
  -- The upload it came by, or the print job it was copied from; the same one is never added twice.
  upload {uuid} UNIQUE,
  from_job {uuid} REFERENCES print_job (id),
  -- Whose work it is: who uploaded it, or who submitted the copied print job.
  author {uuid} NOT NULL,
  added_by {uuid} NOT NULL,
  added_at BIGINT NOT NULL,
  PRIMARY KEY (project_file, version)
);
CREATE INDEX project_file_version_file ON project_file_version (file);
-- Whether a print job needs a file that is purged from a project.
CREATE INDEX job_version_file ON job_version (file);
-- The Trash.
CREATE INDEX project_trash ON project (removed_at) WHERE removed_at IS NOT NULL;
CREATE INDEX project_file_trash ON project_file (removed_at) WHERE removed_at IS NOT NULL;

-- Which file of its project a print job was made from.
ALTER TABLE print_job ADD COLUMN project_file {uuid};
ALTER TABLE print_job ADD COLUMN project_file_version BIGINT;
CREATE INDEX print_job_project ON print_job (project, created_at, id) WHERE project IS NOT NULL;

-- An approver asked the submitter to share the project of a print job; gone when the project was shared.
CREATE TABLE share_request (
  job {uuid} NOT NULL REFERENCES print_job (id),
  account {uuid} NOT NULL,
  asked_at BIGINT NOT NULL,
  PRIMARY KEY (job, account)
);
