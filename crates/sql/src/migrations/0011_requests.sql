-- Asking the people who can change a no. One row for each asker, thing and wish: the newest time it was asked for.
-- `thing` is what the asker sees (a print job, printer, project, team, or the organization itself); `wish` is what would help:
-- an action's key, share_project, share_printer, or plan. and a feature. `seq` is the row of the journal.
CREATE TABLE help_request (
  account {uuid} NOT NULL REFERENCES account (id),
  thing {uuid} NOT NULL,
  wish TEXT NOT NULL,
  org {uuid} NOT NULL REFERENCES organization (id),
  asked_at BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  PRIMARY KEY (account, thing, wish)
);
-- What was asked about one thing, and how much somebody asked lately.
CREATE INDEX help_request_thing ON help_request (thing, wish);
CREATE INDEX help_request_person ON help_request (org, account, asked_at);

-- Who was asked, and where they can do something about it.
CREATE TABLE help_request_to (
  org {uuid} NOT NULL REFERENCES organization (id),
  seq BIGINT NOT NULL,
  account {uuid} NOT NULL REFERENCES account (id),
  place TEXT NOT NULL,
  place_id {uuid},
  PRIMARY KEY (org, seq, account)
);
CREATE INDEX help_request_to_person ON help_request_to (org, account, seq);

-- Asking to share the project of a print job was the first such request. A process of the version before may still read
-- share_request; nothing writes it any more.
INSERT INTO help_request (account, thing, wish, org, asked_at, seq)
  SELECT r.account, r.job, 'share_project', j.org, r.asked_at, 0 FROM share_request r JOIN print_job j ON j.id = r.job;

-- Several people may be written to about one row of the journal: each letter is one part of it.
CREATE TABLE mail_in_parts (
  id {uuid} PRIMARY KEY,
  org {uuid} NOT NULL REFERENCES organization (id),
  seq BIGINT NOT NULL,
  part BIGINT NOT NULL DEFAULT 0,
  person {uuid},
  kind TEXT NOT NULL,
  job {uuid},
  invitation {uuid},
  due_at BIGINT NOT NULL,
  give_up_at BIGINT NOT NULL,
  attempts BIGINT NOT NULL DEFAULT 0,
  claimed_until BIGINT NOT NULL DEFAULT 0,
  ended_at BIGINT,
  outcome TEXT CHECK (outcome IN ('sent', 'dropped', 'failed')),
  problem TEXT,
  UNIQUE (org, seq, part)
);
INSERT INTO mail_in_parts (id, org, seq, kind, job, invitation, due_at, give_up_at, attempts, claimed_until, ended_at, outcome, problem)
  SELECT id, org, seq, kind, job, invitation, due_at, give_up_at, attempts, claimed_until, ended_at, outcome, problem FROM mail;
DROP TABLE mail;
ALTER TABLE mail_in_parts RENAME TO mail;
CREATE INDEX mail_open ON mail (due_at) WHERE ended_at IS NULL;
CREATE INDEX mail_invitation ON mail (invitation);
