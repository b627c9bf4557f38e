//! Where a printer is: a host and a port, parsed from what a person typed. Never a URL, never a path.
//!
//! Parsing only checks the form; whether the address may be used is decided by [`crate::Networks`] at every connection.

use std::{fmt, net::IpAddr};

/// Why a text is not a printer's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Nothing was given.
    #[error("The address is empty.")]
    Empty,
    /// An encrypted address.
    #[error("https is not supported yet: give the address that answers plain http inside your network.")]
    Encrypted,
    /// Another scheme than http.
    #[error("Give only the host name or IP address and, if needed, the port.")]
    Scheme,
    /// A path, a query or a user name.
    #[error("Give only the host and the port, without a path, a user name or a question mark.")]
    Path,
    /// Not a port.
    #[error("The port must be a number from 1 to 65535.")]
    Port,
    /// Not a host name and not an IP address.
    #[error("This is not a host name or IP address.")]
    Host,
}

/// A host (name or IP address) and a port.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Address {
    host: String,
    ip: Option<IpAddr>,
    port: u16,
}

impl Address {
    /// Reads `192.168.1.20`, `octopi.lan:5000`, `[fd00::20]:80`, also with `http://` in front.
    ///
    /// # Errors
    /// [`AddressError`], in words for the person who typed it.
    pub fn parse(text: &str, default_port: u16) -> Result<Self, AddressError> {
        let text = text.trim().to_ascii_lowercase();
        if text.starts_with("https:") {
            return Err(AddressError::Encrypted);
        }
        let rest = text.strip_prefix("http://").unwrap_or(&text);
        if rest.contains("://") {
            return Err(AddressError::Scheme);
        }
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.is_empty() {
            return Err(AddressError::Empty);
        }
        if rest.contains(['/', '\\', '?', '#', '@', ' ']) {
            return Err(AddressError::Path);
        }
        if let Ok(ip) = rest.parse::<IpAddr>() {
            return Self::new(ip.to_string(), Some(ip), default_port);
        }
        if let Some((inside, port)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            let ip = inside.parse::<IpAddr>().map_err(|_| AddressError::Host)?;
            let port = match port.strip_prefix(':') {
                Some(port) => parse_port(port)?,
                None if port.is_empty() => default_port,
                None => return Err(AddressError::Host),
            };
            return Self::new(ip.to_string(), Some(ip), port);
        }
        if rest.contains('%') || rest.matches(':').count() > 1 {
            return Err(AddressError::Host);
        }
        let (host, port) = match rest.split_once(':') {
            Some((host, port)) => (host, parse_port(port)?),
            None => (rest, default_port),
        };
        Self::new(host.to_owned(), host.parse().ok(), port)
    }

    fn new(host: String, ip: Option<IpAddr>, port: u16) -> Result<Self, AddressError> {
        if port == 0 {
            return Err(AddressError::Port);
        }
        // An IPv4 address in IPv6 clothes is that IPv4 address.
        let ip = ip.map(|ip| ip.to_canonical());
        let host = ip.map_or(host, |ip| ip.to_string());
        if ip.is_none() && !host_name(&host) {
            return Err(AddressError::Host);
        }
        Ok(Self { host, ip, port })
    }

    /// The host as it is written, without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The address, if the host is one and no name.
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        self.ip
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.ip {
            Some(IpAddr::V6(ip)) => write!(f, "[{ip}]:{}", self.port),
            _ => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

fn parse_port(text: &str) -> Result<u16, AddressError> {
    if text.is_empty() || text.len() > 5 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(AddressError::Port);
    }
    text.parse().map_err(|_| AddressError::Port)
}

/// Names only. `2130706433`, `0x7f.1` and `127.1` are old spellings of addresses that libraries read in different ways,
/// so a host whose last part looks like a number is refused unless it is a plain IP address.
fn host_name(host: &str) -> bool {
    let plain = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            && !label.starts_with('-')
    };
    let host = host.strip_suffix('.').unwrap_or(host);
    let last = host.rsplit('.').next().unwrap_or_default();
    let number = last.bytes().all(|b| b.is_ascii_digit()) || last.starts_with("0x");
    host.len() <= 253 && !number && host.split('.').all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Result<String, AddressError> {
        Address::parse(text, 80).map(|address| address.to_string())
    }

    #[test]
    fn what_people_type_is_understood() {
        for (text, expected) in [
            ("192.168.1.20", "192.168.1.20:80"),
            (" http://Octopi.LAN:5000/ ", "octopi.lan:5000"),
            ("octopi", "octopi:80"),
            ("fd00::20", "[fd00::20]:80"),
            ("[fd00::20]:5000", "[fd00::20]:5000"),
            ("[fd00::20]", "[fd00::20]:80"),
            ("::ffff:127.0.0.1", "127.0.0.1:80"),
        ] {
            assert_eq!(shown(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_a_reason() {
        for (text, expected) in [
            ("", AddressError::Empty),
            ("http://", AddressError::Empty),
            ("https://octopi.lan", AddressError::Encrypted),
            ("ftp://octopi.lan", AddressError::Scheme),
            ("octopi.lan/api/files", AddressError::Path),
            ("http://a@b", AddressError::Path),
            ("octopi.lan?x=1", AddressError::Path),
            ("octopi.lan:0", AddressError::Port),
            ("octopi.lan:99999", AddressError::Port),
            ("octopi.lan:+80", AddressError::Port),
            ("2130706433", AddressError::Host),
            ("0x7f.0x1", AddressError::Host),
            ("127.1", AddressError::Host),
            ("010.0.0.1", AddressError::Host),
            ("fe80::1%eth0", AddressError::Host),
            ("-oProxy.lan", AddressError::Host),
            ("a..b", AddressError::Host),
            ("drucker\u{202e}.lan", AddressError::Host),
        ] {
            assert_eq!(Address::parse(text, 80), Err(expected), "{text}");
        }
    }
}
