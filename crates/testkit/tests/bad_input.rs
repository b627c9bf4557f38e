//! Bad input about people and what they share, each with the answer that it gets. Here is what has no test beside its own kind:
//!
//! | Input | Test |
//! | --- | --- |
//! | invitation used twice | `people.rs`: `org_01_an_invitation_works_once`, `org_01_two_people_cannot_use_one_invitation_at_the_same_time` |
//! | by another person, with changed case of the address | `invitations.rs`: `org_01_an_invitation_with_an_address_is_for_this_address_only` |
//! | after removal | here |
//! | list of 5,000, broken UTF-8; duplicates and formulas | `invitations.rs`: `org_01_a_list_that_cannot_be_read_is_refused_as_a_whole`; `org_01_a_list_invites_each_person_once_and_names_the_others` |
//! | team of the other organization in a share call | `sharing.rs`: `a_team_that_one_does_not_see_is_like_one_that_is_not_there`; `library.rs`: `lib_06_a_team_of_another_organization_is_exactly_like_none` |
//! | role outside of the three | here |
//! | the last Admin demotes themselves in two tabs | here |
//! | token of a removed person | `tokens.rs`: `acc_06_org_02_a_removed_persons_token_is_dead_and_stays_dead` |
//! | zip and path tricks in names | `library_files.rs`: `tricks_in_names_and_kinds_that_are_not_taken_are_refused` |
//! | 2 GB for a quota of 1 GB | `library_files.rs`: `quota_and_size_are_checked_before_the_first_byte` |

#![expect(clippy::unwrap_used, reason = "a failed test says where")]

use std::time::Duration;

use testkit::{Actor, Method, Role, Setup, Value, both_engines, json, params};

fn secret(made: &Value) -> String {
    made["link"].as_str().unwrap_or_else(|| panic!("{made}")).rsplit('/').next().unwrap().to_owned()
}

async fn role(person: &Actor) -> Value {
    person.get("/session").await.ok()["organization"]["role"].clone()
}

both_engines! {
    async fn org_01_no_invitation_from_before_a_removal_lets_the_person_in_again(farm, Setup::new().fake_clock()) {
        let (admin, newcomer) = (farm.admin(), farm.newcomer());
        let second = farm.person("Olga Other", Role::Admin).await;
        let own = json!({ "role": "admin", "email": newcomer.email });
        let for_them = admin.post("/invitations", own).await.ok();
        let (first, anybody, by_second) = (admin.invite("guest").await, admin.invite("member").await, second.invite("member").await);
        newcomer.accept(&first).await.done();
        farm.clock().advance(Duration::from_secs(60));
        admin.remove_person(&newcomer).await.done();
        newcomer.accept(&first).await.expect(409, "link_dead");
        for old in [&anybody, &secret(&for_them), &by_second] {
            let refused = newcomer.accept(old).await.expect(409, "removed_before");
            assert!(refused["detail"].as_str().unwrap().contains("Ask for a new one"), "{refused}");
        }
        assert_eq!(role(&newcomer).await, Value::Null);
        // Others may still use what was for anybody; of an Admin who was removed nothing is left.
        let late = farm.newcomer_named("Lea Late").await;
        late.accept(&anybody).await.done();
        admin.remove_person(&second).await.done();
        farm.newcomer_named("Tom Two").await.accept(&by_second).await.expect(409, "link_dead");
        // Sent again, it is meant.
        let again = admin.post(&format!("/invitations/{}/resend", for_them["id"].as_str().unwrap()), json!({})).await.ok();
        newcomer.accept(&secret(&again)).await.done();
        assert_eq!(role(&newcomer).await, "admin");
        // Whoever left by themselves comes back by any link that is open.
        let open = admin.invite("member").await;
        farm.clock().advance(Duration::from_secs(60));
        late.post("/session/leave", json!({})).await.done();
        late.accept(&open).await.done();
    }

    async fn org_03_there_are_three_roles(farm) {
        let (admin, member) = (farm.admin(), farm.member());
        let at = format!("/people/{}", member.id);
        for role in [json!("owner"), json!("Admin"), json!("admin "), json!("")] {
            admin.patch(&at, json!({ "role": role })).await.expect(422, "invalid");
            admin.post("/invitations", json!({ "role": role })).await.expect(422, "invalid");
        }
        for role in [json!(null), json!(3), json!(true), json!(["admin"]), json!({ "role": "admin" })] {
            for answer in [admin.patch(&at, json!({ "role": role })).await, admin.post("/invitations", json!({ "role": role })).await] {
                assert!(matches!((answer.status, answer.code()), (400, "bad_json") | (422, "invalid")), "{role}: {answer}");
            }
        }
        admin.patch(&at, json!({ "role": "admin", "organization": farm.org() })).await.expect(422, "invalid");
        admin.patch(&at, json!({})).await.expect(422, "invalid");
        for role in ["owner", "Admin", "", "admin%00", "guest%2Cadmin"] {
            let call = admin.call(Method::POST, &format!("/invitations/bulk?role={role}")).header("content-type", "text/csv");
            call.bytes("lena@school.example").send().await.expect(422, "invalid");
        }
        assert_eq!((role(&member).await, admin.get("/invitations").await.items().len()), (json!("member"), 0));
    }

    async fn amb_39_the_last_admin_does_not_step_down_in_two_tabs_at_once(farm) {
        let (one, two) = (farm.admin(), farm.person("Olga Other", Role::Admin).await);
        let admins = "SELECT COUNT(*) AS n FROM membership WHERE org = $1 AND role = 'admin' AND removed_at IS NULL";
        for round in 0..6 {
            // Two Admins, each about themselves, each in two tabs of a browser.
            let (a, b, c, d) = tokio::join!(
                one.change_role(&one, "member"), one.change_role(&one, "guest"),
                two.change_role(&two, "member"), two.change_role(&two, "guest"),
            );
            for refused in [&a, &b, &c, &d].into_iter().filter(|answer| !answer.is_ok()) {
                assert!(matches!(refused.code(), "last_admin" | "denied"), "round {round}: {refused}");
            }
            assert_eq!(farm.number(admins, params![farm.org()]).await, 1, "round {round}: {a} {b} {c} {d}");
            let (left, gone) = if role(&one).await == "admin" { (&one, &two) } else { (&two, &one) };
            let (e, f) = tokio::join!(left.change_role(left, "member"), left.change_role(left, "guest"));
            for refused in [e, f] {
                refused.expect(409, "last_admin");
            }
            left.change_role(gone, "admin").await.done();
        }
    }
}
