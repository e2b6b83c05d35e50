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

/// Items with their topic, in the order in which the topics come up first.
pub(crate) fn by_topic<I>(
    items: impl IntoIterator<Item = I>,
    topic: impl Fn(&I) -> &Arc<str>,
) -> Vec<(Arc<str>, Vec<I>)> {
    let mut places: HashMap<Arc<str>, usize> = HashMap::new();
    let mut groups: Vec<(Arc<str>, Vec<I>)> = Vec::new();
    for item in items {
        let topic = topic(&item).clone();
        let place = *places.entry(topic.clone()).or_insert(groups.len());
        match groups.get_mut(place) {
            Some((_, group)) => group.push(item),
            None => groups.push((topic, vec![item])),
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
    fn groups_keep_the_order() {
        let items: Vec<(Arc<str>, i32)> = [("b", 1), ("a", 2), ("b", 3)].map(|(t, n)| (t.into(), n)).into();
        let groups = by_topic(items, |(topic, _)| topic);
        let numbers = |group: &[(Arc<str>, i32)]| group.iter().map(|(_, n)| *n).collect::<Vec<_>>();
        let found: Vec<_> = groups.iter().map(|(topic, group)| (topic.as_ref(), numbers(group))).collect();
        assert_eq!(found, [("b", vec![1, 3]), ("a", vec![2])]);
    }
}
