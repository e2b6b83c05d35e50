#![deny(warnings)]

use kafka_sdk::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
struct Order {
    #[kafka(partition_by)]
    customer: i64,
}

fn main() {}
