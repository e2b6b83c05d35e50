//! The end of a producer, and what it reports of its batches.

use super::*;

#[test]
fn when_the_sender_goes_everybody_is_told() {
    let mut world = World::running(&Options { linger: 1_000 * MS, ..DEFAULT });
    let (in_flight, queued) = {
        let in_flight = world.append(0, "a");
        world.hurry();
        world.pass(MS);
        (in_flight, world.append(0, "b"))
    };
    let World { core, calls, topic, .. } = world;
    drop((core, calls));
    for delivery in [in_flight, queued] {
        assert_eq!(delivery.now_or_never().unwrap().unwrap_err().kind(), ErrorKind::Closed);
    }
    let late = topic.append(&Record::new("c").partition(0), 0, None);
    assert!(late.is_err(), "nothing is taken for nobody");
}

#[test]
fn a_closed_sender_is_done_when_everything_is_resolved() {
    let mut world = World::running(&Options { linger: 1_000 * MS, ..DEFAULT });
    world.put(0, "a");
    world.core.close(world.now);
    world.settle();
    assert!(world.core.deadline().is_some());
    world.acknowledge_all();
    assert_eq!(world.core.deadline(), None);
}

#[test]
fn an_abort_resolves_everything_and_says_what_may_have_been_written() {
    let mut world = World::running(&Options { partitions: 3, linger: 1_000 * MS, ..DEFAULT });
    let in_flight = world.append(0, "a");
    world.hurry();
    assert!(world.request().is_some());
    world.pass(MS);
    let queued = world.append(0, "b");
    world.put(1, "c");
    world.shared.ready.abort();
    world.settle();
    let outcomes = [in_flight, queued].map(|delivery| world.outcome(delivery).unwrap_err());
    let kinds = outcomes.map(|error| (error.kind(), error.written()));
    assert_eq!(kinds, [(ErrorKind::Closed, Written::Maybe), (ErrorKind::Closed, Written::No)]);
    assert_eq!(world.shared.outstanding.count(), 0);
    assert!(world.try_append(0, "late").is_err());
    // Of a partition that the sender had not heard of.
    if let Ok(delivery) = world.try_append(2, "late") {
        assert_eq!(world.outcome(delivery).unwrap_err().kind(), ErrorKind::Closed);
    }
}

/// What a function of the user's is told: partition, offset or kind of error, values.
type Told = (i32, Result<i64, ErrorKind>, Vec<String>);

fn remember() -> (OnBatch, Arc<std::sync::Mutex<Vec<Told>>>) {
    let told = Arc::new(std::sync::Mutex::new(Vec::new()));
    let on_batch = OnBatch::new({
        let told = told.clone();
        move |report| {
            let value =
                |r: crate::model::MessageRef<'_>| String::from_utf8(r.value().unwrap().to_vec()).unwrap();
            let values: Vec<String> = report.records().map(value).collect();
            assert_eq!((report.topic(), report.len()), ("t", values.len()));
            told.lock().unwrap().push((report.partition(), report.result().map_err(Error::kind), values));
        }
    });
    (on_batch, told)
}

#[test]
fn each_batch_is_reported_once_with_its_records_sent_or_not() {
    let (on_batch, told) = remember();
    let options = Options { on_batch: Some(on_batch), linger: 1_000 * MS, partitions: 2, ..DEFAULT };
    let mut world = World::running(&options);
    told.lock().unwrap().clear();
    for (values, answer) in [(["a", "b"], WRITTEN), (["c", "d"], Answer::Refused(ErrorCode::INVALID_RECORD))]
    {
        world.pass(MS);
        values.into_iter().for_each(|value| world.put(1, value));
        world.hurry();
        let request = world.request().unwrap();
        world.answer(request, answer);
    }
    world.pass(MS);
    world.put(0, "never sent");
    world.shared.ready.abort();
    world.settle();
    let text = |values: &[&str]| values.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        *told.lock().unwrap(),
        [
            (1, Ok(40), text(&["a", "b"])),
            (1, Err(ErrorKind::Broker), text(&["c", "d"])),
            (0, Err(ErrorKind::Closed), text(&["never sent"])),
        ]
    );
}

#[cfg(feature = "gzip")]
#[test]
fn the_records_of_a_compressed_batch_are_reported() {
    let (on_batch, told) = remember();
    let mut world = World::running(&Options { on_batch: Some(on_batch), ..SLOW });
    told.lock().unwrap().clear();
    (0..2).for_each(|n| world.put(0, &long(n)));
    let mut work = world.work_to_compress();
    // The second is ready, and never sent: the first is not.
    world.compressed(work.remove(1));
    world.pass(Duration::from_secs(120));
    let told: Vec<Told> = told.lock().unwrap().drain(..).collect();
    assert_eq!(told, [(0, Err(ErrorKind::Timeout), vec![long(1)])]);
}

#[test]
fn a_panic_in_the_function_for_batches_ends_there() {
    let on_batch = OnBatch::new(|_| panic!("not today"));
    let mut world = World::running(&Options { on_batch: Some(on_batch), ..DEFAULT });
    let delivery = world.append(0, "a");
    world.acknowledge_all();
    assert!(world.outcome(delivery).is_ok());
}
