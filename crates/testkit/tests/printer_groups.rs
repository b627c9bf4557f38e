//! Printer groups: who may do what with them, how a print job that is sent to one gets its printer, and who decides about it
//! (ORG-04, PRN-11, AMB-07). How queued ones move to free printers is in `printer_groups_dispatch.rs`.

#![expect(clippy::unwrap_used, reason = "a failed test says where")]

use testkit::{Actor, Events, Farm, Method, Role, Uuid, Value, both_engines, json, params};

fn id(of: &Value) -> Uuid {
    of["id"].as_str().unwrap().parse().unwrap()
}

fn names(of: &Value) -> Vec<String> {
    of["printers"].as_array().unwrap().iter().map(|printer| printer["name"].as_str().unwrap().to_owned()).collect()
}

/// Printers of the Admin, shared with these teams each.
async fn printers(farm: &Farm, shares: &[(&str, &[Uuid])]) -> Vec<Uuid> {
    let mut printers = Vec::new();
    for (name, teams) in shares {
        let printer = farm.admin().add_printer(name, &farm.virtual_printer(), false).await;
        farm.admin().share_printer_with(printer, false, teams).await.done();
        printers.push(printer);
    }
    printers
}

async fn group(person: &Actor, group: &Value) -> Value {
    person.get(&format!("/printer-groups/{}", id(group))).await.ok()
}

/// The next change of this kind.
async fn until(events: &mut Events, kind: &str) -> Value {
    loop {
        let change = events.change().await;
        if change["kind"] == kind {
            return change;
        }
    }
}

/// Another job there, so that a printer is not the one with the fewest.
async fn burden(farm: &Farm, printer: Uuid) {
    farm.admin().send_job(printer, "before").await;
}

both_engines! {
    async fn org_04_members_create_and_change_guests_see_and_others_see_nothing(farm) {
        let (admin, member, guest, stranger) = (farm.admin(), farm.member(), farm.guest(), farm.stranger());
        let outsider = farm.person("Olga Outsider", Role::Member).await;
        let crew = id(&admin.new_team("Crew", &[member.id, guest.id]).await);
            let all = printers(farm, &[("Bench 1", &[crew][..]), ("Bench 2", &[crew][..]), ("Hidden", &[][..])]).await;
        let foreign = stranger.add_printer("Foreign", &farm.virtual_printer(), true).await;
        let body = json!({ "name": "Benches", "printers": [all[0], all[1]] });
        guest.post("/printer-groups", body.clone()).await.expect(403, "denied");
        // Only printers that one may use; of another organization, hidden or never there: all the same.
        for printer in [all[2], foreign, Uuid::new_v4()] {
            member.post("/printer-groups", json!({ "name": "Benches", "printers": [printer] })).await.expect(404, "not_found");
        }
        let create = |key: &'static str| member.call(Method::POST, "/printer-groups").header("idempotency-key", key).json(&body);
        let made = create("one").send().await.ok();
        assert_eq!(create("one").send().await.ok()["id"], made["id"], "the same request twice");
        assert_eq!((names(&made), &made["created_by"]["id"]), (vec!["Bench 1".to_owned(), "Bench 2".to_owned()], &json!(member.id)));
        let at = format!("/printer-groups/{}", id(&made));

        // Whoever may use one of its printers sees it.
        let seen = group(&guest, &made).await;
        assert_eq!((names(&seen).len(), seen["actions"].get("change")), (2, None), "hidden by role stays hidden");
        for answer in [
            guest.patch(&at, json!({ "name": "Mine" })).await,
            guest.put_into_group(&made, all[0]).await,
            guest.delete(&format!("{at}/printers/{}", all[0])).await,
            guest.delete(&at).await,
        ] {
            answer.expect(403, "denied");
        }
        for (person, read) in [(&outsider, true), (&stranger, true), (&outsider, false), (&stranger, false)] {
            match read {
                true => person.get(&at).await.expect(404, "not_found"),
                false => person.delete(&at).await.expect(404, "not_found"),
            };
            assert_eq!(person.get("/printer-groups").await.items(), Vec::<Value>::new());
            person.get(&format!("{at}/permissions")).await.expect(404, "not_found");
        }
        let rows = guest.get(&format!("{at}/permissions")).await.items();
        let told: Vec<_> = rows.iter().map(|row| (row["action"].as_str().unwrap(), row["allowed"].as_bool().unwrap())).collect();
        assert_eq!(told, [("printer_group.see", true), ("printer_group.change", false)]);

        // In it, each sees the printers that they may use.
        admin.put_into_group(&made, all[2]).await.done();
        assert_eq!((names(&group(&admin, &made).await).len(), names(&group(&member, &made).await).len()), (3, 2));
        member.put_into_group(&made, foreign).await.expect(404, "not_found");
        admin.put_into_group(&made, foreign).await.expect(404, "not_found");
        member.delete(&format!("{at}/printers/{}", all[2])).await.expect(404, "not_found");
        member.delete(&format!("{at}/printers/{}", all[1])).await.done();
        member.delete(&format!("{at}/printers/{}", all[1])).await.expect(404, "not_found");
        assert_eq!(names(&group(&member, &made).await), ["Bench 1"]);
        // A Member who made it keeps sight of it; a Guest sees it by its printers only.
        member.delete(&format!("{at}/printers/{}", all[0])).await.done();
        assert_eq!(names(&group(&member, &made).await), Vec::<String>::new());
        guest.get(&at).await.expect(404, "not_found");
        admin.share_printer_with(all[2], false, &[crew]).await.done();
        assert_eq!(names(&group(&guest, &made).await), ["Hidden"]);
        // In the Trash a printer is in no group that anybody sees; brought back, it is.
        admin.delete(&format!("/printers/{}", all[2])).await.done();
        guest.get(&at).await.expect(404, "not_found");
        admin.post(&format!("/printers/{}/restore", all[2]), json!({})).await.done();
        assert_eq!(names(&group(&guest, &made).await), ["Hidden"]);
    }

    async fn names_pages_and_the_end_of_a_group(farm) {
        let (admin, member) = (farm.admin(), farm.member());
        let all = printers(farm, &[("Bench 1", &[][..])]).await;
        let mut groups = Vec::new();
        for name in ["Ceiling", "Attic", "Basement"] {
            groups.push(admin.new_printer_group(name, &[]).await);
        }
        admin.post("/printer-groups", json!({ "name": "ATTIC" })).await.expect(409, "name_taken");
        member.new_printer_group("Member's", &[]).await;
        let at = format!("/printer-groups/{}", id(&groups[0]));
        admin.patch(&at, json!({ "name": "attic" })).await.expect(409, "name_taken");
        assert_eq!(admin.patch(&at, json!({ "name": "Roof" })).await.ok()["name"], "Roof");
        admin.patch(&at, json!({ "name": " " })).await.expect(422, "invalid");
        let list = async |query: &str| {
            let page = admin.get(&format!("/printer-groups{query}")).await.ok();
            let names: Vec<String> = page["items"].as_array().unwrap().iter().map(|g| g["name"].as_str().unwrap().to_owned()).collect();
            (names, page["next"].as_str().map(str::to_owned))
        };
        assert_eq!(list("").await.0, ["Attic", "Basement", "Member's", "Roof"]);
        let (first, next) = list("?limit=3").await;
        assert_eq!((first.len(), list(&format!("?limit=3&cursor={}", next.unwrap())).await), (3, (vec!["Roof".to_owned()], None)));
        assert_eq!(list("?q=ASE").await.0, ["Basement"]);
        let seen = member.get("/printer-groups").await.ok();
        assert_eq!((seen["items"].as_array().unwrap().len(), &seen["actions"]["create"]["allowed"]), (1, &json!(true)));

        // Removed: not there any more, its name and its printers are free.
        admin.put_into_group(&groups[0], all[0]).await.done();
        admin.put_into_group(&groups[1], all[0]).await.expect(409, "in_a_group");
        admin.delete(&at).await.done();
        for answer in [admin.get(&at).await, admin.delete(&at).await, admin.put_into_group(&groups[0], all[0]).await] {
            answer.expect(404, "not_found");
        }
        admin.try_send_to_group(&groups[0], "late").await.expect(404, "not_found");
        let again = admin.new_printer_group("Roof", &all).await;
        assert_eq!(names(&again), ["Bench 1"]);
        let kinds = farm.rows("SELECT kind FROM journal WHERE kind LIKE 'printer_group.%' ORDER BY seq DESC LIMIT 3", params![]).await;
        let kinds: Vec<String> = kinds.iter().map(|row| row.get("kind").unwrap()).collect();
        assert_eq!(kinds, ["printer_group.created", "printer_group.removed", "printer_group.printer_added"]);
    }

    async fn a_group_is_for_equal_printers_each_in_one_group(farm) {
        let admin = farm.admin();
        let all = printers(farm, &[("A", &[][..]), ("B", &[][..]), ("C", &[][..])]).await;
        let made = admin.new_printer_group("Equal", &[all[0]]).await;
        // Everything that is known of a printer's kind: its family, and with it what may be concluded from its silence.
        farm.exec("UPDATE printer SET class = 'A' WHERE id = $1", params![all[1]]).await;
        let said = admin.put_into_group(&made, all[1]).await.expect(409, "not_equal");
        assert!(said["detail"].as_str().unwrap().contains("another kind of printer"), "{said}");
        farm.exec("UPDATE printer SET class = 'B', family = 'moonraker' WHERE id = $1", params![all[1]]).await;
        admin.put_into_group(&made, all[1]).await.expect(409, "not_equal");
        admin.post("/printer-groups", json!({ "name": "Mixed", "printers": [all[1], all[2]] })).await.expect(409, "not_equal");
        assert_eq!(farm.number("SELECT COUNT(*) AS n FROM printer_group", params![]).await, 1, "nothing of it stays");
        farm.exec("UPDATE printer SET family = 'octoprint' WHERE id = $1", params![all[1]]).await;
        admin.put_into_group(&made, all[1]).await.done();
        admin.put_into_group(&made, all[1]).await.done();
        admin.post("/printer-groups", json!({ "name": "Second", "printers": [all[1]] })).await.expect(409, "in_a_group");
        admin.delete(&format!("/printers/{}", all[2])).await.done();
        admin.put_into_group(&made, all[2]).await.expect(409, "printer_removed");
    }

    async fn prn_11_the_server_chooses_the_printer_with_the_fewest_jobs_that_the_sender_may_use(farm) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let crew = id(&admin.new_team("Crew", &[guest.id]).await);
            let mut all = Vec::new();
        for name in ["Bench 3", "Bench 1", "Bench 2"] {
            all.push(admin.add_printer(name, &farm.virtual_printer(), true).await);
        }
        let made = member.new_printer_group("Benches", &all).await;
        let sent = async |person: &Actor| {
            let job = person.send_to_group(&made, "part").await;
            assert_eq!(job["printer_group"], json!({ "id": made["id"], "name": "Benches" }));
            job["printer"]["name"].as_str().unwrap().to_owned()
        };
        assert_eq!([sent(&member).await, sent(&member).await, sent(&guest).await, sent(&member).await], ["Bench 1", "Bench 2", "Bench 3", "Bench 1"]);
        burden(farm, all[0]).await;
        assert_eq!(sent(&member).await, "Bench 2");
        admin.patch(&format!("/printers/{}", all[0]), json!({ "enabled": false })).await.done();
        admin.share_printer_with(all[1], false, &[]).await.done();
        assert_eq!(sent(&guest).await, "Bench 2", "of the others one is off, and one is not shared with the Guest");
        admin.share_printer_with(all[2], false, &[crew]).await.done();
        assert_eq!(sent(&guest).await, "Bench 2");
        admin.delete(&format!("/printers/{}", all[2])).await.done();
        admin.share_printer_with(all[1], false, &[crew]).await.done();
        admin.patch(&format!("/printers/{}", all[1]), json!({ "enabled": false })).await.done();
        let said = guest.try_send_to_group(&made, "nowhere").await.expect(409, "printer_unavailable");
        assert_eq!(said["reason"], "no_printer_in_group");
        assert!(said["detail"].as_str().unwrap().starts_with("None of the printers of Benches"), "{said}");

        // A printer or a group, one of the two; and only groups that one sees.
        let upload = member.upload(&testkit::gcode("x"), "x.gcode").await;
        for request in [json!({ "upload": upload }), json!({ "upload": upload, "printer": all[0], "printer_group": made["id"] })] {
            member.submit(&Uuid::new_v4().to_string(), request).await.expect(422, "invalid");
        }
        farm.stranger().try_send_to_group(&made, "foreign").await.expect(404, "not_found");
        // From a project likewise.
        admin.patch(&format!("/printers/{}", all[1]), json!({ "enabled": true })).await.done();
        let project = guest.new_project("Parts").await;
        let file = guest.put_file(&project, "part.gcode", &testkit::gcode("p")).await;
        let path = format!("/projects/{}/files/{}/print", id(&project), id(&file));
        let call = guest.call(Method::POST, &path).fresh_key().json(&json!({ "printer_group": made["id"] }));
        assert_eq!(call.send().await.ok()["printer"]["name"], "Bench 1");
    }

    async fn amb_07_whoever_may_use_one_candidate_sees_and_approves_for_one_that_both_may_use(farm) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let (other, nobody) = (farm.person("Olga Other", Role::Member).await, farm.person("Nils Nothing", Role::Member).await);
        let guests = id(&admin.new_team("Guests", &[guest.id]).await);
        let both = id(&admin.new_team("Both", &[guest.id, member.id]).await);
        let others = id(&admin.new_team("Others", &[other.id]).await);
        let all = printers(farm, &[("A guests", &[guests][..]), ("B both", &[both][..]), ("C others", &[others][..])]).await;
        let made = admin.new_printer_group("Benches", &all).await;
        let job = guest.send_to_group(&made, "part").await;
        assert_eq!((&job["status"], &job["printer"]["name"]), (&json!("needs_approval"), &json!("A guests")));

        // Seen by the candidates, in lists as in detail; also the number on the tab.
        let listed = async |person: &Actor| person.tab("needs_approval").await.len();
        for (person, sees) in [(&admin, true), (&member, true), (&other, true), (&nobody, false)] {
            let detail = person.job(&job).await;
            assert_eq!((detail.is_ok(), listed(person).await == 1), (sees, sees), "{}", person.name);
            let counts = person.get("/print-jobs/counts").await.ok();
            assert_eq!(counts["needs_approval"], i64::from(sees), "{}", person.name);
        }
        nobody.approve(&job).await.expect(404, "not_found");
        // Seen is not decidable: no candidate is open to both.
        let blocked = other.job(&job).await.ok();
        assert_eq!((&blocked["actions"]["approve"]["allowed"], &blocked["reason"]["code"]), (&json!(false), &json!("no_printer_in_group")));
        assert_eq!(other.approve(&job).await.expect(409, "printer_unavailable")["reason"], "no_printer_in_group");
        assert_eq!(guest.job(&job).await.ok()["reason"], Value::Null);
        let can = guest.look(&job, "approvers").await.ok();
        let can: Vec<_> = can["people"].as_array().unwrap().iter().map(|person| person["name"].as_str().unwrap().to_owned()).collect();
        assert_eq!(can.iter().filter(|name| *name != "Ada Admin").collect::<Vec<_>>(), ["Mo Member"], "{can:?}");

        // Not what is on the screen: an older printer is not approved unseen.
        let shown = member.job(&job).await.ok();
        assert_eq!(shown["actions"]["approve"]["allowed"], true);
        let decision = |printer: Uuid| json!({ "version": job["version"], "send_sha": job["send_sha"], "printer": printer });
        member.act(&job, "approve", decision(all[1])).await.expect(409, "changed");
        let approved = member.act(&job, "approve", decision(all[0])).await.ok();
        assert_eq!((&approved["status"], &approved["printer"]["name"]), (&json!("queued"), &json!("B both")));
        let record = guest.look(&job, "record").await.ok();
        assert_eq!((&record["kind"], &record["printer"], &record["approved_by"]), (&json!("approval"), &json!("B both"), &json!("Mo Member")));
        let told = guest.look(&job, "timeline").await.items();
        assert!(told.iter().any(|line| line["sentence"] == "The server chose another printer of its group."), "{told:?}");
        // It has its printer now: whoever does not see that one does not see the job.
        other.job(&job).await.expect(404, "not_found");
        assert_eq!(other.tab("queue").await.len(), 0);
        // Taken back, it waits for the group again.
        member.take_back(&job).await.done();
        other.job(&job).await.done();
        other.reject(&job, Some("no")).await.done();
        other.job(&job).await.expect(404, "not_found");
    }

    async fn an_approval_prefers_the_printer_with_fewer_jobs(farm) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
            let (one, two) = (admin.add_printer("Bench 1", &farm.virtual_printer(), true).await, admin.add_printer("Bench 2", &farm.virtual_printer(), true).await);
        let made = member.new_printer_group("Benches", &[one, two]).await;
        let job = guest.send_to_group(&made, "part").await;
        let stays = guest.send_to_group(&made, "other").await;
        assert_eq!((&job["printer"]["name"], &stays["printer"]["name"]), (&json!("Bench 1"), &json!("Bench 2")));
        burden(farm, one).await;
        burden(farm, one).await;
        assert_eq!(member.approve(&job).await.ok()["printer"]["name"], "Bench 2");
        // A printer that went away under a waiting job is no obstacle when the group has another.
        admin.delete(&format!("/printers/{two}")).await.done();
        assert_eq!(member.job(&stays).await.ok()["actions"]["approve"]["allowed"], true);
        assert_eq!(member.approve(&stays).await.ok()["printer"]["name"], "Bench 1");
    }

    async fn a_former_submitters_job_of_a_group_stays_decidable(farm) {
        let (admin, member) = (farm.admin(), farm.member());
        let leaver = farm.person("Leo Leaver", Role::Guest).await;
            let (one, two) = (admin.add_printer("Bench 1", &farm.virtual_printer(), true).await, admin.add_printer("Bench 2", &farm.virtual_printer(), true).await);
        let made = admin.new_printer_group("Benches", &[one, two]).await;
        let job = leaver.send_to_group(&made, "part").await;
        admin.remove_person(&leaver).await.done();
        burden(farm, one).await;
        assert_eq!(member.approve(&job).await.ok()["printer"]["name"], "Bench 2");
    }

    async fn jobs_keep_their_printers_when_the_group_or_their_choice_ends(farm) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
            let mut all = Vec::new();
        for name in ["Bench 1", "Bench 2", "Elsewhere"] {
            all.push(admin.add_printer(name, &farm.virtual_printer(), true).await);
        }
        let made = member.new_printer_group("Benches", &all[..2]).await;
        let (held, queued) = (guest.send_to_group(&made, "held").await, member.send_to_group(&made, "queued").await);
        let moved = guest.send_to_group(&made, "moved").await;
        // Whoever moves it by hand has chosen: it is not the group's any more.
        let moved = member.reroute(&moved, all[2]).await.ok();
        assert_eq!((&moved["printer"]["name"], &moved["printer_group"]), (&json!("Elsewhere"), &Value::Null));
        assert_eq!(member.approve(&moved).await.ok()["printer"]["name"], "Elsewhere");
        // A printer leaves the group: the job stays with it, and it still is one that it can be approved for.
        member.delete(&format!("/printer-groups/{}/printers/{}", id(&made), all[0])).await.done();
        assert_eq!(member.job(&held).await.ok()["printer"]["name"], "Bench 1");
        member.delete(&format!("/printer-groups/{}", id(&made))).await.done();
        for job in [&held, &queued] {
            let left = member.job(job).await.ok();
            assert_eq!((&left["printer"], &left["printer_group"], &left["status"]), (&job["printer"], &Value::Null, &job["status"]));
        }
        let approved = member.approve(&held).await.ok();
        assert_eq!(approved["printer"]["name"], "Bench 1");
        assert_eq!(farm.number("SELECT COUNT(*) AS n FROM journal WHERE kind = 'job.assigned'", params![]).await, 0);
    }

    async fn a_waiting_job_of_a_group_is_live_for_whoever_could_decide(farm) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let nobody = farm.person("Nils Nothing", Role::Member).await;
        let (guests, members) = (id(&admin.new_team("Guests", &[guest.id]).await), id(&admin.new_team("Members", &[member.id, guest.id]).await));
        let all = printers(farm, &[("A", &[guests][..]), ("B", &[members][..])]).await;
        let made = admin.new_printer_group("Benches", &all).await;
        let (mut theirs, mut others) = (member.events().await, nobody.events().await);
        let job = guest.send_to_group(&made, "part").await;
        assert_eq!(until(&mut theirs, "job.accepted").await["job"], job["id"]);
        // Approved for a printer that is not the Member's: they are told to look again, and nothing of the job.
        burden(farm, all[1]).await;
        admin.approve(&job).await.done();
        assert_eq!(until(&mut theirs, "access.changed").await["job"], Value::Null);
        member.job(&job).await.expect(404, "not_found");
        admin.patch(&format!("/printer-groups/{}", id(&made)), json!({ "name": "Renamed" })).await.done();
        let seen = until(&mut others, "access.changed").await;
        assert_eq!((&seen["job"], &seen["printer"]), (&Value::Null, &Value::Null));
    }
}
