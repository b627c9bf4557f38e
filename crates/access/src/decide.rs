//! The one decision function. Private on purpose: facts cannot be invented outside of this crate.

use domain::{AccountId, Feature, Plan, Role};

use crate::table::{Condition, Reach, Rule};

/// Which of the three questions of ROL-02 said no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failed {
    /// The subscription.
    Plan,
    /// The role.
    Role,
    /// The asset.
    Access,
}

impl Failed {
    /// The word in the API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Role => "role",
            Self::Access => "access",
        }
    }
}

/// What would turn a no into a yes: whoever is asked is asked for this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Remedy {
    /// The print job's library project is shared with the person (APR-20).
    ShareProject,
    /// The print job's printer is shared with the person (AMB-35).
    SharePrinter,
    /// A plan that has this.
    Plan(Feature),
    /// Somebody who may does it.
    Act,
}

/// A no that can be explained (ACC-02).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// The row's key.
    pub action: &'static str,
    /// Which question failed.
    pub failed: Failed,
    /// One sentence for a person.
    pub why: String,
    /// Who can change it, in words or names.
    pub who_can: Vec<String>,
    /// What would change it.
    pub remedy: Remedy,
}

/// What is known about one person and one asset, as one query loads it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts<'a> {
    pub plan: Plan,
    pub role: Role,
    /// Of the same organization; else everything about it is hidden.
    pub exists: bool,
    pub own: bool,
    pub accessible: bool,
    /// Listed for this person at all.
    pub visible: bool,
    /// The job's printer is accessible to this person, not only the job as their own.
    pub printer_open: bool,
    /// The job's project (if any) is visible to this person.
    pub project_open: bool,
    pub self_approval_forbidden: bool,
    /// Name of the person who could open it (submitter of a job, owner of an asset); empty if they are not there any more.
    pub owner: &'a str,
}

pub(crate) enum Verdict {
    Allow,
    /// The asset does not exist for this person.
    Hidden,
    Deny(Failed, Option<Condition>),
}

/// Plan, role, access, in this order; no allocation, no I/O.
pub(crate) fn decide(rule: &Rule, facts: &Facts<'_>) -> Verdict {
    if !facts.exists || !facts.visible {
        return Verdict::Hidden;
    }
    if rule.feature.is_some_and(|feature| !facts.plan.has(feature)) {
        return Verdict::Deny(Failed::Plan, None);
    }
    let reached = match rule.reach(facts.role) {
        Reach::No => return Verdict::Deny(Failed::Role, None),
        Reach::Own => facts.own,
        Reach::Accessible => facts.accessible,
        Reach::All => true,
    };
    if !reached {
        return Verdict::Deny(Failed::Access, None);
    }
    for condition in rule.when {
        let (holds, failed) = match condition {
            Condition::PrinterOpen => (facts.printer_open, Failed::Access),
            Condition::ProjectOpen => (facts.project_open, Failed::Access),
            Condition::NotOwnIfForbidden => (!(facts.own && facts.self_approval_forbidden), Failed::Role),
            Condition::NotFrozen => (facts.role != Role::Guest || facts.plan.has(Feature::Guests), Failed::Plan),
        };
        if !holds {
            return Verdict::Deny(failed, Some(*condition));
        }
    }
    Verdict::Allow
}

/// Puts a no into words.
pub(crate) fn explain(rule: &Rule, facts: &Facts<'_>, failed: Failed, condition: Option<Condition>) -> Denial {
    let roles = || -> Vec<String> {
        Role::ALL
            .into_iter()
            .filter(|role| rule.reach(*role) != Reach::No)
            .map(|role| match role {
                Role::Guest => "a Guest".to_owned(),
                Role::Member => "a Member".to_owned(),
                Role::Admin => "an Admin".to_owned(),
            })
            .collect()
    };
    let plans = |feature| any_of(&Plan::with(feature).into_iter().map(Plan::name).collect::<Vec<_>>());
    let operator = || "the operator of this server".to_owned();
    let admin = || "an Admin".to_owned();
    let doing = lower(rule.title);
    let (why, who_can) = match (failed, condition) {
        (_, Some(Condition::PrinterOpen)) => (
            "This print job is on a printer that is not shared with you. Ask a Member who can access it or an Admin.".to_owned(),
            vec!["a Member who can access the printer".to_owned(), admin()],
        ),
        (_, Some(Condition::ProjectOpen)) if facts.own => (
            "This print job comes from a library project that is not shared with you. Ask the person who created the project to share it with you."
                .to_owned(),
            vec!["the person who created the project".to_owned()],
        ),
        (_, Some(Condition::ProjectOpen)) if facts.owner.is_empty() => (
            "This print job comes from a library project that is not shared with you, and whoever sent it has left. Ask somebody who sees \
             the project to share it with you; what nobody sees any more an Admin can claim."
                .to_owned(),
            vec!["somebody who sees the project".to_owned(), admin()],
        ),
        (_, Some(Condition::ProjectOpen)) => (
            format!(
                "This print job comes from a library project that is not shared with you. Ask {0} to share the project with you.",
                facts.owner
            ),
            vec![facts.owner.to_owned()],
        ),
        (_, Some(Condition::NotOwnIfForbidden)) => (
            "In this organization nobody approves their own print job. Ask another Member or Admin.".to_owned(),
            vec!["another Member".to_owned(), "another Admin".to_owned()],
        ),
        (_, Some(Condition::NotFrozen)) => (
            format!(
                "Your organization's plan has no Guests, so Guests cannot send print jobs. An Admin can make you a Member, or {} \
                 changes the plan to {}.",
                operator(),
                plans(Feature::Guests)
            ),
            vec![admin(), operator()],
        ),
        (Failed::Plan, _) => (
            format!(
                "To {doing}, your organization needs the plan {}; it has {}. {}",
                rule.feature.map(plans).unwrap_or_default(),
                facts.plan.name(),
                match rule.reach(facts.role) {
                    Reach::No => format!("With it, only {} could.", roles().join(" or ")),
                    _ => format!("Ask {}.", operator()),
                }
            ),
            vec![operator()],
        ),
        (Failed::Role, _) => {
            let who = roles();
            (format!("Only {} can {doing}. You are a {}.", who.join(" or "), facts.role.name()), who)
        }
        (Failed::Access, _) => {
            let reason = match rule.reach(facts.role) {
                Reach::Own => "This is not your own",
                _ => "This is not yours and not shared with you",
            };
            let mut who = Vec::new();
            if !facts.owner.is_empty() {
                who.push(facts.owner.to_owned());
            }
            if rule.admin != Reach::Own {
                who.push(admin());
            }
            let ask = match who.is_empty() {
                true => "Whoever it belongs to has left.".to_owned(),
                false => format!("Ask {}.", who.join(" or ")),
            };
            (format!("{reason}, so you cannot {doing}. {ask}"), who)
        }
    };
    let remedy = match (condition, rule.feature) {
        (Some(Condition::PrinterOpen), _) => Remedy::SharePrinter,
        (Some(Condition::ProjectOpen), _) => Remedy::ShareProject,
        (Some(Condition::NotFrozen), _) => Remedy::Plan(Feature::Guests),
        (None, Some(feature)) if failed == Failed::Plan => Remedy::Plan(feature),
        (Some(Condition::NotOwnIfForbidden) | None, _) => Remedy::Act,
    };
    Denial { action: rule.key, failed, why, who_can, remedy }
}

/// "A, B or C".
fn any_of(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// A title inside of a sentence.
fn lower(title: &str) -> String {
    let mut letters = title.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

/// For a job whose owner is `submitter`.
pub(crate) fn is_own(me: AccountId, submitter: AccountId) -> bool {
    me == submitter
}
