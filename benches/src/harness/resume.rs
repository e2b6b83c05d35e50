use super::job::Job;
use super::latency::Latencies;
use std::time::{Duration, Instant};

/// For so long nothing is read: the client fetches ahead until it has what it may have.
const PAUSE: Duration = Duration::from_millis(400);
/// For so long all is read that comes.
const READING: Duration = Duration::from_millis(200);

/// Times in which nothing is read, and times in which all is; the longest wait for a record in each of these.
pub struct Drains {
    begun: Instant,
    warm_up: Duration,
    until: Duration,
    longest: Duration,
    waits: Latencies,
    pub warm_up_records: u64,
    pub records: u64,
}

impl Drains {
    #[must_use]
    pub fn new(job: &Job) -> Self {
        let (begun, warm_up) = (Instant::now(), job.warm_up());
        Self {
            begun,
            warm_up,
            until: warm_up + job.duration(),
            longest: Duration::ZERO,
            waits: Latencies::default(),
            warm_up_records: 0,
            records: 0,
        }
    }

    /// How long not to read now; none at the end.
    pub fn pause(&mut self) -> Option<Duration> {
        let counts = self.begun.elapsed() > self.warm_up && self.warm_up_records > 0;
        if counts && self.records > 0 {
            self.waits.record(std::mem::take(&mut self.longest));
        }
        (self.begun.elapsed() < self.until).then_some(PAUSE)
    }

    /// Until when to read after a pause.
    #[must_use]
    pub fn reading_until(&self) -> Instant {
        Instant::now() + READING
    }

    /// So many records have come after a wait.
    pub fn came(&mut self, records: u64, wait: Duration) {
        self.longest = self.longest.max(wait);
        if self.begun.elapsed() < self.warm_up {
            self.warm_up_records += records;
            self.longest = Duration::ZERO;
        } else {
            self.records += records;
        }
    }

    #[must_use]
    pub fn waits(&self) -> super::Latency {
        self.waits.summary(&Latencies::default())
    }
}
