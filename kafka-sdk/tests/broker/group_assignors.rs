//! Groups by each assignor, and what a rebalance costs those who keep what they have.

use crate::common::{
    Heard, NEWEST, Running, Writing, all, attentive, broker, committed_by_java, everywhere, fill, heavy,
    member, new_topic, real_or_named, unique, until,
};
use kafka_sdk::consumer::assignor::AssignmentStrategy::{self, CooperativeSticky, Range, RoundRobin, Sticky};
use kafka_sdk::consumer::{ConsumerBuilder, ConsumerControl, GroupProtocol, RebalanceListener};
use kafka_sdk::{Kafka, Result, TopicPartition};
use kafka_sdk_testcontainers::TestKafka;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);

fn with(kafka: &Kafka, group: &str, topic: &str, assignors: &[AssignmentStrategy]) -> ConsumerBuilder {
    member(kafka, group, topic).assignors(assignors.to_vec())
}

/// Waits until each of so many partitions is one member's, and their shares are as equal as can be.
async fn shared(what: &str, members: &[Running], partitions: usize) -> Result<()> {
    until(&format!("{what}: {} members share {partitions} partitions", members.len()), async || {
        let shares: Vec<Vec<i32>> = members.iter().map(Running::partitions).collect();
        let owned: BTreeSet<&i32> = shares.iter().flatten().collect();
        let counts = shares.iter().map(Vec::len);
        let even = counts.clone().max() <= counts.min().map(|least| least + 1);
        Ok(even && owned.len() == partitions && shares.iter().flatten().count() == partitions)
    })
    .await
}

/// Members come, leave in good order, and go on where others have closed: with nothing lost and nothing twice.
#[tokio::test]
async fn by_each_assignor_members_come_and_go_and_every_record_is_read_once() -> Result<()> {
    let lists: [&[AssignmentStrategy]; 6] = [
        &[Range],
        &[RoundRobin],
        &[Sticky],
        &[CooperativeSticky],
        &[Range, CooperativeSticky],
        &[Sticky, RoundRobin],
    ];
    for version in everywhere() {
        let test = "group_assignors::by_each_assignor_members_come_and_go_and_every_record_is_read_once";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        for list in lists {
            let topic = new_topic(&kafka, "groups-assignor", 8).await?;
            let group = unique("groups-assignor");
            let what = format!("{version} {list:?}");
            let (mut members, mut read): (Vec<Running>, Vec<_>) = Default::default();
            for leaves in [false, false, false, true, true] {
                if leaves {
                    let leaver: Running = members.remove(0);
                    read.push(leaver.read_to_end().await?);
                } else {
                    members.push(Running::of(with(&kafka, &group, &topic, list).await?));
                }
                // In the middle of the rebalance too.
                fill(&kafka, &topic, 8, 10).await?;
                shared(&what, &members, 8).await?;
                fill(&kafka, &topic, 8, 10).await?;
            }
            until("all is read", async || {
                Ok(read.iter().map(Vec::len).chain(members.iter().map(|m| m.read().len())).sum::<usize>()
                    >= 800)
            })
            .await?;
            for member in members {
                read.push(member.read_to_end().await?);
            }
            let places: BTreeSet<_> = read.iter().flatten().copied().collect();
            assert_eq!(places, all(8, 100), "{what}: nothing is lost");
            assert_eq!(read.iter().map(Vec::len).sum::<usize>(), 800, "{what}: nothing comes twice");
            assert_eq!(committed_by_java(broker, &group).await, (0..8).map(|p| (p, 100)).collect(), "{what}");
        }
    }
    Ok(())
}

/// One by one, as in a rolling upgrade (KIP-429): first members that know both, then members that know only the new one.
#[tokio::test]
async fn a_group_changes_from_eager_to_cooperative_and_back_without_a_record_lost_or_doubled() -> Result<()> {
    let steps: [&[AssignmentStrategy]; 5] =
        [&[Range], &[CooperativeSticky, Range], &[CooperativeSticky], &[CooperativeSticky, Range], &[Range]];
    for version in everywhere() {
        let test = "group_assignors::a_group_changes_from_eager_to_cooperative_and_back_without_a_record_lost_or_doubled";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "groups-upgrade", 6).await?;
        let group = unique("groups-upgrade");
        let (mut members, mut read): (Vec<Running>, Vec<_>) = Default::default();
        let mut written = 0;
        for list in steps {
            for _ in 0..3 {
                members.push(Running::of(with(&kafka, &group, &topic, list).await?));
                if members.len() > 3 {
                    read.push(members.remove(0).read_to_end().await?);
                }
                fill(&kafka, &topic, 6, 10).await?;
                written += 60;
                shared(&format!("{version} {list:?}"), &members, 6).await?;
            }
        }
        until("all is read", async || {
            Ok(read.iter().map(Vec::len).chain(members.iter().map(|m| m.read().len())).sum::<usize>()
                >= written)
        })
        .await?;
        for member in members {
            read.push(member.read_to_end().await?);
        }
        let places: BTreeSet<_> = read.iter().flatten().copied().collect();
        assert_eq!(places, all(6, written as i64 / 6), "{version}: nothing is lost");
        assert_eq!(read.iter().map(Vec::len).sum::<usize>(), written, "{version}: nothing comes twice");
    }
    Ok(())
}

/// The longest time between two records of one partition, over those that had the same owner all the time.
fn longest_gap(
    members: &[Running],
    kept: &BTreeMap<i32, usize>,
    during: std::ops::Range<Instant>,
) -> Duration {
    let (from, to) = (during.start, during.end);
    let gaps = kept.iter().map(|(partition, owner)| {
        let times = members[*owner].times().into_iter();
        let times =
            times.filter(|(at, (of, _))| of == partition && (from..to).contains(at)).map(|(at, _)| at);
        let times: Vec<Instant> = [from].into_iter().chain(times).chain([to]).collect();
        times.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or_default()
    });
    gaps.max().unwrap_or_default()
}

/// How long a record of a partition that had the same owner all the time came later to it than to who reads all of them
/// without a group: what the writer, the broker or the machine leave waiting is late for both.
fn longest_delay(
    members: &[Running],
    kept: &BTreeMap<i32, usize>,
    alone: &Running,
    during: std::ops::Range<Instant>,
) -> Duration {
    let handed_out: BTreeMap<_, Instant> =
        members.iter().flat_map(|member| member.times()).map(|(at, place)| (place, at)).collect();
    let written = alone.times().into_iter().filter(|(at, _)| during.contains(at));
    let delays = written
        .filter(|(_, (partition, _))| kept.contains_key(partition))
        .map(|(at, place)| handed_out.get(&place).unwrap_or(&during.end).saturating_duration_since(at));
    delays.max().unwrap_or_default()
}

/// Takes its time to give partitions up, so that a rebalance takes long.
struct Slow(Heard);

const SLOW: Duration = Duration::from_secs(3);

impl RebalanceListener for Slow {
    async fn assigned(&mut self, _: &ConsumerControl, partitions: &[TopicPartition]) {
        self.0.note("assigned", partitions);
    }

    async fn revoked(&mut self, _: &ConsumerControl, partitions: &[TopicPartition]) {
        sleep(SLOW).await;
        self.0.note("revoked", partitions);
    }
}

/// Who distributes.
#[derive(Clone, Debug)]
enum Way {
    Members(AssignmentStrategy),
    /// By the consumer protocol (KIP-848).
    Broker,
}

/// What a partition that stays where it is has of a rebalance.
struct Kept {
    /// How long it went without a record.
    gap: Duration,
    /// How long a record of it was kept waiting.
    delay: Duration,
}

/// Of ten members: one more comes, and each takes its time to give something up.
async fn rebalanced(broker: &TestKafka, way: Way) -> Result<Kept> {
    const PARTITIONS: usize = 30;
    let what = format!("{} {way:?}", broker.version());
    let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
    let topic = new_topic(&kafka, "groups-gap", PARTITIONS as i32).await?;
    let group = unique("groups-gap");
    let start = async |heard: &Heard| -> Result<Running> {
        let member = match &way {
            Way::Members(assignor) => with(&kafka, &group, &topic, std::slice::from_ref(assignor)),
            Way::Broker => {
                let member = member(&kafka, &group, &topic).group_protocol(GroupProtocol::Consumer);
                member.session_timeout(5 * SECOND)
            }
        };
        Ok(Running::of(member.on_rebalance(Slow(heard.clone())).await?))
    };
    let heard: Vec<Heard> = (0..11).map(|_| Heard::default()).collect();
    let mut members = Vec::new();
    for heard in &heard[..10] {
        members.push(start(heard).await?);
    }
    shared(&what, &members, PARTITIONS).await?;
    let every = (0..PARTITIONS as i32).map(|partition| (topic.as_str(), partition));
    let alone = Running::of(kafka.consumer(unique("groups-gap")).assign(every).await?);
    let _writing = Writing::to(&kafka, &topic, PARTITIONS as i32, Duration::from_millis(20)).await?;
    until("all read", async || Ok(members.iter().all(|member| member.read().len() > 50))).await?;
    let owners = |members: &[Running]| -> BTreeMap<i32, usize> {
        let each = members.iter().enumerate();
        each.flat_map(|(index, member)| member.partitions().into_iter().map(move |p| (p, index))).collect()
    };
    let quiet = Instant::now();
    sleep(2 * SECOND).await;
    let begun = Instant::now();
    let before = owners(&members);
    let told: Vec<usize> = heard.iter().map(|it| it.all().len()).collect();
    members.push(start(&heard[10]).await?);
    shared(&what, &members, PARTITIONS).await?;
    sleep(SECOND / 2).await;
    let ended = Instant::now();
    assert!(ended - begun > SLOW, "{what}: {:?}", ended - begun);
    let grown = owners(&members);
    let kept: BTreeMap<i32, usize> = before.into_iter().filter(|(p, owner)| grown[p] == *owner).collect();
    assert!(kept.len() >= PARTITIONS - 3, "{what}: sticky: {} stay", kept.len());
    let at_rest = longest_gap(&members, &kept, quiet..begun);
    let gap = longest_gap(&members, &kept, begun..ended);
    let delay = longest_delay(&members, &kept, &alone, begun..ended);
    println!("{what}: longest gap of a partition that stays: {gap:?}, at rest {at_rest:?}; delay {delay:?}");
    if !matches!(way, Way::Members(Sticky)) {
        for (index, heard) in heard[..10].iter().enumerate() {
            for (what, partitions) in &heard.all()[told[index]..] {
                let stays = partitions.iter().any(|partition| kept.get(partition) == Some(&index));
                assert!(!stays, "{index} has {what} {partitions:?}, of which one stays");
            }
        }
    }
    members.push(alone);
    for closed in futures_util::future::join_all(members.into_iter().map(Running::close)).await {
        closed?;
    }
    Ok(Kept { gap, delay })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cooperative_rebalance_of_ten_members_does_not_stop_partitions_that_stay() -> Result<()> {
    for version in real_or_named() {
        let test =
            "group_assignors::a_cooperative_rebalance_of_ten_members_does_not_stop_partitions_that_stay";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let _turn = heavy().await;
        let Kept { delay, .. } = rebalanced(broker, Way::Members(CooperativeSticky)).await?;
        assert!(delay < SLOW * 2 / 3, "{version}: {delay:?}");
        // As it is when everybody gives up everything: so it is this that is measured.
        let Kept { gap, delay } = rebalanced(broker, Way::Members(Sticky)).await?;
        assert!(gap >= SLOW && delay >= SLOW * 2 / 3, "{version}: {gap:?}, {delay:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebalance_by_the_broker_does_not_stop_partitions_that_stay() -> Result<()> {
    let test = "group_assignors::a_rebalance_by_the_broker_does_not_stop_partitions_that_stay";
    let Some(broker) = attentive(NEWEST, test).await else { return Ok(()) };
    let _turn = heavy().await;
    let Kept { delay, .. } = rebalanced(broker, Way::Broker).await?;
    assert!(delay < SLOW * 2 / 3, "{delay:?}");
    Ok(())
}
