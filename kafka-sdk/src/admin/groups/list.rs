//! Which groups there are. Each broker lists those that it coordinates, so all are asked.

use super::super::Admin;
use super::words::{GroupState, GroupType};
use crate::cluster::Route;
use crate::error::{Error, ErrorKind, Result};
use futures_util::future::join_all;
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::list_groups::ListedGroup;
use kafka_sdk_protocol::api::{ApiKey, ListGroupsRequest, ListGroupsResponse};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Which groups to list; by default all.
#[derive(Clone, Debug, Default)]
#[must_use = "it is for `Admin::list_groups`"]
pub struct GroupFilter {
    states: Vec<GroupState>,
    types: Vec<GroupType>,
}

impl GroupFilter {
    /// Only those in one of these states: needs Kafka 2.6 (KIP-518).
    pub fn states(mut self, states: impl IntoIterator<Item = GroupState>) -> Self {
        self.states.extend(states);
        self
    }

    /// Only those of one of these types: needs Kafka 3.8 (KIP-848), unless it is [`GroupType::Classic`] alone.
    pub fn types(mut self, types: impl IntoIterator<Item = GroupType>) -> Self {
        self.types.extend(types);
        self
    }

    /// Before version 5 all groups are classic.
    fn types_in(&self, version: i16) -> Vec<String> {
        let all_are_wanted = version < 5 && self.types == [GroupType::Classic];
        if all_are_wanted { Vec::new() } else { self.types.iter().map(ToString::to_string).collect() }
    }
}

/// A group, as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GroupListing {
    /// Its id.
    pub group: String,
    /// What its members are: `consumer`, `connect`, …; empty of a group that only keeps offsets.
    pub protocol_type: String,
    /// None on brokers before 2.6.
    pub state: Option<GroupState>,
    /// None on brokers before 3.8.
    pub kind: Option<GroupType>,
}

impl Admin {
    /// All groups that this client may see, in the order of their ids. Each broker is asked for those that it coordinates.
    ///
    /// Java: `listGroups`.
    ///
    /// ```no_run
    /// # async fn example(kafka: kafka_sdk::Kafka) -> kafka_sdk::Result<()> {
    /// use kafka_sdk::admin::{GroupFilter, GroupState};
    /// let nobody_there = GroupFilter::default().states([GroupState::Empty]);
    /// for listed in kafka.admin().list_groups(nobody_there).await? {
    ///     println!("{} ({})", listed.group, listed.protocol_type);
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// A broker of the cluster could not be reached within [`api_timeout`](crate::KafkaBuilder::api_timeout)
    /// (`default.api.timeout.ms`). Kind [`Unsupported`](ErrorKind::Unsupported): one is too old for the filter.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn list_groups(&self, filter: GroupFilter) -> Result<Vec<GroupListing>> {
        let mut attempts = self.attempts();
        let (mut groups, mut answered) = (BTreeMap::new(), BTreeSet::new());
        loop {
            let missing = match self.cluster.refreshed().await {
                Err(error) => Some(error),
                Ok(snapshot) => {
                    let brokers =
                        snapshot.brokers().keys().copied().filter(|broker| !answered.contains(broker));
                    let within = attempts.left();
                    let asked = brokers.map(|broker| self.groups_at(broker, &filter, within));
                    let mut missing = None;
                    for (broker, outcome) in join_all(asked).await {
                        match outcome {
                            Ok(listed) => {
                                answered.insert(broker);
                                groups.extend(listed.into_iter().map(|group| (group.group.clone(), group)));
                            }
                            Err(error) => drop(missing.get_or_insert(error)),
                        }
                    }
                    missing
                }
            };
            match missing {
                None => return Ok(groups.into_values().collect()),
                Some(error) => attempts.pause(error).await?,
            }
        }
    }

    /// Once; the broker may be gone by the next time.
    async fn groups_at(
        &self,
        broker: i32,
        filter: &GroupFilter,
        within: Duration,
    ) -> (i32, Result<Vec<GroupListing>>) {
        let request = |version| ListGroupsRequest {
            states_filter: filter.states.iter().map(ToString::to_string).collect(),
            types_filter: filter.types_in(version),
        };
        let answer = self.cluster.once(&Route::Broker(broker), within, request).await;
        (broker, answer.and_then(read).map_err(|error| too_old(error, filter)))
    }
}

fn read(answer: ListGroupsResponse) -> Result<Vec<GroupListing>> {
    match answer.error_code {
        ErrorCode::NONE => Ok(answer.groups.into_iter().map(listing).collect()),
        ErrorCode::CLUSTER_AUTHORIZATION_FAILED => {
            let code = answer.error_code;
            Err(Error::not_allowed(code, "to list groups", "Describe permission on the cluster"))
        }
        code => Err(Error::of_code(code, format!("a broker cannot list its groups: {code}"))),
    }
    .map_err(|error| error.with_api(ApiKey::LIST_GROUPS))
}

fn listing(group: ListedGroup) -> GroupListing {
    let told = |text: String| Some(text).filter(|text| !text.is_empty());
    GroupListing {
        group: group.group_id,
        protocol_type: group.protocol_type,
        state: told(group.group_state).map(|state| GroupState::read(&state)),
        kind: told(group.group_type).map(|kind| GroupType::read(&kind)),
    }
}

fn too_old(error: Error, filter: &GroupFilter) -> Error {
    if error.kind() != ErrorKind::Unsupported || (filter.states.is_empty() && filter.types.is_empty()) {
        return error;
    }
    let broker = error.broker().unwrap_or("a broker").to_owned();
    let text = format!(
        "{broker} is too old for this filter: states need Kafka 2.6, types 3.8; list all groups, and describe them"
    );
    Error::new(ErrorKind::Unsupported, text)
        .with_api(ApiKey::LIST_GROUPS)
        .with_broker(broker)
        .with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_old_brokers_cannot_filter_is_not_sent_where_it_says_nothing() {
        let classic = GroupFilter::default().types([GroupType::Classic]);
        assert!(classic.types_in(4).is_empty());
        assert_eq!(classic.types_in(5), ["classic"]);
        let consumer = GroupFilter::default().types([GroupType::Consumer]);
        assert_eq!(consumer.types_in(4), ["consumer"], "an error, and no list of other groups");
    }
}
