//! Sharing, the same for whatever can be shared: with teams and the whole organization, never with a person (ORG-06). A person
//! sees and changes shares with the teams that they see; others are counted, and stay (AMB-12, AMB-13, AMB-44).

use std::collections::HashSet;

use domain::{OrgId, TeamId};
use sha2::{Digest, Sha256};
use sql::Row;
use uuid::Uuid;

use crate::Error;

/// A team that something may be shared with.
#[derive(Debug, Clone)]
pub struct SharedTeam {
    /// Team.
    pub id: TeamId,
    /// Its name.
    pub name: String,
    /// People in it.
    pub people: i64,
    /// It is shared with them.
    pub shared: bool,
}

/// With whom something is shared, as one person sees it.
#[derive(Debug, Clone)]
pub struct Shares {
    /// With everybody in the organization.
    pub organization: bool,
    /// All teams that the person sees.
    pub teams: Vec<SharedTeam>,
    /// How many other teams it is shared with.
    pub other_teams: i64,
    /// Stands for exactly these shares; a change names what it was made from.
    pub shown: String,
}

impl Shares {
    /// From the teams that a person sees (`id`, `name`, `people`, `shared`) and all grantees that count, in one order.
    pub(crate) fn read(org: OrgId, teams: &[Row], grantees: &[Uuid]) -> Result<Self, sql::Error> {
        let team = |row: &Row| {
            Ok(SharedTeam {
                id: row.get("id")?,
                name: row.get("name")?,
                people: row.get("people")?,
                shared: row.get("shared")?,
            })
        };
        let teams = teams.iter().map(team).collect::<Result<Vec<_>, sql::Error>>()?;
        let organization = grantees.contains(&org.0);
        let seen = teams.iter().filter(|team| team.shared).count() + usize::from(organization);
        let other_teams = i64::try_from(grantees.len() - seen.min(grantees.len())).unwrap_or(0);
        let mut hash = Sha256::new();
        for grantee in grantees {
            hash.update(grantee.as_bytes());
        }
        let shown = hex::encode(&hash.finalize()[..16]);
        Ok(Self { organization, teams, other_teams, shown })
    }
}

/// From what is to what is wanted.
pub(crate) struct Change {
    pub(crate) added: Vec<Uuid>,
    pub(crate) removed: Vec<Uuid>,
}

impl Change {
    /// `organization` is `None` to leave it. Teams that the person does not see, of another organization, removed or never
    /// there are all the same: not found.
    pub(crate) fn of(
        now: &Shares,
        organization: Option<bool>,
        teams: &HashSet<TeamId>,
        shown: &str,
        org: OrgId,
    ) -> Result<Self, Error> {
        if teams.iter().any(|team| now.teams.iter().all(|known| known.id != *team)) {
            return Err(Error::NotFound);
        }
        if now.shown != shown {
            return Err(Error::Changed);
        }
        let pick = |fits: &dyn Fn(&SharedTeam) -> bool| -> Vec<Uuid> {
            now.teams.iter().filter(|team| fits(team)).map(|team| team.id.0).collect()
        };
        let mut change = Self {
            added: pick(&|team| !team.shared && teams.contains(&team.id)),
            removed: pick(&|team| team.shared && !teams.contains(&team.id)),
        };
        match organization {
            Some(true) if !now.organization => change.added.push(org.0),
            Some(false) if now.organization => change.removed.push(org.0),
            _ => {}
        }
        Ok(change)
    }
}
