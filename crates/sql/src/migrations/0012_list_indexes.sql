-- For lists by name, and for what is counted each time a page is opened.

CREATE INDEX printer_by_name ON printer (org, LOWER(name), id) WHERE removed_at IS NULL;
CREATE INDEX membership_present ON membership (org, account) WHERE removed_at IS NULL;
