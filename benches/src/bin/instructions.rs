//! Instructions for a record, counted by valgrind: the same in each run, however busy the machine is.
//!
//! ```text
//! cargo run --release --bin instructions               compares with benches/figures.txt
//! cargo run --release --bin instructions -- --update   writes them there
//! ```

use bytes::Bytes;
use clap::{Parser, ValueEnum};
use kafka_sdk::{KafkaMessage, Message};
use kafka_sdk_benches::figures::Figures;
use kafka_sdk_benches::order::Order;
use kafka_sdk_benches::{STAMP, random};
use kafka_sdk_protocol::api::fetch::{FetchableTopicResponse, PartitionData};
use kafka_sdk_protocol::api::produce::{PartitionProduceData, TopicProduceData};
use kafka_sdk_protocol::api::{FetchRequest, FetchResponse, ProduceRequest};
use kafka_sdk_protocol::message::{decode_response, request_frame, response_frame};
use kafka_sdk_protocol::records::{BatchBuilder, batches};
use std::env;
use std::hint::black_box;
use std::process::{Command, ExitCode};

#[derive(Parser)]
struct Arguments {
    /// Writes the figures into benches/figures.txt.
    #[arg(long)]
    update: bool,
    /// Does this, uncounted: what runs in valgrind.
    #[arg(long, value_enum)]
    work: Option<Work>,
    #[arg(long, default_value_t = 1)]
    times: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum Work {
    /// Records of 100 bytes appended to batches that are then sealed.
    Append,
    /// Batches checked and their records looked at.
    Read,
    /// Produce requests of 12 partitions.
    ProduceRequest,
    /// Fetch responses of 12 partitions.
    FetchResponse,
    /// Typed messages to records, and the same by hand.
    Encode,
    EncodeByHand,
    /// Records to typed messages, and the same by hand.
    Decode,
    DecodeByHand,
}

const ALL: [Work; 8] = [
    Work::Append,
    Work::Read,
    Work::ProduceRequest,
    Work::FetchResponse,
    Work::Encode,
    Work::EncodeByHand,
    Work::Decode,
    Work::DecodeByHand,
];
/// What a typed message may cost over what one would write by hand.
const PAIRS: [(Work, Work); 2] = [(Work::Encode, Work::EncodeByHand), (Work::Decode, Work::DecodeByHand)];
const TYPED_TO_BY_HAND: f64 = 1.03;
const RECORDS: usize = 600;
const PARTITIONS: i32 = 12;

impl Work {
    fn name(self) -> &'static str {
        match self {
            Self::Append => "instructions, appended record",
            Self::Read => "instructions, read record",
            Self::ProduceRequest => "instructions, partition of a produce request",
            Self::FetchResponse => "instructions, partition of a fetch response",
            Self::Encode => "instructions, typed message encoded",
            Self::EncodeByHand => "instructions, message encoded by hand",
            Self::Decode => "instructions, typed message decoded",
            Self::DecodeByHand => "instructions, message decoded by hand",
        }
    }

    /// How many of what is counted are done each time.
    fn count(self) -> usize {
        match self {
            Self::Append | Self::Read => RECORDS,
            Self::ProduceRequest | Self::FetchResponse => PARTITIONS as usize,
            Self::Encode | Self::EncodeByHand | Self::Decode | Self::DecodeByHand => RECORDS,
        }
    }

    fn run(self, times: usize) {
        let values = random(RECORDS, 100);
        let batch = Bytes::from(append(Vec::new(), &values));
        match self {
            Self::Append => {
                let mut buffer = Vec::with_capacity(128 << 10);
                for _ in 0..times {
                    buffer = black_box(append(buffer, black_box(&values)));
                    buffer.clear();
                }
            }
            Self::Read => (0..times).for_each(|_| read(black_box(&batch))),
            Self::ProduceRequest => {
                let request = produce_request(&batch);
                (0..times).for_each(|_| drop(black_box(request_frame(black_box(&request), 12, 1, None))));
            }
            Self::FetchResponse => {
                let frame = fetch_response(&batch);
                (0..times)
                    .for_each(|_| drop(black_box(decode_response::<FetchRequest>(black_box(&frame), 12))));
            }
            Self::Encode | Self::EncodeByHand | Self::Decode | Self::DecodeByHand => {
                self.convert(times * RECORDS);
            }
        }
    }
}

impl Work {
    fn convert(self, times: usize) {
        let order = Order::example();
        let mut buffer = Vec::with_capacity(1_000);
        let message = Message::of_record(("orders", 0), 7, &order.by_hand(&mut buffer));
        for _ in 0..times {
            buffer.clear();
            match self {
                Self::Encode => drop(black_box(black_box(&order).to_record(&mut buffer))),
                Self::EncodeByHand => drop(black_box(black_box(&order).by_hand(&mut buffer))),
                Self::Decode => drop(black_box(Order::from_message(black_box(&message)))),
                _ => drop(black_box(Order::read_by_hand(black_box(&message)))),
            }
        }
    }
}

fn append(buffer: Vec<u8>, values: &[Vec<u8>]) -> Vec<u8> {
    let mut batch = BatchBuilder::new(buffer);
    for value in values {
        batch.append(1_700_000_000_000, None, Some(value), std::iter::empty());
    }
    batch.seal(STAMP)
}

fn read(bytes: &Bytes) {
    for batch in batches(bytes) {
        let batch = batch.expect("a batch");
        batch.check().expect("as it was written");
        let records = batch.records().expect("records");
        black_box(records.iter().filter_map(|record| record.value).map(<[u8]>::len).sum::<usize>());
    }
}

fn produce_request(batch: &Bytes) -> ProduceRequest {
    let data = |index| PartitionProduceData { index, records: Some(batch.clone()) };
    let partition_data = (0..PARTITIONS).map(data).collect();
    let topic = TopicProduceData { name: "orders".into(), partition_data, ..Default::default() };
    ProduceRequest { transactional_id: None, acks: -1, timeout_ms: 30_000, topic_data: vec![topic] }
}

fn fetch_response(batch: &Bytes) -> Bytes {
    let data = |partition_index| PartitionData {
        partition_index,
        high_watermark: 1_000,
        records: Some(batch.clone()),
        ..Default::default()
    };
    let partitions = (0..PARTITIONS).map(data).collect();
    let topic = FetchableTopicResponse { topic: "orders".into(), partitions, ..Default::default() };
    let response = FetchResponse { responses: vec![topic], ..Default::default() };
    let frame = response_frame::<FetchRequest>(&response, 12, 1).expect("a frame").concat();
    Bytes::from(frame).slice(4..)
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(work) = arguments.work {
        work.run(arguments.times);
        return ExitCode::SUCCESS;
    }
    match figures() {
        Err(why) => {
            eprintln!("nothing was counted: {why}");
            ExitCode::from(2)
        }
        Ok(figures) if arguments.update => {
            let named = figures.into_iter().map(|(work, value)| (work.name().to_owned(), value));
            Figures::check_in(named).expect("benches/figures.txt is written");
            ExitCode::SUCCESS
        }
        Ok(figures) => compare(&figures),
    }
}

fn compare(figures: &[(Work, f64)]) -> ExitCode {
    let known = Figures::checked_in();
    let mut more: Vec<String> =
        figures.iter().filter_map(|(work, value)| known.check(work.name(), *value).err()).collect();
    more.extend(PAIRS.iter().filter_map(|pair| beside(pair, figures).err()));
    more.iter().for_each(|more| eprintln!("{more}"));
    if more.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What the one costs next to the other, in this run.
fn beside((typed, by_hand): &(Work, Work), figures: &[(Work, f64)]) -> Result<(), String> {
    let of =
        |wanted: &Work| figures.iter().find(|(work, _)| work == wanted).map_or(f64::NAN, |(_, value)| *value);
    let ratio = of(typed) / of(by_hand);
    eprintln!("{}: {ratio:.3} of it by hand", typed.name());
    if ratio <= TYPED_TO_BY_HAND {
        return Ok(());
    }
    Err(format!("{}: {ratio:.3} of it by hand, and {TYPED_TO_BY_HAND} is allowed", typed.name()))
}

fn figures() -> Result<Vec<(Work, f64)>, String> {
    ALL.into_iter().map(|work| Ok((work, for_one(work)?))).collect()
}

/// The start and the end of the program are in both, and so in neither.
fn for_one(work: Work) -> Result<f64, String> {
    const TIMES: usize = 50;
    let (once, more) = (instructions(work, TIMES)?, instructions(work, 3 * TIMES)?);
    Ok((more - once) / (2 * TIMES * work.count()) as f64)
}

fn instructions(work: Work, times: usize) -> Result<f64, String> {
    let program = env::current_exe().map_err(|error| error.to_string())?;
    let value = work.to_possible_value().ok_or("no such work")?;
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(program);
    command.args(["--work", value.get_name(), "--times", &times.to_string()]);
    let output = command.output().map_err(|error| format!("no `valgrind` in PATH: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let collected = said.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok());
    collected.ok_or_else(|| format!("valgrind says {:?}", said.lines().last().unwrap_or_default()))
}
