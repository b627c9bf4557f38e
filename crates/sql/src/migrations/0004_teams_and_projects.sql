-- Teams and library projects: what the journal says about them, and how their lists find them.
ALTER TABLE journal ADD COLUMN team {uuid};
ALTER TABLE journal ADD COLUMN project {uuid};

-- Lower case of the name as the server makes it: unique among the teams that are there.
ALTER TABLE team ADD COLUMN name_key TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX team_name ON team (org, name_key) WHERE removed_at IS NULL AND name_key <> '';
CREATE INDEX team_org ON team (org);

CREATE INDEX project_org ON project (org, created_at, id);
CREATE INDEX project_person ON project (created_by, org);
CREATE INDEX project_share_grantee ON project_share (grantee, project);
