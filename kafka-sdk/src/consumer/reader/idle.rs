//! How long nothing has come.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::time::{Instant, Sleep, sleep, sleep_until};

/// Runs while somebody waits for a record, and from the beginning after each record.
#[derive(Debug)]
pub(in super::super) struct Idle {
    limit: Duration,
    timer: Pin<Box<Sleep>>,
    /// None while nobody waits.
    until: Option<Instant>,
}

impl Idle {
    pub(super) fn new(limit: Duration) -> Self {
        Self { limit, timer: Box::pin(sleep(limit)), until: None }
    }

    /// A record has come.
    pub(super) fn reset(&mut self) {
        self.until = None;
    }

    /// Ready when nothing has come for long enough.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let until = *self.until.get_or_insert_with(|| Instant::now() + self.limit);
        // On the runtime that polls it: the one of an earlier call may have ended, and its timers panic then.
        match Handle::try_current() {
            Ok(_) => self.timer.set(sleep_until(until)),
            Err(_) => self.timer.as_mut().reset(until),
        }
        let waited = self.timer.as_mut().poll(cx);
        if waited.is_ready() {
            self.until = None;
        }
        waited
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use std::future::poll_fn;
    use tokio::runtime::Builder;
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

    #[test]
    fn a_wait_goes_on_when_the_runtime_that_it_began_on_has_ended() {
        let runtime = || Builder::new_current_thread().enable_time().build().unwrap();
        let first = runtime();
        let mut idle = first.block_on(async { Idle::new(2 * SECOND) });
        assert!(first.block_on(async { poll_fn(|cx| idle.poll(cx)).now_or_never() }).is_none());
        drop(first);
        assert!(runtime().block_on(async { poll_fn(|cx| idle.poll(cx)).now_or_never() }).is_none());
    }
}
