//! Frames: four bytes of length and a message. Here they always include the length.

use bytes::{Bytes, BytesMut};
use kafka_sdk_protocol::api::{ApiKey, RequestHeader};
use kafka_sdk_protocol::message::{Message, Request, decode_response, response_frame};
use kafka_sdk_protocol::wire::Reader;

/// How many bytes say how long a frame is.
pub(super) const PREFIX: usize = 4;
/// No frame of a test is longer.
const LONGEST: usize = 1 << 30;

/// What every request begins with, in every version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) api: ApiKey,
    pub(super) version: i16,
    pub(super) correlation_id: i32,
}

impl Head {
    /// None if the frame is too short to be a request.
    pub(super) fn of(request: &[u8]) -> Option<Self> {
        let rest = request.get(PREFIX..)?;
        let (api, rest) = rest.split_first_chunk()?;
        let (version, rest) = rest.split_first_chunk()?;
        Some(Self {
            api: ApiKey(i16::from_be_bytes(*api)),
            version: i16::from_be_bytes(*version),
            correlation_id: i32::from_be_bytes(*rest.first_chunk()?),
        })
    }

    /// The request with all its fields. None if they are not those of a version that we know.
    pub(super) fn request<R: Request>(&self, frame: &Bytes) -> Option<R> {
        let message = frame.slice(PREFIX..);
        let mut reader = Reader::new(&message, false);
        RequestHeader::decode_from(&mut reader, R::header_version(self.version)).ok()?;
        R::decode_from(&mut reader, self.version).ok()
    }

    /// An answer with all its fields. None if they are not those of a version that we know.
    pub(super) fn response<R: Request>(&self, frame: &Bytes) -> Option<R::Response> {
        decode_response::<R>(&frame.slice(PREFIX..), self.version).ok().map(|(_, response)| response)
    }

    /// The frame of an answer. None if the version cannot carry it.
    pub(super) fn answer<R: Request>(&self, response: &R::Response) -> Option<Bytes> {
        self.answer_in::<R>(response, self.version)
    }

    /// As [`answer`](Self::answer), in another version than that of the request.
    pub(super) fn answer_in<R: Request>(&self, response: &R::Response, version: i16) -> Option<Bytes> {
        let segments = response_frame::<R>(response, version, self.correlation_id).ok()?;
        Some(segments.concat().into())
    }
}

/// Takes the first whole frame out of what has been read.
///
/// # Errors
/// A length that no frame has: the bytes behind it cannot be made sense of.
pub(super) fn split(read: &mut BytesMut) -> Result<Option<Bytes>, BadLength> {
    let Some(length) = read.first_chunk() else { return Ok(None) };
    let length = usize::try_from(i32::from_be_bytes(*length)).map_err(|_| BadLength)?;
    if length > LONGEST {
        return Err(BadLength);
    }
    let whole = PREFIX + length;
    if read.len() < whole {
        read.reserve(whole - read.len());
        return Ok(None);
    }
    Ok(Some(read.split_to(whole).freeze()))
}

/// A frame's length is negative or beyond reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BadLength;

#[cfg(test)]
mod tests {
    use kafka_sdk_protocol::api::HeartbeatRequest;
    use kafka_sdk_protocol::message::request_frame;

    use super::*;

    #[test]
    fn a_head_is_read_from_every_version() {
        for version in HeartbeatRequest::VERSIONS {
            let request = HeartbeatRequest { group_id: "g".into(), ..Default::default() };
            let frame = Bytes::from(request_frame(&request, version, 77, Some("me")).unwrap().concat());
            let head = Head::of(&frame).unwrap();
            assert_eq!(head, Head { api: ApiKey::HEARTBEAT, version, correlation_id: 77 });
            assert_eq!(head.request::<HeartbeatRequest>(&frame).unwrap().group_id, "g");
        }
        assert_eq!(Head::of(&[0; 11]), None);
    }

    #[test]
    fn frames_are_split_wherever_reading_stopped() {
        let stream = [&[0, 0, 0, 2, 7, 8][..], &[0, 0, 0, 0], &[0, 0, 0, 1, 9]].concat();
        let mut read = BytesMut::new();
        let mut frames = Vec::new();
        for &byte in &stream {
            read.extend_from_slice(&[byte]);
            frames.extend(split(&mut read).unwrap());
        }
        assert_eq!(frames.concat(), stream);
        assert_eq!(frames.iter().map(Bytes::len).collect::<Vec<_>>(), [6, 4, 5]);
    }

    #[test]
    fn a_length_beyond_reason_reserves_nothing() {
        for length in [-1, i32::MIN, i32::MAX] {
            let mut read = BytesMut::from(&length.to_be_bytes()[..]);
            assert_eq!(split(&mut read), Err(BadLength));
            assert!(read.capacity() < 1000);
        }
    }
}
