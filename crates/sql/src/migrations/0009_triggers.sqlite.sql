-- One more kind of authorization: `group`, for another printer of the job's group. SQLite changes no CHECK: the table is made anew.
DROP TRIGGER attempt_authorized;
CREATE TABLE job_authorization_new (
  id BLOB PRIMARY KEY,
  job BLOB NOT NULL REFERENCES print_job (id),
  version BIGINT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('auto', 'approval', 'reroute', 'group')),
  actor BLOB NOT NULL,
  actor_role TEXT NOT NULL,
  upload_sha BLOB NOT NULL,
  send_sha BLOB NOT NULL,
  printer BLOB NOT NULL,
  decided_at BIGINT NOT NULL,
  journal_seq BIGINT NOT NULL
);
INSERT INTO job_authorization_new (id, job, version, kind, actor, actor_role, upload_sha, send_sha, printer, decided_at, journal_seq)
  SELECT id, job, version, kind, actor, actor_role, upload_sha, send_sha, printer, decided_at, journal_seq FROM job_authorization;
DROP TABLE job_authorization;
ALTER TABLE job_authorization_new RENAME TO job_authorization;
CREATE INDEX job_authorization_job ON job_authorization (job);

CREATE TRIGGER attempt_authorized BEFORE INSERT ON attempt
WHEN NOT EXISTS (
  SELECT 1 FROM print_job j JOIN job_authorization a ON a.id = j.authorization_id AND a.job = j.id
  WHERE j.id = NEW.job AND j.state = 'claimed' AND j.attempt = NEW.n AND j.printer = NEW.printer
    AND a.version = j.version AND a.send_sha = j.send_sha AND a.printer = j.printer AND a.send_sha = NEW.send_sha)
BEGIN SELECT RAISE(ABORT, 'no authorization for this attempt'); END;
CREATE TRIGGER job_authorization_update BEFORE UPDATE ON job_authorization
BEGIN SELECT RAISE(ABORT, 'an authorization is never changed'); END;
CREATE TRIGGER job_authorization_delete BEFORE DELETE ON job_authorization
BEGIN SELECT RAISE(ABORT, 'an authorization is never deleted'); END;

-- It continues what the same person authorized before, and only for a printer of the job's group.
CREATE TRIGGER job_authorization_continues BEFORE INSERT ON job_authorization
WHEN NEW.kind = 'group' AND NOT (
  EXISTS (SELECT 1 FROM job_authorization z WHERE z.job = NEW.job AND z.version = NEW.version AND z.send_sha = NEW.send_sha
    AND z.actor = NEW.actor AND z.actor_role = NEW.actor_role AND z.kind <> 'reroute')
  AND EXISTS (SELECT 1 FROM print_job j JOIN printer_group_member m ON m.printer_group = j.printer_group
    WHERE j.id = NEW.job AND m.printer = NEW.printer))
BEGIN SELECT RAISE(ABORT, 'a group authorization continues none'); END;
