//! Brokers in Docker, of images that are built here: see `testcontainers/docker/build`.

#[path = "../shared/child.rs"]
mod child;
mod common;
mod faults;
mod leftovers;
mod refusals;
mod starts;
