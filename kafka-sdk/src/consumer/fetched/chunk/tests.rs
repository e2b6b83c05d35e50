use super::*;
use crate::mailbox::mailbox;
use futures_util::{FutureExt, StreamExt};
use kafka_sdk_protocol::DecodeErrorKind;
use kafka_sdk_protocol::records::{BatchBuilder, ProducerStamp};

/// Batches of these sizes, with offsets from 0 on.
fn records(sizes: &[usize]) -> Vec<u8> {
    let (mut bytes, mut offset) = (Vec::new(), 0i64);
    for size in sizes {
        let mut builder = BatchBuilder::new(Vec::new());
        for _ in 0..*size {
            builder.append(0, None, Some(b"v"), std::iter::empty());
        }
        let mut batch = builder.seal(ProducerStamp::NONE);
        batch[..8].copy_from_slice(&offset.to_be_bytes());
        offset += *size as i64;
        bytes.extend(batch);
    }
    bytes
}

struct Setting {
    slot: Arc<Slot>,
    budget: Arc<Budget>,
    fetcher: Mailbox<Request>,
}

fn setting(budget: usize) -> (Setting, crate::mailbox::Mail<Request>) {
    let (fetcher, requests) = mailbox();
    let slot = Arc::new(Slot::new(0, &("t", 3).into(), 0, Arc::default()));
    (Setting { slot, budget: Arc::new(Budget::new(budget, 1)), fetcher }, requests)
}

impl Setting {
    fn chunk(&self, records: Vec<u8>, from: i64, until: i64) -> Chunk {
        let (slot, budget, fetcher) = (self.slot.clone(), self.budget.clone(), self.fetcher.clone());
        let charge = Charge::new(slot, budget, records.len(), fetcher);
        Chunk::new(
            charge,
            &records.into(),
            Aborted::default(),
            Range { round: 0, from, until, crc_checks: Switch::On },
        )
    }
}

fn offsets(chunk: &mut Chunk) -> Vec<Vec<i64>> {
    std::iter::from_fn(|| chunk.next_batch())
        .map(|batch| batch.unwrap().iter().map(crate::model::MessageRef::offset).collect())
        .collect()
}

#[test]
fn a_chunk_gives_what_lies_between_position_and_end() {
    let (setting, _requests) = setting(1 << 20);
    let mut all = setting.chunk(records(&[3, 2, 4]), 0, i64::MAX);
    assert_eq!(offsets(&mut all), [vec![0, 1, 2], vec![3, 4], vec![5, 6, 7, 8]]);
    assert_eq!(all.position(), 9);
    let mut middle = setting.chunk(records(&[3, 2, 4]), 4, 7);
    assert_eq!(offsets(&mut middle), [vec![4], vec![5, 6]]);
    let mut nothing = setting.chunk(records(&[3]), 3, i64::MAX);
    assert_eq!((offsets(&mut nothing), nothing.position()), (vec![], 3));
}

#[test]
fn a_control_batch_moves_the_position_and_is_not_handed_out() {
    let (setting, _requests) = setting(1 << 20);
    let mut bytes = records(&[2, 1]);
    let first = records(&[2]).len();
    bytes[22] |= 0x20;
    let stamped = kafka_sdk_protocol::records::restamp(&bytes[..first], ProducerStamp::NONE);
    bytes[..first].copy_from_slice(&stamped);
    let mut chunk = setting.chunk(bytes, 0, i64::MAX);
    assert_eq!(offsets(&mut chunk), [vec![2]]);
    let mut only_control = setting.chunk(stamped, 0, i64::MAX);
    assert_eq!((offsets(&mut only_control), only_control.position()), (vec![], 2));
}

#[test]
fn a_flipped_bit_is_an_error_and_the_position_stays_before_it() {
    let (setting, _requests) = setting(1 << 20);
    let mut bytes = records(&[2, 2]);
    *bytes.last_mut().unwrap() ^= 1;
    let mut chunk = setting.chunk(bytes, 0, i64::MAX);
    assert_eq!(chunk.next_batch().unwrap().unwrap().len(), 2);
    let error = chunk.next_batch().unwrap().unwrap_err();
    assert!(matches!(error.kind(), DecodeErrorKind::Checksum { .. }));
    assert_eq!(chunk.position(), 2);
    let error = chunk.unreadable(error);
    assert_eq!((error.topic(), error.partition()), (Some("t"), Some(3)));
    assert!(error.to_string().contains("t-3 from offset 2"), "{error}");
}

#[test]
fn bytes_count_against_the_budget_until_the_chunk_goes_and_the_fetcher_hears_once() {
    let bytes = records(&[100]);
    let (setting, mut requests) = setting(2 * bytes.len());
    let size = bytes.len();
    let chunks: Vec<Chunk> = (0..2).map(|_| setting.chunk(bytes.clone(), 0, i64::MAX)).collect();
    assert!(setting.budget.is_over(&setting.slot));
    assert_eq!(setting.budget.free(0), 0);
    setting.budget.want_room();
    drop(chunks);
    assert_eq!(setting.budget.free(size), size);
    assert!(requests.next().now_or_never().is_some());
    assert!(requests.next().now_or_never().is_none());
}

#[test]
fn an_aborted_batch_is_passed_before_it_is_decompressed() {
    let (setting, _requests) = setting(1 << 20);
    let mut bytes = records(&[2, 1]);
    let first = records(&[2]).len();
    // Transactional, and gzip, which it is not.
    bytes[22] |= 0x11;
    let stamp = ProducerStamp { id: 7, epoch: 0, base_sequence: 0 };
    let stamped = kafka_sdk_protocol::records::restamp(&bytes[..first], stamp);
    bytes[..first].copy_from_slice(&stamped);
    let chunk = |aborted| {
        let charge =
            Charge::new(setting.slot.clone(), setting.budget.clone(), bytes.len(), setting.fetcher.clone());
        let range = Range { round: 0, from: 0, until: i64::MAX, crc_checks: Switch::On };
        Chunk::new(charge, &bytes.clone().into(), Aborted::new(aborted), range)
    };
    assert_eq!(offsets(&mut chunk(vec![(0, 7)])), [vec![2]]);
    assert!(chunk(vec![(0, 8)]).next_batch().unwrap().is_err(), "another producer's");
}

#[test]
fn checksums_are_not_compared_where_that_is_not_wanted() {
    let (setting, _requests) = setting(1 << 20);
    let mut bytes = records(&[2]);
    // In the value of the last record.
    let at = bytes.len() - 2;
    bytes[at] ^= 1;
    let with = |crc_checks| {
        let charge =
            Charge::new(setting.slot.clone(), setting.budget.clone(), bytes.len(), setting.fetcher.clone());
        let range = Range { round: 0, from: 0, until: i64::MAX, crc_checks };
        Chunk::new(charge, &bytes.clone().into(), Aborted::default(), range)
    };
    assert!(with(Switch::On).next_batch().unwrap().is_err());
    assert_eq!(offsets(&mut with(Switch::Off)), [vec![0, 1]]);
}
