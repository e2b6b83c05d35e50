//! Connections: what is no request, and versions.

use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::{ApiKey, ApiVersionsRequest, MetadataRequest};
use kafka_sdk_protocol::message::request_frame;
use kafka_sdk_testcontainers::TestKafka;
use tokio::io::AsyncWriteExt;

use crate::common::{Client, TestResult, plain};

#[tokio::test]
async fn malformed_bytes_close_their_connection_and_nothing_else() -> TestResult {
    let kafka = TestKafka::embedded().topic("orders", 1).start().await?;
    let mut other = Client::connect(kafka.bootstrap_servers()).await?;
    let good = request_frame(&MetadataRequest::default(), 12, 7, Some("test"))?.concat();
    let mut too_long = good.clone();
    too_long[3] += 1;
    too_long.push(0);
    for bytes in [
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        vec![0xff; 64],
        vec![0x7f, 0xff, 0xff, 0xff, 0, 3, 0, 12],
        vec![0, 0, 0, 0],
        vec![0, 0, 0, 10, 0, 3, 0, 12, 0, 0, 0, 1, 0, 9],
        // An API and a version that there are not.
        vec![0, 0, 0, 10, 3, 231, 0, 0, 0, 0, 0, 1, 0, 0],
        vec![0, 0, 0, 10, 0, 3, 0, 99, 0, 0, 0, 1, 0, 0],
        too_long,
    ] {
        let mut client = Client::connect(kafka.bootstrap_servers()).await?;
        client.0.write_all(&bytes).await?;
        assert!(client.is_closed().await, "{bytes:?}");
    }
    assert_eq!(other.produce("orders", 0, plain(&["x"])).await?.error_code, ErrorCode::NONE);
    Ok(())
}

#[tokio::test]
async fn random_bytes_do_not_end_the_cluster() -> TestResult {
    let kafka = TestKafka::embedded().topic("orders", 1).start().await?;
    let good = request_frame(&MetadataRequest::default(), 12, 7, Some("test"))?.concat();
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..300 {
        let mut bent = good.clone();
        for _ in 0..random.usize(1..4) {
            let at = random.usize(4..bent.len());
            bent[at] = random.u8(..);
        }
        Client::connect(kafka.bootstrap_servers()).await?.0.write_all(&bent).await?;
    }
    let mut client = Client::connect(kafka.bootstrap_servers()).await?;
    assert_eq!(client.produce("orders", 0, plain(&["x"])).await?.error_code, ErrorCode::NONE);
    Ok(())
}

#[tokio::test]
async fn an_unknown_version_of_api_versions_is_answered_in_version_0() -> TestResult {
    let kafka = TestKafka::embedded().start().await?;
    let mut client = Client::connect(kafka.bootstrap_servers()).await?;
    client.0.write_all(&[0, 0, 0, 10, 0, 18, 0, 99, 0, 0, 0, 7, 0, 0]).await?;
    let answer = client.receive::<ApiVersionsRequest>(0).await?;
    assert_eq!(answer.error_code, ErrorCode::UNSUPPORTED_VERSION);
    assert_eq!((answer.api_keys[0].api_key, answer.api_keys[0].max_version), (ApiKey::API_VERSIONS.0, 5));
    assert_eq!(client.ask(&ApiVersionsRequest::default(), 0).await?.error_code, ErrorCode::NONE);
    Ok(())
}

#[tokio::test]
async fn an_older_kafka_has_fewer_apis_and_versions() -> TestResult {
    let kafka = TestKafka::embedded().as_version("2.1").start().await?;
    let mut client = Client::connect(kafka.bootstrap_servers()).await?;
    let known = client.ask(&ApiVersionsRequest::default(), 0).await?.api_keys;
    let highest = |key: ApiKey| known.iter().find(|api| api.api_key == key.0).map(|api| api.max_version);
    assert_eq!(highest(ApiKey::METADATA), Some(7));
    assert_eq!(highest(ApiKey::DESCRIBE_CLUSTER), None);
    client.send(&MetadataRequest::default(), 8).await?;
    assert!(client.is_closed().await);
    Ok(())
}
