//! Topics that are wanted and not there: looked for again and again.

use super::{LookUp, Metadata, Refresh, refusal};
use crate::backoff::Backoff;
use crate::error::{Advice, Error};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::time::sleep;

impl Metadata {
    /// Has these topics asked for, with pauses that grow, while one of them is not there. Ready with the error when the
    /// brokers will not tell of one, whenever that is.
    pub(in crate::cluster) async fn look_out(&self, topics: &BTreeSet<Arc<str>>, retry: Backoff) -> Error {
        let mut refreshes = self.refreshes.subscribe();
        let mut failures = 0;
        loop {
            let obstacle = obstacle(&refreshes.borrow_and_update(), topics);
            match obstacle {
                Some(error) if error.advice() != Advice::Retry => return error,
                Some(_) => {
                    failures += 1;
                    sleep(retry.delay(failures, fastrand::f64())).await;
                    self.refresh_soon();
                }
                None => failures = 0,
            }
            // The sender is ours.
            let _ = refreshes.changed().await;
        }
    }
}

/// What is in the way of these topics: what will not pass before what may.
fn obstacle(refresh: &Refresh, topics: &BTreeSet<Arc<str>>) -> Option<Error> {
    let refused = topics.iter().filter_map(|topic| {
        let code = refresh.refused.get(&**topic).copied()?;
        Some(refusal(topic, code, LookUp::ToRead))
    });
    refused.min_by_key(|error| error.advice() == Advice::Retry)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kafka_sdk_protocol::ErrorCode;
    use std::time::Duration;
    use tokio::time::{Instant, timeout};

    const DENIED: ErrorCode = ErrorCode::TOPIC_AUTHORIZATION_FAILED;
    const UNKNOWN: ErrorCode = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;

    fn told(metadata: &Metadata, told: &[(&str, ErrorCode)]) {
        let told = told.iter().map(|(topic, code)| ((*topic).to_owned(), *code)).collect();
        let number = metadata.wanted().take(Instant::now()).number;
        metadata.refreshes.send_modify(|refresh| refresh.succeeded(number, told, &[]));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_not_there_is_asked_for_with_pauses_that_grow_until_it_is_there() {
        let metadata = Metadata::default();
        let topics = BTreeSet::from(["t".into(), "u".into()]);
        told(&metadata, &[("t", UNKNOWN), ("u", ErrorCode::NONE), ("other", DENIED)]);
        let start = Instant::now();
        let asked = async {
            let mut asked = Vec::new();
            for _ in 0..5 {
                metadata.wake.notified().await;
                asked.push(start.elapsed());
                told(&metadata, &[("t", UNKNOWN)]);
            }
            asked
        };
        let asked = tokio::select! {
            asked = asked => asked,
            error = metadata.look_out(&topics, Backoff::RETRY) => panic!("{error}"),
        };
        // 100, 200, 400, 800 and 1,000 ms, each up to a fifth more or less.
        let sums = [100, 300, 700, 1_500, 2_500].map(Duration::from_millis);
        for (asked, sum) in asked.iter().zip(sums) {
            assert!((sum.mul_f64(0.8)..=sum.mul_f64(1.21)).contains(asked), "{asked:?}");
        }
        told(&metadata, &[("t", ErrorCode::NONE)]);
        let _ =
            timeout(Duration::from_secs(60), metadata.look_out(&topics, Backoff::RETRY)).await.unwrap_err();
        assert!(timeout(Duration::ZERO, metadata.wake.notified()).await.is_err(), "nobody has asked");
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_brokers_will_not_tell_of_is_an_error_whenever_they_say_so() {
        for refused in [DENIED, ErrorCode::INVALID_TOPIC_EXCEPTION] {
            for before in [&[][..], &[("a", UNKNOWN)], &[("a", UNKNOWN), ("t", refused)]] {
                let metadata = Metadata::default();
                let topics = BTreeSet::from(["a".into(), "t".into()]);
                told(&metadata, before);
                let saying = async {
                    sleep(Duration::from_secs(5)).await;
                    told(&metadata, &[("t", refused)]);
                    std::future::pending::<()>().await;
                };
                let error = tokio::select! {
                    error = metadata.look_out(&topics, Backoff::RETRY) => error,
                    () = saying => unreachable!(),
                };
                assert!(error.is(refused) && error.topic() == Some("t"), "{error}");
            }
        }
    }
}
