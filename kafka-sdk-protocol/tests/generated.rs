//! The generated messages: fresh, and equal to themselves after a round trip in every version.
#![allow(clippy::unwrap_used, reason = "a test")]

use kafka_sdk_protocol::api::*;
use kafka_sdk_protocol::for_each_request;
use kafka_sdk_protocol::message::{Message, Request, decode_response, request_frame, response_frame};
use std::path::Path;
use std::process::Command;

#[test]
fn src_api_is_what_schema_gives() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let check = Command::new(env!("CARGO"))
        .args(["run", "-q", "-p", "kafka-sdk-protocol-codegen", "--", "check"])
        .current_dir(workspace)
        .output()
        .unwrap();
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stderr));
}

macro_rules! all {
    ($($request:ty),*) => {
        #[test]
        fn every_version_of_every_message_goes_round() {
            let mut versions = 0;
            $(versions += round_trips::<$request>();)*
            println!("{versions} request versions");
            assert_eq!(versions, 285);
        }

        #[test]
        fn every_truncation_is_an_error() {
            $(truncations::<$request>();)*
        }
    };
}
for_each_request!(all);

fn round_trips<R: Request + PartialEq + std::fmt::Debug>() -> usize
where
    R::Response: PartialEq + std::fmt::Debug,
{
    assert_eq!(R::VERSIONS, R::Response::VERSIONS, "{}", R::NAME);
    for version in R::VERSIONS {
        let request = R::default();
        let bytes = request.encode(version).unwrap();
        assert_eq!(R::decode(&bytes, version).unwrap(), request, "{} v{version}", R::NAME);
        assert!(bytes.len().max(1) >= R::MIN_SIZE);

        let frame = request_frame(&request, version, 3, Some("me")).unwrap().concat();
        assert_eq!(frame.len() - 4, u32::from_be_bytes(frame[..4].try_into().unwrap()) as usize);
        assert!(frame.ends_with(&bytes));

        let response = R::Response::default();
        let frame = response_frame::<R>(&response, version, 42).unwrap().concat();
        let (correlation_id, read) = decode_response::<R>(&frame[4..].to_vec().into(), version).unwrap();
        assert_eq!((correlation_id, read), (42, response), "{} v{version}", R::Response::NAME);
    }
    assert!(R::default().encode(R::VERSIONS.end() + 1).is_err());
    R::VERSIONS.count()
}

fn truncations<R: Request>() {
    for version in R::VERSIONS {
        let bytes = R::Response::default().encode(version).unwrap();
        for cut in 0..bytes.len() {
            assert!(
                R::Response::decode(&bytes.slice(..cut), version).is_err(),
                "{} v{version} at {cut}",
                R::NAME
            );
        }
    }
}

#[test]
fn a_field_that_a_version_lacks_is_refused() {
    let request = MetadataRequest { include_topic_authorized_operations: true, ..Default::default() };
    assert!(request.encode(8).is_ok());
    let error = request.encode(7).unwrap_err().to_string();
    assert_eq!(
        error,
        "MetadataRequest.include_topic_authorized_operations is set, but version 7 cannot carry it"
    );
    let all_topics = MetadataRequest { topics: None, ..Default::default() };
    assert_eq!(
        all_topics.encode(0).unwrap_err().to_string(),
        "MetadataRequest.topics is null, which version 0 does not allow"
    );
}

#[test]
fn secrets_and_payloads_are_not_shown() {
    let request = SaslAuthenticateRequest { auth_bytes: b"hunter2".to_vec().into() };
    assert_eq!(format!("{request:?}"), "SaslAuthenticateRequest { auth_bytes: \"[hidden]\" }");
    let records = Some(b"payload".to_vec().into());
    let data = produce::PartitionProduceData { index: 1, records };
    assert_eq!(format!("{data:?}"), "PartitionProduceData { index: 1, records: Some(7) }");
}
