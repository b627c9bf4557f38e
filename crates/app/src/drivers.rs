//! One living driver for each printer: a witness counts only with the driver that gave it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use ::printers::{Address, Driver, Fault, Networks, Timeouts};
use domain::PrinterId;
use store::dispatch::Connection;

use crate::{Error, Seal};

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
        let address =
            Address::parse(address, kind.default_port).map_err(|e| Error::Invalid("address", e.to_string()))?;
        ::printers::connect(family, address, secret, Arc::clone(&self.networks), self.timeouts)
            .ok_or(Error::Printer(Fault::WrongDevice))
    }
}
