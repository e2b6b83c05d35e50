//! InitProducerId, for idempotent producers. Transactions are not there yet: see [`crate::embedded`].

use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::{InitProducerIdRequest, InitProducerIdResponse};

use super::{Api, Call, Reply};

impl Api for InitProducerIdRequest {
    fn answer(self, call: &mut Call<'_>) -> Reply<InitProducerIdResponse> {
        let given = call.plan.refusal_of_all().and_then(|()| give(&self, call));
        let (error_code, producer_id, producer_epoch) = match given {
            Ok(id) => (ErrorCode::NONE, id, 0),
            Err(code) => (code, -1, -1),
        };
        Reply::Now(InitProducerIdResponse { error_code, producer_id, producer_epoch, ..Default::default() })
    }
}

/// Without a transactional id, each request gets a new producer id, whatever it had before.
fn give(request: &InitProducerIdRequest, call: &mut Call<'_>) -> Result<i64, ErrorCode> {
    match request.transactional_id.as_deref() {
        None => Ok(call.state.new_producer_id()),
        Some("") => Err(ErrorCode::INVALID_REQUEST),
        Some(_) => Err(ErrorCode::COORDINATOR_NOT_AVAILABLE),
    }
}
