use super::cores::pin_thread;
use super::job::Job;
use super::latency::Latencies;
use std::thread;
use std::time::{Duration, Instant};

/// When records are due, whatever became of those before: no omission is coordinated with the client.
pub struct Pacer {
    interval: Duration,
    warm_up: u64,
    records: u64,
}

impl Pacer {
    #[must_use]
    pub fn new(job: &Job) -> Self {
        let count = |time: Duration| (time.as_secs_f64() * f64::from(job.rate)) as u64;
        Self { interval: job.interval(), warm_up: count(job.warm_up()), records: count(job.duration()) }
    }

    /// Those that do not count.
    #[must_use]
    pub fn warm_up(&self) -> u64 {
        self.warm_up
    }

    /// Those that count.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Calls `send` with the number of each record and when it was due, from this thread, which it binds to `core`. It
    /// sleeps meanwhile. Gives how late each call was.
    pub fn run(&self, core: Option<usize>, mut send: impl FnMut(u64, Instant)) -> Latencies {
        if let Some(core) = core {
            pin_thread(core).expect("the core exists");
        }
        // Linux lets a sleeper oversleep by 50 µs unless told otherwise.
        let _ = nix::sys::prctl::set_timerslack(1);
        let mut lateness = Latencies::default();
        let mut due = Instant::now() + Duration::from_millis(10);
        for number in 0..self.warm_up + self.records {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            if number >= self.warm_up {
                lateness.record(due.elapsed());
            }
            send(number, due);
            due += self.interval;
        }
        lateness
    }
}
