//! Records of all shapes through a real broker and back.

use crate::common::{broker, heavy, unique};
use kafka_sdk::admin::NewTopic;
use kafka_sdk::model::Headers;
use kafka_sdk::model::MessageRef;
use kafka_sdk::{Kafka, Offset, Producer, Record, Result};

const PARTITIONS: i32 = 3;
const RECORDS: u64 = 100_000;

macro_rules! versions {
    ($($name:ident = $version:literal;)*) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $name() -> Result<()> {
            let Some(broker) = broker($version, concat!("round_trip::", stringify!($name))).await else {
                return Ok(());
            };
            let _turn = heavy().await;
            let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
            mixed_records_are_read_back_equal_and_in_order(&kafka).await
        })*
    };
}
versions! {
    mixed_records_in_the_embedded_broker = "embedded";
    mixed_records_on_2_1_1 = "2.1.1";
    mixed_records_on_3_3_2 = "3.3.2";
    mixed_records_on_3_9_2 = "3.9.2";
    mixed_records_on_4_4_0 = "4.4.0";
}

/// The `n`-th record, made from its number alone: what was sent need not be kept to be compared.
struct Sample {
    value: Option<Vec<u8>>,
    key: Option<Vec<u8>>,
    headers: Vec<(String, Option<Vec<u8>>)>,
    timestamp: i64,
}

impl Sample {
    fn new(n: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(n);
        let size = match n {
            _ if n % 1_000 == 999 => random.usize(..=900_000),
            _ if n % 100 == 7 => random.usize(..=100_000),
            _ if n % 10 == 3 => 0,
            _ => random.usize(..2_000),
        };
        let tombstone = n.is_multiple_of(17);
        // Every value begins with its number, as far as it is long enough.
        let value = |random: &mut fastrand::Rng| {
            let mut value = vec![random.u8(..); size];
            value.iter_mut().zip(n.to_be_bytes()).for_each(|(to, from)| *to = from);
            value
        };
        let header = |i: u64| {
            let value = (i % 3 != 2).then(|| vec![i as u8; (i * 7) as usize]);
            (format!("h{}", i % 2), value)
        };
        Self {
            value: (!tombstone).then(|| value(&mut random)),
            key: (!n.is_multiple_of(3) || tombstone).then(|| n.to_be_bytes()[..(n % 9) as usize].to_vec()),
            headers: (0..n % 5).map(header).collect(),
            timestamp: 1_700_000_000_000 + n as i64,
        }
    }

    fn record(&self) -> Record<'_> {
        let mut record = match (&self.value, &self.key) {
            (Some(value), _) => Record::new(value),
            (None, Some(key)) => Record::tombstone(key),
            (None, None) => unreachable!("a tombstone has a key"),
        };
        if let Some(key) = &self.key {
            record = record.key(key);
        }
        let mut headers = Headers::new();
        for (name, value) in &self.headers {
            match value {
                Some(value) => headers.insert(name.as_str(), value),
                None => headers.insert_null(name.as_str()),
            }
        }
        record.headers(headers).timestamp(kafka_sdk::model::Timestamp::from_millis(self.timestamp))
    }

    fn check(&self, message: MessageRef<'_>) {
        assert_eq!(message.key(), self.key.as_deref());
        // Not by assert_eq: nobody wants to read 900,000 bytes.
        assert!(message.value() == self.value.as_deref(), "{message:?}");
        assert_eq!(message.timestamp().as_millis(), self.timestamp);
        let headers = message.headers().map(|h| (h.name.to_owned(), h.value.map(<[u8]>::to_vec)));
        assert!(headers.eq(self.headers.iter().cloned()), "{message:?}");
    }
}

async fn mixed_records_are_read_back_equal_and_in_order(kafka: &Kafka) -> Result<()> {
    let name = unique("mixed");
    // The records say that they are old.
    let topic = NewTopic::new(&name).partitions(PARTITIONS).config("retention.ms", -1);
    kafka.admin().create_topics([topic]).await?.all()?;
    let producer = kafka.producer().await?;
    let bytes = produce(&producer, &name).await?;
    assert!((150_000_000..250_000_000).contains(&bytes), "{bytes} bytes");

    let mut reader = kafka.reader().topic(&name, Offset::Earliest).stop_at_end().await?;
    let mut next: Vec<u64> = (0..PARTITIONS as u64).collect();
    let mut offsets = [0i64; PARTITIONS as usize];
    while let Some(batch) = reader.next_batch().await {
        for message in &batch? {
            let partition = message.partition() as usize;
            assert_eq!(message.offset(), offsets[partition]);
            Sample::new(next[partition]).check(message);
            offsets[partition] += 1;
            next[partition] += PARTITIONS as u64;
        }
    }
    assert_eq!(offsets.iter().sum::<i64>() as u64, RECORDS);
    for (partition, offset) in offsets.iter().enumerate() {
        assert_eq!(reader.positions().get(&(name.as_str(), partition as i32).into()), Some(*offset));
    }
    producer.close().await
}

/// Sends record `n` to partition `n % 3`; gives the bytes of all values.
async fn produce(producer: &Producer, topic: &str) -> Result<usize> {
    let topic = producer.topic(topic).await?;
    let mut deliveries = Vec::with_capacity(RECORDS as usize);
    let mut bytes = 0;
    for n in 0..RECORDS {
        let sample = Sample::new(n);
        bytes += sample.value.as_ref().map_or(0, Vec::len);
        let partition = (n % PARTITIONS as u64) as i32;
        deliveries.push(topic.enqueue(sample.record().partition(partition)).await?);
    }
    for (n, delivery) in deliveries.into_iter().enumerate() {
        let placed = delivery.await?;
        assert_eq!(placed.offset as u64, n as u64 / PARTITIONS as u64);
        assert_eq!(placed.timestamp.as_millis(), 1_700_000_000_000 + n as i64);
    }
    Ok(bytes)
}
