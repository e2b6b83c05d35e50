//! The first exchange on a connection: which versions does the broker speak (KIP-35, KIP-511).

use super::Failure;
use super::connection::Setup;
use super::dial::Io;
use super::frame::FrameReader;
use super::versions::Versions;
use bytes::Bytes;
use kafka_sdk_protocol::api::{ApiVersionsRequest, ApiVersionsResponse};
use kafka_sdk_protocol::message::{Message, decode_response, request_frame};
use kafka_sdk_protocol::{DecodeError, ErrorCode};
use std::future::poll_fn;
use std::sync::Arc;
use tokio::io::AsyncWriteExt;

/// The version to begin with: brokers from 2.4 on know it. One that does not answers in version 0 with
/// UNSUPPORTED_VERSION. Later versions would cost all but the newest brokers a second round trip.
const FIRST_TRY: i16 = 3;

/// The first version that says who is expected to answer (KIP-1242). It is for brokers that are known to speak it.
pub(crate) const WITH_IDENTITY: i16 = 5;

/// Whom a connection leads to, if metadata is right and so is the way there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) cluster_id: Arc<str>,
    pub(crate) broker: i32,
}

/// What the greeting came to.
pub(super) enum Greeting {
    Versions(Versions),
    /// The peer hung up on the first version, as some implementations do: dial again and ask in version 0.
    HungUp,
}

/// Who asks which versions the broker speaks.
pub(crate) fn introduction() -> ApiVersionsRequest {
    ApiVersionsRequest {
        client_software_name: "kafka-sdk-rust".into(),
        client_software_version: env!("CARGO_PKG_VERSION").into(),
        ..Default::default()
    }
}

/// Asks in the first version, and in version 0 where that is not understood.
pub(super) async fn greet(
    socket: &mut dyn Io,
    frames: &mut FrameReader,
    Setup { client_id, expected, .. }: &Setup,
) -> Result<Greeting, Failure> {
    let (version, request) = match expected {
        Some(Expected { cluster_id, broker }) => {
            let cluster_id = Some(cluster_id.as_ref().to_owned());
            (WITH_IDENTITY, ApiVersionsRequest { cluster_id, node_id: *broker, ..introduction() })
        }
        None => (FIRST_TRY, introduction()),
    };
    let frame = match ask(socket, frames, &request, version, client_id).await {
        Ok(frame) => frame,
        Err(Failure::Closed(_)) => return Ok(Greeting::HungUp),
        Err(failure) => return Err(failure),
    };
    match read(&frame, version) {
        Ok(response) if response.error_code == ErrorCode::NONE => {
            Ok(Greeting::Versions(Versions::new(&response)))
        }
        Ok(response) if response.error_code == ErrorCode::REBOOTSTRAP_REQUIRED => Err(Failure::Misrouted),
        _ => greet_in_version_0(socket, frames, client_id).await.map(Greeting::Versions),
    }
}

/// Asks in version 0, which every broker understands.
pub(super) async fn greet_in_version_0(
    socket: &mut dyn Io,
    frames: &mut FrameReader,
    client_id: &str,
) -> Result<Versions, Failure> {
    let frame = match ask(socket, frames, &ApiVersionsRequest::default(), 0, client_id).await {
        Err(Failure::Closed(_)) => return Err(Failure::ClosedDuringSetup),
        other => other?,
    };
    match read(&frame, 0) {
        Ok(response) if response.error_code == ErrorCode::NONE => Ok(Versions::new(&response)),
        Ok(response) => Err(Failure::Unsupported(format!("refused ApiVersions: {}", response.error_code))),
        Err(_) => Err(Failure::NotKafka),
    }
}

fn read(frame: &Bytes, version: i16) -> Result<ApiVersionsResponse, DecodeError> {
    decode_response::<ApiVersionsRequest>(frame, version).map(|(_, response)| response)
}

async fn ask(
    socket: &mut dyn Io,
    frames: &mut FrameReader,
    request: &ApiVersionsRequest,
    version: i16,
    client_id: &str,
) -> Result<Bytes, Failure> {
    debug_assert!(ApiVersionsRequest::VERSIONS.contains(&version));
    let frame = request_frame(request, version, 0, Some(client_id)).map_err(Failure::Encode)?;
    socket.write_all(&frame.concat()).await?;
    loop {
        if let Some(frame) = frames.next().map_err(not_kafka)? {
            return Ok(frame);
        }
        if poll_fn(|cx| frames.poll_fill(cx, socket)).await? == 0 {
            return Err(Failure::Closed(None));
        }
    }
}

/// A length that cannot be, in the first answer, is no Kafka.
fn not_kafka(failure: Failure) -> Failure {
    match failure {
        Failure::FrameSize(_) => Failure::NotKafka,
        other => other,
    }
}
