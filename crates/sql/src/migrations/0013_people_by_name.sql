-- Lists of people are by name, and a name is in another table than who is in the organization or in a team: a page of fifty was
-- found by reading and sorting all ten thousand. The keys stand here a second time; triggers keep them what the account says.
ALTER TABLE membership ADD COLUMN name_key TEXT NOT NULL DEFAULT '';
ALTER TABLE membership ADD COLUMN email_key TEXT NOT NULL DEFAULT '';
ALTER TABLE team_member ADD COLUMN name_key TEXT NOT NULL DEFAULT '';
UPDATE membership SET name_key = (SELECT a.name_key FROM account a WHERE a.id = membership.account),
  email_key = (SELECT a.email_key FROM account a WHERE a.id = membership.account);
UPDATE team_member SET name_key = (SELECT a.name_key FROM account a WHERE a.id = team_member.account);
CREATE INDEX membership_by_name ON membership (org, name_key, account, email_key) WHERE removed_at IS NULL;
CREATE INDEX membership_admins ON membership (org, name_key, account) WHERE removed_at IS NULL AND role = 'admin';
CREATE INDEX team_member_by_name ON team_member (team, name_key, account);

-- Projects are searched by their own name and by that of whoever created or claimed them.
ALTER TABLE project ADD COLUMN creator_key TEXT NOT NULL DEFAULT '';
UPDATE project SET creator_key = COALESCE((SELECT a.name_key FROM account a WHERE a.id = project.created_by), '');

-- What people are told of their print jobs, without a look at all that happened to these.
CREATE INDEX journal_told ON journal (job, seq) WHERE kind IN ('job.approved', 'job.rejected', 'job.sent_back', 'job.send_back_undone',
  'job.taken_back', 'job.ended', 'job.attention', 'job.rerouted', 'job.share_asked', 'job.resolved_printed', 'job.resolved_failed',
  'job.resolved_not_printed');

-- How many people of the organization are in a team: counted by triggers, because a list of two hundred teams shows it for each.
CREATE TABLE team_size (
  team {uuid} PRIMARY KEY REFERENCES team (id),
  people BIGINT NOT NULL
);
INSERT INTO team_size (team, people) SELECT x.team, COUNT(*) FROM team_member x JOIN team t ON t.id = x.team
  JOIN membership m ON m.org = t.org AND m.account = x.account AND m.removed_at IS NULL GROUP BY x.team;

-- What 0011 has copied into the requests.
DROP TABLE share_request;
