//! Print jobs, in each way in which they can stand to people: whose, on which printer, from which project.

use testkit::{Actor, Method, json};

use super::*;

impl World<'_> {
    pub(super) async fn job(&mut self, by: &Actor, bench: Bench) -> Case {
        self.count += 1;
        let upload = by.upload(&self.picture, "square.gcode").await;
        let name = format!("Part of {} {}", by.name, self.count);
        let job = by.submit(&name, json!({ "upload": upload, "printer": bench.id, "name": name })).await.ok();
        Case::Job { job, owner: by.id, bench, from: None }
    }

    /// Printed from a project.
    pub(super) async fn job_from(&mut self, by: &Actor, n: usize) -> Option<Case> {
        let bench = self.benches[OF_ALL];
        let shelf = self.shelf(n).await?;
        let name = format!("Part of {} {}", by.name, self.count);
        let path = format!("/projects/{}/files/{}/print", shelf.id, shelf.file);
        let call = by.call(Method::POST, &path).fresh_key().json(&json!({ "printer": bench.id, "name": name }));
        Some(Case::Job { job: call.send().await.ok(), owner: by.id, bench, from: Some(shelf) })
    }

    pub(super) async fn some_job(&mut self, path: &str, n: usize) -> Option<Case> {
        let farm = self.farm;
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let record = path.ends_with("/record");
        let (all, lost, trash) = (self.benches[OF_ALL], self.benches[OF_THE_ADMIN], self.benches[IN_THE_TRASH]);
        let case = match n {
            0 => self.job(&guest, all).await,
            1 => self.job(&member, all).await,
            2 => self.job(&admin, all).await,
            3 => self.job(&admin, lost).await,
            4 => self.job(&member, self.benches[OF_THE_MEMBER]).await,
            5 | 13 => {
                // Sent while the printer was shared, or there; then it was taken away (AMB-35, AMB-42).
                let bench = if n == 5 { lost } else { trash };
                match n {
                    5 => admin.share_printer(bench.id, true).await,
                    _ => admin.post(&format!("/printers/{}/restore", bench.id), json!({})).await.done(),
                }
                let case = self.job(&guest, bench).await;
                if let Case::Job { job, .. } = &case
                    && record
                {
                    admin.approve(job).await.done();
                }
                match n {
                    5 => admin.share_printer(bench.id, false).await,
                    _ => admin.delete(&format!("/printers/{}", bench.id)).await.done(),
                }
                return Some(case);
            }
            6 => self.job(&guest, self.benches[OF_A_TEAM]).await,
            // Nobody can decide it, so there is no record of a decision either.
            7 if record => return None,
            7 => self.job_from(&guest, 0).await?,
            8 => self.job_from(&guest, 5).await?,
            9 => self.job_from(&guest, 6).await?,
            10 => self.job_from(&member, 2).await?,
            11 => self.job_from(&member, 3).await?,
            12 => {
                // The lock follows the shares as they were, also when the project is in the Trash.
                let case = self.job_from(&guest, 5).await?;
                let Case::Job { from: Some(shelf), job, owner, bench } = case else { return None };
                if record {
                    admin.approve(&job).await.done();
                }
                guest.delete(&format!("/projects/{}", shelf.id)).await.done();
                return Some(Case::Job { from: Some(Shelf { in_trash: true, ..shelf }), job, owner, bench });
            }
            _ => self.job(&farm.stranger(), self.benches[ELSEWHERE]).await,
        };
        let Case::Job { job, owner, .. } = &case else { return None };
        match path.rsplit('/').next() {
            Some("resubmit" | "undo-send-back") if n == 0 => admin.send_back(job, "Why?").await.done(),
            Some("take-back") if n == 0 => admin.approve(job).await.done(),
            Some("record") if *owner == guest.id => admin.approve(job).await.done(),
            _ => {}
        }
        Some(case)
    }
}
