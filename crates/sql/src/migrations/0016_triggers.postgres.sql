-- A share stays in its organization: lists rest on it, and ask for the grantee only.
CREATE FUNCTION imp_printer_share_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM printer p WHERE p.id = NEW.printer AND (p.org = NEW.grantee
    OR EXISTS (SELECT 1 FROM team t WHERE t.id = NEW.grantee AND t.org = p.org))) THEN
    RAISE EXCEPTION 'a printer is shared in its organization only';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER printer_share_stays BEFORE INSERT ON printer_share FOR EACH ROW EXECUTE FUNCTION imp_printer_share_stays();
CREATE FUNCTION imp_project_share_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM project p WHERE p.id = NEW.project AND (p.org = NEW.grantee
    OR EXISTS (SELECT 1 FROM team t WHERE t.id = NEW.grantee AND t.org = p.org))) THEN
    RAISE EXCEPTION 'a project is shared in its organization only';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER project_share_stays BEFORE INSERT ON project_share FOR EACH ROW EXECUTE FUNCTION imp_project_share_stays();
CREATE TRIGGER printer_share_fixed BEFORE UPDATE OF printer, grantee ON printer_share FOR EACH ROW
EXECUTE FUNCTION imp_refuse('a share is not moved');
CREATE TRIGGER project_share_fixed BEFORE UPDATE OF project, grantee ON project_share FOR EACH ROW
EXECUTE FUNCTION imp_refuse('a share is not moved');
