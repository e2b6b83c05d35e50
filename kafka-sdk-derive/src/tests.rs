//! What the documented example expands to, as one can read it in `expanded.rs`. After a change:
//! `KAFKA_SDK_WRITE_DOCS=1 cargo test -p kafka-sdk-derive`.

use super::derive;
use std::path::Path;
use std::{env, fs};
use syn::parse_quote;

#[test]
fn the_example_expands_to_what_somebody_would_write() {
    let example = parse_quote! {
        #[derive(Debug, Serialize, Deserialize, KafkaMessage)]
        #[kafka(topic = "orders.v1", format = json)]
        struct OrderPlaced {
            #[kafka(key)]
            order_id: String,
            #[kafka(partition_by)]
            customer_id: i64,
            #[kafka(header = "trace-id")]
            #[serde(skip)]
            trace: Option<String>,
            #[kafka(header)]
            #[serde(skip)]
            tenant_id: String,
            #[kafka(timestamp)]
            placed_at: Timestamp,
            amount_cents: i64,
        }
    };
    let expanded = prettyplease::unparse(&syn::parse2(derive(&example)).unwrap());
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/expanded.rs");
    if env::var_os("KAFKA_SDK_WRITE_DOCS").is_some() {
        fs::write(&file, &expanded).unwrap();
    }
    assert_eq!(expanded, fs::read_to_string(file).unwrap());
}
