//! Formats of one's own.

use kafka_sdk::typed::{BoxError, Format};
use kafka_sdk::{ErrorKind, KafkaMessage, Message, Record};

/// Comma-separated.
enum Csv {}

impl Format<Point> for Csv {
    fn encode(value: &Point, buffer: &mut Vec<u8>) -> Result<(), BoxError> {
        if value.x.is_nan() {
            return Err("x is no number".into());
        }
        buffer.extend(format!("{},{}", value.x, value.y).bytes());
        Ok(())
    }

    fn decode(bytes: &[u8]) -> Result<Point, BoxError> {
        let (x, y) = std::str::from_utf8(bytes)?.split_once(',').ok_or("there is no comma")?;
        Ok(Point { x: x.parse()?, y: y.parse()? })
    }
}

#[derive(Debug, PartialEq, KafkaMessage)]
#[kafka(with = Csv)]
struct Point {
    x: f64,
    y: f64,
}

#[test]
fn a_format_of_ones_own_says_what_is_wrong() {
    let mut buffer = b"before".to_vec();
    let record = Point { x: 1.0, y: 2.5 }.to_record(&mut buffer).unwrap();
    let message = Message::of_record(("points", 0), 0, &record);
    assert_eq!(message.value(), Some(&b"1,2.5"[..]));
    assert_eq!(Point::from_message(&message).unwrap(), Point { x: 1.0, y: 2.5 });
    let error = Point::from_message(&Message::of_record(("points", 0), 0, &Record::new("1;2"))).unwrap_err();
    assert_eq!(error.to_string(), "the value cannot be decoded: there is no comma");
    let error = Point { x: f64::NAN, y: 0.0 }.to_record(&mut Vec::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Settings);
    assert_eq!(error.to_string(), "a message cannot be encoded: x is no number");
}

#[cfg(feature = "avro")]
mod avro {
    use apache_avro::AvroSchema;
    use kafka_sdk::{KafkaMessage, Message, Record};
    use serde::{Deserialize, Serialize};

    #[derive(Debug, PartialEq, Serialize, Deserialize, AvroSchema, KafkaMessage)]
    #[kafka(format = avro)]
    struct Reading {
        #[kafka(key)]
        station: String,
        celsius: f64,
        note: Option<String>,
    }

    #[test]
    fn avro_is_the_bare_datum() {
        let reading = Reading { station: "SVDT1".into(), celsius: 21.5, note: None };
        let mut buffer = Vec::new();
        let message = Message::of_record(("air", 0), 0, &reading.to_record(&mut buffer).unwrap());
        let expected = [b"\x0aSVDT1".as_slice(), &21.5_f64.to_le_bytes(), &[0]].concat();
        assert_eq!(message.value(), Some(&expected[..]));
        assert_eq!(Reading::from_message(&message).unwrap(), reading);
        // Where all that is missing may be null, apache-avro takes it for null.
        for cut in 0..expected.len() - 1 {
            let message = Message::of_record(("air", 0), 0, &Record::new(&expected[..cut]));
            assert!(Reading::from_message(&message).is_err(), "{cut} bytes");
        }
        let longer = [expected.as_slice(), &[0]].concat();
        let error =
            Reading::from_message(&Message::of_record(("air", 0), 0, &Record::new(longer))).unwrap_err();
        assert_eq!(error.to_string(), "the value cannot be decoded: 1 bytes are left over");
    }

    #[derive(Debug, Default, PartialEq, Serialize, Deserialize, AvroSchema, KafkaMessage)]
    #[kafka(format = avro, key_format = avro)]
    struct Seat {
        #[kafka(key)]
        hall: String,
        #[kafka(key)]
        #[serde(skip)]
        #[avro(skip)]
        row: i32,
        #[kafka(key)]
        #[serde(skip)]
        #[avro(skip)]
        side: String,
        taken: bool,
    }

    #[test]
    fn a_key_of_several_fields_is_the_datum_of_their_record() {
        let seat = Seat { hall: "a".into(), row: -3, side: "left".into(), taken: true };
        let mut buffer = Vec::new();
        let record = seat.to_record(&mut buffer).unwrap();
        let message = Message::of_record(("seats", 0), 0, &record);
        assert_eq!(message.key(), Some(&b"\x02a\x05\x08left"[..]));
        assert_eq!(message.value(), Some(&b"\x02a\x01"[..]));
        assert_eq!(Seat::from_message(&message).unwrap(), seat);
        let with = |key: Option<&'static [u8]>| {
            let record = Record::new(message.value().unwrap().to_vec());
            let record = match key {
                Some(key) => record.key(key),
                None => record,
            };
            Seat::from_message(&Message::of_record(("seats", 0), 0, &record)).unwrap_err().to_string()
        };
        assert_eq!(with(None), "the key (field `row`) is null");
        let longer = with(Some(b"\x02a\x05\x08left?"));
        assert_eq!(longer, "the key (field `row`) cannot be decoded: 1 bytes are left over");
        let shorter = with(Some(b"\x02a\x05\x08lef"));
        assert!(shorter.starts_with("the key (field `side`) cannot be decoded"), "{shorter}");
        let key: <Seat as KafkaMessage>::Key<'_> = kafka_sdk::typed::AvroKey::new();
        drop(key);
    }
}

#[cfg(feature = "protobuf")]
mod protobuf {
    use kafka_sdk::{KafkaMessage, Message, Record};

    #[derive(PartialEq, prost::Message, KafkaMessage)]
    #[kafka(format = protobuf)]
    struct Reading {
        #[kafka(key)]
        #[prost(string, tag = "1")]
        station: String,
        #[prost(int32, tag = "2")]
        value: i32,
    }

    #[test]
    fn protobuf_is_the_bare_message() {
        let reading = Reading { station: "a".into(), value: 5 };
        let mut buffer = Vec::new();
        let message = Message::of_record(("air", 0), 0, &reading.to_record(&mut buffer).unwrap());
        assert_eq!(message.value(), Some(&b"\x0a\x01a\x10\x05"[..]));
        assert_eq!(Reading::from_message(&message).unwrap(), reading);
        let cut = Message::of_record(("air", 0), 0, &Record::new(&b"\x0a\x05a"[..]));
        assert!(Reading::from_message(&cut).is_err());
    }
}
