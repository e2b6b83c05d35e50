//! One program, two roles, for containers: a producer that sends for ever, and consumers that share what it sends.
//!
//! `ROLE` is `producer` or `consumer`, `KAFKA_BROKER` is one address of the cluster (the other brokers are found by it),
//! `TOPIC` names the topic. `LOG_EVERY` says how many messages make a line of the log: 1,000 if it is not set. SIGTERM and
//! SIGINT end it: a consumer commits what it has received and leaves the group.

use kafka_sdk::consumer::assignor::AssignmentStrategy;
use kafka_sdk::consumer::{ConsumerControl, RebalanceListener};
use kafka_sdk::{Kafka, Partitioning, Reset, TopicPartition};
use std::env;
use std::io;
use std::pin::{Pin, pin};
use std::process::ExitCode;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const GROUP: &str = "my-consumer-group";
/// After so long without a word from a consumer, the others have its partitions.
const SESSION: Duration = Duration::from_secs(10);

/// What the environment says.
struct Environment {
    role: Role,
    broker: String,
    topic: String,
    log_every: u64,
}

enum Role {
    Producer,
    Consumer,
}

impl Environment {
    fn read() -> Result<Self> {
        let role = match variable("ROLE", "producer or consumer")?.as_str() {
            "producer" => Role::Producer,
            "consumer" => Role::Consumer,
            other => return Err(format!("ROLE is {other:?}: it has to be producer or consumer").into()),
        };
        let log_every = match env::var("LOG_EVERY") {
            Ok(text) => text.parse().ok().filter(|count| *count > 0),
            Err(_) => Some(1_000),
        };
        Ok(Self {
            role,
            broker: variable("KAFKA_BROKER", "the address of a broker, such as kafka:9092")?,
            topic: variable("TOPIC", "the name of the topic")?,
            log_every: log_every.ok_or("LOG_EVERY has to be a number of messages, 1 or more")?,
        })
    }
}

fn variable(name: &str, what: &str) -> Result<String> {
    let value = env::var(name).ok().filter(|value| !value.is_empty());
    value.ok_or_else(|| format!("{name} is not set: it is {what}").into())
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<()> {
    let environment = Environment::read()?;
    let mut stop = pin!(stop()?);
    let connecting = Kafka::connect(&environment.broker);
    let kafka = tokio::select! {
        kafka = connecting => kafka?,
        () = &mut stop => return Ok(()),
    };
    match environment.role {
        Role::Producer => produce(&kafka, &environment, stop).await,
        Role::Consumer => consume(&kafka, &environment, stop).await,
    }
}

/// Comes to its end when the program is asked to.
fn stop() -> io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Sends a number, waits until it is acknowledged, and sends the next.
async fn produce(kafka: &Kafka, at: &Environment, stop: Pin<&mut impl Future<Output = ()>>) -> Result<()> {
    // One message to each partition by turns: by default, some kilobytes go to one before the next has its turn.
    let producer = kafka.producer().partitioner(Partitioning::RoundRobin);
    // The next one comes when this one is acknowledged: there is nothing to wait for.
    let producer = producer.linger(Duration::ZERO).await?;
    let publish = async {
        let mut published: u64 = 0;
        loop {
            producer.send(&at.topic, format!("{:.6}", fastrand::f64())).await?;
            published += 1;
            if published.is_multiple_of(at.log_every) {
                println!("{}: {published} messages published", at.topic);
            }
        }
    };
    tokio::select! {
        ended = publish => ended,
        () = stop => Ok(producer.close().await?),
    }
}

/// Receives what the other consumers of the group do not.
async fn consume(
    kafka: &Kafka,
    at: &Environment,
    mut stop: Pin<&mut impl Future<Output = ()>>,
) -> Result<()> {
    let consumer = kafka
        .consumer(GROUP)
        .topics([&at.topic])
        .assignors([AssignmentStrategy::RoundRobin])
        .offset_reset(Reset::Earliest)
        .session_timeout(SESSION)
        .on_rebalance(Announce { topic: at.topic.clone() })
        .acked();
    let mut consumer = consumer.await?;
    let mut received: u64 = 0;
    loop {
        let next = tokio::select! {
            next = consumer.next() => next,
            () = &mut stop => break,
        };
        let Some(message) = next else { break };
        let message = message?;
        received += 1;
        if received.is_multiple_of(at.log_every) {
            let value = String::from_utf8_lossy(message.value().unwrap_or_default());
            let (partition, offset) = (message.partition(), message.offset());
            println!(
                "{}: received {received} messages, partition {partition}, offset {offset}, value: {value}",
                at.topic
            );
        }
        message.ack();
    }
    Ok(consumer.close().await?)
}

/// Tells which partitions are this consumer's.
struct Announce {
    topic: String,
}

impl RebalanceListener for Announce {
    async fn assigned(&mut self, consumer: &ConsumerControl, _: &[TopicPartition]) {
        let mut numbers: Vec<i32> = consumer.assignment().iter().map(TopicPartition::partition).collect();
        numbers.sort_unstable();
        println!("{}: up and running, partitions {numbers:?}", self.topic);
    }
}
