//! The fields of all messages, and the versions that have them; generated from `schema/` by `cargo codegen`.

use super::place::fill;
use kafka_sdk_protocol::api;

fill! { api::aborted_txn::AbortedTxn:
    producer_id in 0..=0;
    first_offset in 0..=0;
    last_offset in 0..=0;
    last_stable_offset in 0..=0;
}

fill! { api::add_offsets_to_txn::AddOffsetsToTxnRequest:
    transactional_id in 0..=4;
    producer_id in 0..=4;
    producer_epoch in 0..=4;
    group_id in 0..=4;
}

fill! { api::add_offsets_to_txn::AddOffsetsToTxnResponse:
    throttle_time_ms in 0..=4;
    error_code in 0..=4;
}

fill! { api::add_partitions_to_txn::AddPartitionsToTxnRequest:
    transactions in 4..=5;
    v3_and_below_transactional_id in 0..=3;
    v3_and_below_producer_id in 0..=3;
    v3_and_below_producer_epoch in 0..=3;
    v3_and_below_topics in 0..=3;
}

fill! { api::add_partitions_to_txn::AddPartitionsToTxnTransaction:
    transactional_id in 4..=5;
    producer_id in 4..=5;
    producer_epoch in 4..=5;
    verify_only in 4..=5;
    topics in 4..=5;
}

fill! { api::add_partitions_to_txn::AddPartitionsToTxnTopic:
    name in 0..=5;
    partitions in 0..=5;
}

fill! { api::add_partitions_to_txn::AddPartitionsToTxnResponse:
    throttle_time_ms in 0..=5;
    error_code in 4..=5;
    results_by_transaction in 4..=5;
    results_by_topic_v3_and_below in 0..=3;
}

fill! { api::add_partitions_to_txn::AddPartitionsToTxnResult:
    transactional_id in 4..=5;
    topic_results in 4..=5;
}

fill! { api::add_partitions_to_txn::AddPartitionsToTxnTopicResult:
    name in 0..=5;
    results_by_partition in 0..=5;
}

fill! { api::add_partitions_to_txn::AddPartitionsToTxnPartitionResult:
    partition_index in 0..=5;
    partition_error_code in 0..=5;
}

fill! { api::add_raft_voter::AddRaftVoterRequest:
    cluster_id in 0..=1, null in 0..=1;
    timeout_ms in 0..=1;
    voter_id in 0..=1;
    voter_directory_id in 0..=1;
    listeners in 0..=1;
    ack_when_committed in 1..=1;
}

fill! { api::add_raft_voter::Listener:
    name in 0..=1;
    host in 0..=1;
    port in 0..=1;
}

fill! { api::add_raft_voter::AddRaftVoterResponse:
    throttle_time_ms in 0..=1;
    error_code in 0..=1;
    error_message in 0..=1, null in 0..=1;
}

fill! { api::alter_client_quotas::AlterClientQuotasRequest:
    entries in 0..=1;
    validate_only in 0..=1;
}

fill! { api::alter_client_quotas::RequestEntryData:
    entity in 0..=1;
    ops in 0..=1;
}

fill! { api::alter_client_quotas::RequestEntityData:
    entity_type in 0..=1;
    entity_name in 0..=1, null in 0..=1;
}

fill! { api::alter_client_quotas::OpData:
    key in 0..=1;
    value in 0..=1;
    remove in 0..=1;
}

fill! { api::alter_client_quotas::AlterClientQuotasResponse:
    throttle_time_ms in 0..=1;
    entries in 0..=1;
}

fill! { api::alter_client_quotas::ResponseEntryData:
    error_code in 0..=1;
    error_message in 0..=1, null in 0..=1;
    entity in 0..=1;
}

fill! { api::alter_client_quotas::ResponseEntityData:
    entity_type in 0..=1;
    entity_name in 0..=1, null in 0..=1;
}

fill! { api::alter_configs::AlterConfigsRequest:
    resources in 0..=2;
    validate_only in 0..=2;
}

fill! { api::alter_configs::AlterConfigsResource:
    resource_type in 0..=2;
    resource_name in 0..=2;
    configs in 0..=2;
}

fill! { api::alter_configs::AlterableConfig:
    name in 0..=2;
    value in 0..=2, null in 0..=2;
}

fill! { api::alter_configs::AlterConfigsResponse:
    throttle_time_ms in 0..=2;
    responses in 0..=2;
}

fill! { api::alter_configs::AlterConfigsResourceResponse:
    error_code in 0..=2;
    error_message in 0..=2, null in 0..=2;
    resource_type in 0..=2;
    resource_name in 0..=2;
}

fill! { api::alter_partition_reassignments::AlterPartitionReassignmentsRequest:
    timeout_ms in 0..=1;
    allow_replication_factor_change in 1..=1;
    topics in 0..=1;
}

fill! { api::alter_partition_reassignments::ReassignableTopic:
    name in 0..=1;
    partitions in 0..=1;
}

fill! { api::alter_partition_reassignments::ReassignablePartition:
    partition_index in 0..=1;
    replicas in 0..=1, null in 0..=1;
}

fill! { api::alter_partition_reassignments::AlterPartitionReassignmentsResponse:
    throttle_time_ms in 0..=1;
    allow_replication_factor_change in 1..=1;
    error_code in 0..=1;
    error_message in 0..=1, null in 0..=1;
    responses in 0..=1;
}

fill! { api::alter_partition_reassignments::ReassignableTopicResponse:
    name in 0..=1;
    partitions in 0..=1;
}

fill! { api::alter_partition_reassignments::ReassignablePartitionResponse:
    partition_index in 0..=1;
    error_code in 0..=1;
    error_message in 0..=1, null in 0..=1;
}

fill! { api::alter_replica_log_dirs::AlterReplicaLogDirsRequest:
    dirs in 1..=2;
}

fill! { api::alter_replica_log_dirs::AlterReplicaLogDir:
    path in 1..=2;
    topics in 1..=2;
}

fill! { api::alter_replica_log_dirs::AlterReplicaLogDirTopic:
    name in 1..=2;
    partitions in 1..=2;
}

fill! { api::alter_replica_log_dirs::AlterReplicaLogDirsResponse:
    throttle_time_ms in 1..=2;
    results in 1..=2;
}

fill! { api::alter_replica_log_dirs::AlterReplicaLogDirTopicResult:
    topic_name in 1..=2;
    partitions in 1..=2;
}

fill! { api::alter_replica_log_dirs::AlterReplicaLogDirPartitionResult:
    partition_index in 1..=2;
    error_code in 1..=2;
}

fill! { api::alter_share_group_offsets::AlterShareGroupOffsetsRequest:
    group_id in 0..=0;
    topics in 0..=0;
}

fill! { api::alter_share_group_offsets::AlterShareGroupOffsetsRequestTopic:
    topic_name in 0..=0;
    partitions in 0..=0;
}

fill! { api::alter_share_group_offsets::AlterShareGroupOffsetsRequestPartition:
    partition_index in 0..=0;
    start_offset in 0..=0;
}

fill! { api::alter_share_group_offsets::AlterShareGroupOffsetsResponse:
    throttle_time_ms in 0..=0;
    error_code in 0..=0;
    error_message in 0..=0, null in 0..=0;
    responses in 0..=0;
}

fill! { api::alter_share_group_offsets::AlterShareGroupOffsetsResponseTopic:
    topic_name in 0..=0;
    topic_id in 0..=0;
    partitions in 0..=0;
}

fill! { api::alter_share_group_offsets::AlterShareGroupOffsetsResponsePartition:
    partition_index in 0..=0;
    error_code in 0..=0;
    error_message in 0..=0, null in 0..=0;
}

fill! { api::alter_user_scram_credentials::AlterUserScramCredentialsRequest:
    deletions in 0..=0;
    upsertions in 0..=0;
}

fill! { api::alter_user_scram_credentials::ScramCredentialDeletion:
    name in 0..=0;
    mechanism in 0..=0;
}

fill! { api::alter_user_scram_credentials::ScramCredentialUpsertion:
    name in 0..=0;
    mechanism in 0..=0;
    iterations in 0..=0;
    salt in 0..=0;
    salted_password in 0..=0;
}

fill! { api::alter_user_scram_credentials::AlterUserScramCredentialsResponse:
    throttle_time_ms in 0..=0;
    results in 0..=0;
}

fill! { api::alter_user_scram_credentials::AlterUserScramCredentialsResult:
    user in 0..=0;
    error_code in 0..=0;
    error_message in 0..=0, null in 0..=0;
}

fill! { api::api_versions::ApiVersionsRequest:
    client_software_name in 3..=5;
    client_software_version in 3..=5;
    cluster_id in 5..=5, null in 5..=5;
    node_id in 5..=5;
}

fill! { api::api_versions::ApiVersionsResponse:
    error_code in 0..=5;
    api_keys in 0..=5;
    throttle_time_ms in 1..=5;
    supported_features in 3..=5;
    finalized_features_epoch in 3..=5;
    finalized_features in 3..=5;
    zk_migration_ready in 3..=5;
}

fill! { api::api_versions::ApiVersion:
    api_key in 0..=5;
    min_version in 0..=5;
    max_version in 0..=5;
}

fill! { api::api_versions::SupportedFeatureKey:
    name in 3..=5;
    min_version in 3..=5;
    max_version in 3..=5;
}

fill! { api::api_versions::FinalizedFeatureKey:
    name in 3..=5;
    max_version_level in 3..=5;
    min_version_level in 3..=5;
}

fill! { api::consumer_group_describe::ConsumerGroupDescribeRequest:
    group_ids in 0..=1;
    include_authorized_operations in 0..=1;
}

fill! { api::consumer_group_describe::ConsumerGroupDescribeResponse:
    throttle_time_ms in 0..=1;
    groups in 0..=1;
}

fill! { api::consumer_group_describe::DescribedGroup:
    error_code in 0..=1;
    error_message in 0..=1, null in 0..=1;
    group_id in 0..=1;
    group_state in 0..=1;
    group_epoch in 0..=1;
    assignment_epoch in 0..=1;
    assignor_name in 0..=1;
    members in 0..=1;
    authorized_operations in 0..=1;
}

fill! { api::consumer_group_describe::Member:
    member_id in 0..=1;
    instance_id in 0..=1, null in 0..=1;
    rack_id in 0..=1, null in 0..=1;
    member_epoch in 0..=1;
    client_id in 0..=1;
    client_host in 0..=1;
    subscribed_topic_names in 0..=1;
    subscribed_topic_regex in 0..=1, null in 0..=1;
    assignment in 0..=1;
    target_assignment in 0..=1;
    member_type in 1..=1;
}

fill! { api::consumer_group_describe::TopicPartitions:
    topic_id in 0..=1;
    topic_name in 0..=1;
    partitions in 0..=1;
}

fill! { api::consumer_group_describe::Assignment:
    topic_partitions in 0..=1;
}

fill! { api::consumer_group_heartbeat::ConsumerGroupHeartbeatRequest:
    group_id in 0..=1;
    member_id in 0..=1;
    member_epoch in 0..=1;
    instance_id in 0..=1, null in 0..=1;
    rack_id in 0..=1, null in 0..=1;
    rebalance_timeout_ms in 0..=1;
    subscribed_topic_names in 0..=1, null in 0..=1;
    subscribed_topic_regex in 1..=1, null in 1..=1;
    server_assignor in 0..=1, null in 0..=1;
    topic_partitions in 0..=1, null in 0..=1;
}

fill! { api::consumer_group_heartbeat::RequestTopicPartitions:
    topic_id in 0..=1;
    partitions in 0..=1;
}

fill! { api::consumer_group_heartbeat::ConsumerGroupHeartbeatResponse:
    throttle_time_ms in 0..=1;
    error_code in 0..=1;
    error_message in 0..=1, null in 0..=1;
    member_id in 0..=1, null in 0..=1;
    member_epoch in 0..=1;
    heartbeat_interval_ms in 0..=1;
    assignment in 0..=1, null in 0..=1;
}

fill! { api::consumer_group_heartbeat::Assignment:
    topic_partitions in 0..=1;
}

fill! { api::consumer_group_heartbeat::ResponseTopicPartitions:
    topic_id in 0..=1;
    partitions in 0..=1;
}

fill! { api::consumer_protocol_assignment::ConsumerProtocolAssignment:
    assigned_partitions in 0..=3;
    user_data in 0..=3, null in 0..=3;
}

fill! { api::consumer_protocol_assignment::TopicPartition:
    topic in 0..=3;
    partitions in 0..=3;
}

fill! { api::consumer_protocol_subscription::ConsumerProtocolSubscription:
    topics in 0..=3;
    user_data in 0..=3, null in 0..=3;
    owned_partitions in 1..=3;
    generation_id in 2..=3;
    rack_id in 3..=3, null in 3..=3;
}

fill! { api::consumer_protocol_subscription::TopicPartition:
    topic in 1..=3;
    partitions in 1..=3;
}

fill! { api::control_record_type_schema::ControlRecordTypeSchema:
    r#type in 0..=0;
}

fill! { api::create_acls::CreateAclsRequest:
    creations in 1..=3;
}

fill! { api::create_acls::AclCreation:
    resource_type in 1..=3;
    resource_name in 1..=3;
    resource_pattern_type in 1..=3;
    principal in 1..=3;
    host in 1..=3;
    operation in 1..=3;
    permission_type in 1..=3;
}

fill! { api::create_acls::CreateAclsResponse:
    throttle_time_ms in 1..=3;
    results in 1..=3;
}

fill! { api::create_acls::AclCreationResult:
    error_code in 1..=3;
    error_message in 1..=3, null in 1..=3;
}

fill! { api::create_delegation_token::CreateDelegationTokenRequest:
    owner_principal_type in 3..=3, null in 3..=3;
    owner_principal_name in 3..=3, null in 3..=3;
    renewers in 1..=3;
    max_lifetime_ms in 1..=3;
}

fill! { api::create_delegation_token::CreatableRenewers:
    principal_type in 1..=3;
    principal_name in 1..=3;
}

fill! { api::create_delegation_token::CreateDelegationTokenResponse:
    error_code in 1..=3;
    principal_type in 1..=3;
    principal_name in 1..=3;
    token_requester_principal_type in 3..=3;
    token_requester_principal_name in 3..=3;
    issue_timestamp_ms in 1..=3;
    expiry_timestamp_ms in 1..=3;
    max_timestamp_ms in 1..=3;
    token_id in 1..=3;
    hmac in 1..=3;
    throttle_time_ms in 1..=3;
}

fill! { api::create_partitions::CreatePartitionsRequest:
    topics in 0..=3;
    timeout_ms in 0..=3;
    validate_only in 0..=3;
}

fill! { api::create_partitions::CreatePartitionsTopic:
    name in 0..=3;
    count in 0..=3;
    assignments in 0..=3, null in 0..=3;
}

fill! { api::create_partitions::CreatePartitionsAssignment:
    broker_ids in 0..=3;
}

fill! { api::create_partitions::CreatePartitionsResponse:
    throttle_time_ms in 0..=3;
    results in 0..=3;
}

fill! { api::create_partitions::CreatePartitionsTopicResult:
    name in 0..=3;
    error_code in 0..=3;
    error_message in 0..=3, null in 0..=3;
}

fill! { api::create_topics::CreateTopicsRequest:
    topics in 2..=7;
    timeout_ms in 2..=7;
    validate_only in 2..=7;
}

fill! { api::create_topics::CreatableTopic:
    name in 2..=7;
    num_partitions in 2..=7;
    replication_factor in 2..=7;
    assignments in 2..=7;
    configs in 2..=7;
}

fill! { api::create_topics::CreatableReplicaAssignment:
    partition_index in 2..=7;
    broker_ids in 2..=7;
}

fill! { api::create_topics::CreatableTopicConfig:
    name in 2..=7;
    value in 2..=7, null in 2..=7;
}

fill! { api::create_topics::CreateTopicsResponse:
    throttle_time_ms in 2..=7;
    topics in 2..=7;
}

fill! { api::create_topics::CreatableTopicResult:
    name in 2..=7;
    topic_id in 7..=7;
    error_code in 2..=7;
    error_message in 2..=7, null in 2..=7;
    topic_config_error_code in 5..=7;
    num_partitions in 5..=7;
    replication_factor in 5..=7;
    configs in 5..=7, null in 5..=7;
}

fill! { api::create_topics::CreatableTopicConfigs:
    name in 5..=7;
    value in 5..=7, null in 5..=7;
    read_only in 5..=7;
    config_source in 5..=7;
    is_sensitive in 5..=7;
}

fill! { api::default_principal_data::DefaultPrincipalData:
    r#type in 0..=0;
    name in 0..=0;
    token_authenticated in 0..=0;
}

fill! { api::delete_acls::DeleteAclsRequest:
    filters in 1..=3;
}

fill! { api::delete_acls::DeleteAclsFilter:
    resource_type_filter in 1..=3;
    resource_name_filter in 1..=3, null in 1..=3;
    pattern_type_filter in 1..=3;
    principal_filter in 1..=3, null in 1..=3;
    host_filter in 1..=3, null in 1..=3;
    operation in 1..=3;
    permission_type in 1..=3;
}

fill! { api::delete_acls::DeleteAclsResponse:
    throttle_time_ms in 1..=3;
    filter_results in 1..=3;
}

fill! { api::delete_acls::DeleteAclsFilterResult:
    error_code in 1..=3;
    error_message in 1..=3, null in 1..=3;
    matching_acls in 1..=3;
}

fill! { api::delete_acls::DeleteAclsMatchingAcl:
    error_code in 1..=3;
    error_message in 1..=3, null in 1..=3;
    resource_type in 1..=3;
    resource_name in 1..=3;
    pattern_type in 1..=3;
    principal in 1..=3;
    host in 1..=3;
    operation in 1..=3;
    permission_type in 1..=3;
}

fill! { api::delete_groups::DeleteGroupsRequest:
    groups_names in 0..=3;
}

fill! { api::delete_groups::DeleteGroupsResponse:
    throttle_time_ms in 0..=3;
    results in 0..=3;
}

fill! { api::delete_groups::DeletableGroupResult:
    group_id in 0..=3;
    error_code in 0..=3;
    error_message in 3..=3, null in 3..=3;
}

fill! { api::delete_records::DeleteRecordsRequest:
    topics in 0..=2;
    timeout_ms in 0..=2;
}

fill! { api::delete_records::DeleteRecordsTopic:
    name in 0..=2;
    partitions in 0..=2;
}

fill! { api::delete_records::DeleteRecordsPartition:
    partition_index in 0..=2;
    offset in 0..=2;
}

fill! { api::delete_records::DeleteRecordsResponse:
    throttle_time_ms in 0..=2;
    topics in 0..=2;
}

fill! { api::delete_records::DeleteRecordsTopicResult:
    name in 0..=2;
    partitions in 0..=2;
}

fill! { api::delete_records::DeleteRecordsPartitionResult:
    partition_index in 0..=2;
    low_watermark in 0..=2;
    error_code in 0..=2;
}

fill! { api::delete_share_group_offsets::DeleteShareGroupOffsetsRequest:
    group_id in 0..=0;
    topics in 0..=0;
}

fill! { api::delete_share_group_offsets::DeleteShareGroupOffsetsRequestTopic:
    topic_name in 0..=0;
}

fill! { api::delete_share_group_offsets::DeleteShareGroupOffsetsResponse:
    throttle_time_ms in 0..=0;
    error_code in 0..=0;
    error_message in 0..=0, null in 0..=0;
    responses in 0..=0;
}

fill! { api::delete_share_group_offsets::DeleteShareGroupOffsetsResponseTopic:
    topic_name in 0..=0;
    topic_id in 0..=0;
    error_code in 0..=0;
    error_message in 0..=0, null in 0..=0;
}

fill! { api::delete_share_group_state::DeleteShareGroupStateRequest:
    group_id in 0..=0;
    topics in 0..=0;
}

fill! { api::delete_share_group_state::DeleteStateData:
    topic_id in 0..=0;
    partitions in 0..=0;
}

fill! { api::delete_share_group_state::PartitionData:
    partition in 0..=0;
}

fill! { api::delete_share_group_state::DeleteShareGroupStateResponse:
    results in 0..=0;
}

fill! { api::delete_share_group_state::DeleteStateResult:
    topic_id in 0..=0;
    partitions in 0..=0;
}

fill! { api::delete_share_group_state::PartitionResult:
    partition in 0..=0;
    error_code in 0..=0;
    error_message in 0..=0, null in 0..=0;
}

fill! { api::delete_topics::DeleteTopicsRequest:
    topics in 6..=6;
    topic_names in 1..=5;
    timeout_ms in 1..=6;
}

fill! { api::delete_topics::DeleteTopicState:
    name in 6..=6, null in 6..=6;
    topic_id in 6..=6;
}

fill! { api::delete_topics::DeleteTopicsResponse:
    throttle_time_ms in 1..=6;
    responses in 1..=6;
}

fill! { api::delete_topics::DeletableTopicResult:
    name in 1..=6, null in 6..=6;
    topic_id in 6..=6;
    error_code in 1..=6;
    error_message in 5..=6, null in 5..=6;
}

fill! { api::describe_acls::DescribeAclsRequest:
    resource_type_filter in 1..=3;
    resource_name_filter in 1..=3, null in 1..=3;
    pattern_type_filter in 1..=3;
    principal_filter in 1..=3, null in 1..=3;
    host_filter in 1..=3, null in 1..=3;
    operation in 1..=3;
    permission_type in 1..=3;
}

fill! { api::describe_acls::DescribeAclsResponse:
    throttle_time_ms in 1..=3;
    error_code in 1..=3;
    error_message in 1..=3, null in 1..=3;
    resources in 1..=3;
}

fill! { api::describe_acls::DescribeAclsResource:
    resource_type in 1..=3;
    resource_name in 1..=3;
    pattern_type in 1..=3;
    acls in 1..=3;
}

fill! { api::describe_acls::AclDescription:
    principal in 1..=3;
    host in 1..=3;
    operation in 1..=3;
    permission_type in 1..=3;
}

fill! { api::describe_client_quotas::DescribeClientQuotasRequest:
    components in 0..=1;
    strict in 0..=1;
}

fill! { api::describe_client_quotas::ComponentData:
    entity_type in 0..=1;
    match_type in 0..=1;
    r#match in 0..=1, null in 0..=1;
}

fill! { api::describe_client_quotas::DescribeClientQuotasResponse:
    throttle_time_ms in 0..=1;
    error_code in 0..=1;
    error_message in 0..=1, null in 0..=1;
    entries in 0..=1, null in 0..=1;
}

fill! { api::describe_client_quotas::EntryData:
    entity in 0..=1;
    values in 0..=1;
}

fill! { api::describe_client_quotas::EntityData:
    entity_type in 0..=1;
    entity_name in 0..=1, null in 0..=1;
}

fill! { api::describe_client_quotas::ValueData:
    key in 0..=1;
    value in 0..=1;
}

fill! { api::describe_cluster::DescribeClusterRequest:
    include_cluster_authorized_operations in 0..=2;
    endpoint_type in 1..=2;
    include_fenced_brokers in 2..=2;
}

fill! { api::describe_cluster::DescribeClusterResponse:
    throttle_time_ms in 0..=2;
    error_code in 0..=2;
    error_message in 0..=2, null in 0..=2;
    endpoint_type in 1..=2;
    cluster_id in 0..=2;
    controller_id in 0..=2;
    brokers in 0..=2;
    cluster_authorized_operations in 0..=2;
}

fill! { api::describe_cluster::DescribeClusterBroker:
    broker_id in 0..=2;
    host in 0..=2;
    port in 0..=2;
    rack in 0..=2, null in 0..=2;
    is_fenced in 2..=2;
}

fill! { api::describe_configs::DescribeConfigsRequest:
    resources in 1..=4;
    include_synonyms in 1..=4;
    include_documentation in 3..=4;
}

fill! { api::describe_configs::DescribeConfigsResource:
    resource_type in 1..=4;
    resource_name in 1..=4;
    configuration_keys in 1..=4, null in 1..=4;
}

fill! { api::describe_configs::DescribeConfigsResponse:
    throttle_time_ms in 1..=4;
    results in 1..=4;
}

fill! { api::describe_configs::DescribeConfigsResult:
    error_code in 1..=4;
    error_message in 1..=4, null in 1..=4;
    resource_type in 1..=4;
    resource_name in 1..=4;
    configs in 1..=4;
}

fill! { api::describe_configs::DescribeConfigsResourceResult:
    name in 1..=4;
    value in 1..=4, null in 1..=4;
    read_only in 1..=4;
    config_source in 1..=4;
    is_sensitive in 1..=4;
    synonyms in 1..=4;
    config_type in 3..=4;
    documentation in 3..=4, null in 3..=4;
}

fill! { api::describe_configs::DescribeConfigsSynonym:
    name in 1..=4;
    value in 1..=4, null in 1..=4;
    source in 1..=4;
}

fill! { api::describe_delegation_token::DescribeDelegationTokenRequest:
    owners in 1..=3, null in 1..=3;
}

fill! { api::describe_delegation_token::DescribeDelegationTokenOwner:
    principal_type in 1..=3;
    principal_name in 1..=3;
}

fill! { api::describe_delegation_token::DescribeDelegationTokenResponse:
    error_code in 1..=3;
    tokens in 1..=3;
    throttle_time_ms in 1..=3;
}

fill! { api::describe_delegation_token::DescribedDelegationToken:
    principal_type in 1..=3;
    principal_name in 1..=3;
    token_requester_principal_type in 3..=3;
    token_requester_principal_name in 3..=3;
    issue_timestamp in 1..=3;
    expiry_timestamp in 1..=3;
    max_timestamp in 1..=3;
    token_id in 1..=3;
    hmac in 1..=3;
    renewers in 1..=3;
}

fill! { api::describe_delegation_token::DescribedDelegationTokenRenewer:
    principal_type in 1..=3;
    principal_name in 1..=3;
}

fill! { api::describe_groups::DescribeGroupsRequest:
    groups in 0..=6;
    include_authorized_operations in 3..=6;
}

fill! { api::describe_groups::DescribeGroupsResponse:
    throttle_time_ms in 1..=6;
    groups in 0..=6;
}

fill! { api::describe_groups::DescribedGroup:
    error_code in 0..=6;
    error_message in 6..=6, null in 6..=6;
    group_id in 0..=6;
    group_state in 0..=6;
    protocol_type in 0..=6;
    protocol_data in 0..=6;
    members in 0..=6;
    authorized_operations in 3..=6;
}

fill! { api::describe_groups::DescribedGroupMember:
    member_id in 0..=6;
    group_instance_id in 4..=6, null in 4..=6;
    client_id in 0..=6;
    client_host in 0..=6;
    member_metadata in 0..=6;
    member_assignment in 0..=6;
}

fill! { api::describe_log_dirs::DescribeLogDirsRequest:
    topics in 1..=5, null in 1..=5;
}

fill! { api::describe_log_dirs::DescribableLogDirTopic:
    topic in 1..=5;
    partitions in 1..=5;
}

fill! { api::describe_log_dirs::DescribeLogDirsResponse:
    throttle_time_ms in 1..=5;
    error_code in 3..=5;
    results in 1..=5;
}

fill! { api::describe_log_dirs::DescribeLogDirsResult:
    error_code in 1..=5;
    log_dir in 1..=5;
    topics in 1..=5;
    total_bytes in 4..=5;
    usable_bytes in 4..=5;
    is_cordoned in 5..=5;
}

fill! { api::describe_log_dirs::DescribeLogDirsTopic:
    name in 1..=5;
    partitions in 1..=5;
}

fill! { api::describe_log_dirs::DescribeLogDirsPartition:
    partition_index in 1..=5;
    partition_size in 1..=5;
    offset_lag in 1..=5;
    is_future_key in 1..=5;
}

fill! { api::describe_producers::DescribeProducersRequest:
    topics in 0..=0;
}

fill! { api::describe_producers::TopicRequest:
    name in 0..=0;
    partition_indexes in 0..=0;
}

fill! { api::describe_producers::DescribeProducersResponse:
    throttle_time_ms in 0..=0;
    topics in 0..=0;
}

fill! { api::describe_producers::TopicResponse:
    name in 0..=0;
    partitions in 0..=0;
}

fill! { api::describe_producers::PartitionResponse:
    partition_index in 0..=0;
    error_code in 0..=0;
    error_message in 0..=0, null in 0..=0;
    active_producers in 0..=0;
}

fill! { api::describe_producers::ProducerState:
    producer_id in 0..=0;
    producer_epoch in 0..=0;
    last_sequence in 0..=0;
    last_timestamp in 0..=0;
    coordinator_epoch in 0..=0;
    current_txn_start_offset in 0..=0;
}

fill! { api::describe_quorum::DescribeQuorumRequest:
    topics in 0..=2;
}

fill! { api::describe_quorum::RequestTopicData:
    topic_name in 0..=2;
    partitions in 0..=2;
}

fill! { api::describe_quorum::RequestPartitionData:
    partition_index in 0..=2;
}

fill! { api::describe_quorum::DescribeQuorumResponse:
    error_code in 0..=2;
    error_message in 2..=2, null in 2..=2;
    topics in 0..=2;
    nodes in 2..=2;
}

fill! { api::describe_quorum::ResponseTopicData:
    topic_name in 0..=2;
    partitions in 0..=2;
}

fill! { api::describe_quorum::ResponsePartitionData:
    partition_index in 0..=2;
    error_code in 0..=2;
    error_message in 2..=2, null in 2..=2;
    leader_id in 0..=2;
    leader_epoch in 0..=2;
    high_watermark in 0..=2;
    current_voters in 0..=2;
    observers in 0..=2;
}

fill! { api::describe_quorum::Node:
    node_id in 2..=2;
    listeners in 2..=2;
}

fill! { api::describe_quorum::Listener:
    name in 2..=2;
    host in 2..=2;
    port in 2..=2;
}

fill! { api::describe_quorum::ReplicaState:
    replica_id in 0..=2;
    replica_directory_id in 2..=2;
    log_end_offset in 0..=2;
    last_fetch_timestamp in 1..=2;
    last_caught_up_timestamp in 1..=2;
}

fill! { api::describe_share_group_offsets::DescribeShareGroupOffsetsRequest:
    groups in 0..=1;
}

fill! { api::describe_share_group_offsets::DescribeShareGroupOffsetsRequestGroup:
    group_id in 0..=1;
    topics in 0..=1, null in 0..=1;
}

fill! { api::describe_share_group_offsets::DescribeShareGroupOffsetsRequestTopic:
    topic_name in 0..=1;
    partitions in 0..=1;
}

fill! { api::describe_share_group_offsets::DescribeShareGroupOffsetsResponse:
    throttle_time_ms in 0..=1;
    groups in 0..=1;
}

fill! { api::describe_share_group_offsets::DescribeShareGroupOffsetsResponseGroup:
    group_id in 0..=1;
    topics in 0..=1;
    error_code in 0..=1;
    error_message in 0..=1, null in 0..=1;
}

fill! { api::describe_share_group_offsets::DescribeShareGroupOffsetsResponseTopic:
    topic_name in 0..=1;
    topic_id in 0..=1;
    partitions in 0..=1;
}

fill! { api::describe_share_group_offsets::DescribeShareGroupOffsetsResponsePartition:
    partition_index in 0..=1;
    start_offset in 0..=1;
    leader_epoch in 0..=1;
    lag in 1..=1;
    error_code in 0..=1;
    error_message in 0..=1, null in 0..=1;
}

fill! { api::describe_topic_partitions::DescribeTopicPartitionsRequest:
    topics in 0..=0;
    response_partition_limit in 0..=0;
    cursor in 0..=0, null in 0..=0;
}

fill! { api::describe_topic_partitions::TopicRequest:
    name in 0..=0;
}

fill! { api::describe_topic_partitions::RequestCursor:
    topic_name in 0..=0;
    partition_index in 0..=0;
}

fill! { api::describe_topic_partitions::DescribeTopicPartitionsResponse:
    throttle_time_ms in 0..=0;
    topics in 0..=0;
    next_cursor in 0..=0, null in 0..=0;
}

fill! { api::describe_topic_partitions::DescribeTopicPartitionsResponseTopic:
    error_code in 0..=0;
    name in 0..=0, null in 0..=0;
    topic_id in 0..=0;
    is_internal in 0..=0;
    partitions in 0..=0;
    topic_authorized_operations in 0..=0;
}

fill! { api::describe_topic_partitions::DescribeTopicPartitionsResponsePartition:
    error_code in 0..=0;
    partition_index in 0..=0;
    leader_id in 0..=0;
    leader_epoch in 0..=0;
    replica_nodes in 0..=0;
    isr_nodes in 0..=0;
    eligible_leader_replicas in 0..=0, null in 0..=0;
    last_known_elr in 0..=0, null in 0..=0;
    offline_replicas in 0..=0;
}

fill! { api::describe_topic_partitions::ResponseCursor:
    topic_name in 0..=0;
    partition_index in 0..=0;
}

fill! { api::describe_transactions::DescribeTransactionsRequest:
    transactional_ids in 0..=0;
}

fill! { api::describe_transactions::DescribeTransactionsResponse:
    throttle_time_ms in 0..=0;
    transaction_states in 0..=0;
}

fill! { api::describe_transactions::TransactionState:
    error_code in 0..=0;
    transactional_id in 0..=0;
    transaction_state in 0..=0;
    transaction_timeout_ms in 0..=0;
    transaction_start_time_ms in 0..=0;
    producer_id in 0..=0;
    producer_epoch in 0..=0;
    topics in 0..=0;
}

fill! { api::describe_transactions::TopicData:
    topic in 0..=0;
    partitions in 0..=0;
}

fill! { api::describe_user_scram_credentials::DescribeUserScramCredentialsRequest:
    users in 0..=0, null in 0..=0;
}

fill! { api::describe_user_scram_credentials::UserName:
    name in 0..=0;
}

fill! { api::describe_user_scram_credentials::DescribeUserScramCredentialsResponse:
    throttle_time_ms in 0..=0;
    error_code in 0..=0;
    error_message in 0..=0, null in 0..=0;
    results in 0..=0;
}

fill! { api::describe_user_scram_credentials::DescribeUserScramCredentialsResult:
    user in 0..=0;
    error_code in 0..=0;
    error_message in 0..=0, null in 0..=0;
    credential_infos in 0..=0;
}

fill! { api::describe_user_scram_credentials::CredentialInfo:
    mechanism in 0..=0;
    iterations in 0..=0;
}

fill! { api::elect_leaders::ElectLeadersRequest:
    election_type in 1..=2;
    topic_partitions in 0..=2, null in 0..=2;
    timeout_ms in 0..=2;
}

fill! { api::elect_leaders::TopicPartitions:
    topic in 0..=2;
    partitions in 0..=2;
}

fill! { api::elect_leaders::ElectLeadersResponse:
    throttle_time_ms in 0..=2;
    error_code in 1..=2;
    replica_election_results in 0..=2;
}

fill! { api::elect_leaders::ReplicaElectionResult:
    topic in 0..=2;
    partition_result in 0..=2;
}

fill! { api::elect_leaders::PartitionResult:
    partition_id in 0..=2;
    error_code in 0..=2;
    error_message in 0..=2, null in 0..=2;
}

fill! { api::end_txn::EndTxnRequest:
    transactional_id in 0..=5;
    producer_id in 0..=5;
    producer_epoch in 0..=5;
    committed in 0..=5;
}

fill! { api::end_txn::EndTxnResponse:
    throttle_time_ms in 0..=5;
    error_code in 0..=5;
    producer_id in 5..=5;
    producer_epoch in 5..=5;
}

fill! { api::end_txn_marker::EndTxnMarker:
    coordinator_epoch in 0..=0;
}

fill! { api::expire_delegation_token::ExpireDelegationTokenRequest:
    hmac in 1..=2;
    expiry_time_period_ms in 1..=2;
}

fill! { api::expire_delegation_token::ExpireDelegationTokenResponse:
    error_code in 1..=2;
    expiry_timestamp_ms in 1..=2;
    throttle_time_ms in 1..=2;
}

fill! { api::fetch::FetchRequest:
    cluster_id in 12..=18, null in 12..=18;
    replica_id in 4..=14;
    replica_state in 15..=18;
    max_wait_ms in 4..=18;
    min_bytes in 4..=18;
    max_bytes in 4..=18;
    isolation_level in 4..=18;
    session_id in 7..=18;
    session_epoch in 7..=18;
    topics in 4..=18;
    forgotten_topics_data in 7..=18;
    rack_id in 11..=18;
}

fill! { api::fetch::ReplicaState:
    replica_id in 15..=18;
    replica_epoch in 15..=18;
}

fill! { api::fetch::FetchTopic:
    topic in 4..=12;
    topic_id in 13..=18;
    partitions in 4..=18;
}

fill! { api::fetch::FetchPartition:
    partition in 4..=18;
    current_leader_epoch in 9..=18;
    fetch_offset in 4..=18;
    last_fetched_epoch in 12..=18;
    log_start_offset in 5..=18;
    partition_max_bytes in 4..=18;
    replica_directory_id in 17..=18;
    high_watermark in 18..=18;
}

fill! { api::fetch::ForgottenTopic:
    topic in 7..=12;
    topic_id in 13..=18;
    partitions in 7..=18;
}

fill! { api::fetch::FetchResponse:
    throttle_time_ms in 4..=18;
    error_code in 7..=18;
    session_id in 7..=18;
    responses in 4..=18;
    node_endpoints in 16..=18;
}

fill! { api::fetch::FetchableTopicResponse:
    topic in 4..=12;
    topic_id in 13..=18;
    partitions in 4..=18;
}

fill! { api::fetch::PartitionData:
    partition_index in 4..=18;
    error_code in 4..=18;
    high_watermark in 4..=18;
    last_stable_offset in 4..=18;
    log_start_offset in 5..=18;
    diverging_epoch in 12..=18;
    current_leader in 12..=18;
    snapshot_id in 12..=18;
    aborted_transactions in 4..=18, null in 4..=18;
    preferred_read_replica in 11..=18;
    records in 4..=18, null in 4..=18;
}

fill! { api::fetch::EpochEndOffset:
    epoch in 12..=18;
    end_offset in 12..=18;
}

fill! { api::fetch::LeaderIdAndEpoch:
    leader_id in 12..=18;
    leader_epoch in 12..=18;
}

fill! { api::fetch::SnapshotId:
    end_offset in 12..=18;
    epoch in 12..=18;
}

fill! { api::fetch::AbortedTransaction:
    producer_id in 4..=18;
    first_offset in 4..=18;
}

fill! { api::fetch::NodeEndpoint:
    node_id in 16..=18;
    host in 16..=18;
    port in 16..=18;
    rack in 16..=18, null in 16..=18;
}

fill! { api::find_coordinator::FindCoordinatorRequest:
    key in 0..=3;
    key_type in 1..=6;
    coordinator_keys in 4..=6;
}

fill! { api::find_coordinator::FindCoordinatorResponse:
    throttle_time_ms in 1..=6;
    error_code in 0..=3;
    error_message in 1..=3, null in 1..=3;
    node_id in 0..=3;
    host in 0..=3;
    port in 0..=3;
    coordinators in 4..=6;
}

fill! { api::find_coordinator::Coordinator:
    key in 4..=6;
    node_id in 4..=6;
    host in 4..=6;
    port in 4..=6;
    error_code in 4..=6;
    error_message in 4..=6, null in 4..=6;
}

fill! { api::get_telemetry_subscriptions::GetTelemetrySubscriptionsRequest:
    client_instance_id in 0..=0;
}

fill! { api::get_telemetry_subscriptions::GetTelemetrySubscriptionsResponse:
    throttle_time_ms in 0..=0;
    error_code in 0..=0;
    client_instance_id in 0..=0;
    subscription_id in 0..=0;
    accepted_compression_types in 0..=0;
    push_interval_ms in 0..=0;
    telemetry_max_bytes in 0..=0;
    delta_temporality in 0..=0;
    requested_metrics in 0..=0;
}

fill! { api::heartbeat::HeartbeatRequest:
    group_id in 0..=4;
    generation_id in 0..=4;
    member_id in 0..=4;
    group_instance_id in 3..=4, null in 3..=4;
}

fill! { api::heartbeat::HeartbeatResponse:
    throttle_time_ms in 1..=4;
    error_code in 0..=4;
}

fill! { api::incremental_alter_configs::IncrementalAlterConfigsRequest:
    resources in 0..=1;
    validate_only in 0..=1;
}

fill! { api::incremental_alter_configs::AlterConfigsResource:
    resource_type in 0..=1;
    resource_name in 0..=1;
    configs in 0..=1;
}

fill! { api::incremental_alter_configs::AlterableConfig:
    name in 0..=1;
    config_operation in 0..=1;
    value in 0..=1, null in 0..=1;
}

fill! { api::incremental_alter_configs::IncrementalAlterConfigsResponse:
    throttle_time_ms in 0..=1;
    responses in 0..=1;
}

fill! { api::incremental_alter_configs::AlterConfigsResourceResponse:
    error_code in 0..=1;
    error_message in 0..=1, null in 0..=1;
    resource_type in 0..=1;
    resource_name in 0..=1;
}

fill! { api::init_producer_id::InitProducerIdRequest:
    transactional_id in 0..=6, null in 0..=6;
    transaction_timeout_ms in 0..=6;
    producer_id in 3..=6;
    producer_epoch in 3..=6;
    enable2_pc in 6..=6;
    keep_prepared_txn in 6..=6;
}

fill! { api::init_producer_id::InitProducerIdResponse:
    throttle_time_ms in 0..=6;
    error_code in 0..=6;
    producer_id in 0..=6;
    producer_epoch in 0..=6;
    ongoing_txn_producer_id in 6..=6;
    ongoing_txn_producer_epoch in 6..=6;
}

fill! { api::initialize_share_group_state::InitializeShareGroupStateRequest:
    group_id in 0..=0;
    topics in 0..=0;
}

fill! { api::initialize_share_group_state::InitializeStateData:
    topic_id in 0..=0;
    partitions in 0..=0;
}

fill! { api::initialize_share_group_state::PartitionData:
    partition in 0..=0;
    state_epoch in 0..=0;
    start_offset in 0..=0;
}

fill! { api::initialize_share_group_state::InitializeShareGroupStateResponse:
    results in 0..=0;
}

fill! { api::initialize_share_group_state::InitializeStateResult:
    topic_id in 0..=0;
    partitions in 0..=0;
}

fill! { api::initialize_share_group_state::PartitionResult:
    partition in 0..=0;
    error_code in 0..=0;
    error_message in 0..=0, null in 0..=0;
}

fill! { api::join_group::JoinGroupRequest:
    group_id in 0..=9;
    session_timeout_ms in 0..=9;
    rebalance_timeout_ms in 1..=9;
    member_id in 0..=9;
    group_instance_id in 5..=9, null in 5..=9;
    protocol_type in 0..=9;
    protocols in 0..=9;
    reason in 8..=9, null in 8..=9;
}

fill! { api::join_group::JoinGroupRequestProtocol:
    name in 0..=9;
    metadata in 0..=9;
}

fill! { api::join_group::JoinGroupResponse:
    throttle_time_ms in 2..=9;
    error_code in 0..=9;
    generation_id in 0..=9;
    protocol_type in 7..=9, null in 7..=9;
    protocol_name in 0..=9, null in 7..=9;
    leader in 0..=9;
    skip_assignment in 9..=9;
    member_id in 0..=9;
    members in 0..=9;
}

fill! { api::join_group::JoinGroupResponseMember:
    member_id in 0..=9;
    group_instance_id in 5..=9, null in 5..=9;
    metadata in 0..=9;
}

fill! { api::k_raft_version_record::KRaftVersionRecord:
    version in 0..=0;
    k_raft_version in 0..=0;
}

fill! { api::leader_change_message::LeaderChangeMessage:
    version in 0..=1;
    leader_id in 0..=1;
    voters in 0..=1;
    granting_voters in 0..=1;
}

fill! { api::leader_change_message::Voter:
    voter_id in 0..=1;
    voter_directory_id in 1..=1;
}

fill! { api::leave_group::LeaveGroupRequest:
    group_id in 0..=5;
    member_id in 0..=2;
    members in 3..=5;
}

fill! { api::leave_group::MemberIdentity:
    member_id in 3..=5;
    group_instance_id in 3..=5, null in 3..=5;
    reason in 5..=5, null in 5..=5;
}

fill! { api::leave_group::LeaveGroupResponse:
    throttle_time_ms in 1..=5;
    error_code in 0..=5;
    members in 3..=5;
}

fill! { api::leave_group::MemberResponse:
    member_id in 3..=5;
    group_instance_id in 3..=5, null in 3..=5;
    error_code in 3..=5;
}

fill! { api::list_config_resources::ListConfigResourcesRequest:
    resource_types in 1..=1;
}

fill! { api::list_config_resources::ListConfigResourcesResponse:
    throttle_time_ms in 0..=1;
    error_code in 0..=1;
    config_resources in 0..=1;
}

fill! { api::list_config_resources::ConfigResource:
    resource_name in 0..=1;
    resource_type in 1..=1;
}

fill! { api::list_groups::ListGroupsRequest:
    states_filter in 4..=5;
    types_filter in 5..=5;
}

fill! { api::list_groups::ListGroupsResponse:
    throttle_time_ms in 1..=5;
    error_code in 0..=5;
    groups in 0..=5;
}

fill! { api::list_groups::ListedGroup:
    group_id in 0..=5;
    protocol_type in 0..=5;
    group_state in 4..=5;
    group_type in 5..=5;
}

fill! { api::list_offsets::ListOffsetsRequest:
    replica_id in 1..=11;
    isolation_level in 2..=11;
    topics in 1..=11;
    timeout_ms in 10..=11;
}

fill! { api::list_offsets::ListOffsetsTopic:
    name in 1..=11;
    partitions in 1..=11;
}

fill! { api::list_offsets::ListOffsetsPartition:
    partition_index in 1..=11;
    current_leader_epoch in 4..=11;
    timestamp in 1..=11;
}

fill! { api::list_offsets::ListOffsetsResponse:
    throttle_time_ms in 2..=11;
    topics in 1..=11;
}

fill! { api::list_offsets::ListOffsetsTopicResponse:
    name in 1..=11;
    partitions in 1..=11;
}

fill! { api::list_offsets::ListOffsetsPartitionResponse:
    partition_index in 1..=11;
    error_code in 1..=11;
    timestamp in 1..=11;
    offset in 1..=11;
    leader_epoch in 4..=11;
}

fill! { api::list_partition_reassignments::ListPartitionReassignmentsRequest:
    timeout_ms in 0..=0;
    topics in 0..=0, null in 0..=0;
}

fill! { api::list_partition_reassignments::ListPartitionReassignmentsTopics:
    name in 0..=0;
    partition_indexes in 0..=0;
}

fill! { api::list_partition_reassignments::ListPartitionReassignmentsResponse:
    throttle_time_ms in 0..=0;
    error_code in 0..=0;
    error_message in 0..=0, null in 0..=0;
    topics in 0..=0;
}

fill! { api::list_partition_reassignments::OngoingTopicReassignment:
    name in 0..=0;
    partitions in 0..=0;
}

fill! { api::list_partition_reassignments::OngoingPartitionReassignment:
    partition_index in 0..=0;
    replicas in 0..=0;
    adding_replicas in 0..=0;
    removing_replicas in 0..=0;
}

fill! { api::list_transactions::ListTransactionsRequest:
    state_filters in 0..=2;
    producer_id_filters in 0..=2;
    duration_filter in 1..=2;
    transactional_id_pattern in 2..=2, null in 2..=2;
}

fill! { api::list_transactions::ListTransactionsResponse:
    throttle_time_ms in 0..=2;
    error_code in 0..=2;
    unknown_state_filters in 0..=2;
    transaction_states in 0..=2;
}

fill! { api::list_transactions::TransactionState:
    transactional_id in 0..=2;
    producer_id in 0..=2;
    transaction_state in 0..=2;
}

fill! { api::metadata::MetadataRequest:
    topics in 0..=13, null in 1..=13;
    allow_auto_topic_creation in 4..=13;
    include_cluster_authorized_operations in 8..=10;
    include_topic_authorized_operations in 8..=13;
}

fill! { api::metadata::MetadataRequestTopic:
    topic_id in 10..=13;
    name in 0..=13, null in 10..=13;
}

fill! { api::metadata::MetadataResponse:
    throttle_time_ms in 3..=13;
    brokers in 0..=13;
    cluster_id in 2..=13, null in 2..=13;
    controller_id in 1..=13;
    topics in 0..=13;
    cluster_authorized_operations in 8..=10;
    error_code in 13..=13;
}

fill! { api::metadata::MetadataResponseBroker:
    node_id in 0..=13;
    host in 0..=13;
    port in 0..=13;
    rack in 1..=13, null in 1..=13;
}

fill! { api::metadata::MetadataResponseTopic:
    error_code in 0..=13;
    name in 0..=13, null in 12..=13;
    topic_id in 10..=13;
    is_internal in 1..=13;
    partitions in 0..=13;
    topic_authorized_operations in 8..=13;
}

fill! { api::metadata::MetadataResponsePartition:
    error_code in 0..=13;
    partition_index in 0..=13;
    leader_id in 0..=13;
    leader_epoch in 7..=13;
    replica_nodes in 0..=13;
    isr_nodes in 0..=13;
    offline_replicas in 5..=13;
}

fill! { api::offset_commit::OffsetCommitRequest:
    group_id in 2..=10;
    generation_id_or_member_epoch in 2..=10;
    member_id in 2..=10;
    group_instance_id in 7..=10, null in 7..=10;
    retention_time_ms in 2..=4;
    topics in 2..=10;
}

fill! { api::offset_commit::OffsetCommitRequestTopic:
    name in 2..=9;
    topic_id in 10..=10;
    partitions in 2..=10;
}

fill! { api::offset_commit::OffsetCommitRequestPartition:
    partition_index in 2..=10;
    committed_offset in 2..=10;
    committed_leader_epoch in 6..=10;
    committed_metadata in 2..=10, null in 2..=10;
}

fill! { api::offset_commit::OffsetCommitResponse:
    throttle_time_ms in 3..=10;
    topics in 2..=10;
}

fill! { api::offset_commit::OffsetCommitResponseTopic:
    name in 2..=9;
    topic_id in 10..=10;
    partitions in 2..=10;
}

fill! { api::offset_commit::OffsetCommitResponsePartition:
    partition_index in 2..=10;
    error_code in 2..=10;
}

fill! { api::offset_delete::OffsetDeleteRequest:
    group_id in 0..=0;
    topics in 0..=0;
}

fill! { api::offset_delete::OffsetDeleteRequestTopic:
    name in 0..=0;
    partitions in 0..=0;
}

fill! { api::offset_delete::OffsetDeleteRequestPartition:
    partition_index in 0..=0;
}

fill! { api::offset_delete::OffsetDeleteResponse:
    error_code in 0..=0;
    throttle_time_ms in 0..=0;
    topics in 0..=0;
}

fill! { api::offset_delete::OffsetDeleteResponseTopic:
    name in 0..=0;
    partitions in 0..=0;
}

fill! { api::offset_delete::OffsetDeleteResponsePartition:
    partition_index in 0..=0;
    error_code in 0..=0;
}

fill! { api::offset_fetch::OffsetFetchRequest:
    group_id in 1..=7;
    topics in 1..=7, null in 2..=7;
    groups in 8..=10;
    require_stable in 7..=10;
}

fill! { api::offset_fetch::OffsetFetchRequestTopic:
    name in 1..=7;
    partition_indexes in 1..=7;
}

fill! { api::offset_fetch::OffsetFetchRequestGroup:
    group_id in 8..=10;
    member_id in 9..=10, null in 9..=10;
    member_epoch in 9..=10;
    topics in 8..=10, null in 8..=10;
}

fill! { api::offset_fetch::OffsetFetchRequestTopics:
    name in 8..=9;
    topic_id in 10..=10;
    partition_indexes in 8..=10;
}

fill! { api::offset_fetch::OffsetFetchResponse:
    throttle_time_ms in 3..=10;
    topics in 1..=7;
    error_code in 2..=7;
    groups in 8..=10;
}

fill! { api::offset_fetch::OffsetFetchResponseTopic:
    name in 1..=7;
    partitions in 1..=7;
}

fill! { api::offset_fetch::OffsetFetchResponsePartition:
    partition_index in 1..=7;
    committed_offset in 1..=7;
    committed_leader_epoch in 5..=7;
    metadata in 1..=7, null in 1..=7;
    error_code in 1..=7;
}

fill! { api::offset_fetch::OffsetFetchResponseGroup:
    group_id in 8..=10;
    topics in 8..=10;
    error_code in 8..=10;
}

fill! { api::offset_fetch::OffsetFetchResponseTopics:
    name in 8..=9;
    topic_id in 10..=10;
    partitions in 8..=10;
}

fill! { api::offset_fetch::OffsetFetchResponsePartitions:
    partition_index in 8..=10;
    committed_offset in 8..=10;
    committed_leader_epoch in 8..=10;
    metadata in 8..=10, null in 8..=10;
    error_code in 8..=10;
}

fill! { api::offset_for_leader_epoch::OffsetForLeaderEpochRequest:
    replica_id in 3..=4;
    topics in 2..=4;
}

fill! { api::offset_for_leader_epoch::OffsetForLeaderTopic:
    topic in 2..=4;
    partitions in 2..=4;
}

fill! { api::offset_for_leader_epoch::OffsetForLeaderPartition:
    partition in 2..=4;
    current_leader_epoch in 2..=4;
    leader_epoch in 2..=4;
}

fill! { api::offset_for_leader_epoch::OffsetForLeaderEpochResponse:
    throttle_time_ms in 2..=4;
    topics in 2..=4;
}

fill! { api::offset_for_leader_epoch::OffsetForLeaderTopicResult:
    topic in 2..=4;
    partitions in 2..=4;
}

fill! { api::offset_for_leader_epoch::EpochEndOffset:
    error_code in 2..=4;
    partition in 2..=4;
    leader_epoch in 2..=4;
    end_offset in 2..=4;
}

fill! { api::produce::ProduceRequest:
    transactional_id in 3..=13, null in 3..=13;
    acks in 3..=13;
    timeout_ms in 3..=13;
    topic_data in 3..=13;
}

fill! { api::produce::TopicProduceData:
    name in 3..=12;
    topic_id in 13..=13;
    partition_data in 3..=13;
}

fill! { api::produce::PartitionProduceData:
    index in 3..=13;
    records in 3..=13, null in 3..=13;
}

fill! { api::produce::ProduceResponse:
    responses in 3..=13;
    throttle_time_ms in 3..=13;
    node_endpoints in 10..=13;
}

fill! { api::produce::TopicProduceResponse:
    name in 3..=12;
    topic_id in 13..=13;
    partition_responses in 3..=13;
}

fill! { api::produce::PartitionProduceResponse:
    index in 3..=13;
    error_code in 3..=13;
    base_offset in 3..=13;
    log_append_time_ms in 3..=13;
    log_start_offset in 5..=13;
    record_errors in 8..=13;
    error_message in 8..=13, null in 8..=13;
    current_leader in 10..=13;
}

fill! { api::produce::BatchIndexAndErrorMessage:
    batch_index in 8..=13;
    batch_index_error_message in 8..=13, null in 8..=13;
}

fill! { api::produce::LeaderIdAndEpoch:
    leader_id in 10..=13;
    leader_epoch in 10..=13;
}

fill! { api::produce::NodeEndpoint:
    node_id in 10..=13;
    host in 10..=13;
    port in 10..=13;
    rack in 10..=13, null in 10..=13;
}

fill! { api::push_telemetry::PushTelemetryRequest:
    client_instance_id in 0..=0;
    subscription_id in 0..=0;
    terminating in 0..=0;
    compression_type in 0..=0;
    metrics in 0..=0;
}

fill! { api::push_telemetry::PushTelemetryResponse:
    throttle_time_ms in 0..=0;
    error_code in 0..=0;
}

fill! { api::read_share_group_state::ReadShareGroupStateRequest:
    group_id in 0..=0;
    topics in 0..=0;
}

fill! { api::read_share_group_state::ReadStateData:
    topic_id in 0..=0;
    partitions in 0..=0;
}

fill! { api::read_share_group_state::PartitionData:
    partition in 0..=0;
    leader_epoch in 0..=0;
}

fill! { api::read_share_group_state::ReadShareGroupStateResponse:
    results in 0..=0;
}

fill! { api::read_share_group_state::ReadStateResult:
    topic_id in 0..=0;
    partitions in 0..=0;
}

fill! { api::read_share_group_state::PartitionResult:
    partition in 0..=0;
    error_code in 0..=0;
    error_message in 0..=0, null in 0..=0;
    state_epoch in 0..=0;
    start_offset in 0..=0;
    state_batches in 0..=0;
}

fill! { api::read_share_group_state::StateBatch:
    first_offset in 0..=0;
    last_offset in 0..=0;
    delivery_state in 0..=0;
    delivery_count in 0..=0;
}

fill! { api::read_share_group_state_summary::ReadShareGroupStateSummaryRequest:
    group_id in 0..=1;
    topics in 0..=1;
}

fill! { api::read_share_group_state_summary::ReadStateSummaryData:
    topic_id in 0..=1;
    partitions in 0..=1;
}

fill! { api::read_share_group_state_summary::PartitionData:
    partition in 0..=1;
    leader_epoch in 0..=1;
}

fill! { api::read_share_group_state_summary::ReadShareGroupStateSummaryResponse:
    results in 0..=1;
}

fill! { api::read_share_group_state_summary::ReadStateSummaryResult:
    topic_id in 0..=1;
    partitions in 0..=1;
}

fill! { api::read_share_group_state_summary::PartitionResult:
    partition in 0..=1;
    error_code in 0..=1;
    error_message in 0..=1, null in 0..=1;
    state_epoch in 0..=1;
    leader_epoch in 0..=1;
    start_offset in 0..=1;
    delivery_complete_count in 1..=1;
}

fill! { api::remove_raft_voter::RemoveRaftVoterRequest:
    cluster_id in 0..=0, null in 0..=0;
    voter_id in 0..=0;
    voter_directory_id in 0..=0;
}

fill! { api::remove_raft_voter::RemoveRaftVoterResponse:
    throttle_time_ms in 0..=0;
    error_code in 0..=0;
    error_message in 0..=0, null in 0..=0;
}

fill! { api::renew_delegation_token::RenewDelegationTokenRequest:
    hmac in 1..=2;
    renew_period_ms in 1..=2;
}

fill! { api::renew_delegation_token::RenewDelegationTokenResponse:
    error_code in 1..=2;
    expiry_timestamp_ms in 1..=2;
    throttle_time_ms in 1..=2;
}

fill! { api::request_header::RequestHeader:
    request_api_key in 1..=2;
    request_api_version in 1..=2;
    correlation_id in 1..=2;
    client_id in 1..=2, null in 1..=2;
}

fill! { api::response_header::ResponseHeader:
    correlation_id in 0..=1;
}

fill! { api::sasl_authenticate::SaslAuthenticateRequest:
    auth_bytes in 0..=2;
}

fill! { api::sasl_authenticate::SaslAuthenticateResponse:
    error_code in 0..=2;
    error_message in 0..=2, null in 0..=2;
    auth_bytes in 0..=2;
    session_lifetime_ms in 1..=2;
}

fill! { api::sasl_handshake::SaslHandshakeRequest:
    mechanism in 0..=1;
}

fill! { api::sasl_handshake::SaslHandshakeResponse:
    error_code in 0..=1;
    mechanisms in 0..=1;
}

fill! { api::share_acknowledge::ShareAcknowledgeRequest:
    group_id in 1..=2, null in 1..=2;
    member_id in 1..=2, null in 1..=2;
    share_session_epoch in 1..=2;
    is_renew_ack in 2..=2;
    topics in 1..=2;
}

fill! { api::share_acknowledge::AcknowledgeTopic:
    topic_id in 1..=2;
    partitions in 1..=2;
}

fill! { api::share_acknowledge::AcknowledgePartition:
    partition_index in 1..=2;
    acknowledgement_batches in 1..=2;
}

fill! { api::share_acknowledge::AcknowledgementBatch:
    first_offset in 1..=2;
    last_offset in 1..=2;
    acknowledge_types in 1..=2;
}

fill! { api::share_acknowledge::ShareAcknowledgeResponse:
    throttle_time_ms in 1..=2;
    error_code in 1..=2;
    error_message in 1..=2, null in 1..=2;
    acquisition_lock_timeout_ms in 2..=2;
    responses in 1..=2;
    node_endpoints in 1..=2;
}

fill! { api::share_acknowledge::ShareAcknowledgeTopicResponse:
    topic_id in 1..=2;
    partitions in 1..=2;
}

fill! { api::share_acknowledge::PartitionData:
    partition_index in 1..=2;
    error_code in 1..=2;
    error_message in 1..=2, null in 1..=2;
    current_leader in 1..=2;
}

fill! { api::share_acknowledge::LeaderIdAndEpoch:
    leader_id in 1..=2;
    leader_epoch in 1..=2;
}

fill! { api::share_acknowledge::NodeEndpoint:
    node_id in 1..=2;
    host in 1..=2;
    port in 1..=2;
    rack in 1..=2, null in 1..=2;
}

fill! { api::share_fetch::ShareFetchRequest:
    group_id in 1..=2, null in 1..=2;
    member_id in 1..=2, null in 1..=2;
    share_session_epoch in 1..=2;
    max_wait_ms in 1..=2;
    min_bytes in 1..=2;
    max_bytes in 1..=2;
    max_records in 1..=2;
    batch_size in 1..=2;
    share_acquire_mode in 2..=2;
    is_renew_ack in 2..=2;
    topics in 1..=2;
    forgotten_topics_data in 1..=2;
}

fill! { api::share_fetch::FetchTopic:
    topic_id in 1..=2;
    partitions in 1..=2;
}

fill! { api::share_fetch::FetchPartition:
    partition_index in 1..=2;
    acknowledgement_batches in 1..=2;
}

fill! { api::share_fetch::AcknowledgementBatch:
    first_offset in 1..=2;
    last_offset in 1..=2;
    acknowledge_types in 1..=2;
}

fill! { api::share_fetch::ForgottenTopic:
    topic_id in 1..=2;
    partitions in 1..=2;
}

fill! { api::share_fetch::ShareFetchResponse:
    throttle_time_ms in 1..=2;
    error_code in 1..=2;
    error_message in 1..=2, null in 1..=2;
    acquisition_lock_timeout_ms in 1..=2;
    responses in 1..=2;
    node_endpoints in 1..=2;
}

fill! { api::share_fetch::ShareFetchableTopicResponse:
    topic_id in 1..=2;
    partitions in 1..=2;
}

fill! { api::share_fetch::PartitionData:
    partition_index in 1..=2;
    error_code in 1..=2;
    error_message in 1..=2, null in 1..=2;
    acknowledge_error_code in 1..=2;
    acknowledge_error_message in 1..=2, null in 1..=2;
    current_leader in 1..=2;
    records in 1..=2;
    acquired_records in 1..=2;
}

fill! { api::share_fetch::LeaderIdAndEpoch:
    leader_id in 1..=2;
    leader_epoch in 1..=2;
}

fill! { api::share_fetch::AcquiredRecords:
    first_offset in 1..=2;
    last_offset in 1..=2;
    delivery_count in 1..=2;
}

fill! { api::share_fetch::NodeEndpoint:
    node_id in 1..=2;
    host in 1..=2;
    port in 1..=2;
    rack in 1..=2, null in 1..=2;
}

fill! { api::share_group_describe::ShareGroupDescribeRequest:
    group_ids in 1..=1;
    include_authorized_operations in 1..=1;
}

fill! { api::share_group_describe::ShareGroupDescribeResponse:
    throttle_time_ms in 1..=1;
    groups in 1..=1;
}

fill! { api::share_group_describe::DescribedGroup:
    error_code in 1..=1;
    error_message in 1..=1, null in 1..=1;
    group_id in 1..=1;
    group_state in 1..=1;
    group_epoch in 1..=1;
    assignment_epoch in 1..=1;
    assignor_name in 1..=1;
    members in 1..=1;
    authorized_operations in 1..=1;
}

fill! { api::share_group_describe::Member:
    member_id in 1..=1;
    rack_id in 1..=1, null in 1..=1;
    member_epoch in 1..=1;
    client_id in 1..=1;
    client_host in 1..=1;
    subscribed_topic_names in 1..=1;
    assignment in 1..=1;
}

fill! { api::share_group_describe::TopicPartitions:
    topic_id in 1..=1;
    topic_name in 1..=1;
    partitions in 1..=1;
}

fill! { api::share_group_describe::Assignment:
    topic_partitions in 1..=1;
}

fill! { api::share_group_heartbeat::ShareGroupHeartbeatRequest:
    group_id in 1..=1;
    member_id in 1..=1;
    member_epoch in 1..=1;
    rack_id in 1..=1, null in 1..=1;
    subscribed_topic_names in 1..=1, null in 1..=1;
}

fill! { api::share_group_heartbeat::ShareGroupHeartbeatResponse:
    throttle_time_ms in 1..=1;
    error_code in 1..=1;
    error_message in 1..=1, null in 1..=1;
    member_id in 1..=1, null in 1..=1;
    member_epoch in 1..=1;
    heartbeat_interval_ms in 1..=1;
    assignment in 1..=1, null in 1..=1;
}

fill! { api::share_group_heartbeat::Assignment:
    topic_partitions in 1..=1;
}

fill! { api::share_group_heartbeat::TopicPartitions:
    topic_id in 1..=1;
    partitions in 1..=1;
}

fill! { api::snapshot_footer_record::SnapshotFooterRecord:
    version in 0..=0;
}

fill! { api::snapshot_header_record::SnapshotHeaderRecord:
    version in 0..=0;
    last_contained_log_timestamp in 0..=0;
}

fill! { api::streams_group_describe::StreamsGroupDescribeRequest:
    group_ids in 0..=1;
    include_authorized_operations in 0..=1;
    include_topology_description in 1..=1;
}

fill! { api::streams_group_describe::StreamsGroupDescribeResponse:
    throttle_time_ms in 0..=1;
    groups in 0..=1;
}

fill! { api::streams_group_describe::DescribedGroup:
    error_code in 0..=1;
    error_message in 0..=1, null in 0..=1;
    group_id in 0..=1;
    group_state in 0..=1;
    group_epoch in 0..=1;
    assignment_epoch in 0..=1;
    topology in 0..=1, null in 0..=1;
    members in 0..=1;
    authorized_operations in 0..=1;
    topology_description in 1..=1, null in 1..=1;
    topology_description_status in 1..=1;
    assignor_name in 1..=1, null in 1..=1;
}

fill! { api::streams_group_describe::Topology:
    epoch in 0..=1;
    subtopologies in 0..=1, null in 0..=1;
}

fill! { api::streams_group_describe::Subtopology:
    subtopology_id in 0..=1;
    source_topics in 0..=1;
    repartition_sink_topics in 0..=1;
    state_changelog_topics in 0..=1;
    repartition_source_topics in 0..=1;
}

fill! { api::streams_group_describe::Member:
    member_id in 0..=1;
    member_epoch in 0..=1;
    instance_id in 0..=1, null in 0..=1;
    rack_id in 0..=1, null in 0..=1;
    client_id in 0..=1;
    client_host in 0..=1;
    topology_epoch in 0..=1;
    process_id in 0..=1;
    user_endpoint in 0..=1, null in 0..=1;
    client_tags in 0..=1;
    task_offsets in 0..=1;
    task_end_offsets in 0..=1;
    assignment in 0..=1;
    target_assignment in 0..=1;
    is_classic in 0..=1;
}

fill! { api::streams_group_describe::Endpoint:
    host in 0..=1;
    port in 0..=1;
}

fill! { api::streams_group_describe::TaskOffset:
    subtopology_id in 0..=1;
    partition in 0..=1;
    offset in 0..=1;
}

fill! { api::streams_group_describe::Assignment:
    active_tasks in 0..=1;
    standby_tasks in 0..=1;
    warmup_tasks in 0..=1;
}

fill! { api::streams_group_describe::TaskIds:
    subtopology_id in 0..=1;
    partitions in 0..=1;
}

fill! { api::streams_group_describe::KeyValue:
    key in 0..=1;
    value in 0..=1;
}

fill! { api::streams_group_describe::TopicInfo:
    name in 0..=1;
    partitions in 0..=1;
    replication_factor in 0..=1;
    topic_configs in 0..=1;
}

fill! { api::streams_group_describe::TopologyDescription:
    subtopologies in 1..=1;
    global_stores in 1..=1;
}

fill! { api::streams_group_describe::TopologyDescriptionSubtopology:
    subtopology_id in 1..=1;
    nodes in 1..=1;
}

fill! { api::streams_group_describe::TopologyDescriptionNode:
    name in 1..=1;
    node_type in 1..=1;
    source_topics in 1..=1;
    sink_topic in 1..=1, null in 1..=1;
    stores in 1..=1;
    successors in 1..=1;
}

fill! { api::streams_group_describe::TopologyDescriptionGlobalStore:
    source in 1..=1;
    processor in 1..=1;
}

fill! { api::streams_group_heartbeat::StreamsGroupHeartbeatRequest:
    group_id in 0..=1;
    member_id in 0..=1;
    member_epoch in 0..=1;
    endpoint_information_epoch in 0..=1;
    instance_id in 0..=1, null in 0..=1;
    rack_id in 0..=1, null in 0..=1;
    rebalance_timeout_ms in 0..=1;
    topology in 0..=1, null in 0..=1;
    active_tasks in 0..=1, null in 0..=1;
    standby_tasks in 0..=1, null in 0..=1;
    warmup_tasks in 0..=1, null in 0..=1;
    process_id in 0..=1, null in 0..=1;
    user_endpoint in 0..=1, null in 0..=1;
    client_tags in 0..=1, null in 0..=1;
    task_offsets in 0..=1, null in 0..=1;
    task_end_offsets in 0..=1, null in 0..=1;
    shutdown_application in 0..=1;
}

fill! { api::streams_group_heartbeat::Topology:
    epoch in 0..=1;
    subtopologies in 0..=1;
}

fill! { api::streams_group_heartbeat::Subtopology:
    subtopology_id in 0..=1;
    source_topics in 0..=1;
    source_topic_regex in 0..=1;
    state_changelog_topics in 0..=1;
    repartition_sink_topics in 0..=1;
    repartition_source_topics in 0..=1;
    copartition_groups in 0..=1;
}

fill! { api::streams_group_heartbeat::CopartitionGroup:
    source_topics in 0..=1;
    source_topic_regex in 0..=1;
    repartition_source_topics in 0..=1;
}

fill! { api::streams_group_heartbeat::KeyValue:
    key in 0..=1;
    value in 0..=1;
}

fill! { api::streams_group_heartbeat::TopicInfo:
    name in 0..=1;
    partitions in 0..=1;
    replication_factor in 0..=1;
    topic_configs in 0..=1;
}

fill! { api::streams_group_heartbeat::RequestEndpoint:
    host in 0..=1;
    port in 0..=1;
}

fill! { api::streams_group_heartbeat::TaskOffset:
    subtopology_id in 0..=1;
    partition in 0..=1;
    offset in 0..=1;
}

fill! { api::streams_group_heartbeat::RequestTaskIds:
    subtopology_id in 0..=1;
    partitions in 0..=1;
}

fill! { api::streams_group_heartbeat::StreamsGroupHeartbeatResponse:
    throttle_time_ms in 0..=1;
    error_code in 0..=1;
    error_message in 0..=1, null in 0..=1;
    member_id in 0..=1;
    member_epoch in 0..=1;
    heartbeat_interval_ms in 0..=1;
    acceptable_recovery_lag_legacy in 0..=0;
    task_offset_interval_ms in 0..=1;
    acceptable_recovery_lag in 1..=1;
    status in 0..=1, null in 0..=1;
    active_tasks in 0..=1, null in 0..=1;
    standby_tasks in 0..=1, null in 0..=1;
    warmup_tasks in 0..=1, null in 0..=1;
    topology_description_required in 1..=1;
    endpoint_information_epoch in 0..=1;
    partitions_by_user_endpoint in 0..=1, null in 0..=1;
}

fill! { api::streams_group_heartbeat::EndpointToPartitions:
    user_endpoint in 0..=1;
    active_partitions in 0..=1;
    standby_partitions in 0..=1;
}

fill! { api::streams_group_heartbeat::Status:
    status_code in 0..=1;
    status_detail in 0..=1;
}

fill! { api::streams_group_heartbeat::TopicPartition:
    topic in 0..=1;
    partitions in 0..=1;
}

fill! { api::streams_group_heartbeat::ResponseTaskIds:
    subtopology_id in 0..=1;
    partitions in 0..=1;
}

fill! { api::streams_group_heartbeat::ResponseEndpoint:
    host in 0..=1;
    port in 0..=1;
}

fill! { api::streams_group_topology_description_update::StreamsGroupTopologyDescriptionUpdateRequest:
    group_id in 0..=0;
    member_id in 0..=0;
    topology_epoch in 0..=0;
    topology_description in 0..=0;
}

fill! { api::streams_group_topology_description_update::TopologyDescription:
    subtopologies in 0..=0;
    global_stores in 0..=0;
}

fill! { api::streams_group_topology_description_update::TopologyDescriptionSubtopology:
    subtopology_id in 0..=0;
    nodes in 0..=0;
}

fill! { api::streams_group_topology_description_update::TopologyDescriptionNode:
    name in 0..=0;
    node_type in 0..=0;
    source_topics in 0..=0;
    sink_topic in 0..=0, null in 0..=0;
    stores in 0..=0;
    successors in 0..=0;
}

fill! { api::streams_group_topology_description_update::TopologyDescriptionGlobalStore:
    source in 0..=0;
    processor in 0..=0;
}

fill! { api::streams_group_topology_description_update::StreamsGroupTopologyDescriptionUpdateResponse:
    throttle_time_ms in 0..=0;
    error_code in 0..=0;
    error_message in 0..=0, null in 0..=0;
}

fill! { api::sync_group::SyncGroupRequest:
    group_id in 0..=5;
    generation_id in 0..=5;
    member_id in 0..=5;
    group_instance_id in 3..=5, null in 3..=5;
    protocol_type in 5..=5, null in 5..=5;
    protocol_name in 5..=5, null in 5..=5;
    assignments in 0..=5;
}

fill! { api::sync_group::SyncGroupRequestAssignment:
    member_id in 0..=5;
    assignment in 0..=5;
}

fill! { api::sync_group::SyncGroupResponse:
    throttle_time_ms in 1..=5;
    error_code in 0..=5;
    protocol_type in 5..=5, null in 5..=5;
    protocol_name in 5..=5, null in 5..=5;
    assignment in 0..=5;
}

fill! { api::txn_offset_commit::TxnOffsetCommitRequest:
    transactional_id in 0..=6;
    group_id in 0..=6;
    producer_id in 0..=6;
    producer_epoch in 0..=6;
    generation_id_or_member_epoch in 3..=6;
    member_id in 3..=6;
    group_instance_id in 3..=6, null in 3..=6;
    topics in 0..=6;
}

fill! { api::txn_offset_commit::TxnOffsetCommitRequestTopic:
    name in 0..=5;
    topic_id in 6..=6;
    partitions in 0..=6;
}

fill! { api::txn_offset_commit::TxnOffsetCommitRequestPartition:
    partition_index in 0..=6;
    committed_offset in 0..=6;
    committed_leader_epoch in 2..=6;
    committed_metadata in 0..=6, null in 0..=6;
}

fill! { api::txn_offset_commit::TxnOffsetCommitResponse:
    throttle_time_ms in 0..=6;
    topics in 0..=6;
}

fill! { api::txn_offset_commit::TxnOffsetCommitResponseTopic:
    name in 0..=5;
    topic_id in 6..=6;
    partitions in 0..=6;
}

fill! { api::txn_offset_commit::TxnOffsetCommitResponsePartition:
    partition_index in 0..=6;
    error_code in 0..=6;
}

fill! { api::unregister_broker::UnregisterBrokerRequest:
    broker_id in 0..=0;
}

fill! { api::unregister_broker::UnregisterBrokerResponse:
    throttle_time_ms in 0..=0;
    error_code in 0..=0;
    error_message in 0..=0, null in 0..=0;
}

fill! { api::unregister_controller::UnregisterControllerRequest:
    controller_id in 0..=0;
}

fill! { api::unregister_controller::UnregisterControllerResponse:
    throttle_time_ms in 0..=0;
    error_code in 0..=0;
    error_message in 0..=0, null in 0..=0;
}

fill! { api::update_features::UpdateFeaturesRequest:
    timeout_ms in 0..=2;
    feature_updates in 0..=2;
    validate_only in 1..=2;
}

fill! { api::update_features::FeatureUpdateKey:
    feature in 0..=2;
    max_version_level in 0..=2;
    allow_downgrade in 0..=0;
    upgrade_type in 1..=2;
}

fill! { api::update_features::UpdateFeaturesResponse:
    throttle_time_ms in 0..=2;
    error_code in 0..=2;
    error_message in 0..=2, null in 0..=2;
    results in 0..=1;
}

fill! { api::update_features::UpdatableFeatureResult:
    feature in 0..=1;
    error_code in 0..=1;
    error_message in 0..=1, null in 0..=1;
}

fill! { api::voters_record::VotersRecord:
    version in 0..=0;
    voters in 0..=0;
}

fill! { api::voters_record::Voter:
    voter_id in 0..=0;
    voter_directory_id in 0..=0;
    endpoints in 0..=0;
    k_raft_version_feature in 0..=0;
}

fill! { api::voters_record::Endpoint:
    name in 0..=0;
    host in 0..=0;
    port in 0..=0;
}

fill! { api::voters_record::KRaftVersionFeature:
    min_supported_version in 0..=0;
    max_supported_version in 0..=0;
}

fill! { api::write_share_group_state::WriteShareGroupStateRequest:
    group_id in 0..=1;
    topics in 0..=1;
}

fill! { api::write_share_group_state::WriteStateData:
    topic_id in 0..=1;
    partitions in 0..=1;
}

fill! { api::write_share_group_state::PartitionData:
    partition in 0..=1;
    state_epoch in 0..=1;
    leader_epoch in 0..=1;
    start_offset in 0..=1;
    delivery_complete_count in 1..=1;
    state_batches in 0..=1;
}

fill! { api::write_share_group_state::StateBatch:
    first_offset in 0..=1;
    last_offset in 0..=1;
    delivery_state in 0..=1;
    delivery_count in 0..=1;
}

fill! { api::write_share_group_state::WriteShareGroupStateResponse:
    results in 0..=1;
}

fill! { api::write_share_group_state::WriteStateResult:
    topic_id in 0..=1;
    partitions in 0..=1;
}

fill! { api::write_share_group_state::PartitionResult:
    partition in 0..=1;
    error_code in 0..=1;
    error_message in 0..=1, null in 0..=1;
}

fill! { api::write_txn_markers::WriteTxnMarkersRequest:
    markers in 1..=2;
}

fill! { api::write_txn_markers::WritableTxnMarker:
    producer_id in 1..=2;
    producer_epoch in 1..=2;
    transaction_result in 1..=2;
    topics in 1..=2;
    coordinator_epoch in 1..=2;
    transaction_version in 2..=2;
}

fill! { api::write_txn_markers::WritableTxnMarkerTopic:
    name in 1..=2;
    partition_indexes in 1..=2;
}

fill! { api::write_txn_markers::WriteTxnMarkersResponse:
    markers in 1..=2;
}

fill! { api::write_txn_markers::WritableTxnMarkerResult:
    producer_id in 1..=2;
    topics in 1..=2;
}

fill! { api::write_txn_markers::WritableTxnMarkerTopicResult:
    name in 1..=2;
    partitions in 1..=2;
}

fill! { api::write_txn_markers::WritableTxnMarkerPartitionResult:
    partition_index in 1..=2;
    error_code in 1..=2;
}

/// Calls the macro `$then` with the types of all messages that are neither request nor response.
macro_rules! for_each_data {
    ($then:ident) => {
        $then! {
            AbortedTxn,
            ConsumerProtocolAssignment,
            ConsumerProtocolSubscription,
            ControlRecordTypeSchema,
            DefaultPrincipalData,
            EndTxnMarker,
            KRaftVersionRecord,
            LeaderChangeMessage,
            RequestHeader,
            ResponseHeader,
            SnapshotFooterRecord,
            SnapshotHeaderRecord,
            VotersRecord
        }
    };
}
pub(crate) use for_each_data;
