//! Which printer of a group a print job gets: the one with the fewest open jobs, among those that may take it. Only reads; who
//! calls stores the choice.

use access::table::{ApproveJob, SeePrinterGroup};
use access::{Permit, may_use_printer_sql};
use domain::{PrinterGroupId, PrinterId};
use sql::{Tx, params};

use crate::Error;
use crate::jobs::Locked;

/// A printer of a group, chosen by the server for whoever asked.
#[derive(Debug, Clone, Copy)]
pub struct Chosen {
    group: PrinterGroupId,
    printer: PrinterId,
}

impl Chosen {
    /// The group.
    #[must_use]
    pub fn group(&self) -> PrinterGroupId {
        self.group
    }
    /// Its printer.
    #[must_use]
    pub fn printer(&self) -> PrinterId {
        self.printer
    }
}

/// Fewest open jobs first, then by name. `$1` is the organization; `$but` is a job that does not count.
macro_rules! fewest_first {
    ($but:literal) => {
        concat!(
            "ORDER BY (SELECT COUNT(*) FROM print_job o WHERE o.printer = p.id AND o.id <> ",
            $but,
            " AND o.state IN ('queued', 'claimed', 'intent', 'printing', 'attention')) \
             + (SELECT COUNT(*) FROM print_job o WHERE o.printer = p.id AND o.id <> ",
            $but,
            " AND o.state = 'held'), "
        )
    };
}

/// For a new print request: a printer that the sender may use, that is there and on.
///
/// # Errors
/// [`Error::PrinterUnavailable`] if there is none.
pub async fn for_request(tx: &mut Tx, permit: &Permit<SeePrinterGroup>) -> Result<Chosen, Error> {
    const Q: &str = concat!(
        "SELECT p.id FROM printer_group_member gm JOIN printer p ON p.id = gm.printer WHERE gm.printer_group = $3 AND p.org = $1 \
         AND p.removed_at IS NULL AND p.enabled = 1 AND ",
        may_use_printer_sql!("p", "$2", "$1"),
        " ",
        fewest_first!("$4"),
        "p.name_key, p.id LIMIT 1"
    );
    let (who, group) = (permit.who(), permit.target());
    match tx.opt(Q, params![who.org(), who.account(), group, uuid::Uuid::nil()]).await? {
        Some(row) => Ok(Chosen { group, printer: row.get("id")? }),
        None => {
            let row = tx.one("SELECT name FROM printer_group WHERE id = $1", params![group]).await?;
            let name: String = row.get("name")?;
            Err(Error::PrinterUnavailable(
                "no_printer_in_group",
                format!(
                    "None of the printers of {name} that you may use is on. Turn one on, or choose another printer."
                ),
            ))
        }
    }
}

/// For an approval: a printer that both the submitter and the approver may use, that is there and on; the one that the job has,
/// if no other has fewer jobs. `None` if there is none. A former submitter's job stays decidable.
pub(crate) async fn for_approval(
    tx: &mut Tx,
    permit: &Permit<ApproveJob>,
    locked: &Locked,
    group: PrinterGroupId,
) -> Result<Option<PrinterId>, Error> {
    const Q: &str = concat!(
        "SELECT p.id FROM printer p WHERE p.org = $1 AND (p.id = $3 OR p.id IN (SELECT gm.printer FROM printer_group_member gm \
         WHERE gm.printer_group = $4)) AND p.removed_at IS NULL AND p.enabled = 1 AND ",
        may_use_printer_sql!("p", "$2", "$1"),
        " AND (NOT EXISTS (SELECT 1 FROM membership fm WHERE fm.org = $1 AND fm.account = $5 AND fm.removed_at IS NULL) OR ",
        may_use_printer_sql!("p", "$5", "$1"),
        ") ",
        fewest_first!("$6"),
        "CASE WHEN p.id = $3 THEN 0 ELSE 1 END, p.name_key, p.id LIMIT 1"
    );
    let (who, job) = (permit.who(), &locked.job);
    let row = tx.opt(Q, params![who.org(), who.account(), job.printer, group, job.submitter, job.id]).await?;
    row.map(|row| row.get("id")).transpose().map_err(Into::into)
}
