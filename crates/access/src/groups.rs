//! Printer groups: what a person may do with one (ORG-04, AMB-07). Decides nothing itself; it loads the facts.
//!
//! A group that was removed is not there. Its printers are: each keeps its own shares, whatever group it is in.

use domain::{OrgId, PrinterGroupId};
use sql::{Conn, Row, params};

use crate::decide::{Denial, Facts};
use crate::facts::{Judged, Target, Who, group_accessible, hidden, outcome, owner, verdict, who_columns, who_join};
use crate::permit::Principal;
use crate::table::{Action, Kind, Rule};

/// Columns that [`PrinterGroupRights::read`] needs; from `printer_group g` and `account a` (who created it). Printers in the
/// Trash do not count.
#[macro_export]
macro_rules! printer_group_rights_sql {
    () => {
        concat!(
            $crate::owner_sql!(),
            "CASE WHEN g.created_by = $2 THEN 1 ELSE 0 END AS r_mine, CASE WHEN EXISTS (SELECT 1 FROM printer_group_member gm \
              JOIN printer p ON p.id = gm.printer WHERE gm.printer_group = g.id AND p.removed_at IS NULL AND p.added_by = $2) THEN 1 ELSE 0 END AS r_added, \
             CASE WHEN EXISTS (SELECT 1 FROM printer_group_member gm JOIN printer p ON p.id = gm.printer WHERE gm.printer_group = g.id \
              AND p.removed_at IS NULL AND ",
            $crate::shared_printer_sql!(),
            ") THEN 1 ELSE 0 END AS r_shared "
        )
    };
}

/// Sql for the groups in a list, the same rule as a filter. Of `printer_group g`; `$3` is the role.
#[macro_export]
macro_rules! visible_group_sql {
    () => {
        concat!(
            "($3 = 'admin' OR ($3 = 'member' AND g.created_by = $2) OR EXISTS (SELECT 1 FROM printer_group_member gm \
              JOIN printer p ON p.id = gm.printer WHERE gm.printer_group = g.id AND p.removed_at IS NULL AND (($3 = 'member' AND p.added_by = $2) OR ",
            $crate::shared_printer_sql!(),
            ")))"
        )
    };
}

/// What a person may do with one group; for showing, never for acting (that takes a [`crate::Permit`]).
#[derive(Debug, Clone)]
pub struct PrinterGroupRights {
    who: Who,
    owner: String,
    mine: bool,
    added: bool,
    shared: bool,
}

impl PrinterGroupRights {
    /// From the columns of `printer_group_rights_sql!`.
    ///
    /// # Errors
    /// A column is missing.
    pub fn read(row: &Row, who: Who) -> Result<Self, sql::Error> {
        Ok(Self {
            who,
            owner: owner(row)?,
            mine: row.get("r_mine")?,
            added: row.get("r_added")?,
            shared: row.get("r_shared")?,
        })
    }

    fn facts(&self) -> Facts<'_> {
        let seen = group_accessible(self.who.role(), self.mine, self.added, self.shared);
        Facts { accessible: seen, visible: seen, ..self.who.facts(&self.owner) }
    }

    /// Whether this person would be allowed, or why not.
    ///
    /// # Errors
    /// The denial, in words.
    pub fn may<A: Action<Target = PrinterGroupId>>(&self) -> Result<(), Denial> {
        outcome::<A>(&self.facts()).map_err(|denied| denied.unwrap_or_else(|| hidden::<A>(&self.facts())))
    }
}

/// The group, then the shares of its printers: whoever changes one of them waits.
pub(crate) async fn lock_shares(conn: &mut Conn, group: PrinterGroupId) -> Result<(), sql::Error> {
    conn.opt("SELECT id FROM printer_group WHERE id = $1 {for_share}", params![group]).await?;
    conn.all(
        "SELECT s.grantee FROM printer_share s WHERE s.printer IN (SELECT gm.printer FROM printer_group_member gm \
         WHERE gm.printer_group = $1) ORDER BY s.printer, s.grantee {for_share}",
        params![group],
    )
    .await
    .map(drop)
}

#[async_trait::async_trait]
impl Target for PrinterGroupId {
    const KIND: Kind = Kind::PrinterGroup;
    async fn lock(self, conn: &mut Conn, org: OrgId) -> Result<(), sql::Error> {
        const GROUP: &str = "SELECT id FROM printer_group WHERE id = $1 AND org = $2";
        let Some(_) = conn.opt(GROUP, params![self, org]).await? else { return Ok(()) };
        lock_shares(conn, self).await
    }
    async fn judge(self, conn: &mut Conn, principal: Principal, rules: &[Rule]) -> Judged {
        const Q: &str = concat!(
            "SELECT ",
            who_columns!(),
            printer_group_rights_sql!(),
            "FROM printer_group g JOIN account a ON a.id = g.created_by ",
            who_join!(),
            "WHERE g.id = $3 AND g.org = $1 AND g.removed_at IS NULL"
        );
        let Some(row) = conn.opt(Q, params![principal.org, principal.account, self]).await? else {
            return Ok(None);
        };
        let who = Who::read(&row, principal)?;
        let rights = PrinterGroupRights::read(&row, who)?;
        Ok(Some((who, rules.iter().map(|rule| verdict(rule, &rights.facts())).collect())))
    }
}
