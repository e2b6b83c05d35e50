//! The files in `golden/`: gzip over one entry after the other, each a name, a text and bytes; see `golden/README.md`.

#![allow(dead_code, reason = "some is needed only with all codecs")]

use bytes::{Buf, BufMut, Bytes};
use std::io::Read;

/// One entry of a file.
pub(crate) struct Vector {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) bytes: Bytes,
}

/// The entries of `gz`.
pub(crate) fn read(gz: &[u8]) -> Vec<Vector> {
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(gz).read_to_end(&mut plain).unwrap();
    let mut rest = Bytes::from(plain);
    let mut vectors = Vec::new();
    while rest.has_remaining() {
        let length = rest.get_u16().into();
        let name = text(rest.split_to(length));
        let length = rest.get_u32() as usize;
        let text = text(rest.split_to(length));
        let length = rest.get_u32() as usize;
        vectors.push(Vector { name, text, bytes: rest.split_to(length) });
    }
    vectors
}

/// Entries in the same form, not compressed.
pub(crate) fn write(vectors: &[Vector]) -> Vec<u8> {
    let mut file = Vec::new();
    for Vector { name, text, bytes } in vectors {
        file.put_u16(name.len().try_into().unwrap());
        file.put_slice(name.as_bytes());
        for part in [text.as_bytes(), bytes] {
            file.put_u32(part.len().try_into().unwrap());
            file.put_slice(part);
        }
    }
    file
}

fn text(bytes: Bytes) -> String {
    String::from_utf8(bytes.into()).unwrap()
}
