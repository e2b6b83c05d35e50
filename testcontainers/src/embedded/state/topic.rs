//! A topic: its id, its partitions and what it is configured to.

use std::collections::BTreeMap;

use kafka_sdk_protocol::ErrorCode;
use kafka_sdk_protocol::wire::Uuid;

use super::partition::Partition;

/// Kafka's limit for names.
const LONGEST_NAME: usize = 249;

/// A topic.
#[derive(Debug)]
pub(crate) struct Topic {
    pub(crate) id: Uuid,
    pub(crate) partitions: Vec<Partition>,
    /// Only what differs from the brokers' settings.
    pub(crate) configs: BTreeMap<String, String>,
}

impl Topic {
    pub(crate) fn partition(&self, index: i32) -> Option<&Partition> {
        self.partitions.get(usize::try_from(index).ok()?)
    }

    pub(crate) fn partition_mut(&mut self, index: i32) -> Option<&mut Partition> {
        self.partitions.get_mut(usize::try_from(index).ok()?)
    }
}

/// Whether Kafka takes the name; if not, in its words why.
pub(crate) fn check_name(name: &str) -> Result<(), (ErrorCode, String)> {
    let is_legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let trouble = match name {
        "" => "the empty string is not allowed".into(),
        "." | ".." => format!("'{name}' is not allowed"),
        long if long.len() > LONGEST_NAME => {
            format!("the length of '{long}' is longer than the max allowed length {LONGEST_NAME}")
        }
        odd if !odd.chars().all(is_legal) => format!(
            "'{odd}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"
        ),
        _ => return Ok(()),
    };
    Err((ErrorCode::INVALID_TOPIC_EXCEPTION, format!("Topic name is invalid: {trouble}")))
}

/// Names that differ only in `.` and `_` collide in the names of metrics.
pub(crate) fn metric_name(name: &str) -> String {
    name.replace('.', "_")
}
