//! Groups of the consumer protocol on made-up time.

use super::*;
use crate::embedded::state::partition::Partition;
use kafka_sdk_protocol::api::ConsumerGroupHeartbeatResponse;

const SESSION: i64 = 45_000;
const REBALANCE: i64 = 60_000;
const KEPT: Uuid = Uuid([1; 16]);
const OTHER: Uuid = Uuid([2; 16]);

/// A group, the topics of its cluster, and the time.
struct Made {
    group: Consumer,
    topics: Topics,
    now: i64,
}

impl Made {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(set: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings::new((4, 4), &[].into());
        settings.assignment_interval = 0;
        set(&mut settings);
        let topics = [("kept".to_owned(), topic(KEPT, 4)), ("other".to_owned(), topic(OTHER, 2))];
        Self { group: Consumer::new(settings), topics: topics.into(), now: 0 }
    }

    fn pass(&mut self, time: i64) {
        self.now += time;
        self.group.advance(&self.topics, self.now);
    }

    fn send(&mut self, beat: Beat) -> Result<ConsumerGroupHeartbeatResponse, ErrorCode> {
        self.group.heartbeat(beat, &self.topics, self.now).map_err(|(code, _)| code)
    }

    /// The epoch and the share of one that joins.
    fn join(&mut self, id: &str, names: &[&str]) -> (i32, Partitions) {
        let answer = self.send(joining(id, names)).unwrap();
        (answer.member_epoch, share(&answer).unwrap())
    }

    /// A heartbeat of one that says what it has.
    fn beat(
        &mut self,
        id: &str,
        epoch: i32,
        owned: &Partitions,
    ) -> Result<(i32, Option<Partitions>), ErrorCode> {
        let owned = Some(owned.clone());
        let answer = self.send(Beat { member_id: id.into(), epoch, owned, ..Default::default() })?;
        Ok((answer.member_epoch, share(&answer)))
    }

    fn leave(&mut self, id: &str, epoch: i32, instance: Option<&str>) -> Result<i32, ErrorCode> {
        let instance = instance.map(str::to_owned);
        let answer = self.send(Beat { member_id: id.into(), epoch, instance, ..Default::default() })?;
        Ok(answer.member_epoch)
    }
}

fn topic(id: Uuid, partitions: usize) -> Topic {
    let partitions = (0..partitions).map(|_| Partition::new(vec![1], |_| true)).collect();
    Topic { id, partitions, configs: BTreeMap::new() }
}

fn joining(id: &str, names: &[&str]) -> Beat {
    Beat {
        member_id: id.into(),
        rebalance_timeout: Some(REBALANCE),
        names: Some(names.iter().map(|&name| name.to_owned()).collect()),
        assignor: Some("range".into()),
        owned: Some(Partitions::new()),
        ..Default::default()
    }
}

fn share(answer: &ConsumerGroupHeartbeatResponse) -> Option<Partitions> {
    let of_topic = |it: &kafka_sdk_protocol::api::consumer_group_heartbeat::ResponseTopicPartitions| {
        (it.topic_id, it.partitions.iter().copied().collect())
    };
    Some(answer.assignment.as_ref()?.topic_partitions.iter().map(of_topic).collect())
}

fn kept(partitions: impl IntoIterator<Item = i32>) -> Partitions {
    [(KEPT, partitions.into_iter().collect())].into()
}

#[test]
fn a_member_gets_what_others_have_when_they_have_given_it_up() {
    let mut made = Made::new();
    let (first, all) = made.join("a", &["kept"]);
    assert_eq!(all, kept(0..4));
    let (second, nothing) = made.join("b", &["kept"]);
    assert_eq!((second, nothing), (first + 1, Partitions::new()));
    assert_eq!(made.group.state(), "Reconciling");
    assert_eq!(made.beat("a", first, &all), Ok((first, Some(kept(0..2)))), "it has to give up two first");
    assert_eq!(made.beat("b", second, &Partitions::new()), Ok((second, None)), "not yet");
    assert_eq!(made.beat("a", first, &kept(0..2)), Ok((second, None)));
    assert_eq!(made.beat("b", second, &Partitions::new()), Ok((second, Some(kept(2..4)))));
    assert_eq!(made.group.state(), "Stable");
}

#[test]
fn who_is_not_heard_of_is_out_and_his_share_is_free() {
    let mut made = Made::new();
    let (first, _) = made.join("a", &["kept"]);
    made.pass(SESSION - 1);
    let (_, nothing) = made.join("b", &["kept"]);
    assert!(nothing.is_empty());
    made.pass(1);
    assert_eq!(made.beat("a", first, &kept(0..4)), Err(ErrorCode::UNKNOWN_MEMBER_ID));
    assert_eq!(made.group.state(), "Assigning");
    assert_eq!(made.beat("b", first + 1, &Partitions::new()), Ok((first + 2, Some(kept(0..4)))));
}

#[test]
fn who_does_not_give_up_in_time_is_out() {
    let mut made = Made::with(|settings| settings.consumer_session = REBALANCE * 2);
    let (first, all) = made.join("a", &["kept"]);
    made.join("b", &["kept"]);
    made.beat("a", first, &all).unwrap();
    made.pass(REBALANCE - 1);
    made.beat("a", first, &all).unwrap();
    made.pass(1);
    assert_eq!(made.beat("a", first, &all), Err(ErrorCode::UNKNOWN_MEMBER_ID));
}

#[test]
fn an_epoch_that_does_not_fit_is_fenced_but_for_a_lost_answer() {
    let mut made = Made::new();
    let (first, all) = made.join("a", &["kept"]);
    assert_eq!(made.beat("a", first + 1, &all), Err(ErrorCode::FENCED_MEMBER_EPOCH));
    made.topics.insert("kept".into(), topic(KEPT, 5));
    assert_eq!(made.beat("a", first, &all), Ok((first + 1, Some(kept(0..5)))), "a partition has come");
    assert_eq!(made.beat("a", first, &all), Ok((first + 1, None)), "the answer was lost");
    assert_eq!(made.beat("a", first - 1, &all), Err(ErrorCode::FENCED_MEMBER_EPOCH));
    assert_eq!(made.beat("a", first, &kept([7])), Err(ErrorCode::FENCED_MEMBER_EPOCH));
}

#[test]
fn a_static_member_keeps_its_share_while_it_is_away() {
    let mut made = Made::new();
    let by = |id: &str| Beat { instance: Some("one".into()), ..joining(id, &["kept"]) };
    let first = made.send(by("a")).unwrap();
    assert_eq!(made.send(by("b")), Err(ErrorCode::UNRELEASED_INSTANCE_ID));
    assert_eq!(made.leave("b", -2, Some("one")), Err(ErrorCode::FENCED_INSTANCE_ID));
    assert_eq!(made.leave("a", -2, Some("one")), Ok(-2));
    let back = made.send(by("b")).unwrap();
    assert_eq!((back.member_epoch, share(&back)), (first.member_epoch, Some(kept(0..4))));
    assert_eq!(made.leave("b", -1, Some("one")), Ok(-1));
    assert_eq!(made.group.state(), "Empty");
}

#[test]
fn a_pattern_matches_whole_names_also_of_topics_that_come_later() {
    let mut made = Made::new();
    let by = |pattern: &str| Beat { names: None, pattern: Some(pattern.into()), ..joining("a", &[]) };
    assert_eq!(made.send(by("k[")), Err(ErrorCode::INVALID_REGULAR_EXPRESSION));
    let first = made.send(by("ke|kept")).unwrap();
    assert_eq!(share(&first), Some(kept(0..4)));
    made.topics.insert("ke".into(), topic(OTHER, 1));
    let (_, more) = made.beat("a", first.member_epoch, &kept(0..4)).unwrap();
    assert_eq!(more.unwrap().len(), 2);
}

#[test]
fn a_target_counts_for_a_while() {
    let mut made = Made::with(|settings| settings.assignment_interval = 1000);
    let (first, _) = made.join("a", &["kept"]);
    let (second, _) = made.join("b", &["kept"]);
    assert_eq!((second, made.group.state()), (first, "Assigning"), "the last one is too young");
    assert_eq!(made.group.due(), Some(1000));
    made.pass(1000);
    assert_eq!(made.group.state(), "Reconciling");
}

#[test]
fn an_older_epoch_may_commit_what_it_has_had_since_then() {
    use crate::embedded::state::groups::classic::Committer;
    let mut made = Made::new();
    let (first, all) = made.join("a", &["kept"]);
    made.topics.insert("kept".into(), topic(KEPT, 5));
    let (second, _) = made.beat("a", first, &all).unwrap();
    let check = |made: &Made, generation, partition| {
        let by = Committer { member_id: "a", instance: None, generation };
        made.group.check_commit(by, 9, &[(KEPT, partition)])
    };
    assert_eq!(check(&made, second, 4), Ok(()));
    assert_eq!(check(&made, first, 0), Ok(()));
    assert_eq!(check(&made, first, 4), Err(ErrorCode::STALE_MEMBER_EPOCH));
    assert_eq!(check(&made, second + 1, 0), Err(ErrorCode::STALE_MEMBER_EPOCH));
    made.group.settings.release = (4, 2);
    assert_eq!(check(&made, first, 0), Err(ErrorCode::STALE_MEMBER_EPOCH));
}

#[test]
fn uniform_is_balanced_and_moves_no_more_than_it_must() {
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..300 {
        let topics: Vec<Uuid> = (1..=3).map(|n| Uuid([n; 16])).collect();
        let partitions = topics.iter().map(|&topic| (topic, random.usize(1..6))).collect();
        let wish = |n: u8| assignors::Wish {
            member: format!("m{n}"),
            instance: None,
            topics: topics.iter().copied().collect(),
        };
        let mut wishes = assignors::Wishes { members: (0..4).map(wish).collect(), partitions };
        let total: usize = wishes.partitions.values().sum();
        let before = assignors::assign("uniform", &wishes, &BTreeMap::new());
        wishes.members.push(wish(9));
        let after = assignors::assign("uniform", &wishes, &before);
        let counts: Vec<usize> = after.values().map(|it| it.values().map(BTreeSet::len).sum()).collect();
        assert_eq!(counts.iter().sum::<usize>(), total, "each is somebody's");
        assert!(counts.iter().max().unwrap() - counts.iter().min().unwrap() <= 1, "{counts:?}");
        let stays = |(id, it): (&String, &Partitions)| {
            let of_topic = |(topic, all): (&Uuid, &BTreeSet<i32>)| {
                after[id].get(topic).map_or(0, |now| now.intersection(all).count())
            };
            it.iter().map(of_topic).sum::<usize>()
        };
        let moved = total - before.iter().map(stays).sum::<usize>();
        assert_eq!(moved, total / 5, "only what the new one gets");
    }
}
