//! Listeners that ask who a client is, as Kafka's own programs see them.

use kafka_sdk_testcontainers::{
    ClientProperties, Error, Listener, Login, SecurityProtocol, TestKafka, TestKafkaBuilder, ToolOutput,
};

use crate::common::{TestResult, start};

const OAUTHBEARER: &str = "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule";

fn users(listener: Listener) -> Listener {
    let listener = listener.plain("alice", "alice-secret").scram_sha_256("bob", "bob-secret");
    listener.scram_sha_512("carol", "carol-secret").oauthbearer("dave")
}

/// Sends a record with a line of text, and answers what the producer says.
async fn produce(kafka: &TestKafka, properties: &ClientProperties, line: &str) -> Result<ToolOutput, Error> {
    let producer = kafka.console_producer_with(properties).args(["--topic", "orders"]);
    producer.stdin(format!("{line}\n")).run().await
}

/// Properties that lack something or have something wrong, with the error that Kafka's client then has.
fn wrong(kafka: &TestKafka) -> Result<Vec<(ClientProperties, &'static str)>, Error> {
    let (ssl, sasl) = ("SslAuthenticationException", "SaslAuthenticationException");
    let mut wrong = Vec::new();
    for protocol in [SecurityProtocol::Ssl, SecurityProtocol::SaslSsl] {
        let right = kafka.endpoint(protocol)?.client_properties();
        wrong.push((without(&right, "ssl.truststore"), ssl));
        if right.get("ssl.keystore.type").is_some() {
            wrong.push((without(&right, "ssl.keystore"), ssl));
        }
    }
    for protocol in [SecurityProtocol::SaslPlaintext, SecurityProtocol::SaslSsl] {
        let right = kafka.endpoint(protocol)?.client_properties();
        let logins = [
            Login::plain("alice", "bob-secret"),
            Login::scram_sha_256("bob", "alice-secret"),
            Login::scram_sha_512("bob", "bob-secret"),
        ];
        wrong.extend(logins.iter().map(|login| (right.clone().login(login), sasl)));
        // The token does not say who it is for by the claim that the broker looks at.
        let options = "unsecuredLoginPrincipalClaimName=\"who\" unsecuredLoginStringClaim_who=\"dave\"";
        let nameless = format!("{OAUTHBEARER} required {options};");
        wrong.push((right.login(&Login::oauthbearer("dave")).set("sasl.jaas.config", &nameless), sasl));
    }
    Ok(wrong)
}

fn without(properties: &ClientProperties, prefix: &str) -> ClientProperties {
    let keys = properties.iter().filter(|(key, _)| key.starts_with(prefix));
    keys.fold(properties.clone(), |rest, (key, _)| rest.without(key))
}

/// The `both` listener asks for certificates too, where Kafka does that.
async fn listeners_let_in_whom_they_know(
    test: &str,
    builder: TestKafkaBuilder,
    both: Listener,
) -> TestResult {
    let builder = builder
        .listener(Listener::ssl().client_certificate("erin"))
        .listener(users(Listener::sasl_plaintext()))
        .listener(users(both))
        .topic("orders", 1);
    let Some(running) = start(test, builder).await? else { return Ok(()) };
    let kafka = &running.kafka;
    let version = kafka.version();
    let mut written = Vec::new();
    for (protocol, names) in [
        (SecurityProtocol::Ssl, &["erin"][..]),
        (SecurityProtocol::SaslPlaintext, &["alice", "bob", "carol", "dave"]),
        (SecurityProtocol::SaslSsl, &["alice", "bob", "carol", "dave"]),
    ] {
        for name in names {
            let line = format!("{name} by {protocol}");
            let output =
                produce(kafka, &kafka.endpoint(protocol)?.client_properties_of(name)?, &line).await?;
            assert_eq!((output.success(), output.stderr()), (true, ""), "{version}, {line}: {output:?}");
            written.push(line);
        }
    }
    for (properties, error) in wrong(kafka)? {
        let output = produce(kafka, &properties, "wrong").await?;
        assert!(output.stderr().contains(error), "{version}, {properties:?}: {output:?}");
    }
    let properties = kafka.endpoint(SecurityProtocol::SaslSsl)?.client_properties_of("carol")?;
    let consumer = kafka.console_consumer_with(&properties);
    let read = consumer.args(["--topic", "orders", "--from-beginning", "--timeout-ms", "3000"]).run().await?;
    assert_eq!(read.text().lines().collect::<Vec<_>>(), written, "{version}: {read:?}");
    // The secrets are in what was asked for, and nowhere else.
    let shown = format!("{kafka:?} {:?}", kafka.nodes()) + &kafka.node(1)?.log();
    assert!(!shown.contains("-secret") && !shown.contains("PRIVATE KEY"), "{version}: {shown}");
    Ok(())
}

#[tokio::test]
async fn listeners_of_kafka_4_4_let_in_whom_they_know_and_nobody_else() -> TestResult {
    let test = "listeners_of_kafka_4_4_let_in_whom_they_know_and_nobody_else";
    let both = Listener::sasl_ssl().client_certificate("frank");
    listeners_let_in_whom_they_know(test, TestKafka::jvm().version("4.4.0"), both).await
}

#[tokio::test]
async fn listeners_of_kafka_2_1_let_in_whom_they_know_and_nobody_else() -> TestResult {
    let test = "listeners_of_kafka_2_1_let_in_whom_they_know_and_nobody_else";
    listeners_let_in_whom_they_know(test, TestKafka::jvm().version("2.1.1"), Listener::sasl_ssl()).await
}

#[tokio::test]
#[ignore = "takes minutes: all versions, and those that can do both with ZooKeeper too"]
async fn listeners_of_every_version_let_in_whom_they_know() -> TestResult {
    let test = "listeners_of_every_version_let_in_whom_they_know";
    for version in TestKafka::versions() {
        let builder = TestKafka::jvm().version(version);
        if version.starts_with("3.") {
            let builder = builder.clone().nodes(3).zookeeper();
            listeners_let_in_whom_they_know(test, builder, Listener::sasl_ssl()).await?;
            println!("{version} with ZooKeeper, 3 nodes");
        }
        // With KRaft, 3.3 has no SCRAM.
        if version != "3.3.2" {
            listeners_let_in_whom_they_know(test, builder, Listener::sasl_ssl()).await?;
            println!("{version}");
        }
    }
    Ok(())
}

/// Kafka's own tools for ACLs and topics, whose classes moved.
struct Tools {
    acls: &'static str,
    topics: Option<&'static str>,
}

/// Erin, who is known by her certificate, may do anything; alice, who has a password, what erin lets her do.
async fn acls_are_kept(test: &str, version: &str, tools: Tools) -> TestResult {
    let builder = TestKafka::jvm()
        .version(version)
        .listener(Listener::sasl_plaintext().plain("alice", "alice-secret"))
        .listener(Listener::ssl().client_certificate("erin"))
        .super_user("CN=erin")
        .topic("orders", 1);
    let Some(running) = start(test, builder).await? else { return Ok(()) };
    let kafka = &running.kafka;
    let alice = kafka.client_properties();
    let erin = kafka.endpoint(SecurityProtocol::Ssl)?.client_properties();

    let refused = produce(kafka, &alice, "too early").await?;
    assert!(refused.stderr().contains("TopicAuthorizationException"), "{version}: {refused:?}");
    if let Some(class) = tools.topics {
        assert_eq!(topics(kafka, class, &alice).await?, "");
    }
    let allow = ["--add", "--allow-principal", "User:alice", "--producer", "--topic", "orders"];
    let acls = kafka.tool(tools.acls).args(["--bootstrap-server", erin.bootstrap_servers()]).args(allow);
    let added = acls.properties("--command-config", &erin).run().await?;
    assert!(added.success(), "{version}: {added:?}");
    let written = produce(kafka, &alice, "allowed").await?;
    assert_eq!(written.stderr(), "", "{version}: {written:?}");
    if let Some(class) = tools.topics {
        assert_eq!(topics(kafka, class, &alice).await?, "orders");
    }
    // The plain listener is for super users, too.
    let consumer = kafka.console_consumer().args(["--topic", "orders", "--from-beginning"]);
    let read = consumer.args(["--timeout-ms", "3000"]).run().await?;
    assert_eq!(read.text(), "allowed\n", "{version}: {read:?}");
    Ok(())
}

async fn topics(kafka: &TestKafka, class: &str, properties: &ClientProperties) -> Result<String, Error> {
    let tool = kafka.tool(class).args(["--bootstrap-server", properties.bootstrap_servers(), "--list"]);
    Ok(tool.properties("--command-config", properties).run().await?.text().trim().to_owned())
}

#[tokio::test]
async fn acls_of_kafka_4_4_are_kept() -> TestResult {
    let acls = "org.apache.kafka.tools.AclCommand";
    let topics = Some("org.apache.kafka.tools.TopicCommand");
    acls_are_kept("acls_of_kafka_4_4_are_kept", "4.4.0", Tools { acls, topics }).await
}

/// Its tool for topics knows ZooKeeper only.
#[tokio::test]
async fn acls_of_kafka_2_1_are_kept() -> TestResult {
    let tools = Tools { acls: "kafka.admin.AclCommand", topics: None };
    acls_are_kept("acls_of_kafka_2_1_are_kept", "2.1.1", tools).await
}
