//! Members written in Java: Kafka's own VerifiableConsumer.

use super::{PATIENCE, Place};
use kafka_sdk::consumer::assignor::AssignmentStrategy::{self, Range, RoundRobin, Sticky};
use kafka_sdk_testcontainers::{TestKafka, Tool};
use std::sync::{Arc, Mutex};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// By which protocol it is a member.
#[derive(Clone, Debug)]
pub(crate) enum JavaProtocol {
    Classic(AssignmentStrategy),
    Consumer,
}

impl JavaProtocol {
    fn args(&self) -> Vec<String> {
        let class = match self {
            Self::Consumer => return ["--group-protocol", "consumer"].map(str::to_owned).into(),
            Self::Classic(Range) => "RangeAssignor",
            Self::Classic(RoundRobin) => "RoundRobinAssignor",
            Self::Classic(Sticky) => "StickyAssignor",
            Self::Classic(_) => "CooperativeStickyAssignor",
        };
        let class = format!("org.apache.kafka.clients.consumer.{class}");
        ["--session-timeout", "10000", "--assignment-strategy", &class].map(str::to_owned).into()
    }
}

/// A member in Java, and what it has read so far. Dropped, it is killed.
pub(crate) struct Java {
    read: Arc<Mutex<Vec<Place>>>,
    task: JoinHandle<()>,
}

impl Drop for Java {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The number behind a name, in a line of JSON.
fn number(line: &str, name: &str) -> Option<i64> {
    let rest = line.split_once(&format!("\"{name}\":"))?.1;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse().ok()
}

impl Java {
    /// Reads so many records, and leaves the group in good order. It commits each batch that it has read.
    pub(crate) async fn of(
        broker: &TestKafka,
        group: &str,
        topic: &str,
        protocol: &JavaProtocol,
        most: u32,
    ) -> Self {
        let most = ["--max-messages".to_owned(), most.to_string()];
        Self::start(tool(broker, group, topic, protocol).args(most)).await
    }

    /// Reads until it is dropped.
    pub(crate) async fn endless(
        broker: &TestKafka,
        group: &str,
        topic: &str,
        protocol: &JavaProtocol,
    ) -> Self {
        Self::start(tool(broker, group, topic, protocol)).await
    }

    async fn start(tool: Tool) -> Self {
        let mut run = tool.lines().await.unwrap();
        let read = Arc::<Mutex<Vec<Place>>>::default();
        let seen = read.clone();
        let task = tokio::spawn(async move {
            while let Some(line) = run.next_line().await.unwrap() {
                let line = String::from_utf8_lossy(line);
                if line.contains("\"record_data\"") {
                    let place = number(&line, "partition").zip(number(&line, "offset"));
                    let (partition, offset) = place.unwrap_or_else(|| panic!("no place: {line}"));
                    seen.lock().unwrap().push((i32::try_from(partition).unwrap(), offset));
                }
            }
            let end = run.finish().await.unwrap();
            assert!(end.success(), "{}", end.stderr());
        });
        Self { read, task }
    }

    pub(crate) fn read(&self) -> Vec<Place> {
        self.read.lock().unwrap().clone()
    }

    /// Waits for its end.
    pub(crate) async fn ended(mut self) -> Vec<Place> {
        timeout(PATIENCE, &mut self.task).await.unwrap().unwrap();
        self.read()
    }
}

fn tool(broker: &TestKafka, group: &str, topic: &str, protocol: &JavaProtocol) -> Tool {
    let servers = if broker.version().starts_with('2') { "--broker-list" } else { "--bootstrap-server" };
    let args = [servers, broker.bootstrap_servers(), "--topic", topic, "--group-id", group];
    let tool = broker.tool("org.apache.kafka.tools.VerifiableConsumer").args(args);
    let tool = tool.args(["--verbose", "--reset-policy", "earliest"]).args(protocol.args());
    tool.timeout(3 * PATIENCE)
}
