//! Why a letter did not go, in sentences for the Admin who waits for it. What the mail server itself says is quoted, and cut.

use std::error::Error as _;

use lettre::transport::smtp::Error;
use rustls::CertificateError;

/// A mail server's own words are cut here.
const LONGEST_QUOTE: usize = 200;

/// Why a letter did not go.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// It never will: the address or the letter is refused.
    #[error("{0}")]
    Never(String),
    /// The server cannot be reached or not be trusted, or asks to come again.
    #[error("{0}")]
    Later(String),
}

/// Only an answer about this very letter is for ever; what is wrong with the way there can be put right.
pub(crate) fn of(error: &Error) -> Fault {
    if let Some(code) = error.status() {
        let code = u16::from(code);
        let words = error.source().map(ToString::to_string).unwrap_or_default();
        return match code {
            530 | 534 | 535 | 538 => Fault::Later(format!(
                "The mail server does not let this server in ({}). The operator sets smtp_user and smtp_password.",
                quoted(code, &words)
            )),
            _ if error.is_permanent() => {
                Fault::Never(format!("The mail server refused the letter: {}.", quoted(code, &words)))
            }
            _ => Fault::Later(format!("The mail server asks to come again: {}.", quoted(code, &words))),
        };
    }
    if error.is_client() && error.to_string().contains("SMTPUTF8") {
        return Fault::Never(
            "The mail server cannot write to an address with such letters (it does not offer SMTPUTF8). Give the link by hand.".to_owned(),
        );
    }
    Fault::Later(match tls(error) {
        Some(rustls::Error::InvalidCertificate(why)) => certificate(why).to_owned(),
        Some(_) => "The mail server does not speak TLS as it should. The operator checks smtp_port and smtp_security.".to_owned(),
        None if error.is_client() && error.to_string().contains("STARTTLS") => {
            "The mail server does not offer STARTTLS, and nothing is sent readable. The operator checks smtp_port and smtp_security."
                .to_owned()
        }
        None if error.is_timeout() => "The mail server takes too long.".to_owned(),
        None => "The mail server cannot be reached. The operator checks smtp_host and smtp_port.".to_owned(),
    })
}

fn certificate(why: &CertificateError) -> &'static str {
    match why {
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "The mail server's certificate is for another name. The operator sets smtp_host to the name in the certificate."
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "The mail server's certificate has expired. The operator of the mail server renews it."
        }
        _ => {
            "The mail server's certificate is not trusted here. If its authority is your own, the operator names its file in smtp_ca."
        }
    }
}

/// The words of TLS, which lie inside of an error of the connection.
fn tls(error: &Error) -> Option<&rustls::Error> {
    let mut at = error.source();
    while let Some(inner) = at {
        if let Some(io) = inner.downcast_ref::<std::io::Error>() {
            return io.get_ref().and_then(|inside| inside.downcast_ref());
        }
        at = inner.source();
    }
    None
}

fn quoted(code: u16, words: &str) -> String {
    let words: String = words.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST_QUOTE).collect();
    format!("{code} {}", words.trim().trim_end_matches('.')).trim_end().to_owned()
}
