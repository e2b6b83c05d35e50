//! What the tests share.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, io};

use kafka_sdk_testcontainers::{Error, Providers, TestKafka, TestKafkaBuilder};
use tokio::sync::{Mutex, MutexGuard};

pub(crate) type TestResult = Result<(), Box<dyn std::error::Error>>;

/// The image whose conventions are those of `apache/kafka`; its tag is the version.
pub(crate) const IMAGE: &str = "kafka-sdk-test/kafka";
/// What `docker/build` makes all images from.
const BASE: &str = "kafka-sdk-test/base:1";
pub(crate) const OLDEST: &str = "3.7.2";
pub(crate) const NEWEST: &str = "4.4.0";

/// One cluster at a time: they are big. What is built already is held here.
static TURN: Mutex<Vec<&'static str>> = Mutex::const_new(Vec::new());

/// A test's turn.
pub(crate) type Turn = MutexGuard<'static, Vec<&'static str>>;

/// Waits for a turn and builds the image of a version. `None`: the test is left out, and that has been said.
pub(crate) async fn turn(
    test: &str,
    version: &'static str,
) -> Result<Option<Turn>, Box<dyn std::error::Error>> {
    let providers = Providers::here();
    if !providers.run_docker(test)? || !providers.run_jvm(test)? {
        return Ok(None);
    }
    let mut turn = TURN.lock().await;
    if !turn.contains(&version) {
        if let Some(missing) = missing_for_a_build()? {
            return leave_out(test, missing);
        }
        build(version).await?;
        turn.push(version);
    }
    Ok(Some(turn))
}

/// A builder of a cluster of a version that [`turn`] has built the image of.
pub(crate) fn docker(version: &str) -> TestKafkaBuilder {
    TestKafka::docker().image(IMAGE).version(version)
}

fn missing_for_a_build() -> io::Result<Option<&'static str>> {
    let has =
        |program, arg| Command::new(program).arg(arg).output().is_ok_and(|output| output.status.success());
    if !ask_docker(&["images", "--quiet", BASE])?.is_empty()
        || (is_root()? && has("debootstrap", "--version"))
    {
        return Ok(None);
    }
    Ok(Some("no base for the images is here: install debootstrap and be root, once"))
}

fn is_root() -> io::Result<bool> {
    Ok(Command::new("id").arg("-u").output()?.stdout == b"0\n")
}

fn leave_out(test: &str, missing: &str) -> Result<Option<Turn>, Box<dyn std::error::Error>> {
    if env::var_os("KAFKA_SDK_TEST_BROKERS").is_some_and(|value| value == "all") {
        return Err(Error::LeftOut { test: test.into(), missing: missing.into() }.into());
    }
    // Past the test harness, as `Providers` does.
    let _ = writeln!(io::stderr(), "left out: {test}: {missing}");
    Ok(None)
}

async fn build(version: &str) -> TestResult {
    // Its start puts the jars into the cache.
    drop(TestKafka::jvm().version(version).start().await?);
    let recipe = Path::new(env!("CARGO_MANIFEST_DIR")).join("docker/build");
    let built = Command::new(recipe).arg(version).arg(cache()?.join(version).join("jars")).output()?;
    if built.status.success() { Ok(()) } else { Err(format!("no image: {}", said(&built)).into()) }
}

fn cache() -> Result<PathBuf, Box<dyn std::error::Error>> {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let user = || set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")));
    let cache = set("KAFKA_SDK_TEST_CACHE").or_else(|| Some(user()?.join("kafka-sdk-testcontainers")));
    Ok(cache.ok_or("no cache")?)
}

/// All that a program has said.
pub(crate) fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr[..]].concat()).into_owned()
}

/// The answer of the docker command, line by line.
pub(crate) fn ask_docker(args: &[&str]) -> io::Result<Vec<String>> {
    let output = Command::new("docker").args(args).output()?;
    if !output.status.success() {
        return Err(io::Error::other(said(&output)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
}
