//! Who gets which partitions in a group of the classic protocol.
//!
//! One member, the leader, distributes the partitions of all topics that members subscribe to, by the first strategy in the
//! order of preference that all members have. [`AssignmentStrategy`] has Kafka's own ones; [`Assignor`] is for one's own.
//!
//! ```
//! use kafka_sdk::consumer::assignor::{Assignments, Assignor, Member, Topics};
//!
//! /// Gives all partitions of a topic to one member.
//! struct WholeTopics;
//!
//! impl Assignor for WholeTopics {
//!     fn name(&self) -> &str {
//!         "whole-topics"
//!     }
//!
//!     fn assign(&self, topics: &Topics, members: &[Member]) -> Assignments {
//!         let mut assignments = Assignments::default();
//!         for (number, topic) in topics.names().enumerate() {
//!             let takers: Vec<&Member> = members.iter().filter(|m| m.subscribes_to(topic)).collect();
//!             let Some(taker) = takers.get(number % takers.len().max(1)) else { continue };
//!             for partition in 0..topics.partition_count(topic) {
//!                 assignments.give(taker.id(), (topic.clone(), partition));
//!             }
//!         }
//!         assignments
//!     }
//! }
//!
//! let topics = Topics::default().with("orders", 2).with("payments", 1);
//! let members = ["a", "b"].map(|id| Member::new(id, ["orders", "payments"]));
//! let assignments = WholeTopics.assign(&topics, &members);
//! assert_eq!(assignments.partitions("a").len(), 2);
//! assert_eq!(assignments.partitions("b"), [("payments", 0).into()]);
//! ```

mod assignments;
mod distribute;
mod member;
mod order;
mod protocol;
mod range;
mod round_robin;
mod sticky;
mod strategy;
#[cfg(test)]
mod tests;
mod topics;
mod wire;

pub use assignments::Assignments;
use bytes::Bytes;
pub(crate) use distribute::Members;
pub use member::{Assigned, Member, Received};
pub use protocol::RebalanceProtocol;
use std::sync::Arc;
pub use strategy::AssignmentStrategy;
pub(crate) use strategy::Assignors;
pub use topics::Topics;
pub(crate) use wire::decode_assignment;

/// Distributes the partitions of a group by a rule of one's own.
///
/// It is pure: no waiting, no input or output. All members need one with the same name. It is called outside every lock,
/// and heartbeats go on meanwhile; one that takes longer than the rebalance timeout, `max.poll.interval.ms`, has the
/// leader thrown out of the group.
///
/// # Panics
/// A panic in it is an error of the consumer.
pub trait Assignor: Send + Sync + 'static {
    /// What the members of the group call it; from 1 to 32,767 bytes. Kafka's own are `range`, `roundrobin`, `sticky` and
    /// `cooperative-sticky`.
    fn name(&self) -> &str;

    /// The protocols whose rules it keeps. A consumer uses the best one that all of its strategies know; if there is none,
    /// it is not built.
    ///
    /// Default: only [`RebalanceProtocol::Eager`].
    fn protocols(&self) -> &[RebalanceProtocol] {
        &[RebalanceProtocol::Eager]
    }

    /// What the leader is to know of this member besides its topics, rack and partitions; called on every member before it
    /// joins. `last` is what the member got in the rebalance before, also where it has lost it since.
    ///
    /// Default: nothing.
    fn user_data(&self, topics: &[Arc<str>], last: Option<&Received>) -> Option<Bytes> {
        let _ = (topics, last);
        None
    }

    /// Distributes the partitions of `topics` among `members`, which are in Java's order: static members by instance id,
    /// then the others by id. Called on the leader.
    ///
    /// An assignment that gives a partition twice, or one that does not exist, or to a member that does not subscribe to
    /// its topic or is not in the group, and under the cooperative protocol one that takes a partition from its owner at
    /// once, is an error of the consumer of kind [`Settings`](crate::ErrorKind::Settings). What is given to nobody is not
    /// read by anybody.
    fn assign(&self, topics: &Topics, members: &[Member]) -> Assignments;

    /// Hears what this member got; called on every member after each rebalance in which this strategy was chosen.
    ///
    /// Default: nothing.
    fn received(&self, received: &Received) {
        let _ = received;
    }
}
