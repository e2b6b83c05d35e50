//! Fetches in sessions (KIP-227).

use super::*;

const SESSION: i32 = 7;

impl World {
    /// Answers within the session, with news of these partitions only.
    fn news(&mut self, (broker, generation, plan): (i32, u64, Plan), partitions: Vec<PartitionData>) {
        let topic = FetchableTopicResponse { topic: "t".into(), partitions, ..Default::default() };
        let response = FetchResponse { session_id: SESSION, responses: vec![topic], ..Default::default() };
        self.reply(Reply::Fetched { broker, generation, plan, outcome: Ok(response), leaders: None });
    }

    fn answer_of_session(&mut self, (broker, generation, plan): (i32, u64, Plan), error_code: ErrorCode) {
        let outcome = Ok(FetchResponse { error_code, ..Default::default() });
        self.reply(Reply::Fetched { broker, generation, plan, outcome, leaders: None });
    }
}

fn data(partition_index: i32, high_watermark: i64, records: Bytes) -> PartitionData {
    PartitionData { partition_index, high_watermark, records: Some(records), ..Default::default() }
}

/// What the broker is told, and what it is to forget.
fn said(plan: &Plan) -> (Vec<(i32, i64)>, Vec<i32>) {
    let question = &plan.question;
    let named = question.named.iter().map(|asked| (asked.partition, asked.offset)).collect();
    (named, question.forgotten.iter().map(|gone| gone.partition).collect())
}

#[test]
fn what_an_answer_leaves_out_has_no_news_and_is_asked_for_without_a_word() {
    let mut world = World::speaking(12, &[1, 1], None, 1 << 20);
    let first = world.fetch().unwrap();
    assert_eq!(said(&first.2), (vec![(0, 0), (1, 0)], vec![]));
    world.news(first, vec![data(0, 1, records(0, 1, 10)), data(1, 0, Bytes::new())]);
    let second = world.fetch().unwrap();
    assert_eq!(said(&second.2), (vec![(0, 1)], vec![]));
    assert_eq!(second.2.asked.len(), 2, "of the other one there may be news as well");
    world.news(second, vec![data(1, 3, records(0, 3, 10))]);
    assert!(world.calls.iter().all(|call| matches!(call, Call::Fetch { .. })), "{:?}", world.calls);
    let third = world.fetch().unwrap();
    assert_eq!(said(&third.2), (vec![(1, 3)], vec![]));
    world.news(third, vec![]);
    assert_eq!(said(&world.fetch().unwrap().2), (vec![], vec![]), "nothing has changed");
}

#[test]
fn a_partition_with_its_share_is_named_as_one_to_forget_and_put_back_with_its_position() {
    let mut world = World::speaking(12, &[1, 1], None, 4_000);
    let first = world.fetch().unwrap();
    world.news(first, vec![data(0, 3, records(0, 3, 1_000)), data(1, 0, Bytes::new())]);
    let second = world.fetch().unwrap();
    assert_eq!(said(&second.2), (vec![], vec![0]));
    drop(world.chunk());
    world.deliver_requests();
    world.news(second, vec![]);
    assert_eq!(said(&world.fetch().unwrap().2), (vec![(0, 3)], vec![]));
}

#[test]
fn a_session_that_the_broker_has_lost_costs_one_fetch_and_no_records() {
    for code in [ErrorCode::FETCH_SESSION_ID_NOT_FOUND, ErrorCode::INVALID_FETCH_SESSION_EPOCH] {
        let mut world = World::speaking(12, &[1, 1], None, 1 << 20);
        let first = world.fetch().unwrap();
        world.news(first, vec![data(0, 1, records(0, 1, 10)), data(1, 0, Bytes::new())]);
        let second = world.fetch().unwrap();
        world.answer_of_session(second, code);
        let again = world.fetch().unwrap();
        assert_eq!((said(&again.2), again.2.question.session_epoch), ((vec![(1, 0), (0, 1)], vec![]), 0));
        world.answer_of_session(again, code);
        assert!(world.fetch().is_none(), "not in a hot loop");
        world.pass(200 * MS);
        assert_eq!(world.fetch().unwrap().2.question.session_epoch, 0);
    }
}

#[test]
fn another_connection_begins_another_session() {
    let mut world = World::speaking(12, &[1], None, 1 << 20);
    let first = world.fetch().unwrap();
    world.news(first, vec![data(0, 1, records(0, 1, 10))]);
    let (broker, generation, plan) = world.fetch().unwrap();
    let outcome = Err(Error::new(ErrorKind::Connect, "gone"));
    world.reply(Reply::Fetched { broker, generation, plan, outcome, leaders: None });
    world.pass(200 * MS);
    world.calls.clear();
    world.reply(Reply::Connected { broker: 1, outcome: Ok((1, 12)) });
    let again = world.fetch().unwrap().2;
    assert_eq!((said(&again), again.question.session_epoch), ((vec![(0, 1)], vec![]), 0));
    assert_eq!(again.question.session_id, SESSION, "so that the broker can let the old one go");
}

#[test]
fn an_empty_tail_counts_as_reached_by_what_the_broker_said_before() {
    let mut world = World::speaking(12, &[1], Some(10), 1 << 20);
    let first = world.fetch().unwrap();
    world.news(first, vec![data(0, 10, records(0, 5, 10))]);
    drop(world.chunk());
    let second = world.fetch().unwrap();
    world.news(second, vec![]);
    assert!(matches!(world.handed(), Some(Handed::Finished { .. })));
    let mut behind = World::speaking(12, &[1], Some(10), 1 << 20);
    let first = behind.fetch().unwrap();
    behind.news(first, vec![data(0, 9, records(0, 5, 10))]);
    drop(behind.chunk());
    let second = behind.fetch().unwrap();
    behind.news(second, vec![]);
    assert!(behind.handed().is_none(), "the broker has not got so far yet");
}

impl World {
    /// The sessions that brokers are told to end.
    fn ended(&mut self) -> Vec<i32> {
        let ended = |call| match call {
            Call::EndSession { session_id, .. } => Some(session_id),
            other => panic!("{other:?}"),
        };
        self.calls.drain(..).filter_map(ended).collect()
    }

    fn close(&mut self) {
        self.core.close(self.now);
        self.collect();
    }
}

#[test]
fn when_the_reader_goes_its_session_is_ended_behind_what_is_under_way() {
    let mut world = World::speaking(12, &[1], None, 1 << 20);
    let first = world.fetch().unwrap();
    world.close();
    assert!(world.ended().is_empty(), "the broker would answer behind the fetch that begins it");
    world.news(first, vec![data(0, 1, records(0, 1, 10))]);
    assert_eq!(world.ended(), [SESSION]);
    assert!(world.core.deadline().is_none() && world.handed().is_none());
}

#[test]
fn a_session_that_is_not_in_use_is_ended_at_once_and_one_that_cannot_be_reached_not_at_all() {
    let mut idle = World::speaking(12, &[1], None, 1 << 20);
    let first = idle.fetch().unwrap();
    idle.request(Request::Pause { slot: 0 });
    idle.news(first, vec![data(0, 0, Bytes::new())]);
    idle.close();
    assert_eq!(idle.ended(), [SESSION]);

    let mut lost = World::speaking(12, &[1], None, 1 << 20);
    let first = lost.fetch().unwrap();
    lost.news(first, vec![data(0, 0, Bytes::new())]);
    let (broker, generation, plan) = lost.fetch().unwrap();
    lost.close();
    let outcome = Err(Error::new(ErrorKind::Connect, "gone"));
    lost.reply(Reply::Fetched { broker, generation, plan, outcome, leaders: None });
    assert!(lost.ended().is_empty());

    let mut without = World::speaking(6, &[1], None, 1 << 20);
    let first = without.fetch().unwrap();
    without.answer(first, &[Bytes::new()]);
    let second = without.fetch().unwrap();
    without.close();
    without.answer(second, &[Bytes::new()]);
    assert!(without.ended().is_empty());
}
