#![allow(dead_code)]

use kafka_sdk::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
struct Order {
    #[kafka(offset)]
    offset: i64,
}

fn main() {}
