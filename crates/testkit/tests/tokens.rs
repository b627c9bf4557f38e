//! API tokens (ACC-06): what they are, what they may, and that they never exceed their person.

#![expect(clippy::unwrap_used, reason = "a failed test says where")]

use std::time::Duration;

use testkit::{Actor, Method, Plan, Setup, Value, both_engines, json, params};

const DAY: Duration = Duration::from_secs(86_400);
const ALL: &[&str] = &["read", "print", "approve", "manage"];

fn wanted(scopes: &[&str], days: i64) -> Value {
    json!({ "name": "Script", "scopes": scopes, "expires_in_days": days })
}

/// The id of the only token that this person has.
async fn only(person: &Actor) -> String {
    let tokens = person.get("/account/tokens").await.items();
    assert_eq!(tokens.len(), 1, "{tokens:?}");
    tokens[0]["id"].as_str().unwrap().to_owned()
}

both_engines! {
    async fn acc_06_a_token_acts_for_its_person_without_cookie_and_without_marker(farm) {
        let (printer, _machine) = farm.bench("Bench 1").await;
        let (guest, member) = (farm.guest(), farm.member());
        let slicer = guest.token_for(&["read", "print"]).await;
        let job = slicer.send_job(printer, "boat").await;
        assert_eq!((&job["status"], &job["submitter"]["name"]), (&json!("needs_approval"), &json!(guest.name)));
        assert_eq!(guest.job(&job).await.ok()["id"], job["id"]);
        let robot = member.token_for(&["read", "approve"]).await;
        let seen = robot.job(&job).await.ok();
        robot.approve(&seen).await.done();
        assert_eq!(slicer.job(&job).await.ok()["status"], "queued");
    }

    async fn acc_06_a_token_is_prefix_and_256_bits_and_stored_as_a_hash_only(farm) {
        let guest = farm.guest();
        let answer = guest.post("/account/tokens", wanted(&["read"], 30)).await;
        assert_eq!(answer.status, 201, "{answer}");
        let secret = answer.body["secret"].as_str().unwrap().to_owned();
        assert!(secret.starts_with("imp_t_") && secret.len() == 55, "{secret}");
        for table in ["SELECT name AS t FROM api_token", "SELECT scopes AS t FROM api_token", "SELECT data AS t FROM journal", "SELECT body AS t FROM journal_text"] {
            for row in farm.rows(table, &[]).await {
                let text: String = row.get("t").unwrap();
                assert!(!text.contains(&secret[6..30]), "{table}");
            }
        }
        let stored: Vec<u8> = farm.rows("SELECT token_hash AS t FROM api_token", &[]).await[0].get("t").unwrap();
        assert_eq!(stored.len(), 32);
        for person in [&guest, &farm.admin()] {
            let path = if person.id == guest.id { "/account/tokens" } else { "/tokens" };
            let listed = person.get(path).await;
            assert!(!String::from_utf8_lossy(&listed.bytes).contains("imp_t_"), "{listed}");
            let item = &listed.items()[0];
            assert_eq!((&item["name"], &item["scopes"], &item["owner"]["name"]), (&json!("Script"), &json!(["read"]), &json!(guest.name)));
        }
    }

    async fn acc_06_a_token_has_scopes_an_end_and_a_name(farm) {
        let guest = farm.guest();
        for (body, field) in [
            (wanted(&[], 30), "scopes"), (wanted(&["root"], 30), "scopes"), (wanted(&["Read"], 30), "scopes"),
            (wanted(&["read"], 0), "expires_in_days"), (wanted(&["read"], -1), "expires_in_days"), (wanted(&["read"], 366), "expires_in_days"),
            (wanted(&["read"], i64::MAX), "expires_in_days"), (json!({ "name": " ", "scopes": ["read"], "expires_in_days": 1 }), "name"),
            (json!({ "name": "Script", "scopes": ["read"] }), "body"),
        ] {
            assert_eq!(guest.post("/account/tokens", body).await.expect(422, "invalid")["field"], field);
        }
        guest.post("/account/tokens", wanted(&["read"], 365)).await.done();
        // Whoever is in no organization has nothing that a token could be bound to.
        farm.newcomer().post("/account/tokens", wanted(&["read"], 1)).await.expect(403, "no_organization");
    }

    async fn acc_06_a_token_ends_by_itself_and_says_so(farm, Setup::new().fake_clock()) {
        let guest = farm.guest();
        let program = guest.token_for(&["read"]).await;
        farm.clock().advance(30 * DAY - Duration::from_secs(1));
        program.get("/printers").await.done();
        farm.clock().advance(Duration::from_secs(1));
        let ended = program.get("/printers").await;
        ended.expect(401, "invalid_token");
        assert_eq!(ended.header("www-authenticate"), "Bearer realm=\"imprimatur\", error=\"invalid_token\"");
        guest.sign_in(&guest.password).await.done();
        assert_eq!(guest.get("/account/tokens").await.items().len(), 0, "what has ended is not listed");
    }

    async fn acc_06_what_is_no_token_is_refused_and_says_so(farm) {
        let program = farm.guest().token_for(&["read"]).await;
        let good = program.call(Method::GET, "/printers").header("authorization", "bearer x").send().await;
        good.expect(401, "invalid_token");
        let real = farm.rows("SELECT id FROM api_token", &[]).await.len();
        assert_eq!(real, 1);
        for wrong in ["", "imp_t_", "imp_t_short", "imp_t_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "null", "' OR ''='", "\u{1F600}"] {
            let nobody = farm.nobody();
            let header = format!("Bearer {wrong}");
            let call = nobody.call(Method::GET, "/printers").without_marker();
            let answer = call.header("authorization", &header).send().await;
            answer.expect(401, "invalid_token");
            assert!(answer.header("www-authenticate").contains("error=\"invalid_token\""), "{answer}");
        }
        // Nobody at all is told that tokens are taken here.
        let nobody = farm.nobody().get("/printers").await;
        nobody.expect(401, "not_signed_in");
        assert_eq!(nobody.header("www-authenticate"), "Bearer realm=\"imprimatur\"");
        // Other schemes belong to whatever stands in front.
        let basic = farm.nobody().call(Method::GET, "/printers").header("authorization", "Basic eDp5").send().await;
        basic.expect(401, "not_signed_in");
        let admin = farm.admin().call(Method::GET, "/printers").header("authorization", "Basic eDp5").send().await;
        admin.done();
    }

    async fn acc_06_each_scope_does_its_own_and_nothing_else(farm) {
        let (printer, _machine) = farm.bench("Bench 1").await;
        let admin = farm.admin();
        let job = farm.guest().send_job(printer, "boat").await;
        let id = job["id"].as_str().unwrap();
        let approve = json!({ "version": job["version"], "send_sha": job["send_sha"] });
        let calls = [
            ("read", Method::GET, format!("/print-jobs/{id}"), json!({})),
            ("approve", Method::POST, format!("/print-jobs/{id}/approve"), approve),
            ("manage", Method::PATCH, format!("/printers/{printer}"), json!({ "name": "Bench 2" })),
            ("print", Method::POST, "/uploads".to_owned(), json!({ "name": "a.gcode", "size": 10 })),
        ];
        for (scope, method, path, body) in calls {
            for others in ALL.iter().filter(|word| **word != scope) {
                let program = admin.token_for(&[others]).await;
                let refused = program.call(method.clone(), &path).json(&body).send().await;
                assert_eq!(refused.expect(403, "scope")["scope"], scope);
                assert!(refused.header("www-authenticate").contains(&format!("insufficient_scope\", scope=\"{scope}\"")), "{refused}");
            }
            let program = admin.token_for(&[scope]).await;
            program.call(method.clone(), &path).json(&body).send().await.done();
        }
    }

    async fn acc_06_no_token_makes_a_token_or_touches_credentials(farm) {
        let admin = farm.admin();
        let program = admin.token_for(ALL).await;
        let (member, id) = (farm.member().id, only(&admin).await);
        for (method, path, body) in [
            (Method::GET, "/account/tokens".to_owned(), json!({})),
            (Method::POST, "/account/tokens".to_owned(), wanted(&["read"], 1)),
            (Method::DELETE, format!("/account/tokens/{id}"), json!({})),
            (Method::GET, "/tokens".to_owned(), json!({})),
            (Method::DELETE, format!("/tokens/{id}"), json!({})),
            (Method::POST, "/applications".to_owned(), json!({ "name": "x", "redirect_uris": [], "scopes": ["read"] })),
            (Method::POST, "/authorizations".to_owned(), json!({ "query": "", "allow": true })),
            (Method::POST, "/devices".to_owned(), json!({ "code": "BCDF-GHJK", "allow": true })),
            (Method::GET, "/session".to_owned(), json!({})),
            (Method::DELETE, "/session".to_owned(), json!({})),
            (Method::GET, "/sessions".to_owned(), json!({})),
            (Method::POST, "/session/confirm".to_owned(), json!({ "password": admin.password })),
            (Method::POST, "/session/organization".to_owned(), json!({ "organization": farm.org() })),
            (Method::POST, "/account/password".to_owned(), json!({ "current": admin.password, "new": "another long password" })),
            // What wants a fresh password: a token has none to give.
            (Method::PATCH, format!("/people/{member}"), json!({ "role": "admin" })),
            (Method::DELETE, format!("/people/{member}"), json!({})),
            (Method::POST, "/invitations".to_owned(), json!({ "role": "admin" })),
            (Method::PUT, "/settings".to_owned(), json!({ "version": 1, "approval_on": false })),
            (Method::POST, "/settings/release".to_owned(), json!({})),
        ] {
            program.call(method, &path).json(&body).send().await.expect(403, "browser_needed");
        }
        assert_eq!(only(&admin).await, id);
    }

    async fn acc_06_making_one_wants_a_fresh_password_and_ending_one_does_not(farm, Setup::new().fake_clock()) {
        let guest = farm.guest();
        guest.post("/account/tokens", wanted(&["read"], 1)).await.done();
        farm.clock().advance(Duration::from_secs(31 * 60));
        guest.post("/account/tokens", wanted(&["read"], 1)).await.expect(403, "password_needed");
        let id = only(&guest).await;
        guest.delete(&format!("/account/tokens/{id}")).await.done();
        guest.post("/session/confirm", json!({ "password": guest.password })).await.done();
        guest.post("/account/tokens", wanted(&["read"], 1)).await.done();
    }

    async fn acc_06_the_own_are_ended_by_their_owner_and_by_admins_only(farm) {
        let (guest, member, admin) = (farm.guest(), farm.member(), farm.admin());
        let program = guest.token_for(&["read"]).await;
        let id = only(&guest).await;
        for other in [&member, &admin, &farm.stranger()] {
            other.delete(&format!("/account/tokens/{id}")).await.expect(404, "not_found");
        }
        for (other, status, code) in [(&guest, 403, "denied"), (&member, 403, "denied"), (&farm.stranger(), 404, "not_found")] {
            other.delete(&format!("/tokens/{id}")).await.expect(status, code);
        }
        program.get("/printers").await.done();
        assert_eq!(farm.stranger().get("/tokens").await.items().len(), 0);
        member.get("/tokens").await.expect(403, "denied");
        admin.delete(&format!("/tokens/{id}")).await.done();
        program.get("/printers").await.expect(401, "invalid_token");
        admin.delete(&format!("/tokens/{id}")).await.expect(404, "not_found");
        let again = guest.token_for(&["read"]).await;
        let id = only(&guest).await;
        guest.delete(&format!("/account/tokens/{id}")).await.done();
        again.get("/printers").await.expect(401, "invalid_token");
        let kinds = farm.rows("SELECT kind AS t FROM journal WHERE kind LIKE 'token.%' ORDER BY seq", &[]).await;
        let kinds: Vec<String> = kinds.iter().map(|row| row.get("t").unwrap()).collect();
        assert_eq!(kinds, ["token.created", "token.revoked", "token.created", "token.revoked"]);
    }

    async fn acc_06_admins_find_tokens_by_name_and_owner_page_by_page(farm) {
        let (guest, admin) = (farm.guest(), farm.admin());
        for n in 0..7 {
            let body = json!({ "name": format!("Label Printer {n}"), "scopes": ["read"], "expires_in_days": 1 });
            guest.post("/account/tokens", body).await.done();
        }
        farm.member().token_for(&["print"]).await;
        let (mut cursor, mut seen) = (String::new(), Vec::new());
        loop {
            let page = admin.get(&format!("/tokens?limit=3{cursor}")).await;
            seen.extend(page.items().into_iter().map(|item| item["id"].to_string()));
            let Some(next) = page.body["next"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        let whole: Vec<_> = admin.get("/tokens").await.items().into_iter().map(|item| item["id"].to_string()).collect();
        assert_eq!((seen.len(), &seen), (8, &whole));
        assert_eq!(admin.get("/tokens?q=label").await.items().len(), 7);
        assert_eq!(admin.get("/tokens?q=MO%20MEMBER").await.items().len(), 1);
        assert_eq!(admin.get("/tokens?q=%25").await.items().len(), 0);
        for path in ["/tokens?limit=0", "/tokens?limit=201", "/tokens?cursor=x", "/tokens?x=1"] {
            admin.get(path).await.expect(422, "invalid");
        }
    }

    async fn acc_06_a_person_keeps_at_most_fifty(farm) {
        let guest = farm.guest();
        for _ in 0..50 {
            guest.post("/account/tokens", wanted(&["read"], 1)).await.done();
        }
        guest.post("/account/tokens", wanted(&["read"], 1)).await.expect(409, "too_many_tokens");
        farm.member().post("/account/tokens", wanted(&["read"], 1)).await.done();
    }

    async fn acc_06_the_last_use_is_written_at_most_once_a_minute(farm, Setup::new().fake_clock()) {
        let guest = farm.guest();
        let program = guest.token_for(&["read"]).await;
        let last = async || guest.get("/account/tokens").await.items()[0]["last_used_at"].clone();
        assert_eq!(last().await, Value::Null);
        program.get("/printers").await.done();
        let first = last().await;
        assert!(first.is_string(), "{first}");
        farm.clock().advance(Duration::from_secs(59));
        program.get("/printers").await.done();
        assert_eq!(last().await, first);
        farm.clock().advance(Duration::from_secs(1));
        program.get("/printers").await.done();
        assert_ne!(last().await, first);
    }

    async fn acc_06_a_demotion_counts_between_two_calls(farm) {
        let (printer, _machine) = farm.bench("Bench 1").await;
        let (admin, member) = (farm.admin(), farm.member());
        let program = member.token_for(ALL).await;
        let one = farm.guest().send_job(printer, "one").await;
        let two = farm.guest().send_job(printer, "two").await;
        program.approve(&one).await.done();
        admin.patch(&format!("/people/{}", member.id), json!({ "role": "guest" })).await.done();
        // A Guest does not even see what others sent.
        program.approve(&two).await.expect(404, "not_found");
        program.patch(&format!("/printers/{printer}"), json!({ "name": "Mine" })).await.expect(403, "denied");
        let own = program.send_job(printer, "own").await;
        assert_eq!(own["status"], "needs_approval", "a Guest's job waits, also by a token from better days");
        // A promotion counts just as well; the scopes stay.
        admin.patch(&format!("/people/{}", member.id), json!({ "role": "member" })).await.done();
        program.approve(&two).await.done();
    }

    async fn acc_06_an_unshared_printer_is_gone_between_two_calls(farm) {
        let (printer, _machine) = farm.bench("Bench 1").await;
        let (admin, member) = (farm.admin(), farm.member());
        let program = member.token_for(ALL).await;
        let job = farm.guest().send_job(printer, "boat").await;
        program.printer(printer).await.done();
        program.job(&job).await.done();
        admin.share_printer(printer, false).await;
        program.printer(printer).await.expect(404, "not_found");
        program.approve(&job).await.expect(404, "not_found");
        admin.share_printer(printer, true).await;
        program.approve(&job).await.done();
    }

    async fn acc_06_a_plan_without_guests_freezes_their_tokens(farm) {
        let (printer, _machine) = farm.bench("Bench 1").await;
        let program = farm.guest().token_for(ALL).await;
        program.send_job(printer, "before").await;
        farm.set_plan(Plan::Essentials).await;
        program.get("/printers").await.done();
        let answer = program.post("/uploads", json!({ "name": "a.gcode", "size": 10 })).await;
        assert_eq!(answer.expect(403, "denied")["failed"], "plan");
    }

    async fn acc_06_org_02_a_removed_persons_token_is_dead_and_stays_dead(farm, Setup::new().fake_clock()) {
        let (admin, guest) = (farm.admin(), farm.guest());
        let program = guest.token_for(ALL).await;
        program.get("/printers").await.done();
        admin.remove_person(&guest).await.done();
        program.get("/printers").await.expect(401, "invalid_token");
        assert_eq!(admin.get("/tokens").await.items().len(), 0);
        let secret = admin.invite("member").await;
        guest.accept(&secret).await.done();
        guest.get("/printers").await.done();
        program.get("/printers").await.expect(401, "invalid_token");
        assert_eq!(guest.get("/account/tokens").await.items().len(), 0);
        // Not even a token that the removal forgot would live: it is older than the membership.
        farm.clock().advance(Duration::from_secs(1));
        let second = guest.token_for(ALL).await;
        farm.exec("UPDATE membership SET created_at = created_at + 5000000 WHERE account = $1", params![guest.id]).await;
        second.get("/printers").await.expect(401, "invalid_token");
    }

    async fn acc_06_rol_03_a_token_is_bound_to_one_organization(farm) {
        let (guest, stranger) = (farm.guest(), farm.stranger());
        let (printer, _machine) = farm.bench("Bench 1").await;
        let program = guest.token_for(ALL).await;
        let secret = stranger.invite("admin").await;
        guest.accept(&secret).await.done();
        // The browser is in the other organization now, as its Admin; the token is where it was.
        assert_eq!(guest.get("/printers").await.items().len(), 0);
        assert_eq!(program.get("/printers").await.items()[0]["id"], json!(printer));
        assert_eq!(program.get("/people").await.items().len(), 3);
        program.get("/invitations").await.expect(403, "denied");
        assert_eq!(guest.get("/account/tokens").await.items().len(), 0, "each organization shows its own");
        stranger.remove_person(&guest).await.done();
        program.get("/printers").await.done();
    }

    async fn csrf_a_token_opens_no_door_to_the_cookie(farm) {
        let (printer, _machine) = farm.bench("Bench 1").await;
        let admin = farm.admin();
        let program = admin.token_for(ALL).await;
        // Another site cannot add the header; a program needs no marker, whatever origin it claims.
        let call = program.call(Method::PATCH, &format!("/printers/{printer}"));
        let call = call.header("origin", "https://elsewhere.example").header("sec-fetch-site", "cross-site");
        call.json(&json!({ "name": "Bench 2" })).send().await.done();
        // Both at once: nobody could say who acts, and the cookie would be there without its guard.
        for token in ["Bearer x".to_owned(), "bearer".to_owned(), format!("Bearer {}", program_token(&program))] {
            for path in ["/printers", "/session", "/health", "/nothing"] {
                let call = admin.call(Method::GET, path).header("authorization", &token);
                call.send().await.expect(400, "two_credentials");
            }
            let forged = admin.call(Method::PATCH, &format!("/printers/{printer}")).without_marker();
            let forged = forged.header("authorization", &token).json(&json!({ "name": "Forged" }));
            forged.send().await.expect(400, "two_credentials");
        }
        assert_eq!(admin.printer(printer).await.ok()["name"], "Bench 2");
        // The cookie alone is guarded as ever.
        let bare = admin.call(Method::PATCH, &format!("/printers/{printer}")).without_marker();
        bare.json(&json!({ "name": "Forged" })).send().await.expect(403, "cross_site");
        // A token in a cookie, or a session in the header, is nothing.
        let confused = farm.nobody();
        confused.set_token(Some(program_token(&program)));
        confused.get("/printers").await.expect(401, "not_signed_in");
        farm.nobody().program(&admin.token().unwrap()).get("/printers").await.expect(401, "invalid_token");
    }

    async fn acc_06_a_stream_of_events_ends_with_its_token(farm) {
        let guest = farm.guest();
        let program = guest.token_for(&["read"]).await;
        let mut events = program.events().await;
        let id = only(&guest).await;
        guest.delete(&format!("/account/tokens/{id}")).await.done();
        assert_eq!(events.next().await, None, "the stream has ended");
        program.call(Method::GET, "/events").send().await.expect(401, "invalid_token");
    }

    async fn acc_06_others_do_not_hear_of_tokens(farm) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        guest.token_for(&["read"]).await;
        let id = only(&guest).await;
        admin.delete(&format!("/tokens/{id}")).await.done();
        for (person, hears) in [(&admin, 2), (&guest, 2), (&member, 0)] {
            let of_a_token = |change: &Value| change["kind"].as_str().unwrap().starts_with("token.");
            let mut events = person.events_after(Some(0)).await;
            for _ in 0..hears {
                events.changes_until(of_a_token).await;
            }
            let more = events.changes_within(Duration::from_millis(400)).await;
            assert!(!more.iter().any(of_a_token), "{} hears {hears}: {more:?}", person.name);
        }
    }
}

fn program_token(program: &Actor) -> String {
    program.bearer().unwrap()
}
