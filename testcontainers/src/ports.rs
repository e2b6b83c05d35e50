//! Ports that are ours alone, for as long as we hold them.
//!
//! A port that was merely free a moment ago may be taken before the broker binds it: by another test process, or by
//! the kernel for an outgoing connection. So ports come from outside the kernel's ephemeral range, each is claimed by
//! an exclusive lock on a file named after it, and a bind shows that nobody else listens there. The claim is held for
//! the life of the cluster, so a node that is restarted finds its ports as it left them.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use crate::Error;

/// Below are well-known services.
const LOWEST: u16 = 15_000;
/// What a machine that hides its range most likely uses: the range that IANA reserves for it.
const USUAL_EPHEMERAL: RangeInclusive<u16> = 49_152..=65_535;
/// Fewer candidates than this, and the ephemeral range is ignored: better a small risk than no port.
const ENOUGH: usize = 500;

/// A claimed port. Dropping it gives the port back.
#[derive(Debug)]
pub(crate) struct Port {
    number: u16,
    _claim: File,
}

impl Port {
    pub(crate) fn number(&self) -> u16 {
        self.number
    }
}

/// Claims `count` ports.
pub(crate) fn claim(count: usize) -> Result<Vec<Port>, Error> {
    let folder = claims_folder()?;
    let candidates = candidates(&ephemeral_range());
    let start = fastrand::usize(..candidates.len());
    let in_turn = candidates[start..].iter().chain(&candidates[..start]);
    let ports: Vec<Port> = in_turn.filter_map(|&number| claim_one(&folder, number)).take(count).collect();
    if ports.len() < count { Err(Error::Ports { wanted: count, folder }) } else { Ok(ports) }
}

fn claim_one(folder: &Path, number: u16) -> Option<Port> {
    let claim = File::options().create(true).append(true).open(folder.join(number.to_string())).ok()?;
    claim.try_lock().ok()?;
    TcpListener::bind((Ipv4Addr::LOCALHOST, number)).ok()?;
    Some(Port { number, _claim: claim })
}

/// One folder for each user: nobody can lock another user's files.
fn claims_folder() -> Result<PathBuf, Error> {
    let user = rustix::process::getuid().as_raw();
    let folder = std::env::temp_dir().join(format!("kafka-sdk-ports-{user}"));
    fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
    Ok(folder)
}

fn candidates(ephemeral: &RangeInclusive<u16>) -> Vec<u16> {
    let outside: Vec<u16> = (LOWEST..=u16::MAX).filter(|port| !ephemeral.contains(port)).collect();
    if outside.len() < ENOUGH { (LOWEST..=u16::MAX).collect() } else { outside }
}

fn ephemeral_range() -> RangeInclusive<u16> {
    fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range")
        .ok()
        .and_then(|text| parse_range(&text))
        .unwrap_or(USUAL_EPHEMERAL)
}

fn parse_range(text: &str) -> Option<RangeInclusive<u16>> {
    let mut words = text.split_whitespace().map(str::parse);
    Some(words.next()?.ok()?..=words.next()?.ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_outside_the_ephemeral_range() {
        let ephemeral = ephemeral_range();
        for port in claim(50).unwrap() {
            assert!(!ephemeral.contains(&port.number()), "{port:?}");
        }
    }

    #[test]
    fn no_port_is_given_twice() {
        let held = claim(200).unwrap();
        for port in claim(200).unwrap() {
            assert!(held.iter().all(|other| other.number() != port.number()));
        }
    }

    #[test]
    fn a_dropped_port_can_be_claimed_again() {
        let folder = claims_folder().unwrap();
        let number = claim(1).unwrap()[0].number();
        assert_eq!(claim_one(&folder, number).map(|port| port.number()), Some(number));
    }

    #[test]
    fn a_port_that_somebody_listens_on_is_not_given() {
        let folder = claims_folder().unwrap();
        let number = claim(1).unwrap()[0].number();
        let _listener = TcpListener::bind((Ipv4Addr::LOCALHOST, number)).unwrap();
        assert!(claim_one(&folder, number).is_none());
    }

    #[test]
    fn an_ephemeral_range_of_everything_leaves_candidates() {
        assert_eq!(parse_range("1024\t65535\n"), Some(1024..=65_535));
        assert!(candidates(&(1024..=65_535)).len() > ENOUGH);
        assert!(!candidates(&(32_768..=60_999)).contains(&40_000));
    }
}
