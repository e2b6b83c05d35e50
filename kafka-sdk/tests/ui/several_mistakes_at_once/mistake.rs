#![allow(dead_code)]

use kafka_sdk::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "orders v1", fromat = json)]
struct Order {
    #[kafka(key)]
    id: String,
    #[kafka(keey)]
    number: i64,
    #[kafka(key)]
    other: i64,
}

fn main() {}
