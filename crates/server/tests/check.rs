//! The real binary: `imprimatur check` at any time, what it says about a database that was tampered with, and that the
//! product has no fail points.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is a failed test")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use sql::{Clock, Db};

const BINARY: &str = env!("CARGO_BIN_EXE_imprimatur");

struct Server {
    child: Child,
    url: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A server; at its first start with its set-up link.
fn start(data: &Path, first: bool) -> (Server, Option<String>) {
    let mut child = Command::new(BINARY)
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .env("IMPRIMATUR_PASSWORD_MEMORY_KIB", "1024")
        .env("NO_COLOR", "1")
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut next = || lines.next().expect("the server ended").unwrap();
    let url = loop {
        let line = next();
        if let Some((_, rest)) = line.split_once("url=") {
            break rest.split_whitespace().next().unwrap().to_owned();
        }
    };
    let link = first.then(|| {
        loop {
            let line = next();
            if line.contains("/setup?token=") {
                break line.trim().to_owned();
            }
        }
    });
    std::thread::spawn(move || lines.for_each(drop));
    (Server { child, url }, link)
}

async fn post(url: &str, path: &str, cookie: &str, body: serde_json::Value) -> reqwest::Response {
    let call = reqwest::Client::new().post(format!("{url}/api/v1{path}")).header("x-imprimatur", "1");
    call.header("cookie", cookie).json(&body).send().await.unwrap()
}

/// A server of an installation that one Admin has set up.
async fn serve(data: &Path) -> Server {
    let (server, link) = start(data, true);
    let link = link.expect("nobody is there yet");
    let token = link.split_once("/setup?token=").unwrap().1;
    let first = serde_json::json!({
        "token": token, "organization": "Lab", "name": "Ada", "email": "ada@lab.example", "password": "a long enough one",
        "approval": true,
    });
    assert!(post(&server.url, "/setup", "", first).await.status().is_success());
    server
}

fn check(data: &Path) -> Output {
    Command::new(BINARY).args(["check", "--data"]).arg(data).output().unwrap()
}

#[tokio::test]
async fn i10_check_runs_beside_the_server_and_notices_what_was_tampered_with() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = serve(&data).await;
    let beside = check(&data);
    assert!(beside.status.success(), "{}", String::from_utf8_lossy(&beside.stderr));
    drop(server);
    let db = Db::open(&data.join("imprimatur.db").display().to_string(), Clock::default()).await.unwrap();
    let mut tx = db.write().await.unwrap();
    tx.exec("DROP TRIGGER journal_update", &[]).await.unwrap();
    assert_eq!(tx.exec("UPDATE journal SET actor = NULL WHERE seq = 1", &[]).await.unwrap(), 1);
    tx.commit().await.unwrap();
    db.close().await;
    let after = check(&data);
    let said = String::from_utf8_lossy(&after.stderr).into_owned();
    assert!(
        !after.status.success() && said.contains("I10: ") && said.contains("does not continue the chain"),
        "{said}"
    );
}

#[test]
fn check_makes_no_database() {
    let folder = tempfile::tempdir().unwrap();
    assert!(!check(&folder.path().join("nothing")).status.success());
    assert!(!folder.path().join("nothing").exists());
}

/// Fail points are in a build of their own; what people run cannot be told to kill itself.
#[test]
fn the_product_has_no_fail_points() {
    let bytes = std::fs::read(BINARY).unwrap();
    let has = |mark: &[u8]| bytes.windows(mark.len()).any(|window| window == mark);
    assert!(has(b"imprimatur"), "this test can find text in a binary");
    assert_eq!(has(b"FAIL_POINT_PASSES"), cfg!(feature = "fail-points"));
}

fn admin_plan(data: &Path, words: &[&str]) -> (bool, String) {
    let out = Command::new(BINARY).args(["admin", "--data"]).arg(data).arg("plan").args(words).output().unwrap();
    (out.status.success(), format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr)))
}

#[tokio::test]
async fn pln_01_the_operator_sees_and_changes_plans() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    drop(serve(&data).await);
    let (done, said) = admin_plan(&data, &[]);
    assert!(done && said.contains("Professional") && said.contains("1 people  Lab"), "{said}");
    let id = said.split_whitespace().find(|word| word.len() == 36).expect("the organization's id").to_owned();
    let (done, said) = admin_plan(&data, &[&id, "essentials"]);
    assert!(done && said.contains("Essentials") && said.contains("no Guests, no approval"), "{said}");
    let (done, said) = admin_plan(&data, &[&id]);
    assert!(done && said.contains("Essentials"), "{said}");
    let (done, said) = admin_plan(&data, &[&id, "gold"]);
    assert!(!done && said.contains("essentials, professional, excellence or education"), "{said}");
    let nobody = uuid::Uuid::nil().to_string();
    for words in [&[nobody.as_str()][..], &[nobody.as_str(), "education"][..]] {
        let (done, said) = admin_plan(&data, words);
        assert!(!done && said.contains("no such organization"), "{said}");
    }
    assert!(check(&data).status.success());
}

#[tokio::test]
async fn pln_the_operator_limits_people_printers_and_storage() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    drop(serve(&data).await);
    let (_, said) = admin_plan(&data, &[]);
    let id = said.split_whitespace().find(|word| word.len() == 36).expect("the organization's id").to_owned();
    let limit = |words: &[&str]| {
        let out = Command::new(BINARY).args(["admin", "--data"]).arg(&data).arg("limit").args(words).output().unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
        (out.status.success(), said)
    };
    let (done, said) = limit(&[&id]);
    assert!(done && said.contains("people: no limit  printers: no limit  storage in MB: no limit"), "{said}");
    let (done, said) = limit(&[&id, "--people", "400", "--printers", "30"]);
    assert!(done && said.contains("people: 400  printers: 30  storage in MB: no limit"), "{said}");
    let (done, said) = limit(&[&id, "--people", "none", "--storage-mb", "5000"]);
    assert!(done && said.contains("people: no limit  printers: 30  storage in MB: 5000"), "{said}");
    for wrong in ["0", "-1", "many"] {
        let (done, said) = limit(&[&id, "--people", wrong]);
        assert!(!done && !said.contains("people: 0"), "{said}");
    }
    let (done, said) = limit(&[&uuid::Uuid::nil().to_string(), "--people", "4"]);
    assert!(!done && said.contains("no such organization"), "{said}");
    assert!(check(&data).status.success());
}

fn admin_found(data: &Path, words: &[&str]) -> (bool, String) {
    let out = Command::new(BINARY).args(["admin", "--data"]).arg(data).arg("found").args(words).output().unwrap();
    (out.status.success(), format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr)))
}

fn link_in(said: &str) -> String {
    let line = said.lines().find(|line| line.contains("/invite/")).expect("a link");
    line.rsplit('/').next().unwrap().trim().to_owned()
}

/// Their session's cookie.
async fn sign_up(url: &str, name: &str) -> String {
    let email = format!("{}@lab.example", name.to_lowercase());
    let account = serde_json::json!({ "email": email, "name": name, "password": "a long enough one" });
    let made = post(url, "/accounts", "", account).await;
    assert!(made.status().is_success(), "{made:?}");
    let cookie = made.headers()["set-cookie"].to_str().unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn pln_01_org_01_only_the_operator_founds_another_organization_and_its_first_admin_joins_once() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    drop(serve(&data).await);
    for (name, why) in [
        ("", "The name is empty"),
        ("  ", "The name is empty"),
        (&"x".repeat(201), "longer than 200 characters"),
        ("Lab\u{202e}", "invisible"),
        ("lAB", "there is an organization Lab already"),
    ] {
        let (done, said) = admin_found(&data, &[name]);
        assert!(!done && said.contains(why) && !said.contains("/invite/"), "{name}: {said}");
    }
    let (done, said) = admin_found(&data, &["Annex", "--admin", "nowhere"]);
    assert!(!done && said.contains("not an e-mail address"), "{said}");
    let (done, said) = admin_found(&data, &["Annex", "--admin", "Bea@lab.example"]);
    assert!(done && said.contains("only the account of Bea@lab.example"), "{said}");
    let lost = link_in(&said);
    let (done, said) = admin_plan(&data, &[]);
    assert!(done && said.contains("0 people  Annex") && said.contains("1 people  Lab"), "{said}");
    // The link was lost before anybody joined: the same organization, another link.
    let (done, said) = admin_found(&data, &["annex", "--admin", "Bea@lab.example"]);
    assert!(done, "{said}");
    let link = link_in(&said);

    let (server, _) = start(&data, false);
    let url = server.url.clone();
    let (carl, bea) = (sign_up(&url, "Carl").await, sign_up(&url, "Bea").await);
    let accept = async |who: &str, link: &str| {
        let answer = post(&url, &format!("/invitations/{link}/accept"), who, serde_json::json!({})).await;
        (answer.status().as_u16(), answer.json::<serde_json::Value>().await.unwrap())
    };
    let offer = reqwest::get(format!("{url}/api/v1/invitations/{link}")).await.unwrap();
    let offer: serde_json::Value = offer.json().await.unwrap();
    assert_eq!(
        (&offer["organization"], &offer["role"], &offer["invited_by"], &offer["valid"]),
        (&"Annex".into(), &"admin".into(), &"the operator of this server".into(), &true.into()),
        "{offer}"
    );
    assert_eq!(accept(&bea, &lost).await.1["code"], "link_dead", "the newest link only");
    assert_eq!(accept(&carl, &link).await.1["code"], "another_address");
    let (status, joined) = accept(&bea, &link).await;
    assert_eq!((status, &joined["organization"]["role"]), (200, &"admin".into()), "{joined}");
    assert_eq!(joined["organization"]["name"], "Annex", "{joined}");
    assert_eq!(accept(&carl, &link).await.1["code"], "link_dead", "it works once");
    drop(server);

    // An organization of two: its name is taken, and people see nothing of the other.
    let (done, said) = admin_found(&data, &["Annex"]);
    assert!(!done && said.contains("there is an organization Annex already"), "{said}");
    // Without an address, whoever has the link.
    let (done, said) = admin_found(&data, &["Third"]);
    assert!(done && said.contains("whoever opens it first"), "{said}");
    let (server, _) = start(&data, false);
    let answer =
        post(&server.url, &format!("/invitations/{}/accept", link_in(&said)), &carl, serde_json::json!({})).await;
    assert_eq!(answer.json::<serde_json::Value>().await.unwrap()["organization"]["role"], "admin");
    drop(server);
    let (_, said) = admin_plan(&data, &[]);
    assert!(said.contains("1 people  Annex") && said.contains("1 people  Third"), "{said}");
    assert!(check(&data).status.success());
}
