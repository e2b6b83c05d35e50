//! Which versions tests run on: the oldest and the newest, or those that `KAFKA_SDK_TEST_VERSIONS` names.

use std::env;
use std::sync::LazyLock;

pub(crate) const OLDEST: &str = "2.1.1";
pub(crate) const NEWEST: &str = "4.4.0";
/// The broker inside of the test process, which every machine has.
pub(crate) const EMBEDDED: &str = "embedded";
/// The first version that has groups of the consumer protocol for good.
const CONSUMER_PROTOCOL: &str = "4.0.0";

/// Those that are named, with commas between them.
static NAMED: LazyLock<Option<Vec<&str>>> = LazyLock::new(|| {
    let named = env::var("KAFKA_SDK_TEST_VERSIONS").ok()?;
    Some(named.leak().split(',').map(str::trim).filter(|name| !name.is_empty()).collect())
});

fn versions(default: &[&'static str]) -> Vec<&'static str> {
    NAMED.clone().unwrap_or_else(|| default.to_vec())
}

/// Where what the client does by itself is tested.
pub(crate) fn everywhere() -> Vec<&'static str> {
    versions(&[EMBEDDED, OLDEST, NEWEST])
}

/// Where what takes a real broker is tested.
pub(crate) fn real() -> Vec<&'static str> {
    versions(&[OLDEST, NEWEST]).into_iter().filter(|version| *version != EMBEDDED).collect()
}

/// Where it is tested on the embedded broker only if that is named, because it takes a quarter of a minute or more.
pub(crate) fn real_or_named() -> Vec<&'static str> {
    versions(&[OLDEST, NEWEST])
}

/// As [`real_or_named`], for groups of the consumer protocol.
pub(crate) fn next_gen_or_named() -> Vec<&'static str> {
    let versions = versions(&[CONSUMER_PROTOCOL, NEWEST]);
    versions.into_iter().filter(|version| is_since(version, (4, 0))).collect()
}

/// Where groups of the consumer protocol are tested.
pub(crate) fn next_gen() -> Vec<&'static str> {
    let versions = versions(&[EMBEDDED, CONSUMER_PROTOCOL, NEWEST]);
    versions.into_iter().filter(|version| is_since(version, (4, 0))).collect()
}

/// Where a coordinator that comes upon a subscription which it cannot read leaves the group in the middle of a rebalance
/// (KAFKA-20570).
pub(crate) fn halting() -> Vec<&'static str> {
    versions(&["3.9.2", CONSUMER_PROTOCOL]).into_iter().filter(|version| halts(version)).collect()
}

/// Whether this is one of those: coordinators of 2.1 do not look into subscriptions, and from 4.4 on they are prepared.
pub(crate) fn halts(version: &str) -> bool {
    is_since(version, (2, 8)) && !is_since(version, (4, 4))
}

/// Whether a version is this release or a later one: the embedded broker is as the newest.
pub(crate) fn is_since(version: &str, release: (u32, u32)) -> bool {
    let mut numbers = version.split('.').map_while(|number| number.parse().ok());
    version == EMBEDDED || numbers.next().zip(numbers.next()).is_some_and(|version| version >= release)
}
