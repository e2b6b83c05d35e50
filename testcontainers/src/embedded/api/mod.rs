//! What the cluster answers, one file an API.
//!
//! An answer is made out of the state, under its lock, without waiting. A request that has to wait says so by
//! [`Reply::Wait`], and is asked again when something has changed; where the state itself answers later, as groups do,
//! [`Reply::Later`] waits for that. Transactions, which are to come, are further files here.

mod alter_configs;
mod api_versions;
mod consumer_group_describe;
mod consumer_group_heartbeat;
mod create_partitions;
mod create_topics;
mod delete_groups;
mod delete_records;
mod delete_topics;
mod describe_cluster;
mod describe_configs;
mod describe_groups;
mod fetch;
mod find_coordinator;
mod heartbeat;
mod incremental_alter_configs;
mod init_producer_id;
mod join_group;
mod leave_group;
mod list_groups;
mod list_offsets;
mod metadata;
mod offset_commit;
mod offset_delete;
mod offset_fetch;
mod offset_for_leader_epoch;
mod produce;
mod sync_group;

use std::ops::RangeInclusive;
use std::pin::Pin;

use bytes::Bytes;
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::{self, ApiKey};
use kafka_sdk_protocol::message::{Message, Request};
use kafka_sdk_protocol::wire::Uuid;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::connection::{Connection, Ended, Header};
use super::folder::Appended;
use super::plan::{Plan, Target};
use super::state::State;
use super::state::groups::{Client, Groups};
use super::state::partition::Partition;
use super::versions::Release;

pub(super) use api_versions::refused as refused_api_versions;
pub(super) use create_topics::create_at_start;

macro_rules! apis {
    ($($key:ident: $request:ident;)*) => {
        /// The versions of an API that can be read, none if it is not answered.
        pub(super) fn readable(key: ApiKey) -> Option<RangeInclusive<i16>> {
            match key {
                $(ApiKey::$key => Some(api::$request::VERSIONS),)*
                _ => None,
            }
        }

        /// Answers a request of any API: with the segments of a frame, or with nothing.
        pub(super) async fn serve(
            connection: &Connection,
            header: Header,
            frame: &Bytes,
        ) -> Result<Option<Vec<Bytes>>, Ended> {
            match header.key {
                $(ApiKey::$key => Box::pin(connection.serve::<api::$request>(header, frame)).await,)*
                _ => Err(Ended),
            }
        }
    };
}

apis! {
    PRODUCE: ProduceRequest;
    FETCH: FetchRequest;
    LIST_OFFSETS: ListOffsetsRequest;
    METADATA: MetadataRequest;
    OFFSET_COMMIT: OffsetCommitRequest;
    OFFSET_FETCH: OffsetFetchRequest;
    FIND_COORDINATOR: FindCoordinatorRequest;
    JOIN_GROUP: JoinGroupRequest;
    HEARTBEAT: HeartbeatRequest;
    LEAVE_GROUP: LeaveGroupRequest;
    SYNC_GROUP: SyncGroupRequest;
    DESCRIBE_GROUPS: DescribeGroupsRequest;
    LIST_GROUPS: ListGroupsRequest;
    API_VERSIONS: ApiVersionsRequest;
    CREATE_TOPICS: CreateTopicsRequest;
    DELETE_TOPICS: DeleteTopicsRequest;
    DELETE_RECORDS: DeleteRecordsRequest;
    INIT_PRODUCER_ID: InitProducerIdRequest;
    OFFSET_FOR_LEADER_EPOCH: OffsetForLeaderEpochRequest;
    DESCRIBE_CONFIGS: DescribeConfigsRequest;
    ALTER_CONFIGS: AlterConfigsRequest;
    CREATE_PARTITIONS: CreatePartitionsRequest;
    DELETE_GROUPS: DeleteGroupsRequest;
    OFFSET_DELETE: OffsetDeleteRequest;
    INCREMENTAL_ALTER_CONFIGS: IncrementalAlterConfigsRequest;
    DESCRIBE_CLUSTER: DescribeClusterRequest;
    CONSUMER_GROUP_HEARTBEAT: ConsumerGroupHeartbeatRequest;
    CONSUMER_GROUP_DESCRIBE: ConsumerGroupDescribeRequest;
}

/// An API that the cluster answers.
pub(super) trait Api: Request {
    /// The topics and partitions that the request names, for rules to match.
    fn targets(&self, _: &Call<'_>) -> Vec<Target> {
        Vec::new()
    }

    /// Carries the request out.
    fn answer(self, call: &mut Call<'_>) -> Reply<Self::Response>;

    /// Flips a bit in records of the answer where a rule says so.
    fn flip_record_bits(_: &mut Self::Response, _: &Call<'_>) {}
}

/// The partitions that a request names of one topic.
fn targets(topic: &str, partitions: impl Iterator<Item = i32>) -> Vec<Target> {
    partitions.map(|partition| (topic.to_owned(), Some(partition))).collect()
}

/// What becomes of a request.
pub(super) enum Reply<R> {
    Now(R),
    /// Nothing is answered: a Produce with acks=0.
    Nothing,
    /// The connection is closed.
    Close,
    Wait {
        until: Instant,
        waiting: Box<dyn Waiting<R>>,
    },
    /// The state answers when it has something to say; with nothing, if it never has.
    Later(Pin<Box<dyn Future<Output = Option<R>> + Send>>),
}

impl<R: Send + 'static> Reply<R> {
    /// What the state has promised, and what is done to it before it is sent.
    fn later<T: Send + 'static>(
        mut promised: oneshot::Receiver<T>,
        finish: impl FnOnce(T) -> R + Send + 'static,
    ) -> Self {
        match promised.try_recv() {
            Ok(answer) => Self::Now(finish(answer)),
            Err(_) => Self::Later(Box::pin(async move { promised.await.ok().map(finish) })),
        }
    }
}

/// A request that waits.
pub(super) trait Waiting<R>: Send {
    /// The answer, if it can be given now; it must be when the time has `run_out`.
    fn look(&mut self, call: &mut Call<'_>, run_out: bool) -> Option<R>;
}

/// A request's surroundings.
pub(super) struct Call<'a> {
    pub(super) state: &'a mut State,
    /// Which node has been asked.
    pub(super) node: i32,
    pub(super) version: i16,
    /// Who asks.
    pub(super) client: Client,
    /// The time of day in milliseconds.
    pub(super) now: i64,
    pub(super) plan: &'a Plan,
    /// Whether something has changed that others may wait for.
    pub(super) changed: bool,
    /// Whether groups may have something else to do, or at another time.
    pub(super) stirs: bool,
    /// What was appended to logs.
    pub(super) appended: Vec<Appended>,
}

impl Call<'_> {
    /// A partition that a rule lets be reached.
    fn partition(&self, topic: &str, index: i32) -> Result<&Partition, ErrorCode> {
        self.plan.refusal(topic, Some(index))?;
        self.state.partition(topic, index)
    }

    /// A partition that this node leads, in the epoch that the client names.
    fn led_partition(&self, topic: &str, index: i32, epoch: i32) -> Result<&Partition, ErrorCode> {
        let partition = self.partition(topic, index)?;
        // A node without a replica knows no epoch.
        if partition.replicas.contains(&self.node) {
            partition.check_epoch(epoch)?;
        }
        partition.check_leader(self.node)?;
        Ok(partition)
    }

    /// The name of a topic that is named by id from some version on.
    fn topic_name(&self, name: &str, id: Uuid) -> Result<String, ErrorCode> {
        if id.is_zero() {
            return Ok(name.into());
        }
        self.state.name_of(id).map(str::to_owned).ok_or(ErrorCode::UNKNOWN_TOPIC_ID)
    }

    /// The groups, if this node coordinates that one.
    fn coordinated(&mut self, group: &str) -> Result<&mut Groups, ErrorCode> {
        self.plan.refusal_of_all()?;
        self.state.check_coordinator(group, self.node)?;
        self.stirs = true;
        Ok(self.state.groups(self.now))
    }

    /// Members have to name their group. Offsets have been committed without.
    fn check_group_id(&self, group: &str) -> Result<(), ErrorCode> {
        self.plan.refusal_of_all()?;
        if group.is_empty() { Err(ErrorCode::INVALID_GROUP_ID) } else { Ok(()) }
    }

    /// Where there is ZooKeeper, only the controller changes topics.
    fn must_be_controller(&self) -> Result<(), ErrorCode> {
        let is_it = !self.state.release.has_zookeeper() || self.state.controller() == self.node;
        if is_it { Ok(()) } else { Err(ErrorCode::NOT_CONTROLLER) }
    }

    /// Moves the leaderships that a rule wants moved.
    pub(super) fn move_leaders(&mut self, targets: &[Target]) {
        for target in targets.iter().filter(|target| self.plan.moves(target)) {
            let (topic, Some(index)) = target else { continue };
            let moved = self.state.partition_mut(topic, *index).map(Partition::move_leader);
            self.changed |= moved.unwrap_or(false);
        }
    }
}

/// What a client may do to a group, as bits, if it asks: there are no ACLs.
fn group_operations(is_asked: bool, release: &Release) -> i32 {
    const READ_DELETE_DESCRIBE: i32 = 0x148;
    const CONFIGS: i32 = 0xc00;
    match is_asked {
        false => i32::MIN,
        true if release.number < (4, 0) => READ_DELETE_DESCRIBE,
        true => READ_DELETE_DESCRIBE | CONFIGS,
    }
}

/// Flips bits, so that a checksum does not fit any more.
pub(super) fn bend(bytes: &[u8]) -> Vec<u8> {
    let mut bent = bytes.to_vec();
    bent.iter_mut().rev().take(1).for_each(|byte| *byte ^= 0x55);
    bent
}
