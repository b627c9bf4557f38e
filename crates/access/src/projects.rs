//! Library projects: what a person may do with one (LIB-01 to LIB-09, AMB-08). Decides nothing itself; it loads the facts.
//!
//! A project in the Trash is not there: for every action but bringing it back, it is hidden. Its shares stay as they were,
//! and with them the lock of its print jobs.

use domain::{AccountId, OrgId, ProjectId};
use sql::{Conn, Row, params};

use crate::decide::{Denial, Facts};
use crate::facts::{Judged, Target, Who, hidden, outcome, owner, project_visible, verdict, who_columns, who_join};
use crate::permit::Principal;
use crate::table::{Action, DeleteProject, Kind, Rule};

/// Columns that [`ProjectRights::read`] needs; from `project pr` and `account a` (who created it).
#[macro_export]
macro_rules! project_rights_sql {
    () => {
        concat!(
            $crate::owner_sql!(),
            "CASE WHEN pr.created_by = $2 THEN 1 ELSE 0 END AS r_mine, CASE WHEN ",
            $crate::shared_project_sql!(),
            " THEN 1 ELSE 0 END AS r_shared, CASE WHEN ",
            $crate::project_with_anyone_sql!(),
            " THEN 1 ELSE 0 END AS r_anyone, CASE WHEN pr.removed_at IS NULL THEN 0 ELSE 1 END AS r_removed "
        )
    };
}

/// Sql for the projects that a person may put files into (LIB-07, AMB-45): a Guest only into their own, everybody else into
/// all that they see. Of `project pr`; `$3` is the role.
#[macro_export]
macro_rules! changeable_project_sql {
    () => {
        concat!("(pr.created_by = $2 OR ($3 <> 'guest' AND ", $crate::visible_project_sql!(), "))")
    };
}

/// What a person may do with one project; for showing, never for acting (that takes a [`crate::Permit`]).
#[derive(Debug, Clone)]
pub struct ProjectRights {
    who: Who,
    owner: String,
    mine: bool,
    seen: bool,
    removed: bool,
}

impl ProjectRights {
    /// From the columns of `project_rights_sql!`.
    ///
    /// # Errors
    /// A column is missing.
    pub fn read(row: &Row, who: Who) -> Result<Self, sql::Error> {
        let mine: bool = row.get("r_mine")?;
        let seen = project_visible(who.role(), mine, row.get("r_shared")?, row.get("r_anyone")?);
        Ok(Self { who, owner: owner(row)?, mine, seen, removed: row.get("r_removed")? })
    }

    fn facts(&self, rule: &Rule) -> Facts<'_> {
        // Removing twice is not found the second time (the repository looks); bringing back twice changes nothing.
        let there = !self.removed || rule.key == DeleteProject::RULE.key;
        Facts {
            exists: there,
            own: self.mine,
            accessible: self.seen,
            visible: self.seen,
            ..self.who.facts(&self.owner)
        }
    }

    /// Whether this person would be allowed, or why not.
    ///
    /// # Errors
    /// The denial, in words.
    pub fn may<A: Action<Target = ProjectId>>(&self) -> Result<(), Denial> {
        let facts = self.facts(&A::RULE);
        outcome::<A>(&facts).map_err(|denied| denied.unwrap_or_else(|| hidden::<A>(&facts)))
    }

    /// Whose rights these are.
    #[must_use]
    pub fn person(&self) -> AccountId {
        self.who.account()
    }

    /// Their role.
    #[must_use]
    pub fn role(&self) -> domain::Role {
        self.who.role()
    }

    /// They created it.
    #[must_use]
    pub fn mine(&self) -> bool {
        self.mine
    }
}

#[async_trait::async_trait]
impl Target for ProjectId {
    const KIND: Kind = Kind::Project;
    async fn lock(self, conn: &mut Conn, org: OrgId) -> Result<(), sql::Error> {
        const PROJECT: &str = "SELECT id FROM project WHERE id = $1 AND org = $2 {for_share}";
        let Some(_) = conn.opt(PROJECT, params![self, org]).await? else { return Ok(()) };
        conn.all("SELECT grantee FROM project_share WHERE project = $1 {for_share}", params![self]).await.map(drop)
    }
    async fn judge(self, conn: &mut Conn, principal: Principal, rules: &[Rule]) -> Judged {
        const Q: &str = concat!(
            "SELECT ",
            who_columns!(),
            project_rights_sql!(),
            "FROM project pr JOIN account a ON a.id = pr.created_by ",
            who_join!(),
            "WHERE pr.id = $3 AND pr.org = $1"
        );
        let Some(row) = conn.opt(Q, params![principal.org, principal.account, self]).await? else {
            return Ok(None);
        };
        let who = Who::read(&row, principal)?;
        let rights = ProjectRights::read(&row, who)?;
        Ok(Some((who, rules.iter().map(|rule| verdict(rule, &rights.facts(rule))).collect())))
    }
}
