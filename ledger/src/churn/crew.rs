//! The processes of a group's members: started, told what to do, frozen, killed, and listened to.

use super::audit::Life;
use super::defects::Defect;
use super::line::{Line, What};
use super::orders::{Orders, Reading};
use super::plan::Mix;
use crate::world::Trouble;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How long a member may take to close: longer than its `default.api.timeout.ms`, which is a minute.
const CLOSING: Duration = Duration::from_secs(90);

/// How a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It runs.
    Up,
    /// It is stopped by a signal.
    Frozen,
}

/// A member that lives.
struct Member {
    process: Child,
    words: ChildStdin,
    hearing: JoinHandle<Result<(), Trouble>>,
    lines: Arc<Mutex<Life>>,
    state: State,
}

impl Member {
    /// One that has ended by itself does not hear it, and is found soon.
    async fn say(&mut self, word: &str) {
        let _ = self.words.write_all(format!("{word}\n").as_bytes()).await;
    }
}

/// All members, by their number; and what all lives so far have told.
pub struct Crew {
    program: PathBuf,
    orders: Orders,
    members: Vec<Option<Member>>,
    /// How many of them are static.
    lasting: usize,
    mix: Mix,
    lives: Vec<Arc<Mutex<Life>>>,
}

fn lock(life: &Mutex<Life>) -> MutexGuard<'_, Life> {
    life.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Crew {
    /// Of so many places, the first of them for static members.
    #[must_use]
    pub fn new(program: PathBuf, orders: Orders, places: usize, lasting: usize, mix: Mix) -> Self {
        let members = (0..places).map(|_| None).collect();
        Self { program, orders, members, lasting, mix, lives: Vec::new() }
    }

    /// The places that are in this state; empty ones for none.
    #[must_use]
    pub fn places(&self, state: Option<State>) -> Vec<usize> {
        let is = |place: &usize| self.members[*place].as_ref().map(|member| member.state) == state;
        (0..self.members.len()).filter(is).collect()
    }

    /// A new member in an empty place.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn join(&mut self, place: usize) -> Result<(), Trouble> {
        let mut orders = self.orders.clone();
        orders.protocol = self.mix.protocol(self.lives.len());
        if orders.defect == Defect::None && self.lives.len() % 3 == 1 {
            orders.reading = Reading::Acked;
        }
        if place < self.lasting {
            orders.instance_id = format!("place-{place}");
            // One who takes another's place in the group does so by the same protocol.
            orders.protocol = self.mix.protocol(place);
        }
        let name = format!("member {place} of life {}", self.lives.len());
        let mut command = Command::new(&self.program);
        command.arg("member").args(orders.args());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut process = command.spawn()?;
        let (words, stdout) =
            process.stdin.take().zip(process.stdout.take()).ok_or("a process without its pipes")?;
        let lines = Arc::new(Mutex::new(Life { name, lines: Vec::new() }));
        let hearing = tokio::spawn(hear(stdout, lines.clone()));
        self.lives.push(lines.clone());
        self.members[place] = Some(Member { process, words, hearing, lines, state: State::Up });
        Ok(())
    }

    fn take(&mut self, place: usize) -> Result<Member, Trouble> {
        self.members[place].take().ok_or_else(|| format!("nobody is in place {place}").into())
    }

    fn member(&mut self, place: usize) -> Result<&mut Member, Trouble> {
        self.members[place].as_mut().ok_or_else(|| format!("nobody is in place {place}").into())
    }

    /// It leaves; the group may have given it up before, as it does with those that are not heard of.
    ///
    /// # Errors
    /// It does not, or not in time.
    pub async fn leave(&mut self, place: usize) -> Result<(), Trouble> {
        let mut member = self.take(place)?;
        member.say("close").await;
        let late = |_| format!("{} does not close", lock(&member.lines).name);
        timeout(CLOSING, member.process.wait()).await.map_err(late)??;
        member.hearing.await??;
        let life = lock(&member.lines);
        match life.lines.last().map(|line| &line.what) {
            Some(What::Closed | What::Refused(_) | What::Failed(_)) => Ok(()),
            last => Err(format!("{} has not closed: {last:?}", life.name).into()),
        }
    }

    /// All leave at the same time.
    ///
    /// # Errors
    /// One does not.
    pub async fn leave_all(&mut self) -> Result<(), Trouble> {
        for member in self.members.iter_mut().flatten() {
            member.say("close").await;
        }
        for place in self.places(Some(State::Up)) {
            self.leave(place).await?;
        }
        Ok(())
    }

    /// It is killed (SIGKILL).
    ///
    /// # Errors
    /// It cannot be.
    pub async fn kill(&mut self, place: usize) -> Result<(), Trouble> {
        let mut member = self.take(place)?;
        member.process.kill().await?;
        member.hearing.await?
    }

    /// It freezes (SIGSTOP).
    ///
    /// # Errors
    /// It cannot be told to.
    pub async fn freeze(&mut self, place: usize) -> Result<(), Trouble> {
        let member = self.member(place)?;
        member.state = State::Frozen;
        signal(&member.process, "STOP").await
    }

    /// It goes on (SIGCONT).
    ///
    /// # Errors
    /// It cannot be told to.
    pub async fn thaw(&mut self, place: usize) -> Result<(), Trouble> {
        let member = self.member(place)?;
        member.state = State::Up;
        signal(&member.process, "CONT").await
    }

    /// With its next record it takes so long.
    ///
    /// # Errors
    /// Nobody is there.
    pub async fn doze(&mut self, place: usize, time: Duration) -> Result<(), Trouble> {
        self.member(place)?.say(&format!("doze {}", time.as_millis())).await;
        Ok(())
    }

    /// Whoever has had no record to doze with is to doze no more.
    pub async fn wake(&mut self) {
        for member in self.members.iter_mut().flatten() {
            member.say("doze 0").await;
        }
    }

    /// Takes those away that have ended without being told to; those of them that have not told why.
    ///
    /// # Errors
    /// What they told cannot be read.
    pub async fn ended(&mut self) -> Result<Vec<String>, Trouble> {
        let mut silent = Vec::new();
        for place in &mut self.members {
            let status = match place {
                Some(member) => member.process.try_wait()?,
                None => None,
            };
            let Some((member, status)) = place.take_if(|_| status.is_some()).zip(status) else { continue };
            member.hearing.await??;
            let life = lock(&member.lines);
            let last = life.lines.last();
            if !last.is_some_and(|line| matches!(line.what, What::Failed(_))) {
                silent
                    .push(format!("{} has ended by itself ({status}), the last of it: {last:?}", life.name));
            }
        }
        Ok(silent)
    }

    /// What all have told so far.
    #[must_use]
    pub fn lives(&self) -> Vec<Life> {
        self.lives.iter().map(|life| lock(life).clone()).collect()
    }

    /// What those have told so far whose lives have not ended.
    #[must_use]
    pub fn present(&self) -> Vec<Life> {
        self.members.iter().flatten().map(|member| lock(&member.lines).clone()).collect()
    }

    /// How many have lived.
    #[must_use]
    pub fn born(&self) -> usize {
        self.lives.len()
    }
}

async fn signal(process: &Child, name: &str) -> Result<(), Trouble> {
    let id = process.id().ok_or("the process has ended")?;
    let status = Command::new("sh").args(["-c", &format!("kill -{name} {id}")]).status().await?;
    if status.success() { Ok(()) } else { Err(format!("kill -{name} failed").into()) }
}

async fn hear(stdout: ChildStdout, life: Arc<Mutex<Life>>) -> Result<(), Trouble> {
    let mut lines = BufReader::new(stdout).lines();
    while let Some(line) = lines.next_line().await? {
        match line.parse::<Line>() {
            Ok(line) => lock(&life).lines.push(line),
            // One that was killed has not said all.
            Err(_) if lines.next_line().await?.is_none() => {}
            Err(why) => return Err(why.into()),
        }
    }
    Ok(())
}
