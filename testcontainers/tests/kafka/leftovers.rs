//! Nothing is left behind, however a test ends.
//!
//! Each test runs itself once more as a child process, which starts a cluster in a folder for temporary files of its
//! own and comes to some end; then no process may name that folder, and it must be empty but for the claims of ports.

use std::io::{BufRead, BufReader, Lines};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;
use std::{env, fs, io, thread};

use kafka_sdk_testcontainers::{TestKafka, TestKafkaBuilder};
use tokio::sync::OnceCell;
use tokio::time::{sleep, timeout};

use crate::child::{child, is_child, new_folder};
use crate::common::{TestResult, turn};

const SAYS: &str = "the child is at its end";

/// The child process and its folder for temporary files.
struct Playing {
    child: Child,
    /// Kept open, because the child goes on talking.
    _says: Lines<BufReader<ChildStdout>>,
    folder: PathBuf,
}

impl Playing {
    /// Runs a test as a child process until it says that it is at its end.
    fn until_its_end(test: &str) -> Result<Self, Box<dyn std::error::Error>> {
        let test = format!("leftovers::{test}");
        let folder = new_folder(&test)?;
        let mut child = child(&test)?.env("TMPDIR", &folder).stdout(Stdio::piped()).spawn()?;
        let said = child.stdout.take().ok_or("no pipe")?;
        let mut says = BufReader::new(said).lines();
        let ends = |line: io::Result<String>| line.is_ok_and(|line| line.contains(SAYS));
        let at_its_end = says.any(ends);
        let playing = Self { child, _says: says, folder };
        if at_its_end { Ok(playing) } else { Err("the child ended too early".into()) }
    }

    fn processes(&self) -> Result<Vec<String>, Box<dyn std::error::Error>> {
        let listing = Command::new("ps").args(["-axww", "-o", "pid=,command="]).output()?;
        let ours = self.folder.to_string_lossy().into_owned();
        let lines = String::from_utf8_lossy(&listing.stdout).into_owned();
        Ok(lines.lines().filter(|line| line.contains(&ours)).map(str::to_owned).collect())
    }

    fn files(&self) -> Result<Vec<PathBuf>, Box<dyn std::error::Error>> {
        let entries = fs::read_dir(&self.folder)?.collect::<Result<Vec<_>, _>>()?;
        let is_claims = |path: &Path| path.to_string_lossy().contains("kafka-sdk-ports");
        Ok(entries.into_iter().map(|entry| entry.path()).filter(|path| !is_claims(path)).collect())
    }

    /// Waits until nothing is left, for a few seconds.
    fn until_nothing_is_left(self) -> TestResult {
        for _ in 0..100 {
            if self.processes()?.is_empty() && self.files()?.is_empty() {
                fs::remove_dir_all(&self.folder)?;
                return Ok(());
            }
            thread::sleep(Duration::from_millis(50));
        }
        Err(format!("left: {:?} {:?}", self.processes()?, self.files()?).into())
    }
}

impl Drop for Playing {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn oldest() -> TestKafkaBuilder {
    TestKafka::jvm().version("2.1.1")
}

#[tokio::test]
async fn of_a_killed_test_process() -> TestResult {
    if is_child() {
        let kafka = oldest().nodes(2).start().await?;
        kafka.node(2)?.pause()?;
        println!("{SAYS}");
        sleep(Duration::from_secs(60)).await;
    }
    let Some(_turn) = turn("of_a_killed_test_process").await? else { return Ok(()) };
    let mut playing = Playing::until_its_end("of_a_killed_test_process")?;
    assert_eq!(playing.files()?.len(), 1);
    let java = playing.processes()?.iter().filter(|process| process.contains("-Xmx512m")).count();
    assert!(java >= 3, "{:?}", playing.processes()?);
    playing.child.kill()?;
    playing.until_nothing_is_left()
}

#[tokio::test]
async fn of_a_dropped_start() -> TestResult {
    if is_child() {
        for patience in [0, 30, 100, 700, 1500] {
            let start = timeout(Duration::from_millis(patience), TestKafka::jvm().nodes(3).start()).await;
            assert!(start.is_err());
        }
        println!("{SAYS}");
        sleep(Duration::from_secs(60)).await;
    }
    let Some(_turn) = turn("of_a_dropped_start").await? else { return Ok(()) };
    Playing::until_its_end("of_a_dropped_start")?.until_nothing_is_left()
}

#[tokio::test]
async fn of_a_dropped_cluster() -> TestResult {
    if is_child() {
        let kafka = oldest().nodes(2).start().await?;
        kafka.node(1)?.kill().await?;
        let begun = tokio::time::Instant::now();
        drop(kafka);
        assert!(begun.elapsed() < Duration::from_millis(200));
        println!("{SAYS}");
        sleep(Duration::from_secs(60)).await;
    }
    let Some(_turn) = turn("of_a_dropped_cluster").await? else { return Ok(()) };
    Playing::until_its_end("of_a_dropped_cluster")?.until_nothing_is_left()
}

#[tokio::test]
async fn of_a_cluster_that_is_never_dropped() -> TestResult {
    if is_child() {
        static KEPT: OnceCell<TestKafka> = OnceCell::const_new();
        KEPT.get_or_try_init(|| oldest().start()).await?;
        println!("{SAYS}");
        return Ok(());
    }
    let Some(_turn) = turn("of_a_cluster_that_is_never_dropped").await? else { return Ok(()) };
    Playing::until_its_end("of_a_cluster_that_is_never_dropped")?.until_nothing_is_left()
}

#[tokio::test]
async fn of_a_panic() -> TestResult {
    if is_child() {
        let _kafka = oldest().start().await?;
        println!("{SAYS}");
        panic!("as planned");
    }
    let Some(_turn) = turn("of_a_panic").await? else { return Ok(()) };
    Playing::until_its_end("of_a_panic")?.until_nothing_is_left()
}

#[tokio::test]
async fn of_a_tool_whose_test_process_is_killed() -> TestResult {
    if is_child() {
        let kafka = oldest().topic("orders", 1).start().await?;
        // The name of the group is for the parent to know the process by.
        let group = env::temp_dir().to_string_lossy().into_owned();
        let args = ["--topic", "orders", "--group", &group];
        let _run = kafka.console_consumer().args(args).lines().await?;
        println!("{SAYS}");
        sleep(Duration::from_secs(60)).await;
    }
    let Some(_turn) = turn("of_a_tool_whose_test_process_is_killed").await? else { return Ok(()) };
    let mut playing = Playing::until_its_end("of_a_tool_whose_test_process_is_killed")?;
    assert_eq!(playing.files()?.len(), 2);
    playing.child.kill()?;
    playing.until_nothing_is_left()
}
