-- SQLite lowers ASCII only, so what is searched by name has a key that the server lowered. Rows from before get SQLite's or PostgreSQL's own.
ALTER TABLE print_job ADD COLUMN name_key TEXT NOT NULL DEFAULT '';
ALTER TABLE printer ADD COLUMN name_key TEXT NOT NULL DEFAULT '';
ALTER TABLE api_token ADD COLUMN name_key TEXT NOT NULL DEFAULT '';
ALTER TABLE oauth_client ADD COLUMN name_key TEXT NOT NULL DEFAULT '';
ALTER TABLE invitation ADD COLUMN name_key TEXT NOT NULL DEFAULT '';
UPDATE print_job SET name_key = LOWER(name);
UPDATE printer SET name_key = LOWER(name);
UPDATE api_token SET name_key = LOWER(name);
UPDATE oauth_client SET name_key = LOWER(name);
UPDATE invitation SET name_key = LOWER(COALESCE(name, ''));
DROP INDEX printer_by_name;
CREATE INDEX printer_by_name ON printer (org, name_key, id) WHERE removed_at IS NULL;
