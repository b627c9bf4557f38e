//! Idempotency keys of the creating calls: a repeated request creates nothing twice.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failure here is a failed test")]

use testkit::{Method, both_engines, json};

both_engines! {
    /// The same printer twice is one printer; the same key with other content is refused.
    async fn a_repeated_printer_is_one_printer(farm) {
        let machine = farm.virtual_printer();
        let body = |name: &str| json!({
            "name": name, "family": "octoprint", "address": machine.address().to_string(),
            "api_key": machine.api_key(), "share_with_organization": true,
        });
        let add = |name: &str| {
            farm.admin().call(Method::POST, "/printers").json(&body(name)).header("idempotency-key", "the same").send()
        };
        let (one, two) = (add("Bench 1").await.ok(), add("Bench 1").await.ok());
        assert_eq!(one["id"], two["id"]);
        assert_eq!(farm.number("SELECT COUNT(*) AS n FROM printer", &[]).await, 1);
        add("Bench 2").await.expect(422, "key_reused");
    }

    /// The same announcement twice is one upload and one reservation.
    async fn a_repeated_announcement_is_one_upload(farm) {
        let announce = |size: u64| {
            let body = json!({ "name": "a.gcode", "size": size });
            farm.guest().call(Method::POST, "/uploads").json(&body).header("idempotency-key", "again").send()
        };
        let (one, two) = (announce(100).await.ok(), announce(100).await.ok());
        assert_eq!(one["id"], two["id"]);
        announce(101).await.expect(422, "key_reused");
        // Half of it is there: a page that announces again, because the answer was lost, goes on from the middle.
        let half = format!("/uploads/{}?offset=0", one["id"].as_str().unwrap());
        farm.guest().call(Method::PUT, &half).bytes([b';'; 50]).send().await.done();
        assert_eq!(announce(100).await.ok()["received"], 50);
    }
}
