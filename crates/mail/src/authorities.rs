//! Certificate authorities that an operator trusts for the mail server, beside the system's: a school often has one of its own.

use lettre::transport::smtp::client::{Certificate, TlsParametersBuilder};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// Certificates of authorities; none by default.
#[derive(Clone, Default)]
pub struct Authorities(Vec<Certificate>);

impl Authorities {
    /// Reads PEM: one certificate or several, each between `BEGIN CERTIFICATE` and `END CERTIFICATE`.
    ///
    /// # Errors
    /// What is wrong with it, to be put behind the name of the file.
    pub fn parse(pem: &[u8]) -> Result<Self, String> {
        let mut found = Vec::new();
        for (n, der) in CertificateDer::pem_slice_iter(pem).enumerate() {
            let broken = || format!("its certificate number {} cannot be read; copy the file again", n + 1);
            let der = der.map_err(|_| broken())?;
            // Here, and not at the first letter.
            RootCertStore::empty().add(der.clone()).map_err(|_| broken())?;
            found.push(Certificate::from_der(der.to_vec()).map_err(|_| broken())?);
        }
        if found.is_empty() {
            return Err("it holds no certificate in PEM, which begins with -----BEGIN CERTIFICATE-----".to_owned());
        }
        Ok(Self(found))
    }

    pub(crate) fn trusted_by(&self, builder: TlsParametersBuilder) -> TlsParametersBuilder {
        self.0.iter().cloned().fold(builder, TlsParametersBuilder::add_root_certificate)
    }

    /// None but the system's.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_refused_with_a_reason() {
        let broken = "-----BEGIN CERTIFICATE-----\nbm90IG9uZQ==\n-----END CERTIFICATE-----\n";
        let key = "-----BEGIN PRIVATE KEY-----\nbm90IG9uZQ==\n-----END PRIVATE KEY-----\n";
        for (text, says) in
            [("", "no certificate"), ("hello", "no certificate"), (key, "no certificate"), (broken, "number 1")]
        {
            let refused = Authorities::parse(text.as_bytes()).map(drop).unwrap_err();
            assert!(refused.contains(says), "{text}: {refused}");
        }
        assert!(Authorities::default().is_empty());
    }
}
