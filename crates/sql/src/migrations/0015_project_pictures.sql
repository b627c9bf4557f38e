-- A list of projects shows a picture of each: that of its newest file that has one. Which file has one is kept with it, so that not every
-- version of every file is read for it.
ALTER TABLE project_file ADD COLUMN picture BIGINT NOT NULL DEFAULT 0;
UPDATE project_file SET picture = 1 WHERE EXISTS (SELECT 1 FROM project_file_version v JOIN file f ON f.id = v.file
  WHERE v.project_file = project_file.id AND v.version = project_file.newest AND f.thumbnail_sha IS NOT NULL);
CREATE INDEX project_file_picture ON project_file (project, created_at) WHERE picture = 1 AND removed_at IS NULL;
