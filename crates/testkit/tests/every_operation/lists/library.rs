//! Lists of library projects and of what is in them.

use testkit::{Actor, Value, json};

use super::*;

impl Look<'_> {
    pub(super) async fn library(&mut self, person: &Actor, seen: &Seen, everybody: &[Actor]) {
        self.compare(person, ("/projects", "/projects", "id"), those(&seen.projects, |_| true)).await;
        // Words of the name, or of who created it.
        let has = |text: &Value| text.as_str().unwrap().to_lowercase().contains("gil");
        let named = |project: &Value| has(&project["name"]) || has(&project["created_by"]["name"]);
        self.compare(person, ("/projects", "/projects?q=gil", "id"), those(&seen.projects, named)).await;
        let mut changeable = Ids::new();
        for project in seen.projects.keys() {
            let rows = person.get(&format!("/projects/{project}/permissions")).await.items();
            if rows.iter().any(|row| row["action"] == "project.upload" && row["allowed"] == true) {
                changeable.insert(project.to_string());
            }
        }
        self.compare(person, ("/projects", "/projects?changeable=true", "id"), changeable).await;
        for team in seen.teams.keys() {
            let shared =
                |project: &Value| project["teams"].as_array().unwrap().iter().any(|one| one["id"] == json!(team));
            let path = format!("/projects?team={team}");
            self.compare(person, ("/projects", &path, "id"), those(&seen.projects, shared)).await;
        }
        for project in seen.projects.keys() {
            let from = |job: &Value| job["project"]["id"] == json!(project);
            let path = format!("/projects/{project}/print-jobs");
            self.compare(person, ("/projects/{id}/print-jobs", &path, "id"), those(&seen.jobs, from)).await;
            let versions = format!("/projects/{project}/files/{{id}}/versions");
            let files = details(person, &self.all.files, &versions).await;
            let path = format!("/projects/{project}/files");
            self.compare(person, ("/projects/{id}/files", &path, "id"), those(&files, |_| true)).await;
            for file in files.keys() {
                let mut there = Ids::new();
                for version in 1..=4 {
                    let path = format!("/projects/{project}/files/{file}/content?version={version}");
                    if person.get(&path).await.is_ok() {
                        there.insert(version.to_string());
                    }
                }
                let path = format!("/projects/{project}/files/{file}/versions");
                self.compare(person, ("/projects/{id}/files/{file}/versions", &path, "version"), there).await;
            }
            let mut viewers = Ids::new();
            for other in everybody {
                if other.get(&format!("/projects/{project}")).await.is_ok() {
                    viewers.insert(other.id.to_string());
                }
            }
            let path = format!("/projects/{project}/people");
            self.compare(person, ("/projects/{id}/people", &path, "id"), viewers).await;
        }
    }
}
