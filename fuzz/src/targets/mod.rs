//! What is done with an input, by target. A panic is a finding.
//!
//! The fuzzers call these functions, and so does the test `fuzz_cases` of `kafka-sdk-protocol`.

mod codecs;
mod messages;
mod records;

pub use codecs::{gzip, lz4, snappy, zstd};
pub use messages::{consumer_protocol, decode, frame};
pub use records::records;

/// A target by its name.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: [Target; 8] = [
    ("consumer_protocol", consumer_protocol),
    ("decode", decode),
    ("frame", frame),
    ("gzip", gzip),
    ("lz4", lz4),
    ("records", records),
    ("snappy", snappy),
    ("zstd", zstd),
];

/// The most that anything is decompressed to.
const LIMIT: usize = 1 << 20;
