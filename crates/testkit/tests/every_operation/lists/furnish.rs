//! What there is to list.

use testkit::{Farm, gcode, json};

use crate::operations::Thing;
use crate::world::{World, id};

/// A thing in each way in which it can stand to people, in several states; also elsewhere.
pub(super) async fn furnish(farm: &Farm) {
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
