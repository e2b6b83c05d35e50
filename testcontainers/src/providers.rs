//! Which kinds of Kafka this machine can run.

use std::env;
use std::io::Write;

#[cfg(feature = "docker")]
use crate::docker;
use crate::jvm::can_do_without_maven;
use crate::{Error, programs};

/// Which kinds of Kafka this machine can run, and why not the others.
///
/// # Examples
/// No test is left out silently:
/// ```no_run
/// use kafka_sdk_testcontainers::{Error, Providers, TestKafka};
///
/// # async fn an_order_is_placed() -> Result<(), Error> {
/// if !Providers::here().run_jvm("an_order_is_placed")? {
///     return Ok(());
/// }
/// let kafka = TestKafka::jvm().start().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Providers {
    jvm: Result<(), String>,
    #[cfg(feature = "docker")]
    docker: Result<(), String>,
    must_have_all: bool,
}

impl Providers {
    /// Looks at this machine: its programs, its cache and `KAFKA_SDK_TEST_BROKERS`.
    pub fn here() -> Self {
        let must_have_all = env::var_os("KAFKA_SDK_TEST_BROKERS").is_some_and(|value| value == "all");
        Self {
            jvm: jvm(),
            #[cfg(feature = "docker")]
            docker: docker::Host::find().map(drop).map_err(|error| error.to_string()),
            must_have_all,
        }
    }

    /// Whether [`TestKafka::jvm`](crate::TestKafka::jvm) works here.
    ///
    /// # Errors
    /// Says what is missing, and what to install.
    pub fn jvm(&self) -> Result<(), &str> {
        self.jvm.as_ref().map(|&()| ()).map_err(String::as_str)
    }

    /// Whether a test that takes [`TestKafka::jvm`](crate::TestKafka::jvm) is to run. If not, says so on standard
    /// error, past the test harness, which would keep it for itself.
    ///
    /// # Errors
    /// Fails if the test is to be left out and `KAFKA_SDK_TEST_BROKERS=all` forbids that.
    pub fn run_jvm(&self, test: &str) -> Result<bool, Error> {
        self.run(&self.jvm, test)
    }

    /// Whether a Docker daemon answers, for `TestKafka::docker`. It may still lack the image.
    ///
    /// # Errors
    /// Says what is missing, and what to install.
    #[cfg(feature = "docker")]
    pub fn docker(&self) -> Result<(), &str> {
        self.docker.as_ref().map(|&()| ()).map_err(String::as_str)
    }

    /// As [`run_jvm`](Self::run_jvm), for a test that takes `TestKafka::docker`.
    ///
    /// # Errors
    /// Fails if the test is to be left out and `KAFKA_SDK_TEST_BROKERS=all` forbids that.
    #[cfg(feature = "docker")]
    pub fn run_docker(&self, test: &str) -> Result<bool, Error> {
        self.run(&self.docker, test)
    }

    fn run(&self, provider: &Result<(), String>, test: &str) -> Result<bool, Error> {
        let Err(missing) = provider else { return Ok(true) };
        if self.must_have_all {
            return Err(Error::LeftOut { test: test.into(), missing: missing.clone() });
        }
        let _ = writeln!(std::io::stderr(), "left out: {test}: {missing}");
        Ok(false)
    }
}

fn jvm() -> Result<(), String> {
    if programs::java().is_none() {
        return Err(Error::NoJava.to_string());
    }
    if programs::mvn().is_none() && !can_do_without_maven() {
        return Err("no `mvn` in PATH, and not all jars are in the cache yet: install Maven".into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without_java(must_have_all: bool) -> Providers {
        Providers {
            jvm: Err("no `java`".into()),
            #[cfg(feature = "docker")]
            docker: Ok(()),
            must_have_all,
        }
    }

    #[test]
    fn a_test_is_left_out_where_something_is_missing() {
        assert!(!without_java(false).run_jvm("some_test").unwrap());
        assert_eq!(without_java(false).jvm(), Err("no `java`"));
    }

    #[test]
    fn nothing_is_left_out_where_all_must_run() {
        let message = without_java(true).run_jvm("some_test").unwrap_err().to_string();
        assert!(message.contains("some_test") && message.contains("no `java`"), "{message}");
    }
}
