//! Machines and descriptions that a cluster in Docker cannot be made of: one error each, which says what to do.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

use kafka_sdk_testcontainers::{Error, Providers, TestKafka, TestKafkaBuilder};

use crate::child::{child, is_child, new_folder};
use crate::common::{NEWEST, TestResult, docker, said, turn};

async fn refusal(builder: TestKafkaBuilder) -> String {
    builder.start().await.map(|_| "it started".to_owned()).unwrap_or_else(|error| error.to_string())
}

#[tokio::test]
async fn a_version_without_an_image_is_refused_with_those_that_have_one() {
    for version in ["3.3.2", "5.0.0"] {
        let message = refusal(TestKafka::docker().version(version)).await;
        assert!(message.contains(version) && message.contains("3.7.2"), "{message}");
        assert!(!message.contains("2.8.2"), "{message}");
    }
}

#[tokio::test]
async fn what_the_image_cannot_be_told_is_refused() {
    assert!(refusal(docker(NEWEST).property("Some.Thing", "x")).await.contains("`Some.Thing`"));
    assert!(refusal(docker(NEWEST).property("node.id", "7")).await.contains("`node.id`"));
    assert!(refusal(TestKafka::jvm().image("kafka")).await.contains("TestKafka::docker"));
}

#[tokio::test]
async fn an_image_that_is_nowhere_is_named() -> TestResult {
    let test = "an_image_that_is_nowhere_is_named";
    let Some(_turn) = turn(test, NEWEST).await? else { return Ok(()) };
    // Nothing listens there: the daemon is refused at once.
    let message = refusal(TestKafka::docker().image("127.0.0.1:9/no/such:image")).await;
    assert!(message.contains("`127.0.0.1:9/no/such:image`"), "{message}");
    assert!(message.contains("cannot be pulled") && message.contains("refused"), "{message}");
    Ok(())
}

#[tokio::test]
async fn a_broker_that_ends_by_itself_shows_its_log() -> TestResult {
    let test = "a_broker_that_ends_by_itself_shows_its_log";
    let Some(_turn) = turn(test, NEWEST).await? else { return Ok(()) };
    let builder = docker(NEWEST).property("num.io.threads", "many");
    let Err(error) = builder.start().await else { return Err("it started".into()) };
    let Error::Exited { who, status: Some(1), log } = &error else { return Err(error.into()) };
    assert_eq!(who, "node 1");
    assert!(log.contains("Invalid value many for configuration num.io.threads"), "{error}");
    Ok(())
}

/// A machine with these programs, and no daemon.
fn machine(test: &str, programs: &[&str], folder: &Path) -> Result<Command, Box<dyn std::error::Error>> {
    let path = env::var_os("PATH").ok_or("no PATH")?;
    for program in programs {
        let found = env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.exists());
        symlink(found.ok_or("no such program here")?, folder.join(program))?;
    }
    let mut machine = child(test)?;
    machine.env("PATH", folder).env_remove("JAVA_HOME").env_remove("KAFKA_SDK_TEST_BROKERS");
    machine.env("DOCKER_HOST", format!("unix://{}", folder.join("docker.sock").display()));
    Ok(machine)
}

/// What the child says: the error of each start.
async fn play() -> TestResult {
    println!("docker: {}", refusal(TestKafka::docker()).await);
    println!("auto: {}", refusal(TestKafka::auto()).await);
    println!("runs: {}", Providers::here().run_docker("some_test")?);
    Ok(())
}

#[tokio::test]
async fn without_docker() -> TestResult {
    if is_child() {
        return play().await;
    }
    let folder = new_folder("without_docker")?;
    let mut machine = machine("refusals::without_docker", &["sh", "rm", "sleep"], &folder)?;
    let words = said(&machine.output()?);
    assert!(words.contains("docker: no `docker` in PATH: install Docker"), "{words}");
    assert!(
        words.contains("install Docker (on Debian: docker.io); no `java` in JAVA_HOME or PATH"),
        "{words}"
    );
    assert!(words.contains("left out: some_test: no `docker`") && words.contains("runs: false"), "{words}");
    let forbidden = machine.env("KAFKA_SDK_TEST_BROKERS", "all").output()?;
    assert!(!forbidden.status.success() && said(&forbidden).contains("LeftOut"), "{forbidden:?}");
    Ok(fs::remove_dir_all(folder)?)
}

#[tokio::test]
async fn without_a_daemon() -> TestResult {
    if is_child() {
        return play().await;
    }
    let Some(_turn) = turn("without_a_daemon", NEWEST).await? else { return Ok(()) };
    let folder = new_folder("without_a_daemon")?;
    let words = said(&machine("refusals::without_a_daemon", &["docker"], &folder)?.output()?);
    assert!(words.contains("docker: no Docker daemon answers at unix://"), "{words}");
    assert!(words.contains("start it (`service docker start`, or `dockerd` as root)"), "{words}");
    Ok(fs::remove_dir_all(folder)?)
}

#[tokio::test]
async fn auto_takes_docker_where_it_can_and_else_java() -> TestResult {
    let test = "auto_takes_docker_where_it_can_and_else_java";
    let Some(_turn) = turn(test, NEWEST).await? else { return Ok(()) };
    let here = TestKafka::auto().image(crate::common::IMAGE).start().await?;
    let port = here.bootstrap_servers().trim_start_matches("127.0.0.1:").to_owned();
    let publishing =
        |port: &str| crate::common::ask_docker(&["ps", "-q", "--filter", &format!("publish={port}")]);
    assert_eq!(publishing(&port)?.len(), 1);
    drop(here);
    let elsewhere = TestKafka::auto().image("127.0.0.1:9/no/such").start().await?;
    let port = elsewhere.bootstrap_servers().trim_start_matches("127.0.0.1:").to_owned();
    assert_eq!(publishing(&port)?, [""; 0]);
    Ok(())
}
