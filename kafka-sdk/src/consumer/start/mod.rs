//! What is to be read, as the application names it, and the offsets that this begins and ends with.
//!
//! Topics become partitions here, places in partitions become questions in [`places`], and [`ask`] has them answered.

mod ask;
mod places;
pub(super) mod position;

use crate::cluster::{Cluster, Interest, LookUp};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Isolation, Offset, Offsets, TopicPartition};
use futures_util::future::try_join_all;
use position::Position;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(super) use ask::no_leader;
pub(super) use places::check;

/// Topics and partitions, each with a place to begin.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    pub(super) topics: Vec<(String, Offset)>,
    pub(super) partitions: Vec<(TopicPartition, Offset)>,
}

/// A partition to read.
#[derive(Clone, Debug)]
pub(super) struct Start {
    pub(super) partition: TopicPartition,
    pub(super) from: Position,
    pub(super) end: Option<i64>,
    /// Keeps the topic in the snapshots.
    pub(super) interest: Option<Arc<Interest>>,
}

/// Looks up topics and offsets.
#[derive(Clone)]
pub(super) struct LookUps {
    pub(super) cluster: Cluster,
    /// Says where a partition ends.
    pub(super) isolation: Isolation,
}

/// Where reading ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ends {
    Never,
    /// Behind what is there now.
    AsOfNow,
}

/// The number of partitions of each topic, and the interest in it.
type LookedUp = BTreeMap<String, (i32, Arc<Interest>)>;

impl Wanted {
    /// The partitions to read, each once.
    fn by_partition(&self, looked_up: &LookedUp) -> Result<BTreeMap<TopicPartition, Offset>> {
        let count = |topic: &str| looked_up.get(topic).map_or(0, |(count, _)| *count);
        let mut wanted = BTreeMap::new();
        let mut add = |partition: TopicPartition, from| match wanted.insert(partition.clone(), from) {
            None => Ok(()),
            Some(_) => Err(Error::new(ErrorKind::Settings, format!("partition {partition} is named twice"))),
        };
        for (name, from) in &self.topics {
            for number in 0..count(name) {
                add(TopicPartition::new(name.as_str(), number), *from)?;
            }
        }
        for (partition, from) in &self.partitions {
            let count = count(partition.topic());
            if !(0..count).contains(&partition.partition()) {
                return Err(no_such_partition(partition, count));
            }
            add(partition.clone(), *from)?;
        }
        Ok(wanted)
    }
}

impl LookUps {
    /// Where to begin and to end, in offsets.
    ///
    /// # Errors
    /// A place that no partition has, a partition twice or one that does not exist, a topic that does not exist or may
    /// not be read, no answer in time.
    pub(super) async fn starts(&self, wanted: &Wanted, ends: Ends) -> Result<Vec<Start>> {
        let whole = wanted.topics.iter().map(|(_, from)| from);
        whole.chain(wanted.partitions.iter().map(|(_, from)| from)).copied().try_for_each(check)?;
        let looked_up = self.topics(wanted).await?;
        let wanted = wanted.by_partition(&looked_up)?;
        let mut places: Vec<_> = wanted.iter().map(|(partition, from)| (partition.clone(), *from)).collect();
        if ends == Ends::AsOfNow {
            places.extend(wanted.keys().map(|partition| (partition.clone(), Offset::Latest)));
        }
        let located = self.locate(&places).await?;
        let end = |partition: &TopicPartition| match ends {
            Ends::Never => Ok(None),
            Ends::AsOfNow => located.position(partition, Offset::Latest).map(|end| Some(end.offset)),
        };
        let start = |(partition, from): (TopicPartition, Offset)| {
            let interest = looked_up.get(partition.topic()).map(|(_, interest)| interest.clone());
            Ok(Start {
                from: located.position(&partition, from)?,
                end: end(&partition)?,
                interest,
                partition,
            })
        };
        wanted.into_iter().map(start).collect()
    }

    /// How many partitions each topic has now.
    async fn topics(&self, wanted: &Wanted) -> Result<LookedUp> {
        let within = self.cluster.settings().api_timeout;
        let whole = wanted.topics.iter().map(|(name, _)| name.as_str());
        let names: BTreeSet<&str> = whole.chain(wanted.partitions.iter().map(|(p, _)| p.topic())).collect();
        let look_ups = names.into_iter().map(|name| async move {
            let (topic, interest) = self.cluster.topic(name, LookUp::ToRead, within).await?;
            let count = i32::try_from(topic.partitions.len()).unwrap_or(i32::MAX);
            Ok((name.to_owned(), (count, Arc::new(interest))))
        });
        try_join_all(look_ups).await.map(BTreeMap::from_iter)
    }
}

/// What places in partitions are as offsets, for who does not read.
///
/// # Errors
/// As [`LookUps::starts`].
pub(crate) async fn offsets_of(
    cluster: &Cluster,
    partitions: Vec<(TopicPartition, Offset)>,
) -> Result<Offsets> {
    let look_ups = LookUps { cluster: cluster.clone(), isolation: Isolation::ReadUncommitted };
    let wanted = Wanted { partitions, ..Wanted::default() };
    let starts = look_ups.starts(&wanted, Ends::Never).await?;
    Ok(starts.into_iter().map(|start| (start.partition, start.from.offset)).collect())
}

pub(super) fn no_such_partition(partition: &TopicPartition, count: i32) -> Error {
    let text = format!("topic \"{}\" has {count} partitions: there is no {partition}", partition.topic());
    Error::new(ErrorKind::Settings, text)
        .with_topic(partition.shared_topic().clone())
        .with_partition(partition.partition())
}
