//! Futures that are dropped after each number of polls: the handle that they came from goes on as if nothing had been.

use crate::common::{EVERYWHERE, broker, heavy, new_topic, unique};
use kafka_sdk::admin::NewTopic;
use kafka_sdk::raw::Route;
use kafka_sdk::{Kafka, Offset, Result};
use kafka_sdk_protocol::api::MetadataRequest;
use kafka_sdk_testcontainers::{Api, Reaction, Rule, TestProxy};
use std::collections::HashSet;
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

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_call_of_the_client_or_its_admin_leaves_it_as_it_was() -> Result<()> {
    for version in EVERYWHERE {
        let test = "dropped::a_dropped_call_of_the_client_or_its_admin_leaves_it_as_it_was";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let _turn = heavy().await;
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let admin = kafka.admin();
        let topic = new_topic(&kafka, "dropped", 1).await?;
        let works = async || admin.describe_topics([topic.as_str()]).await?.all().map(drop);
        dropped_at_every_poll("connect", async || Kafka::connect(broker.bootstrap_servers()).await, works)
            .await?;
        dropped_at_every_poll("list_topics", async || admin.list_topics().await, works).await?;
        dropped_at_every_poll(
            "describe_topics",
            async || admin.describe_topics([topic.as_str()]).await,
            works,
        )
        .await?;
        let create = async || admin.create_topics([NewTopic::new(unique("dropped"))]).await;
        dropped_at_every_poll("create_topics", create, works).await?;
        let delete = async || admin.delete_topics([unique("never-was").as_str()]).await;
        dropped_at_every_poll("delete_topics", delete, works).await?;
        let call =
            async || kafka.raw().call(&Route::Any, SOON, |_| MetadataRequest::default()).await.map(drop);
        dropped_at_every_poll("call", call, works).await?;
        let fresh = async || Kafka::connect(broker.bootstrap_servers()).await?.admin().list_topics().await;
        dropped_at_every_poll("the first call of all", fresh, works).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_call_of_a_producer_leaves_it_as_it_was() -> Result<()> {
    for version in EVERYWHERE {
        let test = "dropped::a_dropped_call_of_a_producer_leaves_it_as_it_was";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let _turn = heavy().await;
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "dropped", 1).await?;
        let producer = kafka.producer().await?;
        let mut sent = 0_u32;
        let mut works = async || {
            sent += 1;
            producer.send(&topic, format!("whole {sent}")).await.map(drop)
        };
        dropped_at_every_poll("build", async || kafka.producer().await, &mut works).await?;
        dropped_at_every_poll("topic", async || producer.topic(&unique("dropped")).await, &mut works).await?;
        let mut n = 0_u32;
        let mut next = || {
            n += 1;
            format!("dropped {n}")
        };
        dropped_at_every_poll("send", async || producer.send(&topic, next()).await, &mut works).await?;
        let enqueue = async || producer.enqueue(&topic, next()).await?.await;
        dropped_at_every_poll("enqueue", enqueue, &mut works).await?;
        let flush = async || {
            producer.try_enqueue(&topic, next())?.forget();
            producer.flush().await
        };
        dropped_at_every_poll("flush", flush, &mut works).await?;
        let close = async || {
            let own = kafka.producer().await?;
            own.send(&topic, next()).await?;
            own.close().await
        };
        dropped_at_every_poll("close", close, &mut works).await?;
        producer.close().await?;
        let mut reader = kafka.reader().topic(&topic, Offset::Earliest).stop_at_end().await?;
        let (mut all, mut whole) = (HashSet::new(), 0);
        while let Some(message) = reader.next().await {
            let value = String::from_utf8(message?.value().unwrap().to_vec()).unwrap();
            whole += u32::from(value.starts_with("whole"));
            assert!(all.insert(value.clone()), "{version}: twice: {value}");
        }
        assert_eq!(whole, sent, "{version}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_call_of_a_reader_leaves_it_where_it_was() -> Result<()> {
    for version in EVERYWHERE {
        let test = "dropped::a_dropped_call_of_a_reader_leaves_it_where_it_was";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let _turn = heavy().await;
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "dropped", 1).await?;
        let producer = kafka.producer().await?;
        let build = async || kafka.reader().topic(&topic, Offset::Earliest).await.map(drop);
        let works = async || producer.send(&topic, "one more").await.map(drop);
        dropped_at_every_poll("build", build, works).await?;

        let topic = new_topic(&kafka, "dropped", 1).await?;
        let mut reader = kafka.reader().topic(&topic, Offset::Earliest).await?;
        let mut next = 0;
        for times in 0..30 {
            // Each is alone in its batch.
            for n in 0..3 {
                producer.send(&topic, (3 * times + n).to_string()).await?;
            }
            while next < 3 * (times + 1) {
                let given = match next % 2 {
                    0 => polled(times, reader.next()).await.map(|message| {
                        let message = message.unwrap()?;
                        Ok::<_, kafka_sdk::Error>(vec![message.value().unwrap().to_vec()])
                    }),
                    _ => polled(times, reader.next_batch()).await.map(|batch| {
                        let batch = batch.unwrap()?;
                        Ok(batch.iter().map(|message| message.value().unwrap().to_vec()).collect())
                    }),
                };
                let given = match given {
                    Some(given) => given?,
                    None => {
                        vec![timeout(SOON, reader.next()).await.unwrap().unwrap()?.value().unwrap().to_vec()]
                    }
                };
                for value in given {
                    assert_eq!(value, next.to_string().into_bytes(), "{version}, {times} polls");
                    next += 1;
                }
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn who_gives_a_look_up_little_time_and_tries_again_gets_there() -> Result<()> {
    let test = "dropped::who_gives_a_look_up_little_time_and_tries_again_gets_there";
    for version in EVERYWHERE {
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
        let slow = Rule::on(Api::Metadata).always().react(Reaction::Delay(Duration::from_millis(30)));
        proxy.intercept(slow).unwrap();
        let producer = Kafka::connect(proxy.bootstrap_servers()).await?.producer().await?;
        let topic = unique("impatient");
        let mut enqueued = None;
        for _ in 0..200 {
            let attempt = timeout(Duration::from_millis(20), producer.enqueue(&topic, "x")).await;
            enqueued = attempt.ok();
            if enqueued.is_some() {
                break;
            }
        }
        let delivery = enqueued.unwrap_or_else(|| panic!("{version}: never looked up"))?;
        assert_eq!(delivery.await?.offset, 0);
    }
    Ok(())
}

#[tokio::test]
async fn who_waits_for_a_message_a_millisecond_at_a_time_gets_it() -> Result<()> {
    const MS: Duration = Duration::from_millis(1);
    let test = "dropped::who_waits_for_a_message_a_millisecond_at_a_time_gets_it";
    for version in EVERYWHERE {
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
        let kafka = Kafka::connect(proxy.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "impatient", 1).await?;
        let producer = kafka.producer().await?;
        let reader = kafka.reader().topic(&topic, Offset::Earliest).stop_after_idle(300 * MS);
        let mut reader = reader.await?;
        for api in [Api::Fetch, Api::Metadata, Api::ListOffsets] {
            proxy.intercept(Rule::on(api).always().react(Reaction::Delay(30 * MS))).unwrap();
        }
        for n in 0..5 {
            producer.send(&topic, n.to_string()).await?;
        }
        let mut read = 0;
        timeout(SOON, async {
            loop {
                match timeout(MS, reader.next()).await {
                    Err(_) => {}
                    Ok(Some(message)) => {
                        assert_eq!(message?.value().unwrap(), read.to_string().as_bytes());
                        read += 1;
                    }
                    // Nor does the time without a record begin anew with each call.
                    Ok(None) => return Ok::<_, kafka_sdk::Error>(()),
                }
            }
        })
        .await
        .unwrap_or_else(|_| panic!("{version}: {read} read"))?;
        assert_eq!(read, 5, "{version}");
    }
    Ok(())
}
