//! Looking after a cluster: plain async functions, one result for each item.

mod groups;
mod per_item;
mod topics;

use crate::clock::millis_i32;
use crate::cluster::{Attempts, Cluster};
pub use groups::{
    GroupDescription, GroupFilter, GroupListing, GroupState, GroupType, MemberDescription, PendingOffsets,
};
pub use per_item::PerItem;
use std::time::Duration;
pub use topics::{NewTopic, PartitionDescription, TopicDescription};

/// Creates, deletes, lists and describes topics; lists, describes and deletes groups, their offsets and members. A cheap
/// clone.
///
/// ```no_run
/// # async fn example(kafka: kafka_sdk::Kafka) -> kafka_sdk::Result<()> {
/// use kafka_sdk::{ErrorCode, admin::NewTopic};
/// let admin = kafka.admin();
/// admin
///     .create_topics([NewTopic::new("orders").partitions(12).replication(3).config("retention.ms", 3_600_000)])
///     .await?
///     .ignoring(ErrorCode::TOPIC_ALREADY_EXISTS)
///     .all()?;
/// for (name, described) in admin.describe_topics(["orders", "payments"]).await? {
///     match described {
///         Ok(topic) => println!("{name}: {} partitions", topic.partitions.len()),
///         Err(error) => println!("{name}: {error}"),
///     }
/// }
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Admin {
    cluster: Cluster,
}

impl Admin {
    pub(crate) fn new(cluster: Cluster) -> Self {
        Self { cluster }
    }

    /// The time that a call has.
    fn attempts(&self) -> Attempts {
        self.cluster.attempts(self.timeout())
    }

    fn timeout(&self) -> Duration {
        self.cluster.settings().api_timeout
    }

    /// What a broker is told to wait at most: no longer than we wait for its answer.
    fn timeout_ms(&self) -> i32 {
        let settings = self.cluster.settings();
        millis_i32(settings.request_timeout.min(settings.api_timeout))
    }
}

impl std::fmt::Debug for Admin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Admin").finish_non_exhaustive()
    }
}
