//! Replicas that are read from in place of their leaders (KIP-392).

use super::*;
use crate::model::Reset;

/// A leader, broker 1, has named broker 2, which is connected.
fn from_a_follower() -> World {
    let mut world = World::speaking(12, &[1], None, 1 << 20);
    world.core.settings.rack = "east".into();
    let first = world.fetch().unwrap();
    world.name(first, 2);
    world.calls.clear();
    world.reply(Reply::Connected { broker: 2, outcome: Ok((0, 12)) });
    world
}

impl World {
    fn name(&mut self, fetch: (i32, u64, Plan), replica: i32) {
        let named =
            PartitionData { partition_index: 0, preferred_read_replica: replica, ..Default::default() };
        self.answer_with(fetch, vec![named]);
    }
}

#[test]
fn the_replica_that_the_leader_names_is_read_from_and_the_leader_again_in_time() {
    let mut world = from_a_follower();
    let fetch = world.fetch().unwrap();
    assert_eq!((fetch.0, &*fetch.2.rack, fetch.2.asked[0].epoch), (2, "east", -1));
    world.answer(fetch, &[records(0, 1, 10)]);
    let fetch = world.fetch().unwrap();
    assert_eq!((fetch.0, positions(&fetch.2)), (2, vec![(0, 1)]));
    world.pass(Duration::from_secs(300));
    world.answer(fetch, &[Bytes::new()]);
    let fetch = world.fetch().unwrap();
    assert_eq!((fetch.0, &*fetch.2.rack), (1, "east"), "is there a better one by now?");
}

#[test]
fn any_trouble_with_a_follower_leads_back_to_the_leader_and_no_position_is_lost_by_its_word() {
    for code in [
        ErrorCode::OFFSET_OUT_OF_RANGE,
        ErrorCode::OFFSET_NOT_AVAILABLE,
        ErrorCode::NOT_LEADER_OR_FOLLOWER,
        ErrorCode::UNKNOWN_LEADER_EPOCH,
        ErrorCode::TOPIC_AUTHORIZATION_FAILED,
    ] {
        for reset in [Reset::Fail, Reset::Latest] {
            let mut world = from_a_follower();
            world.core.settings.offset_reset = reset;
            let fetch = world.fetch().unwrap();
            world.refuse(fetch, code);
            assert!(world.handed().is_none(), "{code}");
            let fetch = world.fetch().unwrap();
            assert_eq!((fetch.0, &*fetch.2.rack), (1, ""), "{code}: it is not to name another one at once");
            world.answer(fetch, &[records(0, 1, 10)]);
            world.pass(Duration::from_secs(6));
            let fetch = world.fetch().unwrap();
            world.answer(fetch, &[Bytes::new()]);
            assert_eq!(&*world.fetch().unwrap().2.rack, "east", "{code}");
        }
    }
}

#[test]
fn a_follower_that_cannot_be_reached_strands_nobody() {
    let gone = || Error::new(ErrorKind::Connect, "gone");
    let mut world = from_a_follower();
    let (broker, generation, plan) = world.fetch().unwrap();
    world.reply(Reply::Fetched { broker, generation, plan, outcome: Err(gone()), leaders: None });
    world.pass(200 * MS);
    assert_eq!(world.fetch().unwrap().0, 1);

    let mut other = World::speaking(12, &[1], None, 1 << 20);
    let first = other.fetch().unwrap();
    other.name(first, 2);
    other.calls.clear();
    // Not even what would not pass at a leader.
    let forbidden = Error::new(ErrorKind::Authenticate, "who is this?");
    other.reply(Reply::Connected { broker: 2, outcome: Err(forbidden) });
    assert!(other.handed().is_none());
    assert_eq!(other.fetch().unwrap().0, 1);
}

#[test]
fn another_leader_is_read_from_itself() {
    let mut world = from_a_follower();
    let fetch = world.fetch().unwrap();
    world.command(Command::Snapshot(Snapshot::led_by(Uuid::ZERO, &[3], 1)));
    world.answer(fetch, &[Bytes::new()]);
    assert!(world.calls.iter().any(|call| matches!(call, Call::Connect(3))), "{:?}", world.calls);
}

#[test]
fn an_answer_that_names_a_replica_is_not_the_end_of_the_partition() {
    let mut world = World::speaking(12, &[1], Some(5), 1 << 20);
    let first = world.fetch().unwrap();
    let high_watermark = 10;
    let named = PartitionData { preferred_read_replica: 2, high_watermark, ..Default::default() };
    world.answer_with(first, vec![named]);
    assert!(world.handed().is_none());
}
