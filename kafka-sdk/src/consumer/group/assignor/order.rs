//! Java's orders: of strings, and of the keys in a `HashMap`.

use std::cmp::Ordering;
use std::collections::HashSet;

/// By UTF-16 code units: beyond the Basic Multilingual Plane that is not the order of code points.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    a.encode_utf16().cmp(b.encode_utf16())
}

/// The different keys in the order in which Java iterates a `HashMap` after `computeIfAbsent` with each of `keys`: by
/// bucket, the last one first. Exact until eight of more than 48 keys collide, where Java changes to trees.
pub(super) fn of_hash_map<'k>(keys: impl Iterator<Item = &'k str>) -> Vec<&'k str> {
    let (mut buckets, mut seen) = (16, HashSet::new());
    let mut entries: Vec<(u32, &str)> = Vec::new();
    for key in keys {
        // More than full to three quarters, the table doubles with the next call, whatever its key.
        if 4 * entries.len() > 3 * buckets as usize {
            buckets *= 2;
        }
        if !seen.insert(key) {
            continue;
        }
        let hash = spread(key);
        let collides = |(other, _): &&(u32, &str)| (other ^ hash) & (buckets - 1) == 0;
        if buckets < 64 && entries.iter().filter(collides).count() >= 7 {
            buckets *= 2;
        }
        entries.push((hash, key));
    }
    entries.reverse();
    entries.sort_by_key(|(hash, _)| hash & (buckets - 1));
    entries.into_iter().map(|(_, key)| key).collect()
}

fn spread(text: &str) -> u32 {
    let hash = text.encode_utf16().fold(0_u32, |hash, unit| hash.wrapping_mul(31).wrapping_add(unit.into()));
    hash ^ (hash >> 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surrogates_come_before_the_end_of_the_basic_plane() {
        assert_eq!(compare("z", "\u{1d4b3}"), Ordering::Less);
        assert_eq!(compare("\u{1d4b3}", "\u{ff5e}"), Ordering::Less, "UTF-8 has them the other way round");
        assert_eq!(compare("a", "ab"), Ordering::Less);
    }

    #[test]
    fn hash_maps_are_iterated_as_in_java() {
        // The hash of a letter is its number: q and a are in one bucket of 16, and not of 32.
        let of = |text: &'static str| of_hash_map(text.split_inclusive(|_| true)).concat();
        assert_eq!(of("qab"), "aqb", "the last one of a bucket is the first");
        assert_eq!(of("qabcdefghijkl"), "aqbcdefghijkl");
        assert_eq!(of("qabcdefghijklq"), "abcdefghijklq", "a call that adds nothing doubles the table too");
    }
}
