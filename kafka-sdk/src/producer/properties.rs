//! The producer's settings by name.

use super::partitioner::{Partitioning, Spreading};
use super::settings::{GZIP_DEFAULT, GZIP_LEVELS, LZ4_LEVELS, MOST_RETRIES, Settings, ZSTD_LEVELS};
use crate::model::{Acks, Compression, Switch};
use crate::settings::Dialect::{Both, Java, Librdkafka};
use crate::settings::Support::{Ignored, Only, Unsupported};
use crate::settings::{
    Alias, Count, CountOr, Millis, Names, OneOf, Other, Own, Role, Row, TRUE_OR_FALSE, Table,
};
use std::ops::RangeInclusive;

pub(super) static TABLE: Table<Settings> = Table { role: Role::Producer, rows: &[ROWS], others: OTHERS };
pub(crate) static NAMES: &dyn Names = &TABLE;

const ONE_DAY: u64 = 24 * 60 * 60 * 1000;
/// Brokers close the connection over a request that is larger than `socket.request.max.bytes`, 100 MiB by default.
const LARGEST_REQUEST: usize = 100 << 20;
const MOST_MEMORY: usize = 1 << 40;

const fn level(field: fn(&mut Settings) -> &mut i32, range: RangeInclusive<i32>) -> Count<Settings, i32> {
    Count { of: "level", field, range }
}

const ROWS: &[Row<Settings>] = &[
    Row {
        name: "linger.ms",
        dialect: Both,
        aliases: &[Alias::Same("queue.buffering.max.ms")],
        kind: &Millis { field: |s: &mut Settings| &mut s.linger, range: 0..=ONE_DAY },
        librdkafka: None,
        method: Some("ProducerBuilder::linger"),
        doc: "How long a record may wait for others to travel with.",
    },
    Row {
        name: "batch.size",
        dialect: Both,
        aliases: &[],
        kind: &Count {
            of: "number of bytes",
            field: |s: &mut Settings| &mut s.batch_size,
            range: 1..=LARGEST_REQUEST,
        },
        librdkafka: Some("1000000"),
        method: Some("ProducerBuilder::batch_size"),
        doc: "From how many bytes on a batch is sent without lingering.",
    },
    Row {
        name: "max.request.size",
        dialect: Java,
        aliases: &[Alias::Same("message.max.bytes")],
        kind: &Count {
            of: "number of bytes",
            field: |s: &mut Settings| &mut s.max_request_size,
            range: 1 << 10..=LARGEST_REQUEST,
        },
        librdkafka: None,
        method: Some("ProducerBuilder::max_request_size"),
        doc: "The largest request, and with it the largest record.",
    },
    Row {
        name: "buffer.memory",
        dialect: Java,
        aliases: &[Alias::Kilobytes("queue.buffering.max.kbytes")],
        kind: &Count {
            of: "number of bytes",
            field: |s: &mut Settings| &mut s.buffer_memory,
            range: 1 << 14..=MOST_MEMORY,
        },
        librdkafka: Some("1073741824"),
        method: Some("ProducerBuilder::buffer_memory"),
        doc: "How much memory the records take that are not acknowledged yet; at least a request.",
    },
    Row {
        name: "max.block.ms",
        dialect: Java,
        aliases: &[],
        kind: &Millis { field: |s: &mut Settings| &mut s.max_block, range: 0..=ONE_DAY },
        librdkafka: None,
        method: Some("ProducerBuilder::max_block"),
        doc: "How long `send` and `enqueue` wait for room, and for a topic to be looked up.",
    },
    Row {
        name: "delivery.timeout.ms",
        dialect: Both,
        aliases: &[Alias::Same("message.timeout.ms")],
        kind: &Millis { field: |s: &mut Settings| &mut s.delivery_timeout, range: 1..=30 * ONE_DAY },
        librdkafka: Some("300000"),
        method: Some("ProducerBuilder::delivery_timeout"),
        doc: "When a record is acknowledged or reported as failed, whatever happens; at least `linger.ms` and \
              `request.timeout.ms` together.",
    },
    Row {
        name: "acks",
        dialect: Both,
        aliases: &[Alias::Same("request.required.acks")],
        kind: &OneOf {
            get: |s: &Settings| s.acks,
            set: |s: &mut Settings, acks| s.acks = acks,
            words: &[("all", Acks::All), ("-1", Acks::All), ("1", Acks::Leader), ("0", Acks::None)],
        },
        librdkafka: None,
        method: Some("ProducerBuilder::acks"),
        doc: "Whose word it takes that a record is written: that of all replicas in sync, the leader's, or nobody's.",
    },
    Row {
        name: "enable.idempotence",
        dialect: Both,
        aliases: &[],
        kind: &OneOf {
            get: Settings::idempotence,
            set: |s: &mut Settings, idempotence| s.idempotent = Some(idempotence),
            words: TRUE_OR_FALSE,
        },
        librdkafka: Some("false"),
        method: Some("ProducerBuilder::idempotence"),
        doc: "Whether brokers recognise what is sent again; needs `acks=all`, `retries` and no more than 5 in flight. Where \
              it is not set, what it does not go with turns it off.",
    },
    Row {
        name: "retries",
        dialect: Both,
        aliases: &[Alias::Same("message.send.max.retries")],
        kind: &Count {
            of: "number of attempts",
            field: |s: &mut Settings| &mut s.retries,
            range: 0..=MOST_RETRIES,
        },
        librdkafka: None,
        method: Some("ProducerBuilder::retries"),
        doc: "How often a batch is sent again at most; `delivery.timeout.ms` ends it anyway.",
    },
    Row {
        name: "max.in.flight.requests.per.connection",
        dialect: Both,
        aliases: &[Alias::Same("max.in.flight")],
        kind: &Count {
            of: "number of requests",
            field: |s: &mut Settings| &mut s.max_in_flight,
            range: 1..=1_000_000,
        },
        librdkafka: Some("1000000"),
        method: Some("ProducerBuilder::max_in_flight"),
        doc: "How many requests to one broker may be on their way, without an answer.",
    },
    Row {
        name: "compression.type",
        dialect: Both,
        aliases: &[Alias::Same("compression.codec")],
        kind: &OneOf {
            get: |s: &Settings| s.compression,
            set: |s: &mut Settings, compression| s.compression = compression,
            words: &[
                ("none", Compression::None),
                ("gzip", Compression::Gzip),
                ("snappy", Compression::Snappy),
                ("lz4", Compression::Lz4),
                ("zstd", Compression::Zstd),
            ],
        },
        librdkafka: None,
        method: Some("ProducerBuilder::compression"),
        doc: "How batches are compressed.",
    },
    Row {
        name: "compression.gzip.level",
        dialect: Java,
        aliases: &[],
        kind: &CountOr { count: level(|s| &mut s.gzip_level, GZIP_LEVELS), or: GZIP_DEFAULT },
        librdkafka: None,
        method: Some("ProducerBuilder::gzip_level"),
        doc: "How hard gzip tries; -1 is its own choice, which is 6.",
    },
    Row {
        name: "compression.lz4.level",
        dialect: Java,
        aliases: &[],
        kind: &level(|s| &mut s.lz4_level, LZ4_LEVELS),
        librdkafka: None,
        method: Some("ProducerBuilder::lz4_level"),
        doc: "Taken, and without effect: there is one way of compressing with lz4 here.",
    },
    Row {
        name: "compression.zstd.level",
        dialect: Java,
        aliases: &[],
        kind: &level(|s| &mut s.zstd_level, ZSTD_LEVELS),
        librdkafka: None,
        method: Some("ProducerBuilder::zstd_level"),
        doc: "How hard zstd tries; negative levels are faster still than 1.",
    },
    Row {
        name: "compression.level",
        dialect: Librdkafka,
        aliases: &[],
        kind: &Own {
            read: |s: &mut Settings, text| {
                s.level = Some(text.parse().ok()?).filter(|level| *level != -1);
                Some(())
            },
            show: |s: &Settings| s.level.unwrap_or(-1).to_string(),
            accepts: "a level of the codec, or -1",
        },
        librdkafka: None,
        method: None,
        doc: "How hard the codec tries, whichever it is; -1 leaves that to the settings of the codecs.",
    },
    Row {
        name: "metadata.max.idle.ms",
        dialect: Java,
        aliases: &[],
        kind: &Millis { field: |s: &mut Settings| &mut s.metadata_max_idle, range: 5_000..=ONE_DAY },
        librdkafka: None,
        method: Some("ProducerBuilder::metadata_max_idle"),
        doc: "How long a topic that is not written to is kept up to date.",
    },
    Row {
        name: "partitioner.class",
        dialect: Java,
        aliases: &[Alias::Same("partitioner")],
        kind: &Own {
            read: |s: &mut Settings, text| {
                s.partitioning = partitioning(text)?;
                Some(())
            },
            show: |s: &Settings| partitioner_name(&s.partitioning).to_owned(),
            accepts: "murmur2_random, murmur2, consistent_random, consistent, fnv1a_random, fnv1a, random, \
                      RoundRobinPartitioner or DefaultPartitioner",
        },
        librdkafka: Some("consistent_random"),
        method: Some("ProducerBuilder::partitioner"),
        doc: "Which partition a record goes to that does not name one; partitioners of one's own are set by the method.",
    },
    Row {
        name: "partitioner.ignore.keys",
        dialect: Java,
        aliases: &[],
        kind: &OneOf {
            get: |s: &Settings| match s.partitioning {
                Partitioning::Sticky => Switch::On,
                _ => Switch::Off,
            },
            set: ignore_keys,
            words: TRUE_OR_FALSE,
        },
        librdkafka: None,
        method: Some("ProducerBuilder::partitioner"),
        doc: "Whether the default partitioner does not look at keys.",
    },
    Row {
        name: "partitioner.adaptive.partitioning.enable",
        dialect: Java,
        aliases: &[],
        kind: &OneOf {
            get: |s: &Settings| s.spreading,
            set: |s: &mut Settings, spreading| s.spreading = spreading,
            words: &[("true", Spreading::Adaptive), ("false", Spreading::Uniform)],
        },
        librdkafka: None,
        method: Some("ProducerBuilder::spreading"),
        doc: "Whether records that are spread evenly spare the partitions of slow brokers.",
    },
    Row {
        name: "partitioner.availability.timeout.ms",
        dialect: Java,
        aliases: &[],
        kind: &Millis { field: |s: &mut Settings| &mut s.availability_timeout, range: 0..=ONE_DAY },
        librdkafka: None,
        method: Some("ProducerBuilder::availability_timeout"),
        doc: "How long a broker may take nothing before such records go to others only; 0 for however long.",
    },
];

/// Names in librdkafka, and classes in Java, with and without their package.
fn partitioning(text: &str) -> Option<Partitioning> {
    let class = text.strip_prefix("org.apache.kafka.clients.producer.");
    let class = class.map_or(text, |class| class.strip_prefix("internals.").unwrap_or(class));
    Some(match class.to_ascii_lowercase().as_str() {
        "murmur2_random" | "defaultpartitioner" => Partitioning::Murmur2Random,
        "murmur2" => Partitioning::Murmur2,
        "consistent_random" => Partitioning::ConsistentRandom,
        "consistent" => Partitioning::Consistent,
        "fnv1a_random" => Partitioning::Fnv1aRandom,
        "fnv1a" => Partitioning::Fnv1a,
        "random" => Partitioning::Random,
        "roundrobinpartitioner" => Partitioning::RoundRobin,
        "uniformstickypartitioner" => Partitioning::Sticky,
        _ => return None,
    })
}

fn partitioner_name(partitioning: &Partitioning) -> &'static str {
    match partitioning {
        Partitioning::Murmur2Random => "murmur2_random",
        Partitioning::Murmur2 => "murmur2",
        Partitioning::ConsistentRandom => "consistent_random",
        Partitioning::Consistent => "consistent",
        Partitioning::Fnv1aRandom => "fnv1a_random",
        Partitioning::Fnv1a => "fnv1a",
        Partitioning::Sticky => "UniformStickyPartitioner",
        Partitioning::RoundRobin => "RoundRobinPartitioner",
        Partitioning::Random => "random",
        Partitioning::Own(_) => "set in code",
    }
}

/// As in Java, where it is heeded by the default partitioner only.
fn ignore_keys(settings: &mut Settings, ignore: Switch) {
    match (&settings.partitioning, ignore) {
        (Partitioning::Murmur2Random, Switch::On) => settings.partitioning = Partitioning::Sticky,
        (Partitioning::Sticky, Switch::Off) => settings.partitioning = Partitioning::Murmur2Random,
        _ => {}
    }
}

const OTHERS: &[Other] = &[
    Other {
        names: &["transactional.id", "transaction.timeout.ms"],
        dialect: Both,
        support: Unsupported("transactions are not in this version"),
    },
    Other {
        names: &["transaction.two.phase.commit.enable"],
        dialect: Java,
        support: Unsupported("transactions are not in this version"),
    },
    Other {
        names: &["partitioner.rack.aware"],
        dialect: Java,
        support: Only(&["false"], "racks are not looked at"),
    },
    Other {
        names: &["buffer.memory.allocation.strategy"],
        dialect: Java,
        support: Ignored("it is about how Java's client works inside"),
    },
    Other {
        names: &["sticky.partitioning.linger.ms"],
        dialect: Librdkafka,
        support: Ignored("the sticky partition changes after a batch's worth of bytes"),
    },
    Other {
        names: &["enable.gapless.guarantee"],
        dialect: Librdkafka,
        support: Unsupported("a failed batch does not stop the producer"),
    },
    Other {
        names: &["key.serializer", "value.serializer"],
        dialect: Java,
        support: Ignored("keys and values are bytes here"),
    },
    Other {
        names: &["delivery.report.only.error", "dr_cb", "dr_msg_cb", "msg_order_cmp", "partitioner_cb"],
        dialect: Librdkafka,
        support: Ignored("a callback is no text; a Delivery says what came of its record"),
    },
    Other {
        names: &["batch.num.messages", "queue.buffering.max.messages"],
        dialect: Librdkafka,
        support: Ignored("limits are in bytes: batch.size, buffer.memory"),
    },
    Other {
        names: &["produce.offset.report", "queue.buffering.backpressure.threshold", "queuing.strategy"],
        dialect: Librdkafka,
        support: Ignored("it is about how librdkafka works inside"),
    },
];
