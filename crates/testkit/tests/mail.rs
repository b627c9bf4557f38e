//! Letters: invitations, and decisions to the submitter after the undo window; once each, and never lost.

#![expect(clippy::unwrap_used, reason = "a failed test says where")]

use std::time::Duration;

use testkit::{Plan, Setup, Temper, both_engines, json, params};

/// Letters that are being handed in: the clock is turned only when the sender has written down how it went.
const ON_THE_WAY: &str = "SELECT COUNT(*) AS n FROM mail WHERE ended_at IS NULL AND claimed_until > 0";
/// Longer than a sender in a test waits between two looks.
const A_WHILE: Duration = Duration::from_millis(400);

both_engines! {
    async fn org_01_an_invitation_is_mailed_and_its_link_works(farm, Setup::new().mail()) {
        let (admin, newcomer, post) = (farm.admin(), farm.newcomer(), farm.post());
        let request = json!({ "role": "member", "email": newcomer.email, "name": "Nía <b>Newcomer</b>" });
        let made = admin.post("/invitations", request).await.ok();
        assert_eq!(made["mailed"], true);
        let letter = post.wait(1).await[0].clone();
        assert_eq!(letter.to, newcomer.email);
        assert_eq!(letter.header("Subject"), "Ada Admin invites you to The farm");
        assert!(letter.header("From").contains("<print@farm.example>"), "{}", letter.header("From"));
        let text = letter.text();
        assert!(text.contains("https://print.farm.example/invite/"), "{text}");
        assert!(text.contains("as a Member") && text.contains("text/plain") && text.contains("text/html"), "{text}");
        let secret = letter.secret();
        assert_eq!(made["link"].as_str().unwrap().rsplit('/').next(), Some(&*secret));
        // The sealed link is forgotten when the letter has gone.
        let kept = "SELECT COUNT(*) AS n FROM invitation WHERE mail_secret IS NOT NULL";
        farm.until_zero(kept).await;
        assert_eq!(admin.get("/invitations").await.items()[0]["mail"], "sent");
        newcomer.accept(&secret).await.done();
        // One without an address is for the hand.
        let by_hand = admin.post("/invitations", json!({ "role": "guest" })).await.ok();
        assert_eq!(by_hand["mailed"], false);
        tokio::time::sleep(A_WHILE).await;
        assert_eq!(post.letters().len(), 1);
    }

    async fn org_01_an_invitation_that_is_withdrawn_first_is_not_mailed_and_a_new_link_is_mailed_once(farm, Setup::new().mail()) {
        let (admin, post) = (farm.admin(), farm.post());
        post.is(Temper::Busy);
        let withdrawn = admin.post("/invitations", json!({ "role": "guest", "email": "gone@school.example" })).await.ok();
        let again = admin.post("/invitations", json!({ "role": "guest", "email": "lena@school.example" })).await.ok();
        post.wait_tries(2).await;
        admin.delete(&format!("/invitations/{}", withdrawn["id"].as_str().unwrap())).await.done();
        let new = admin.post(&format!("/invitations/{}/resend", again["id"].as_str().unwrap()), json!({})).await.ok();
        post.wait_tries(3).await;
        farm.until_zero(ON_THE_WAY).await;
        assert_eq!(admin.get("/invitations").await.items()[0]["mail"], "waiting");
        post.is(Temper::Takes);
        farm.exec("UPDATE mail SET due_at = 0, claimed_until = 0 WHERE ended_at IS NULL", &[]).await;
        let letters = post.wait(1).await;
        farm.until_zero("SELECT COUNT(*) AS n FROM mail WHERE ended_at IS NULL").await;
        assert_eq!(post.letters().len(), 1, "neither the withdrawn one nor the old link: {letters:?}");
        assert_eq!((letters[0].to.as_str(), letters[0].secret()), ("lena@school.example", new["link"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()));
        assert_eq!(farm.number("SELECT COUNT(*) AS n FROM mail WHERE outcome = 'dropped'", &[]).await, 2);
    }

    async fn ntf_01_a_decision_is_mailed_to_the_submitter_after_the_undo_window(farm, Setup::new().mail().fake_clock()) {
        let (member, guest, post) = (farm.member(), farm.guest(), farm.post());
        let (printer, _machine) = farm.bench("Bench 1").await;
        let mut jobs = Vec::new();
        for name in ["approved", "undone", "back", "rejected"] {
            jobs.push(guest.send_job(printer, name).await);
        }
        member.approve(&jobs[0]).await.done();
        member.approve(&jobs[1]).await.done();
        member.send_back(&jobs[2], "Add a <fillet>.").await.done();
        member.reject(&jobs[3], Some("Too large")).await.done();
        // Nobody is told about their own decision, nor about a job that needed none.
        member.send_job(printer, "own").await;
        let own = guest.send_job(printer, "withdrawn").await;
        guest.act(&own, "withdraw", json!({})).await.done();
        farm.clock().advance(Duration::from_secs(9));
        tokio::time::sleep(A_WHILE).await;
        assert_eq!(post.letters().len(), 0, "an approval may still be undone");
        member.take_back(&jobs[1]).await.done();
        farm.clock().advance(Duration::from_secs(1));
        let mut letters = post.wait(3).await;
        farm.until_zero("SELECT COUNT(*) AS n FROM mail WHERE ended_at IS NULL").await;
        letters.sort_by_key(|letter| letter.header("Subject"));
        let subjects: Vec<_> = letters.iter().map(|letter| letter.header("Subject")).collect();
        assert_eq!(subjects, ["Approved: approved", "Rejected: rejected", "Sent back: back"]);
        assert!(letters.iter().all(|letter| letter.to == guest.email));
        assert!(letters[0].text().contains("Mo Member approved your print."), "{}", letters[0].text());
        let link = format!("https://print.farm.example/jobs/{}", jobs[0]["id"].as_str().unwrap());
        assert!(letters[0].text().contains(&link), "{}", letters[0].text());
        assert!(letters[1].text().contains("> Too large"), "{}", letters[1].text());
        let back = letters[2].text();
        assert!(back.contains("> Add a <fillet>.") && back.contains("Add a &lt;fillet&gt;."), "{back}");
        assert!(!letters.iter().any(|letter| letter.text().contains(&*farm.admin().email)));
    }

    async fn a_letter_waits_for_a_mail_server_that_is_busy_and_is_not_repeated_when_it_is_refused(farm, Setup::new().mail().fake_clock()) {
        let (admin, post) = (farm.admin(), farm.post());
        post.is(Temper::Busy);
        admin.post("/invitations", json!({ "role": "guest", "email": "lena@school.example" })).await.done();
        post.wait_tries(1).await;
        farm.until_zero(ON_THE_WAY).await;
        tokio::time::sleep(A_WHILE).await;
        assert_eq!(post.tries(), 1, "not again at once");
        farm.clock().advance(Duration::from_secs(61));
        post.wait_tries(2).await;
        farm.until_zero(ON_THE_WAY).await;
        post.is(Temper::Takes);
        farm.clock().advance(Duration::from_secs(121));
        post.wait(1).await;
        post.is(Temper::Refuses);
        admin.post("/invitations", json!({ "role": "guest", "email": "nobody@school.example" })).await.done();
        post.wait_tries(4).await;
        farm.until_zero("SELECT COUNT(*) AS n FROM mail WHERE ended_at IS NULL").await;
        assert_eq!(farm.number("SELECT COUNT(*) AS n FROM mail WHERE outcome = 'failed'", &[]).await, 1);
        assert_eq!(admin.get("/invitations?q=nobody").await.items()[0]["mail"], "failed", "the Admin sees it");
        assert_eq!(farm.number("SELECT COUNT(*) AS n FROM invitation WHERE mail_secret IS NOT NULL", &[]).await, 0);
        assert_eq!(post.letters().len(), 1);
    }

    async fn a_letter_whose_sender_died_is_sent_by_another_and_one_that_was_answered_is_not(farm, Setup::new().mail().fake_clock()) {
        let (admin, post) = (farm.admin(), farm.post());
        // The mail server took it, and the sender never heard so.
        post.is(Temper::TakesAndBreaksOff);
        admin.post("/invitations", json!({ "role": "guest", "email": "lena@school.example" })).await.done();
        let first = post.wait(1).await;
        farm.until_zero(ON_THE_WAY).await;
        post.is(Temper::Takes);
        // As a process leaves it that died while it was sending: claimed, for three minutes more.
        farm.exec("UPDATE mail SET claimed_until = due_at + 120000000, due_at = 0", &[]).await;
        let other = farm.restarted().await;
        tokio::time::sleep(A_WHILE).await;
        assert_eq!(post.letters().len(), 1, "a claim is respected");
        farm.clock().advance(Duration::from_secs(181));
        let letters = post.wait(2).await;
        assert_eq!(first[0].header("Message-ID"), letters[1].header("Message-ID"), "a mailbox can see that it is the same");
        assert_eq!(first[0].secret(), letters[1].secret());
        farm.until_zero("SELECT COUNT(*) AS n FROM mail WHERE ended_at IS NULL").await;
        // Two processes look now: each letter goes once.
        let list: String = (0..30).map(|n| format!("p{n}@school.example\n")).collect();
        let call = admin.call(testkit::Method::POST, "/invitations/bulk?role=guest");
        call.header("content-type", "text/csv").bytes(list).send().await.done();
        post.wait(32).await;
        farm.until_zero("SELECT COUNT(*) AS n FROM mail WHERE ended_at IS NULL").await;
        tokio::time::sleep(A_WHILE).await;
        let mut to: Vec<_> = post.letters().into_iter().skip(2).map(|letter| letter.to).collect();
        to.sort();
        to.dedup();
        assert_eq!((post.letters().len(), to.len()), (32, 30));
        drop(other);
    }

    async fn old_news_is_not_mailed(farm, Setup::new().mail().fake_clock()) {
        let (admin, post) = (farm.admin(), farm.post());
        post.is(Temper::Busy);
        admin.post("/invitations", json!({ "role": "guest", "email": "lena@school.example" })).await.done();
        post.wait_tries(1).await;
        farm.clock().advance(Duration::from_secs(25 * 3600));
        post.is(Temper::Takes);
        farm.until_zero("SELECT COUNT(*) AS n FROM mail WHERE ended_at IS NULL").await;
        assert_eq!(post.letters().len(), 0);
    }

    async fn pln_01_a_letter_to_a_guest_of_a_plan_without_guests_leads_to_a_link_that_says_so(farm, Setup::new().mail()) {
        let (admin, newcomer, post) = (farm.admin(), farm.newcomer(), farm.post());
        admin.post("/invitations", json!({ "role": "guest", "email": newcomer.email })).await.done();
        let secret = post.wait(1).await[0].secret();
        farm.set_plan(Plan::Essentials).await;
        newcomer.accept(&secret).await.expect(409, "link_dead");
        let rows = farm.rows("SELECT body FROM journal_text WHERE org = $1", params![farm.org()]).await;
        assert!(rows.iter().all(|row| !row.get::<String>("body").unwrap().contains(&secret)), "no secret in the journal");
    }
}
