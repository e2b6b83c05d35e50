use super::*;
use crate::model::Record;
use kafka_sdk_protocol::records::{BatchBuilder, ProducerStamp, batches};

fn records() -> Records {
    let mut builder = BatchBuilder::new(Vec::new());
    for i in 0..5u8 {
        let headers = [("h", Some(&[i][..])), ("h", Some(&[i, i][..])), ("n", None)];
        builder.append(100 + i64::from(i), Some(&[i]), Some(&[i; 3]), headers.into_iter());
    }
    let bytes = builder.seal(ProducerStamp::NONE).into();
    batches(&bytes).next().unwrap().unwrap().records().unwrap()
}

fn offsets(batch: &Batch) -> Vec<i64> {
    batch.iter().map(MessageRef::offset).collect()
}

#[test]
fn a_batch_is_cut_to_the_range_asked_for() {
    let batch = |from, until| Batch::new("t".into(), 1, records(), from, until);
    assert_eq!(offsets(&batch(0, i64::MAX)), [0, 1, 2, 3, 4]);
    assert_eq!(offsets(&batch(2, 4)), [2, 3]);
    assert_eq!(batch(2, 4).len(), 2);
    assert!(batch(5, i64::MAX).is_empty());
    assert!(batch(0, 0).is_empty());
}

#[test]
fn messages_taken_one_by_one_are_those_of_the_iterator() {
    let mut batch = Batch::new("t".into(), 1, records(), 1, i64::MAX);
    let borrowed: Vec<_> = batch.clone().iter().map(|m| m.to_message().offset()).collect();
    let mut taken = Vec::new();
    while let Some((offset, message)) = batch.take_first() {
        assert_eq!(message.offset(), offset);
        assert_eq!(message.key().unwrap(), &[message.offset() as u8]);
        assert_eq!(message.value_bytes().unwrap(), [message.offset() as u8; 3][..]);
        assert_eq!(message.timestamp().as_millis(), 100 + message.offset());
        assert_eq!(message.header("h").unwrap(), [message.offset() as u8; 2], "the last of that name");
        assert_eq!((message.header("n"), message.header("x")), (None, None));
        taken.push(message.offset());
    }
    assert_eq!((taken, batch.len()), (borrowed, 0));
}

#[test]
fn a_detached_message_keeps_only_itself() {
    let batch = Batch::new("t".into(), 1, records(), 3, i64::MAX);
    let message = batch.iter().next().unwrap().to_message();
    let whole = message.source.records.body().len();
    let detached = message.clone().detach();
    assert!(detached.source.records.body().len() * 4 < whole);
    assert_eq!((detached.offset(), detached.timestamp()), (message.offset(), message.timestamp()));
    assert_eq!((detached.key(), detached.value()), (message.key(), message.value()));
    assert!(detached.headers().eq(message.headers()));
}

#[test]
fn a_detached_batch_keeps_only_what_is_left_of_it() {
    let mut batch = Batch::new("t".into(), 1, records(), 1, 4);
    batch.take_first();
    let detached = batch.clone().detach();
    assert!(detached.source.records.body().len() * 2 < batch.source.records.body().len());
    assert_eq!((offsets(&detached), detached.len()), (vec![2, 3], 2));
    let values = |batch: &Batch| batch.iter().map(|m| m.value().unwrap().to_vec()).collect::<Vec<_>>();
    assert_eq!(values(&detached), values(&batch));
    assert_eq!(detached.topic_partition(), batch.iter().next().unwrap().topic_partition());
}

#[test]
fn a_message_without_a_time_is_forwarded_as_of_now() {
    let mut builder = BatchBuilder::new(Vec::new());
    builder.append(-1, None, Some(b"v"), std::iter::empty());
    let bytes = builder.seal(ProducerStamp::NONE).into();
    let records = batches(&bytes).next().unwrap().unwrap().records().unwrap();
    let batch = Batch::new("t".into(), 1, records, 0, i64::MAX);
    let message = batch.iter().next().unwrap();
    assert_eq!((message.timestamp().as_millis(), Record::from(message).at()), (-1, None));
}

#[test]
fn a_message_can_be_forwarded() {
    let batch = Batch::new("t".into(), 1, records(), 4, i64::MAX);
    let message = batch.iter().next().unwrap().to_message();
    let record = Record::from(&message).key("new");
    assert_eq!((record.key_bytes(), record.value_bytes()), (Some(&b"new"[..]), Some(&[4u8; 3][..])));
    assert_eq!(record.header_list().iter().len(), 3);
    assert_eq!((record.at(), record.chosen_partition()), (Some(message.timestamp()), None));
}

#[test]
fn a_header_is_shown_by_its_name_and_length() {
    let shown = |value| format!("{:?}", HeaderRef { name: "trace", value });
    assert_eq!(
        (shown(Some(b"secret")), shown(None)),
        ("trace: 6 bytes".to_owned(), "trace: null".to_owned())
    );
}

#[test]
fn sizes_stay_small() {
    assert_eq!((size_of::<Message>(), size_of::<Batch>()), (16, 16));
}
