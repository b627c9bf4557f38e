-- Uploads that are complete and whose time will be over: what nobody used of them is forgotten then.
CREATE INDEX upload_to_close ON upload (expires_at, org) WHERE file IS NOT NULL AND discarded_at IS NULL;
