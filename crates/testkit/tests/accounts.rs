//! Who is at the other end: set-up, sign-in, sessions, passwords, requests from other sites.

#![expect(clippy::unwrap_used, reason = "a failed test says where")]

use std::time::Duration;

use testkit::{Actor, Method, Setup, Value, both_engines, json};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

fn first_run(person: &Actor, link: &str) -> Value {
    json!({
        "token": link, "organization": "School", "name": person.name, "email": person.email, "password": person.password,
        "approval": true,
    })
}

/// Everything that shows something of an organization.
const WINDOWS: &[&str] = &[
    "/people",
    "/invitations",
    "/settings",
    "/settings/effect?approval_on=true",
    "/printers",
    "/print-jobs",
    "/print-jobs/counts",
    "/notices",
    "/events",
];

both_engines! {
    async fn the_set_up_link_works_once_and_never_when_an_admin_exists(farm, Setup::empty()) {
        let (ada, eve) = (farm.someone("Ada"), farm.someone("Eve"));
        assert_eq!(ada.get("/setup").await.ok()["needed"], true);
        let old = farm.app().new_setup_link().await.unwrap();
        let link = farm.app().new_setup_link().await.unwrap();
        for dead in [old.as_str(), "", "guessed"] {
            ada.post("/setup", first_run(&ada, dead)).await.expect(409, "link_dead");
        }
        // A mistake in the form does not use the link up.
        let mut short = first_run(&ada, &link);
        short["password"] = json!("short");
        ada.post("/setup", short).await.expect(422, "invalid");
        let (one, two) = tokio::join!(ada.post("/setup", first_run(&ada, &link)), eve.post("/setup", first_run(&eve, &link)));
        assert_eq!([&one, &two].iter().filter(|answer| answer.is_ok()).count(), 1, "{one} {two}");
        let second = if one.is_ok() { two } else { one };
        second.expect(409, "already_set_up");
        assert_eq!(farm.nobody().get("/setup").await.ok()["needed"], false);
        eve.post("/setup", first_run(&eve, &link)).await.expect(409, "already_set_up");
        assert!(farm.app().new_setup_link().await.is_err(), "no new link once there is an Admin");
        assert_eq!(farm.number("SELECT COUNT(*) AS n FROM organization", &[]).await, 1);
        assert_eq!(farm.number("SELECT COUNT(*) AS n FROM account", &[]).await, 1);
    }

    async fn acc_04_an_account_without_an_organization_sees_nothing_of_any(farm) {
        let (printer, _machine) = farm.bench("Bench 1").await;
        let job = farm.guest().send_job(printer, "boat").await;
        let newcomer = farm.newcomer();
        let session = newcomer.get("/session").await.ok();
        assert_eq!((&session["organization"], &session["organizations"]), (&Value::Null, &json!([])));
        for path in WINDOWS {
            newcomer.get(path).await.expect(403, "no_organization");
        }
        for path in ["", "/timeline", "/approvers", "/record", "/file", "/thumbnail"] {
            let path = format!("/print-jobs/{}{path}", job["id"].as_str().unwrap());
            newcomer.get(&path).await.expect(403, "no_organization");
        }
        newcomer.printer(printer).await.expect(403, "no_organization");
        newcomer.approve(&job).await.expect(403, "no_organization");
        // Several at once, and none at all: the same refusal, not an answer with problems in it.
        let one = json!({ "id": job["id"], "version": job["version"], "send_sha": job["send_sha"] });
        for items in [json!([one]), json!([])] {
            newcomer.post("/print-jobs/approve", json!({ "items": items })).await.expect(403, "no_organization");
        }
        newcomer.post("/session/organization", json!({ "organization": farm.org() })).await.expect(404, "not_found");
        // Also somebody else's session cannot be ended, and says nothing.
        let admins = farm.admin().get("/sessions").await.items();
        newcomer.delete(&format!("/sessions/{}", admins[0]["id"].as_str().unwrap())).await.expect(404, "not_found");
    }

    async fn sign_ins_are_limited_for_the_account_also_after_a_restart(farm, Setup::new().fake_clock()) {
        let (guest, member) = (farm.guest(), farm.member());
        let right = guest.password.clone();
        for _ in 0..5 {
            guest.sign_in("a wrong password").await.expect(403, "wrong_password");
        }
        let refused = guest.sign_in(&right).await;
        refused.expect(429, "too_many");
        assert!((1..=60).contains(&refused.header("retry-after").parse::<i64>().unwrap()), "{refused}");
        // Other spellings of the address are the same account.
        let spelled = json!({ "email": format!(" {} ", guest.email.to_uppercase()), "password": right });
        guest.post("/sessions", spelled).await.expect(429, "too_many");
        // The session that exists goes on; the password cannot be guessed through it either.
        guest.get("/session").await.done();
        guest.post("/session/confirm", json!({ "password": right })).await.expect(429, "too_many");
        let change = json!({ "current": right, "new": "another long password" });
        guest.post("/account/password", change).await.expect(429, "too_many");
        let restarted = farm.restarted().await;
        guest.at(&restarted).sign_in(&right).await.expect(429, "too_many");
        // Others are not in the way.
        member.sign_in(&member.password).await.done();
        farm.clock().advance(Duration::from_secs(61));
        guest.at(&restarted).sign_in(&right).await.done();
    }

    async fn sign_ins_are_limited_for_the_address_also_after_a_restart(farm, Setup::new().fake_clock()) {
        for n in 0..20 {
            let unknown = farm.someone(&format!("Nobody {n}"));
            unknown.sign_in("a wrong password").await.expect(403, "wrong_password");
        }
        let admin = farm.admin();
        admin.sign_in(&admin.password).await.expect(429, "too_many");
        let restarted = farm.restarted().await;
        admin.at(&restarted).sign_in(&admin.password).await.expect(429, "too_many");
        farm.clock().advance(Duration::from_secs(61));
        admin.at(&restarted).sign_in(&admin.password).await.done();
    }

    async fn sign_ins_at_the_same_time_do_not_get_around_the_limit(farm, Setup::new().fake_clock()) {
        let guest = farm.guest();
        let tries = (0..30).map(|_| {
            let guest = guest.clone();
            tokio::spawn(async move { guest.sign_in("a wrong password").await.status })
        });
        let mut tested = 0;
        for attempt in tries.collect::<Vec<_>>() {
            tested += i32::from(attempt.await.unwrap() == 403);
        }
        // Five, and one more for the second hash that may run at the same time.
        assert!((5..=6).contains(&tested), "{tested} passwords were tried in one moment");
    }

    async fn a_wrong_password_and_an_unknown_address_look_the_same(farm) {
        let unknown = farm.someone("Nobody Here").sign_in("a wrong password").await.expect(403, "wrong_password");
        let wrong = farm.guest().sign_in("a wrong password").await.expect(403, "wrong_password");
        assert_eq!(unknown, wrong);
    }

    async fn sessions_are_listed_and_can_be_ended(farm) {
        let here = farm.member();
        let there = here.another_browser().await;
        let sessions = here.get("/sessions").await.items();
        assert_eq!(sessions.len(), 2, "{sessions:?}");
        assert_eq!(sessions.iter().filter(|s| s["current"] == true).count(), 1);
        let other = sessions.iter().find(|s| s["current"] == false).unwrap()["id"].as_str().unwrap().to_owned();
        farm.guest().delete(&format!("/sessions/{other}")).await.expect(404, "not_found");
        there.get("/session").await.done();
        here.delete(&format!("/sessions/{other}")).await.done();
        there.get("/session").await.expect(401, "not_signed_in");
        here.delete(&format!("/sessions/{other}")).await.expect(404, "not_found");
        let token = here.token();
        here.delete("/session").await.done();
        assert_eq!(here.token(), None, "the cookie is taken away");
        here.set_token(token);
        here.get("/session").await.expect(401, "not_signed_in");
    }

    async fn a_session_ends_when_it_is_not_used(farm, Setup::new().fake_clock()) {
        let (used, left) = (farm.member(), farm.member().another_browser().await);
        farm.clock().advance(11 * HOUR);
        used.get("/session").await.done();
        farm.clock().advance(2 * HOUR);
        used.get("/session").await.done();
        left.get("/session").await.expect(401, "not_signed_in");
        assert_eq!(used.get("/sessions").await.items().len(), 1, "an ended session is not listed");
    }

    async fn a_session_ends_after_thirty_days_however_it_is_used(farm, Setup::new().fake_clock()) {
        let member = farm.member();
        for _ in 0..71 {
            farm.clock().advance(10 * HOUR);
            member.get("/session").await.done();
        }
        farm.clock().advance(11 * HOUR);
        member.get("/session").await.expect(401, "not_signed_in");
    }

    async fn the_cookie_is_for_this_site_and_not_for_scripts(farm) {
        let member = farm.member();
        let attributes = |line: &str| {
            let mut all: Vec<String> = line.split(';').skip(1).map(|part| part.trim().to_lowercase()).collect();
            all.sort();
            all
        };
        let plain = member.sign_in(&member.password).await;
        let line = plain.header("set-cookie");
        assert!(line.starts_with("imprimatur="), "{line}");
        assert_eq!(attributes(line), ["httponly", "max-age=2592000", "path=/", "samesite=lax"]);
        let token = member.token().unwrap();
        assert!(token.len() >= 43, "256 bits");
        let rows = farm.rows("SELECT token_hash FROM session", &[]).await;
        assert!(rows.iter().all(|row| row.get::<Vec<u8>>("token_hash").unwrap() != token.as_bytes()), "only hashes are stored");

        let server = farm.behind_tls().await;
        let secure = member.at(&server);
        let answer = secure.sign_in(&member.password).await;
        let line = answer.header("set-cookie");
        assert!(line.starts_with("__Host-imprimatur="), "{line}");
        assert_eq!(attributes(line), ["httponly", "max-age=2592000", "path=/", "samesite=lax", "secure"]);
        assert!(answer.header("strict-transport-security").contains("max-age="), "{answer}");
        secure.get("/session").await.expect(401, "not_signed_in");
    }

    async fn requests_from_other_sites_change_nothing(farm) {
        let guest = farm.guest();
        let (printer, _machine) = farm.bench("Bench 1").await;
        let job = guest.send_job(printer, "boat").await;
        let approve = || {
            let path = format!("/print-jobs/{}/approve", job["id"].as_str().unwrap());
            let shown = json!({ "version": job["version"], "send_sha": job["send_sha"] });
            farm.member().call(Method::POST, &path).json(&shown)
        };
        approve().without_marker().send().await.expect(403, "cross_site");
        for origin in ["https://evil.example", "null", "http://127.0.0.1", &format!("{}.evil.example", farm.server().url())] {
            approve().header("origin", origin).send().await.expect(403, "cross_site");
        }
        for site in ["cross-site", "same-site"] {
            approve().header("sec-fetch-site", site).send().await.expect(403, "cross_site");
        }
        // A form of another site: no header, a simple content type.
        approve().without_marker().header("content-type", "text/plain").send().await.expect(403, "cross_site");
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            farm.member().call(method, "/session").without_marker().send().await.expect(403, "cross_site");
        }
        let events = || farm.member().call(Method::GET, "/events");
        events().header("sec-fetch-site", "cross-site").send().await.expect(403, "cross_site");
        events().header("origin", "https://evil.example").send().await.expect(403, "cross_site");
        assert_eq!(guest.job(&job).await.ok()["status"], "needs_approval");
        approve().header("origin", &farm.server().url()).header("sec-fetch-site", "same-origin").send().await.done();
    }

    async fn steps_that_matter_want_the_password_again_after_thirty_minutes(farm, Setup::new().fake_clock()) {
        let (admin, guest) = (farm.admin(), farm.guest());
        let machine = farm.virtual_printer();
        farm.clock().advance(30 * MINUTE);
        admin.change_role(&guest, "guest").await.done();
        farm.clock().advance(MINUTE);
        admin.change_role(&guest, "member").await.expect(403, "password_needed");
        admin.remove_person(&guest).await.expect(403, "password_needed");
        admin.post("/invitations", json!({ "role": "admin" })).await.expect(403, "password_needed");
        admin.settings(json!({ "approval_on": false })).await.expect(403, "password_needed");
        admin.settings(json!({ "forbid_self_approval": true })).await.expect(403, "password_needed");
        let add = json!({
            "name": "Bench", "family": "octoprint", "address": machine.address().to_string(), "api_key": machine.api_key(),
            "share_with_organization": true,
        });
        admin.post("/printers", add).await.expect(403, "password_needed");
        // Somebody without the right is told that, not asked for a password.
        guest.change_role(&guest, "admin").await.expect(403, "denied");
        let old = admin.token();
        let elsewhere = admin.another_browser().await;
        let wrong = admin.post("/session/confirm", json!({ "password": "a wrong password" })).await;
        assert_eq!(wrong.expect(403, "wrong_password")["detail"], "That is not your password. Nothing was changed.");
        admin.change_role(&guest, "member").await.expect(403, "password_needed");
        admin.post("/session/confirm", json!({ "password": admin.password })).await.done();
        assert_ne!(admin.token(), old, "a new secret at step-up");
        admin.change_role(&guest, "member").await.done();
        elsewhere.get("/session").await.done();
        elsewhere.set_token(old);
        elsewhere.get("/session").await.expect(401, "not_signed_in");
    }

    async fn a_new_password_ends_the_other_sessions(farm) {
        let here = farm.member();
        let there = here.another_browser().await;
        let change = |current: &str, new: &str| here.post("/account/password", json!({ "current": current, "new": new }));
        change("a wrong password", "another long password").await.expect(403, "wrong_password");
        for bad in ["short", "Password", &"x".repeat(257)] {
            change(&here.password, bad).await.expect(422, "invalid");
        }
        there.get("/session").await.done();
        change(&here.password, "another long password").await.done();
        there.get("/session").await.expect(401, "not_signed_in");
        here.get("/session").await.done();
        assert_eq!(here.get("/sessions").await.items().len(), 1);
        there.sign_in(&there.password).await.expect(403, "wrong_password");
        there.sign_in("another long password").await.done();
    }

    async fn an_account_needs_a_name_and_an_address_of_its_own(farm) {
        let guest = farm.guest();
        let account = |email: &str, name: &str| json!({ "email": email, "name": name, "password": "a good long password" });
        let nobody = farm.nobody();
        nobody.post("/accounts", account(&guest.email.to_uppercase(), "New")).await.expect(409, "email_taken");
        nobody.post("/accounts", account("new@farm.example", &guest.name.to_uppercase())).await.expect(409, "name_taken");
        for email in ["", "new", "@farm.example", "new@", "new@farm@example.org", "ne w@farm.example", "new@farm"] {
            nobody.post("/accounts", account(email, "New")).await.expect(422, "invalid");
        }
        for name in ["", "   ", "a\u{202e}b", "line\nbreak", &"x".repeat(1000)] {
            nobody.post("/accounts", account("new@farm.example", name)).await.expect(422, "invalid");
        }
        assert_eq!(nobody.token(), None);
        // Twice at once: one account.
        let (one, two) = (farm.someone("Twin One"), farm.someone("Twin Two"));
        let (one, two) = tokio::join!(
            one.post("/accounts", account("twin@farm.example", "Twin One")),
            two.post("/accounts", account("twin@farm.example", "Twin Two"))
        );
        assert_eq!(usize::from(one.is_ok()) + usize::from(two.is_ok()), 1, "{one} {two}");
        if one.is_ok() { two } else { one }.expect(409, "email_taken");
    }
}
