//! The topics of a cluster as text, one line each thing.
//!
//! ```text
//! topic orders EjPzZ3N6Qre2bSvp0pDz7g
//! config orders retention.ms 60000
//! partition orders start 0 epoch 3 replicas 1,2
//! ```

use std::fmt::Write as _;
use std::str::FromStr;

use kafka_sdk_protocol::wire::Uuid;

use crate::embedded::state::State;

/// A topic, as it was kept.
#[derive(Debug, PartialEq)]
pub(super) struct KeptTopic {
    pub(super) name: String,
    pub(super) id: Uuid,
    pub(super) configs: Vec<(String, String)>,
    pub(super) partitions: Vec<KeptPartition>,
}

/// A partition, as it was kept. Its records are in a file of their own.
#[derive(Debug, PartialEq)]
pub(super) struct KeptPartition {
    pub(super) start: i64,
    pub(super) epoch: i32,
    pub(super) replicas: Vec<i32>,
}

/// The text for a cluster.
pub(super) fn write(state: &State) -> String {
    let mut text = String::new();
    for (name, topic) in state.topics() {
        let _ = writeln!(text, "topic {name} {}", topic.id);
        for (key, value) in &topic.configs {
            let _ = writeln!(text, "config {name} {key} {value}");
        }
        for partition in &topic.partitions {
            let (start, epoch) = (partition.log.start(), partition.epoch);
            let replicas: Vec<String> = partition.replicas.iter().map(i32::to_string).collect();
            let _ = writeln!(
                text,
                "partition {name} start {start} epoch {epoch} replicas {}",
                replicas.join(",")
            );
        }
    }
    text
}

/// Reads what [`write`] has written. `Err`: a line that it has not.
pub(super) fn read(text: &str) -> Result<Vec<KeptTopic>, String> {
    let mut topics: Vec<KeptTopic> = Vec::new();
    for line in text.lines() {
        read_line(line, &mut topics).ok_or_else(|| line.to_owned())?;
    }
    Ok(topics)
}

fn read_line(line: &str, topics: &mut Vec<KeptTopic>) -> Option<()> {
    let (kind, rest) = line.split_once(' ')?;
    let (name, rest) = rest.split_once(' ')?;
    if kind == "topic" {
        let (id, configs, partitions) = (rest.parse().ok()?, Vec::new(), Vec::new());
        topics.push(KeptTopic { name: name.into(), id, configs, partitions });
        return Some(());
    }
    let topic = topics.last_mut().filter(|topic| topic.name == name)?;
    match kind {
        "config" => {
            let (key, value) = rest.split_once(' ')?;
            topic.configs.push((key.into(), value.into()));
        }
        "partition" => topic.partitions.push(read_partition(rest)?),
        _ => return None,
    }
    Some(())
}

fn read_partition(rest: &str) -> Option<KeptPartition> {
    let words: Vec<&str> = rest.split(' ').collect();
    let ["start", start, "epoch", epoch, "replicas", replicas] = *words.as_slice() else { return None };
    Some(KeptPartition {
        start: start.parse().ok()?,
        epoch: epoch.parse().ok()?,
        replicas: replicas.split(',').map(i32::from_str).collect::<Result<_, _>>().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read() {
        let text = "topic a AAAAAAAAAAAAAAAAAAAAAQ\nconfig a retention.ms 7\npartition a start 3 epoch 2 replicas 1,2\n";
        let topics = read(text).unwrap();
        assert_eq!(topics[0].configs, [("retention.ms".to_owned(), "7".to_owned())]);
        assert_eq!(topics[0].partitions, [KeptPartition { start: 3, epoch: 2, replicas: vec![1, 2] }]);
        assert_eq!(read("partition b start 3 epoch 2 replicas 1").unwrap_err().len(), 38);
        assert!(read("topic a nonsense").is_err());
    }
}
