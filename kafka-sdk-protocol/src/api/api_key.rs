//! The numbers of the APIs.

use std::fmt;

/// The number of an API, as requests name it. A broker may know more of them than this crate.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ApiKey(pub i16);

impl ApiKey {
    /// Produce.
    pub const PRODUCE: Self = Self(0);
    /// Fetch.
    pub const FETCH: Self = Self(1);
    /// ListOffsets.
    pub const LIST_OFFSETS: Self = Self(2);
    /// Metadata.
    pub const METADATA: Self = Self(3);
    /// OffsetCommit.
    pub const OFFSET_COMMIT: Self = Self(8);
    /// OffsetFetch.
    pub const OFFSET_FETCH: Self = Self(9);
    /// FindCoordinator.
    pub const FIND_COORDINATOR: Self = Self(10);
    /// JoinGroup.
    pub const JOIN_GROUP: Self = Self(11);
    /// Heartbeat.
    pub const HEARTBEAT: Self = Self(12);
    /// LeaveGroup.
    pub const LEAVE_GROUP: Self = Self(13);
    /// SyncGroup.
    pub const SYNC_GROUP: Self = Self(14);
    /// DescribeGroups.
    pub const DESCRIBE_GROUPS: Self = Self(15);
    /// ListGroups.
    pub const LIST_GROUPS: Self = Self(16);
    /// SaslHandshake.
    pub const SASL_HANDSHAKE: Self = Self(17);
    /// ApiVersions.
    pub const API_VERSIONS: Self = Self(18);
    /// CreateTopics.
    pub const CREATE_TOPICS: Self = Self(19);
    /// DeleteTopics.
    pub const DELETE_TOPICS: Self = Self(20);
    /// DeleteRecords.
    pub const DELETE_RECORDS: Self = Self(21);
    /// InitProducerId.
    pub const INIT_PRODUCER_ID: Self = Self(22);
    /// OffsetForLeaderEpoch.
    pub const OFFSET_FOR_LEADER_EPOCH: Self = Self(23);
    /// AddPartitionsToTxn.
    pub const ADD_PARTITIONS_TO_TXN: Self = Self(24);
    /// AddOffsetsToTxn.
    pub const ADD_OFFSETS_TO_TXN: Self = Self(25);
    /// EndTxn.
    pub const END_TXN: Self = Self(26);
    /// WriteTxnMarkers.
    pub const WRITE_TXN_MARKERS: Self = Self(27);
    /// TxnOffsetCommit.
    pub const TXN_OFFSET_COMMIT: Self = Self(28);
    /// DescribeAcls.
    pub const DESCRIBE_ACLS: Self = Self(29);
    /// CreateAcls.
    pub const CREATE_ACLS: Self = Self(30);
    /// DeleteAcls.
    pub const DELETE_ACLS: Self = Self(31);
    /// DescribeConfigs.
    pub const DESCRIBE_CONFIGS: Self = Self(32);
    /// AlterConfigs.
    pub const ALTER_CONFIGS: Self = Self(33);
    /// AlterReplicaLogDirs.
    pub const ALTER_REPLICA_LOG_DIRS: Self = Self(34);
    /// DescribeLogDirs.
    pub const DESCRIBE_LOG_DIRS: Self = Self(35);
    /// SaslAuthenticate.
    pub const SASL_AUTHENTICATE: Self = Self(36);
    /// CreatePartitions.
    pub const CREATE_PARTITIONS: Self = Self(37);
    /// CreateDelegationToken.
    pub const CREATE_DELEGATION_TOKEN: Self = Self(38);
    /// RenewDelegationToken.
    pub const RENEW_DELEGATION_TOKEN: Self = Self(39);
    /// ExpireDelegationToken.
    pub const EXPIRE_DELEGATION_TOKEN: Self = Self(40);
    /// DescribeDelegationToken.
    pub const DESCRIBE_DELEGATION_TOKEN: Self = Self(41);
    /// DeleteGroups.
    pub const DELETE_GROUPS: Self = Self(42);
    /// ElectLeaders.
    pub const ELECT_LEADERS: Self = Self(43);
    /// IncrementalAlterConfigs.
    pub const INCREMENTAL_ALTER_CONFIGS: Self = Self(44);
    /// AlterPartitionReassignments.
    pub const ALTER_PARTITION_REASSIGNMENTS: Self = Self(45);
    /// ListPartitionReassignments.
    pub const LIST_PARTITION_REASSIGNMENTS: Self = Self(46);
    /// OffsetDelete.
    pub const OFFSET_DELETE: Self = Self(47);
    /// DescribeClientQuotas.
    pub const DESCRIBE_CLIENT_QUOTAS: Self = Self(48);
    /// AlterClientQuotas.
    pub const ALTER_CLIENT_QUOTAS: Self = Self(49);
    /// DescribeUserScramCredentials.
    pub const DESCRIBE_USER_SCRAM_CREDENTIALS: Self = Self(50);
    /// AlterUserScramCredentials.
    pub const ALTER_USER_SCRAM_CREDENTIALS: Self = Self(51);
    /// DescribeQuorum.
    pub const DESCRIBE_QUORUM: Self = Self(55);
    /// UpdateFeatures.
    pub const UPDATE_FEATURES: Self = Self(57);
    /// DescribeCluster.
    pub const DESCRIBE_CLUSTER: Self = Self(60);
    /// DescribeProducers.
    pub const DESCRIBE_PRODUCERS: Self = Self(61);
    /// UnregisterBroker.
    pub const UNREGISTER_BROKER: Self = Self(64);
    /// DescribeTransactions.
    pub const DESCRIBE_TRANSACTIONS: Self = Self(65);
    /// ListTransactions.
    pub const LIST_TRANSACTIONS: Self = Self(66);
    /// ConsumerGroupHeartbeat.
    pub const CONSUMER_GROUP_HEARTBEAT: Self = Self(68);
    /// ConsumerGroupDescribe.
    pub const CONSUMER_GROUP_DESCRIBE: Self = Self(69);
    /// GetTelemetrySubscriptions.
    pub const GET_TELEMETRY_SUBSCRIPTIONS: Self = Self(71);
    /// PushTelemetry.
    pub const PUSH_TELEMETRY: Self = Self(72);
    /// ListConfigResources.
    pub const LIST_CONFIG_RESOURCES: Self = Self(74);
    /// DescribeTopicPartitions.
    pub const DESCRIBE_TOPIC_PARTITIONS: Self = Self(75);
    /// ShareGroupHeartbeat.
    pub const SHARE_GROUP_HEARTBEAT: Self = Self(76);
    /// ShareGroupDescribe.
    pub const SHARE_GROUP_DESCRIBE: Self = Self(77);
    /// ShareFetch.
    pub const SHARE_FETCH: Self = Self(78);
    /// ShareAcknowledge.
    pub const SHARE_ACKNOWLEDGE: Self = Self(79);
    /// AddRaftVoter.
    pub const ADD_RAFT_VOTER: Self = Self(80);
    /// RemoveRaftVoter.
    pub const REMOVE_RAFT_VOTER: Self = Self(81);
    /// InitializeShareGroupState.
    pub const INITIALIZE_SHARE_GROUP_STATE: Self = Self(83);
    /// ReadShareGroupState.
    pub const READ_SHARE_GROUP_STATE: Self = Self(84);
    /// WriteShareGroupState.
    pub const WRITE_SHARE_GROUP_STATE: Self = Self(85);
    /// DeleteShareGroupState.
    pub const DELETE_SHARE_GROUP_STATE: Self = Self(86);
    /// ReadShareGroupStateSummary.
    pub const READ_SHARE_GROUP_STATE_SUMMARY: Self = Self(87);
    /// StreamsGroupHeartbeat.
    pub const STREAMS_GROUP_HEARTBEAT: Self = Self(88);
    /// StreamsGroupDescribe.
    pub const STREAMS_GROUP_DESCRIBE: Self = Self(89);
    /// DescribeShareGroupOffsets.
    pub const DESCRIBE_SHARE_GROUP_OFFSETS: Self = Self(90);
    /// AlterShareGroupOffsets.
    pub const ALTER_SHARE_GROUP_OFFSETS: Self = Self(91);
    /// DeleteShareGroupOffsets.
    pub const DELETE_SHARE_GROUP_OFFSETS: Self = Self(92);
    /// StreamsGroupTopologyDescriptionUpdate.
    pub const STREAMS_GROUP_TOPOLOGY_DESCRIPTION_UPDATE: Self = Self(93);
    /// UnregisterController.
    pub const UNREGISTER_CONTROLLER: Self = Self(94);

    /// Kafka's name for it; none for an API that is not client-facing or not known.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            0 => "Produce",
            1 => "Fetch",
            2 => "ListOffsets",
            3 => "Metadata",
            8 => "OffsetCommit",
            9 => "OffsetFetch",
            10 => "FindCoordinator",
            11 => "JoinGroup",
            12 => "Heartbeat",
            13 => "LeaveGroup",
            14 => "SyncGroup",
            15 => "DescribeGroups",
            16 => "ListGroups",
            17 => "SaslHandshake",
            18 => "ApiVersions",
            19 => "CreateTopics",
            20 => "DeleteTopics",
            21 => "DeleteRecords",
            22 => "InitProducerId",
            23 => "OffsetForLeaderEpoch",
            24 => "AddPartitionsToTxn",
            25 => "AddOffsetsToTxn",
            26 => "EndTxn",
            27 => "WriteTxnMarkers",
            28 => "TxnOffsetCommit",
            29 => "DescribeAcls",
            30 => "CreateAcls",
            31 => "DeleteAcls",
            32 => "DescribeConfigs",
            33 => "AlterConfigs",
            34 => "AlterReplicaLogDirs",
            35 => "DescribeLogDirs",
            36 => "SaslAuthenticate",
            37 => "CreatePartitions",
            38 => "CreateDelegationToken",
            39 => "RenewDelegationToken",
            40 => "ExpireDelegationToken",
            41 => "DescribeDelegationToken",
            42 => "DeleteGroups",
            43 => "ElectLeaders",
            44 => "IncrementalAlterConfigs",
            45 => "AlterPartitionReassignments",
            46 => "ListPartitionReassignments",
            47 => "OffsetDelete",
            48 => "DescribeClientQuotas",
            49 => "AlterClientQuotas",
            50 => "DescribeUserScramCredentials",
            51 => "AlterUserScramCredentials",
            55 => "DescribeQuorum",
            57 => "UpdateFeatures",
            60 => "DescribeCluster",
            61 => "DescribeProducers",
            64 => "UnregisterBroker",
            65 => "DescribeTransactions",
            66 => "ListTransactions",
            68 => "ConsumerGroupHeartbeat",
            69 => "ConsumerGroupDescribe",
            71 => "GetTelemetrySubscriptions",
            72 => "PushTelemetry",
            74 => "ListConfigResources",
            75 => "DescribeTopicPartitions",
            76 => "ShareGroupHeartbeat",
            77 => "ShareGroupDescribe",
            78 => "ShareFetch",
            79 => "ShareAcknowledge",
            80 => "AddRaftVoter",
            81 => "RemoveRaftVoter",
            83 => "InitializeShareGroupState",
            84 => "ReadShareGroupState",
            85 => "WriteShareGroupState",
            86 => "DeleteShareGroupState",
            87 => "ReadShareGroupStateSummary",
            88 => "StreamsGroupHeartbeat",
            89 => "StreamsGroupDescribe",
            90 => "DescribeShareGroupOffsets",
            91 => "AlterShareGroupOffsets",
            92 => "DeleteShareGroupOffsets",
            93 => "StreamsGroupTopologyDescriptionUpdate",
            94 => "UnregisterController",
            _ => return None,
        })
    }
}

impl fmt::Display for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "API {}", self.0),
        }
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
