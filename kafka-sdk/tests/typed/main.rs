//! `#[derive(KafkaMessage)]`: what comes out, and what is said about mistakes.

mod expanded;
mod formats;
mod records;
#[allow(dead_code, reason = "which partition is asked where there is a broker")]
mod serializers;
// With a format's feature nothing is wrong with asking for it.
#[cfg(not(any(feature = "avro", feature = "protobuf")))]
mod ui;
