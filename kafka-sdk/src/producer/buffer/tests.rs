//! What is charged, and who gets it in which order.

use super::*;
use std::sync::atomic::AtomicBool;
use std::task::Wake;

#[derive(Default)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

fn poll(buffers: &Buffers, ticket: Ticket) -> (Poll<()>, Arc<Flag>) {
    let flag = Arc::new(Flag::default());
    let waker = Waker::from(flag.clone());
    (buffers.poll_turn(ticket, &mut Context::from_waker(&waker)), flag)
}

#[test]
fn the_budget_is_charged_by_class_and_never_exceeded() {
    let buffers = Buffers::new(100 << 10);
    let first = buffers.take(1, None).unwrap();
    let second = buffers.take(16 * 1024 + 1, None).unwrap();
    assert_eq!(buffers.state().used, (16 + 64) << 10);
    assert!(buffers.take(20 << 10, None).is_err());
    drop(second);
    assert!(buffers.take(20 << 10, None).is_ok());
    drop(first);
    let state = buffers.state();
    assert_eq!((state.used, state.kept), (0, (16 + 64) << 10));
}

#[test]
fn buffers_are_used_again_and_given_up_for_others() {
    let buffers = Buffers::new(80 << 10);
    let mut buffer = buffers.take(10, None).unwrap();
    let bytes = buffer.take_bytes();
    let address = bytes.as_ptr();
    buffer.put_back(bytes);
    drop(buffer);
    let mut again = buffers.take(10, None).unwrap();
    let bytes = again.take_bytes();
    assert_eq!(bytes.as_ptr(), address);
    again.put_back(bytes);
    drop(again);
    let large = buffers.take(70 << 10, None);
    assert!(large.is_err(), "256 KiB do not fit");
    let _large = buffers.take(60 << 10, None).unwrap();
    let state = buffers.state();
    assert!(state.used + state.kept <= 80 << 10);
}

#[test]
fn a_record_over_the_largest_class_gets_a_buffer_of_its_own() {
    let buffers = Buffers::new(5 << 20);
    let buffer = buffers.take(3 << 20, None).unwrap();
    assert_eq!(buffers.state().used, 3 << 20);
    drop(buffer);
    assert_eq!(buffers.state().kept, 0);
}

#[test]
fn less_content_gives_memory_back() {
    let buffers = Buffers::new(256 << 10);
    let buffer = buffers.take(200 << 10, None).unwrap().refilled(&[7; 40 << 10]);
    assert_eq!((buffer.as_ref(), buffers.state().used), (&[7; 40 << 10][..], 64 << 10));
    let buffer = buffer.refilled(&[8; 17 << 10]);
    assert_eq!((buffer.as_ref(), buffers.state().used), (&[8; 17 << 10][..], 64 << 10));
    drop(buffer);
    let state = buffers.state();
    assert!(state.used == 0 && state.kept <= 256 << 10);
}

#[test]
fn room_is_given_in_the_order_of_asking() {
    let buffers = Buffers::new(16 << 10);
    let held = buffers.take(1, None).unwrap();
    let (a, b) = (buffers.queue(), buffers.queue());
    assert!(buffers.has_waiters());
    assert!(poll(&buffers, b).0.is_pending());
    let (turn, woken) = poll(&buffers, a);
    assert!(turn.is_ready() && buffers.take(1, None).is_err(), "its turn, but no room yet");
    drop(held);
    assert!(woken.0.load(Ordering::SeqCst));
    let (_, b_woken) = poll(&buffers, b);
    buffers.leave(a);
    assert!(b_woken.0.load(Ordering::SeqCst), "the next one is woken by one that leaves");
    buffers.leave(b);
    assert!(!buffers.has_waiters());
}

#[test]
fn one_broker_of_several_gets_no_more_than_half() {
    let buffers = Buffers::new(64 << 10);
    buffers.share_among([1].into());
    let all: Vec<Buffer> = (0..4).map(|_| buffers.take(1, Some(1)).unwrap()).collect();
    assert_eq!(buffers.take(1, Some(1)).unwrap_err(), Shortage::Memory, "all of it, where there is no other");
    drop(all);
    buffers.share_among([1, 2].into());
    let half: Vec<Buffer> = (0..2).map(|_| buffers.take(1, Some(1)).unwrap()).collect();
    let over = buffers.take(1, Some(1)).unwrap_err();
    assert_eq!(over, Shortage::Share { broker: 1, size: 16 << 10 });
    let (at_1, at_2) = (buffers.queue(), buffers.queue());
    assert!(!buffers.lacks(at_1, over));
    assert!(poll(&buffers, at_1).0.is_pending() && poll(&buffers, at_2).0.is_ready(), "nobody is behind it");
    buffers.take(1, Some(2)).unwrap();
    buffers.leave(at_2);
    assert!(!buffers.has_waiters());
    let (_, woken) = poll(&buffers, at_1);
    drop(half);
    assert!(woken.0.load(Ordering::SeqCst) && buffers.has_waiters());
    assert!(poll(&buffers, at_1).0.is_ready() && buffers.take(1, Some(1)).is_ok());
}

#[test]
fn who_lacks_a_share_that_has_come_meanwhile_looks_again() {
    let buffers = Buffers::new(64 << 10);
    buffers.share_among([1, 2].into());
    let half: Vec<Buffer> = (0..2).map(|_| buffers.take(1, Some(1)).unwrap()).collect();
    let (over, ticket) = (buffers.take(1, Some(1)).unwrap_err(), buffers.queue());
    drop(half);
    assert!(buffers.lacks(ticket, over));
}

#[test]
fn a_record_that_is_larger_than_the_share_gets_its_buffer_alone() {
    let buffers = Buffers::new(4 << 20);
    buffers.share_among([1, 2].into());
    let large = buffers.take(3 << 20, Some(1)).unwrap();
    assert!(buffers.take(1, Some(1)).is_err() && buffers.take(1, Some(2)).is_ok());
    drop(large);
    assert!(buffers.take(3 << 20, Some(1)).is_ok());
}

#[test]
fn what_takes_the_place_of_a_buffer_is_charged_also_without_room_and_nobody_gets_any_meanwhile() {
    let buffers = Buffers::new(16 << 10);
    buffers.share_among([1, 2].into());
    let whole = buffers.take(1, Some(1)).unwrap();
    let part = whole.account().charge(vec![7; 10_000]);
    assert_eq!((part.as_ref().len(), buffers.used()), (10_000, (16 << 10) + 10_000));
    drop(whole);
    assert_eq!(buffers.used(), 10_000);
    assert_eq!(buffers.take(1, Some(2)).unwrap_err(), Shortage::Memory);
    assert_eq!(buffers.state().held[&1], 10_000, "of the share of the same broker");
    drop(part);
    assert!(buffers.take(1, Some(2)).is_ok());
}
