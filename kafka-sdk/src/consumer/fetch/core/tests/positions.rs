//! Positions that are not in the log any more.

use super::*;
use crate::consumer::start::position::Epoch;
use crate::error::Advice;
use crate::model::Reset;
use kafka_sdk_protocol::api::fetch::EpochEndOffset as Diverging;
use kafka_sdk_protocol::api::offset_for_leader_epoch::{EpochEndOffset, OffsetForLeaderTopicResult};

/// A batch of one record, appended by the leader of this epoch.
fn record(offset: i64, epoch: i32) -> Bytes {
    let mut batch = records(offset, 1, 10).to_vec();
    batch[12..16].copy_from_slice(&epoch.to_be_bytes());
    batch.into()
}

/// Has read one partition up to 5, in epoch 0; then broker 2 became its leader, in epoch 1.
fn under_another_leader(reset: Reset, end: Option<i64>) -> World {
    let mut world = World::speaking(12, &[1], end, 1 << 20);
    world.core.settings.offset_reset = reset;
    let first = world.fetch().unwrap();
    world.answer(first, &[record(4, 0)]);
    drop(world.chunk());
    let second = world.fetch().unwrap();
    world.command(Command::Snapshot(Snapshot::led_by(Uuid::ZERO, &[2], 1)));
    world.refuse(second, ErrorCode::NOT_LEADER_OR_FOLLOWER);
    world.pass(200 * MS);
    world
}

impl World {
    fn doubts(&mut self) -> Option<(i32, Vec<Doubt>)> {
        let at = self.calls.iter().position(|call| matches!(call, Call::EpochEnds { .. }))?;
        let Call::EpochEnds { leader, doubts } = self.calls.remove(at) else { return None };
        Some((leader, doubts))
    }

    fn epoch_ends(&mut self, doubts: Vec<Doubt>, error_code: ErrorCode, leader_epoch: i32, end_offset: i64) {
        let end = EpochEndOffset { error_code, partition: 0, leader_epoch, end_offset };
        let topic = OffsetForLeaderTopicResult { topic: "t".into(), partitions: vec![end] };
        let outcome = Ok(OffsetForLeaderEpochResponse { topics: vec![topic], ..Default::default() });
        self.reply(Reply::EpochEnds { doubts, outcome });
    }

    fn restart(&mut self) -> Option<(usize, u64, Restart)> {
        let at = self.calls.iter().position(|call| matches!(call, Call::Restart { .. }))?;
        let Call::Restart { slot, round, restart, .. } = self.calls.remove(at) else { return None };
        Some((slot, round, restart))
    }

    /// Takes the oldest fetch, once it is connected to this broker.
    fn fetch_from(&mut self, broker: i32) -> Option<(i32, u64, Plan)> {
        if self.calls.iter().any(|call| matches!(call, Call::Connect(id) if *id == broker)) {
            self.calls.retain(|call| !matches!(call, Call::Connect(_)));
            self.reply(Reply::Connected { broker, outcome: Ok((0, 12)) });
        }
        self.fetch()
    }

    fn moved(&mut self) -> Option<i64> {
        match self.handed() {
            Some(Handed::Moved { offset, .. }) => Some(offset),
            _ => None,
        }
    }
}

#[test]
fn a_new_leader_is_asked_whether_it_has_what_was_read_before_it_is_read_from() {
    let mut world = under_another_leader(Reset::Fail, None);
    assert!(world.fetch_from(2).is_none());
    let (leader, doubts) = world.doubts().unwrap();
    assert_eq!((leader, doubts[0].leader_epoch, doubts[0].epoch), (2, 1, Epoch::OfRecord(0)));
    world.epoch_ends(doubts, ErrorCode::NONE, 0, 5);
    let fetch = world.fetch_from(2).unwrap();
    assert_eq!((fetch.0, positions(&fetch.2), fetch.2.asked[0].epoch), (2, vec![(0, 5)], 0));
    // Its own records leave no doubt.
    world.answer(fetch, &[record(5, 1)]);
    assert!(world.fetch_from(2).is_some() && world.doubts().is_none());
}

#[test]
fn a_log_that_was_cut_is_an_error_that_says_where_it_parts() {
    let mut world = under_another_leader(Reset::Fail, None);
    let (_, doubts) = world.doubts().unwrap();
    world.epoch_ends(doubts, ErrorCode::NONE, 0, 3);
    let Some(Handed::Failed(error)) = world.handed() else { panic!() };
    assert_eq!(
        (error.kind(), error.advice(), error.partition()),
        (ErrorKind::State, Advice::Rebuild, Some(0))
    );
    assert!(error.to_string().contains("from offset 3 on it has other records"), "{error}");
    assert!(world.fetch_from(2).is_none());
}

#[test]
fn with_a_policy_a_log_that_was_cut_is_read_on_from_where_it_parts() {
    let mut world = under_another_leader(Reset::Latest, None);
    let (_, doubts) = world.doubts().unwrap();
    world.epoch_ends(doubts, ErrorCode::NONE, 0, 3);
    assert_eq!(world.moved(), Some(3), "not at the end: nothing is skipped");
    assert_eq!(positions(&world.fetch_from(2).unwrap().2), [(0, 3)]);

    let mut unknown = under_another_leader(Reset::Latest, None);
    let (_, doubts) = unknown.doubts().unwrap();
    unknown.epoch_ends(doubts, ErrorCode::NONE, -1, -1);
    let (slot, round, restart) = unknown.restart().unwrap();
    assert_eq!(restart, Restart::Latest, "nobody knows where");
    unknown.reply(Reply::Restart { slot, round, outcome: Ok(Position::at(9)) });
    assert_eq!(unknown.moved(), Some(9));

    let mut ending = under_another_leader(Reset::Earliest, Some(9));
    let (_, doubts) = ending.doubts().unwrap();
    ending.epoch_ends(doubts, ErrorCode::NONE, 0, 3);
    assert_eq!(ending.moved(), Some(3));
    assert!(matches!(ending.handed(), Some(Handed::Finished { .. })), "more there may never be");
}

#[test]
fn a_leader_that_changes_while_it_is_asked_is_no_witness() {
    let mut world = under_another_leader(Reset::Fail, None);
    let (_, doubts) = world.doubts().unwrap();
    world.command(Command::Snapshot(Snapshot::led_by(Uuid::ZERO, &[3], 2)));
    world.epoch_ends(doubts, ErrorCode::NONE, 0, 3);
    assert!(world.handed().is_none());
    let (leader, doubts) = world.doubts().unwrap();
    assert_eq!((leader, doubts[0].leader_epoch), (3, 2));
    world.epoch_ends(doubts, ErrorCode::FENCED_LEADER_EPOCH, -1, -1);
    assert!(world.doubts().is_none(), "not in a hot loop");
    world.pass(Duration::from_secs(1));
    let (_, doubts) = world.doubts().unwrap();
    assert!(world.doubts().is_none(), "once");
    world.epoch_ends(doubts, ErrorCode::NONE, 0, 5);
    assert_eq!(positions(&world.fetch_from(3).unwrap().2), [(0, 5)]);
}

#[test]
fn brokers_that_do_not_tell_are_read_from_all_the_same() {
    let mut old = under_another_leader(Reset::Fail, None);
    let (_, doubts) = old.doubts().unwrap();
    old.reply(Reply::EpochEnds { doubts, outcome: Err(Error::new(ErrorKind::Unsupported, "too old")) });
    assert!(old.fetch_from(2).is_some());
    let mut forbidden = under_another_leader(Reset::Fail, None);
    let (_, doubts) = forbidden.doubts().unwrap();
    forbidden.epoch_ends(doubts, ErrorCode::CLUSTER_AUTHORIZATION_FAILED, -1, -1);
    assert!(forbidden.fetch_from(2).is_some());
    let mut gone = under_another_leader(Reset::Fail, None);
    let (_, doubts) = gone.doubts().unwrap();
    gone.reply(Reply::EpochEnds { doubts, outcome: Err(Error::new(ErrorKind::Connect, "gone")) });
    assert!(gone.fetch_from(2).is_none(), "it may tell when it is asked again");
    gone.pass(Duration::from_secs(1));
    assert!(gone.doubts().is_some());
}

#[test]
fn a_leader_may_tell_with_its_answer_that_the_log_was_cut() {
    let mut world = World::speaking(12, &[1], None, 1 << 20);
    world.core.settings.offset_reset = Reset::Earliest;
    let first = world.fetch().unwrap();
    world.answer(first, &[record(4, 0)]);
    drop(world.chunk());
    let second = world.fetch().unwrap();
    let diverging_epoch = Diverging { epoch: 0, end_offset: 2 };
    let cut = PartitionData { partition_index: 0, diverging_epoch, ..Default::default() };
    world.answer_with(second, vec![cut]);
    assert_eq!(world.moved(), Some(2));
    assert_eq!(positions(&world.fetch().unwrap().2), [(0, 2)]);
}

#[test]
fn a_position_out_of_range_is_set_anew_by_the_policy() {
    for (reset, expected) in [
        (Reset::Earliest, Restart::Earliest),
        (Reset::Latest, Restart::Latest),
        (Reset::Within(MS), Restart::Within(MS)),
    ] {
        let mut world = World::new(&[1], None, 1 << 20);
        world.core.settings.offset_reset = reset;
        let fetch = world.fetch().unwrap();
        world.refuse(fetch, ErrorCode::OFFSET_OUT_OF_RANGE);
        let (slot, round, restart) = world.restart().unwrap();
        assert_eq!(restart, expected);
        let passing = Err(Error::new(ErrorKind::Connect, "gone"));
        world.reply(Reply::Restart { slot, round, outcome: passing });
        assert!(world.fetch().is_none() && world.restart().is_none());
        world.pass(Duration::from_secs(1));
        let (slot, round, _) = world.restart().unwrap();
        world.reply(Reply::Restart { slot, round, outcome: Ok(Position::at(7)) });
        assert_eq!((world.moved(), positions(&world.fetch().unwrap().2)), (Some(7), vec![(0, 7)]));
    }
}

#[test]
fn passing_errors_never_set_a_position_anew() {
    for code in [
        ErrorCode::NOT_LEADER_OR_FOLLOWER,
        ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
        ErrorCode::UNKNOWN_TOPIC_ID,
        ErrorCode::FENCED_LEADER_EPOCH,
        ErrorCode::UNKNOWN_LEADER_EPOCH,
        ErrorCode::OFFSET_NOT_AVAILABLE,
        ErrorCode::KAFKA_STORAGE_ERROR,
        ErrorCode::REPLICA_NOT_AVAILABLE,
    ] {
        let mut world = World::new(&[1], None, 1 << 20);
        world.core.settings.offset_reset = Reset::Latest;
        for _ in 0..3 {
            let fetch = world.fetch().unwrap();
            assert_eq!(positions(&fetch.2), [(0, 0)], "{code}");
            world.refuse(fetch, code);
            assert!(world.restart().is_none() && world.handed().is_none(), "{code}");
            world.pass(Duration::from_secs(2));
        }
    }
}

#[test]
fn a_seek_is_not_undone_by_a_place_that_was_looked_up_before() {
    let mut world = World::new(&[1], None, 1 << 20);
    world.core.settings.offset_reset = Reset::Earliest;
    let fetch = world.fetch().unwrap();
    world.refuse(fetch, ErrorCode::OFFSET_OUT_OF_RANGE);
    let (slot, round, _) = world.restart().unwrap();
    world.command(Command::Request(Request::Seek { slot, to: Position::at(50), round: 1 }));
    world.reply(Reply::Restart { slot, round, outcome: Ok(Position::at(7)) });
    assert!(world.moved().is_none());
    assert_eq!(positions(&world.fetch().unwrap().2), [(0, 50)]);
}

#[test]
fn with_a_policy_a_topic_that_was_created_anew_is_read_from_its_beginning() {
    let mut world = World::new(&[1], None, 1 << 20);
    world.core.settings.offset_reset = Reset::Latest;
    world.command(Command::Snapshot(Snapshot::led_by(Uuid([1; 16]), &[1], 0)));
    let first = world.fetch().unwrap();
    world.answer(first, &[records(0, 5, 10)]);
    drop(world.chunk());
    let of_the_old_one = world.fetch().unwrap();
    world.command(Command::Snapshot(Snapshot::led_by(Uuid([2; 16]), &[1], 0)));
    world.answer(of_the_old_one, &[records(5, 5, 10)]);
    assert!(world.handed().is_none());
    let (slot, round, restart) = world.restart().unwrap();
    assert_eq!(restart, Restart::Earliest, "all in it was written after what was read");
    world.reply(Reply::Restart { slot, round, outcome: Ok(Position::at(0)) });
    assert_eq!(world.moved(), Some(0));
    let fetch = world.fetch().unwrap();
    assert_eq!((positions(&fetch.2), fetch.2.asked[0].topic_id), (vec![(0, 0)], Uuid([2; 16])));
}

#[test]
fn what_was_to_be_read_to_an_end_is_gone_with_its_topic() {
    let mut world = World::new(&[1], Some(9), 1 << 20);
    world.core.settings.offset_reset = Reset::Earliest;
    world.command(Command::Snapshot(Snapshot::led_by(Uuid([1; 16]), &[1], 0)));
    world.command(Command::Snapshot(Snapshot::led_by(Uuid([2; 16]), &[1], 0)));
    assert!(matches!(world.handed(), Some(Handed::Failed(_))));
}

#[test]
fn a_leader_that_says_again_and_again_that_the_log_was_cut_is_not_asked_in_a_hot_loop() {
    let ends: [fn(i64) -> i64; 2] = [|_| 1 << 40, |position| position - 1];
    for end in ends {
        let mut world = World::speaking(12, &[1], None, 1 << 20);
        world.core.settings.offset_reset = Reset::Earliest;
        let first = world.fetch().unwrap();
        world.answer(first, &[record(4, 0)]);
        drop(world.chunk());
        let mut fetches = 0;
        for _ in 0..50 {
            while let Some(fetch) = world.fetch() {
                fetches += 1;
                assert!(fetches < 10, "in half a second");
                let diverging_epoch = Diverging { epoch: 0, end_offset: end(fetch.2.asked[0].offset) };
                let cut = PartitionData { partition_index: 0, diverging_epoch, ..Default::default() };
                world.answer_with(fetch, vec![cut]);
                if let Some((slot, round, _)) = world.restart() {
                    world.reply(Reply::Restart { slot, round, outcome: Ok(Position::at(5)) });
                }
            }
            world.pass(10 * MS);
        }
    }
}

#[test]
fn a_position_that_is_lost_again_as_soon_as_it_was_set_anew_waits_longer_and_longer() {
    let mut world = World::new(&[1], None, 1 << 20);
    world.core.settings.offset_reset = Reset::Earliest;
    let (mut waits, mut waited) = (Vec::new(), Duration::ZERO);
    while waits.len() < 5 {
        if let Some(fetch) = world.fetch() {
            waits.push(waited);
            waited = Duration::ZERO;
            world.refuse(fetch, ErrorCode::OFFSET_OUT_OF_RANGE);
            let (slot, round, _) = world.restart().unwrap();
            world.reply(Reply::Restart { slot, round, outcome: Ok(Position::at(7)) });
            assert_eq!(world.moved(), Some(7));
        }
        if world.calls.iter().all(|call| !matches!(call, Call::Fetch { .. })) {
            world.pass(MS);
            waited += MS;
        }
    }
    assert_eq!(waits[..2], [Duration::ZERO; 2], "the first time at once");
    assert!(waits[2] >= 50 * MS && waits[4] > waits[2], "{waits:?}");
}

/// Is to begin at 10, as the leader has told in epoch 0; before anything is read, broker 2 leads, in epoch 1.
fn about_to_begin(reset: Reset) -> World {
    let mut world = World::speaking(12, &[1], None, 1 << 20);
    world.core.settings.offset_reset = reset;
    let before = world.fetch().unwrap();
    world.request(Request::Seek { slot: 0, to: Position::told(10, 0, 0), round: 1 });
    world.command(Command::Snapshot(Snapshot::led_by(Uuid::ZERO, &[2], 1)));
    world.refuse(before, ErrorCode::NOT_LEADER_OR_FOLLOWER);
    world
}

#[test]
fn a_log_that_was_cut_before_the_first_record_was_read_is_noticed() {
    let mut strict = about_to_begin(Reset::Fail);
    assert!(strict.fetch_from(2).is_none());
    let (leader, doubts) = strict.doubts().unwrap();
    assert_eq!((leader, doubts[0].epoch.number()), (2, Some(0)));
    strict.epoch_ends(doubts, ErrorCode::NONE, 0, 7);
    let Some(Handed::Failed(error)) = strict.handed() else { panic!() };
    let text = error.to_string();
    assert!(text.contains("offset 10 any more") && text.contains("from offset 7 on"), "{text}");

    let mut lenient = about_to_begin(Reset::Latest);
    let (_, doubts) = lenient.doubts().unwrap();
    lenient.epoch_ends(doubts, ErrorCode::NONE, 0, 7);
    assert_eq!(lenient.moved(), Some(7), "nothing that was written since is skipped");
    assert_eq!(positions(&lenient.fetch_from(2).unwrap().2), [(0, 7)]);
}

#[test]
fn a_place_in_an_epoch_without_records_holds() {
    let mut world = about_to_begin(Reset::Fail);
    let (_, doubts) = world.doubts().unwrap();
    world.epoch_ends(doubts, ErrorCode::NONE, -1, -1);
    assert!(matches!(world.handed(), Some(Handed::Failed(_))), "nothing is known of it");

    let mut world = World::speaking(12, &[2], None, 1 << 20);
    let other = world.fetch().unwrap();
    world.request(Request::Seek { slot: 0, to: Position::told(10, 3, 3), round: 1 });
    world.command(Command::Snapshot(Snapshot::led_by(Uuid::ZERO, &[2], 4)));
    world.answer(other, &[]);
    world.pass(200 * MS);
    let (_, doubts) = world.doubts().unwrap();
    world.epoch_ends(doubts, ErrorCode::NONE, 2, 10);
    let fetch = world.fetch().unwrap();
    // A broker would take it for a cut that it has no record of this epoch.
    assert_eq!((positions(&fetch.2), fetch.2.asked[0].epoch), (vec![(0, 10)], -1));
}

#[test]
fn a_place_that_was_told_under_the_present_leader_is_not_asked_about() {
    for (told_in, asked) in [(1, 0), (0, 1)] {
        let mut world = World::speaking(12, &[1], None, 1 << 20);
        world.command(Command::Snapshot(Snapshot::led_by(Uuid::ZERO, &[1, 1], 1)));
        let partition = TopicPartition::new("t", 1);
        // The record there is older than both leaders.
        let slot = Arc::new(Slot::new(1, &partition, 10, Arc::default()));
        world.request(Request::Assign { slot, from: Position::told(10, 0, told_in), end: None });
        let doubts = world.doubts().map_or(0, |(_, doubts)| doubts.len());
        assert_eq!(doubts, asked, "told in epoch {told_in}");
    }
}

impl World {
    /// What is asked about a position that is out of range.
    fn range(&mut self) -> Option<(usize, u64)> {
        let at = self.calls.iter().position(|call| matches!(call, Call::Range { .. }))?;
        let Call::Range { slot, round, .. } = self.calls.remove(at) else { return None };
        Some((slot, round))
    }
}

#[test]
fn the_error_of_a_position_out_of_range_says_what_there_is() {
    for (range, text) in [
        (Some(LogRange { start: 5, end: 9 }), "begins at 5 and ends at 9"),
        (None, "begins later or ends before"),
    ] {
        let mut world = World::new(&[1], None, 1 << 20);
        let fetch = world.fetch().unwrap();
        world.refuse(fetch, ErrorCode::OFFSET_OUT_OF_RANGE);
        assert!(world.handed().is_none() && world.fetch().is_none());
        let (slot, round) = world.range().unwrap();
        world.reply(Reply::Range { slot, round, range });
        let Some(Handed::Failed(error)) = world.handed() else { panic!() };
        assert!(error.is(ErrorCode::OFFSET_OUT_OF_RANGE) && error.to_string().contains(text), "{error}");
        assert_eq!((error.topic(), error.partition()), (Some("t"), Some(0)));
        world.pass(Duration::from_secs(10));
        assert!(world.fetch().is_none() && world.range().is_none());
    }
}

#[test]
fn who_seeks_before_the_range_is_known_reads_on() {
    let mut world = World::new(&[1], None, 1 << 20);
    let fetch = world.fetch().unwrap();
    world.refuse(fetch, ErrorCode::OFFSET_OUT_OF_RANGE);
    let (slot, round) = world.range().unwrap();
    world.request(Request::Seek { slot, to: Position::at(7), round: 1 });
    world.reply(Reply::Range { slot, round, range: None });
    assert!(world.handed().is_none());
    assert_eq!(positions(&world.fetch().unwrap().2), [(0, 7)]);
}
