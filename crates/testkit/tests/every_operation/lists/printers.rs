//! Lists of printers and print jobs.

use testkit::{Actor, Value, json, params};

use super::*;

/// In each of these is a print job.
const STATUSES: [&str; 11] = [
    "needs_approval",
    "sent_back",
    "queued",
    "printing",
    "paused",
    "needs_attention",
    "finished",
    "failed",
    "aborted",
    "rejected",
    "withdrawn",
];

impl Look<'_> {
    pub(super) async fn printers_and_jobs(&mut self, person: &Actor, seen: &Seen) {
        let groups = ids(self.farm, "SELECT id FROM printer_group", &[]).await;
        let groups = details(person, &groups, "/printer-groups/{id}").await;
        self.compare(person, ("/printer-groups", "/printer-groups", "id"), those(&groups, |_| true)).await;
        let there = |body: &Value| body["removed_at"].is_null();
        self.compare(person, ("/printers", "/printers", "id"), those(&seen.printers, there)).await;
        let in_tab = |tab: &'static [&'static str]| move |job: &Value| tab.contains(&job["status"].as_str().unwrap());
        for status in STATUSES.iter().filter(|_| person.id == self.farm.admin().id) {
            assert!(seen.jobs.values().any(|job| job["status"] == *status), "a print job that is {status}");
        }
        for (tab, statuses) in TABS {
            let path = format!("/print-jobs?tab={tab}");
            self.compare(person, ("/print-jobs", &path, "id"), those(&seen.jobs, in_tab(statuses))).await;
            let mine = |job: &Value| in_tab(statuses)(job) && job["submitter"]["id"] == json!(person.id);
            let path = format!("/print-jobs?tab={tab}&mine=true");
            self.compare(person, ("/print-jobs", &path, "id"), those(&seen.jobs, mine)).await;
            let path = format!("/print-jobs?tab={tab}&q=part%20of%20gil");
            let named = |job: &Value| {
                let has = |text: &Value| text.as_str().unwrap_or("").to_lowercase().contains("part of gil");
                in_tab(statuses)(job) && (has(&job["name"]) || has(&job["submitter"]["name"]))
            };
            self.compare(person, ("/print-jobs", &path, "id"), those(&seen.jobs, named)).await;
            // Also for printers that the person does not see: then it is what is their own.
            for printer in self.all.printers.clone() {
                let path = format!("/print-jobs?tab={tab}&printer={printer}");
                let on = |job: &Value| in_tab(statuses)(job) && job["printer"]["id"] == json!(printer);
                self.compare(person, ("/print-jobs", &path, "id"), those(&seen.jobs, on)).await;
            }
        }
        // Of the ended jobs, those whose print lies on a plate.
        let lies = those(&seen.jobs, |job| job["plate"] == "not_cleared");
        let lying = lies.len();
        self.compare(person, ("/print-jobs", "/print-jobs?tab=plate", "id"), lies).await;
        let counts = person.get("/print-jobs/counts").await.ok();
        for (tab, statuses) in &TABS[..3] {
            let many = those(&seen.jobs, in_tab(statuses)).len();
            if counts[*tab] != json!(many) {
                self.wrong.push(format!("{} counts {} in {tab}, and sees {many}", person.name, counts[*tab]));
            }
        }
        if counts["plate"] != json!(lying) {
            self.wrong.push(format!("{} counts {} on plates, and sees {lying}", person.name, counts["plate"]));
        }
        for printer in seen.printers.keys() {
            let path = format!("/printers/{printer}/queue");
            let queue = |job: &Value| {
                let status = job["status"].as_str().unwrap();
                job["printer"]["id"] == json!(printer)
                    && ["queued", "starting", "printing", "paused", "needs_attention"].contains(&status)
            };
            self.compare(person, ("/printers/{id}/queue", &path, "id"), those(&seen.jobs, queue)).await;
        }
        // What happened to a job is told to whoever sees the job: all of it (but which server had it in hand), or nothing.
        let happened = "SELECT seq AS id FROM journal WHERE job = $1 AND kind NOT IN ('job.claimed', 'job.released')";
        for job in seen.jobs.keys() {
            let rows = self.farm.rows(happened, params![*job]).await;
            let rows = rows.iter().map(|row| row.get::<i64>("id").unwrap().to_string()).collect();
            let path = format!("/print-jobs/{job}/timeline");
            self.compare(person, ("/print-jobs/{id}/timeline", &path, "seq"), rows).await;
        }
    }
}
