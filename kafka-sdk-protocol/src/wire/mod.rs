//! Kafka's primitive types as bytes: what the generated messages are made of.
//!
//! A [`Reader`] or [`Writer`] is either *flexible* or not, for the whole of one message: flexible versions (KIP-482)
//! have compact lengths and tagged fields.

mod reader;
mod uuid;
mod varint;
mod writer;

pub use reader::Reader;
pub use uuid::{ParseUuidError, Uuid};
pub(crate) use varint::{varint_len, zigzag, zigzag_long};
pub use writer::Writer;

use crate::DecodeError;

/// Something that stands in an array: a struct of a message, or a primitive.
pub trait Element: Sized {
    /// The fewest bytes that one takes on the wire in any version. A count that the bytes left cannot hold is refused
    /// before anything is reserved.
    const MIN_SIZE: usize;

    /// Appends the bytes of `version`.
    fn write(&self, w: &mut Writer, version: i16);

    /// Reads the bytes of `version`.
    ///
    /// # Errors
    /// [`DecodeError`] when the bytes are not such an element.
    fn read(r: &mut Reader<'_>, version: i16) -> Result<Self, DecodeError>;
}

macro_rules! primitive_elements {
    ($($type:ty, $size:expr, $read:ident, $write:ident;)*) => {
        $(impl Element for $type {
            const MIN_SIZE: usize = $size;
            #[inline]
            fn write(&self, w: &mut Writer, _version: i16) {
                w.$write(*self);
            }
            #[inline]
            fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
                r.$read()
            }
        })*
    };
}
primitive_elements! {
    i8, 1, i8, i8;
    i16, 2, i16, i16;
    i32, 4, i32, i32;
    i64, 8, i64, i64;
    Uuid, 16, uuid, uuid;
}

impl Element for String {
    const MIN_SIZE: usize = 1;

    fn write(&self, w: &mut Writer, _version: i16) {
        w.string(self);
    }

    fn read(r: &mut Reader<'_>, _version: i16) -> Result<Self, DecodeError> {
        r.string()
    }
}

#[cfg(test)]
mod tests;
