CREATE FUNCTION imp_membership_names() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.name_key := COALESCE((SELECT a.name_key FROM account a WHERE a.id = NEW.account), '');
  NEW.email_key := COALESCE((SELECT a.email_key FROM account a WHERE a.id = NEW.account), '');
  RETURN NEW;
END $$;
CREATE TRIGGER membership_names BEFORE INSERT ON membership FOR EACH ROW EXECUTE FUNCTION imp_membership_names();

CREATE FUNCTION imp_team_member_names() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.name_key := COALESCE((SELECT a.name_key FROM account a WHERE a.id = NEW.account), '');
  RETURN NEW;
END $$;
CREATE TRIGGER team_member_names BEFORE INSERT ON team_member FOR EACH ROW EXECUTE FUNCTION imp_team_member_names();

CREATE FUNCTION imp_team_member_joins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- Locked: whoever is being removed at this moment is counted by one of the two only.
  PERFORM 1 FROM membership m JOIN team t ON t.org = m.org WHERE t.id = NEW.team AND m.account = NEW.account AND m.removed_at IS NULL
    FOR SHARE OF m;
  IF FOUND THEN
    INSERT INTO team_size (team, people) VALUES (NEW.team, 1) ON CONFLICT (team) DO UPDATE SET people = team_size.people + 1;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER team_member_joins AFTER INSERT ON team_member FOR EACH ROW EXECUTE FUNCTION imp_team_member_joins();

CREATE FUNCTION imp_team_member_leaves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM membership m JOIN team t ON t.org = m.org WHERE t.id = OLD.team AND m.account = OLD.account AND m.removed_at IS NULL
    FOR SHARE OF m;
  IF FOUND THEN
    UPDATE team_size SET people = people - 1 WHERE team = OLD.team;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER team_member_leaves AFTER DELETE ON team_member FOR EACH ROW EXECUTE FUNCTION imp_team_member_leaves();

-- Who is removed stays in their teams, for the Trash, but does not count.
CREATE FUNCTION imp_membership_counts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE team_size SET people = people + CASE WHEN NEW.removed_at IS NULL THEN 1 ELSE -1 END WHERE team IN
    (SELECT x.team FROM team_member x JOIN team t ON t.id = x.team WHERE x.account = NEW.account AND t.org = NEW.org);
  RETURN NULL;
END $$;
CREATE TRIGGER membership_counts AFTER UPDATE OF removed_at ON membership FOR EACH ROW
WHEN ((OLD.removed_at IS NULL) <> (NEW.removed_at IS NULL)) EXECUTE FUNCTION imp_membership_counts();

CREATE FUNCTION imp_project_creator() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.creator_key := COALESCE((SELECT a.name_key FROM account a WHERE a.id = NEW.created_by), '');
  RETURN NEW;
END $$;
CREATE TRIGGER project_creator BEFORE INSERT OR UPDATE OF created_by ON project FOR EACH ROW EXECUTE FUNCTION imp_project_creator();

CREATE FUNCTION imp_account_names() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE membership SET name_key = NEW.name_key, email_key = NEW.email_key WHERE account = NEW.id;
  UPDATE team_member SET name_key = NEW.name_key WHERE account = NEW.id;
  UPDATE project SET creator_key = NEW.name_key WHERE created_by = NEW.id;
  RETURN NULL;
END $$;
CREATE TRIGGER account_names AFTER UPDATE OF name_key, email_key ON account FOR EACH ROW EXECUTE FUNCTION imp_account_names();
