use super::super::verdict::{Situation, verdict};
use super::*;
use kafka_sdk_protocol::ErrorCode;
use std::collections::VecDeque;

#[derive(Clone, Debug, PartialEq, Eq)]
struct Batch {
    records: Vec<u32>,
    stamp: ProducerStamp,
}

impl Payload for Batch {
    fn records(&self) -> u32 {
        self.records.len() as u32
    }

    fn stamp(&mut self, stamp: ProducerStamp) {
        self.stamp = stamp;
    }
}

fn batch(records: impl IntoIterator<Item = u32>) -> Batch {
    Batch { records: records.into_iter().collect(), stamp: ProducerStamp::NONE }
}

const WRITTEN: Answer = Answer::Written { base_offset: 0, log_append_time: None };

fn rules(verdict: fn(&Situation, &Answer) -> Verdict) -> Rules {
    Rules { verdict, retries: u32::MAX }
}

fn refused(code: ErrorCode) -> Answer {
    Answer::Refused(code)
}

/// A window under id 7, epoch 0, whose first batch is acknowledged already.
fn window() -> Sequenced<Batch> {
    let mut window = Sequenced::new(rules(verdict));
    assert!(window.needs_identity() && !window.has_room());
    window.adopt(Identity { id: 7, epoch: 0 });
    let id = window.admit(batch([0])).unwrap();
    assert!(!window.has_room(), "one in flight until the broker knows the producer");
    assert!(matches!(window.answer(id, &WRITTEN), Outcome::Done(_)));
    window
}

/// Admits a batch; gives its id and sequence.
fn admit(window: &mut Sequenced<Batch>, records: impl IntoIterator<Item = u32>) -> (u64, i32) {
    let id = window.admit(batch(records)).unwrap();
    (id, stamp(window, id).base_sequence)
}

fn stamp(window: &Sequenced<Batch>, id: u64) -> ProducerStamp {
    window.batch(id).unwrap().stamp
}

/// The stamp of a batch that is admitted now.
fn next_stamp(window: &mut Sequenced<Batch>) -> ProducerStamp {
    let id = window.admit(batch([9])).unwrap();
    stamp(window, id)
}

/// Sends again what waits; gives epoch and sequence of each.
fn resend_all(window: &mut Sequenced<Batch>) -> Vec<(u64, i16, i32)> {
    let next = || {
        let id = window.resend()?;
        let stamp = stamp(window, id);
        Some((id, stamp.epoch, stamp.base_sequence))
    };
    std::iter::from_fn(next).collect()
}

#[test]
fn sequences_count_records_and_five_batches_fit() {
    let mut window = window();
    let sequences: Vec<i32> = (0..5).map(|_| admit(&mut window, 0..3).1).collect();
    assert_eq!(sequences, [1, 4, 7, 10, 13]);
    assert!(!window.has_room() && window.admit(batch([1])) == Err(batch([1])));
}

#[test]
fn a_batch_in_doubt_is_never_pushed_out_of_what_the_broker_remembers() {
    let mut window = window();
    let first = admit(&mut window, 0..1).0;
    let others: Vec<u64> = (0..4).map(|_| admit(&mut window, 0..1).0).collect();
    window.answer(first, &Answer::Lost);
    for id in others {
        assert!(matches!(window.answer(id, &WRITTEN), Outcome::Done(_)));
    }
    for _ in 0..3 {
        assert_eq!(window.resend(), Some(first));
        assert!(!window.has_room(), "the broker remembers it and the four behind it, which are written");
        window.answer(first, &Answer::Lost);
    }
    assert_eq!(window.resend(), Some(first));
    window.answer(first, &WRITTEN);
    assert!(window.has_room());
}

#[test]
fn sequences_wrap_to_zero() {
    assert_eq!(following(i32::MAX, 1), 0);
    assert_eq!(following(i32::MAX - 1, 3), 1);
    assert_eq!(following(0, u32::MAX >> 1), i32::MAX);
}

#[test]
fn a_retry_waits_for_the_answers_of_those_behind_it_and_goes_first() {
    let mut window = window();
    let ids: Vec<(u64, i32)> = (0..3).map(|_| admit(&mut window, 0..2)).collect();
    let again = Outcome::Again { stale: true };
    assert_eq!(window.answer(ids[0].0, &refused(ErrorCode::NOT_LEADER_OR_FOLLOWER)), again);
    assert!(window.peek_resend().is_none(), "two are in flight behind it");
    assert!(!window.has_room(), "a new batch would go past it");
    for (id, _) in &ids[1..] {
        let again = Outcome::Again { stale: false };
        assert_eq!(window.answer(*id, &refused(ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER)), again);
    }
    let resent = resend_all(&mut window);
    assert_eq!(resent, ids.iter().map(|&(id, sequence)| (id, 0, sequence)).collect::<Vec<_>>());
}

#[test]
fn the_epoch_ends_only_when_nothing_sent_under_it_is_unresolved() {
    let mut window = window();
    let (a, b, c) = (admit(&mut window, 0..1).0, admit(&mut window, 0..1).0, admit(&mut window, 0..1).0);
    let failed = window.answer(a, &refused(ErrorCode::INVALID_RECORD));
    assert!(matches!(failed, Outcome::Failed(_, Written::No)));
    assert!(!window.has_room(), "no new batch while the gap is there");
    window.answer(b, &refused(ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER));
    assert!(window.peek_resend().is_none(), "c is still in flight under the old epoch");
    window.answer(c, &refused(ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER));
    assert_eq!(resend_all(&mut window), [(b, 1, 0)], "one in flight until the broker knows the epoch");
    window.answer(b, &WRITTEN);
    assert_eq!(resend_all(&mut window), [(c, 1, 1)]);
}

#[test]
fn a_batch_in_doubt_behind_a_gap_is_not_sent_under_the_next_epoch() {
    let mut window = window();
    let (a, b) = (admit(&mut window, 0..1).0, admit(&mut window, 0..1).0);
    window.answer(a, &Answer::Lost);
    window.answer(b, &Answer::Lost);
    window.expire(&|batch| batch.stamp.base_sequence == 1, &mut |_, written| {
        assert_eq!(written, Written::Maybe)
    });
    assert_eq!(resend_all(&mut window), [(b, 0, 2)], "under the old epoch, where it would be recognised");
    let outcome = window.answer(b, &refused(ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER));
    assert!(matches!(outcome, Outcome::Failed(_, Written::Maybe)));
    assert_eq!(next_stamp(&mut window), ProducerStamp { id: 7, epoch: 1, base_sequence: 0 });
}

#[test]
fn a_batch_given_up_in_flight_makes_no_gap_if_it_was_written() {
    let mut window = window();
    let (a, b) = (admit(&mut window, 0..1).0, admit(&mut window, 0..1).0);
    let mut given_up = 0;
    window.expire(&|batch| batch.stamp.base_sequence == 1, &mut |_, _| given_up += 1);
    window.expire(&|batch| batch.stamp.base_sequence == 1, &mut |_, _| given_up += 1);
    assert_eq!(given_up, 1, "nobody is told twice");
    assert_eq!(window.answer(a, &WRITTEN), Outcome::Gone);
    assert!(matches!(window.answer(b, &WRITTEN), Outcome::Done(_)));
    assert_eq!(next_stamp(&mut window), ProducerStamp { id: 7, epoch: 0, base_sequence: 3 });
}

#[test]
fn parts_share_the_sequences_of_the_whole_and_go_first() {
    let mut window = window();
    let (a, b) = (admit(&mut window, 10..14).0, admit(&mut window, 20..22).0);
    assert_eq!(window.answer(a, &refused(ErrorCode::MESSAGE_TOO_LARGE)), Outcome::Split);
    window.answer(b, &refused(ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER));
    window.replace(a, |whole| whole.records.chunks(2).map(|part| batch(part.to_vec())).collect());
    let ids: Vec<u64> = std::iter::from_fn(|| window.resend()).collect();
    let sent = ids.iter().map(|id| window.batch(*id).unwrap().clone());
    let sent: Vec<_> = sent.map(|b| (b.records, b.stamp.base_sequence)).collect();
    assert_eq!(sent, [(vec![10, 11], 1), (vec![12, 13], 3), (vec![20, 21], 5)]);
}

#[test]
fn a_new_id_is_needed_when_the_epochs_run_out() {
    let mut window = window();
    window.adopt(Identity { id: 7, epoch: i16::MAX });
    let id = window.admit(batch([1])).unwrap();
    window.answer(id, &refused(ErrorCode::INVALID_RECORD));
    assert!(window.needs_identity() && window.renounced() == Some(7));
    window.adopt(Identity { id: 8, epoch: 0 });
    assert_eq!(next_stamp(&mut window), ProducerStamp { id: 8, epoch: 0, base_sequence: 0 });
}

#[test]
fn a_fenced_batch_is_sent_under_another_id() {
    let mut window = window();
    let id = window.admit(batch([1])).unwrap();
    window.answer(id, &refused(ErrorCode::INVALID_PRODUCER_EPOCH));
    assert!(window.needs_identity() && window.renounced() == Some(7));
    window.adopt(Identity { id: 8, epoch: 0 });
    assert_eq!(resend_all(&mut window), [(id, 0, 0)]);
    assert_eq!(stamp(&window, id).id, 8);
}

/// A partition as a broker keeps it: a log, and for each producer id its epoch and its last five batches.
#[derive(Default)]
struct Model {
    log: Vec<u32>,
    producers: std::collections::HashMap<i64, (i16, VecDeque<(i32, i32)>)>,
}

impl Model {
    fn append(&mut self, batch: &Batch) -> Answer {
        let ProducerStamp { id, epoch, base_sequence } = batch.stamp;
        // As in Kafka's DefaultRecordBatch: from the largest number back to 0.
        let plus = |sequence: i32, n: u32| match i32::MAX - sequence {
            left if left.cast_unsigned() < n => (n - left.cast_unsigned() - 1).cast_signed(),
            _ => sequence + n.cast_signed(),
        };
        let last = plus(base_sequence, batch.records() - 1);
        if let Some((known, recent)) = self.producers.get(&id) {
            if epoch < *known {
                return refused(ErrorCode::INVALID_PRODUCER_EPOCH);
            }
            if epoch == *known && recent.contains(&(base_sequence, last)) {
                return refused(ErrorCode::DUPLICATE_SEQUENCE_NUMBER);
            }
            let expected = if epoch > *known { 0 } else { recent.back().map_or(0, |r| plus(r.1, 1)) };
            if base_sequence != expected {
                return refused(ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER);
            }
        }
        let state = self.producers.entry(id).or_insert((epoch, VecDeque::new()));
        if state.0 != epoch {
            *state = (epoch, VecDeque::new());
        }
        state.1.push_back((base_sequence, last));
        if state.1.len() > 5 {
            state.1.pop_front();
        }
        self.log.extend(&batch.records);
        WRITTEN
    }
}

/// Sends some hundred batches through a window to a model of a broker, with faults, and says what went wrong.
fn simulate(seed: u64, verdict: fn(&Situation, &Answer) -> Verdict) -> Result<(), String> {
    simulate_with(seed, verdict, Faults::All)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Faults {
    All,
    /// Nothing is refused for good, and nobody loses patience: then nothing may fail.
    Passing,
}

fn simulate_with(
    seed: u64,
    verdict: fn(&Situation, &Answer) -> Verdict,
    faults: Faults,
) -> Result<(), String> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut window = Sequenced::new(rules(verdict));
    let (mut broker, mut next_record, mut next_id) = (Model::default(), 0, 1);
    let (mut done, mut refused_for_good) = (Vec::new(), Vec::new());
    let mut wire: VecDeque<(u64, Batch)> = VecDeque::new();
    for step in 0..2_000 {
        if window.needs_identity() {
            window.adopt(Identity { id: next_id, epoch: i16::MAX - 20 });
            // A broker that does not know the id takes any sequence as its first; soon there are no larger ones.
            window.next.base_sequence = i32::MAX - random.i32(0..200);
            next_id += 1;
        }
        if step < 1_500 && window.has_room() && random.bool() {
            let records = if random.u8(..) < 10 { 12 } else { random.u32(1..4) };
            let new = batch(next_record..next_record + records);
            next_record += records;
            let id = window.admit(new).map_err(|_| "no room after all")?;
            wire.push_back((id, window.batch(id).unwrap().clone()));
        }
        while let Some(id) = window.resend() {
            wire.push_back((id, window.batch(id).unwrap().clone()));
        }
        if faults == Faults::All && step < 1_500 && random.u8(..) < 3 {
            let victim = random.u32(0..next_record.max(1));
            window.expire(&|b| b.records.contains(&victim), &mut |b, written| {
                if written == Written::No {
                    refused_for_good.extend(&b.records)
                }
            });
        }
        let mut answers: Vec<(u64, Answer)> = Vec::new();
        // In the end everything goes well, so that nothing may be left.
        match if step < 1_800 { random.u8(..) } else { 28 } {
            // The connection breaks: some of the requests arrived.
            0..4 => {
                let arrived = random.usize(0..=wire.len());
                for (i, (id, sent)) in wire.drain(..).enumerate() {
                    if i < arrived {
                        broker.append(&sent);
                    }
                    answers.push((id, Answer::Lost));
                }
            }
            4..20 => {
                if let Some((id, _)) = wire.pop_front() {
                    let code = [
                        ErrorCode::NOT_LEADER_OR_FOLLOWER,
                        ErrorCode::NOT_ENOUGH_REPLICAS,
                        ErrorCode::MESSAGE_TOO_LARGE,
                        ErrorCode::INVALID_RECORD,
                    ][random.usize(0..if faults == Faults::All { 4 } else { 2 })];
                    answers.push((id, refused(code)));
                }
            }
            // The broker appends, and says something that leaves it open.
            20..28 => {
                if let Some((id, sent)) = wire.pop_front() {
                    broker.append(&sent);
                    let codes = [
                        ErrorCode::NOT_ENOUGH_REPLICAS_AFTER_APPEND,
                        ErrorCode::NOT_LEADER_OR_FOLLOWER,
                        ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
                        ErrorCode::KAFKA_STORAGE_ERROR,
                    ];
                    answers.push((id, refused(codes[random.usize(0..4)])));
                }
            }
            28..160 => {
                if let Some((id, sent)) = wire.pop_front() {
                    let answer = broker.append(&sent);
                    answers.push((id, answer));
                }
            }
            _ => {}
        }
        for (id, answer) in answers {
            match window.answer(id, &answer) {
                Outcome::Done(b) => done.extend(b.records),
                Outcome::Failed(b, written) if faults == Faults::Passing => {
                    return Err(format!("seed {seed}: {b:?} failed, written {written:?}, after {answer:?}"));
                }
                Outcome::Failed(b, Written::No) => refused_for_good.extend(b.records),
                Outcome::Split => window
                    .replace(id, |whole| whole.records.chunks(1).map(|part| batch(part.to_vec())).collect()),
                Outcome::Failed(..) | Outcome::Again { .. } | Outcome::Gone => {}
            }
        }
    }
    if !window.is_empty() {
        return Err(format!("seed {seed}: batches that nobody will ever send: {window:?}"));
    }
    let log = &broker.log;
    for record in &done {
        let times = log.iter().filter(|r| *r == record).count();
        if times != 1 {
            return Err(format!("seed {seed}: acknowledged record {record} is there {times} times"));
        }
    }
    if let Some(record) = refused_for_good.iter().find(|r| log.contains(r)) {
        return Err(format!("seed {seed}: record {record} was called not written, and is there"));
    }
    if log.windows(2).any(|pair| pair[0] >= pair[1]) {
        return Err(format!("seed {seed}: the log is out of order, or holds a record twice"));
    }
    if next_id > 2 && faults == Faults::Passing {
        return Err(format!("seed {seed}: no reason for a second id"));
    }
    if done.len() < 100 {
        return Err(format!("seed {seed}: only {} records were acknowledged", done.len()));
    }
    Ok(())
}

#[test]
fn acknowledged_records_are_there_once_and_in_order_whatever_happens() {
    let broken: Vec<String> = (0..300).filter_map(|seed| simulate(seed, verdict).err()).collect();
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn nothing_fails_where_all_faults_are_passing() {
    let broken = (0..300).filter_map(|seed| simulate_with(seed, verdict, Faults::Passing).err());
    assert_eq!(broken.collect::<Vec<_>>(), [] as [String; 0]);
}

#[test]
fn the_simulation_notices_an_epoch_that_ends_one_step_too_early() {
    fn too_early(batch: &Situation, answer: &Answer) -> Verdict {
        match answer {
            Answer::Lost => Verdict::Resequence,
            _ => verdict(batch, answer),
        }
    }
    assert!((0..20).any(|seed| simulate(seed, too_early).is_err()));
}

#[test]
fn the_simulation_notices_a_gap_that_is_taken_for_a_duplicate() {
    fn taken_for_done(batch: &Situation, answer: &Answer) -> Verdict {
        match answer {
            Answer::Refused(ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER) if !batch.first => Verdict::Done,
            _ => verdict(batch, answer),
        }
    }
    assert!((0..300).any(|seed| simulate(seed, taken_for_done).is_err()));
}

#[test]
fn the_simulation_notices_an_old_leader_that_is_believed_to_have_appended_nothing() {
    fn believes(batch: &Situation, answer: &Answer) -> Verdict {
        match verdict(batch, answer) {
            Verdict::Retry { maybe_written: true, stale: true } if !matches!(answer, Answer::Lost) => {
                Verdict::Retry { maybe_written: false, stale: true }
            }
            other => other,
        }
    }
    assert!((0..300).any(|seed| simulate(seed, believes).is_err()));
}

#[test]
fn out_of_retries_a_batch_fails_and_those_behind_it_go_on_under_the_next_epoch() {
    let mut window = Sequenced::new(Rules { verdict, retries: 1 });
    window.adopt(Identity { id: 7, epoch: 0 });
    let first = admit(&mut window, 0..1).0;
    window.answer(first, &WRITTEN);
    let (a, b) = (admit(&mut window, 0..1).0, admit(&mut window, 0..1).0);
    let (too_few, out_of_order) =
        (refused(ErrorCode::NOT_ENOUGH_REPLICAS), refused(ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER));
    window.answer(a, &too_few);
    window.answer(b, &out_of_order);
    assert_eq!(resend_all(&mut window), [(a, 0, 1), (b, 0, 2)]);
    assert!(matches!(window.answer(a, &too_few), Outcome::Failed(_, Written::No)));
    assert_eq!(window.answer(b, &out_of_order), Outcome::Again { stale: false }, "it is not at fault");
    assert_eq!(resend_all(&mut window), [(b, 1, 0)]);
}
