-- Rows of a large installation. Numbers come from the row's own number by small primes, so they are the same each time.
-- JSON is written without braces around it where the braces would be taken for a word to fill in.

CREATE TEMPORARY TABLE crowd AS
WITH RECURSIVE series (n) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT n + 1 FROM series WHERE n < {jobs})
SELECT n,
  {start} + n * {step} AS at,
  -- One of ten is in a small organization.
  CASE WHEN n % 10 = 0 THEN 2 + (n / 10) % 4 ELSE 1 END AS org,
  (n + 17) * 48271 % 999983 % 1000 AS u,
  (n + 31) * 69621 % 999979 % 1000 AS v,
  (n + 5) * 16807 % 999961 % 100 AS w
FROM series;

CREATE TEMPORARY TABLE crowd_job AS
SELECT n, at, org, w,
  -- Files are used four times.
  CASE WHEN org > 1 THEN n ELSE n - (n - 1) % 4 END AS file,
  -- Some people and some printers do most of the work: squares of an even number.
  CASE WHEN org > 1 THEN {printers} + (org - 2) * 5 + 1 + u % 5
    WHEN n IN (3, 7, 11) THEN {printers}
    ELSE 1 + u * u * (CASE WHEN n < {jobs} / 5 THEN {printers} - 1 ELSE {printers} * 4 / 5 END) / 1000000 END AS printer,
  CASE WHEN org > 1 THEN {people} + 5 + (org - 2) * 20 + 1 + v % 20
    WHEN n IN (21, 22, 23) THEN {people} + 3
    WHEN n IN (31, 32, 33) THEN {people} + 4
    WHEN n % 5000 = 77 THEN {people} + 2
    ELSE 1 + v * v * {people} / 1000000 END AS person,
  CASE WHEN n > {jobs} - {open} THEN (CASE WHEN n % 2 = 0 THEN 'held' ELSE 'queued' END)
    WHEN w < 80 THEN 'finished' WHEN w < 88 THEN 'failed' WHEN w < 92 THEN 'aborted' WHEN w < 97 THEN 'rejected'
    ELSE 'withdrawn' END AS state,
  -- A third was decided by a person.
  CASE WHEN n % 3 = 0 OR w BETWEEN 92 AND 96 THEN 1 ELSE 0 END AS decided
FROM crowd;

INSERT INTO organization (id, name, plan, approval_on, created_at)
WITH RECURSIVE series (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < 5)
SELECT {id:1|n}, 'Organization ' || n, 'education', 1, {start} FROM series;

INSERT INTO journal_head (org, seq, hash, jobs)
WITH RECURSIVE series (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < 5)
SELECT {id:1|n}, {jobs} * 2 + 2, {sha:n}, {jobs} FROM series;

INSERT INTO account (id, email, email_key, name, name_key, password_hash, created_at)
WITH RECURSIVE series (n) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT n + 1 FROM series WHERE n < {people} + 85)
SELECT {id:2|n}, 'person' || n || '@crowd.example', 'person' || n || '@crowd.example', 'Person ' || n, 'person ' || n, '-',
  {start} + n FROM series;

INSERT INTO membership (org, account, role, created_at)
WITH RECURSIVE series (n) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT n + 1 FROM series WHERE n < {people} + 5)
SELECT {id:1|1}, {id:2|n}, CASE WHEN n = {people} + 4 THEN 'guest' WHEN n > {people} THEN 'member' WHEN n % 100 = 1 THEN 'admin'
  WHEN n % 3 = 0 THEN 'guest' ELSE 'member' END, {start} + n FROM series;
INSERT INTO membership (org, account, role, created_at)
WITH RECURSIVE series (n) AS (SELECT CAST(0 AS BIGINT) UNION ALL SELECT n + 1 FROM series WHERE n < 79)
SELECT {id:1|2 + n / 20}, {id:2|{people} + 6 + n}, CASE WHEN n % 20 = 0 THEN 'admin' ELSE 'member' END, {start} + n FROM series;

INSERT INTO team (id, org, name, name_key, created_by, created_at)
WITH RECURSIVE series (n) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT n + 1 FROM series WHERE n < {teams} + 1)
SELECT {id:4|n}, {id:1|1}, 'Team ' || n, 'team ' || n, {id:2|1}, {start} + n FROM series;

INSERT INTO printer (id, org, name, name_key, family, address, secret, class, added_by, created_at, bed)
WITH RECURSIVE series (n) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT n + 1 FROM series WHERE n < {printers} + 20)
SELECT {id:3|n}, CASE WHEN n <= {printers} THEN {id:1|1} ELSE {id:1|2 + (n - {printers} - 1) / 5} END, 'Printer ' || n, 'printer ' || n,
  'octoprint', '127.0.0.1:1', {sha:n}, 'B', CASE WHEN n <= {printers} THEN {id:2|1} ELSE {id:2|{people} + 6 + (n - {printers} - 1) / 5 * 20} END,
  {start} + n, 'clear' FROM series;

-- Two teams for each printer; the very last printer has a team of its own.
INSERT INTO printer_share (printer, grantee, granted_by, granted_at)
WITH RECURSIVE series (n) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT n + 1 FROM series WHERE n < {printers} - 1)
SELECT {id:3|n}, {id:4|1 + n % {teams}}, {id:2|1}, {start} FROM series
UNION SELECT {id:3|n}, {id:4|1 + (n * 7 + 3) % {teams}}, {id:2|1}, {start} FROM series
UNION SELECT {id:3|{printers}}, {id:4|{teams} + 1}, {id:2|1}, {start};
-- The small organizations share everything with everybody.
INSERT INTO printer_share (printer, grantee, granted_by, granted_at)
SELECT id, org, added_by, {start} FROM printer WHERE org <> {id:1|1};

-- The last team has everybody.
INSERT INTO team_member (team, account, added_at)
WITH RECURSIVE series (n) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT n + 1 FROM series WHERE n < {people}),
  half (n) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT n + 1 FROM half WHERE n < {teams} / 2)
SELECT {id:4|1 + n % {teams}}, {id:2|n}, {start} FROM series
UNION SELECT {id:4|1 + n * 13 % {teams}}, {id:2|n}, {start} FROM series
UNION SELECT {id:4|1 + n * 31 % {teams}}, {id:2|n}, {start} FROM series
UNION SELECT {id:4|{teams}}, {id:2|n}, {start} FROM series
UNION SELECT {id:4|n}, {id:2|{people} + 1}, {start} FROM half
UNION SELECT {id:4|n}, {id:2|{people} + 2}, {start} FROM half WHERE n <= 3
UNION SELECT {id:4|{teams} + 1}, {id:2|{people} + 3}, {start};

INSERT INTO file (id, org, name, extension, size, upload_sha, send_sha, facts, created_by, created_at)
SELECT {id:{start} / 1000 + f.n|f.n}, {id:1|f.org}, 'part ' || f.n || '.gcode', 'gcode', 2000000 + f.n % 5000000, {sha:f.n}, {sha:f.n},
  '{facts}', {id:2|f.person}, f.at
FROM crowd_job f WHERE f.n = f.file;

INSERT INTO print_job (id, org, number, name, name_key, note, submitter, printer, source, version, file, upload_sha, send_sha, state,
  state_version, authorization_id, attempt, gate_required, gate_settings_version, gate_role, idem_key, queue_pos, created_at,
  held_since, state_at, started_at, ended_at, run, decision, decided_by, decided_at, decision_seq)
SELECT {id:at / 1000|n}, {id:1|org}, n, 'part ' || n || ' of ' || (n % 997), 'part ' || n || ' of ' || (n % 997), CASE WHEN n % 7 = 0 THEN 'In the colour of the last one, please.' END,
  {id:2|person}, {id:3|printer}, 'api', 1,
  {id:{start} / 1000 + file|file}, {sha:file}, {sha:file}, state, 4, CASE WHEN state IN ('queued', 'finished', 'failed', 'aborted') THEN {id:5|n} END,
  CASE WHEN state IN ('finished', 'failed', 'aborted') THEN 1 ELSE 0 END, decided, 1, CASE WHEN decided = 1 THEN 'guest' ELSE 'member' END,
  'key ' || n, at, at, CASE WHEN state = 'held' OR decided = 1 THEN at END, at + 7200000000,
  CASE WHEN state IN ('finished', 'failed', 'aborted') THEN at + 60000000 END,
  CASE WHEN state NOT IN ('held', 'queued') THEN at + 7200000000 END,
  CASE WHEN state IN ('finished', 'failed', 'aborted') THEN {id:6|n} END,
  CASE WHEN decided = 1 AND state <> 'held' THEN (CASE WHEN state = 'rejected' THEN 'rejected' ELSE 'approved' END) END,
  CASE WHEN decided = 1 AND state <> 'held' THEN {id:2|1} END,
  CASE WHEN decided = 1 AND state <> 'held' THEN at + 50000000 END,
  CASE WHEN decided = 1 AND state <> 'held' THEN 2 * n END
FROM crowd_job;

INSERT INTO job_version (job, version, file, upload_sha, send_sha, created_at)
SELECT id, 1, file, upload_sha, send_sha, created_at FROM print_job;

INSERT INTO job_authorization (id, job, version, kind, actor, actor_role, upload_sha, send_sha, printer, decided_at, journal_seq)
SELECT authorization_id, id, 1, CASE WHEN decided_by IS NULL THEN 'auto' ELSE 'approval' END, COALESCE(decided_by, submitter),
  CASE WHEN decided_by IS NULL THEN 'member' ELSE 'admin' END, upload_sha, send_sha, printer, created_at + 50000000, 2 * number
FROM print_job WHERE authorization_id IS NOT NULL;

INSERT INTO attempt (job, n, printer, remote_name, run, lease_token, send_sha, intent_at, pre_state, outcome)
SELECT id, 1, printer, 'imp-' || number || '-crowd-1.gcode', run, 1, send_sha, created_at + 55000000, 'idle', state
FROM print_job WHERE run IS NOT NULL;

INSERT INTO journal (org, seq, at, kind, actor, job, printer, data, hash)
SELECT org, 2 * number - 1, created_at, 'job.accepted', submitter, id, printer, '[]', send_sha FROM print_job
UNION ALL
SELECT org, 2 * number, state_at, CASE WHEN decision = 'rejected' THEN 'job.rejected' WHEN decided_by IS NULL THEN 'job.ended'
  ELSE 'job.approved' END, decided_by, id, printer, '[]', send_sha FROM print_job WHERE state NOT IN ('held', 'queued');
INSERT INTO journal_text (org, seq, salt, body)
SELECT org, 2 * number, send_sha, '[]' FROM print_job WHERE decided_by IS NOT NULL;

-- Some have come to a question, on printers of the idle fifth.
UPDATE print_job SET state = 'attention', state_at = created_at + 60000000, ended_at = NULL
WHERE number IN (SELECT MAX(number) FROM print_job WHERE state = 'failed' AND org = {id:1|1} GROUP BY printer
  HAVING MAX(number) < {jobs} / 4) AND org = {id:1|1};

-- A third of the plates wait for somebody.
UPDATE printer SET bed = 'dirty', bed_run = (SELECT j.run FROM print_job j WHERE j.printer = printer.id AND j.state = 'finished'
  ORDER BY j.created_at DESC LIMIT 1) WHERE created_at % 3 = 0;

-- Library projects of many people: half are shared with a team, a tenth with everybody; five files in each, one print job of
-- fifty from one.
INSERT INTO project (id, org, name, name_key, notes, created_by, created_at, changed_at)
WITH RECURSIVE series (n) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT n + 1 FROM series WHERE n < {projects})
SELECT {id:7|n}, {id:1|1}, 'Project ' || n, 'project ' || n, 'Three of each, please.', {id:2|1 + n * 37 % {people}}, {start} + n, {start} + n
FROM series;
INSERT INTO project_share (project, grantee, granted_by, granted_at)
WITH RECURSIVE series (n) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT n + 1 FROM series WHERE n < {projects})
SELECT {id:7|n}, {id:4|1 + n * 3 % {teams}}, {id:2|1 + n * 37 % {people}}, {start} + n FROM series WHERE n % 2 = 0
UNION SELECT {id:7|n}, {id:1|1}, {id:2|1 + n * 37 % {people}}, {start} + n FROM series WHERE n % 10 = 5;
INSERT INTO project_file (id, org, project, name, name_key, newest, created_by, created_at)
WITH RECURSIVE series (n) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT n + 1 FROM series WHERE n < {projects} * 5)
SELECT {id:8|n}, {id:1|1}, {id:7|1 + n % {projects}}, 'part ' || n || '.gcode', 'part ' || n || '.gcode', 1,
  {id:2|1 + (1 + n % {projects}) * 37 % {people}}, {start} + n FROM series;
INSERT INTO project_file_version (project_file, version, file, author, added_by, added_at)
SELECT f.id, 1, (SELECT v.file FROM print_job v WHERE v.org = {id:1|1} AND v.number = 1 + 4 * ((f.created_at - {start}) % ({jobs} / 4))),
  f.created_by, f.created_by, f.created_at FROM project_file f;
UPDATE print_job SET project = {id:7|1 + number % {projects}} WHERE org = {id:1|1} AND number % 50 = 7;

DROP TABLE crowd_job;
DROP TABLE crowd;

-- What each printer last said.
INSERT INTO printer_live (printer, observation, seen_at, changed_at)
SELECT id, '{seen}', created_at, created_at FROM printer;

-- Half of the printers are in groups of five, and a quarter of the jobs that wait for a decision were sent to such a group.
INSERT INTO printer_group (id, org, name, name_key, created_by, created_at)
WITH RECURSIVE series (n) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT n + 1 FROM series WHERE n < {printers} / 10)
SELECT {id:9|n}, {id:1|1}, 'Group ' || n, 'group ' || n, {id:2|1}, {start} + n FROM series;
INSERT INTO printer_group_member (printer, printer_group, added_by, added_at)
WITH RECURSIVE series (n) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT n + 1 FROM series WHERE n < {printers} / 10 * 5)
SELECT {id:3|n}, {id:9|1 + (n - 1) / 5}, {id:2|1}, {start} FROM series;
UPDATE print_job SET printer_group = (SELECT m.printer_group FROM printer_group_member m WHERE m.printer = print_job.printer)
WHERE state = 'held' AND number % 8 = 0;

-- Each journal ends with its newest row: a server that finds less than it remembers takes the database for an older backup.
UPDATE journal_head SET seq = (SELECT MAX(y.seq) FROM journal y WHERE y.org = journal_head.org);
UPDATE journal_head SET hash = (SELECT y.hash FROM journal y WHERE y.org = journal_head.org AND y.seq = journal_head.seq);

-- Its printers are not there: nothing is to start, or the installation would be another one each time it is looked at.
UPDATE meta SET hold_all = 1 WHERE id = 1;
