//! What Maven is asked for: the jars of one release, with exactly one logging binding.

use std::fmt::Write;

use super::versions::Release;

/// The goal that copies the jars, of a fixed version so that every Maven does the same.
pub(super) const GOAL: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";

/// The bindings that some releases bring; ours is slf4j-simple, which any release writes its log to as it is.
const OTHER_BINDINGS: &[&str] = &["org.slf4j:slf4j-log4j12", "org.slf4j:slf4j-reload4j"];

/// The whole pom. A dependency named here wins over the version that Kafka asks for.
pub(super) fn text(release: &Release) -> String {
    let mut dependencies = String::new();
    for (artifact, version) in artifacts(release) {
        dependency(&mut dependencies, release, &artifact, version);
    }
    format!(
        "<project>\n<modelVersion>4.0.0</modelVersion>\n<groupId>kafka-sdk</groupId>\n\
         <artifactId>testcontainers</artifactId>\n<version>{}</version>\n<packaging>pom</packaging>\n\
         <dependencies>\n{dependencies}</dependencies>\n</project>\n",
        release.version
    )
}

fn artifacts(release: &Release) -> Vec<(String, &'static str)> {
    let mut artifacts = vec![(format!("org.apache.kafka:kafka_{}", release.scala), release.version)];
    if release.has_tools() {
        artifacts.push(("org.apache.kafka:kafka-tools".into(), release.version));
    }
    if let Some(zookeeper) = release.zookeeper {
        artifacts.push(("org.apache.zookeeper:zookeeper".into(), zookeeper));
    }
    artifacts.push(("org.slf4j:slf4j-simple".into(), "1.7.36"));
    artifacts
}

fn dependency(text: &mut String, release: &Release, artifact: &str, version: &str) {
    let (group, name) = split(artifact);
    let _ = write!(text, "<dependency><groupId>{group}</groupId><artifactId>{name}</artifactId>");
    let _ = write!(text, "<version>{version}</version><exclusions>");
    let unpublished = (!release.has_tools()).then_some("org.apache.kafka:kafka-tools-api");
    for excluded in OTHER_BINDINGS.iter().copied().chain(unpublished) {
        let (group, name) = split(excluded);
        let _ =
            write!(text, "<exclusion><groupId>{group}</groupId><artifactId>{name}</artifactId></exclusion>");
    }
    text.push_str("</exclusions></dependency>\n");
}

fn split(artifact: &str) -> (&str, &str) {
    artifact.split_once(':').unwrap_or((artifact, ""))
}

#[cfg(test)]
mod tests {
    use super::super::versions::find;
    use super::*;

    #[test]
    fn each_release_asks_for_what_it_needs() {
        let newest = text(find("4.4.0").unwrap());
        assert!(newest.contains("kafka_2.13</artifactId><version>4.4.0"));
        assert!(!newest.contains("<artifactId>kafka-tools</artifactId>"));
        assert!(
            newest.contains("<exclusion><groupId>org.apache.kafka</groupId><artifactId>kafka-tools-api<")
        );
        let oldest = text(find("2.1.1").unwrap());
        assert!(oldest.contains("kafka_2.12</artifactId><version>2.1.1"));
        assert!(oldest.contains("<artifactId>kafka-tools</artifactId><version>2.1.1"));
        assert!(oldest.contains("<artifactId>zookeeper</artifactId><version>3.5.9"));
    }
}
