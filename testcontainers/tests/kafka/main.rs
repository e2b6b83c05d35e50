//! Real brokers, started and ill-treated.

#[path = "../shared/child.rs"]
mod child;
mod common;
mod descriptions;
mod faults;
mod leftovers;
mod machines;
mod security;
mod starts;
mod tools;
mod upgrades;
