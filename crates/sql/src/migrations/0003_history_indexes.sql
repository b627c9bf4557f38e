-- A list costs what it shows, not what there is (docs/performance.md). Each way to a print job has an index of its own. The
-- conditions are written as the queries write them: SQLite compares them word for word.

DROP INDEX print_job_org;
DROP INDEX print_job_printer;
DROP INDEX print_job_submitter;

-- History: of an organization, of a printer, of a person (with what is open), of a person on a printer. The state is in them so
-- that SQLite need not read the row to look at it.
CREATE INDEX print_job_past ON print_job (org, created_at, id, state)
  WHERE state IN ('finished', 'failed', 'aborted', 'rejected', 'withdrawn');
CREATE INDEX print_job_past_printer ON print_job (printer, created_at, id, state)
  WHERE state IN ('finished', 'failed', 'aborted', 'rejected', 'withdrawn');
-- The two of a person begin with the person: with a printer or an organization in front, SQLite took them for questions about
-- what is open there, and read a whole history.
CREATE INDEX print_job_own ON print_job (submitter, org, created_at, id, state);
CREATE INDEX print_job_own_printer ON print_job (submitter, printer, created_at, id, state);

-- What is open on a printer, in the words of each question about it.
CREATE INDEX print_job_queued ON print_job (printer, queue_pos, id) WHERE state = 'queued';
CREATE INDEX print_job_queued_org ON print_job (org) WHERE state = 'queued';
CREATE INDEX print_job_held ON print_job (printer) WHERE state = 'held';
CREATE INDEX print_job_busy ON print_job (printer, id) WHERE state IN ('claimed', 'intent', 'printing', 'attention');
CREATE INDEX print_job_on_it ON print_job (printer) WHERE state IN ('intent', 'printing', 'attention');
CREATE INDEX print_job_waiting ON print_job (org, created_at, id) WHERE state IN ('held', 'sent_back');

-- The job whose parts lie on a plate; the reprints of a job.
CREATE INDEX print_job_run ON print_job (run) WHERE run IS NOT NULL;
CREATE INDEX print_job_reprints ON print_job (reprint_of, created_at) WHERE reprint_of IS NOT NULL;

CREATE INDEX printer_adder ON printer (org, added_by);
