//! A running cluster, as a test holds it.

use crate::builder::Kind;
use crate::jvm::versions;
use crate::provider::Provider;
use crate::{
    Armed, ClientProperties, EmbeddedBuilder, Endpoint, Error, Node, Rule, SecurityProtocol,
    TestKafkaBuilder, Tool, ToolOutput,
};

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
/// Every process is ended at once by SIGKILL, paused or not, and the folders are removed soon after; so are containers
/// and their network. Dropping does not block and needs no runtime.
#[derive(Debug)]
pub struct TestKafka {
    provider: Provider,
    nodes: Vec<Node>,
    bootstrap_servers: String,
    /// The listeners that were asked for, then the plain one.
    endpoints: Vec<Endpoint>,
}

impl TestKafka {
    /// A cluster of local Java processes. It takes `java`, and `mvn` for the first start of a version.
    pub fn jvm() -> TestKafkaBuilder {
        TestKafkaBuilder::new(Kind::Jvm)
    }

    /// A cluster of Docker containers, one or more on a private network, of the image `apache/kafka` or of
    /// [another](TestKafkaBuilder::image). It takes Kafka 3.7 or newer, and Docker on this machine.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn example() -> Result<(), kafka_sdk_testcontainers::Error> {
    /// use kafka_sdk_testcontainers::TestKafka;
    ///
    /// let kafka = TestKafka::docker().version("3.9.2").nodes(3).topic("orders", 3).start().await?;
    /// kafka.node(1)?.kill().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "docker")]
    pub fn docker() -> TestKafkaBuilder {
        TestKafkaBuilder::new(Kind::Docker)
    }

    /// A cluster of containers as [`docker`](Self::docker) makes it, if a Docker daemon answers and has the image or
    /// can pull it; otherwise one of local processes as [`jvm`](Self::jvm) makes it.
    #[cfg(feature = "docker")]
    pub fn auto() -> TestKafkaBuilder {
        TestKafkaBuilder::new(Kind::Auto)
    }

    /// A cluster in this process, on real sockets: no Java, and ready in milliseconds. It has groups of both
    /// protocols, and no transactions yet.
    ///
    /// # Examples
    /// ```
    /// # async fn example() -> Result<(), kafka_sdk_testcontainers::Error> {
    /// use kafka_sdk_testcontainers::{ApiKey, Reaction, Rule, TestKafka};
    ///
    /// let kafka = TestKafka::embedded().nodes(3).topic("orders", 6).start().await?;
    /// let lost = kafka.intercept(Rule::on(ApiKey::PRODUCE).nth(1).react(Reaction::DropAfter))?;
    /// // Send an order with your client to kafka.bootstrap_servers(): the first try is written, and not answered.
    /// # assert_eq!(lost.hits(), 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn embedded() -> EmbeddedBuilder {
        EmbeddedBuilder::new()
    }

    /// The versions that [`jvm`](Self::jvm) can start, newest first.
    pub fn versions() -> Vec<&'static str> {
        versions::known()
    }

    pub(crate) fn new(provider: Provider) -> Self {
        let nodes: Vec<Node> =
            (0..provider.count()).map(|index| Node::new(provider.clone(), index)).collect();
        let bootstrap_servers = nodes.iter().map(Node::address).collect::<Vec<_>>().join(",");
        let plain = Endpoint::plaintext(bootstrap_servers.clone());
        let endpoints = provider.endpoints().iter().cloned().chain([plain]).collect();
        Self { provider, nodes, bootstrap_servers, endpoints }
    }

    /// The addresses of all nodes, `127.0.0.1:<port>`, with commas between them: of their plain listener, which lets
    /// anybody in.
    pub fn bootstrap_servers(&self) -> &str {
        &self.bootstrap_servers
    }

    /// The listener of that protocol; the plain one there always is.
    ///
    /// # Errors
    /// Fails if the cluster was given none.
    pub fn endpoint(&self, protocol: SecurityProtocol) -> Result<&Endpoint, Error> {
        let found = self.endpoints.iter().find(|endpoint| endpoint.protocol() == protocol);
        found.ok_or(Error::NoSuchListener { protocol })
    }

    /// What a Java client needs to use the first listener that was asked for, or the plain one: see
    /// [`Endpoint::client_properties`].
    pub fn client_properties(&self) -> ClientProperties {
        self.endpoints[0].client_properties()
    }

    /// The version of the brokers.
    pub fn version(&self) -> &str {
        self.provider.version()
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

    /// Interferes with requests to an embedded cluster, from now on.
    ///
    /// # Errors
    /// Fails for clusters of other kinds.
    pub fn intercept(&self, rule: Rule) -> Result<Armed, Error> {
        self.provider.intercept(rule)
    }

    /// One of Kafka's Java tools, by its main class. The tools are of the cluster's version, or of the one before it
    /// where they are not published; for an embedded cluster they are of the newest.
    pub fn tool(&self, class: &str) -> Tool {
        Tool::new(self.provider.tools(), class)
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
        self.console_consumer_at(self.bootstrap_servers())
    }

    /// The same at other addresses, such as those of a [`TestProxy`](crate::TestProxy).
    pub fn console_consumer_at(&self, bootstrap_servers: &str) -> Tool {
        let class = self.provider.tools().console_consumer();
        self.tool(class).args(["--bootstrap-server", bootstrap_servers])
    }

    /// Kafka's console consumer with these properties, at the listener that they are for.
    pub fn console_consumer_with(&self, properties: &ClientProperties) -> Tool {
        let tool = self.tool(self.provider.tools().console_consumer());
        let tool = tool.args(["--bootstrap-server", properties.bootstrap_servers()]);
        tool.properties(self.provider.tools().console_config("--consumer.config"), properties)
    }

    /// Kafka's console producer for this cluster: it sends a record for each line of its standard input. The topic is
    /// still to be given.
    pub fn console_producer(&self) -> Tool {
        self.console_producer_at(self.bootstrap_servers())
    }

    /// The same at other addresses, such as those of a [`TestProxy`](crate::TestProxy).
    pub fn console_producer_at(&self, bootstrap_servers: &str) -> Tool {
        let (class, option) = self.provider.tools().console_producer();
        self.tool(class).args([option, bootstrap_servers])
    }

    /// Kafka's console producer with these properties, at the listener that they are for.
    pub fn console_producer_with(&self, properties: &ClientProperties) -> Tool {
        let (class, servers) = self.provider.tools().console_producer();
        let tool = self.tool(class).args([servers, properties.bootstrap_servers()]);
        tool.properties(self.provider.tools().console_config("--producer.config"), properties)
    }
}

impl Drop for TestKafka {
    fn drop(&mut self) {
        self.provider.end();
    }
}
