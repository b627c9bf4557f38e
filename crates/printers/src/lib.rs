//! Printers: the [`Driver`] trait and one module a family.
//!
//! A driver translates; it decides nothing. Commands answer [`Reply`]: sent, refused or unknown, and none of these is
//! proof of anything. Only [`Driver::observe`] and [`Driver::evidence_since`] prove (docs/dispatch.md).
//! This crate knows no database and no rights. [`Driver::start`] has one caller in the whole program: the port of the
//! dispatcher in the crate `app` (guarded by clippy's `disallowed-methods`).

mod address;
pub mod conformance;
mod driver;
pub mod network;
pub mod octoprint;
mod text;
mod transport;

use std::sync::Arc;

pub use address::{Address, AddressError};
pub use conformance::Class;
pub use driver::{
    Driver, Evidence, Expected, Fault, Fence, Identity, Observation, Outcome, PrinterState, Reply, Verified, Witness,
};
pub use network::{Networks, NetworksError};
pub use transport::Timeouts;

/// What the app and the interface may know of a family without naming it in code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Family {
    /// The word that is stored, such as `octoprint`.
    pub key: &'static str,
    /// The name for people.
    pub name: &'static str,
    /// What the conformance kit saw of it; the test against the real thing must see the same. `None`: it was never tried.
    pub record: Option<&'static str>,
    /// The port that is meant when a person gives only a host.
    pub default_port: u16,
    /// What to ask a person for, such as `API key`.
    pub secret_name: &'static str,
}

/// Every family this build can drive.
pub const FAMILIES: &[Family] = &[Family {
    key: "octoprint",
    name: "OctoPrint",
    record: Some(include_str!("../conformance/octoprint.txt")),
    default_port: 80,
    secret_name: "API key",
}];

impl Family {
    /// What may be concluded from its silence: granted by the recorded report, never by an opinion.
    #[must_use]
    pub fn class(&self) -> Class {
        conformance::granted(self.key, self.record)
    }
}

/// The class of the family with this key; the weakest for one that is not known.
#[must_use]
pub fn class_of(key: &str) -> Class {
    family(key).map_or(Class::C, Family::class)
}

/// The family with this key.
#[must_use]
pub fn family(key: &str) -> Option<&'static Family> {
    FAMILIES.iter().find(|family| family.key == key)
}

/// Makes the driver of one printer; `None` if the family is unknown. Nothing is sent yet.
///
/// Keep the driver for as long as the printer is known: a witness counts only with the driver that gave it.
#[must_use]
pub fn connect(
    family: &str,
    address: Address,
    secret: String,
    networks: Arc<Networks>,
    timeouts: Timeouts,
) -> Option<Arc<dyn Driver>> {
    match family {
        "octoprint" => Some(Arc::new(octoprint::OctoPrint::new(address, secret, networks, timeouts))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_can_be_connected() {
        for family in FAMILIES {
            let address = Address::parse("192.168.1.2", family.default_port).unwrap();
            let networks = Arc::new(Networks::private());
            assert!(connect(family.key, address, "k".into(), networks, Timeouts::default()).is_some());
        }
        assert!(family("nothing").is_none());
        assert_eq!(class_of("nothing"), Class::C);
    }
}
