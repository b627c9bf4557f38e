//! The operations, by area. Each file: attributes, one use case, one view.

mod account;
mod applications;
mod events;
mod former;
mod invitations;
mod job_projects;
mod jobs;
mod people;
mod printer_groups;
mod printers;
mod project_files;
mod projects;
mod rights;
mod settings;
mod teams;
mod tokens;
mod uploads;
mod why_not;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use axum::http::HeaderMap;

use crate::Api;
use crate::error::ApiError;

pub(crate) fn all() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(account::health))
        .routes(routes!(account::setup_state, account::set_up))
        .routes(routes!(account::create_account))
        .routes(routes!(account::sign_in, account::sessions))
        .routes(routes!(account::end_session))
        .routes(routes!(account::session, account::sign_out))
        .routes(routes!(account::activate))
        .routes(routes!(account::confirm))
        .routes(routes!(account::change_password))
        .routes(routes!(tokens::own, tokens::create))
        .routes(routes!(tokens::revoke_own))
        .routes(routes!(tokens::all))
        .routes(routes!(tokens::revoke))
        .routes(routes!(applications::list, applications::register))
        .routes(routes!(applications::remove))
        .routes(routes!(applications::look))
        .routes(routes!(applications::answer))
        .routes(routes!(applications::look_at_device))
        .routes(routes!(applications::answer_device))
        .routes(routes!(people::people))
        .routes(routes!(people::change_role, people::remove))
        .routes(routes!(people::removal))
        .routes(routes!(people::role_effect))
        .routes(routes!(people::restore))
        .routes(routes!(former::escrow))
        .routes(routes!(former::claim))
        .routes(routes!(people::leaving, people::leave))
        .routes(routes!(invitations::invitations, invitations::invite))
        .routes(routes!(invitations::invite_list))
        .routes(routes!(invitations::offer, invitations::withdraw_invitation))
        .routes(routes!(invitations::send_again))
        .routes(routes!(invitations::accept))
        .routes(routes!(invitations::join_link, invitations::renew_join_link, invitations::turn_off_join_link))
        .routes(routes!(settings::plans))
        .routes(routes!(settings::permissions))
        .routes(routes!(settings::settings, settings::save))
        .routes(routes!(settings::effect))
        .routes(routes!(settings::release))
        .routes(routes!(printers::list, printers::add))
        .routes(routes!(printers::test))
        .routes(routes!(printers::detail, printers::change, printers::remove))
        .routes(routes!(printers::queue))
        .routes(routes!(printers::shared_with, printers::share))
        .routes(routes!(printers::share_effect))
        .routes(routes!(printers::restore))
        .routes(routes!(printers::clear_plate))
        .routes(routes!(printer_groups::list, printer_groups::create))
        .routes(routes!(printer_groups::detail, printer_groups::rename, printer_groups::remove))
        .routes(routes!(printer_groups::put, printer_groups::take_out))
        .routes(routes!(printer_groups::effect))
        .routes(routes!(why_not::printer))
        .routes(routes!(why_not::ask_about_printer))
        .routes(routes!(why_not::printer_group))
        .routes(routes!(why_not::ask_about_printer_group))
        .routes(routes!(why_not::job))
        .routes(routes!(why_not::ask_about_job))
        .routes(routes!(why_not::team))
        .routes(routes!(why_not::ask_about_team))
        .routes(routes!(why_not::project))
        .routes(routes!(why_not::ask_about_project))
        .routes(routes!(why_not::organization))
        .routes(routes!(why_not::ask_about_organization))
        .routes(routes!(rights::trash))
        .routes(routes!(teams::list, teams::create))
        .routes(routes!(teams::detail, teams::rename, teams::remove))
        .routes(routes!(teams::restore))
        .routes(routes!(teams::removal))
        .routes(routes!(teams::people))
        .routes(routes!(teams::add_person, teams::remove_person))
        .routes(routes!(uploads::announce))
        .routes(routes!(uploads::progress, uploads::send, uploads::discard))
        .routes(routes!(jobs::list, jobs::submit))
        .routes(routes!(jobs::counts))
        .routes(routes!(jobs::approve_several))
        .routes(routes!(jobs::detail))
        .routes(routes!(jobs::timeline))
        .routes(routes!(job_projects::approvers))
        .routes(routes!(job_projects::copy_effect, job_projects::copy))
        .routes(routes!(jobs::record))
        .routes(routes!(jobs::file))
        .routes(routes!(jobs::thumbnail))
        .routes(routes!(jobs::approve))
        .routes(routes!(jobs::reject))
        .routes(routes!(jobs::send_back))
        .routes(routes!(jobs::undo_send_back))
        .routes(routes!(jobs::take_back))
        .routes(routes!(jobs::resubmit))
        .routes(routes!(jobs::withdraw))
        .routes(routes!(jobs::abort))
        .routes(routes!(jobs::pause))
        .routes(routes!(jobs::resume))
        .routes(routes!(jobs::reprint))
        .routes(routes!(jobs::reroute))
        .routes(routes!(jobs::move_in_queue))
        .routes(routes!(jobs::resolve))
        .routes(routes!(projects::list, projects::create))
        .routes(routes!(projects::detail, projects::change, projects::remove))
        .routes(routes!(projects::restore))
        .routes(routes!(projects::shared_with, projects::share))
        .routes(routes!(projects::share_effect))
        .routes(routes!(projects::people))
        .routes(routes!(projects::jobs))
        .routes(routes!(projects::report))
        .routes(routes!(project_files::list, project_files::add))
        .routes(routes!(project_files::remove))
        .routes(routes!(project_files::restore))
        .routes(routes!(project_files::versions))
        .routes(routes!(project_files::content))
        .routes(routes!(project_files::picture))
        .routes(routes!(project_files::print))
        .routes(routes!(events::notices))
        .routes(routes!(events::notices_read))
        .routes(routes!(events::events))
}

/// How many a page of people or invitations has.
fn page_limit(asked: Option<i64>) -> Result<i64, ApiError> {
    match asked.unwrap_or(50) {
        limit @ 1..=200 => Ok(limit),
        _ => Err(ApiError::invalid("limit", "A page has 1 to 200 entries.")),
    }
}

/// The header `Idempotency-Key` of a creating call.
fn optional_key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().unwrap_or("");
    if key.is_empty() || key.len() > 100 {
        return Err(ApiError::invalid("Idempotency-Key", "The Idempotency-Key has 1 to 100 visible characters."));
    }
    Ok(Some(key.to_owned()))
}
