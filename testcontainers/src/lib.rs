//! A Kafka to test against, started by one line: a real one, any version from 2.1 to 4.4, one node to nine, by
//! [`TestKafka::jvm`], or in Docker with the feature `docker`; or one in the test process, ready in milliseconds, by
//! [`TestKafka::embedded`].
//!
//! ```no_run
//! # async fn example() -> Result<(), kafka_sdk_testcontainers::Error> {
//! use kafka_sdk_testcontainers::TestKafka;
//!
//! let kafka = TestKafka::jvm().version("3.9.2").nodes(3).topic("orders", 6).start().await?;
//! println!("connect to {}", kafka.bootstrap_servers());
//! kafka.node(1)?.kill().await?;
//! kafka.node(1)?.restart().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # What it promises
//! - `start` returns when every node lists every node and every topic has all its replicas
//!   in sync.
//! - Everything listens on 127.0.0.1 only, on ports that no other test process is given at the same time.
//! - No process, no container and no folder outlives the [`TestKafka`]: not after a drop, not after a panic, not when
//!   the test process is killed. Each process runs under a small supervisor that ends it when the test process is gone.
//! - Dropping neither blocks nor needs a runtime, and a cluster may be used from another runtime than the one that
//!   started it: one cluster in a `static` can serve many `#[tokio::test]`s.
//!
//! [`TestProxy`] stands between a client and any cluster, and does to their connections what a [`Rule`] says.
//!
//! # What it needs
//! Linux or macOS. The embedded Kafka needs nothing else; the real one `java` (17 or newer), and `mvn` for the first
//! start of a version: its jars are then fetched into a cache, some 100 MB for each version with what is prepared out
//! of them, and later starts need neither network nor `mvn`. In Docker, it needs a daemon on this machine, the `docker`
//! command, and an image. What a machine lacks says [`Providers`].
//!
//! # Features
//! `tls`: listeners with TLS, whose certificates are made at each start. It brings `ring`, which is partly in C.
//!
//! # Environment variables
//! | variable | meaning |
//! |---|---|
//! | `KAFKA_SDK_TEST_CACHE` | the cache folder. Default: `kafka-sdk-testcontainers` in `$XDG_CACHE_HOME` or `~/.cache` |
//! | `DOCKER_HOST` | the Docker daemon, for the feature `docker` |
//! | `KAFKA_SDK_TEST_BROKERS` | `all`: a provider that this machine lacks is a failure, see [`Providers::run_jvm`] |
//! | `JAVA_HOME` | its `bin/java` is preferred to the `java` in `PATH` |
#![forbid(unsafe_code)]
#![warn(missing_docs)]

// Its examples compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(not(unix))]
compile_error!("kafka-sdk-testcontainers runs on Linux and macOS: it ends its processes by Unix signals");

mod builder;
#[cfg(feature = "docker")]
mod docker;
mod embedded;
mod error;
mod java_properties;
mod jvm;
mod kafka;
mod log;
mod node;
mod patience;
mod ports;
mod programs;
mod provider;
mod providers;
mod proxy;
mod ready;
mod request;
mod rules;
mod scratch;
mod security;
mod topics;

pub use builder::TestKafkaBuilder;
pub use embedded::EmbeddedBuilder;
pub use error::Error;
pub use jvm::tools::{Tool, ToolOutput, ToolRun};
pub use kafka::TestKafka;
pub use kafka_sdk_protocol::{ErrorCode, api::ApiKey};
pub use node::Node;
pub use providers::Providers;
pub use proxy::{TestProxy, TestProxyBuilder};
pub use rules::{Action, ActionLog, Api, Armed, Reaction, Rule};
#[cfg(feature = "tls")]
pub use security::ClientCertificate;
pub use security::{ClientProperties, Endpoint, Listener, Login, Mechanism, SecurityProtocol};
