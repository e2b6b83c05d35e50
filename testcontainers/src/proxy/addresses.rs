//! Answers that name brokers by their addresses, which have to name the proxy's.

use std::ops::RangeInclusive;

use bytes::Bytes;
use kafka_sdk_protocol::api::{
    ApiKey, ApiVersionsRequest, DescribeClusterRequest, FetchRequest, FindCoordinatorRequest,
    MetadataRequest, MetadataResponse, ProduceRequest, ShareAcknowledgeRequest, ShareFetchRequest,
};
use kafka_sdk_protocol::message::{Message, Request};
use kafka_sdk_protocol::wire::Uuid;

use super::frame::Head;

/// Whoever stands in front of the brokers.
pub(super) trait Advertise {
    /// Where a client finds a broker that says to be there.
    fn advertised(&mut self, id: i32, host: &str, port: i32) -> (String, i32);

    /// A topic's id, seen in an answer.
    fn topic(&mut self, id: Uuid, name: &str);
}

/// The answer as a client may see it. One that names nobody, or that we cannot read, stays as it is.
pub(super) fn rewritten(head: &Head, frame: Bytes, to: &mut impl Advertise) -> Bytes {
    rewrite(head, &frame, to).unwrap_or(frame)
}

fn rewrite(head: &Head, frame: &Bytes, to: &mut impl Advertise) -> Option<Bytes> {
    /// The endpoints that an answer names beside its results.
    macro_rules! endpoints {
        ($request:ty, since $since:expr) => {{
            if head.version < $since {
                return None;
            }
            let mut response = head.response::<$request>(frame)?;
            if response.node_endpoints.is_empty() {
                return None;
            }
            for node in &mut response.node_endpoints {
                replace(to, node.node_id, &mut node.host, &mut node.port);
            }
            head.answer::<$request>(&response)
        }};
    }
    match head.api {
        ApiKey::METADATA => metadata(head, frame, to),
        ApiKey::FIND_COORDINATOR => find_coordinator(head, frame, to),
        ApiKey::DESCRIBE_CLUSTER => describe_cluster(head, frame, to),
        ApiKey::PRODUCE => endpoints!(ProduceRequest, since 10),
        ApiKey::FETCH => endpoints!(FetchRequest, since 16),
        ApiKey::SHARE_FETCH => endpoints!(ShareFetchRequest, since 0),
        ApiKey::SHARE_ACKNOWLEDGE => endpoints!(ShareAcknowledgeRequest, since 0),
        ApiKey::API_VERSIONS => readable_versions(head, frame),
        _ => None,
    }
}

/// Where there is no broker, there is no address: port -1.
fn replace(to: &mut impl Advertise, id: i32, host: &mut String, port: &mut i32) {
    if id >= 0 && *port > 0 {
        (*host, *port) = to.advertised(id, host, *port);
    }
}

fn metadata(head: &Head, frame: &Bytes, to: &mut impl Advertise) -> Option<Bytes> {
    let mut response = head.response::<MetadataRequest>(frame)?;
    learn_topics(&response, to);
    for broker in &mut response.brokers {
        replace(to, broker.node_id, &mut broker.host, &mut broker.port);
    }
    head.answer::<MetadataRequest>(&response)
}

fn learn_topics(response: &MetadataResponse, to: &mut impl Advertise) {
    for topic in response.topics.iter().filter(|topic| !topic.topic_id.is_zero()) {
        if let Some(name) = &topic.name {
            to.topic(topic.topic_id, name);
        }
    }
}

fn find_coordinator(head: &Head, frame: &Bytes, to: &mut impl Advertise) -> Option<Bytes> {
    let mut response = head.response::<FindCoordinatorRequest>(frame)?;
    replace(to, response.node_id, &mut response.host, &mut response.port);
    for found in &mut response.coordinators {
        replace(to, found.node_id, &mut found.host, &mut found.port);
    }
    head.answer::<FindCoordinatorRequest>(&response)
}

/// Asked for controllers, a broker names them in the place of brokers; no client connects to those through us.
fn describe_cluster(head: &Head, frame: &Bytes, to: &mut impl Advertise) -> Option<Bytes> {
    const BROKERS: i8 = 1;
    let mut response = head.response::<DescribeClusterRequest>(frame)?;
    if response.endpoint_type != BROKERS {
        return None;
    }
    for broker in &mut response.brokers {
        replace(to, broker.broker_id, &mut broker.host, &mut broker.port);
    }
    head.answer::<DescribeClusterRequest>(&response)
}

/// A broker that is newer than we are must not be asked in versions whose addresses we cannot read.
fn readable_versions(head: &Head, frame: &Bytes) -> Option<Bytes> {
    let mut response = head.response::<ApiVersionsRequest>(frame)?;
    let mut lowered = false;
    for theirs in &mut response.api_keys {
        let ours = read_here(ApiKey(theirs.api_key)).map_or(theirs.max_version, |ours| *ours.end());
        lowered |= ours < theirs.max_version;
        theirs.max_version = theirs.max_version.min(ours);
    }
    if lowered { head.answer::<ApiVersionsRequest>(&response) } else { None }
}

fn read_here(api: ApiKey) -> Option<RangeInclusive<i16>> {
    fn versions<R: Request>() -> Option<RangeInclusive<i16>> {
        Some(<R::Response as Message>::VERSIONS)
    }
    match api {
        ApiKey::METADATA => versions::<MetadataRequest>(),
        ApiKey::FIND_COORDINATOR => versions::<FindCoordinatorRequest>(),
        ApiKey::DESCRIBE_CLUSTER => versions::<DescribeClusterRequest>(),
        ApiKey::PRODUCE => versions::<ProduceRequest>(),
        ApiKey::FETCH => versions::<FetchRequest>(),
        ApiKey::SHARE_FETCH => versions::<ShareFetchRequest>(),
        ApiKey::SHARE_ACKNOWLEDGE => versions::<ShareAcknowledgeRequest>(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use kafka_sdk_protocol::api::api_versions::ApiVersion;
    use kafka_sdk_protocol::api::describe_cluster::DescribeClusterBroker;
    use kafka_sdk_protocol::api::find_coordinator::Coordinator;
    use kafka_sdk_protocol::api::metadata::{MetadataResponseBroker, MetadataResponseTopic};
    use kafka_sdk_protocol::api::{
        ApiVersionsResponse, DescribeClusterResponse, FindCoordinatorResponse, fetch, produce,
    };
    use kafka_sdk_protocol::api::{FetchResponse, ProduceResponse};

    use super::*;

    /// Puts broker n at proxy:1000+n.
    #[derive(Default)]
    struct Proxy(Vec<(Uuid, String)>);

    impl Advertise for Proxy {
        fn advertised(&mut self, id: i32, host: &str, port: i32) -> (String, i32) {
            assert_eq!((host, port), ("broker", 9000 + id));
            ("proxy".into(), 1000 + id)
        }

        fn topic(&mut self, id: Uuid, name: &str) {
            self.0.push((id, name.into()));
        }
    }

    /// What a client sees of a response in a version.
    fn seen<R: Request>(response: &R::Response, version: i16) -> R::Response {
        let head = Head { api: R::KEY, version, correlation_id: 9 };
        let frame = rewritten(&head, head.answer::<R>(response).unwrap(), &mut Proxy::default());
        assert_eq!(frame[4..8], [0, 0, 0, 9]);
        head.response::<R>(&frame).unwrap()
    }

    #[test]
    fn metadata_names_the_proxy_in_every_version() {
        let at = |host: &str, base: i32| {
            let broker = |node_id| MetadataResponseBroker {
                node_id,
                host: host.into(),
                port: base + node_id,
                ..Default::default()
            };
            MetadataResponse { brokers: vec![broker(0), broker(7)], ..Default::default() }
        };
        for version in MetadataResponse::VERSIONS {
            assert_eq!(seen::<MetadataRequest>(&at("broker", 9000), version), at("proxy", 1000), "{version}");
        }
    }

    #[test]
    fn metadata_tells_which_topic_has_which_id() {
        let topic = MetadataResponseTopic {
            topic_id: Uuid([1; 16]),
            name: Some("orders".into()),
            ..Default::default()
        };
        let nameless = MetadataResponseTopic { topic_id: Uuid([2; 16]), name: None, ..Default::default() };
        let response = MetadataResponse { topics: vec![topic, nameless], ..Default::default() };
        let head = Head { api: ApiKey::METADATA, version: 12, correlation_id: 0 };
        let mut proxy = Proxy::default();
        rewritten(&head, head.answer::<MetadataRequest>(&response).unwrap(), &mut proxy);
        assert_eq!(proxy.0, [(Uuid([1; 16]), "orders".to_owned())]);
    }

    #[test]
    fn coordinators_are_found_at_the_proxy_unless_there_is_none() {
        let one = |host: &str, port| FindCoordinatorResponse {
            node_id: 5,
            host: host.into(),
            port,
            ..Default::default()
        };
        let many = |host: &str, port| {
            let found = Coordinator { node_id: 5, host: host.into(), port, ..Default::default() };
            let none = Coordinator { node_id: -1, port: -1, ..Default::default() };
            FindCoordinatorResponse { coordinators: vec![found, none], ..Default::default() }
        };
        for version in 0..=3 {
            assert_eq!(seen::<FindCoordinatorRequest>(&one("broker", 9005), version), one("proxy", 1005));
        }
        for version in 4..=6 {
            assert_eq!(seen::<FindCoordinatorRequest>(&many("broker", 9005), version), many("proxy", 1005));
        }
    }

    #[test]
    fn describe_cluster_names_the_proxy_and_leaves_controllers() {
        let at = |host: &str, port, endpoint_type| {
            let broker =
                DescribeClusterBroker { broker_id: 3, host: host.into(), port, ..Default::default() };
            DescribeClusterResponse { brokers: vec![broker], endpoint_type, ..Default::default() }
        };
        for version in DescribeClusterResponse::VERSIONS {
            let brokers = seen::<DescribeClusterRequest>(&at("broker", 9003, 1), version);
            assert_eq!(brokers, at("proxy", 1003, 1));
        }
        assert_eq!(seen::<DescribeClusterRequest>(&at("c", 1, 2), 1), at("c", 1, 2));
    }

    #[test]
    fn new_leaders_are_at_the_proxy() {
        let produce_at = |host: &str, port| {
            let node = produce::NodeEndpoint { node_id: 2, host: host.into(), port, ..Default::default() };
            ProduceResponse { node_endpoints: vec![node], ..Default::default() }
        };
        let fetch_at = |host: &str, port| {
            let node = fetch::NodeEndpoint { node_id: 2, host: host.into(), port, ..Default::default() };
            FetchResponse { node_endpoints: vec![node], ..Default::default() }
        };
        for version in 10..=*ProduceResponse::VERSIONS.end() {
            assert_eq!(
                seen::<ProduceRequest>(&produce_at("broker", 9002), version),
                produce_at("proxy", 1002)
            );
        }
        for version in 16..=*FetchResponse::VERSIONS.end() {
            assert_eq!(seen::<FetchRequest>(&fetch_at("broker", 9002), version), fetch_at("proxy", 1002));
        }
    }

    #[test]
    fn versions_that_we_cannot_read_are_not_offered() {
        let offered = |max_version, api: ApiKey| {
            let api = ApiVersion { api_key: api.0, min_version: 0, max_version };
            let response = ApiVersionsResponse { api_keys: vec![api], ..Default::default() };
            seen::<ApiVersionsRequest>(&response, 3).api_keys[0].max_version
        };
        assert_eq!(offered(99, ApiKey::METADATA), *MetadataResponse::VERSIONS.end());
        assert_eq!(offered(1, ApiKey::METADATA), 1);
        assert_eq!(offered(99, ApiKey::HEARTBEAT), 99);
    }

    #[test]
    fn what_cannot_be_read_stays_as_it_is() {
        let head = Head { api: ApiKey::METADATA, version: 12, correlation_id: 0 };
        let frame = Bytes::from_static(&[0, 0, 0, 5, 0, 0, 0, 0, 1]);
        assert_eq!(rewritten(&head, frame.clone(), &mut Proxy::default()), frame);
    }
}
