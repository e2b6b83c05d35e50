use super::report;
use super::wire::{answer, begin, connect, crc32c, end, put_varint, string};
use kafka_sdk_benches::harness::{Job, Meter, Payloads, Report};
use std::io::{self, IoSlice, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Requests that wait for their answers, at most.
const WINDOW: usize = 5;
const HEADER: usize = 61;

pub(super) fn run(job: &Job) -> io::Result<Report> {
    let mut floor = Floor::new(job)?;
    let warm_up_records = floor.produce(job.warm_up())?;
    let meter = Meter::start();
    let records = floor.produce(job.duration())?;
    Ok(report(warm_up_records, meter.stop(records)))
}

struct Floor {
    stream: TcpStream,
    topic: String,
    limit: usize,
    payloads: Payloads,
    /// A batch of each partition under construction, with its number of records.
    open: Vec<(Vec<u8>, i32)>,
    sequences: Vec<i32>,
    frame: Vec<u8>,
    answer: Vec<u8>,
    in_flight: usize,
}

impl Floor {
    fn new(job: &Job) -> io::Result<Self> {
        let partitions = job.partitions as usize;
        let limit = job.batch_bytes.unwrap_or(16 << 10);
        let batch = || (Vec::with_capacity(limit), 0);
        let mut open: Vec<_> = (0..partitions).map(|_| batch()).collect();
        open.iter_mut().for_each(|(batch, _)| batch.resize(HEADER, 0));
        Ok(Self {
            stream: connect(&job.servers)?,
            topic: job.topic.clone(),
            limit,
            payloads: Payloads::of(job),
            open,
            sequences: vec![0; partitions],
            frame: Vec::new(),
            answer: Vec::new(),
            in_flight: 0,
        })
    }

    /// Until the time is over; then everything is acknowledged.
    fn produce(&mut self, time: Duration) -> io::Result<u64> {
        let begun = Instant::now();
        let mut records = 0;
        while begun.elapsed() < time {
            for _ in 0..1_024 {
                if let Some(partition) = self.append() {
                    self.send(partition)?;
                }
            }
            records += 1_024;
        }
        for partition in 0..self.open.len() {
            self.send(partition)?;
        }
        while self.in_flight > 0 {
            self.acknowledged()?;
        }
        Ok(records)
    }

    /// Another record. Some: that partition's batch is full.
    #[inline]
    fn append(&mut self) -> Option<usize> {
        let (value, partition) = self.payloads.take();
        let partition = partition as usize;
        let (batch, count) = &mut self.open[partition];
        let length = value.len() as i32;
        // Attributes, delta of the timestamp, no key, no headers: a byte each.
        put_varint(batch, 4 + size(*count) + size(length) + length);
        batch.extend([0, 0]);
        put_varint(batch, *count);
        batch.push(1);
        put_varint(batch, length);
        batch.extend_from_slice(value);
        batch.push(0);
        *count += 1;
        (batch.len() + value.len() + 12 > self.limit).then_some(partition)
    }

    fn send(&mut self, partition: usize) -> io::Result<()> {
        let (batch, count) = &mut self.open[partition];
        if *count == 0 {
            return Ok(());
        }
        seal(batch, *count, self.sequences[partition]);
        self.sequences[partition] = self.sequences[partition].wrapping_add(*count) & i32::MAX;
        begin(&mut self.frame, 0, 8);
        // No transaction, all acknowledgements, 30 s.
        self.frame.extend((-1_i16).to_be_bytes());
        self.frame.extend((-1_i16).to_be_bytes());
        self.frame.extend(30_000_i32.to_be_bytes());
        self.frame.extend(1_i32.to_be_bytes());
        string(&mut self.frame, &self.topic);
        self.frame.extend(1_i32.to_be_bytes());
        self.frame.extend((partition as i32).to_be_bytes());
        self.frame.extend((batch.len() as i32).to_be_bytes());
        end(&mut self.frame, batch.len());
        write(&self.stream, &self.frame, batch)?;
        batch.truncate(HEADER);
        *count = 0;
        self.in_flight += 1;
        if self.in_flight == WINDOW { self.acknowledged() } else { Ok(()) }
    }

    fn acknowledged(&mut self) -> io::Result<()> {
        answer(&mut self.stream, &mut self.answer)?;
        self.in_flight -= 1;
        Ok(())
    }
}

/// Bytes of a number in zigzag that is not negative.
fn size(value: i32) -> i32 {
    if value < 1 << 6 {
        1
    } else if value < 1 << 13 {
        2
    } else {
        3
    }
}

fn seal(batch: &mut [u8], count: i32, sequence: i32) {
    let length = (batch.len() - 12) as i32;
    batch[8..12].copy_from_slice(&length.to_be_bytes());
    batch[12..16].copy_from_slice(&(-1_i32).to_be_bytes());
    batch[16] = 2;
    batch[23..27].copy_from_slice(&(count - 1).to_be_bytes());
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let now = (now.as_millis() as i64).to_be_bytes();
    batch[27..35].copy_from_slice(&now);
    batch[35..43].copy_from_slice(&now);
    batch[43..51].copy_from_slice(&1_i64.to_be_bytes());
    batch[53..57].copy_from_slice(&sequence.to_be_bytes());
    batch[57..61].copy_from_slice(&count.to_be_bytes());
    let crc = crc32c(&batch[21..]);
    batch[17..21].copy_from_slice(&crc.to_be_bytes());
}

fn write(mut stream: &TcpStream, head: &[u8], batch: &[u8]) -> io::Result<()> {
    let mut slices = [IoSlice::new(head), IoSlice::new(batch)];
    let mut left = &mut slices[..];
    while !left.is_empty() {
        let written = stream.write_vectored(left)?;
        IoSlice::advance_slices(&mut left, written);
    }
    Ok(())
}
