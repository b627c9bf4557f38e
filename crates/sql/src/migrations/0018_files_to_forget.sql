-- Uploads that are complete and whose time will be over: what nobody used of them is forgotten then.
CREATE INDEX upload_to_close ON upload (expires_at, org) WHERE file IS NOT NULL AND discarded_at IS NULL;
-- Bytes that are somebody's file or picture are not removed.
CREATE INDEX file_picture ON file (org, thumbnail_sha) WHERE thumbnail_sha IS NOT NULL;
-- What is kept, oldest first: files of print jobs that ended long ago may be forgotten (job_files_days).
CREATE INDEX file_kept ON file (org, created_at) WHERE removed_at IS NULL;
