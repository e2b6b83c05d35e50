//! A typed message next to what one would write by hand: the same bytes into the same buffer, and back.

use kafka_sdk::{KafkaMessage, Message, Record};
use serde::{Deserialize, Serialize};

/// Of about 100 bytes in JSON.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "orders.v1")]
pub struct Order {
    /// Key, and in the value.
    #[kafka(key)]
    pub order_id: String,
    /// In a header only.
    #[kafka(header)]
    #[serde(skip)]
    pub tenant_id: String,
    /// In the value.
    pub customer_id: i64,
    /// In the value.
    pub note: String,
    /// In the value.
    pub amount_cents: i64,
}

impl Order {
    /// One of them.
    #[must_use]
    pub fn example() -> Self {
        Self {
            order_id: "o-1234567".into(),
            tenant_id: "tenant-7".into(),
            customer_id: 9_876_543,
            note: "leave it at the door".into(),
            amount_cents: 1_299,
        }
    }

    /// What the derive does, by hand.
    ///
    /// # Panics
    /// If JSON does not have it.
    pub fn by_hand<'r>(&'r self, buffer: &'r mut Vec<u8>) -> Record<'r> {
        serde_json::to_writer(&mut *buffer, self).expect("it is JSON");
        Record::new(buffer.as_slice()).key(&self.order_id).header("tenant-id", &self.tenant_id)
    }

    /// What the derive does, by hand.
    ///
    /// # Panics
    /// If it is no such record.
    #[must_use]
    pub fn read_by_hand(message: &Message) -> Self {
        let mut order: Self = serde_json::from_slice(message.value().expect("a value")).expect("an order");
        let tenant = message.header("tenant-id").expect("a tenant");
        std::str::from_utf8(tenant).expect("text").clone_into(&mut order.tenant_id);
        order
    }
}
