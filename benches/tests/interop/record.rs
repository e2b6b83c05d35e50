//! A record that every client can express, Java's console programs as well: text, without tabs and line ends.

use kafka_sdk_benches::json;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) key: Option<String>,
    pub(crate) value: Option<String>,
    /// In the order of their names, which all differ: rskafka keeps them in a map.
    pub(crate) headers: Vec<(String, String)>,
}

/// With and without keys, values and headers, but never without key and value.
pub(crate) fn records(count: usize) -> Vec<Record> {
    let record = |(i, json): (usize, Vec<u8>)| Record {
        key: (i % 3 != 0).then(|| format!("key-{i}-größe")),
        value: (i % 7 != 6 || i % 3 == 0).then(|| String::from_utf8(json).unwrap()),
        headers: match i % 4 {
            0 => vec![("tenant".into(), format!("t{i}")), ("trace".into(), format!("{i:016x}"))],
            1 => vec![("trace".into(), format!("{i:016x}"))],
            _ => Vec::new(),
        },
    };
    json(count).into_iter().enumerate().map(record).collect()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}
