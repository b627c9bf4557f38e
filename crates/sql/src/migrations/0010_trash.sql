-- People in the Trash, and private projects of people who are not in the organization any more (AMB-41).

-- Their time in the Trash is over: they can only be invited again.
ALTER TABLE membership ADD COLUMN purged_at BIGINT;
CREATE INDEX membership_trash ON membership (org, removed_at, account) WHERE removed_at IS NOT NULL AND purged_at IS NULL;

-- Whose it was before an Admin claimed it, and when.
ALTER TABLE project ADD COLUMN claimed_from {uuid};
ALTER TABLE project ADD COLUMN claimed_at BIGINT;
-- Whoever comes back is told, without a look through the whole journal.
CREATE INDEX journal_claimed ON journal (org, person, seq) WHERE kind = 'escrow.claimed';
