use std::fs;
use std::path::Path;
use std::time::Duration;

use tokio::time::sleep;

use super::*;
use crate::scratch::Scratch;

fn program(folder: &Path, command: &[&str]) -> Program {
    Program {
        command: command.iter().map(OsString::from).collect(),
        input: "/dev/null".into(),
        output: Output::File(folder.join("out")),
        errors: folder.join("errors"),
    }
}

fn scratch() -> Scratch {
    Scratch::new(&std::env::temp_dir()).unwrap()
}

async fn sleeper(folder: &Path) -> (Supervised, Pid) {
    let supervised = Supervised::start(&program(folder, &["sleep", "60"])).unwrap();
    let mut states = supervised.states.clone();
    let running = *states.wait_for(|state| *state != State::Starting).await.unwrap();
    let State::Running(pid) = running else { panic!("{running:?}") };
    (supervised, pid)
}

async fn gone(pid: Pid) -> bool {
    for _ in 0..100 {
        if rustix::process::test_kill_process(pid).is_err() {
            return true;
        }
        sleep(Duration::from_millis(20)).await;
    }
    false
}

#[tokio::test]
async fn a_drop_ends_the_program() {
    let scratch = scratch();
    let (supervised, pid) = sleeper(scratch.path()).await;
    drop(supervised);
    assert!(gone(pid).await);
}

#[tokio::test]
async fn a_stopped_program_is_ended_too() {
    let scratch = scratch();
    let (supervised, pid) = sleeper(scratch.path()).await;
    assert!(supervised.signal(Signal::STOP));
    drop(supervised);
    assert!(gone(pid).await);
}

#[tokio::test]
async fn the_end_of_the_pipe_alone_ends_the_program() {
    let scratch = scratch();
    let (mut supervised, pid) = sleeper(scratch.path()).await;
    supervised.lifeline = None;
    assert!(gone(pid).await);
}

#[tokio::test]
async fn a_program_that_ends_by_itself_is_noticed() {
    let scratch = scratch();
    let script = "echo out; echo err >&2; exit 7";
    let supervised = Supervised::start(&program(scratch.path(), &["sh", "-c", script])).unwrap();
    supervised.ended().await;
    assert!(!supervised.is_alive());
    assert!(!supervised.signal(Signal::TERM));
    assert_eq!(fs::read_to_string(scratch.path().join("out")).unwrap(), "out\n");
    assert_eq!(fs::read_to_string(scratch.path().join("errors")).unwrap(), "err\n");
    assert_eq!(supervised.finish().await, Some(7));
}

#[tokio::test]
async fn a_killed_program_says_so() {
    let scratch = scratch();
    let (supervised, _) = sleeper(scratch.path()).await;
    assert_eq!(supervised.finish().await, Some(128 + 9));
}

#[tokio::test]
async fn a_program_that_does_not_exist_ends() {
    let scratch = scratch();
    let supervised = Supervised::start(&program(scratch.path(), &["/no/such/program"])).unwrap();
    supervised.ended().await;
    assert!(fs::read_to_string(scratch.path().join("errors")).unwrap().contains("/no/such/program"));
    assert_eq!(supervised.finish().await, Some(127));
}

#[tokio::test]
async fn a_supervisor_whose_parent_dies_at_once_ends_the_program() {
    let scratch = scratch();
    let late = scratch.path().join("late");
    let script = format!("sleep 0.3; echo x >{}", late.display());
    for _ in 0..20 {
        let mut shell = command(&program(scratch.path(), &["sh", "-c", &script])).spawn().unwrap();
        drop((shell.stdin.take(), shell.stderr.take()));
        shell.wait().unwrap();
    }
    sleep(Duration::from_millis(600)).await;
    assert!(!late.exists());
}
