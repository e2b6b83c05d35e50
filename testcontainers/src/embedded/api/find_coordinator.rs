//! FindCoordinator, of groups. Transactions are not there yet.

use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::find_coordinator::Coordinator;
use kafka_sdk_protocol::api::{FindCoordinatorRequest, FindCoordinatorResponse};

use super::{Api, Call, Reply};

/// From this version on, several are asked for at once (KIP-699).
const BATCHED: i16 = 4;
const GROUP: i8 = 0;
const NOBODY: i32 = -1;

impl Api for FindCoordinatorRequest {
    fn answer(self, call: &mut Call<'_>) -> Reply<FindCoordinatorResponse> {
        if call.version >= BATCHED {
            let find = |key: String| find(key, self.key_type, call);
            let coordinators = self.coordinator_keys.into_iter().map(find).collect();
            return Reply::Now(FindCoordinatorResponse { coordinators, ..Default::default() });
        }
        let found = find(self.key, self.key_type, call);
        // At first, only errors had messages.
        let has_message = found.error_code != ErrorCode::NONE || call.state.release.number >= (2, 4);
        Reply::Now(FindCoordinatorResponse {
            error_code: found.error_code,
            error_message: found.error_code.name().filter(|_| has_message).map(str::to_owned),
            node_id: found.node_id,
            host: found.host,
            port: found.port,
            ..Default::default()
        })
    }
}

fn find(key: String, kind: i8, call: &mut Call<'_>) -> Coordinator {
    let found = call.plan.refusal_of_all().and_then(|()| node(&key, kind, call));
    let error_code = found.err().unwrap_or_default();
    let port =
        |id: i32| call.state.nodes.iter().find(|node| node.id == id).map_or(-1, |node| node.port.into());
    Coordinator {
        key,
        node_id: found.unwrap_or(NOBODY),
        host: if found.is_ok() { "127.0.0.1".into() } else { String::new() },
        port: found.map_or(-1, port),
        error_code,
        ..Default::default()
    }
}

fn node(key: &str, kind: i8, call: &mut Call<'_>) -> Result<i32, ErrorCode> {
    if kind != GROUP {
        return Err(ErrorCode::COORDINATOR_NOT_AVAILABLE);
    }
    call.changed |= call.state.create_offsets_topic();
    call.state.coordinator(key)
}
