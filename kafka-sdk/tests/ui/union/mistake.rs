#![allow(dead_code)]

use kafka_sdk::KafkaMessage;

#[derive(KafkaMessage)]
union Order {
    id: u32,
}

fn main() {}
