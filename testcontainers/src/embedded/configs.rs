//! What topics and brokers can be set to.

use std::collections::BTreeMap;

use super::versions::Number;

/// What a setting's value is. The numbers are those of DescribeConfigs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Bool = 1,
    Text = 2,
    Int = 3,
    Long = 5,
    Real = 6,
    List = 7,
}

/// A setting of topics.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) default: &'static str,
    /// The setting of brokers that it is taken from where the topic has none.
    pub(crate) property: &'static str,
}

impl Known {
    /// Whether brokers have a default of their own under the same unit: where there are several units, they do not.
    pub(crate) fn has_broker_default(&self) -> bool {
        !self.property.is_empty()
            && !matches!(self.name, "flush.ms" | "retention.ms" | "segment.ms" | "segment.jitter.ms")
    }
}

const LATEST: Number = (u8::MAX, 0);

/// The settings of topics, with the releases that have them, first and last.
#[rustfmt::skip]
const OF_TOPICS: &[(&str, Kind, &str, &str, Number, Number)] = &[
    ("cleanup.policy", Kind::List, "delete", "log.cleanup.policy", (2, 1), LATEST),
    ("compression.gzip.level", Kind::Int, "-1", "compression.gzip.level", (3, 8), LATEST),
    ("compression.lz4.level", Kind::Int, "9", "compression.lz4.level", (3, 8), LATEST),
    ("compression.type", Kind::Text, "producer", "compression.type", (2, 1), LATEST),
    ("compression.zstd.level", Kind::Int, "3", "compression.zstd.level", (3, 8), LATEST),
    ("delete.retention.ms", Kind::Long, "86400000", "log.cleaner.delete.retention.ms", (2, 1), LATEST),
    ("errors.deadletterqueue.group.enable", Kind::Bool, "false", "", (4, 4), LATEST),
    ("file.delete.delay.ms", Kind::Long, "60000", "log.segment.delete.delay.ms", (2, 1), LATEST),
    ("flush.messages", Kind::Long, "9223372036854775807", "log.flush.interval.messages", (2, 1), LATEST),
    ("flush.ms", Kind::Long, "9223372036854775807", "log.flush.interval.ms", (2, 1), LATEST),
    ("follower.replication.throttled.replicas", Kind::List, "", "", (2, 1), LATEST),
    ("index.interval.bytes", Kind::Int, "4096", "log.index.interval.bytes", (2, 1), LATEST),
    ("leader.replication.throttled.replicas", Kind::List, "", "", (2, 1), LATEST),
    ("local.retention.bytes", Kind::Long, "-2", "log.local.retention.bytes", (3, 6), LATEST),
    ("local.retention.ms", Kind::Long, "-2", "log.local.retention.ms", (3, 6), LATEST),
    ("max.compaction.lag.ms", Kind::Long, "9223372036854775807", "log.cleaner.max.compaction.lag.ms", (2, 3), LATEST),
    ("max.decompressed.message.bytes", Kind::Int, "2147483639", "max.decompressed.message.bytes", (4, 4), LATEST),
    ("max.message.bytes", Kind::Int, "1000012", "message.max.bytes", (2, 1), (2, 7)),
    ("max.message.bytes", Kind::Int, "1048588", "message.max.bytes", (2, 8), LATEST),
    ("message.downconversion.enable", Kind::Bool, "true", "log.message.downconversion.enable", (2, 1), (3, 9)),
    ("message.format.version", Kind::Text, "2.1-IV2", "log.message.format.version", (2, 1), (2, 7)),
    ("message.format.version", Kind::Text, "2.8-IV1", "log.message.format.version", (2, 8), (3, 2)),
    ("message.format.version", Kind::Text, "3.0-IV1", "log.message.format.version", (3, 3), (3, 9)),
    ("message.timestamp.after.max.ms", Kind::Long, "9223372036854775807", "log.message.timestamp.after.max.ms", (3, 6), (3, 9)),
    ("message.timestamp.after.max.ms", Kind::Long, "3600000", "log.message.timestamp.after.max.ms", (4, 0), LATEST),
    ("message.timestamp.before.max.ms", Kind::Long, "9223372036854775807", "log.message.timestamp.before.max.ms", (3, 6), LATEST),
    ("message.timestamp.difference.max.ms", Kind::Long, "9223372036854775807", "log.message.timestamp.difference.max.ms", (2, 1), (3, 9)),
    ("message.timestamp.type", Kind::Text, "CreateTime", "log.message.timestamp.type", (2, 1), LATEST),
    ("min.cleanable.dirty.ratio", Kind::Real, "0.5", "log.cleaner.min.cleanable.ratio", (2, 1), LATEST),
    ("min.compaction.lag.ms", Kind::Long, "0", "log.cleaner.min.compaction.lag.ms", (2, 1), LATEST),
    ("min.insync.replicas", Kind::Int, "1", "min.insync.replicas", (2, 1), LATEST),
    ("preallocate", Kind::Bool, "false", "log.preallocate", (2, 1), LATEST),
    ("remote.copy.lag.bytes", Kind::Long, "-1", "log.remote.copy.lag.bytes", (4, 4), LATEST),
    ("remote.copy.lag.ms", Kind::Long, "0", "log.remote.copy.lag.ms", (4, 4), LATEST),
    ("remote.log.copy.disable", Kind::Bool, "false", "", (3, 9), LATEST),
    ("remote.log.delete.on.disable", Kind::Bool, "false", "", (3, 9), LATEST),
    ("remote.storage.enable", Kind::Bool, "false", "", (3, 6), LATEST),
    ("retention.bytes", Kind::Long, "-1", "log.retention.bytes", (2, 1), LATEST),
    ("retention.ms", Kind::Long, "604800000", "log.retention.ms", (2, 1), LATEST),
    ("segment.bytes", Kind::Int, "1073741824", "log.segment.bytes", (2, 1), LATEST),
    ("segment.index.bytes", Kind::Int, "10485760", "log.index.size.max.bytes", (2, 1), LATEST),
    ("segment.jitter.ms", Kind::Long, "0", "log.roll.jitter.ms", (2, 1), LATEST),
    ("segment.ms", Kind::Long, "604800000", "log.roll.ms", (2, 1), LATEST),
    ("unclean.leader.election.enable", Kind::Bool, "false", "unclean.leader.election.enable", (2, 1), LATEST),
];

/// What brokers are set to that is no default of a topic's.
const OF_BROKERS: &[(&str, &str)] = &[
    ("auto.create.topics.enable", "true"),
    ("default.replication.factor", "1"),
    ("fetch.max.bytes", "57671680"),
    ("group.consumer.assignment.interval.ms", "1000"),
    ("group.consumer.heartbeat.interval.ms", "5000"),
    ("group.consumer.max.size", "2147483647"),
    ("group.consumer.migration.policy", "bidirectional"),
    ("group.consumer.session.timeout.ms", "45000"),
    ("group.initial.rebalance.delay.ms", "3000"),
    ("group.max.session.timeout.ms", "1800000"),
    ("group.max.size", "2147483647"),
    ("group.min.session.timeout.ms", "6000"),
    ("max.incremental.fetch.session.cache.slots", "1000"),
    ("num.partitions", "1"),
    ("offset.metadata.max.bytes", "4096"),
    ("offsets.topic.num.partitions", "50"),
    ("offsets.topic.replication.factor", "3"),
    ("offsets.topic.segment.bytes", "104857600"),
    ("socket.request.max.bytes", "104857600"),
];

/// All settings of topics that a release has.
pub(crate) fn known(release: Number) -> impl Iterator<Item = Known> {
    let has = move |&&(.., from, to): &&(_, _, _, _, Number, Number)| (from..=to).contains(&release);
    OF_TOPICS.iter().filter(has).map(|&(name, kind, default, property, ..)| Known {
        name,
        kind,
        default,
        property,
    })
}

/// What brokers are set to.
pub(crate) fn property<'a>(set: &'a BTreeMap<String, String>, name: &str) -> Option<&'a str> {
    let default = || OF_BROKERS.iter().find(|(known, _)| *known == name).map(|&(_, value)| value);
    set.get(name).map(String::as_str).or_else(default)
}

/// All that brokers are set to.
pub(crate) fn of_brokers(release: Number, set: &BTreeMap<String, String>) -> BTreeMap<&str, &str> {
    let defaults =
        known(release).filter(Known::has_broker_default).map(|known| (known.property, known.default));
    let set = set.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    OF_BROKERS.iter().copied().chain(defaults).chain(set).collect()
}

/// What a topic is set to that does not set it by itself.
pub(crate) fn of_topic<'a>(
    release: Number,
    set: &'a BTreeMap<String, String>,
    name: &str,
) -> Option<&'a str> {
    let known = known(release).find(|known| known.name == name)?;
    Some(set.get(known.property).map_or(known.default, String::as_str))
}

/// Whether a topic can be set to it; if not, why.
pub(crate) fn check(release: Number, name: &str, value: &str) -> Result<(), String> {
    let known = known(release).find(|known| known.name == name);
    let known = known.ok_or_else(|| format!("Unknown topic config name: {name}"))?;
    let lowest = lowest(name);
    let fits = match known.kind {
        Kind::Bool => matches!(value, "true" | "false"),
        Kind::Int => value.parse::<i32>().is_ok_and(|number| i64::from(number) >= lowest),
        Kind::Long => value.parse::<i64>().is_ok_and(|number| number >= lowest),
        Kind::Real => value.parse::<f64>().is_ok_and(|number| (0.0..=1.0).contains(&number)),
        // KIP-1161: a topic that is neither deleted from nor compacted.
        Kind::List if value.is_empty() && release >= (4, 2) => true,
        Kind::Text | Kind::List => !value.contains(char::is_control) && is_one_of(name, value),
    };
    if fits { Ok(()) } else { Err(format!("Invalid value {value} for configuration {name}")) }
}

fn lowest(name: &str) -> i64 {
    match name {
        "retention.ms" | "retention.bytes" | "compression.gzip.level" => -1,
        "remote.copy.lag.ms" | "remote.copy.lag.bytes" => -1,
        "local.retention.ms" | "local.retention.bytes" | "compression.zstd.level" => i64::from(i32::MIN),
        "min.insync.replicas" | "segment.ms" | "max.compaction.lag.ms" | "compression.lz4.level" => 1,
        _ => 0,
    }
}

fn is_one_of(name: &str, value: &str) -> bool {
    match name {
        "cleanup.policy" => value.split(',').all(|part| matches!(part, "compact" | "delete")),
        "compression.type" => {
            matches!(value, "uncompressed" | "zstd" | "lz4" | "snappy" | "gzip" | "producer")
        }
        "message.timestamp.type" => matches!(value, "CreateTime" | "LogAppendTime"),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_takes_its_default_from_the_brokers() {
        let set = BTreeMap::from([("message.max.bytes".to_owned(), "2000".to_owned())]);
        assert_eq!(of_topic((4, 4), &set, "max.message.bytes"), Some("2000"));
        assert_eq!(of_topic((4, 4), &BTreeMap::new(), "max.message.bytes"), Some("1048588"));
        assert_eq!(of_topic((2, 1), &BTreeMap::new(), "max.message.bytes"), Some("1000012"));
    }

    #[test]
    fn values_that_do_not_fit_are_refused() {
        assert!(check((4, 4), "retention.ms", "-1").is_ok());
        assert!(check((4, 4), "cleanup.policy", "compact,delete").is_ok());
        for (name, value) in
            [("retention.ms", "soon"), ("cleanup.policy", "keep"), ("min.insync.replicas", "0")]
        {
            assert!(check((4, 4), name, value).is_err(), "{name}");
        }
        assert!(check((4, 4), "message.format.version", "2.1").is_err(), "gone since 4.0");
    }
}
