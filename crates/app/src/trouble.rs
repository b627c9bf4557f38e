//! What is wrong with a printer, in sentences for people, and what to do about it.

use ::printers::Fault;

/// What is remembered of a printer whose stored address or key cannot be used at all.
pub(crate) const UNUSABLE: &str = "unusable";

/// Why a printer cannot be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// A stable word.
    pub code: &'static str,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub advice: String,
}

impl Trouble {
    /// Of a printer that is being added.
    #[must_use]
    pub fn of(fault: &Fault) -> Self {
        let (problem, advice): (String, &str) = match fault {
            Fault::Unreachable => (
                "Nothing answers at this address.".into(),
                "Check that the printer is on, that the address is right, and that this server is on the same network.",
            ),
            Fault::WrongDevice => (
                "Something answers at this address, but it is not OctoPrint.".into(),
                "Check the address and the port; OctoPrint often listens on port 80 or 5000.",
            ),
            Fault::BadCredential => (
                "The printer does not accept this key.".into(),
                "In OctoPrint, open Settings, Application keys, make a key for Imprimatur and paste it here.",
            ),
            Fault::AddressNotAllowed(why) => (
                format!("This address is not allowed here: {why}."),
                "The operator of this server sets in printer_networks where printers may be, and in printer_exceptions which \
                 addresses of this very machine are printers.",
            ),
            Fault::Refused(text) => {
                (format!("The printer refused: {text}."), "Look at the printer's own page for the reason.")
            }
        };
        Self { code: fault.code(), problem, advice: advice.to_owned() }
    }

    /// Of a printer that is here, from what the watcher remembered.
    #[must_use]
    pub fn read(stored: &str) -> Self {
        match Fault::read(stored) {
            Some(fault @ Fault::BadCredential) => Self {
                advice: "In OctoPrint, open Settings, Application keys, and look whether the key for Imprimatur is still there. With a \
                         new key, remove the printer here and add it again."
                    .to_owned(),
                ..Self::of(&fault)
            },
            Some(fault) => Self::of(&fault),
            None => Self {
                code: UNUSABLE,
                problem: "This printer's stored address or key cannot be used.".to_owned(),
                advice: "Remove the printer and add it again. If it is so with every printer, the operator of this server has to \
                         bring back the right master key."
                    .to_owned(),
            },
        }
    }

    /// Both sentences.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{} {}", self.problem, self.advice)
    }
}
