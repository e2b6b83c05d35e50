//! A large group: 100 members and 1,000 partitions, by the classic protocol.

use crate::common::{Place, Running, all, broker, fill, heavy, member, new_topic, real, unique};
use futures_util::future::join_all;
use kafka_sdk::consumer::assignor::AssignmentStrategy::CooperativeSticky;
use kafka_sdk::{Kafka, Result};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::{Instant, sleep};

const MEMBERS: usize = 100;
const PARTITIONS: i32 = 1_000;

/// Waits until each partition is one member's, and all have as many.
async fn settled(what: &str, members: &[Running]) -> Result<Duration> {
    let begun = Instant::now();
    loop {
        let shares: Vec<Vec<i32>> = members.iter().map(Running::partitions).collect();
        let owned: BTreeSet<&i32> = shares.iter().flatten().collect();
        let even = shares.iter().all(|share| share.len() == PARTITIONS as usize / MEMBERS);
        if even && owned.len() == PARTITIONS as usize {
            return Ok(begun.elapsed());
        }
        assert!(begun.elapsed() < Duration::from_secs(120), "{what}: {} are owned", owned.len());
        sleep(Duration::from_millis(100)).await;
    }
}

fn read(members: &[Running]) -> Vec<Place> {
    members.iter().flat_map(Running::read).collect()
}

/// Thirty leave in good order, and thirty others come, while records are written: none is left out, and none comes twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_members_share_a_thousand_partitions_and_a_third_of_them_changes() -> Result<()> {
    for version in real() {
        let test = "group_crowd::a_hundred_members_share_a_thousand_partitions_and_a_third_of_them_changes";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let _turn = heavy().await;
        let what = version;
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let topic = new_topic(&kafka, "groups-crowd", PARTITIONS).await?;
        let group = unique("groups-crowd");
        let join = |count: usize| crowd(&kafka, &group, &topic, count);
        fill(&kafka, &topic, PARTITIONS, 2).await?;
        let mut members = join(MEMBERS).await?;
        let first = settled(what, &members).await?;
        let gone: Vec<Running> = members.drain(..30).collect();
        let (come, gone, filled) = tokio::join!(
            join(30),
            join_all(gone.into_iter().map(Running::read_to_end)),
            fill(&kafka, &topic, PARTITIONS, 2),
        );
        filled?;
        members.extend(come?);
        let second = settled(what, &members).await?;
        let mut places = Vec::new();
        for read in gone {
            places.extend(read?);
        }
        let begun = Instant::now();
        while places.len() + read(&members).len() < all(PARTITIONS, 4).len() {
            assert!(begun.elapsed() < Duration::from_secs(60), "{what}: not all is read");
            sleep(Duration::from_millis(100)).await;
        }
        for read in join_all(members.into_iter().map(Running::read_to_end)).await {
            places.extend(read?);
        }
        assert_eq!(places.len(), all(PARTITIONS, 4).len(), "{what}: nothing comes twice");
        assert_eq!(BTreeSet::from_iter(places), all(PARTITIONS, 4), "{what}: nothing is left out");
        println!("{what}: settled after {first:?}, and after thirty had changed after {second:?}");
    }
    Ok(())
}

async fn crowd(kafka: &Kafka, group: &str, topic: &str, count: usize) -> Result<Vec<Running>> {
    let build = |_| async {
        let member = member(kafka, group, topic).assignors([CooperativeSticky]);
        let member = member.session_timeout(Duration::from_secs(30));
        Ok(Running::of(member.heartbeat_interval(Duration::from_secs(1)).await?))
    };
    join_all((0..count).map(build)).await.into_iter().collect()
}
