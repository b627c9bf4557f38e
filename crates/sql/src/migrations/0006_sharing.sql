-- The Trash lists what was removed in the last 30 days; few rows ever are.
CREATE INDEX printer_trash ON printer (org, removed_at) WHERE removed_at IS NOT NULL;
CREATE INDEX team_trash ON team (org, removed_at) WHERE removed_at IS NOT NULL;
