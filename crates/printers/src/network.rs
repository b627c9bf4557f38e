//! Which addresses this server may talk to as printers. Fails closed; knows no printer and sends nothing.
//!
//! Printers live in private networks, so private ranges cannot be refused the way a web hook would refuse them.
//! Instead the operator names the networks, a few targets are refused whatever the list says, and a name is resolved
//! once: every address is checked and the connection goes to a checked address, never to the name again.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    time::Duration,
};

use ipnet::IpNet;

use crate::{Address, Fault};

/// The private ranges, the default of a self-hosted server.
pub const PRIVATE: &[&str] = &["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"];

/// Addresses by which clouds hand secrets to their guests; they lie in ranges that may be allowed.
const METADATA: &[IpAddr] = &[
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
    IpAddr::V6(Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xc1, 0, 0, 0, 0, 0xa9fe, 0xa9fe)),
];

/// What is wrong with the configured networks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NetworksError {
    /// Not a network such as `192.168.0.0/16`.
    #[error("{0:?} is not a network: write it like 192.168.0.0/16")]
    Network(String),
    /// Not a `host:port`.
    #[error("{0:?} is not an exact host:port: {1}")]
    Exception(String, crate::AddressError),
    /// An exception without a port.
    #[error("{0:?} needs a port: an exception names exactly one host:port")]
    NoPort(String),
}

/// The policy. Made from configuration only, never from a request.
#[derive(Debug, Clone)]
pub struct Networks {
    allowed: Vec<IpNet>,
    exceptions: Vec<Address>,
}

impl Networks {
    /// `allowed`: networks such as `192.168.0.0/16`. `exceptions`: exact `host:port` on this very machine (loopback or
    /// an address of its own) that may be used as a printer: the demo and the tests do.
    ///
    /// # Errors
    /// [`NetworksError`] names the entry.
    pub fn new<A: AsRef<str>, B: AsRef<str>>(allowed: &[A], exceptions: &[B]) -> Result<Self, NetworksError> {
        let network = |text: &str| -> Result<IpNet, NetworksError> {
            let text = text.trim();
            text.parse::<IpNet>()
                .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
                .map_err(|_| NetworksError::Network(text.to_owned()))
        };
        let exception = |text: &str| -> Result<Address, NetworksError> {
            let failed = |error| NetworksError::Exception(text.to_owned(), error);
            let one = Address::parse(text, 1).map_err(failed)?;
            let two = Address::parse(text, 2).map_err(failed)?;
            if one == two { Ok(one) } else { Err(NetworksError::NoPort(text.to_owned())) }
        };
        Ok(Self {
            allowed: allowed.iter().map(|text| network(text.as_ref())).collect::<Result<_, _>>()?,
            exceptions: exceptions.iter().map(|text| exception(text.as_ref())).collect::<Result<_, _>>()?,
        })
    }

    /// The default: the private ranges and nothing on this machine.
    #[must_use]
    pub fn private() -> Self {
        Self { allowed: PRIVATE.iter().filter_map(|text| text.parse().ok()).collect(), exceptions: Vec::new() }
    }

    /// Checks one resolved address of `address`.
    ///
    /// # Errors
    /// The reason, in words for people.
    pub fn permit(&self, address: &Address, ip: IpAddr) -> Result<(), String> {
        let ip = ip.to_canonical();
        if let Some(reason) = never(ip) {
            return Err(format!("{ip} is {reason}"));
        }
        if ip.is_loopback() || own(ip) {
            return match self.exceptions.contains(address) {
                true => Ok(()),
                false => Err(format!("{ip} is this server itself, and the configuration does not name {address}")),
            };
        }
        match self.allowed.iter().any(|network| network.contains(&ip)) {
            true => Ok(()),
            false => Err(format!("{ip} is outside of the printer networks that the operator allows")),
        }
    }

    /// Resolves once and keeps the addresses that are allowed. A connection must go to one of these.
    ///
    /// # Errors
    /// [`Fault::AddressNotAllowed`] if none is allowed, [`Fault::Unreachable`] if the name is not known in time.
    pub async fn resolve(&self, address: &Address, patience: Duration) -> Result<Vec<SocketAddr>, Fault> {
        let found: Vec<SocketAddr> = match address.ip() {
            Some(ip) => vec![SocketAddr::new(ip, address.port())],
            None => tokio::time::timeout(patience, tokio::net::lookup_host((address.host(), address.port())))
                .await
                .map_err(|_| Fault::Unreachable)?
                .map_err(|_| Fault::Unreachable)?
                .collect(),
        };
        let mut reason = None;
        let mut allowed = Vec::new();
        for socket in found {
            match self.permit(address, socket.ip()) {
                Ok(()) => allowed.push(SocketAddr::new(socket.ip().to_canonical(), address.port())),
                Err(text) => reason = reason.or(Some(text)),
            }
        }
        match (allowed.is_empty(), reason) {
            (false, _) => Ok(allowed),
            (true, Some(reason)) => Err(Fault::AddressNotAllowed(reason)),
            (true, None) => Err(Fault::Unreachable),
        }
    }
}

/// Refused whatever the configuration says. Expects a canonical address.
fn never(ip: IpAddr) -> Option<&'static str> {
    if METADATA.contains(&ip) {
        return Some("a cloud metadata address");
    }
    if ip.is_multicast() {
        return Some("a multicast address");
    }
    match ip {
        IpAddr::V4(v4) if v4.octets()[0] == 0 => Some("an unspecified address"),
        IpAddr::V4(v4) if v4.octets()[0] >= 240 => Some("a broadcast or reserved address"),
        IpAddr::V4(v4) if v4.is_link_local() => Some("a link-local address"),
        IpAddr::V6(v6) if v6.is_unspecified() => Some("an unspecified address"),
        IpAddr::V6(v6) if v6.is_unicast_link_local() => Some("a link-local address"),
        // ::a.b.c.d, the abandoned spelling of IPv4 in IPv6 (::1 is loopback and handled there).
        IpAddr::V6(v6) if v6.segments()[..6] == [0; 6] && !v6.is_loopback() => Some("a reserved address"),
        _ => None,
    }
}

/// Is this one of the server's own addresses? The system lets a socket be bound to those only; nothing is sent.
fn own(ip: IpAddr) -> bool {
    UdpSocket::bind((ip, 0)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(networks: &Networks, text: &str) -> Result<(), String> {
        let address = Address::parse(text, 80).unwrap();
        networks.permit(&address, address.ip().unwrap())
    }

    #[test]
    fn private_networks_are_allowed_by_default_and_others_are_not() {
        let networks = Networks::private();
        // TEST-NET addresses and these private ones are none of this machine's own.
        for text in ["10.250.251.252", "172.31.250.251", "192.168.250.251", "fd12:3456::1", "::ffff:192.168.250.251"] {
            assert_eq!(check(&networks, text), Ok(()), "{text}");
        }
        for text in ["8.8.8.8", "192.0.2.1", "172.32.0.1", "2001:db8::1", "100.64.0.1", "64:ff9b::7f00:1"] {
            assert!(check(&networks, text).is_err(), "{text}");
        }
    }

    #[test]
    fn some_targets_are_refused_even_if_every_network_is_allowed() {
        let networks = Networks::new(&["0.0.0.0/0", "::/0"], &["169.254.169.254:80"]).unwrap();
        assert_eq!(check(&networks, "8.8.8.8"), Ok(()));
        for text in [
            "0.0.0.0",
            "0.1.2.3",
            "127.0.0.1",
            "127.9.9.9",
            "169.254.169.254",
            "224.0.0.251",
            "255.255.255.255",
            "240.0.0.1",
            "100.100.100.200",
            "168.63.129.16",
            "::",
            "::1",
            "fe80::1",
            "ff02::fb",
            "fd00:ec2::254",
            "fd20:ce::254",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::7f00:1",
        ] {
            assert!(check(&networks, text).is_err(), "{text}");
        }
    }

    #[test]
    fn loopback_needs_an_exact_exception() {
        let networks = Networks::new(PRIVATE, &["127.0.0.1:5000", "[::1]:5001"]).unwrap();
        assert_eq!(check(&networks, "127.0.0.1:5000"), Ok(()));
        assert_eq!(check(&networks, "[::1]:5001"), Ok(()));
        assert_eq!(check(&networks, "[::ffff:127.0.0.1]:5000"), Ok(()));
        for text in ["127.0.0.1:5001", "127.0.0.2:5000", "[::1]:5000", "127.0.0.1"] {
            assert!(check(&networks, text).is_err(), "{text}");
        }
        assert!(matches!(Networks::new(PRIVATE, &["127.0.0.1"]), Err(NetworksError::NoPort(_))));
        assert!(matches!(Networks::new(&["192.168.1"], &[""; 0]), Err(NetworksError::Network(_))));
    }

    #[test]
    fn the_servers_own_addresses_are_known_without_sending_anything() {
        assert!(own("127.0.0.1".parse().unwrap()));
        assert!(!own("192.0.2.1".parse().unwrap()));
    }

    #[tokio::test]
    async fn a_name_that_leads_to_this_machine_is_refused_after_resolving() {
        let networks = Networks::private();
        let address = Address::parse("localhost:5000", 80).unwrap();
        let fault = networks.resolve(&address, Duration::from_secs(5)).await.unwrap_err();
        assert!(matches!(fault, Fault::AddressNotAllowed(_)), "{fault:?}");
        let excepted = Networks::new(PRIVATE, &["localhost:5000"]).unwrap();
        let found = excepted.resolve(&address, Duration::from_secs(5)).await.unwrap();
        assert!(found.iter().all(|socket| socket.ip().is_loopback() && socket.port() == 5000));
    }
}
