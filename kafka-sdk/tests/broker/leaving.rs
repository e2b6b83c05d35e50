//! How consumers part from their groups.

use crate::common::{OLDEST, broker, everywhere, new_topic, unique, until};
use kafka_sdk::consumer::Leaving;
use kafka_sdk::{Kafka, Result};

/// A static member stays, any other leaves, unless it is told otherwise.
#[tokio::test]
async fn a_consumer_stays_in_its_group_or_leaves_it_as_it_was_told() -> Result<()> {
    let test = "leaving::a_consumer_stays_in_its_group_or_leaves_it_as_it_was_told";
    for version in everywhere() {
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let (admin, topic) = (kafka.admin(), new_topic(&kafka, "leaving", 1).await?);
        // Brokers before 2.3 know no static members.
        let instances: &[Option<&str>] = if version == OLDEST { &[None] } else { &[None, Some("one")] };
        for instance in instances {
            let ways =
                [(Leaving::Default, instance.is_some()), (Leaving::Leave, false), (Leaving::Remain, true)];
            for (leaving, stays) in ways {
                let group = unique("leaving");
                let builder = kafka.consumer(&group).topics([&topic]);
                let consumer = match instance {
                    Some(id) => builder.instance_id(*id).await?,
                    None => builder.await?,
                };
                let control = consumer.control();
                until("it is a member", async || Ok(!control.assignment().is_empty())).await?;
                control.on_close(leaving);
                consumer.close().await?;
                let members = &admin.describe_groups([&group]).await?.all()?[0].1.members;
                let left: Vec<_> = members.iter().map(|member| member.instance_id.as_deref()).collect();
                let expected = if stays { vec![*instance] } else { vec![] };
                assert_eq!(left, expected, "{version}, {instance:?}, {leaving:?}");
            }
        }
    }
    Ok(())
}
