//! `docs/settings.md` and the typed methods of the builders say the same of each setting.
//!
//! When this fails: a method of a builder ends its documentation with `Java: name.` (or `librdkafka: name.`), a row of the
//! role's table (`properties.rs`) has that name and names the method, and the page is made from the rows.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Where the methods of each builder are.
const BUILDERS: [(&str, &[&str]); 4] = [
    ("KafkaBuilder", &["src/client/builder.rs", "src/client/network.rs"]),
    ("ProducerBuilder", &["src/producer/builder.rs"]),
    ("ReaderBuilder", &["src/consumer/reader/builder.rs"]),
    ("ConsumerBuilder", &["src/consumer/member/builder.rs"]),
];

/// A name, the method that sets the same, and the default where it is a number: `linger.ms`, `ProducerBuilder::linger`, 5.
type Entry = (String, String, Option<u64>);

#[test]
fn the_page_and_the_methods_name_each_other() {
    let page: BTreeSet<Entry> = page();
    let methods: BTreeSet<Entry> =
        BUILDERS.iter().flat_map(|(builder, files)| methods(builder, files)).collect();
    let only_here = |ours: &BTreeSet<Entry>, others: &BTreeSet<Entry>| {
        let difference = ours.difference(others);
        difference.map(|(name, method, default)| format!("{name}, {method}, {default:?}")).collect::<Vec<_>>()
    };
    let no_row = only_here(&methods, &page);
    assert!(no_row.is_empty(), "methods with no such row in the page:\n{}", no_row.join("\n"));
    let no_method = only_here(&page, &methods);
    assert!(no_method.is_empty(), "rows of the page with no such method:\n{}", no_method.join("\n"));
    assert!(page.len() > 20, "{page:?}");
}

/// What is in the page: Java's name or, where there is none, librdkafka's first one.
fn page() -> BTreeSet<Entry> {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/settings.md")).unwrap();
    let rows = page.lines().filter(|line| line.starts_with("| ") && line.contains("Builder::"));
    let entry = |line: &str| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let name = quoted(cells[1]).chain(quoted(cells[2])).next().unwrap();
        let scale = if name.ends_with(".kbytes") { 1024 } else { 1 };
        let default = quoted(cells[5]).next().and_then(|default| default.parse::<u64>().ok());
        (name, quoted(cells[3]).next().unwrap(), default.map(|default| default * scale))
    };
    rows.map(entry).collect()
}

fn methods(builder: &str, files: &[&str]) -> Vec<Entry> {
    let mut entries = Vec::new();
    for file in files {
        let source = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
        let mut doc = String::new();
        for line in source.lines().map(str::trim) {
            if let Some(text) = line.strip_prefix("///") {
                doc.push_str(text);
            } else if let Some(signature) = line.strip_prefix("pub fn ") {
                let method = signature.split(['(', '<']).next().unwrap();
                let default = default(&doc);
                entries.extend(names(&doc).map(|name| (name, format!("{builder}::{method}"), default)));
                doc.clear();
            } else if !line.starts_with("#[") {
                doc.clear();
            }
        }
    }
    entries
}

/// The names in the last sentence of a method's documentation: Java's, and librdkafka's where Java has none.
fn names(doc: &str) -> impl Iterator<Item = String> {
    let after = |word: &str| doc.rsplit_once(word).map(|(_, rest)| rest);
    let java = after(" Java: `").map(|rest| rest.split("librdkafka").next().unwrap());
    let text = java.or(after(" librdkafka: `")).map_or(String::new(), |rest| format!("`{rest}"));
    quoted(&text)
        .filter(|name| name.contains(['.', '_']) || name == "acks" || name == "retries")
        .collect::<Vec<_>>()
        .into_iter()
}

/// The number behind `Default:`, in milliseconds or without a unit.
fn default(doc: &str) -> Option<u64> {
    let (_, text) = doc.rsplit_once(" Default: ")?;
    let mut words = text.split(". ").next()?.trim_end_matches('.').split(' ');
    let number: u64 = words.next()?.replace(',', "").parse().ok()?;
    Some(match words.next() {
        Some("s") => number * 1_000,
        Some("minutes") => number * 60_000,
        _ => number,
    })
}

/// What is in backticks.
fn quoted(text: &str) -> impl Iterator<Item = String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned)
}
