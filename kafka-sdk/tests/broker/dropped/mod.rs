//! Futures that are dropped after each number of polls: the handle that they came from goes on as if nothing had been.

mod client;
mod consumer;
mod impatient;
mod producer;
mod reader;
mod typed;

use kafka_sdk::Result;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;
use tokio::time::timeout;

const SOON: Duration = Duration::from_secs(20);

/// Polls so many times at most, and then drops the future; what came of it, if it was done before.
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

/// Drops the future of `call` after no poll, one, two …, until it is done before; after each, `works` must come to its end.
async fn dropped_at_every_poll<T>(
    what: &str,
    mut call: impl AsyncFnMut() -> T,
    mut works: impl AsyncFnMut() -> Result<()>,
) -> Result<()> {
    for times in 0..200 {
        let outcome = polled(times, call()).await;
        let worked = timeout(SOON, works()).await;
        worked.unwrap_or_else(|_| panic!("{what}: nothing goes on after {times} polls"))?;
        if outcome.is_some() {
            return Ok(());
        }
    }
    panic!("{what}: not done after 200 polls");
}
