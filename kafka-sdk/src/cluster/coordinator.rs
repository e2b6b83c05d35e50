//! Who coordinates a group or a transaction: looked up, and remembered until it is shown to be wrong.

use super::{Cluster, Route};
use crate::error::{Advice, Error, Result};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::find_coordinator::Coordinator;
use kafka_sdk_protocol::api::{ApiKey, FindCoordinatorRequest, FindCoordinatorResponse};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// From this version of FindCoordinator on, one request names several keys (KIP-699).
const SEVERAL_KEYS: i16 = 4;

/// What is coordinated.
#[cfg_attr(not(feature = "raw"), allow(dead_code, unreachable_pub, reason = "raw calls name all of them"))]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CoordinatorKind {
    /// A consumer group, by its id.
    Group,
    /// The transactions of a transactional id.
    Transaction,
}

impl CoordinatorKind {
    /// The number that it has in requests.
    fn number(self) -> i8 {
        match self {
            Self::Group => 0,
            Self::Transaction => 1,
        }
    }
}

impl fmt::Display for CoordinatorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Group => "group",
            Self::Transaction => "transactional id",
        })
    }
}

type Key = (CoordinatorKind, Arc<str>);

/// The coordinators that are known, of [`MOST`] at most.
#[derive(Debug, Default)]
pub(super) struct Coordinators(Mutex<HashMap<Key, i32>>);

/// Whoever asks for more groups than that, one after the other, need not remember the first ones for ever.
const MOST: usize = 1_000;

impl Coordinators {
    fn known(&self) -> MutexGuard<'_, HashMap<Key, i32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where there is no room, any other one is forgotten: it is looked up again if need be.
    fn remember(&self, name: Key, broker: i32) {
        let mut known = self.known();
        if known.len() >= MOST
            && !known.contains_key(&name)
            && let Some(other) = known.keys().next().cloned()
        {
            known.remove(&other);
        }
        known.insert(name, broker);
    }
}

impl Cluster {
    /// The broker that coordinates this: the one that is known, or the one that the brokers name. It is in the snapshot.
    ///
    /// # Errors
    /// Advice [`Retry`](Advice::Retry) while there is none.
    pub(crate) async fn coordinator(&self, kind: CoordinatorKind, key: &Arc<str>) -> Result<i32> {
        let name = (kind, key.clone());
        let known = self.inner.coordinators.known().get(&name).copied();
        if let Some(broker) = known.filter(|broker| self.snapshot().brokers().contains_key(broker)) {
            return Ok(broker);
        }
        let found = self.find_coordinator(kind, key).await?;
        if !self.snapshot().brokers().contains_key(&found)
            && !self.refreshed().await?.brokers().contains_key(&found)
        {
            let text = format!(
                "broker {found} coordinates {kind} \"{key}\", and is not in the cluster at the moment"
            );
            return Err(Error::of_code(ErrorCode::COORDINATOR_NOT_AVAILABLE, text));
        }
        self.inner.coordinators.remember(name, found);
        Ok(found)
    }

    /// Has the coordinator looked up again, if the route leads to one.
    pub(crate) fn forget_coordinator(&self, route: &Route) {
        if let Route::Coordinator(kind, key) = route {
            self.inner.coordinators.known().remove(&(*kind, key.clone()));
        }
    }

    /// Asks any broker once. Boxed: this is a request on the way of another one.
    fn find_coordinator<'a>(
        &'a self,
        kind: CoordinatorKind,
        key: &'a Arc<str>,
    ) -> BoxFuture<'a, Result<i32>> {
        async move {
            let request = |version| {
                let key = key.as_ref().to_owned();
                let one = FindCoordinatorRequest { key_type: kind.number(), ..Default::default() };
                match version {
                    SEVERAL_KEYS.. => FindCoordinatorRequest { coordinator_keys: vec![key], ..one },
                    _ => FindCoordinatorRequest { key, ..one },
                }
            };
            let answer = self.once(&Route::Any, self.settings().request_timeout, request).await?;
            read(answer, kind, key)
        }
        .boxed()
    }
}

fn read(answer: FindCoordinatorResponse, kind: CoordinatorKind, key: &Arc<str>) -> Result<i32> {
    let FindCoordinatorResponse { error_code, node_id, coordinators, .. } = answer;
    let found =
        coordinators.into_iter().next().unwrap_or(Coordinator { error_code, node_id, ..Default::default() });
    let error = match found.error_code {
        ErrorCode::NONE => return Ok(found.node_id),
        code @ (ErrorCode::GROUP_AUTHORIZATION_FAILED | ErrorCode::TRANSACTIONAL_ID_AUTHORIZATION_FAILED) => {
            let (what, permission) = match kind {
                CoordinatorKind::Group => ("Read", format!("Read permission on group \"{key}\"")),
                CoordinatorKind::Transaction => {
                    ("Write", format!("Write permission on transactional id \"{key}\""))
                }
            };
            Error::not_allowed(code, format_args!("{what} of {kind} \"{key}\""), permission)
        }
        code => {
            let text = format!("{kind} \"{key}\" has no coordinator at the moment: {code}");
            let error = Error::of_code(code, text);
            if code.is_retriable() { error.with_advice(Advice::Retry) } else { error }
        }
    };
    Err(error.with_api(ApiKey::FIND_COORDINATOR))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn outcome(answer: FindCoordinatorResponse) -> Result<i32> {
        read(answer, CoordinatorKind::Group, &"g".into())
    }

    #[test]
    fn no_more_than_so_many_are_remembered_and_the_latest_is_among_them() {
        let coordinators = Coordinators::default();
        let key = |number: usize| (CoordinatorKind::Group, Arc::from(number.to_string()));
        for number in 0..3 * MOST {
            coordinators.remember(key(number), 1);
            coordinators.remember(key(number), 2);
            assert_eq!(coordinators.known().get(&key(number)), Some(&2));
        }
        assert_eq!(coordinators.known().len(), MOST);
    }

    #[test]
    fn one_key_is_answered_at_the_top_and_several_in_a_list() {
        let old = FindCoordinatorResponse { node_id: 3, ..Default::default() };
        assert_eq!(outcome(old).unwrap(), 3);
        let listed = Coordinator { node_id: 5, ..Default::default() };
        let new = FindCoordinatorResponse { coordinators: vec![listed], ..Default::default() };
        assert_eq!(outcome(new).unwrap(), 5);
    }

    #[test]
    fn a_coordinator_that_is_not_there_yet_is_asked_for_again_and_one_that_may_not_be_known_is_not() {
        let refused = |error_code| {
            let answer = FindCoordinatorResponse { error_code, node_id: -1, ..Default::default() };
            let error = outcome(answer).unwrap_err();
            (error.kind(), error.advice())
        };
        assert_eq!(refused(ErrorCode::COORDINATOR_NOT_AVAILABLE), (ErrorKind::Broker, Advice::Retry));
        assert_eq!(refused(ErrorCode::COORDINATOR_LOAD_IN_PROGRESS), (ErrorKind::Broker, Advice::Retry));
        assert_eq!(refused(ErrorCode::INVALID_GROUP_ID), (ErrorKind::Broker, Advice::GiveUp));
        assert_eq!(refused(ErrorCode::GROUP_AUTHORIZATION_FAILED), (ErrorKind::Authorize, Advice::GiveUp));
    }
}
