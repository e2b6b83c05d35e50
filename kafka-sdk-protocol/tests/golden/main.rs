//! Our bytes against Java's: what `golden/` holds was written by the `kafka-clients` jars, see `golden/README.md`.
#![allow(clippy::unwrap_used, reason = "a test")]

#[cfg(all(feature = "gzip", feature = "lz4", feature = "snappy", any(feature = "zstd", feature = "zstd-c")))]
mod batches;
mod consumer_protocol;
mod fill;
mod messages;
mod place;
mod vectors;
