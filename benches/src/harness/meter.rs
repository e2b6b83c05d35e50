use super::allocator::Heap;
use super::report::Measured;
use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::TimeVal;
use std::time::Instant;

/// The time and the processor's time of this process, from its start on.
pub struct Meter {
    begun: Instant,
    usage: Usage,
    allocations: Option<u64>,
}

impl Meter {
    #[must_use]
    pub fn start() -> Self {
        Self { usage: usage(), allocations: Heap::allocations(), begun: Instant::now() }
    }

    /// What `records` took.
    #[must_use]
    pub fn stop(&self, records: u64) -> Measured {
        let wall = self.begun.elapsed().as_secs_f64();
        let (before, after) = (&self.usage, usage());
        let allocations = Heap::allocations().zip(self.allocations).map(|(after, before)| after - before);
        Measured {
            records,
            wall,
            user: seconds(after.user_time()) - seconds(before.user_time()),
            sys: seconds(after.system_time()) - seconds(before.system_time()),
            allocations,
            max_rss_kib: after.max_rss() as u64,
            voluntary_switches: (after.voluntary_context_switches() - before.voluntary_context_switches())
                as u64,
            involuntary_switches: (after.involuntary_context_switches()
                - before.involuntary_context_switches()) as u64,
        }
    }
}

/// What the process has in memory now.
#[must_use]
pub fn resident_bytes() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm")
        .ok()
        .and_then(|text| text.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()));
    pages.unwrap_or_default() * 4_096
}

fn usage() -> Usage {
    getrusage(UsageWho::RUSAGE_SELF).expect("a process has its usage")
}

fn seconds(time: TimeVal) -> f64 {
    time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6
}
