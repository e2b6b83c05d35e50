//! No container and no network is left behind, however a test ends.
//!
//! Each test runs itself once more as a child process, which starts a cluster and comes to some end.

use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Stdio};
use std::thread;
use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::child::{child, is_child};
use crate::common::{NEWEST, TestResult, ask_docker, docker, turn};

const SAYS: &str = "the child has started a cluster";

/// The child process.
struct Playing {
    child: Child,
    /// Kept open, because the child goes on talking.
    _says: Lines<BufReader<ChildStdout>>,
}

impl Playing {
    /// Runs a test as a child process until it says that it has started a cluster.
    fn until_it_says(test: &str) -> Result<Self, Box<dyn std::error::Error>> {
        let mut child = child(&format!("leftovers::{test}"))?.stdout(Stdio::piped()).spawn()?;
        let mut says = BufReader::new(child.stdout.take().ok_or("no pipe")?).lines();
        let started = says.any(|line| line.is_ok_and(|line| line.contains(SAYS)));
        let playing = Self { child, _says: says };
        if started { Ok(playing) } else { Err("the child ended too early".into()) }
    }

    /// How many containers and networks of the child there are.
    fn left(&self) -> std::io::Result<(usize, usize)> {
        let label = format!("label=kafka-sdk-testcontainers.process={}", self.child.id());
        let containers = ask_docker(&["ps", "--all", "--quiet", "--filter", &label])?;
        let networks = ask_docker(&["network", "ls", "--quiet", "--filter", &label])?;
        Ok((containers.len(), networks.len()))
    }

    /// Waits until nothing is left, for a few seconds.
    fn until_nothing_is_left(self) -> TestResult {
        for _ in 0..60 {
            if self.left()? == (0, 0) {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(200));
        }
        Err(format!("left of containers and networks: {:?}", self.left()?).into())
    }
}

impl Drop for Playing {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn of_a_killed_test_process() -> TestResult {
    if is_child() {
        let kafka = docker(NEWEST).nodes(2).start().await?;
        kafka.node(2)?.pause()?;
        println!("{SAYS}");
        sleep(Duration::from_secs(60)).await;
    }
    let Some(_turn) = turn("of_a_killed_test_process", NEWEST).await? else { return Ok(()) };
    let mut playing = Playing::until_it_says("of_a_killed_test_process")?;
    assert_eq!(playing.left()?, (2, 1));
    playing.child.kill()?;
    playing.until_nothing_is_left()
}

#[tokio::test]
async fn of_a_panic() -> TestResult {
    if is_child() {
        let _kafka = docker(NEWEST).start().await?;
        println!("{SAYS}");
        panic!("as planned");
    }
    let Some(_turn) = turn("of_a_panic", NEWEST).await? else { return Ok(()) };
    Playing::until_it_says("of_a_panic")?.until_nothing_is_left()
}

#[tokio::test]
async fn of_a_dropped_start() -> TestResult {
    if is_child() {
        for patience in [50, 300, 1000] {
            let start = timeout(Duration::from_millis(patience), docker(NEWEST).nodes(3).start()).await;
            assert!(start.is_err());
        }
        println!("{SAYS}");
        sleep(Duration::from_secs(60)).await;
    }
    let Some(_turn) = turn("of_a_dropped_start", NEWEST).await? else { return Ok(()) };
    Playing::until_it_says("of_a_dropped_start")?.until_nothing_is_left()
}
