//! The files in `golden/`: gzip over one entry after the other, each a name, a text and bytes; see `golden/README.md`.

use bytes::{Buf, Bytes};
use std::io::Read;

/// One entry of a file.
pub(crate) struct Vector {
    pub(crate) name: String,
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
        rest.advance(length);
        let length = rest.get_u32() as usize;
        vectors.push(Vector { name, bytes: rest.split_to(length) });
    }
    vectors
}

fn text(bytes: Bytes) -> String {
    String::from_utf8(bytes.into()).unwrap()
}
