use super::latency::Latency;
use serde::{Deserialize, Serialize};

/// What a client's program prints as JSON, whatever it is written in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// Name and version.
    pub client: String,
    /// Records before the measured ones.
    pub warm_up_records: u64,
    #[serde(flatten)]
    pub measured: Measured,
    /// Records that were not acknowledged, as far as the client says so.
    #[serde(default)]
    pub failed: u64,
    /// How often the client had no room, and the same record was offered again.
    #[serde(default)]
    pub queue_full: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency: Option<Latency>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<Held>,
}

/// What was measured after the warm-up: all records that were written were acknowledged within it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Measured {
    pub records: u64,
    /// Seconds.
    pub wall: f64,
    /// Seconds of the processor in the program, all threads together.
    pub user: f64,
    /// Seconds of the processor in the kernel.
    pub sys: f64,
    /// Calls to the allocator, where they can be counted.
    pub allocations: Option<u64>,
    /// Of the whole process, from its start.
    pub max_rss_kib: u64,
    pub voluntary_switches: u64,
    pub involuntary_switches: u64,
}

/// Memory of records that wait.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Held {
    pub records: u64,
    /// As the allocator says, where it can.
    pub heap_bytes: Option<u64>,
    pub resident_bytes: u64,
}

impl Measured {
    #[must_use]
    pub fn cpu(&self) -> f64 {
        self.user + self.sys
    }
}

impl Report {
    /// The one line on standard output.
    pub fn print(&self) {
        println!("{}", serde_json::to_string(self).expect("numbers and strings"));
    }
}
