//! People in an organization: roles, invitations, removal, several organizations.

#![expect(clippy::unwrap_used, reason = "a failed test says where")]

use std::time::Duration;

use testkit::{Actor, Plan, Role, Setup, Value, both_engines, json, params};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// The role that a person has, as they are told.
async fn role(person: &Actor) -> Value {
    person.get("/session").await.ok()["organization"]["role"].clone()
}

both_engines! {
    async fn org_03_rol_20_amb_40_only_admins_change_roles_and_they_count_at_once(farm) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        for (person, other) in [(&member, &guest), (&guest, &member), (&guest, &guest), (&member, &member)] {
            person.change_role(other, "admin").await.expect(403, "denied");
        }
        member.get("/invitations").await.expect(403, "denied");
        admin.change_role(&member, "admin").await.done();
        member.get("/invitations").await.done();
        admin.change_role(&member, "member").await.done();
        let refused = member.get("/invitations").await.expect(403, "denied");
        assert_eq!((&refused["failed"], &refused["who_can"]), (&json!("role"), &json!(["an Admin"])));
        admin.change_role(&guest, "owner").await.expect(422, "invalid");
        admin.change_role(&farm.newcomer(), "member").await.expect(404, "not_found");
        admin.change_role(&farm.stranger(), "member").await.expect(404, "not_found");
        assert_eq!(role(&farm.stranger()).await, "admin", "still in their own organization");
        // AMB-40: an Admin may step down while there is another.
        admin.change_role(&member, "admin").await.done();
        admin.change_role(&admin, "member").await.done();
        assert_eq!((role(&admin).await, role(&member).await), (json!("member"), json!("admin")));
    }

    async fn amb_40_what_another_role_would_do_is_stated_before_it_is_saved(farm, Setup::new().undo_window(60)) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let effect = async |by: &Actor, person: &Actor, role: &str| {
            by.get(&format!("/people/{}/role-change?role={role}", person.id)).await
        };
        for person in [&member, &guest] {
            effect(person, person, "admin").await.expect(403, "denied");
        }
        effect(&farm.stranger(), &guest, "member").await.expect(404, "not_found");
        effect(&admin, &farm.stranger(), "member").await.expect(404, "not_found");
        effect(&admin, &guest, "owner").await.expect(422, "invalid");
        // About oneself: who is the last Admin, and who is not.
        let own = effect(&admin, &admin, "member").await.ok();
        assert_eq!((&own["oneself"], &own["last_admin"], &own["role"]), (&json!(true), &json!(true), &json!("admin")), "{own}");
        let other = farm.person("Olga Other", Role::Admin).await;
        other.invite("guest").await;
        let own = effect(&other, &other, "member").await.ok();
        assert_eq!((&own["oneself"], &own["last_admin"], &own["invitations"]), (&json!(true), &json!(false), &json!(1)), "{own}");
        let nothing = effect(&admin, &other, "admin").await.ok();
        assert_eq!((&nothing["invitations"], &nothing["lose_printers"]), (&json!(0), &json!(0)), "{nothing}");

        // A Member with a printer of their own, who decides about a shared one, too.
        let (shared, _machine) = farm.bench("Bench of all").await;
        let mine = member.add_printer("Bench of Mo", &farm.virtual_printer(), false).await;
        let waiting = guest.send_job(shared, "waiting").await;
        member.send_job(mine, "queued").await;
        admin.settings(json!({ "hold_on_demotion": true })).await.done();
        let told = effect(&admin, &member, "guest").await.ok();
        assert_eq!((&told["lose_printers"], &told["lose_own_printers"]), (&json!(1), &json!(1)), "{told}");
        assert_eq!((&told["lose_printer_names"], &told["lose_deciding"]), (&json!(["Bench of Mo"]), &json!(2)), "{told}");
        assert_eq!((&told["lose_decisions"], &told["admins_only"]), (&json!(1), &json!(1)), "{told}");
        assert_eq!((&told["jobs"][0]["name"], &told["jobs"][0]["change"]), (&json!("waiting"), &json!("admins_only")), "{told}");
        assert_eq!((&told["undecidable"], &told["gain_printers"]), (&json!(0), &json!(0)), "{told}");
        let did = admin.change_role(&member, "guest").await.ok();
        assert_eq!((&told["held_again"], &did["held_again"]), (&json!(1), &json!(1)), "{told}");
        member.printer(mine).await.expect(404, "not_found");
        member.approve(&waiting).await.expect(404, "not_found");
        // And back.
        let told = effect(&admin, &member, "member").await.ok();
        assert_eq!((&told["gain_printer_names"], &told["gain_deciding"]), (&json!(["Bench of Mo"]), &json!(2)), "{told}");
        admin.change_role(&member, "member").await.done();
        member.printer(mine).await.done();
    }

    async fn amb_40_an_undo_takes_back_nothing_that_somebody_else_did(farm) {
        let (one, two) = (farm.admin(), farm.person("Olga Other", Role::Admin).await);
        let guest = farm.guest();
        let path = format!("/people/{}", guest.id);
        one.patch(&path, json!({ "role": "member", "was": "guest" })).await.done();
        two.change_role(&guest, "admin").await.done();
        one.patch(&path, json!({ "role": "guest", "was": "member" })).await.expect(409, "changed");
        assert_eq!(role(&guest).await, "admin");
        one.patch(&path, json!({ "role": "guest", "was": "admin" })).await.done();
        assert_eq!(role(&guest).await, "guest");
    }

    async fn amb_39_the_last_admin_stays(farm) {
        let admin = farm.admin();
        for role in ["member", "guest"] {
            admin.change_role(&admin, role).await.expect(409, "last_admin");
        }
        admin.remove_person(&admin).await.expect(409, "last_admin");
        // A former Admin is none.
        let other = farm.person("Olga Other", Role::Admin).await;
        admin.remove_person(&other).await.done();
        admin.change_role(&admin, "member").await.expect(409, "last_admin");
        assert_eq!(role(&admin).await, "admin");
    }

    async fn amb_39_two_admins_who_demote_or_remove_each_other_do_not_both_win(farm) {
        let (one, two) = (farm.admin(), farm.person("Olga Other", Role::Admin).await);
        let admins = "SELECT COUNT(*) AS n FROM membership WHERE org = $1 AND role = 'admin' AND removed_at IS NULL";
        for round in 0..12 {
            let (first, second) = match round % 3 {
                0 => tokio::join!(one.change_role(&two, "member"), two.change_role(&one, "member")),
                1 => tokio::join!(one.change_role(&two, "guest"), two.remove_person(&one)),
                _ => tokio::join!(one.remove_person(&two), two.remove_person(&one)),
            };
            assert_eq!(usize::from(first.is_ok()) + usize::from(second.is_ok()), 1, "round {round}: {first} {second}");
            assert_eq!(farm.number(admins, params![farm.org()]).await, 1);
            let (winner, loser, refused) = if first.is_ok() { (&one, &two, second) } else { (&two, &one, first) };
            assert!(matches!(refused.code(), "denied" | "no_organization" | "not_found" | "last_admin"), "{refused}");
            if round % 3 != 0 && role(loser).await == Value::Null {
                let secret = winner.invite("admin").await;
                loser.accept(&secret).await.done();
            } else {
                winner.change_role(loser, "admin").await.done();
            }
        }
    }

    async fn pln_01_there_are_no_guests_on_essentials(farm) {
        let (admin, member) = (farm.admin(), farm.member());
        let before = admin.invite("guest").await;
        farm.set_plan(Plan::Essentials).await;
        for answer in [admin.post("/invitations", json!({ "role": "guest" })).await, admin.change_role(&member, "guest").await] {
            let refused = answer.expect(403, "denied");
            assert_eq!(refused["failed"], "plan", "{refused}");
            assert!(refused["detail"].as_str().unwrap().contains("Professional"), "{refused}");
        }
        assert_eq!(role(&member).await, "member");
        let offer = farm.nobody().get(&format!("/invitations/{before}")).await.ok();
        assert_eq!(offer["valid"], false, "{offer}");
        farm.newcomer().accept(&before).await.expect(409, "link_dead");
        // Other roles go on.
        let other = farm.person("Olga Other", Role::Member).await;
        admin.change_role(&other, "admin").await.done();
        farm.set_plan(Plan::Education).await;
        admin.change_role(&member, "guest").await.done();
        farm.newcomer().accept(&before).await.done();
    }

    async fn org_01_an_invitation_works_once(farm) {
        let (newcomer, late) = (farm.newcomer(), farm.newcomer_named("Lea Late").await);
        let secret = farm.admin().invite("member").await;
        let offer = farm.nobody().get(&format!("/invitations/{secret}")).await.ok();
        assert_eq!((&offer["role"], &offer["valid"]), (&json!("member"), &json!(true)), "{offer}");
        farm.nobody().accept(&secret).await.expect(401, "not_signed_in");
        newcomer.accept(&secret).await.done();
        assert_eq!(role(&newcomer).await, "member");
        late.accept(&secret).await.expect(409, "link_dead");
        newcomer.accept(&secret).await.expect(409, "link_dead");
        assert_eq!(farm.nobody().get(&format!("/invitations/{secret}")).await.ok()["valid"], false);
        // Who is in already does not use one up.
        let secret = farm.admin().invite("member").await;
        newcomer.accept(&secret).await.expect(409, "already_in");
        late.accept(&secret).await.done();
        farm.newcomer().accept("guessed").await.expect(404, "not_found");
        farm.nobody().get("/invitations/guessed").await.expect(404, "not_found");
    }

    async fn org_01_two_people_cannot_use_one_invitation_at_the_same_time(farm) {
        for round in 0..6 {
            let one = farm.newcomer_named(&format!("One {round}")).await;
            let two = farm.newcomer_named(&format!("Two {round}")).await;
            let secret = farm.admin().invite("guest").await;
            let (first, second) = tokio::join!(one.accept(&secret), two.accept(&secret));
            assert_eq!(usize::from(first.is_ok()) + usize::from(second.is_ok()), 1, "{first} {second}");
            if first.is_ok() { second } else { first }.expect(409, "link_dead");
        }
    }

    async fn org_01_an_invitation_expires_and_can_be_withdrawn(farm, Setup::new().fake_clock()) {
        let admin = farm.admin();
        let (expires, withdrawn) = (admin.invite("member").await, admin.invite("member").await);
        let open = admin.get("/invitations").await.items();
        assert_eq!(open.len(), 2);
        assert!(!serde_json_text(&open).contains(&expires), "the secret is shown once");
        let id = farm.rows("SELECT id FROM invitation ORDER BY id DESC", &[]).await[0].get::<testkit::Uuid>("id").unwrap();
        farm.member().delete(&format!("/invitations/{id}")).await.expect(403, "denied");
        farm.stranger().delete(&format!("/invitations/{id}")).await.expect(404, "not_found");
        admin.delete(&format!("/invitations/{id}")).await.done();
        admin.delete(&format!("/invitations/{id}")).await.expect(404, "not_found");
        farm.newcomer().accept(&withdrawn).await.expect(409, "link_dead");
        farm.clock().advance(7 * DAY - Duration::from_secs(1));
        assert_eq!(farm.nobody().get(&format!("/invitations/{expires}")).await.ok()["valid"], true);
        farm.clock().advance(Duration::from_secs(1));
        let newcomer = farm.newcomer();
        newcomer.sign_in(&newcomer.password).await.done();
        newcomer.accept(&expires).await.expect(409, "link_dead");
        assert_eq!(role(&newcomer).await, Value::Null);
    }

    async fn org_02_amb_41_a_removal_takes_queued_jobs_back_to_held(farm, Setup::new().undo_window(60)) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let (printer, _machine) = farm.bench("Bench 1").await;
        let queued = guest.send_job(printer, "queued").await;
        let held = guest.send_job(printer, "held").await;
        member.approve(&queued).await.done();
        let own = member.send_job(printer, "own").await;
        for person in [&member, &guest] {
            person.remove_person(&guest).await.expect(403, "denied");
            person.get(&format!("/people/{}/removal", guest.id)).await.expect(403, "denied");
        }
        let effect = admin.get(&format!("/people/{}/removal", guest.id)).await.ok();
        assert_eq!((&effect["held"], &effect["queued"]), (&json!(1), &json!(1)), "{effect}");
        let removed = admin.remove_person(&guest).await.ok();
        assert_eq!(removed["held_again"], 1);
        // Nothing of the organization is left to them.
        assert_eq!(role(&guest).await, Value::Null);
        guest.job(&held).await.expect(403, "no_organization");
        guest.get("/people").await.expect(403, "no_organization");
        guest.post("/session/organization", json!({ "organization": farm.org() })).await.expect(404, "not_found");
        let again = guest.another_browser().await;
        assert_eq!(role(&again).await, Value::Null);
        // Their jobs are decidable, and say whose they were.
        let now = admin.job(&queued).await.ok();
        assert_eq!((&now["status"], &now["submitter"]["former"]), (&json!("needs_approval"), &json!(true)), "{now}");
        admin.remove_person(&guest).await.expect(404, "not_found");
        member.approve(&now).await.done();
        member.reject(&held, None).await.done();
        assert_eq!(member.job(&own).await.ok()["status"], "queued", "others' jobs are not touched");
        // Invited again, they see their jobs again.
        let secret = admin.invite("guest").await;
        guest.accept(&secret).await.done();
        assert_eq!(guest.job(&held).await.ok()["status"], "rejected");
    }

    async fn rol_03_amb_48_rights_of_two_organizations_never_mix(farm) {
        let (guest, stranger) = (farm.guest(), farm.stranger());
        let (printer, _machine) = farm.bench("Bench 1").await;
        let job = guest.send_job(printer, "boat").await;
        let secret = stranger.invite("admin").await;
        guest.accept(&secret).await.done();
        assert_eq!(role(&guest).await, "admin", "the organization joined is the active one");
        guest.job(&job).await.expect(404, "not_found");
        guest.approve(&job).await.expect(404, "not_found");
        assert_eq!(guest.get("/printers").await.items().len(), 0);
        assert_eq!(guest.get("/people").await.items().len(), 2);
        guest.post("/session/organization", json!({ "organization": farm.org() })).await.done();
        assert_eq!(role(&guest).await, "guest");
        guest.approve(&job).await.expect(403, "denied");
        guest.get("/invitations").await.expect(403, "denied");
        assert_eq!(guest.get("/session").await.ok()["organizations"].as_array().unwrap().len(), 2);
        // Whoever signs in is where they were last, and not where they joined last.
        assert_eq!(role(&guest.another_browser().await).await, "guest");
        guest.post("/session/organization", json!({ "organization": stranger.get("/session").await.ok()["organization"]["id"] })).await.done();
        assert_eq!(role(&guest.another_browser().await).await, "admin");
    }

    async fn people_see_each_other_and_only_admins_see_addresses(farm) {
        for person in [farm.guest(), farm.member()] {
            let people = person.get("/people").await.items();
            assert_eq!(people.len(), 3, "{people:?}");
            assert!(people.iter().all(|p| p["email"].is_null() && p["actions"] == json!({})), "{people:?}");
            assert_eq!(people.iter().filter(|p| p["you"] == true).count(), 1);
            let by_address = person.get(&format!("/people?q={}", farm.admin().email)).await.items();
            assert_eq!(by_address.len(), 0, "an address cannot be probed by searching");
        }
        let people = farm.admin().get("/people?q=GUEST").await.items();
        assert_eq!((people.len(), &people[0]["email"]), (1, &json!(farm.guest().email)));
        assert_eq!(farm.stranger().get("/people").await.items().len(), 1);
    }

    async fn org_03_people_are_listed_by_role_and_the_session_counts_them(farm) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        for name in ["Zoe", "anna", "Ben"] {
            farm.person(name, Role::Guest).await;
        }
        for person in [&admin, &member, &guest] {
            assert_eq!(listed(person, "role=admin").await, ["Ada Admin"]);
            assert_eq!(listed(person, "role=member").await, ["Mo Member"]);
            assert_eq!(listed(person, "role=guest").await, ["anna", "Ben", "Gil Guest", "Zoe"]);
            assert_eq!(listed(person, "role=guest&q=EN").await, ["Ben"]);
            assert_eq!(listed(person, "role=admin&q=anna").await, [""; 0]);
        }
        assert_eq!(listed(&admin, &format!("role=guest&q={}", guest.email)).await, ["Gil Guest"]);
        assert_eq!(listed(&member, &format!("role=guest&q={}", guest.email)).await, [""; 0], "an address cannot be probed");
        // In pages, and the cursor may be of somebody who has another role by now.
        let first = guest.get("/people?role=guest&limit=2").await;
        assert_eq!(first.items().len(), 2);
        let next = first.body["next"].as_str().unwrap();
        assert_eq!(listed(&guest, &format!("role=guest&limit=2&cursor={next}")).await, ["Gil Guest", "Zoe"]);
        assert_eq!(listed(&guest, &format!("role=guest&cursor={}", member.id)).await, ["Zoe"]);
        for bad in ["role=owner", "role=", "role=Guest", "role=guest&role=member"] {
            guest.get(&format!("/people?{bad}")).await.expect(422, "invalid");
        }
        // Who changes role or leaves is counted anew.
        assert_eq!(counted(&guest).await, json!({ "admin": 1, "member": 1, "guest": 4 }));
        admin.change_role(&guest, "member").await.done();
        assert_eq!(counted(&guest).await, json!({ "admin": 1, "member": 2, "guest": 3 }));
        assert_eq!(listed(&admin, "role=member").await, ["Gil Guest", "Mo Member"]);
        admin.remove_person(&guest).await.done();
        assert_eq!(counted(&member).await, json!({ "admin": 1, "member": 1, "guest": 3 }));
        assert_eq!(listed(&admin, "role=member").await, ["Mo Member"]);
        assert_eq!(admin.get("/session").await.ok()["organization"]["people"], 5);
        let stranger = farm.stranger();
        assert_eq!(counted(&stranger).await, json!({ "admin": 1, "member": 0, "guest": 0 }));
        assert_eq!(listed(&stranger, "role=admin").await, [stranger.name.as_str()]);
        assert_eq!(listed(&stranger, "role=guest").await, [""; 0]);
    }

    async fn rol_09_rol_15_people_are_shown_with_the_teams_that_the_asker_sees_them_in(farm) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let other = farm.person("Olga Other", Role::Member).await;
        member.new_team("Looms", &[guest.id, other.id]).await;
        other.new_team("mills", &[guest.id, other.id]).await;
        admin.new_team("Attic", &[admin.id, other.id]).await;
        let gone = admin.new_team("Gone", &[guest.id]).await;
        admin.delete(&format!("/teams/{}", gone["id"].as_str().unwrap())).await.done();
        // An Admin sees all teams, a Member those they created or are in, a Guest those they are in.
        assert_eq!(teams_of(&admin, &other).await, (vec!["Attic".into(), "Looms".into(), "mills".into()], 3));
        assert_eq!(teams_of(&admin, &guest).await, (vec!["Looms".into(), "mills".into()], 2));
        assert_eq!(teams_of(&admin, &member).await, (vec![], 0));
        assert_eq!(teams_of(&member, &guest).await, (vec!["Looms".into()], 1));
        assert_eq!(teams_of(&member, &admin).await, (vec![], 0));
        assert_eq!(teams_of(&guest, &other).await, (vec!["Looms".into(), "mills".into()], 2));
        assert_eq!(teams_of(&guest, &admin).await, (vec![], 0));
        // The first three by name, and how many there are.
        for name in ["Beams", "Chisels", "Drills"] {
            admin.new_team(name, &[other.id]).await;
        }
        assert_eq!(teams_of(&admin, &other).await, (vec!["Attic".into(), "Beams".into(), "Chisels".into()], 6));
        assert_eq!(teams_of(&guest, &other).await, (vec!["Looms".into(), "mills".into()], 2));
        // Somebody of two organizations has in each only the teams of it.
        let stranger = farm.stranger();
        let secret = stranger.invite("guest").await;
        guest.accept(&secret).await.done();
        stranger.new_team("Theirs", &[guest.id]).await;
        assert_eq!(teams_of(&stranger, &guest).await, (vec!["Theirs".into()], 1));
        assert_eq!(teams_of(&admin, &guest).await, (vec!["Looms".into(), "mills".into()], 2));
        assert_eq!(teams_of(&guest, &guest).await, (vec!["Theirs".into()], 1), "in the organization that is active");
    }
}

/// The names that a page of people gives.
async fn listed(person: &Actor, query: &str) -> Vec<String> {
    let people = person.get(&format!("/people?{query}")).await.items();
    people.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
}

/// How many people have each role, as this person's session tells.
async fn counted(person: &Actor) -> Value {
    person.get("/session").await.ok()["organization"]["people_by_role"].clone()
}

/// The teams that somebody is shown with to this person, and how many these are said to be.
async fn teams_of(person: &Actor, of: &Actor) -> (Vec<String>, i64) {
    let people = person.get("/people").await.items();
    let found = people.iter().find(|one| one["id"] == json!(of.id)).unwrap();
    let names = found["teams"].as_array().unwrap().iter().map(|team| team["name"].as_str().unwrap().to_owned());
    (names.collect(), found["team_count"].as_i64().unwrap())
}

fn serde_json_text(values: &[Value]) -> String {
    values.iter().map(Value::to_string).collect()
}
