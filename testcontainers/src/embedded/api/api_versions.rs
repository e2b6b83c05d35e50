//! ApiVersions: what the cluster poses as.

use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::api_versions::{ApiVersion, FinalizedFeatureKey, SupportedFeatureKey};
use kafka_sdk_protocol::api::{ApiKey, ApiVersionsRequest, ApiVersionsResponse};

use super::{Api, Call, Reply, readable};
use crate::embedded::versions::Release;

/// Since which release metadata has which level.
const METADATA_LEVELS: [((u8, u8), i16); 7] =
    [((3, 3), 7), ((3, 7), 19), ((3, 9), 21), ((4, 0), 25), ((4, 2), 29), ((4, 3), 30), ((4, 4), 33)];

impl Api for ApiVersionsRequest {
    fn answer(self, call: &mut Call<'_>) -> Reply<ApiVersionsResponse> {
        if let Err(error_code) = call.plan.refusal_of_all().and_then(|()| check(&self, call.version)) {
            return Reply::Now(ApiVersionsResponse { error_code, ..Default::default() });
        }
        let release = &call.state.release;
        let api_keys = release.apis().filter_map(|(key, _)| listed(release, key)).collect();
        let features = features(release);
        // Until version 4, a client could not read a feature that begins at level 0.
        let is_told = |it: &&(&str, i16, i16)| call.version >= 4 || it.1 > 0;
        Reply::Now(ApiVersionsResponse {
            api_keys,
            supported_features: features.iter().filter(is_told).map(supported).collect(),
            finalized_features: features.iter().map(finalized).collect(),
            finalized_features_epoch: if features.is_empty() { -1 } else { 1 },
            ..Default::default()
        })
    }
}

/// From version 3 on, clients say who they are in letters, digits, dots and dashes.
fn check(request: &ApiVersionsRequest, version: i16) -> Result<(), ErrorCode> {
    let is_inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    let is_fine = |text: &str| {
        text.chars().all(is_inner)
            && text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.ends_with(|c: char| c.is_ascii_alphanumeric())
    };
    let fine = is_fine(&request.client_software_name) && is_fine(&request.client_software_version);
    if version < 3 || fine { Ok(()) } else { Err(ErrorCode::INVALID_REQUEST) }
}

/// What is answered in version 0 to a version that is not known, so that the client can choose another.
pub(in crate::embedded) fn refused(release: &Release) -> ApiVersionsResponse {
    let api_keys = listed(release, ApiKey::API_VERSIONS).into_iter();
    // Before KIP-511 (Kafka 2.4) nothing is listed.
    let api_keys = api_keys.filter(|_| release.number >= (2, 4)).collect();
    ApiVersionsResponse { error_code: ErrorCode::UNSUPPORTED_VERSION, api_keys, ..Default::default() }
}

fn listed(release: &Release, key: ApiKey) -> Option<ApiVersion> {
    let versions = release.callable(key, &readable(key)?)?;
    // Kafka 4 lists Produce from 0 on though it takes it from 3 on: librdkafka looks at that (KAFKA-18659).
    let min_version = if key == ApiKey::PRODUCE { 0 } else { *versions.start() };
    Some(ApiVersion { api_key: key.0, min_version, max_version: *versions.end() })
}

/// Features with their lowest levels and those that they have: KRaft's own, and that of groups.
fn features(release: &Release) -> Vec<(&'static str, i16, i16)> {
    if release.has_zookeeper() {
        return Vec::new();
    }
    let level =
        METADATA_LEVELS.iter().rfind(|&&(since, _)| since <= release.number).map_or(0, |&(_, level)| level);
    let metadata = ("metadata.version", 1.min(level), level);
    let groups = release.has_consumer_groups().then_some(("group.version", 0, 1));
    groups.into_iter().chain([metadata]).collect()
}

fn supported(&(name, lowest, level): &(&str, i16, i16)) -> SupportedFeatureKey {
    SupportedFeatureKey { name: name.into(), min_version: lowest, max_version: level }
}

fn finalized(&(name, _, level): &(&str, i16, i16)) -> FinalizedFeatureKey {
    let (max_version_level, min_version_level) = (level, level);
    FinalizedFeatureKey { name: name.into(), max_version_level, min_version_level }
}
