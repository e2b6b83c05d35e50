//! A picture of the cluster, and how an answer changes it. Pure.

use super::hints::LeaderHint;
use crate::net::Address;
use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::api::MetadataResponse;
use kafka_sdk_protocol::api::metadata::{MetadataResponsePartition, MetadataResponseTopic};
use kafka_sdk_protocol::wire::Uuid;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// What is known of a cluster. Cheap to clone; never changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Snapshot(Arc<Picture>);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Picture {
    /// None before the first answer, and where brokers do not say.
    cluster_id: Option<Arc<str>>,
    brokers: BTreeMap<i32, Address>,
    /// Where brokers are that say so, also those that are away at the moment.
    racks: BTreeMap<i32, Arc<str>>,
    controller: Option<i32>,
    topics: HashMap<Arc<str>, Arc<Topic>>,
}

/// What is known of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Topic {
    pub(crate) name: Arc<str>,
    /// [`Uuid::ZERO`] on brokers before 2.8, or with an inter-broker protocol before it.
    pub(crate) id: Uuid,
    /// By number, without gaps.
    pub(crate) partitions: Vec<Partition>,
}

/// What is known of a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Partition {
    /// None while there is none.
    pub(crate) leader: Option<i32>,
    /// -1 where the broker does not say.
    pub(crate) leader_epoch: i32,
    /// The brokers that hold it, shared with other partitions of the same ones; empty where no broker has a rack.
    replicas: Arc<[i32]>,
}

/// The lists of replicas in an answer, each of them once.
#[derive(Default)]
struct ReplicaLists(HashSet<Arc<[i32]>>);

impl ReplicaLists {
    fn shared(&mut self, brokers: &[i32]) -> Arc<[i32]> {
        if let Some(known) = self.0.get(brokers) {
            return known.clone();
        }
        let list: Arc<[i32]> = brokers.into();
        self.0.insert(list.clone());
        list
    }
}

impl Snapshot {
    pub(crate) fn brokers(&self) -> &BTreeMap<i32, Address> {
        &self.0.brokers
    }

    /// The racks that hold a replica of each partition of a topic, sorted, each of them once (KIP-881).
    pub(crate) fn racks_of(&self, topic: &Topic) -> Vec<Vec<Arc<str>>> {
        let racks_of = |partition: &Partition| {
            let racks = partition.replicas.iter().filter_map(|broker| self.0.racks.get(broker));
            let mut racks: Vec<Arc<str>> = racks.cloned().collect();
            racks.sort_unstable();
            racks.dedup();
            racks
        };
        topic.partitions.iter().map(racks_of).collect()
    }

    pub(crate) fn controller(&self) -> Option<i32> {
        self.0.controller
    }

    pub(crate) fn topic(&self, name: &str) -> Option<&Arc<Topic>> {
        self.0.topics.get(name)
    }

    pub(crate) fn partition(&self, topic: &str, partition: i32) -> Option<&Partition> {
        self.topic(topic)?.partitions.get(usize::try_from(partition).ok()?)
    }

    /// How many brokers and topics there are.
    pub(crate) fn size(&self) -> (usize, usize) {
        (self.0.brokers.len(), self.0.topics.len())
    }

    /// The partitions that had another leader, or another epoch of the same one.
    pub(crate) fn moved_since<'s>(
        &'s self,
        before: &'s Self,
    ) -> impl Iterator<Item = (&'s Arc<str>, usize, &'s Partition)> {
        self.0.topics.iter().flat_map(move |(name, topic)| {
            let old = before.topic(name).map_or(&[][..], |old| &old.partitions);
            let both = topic.partitions.iter().zip(old).enumerate();
            both.filter(|(_, (new, old))| (new.leader, new.leader_epoch) != (old.leader, old.leader_epoch))
                .map(move |(number, (new, _))| (name, number, new))
        })
    }

    pub(crate) fn cluster_id(&self) -> Option<&Arc<str>> {
        self.0.cluster_id.as_ref()
    }

    /// The picture without a broker. Topics stay, so that older epochs of their leaders are still known as such.
    pub(crate) fn without_brokers(&self) -> Self {
        let mut picture = Picture::clone(&self.0);
        picture.brokers.clear();
        picture.controller = None;
        Self(Arc::new(picture))
    }

    /// The picture without these topics.
    pub(crate) fn without(&self, topics: &[Arc<str>]) -> Self {
        let mut picture = Picture::clone(&self.0);
        picture.topics.retain(|name, _| !topics.contains(name));
        Self(Arc::new(picture))
    }

    /// The picture with the leaders that are newer than what is known, and where they are; none if there are none.
    pub(crate) fn hinted(&self, hints: &[LeaderHint], endpoints: &[(i32, Address)]) -> Option<Self> {
        let mut picture = Picture::clone(&self.0);
        let mut news = false;
        for hint in hints {
            let endpoint = endpoints.iter().find(|(id, _)| *id == hint.leader);
            let known = self.partition(&hint.topic, hint.partition);
            let newer = known.is_some_and(|known| hint.leader_epoch > known.leader_epoch);
            if hint.leader < 0 || !newer || (endpoint.is_none() && !self.0.brokers.contains_key(&hint.leader))
            {
                continue;
            }
            if let Some(topic) = picture.topics.get_mut(&hint.topic) {
                Arc::make_mut(topic).lead(hint);
                news = true;
            }
            picture.brokers.extend(endpoint.cloned());
        }
        news.then(|| Self(Arc::new(picture)))
    }

    /// The picture after `response`: brokers and controller are replaced, and so is each topic that it describes.
    /// Topics that it does not describe, or only by an error, stay as they are: a broker that has just started knows
    /// none for a while.
    pub(crate) fn merged(&self, response: &MetadataResponse) -> Self {
        let mut picture = Picture::clone(&self.0);
        if let Some(id) = &response.cluster_id
            && picture.cluster_id.as_deref() != Some(id)
        {
            // What is known of another cluster's topics says nothing of this one's.
            picture = Picture { cluster_id: Some(id.as_str().into()), ..Picture::default() };
        }
        picture.brokers = response.brokers.iter().filter_map(broker).collect();
        picture.controller = Some(response.controller_id).filter(|id| picture.brokers.contains_key(id));
        for broker in &response.brokers {
            match &broker.rack {
                Some(rack) => drop(picture.racks.insert(broker.node_id, rack.as_str().into())),
                None => drop(picture.racks.remove(&broker.node_id)),
            }
        }
        let mut replicas = (!picture.racks.is_empty()).then(ReplicaLists::default);
        for answer in response.topics.iter().filter(|t| t.error_code == ErrorCode::NONE) {
            let Some(name) = &answer.name else { continue };
            let known = picture.topics.get(name.as_str()).map(AsRef::as_ref);
            let Some(topic) = Topic::new(name, answer, known, replicas.as_mut()) else { continue };
            picture.topics.insert(topic.name.clone(), Arc::new(topic));
        }
        Self(Arc::new(picture))
    }

    /// A topic `t` whose partitions are led by these brokers, in this leader epoch.
    #[cfg(test)]
    pub(crate) fn led_by(topic_id: Uuid, leaders: &[i32], leader_epoch: i32) -> Self {
        use kafka_sdk_protocol::api::metadata::MetadataResponseBroker;
        let partition = |(index, &leader_id): (usize, &i32)| MetadataResponsePartition {
            partition_index: index as i32,
            leader_id,
            leader_epoch,
            ..Default::default()
        };
        let broker = |&id: &i32| MetadataResponseBroker {
            node_id: id,
            host: "h".into(),
            port: 1,
            ..Default::default()
        };
        let topic = MetadataResponseTopic {
            name: Some("t".into()),
            topic_id,
            partitions: leaders.iter().enumerate().map(partition).collect(),
            ..Default::default()
        };
        let brokers = leaders.iter().map(broker).collect();
        Self::default().merged(&MetadataResponse { brokers, topics: vec![topic], ..Default::default() })
    }
}

fn broker(answer: &kafka_sdk_protocol::api::metadata::MetadataResponseBroker) -> Option<(i32, Address)> {
    let port = u16::try_from(answer.port).ok()?;
    Some((answer.node_id, Address { host: answer.host.as_str().into(), port }))
}

impl Topic {
    fn lead(&mut self, hint: &LeaderHint) {
        let index = usize::try_from(hint.partition).ok();
        if let Some(partition) = index.and_then(|index| self.partitions.get_mut(index)) {
            partition.leader = Some(hint.leader);
            partition.leader_epoch = hint.leader_epoch;
        }
    }

    /// None where the answer contradicts itself.
    fn new(
        name: &str,
        answer: &MetadataResponseTopic,
        known: Option<&Self>,
        mut replicas: Option<&mut ReplicaLists>,
    ) -> Option<Self> {
        // Without ids a topic that was created anew cannot be told from the old one: whatever the broker says holds.
        let same = known.filter(|known| known.id == answer.topic_id && !known.id.is_zero());
        // Partitions are never taken away: a broker that tells of fewer lags behind.
        let mut slots: Vec<Option<Partition>> = same.map_or_else(Vec::new, |topic| {
            topic.partitions.iter().skip(answer.partitions.len()).cloned().map(Some).collect()
        });
        slots.splice(..0, vec![None; answer.partitions.len()]);
        for partition in &answer.partitions {
            let index = usize::try_from(partition.partition_index).ok()?;
            let before = same.and_then(|topic| topic.partitions.get(index));
            let replicas = replicas.as_mut().map(|lists| lists.shared(&partition.replica_nodes));
            *slots.get_mut(index)? = Some(Partition::new(partition, before, replicas.unwrap_or_default()));
        }
        Some(Self {
            name: known.map_or_else(|| name.into(), |known| known.name.clone()),
            id: answer.topic_id,
            partitions: slots.into_iter().collect::<Option<_>>()?,
        })
    }
}

impl Partition {
    /// An answer with an older leader epoch than what is known comes from a broker that lags behind.
    fn new(answer: &MetadataResponsePartition, known: Option<&Self>, replicas: Arc<[i32]>) -> Self {
        if let Some(known) = known
            && answer.leader_epoch < known.leader_epoch
        {
            return known.clone();
        }
        let leader = Some(answer.leader_id).filter(|&id| id >= 0);
        Self { leader, leader_epoch: answer.leader_epoch, replicas }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kafka_sdk_protocol::api::metadata::MetadataResponseBroker;

    fn answer(id: u8, leaders: &[(i32, i32)]) -> MetadataResponse {
        let partition =
            |(index, &(leader_id, leader_epoch)): (usize, &(i32, i32))| MetadataResponsePartition {
                partition_index: index as i32,
                leader_id,
                leader_epoch,
                ..Default::default()
            };
        let topic = MetadataResponseTopic {
            name: Some("t".into()),
            topic_id: Uuid([id; 16]),
            partitions: leaders.iter().enumerate().map(partition).collect(),
            ..Default::default()
        };
        let broker =
            MetadataResponseBroker { node_id: 1, host: "h".into(), port: 9092, ..Default::default() };
        MetadataResponse {
            brokers: vec![broker],
            controller_id: 1,
            topics: vec![topic],
            ..Default::default()
        }
    }

    #[test]
    fn partitions_with_another_leader_have_moved() {
        let first = Snapshot::default().merged(&answer(1, &[(5, 9), (6, 3)]));
        let second = first.merged(&answer(1, &[(5, 9), (5, 4), (7, 0)]));
        let moved = |after: &Snapshot, before: &Snapshot| -> Vec<_> {
            after.moved_since(before).map(|(_, number, now)| (number, now.leader)).collect()
        };
        assert_eq!(moved(&second, &first), [(1, Some(5))]);
        assert_eq!(moved(&second, &second), []);
        assert_eq!(moved(&first, &Snapshot::default()), [], "nobody was there before");
    }

    fn leader(snapshot: &Snapshot) -> Option<i32> {
        snapshot.partition("t", 0)?.leader
    }

    #[test]
    fn an_older_leader_epoch_is_ignored_unless_the_topic_is_another() {
        let first = Snapshot::default().merged(&answer(1, &[(5, 9)]));
        assert_eq!(leader(&first.merged(&answer(1, &[(6, 8)]))), Some(5));
        assert_eq!(leader(&first.merged(&answer(1, &[(6, 10)]))), Some(6));
        assert_eq!(leader(&first.merged(&answer(2, &[(7, 0)]))), Some(7));
        let without_id = Snapshot::default().merged(&answer(0, &[(5, 9)]));
        assert_eq!(leader(&without_id.merged(&answer(0, &[(6, 0)]))), Some(6), "may be another topic");
    }

    #[test]
    fn a_hint_is_taken_only_if_it_is_newer_and_leads_somewhere() {
        let known = Snapshot::default().merged(&answer(1, &[(1, 9), (1, 9)]));
        let hint = |partition, leader, leader_epoch| LeaderHint {
            topic: "t".into(),
            partition,
            leader,
            leader_epoch,
        };
        let there = Address { host: "new".into(), port: 9 };
        let at_2 = [(2, there.clone())];
        let learnt = known.hinted(&[hint(1, 2, 10), hint(0, 2, 9)], &at_2).unwrap();
        assert_eq!((leader(&learnt), learnt.partition("t", 1).unwrap().leader), (Some(1), Some(2)));
        assert_eq!(learnt.brokers()[&2], there);
        let back = learnt.hinted(&[hint(1, 1, 11)], &[]).unwrap();
        assert_eq!(
            back.partition("t", 1).unwrap().leader,
            Some(1),
            "a broker that is known needs no address"
        );
        for useless in [hint(0, 2, 9), hint(0, 3, 10), hint(0, -1, 10), hint(7, 2, 10), hint(-1, 2, 10)] {
            assert_eq!(known.hinted(&[useless], &at_2), None);
        }
        let stranger = LeaderHint { topic: "other".into(), ..hint(0, 2, 10) };
        assert_eq!(known.hinted(&[stranger], &at_2), None);
        // Metadata of a broker that lags behind does not undo it.
        assert_eq!(learnt.merged(&answer(1, &[(1, 9), (1, 9)])).partition("t", 1).unwrap().leader, Some(2));
    }

    #[test]
    fn partitions_are_never_taken_away_from_a_topic() {
        let first = Snapshot::default().merged(&answer(1, &[(5, 9), (6, 3)]));
        let lagging = first.merged(&answer(1, &[(5, 10)]));
        assert_eq!(lagging.topic("t").unwrap().partitions.len(), 2);
        assert_eq!(lagging.partition("t", 1).unwrap().leader, Some(6));
        assert_eq!(
            first.merged(&answer(2, &[(5, 0)])).topic("t").unwrap().partitions.len(),
            1,
            "another topic"
        );
    }

    #[test]
    fn nothing_is_kept_of_the_topics_of_another_cluster() {
        let of = |cluster: &str, leaders: &[(i32, i32)]| MetadataResponse {
            cluster_id: Some(cluster.into()),
            ..answer(1, leaders)
        };
        let first = Snapshot::default().merged(&answer(1, &[(1, 2)])).merged(&of("a", &[(5, 9)]));
        assert_eq!(leader(&first.merged(&of("a", &[(6, 8)]))), Some(5));
        let second = first.without_brokers().merged(&of("b", &[(6, 8)]));
        assert_eq!((leader(&second), second.cluster_id().map(AsRef::as_ref)), (Some(6), Some("b")));
    }

    /// Brokers 1, 2 and 3 in these racks, and a topic whose partitions have these replicas.
    fn placed(racks: [Option<&str>; 3], replicas: &[&[i32]]) -> MetadataResponse {
        let mut answer = answer(1, &vec![(1, 0); replicas.len()]);
        answer.brokers = std::iter::zip(1.., racks)
            .map(|(node_id, rack)| MetadataResponseBroker {
                node_id,
                rack: rack.map(Into::into),
                ..answer.brokers[0].clone()
            })
            .collect();
        for (partition, replicas) in std::iter::zip(&mut answer.topics[0].partitions, replicas) {
            partition.replica_nodes = replicas.to_vec();
        }
        answer
    }

    fn racks(snapshot: &Snapshot) -> Vec<String> {
        let racks = snapshot.racks_of(snapshot.topic("t").unwrap());
        racks.iter().map(|racks| racks.join(" ")).collect()
    }

    #[test]
    fn the_racks_of_a_partition_are_those_of_its_replicas_also_while_a_broker_is_away() {
        let first = placed([Some("b"), Some("a"), Some("b")], &[&[1, 2], &[3, 1], &[9], &[1, 2]]);
        let known = Snapshot::default().merged(&first);
        assert_eq!(racks(&known), ["a b", "b", "", "a b"]);
        let lists = |n: i32| known.partition("t", n).unwrap().replicas.clone();
        assert!(Arc::ptr_eq(&lists(0), &lists(3)), "what is the same is kept once");
        let mut away = first.clone();
        away.brokers.remove(1);
        assert_eq!(racks(&known.merged(&away).without_brokers()), ["a b", "b", "", "a b"]);
        let moved = placed([Some("b"), None, Some("c")], &[&[1, 3], &[2], &[9], &[1, 2]]);
        assert_eq!(racks(&known.merged(&moved)), ["b c", "", "", "b"]);
    }

    #[test]
    fn without_racks_no_replicas_are_kept() {
        let known = Snapshot::default().merged(&placed([None; 3], &[&[1, 2], &[2, 3]]));
        assert_eq!(racks(&known), ["", ""]);
        assert!(known.topic("t").unwrap().partitions.iter().all(|partition| partition.replicas.is_empty()));
    }

    #[test]
    fn a_topic_that_the_broker_does_not_know_for_a_while_stays() {
        let first = Snapshot::default().merged(&answer(1, &[(5, 9)]));
        let mut unknown = answer(0, &[]);
        unknown.topics[0].error_code = ErrorCode::UNKNOWN_TOPIC_OR_PARTITION;
        assert_eq!(leader(&first.merged(&unknown)), Some(5));
    }

    #[test]
    fn contradictions_change_nothing() {
        let first = Snapshot::default().merged(&answer(1, &[(5, 9)]));
        for index in [-1, 1, i32::MAX] {
            let mut gap = answer(1, &[(6, 10)]);
            gap.topics[0].partitions[0].partition_index = index;
            assert_eq!(leader(&first.merged(&gap)), Some(5));
        }
        let mut stranger = answer(1, &[(-1, 10)]);
        stranger.controller_id = 99;
        stranger.brokers[0].port = -5;
        let merged = first.merged(&stranger);
        assert_eq!((leader(&merged), merged.controller(), merged.brokers().len()), (None, None, 0));
    }
}
