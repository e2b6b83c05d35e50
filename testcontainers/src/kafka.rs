//! A running cluster, as a test holds it.

use std::sync::Arc;

use crate::jvm::{Cluster, versions};
use crate::{Error, Node, TestKafkaBuilder, Tool, ToolOutput};

/// A Kafka cluster of this test's own. It lives until it is dropped.
///
/// # Examples
/// ```no_run
/// # async fn example() -> Result<(), kafka_sdk_testcontainers::Error> {
/// use kafka_sdk_testcontainers::TestKafka;
///
/// let kafka = TestKafka::jvm().topic("orders", 3).start().await?;
/// let listing = kafka
///     .run_tool(
///         "org.apache.kafka.tools.TopicCommand",
///         ["--bootstrap-server", kafka.bootstrap_servers(), "--list"],
///     )
///     .await?;
/// assert_eq!(listing.text().trim(), "orders");
/// # Ok(())
/// # }
/// ```
///
/// # Drop behavior
/// Every process is ended at once by SIGKILL, paused or not, and the folders are removed soon after. Dropping does not
/// block and needs no runtime.
#[derive(Debug)]
pub struct TestKafka {
    cluster: Arc<Cluster>,
    nodes: Vec<Node>,
    bootstrap_servers: String,
}

impl TestKafka {
    /// A cluster of local Java processes. It takes `java`, and `mvn` for the first start of a version.
    pub fn jvm() -> TestKafkaBuilder {
        TestKafkaBuilder::new()
    }

    /// The versions that can be started, newest first.
    pub fn versions() -> Vec<&'static str> {
        versions::known()
    }

    pub(crate) fn new(cluster: Cluster) -> Self {
        let cluster = Arc::new(cluster);
        let nodes: Vec<Node> = (0..cluster.brokers().len()).map(|index| Node::new(&cluster, index)).collect();
        let bootstrap_servers = nodes.iter().map(Node::address).collect::<Vec<_>>().join(",");
        Self { cluster, nodes, bootstrap_servers }
    }

    pub(crate) fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// The addresses of all nodes, `127.0.0.1:<port>`, with commas between them.
    pub fn bootstrap_servers(&self) -> &str {
        &self.bootstrap_servers
    }

    /// The version of the brokers.
    pub fn version(&self) -> &str {
        self.cluster.release().version
    }

    /// All nodes; their ids are 1, 2 and so on.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The node of that id.
    ///
    /// # Errors
    /// Fails if there is none.
    pub fn node(&self, id: i32) -> Result<&Node, Error> {
        let found = self.nodes.iter().find(|node| node.id() == id);
        found.ok_or(Error::NoSuchNode { id, nodes: self.nodes.len() })
    }

    /// One of Kafka's Java tools, by its main class. The tools are of the cluster's version, or of the one before it
    /// where they are not published.
    pub fn tool(&self, class: &str) -> Tool {
        Tool::new(self.cluster.release(), class)
    }

    /// Runs one of Kafka's Java tools and waits for it. For more than arguments, see [`tool`](Self::tool).
    ///
    /// # Cancel safety
    /// Dropping the future ends the tool.
    ///
    /// # Errors
    /// Fails if the tool cannot be started or takes longer than a minute. A tool that says by its status that it
    /// failed is no error: see [`ToolOutput::success`].
    pub async fn run_tool<A: Into<String>>(
        &self,
        class: &str,
        args: impl IntoIterator<Item = A>,
    ) -> Result<ToolOutput, Error> {
        self.tool(class).args(args).run().await
    }

    /// Kafka's console consumer for this cluster: a reader that is not ours. Topic and limits are still to be given.
    ///
    /// ```no_run
    /// # async fn example(kafka: kafka_sdk_testcontainers::TestKafka) -> Result<(), kafka_sdk_testcontainers::Error> {
    /// let args = ["--topic", "orders", "--from-beginning", "--timeout-ms", "5000"];
    /// let mut run = kafka.console_consumer().args(args).lines().await?;
    /// while let Some(line) = run.next_line().await? {
    ///     println!("{}", String::from_utf8_lossy(line));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn console_consumer(&self) -> Tool {
        let class = self.cluster.release().console_consumer();
        self.tool(class).args(["--bootstrap-server", self.bootstrap_servers()])
    }

    /// Kafka's console producer for this cluster: it sends a record for each line of its standard input. The topic is
    /// still to be given.
    pub fn console_producer(&self) -> Tool {
        let (class, servers) = self.cluster.release().console_producer();
        self.tool(class).args([servers, self.bootstrap_servers()])
    }
}

impl Drop for TestKafka {
    fn drop(&mut self) {
        self.cluster.end();
    }
}
