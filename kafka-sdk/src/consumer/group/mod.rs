//! Membership of a consumer group.
#![allow(dead_code, reason = "the parts of groups are not joined yet")]

mod classic;
mod membership;
mod ownership;
mod pace;
mod refusal;
mod session;
#[cfg(test)]
mod testing;
