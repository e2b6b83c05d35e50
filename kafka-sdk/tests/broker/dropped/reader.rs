use super::{SOON, dropped_at_every_poll, polled};
use crate::common::{broker, everywhere, heavy, new_topic};
use kafka_sdk::{Event, Kafka, Message, Offset, Reader, Record, Result};
use tokio::time::timeout;

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_call_of_a_reader_leaves_it_where_it_was() -> Result<()> {
    for version in everywhere() {
        let test = "dropped::reader::a_dropped_call_of_a_reader_leaves_it_where_it_was";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let _turn = heavy().await;
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "dropped", 1).await?;
        let producer = kafka.producer().await?;
        let build = async || kafka.reader().topic(&topic, Offset::Earliest).await.map(drop);
        let works = async || producer.send(&topic, "one more").await.map(drop);
        dropped_at_every_poll("ReaderBuilder::build", build, works).await?;

        let topic = new_topic(&kafka, "dropped", 1).await?;
        let mut reader = kafka.reader().topic(&topic, Offset::Earliest).await?;
        let mut next = 0;
        for times in 0..30 {
            // Each is alone in its batch.
            for n in 0..3 {
                producer.send(&topic, (3 * times + n).to_string()).await?;
            }
            while next < 3 * (times + 1) {
                for value in given(&mut reader, times, WAYS[next % WAYS.len()]).await? {
                    assert_eq!(value, next.to_string().into_bytes(), "{version}, {times} polls");
                    next += 1;
                }
            }
        }
    }
    Ok(())
}

const WAYS: [&str; 3] = ["Reader::next", "Reader::next_batch", "Reader::next_event"];

/// The next values, by a call that is dropped after so many polls; where it gave none, by one that is not.
async fn given(reader: &mut Reader, times: usize, way: &str) -> Result<Vec<Vec<u8>>> {
    let value = |message: &Message| message.value().unwrap().to_vec();
    let given = match way {
        "Reader::next_batch" => polled(times, reader.next_batch())
            .await
            .map(|batch| batch.unwrap().map(|b| b.iter().map(|m| m.value().unwrap().to_vec()).collect())),
        "Reader::next_event" => {
            polled(times, reader.next_event()).await.map(|event| match event.unwrap()? {
                Event::Record(message) => Ok(vec![value(&message)]),
                _ => Ok(vec![]),
            })
        }
        _ => polled(times, reader.next()).await.map(|message| Ok(vec![value(&message.unwrap()?)])),
    };
    match given {
        Some(given) => given,
        None => Ok(vec![value(&timeout(SOON, reader.next()).await.unwrap().unwrap()?)]),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_call_of_a_control_leaves_the_reader_as_it_was() -> Result<()> {
    for version in everywhere() {
        let test = "dropped::reader::a_dropped_call_of_a_control_leaves_the_reader_as_it_was";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let _turn = heavy().await;
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let (topic, other) = (new_topic(&kafka, "dropped", 2).await?, new_topic(&kafka, "other", 1).await?);
        let (first, second) = ((topic.as_str(), 0), (topic.as_str(), 1));
        let producer = kafka.producer().await?;
        for n in 0..5 {
            producer.send(&topic, Record::new(n.to_string()).partition(0)).await?;
        }
        let mut reader = kafka.reader().assign([(first, Offset::Earliest)]).await?;
        let control = reader.control();
        let mut works = async || {
            control.seek(first, 3).await?;
            assert_eq!(reader.next().await.unwrap()?.offset(), 3);
            Ok(())
        };
        let seek = async || control.seek(first, Offset::Earliest).await.unwrap();
        dropped_at_every_poll("Control::seek", seek, &mut works).await?;
        // Assigned by one that was dropped, the next would be refused.
        let assign = async || control.assign([(second, Offset::Earliest)]).await.unwrap();
        dropped_at_every_poll("Control::assign", assign, &mut works).await?;
        let assign_topic = async || control.assign_topic(other.as_str(), Offset::Earliest).await.unwrap();
        dropped_at_every_poll("Control::assign_topic", assign_topic, &mut works).await?;
        assert_eq!(control.assignment().len(), 3, "{version}");
    }
    Ok(())
}
