//! Clients of many topics.

use crate::common::{broker, everywhere, unique};
use kafka_sdk::admin::NewTopic;
use kafka_sdk::{Kafka, Result};
use kafka_sdk_testcontainers::{Api, TestProxy};

const TOPICS: usize = 120;

#[tokio::test]
async fn a_first_look_up_costs_the_same_however_many_topics_are_known() -> Result<()> {
    for version in everywhere() {
        let test = "many_topics::a_first_look_up_costs_the_same_however_many_topics_are_known";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let direct = Kafka::connect(broker.bootstrap_servers()).await?;
        let name = unique("many");
        let topics: Vec<String> = (0..TOPICS).map(|n| format!("{name}-{n:03}")).collect();
        let new = topics.iter().map(|topic| NewTopic::new(topic).partitions(1));
        direct.admin().create_topics(new).await?.all()?;
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
        let kafka = Kafka::connect(proxy.bootstrap_servers()).await?;
        let producer = kafka.producer().await?;
        let mut handles = Vec::new();
        let mut told = vec![proxy.answered_bytes(Api::Metadata)];
        for topics in topics.chunks(TOPICS / 3) {
            for topic in topics {
                handles.push(producer.topic(topic).await?);
            }
            told.push(proxy.answered_bytes(Api::Metadata));
        }
        let (first, last) = (told[1] - told[0], told[3] - told[2]);
        println!("{version}: {first} bytes for the first {} topics, {last} for the last", TOPICS / 3);
        assert!(last <= first + first / 10, "{version}: {told:?}");
    }
    Ok(())
}
