//! Membership of a consumer group.
#![allow(dead_code, reason = "the parts of groups are not joined yet")]

mod membership;
