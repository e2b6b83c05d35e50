//! Membership of a consumer group.
#![allow(dead_code, unused_imports, reason = "the parts of groups are not joined yet")]

pub mod assignor;
mod classic;
mod exit;
mod membership;
mod next_gen;
mod ownership;
mod pace;
mod refusal;
mod session;
#[cfg(test)]
mod testing;
