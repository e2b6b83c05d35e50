//! The manifests for Kubernetes: their names are those of the program, of the image, and of each other.

use crate::log::{partitions, published, received};
use crate::program::Program;
use crate::{clients, until};
use kafka_sdk_testcontainers::TestKafka;
use std::collections::{BTreeMap, BTreeSet};

const MANIFESTS: &str = include_str!("../../clients/kubernetes.yaml");
const RECIPE: &str = include_str!("../../clients/Dockerfile");
const README: &str = include_str!("../../README.md");
const TOOLCHAIN: &str = include_str!("../../../rust-toolchain.toml");

/// The fields of a Deployment that are used: what is not in here is either misspelt, or to be looked up in the
/// reference of the API (apps/v1) and added.
const FIELDS: [&str; 12] = [
    "apiVersion",
    "kind",
    "metadata.name",
    "spec.replicas",
    "spec.selector.matchLabels.app",
    "spec.template.metadata.labels.app",
    "spec.template.spec.terminationGracePeriodSeconds",
    "spec.template.spec.containers[].name",
    "spec.template.spec.containers[].image",
    "spec.template.spec.containers[].imagePullPolicy",
    "spec.template.spec.containers[].env[].name",
    "spec.template.spec.containers[].env[].value",
];

/// Each value of a document of plain keys and lists, in their order, by where it is: `spec.template.spec.containers[].image`.
fn values(document: &str) -> Vec<(String, String)> {
    let mut values = Vec::new();
    let mut path: Vec<(usize, &str)> = Vec::new();
    for line in document.lines() {
        let text = line.trim_start();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let (mut indent, mut entry) = (line.len() - text.len(), text);
        path.retain(|(of, _)| *of < indent);
        while let Some(item) = entry.strip_prefix("- ") {
            path.push((indent, "[]"));
            (indent, entry) = (indent + 2, item);
        }
        let (key, value) = entry.split_once(':').unwrap();
        path.push((indent, key));
        if !value.is_empty() {
            let names: Vec<&str> = path.iter().map(|(_, name)| *name).collect();
            values.push((names.join(".").replace(".[]", "[]"), value.trim().to_owned()));
        }
    }
    values
}

/// A document, as the values of each field.
struct Deployment(BTreeMap<String, Vec<String>>);

impl Deployment {
    fn all() -> Vec<Self> {
        let read = |document| {
            let mut fields = BTreeMap::<String, Vec<String>>::new();
            for (field, value) in values(document) {
                fields.entry(field).or_default().push(value);
            }
            Self(fields)
        };
        MANIFESTS.split("---\n").map(read).collect()
    }

    fn values(&self, field: &str) -> &[String] {
        self.0.get(field).map_or(&[], Vec::as_slice)
    }

    fn value(&self, field: &str) -> &str {
        let values = self.values(field);
        assert_eq!(values.len(), 1, "{field}: {values:?}");
        &values[0]
    }

    fn container(&self, field: &str) -> &str {
        self.value(&format!("spec.template.spec.containers[].{field}"))
    }

    fn environment(&self) -> BTreeMap<&str, &str> {
        let of = |field| self.values(&format!("spec.template.spec.containers[].env[].{field}"));
        let (names, values) = (of("name"), of("value"));
        assert_eq!(names.len(), values.len());
        names.iter().map(String::as_str).zip(values.iter().map(String::as_str)).collect()
    }
}

#[test]
fn the_manifests_have_the_fields_of_a_deployment_and_agree_with_each_other() {
    let deployments = Deployment::all();
    let names: Vec<&str> = deployments.iter().map(|it| it.value("metadata.name")).collect();
    assert_eq!(names, ["producer", "consumer"]);
    for (name, deployment) in names.iter().zip(&deployments) {
        let unknown: Vec<_> = deployment.0.keys().filter(|field| !FIELDS.contains(&field.as_str())).collect();
        assert!(unknown.is_empty(), "{name}: {unknown:?}");
        assert_eq!((deployment.value("apiVersion"), deployment.value("kind")), ("apps/v1", "Deployment"));
        let selected = deployment.value("spec.selector.matchLabels.app");
        assert_eq!(selected, deployment.value("spec.template.metadata.labels.app"), "{name} has no pods");
        assert_eq!((selected, deployment.container("name")), (*name, *name), "each has its own pods");
        assert!(deployment.value("spec.replicas").parse::<u32>().unwrap() > 0);
        assert!(["Always", "IfNotPresent", "Never"].contains(&deployment.container("imagePullPolicy")));
        let environment = deployment.environment();
        assert_eq!(environment["ROLE"], *name);
        assert_eq!(environment["KAFKA_BROKER"], "kafka-0.kafka-service.default.svc.cluster.local:9092");
        assert_eq!(environment["TOPIC"], deployments[0].environment()["TOPIC"], "they would not meet");
    }
}

#[test]
fn the_manifests_run_the_image_that_the_recipe_makes_and_set_what_the_program_reads() {
    let build = "docker build -f examples/clients/Dockerfile -t clients .";
    assert!(RECIPE.contains(build) && README.contains(build));
    let documented: BTreeSet<&str> = README
        .split("## `")
        .find_map(|section| section.strip_prefix("clients`"))
        .unwrap()
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .collect();
    for deployment in Deployment::all() {
        assert_eq!(deployment.container("image"), "clients:latest");
        for name in deployment.environment().keys() {
            assert!(documented.contains(name), "{name} is none of {documented:?}");
        }
    }
}

#[test]
fn the_recipe_builds_with_the_toolchain_of_the_workspace() {
    let channel = TOOLCHAIN.lines().find_map(|line| line.strip_prefix("channel = ")).unwrap();
    let base = format!("FROM rust:{} AS build", channel.trim_matches('"'));
    assert!(RECIPE.lines().any(|line| line == base), "another one would be fetched in the middle: {base}");
}

#[tokio::test]
async fn with_what_the_manifests_set_the_producer_publishes_and_the_consumer_receives() {
    let kafka = TestKafka::embedded().property("num.partitions", "4").start().await.unwrap();
    let start = |deployment: &Deployment| {
        let mut command = clients();
        // But for the address: there is no such name here.
        command.env_clear().envs(deployment.environment()).env("KAFKA_BROKER", kafka.bootstrap_servers());
        Program::of(command)
    };
    let programs: Vec<Program> = Deployment::all().iter().map(start).collect();
    let [producer, consumer] = programs.try_into().ok().unwrap();
    until("1000 are published", || producer.lines().iter().any(|it| published(it, "test").is_some())).await;
    until("1000 are received", || consumer.lines().iter().any(|it| received(it, "test").is_some())).await;
    assert_eq!(partitions(&consumer.lines(), "test"), Some(vec![0, 1, 2, 3]));
    for program in [producer, consumer] {
        let (status, lines) = program.end();
        assert!(status.success(), "{status}: {lines:?}");
    }
}
