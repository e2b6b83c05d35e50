use kafka_sdk::{Kafka, Result};

async fn consume(kafka: Kafka) -> Result<()> {
    let consumer = kafka.consumer("billing").topics(["orders"]).await?;
    consumer.run(8, async |message| Ok::<_, kafka_sdk::Error>(drop(message))).await
}

fn main() {
    drop(consume);
}
