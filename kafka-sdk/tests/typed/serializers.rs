//! What Java's serializers make of keys and headers, and where such keys go: `serializers.txt`, which
//! `kafka-sdk-protocol/golden/Serializers.java` writes and explains.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use kafka_sdk::typed::{HeaderValue, Key};
use std::fmt::Debug;

/// A value, and what Java makes of it.
pub(crate) struct Line {
    pub(crate) serializer: &'static str,
    pub(crate) text: &'static str,
    pub(crate) bytes: Vec<u8>,
    /// Of 7 and of 12.
    pub(crate) partitions: [i32; 2],
}

pub(crate) fn lines() -> Vec<Line> {
    let lines: Vec<Line> = include_str!("serializers.txt").lines().map(Line::parse).collect();
    assert_eq!(lines.len(), 65);
    lines
}

impl Line {
    fn parse(line: &'static str) -> Self {
        let words: Vec<&str> = line.split(' ').collect();
        let [serializer, text, bytes, of_7, of_12] = words[..] else { panic!("{line}") };
        let partitions = [of_7, of_12].map(|partition| partition.parse().unwrap());
        Self { serializer, text, bytes: hex(bytes), partitions }
    }

    fn string(&self) -> String {
        let points = self.text.split('-').filter(|point| !point.is_empty());
        points.map(|point| char::from_u32(u32::from_str_radix(point, 16).unwrap()).unwrap()).collect()
    }

    /// The bytes that each Rust type for this value gives it as a key; none where it is no key.
    pub(crate) fn keys(&self) -> Vec<Vec<u8>> {
        match self.serializer {
            "Short" => vec![key(self.text.parse::<i16>().unwrap())],
            "Integer" => vec![key(self.text.parse::<i32>().unwrap())],
            "Long" => vec![key(self.text.parse::<i64>().unwrap())],
            "Boolean" => vec![key(self.text.parse::<bool>().unwrap())],
            "String" => {
                let text = self.string();
                let lent = text.as_str().to_payload().as_slice().to_vec();
                vec![lent, key(Box::<str>::from(&*text)), key(std::sync::Arc::<str>::from(&*text)), key(text)]
            }
            "ByteArray" => {
                let bytes = hex(self.text);
                let lent = bytes.as_slice().to_payload().as_slice().to_vec();
                vec![lent, key(bytes::Bytes::from(bytes.clone())), key(bytes)]
            }
            #[cfg(feature = "uuid")]
            "UUID" => vec![key(self.text.parse::<uuid::Uuid>().unwrap())],
            #[cfg(not(feature = "uuid"))]
            "UUID" => Vec::new(),
            "Float" | "Double" => Vec::new(),
            other => panic!("{other}"),
        }
    }

    /// As [`Self::keys`], of headers.
    pub(crate) fn headers(&self) -> Vec<Vec<u8>> {
        match self.serializer {
            "Short" => vec![header(self.text.parse::<i16>().unwrap())],
            "Integer" => vec![header(self.text.parse::<i32>().unwrap())],
            "Long" => vec![header(self.text.parse::<i64>().unwrap())],
            "Float" => vec![header(f32::from_bits(u32::from_str_radix(self.text, 16).unwrap()))],
            "Double" => vec![header(f64::from_bits(u64::from_str_radix(self.text, 16).unwrap()))],
            "Boolean" => vec![header(self.text.parse::<bool>().unwrap())],
            "String" => {
                let text = self.string();
                vec![
                    header(Box::<str>::from(&*text)),
                    header(std::sync::Arc::<str>::from(&*text)),
                    header(text),
                ]
            }
            "ByteArray" => {
                let bytes = hex(self.text);
                vec![header(bytes::Bytes::from(bytes.clone())), header(bytes)]
            }
            #[cfg(feature = "uuid")]
            "UUID" => vec![header(self.text.parse::<uuid::Uuid>().unwrap())],
            #[cfg(not(feature = "uuid"))]
            "UUID" => Vec::new(),
            other => panic!("{other}"),
        }
    }
}

/// The bytes of a key, of which it can be read again.
fn key<K: Key + PartialEq + Debug>(key: K) -> Vec<u8> {
    let bytes = key.to_payload().as_slice().to_vec();
    assert_eq!(K::from_bytes(&bytes).unwrap(), key);
    bytes
}

fn header<H: HeaderValue + PartialEq + Debug>(header: H) -> Vec<u8> {
    let bytes = header.to_payload().as_slice().to_vec();
    assert_eq!(H::from_bytes(&bytes).unwrap(), header);
    bytes
}

fn hex(text: &str) -> Vec<u8> {
    let digits = text.strip_prefix('x').unwrap();
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}
