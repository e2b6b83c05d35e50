//! What all messages have in common, and frames made of a header and a message.

use crate::api::{ApiKey, RequestHeader, ResponseHeader};
use crate::error::{DecodeError, DecodeErrorKind, EncodeError};
use crate::wire::{Element, Reader, Writer};
use bytes::Bytes;
use std::ops::RangeInclusive;

/// A message of Kafka's protocol: a plain struct that holds the fields of every version.
///
/// A field that a version does not have is left at its default when that version is read, and must be at its default
/// when it is written (or be one that Kafka calls ignorable).
pub trait Message: Element + Default {
    /// Kafka's name for it.
    const NAME: &'static str;
    /// The versions that can be written and read.
    const VERSIONS: RangeInclusive<i16>;
    /// The first version with compact lengths and tagged fields (KIP-482); beyond [`Self::VERSIONS`] if there is none.
    const FIRST_FLEXIBLE: i16;
    /// The most bytes of heap that decoding takes for each byte of a frame, whatever is in it.
    const EXPANSION: usize;

    /// Whether `version` has compact lengths and tagged fields.
    #[must_use]
    fn is_flexible(version: i16) -> bool {
        version >= Self::FIRST_FLEXIBLE
    }

    /// Appends the message to what `w` holds.
    fn encode_to(&self, w: &mut Writer, version: i16) -> Result<(), EncodeError> {
        if !Self::VERSIONS.contains(&version) {
            return Err(EncodeError::Version { message: Self::NAME, version });
        }
        w.set_flexible(Self::is_flexible(version));
        self.write(w, version);
        Ok(())
    }

    /// The message's bytes, without header and frame.
    ///
    /// # Errors
    /// A version that does not exist, a field that it cannot carry, a string over 32,767 bytes.
    fn encode(&self, version: i16) -> Result<Bytes, EncodeError> {
        let mut w = Writer::new(false);
        self.encode_to(&mut w, version)?;
        Ok(concat(&w.finish()?))
    }

    /// Reads the message at the place where `r` stands; more may follow.
    ///
    /// # Errors
    /// A version that does not exist, or bytes that are not this message.
    fn decode_from(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError> {
        if !Self::VERSIONS.contains(&version) {
            return Err(r.error(DecodeErrorKind::Version(version)).within(Self::NAME, version));
        }
        r.set_flexible(Self::is_flexible(version));
        Self::read(r, version).map_err(|e| e.within(Self::NAME, version))
    }

    /// Reads a message that takes all of `bytes`.
    ///
    /// # Errors
    /// As [`Self::decode_from`], and left-over bytes.
    fn decode(bytes: &Bytes, version: i16) -> Result<Self, DecodeError> {
        let mut r = Reader::new(bytes, false);
        let message = Self::decode_from(&mut r, version)?;
        r.finish().map_err(|e| e.within(Self::NAME, version))?;
        Ok(message)
    }

    /// Reads a message behind its version in two bytes, as members of a group send them through its coordinator. A newer
    /// version is read as the newest that is known, since versions only add fields behind what was there; what is left over
    /// is not looked at.
    ///
    /// # Errors
    /// A version before all that exist, or bytes that are not this message.
    fn decode_behind_version(bytes: &Bytes) -> Result<Self, DecodeError> {
        let mut r = Reader::new(bytes, false);
        let version = r.i16()?;
        if version < *Self::VERSIONS.start() {
            return Err(r.error(DecodeErrorKind::Version(version)));
        }
        Self::decode_from(&mut r, version.min(*Self::VERSIONS.end()))
    }
}

fn concat(segments: &[Bytes]) -> Bytes {
    match segments {
        [] => Bytes::new(),
        [one] => one.clone(),
        many => many.concat().into(),
    }
}

/// A message that a client sends.
pub trait Request: Message + Send + 'static {
    /// Which API it calls.
    const KEY: ApiKey;
    /// The highest version that is stable; versions above it are never negotiated.
    const LATEST_STABLE: i16;
    /// What the broker answers.
    type Response: Response + Send + 'static;

    /// The version of the request's header.
    #[must_use]
    fn header_version(version: i16) -> i16 {
        if Self::is_flexible(version) { 2 } else { 1 }
    }

    /// The version of the response's header. An ApiVersions response has 0 at any version, so that a client can read
    /// it before it knows what the broker speaks.
    #[must_use]
    fn response_header_version(version: i16) -> i16 {
        i16::from(Self::KEY != ApiKey::API_VERSIONS && Self::Response::is_flexible(version))
    }
}

/// A message that a broker sends.
pub trait Response: Message {
    /// For how many milliseconds the broker will not read from the connection, because a quota is used up (KIP-219).
    #[must_use]
    fn throttle_time_ms(&self) -> i32 {
        0
    }
}

/// A whole request frame: length, header, message, as segments to be written in order. Record bytes are shared with
/// the message, not copied.
///
/// # Errors
/// As [`Message::encode`], and a frame over 2,147,483,647 bytes.
pub fn request_frame<R: Request>(
    request: &R,
    version: i16,
    correlation_id: i32,
    client_id: Option<&str>,
) -> Result<Vec<Bytes>, EncodeError> {
    let mut w = Writer::frame();
    let header = RequestHeader {
        request_api_key: R::KEY.0,
        request_api_version: version,
        correlation_id,
        client_id: client_id.map(str::to_owned),
    };
    header.encode_to(&mut w, R::header_version(version))?;
    request.encode_to(&mut w, version)?;
    w.finish_frame()
}

/// A whole response frame, as [`request_frame`]: what a broker sends.
///
/// # Errors
/// As [`request_frame`].
pub fn response_frame<R: Request>(
    response: &R::Response,
    version: i16,
    correlation_id: i32,
) -> Result<Vec<Bytes>, EncodeError> {
    let mut w = Writer::frame();
    ResponseHeader { correlation_id }.encode_to(&mut w, R::response_header_version(version))?;
    response.encode_to(&mut w, version)?;
    w.finish_frame()
}

/// Reads a response frame (without its length) to a request of type `R`.
///
/// # Errors
/// As [`Message::decode`].
pub fn decode_response<R: Request>(frame: &Bytes, version: i16) -> Result<(i32, R::Response), DecodeError> {
    let mut r = Reader::new(frame, false);
    let header = ResponseHeader::decode_from(&mut r, R::response_header_version(version))?;
    let response = R::Response::decode_from(&mut r, version)?;
    r.finish().map_err(|e| e.within(R::Response::NAME, version))?;
    Ok((header.correlation_id, response))
}
