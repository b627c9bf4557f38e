CREATE TRIGGER print_job_begins BEFORE INSERT ON print_job
WHEN NEW.state NOT IN ('held', 'queued')
BEGIN SELECT RAISE(ABORT, 'a print job begins held or queued'); END;

CREATE TRIGGER print_job_moves BEFORE UPDATE OF state ON print_job
WHEN OLD.state <> NEW.state
  AND NOT EXISTS (SELECT 1 FROM job_move WHERE from_state = OLD.state AND to_state = NEW.state)
BEGIN SELECT RAISE(ABORT, 'no such move of a print job'); END;

CREATE TRIGGER print_job_voids BEFORE UPDATE ON print_job
WHEN NEW.state IN ('held', 'sent_back') AND NEW.authorization_id IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a held print job has no authorization'); END;

CREATE TRIGGER print_job_stays BEFORE DELETE ON print_job
BEGIN SELECT RAISE(ABORT, 'a print job is never deleted'); END;

CREATE TRIGGER attempt_authorized BEFORE INSERT ON attempt
WHEN NOT EXISTS (
  SELECT 1 FROM print_job j JOIN job_authorization a ON a.id = j.authorization_id AND a.job = j.id
  WHERE j.id = NEW.job AND j.state = 'claimed' AND j.attempt = NEW.n AND j.printer = NEW.printer
    AND a.version = j.version AND a.send_sha = j.send_sha AND a.printer = j.printer AND a.send_sha = NEW.send_sha)
BEGIN SELECT RAISE(ABORT, 'no authorization for this attempt'); END;

CREATE TRIGGER job_authorization_update BEFORE UPDATE ON job_authorization
BEGIN SELECT RAISE(ABORT, 'an authorization is never changed'); END;
CREATE TRIGGER job_authorization_delete BEFORE DELETE ON job_authorization
BEGIN SELECT RAISE(ABORT, 'an authorization is never deleted'); END;
CREATE TRIGGER journal_update BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is never changed'); END;
CREATE TRIGGER journal_delete BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is never deleted'); END;
