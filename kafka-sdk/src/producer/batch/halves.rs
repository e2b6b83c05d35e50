//! Taking a batch apart that was refused as too large.

use super::super::compress::Packing;
use super::{Batch, Content};
use bytes::Bytes;
use kafka_sdk_protocol::records::{BatchBuilder, ProducerStamp, batches};

impl Batch {
    /// Two halves of it, the first records first, in memory of the same account. A batch of one record stays whole, and so
    /// does one that cannot be read back, which is not possible for what we wrote.
    pub(in super::super) fn halves(mut self) -> Vec<Self> {
        let halves = self.bytes().and_then(|bytes| halve(bytes, self.records, self.packing));
        let Some(halves) = halves else { return vec![self] };
        let [left, right] = halves.map(|half| Content::Packed(self.account.charge(half)));
        let at = self.records / 2;
        let rest = self.promise.split_off(at);
        let half = |content, records, promise| Self {
            content,
            records,
            promise,
            created: self.created,
            meter: self.meter.clone(),
            packing: self.packing,
            on_batch: self.on_batch.clone(),
            plain_size: self.plain_size / 2,
            account: self.account.clone(),
        };
        vec![half(left, at, self.promise), half(right, self.records - at, rest)]
    }
}

/// The bytes of two batches with half of the records each.
fn halve(bytes: &Bytes, records: u32, packing: Packing) -> Option<[Vec<u8>; 2]> {
    if records < 2 {
        return None;
    }
    let whole = batches(bytes).next()?.ok()?.records().ok()?;
    let mut halves = [BatchBuilder::new(Vec::new()), BatchBuilder::new(Vec::new())];
    for (i, record) in (0..records).zip(&whole) {
        let headers: Vec<_> =
            record.headers().map(|h| (std::str::from_utf8(h.name).unwrap_or_default(), h.value)).collect();
        let half = &mut halves[usize::from(i >= records / 2)];
        half.append(record.timestamp, record.key, record.value, headers.into_iter());
    }
    // A batch is taken apart once or twice in the life of a topic: the sender does that itself.
    let Packing { codec, level } = packing;
    let [left, right] =
        halves.map(|half| half.seal_compressed(ProducerStamp::NONE, codec, level, Vec::new()));
    Some([left.ok()?.batch, right.ok()?.batch])
}
