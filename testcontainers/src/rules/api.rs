//! The APIs, as a rule names them.

use kafka_sdk_protocol::api::ApiKey;

macro_rules! apis {
    ($($name:ident = $key:ident,)*) => {
        /// A client-facing API of Kafka. One that is newer than this crate is named by its [`ApiKey`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        #[allow(missing_docs, reason = "Kafka's names say it")]
        pub enum Api {
            $($name,)*
        }

        impl From<Api> for ApiKey {
            fn from(api: Api) -> Self {
                match api {
                    $(Api::$name => Self::$key,)*
                }
            }
        }

        #[cfg(test)]
        const ALL: &[Api] = &[$(Api::$name),*];
    };
}

apis! {
    Produce = PRODUCE,
    Fetch = FETCH,
    ListOffsets = LIST_OFFSETS,
    Metadata = METADATA,
    OffsetCommit = OFFSET_COMMIT,
    OffsetFetch = OFFSET_FETCH,
    FindCoordinator = FIND_COORDINATOR,
    JoinGroup = JOIN_GROUP,
    Heartbeat = HEARTBEAT,
    LeaveGroup = LEAVE_GROUP,
    SyncGroup = SYNC_GROUP,
    DescribeGroups = DESCRIBE_GROUPS,
    ListGroups = LIST_GROUPS,
    SaslHandshake = SASL_HANDSHAKE,
    ApiVersions = API_VERSIONS,
    CreateTopics = CREATE_TOPICS,
    DeleteTopics = DELETE_TOPICS,
    DeleteRecords = DELETE_RECORDS,
    InitProducerId = INIT_PRODUCER_ID,
    OffsetForLeaderEpoch = OFFSET_FOR_LEADER_EPOCH,
    AddPartitionsToTxn = ADD_PARTITIONS_TO_TXN,
    AddOffsetsToTxn = ADD_OFFSETS_TO_TXN,
    EndTxn = END_TXN,
    WriteTxnMarkers = WRITE_TXN_MARKERS,
    TxnOffsetCommit = TXN_OFFSET_COMMIT,
    DescribeAcls = DESCRIBE_ACLS,
    CreateAcls = CREATE_ACLS,
    DeleteAcls = DELETE_ACLS,
    DescribeConfigs = DESCRIBE_CONFIGS,
    AlterConfigs = ALTER_CONFIGS,
    AlterReplicaLogDirs = ALTER_REPLICA_LOG_DIRS,
    DescribeLogDirs = DESCRIBE_LOG_DIRS,
    SaslAuthenticate = SASL_AUTHENTICATE,
    CreatePartitions = CREATE_PARTITIONS,
    CreateDelegationToken = CREATE_DELEGATION_TOKEN,
    RenewDelegationToken = RENEW_DELEGATION_TOKEN,
    ExpireDelegationToken = EXPIRE_DELEGATION_TOKEN,
    DescribeDelegationToken = DESCRIBE_DELEGATION_TOKEN,
    DeleteGroups = DELETE_GROUPS,
    ElectLeaders = ELECT_LEADERS,
    IncrementalAlterConfigs = INCREMENTAL_ALTER_CONFIGS,
    AlterPartitionReassignments = ALTER_PARTITION_REASSIGNMENTS,
    ListPartitionReassignments = LIST_PARTITION_REASSIGNMENTS,
    OffsetDelete = OFFSET_DELETE,
    DescribeClientQuotas = DESCRIBE_CLIENT_QUOTAS,
    AlterClientQuotas = ALTER_CLIENT_QUOTAS,
    DescribeUserScramCredentials = DESCRIBE_USER_SCRAM_CREDENTIALS,
    AlterUserScramCredentials = ALTER_USER_SCRAM_CREDENTIALS,
    DescribeQuorum = DESCRIBE_QUORUM,
    UpdateFeatures = UPDATE_FEATURES,
    DescribeCluster = DESCRIBE_CLUSTER,
    DescribeProducers = DESCRIBE_PRODUCERS,
    UnregisterBroker = UNREGISTER_BROKER,
    DescribeTransactions = DESCRIBE_TRANSACTIONS,
    ListTransactions = LIST_TRANSACTIONS,
    ConsumerGroupHeartbeat = CONSUMER_GROUP_HEARTBEAT,
    ConsumerGroupDescribe = CONSUMER_GROUP_DESCRIBE,
    GetTelemetrySubscriptions = GET_TELEMETRY_SUBSCRIPTIONS,
    PushTelemetry = PUSH_TELEMETRY,
    ListConfigResources = LIST_CONFIG_RESOURCES,
    DescribeTopicPartitions = DESCRIBE_TOPIC_PARTITIONS,
    ShareGroupHeartbeat = SHARE_GROUP_HEARTBEAT,
    ShareGroupDescribe = SHARE_GROUP_DESCRIBE,
    ShareFetch = SHARE_FETCH,
    ShareAcknowledge = SHARE_ACKNOWLEDGE,
    AddRaftVoter = ADD_RAFT_VOTER,
    RemoveRaftVoter = REMOVE_RAFT_VOTER,
    InitializeShareGroupState = INITIALIZE_SHARE_GROUP_STATE,
    ReadShareGroupState = READ_SHARE_GROUP_STATE,
    WriteShareGroupState = WRITE_SHARE_GROUP_STATE,
    DeleteShareGroupState = DELETE_SHARE_GROUP_STATE,
    ReadShareGroupStateSummary = READ_SHARE_GROUP_STATE_SUMMARY,
    StreamsGroupHeartbeat = STREAMS_GROUP_HEARTBEAT,
    StreamsGroupDescribe = STREAMS_GROUP_DESCRIBE,
    DescribeShareGroupOffsets = DESCRIBE_SHARE_GROUP_OFFSETS,
    AlterShareGroupOffsets = ALTER_SHARE_GROUP_OFFSETS,
    DeleteShareGroupOffsets = DELETE_SHARE_GROUP_OFFSETS,
    StreamsGroupTopologyDescriptionUpdate = STREAMS_GROUP_TOPOLOGY_DESCRIPTION_UPDATE,
    UnregisterController = UNREGISTER_CONTROLLER,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_api_has_the_name_that_kafka_gives_it() {
        for &api in ALL {
            assert_eq!(ApiKey::from(api).name(), Some(format!("{api:?}").as_str()));
        }
    }

    #[test]
    fn every_api_that_has_a_name_is_there() {
        let named = (0..i16::MAX).filter(|&key| ApiKey(key).name().is_some()).count();
        assert_eq!(named, ALL.len());
    }
}
