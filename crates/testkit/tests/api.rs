//! The API as a contract: its document, its refusals, its pages.

#![expect(clippy::unwrap_used, reason = "a failed test says where")]

use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use access::table::TABLE;
use testkit::{Actor, Answer, Method, Setup, Uuid, Value, both_engines, gcode, json, params};

/// The document, as it is written into the golden file.
fn document() -> String {
    let mut text = serde_json::to_string_pretty(&http_api::openapi()).unwrap();
    text.push('\n');
    text
}

/// All operations: method, path without the prefix, and what the document says.
fn operations() -> Vec<(String, String, Value)> {
    let document: Value = serde_json::from_str(&document()).unwrap();
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let path = path.strip_prefix("/api/v1").unwrap().to_owned();
            all.push((method.to_uppercase(), path, operation.clone()));
        }
    }
    all
}

#[test]
fn the_openapi_document_is_the_golden_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/openapi.json");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, document()).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = golden.lines().zip(document().lines().map(str::to_owned)).position(|(old, new)| old != new);
    assert!(
        golden == document(),
        "the API has changed at line {:?} of golden/openapi.json; if that is meant: UPDATE_GOLDEN=1 cargo test -p testkit --test api",
        differs.map(|line| line + 1)
    );
}

#[test]
fn every_operation_names_its_permission_and_its_refusals() {
    let rows: HashSet<&str> = TABLE.iter().map(|rule| rule.key).chain(["public", "signed-in"]).collect();
    let operations = operations();
    let mut ids = HashSet::new();
    for (method, path, operation) in &operations {
        let permission = operation["x-permission"].as_str().unwrap_or("nothing");
        assert!(rows.contains(permission), "{method} {path}: x-permission is {permission}");
        // Programs are generated from it: what is not in the path's pattern stands behind the question mark.
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let (name, place) = (parameter["name"].as_str().unwrap(), parameter["in"].as_str().unwrap());
            let in_path = path.contains(&format!("{{{name}}}"));
            assert_eq!(place == "path", in_path, "{method} {path}: {name} is said to be in the {place}");
        }
        // ACC-06: what a token needs; without it no token would get in, and nobody would know why.
        let scope = operation["x-scope"].as_str().unwrap_or("nothing");
        assert!(
            ["public", "browser", "read", "print", "approve", "manage"].contains(&scope),
            "{method} {path}: x-scope is {scope}"
        );
        assert_eq!(
            scope == "public",
            permission == "public",
            "{method} {path}: x-scope is {scope}, x-permission {permission}"
        );
        assert!(scope != "read" || method == "GET", "{method} {path}: a token that may only read changes something");
        assert!(
            !(path.contains("session") || path.contains("password") || path.contains("token"))
                || matches!(scope, "browser" | "public"),
            "{method} {path}: credentials are for the person's own browser"
        );
        assert!(ids.insert(operation["operationId"].to_string()), "{method} {path}: its operationId is not its own");
        assert!(operation["summary"].is_string() || operation["description"].is_string(), "{method} {path}: no words");
        for (status, answer) in operation["responses"].as_object().unwrap() {
            let refused = status.starts_with('4') || status.starts_with('5');
            let content = &answer["content"];
            assert!(!refused || content.to_string().contains("/Problem\""), "{method} {path} {status}: {content}");
        }
    }
    println!("{} operations, {} rows of the permission table used", operations.len(), {
        let used: BTreeSet<&str> = operations.iter().filter_map(|(.., o)| o["x-permission"].as_str()).collect();
        used.len()
    });
}

both_engines! {
    async fn the_served_document_is_the_generated_one(farm) {
        let served = farm.nobody().get("/openapi.json").await;
        assert_eq!(served.header("content-type"), "application/json");
        assert_eq!(served.ok(), serde_json::from_str::<Value>(&document()).unwrap());
    }

    async fn every_answer_says_that_it_is_private_and_no_page(farm) {
        let (printer, _machine) = farm.bench("Bench 1").await;
        let admin = farm.admin();
        for answer in [
            admin.get("/session").await,
            admin.printer(printer).await,
            admin.get("/nothing").await,
            farm.nobody().get("/session").await,
            admin.call(Method::POST, "/session").without_marker().send().await,
        ] {
            assert_eq!(answer.header("cache-control"), "no-store", "{answer}");
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{answer}");
            assert_eq!(answer.header("x-frame-options"), "DENY", "{answer}");
            assert!(answer.header("content-security-policy").contains("default-src 'none'"), "{answer}");
        }
    }

    async fn every_refusal_is_a_problem_also_the_frameworks_own(farm) {
        let admin = farm.admin();
        let wrong = |answer: Answer, status: u16, code: &str| {
            answer.expect(status, code);
            assert_eq!(answer.not_a_problem(), None, "{answer}");
        };
        // Addresses and methods that there are not.
        for path in ["/nothing", "/printers/", "/print-jobs/1/2/3/4", "/"] {
            wrong(admin.get(path).await, 404, "not_found");
        }
        for (method, path) in [
            (Method::DELETE, "/print-jobs"), (Method::PUT, "/session"), (Method::PATCH, "/settings"),
            (Method::POST, "/health"), (Method::POST, "/openapi.json"),
        ] {
            let answer = admin.call(method, path).json(&json!({})).send().await;
            assert!(!answer.header("allow").is_empty(), "{answer}");
            wrong(answer, 405, "method_not_allowed");
        }
        // What cannot be an id names nothing.
        for path in ["/printers/1", "/print-jobs/%ff", "/uploads/../etc", "/print-jobs/00000000-0000-0000-0000-00000000000g"] {
            wrong(admin.get(path).await, 404, "not_found");
        }
        // Queries.
        for path in [
            "/print-jobs?tab=nothing", "/print-jobs?limit=0", "/print-jobs?limit=201", "/print-jobs?limit=many",
            "/print-jobs?cursor=abc", "/print-jobs?cursor=1.2", "/print-jobs?unknown=1", "/print-jobs?printer=1",
            "/print-jobs?mine=perhaps", "/people?x=1", "/settings/effect", "/settings/effect?approval_on=perhaps",
        ] {
            wrong(admin.get(path).await, 422, "invalid");
        }
        // Bodies.
        let post = |body: &str| admin.call(Method::POST, "/invitations").header("content-type", "application/json").bytes(body);
        for body in ["", "{", "{\"role\":", "\u{feff}{}", "nonsense"] {
            wrong(post(body).send().await, 400, "bad_json");
        }
        for body in ["{}", "[]", "null", "{\"role\":\"member\",\"email\":1}", "{\"role\":\"member\",\"more\":1}", "{\"role\":\"owner\"}"] {
            wrong(post(body).send().await, 422, "invalid");
        }
        wrong(post("{\"role\":\"member\"}").header("content-type", "text/plain").send().await, 415, "not_json");
        wrong(admin.call(Method::POST, "/invitations").send().await, 415, "not_json");
        // The server does not read it to its end: this connection is not used again.
        let large = format!("{{\"role\":\"{}\"}}", "x".repeat(2 * 1024 * 1024));
        wrong(post(&large).header("connection", "close").send().await, 413, "too_large");
        assert_eq!(admin.get("/invitations").await.items().len(), 0);
        // Whoever is not signed in is told only that.
        let nobody = farm.nobody();
        wrong(nobody.call(Method::POST, "/invitations").json(&json!({ "x": 1 })).send().await, 401, "not_signed_in");
        wrong(nobody.get("/print-jobs/1").await, 401, "not_signed_in");
        wrong(nobody.get("/print-jobs?tab=nothing").await, 401, "not_signed_in");
    }

    async fn uploads_go_on_where_they_broke_off_and_take_only_what_was_announced(farm) {
        let guest = farm.guest();
        for (name, size, status) in [
            ("boat.stl", 10, 415), ("boat", 10, 415), ("boat.gcode", 0, 422), ("../boat.gcode\u{0}", 10, 422), ("boat.gcode", 2_000_000_000_u64, 413),
        ] {
            let answer = guest.post("/uploads", json!({ "name": name, "size": size })).await;
            assert_eq!(answer.status, status, "{answer}");
        }
        let bytes = gcode("in pieces");
        let upload = guest.post("/uploads", json!({ "name": "boat.gcode", "size": bytes.len() })).await.ok();
        let id = upload["id"].as_str().unwrap().to_owned();
        let piece = |offset: usize, bytes: &[u8]| {
            guest.call(Method::PUT, &format!("/uploads/{id}?offset={offset}")).bytes(bytes).send()
        };
        assert_eq!(piece(0, &bytes[..10]).await.ok()["received"], 10);
        assert_eq!(piece(20, &bytes[20..]).await.expect(409, "offset")["received"], 10);
        assert_eq!(guest.get(&format!("/uploads/{id}")).await.ok()["received"], 10);
        let (printer, _machine) = farm.bench("Bench 1").await;
        guest.submit("early", json!({ "upload": id, "printer": printer })).await.expect(409, "upload_incomplete");
        let done = piece(10, &bytes[10..]).await.ok();
        assert_eq!((&done["complete"], &done["received"]), (&json!(true), &json!(bytes.len())));
        // Its answer was lost: asked again, it is the same.
        assert_eq!(piece(10, &bytes[10..]).await.ok(), done);
        let job = guest.submit("now", json!({ "upload": id, "printer": printer })).await.ok();
        assert_eq!(job["send_sha"], done["sha256"]);
        let file = guest.look(&job, "file").await;
        assert_eq!(file.bytes, bytes);
        assert_eq!(file.header("content-disposition"), "attachment; filename*=UTF-8''boat.gcode");
        // Content that no printer takes is refused with its reason, and stays refused.
        let bad = guest.post("/uploads", json!({ "name": "bad.gcode", "size": 4 })).await.ok();
        let path = format!("/uploads/{}?offset=0", bad["id"].as_str().unwrap());
        let refused = guest.call(Method::PUT, &path).bytes("PK\u{3}\u{4}").send().await.expect(415, "not_accepted");
        assert!(refused["reason"].is_string(), "{refused}");
        guest.submit("bad", json!({ "upload": bad["id"], "printer": printer })).await.expect(415, "not_accepted");
        let long = guest.post("/uploads", json!({ "name": "long.gcode", "size": 4 })).await.ok();
        let path = format!("/uploads/{}?offset=0", long["id"].as_str().unwrap());
        guest.call(Method::PUT, &path).bytes("G28\nG28\n").send().await.expect(422, "invalid");
        guest.delete(&format!("/uploads/{}", long["id"].as_str().unwrap())).await.done();
        guest.get(&format!("/uploads/{}", long["id"].as_str().unwrap())).await.expect(404, "not_found");
    }

    async fn apr_01_pages_have_no_gaps_and_no_doubles(farm, Setup::new().fake_clock()) {
        let (member, guest) = (farm.member(), farm.guest());
        let (printer, _machine) = farm.bench("Bench 1").await;
        let upload = guest.upload(&gcode("many"), "many.gcode").await;
        let mine = member.upload(&gcode("many"), "many.gcode").await;
        for n in 0..23 {
            // Several in the same moment, some later.
            if n % 4 == 0 {
                farm.clock().advance(std::time::Duration::from_secs(1));
            }
            let body = |upload: Uuid| json!({ "upload": upload, "printer": printer, "name": format!("part {n}") });
            guest.submit(&format!("held {n}"), body(upload)).await.done();
            let done = guest.submit(&format!("done {n}"), body(upload)).await.ok();
            member.reject(&done, None).await.done();
            member.submit(&format!("queued {n}"), body(mine)).await.done();
        }
        for tab in ["needs_approval", "queue", "history"] {
            let whole = member.tab(tab).await;
            assert_eq!(whole.len(), 23, "{tab}");
            for limit in [1, 4, 5, 22, 23, 24] {
                assert_eq!(walk(&member, tab, limit, async |_| {}).await, ids(&whole), "{tab} by {limit}");
            }
        }
        // While others are added at both ends, those that were there come once each.
        let before = ids(&member.tab("history").await);
        let walked = walk(&member, "history", 5, async |page| {
            let job = guest.submit(&format!("meanwhile {page}"), json!({ "upload": upload, "printer": printer })).await.ok();
            member.reject(&job, None).await.done();
        }).await;
        assert_eq!(walked.iter().filter(|id| before.contains(id)).cloned().collect::<Vec<_>>(), before);
        assert_eq!(walked.iter().collect::<HashSet<_>>().len(), walked.len(), "no doubles");
    }

    async fn words_are_found_whatever_their_case_in_any_language(farm) {
        let (member, guest) = (farm.member(), farm.person("Özgür Åström", testkit::Role::Guest).await);
        let (printer, _machine) = farm.bench("Bench 1").await;
        let job = guest.send_job(printer, "Übergröße").await;
        let number = job["number"].to_string();
        for q in ["gr", "GR", "%C3%96ZG%C3%9CR", "åström", &number, "Übergr", "ÜBERGR", "überg"] {
            let found = member.get(&format!("/print-jobs?tab=needs_approval&q={q}")).await.items();
            assert_eq!(found.len(), 1, "{q}");
        }
        for q in ["xyz", "%25", "_", "!", "'%20OR%20''='"] {
            let found = member.get(&format!("/print-jobs?tab=needs_approval&q={q}")).await.items();
            assert_eq!(found.len(), 0, "{q}");
        }
        assert_eq!(member.get("/people?q=ÖZG").await.items().len(), 1);
        // Whatever else has a name: printers, also by a later name, tokens, invitations.
        let admin = farm.admin();
        admin.patch(&format!("/printers/{printer}"), json!({ "name": "Drucker Ägir" })).await.done();
        admin.post("/account/tokens", json!({ "name": "Überwacher", "scopes": ["read"], "expires_in_days": 30 })).await.done();
        let list = admin.call(Method::POST, "/invitations/bulk?role=guest").header("content-type", "text/csv");
        list.bytes("Émile,emile@school.example".as_bytes()).send().await.done();
        for (list, q) in [("printers", "äg"), ("printers", "ÄGIR"), ("tokens", "überw"), ("invitations", "émi")] {
            assert_eq!(admin.get(&format!("/{list}?q={q}")).await.items().len(), 1, "{list} {q}");
        }
    }

    async fn pages_of_what_prints_have_no_gaps_when_some_need_attention(farm) {
        let member = farm.member();
        let mut printing = Vec::new();
        for n in 0..6 {
            let (printer, _machine) = farm.bench(&format!("Bench {n}")).await;
            printing.push(member.send_job(printer, &format!("part {n}")).await);
        }
        // Straight into the database, by the moves there are: the newest need attention.
        for (n, job) in printing.iter().enumerate() {
            let id: Uuid = job["id"].as_str().unwrap().parse().unwrap();
            for state in ["claimed", "intent", "printing", "attention"].iter().take(if n < 3 { 3 } else { 4 }) {
                farm.exec("UPDATE print_job SET state = $2 WHERE id = $1", params![id, *state]).await;
            }
        }
        let whole = ids(&member.tab("printing").await);
        assert_eq!(whole.len(), 6);
        for limit in 1..7 {
            assert_eq!(walk(&member, "printing", limit, async |_| {}).await, whole, "by {limit}");
        }
        // Back to where the journal left them: what nobody did must not stay.
        for (n, job) in printing.iter().enumerate() {
            let id: Uuid = job["id"].as_str().unwrap().parse().unwrap();
            for state in ["attention", "queued"].iter().skip(if n < 3 { 0 } else { 1 }) {
                farm.exec("UPDATE print_job SET state = $2 WHERE id = $1", params![id, *state]).await;
            }
        }
    }

    async fn a_list_shows_what_its_details_show_and_to_the_same_people(farm) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let mut benches = Vec::new();
        for (by, name, shared) in [(&admin, "all", true), (&admin, "admin", false), (&member, "member", false)] {
            benches.push(by.add_printer(name, &farm.virtual_printer(), shared).await);
        }
        let mut jobs = Vec::new();
        for (by, bench) in [(&guest, 0), (&member, 0), (&admin, 0), (&admin, 1), (&member, 2), (&admin, 2), (&guest, 0)] {
            jobs.push(by.send_job(benches[bench], &format!("of {}", by.name)).await);
        }
        member.reject(&jobs[6], None).await.done();
        let private = farm.project(&guest, "Physics").await;
        farm.from_project(&jobs[0], private).await;
        let mut shown = 0;
        for person in [&guest, &member, &admin, &farm.stranger()] {
            let mut listed = Vec::new();
            for tab in ["needs_approval", "queue", "printing", "history"] {
                listed.extend(person.tab(tab).await);
            }
            for job in &jobs {
                let detail = person.job(job).await;
                let item = listed.iter().find(|item| item["id"] == job["id"]);
                assert_eq!(detail.is_ok(), item.is_some(), "{} {}", person.name, job["name"]);
                if let Some(item) = item {
                    assert_eq!(*item, detail.ok(), "{}", person.name);
                    shown += 1;
                }
            }
            let counts = person.get("/print-jobs/counts").await.ok();
            for tab in ["needs_approval", "queue", "printing", "plate"] {
                assert_eq!(counts[tab], person.tab(tab).await.len(), "{} {tab}", person.name);
            }
            let printers = person.get("/printers").await.items();
            for bench in &benches {
                let detail = person.printer(*bench).await;
                let item = printers.iter().find(|item| item["id"] == json!(bench));
                assert_eq!(item.is_some(), detail.is_ok(), "{}", person.name);
                if let Some(item) = item {
                    assert_eq!(*item, detail.ok(), "{}", person.name);
                }
            }
        }
        assert_eq!(shown, 2 + 6 + 7);
    }
}

/// The ids of one kind of list, in its order.
fn ids(jobs: &[Value]) -> Vec<String> {
    jobs.iter().map(|job| job["id"].as_str().unwrap().to_owned()).collect()
}

/// Walks a tab page by page; between pages something may happen.
async fn walk(person: &Actor, tab: &str, limit: usize, between: impl AsyncFn(usize)) -> Vec<String> {
    let (mut all, mut cursor, mut page) = (Vec::new(), String::new(), 0);
    loop {
        let answer = person.get(&format!("/print-jobs?tab={tab}&limit={limit}{cursor}")).await;
        let items = answer.items();
        assert!(items.len() <= limit && (items.len() == limit || answer.body["next"].is_null()), "{answer}");
        all.extend(ids(&items));
        let Some(next) = answer.body["next"].as_str() else { return all };
        cursor = format!("&cursor={next}");
        page += 1;
        between(page).await;
        assert!(page < 200, "an end");
    }
}
