//! Logs that outlive the cluster, in a folder.
//!
//! ```text
//! <folder>/topics                                    what topics there are
//! <folder>/orders-0/00000000000000000000.log         batches, as Kafka's own log files hold them
//! ```
//!
//! Kafka's `DumpLogSegments` reads these files. A batch is in its file before it is acknowledged; it is not forced to
//! the disk. What an ended process has left incomplete at the end of a file is cut off at the next start.

mod table;

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use kafka_sdk_protocol::records::{BatchHeader, batches};

use super::state::State;
use table::KeptTopic;

const TOPICS: &str = "topics";
/// One segment holds all: it begins at offset 0.
const SEGMENT: &str = "00000000000000000000.log";
/// More files are not held open.
const MOST_OPEN: usize = 200;

/// A folder with the logs of a cluster.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    /// Partitions that have files.
    kept: BTreeSet<(String, i32)>,
    open: HashMap<(String, i32), File>,
}

/// A batch that was appended.
#[derive(Debug)]
pub(super) struct Appended {
    pub(super) topic: String,
    pub(super) partition: i32,
    pub(super) bytes: Bytes,
}

impl Folder {
    /// Opens a folder, which is made if it is not there, and puts what is in it into the state of a new cluster.
    pub(super) fn open(path: &Path, state: &mut State) -> io::Result<Self> {
        fs::create_dir_all(path)?;
        let mut folder = Self { path: path.into(), kept: BTreeSet::new(), open: HashMap::new() };
        let text = match fs::read_to_string(path.join(TOPICS)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            text => text?,
        };
        let topics =
            table::read(&text).map_err(|line| io::Error::other(format!("a line like no other: {line}")))?;
        topics.into_iter().try_for_each(|topic| folder.restore(topic, state))?;
        Ok(folder)
    }

    fn restore(&mut self, topic: KeptTopic, state: &mut State) -> io::Result<()> {
        let replicas = topic.partitions.iter().map(|partition| known(&partition.replicas, state)).collect();
        state.add_topic(&topic.name, topic.id, replicas, topic.configs.into_iter().collect());
        for (index, kept) in (0..).zip(&topic.partitions) {
            let all = read_segment(&self.segment(&topic.name, index))?;
            if !all.is_empty() {
                self.kept.insert((topic.name.clone(), index));
            }
            state.restore(&topic.name, index, kept.start, kept.epoch, all);
        }
        Ok(())
    }

    /// Keeps what a request has changed.
    pub(super) fn keep(&mut self, state: &State, appended: Vec<Appended>) -> io::Result<()> {
        if appended.is_empty() {
            return self.keep_topics(state);
        }
        appended.into_iter().try_for_each(|batch| self.append(batch))
    }

    /// Writes down what topics there are, and removes the files of those that there are not.
    pub(super) fn keep_topics(&mut self, state: &State) -> io::Result<()> {
        let (new, place) = (self.path.join("topics.new"), self.path.join(TOPICS));
        fs::write(&new, table::write(state))?;
        fs::rename(new, place)?;
        let gone = |(topic, _): &(String, i32)| !state.topics().contains_key(topic);
        let gone: Vec<_> = self.kept.iter().filter(|key| gone(key)).cloned().collect();
        for key in gone {
            self.open.remove(&key);
            self.kept.remove(&key);
            fs::remove_dir_all(self.partition(&key.0, key.1))?;
        }
        Ok(())
    }

    fn append(&mut self, Appended { topic, partition, bytes }: Appended) -> io::Result<()> {
        let segment = self.segment(&topic, partition);
        if self.open.len() >= MOST_OPEN {
            self.open.clear();
        }
        let file = match self.open.entry((topic, partition)) {
            Entry::Occupied(open) => open.into_mut(),
            Entry::Vacant(vacant) => {
                self.kept.insert(vacant.key().clone());
                vacant.insert(open_segment(&segment)?)
            }
        };
        file.write_all(&bytes)
    }

    fn partition(&self, topic: &str, index: i32) -> PathBuf {
        self.path.join(format!("{topic}-{index}"))
    }

    fn segment(&self, topic: &str, index: i32) -> PathBuf {
        self.partition(topic, index).join(SEGMENT)
    }
}

/// The replicas that this cluster has nodes for; at least one.
fn known(replicas: &[i32], state: &State) -> Vec<i32> {
    let is_known = |id: &i32| state.nodes.iter().any(|node| node.id == *id);
    let known: Vec<i32> = replicas.iter().copied().filter(is_known).collect();
    if known.is_empty() { vec![1] } else { known }
}

fn open_segment(path: &Path) -> io::Result<File> {
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    File::options().create(true).append(true).open(path)
}

/// The batches of a file that are complete; the rest is cut off.
fn read_segment(path: &Path) -> io::Result<Vec<(BatchHeader, Bytes)>> {
    let bytes: Bytes = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        bytes => bytes?.into(),
    };
    let good = batches(&bytes).map_while(Result::ok).take_while(|batch| batch.check().is_ok());
    let all: Vec<(BatchHeader, Bytes)> = good.map(|batch| (*batch.header(), batch.bytes().clone())).collect();
    let length: usize = all.iter().map(|(_, bytes)| bytes.len()).sum();
    File::options().write(true).open(path)?.set_len(length as u64)?;
    Ok(all)
}
