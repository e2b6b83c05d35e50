//! The reader with a made-up fetcher.

use super::super::aborted::Aborted;
use super::super::chunk::Range;
use super::super::hand_out::HandOut;
use super::*;
use crate::error::ErrorKind;
use crate::mailbox::Mail;
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt};
use kafka_sdk_protocol::records::{BatchBuilder, ProducerStamp};

struct World {
    reader: Reader,
    fetcher: HandOut,
    requests: Mail<Request>,
}

impl World {
    /// Reads this many partitions of topic `t` from offset 0 on, to this end.
    fn new(partitions: i32, end: Option<i64>) -> Self {
        let start = |n| Start { partition: TopicPartition::new("t", n), offset: 0, end, interest: None };
        let starts: Vec<Start> = (0..partitions).map(start).collect();
        let slots = (0..partitions).map(|n| Arc::new(Slot::new(n as usize, "t".into(), n)));
        let slots: Vec<Arc<Slot>> = slots.collect();
        let (fetcher, fetched, requests) = hand_out(Budget::new(1 << 20, 1, 1));
        Self { reader: Reader::new(fetched, slots, &starts), fetcher, requests }
    }

    /// Hands over these offsets of a partition, in a batch of their own, fetched in this round.
    fn hand(&self, partition: usize, round: u64, offsets: std::ops::Range<i64>) {
        self.hand_bytes(partition, round, offsets.start, batch(offsets));
    }

    fn hand_bytes(&self, partition: usize, round: u64, from: i64, bytes: Vec<u8>) {
        let slot = &self.reader.partitions[partition].slot;
        self.fetcher.chunk(
            slot,
            &Bytes::from(bytes),
            Aborted::default(),
            Range { round, from, until: i64::MAX },
        );
    }

    /// What comes without waiting.
    fn messages(&mut self) -> Vec<(i32, i64)> {
        let next = || {
            let message = self.reader.next().now_or_never()??.unwrap();
            Some((message.partition(), message.offset()))
        };
        std::iter::from_fn(next).collect()
    }

    fn position(&self, partition: i32) -> i64 {
        self.reader.positions().get(&TopicPartition::new("t", partition)).unwrap()
    }

    fn request(&mut self) -> Option<Request> {
        let request = |request: &Request| !matches!(request, Request::Drained);
        std::iter::from_fn(|| self.requests.next().now_or_never().flatten()).find(request)
    }
}

fn batch(offsets: std::ops::Range<i64>) -> Vec<u8> {
    let mut builder = BatchBuilder::new(Vec::new());
    for _ in offsets.clone() {
        builder.append(0, None, Some(b"v"), std::iter::empty());
    }
    let mut batch = builder.seal(ProducerStamp::NONE);
    batch[..8].copy_from_slice(&offsets.start.to_be_bytes());
    batch
}

#[test]
fn positions_move_where_messages_are_handed_out() {
    let mut world = World::new(2, None);
    world.hand(0, 0, 0..3);
    world.hand(1, 0, 0..2);
    assert_eq!((world.position(0), world.position(1)), (0, 0));
    world.reader.next().now_or_never().unwrap();
    assert_eq!((world.position(0), world.position(1)), (1, 0));
    let rest = world.reader.next_batch().now_or_never().unwrap().unwrap().unwrap();
    assert_eq!(rest.iter().map(crate::model::MessageRef::offset).collect::<Vec<_>>(), [1, 2]);
    assert_eq!((world.position(0), world.position(1)), (3, 0));
    assert_eq!(world.messages(), [(1, 0), (1, 1)]);
}

#[test]
fn a_batch_that_cannot_be_read_is_fetched_again_and_what_came_behind_it_is_not_handed_out() {
    let mut world = World::new(1, None);
    world.hand(0, 0, 0..2);
    let mut corrupt = batch(2..4);
    *corrupt.last_mut().unwrap() ^= 1;
    world.hand_bytes(0, 0, 2, corrupt);
    world.hand(0, 0, 4..6);
    assert_eq!(world.messages(), [(0, 0), (0, 1)]);
    assert!(matches!(world.request(), Some(Request::Rewind { slot: 0, offset: 2, round: 1 })));
    world.fetcher.push(Handed::Finished { slot: 0, round: 0 });
    world.hand(0, 1, 2..6);
    assert_eq!(world.messages(), [(0, 2), (0, 3), (0, 4), (0, 5)]);
    assert!(!world.reader.over, "what had finished was of the round before");
}

#[test]
fn the_third_defect_in_the_same_place_is_an_error_and_the_end() {
    let mut world = World::new(1, None);
    let mut corrupt = batch(0..2);
    *corrupt.last_mut().unwrap() ^= 1;
    for round in 0..3 {
        world.hand_bytes(0, round, 0, corrupt.clone());
        if round < 2 {
            assert!(world.reader.next().now_or_never().is_none());
        }
    }
    let error = world.reader.next().now_or_never().unwrap().unwrap().unwrap_err();
    assert_eq!((error.kind(), error.partition()), (ErrorKind::Decode, Some(0)));
    assert!(world.reader.next().now_or_never().unwrap().is_none());
}

#[test]
fn a_reader_is_at_its_end_when_all_partitions_are() {
    let mut world = World::new(2, Some(2));
    world.fetcher.push(Handed::Finished { slot: 1, round: 0 });
    world.hand(0, 0, 0..2);
    world.fetcher.push(Handed::Finished { slot: 0, round: 0 });
    assert_eq!(world.messages(), [(0, 0), (0, 1)]);
    assert!(world.reader.next().now_or_never().unwrap().is_none());
}

#[tokio::test]
async fn a_loop_over_messages_gives_way_to_other_tasks() {
    let mut world = World::new(1, None);
    world.hand(0, 0, 0..10_000);
    let other = tokio::spawn(async {});
    let mut read = 0;
    while !other.is_finished() {
        world.reader.next().await.unwrap().unwrap();
        read += 1;
        assert!(read < 10_000);
    }
}
