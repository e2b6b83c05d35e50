//! To whom an assignor gives partitions: what a member subscribes to, owns, and where it is.

use super::super::membership::LastAssignment;
use super::order;
use crate::model::TopicPartition;
use bytes::Bytes;
use std::cmp::Ordering;
use std::sync::Arc;

/// A member of a group, as the leader knows it.
///
/// The methods that take `self` are for tests of one's own assignor:
/// ```
/// use kafka_sdk::consumer::assignor::Member;
/// let member = Member::new("m-1", ["orders"]).in_rack("east").owning([("orders", 0)], 7);
/// assert!(member.subscribes_to("orders"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    id: Arc<str>,
    instance_id: Option<Arc<str>>,
    /// Sorted, each of them once.
    topics: Vec<Arc<str>>,
    owned: Vec<TopicPartition>,
    generation: Option<i32>,
    rack: Option<Arc<str>>,
    user_data: Option<Bytes>,
}

impl Member {
    /// One that subscribes to these topics, and had nothing before.
    #[must_use]
    pub fn new<T: Into<Arc<str>>>(id: impl Into<Arc<str>>, topics: impl IntoIterator<Item = T>) -> Self {
        let mut topics: Vec<Arc<str>> = topics.into_iter().map(Into::into).collect();
        topics.sort_unstable();
        topics.dedup();
        Self {
            id: id.into(),
            instance_id: None,
            topics,
            owned: Vec::new(),
            generation: None,
            rack: None,
            user_data: None,
        }
    }

    /// With a static member's instance id (KIP-345).
    #[must_use]
    pub fn with_instance_id(self, id: impl Into<Arc<str>>) -> Self {
        Self { instance_id: Some(id.into()), ..self }
    }

    /// In a rack; an empty name is none (KIP-881).
    #[must_use]
    pub fn in_rack(self, rack: impl Into<Arc<str>>) -> Self {
        Self { rack: Some(rack.into()).filter(|rack| !rack.is_empty()), ..self }
    }

    /// With partitions that it has had since a generation of the group.
    #[must_use]
    pub fn owning<P: Into<TopicPartition>>(
        self,
        partitions: impl IntoIterator<Item = P>,
        generation: i32,
    ) -> Self {
        let owned = partitions.into_iter().map(Into::into).collect();
        Self { owned, generation: Some(generation).filter(|generation| *generation >= 0), ..self }
    }

    /// With data for the assignor.
    #[must_use]
    pub fn with_user_data(self, data: impl Into<Bytes>) -> Self {
        Self { user_data: Some(data.into()), ..self }
    }

    /// The id that the coordinator gave to it.
    #[must_use]
    pub fn id(&self) -> &Arc<str> {
        &self.id
    }

    /// The instance id of a static member (KIP-345).
    #[must_use]
    pub fn instance_id(&self) -> Option<&str> {
        self.instance_id.as_deref()
    }

    /// What it subscribes to, in order; topics that do not exist too.
    #[must_use]
    pub fn topics(&self) -> &[Arc<str>] {
        &self.topics
    }

    /// Whether it subscribes to the topic.
    #[must_use]
    pub fn subscribes_to(&self, topic: &str) -> bool {
        self.topics.binary_search_by(|own| (**own).cmp(topic)).is_ok()
    }

    /// The partitions that it says it holds while it joins: under the eager protocol none, as it has given up all of them
    /// (KIP-429). It may be wrong: the topic may be gone, and another member may say the same.
    #[must_use]
    pub fn owned(&self) -> &[TopicPartition] {
        &self.owned
    }

    /// The generation of the group in which it last got an assignment; none for a new member, and for older clients
    /// (KIP-792).
    #[must_use]
    pub fn generation(&self) -> Option<i32> {
        self.generation
    }

    /// Its rack, if it has one (KIP-881).
    #[must_use]
    pub fn rack(&self) -> Option<&str> {
        self.rack.as_deref()
    }

    /// What the assignor of that member added ([`Assignor::user_data`](super::Assignor::user_data)). It comes from another
    /// program, and may be anything.
    #[must_use]
    pub fn user_data(&self) -> Option<&Bytes> {
        self.user_data.as_ref()
    }

    /// The order in which Java's assignors go through members: static ones by instance id, then the others by id.
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        match (&self.instance_id, &other.instance_id) {
            (Some(own), Some(others)) => order::compare(own, others),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => order::compare(&self.id, &other.id),
        }
        .then_with(|| self.id.cmp(&other.id))
    }
}

/// What a member gets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assigned {
    pub(super) partitions: Vec<TopicPartition>,
    pub(super) user_data: Option<Bytes>,
}

impl Assigned {
    /// Of these partitions.
    pub(crate) fn new(partitions: Vec<TopicPartition>) -> Self {
        Self { partitions, user_data: None }
    }

    /// Its partitions.
    #[must_use]
    pub fn partitions(&self) -> &[TopicPartition] {
        &self.partitions
    }

    /// What the leader's assignor added for this member. It comes from another program, and may be anything.
    #[must_use]
    pub fn user_data(&self) -> Option<&Bytes> {
        self.user_data.as_ref()
    }
}

/// What this member got last, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    assigned: Assigned,
    generation: i32,
}

impl Received {
    /// In a generation of the group.
    #[must_use]
    pub fn new(assigned: Assigned, generation: i32) -> Self {
        Self { assigned, generation }
    }

    /// None before the first assignment.
    pub(crate) fn of(last: &LastAssignment) -> Option<Self> {
        last.generation.map(|generation| Self::new(Assigned::new(last.partitions.to_vec()), generation))
    }

    /// What it got.
    #[must_use]
    pub fn assigned(&self) -> &Assigned {
        &self.assigned
    }

    /// The generation of the group, which goes up with each rebalance.
    #[must_use]
    pub fn generation(&self) -> i32 {
        self.generation
    }
}
