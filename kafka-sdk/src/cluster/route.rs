use super::pool::Peer;
use super::{Cluster, LookUp, Snapshot};
use crate::error::{Advice, Error, ErrorKind, Result};
use crate::model::{MetadataRecovery, TopicPartition};

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
}

impl Cluster {
    /// The peers to try, best first. Metadata is asked for when it is what is missing.
    pub(super) async fn peers(&self, route: &Route) -> Result<Vec<Peer>> {
        match route {
            Route::Any => Ok(self.any(&self.snapshot())),
            Route::Broker(id) => Ok(vec![Peer::Broker(*id)]),
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

    /// Brokers first, then the addresses that the client was given, for when none of the brokers can be reached; of each those with an open connection first, and
    /// those that failed last. Beyond that the order is random, so that many clients spread.
    fn any(&self, snapshot: &Snapshot) -> Vec<Peer> {
        let mut brokers: Vec<Peer> = snapshot.brokers().keys().copied().map(Peer::Broker).collect();
        let mut seeds: Vec<Peer> = (0..self.settings().bootstrap.len()).map(Peer::Seed).collect();
        for peers in [&mut brokers, &mut seeds] {
            fastrand::shuffle(peers);
            peers.sort_by_key(|&peer| self.inner.pool.health(peer));
        }
        if brokers.is_empty() || self.settings().recovery == MetadataRecovery::Rebootstrap {
            brokers.append(&mut seeds);
        }
        brokers
    }
}
