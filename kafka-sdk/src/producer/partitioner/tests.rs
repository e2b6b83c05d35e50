use super::*;

const LEADERS: [Option<i32>; 4] = [Some(1), None, Some(2), Some(1)];
const LED: [u32; 3] = [0, 2, 3];

fn place(partitioning: impl Into<Partitioning>, key: Option<&[u8]>) -> Option<i32> {
    place_among(Partitions::new(&LEADERS, &LED), &partitioning.into(), key, &AtomicU32::new(0))
}

fn place_among(
    partitions: Partitions<'_>,
    partitioning: &Partitioning,
    key: Option<&[u8]>,
    turn: &AtomicU32,
) -> Option<i32> {
    match partitioning.by_key(key, partitions.leaders.len()) {
        Place::At(number) => Some(number),
        Place::Anywhere => None,
        Place::ByLeaders(rule) => rule.place("t", key, partitions, turn),
    }
}

#[test]
fn null_and_empty_keys_go_where_other_clients_put_them() {
    // What an empty key hashes to, among four.
    let (murmur2, crc32, fnv1a) = (1, 0, 3);
    let of = |partitioning: Partitioning| (place(partitioning.clone(), None), place(partitioning, Some(b"")));
    assert_eq!(of(Partitioning::Murmur2), (Some(murmur2), Some(murmur2)));
    assert_eq!(of(Partitioning::Murmur2Random), (None, Some(murmur2)));
    assert_eq!(of(Partitioning::Consistent), (Some(crc32), Some(crc32)));
    assert_eq!(of(Partitioning::ConsistentRandom), (None, None));
    assert_eq!(of(Partitioning::Fnv1a), (Some(fnv1a), Some(fnv1a)));
    assert_eq!(of(Partitioning::Fnv1aRandom), (None, Some(fnv1a)));
    assert_eq!(of(Partitioning::Sticky), (None, None));
    assert_eq!(place(Partitioning::Sticky, Some(b"k")), None);
    assert_eq!(place(Partitioning::Random, None), None);
}

#[test]
fn equal_keys_go_to_one_partition_by_hash_and_to_any_at_random() {
    for by_hash in [Partitioning::Murmur2Random, Partitioning::ConsistentRandom, Partitioning::Fnv1aRandom] {
        let one = place(by_hash.clone(), Some(b"key"));
        assert!((0..100).all(|_| place(by_hash.clone(), Some(b"key")) == one));
    }
    let mut seen: Vec<i32> = (0..1_000).filter_map(|_| place(Partitioning::Random, Some(b"key"))).collect();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen, [0, 2, 3], "those with a leader");
}

#[test]
fn round_robin_takes_partitions_with_a_leader_in_turn_whatever_the_key() {
    let (turn, partitions) = (AtomicU32::new(0), Partitions::new(&LEADERS, &LED));
    let next = |key: Option<&[u8]>| place_among(partitions, &Partitioning::RoundRobin, key, &turn).unwrap();
    assert_eq!([next(None), next(Some(b"k")), next(Some(b"k")), next(None)], [0, 2, 3, 0]);
    let nobody = Partitions::new(&[None, None], &[]);
    let place = || place_among(nobody, &Partitioning::RoundRobin, None, &turn).unwrap();
    assert_eq!([place(), place(), place()], [0, 1, 0], "all of them where none is led");
}

#[test]
fn an_own_partitioner_sees_topic_key_and_leaders() {
    let own = |topic: &str, key: Option<&[u8]>, partitions: Partitions<'_>| {
        assert_eq!((topic, partitions.count(), partitions.leader(1)), ("t", 4, None));
        assert_eq!(
            (partitions.leader(3), partitions.leader(4), partitions.leader(-1)),
            (Some(1), None, None)
        );
        assert!(partitions.led().eq([0, 2, 3]));
        Some(key?.len() as i32)
    };
    assert_eq!((place(own, Some(b"ab")), place(own, None)), (Some(2), None));
}

#[test]
fn sticky_passes_over_partitions_without_a_leader_and_stalled_brokers() {
    let partitions = Partitions::new(&LEADERS, &LED);
    let next = |partitions, stalled: &[i32]| next_sticky(partitions, stalled, None::<fn(u32) -> usize>);
    for _ in 0..200 {
        assert_ne!(next(partitions, &[]), 1);
        assert_eq!(next(partitions, &[1]), 2);
        assert_ne!(next(partitions, &[1, 2]), 1, "any with a leader, where all are stalled");
        assert!(next(Partitions::new(&[None; 4], &[]), &[1]) < 4, "any, where there is none");
    }
}
