//! Which assignors a consumer offers to its group, by name and in order of preference.

use super::super::membership::{self, JoinGroup};
use super::wire::encode_subscription;
use super::{
    Assignments, Assignor, Member, Members, RebalanceProtocol, Received, Topics, range, round_robin, sticky,
};
use crate::error::{Error, ErrorKind, Result};
use bytes::Bytes;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// By which rule the leader of a group of the classic protocol distributes partitions.
///
/// All members of a group need one in common. To change it without a stop, add the new one behind the old one, member by
/// member, then take the old one away, member by member.
#[derive(Clone)]
#[non_exhaustive]
pub enum AssignmentStrategy {
    /// Each topic by itself: neighbouring partitions to each member, the first members get one more. Partitions with the same
    /// number of topics with the same number of partitions are together. Where members and replicas have racks, they are
    /// matched as far as that leaves numbers alone (KIP-881). Equal to Java's `RangeAssignor`.
    Range,
    /// All partitions of all topics, one to each member by turns. Equal to Java's `RoundRobinAssignor`.
    RoundRobin,
    /// Numbers that are as equal as can be; then replicas in the member's rack, if there are racks; then as few partitions as
    /// possible move to another member. Goes with Java's `StickyAssignor`.
    Sticky,
    /// Chooses like [`Self::Sticky`], and members go on with what stays theirs while partitions move (KIP-429). Goes with
    /// Java's `CooperativeStickyAssignor`.
    CooperativeSticky,
    /// One's own.
    Own(Arc<dyn Assignor>),
}

impl AssignmentStrategy {
    /// What members of a group call it.
    #[must_use]
    pub fn name(&self) -> &str {
        self.assignor().name()
    }

    /// Distributes partitions, as [`Assignor::assign`] does: for assignors of one's own that build on one of Kafka's.
    #[must_use]
    pub fn assign(&self, topics: &Topics, members: &[Member]) -> Assignments {
        self.assignor().assign(topics, members)
    }

    /// What an assignor says, which may be the application's code.
    ///
    /// # Errors
    /// Kind [`ErrorKind::Settings`]: it panicked; it is named.
    pub(super) fn ask<T>(&self, ask: impl FnOnce(&dyn Assignor) -> T) -> Result<T> {
        catch_unwind(AssertUnwindSafe(|| ask(self.assignor()))).map_err(|_| {
            let text =
                format!("assignor {} panicked; it must be mended, or left out of the assignors", self.name());
            Error::new(ErrorKind::Settings, text)
        })
    }

    pub(super) fn assignor(&self) -> &dyn Assignor {
        match self {
            Self::Range => &range::Range,
            Self::RoundRobin => &round_robin::RoundRobin,
            Self::Sticky => &sticky::Sticky(RebalanceProtocol::Eager),
            Self::CooperativeSticky => &sticky::Sticky(RebalanceProtocol::Cooperative),
            Self::Own(own) => &**own,
        }
    }

    /// Of `range`, `roundrobin`, `sticky`, `cooperative-sticky`, or Java's name of its class.
    fn parse(text: &str) -> Option<Self> {
        Some(match text.strip_prefix("org.apache.kafka.clients.consumer.").unwrap_or(text) {
            "range" | "RangeAssignor" => Self::Range,
            "roundrobin" | "RoundRobinAssignor" => Self::RoundRobin,
            "sticky" | "StickyAssignor" => Self::Sticky,
            "cooperative-sticky" | "CooperativeStickyAssignor" => Self::CooperativeSticky,
            _ => return None,
        })
    }
}

impl<A: Assignor> From<A> for AssignmentStrategy {
    fn from(own: A) -> Self {
        Self::Own(Arc::new(own))
    }
}

impl fmt::Debug for AssignmentStrategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The strategies of a consumer, in order of preference, and the protocol that all of them know.
#[derive(Clone, Debug)]
pub(crate) struct Assignors {
    strategies: Vec<AssignmentStrategy>,
    protocol: RebalanceProtocol,
}

impl Assignors {
    /// Of a list as in `partition.assignment.strategy`.
    pub(crate) fn parse(text: &str) -> Option<Vec<AssignmentStrategy>> {
        text.split(',').map(|name| AssignmentStrategy::parse(name.trim())).collect()
    }

    /// # Errors
    /// Kind [`ErrorKind::Settings`]: there are none, a name twice or one that cannot be sent, no protocol in common.
    pub(crate) fn new(strategies: Vec<AssignmentStrategy>) -> Result<Self> {
        let error = |text: String| Err(Error::new(ErrorKind::Settings, text));
        for (index, strategy) in strategies.iter().enumerate() {
            let name = strategy.name();
            if !(1..=usize::from(i16::MAX.unsigned_abs())).contains(&name.len()) {
                let length = name.len();
                return error(format!("an assignor's name has {length} bytes, and must have 1 to 32,767"));
            }
            if strategies.iter().take(index).any(|other| other.name() == name) {
                return error(format!(
                    "two assignors are called {name}; members could not tell which is meant"
                ));
            }
        }
        if strategies.is_empty() {
            return error("there is no assignor; name at least one, such as range".to_owned());
        }
        match RebalanceProtocol::common(strategies.iter().map(|strategy| strategy.assignor().protocols())) {
            None => error(format!("the assignors {strategies:?} have no rebalance protocol in common")),
            Some(protocol) => Ok(Self { strategies, protocol }),
        }
    }

    /// In order of preference.
    pub(crate) fn names(&self) -> impl Iterator<Item = Arc<str>> {
        self.strategies.iter().map(|strategy| strategy.name().into())
    }

    /// How members of the group change over.
    pub(crate) fn protocol(&self) -> RebalanceProtocol {
        self.protocol
    }

    /// What a member joins with, in order of preference: the name of each assignor, and the subscription for it.
    ///
    /// # Errors
    /// Kind [`ErrorKind::Settings`]: a name over 32,767 bytes, or an assignor panicked; it is named.
    pub(crate) fn subscriptions(&self, join: &JoinGroup, rack: &str) -> Result<Vec<(&str, Bytes)>> {
        let topics: Vec<Arc<str>> = join.topics.iter().cloned().collect();
        let last = Received::of(&join.last);
        let member = Member::new("", topics.iter().cloned());
        let member = member.owning(join.owned.iter().cloned(), join.generation).in_rack(rack);
        let subscription = |strategy: &AssignmentStrategy| {
            let data = strategy.ask(|assignor| assignor.user_data(&topics, last.as_ref()))?;
            encode_subscription(&data.into_iter().fold(member.clone(), Member::with_user_data))
        };
        let each = self.strategies.iter();
        each.map(|strategy| Ok((strategy.name(), subscription(strategy)?))).collect()
    }

    /// What the leader does with `members` by the assignor that the coordinator chose; the assignment of each.
    ///
    /// # Errors
    /// Kind [`ErrorKind::State`]: it chose one that was not offered. Kind [`ErrorKind::Settings`]: the assignor panicked, or
    /// gave what cannot be; it is named.
    pub(crate) fn distribute(
        &self,
        chosen: &str,
        members: &Members,
        topics: &membership::Topics,
    ) -> Result<Vec<(Arc<str>, Bytes)>> {
        members.distribute((self.chosen(chosen)?, self.protocol), topics)
    }

    /// Tells the assignor that the coordinator chose what this member got.
    ///
    /// # Errors
    /// Kind [`ErrorKind::State`]: it chose one that was not offered. Kind [`ErrorKind::Settings`]: the assignor panicked.
    pub(crate) fn received(&self, chosen: &str, received: &Received) -> Result<()> {
        self.chosen(chosen)?.ask(|assignor| assignor.received(received))
    }

    /// The one that the coordinator chose.
    ///
    /// # Errors
    /// Kind [`ErrorKind::State`]: it chose one that was not offered.
    pub(super) fn chosen(&self, name: &str) -> Result<&AssignmentStrategy> {
        self.strategies.iter().find(|strategy| strategy.name() == name).ok_or_else(|| {
            let text = format!(
                "the coordinator chose the assignor {name:?}, and {:?} were offered",
                self.strategies
            );
            Error::new(ErrorKind::State, text)
        })
    }
}
