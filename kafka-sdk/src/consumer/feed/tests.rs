//! The feed with a made-up fetcher.

use super::super::start::{Ends, Start};
use super::*;
use crate::consumer::assignment::lease::Term;
use crate::consumer::assignment::slot::Why;
use crate::consumer::fetched::aborted::Aborted;
use crate::consumer::fetched::budget::Budget;
use crate::consumer::fetched::chunk::Range;
use crate::consumer::fetched::{ToReader, channel};
use crate::consumer::start::position::Position;
use crate::error::ErrorKind;
use crate::mailbox::Mail;
use crate::model::Switch;
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt};
use kafka_sdk_protocol::records::{BatchBuilder, ProducerStamp};
use std::future::poll_fn;
use std::time::Duration;
use tokio::time::{Instant, advance};

const BUDGET: usize = 1 << 20;

struct World {
    feed: Feed,
    assignment: Arc<Assignment>,
    slots: Vec<Arc<Slot>>,
    fetcher: ToReader,
    requests: Mail<Request>,
}

fn start(partition: i32, end: Option<i64>) -> Start {
    Start { partition: ("t", partition).into(), from: Position::at(0), end, interest: None }
}

impl World {
    /// Reads this many partitions of topic `t` from offset 0 on, to this end.
    fn new(partitions: i32, end: Option<i64>) -> Self {
        let (fetcher, fetched, requests) = channel(Budget::new(BUDGET, 1));
        let ends = end.map_or(Ends::Never, |_| Ends::AsOfNow);
        let assignment = Arc::new(Assignment::new(ends, &fetched));
        assignment.add((0..partitions).map(|n| start(n, end)).collect()).unwrap();
        let slots = assignment.slots();
        let feed = Feed::new(assignment.clone(), fetched);
        Self { feed, assignment, slots, fetcher, requests }
    }

    /// Hands over these offsets of a partition, in a batch of their own, fetched in this round.
    fn hand(&self, partition: usize, round: u64, offsets: std::ops::Range<i64>) {
        self.hand_bytes(partition, round, offsets.start, batch(offsets));
    }

    fn hand_bytes(&self, partition: usize, round: u64, from: i64, bytes: Vec<u8>) {
        let slot = &self.slots[partition];
        let range = Range { round, from, until: i64::MAX, crc_checks: Switch::On };
        self.fetcher.chunk(slot, &Bytes::from(bytes), Aborted::default(), range);
    }

    fn finish(&self, partition: usize, round: u64, offset: i64) {
        self.fetcher.push(Handed::Finished { slot: self.slots[partition].clone(), round, offset });
    }

    /// The next one, if it comes without waiting.
    fn next(&mut self) -> Option<Option<Result<Message>>> {
        poll_fn(|cx| self.feed.poll_message::<Message>(cx)).now_or_never()
    }

    /// What comes without waiting.
    fn messages(&mut self) -> Vec<(i32, i64)> {
        let next = || {
            let message = self.next()??.unwrap();
            Some((message.partition(), message.offset()))
        };
        std::iter::from_fn(next).collect()
    }

    fn position(&self, partition: i32) -> i64 {
        self.assignment.slot(&("t", partition).into()).unwrap().position()
    }

    fn request(&mut self) -> Option<Request> {
        let request = |request: &Request| !matches!(request, Request::Drained | Request::Assign { .. });
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
    world.next().unwrap();
    assert_eq!((world.position(0), world.position(1)), (1, 0));
    let rest = poll_fn(|cx| world.feed.poll_batch(cx)).now_or_never().unwrap().unwrap().unwrap();
    assert_eq!(rest.iter().map(crate::model::MessageRef::offset).collect::<Vec<_>>(), [1, 2]);
    assert_eq!((world.position(0), world.position(1)), (3, 0));
    assert_eq!(world.messages(), [(1, 0), (1, 1)]);
}

/// Of which something has to be made.
struct Made;

impl Hand for Made {
    type Raw = Message;
    type Decoder = ();
    const COUNTS: Counts = Counts::OnceMade;

    fn poll_decode(
        (): &mut (),
        raw: &mut Option<Message>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Self>>> {
        Poll::Ready(raw.take().map(|_| Ok(Self)))
    }
}

#[test]
fn what_something_has_to_be_made_of_counts_once_that_is_done_and_can_be_put_back() {
    let mut world = World::new(1, None);
    world.hand(0, 0, 0..3);
    let slot = world.slots[0].clone();
    let take = |world: &mut World| {
        let next = poll_fn(|cx| world.feed.poll_message::<Made>(cx)).now_or_never();
        next.unwrap().unwrap().unwrap()
    };
    assert_eq!(take(&mut world).offset(), 0);
    slot.settle();
    assert_eq!((slot.position(), slot.cover().offset, slot.processed().offset), (0, 0, 0));
    world.feed.count::<Made>();
    assert_eq!((slot.position(), slot.processed().offset), (1, 0));
    let second = take(&mut world);
    slot.settle();
    assert_eq!((slot.position(), slot.cover().offset, slot.processed().offset), (1, 1, 1));
    world.feed.put_back(second);
    assert_eq!(world.messages(), [(0, 1), (0, 2)], "for whoever takes it next");
}

#[test]
fn what_was_taken_before_a_seek_is_known_to_be() {
    let mut world = World::new(1, None);
    world.hand(0, 0, 0..3);
    world.next().unwrap();
    assert!(!world.feed.is_elsewhere());
    let slot = world.slots[0].clone();
    world.assignment.seek(&slot, Position::at(2)).unwrap();
    assert!(world.feed.is_elsewhere());
}

#[test]
fn a_batch_that_cannot_be_read_is_fetched_again_and_what_came_behind_it_is_not_handed_out() {
    let mut world = World::new(1, None);
    world.hand(0, 0, 0..2);
    let mut unreadable = batch(2..4);
    *unreadable.last_mut().unwrap() ^= 1;
    world.hand_bytes(0, 0, 2, unreadable);
    world.hand(0, 0, 4..6);
    assert_eq!(world.messages(), [(0, 0), (0, 1)]);
    assert!(matches!(world.request(), Some(Request::Rewind { slot: 0, offset: 2, round: 1 })));
    world.finish(0, 0, 2);
    world.hand(0, 1, 2..6);
    assert_eq!(world.messages(), [(0, 2), (0, 3), (0, 4), (0, 5)]);
    assert!(!world.feed.finished, "what had finished was of the round before");
}

#[test]
fn the_third_unreadable_batch_in_the_same_place_is_an_error_and_the_end() {
    let mut world = World::new(1, None);
    let mut unreadable = batch(0..2);
    *unreadable.last_mut().unwrap() ^= 1;
    for round in 0..3 {
        world.hand_bytes(0, round, 0, unreadable.clone());
        if round < 2 {
            assert!(world.next().is_none());
        }
    }
    let error = world.next().unwrap().unwrap().unwrap_err();
    assert_eq!((error.kind(), error.partition()), (ErrorKind::Decode, Some(0)));
    assert!(world.next().unwrap().is_none());
}

#[test]
fn a_reader_is_at_its_end_when_all_partitions_are() {
    let mut world = World::new(2, Some(2));
    world.finish(1, 0, 2);
    world.hand(0, 0, 0..2);
    world.finish(0, 0, 2);
    assert_eq!(world.messages(), [(0, 0), (0, 1)]);
    assert!(world.next().unwrap().is_none());
}

impl World {
    fn tp(partition: i32) -> [crate::model::TopicPartition; 1] {
        [("t", partition).into()]
    }

    fn seek(&self, partition: usize, offset: i64) {
        self.assignment.seek(&self.slots[partition], Position::at(offset)).unwrap();
    }

    /// Messages and ends that come without waiting: an end has an offset below zero.
    fn events(&mut self) -> Vec<(i32, i64)> {
        let next = || {
            let event = poll_fn(|cx| self.feed.poll_event::<Message>(cx)).now_or_never()??.unwrap();
            Some(match event {
                Event::Record(message) => (message.partition(), message.offset()),
                Event::End { partition, offset } => (partition.partition(), -offset),
            })
        };
        std::iter::from_fn(next).collect()
    }
}

#[test]
fn after_a_seek_no_record_from_before_comes_neither_in_hand_nor_fetched_ahead() {
    let mut world = World::new(2, None);
    world.hand(0, 0, 0..5);
    world.hand(0, 0, 5..9);
    world.hand(1, 0, 0..1);
    assert_eq!(world.next().unwrap().unwrap().unwrap().offset(), 0);
    world.seek(0, 20);
    assert_eq!(world.position(0), 20, "at once");
    assert_eq!(world.messages(), [(1, 0)]);
    assert!(matches!(
        world.request(),
        Some(Request::Seek { slot: 0, to: Position { offset: 20, .. }, round: 1 })
    ));
    // What was on its way, and what the seek asked for.
    world.hand(0, 0, 9..12);
    world.hand(0, 1, 20..22);
    assert_eq!(world.messages(), [(0, 20), (0, 21)]);
    assert_eq!(world.position(0), 22);
}

#[test]
fn a_seek_to_where_reading_stands_begins_there() {
    let mut world = World::new(1, None);
    world.hand(0, 0, 0..5);
    world.next();
    world.seek(0, 1);
    assert_eq!(world.messages(), []);
    world.hand(0, 1, 1..3);
    assert_eq!(world.messages(), [(0, 1), (0, 2)]);
}

#[test]
fn what_was_fetched_of_a_paused_partition_comes_in_order_when_it_is_resumed() {
    let mut world = World::new(2, None);
    world.hand(0, 0, 0..3);
    world.hand(0, 0, 3..5);
    world.hand(1, 0, 0..2);
    world.next();
    world.assignment.pause(&World::tp(0)).unwrap();
    assert_eq!(world.messages(), [(1, 0), (1, 1)], "the others go on");
    world.hand(0, 0, 5..6);
    world.fetcher.push(Handed::End { slot: world.slots[0].clone(), round: 0, offset: 6 });
    assert_eq!((world.messages(), world.position(0)), (vec![], 1));
    world.assignment.resume(&World::tp(0)).unwrap();
    world.hand(0, 0, 6..7);
    assert_eq!(world.events(), [(0, 1), (0, 2), (0, 3), (0, 4), (0, 5), (0, -6), (0, 6)]);
}

#[test]
fn what_comes_of_a_partition_as_it_is_resumed_is_behind_what_was_kept_of_it() {
    let mut world = World::new(1, None);
    world.assignment.pause(&World::tp(0)).unwrap();
    world.hand(0, 0, 0..2);
    assert_eq!(world.messages(), []);
    // Another thread has resumed it, and has not said so yet.
    world.slots[0].release(Why::Paused);
    world.hand(0, 0, 2..4);
    assert_eq!(world.messages(), []);
    world.assignment.resume(&World::tp(0)).unwrap();
    assert_eq!(world.messages(), [(0, 0), (0, 1), (0, 2), (0, 3)]);
}

#[test]
fn a_batch_is_not_handed_out_of_a_paused_partition_either() {
    let mut world = World::new(1, None);
    world.hand(0, 0, 0..5);
    world.next();
    world.assignment.pause(&World::tp(0)).unwrap();
    assert!(poll_fn(|cx| world.feed.poll_batch(cx)).now_or_never().is_none());
    world.assignment.resume(&World::tp(0)).unwrap();
    let rest = poll_fn(|cx| world.feed.poll_batch(cx)).now_or_never().unwrap().unwrap().unwrap();
    assert_eq!((rest.len(), world.position(0)), (4, 5));
}

#[test]
fn a_seek_of_a_paused_partition_forgets_what_was_kept() {
    let mut world = World::new(1, None);
    world.hand(0, 0, 0..5);
    world.next();
    world.assignment.pause(&World::tp(0)).unwrap();
    assert_eq!(world.messages(), []);
    world.seek(0, 30);
    world.assignment.resume(&World::tp(0)).unwrap();
    assert_eq!(world.messages(), []);
    world.hand(0, 1, 30..31);
    assert_eq!(world.messages(), [(0, 30)]);
}

#[test]
fn what_is_paused_keeps_half_of_the_memory_and_no_more_while_others_are_read() {
    let mut world = World::new(2, None);
    let large = |from: i64| {
        let mut builder = BatchBuilder::new(Vec::new());
        builder.append(0, None, Some(&vec![0; BUDGET / 3]), std::iter::empty());
        let mut batch = builder.seal(ProducerStamp::NONE);
        batch[..8].copy_from_slice(&from.to_be_bytes());
        batch
    };
    world.assignment.pause(&[World::tp(0), World::tp(1)].concat()).unwrap();
    (0..2).for_each(|n| world.hand_bytes(0, 0, n, large(n)));
    assert_eq!(world.messages(), []);
    let kept = |world: &World| BUDGET - world.fetcher.budget.free(0);
    assert!(kept(&world) > BUDGET / 2, "nobody else needs it");
    world.assignment.resume(&World::tp(1)).unwrap();
    assert_eq!(world.messages(), []);
    assert_eq!(kept(&world), 0);
    let sought = std::iter::from_fn(|| world.request()).find(|it| matches!(it, Request::Seek { .. }));
    assert!(
        matches!(sought, Some(Request::Seek { slot: 0, to: Position { offset: 0, .. }, round: 1 })),
        "{sought:?}"
    );
    world.assignment.resume(&World::tp(0)).unwrap();
    world.hand(0, 1, 0..1);
    assert_eq!(world.messages(), [(0, 0)], "it is fetched again");
}

#[test]
fn nothing_comes_of_a_partition_that_is_not_assigned_any_more() {
    let mut world = World::new(2, None);
    world.hand(0, 0, 0..5);
    world.hand(0, 0, 5..9);
    world.hand(1, 0, 0..1);
    world.next();
    world.assignment.remove(&World::tp(0)).unwrap();
    assert_eq!(world.messages(), [(1, 0)]);
    assert!(matches!(world.request(), Some(Request::Unassign { slot: 0 })));
    // As another one, it begins where it is told to.
    let anew = Start { from: Position::at(3), ..start(0, None) };
    world.assignment.add(vec![anew]).unwrap();
    world.slots[0] = world.assignment.slot(&("t", 0).into()).unwrap();
    assert_eq!((world.slots[0].index, world.position(0)), (2, 3));
    world.hand(0, 0, 3..4);
    assert_eq!(world.messages(), [(0, 3)]);
}

#[test]
fn what_is_not_assigned_is_an_error_and_nothing_changes() {
    let world = World::new(2, None);
    let unknown = [("t", 0).into(), ("t", 7).into()];
    let errors = [
        world.assignment.pause(&unknown),
        world.assignment.resume(&unknown),
        world.assignment.remove(&unknown),
        world.assignment.slot(&unknown[1]).map(drop),
        world.assignment.add(vec![start(2, None), start(1, None)]),
    ];
    for error in errors.map(Result::unwrap_err) {
        assert_eq!((error.kind(), error.topic()), (ErrorKind::State, Some("t")), "{error}");
    }
    assert!(!world.slots[0].is_paused());
    assert_eq!(world.assignment.slots().len(), 2);
    world.assignment.remove(&World::tp(0)).unwrap();
    world.assignment.add(vec![start(0, None)]).unwrap();
    let error = world.assignment.seek(&world.slots[0], Position::at(5)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::State, "it was looked up for the one before");
}

#[tokio::test]
async fn a_change_reaches_who_waits() {
    let World { mut feed, assignment, slots, fetcher, .. } = World::new(1, Some(9));
    let slot = slots[0].clone();
    let range = Range { round: 0, from: 0, until: 9, crc_checks: Switch::On };
    fetcher.chunk(&slot, &Bytes::from(batch(0..1)), Aborted::default(), range);
    assignment.pause(&World::tp(0)).unwrap();
    let waiting = tokio::spawn(async move {
        let message = poll_fn(|cx| feed.poll_message::<Message>(cx)).await.unwrap().unwrap();
        let end = poll_fn(|cx| feed.poll_message::<Message>(cx)).await;
        (message.offset(), end.is_none())
    });
    tokio::task::yield_now().await;
    assignment.resume(&World::tp(0)).unwrap();
    tokio::task::yield_now().await;
    assignment.stop();
    assert_eq!(waiting.await.unwrap(), (0, true));
}

#[tokio::test(start_paused = true)]
async fn who_is_frozen_in_the_middle_of_a_batch_hands_out_no_more_of_it_until_the_lease_is_renewed() {
    let (mut world, session) = (World::new(1, None), Duration::from_secs(6));
    world.assignment.news().lease(Term::Until(Instant::now() + session));
    world.hand(0, 0, 0..100);
    for offset in 0..50 {
        assert_eq!(world.next().unwrap().unwrap().unwrap().offset(), offset);
        advance(Duration::from_millis(2)).await;
    }
    advance(session).await;
    assert!(world.next().is_none(), "others may have it");
    world.assignment.news().lease(Term::Until(Instant::now() + session));
    assert_eq!(world.messages().len(), 50);
}

#[test]
fn a_stop_ends_it_in_the_middle_of_a_batch() {
    let mut world = World::new(1, None);
    world.hand(0, 0, 0..5);
    world.next();
    world.assignment.stop();
    assert!(world.next().unwrap().is_none());
    assert_eq!(world.position(0), 1);
}

#[test]
fn an_end_can_be_left_again() {
    let mut world = World::new(1, Some(2));
    world.hand(0, 0, 0..2);
    world.finish(0, 0, 2);
    assert_eq!(world.events(), [(0, 0), (0, 1), (0, -2)]);
    assert!(world.next().unwrap().is_none());
    world.seek(0, 1);
    assert!(world.next().is_none(), "it waits");
    world.hand(0, 1, 1..2);
    world.finish(0, 1, 2);
    assert_eq!(world.events(), [(0, 1), (0, -2)]);
    assert!(world.next().unwrap().is_none());
}

#[test]
fn after_an_error_it_is_over_and_the_positions_stay() {
    let mut world = World::new(1, None);
    world.hand(0, 0, 0..2);
    world.fetcher.push(Handed::Failed(Error::new(ErrorKind::Authorize, "no")));
    assert_eq!(world.messages_until_error(), [(0, 0), (0, 1)]);
    assert!(world.next().unwrap().is_none());
    assert_eq!(world.position(0), 2);
    let error = world.assignment.seek(&world.slots[0], Position::at(0)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Closed);
    assert!(world.next().unwrap().is_none());
}

impl World {
    fn messages_until_error(&mut self) -> Vec<(i32, i64)> {
        let next = || {
            let message = self.next()??.ok()?;
            Some((message.partition(), message.offset()))
        };
        std::iter::from_fn(next).collect()
    }
}

#[test]
fn what_is_paused_does_not_keep_the_answer_in_memory_that_it_came_with() {
    let mut world = World::new(2, None);
    let answer = Bytes::from([batch(0..3), batch(3..5), vec![0; 1_000]].concat());
    let (first, range) = (
        batch(0..3).len() + batch(3..5).len(),
        Range { round: 0, from: 0, until: i64::MAX, crc_checks: Switch::On },
    );
    world.fetcher.chunk(&world.slots[0], &answer.slice(..first), Aborted::default(), range);
    world.next();
    assert!(!answer.is_unique());
    world.assignment.pause(&World::tp(0)).unwrap();
    assert_eq!(world.messages(), []);
    assert!(answer.is_unique());
    world.assignment.resume(&World::tp(0)).unwrap();
    assert_eq!(world.messages(), [(0, 1), (0, 2), (0, 3), (0, 4)]);
}

#[test]
fn with_nothing_left_a_reader_that_stops_at_the_end_ends_and_another_waits() {
    for (end, ends) in [(Some(5), true), (None, false)] {
        let mut world = World::new(1, end);
        world.assignment.remove(&World::tp(0)).unwrap();
        assert_eq!(world.next().is_some_and(|next| next.is_none()), ends);
        world.assignment.add(vec![start(0, end)]).unwrap();
        assert!(world.next().is_none(), "it goes on with what is given to it");
    }
}

#[test]
fn when_the_fetcher_goes_what_it_handed_over_is_read_and_then_an_error_comes_once() {
    let mut world = World::new(1, None);
    world.hand(0, 0, 0..2);
    drop(world.fetcher);
    let mut next = || poll_fn(|cx| world.feed.poll_message::<Message>(cx)).now_or_never();
    assert!(matches!((next(), next()), (Some(Some(Ok(_))), Some(Some(Ok(_))))));
    assert_eq!(next().unwrap().unwrap().unwrap_err().kind(), ErrorKind::Closed);
    assert!(matches!(next(), Some(None)));
}
