//! Small worlds: one person, one asset and how the two are related, put through the same facts as in production.

use domain::{AccountId, OrgId, Plan, Role};
use uuid::Uuid;

use crate::decide::{Denial, Facts, Failed, Verdict, decide, explain};
use crate::facts::{JobRights, PrinterRights, Who, group_accessible, project_visible, team_accessible};
use crate::table::{Condition, Rule, TABLE, TARGETS};

/// Whoever the asset belongs to, when it is not the person's own.
pub(super) const OWNER: &str = "Anna";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PrinterIs {
    /// Added by the person, shared with nobody they belong to.
    Added,
    Shared,
    /// Another's, not shared with them.
    Unshared,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProjectIs {
    /// Created by the person, shared with nobody.
    Created,
    Shared,
    /// Another's, shared with a team that the person is not in.
    SharedWithOthers,
    /// Another's, shared with nobody.
    Private,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TeamIs {
    Created,
    Inside,
    Neither,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GroupIs {
    /// Created by the person; none of its printers is theirs to use.
    Created,
    /// Another's, with a printer that the person added.
    WithAdded,
    /// Another's, with a printer that is shared with them, among others.
    WithShared,
    /// Another's, without a printer that they could use.
    Neither,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asset {
    Organization,
    Printer(PrinterIs),
    Group(GroupIs),
    Job { own: bool, printer: PrinterIs, project: Option<ProjectIs> },
    Project(ProjectIs),
    Team(TeamIs),
}

pub(super) const PRINTERS: [PrinterIs; 3] = [PrinterIs::Added, PrinterIs::Shared, PrinterIs::Unshared];
pub(super) const PROJECTS: [ProjectIs; 4] =
    [ProjectIs::Created, ProjectIs::Shared, ProjectIs::SharedWithOthers, ProjectIs::Private];
pub(super) const GROUPS: [GroupIs; 4] = [GroupIs::Created, GroupIs::WithAdded, GroupIs::WithShared, GroupIs::Neither];
pub(super) const TEAMS: [TeamIs; 3] = [TeamIs::Created, TeamIs::Inside, TeamIs::Neither];

#[derive(Debug, Clone, Copy)]
pub(super) struct World {
    pub role: Role,
    pub plan: Plan,
    pub asset: Asset,
    /// The asset is another organization's.
    pub elsewhere: bool,
    pub self_approval_forbidden: bool,
}

impl World {
    pub(super) fn new(role: Role, asset: Asset) -> Self {
        Self { role, plan: Plan::Professional, asset, elsewhere: false, self_approval_forbidden: false }
    }

    fn with_facts<T>(&self, run: impl FnOnce(&Facts<'_>) -> T) -> T {
        let me = AccountId(Uuid::from_u128(1));
        let who = Who {
            account: me,
            org: OrgId(Uuid::from_u128(2)),
            role: self.role,
            plan: self.plan,
            self_approval_forbidden: self.self_approval_forbidden,
        };
        let exists = !self.elsewhere;
        match self.asset {
            Asset::Organization => run(&Facts { exists, ..who.of_organization() }),
            Asset::Printer(printer) => {
                let rights = PrinterRights {
                    who,
                    owner: OWNER.to_owned(),
                    added: printer == PrinterIs::Added,
                    shared: printer == PrinterIs::Shared,
                };
                run(&Facts { exists, ..rights.facts() })
            }
            Asset::Group(group) => {
                let own = group == GroupIs::Created;
                let (added, shared) = (group == GroupIs::WithAdded, group == GroupIs::WithShared);
                let seen = group_accessible(self.role, own, added, shared);
                run(&Facts { exists, own, accessible: seen, visible: seen, ..who.facts(OWNER) })
            }
            Asset::Job { own, printer, project } => {
                let rights = JobRights {
                    who,
                    submitter: if own { me } else { AccountId(Uuid::from_u128(3)) },
                    owner: OWNER.to_owned(),
                    added: printer == PrinterIs::Added,
                    shared: printer == PrinterIs::Shared,
                    no_project: project.is_none(),
                    project_mine: project == Some(ProjectIs::Created),
                    project_shared: project == Some(ProjectIs::Shared),
                    project_anyone: matches!(project, Some(ProjectIs::Shared | ProjectIs::SharedWithOthers)),
                };
                run(&Facts { exists, ..rights.facts() })
            }
            Asset::Project(project) => {
                let own = project == ProjectIs::Created;
                let shared = project == ProjectIs::Shared;
                let seen = project_visible(self.role, own, shared, shared || project == ProjectIs::SharedWithOthers);
                run(&Facts { exists, own, accessible: seen, visible: seen, ..who.facts(OWNER) })
            }
            Asset::Team(team) => {
                let own = team == TeamIs::Created;
                let seen = team_accessible(self.role, own, team == TeamIs::Inside);
                run(&Facts { exists, own, accessible: seen, visible: seen, ..who.facts(OWNER) })
            }
        }
    }

    pub(super) fn decide(&self, rule: &Rule) -> Outcome {
        self.with_facts(|facts| match decide(rule, facts) {
            Verdict::Allow => Outcome::Allow,
            Verdict::Hidden => Outcome::Hidden,
            Verdict::Deny(failed, condition) => Outcome::Deny(failed, condition),
        })
    }

    /// The no in words, if it is one.
    pub(super) fn denial(&self, rule: &Rule) -> Option<Denial> {
        self.with_facts(|facts| match decide(rule, facts) {
            Verdict::Deny(failed, condition) => Some(explain(rule, facts, failed, condition)),
            Verdict::Allow | Verdict::Hidden => None,
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Allow,
    Hidden,
    Deny(Failed, Option<Condition>),
}

impl Outcome {
    /// As the golden file says it.
    pub(super) fn word(self) -> String {
        match self {
            Self::Allow => "allow".to_owned(),
            Self::Hidden => "hidden".to_owned(),
            Self::Deny(failed, None) => failed.word().to_owned(),
            Self::Deny(failed, Some(condition)) => format!(
                "{} ({})",
                failed.word(),
                match condition {
                    Condition::PrinterOpen => "printer",
                    Condition::ProjectOpen => "project",
                    Condition::NotOwnIfForbidden => "own job",
                    Condition::NotFrozen => "Guests frozen",
                }
            ),
        }
    }
}

pub(super) fn rule(key: &str) -> &'static Rule {
    TABLE.iter().find(|rule| rule.key == key).unwrap_or_else(|| panic!("the table has no row {key}"))
}

/// One person, one asset, one question, on a plan with everything.
pub(super) fn ask(key: &str, role: Role, asset: Asset) -> Outcome {
    World::new(role, asset).decide(rule(key))
}

/// Every relation that makes sense for what a row is done to.
pub(super) fn assets(key: &str) -> Vec<Asset> {
    let target = TARGETS.iter().find(|(name, _)| *name == key).map_or("", |(_, target)| *target);
    match target {
        "OrgId" => vec![Asset::Organization],
        "PrinterId" => PRINTERS.into_iter().map(Asset::Printer).collect(),
        "PrinterGroupId" => GROUPS.into_iter().map(Asset::Group).collect(),
        "ProjectId" => PROJECTS.into_iter().map(Asset::Project).collect(),
        "TeamId" => TEAMS.into_iter().map(Asset::Team).collect(),
        "JobId" => jobs(),
        other => panic!("{key}: no worlds for the target {other:?}; say here which relations it has"),
    }
}

pub(super) fn jobs() -> Vec<Asset> {
    let projects = || std::iter::once(None).chain(PROJECTS.into_iter().map(Some));
    [true, false]
        .into_iter()
        .flat_map(|own| PRINTERS.into_iter().map(move |printer| (own, printer)))
        .flat_map(|(own, printer)| projects().map(move |project| Asset::Job { own, printer, project }))
        .collect()
}
