#![allow(dead_code)]

use kafka_sdk::KafkaMessage;

#[derive(KafkaMessage)]
#[kafka(type_header = "type")]
enum Event {
    #[kafka(tag = "order")]
    Order { id: String },
}

fn main() {}
