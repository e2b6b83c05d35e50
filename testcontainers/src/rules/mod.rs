//! Rules as data: which request, and what happens to it.
//!
//! ```
//! use std::time::Duration;
//! use kafka_sdk_testcontainers::{Api, ErrorCode, Reaction, Rule};
//!
//! // The third Produce request: it is written, and the client never learns that.
//! let lost_answer = Rule::on(Api::Produce).nth(3).react(Reaction::ResetAfter);
//! // Two requests for one partition, beginning with the second, find another leader.
//! let moved = Rule::on(Api::Fetch).topic("orders").partition(0).nth(2).times(2);
//! let moved = moved.react(Reaction::Answer(ErrorCode::NOT_LEADER_OR_FOLLOWER));
//! // One answer in a hundred comes up to a second late.
//! let slow = Rule::on_any().chance(0.01).react(Reaction::Delay(Duration::from_secs(1)));
//! # let _ = (lost_answer, moved, slow);
//! ```
//!
//! Here is only what a rule is, when it is its turn, and what has come of it ([`Armed`], [`ActionLog`]): no I/O. Who
//! serves or passes on requests asks [`Rules::decide`] about each, and does as it says.

mod action;
mod api;
mod armed;
mod reaction;
mod rule;
mod set;

pub use action::{Action, ActionLog};
pub use api::Api;
pub use armed::Armed;
pub(crate) use armed::Gate;
pub use reaction::Reaction;
pub use rule::Rule;
pub(crate) use rule::{Place, Request, Subject};
pub(crate) use set::{Decision, Rules};
