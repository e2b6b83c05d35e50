//! Leaders that are killed while records are on their way to them.

use crate::common::{NEWEST, OLDEST, in_sync, leader, several_nodes, three_nodes, unique, until};
use kafka_sdk::admin::NewTopic;
use kafka_sdk::producer::{Answer, Situation, Verdict, verdict};
use kafka_sdk::{Kafka, Producer, Record};
use kafka_sdk_testcontainers::TestKafka;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::sleep;

type TestResult<T = ()> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

const PARTITIONS: i32 = 3;
const RECORDS: u64 = 200_000;
const KILLS: u64 = 3;

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_records_are_there_once_and_in_order_after_three_kills() -> TestResult {
    for version in [OLDEST, NEWEST] {
        let test = "leader_loss::acknowledged_records_are_there_once_and_in_order_after_three_kills";
        let Some(cluster) = three_nodes(version, test).await else { return Ok(()) };
        let _turn = several_nodes().await;
        let ledger = run(cluster).await?;
        assert!(ledger.acknowledged >= RECORDS, "{version}: {} records", ledger.acknowledged);
        assert_eq!(ledger.failed, 0, "{version}");
        assert_eq!(ledger.interrupted, KILLS, "{version}: a kill counts only with requests in flight");
        assert_eq!(ledger.wrong(), Vec::<String>::new(), "{version}");
    }
    Ok(())
}

/// Batches that were on their way when a connection broke.
static LOST: AtomicU64 = AtomicU64::new(0);

fn counting(batch: &Situation, answer: &Answer) -> Verdict {
    LOST.fetch_add(u64::from(*answer == Answer::Lost), Ordering::Relaxed);
    verdict(batch, answer)
}

/// What was sent, and what an independent reader found.
struct Ledger {
    acknowledged: u64,
    failed: u64,
    /// Kills that broke a connection with batches on their way.
    interrupted: u64,
    /// Values by partition, as read by Kafka's console consumer.
    read: HashMap<i32, Vec<u64>>,
}

impl Ledger {
    /// Each way in which what is there differs from: every record once, in order.
    fn wrong(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut total = 0;
        for (partition, values) in &self.read {
            total += values.len() as u64;
            for pair in values.windows(2) {
                if pair[0] >= pair[1] {
                    wrong.push(format!("partition {partition}: {} after {}", pair[1], pair[0]));
                }
            }
        }
        if total != self.acknowledged {
            wrong.push(format!("{total} records are there, {} were acknowledged", self.acknowledged));
        }
        wrong
    }
}

async fn run(cluster: &TestKafka) -> TestResult<Ledger> {
    let kafka = Kafka::connect(cluster.bootstrap_servers()).await?;
    let topic = {
        let name = unique("leader-loss");
        kafka
            .admin()
            .create_topics([NewTopic::new(&name).partitions(PARTITIONS).replication(3)])
            .await?
            .all()?;
        name
    };
    let builder = kafka.producer().linger(Duration::from_millis(1)).batch_size(2_000);
    let producer = builder.verdict(counting).await?;
    let sent = Arc::new(AtomicU64::new(0));
    let done = Arc::new(AtomicBool::new(false));
    let producing = tokio::spawn(produce(producer.clone(), topic.clone(), sent.clone(), done.clone()));
    let mut interrupted = 0;
    // A kill between two requests interrupts nothing; there is time for a few more.
    for kill in 0..3 * KILLS {
        if interrupted == KILLS {
            break;
        }
        // Kills are spread over the records.
        let enough = RECORDS * (2 * interrupted + 1) / (2 * KILLS + 1);
        until("records are sent", async || Ok(sent.load(Ordering::Relaxed) >= enough)).await?;
        let victim = leader(&kafka, &topic, (kill % PARTITIONS as u64) as i32).await?;
        let lost_before = LOST.load(Ordering::Relaxed);
        until("records are queued", async || Ok(producer.queued() > 0)).await?;
        cluster.node(victim)?.kill().await?;
        cluster.node(victim)?.restart().await?;
        in_sync(&kafka, &topic, 3).await?;
        interrupted += u64::from(LOST.load(Ordering::Relaxed) > lost_before);
    }
    done.store(true, Ordering::Relaxed);
    let (acknowledged, failed) = producing.await??;
    let read = read_back(cluster, &topic).await?;
    Ok(Ledger { acknowledged, failed, interrupted, read })
}

/// Sends the numbers from 0 on, to the partitions in turn, until there are enough and the kills are done; gives how many
/// were acknowledged and how many failed.
async fn produce(
    producer: Producer,
    topic: String,
    sent: Arc<AtomicU64>,
    done: Arc<AtomicBool>,
) -> TestResult<(u64, u64)> {
    let topic = producer.topic(&topic).await?;
    let mut deliveries = Vec::new();
    for n in 0..20 * RECORDS {
        if n >= RECORDS && done.load(Ordering::Relaxed) {
            break;
        }
        let record = Record::new(n.to_string()).partition((n % PARTITIONS as u64) as i32);
        deliveries.push(topic.enqueue(record).await?);
        sent.store(n, Ordering::Relaxed);
        // Spread over the time that the kills take.
        if n % 200 == 0 {
            sleep(Duration::from_millis(10)).await;
        }
    }
    let (mut acknowledged, mut failed) = (0, 0);
    for delivery in deliveries {
        match delivery.await {
            Ok(_) => acknowledged += 1,
            Err(error) => {
                println!("failed: {error}");
                failed += 1;
            }
        }
    }
    producer.close().await?;
    Ok((acknowledged, failed))
}

/// All values by partition, in the order in which Kafka's own console consumer gives them.
async fn read_back(cluster: &TestKafka, topic: &str) -> TestResult<HashMap<i32, Vec<u64>>> {
    let mut read = HashMap::new();
    for partition in 0..PARTITIONS {
        let number = partition.to_string();
        let args = ["--topic", topic, "--partition", &number, "--offset", "earliest", "--timeout-ms", "5000"];
        let output = cluster.console_consumer().args(args).run().await?;
        let values = output.text().lines().map(str::parse).collect::<Result<Vec<u64>, _>>()?;
        read.insert(partition, values);
    }
    Ok(read)
}
