//! Settings that come by name do what they say, with real brokers.

use crate::common::{EMBEDDED, broker, everywhere, kafka, new_topic, unique};
use kafka_sdk::{Kafka, Offset, Result};
use std::process::Command;
use std::time::Duration;
use tokio::time::Instant;

/// As it stands in many a project, with what is for others too.
fn client_properties(bootstrap: &str) -> String {
    format!(
        "# for all programs\nbootstrap.servers={bootstrap}\nclient.id : by-name\nsecurity.protocol=PLAINTEXT\n\
         acks=all\nlinger.ms=60000\nfetch.max.wait.ms 50\ngroup.id=billing\nsession.timeout.ms=45000\n\
         key.serializer=org.apache.kafka.common.serialization.StringSerializer\n"
    )
}

#[tokio::test]
async fn one_file_serves_the_client_producers_and_readers() -> Result<()> {
    for version in everywhere() {
        let test = "by_name::one_file_serves_the_client_producers_and_readers";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let folder = std::env::temp_dir().join(format!("kafka-sdk-by-name-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join(unique("client.properties"));
        std::fs::write(&file, client_properties(broker.bootstrap_servers())).unwrap();
        let kafka = Kafka::from_file(&file).await?;
        std::fs::remove_dir_all(&folder).unwrap();
        let topic = new_topic(&kafka, "by-name", 1).await?;

        // The file's linger holds a record back; what is set here does not.
        let patient = kafka.producer().await?;
        let delivery = patient.enqueue(&topic, "late").await?;
        let start = Instant::now();
        kafka.producer().set("linger.ms", "0").await?.send(&topic, "early").await?;
        assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
        patient.flush().await?;
        assert_eq!(delivery.await?.offset, 1, "the one that lingers comes second");

        let mut reader = kafka.reader().topic(&topic, Offset::Earliest).stop_at_end().await?;
        let mut values = Vec::new();
        while let Some(message) = reader.next().await {
            values.push(message?.value().map(<[u8]>::to_vec));
        }
        assert_eq!(values, [Some(b"early".to_vec()), Some(b"late".to_vec())]);
    }
    Ok(())
}

#[tokio::test]
async fn a_producer_by_name_is_as_one_by_code() -> Result<()> {
    for version in everywhere() {
        let Some(kafka) = kafka(version, "by_name::a_producer_by_name_is_as_one_by_code").await else {
            return Ok(());
        };
        let topic = new_topic(&kafka, "acks-0", 1).await?;
        let producer = kafka.producer().set("acks", "0").set("partitioner", "consistent_random").await?;
        let placed = producer.send(&topic, "unasked").await?;
        assert_eq!(placed.offset, -1, "nobody says where it went");
    }
    Ok(())
}

const CHILD: &str = "KAFKA_SDK_TEST_BY_NAME_TOPIC";

/// What a test cannot set in its own process, it sets in another one's: this test's, which then writes.
#[tokio::test]
async fn the_environment_is_read() -> Result<()> {
    if let Ok(topic) = std::env::var(CHILD) {
        return in_the_environment(&topic).await;
    }
    let broker = broker(EMBEDDED, "by_name::the_environment_is_read").await.unwrap();
    let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
    let topic = new_topic(&kafka, "by-environment", 1).await?;
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "by_name::the_environment_is_read"]).env(CHILD, &topic);
    child.env("MYAPP_BOOTSTRAP_SERVERS", broker.bootstrap_servers()).env("MYAPP_CLIENT_ID", "from outside");
    child.env("MYAPP_HEAP_OPTS", "-Xmx1g").env("KAFKA_BOOTSTRAP_SERVERS", broker.bootstrap_servers());
    let output = tokio::task::spawn_blocking(move || child.output()).await.unwrap().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let mut reader = kafka.reader().topic(&topic, Offset::Earliest).stop_at_end().await?;
    assert_eq!(reader.next().await.unwrap()?.value(), Some(b"from outside".as_slice()));
    Ok(())
}

async fn in_the_environment(topic: &str) -> Result<()> {
    let builder = Kafka::from_env_with("MYAPP_");
    assert_eq!(builder.effective_config()?["client.id"], "from outside");
    builder.await?.producer().await?.send(topic, "from outside").await?;
    // There are variables of this test among those, too.
    assert!(Kafka::from_env().effective_config()?.contains_key("bootstrap.servers"));
    Ok(())
}
