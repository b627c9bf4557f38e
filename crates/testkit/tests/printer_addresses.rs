//! Where a printer may be (PRN-02): where the operator allows it, and once. And what is told of one that cannot be asked.

#![expect(clippy::unwrap_used, reason = "a failed test says where")]

use std::time::Duration;

use testkit::{Actor, Farm, Setup, Uuid, Value, both_engines, json, params};

async fn refused(by: &Actor, name: &str, address: &str) -> String {
    by.try_add_printer(name, address, false).await.expect(409, "printer_is_here")["detail"].as_str().unwrap().to_owned()
}

fn id(of: &Value) -> Uuid {
    of["id"].as_str().unwrap().parse().unwrap()
}

/// What the person reads of a printer that cannot be asked, when the watcher has found this.
async fn told(farm: &Farm, printer: Uuid, code: &str) -> String {
    let until = tokio::time::Instant::now() + Duration::from_secs(20);
    loop {
        let shown = farm.admin().printer(printer).await.ok();
        let error = &shown["last_error"];
        if error["code"] == code {
            return error["text"].as_str().unwrap().to_owned();
        }
        assert!(tokio::time::Instant::now() < until, "never {code}: {shown}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

both_engines! {
    async fn prn_02_an_address_that_the_operator_does_not_allow_is_refused_when_it_is_added(
        farm, Setup::new().network("10.77.0.0/16")
    ) {
        let (admin, guest) = (farm.admin(), farm.guest());
        for (address, why) in [
            ("8.8.8.8", "outside of the printer networks"),
            ("10.78.0.1", "outside of the printer networks"),
            ("127.0.0.1:9", "this server itself"),
            ("localhost:9", "this server itself"),
            ("169.254.169.254", "link-local"),
        ] {
            let answer = admin.try_add_printer("Bench", address, true).await.expect(422, "invalid");
            assert_eq!(answer["field"], "address", "{answer}");
            let detail = answer["detail"].as_str().unwrap();
            assert!(detail.contains(why) && detail.contains("printer_networks"), "{address}: {detail}");
            // Whoever may not add printers learns nothing of the server's networks.
            guest.try_add_printer("Bench", address, true).await.expect(403, "denied");
        }
        assert_eq!(farm.number("SELECT COUNT(*) AS n FROM printer", &[]).await, 0);
        admin.add_printer_at("Bench", "10.77.0.1", true).await;
        // A name that nobody knows (yet) leads nowhere that would be forbidden; every connection is checked anew.
        admin.add_printer_at("Bench with a name", "octopi.invalid", true).await;
    }

    async fn prn_02_a_printer_is_added_once_and_its_name_is_told_to_whoever_sees_it(
        farm, Setup::new().network("10.77.0.0/16")
    ) {
        let (admin, member, stranger) = (farm.admin(), farm.member(), farm.stranger());
        let shared = admin.add_printer_at("Bench 1", "10.77.0.1", true).await;
        admin.add_printer_at("Secret bench", "10.77.0.2:5000", false).await;
        for address in ["10.77.0.1", "http://10.77.0.1/", " 10.77.0.1:80 ", "[::ffff:10.77.0.1]"] {
            for by in [&admin, &member] {
                let why = refused(by, "Again", address).await;
                assert!(why.contains("\u{201c}Bench 1\u{201d}"), "{address}: {why}");
            }
        }
        assert!(refused(&admin, "Again", "10.77.0.2:5000").await.contains("\u{201c}Secret bench\u{201d}"));
        // Whoever does not see it is told that it is here, and neither its name nor whose it is.
        let why = refused(&member, "Again", "10.77.0.2:5000").await;
        assert!(!why.contains("Secret") && !why.contains(&admin.name) && why.contains("not shared with you"), "{why}");
        // Another port is another printer, and another organization is told nothing at all.
        member.add_printer_at("Bench 3", "10.77.0.2:5001", false).await;
        stranger.add_printer_at("Bench there", "10.77.0.1", true).await;
        // In the Trash it is not in the way; but then it does not come back beside the new one.
        admin.delete(&format!("/printers/{shared}")).await.done();
        let new = member.add_printer_at("New bench", "10.77.0.1", false).await;
        let back = admin.post(&format!("/printers/{shared}/restore"), json!({})).await.expect(409, "printer_is_here");
        assert!(back["detail"].as_str().unwrap().contains("\u{201c}New bench\u{201d}"), "{back}");
        member.delete(&format!("/printers/{new}")).await.done();
        assert_eq!(id(&admin.post(&format!("/printers/{shared}/restore"), json!({})).await.ok()), shared);
    }

    async fn prn_02_of_several_who_add_the_same_printer_at_once_one_does(farm, Setup::new().network("10.77.0.0/16")) {
        let (admin, member) = (farm.admin(), farm.member());
        for round in 0..8 {
            let address = format!("10.77.1.{round}");
            let (one, two, three) = tokio::join!(
                admin.try_add_printer("One", &address, true),
                member.try_add_printer("Two", &address, true),
                admin.try_add_printer("Three", &address, true)
            );
            let added = [&one, &two, &three].into_iter().filter(|answer| answer.is_ok()).count();
            assert_eq!(added, 1, "{one}\n{two}\n{three}");
            let there = "SELECT COUNT(*) AS n FROM printer WHERE address = $1";
            assert_eq!(farm.number(there, params![address]).await, 1);
        }
    }

    /// The driver's own words are for the log.
    async fn what_is_wrong_with_a_printer_is_told_in_sentences_with_a_code(farm) {
        let admin = farm.admin();
        let machine = farm.virtual_printer();
        let body = |key: &str| json!({
            "name": "Bench", "family": "octoprint", "address": machine.address().to_string(), "api_key": key,
            "share_with_organization": true,
        });
        let printer = id(&admin.post("/printers", body("another key")).await.ok());
        let _floor = farm.dispatch();
        let text = told(farm, printer, "bad_key").await;
        assert!(text.contains("does not accept this key") && text.contains("add it again"), "{text}");
        // The operator changed the networks after it was added.
        farm.exec("UPDATE printer SET address = '8.8.8.8' WHERE id = $1", params![printer]).await;
        let text = told(farm, printer, "address_not_allowed").await;
        assert!(text.contains("8.8.8.8") && text.contains("printer_networks"), "{text}");
        // The master key is another one.
        farm.exec("UPDATE printer SET secret = $2 WHERE id = $1", params![printer, vec![0_u8; 40]]).await;
        let text = told(farm, printer, "unusable").await;
        assert!(text.contains("add it again") && text.contains("master key"), "{text}");
        // It is told to whoever can do something about it.
        let shown = farm.guest().printer(printer).await.ok();
        assert_eq!(shown["last_error"], Value::Null, "{shown}");
    }
}
