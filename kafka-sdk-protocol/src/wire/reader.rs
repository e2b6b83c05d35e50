use super::{Element, Uuid};
use crate::error::{DecodeError, DecodeErrorKind};
use crate::error_code::ErrorCode;
use bytes::Bytes;

/// Reads one message out of a frame.
///
/// Byte fields are slices of the frame (no copy); nothing is reserved that the bytes left could not fill. Bytes that the
/// elements of an array still need, at the least, are not there for what stands in the elements before them: so arrays in
/// arrays reserve together no more than one of them could.
#[derive(Debug)]
pub struct Reader<'a> {
    frame: &'a Bytes,
    rest: &'a [u8],
    /// Of the rest, what the arrays that are being read need for their further elements.
    promised: usize,
    flexible: bool,
}

type Result<T> = std::result::Result<T, DecodeError>;

macro_rules! fixed {
    ($($name:ident: $type:ty;)*) => {
        $(#[doc = concat!("The next `", stringify!($type), "`, big-endian.\n\n# Errors\nTruncated.")]
        #[inline]
        pub fn $name(&mut self) -> Result<$type> {
            match self.rest.split_first_chunk() {
                Some((head, tail)) => {
                    self.rest = tail;
                    Ok(<$type>::from_be_bytes(*head))
                }
                None => Err(self.error(DecodeErrorKind::Truncated)),
            }
        })*
    };
}

impl<'a> Reader<'a> {
    /// Reads `frame` from its start.
    #[must_use]
    pub fn new(frame: &'a Bytes, flexible: bool) -> Self {
        Self { frame, rest: frame, promised: 0, flexible }
    }

    /// From here on as a flexible version, or not: a response's header and body can differ in that.
    pub fn set_flexible(&mut self, flexible: bool) {
        self.flexible = flexible;
    }

    /// Bytes not yet read.
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// An error of `kind` at this place.
    #[cold]
    #[must_use]
    pub fn error(&self, kind: DecodeErrorKind) -> DecodeError {
        DecodeError::new(kind, self.rest.as_ptr().addr() - self.frame.as_ptr().addr())
    }

    /// Succeeds at the end of the frame only.
    ///
    /// # Errors
    /// Left-over bytes.
    pub fn finish(&self) -> Result<()> {
        match self.rest.len() {
            0 => Ok(()),
            n => Err(self.error(DecodeErrorKind::LeftOver(n))),
        }
    }

    fixed! { i8: i8; i16: i16; u16: u16; i32: i32; u32: u32; i64: i64; f64: f64; }

    /// The next byte as a boolean: anything but 0 is true.
    ///
    /// # Errors
    /// Truncated.
    pub fn bool(&mut self) -> Result<bool> {
        Ok(self.i8()? != 0)
    }

    /// The next error code.
    ///
    /// # Errors
    /// Truncated.
    pub fn error_code(&mut self) -> Result<ErrorCode> {
        self.i16().map(ErrorCode)
    }

    /// The next 16 bytes.
    ///
    /// # Errors
    /// Truncated.
    pub fn uuid(&mut self) -> Result<Uuid> {
        match self.rest.split_first_chunk() {
            Some((head, tail)) => {
                self.rest = tail;
                Ok(Uuid(*head))
            }
            None => Err(self.error(DecodeErrorKind::Truncated)),
        }
    }

    /// The next unsigned varint of at most 32 bits.
    ///
    /// # Errors
    /// Truncated, or longer than five bytes.
    #[inline]
    pub fn unsigned_varint(&mut self) -> Result<u32> {
        match *self.rest {
            [byte, ref tail @ ..] if byte < 0x80 => {
                self.rest = tail;
                Ok(byte.into())
            }
            _ => self.long_unsigned_varint(),
        }
    }

    /// Apart, so that what is nearly always one byte costs no call.
    #[cold]
    fn long_unsigned_varint(&mut self) -> Result<u32> {
        let mut value = 0u32;
        for shift in (0..35).step_by(7) {
            let Some((&byte, tail)) = self.rest.split_first() else {
                return Err(self.error(DecodeErrorKind::Truncated));
            };
            self.rest = tail;
            if shift == 28 && byte > 0x0f {
                break;
            }
            value |= u32::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(self.error(DecodeErrorKind::Varint))
    }

    /// Bytes that are left for the element at hand.
    fn available(&self) -> usize {
        self.rest.len().saturating_sub(self.promised)
    }

    /// The next `n` bytes.
    fn take(&mut self, n: usize) -> Result<&'a [u8]> {
        match self.rest.split_at_checked(n) {
            Some((head, tail)) if tail.len() >= self.promised => {
                self.rest = tail;
                Ok(head)
            }
            _ => Err(self.error(DecodeErrorKind::Truncated)),
        }
    }

    /// `None` for null; compact lengths are one more than the length.
    #[inline]
    fn compact_length(&mut self) -> Result<Option<usize>> {
        Ok((self.unsigned_varint()? as usize).checked_sub(1))
    }

    #[inline]
    fn length_from(&self, length: i32) -> Result<Option<usize>> {
        match length {
            -1 => Ok(None),
            n => usize::try_from(n).map(Some).map_err(|_| self.error(DecodeErrorKind::NegativeLength)),
        }
    }

    #[inline]
    fn string_length(&mut self) -> Result<Option<usize>> {
        if self.flexible {
            return self.compact_length();
        }
        let length = self.i16()?;
        self.length_from(length.into())
    }

    #[inline]
    fn length(&mut self) -> Result<Option<usize>> {
        if self.flexible {
            return self.compact_length();
        }
        let length = self.i32()?;
        self.length_from(length)
    }

    fn utf8(&mut self, length: usize) -> Result<String> {
        let bytes = self.take(length)?;
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(text.to_owned()),
            Err(_) => Err(self.error(DecodeErrorKind::Utf8)),
        }
    }

    /// The next string, or null.
    ///
    /// # Errors
    /// Truncated, a negative length, not UTF-8.
    pub fn nullable_string(&mut self) -> Result<Option<String>> {
        match self.string_length()? {
            Some(length) => self.utf8(length).map(Some),
            None => Ok(None),
        }
    }

    /// The next string.
    ///
    /// # Errors
    /// As [`Self::nullable_string`], and null.
    pub fn string(&mut self) -> Result<String> {
        match self.string_length()? {
            Some(length) => self.utf8(length),
            None => Err(self.error(DecodeErrorKind::Null)),
        }
    }

    /// The next string, or null, with a two-byte length also in flexible versions: the client id of a request header.
    ///
    /// # Errors
    /// As [`Self::nullable_string`].
    pub fn legacy_nullable_string(&mut self) -> Result<Option<String>> {
        let length = self.i16()?;
        match self.length_from(length.into())? {
            Some(length) => self.utf8(length).map(Some),
            None => Ok(None),
        }
    }

    /// The next bytes, or null: a slice of the frame.
    ///
    /// # Errors
    /// Truncated, a negative length.
    pub fn nullable_bytes(&mut self) -> Result<Option<Bytes>> {
        match self.length()? {
            Some(length) => {
                let bytes = self.take(length)?;
                Ok(Some(self.frame.slice_ref(bytes)))
            }
            None => Ok(None),
        }
    }

    /// The next bytes: a slice of the frame.
    ///
    /// # Errors
    /// As [`Self::nullable_bytes`], and null.
    pub fn bytes(&mut self) -> Result<Bytes> {
        self.nullable_bytes()?.ok_or_else(|| self.error(DecodeErrorKind::Null))
    }

    /// The next array, or null.
    ///
    /// # Errors
    /// Truncated (also: a count that the bytes left cannot hold), or what an element finds wrong.
    pub fn nullable_array<T: Element>(&mut self, version: i16) -> Result<Option<Vec<T>>> {
        let Some(count) = self.length()? else { return Ok(None) };
        if count > self.available() / T::MIN_SIZE {
            return Err(self.error(DecodeErrorKind::Truncated));
        }
        let outer = self.promised;
        let mut items = Vec::with_capacity(count);
        for left in (0..count).rev() {
            self.promised = outer + left * T::MIN_SIZE;
            items.push(T::read(self, version)?);
        }
        self.promised = outer;
        Ok(Some(items))
    }

    /// The next array.
    ///
    /// # Errors
    /// As [`Self::nullable_array`], and null.
    pub fn array<T: Element>(&mut self, version: i16) -> Result<Vec<T>> {
        self.nullable_array(version)?.ok_or_else(|| self.error(DecodeErrorKind::Null))
    }

    /// The next struct, or null (a byte of -1).
    ///
    /// # Errors
    /// Truncated, or what the struct finds wrong.
    pub fn nullable_struct<T: Element>(&mut self, version: i16) -> Result<Option<T>> {
        if self.i8()? < 0 { Ok(None) } else { T::read(self, version).map(Some) }
    }

    /// The tagged fields of a struct: `known` reads the field of a tag that it knows and says so; other tags are
    /// skipped. Nothing is there in a version that is not flexible.
    ///
    /// # Errors
    /// Tags out of order, a size that is not that of the content, or what `known` finds wrong.
    pub fn tags(&mut self, mut known: impl FnMut(&mut Self, u32) -> Result<bool>) -> Result<()> {
        if !self.flexible {
            return Ok(());
        }
        let mut next = 0;
        for _ in 0..self.unsigned_varint()? {
            let tag = self.unsigned_varint()?;
            if tag < next {
                return Err(self.error(DecodeErrorKind::Tags));
            }
            next = tag.saturating_add(1);
            let size = self.unsigned_varint()? as usize;
            let content = self.take(size)?;
            let mut inner = Reader { frame: self.frame, rest: content, promised: 0, flexible: true };
            if known(&mut inner, tag)? && inner.remaining() > 0 {
                return Err(self.error(DecodeErrorKind::Tags));
            }
        }
        Ok(())
    }
}
