//! What travels: closed input types, and the shapes of answers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// A word of the API; with `of`, each is the word of the same name of another layer.
macro_rules! word {
    ($(#[$doc:meta])* $name:ident of $inner:ty { $($(#[$vdoc:meta])* $variant:ident),+ $(,)? }) => {
        word! { $(#[$doc])* $name { $($(#[$vdoc])* $variant),+ } }
        impl From<$inner> for $name {
            fn from(inner: $inner) -> Self {
                type Inner = $inner;
                match inner { $(Inner::$variant => Self::$variant),+ }
            }
        }
    };
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$vdoc])* $variant),+ }
    };
}

word! {
    /// A role.
    RoleWord of domain::Role {
        /// Guest.
        Guest,
        /// Member.
        Member,
        /// Admin.
        Admin,
    }
}

impl From<RoleWord> for domain::Role {
    fn from(role: RoleWord) -> Self {
        match role {
            RoleWord::Guest => Self::Guest,
            RoleWord::Member => Self::Member,
            RoleWord::Admin => Self::Admin,
        }
    }
}

word! {
    /// What a token may be used for.
    ScopeWord {
        /// See what the person sees; changes nothing.
        Read,
        /// Send print jobs, stop them, take them away.
        Print,
        /// Decide about print jobs.
        Approve,
        /// Printers, plates, queues, library projects.
        Manage,
    }
}

impl ScopeWord {
    pub(crate) fn all(scopes: domain::Scopes) -> Vec<Self> {
        let words = [Self::Read, Self::Print, Self::Approve, Self::Manage];
        domain::Scope::ALL
            .into_iter()
            .zip(words)
            .filter(|(scope, _)| scopes.has(*scope))
            .map(|(_, word)| word)
            .collect()
    }
}

word! {
    /// Where a print job is, in people's words (docs/design.md).
    JobStatus {
        /// Held.
        NeedsApproval,
        /// Waits for a new version.
        SentBack,
        /// In the queue.
        Queued,
        /// On its way to the printer.
        Starting,
        /// Printing.
        Printing,
        /// Paused.
        Paused,
        /// A person has to say what happened.
        NeedsAttention,
        /// To the end.
        Finished,
        /// Stopped by the printer.
        Failed,
        /// Stopped by a person.
        Aborted,
        /// Decided against.
        Rejected,
        /// Taken away.
        Withdrawn,
    }
}

word! {
    /// What a printer is doing, in people's words (docs/design.md).
    PrinterStatus {
        /// Takes a job.
        Ready,
        /// Printing.
        Printing,
        /// Paused.
        Paused,
        /// The plate waits for a person.
        PlateNotClear,
        /// A person has to say what happened.
        Attention,
        /// Does not answer.
        Offline,
        /// Turned off.
        Disabled,
        /// In the Trash.
        Removed,
    }
}

/// What may be concluded from a printer's silence after a lost answer (docs/dispatch.md, classes). Granted to its family by
/// the recorded result of the conformance kit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub enum PrinterClass {
    /// What happened is always found out.
    A,
    /// It is found out as long as the connection held; else a person is asked.
    B,
    /// A person is always asked.
    C,
}

impl From<printers::Class> for PrinterClass {
    fn from(class: printers::Class) -> Self {
        match class {
            printers::Class::A => Self::A,
            printers::Class::B => Self::B,
            printers::Class::C => Self::C,
        }
    }
}

word! {
    /// Which question said no (ROL-02), or the state.
    FailedWord {
        /// The plan.
        Plan,
        /// The role.
        Role,
        /// Access.
        Access,
        /// Not in this state.
        State,
    }
}

word! {
    /// Whether the plate was cleared after a print.
    PlateWord {
        /// Yes.
        Cleared,
        /// Not yet.
        NotCleared,
    }
}

word! {
    /// A decision about a print job.
    DecisionKind {
        /// Let it be printed.
        Approved,
        /// Final no.
        Rejected,
        /// A new version is wanted.
        SentBack,
        /// The approval was taken back.
        TakenBack,
    }
}

word! {
    /// A kind of page.
    PlaceWord of store::requests::PlaceKind {
        /// A print job.
        Job,
        /// A printer.
        Printer,
        /// A printer group.
        PrinterGroup,
        /// A library project.
        Project,
        /// A team.
        Team,
        /// All teams.
        Teams,
        /// The people of the organization.
        People,
        /// Manage > Permissions, with the plan.
        Settings,
        /// Registered applications.
        Applications,
    }
}

/// A page.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Give it as `cursor` for the next page; `null` at the end.
    pub next: Option<String>,
}

impl<T> Page<T> {
    pub(crate) fn whole(items: Vec<T>) -> Self {
        Self { items, next: None }
    }
}

/// A person, by name.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PersonRef {
    /// Account.
    pub id: Uuid,
    /// Name.
    pub name: String,
    /// Not in the organization any more.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub former: bool,
}

/// Whether an action is possible for the asker, or why not.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Allowed {
    /// Yes or no.
    pub allowed: bool,
    /// Which question said no.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<FailedWord>,
    /// One sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Who can change it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub who_can: Option<Vec<String>>,
}

/// Actions by name. One that is absent is not this role's, or not possible in this state.
pub type Actions = BTreeMap<&'static str, Allowed>;

/// A plan.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlanView {
    /// Word.
    pub key: String,
    /// Name.
    pub name: String,
    /// Has the Guest role.
    pub guests: bool,
    /// Has print job approval.
    pub approval: bool,
    /// Has the fleet report.
    pub reports: bool,
}

/// An organization and a role in it.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrganizationRef {
    /// Id.
    pub id: Uuid,
    /// Name.
    pub name: String,
    /// Role there.
    pub role: RoleWord,
}

/// The active organization.
#[derive(Debug, Serialize, ToSchema)]
pub struct ActiveOrganization {
    /// Id.
    pub id: Uuid,
    /// Name.
    pub name: String,
    /// Plan.
    pub plan: PlanView,
    /// The asker's role.
    pub role: RoleWord,
    /// A Guest on a plan without Guests: nothing new can be sent (AMB-38).
    pub frozen: bool,
    /// People in it.
    pub people: i64,
    /// How many of them have each role.
    pub people_by_role: PeopleByRole,
    /// A backup was put back: nothing starts until an Admin has looked and says so (`POST /settings/release`).
    pub held_back: Option<HeldBack>,
    /// Where the news stood before this was read: `GET /events?after=` this, unchanged, misses nothing that this does not show.
    pub news_from: String,
}

/// How many people have each role.
#[derive(Debug, Serialize, ToSchema)]
pub struct PeopleByRole {
    /// Admins.
    pub admin: i64,
    /// Members.
    pub member: i64,
    /// Guests.
    pub guest: i64,
}

/// Why nothing starts.
#[derive(Debug, Serialize, ToSchema)]
pub struct HeldBack {
    /// Since when.
    pub since: String,
    /// What has happened and what to do, in one or two sentences.
    pub text: String,
}

/// The own account.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountView {
    /// Id.
    pub id: Uuid,
    /// Public name.
    pub name: String,
    /// E-mail address.
    pub email: String,
}

/// Limits for uploads.
#[derive(Debug, Serialize, ToSchema)]
pub struct UploadLimits {
    /// Largest file in bytes.
    pub max_bytes: u64,
    /// Largest piece in bytes.
    pub chunk_bytes: u64,
    /// What is taken.
    pub extensions: Vec<&'static str>,
    /// What library projects take besides: models, which are kept and never printed.
    pub model_extensions: Vec<&'static str>,
    /// Largest model in bytes.
    pub model_max_bytes: u64,
}

/// Who one is.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionView {
    /// The account.
    pub account: AccountView,
    /// The active organization, if any.
    pub organization: Option<ActiveOrganization>,
    /// All organizations.
    pub organizations: Vec<OrganizationRef>,
    /// Seconds since the password was last given.
    pub password_age_s: i64,
    /// Print job approval is on.
    pub approval_on: bool,
    /// Seconds in which an approval can be undone.
    pub undo_window_s: i64,
    /// A rejection needs a reason.
    pub reject_reason_required: bool,
    /// Upload limits.
    pub upload: UploadLimits,
}

/// First facts of a print file: what it says about itself.
#[derive(Debug, Serialize, ToSchema)]
pub struct FactsView {
    /// Program and version.
    pub slicer: Option<String>,
    /// Seconds.
    pub print_time_s: Option<u64>,
    /// Millimetres of filament.
    pub filament_mm: Option<f64>,
    /// Grams.
    pub filament_g: Option<f64>,
    /// Kinds of material.
    pub material: Option<String>,
    /// Layers.
    pub layers: Option<u32>,
    /// Millimetres.
    pub layer_height_mm: Option<f64>,
    /// Width, depth, height in millimetres.
    pub size_mm: Option<Vec<f64>>,
    /// The printer it was sliced for.
    pub target_machine: Option<String>,
    /// What a person should know.
    pub warnings: Vec<String>,
}

/// A print job's submitter.
#[derive(Debug, Serialize, ToSchema)]
pub struct Submitter {
    /// Account.
    pub id: Uuid,
    /// Name.
    pub name: String,
    /// Role now; `null` for a former person.
    pub role: Option<RoleWord>,
    /// Not in the organization any more.
    pub former: bool,
}

/// A printer, by name.
#[derive(Debug, Serialize, ToSchema)]
pub struct PrinterRef {
    /// Id.
    pub id: Uuid,
    /// Name.
    pub name: String,
    /// State.
    pub status: PrinterStatus,
}

/// A printer group, by name.
#[derive(Debug, Serialize, ToSchema)]
pub struct PrinterGroupRef {
    /// Id.
    pub id: Uuid,
    /// Name.
    pub name: String,
}

/// Why a print job waits.
#[derive(Debug, Serialize, ToSchema)]
pub struct Reason {
    /// Stable code.
    pub code: String,
    /// Sentence.
    pub text: String,
}

/// How far a print is.
#[derive(Debug, Serialize, ToSchema)]
pub struct PrintProgress {
    /// 0 to 100.
    pub percent: Option<f64>,
    /// Seconds.
    pub time_left_s: Option<i64>,
}

/// The last decision about a print job.
#[derive(Debug, Serialize, ToSchema)]
pub struct DecisionView {
    /// What.
    pub kind: DecisionKind,
    /// Who.
    pub by: PersonRef,
    /// When.
    pub at: String,
    /// Message or reason.
    pub message: Option<String>,
}

/// A library project, by name.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProjectRef {
    /// Id.
    pub id: Uuid,
    /// Name.
    pub name: String,
}

/// Another print job, by number.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobRef {
    /// Id.
    pub id: Uuid,
    /// Number.
    pub number: i64,
    /// Name.
    pub name: String,
}

/// A reprint of a print job.
#[derive(Debug, Serialize, ToSchema)]
pub struct Reprint {
    /// Id.
    pub id: Uuid,
    /// Number.
    pub number: i64,
    /// Who.
    pub by: PersonRef,
    /// When.
    pub at: String,
}

/// A page of a printer's queue.
#[derive(Debug, Serialize, ToSchema)]
pub struct QueuePage {
    /// Jobs that the asker sees: what prints first, then in order.
    pub items: Vec<JobDto>,
    /// Always `null`: a queue is one page.
    pub next: Option<String>,
    /// Queued jobs of others that the asker does not see.
    pub ahead: i64,
}

/// A print job.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobDto {
    /// Id.
    pub id: Uuid,
    /// Number in the organization.
    pub number: i64,
    /// Name.
    pub name: String,
    /// Note of the submitter; `null` when somebody else's job is locked.
    pub note: Option<String>,
    /// Status.
    pub status: JobStatus,
    /// Goes up with each transition.
    pub state_version: i64,
    /// Version of the request.
    pub version: i64,
    /// SHA-256 of the bytes that will be sent; give it back when approving. Empty when somebody else's job is locked.
    pub send_sha: String,
    /// Bytes; 0 when somebody else's job is locked.
    pub size_bytes: i64,
    /// Submitter.
    pub submitter: Submitter,
    /// The asker's own.
    pub mine: bool,
    /// The chosen printer.
    pub printer: PrinterRef,
    /// The printer group that it was sent to: until it is taken to a printer, the server may still choose another one of it.
    pub printer_group: Option<PrinterGroupRef>,
    /// Accepted.
    pub submitted_at: String,
    /// Waits for a decision since.
    pub waiting_since: Option<String>,
    /// First seen printing.
    pub started_at: Option<String>,
    /// Ended.
    pub ended_at: Option<String>,
    /// In this state since.
    pub state_since: String,
    /// First facts; when locked, only print time and material.
    pub facts: Option<FactsView>,
    /// Address of its picture.
    pub thumbnail: Option<String>,
    /// Its library project is not shared with the asker (APR-20).
    pub locked: bool,
    /// The library project it came from; `null` when locked, or in the Trash.
    pub project: Option<ProjectRef>,
    /// Needed approval when it was accepted.
    pub needed_approval: bool,
    /// The approval can be undone until.
    pub undo_until: Option<String>,
    /// Why it waits.
    pub reason: Option<Reason>,
    /// Place in the queue, from 1.
    pub position: Option<i64>,
    /// How far.
    pub progress: Option<PrintProgress>,
    /// Whether the plate was cleared after it.
    pub plate: Option<PlateWord>,
    /// The run that "plate is clear" names.
    pub run: Option<Uuid>,
    /// Last decision.
    pub decision: Option<DecisionView>,
    /// Message of the last decision.
    pub message: Option<String>,
    /// The question to a person.
    pub attention: Option<String>,
    /// The original of a reprint.
    pub reprint_of: Option<JobRef>,
    /// Its reprints; only where one job is asked for.
    pub reprinted: Vec<Reprint>,
    /// Somebody asked to stop it.
    pub abort_requested: bool,
    /// What the asker may do now.
    pub actions: Actions,
}

/// What a printer last said.
#[derive(Debug, Serialize, ToSchema)]
pub struct LiveView {
    /// Its own words.
    pub state: String,
    /// 0 to 100.
    pub percent: Option<f64>,
    /// Seconds.
    pub time_left_s: Option<i64>,
    /// Running file; only for those who may change the printer.
    pub file: Option<String>,
    /// Degrees.
    pub nozzle_c: Option<f64>,
    /// Degrees.
    pub bed_c: Option<f64>,
    /// When.
    pub seen_at: Option<String>,
}

/// A printer's plate.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlateView {
    /// Confirmed clear.
    pub clear: bool,
    /// Name this when it is clear.
    pub run: Option<Uuid>,
    /// The last print was not ours.
    pub foreign: bool,
}

/// The print job on a printer.
#[derive(Debug, Serialize, ToSchema)]
pub struct CurrentJob {
    /// Id; `null` for a Guest if it is not theirs.
    pub id: Option<Uuid>,
    /// Number.
    pub number: Option<i64>,
    /// Name.
    pub name: Option<String>,
    /// The asker's own.
    pub mine: bool,
}

/// A printer.
#[derive(Debug, Serialize, ToSchema)]
pub struct PrinterDto {
    /// Id.
    pub id: Uuid,
    /// Name.
    pub name: String,
    /// Family.
    pub family: String,
    /// Address; only for those who may change it.
    pub address: Option<String>,
    /// State.
    pub status: PrinterStatus,
    /// State in words.
    pub status_text: String,
    /// Turned on.
    pub enabled: bool,
    /// Removed when.
    pub removed_at: Option<String>,
    /// What may be concluded from its silence.
    pub class: PrinterClass,
    /// Plate.
    pub plate: PlateView,
    /// What it last said.
    pub live: Option<LiveView>,
    /// Print job on it.
    pub current: Option<CurrentJob>,
    /// Queued jobs.
    pub queue_length: i64,
    /// Held jobs that chose it.
    pub held_here: i64,
    /// Who added it.
    pub added_by: PersonRef,
    /// Shared with everybody.
    pub shared_with_organization: bool,
    /// Why it cannot be asked; for those who may change it.
    pub last_error: Option<PrinterTrouble>,
    /// What the asker may do.
    pub actions: Actions,
}

/// Why a printer cannot be asked.
#[derive(Debug, Serialize, ToSchema)]
pub struct PrinterTrouble {
    /// `unreachable`, `wrong_device`, `bad_key`, `address_not_allowed`, `refused`, `unusable`.
    pub code: String,
    /// What is wrong and what to do, in sentences.
    pub text: String,
}

/// `?cursor=&limit=` and filters of the job list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct JobQuery {
    /// `needs_approval`, `queue`, `printing`, `plate` or `history`.
    pub tab: Option<String>,
    /// Words in name, submitter, number.
    pub q: Option<String>,
    /// Only this printer.
    pub printer: Option<Uuid>,
    /// Only one's own.
    pub mine: Option<bool>,
    /// From `next`.
    pub cursor: Option<String>,
    /// 1 to 200; 50 if absent.
    pub limit: Option<i64>,
}
