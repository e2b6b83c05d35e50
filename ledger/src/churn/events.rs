//! What happens to a group: its members come, go and are hurt, its coordinator is killed, its topic grows.

use super::crew::{Crew, State};
use super::member::{IDLE, SESSION};
use super::plan::Size;
use super::report::Event;
use super::topic::Topic;
use crate::world::Trouble;
use kafka_sdk::ErrorCode;
use kafka_sdk::raw::Route;
use kafka_sdk_protocol::api::create_partitions::CreatePartitionsTopic;
use kafka_sdk_protocol::api::{CreatePartitionsRequest, FindCoordinatorRequest};
use kafka_sdk_testcontainers::TestKafka;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until};

/// How long a broker may take to say something; one that does not may be the one that is down.
const WITHIN: Duration = Duration::from_secs(20);
/// How many partitions are added at most.
const ADDED: i32 = 12;

/// What came of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It has happened.
    Happened,
    /// There is nobody for it to happen to, or nobody to say so to.
    NotNow,
}

use Outcome::{Happened, NotNow};

/// Whatever happens, by chance.
pub(super) struct Events<'b> {
    brokers: &'b TestKafka,
    topic: Topic,
    size: Size,
    random: fastrand::Rng,
    /// Who is to thaw, and when.
    frozen: Vec<(Instant, usize)>,
    restarting: Option<JoinHandle<Result<(), Trouble>>>,
}

impl<'b> Events<'b> {
    pub(super) fn new(brokers: &'b TestKafka, topic: Topic, size: Size, seed: u64) -> Self {
        let random = fastrand::Rng::with_seed(seed);
        Self { brokers, topic, size, random, frozen: Vec::new(), restarting: None }
    }

    pub(super) fn random(&mut self) -> &mut fastrand::Rng {
        &mut self.random
    }

    /// One of those that are to happen; the rare ones are those that take long.
    pub(super) fn any(&mut self, events: &[Event]) -> Event {
        const OFTEN: [Event; 12] = [
            Event::Join,
            Event::Join,
            Event::Join,
            Event::Join,
            Event::Leave,
            Event::Leave,
            Event::Kill,
            Event::Kill,
            Event::Freeze,
            Event::Doze,
            Event::CoordinatorKill,
            Event::AddPartition,
        ];
        loop {
            let event = OFTEN[self.random.usize(..OFTEN.len())];
            if events.contains(&event) {
                return event;
            }
        }
    }

    fn one_of(&mut self, places: &[usize]) -> Option<usize> {
        (!places.is_empty()).then(|| places[self.random.usize(..places.len())])
    }

    /// Some stay, so that there is somebody to be hurt.
    fn spare(&mut self, crew: &Crew) -> Option<usize> {
        let up = crew.places(Some(State::Up));
        if up.len() > self.size.members / 3 { self.one_of(&up) } else { None }
    }

    pub(super) async fn happen(&mut self, event: Event, crew: &mut Crew) -> Result<Outcome, Trouble> {
        match event {
            Event::Join => return self.join(crew),
            Event::CoordinatorKill => return self.kill_coordinator().await,
            Event::AddPartition => return self.add_partition().await,
            Event::Leave | Event::Kill | Event::Freeze | Event::Doze => {}
        }
        let Some(place) = self.spare(crew) else { return Ok(NotNow) };
        match event {
            Event::Kill => crew.kill(place).await?,
            Event::Freeze => self.freeze(crew, place).await?,
            Event::Doze => crew.doze(place, IDLE + Duration::from_secs(2)).await?,
            _ => drop(crew.leave(place).await?),
        }
        Ok(Happened)
    }

    fn join(&mut self, crew: &mut Crew) -> Result<Outcome, Trouble> {
        let Some(place) = self.one_of(&crew.places(None)) else { return Ok(NotNow) };
        crew.join(place)?;
        Ok(Happened)
    }

    async fn freeze(&mut self, crew: &mut Crew, place: usize) -> Result<(), Trouble> {
        crew.freeze(place).await?;
        let time = SESSION + Duration::from_millis(self.random.u64(500..4_000));
        self.frozen.push((Instant::now() + time, place));
        Ok(())
    }

    /// Those thaw whose time has come.
    pub(super) async fn thaw(&mut self, crew: &mut Crew) -> Result<(), Trouble> {
        let now = Instant::now();
        let due: Vec<_> = self.frozen.extract_if(.., |(at, _)| *at <= now).collect();
        for (_, place) in due {
            crew.thaw(place).await?;
        }
        Ok(())
    }

    /// A member comes or one leaves, by turns if that is possible.
    pub(super) async fn come_or_leave(&mut self, turn: usize, crew: &mut Crew) -> Result<(), Trouble> {
        let (event, other) = match turn % 2 {
            0 => (Event::Join, Event::Leave),
            _ => (Event::Leave, Event::Join),
        };
        if self.happen(event, crew).await? == NotNow && self.happen(other, crew).await? == NotNow {
            return Err("nobody can come or leave".into());
        }
        Ok(())
    }

    async fn kill_coordinator(&mut self) -> Result<Outcome, Trouble> {
        if self.restarting.as_ref().is_some_and(|restarting| !restarting.is_finished()) {
            return Ok(NotNow);
        }
        self.restarted().await?;
        let group = &self.topic.name;
        let request = |version| match version {
            4.. => FindCoordinatorRequest { coordinator_keys: vec![group.clone()], ..Default::default() },
            _ => FindCoordinatorRequest { key: group.clone(), ..Default::default() },
        };
        let Ok(answer) = self.topic.kafka.raw().call(&Route::Any, WITHIN, request).await else {
            return Ok(NotNow);
        };
        let coordinator = answer.coordinators.first().map_or(answer.node_id, |listed| listed.node_id);
        let Ok(node) = self.brokers.node(coordinator) else { return Ok(NotNow) };
        let (node, away) = (node.clone(), Duration::from_millis(self.random.u64(500..6_000)));
        node.kill().await?;
        self.restarting = Some(tokio::spawn(async move {
            sleep(away).await;
            Ok(node.restart().await?)
        }));
        Ok(Happened)
    }

    async fn restarted(&mut self) -> Result<(), Trouble> {
        match self.restarting.take() {
            Some(restarting) => restarting.await?,
            None => Ok(()),
        }
    }

    async fn add_partition(&mut self) -> Result<Outcome, Trouble> {
        let count = self.topic.partitions.load(Ordering::Relaxed) + 1;
        if count > self.size.partitions + ADDED {
            return Ok(NotNow);
        }
        let grown = CreatePartitionsTopic { name: self.topic.name.clone(), count, assignments: None };
        let request = |_| CreatePartitionsRequest {
            topics: vec![grown.clone()],
            timeout_ms: 10_000,
            validate_only: false,
        };
        // The controller may be the broker that is down.
        let Ok(answer) = self.topic.kafka.raw().call(&Route::Controller, WITHIN, request).await else {
            return Ok(NotNow);
        };
        let code = answer.results.first().map(|result| result.error_code);
        // INVALID_PARTITIONS: there are as many already, by an attempt that nobody heard of.
        if !matches!(code, Some(ErrorCode::NONE | ErrorCode::INVALID_PARTITIONS)) {
            return Ok(NotNow);
        }
        self.topic.partitions.store(count, Ordering::Relaxed);
        Ok(Happened)
    }

    /// All thaw, and all brokers are back.
    pub(super) async fn over(&mut self, crew: &mut Crew) -> Result<(), Trouble> {
        while let Some(at) = self.frozen.iter().map(|(at, _)| *at).min() {
            sleep_until(at).await;
            self.thaw(crew).await?;
        }
        self.restarted().await
    }
}
