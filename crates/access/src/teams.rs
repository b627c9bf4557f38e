//! Teams: what a person may do with one (ROL-09, ROL-15, ORG-04, AMB-14). Decides nothing itself; it loads the facts.
//!
//! A team in the Trash is not there: for every action but changing it (which brings it back), it is hidden.

use domain::{OrgId, TeamId};
use sql::{Conn, Row, params};

use crate::decide::{Denial, Facts};
use crate::facts::{Judged, Target, Who, hidden, outcome, owner, team_accessible, verdict, who_columns, who_join};
use crate::permit::Principal;
use crate::table::{Action, ChangeTeam, Kind, Rule};

/// Columns that [`TeamRights::read`] needs; from `team t` and `account a` (who created it).
#[macro_export]
macro_rules! team_rights_sql {
    () => {
        concat!(
            $crate::owner_sql!(),
            "CASE WHEN t.created_by = $2 THEN 1 ELSE 0 END AS r_mine, \
             CASE WHEN EXISTS (SELECT 1 FROM team_member tm WHERE tm.team = t.id AND tm.account = $2) THEN 1 ELSE 0 END AS r_inside, \
             CASE WHEN t.removed_at IS NULL THEN 0 ELSE 1 END AS r_removed "
        )
    };
}

/// What a person may do with one team; for showing, never for acting (that takes a [`crate::Permit`]).
#[derive(Debug, Clone)]
pub struct TeamRights {
    who: Who,
    owner: String,
    mine: bool,
    inside: bool,
    removed: bool,
}

impl TeamRights {
    /// From the columns of `team_rights_sql!`.
    ///
    /// # Errors
    /// A column is missing.
    pub fn read(row: &Row, who: Who) -> Result<Self, sql::Error> {
        Ok(Self {
            who,
            owner: owner(row)?,
            mine: row.get("r_mine")?,
            inside: row.get("r_inside")?,
            removed: row.get("r_removed")?,
        })
    }

    fn facts(&self, rule: &Rule) -> Facts<'_> {
        let seen = team_accessible(self.who.role(), self.mine, self.inside);
        let exists = !self.removed || rule.key == ChangeTeam::RULE.key;
        Facts { exists, own: self.mine, accessible: seen, visible: seen, ..self.who.facts(&self.owner) }
    }

    /// Whether this person would be allowed, or why not.
    ///
    /// # Errors
    /// The denial, in words.
    pub fn may<A: Action<Target = TeamId>>(&self) -> Result<(), Denial> {
        let facts = self.facts(&A::RULE);
        outcome::<A>(&facts).map_err(|denied| denied.unwrap_or_else(|| hidden::<A>(&facts)))
    }

    /// They are in it.
    #[must_use]
    pub fn inside(&self) -> bool {
        self.inside
    }
}

#[async_trait::async_trait]
impl Target for TeamId {
    const KIND: Kind = Kind::Team;
    async fn lock(self, conn: &mut Conn, org: OrgId) -> Result<(), sql::Error> {
        // Whether the person is in it is locked with the person; locking everybody in it would cost a large team dearly.
        conn.opt("SELECT id FROM team WHERE id = $1 AND org = $2 {for_share}", params![self, org]).await.map(drop)
    }
    async fn judge(self, conn: &mut Conn, principal: Principal, rules: &[Rule]) -> Judged {
        const Q: &str = concat!(
            "SELECT ",
            who_columns!(),
            team_rights_sql!(),
            "FROM team t JOIN account a ON a.id = t.created_by ",
            who_join!(),
            "WHERE t.id = $3 AND t.org = $1"
        );
        let Some(row) = conn.opt(Q, params![principal.org, principal.account, self]).await? else {
            return Ok(None);
        };
        let who = Who::read(&row, principal)?;
        let rights = TeamRights::read(&row, who)?;
        Ok(Some((who, rules.iter().map(|rule| verdict(rule, &rights.facts(rule))).collect())))
    }
}
