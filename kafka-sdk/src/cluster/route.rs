//! Where a request goes: the words, and which broker they mean now.

use super::pool::{Health, Peer};
use super::{Cluster, CoordinatorKind, LookUp, Snapshot};
use crate::error::{Advice, Error, ErrorKind, Result};
use crate::model::{MetadataRecovery, TopicPartition};
use std::sync::Arc;

/// Which broker a request goes to.
#[cfg_attr(not(feature = "raw"), allow(dead_code, unreachable_pub, reason = "raw calls name all of them"))]
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Route {
    /// Any broker that can be reached.
    Any,
    /// The controller, or in KRaft clusters a broker that passes it on.
    Controller,
    /// The broker with this id.
    Broker(i32),
    /// The leader of this partition.
    Leader(TopicPartition),
    /// The coordinator of what has this name.
    Coordinator(CoordinatorKind, Arc<str>),
}

impl Cluster {
    /// The peers to try, best first. Metadata is asked for when it is what is missing.
    pub(super) async fn peers(&self, route: &Route) -> Result<Vec<Peer>> {
        match route {
            Route::Any => Ok(self.any(&self.snapshot())),
            Route::Broker(id) => Ok(vec![Peer::Broker(*id)]),
            Route::Coordinator(kind, key) => Ok(vec![Peer::Broker(self.coordinator(*kind, key).await?)]),
            Route::Controller => {
                self.known(Snapshot::controller, || {
                    Error::new(ErrorKind::State, "the cluster has no controller at the moment")
                })
                .await
            }
            Route::Leader(partition) => {
                let (topic, number) = (partition.topic(), partition.partition());
                let _interest = match self.snapshot().topic(topic) {
                    Some(_) => None,
                    None => Some(self.topic(topic, LookUp::ToRead, self.settings().api_timeout).await?),
                };
                self.known(
                    |snapshot| snapshot.partition(topic, number)?.leader,
                    || {
                        let text =
                            format!("partition {partition} has no leader at the moment, or does not exist");
                        Error::new(ErrorKind::State, text).with_topic(topic).with_partition(number)
                    },
                )
                .await
            }
        }
    }

    async fn known(
        &self,
        find: impl Fn(&Snapshot) -> Option<i32>,
        missing: impl Fn() -> Error,
    ) -> Result<Vec<Peer>> {
        let found = match find(&self.snapshot()) {
            Some(id) => Some(id),
            None => find(&self.refreshed().await?),
        };
        let error = || missing().with_advice(Advice::Retry);
        found.map(|id| vec![Peer::Broker(id)]).ok_or_else(error)
    }

    /// Brokers and the addresses that the client was given, in the order of [`best_first`].
    fn any(&self, snapshot: &Snapshot) -> Vec<Peer> {
        let mut peers: Vec<Peer> = snapshot.brokers().keys().copied().map(Peer::Broker).collect();
        if peers.is_empty() || self.settings().recovery == MetadataRecovery::Rebootstrap {
            peers.extend((0..self.settings().bootstrap.len()).map(Peer::Seed));
        }
        // So that many clients spread.
        fastrand::shuffle(&mut peers);
        best_first(&mut peers, |peer| self.inner.pool.health(peer));
        peers
    }
}

/// Open connections first, whoever is at their end: there may be thousands of brokers, none of which can be reached where
/// it says it is. Then brokers before the addresses that the client was given; of each those that failed last.
fn best_first(peers: &mut [Peer], health: impl Fn(Peer) -> Health) {
    peers.sort_by_cached_key(|&peer| {
        let health = health(peer);
        (health != Health::Open, matches!(peer, Peer::Seed(_)), health)
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_connection_comes_first_whatever_its_peer() {
        use Peer::{Broker, Seed};
        let health = |peer| match peer {
            Seed(1) | Broker(3) => Health::Open,
            Seed(2) | Broker(1) => Health::Failed,
            _ => Health::Untried,
        };
        let mut peers = [Seed(0), Broker(1), Seed(1), Broker(2), Seed(2), Broker(3)];
        best_first(&mut peers, health);
        assert_eq!(peers, [Broker(3), Seed(1), Broker(2), Broker(1), Seed(0), Seed(2)]);
    }
}
