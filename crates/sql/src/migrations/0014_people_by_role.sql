-- The page of an organization shows the people of one role, by name, and how many have each role: both are stretches of one index. A
-- search of a role reads it too, not the people.
CREATE INDEX membership_by_role ON membership (org, role, name_key, account, email_key) WHERE removed_at IS NULL;
