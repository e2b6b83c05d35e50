use super::report;
use super::wire::{answer, begin, connect, crc32c, end, string, varint};
use kafka_sdk_benches::harness::{Job, Meter, Report};
use std::io::{self, Write};
use std::net::TcpStream;
use std::time::Instant;

pub(super) fn run(job: &Job) -> io::Result<Report> {
    let mut floor = Floor {
        stream: connect(&job.servers)?,
        topic: job.topic.clone(),
        next: vec![0; job.partitions as usize],
        frame: Vec::new(),
        answers: [Vec::new(), Vec::new()],
        value_bytes: 0,
    };
    floor.ask()?;
    let (begun, mut warm_up_records) = (Instant::now(), 0);
    while begun.elapsed() < job.warm_up() {
        warm_up_records += floor.consume()?;
    }
    let meter = Meter::start();
    let (begun, mut records) = (Instant::now(), 0);
    while begun.elapsed() < job.duration() {
        records += floor.consume()?;
    }
    std::hint::black_box(floor.value_bytes);
    Ok(report(warm_up_records, meter.stop(records)))
}

struct Floor {
    stream: TcpStream,
    topic: String,
    /// The offset from which each partition is asked for next.
    next: Vec<i64>,
    frame: Vec<u8>,
    answers: [Vec<u8>; 2],
    value_bytes: usize,
}

impl Floor {
    /// Fetch version 11, without a session.
    fn ask(&mut self) -> io::Result<()> {
        begin(&mut self.frame, 1, 11);
        let frame = &mut self.frame;
        for number in [-1_i32, 500, 1, 50_i32 << 20] {
            frame.extend(number.to_be_bytes());
        }
        frame.push(0);
        frame.extend(0_i32.to_be_bytes());
        frame.extend((-1_i32).to_be_bytes());
        frame.extend(1_i32.to_be_bytes());
        string(frame, &self.topic);
        frame.extend((self.next.len() as i32).to_be_bytes());
        for (partition, offset) in self.next.iter().enumerate() {
            frame.extend((partition as i32).to_be_bytes());
            frame.extend((-1_i32).to_be_bytes());
            frame.extend(offset.to_be_bytes());
            frame.extend((-1_i64).to_be_bytes());
            frame.extend((1_i32 << 20).to_be_bytes());
        }
        frame.extend(0_i32.to_be_bytes());
        string(frame, "");
        end(frame, 0);
        self.stream.write_all(&self.frame)
    }

    /// The records of an answer, while the next one is on its way.
    fn consume(&mut self) -> io::Result<u64> {
        let mut buffer = std::mem::take(&mut self.answers[0]);
        let length = answer(&mut self.stream, &mut buffer)?.len();
        let partitions = partitions(&buffer[..length]);
        for &(partition, from, to) in &partitions {
            self.next[partition] = next_offset(&buffer[from..to]).unwrap_or(self.next[partition]);
        }
        self.ask()?;
        let mut records = 0;
        for (_, from, to) in partitions {
            records += self.take(&buffer[from..to]);
        }
        self.answers[0] = buffer;
        self.answers.swap(0, 1);
        Ok(records)
    }

    /// Checks the batches, and looks at each value.
    fn take(&mut self, mut batches: &[u8]) -> u64 {
        let mut records = 0;
        while batches.len() > 61 {
            let (batch, rest) = batches.split_at(size(batches));
            assert_eq!(crc32c(&batch[21..]), u32::from_be_bytes(part(batch, 17)), "checksum");
            let mut at = 61;
            while at < batch.len() {
                let length = varint(batch, &mut at) as usize;
                let end = at + length;
                // Attributes and the delta of the timestamp: a byte each.
                at += 2;
                varint(batch, &mut at);
                let key = varint(batch, &mut at);
                at += key.max(0) as usize;
                let value = varint(batch, &mut at) as usize;
                self.value_bytes += std::hint::black_box(&batch[at..at + value]).len();
                at = end;
                records += 1;
            }
            batches = rest;
        }
        records
    }
}

/// Of an answer in version 11 with one topic: partition, and where its batches are.
fn partitions(answer: &[u8]) -> Vec<(usize, usize, usize)> {
    // Correlation id, throttle time, error, session, number of topics.
    let mut at = 4 + 4 + 2 + 4 + 4;
    at += 2 + i16::from_be_bytes(part(answer, at)) as usize;
    let count = i32::from_be_bytes(part(answer, at));
    at += 4;
    let mut found = Vec::with_capacity(count as usize);
    for _ in 0..count {
        let partition = i32::from_be_bytes(part(answer, at)) as usize;
        // Partition, error, three offsets; aborted transactions: none; preferred replica.
        at += 4 + 2 + 24 + 4 + 4;
        let length = i32::from_be_bytes(part(answer, at)) as usize;
        at += 4;
        found.push((partition, at, at + length));
        at += length;
    }
    found
}

fn next_offset(mut batches: &[u8]) -> Option<i64> {
    let mut next = None;
    while batches.len() > 61 {
        let last_delta = i32::from_be_bytes(part(batches, 23));
        next = Some(i64::from_be_bytes(part(batches, 0)) + i64::from(last_delta) + 1);
        batches = &batches[size(batches)..];
    }
    next
}

fn size(batch: &[u8]) -> usize {
    12 + i32::from_be_bytes(part(batch, 8)) as usize
}

fn part<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    std::array::from_fn(|i| bytes[at + i])
}
