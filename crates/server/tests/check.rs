//! The real binary: `imprimatur check` at any time, what it says about a database that was tampered with, and that the
//! product has no fail points.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is a failed test")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use sql::{Clock, Db};

const BINARY: &str = env!("CARGO_BIN_EXE_imprimatur");

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A server of an installation that one Admin has set up.
async fn serve(data: &Path) -> Server {
    let mut child = Command::new(BINARY)
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .env("IMPRIMATUR_PASSWORD_MEMORY_KIB", "1024")
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let link = loop {
        let line = lines.next().expect("the server ended").unwrap();
        if line.contains("/setup?token=") {
            break line.trim().to_owned();
        }
    };
    std::thread::spawn(move || lines.for_each(drop));
    let server = Server(child);
    let (url, token) = link.split_once("/setup?token=").unwrap();
    let first = serde_json::json!({
        "token": token, "organization": "Lab", "name": "Ada", "email": "ada@lab.example", "password": "a long enough one",
        "approval": true,
    });
    let call = reqwest::Client::new().post(format!("{url}/api/v1/setup")).header("x-imprimatur", "1").json(&first);
    assert!(call.send().await.unwrap().status().is_success());
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
