use super::{SOON, dropped_at_every_poll};
use crate::common::{broker, everywhere, heavy, new_topic, unique, until};
use kafka_sdk::admin::{GroupFilter, NewTopic, PendingOffsets};
use kafka_sdk::raw::Route;
use kafka_sdk::{Kafka, Offset, Result};
use kafka_sdk_protocol::api::MetadataRequest;

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_call_of_the_client_or_its_admin_leaves_it_as_it_was() -> Result<()> {
    for version in everywhere() {
        let test = "dropped::client::a_dropped_call_of_the_client_or_its_admin_leaves_it_as_it_was";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let _turn = heavy().await;
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let admin = kafka.admin();
        let topic = new_topic(&kafka, "dropped", 1).await?;
        let works = async || admin.describe_topics([topic.as_str()]).await?.all().map(drop);
        dropped_at_every_poll(
            "Kafka::connect",
            async || Kafka::connect(broker.bootstrap_servers()).await,
            works,
        )
        .await?;
        dropped_at_every_poll("Admin::list_topics", async || admin.list_topics().await, works).await?;
        dropped_at_every_poll(
            "Admin::describe_topics",
            async || admin.describe_topics([topic.as_str()]).await,
            works,
        )
        .await?;
        let create = async || admin.create_topics([NewTopic::new(unique("dropped"))]).await;
        dropped_at_every_poll("Admin::create_topics", create, works).await?;
        let delete = async || admin.delete_topics([unique("never-was").as_str()]).await;
        dropped_at_every_poll("Admin::delete_topics", delete, works).await?;
        let call =
            async || kafka.raw().call(&Route::Any, SOON, |_| MetadataRequest::default()).await.map(drop);
        dropped_at_every_poll("Raw::call", call, works).await?;
        let raw = kafka.raw();
        let call =
            async || raw.call_up_to(4, &Route::Any, SOON, |_| MetadataRequest::default()).await.map(drop);
        dropped_at_every_poll("Raw::call_up_to", call, works).await?;
        let offsets = async || kafka.offsets([((topic.as_str(), 0), Offset::Latest)]).await;
        dropped_at_every_poll("Kafka::offsets", offsets, works).await?;
        let build = async || Kafka::builder(broker.bootstrap_servers()).build().await;
        dropped_at_every_poll("KafkaBuilder::build", build, works).await?;
        let fresh = async || Kafka::connect(broker.bootstrap_servers()).await?.admin().list_topics().await;
        dropped_at_every_poll("the first call of all", fresh, works).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_call_about_groups_leaves_the_admin_as_it_was() -> Result<()> {
    for version in everywhere() {
        let test = "dropped::client::a_dropped_call_about_groups_leaves_the_admin_as_it_was";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let _turn = heavy().await;
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let (admin, topic, group) =
            (kafka.admin(), new_topic(&kafka, "dropped", 1).await?, unique("dropped"));
        let (place, pending) = ((topic.as_str(), 0), PendingOffsets::Ignore);
        let works = async || {
            admin.alter_group_offsets(&group, [(place, 0)]).await?.all()?;
            admin.describe_groups([&group]).await?.all().map(drop)
        };
        until("the broker knows the topic", async || Ok(works().await.is_ok())).await?;
        let list = async || admin.list_groups(GroupFilter::default()).await;
        dropped_at_every_poll("Admin::list_groups", list, works).await?;
        let describe = async || admin.describe_groups([&group]).await;
        dropped_at_every_poll("Admin::describe_groups", describe, works).await?;
        let offsets = async || admin.group_offsets(&group, pending).await;
        dropped_at_every_poll("Admin::group_offsets", offsets, works).await?;
        let some = async || admin.group_offsets_of(&group, [place], pending).await;
        dropped_at_every_poll("Admin::group_offsets_of", some, works).await?;
        let alter = async || admin.alter_group_offsets(&group, [(place, 0)]).await;
        dropped_at_every_poll("Admin::alter_group_offsets", alter, works).await?;
        let forget = async || admin.delete_group_offsets(&group, [place]).await;
        dropped_at_every_poll("Admin::delete_group_offsets", forget, works).await?;
        let remove = async || admin.remove_members(&group, ["nobody"], "").await;
        dropped_at_every_poll("Admin::remove_members", remove, works).await?;
        let remove_all = async || admin.remove_all_members(&group, "").await;
        dropped_at_every_poll("Admin::remove_all_members", remove_all, works).await?;
        let delete = async || admin.delete_groups([&group]).await;
        dropped_at_every_poll("Admin::delete_groups", delete, works).await?;
    }
    Ok(())
}
