//! Fuzz targets of `kafka-sdk-protocol`: see README.md.

pub mod cases;
pub mod targets;
