//! What the programs have in common: the cluster that they run on, what their flags say, and bars that show how far they are.

use indicatif::{ProgressBar, ProgressStyle};
use kafka_sdk::Kafka;
use kafka_sdk::admin::NewTopic;
use kafka_sdk_testcontainers::TestKafka;
use std::collections::BTreeMap;
use std::env;
use std::process::ExitCode;
use std::time::Duration;

/// Why a program ends before it is done.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// What the shell is told of how it went.
pub fn exit(outcome: Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The cluster that `KAFKA_BOOTSTRAP_SERVERS` names, or one of our own, which ends when it is dropped.
///
/// # Errors
/// The embedded one cannot start.
pub async fn cluster() -> Result<(String, Option<TestKafka>)> {
    if let Ok(servers) = env::var("KAFKA_BOOTSTRAP_SERVERS") {
        return Ok((servers, None));
    }
    println!("KAFKA_BOOTSTRAP_SERVERS is not set: this one is inside of the program");
    let cluster = TestKafka::embedded().start().await?;
    Ok((cluster.bootstrap_servers().to_owned(), Some(cluster)))
}

/// Creates these topics, with 2 partitions each, where they do not exist.
///
/// # Errors
/// One cannot be created.
pub async fn two_partitions_each(kafka: &Kafka, topics: &[&str]) -> Result<()> {
    let existing = kafka.admin().list_topics().await?;
    let missing = topics.iter().filter(|name| !existing.iter().any(|there| there == *name));
    let missing: Vec<NewTopic> = missing.map(|name| NewTopic::new(*name).partitions(2)).collect();
    if !missing.is_empty() {
        kafka.admin().create_topics(missing).await?.all()?;
    }
    Ok(())
}

/// The flags that the program was started with: `--name value`.
pub struct Flags(BTreeMap<String, String>);

impl Flags {
    /// Those of this program.
    ///
    /// # Errors
    /// One that is none of these, or has no value.
    pub fn read(known: &[&str]) -> Result<Self> {
        let (mut flags, mut words) = (BTreeMap::new(), env::args().skip(1));
        while let Some(flag) = words.next() {
            if !known.contains(&flag.as_str()) {
                return Err(format!("{flag}: the flags are {}", known.join(", ")).into());
            }
            let value = words.next().ok_or_else(|| format!("{flag} needs a value"))?;
            flags.insert(flag, value);
        }
        Ok(Self(flags))
    }

    /// What was said, or this.
    #[must_use]
    pub fn text(&self, flag: &str, default: &str) -> String {
        self.0.get(flag).map_or(default, String::as_str).to_owned()
    }

    /// What was said, or this.
    ///
    /// # Errors
    /// It is no number of seconds.
    pub fn seconds(&self, flag: &str, default: f64) -> Result<Duration> {
        let Some(text) = self.0.get(flag) else { return Ok(Duration::try_from_secs_f64(default)?) };
        let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        seconds.ok_or_else(|| format!("{flag} is {text:?}: it has to be a number of seconds").into())
    }
}

/// A bar that is drawn on a terminal only.
#[must_use]
pub fn progress(what: &'static str, total: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}");
    let bar = ProgressBar::new(total as u64).with_message(what);
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
