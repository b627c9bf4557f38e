//! The entries: each operation, what it is done to, and what the permission table makes of it.

use access::table::{Condition, Reach, Rule, TABLE};
use testkit::{Answer, Role, Uuid, Value};

/// What an operation is done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thing {
    /// The organization, or nothing.
    Organization,
    /// A printer.
    Printer,
    /// A print job.
    Job,
    /// The printer of a print job.
    JobsPrinter,
    /// A print job, and its printer as where to print.
    JobAndPrinter,
    /// A print request for a printer.
    Request,
    /// An upload: the uploader's only.
    Upload,
    /// A person in the organization.
    Person,
    /// Somebody whom the Admin removed, with a private project here.
    Former,
    /// The asker, who is not in it afterwards.
    Leaver,
    /// An open invitation.
    Invitation,
    /// The secret of a dead invitation: public.
    Secret,
    /// A session of the Guest.
    Session,
    /// Several print jobs: each has its own result.
    Several,
    /// A team, with the Admin in it.
    Team,
    /// A team in the Trash.
    RemovedTeam,
    /// A library project, with a file in it.
    Project,
    /// A library project in the Trash.
    RemovedProject,
    /// A library project, where the Guest's print job is copied to; both are asked.
    JobIntoProject,
    /// An API token of the Guest, for its owner.
    OwnToken,
    /// An API token of the Guest, for whoever may revoke everybody's.
    AnyToken,
    /// A registered application.
    Application,
    /// The code of a device that waits.
    Device,
}
use Thing::*;

/// Method, path, what it is done to, body. `$project` is the project, `{file}` its file, `$shown` its shares, `$revision` its version,
/// `$into` an upload of the caller for it. `$other` is another printer, `$upload` an upload of the caller, `$version` and
/// `$sha` what the job shows, `$settings` the version of the settings, `$new` something nobody has used.
pub const OPERATIONS: &[(&str, &str, Thing, &str)] = &[
    ("GET", "/health", Organization, ""),
    ("GET", "/setup", Organization, ""),
    (
        "POST",
        "/setup",
        Organization,
        r#"{"token":"x","organization":"x","name":"$new","email":"$new@x.org","password":"a good long password","approval":true}"#,
    ),
    ("POST", "/accounts", Organization, r#"{"email":"$new@x.org","name":"$new","password":"a good long password"}"#),
    ("POST", "/sessions", Organization, r#"{"email":"$new@x.org","password":"a wrong password"}"#),
    ("GET", "/sessions", Organization, ""),
    ("DELETE", "/sessions/{id}", Session, ""),
    ("GET", "/session", Organization, ""),
    ("DELETE", "/session", Organization, ""),
    ("POST", "/session/organization", Organization, r#"{"organization":"$own"}"#),
    ("POST", "/session/confirm", Organization, r#"{"password":"a good long password"}"#),
    ("POST", "/account/password", Organization, r#"{"current":"a wrong password","new":"a good long password"}"#),
    ("GET", "/account/tokens", Organization, ""),
    ("POST", "/account/tokens", Organization, r#"{"name":"$new","scopes":["read"],"expires_in_days":1}"#),
    ("DELETE", "/account/tokens/{id}", OwnToken, ""),
    ("GET", "/tokens", Organization, ""),
    ("DELETE", "/tokens/{id}", AnyToken, ""),
    ("GET", "/applications", Organization, ""),
    ("POST", "/applications", Organization, r#"{"name":"$new","redirect_uris":[],"scopes":["read"]}"#),
    ("DELETE", "/applications/{id}", Application, ""),
    ("POST", "/authorizations/look", Organization, r#"{"query":""}"#),
    ("POST", "/authorizations", Organization, r#"{"query":"","allow":true}"#),
    ("POST", "/devices/look", Device, r#"{"code":"$id"}"#),
    ("POST", "/devices", Device, r#"{"code":"$id","allow":true}"#),
    ("GET", "/people", Organization, ""),
    ("PATCH", "/people/{id}", Person, r#"{"role":"member"}"#),
    ("DELETE", "/people/{id}", Person, ""),
    ("GET", "/people/{id}/removal", Person, ""),
    ("POST", "/people/{id}/restore", Former, "{}"),
    ("GET", "/escrow", Organization, ""),
    ("POST", "/escrow/{id}/claim", Former, r#"{"projects":1,"reason":"For the course"}"#),
    ("GET", "/session/leave", Organization, ""),
    ("POST", "/session/leave", Leaver, "{}"),
    ("GET", "/invitations", Organization, ""),
    ("POST", "/invitations", Organization, r#"{"role":"member"}"#),
    ("GET", "/invitations/{id}", Secret, ""),
    ("DELETE", "/invitations/{id}", Invitation, ""),
    ("POST", "/invitations/{id}/accept", Secret, "{}"),
    ("POST", "/invitations/{id}/resend", Invitation, "{}"),
    ("POST", "/invitations/bulk?role=member", Organization, "csv:$new@school.example"),
    ("GET", "/join-link", Organization, ""),
    ("PUT", "/join-link", Organization, r#"{"days":1,"most":1}"#),
    ("DELETE", "/join-link", Organization, ""),
    ("GET", "/plans", Organization, ""),
    ("GET", "/permissions", Organization, ""),
    ("GET", "/settings", Organization, ""),
    ("PUT", "/settings", Organization, r#"{"version":"$settings","undo_window_s":"$seconds"}"#),
    ("GET", "/settings/effect?approval_on=true", Organization, ""),
    ("POST", "/settings/release", Organization, ""),
    ("GET", "/printers", Organization, ""),
    (
        "POST",
        "/printers",
        Organization,
        r#"{"name":"$new","family":"octoprint","address":"192.168.77.1","api_key":"k","share_with_organization":false}"#,
    ),
    ("POST", "/printers/test", Organization, r#"{"family":"octoprint","address":"127.0.0.1:9","api_key":"k"}"#),
    ("GET", "/printers/{id}", Printer, ""),
    ("PATCH", "/printers/{id}", Printer, r#"{"name":"Bench"}"#),
    ("DELETE", "/printers/{id}", Printer, ""),
    ("GET", "/printers/{id}/queue", Printer, ""),
    ("GET", "/printers/{id}/shares", Printer, ""),
    ("PUT", "/printers/{id}/shares", Printer, r#"{"organization":"$shared","teams":[],"shown":"$shown"}"#),
    ("POST", "/printers/{id}/shares/effect", Printer, r#"{"organization":"$shared","teams":[],"shown":"$shown"}"#),
    ("GET", "/printers/{id}/permissions", Printer, ""),
    ("GET", "/print-jobs/{id}/permissions", Job, ""),
    ("GET", "/teams/{id}/permissions", Team, ""),
    ("GET", "/projects/{id}/permissions", Project, ""),
    ("GET", "/organization/permissions", Organization, ""),
    ("POST", "/printers/{id}/requests", Printer, r#"{"action":"printer.share"}"#),
    ("POST", "/print-jobs/{id}/requests", Job, r#"{"action":"job.approve"}"#),
    ("POST", "/teams/{id}/requests", Team, r#"{"action":"team.change"}"#),
    ("POST", "/projects/{id}/requests", Project, r#"{"action":"project.edit"}"#),
    ("POST", "/organization/requests", Organization, r#"{"action":"team.create"}"#),
    ("GET", "/trash", Organization, ""),
    ("POST", "/printers/{id}/restore", Printer, "{}"),
    ("POST", "/printers/{id}/plate-clear", Printer, r#"{"run":null}"#),
    ("GET", "/teams", Organization, ""),
    ("POST", "/teams", Organization, r#"{"name":"$new"}"#),
    ("GET", "/teams/{id}", Team, ""),
    ("PATCH", "/teams/{id}", Team, r#"{"name":"$new"}"#),
    ("DELETE", "/teams/{id}", Team, ""),
    ("POST", "/teams/{id}/restore", RemovedTeam, "{}"),
    ("GET", "/teams/{id}/removal", Team, ""),
    ("GET", "/teams/{id}/people", Team, ""),
    ("PUT", "/teams/{id}/people/{person}", Team, ""),
    ("DELETE", "/teams/{id}/people/{person}", Team, ""),
    ("POST", "/uploads", Organization, r#"{"name":"a.gcode","size":100}"#),
    ("GET", "/uploads/{id}", Upload, ""),
    ("PUT", "/uploads/{id}?offset=0", Upload, "bytes"),
    ("DELETE", "/uploads/{id}", Upload, ""),
    ("GET", "/print-jobs?tab=needs_approval", Organization, ""),
    ("POST", "/print-jobs", Request, r#"{"upload":"$upload","printer":"$printer"}"#),
    ("GET", "/print-jobs/counts", Organization, ""),
    ("POST", "/print-jobs/approve", Several, r#"{"items":[{"id":"$job","version":"$version","send_sha":"$sha"}]}"#),
    ("GET", "/print-jobs/{id}", Job, ""),
    ("GET", "/print-jobs/{id}/timeline", Job, ""),
    ("GET", "/print-jobs/{id}/approvers", Job, ""),
    ("GET", "/print-jobs/{id}/record", Job, ""),
    ("GET", "/print-jobs/{id}/file", Job, ""),
    ("GET", "/print-jobs/{id}/thumbnail", Job, ""),
    ("POST", "/print-jobs/{id}/approve", Job, r#"{"version":"$version","send_sha":"$sha"}"#),
    ("POST", "/print-jobs/{id}/reject", Job, "{}"),
    ("POST", "/print-jobs/{id}/send-back", Job, r#"{"message":"Why?"}"#),
    ("POST", "/print-jobs/{id}/undo-send-back", Job, "{}"),
    ("POST", "/print-jobs/{id}/take-back", Job, "{}"),
    ("POST", "/print-jobs/{id}/resubmit", Job, r#"{"upload":"$upload"}"#),
    ("POST", "/print-jobs/{id}/withdraw", Job, "{}"),
    ("POST", "/print-jobs/{id}/abort", Job, "{}"),
    ("POST", "/print-jobs/{id}/pause", Job, "{}"),
    ("POST", "/print-jobs/{id}/resume", Job, "{}"),
    ("POST", "/print-jobs/{id}/reprint", JobAndPrinter, "{}"),
    ("POST", "/print-jobs/{id}/reroute", Job, r#"{"printer":"$other"}"#),
    ("POST", "/print-jobs/{id}/move", JobsPrinter, r#"{"direction":"up"}"#),
    ("POST", "/print-jobs/{id}/resolve", Job, r#"{"outcome":"printed","plate_is_clear":true}"#),
    ("GET", "/print-jobs/{id}/copy-to-project?project=$project", JobIntoProject, ""),
    ("POST", "/print-jobs/{id}/copy-to-project", JobIntoProject, r#"{"project":"$project"}"#),
    ("GET", "/projects", Organization, ""),
    ("POST", "/projects", Organization, r#"{"name":"$new"}"#),
    ("GET", "/projects/{id}", Project, ""),
    ("PATCH", "/projects/{id}", Project, r#"{"version":"$revision","notes":"$new"}"#),
    ("DELETE", "/projects/{id}", Project, ""),
    ("POST", "/projects/{id}/restore", RemovedProject, "{}"),
    ("GET", "/projects/{id}/shares", Project, ""),
    ("PUT", "/projects/{id}/shares", Project, r#"{"organization":"$organization","teams":[],"shown":"$shown"}"#),
    (
        "POST",
        "/projects/{id}/shares/effect",
        Project,
        r#"{"organization":"$organization","teams":[],"shown":"$shown"}"#,
    ),
    ("GET", "/projects/{id}/people", Project, ""),
    ("GET", "/projects/{id}/print-jobs", Project, ""),
    ("GET", "/projects/{id}/report", Project, ""),
    ("GET", "/projects/{id}/files", Project, ""),
    ("POST", "/projects/{id}/files", Project, r#"{"upload":"$into"}"#),
    ("DELETE", "/projects/{id}/files/{file}", Project, ""),
    ("POST", "/projects/{id}/files/{file}/restore", Project, "{}"),
    ("GET", "/projects/{id}/files/{file}/versions", Project, ""),
    ("GET", "/projects/{id}/files/{file}/content", Project, ""),
    ("GET", "/projects/{id}/files/{file}/thumbnail", Project, ""),
    ("POST", "/projects/{id}/files/{file}/print", Project, r#"{"printer":"$bench"}"#),
    ("GET", "/notices", Organization, ""),
    ("POST", "/notices/read", Organization, r#"{"seq":0}"#),
    ("GET", "/events", Organization, ""),
];

/// The class of an answer: the permission's part of it. Conflicts and bad input come after the permission.
pub fn class(answer: &Answer) -> &str {
    match answer.code() {
        code @ ("not_signed_in" | "no_organization" | "not_found" | "denied") => code,
        code @ ("scope" | "browser_needed" | "invalid_token") => code,
        _ => "allowed",
    }
}

/// How a printer stands: who added it, and whether everybody has it.
#[derive(Debug, Clone, Copy)]
pub struct Bench {
    pub id: Uuid,
    pub added_by: Uuid,
    pub shared: bool,
}

/// How a team stands: who created it, and who is in it beside the Admin.
#[derive(Debug, Clone, Copy)]
pub struct Crew {
    pub id: Uuid,
    pub created_by: Uuid,
    pub inside: Option<Uuid>,
}

/// How a project stands: who created it, and whether everybody has it.
#[derive(Debug, Clone, Copy)]
pub struct Shelf {
    pub id: Uuid,
    pub file: Uuid,
    pub created_by: Uuid,
    pub shared: bool,
}

/// A thing with what the expectation needs of it.
#[derive(Debug, Clone)]
pub enum Case {
    Plain,
    Id(String),
    Printer(Bench),
    Job {
        job: Value,
        owner: Uuid,
        bench: Bench,
    },
    /// An upload, or something else that only its owner sees.
    Upload {
        id: Uuid,
        owner: Uuid,
    },
    Project {
        shelf: Shelf,
        job: Option<Uuid>,
    },
    Team {
        crew: Crew,
        admin: Uuid,
    },
}

fn reaches(bench: Bench, person: Uuid, role: Role) -> bool {
    match role {
        Role::Admin => true,
        Role::Member => bench.shared || bench.added_by == person,
        Role::Guest => bench.shared,
    }
}

fn by_reach(reach: Reach, own: bool, accessible: bool) -> &'static str {
    let yes = match reach {
        Reach::No => false,
        Reach::Own => own,
        Reach::Accessible => accessible,
        Reach::All => true,
    };
    if yes { "allowed" } else { "denied" }
}

/// What the table says about this person, this thing and this row.
pub fn expected(rule: &Rule, thing: Thing, case: &Case, person: Uuid, role: Role) -> &'static str {
    let printer = |rule: &Rule, bench: Bench| {
        if reaches(bench, person, role) {
            by_reach(rule.reach(role), bench.added_by == person, true)
        } else {
            "not_found"
        }
    };
    match case {
        // A list is a filter: whoever may see anything of the kind may ask for it.
        Case::Plain if rule.reach(role) != Reach::No => "allowed",
        Case::Plain | Case::Id(_) => by_reach(rule.reach(role), false, true),
        Case::Upload { owner, .. } => {
            if *owner == person {
                "allowed"
            } else {
                "not_found"
            }
        }
        Case::Printer(bench) => match thing {
            // The row is about sending; the printer is asked by its own.
            Request if !reaches(*bench, person, role) => "not_found",
            Request => by_reach(rule.reach(role), false, true),
            _ => printer(rule, *bench),
        },
        Case::Team { crew, .. } => {
            let inside = crew.inside == Some(person);
            let seen = role == Role::Admin || inside || (role == Role::Member && crew.created_by == person);
            if seen { by_reach(rule.reach(role), crew.created_by == person, true) } else { "not_found" }
        }
        // The job is the Guest's, on a printer of all.
        Case::Project { shelf, .. } => {
            let own = shelf.created_by == person;
            if !own && !shelf.shared {
                return "not_found";
            }
            // Copying: the job's own row, and into the project by the right to upload.
            let upload = TABLE.iter().find(|rule| rule.key == "project.upload");
            match (thing, upload) {
                (JobIntoProject, Some(upload)) => by_reach(upload.reach(role), own, true),
                _ => by_reach(rule.reach(role), own, true),
            }
        }
        Case::Job { owner, bench, .. } => {
            let (own, open) = (*owner == person, reaches(*bench, person, role));
            if !own && (role == Role::Guest || !open) {
                return "not_found";
            }
            if thing == JobsPrinter {
                return printer(rule, *bench);
            }
            let mut verdict = by_reach(rule.reach(role), own, own || open);
            if rule.when.contains(&Condition::PrinterOpen) && !open {
                verdict = "denied";
            }
            if verdict == "allowed" && thing == JobAndPrinter && !open {
                verdict = "not_found";
            }
            verdict
        }
    }
}
