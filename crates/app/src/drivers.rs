//! One living driver for each printer: a witness counts only with the driver that gave it.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use ::printers::{Address, Driver, Family, Fault, Networks, Timeouts};
use domain::PrinterId;
use store::dispatch::Connection;
use store::printers::Machine;

use crate::{Error, Seal, Trouble};

struct Known {
    address: String,
    sealed: Vec<u8>,
    driver: Arc<dyn Driver>,
}

pub(crate) struct Drivers {
    networks: Arc<Networks>,
    timeouts: Timeouts,
    known: Mutex<HashMap<PrinterId, Known>>,
}

impl Drivers {
    pub(crate) fn new(networks: Networks, timeouts: Timeouts) -> Self {
        Self { networks: Arc::new(networks), timeouts, known: Mutex::new(HashMap::new()) }
    }

    /// The driver of a stored printer.
    pub(crate) fn of(&self, connection: &Connection, seal: &Seal) -> Result<Arc<dyn Driver>, Error> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(one) = known.get(&connection.printer)
            && one.address == connection.address
            && one.sealed == connection.sealed_secret
        {
            return Ok(Arc::clone(&one.driver));
        }
        let secret = seal.open(connection.printer, &connection.sealed_secret)?;
        let driver = self.fresh(&connection.family, &connection.address, secret)?;
        known.insert(
            connection.printer,
            Known {
                address: connection.address.clone(),
                sealed: connection.sealed_secret.clone(),
                driver: Arc::clone(&driver),
            },
        );
        Ok(driver)
    }

    /// A driver for an address that is not stored (yet).
    pub(crate) fn fresh(&self, family: &str, address: &str, secret: String) -> Result<Arc<dyn Driver>, Error> {
        let kind = ::printers::family(family).ok_or_else(|| {
            Error::Invalid("family", "This kind of printer is not known here. Choose one from the list.".into())
        })?;
        let address = Self::address(kind, address)?;
        ::printers::connect(family, address, secret, Arc::clone(&self.networks), self.timeouts)
            .ok_or(Error::Printer(Fault::WrongDevice))
    }

    /// Reads an address.
    pub(crate) fn address(kind: &Family, text: &str) -> Result<Address, Error> {
        Address::parse(text, kind.default_port).map_err(|e| Error::Invalid("address", e.to_string()))
    }

    /// Where a connection to this address would go; nowhere, if its name is not known now.
    ///
    /// # Errors
    /// The operator does not allow it: in a sentence that says what they set.
    pub(crate) async fn allowed(&self, address: &Address) -> Result<Vec<SocketAddr>, Error> {
        match self.networks.resolve(address, self.timeouts.connect).await {
            Ok(found) => Ok(found),
            Err(fault @ Fault::AddressNotAllowed(_)) => Err(Error::Invalid("address", Trouble::of(&fault).text())),
            Err(_) => Ok(Vec::new()),
        }
    }
}

/// Whether a stored printer is the machine at this address, or at one of those that its name leads to.
pub(crate) fn same(address: &Address, found: &[SocketAddr], there: Machine<'_>) -> bool {
    read(there).is_some_and(|there| {
        there == *address || there.ip().is_some_and(|ip| found.contains(&SocketAddr::new(ip, there.port())))
    })
}

/// Whether two stored printers are the same machine.
pub(crate) fn same_stored(here: Machine<'_>, there: Machine<'_>) -> bool {
    read(here).is_some_and(|address| same(&address, &[], there))
}

fn read(machine: Machine<'_>) -> Option<Address> {
    Address::parse(machine.address, ::printers::family(machine.family)?.default_port).ok()
}
