//! The versions between the oldest and the newest, which the other tests are about: everything once.

use crate::common::{Running, fill, heavy, member, new_topic, unique, until};
use kafka_sdk::admin::NewTopic;
use kafka_sdk::model::{Compression, Timestamp};
use kafka_sdk::{Acks, ErrorCode, Kafka, Offset, Record, Result, Switch};
use kafka_sdk_testcontainers::{Providers, TestKafka};

const BETWEEN: [&str; 4] = ["2.8.2", "3.3.2", "3.9.2", "4.0.0"];
const RECORDS: i32 = 100;
const CODECS: [Compression; 5] =
    [Compression::None, Compression::Gzip, Compression::Snappy, Compression::Lz4, Compression::Zstd];

#[tokio::test]
async fn versions_between_do_everything_once() -> Result<()> {
    if !Providers::here().run_jvm("versions::versions_between_do_everything_once").unwrap() {
        return Ok(());
    }
    let _turn = heavy().await;
    for version in BETWEEN {
        println!("{version}");
        let broker = TestKafka::jvm().version(version).start().await.unwrap();
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        topics(&kafka).await?;
        for codec in CODECS {
            write_and_read(&kafka, Switch::On, codec).await?;
        }
        write_and_read(&kafka, Switch::Off, Compression::None).await?;
        places(&kafka).await?;
        control(&kafka).await?;
        group(&kafka).await?;
        let brokers = kafka.metrics().brokers;
        assert!(
            brokers.iter().any(|b| b.broker == Some(1) && b.latency.count() > 0),
            "{version}: {brokers:?}"
        );
        assert!(brokers.iter().all(|b| b.connections_failed == 0), "{version}: {brokers:?}");
    }
    Ok(())
}

async fn topics(kafka: &Kafka) -> Result<()> {
    let (admin, name) = (kafka.admin(), unique("topic"));
    let new = NewTopic::new(&name).partitions(3).config("retention.ms", 60_000);
    admin.create_topics([new.clone()]).await?.all()?;
    let again = admin.create_topics([new]).await?.all().unwrap_err();
    assert!(again.is(ErrorCode::TOPIC_ALREADY_EXISTS), "{again}");
    // Brokers learn of it a little later than the controller.
    until("it is listed", async || Ok(admin.list_topics().await?.contains(&name))).await?;
    assert_eq!(admin.describe_topics([&name]).await?.all()?[0].1.partitions.len(), 3);
    admin.delete_topics([&name]).await?.all().map(drop)
}

/// Written as owned records, read back borrowed and owned.
async fn write_and_read(kafka: &Kafka, idempotence: Switch, codec: Compression) -> Result<()> {
    let topic = new_topic(kafka, "written", 1).await?;
    let producer = kafka.producer().idempotence(idempotence).compression(codec).await?;
    let mut deliveries = Vec::new();
    for n in 0..RECORDS {
        let record = Record::new(format!("value-{n}")).key(format!("key-{n}")).header("n", n.to_string());
        deliveries.push(producer.enqueue(&topic, record).await?);
    }
    for (n, delivery) in deliveries.into_iter().enumerate() {
        assert_eq!(delivery.await?.offset, n as i64);
    }
    let counted = kafka.metrics().producers.pop().unwrap().partitions.remove(0);
    assert_eq!(counted.written_records, RECORDS as u64);
    producer.close().await?;

    let mut borrowed = kafka.reader().topic(&topic, Offset::Earliest).stop_at_end().await?;
    let mut n = 0;
    while let Some(batch) = borrowed.next_batch().await {
        for message in &batch? {
            assert_eq!(message.value().unwrap(), format!("value-{n}").as_bytes());
            n += 1;
        }
    }
    assert_eq!(n, RECORDS);
    let mut owned = kafka.reader().topic(&topic, Offset::Earliest).stop_at_end().await?;
    for n in 0..RECORDS {
        let message = owned.next().await.unwrap()?;
        assert_eq!((message.offset(), message.key().unwrap()), (n.into(), format!("key-{n}").as_bytes()));
    }
    assert!(owned.next().await.is_none());
    Ok(())
}

/// Seeks, pauses and resumes while it reads.
async fn control(kafka: &Kafka) -> Result<()> {
    let topic = new_topic(kafka, "control", 2).await?;
    let producer = kafka.producer().await?;
    for n in 0..RECORDS {
        producer.enqueue(&topic, Record::new(n.to_string()).partition(n % 2)).await?.forget();
    }
    producer.close().await?;
    let mut reader = kafka.reader().topic(&topic, Offset::Earliest).stop_at_end().await?;
    reader.pause([(topic.as_str(), 1)])?;
    for offset in 0..10 {
        let message = reader.next().await.unwrap()?;
        assert_eq!((message.partition(), message.offset()), (0, offset));
    }
    reader.seek((topic.as_str(), 0), Offset::At(40)).await?;
    reader.resume([(topic.as_str(), 1)])?;
    let mut next = [40, 0];
    while let Some(message) = reader.next().await {
        let message = message?;
        let expected = &mut next[message.partition() as usize];
        assert_eq!(message.offset(), *expected);
        *expected += 1;
    }
    assert_eq!(next, [50, 50]);
    Ok(())
}

/// Members, one of them static, share, hand over, and go on where they were.
async fn group(kafka: &Kafka) -> Result<()> {
    let (topic, group) = (new_topic(kafka, "groups-version", 4).await?, unique("groups-version"));
    fill(kafka, &topic, 4, 25).await?;
    let first = Running::of(member(kafka, &group, &topic).await?);
    until("the first one has read all", async || Ok(first.read().len() == 100)).await?;
    let mut second = Running::of(member(kafka, &group, &topic).instance_id("second").await?);
    let own = async |members: [&Running; 2]| {
        until("both have two", async || Ok(members.iter().all(|member| member.partitions().len() == 2))).await
    };
    own([&first, &second]).await?;
    fill(kafka, &topic, 4, 25).await?;
    until("both read on", async || Ok(first.read().len() + second.read().len() == 200)).await?;
    let (kept, generation) = (second.partitions(), first.generation());
    second.close().await?;
    second = Running::of(member(kafka, &group, &topic).instance_id("second").await?);
    until("it has its own again", async || Ok(second.partitions() == kept)).await?;
    assert_eq!(first.generation(), generation, "a static member comes back without a rebalance");
    let read = first.read_to_end().await?;
    until("the second one has all", async || Ok(second.partitions().len() == 4)).await?;
    fill(kafka, &topic, 4, 25).await?;
    until("it reads on", async || Ok(second.read().len() == 100)).await?;
    assert!(second.read().iter().all(|place| !read.contains(place)), "nothing comes twice");
    second.close().await
}

/// By offset, from the end, and by time.
async fn places(kafka: &Kafka) -> Result<()> {
    let topic = new_topic(kafka, "places", 1).await?;
    let producer = kafka.producer().acks(Acks::Leader).await?;
    for n in 0..RECORDS {
        let at = Timestamp::from_millis(1_000_000 + i64::from(n) * 1_000);
        producer.send(&topic, Record::new(n.to_string()).timestamp(at)).await?;
    }
    producer.close().await?;
    let places = [
        (Offset::At(40), "40"),
        (Offset::Last(3), "97"),
        (Offset::After(Timestamp::from_millis(1_000_000 + 69_500)), "70"),
    ];
    for (place, value) in places {
        let mut reader = kafka.reader().topic(&topic, place).stop_at_end().await?;
        assert_eq!(reader.next().await.unwrap()?.value().unwrap(), value.as_bytes(), "{place:?}");
    }
    Ok(())
}
