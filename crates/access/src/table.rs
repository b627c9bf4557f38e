//! The permission table: every row of the seeds' tables (docs/requirements ids), and ours beyond them.
//!
//! A row says how far each role reaches: not at all, what is their own, what they can access, everything. What a table
//! cannot say is a named [`Condition`] beside the row. Adding a row: docs/how-to/add-a-permission.md.

use domain::{Feature, JobId, OrgId, PrinterGroupId, PrinterId, ProjectId, Role, TeamId};

/// How far a role reaches with an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reach {
    /// Not at all.
    No,
    /// What is their own: a print job they sent (JOB-07), a project or printer or team they made.
    Own,
    /// What they can access: shared with them, or their own (ROL-07 to ROL-09, ROL-13 to ROL-15).
    Accessible,
    /// Everything in the organization.
    All,
}

/// What a table cannot say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Condition {
    /// What is done with a job on a printer needs that printer, also for its owner, who keeps sight, file, withdrawal
    /// and abort when the printer is unshared (AMB-35, ROL-02).
    PrinterOpen,
    /// A job from a library project needs access to that project: it reads the file (APR-20, AMB-09).
    ProjectOpen,
    /// An organization may forbid approving one's own job.
    NotOwnIfForbidden,
    /// A Guest on a plan without Guests is frozen: nothing new is sent (AMB-38).
    NotFrozen,
}

/// Where a row stands on the page Manage > Permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    /// Printers (a3).
    Printers,
    /// Print jobs, approval and notices (a2, a4).
    PrintJobs,
    /// Library (a5).
    Library,
    /// Organization and teams (a6).
    Organization,
}

impl Area {
    /// The heading.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Printers => "Printers",
            Self::PrintJobs => "Print jobs",
            Self::Library => "Library",
            Self::Organization => "Organization and teams",
        }
    }
}

/// What a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The organization.
    Organization,
    /// A printer.
    Printer,
    /// A printer group.
    PrinterGroup,
    /// A print job.
    Job,
    /// A library project.
    Project,
    /// A team.
    Team,
}

/// One row.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Stable name in the API and in logs.
    pub key: &'static str,
    /// What a person reads.
    pub title: &'static str,
    /// Page area.
    pub area: Area,
    /// What it is done to.
    pub kind: Kind,
    /// Plan feature it needs.
    pub feature: Option<Feature>,
    /// Guest.
    pub guest: Reach,
    /// Member.
    pub member: Reach,
    /// Admin.
    pub admin: Reach,
    /// More conditions.
    pub when: &'static [Condition],
    /// Requirement.
    pub source: &'static str,
}

impl Rule {
    /// How far a role reaches.
    #[must_use]
    pub const fn reach(&self, role: Role) -> Reach {
        match role {
            Role::Guest => self.guest,
            Role::Member => self.member,
            Role::Admin => self.admin,
        }
    }
}

/// An action that may need a [`crate::Permit`].
pub trait Action: Send + Sync + 'static {
    /// What it is done to.
    type Target: crate::facts::Target;
    /// Its row.
    const RULE: Rule;
}

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident($target:ty) = $key:literal, $area:ident, $title:literal:
        $guest:ident, $member:ident, $admin:ident
        $(, feature $feature:ident)? $(, when $($when:ident)+)? ; $source:literal)+) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy)]
            pub struct $name;
            impl Action for $name {
                type Target = $target;
                const RULE: Rule = Rule {
                    key: $key,
                    title: $title,
                    area: Area::$area,
                    kind: <$target as crate::facts::Target>::KIND,
                    feature: actions!(@feature $($feature)?),
                    guest: Reach::$guest,
                    member: Reach::$member,
                    admin: Reach::$admin,
                    when: &[$($(Condition::$when),+)?],
                    source: $source,
                };
            }
        )+
        /// All rows, in reading order.
        pub const TABLE: &[Rule] = &[$(<$name as Action>::RULE),+];
        #[cfg(test)]
        pub(crate) const TARGETS: &[(&str, &str)] = &[$(($key, stringify!($target))),+];

        /// The row's own permit, by its key: what the product asks, for a test that asks everything.
        #[cfg(test)]
        pub(crate) async fn permitted(
            key: &str,
            conn: &mut sql::Conn,
            principal: crate::Principal,
            target: uuid::Uuid,
        ) -> Result<(), crate::Denied> {
            match key {
                $($key => crate::permit::<$name>(conn, principal, <$target>::from(target)).await.map(drop),)+
                other => panic!("the table has no row {other}"),
            }
        }
    };
    (@feature) => { None };
    (@feature $feature:ident) => { Some(Feature::$feature) };
}

actions! {
    // Printers (a3): every "Yes" of a Member is bounded by access (AMB-06).             Guest       Member      Admin
    /// See a printer, and start print jobs on it: one right (PRN-11).
    SeePrinter(PrinterId) = "printer.see", Printers, "See printers and start print jobs": Accessible, Accessible, All; "PRN-01"
    /// Add a printer.
    AddPrinter(OrgId) = "printer.add", Printers, "Add printers": No, All, All; "PRN-02"
    /// Remove a printer, and bring it back.
    DeletePrinter(PrinterId) = "printer.delete", Printers, "Remove printers": No, Accessible, All; "PRN-02"
    /// Share and unshare.
    SharePrinter(PrinterId) = "printer.share", Printers, "Share and unshare printers": No, Accessible, All; "PRN-03"
    /// Update the firmware.
    UpdateFirmware(PrinterId) = "printer.firmware", Printers, "Update firmware": No, Accessible, All; "PRN-04"
    /// Open or close the firewall: security is for Admins (PRN-10).
    SetFirewall(PrinterId) = "printer.firewall", Printers, "Turn the printer firewall on and off": No, No, All; "PRN-05"
    /// Reports of one printer.
    PrinterReport(PrinterId) = "printer.report", Printers, "Download printer reports": No, Accessible, All; "PRN-06"
    /// The report over all printers one can access.
    FleetReport(OrgId) = "printer.fleet_report", Printers, "Download the fleet report": No, All, All, feature FleetReport; "PRN-06, AMB-37"
    /// Turn a printer on or off.
    EnablePrinter(PrinterId) = "printer.enable", Printers, "Turn printers on and off": No, Accessible, All; "PRN-07"
    /// Rename; also its address and key.
    RenamePrinter(PrinterId) = "printer.rename", Printers, "Rename printers": No, Accessible, All; "PRN-08"
    /// Send material profiles to a printer.
    SyncMaterials(PrinterId) = "printer.materials", Printers, "Sync material profiles to printers": No, Accessible, All; "PRN-09"
    /// Say that the plate is clear.
    ClearPlate(PrinterId) = "printer.clear_plate", Printers, "Say that the plate is clear": No, Accessible, All; "ROL-10, ROL-17"
    /// Create a printer group.
    CreatePrinterGroup(OrgId) = "printer_group.create", Printers, "Create printer groups": No, All, All; "ORG-04"
    /// See a printer group, and send print jobs to it; of its printers, those that one may use.
    SeePrinterGroup(PrinterGroupId) = "printer_group.see", Printers, "See printer groups and start print jobs on them": Accessible, Accessible, All; "PRN-11, AMB-07"
    /// Rename it, remove it, put printers into it and take them out (the printer is asked, too).
    ChangePrinterGroup(PrinterGroupId) = "printer_group.change", Printers, "Change printer groups and which printers are in them": No, Accessible, All; "ORG-04"

    // Print jobs (a2, a4).
    /// See a print job.
    SeeJob(JobId) = "job.see", PrintJobs, "See print jobs": Own, Accessible, All; "ROL-11, AMB-07"
    /// Send a print job, from wherever.
    SendJob(OrgId) = "job.send", PrintJobs, "Send print jobs": All, All, All, when NotFrozen; "JOB-01"
    /// Look into its file: preview, picture, download.
    OpenJobFile(JobId) = "job.open_file", PrintJobs, "Preview and download the file of a print job": Own, Accessible, All, when ProjectOpen; "AMB-09, AMB-10"
    /// Let it be printed.
    ApproveJob(JobId) = "job.approve", PrintJobs, "Approve print jobs": No, Accessible, All, when PrinterOpen ProjectOpen NotOwnIfForbidden; "APR-12"
    /// Decide against it; reads no file.
    RejectJob(JobId) = "job.reject", PrintJobs, "Reject print jobs": No, Accessible, All, when PrinterOpen; "APR-12, APR-15"
    /// Ask for a new version; reads no file.
    SendBackJob(JobId) = "job.send_back", PrintJobs, "Send print jobs back": No, Accessible, All, when PrinterOpen; "APR-12"
    /// Take an approval back: whoever could approve it.
    TakeBackJob(JobId) = "job.take_back", PrintJobs, "Take an approval back": No, Accessible, All, when PrinterOpen ProjectOpen; "APR-12"
    /// Send the new version of a job that was sent back.
    ResubmitJob(JobId) = "job.resubmit", PrintJobs, "Send a new version of an own print job": Own, Own, Own, when NotFrozen; "JOB-07"
    /// Print it again.
    ReprintJob(JobId) = "job.reprint", PrintJobs, "Reprint": Own, Accessible, All, when NotFrozen ProjectOpen; "JOB-02, APR-16"
    /// Copy it into a library project (the project's own row is asked too).
    CopyJobToProject(JobId) = "job.copy_to_project", PrintJobs, "Copy a print job to a library project": Own, Accessible, All, when ProjectOpen; "APR-19, AMB-45"
    /// Move it to another printer.
    RerouteJob(JobId) = "job.reroute", PrintJobs, "Move a print job to another printer": No, Accessible, All, when PrinterOpen ProjectOpen; "JOB-03"
    /// Stop it while it prints, or take it away before.
    AbortJob(JobId) = "job.abort", PrintJobs, "Abort and withdraw print jobs": Own, Accessible, All; "JOB-04, AMB-05"
    /// Pause and resume: not even their own for Guests (CMP-06).
    PauseJob(JobId) = "job.pause", PrintJobs, "Pause and resume print jobs": No, Accessible, All, when PrinterOpen; "JOB-05"
    /// Change the order of a printer's queue.
    ReorderQueue(PrinterId) = "job.reorder", PrintJobs, "Change the order of a printer's queue": No, Accessible, All; "JOB-06, JOB-08"
    /// Say what happened when no machine can know.
    ResolveJob(JobId) = "job.resolve", PrintJobs, "Say what happened to a print job": No, Accessible, All, when PrinterOpen; "JOB-08"
    /// Notices about own print jobs.
    NotifyOwn(OrgId) = "notify.own", PrintJobs, "Get notices about own print jobs": All, All, All; "NTF-01"
    /// Notices about the print jobs of a printer.
    NotifyPrinter(PrinterId) = "notify.printer", PrintJobs, "Get notices about all print jobs of a printer": No, Accessible, All; "NTF-01"

    // Library (a5): "all projects" of an Admin are all visible ones (AMB-08).
    /// See a project.
    SeeProject(ProjectId) = "project.see", Library, "See library projects": Accessible, Accessible, Accessible; "LIB-01"
    /// Print from it.
    PrintFromProject(ProjectId) = "project.print", Library, "Print from a library project": Accessible, Accessible, Accessible, when NotFrozen; "LIB-02"
    /// Create one.
    CreateProject(OrgId) = "project.create", Library, "Create library projects": All, All, All; "LIB-03"
    /// Delete one.
    DeleteProject(ProjectId) = "project.delete", Library, "Delete library projects": Own, Accessible, Accessible; "LIB-04"
    /// Share it with a team.
    ShareProjectWithTeam(ProjectId) = "project.share_team", Library, "Share library projects with a team": Own, Accessible, Accessible; "LIB-05, LIB-06"
    /// Share it with everybody.
    ShareProjectWithOrganization(ProjectId) = "project.share_organization", Library, "Share library projects with the whole organization": No, Accessible, Accessible; "LIB-06"
    /// Put files into it.
    UploadToProject(ProjectId) = "project.upload", Library, "Upload files to a library project": Own, Accessible, Accessible; "LIB-07"
    /// Change its content.
    EditProject(ProjectId) = "project.edit", Library, "Edit library projects": Own, Accessible, Accessible; "LIB-08"
    /// Its report.
    ProjectReport(ProjectId) = "project.report", Library, "Download library project reports": No, No, Accessible; "LIB-09, CMP-09"

    // Organization and teams (a6), and the approval setting (a2).
    /// See the organization and who is in it.
    SeeOrganization(OrgId) = "organization.see", Organization, "See the organization and its people": All, All, All; "ACC-04"
    /// Invite people.
    InvitePerson(OrgId) = "organization.invite", Organization, "Invite people": No, No, All; "ORG-01"
    /// Remove people.
    RemovePerson(OrgId) = "organization.remove_person", Organization, "Remove people": No, No, All; "ORG-02"
    /// Make the private projects of somebody who is not in the organization any more one's own.
    ClaimProjects(OrgId) = "organization.claim_projects", Organization, "Claim private projects of people who left": No, No, All; "AMB-41"
    /// Change a role.
    ChangeRole(OrgId) = "organization.change_role", Organization, "Change roles": No, No, All; "ORG-03"
    /// Give somebody the role Guest, or invite them as one (asked besides the change or the invitation).
    GiveGuestRole(OrgId) = "organization.give_guest_role", Organization, "Invite Guests and make people Guests": No, No, All, feature Guests; "PLN-01"
    /// Act by API tokens and let applications act: always within one's own rights, so everyone may.
    UseTokens(OrgId) = "token.own", Organization, "Use API tokens and connected applications": All, All, All; "ACC-06"
    /// Register applications; see and revoke everybody's tokens (never their secrets).
    ManageApplications(OrgId) = "organization.applications", Organization, "Register applications and revoke tokens of others": No, No, All; "ACC-06"
    /// Create a team.
    CreateTeam(OrgId) = "team.create", Organization, "Create teams": No, All, All; "ORG-04"
    /// See a team.
    SeeTeam(TeamId) = "team.see", Organization, "See teams": Accessible, Accessible, All; "ROL-09, ROL-15"
    /// Rename it, delete it, add and remove people.
    ChangeTeam(TeamId) = "team.change", Organization, "Change teams and who is in them": No, Accessible, All; "ORG-04, AMB-14"
    /// Turn print job approval on and off.
    SetApproval(OrgId) = "organization.approval", Organization, "Turn print job approval on and off": No, No, All, feature Approval; "APR-05, PLN-02"
    /// Change the organization's other settings.
    ChangeSettings(OrgId) = "organization.settings", Organization, "Change the settings of the organization": No, No, All; "APR-05"
}
