//! Lists of teams, people and what they have; of what lies in the Trash; of notices.

use testkit::{Actor, Role, Uuid, Value, json, params};

use super::*;

impl Look<'_> {
    pub(super) async fn teams_and_people(&mut self, person: &Actor, role: Role, seen: &Seen, everybody: &[Actor]) {
        self.compare(person, ("/teams", "/teams", "id"), those(&seen.teams, |_| true)).await;
        let named = |team: &Value| team["name"].as_str().unwrap().to_lowercase().contains("gil");
        self.compare(person, ("/teams", "/teams?q=gil", "id"), those(&seen.teams, named)).await;
        let mut teams_of: BTreeMap<String, Ids> = BTreeMap::new();
        for team in seen.teams.keys() {
            // Whoever is in it sees it, and sees that they are.
            let mut inside = Ids::new();
            for other in everybody {
                let answer = other.get(&format!("/teams/{team}")).await;
                if answer.is_ok() && answer.body["inside"] == true {
                    inside.insert(other.id.to_string());
                    teams_of.entry(other.id.to_string()).or_default().insert(team.to_string());
                }
            }
            self.compare(person, ("/teams/{id}/people", &format!("/teams/{team}/people"), "id"), inside).await;
        }
        let people = everybody.iter().map(|other| other.id.to_string()).collect();
        self.compare(person, ("/people", "/people", "id"), people).await;
        let named = everybody.iter().filter(|other| other.name.to_lowercase().contains("ada"));
        let named = named.map(|other| other.id.to_string()).collect();
        self.compare(person, ("/people", "/people?q=ada", "id"), named).await;
        for (word, role) in [("guest", Role::Guest), ("member", Role::Member), ("admin", Role::Admin)] {
            let rows = "SELECT account AS id FROM membership WHERE org = $1 AND role = $2 AND removed_at IS NULL";
            let of_role = ids(self.farm, rows, params![self.farm.org(), role]).await;
            let of_role = of_role.iter().map(Uuid::to_string).collect();
            self.compare(person, ("/people", &format!("/people?role={word}"), "id"), of_role).await;
        }
        self.teams_beside_people(person, seen, &teams_of).await;

        // What has no detail of its own is compared with its rows.
        let mine = "SELECT id FROM session WHERE account = $1 AND revoked_at IS NULL";
        let rows = |ids: Vec<Uuid>| ids.into_iter().map(|id| id.to_string()).collect::<Ids>();
        let sessions = rows(ids(self.farm, mine, params![person.id]).await);
        self.compare(person, ("/sessions", "/sessions", "id"), sessions).await;
        let mine = "SELECT id FROM api_token WHERE account = $1 AND revoked_at IS NULL";
        let tokens = rows(ids(self.farm, mine, params![person.id]).await);
        self.compare(person, ("/account/tokens", "/account/tokens", "id"), tokens).await;
        for (list, own) in [
            ("/tokens", "SELECT id FROM api_token WHERE org = $1 AND revoked_at IS NULL"),
            ("/applications", "SELECT id FROM oauth_client WHERE org = $1 AND removed_at IS NULL"),
            (
                "/escrow",
                "SELECT DISTINCT m.account AS id FROM membership m JOIN project p ON p.org = m.org AND p.created_by = m.account \
                 WHERE m.org = $1 AND m.removed_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM project_share s WHERE s.project = p.id)",
            ),
            ("/invitations", "SELECT id FROM invitation WHERE org = $1 AND withdrawn_at IS NULL AND used_at IS NULL"),
        ] {
            if role == Role::Admin {
                let all = rows(ids(self.farm, own, params![self.farm.org()]).await);
                assert!(!all.is_empty(), "{list}: there is something to list");
                let member = if list == "/escrow" { "person.id" } else { "id" };
                self.compare(person, (list, list, member), all).await;
            } else {
                person.get(list).await.expect(403, "denied");
            }
        }
    }

    /// Beside each person stand those of the teams that the asker sees, by name, three at most; and how many there are.
    async fn teams_beside_people(&mut self, person: &Actor, seen: &Seen, teams_of: &BTreeMap<String, Ids>) {
        let in_order: Vec<String> = person
            .get("/teams?limit=200")
            .await
            .items()
            .iter()
            .map(|team| team["id"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(in_order.len(), seen.teams.len(), "one page has all teams");
        for one in person.get("/people").await.items() {
            let theirs = teams_of.get(one["id"].as_str().unwrap());
            let theirs: Vec<&String> =
                in_order.iter().filter(|team| theirs.is_some_and(|ids| ids.contains(*team))).collect();
            let said: Vec<&str> =
                one["teams"].as_array().unwrap().iter().map(|team| team["id"].as_str().unwrap()).collect();
            self.lists += 1;
            if one["team_count"] != json!(theirs.len()) || !theirs.iter().take(3).copied().eq(said.iter().copied()) {
                self.wrong.push(format!("teams of {} for {}: {theirs:?}, said {one}", one["name"], person.name));
            }
        }
    }

    /// What lies in the Trash is listed for whoever could bring it back.
    pub(super) async fn trash(&mut self, person: &Actor, role: Role) {
        let mut wanted = Ids::new();
        // A file comes back by the right to change its project, which must be there; a person by that to remove people.
        let files = "SELECT f.id, f.project FROM project_file f WHERE f.removed_at IS NOT NULL";
        for row in self.farm.rows(files, &[]).await {
            let project: Uuid = row.get("project").unwrap();
            let rows = person.get(&format!("/projects/{project}/permissions")).await;
            let rows = if rows.is_ok() { rows.items() } else { Vec::new() };
            if rows.iter().any(|row| row["action"] == "project.edit" && row["allowed"] == true) {
                wanted.insert(row.get::<Uuid>("id").unwrap().to_string());
            }
        }
        if role == Role::Admin {
            let removed = "SELECT account AS id FROM membership WHERE org = $1 AND removed_at IS NOT NULL AND removed_by <> account";
            wanted.extend(ids(self.farm, removed, params![self.farm.org()]).await.iter().map(Uuid::to_string));
        }
        for (kind, query, action) in [
            ("printers", "SELECT id FROM printer WHERE removed_at IS NOT NULL", "printer.delete"),
            ("teams", "SELECT id FROM team WHERE removed_at IS NOT NULL", "team.change"),
            ("projects", "SELECT id FROM project WHERE removed_at IS NOT NULL", "project.delete"),
        ] {
            let removed = ids(self.farm, query, &[]).await;
            assert!(removed.len() > 1, "{kind} in the Trash");
            for (id, body) in details(person, &removed, &format!("/{kind}/{{id}}/permissions")).await {
                let rows = body["items"].as_array().unwrap();
                if rows.iter().any(|row| row["action"] == action && row["allowed"] == true) {
                    wanted.insert(id.to_string());
                }
            }
        }
        self.compare(person, ("/trash", "/trash", "id"), wanted).await;
    }

    /// Notices are about the own jobs, and about what others and printers did with them.
    pub(super) async fn notices(&mut self, person: &Actor, seen: &Seen) {
        let mut wanted = Ids::new();
        let own = seen.jobs.iter().filter(|(_, job)| job["submitter"]["id"] == json!(person.id));
        const TOLD: [&str; 6] =
            ["job.approved", "job.rejected", "job.sent_back", "job.ended", "job.attention", "job.resolved_failed"];
        for (job, _) in own {
            for line in person.get(&format!("/print-jobs/{job}/timeline")).await.items() {
                if TOLD.contains(&line["kind"].as_str().unwrap()) && line["actor"]["id"] != json!(person.id) {
                    wanted.insert(line["seq"].to_string());
                }
            }
        }
        self.compare(person, ("/notices", "/notices", "seq"), wanted).await;
    }
}
