//! Printers as people manage them.

use ::printers::Fault;
use access::table::{AddPrinter, ClearPlate, DeletePrinter, EnablePrinter, RenamePrinter, SeePrinter, SharePrinter};
use access::{permit, permit_in, visible};
use domain::{PrinterId, RunId, clean_label};
use store::accounts::SignedIn;
use store::consequence::{self, Consequence};
use store::idempotency::Key;
use store::jobs::{self, JobView};
use store::printers::{self, Machine, NewPrinter, PrinterView};
use store::shares::{self, Everybody};
use store::teams::Filter;
use store::{Printers, new_id, organizations};

use crate::organization::denial;
use crate::projects::{ShareRequest, Sharing};
use crate::{App, Error, Trouble, drivers, principal, read, write};

/// How to reach a printer that is about to be added.
#[derive(Debug, Clone)]
pub struct TestRequest {
    /// Family.
    pub family: String,
    /// Address.
    pub address: String,
    /// Key.
    pub api_key: String,
}

/// What "Test" found.
#[derive(Debug, Clone)]
pub struct Tested {
    /// Product and version.
    pub identity: Option<String>,
    /// The printer's own words for its state.
    pub state: Option<String>,
    /// What is wrong, and what to do.
    pub problem: Option<(String, String)>,
}

impl App {
    /// A page of the printers that the person sees, by name.
    ///
    /// # Errors
    /// Not in an organization.
    pub async fn printers(
        &self,
        me: &SignedIn,
        filter: &Filter,
    ) -> Result<(Vec<PrinterView>, Option<uuid::Uuid>), Error> {
        let mut conn = read!(self);
        let eyes = visible::<Printers>(&mut conn, principal(me)?).await?;
        Ok(printers::list(&mut conn, &eyes, filter).await?)
    }

    /// One printer.
    ///
    /// # Errors
    /// Not found.
    pub async fn printer(&self, me: &SignedIn, id: PrinterId) -> Result<PrinterView, Error> {
        let mut conn = read!(self);
        let permit = permit::<SeePrinter>(&mut conn, principal(me)?, id).await?;
        Ok(printers::detail(&mut conn, &permit).await?)
    }

    /// Its queue, as far as the person sees the jobs; and how many queued jobs of others they do not see.
    ///
    /// # Errors
    /// Not found.
    pub async fn printer_queue(&self, me: &SignedIn, id: PrinterId) -> Result<(Vec<JobView>, i64), Error> {
        let mut conn = read!(self);
        let permit = permit::<SeePrinter>(&mut conn, principal(me)?, id).await?;
        let all = printers::detail(&mut conn, &permit).await?.queue_length;
        let jobs = jobs::queue_of(&mut conn, &permit).await?;
        let seen = jobs.iter().filter(|view| view.state == domain::State::Queued).count();
        Ok((jobs, all - i64::try_from(seen).unwrap_or(0)))
    }

    /// Tries an address and a key before they are saved. Error classes are coarse on purpose: this is no port scanner.
    ///
    /// # Errors
    /// No right; an address that cannot be read.
    pub async fn test_printer(&self, me: &SignedIn, request: &TestRequest) -> Result<Tested, Error> {
        let who = principal(me)?;
        {
            let mut conn = read!(self);
            permit::<AddPrinter>(&mut conn, who, who.org).await?;
        }
        let driver = self.0.drivers.fresh(&request.family, &request.address, request.api_key.trim().to_owned())?;
        let identity = match driver.identify().await {
            Ok(identity) => identity.product,
            Err(fault) => return Ok(Tested { identity: None, state: None, problem: Some(advice(&fault)) }),
        };
        Ok(match driver.observe().await {
            Ok(seen) if seen.state == ::printers::PrinterState::NotReady => Tested {
                identity: Some(identity.clone()),
                state: Some(seen.text),
                problem: Some((
                    format!("{identity} answers, but its printer is not connected."),
                    "Switch the printer on and connect it in OctoPrint. You can add it now: print jobs wait until it is ready."
                        .into(),
                )),
            },
            Ok(seen) => Tested { identity: Some(identity), state: Some(seen.text), problem: None },
            Err(fault) => Tested { identity: Some(identity), state: None, problem: Some(advice(&fault)) },
        })
    }

    /// Adds a printer (PRN-02). Its plate starts dirty: somebody must have looked at it.
    ///
    /// # Errors
    /// No right; input that cannot be used, an address that the operator does not allow; a rule `printer_is_here` if the
    /// organization has a printer at this address.
    pub async fn add_printer(
        &self,
        me: &SignedIn,
        name: &str,
        request: &TestRequest,
        share_with_all: bool,
        key: Option<&str>,
    ) -> Result<PrinterId, Error> {
        let who = principal(me)?;
        let name = clean_label(name).map_err(|e| Error::label("name", e))?;
        let secret = request.api_key.trim();
        if secret.is_empty() || secret.len() > 500 {
            return Err(Error::Invalid(
                "api_key",
                "Give the printer's API key (in OctoPrint: Settings, Application keys).".into(),
            ));
        }
        let kind = ::printers::family(&request.family)
            .ok_or_else(|| Error::Invalid("family", "This kind of printer is not known here.".into()))?;
        {
            // Names are looked up for whoever may add printers only.
            let mut conn = read!(self);
            permit::<AddPrinter>(&mut conn, who, who.org).await?;
        }
        let address = drivers::Drivers::address(kind, &request.address)?;
        let found = self.0.drivers.allowed(&address).await?;
        let same = |_: Machine<'_>, there: Machine<'_>| drivers::same(&address, &found, there);
        let id = PrinterId(new_id());
        let sealed = self.0.seal.close(id, secret)?;
        let content = format!("printer\n{name}\n{}\n{}\n{share_with_all}", request.family, request.address);
        let key = key.map(|key| Key::new(key, &content));
        write!(self, |tx| {
            // One at a time, so that two cannot both add the same one.
            organizations::lock_settings(&mut tx, who.org).await?;
            let permit = permit_in::<AddPrinter>(&mut tx, who, who.org).await?;
            self.fresh_password(me)?;
            let new = NewPrinter {
                name: name.clone(),
                family: kind.key.to_owned(),
                address: request.address.trim().to_owned(),
                sealed_secret: sealed.clone(),
                class: kind.class().word(),
                share_with_all,
            };
            Ok(printers::add(&mut tx, &permit, id, new, key.as_ref(), &same).await?)
        })
    }

    /// Renames, turns on or off.
    ///
    /// # Errors
    /// No right.
    pub async fn change_printer(
        &self,
        me: &SignedIn,
        id: PrinterId,
        name: Option<&str>,
        enabled: Option<bool>,
    ) -> Result<(), Error> {
        let who = principal(me)?;
        let name = name.map(|n| clean_label(n).map_err(|e| Error::label("name", e))).transpose()?;
        write!(self, |tx| {
            if let Some(enabled) = enabled {
                let permit = permit_in::<EnablePrinter>(&mut tx, who, id).await?;
                printers::enable(&mut tx, &permit, enabled).await?;
            }
            if let Some(name) = &name {
                let permit = permit_in::<RenamePrinter>(&mut tx, who, id).await?;
                printers::rename(&mut tx, &permit, name).await?;
            }
            Ok(())
        })
    }

    /// With whom a printer is shared, as far as the person sees the teams.
    ///
    /// # Errors
    /// Not found.
    pub async fn printer_shares(&self, me: &SignedIn, id: PrinterId) -> Result<Sharing, Error> {
        let who = principal(me)?;
        let mut conn = read!(self);
        let see = permit::<SeePrinter>(&mut conn, who, id).await?;
        // One right for both: a Member shares with their teams and with everybody (AMB-13).
        let may = denial(permit::<SharePrinter>(&mut conn, who, id).await)?;
        Ok(Sharing {
            name: printers::detail(&mut conn, &see).await?.name,
            shares: shares::read(&mut conn, &see).await?,
            teams: may.clone(),
            organization: may,
        })
    }

    /// Shares and unshares in one step (PRN-03, AMB-13).
    ///
    /// # Errors
    /// No right; a team that the person does not see; changed since it was shown.
    pub async fn share_printer(&self, me: &SignedIn, id: PrinterId, request: &ShareRequest) -> Result<(), Error> {
        let who = principal(me)?;
        request.check()?;
        write!(self, |tx| {
            shares::hold_printer(&mut tx, who.org, id).await?;
            let permit = permit_in::<SharePrinter>(&mut tx, who, id).await?;
            let wanted = request.wanted(Everybody::of_printer(&permit, request.organization));
            Ok(shares::change(&mut tx, &permit, &wanted).await?)
        })
    }

    /// What [`App::share_printer`] would do: who gains, who loses, which print jobs it concerns.
    ///
    /// # Errors
    /// As [`App::share_printer`].
    pub async fn share_printer_effect(
        &self,
        me: &SignedIn,
        id: PrinterId,
        request: &ShareRequest,
    ) -> Result<Consequence, Error> {
        request.check()?;
        let mut conn = read!(self);
        let permit = permit::<SharePrinter>(&mut conn, principal(me)?, id).await?;
        let wanted = request.wanted(Everybody::of_printer(&permit, request.organization));
        Ok(consequence::of(&mut conn, &permit, &wanted).await?)
    }

    /// Removes to the Trash, or brings back.
    ///
    /// # Errors
    /// No right; bringing back, a rule `printer_is_here` if another one has the address by now.
    pub async fn remove_printer(&self, me: &SignedIn, id: PrinterId, removed: bool) -> Result<(), Error> {
        let who = principal(me)?;
        write!(self, |tx| {
            organizations::lock_settings(&mut tx, who.org).await?;
            let permit = permit_in::<DeletePrinter>(&mut tx, who, id).await?;
            Ok(printers::remove(&mut tx, &permit, removed, &drivers::same_stored).await?)
        })
    }

    /// "The plate is clear" for the run that was shown.
    ///
    /// # Errors
    /// No right; an older run; a print may be on it.
    pub async fn clear_plate(&self, me: &SignedIn, id: PrinterId, run: Option<RunId>) -> Result<(), Error> {
        let who = principal(me)?;
        write!(self, PlateClear, |tx| {
            let permit = permit_in::<ClearPlate>(&mut tx, who, id).await?;
            Ok(printers::clear_plate(&mut tx, &permit, run).await?)
        })
    }
}

fn advice(fault: &Fault) -> (String, String) {
    let Trouble { problem, advice, .. } = Trouble::of(fault);
    (problem, advice)
}
