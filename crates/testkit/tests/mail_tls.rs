//! The way to the mail server: by TLS to whom it should be, or not at all; never a password or a letter that others can read.

#![expect(clippy::unwrap_used, reason = "a failed test says where")]

use std::time::Duration;

use testkit::{Farm, Post, Security, Setup, Temper, Value, both_engines, json};

/// `print` and `hush hush`, as a mail server is told them.
const SIGNED_IN: &str = "AUTH PLAIN AHByaW50AGh1c2ggaHVzaA==";

async fn invite(farm: &Farm) {
    let request = json!({ "role": "guest", "email": "lena@school.example", "name": "Lena" });
    assert_eq!(farm.admin().post("/invitations", request).await.ok()["mailed"], true);
}

/// What the Admin sees of it, when a try has failed.
async fn problem(farm: &Farm) -> Value {
    let until = tokio::time::Instant::now() + Duration::from_secs(20);
    loop {
        let item = farm.admin().get("/invitations").await.items()[0].clone();
        if item["mail_problem"].is_string() {
            return item;
        }
        assert!(tokio::time::Instant::now() < until, "the Admin never sees why: {item}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// It waits, the Admin reads why, and the mail server heard nothing that somebody else may not hear.
async fn refused(farm: &Farm, says: &str, heard: &[&str]) {
    invite(farm).await;
    let item = problem(farm).await;
    assert_eq!(item["mail"], "waiting", "{item}");
    assert!(item["mail_problem"].as_str().unwrap().contains(says), "{item}");
    let outbox = "SELECT COUNT(*) AS n FROM mail WHERE ended_at IS NULL AND outcome IS NULL AND problem IS NOT NULL";
    assert_eq!(farm.number(outbox, &[]).await, 1, "the letter is still in the outbox");
    assert_eq!(farm.number("SELECT COUNT(*) AS n FROM invitation WHERE mail_secret IS NOT NULL", &[]).await, 1);
    let post = farm.post();
    assert!(post.letters().is_empty() && post.tries() == 0, "{:?}", post.letters());
    let readable = post.readable();
    let words: Vec<_> = readable.iter().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(words, heard, "{readable:?}");
}

/// One letter came, whole and by TLS, and whoever listened heard no more than that TLS begins.
async fn delivered(farm: &Farm, heard: &[&str]) {
    let post = farm.post();
    let letter = post.wait(1).await[0].clone();
    assert!(letter.sealed, "{letter:?}");
    assert_eq!((letter.to.as_str(), letter.signed_in.as_deref()), ("lena@school.example", Some(SIGNED_IN)));
    assert!(!letter.secret().is_empty());
    farm.until_zero("SELECT COUNT(*) AS n FROM mail WHERE ended_at IS NULL").await;
    let item = farm.admin().get("/invitations").await.items()[0].clone();
    assert_eq!((&item["mail"], &item["mail_problem"]), (&json!("sent"), &Value::Null), "{item}");
    let readable = post.readable();
    let words: Vec<_> = readable.iter().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(words, heard, "{readable:?}");
}

both_engines! {
    async fn org_01_a_letter_goes_by_starttls(farm, Setup::new().mail_by(Post::by(Security::StartTls))) {
        invite(farm).await;
        delivered(farm, &["EHLO", "STARTTLS"]).await;
    }

    async fn org_01_a_letter_goes_by_tls_from_the_start(farm, Setup::new().mail_by(Post::by(Security::Tls))) {
        invite(farm).await;
        delivered(farm, &[]).await;
    }

    async fn an_authority_that_nobody_named_is_not_trusted_by_starttls(
        farm, Setup::new().mail_by(Post { trusted: false, ..Post::by(Security::StartTls) })
    ) {
        refused(farm, "not trusted here", &["EHLO", "STARTTLS"]).await;
    }

    async fn an_authority_that_nobody_named_is_not_trusted_by_tls(
        farm, Setup::new().mail_by(Post { trusted: false, ..Post::by(Security::Tls) })
    ) {
        refused(farm, "smtp_ca", &[]).await;
    }

    async fn a_certificate_of_another_name_is_refused_by_starttls(
        farm, Setup::new().mail_by(Post { named: "mail.school.example", ..Post::by(Security::StartTls) })
    ) {
        refused(farm, "for another name", &["EHLO", "STARTTLS"]).await;
    }

    async fn a_certificate_of_another_name_is_refused_by_tls(
        farm, Setup::new().mail_by(Post { named: "mail.school.example", ..Post::by(Security::Tls) })
    ) {
        refused(farm, "smtp_host", &[]).await;
    }

    async fn without_starttls_nothing_is_said_readable_and_the_letter_goes_when_it_is_offered(
        farm, Setup::new().mail_by(Post { offers: false, ..Post::by(Security::StartTls) })
    ) {
        // This mail server would take a password without TLS.
        refused(farm, "does not offer STARTTLS", &["EHLO"]).await;
        farm.post().offers_starttls();
        farm.exec("UPDATE mail SET due_at = 0, claimed_until = 0 WHERE ended_at IS NULL", &[]).await;
        delivered(farm, &["EHLO", "EHLO", "STARTTLS"]).await;
    }

    async fn a_wrong_password_for_the_mail_server_is_no_fault_of_the_letter(
        farm, Setup::new().mail_by(Post::by(Security::Tls))
    ) {
        farm.post().is(Temper::ShutsOut);
        refused(farm, "smtp_user and smtp_password", &[]).await;
        farm.post().is(Temper::Takes);
        farm.exec("UPDATE mail SET due_at = 0, claimed_until = 0 WHERE ended_at IS NULL", &[]).await;
        delivered(farm, &[]).await;
    }
}
