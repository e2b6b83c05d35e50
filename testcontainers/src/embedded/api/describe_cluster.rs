//! DescribeCluster.

use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::describe_cluster::DescribeClusterBroker;
use kafka_sdk_protocol::api::{DescribeClusterRequest, DescribeClusterResponse};

use super::{Api, Call, Reply};
use crate::embedded::state::Member;

const BROKERS: i8 = 1;
/// All that a client may do to a cluster, as bits: there are no ACLs.
const ALL_ON_CLUSTER: i32 = 0x1f98;
/// Operations that nobody has asked for.
const NOT_ASKED: i32 = i32::MIN;

impl Api for DescribeClusterRequest {
    fn answer(self, call: &mut Call<'_>) -> Reply<DescribeClusterResponse> {
        let is_right = self.endpoint_type == BROKERS;
        let refused = call.plan.refusal_of_all();
        let refused = refused.and(if is_right { Ok(()) } else { Err(ErrorCode::MISMATCHED_ENDPOINT_TYPE) });
        if let Err(error_code) = refused {
            return Reply::Now(DescribeClusterResponse { error_code, ..Default::default() });
        }
        let listed = call.state.nodes.iter().filter(|node| node.is_up || self.include_fenced_brokers);
        let asked = self.include_cluster_authorized_operations;
        Reply::Now(DescribeClusterResponse {
            endpoint_type: BROKERS,
            cluster_id: call.state.cluster_id.clone(),
            controller_id: call.state.controller(),
            brokers: listed.map(broker).collect(),
            cluster_authorized_operations: if asked { ALL_ON_CLUSTER } else { NOT_ASKED },
            ..Default::default()
        })
    }
}

fn broker(node: &Member) -> DescribeClusterBroker {
    DescribeClusterBroker {
        broker_id: node.id,
        host: "127.0.0.1".into(),
        port: node.port.into(),
        rack: node.rack.clone(),
        is_fenced: !node.is_up,
    }
}
