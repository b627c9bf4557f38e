//! What the explanation of the roles says in prose (ROL), and a few rules that come of it, as people meet it. Each cell of the
//! tables is asked by `every_operation`.

#![expect(clippy::unwrap_used, reason = "a failed test says where")]

use testkit::{Actor, Answer, Uuid, Value, both_engines, json};

fn id(of: &Value) -> Uuid {
    of["id"].as_str().unwrap().parse().unwrap()
}

async fn names(person: &Actor, list: &str) -> Vec<String> {
    let items = person.get(list).await.items();
    items.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

#[track_caller]
fn by_role(answer: &Answer) {
    assert_eq!(answer.expect(403, "denied")["failed"], "role", "{answer}");
}

async fn rename(person: &Actor, project: &Value, name: &str) -> Answer {
    let path = format!("/projects/{}", id(project));
    // Whoever does not see it knows no version either.
    let version = person.get(&path).await.body["version"].as_i64().unwrap_or(1);
    person.patch(&path, json!({ "version": version, "name": name })).await
}

both_engines! {
    async fn rol_04_rol_05_an_admin_has_and_changes_all_printers_shared_projects_and_teams(farm) {
        let (admin, member) = (farm.admin(), farm.member());
        let printer = member.add_printer("Bench of Mo", &farm.virtual_printer(), false).await;
        let team = member.new_team("Crew of Mo", &[member.id]).await;
        let (shared, private) = (member.new_project("Shared").await, member.new_project("Private").await);
        member.share(&shared, false, &[id(&team)]).await.done();
        assert_eq!(names(&admin, "/printers").await, ["Bench of Mo"]);
        assert_eq!(names(&admin, "/teams").await, ["Crew of Mo"]);
        assert_eq!(names(&admin, "/projects").await, ["Shared"]);
        admin.patch(&format!("/printers/{printer}"), json!({ "name": "Bench" })).await.done();
        admin.patch(&format!("/teams/{}", id(&team)), json!({ "name": "Crew" })).await.done();
        rename(&admin, &shared, "Shelf").await.done();
        assert_eq!(names(&member, "/projects?q=shelf").await, ["Shelf"]);
        // "All" are all that are shared with somebody (AMB-08).
        rename(&admin, &private, "Mine").await.expect(404, "not_found");
    }

    async fn rol_06_rol_12_rol_18_only_admins_invite_and_guests_create_no_teams(farm) {
        for person in [farm.member(), farm.guest()] {
            by_role(&person.post("/invitations", json!({ "role": "guest" })).await);
            by_role(&person.put("/join-link", json!({ "days": 1, "most": 1 })).await);
            let list = person.call(testkit::Method::POST, "/invitations/bulk?role=guest");
            by_role(&list.header("content-type", "text/csv").bytes("a@school.example").send().await);
        }
        by_role(&farm.guest().post("/teams", json!({ "name": "Mine" })).await);
        farm.admin().invite("guest").await;
    }

    async fn rol_08_rol_14_members_and_guests_have_projects_that_they_created_or_that_are_shared_with_them(farm) {
        let admin = farm.admin();
        for (person, other) in [(farm.member(), farm.guest()), (farm.guest(), farm.member())] {
            let team = admin.new_team(&format!("Crew of {}", person.name), &[person.id]).await;
            let others = admin.new_team(&format!("Crew without {}", person.name), &[other.id]).await;
            person.new_project(&format!("Own {}", person.name)).await;
            let of_a_team = admin.new_project(&format!("Team {}", person.name)).await;
            admin.share(&of_a_team, false, &[id(&team)]).await.done();
            let of_others = admin.new_project(&format!("Others {}", person.name)).await;
            admin.share(&of_others, false, &[id(&others)]).await.done();
            admin.new_project(&format!("Nobody {}", person.name)).await;
            let mut seen = names(&person, &format!("/projects?q={}", &person.name[..3])).await;
            seen.sort();
            assert_eq!(seen, [format!("Own {}", person.name), format!("Team {}", person.name)]);
            admin.get(&format!("/projects/{}", id(&of_others))).await.done();
            person.get(&format!("/projects/{}", id(&of_others))).await.expect(404, "not_found");
        }
    }

    async fn rol_11_amb_05_a_member_changes_jobs_and_projects_of_others_where_they_have_access(farm) {
        let (member, guest) = (farm.member(), farm.guest());
        let (printer, _machine) = farm.bench("Bench").await;
        let job = guest.send_job(printer, "boat").await;
        assert_eq!(member.act(&job, "withdraw", json!({})).await.ok()["status"], "rejected");
        let project = guest.new_project("Theirs").await;
        rename(&member, &project, "Ours").await.expect(404, "not_found");
        farm.share_project(id(&project), farm.org()).await;
        rename(&member, &project, "Ours").await.done();
    }

    async fn rol_16_a_guest_starts_print_jobs_creates_projects_and_shares_them_with_a_team(farm) {
        let (admin, guest) = (farm.admin(), farm.guest());
        let (printer, _machine) = farm.bench("Bench").await;
        assert_eq!(guest.send_job(printer, "boat").await["status"], "needs_approval");
        let team = admin.new_team("Class", &[guest.id]).await;
        let project = guest.new_project("Shelf").await;
        guest.share(&project, false, &[id(&team)]).await.done();
        by_role(&guest.share(&project, true, &[id(&team)]).await);
        assert_eq!(names(&admin, "/projects").await, ["Shelf"]);
    }

    async fn prn_11_whoever_sees_a_printer_may_start_jobs_on_it_and_nobody_else(farm) {
        let admin = farm.admin();
        for shared in [true, false] {
            let printer = admin.add_printer("Bench", &farm.virtual_printer(), shared).await;
            for person in [farm.guest(), farm.member(), admin.clone()] {
                let (sees, sent) = (person.printer(printer).await, person.try_send_job(printer, "boat").await);
                assert_eq!(sees.is_ok(), sent.is_ok(), "{}: {sent}", person.name);
                assert_eq!(sees.is_ok(), shared || person.id == admin.id, "{}", person.name);
            }
        }
    }

    async fn amb_22_whoever_approves_a_job_that_was_reprinted_is_told_before(farm) {
        let (member, guest) = (farm.member(), farm.guest());
        let (printer, _machine) = farm.bench("Bench").await;
        let job = guest.send_job(printer, "boat").await;
        assert_eq!(member.job(&job).await.ok()["reprinted"], json!([]));
        let copy = member.reprint(&job).await.ok();
        let seen = farm.admin().job(&job).await.ok();
        assert_eq!((&seen["status"], &seen["reprinted"][0]["id"]), (&json!("needs_approval"), &copy["id"]), "{seen}");
    }

    async fn amb_28_amb_30_a_waiting_job_has_a_tab_and_enters_the_queue_when_it_is_approved(farm) {
        let (member, guest) = (farm.member(), farm.guest());
        let printer = member.add_printer("Bench", &farm.virtual_printer(), true).await;
        let first = guest.send_job(printer, "sent first").await;
        member.send_job(printer, "sent second").await;
        let tab = async |tab: &str| -> Vec<Value> {
            member.tab(tab).await.iter().map(|job| job["name"].clone()).collect()
        };
        assert_eq!((tab("needs_approval").await, tab("queue").await), (vec![json!("sent first")], vec![json!("sent second")]));
        member.approve(&first).await.done();
        assert_eq!(tab("needs_approval").await, [json!(null); 0]);
        assert_eq!(tab("queue").await, ["sent second", "sent first"]);
    }
}
