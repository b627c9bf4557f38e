//! Puts journal kinds and printer states into the words of docs/design.md. Text for people only; programs read codes.

use serde_json::Value;

/// "approved", "rejected", ... for a decision's word.
pub(crate) fn decision(word: &str) -> &'static str {
    match word {
        "approved" => "approved",
        "rejected" => "rejected",
        "sent_back" => "sent back",
        "taken_back" => "took back the approval of",
        _ => "decided about",
    }
}

/// Why nothing of an organization starts, and what to do.
pub(crate) fn held_back(why: &str) -> &'static str {
    match why {
        "no_mark" => {
            "This server's data folder is new or was moved, so it cannot know whether the database is up to date. Nothing is \
             printed until an Admin has looked: what was queued needs a decision again, and plates have to be checked."
        }
        "operator" => {
            "The operator of this server holds all printing. What was queued needs a decision again, and plates have to be \
             checked; then an Admin lets printing go on."
        }
        _ => {
            "An older backup was put back. What was printed since then is not known here, so nothing is printed until an Admin \
             has looked: what was queued needs a decision again, and plates have to be checked."
        }
    }
}

/// One sentence for a line of the timeline.
pub(crate) fn sentence(kind: &str, who: Option<&str>, data: &Value) -> String {
    let word = |key: &str| data.get(key).and_then(Value::as_str).unwrap_or("");
    let number = |key: &str| data.get(key).and_then(Value::as_i64).unwrap_or(0);
    let who = who.unwrap_or("The server");
    match kind {
        "job.accepted" if word("to") == "held" => format!("{who} sent the print job. It needs approval."),
        "job.accepted" => format!("{who} sent the print job."),
        "job.reprinted" if word("to") == "held" => format!("{who} asked for a reprint. It needs approval."),
        "job.reprinted" => format!("{who} reprinted it."),
        "job.approved" => format!("{who} approved version {}.", number("version")),
        "job.rejected" => format!("{who} rejected it."),
        "job.sent_back" => format!("{who} sent it back."),
        "job.send_back_undone" => format!("{who} took the sending back back."),
        "job.resubmitted" => format!("{who} sent version {}.", number("version")),
        "job.taken_back" => format!("{who} took the approval back."),
        "job.held_former_person" if word("why") == "demoted" => {
            format!("It needs a decision: {who} made its submitter a Guest.")
        }
        "job.held_former_person" => "It needs a decision again: its submitter left the organization.".to_owned(),
        "job.held_restored" => {
            "It needs a decision again: an older backup was put back, and it may have been printed since.".to_owned()
        }
        "job.withdrawn" => format!("{who} withdrew it."),
        "job.rerouted" => format!("{who} moved it to another printer."),
        "job.assigned" => "The server chose another printer of its group.".to_owned(),
        "job.starting" => format!("Attempt {} is starting.", number("attempt")),
        "job.printing" => "The printer is printing it.".to_owned(),
        "job.not_started" => "The printer did not start it. It is in the queue again.".to_owned(),
        "job.attention" => "Nobody can know whether it printed. A person has to say.".to_owned(),
        "job.ended" => match word("to") {
            "finished" => "Printed to the end.".to_owned(),
            "aborted" => "The print was aborted.".to_owned(),
            _ => "The printer stopped it.".to_owned(),
        },
        "job.resolved_not_printed" => format!("{who} said that it did not print. It is in the queue again."),
        "job.resolved_printed" => format!("{who} said that it printed."),
        "job.resolved_failed" => format!("{who} said that it failed."),
        "job.abort_requested" => format!("{who} asked to abort it."),
        "job.pause_requested" => format!("{who} paused it."),
        "job.resume_requested" => format!("{who} resumed it."),
        "job.share_asked" => format!("{who} asks to share the library project that it came from."),
        "help.asked" => match (word("wish"), word("action")) {
            ("share_project", _) => format!("{who} asked to share the library project that it came from."),
            ("share_printer", _) => format!("{who} asked to share its printer."),
            (_, "job.approve") => format!("{who} asked for its approval."),
            _ => format!("{who} asked for help with it."),
        },
        "job.copied_to_project" => format!("{who} copied it to a library project."),
        "escrow.claimed" => {
            let projects = match data.get("projects").and_then(Value::as_array).map_or(0, Vec::len) {
                1 => "a private library project".to_owned(),
                n => format!("{n} private library projects"),
            };
            format!("{who} claimed {projects} of yours while you were not in the organization.")
        }
        "job.moved_in_queue" => format!("{who} changed its place in the queue."),
        other => other.to_owned(),
    }
}
