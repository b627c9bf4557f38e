CREATE TRIGGER membership_names AFTER INSERT ON membership
BEGIN
  UPDATE membership SET name_key = COALESCE((SELECT a.name_key FROM account a WHERE a.id = NEW.account), ''),
    email_key = COALESCE((SELECT a.email_key FROM account a WHERE a.id = NEW.account), '')
    WHERE org = NEW.org AND account = NEW.account;
END;
CREATE TRIGGER team_member_names AFTER INSERT ON team_member
BEGIN
  UPDATE team_member SET name_key = COALESCE((SELECT a.name_key FROM account a WHERE a.id = NEW.account), '')
    WHERE team = NEW.team AND account = NEW.account;
  INSERT INTO team_size (team, people) SELECT t.id, 1 FROM team t JOIN membership m ON m.org = t.org AND m.account = NEW.account
    AND m.removed_at IS NULL WHERE t.id = NEW.team ON CONFLICT (team) DO UPDATE SET people = people + 1;
END;
CREATE TRIGGER team_member_leaves AFTER DELETE ON team_member
BEGIN
  UPDATE team_size SET people = people - 1 WHERE team = OLD.team AND EXISTS (SELECT 1 FROM team t JOIN membership m ON m.org = t.org
    AND m.account = OLD.account AND m.removed_at IS NULL WHERE t.id = OLD.team);
END;
-- Who is removed stays in their teams, for the Trash, but does not count.
CREATE TRIGGER membership_counts AFTER UPDATE OF removed_at ON membership
WHEN (OLD.removed_at IS NULL) <> (NEW.removed_at IS NULL)
BEGIN
  UPDATE team_size SET people = people + CASE WHEN NEW.removed_at IS NULL THEN 1 ELSE -1 END WHERE team IN
    (SELECT x.team FROM team_member x JOIN team t ON t.id = x.team WHERE x.account = NEW.account AND t.org = NEW.org);
END;
CREATE TRIGGER project_creator AFTER INSERT ON project
BEGIN
  UPDATE project SET creator_key = COALESCE((SELECT a.name_key FROM account a WHERE a.id = NEW.created_by), '') WHERE id = NEW.id;
END;
CREATE TRIGGER project_claimed AFTER UPDATE OF created_by ON project
BEGIN
  UPDATE project SET creator_key = COALESCE((SELECT a.name_key FROM account a WHERE a.id = NEW.created_by), '') WHERE id = NEW.id;
END;
CREATE TRIGGER account_names AFTER UPDATE OF name_key, email_key ON account
BEGIN
  UPDATE membership SET name_key = NEW.name_key, email_key = NEW.email_key WHERE account = NEW.id;
  UPDATE team_member SET name_key = NEW.name_key WHERE account = NEW.id;
  UPDATE project SET creator_key = NEW.name_key WHERE created_by = NEW.id;
END;
