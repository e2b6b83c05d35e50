//! What a record says of itself: where it belongs, who wrote it as its how-manieth there, and whether it is whole. A line of
//! text, because that is what Kafka's console consumer prints.

use crc_fast::{CrcAlgorithm, checksum};

/// Who wrote a record, and as its how-manieth record in that partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp<'a> {
    /// The topic that it was sent to.
    pub topic: &'a str,
    /// The partition that it was sent to.
    pub partition: i32,
    /// The writer.
    pub writer: u32,
    /// Counts the writer's records in this partition, from 0.
    pub sequence: usize,
}

/// A value of about `size` bytes.
#[must_use]
pub fn encode(stamp: &Stamp<'_>, size: usize) -> String {
    let Stamp { topic, partition, writer, sequence } = stamp;
    let mut text = format!("{topic} {partition} {writer} {sequence} ");
    // Another letter for each record: bytes of a neighbour do not go unnoticed.
    let filler = char::from(b'a' + (sequence % 26) as u8);
    text.extend(std::iter::repeat_n(filler, size.saturating_sub(text.len() + 9)));
    let sum = crc(text.as_bytes());
    text.push_str(&format!(" {sum:08x}"));
    text
}

/// What the value says; none where it is not whole.
#[must_use]
pub fn decode(value: &[u8]) -> Option<Stamp<'_>> {
    let (text, sum) = std::str::from_utf8(value).ok()?.rsplit_once(' ')?;
    if u32::from_str_radix(sum, 16).ok()? != crc(text.as_bytes()) {
        return None;
    }
    let mut words = text.splitn(5, ' ');
    let topic = words.next()?;
    let partition = words.next()?.parse().ok()?;
    let writer = words.next()?.parse().ok()?;
    let sequence = words.next()?.parse().ok()?;
    Some(Stamp { topic, partition, writer, sequence })
}

/// The checksum of a text; 32 bits of it are all there is.
pub(crate) fn crc(bytes: &[u8]) -> u32 {
    u32::try_from(checksum(CrcAlgorithm::Crc32Iscsi, bytes)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_says_where_it_belongs() {
        let stamp = Stamp { topic: "orders", partition: 2, writer: 7, sequence: 123 };
        for size in [0, 40, 1_000] {
            let value = encode(&stamp, size);
            assert_eq!(decode(value.as_bytes()), Some(stamp));
            assert!(value.len() >= size && value.len() < size.max(40) + 1, "{} for {size}", value.len());
        }
    }

    #[test]
    fn a_record_that_is_not_whole_is_noticed() {
        let value = encode(&Stamp { topic: "t", partition: 0, writer: 0, sequence: 9 }, 60).into_bytes();
        for cut in 0..value.len() {
            assert_eq!(decode(&value[..cut]), None);
        }
        for at in 0..value.len() {
            let mut bent = value.clone();
            bent[at] ^= 1;
            assert_eq!(decode(&bent), None, "byte {at}");
        }
    }
}
