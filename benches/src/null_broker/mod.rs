//! A broker that does nothing: what a client takes with it is its own.
//!
//! It acknowledges what is produced without storing it, and serves batches that were made before, at whatever offset is
//! asked for, without an end. Every topic exists, with the same number of partitions. A thread for each connection,
//! blocking sockets, one write for each answer: so the client is the limit, as the `floor` program shows in each run.
//!
//! ```text
//! connection   a thread: requests in, answers out, in order
//! delayed      answers after a while, requests meanwhile
//! api          which API is answered by what
//! produce      counts batches;  check looks into them
//! fetch        lends out canned batches, their offsets patched
//! cluster      ApiVersions, Metadata, InitProducerId, ListOffsets
//! group        groups of one member, where it is to have them
//! ```

mod api;
mod canned;
mod check;
mod cluster;
mod connection;
mod counters;
mod delayed;
mod fetch;
mod group;
mod produce;

use crate::null_broker::canned::Canned;
use crate::null_broker::check::Checks;
use crate::null_broker::cluster::Topics;
pub use counters::Counted;
use counters::Counters;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What it poses as.
#[derive(Clone, Debug)]
pub struct Settings {
    /// 0 for any.
    pub port: u16,
    /// Of every topic.
    pub partitions: i32,
    /// Between a request and its answer; the next requests are read meanwhile.
    pub delay: Duration,
    /// Whether the checksum, the records and the sequence numbers of each batch are checked.
    pub checking: bool,
    /// Whether what is produced is acknowledged: else it is only read.
    pub acknowledging: bool,
    /// Whether there are groups: only then their APIs are listed, and clients do as with a broker that has them.
    pub grouping: bool,
    /// Of each record in what is fetched.
    pub record_size: usize,
    /// Of each batch in what is fetched, at most.
    pub batch_bytes: usize,
    /// As much one partition has in an answer, at most.
    pub canned_bytes: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            port: 0,
            partitions: 1,
            delay: Duration::ZERO,
            checking: false,
            acknowledging: true,
            grouping: false,
            record_size: 100,
            batch_bytes: 64 << 10,
            canned_bytes: 1 << 20,
        }
    }
}

/// A null broker on 127.0.0.1. Its threads end with their connections, or with the process.
pub struct NullBroker {
    shared: Arc<Shared>,
}

/// What the connections share.
struct Shared {
    settings: Settings,
    address: SocketAddr,
    counters: Counters,
    checks: Option<Mutex<Checks>>,
    canned: Canned,
    topics: Mutex<Topics>,
    /// The next offset of each partition, in whatever topic.
    ends: Vec<AtomicI64>,
    producers: AtomicI64,
}

impl NullBroker {
    /// Listens.
    ///
    /// # Errors
    /// The port is taken.
    pub fn start(settings: Settings) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, settings.port))?;
        let shared = Arc::new(Shared {
            address: listener.local_addr()?,
            counters: Counters::default(),
            checks: settings.checking.then(Mutex::default),
            canned: Canned::new(settings.record_size, settings.batch_bytes, settings.canned_bytes),
            topics: Mutex::default(),
            ends: (0..settings.partitions).map(|_| AtomicI64::new(0)).collect(),
            producers: AtomicI64::new(1),
            settings,
        });
        let accepting = shared.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = accepting.clone();
                thread::spawn(move || connection::serve(&shared, stream));
            }
        });
        Ok(Self { shared })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.shared.address
    }

    /// What there was so far.
    #[must_use]
    pub fn counted(&self) -> Counted {
        self.shared.counters.counted()
    }
}

impl Shared {
    /// Where `records` more are appended to the partition.
    fn append(&self, partition: i32, records: i64) -> i64 {
        let end = usize::try_from(partition).ok().and_then(|index| self.ends.get(index));
        end.map_or(-1, |end| end.fetch_add(records, Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests;
