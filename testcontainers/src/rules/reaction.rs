//! What happens to a request, and how that is written down.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use kafka_sdk_protocol::ErrorCode;

/// What happens to a request that a [`Rule`](super::Rule) matches.
///
/// *Handled* means that the broker does what the request asks for; so a reaction that is named `After` leaves a client
/// in doubt, one that is named `Before` harms nothing but its nerves. A broker answers the requests of one connection
/// in their order: whatever holds up one answer holds up those behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reaction {
    /// Nothing: the rule counts. It does not keep other rules from reacting.
    Pass,

    /// Answered with this code, and not handled. A proxy gives the code to all topics and partitions of the request, an
    /// embedded cluster to those that the rule names, and handles the others.
    Answer(ErrorCode),
    /// Handled, and answered with this code all the same.
    AnswerAfter(ErrorCode),
    /// Handled at once; the answer comes no sooner than so long after the request. Delays of requests that are in flight
    /// together do not add up.
    Delay(Duration),
    /// Handled that much later, and so is what follows on the connection.
    DelayRequest(Duration),
    /// Not handled before [`Armed::release`](super::Armed::release), and neither is what follows on the connection. Then
    /// it is handled even if the client has gone.
    Hold,
    /// Handled at once; the answer waits for [`Armed::release`](super::Armed::release).
    HoldAnswer,
    /// Neither handled nor answered, while requests that follow are.
    Swallow,

    /// The connection is closed, and the request not handled.
    DropBefore,
    /// Handled; the connection is closed in place of an answer.
    DropAfter,
    /// The connection is reset (RST), and the request not handled.
    ResetBefore,
    /// Handled; the connection is reset (RST) in place of an answer.
    ResetAfter,
    /// Handled, as is what follows on the connection; but in place of an answer, the sending side is closed (FIN).
    HalfClose,
    /// Neither this request nor what follows on the connection is read. Answers to earlier requests still come.
    StopReading,
    /// From here on the connection is dead and looks alive: what comes is read and thrown away, nothing is sent.
    Blackhole,

    /// The broker gets the first bytes of the request's frame, so many; then both sides are reset.
    CutRequest(usize),
    /// Handled; the client gets the first bytes of the answer's frame, so many, and a reset. The first four are the
    /// length.
    CutAnswer(usize),
    /// From here on, both ways, the connection passes so many bytes in a second. The kernel takes some megabytes at
    /// once, unless the client has a small send buffer.
    Throttle(u64),
    /// From here on, answers are written in pieces of so many bytes.
    Chunks(usize),
    /// Handled; this bit of the answer is flipped. Counted from behind the length, so that the first 32 are the
    /// correlation id; past the end, it begins again.
    FlipBit(usize),
    /// Handled; a bit in the records of a Fetch answer is flipped, so that their checksum is wrong. An answer without
    /// records is left as it is.
    FlipRecordBit,
    /// Handled; the bytes of the answer's frame from `at` on are replaced. At 0 there is the length, at 4 the
    /// correlation id.
    Overwrite {
        /// Where the first byte goes.
        at: usize,
        /// What is written there; the frame does not grow.
        bytes: Vec<u8>,
    },
    /// Handled; the answer is replaced by one of the test's own making. These are its bytes behind the correlation id;
    /// in a flexible version, the tagged fields of the header come first.
    Replace(Vec<u8>),
    /// Handled; the answer waits for the next one on the connection, and each comes with the other's correlation id.
    SwapCorrelationIds,

    /// First, the leadership of the partitions that the request and the rule name moves to another node that is in sync.
    /// Only an embedded cluster can do that.
    MoveLeader,
}

impl Reaction {
    /// The same with an amount between nothing and its own, for a rule that is left to chance.
    pub(crate) fn drawn(&self, random: &mut fastrand::Rng) -> Self {
        let mut some = |most: Duration| Duration::from_micros(random.u64(..=micros(most)));
        match *self {
            Self::Delay(most) => Self::Delay(some(most)),
            Self::DelayRequest(most) => Self::DelayRequest(some(most)),
            Self::CutRequest(most) => Self::CutRequest(random.usize(..=most)),
            Self::CutAnswer(most) => Self::CutAnswer(random.usize(..=most)),
            Self::FlipBit(most) => Self::FlipBit(random.usize(..=most)),
            ref fixed => fixed.clone(),
        }
    }

    /// Its word, and the numbers that go with it.
    fn parts(&self) -> (&'static str, Vec<u64>) {
        match *self {
            Self::Pass => ("pass", vec![]),
            Self::Answer(code) => ("answer", vec![bits(code)]),
            Self::AnswerAfter(code) => ("answer-after", vec![bits(code)]),
            Self::Delay(time) => ("delay", vec![micros(time)]),
            Self::DelayRequest(time) => ("delay-request", vec![micros(time)]),
            Self::Hold => ("hold", vec![]),
            Self::HoldAnswer => ("hold-answer", vec![]),
            Self::Swallow => ("swallow", vec![]),
            Self::DropBefore => ("drop-before", vec![]),
            Self::DropAfter => ("drop-after", vec![]),
            Self::ResetBefore => ("reset-before", vec![]),
            Self::ResetAfter => ("reset-after", vec![]),
            Self::HalfClose => ("half-close", vec![]),
            Self::StopReading => ("stop-reading", vec![]),
            Self::Blackhole => ("blackhole", vec![]),
            Self::CutRequest(bytes) => ("cut-request", vec![bytes as u64]),
            Self::CutAnswer(bytes) => ("cut-answer", vec![bytes as u64]),
            Self::Throttle(rate) => ("throttle", vec![rate]),
            Self::Chunks(bytes) => ("chunks", vec![bytes as u64]),
            Self::FlipBit(bit) => ("flip-bit", vec![bit as u64]),
            Self::FlipRecordBit => ("flip-record-bit", vec![]),
            Self::Overwrite { at, ref bytes } => {
                let bytes = bytes.iter().map(|&byte| u64::from(byte));
                ("overwrite", std::iter::once(at as u64).chain(bytes).collect())
            }
            Self::Replace(ref bytes) => ("replace", bytes.iter().map(|&byte| u64::from(byte)).collect()),
            Self::SwapCorrelationIds => ("swap-correlation-ids", vec![]),
            Self::MoveLeader => ("move-leader", vec![]),
        }
    }

    fn from_parts(word: &str, numbers: &[u64]) -> Option<Self> {
        Some(match (word, numbers) {
            ("pass", []) => Self::Pass,
            ("answer", &[code]) => Self::Answer(code_of(code)?),
            ("answer-after", &[code]) => Self::AnswerAfter(code_of(code)?),
            ("delay", &[time]) => Self::Delay(Duration::from_micros(time)),
            ("delay-request", &[time]) => Self::DelayRequest(Duration::from_micros(time)),
            ("hold", []) => Self::Hold,
            ("hold-answer", []) => Self::HoldAnswer,
            ("swallow", []) => Self::Swallow,
            ("drop-before", []) => Self::DropBefore,
            ("drop-after", []) => Self::DropAfter,
            ("reset-before", []) => Self::ResetBefore,
            ("reset-after", []) => Self::ResetAfter,
            ("half-close", []) => Self::HalfClose,
            ("stop-reading", []) => Self::StopReading,
            ("blackhole", []) => Self::Blackhole,
            ("cut-request", &[bytes]) => Self::CutRequest(usize::try_from(bytes).ok()?),
            ("cut-answer", &[bytes]) => Self::CutAnswer(usize::try_from(bytes).ok()?),
            ("throttle", &[rate]) => Self::Throttle(rate),
            ("chunks", &[bytes]) => Self::Chunks(usize::try_from(bytes).ok()?),
            ("flip-bit", &[bit]) => Self::FlipBit(usize::try_from(bit).ok()?),
            ("flip-record-bit", []) => Self::FlipRecordBit,
            ("overwrite", [at, bytes @ ..]) => {
                Self::Overwrite { at: usize::try_from(*at).ok()?, bytes: bytes_of(bytes)? }
            }
            ("replace", bytes) => Self::Replace(bytes_of(bytes)?),
            ("swap-correlation-ids", []) => Self::SwapCorrelationIds,
            ("move-leader", []) => Self::MoveLeader,
            _ => return None,
        })
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn bytes_of(numbers: &[u64]) -> Option<Vec<u8>> {
    numbers.iter().map(|&number| u8::try_from(number).ok()).collect()
}

/// A code has a sign, numbers in a text have none.
fn bits(code: ErrorCode) -> u64 {
    u64::from(code.0.cast_unsigned())
}

fn code_of(bits: u64) -> Option<ErrorCode> {
    u16::try_from(bits).ok().map(|bits| ErrorCode(bits.cast_signed()))
}

/// A word, and the numbers that go with it: `cut-answer 17`. Times are in microseconds.
impl fmt::Display for Reaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, numbers) = self.parts();
        f.write_str(word)?;
        numbers.iter().try_for_each(|number| write!(f, " {number}"))
    }
}

impl FromStr for Reaction {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut words = text.split_whitespace();
        let word = words.next().ok_or(())?;
        let numbers: Vec<u64> =
            words.map(|number| number.parse().map_err(|_| ())).collect::<Result<_, ()>>()?;
        Self::from_parts(word, &numbers).ok_or(())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// One of each.
    pub(in crate::rules) fn all() -> Vec<Reaction> {
        vec![
            Reaction::Pass,
            Reaction::Answer(ErrorCode::UNKNOWN_SERVER_ERROR),
            Reaction::AnswerAfter(ErrorCode::NOT_ENOUGH_REPLICAS_AFTER_APPEND),
            Reaction::Delay(Duration::from_millis(1500)),
            Reaction::DelayRequest(Duration::from_micros(7)),
            Reaction::Hold,
            Reaction::HoldAnswer,
            Reaction::Swallow,
            Reaction::DropBefore,
            Reaction::DropAfter,
            Reaction::ResetBefore,
            Reaction::ResetAfter,
            Reaction::HalfClose,
            Reaction::StopReading,
            Reaction::Blackhole,
            Reaction::CutRequest(5),
            Reaction::CutAnswer(17),
            Reaction::Throttle(10_000),
            Reaction::Chunks(1),
            Reaction::FlipBit(99),
            Reaction::FlipRecordBit,
            Reaction::Overwrite { at: 4, bytes: vec![0, 255] },
            Reaction::Replace(vec![]),
            Reaction::Replace(vec![9, 0]),
            Reaction::SwapCorrelationIds,
            Reaction::MoveLeader,
        ]
    }

    #[test]
    fn every_reaction_is_read_as_it_was_written() {
        for reaction in all() {
            assert_eq!(reaction.to_string().parse(), Ok(reaction.clone()), "{reaction}");
        }
        assert_eq!(Reaction::CutAnswer(17).to_string(), "cut-answer 17");
    }

    #[test]
    fn nonsense_is_no_reaction() {
        for text in ["", "explode", "hold 1", "delay", "delay -1", "answer 65536", "overwrite 0 256"] {
            assert_eq!(text.parse::<Reaction>(), Err(()), "{text}");
        }
    }

    #[test]
    fn chance_draws_an_amount_up_to_the_given_one() {
        let mut random = fastrand::Rng::with_seed(1);
        for _ in 0..100 {
            let Reaction::CutAnswer(at) = Reaction::CutAnswer(3).drawn(&mut random) else { panic!() };
            assert!(at <= 3);
        }
        assert_eq!(Reaction::Throttle(5).drawn(&mut random), Reaction::Throttle(5));
    }
}
