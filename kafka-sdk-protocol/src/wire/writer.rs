use super::{Element, Uuid};
use crate::error::EncodeError;
use crate::error_code::ErrorCode;
use bytes::{BufMut, Bytes, BytesMut};

/// Record bytes from this length on become a segment of their own instead of being copied.
const SEGMENT: usize = 1024;
/// Bytes of a frame's length.
const FRAME_PREFIX: usize = 4;

/// Writes one message as a list of segments: record bytes are shared, not copied.
///
/// The first error sticks, and [`Writer::finish`] returns it; until then every method can be called.
#[derive(Debug)]
pub struct Writer {
    /// The first segment, which may still be written to; its place in `done` is empty.
    first: BytesMut,
    done: Vec<Bytes>,
    open: BytesMut,
    flexible: bool,
    error: Option<EncodeError>,
}

macro_rules! fixed {
    ($($name:ident: $type:ty = $put:ident;)*) => {
        $(#[doc = concat!("Appends a `", stringify!($type), "`, big-endian.")]
        #[inline]
        pub fn $name(&mut self, value: $type) {
            self.open.$put(value);
        })*
    };
}

impl Writer {
    /// An empty one.
    #[must_use]
    pub fn new(flexible: bool) -> Self {
        let open = BytesMut::with_capacity(256);
        Self { first: BytesMut::new(), done: Vec::new(), open, flexible, error: None }
    }

    /// With room for the four bytes of a frame's length, for [`Self::finish_frame`].
    pub(crate) fn frame() -> Self {
        let mut frame = Self::new(false);
        frame.i32(0);
        frame
    }

    /// From here on as a flexible version, or not: a request's header and body can differ in that.
    pub fn set_flexible(&mut self, flexible: bool) {
        self.flexible = flexible;
    }

    /// The segments, in order.
    ///
    /// # Errors
    /// The first error that a method met.
    pub fn finish(mut self) -> Result<Vec<Bytes>, EncodeError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        self.close_segment();
        if let Some(first) = self.done.first_mut()
            && !self.first.is_empty()
        {
            *first = self.first.freeze();
        }
        Ok(self.done)
    }

    /// As [`Self::finish`], for what began with [`Self::frame`]: with the length of all that follows it in front.
    pub(crate) fn finish_frame(mut self) -> Result<Vec<Bytes>, EncodeError> {
        self.close_segment();
        let length = self.first.len() + self.done.iter().map(Bytes::len).sum::<usize>();
        let length = length.saturating_sub(FRAME_PREFIX);
        match (i32::try_from(length), self.first.first_chunk_mut::<FRAME_PREFIX>()) {
            (Ok(length), Some(prefix)) => *prefix = length.to_be_bytes(),
            _ => self.fail(EncodeError::TooLong { length }),
        }
        self.finish()
    }

    fn close_segment(&mut self) {
        if self.open.is_empty() {
            return;
        }
        let segment = self.open.split();
        if self.done.is_empty() {
            self.first = segment;
            self.done.push(Bytes::new());
        } else {
            self.done.push(segment.freeze());
        }
    }

    #[cold]
    fn fail(&mut self, error: EncodeError) {
        self.error.get_or_insert(error);
    }

    /// Notes that `field` is set although `version` has no such field.
    #[cold]
    pub fn unsupported(&mut self, field: &'static str, version: i16) {
        self.fail(EncodeError::Unsupported { field, version });
    }

    /// Notes that `field` is null although `version` does not allow it.
    #[cold]
    pub fn null(&mut self, field: &'static str, version: i16) {
        self.fail(EncodeError::Null { field, version });
    }

    fixed! { i8: i8 = put_i8; i16: i16 = put_i16; u16: u16 = put_u16; i32: i32 = put_i32; u32: u32 = put_u32; i64: i64 = put_i64; f64: f64 = put_f64; }

    /// Appends one byte, 1 or 0.
    pub fn bool(&mut self, value: bool) {
        self.open.put_u8(value.into());
    }

    /// Appends an error code.
    pub fn error_code(&mut self, value: ErrorCode) {
        self.i16(value.0);
    }

    /// Appends the 16 bytes.
    pub fn uuid(&mut self, value: Uuid) {
        self.open.put_slice(&value.0);
    }

    /// Appends an unsigned varint.
    #[allow(clippy::cast_possible_truncation, reason = "seven bits at a time")]
    pub fn unsigned_varint(&mut self, mut value: u32) {
        while value >= 0x80 {
            self.open.put_u8(value as u8 | 0x80);
            value >>= 7;
        }
        self.open.put_u8(value as u8);
    }

    /// A length of bytes or of an array; `None` is null.
    fn length(&mut self, length: Option<usize>) {
        let Some(length) = length else {
            return if self.flexible { self.unsigned_varint(0) } else { self.i32(-1) };
        };
        match i32::try_from(length) {
            Ok(n) if self.flexible => self.unsigned_varint(n.unsigned_abs() + 1),
            Ok(n) => self.i32(n),
            Err(_) => self.fail(EncodeError::TooLong { length }),
        }
    }

    fn string_length(&mut self, length: usize) {
        // Java refuses longer strings in flexible versions as well.
        match i16::try_from(length) {
            Ok(n) if self.flexible => self.unsigned_varint(u32::from(n.unsigned_abs()) + 1),
            Ok(n) => self.i16(n),
            Err(_) => self.fail(EncodeError::TooLong { length }),
        }
    }

    /// Appends a string.
    pub fn string(&mut self, value: &str) {
        self.string_length(value.len());
        self.open.put_slice(value.as_bytes());
    }

    /// Appends a string or null.
    pub fn nullable_string(&mut self, value: Option<&str>) {
        match value {
            Some(value) => self.string(value),
            None if self.flexible => self.unsigned_varint(0),
            None => self.i16(-1),
        }
    }

    /// Appends a string or null with a two-byte length also in flexible versions: the client id of a request header.
    pub fn legacy_nullable_string(&mut self, value: Option<&str>) {
        let flexible = std::mem::replace(&mut self.flexible, false);
        self.nullable_string(value);
        self.flexible = flexible;
    }

    /// Appends bytes; long ones are shared instead of copied.
    pub fn bytes(&mut self, value: &Bytes) {
        self.nullable_bytes(Some(value));
    }

    /// Appends bytes or null; long ones are shared instead of copied.
    pub fn nullable_bytes(&mut self, value: Option<&Bytes>) {
        self.length(value.map(Bytes::len));
        let Some(value) = value else { return };
        if value.len() < SEGMENT {
            self.open.put_slice(value);
        } else {
            self.close_segment();
            self.done.push(value.clone());
        }
    }

    /// Appends an array.
    pub fn array<T: Element>(&mut self, items: &[T], version: i16) {
        self.nullable_array(Some(items), version);
    }

    /// Appends an array or null.
    pub fn nullable_array<T: Element>(&mut self, items: Option<&[T]>, version: i16) {
        self.length(items.map(<[T]>::len));
        for item in items.unwrap_or_default() {
            item.write(self, version);
        }
    }

    /// Appends a struct or null.
    pub fn nullable_struct<T: Element>(&mut self, value: Option<&T>, version: i16) {
        match value {
            Some(value) => {
                self.i8(1);
                value.write(self, version);
            }
            None => self.i8(-1),
        }
    }

    /// Appends how many tagged fields follow; nothing in a version that is not flexible.
    pub fn tag_count(&mut self, count: u32) {
        if self.flexible {
            self.unsigned_varint(count);
        }
    }

    /// Appends one tagged field. Tags must come in ascending order.
    pub fn tag(&mut self, tag: u32, content: impl FnOnce(&mut Self)) {
        // The size stands before the content and has no fixed width: the content is written aside.
        let mut inner = Self::new(true);
        content(&mut inner);
        let segments = match inner.finish() {
            Ok(segments) => segments,
            Err(error) => return self.fail(error),
        };
        let size: usize = segments.iter().map(Bytes::len).sum();
        let Ok(size) = u32::try_from(size) else { return self.fail(EncodeError::TooLong { length: size }) };
        self.unsigned_varint(tag);
        self.unsigned_varint(size);
        for segment in segments {
            self.open.put_slice(&segment);
        }
    }
}
