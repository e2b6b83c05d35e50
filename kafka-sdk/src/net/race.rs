//! Several ways to one end, tried one after the other without waiting long for each (RFC 8305's way).

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::future::Future;
use std::time::Duration;
use tokio::time::sleep;

/// How long one way is tried alone before the next one is tried besides.
const HEAD_START: Duration = Duration::from_millis(250);

/// The first that succeeds. Each is begun when the one before it has failed, or has taken a while. None if there are
/// none; else the last error to come, if all fail.
pub(crate) async fn first_success<T, E, F>(ways: impl IntoIterator<Item = F>) -> Option<Result<T, E>>
where
    F: Future<Output = Result<T, E>>,
{
    let mut ways = ways.into_iter();
    let mut under_way = FuturesUnordered::new();
    let mut last = None;
    loop {
        let next = ways.next();
        let more = next.is_some();
        under_way.extend(next);
        if under_way.is_empty() && !more {
            return last;
        }
        tokio::select! {
            biased;
            Some(outcome) = under_way.next() => match outcome {
                Ok(success) => return Some(Ok(success)),
                Err(error) => last = Some(Err(error)),
            },
            () = sleep(HEAD_START), if more => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{pending, ready};
    use tokio::time::Instant;

    /// Ends after so many milliseconds.
    async fn after(millis: u64, outcome: Result<u64, u64>) -> Result<u64, u64> {
        sleep(Duration::from_millis(millis)).await;
        outcome
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_hangs_holds_up_the_next_only_for_a_while() {
        let start = Instant::now();
        let ways = [(100_000, Ok(1)), (100_000, Ok(2)), (10, Ok(3))];
        let first = first_success(ways.map(|(millis, outcome)| after(millis, outcome))).await;
        assert_eq!(first, Some(Ok(3)));
        assert!(start.elapsed() <= Duration::from_millis(600), "{:?}", start.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_fails_holds_up_nobody() {
        let start = Instant::now();
        let ways = [(0, Err(1)), (0, Err(2)), (5, Ok(3))];
        assert_eq!(first_success(ways.map(|(millis, outcome)| after(millis, outcome))).await, Some(Ok(3)));
        assert!(start.elapsed() < Duration::from_millis(50));
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_one_can_still_win() {
        let ways = [(400, Ok(1)), (300_000, Ok(2))];
        assert_eq!(first_success(ways.map(|(millis, outcome)| after(millis, outcome))).await, Some(Ok(1)));
    }

    #[tokio::test(start_paused = true)]
    async fn when_all_fail_there_is_an_error() {
        assert_eq!(first_success([ready(Err::<(), _>(1)), ready(Err(2))]).await, Some(Err(2)));
        assert_eq!(first_success::<(), (), _>([] as [std::future::Ready<_>; 0]).await, None);
        let hangs = first_success([pending::<Result<(), ()>>()]);
        assert!(tokio::time::timeout(Duration::from_secs(99), hangs).await.is_err());
    }
}
