//! Messages, headers and frames.

use bytes::Bytes;
use kafka_sdk_protocol::api::*;
use kafka_sdk_protocol::message::{Message, Request, decode_response, request_frame, response_frame};
use kafka_sdk_protocol::wire::Reader;
use kafka_sdk_protocol::{DecodeError, EncodeError, for_each_request};
use std::fmt::Debug;

/// A message, behind the key of its API, its version, and 0 for a request or 1 for a response: a byte each.
pub fn decode(input: &[u8]) {
    let [key, version, side, message @ ..] = input else { return };
    let Some(api) = api((*key).into()) else { return };
    let read = if side & 1 == 0 { api.request } else { api.response };
    read(&Bytes::copy_from_slice(message), (*version).into());
}

/// Behind a byte of 0 a request as it is on the wire, without its length; behind a byte of 1 a byte each for the API's key
/// and the version, and the response.
pub fn frame(input: &[u8]) {
    match input {
        [side, frame @ ..] if side & 1 == 0 => {
            let [k0, k1, v0, v1, ..] = *frame else { return };
            let Some(api) = api(i16::from_be_bytes([k0, k1])) else { return };
            (api.request_frame)(&Bytes::copy_from_slice(frame), i16::from_be_bytes([v0, v1]));
        }
        [_, key, version, frame @ ..] => {
            let Some(api) = api((*key).into()) else { return };
            (api.response_frame)(&Bytes::copy_from_slice(frame), (*version).into());
        }
        _ => {}
    }
}

/// What a member of a classic group tells the group's leader, and what the leader answers: bytes within JoinGroup and
/// SyncGroup that begin with their version. The input is read as both.
pub fn consumer_protocol(input: &[u8]) {
    let blob = Bytes::copy_from_slice(input);
    versioned::<ConsumerProtocolSubscription>(&blob);
    versioned::<ConsumerProtocolAssignment>(&blob);
}

/// A version later than the latest is read as the latest, and what it has more is left over: as in Java.
fn versioned<M: Message + PartialEq + Debug>(blob: &Bytes) {
    let mut r = Reader::new(blob, false);
    let Ok(version) = r.i16() else { return };
    let version = version.min(*M::VERSIONS.end());
    if let Ok(message) = M::decode_from(&mut r, version) {
        goes_round(&message, version);
    }
}

/// What can be done with the bytes of an API.
struct Api {
    key: i16,
    request: fn(&Bytes, i16),
    response: fn(&Bytes, i16),
    request_frame: fn(&Bytes, i16),
    response_frame: fn(&Bytes, i16),
}

macro_rules! table {
    ($($request:ty),*) => {
        const APIS: &[Api] = &[$(Api::of::<$request>()),*];
    };
}
for_each_request!(table);

fn api(key: i16) -> Option<&'static Api> {
    APIS.iter().find(|api| api.key == key)
}

impl Api {
    const fn of<R>() -> Self
    where
        R: Request + PartialEq + Debug,
        R::Response: PartialEq + Debug,
    {
        Self {
            key: R::KEY.0,
            request: message::<R>,
            response: message::<R::Response>,
            request_frame: framed_request::<R>,
            response_frame: framed_response::<R>,
        }
    }
}

fn message<M: Message + PartialEq + Debug>(bytes: &Bytes, version: i16) {
    if let Ok(message) = M::decode(bytes, version) {
        goes_round(&message, version);
    }
}

fn framed_request<R: Request + PartialEq + Debug>(frame: &Bytes, version: i16) {
    let read = |frame: &Bytes| -> Result<(RequestHeader, R), DecodeError> {
        let mut r = Reader::new(frame, false);
        let header = RequestHeader::decode_from(&mut r, R::header_version(version))?;
        let request = R::decode_from(&mut r, version)?;
        r.finish().map(|()| (header, request))
    };
    let Ok((header, request)) = read(frame) else { return };
    let write = request_frame(&request, version, header.correlation_id, header.client_id.as_deref());
    let Some(bytes) = written(write, R::NAME, version) else { return };
    let (header_again, request_again) = read(&unframed(&bytes.concat())).unwrap();
    assert_eq!(header_again, header);
    same(&request, &request_again, version);
}

fn framed_response<R: Request>(frame: &Bytes, version: i16)
where
    R::Response: PartialEq + Debug,
{
    let Ok((correlation_id, response)) = decode_response::<R>(frame, version) else { return };
    let write = response_frame::<R>(&response, version, correlation_id);
    let Some(bytes) = written(write, R::Response::NAME, version) else { return };
    let (id_again, response_again) = decode_response::<R>(&unframed(&bytes.concat()), version).unwrap();
    assert_eq!(id_again, correlation_id);
    same(&response, &response_again, version);
}

/// What is behind the length, which has to be right.
fn unframed(frame: &[u8]) -> Bytes {
    let (length, rest) = frame.split_first_chunk().unwrap();
    assert_eq!(u32::from_be_bytes(*length) as usize, rest.len());
    Bytes::copy_from_slice(rest)
}

/// What can be read can be written, and is then read as the same value.
fn goes_round<M: Message + PartialEq + Debug>(message: &M, version: i16) {
    let Some(bytes) = written(message.encode(version), M::NAME, version) else { return };
    match M::decode(&bytes, version) {
        Ok(again) => same(message, &again, version),
        Err(error) => panic!("{error} when {message:?} is read back"),
    }
}

/// The one thing that can be read and not written is a string that is longer than Kafka has them.
fn written<T>(bytes: Result<T, EncodeError>, name: &str, version: i16) -> Option<T> {
    match bytes {
        Ok(bytes) => Some(bytes),
        Err(EncodeError::TooLong { .. }) => None,
        Err(error) => panic!("{name} v{version} was read and cannot be written: {error}"),
    }
}

/// The same value, with floats by their bits: one that is not a number is not even equal to itself, so that the bytes have
/// to do for such a message.
fn same<M: Message + PartialEq + Debug>(message: &M, again: &M, version: i16) {
    let equal = |a: &M, b: &M| a == b;
    assert!(equal(message, again) || !equal(message, message), "v{version}: {message:?} became {again:?}");
    assert_eq!(message.encode(version), again.encode(version), "{} v{version}", M::NAME);
}
