//! Messages to records and back, without a broker.

use crate::serializers::lines;
use kafka_sdk::typed::{JsonKey, Key};
use kafka_sdk::{Headers, KafkaMessage, Message, Record, Result, Timestamp};
use serde::{Deserialize, Serialize};

/// What a reader would get.
fn read(record: &Record<'_>) -> Message {
    Message::of_record(("orders.v1", 3), 7, record)
}

fn round_trip<T: KafkaMessage>(message: &T) -> Result<T> {
    let mut buffer = Vec::new();
    T::from_message(&read(&message.to_record(&mut buffer)?))
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize, KafkaMessage)]
#[kafka(topic = "orders.v1", format = json)]
struct OrderPlaced {
    #[kafka(key)]
    order_id: String,
    #[kafka(partition_by)]
    customer_id: i64,
    #[kafka(header = "trace-id")]
    #[serde(skip)]
    trace: Option<String>,
    #[kafka(header)]
    #[serde(skip)]
    tenant_id: String,
    #[kafka(header = "tag")]
    #[serde(skip)]
    tags: Vec<String>,
    amount_cents: i64,
}

#[test]
fn each_field_goes_to_its_part_of_the_record() -> Result<()> {
    let order = OrderPlaced {
        order_id: "o-1".into(),
        customer_id: 9,
        trace: Some("t".into()),
        tenant_id: "shop".into(),
        tags: vec!["a".into(), "b".into()],
        amount_cents: 250,
    };
    let mut buffer = Vec::new();
    let record = order.to_record(&mut buffer)?;
    let message = read(&record);
    assert_eq!(OrderPlaced::TOPIC, Some("orders.v1"));
    assert_eq!(message.key(), Some(&b"o-1"[..]));
    assert_eq!(message.value(), Some(&br#"{"order_id":"o-1","customer_id":9,"amount_cents":250}"#[..]));
    let headers: Vec<_> = message.headers().map(|header| (header.name, header.value.unwrap())).collect();
    let expected = [("trace-id", "t"), ("tenant-id", "shop"), ("tag", "a"), ("tag", "b")];
    assert_eq!(headers, expected.map(|(name, value)| (name, value.as_bytes())));
    assert_eq!(OrderPlaced::from_message(&message)?, order);
    Ok(())
}

#[test]
fn what_may_be_missing_may_be_missing_and_nothing_else() -> Result<()> {
    let order = OrderPlaced { tenant_id: "shop".into(), ..OrderPlaced::default() };
    assert_eq!(round_trip(&order)?, order);
    let mut buffer = Vec::new();
    let record = order.to_record(&mut buffer)?.headers(Headers::new());
    let error = OrderPlaced::from_message(&read(&record)).unwrap_err().to_string();
    assert_eq!(error, "the header `tenant-id` (field `tenant_id`) is not there");
    let error = OrderPlaced::from_message(&read(&Record::tombstone("o-1"))).unwrap_err().to_string();
    assert!(error.starts_with("the value is null (a tombstone)"), "{error}");
    assert_eq!(Option::<OrderPlaced>::from_message(&read(&Record::tombstone("o-1")))?, None);
    Ok(())
}

#[derive(Debug, Default, Serialize, Deserialize, KafkaMessage)]
struct Reading {
    #[kafka(key)]
    #[serde(skip)]
    station: i64,
    #[kafka(timestamp)]
    #[serde(skip)]
    at: Option<Timestamp>,
    #[kafka(header)]
    #[serde(skip)]
    factor: f32,
    #[kafka(headers)]
    #[serde(skip)]
    rest: Headers<'static>,
    #[kafka(offset)]
    #[serde(skip)]
    offset: i64,
    #[kafka(partition)]
    #[serde(skip)]
    partition: i32,
    #[kafka(topic)]
    #[serde(skip)]
    topic: String,
    value: f64,
}

#[test]
fn what_the_value_leaves_out_comes_back_from_where_it_is() -> Result<()> {
    let mut reading = Reading { station: -2, factor: 0.5, value: 1.5, ..Reading::default() };
    reading.at = Some(Timestamp::from_millis(1_700_000_000_000));
    reading.rest.insert("more", "x");
    reading.rest.insert_null("null");
    let mut buffer = Vec::new();
    let message = read(&reading.to_record(&mut buffer)?);
    assert_eq!(message.value(), Some(&br#"{"value":1.5}"#[..]));
    assert_eq!(message.key(), Some(&(-2_i64).to_be_bytes()[..]));
    let back = Reading::from_message(&message)?;
    assert_eq!((back.station, back.at, back.factor, back.value), (-2, reading.at, 0.5, 1.5));
    assert_eq!((back.topic.as_str(), back.partition, back.offset), ("orders.v1", 3, 7));
    let rest: Vec<_> = back.rest.iter().collect();
    assert_eq!(rest, [("more", Some(&b"x"[..])), ("null", None)]);
    Ok(())
}

#[test]
fn a_key_or_a_header_of_another_length_is_named_with_its_field() -> Result<()> {
    let reading = Reading::default();
    let mut buffer = Vec::new();
    let record = reading.to_record(&mut buffer)?.key("abc");
    let error = Reading::from_message(&read(&record)).unwrap_err().to_string();
    assert_eq!(error, "the key (field `station`) cannot be decoded: it has 3 bytes instead of 8");
    let mut buffer = Vec::new();
    let record = reading.to_record(&mut buffer)?.header("factor", "x");
    let error = Reading::from_message(&read(&record)).unwrap_err().to_string();
    assert_eq!(error, "the header `factor` (field `factor`) cannot be decoded: it has 1 bytes instead of 4");
    Ok(())
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize, KafkaMessage)]
#[kafka(key_format = json)]
struct Seat {
    #[kafka(key)]
    hall: String,
    #[kafka(key)]
    #[serde(skip)]
    row: u16,
    taken: bool,
}

#[test]
fn a_key_of_several_fields_is_json() -> Result<()> {
    let seat = Seat { hall: "a".into(), row: 3, taken: true };
    let mut buffer = Vec::new();
    let message = read(&seat.to_record(&mut buffer)?);
    assert_eq!(message.key(), Some(&br#"{"hall":"a","row":3}"#[..]));
    assert_eq!(Seat::from_message(&message)?, seat);
    let key: <Seat as KafkaMessage>::Key<'_> = JsonKey::new().field("hall", "a")?.field("row", &3)?;
    assert_eq!(key.to_payload().as_slice(), message.key().unwrap());
    Ok(())
}

#[derive(Debug, PartialEq, KafkaMessage)]
#[kafka(type_header = "type")]
enum Event {
    #[kafka(tag = "placed")]
    Placed(OrderPlaced),
    #[kafka(tag = "seat")]
    Seat(Box<Seat>),
}

#[derive(Debug, KafkaMessage)]
#[kafka(type_header = "type")]
enum Open {
    #[kafka(tag = "seat")]
    Seat(Seat),
    #[kafka(other)]
    Other(Message),
}

#[test]
fn a_header_says_which_variant_a_record_is() -> Result<()> {
    let seat = || Seat { hall: "a".into(), row: 3, taken: true };
    let event = Event::Seat(Box::new(seat()));
    assert_eq!(round_trip(&event)?, event);
    let mut buffer = Vec::new();
    let seat = seat();
    let record = seat.to_record(&mut buffer)?;
    let error = Event::from_message(&read(&record)).unwrap_err().to_string();
    assert!(error.starts_with("the header `type`") && error.contains("placed, seat"), "{error}");
    assert!(matches!(Open::from_message(&read(&record))?, Open::Other(_)));
    let record = record.header("type", "hunter2");
    let error = Event::from_message(&read(&record)).unwrap_err().to_string();
    assert_eq!(error, "the header `type` has a tag that is none of placed, seat");
    let Open::Other(other) = Open::from_message(&read(&record))? else { panic!("it has another tag") };
    let mut buffer = Vec::new();
    let forwarded = read(&Open::Other(other).to_record(&mut buffer)?);
    assert_eq!(forwarded.headers().last().and_then(|header| header.value), Some(&b"hunter2"[..]));
    Ok(())
}

#[derive(Debug, PartialEq, Serialize, Deserialize, KafkaMessage)]
struct Envelope<T> {
    #[kafka(key)]
    id: i32,
    inner: T,
}

#[derive(Debug, PartialEq, KafkaMessage)]
#[kafka(format = string, transparent)]
struct Celsius(#[kafka(key)] i16);

#[derive(Debug, PartialEq, KafkaMessage)]
#[kafka(format = bytes, transparent)]
struct Blob {
    bytes: Vec<u8>,
}

#[test]
fn generics_and_newtypes_are_messages() -> Result<()> {
    let envelope = Envelope { id: 1, inner: vec![1.5, 2.5] };
    assert_eq!(round_trip(&envelope)?, envelope);
    let mut buffer = Vec::new();
    let message = read(&Celsius(-7).to_record(&mut buffer)?);
    assert_eq!((message.value(), message.key()), (Some(&b"-7"[..]), Some(&(-7_i16).to_be_bytes()[..])));
    assert_eq!(Celsius::from_message(&message)?, Celsius(-7));
    let blob = Blob { bytes: vec![0, 255] };
    assert_eq!(round_trip(&blob)?, blob);
    Ok(())
}

#[test]
fn keys_and_headers_have_the_bytes_of_javas_serializers() {
    for line in lines() {
        let what = format!("{} {}", line.serializer, line.text);
        line.keys().iter().for_each(|bytes| assert_eq!(*bytes, line.bytes, "key: {what}"));
        line.headers().iter().for_each(|bytes| assert_eq!(*bytes, line.bytes, "header: {what}"));
        assert_eq!(line.headers().is_empty(), line.serializer == "UUID" && cfg!(not(feature = "uuid")));
    }
}

#[test]
fn bytes_that_no_serializer_writes_are_no_key() {
    assert!(bool::from_bytes(&[2]).is_err() && bool::from_bytes(&[]).is_err());
    assert!(String::from_bytes(&[0xff]).is_err() && i64::from_bytes(&[0; 4]).is_err());
    #[cfg(feature = "uuid")]
    assert!(<uuid::Uuid as Key>::from_bytes(b"no").is_err());
}
