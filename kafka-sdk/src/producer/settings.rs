//! What can be set on a producer, checked once.

use super::buffer::class_size;
use super::compress::{Packing, codec_of};
use super::core::{Answer, Rules, Situation, Verdict, verdict, verdict_without_sequence};
use super::partitioner::{Partitioning, Spreading};
use super::report::OnBatch;
use crate::backoff::Backoff;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Acks, Compression, Switch};
use crate::settings::within;
use bytes::Bytes;
use kafka_sdk_protocol::records::compression::Codec;
use std::ops::RangeInclusive;
use std::time::Duration;
use tracing::info;

#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) linger: Duration,
    pub(super) batch_size: usize,
    pub(super) buffer_memory: usize,
    pub(super) max_request_size: usize,
    pub(super) max_block: Duration,
    pub(super) delivery_timeout: Duration,
    /// The client's.
    pub(super) retry: Backoff,
    pub(super) acks: Acks,
    /// None: on, unless something else was asked for that it does not go with.
    pub(super) idempotent: Option<Switch>,
    pub(super) retries: u32,
    pub(super) metadata_max_idle: Duration,
    pub(super) max_in_flight: usize,
    /// In place of the table that goes with the settings.
    pub(super) planted_verdict: Option<fn(&Situation, &Answer) -> Verdict>,
    /// What goes on the wire of a batch: itself.
    pub(super) wire: fn(&Bytes) -> Bytes,
    pub(super) partitioning: Partitioning,
    pub(super) spreading: Spreading,
    /// Zero for never.
    pub(super) availability_timeout: Duration,
    pub(super) on_batch: Option<OnBatch>,
    pub(super) compression: Compression,
    /// -1 for the codec's own choice.
    pub(super) gzip_level: i32,
    pub(super) lz4_level: i32,
    pub(super) zstd_level: i32,
    /// librdkafka's `compression.level`, in place of the one for the codec.
    pub(super) level: Option<i32>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            linger: Duration::from_millis(5),
            batch_size: 16 << 10,
            buffer_memory: 32 << 20,
            max_request_size: 1 << 20,
            max_block: Duration::from_secs(60),
            delivery_timeout: Duration::from_secs(120),
            retry: Backoff::RETRY,
            acks: Acks::All,
            idempotent: None,
            retries: MOST_RETRIES,
            metadata_max_idle: Duration::from_secs(300),
            max_in_flight: 5,
            planted_verdict: None,
            wire: Bytes::clone,
            partitioning: Partitioning::default(),
            spreading: Spreading::default(),
            availability_timeout: Duration::ZERO,
            on_batch: None,
            compression: Compression::None,
            gzip_level: GZIP_DEFAULT,
            lz4_level: Codec::Lz4.default_level(),
            zstd_level: Codec::Zstd.default_level(),
            level: None,
        }
    }
}

pub(super) const GZIP_LEVELS: RangeInclusive<i32> = 1..=9;
/// gzip's own choice.
pub(super) const GZIP_DEFAULT: i32 = -1;
pub(super) const LZ4_LEVELS: RangeInclusive<i32> = 1..=17;
pub(super) const ZSTD_LEVELS: RangeInclusive<i32> = -131_072..=22;
/// As many as Java allows: the delivery timeout ends them.
pub(super) const MOST_RETRIES: u32 = i32::MAX.cast_unsigned();
/// Brokers remember the last five batches of a producer (KIP-98).
const MOST_IN_FLIGHT_IDEMPOTENT: usize = 5;
/// Batches grow up to this size: old brokers take 1,000,012 bytes by default (`message.max.bytes`), newer ones 1 MiB.
const GROWN: usize = 1_000_000;

impl Settings {
    /// Refuses what contradicts something else.
    pub(super) fn check(&self, request_timeout: Duration) -> Result<()> {
        self.check_level()?;
        self.packing().check()?;
        // The largest record has to fit, with what its buffer is larger than it.
        let least = class_size(self.max_request_size);
        within("buffer.memory (not less than max.request.size)", self.buffer_memory, least..=1 << 40)?;
        if self.delivery_timeout < self.linger + request_timeout {
            return Err(Error::new(
                ErrorKind::Settings,
                format!(
                    "delivery.timeout.ms ({:?}) is shorter than linger.ms ({:?}) and request.timeout.ms ({:?}) \
                     together: a record could not be tried even once",
                    self.delivery_timeout, self.linger, request_timeout
                ),
            ));
        }
        self.check_idempotence()
    }

    fn check_idempotence(&self) -> Result<()> {
        match (self.idempotent, self.against_idempotence()) {
            (Some(Switch::On), Some(against)) => Err(Error::new(
                ErrorKind::Settings,
                format!("enable.idempotence is true, and {against}: change the one or the other"),
            )),
            (None, Some(against)) => {
                info!(target: "kafka_sdk::producer", reason = against, "producer is not idempotent");
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// What idempotence does not go with, in words.
    fn against_idempotence(&self) -> Option<String> {
        match self {
            Self { acks: Acks::None, .. } => Some("acks is 0: it needs acks=all".into()),
            Self { acks: Acks::Leader, .. } => Some("acks is 1: it needs acks=all".into()),
            Self { retries: 0, .. } => Some("retries is 0: it needs at least 1".into()),
            Self { max_in_flight, .. } if *max_in_flight > MOST_IN_FLIGHT_IDEMPOTENT => Some(format!(
                "max.in.flight.requests.per.connection is {max_in_flight}: it allows no more than \
                 {MOST_IN_FLIGHT_IDEMPOTENT}"
            )),
            _ => None,
        }
    }

    pub(super) fn idempotence(&self) -> Switch {
        match (self.idempotent, self.against_idempotence()) {
            (Some(asked), _) => asked,
            (None, None) => Switch::On,
            (None, Some(_)) => Switch::Off,
        }
    }

    /// How answers are judged.
    pub(super) fn rules(&self) -> Rules {
        let table = match self.idempotence() {
            Switch::On => verdict,
            Switch::Off => verdict_without_sequence,
        };
        Rules { verdict: self.planted_verdict.unwrap_or(table), retries: self.retries }
    }

    fn check_level(&self) -> Result<()> {
        let range = match self.compression {
            Compression::Gzip => GZIP_LEVELS,
            Compression::Lz4 => LZ4_LEVELS,
            Compression::Zstd => ZSTD_LEVELS,
            Compression::None | Compression::Snappy => return Ok(()),
        };
        self.level.map_or(Ok(()), |level| within("compression.level", level, range))
    }

    pub(super) fn packing(&self) -> Packing {
        let codec = codec_of(self.compression);
        let level = match self.compression {
            Compression::Gzip => Some(self.gzip_level).filter(|level| *level != GZIP_DEFAULT),
            Compression::Lz4 => Some(self.lz4_level),
            Compression::Zstd => Some(self.zstd_level),
            Compression::None | Compression::Snappy => {
                return Packing { codec, level: codec.default_level() };
            }
        };
        let level = self.level.or(level).unwrap_or(codec.default_level());
        Packing { codec, level }
    }

    /// From this size on a batch is to be sent.
    pub(super) fn full_size(&self) -> usize {
        self.batch_size.min(self.max_request_size)
    }

    /// Up to this size a batch grows while it cannot be sent.
    pub(super) fn largest_batch(&self) -> usize {
        self.batch_size.max(GROWN).min(self.max_request_size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_javas_and_pass() {
        Settings::default().check(Duration::from_secs(30)).unwrap();
    }

    #[test]
    fn compression_levels_are_those_of_the_codec() {
        let gzip = Settings { compression: Compression::Gzip, ..Settings::default() };
        assert_eq!(gzip.packing().level, 6, "what zlib takes for -1");
        let zstd = Settings { compression: Compression::Zstd, zstd_level: -5, ..Settings::default() };
        assert_eq!(zstd.packing(), Packing { codec: Codec::Zstd, level: -5 });
    }

    #[test]
    fn librdkafkas_level_is_for_whichever_codec() {
        let of = |compression, level| {
            let settings = Settings { compression, level: Some(level), zstd_level: 7, ..Settings::default() };
            settings.check_level().map(|()| settings.packing().level).map_err(|error| error.to_string())
        };
        assert_eq!((of(Compression::Zstd, 12), of(Compression::Gzip, 9)), (Ok(12), Ok(9)));
        assert_eq!(
            of(Compression::Gzip, 12).unwrap_err(),
            "compression.level is 12, and must be from 1 to 9"
        );
        assert!(of(Compression::Snappy, 12).is_ok());
    }

    #[test]
    fn a_codec_that_is_not_built_in_is_refused_with_the_name_of_its_feature() {
        let all = [Compression::Gzip, Compression::Snappy, Compression::Lz4, Compression::Zstd];
        for compression in all {
            let settings = Settings { compression, ..Settings::default() };
            let codec = settings.packing().codec;
            match settings.check(Duration::from_secs(30)) {
                Ok(()) => assert!(codec.is_built_in()),
                Err(error) => {
                    let hint = format!("{codec} is not built in: switch on the feature \"{codec}\"");
                    assert!(!codec.is_built_in() && error.to_string().contains(&hint), "{error}");
                }
            }
        }
    }

    #[test]
    fn the_largest_record_has_room_in_a_buffer_of_its_class() {
        let settings = Settings { max_request_size: 20_000, buffer_memory: 30_000, ..Settings::default() };
        let error = settings.check(Duration::from_secs(30)).unwrap_err();
        assert!(
            error.to_string().contains("max.request.size) is 30000, and must be from 65536 to"),
            "{error}"
        );
    }

    #[test]
    fn batches_grow_to_what_brokers_take_and_to_no_more_than_a_request() {
        let of = |batch_size, max_request_size| {
            let settings = Settings { batch_size, max_request_size, ..Settings::default() };
            (settings.full_size(), settings.largest_batch())
        };
        assert_eq!(of(16 << 10, 1 << 20), (16 << 10, GROWN));
        assert_eq!(of(2 << 20, 10 << 20), (2 << 20, 2 << 20));
        assert_eq!(of(2 << 20, 1 << 18), (1 << 18, 1 << 18));
    }

    #[test]
    fn what_idempotence_does_not_go_with_is_refused_if_both_were_asked_for_and_else_turns_it_off() {
        let default = Settings::default();
        let cases = [
            (Settings { acks: Acks::None, ..default.clone() }, "acks is 0"),
            (Settings { acks: Acks::Leader, ..default.clone() }, "acks is 1"),
            (Settings { retries: 0, ..default.clone() }, "retries is 0"),
            (Settings { max_in_flight: 6, ..default.clone() }, "max.in.flight.requests.per.connection is 6"),
        ];
        for (alone, named) in cases {
            alone.check(Duration::from_secs(30)).unwrap();
            assert_eq!(alone.idempotence(), Switch::Off, "{named}");
            let off = Settings { idempotent: Some(Switch::Off), ..alone.clone() };
            off.check(Duration::from_secs(30)).unwrap();
            let both = Settings { idempotent: Some(Switch::On), ..alone };
            let error = both.check(Duration::from_secs(30)).unwrap_err().to_string();
            assert!(error.contains("enable.idempotence is true") && error.contains(named), "{error}");
        }
        let asked = Settings { idempotent: Some(Switch::On), retries: 1, max_in_flight: 1, ..default };
        asked.check(Duration::from_secs(30)).unwrap();
    }

    #[test]
    fn a_delivery_timeout_that_allows_no_attempt_is_refused() {
        let settings = Settings { delivery_timeout: Duration::from_secs(10), ..Settings::default() };
        assert!(settings.check(Duration::from_secs(30)).is_err());
        assert!(settings.check(Duration::from_secs(5)).is_ok());
    }
}
