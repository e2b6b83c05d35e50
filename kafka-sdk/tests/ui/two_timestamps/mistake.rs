#![allow(dead_code)]

use kafka_sdk::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
struct Order {
    #[kafka(timestamp)]
    id: i64,
    #[kafka(timestamp)]
    later: i64,
}

fn main() {}
