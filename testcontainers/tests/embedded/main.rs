//! The embedded cluster, asked by raw requests.

mod admin;
mod common;
mod connections;
mod differential;
mod fetch;
mod folder;
mod java;
mod java_groups;
mod nodes;
mod offsets;
mod produce;
mod rules;
mod topics;
