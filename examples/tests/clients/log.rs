//! The lines of the log, read back: word for word, or they are not understood.

/// Of a consumer's line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) partition: i32,
    pub(crate) offset: i64,
}

/// How many messages the producer says it has published.
pub(crate) fn published(line: &str, topic: &str) -> Option<u64> {
    line.strip_prefix(topic)?.strip_prefix(": ")?.strip_suffix(" messages published")?.parse().ok()
}

/// What the consumer says it has received, and as which of its messages.
pub(crate) fn received(line: &str, topic: &str) -> Option<(u64, Place)> {
    let rest = line.strip_prefix(topic)?.strip_prefix(": received ")?;
    let (count, rest) = rest.split_once(" messages, partition ")?;
    let (partition, rest) = rest.split_once(", offset ")?;
    let (offset, value) = rest.split_once(", value: ")?;
    let value: f64 = value.parse().ok()?;
    let place = Place { partition: partition.parse().ok()?, offset: offset.parse().ok()? };
    (0.0..=1.0).contains(&value).then_some((count.parse().ok()?, place))
}

/// The partitions that the consumer was given last.
pub(crate) fn partitions(lines: &[String], topic: &str) -> Option<Vec<i32>> {
    let list = |line: &String| -> Option<String> {
        let list = line.strip_prefix(topic)?.strip_prefix(": up and running, partitions [")?;
        Some(list.strip_suffix(']')?.to_owned())
    };
    let list = lines.iter().rev().find_map(list)?;
    Some(list.split(", ").filter(|number| !number.is_empty()).map(|number| number.parse().unwrap()).collect())
}

/// Everything that consumers have received.
pub(crate) fn places(lines: &[String], topic: &str) -> Vec<Place> {
    lines.iter().filter_map(|line| Some(received(line, topic)?.1)).collect()
}
