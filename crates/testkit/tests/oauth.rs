//! Applications of others (ACC-06): code with PKCE, device code, refresh, giving back; by RFC 6749, 7009, 7636, 8252, 8628, 9207, 9700.

#![expect(clippy::unwrap_used, reason = "a failed test says where")]

use std::time::Duration;

use testkit::{Actor, Answer, Farm, Method, Role, Setup, Uuid, Value, both_engines, json};

const S: Duration = Duration::from_secs(1);
const BACK: &str = "https://slicer.example/back";
/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// Registers an application; its `client_id`.
async fn register(farm: &Farm, uris: &[&str], scopes: &[&str]) -> String {
    let body = json!({ "name": "Slicer", "redirect_uris": uris, "scopes": scopes });
    farm.admin().post("/applications", body).await.ok()["id"].as_str().unwrap().to_owned()
}

fn encoded(parts: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(parts).finish()
}

/// An authorization request, with some parts other than usual; an empty part is left out.
fn query(client: &str, other: &[(&str, &str)]) -> String {
    let mut parts = vec![
        ("response_type", "code"),
        ("client_id", client),
        ("redirect_uri", BACK),
        ("scope", "read print"),
        ("state", "a b&c"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    for (key, value) in other {
        parts.retain(|(k, _)| k != key);
        parts.push((key, value));
    }
    parts.retain(|(_, value)| !value.is_empty());
    encoded(&parts)
}

/// The parts that an address carries.
fn carried(address: &str) -> Vec<(String, String)> {
    let (_, query) = address.split_once('?').unwrap();
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

fn part(address: &str, key: &str) -> String {
    carried(address).into_iter().find(|(k, _)| k == key).map(|(_, value)| value).unwrap_or_default()
}

async fn say(person: &Actor, query: &str, allow: bool) -> String {
    let answer = person.post("/authorizations", json!({ "query": query, "allow": allow })).await;
    answer.ok()["to"].as_str().unwrap().to_owned()
}

/// A call to one of the protocol's addresses, which answer in a shape of their own.
async fn ask(farm: &Farm, path: &str, parts: &[(&str, &str)]) -> Answer {
    farm.nobody().call(Method::POST, path).at_root().without_marker().form(parts).send_unchecked().await
}

async fn token(farm: &Farm, parts: &[(&str, &str)]) -> Answer {
    ask(farm, "/oauth/token", parts).await
}

#[track_caller]
fn refused(answer: &Answer, status: u16, error: &str) {
    assert!(answer.status == status && answer.body["error"] == error, "expected {status} {error}: {answer}");
    assert!(answer.body["error_description"].is_string(), "{answer}");
    assert_eq!(answer.header("cache-control"), "no-store", "{answer}");
}

async fn exchange(farm: &Farm, client: &str, code: &str) -> Answer {
    let parts = [
        ("grant_type", "authorization_code"),
        ("client_id", client),
        ("code", code),
        ("redirect_uri", BACK),
        ("code_verifier", VERIFIER),
    ];
    token(farm, &parts).await
}

async fn refresh(farm: &Farm, client: &str, token_: &str) -> Answer {
    token(farm, &[("grant_type", "refresh_token"), ("client_id", client), ("refresh_token", token_)]).await
}

/// A person says yes; the tokens.
async fn granted(farm: &Farm, person: &Actor, client: &str) -> Value {
    let to = say(person, &query(client, &[]), true).await;
    exchange(farm, client, &part(&to, "code")).await.ok()
}

fn text<'a>(of: &'a Value, key: &str) -> &'a str {
    of[key].as_str().unwrap_or_else(|| panic!("no {key} in {of}"))
}

fn program(person: &Actor, tokens: &Value) -> Actor {
    person.program(text(tokens, "access_token"))
}

async fn kinds(farm: &Farm) -> Vec<String> {
    let rows = farm.rows("SELECT kind AS t FROM journal WHERE kind LIKE 'token.%' ORDER BY seq", &[]).await;
    rows.iter().map(|row| row.get("t").unwrap()).collect()
}

both_engines! {
    async fn rfc_8414_metadata_says_what_there_is(farm) {
        let call = farm.nobody().call(Method::GET, "/.well-known/oauth-authorization-server").at_root();
        let answer = call.send_unchecked().await;
        let issuer = farm.server().url();
        assert_eq!(answer.header("content-type"), "application/json");
        let metadata = answer.ok();
        assert_eq!(metadata["issuer"], json!(issuer));
        assert_eq!(metadata["token_endpoint"], format!("{issuer}/oauth/token"));
        assert_eq!(metadata["code_challenge_methods_supported"], json!(["S256"]));
        assert_eq!(metadata["token_endpoint_auth_methods_supported"], json!(["none"]));
        assert_eq!(metadata["response_types_supported"], json!(["code"]));
        assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);
        assert!(!metadata["grant_types_supported"].to_string().contains("password"), "{metadata}");
    }

    async fn acc_06_a_code_becomes_tokens_that_act_for_the_person(farm) {
        let (printer, _machine) = farm.bench("Bench 1").await;
        let guest = farm.guest();
        let client = register(farm, &[BACK], &["read", "print"]).await;
        let query = query(&client, &[]);
        let asked = guest.post("/authorizations/look", json!({ "query": query })).await.ok();
        assert_eq!((&asked["application"], &asked["scopes"], &asked["goes_to"]), (&json!("Slicer"), &json!(["read", "print"]), &json!("slicer.example")));
        let to = say(&guest, &query, true).await;
        assert!(to.starts_with(&format!("{BACK}?code=imp_c_")), "{to}");
        assert_eq!((part(&to, "state").as_str(), part(&to, "iss")), ("a b&c", farm.server().url()));
        let answer = exchange(farm, &client, &part(&to, "code")).await;
        assert_eq!(answer.header("cache-control"), "no-store");
        let tokens = answer.ok();
        assert_eq!((&tokens["token_type"], &tokens["expires_in"], &tokens["scope"]), (&json!("Bearer"), &json!(600), &json!("read print")));
        let slicer = program(&guest, &tokens);
        let job = slicer.send_job(printer, "boat").await;
        assert_eq!(job["submitter"]["name"], guest.name);
        slicer.approve(&job).await.expect(403, "scope");
        // Both see it in their lists; it ends there.
        for (person, path) in [(&guest, "/account/tokens"), (&farm.admin(), "/tokens")] {
            let item = person.get(path).await.items().remove(0);
            assert_eq!((&item["application"], &item["name"], &item["scopes"]), (&json!(true), &json!("Slicer"), &json!(["read", "print"])));
        }
        let id = text(&guest.get("/account/tokens").await.items()[0], "id").to_owned();
        guest.delete(&format!("/account/tokens/{id}")).await.done();
        slicer.get("/printers").await.expect(401, "invalid_token");
        refused(&refresh(farm, &client, text(&tokens, "refresh_token")).await, 400, "invalid_grant");
        assert_eq!(kinds(farm).await, ["token.application_registered", "token.allowed", "token.granted", "token.revoked"]);
    }

    async fn acc_06_no_secret_of_oauth_is_stored(farm) {
        let guest = farm.guest();
        let client = register(farm, &[BACK], &["read", "print"]).await;
        let tokens = granted(farm, &guest, &client).await;
        for query in ["SELECT token_hash AS t FROM oauth_access", "SELECT token_hash AS t FROM oauth_refresh", "SELECT code_hash AS t FROM oauth_code"] {
            let row = farm.rows(query, &[]).await.remove(0);
            assert_eq!(row.get::<Vec<u8>>("t").unwrap().len(), 32, "{query}");
        }
        for row in farm.rows("SELECT data AS t FROM journal", &[]).await {
            let data: String = row.get("t").unwrap();
            assert!(!data.contains(&text(&tokens, "refresh_token")[6..20]), "{data}");
        }
    }

    async fn rfc_9700_an_answer_goes_only_to_a_registered_address(farm) {
        let guest = farm.guest();
        let uris = [BACK, "http://127.0.0.1/back", "http://localhost:32000/callback", "org.school.slicer:/back"];
        let client = register(farm, &uris, &["read", "print"]).await;
        for good in [BACK, "http://127.0.0.1:51000/back", "http://localhost:32000/callback", "org.school.slicer:/back"] {
            let to = say(&guest, &query(&client, &[("redirect_uri", good)]), true).await;
            assert!(to.starts_with(&format!("{good}?code=")), "{to}");
        }
        for bad in [
            "https://slicer.example/back/", "https://slicer.example/back?x=1", "https://slicer.example.evil.example/back", "https://evil.example",
            "http://127.0.0.1:51000/other", "http://127.0.0.1.evil.example/back", "http://localhost:32001/callback", "javascript:alert(1)", "",
        ] {
            let body = json!({ "query": query(&client, &[("redirect_uri", bad)]) });
            let look = guest.post("/authorizations/look", body.clone()).await.expect(422, "invalid");
            assert_eq!(look["field"], "query");
            let mut body = body;
            body["allow"] = json!(true);
            guest.post("/authorizations", body).await.expect(422, "invalid");
        }
        assert_eq!(farm.number("SELECT COUNT(*) AS n FROM oauth_code", &[]).await, 4);
        // At the token endpoint it must be the very same again.
        let to = say(&guest, &query(&client, &[("redirect_uri", "http://127.0.0.1:51000/back")]), true).await;
        refused(&exchange(farm, &client, &part(&to, "code")).await, 400, "invalid_grant");
    }

    async fn rfc_9700_pkce_s256_is_needed_and_nothing_else_is_taken(farm) {
        let guest = farm.guest();
        let client = register(farm, &[BACK], &["read", "print"]).await;
        for (other, error) in [
            (("code_challenge_method", "plain"), "invalid_request"), (("code_challenge_method", ""), "invalid_request"),
            (("code_challenge", ""), "invalid_request"), (("code_challenge", VERIFIER.get(..42).unwrap()), "invalid_request"),
            (("response_type", "token"), "unsupported_response_type"), (("response_type", ""), "invalid_request"),
            (("scope", ""), "invalid_scope"), (("scope", "read approve"), "invalid_scope"), (("scope", "everything"), "invalid_scope"),
            (("request_uri", "https://evil.example"), "invalid_request"),
        ] {
            let query = query(&client, &[other]);
            let look = guest.post("/authorizations/look", json!({ "query": query })).await.ok();
            assert!(look["problem"].is_string() && look["application"].is_null(), "{look}");
            for to in [text(&look, "back").to_owned(), say(&guest, &query, true).await] {
                assert_eq!((part(&to, "error").as_str(), part(&to, "code").as_str(), part(&to, "state").as_str()), (error, "", "a b&c"));
                assert!(to.starts_with(BACK) && part(&to, "iss") == farm.server().url(), "{to}");
            }
        }
        let twice = format!("{}&scope=read", query(&client, &[]));
        guest.post("/authorizations/look", json!({ "query": twice })).await.expect(422, "invalid");
        let to = say(&guest, &query(&client, &[]), false).await;
        assert_eq!((part(&to, "error").as_str(), part(&to, "code").as_str()), ("access_denied", ""));
        assert_eq!(farm.number("SELECT COUNT(*) AS n FROM oauth_code", &[]).await, 0);
        // No other grant, no client with a secret, nothing in the address.
        for grant in ["password", "client_credentials", "implicit", "urn:ietf:params:oauth:grant-type:jwt-bearer"] {
            let parts = [("grant_type", grant), ("client_id", &client), ("username", &guest.email), ("password", &guest.password)];
            refused(&token(farm, &parts).await, 400, "unsupported_grant_type");
        }
        let secret = [("grant_type", "refresh_token"), ("client_id", &*client), ("client_secret", "x"), ("refresh_token", "x")];
        refused(&token(farm, &secret).await, 401, "invalid_client");
        let nobody = farm.nobody();
        let basic = nobody.call(Method::POST, "/oauth/token").at_root().form(&secret).header("authorization", "Basic eDp5");
        let basic = basic.send_unchecked().await;
        refused(&basic, 401, "invalid_client");
        assert!(!basic.header("www-authenticate").is_empty());
        let call = nobody.call(Method::POST, "/oauth/token?grant_type=refresh_token").at_root().form(&secret);
        refused(&call.send_unchecked().await, 400, "invalid_request");
        let json = nobody.call(Method::POST, "/oauth/token").at_root().json(&json!({ "grant_type": "refresh_token" }));
        refused(&json.send_unchecked().await, 400, "invalid_request");
        let long = "x".repeat(9000);
        refused(&token(farm, &[("grant_type", &long)]).await, 400, "invalid_request");
    }

    async fn rfc_7636_without_the_verifier_a_code_is_worth_nothing(farm) {
        let guest = farm.guest();
        let client = register(farm, &[BACK], &["read", "print"]).await;
        let other = register(farm, &[BACK], &["read", "print"]).await;
        let right = [
            ("grant_type", "authorization_code"), ("client_id", &*client), ("redirect_uri", BACK), ("code_verifier", VERIFIER),
        ];
        for (key, value) in [("code_verifier", CHALLENGE), ("redirect_uri", "https://slicer.example/"), ("client_id", &*other)] {
            let code = part(&say(&guest, &query(&client, &[]), true).await, "code");
            let mut parts: Vec<(&str, &str)> = right.iter().map(|(k, v)| (*k, if *k == key { value } else { *v })).collect();
            parts.push(("code", &code));
            refused(&token(farm, &parts).await, 400, "invalid_grant");
            // And it is used up: whoever showed it so did not have it from us.
            refused(&exchange(farm, &client, &code).await, 400, "invalid_grant");
        }
        let code = part(&say(&guest, &query(&client, &[]), true).await, "code");
        for verifier in ["", "short", &"x".repeat(129), "not allowed: blanks and such, whatever its length"] {
            let parts = [("grant_type", "authorization_code"), ("client_id", &*client), ("code", &*code), ("redirect_uri", BACK), ("code_verifier", verifier)];
            refused(&token(farm, &parts).await, 400, "invalid_request");
        }
        exchange(farm, &client, &code).await.done();
    }

    async fn rfc_9700_a_code_lives_for_sixty_seconds(farm, Setup::new().fake_clock()) {
        let guest = farm.guest();
        let client = register(farm, &[BACK], &["read", "print"]).await;
        let code = part(&say(&guest, &query(&client, &[]), true).await, "code");
        farm.clock().advance(59 * S);
        exchange(farm, &client, &code).await.done();
        let code = part(&say(&guest, &query(&client, &[]), true).await, "code");
        farm.clock().advance(60 * S);
        refused(&exchange(farm, &client, &code).await, 400, "invalid_grant");
    }

    async fn rfc_9700_a_code_shown_twice_ends_the_family(farm) {
        let guest = farm.guest();
        let client = register(farm, &[BACK], &["read", "print"]).await;
        let code = part(&say(&guest, &query(&client, &[]), true).await, "code");
        let tokens = exchange(farm, &client, &code).await.ok();
        let slicer = program(&guest, &tokens);
        slicer.get("/printers").await.done();
        refused(&exchange(farm, &client, &code).await, 400, "invalid_grant");
        slicer.get("/printers").await.expect(401, "invalid_token");
        refused(&refresh(farm, &client, text(&tokens, "refresh_token")).await, 400, "invalid_grant");
        assert_eq!(kinds(farm).await.last().unwrap(), "token.ended");
        // At the same moment: never two families.
        let code = part(&say(&guest, &query(&client, &[]), true).await, "code");
        let (one, two) = tokio::join!(exchange(farm, &client, &code), exchange(farm, &client, &code));
        assert_eq!([&one, &two].iter().filter(|answer| answer.is_ok()).count(), 1, "{one} {two}");
        let winner = if one.is_ok() { one } else { two };
        program(&guest, &winner.ok()).get("/printers").await.expect(401, "invalid_token");
        assert_eq!(farm.number("SELECT COUNT(*) AS n FROM oauth_grant", &[]).await, 2);
    }

    async fn rfc_9700_refresh_tokens_rotate_and_a_repeated_one_ends_the_family(farm) {
        let guest = farm.guest();
        let client = register(farm, &[BACK], &["read", "print"]).await;
        let first = granted(farm, &guest, &client).await;
        let second = refresh(farm, &client, text(&first, "refresh_token")).await.ok();
        assert_ne!(second["refresh_token"], first["refresh_token"]);
        assert_eq!((&second["scope"], &second["expires_in"]), (&first["scope"], &json!(600)));
        program(&guest, &second).get("/printers").await.done();
        let third = refresh(farm, &client, text(&second, "refresh_token")).await.ok();
        // More scopes than were given are not to be had this way.
        let parts = [("grant_type", "refresh_token"), ("client_id", &*client), ("refresh_token", text(&third, "refresh_token")), ("scope", "read print approve")];
        refused(&token(farm, &parts).await, 400, "invalid_scope");
        refused(&refresh(farm, &client, text(&first, "refresh_token")).await, 400, "invalid_grant");
        for tokens in [&first, &second, &third] {
            program(&guest, tokens).get("/printers").await.expect(401, "invalid_token");
            refused(&refresh(farm, &client, text(tokens, "refresh_token")).await, 400, "invalid_grant");
        }
        assert_eq!(guest.get("/account/tokens").await.items().len(), 0);
        // A refresh token is for its application only, and no access token is one.
        let tokens = granted(farm, &guest, &client).await;
        refused(&refresh(farm, &client, text(&tokens, "access_token")).await, 400, "invalid_grant");
        guest.program(text(&tokens, "refresh_token")).get("/printers").await.expect(401, "invalid_token");
        let other = register(farm, &[BACK], &["read"]).await;
        refused(&refresh(farm, &other, text(&tokens, "refresh_token")).await, 400, "invalid_grant");
        program(&guest, &tokens).get("/printers").await.expect(401, "invalid_token");
    }

    async fn rfc_9700_access_ends_after_ten_minutes_and_all_of_it_after_ninety_days(farm, Setup::new().fake_clock()) {
        let guest = farm.guest();
        let client = register(farm, &[BACK], &["read", "print"]).await;
        let tokens = granted(farm, &guest, &client).await;
        farm.clock().advance(599 * S);
        program(&guest, &tokens).get("/printers").await.done();
        farm.clock().advance(S);
        program(&guest, &tokens).get("/printers").await.expect(401, "invalid_token");
        let mut tokens = refresh(farm, &client, text(&tokens, "refresh_token")).await.ok();
        // Used every 29 days it goes on, to its absolute end.
        for _ in 0..3 {
            farm.clock().advance(29 * 86_400 * S);
            tokens = refresh(farm, &client, text(&tokens, "refresh_token")).await.ok();
        }
        farm.clock().advance(3 * 86_400 * S);
        refused(&refresh(farm, &client, text(&tokens, "refresh_token")).await, 400, "invalid_grant");
        guest.sign_in(&guest.password).await.done();
        let unused = granted(farm, &guest, &client).await;
        farm.clock().advance(30 * 86_400 * S);
        refused(&refresh(farm, &client, text(&unused, "refresh_token")).await, 400, "invalid_grant");
    }

    async fn rfc_7009_an_application_gives_its_tokens_back(farm) {
        let guest = farm.guest();
        let client = register(farm, &[BACK], &["read", "print"]).await;
        let other = register(farm, &[BACK], &["read", "print"]).await;
        for key in ["access_token", "refresh_token"] {
            let tokens = granted(farm, &guest, &client).await;
            // Not by another, and nothing is told.
            ask(farm, "/oauth/revoke", &[("client_id", &other), ("token", text(&tokens, key))]).await.done();
            program(&guest, &tokens).get("/printers").await.done();
            ask(farm, "/oauth/revoke", &[("client_id", &client), ("token", text(&tokens, key)), ("token_type_hint", "whatever")]).await.done();
            program(&guest, &tokens).get("/printers").await.expect(401, "invalid_token");
            refused(&refresh(farm, &client, text(&tokens, "refresh_token")).await, 400, "invalid_grant");
        }
        ask(farm, "/oauth/revoke", &[("client_id", &client), ("token", "unknown")]).await.done();
        refused(&ask(farm, "/oauth/revoke", &[("client_id", &client)]).await, 400, "invalid_request");
        // An API token is no business of an application's.
        let script = guest.token_for(&["read"]).await;
        ask(farm, "/oauth/revoke", &[("client_id", &client), ("token", &script.bearer().unwrap())]).await.done();
        script.get("/printers").await.done();
    }

    async fn rfc_8628_a_device_waits_for_its_person(farm, Setup::new().fake_clock()) {
        let guest = farm.guest();
        let client = register(farm, &[], &["read", "print"]).await;
        let waiting = ask(farm, "/oauth/device", &[("client_id", &client), ("scope", "print read")]).await.ok();
        let (device, code) = (text(&waiting, "device_code").to_owned(), text(&waiting, "user_code").to_owned());
        assert_eq!((&waiting["expires_in"], &waiting["interval"]), (&json!(600), &json!(5)));
        assert_eq!(waiting["verification_uri"], format!("{}/device", farm.server().url()));
        assert_eq!(waiting["verification_uri_complete"], format!("{}/device?code={code}", farm.server().url()));
        let poll = async || token(farm, &[("grant_type", DEVICE), ("client_id", &client), ("device_code", &device)]).await;
        refused(&poll().await, 400, "authorization_pending");
        farm.clock().advance(4 * S);
        refused(&poll().await, 400, "slow_down");
        farm.clock().advance(9 * S);
        refused(&poll().await, 400, "slow_down");
        farm.clock().advance(15 * S);
        refused(&poll().await, 400, "authorization_pending");
        // Whatever the person types: it is the same code.
        let typed = code.to_lowercase().replace('-', " ");
        let asked = guest.post("/devices/look", json!({ "code": typed })).await.ok();
        assert_eq!((&asked["application"], &asked["scopes"], &asked["goes_to"]), (&json!("Slicer"), &json!(["read", "print"]), &Value::Null));
        // Somebody of another organization does not find it.
        farm.stranger().post("/devices/look", json!({ "code": code })).await.expect(404, "not_found");
        guest.post("/devices", json!({ "code": typed, "allow": true })).await.done();
        guest.post("/devices", json!({ "code": typed, "allow": true })).await.expect(404, "not_found");
        let tokens = poll().await.ok();
        program(&guest, &tokens).get("/printers").await.done();
        // Once: the second time somebody else asks.
        refused(&poll().await, 400, "invalid_grant");
        program(&guest, &tokens).get("/printers").await.expect(401, "invalid_token");
    }

    async fn rfc_8628_no_and_too_late_are_answers(farm, Setup::new().fake_clock()) {
        let guest = farm.guest();
        let client = register(farm, &[], &["read"]).await;
        let begin = async || ask(farm, "/oauth/device", &[("client_id", &client), ("scope", "read")]).await.ok();
        let poll = async |waiting: &Value| {
            token(farm, &[("grant_type", DEVICE), ("client_id", &client), ("device_code", text(waiting, "device_code"))]).await
        };
        let waiting = begin().await;
        guest.post("/devices", json!({ "code": waiting["user_code"], "allow": false })).await.done();
        refused(&poll(&waiting).await, 400, "access_denied");
        let waiting = begin().await;
        farm.clock().advance(600 * S);
        guest.post("/devices/look", json!({ "code": waiting["user_code"] })).await.expect(404, "not_found");
        refused(&poll(&waiting).await, 400, "expired_token");
        for (parts, error, status) in [
            (vec![("client_id", &*client), ("scope", "")], "invalid_scope", 400),
            (vec![("client_id", &*client), ("scope", "read print")], "invalid_scope", 400),
            (vec![("client_id", "00000000-0000-0000-0000-000000000000"), ("scope", "read")], "invalid_client", 401),
            (vec![("scope", "read")], "invalid_client", 401),
        ] {
            refused(&ask(farm, "/oauth/device", &parts).await, status, error);
        }
        // One application's device is not another's.
        let other = register(farm, &[], &["read"]).await;
        let waiting = begin().await;
        let parts = [("grant_type", DEVICE), ("client_id", &*other), ("device_code", text(&waiting, "device_code"))];
        refused(&token(farm, &parts).await, 400, "invalid_grant");
    }

    async fn device_codes_cannot_be_guessed_quickly(farm, Setup::new().fake_clock()) {
        let (guest, member) = (farm.guest(), farm.member());
        let client = register(farm, &[], &["read"]).await;
        let waiting = ask(farm, "/oauth/device", &[("client_id", &client), ("scope", "read")]).await.ok();
        for n in 0..5 {
            let path = if n % 2 == 0 { "/devices/look" } else { "/devices" };
            let body = if n % 2 == 0 { json!({ "code": "BCDF-GHJK" }) } else { json!({ "code": "BCDF-GHJK", "allow": true }) };
            guest.post(path, body).await.expect(404, "not_found");
        }
        let limited = guest.post("/devices/look", json!({ "code": waiting["user_code"] })).await;
        limited.expect(429, "too_many");
        assert!((1..=60).contains(&limited.header("retry-after").parse::<i64>().unwrap()), "{limited}");
        member.post("/devices/look", json!({ "code": waiting["user_code"] })).await.done();
        farm.clock().advance(61 * S);
        guest.post("/devices/look", json!({ "code": waiting["user_code"] })).await.done();
    }

    async fn the_token_endpoint_takes_thirty_wrong_tries_a_minute(farm, Setup::new().fake_clock()) {
        let guest = farm.guest();
        let client = register(farm, &[BACK], &["read", "print"]).await;
        let tokens = granted(farm, &guest, &client).await;
        for _ in 0..30 {
            refused(&refresh(farm, &client, "imp_r_guessed").await, 400, "invalid_grant");
        }
        let limited = refresh(farm, &client, text(&tokens, "refresh_token")).await;
        refused(&limited, 429, "slow_down");
        assert!((1..=60).contains(&limited.header("retry-after").parse::<i64>().unwrap()), "{limited}");
        // Calls with tokens go on.
        program(&guest, &tokens).get("/printers").await.done();
        farm.clock().advance(61 * S);
        let mut tokens = refresh(farm, &client, text(&tokens, "refresh_token")).await.ok();
        // One grant is not refreshed more often either.
        let mut answers = 0;
        let limited = loop {
            let answer = refresh(farm, &client, text(&tokens, "refresh_token")).await;
            if !answer.is_ok() {
                break answer;
            }
            tokens = answer.ok();
            answers += 1;
            assert!(answers < 40, "no end");
        };
        refused(&limited, 429, "slow_down");
        assert_eq!(limited.header("retry-after"), "60");
        farm.clock().advance(61 * S);
        refresh(farm, &client, text(&tokens, "refresh_token")).await.done();
        // Devices that begin to wait are counted, too.
        let begin = async || ask(farm, "/oauth/device", &[("client_id", &client), ("scope", "read")]).await;
        for _ in 0..30 {
            begin().await.done();
        }
        refused(&begin().await, 429, "slow_down");
    }

    async fn acc_06_an_application_never_exceeds_its_person(farm) {
        let (printer, _machine) = farm.bench("Bench 1").await;
        let admin = farm.admin();
        let person = farm.person("Pat", Role::Member).await;
        let client = register(farm, &[BACK], &["read", "print", "approve", "manage"]).await;
        let query = query(&client, &[("scope", "read print approve manage")]);
        let tokens = exchange(farm, &client, &part(&say(&person, &query, true).await, "code")).await.ok();
        let app = program(&person, &tokens);
        let job = farm.guest().send_job(printer, "boat").await;
        app.job(&job).await.done();
        app.post("/account/tokens", json!({ "name": "x", "scopes": ["read"], "expires_in_days": 1 })).await.expect(403, "browser_needed");
        admin.patch(&format!("/people/{}", person.id), json!({ "role": "guest" })).await.done();
        app.job(&job).await.expect(404, "not_found");
        // Removal ends everything, also a code that was not exchanged yet.
        let code = part(&say(&person, &query, true).await, "code");
        admin.remove_person(&person).await.done();
        app.get("/printers").await.expect(401, "invalid_token");
        refused(&refresh(farm, &client, text(&tokens, "refresh_token")).await, 400, "invalid_grant");
        refused(&exchange(farm, &client, &code).await, 400, "invalid_grant");
        let secret = admin.invite("admin").await;
        person.accept(&secret).await.done();
        app.get("/printers").await.expect(401, "invalid_token");
        refused(&refresh(farm, &client, text(&tokens, "refresh_token")).await, 400, "invalid_grant");
        refused(&exchange(farm, &client, &code).await, 400, "invalid_grant");
    }

    async fn acc_06_a_removed_application_does_nothing_any_more(farm) {
        let (guest, admin) = (farm.guest(), farm.admin());
        let client = register(farm, &[BACK], &["read", "print"]).await;
        let tokens = granted(farm, &guest, &client).await;
        let code = part(&say(&guest, &query(&client, &[]), true).await, "code");
        let waiting = ask(farm, "/oauth/device", &[("client_id", &client), ("scope", "read")]).await.ok();
        assert_eq!(admin.get("/applications").await.items()[0]["people"], 1);
        for (person, status, denied) in [(&guest, 403, "denied"), (&farm.member(), 403, "denied"), (&farm.stranger(), 404, "not_found")] {
            person.delete(&format!("/applications/{client}")).await.expect(status, denied);
        }
        admin.delete(&format!("/applications/{client}")).await.done();
        admin.delete(&format!("/applications/{client}")).await.expect(404, "not_found");
        assert_eq!(admin.get("/applications").await.items().len(), 0);
        program(&guest, &tokens).get("/printers").await.expect(401, "invalid_token");
        refused(&refresh(farm, &client, text(&tokens, "refresh_token")).await, 400, "invalid_grant");
        refused(&exchange(farm, &client, &code).await, 400, "invalid_grant");
        guest.post("/devices/look", json!({ "code": waiting["user_code"] })).await.expect(404, "not_found");
        guest.post("/authorizations", json!({ "query": query(&client, &[]), "allow": true })).await.expect(422, "invalid");
        refused(&ask(farm, "/oauth/device", &[("client_id", &client), ("scope", "read")]).await, 401, "invalid_client");
    }

    async fn acc_06_applications_are_registered_by_admins_for_their_organization(farm, Setup::new().fake_clock()) {
        let (admin, guest, stranger) = (farm.admin(), farm.guest(), farm.stranger());
        let body = |uris: &[&str]| json!({ "name": "Slicer", "redirect_uris": uris, "scopes": ["read"] });
        for person in [&guest, &farm.member()] {
            person.post("/applications", body(&[BACK])).await.expect(403, "denied");
            person.get("/applications").await.expect(403, "denied");
        }
        for bad in ["http://school.example/back", "javascript:alert(1)", "https://u@h.example/", "https://h.example/#x", "slicer:/x"] {
            assert_eq!(admin.post("/applications", body(&[bad])).await.expect(422, "invalid")["field"], "redirect_uris", "{bad}");
        }
        let client = register(farm, &[BACK], &["read", "print"]).await;
        assert_eq!(stranger.get("/applications").await.items().len(), 0);
        // For people elsewhere it does not exist: the same words as for one that never was.
        let unknown = Uuid::new_v4().to_string();
        let one = stranger.post("/authorizations/look", json!({ "query": query(&client, &[]) })).await.expect(422, "invalid");
        let other = stranger.post("/authorizations/look", json!({ "query": query(&unknown, &[]) })).await.expect(422, "invalid");
        assert_eq!(one, other);
        // Registering and saying yes want a fresh password; saying no does not.
        farm.clock().advance(31 * 60 * S);
        admin.post("/applications", body(&[BACK])).await.expect(403, "password_needed");
        guest.post("/authorizations", json!({ "query": query(&client, &[]), "allow": true })).await.expect(403, "password_needed");
        say(&guest, &query(&client, &[]), false).await;
        let waiting = ask(farm, "/oauth/device", &[("client_id", &client), ("scope", "read")]).await.ok();
        guest.post("/devices", json!({ "code": waiting["user_code"], "allow": true })).await.expect(403, "password_needed");
        guest.post("/devices", json!({ "code": waiting["user_code"], "allow": false })).await.done();
    }
}
