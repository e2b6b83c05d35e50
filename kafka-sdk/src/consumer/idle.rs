//! How long nothing has come.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep};

/// Runs while somebody waits for a record, and from the beginning after each record.
#[derive(Debug)]
pub(super) struct Idle {
    limit: Duration,
    timer: Pin<Box<Sleep>>,
    runs: bool,
}

impl Idle {
    pub(super) fn new(limit: Duration) -> Self {
        Self { limit, timer: Box::pin(sleep(limit)), runs: false }
    }

    /// A record has come.
    pub(super) fn reset(&mut self) {
        self.runs = false;
    }

    /// Ready when nothing has come for long enough.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.runs {
            self.timer.as_mut().reset(Instant::now() + self.limit);
            self.runs = true;
        }
        let waited = self.timer.as_mut().poll(cx);
        self.runs = waited.is_pending();
        waited
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use std::future::poll_fn;
    use tokio::time::advance;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn time_runs_while_somebody_waits_and_anew_after_each_record() {
        let mut idle = Idle::new(2 * SECOND);
        let mut waited = || poll_fn(|cx| idle.poll(cx)).now_or_never().is_some();
        advance(5 * SECOND).await;
        assert!(!waited(), "nobody has waited");
        advance(SECOND).await;
        assert!(!waited(), "who asks again goes on waiting");
        advance(SECOND).await;
        assert!(waited());
        assert!(!waited(), "and again");
        idle.reset();
        advance(3 * SECOND).await;
        let begun = Instant::now();
        poll_fn(|cx| idle.poll(cx)).await;
        assert_eq!(begun.elapsed(), 2 * SECOND);
    }
}
