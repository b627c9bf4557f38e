//! Which scope a token needs, in the words of docs/api.md: by what the operation is about, not by what it publishes of itself.

/// What is for a person's own browser: credentials, and what wants a fresh password.
const BROWSER: [&str; 11] = [
    "signed-in",
    "notify.own",
    "token.own",
    "printer.add",
    "organization.applications",
    "organization.change_role",
    "organization.claim_projects",
    "organization.invite",
    "organization.remove_person",
    "organization.settings",
    "organization.see",
];
/// Uploads, also to library projects; sending, resubmitting, reprinting; withdrawing, pausing, aborting.
const PRINT: [&str; 7] =
    ["job.send", "job.resubmit", "job.reprint", "job.abort", "job.pause", "project.upload", "project.print"];
/// Approving, rejecting, sending back, taking back, moving to another printer.
const APPROVE: [&str; 5] = ["job.approve", "job.reject", "job.send_back", "job.take_back", "job.reroute"];

/// `read`, `print`, `approve`, `manage`; `browser`, or `public`.
pub fn wanted(method: &str, path: &str, row: &str) -> &'static str {
    let upload = path.starts_with("/uploads");
    let credentials =
        ["/session", "/account", "/tokens", "/applications", "/join-link"].iter().any(|of| path.starts_with(of));
    match (method, row) {
        (_, "public") => "public",
        ("GET", _) if credentials => "browser",
        // Where to go on with one.
        ("GET", _) if upload => "print",
        ("GET", _) => "read",
        // Asking for help belongs to sending: whoever sends is who is told no.
        (_, _) if upload || path.ends_with("/requests") => "print",
        ("DELETE", "organization.invite") if path.starts_with("/invitations") => "manage",
        _ if BROWSER.contains(&row) => "browser",
        _ if PRINT.contains(&row) => "print",
        _ if APPROVE.contains(&row) => "approve",
        _ => "manage",
    }
}
