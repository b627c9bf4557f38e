-- Printer groups: equal printers as one target. A print job always has one printer; its group is only what may still choose another.
CREATE TABLE printer_group (
  id {uuid} PRIMARY KEY,
  org {uuid} NOT NULL REFERENCES organization (id),
  name TEXT NOT NULL,
  name_key TEXT NOT NULL,
  created_by {uuid} NOT NULL,
  created_at BIGINT NOT NULL,
  removed_at BIGINT,
  removed_by {uuid}
);
CREATE UNIQUE INDEX printer_group_name ON printer_group (org, name_key) WHERE removed_at IS NULL;
CREATE INDEX printer_group_creator ON printer_group (created_by, org);

-- The printer is the key: it is in one group at most. A removed group has no rows here.
CREATE TABLE printer_group_member (
  printer {uuid} PRIMARY KEY REFERENCES printer (id),
  printer_group {uuid} NOT NULL REFERENCES printer_group (id),
  added_by {uuid} NOT NULL,
  added_at BIGINT NOT NULL
);
CREATE INDEX printer_group_printers ON printer_group_member (printer_group, printer);

ALTER TABLE print_job ADD COLUMN printer_group {uuid};
-- What the dispatcher may move to a free printer of the group.
CREATE INDEX print_job_of_group ON print_job (printer_group, queue_pos) WHERE state = 'queued' AND printer_group IS NOT NULL;
