//! The static binary, and the image that holds nothing else.

use crate::log::{partitions, places, published};
use crate::program::Program;
use crate::{TURN, until};
use kafka_sdk_testcontainers::{Providers, TestKafka};
use std::env;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// What the recipe runs, but for the target.
const BUILD: &str =
    "cargo build --locked --release --package kafka-sdk-examples --bin clients --bin topics --target";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn recipe() -> String {
    fs::read_to_string(root().join("examples/clients/Dockerfile")).unwrap()
}

/// Says that a test is left out, past the test harness; where nothing may be, it fails.
fn leave_out(test: &str, missing: &str) {
    let all = env::var_os("KAFKA_SDK_TEST_BROKERS").is_some_and(|value| value == "all");
    assert!(!all, "{test}: {missing}");
    let _ = writeln!(std::io::stderr(), "left out: {test}: {missing}");
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Builds as the recipe does, and gives the folder of the binaries; none where Rust has no such target.
fn built(test: &str) -> Option<PathBuf> {
    let target = format!("{}-unknown-linux-musl", env::consts::ARCH);
    let libraries = Command::new("rustc").args(["--print", "target-libdir", "--target", &target]).output();
    let libraries = PathBuf::from(String::from_utf8(libraries.unwrap().stdout).unwrap().trim());
    if !libraries.is_dir() {
        leave_out(test, &format!("no target {target}: rustup target add {target}"));
        return None;
    }
    assert!(recipe().contains(&format!("{BUILD} \"$target\"")), "the recipe builds in another way");
    let folder = root().join("target");
    let mut words = BUILD.split(' ').skip(1);
    let output = Command::new(env!("CARGO"))
        .args(words.by_ref())
        .arg(&target)
        .arg("--target-dir")
        .arg(&folder)
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
    Some(folder.join(target).join("release"))
}

/// Whether an ELF file asks for an interpreter, which is what finds shared libraries.
fn is_dynamic(file: &[u8]) -> bool {
    const INTERPRETER: u32 = 3;
    assert_eq!(&file[..6], b"\x7fELF\x02\x01", "64 bits, little-endian");
    let number = |at: usize, size: usize| {
        file[at..at + size].iter().rev().fold(0_usize, |sum, byte| (sum << 8) | usize::from(*byte))
    };
    let (first, size, count) = (number(0x20, 8), number(0x36, 2), number(0x38, 2));
    (0..count).any(|index| number(first + index * size, 4) == INTERPRETER as usize)
}

#[test]
fn a_binary_of_this_system_is_not_taken_for_a_static_one() {
    assert!(is_dynamic(&fs::read(env!("CARGO_BIN_EXE_clients")).unwrap()));
}

/// What sees nothing but this folder: for who is not root, in a namespace of its own.
fn alone_in(folder: &Path) -> Command {
    let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    let mut command = if is_root { Command::new("chroot") } else { Command::new("unshare") };
    if !is_root {
        command.args(["--user", "--map-root-user", "chroot"]);
    }
    command.arg(folder);
    command
}

#[tokio::test]
async fn the_static_binary_does_its_work_in_a_folder_that_holds_nothing_else() {
    let test = "the_static_binary_does_its_work_in_a_folder_that_holds_nothing_else";
    if !Providers::here().run_jvm(test).unwrap() {
        return;
    }
    let _turn = TURN.lock().await;
    let Some(binaries) = built(test) else { return };
    let (empty, binary) = (tempfile::tempdir().unwrap(), binaries.join("clients"));
    assert!(!is_dynamic(&fs::read(&binary).unwrap()));
    fs::copy(&binary, empty.path().join("clients")).unwrap();
    let kafka = TestKafka::jvm().version("3.3.2").property("num.partitions", "4").start().await.unwrap();
    let start = |role| {
        let mut command = alone_in(empty.path());
        command.arg("/clients");
        Program::start(command, role, kafka.bootstrap_servers(), "test")
    };
    let (producer, consumer) = (start("producer"), start("consumer"));
    until("messages come", || places(&consumer.lines(), "test").len() > 100).await;
    assert_eq!(partitions(&consumer.lines(), "test"), Some(vec![0, 1, 2, 3]));
    let (status, lines) = producer.end();
    assert!(status.success() && lines.iter().all(|line| published(line, "test").is_some()), "{lines:?}");
    assert!(consumer.end().0.success());
}

#[tokio::test]
async fn the_image_holds_the_binary_and_nothing_else_and_ends_by_sigterm() {
    let test = "the_image_holds_the_binary_and_nothing_else_and_ends_by_sigterm";
    let docker = |args: &[&str]| Command::new("docker").args(args).env("DOCKER_BUILDKIT", "0").output();
    if !docker(&["ps"]).is_ok_and(|output| output.status.success()) {
        return leave_out(test, "no Docker daemon answers");
    }
    if !Providers::here().run_jvm(test).unwrap() {
        return;
    }
    let _turn = TURN.lock().await;
    let Some(binaries) = built(test) else { return };
    // The last stage of the recipe, with what the first one would have built.
    let context = tempfile::tempdir().unwrap();
    for name in ["clients", "topics"] {
        fs::copy(binaries.join(name), context.path().join(name)).unwrap();
    }
    let recipe = recipe();
    let (_, stage) = recipe.split_once("FROM scratch\n").unwrap();
    let stage = stage.replace("COPY --from=build /out/ /", "COPY clients topics /");
    fs::write(context.path().join("Dockerfile"), format!("FROM scratch\n{stage}")).unwrap();
    let image = "kafka-sdk-test/clients";
    let run = |args: &[&str]| {
        let output = docker(args).unwrap();
        assert!(output.status.success(), "{args:?}: {}", said(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    run(&["build", "-q", "-t", image, context.path().to_str().unwrap()]);

    let kafka = TestKafka::jvm().version("3.3.2").property("num.partitions", "4").start().await.unwrap();
    let broker = format!("KAFKA_BROKER={}", kafka.bootstrap_servers());
    let start = |role: &str| {
        let role = format!("ROLE={role}");
        let args = ["run", "-d", "--network", "host", "-e", &role, "-e", &broker, "-e", "TOPIC=test"];
        let container = run(&[&args[..], &["-e", "LOG_EVERY=1", image]].concat());
        Container(container.trim().to_owned())
    };
    let (producer, consumer) = (start("producer"), start("consumer"));
    let lines = |container: &Container| -> Vec<String> {
        said(&docker(&["logs", &container.0]).unwrap()).lines().map(str::to_owned).collect()
    };
    until("messages come", || places(&lines(&consumer), "test").len() > 100).await;
    for container in [&producer, &consumer] {
        run(&["stop", "-t", "30", &container.0]);
        assert_eq!(run(&["inspect", "-f", "{{.State.ExitCode}}", &container.0]).trim(), "0");
    }
    let topics =
        ["run", "--rm", "--network", "host", "-e", &broker, "--entrypoint", "/topics", image, "test"];
    assert!(run(&topics).contains("PartitionCount: 4"));
}

/// Removed when it is dropped.
struct Container(String);

impl Drop for Container {
    fn drop(&mut self) {
        let _ = Command::new("docker").args(["rm", "-f", &self.0]).output();
    }
}
