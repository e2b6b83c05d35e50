//! Fetch sessions (KIP-227): a request in a session names only what has changed since the one before, and is about all
//! that the session holds.

use std::collections::{BTreeSet, HashMap};

use kafka_sdk_protocol::api::FetchRequest;
use kafka_sdk_protocol::api::fetch::FetchTopic;
use kafka_sdk_protocol::wire::Uuid;

/// A partition, as a Fetch request names it: by the topic's name, or by its id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fetched {
    pub(super) topic: String,
    pub(super) topic_id: Uuid,
    pub(super) partition: i32,
}

/// The sessions of all nodes, by node and session id.
#[derive(Debug, Default)]
pub(super) struct Sessions(HashMap<(i32, i32), BTreeSet<Fetched>>);

/// A request with these epochs names all its partitions; with the first of them, it begins a session.
const BEGIN: i32 = 0;
const NO_SESSION: i32 = -1;

impl Sessions {
    /// What a request is about.
    pub(super) fn fetched(&mut self, node: i32, request: &FetchRequest) -> BTreeSet<Fetched> {
        let named = named(&request.topics);
        if [BEGIN, NO_SESSION].contains(&request.session_epoch) {
            self.0.remove(&(node, request.session_id));
            return named;
        }
        let session = self.0.entry((node, request.session_id)).or_default();
        session.extend(named);
        for topic in &request.forgotten_topics_data {
            session.retain(|it| {
                let same = it.topic == topic.topic && it.topic_id == topic.topic_id;
                !(same && topic.partitions.contains(&it.partition))
            });
        }
        session.clone()
    }

    /// A session has begun: an answer gives it an id.
    pub(super) fn begun(&mut self, node: i32, session_id: i32, fetched: BTreeSet<Fetched>) {
        if session_id != 0 {
            self.0.insert((node, session_id), fetched);
        }
    }
}

/// Whether the answer to this request may begin a session.
pub(super) fn begins(request: &FetchRequest) -> bool {
    request.session_epoch == BEGIN
}

fn named(topics: &[FetchTopic]) -> BTreeSet<Fetched> {
    let partitions = |topic: &FetchTopic| {
        let (name, id) = (topic.topic.clone(), topic.topic_id);
        let fetched = move |partition| Fetched { topic: name.clone(), topic_id: id, partition };
        topic.partitions.iter().map(|it| it.partition).map(fetched).collect::<Vec<_>>()
    };
    topics.iter().flat_map(partitions).collect()
}

#[cfg(test)]
mod tests {
    use kafka_sdk_protocol::api::fetch::{FetchPartition, ForgottenTopic};

    use super::*;

    fn request(session_id: i32, session_epoch: i32, topics: &[(&str, &[i32])]) -> FetchRequest {
        let topic = |&(topic, partitions): &(&str, &[i32])| {
            let partition = |&partition: &i32| FetchPartition { partition, ..Default::default() };
            let partitions = partitions.iter().map(partition).collect();
            FetchTopic { topic: topic.into(), partitions, ..Default::default() }
        };
        let topics = topics.iter().map(topic).collect();
        FetchRequest { session_id, session_epoch, topics, ..Default::default() }
    }

    fn text(fetched: &BTreeSet<Fetched>) -> String {
        let text: Vec<String> = fetched.iter().map(|it| format!("{}-{}", it.topic, it.partition)).collect();
        text.join(" ")
    }

    #[test]
    fn a_request_in_a_session_is_about_all_that_the_session_holds() {
        let mut sessions = Sessions::default();
        let begin = request(0, 0, &[("a", &[0, 1]), ("b", &[0])]);
        assert!(begins(&begin));
        let fetched = sessions.fetched(1, &begin);
        assert_eq!(text(&fetched), "a-0 a-1 b-0");
        sessions.begun(1, 77, fetched);
        assert_eq!(text(&sessions.fetched(1, &request(77, 1, &[]))), "a-0 a-1 b-0");
        assert_eq!(text(&sessions.fetched(2, &request(77, 1, &[]))), "", "another node's");
        let forgotten = ForgottenTopic { topic: "a".into(), partitions: vec![0], ..Default::default() };
        let change =
            FetchRequest { forgotten_topics_data: vec![forgotten], ..request(77, 2, &[("c", &[5])]) };
        assert_eq!(text(&sessions.fetched(1, &change)), "a-1 b-0 c-5");
    }

    #[test]
    fn a_request_outside_of_sessions_is_about_what_it_names() {
        let mut sessions = Sessions::default();
        let alone = request(0, -1, &[("a", &[3])]);
        assert!(!begins(&alone));
        assert_eq!(text(&sessions.fetched(1, &alone)), "a-3");
        sessions.begun(1, 0, BTreeSet::new());
        assert!(sessions.0.is_empty());
    }
}
