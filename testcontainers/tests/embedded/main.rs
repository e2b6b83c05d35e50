//! The embedded cluster, asked by raw requests.

mod common;
mod connections;
mod fetch;
mod offsets;
mod produce;
mod topics;
