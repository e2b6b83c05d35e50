//! Where a broker listens: text becomes host and port once, here.

use crate::error::{Error, ErrorKind};
use std::fmt;
use std::sync::Arc;

/// Host and port of a listener.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Address {
    pub(crate) host: Arc<str>,
    pub(crate) port: u16,
}

const DEFAULT_PORT: u16 = 9092;

impl Address {
    /// Of `host:port`, `host` (port 9092), `[ipv6]:port` or `PLAINTEXT://host:port`.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let refuse = |why: &str| {
            Error::new(
                ErrorKind::Settings,
                format!("bootstrap address {text:?} {why}; \"host:9092\" is expected"),
            )
        };
        let rest = match text.split_once("://") {
            None => text,
            Some((protocol, rest)) if protocol.eq_ignore_ascii_case("plaintext") => rest,
            Some((protocol, _)) => {
                return Err(refuse(&format!("asks for {protocol}, which this version does not speak")));
            }
        };
        let (host, port) = match rest.strip_prefix('[') {
            Some(bracketed) => {
                let (host, port) =
                    bracketed.split_once(']').ok_or_else(|| refuse("has no closing bracket"))?;
                (host, port.strip_prefix(':'))
            }
            None => match rest.rsplit_once(':') {
                Some((host, _)) if host.contains(':') => return Err(refuse("needs brackets around IPv6")),
                Some((host, port)) => (host, Some(port)),
                None => (rest, None),
            },
        };
        if host.is_empty() || host.contains(char::is_whitespace) {
            return Err(refuse("has no host name"));
        }
        let port = match port {
            None => DEFAULT_PORT,
            Some(port) => port.parse().ok().filter(|&p| p > 0).ok_or_else(|| {
                refuse(&format!("has {port:?} for a port, which is a number from 1 to 65535"))
            })?,
        };
        Ok(Self { host: host.into(), port })
    }

    /// Of a comma-separated list; there must be at least one.
    pub(crate) fn parse_list(text: &str) -> Result<Vec<Self>, Error> {
        let mut addresses: Vec<Self> = Vec::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let address = Self::parse(part)?;
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        if addresses.is_empty() { Err(Self::missing()) } else { Ok(addresses) }
    }

    /// That there is no address to begin with.
    pub(crate) fn missing() -> Error {
        let text = "no bootstrap address: name at least one, as in \"localhost:9092\", by bootstrap.servers where settings have \
                    names (KAFKA_BOOTSTRAP_SERVERS in the environment)";
        Error::new(ErrorKind::Settings, text)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_as_java_reads_them() {
        let shown = |text: &str| {
            let list = Address::parse_list(text).unwrap();
            list.iter().map(Address::to_string).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(shown("a:1, b:2 ,,a:1"), "a:1 b:2");
        assert_eq!(shown("plain"), "plain:9092");
        assert_eq!(shown("[::1]:9093,[fe80::1]"), "[::1]:9093 [fe80::1]:9092");
        assert_eq!(shown("PLAINTEXT://h:9"), "h:9");
    }

    #[test]
    fn what_is_no_address_is_named() {
        for wrong in ["", " , ", "h:x", "h:0", "h:70000", ":9092", "::1:9092", "[::1", "a b:1", "SSL://h:1"] {
            let error = Address::parse_list(wrong).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Settings, "{wrong}");
            assert!(error.to_string().contains(wrong.trim_matches([' ', ','])), "{error}");
        }
    }
}
