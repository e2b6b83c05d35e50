//! Which offsets are out. Those that are near each other are bits of words that are set and cleared without a lock;
//! where a word goes to later offsets, what is left of the earlier ones waits behind one.
//!
//! ```text
//! put ──> words ──> taken
//!           │
//!           └─────> far ──> taken     the word has gone on
//! ```

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// So many offsets share a word; above their bits it has the number of what it is of, or the lower bits of that.
const PER_WORD: i64 = 16;
const BITS: u64 = 0xffff;
/// So many times [`PER_WORD`] offsets do without the lock.
const WORDS: usize = 128;

#[derive(Debug)]
pub(super) struct Out {
    words: [AtomicU64; WORDS],
    far: Mutex<Far>,
}

#[derive(Debug)]
struct Far {
    /// The first offset that a word is of.
    bases: [i64; WORDS],
    /// By its first offset: what is left of it.
    left: BTreeMap<i64, u64>,
    /// How many they are.
    count: usize,
}

/// Where an offset is.
#[derive(Clone, Copy)]
struct Place {
    index: usize,
    tag: u64,
    bit: u64,
}

impl Place {
    #[inline]
    fn of(offset: i64) -> Self {
        let number = offset.div_euclid(PER_WORD).cast_unsigned();
        let bit = 1 << offset.rem_euclid(PER_WORD);
        Self { index: number as usize % WORDS, tag: number << PER_WORD, bit }
    }

    #[inline]
    fn is_in(self, word: u64) -> bool {
        word & !BITS == self.tag
    }
}

/// The first offset of those that share a word with this one.
fn base(offset: i64) -> i64 {
    offset - offset.rem_euclid(PER_WORD)
}

fn count(bits: u64) -> usize {
    (bits & BITS).count_ones() as usize
}

fn first(base: i64, bits: u64) -> Option<i64> {
    (bits & BITS != 0).then(|| base + i64::from(bits.trailing_zeros()))
}

/// The bits from this offset on.
fn from(offset: i64, base: i64) -> u64 {
    match offset.saturating_sub(base) {
        ..=0 => BITS,
        PER_WORD.. => 0,
        behind => BITS << behind & BITS,
    }
}

impl Default for Out {
    fn default() -> Self {
        let far = Far { bases: [0; WORDS], left: BTreeMap::new(), count: 0 };
        Self { words: [const { AtomicU64::new(0) }; WORDS], far: Mutex::new(far) }
    }
}

impl Out {
    fn far(&self) -> MutexGuard<'_, Far> {
        self.far.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// By one thread at a time.
    #[inline]
    pub(super) fn put(&self, offset: i64) {
        let place = Place::of(offset);
        let word = &self.words[place.index];
        if place.is_in(word.load(SeqCst)) {
            word.fetch_or(place.bit, SeqCst);
        } else {
            self.go_on(place, base(offset));
        }
    }

    /// Has the word be of other offsets.
    fn go_on(&self, place: Place, base: i64) {
        let mut far = self.far();
        // Where reading has gone back.
        let again = far.left.remove(&base).unwrap_or(0);
        far.count -= count(again);
        // Who sees the new ones in it finds the earlier ones behind the lock.
        let before = self.words[place.index].swap(place.tag | again | place.bit, SeqCst) & BITS;
        let base_before = std::mem::replace(&mut far.bases[place.index], base);
        if before != 0 {
            far.left.insert(base_before, before);
            far.count += count(before);
        }
    }

    /// Whether it was out until now.
    #[inline]
    pub(super) fn take(&self, offset: i64) -> bool {
        let place = Place::of(offset);
        let word = &self.words[place.index];
        let mut seen = word.load(SeqCst);
        while place.is_in(seen) {
            if seen & place.bit == 0 {
                return false;
            }
            match word.compare_exchange_weak(seen, seen & !place.bit, SeqCst, SeqCst) {
                Ok(_) => return true,
                Err(now) => seen = now,
            }
        }
        self.take_far(offset, place)
    }

    #[cold]
    fn take_far(&self, offset: i64, place: Place) -> bool {
        let mut far = self.far();
        // It may have come back to the word meanwhile.
        if place.is_in(self.words[place.index].load(SeqCst)) {
            return self.words[place.index].fetch_and(!place.bit, SeqCst) & place.bit != 0;
        }
        let Some(left) = far.left.get_mut(&base(offset)).filter(|left| **left & place.bit != 0) else {
            return false;
        };
        *left &= !place.bit;
        if *left == 0 {
            far.left.remove(&base(offset));
        }
        far.count -= 1;
        true
    }

    /// Takes this one, and all behind it.
    pub(super) fn take_from(&self, offset: i64) {
        let mut far = self.far();
        for (word, &base) in self.words.iter().zip(&far.bases) {
            word.fetch_and(!from(offset, base), SeqCst);
        }
        far.left.retain(|&base, left| {
            *left &= !from(offset, base);
            *left != 0
        });
        far.count = far.left.values().map(|&left| count(left)).sum();
    }

    /// The first one that is out. Of what is put meanwhile it may be a later one.
    pub(super) fn first(&self) -> Option<i64> {
        let far = self.far();
        let words =
            self.words.iter().zip(&far.bases).filter_map(|(word, &base)| first(base, word.load(SeqCst)));
        words.chain(far.left.first_key_value().and_then(|(&base, &left)| first(base, left))).min()
    }

    pub(super) fn count(&self) -> usize {
        let far = self.far();
        far.count + self.words.iter().map(|word| count(word.load(SeqCst))).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn what_is_out_is_what_was_put_and_not_taken_however_far_from_each_other() {
        let (out, mut model) = (Out::default(), BTreeSet::new());
        let (mut random, mut next) = (fastrand::Rng::with_seed(7), 0);
        for step in 0..200_000 {
            let near = model.last().copied().unwrap_or(0) - random.i64(0..5_000);
            match random.u8(..20) {
                0..9 => {
                    next += if random.u8(..50) == 0 { random.i64(0..1 << 40) } else { random.i64(1..4) };
                    out.put(next);
                    model.insert(next);
                }
                9..18 => {
                    let Some(&taken) = model.range(near..).next() else { continue };
                    assert!(model.remove(&taken) && out.take(taken), "{taken} after {step}");
                    assert!(!out.take(taken));
                }
                18 if step % 50 == 0 => {
                    out.take_from(near);
                    drop(model.split_off(&near));
                }
                // Reading goes back a little.
                19 if step % 50 == 0 => next = (next - random.i64(0..5_000)).max(0),
                _ => {}
            }
            if step % 16 == 0 {
                assert_eq!((out.count(), out.first()), (model.len(), model.first().copied()), "after {step}");
            }
        }
    }
}
