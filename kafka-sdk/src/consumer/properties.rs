//! The reader's settings by name, and those of consumer groups.

use super::settings::Settings;
use crate::model::{Isolation, Reset};
use crate::settings::Dialect::{Both, Java, Librdkafka};
use crate::settings::Standing::{Ignored, Only, Unsupported};
use crate::settings::{
    Alias, Count, Kilobytes, Millis, Names, OneOf, Other, Own, Role, Row, TRUE_OR_FALSE, Table, iso_duration,
};

pub(super) static TABLE: Table<Settings> = Table { role: Role::Reader, rows: ROWS, others: OTHERS };
pub(crate) static NAMES: &dyn Names = &TABLE;
static GROUP: Table<()> = Table { role: Role::Group, rows: &[], others: GROUP_OTHERS };
pub(crate) static GROUP_NAMES: &dyn Names = &GROUP;

/// The protocol's numbers have 31 bits; frames are limited to less.
const MOST: usize = 100 << 20;
const TEN_MINUTES: u64 = 600_000;

const ROWS: &[Row<Settings>] = &[
    Row {
        name: "fetch.max.wait.ms",
        dialect: Java,
        aliases: &[Alias::Same("fetch.wait.max.ms")],
        kind: &Millis { field: |s: &mut Settings| &mut s.fetch_max_wait, range: 0..=TEN_MINUTES },
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
            field: |s: &mut Settings| &mut s.fetch_min_bytes,
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
            field: |s: &mut Settings| &mut s.fetch_max_bytes,
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
            field: |s: &mut Settings| &mut s.partition_max_bytes,
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
        kind: &Kilobytes { field: |s: &mut Settings| &mut s.fetch_buffer, range: 1..=1 << 30 },
        librdkafka: Some("65536"),
        method: Some("ReaderBuilder::fetch_buffer"),
        doc: "How much is fetched ahead, over all partitions; at least `max.partition.fetch.bytes`.",
    },
    Row {
        name: "isolation.level",
        dialect: Both,
        aliases: &[],
        kind: &OneOf {
            get: |s: &Settings| s.isolation,
            set: |s: &mut Settings, isolation| s.isolation = isolation,
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
            get: |s: &Settings| s.crc_checks,
            set: |s: &mut Settings, checks| s.crc_checks = checks,
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
            read: |s: &mut Settings, text| {
                s.offset_reset = reset(text)?;
                Some(())
            },
            show: |s: &Settings| reset_name(s.offset_reset),
            accepts: "earliest, latest, none or by_duration:PT1H (or another ISO 8601 duration)",
        },
        librdkafka: Some("largest"),
        method: Some("ReaderBuilder::offset_reset"),
        doc: "Where reading goes on when a partition no longer has the position; Java's default is `latest`.",
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
        standing: Ignored(
            "Reader::next_event gives the ends of partitions, and Reader::next leaves them out",
        ),
    },
    Other {
        names: &["fetch.error.backoff.ms"],
        dialect: Librdkafka,
        standing: Ignored("retry.backoff.ms is for fetches too"),
    },
    Other {
        names: &["allow.auto.create.topics"],
        dialect: Both,
        standing: Only(&["false"], "only a producer creates topics"),
    },
    Other {
        names: &["key.deserializer", "value.deserializer"],
        dialect: Java,
        standing: Ignored("keys and values are bytes here"),
    },
    Other {
        names: &["max.poll.records"],
        dialect: Java,
        standing: Ignored("records come one by one, or a batch at a time"),
    },
    Other { names: &["consume_cb"], dialect: Librdkafka, standing: Ignored("a callback is no text") },
    Other {
        names: &["consume.callback.max.messages", "fetch.queue.backoff.ms", "queued.min.messages"],
        dialect: Librdkafka,
        standing: Ignored("it is about how librdkafka works inside"),
    },
    Other {
        names: &["offset.store.method"],
        dialect: Librdkafka,
        standing: Only(&["broker", "none"], "offsets are not stored in files"),
    },
    Other {
        names: &["offset.store.path", "offset.store.sync.interval.ms"],
        dialect: Librdkafka,
        standing: Unsupported("offsets are not stored in files"),
    },
];

const NO_GROUPS: &str = "consumer groups are not in this version";

const GROUP_OTHERS: &[Other] = &[
    Other {
        names: &[
            "auto.commit.interval.ms",
            "enable.auto.commit",
            "group.id",
            "group.instance.id",
            "group.protocol",
            "group.remote.assignor",
            "heartbeat.interval.ms",
            "max.poll.interval.ms",
            "partition.assignment.strategy",
            "session.timeout.ms",
        ],
        dialect: Both,
        standing: Unsupported(NO_GROUPS),
    },
    Other {
        names: &[
            "auto.commit.enable",
            "coordinator.query.interval.ms",
            "enable.auto.offset.store",
            "group.protocol.type",
            "offset_commit_cb",
            "rebalance_cb",
        ],
        dialect: Librdkafka,
        standing: Unsupported(NO_GROUPS),
    },
    Other {
        names: &["exclude.internal.topics", "share.acknowledgement.mode", "share.acquire.mode"],
        dialect: Java,
        standing: Unsupported(NO_GROUPS),
    },
];
