-- After an older backup was put back nothing starts until an Admin has looked (dispatch.md 2.8).
-- held_back: why nothing of this organization starts (restored, no_mark, operator); NULL: nothing is held back.
ALTER TABLE organization ADD COLUMN held_back TEXT;
ALTER TABLE organization ADD COLUMN held_back_at BIGINT;
-- mark_kept: the data folder remembers how far the journals had come; from then on it must not be missing.
ALTER TABLE meta ADD COLUMN mark_kept BIGINT NOT NULL DEFAULT 0;
