-- The data model of the foundation. BIGINT for numbers, truth and times (microseconds); TEXT for words and JSON.

CREATE TABLE meta (
  id BIGINT PRIMARY KEY CHECK (id = 1),
  boot_epoch BIGINT NOT NULL,
  hold_all BIGINT NOT NULL,
  dispatch_stopped TEXT
);
INSERT INTO meta (id, boot_epoch, hold_all) VALUES (1, 0, 0);

CREATE TABLE organization (
  id {uuid} PRIMARY KEY,
  name TEXT NOT NULL,
  plan TEXT NOT NULL CHECK (plan IN ('essentials', 'professional', 'excellence', 'education')),
  suspended BIGINT NOT NULL DEFAULT 0,
  settings_version BIGINT NOT NULL DEFAULT 1,
  approval_on BIGINT NOT NULL,
  undo_window_s BIGINT NOT NULL DEFAULT 10 CHECK (undo_window_s BETWEEN 0 AND 60),
  forbid_self_approval BIGINT NOT NULL DEFAULT 0,
  reject_reason_required BIGINT NOT NULL DEFAULT 0,
  hold_on_demotion BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL
);

CREATE TABLE account (
  id {uuid} PRIMARY KEY,
  email TEXT NOT NULL,
  email_key TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL UNIQUE,
  password_hash TEXT NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE membership (
  org {uuid} NOT NULL REFERENCES organization (id),
  account {uuid} NOT NULL REFERENCES account (id),
  role TEXT NOT NULL CHECK (role IN ('guest', 'member', 'admin')),
  created_at BIGINT NOT NULL,
  removed_at BIGINT,
  removed_by {uuid},
  PRIMARY KEY (org, account)
);
CREATE INDEX membership_account ON membership (account);

CREATE TABLE session (
  id {uuid} PRIMARY KEY,
  token_hash {bytes} NOT NULL UNIQUE,
  account {uuid} NOT NULL REFERENCES account (id),
  org {uuid},
  user_agent TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  last_seen_at BIGINT NOT NULL,
  password_at BIGINT NOT NULL,
  revoked_at BIGINT
);
CREATE INDEX session_account ON session (account);

-- Failed sign-ins: the limits survive a restart (docs/security.md).
CREATE TABLE sign_in_failure (
  id {uuid} PRIMARY KEY,
  subject TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX sign_in_failure_subject ON sign_in_failure (subject, at);

CREATE TABLE setup_link (
  token_hash {bytes} PRIMARY KEY,
  created_at BIGINT NOT NULL,
  used_at BIGINT
);

CREATE TABLE invitation (
  id {uuid} PRIMARY KEY,
  org {uuid} NOT NULL REFERENCES organization (id),
  token_hash {bytes} NOT NULL UNIQUE,
  role TEXT NOT NULL CHECK (role IN ('guest', 'member', 'admin')),
  email TEXT,
  name TEXT,
  created_by {uuid} NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_by {uuid},
  used_at BIGINT,
  withdrawn_at BIGINT
);

CREATE TABLE team (
  id {uuid} PRIMARY KEY,
  org {uuid} NOT NULL REFERENCES organization (id),
  name TEXT NOT NULL,
  created_by {uuid} NOT NULL,
  created_at BIGINT NOT NULL,
  removed_at BIGINT,
  removed_by {uuid}
);
CREATE TABLE team_member (
  team {uuid} NOT NULL REFERENCES team (id),
  account {uuid} NOT NULL,
  added_at BIGINT NOT NULL,
  PRIMARY KEY (team, account)
);
CREATE INDEX team_member_account ON team_member (account, team);

CREATE TABLE printer (
  id {uuid} PRIMARY KEY,
  org {uuid} NOT NULL REFERENCES organization (id),
  name TEXT NOT NULL,
  family TEXT NOT NULL,
  address TEXT NOT NULL,
  secret {bytes} NOT NULL,
  class TEXT NOT NULL,
  added_by {uuid} NOT NULL,
  created_at BIGINT NOT NULL,
  enabled BIGINT NOT NULL DEFAULT 1,
  bed TEXT NOT NULL CHECK (bed IN ('clear', 'dirty')),
  bed_run {uuid},
  bed_foreign BIGINT NOT NULL DEFAULT 0,
  removed_at BIGINT,
  removed_by {uuid}
);
CREATE INDEX printer_org ON printer (org);

-- What a printer last said; written at changes and at most every few seconds.
CREATE TABLE printer_live (
  printer {uuid} PRIMARY KEY REFERENCES printer (id),
  observation TEXT,
  problem TEXT,
  seen_at BIGINT,
  changed_at BIGINT NOT NULL
);
CREATE INDEX printer_live_changed ON printer_live (changed_at);

-- grantee: a team, or the organization itself. Never a person (ORG-06).
CREATE TABLE printer_share (
  printer {uuid} NOT NULL REFERENCES printer (id),
  grantee {uuid} NOT NULL,
  granted_by {uuid} NOT NULL,
  granted_at BIGINT NOT NULL,
  PRIMARY KEY (printer, grantee)
);
CREATE INDEX printer_share_grantee ON printer_share (grantee, printer);

CREATE TABLE project (
  id {uuid} PRIMARY KEY,
  org {uuid} NOT NULL REFERENCES organization (id),
  name TEXT NOT NULL,
  created_by {uuid} NOT NULL,
  created_at BIGINT NOT NULL,
  removed_at BIGINT,
  removed_by {uuid}
);
CREATE TABLE project_share (
  project {uuid} NOT NULL REFERENCES project (id),
  grantee {uuid} NOT NULL,
  granted_by {uuid} NOT NULL,
  granted_at BIGINT NOT NULL,
  PRIMARY KEY (project, grantee)
);

-- Bytes on their way; an upload is not a print job.
CREATE TABLE upload (
  id {uuid} PRIMARY KEY,
  org {uuid} NOT NULL REFERENCES organization (id),
  account {uuid} NOT NULL,
  name TEXT NOT NULL,
  size BIGINT NOT NULL,
  file {uuid},
  refused TEXT,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  discarded_at BIGINT
);
CREATE INDEX upload_account ON upload (org, account);

CREATE TABLE file (
  id {uuid} PRIMARY KEY,
  org {uuid} NOT NULL REFERENCES organization (id),
  name TEXT NOT NULL,
  extension TEXT NOT NULL,
  size BIGINT NOT NULL,
  upload_sha {bytes} NOT NULL,
  send_sha {bytes} NOT NULL,
  facts TEXT NOT NULL,
  thumbnail_sha {bytes},
  created_by {uuid} NOT NULL,
  created_at BIGINT NOT NULL,
  removed_at BIGINT,
  removed_by {uuid}
);
CREATE INDEX file_person ON file (org, created_by);

-- The legal moves of a print job: the same rows as the state machine's table; triggers refuse any other.
CREATE TABLE job_move (
  from_state TEXT NOT NULL,
  to_state TEXT NOT NULL,
  PRIMARY KEY (from_state, to_state)
);
INSERT INTO job_move (from_state, to_state) VALUES
  ('held', 'queued'), ('held', 'rejected'), ('held', 'sent_back'), ('held', 'withdrawn'),
  ('sent_back', 'held'), ('sent_back', 'rejected'), ('sent_back', 'withdrawn'),
  ('queued', 'held'), ('queued', 'withdrawn'), ('queued', 'claimed'),
  ('claimed', 'held'), ('claimed', 'withdrawn'), ('claimed', 'queued'), ('claimed', 'intent'),
  ('intent', 'printing'), ('intent', 'queued'), ('intent', 'attention'), ('intent', 'aborted'),
  ('printing', 'attention'), ('printing', 'finished'), ('printing', 'failed'), ('printing', 'aborted'),
  ('attention', 'queued'), ('attention', 'finished'), ('attention', 'failed'), ('attention', 'aborted');

CREATE TABLE print_job (
  id {uuid} PRIMARY KEY,
  org {uuid} NOT NULL REFERENCES organization (id),
  number BIGINT NOT NULL,
  name TEXT NOT NULL,
  note TEXT,
  submitter {uuid} NOT NULL,
  project {uuid} REFERENCES project (id),
  printer {uuid} NOT NULL REFERENCES printer (id),
  source TEXT NOT NULL,
  reprint_of {uuid},
  version BIGINT NOT NULL,
  file {uuid} NOT NULL REFERENCES file (id),
  upload_sha {bytes} NOT NULL,
  send_sha {bytes} NOT NULL,
  state TEXT NOT NULL,
  state_version BIGINT NOT NULL,
  authorization_id {uuid},
  not_before BIGINT NOT NULL DEFAULT 0,
  attempt BIGINT NOT NULL DEFAULT 0,
  lease_owner {uuid},
  lease_token BIGINT NOT NULL DEFAULT 0,
  lease_until BIGINT NOT NULL DEFAULT 0,
  lease_epoch BIGINT NOT NULL DEFAULT 0,
  abort_requested BIGINT NOT NULL DEFAULT 0,
  wish TEXT,
  gate_required BIGINT NOT NULL,
  gate_settings_version BIGINT NOT NULL,
  gate_role TEXT NOT NULL,
  idem_key TEXT NOT NULL,
  queue_pos BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  held_since BIGINT,
  state_at BIGINT NOT NULL,
  started_at BIGINT,
  ended_at BIGINT,
  run {uuid},
  decision TEXT,
  decided_by {uuid},
  decided_at BIGINT,
  decision_seq BIGINT,
  rerouted_by {uuid},
  UNIQUE (org, number),
  UNIQUE (org, submitter, idem_key)
);
CREATE INDEX print_job_org ON print_job (org, created_at, id);
CREATE INDEX print_job_printer ON print_job (printer, created_at, id);
CREATE INDEX print_job_submitter ON print_job (submitter, created_at, id);
CREATE INDEX print_job_live ON print_job (org, state, created_at)
  WHERE state IN ('held', 'sent_back', 'queued', 'claimed', 'intent', 'printing', 'attention');
CREATE INDEX print_job_queue ON print_job (printer, state, queue_pos)
  WHERE state IN ('queued', 'claimed', 'intent', 'printing', 'attention');
-- Invariant I8.
CREATE UNIQUE INDEX print_job_one_active ON print_job (printer) WHERE state IN ('claimed', 'intent', 'printing');

CREATE TABLE job_version (
  job {uuid} NOT NULL REFERENCES print_job (id),
  version BIGINT NOT NULL,
  file {uuid} NOT NULL REFERENCES file (id),
  upload_sha {bytes} NOT NULL,
  send_sha {bytes} NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (job, version)
);

-- Append-only: what may be printed, exactly, and who said so.
CREATE TABLE job_authorization (
  id {uuid} PRIMARY KEY,
  job {uuid} NOT NULL REFERENCES print_job (id),
  version BIGINT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('auto', 'approval', 'reroute')),
  actor {uuid} NOT NULL,
  actor_role TEXT NOT NULL,
  upload_sha {bytes} NOT NULL,
  send_sha {bytes} NOT NULL,
  printer {uuid} NOT NULL,
  decided_at BIGINT NOT NULL,
  journal_seq BIGINT NOT NULL
);
CREATE INDEX job_authorization_job ON job_authorization (job);

CREATE TABLE attempt (
  job {uuid} NOT NULL REFERENCES print_job (id),
  n BIGINT NOT NULL,
  printer {uuid} NOT NULL,
  remote_name TEXT NOT NULL UNIQUE,
  run {uuid} NOT NULL,
  lease_token BIGINT NOT NULL,
  send_sha {bytes} NOT NULL,
  intent_at BIGINT NOT NULL,
  pre_state TEXT NOT NULL,
  outcome TEXT,
  evidence TEXT,
  PRIMARY KEY (job, n)
);

-- One journal: audit, events, timeline and outbox. Hashed rows hold ids and digests only.
CREATE TABLE journal_head (
  org {uuid} PRIMARY KEY REFERENCES organization (id),
  seq BIGINT NOT NULL,
  hash {bytes} NOT NULL,
  jobs BIGINT NOT NULL
);
CREATE TABLE journal (
  org {uuid} NOT NULL,
  seq BIGINT NOT NULL,
  at BIGINT NOT NULL,
  kind TEXT NOT NULL,
  actor {uuid},
  job {uuid},
  printer {uuid},
  person {uuid},
  data TEXT NOT NULL,
  text_digest {bytes},
  hash {bytes} NOT NULL,
  PRIMARY KEY (org, seq)
);
CREATE INDEX journal_job ON journal (job, seq);
-- Names and messages: erasable without breaking the chain; the salt keeps short texts from being guessed.
CREATE TABLE journal_text (
  org {uuid} NOT NULL,
  seq BIGINT NOT NULL,
  salt {bytes} NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (org, seq)
);

CREATE TABLE notice_mark (
  org {uuid} NOT NULL,
  account {uuid} NOT NULL,
  seq BIGINT NOT NULL,
  PRIMARY KEY (org, account)
);

CREATE TABLE idempotency (
  account {uuid} NOT NULL,
  key TEXT NOT NULL,
  request {bytes} NOT NULL,
  subject {uuid} NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (account, key)
);
