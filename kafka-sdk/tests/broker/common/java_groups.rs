//! Groups as Kafka's own tool sees them.

use kafka_sdk::Kafka;
use kafka_sdk::admin::GroupFilter;
use kafka_sdk_testcontainers::{Providers, TestKafka};

/// What the tool prints, of whatever it is asked for. None where there is no Java, and no broker but the embedded one.
pub(crate) async fn groups_by_java(broker: &TestKafka, args: &[&str]) -> Option<String> {
    Providers::here().jvm().ok()?;
    let class = match broker.version() {
        "2.1.1" | "2.8.2" | "3.3.2" => "kafka.admin.ConsumerGroupCommand",
        _ => "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
    };
    let servers = ["--bootstrap-server", broker.bootstrap_servers()];
    let output = broker.tool(class).args(servers.iter().chain(args).copied()).run().await.unwrap();
    Some(output.text().into_owned())
}

/// Of which kind the group is to its broker: `consumer` or `classic`. From 4.0 on. Where there is no Java, there is no
/// broker but the embedded one, and its own word counts.
pub(crate) async fn kind_by_java(broker: &TestKafka, group: &str) -> String {
    let Some(output) = groups_by_java(broker, &["--list", "--type"]).await else {
        let kafka = Kafka::connect(broker.bootstrap_servers()).await.unwrap();
        let all = kafka.admin().list_groups(GroupFilter::default()).await.unwrap();
        let kind = all.into_iter().find(|listed| listed.group == group).unwrap().kind.unwrap();
        return format!("{kind:?}").to_lowercase();
    };
    let rows: Vec<Vec<String>> =
        output.lines().map(|line| line.split_whitespace().map(str::to_lowercase).collect()).collect();
    let row = rows.iter().find(|row| row.first().is_some_and(|name| name == group));
    row.and_then(|row| row.get(1).cloned()).unwrap_or_else(|| panic!("{rows:?}"))
}
