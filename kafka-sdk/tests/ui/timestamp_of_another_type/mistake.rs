#![allow(dead_code)]

use kafka_sdk::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
struct Order {
    #[kafka(timestamp)]
    at: String,
}

fn main() {}
