#![allow(dead_code)]

use kafka_sdk::KafkaMessage;

#[derive(KafkaMessage)]
#[kafka(topic = "orders")]
struct Order {
    #[kafka(key)]
    id: String,
}

fn main() {}
