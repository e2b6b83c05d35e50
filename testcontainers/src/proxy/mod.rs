//! A proxy between a client and any Kafka, which does to their connections what rules say.
//!
//! It is a cluster of its own to the client: a listener on 127.0.0.1 for each broker, and every answer that names
//! brokers names those listeners. All else passes as it came, byte for byte, but for what a rule changes.
//!
//! ```text
//! connection   two sockets                plan        what a reaction means for request and answer
//! requests     to the broker              frame       where a frame ends, and what its head says
//! answers      to the client              addresses   answers that name brokers
//! stream       frames, at any pace        subjects    topics and partitions of a request; sessions of Fetch
//! client       a socket, or TLS
//! hub          what connections share     refusals    answers with an error code
//!                                         alter       answers that are bent
//! ```
//!
//! The left half does I/O, the right half decides.

mod addresses;
mod alter;
mod answers;
mod client;
mod connection;
mod frame;
mod hub;
mod plan;
mod refusals;
mod requests;
mod sessions;
mod stream;
mod subjects;
#[cfg(feature = "tls")]
mod tls;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use kafka_sdk_protocol::api::{ApiKey, MetadataResponse};

use crate::Error;
use crate::ready::metadata;
use crate::rules::{ActionLog, Armed, Reaction, Rule};
use client::Greeter;
use hub::Hub;
use plan::End;

/// A Kafka-aware proxy in front of a cluster, for faults on the wire.
///
/// # Examples
/// ```no_run
/// use kafka_sdk_testcontainers::{Api, Reaction, Rule, TestKafka, TestProxy};
///
/// # async fn example() -> Result<(), kafka_sdk_testcontainers::Error> {
/// let kafka = TestKafka::jvm().topic("orders", 3).start().await?;
/// let proxy = TestProxy::in_front_of(kafka.bootstrap_servers()).start().await?;
/// let lost = proxy.intercept(Rule::on(Api::Produce).nth(3).react(Reaction::DropAfter))?;
/// // Connect a client to proxy.bootstrap_servers(), and send three records.
/// assert_eq!(lost.hits(), 1);
/// # Ok(())
/// # }
/// ```
///
/// # What it does not do
/// It speaks no TLS with brokers, and with clients only if the feature `tls` is on. SASL passes, but for tokens without
/// a Kafka header (SaslHandshake version 0). A broker that is dead resets connections here where it would refuse them.
///
/// # Drop behavior
/// All connections are closed, and nobody listens any more. Dropping does not block. A proxy lives in the runtime that
/// started it, and ends with it.
#[derive(Debug)]
pub struct TestProxy {
    hub: Arc<Hub>,
    bootstrap_servers: String,
}

/// Describes a proxy; [`start`](Self::start) starts it. Made by [`TestProxy::in_front_of`].
#[derive(Debug, Clone)]
#[must_use = "a proxy is started by `start`"]
pub struct TestProxyBuilder {
    bootstrap_servers: String,
    seed: u64,
    rules: Vec<Rule>,
    #[cfg(feature = "tls")]
    tls: bool,
}

impl TestProxy {
    /// A proxy for the cluster that is found at these addresses, `host:port` with commas between them.
    pub fn in_front_of(bootstrap_servers: &str) -> TestProxyBuilder {
        TestProxyBuilder {
            bootstrap_servers: bootstrap_servers.into(),
            seed: 0,
            rules: Vec::new(),
            #[cfg(feature = "tls")]
            tls: false,
        }
    }

    /// Where clients connect to: the listeners of the brokers that there were at the start.
    pub fn bootstrap_servers(&self) -> &str {
        &self.bootstrap_servers
    }

    /// The listener in front of each broker, by node id. Brokers that join later are here as soon as an answer has
    /// named them.
    pub fn addresses(&self) -> BTreeMap<i32, SocketAddr> {
        self.hub.addresses()
    }

    /// The certificate that clients of a proxy with TLS have to trust, as PEM; made up for this proxy. None without
    /// TLS.
    #[cfg(feature = "tls")]
    pub fn authority_pem(&self) -> Option<&str> {
        self.hub.authority()
    }

    /// How many connections clients have opened so far, to each node.
    pub fn connections(&self) -> BTreeMap<i32, u64> {
        self.hub.connections()
    }

    /// How many bytes brokers have answered to requests of this API so far, frames included.
    pub fn answered_bytes(&self, api: impl Into<ApiKey>) -> u64 {
        self.hub.answered_bytes(api.into())
    }

    /// Arms a rule. It sees the requests that come from now on.
    ///
    /// # Errors
    /// Fails if the rule asks for topics or partitions of an API whose requests are not read so far, or has an answer
    /// for an API whose answers cannot be made up.
    pub fn intercept(&self, rule: Rule) -> Result<Armed, Error> {
        check(&rule)?;
        Ok(self.hub.rules.arm(rule))
    }

    /// Closes all connections that clients have, in the midst of whatever they do. This is not in the log.
    pub fn close_connections(&self) {
        self.hub.interrupt(End::Close);
    }

    /// Resets all connections that clients have (RST). This is not in the log.
    pub fn reset_connections(&self) {
        self.hub.interrupt(End::Reset);
    }

    /// All that rules did so far; [`repeat`](Self::repeat) does it again.
    pub fn log(&self) -> ActionLog {
        self.hub.rules.log()
    }

    /// Does the same again, to requests at the same places: each reaction to the same request of the same connection of
    /// the same node, if its API is the same. There is an [`Armed`] for each; its hits show whether it came to that.
    ///
    /// Where a client does the same in every run, so do the faults. Where it does not, a place may see another request.
    ///
    /// # Errors
    /// As [`intercept`](Self::intercept).
    pub fn repeat(&self, log: &ActionLog) -> Result<Vec<Armed>, Error> {
        log.rules().map(|rule| self.intercept(rule)).collect()
    }
}

impl Drop for TestProxy {
    fn drop(&mut self) {
        self.hub.end();
    }
}

impl TestProxyBuilder {
    /// The seed of rules that are left to [`chance`](Rule::chance). Default: 0.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// A rule that is armed before the first connection.
    pub fn rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }

    /// Clients have to speak TLS with the proxy, and to trust [`TestProxy::authority_pem`]. With brokers it speaks
    /// plaintext. Takes the feature `tls`.
    ///
    /// Rules see what is encrypted as if it were not: a cut at byte 5 is one of the answer's bytes.
    #[cfg(feature = "tls")]
    pub fn tls(mut self) -> Self {
        self.tls = true;
        self
    }

    #[cfg(feature = "tls")]
    fn greeter(&self) -> Result<Greeter, Error> {
        let made = if self.tls { tls::Tls::new().map(Greeter::Tls) } else { Ok(Greeter::Plain) };
        made.map_err(Error::io("make certificates for", "127.0.0.1".as_ref()))
    }

    #[cfg(not(feature = "tls"))]
    #[allow(clippy::unused_self, clippy::unnecessary_wraps, reason = "certificates can fail")]
    fn greeter(&self) -> Result<Greeter, Error> {
        Ok(Greeter::Plain)
    }

    /// Asks the cluster for its brokers and puts a listener in front of each.
    ///
    /// # Errors
    /// Fails if none of the addresses answers, if there are no ports, or if a rule cannot be armed.
    pub async fn start(self) -> Result<TestProxy, Error> {
        let seen = first_answer(&self.bootstrap_servers).await?;
        let hub = Hub::new(self.seed, self.greeter()?);
        for broker in seen.brokers {
            let port = u16::try_from(broker.port).unwrap_or_default();
            let front = hub.front(broker.node_id, (broker.host, port));
            front.map_err(Error::io("listen in front of a broker at", "127.0.0.1".as_ref()))?;
        }
        let addresses: Vec<String> = hub.addresses().values().map(SocketAddr::to_string).collect();
        let proxy = TestProxy { hub, bootstrap_servers: addresses.join(",") };
        self.rules.into_iter().try_for_each(|rule| proxy.intercept(rule).map(drop))?;
        Ok(proxy)
    }
}

async fn first_answer(bootstrap_servers: &str) -> Result<MetadataResponse, Error> {
    let mut trouble = "no address was given".to_owned();
    for address in bootstrap_servers.split(',') {
        match metadata(address, &[]).await {
            Ok(seen) if !seen.brokers.is_empty() => return Ok(seen),
            Ok(_) => trouble = format!("{address} knows no broker"),
            Err(error) => trouble = error,
        }
    }
    Err(Error::NoBroker { bootstrap_servers: bootstrap_servers.into(), trouble })
}

fn check(rule: &Rule) -> Result<(), Error> {
    let refuse = |trouble| Err(rule.refused(trouble));
    let answers = matches!(rule.reaction(), Reaction::Answer(_) | Reaction::AnswerAfter(_));
    match rule.api() {
        _ if *rule.reaction() == Reaction::MoveLeader => {
            refuse("only an embedded cluster moves leaders on request")
        }
        _ if rule.asks_for_subjects() && !rule.api().is_some_and(subjects::are_known) => {
            refuse("topics and partitions are not read from its requests")
        }
        _ if answers && !rule.api().is_some_and(refusals::are_known) => {
            refuse("its answers cannot be made up")
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use kafka_sdk_protocol::ErrorCode;

    use super::*;
    use crate::rules::Api;

    #[test]
    fn a_rule_that_cannot_be_followed_is_not_armed() {
        let code = Reaction::Answer(ErrorCode::UNKNOWN_SERVER_ERROR);
        for bad in [
            Rule::on_any().react(code.clone()),
            Rule::on(Api::DescribeAcls).react(code.clone()),
            Rule::on(Api::Heartbeat).topic("orders"),
            Rule::on_any().partition(0),
            Rule::on(Api::Produce).react(Reaction::MoveLeader),
        ] {
            assert!(matches!(check(&bad), Err(Error::Rule { .. })), "{bad:?}");
        }
        check(&Rule::on(Api::Produce).topic("orders").partition(1).react(code)).unwrap();
        check(&Rule::on_any().react(Reaction::ResetAfter)).unwrap();
    }
}
