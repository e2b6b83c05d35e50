//! Which version of an API both sides know.

use super::Failure;
use kafka_sdk_protocol::api::ApiVersionsResponse;
use kafka_sdk_protocol::message::Request;
use std::collections::HashMap;
use std::ops::RangeInclusive;

/// What a broker said that it speaks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Versions(HashMap<i16, RangeInclusive<i16>>);

impl Versions {
    pub(super) fn new(response: &ApiVersionsResponse) -> Self {
        Self(response.api_keys.iter().map(|api| (api.api_key, api.min_version..=api.max_version)).collect())
    }

    /// The highest version of `R` that both sides speak, not above `cap`.
    pub(super) fn choose<R: Request>(&self, cap: Option<i16>) -> Result<i16, Failure> {
        let Some(broker) = self.0.get(&R::KEY.0) else {
            return Err(Failure::Unsupported(format!("does not offer {}", R::KEY)));
        };
        let highest = R::LATEST_STABLE.min(*broker.end()).min(cap.unwrap_or(i16::MAX));
        let lowest = *R::VERSIONS.start().max(broker.start());
        if lowest <= highest {
            return Ok(highest);
        }
        let cap = cap.map(|cap| format!(", at most {cap} here")).unwrap_or_default();
        Err(Failure::Unsupported(format!(
            "speaks {} in versions {} to {}, and {} to {} are needed{cap}",
            R::KEY,
            broker.start(),
            broker.end(),
            R::VERSIONS.start(),
            R::LATEST_STABLE,
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kafka_sdk_protocol::api::api_versions::ApiVersion;
    use kafka_sdk_protocol::api::{InitProducerIdRequest, ProduceRequest};

    fn broker(api_key: i16, min_version: i16, max_version: i16) -> Versions {
        let api = ApiVersion { api_key, min_version, max_version };
        Versions::new(&ApiVersionsResponse { api_keys: vec![api], ..Default::default() })
    }

    #[test]
    fn the_highest_common_version_is_taken() {
        let produce = |min, max, cap| broker(0, min, max).choose::<ProduceRequest>(cap).ok();
        assert_eq!(produce(0, 7, None), Some(7));
        assert_eq!(produce(3, 99, None), Some(13));
        assert_eq!(produce(3, 13, Some(12)), Some(12));
        assert_eq!(produce(0, 2, None), None, "older than we speak");
        assert_eq!(produce(14, 20, None), None, "newer than we speak");
        assert_eq!(produce(13, 13, Some(12)), None);
        assert_eq!(produce(5, 3, None), None, "a contradiction");
    }

    #[test]
    fn unstable_versions_are_never_taken() {
        assert_eq!(broker(22, 0, 6).choose::<InitProducerIdRequest>(None).ok(), Some(5));
    }

    #[test]
    fn an_api_that_is_not_offered_is_named() {
        let Err(Failure::Unsupported(text)) = broker(1, 4, 4).choose::<ProduceRequest>(None) else {
            panic!()
        };
        assert_eq!(text, "does not offer Produce");
    }
}
