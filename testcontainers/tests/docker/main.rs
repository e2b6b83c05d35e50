//! Brokers in Docker, of images that are built here: see `testcontainers/docker/build`.

mod common;
mod faults;
mod leftovers;
mod refusals;
mod starts;
