-- What the operator allows one organization besides its plan. Absent: as much as it wants.
ALTER TABLE organization ADD COLUMN most_people BIGINT;
ALTER TABLE organization ADD COLUMN most_printers BIGINT;
ALTER TABLE organization ADD COLUMN most_storage_mb BIGINT;
