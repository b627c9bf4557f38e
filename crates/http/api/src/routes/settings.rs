//! Manage > Permissions: the role table from the code, the approval toggle, the other settings.

use access::table::{Reach, Rule, TABLE};
use app::SettingsChange;
use axum::extract::State;
use axum::http::StatusCode;
use domain::{Feature, Plan, Role};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::Api;
use crate::auth::Me;
use crate::dto::Allowed;
use crate::error::{ApiError, Problem};
use crate::extract::{Json, Query};
use crate::render::allowed;

type Answer<T> = Result<T, ApiError>;

/// One row of the role table.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PermissionRow {
    /// Area.
    area: String,
    /// Stable name.
    key: String,
    /// What it is.
    title: String,
    /// Guest.
    guest: String,
    /// Member.
    member: String,
    /// Admin.
    admin: String,
    /// Plans that have it, if not all.
    plan: Option<String>,
    /// Requirement.
    source: String,
}

/// The whole role table.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PermissionTable {
    /// In reading order.
    rows: Vec<PermissionRow>,
}

fn reach(rule: &Rule, role: Role) -> String {
    let things = match rule.key.split_once('.').map_or("", |(thing, _)| thing) {
        "printer" => "printers",
        "job" | "notify" => "print jobs",
        "project" => "projects",
        _ => "teams",
    };
    match rule.reach(role) {
        Reach::No => "No".into(),
        Reach::Own if things == "projects" => "Only those they created".into(),
        Reach::Own => format!("Only own {things}"),
        Reach::Accessible => match (things, role) {
            ("print jobs", _) => "On printers they can access".into(),
            ("projects", Role::Admin) => "Own and all that are shared".into(),
            ("printers", Role::Guest) => "Shared with them".into(),
            _ => "Own and shared with them".into(),
        },
        Reach::All => "Yes".into(),
    }
}

/// The role table, generated from the permission table itself. The same for everyone; it says nothing of any organization.
#[utoipa::path(get, path = "/permissions", tag = "Settings", extensions(("x-permission" = json!("public")), ("x-scope" = json!("public"))),
    responses((status = 200, body = PermissionTable)))]
pub(crate) async fn permissions() -> Json<PermissionTable> {
    let rows = TABLE.iter().map(|rule| PermissionRow {
        area: rule.area.name().into(),
        key: rule.key.into(),
        title: rule.title.into(),
        guest: reach(rule, Role::Guest),
        member: reach(rule, Role::Member),
        admin: reach(rule, Role::Admin),
        plan: rule.feature.map(|f| Plan::with(f).into_iter().map(Plan::name).collect::<Vec<_>>().join(", ")),
        source: rule.source.into(),
    });
    Json(PermissionTable { rows: rows.collect() })
}

/// What the asker may change.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SettingsActions {
    /// The approval toggle.
    approval: Allowed,
    /// The other settings.
    change: Allowed,
}

/// The settings of the organization.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SettingsView {
    /// Give it back when saving.
    version: i64,
    /// Print job approval.
    approval_on: bool,
    /// The plan has it. If approval is on and the plan has it not, no new print job waits for it (AMB-38).
    approval_available: bool,
    /// Name of the plan.
    plan_name: String,
    /// Seconds in which an approval can be undone.
    undo_window_s: i64,
    /// Nobody approves their own job.
    forbid_self_approval: bool,
    /// A rejection needs a reason.
    reject_reason_required: bool,
    /// What somebody has in the queue unapproved is held when they become a Guest.
    hold_on_demotion: bool,
    /// What the asker may change.
    actions: SettingsActions,
}

/// The settings.
#[utoipa::path(get, path = "/settings", tag = "Settings", extensions(("x-permission" = json!("organization.see")), ("x-scope" = json!("read"))),
    responses((status = 200, body = SettingsView)))]
pub(crate) async fn settings(State(api): State<Api>, Me(me): Me) -> Answer<Json<SettingsView>> {
    view(&api, &me).await
}

async fn view(api: &Api, me: &store::accounts::SignedIn) -> Answer<Json<SettingsView>> {
    let (organization, approval, change) = api.app.settings(me).await?;
    Ok(Json(SettingsView {
        version: organization.settings.version,
        approval_on: organization.settings.approval_on,
        approval_available: organization.plan.has(Feature::Approval),
        plan_name: organization.plan.name().into(),
        undo_window_s: organization.settings.undo_window_s,
        forbid_self_approval: organization.settings.forbid_self_approval,
        reject_reason_required: organization.settings.reject_reason_required,
        hold_on_demotion: organization.settings.hold_on_demotion,
        actions: SettingsActions { approval: allowed(approval), change: allowed(change) },
    }))
}

/// `?approval_on=`.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct EffectQuery {
    /// What the toggle would become.
    approval_on: bool,
}

/// The effect of a change of the toggle.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EffectView {
    /// Guests.
    guests: i64,
    /// Held now.
    held: i64,
    /// Queued now.
    queued: i64,
    /// The sentence to show before saving.
    sentence: String,
}

/// What a change of the toggle would do, stated before it is saved (APR-06, APR-07, AMB-16).
#[utoipa::path(get, path = "/settings/effect", tag = "Settings", params(EffectQuery), extensions(("x-permission" = json!("organization.approval")), ("x-scope" = json!("read"))),
    responses((status = 200, body = EffectView), (status = 403, body = Problem)))]
pub(crate) async fn effect(
    State(api): State<Api>,
    Me(me): Me,
    Query(query): Query<EffectQuery>,
) -> Answer<Json<EffectView>> {
    let effect = api.app.approval_effect(&me).await?;
    let people = |n: i64| if n == 1 { "1 Guest needs".to_owned() } else { format!("{n} Guests need") };
    let sentence = if query.approval_on {
        format!(
            "From the moment you save, {} approval. Jobs already in a queue are not touched.",
            people(effect.guests)
        )
    } else {
        let held = match effect.held {
            0 => String::new(),
            1 => " 1 job that waits now stays held until somebody decides.".to_owned(),
            n => format!(" {n} jobs that wait now stay held until somebody decides."),
        };
        format!("From the moment you save, Guests print without approval.{held}")
    };
    Ok(Json(EffectView { guests: effect.guests, held: effect.held, queued: effect.queued, sentence }))
}

/// A change of the settings; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SaveSettings {
    /// The version that was shown.
    version: i64,
    /// Print job approval.
    approval_on: Option<bool>,
    /// 0 to 60.
    undo_window_s: Option<i64>,
    /// Nobody approves their own job.
    forbid_self_approval: Option<bool>,
    /// A rejection needs a reason.
    reject_reason_required: Option<bool>,
    /// What somebody has in the queue unapproved is held when they become a Guest.
    hold_on_demotion: Option<bool>,
}

/// Saves the settings: all or nothing, and only if nobody else saved in between. The toggle needs its own right (APR-05).
#[utoipa::path(put, path = "/settings", tag = "Settings", request_body = SaveSettings, extensions(("x-permission" = json!("organization.settings")), ("x-scope" = json!("browser"))),
    responses((status = 200, body = SettingsView), (status = 403, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn save(
    State(api): State<Api>,
    Me(me): Me,
    Json(body): Json<SaveSettings>,
) -> Answer<Json<SettingsView>> {
    let change = SettingsChange {
        version: body.version,
        approval_on: body.approval_on,
        undo_window_s: body.undo_window_s,
        forbid_self_approval: body.forbid_self_approval,
        reject_reason_required: body.reject_reason_required,
        hold_on_demotion: body.hold_on_demotion,
    };
    api.app.save_settings(&me, &change).await?;
    view(&api, &me).await
}

/// An Admin has looked at what an older backup left behind, and printing goes on. Nothing happens if nothing is held back.
#[utoipa::path(post, path = "/settings/release", tag = "Settings", extensions(("x-permission" = json!("organization.settings")), ("x-scope" = json!("browser"))),
    responses((status = 204), (status = 403, body = Problem)))]
pub(crate) async fn release(State(api): State<Api>, Me(me): Me) -> Answer<StatusCode> {
    api.app.release(&me).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a plan contains.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlanItem {
    /// Word.
    key: String,
    /// Name.
    name: String,
    /// The organization's.
    current: bool,
    /// The Guest role, invitations of Guests, the join link.
    guests: bool,
    /// Print job approval.
    approval: bool,
    /// The fleet report.
    fleet_report: bool,
}

/// The plans.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Plans {
    /// Least first.
    plans: Vec<PlanItem>,
    /// What the operator allows the organization besides its plan; for Admins only.
    limits: Option<LimitsView>,
    /// Who changes it.
    changed_by: String,
}

/// What the operator allows, and how much of it is used. `most` is `null` where there is no limit.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LimitsView {
    /// People in the organization.
    people: LimitView,
    /// Printers, those in the Trash not counted.
    printers: LimitView,
    /// Files, in megabytes; the quotas of the server hold besides.
    storage_mb: LimitView,
}

/// One of them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LimitView {
    /// So many there are.
    used: i64,
    /// So many there may be.
    most: Option<i64>,
}

/// The plans and what they contain, and which the organization has (PLN-01, PLN-02). The operator of the server changes it.
#[utoipa::path(get, path = "/plans", tag = "Settings", extensions(("x-permission" = json!("organization.see")), ("x-scope" = json!("read"))),
    responses((status = 200, body = Plans)))]
pub(crate) async fn plans(State(api): State<Api>, Me(me): Me) -> Answer<Json<Plans>> {
    let (organization, ..) = api.app.settings(&me).await?;
    let plans = Plan::ALL.into_iter().map(|plan| PlanItem {
        key: plan.word().into(),
        name: plan.name().into(),
        current: plan == organization.plan,
        guests: plan.has(Feature::Guests),
        approval: plan.has(Feature::Approval),
        fleet_report: plan.has(Feature::FleetReport),
    });
    Ok(Json(Plans {
        plans: plans.collect(),
        limits: api.app.limits(&me).await?.map(|(limits, used)| LimitsView {
            people: LimitView { used: used.people, most: limits.people },
            printers: LimitView { used: used.printers, most: limits.printers },
            storage_mb: LimitView { used: used.storage / 1_000_000, most: limits.storage_mb },
        }),
        changed_by: "the operator of this server, with the commands imprimatur admin plan and admin limit".into(),
    }))
}
