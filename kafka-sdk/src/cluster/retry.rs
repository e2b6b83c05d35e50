//! Attempts within a time, with pauses that grow between them.

use crate::backoff::Backoff;
use crate::clock::after;
use crate::error::{Advice, Error, Result};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// How long a call goes on trying.
#[derive(Clone, Debug)]
pub(crate) struct Attempts {
    deadline: Instant,
    backoff: Backoff,
    failures: u32,
}

impl Attempts {
    pub(crate) fn within(time: Duration, backoff: Backoff) -> Self {
        Self { deadline: after(Instant::now(), time), backoff, failures: 0 }
    }

    pub(crate) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// How many have failed.
    pub(crate) fn failures(&self) -> u32 {
        self.failures
    }

    /// What is left of the time.
    pub(crate) fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Waits before the next attempt.
    ///
    /// # Errors
    /// `error`, where another attempt would not mend it, or there is no time for one.
    pub(crate) async fn pause(&mut self, error: Error) -> Result<()> {
        self.pause_until(self.deadline, error).await
    }

    /// As [`Self::pause`], with less time for this kind of error.
    ///
    /// # Errors
    /// As [`Self::pause`].
    pub(crate) async fn pause_until(&mut self, deadline: Instant, error: Error) -> Result<()> {
        self.failures += 1;
        let next = Instant::now() + self.backoff.delay(self.failures, fastrand::f64());
        if error.advice() != Advice::Retry || next >= deadline.min(self.deadline) {
            return Err(error);
        }
        sleep_until(next).await;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn passing() -> Error {
        Error::new(ErrorKind::Connect, "x")
    }

    #[tokio::test(start_paused = true)]
    async fn pauses_grow_until_the_time_is_over() {
        let start = Instant::now();
        let mut attempts = Attempts::within(Duration::from_secs(5), Backoff::RETRY);
        let mut tried = 1;
        while attempts.pause(passing()).await.is_ok() {
            tried += 1;
        }
        assert!((6..=9).contains(&tried), "{tried} attempts in 5 s");
        assert!(start.elapsed() < Duration::from_secs(5));
    }

    #[tokio::test(start_paused = true)]
    async fn what_would_not_pass_is_not_tried_again() {
        let mut attempts = Attempts::within(Duration::MAX, Backoff::RETRY);
        assert!(attempts.pause(Error::new(ErrorKind::Unsupported, "x")).await.is_err());
        assert!(attempts.pause(passing()).await.is_ok());
    }
}
