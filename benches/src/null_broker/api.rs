//! Which API is answered by what.

use super::Shared;
use super::canned::Copies;
use super::cluster::{api_versions, init_producer_id, list_offsets, metadata};
use super::{fetch, group, produce};
use bytes::Bytes;
use kafka_sdk_protocol::api::{
    ApiKey, ApiVersionsRequest, FetchRequest, FindCoordinatorRequest, HeartbeatRequest, HeartbeatResponse,
    InitProducerIdRequest, JoinGroupRequest, ListOffsetsRequest, MetadataRequest, ProduceRequest,
    RequestHeader, SyncGroupRequest,
};
use kafka_sdk_protocol::message::{Message, Request, response_frame};
use kafka_sdk_protocol::wire::Reader;

/// What goes back to the client.
pub(super) enum Answer {
    Frame(Vec<Bytes>),
    /// With acks 0, and when nothing is acknowledged at all.
    None,
}

/// A request as its header says.
#[derive(Clone, Copy)]
struct Head<'f> {
    frame: &'f Bytes,
    version: i16,
    correlation_id: i32,
}

/// What is answered to the request in `frame`, or what is the matter with it.
pub(super) fn answer(shared: &Shared, copies: &mut Copies, frame: &Bytes) -> Result<Answer, String> {
    let mut reader = Reader::new(frame, false);
    let mut next = || -> Result<_, _> {
        let (key, version) = (reader.i16()?, reader.i16()?);
        Ok((ApiKey(key), version, reader.i32()?))
    };
    let (key, version, correlation_id) =
        next().map_err(|e: kafka_sdk_protocol::DecodeError| e.to_string())?;
    let head = Head { frame, version, correlation_id };
    match key {
        ApiKey::API_VERSIONS => api_versions_answer(shared, head),
        ApiKey::METADATA => head.answer(|request: &MetadataRequest| metadata(shared, version, request)),
        ApiKey::INIT_PRODUCER_ID => {
            head.answer(|request: &InitProducerIdRequest| init_producer_id(shared, request))
        }
        ApiKey::LIST_OFFSETS => head.answer(|request: &ListOffsetsRequest| list_offsets(version, request)),
        ApiKey::PRODUCE => {
            let request = head.request::<ProduceRequest>()?;
            let response = produce::answer(shared, &request);
            if request.acks == 0 || !shared.settings.acknowledging {
                return Ok(Answer::None);
            }
            head.response::<ProduceRequest>(&response)
        }
        ApiKey::FETCH => head.answer(|request: &FetchRequest| fetch::answer(shared, copies, request)),
        _ if shared.settings.grouping => of_group(shared, key, head),
        key => Err(not_listed(key)),
    }
}

fn of_group(shared: &Shared, key: ApiKey, head: Head<'_>) -> Result<Answer, String> {
    let version = head.version;
    match key {
        ApiKey::FIND_COORDINATOR => {
            head.answer(|request: &FindCoordinatorRequest| group::coordinator(shared, request))
        }
        ApiKey::JOIN_GROUP => head.answer(|request: &JoinGroupRequest| group::join(version, request)),
        ApiKey::SYNC_GROUP => head.answer(|request: &SyncGroupRequest| group::sync(version, request)),
        ApiKey::HEARTBEAT => head.answer(|_: &HeartbeatRequest| HeartbeatResponse::default()),
        ApiKey::LEAVE_GROUP => head.answer(group::leave),
        ApiKey::OFFSET_FETCH => head.answer(group::committed),
        ApiKey::OFFSET_COMMIT => head.answer(group::commit),
        key => Err(not_listed(key)),
    }
}

fn not_listed(key: ApiKey) -> String {
    format!("a request of {key:?}, which the null broker does not list")
}

/// A version that is not known is answered in version 0, so that the client can choose another.
fn api_versions_answer(shared: &Shared, head: Head<'_>) -> Result<Answer, String> {
    if ApiVersionsRequest::VERSIONS.contains(&head.version) {
        head.answer(|_: &ApiVersionsRequest| api_versions(shared, None))
    } else {
        let refused = api_versions(shared, Some(kafka_sdk_protocol::ErrorCode::UNSUPPORTED_VERSION));
        Head { version: 0, ..head }.response::<ApiVersionsRequest>(&refused)
    }
}

impl Head<'_> {
    fn answer<R: Request>(self, answer: impl FnOnce(&R) -> R::Response) -> Result<Answer, String> {
        self.response::<R>(&answer(&self.request()?))
    }

    fn request<R: Request>(&self) -> Result<R, String> {
        let mut reader = Reader::new(self.frame, false);
        RequestHeader::decode_from(&mut reader, R::header_version(self.version))
            .and_then(|_| R::decode_from(&mut reader, self.version))
            .map_err(|error| error.to_string())
    }

    fn response<R: Request>(&self, response: &R::Response) -> Result<Answer, String> {
        response_frame::<R>(response, self.version, self.correlation_id)
            .map(Answer::Frame)
            .map_err(|error| error.to_string())
    }
}
