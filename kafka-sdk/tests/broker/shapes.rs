//! Records of special shapes, read back by Java.

use crate::common::{NEWEST, OLDEST, broker, everywhere, kafka, unique};
use kafka_sdk::admin::NewTopic;
use kafka_sdk::model::{Headers, Timestamp};
use kafka_sdk::{Offset, Record, Result};

/// Java's newest consumer prints what older ones cannot: it reads from brokers of 2.1 as well.
#[tokio::test]
async fn java_reads_headers_times_tombstones_and_empty_values() -> Result<()> {
    let test = "shapes::java_reads_headers_times_tombstones_and_empty_values";
    let Some(newest) = broker(NEWEST, test).await else { return Ok(()) };
    for version in [OLDEST, NEWEST] {
        let (Some(broker), Some(kafka)) = (broker(version, test).await, kafka(version, test).await) else {
            return Ok(());
        };
        let topic = unique("shapes");
        // The records say that they are old.
        let new = NewTopic::new(&topic).partitions(1).config("retention.ms", -1);
        kafka.admin().create_topics([new]).await?.all()?;
        let producer = kafka.producer().await?;
        let mut headers = Headers::new();
        headers.insert("twice", "1");
        headers.insert_null("null");
        headers.insert("twice", "2");
        headers.insert("empty", "");
        let at = |millis| Timestamp::from_millis(millis);
        producer.send(&topic, Record::new("v").key("k").headers(headers).timestamp(at(1_234))).await?;
        producer.send(&topic, Record::tombstone("gone").timestamp(at(0))).await?;
        producer.send(&topic, Record::new("").key("").timestamp(at(5))).await?;
        producer.close().await?;
        let args = ["--topic", &topic, "--partition", "0", "--offset", "earliest", "--max-messages", "3"];
        let print = ["timestamp", "headers", "key"].map(|what| format!("print.{what}=true"));
        let mut tool = newest.console_consumer_at(broker.bootstrap_servers()).args(args);
        for property in print.iter().map(String::as_str).chain(["null.literal=(null)"]) {
            tool = tool.args(["--formatter-property", property]);
        }
        let output = tool.run().await.unwrap();
        assert_eq!(
            output.text().lines().collect::<Vec<_>>(),
            [
                "CreateTime:1234\ttwice:1,null:(null),twice:2,empty:\tk\tv",
                "CreateTime:0\tNO_HEADERS\tgone\t(null)",
                "CreateTime:5\tNO_HEADERS\t\t",
            ],
            "{version}: {}",
            output.stderr()
        );
    }
    Ok(())
}

#[tokio::test]
async fn the_brokers_time_is_told_where_the_topic_takes_that() -> Result<()> {
    for version in everywhere() {
        let test = "shapes::the_brokers_time_is_told_where_the_topic_takes_that";
        let Some(kafka) = kafka(version, test).await else { return Ok(()) };
        let topic = unique("shapes");
        let new = NewTopic::new(&topic).partitions(1).config("message.timestamp.type", "LogAppendTime");
        kafka.admin().create_topics([new]).await?.all()?;
        let producer = kafka.producer().await?;
        let record = Record::new("v").timestamp(Timestamp::from_millis(1_234));
        let placed = producer.send(&topic, record).await?;
        let kept =
            kafka.reader().topic(&topic, Offset::Earliest).stop_at_end().await?.next().await.unwrap()?;
        assert_eq!(placed.timestamp, kept.timestamp());
        assert!(placed.timestamp.as_millis() > 1_700_000_000_000, "{placed:?}");
        producer.close().await?;
    }
    Ok(())
}
