//! Printer groups as people use them: the list, one group, its printers.

use access::table::{ChangePrinterGroup, CreatePrinterGroup, SeePrinter, SeePrinterGroup};
use access::{Denial, permit, permit_in, visible};
use domain::{PrinterGroupId, PrinterId, clean_label};
use store::accounts::SignedIn;
use store::consequence::{self, Consequence};
use store::idempotency::Key;
use store::printer_groups::{self as rows, GroupView, MOST_PRINTERS};
use store::teams::Filter;
use store::{PrinterGroups, Tx};
use uuid::Uuid;

use crate::organization::denial;
use crate::{App, Error, principal, read, write};

/// A page of groups, where the next one begins, and whether the person may create one.
pub type PrinterGroupPage = (Vec<GroupView>, Option<Uuid>, Result<(), Denial>);

/// What is done to a group.
#[derive(Debug, Clone)]
enum Change {
    Rename(String),
    Remove,
    Put(PrinterId),
    TakeOut(PrinterId),
}

impl App {
    /// A page of the groups that the person sees.
    ///
    /// # Errors
    /// Not in an organization.
    pub async fn printer_groups(&self, me: &SignedIn, filter: &Filter) -> Result<PrinterGroupPage, Error> {
        let who = principal(me)?;
        let mut conn = read!(self);
        let eyes = visible::<PrinterGroups>(&mut conn, who).await?;
        let (groups, next) = rows::list(&mut conn, &eyes, filter).await?;
        Ok((groups, next, denial(permit::<CreatePrinterGroup>(&mut conn, who, who.org).await)?))
    }

    /// One group, with its printers as far as the person may use them.
    ///
    /// # Errors
    /// Not found.
    pub async fn printer_group(&self, me: &SignedIn, id: PrinterGroupId) -> Result<GroupView, Error> {
        let mut conn = read!(self);
        let permit = permit::<SeePrinterGroup>(&mut conn, principal(me)?, id).await?;
        Ok(rows::detail(&mut conn, &permit).await?)
    }

    /// Creates a group (ORG-04) of printers that the person may use.
    ///
    /// # Errors
    /// No right, also to one of the printers; a name that cannot be used or is taken; printers that are not equal or in
    /// another group.
    pub async fn create_printer_group(
        &self,
        me: &SignedIn,
        name: &str,
        printers: &[PrinterId],
        key: Option<&str>,
    ) -> Result<PrinterGroupId, Error> {
        let who = principal(me)?;
        let name = clean_label(name).map_err(|e| Error::label("name", e))?;
        if printers.len() > usize::try_from(MOST_PRINTERS).unwrap_or(usize::MAX) {
            return Err(Error::Invalid("printers", format!("A printer group has {MOST_PRINTERS} printers at most.")));
        }
        let mut printers = printers.to_vec();
        printers.sort_unstable();
        printers.dedup();
        let key = key.map(|key| Key::new(key, &format!("printer group\n{name}\n{printers:?}")));
        write!(self, |tx| {
            let permit = permit_in::<CreatePrinterGroup>(&mut tx, who, who.org).await?;
            // Asked before the printers, which are in the group by now.
            if let Some(key) = &key
                && let Some(first) = key.first(&mut tx, permit.who()).await?
            {
                return Ok(PrinterGroupId(first));
            }
            let mut allowed = Vec::with_capacity(printers.len());
            for printer in &printers {
                allowed.push(permit_in::<SeePrinter>(&mut tx, who, *printer).await?);
            }
            Ok(rows::create(&mut tx, &permit, &name, &allowed, key.as_ref()).await?)
        })
    }

    async fn change_printer_group(&self, me: &SignedIn, id: PrinterGroupId, change: Change) -> Result<(), Error> {
        let who = principal(me)?;
        write!(self, |tx| {
            let tx: &mut Tx = &mut tx;
            rows::hold(tx, who.org, id).await?;
            let permit = permit_in::<ChangePrinterGroup>(tx, who, id).await?;
            match &change {
                Change::Rename(name) => rows::rename(tx, &permit, name).await?,
                Change::Remove => rows::remove(tx, &permit).await?,
                Change::Put(printer) => {
                    let printer = permit_in::<SeePrinter>(tx, who, *printer).await?;
                    rows::put(tx, &permit, &printer).await?;
                }
                Change::TakeOut(printer) => {
                    let printer = permit_in::<SeePrinter>(tx, who, *printer).await?;
                    rows::take_out(tx, &permit, &printer).await?;
                }
            }
            Ok(())
        })
    }

    /// Renames a group.
    ///
    /// # Errors
    /// No right; a name that cannot be used or is taken.
    pub async fn rename_printer_group(&self, me: &SignedIn, id: PrinterGroupId, name: &str) -> Result<(), Error> {
        let name = clean_label(name).map_err(|e| Error::label("name", e))?;
        self.change_printer_group(me, id, Change::Rename(name)).await
    }

    /// Removes a group. Its printers stay, and print jobs keep the printers that they have.
    ///
    /// # Errors
    /// No right; not there.
    pub async fn remove_printer_group(&self, me: &SignedIn, id: PrinterGroupId) -> Result<(), Error> {
        self.change_printer_group(me, id, Change::Remove).await
    }

    /// Puts a printer that the person may use into a group, or takes it out.
    ///
    /// # Errors
    /// No right to the group or the printer; not equal to the others; in another group; not in this one.
    pub async fn put_into_printer_group(
        &self,
        me: &SignedIn,
        id: PrinterGroupId,
        printer: PrinterId,
        inside: bool,
    ) -> Result<(), Error> {
        let change = if inside { Change::Put(printer) } else { Change::TakeOut(printer) };
        self.change_printer_group(me, id, change).await
    }

    /// What taking a printer out of a group would do to print jobs that wait for a decision (AMB-07); of a printer that is not in
    /// it, what putting it in would do.
    ///
    /// # Errors
    /// No right to the group or the printer.
    pub async fn printer_group_effect(
        &self,
        me: &SignedIn,
        id: PrinterGroupId,
        printer: PrinterId,
    ) -> Result<Consequence, Error> {
        let who = principal(me)?;
        let mut conn = read!(self);
        let group = permit::<ChangePrinterGroup>(&mut conn, who, id).await?;
        let printer = permit::<SeePrinter>(&mut conn, who, printer).await?;
        Ok(consequence::membership(&mut conn, &group, &printer).await?)
    }
}
