//! Every request and response in every version: cut, bent and made up.

use super::heap::peak;
use super::{ALLOWANCE, vectors};
use bytes::Bytes;
use kafka_sdk_protocol::api::*;
use kafka_sdk_protocol::for_each_request;
use kafka_sdk_protocol::message::{Message, Request};
use kafka_sdk_protocol::wire::Reader;
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// What is written over the places where a count or a length may be: huge, negative, overlong.
const BENT: &[&[u8]] = &[
    &[0xff, 0xff, 0xff, 0xff],
    &[0x7f, 0xff, 0xff, 0xff],
    &[0x80, 0, 0, 0],
    &[0, 0xff, 0xff, 0xff],
    &[0, 0, 0x7f, 0xff],
    &[0xff, 0xff, 0xff, 0xff, 0x0f],
    &[0xff, 0xff, 0xff, 0xff, 0x07],
    &[0xff, 0xff, 0x7f],
    &[0xff, 0x7f],
    &[0x80, 0x80, 0x80, 0x80, 0x80, 0x80],
    &[0xff; 11],
];

/// Decodes, and looks at the heap. Whether it can be decoded does not matter.
fn attack<M: Message>(bytes: Vec<u8>, version: i16) -> u64 {
    let frame = Bytes::from(bytes);
    let (_, taken) = peak(|| M::decode(&frame, version).is_ok());
    let limit = M::EXPANSION * frame.len() + ALLOWANCE;
    assert!(taken <= limit, "{} v{version}: {taken} bytes of heap for {frame:?}", M::NAME);
    1
}

/// Places in a message at which it is bent; a longer one is not bent everywhere.
const PLACES: usize = 150;

/// Everything that can be done to one message.
fn bend<M: Message>(message: &[u8], version: i16, random: &mut fastrand::Rng) -> u64 {
    let mut cases = 0;
    for cut in 0..message.len() {
        cases += attack::<M>(message[..cut].to_vec(), version);
    }
    let step = message.len() / PLACES + 1;
    for at in (random.usize(..step)..message.len()).step_by(step) {
        for bent in BENT {
            let mut bytes = message.to_vec();
            bytes.iter_mut().skip(at).zip(*bent).for_each(|(byte, new)| *byte = *new);
            // The lie is more interesting with bytes behind it.
            bytes.extend(vec![0; random.usize(..200)]);
            cases += attack::<M>(bytes, version);
        }
        let mut flipped = message.to_vec();
        flipped[at] ^= 1 << random.u8(..8);
        cases += attack::<M>(flipped, version);
    }
    cases
}

fn made_up<M: Message>(version: i16, random: &mut fastrand::Rng) -> u64 {
    let mut cases = 0;
    for size in [1, 8, 64, 512, 4_096] {
        let alphabets: [&[u8]; 4] = [&[0, 1, 2], &[1, 0x7f, 0xff], &[0, 0, 0, 1], &[]];
        for alphabet in alphabets {
            let byte = |random: &mut fastrand::Rng| random.choice(alphabet).copied();
            let bytes = (0..size).map(|_| byte(random).unwrap_or_else(|| random.u8(..)));
            cases += attack::<M>(bytes.collect(), version);
        }
    }
    cases
}

/// Whole messages to begin with: what Java has written, by name and version, without the header.
struct Whole(HashMap<(String, i16), Vec<Bytes>>);

impl Whole {
    fn load() -> Self {
        let mut all: HashMap<_, Vec<Bytes>> = HashMap::new();
        for vector in vectors::read(include_bytes!("../../golden/messages-4.4.0.gz")) {
            let mut words = vector.name.split(' ');
            let (name, version) = (words.next().unwrap().to_owned(), words.next().unwrap().parse().unwrap());
            all.entry((name, version)).or_default().push(vector.bytes);
        }
        Self(all)
    }

    /// The messages of one kind and version; `header` is the version of the header before them.
    fn of<M: Message, H: Message>(&self, version: i16, header: i16) -> impl Iterator<Item = Bytes> {
        let frames = self.0.get(&(M::NAME.to_owned(), version)).into_iter().flatten();
        frames.map(move |frame| {
            let mut reader = Reader::new(frame, false);
            H::decode_from(&mut reader, header).unwrap();
            frame.slice(frame.len() - reader.remaining()..)
        })
    }
}

fn every_version<R: Request>(whole: &Whole, random: &mut fastrand::Rng) -> u64 {
    let mut cases = 0;
    for version in R::VERSIONS {
        for message in whole.of::<R, RequestHeader>(version, R::header_version(version)) {
            cases += bend::<R>(&message, version, random);
        }
        for message in whole.of::<R::Response, ResponseHeader>(version, R::response_header_version(version)) {
            cases += bend::<R::Response>(&message, version, random);
        }
        cases += made_up::<R>(version, random) + made_up::<R::Response>(version, random);
    }
    cases
}

/// Megabytes of the same byte are the arrays of arrays that one can think of.
#[allow(clippy::disallowed_methods, reason = "the time that it takes is what is looked at")]
fn large<R: Request>() -> u64 {
    let mut cases = 0;
    for byte in [0, 1, 2, 0x7f, 0xff] {
        let start = Instant::now();
        cases += attack::<R::Response>(vec![byte; 4 << 20], R::LATEST_STABLE);
        assert!(start.elapsed() < Duration::from_secs(5), "{}: {:?} for 4 MiB", R::NAME, start.elapsed());
    }
    cases
}

macro_rules! all {
    ($($request:ty),*) => {
        #[test]
        fn no_message_takes_more_heap_than_its_bytes_justify() {
            let (whole, mut random) = (Whole::load(), fastrand::Rng::with_seed(7));
            let cases: u64 = [$(every_version::<$request>(&whole, &mut random)),*].into_iter().sum();
            println!("{cases} hostile messages");
            assert!(cases > 1_000_000, "there was nothing to bend");
        }

        #[test]
        fn a_large_message_is_read_in_good_time() {
            let cases: u64 = [$(large::<$request>()),*].into_iter().sum();
            println!("{cases} messages of 4 MiB");
        }
    };
}
for_each_request!(all);
