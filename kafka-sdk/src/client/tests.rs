//! Settings by name, of all roles.

use super::*;
use crate::cluster::Settings;
use crate::error::ErrorKind;
use crate::properties::{TABLES, from_pairs};
use crate::settings::{Line, Role, Warning};
use std::collections::HashSet;
use std::time::Duration;

const NOWHERE: (&str, &str) = ("bootstrap.servers", "127.0.0.1:1");

/// Names and values as what comes from `pairs` has them.
fn source(pairs: &[(&str, &str)]) -> Source {
    let source = from_pairs(pairs.iter().copied());
    source.check().unwrap();
    source
}

fn producer(pairs: &[(&str, &str)]) -> ProducerBuilder {
    ProducerBuilder::new(Cluster::new(Settings::default()), source(pairs))
}

fn reader(pairs: &[(&str, &str)]) -> ReaderBuilder {
    ReaderBuilder::new(Cluster::new(Settings::default()), source(pairs))
}

fn consumer(pairs: &[(&str, &str)]) -> ConsumerBuilder {
    ConsumerBuilder::new(Cluster::new(Settings::default()), source(pairs), "")
}

/// Why a client of these pairs cannot be built.
async fn refusal(builder: KafkaBuilder) -> String {
    let error = builder.await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Settings, "{error}");
    error.to_string()
}

#[test]
fn a_name_is_that_of_one_setting() {
    // A consumer has the reader's too.
    let tables = TABLES.iter().filter(|table| table.role() != Role::Reader);
    let names: Vec<&str> = tables.flat_map(|table| table.names()).collect();
    let mut seen = HashSet::new();
    let twice: Vec<&&str> = names.iter().filter(|name| !seen.insert(**name)).collect();
    assert!(twice.is_empty(), "{twice:?}");
    let sound =
        |name: &&&str| name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "._".contains(c));
    assert!(names.iter().all(|name| sound(&name)));
}

#[test]
fn each_default_can_be_read_and_is_accepted() {
    for table in TABLES {
        for line in table.lines().iter().filter(|line| !line.default.is_empty()) {
            let pair = (line.name.to_owned(), line.default.clone());
            table.check_pairs(&[pair]).unwrap();
        }
    }
}

#[tokio::test]
async fn each_setting_changes_what_is_shown_of_it() {
    for table in TABLES {
        for line in table.lines() {
            let other = another_value(&line);
            let pairs = [(line.name, other.as_str())];
            let shown = match table.role() {
                Role::Client => Kafka::from_properties(pairs).effective_config(),
                Role::Producer => producer(&pairs).effective_config(),
                Role::Consumer => consumer(&pairs).effective_config(),
                _ => reader(&pairs).effective_config(),
            };
            assert_eq!(shown.unwrap().get(line.name), Some(&other), "{}", line.name);
        }
    }
}

/// A value that is accepted and is not the default.
fn another_value(line: &Line) -> String {
    let words = [
        "h:1",
        "5000",
        "100000",
        "0",
        "false",
        "true",
        "v4",
        "murmur2",
        "read_committed",
        "latest",
        "lz4",
        "2",
        "none",
        "auto",
        "sticky",
    ];
    let tables = || TABLES.iter().filter(|table| table.find(line.name).is_some());
    let accepted = |word: &&&str| {
        let pair = (line.name.to_owned(), (**word).to_owned());
        **word != line.default && tables().all(|table| table.check_pairs(std::slice::from_ref(&pair)).is_ok())
    };
    (*words.iter().find(accepted).unwrap_or_else(|| panic!("{}: none is accepted", line.name))).to_owned()
}

#[tokio::test]
async fn idle_connections_can_be_left_open_in_the_words_of_java_and_librdkafka() {
    let shown = |client: KafkaBuilder| client.effective_config().unwrap()["connections.max.idle.ms"].clone();
    for never in ["-1", "0"] {
        assert_eq!(shown(Kafka::builder("h").set("connections.max.idle.ms", never)), "-1");
    }
    assert_eq!(shown(Kafka::builder("h").connections_max_idle(None)), "-1");
    let refused = refusal(Kafka::builder("h").set("connections.max.idle.ms", "-2")).await;
    assert!(refused.ends_with("from 1 to 31536000000, or -1 or 0 for never"), "{refused}");
}

#[tokio::test]
async fn each_role_takes_its_own_out_of_one_source() {
    let pairs =
        [NOWHERE, ("client.id", "me"), ("linger.ms", "20"), ("fetch.min.bytes", "7"), ("group.id", "g")];
    let client = Kafka::from_properties(pairs).effective_config().unwrap();
    assert_eq!((client["client.id"].as_str(), client["bootstrap.servers"].as_str()), ("me", "127.0.0.1:1"));
    assert_eq!(producer(&pairs).effective_config().unwrap()["linger.ms"], "20");
    assert_eq!(reader(&pairs).effective_config().unwrap()["fetch.min.bytes"], "7");
}

#[tokio::test]
async fn code_counts_more_than_set_and_set_more_than_the_source_in_any_order() {
    let shown = |builder: ProducerBuilder| builder.effective_config().unwrap()["linger.ms"].clone();
    let millis = Duration::from_millis;
    assert_eq!(shown(producer(&[])), "5");
    assert_eq!(shown(producer(&[("linger.ms", "1")])), "1");
    assert_eq!(shown(producer(&[("linger.ms", "1")]).set("linger.ms", "2")), "2");
    assert_eq!(shown(producer(&[("linger.ms", "1")]).set("queue.buffering.max.ms", "2")), "2");
    // Also where it says what is the default anyway.
    assert_eq!(shown(producer(&[("linger.ms", "1")]).linger(millis(5))), "5");
    assert_eq!(shown(producer(&[]).set("linger.ms", "2").linger(millis(5))), "5");
    assert_eq!(shown(producer(&[]).linger(millis(5)).set("linger.ms", "2")), "5");
    let client = Kafka::from_properties([("client.id", "a")]).client_id("b").set("client.id", "c");
    assert_eq!(client.effective_config().unwrap()["client.id"], "b");
}

#[tokio::test]
async fn the_last_value_of_a_name_counts_and_a_second_name_is_an_error() {
    assert_eq!(
        producer(&[("linger.ms", "1"), ("linger.ms", "2")]).effective_config().unwrap()["linger.ms"],
        "2"
    );
    let both = [NOWHERE, ("linger.ms", "1"), ("queue.buffering.max.ms", "1")];
    let text = refusal(Kafka::from_properties(both)).await;
    assert_eq!(
        text,
        "linger.ms and queue.buffering.max.ms are two names of one setting: leave one of them out"
    );
    let error = producer(&[]).set("linger.ms", "1").set("queue.buffering.max.ms", "1").await.unwrap_err();
    assert!(error.to_string().contains("two names"), "{error}");
}

#[tokio::test]
async fn aliases_in_kilobytes_are_counted_in_bytes() {
    let memory = |value| producer(&[]).set("queue.buffering.max.kbytes", value).effective_config();
    assert_eq!(memory("2048").unwrap()["buffer.memory"], "2097152");
    for wrong in ["x", "-1", "18446744073709551615"] {
        let text = memory(wrong).unwrap_err().to_string();
        assert!(
            text.starts_with(&format!("queue.buffering.max.kbytes is \"{wrong}\", and must be")),
            "{text}"
        );
    }
    let queued = reader(&[("queued.max.messages.kbytes", "2048")]).effective_config();
    assert_eq!(queued.unwrap()["queued.max.messages.kbytes"], "2048");
}

#[tokio::test]
async fn an_unknown_name_is_refused_with_what_may_have_been_meant() {
    let of = |name| refusal(Kafka::from_properties([NOWHERE, (name, "1")]));
    assert_eq!(
        of("linger.mss").await,
        "there is no setting \"linger.mss\": did you mean linger.ms, a setting of the producer?"
    );
    assert_eq!(
        of("group.idd").await,
        "there is no setting \"group.idd\": did you mean group.id, a setting of the consumer?"
    );
    assert_eq!(
        of("auto.offset.rest").await,
        "there is no setting \"auto.offset.rest\": did you mean auto.offset.reset, a setting of the reader and the \
         consumer?"
    );
    assert!(of("quite.another.thing").await.contains("docs/settings.md lists all"));
    let error = producer(&[]).set("acs", "all").await.unwrap_err();
    assert!(error.to_string().contains("did you mean acks"), "{error}");
}

#[tokio::test]
async fn unknown_names_pass_where_that_is_allowed_also_in_what_comes_from_there() {
    let client = Kafka::from_properties([("no.such.thing", "1"), NOWHERE]).allow_unknown();
    assert!(client.set("nor.this", "2").effective_config().is_ok());
    assert!(producer(&[]).allow_unknown().set("no.such.thing", "1").await.is_ok());
    let mut lenient = from_pairs([("no.such.thing", "1")]);
    assert!(lenient.check().is_err());
    lenient.allow_unknown();
    assert!(lenient.check().is_ok());
    let built = ProducerBuilder::new(Cluster::new(Settings::default()), lenient).set("nor.this", "2").await;
    assert!(built.is_ok());
}

#[tokio::test]
async fn what_is_another_roles_says_whose_it_is() {
    let error = producer(&[]).set("fetch.min.bytes", "1").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "fetch.min.bytes is a setting of the reader and the consumer: set it on the ReaderBuilder or the ConsumerBuilder"
    );
    let error = producer(&[]).set("schema.registry.url", "http://h").await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "schema.registry.url is a setting of schema registries, which are not supported yet"
    );
    let error = reader(&[]).set("client.id", "1").await.unwrap_err();
    assert_eq!(error.to_string(), "client.id is a setting of the client: set it on the KafkaBuilder");
    let text = refusal(Kafka::builder("h").set("linger.ms", "1")).await;
    assert_eq!(text, "linger.ms is a setting of the producer: set it on the ProducerBuilder");
    let error = reader(&[]).set("group.id", "g").await.unwrap_err();
    assert_eq!(error.to_string(), "group.id is a setting of the consumer: set it on the ConsumerBuilder");
}

#[tokio::test]
async fn a_value_that_is_not_accepted_is_refused_when_the_client_is_built_whose_ever_it_is() {
    let of = |name, value| refusal(Kafka::from_properties([NOWHERE, (name, value)]));
    let millis = "and must be a number of milliseconds from 0 to 86400000";
    assert_eq!(of("linger.ms", "soon").await, format!("linger.ms is \"soon\", {millis}"));
    assert_eq!(of("linger.ms", "86400001").await, format!("linger.ms is 86400001, {millis}"));
    assert_eq!(of("queue.buffering.max.ms", "").await, format!("queue.buffering.max.ms is \"\", {millis}"));
    let bytes = "and must be a number of bytes from 1 to 104857600";
    assert_eq!(of("fetch.max.bytes", "0").await, format!("fetch.max.bytes is 0, {bytes}"));
    assert_eq!(of("fetch.max.bytes", "-1").await, format!("fetch.max.bytes is \"-1\", {bytes}"));
    let long = "x".repeat(40_000);
    assert!(of("client.id", &long).await.starts_with("client.id is 40000 bytes long, and must be"));
    assert!(of("bootstrap.servers", "h:x").await.contains("\"h:x\""));
    assert!(refusal(Kafka::from_properties([("client.id", "me")])).await.contains("no bootstrap address"));
}

#[tokio::test]
async fn what_is_not_supported_is_refused_by_whose_it_is_and_bothers_nobody_else() {
    let of = |name, value| refusal(Kafka::from_properties([NOWHERE, (name, value)]));
    assert!(
        of("security.protocol", "SASL_SSL").await.starts_with("security.protocol can only be plaintext yet")
    );
    assert!(
        of("ssl.engine.location", "/e").await.starts_with("ssl.engine.location is not supported yet: TLS")
    );
    assert!(Kafka::from_properties([("security.protocol", "PLAINTEXT")]).effective_config().is_ok());

    let transactional = [("transactional.id", "t"), ("offset.store.method", "file")];
    let error = producer(&transactional).await.unwrap_err();
    assert!(error.to_string().contains("transactions are not in this version"), "{error}");
    let error = reader(&transactional).await.unwrap_err();
    assert!(error.to_string().contains("offset.store.method can only be broker or none yet"), "{error}");
    assert!(Kafka::from_properties(transactional).effective_config().is_ok());
    assert!(producer(&[("group.id", "g"), ("schema.registry.url", "http://h")]).await.is_ok());
}

#[tokio::test]
async fn names_that_set_nothing_are_listed_with_why() {
    let pairs =
        [NOWHERE, ("max.poll.records", "100"), ("metrics.recording.level", "INFO"), ("linger.ms", "1")];
    let client =
        Kafka::from_properties(pairs).set("request.timeout.ms", "1").set("plugin.library.paths", "x");
    let ignored = client.ignored_settings().unwrap();
    let names: Vec<&str> = ignored.keys().map(String::as_str).collect();
    assert_eq!(names, ["max.poll.records", "metrics.recording.level", "plugin.library.paths"]);
    assert_eq!(ignored["max.poll.records"], "records come one by one, or a batch at a time");
    let lenient = Kafka::from_properties([NOWHERE, ("no.such.thing", "1")]);
    assert!(lenient.ignored_settings().is_err());
    assert_eq!(
        lenient.allow_unknown().ignored_settings().unwrap()["no.such.thing"],
        "there is no such setting"
    );

    let consumer = consumer(&pairs).set("max.poll.records", "7").set("session.timeout.ms", "9000");
    let ignored = consumer.ignored_settings().unwrap();
    assert_eq!(ignored.into_keys().collect::<Vec<_>>(), ["max.poll.records"]);
    assert_eq!(producer(&[]).set("interceptor.classes", "x").ignored_settings().unwrap().len(), 1);
    assert_eq!(reader(&[]).set("check.crcs", "true").ignored_settings().unwrap().len(), 0);
}

#[tokio::test]
async fn a_secret_is_in_no_message() {
    let secret = "hunter2";
    for name in ["sasl.password", "sasl.jaas.config", "ssl.key.password", "no.such.thing", "sasl.passwort"] {
        let builder = Kafka::from_properties([NOWHERE, (name, secret)]);
        assert!(!format!("{builder:?}").contains(secret), "{name}");
        assert!(
            !format!("{:?}", producer(&[("schema.registry.basic.auth.user.info", secret)])).contains(secret)
        );
        let error = builder.await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains(secret), "{error:?}");
    }
}

#[tokio::test]
async fn what_is_harmless_is_accepted_with_a_warning() {
    let warnings = |name: &str| from_pairs([(name, "1")]).warnings().unwrap();
    let reason = "keys and values are bytes here";
    assert_eq!(warnings("key.serializer"), [Warning::Ignored { setting: "key.serializer".into(), reason }]);
    assert_eq!(warnings("metric.reporters").len(), 1);
    assert!(warnings("linger.ms").is_empty());
    assert!(producer(&[]).set("interceptor.classes", "x").await.is_ok());
}

#[test]
fn who_comes_from_librdkafka_is_told_once_which_defaults_differ() {
    let differing =
        |pairs: &[(&str, &str)]| match from_pairs(pairs.iter().copied()).warnings().unwrap().as_slice() {
            [] => None,
            [Warning::Dialect { setting, differing }] => Some((setting.clone(), differing.clone())),
            other => panic!("{other:?}"),
        };
    assert_eq!(differing(&[("bootstrap.servers", "h")]), None);
    let (setting, list) =
        differing(&[("metadata.broker.list", "h"), ("queue.buffering.max.ms", "1")]).unwrap();
    assert_eq!(setting, "metadata.broker.list");
    assert!(list.contains("batch.size is 16384 here and 1000000 there"), "{list}");
    let set = [("metadata.broker.list", "h"), ("batch.size", "1"), ("message.timeout.ms", "9")];
    let (_, list) = differing(&set).unwrap();
    assert!(!list.contains("batch.size") && !list.contains("delivery.timeout.ms"), "{list}");
}

#[tokio::test]
async fn a_file_is_read_and_one_that_cannot_be_is_named() {
    let folder = std::env::temp_dir().join(format!("kafka-sdk-properties-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let good = folder.join("good.properties");
    std::fs::write(&good, "# ours\nclient.id = \\u00e9\nmetadata.max.age.ms:1000\n").unwrap();
    let shown = Kafka::from_file(&good).effective_config().unwrap();
    assert_eq!((shown["client.id"].as_str(), shown["metadata.max.age.ms"].as_str()), ("é", "1000"));
    let bad = folder.join("bad.properties");
    std::fs::write(&bad, "a=b\nc=\\u1").unwrap();
    let text = refusal(Kafka::from_file(&bad)).await;
    assert!(text.contains("bad.properties: line 2: "), "{text}");
    let text = refusal(Kafka::from_file(folder.join("none.properties"))).await;
    assert!(text.contains("none.properties"), "{text}");
    std::fs::remove_dir_all(&folder).unwrap();
}

/// Random names and values, and such that are nearly right: they may be refused, and nothing else.
#[tokio::test]
async fn no_name_and_no_value_panics() {
    let mut random = fastrand::Rng::with_seed(7);
    let names: Vec<&str> = TABLES.iter().flat_map(|table| table.names()).collect();
    let letters: Vec<char> = " \t\n\r\x0c\\=:#!uabc019.-_$é😀\u{feff}".chars().collect();
    let cluster = Cluster::new(Settings::default());
    for _ in 0..400 {
        let mut text: String = (0..random.usize(0..60)).map(|_| *random.choice(&letters).unwrap()).collect();
        let mut name = (*random.choice(&names).unwrap()).to_owned();
        if random.bool() {
            name.truncate(random.usize(0..=name.len()));
            name.push(*random.choice(&letters).unwrap());
        }
        if random.bool() {
            text = random.u64(..).to_string();
        }
        let given = from_pairs([(name.as_str(), text.as_str())]);
        let _ = given.check();
        let _ = ProducerBuilder::new(cluster.clone(), given.clone()).set(&name, &text).effective_config();
        let _ = ReaderBuilder::new(cluster.clone(), given).set(&name, &text).effective_config();
        let _ = Kafka::from_properties([(&name, &text)]).set(&name, &text).effective_config();
    }
}

#[tokio::test]
async fn what_idempotence_does_not_go_with_turns_it_off_unless_both_were_asked_for() {
    let idempotent =
        |builder: &ProducerBuilder| builder.effective_config().unwrap()["enable.idempotence"].clone();
    assert_eq!(idempotent(&producer(&[])), "true");
    let against =
        [("acks", "0"), ("acks", "1"), ("retries", "0"), ("max.in.flight.requests.per.connection", "6")];
    for (name, value) in against {
        for builder in [producer(&[(name, value)]), producer(&[]).set(name, value)] {
            assert_eq!(idempotent(&builder), "false", "{name}");
            assert!(builder.clone().set("enable.idempotence", "false").await.is_ok());
            let error = builder.set("enable.idempotence", "true").await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Settings);
            let text = error.to_string();
            assert!(
                text.contains("enable.idempotence is true") && text.contains(&format!("{name} is {value}")),
                "{text}"
            );
        }
    }
    let with = [("acks", "-1"), ("retries", "1"), ("max.in.flight", "1"), ("enable.idempotence", "TRUE")];
    assert!(producer(&with).await.is_ok());
}

#[tokio::test]
async fn settings_that_contradict_each_other_are_refused_by_name() {
    let pairs = [("delivery.timeout.ms", "1000")];
    let text = producer(&pairs).await.unwrap_err().to_string();
    assert!(text.contains("delivery.timeout.ms") && text.contains("linger.ms"), "{text}");
    let pairs = [("max.request.size", "2000000"), ("queue.buffering.max.kbytes", "16")];
    let text = producer(&pairs).await.unwrap_err().to_string();
    assert!(text.contains("buffer.memory"), "{text}");
}

#[tokio::test]
async fn partitioners_have_the_names_of_both_clients() {
    let named = |name, value| {
        producer(&[]).set(name, value).effective_config().map(|c| c["partitioner.class"].clone())
    };
    for name in
        ["random", "consistent", "consistent_random", "murmur2", "murmur2_random", "fnv1a", "fnv1a_random"]
    {
        assert_eq!(named("partitioner", name).unwrap(), name);
    }
    let class = "org.apache.kafka.clients.producer.RoundRobinPartitioner";
    assert_eq!(named("partitioner.class", class).unwrap(), "RoundRobinPartitioner");
    assert!(
        named("partitioner.class", "com.example.Mine").unwrap_err().to_string().contains("com.example.Mine")
    );
    // As in Java, the default partitioner alone heeds it.
    assert_eq!(named("partitioner.ignore.keys", "true").unwrap(), "UniformStickyPartitioner");
    let both = [("partitioner.ignore.keys", "true"), ("partitioner.class", "RoundRobinPartitioner")];
    assert_eq!(producer(&both).effective_config().unwrap()["partitioner.class"], "RoundRobinPartitioner");
}

#[tokio::test]
async fn positions_are_reset_in_the_words_of_both_clients() {
    let named = |value| {
        reader(&[]).set("auto.offset.reset", value).effective_config().map(|c| c["auto.offset.reset"].clone())
    };
    let same = [
        ("smallest", "earliest"),
        ("Beginning", "earliest"),
        ("largest", "latest"),
        ("end", "latest"),
        ("error", "none"),
    ];
    for (word, shown) in same {
        assert_eq!(named(word).unwrap(), shown, "{word}");
        assert_eq!(named(shown).unwrap(), shown);
    }
    assert_eq!(named("by_duration:PT1H").unwrap(), "by_duration:PT3600S");
    assert_eq!(named("by_duration:PT0.5S").unwrap(), "by_duration:PT0.5S");
    assert!(named("by_duration:1h").unwrap_err().to_string().contains("ISO 8601"));
}

#[tokio::test]
async fn levels_of_compression_are_set_by_name() {
    let shown =
        |pairs: &[(&str, &str)], name: &str| producer(pairs).effective_config().unwrap()[name].clone();
    assert_eq!(shown(&[("compression.codec", "ZSTD")], "compression.type"), "zstd");
    assert_eq!(shown(&[("compression.gzip.level", "-1")], "compression.gzip.level"), "-1");
    for (name, wrong) in
        [("compression.gzip.level", "0"), ("compression.lz4.level", "18"), ("compression.level", "x")]
    {
        let text = producer(&[]).set(name, wrong).effective_config().unwrap_err().to_string();
        assert!(text.starts_with(&format!("{name} is ")) && text.contains("level"), "{text}");
    }
    let error = producer(&[("compression.type", "gzip"), ("compression.level", "12")]).await.unwrap_err();
    assert_eq!(error.to_string(), "compression.level is 12, and must be from 1 to 9");
}
