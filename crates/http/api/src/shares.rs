//! Sharing as it travels: the same shapes for whatever can be shared with teams and the whole organization.

use app::{ShareRequest, Sharing};
use domain::TeamId;
use serde::{Deserialize, Serialize};
use store::projects::viewers::Effect;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::dto::Allowed;
use crate::render::allowed;

/// A team to share with.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShareTeam {
    /// Id.
    id: Uuid,
    /// Name.
    name: String,
    /// People in it.
    people: i64,
    /// It is shared with them.
    shared: bool,
}

/// With whom something is shared.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SharesView {
    /// With everybody in the organization.
    organization: bool,
    /// The teams that the asker sees.
    teams: Vec<ShareTeam>,
    /// How many teams beside these it is shared with.
    other_teams: i64,
    /// Give it back with a change: it stands for exactly these shares.
    shown: String,
    /// Whether the asker may change the teams.
    change_teams: Allowed,
    /// Whether the asker may change sharing with everybody.
    change_organization: Allowed,
}

pub(crate) fn view(sharing: Sharing) -> SharesView {
    let team = |team: store::projects::shares::SharedTeam| ShareTeam {
        id: team.id.0,
        name: team.name,
        people: team.people,
        shared: team.shared,
    };
    SharesView {
        organization: sharing.shares.organization,
        teams: sharing.shares.teams.into_iter().map(team).collect(),
        other_teams: sharing.shares.other_teams,
        shown: sharing.shares.shown,
        change_teams: allowed(sharing.teams),
        change_organization: allowed(sharing.organization),
    }
}

/// The whole set that is wanted, made from what was shown.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WantedShares {
    /// With everybody in the organization.
    organization: bool,
    /// With these teams. Shares with teams that the asker does not see stay as they are.
    teams: Vec<Uuid>,
    /// `shown` of the shares that the change was made from.
    shown: String,
}

impl WantedShares {
    pub(crate) fn request(self) -> ShareRequest {
        ShareRequest {
            organization: self.organization,
            teams: self.teams.into_iter().map(TeamId).collect(),
            shown: self.shown,
        }
    }
}

/// What a change of shares would do.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SharesEffect {
    /// How many people would see it, and do not yet.
    gain: usize,
    /// The first of them, by name.
    gain_names: Vec<String>,
    /// How many people see it, and would not any more.
    lose: usize,
    /// The first of them, by name.
    lose_names: Vec<String>,
    /// Waiting print jobs that nobody could decide, and somebody could then.
    decidable: i64,
    /// Waiting print jobs that somebody could decide, and nobody could then.
    undecidable: i64,
    /// Waiting print jobs that a Member could decide, and only an Admin could then. Of a printer only.
    admins_only: i64,
    /// Queued print jobs whose submitters would not see the printer any more; they stay in the queue. Of a printer only.
    queued: i64,
    /// The asker is among those who lose. Of a printer only.
    oneself: bool,
}

pub(crate) fn effect(effect: Effect) -> SharesEffect {
    let first = |names: &[String]| names.iter().take(5).cloned().collect();
    SharesEffect {
        gain: effect.gain.len(),
        gain_names: first(&effect.gain),
        lose: effect.lose.len(),
        lose_names: first(&effect.lose),
        decidable: effect.decidable,
        undecidable: effect.undecidable,
        admins_only: effect.admins_only,
        queued: effect.queued,
        oneself: effect.oneself,
    }
}
