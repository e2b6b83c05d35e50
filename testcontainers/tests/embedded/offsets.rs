//! ListOffsets.

use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_testcontainers::TestKafka;

use crate::common::{Client, TestResult, plain};

#[tokio::test]
async fn beginnings_ends_and_times_have_offsets() -> TestResult {
    let kafka = TestKafka::embedded().topic("orders", 1).start().await?;
    let mut client = Client::connect(kafka.bootstrap_servers()).await?;
    client.produce("orders", 0, plain(&["a", "b", "c"])).await?;
    for (asked, offset, timestamp) in
        [(-1, 3, -1), (-2, 0, -1), (-3, 2, 1002), (0, 0, 1000), (1001, 1, 1001), (1003, -1, -1)]
    {
        let found = client.list_offset("orders", 0, asked).await?;
        assert_eq!(
            (found.error_code, found.offset, found.timestamp),
            (ErrorCode::NONE, offset, timestamp),
            "{asked}"
        );
    }
    let unknown = client.list_offset("orders", 1, -1).await?;
    assert_eq!((unknown.error_code, unknown.offset), (ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, -1));
    Ok(())
}
