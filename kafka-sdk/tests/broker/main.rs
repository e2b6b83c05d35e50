//! What the client does on real Kafka, from the oldest version to the newest. Where a machine has no Java, each test says
//! that it is left out, or fails when `KAFKA_SDK_TEST_BROKERS=all` is set.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod acks;
mod admin;
mod bad_input;
mod by_name;
mod closing;
mod common;
mod compression;
mod connecting;
mod control;
mod delivery;
mod events;
mod faults;
mod fetch_sessions;
mod followers;
mod forwarder;
mod full_buffer;
mod idle;
mod lanes;
mod leader_hints;
mod leader_loss;
mod logs;
mod lost_answers;
mod lost_positions;
mod many_partitions;
mod metrics;
mod mistakes;
mod partitioning;
mod places;
mod random_control;
mod read_committed;
mod reading;
mod rebootstrap;
mod replicas;
mod round_trip;
mod sequences;
mod shapes;
mod slow_reader;
mod too_large;
mod topic_changes;
mod transaction;
mod versions;
