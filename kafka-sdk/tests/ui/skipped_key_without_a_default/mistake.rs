#![allow(dead_code)]

use kafka_sdk::KafkaMessage;
use serde::{Deserialize, Serialize};

struct Id(i64);

impl kafka_sdk::typed::Key for Id {
    type Lent<'k> = i64;
    fn to_payload(&self) -> kafka_sdk::Payload<'_> {
        self.0.to_payload()
    }
    fn from_bytes(bytes: &[u8]) -> Result<Self, kafka_sdk::typed::BoxError> {
        i64::from_bytes(bytes).map(Self)
    }
}

#[derive(Serialize, Deserialize, KafkaMessage)]
struct Order {
    #[kafka(key)]
    #[serde(skip)]
    id: Id,
}

fn main() {}
