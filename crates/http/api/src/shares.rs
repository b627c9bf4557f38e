//! Sharing as it travels: the same shapes for whatever can be shared with teams and the whole organization.

use app::{ShareRequest, Sharing};
use domain::TeamId;
use serde::{Deserialize, Serialize};
use store::consequence::{Consequence, JobChange, JobEffect};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::dto::{Allowed, PersonRef};
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
    /// How many teams in the Trash it is shared with: once one is brought back, it sees it again.
    teams_in_trash: i64,
    /// Give it back with a change: it stands for exactly these shares.
    shown: String,
    /// Whether the asker may change the teams.
    change_teams: Allowed,
    /// Whether the asker may change sharing with everybody.
    change_organization: Allowed,
}

pub(crate) fn view(sharing: Sharing) -> SharesView {
    let team = |team: store::shares::SharedTeam| ShareTeam {
        id: team.id.0,
        name: team.name,
        people: team.people,
        shared: team.shared,
    };
    SharesView {
        organization: sharing.shares.organization,
        teams: sharing.shares.teams.into_iter().map(team).collect(),
        other_teams: sharing.shares.other_teams,
        teams_in_trash: sharing.shares.teams_in_trash,
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

/// What becomes of a print job that waits for a decision.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WaitingChange {
    /// Nobody can approve it, and somebody could then.
    Decidable,
    /// Somebody can approve it, and nobody could then.
    Undecidable,
    /// Its submitter loses the printer, so it would have to be moved to another one first.
    MoveFirst,
    /// A Member can approve it, and only an Admin could then.
    AdminsOnly,
}

/// A print job that a change concerns.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WaitingJob {
    /// Id.
    id: Uuid,
    /// Number.
    number: i64,
    /// Name.
    name: String,
    /// Who sent it.
    submitter: PersonRef,
    /// What becomes of it.
    change: WaitingChange,
}

/// What a change of shares would do.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SharesEffect {
    /// How many people would see it, and do not yet.
    gain: i64,
    /// The first of them, by name.
    gain_names: Vec<String>,
    /// How many people see it, and would not any more.
    lose: i64,
    /// The first of them, by name.
    lose_names: Vec<String>,
    /// The asker is among those who lose.
    oneself: bool,
    /// Waiting print jobs that nobody could approve, and somebody could then.
    decidable: i64,
    /// Waiting print jobs that somebody could approve, and nobody could then.
    undecidable: i64,
    /// Waiting print jobs that a Member could approve, and only an Admin could then.
    admins_only: i64,
    /// Waiting print jobs whose submitters lose the printer: they would have to be moved to another one first. Of a printer only.
    move_first: i64,
    /// Queued print jobs whose submitters would not see the printer any more; they stay in the queue. Of a printer only.
    queued: i64,
    /// The first of the waiting ones that it concerns, as far as the asker sees them.
    jobs: Vec<WaitingJob>,
}

pub(crate) fn waiting(job: JobEffect) -> WaitingJob {
    WaitingJob {
        id: job.id.0,
        number: job.number,
        name: job.name,
        submitter: PersonRef { id: job.submitter.0.0, name: job.submitter.1, former: false },
        change: match job.change {
            JobChange::Decidable => WaitingChange::Decidable,
            JobChange::Undecidable => WaitingChange::Undecidable,
            JobChange::MoveFirst => WaitingChange::MoveFirst,
            JobChange::AdminsOnly => WaitingChange::AdminsOnly,
        },
    }
}

pub(crate) fn effect(told: Consequence) -> SharesEffect {
    SharesEffect {
        gain: told.gain.count,
        gain_names: told.gain.names,
        lose: told.lose.count,
        lose_names: told.lose.names,
        oneself: told.oneself,
        decidable: told.decidable,
        undecidable: told.undecidable,
        admins_only: told.admins_only,
        move_first: told.move_first,
        queued: told.queued,
        jobs: told.jobs.into_iter().map(waiting).collect(),
    }
}
