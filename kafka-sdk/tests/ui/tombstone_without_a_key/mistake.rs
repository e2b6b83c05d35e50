#![allow(dead_code)]

use kafka_sdk::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "orders")]
struct Order {
    id: String,
}

async fn forget(producer: kafka_sdk::Producer) {
    let _ = producer.of::<Order>().await.unwrap().tombstone("id").await;
}

fn main() {}
