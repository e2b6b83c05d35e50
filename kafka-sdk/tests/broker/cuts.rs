//! Connections that are cut at each byte of a request and of an answer, and answers that come byte by byte.

use crate::common::{EMBEDDED, broker, everywhere, heavy, new_topic};
use kafka_sdk::{Kafka, Offset, Reader, Result};
use kafka_sdk_testcontainers::{Api, Reaction, Rule, TestProxy};
use std::time::Duration;

/// Longer than the frames of these requests and answers are: past its end a frame passes whole.
const LONGEST: usize = 260;

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_at_any_byte_neither_loses_nor_doubles_a_record() -> Result<()> {
    for version in everywhere() {
        let test = "cuts::a_cut_at_any_byte_neither_loses_nor_doubles_a_record";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let _turn = heavy().await;
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
        let direct = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&direct, "cuts", 1).await?;
        let ms = Duration::from_millis(1);
        let kafka = Kafka::builder(proxy.bootstrap_servers()).retry_backoff(ms).reconnect_backoff(ms);
        let kafka = kafka.retry_backoff_max(20 * ms).reconnect_backoff_max(20 * ms).await?;
        let producer = kafka.producer().linger(Duration::ZERO).await?;
        let mut reader = kafka.reader().topic(&topic, Offset::Earliest).await?;
        let mut written = 0_u32;
        for at in (0..LONGEST).step_by(if version == EMBEDDED { 1 } else { 9 }) {
            for (api, reaction) in [
                (Api::Produce, Reaction::CutRequest(at)),
                (Api::Produce, Reaction::CutAnswer(at)),
                (Api::Fetch, Reaction::CutRequest(at)),
                (Api::Fetch, Reaction::CutAnswer(at)),
            ] {
                proxy.intercept(Rule::on(api).react(reaction)).unwrap();
                producer.send(&topic, written.to_string()).await?;
                expect(&mut reader, written).await?;
                written += 1;
            }
        }
        assert!(proxy.log().actions().len() > 4 * LONGEST / 9 - 8, "{}", proxy.log());
        let mut all = direct.reader().topic(&topic, Offset::Earliest).stop_at_end().await?;
        for n in 0..written {
            expect(&mut all, n).await?;
        }
        assert!(all.next().await.is_none(), "{version}: more than was sent");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_come_byte_by_byte_are_the_same() -> Result<()> {
    for version in everywhere() {
        let test = "cuts::answers_that_come_byte_by_byte_are_the_same";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let bytes = |api| Rule::on(api).always().react(Reaction::Chunks(1));
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers());
        let proxy = proxy.rule(bytes(Api::ApiVersions)).start().await.unwrap();
        let kafka = Kafka::connect(proxy.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "bytes", 1).await?;
        let producer = kafka.producer().await?;
        let mut reader = kafka.reader().topic(&topic, Offset::Earliest).await?;
        for n in 0..50 {
            producer.send(&topic, n.to_string()).await?;
            expect(&mut reader, n).await?;
        }
        assert!(!proxy.log().actions().is_empty());
    }
    Ok(())
}

async fn expect(reader: &mut Reader, n: u32) -> Result<()> {
    let message = reader.next().await.unwrap()?;
    assert_eq!(message.value().unwrap(), n.to_string().as_bytes());
    Ok(())
}
