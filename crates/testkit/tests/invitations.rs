//! How people come in: invitations for one address, sent again, a whole list, pages, the join link; and how people leave.

#![expect(clippy::unwrap_used, reason = "a failed test says where")]

use std::time::Duration;

use testkit::{Actor, Answer, Farm, Method, Plan, Role, Setup, Value, both_engines, json, params};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// The secret of a link that the API gave.
fn secret(made: &Value) -> String {
    made["link"].as_str().unwrap_or_else(|| panic!("{made}")).rsplit('/').next().unwrap().to_owned()
}

async fn invite(admin: &Actor, role: &str, email: &str) -> Value {
    admin.post("/invitations", json!({ "role": role, "email": email, "name": "Lena" })).await.ok()
}

async fn bulk(admin: &Actor, query: &str, list: &[u8]) -> Answer {
    let call = admin.call(Method::POST, &format!("/invitations/bulk?{query}"));
    call.header("content-type", "text/csv").bytes(list).send().await
}

fn outcomes(result: &Value) -> Vec<&str> {
    result["rows"].as_array().unwrap().iter().map(|row| row["outcome"].as_str().unwrap()).collect()
}

/// The role that a person has, as they are told.
async fn role(person: &Actor) -> Value {
    person.get("/session").await.ok()["organization"]["role"].clone()
}

both_engines! {
    async fn org_01_an_invitation_with_an_address_is_for_this_address_only(farm) {
        let (admin, newcomer) = (farm.admin(), farm.newcomer());
        let other = farm.newcomer_named("Otto Other").await;
        // The case of an address does not matter, in both directions.
        let made = invite(&admin, "member", &newcomer.email.to_uppercase()).await;
        assert_eq!(made["mailed"], false, "there is no mail server: {made}");
        let secret = secret(&made);
        let refused = other.accept(&secret).await.expect(409, "another_address");
        assert!(refused["detail"].as_str().unwrap().contains(&newcomer.email.to_uppercase()), "{refused}");
        assert_eq!(role(&other).await, Value::Null);
        newcomer.accept(&secret).await.done();
        assert_eq!(role(&newcomer).await, "member");
        // Whoever is in, or invited, is not invited again.
        for address in [&newcomer.email, &newcomer.email.to_uppercase()] {
            let refused = admin.post("/invitations", json!({ "role": "guest", "email": address })).await.expect(409, "already_in");
            assert!(refused["detail"].as_str().unwrap().contains(&newcomer.name), "{refused}");
        }
        invite(&admin, "guest", "lena@school.example").await;
        admin.post("/invitations", json!({ "role": "guest", "email": "LENA@school.example" })).await.expect(409, "already_invited");
        for bad in ["lena", "lena@", "@school.example", "le na@school.example"] {
            let refused = admin.post("/invitations", json!({ "role": "guest", "email": bad })).await.expect(422, "invalid");
            assert_eq!(refused["field"], "email");
        }
        // Another organization knows nothing of it.
        invite(&farm.stranger(), "guest", "lena@school.example").await;
    }

    async fn org_01_an_invitation_sent_again_has_a_new_link_and_the_old_one_is_dead(farm, Setup::new().fake_clock()) {
        let admin = farm.admin();
        let made = invite(&admin, "member", "lena@farm.example").await;
        let path = format!("/invitations/{}/resend", made["id"].as_str().unwrap());
        farm.member().post(&path, json!({})).await.expect(403, "denied");
        farm.stranger().post(&path, json!({})).await.expect(404, "not_found");
        farm.clock().advance(8 * DAY);
        let listed = admin.another_browser().await.get("/invitations").await.items();
        assert_eq!((listed.len(), &listed[0]["expired"]), (1, &json!(true)), "it can still be sent again: {listed:?}");
        assert_eq!((&listed[0]["email"], &listed[0]["name"]), (&json!("lena@farm.example"), &json!("Lena")));
        let admin = admin.another_browser().await;
        let again = admin.post(&path, json!({})).await.ok();
        assert_eq!(again["id"], made["id"]);
        assert_ne!(secret(&again), secret(&made));
        farm.nobody().get(&format!("/invitations/{}", secret(&made))).await.expect(404, "not_found");
        let offer = farm.nobody().get(&format!("/invitations/{}", secret(&again))).await.ok();
        assert_eq!((&offer["valid"], &offer["email"]), (&json!(true), &json!("lena@farm.example")));
        assert_eq!(admin.get("/invitations").await.items()[0]["expired"], false);
        let lena = farm.someone("Lena");
        let account = json!({ "email": lena.email, "name": "Lena", "password": lena.password });
        lena.post("/accounts", account).await.done();
        lena.accept(&secret(&again)).await.done();
        admin.post(&path, json!({})).await.expect(404, "not_found");
    }

    async fn org_01_a_removed_or_demoted_admin_keeps_no_way_in(farm) {
        let (admin, newcomer) = (farm.admin(), farm.newcomer());
        let second = farm.person("Olga Other", Role::Admin).await;
        let made = invite(&second, "admin", &newcomer.email).await;
        // Somebody else vouches for the one that they send again.
        let adopted = second.post("/invitations", json!({ "role": "member" })).await.ok();
        let adopted = admin.post(&format!("/invitations/{}/resend", adopted["id"].as_str().unwrap()), json!({})).await.ok();
        admin.change_role(&second, "member").await.done();
        newcomer.accept(&secret(&made)).await.expect(409, "link_dead");
        newcomer.accept(&secret(&adopted)).await.done();
        assert_eq!(role(&newcomer).await, "member");
    }

    async fn org_01_a_list_invites_each_person_once_and_names_the_others(farm) {
        let (admin, member) = (farm.admin(), farm.member());
        invite(&admin, "guest", "waits@school.example").await;
        let list = format!(
            "Name,E-mail,Role\n\
             Lena Brandt,lena@school.example,\n\
             \"=HYPERLINK(\"\"http://evil.example\"\")\",formula@school.example,Member\n\
             Lena again,LENA@school.example\n\
             Mo,{}\n\
             Waits,Waits@School.example\n\
             Olga,olga@school.example,Owner\n\
             nobody\n",
            member.email.to_uppercase()
        );
        let expected =
            ["invited", "invited", "duplicate", "already_in", "already_invited", "invalid", "invalid"];
        let preview = bulk(&admin, "role=guest&preview=true", list.as_bytes()).await.ok();
        assert_eq!(outcomes(&preview)[..2], ["would_be_invited"; 2]);
        assert_eq!(outcomes(&preview)[2..], expected[2..]);
        assert_eq!(admin.get("/invitations").await.items().len(), 1, "a preview makes nothing");
        let made = bulk(&admin, "role=guest", list.as_bytes()).await.ok();
        assert_eq!(outcomes(&made), expected, "{made}");
        assert_eq!(made["invited"], 2);
        let rows = made["rows"].as_array().unwrap();
        assert_eq!(rows[2]["why"], "This address is in line 2 already.");
        assert!(rows[3]["why"].as_str().unwrap().contains("Mo Member"), "{made}");
        assert!(rows[5]["why"].as_str().unwrap().contains("Guest, Member and Admin"), "{made}");
        // What looks like a formula is a name, and stays one.
        let open = admin.get("/invitations?q=HYPERLINK").await.items();
        assert_eq!((open.len(), &open[0]["name"]), (1, &json!("=HYPERLINK(\"http://evil.example\")")), "{open:?}");
        assert_eq!(open[0]["role"], "member");
        // Twice the same list invites nobody anew.
        let again = bulk(&admin, "role=guest", list.as_bytes()).await.ok();
        assert_eq!((outcomes(&again)[0], &again["invited"]), ("already_invited", &json!(0)));
        let offer = farm.nobody().get(&format!("/invitations/{}", secret(&rows[0]["invited"]))).await.ok();
        assert_eq!((&offer["role"], &offer["valid"]), (&json!("guest"), &json!(true)));
    }

    async fn org_01_two_admins_at_once_invite_an_address_once(farm) {
        let (one, two) = (farm.admin(), farm.person("Olga Other", Role::Admin).await);
        for n in 0..8 {
            let (low, high) = (format!("dup{n}@school.example"), format!("DUP{n}@school.example"));
            let (first, second) = tokio::join!(
                one.post("/invitations", json!({ "role": "member", "email": low })),
                two.post("/invitations", json!({ "role": "admin", "email": high }))
            );
            assert_eq!(usize::from(first.is_ok()) + usize::from(second.is_ok()), 1, "{first} {second}");
        }
        let list: String = (0..20).map(|n| format!("Person,list{n}@school.example\n")).collect();
        let (first, second) = tokio::join!(
            bulk(&one, "role=guest", list.as_bytes()),
            bulk(&two, "role=guest", list.as_bytes())
        );
        let invited = |answer: Value| answer["invited"].as_u64().unwrap();
        assert_eq!(invited(first.ok()) + invited(second.ok()), 20);
    }

    async fn org_01_a_list_that_cannot_be_read_is_refused_as_a_whole(farm) {
        let admin = farm.admin();
        let long: String = (0..5000).map(|n| format!("Person {n},p{n}@school.example\n")).collect();
        let refused = bulk(&admin, "role=guest", long.as_bytes()).await.expect(422, "invalid");
        assert!(refused["detail"].as_str().unwrap().starts_with("The list has 5000 people; 500 can"), "{refused}");
        let refused = bulk(&admin, "role=guest", b"lena@school.example\n\xc3\x28@school.example\n").await.expect(422, "invalid");
        assert_eq!((&refused["field"], refused["detail"].as_str().unwrap().contains("Line 2 is not UTF-8")), (&json!("list"), true));
        bulk(&admin, "role=guest", b"").await.expect(422, "invalid");
        bulk(&admin, "role=owner", b"lena@school.example").await.expect(422, "invalid");
        bulk(&admin, "role=guest", &vec![b'a'; 3_000_000]).await.expect(413, "too_large");
        bulk(&farm.member(), "role=guest", b"lena@school.example").await.expect(403, "denied");
        bulk(&farm.guest(), "role=guest", b"lena@school.example").await.expect(403, "denied");
        assert_eq!(admin.get("/invitations").await.items().len(), 0);
        // On a plan without Guests only the others of the list are invited.
        farm.set_plan(Plan::Essentials).await;
        let made = bulk(&admin, "role=guest", b"lena@school.example\nmo@school.example,Member").await.ok();
        assert_eq!(outcomes(&made), ["not_in_plan", "invited"]);
        assert!(made["rows"][0]["why"].as_str().unwrap().contains("Professional"), "{made}");
    }

    async fn org_01_five_hundred_people_are_invited_at_once_and_listed_in_pages(farm) {
        let admin = farm.admin();
        let list: String = (0..500).map(|n| format!("Person {n:03},p{n:03}@school.example\n")).collect();
        assert_eq!(bulk(&admin, "role=guest", list.as_bytes()).await.ok()["invited"], 500);
        let (mut seen, mut path) = (Vec::new(), "/invitations?limit=200".to_owned());
        loop {
            let page = admin.get(&path).await;
            seen.extend(page.items().iter().map(|i| i["email"].as_str().unwrap().to_owned()));
            let Some(next) = page.body["next"].as_str() else { break };
            path = format!("/invitations?limit=200&cursor={next}");
        }
        let all = seen.len();
        seen.sort();
        seen.dedup();
        assert_eq!((all, seen.len()), (500, 500));
        assert_eq!(admin.get("/invitations?q=p49&limit=200").await.items().len(), 10);
        for bad in ["limit=0", "limit=201", "cursor=x", "cursor=1.x"] {
            admin.get(&format!("/invitations?{bad}")).await.expect(422, "invalid");
        }
    }

    async fn acc_04_people_are_listed_in_pages(farm) {
        for name in ["Zoe", "anna", "Ben", "carl"] {
            farm.person(name, Role::Guest).await;
        }
        let guest = farm.guest();
        let (mut names, mut path) = (Vec::new(), "/people?limit=2".to_owned());
        loop {
            let page = guest.get(&path).await;
            assert!(page.items().len() <= 2);
            names.extend(page.items().iter().map(|p| p["name"].as_str().unwrap().to_owned()));
            let Some(next) = page.body["next"].as_str() else { break };
            path = format!("/people?limit=2&cursor={next}");
        }
        assert_eq!(names, ["Ada Admin", "anna", "Ben", "carl", "Gil Guest", "Mo Member", "Zoe"]);
        let found = guest.get("/people?q=a&limit=1").await;
        let next = found.body["next"].as_str().unwrap().to_owned();
        assert_eq!(guest.get(&format!("/people?q=a&limit=1&cursor={next}")).await.items()[0]["name"], "anna");
        for bad in ["limit=0", "limit=201", "cursor=x", "cursor=00000000000000000000000000000000"] {
            guest.get(&format!("/people?{bad}")).await.expect(422, "invalid");
        }
    }

    async fn org_01_a_join_link_makes_guests_and_ends(farm, Setup::new().fake_clock()) {
        let admin = farm.admin();
        let none = admin.get("/join-link").await.ok();
        assert_eq!((&none["link"], &none["available"]["allowed"]), (&Value::Null, &json!(true)), "{none}");
        for person in [farm.member(), farm.guest()] {
            person.get("/join-link").await.expect(403, "denied");
            person.put("/join-link", json!({ "days": 1, "most": 1 })).await.expect(403, "denied");
            person.delete("/join-link").await.expect(403, "denied");
        }
        for (days, most) in [(0, 10), (91, 10), (1, 0), (1, 1001), (-1, -1)] {
            admin.put("/join-link", json!({ "days": days, "most": most })).await.expect(422, "join_link_bounds");
        }
        let first = admin.put("/join-link", json!({ "days": 2, "most": 2 })).await.ok()["link"].clone();
        assert_eq!(admin.get("/join-link").await.ok()["link"]["link"], first["link"], "Admins can look at it again");
        let (size, path) = (first["qr"]["size"].as_u64().unwrap(), first["qr"]["path"].as_str().unwrap());
        assert!(size >= 29 && path.starts_with('M'), "{first}");
        let stored = farm.rows("SELECT secret FROM join_link", &[]).await[0].get::<Vec<u8>>("secret").unwrap();
        let text = secret(&first);
        assert!(!stored.windows(text.len()).any(|w| w == text.as_bytes()), "the secret is sealed");
        let (one, two, three) =
            (farm.newcomer(), farm.newcomer_named("Tom Two").await, farm.newcomer_named("Thea Three").await);
        let offer = farm.nobody().get(&format!("/invitations/{text}")).await.ok();
        assert_eq!((&offer["role"], &offer["join_link"], &offer["valid"]), (&json!("guest"), &json!(true), &json!(true)));
        for person in [&one, &two] {
            person.accept(&text).await.done();
            assert_eq!(role(person).await, "guest");
        }
        one.accept(&text).await.expect(409, "link_dead");
        three.accept(&text).await.expect(409, "link_dead");
        let used = admin.get("/join-link").await.ok()["link"].clone();
        assert_eq!((&used["uses"], &used["most"], &used["valid"]), (&json!(2), &json!(2), &json!(false)));
        // Renewed, the old one is dead for ever.
        let second = secret(&admin.put("/join-link", json!({ "days": 2, "most": 5 })).await.ok()["link"]);
        three.accept(&text).await.expect(409, "link_dead");
        one.accept(&second).await.expect(409, "already_in");
        assert_eq!(admin.get("/join-link").await.ok()["link"]["uses"], 0, "a refusal takes no use");
        // Whoever was removed does not come back by it; whoever left does.
        admin.remove_person(&one).await.done();
        one.accept(&second).await.expect(409, "removed_before");
        two.post("/session/leave", json!({})).await.done();
        assert_eq!(role(&two).await, Value::Null);
        two.accept(&second).await.done();
        farm.set_plan(Plan::Essentials).await;
        three.accept(&second).await.expect(409, "link_dead");
        let none = admin.get("/join-link").await.ok();
        assert_eq!((&none["link"], &none["available"]["failed"]), (&Value::Null, &json!("plan")), "{none}");
        admin.put("/join-link", json!({ "days": 2, "most": 5 })).await.expect(403, "denied");
        farm.set_plan(Plan::Education).await;
        admin.delete("/join-link").await.done();
        admin.delete("/join-link").await.done();
        three.accept(&second).await.expect(409, "link_dead");
        let third = secret(&admin.put("/join-link", json!({ "days": 1, "most": 5 })).await.ok()["link"]);
        farm.clock().advance(DAY);
        let three = three.another_browser().await;
        three.accept(&third).await.expect(409, "link_dead");
        assert_eq!(role(&three).await, Value::Null);
    }

    async fn org_01_links_of_an_admin_who_is_none_sleep_until_they_are_again_or_another_sends_them(farm, Setup::new().fake_clock()) {
        let (ada, olga) = (farm.admin(), farm.person("Olga Other", Role::Admin).await);
        let (first, second) = (invite(&olga, "member", "lena@farm.example").await, invite(&olga, "guest", "tom@farm.example").await);
        let wall = secret(&olga.put("/join-link", json!({ "days": 90, "most": 5 })).await.ok()["link"]);
        let links = [secret(&first), secret(&second), wall.clone()];
        let valid = async |expected: bool| {
            for link in &links {
                assert_eq!(farm.nobody().get(&format!("/invitations/{link}")).await.ok()["valid"], expected, "{link}");
            }
            assert_eq!(ada.get("/join-link").await.ok()["link"]["valid"], expected);
            for line in ada.get("/invitations").await.items() {
                assert_eq!(line["asleep"], !expected, "{line}");
            }
        };
        valid(true).await;
        let lena = farm.newcomer();
        // A slip with the drop-down, and its undo.
        ada.change_role(&olga, "member").await.done();
        valid(false).await;
        let refused = lena.accept(&links[0]).await.expect(409, "link_dead");
        assert!(refused["detail"].as_str().unwrap().contains("no Admin any more"), "{refused}");
        ada.change_role(&olga, "admin").await.done();
        valid(true).await;
        // A removal, and its undo.
        ada.remove_person(&olga).await.done();
        valid(false).await;
        ada.restore_person(&olga).await.done();
        valid(true).await;
        // Another Admin sends it again, and it is theirs: the old link is dead for ever.
        ada.change_role(&olga, "guest").await.done();
        farm.clock().advance(Duration::from_secs(1));
        let again = ada.post(&format!("/invitations/{}/resend", first["id"].as_str().unwrap()), json!({})).await.ok();
        let listed = ada.get("/invitations").await.items();
        let asleep = |line: &Value| (line["email"].clone(), line["asleep"].clone());
        assert_eq!(listed.iter().map(asleep).collect::<Vec<_>>(), [(json!("lena@farm.example"), json!(false)), (json!("tom@farm.example"), json!(true))]);
        farm.nobody().get(&format!("/invitations/{}", links[0])).await.expect(404, "not_found");
        assert_eq!(farm.nobody().get(&format!("/invitations/{}", secret(&again))).await.ok()["valid"], true);
        // Removed for good, they are withdrawn, and nothing brings them back.
        ada.remove_person(&olga).await.done();
        farm.clock().advance(30 * DAY);
        farm.app().end_old_trash().await.unwrap();
        assert_eq!(farm.number("SELECT COUNT(*) AS n FROM invitation WHERE used_at IS NULL AND withdrawn_at IS NULL", params![]).await, 1);
    }

    async fn org_01_a_join_link_has_no_more_uses_than_it_was_made_for_at_the_same_time(farm) {
        let text = secret(&farm.admin().put("/join-link", json!({ "days": 1, "most": 3 })).await.ok()["link"]);
        let mut people = Vec::new();
        for n in 0..8 {
            people.push(farm.newcomer_named(&format!("Person {n}")).await);
        }
        let mut joining = Vec::new();
        for person in people {
            let text = text.clone();
            joining.push(tokio::spawn(async move { person.accept(&text).await }));
        }
        let mut joined = 0;
        for one in joining {
            let answer = one.await.unwrap();
            if answer.is_ok() {
                joined += 1;
            } else {
                answer.expect(409, "link_dead");
            }
        }
        assert_eq!(joined, 3);
        assert_eq!(farm.number("SELECT uses AS n FROM join_link", &[]).await, 3);
    }

    async fn amb_39_everybody_leaves_by_themselves_but_the_last_admin(farm, Setup::new().undo_window(60)) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let (printer, _machine) = farm.bench("Bench 1").await;
        admin.post("/session/leave", json!({})).await.expect(409, "last_admin");
        farm.newcomer().post("/session/leave", json!({})).await.expect(403, "no_organization");
        let project = farm.project(&guest, "Shared").await;
        farm.share_project(project, farm.org()).await;
        farm.project(&guest, "Private").await;
        let queued = guest.send_job(printer, "queued").await;
        member.approve(&queued).await.done();
        let effect = guest.get("/session/leave").await.ok();
        assert_eq!(
            effect,
            json!({
                "held": 0, "queued": 1, "printing": 0, "printers": 0, "shared_projects": 1, "private_projects": 1,
                "invitations": 0, "join_link": false, "undecidable": 0, "admins_only": 0,
            })
        );
        let by_admin = admin.get(&format!("/people/{}/removal", guest.id)).await.ok();
        assert_eq!(by_admin, effect, "an Admin reads the same");
        let session = guest.post("/session/leave", json!({})).await.ok();
        assert_eq!(session["organization"], Value::Null);
        assert_eq!(admin.job(&queued).await.ok()["status"], "needs_approval", "as at a removal (AMB-41)");
        guest.get("/people").await.expect(403, "no_organization");
        let second = farm.person("Olga Other", Role::Admin).await;
        let (first, other) =
            tokio::join!(admin.post("/session/leave", json!({})), second.post("/session/leave", json!({})));
        assert_eq!(usize::from(first.is_ok()) + usize::from(other.is_ok()), 1, "{first} {other}");
        if first.is_ok() { other } else { first }.expect(409, "last_admin");
    }
}

/// How a demoted person's queue looks.
async fn statuses(farm: &Farm, jobs: &[&Value]) -> Vec<Value> {
    let mut found = Vec::new();
    for job in jobs {
        found.push(farm.admin().job(job).await.ok()["status"].clone());
    }
    found
}

both_engines! {
    async fn amb_19_a_demotion_holds_what_nobody_approved_where_the_organization_wants_it(farm, Setup::new().undo_window(60)) {
        let (admin, member) = (farm.admin(), farm.member());
        let (printer, _machine) = farm.bench("Bench 1").await;
        let unshared = admin.add_printer("Bench of the Admin", &farm.virtual_printer(), false).await;
        admin.share_printer(unshared, true).await;
        let first = member.send_job(printer, "first").await;
        assert_eq!(first["status"], "queued");
        admin.change_role(&member, "guest").await.done();
        assert_eq!(admin.job(&first).await.ok()["status"], "queued", "as long as nobody wants it otherwise (AMB-19)");
        let asked = member.send_job(printer, "asked").await;
        admin.approve(&asked).await.done();
        admin.change_role(&member, "member").await.done();
        member.settings(json!({ "hold_on_demotion": true })).await.expect(403, "denied");
        let saved = admin.settings(json!({ "hold_on_demotion": true })).await.ok();
        assert_eq!(saved["hold_on_demotion"], true);
        let second = member.send_job(printer, "second").await;
        let changed = admin.change_role(&member, "guest").await.ok();
        assert_eq!(changed["held_again"], 2, "{changed}");
        let after = statuses(farm, &[&first, &second, &asked]).await;
        assert_eq!(after, ["needs_approval", "needs_approval", "queued"], "what was approved stays so");
        let told = admin.look(&first, "timeline").await.items();
        assert_eq!(told[0]["sentence"], "It needs a decision: Ada Admin made its submitter a Guest.", "{told:?}");
        let now = admin.job(&first).await.ok();
        admin.approve(&now).await.done();
        // Without approval nobody would decide about them.
        admin.change_role(&member, "member").await.done();
        admin.settings(json!({ "approval_on": false })).await.done();
        let third = member.send_job(printer, "third").await;
        admin.change_role(&member, "guest").await.done();
        assert_eq!(admin.job(&third).await.ok()["status"], "queued");
    }
}
