//! Machines that lack something, and machines where several test processes start at once.
//!
//! Each test runs itself once more as a child process, whose environment is the other machine.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;
use std::{env, fs, thread};

use kafka_sdk_testcontainers::{Providers, TestKafka};

use crate::child::{child, is_child, new_folder};
use crate::common::{TestResult, turn};

const OLDEST: &str = "2.1.1";

/// A machine with these programs, and an empty cache.
fn machine(test: &str, programs: &[&str]) -> Result<(Command, PathBuf), Box<dyn std::error::Error>> {
    let folder = new_folder(test)?;
    let (path, temp) = (folder.join("bin"), folder.join("temp"));
    fs::create_dir(&path)?;
    fs::create_dir(&temp)?;
    for program in programs {
        symlink(find(program).ok_or("no such program here")?, path.join(program))?;
    }
    let mut machine = child(test)?;
    machine.env("PATH", &path).env_remove("JAVA_HOME").env_remove("KAFKA_SDK_TEST_BROKERS");
    machine.env("KAFKA_SDK_TEST_CACHE", folder.join("cache")).env("TMPDIR", temp);
    Ok((machine, folder))
}

/// Removes the machine, once what its processes worked in is gone.
fn scrap(folder: &Path) -> TestResult {
    for _ in 0..100 {
        let left = [scratch_folders(&folder.join("cache"))?, scratch_folders(&folder.join("temp"))?].concat();
        if left.is_empty() {
            return Ok(fs::remove_dir_all(folder)?);
        }
        thread::sleep(Duration::from_millis(50));
    }
    Err(format!("something is left in {}", folder.display()).into())
}

fn scratch_folders(folder: &Path) -> std::io::Result<Vec<String>> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(Vec::new()) };
    let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    let names = names.collect::<std::io::Result<Vec<_>>>()?;
    Ok(names.into_iter().filter(|name| name.starts_with("kafka-sdk-") && !name.contains("-ports-")).collect())
}

fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.exists())
}

/// What the child says: the error of a start, and what is left out.
async fn play() -> TestResult {
    if let Err(error) = TestKafka::jvm().version(OLDEST).start().await {
        println!("{error}");
    }
    println!("runs: {}", Providers::here().run_jvm("some_test")?);
    Ok(())
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr[..]].concat()).into_owned()
}

fn write_program(file: &Path, text: &str) -> std::io::Result<()> {
    fs::write(file, text)?;
    fs::set_permissions(file, fs::Permissions::from_mode(0o755))
}

#[tokio::test]
async fn without_java() -> TestResult {
    if is_child() {
        return play().await;
    }
    let (mut machine, folder) = machine("machines::without_java", &["sh", "rm", "sleep"])?;
    let words = said(&machine.output()?);
    assert!(words.contains("no `java` in JAVA_HOME or PATH: install a Java runtime"), "{words}");
    assert!(words.contains("left out: some_test: no `java`") && words.contains("runs: false"), "{words}");
    let forbidden = machine.env("KAFKA_SDK_TEST_BROKERS", "all").output()?;
    assert!(!forbidden.status.success() && said(&forbidden).contains("LeftOut"), "{forbidden:?}");
    scrap(&folder)
}

#[tokio::test]
async fn without_maven() -> TestResult {
    if is_child() {
        return play().await;
    }
    let Some(_turn) = turn("without_maven").await? else { return Ok(()) };
    let (mut machine, folder) = machine("machines::without_maven", &["sh", "rm", "sleep", "java"])?;
    let words = said(&machine.output()?);
    assert!(
        words.contains("no `mvn` in PATH, and the jars of Kafka 2.1.1 are not in the cache yet"),
        "{words}"
    );
    assert!(words.contains("left out: some_test: no `mvn`") && words.contains("runs: false"), "{words}");
    scrap(&folder)
}

#[tokio::test]
async fn where_maven_fails() -> TestResult {
    if is_child() {
        return play().await;
    }
    let Some(_turn) = turn("where_maven_fails").await? else { return Ok(()) };
    let (mut machine, folder) = machine("machines::where_maven_fails", &["sh", "rm", "sleep", "java"])?;
    write_program(&folder.join("bin/mvn"), "#!/bin/sh\necho there is no network; exit 1\n")?;
    let words = said(&machine.output()?);
    assert!(words.contains("Maven could not fetch the jars of Kafka 2.1.1"), "{words}");
    assert!(words.contains("there is no network"), "{words}");
    assert!(!folder.join("cache/2.1.1").exists());
    scrap(&folder)
}

/// Its Maven copies the jars out of this machine's cache and counts how often it is called.
#[tokio::test]
async fn where_several_processes_want_the_same_jars() -> TestResult {
    let test = "machines::where_several_processes_want_the_same_jars";
    if is_child() {
        return play().await;
    }
    let Some(_turn) = turn(test).await? else { return Ok(()) };
    let jars = jars_of_the_oldest().await?;
    let (mut machine, folder) = machine(test, &["sh", "rm", "sleep", "java", "cp"])?;
    let calls = folder.join("calls");
    let mvn = format!(
        "#!/bin/sh\necho called >>{}\nfor arg do case $arg in -DoutputDirectory=*) cp -r {} \"${{arg#*=}}\"; esac; done\n",
        calls.display(),
        jars.display()
    );
    write_program(&folder.join("bin/mvn"), &mvn)?;
    machine.stdout(Stdio::piped());
    let children = [machine.spawn()?, machine.spawn()?, machine.spawn()?];
    for child in children {
        let words = said(&child.wait_with_output()?);
        assert!(words.contains("runs: true") && words.contains("test result: ok"), "{words}");
    }
    assert_eq!(fs::read_to_string(&calls)?, "called\n");
    fs::remove_file(folder.join("bin/mvn"))?;
    assert!(!said(&machine.output()?).contains("no `mvn` in PATH, and the jars"));
    scrap(&folder)
}

/// They are in the class path of any broker of that version.
async fn jars_of_the_oldest() -> Result<PathBuf, Box<dyn std::error::Error>> {
    drop(TestKafka::jvm().version(OLDEST).start().await?);
    let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let user = set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")));
    let cache = set("KAFKA_SDK_TEST_CACHE").or_else(|| Some(user?.join("kafka-sdk-testcontainers")));
    Ok(cache.ok_or("no cache")?.join(OLDEST).join("jars"))
}
