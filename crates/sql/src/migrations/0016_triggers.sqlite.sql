-- A share stays in its organization: lists rest on it, and ask for the grantee only.
CREATE TRIGGER printer_share_stays BEFORE INSERT ON printer_share
WHEN NOT EXISTS (SELECT 1 FROM printer p WHERE p.id = NEW.printer AND (p.org = NEW.grantee
  OR EXISTS (SELECT 1 FROM team t WHERE t.id = NEW.grantee AND t.org = p.org)))
BEGIN SELECT RAISE(ABORT, 'a printer is shared in its organization only'); END;
CREATE TRIGGER project_share_stays BEFORE INSERT ON project_share
WHEN NOT EXISTS (SELECT 1 FROM project p WHERE p.id = NEW.project AND (p.org = NEW.grantee
  OR EXISTS (SELECT 1 FROM team t WHERE t.id = NEW.grantee AND t.org = p.org)))
BEGIN SELECT RAISE(ABORT, 'a project is shared in its organization only'); END;
CREATE TRIGGER printer_share_fixed BEFORE UPDATE OF printer, grantee ON printer_share
BEGIN SELECT RAISE(ABORT, 'a share is not moved'); END;
CREATE TRIGGER project_share_fixed BEFORE UPDATE OF project, grantee ON project_share
BEGIN SELECT RAISE(ABORT, 'a share is not moved'); END;
