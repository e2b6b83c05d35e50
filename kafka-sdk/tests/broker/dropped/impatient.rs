//! Who has little patience, and tries again and again, gets there.

use super::SOON;
use crate::common::{broker, everywhere, new_topic, unique};
use kafka_sdk::{Kafka, Offset, Result};
use kafka_sdk_testcontainers::{Api, Reaction, Rule, TestProxy};
use std::time::Duration;
use tokio::time::timeout;

#[tokio::test]
async fn who_gives_a_look_up_little_time_and_tries_again_gets_there() -> Result<()> {
    let test = "dropped::impatient::who_gives_a_look_up_little_time_and_tries_again_gets_there";
    for version in everywhere() {
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
    let test = "dropped::impatient::who_waits_for_a_message_a_millisecond_at_a_time_gets_it";
    for version in everywhere() {
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
