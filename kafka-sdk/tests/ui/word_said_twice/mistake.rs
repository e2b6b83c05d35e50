#![allow(dead_code)]

use kafka_sdk::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "a", topic = "b")]
struct Order {
    #[kafka(key)]
    id: String,
}

fn main() {}
