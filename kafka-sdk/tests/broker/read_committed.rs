//! Transactions of others, as readers see them.

use crate::common::{NEWEST, OLDEST, broker, new_topic, unique, until};
use crate::transaction::{Outcome, Transactional};
use futures_util::{FutureExt, TryStreamExt};
use kafka_sdk::consumer::ReaderBuilder;
use kafka_sdk::{Isolation, Kafka, Message, Offset, Record, Result, TopicPartition};

async fn values(builder: ReaderBuilder) -> Result<Vec<String>> {
    let read: Vec<Message> = builder.stop_at_end().await?.try_collect().await?;
    Ok(read.iter().map(|message| String::from_utf8_lossy(message.value().unwrap()).into_owned()).collect())
}

/// Three transactional producers and one without, all at once, in one partition: what is committed, and everything, both
/// in order.
async fn write_a_mixture(kafka: &Kafka, to: &TopicPartition) -> Result<(Vec<String>, Vec<String>)> {
    let mut random = fastrand::Rng::with_seed(11);
    let mut producers = Vec::new();
    for n in 0..3 {
        producers.push((Transactional::new(kafka, &unique(&format!("mixture-{n}"))).await?, None));
    }
    let plain = kafka.producer().await?;
    let mut all: Vec<(String, Option<usize>)> = Vec::new();
    let (mut outcomes, mut begun) = (Vec::new(), 0);
    for step in 0..90 {
        match random.usize(0..4) {
            which @ 0..3 => {
                let (producer, open) = &mut producers[which];
                let of = *open.get_or_insert_with(|| {
                    outcomes.push(None);
                    begun += 1;
                    begun - 1
                });
                let batch: Vec<String> = (0..random.usize(1..4)).map(|n| format!("{step}-{n}")).collect();
                producer.write(to, &batch).await?;
                all.extend(batch.into_iter().map(|value| (value, Some(of))));
                if random.u8(0..3) == 0 {
                    let outcome = random.choice([Outcome::Commit, Outcome::Abort]).unwrap();
                    producer.end(outcome).await?;
                    outcomes[of] = Some(outcome);
                    *open = None;
                }
            }
            _ => {
                let record = Record::new(step.to_string()).partition(to.partition());
                plain.send(to.topic(), record).await?;
                all.push((step.to_string(), None));
            }
        }
    }
    for (producer, open) in &mut producers {
        if let Some(of) = open.take() {
            producer.end(Outcome::Abort).await?;
            outcomes[of] = Some(Outcome::Abort);
        }
    }
    let is_committed = |of: &Option<usize>| of.is_none_or(|of| outcomes[of] == Some(Outcome::Commit));
    let committed = all.iter().filter(|(_, of)| is_committed(of)).map(|(value, _)| value.clone()).collect();
    Ok((committed, all.into_iter().map(|(value, _)| value).collect()))
}

#[tokio::test]
async fn aborted_records_are_not_read_and_markers_are_passed() -> Result<()> {
    for version in [OLDEST, NEWEST] {
        let test = "read_committed::aborted_records_are_not_read_and_markers_are_passed";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "mixture", 1).await?;
        let to = TopicPartition::new(topic.as_str(), 0);
        let (committed, all) = write_a_mixture(&kafka, &to).await?;
        assert!(committed.len() + 20 < all.len(), "{} of {}", committed.len(), all.len());
        let from = || kafka.reader().topic(&topic, Offset::Earliest);
        let small = || from().partition_max_bytes(300).fetch_buffer(600);
        let isolated = Isolation::ReadCommitted;
        // The markers of the last transactions are written after the answer to the producer.
        until("the last transaction has ended", async || {
            Ok(values(from().isolation(isolated)).await?.last() == committed.last())
        })
        .await?;
        assert_eq!(values(from().isolation(isolated)).await?, committed);
        assert_eq!(values(small().isolation(isolated)).await?, committed, "also in small pieces");
        assert_eq!(values(from()).await?, all);
        let args = ["--topic", &topic, "--from-beginning", "--isolation-level", "read_committed"];
        let most = committed.len().to_string();
        let java = broker.console_consumer().args(args).args(["--max-messages", &most]).run().await.unwrap();
        assert!(java.text().lines().eq(committed.iter().map(String::as_str)), "Java reads the same");

        let mut reader = from().isolation(isolated).stop_at_end().await?;
        while reader.next().await.transpose()?.is_some() {}
        let end = reader.positions().get(&to).unwrap();
        let mut behind = kafka.reader().assign([(to.clone(), end)]).await?;
        kafka.producer().await?.send(&topic, Record::new("next").partition(0)).await?;
        assert_eq!(behind.next().await.unwrap()?.value(), Some(&b"next"[..]), "all markers are passed");
    }
    Ok(())
}

#[tokio::test]
async fn an_open_transaction_holds_back_who_reads_committed_records_and_nobody_else() -> Result<()> {
    for version in [OLDEST, NEWEST] {
        let test =
            "read_committed::an_open_transaction_holds_back_who_reads_committed_records_and_nobody_else";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "open", 1).await?;
        let to = TopicPartition::new(topic.as_str(), 0);
        let plain = kafka.producer().await?;
        let mut writer = Transactional::new(&kafka, &unique("open")).await?;
        plain.send(&topic, "before").await?;
        writer.write(&to, &["within".into()]).await?;
        plain.send(&topic, "behind").await?;
        let from = |place| kafka.reader().topic(&topic, place);
        let committed = |place| from(place).isolation(Isolation::ReadCommitted);
        assert_eq!(values(from(Offset::Earliest)).await?, ["before", "within", "behind"]);
        assert_eq!(
            values(committed(Offset::Earliest)).await?,
            ["before"],
            "the end is the last stable offset"
        );
        let mut latest = committed(Offset::Latest).await?;
        let mut waiting = committed(Offset::Earliest).await?;
        assert_eq!(waiting.next().await.unwrap()?.value(), Some(&b"before"[..]));
        assert!(waiting.next().now_or_never().is_none());
        writer.end(Outcome::Commit).await?;
        for expected in ["within", "behind"] {
            assert_eq!(waiting.next().await.unwrap()?.value(), Some(expected.as_bytes()));
            assert_eq!(latest.next().await.unwrap()?.value(), Some(expected.as_bytes()), "from there on");
        }
    }
    Ok(())
}
