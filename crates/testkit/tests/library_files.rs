//! Files of library projects: upload, versions, Trash, download, quota, tricks (LIB-07, LIB-08).

#![expect(clippy::unwrap_used, reason = "a failed test says where")]

use std::time::Duration;

use testkit::{Actor, Answer, Method, Plan, Setup, Uuid, Value, both_engines, gcode, json, params};

/// A model: any bytes, also zeros.
const MODEL: &[u8] = b"solid tray\0\x01\x02 not G-code at all";

fn uuid(of: &Value) -> Uuid {
    of["id"].as_str().unwrap().parse().unwrap()
}

fn at(project: &Value, file: &Value, part: &str) -> String {
    format!("/projects/{}/files/{}{part}", uuid(project), uuid(file))
}

async fn files(person: &Actor, project: &Value) -> Vec<(String, i64)> {
    let items = person.in_project(project, "/files").await.items();
    items.iter().map(|file| (file["name"].as_str().unwrap().to_owned(), file["newest"].as_i64().unwrap())).collect()
}

async fn bytes(person: &Actor, path: &str) -> Answer {
    let answer = person.get(path).await;
    answer.done();
    answer
}

both_engines! {
    async fn lib_07_files_have_versions_and_older_ones_stay(farm) {
        let guest = farm.guest();
        let project = guest.new_project("Physics").await;
        let first = guest.put_file(&project, "Boat.gcode", &gcode("one")).await;
        assert_eq!((&first["version"], &first["printable"], &first["facts"]["print_time_s"]), (&json!(1), &json!(true), &json!(60)));
        let second = guest.put_file(&project, "boat.gcode", &gcode("two")).await;
        assert_eq!((&second["id"], &second["version"], &second["name"]), (&first["id"], &json!(2), &json!("boat.gcode")));
        let same = guest.put_file(&project, "BOAT.gcode", &gcode("two")).await;
        assert_eq!((&same["id"], &same["version"]), (&first["id"], &json!(2)), "the same bytes are no new version");
        assert_eq!(files(&guest, &project).await, [("boat.gcode".to_owned(), 2)]);
        let versions = guest.get(&at(&project, &first, "/versions")).await.items();
        assert_eq!(versions.iter().map(|v| v["version"].as_i64().unwrap()).collect::<Vec<_>>(), [2, 1]);
        for (part, want) in [("/content", gcode("two")), ("/content?version=1", gcode("one")), ("/content?version=2", gcode("two"))] {
            assert_eq!(bytes(&guest, &at(&project, &first, part)).await.bytes, want, "{part}");
        }
        guest.get(&at(&project, &first, "/content?version=3")).await.expect(404, "not_found");
        guest.get(&at(&project, &first, "/content?version=-1")).await.expect(404, "not_found");
        assert_eq!(guest.in_project(&project, "").await.ok()["files"], 1);
    }

    async fn lib_07_who_may_upload_is_asked_before_the_first_byte(farm) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let shared = member.new_project("Shared").await;
        member.share(&shared, true, &[]).await.done();
        let refused = guest.announce_for(&shared, "a.stl", 10).await.expect(403, "denied");
        assert_eq!((&refused["failed"], &refused["action"]), (&json!("access"), &json!("project.upload")));
        admin.put_file(&shared, "tray.stl", MODEL).await;
        // Whoever loses the project in the middle cannot go on.
        let own = member.new_project("Own").await;
        member.share(&own, true, &[]).await.done();
        let upload = admin.announce_for(&own, "tray.stl", MODEL.len() as u64).await.ok();
        member.share(&own, false, &[]).await.done();
        admin.send_bytes(&upload, MODEL).await.expect(404, "not_found");
        admin.get(&format!("/uploads/{}", uuid(&upload))).await.expect(404, "not_found");
    }

    async fn lib_07_an_upload_serves_the_purpose_it_was_announced_for_and_no_other(farm) {
        let (member, guest) = (farm.member(), farm.guest());
        let (printer, machine) = farm.bench("Bench 1").await;
        drop(machine);
        let (one, two) = (guest.new_project("One").await, guest.new_project("Two").await);
        let add = async |who: &Actor, project: &Value, upload: Uuid| {
            who.post(&format!("/projects/{}/files", uuid(project)), json!({ "upload": upload })).await
        };
        let upload = guest.announce_for(&one, "boat.gcode", gcode("a").len() as u64).await.ok();
        add(&guest, &one, uuid(&upload)).await.expect(409, "upload_incomplete");
        guest.send_bytes(&upload, &gcode("a")).await.done();
        add(&guest, &two, uuid(&upload)).await.expect(404, "not_found");
        guest.submit("x", json!({ "upload": upload["id"], "printer": printer })).await.expect(404, "not_found");
        add(&member, &one, uuid(&upload)).await.expect(404, "not_found");
        let first = add(&guest, &one, uuid(&upload)).await.ok();
        let again = add(&guest, &one, uuid(&upload)).await.ok();
        assert_eq!((&again["id"], &again["version"]), (&first["id"], &json!(1)), "a repeated request adds nothing");
        let to_print = guest.upload(&gcode("b"), "b.gcode").await;
        add(&guest, &one, to_print).await.expect(404, "not_found");
    }

    async fn models_are_kept_as_they_came_and_never_printed(farm) {
        let guest = farm.guest();
        let (printer, machine) = farm.bench("Bench 1").await;
        drop(machine);
        let project = guest.new_project("Physics").await;
        for name in ["a.stl", "a.3mf", "a.obj", "a.step", "a.STP", "a.amf", "a.ply", "sliced.gcode.3mf"] {
            let file = guest.put_file(&project, name, MODEL).await;
            assert_eq!((&file["printable"], &file["facts"], &file["thumbnail"]), (&json!(false), &Value::Null, &Value::Null), "{file}");
            let answer = bytes(&guest, &at(&project, &file, "/content")).await;
            assert_eq!(answer.bytes, MODEL);
            assert_eq!(answer.header("content-type"), "application/octet-stream");
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
            assert!(answer.header("content-disposition").starts_with("attachment;"), "{answer}");
            assert!(answer.header("content-security-policy").contains("sandbox"), "{answer}");
            let refused = guest.print_file(&project, &file, printer).await.expect(409, "not_printable");
            assert!(refused["detail"].as_str().unwrap().contains("Slice it"), "{refused}");
        }
        // A model is nothing that can be announced for a print job.
        guest.post("/uploads", json!({ "name": "a.stl", "size": 10 })).await.expect(415, "not_accepted");
        assert_eq!(farm.number("SELECT COUNT(*) AS n FROM print_job", params![]).await, 0);
    }

    async fn a_model_whose_bytes_were_refused_as_g_code_stays_whole(farm) {
        let guest = farm.guest();
        let project = guest.new_project("Physics").await;
        let model = guest.put_file(&project, "tray.stl", MODEL).await;
        for target in [Some(&project), None] {
            let upload = match target {
                Some(project) => guest.announce_for(project, "tray.gcode", MODEL.len() as u64).await.ok(),
                None => guest.post("/uploads", json!({ "name": "tray.gcode", "size": MODEL.len() })).await.ok(),
            };
            guest.send_bytes(&upload, MODEL).await.expect(415, "not_accepted");
        }
        assert_eq!(bytes(&guest, &at(&project, &model, "/content")).await.bytes, MODEL);
        // And the other way round: what was refused and is gone can be kept as a model all the same.
        let other = b"solid other\0 model";
        let upload = guest.announce_for(&project, "other.gcode", other.len() as u64).await.ok();
        guest.send_bytes(&upload, other).await.expect(415, "not_accepted");
        let kept = guest.put_file(&project, "other.stl", other).await;
        assert_eq!(bytes(&guest, &at(&project, &kept, "/content")).await.bytes, other);
    }

    async fn tricks_in_names_and_kinds_that_are_not_taken_are_refused(farm) {
        let guest = farm.guest();
        let project = guest.new_project("Physics").await;
        for name in ["../../etc/passwd.stl", "a/b.stl", "a\\b.stl", "..", "a\u{0}.stl", "a\u{202E}lts.exe", "", " "] {
            guest.announce_for(&project, name, 10).await.expect(422, "invalid");
        }
        for name in ["a.zip", "a.gcode.gz", "a.exe", "a.html", "a.svg", "a", "stl", "a.pdf", "a.stl.exe"] {
            guest.announce_for(&project, name, 10).await.expect(415, "not_accepted");
        }
        // A zip that calls itself G-code is looked into like any print file.
        let zip = b"PK\x03\x04 and more";
        let upload = guest.announce_for(&project, "a.gcode", zip.len() as u64).await.ok();
        guest.send_bytes(&upload, zip).await.expect(415, "not_accepted");
        assert_eq!(files(&guest, &project).await, []);
    }

    async fn quota_and_size_are_checked_before_the_first_byte(farm, Setup::new().config(|config| {
        config.quota.organization = 1_000_000_000;
        config.quota.person = 1_000_000_000;
    })) {
        let guest = farm.guest();
        let project = guest.new_project("Physics").await;
        let refused = guest.announce_for(&project, "engine.step", 2_000_000_000).await.expect(507, "quota_full");
        let sentence = "This file has 2000 MB, and your organization's storage 1000 MB in all. \
                        The operator can give more, or let files of old print jobs go (job_files_days).";
        assert_eq!(refused["detail"], sentence);
        guest.announce_for(&project, "engine.step", 2_000_000_001).await.expect(413, "too_large");
        guest.announce_for(&project, "engine.gcode", 1_000_000_001).await.expect(413, "too_large");
        guest.announce_for(&project, "engine.step", 0).await.expect(422, "not_accepted");
        guest.announce_for(&project, "engine.step", 999_000_000).await.done();
        let full = guest.announce_for(&project, "more.step", 2_000_000).await.expect(507, "quota_full");
        assert!(full["detail"].as_str().unwrap().starts_with("There is no room for 2 MB more: 999 MB of 1000 MB"), "{full}");
        assert_eq!(farm.number("SELECT COUNT(*) AS n FROM file", params![]).await, 0);
    }

    async fn what_nobody_used_of_uploads_gives_its_room_back(farm, Setup::new().fake_clock()) {
        let (member, guest) = (farm.member(), farm.guest());
        let (printer, machine) = farm.bench("Bench 1").await;
        drop(machine);
        let project = guest.new_project("Physics").await;
        let stored = async || farm.number("SELECT COUNT(*) AS n FROM file WHERE removed_at IS NULL", params![]).await;
        let blobs = || walk(&farm.folder().join("files/blobs"));
        // Used: in a project, and by a print job. Giving such an upload up takes nothing away.
        guest.put_file(&project, "boat.stl", MODEL).await;
        let sent = guest.upload(&gcode("sent"), "sent.gcode").await;
        let body = json!({ "upload": sent, "printer": printer, "name": "Sent" });
        let job = guest.call(Method::POST, "/print-jobs").fresh_key().json(&body).send().await.ok();
        guest.delete(&format!("/uploads/{sent}")).await.done();
        assert_eq!(bytes(&member, &format!("/print-jobs/{}/file", uuid(&job))).await.bytes, gcode("sent"));
        let used = (stored().await, blobs());
        // Given up when it was complete: at once, and nobody can use it any more.
        let given_up = guest.upload(&gcode("given up"), "up.gcode").await;
        assert_eq!((stored().await, blobs()), (used.0 + 1, used.1 + 1));
        guest.delete(&format!("/uploads/{given_up}")).await.done();
        assert_eq!((stored().await, blobs()), used);
        let body = json!({ "upload": given_up, "printer": printer, "name": "Given up" });
        guest.call(Method::POST, "/print-jobs").fresh_key().json(&body).send().await.expect(404, "not_found");
        // Sent and forgotten, and the same bytes into the project again, which is no new version: after two days.
        let forgotten = guest.upload(&gcode("forgotten"), "left.gcode").await;
        guest.put_file(&project, "boat.stl", MODEL).await;
        assert_eq!((stored().await, blobs()), (used.0 + 2, used.1 + 1));
        farm.clock().advance(Duration::from_secs(2 * 24 * 3600 - 1));
        farm.app().end_old_trash().await.unwrap();
        assert_eq!((stored().await, blobs()), (used.0 + 2, used.1 + 1), "not a second before");
        farm.clock().advance(Duration::from_secs(1));
        farm.app().end_old_trash().await.unwrap();
        assert_eq!((stored().await, blobs()), used);
        guest.sign_in(&guest.password).await.done();
        let body = json!({ "upload": forgotten, "printer": printer, "name": "Forgotten" });
        guest.call(Method::POST, "/print-jobs").fresh_key().json(&body).send().await.expect(404, "not_found");
        guest.sign_in(&guest.password).await.done();
        assert_eq!(guest.get(&format!("/projects/{}/files", uuid(&project))).await.items().len(), 1);
    }

    async fn files_of_old_print_jobs_are_forgotten_if_the_operator_wants_that(farm, Setup::new().fake_clock().config(|config| {
        config.job_files_days = 90;
    })) {
        let (member, guest) = (farm.member(), farm.guest());
        let (printer, machine) = farm.bench("Bench 1").await;
        drop(machine);
        let project = guest.new_project("Kept").await;
        let file = guest.put_file(&project, "kept.gcode", &gcode("kept")).await;
        let of_project = guest.print_file(&project, &file, printer).await.ok();
        let (old, again, open) =
            (guest.send_job(printer, "old").await, guest.send_job(printer, "again").await, guest.send_job(printer, "open").await);
        for job in [&of_project, &old, &again] {
            member.reject(job, None).await.done();
        }
        let stored = async || farm.number("SELECT COUNT(*) AS n FROM file WHERE removed_at IS NULL", params![]).await;
        let blobs = || walk(&farm.folder().join("files/blobs"));
        let (before, pictures) = ((stored().await, blobs()), blobs());
        farm.clock().advance(Duration::from_secs(90 * 24 * 3600 - 60));
        farm.app().end_old_trash().await.unwrap();
        assert_eq!((stored().await, blobs()), before, "not a minute before");
        // One of them is sent again, and waits: its file stays until that has ended, too.
        guest.sign_in(&guest.password).await.done();
        guest.reprint(&again).await.done();
        farm.clock().advance(Duration::from_secs(60));
        farm.app().end_old_trash().await.unwrap();
        assert_eq!((stored().await, blobs()), (before.0 - 1, pictures - 1), "only the old one's");
        for person in [&guest, &member] {
            person.sign_in(&person.password).await.done();
            let seen = person.job(&old).await.ok();
            assert_eq!((&seen["status"], &seen["send_sha"]), (&json!("rejected"), &old["send_sha"]));
            let action = &seen["actions"]["download"];
            assert_eq!((&action["allowed"], &action["failed"]), (&json!(false), &json!("state")), "{seen}");
            assert!(action["why"].as_str().unwrap().contains("was removed"), "{seen}");
            person.look(&old, "file").await.expect(409, "file_gone");
        }
        guest.reprint(&old).await.expect(409, "file_gone");
        member.copy_job(&old, &member.new_project("Mine").await).await.expect(409, "file_gone");
        for job in [&of_project, &again, &open] {
            assert_eq!(guest.look(job, "file").await.status, 200, "{job}");
        }
        guest.sign_in(&guest.password).await.done();
        assert_eq!(guest.send_job(printer, "old").await["status"], "needs_approval", "the same bytes may come again");
    }

    async fn whoever_does_not_wait_for_the_answer_of_the_last_piece_keeps_what_they_sent(farm) {
        let guest = farm.guest();
        let mut whole = gcode("whole");
        while whole.len() < 30_000_000 {
            whole.extend_from_slice(b"G1 X10.123 Y20.456 E0.789 F1800\n");
        }
        let upload = guest.post("/uploads", json!({ "name": "whole.gcode", "size": whole.len() })).await.ok();
        let parts = farm.folder().join("files/uploads");
        let path = format!("/uploads/{}", uuid(&upload));
        let sealed = async {
            // All bytes are there, and are looked into.
            until("the first bytes", async || std::fs::read_dir(&parts).unwrap().count() > 0).await;
            until("the last byte", async || std::fs::read_dir(&parts).unwrap().count() == 0).await;
        };
        tokio::select! {
            () = sealed => {}
            _ = guest.send_bytes(&upload, &whole) => {}
        }
        until("it to be accepted", async || guest.get(&path).await.ok()["complete"] == true).await;
        assert_eq!(farm.number("SELECT COUNT(*) AS n FROM file", params![]).await, 1);
    }

    async fn a_picture_is_not_removed_by_whoever_uploads_it_as_a_print_file(farm) {
        let (member, guest) = (farm.member(), farm.guest());
        let (printer, machine) = farm.bench("Bench 1").await;
        drop(machine);
        let upload = guest.upload(include_bytes!("../../../samples/small_square.gcode"), "square.gcode").await;
        let job = guest.submit("boat", json!({ "upload": upload, "printer": printer, "name": "Boat" })).await.ok();
        let path = format!("/print-jobs/{}/thumbnail", uuid(&job));
        let picture = bytes(&guest, &path).await.bytes;
        let fake = guest.post("/uploads", json!({ "name": "x.gcode", "size": picture.len() })).await.ok();
        guest.send_bytes(&fake, &picture).await.expect(415, "not_accepted");
        assert_eq!(bytes(&member, &path).await.bytes, picture);
    }

    async fn lib_08_a_removed_file_is_gone_and_comes_back_with_all_its_versions(farm, Setup::new().fake_clock()) {
        let (admin, member, guest) = (farm.admin(), farm.member(), farm.guest());
        let (printer, machine) = farm.bench("Bench 1").await;
        drop(machine);
        let project = member.new_project("Shared").await;
        member.share(&project, true, &[]).await.done();
        let file = member.put_file(&project, "boat.gcode", &gcode("one")).await;
        member.put_file(&project, "boat.gcode", &gcode("two")).await;
        guest.delete(&at(&project, &file, "")).await.expect(403, "denied");
        admin.delete(&at(&project, &file, "")).await.done();
        assert_eq!(files(&member, &project).await, []);
        for part in ["/versions", "/content", "/content?version=1", "/thumbnail"] {
            member.get(&at(&project, &file, part)).await.expect(404, "not_found");
        }
        member.print_file(&project, &file, printer).await.expect(404, "not_found");
        member.delete(&at(&project, &file, "")).await.expect(404, "not_found");
        guest.post(&at(&project, &file, "/restore"), json!({})).await.expect(403, "denied");
        member.post(&at(&project, &file, "/restore"), json!({})).await.done();
        member.post(&at(&project, &file, "/restore"), json!({})).await.done();
        assert_eq!(files(&member, &project).await, [("boat.gcode".to_owned(), 2)]);
        assert_eq!(bytes(&member, &at(&project, &file, "/content?version=1")).await.bytes, gcode("one"));
        // Its name may be taken meanwhile.
        member.delete(&at(&project, &file, "")).await.done();
        let other = member.put_file(&project, "BOAT.gcode", &gcode("three")).await;
        assert_eq!((&other["version"], other["id"] == file["id"]), (&json!(1), false));
        member.post(&at(&project, &file, "/restore"), json!({})).await.expect(409, "name_taken");
        member.delete(&at(&project, &other, "")).await.done();
        farm.clock().advance(Duration::from_secs(30 * 24 * 3600));
        member.sign_in(&member.password).await.done();
        member.post(&at(&project, &file, "/restore"), json!({})).await.expect(409, "trash_over");
    }

    async fn a_file_of_one_project_is_not_found_in_another(farm) {
        let guest = farm.guest();
        let (one, two) = (guest.new_project("One").await, guest.new_project("Two").await);
        let file = guest.put_file(&one, "tray.stl", MODEL).await;
        for part in ["/versions", "/content", "/thumbnail"] {
            guest.get(&at(&two, &file, part)).await.expect(404, "not_found");
        }
        guest.delete(&at(&two, &file, "")).await.expect(404, "not_found");
        guest.post(&at(&two, &file, "/restore"), json!({})).await.expect(404, "not_found");
        assert_eq!(files(&guest, &one).await.len(), 1);
    }

    async fn the_picture_of_a_print_file_is_of_our_own_making(farm) {
        let guest = farm.guest();
        let project = guest.new_project("Physics").await;
        let sample = include_bytes!("../../../samples/small_square.gcode");
        let file = guest.put_file(&project, "square.gcode", sample).await;
        let path = file["thumbnail"].as_str().unwrap().strip_prefix("/api/v1").unwrap().to_owned();
        let picture = bytes(&guest, &path).await;
        assert_eq!((picture.header("content-type"), &picture.bytes[1..4]), ("image/png", &b"PNG"[..]));
        let listed = guest.get("/projects").await.items();
        let path = listed[0]["thumbnail"].as_str().unwrap().strip_prefix("/api/v1").unwrap().to_owned();
        assert_eq!(bytes(&guest, &path).await.bytes, picture.bytes);
    }

    async fn amb_38_a_frozen_guest_still_keeps_files_and_prints_none(farm) {
        let guest = farm.guest();
        let (printer, machine) = farm.bench("Bench 1").await;
        drop(machine);
        let project = guest.new_project("Physics").await;
        farm.set_plan(Plan::Essentials).await;
        let file = guest.put_file(&project, "boat.gcode", &gcode("boat")).await;
        assert_eq!(bytes(&guest, &at(&project, &file, "/content")).await.bytes, gcode("boat"));
        let refused = guest.print_file(&project, &file, printer).await.expect(403, "denied");
        assert_eq!(refused["failed"], "plan", "{refused}");
    }

    async fn two_uploads_of_one_name_at_once_are_two_versions(farm) {
        let guest = farm.guest();
        let project = guest.new_project("Physics").await;
        let put = async |seed: &str| guest.put_file(&project, "boat.gcode", &gcode(seed)).await;
        let (one, two) = tokio::join!(put("one"), put("two"));
        assert_eq!(one["id"], two["id"]);
        let mut versions = [one["version"].as_i64().unwrap(), two["version"].as_i64().unwrap()];
        versions.sort_unstable();
        assert_eq!(versions, [1, 2]);
    }

    async fn what_was_in_the_trash_for_30_days_gives_its_room_back(farm, Setup::new().fake_clock()) {
        let (member, guest) = (farm.member(), farm.guest());
        let (printer, machine) = farm.bench("Bench 1").await;
        drop(machine);
        let (old, kept) = (guest.new_project("Old").await, guest.new_project("Kept").await);
        let printed = guest.put_file(&old, "boat.gcode", &gcode("boat")).await;
        let job = guest.print_file(&old, &printed, printer).await.ok();
        guest.put_file(&old, "twice.stl", MODEL).await;
        guest.put_file(&old, "only.stl", b"solid only\0here").await;
        let twice = guest.put_file(&kept, "twice.stl", MODEL).await;
        let gone = guest.put_file(&kept, "gone.stl", b"solid gone\0too").await;
        guest.delete(&format!("/projects/{}", uuid(&old))).await.done();
        guest.delete(&at(&kept, &gone, "")).await.done();
        let stored = async || farm.number("SELECT COUNT(*) AS n FROM file WHERE removed_at IS NULL", params![]).await;
        let blobs = || walk(&farm.folder().join("files/blobs"));
        let before = (stored().await, blobs());
        farm.clock().advance(Duration::from_secs(30 * 24 * 3600 - 1));
        farm.app().end_old_trash().await.unwrap();
        assert_eq!((stored().await, blobs()), before, "not a second before");
        farm.clock().advance(Duration::from_secs(1));
        farm.app().end_old_trash().await.unwrap();
        farm.app().end_old_trash().await.unwrap();
        // Kept: the printed file, and the model that another project has. Its bytes are there once.
        assert_eq!((stored().await, blobs()), (2, before.1 - 2));
        for person in [&guest, &member] {
            person.sign_in(&person.password).await.done();
        }
        assert_eq!(bytes(&guest, &at(&kept, &twice, "/content")).await.bytes, MODEL);
        // The print job counts as having no project: it can be decided now, and its file is there.
        let seen = member.job(&job).await.ok();
        assert_eq!((&seen["locked"], &seen["project"]), (&json!(false), &Value::Null));
        assert_eq!(bytes(&member, &format!("/print-jobs/{}/file", uuid(&job))).await.bytes, gcode("boat"));
        // The same bytes may come again.
        let again = guest.put_file(&kept, "gone.stl", b"solid gone\0too").await;
        assert_eq!(bytes(&guest, &at(&kept, &again, "/content")).await.bytes, b"solid gone\0too");
    }
}

/// Files below a folder.
fn walk(folder: &std::path::Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { walk(&path) } else { 1 }).sum()
}

async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    for _ in 0..2000 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("waited in vain for {what}");
}
