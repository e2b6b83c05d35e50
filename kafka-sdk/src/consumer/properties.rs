//! The reader's and the consumer's settings by name.

use super::group::assignor::{AssignmentStrategy, Assignors};
use super::settings::{ConsumerSettings, GroupProtocol, HasReading, Settings};
use crate::model::{Isolation, Reset};
use crate::settings::Dialect::{Both, Java, Librdkafka};
use crate::settings::Support::{Ignored, Only, Unsupported};
use crate::settings::{
    Alias, Count, Kilobytes, Millis, Names, OneOf, Other, Own, Role, Row, TRUE_OR_FALSE, Table, Text,
    iso_duration,
};

pub(super) static TABLE: Table<Settings> =
    Table { role: Role::Reader, rows: &[Rows::<Settings>::READING], others: OTHERS };
pub(crate) static NAMES: &dyn Names = &TABLE;
pub(super) static CONSUMER: Table<ConsumerSettings> =
    Table { role: Role::Consumer, rows: &[GROUP, Rows::<ConsumerSettings>::READING], others: GROUP_OTHERS };
pub(crate) static CONSUMER_NAMES: &dyn Names = &CONSUMER;

/// The protocol's numbers have 31 bits; frames are limited to less.
const MOST: usize = 100 << 20;
const TEN_MINUTES: u64 = 600_000;
const DAY: u64 = 24 * 60 * 60 * 1_000;

/// The rows that all have who read.
struct Rows<S>(std::marker::PhantomData<S>);

impl<S: HasReading> Rows<S> {
    const READING: &'static [Row<S>] = &[
        Row {
            name: "fetch.max.wait.ms",
            dialect: Java,
            aliases: &[Alias::Same("fetch.wait.max.ms")],
            kind: &Millis { field: |s: &mut S| &mut s.reading_mut().fetch_max_wait, range: 0..=TEN_MINUTES },
            librdkafka: None,
            method: Some("ReaderBuilder::fetch_max_wait"),
            doc: "How long a broker may wait for records when it has none.",
        },
        Row {
            name: "fetch.min.bytes",
            dialect: Both,
            aliases: &[],
            kind: &Count {
                of: "number of bytes",
                field: |s: &mut S| &mut s.reading_mut().fetch_min_bytes,
                range: 0..=MOST,
            },
            librdkafka: None,
            method: Some("ReaderBuilder::fetch_min_bytes"),
            doc: "How many bytes a broker waits for before it answers.",
        },
        Row {
            name: "fetch.max.bytes",
            dialect: Both,
            aliases: &[],
            kind: &Count {
                of: "number of bytes",
                field: |s: &mut S| &mut s.reading_mut().fetch_max_bytes,
                range: 1..=MOST,
            },
            librdkafka: None,
            method: Some("ReaderBuilder::fetch_max_bytes"),
            doc: "How many bytes one answer of a broker has, about.",
        },
        Row {
            name: "max.partition.fetch.bytes",
            dialect: Both,
            aliases: &[Alias::Same("fetch.message.max.bytes")],
            kind: &Count {
                of: "number of bytes",
                field: |s: &mut S| &mut s.reading_mut().partition_max_bytes,
                range: 1..=MOST,
            },
            librdkafka: None,
            method: Some("ReaderBuilder::partition_max_bytes"),
            doc: "How many bytes of one partition an answer has, about.",
        },
        Row {
            name: "queued.max.messages.kbytes",
            dialect: Librdkafka,
            aliases: &[],
            kind: &Kilobytes { field: |s: &mut S| &mut s.reading_mut().fetch_buffer, range: 1..=1 << 30 },
            librdkafka: Some("65536"),
            method: Some("ReaderBuilder::fetch_buffer"),
            doc: "How much is fetched ahead, over all partitions; at least `max.partition.fetch.bytes`.",
        },
        Row {
            name: "isolation.level",
            dialect: Both,
            aliases: &[],
            kind: &OneOf {
                get: |s: &S| s.reading().isolation,
                set: |s: &mut S, isolation| s.reading_mut().isolation = isolation,
                words: &[
                    ("read_uncommitted", Isolation::ReadUncommitted),
                    ("read_committed", Isolation::ReadCommitted),
                ],
            },
            librdkafka: Some("read_committed"),
            method: Some("ReaderBuilder::isolation"),
            doc: "Which records of transactions are read.",
        },
        Row {
            name: "check.crcs",
            dialect: Both,
            aliases: &[],
            kind: &OneOf {
                get: |s: &S| s.reading().crc_checks,
                set: |s: &mut S, checks| s.reading_mut().crc_checks = checks,
                words: TRUE_OR_FALSE,
            },
            librdkafka: Some("false"),
            method: Some("ReaderBuilder::crc_checks"),
            doc: "Whether the checksums of batches are compared.",
        },
        Row {
            name: "auto.offset.reset",
            dialect: Both,
            aliases: &[],
            kind: &Own {
                read: |s: &mut S, text| {
                    s.reading_mut().offset_reset = reset(text)?;
                    Some(())
                },
                show: |s: &S| reset_name(s.reading().offset_reset),
                accepts: "earliest, latest, none or by_duration:PT1H (or another ISO 8601 duration)",
            },
            librdkafka: Some("largest"),
            method: Some("ReaderBuilder::offset_reset"),
            doc: "Where reading goes on when a partition no longer has the position, and where a group begins.",
        },
    ];
}

const GROUP: &[Row<ConsumerSettings>] = &[
    Row {
        name: "group.id",
        dialect: Both,
        aliases: &[],
        kind: &Text { field: |s: &mut ConsumerSettings| &mut s.group },
        librdkafka: None,
        method: None,
        doc: "The group, where `Kafka::consumer` is given none.",
    },
    Row {
        name: "group.instance.id",
        dialect: Both,
        aliases: &[],
        kind: &Text { field: |s: &mut ConsumerSettings| &mut s.instance_id },
        librdkafka: None,
        method: Some("ConsumerBuilder::instance_id"),
        doc: "Makes it a static member (KIP-345).",
    },
    Row {
        name: "group.protocol",
        dialect: Both,
        aliases: &[],
        kind: &OneOf {
            get: |s: &ConsumerSettings| s.protocol,
            set: |s: &mut ConsumerSettings, protocol| s.protocol = protocol,
            words: &[
                ("classic", GroupProtocol::Classic),
                ("consumer", GroupProtocol::Consumer),
                ("auto", GroupProtocol::Auto),
            ],
        },
        librdkafka: None,
        method: Some("ConsumerBuilder::group_protocol"),
        doc: "Which protocol the group speaks.",
    },
    Row {
        name: "group.remote.assignor",
        dialect: Both,
        aliases: &[],
        kind: &Text { field: |s: &mut ConsumerSettings| &mut s.remote_assignor },
        librdkafka: None,
        method: Some("ConsumerBuilder::remote_assignor"),
        doc: "How the brokers distribute partitions under the consumer protocol; empty is their own choice.",
    },
    Row {
        name: "session.timeout.ms",
        dialect: Both,
        aliases: &[],
        kind: &Millis { field: |s: &mut ConsumerSettings| &mut s.session_timeout, range: 1..=DAY },
        librdkafka: None,
        method: Some("ConsumerBuilder::session_timeout"),
        doc: "After how long without a heartbeat the member is thrown out of the group; under the consumer protocol what is assumed of the brokers' setting.",
    },
    Row {
        name: "heartbeat.interval.ms",
        dialect: Both,
        aliases: &[],
        kind: &Millis { field: |s: &mut ConsumerSettings| &mut s.heartbeat_interval, range: 1..=DAY },
        librdkafka: None,
        method: Some("ConsumerBuilder::heartbeat_interval"),
        doc: "How often a classic member tells the coordinator that it is there; less than `session.timeout.ms`.",
    },
    Row {
        name: "max.poll.interval.ms",
        dialect: Both,
        aliases: &[],
        kind: &Millis { field: |s: &mut ConsumerSettings| &mut s.max_poll_interval, range: 1..=DAY },
        librdkafka: None,
        method: Some("ConsumerBuilder::max_poll_interval"),
        doc: "How long the application may take until it asks for more; also the rebalance timeout.",
    },
    Row {
        name: "enable.auto.commit",
        dialect: Both,
        aliases: &[Alias::Same("auto.commit.enable")],
        kind: &OneOf {
            get: |s: &ConsumerSettings| s.auto_commit,
            set: |s: &mut ConsumerSettings, on| s.auto_commit = on,
            words: TRUE_OR_FALSE,
        },
        librdkafka: None,
        method: None,
        doc: "`Commit::Delivered`, or `Commit::Manual`.",
    },
    Row {
        name: "auto.commit.interval.ms",
        dialect: Both,
        aliases: &[],
        kind: &Millis { field: |s: &mut ConsumerSettings| &mut s.auto_commit_interval, range: 1..=DAY },
        librdkafka: None,
        method: Some("ConsumerBuilder::commit"),
        doc: "How often what is processed is committed.",
    },
    Row {
        name: "partition.assignment.strategy",
        dialect: Both,
        aliases: &[],
        kind: &Own {
            read: |s: &mut ConsumerSettings, text| {
                s.assignors = Assignors::parse(text)?;
                Some(())
            },
            show: |s: &ConsumerSettings| {
                s.assignors.iter().map(AssignmentStrategy::name).collect::<Vec<_>>().join(",")
            },
            accepts: "range, roundrobin, sticky, cooperative-sticky, or Java's names of their classes; several with commas",
        },
        librdkafka: Some("range,roundrobin"),
        method: Some("ConsumerBuilder::assignors"),
        doc: "How a classic group distributes partitions, the best one first.",
    },
];

/// The words of both clients.
fn reset(text: &str) -> Option<Reset> {
    let word = text.to_ascii_lowercase();
    Some(match word.as_str() {
        "none" | "error" => Reset::Fail,
        "earliest" | "smallest" | "beginning" => Reset::Earliest,
        "latest" | "largest" | "end" => Reset::Latest,
        _ => Reset::Within(iso_duration(word.strip_prefix("by_duration:")?)?),
    })
}

fn reset_name(reset: Reset) -> String {
    match reset {
        Reset::Fail => "none".to_owned(),
        Reset::Earliest => "earliest".to_owned(),
        Reset::Latest => "latest".to_owned(),
        Reset::Within(time) => format!("by_duration:PT{}S", time.as_secs_f64()),
    }
}

const OTHERS: &[Other] = &[
    Other {
        names: &["enable.partition.eof"],
        dialect: Librdkafka,
        support: Ignored(
            "next_event of a reader or a consumer gives the ends of partitions, and next leaves them out",
        ),
    },
    Other {
        names: &["fetch.error.backoff.ms"],
        dialect: Librdkafka,
        support: Ignored("retry.backoff.ms is for fetches too"),
    },
    Other {
        names: &["allow.auto.create.topics"],
        dialect: Both,
        support: Only(&["false"], "only a producer creates topics"),
    },
    Other {
        names: &["key.deserializer", "value.deserializer"],
        dialect: Java,
        support: Ignored("keys and values are bytes here"),
    },
    Other {
        names: &["max.poll.records"],
        dialect: Java,
        support: Ignored("records come one by one, or a batch at a time"),
    },
    Other { names: &["consume_cb"], dialect: Librdkafka, support: Ignored("a callback is no text") },
    Other {
        names: &["consume.callback.max.messages", "fetch.queue.backoff.ms", "queued.min.messages"],
        dialect: Librdkafka,
        support: Ignored("it is about how librdkafka works inside"),
    },
    Other {
        names: &["offset.store.method"],
        dialect: Librdkafka,
        support: Only(&["broker", "none"], "offsets are not stored in files"),
    },
    Other {
        names: &["offset.store.path", "offset.store.sync.interval.ms"],
        dialect: Librdkafka,
        support: Unsupported("offsets are not stored in files"),
    },
];

const GROUP_OTHERS: &[Other] = &[
    Other {
        names: &["coordinator.query.interval.ms"],
        dialect: Librdkafka,
        support: Ignored("the coordinator is looked up when it is not known"),
    },
    Other {
        names: &["enable.auto.offset.store"],
        dialect: Librdkafka,
        support: Only(&["true"], "a consumer that says what is processed is built with acked()"),
    },
    Other {
        names: &["group.protocol.type"],
        dialect: Librdkafka,
        support: Only(&["consumer"], "groups are those of consumers"),
    },
    Other {
        names: &["offset_commit_cb", "rebalance_cb"],
        dialect: Librdkafka,
        support: Ignored("a callback is no text"),
    },
    Other {
        names: &["exclude.internal.topics"],
        dialect: Java,
        support: Only(&["true"], "a pattern does not match internal topics"),
    },
    Other {
        names: &["share.acknowledgement.mode", "share.acquire.mode"],
        dialect: Java,
        support: Unsupported("share groups are not in this version"),
    },
];
