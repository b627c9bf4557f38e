CREATE FUNCTION imp_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '%', TG_ARGV[0]; END $$;

CREATE TRIGGER print_job_begins BEFORE INSERT ON print_job FOR EACH ROW
WHEN (NEW.state NOT IN ('held', 'queued')) EXECUTE FUNCTION imp_refuse('a print job begins held or queued');

CREATE FUNCTION imp_job_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM job_move WHERE from_state = OLD.state AND to_state = NEW.state) THEN
    RAISE EXCEPTION 'no such move of a print job';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER print_job_moves BEFORE UPDATE OF state ON print_job FOR EACH ROW
WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION imp_job_moves();

CREATE TRIGGER print_job_voids BEFORE UPDATE ON print_job FOR EACH ROW
WHEN (NEW.state IN ('held', 'sent_back') AND NEW.authorization_id IS NOT NULL)
EXECUTE FUNCTION imp_refuse('a held print job has no authorization');

CREATE TRIGGER print_job_stays BEFORE DELETE ON print_job FOR EACH ROW
EXECUTE FUNCTION imp_refuse('a print job is never deleted');

CREATE FUNCTION imp_attempt_authorized() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (
    SELECT 1 FROM print_job j JOIN job_authorization a ON a.id = j.authorization_id AND a.job = j.id
    WHERE j.id = NEW.job AND j.state = 'claimed' AND j.attempt = NEW.n AND j.printer = NEW.printer
      AND a.version = j.version AND a.send_sha = j.send_sha AND a.printer = j.printer AND a.send_sha = NEW.send_sha) THEN
    RAISE EXCEPTION 'no authorization for this attempt';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER attempt_authorized BEFORE INSERT ON attempt FOR EACH ROW EXECUTE FUNCTION imp_attempt_authorized();

CREATE TRIGGER job_authorization_update BEFORE UPDATE ON job_authorization FOR EACH ROW
EXECUTE FUNCTION imp_refuse('an authorization is never changed');
CREATE TRIGGER job_authorization_delete BEFORE DELETE ON job_authorization FOR EACH ROW
EXECUTE FUNCTION imp_refuse('an authorization is never deleted');
CREATE TRIGGER journal_update BEFORE UPDATE ON journal FOR EACH ROW
EXECUTE FUNCTION imp_refuse('the journal is never changed');
CREATE TRIGGER journal_delete BEFORE DELETE ON journal FOR EACH ROW
EXECUTE FUNCTION imp_refuse('the journal is never deleted');
