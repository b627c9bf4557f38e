-- Invitations that are sent again and mailed, the join link, and the outbox of mail.

-- `email_key` finds who is invited already; `mail_secret` is the sealed link, kept only until its mail has gone.
ALTER TABLE invitation ADD COLUMN email_key TEXT;
ALTER TABLE invitation ADD COLUMN mail_secret {bytes};
UPDATE invitation SET email_key = lower(email) WHERE email IS NOT NULL;
CREATE INDEX invitation_open ON invitation (org, created_at, id) WHERE used_at IS NULL AND withdrawn_at IS NULL;
CREATE INDEX invitation_address ON invitation (org, email_key) WHERE used_at IS NULL AND withdrawn_at IS NULL;

-- One open link for each organization; it makes Guests only. Admins look at it again, so its secret is sealed, not only hashed.
CREATE TABLE join_link (
  id {uuid} PRIMARY KEY,
  org {uuid} NOT NULL REFERENCES organization (id),
  token_hash {bytes} NOT NULL UNIQUE,
  secret {bytes} NOT NULL,
  created_by {uuid} NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  uses BIGINT NOT NULL DEFAULT 0,
  most BIGINT NOT NULL,
  closed_at BIGINT,
  CHECK (uses >= 0 AND uses <= most)
);
CREATE UNIQUE INDEX join_link_open ON join_link (org) WHERE closed_at IS NULL;

-- How far each journal was looked through for mail. What was there before this table is not mailed.
CREATE TABLE mail_position (
  org {uuid} PRIMARY KEY REFERENCES organization (id),
  seq BIGINT NOT NULL
);
INSERT INTO mail_position (org, seq) SELECT org, seq FROM journal_head;

-- One letter for one journal row. Claimed for a while by the process that sends it; a crash may repeat it, never lose it.
CREATE TABLE mail (
  id {uuid} PRIMARY KEY,
  org {uuid} NOT NULL REFERENCES organization (id),
  seq BIGINT NOT NULL,
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
  UNIQUE (org, seq)
);
CREATE INDEX mail_open ON mail (due_at) WHERE ended_at IS NULL;
CREATE INDEX mail_invitation ON mail (invitation);
