//! Futures that are dropped before they are done, as `select!` and `timeout` do, and how many.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;
use tokio::time::sleep;

/// Drops futures, and counts those that were waiting. A cheap clone.
#[derive(Clone, Debug, Default)]
pub struct Drops(Arc<Mutex<BTreeMap<&'static str, u64>>>);

/// Polls that a future gets at most.
const POLLS: usize = 4;
/// How long a future is waited for at most, in microseconds.
const PATIENCE: u64 = 3_000;

impl Drops {
    /// What comes of the future, unless it is dropped before: when it is woken after one poll or several, or while it waits.
    pub async fn at_random<T>(&self, what: &'static str, future: impl Future<Output = T>) -> Option<T> {
        let polls = fastrand::usize(1..=POLLS);
        let patience = sleep(Duration::from_micros(fastrand::u64(..PATIENCE)));
        let outcome = tokio::select! {
            biased;
            outcome = polled(polls, future) => outcome,
            () = patience => None,
        };
        if outcome.is_none() {
            *self.lock().entry(what).or_default() += 1;
        }
        outcome
    }

    /// How many were dropped, by what they were.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<&'static str, u64> {
        self.lock().clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<&'static str, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Nothing, where so many polls were not enough.
async fn polled<T>(times: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut left = times;
    poll_fn(|cx| match left {
        0 => Poll::Ready(None),
        _ => {
            left -= 1;
            future.as_mut().poll(cx).map(Some)
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{pending, ready};

    #[tokio::test]
    async fn what_waits_is_dropped_and_counted_and_what_is_ready_is_neither() {
        let drops = Drops::default();
        assert_eq!(drops.at_random("ready", ready(1)).await, Some(1));
        assert_eq!(drops.counts(), BTreeMap::new());
        assert_eq!(drops.at_random("pending", pending::<()>()).await, None);
        assert_eq!(drops.counts(), BTreeMap::from([("pending", 1)]));
    }

    #[tokio::test]
    async fn a_future_is_dropped_where_it_has_been_woken() {
        let mut polls = 0;
        let counting = poll_fn(|cx| {
            polls += 1;
            cx.waker().wake_by_ref();
            Poll::<()>::Pending
        });
        assert_eq!(polled(3, counting).await, None);
        assert_eq!(polls, 3);
    }
}
