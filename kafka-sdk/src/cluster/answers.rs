//! The partitions of an answer, found by what was asked: topics go by name in older versions, and by id in newer ones.

use kafka_sdk_protocol::wire::Uuid;
use std::collections::HashMap;
use std::sync::Arc;

/// What came back for each partition.
#[derive(Debug)]
pub(crate) struct Answers<T> {
    /// By the topic's place in `topics`, and the partition.
    found: HashMap<(usize, i32), T>,
    by_name: HashMap<String, usize>,
    by_id: HashMap<Uuid, usize>,
}

impl<T> Answers<T> {
    /// Of topics with name (empty where the version has none) and id, and their partitions with number and answer.
    pub(crate) fn new<P: IntoIterator<Item = (i32, T)>>(
        topics: impl IntoIterator<Item = (String, Uuid, P)>,
    ) -> Self {
        let mut answers = Self { found: HashMap::new(), by_name: HashMap::new(), by_id: HashMap::new() };
        for (next, (name, id, partitions)) in topics.into_iter().enumerate() {
            // A topic can come up more than once.
            let place = match id.is_zero() {
                true => *answers.by_name.entry(name).or_insert(next),
                false => *answers.by_id.entry(id).or_insert(next),
            };
            answers.found.extend(partitions.into_iter().map(|(number, answer)| ((place, number), answer)));
        }
        answers
    }

    /// The answer for a partition; none where it was left out.
    pub(crate) fn take(&mut self, name: &str, id: Uuid, partition: i32) -> Option<T> {
        let place = self.by_name.get(name).or_else(|| self.by_id.get(&id))?;
        self.found.remove(&(*place, partition))
    }
}

/// Whether there is an answer for each partition that was asked for, where it was asked for and no other: as brokers
/// answer, and then nothing has to be looked up. A version with ids has no names.
pub(crate) fn are_in_order<'a>(
    mut asked: impl Iterator<Item = (&'a Arc<str>, Uuid, i32)>,
    mut answered: impl Iterator<Item = (&'a str, Uuid, i32)>,
) -> bool {
    let all_same = asked.all(|(topic, id, partition)| {
        answered.next().is_some_and(|(name, answered_id, number)| {
            let same_topic = if answered_id.is_zero() { **topic == *name } else { id == answered_id };
            same_topic && partition == number
        })
    });
    all_same && answered.next().is_none()
}

/// Items with their topic, in the order in which the topics come up first.
pub(crate) fn by_topic<I>(
    items: impl IntoIterator<Item = I>,
    topic: impl Fn(&I) -> &Arc<str>,
) -> Vec<(Arc<str>, Vec<I>)> {
    grouped(items, &topic, |item| (topic(item).clone(), Vec::new()), |(_, group), item| group.push(item))
}

/// As [`by_topic`], for groups of the caller's making: `new` makes one that is empty, for the topic of an item.
pub(crate) fn grouped<I, G>(
    items: impl IntoIterator<Item = I>,
    topic: impl Fn(&I) -> &Arc<str>,
    new: impl Fn(&I) -> G,
    add: impl Fn(&mut G, I),
) -> Vec<G> {
    let mut places: HashMap<Arc<str>, usize> = HashMap::new();
    let mut groups: Vec<G> = Vec::new();
    // Nearly always all are of one topic, which needs no map.
    let mut last: Option<(Arc<str>, usize)> = None;
    for item in items {
        let topic = topic(&item);
        let place = match &last {
            Some((before, place)) if before == topic => *place,
            None => 0,
            Some((before, place)) => {
                places.entry(before.clone()).or_insert(*place);
                places.get(topic).copied().unwrap_or(groups.len())
            }
        };
        if last.as_ref().is_none_or(|(_, before)| *before != place) {
            last = Some((topic.clone(), place));
        }
        if place == groups.len() {
            groups.push(new(&item));
        }
        if let Some(group) = groups.get_mut(place) {
            add(group, item);
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_are_found_by_name_or_by_id_and_once() {
        let id = Uuid([7; 16]);
        let topics = [
            ("a".to_owned(), Uuid::ZERO, vec![(0, 'x'), (1, 'y')]),
            (String::new(), id, vec![(0, 'z')]),
            ("a".to_owned(), Uuid::ZERO, vec![(2, 'w')]),
        ];
        let mut answers = Answers::new(topics);
        assert_eq!(answers.take("a", Uuid::ZERO, 1), Some('y'));
        assert_eq!(answers.take("a", Uuid::ZERO, 1), None);
        assert_eq!(answers.take("b", id, 0), Some('z'));
        assert_eq!(
            (answers.take("a", Uuid::ZERO, 0), answers.take("a", Uuid::ZERO, 2)),
            (Some('x'), Some('w'))
        );
        assert_eq!(answers.take("c", Uuid::ZERO, 0), None, "an unknown id is not that of another topic");
    }

    #[test]
    fn answers_are_in_order_when_each_is_where_it_was_asked_for() {
        let (a, b): (Arc<str>, Arc<str>) = ("a".into(), "b".into());
        let (none, id) = (Uuid::ZERO, Uuid([7; 16]));
        let asked = [(&a, none, 0), (&a, none, 1), (&b, id, 0)];
        let in_order =
            |answered: &[(&str, Uuid, i32)]| are_in_order(asked.into_iter(), answered.iter().copied());
        let all = [("a", none, 0), ("a", none, 1), ("", id, 0)];
        assert!(in_order(&all));
        assert!(!in_order(&all[..2]), "one is missing");
        assert!(!in_order(&[all[1], all[0], all[2]]));
        assert!(!in_order(&[all[0], all[1], all[2], all[2]]), "one too many");
        assert!(!in_order(&[("b", none, 0), all[1], all[2]]));
        assert!(!in_order(&[all[0], all[1], ("", Uuid([8; 16]), 0)]));
    }

    #[test]
    fn groups_keep_the_order() {
        let items = [("b", 1), ("b", 2), ("a", 3), ("c", 4), ("b", 5), ("c", 6)];
        let items: Vec<(Arc<str>, i32)> = items.map(|(t, n)| (t.into(), n)).into();
        let groups = by_topic(items, |(topic, _)| topic);
        let numbers = |group: &[(Arc<str>, i32)]| group.iter().map(|(_, n)| *n).collect::<Vec<_>>();
        let found: Vec<_> = groups.iter().map(|(topic, group)| (topic.as_ref(), numbers(group))).collect();
        assert_eq!(found, [("b", vec![1, 2, 5]), ("a", vec![3]), ("c", vec![4, 6])]);
    }
}
