use super::super::verdict::verdict_without_sequence;
use super::*;
use kafka_sdk_protocol::ErrorCode;

#[derive(Clone, Debug, PartialEq, Eq)]
struct Batch(Vec<u32>);

impl Payload for Batch {
    fn records(&self) -> u32 {
        self.0.len() as u32
    }

    fn stamp(&mut self, stamp: ProducerStamp) {
        assert_eq!(stamp, ProducerStamp::NONE);
    }
}

const WRITTEN: Answer = Answer::Written { base_offset: 0, log_append_time: None };
const TOO_FEW: Answer = Answer::Refused(ErrorCode::NOT_ENOUGH_REPLICAS);
const AGAIN: Outcome<Batch> = Outcome::Again { stale: false };

fn window(retries: u32) -> Unsequenced<Batch> {
    Unsequenced::new(Rules { verdict: verdict_without_sequence, retries })
}

fn admit(window: &mut Unsequenced<Batch>, record: u32) -> u64 {
    window.admit(Batch(vec![record])).unwrap()
}

#[test]
fn it_needs_no_id_and_takes_any_number() {
    let mut window = window(u32::MAX);
    assert!(!window.needs_identity());
    let ids: Vec<u64> = (0..100).map(|n| admit(&mut window, n)).collect();
    for id in ids.into_iter().rev() {
        assert!(matches!(window.answer(id, &WRITTEN), Outcome::Done(_)));
    }
    assert!(window.is_empty());
}

#[test]
fn what_may_have_been_written_is_sent_again_before_anything_new() {
    let mut window = window(u32::MAX);
    let (a, b) = (admit(&mut window, 1), admit(&mut window, 2));
    assert_eq!(window.answer(a, &Answer::Lost), Outcome::Again { stale: true });
    assert!(!window.has_room() && window.admit(Batch(vec![3])).is_err());
    assert_eq!(window.resend(), Some(a), "although b is in flight");
    window.answer(b, &Answer::Lost);
    assert_eq!((window.resend(), window.resend()), (Some(b), None));
    assert!(window.has_room());
}

#[test]
fn out_of_retries_a_batch_fails_and_says_what_it_knows() {
    let mut window = window(1);
    let (known, in_doubt) = (admit(&mut window, 1), admit(&mut window, 2));
    assert_eq!(window.answer(known, &Answer::Unsent), Outcome::Again { stale: true });
    assert_eq!(window.resend(), Some(known));
    assert_eq!(window.answer(known, &TOO_FEW), AGAIN, "what was never sent is no attempt");
    assert_eq!(window.resend(), Some(known));
    assert_eq!(window.answer(known, &TOO_FEW), Outcome::Failed(Batch(vec![1]), Written::No));
    window.answer(in_doubt, &Answer::Lost);
    assert_eq!(window.resend(), Some(in_doubt));
    assert_eq!(window.answer(in_doubt, &TOO_FEW), Outcome::Failed(Batch(vec![2]), Written::Maybe));
}

#[test]
fn the_parts_of_a_batch_in_doubt_are_in_doubt() {
    let mut window = window(u32::MAX);
    let id = window.admit(Batch(vec![1, 2])).unwrap();
    window.answer(id, &Answer::Lost);
    window.resend();
    let too_large = Answer::Refused(ErrorCode::MESSAGE_TOO_LARGE);
    assert_eq!(window.answer(id, &too_large), Outcome::Split);
    window.replace(id, |whole| whole.0.into_iter().map(|record| Batch(vec![record])).collect());
    let first = window.resend().unwrap();
    assert_eq!(window.answer(first, &too_large), Outcome::Failed(Batch(vec![1]), Written::Maybe));
    assert_eq!(window.oldest(), Some(&Batch(vec![2])));
}

#[test]
fn what_is_given_up_in_flight_is_in_doubt_and_leaves_when_its_answer_comes() {
    let mut window = window(u32::MAX);
    let (a, b) = (admit(&mut window, 1), admit(&mut window, 2));
    window.answer(b, &TOO_FEW);
    let mut given_up = Vec::new();
    window.expire(&|_| true, &mut |batch, written| given_up.push((batch.0[0], written)));
    assert_eq!(given_up, [(1, Written::Maybe), (2, Written::No)]);
    assert!(window.in_flight() && window.oldest().is_none());
    assert_eq!(window.answer(a, &WRITTEN), Outcome::Gone);
    assert!(window.is_empty());
}
