//! The codecs: any bytes are decompressed, and compressed and decompressed.

use super::LIMIT;
use kafka_sdk_protocol::records::compression::{Codec, compress, decompress};

/// gzip.
pub fn gzip(input: &[u8]) {
    goes_round(Codec::Gzip, &[6, 6, 6, 1, 6, 6, 6, 9], input);
}

/// Snappy, with xerial's framing and without.
pub fn snappy(input: &[u8]) {
    goes_round(Codec::Snappy, &[0], input);
}

/// LZ4 frames.
pub fn lz4(input: &[u8]) {
    goes_round(Codec::Lz4, &[9], input);
}

/// Zstandard.
pub fn zstd(input: &[u8]) {
    goes_round(Codec::Zstd, &[3, 3, 3, 1, 3, 3, 3, -7, 3, 3, 3, 7, 3, 3, 3, 19], input);
}

/// The input's length decides which of `levels` it is compressed with: the input itself stays what a codec writes.
fn goes_round(codec: Codec, levels: &[i32], input: &[u8]) {
    let mut plain = Vec::new();
    let result = decompress(codec, input, &mut plain, LIMIT);
    assert!(result.is_ok() || plain.is_empty(), "{codec}: {} bytes and an error", plain.len());
    assert!(plain.capacity() <= LIMIT, "{codec}: {} bytes", plain.capacity());

    let level = levels.get(input.len() % levels.len()).copied().unwrap_or_default();
    let (mut compressed, mut again) = (Vec::new(), Vec::new());
    compress(codec, level, input, &mut compressed).unwrap();
    decompress(codec, &compressed, &mut again, input.len()).unwrap();
    assert!(again == input, "{codec} level {level}: {} bytes are not read back", input.len());
}
