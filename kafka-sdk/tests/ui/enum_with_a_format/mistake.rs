#![allow(dead_code)]

use kafka_sdk::KafkaMessage;
use serde::{Deserialize, Serialize};

#[derive(KafkaMessage)]
#[kafka(type_header = "type", format = json)]
enum Event {
    #[kafka(tag = "order")]
    Order(Order),
}

#[derive(Serialize, Deserialize, KafkaMessage)]
struct Order {
    #[kafka(key)]
    id: String,
}

fn main() {}
