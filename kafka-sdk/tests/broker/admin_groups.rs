//! Groups by the admin: listed, described, deleted; their offsets and members. What is done is read by Kafka's own tool.

use crate::common::{
    EMBEDDED, NEWEST, OLDEST, broker, everywhere, groups_by_java, guarded, in_sync, is_since, new_topic,
    several_nodes, three_nodes, unique, until,
};
use crate::mistakes::allow;
use kafka_sdk::admin::{GroupFilter, GroupState, GroupType, NewTopic, PendingOffsets};
use kafka_sdk::consumer::ConsumerControl;
use kafka_sdk::{
    Admin, CommittedOffset, Consumer, ErrorCode, ErrorKind, Kafka, Record, Reset, Result, Written,
};
use kafka_sdk_testcontainers::{Api, Armed, Providers, Reaction, Rule, TestProxy};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// As ACLs call them.
const GROUP: i8 = 3;
const DESCRIBE: i8 = 8;

/// A member that has its partitions.
async fn member(kafka: &Kafka, group: &str, topic: &str) -> Result<Consumer> {
    let consumer = kafka.consumer(group).topics([topic]).offset_reset(Reset::Earliest).await?;
    let control = consumer.control();
    until("partitions are assigned", async || Ok(!control.assignment().is_empty())).await?;
    Ok(consumer)
}

async fn is_listed(admin: &Admin, group: &str) -> Result<bool> {
    Ok(admin.list_groups(GroupFilter::default()).await?.iter().any(|listed| listed.group == group))
}

#[tokio::test]
async fn groups_are_listed_described_and_deleted() -> Result<()> {
    for version in everywhere() {
        let test = "admin_groups::groups_are_listed_described_and_deleted";
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::builder(broker.bootstrap_servers()).client_id("described").await?;
        let (admin, topic) = (kafka.admin(), new_topic(&kafka, "admin", 3).await?);
        let (group, missing) = (unique("admin"), unique("missing"));
        kafka.producer().await?.send(&topic, "x").await?;
        let consumer = member(&kafka, &group, &topic).await?;

        let described = admin.describe_groups([&group, &missing]).await?;
        let described: Vec<_> = described.into_iter().map(|(_, described)| described).collect();
        let found = described[0].as_ref().unwrap();
        assert_eq!((found.kind, found.state), (GroupType::Classic, GroupState::Stable), "{version}");
        assert_eq!((found.protocol_type.as_str(), found.assignor.as_str()), ("consumer", "range"));
        assert!(found.coordinator.is_some());
        let [only] = &found.members[..] else { panic!("{found:?}") };
        assert_eq!((only.client_id.as_str(), only.instance_id.as_ref()), ("described", None));
        assert_eq!(
            Some(&only.member_id),
            consumer.control().group_metadata().map(|it| it.member_id).as_ref()
        );
        assert!(only.host.contains("127.0.0.1"), "{only:?}");
        assert_eq!(only.assignment.as_deref(), Some(&[0, 1, 2].map(|n| (topic.as_str(), n).into())[..]));
        assert!(described[1].as_ref().unwrap_err().is(ErrorCode::GROUP_ID_NOT_FOUND), "{version}");
        let by_java = groups_by_java(broker, &["--describe", "--group", &group, "--members"]).await;
        assert!(by_java.is_none_or(|text| text.contains(&only.member_id)));

        assert!(is_listed(&admin, &group).await? && !is_listed(&admin, &missing).await?);
        let refused = admin.delete_groups([&group]).await?.all().unwrap_err();
        assert!(refused.is(ErrorCode::NON_EMPTY_GROUP), "{refused:?}");
        assert!(refused.to_string().contains("has members"), "{refused}");
        consumer.close().await?;
        assert_eq!(admin.describe_groups([&group]).await?.all()?[0].1.state, GroupState::Empty);
        let deleted: Vec<_> = admin.delete_groups([&group, &missing]).await?.into_iter().collect();
        assert!(deleted[0].1.is_ok(), "{deleted:?}");
        assert!(deleted[1].1.as_ref().unwrap_err().is(ErrorCode::GROUP_ID_NOT_FOUND));
        assert!(!is_listed(&admin, &group).await?);
        let by_java = groups_by_java(broker, &["--list"]).await;
        assert!(by_java.is_none_or(|text| !text.lines().any(|line| line == group)));
    }
    Ok(())
}

#[tokio::test]
async fn groups_are_filtered_by_state_and_type_where_brokers_can() -> Result<()> {
    let test = "admin_groups::groups_are_filtered_by_state_and_type_where_brokers_can";
    for version in everywhere() {
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let (admin, topic) = (kafka.admin(), new_topic(&kafka, "admin", 1).await?);
        let (busy, empty) = (unique("busy"), unique("empty"));
        let consumer = member(&kafka, &busy, &topic).await?;
        admin.alter_group_offsets(&empty, [((topic.as_str(), 0), 0)]).await?.all()?;
        let listed = async |filter| -> Result<BTreeSet<String>> {
            let ours = |name: &String| *name == busy || *name == empty;
            Ok(admin.list_groups(filter).await?.into_iter().map(|it| it.group).filter(ours).collect())
        };
        let (both, all) = (BTreeSet::from([busy.clone(), empty.clone()]), GroupFilter::default);
        assert_eq!(listed(all()).await?, both);
        assert_eq!(listed(all().types([GroupType::Classic])).await?, both, "{version}");
        let stable = listed(all().states([GroupState::Stable])).await;
        let of_consumer = listed(all().types([GroupType::Consumer])).await;
        let refused = |listed: Result<BTreeSet<String>>| {
            let error = listed.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            assert!(error.to_string().contains("states need Kafka 2.6, types 3.8"), "{error}");
        };
        let one = admin.list_groups(all()).await?.into_iter().find(|listed| listed.group == busy).unwrap();
        assert_eq!(one.protocol_type, "consumer");
        if is_since(version, (2, 6)) {
            assert_eq!(stable?, BTreeSet::from([busy.clone()]));
            let idle = listed(all().states([GroupState::Empty, GroupState::Dead])).await?;
            assert_eq!(idle, BTreeSet::from([empty]));
            assert_eq!(one.state, Some(GroupState::Stable));
        } else {
            refused(stable);
            assert_eq!(one.state, None);
        }
        if is_since(version, (3, 8)) {
            assert_eq!(of_consumer?, BTreeSet::new());
            assert_eq!(one.kind, Some(GroupType::Classic));
        } else {
            refused(of_consumer);
            assert_eq!(one.kind, None);
        }
        consumer.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_group_of_the_new_protocol_is_described_with_epochs_and_targets() -> Result<()> {
    let test = "admin_groups::a_group_of_the_new_protocol_is_described_with_epochs_and_targets";
    // Its member is one of Java's.
    if !Providers::here().run_jvm(test).unwrap() {
        return Ok(());
    }
    for version in [EMBEDDED, NEWEST] {
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let (admin, topic, group) =
            (kafka.admin(), new_topic(&kafka, "admin", 2).await?, unique("admin-848"));
        kafka.producer().await?.send(&topic, Record::new("x").partition(0)).await?;
        // Kafka's own consumer stays a while after the record.
        let args = ["--topic", &topic, "--group", &group, "--from-beginning", "--timeout-ms", "15000"];
        let args = args.into_iter().chain(["--command-property", "group.protocol=consumer"]);
        let mut reading = broker.console_consumer().args(args).lines().await.unwrap();
        assert_eq!(reading.next_line().await.unwrap(), Some(&b"x"[..]));
        let described = admin.describe_groups([&group]).await?.all()?.remove(0).1;
        assert_eq!(
            (described.kind, described.state),
            (GroupType::Consumer, GroupState::Stable),
            "{described:?}"
        );
        assert_eq!(described.assignor, "uniform");
        assert!(
            described.epoch.is_some_and(|epoch| epoch > 0) && described.assignment_epoch == described.epoch
        );
        let [only] = &described.members[..] else { panic!("{described:?}") };
        let all: Vec<_> = (0..2).map(|number| (topic.as_str(), number).into()).collect();
        assert_eq!(
            (only.protocol, only.assignment.as_ref(), only.target.as_ref()),
            (GroupType::Consumer, Some(&all), Some(&all))
        );
        assert_eq!(only.epoch, described.epoch);
        let filter = GroupFilter::default().types([GroupType::Consumer]);
        assert!(admin.list_groups(filter).await?.iter().any(|listed| listed.group == group));
        // It may be that of a member that could commit: nobody else sets offsets now.
        let refused = admin.alter_group_offsets(&group, [((topic.as_str(), 0), 0)]).await?.all().unwrap_err();
        assert!(
            refused.is(ErrorCode::UNKNOWN_MEMBER_ID) && refused.to_string().contains("has members"),
            "{refused:?}"
        );
        let removed = admin.remove_all_members(&group, "test").await?;
        assert_eq!(removed.len(), 1);
    }
    Ok(())
}

#[tokio::test]
async fn offsets_of_a_group_are_listed_altered_and_deleted() -> Result<()> {
    let test = "admin_groups::offsets_of_a_group_are_listed_altered_and_deleted";
    for version in everywhere() {
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let (admin, topic, group) =
            (kafka.admin(), new_topic(&kafka, "admin", 3).await?, unique("admin-offsets"));
        for number in 0..3 {
            kafka.producer().await?.send(&topic, Record::new("x").partition(number)).await?;
        }
        let place = |number| (topic.as_str(), number);
        let pending = PendingOffsets::Wait;
        assert!(admin.group_offsets(&group, pending).await?.is_empty(), "nobody has committed");

        let noted = CommittedOffset { offset: 1, leader_epoch: None, metadata: "noted".into() };
        let plain = CommittedOffset::from(0);
        let given = [(place(0), plain.clone()), (place(2), noted.clone()), (("missing", 0), plain.clone())];
        let altered = admin.alter_group_offsets(&group, given).await?;
        let failed: Vec<_> =
            altered.errors().map(|(partition, error)| (partition.topic(), error.code())).collect();
        assert_eq!(failed, [("missing", Some(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION))], "{version}");
        let all = admin.group_offsets(&group, pending).await?.all()?;
        assert_eq!(all, [(place(0).into(), plain.clone()), (place(2).into(), noted.clone())], "{version}");
        let some = admin.group_offsets_of(&group, [place(2), place(1)], pending).await?.all()?;
        assert_eq!(some, [(place(2).into(), Some(noted)), (place(1).into(), None)]);
        if let Some(by_java) = groups_by_java(broker, &["--describe", "--group", &group]).await {
            // Topic, partition, offset, wherever the group is.
            let offset = |line: &str| {
                let mut cells = line.split_whitespace().skip_while(|cell| *cell != topic).skip(1);
                Some((cells.next()?.parse().ok()?, cells.next()?.parse().ok()?))
            };
            let offsets: BTreeMap<i32, i64> = by_java.lines().filter_map(offset).collect();
            assert_eq!(offsets, BTreeMap::from([(0, 0), (2, 1)]), "{by_java}");
        }

        let deleted = admin.delete_group_offsets(&group, [place(0), place(1)]).await;
        if version != OLDEST {
            deleted?.all()?;
            let left = admin.group_offsets_of(&group, [place(0), place(2)], pending).await?.all()?;
            assert_eq!(left.iter().map(|(_, told)| told.is_some()).collect::<Vec<_>>(), [false, true]);
        } else {
            let old = deleted.unwrap_err();
            assert_eq!(old.kind(), ErrorKind::Unsupported);
            assert!(old.to_string().contains("needs Kafka 2.4"), "{old}");
        }

        let consumer = member(&kafka, &group, &topic).await?;
        let refused = admin.alter_group_offsets(&group, [(place(0), 0)]).await?.all().unwrap_err();
        assert!(refused.is(ErrorCode::UNKNOWN_MEMBER_ID), "{refused:?}");
        let words = ["has members", "close its consumers", &format!("{topic}-0")];
        assert!(words.iter().all(|word| refused.to_string().contains(word)), "{refused}");
        assert_eq!((refused.topic(), refused.partition()), (Some(topic.as_str()), Some(0)));
        if version != OLDEST {
            let refused = admin.delete_group_offsets(&group, [place(2)]).await?.all().unwrap_err();
            assert!(refused.is(ErrorCode::GROUP_SUBSCRIBED_TO_TOPIC), "{refused:?}");
        }
        consumer.close().await?;
        let negative = admin.alter_group_offsets(&group, [(place(0), -1)]).await.unwrap_err();
        assert_eq!(negative.kind(), ErrorKind::Settings);
        let illegal = admin.group_offsets_of(&group, [("not legal", 0)], pending).await.unwrap_err();
        assert_eq!(illegal.kind(), ErrorKind::Settings);
    }
    Ok(())
}

#[tokio::test]
async fn members_are_removed_by_their_instance_ids_or_all_of_them() -> Result<()> {
    let test = "admin_groups::members_are_removed_by_their_instance_ids_or_all_of_them";
    for version in everywhere() {
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let (admin, topic, group) =
            (kafka.admin(), new_topic(&kafka, "admin", 2).await?, unique("admin-members"));
        let count = async || {
            Ok::<_, kafka_sdk::Error>(admin.describe_groups([&group]).await?.all()?[0].1.members.len())
        };
        // One that is no longer there to join again.
        let gone = async |instance_id: Option<&str>| -> Result<()> {
            let builder = kafka.consumer(&group).topics([&topic]).session_timeout(Duration::from_secs(300));
            let consumer = match instance_id {
                Some(id) => builder.instance_id(id).await?,
                None => builder.await?,
            };
            let control = consumer.control();
            until("partitions are assigned", async || Ok(!control.assignment().is_empty())).await?;
            match instance_id {
                // A static member stays when it is closed.
                Some(_) => consumer.close().await,
                None => {
                    drop(consumer);
                    Ok(())
                }
            }
        };
        if version != OLDEST {
            gone(Some("one")).await?;
            assert_eq!(count().await?, 1);
            let removed = admin.remove_members(&group, ["one", "never"], "its host is gone").await?;
            let outcomes: Vec<_> = removed.iter().map(|(id, it)| (id.as_str(), it.as_ref().err())).collect();
            assert!(matches!(outcomes[0], ("one", None)), "{outcomes:?}");
            assert!(
                outcomes[1].1.is_some_and(|error| error.is(ErrorCode::UNKNOWN_MEMBER_ID)),
                "{outcomes:?}"
            );
            assert_eq!(count().await?, 0);
            let by_java = groups_by_java(broker, &["--describe", "--group", &group, "--state"]).await;
            assert!(by_java.is_none_or(|text| text.contains("Empty")));
        } else {
            let old = admin.remove_members(&group, ["one"], "").await.unwrap_err();
            assert_eq!(old.kind(), ErrorKind::Unsupported, "{old:?}");
            assert!(old.to_string().contains("needs Kafka 2.4"), "{old}");
        }
        let (first, second) = (member(&kafka, &group, &topic).await?, member(&kafka, &group, &topic).await?);
        until("both are members", async || Ok(count().await? == 2)).await?;
        let ids = [&first, &second].map(|it| it.control().group_metadata().unwrap().member_id);
        let removed = admin.remove_all_members(&group, "").await?.all()?;
        let removed: BTreeSet<String> = removed.into_iter().map(|(id, ())| id).collect();
        assert_eq!(removed, ids.iter().cloned().collect(), "{version}");
        let controls = [first.control(), second.control()];
        until("those that are alive join again, as others", async || {
            let is_back = |control: &ConsumerControl| {
                control.group_metadata().is_some_and(|it| !ids.contains(&it.member_id))
                    && control.assignment().len() == 1
            };
            Ok(controls.iter().all(is_back))
        })
        .await?;
        first.close().await?;
        second.close().await?;
        assert!(admin.remove_all_members(&group, "").await?.is_empty());
    }
    Ok(())
}

#[tokio::test]
async fn a_coordinator_that_moves_is_looked_up_again_for_each_call() -> Result<()> {
    let test = "admin_groups::a_coordinator_that_moves_is_looked_up_again_for_each_call";
    for version in everywhere() {
        let Some(broker) = broker(version, test).await else { return Ok(()) };
        let proxy = TestProxy::in_front_of(broker.bootstrap_servers()).start().await.unwrap();
        let kafka = Kafka::connect(proxy.bootstrap_servers()).await?;
        let (admin, topic, group) =
            (kafka.admin(), new_topic(&kafka, "admin", 1).await?, unique("admin-moves"));
        let place = (topic.as_str(), 0);
        let look_ups = Rule::on(Api::FindCoordinator).always().react(Reaction::Delay(Duration::ZERO));
        let look_ups = proxy.intercept(look_ups).unwrap();
        let moved = |api| {
            let rule = Rule::on(api).times(1).react(Reaction::Answer(ErrorCode::NOT_COORDINATOR));
            (proxy.intercept(rule).unwrap(), look_ups.hits())
        };
        let seen = |(rule, before): (Armed, u64)| {
            assert_eq!(rule.hits(), 1, "{version}");
            assert!(look_ups.hits() > before, "{version}: nobody has looked");
        };
        let commit = moved(Api::OffsetCommit);
        admin.alter_group_offsets(&group, [(place, 0)]).await?.all()?;
        seen(commit);
        let fetch = moved(Api::OffsetFetch);
        assert_eq!(admin.group_offsets(&group, PendingOffsets::Ignore).await?.all()?.len(), 1);
        seen(fetch);
        let describe = moved(Api::DescribeGroups);
        assert_eq!(admin.describe_groups([&group]).await?.all()?[0].1.state, GroupState::Empty);
        seen(describe);
        let loading = Rule::on(Api::ListGroups).times(2);
        let loading =
            proxy.intercept(loading.react(Reaction::Answer(ErrorCode::COORDINATOR_LOAD_IN_PROGRESS)));
        assert!(is_listed(&admin, &group).await?);
        assert_eq!(loading.unwrap().hits(), 2);
        let delete = moved(Api::DeleteGroups);
        admin.delete_groups([&group]).await?.all()?;
        seen(delete);

        admin.alter_group_offsets(&group, [(place, 0)]).await?.all()?;
        proxy.intercept(Rule::on(Api::DeleteGroups).react(Reaction::DropAfter)).unwrap();
        let error = admin.delete_groups([&group]).await?.all().unwrap_err();
        assert_eq!((error.code(), error.written()), (Some(ErrorCode::GROUP_ID_NOT_FOUND), Written::Maybe));
    }
    Ok(())
}

/// What was committed is there after the coordinator was killed, whatever is asked for first; and groups are listed without
/// the broker that is away.
#[tokio::test]
async fn groups_are_looked_after_while_the_broker_that_coordinated_them_is_away() -> Result<()> {
    let test = "admin_groups::groups_are_looked_after_while_the_broker_that_coordinated_them_is_away";
    for version in [OLDEST, NEWEST] {
        let Some(cluster) = three_nodes(version, test).await else { return Ok(()) };
        let _turn = several_nodes().await;
        let kafka = Kafka::connect(cluster.bootstrap_servers()).await?;
        let (admin, topic) = (kafka.admin(), unique("admin-killed"));
        admin.create_topics([NewTopic::new(&topic).partitions(1).replication(3)]).await?.all()?;
        let groups: Vec<String> = (0..4).map(|_| unique("admin-killed")).collect();
        for group in &groups {
            admin.alter_group_offsets(group, [((topic.as_str(), 0), 7)]).await?.all()?;
        }
        let described = admin.describe_groups(&groups).await?.all()?;
        let coordinator = described[0].1.coordinator.unwrap();
        let killed = cluster.node(coordinator).unwrap();
        killed.kill().await.unwrap();
        // Newer ones tell at first what they know all replicas to have, which may be less than there is.
        until("what was committed is there", async || {
            let committed = admin.group_offsets(&groups[0], PendingOffsets::Ignore).await?.all()?;
            Ok(committed.first().is_some_and(|(_, committed)| committed.offset == 7))
        })
        .await?;
        let mut again = Vec::new();
        until("the groups are there", async || match admin.describe_groups(&groups).await?.all() {
            Err(error) if error.is(ErrorCode::GROUP_ID_NOT_FOUND) => Ok(false),
            described => {
                again = described?;
                Ok(true)
            }
        })
        .await?;
        assert!(again.iter().all(|(_, described)| described.coordinator != Some(coordinator)), "{version}");
        for group in &groups {
            assert!(is_listed(&admin, group).await?, "{version}");
        }
        admin.delete_groups(&groups).await?.all()?;
        killed.restart().await.unwrap();
        in_sync(&kafka, &topic, 3).await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_is_not_allowed_names_the_permission() -> Result<()> {
    let test = "admin_groups::what_is_not_allowed_names_the_permission";
    for version in [OLDEST, NEWEST] {
        let Some(broker) = guarded(version, test).await else { return Ok(()) };
        let kafka = Kafka::connect(broker.bootstrap_servers()).await?;
        let (admin, topic, group) =
            (kafka.admin(), new_topic(&kafka, "admin", 1).await?, unique("admin-forbidden"));
        admin.alter_group_offsets(&group, [((topic.as_str(), 0), 0)]).await?.all()?;
        // To describe it, and nothing else.
        allow(&kafka, (GROUP, &group), "User:ANONYMOUS", DESCRIBE).await?;
        until("the ACL holds", async || {
            let error = admin.delete_groups([&group]).await?.all().err();
            Ok(error.is_some_and(|error| {
                error.kind() == ErrorKind::Authorize
                    && error.to_string().contains(&format!("Delete permission on group \"{group}\""))
            }))
        })
        .await?;
    }
    Ok(())
}
