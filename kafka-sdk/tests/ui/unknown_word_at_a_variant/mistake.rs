#![allow(dead_code)]

use kafka_sdk::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(KafkaMessage)]
#[kafka(type_header = "type")]
enum Event {
    #[kafka(tga = "order")]
    Order(Order),
}

#[derive(Serialize, Deserialize, KafkaMessage)]
struct Order {
    #[kafka(key)]
    id: String,
}

fn main() {}
