//! What the documented example expands to, compiled as it can be read in `kafka-sdk-derive/src/expanded.rs`: nothing in it
//! is worth a warning.
#![deny(warnings, clippy::all, clippy::pedantic)]

use kafka_sdk::{KafkaMessage, Message, Timestamp};
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct OrderPlaced {
    order_id: String,
    customer_id: i64,
    #[serde(skip)]
    trace: Option<String>,
    #[serde(skip)]
    tenant_id: String,
    placed_at: Timestamp,
    amount_cents: i64,
}

include!("../../../kafka-sdk-derive/src/expanded.rs");

#[test]
fn what_the_example_expands_to_is_a_message() -> kafka_sdk::Result<()> {
    let order = OrderPlaced {
        order_id: "o-1".into(),
        customer_id: 9,
        trace: Some("t".into()),
        tenant_id: "shop".into(),
        placed_at: Timestamp::from_millis(1_700_000_000_000),
        amount_cents: 250,
    };
    let mut buffer = Vec::new();
    let message = Message::of_record(("orders.v1", 0), 0, &order.to_record(&mut buffer)?);
    assert_eq!(OrderPlaced::from_message(&message)?, order);
    Ok(())
}
