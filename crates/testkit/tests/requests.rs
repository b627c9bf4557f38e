//! Asking whoever can change a no (ACC-02, APR-20, APR-21): who is asked and who is not, once, at most so often, by notice, by
//! event and by mail.

#![expect(clippy::unwrap_used, reason = "a failed test says where")]

use std::time::Duration;

use testkit::{Actor, Plan, Role, Setup, Uuid, Value, both_engines, gcode, json, params};

fn uuid(of: &Value) -> Uuid {
    of["id"].as_str().unwrap().parse().unwrap()
}

fn job_at(job: &Value) -> String {
    format!("/print-jobs/{}", uuid(job))
}

/// What this person was asked for, newest first.
async fn asked(person: &Actor) -> Vec<Value> {
    person.get("/notices").await.items().into_iter().filter(|notice| notice["kind"] == "help.asked").collect()
}

fn names(answer: &Value) -> Vec<&str> {
    answer["people"].as_array().unwrap().iter().map(|person| person["name"].as_str().unwrap()).collect()
}

both_engines! {
    async fn apr_21_a_guest_asks_those_who_can_approve_and_nobody_else(farm) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let far = farm.person("Fay Far", Role::Member).await;
        let team = farm.team("Workshop", &[&member, &guest]).await;
        let machine = farm.virtual_printer();
        let printer = admin.add_printer("Bench 1", &machine, false).await;
        admin.share_printer_with(printer, false, &[team]).await.done();
        let job = guest.send_job(printer, "boat").await;
        let no = guest.why_not(&job_at(&job), "job.approve").await;
        assert_eq!((&no["allowed"], &no["failed"], &no["ask"]["remedy"]), (&json!(false), &json!("role"), &json!("act")));
        assert_eq!(names(&no["ask"]), ["Mo Member", "Ada Admin"], "those who have the printer");
        let first = guest.ask(&job_at(&job), "job.approve").await;
        assert_eq!(first.status, 201, "{first}");
        assert_eq!(names(&first.body), ["Mo Member", "Ada Admin"]);
        for person in [&member, &admin] {
            let told = asked(person).await;
            assert_eq!(told.len(), 1);
            assert_eq!(told[0]["sentence"], "Gil Guest asks you to approve boat.");
            assert_eq!((&told[0]["place"]["kind"], &told[0]["place"]["id"]), (&json!("job"), &job["id"]));
            assert_eq!((&told[0]["read"], &told[0]["job"]["id"]), (&json!(false), &job["id"]));
        }
        for person in [&guest, &far, &farm.stranger()] {
            assert!(asked(person).await.is_empty(), "{} was asked", person.name);
        }
        // Again: the same answer, nothing new.
        let again = guest.ask(&job_at(&job), "job.approve").await;
        assert_eq!((again.status, &again.body["asked_at"]), (200, &first.body["asked_at"]), "{again}");
        assert_eq!(asked(&member).await.len(), 1);
        assert_eq!(guest.why_not(&job_at(&job), "job.approve").await["ask"]["asked_at"], first.body["asked_at"]);
        assert_eq!(farm.number("SELECT COUNT(*) AS n FROM journal WHERE kind = 'help.asked'", &[]).await, 1);
        // What was decided needs no asking.
        member.approve(&guest.job(&job).await.ok()).await.done();
        guest.ask(&job_at(&job), "job.approve").await.expect(409, "nothing_to_ask");
        assert_eq!(guest.why_not(&job_at(&job), "job.approve").await["ask"], Value::Null);
        // Whoever may has nothing to ask for; nor is there such an action with a print job.
        member.ask(&job_at(&job), "job.reprint").await.expect(409, "nothing_to_ask");
        member.ask(&job_at(&job), "printer.share").await.expect(409, "nothing_to_ask");
        member.post(&format!("{}/requests", job_at(&job)), json!({ "action": "job.approve", "to": far.id })).await.expect(422, "invalid");
    }

    async fn acc_02_nothing_can_be_asked_about_what_one_does_not_see(farm) {
        let (admin, member, guest, stranger) = (farm.admin(), farm.member(), farm.guest(), farm.stranger());
        let machine = farm.virtual_printer();
        let hidden = admin.add_printer("Hidden", &machine, false).await;
        let theirs = admin.send_job(hidden, "boat").await;
        let project = admin.new_project("Private").await;
        let team = admin.new_team("Staff", &[]).await;
        for person in [&member, &guest, &stranger] {
            for at in [format!("/printers/{hidden}"), job_at(&theirs), format!("/projects/{}", uuid(&project)), format!("/teams/{}", uuid(&team))] {
                person.ask(&at, "printer.share").await.expect(404, "not_found");
                person.get(&format!("{at}/permissions")).await.expect(404, "not_found");
            }
        }
        assert_eq!(farm.number("SELECT COUNT(*) AS n FROM help_request", &[]).await, 0);
    }

    async fn acc_02_by_role_goes_to_whoever_owns_it_members_with_access_and_admins(farm) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let machine = farm.virtual_printer();
        let printer = member.add_printer("Bench of Mo", &machine, true).await;
        let other = farm.person("Olga Member", Role::Member).await;
        let answer = guest.ask(&format!("/printers/{printer}"), "printer.rename").await.ok();
        assert_eq!(names(&answer), ["Mo Member", "Olga Member", "Ada Admin"], "who added it first");
        assert_eq!(asked(&other).await[0]["sentence"], "Gil Guest asks for your help with Bench of Mo: Rename printers.");
        // Security is for Admins: no Member is asked for it.
        let answer = guest.ask(&format!("/printers/{printer}"), "printer.firewall").await.ok();
        assert_eq!(names(&answer), ["Ada Admin"]);
        assert_eq!(asked(&member).await.len(), 1);
        // A project that is a Guest's to read: who created it, and Members who see it.
        let project = member.new_project("Gears").await;
        member.share(&project, true, &[]).await.done();
        let at = format!("/projects/{}", uuid(&project));
        assert_eq!(names(&guest.ask(&at, "project.upload").await.ok()), ["Mo Member", "Olga Member", "Ada Admin"]);
        assert_eq!(names(&guest.ask(&at, "project.report").await.ok()), ["Ada Admin"]);
        // A Guest's own project is theirs to change, but not to share with everybody.
        let own = guest.new_project("Own").await;
        let team = farm.team("Workshop", &[&guest, &member]).await;
        guest.share(&own, false, &[team]).await.done();
        let at = format!("/projects/{}", uuid(&own));
        assert_eq!(names(&guest.ask(&at, "project.share_organization").await.ok()), ["Mo Member", "Ada Admin"], "who sees it");
        // To be put in a team.
        let answer = guest.ask("/organization", "team.create").await.ok();
        assert_eq!(names(&answer), ["Ada Admin"]);
        let told = asked(&admin).await[0].clone();
        assert_eq!(told["sentence"], "Gil Guest asks to be put in a team, to share with it.");
        assert_eq!(told["place"], json!({ "kind": "teams", "id": null }));
        let at = format!("/teams/{team}");
        assert_eq!(names(&guest.ask(&at, "team.change").await.ok()), ["Ada Admin", "Mo Member"], "its creator first");
    }

    async fn amb_07_about_a_printer_group_whoever_may_use_one_of_its_printers_is_asked(farm) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let (other, far) = (farm.person("Olga Other", Role::Member).await, farm.person("Fay Far", Role::Member).await);
        let (guests, both) = (farm.team("Guests", &[&guest]).await, farm.team("Both", &[&guest, &member]).await);
        let others = farm.team("Others", &[&other]).await;
        let machines = [farm.virtual_printer(), farm.virtual_printer(), farm.virtual_printer()];
        let mut all = Vec::new();
        for (machine, (name, team)) in
            machines.iter().zip([("A guests", guests), ("B both", both), ("C others", others)])
        {
            let printer = admin.add_printer(name, machine, false).await;
            admin.share_printer_with(printer, false, &[team]).await.done();
            all.push(printer);
        }
        let group = admin.new_printer_group("Benches", &all).await;
        let at = format!("/printer-groups/{}", uuid(&group));
        let no = guest.why_not(&at, "printer_group.change").await;
        assert_eq!((&no["failed"], &no["ask"]["remedy"]), (&json!("role"), &json!("act")));
        assert_eq!(names(&no["ask"]), ["Ada Admin", "Mo Member", "Olga Other"], "who created it first");
        assert_eq!(guest.ask(&at, "printer_group.change").await.status, 201);
        assert_eq!(guest.ask(&at, "printer_group.change").await.status, 200, "once");
        for person in [&admin, &member, &other] {
            let told = asked(person).await[0].clone();
            assert_eq!(told["sentence"], "Gil Guest asks you to change the printer group Benches.");
            assert_eq!(told["place"], json!({ "kind": "printer_group", "id": group["id"] }));
        }
        assert!(asked(&far).await.is_empty());
        member.ask(&at, "printer_group.change").await.expect(409, "nothing_to_ask");
        assert_eq!(member.why_not(&at, "printer_group.change").await["ask"], Value::Null);
        for person in [&far, &farm.stranger()] {
            person.ask(&at, "printer_group.change").await.expect(404, "not_found");
        }

        // A job that waits for the group: an approval needs a printer that both may use; the rest is for whoever may use one of them.
        let job = guest.send_to_group(&group, "boat").await;
        assert_eq!(job["printer"]["name"], "A guests");
        assert_eq!(names(&guest.why_not(&job_at(&job), "job.approve").await["ask"]), ["Mo Member", "Ada Admin"]);
        assert_eq!(names(&guest.why_not(&job_at(&job), "job.reject").await["ask"]), ["Ada Admin", "Mo Member", "Olga Other"]);
        assert_eq!(names(&guest.ask(&job_at(&job), "job.reject").await.ok()), ["Ada Admin", "Mo Member", "Olga Other"]);
        assert_eq!(asked(&other).await[0]["place"], json!({ "kind": "job", "id": job["id"] }));

        // Whoever lost all printers of the group asks for one of them, whichever.
        admin.share_printer_with(all[0], false, &[]).await.done();
        admin.share_printer_with(all[1], false, &[]).await.done();
        admin.change_role(&guest, "member").await.done();
        let no = guest.why_not(&job_at(&job), "job.send_back").await;
        assert_eq!((&no["failed"], &no["ask"]["remedy"]), (&json!("access"), &json!("share_printer")));
        assert_eq!(names(&guest.ask(&job_at(&job), "job.send_back").await.ok()), ["Ada Admin", "Olga Other"]);
        let told = asked(&other).await[0].clone();
        assert_eq!(told["sentence"], "Gil Guest asks you to share a printer of the group Benches with them.");
        assert_eq!(told["place"], json!({ "kind": "printer_group", "id": group["id"] }));
        // One of them shared was an answer.
        let once = guest.ask(&job_at(&job), "job.send_back").await;
        assert_eq!(once.status, 200, "{once}");
        admin.share_printer_with(all[1], true, &[]).await.done();
        admin.share_printer_with(all[1], false, &[]).await.done();
        assert_eq!(guest.ask(&job_at(&job), "job.send_back").await.status, 201);
        // In no group any more, it is about the printer that the job has.
        admin.delete(&at).await.done();
        admin.share_printer_with(all[0], true, &[]).await.done();
        admin.share_printer_with(all[0], false, &[]).await.done();
        assert_eq!(names(&guest.ask(&job_at(&job), "job.send_back").await.ok()), ["Ada Admin"]);
        assert_eq!(asked(&admin).await[0]["place"], json!({ "kind": "printer", "id": all[0] }));
    }

    async fn amb_35_a_lost_printer_is_asked_for_at_the_printer(farm) {
        let (admin, member) = (farm.admin(), farm.member());
        let machine = farm.virtual_printer();
        let printer = admin.add_printer("Bench 1", &machine, true).await;
        let job = member.send_job(printer, "boat").await;
        admin.share_printer(printer, false).await;
        let no = member.why_not(&job_at(&job), "job.reroute").await;
        assert_eq!((&no["failed"], &no["ask"]["remedy"]), (&json!("access"), &json!("share_printer")));
        member.ask(&job_at(&job), "job.reroute").await.done();
        let told = asked(&admin).await[0].clone();
        assert_eq!(told["sentence"], "Mo Member asks you to share the printer Bench 1 with them.");
        assert_eq!(told["place"], json!({ "kind": "printer", "id": printer }));
        // Shared and taken away again: that was an answer, so it may be asked anew.
        admin.share_printer(printer, true).await;
        admin.share_printer(printer, false).await;
        assert_eq!(member.ask(&job_at(&job), "job.pause").await.status, 201);
    }

    async fn acc_02_whoever_could_not_do_it_either_is_not_asked(farm) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let (printer, _machine) = farm.bench("Bench 1").await;
        let job = guest.send_job(printer, "boat").await;
        // A new version is its sender's alone.
        let no = member.why_not(&job_at(&job), "job.resubmit").await;
        assert_eq!(names(&no["ask"]), ["Gil Guest"]);
        assert!(no["why"].as_str().unwrap().ends_with("Ask Gil Guest."), "{no}");
        assert_eq!(names(&member.ask(&job_at(&job), "job.resubmit").await.ok()), ["Gil Guest"]);
        assert!(asked(&admin).await.is_empty());
        // From a project that neither Members nor Admins see: nobody moves it.
        let project = guest.new_project("Own gears").await;
        let file = guest.put_file(&project, "gear.gcode", &gcode("gear")).await;
        let locked = guest.print_file(&project, &file, printer).await.ok();
        assert_eq!(guest.why_not(&job_at(&locked), "job.reroute").await["ask"], Value::Null);
        guest.ask(&job_at(&locked), "job.reroute").await.expect(409, "nobody_to_ask");
        // A plan that has it would not help somebody whose role has it not.
        farm.set_plan(Plan::Essentials).await;
        for person in [&member, &guest] {
            let no = person.why_not("/organization", "organization.approval").await;
            assert_eq!((&no["failed"], &no["ask"]), (&json!("plan"), &Value::Null), "{no}");
            assert!(no["why"].as_str().unwrap().ends_with("With it, only an Admin could."), "{no}");
        }
        // Whose owner left is nobody to be sent to.
        admin.remove_person(&guest).await.done();
        let no = member.why_not(&job_at(&job), "job.resubmit").await;
        assert_eq!((&no["ask"], no["why"].as_str().unwrap().contains("has left")), (&Value::Null, true), "{no}");
        let no = member.why_not(&job_at(&locked), "job.approve").await;
        assert!(!no["why"].as_str().unwrap().contains("Gil"), "{no}");
    }

    async fn amb_29_that_a_job_has_to_be_moved_first_is_said_to_whoever_waits_for_it(farm) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let (printer, _machine) = farm.bench("Bench 1").await;
        let job = guest.send_job(printer, "boat").await;
        let path = format!("{}/approvers", job_at(&job));
        let approvers = || guest.get(&path);
        assert_eq!(approvers().await.ok()["first"], Value::Null);
        let at = format!("/printers/{printer}");
        for (gone, there, text) in [("off", "on", "Bench 1 is turned off"), ("removed", "back", "Bench 1 was removed"), ("unshared", "shared", "not shared with you any more")] {
            match gone {
                "off" => admin.patch(&at, json!({ "enabled": false })).await.done(),
                "removed" => admin.delete(&at).await.done(),
                _ => {
                    let staff = farm.team("Staff", &[&member]).await;
                    admin.share_printer_with(printer, false, &[staff]).await.done();
                }
            }
            let said = approvers().await.ok();
            assert!(said["first"].as_str().unwrap().contains(text), "{said}");
            assert!(!said["first"].as_str().unwrap().contains("Move the job"), "a Guest moves nothing: {said}");
            assert!(said["sentence"].as_str().unwrap().ends_with("Mo Member or Ada Admin can do that."), "{said}");
            assert_eq!(names(&guest.why_not(&job_at(&job), "job.reroute").await["ask"]), ["Ada Admin", "Mo Member"]);
            match there {
                "on" => admin.patch(&at, json!({ "enabled": true })).await.done(),
                "back" => admin.post(&format!("{at}/restore"), json!({})).await.done(),
                _ => {}
            }
        }
        assert_eq!(names(&guest.ask(&job_at(&job), "job.reroute").await.ok()), ["Ada Admin", "Mo Member"]);
        assert_eq!(asked(&member).await[0]["sentence"], "Gil Guest asks you to move boat to another printer.");
    }

    async fn amb_38_a_frozen_guest_asks_the_admins_for_a_plan_and_an_admin_is_sent_to_the_operator(farm) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        farm.set_plan(Plan::Essentials).await;
        let no = guest.why_not("/organization", "job.send").await;
        assert_eq!((&no["failed"], &no["ask"]["remedy"]), (&json!("plan"), &json!("plan")));
        assert_eq!(names(&guest.ask("/organization", "job.send").await.ok()), ["Ada Admin"]);
        let told = asked(&admin).await[0].clone();
        assert_eq!(told["place"]["kind"], "settings");
        assert!(told["sentence"].as_str().unwrap().contains("a plan with Guests"), "{told}");
        assert!(asked(&member).await.is_empty());
        assert_eq!(admin.why_not("/organization", "organization.approval").await["ask"], Value::Null);
        let refused = admin.ask("/organization", "organization.approval").await.expect(409, "nobody_to_ask");
        assert!(refused["detail"].as_str().unwrap().contains("operator"), "{refused}");
    }

    async fn acc_02_asked_once_a_day_and_ten_times_an_hour(farm, Setup::new().fake_clock()) {
        let (admin, guest) = (farm.admin(), farm.guest());
        let actions = ["printer.rename", "printer.enable", "printer.share", "printer.delete", "printer.firmware", "printer.firewall",
            "printer.report", "printer.materials", "printer.clear_plate", "job.reorder", "notify.printer"];
        let machine = farm.virtual_printer();
        let printer = admin.add_printer("Bench 1", &machine, true).await;
        let at = format!("/printers/{printer}");
        for action in &actions[..10] {
            assert_eq!(guest.ask(&at, action).await.status, 201, "{action}");
        }
        let refused = guest.ask(&at, actions[10]).await.expect(429, "too_many");
        assert!(refused["detail"].as_str().unwrap().contains("last hour"), "{refused}");
        assert_eq!(guest.ask(&at, actions[0]).await.status, 200, "what was asked is still said");
        farm.clock().advance(Duration::from_secs(3601));
        assert_eq!(guest.ask(&at, actions[10]).await.status, 201);
        assert_eq!(guest.ask(&at, actions[0]).await.status, 200, "not a day later");
        farm.clock().advance(Duration::from_secs(23 * 3600));
        guest.sign_in(&guest.password).await.done();
        assert_eq!(guest.why_not(&at, actions[0]).await["ask"]["asked_at"], Value::Null);
        assert_eq!(guest.ask(&at, actions[0]).await.status, 201, "a day later");
    }

    async fn asking_at_the_same_time_asks_once(farm) {
        let (admin, guest) = (farm.admin(), farm.guest());
        let machine = farm.virtual_printer();
        let printer = admin.add_printer("Bench 1", &machine, true).await;
        let job = guest.send_job(printer, "boat").await;
        let at = job_at(&job);
        let (a, b, c) = tokio::join!(guest.ask(&at, "job.approve"), guest.ask(&at, "job.approve"), guest.ask(&at, "job.approve"));
        let mut statuses = [a.status, b.status, c.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 200, 201], "{a} {b} {c}");
        assert_eq!(asked(&admin).await.len(), 1);
    }

    async fn acc_02_who_left_neither_asks_nor_is_asked(farm) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let (printer, machine) = farm.bench("Bench 1").await;
        drop(machine);
        let job = guest.send_job(printer, "boat").await;
        admin.remove_person(&member).await.done();
        assert_eq!(names(&guest.ask(&job_at(&job), "job.approve").await.ok()), ["Ada Admin"]);
        admin.remove_person(&guest).await.done();
        guest.ask(&job_at(&job), "job.approve").await.expect(403, "no_organization");
    }

    async fn acc_02_only_those_who_are_concerned_hear_of_it(farm) {
        let (member, guest) = (farm.member(), farm.guest());
        let (printer, machine) = farm.bench("Bench 1").await;
        drop(machine);
        let other = farm.person("Gerd Guest", Role::Guest).await;
        let job = guest.send_job(printer, "boat").await;
        let (mut concerned, mut others) = (member.events().await, other.events().await);
        guest.ask(&job_at(&job), "job.approve").await.done();
        let event = concerned.change().await;
        assert_eq!((&event["kind"], &event["job"], &event["printer"]), (&json!("help.asked"), &Value::Null, &Value::Null));
        // The next thing that the other Guest hears is something else.
        farm.admin().patch(&format!("/printers/{printer}"), json!({ "name": "Bench 2" })).await.done();
        assert_eq!(others.change().await["kind"], "printer.renamed");
        // The job's own page says that it was asked for.
        let kinds: Vec<_> = guest.look(&job, "timeline").await.items().iter().map(|line| line["sentence"].clone()).collect();
        assert!(kinds.contains(&json!("Gil Guest asked for its approval.")), "{kinds:?}");
    }

    async fn apr_20_a_request_is_mailed_to_each_who_was_asked_and_not_after_it_was_answered(farm, Setup::new().mail().fake_clock()) {
        let (admin, member, guest, post) = (farm.admin(), farm.member(), farm.guest(), farm.post());
        let (printer, machine) = farm.bench("Bench 1").await;
        drop(machine);
        let job = guest.send_job(printer, "boat").await;
        guest.ask(&job_at(&job), "job.approve").await.done();
        let letters = post.wait(2).await;
        farm.until_zero("SELECT COUNT(*) AS n FROM mail WHERE ended_at IS NULL").await;
        let mut to: Vec<_> = letters.iter().map(|letter| letter.to.clone()).collect();
        to.sort();
        assert_eq!(to, [admin.email.clone(), member.email.clone()]);
        for letter in &letters {
            assert_eq!(letter.header("Subject"), "Gil Guest asks you to approve boat");
            let text = letter.text();
            assert!(text.contains(&format!("https://print.farm.example/jobs/{}", uuid(&job))), "{text}");
            let other = if letter.to == admin.email { &member } else { &admin };
            assert!(!letter.raw.contains(&other.email) && !letter.raw.contains(&other.name), "nobody reads who else was asked");
        }
        // One that was answered before its letter went is not told any more.
        post.is(testkit::Temper::Busy);
        let project = guest.new_project("Physics").await;
        let file = guest.put_file(&project, "boat.gcode", &gcode("boat")).await;
        let locked = guest.print_file(&project, &file, printer).await.ok();
        member.ask_to_share(&locked).await.done();
        post.wait_tries(3).await;
        let team = farm.team("Workshop", &[&guest, &member]).await;
        guest.share(&project, false, &[team]).await.done();
        farm.until_zero("SELECT COUNT(*) AS n FROM mail WHERE ended_at IS NULL AND claimed_until > 0").await;
        post.is(testkit::Temper::Takes);
        farm.clock().advance(Duration::from_secs(600));
        farm.until_zero("SELECT COUNT(*) AS n FROM mail WHERE ended_at IS NULL").await;
        assert_eq!(post.letters().len(), 2, "{:#?}", post.letters());
    }

    async fn apr_20_a_creator_who_may_not_see_the_job_is_asked_about_the_project_alone(farm) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let creator = farm.person("Gerd Guest", Role::Guest).await;
        let (printer, machine) = farm.bench("Bench 1").await;
        drop(machine);
        let team = farm.team("Class", &[&guest, &creator]).await;
        let project = creator.new_project("Class work").await;
        creator.share(&project, false, &[team]).await.done();
        let file = creator.put_file(&project, "boat.gcode", &gcode("boat")).await;
        let job = guest.print_file(&project, &file, printer).await.ok();
        // The submitter prints from somebody else's project: as a Guest they cannot share it themselves.
        assert_eq!(names(&member.ask_to_share(&job).await.ok()), ["Gil Guest", "Gerd Guest"]);
        assert_eq!(asked(&guest).await[0]["place"]["kind"], "job");
        let told = asked(&creator).await[0].clone();
        assert_eq!(told["sentence"], "Mo Member asks you to share the library project Class work with them.");
        assert_eq!((&told["job"], &told["place"]["kind"]), (&Value::Null, &json!("project")), "{told}");
        assert!(!told.to_string().contains(job["id"].as_str().unwrap()), "the job is not for their eyes: {told}");
        assert!(asked(&admin).await.is_empty());
        let rows = farm.rows("SELECT body FROM journal_text x JOIN journal y ON y.org = x.org AND y.seq = x.seq WHERE y.kind = $1", params!["help.asked"]).await;
        assert_eq!(rows.len(), 1, "one row, whoever is asked");
    }
}
