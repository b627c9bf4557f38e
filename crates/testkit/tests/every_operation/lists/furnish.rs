//! What there is to list.

use std::time::Duration;

use testkit::{Farm, Fault, Machine, MachineOptions, Speed, Uuid, Value, gcode, json};

use crate::operations::Thing;
use crate::world::{World, id};

/// A thing in each way in which it can stand to people, in several states; also elsewhere.
pub(super) async fn furnish(farm: &Farm) {
    // First, while there are no printers that do not answer.
    printed(farm).await;
    let mut world = World::new(farm).await;
    for thing in [Thing::Team, Thing::Project, Thing::Job, Thing::Group] {
        for n in 0..World::ways(thing) {
            world.case("POST", "/", thing, n).await.unwrap();
        }
    }
    world.case("POST", "/", Thing::RemovedProject, 1).await.unwrap();
    world.case("POST", "/", Thing::Former, 0).await.unwrap();
    let (admin, guest, stranger) = (farm.admin(), farm.guest(), farm.stranger());
    for by in [&admin, &guest, &stranger] {
        let project = by.new_project("Shelf with a removed file").await;
        let file = by.put_file(&project, "gone.gcode", &gcode("gone")).await;
        by.delete(&format!("/projects/{}/files/{}", id(&project), id(&file))).await.done();
    }
    let waiting = admin.tab("needs_approval").await;
    let mut turn = 0;
    for job in waiting.iter().filter(|job| job["submitter"]["id"] == json!(guest.id)) {
        turn += 1;
        let done = match turn % 5 {
            0 => admin.approve(job).await,
            1 => admin.reject(job, Some("Too thin")).await,
            2 => admin.send_back(job, "Why?").await,
            3 => guest.act(job, "withdraw", json!({})).await,
            _ => continue,
        };
        // What is locked for the Admin stays as it is.
        assert!(done.is_ok() || done.code() == "denied" || done.code() == "printer_unavailable", "{done}");
    }
    for by in [&admin, &stranger] {
        for thing in ["invitations", "applications", "account/tokens"] {
            let body = match thing {
                "invitations" => json!({ "role": "guest" }),
                "applications" => json!({ "name": "Slicer", "redirect_uris": [], "scopes": ["read"] }),
                _ => json!({ "name": "Script", "scopes": ["read"], "expires_in_days": 1 }),
            };
            by.post(&format!("/{thing}"), body).await.done();
        }
        let bench = farm.virtual_printer();
        let removed = by.add_printer("Bench that was, too", &bench, true).await;
        by.delete(&format!("/printers/{removed}")).await.done();
        let team = by.new_team("Crew that was, too", &[by.id]).await;
        by.delete(&format!("/teams/{}", id(&team))).await.done();
    }
}

/// A shared printer of the Admin, with a print job of the Guest that is approved.
async fn bench(farm: &Farm, what: &str, machine: &Machine) -> (Uuid, Value) {
    let printer = farm.admin().add_printer(&format!("Bench where it is {what}"), machine, true).await;
    farm.admin().clear_plate(printer).await;
    let job = farm.guest().send_job(printer, &format!("Part of Gil Guest {what}")).await;
    farm.admin().approve(&job).await.done();
    (printer, job)
}

/// Print jobs that were really printed, or are: each in a state that only a printer brings about. They stay in it, because nothing is
/// dispatched any more afterwards.
async fn printed(farm: &Farm) {
    let admin = farm.admin();
    let slow = || MachineOptions { speed: Speed::Whole(Duration::from_secs(3000)), ..MachineOptions::default() };
    let long = farm.virtual_printer_with(slow());
    let (printer, printing) = bench(farm, "printing", &long).await;
    let next = farm.guest().send_job(printer, "Part of Gil Guest that is next").await;
    admin.approve(&next).await.done();
    let held = farm.virtual_printer_with(slow());
    let (_, paused) = bench(farm, "paused", &held).await;
    let stopped = farm.virtual_printer_with(slow());
    let (_, aborted) = bench(farm, "aborted", &stopped).await;
    let quick = farm.virtual_printer();
    let (_, finished) = bench(farm, "finished", &quick).await;
    let (dark, darker) = (farm.virtual_printer(), farm.virtual_printer());
    for machine in [&dark, &darker] {
        machine.fault(Fault::PowerLossAfterStart { ms: 300 });
    }
    let (_, unclear) = bench(farm, "unclear", &dark).await;
    let (_, failed) = bench(farm, "failed", &darker).await;

    let _floor = farm.dispatch();
    admin.wait_status(&finished, "finished").await;
    admin.wait_status(&paused, "printing").await;
    admin.act(&paused, "pause", json!({})).await.done();
    admin.wait_status(&paused, "paused").await;
    admin.wait_status(&aborted, "printing").await;
    admin.act(&aborted, "abort", json!({})).await.done();
    admin.wait_status(&aborted, "aborted").await;
    admin.wait_status(&failed, "needs_attention").await;
    admin.act(&failed, "resolve", json!({ "outcome": "failed", "plate_is_clear": false })).await.done();
    admin.wait_status(&failed, "failed").await;
    admin.wait_status(&unclear, "needs_attention").await;
    admin.wait_status(&printing, "printing").await;
    admin.wait_status(&next, "queued").await;
}
