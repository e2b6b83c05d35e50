#![allow(dead_code)]

use kafka_sdk::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, KafkaMessage)]
#[kafka(key_format = avro)]
struct Seat {
    #[kafka(key)]
    hall: String,
    #[kafka(key)]
    row: u16,
}

fn main() {}
