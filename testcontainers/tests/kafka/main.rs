//! Real brokers, started and ill-treated.

mod common;
mod descriptions;
mod faults;
mod leftovers;
mod machines;
mod security;
mod starts;
mod tools;
mod upgrades;
