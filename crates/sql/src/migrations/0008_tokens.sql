-- Acting for a person without their browser: API tokens, applications and what people let them do (ACC-06). Of every secret only
-- the SHA-256 is here. Scopes are words with one blank between them.

CREATE TABLE api_token (
  id {uuid} PRIMARY KEY,
  org {uuid} NOT NULL REFERENCES organization (id),
  account {uuid} NOT NULL REFERENCES account (id),
  name TEXT NOT NULL,
  scopes TEXT NOT NULL,
  token_hash {bytes} NOT NULL UNIQUE,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  last_used_at BIGINT,
  revoked_at BIGINT,
  revoked_by {uuid}
);
CREATE INDEX api_token_org ON api_token (org, id);
CREATE INDEX api_token_account ON api_token (account, org);

-- An application of others that an Admin registered; always a public client: it keeps no secret.
CREATE TABLE oauth_client (
  id {uuid} PRIMARY KEY,
  org {uuid} NOT NULL REFERENCES organization (id),
  name TEXT NOT NULL,
  redirect_uris TEXT NOT NULL,
  scopes TEXT NOT NULL,
  created_by {uuid} NOT NULL,
  created_at BIGINT NOT NULL,
  removed_at BIGINT,
  removed_by {uuid}
);
CREATE INDEX oauth_client_org ON oauth_client (org, id);

-- What a person let an application do; all its access and refresh tokens are one family and end together.
CREATE TABLE oauth_grant (
  id {uuid} PRIMARY KEY,
  org {uuid} NOT NULL REFERENCES organization (id),
  account {uuid} NOT NULL REFERENCES account (id),
  client {uuid} NOT NULL REFERENCES oauth_client (id),
  scopes TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  last_used_at BIGINT,
  revoked_at BIGINT,
  revoked_by {uuid}
);
CREATE INDEX oauth_grant_org ON oauth_grant (org, id);
CREATE INDEX oauth_grant_account ON oauth_grant (account, org);
CREATE INDEX oauth_grant_client ON oauth_grant (client);

CREATE TABLE oauth_access (
  token_hash {bytes} PRIMARY KEY,
  grant_id {uuid} NOT NULL REFERENCES oauth_grant (id),
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX oauth_access_end ON oauth_access (expires_at);

-- used_at: exchanged for its successor; whoever shows it again is not its owner.
CREATE TABLE oauth_refresh (
  token_hash {bytes} PRIMARY KEY,
  grant_id {uuid} NOT NULL REFERENCES oauth_grant (id),
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT
);
CREATE INDEX oauth_refresh_grant ON oauth_refresh (grant_id, created_at);
CREATE INDEX oauth_refresh_end ON oauth_refresh (expires_at);

-- Authorization codes. grant_id: what came of it, to end when the code is shown again.
CREATE TABLE oauth_code (
  code_hash {bytes} PRIMARY KEY,
  client {uuid} NOT NULL REFERENCES oauth_client (id),
  org {uuid} NOT NULL,
  account {uuid} NOT NULL,
  scopes TEXT NOT NULL,
  redirect_uri TEXT NOT NULL,
  challenge TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT,
  grant_id {uuid}
);
CREATE INDEX oauth_code_end ON oauth_code (expires_at);

-- Devices that wait for a person with a browser (RFC 8628).
CREATE TABLE oauth_device (
  device_hash {bytes} PRIMARY KEY,
  user_hash {bytes} NOT NULL UNIQUE,
  client {uuid} NOT NULL REFERENCES oauth_client (id),
  org {uuid} NOT NULL,
  scopes TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  interval_s BIGINT NOT NULL,
  polled_at BIGINT,
  answer TEXT CHECK (answer IN ('allowed', 'refused')),
  account {uuid},
  used_at BIGINT,
  grant_id {uuid}
);
CREATE INDEX oauth_device_end ON oauth_device (expires_at);
