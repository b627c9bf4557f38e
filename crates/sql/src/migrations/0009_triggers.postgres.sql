-- One more kind of authorization: `group`, for another printer of the job's group.
ALTER TABLE job_authorization DROP CONSTRAINT job_authorization_kind_check;
ALTER TABLE job_authorization ADD CONSTRAINT job_authorization_kind_check
  CHECK (kind IN ('auto', 'approval', 'reroute', 'group'));

-- It continues what the same person authorized before, and only for a printer of the job's group.
CREATE FUNCTION imp_authorization_continues() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT (
    EXISTS (SELECT 1 FROM job_authorization z WHERE z.job = NEW.job AND z.version = NEW.version AND z.send_sha = NEW.send_sha
      AND z.actor = NEW.actor AND z.actor_role = NEW.actor_role AND z.kind <> 'reroute')
    AND EXISTS (SELECT 1 FROM print_job j JOIN printer_group_member m ON m.printer_group = j.printer_group
      WHERE j.id = NEW.job AND m.printer = NEW.printer)) THEN
    RAISE EXCEPTION 'a group authorization continues none';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER job_authorization_continues BEFORE INSERT ON job_authorization FOR EACH ROW
WHEN (NEW.kind = 'group') EXECUTE FUNCTION imp_authorization_continues();
