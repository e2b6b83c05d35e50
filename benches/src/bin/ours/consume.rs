use super::{connect, report};
use kafka_sdk::consumer::Acked;
use kafka_sdk::model::Batch;
use kafka_sdk::{Consumer, Message, Offset, Reader, Reset, Result};
use kafka_sdk_benches::harness::{Job, Meter, POOL, Report, Way};
use std::time::Instant;

/// What records come from, and how they are taken.
enum Source {
    Borrowed(Reader),
    Owned(Reader),
    OfGroupBorrowed(Consumer),
    OfGroup(Consumer),
    Acked(Consumer<Acked<Message>>),
}

pub(super) async fn run(job: &Job) -> Result<Report> {
    let mut source = Source::open(job).await?;
    let most = job.records.unwrap_or(u64::MAX);
    let mut warm_up_records = 0;
    let begun = Instant::now();
    while job.records.is_none() && begun.elapsed() < job.warm_up() {
        warm_up_records += source.some().await?;
    }
    let meter = Meter::start();
    let (begun, mut records) = (Instant::now(), 0);
    while records < most && begun.elapsed() < job.duration() {
        records += source.some().await?;
    }
    Ok(report(warm_up_records, meter.stop(records)))
}

impl Source {
    async fn open(job: &Job) -> Result<Self> {
        let kafka = connect(job).await?;
        let Some(group) = &job.group else {
            let reader = kafka.reader().topic(&job.topic, Offset::Earliest).await?;
            return Ok(if job.way == Way::Borrowed { Self::Borrowed(reader) } else { Self::Owned(reader) });
        };
        let member = kafka.consumer(group).topics([&job.topic]).offset_reset(Reset::Earliest);
        Ok(match job.way {
            Way::Borrowed => Self::OfGroupBorrowed(member.await?),
            Way::Acked => Self::Acked(member.acked().await?),
            Way::Plain | Way::BatchQueue => Self::OfGroup(member.await?),
        })
    }

    /// So many that reading the clock after them does not count.
    async fn some(&mut self) -> Result<u64> {
        match self {
            Self::Borrowed(reader) => Ok(all_of(reader.next_batch().await.transpose()?)),
            Self::OfGroupBorrowed(member) => Ok(all_of(member.next_batch().await.transpose()?)),
            Self::Owned(reader) => owned(reader).await,
            Self::OfGroup(member) => of_group(member).await,
            Self::Acked(member) => acked(member).await,
        }
    }
}

async fn owned(reader: &mut Reader) -> Result<u64> {
    for _ in 0..POOL {
        let Some(message) = reader.next().await.transpose()? else { break };
        look_at(&message);
    }
    Ok(POOL as u64)
}

async fn of_group(member: &mut Consumer) -> Result<u64> {
    for _ in 0..POOL {
        let Some(message) = member.next().await.transpose()? else { break };
        look_at(&message);
    }
    Ok(POOL as u64)
}

async fn acked(member: &mut Consumer<Acked<Message>>) -> Result<u64> {
    for _ in 0..POOL {
        let Some(message) = member.next().await.transpose()? else { break };
        look_at(&message);
        message.ack();
    }
    Ok(POOL as u64)
}

fn all_of(batch: Option<Batch>) -> u64 {
    let Some(batch) = batch else { return 0 };
    let bytes: usize = batch.iter().filter_map(|message| message.value()).map(<[u8]>::len).sum();
    std::hint::black_box(bytes);
    batch.len() as u64
}

fn look_at(message: &Message) {
    std::hint::black_box(message.value().map_or(0, <[u8]>::len));
}
