//! What an answer over HTTP says: its class, and whether something is in it that must not be.

use testkit::{Actor, Answer, Role, json};

use crate::callers::Caller;

/// The class of an answer: the permission's part of it. Conflicts and bad input come after the permission.
pub fn class(answer: &Answer) -> String {
    match answer.code() {
        "denied" => format!("denied by {}", answer.body["failed"].as_str().unwrap_or("nothing")),
        code @ ("not_signed_in" | "no_organization" | "not_found" | "scope" | "browser_needed" | "invalid_token") => {
            code.to_owned()
        }
        _ => "allowed".to_owned(),
    }
}

/// The one result of a bulk call; which question said no is not part of it.
pub fn several(answer: &Answer) -> String {
    match answer.body["results"][0]["problem"]["code"].as_str() {
        Some(code @ ("not_found" | "denied" | "no_organization")) => code.to_owned(),
        Some(_) => "allowed".to_owned(),
        None => class(answer),
    }
}

/// Things that must not be in an answer.
pub fn leaks(answer: &Answer, caller: Caller, person: &Actor, public: bool) -> Option<String> {
    let text = String::from_utf8_lossy(&answer.bytes);
    let found = |marks: &[&str]| marks.iter().find(|mark| text.contains(**mark)).map(|mark| (*mark).to_owned());
    let mark = if answer.code() == "not_found" {
        // Exactly as if it did not exist at all.
        let body = json!({
            "type": "about:blank", "title": "Not Found", "status": 404, "code": "not_found",
            "detail": "This is not here, or not for you.",
        });
        (answer.body != body).then(|| "more than a plain 404".to_owned())
    } else {
        match caller {
            Caller::Of(Role::Admin) => found(&["elsewhere", "Sam Stranger", "Shelf private"]),
            Caller::Of(Role::Member) => found(&[
                "elsewhere",
                "Sam Stranger",
                "Bench of the Admin",
                "Bench for Gil",
                "Bench of the Guest",
                "Shelf of Ada Admin",
                "Shelf for Gil",
                "Shelf alone of Gil",
                "Shelf private of Gil",
            ]),
            Caller::Of(Role::Guest) => found(&[
                "elsewhere",
                "Sam Stranger",
                "Part of Mo Member",
                "Part of Ada Admin",
                "Bench of the Member",
                "Bench of the Admin's",
                "Bench of the Guest",
                "Shelf of Ada Admin",
                "Shelf alone of Mo",
                "Shelf private of Mo",
            ]),
            Caller::Nobody | Caller::Newcomer | Caller::Stranger | Caller::Former if !public => found(&[
                "The farm",
                "Gil Guest",
                "Mo Member",
                "Ada Admin",
                "Bench of",
                "Bench for",
                "Part of",
                "Shelf of",
                "Shelf for",
                "Shelf private",
                "Shelf alone",
                "Crew of",
            ]),
            Caller::Nobody | Caller::Newcomer | Caller::Stranger | Caller::Former => None,
        }
    };
    mark.map(|mark| format!("{} sees {mark:?}: {answer}", person.name))
}
