//! Bytes of keys, values and headers, lent or shared, so that one kind of record serves both.

use bytes::Bytes;

/// Bytes that are lent or shared: what keys, values and headers are made from.
///
/// Text and byte slices are lent; `String`, `Vec<u8>` and [`Bytes`] are taken over.
///
/// ```
/// use kafka_sdk::Payload;
/// let lent: Payload<'_> = "text".into();
/// let taken: Payload<'static> = vec![1, 2, 3].into();
/// assert_eq!((lent.as_slice(), taken.as_slice()), (&b"text"[..], &[1, 2, 3][..]));
/// ```
#[derive(Clone)]
pub struct Payload<'a>(Repr<'a>);

#[derive(Clone)]
enum Repr<'a> {
    Lent(&'a [u8]),
    Shared(Bytes),
    /// A few, and how many of them count.
    Inline([u8; INLINE], u8),
}

/// No more than the others take.
const INLINE: usize = 16;

impl Payload<'_> {
    /// The bytes.
    #[must_use]
    #[inline]
    pub fn as_slice(&self) -> &[u8] {
        match &self.0 {
            Repr::Lent(bytes) => bytes,
            Repr::Shared(bytes) => bytes,
            Repr::Inline(bytes, len) => bytes.get(..usize::from(*len)).unwrap_or_default(),
        }
    }

    /// Of a number: at most 16 bytes, without an allocation.
    pub(crate) fn inline<const N: usize>(bytes: [u8; N]) -> Self {
        const { assert!(N <= INLINE) };
        let mut room = [0; INLINE];
        room.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
        Payload(Repr::Inline(room, N as u8))
    }

    /// Copies what is lent.
    #[must_use]
    pub fn into_owned(self) -> Payload<'static> {
        Payload(match self.0 {
            Repr::Lent(bytes) => Repr::Shared(Bytes::copy_from_slice(bytes)),
            Repr::Shared(bytes) => Repr::Shared(bytes),
            Repr::Inline(bytes, len) => Repr::Inline(bytes, len),
        })
    }
}

/// Shows the length: payloads are not for logs.
impl std::fmt::Debug for Payload<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Payload({} bytes)", self.as_slice().len())
    }
}

macro_rules! lent {
    ($($type:ty),*) => {
        $(impl<'a> From<&'a $type> for Payload<'a> {
            fn from(value: &'a $type) -> Self {
                Payload(Repr::Lent(value.as_ref()))
            }
        })*
    };
}
lent!(str, [u8], String, Vec<u8>);

impl<'a, const N: usize> From<&'a [u8; N]> for Payload<'a> {
    fn from(value: &'a [u8; N]) -> Self {
        Payload(Repr::Lent(value))
    }
}

impl From<&Bytes> for Payload<'_> {
    fn from(value: &Bytes) -> Self {
        Payload(Repr::Shared(value.clone()))
    }
}

macro_rules! owned {
    ($($type:ty),*) => {
        $(impl From<$type> for Payload<'_> {
            fn from(value: $type) -> Self {
                Payload(Repr::Shared(value.into()))
            }
        })*
    };
}
owned!(String, Vec<u8>, Bytes);

impl<'a> From<&'a Payload<'_>> for Payload<'a> {
    fn from(value: &'a Payload<'_>) -> Self {
        Payload(match &value.0 {
            Repr::Lent(bytes) => Repr::Lent(bytes),
            Repr::Shared(bytes) => Repr::Lent(bytes),
            Repr::Inline(bytes, len) => Repr::Inline(*bytes, *len),
        })
    }
}
