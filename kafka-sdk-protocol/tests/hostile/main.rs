//! Whatever bytes come: no panic, and no more heap than they justify.
//!
//! When this fails, a length or a count from the wire has been believed before there were bytes to show for it.
#![allow(clippy::unwrap_used, reason = "tests")]

mod heap;
mod messages;
mod records;
#[path = "../golden/vectors.rs"]
mod vectors;

/// What decoding may take besides what grows with the bytes.
const ALLOWANCE: usize = 64 << 10;
