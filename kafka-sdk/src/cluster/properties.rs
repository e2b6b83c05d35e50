//! The client's settings by name.

mod others;

use super::Settings;
use crate::error::Result;
use crate::model::{AddressFamily, MetadataRecovery, Switch};
use crate::net::Address;
use crate::settings::Dialect::{Both, Java, Librdkafka};
use crate::settings::{
    Alias, Kind, Millis, MillisOrNever, Names, OneOf, Role, Row, SystemBuffer, TRUE_OR_FALSE, Table, Text,
};
use others::OTHERS;

pub(crate) static TABLE: Table<Settings> = Table { role: Role::Client, rows: &[ROWS], others: OTHERS };
pub(crate) static NAMES: &dyn Names = &TABLE;

/// Addresses, which have errors of their own.
struct Bootstrap;

impl Kind<Settings> for Bootstrap {
    fn read(&self, _name: &str, text: &str, settings: &mut Settings) -> Result<()> {
        settings.bootstrap = Address::parse_list(text)?;
        Ok(())
    }

    fn show(&self, settings: &mut Settings) -> String {
        settings.bootstrap.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
    }

    fn accepts(&self) -> String {
        "a list of host:port, with commas in between".to_owned()
    }
}

const TEN_MINUTES: u64 = 600_000;
const ONE_DAY: u64 = 24 * 60 * 60 * 1000;

const ROWS: &[Row<Settings>] = &[
    Row {
        name: "bootstrap.servers",
        dialect: Both,
        aliases: &[Alias::Same("metadata.broker.list")],
        kind: &Bootstrap,
        librdkafka: None,
        method: Some("Kafka::builder"),
        doc: "Brokers to begin with; the others are learnt from them. `host` is `host:9092`.",
    },
    Row {
        name: "client.id",
        dialect: Both,
        aliases: &[],
        kind: &Text { field: |s: &mut Settings| &mut s.client_id },
        librdkafka: None,
        method: Some("KafkaBuilder::client_id"),
        doc: "The name under which brokers log and throttle this client.",
    },
    Row {
        name: "client.rack",
        dialect: Both,
        aliases: &[],
        kind: &Text { field: |s: &mut Settings| &mut s.rack },
        librdkafka: None,
        method: Some("KafkaBuilder::rack"),
        doc: "Where this client is: readers read from a replica in their rack, where there is one.",
    },
    Row {
        name: "socket.connection.setup.timeout.ms",
        dialect: Both,
        aliases: &[],
        kind: &Millis { field: |s: &mut Settings| &mut s.connect_timeout.first, range: 1..=TEN_MINUTES },
        librdkafka: Some("30000"),
        method: Some("KafkaBuilder::connect_timeout"),
        doc: "How long connecting to a broker takes, at first.",
    },
    Row {
        name: "socket.connection.setup.timeout.max.ms",
        dialect: Java,
        aliases: &[],
        kind: &Millis { field: |s: &mut Settings| &mut s.connect_timeout.most, range: 1..=TEN_MINUTES },
        librdkafka: None,
        method: Some("KafkaBuilder::connect_timeout_max"),
        doc: "How long connecting to a broker takes after failures in a row.",
    },
    Row {
        name: "reconnect.backoff.ms",
        dialect: Both,
        aliases: &[],
        kind: &Millis { field: |s: &mut Settings| &mut s.reconnect.first, range: 0..=TEN_MINUTES },
        librdkafka: Some("100"),
        method: Some("KafkaBuilder::reconnect_backoff"),
        doc: "How long to wait before a broker is dialled again; twice as long after each failure in a row.",
    },
    Row {
        name: "reconnect.backoff.max.ms",
        dialect: Both,
        aliases: &[],
        kind: &Millis { field: |s: &mut Settings| &mut s.reconnect.most, range: 0..=TEN_MINUTES },
        librdkafka: Some("10000"),
        method: Some("KafkaBuilder::reconnect_backoff_max"),
        doc: "The longest wait before a broker is dialled again.",
    },
    Row {
        name: "connections.max.idle.ms",
        dialect: Both,
        aliases: &[],
        kind: &MillisOrNever { field: |s: &mut Settings| &mut s.max_idle, range: 1..=365 * ONE_DAY },
        librdkafka: Some("0"),
        method: Some("KafkaBuilder::connections_max_idle"),
        doc: "After how long a connection is closed over which nothing is asked.",
    },
    Row {
        name: "metadata.recovery.strategy",
        dialect: Both,
        aliases: &[],
        kind: &OneOf {
            get: |s: &Settings| s.recovery,
            set: |s: &mut Settings, recovery| s.recovery = recovery,
            words: &[("rebootstrap", MetadataRecovery::Rebootstrap), ("none", MetadataRecovery::None)],
        },
        librdkafka: None,
        method: Some("KafkaBuilder::metadata_recovery"),
        doc: "What to do when none of the brokers that are known answers.",
    },
    Row {
        name: "metadata.cluster.check.enable",
        dialect: Java,
        aliases: &[],
        kind: &OneOf {
            get: |s: &Settings| s.cluster_check,
            set: |s: &mut Settings, check| s.cluster_check = check,
            words: TRUE_OR_FALSE,
        },
        librdkafka: None,
        method: Some("KafkaBuilder::cluster_check"),
        doc: "Whether brokers refuse connections that were meant for another broker, or for another cluster.",
    },
    Row {
        name: "metadata.recovery.rebootstrap.trigger.ms",
        dialect: Both,
        aliases: &[],
        kind: &Millis { field: |s: &mut Settings| &mut s.rebootstrap_trigger, range: 0..=ONE_DAY },
        librdkafka: None,
        method: Some("KafkaBuilder::rebootstrap_trigger"),
        doc: "After how long without an answer about the cluster its brokers are forgotten.",
    },
    Row {
        name: "retry.backoff.ms",
        dialect: Both,
        aliases: &[],
        kind: &Millis { field: |s: &mut Settings| &mut s.retry.first, range: 1..=TEN_MINUTES },
        librdkafka: None,
        method: Some("KafkaBuilder::retry_backoff"),
        doc: "How long to wait before what has failed is tried again; twice as long after each failure in a row.",
    },
    Row {
        name: "retry.backoff.max.ms",
        dialect: Both,
        aliases: &[],
        kind: &Millis { field: |s: &mut Settings| &mut s.retry.most, range: 1..=TEN_MINUTES },
        librdkafka: None,
        method: Some("KafkaBuilder::retry_backoff_max"),
        doc: "The longest wait before what has failed is tried again.",
    },
    Row {
        name: "broker.address.family",
        dialect: Librdkafka,
        aliases: &[],
        kind: &OneOf {
            get: |s: &Settings| s.dialer.family,
            set: |s: &mut Settings, family| s.dialer.family = family,
            words: &[("any", AddressFamily::Any), ("v4", AddressFamily::V4), ("v6", AddressFamily::V6)],
        },
        librdkafka: None,
        method: Some("KafkaBuilder::address_family"),
        doc: "Which of a name's addresses are tried.",
    },
    Row {
        name: "socket.keepalive.enable",
        dialect: Librdkafka,
        aliases: &[],
        kind: &OneOf {
            get: |s: &Settings| s.dialer.keepalive,
            set: |s: &mut Settings, keepalive| s.dialer.keepalive = keepalive,
            words: TRUE_OR_FALSE,
        },
        librdkafka: Some("false"),
        method: Some("KafkaBuilder::keepalive"),
        doc: "Whether the operating system asks brokers now and then whether they are still there.",
    },
    Row {
        name: "socket.nagle.disable",
        dialect: Librdkafka,
        aliases: &[],
        kind: &OneOf {
            get: |s: &Settings| s.dialer.nagle,
            set: |s: &mut Settings, nagle| s.dialer.nagle = nagle,
            words: &[("true", Switch::Off), ("false", Switch::On)],
        },
        librdkafka: None,
        method: Some("KafkaBuilder::nagle"),
        doc: "Whether what is written goes out at once; the typed method says the opposite.",
    },
    Row {
        name: "send.buffer.bytes",
        dialect: Java,
        aliases: &[Alias::Same("socket.send.buffer.bytes")],
        kind: &SystemBuffer { field: |s: &mut Settings| &mut s.dialer.send_buffer, range: 1..=1 << 30 },
        librdkafka: None,
        method: Some("KafkaBuilder::send_buffer"),
        doc: "The size of a socket's send buffer; Java's default is 131072.",
    },
    Row {
        name: "receive.buffer.bytes",
        dialect: Java,
        aliases: &[Alias::Same("socket.receive.buffer.bytes")],
        kind: &SystemBuffer { field: |s: &mut Settings| &mut s.dialer.receive_buffer, range: 1..=1 << 30 },
        librdkafka: None,
        method: Some("KafkaBuilder::receive_buffer"),
        doc: "The size of a socket's receive buffer; Java's default is 32768 or 65536.",
    },
    Row {
        name: "request.timeout.ms",
        dialect: Both,
        aliases: &[Alias::Same("socket.timeout.ms")],
        kind: &Millis { field: |s: &mut Settings| &mut s.request_timeout, range: 1..=TEN_MINUTES },
        librdkafka: Some("60000 (as socket.timeout.ms)"),
        method: Some("KafkaBuilder::request_timeout"),
        doc: "How long a broker may take to answer one request.",
    },
    Row {
        name: "default.api.timeout.ms",
        dialect: Java,
        aliases: &[],
        kind: &Millis { field: |s: &mut Settings| &mut s.api_timeout, range: 1..=TEN_MINUTES },
        librdkafka: None,
        method: Some("KafkaBuilder::api_timeout"),
        doc: "How long a call of an admin or a reader takes at most, with all its retries.",
    },
    Row {
        name: "metadata.max.age.ms",
        dialect: Both,
        aliases: &[Alias::Same("topic.metadata.refresh.interval.ms")],
        kind: &Millis { field: |s: &mut Settings| &mut s.metadata_max_age, range: 1..=ONE_DAY },
        librdkafka: Some("900000"),
        method: Some("KafkaBuilder::metadata_max_age"),
        doc: "After how long what is known of the cluster is asked for again, also without a reason.",
    },
];
